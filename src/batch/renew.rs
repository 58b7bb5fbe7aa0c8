//! Stored transcripts brought under the redactor and the settings of today.
//!
//! Each call has a mark that tells under which its transcript was redacted last, so that only
//! marks are compared as long as nothing changed. A transcript is what the store has of the
//! words: redacting it again can only mask more or drop hashes, and what was masked cannot come
//! back, whatever the settings say by then. What quotes an older transcript (tables, what was read from it, the
//! tables of calibration) is noted as out of date, or removed, before the transcript changes, so
//! that a stop at any moment is made good by the next command.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::BatchError;
use super::export;
use super::publish::PublishError;
use super::report;
use super::run::hash;
use super::signals::Signals;
use super::staging::Staging;
use super::store::{CallRecord, RemovedCopies, Store, StoreError};
use crate::recording::CustomerName;
use crate::recording::key::CustomerKey;
use crate::redaction::mute::{self, WordTimes};
use crate::redaction::policy::{Action, Policy};
use crate::redaction::{self, Redactor};
use crate::report::tables;
use crate::transcript::{RedactedKind, Transcript};

/// Transcripts that are read at once: bounds the memory.
const CHUNK: usize = 64;

/// The redactor of a run, and the marks that it leaves.
pub struct Redaction {
    pub policy: Policy,
    redactor: Redactor,
    /// Of names in marks, which tell nothing about them.
    key: CustomerKey,
    /// How marks begin: redactor and settings, hashed.
    base: String,
}

impl Redaction {
    pub fn new(policy: Policy, key: CustomerKey) -> Self {
        let version = redaction::VERSION.to_string();
        let base = hash(&[&version, &policy.text()])[..16].to_string();
        Self {
            redactor: Redactor::new(policy.clone()),
            policy,
            key,
            base,
        }
    }

    pub fn redact(&self, transcript: Transcript, names: &[CustomerName]) -> Transcript {
        self.redactor.redact(transcript, names)
    }

    /// The mark of a call in which these names are looked for. Where names are kept, none is.
    pub fn mark(&self, call_id: &str, names: &[CustomerName]) -> String {
        if names.is_empty() || self.policy.action(RedactedKind::Name) == Action::Keep {
            return self.base.clone();
        }
        let names: Vec<&str> = names.iter().map(CustomerName::expose).collect();
        let names = self.key.name_hash(call_id, &names.join("\0"));
        format!("{}-{}", self.base, &names[..16])
    }

    /// Whether a call was redacted by this redactor under these settings, whatever name was
    /// looked for.
    fn did(&self, record: &CallRecord) -> bool {
        base_of(record) == self.base
    }

    /// A word about stored calls that were redacted otherwise, of which so many have each base.
    pub(super) fn warning(&self, bases: &BTreeMap<String, usize>, store: &Store) -> Option<String> {
        let others = bases.iter().filter(|(base, _)| **base != self.base);
        let calls = match others.map(|(_, calls)| calls).sum() {
            0 => return None,
            1 => "1 stored call was".to_string(),
            calls => format!("{calls} stored calls were"),
        };
        Some(format!(
            "{calls} redacted by another version or with other settings; \
             `callibrate redact --out {}` redacts them again and transcribes nothing",
            crate::log::visible_path(store.out())
        ))
    }
}

/// How the mark of a call begins; empty without one.
pub(super) fn base_of(record: &CallRecord) -> &str {
    let mark = record.redacted.as_deref().unwrap_or_default();
    mark.split_once('-').map_or(mark, |(base, _)| base)
}

/// A call whose transcript is to be redacted again.
pub(super) struct Due {
    /// As it is to be kept, with its new mark.
    pub record: CallRecord,
    pub names: Vec<CustomerName>,
    /// The customer's name was never looked for, and the call is not in the table of calls.
    pub unlisted: bool,
}

