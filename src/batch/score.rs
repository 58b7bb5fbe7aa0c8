//! Scoring again from the store, or from transcripts that another tool made. No audio is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::forget::{CALIBRATION_WENT, Desk};
use super::past::Past;
use super::plan::{self, input};
use super::publish::PublishError;
use super::renew::{self, Redaction, Renewal};
use super::run::{Clock, Finish, Remake, RunRecord, RunReport, measure_options};
use super::signals::Signals;
use super::staging;
use super::store::{CallRecord, Failure, Store};
use super::worker::with_causes;
use super::{BatchError, threads};
use crate::config::Settings;
use crate::recording::CallMeta;
use crate::recording::agents::Agents;
use crate::recording::key::CustomerKey;
use crate::recording::sidecar::{Row, RowCall, Sidecar, SidecarOptions};
use crate::redaction::{holds_placeholder, redact_call, redact_facts, redact_id, redact_text};
use crate::rubric::Rubric;
use crate::transcript::Transcript;

/// What to score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Every date in the store.
    All,
    /// One date, `YYYY-MM-DD`.
    Date(String),
    /// These transcript files; each is stored first. The table of calls tells whose they are: a
    /// file's name without `.json` is the call id.
    Files(Vec<PathBuf>),
}

/// Scores what is stored.
pub fn score(
    settings: &Settings,
    rubrics: &[Rubric],
    what: &What,
    signals: &Signals,
) -> Result<RunReport, BatchError> {
    let clock = Clock::start(settings.zone.as_ref());
    let pool = threads::pool(settings.jobs)?;
    let agents = plan::agents(settings, plan::KeyUse::Make)?;
    let agents = agents.as_ref();
    let from_files = matches!(what, What::Files(_));
    if !from_files && !Store::exists(&settings.out) {
        return Err(BatchError::NothingStored(settings.out.clone()));
    }
    let hashes = settings.contacts.is_some() || settings.calls.is_some();
    let key_use = match hashes {
        true => plan::KeyUse::Make,
        false => plan::KeyUse::LookOnly,
    };
    let key = plan::customer_key(settings, key_use)?;
    let redaction = plan::redaction(settings, &key, plan::KeyUse::Make)?;
    let roster = plan::read_roster(settings, agents)?;
    let imported = match what {
        What::Files(files) => Some(read_files(
            settings, files, &key, &redaction, agents, signals,
        )?),
        What::All | What::Date(_) => None,
    };
    let mut contacts = plan::read_contacts(settings, &key)?;
    let store = Store::open(&settings.out)?.for_readers(settings.people.readers);
    staging::recover(&store)?;
    let mut new = imported.iter().flat_map(|(calls, _)| calls);
    if contacts.is_some() || new.any(|(record, _)| record.meta.customer.is_some()) {
        plan::settle_key(&store, &key)?;
    } else if hashes {
        plan::hold_key(&store, &key)?;
    }
    plan::settle_redaction_key(&store, &redaction.policy)?;
    plan::settle_agents(&store, agents)?;
    let desk = Desk {
        store: &store,
        settings,
        key: &key,
        agents,
        pool: &pool,
        signals,
        clock: &clock,
    };
    let calls = imported.iter().flat_map(|(calls, _)| calls);
    let (gone, mut warnings) = desk.settle(calls.map(|(record, _)| record.date()).max())?;
    if let Some(contacts) = &mut contacts {
        contacts.contacts.retain(|contact| !gone.contact(contact));
        store.put_contacts(&contacts.contacts)?;
    }
    if let Some(table) = &roster {
        store.put_roster(&table.roster)?;
    }
    let mut failures = Vec::new();
    let mut touched = BTreeSet::new();
    match (what, imported) {
        (_, Some((mut calls, mut failed))) => {
            let mut counts = [0; 2];
            calls.retain(|(record, _)| match gone.why(&record.meta) {
                None => true,
                Some(why) => {
                    counts[why as usize] += 1;
                    false
                }
            });
            failed.retain(|failure| !gone.failure(failure));
            warnings.extend(plan::left_out(&gone, counts));
            let mut own = Vec::with_capacity(calls.len());
            for (record, transcript) in calls {
                match plan::is_merged(&store, &record.meta)? {
                    true => failed.push(plan::merged_id(&record.meta)),
                    false => own.push((record, transcript)),
                }
            }
            let calls = own;
            failures = failed;
            store.note_stale(calls.iter().map(|(record, _)| record.date()))?;
            for (record, transcript) in calls {
                store.put_transcript(&record.transcript, &transcript)?;
                touched.extend(store.put_call(&record)?);
            }
        }
        (What::Date(date), None) => {
            if !store.call_dates()?.contains(date) {
                return Err(BatchError::NoSuchDate { date: date.clone() });
            }
            touched.insert(date.clone());
        }
        (_, None) => touched.extend(store.call_dates()?),
    }
    // With what an earlier run did not come to.
    touched.extend(store.stale_dates()?);
    if touched.is_empty() && failures.is_empty() && warnings.is_empty() {
        return Err(BatchError::NothingStored(settings.out.clone()));
    }
    let dates: Vec<String> = touched.iter().cloned().collect();
    let mut due = renew::due(&store, &dates, &redaction, &BTreeMap::new(), &pool)?;
    if !due.is_empty() {
        match plan::names_in_calls(settings, &key, agents) {
            Ok(names) => due = renew::due(&store, &dates, &redaction, &names, &pool)?,
            Err(e) => warnings.push(format!(
                "stored calls are redacted again without the names of their customers, because \
                 callibrate failed to {}",
                with_causes(&e)
            )),
        }
        let renewal = Renewal {
            store: &store,
            redaction: &redaction,
            pool: &pool,
            signals,
        };
        let renewed = renewal.renew(due)?;
        if renewed.calibration && settings.calibration.ratings.is_empty() {
            warnings.push(CALIBRATION_WENT.to_string());
        }
        warnings.extend(renewed.copies.outdated());
        warnings.extend(renewed.copies.notices());
        touched.extend(renewed.dates);
    }
    let past = Past::read(&store, &pool, signals)?;
    warnings.extend(redaction.warning(&past.redacted, &store));
    touched.extend(past.outdated(rubrics, &pool));
    let mut stored = 0;
    for date in &touched {
        stored += store.calls(date)?.len();
    }
    let record = RunRecord {
        jobs: settings.jobs,
        recordings: stored + failures.len(),
        reused: stored,
        ..RunRecord::new("score", &clock, rubrics)
    };
    let finish = Finish {
        store: &store,
        rubrics,
        measure: measure_options(settings),
        signals,
        pool: &pool,
        clock: &clock,
        past: Some(&past),
        remake: Remake::All,
    };
    let mut report = finish.finish(record, &touched, failures)?;
    report.warnings = warnings;
    let unused = contacts.iter().map(|table| ("contacts", &table.unused));
    let unused = unused.chain(roster.iter().map(|table| ("agents", &table.unused)));
    report
        .warnings
        .extend(unused.filter_map(|(table, unused)| plan::unused_columns(table, unused)));
    if let Some(table) = &roster {
        let lacks = plan::roster_lacks(&store, table, agents, &touched)?;
        report.warnings.extend(lacks);
    }
    report.warnings.extend(store.warnings());
    store.sign_off()?;
    Ok(report)
}

