//! What there is to do: recordings, who and when, what is stored already.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::BatchError;
use super::forgotten::{Gone, KEY_CHECK};
use super::known::{self, Known};
use super::renew::Redaction;
use super::store::{self, Failure, Store, StoreError};
use crate::audio;
use crate::config::{FILE_NAME, Settings};
use crate::log::visible_path;
use crate::recording::agents::{Agents, AgentsError};
use crate::recording::contacts::ContactTable;
use crate::recording::find::{self, FOLLOW_THEM, FoundFile, Links};
use crate::recording::key::{CustomerKey, KeyError, KeyFor, SecretKey, Trouble, key_path_outside};
use crate::recording::pattern::FilePattern;
use crate::recording::plan::{self as join, Matched, Planned, Scope};
use crate::recording::roster::RosterTable;
use crate::recording::sidecar::{RowCall, Sidecar, SidecarError, SidecarOptions};
use crate::recording::{CallMeta, CustomerName, FailureReason, RecordingFailure, content_key};
use crate::redaction;
use crate::redaction::policy::Policy;

/// A call whose recording can be read.
#[derive(Debug, Clone)]
pub struct PlannedCall {
    pub path: String,
    pub meta: CallMeta,
    /// For the redactor, never for a table.
    pub names: Vec<CustomerName>,
    pub audio_key: String,
    pub bytes: u64,
    /// As the header states it.
    pub stated_ms: Option<i64>,
}

impl PlannedCall {
    /// The length that is stated, or else what the file holds at 8 kbit/s, the least that MP3
    /// knows.
    pub fn longest_ms(&self) -> u64 {
        match self.stated_ms {
            Some(stated) => u64::try_from(stated).unwrap_or(0),
            None => self.bytes,
        }
    }
}

/// All that the recordings and what is known about them give.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Longest first, then by path: work ends about when the last core is done.
    pub calls: Vec<PlannedCall>,
    pub failures: Vec<Failure>,
    /// Worth a word to a person.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Length of all recordings together, as far as their headers tell.
    pub fn stated_ms(&self) -> i64 {
        self.calls.iter().filter_map(|c| c.stated_ms).sum()
    }
}

/// Recordings joined with what is known about them; nothing of them is read yet.
pub struct FoundCalls {
    pub(super) calls: Vec<Planned>,
    pub(super) failures: Vec<Failure>,
    warnings: Vec<String>,
    /// What the table of calls says of calls that failed.
    failed_rows: BTreeMap<String, CallMeta>,
}

impl FoundCalls {
    /// The latest local date of a call.
    pub(super) fn newest(&self) -> Option<&str> {
        let dates = self.calls.iter().map(|c| &*c.meta.started_at.local_date);
        dates.max()
    }

    /// Whether any call names a customer.
    pub(super) fn names_customers(&self) -> bool {
        self.calls.iter().any(|call| call.meta.customer.is_some())
    }

    /// Takes the ids of all agents that are known by now out of what is told of the recordings.
    /// Each call's own is out already.
    fn without_agents(&mut self, agents: &Agents) {
        for call in &mut self.calls {
            without_agents(&mut call.meta, agents);
        }
        for warning in &mut self.warnings {
            *warning = agents.scrub_words(warning);
        }
    }

    /// Leaves out what was forgotten or is too old, with a word on each.
    pub(super) fn leave_out(&mut self, gone: &Gone, notices: Vec<String>) {
        let mut counts = [0; 2];
        self.calls.retain(|call| match gone.why(&call.meta) {
            None => true,
            Some(why) => {
                counts[why as usize] += 1;
                false
            }
        });
        let rows = &self.failed_rows;
        self.failures.retain(|failure| {
            let row = failure.call_id.as_ref().and_then(|id| rows.get(id));
            !gone.failure(failure) && !row.is_some_and(|meta| gone.call(meta))
        });
        self.warnings.extend(notices);
        self.warnings.extend(left_out(gone, counts));
    }
}

