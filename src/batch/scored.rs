//! The published tables, read back: every scored call with its automatic answers, joined to the
//! forms that it was scored with.
//!
//! Columns are read that calibration needs, date by date, so that a year of nights stays small in
//! memory. A date without tables is left out: it was never scored.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rayon::prelude::*;

use super::BatchError;
use super::plan::input;
use super::publish::PublishError;
use super::signals::Signals;
use super::store::Store;
use crate::calibration::base::{AutomaticAnswer, Base, CallFacts, days_since_1970};
use crate::calibration::ratings::{Forms, PutTo};
use crate::report::rows::calibration::Shown;
use crate::report::{Cell, ReportError, read_columns};
use crate::rubric::Rubric;
use crate::scoring::AUTOMATIC;

/// Dates that are read at once.
const CHUNK: usize = 16;

const CALLS: [&str; 8] = [
    "call_id",
    "agent",
    "team",
    "queue",
    "reason",
    "model",
    "model_key",
    "mean_word_prob",
];
const SCORES: [&str; 6] = [
    "call_id",
    "rubric_key",
    "status",
    "not_eligible_reason",
    "score_before_auto_fail",
    "rubric",
];
const ANSWERS: [&str; 8] = [
    "call_id",
    "rubric_key",
    "question",
    "meaning",
    "answer",
    "points",
    "max_points",
    "scorer",
];
const EVIDENCE: [&str; 8] = [
    "call_id",
    "rubric",
    "question",
    "kind",
    "start_ms",
    "quote",
    "note",
    "confidence",
];

/// All scored calls.
pub struct ScoredCalls {
    pub base: Base,
    /// What ratings are checked against.
    pub forms: Forms,
    out: PathBuf,
}

type Rows = Vec<Vec<Cell>>;

/// The tables of one date.
struct Day {
    date: String,
    calls: Rows,
    scores: Rows,
    answers: Rows,
}

impl ScoredCalls {
    /// Reads all dates of the store's output folder.
    ///
    /// # Errors
    /// A folder without scored calls, a table or form that cannot be read, or a signal.
    pub fn read(
        store: &Store,
        pool: &rayon::ThreadPool,
        signals: &Signals,
    ) -> Result<Self, BatchError> {
        let out = store.out().to_path_buf();
        let rubrics = store.rubrics()?;
        let mut joined = Joined {
            base: Base::new(),
            forms: Forms {
                some_forgotten: store.forgotten()?.is_any(),
                ..Forms::default()
            },
            known: rubrics.into_iter().map(|r| (r.key.clone(), r)).collect(),
            added: BTreeMap::new(),
        };
        let dates = store.call_dates()?;
        for chunk in dates.chunks(CHUNK) {
            if let Some(signal) = signals.received() {
                return Err(PublishError::Signal(signal).into());
            }
            let days: Vec<Result<Option<Day>, ReportError>> =
                pool.install(|| chunk.par_iter().map(|date| read_day(&out, date)).collect());
            for day in days {
                if let Some(day) = day.map_err(PublishError::from)? {
                    joined.add(&day)?;
                }
            }
        }
        if joined.base.calls.is_empty() {
            return Err(BatchError::NothingScored(out));
        }
        let Joined {
            base,
            mut forms,
            added,
            ..
        } = joined;
        // In the order of their indices.
        let mut rubrics: Vec<(usize, Rubric)> = added
            .into_values()
            .map(|form| (form.place, form.rubric))
            .collect();
        rubrics.sort_by_key(|(place, _)| *place);
        forms.rubrics = rubrics.into_iter().map(|(_, rubric)| rubric).collect();
        Ok(Self { base, forms, out })
    }

    /// The evidence to show for answers, each as call and question of a rubric: what was found
    /// first, else what is in doubt, else what came closest.
    ///
    /// # Errors
    /// A table that cannot be read.
    pub fn shown(
        &self,
        answers: &BTreeSet<(String, String, String)>,
    ) -> Result<BTreeMap<(String, String, String), Shown>, BatchError> {
        let calls: BTreeSet<&str> = answers.iter().map(|(call, _, _)| call.as_str()).collect();
        let dates: BTreeSet<&str> = calls
            .iter()
            .filter_map(|id| self.base.call(id))
            .map(|call| self.base.calls[call].date.as_str())
            .collect();
        let mut best: BTreeMap<(String, String, String), (usize, Shown)> = BTreeMap::new();
        for date in dates {
            let path = part(&self.out, "evidence", date);
            let content = read_columns(&path, &EVIDENCE).map_err(PublishError::from)?;
            for row in &content.rows {
                let key = (
                    text(&row[0]).to_string(),
                    text(&row[1]).to_string(),
                    text(&row[2]).to_string(),
                );
                if !answers.contains(&key) {
                    continue;
                }
                let kind = text(&row[3]).to_string();
                let rank = ["found", "doubt", "nearest_miss", "metric", "metadata"]
                    .iter()
                    .position(|k| *k == kind)
                    .unwrap_or(usize::MAX);
                if best.get(&key).is_some_and(|(before, _)| *before <= rank) {
                    continue;
                }
                let shown = Shown {
                    kind,
                    start_ms: match row[4] {
                        Cell::Int(ms) => Some(ms),
                        _ => None,
                    },
                    quote: optional(&row[5]),
                    note: optional(&row[6]),
                    confidence: number(&row[7]),
                };
                best.insert(key, (rank, shown));
            }
        }
        Ok(best
            .into_iter()
            .map(|(key, (_, shown))| (key, shown))
            .collect())
    }
}

