//! One run over a folder of recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::forget::{CALIBRATION_WENT, Desk};
use super::known::Known;
use super::muted::{self, Copies};
use super::past::{Past, asks_history};
use super::plan::{self, Plan, PlannedCall};
use super::progress::Progress;
use super::publish::{Publication, published_lengths};
use super::release::Differing;
use super::renew::{Due, Redaction, Renewal};
use super::retry::Retry;
use super::signals::Signals;
use super::staging;
use super::store::{CallRecord, Failure, PublishedDate, Store, StoreError};
use super::supervise::supervise;
use super::worker::{Job, Orders, Task, WorkFailure, with_causes};
use super::{BatchError, threads};
use crate::config::Settings;
use crate::conversation::metrics::MeasureOptions;
use crate::recording::{CallMeta, CustomerName};
use crate::redaction::redact_text;
use crate::report::summary::Summary;
use crate::report::{Cell, SCHEMA_VERSION, tables};
use crate::rubric::Rubric;
use crate::speech::models::{LoadedModel, ModelSource};
use crate::speech::{self, whisper};
use crate::transcript::FORMAT;

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To published tables.
    Whole,
    /// To stored transcripts.
    TranscribeOnly,
}

/// Everything a run was asked for, checked.
pub struct Night<'a> {
    pub settings: &'a Settings,
    pub rubrics: &'a [Rubric],
    pub mode: Mode,
    /// Only what failed the last time is done.
    pub retry: Option<Retry>,
    pub signals: &'a Signals,
}

/// What a run did.
pub struct RunReport {
    pub record: RunRecord,
    pub summary: Summary,
    pub failures: Vec<Failure>,
    pub warnings: Vec<String>,
    /// Muted copies, where they were asked for.
    pub copies: Option<Copies>,
    /// Released scores that differ now, by date.
    pub differing: BTreeMap<String, Differing>,
}

/// One row of the `runs` table, kept in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    pub run_id: String,
    pub started_ms: i64,
    pub finished_ms: i64,
    pub command: String,
    pub model: String,
    pub model_key: String,
    pub engine: String,
    pub settings_key: String,
    pub rubrics: String,
    pub jobs: usize,
    pub recordings: usize,
    pub transcribed: usize,
    pub reused: usize,
    pub not_eligible: usize,
    pub failed: usize,
    pub audio_ms: i64,
    pub transcribed_ms: i64,
    pub wall_ms: i64,
    pub exit_code: i64,
}

/// The model that a run uses, checked, with the key of all that shapes a transcript.
pub struct Recognition {
    pub model: LoadedModel,
    /// What is spoken in calls that do not say; [`speech::AUTO`] where it is to be detected.
    pub language: String,
    pub settings_key: String,
}

impl Recognition {
    /// Loads and checks the model.
    ///
    /// # Errors
    /// [`BatchError::Input`] for a model or language that cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, BatchError> {
        let error =
            |e: crate::speech::models::ModelError| plan::input(&with_causes(&e), Some(e.hint()));
        let mut model = settings.model.load().map_err(error)?;
        // The child loads its own.
        if let crate::speech::models::ModelBytes::Memory(bytes) = &mut model.bytes {
            *bytes = Vec::new();
        }
        let language = model
            .language(settings.language.as_deref())
            .map_err(error)?
            .to_string();
        let settings_key = hash(&[
            FORMAT,
            &speech::VERSION.to_string(),
            // Here the redactor's version once stood. It no longer belongs to the key: a newer
            // redactor reads stored text, not sound.
            "2",
            &whisper::engine_name(),
            &model.key,
            &serde_json::to_string(&model.profile).expect("a profile is JSON"),
        ]);
        Ok(Self {
            model,
            language,
            settings_key,
        })
    }

    /// The language that a call is transcribed in: its own where the table of calls names one.
    pub fn language_of<'a>(&'a self, meta: &'a CallMeta) -> &'a str {
        meta.language.as_deref().unwrap_or(&self.language)
    }

    /// What a call's transcript is stored under.
    pub fn transcript_key(&self, call: &PlannedCall) -> String {
        hash(&[
            &call.audio_key,
            &self.settings_key,
            self.language_of(&call.meta),
        ])
    }

    /// Takes out the calls in languages that the model does not know.
    fn refuse_languages(&self, plan: &mut Plan) {
        let (known, unknown) = std::mem::take(&mut plan.calls)
            .into_iter()
            .partition(|call| {
                self.model
                    .language(Some(self.language_of(&call.meta)))
                    .is_ok()
            });
        plan.calls = known;
        let unknown: Vec<PlannedCall> = unknown;
        plan.failures
            .extend(unknown.into_iter().map(|call| Failure {
                stage: "speech".to_string(),
                reason: "language_unknown_to_model".to_string(),
                message: format!(
                    "the call is in `{}`, which the model {} does not know",
                    self.language_of(&call.meta),
                    self.model.name
                ),
                hint: Some("name a multilingual model with --model".to_string()),
                call_id: Some(call.meta.call_id.clone()),
                file: call.meta.file,
            }));
    }
}