/// Takes the ids of all agents that are known out of what a call's row tells besides. Its id stays
/// as it is: it must not change when other agents come up.
pub(super) fn without_agents(meta: &mut CallMeta, agents: &Agents) {
    meta.file = agents.scrub_name(&meta.file);
    for value in meta.extra.values_mut() {
        let agent = agents.if_agent(value);
        *value = agent.unwrap_or_else(|| agents.scrub_words(value));
    }
}

/// A word on recordings that are not taken in: forgotten ones, and those that are too old.
pub(super) fn left_out(gone: &Gone, [forgotten, too_old]: [usize; 2]) -> Vec<String> {
    let left_out = |count: usize, of: &str| match count {
        1 => format!("1 recording belongs to {of} and was left out"),
        _ => format!("{count} recordings belong to {of} and were left out"),
    };
    let mut warnings = Vec::new();
    if forgotten > 0 {
        warnings.push(format!(
            "{}: delete what is still there at its source, and its rows in the table of calls",
            left_out(forgotten, "forgotten calls")
        ));
    }
    if let (1.., Some(from)) = (too_old, &gone.kept_from) {
        warnings.push(format!(
            "{} (`retention_days`)",
            left_out(too_old, &format!("dates before {from}"))
        ));
    }
    warnings
}

/// Finds recordings and joins them with what is known about them.
///
/// # Errors
/// [`BatchError::Input`] for whatever a person has to mend first; its text carries the hint.
pub fn find_calls(
    settings: &Settings,
    key: &CustomerKey,
    agents: Option<&Agents>,
) -> Result<FoundCalls, BatchError> {
    let mut found = FoundCalls {
        calls: Vec::new(),
        failures: Vec::new(),
        warnings: Vec::new(),
        failed_rows: BTreeMap::new(),
    };
    let matched = matched(settings, key, agents, &mut found)?;
    found.calls = matched.calls;
    let failures = matched.failures.into_iter();
    found.failures = failures.map(|f| failure_of(f, agents)).collect();
    if let Some(agents) = agents {
        found.without_agents(agents);
    }
    let (calls, merged) = redacted(std::mem::take(&mut found.calls));
    found.calls = calls;
    found.failures.extend(merged);
    if found.calls.is_empty() && found.failures.is_empty() {
        return Err(input(
            "find any recording",
            Some("check that the folder is mounted, and that --calls names the right table"),
        ));
    }
    Ok(found)
}

/// Redacts what is known of calls: from here on all of it may be written. Calls that have the same
/// id once it is redacted become failures.
fn redacted(mut calls: Vec<Planned>) -> (Vec<Planned>, Vec<Failure>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in &mut calls {
        redaction::redact_call(&mut call.meta, &call.names);
        *counts.entry(call.meta.call_id.clone()).or_default() += 1;
    }
    let (alone, merged) = calls
        .into_iter()
        .partition(|call| counts[&call.meta.call_id] == 1);
    let merged: Vec<Planned> = merged;
    (
        alone,
        merged.iter().map(|call| merged_id(&call.meta)).collect(),
    )
}

/// A call that cannot be told from another one, because what tells them apart must not be written.
pub(super) fn merged_id(meta: &CallMeta) -> Failure {
    Failure {
        file: meta.file.clone(),
        call_id: Some(meta.call_id.clone()),
        stage: "recording".to_string(),
        reason: FailureReason::DuplicateCallId.as_str().to_string(),
        message: format!(
            "what tells this call from another one in its id must not be written: both are \"{}\"",
            meta.call_id
        ),
        hint: Some("give calls ids that hold nothing of their customers".to_string()),
    }
}

/// Whether another call is stored under an id that lost something by redaction.
pub(super) fn is_merged(store: &Store, meta: &CallMeta) -> Result<bool, StoreError> {
    if !redaction::holds_placeholder(&meta.call_id) {
        return Ok(false);
    }
    let kept = store.call(&meta.call_id)?;
    Ok(kept.is_some_and(|kept| kept.meta.started_at.utc_ms != meta.started_at.utc_ms))
}

/// Takes out the calls that would take the place of another one in the store.
pub(super) fn refuse_merged(store: &Store, plan: &mut Plan) -> Result<(), StoreError> {
    for call in std::mem::take(&mut plan.calls) {
        match is_merged(store, &call.meta)? {
            true => plan.failures.push(merged_id(&call.meta)),
            false => plan.calls.push(call),
        }
    }
    Ok(())
}