/// Complete rows of the table of calls, by the call's id, and by what is left of it once it is
/// redacted: so an imported transcript may be called.
type Rows<'s> = BTreeMap<String, (&'s CallMeta, &'s Row)>;
type Imported = (Vec<(CallRecord, Transcript)>, Vec<Failure>);

fn read_files(
    settings: &Settings,
    files: &[PathBuf],
    key: &CustomerKey,
    redaction: &Redaction,
    agents: Option<&Agents>,
    signals: &Signals,
) -> Result<Imported, BatchError> {
    let Some(calls) = &settings.calls else {
        return Err(input(
            "tell whose transcripts these are",
            Some("name the table of calls with --calls calls.csv"),
        ));
    };
    let options = SidecarOptions {
        zone: settings.zone.as_ref(),
        recordings_folder: None,
        key,
        agents,
    };
    let sidecar = Sidecar::read(calls, &options).map_err(|e| input(&with_causes(&e), e.hint()))?;
    let complete = || {
        let rows = sidecar.rows.iter();
        rows.filter_map(|row| match &row.call {
            RowCall::Complete(meta) => Some((meta.as_ref(), row)),
            RowCall::Incomplete { .. } => None,
        })
    };
    let masked = |(meta, row): (&CallMeta, &Row)| redact_id(&meta.call_id, &row.names);
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for call in complete() {
        *ids.entry(masked(call)).or_default() += 1;
    }
    let own = complete().map(|(meta, row)| (meta.call_id.clone(), (meta, row)));
    let alone = complete().filter_map(|call| {
        let id = masked(call);
        (ids[&id] == 1).then_some((id, call))
    });
    let rows: Rows<'_> = alone.chain(own).collect();
    let mut imported: Imported = (Vec::new(), Vec::new());
    for file in files {
        if let Some(signal) = signals.received() {
            return Err(PublishError::Signal(signal).into());
        }
        match read_file(file, &rows, redaction, agents) {
            Ok(call) => imported.0.push(call),
            Err(failure) => imported.1.push(*failure),
        }
    }
    // Different files have different ids, but not always once these are redacted.
    let (mut calls, mut failures) = imported;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (record, _) in &calls {
        *counts.entry(record.meta.call_id.clone()).or_default() += 1;
    }
    calls.retain(|(record, _)| {
        let alone = counts[&record.meta.call_id] == 1;
        if !alone && holds_placeholder(&record.meta.call_id) {
            failures.push(plan::merged_id(&record.meta));
            return false;
        }
        true
    });
    Ok((calls, failures))
}