/// BLAKE3 over texts, each with its length ahead, hexadecimal.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Does the night.
pub fn run(night: &Night<'_>) -> Result<RunReport, BatchError> {
    let clock = Clock::start(night.settings.zone.as_ref());
    let settings = night.settings;
    let pool = threads::pool(settings.jobs)?;
    let recognition = Recognition::new(settings)?;
    let copy_folder = match night.mode {
        Mode::Whole => muted::Folder::prepare(settings)?,
        Mode::TranscribeOnly => None,
    };
    let key = plan::customer_key(settings, plan::KeyUse::Make)?;
    let redaction = plan::redaction(settings, &key, plan::KeyUse::Make)?;
    let agents = plan::agents(settings, plan::KeyUse::Make)?;
    // First, so that whom it names is known where texts name agents.
    let roster = plan::read_roster(settings, agents.as_ref())?;
    let mut found = plan::find_calls(settings, &key, agents.as_ref())?;
    let mut contacts = plan::read_contacts(settings, &key)?;
    // Held before the recordings are read: that takes a while.
    let store = Store::open(&settings.out)?.for_readers(settings.people.readers);
    staging::recover(&store)?;
    if found.names_customers() || contacts.is_some() {
        plan::settle_key(&store, &key)?;
    }
    // Names of customers are hashed with it, too.
    plan::hold_key(&store, &key)?;
    plan::settle_redaction_key(&store, &redaction.policy)?;
    plan::settle_agents(&store, agents.as_ref())?;
    let desk = Desk {
        store: &store,
        settings,
        key: &key,
        agents: agents.as_ref(),
        pool: &pool,
        signals: night.signals,
        clock: &clock,
    };
    let (gone, notices) = desk.settle(found.newest())?;
    found.leave_out(&gone, notices);
    if let Some(retry) = night.retry {
        found = retry.narrow(found, &settings.out)?;
    }
    let before = Known::of(&store);
    let mut known = before.clone();
    let mut plan = plan::read_calls(found, &mut known, &pool);
    if night.retry.is_none() {
        known.keep(&store, &before)?;
    }
    plan::refuse_merged(&store, &mut plan)?;
    if let Some(folder) = &copy_folder {
        folder.holds_none(&plan)?;
    }
    if let Some(contacts) = &mut contacts {
        contacts.contacts.retain(|contact| !gone.contact(contact));
        store.put_contacts(&contacts.contacts)?;
        let unused = plan::unused_columns("contacts", &contacts.unused);
        plan.warnings.extend(unused);
    }
    if let Some(table) = &roster {
        store.put_roster(&table.roster)?;
        let unused = plan::unused_columns("agents", &table.unused);
        plan.warnings.extend(unused);
    }
    if night.retry.is_some_and(|retry| retry.quarantined) {
        for call in &plan.calls {
            store.end_quarantine(&recognition.transcript_key(call))?;
        }
    }
    plan.warnings.extend(store.warnings());
    recognition.refuse_languages(&mut plan);
    let mut failures = std::mem::take(&mut plan.failures);
    if night.mode == Mode::Whole {
        let dates = plan.calls.iter().map(|c| &*c.meta.started_at.local_date);
        store.note_stale(dates)?;
    }
    let work = transcribe(
        night,
        &store,
        &recognition,
        &redaction,
        &plan,
        &mut failures,
    )?;
    forget_changed(&store, &plan, &failures)?;
    let records: Vec<CallRecord> = plan
        .calls
        .iter()
        .map(|call| record_of(call, recognition.transcript_key(call), &redaction))
        .filter(|record| !work.failed.contains(&record.transcript))
        .collect();
    let mut touched = work.left.clone();
    if night.mode == Mode::Whole {
        // With what an earlier run did not come to.
        touched.extend(store.stale_dates()?);
    }
    // Most nights most calls are kept as they are.
    let changed: Result<Vec<&CallRecord>, StoreError> = pool.install(|| {
        let changed = records.par_iter().filter_map(|r| match store.has_call(r) {
            Ok(true) => None,
            Ok(false) => Some(Ok(r)),
            Err(e) => Some(Err(e)),
        });
        changed.collect()
    });
    let mut due = Vec::new();
    for record in changed? {
        let redacted_alike = store.call_like(record).is_some_and(|kept| {
            kept.transcript == record.transcript && kept.redacted == record.redacted
        });
        if redacted_alike {
            touched.extend(store.put_call(record)?);
            continue;
        }
        due.push(record.clone());
    }
    let renewal = Renewal {
        store: &store,
        redaction: &redaction,
        pool: &pool,
        signals: night.signals,
    };
    let renewed = renewal.renew(with_names(due, &plan))?;
    if renewed.calibration && settings.calibration.ratings.is_empty() {
        plan.warnings.push(CALIBRATION_WENT.to_string());
    }
    if copy_folder.is_none() {
        plan.warnings.extend(renewed.copies.outdated());
    }
    plan.warnings.extend(renewed.copies.notices());
    touched.extend(renewed.dates);
    let mut copies = None;
    if let Some(folder) = &copy_folder {
        let jobs = settings.jobs;
        let mut made = muted::make(
            folder,
            &store,
            &recognition,
            &plan,
            jobs,
            &pool,
            night.signals,
        )?;
        failures.append(&mut made.failures);
        touched.append(&mut made.dates);
        copies = Some(made);
    }
    let command = match night.mode {
        Mode::Whole if night.retry.is_some() => "retry",
        Mode::Whole => "run",
        Mode::TranscribeOnly => {
            touched.clear();
            "transcribe"
        }
    };
    let past = match night.mode {
        Mode::Whole => Some(Past::read(&store, &pool, night.signals)?),
        Mode::TranscribeOnly => None,
    };
    if let Some(past) = &past {
        touched.extend(past.outdated(night.rubrics, &pool));
    }
    let record = RunRecord {
        model: recognition.model.name.clone(),
        model_key: recognition.model.key.clone(),
        engine: whisper::engine_name(),
        settings_key: recognition.settings_key.clone(),
        jobs: settings.jobs,
        recordings: plan.calls.len() + work.planned_failures,
        transcribed: work.transcribed,
        reused: work.reused,
        audio_ms: work.audio_ms,
        transcribed_ms: work.transcribed_ms,
        ..RunRecord::new(command, &clock, night.rubrics)
    };
    let finish = Finish {
        store: &store,
        rubrics: night.rubrics,
        measure: measure_options(night.settings),
        signals: night.signals,
        pool: &pool,
        clock: &clock,
        past: past.as_ref(),
        remake: Remake::Changed,
    };
    let mut report = finish.finish(record, &touched, failures)?;
    report.warnings = plan.warnings;
    report.copies = copies;
    if night.mode == Mode::Whole {
        report.warnings.extend(other_schema(&store, &touched)?);
        if let Some(table) = &roster {
            let lacks = plan::roster_lacks(&store, table, agents.as_ref(), &touched)?;
            report.warnings.extend(lacks);
        }
        let redacted = past.iter().map(|past| &past.redacted);
        report
            .warnings
            .extend(redacted.filter_map(|bases| redaction.warning(bases, &store)));
    }
    store.sign_off()?;
    Ok(report)
}

