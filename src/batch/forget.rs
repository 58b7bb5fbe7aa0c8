//! Forgetting: calls of a person, or calls that are too old, leave the store and all tables.
//!
//! What is to go is noted first (`store/forgotten.json`), then it leaves the store, the calls
//! themselves last, and then the tables that told of it are made again, each date with the forms
//! that it was published with. A request that was stopped in between is completed by the next
//! command that works on the store. Left out on purpose: the recordings, the table of calls and
//! the files of people, which are not callibrate's to change.

mod removal;

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::forgotten::{Forgotten, Gone, Pending, Request};
use super::plan::{self, FoundCalls, input};
use super::release::Differing;
use super::run::Clock;
use super::signals::Signals;
use super::staging;
use super::store::{CallRecord, Failure, RemovedCopies, Store, StoreError};
use super::worker::with_causes;
use super::{BatchError, threads};
use crate::config::Settings;
use crate::log::visible_path;
use crate::recording::agents::Agents;
use crate::recording::contacts::Contact;
use crate::recording::content_key;
use crate::recording::key::CustomerKey;
use crate::recording::sidecar::{RowCall, Sidecar, SidecarOptions};
use crate::redaction::{redact_id, redact_text};

pub(super) use removal::published_forms;

/// Whom or what to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A call, by its id.
    Call(String),
    /// All calls of a customer, by the id as in the table of calls.
    Customer(String),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of the request.
    pub subjects: Vec<Found>,
    pub removed: Removed,
    /// Recordings of the calls, as the store or the table of calls names them.
    pub recordings: BTreeSet<String>,
    /// Calls that could not be scored where tables were made again.
    pub failures: Vec<Failure>,
    pub warnings: Vec<String>,
}

/// What was found of a subject.
#[derive(Debug)]
pub struct Found {
    pub subject: Subject,
    /// It was asked for before.
    pub before: bool,
    pub calls: usize,
    pub contacts: usize,
    /// Failures that are about its calls.
    pub failures: usize,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    pub calls: usize,
    pub transcripts: usize,
    pub contacts: usize,
    pub failures: usize,
    pub quarantined: usize,
    pub copies: RemovedCopies,
    /// Dates whose tables of calls were made again.
    pub made_again: BTreeSet<String>,
    /// Dates that have no calls any more.
    pub emptied: BTreeSet<String>,
    /// The tables of calibration, which quote calls.
    pub calibration: bool,
    /// Forms that are not in the store any more, by their key: dates are scored without them.
    pub lost_forms: BTreeSet<String>,
}

/// Tables that were made again.
#[derive(Debug, Default)]
pub struct Made {
    /// Dates whose tables of calls were made again.
    pub made_again: BTreeSet<String>,
    /// Dates that have no calls any more.
    pub emptied: BTreeSet<String>,
    /// Forms that are not in the store any more, by their key.
    pub lost_forms: BTreeSet<String>,
    /// Calls that could not be scored.
    pub failures: Vec<Failure>,
    /// Released scores that differ now, by date.
    pub differing: BTreeMap<String, Differing>,
}

/// A word about tables of calibration, which quote calls.
pub(super) const CALIBRATION_WENT: &str = "the tables of calibration quoted calls and were \
     removed; `callibrate calibrate` makes them again";

/// A word about [`Made::lost_forms`].
pub(super) const LOST_FORM: &str = "a form that dates were scored with is not in the store any \
     more: their tables were made again without it";

/// Forgets, and makes the tables again.
///
/// # Errors
/// Where nothing is stored or there is no customer key, and all that can go wrong in a run.
pub fn forget(
    settings: &Settings,
    subjects: Vec<Subject>,
    signals: &Signals,
) -> Result<Report, BatchError> {
    if !Store::exists(&settings.out) {
        return Err(BatchError::NothingStored(settings.out.clone()));
    }
    let path = &settings.customer_key;
    if !path.exists() {
        return Err(input(
            &format!("find the customer key {}", visible_path(path)),
            Some(
                "name the key that the runs use as `customer_key` in callibrate.toml, and that file with --config",
            ),
        ));
    }
    let clock = Clock::start(settings.zone.as_ref());
    let pool = threads::pool(settings.jobs)?;
    let key = plan::customer_key(settings, plan::KeyUse::LookOnly)?;
    let store = Store::open(&settings.out)?.for_readers(settings.people.readers);
    staging::recover(&store)?;
    let agents = plan::agents_of(&store, settings)?;
    plan::settle_key(&store, &key)?;
    let desk = Desk {
        store: &store,
        settings,
        key: &key,
        agents: agents.as_ref(),
        pool: &pool,
        signals,
        clock: &clock,
    };
    let mut report = desk.forget(subjects)?;
    let other = plan::other_agents(&store, settings)?;
    report.warnings.extend(other);
    store.sign_off()?;
    Ok(report)
}

