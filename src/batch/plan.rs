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
use super::store::{self, Failure, Store, StoreError};
use crate::audio;
use crate::config::{FILE_NAME, Settings};
use crate::log::visible_path;
use crate::recording::contacts::ContactTable;
use crate::recording::find::{self, FOLLOW_THEM, FoundFile, Links};
use crate::recording::key::{CustomerKey, KeyError, key_path_outside};
use crate::recording::pattern::FilePattern;
use crate::recording::plan::{self as join, Matched, Planned, Scope};
use crate::recording::sidecar::{RowCall, Sidecar, SidecarError, SidecarOptions};
use crate::recording::{CallMeta, RecordingFailure, content_key};
use crate::redaction;

/// A call whose recording can be read.
#[derive(Debug, Clone)]
pub struct PlannedCall {
    pub path: String,
    pub meta: CallMeta,
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
pub fn find_calls(settings: &Settings, key: &CustomerKey) -> Result<FoundCalls, BatchError> {
    let mut found = FoundCalls {
        calls: Vec::new(),
        failures: Vec::new(),
        warnings: Vec::new(),
        failed_rows: BTreeMap::new(),
    };
    let matched = matched(settings, key, &mut found)?;
    found
        .failures
        .extend(matched.failures.into_iter().map(failure_of));
    found.calls = matched.calls;
    if found.calls.is_empty() && found.failures.is_empty() {
        return Err(input(
            "find any recording",
            Some("check that the folder is mounted, and that --calls names the right table"),
        ));
    }
    Ok(found)
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
    ContactTable::read(path, settings.zone.as_ref(), key)
        .map(Some)
        .map_err(|e| input(&super::worker::with_causes(&e), e.hint()))
}

/// A word about columns of the table of contacts that are not kept.
pub(super) fn unused_columns(contacts: &ContactTable) -> Option<String> {
    (!contacts.unused.is_empty()).then(|| {
        format!(
            "these columns of the table of contacts are not used: {}",
            contacts.unused.join(", ")
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

/// Whether a key may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// For writing hashes: made on first use.
    Make,
    /// For a look only: where there is no key yet, one is made up and forgotten.
    LookOnly,
}

/// Holds the key against the one that the store's customers were hashed with, or notes which one
/// that is.
///
/// # Errors
/// [`BatchError::Input`] for another key: with it, no customer would be known again.
pub(super) fn settle_key(store: &Store, key: &CustomerKey) -> Result<(), BatchError> {
    let check = key.customer_hash(KEY_CHECK);
    match store.key_check()? {
        None => Ok(store.put_key_check(&check)?),
        Some(kept) if kept == check => Ok(()),
        Some(_) => Err(input(
            &format!(
                "use this customer key: the customers in {} were hashed with another one, and none \
                 of them would be known again",
                visible_path(store.out())
            ),
            Some(
                "bring the key back from its copy, or name it as `customer_key` in callibrate.toml; \
                 without it, begin in another --out",
            ),
        )),
    }
}

/// The key that customers are hashed with.
pub fn customer_key(settings: &Settings, key_use: KeyUse) -> Result<CustomerKey, BatchError> {
    let error = |e: KeyError| match e {
        KeyError::Create { path, source } if store::may_pass(&source) => {
            drive_fault("create the customer key", path, source)
        }
        KeyError::Read { path, source } if store::may_pass(&source) => {
            drive_fault("read the customer key", path, source)
        }
        e => input(&super::worker::with_causes(&e), e.hint().as_deref()),
    };
    let path = &settings.customer_key;
    key_path_outside(path, &settings.out).map_err(error)?;
    match key_use {
        KeyUse::LookOnly if !path.exists() => Ok(CustomerKey::from_bytes([0; 32])),
        KeyUse::LookOnly | KeyUse::Make => CustomerKey::load_or_create(path).map_err(error),
    }
}

fn matched(
    settings: &Settings,
    key: &CustomerKey,
    plan: &mut FoundCalls,
) -> Result<Matched, BatchError> {
    if settings.calls.is_some() && settings.file_names.is_some() {
        return Err(input(
            "choose between two sources: both a table of calls and a `file_names` pattern are set",
            Some("remove `calls` or `[file_names]` from callibrate.toml"),
        ));
    }
    let zone = settings.zone.as_ref();
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
        plan.failures.extend(
            found
                .unreadable
                .iter()
                .map(|unreadable| failure_of(RecordingFailure::from(unreadable))),
        );
        plan.warnings.extend(about_links(&found));
        Some(found)
    };
    if let Some(calls) = &settings.calls {
        let options = SidecarOptions {
            zone,
            recordings_folder: only_folder(&settings.recordings),
            key,
        };
        let sidecar = Sidecar::read(calls, &options).map_err(|e| match e {
            SidecarError::Read { path, source } if is_away(&source) => {
                drive_fault("read", path, source)
            }
            e => input(&super::worker::with_causes(&e), e.hint()),
        })?;
        let scope = match &found {
            None => Scope::Sidecar,
            Some(found) if settings.picked && !all_folders(&settings.recordings) => {
                Scope::Subset(&found.files)
            }
            Some(found) => Scope::All(found),
        };
        let matched = join::match_recordings(scope, &sidecar);
        let failed: BTreeSet<&String> = matched
            .failures
            .iter()
            .filter_map(|failure| failure.call_id.as_ref())
            .collect();
        let rows = sidecar.rows.into_iter().filter_map(|row| match row.call {
            RowCall::Complete(meta) if failed.contains(&meta.call_id) => Some(meta),
            _ => None,
        });
        plan.failed_rows = rows.map(|meta| (meta.call_id.clone(), *meta)).collect();
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
    named_by_files(settings, &found.files, key)
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
        .map(|path| redaction::redact_text(&visible_path(path)))
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

fn failure_of(failure: RecordingFailure) -> Failure {
    Failure {
        file: redaction::redact_text(&failure.file),
        call_id: failure.call_id,
        stage: "recording".to_string(),
        reason: failure.reason.as_str().to_string(),
        message: redaction::redact_text(&failure.message),
        hint: failure.hint,
    }
}

/// A call, and what to know of its recording next time.
type ReadCall = (PlannedCall, Option<known::Read>);

/// A call with its recording's content key and stated length. Sidecar texts are redacted here:
/// from here on everything about the call may be written.
fn read_call(planned: Planned, known: &Known) -> Result<ReadCall, Box<Failure>> {
    let mut meta = planned.meta;
    meta.file = redaction::redact_text(&meta.file);
    for value in meta.extra.values_mut() {
        *value = redaction::redact_text(value);
    }
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
    Ok(RecordingFile {
        read: known::Read::new(&before, &after, now, &audio_key, stated_ms),
        audio_key,
        bytes: after.len(),
        stated_ms,
    })
}

/// What the header says; a header that cannot be read is the decoder's matter.
fn stated_ms(path: &Path) -> Option<i64> {
    audio::stated_length_ms(path).ok().flatten()
}