/// What is to be kept of a call.
fn record_of(call: &PlannedCall, transcript: String, redaction: &Redaction) -> CallRecord {
    CallRecord {
        meta: call.meta.clone(),
        transcript,
        redacted: Some(redaction.mark(&call.meta.call_id, &call.names)),
    }
}

/// Calls whose transcripts are to be redacted again, with the names that the plan has.
fn with_names(records: Vec<CallRecord>, plan: &Plan) -> Vec<Due> {
    let named = plan.calls.iter();
    let names: BTreeMap<&str, &Vec<CustomerName>> = named
        .map(|call| (call.meta.call_id.as_str(), &call.names))
        .collect();
    let due = records.into_iter().map(|record| Due {
        names: names
            .get(record.meta.call_id.as_str())
            .map_or_else(Vec::new, |names| (*names).clone()),
        unlisted: false,
        record,
    });
    due.collect()
}

/// Recordings that were not what was known of them are read again the next time.
fn forget_changed(store: &Store, plan: &Plan, failures: &[Failure]) -> Result<(), BatchError> {
    let changed: BTreeSet<&String> = failures
        .iter()
        .filter(|failure| failure.reason == "changed_while_read")
        .filter_map(|failure| failure.call_id.as_ref())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let before = Known::of(store);
    let mut known = before.clone();
    for call in &plan.calls {
        if changed.contains(&call.meta.call_id) {
            known.forget(Path::new(&call.path));
        }
    }
    known.keep(store, &before)?;
    Ok(())
}