/// How many stored calls a run would forget for their age, and the first date that it would keep.
pub fn ageing(
    settings: &Settings,
    store: &Store,
    found: &FoundCalls,
) -> Result<Option<(usize, String)>, BatchError> {
    let clock = Clock::start(settings.zone.as_ref());
    let Some(from) = first_kept(settings, store, &clock, found.newest())? else {
        return Ok(None);
    };
    let mut calls = 0;
    for date in store.call_dates()?.iter().filter(|date| **date < from) {
        calls += store.calls(date)?.len();
    }
    Ok((calls > 0).then_some((calls, from)))
}

fn first_kept(
    settings: &Settings,
    store: &Store,
    clock: &Clock,
    newest: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let Some(days) = settings.retention_days else {
        return Ok(None);
    };
    let dates = store.call_dates()?;
    let newest = dates.iter().map(String::as_str).chain(newest).max();
    Ok(newest.and_then(|newest| kept_from(clock.date(), newest, days)))
}

/// All that forgetting needs, within a run that holds the store.
pub(super) struct Desk<'a> {
    pub store: &'a Store,
    pub settings: &'a Settings,
    pub key: &'a CustomerKey,
    /// Makes pseudonyms of agents, where they have any.
    pub agents: Option<&'a Agents>,
    pub pool: &'a rayon::ThreadPool,
    pub signals: &'a Signals,
    pub clock: &'a Clock,
}