fn read_file(
    file: &Path,
    rows: &Rows<'_>,
    redaction: &Redaction,
    agents: Option<&Agents>,
) -> Result<(CallRecord, Transcript), Box<Failure>> {
    let stem = file.file_stem();
    let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
    let mut call_id = stem.unwrap_or_default();
    // The file bears the id of the table of calls, in which the agent's may be.
    if let Some(agents) = agents {
        let mut ids = agents.call_ids(&call_id).into_iter();
        let known = ids.find(|id| rows.contains_key(id.as_str()));
        call_id = known.unwrap_or_else(|| agents.scrub_name(&call_id));
    }
    let hide = |text: &str, scrub: fn(&Agents, &str) -> String| {
        agents.map_or_else(|| text.to_string(), |agents| scrub(agents, text))
    };
    let failed = |reason: &str, message: String, hint: &str| {
        Box::new(Failure {
            file: redact_text(&hide(&file.to_string_lossy(), Agents::scrub_name)),
            call_id: Some(redact_text(&call_id)),
            stage: "recording".to_string(),
            reason: reason.to_string(),
            message: redact_text(&hide(&message, Agents::scrub_words)),
            hint: Some(hint.to_string()),
        })
    };
    let Some((meta, row)) = rows.get(call_id.as_str()) else {
        return Err(failed(
            "no_row",
            format!("the table of calls has no complete row with the call id `{call_id}`"),
            "name the transcript CALL_ID.json, and add the call to the table",
        ));
    };
    let transcript = Transcript::read(file).map_err(|e| {
        failed(
            "transcript_unreadable",
            with_causes(&e),
            "see docs/transcript-format.md",
        )
    })?;
    let mut transcript = redaction.redact(transcript, &row.names);
    redact_facts(&mut transcript);
    let key = blake3::hash(transcript.to_json().as_bytes())
        .to_hex()
        .to_string();
    let mut meta = (*meta).clone();
    if let Some(agents) = agents {
        plan::without_agents(&mut meta, agents);
    }
    redact_call(&mut meta, &row.names);
    Ok((
        CallRecord {
            redacted: Some(redaction.mark(&meta.call_id, &row.names)),
            meta,
            transcript: key,
        },
        transcript,
    ))
}