/// A word about dates whose tables an older version of callibrate wrote, and this run did not.
fn other_schema(store: &Store, touched: &BTreeSet<String>) -> Result<Option<String>, BatchError> {
    let dates = store.call_dates()?;
    let old = dates
        .iter()
        .filter(|date| !touched.contains(*date))
        .filter_map(|date| store.published(date))
        .filter(|published| published.schema != SCHEMA_VERSION)
        .count();
    let of = if old == 1 {
        "1 date"
    } else {
        &format!("{old} dates")
    };
    Ok((old > 0).then(|| {
        format!(
            "the tables of {of} were written by another version of callibrate; \
             `callibrate score --all --out {}` writes them anew",
            store.out().display()
        )
    }))
}

/// What transcribing came to.
struct Work {
    transcribed: usize,
    reused: usize,
    /// Recordings that failed before any work.
    planned_failures: usize,
    audio_ms: i64,
    transcribed_ms: i64,
    /// Transcript keys without a transcript.
    failed: BTreeSet<String>,
    /// Dates that calls have moved away from.
    left: BTreeSet<String>,
}

fn transcribe(
    night: &Night<'_>,
    store: &Store,
    recognition: &Recognition,
    redaction: &Redaction,
    plan: &Plan,
    failures: &mut Vec<Failure>,
) -> Result<Work, BatchError> {
    let mut work = Work {
        transcribed: 0,
        reused: 0,
        planned_failures: failures.len(),
        audio_ms: plan.stated_ms(),
        transcribed_ms: 0,
        failed: BTreeSet::new(),
        left: BTreeSet::new(),
    };
    // Several calls may have the same recording: it is transcribed once.
    let mut by_key: BTreeMap<String, Vec<&PlannedCall>> = BTreeMap::new();
    let mut jobs: Vec<Job> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    let mut quarantined: Vec<(String, WorkFailure)> = Vec::new();
    for call in &plan.calls {
        let key = recognition.transcript_key(call);
        let calls = by_key.entry(key.clone()).or_default();
        calls.push(call);
        if store.has_transcript(&key) || calls.len() > 1 {
            work.reused += 1;
            continue;
        }
        if let Some(failure) = store.quarantined(&key)? {
            quarantined.push((key, failure));
            continue;
        }
        jobs.push(Job {
            id: jobs.len(),
            path: call.path.clone(),
            audio_key: call.audio_key.clone(),
            language: recognition.language_of(&call.meta).to_string(),
            names: Vec::new(),
            length_ms: call.longest_ms(),
        });
        keys.push(key);
    }
    for (job, key) in jobs.iter_mut().zip(&keys) {
        let names = by_key[key].iter().flat_map(|c| c.names.iter().cloned());
        job.names = names.collect();
    }
    for (key, failure) in quarantined {
        failures.extend(failures_of(&by_key[&key], &failure));
        work.failed.insert(key);
    }
    let to_do = keys.iter().filter_map(|k| by_key[k][0].stated_ms).sum();
    let mut progress = Progress::new(jobs.len(), to_do);
    let orders = Orders {
        task: Task::Listen {
            model: match &night.settings.model {
                ModelSource::Embedded => None,
                ModelSource::File(path) => Some(path.clone()),
            },
            model_key: recognition.model.key.clone(),
            policy: redaction.policy.clone(),
        },
        jobs: night.settings.jobs,
    };
    supervise(&orders, jobs, night.signals, |id, outcome| {
        let key = &keys[id];
        let calls = &by_key[key];
        let call = &calls[0].meta;
        let stated_ms = calls[0].stated_ms.unwrap_or(0);
        match outcome {
            Ok(transcript) => {
                store.put_transcript(key, &transcript)?;
                // At once: what a night that is stopped has come to can be scored.
                for call in calls {
                    let record = record_of(call, key.clone(), redaction);
                    work.left.extend(store.put_call(&record)?);
                }
                work.transcribed += 1;
                work.transcribed_ms += transcript.audio.recorded_ms;
                progress.call_done(call, stated_ms, Ok(transcript.audio.recorded_ms));
            }
            Err(mut failure) => {
                failure.message = told_of(&failure, calls[0]);
                progress.call_done(call, stated_ms, Err(&failure));
                if failure.ends_the_worker() {
                    store.put_quarantined(key, &failure)?;
                }
                work.failed.insert(key.clone());
                failures.extend(failures_of(calls, &failure));
            }
        }
        Ok(())
    })?;
    progress.finish();
    Ok(work)
}