/// Reads the table of contacts, where there is one.
///
/// # Errors
/// [`BatchError::Input`] with all that is wrong with it.
pub fn read_contacts(
    settings: &Settings,
    key: &CustomerKey,
) -> Result<Option<ContactTable>, BatchError> {
    let Some(path) = &settings.contacts else {
        return Ok(None);
    };
    let mut table = ContactTable::read(path, settings.zone.as_ref(), key)
        .map_err(|e| input(&e.to_string(), e.hint().as_deref()))?;
    for contact in &mut table.contacts {
        redaction::redact_contact(contact);
    }
    for column in &mut table.unused {
        *column = redaction::redact_note(column);
    }
    Ok(Some(table))
}

/// Reads the table of agents, where there is one.
///
/// # Errors
/// [`BatchError::Input`] with all that is wrong with it.
pub fn read_roster(
    settings: &Settings,
    agents: Option<&Agents>,
) -> Result<Option<RosterTable>, BatchError> {
    let Some(path) = &settings.agents else {
        return Ok(None);
    };
    let mut table =
        RosterTable::read(path, agents).map_err(|e| input(&e.to_string(), e.hint().as_deref()))?;
    for column in &mut table.unused {
        *column = redaction::redact_note(column);
    }
    Ok(Some(table))
}

/// A word about calls of some dates that lack what the table of agents should say of them.
pub(super) fn roster_lacks(
    store: &Store,
    table: &RosterTable,
    agents: Option<&Agents>,
    dates: &BTreeSet<String>,
) -> Result<Option<String>, BatchError> {
    let mut calls = BTreeSet::new();
    for date in dates {
        let of_date = store.calls(date)?.into_iter();
        calls.extend(of_date.map(|record| (record.meta.agent, date.as_str())));
    }
    let calls = calls.iter().map(|(agent, date)| (agent.as_str(), *date));
    Ok(table.lack(calls, agents))
}

/// A word about columns of a table (of contacts, of agents) that are not kept.
pub(super) fn unused_columns(table: &str, unused: &[String]) -> Option<String> {
    (!unused.is_empty()).then(|| {
        format!(
            "these columns of the table of {table} are not used: {}",
            unused.join(", ")
        )
    })
}

/// Reads content keys and headers, or takes them from what is known. Afterwards just the
/// recordings that were found are known.
pub fn read_calls(found: FoundCalls, known: &mut Known, pool: &rayon::ThreadPool) -> Plan {
    let mut plan = Plan {
        calls: Vec::new(),
        failures: found.failures,
        warnings: found.warnings,
    };
    let earlier = std::mem::take(known);
    let read: Vec<Result<ReadCall, Box<Failure>>> = pool.install(|| {
        let calls = found.calls.into_par_iter();
        calls.map(|call| read_call(call, &earlier)).collect()
    });
    for call in read {
        match call {
            Ok((call, read)) => {
                if let Some(read) = read {
                    known.add(Path::new(&call.path), read);
                }
                plan.calls.push(call);
            }
            Err(failure) => plan.failures.push(*failure),
        }
    }
    let length = |c: &PlannedCall| c.stated_ms.unwrap_or((c.bytes / 16) as i64);
    plan.calls
        .sort_by(|a, b| length(b).cmp(&length(a)).then_with(|| a.path.cmp(&b.path)));
    plan.failures.sort();
    plan
}

/// Something to mend, with what to do.
pub(super) fn input(message: &str, hint: Option<&str>) -> BatchError {
    BatchError::Input(match hint {
        Some(hint) => format!("{message}\n\nhint: {hint}"),
        None => message.to_string(),
    })
}

/// A drive is away or failing, or a disk is full: no matter for the person who set the run up.
fn drive_fault(action: &'static str, path: PathBuf, source: io::Error) -> BatchError {
    BatchError::Store(StoreError::Io {
        action,
        path,
        source,
    })
}

/// Whether a file that a person named could be read at another time. One that is not there is
/// rather a wrong name.
fn is_away(source: &io::Error) -> bool {
    store::may_pass(source) && source.kind() != io::ErrorKind::NotFound
}

