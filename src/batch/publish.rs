//! Tables from the store, published whole.
//!
//! A date's tables are made anew from all stored calls of that date, so a straggler never
//! replaces a day.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use rayon::prelude::*;

use super::judge::{JudgedCall, Unread, judge};
use super::past::{Past, with_lengths};
use super::release::{Differing, Told};
use super::signals::Signals;
use super::staging::{Staging, published_bytes};
use super::store::{CallRecord, Failure, Store, StoreError};
use super::worker::with_causes;
use crate::calibration::record::PersonAnswer;
use crate::conversation::metrics::MeasureOptions;
use crate::log::visible_path;
use crate::redaction::card_data::CardData;
use crate::report::rows::{self, CallRows, Daily, Facts};
use crate::report::summary::CallResult;
use crate::report::{Cell, ReportError, Table, TableWriter, tables};
use crate::rubric::Rubric;
use crate::scoring::{Judged, Scorer};

/// Calls that are scored at once: bounds the memory, and keeps the order of rows.
const CHUNK: usize = 64;

/// The tables could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("{action} {path}", path = visible_path(path))]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("stopped by signal {0}")]
    Signal(i32),
}

/// The tables of calls, scored and written aside until [`Publication::publish`].
pub struct Publication<'a> {
    store: &'a Store,
    run_id: &'a str,
    rubrics: &'a [Rubric],
    scorer: Scorer<'a>,
    measure: MeasureOptions,
    staging: Staging<'a>,
    differing: BTreeMap<String, Differing>,
}

impl<'a> Publication<'a> {
    pub fn new(
        store: &'a Store,
        run_id: &'a str,
        rubrics: &'a [Rubric],
        measure: MeasureOptions,
    ) -> Result<Self, PublishError> {
        let keys: Vec<&str> = rubrics.iter().map(|r| r.key.as_str()).collect();
        let facts = vec![("rubric_keys".to_string(), keys.join(","))];
        Ok(Self {
            store,
            run_id,
            rubrics,
            scorer: Scorer::new(rubrics),
            measure,
            staging: Staging::new(store, facts)?,
            differing: BTreeMap::new(),
        })
    }

    /// Whether all tables of a date are published, those of calls with these lengths.
    pub fn is_published(&self, date: &str, bytes: &BTreeMap<String, u64>) -> bool {
        let past = [tables::contacts(), tables::promises()];
        let mut all = call_tables().into_iter().chain(past);
        all.all(|table| published_bytes(self.store, &table, date).is_some())
            && published_lengths(self.store, date) == *bytes
    }

    /// Scores and stages one date. Every call's result goes to `seen`; calls that cannot be
    /// scored come back as failures.
    pub fn stage_date(
        &mut self,
        date: &str,
        past: &Past,
        pool: &rayon::ThreadPool,
        signals: &Signals,
        seen: &mut dyn FnMut(CallResult),
    ) -> Result<Vec<Failure>, PublishError> {
        let mut records = self.store.calls(date)?;
        for record in &mut records {
            past.roster().settle(&mut record.meta);
        }
        let tables: Vec<Table> = call_tables();
        let mut told = Told::of(self.store, date)?;
        if records.is_empty() {
            for table in &tables {
                self.staging.remove(table, date);
            }
            self.stage_told(date, &told)?;
            return Ok(Vec::new());
        }
        let mut writers = BTreeMap::new();
        for table in &tables {
            writers.insert(table.name, self.staging.writer(table, Some(date))?);
        }
        // In the order of calls, so that those of one stand together.
        let people = self.store.ratings(date)?;
        let people: BTreeMap<&str, &[PersonAnswer]> = people
            .chunk_by(|a, b| a.call_id == b.call_id)
            .map(|of_call| (of_call[0].call_id.as_str(), of_call))
            .collect();
        let mut failures = Vec::new();
        let mut daily = Daily::default();
        for chunk in records.chunks(CHUNK) {
            if let Some(signal) = signals.received() {
                return Err(PublishError::Signal(signal));
            }
            let scored: Vec<Result<(CallRows, CallResult), Unscored>> = pool.install(|| {
                chunk
                    .par_iter()
                    .map(|record| {
                        let people = people.get(record.meta.call_id.as_str());
                        self.score(record, date, past, people.copied().unwrap_or_default())
                    })
                    .collect()
            });
            for outcome in scored {
                match outcome {
                    Ok((mut rows, result)) => {
                        told.see(&rows);
                        daily.add(std::mem::take(&mut rows.daily));
                        push_all(&mut writers, rows)?;
                        seen(result);
                    }
                    Err(Unscored::Failed(failure)) => failures.push(*failure),
                    Err(Unscored::Away(error)) => return Err(error.into()),
                }
            }
        }
        for (name, rows) in ["agent_daily", "question_daily"]
            .into_iter()
            .zip(daily.rows())
        {
            push(&mut writers, name, rows)?;
        }
        for table in &tables {
            let writer = writers.remove(table.name);
            writer
                .expect("every table of calls has its writer")
                .finish()?;
            self.staging.add(table, Some(date));
        }
        self.stage_told(date, &told)?;
        Ok(failures)
    }

    /// Stages what agents were told of a date beside what its scores are now.
    fn stage_told(&mut self, date: &str, told: &Told) -> Result<(), PublishError> {
        told.stage(&mut self.staging)?;
        if let Some(differing) = told.differing() {
            self.differing.insert(date.to_string(), differing);
        }
        Ok(())
    }