/// What a failure says of a call, without the place of its recording on this machine.
pub(super) fn told_of(failure: &WorkFailure, call: &PlannedCall) -> String {
    redact_text(&failure.message.replace(&call.path, &call.meta.file))
}

/// One failure for each call with the recording.
fn failures_of(calls: &[&PlannedCall], failure: &WorkFailure) -> Vec<Failure> {
    let calls = calls.iter().map(|call| Failure {
        file: call.meta.file.clone(),
        call_id: Some(call.meta.call_id.clone()),
        stage: failure.stage.clone(),
        reason: failure.reason.clone(),
        message: told_of(failure, call),
        hint: failure.hint.clone(),
    });
    calls.collect()
}

/// When a run began, on the machine's clock and on the centre's calendar.
pub(super) struct Clock {
    started_ms: i64,
    started: Instant,
    date: String,
}

impl Clock {
    pub(super) fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// Today, where the centre is.
    pub(super) fn date(&self) -> &str {
        &self.date
    }
}

impl Clock {
    pub(super) fn start(zone: Option<&TimeZone>) -> Self {
        let now = Timestamp::now();
        let zone = zone.cloned().unwrap_or_else(TimeZone::system);
        Self {
            started_ms: now.as_millisecond(),
            started: Instant::now(),
            date: now.to_zoned(zone).date().to_string(),
        }
    }
}

impl RunRecord {
    /// Whether it looked at recordings.
    pub fn listens(&self) -> bool {
        matches!(self.command.as_str(), "run" | "transcribe" | "retry")
    }

    pub(super) fn new(command: &str, clock: &Clock, rubrics: &[Rubric]) -> Self {
        let names: Vec<String> = rubrics
            .iter()
            .map(|r| format!("{}@{}", r.rubric, r.version))
            .collect();
        Self {
            run_id: String::new(),
            started_ms: clock.started_ms,
            finished_ms: clock.started_ms,
            command: command.to_string(),
            model: String::new(),
            model_key: String::new(),
            engine: String::new(),
            settings_key: String::new(),
            rubrics: names.join(","),
            jobs: 1,
            recordings: 0,
            transcribed: 0,
            reused: 0,
            not_eligible: 0,
            failed: 0,
            audio_ms: 0,
            transcribed_ms: 0,
            wall_ms: 0,
            exit_code: 0,
        }
    }
}

pub(super) fn measure_options(settings: &Settings) -> MeasureOptions {
    MeasureOptions {
        agent_feeling: settings.agent_feeling,
    }
}