/// Whether a key may be made. One that a store was made with is never replaced by a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// For writing hashes: made on first use.
    Make,
    /// What would stop a run is told, and where there is no key yet, one is made up and forgotten.
    Rehearse,
    /// For a look only: where there is no key, one is made up and forgotten.
    LookOnly,
}

/// Reads a key, or makes one where there is none yet; `None` where one is to be made up.
fn secret_key(
    settings: &Settings,
    path: &Path,
    what: KeyFor,
    key_use: KeyUse,
) -> Result<Option<SecretKey>, BatchError> {
    refuse_shared_key(settings, path, what)?;
    let is_missing = path.try_exists().is_ok_and(|exists| !exists);
    if is_missing
        && key_use != KeyUse::LookOnly
        && Store::key_check_in(&settings.out, what)?.is_some()
    {
        let message = format!(
            "find the {what} {}: {} holds what was made with it, and a new one would not fit",
            visible_path(path),
            visible_path(&settings.out)
        );
        return Err(input(&message, Some(bring_back(what))));
    }
    if is_missing && key_use != KeyUse::Make {
        return Ok(None);
    }
    let key = SecretKey::load_or_create(path, what);
    key.map(Some).map_err(key_error)
}

/// What to do where the key that a store was made with is not at hand.
fn bring_back(what: KeyFor) -> &'static str {
    match what {
        KeyFor::Customers => {
            "bring the key back from its copy, or name it as `customer_key` in callibrate.toml; \
             without it, begin in another --out"
        }
        KeyFor::Redaction => {
            "bring the key back from its copy, or name it as `key` in `[redaction]` in \
             callibrate.toml; without it, begin in another --out, or hash nothing any more"
        }
        KeyFor::Agents => {
            "bring the key back from its copy, or name it as `key` in `[people]` of \
             callibrate.toml; without it, begin in another --out"
        }
    }
}

/// Holds the key against the one that the store's customers were hashed with, or notes which one
/// that is.
///
/// # Errors
/// [`BatchError::Input`] for another key: with it, no customer would be known again.
pub(super) fn settle_key(store: &Store, key: &CustomerKey) -> Result<(), BatchError> {
    if !hold_key(store, key)? {
        store.put_key_check(KeyFor::Customers, &key.customer_hash(KEY_CHECK))?;
    }
    Ok(())
}

/// The same without a note: whether there was a key to hold it against.
pub fn hold_key(store: &Store, key: &CustomerKey) -> Result<bool, BatchError> {
    match store.key_check(KeyFor::Customers)? {
        None => Ok(false),
        Some(kept) if kept == key.customer_hash(KEY_CHECK) => Ok(true),
        Some(_) => Err(input(
            &format!(
                "use this customer key: the customers in {} were hashed with another one, and none \
                 of them would be known again",
                visible_path(store.out())
            ),
            Some(bring_back(KeyFor::Customers)),
        )),
    }
}

/// As [`settle_key`], of the key that hashes stand in placeholders with, where one is used.
///
/// # Errors
/// [`BatchError::Input`] for another key: with it, no value would have the hash that it had.
pub(super) fn settle_redaction_key(store: &Store, policy: &Policy) -> Result<(), BatchError> {
    hold_redaction_key(store, policy)?;
    match (policy.key_check(), store.key_check(KeyFor::Redaction)?) {
        (Some(check), None) => Ok(store.put_key_check(KeyFor::Redaction, &check)?),
        _ => Ok(()),
    }
}

/// The same without a note.
pub fn hold_redaction_key(store: &Store, policy: &Policy) -> Result<(), BatchError> {
    let Some(check) = policy.key_check() else {
        return Ok(());
    };
    match store.key_check(KeyFor::Redaction)? {
        Some(kept) if kept != check => Err(input(
            &format!(
                "use this redaction key: what is hashed in {} was hashed with another one, and the \
                 same value would have two hashes",
                visible_path(store.out())
            ),
            Some(bring_back(KeyFor::Redaction)),
        )),
        _ => Ok(()),
    }
}