    /// Released scores of the staged dates that differ now, by date.
    pub fn differing(&self) -> &BTreeMap<String, Differing> {
        &self.differing
    }

    fn score(
        &self,
        record: &CallRecord,
        date: &str,
        past: &Past,
        people: &[PersonAnswer],
    ) -> Result<(CallRows, CallResult), Unscored> {
        let meta = &record.meta;
        let failed = |stage: &str, reason: &str, message: String, hint: Option<&str>| {
            Unscored::Failed(Box::new(Failure {
                file: meta.file.clone(),
                call_id: Some(meta.call_id.clone()),
                stage: stage.to_string(),
                reason: reason.to_string(),
                message,
                hint: hint.map(str::to_string),
            }))
        };
        let found = judge(self.store, &self.scorer, Some(past), self.measure, record);
        let JudgedCall {
            transcript,
            conversation,
            metrics,
            judged,
        } = found.map_err(|e| {
            let message = with_causes(&e);
            match e {
                Unread::Transcript(e) if !e.is_lasting() => Unscored::Away(e),
                Unread::Transcript(e) => {
                    failed("store", "transcript_unreadable", message, e.hint())
                }
                Unread::Conversation(e) => failed(
                    "recording",
                    "agent_channel_unknown",
                    message,
                    Some(e.hint()),
                ),
            }
        })?;
        let forms: Vec<(&Rubric, &Judged)> = self.rubrics.iter().zip(&judged).collect();
        let card_data = CardData::of(&transcript);
        let muted_copy = card_data.and_then(|_| self.store.muted_copy(&meta.call_id));
        let rows = rows::call_rows(&Facts {
            run_id: self.run_id,
            meta,
            transcript: &transcript,
            conversation: &conversation,
            metrics: &metrics,
            judged: &forms,
            card_data,
            muted_copy,
            post: past.roster().on(&meta.agent, date),
            people,
        });
        let result = CallResult {
            date: date.to_string(),
            call_id: meta.call_id.clone(),
            agent: meta.agent.clone(),
            file: meta.file.clone(),
            judged,
            has_card_data: card_data.is_some(),
        };
        Ok((rows, result))
    }

    /// Stages the tables of a date that tell what came before and after its calls.
    pub(super) fn stage_past(&mut self, date: &str, past: &Past) -> Result<(), PublishError> {
        let calls = with_lengths(self.store, past.roster(), date)?;
        let contacts = past.contact_rows(date).filter_map(|row| {
            let (record, recorded_ms) = calls.get(&row.call_id)?;
            Some(rows::contact_row(row, &record.meta, *recorded_ms))
        });
        let contacts: Vec<_> = contacts.collect();
        let promises: Vec<_> = past.promise_rows(date).map(rows::promise_row).collect();
        for (table, rows) in [
            (tables::contacts(), contacts),
            (tables::promises(), promises),
        ] {
            if past.has_calls(date) {
                self.stage_rows(&table, date, rows)?;
            } else {
                self.staging.remove(&table, date);
            }
        }
        Ok(())
    }

    /// Stages a table whose rows are at hand (failures, runs).
    pub fn stage_rows(
        &mut self,
        table: &Table,
        date: &str,
        rows: Vec<Vec<Cell>>,
    ) -> Result<(), PublishError> {
        self.staging.stage_rows(table, Some(date), rows)
    }

    /// Makes everything that was staged visible.
    pub fn publish(self) -> Result<(), PublishError> {
        for rubric in self.rubrics {
            self.store.put_rubric(rubric)?;
        }
        self.staging.publish()
    }
}

/// Why a call has no rows.
enum Unscored {
    Failed(Box<Failure>),
    /// The store cannot be read at the moment: a table without this call would be wrong.
    Away(StoreError),
}

/// Lengths of the published files of the tables of calls of a date, by table.
pub(super) fn published_lengths(store: &Store, date: &str) -> BTreeMap<String, u64> {
    let tables = call_tables().into_iter();
    let lengths = tables.filter_map(|table| {
        let bytes = published_bytes(store, &table, date)?;
        Some((table.name.to_string(), bytes))
    });
    lengths.collect()
}

/// Tables of what is found in each call alone.
fn call_tables() -> Vec<Table> {
    let apart = ["contacts", "promises", "releases", "failures", "runs"];
    tables(rows::metric_columns())
        .into_iter()
        .filter(|t| !apart.contains(&t.name))
        .collect()
}

fn push_all(
    writers: &mut BTreeMap<&'static str, TableWriter>,
    rows: CallRows,
) -> Result<(), ReportError> {
    for (name, rows) in [
        ("calls", rows.calls),
        ("segments", rows.segments),
        ("words", rows.words),
        ("redactions", rows.redactions),
        ("card_data", rows.card_data),
        ("metrics", rows.metrics),
        ("answers", rows.answers),
        ("evidence", rows.evidence),
        ("scores", rows.scores),
        ("part_scores", rows.part_scores),
        ("obstacles", rows.obstacles),
    ] {
        push(writers, name, rows)?;
    }
    Ok(())
}

fn push(
    writers: &mut BTreeMap<&'static str, TableWriter>,
    name: &str,
    rows: Vec<Vec<Cell>>,
) -> Result<(), ReportError> {
    let writer = writers
        .get_mut(name)
        .expect("every table of calls has its writer");
    rows.into_iter().try_for_each(|row| writer.push(row))
}