impl Desk<'_> {
    /// What every command does before it takes calls in: completes what an earlier one left,
    /// forgets what is too old, and says what must not come in. `newest` is the latest local date
    /// of the calls at hand.
    pub(super) fn settle(&self, newest: Option<&str>) -> Result<(Gone, Vec<String>), BatchError> {
        let mut notices = self.remove_left_copies()?;
        let mut forgotten = Forgotten::of(self.store, self.key)?;
        if forgotten.pending.is_some() {
            let (removed, _) = self.complete(&mut forgotten)?;
            notices.push(
                "an earlier `forget` was stopped before its end; it is complete now".to_string(),
            );
            notices.extend(removed.notices());
        }
        let kept_from = self.kept_from(newest)?;
        if let Some(from) = &kept_from
            && let Some(pending) = self.too_old(&forgotten, from)?
        {
            let calls = pending.requests[0].calls;
            // What is forgotten is hashed with it.
            plan::settle_key(self.store, self.key)?;
            forgotten.pending = Some(pending);
            self.store.put_forgotten(&forgotten)?;
            let (removed, _) = self.complete(&mut forgotten)?;
            notices.push(format!(
                "{calls} call{} of dates before {from} {} forgotten (`retention_days`)",
                if calls == 1 { "" } else { "s" },
                if calls == 1 { "was" } else { "were" },
            ));
            notices.extend(removed.notices());
        }
        let gone = Gone {
            key: self.key.clone(),
            forgotten,
            kept_from,
        };
        Ok((gone, notices))
    }

    /// Tries again to remove muted copies that were out of reach. Returns what there is to say.
    fn remove_left_copies(&self) -> Result<Vec<String>, StoreError> {
        let copies = self.store.remove_left_copies()?;
        let mut notices = copies.notices();
        if copies.removed > 0 {
            notices.push(format!(
                "{} muted cop{} that could not be reached before {} removed now",
                copies.removed,
                if copies.removed == 1 { "y" } else { "ies" },
                if copies.removed == 1 { "was" } else { "were" },
            ));
        }
        Ok(notices)
    }

    /// The first date that is kept, where the settings say how long.
    fn kept_from(&self, newest: Option<&str>) -> Result<Option<String>, StoreError> {
        first_kept(self.settings, self.store, self.clock, newest)
    }

    /// What goes because it is too old; `None` where there is nothing.
    fn too_old(&self, forgotten: &Forgotten, from: &str) -> Result<Option<Pending>, BatchError> {
        let old = |dates: Vec<String>| dates.into_iter().any(|date| *date < *from);
        let store = self.store;
        let any = old(store.call_dates()?)
            || old(store.contact_dates()?)
            || old(store.failure_dates()?)
            || old(store.run_dates()?);
        if !any {
            return Ok(None);
        }
        let gone = Gone {
            key: self.key.clone(),
            forgotten: forgotten.clone(),
            kept_from: Some(from.to_string()),
        };
        let parted = self.part(&gone)?;
        let dates = dates_of(&parted.gone);
        let request = Request {
            forgotten_ms: self.clock.started_ms(),
            what: "retention".to_string(),
            subject: None,
            kept_from: gone.kept_from.clone(),
            calls: parted.gone.len(),
            dates: dates.len(),
            contacts: self.contacts(&|contact| gone.contact(contact))?,
        };
        Ok(Some(Pending {
            requests: vec![request],
            dates,
            run_dates: self.run_dates(&gone, &files_of(&parted.gone))?,
            audio_keys: BTreeSet::new(),
            kept_from: gone.kept_from.clone(),
        }))
    }

    fn forget(&self, subjects: Vec<Subject>) -> Result<Report, BatchError> {
        let mut report = Report {
            warnings: self.remove_left_copies()?,
            ..Report::default()
        };
        let mut forgotten = Forgotten::of(self.store, self.key)?;
        if forgotten.pending.is_some() {
            let (_, failures) = self.complete(&mut forgotten)?;
            report.failures.extend(failures);
            let notice = "an earlier `forget` was stopped before its end; it is complete now";
            report.warnings.push(notice.to_string());
        }
        let mut subjects = self.as_stored(subjects, &mut report)?;
        let listed = self.listed(&mut subjects, &mut report)?;
        let (gone, pending) = self.note(forgotten, subjects, &listed, &mut report)?;
        let mut forgotten = gone.forgotten;
        if let Some(pending) = pending {
            forgotten.pending = Some(pending);
            self.store.put_forgotten(&forgotten)?;
            let (removed, failures) = self.complete(&mut forgotten)?;
            report.removed = removed;
            report.failures.extend(failures);
        }
        Ok(report)
    }

    /// Calls by the ids that they have in the store: redacted, and where agents have pseudonyms, an agent's id
    /// within a call's was replaced. One that is nowhere is noted in all ways that it may be
    /// called once its agent is known.
    fn as_stored(
        &self,
        subjects: Vec<Subject>,
        report: &mut Report,
    ) -> Result<Vec<Subject>, BatchError> {
        let Some(agents) = self.agents else {
            let masked = subjects.into_iter().map(|subject| match subject {
                Subject::Call(id) => Subject::Call(redact_text(&id)),
                customer => customer,
            });
            return Ok(masked.collect());
        };
        let mut ids = BTreeSet::new();
        let mut at_work = BTreeSet::new();
        for date in self.store.call_dates()? {
            for call in self.store.calls(&date)? {
                ids.insert(call.meta.call_id);
                at_work.insert(call.meta.agent);
            }
        }
        let mut all_found = true;
        let mut all: Vec<Subject> = Vec::new();
        for subject in subjects {
            let found = match subject {
                Subject::Call(id) => {
                    let known = agents.call_ids(&id).into_iter();
                    let known: Vec<String> = known.map(|id| redact_text(&id)).collect();
                    let stored = known.iter().find(|id| ids.contains(*id)).cloned();
                    all_found &= stored.is_some();
                    stored.map_or(known, |id| vec![id])
                }
                customer => {
                    all.push(customer);
                    continue;
                }
            };
            for subject in found.into_iter().map(Subject::Call) {
                if !all.contains(&subject) {
                    all.push(subject);
                }
            }
        }
        if !all_found && let Some(lack) = agents.lack(&at_work) {
            report.warnings.push(format!(
                "{lack}: without it, calls with the id of such an agent in their own cannot be \
                 found or kept out by the ids that the centre knows; bring the list back from its \
                 copy, or name the ids that the tables have"
            ));
        }
        Ok(all)
    }

    /// What the table of calls says of the subjects: calls that were never stored, and where the
    /// recordings are.
    fn listed(&self, subjects: &mut [Subject], report: &mut Report) -> Result<Listed, BatchError> {
        let mut listed = Listed::default();
        let Some(path) = &self.settings.calls else {
            return Ok(listed);
        };
        let options = SidecarOptions {
            zone: self.settings.zone.as_ref(),
            recordings_folder: match &self.settings.recordings[..] {
                [folder] if folder.is_dir() => Some(folder),
                _ => None,
            },
            key: self.key,
            agents: self.agents,
        };
        let sidecar = match Sidecar::read(path, &options) {
            Ok(sidecar) => sidecar,
            Err(e) => {
                report.warnings.push(format!(
                    "callibrate failed to {}; what is known of calls that were never stored could not be looked up",
                    with_causes(&e)
                ));
                return Ok(listed);
            }
        };
        let customers = subjects
            .iter()
            .filter(|s| matches!(s, Subject::Customer(_)));
        let hashes: BTreeSet<String> = customers.map(|s| s.hash(self.key)).collect();
        for row in sidecar.rows {
            let (call_id, customer) = match &row.call {
                RowCall::Complete(meta) => (Some(&meta.call_id), meta.customer.as_ref()),
                RowCall::Incomplete { call_id, .. } => (call_id.as_ref(), None),
            };
            let Some(call_id) = call_id else { continue };
            let of_customer = customer.filter(|hash| hashes.contains(*hash));
            let stored_id = redact_id(call_id, &row.names);
            let asked = Subject::Call(redact_text(call_id));
            let named = subjects.iter_mut().find(|subject| **subject == asked);
            if of_customer.is_none() && named.is_none() {
                continue;
            }
            // Under an id that holds the customer's name it is not stored.
            if let Some(subject) = named {
                *subject = Subject::Call(stored_id.clone());
            }
            listed.calls.push((stored_id, of_customer.cloned()));
            listed.files.insert(redact_id(&row.file, &row.names));
            // One that is not there has no transcript to be found by it, either.
            let key = row.path.and_then(|path| content_key(&path).ok());
            listed.audio_keys.extend(key);
        }
        Ok(listed)
    }

    /// Takes note of the subjects, and of what is stored of them. Nothing is pending where there
    /// is nothing new.
    fn note(
        &self,
        forgotten: Forgotten,
        subjects: Vec<Subject>,
        listed: &Listed,
        report: &mut Report,
    ) -> Result<(Gone, Option<Pending>), BatchError> {
        let mut gone = Gone {
            key: self.key.clone(),
            forgotten,
            kept_from: None,
        };
        let mut pending = Pending {
            audio_keys: listed.audio_keys.clone(),
            ..Pending::default()
        };
        let wanted = |record: &CallRecord, subject: &Subject| match subject {
            Subject::Call(id) => record.meta.call_id == *id,
            Subject::Customer(_) => record.meta.customer == Some(subject.hash(self.key)),
        };
        let stored = self.part_by(&|record| subjects.iter().any(|s| wanted(record, s)))?;
        for subject in subjects {
            let of_it = |record: &&CallRecord| wanted(record, &subject);
            let calls: Vec<&CallRecord> = stored.gone.iter().filter(of_it).collect();
            let hash = subject.hash(self.key);
            let ids: BTreeSet<&String> = match &subject {
                Subject::Call(id) => BTreeSet::from([id]),
                Subject::Customer(_) => {
                    let of_listed = listed.calls.iter();
                    let of_listed = of_listed.filter(|(_, c)| c.as_ref() == Some(&hash));
                    let of_stored = calls.iter().map(|r| &r.meta.call_id);
                    of_stored.chain(of_listed.map(|(id, _)| id)).collect()
                }
            };
            let last = calls.iter().map(|r| r.meta.started_at.utc_ms).max();
            let until = last.unwrap_or(0).max(self.clock.started_ms());
            let new = match &subject {
                Subject::Call(id) => !gone.call_id(id),
                Subject::Customer(_) => gone.forgotten.add_customer(self.key, &hash, until),
            };
            for id in &ids {
                gone.forgotten.add_call(self.key, id);
            }
            let contacts = self.contacts(&|contact| match &subject {
                Subject::Call(id) => contact.reference.as_ref() == Some(id),
                Subject::Customer(_) => contact.customer == hash && contact.at.utc_ms <= until,
            })?;
            let failures =
                self.failures(&|f| f.call_id.as_ref().is_some_and(|id| ids.contains(id)))?;
            if new || !calls.is_empty() || contacts > 0 || failures > 0 {
                let dates: BTreeSet<&str> = calls.iter().map(|r| r.date()).collect();
                pending.requests.push(Request {
                    forgotten_ms: self.clock.started_ms(),
                    what: subject.what().to_string(),
                    subject: Some(hash),
                    kept_from: None,
                    calls: calls.len(),
                    dates: dates.len(),
                    contacts,
                });
            }
            report.subjects.push(Found {
                subject,
                before: !new,
                calls: calls.len(),
                contacts,
                failures,
            });
        }
        pending.dates = dates_of(&stored.gone);
        let mut files = files_of(&stored.gone);
        files.extend(listed.files.iter().cloned());
        pending.run_dates = self.run_dates(&gone, &files)?;
        report.recordings = files;
        let pending = (!pending.requests.is_empty()).then_some(pending);
        Ok((gone, pending))
    }

    fn contacts(&self, goes: &dyn Fn(&Contact) -> bool) -> Result<usize, StoreError> {
        let mut count = 0;
        for date in self.store.contact_dates()? {
            count += self
                .store
                .contacts(&date)?
                .iter()
                .filter(|c| goes(c))
                .count();
        }
        Ok(count)
    }

    fn failures(&self, goes: &dyn Fn(&Failure) -> bool) -> Result<usize, StoreError> {
        let mut count = 0;
        for date in self.store.failure_dates()? {
            let runs = self.store.failures(&date)?;
            count += runs.iter().flat_map(|(_, f)| f).filter(|f| goes(f)).count();
        }
        Ok(count)
    }

    /// Dates of runs with failures that go.
    fn run_dates(
        &self,
        gone: &Gone,
        files: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        for date in self.store.failure_dates()? {
            let runs = self.store.failures(&date)?;
            let mut failures = runs.iter().flat_map(|(_, failures)| failures);
            if failures.any(|f| gone.failure(f) || is_about(f, files)) {
                found.insert(date);
            }
        }
        Ok(found)
    }
}