/// The redactor as the settings have it, with its key where anything is hashed.
pub fn redaction(
    settings: &Settings,
    key: &CustomerKey,
    key_use: KeyUse,
) -> Result<Redaction, BatchError> {
    let wanted = &settings.redaction;
    let secret = match wanted.actions.hash_any() {
        true => secret_key(settings, &wanted.key, KeyFor::Redaction, key_use)?,
        false => None,
    };
    Ok(Redaction::new(
        Policy::new(wanted.actions, secret),
        key.clone(),
    ))
}

/// The names to look for in each call that the table of calls has, none of some; nothing without a
/// table.
pub(super) fn names_in_calls(
    settings: &Settings,
    key: &CustomerKey,
    agents: Option<&Agents>,
) -> Result<BTreeMap<String, Vec<CustomerName>>, BatchError> {
    let Some(calls) = &settings.calls else {
        return Ok(BTreeMap::new());
    };
    let rows = read_sidecar(settings, calls, key, agents)?.rows.into_iter();
    let named = rows.filter_map(|row| {
        let call_id = match row.call {
            RowCall::Complete(meta) => Some(meta.call_id),
            RowCall::Incomplete { call_id, .. } => call_id,
        };
        // As it is stored.
        Some((redaction::redact_id(&call_id?, &row.names), row.names))
    });
    Ok(named.collect())
}

pub(super) fn read_sidecar(
    settings: &Settings,
    calls: &Path,
    key: &CustomerKey,
    agents: Option<&Agents>,
) -> Result<Sidecar, BatchError> {
    let options = SidecarOptions {
        zone: settings.zone.as_ref(),
        recordings_folder: only_folder(&settings.recordings),
        key,
        agents,
    };
    Sidecar::read(calls, &options).map_err(|e| match e {
        SidecarError::Read { path, source } if is_away(&source) => {
            drive_fault("read", path, source)
        }
        e => input(&super::worker::with_causes(&e), e.hint()),
    })
}

fn key_error(e: KeyError) -> BatchError {
    let action = match (&e.trouble, e.what) {
        (Trouble::Read(_), KeyFor::Customers) => "read the customer key",
        (Trouble::Read(_), KeyFor::Redaction) => "read the redaction key",
        (Trouble::Read(_), KeyFor::Agents) => "read the key of pseudonyms",
        (_, KeyFor::Customers) => "create the customer key",
        (_, KeyFor::Redaction) => "create the redaction key",
        (_, KeyFor::Agents) => "create the key of pseudonyms",
    };
    match e.trouble {
        Trouble::Read(source) | Trouble::Create(source) if store::may_pass(&source) => {
            drive_fault(action, e.path, source)
        }
        trouble => {
            let e = KeyError { trouble, ..e };
            input(&e.to_string(), e.hint().as_deref())
        }
    }
}

/// Refuses a key that would be handed on with the tables or the muted copies.
fn refuse_shared_key(settings: &Settings, key: &Path, what: KeyFor) -> Result<(), BatchError> {
    let mut folders = std::iter::once(&settings.out).chain(&settings.redact_audio);
    folders
        .try_for_each(|folder| key_path_outside(key, what, folder))
        .map_err(key_error)
}

/// The key that customers are hashed with.
pub fn customer_key(settings: &Settings, key_use: KeyUse) -> Result<CustomerKey, BatchError> {
    let path = &settings.customer_key;
    let key = secret_key(settings, path, KeyFor::Customers, key_use)?;
    Ok(key.map_or_else(|| CustomerKey::from_bytes([0; 32]), CustomerKey::from))
}

/// What makes pseudonyms of agents, where the settings ask for them.
pub fn agents(settings: &Settings, key_use: KeyUse) -> Result<Option<Agents>, BatchError> {
    let Some(path) = &settings.people.key else {
        return Ok(None);
    };
    let key = secret_key(settings, path, KeyFor::Agents, key_use)?;
    let key = key.unwrap_or_else(|| SecretKey::from_bytes([0; 32]));
    Agents::new(key, path).map(Some).map_err(agents_error)
}