/// The second half of every command that publishes.
pub(super) struct Finish<'a> {
    pub store: &'a Store,
    pub rubrics: &'a [Rubric],
    pub measure: MeasureOptions,
    pub signals: &'a Signals,
    pub pool: &'a rayon::ThreadPool,
    pub clock: &'a Clock,
    /// `None` where nothing is published but the run itself.
    pub past: Option<&'a Past>,
    pub remake: Remake,
}

/// Which of the touched dates are made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remake {
    /// Those whose tables would be others.
    Changed,
    All,
}

impl Finish<'_> {
    /// Scores the touched dates, stages all tables, publishes them.
    pub(super) fn finish(
        &self,
        mut record: RunRecord,
        touched: &BTreeSet<String>,
        mut failures: Vec<Failure>,
    ) -> Result<RunReport, BatchError> {
        record.run_id = self.run_id(touched, &failures);
        let run_id = record.run_id.clone();
        let mut publication = Publication::new(self.store, &run_id, self.rubrics, self.measure)?;
        let mut summary = Summary::new(self.rubrics);
        let mut remade: BTreeMap<String, Option<PublishedDate>> = BTreeMap::new();
        let mut made = None;
        let mut differing = BTreeMap::new();
        if let Some(past) = self.past {
            for date in touched {
                let inputs = self.inputs(past, date);
                let part = match self.still_right(&publication, date, &inputs) {
                    Some(kept) => {
                        differing.extend(kept.differing.map(|d| (date.clone(), d)));
                        kept.summary
                    }
                    None => {
                        let mut part = Summary::new(self.rubrics);
                        let failed = publication.stage_date(
                            date,
                            past,
                            self.pool,
                            self.signals,
                            &mut |result| part.add(&result),
                        )?;
                        let is_whole = failed.is_empty() && past.has_calls(date);
                        let published = is_whole.then(|| PublishedDate {
                            schema: SCHEMA_VERSION,
                            inputs,
                            bytes: BTreeMap::new(),
                            summary: part.clone(),
                            differing: None,
                        });
                        remade.insert(date.clone(), published);
                        failures.extend(failed);
                        part
                    }
                };
                summary.merge(part);
            }
            let dates = remade.keys().cloned().collect();
            made = Some(past.stage(&mut publication, &dates, self.rubrics, self.pool)?);
        }
        failures.sort();
        record.failed = failures.len();
        record.not_eligible = summary.not_eligible();
        record.exit_code = i64::from(!failures.is_empty());
        record.wall_ms = self.clock.started.elapsed().as_millis() as i64;
        record.finished_ms = record.started_ms + record.wall_ms;
        self.stage_run(&mut publication, &record, &failures)?;
        for (date, published) in &mut remade {
            let differs = publication.differing().get(date);
            if let Some(published) = published {
                published.differing = differs.cloned();
            }
            differing.extend(differs.map(|d| (date.clone(), d.clone())));
        }
        // Until the tables and what is known of them agree again, nothing is known.
        for date in remade.keys() {
            self.store.put_published(date, None)?;
        }
        publication.publish()?;
        self.keep_run(&record, &failures)?;
        if let Some(made) = made {
            self.store.put_made(&made)?;
        }
        for (date, published) in remade {
            if let Some(mut published) = published {
                published.bytes = published_lengths(self.store, &date);
                self.store.put_published(&date, Some(&published))?;
            }
        }
        self.store.note_made(touched)?;
        Ok(RunReport {
            record,
            summary,
            failures,
            warnings: Vec::new(),
            copies: None,
            differing,
        })
    }

    /// What the tables of a date came to, where they would be the same again.
    fn still_right(
        &self,
        publication: &Publication<'_>,
        date: &str,
        inputs: &str,
    ) -> Option<PublishedDate> {
        if self.remake == Remake::All {
            return None;
        }
        let published = self.store.published(date)?;
        let is_right =
            published.inputs == inputs && publication.is_published(date, &published.bytes);
        is_right.then_some(published)
    }

    /// What shapes the tables besides the calls, hashed.
    fn ground(&self) -> String {
        let schema = SCHEMA_VERSION.to_string();
        let mut parts = vec![env!("CARGO_PKG_VERSION"), &schema];
        parts.extend(self.rubrics.iter().map(|r| r.key.as_str()));
        if self.measure.agent_feeling {
            parts.push("agent_feeling");
        }
        hash(&parts)
    }

    /// Everything that shapes the tables of a date, hashed.
    fn inputs(&self, past: &Past, date: &str) -> String {
        let asks = self.rubrics.iter().any(asks_history);
        let histories = asks.then(|| past.histories_hash(date));
        hash(&[
            &self.ground(),
            past.calls_hash(date),
            past.beside_hash(date),
            histories.as_deref().unwrap_or_default(),
        ])
    }

    /// Everything that shapes the tables of the touched dates, hashed: the same inputs give the
    /// same id, so that tables can be the same to the byte.
    fn run_id(&self, touched: &BTreeSet<String>, failures: &[Failure]) -> String {
        let mut parts = vec![self.ground()];
        if let Some(past) = self.past {
            parts.extend(touched.iter().map(|date| self.inputs(past, date)));
        }
        let mut failed: Vec<String> = failures
            .iter()
            .map(|f| format!("{} {} {}", f.file, f.stage, f.reason))
            .collect();
        failed.sort();
        parts.extend(failed);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        hash(&parts)[..16].to_string()
    }

    /// Stages what is told of the runs of the day, this one among them.
    fn stage_run(
        &self,
        publication: &mut Publication<'_>,
        record: &RunRecord,
        failures: &[Failure],
    ) -> Result<(), BatchError> {
        let date = &self.clock.date;
        let kept = self.store.failures(date)?;
        let mut all: BTreeMap<String, Vec<Failure>> = kept.into_iter().collect();
        all.insert(record.run_id.clone(), failures.to_vec());
        publication.stage_rows(&tables::failures(), date, failure_rows(all))?;
        let mut runs: Vec<RunRecord> = self.store.runs(date)?;
        runs.push(record.clone());
        runs.sort_by(|a, b| (a.started_ms, &a.run_id).cmp(&(b.started_ms, &b.run_id)));
        publication.stage_rows(&tables::runs(), date, runs.iter().map(run_row).collect())?;
        Ok(())
    }

    /// Keeps what is told of this run, once it is published: one that fails before did not come
    /// to its end.
    fn keep_run(&self, record: &RunRecord, failures: &[Failure]) -> Result<(), BatchError> {
        let (store, date) = (self.store, &self.clock.date);
        store.put_failures(date, &record.run_id, failures)?;
        store.put_run(date, record.started_ms, &record.run_id, record)?;
        Ok(())
    }
}