impl Removed {
    /// What a person should know of it besides.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.calibration {
            notices.push(CALIBRATION_WENT.to_string());
        }
        notices.extend(self.copies.notices());
        if !self.lost_forms.is_empty() {
            notices.push(LOST_FORM.to_string());
        }
        notices
    }
}

impl Subject {
    fn what(&self) -> &'static str {
        match self {
            Subject::Call(_) => "call",
            Subject::Customer(_) => "customer",
        }
    }

    /// Of a customer, the one that stands in the tables.
    fn hash(&self, key: &CustomerKey) -> String {
        match self {
            Subject::Call(id) => key.call_hash(id),
            Subject::Customer(id) => key.customer_hash(id),
        }
    }
}

/// Rows of the table of calls.
#[derive(Default)]
struct Listed {
    /// Call ids, with the hash of the customer where it is one that was asked for.
    calls: Vec<(String, Option<String>)>,
    files: BTreeSet<String>,
    audio_keys: BTreeSet<String>,
}

/// The first date that is kept. Days count back from today or from the newest date of any call,
/// whichever is earlier: a clock that jumps ahead makes nothing too old, and where the calls
/// come in as ever the tables do not depend on it. `None` beyond the calendar.
fn kept_from(today: &str, newest: &str, days: i64) -> Option<String> {
    let reference: Date = today.min(newest).parse().ok()?;
    let from = reference.checked_sub(days.days()).ok()?;
    Some(from.to_string())
}