/// What makes the pseudonyms that a store has. One that holds agents under their own ids can be
/// forgotten from, whatever the settings say now.
///
/// # Errors
/// Settings that do not have the key of the store's pseudonyms.
pub(super) fn agents_of(store: &Store, settings: &Settings) -> Result<Option<Agents>, BatchError> {
    if store.key_check(KeyFor::Agents)?.is_none() {
        return Ok(None);
    }
    let agents = agents(settings, KeyUse::Rehearse)?;
    hold_agents(store, agents.as_ref())?;
    Ok(agents)
}

/// A word for commands that go on where agents stand otherwise in the store than the settings
/// say.
pub(super) fn other_agents(
    store: &Store,
    settings: &Settings,
) -> Result<Option<String>, BatchError> {
    let about = match (store.key_check(KeyFor::Agents)?, &settings.people.key) {
        (None, Some(_)) if store.names_agents()? => {
            "holds calls under the agents' own ids, and the settings give agents pseudonyms"
        }
        (Some(_), None) => "has pseudonyms of agents, and the settings give them none",
        _ => return Ok(None),
    };
    Ok(Some(format!(
        "{} {about}: other commands are refused there",
        visible_path(store.out())
    )))
}

fn agents_error(error: AgentsError) -> BatchError {
    match error {
        AgentsError::Read { path, source } if store::may_pass(&source) => {
            drive_fault("read the list of agents", path, source)
        }
        AgentsError::Write { path, source } if store::may_pass(&source) => {
            drive_fault("write the list of agents", path, source)
        }
        e => input(&super::worker::with_causes(&e), Some(e.hint())),
    }
}

/// Refuses to bring agents' ids into a store that has pseudonyms, the other way round, or
/// pseudonyms of another key: what is in it would tell who is who. Then keeps the list of who is
/// who, and notes the key.
///
/// # Errors
/// [`BatchError::Input`] for another choice than that of the store's first calls.
pub(super) fn settle_agents(store: &Store, agents: Option<&Agents>) -> Result<(), BatchError> {
    hold_agents(store, agents)?;
    let Some(agents) = agents else {
        return Ok(());
    };
    if store.key_check(KeyFor::Agents)?.is_none() {
        store.put_key_check(KeyFor::Agents, &agents.key_check())?;
    }
    agents.keep().map_err(agents_error)
}

/// The same for a command that brings no agents in: nothing is noted or kept.
pub fn hold_agents(store: &Store, agents: Option<&Agents>) -> Result<(), BatchError> {
    let out = visible_path(store.out());
    match (store.key_check(KeyFor::Agents)?, agents) {
        (None, Some(_)) if store.names_agents()? => Err(input(
            &format!("give agents pseudonyms: {out} holds calls under the agents' own ids"),
            Some(
                "begin in another --out, score the calls there, and remove the old folder when it \
                 is not needed any more: what it holds cannot be given pseudonyms, or lose them, \
                 later",
            ),
        )),
        (None, _) => Ok(()),
        (Some(_), None) => Err(input(
            &format!(
                "go on without pseudonyms: agents have some in {out}, and their own ids beside \
                 them would tell who is who"
            ),
            Some(
                "set `pseudonyms = true` in `[people]` of callibrate.toml, and name that file with \
                 --config; or begin in another --out",
            ),
        )),
        (Some(kept), Some(agents)) if kept == agents.key_check() => Ok(()),
        (Some(_), Some(_)) => Err(input(
            &format!(
                "use this key of pseudonyms: those in {out} were made with another one, and no \
                 agent would be known again"
            ),
            Some(bring_back(KeyFor::Agents)),
        )),
    }
}