/// Rows of `failures`, by the runs that met them.
pub(super) fn failure_rows(
    failures: impl IntoIterator<Item = (String, Vec<Failure>)>,
) -> Vec<Vec<Cell>> {
    let rows = failures.into_iter().flat_map(|(run, failures)| {
        failures.into_iter().map(move |f| {
            vec![
                Cell::from(run.clone()),
                Cell::from(f.file),
                Cell::from(f.call_id),
                Cell::from(f.stage),
                Cell::from(f.reason),
                Cell::from(f.message),
                Cell::from(f.hint),
            ]
        })
    });
    rows.collect()
}

fn run_row(run: &RunRecord) -> Vec<Cell> {
    let speed = (run.transcribed_ms > 0 && run.wall_ms > 0)
        .then(|| (run.transcribed_ms as f64 / run.wall_ms as f64 * 100.0).round() / 100.0);
    vec![
        Cell::from(&run.run_id),
        Cell::TimestampMs(run.started_ms),
        Cell::TimestampMs(run.finished_ms),
        Cell::from(&run.command),
        Cell::from(env!("CARGO_PKG_VERSION")),
        Cell::from(SCHEMA_VERSION),
        Cell::from(&run.model),
        Cell::from(&run.model_key),
        Cell::from(&run.engine),
        Cell::from(&run.settings_key),
        Cell::from(&run.rubrics),
        Cell::from(run.jobs),
        Cell::from(run.recordings),
        Cell::from(run.transcribed),
        Cell::from(run.reused),
        Cell::from(run.not_eligible),
        Cell::from(run.failed),
        Cell::from(run.audio_ms),
        Cell::from(run.transcribed_ms),
        Cell::from(run.wall_ms),
        Cell::from(speed),
        Cell::from(run.exit_code),
    ]
}