/// The stored calls of these dates that were redacted otherwise. Without a name at hand, the name
/// that was looked for before does not matter: it is masked.
pub(super) fn due(
    store: &Store,
    dates: &[String],
    redaction: &Redaction,
    names: &BTreeMap<String, Vec<CustomerName>>,
    pool: &rayon::ThreadPool,
) -> Result<Vec<Due>, StoreError> {
    let of_date = |date: &String| -> Result<Vec<Due>, StoreError> {
        let records = store.calls(date)?.into_iter();
        let due = records.filter_map(|mut record| {
            let listed = names.get(&record.meta.call_id);
            let looked_for = record
                .redacted
                .as_ref()
                .is_some_and(|mark| mark.contains('-'));
            let names = listed.map_or(&[][..], Vec::as_slice);
            let mark = redaction.mark(&record.meta.call_id, names);
            let other_name = !names.is_empty() && record.redacted.as_ref() != Some(&mark);
            if redaction.did(&record) && !other_name {
                return None;
            }
            record.redacted = Some(mark);
            // The id is what it is kept under.
            let call_id = record.meta.call_id.clone();
            redaction::redact_call(&mut record.meta, names);
            record.meta.call_id = call_id;
            Some(Due {
                record,
                names: names.to_vec(),
                unlisted: listed.is_none() && !looked_for,
            })
        });
        Ok(due.collect())
    };
    let read: Result<Vec<Vec<Due>>, StoreError> =
        pool.install(|| dates.par_iter().map(of_date).collect());
    Ok(read?.into_iter().flatten().collect())
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Renewed {
    /// Transcripts that were redacted again, whether that changed them or not.
    pub transcripts: usize,
    /// Those that changed.
    pub changed: usize,
    /// Placeholders that came, by kind.
    pub placeholders: BTreeMap<RedactedKind, usize>,
    /// Dates whose tables have to be made again.
    pub dates: BTreeSet<String>,
    /// Calls whose transcript is missing or damaged; their mark stays as it was.
    pub unread: usize,
    /// The tables of calibration quoted calls and were removed.
    pub calibration: bool,
    /// Muted copies in which too much could be heard.
    pub copies: RemovedCopies,
}

/// What came of one transcript.
enum Outcome {
    Unread,
    Same,
    Changed(Box<Changed>),
}

struct Changed {
    transcript: Transcript,
    /// Placeholders that came, by kind.
    new: BTreeMap<RedactedKind, usize>,
    /// Other stretches have to be silent.
    mutes: bool,
}

/// Stored calls that use a transcript: date and id.
type Users = BTreeSet<(String, String)>;

/// Redacts transcripts again and keeps what changed.
pub(super) struct Renewal<'a> {
    pub store: &'a Store,
    pub redaction: &'a Redaction,
    pub pool: &'a rayon::ThreadPool,
    pub signals: &'a Signals,
}