fn matched(
    settings: &Settings,
    key: &CustomerKey,
    agents: Option<&Agents>,
    plan: &mut FoundCalls,
) -> Result<Matched, BatchError> {
    if settings.calls.is_some() && settings.file_names.is_some() {
        return Err(input(
            "choose between two sources: both a table of calls and a `file_names` pattern are set",
            Some("remove `calls` or `[file_names]` from callibrate.toml"),
        ));
    }
    let found = if settings.recordings.is_empty() {
        None
    } else {
        let links = if settings.follow_links {
            Links::All
        } else {
            Links::Inside
        };
        let found = find::find(&settings.recordings, links)
            .map_err(|e| input(&super::worker::with_causes(&e), e.hint()))?;
        plan.warnings.extend(about_links(&found));
        Some(found)
    };
    if let Some(calls) = &settings.calls {
        let sidecar = read_sidecar(settings, calls, key, agents)?;
        let scope = match &found {
            None => Scope::Sidecar,
            Some(found) if settings.picked && !all_folders(&settings.recordings) => {
                Scope::Subset(&found.files)
            }
            Some(found) => Scope::All(found),
        };
        let mut matched = join::match_recordings(scope, &sidecar);
        matched
            .failures
            .extend(found.iter().flat_map(unreadable_places));
        let failed: BTreeSet<&String> = matched
            .failures
            .iter()
            .filter_map(|failure| failure.call_id.as_ref())
            .collect();
        let rows = sidecar.rows.iter().filter_map(|row| match &row.call {
            RowCall::Complete(meta) if failed.contains(&meta.call_id) => {
                let mut meta = meta.as_ref().clone();
                redaction::redact_call(&mut meta, &row.names);
                Some((meta.call_id.clone(), meta))
            }
            _ => None,
        });
        plan.failed_rows = rows.collect();
        let rows = sidecar.rows.iter();
        let names: BTreeMap<&str, &[CustomerName]> = rows
            .map(|row| (row.file.as_str(), row.names.as_slice()))
            .collect();
        for failure in &mut matched.failures {
            let of_row = names.get(failure.file.as_str());
            redact_failure(failure, of_row.unwrap_or(&&[][..]));
        }
        return Ok(matched);
    }
    let Some(found) = found else {
        return Err(input(
            "go on: neither recordings nor a table of calls are named",
            Some(
                "name a folder of recordings and a table, e.g. `callibrate run recordings --calls calls.csv --out report`",
            ),
        ));
    };
    let mut matched = named_by_files(settings, &found.files, key, agents)?;
    matched.failures.extend(unreadable_places(&found));
    Ok(matched)
}

fn unreadable_places(found: &find::Found) -> impl Iterator<Item = RecordingFailure> {
    found.unreadable.iter().map(RecordingFailure::from)
}

/// A word about each kind of links that are not followed.
fn about_links(found: &find::Found) -> Vec<String> {
    let paths = |links: &[find::Link]| links.iter().map(|link| link.path.clone()).collect();
    let kinds: [(Vec<PathBuf>, &str, String); 3] = [
        (
            paths(&found.links_to_folders),
            "links to folders are not followed",
            format!("; {FOLLOW_THEM}"),
        ),
        (
            paths(&found.links_outside),
            "links out of the searched folder are not followed",
            format!("; {FOLLOW_THEM}"),
        ),
        (
            found.loops.clone(),
            "links lead back to a folder above them and are not followed",
            String::new(),
        ),
    ];
    let kinds = kinds.into_iter().filter(|(paths, ..)| !paths.is_empty());
    kinds
        .map(|(paths, what, remedy)| format!("{what}: {}{remedy}", listed(&paths)))
        .collect()
}