fn dates_of(calls: &[CallRecord]) -> BTreeSet<String> {
    calls.iter().map(|call| call.date().to_string()).collect()
}

fn files_of(calls: &[CallRecord]) -> BTreeSet<String> {
    calls.iter().map(|call| call.meta.file.clone()).collect()
}

/// Whether a failure is about one of these files. Its name may begin further down or further up:
/// a recording without a row is named from the searched folder, one with a row as the row says.
fn is_about(failure: &Failure, files: &BTreeSet<String>) -> bool {
    files.iter().any(|file| same_file(file, &failure.file))
}

/// Whether two names of recordings may be of one file.
pub(super) fn same_file(one: &str, other: &str) -> bool {
    let (long, short) = if one.len() < other.len() {
        (other, one)
    } else {
        (one, other)
    };
    let rest = long.strip_suffix(short);
    !short.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_earlier_of_clock_and_calls() {
        let from = |today, newest| kept_from(today, newest, 30);
        let date = |date: &str| Some(date.to_string());
        assert_eq!(from("2026-03-31", "2026-03-31"), date("2026-03-01"));
        // The clock has jumped ahead; a call is dated in the future.
        assert_eq!(from("2031-01-01", "2026-03-31"), date("2026-03-01"));
        assert_eq!(from("2026-03-31", "2199-01-01"), date("2026-03-01"));
        // The clock has lost its battery.
        assert_eq!(from("1970-01-01", "2026-03-31"), date("1969-12-02"));
        assert_eq!(
            kept_from("2026-03-31", "2026-03-31", 36_500),
            date("1926-04-25")
        );
        assert_eq!(from("2026-03-31", "not a date"), date("2026-03-01"));
        assert_eq!(from("2026-03-31", ""), None);
    }

    #[test]
    fn one_file_may_have_a_longer_name() {
        assert!(same_file("rec/a.wav", "a.wav"));
        assert!(same_file("a.wav", "rec/a.wav"));
        assert!(same_file("a.wav", "a.wav"));
        assert!(!same_file("aa.wav", "a.wav"));
        assert!(!same_file("rec/a.wav", "other/a.wav"));
        assert!(!same_file("", "a.wav"));
    }
}
