//! Scoring again from the store, or from transcripts that another tool made. No audio is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::forget::Desk;
use super::past::Past;
use super::plan::{self, input};
use super::run::{Clock, Finish, Remake, RunRecord, RunReport, measure_options};
use super::signals::Signals;
use super::staging;
use super::store::{CallRecord, Failure, Store};
use super::worker::with_causes;
use super::{BatchError, threads};
use crate::config::Settings;
use crate::recording::sidecar::{RowCall, Sidecar, SidecarOptions};
use crate::redaction;
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
    let imported = match what {
        What::Files(files) => Some(read_files(settings, files)?),
        What::All | What::Date(_) => None,
    };
    if imported.is_none() && !Store::exists(&settings.out) {
        return Err(BatchError::NothingStored(settings.out.clone()));
    }
    let key_use = match &settings.contacts {
        Some(_) => plan::KeyUse::Make,
        None => plan::KeyUse::LookOnly,
    };
    let key = plan::customer_key(settings, key_use)?;
    let mut contacts = plan::read_contacts(settings, &key)?;
    let store = Store::open(&settings.out)?;
    staging::recover(&store)?;
    let mut new = imported.iter().flat_map(|(calls, _)| calls);
    if contacts.is_some() || new.any(|(record, _)| record.meta.customer.is_some()) {
        plan::settle_key(&store, &key)?;
    }
    let desk = Desk {
        store: &store,
        settings,
        key: &key,
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
    let past = Past::read(&store, &pool, signals)?;
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
    report
        .warnings
        .extend(contacts.iter().filter_map(plan::unused_columns));
    report.warnings.extend(store.warning());
    store.sign_off()?;
    Ok(report)
}

type Imported = (Vec<(CallRecord, Transcript)>, Vec<Failure>);

fn read_files(settings: &Settings, files: &[PathBuf]) -> Result<Imported, BatchError> {
    let Some(calls) = &settings.calls else {
        return Err(input(
            "tell whose transcripts these are",
            Some("name the table of calls with --calls calls.csv"),
        ));
    };
    let key = plan::customer_key(settings, plan::KeyUse::Make)?;
    let options = SidecarOptions {
        zone: settings.zone.as_ref(),
        recordings_folder: None,
        key: &key,
    };
    let sidecar = Sidecar::read(calls, &options).map_err(|e| input(&with_causes(&e), e.hint()))?;
    let rows: BTreeMap<&str, &crate::recording::CallMeta> = sidecar
        .rows
        .iter()
        .filter_map(|row| match &row.call {
            RowCall::Complete(meta) => Some((meta.call_id.as_str(), meta.as_ref())),
            RowCall::Incomplete { .. } => None,
        })
        .collect();
    let mut imported: Imported = (Vec::new(), Vec::new());
    for file in files {
        match read_file(file, &rows) {
            Ok(call) => imported.0.push(call),
            Err(failure) => imported.1.push(*failure),
        }
    }
    Ok(imported)
}

fn read_file(
    file: &Path,
    rows: &BTreeMap<&str, &crate::recording::CallMeta>,
) -> Result<(CallRecord, Transcript), Box<Failure>> {
    let call_id = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let failed = |reason: &str, message: String, hint: &str| {
        Box::new(Failure {
            file: redaction::redact_text(&file.to_string_lossy()),
            call_id: Some(call_id.clone()),
            stage: "recording".to_string(),
            reason: reason.to_string(),
            message,
            hint: Some(hint.to_string()),
        })
    };
    let Some(meta) = rows.get(call_id.as_str()) else {
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
    let transcript = redaction::redact(transcript);
    let key = blake3::hash(transcript.to_json().as_bytes())
        .to_hex()
        .to_string();
    let mut meta = (*meta).clone();
    meta.file = redaction::redact_text(&meta.file);
    for value in meta.extra.values_mut() {
        *value = redaction::redact_text(value);
    }
    Ok((
        CallRecord {
            meta,
            transcript: key,
        },
        transcript,
    ))
}