/// A form that calls were scored with, and where it stands.
struct Added {
    /// In [`Forms::rubrics`].
    place: usize,
    /// In [`Base::forms`], and among its versions.
    form: usize,
    version: usize,
    rubric: Rubric,
}

struct Joined {
    base: Base,
    forms: Forms,
    /// All forms of the store, by key.
    known: BTreeMap<String, Rubric>,
    added: BTreeMap<String, Added>,
}

impl Joined {
    fn add(&mut self, day: &Day) -> Result<(), BatchError> {
        let mut of_call: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &day.calls {
            let call = self.call(&day.date, row)?;
            of_call.insert(text(&row[0]), call);
        }
        for row in &day.scores {
            let Some(&call) = of_call.get(text(&row[0])) else {
                continue;
            };
            let (place, form, version) = self.form(text(&row[1]), text(&row[5]))?;
            let put = PutTo {
                form: place,
                not_eligible: optional(&row[3]),
            };
            if text(&row[2]) == "scored" {
                self.base.forms[form]
                    .scored
                    .insert(call, (version, number(&row[4])));
            }
            self.forms
                .of_call
                .entry(text(&row[0]).to_string())
                .or_default()
                .push(put);
        }
        // People's answers come from their files.
        let automatic = |row: &&Vec<Cell>| text(&row[7]) == AUTOMATIC;
        for row in day.answers.iter().filter(automatic) {
            let Some(&call) = of_call.get(text(&row[0])) else {
                continue;
            };
            let form = self.added.get(text(&row[1])).map(|added| added.form);
            let Some(form) = form else { continue };
            let given = AutomaticAnswer {
                question: text(&row[2]),
                meaning: text(&row[3]),
                answer: text(&row[4]),
                points: number(&row[5]),
                max_points: number(&row[6]).unwrap_or(0.0),
            };
            self.base.add_automatic(form, call, &given);
        }
        Ok(())
    }

    fn call(&mut self, date: &str, row: &[Cell]) -> Result<usize, BatchError> {
        let day: Date = date
            .parse()
            .map_err(|_| input(&format!("read the date of the folder date={date}"), None))?;
        let agent = text(&row[1]);
        self.forms.agents.insert(agent.to_string());
        let base = &mut self.base;
        let facts = CallFacts {
            id: text(&row[0]).to_string(),
            date: date.to_string(),
            day: days_since_1970(day),
            agent: base.agents.index(agent),
            team: optional(&row[2]).map(|team| base.teams.index(&team)),
            queue: base.queues.index(text(&row[3])),
            mix: base
                .mixes
                .index(&format!("{}\n{}", text(&row[3]), text(&row[4]))),
            model: base
                .models
                .index(optional(&row[6]).as_deref().unwrap_or(text(&row[5]))),
            heard: number(&row[7]),
        };
        Ok(base.add_call(facts))
    }

    /// Where a form stands: among the rubrics, among the base's forms, and among its versions.
    fn form(&mut self, key: &str, id: &str) -> Result<(usize, usize, usize), BatchError> {
        if let Some(added) = self.added.get(key) {
            return Ok((added.place, added.form, added.version));
        }
        let Some(rubric) = self.known.remove(key) else {
            return Err(input(
                &format!("find the rubric `{id}` that calls were scored with"),
                Some("`callibrate score --all` scores them again and keeps it"),
            ));
        };
        let (form, version) = self.base.add_form(&rubric);
        let place = self.added.len();
        self.added.insert(
            key.to_string(),
            Added {
                place,
                form,
                version,
                rubric,
            },
        );
        Ok((place, form, version))
    }
}

fn read_day(out: &Path, date: &str) -> Result<Option<Day>, ReportError> {
    if !part(out, "calls", date).is_file() {
        return Ok(None);
    }
    let rows = |table: &str, columns: &[&str]| {
        read_columns(&part(out, table, date), columns).map(|content| content.rows)
    };
    Ok(Some(Day {
        date: date.to_string(),
        calls: rows("calls", &CALLS)?,
        scores: rows("scores", &SCORES)?,
        answers: rows("answers", &ANSWERS)?,
    }))
}

pub(super) fn part(out: &Path, table: &str, date: &str) -> PathBuf {
    out.join(table)
        .join(format!("date={date}"))
        .join("part.parquet")
}

pub(super) fn text(cell: &Cell) -> &str {
    match cell {
        Cell::Text(text) => text,
        _ => "",
    }
}

pub(super) fn optional(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    }
}

pub(super) fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(value) => Some(*value),
        _ => None,
    }
}
