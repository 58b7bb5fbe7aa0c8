//! One run over a folder of recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::past::Past;
use super::plan::{self, Plan, PlannedCall};
use super::progress::Progress;
use super::publish::Publication;
use super::signals::Signals;
use super::staging;
use super::store::{CallRecord, Failure, Store};
use super::supervise::{Outcome, supervise};
use super::worker::{Job, Orders, with_causes};
use super::{BatchError, threads};
use crate::config::Settings;
use crate::conversation::metrics::MeasureOptions;
use crate::recording::CallMeta;
use crate::redaction;
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
    pub signals: &'a Signals,
}

/// What a run did.
pub struct RunReport {
    pub record: RunRecord,
    pub summary: Summary,
    pub failures: Vec<Failure>,
    pub warnings: Vec<String>,
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
    /// What is spoken in calls that do not say.
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
            &redaction::VERSION.to_string(),
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
    let key = plan::customer_key(settings, plan::KeyUse::Make)?;
    let found = plan::find_calls(settings, &key)?;
    let contacts = plan::read_contacts(settings, &key)?;
    // Held before the recordings are read: that takes a while.
    let store = Store::open(&settings.out)?;
    staging::recover(&store)?;
    let mut plan = plan::read_calls(found, &pool);
    if let Some(contacts) = &contacts {
        store.put_contacts(&contacts.contacts)?;
        plan.warnings.extend(plan::unused_columns(contacts));
    }
    recognition.refuse_languages(&mut plan);
    let mut failures = std::mem::take(&mut plan.failures);
    let work = transcribe(night, &store, &recognition, &plan, &mut failures)?;
    let records: Vec<CallRecord> = plan
        .calls
        .iter()
        .map(|call| CallRecord {
            meta: call.meta.clone(),
            transcript: recognition.transcript_key(call),
        })
        .filter(|record| !work.failed.contains(&record.transcript))
        .collect();
    let mut touched = BTreeSet::new();
    if night.mode == Mode::Whole {
        store.note_stale(records.iter().map(CallRecord::date))?;
        // With what an earlier run did not come to.
        touched = store.stale_dates()?;
    }
    for record in &records {
        touched.extend(store.put_call(record)?);
    }
    let command = match night.mode {
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
    };
    let mut report = finish.finish(record, &touched, failures)?;
    report.warnings = plan.warnings;
    Ok(report)
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
}

fn transcribe(
    night: &Night<'_>,
    store: &Store,
    recognition: &Recognition,
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
    };
    // Several calls may have the same recording: it is transcribed once.
    let mut by_key: BTreeMap<String, Vec<&PlannedCall>> = BTreeMap::new();
    let mut jobs: Vec<Job> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    for call in &plan.calls {
        let key = recognition.transcript_key(call);
        let calls = by_key.entry(key.clone()).or_default();
        calls.push(call);
        if store.has_transcript(&key) || calls.len() > 1 {
            work.reused += 1;
            continue;
        }
        jobs.push(Job {
            id: jobs.len(),
            path: call.path.clone(),
            audio_key: call.audio_key.clone(),
            language: recognition.language_of(&call.meta).to_string(),
            length_ms: call.longest_ms(),
        });
        keys.push(key);
    }
    let to_do = keys.iter().filter_map(|k| by_key[k][0].stated_ms).sum();
    let mut progress = Progress::new(jobs.len(), to_do);
    let orders = Orders {
        model: match &night.settings.model {
            ModelSource::Embedded => None,
            ModelSource::File(path) => Some(path.clone()),
        },
        jobs: night.settings.jobs,
    };
    supervise(&orders, jobs, night.signals, |id, outcome: Outcome| {
        let key = &keys[id];
        let calls = &by_key[key];
        let name = &calls[0].meta.call_id;
        let stated_ms = calls[0].stated_ms.unwrap_or(0);
        match outcome {
            Ok(transcript) => {
                store.put_transcript(key, &transcript)?;
                work.transcribed += 1;
                work.transcribed_ms += transcript.audio.recorded_ms;
                let seconds = transcript.audio.recorded_ms as f64 / 1000.0;
                progress.call_done(name, stated_ms, &format!("{seconds:.0} s heard"));
            }
            Err(failure) => {
                progress.call_done(name, stated_ms, &format!("failed: {}", failure.message));
                work.failed.insert(key.clone());
                failures.extend(calls.iter().map(|call| Failure {
                    file: call.meta.file.clone(),
                    call_id: Some(call.meta.call_id.clone()),
                    stage: failure.stage.clone(),
                    reason: failure.reason.clone(),
                    message: failure.message.replace(&call.path, &call.meta.file),
                    hint: failure.hint.clone(),
                }));
            }
        }
        Ok(())
    })?;
    progress.finish();
    Ok(work)
}