/// The first paths, and how many more there are.
fn listed(paths: &[PathBuf]) -> String {
    const LISTED: usize = 10;
    let shown: Vec<String> = paths
        .iter()
        .take(LISTED)
        .map(|path| visible_path(path))
        .collect();
    match paths.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn named_by_files(
    settings: &Settings,
    files: &[FoundFile],
    key: &CustomerKey,
    agents: Option<&Agents>,
) -> Result<Matched, BatchError> {
    if let Some(names) = &settings.file_names {
        let pattern = FilePattern::new(
            &names.pattern,
            names.started_at_format.as_deref(),
            &names.defaults,
        )
        .map_err(|e| {
            let file = settings.config.as_deref().unwrap_or(Path::new(FILE_NAME));
            let what = super::worker::with_causes(&e);
            input(&format!("use {}: {what}", visible_path(file)), e.hint())
        })?;
        return Ok(join::name_recordings(
            files,
            &pattern,
            settings.zone.as_ref(),
            key,
            agents,
        ));
    }
    // The usual place of a table: beside the recordings, or in the folder above.
    let beside = settings.recordings.iter().find_map(|folder| {
        [folder.join("calls.csv"), folder.join("../calls.csv")]
            .into_iter()
            .find(|path| path.is_file())
    });
    let hint = match beside {
        Some(path) => format!("there is a table in {}; name it with --calls", visible_path(&path)),
        None => "name a table with --calls calls.csv, or give a `file_names` pattern in callibrate.toml; `callibrate init` writes examples of both".to_string(),
    };
    Err(input("tell who took these calls and when", Some(&hint)))
}

fn only_folder(recordings: &[PathBuf]) -> Option<&Path> {
    match recordings {
        [folder] if folder.is_dir() => Some(folder),
        _ => None,
    }
}

fn all_folders(recordings: &[PathBuf]) -> bool {
    recordings.iter().all(|path| path.is_dir())
}

fn redact_failure(failure: &mut RecordingFailure, customer: &[CustomerName]) {
    for text in [&mut failure.file, &mut failure.message]
        .into_iter()
        .chain(&mut failure.call_id)
    {
        *text = redaction::redact_id(text, customer);
    }
}

/// By now all agents are known, so that none is named.
fn failure_of(mut failure: RecordingFailure, agents: Option<&Agents>) -> Failure {
    if let Some(agents) = agents {
        failure.file = agents.scrub_name(&failure.file);
        failure.message = agents.scrub_words(&failure.message);
    }
    redact_failure(&mut failure, &[]);
    Failure {
        file: failure.file,
        call_id: failure.call_id,
        stage: "recording".to_string(),
        reason: failure.reason.as_str().to_string(),
        message: failure.message,
        hint: failure.hint,
    }
}

/// A call, and what to know of its recording next time.
type ReadCall = (PlannedCall, Option<known::Read>);

/// A call with its recording's content key and stated length.
fn read_call(planned: Planned, known: &Known) -> Result<ReadCall, Box<Failure>> {
    let meta = planned.meta;
    let failed = |reason: &str, message: String, hint: &str| {
        Box::new(Failure {
            file: meta.file.clone(),
            call_id: Some(meta.call_id.clone()),
            stage: "recording".to_string(),
            reason: reason.to_string(),
            message,
            hint: Some(hint.to_string()),
        })
    };
    let Some(path) = planned.path.to_str() else {
        return Err(failed(
            "name_not_text",
            "the file's name is not valid UTF-8".to_string(),
            "rename the file",
        ));
    };
    match read_file(&planned.path, known) {
        Ok(file) => Ok((
            PlannedCall {
                path: path.to_string(),
                audio_key: file.audio_key,
                bytes: file.bytes,
                stated_ms: file.stated_ms,
                names: planned.names,
                meta,
            },
            file.read,
        )),
        Err(e) => Err(failed(
            "unreadable",
            format!("cannot be read: {e}"),
            "check that the file is still there and that you may read it",
        )),
    }
}

struct RecordingFile {
    audio_key: String,
    bytes: u64,
    stated_ms: Option<i64>,
    /// To be known next time.
    read: Option<known::Read>,
}

fn read_file(path: &Path, known: &Known) -> io::Result<RecordingFile> {
    let before = fs::metadata(path)?;
    if let Some(read) = known.read(path, &before) {
        return Ok(RecordingFile {
            audio_key: read.audio_key.clone(),
            bytes: before.len(),
            stated_ms: read.stated_ms,
            read: Some(read.clone()),
        });
    }
    let audio_key = content_key(path)?;
    let stated_ms = stated_ms(path);
    let after = fs::metadata(path)?;
    let now = SystemTime::now();
    let place = path.to_string_lossy();
    // The hash of a path that holds a card number would be one of the card number.
    let can_be_known = redaction::redact_text(&place) == place;
    let read = known::Read::new(&before, &after, now, &audio_key, stated_ms);
    Ok(RecordingFile {
        read: read.filter(|_| can_be_known),
        audio_key,
        bytes: after.len(),
        stated_ms,
    })
}

/// What the header says; a header that cannot be read is the decoder's matter.
fn stated_ms(path: &Path) -> Option<i64> {
    audio::stated_length_ms(path).ok().flatten()
}