impl Renewal<'_> {
    /// Redacts the transcripts of these calls again, and keeps the calls. Two calls may share a
    /// transcript: the names of both are looked for.
    ///
    /// # Errors
    /// A store that cannot be read or written, or a signal: what is done is kept.
    pub fn renew(&self, due: Vec<Due>) -> Result<Renewed, BatchError> {
        let mut renewed = Renewed::default();
        let mut by_key: BTreeMap<String, Vec<Due>> = BTreeMap::new();
        for due in due {
            let calls = by_key.entry(due.record.transcript.clone()).or_default();
            calls.push(due);
        }
        let users = self.users(&by_key)?;
        let groups: Vec<(String, Vec<Due>)> = by_key.into_iter().collect();
        for chunk in groups.chunks(CHUNK) {
            let names: Vec<(&str, Vec<CustomerName>)> = chunk
                .iter()
                .map(|(key, calls)| {
                    let names = calls.iter().flat_map(|call| call.names.iter().cloned());
                    (key.as_str(), names.collect())
                })
                .collect();
            let outcomes = self.redact(&names)?;
            self.put_transcripts(&names, &outcomes, &users, &mut renewed)?;
            let mut records = Vec::new();
            for ((_, calls), outcome) in chunk.iter().zip(&outcomes) {
                match outcome {
                    // Tried again the next time.
                    Outcome::Unread => {
                        for call in calls {
                            self.keep_unread(&call.record, &mut renewed)?;
                        }
                    }
                    Outcome::Same | Outcome::Changed(..) => {
                        renewed.transcripts += 1;
                        records.extend(calls.iter().map(|call| &call.record));
                    }
                }
            }
            self.put_records(&records, &mut renewed)?;
        }
        Ok(renewed)
    }

    /// The same of transcripts that no call uses: a stopped run left them, or another model.
    pub fn renew_unused(
        &self,
        keys: &BTreeSet<String>,
        renewed: &mut Renewed,
    ) -> Result<(), BatchError> {
        let keys: Vec<(&str, Vec<CustomerName>)> =
            keys.iter().map(|k| (k.as_str(), Vec::new())).collect();
        for chunk in keys.chunks(CHUNK) {
            let outcomes = self.redact(chunk)?;
            let changed = |outcome: &&Outcome| matches!(outcome, Outcome::Changed(..));
            renewed.transcripts += outcomes.iter().filter(changed).count();
            self.put_transcripts(chunk, &outcomes, &BTreeMap::new(), renewed)?;
        }
        Ok(())
    }

    fn redact(&self, keys: &[(&str, Vec<CustomerName>)]) -> Result<Vec<Outcome>, BatchError> {
        if let Some(signal) = self.signals.received() {
            return Err(PublishError::Signal(signal).into());
        }
        let redact = |(key, names): &(&str, Vec<CustomerName>)| {
            let before = match self.store.transcript(key) {
                Ok(transcript) => transcript,
                Err(e) if e.is_lasting() => return Ok(Outcome::Unread),
                Err(e) => return Err(e),
            };
            let after = self.redaction.redact(before.clone(), names);
            if after == before {
                return Ok(Outcome::Same);
            }
            let mut new = placeholders(&after);
            for (kind, count) in placeholders(&before) {
                let left = new.entry(kind).or_default();
                *left = left.saturating_sub(count);
            }
            new.retain(|_, count| *count > 0);
            let silent = |transcript| {
                [WordTimes::Aligned, WordTimes::Estimated].map(|t| mute::stretches(transcript, t))
            };
            Ok(Outcome::Changed(Box::new(Changed {
                mutes: silent(&before) != silent(&after),
                transcript: after,
                new,
            })))
        };
        let outcomes: Result<Vec<Outcome>, StoreError> =
            self.pool.install(|| keys.par_iter().map(redact).collect());
        Ok(outcomes?)
    }

    /// Notes what is out of date by it, then keeps the transcripts that changed.
    fn put_transcripts(
        &self,
        keys: &[(&str, Vec<CustomerName>)],
        outcomes: &[Outcome],
        users: &BTreeMap<String, Users>,
        renewed: &mut Renewed,
    ) -> Result<(), BatchError> {
        let changed: Vec<(&str, &Changed)> = keys
            .iter()
            .zip(outcomes)
            .filter_map(|((key, _), outcome)| match outcome {
                Outcome::Changed(changed) => Some((*key, &**changed)),
                Outcome::Same | Outcome::Unread => None,
            })
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        if renewed.changed == 0 {
            export::remove_exports(self.store.out())?;
            renewed.calibration = self.remove_calibration()?;
            report::remove_pages(self.store.out())?;
        }
        let calls = changed.iter().filter_map(|(key, _)| users.get(*key));
        let dates: BTreeSet<&String> = calls.flatten().map(|(date, _)| date).collect();
        self.store
            .note_stale(dates.iter().map(|date| date.as_str()))?;
        for date in dates {
            if renewed.dates.insert(date.clone()) {
                self.store.remove_derived(date)?;
            }
        }
        let mutes = changed.iter().filter(|(_, changed)| changed.mutes);
        for (_, call_id) in mutes.filter_map(|(key, _)| users.get(*key)).flatten() {
            self.store.remove_muted_of(call_id, &mut renewed.copies)?;
        }
        let put =
            |(key, changed): &(&str, &Changed)| self.store.put_transcript(key, &changed.transcript);
        self.pool.install(|| changed.par_iter().try_for_each(put))?;
        renewed.changed += changed.len();
        for (kind, count) in changed.iter().flat_map(|(_, changed)| &changed.new) {
            *renewed.placeholders.entry(*kind).or_default() += count;
        }
        Ok(())
    }

    /// Calls that stay where they are are written at the same time; others one after the other,
    /// because what they leave has to be noted.
    fn put_records(
        &self,
        records: &[&CallRecord],
        renewed: &mut Renewed,
    ) -> Result<(), StoreError> {
        for record in records {
            let kept = self.store.call_like(record);
            if kept.is_some_and(|kept| kept.meta != record.meta) {
                self.store.note_stale([record.date()])?;
                renewed.dates.insert(record.date().to_string());
            }
        }
        let (stay, come): (Vec<&CallRecord>, Vec<&CallRecord>) = records
            .iter()
            .partition(|record| self.store.keeps_call(record));
        let put = |record: &&CallRecord| self.store.put_call(record).map(drop);
        self.pool.install(|| stay.par_iter().try_for_each(put))?;
        for record in come {
            renewed.dates.extend(self.store.put_call(record)?);
        }
        Ok(())
    }

    fn keep_unread(&self, record: &CallRecord, renewed: &mut Renewed) -> Result<(), StoreError> {
        renewed.unread += 1;
        let before = self.store.call_like(record);
        let record = CallRecord {
            redacted: before.and_then(|before| before.redacted),
            ..record.clone()
        };
        if !self.store.has_call(&record)? {
            renewed.dates.extend(self.store.put_call(&record)?);
        }
        Ok(())
    }

    /// The stored calls that use these transcripts, those that are not due among them.
    fn users(
        &self,
        keys: &BTreeMap<String, Vec<Due>>,
    ) -> Result<BTreeMap<String, Users>, StoreError> {
        let mut users: BTreeMap<String, Users> = BTreeMap::new();
        if keys.is_empty() {
            return Ok(users);
        }
        let of_date = |date: &String| -> Result<Vec<CallRecord>, StoreError> {
            let mut records = self.store.calls(date)?;
            records.retain(|record| keys.contains_key(&record.transcript));
            Ok(records)
        };
        let dates = self.store.call_dates()?;
        let used: Result<Vec<Vec<CallRecord>>, StoreError> = self
            .pool
            .install(|| dates.par_iter().map(of_date).collect());
        for (date, used) in dates.iter().zip(used?) {
            for record in used {
                let call = (date.clone(), record.meta.call_id);
                users.entry(record.transcript).or_default().insert(call);
            }
        }
        Ok(users)
    }

    /// They quote what was said.
    fn remove_calibration(&self) -> Result<bool, PublishError> {
        let mut staging = Staging::new(self.store, Vec::new())?;
        let mut any = false;
        for table in tables::tables_of_people() {
            let path = format!("{}/part.parquet", table.name);
            if self.store.out().join(&path).is_file() {
                any = true;
                staging.remove_file(path);
            }
        }
        if any {
            staging.publish()?;
        }
        Ok(any)
    }
}

/// How often each kind stands in a transcript.
fn placeholders(transcript: &Transcript) -> BTreeMap<RedactedKind, usize> {
    let segments = transcript.channels.iter().flat_map(|c| &c.segments);
    let words = segments.flat_map(|segment| &segment.words);
    let mut found = BTreeMap::new();
    for redacted in words.filter_map(|word| word.redacted.as_ref()) {
        *found.entry(redacted.kind).or_default() += 1;
    }
    found
}