/// When a run began, on the machine's clock and on the centre's calendar.
pub(super) struct Clock {
    started_ms: i64,
    started: Instant,
    date: String,
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
}

impl Finish<'_> {
    /// Scores the touched dates, stages all tables, publishes them.
    pub(super) fn finish(
        &self,
        mut record: RunRecord,
        touched: &BTreeSet<String>,
        mut failures: Vec<Failure>,
    ) -> Result<RunReport, BatchError> {
        let started = Instant::now();
        record.run_id = self.run_id(touched, &failures)?;
        let run_id = record.run_id.clone();
        let mut publication = Publication::new(self.store, &run_id, self.rubrics, self.measure)?;
        let mut summary = Summary::new(self.rubrics);
        let mut made = None;
        if let Some(past) = self.past {
            for date in touched {
                let failed =
                    publication.stage_date(date, past, self.pool, self.signals, &mut |result| {
                        summary.add(&result);
                    })?;
                failures.extend(failed);
            }
            made = Some(past.stage(&mut publication, touched, self.rubrics, self.pool)?);
        }
        failures.sort();
        record.failed = failures.len();
        record.not_eligible = summary.not_eligible();
        record.exit_code = i64::from(!failures.is_empty());
        record.wall_ms = self.clock.started.elapsed().as_millis() as i64;
        record.finished_ms = record.started_ms + record.wall_ms;
        summary.scoring_took(started.elapsed());
        self.stage_run(&mut publication, &record, &failures)?;
        publication.publish()?;
        if let Some(made) = made {
            self.store.put_made(&made)?;
        }
        self.store.note_made(touched)?;
        Ok(RunReport {
            record,
            summary,
            failures,
            warnings: Vec::new(),
        })
    }

    /// Everything that shapes the tables, hashed: the same inputs give the same id, so that
    /// tables can be the same to the byte.
    fn run_id(
        &self,
        touched: &BTreeSet<String>,
        failures: &[Failure],
    ) -> Result<String, BatchError> {
        let mut parts = vec![
            env!("CARGO_PKG_VERSION").to_string(),
            SCHEMA_VERSION.to_string(),
        ];
        parts.extend(self.rubrics.iter().map(|r| r.key.clone()));
        if self.measure.agent_feeling {
            parts.push("agent_feeling".to_string());
        }
        for date in touched {
            for record in self.store.calls(date)? {
                parts.push(serde_json::to_string(&record).expect("a call record is JSON"));
            }
            parts.extend(self.past.map(|past| past.histories_hash(date)));
        }
        let mut failed: Vec<String> = failures
            .iter()
            .map(|f| format!("{} {} {}", f.file, f.stage, f.reason))
            .collect();
        failed.sort();
        parts.extend(failed);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Ok(hash(&parts)[..16].to_string())
    }

    fn stage_run(
        &self,
        publication: &mut Publication<'_>,
        record: &RunRecord,
        failures: &[Failure],
    ) -> Result<(), BatchError> {
        let date = &self.clock.date;
        self.store.put_failures(date, &record.run_id, failures)?;
        self.store
            .put_run(date, record.started_ms, &record.run_id, record)?;
        let failure_rows = self
            .store
            .failures(date)?
            .into_iter()
            .flat_map(|(run, failures)| {
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
            })
            .collect();
        publication.stage_rows(&tables::failures(), date, failure_rows)?;
        let runs: Vec<RunRecord> = self.store.runs(date)?;
        publication.stage_rows(&tables::runs(), date, runs.iter().map(run_row).collect())?;
        Ok(())
    }
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
