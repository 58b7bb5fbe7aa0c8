//! Writes ratings, outcomes and coaching, and beside them what was planted in them.

use std::collections::BTreeMap;
use std::path::Path;

use callibrate::rubric;

use super::files::{Fault, Headed, Tables, yes};
use super::outcomes;
use super::raters::{self, RATED, RATERS, Rateable, Truth};
use super::{Call, centre};

const TABLES: [Headed; 5] = [
    (
        "ratings.csv",
        &[
            "call_id",
            "rubric",
            "rubric_version",
            "question",
            "rater",
            "kind",
            "answer",
            "session",
            "rated_at",
            "basis",
            "saw_automatic",
            "chosen",
            "probability",
            "hidden_repeat",
        ],
    ),
    (
        "ratings-truth.csv",
        &[
            "rater",
            "severity",
            "drift_per_week",
            "gaps",
            "severity_mean",
            "passes_less_often",
        ],
    ),
    (
        "ratings-rates-truth.csv",
        &[
            "rubric",
            "question",
            "calls",
            "applicable",
            "passed",
            "true_rate",
            "rate_by_people",
        ],
    ),
    (
        "outcomes.csv",
        &[
            "call_id",
            "satisfaction",
            "resolved",
            "complaint",
            "sale",
            "left",
            "observed_at",
        ],
    ),
    (
        "coaching.csv",
        &["agent", "rubric", "question", "coached_on"],
    ),
];

/// Ratings as they are written, and what is to be said about them at the end.
pub struct Ratings {
    tables: Tables,
    version: String,
    /// Per rater: blind ratings of audited calls, and the sum of severity over them.
    blind: [(usize, f64); RATERS.len()],
    /// Per rater: how many answers would earn all points, were all calls rated by all.
    passed: [f64; RATERS.len()],
    rates: BTreeMap<String, Rate>,
}

/// How often a question is passed over all calls.
#[derive(Default)]
struct Rate {
    calls: usize,
    applicable: usize,
    passed: usize,
    /// In the eyes of the five raters, on average.
    by_people: f64,
}

impl Ratings {
    pub fn create(out: &Path) -> Result<Self, Fault> {
        let mut tables = Tables::create(out, &TABLES)?;
        for (agent, question, on) in outcomes::coaching() {
            tables.row("coaching.csv", &[agent, RATED, question, &on])?;
        }
        Ok(Self {
            tables,
            version: rubric::read(RATED)?.version,
            blind: Default::default(),
            passed: Default::default(),
            rates: BTreeMap::new(),
        })
    }

    /// A call of the programme, with what became of it.
    pub fn add_made(&mut self, call: &Call) -> Result<(), Fault> {
        let rateable = Rateable::new(call);
        self.add(&rateable)?;
        let seen = outcomes::outcome(&rateable, call.meta.reason.as_deref().unwrap_or_default());
        let satisfaction = seen.satisfaction.map(|s| s.to_string()).unwrap_or_default();
        let cells: [&str; 7] = [
            &rateable.call_id,
            &satisfaction,
            seen.resolved.map_or("", yes),
            yes(seen.complaint),
            seen.sale.map_or("", yes),
            yes(seen.left),
            &centre::local_minute(seen.observed_ms),
        ];
        self.tables.row("outcomes.csv", &cells)
    }

    /// A call, and its ratings if there are any.
    pub fn add(&mut self, call: &Rateable) -> Result<(), Fault> {
        self.count(call);
        let ratings = raters::ratings(call);
        for rating in &ratings {
            let index = RATERS.iter().position(|r| r.id == rating.rater);
            if let Some(index) = index
                && rating.is_blind(&ratings)
                && rating.probability.is_some()
            {
                self.blind[index].0 += 1;
                self.blind[index].1 += RATERS[index].severity_at(rating.rated_ms);
            }
            let probability = rating.probability.map(|p| p.to_string());
            let cells: [&str; 14] = [
                &call.call_id,
                RATED,
                &self.version,
                &rating.question,
                &rating.rater,
                rating.kind,
                &rating.answer,
                &rating.session,
                &centre::local_minute(rating.rated_ms),
                rating.basis,
                yes(rating.saw_automatic),
                if probability.is_some() {
                    "random"
                } else {
                    "targeted"
                },
                probability.as_deref().unwrap_or_default(),
                yes(rating.hidden_repeat),
            ];
            self.tables.row("ratings.csv", &cells)?;
        }
        Ok(())
    }

    /// What all raters would say of all calls, rated or not.
    fn count(&mut self, call: &Rateable) {
        for Truth {
            question, answer, ..
        } in &call.answers
        {
            let rate = self.rates.entry(question.clone()).or_default();
            rate.calls += 1;
            let Some(passes) = raters::passes(answer) else {
                continue;
            };
            rate.applicable += 1;
            rate.passed += usize::from(passes);
            for (rater, passed) in RATERS.iter().zip(&mut self.passed) {
                let often = raters::usual_pass_rate(rater, answer, call.at_ms).unwrap_or(0.0);
                *passed += often;
                rate.by_people += often / RATERS.len() as f64;
            }
        }
    }

    /// Writes what was planted.
    pub fn finish(mut self) -> Result<(), Fault> {
        let share = |part: f64, of: usize| match of {
            0 => String::new(),
            _ => format!("{:.4}", part / of as f64),
        };
        let applicable: usize = self.rates.values().map(|r| r.applicable).sum();
        let average = self.passed.iter().sum::<f64>() / RATERS.len() as f64;
        for (index, rater) in RATERS.iter().enumerate() {
            let (ratings, severity) = self.blind[index];
            let cells: [&str; 6] = [
                rater.id,
                &format!("{:.2}", rater.severity),
                &format!("{:.2}", rater.drift_per_week),
                &format!("{:.2}", rater.gaps),
                &share(severity, ratings),
                &share(average - self.passed[index], applicable),
            ];
            self.tables.row("ratings-truth.csv", &cells)?;
        }
        for (question, rate) in &self.rates {
            let cells: [&str; 7] = [
                RATED,
                question,
                &rate.calls.to_string(),
                &rate.applicable.to_string(),
                &rate.passed.to_string(),
                &share(rate.passed as f64, rate.applicable),
                &share(rate.by_people, rate.applicable),
            ];
            self.tables.row("ratings-rates-truth.csv", &cells)?;
        }
        self.tables.flush()
    }
}

/// The sample calls of a folder with the reader's answers, `gold.csv`, as the truth. What even a
/// reader cannot tell does not apply.
pub fn sample_calls(folder: &Path, seed: u64) -> Result<Vec<Rateable>, Fault> {
    type Row = BTreeMap<String, String>;
    let read = |name: &str| -> Result<Vec<Row>, Fault> {
        let rows = csv::Reader::from_path(folder.join(name))?.into_deserialize();
        Ok(rows.collect::<Result<_, _>>()?)
    };
    let gold = read("gold.csv")?;
    let mut calls = Vec::new();
    for (number, call) in read("calls.csv")?.into_iter().enumerate() {
        let rows = gold.iter().filter(|row| {
            row["call_id"] == call["call_id"]
                && row["rubric"] == RATED
                && row["question"] != "coach-note"
                && row["answer"] != "not_eligible"
        });
        let answers = rows.map(|row| Truth {
            question: row["question"].clone(),
            answer: match row["answer"].as_str() {
                "abstain" => "not_applicable".to_string(),
                answer => answer.to_string(),
            },
            unusual: false,
        });
        calls.push(Rateable {
            // Far from the numbers of the programme's calls.
            number: 1_000_000 + number as u64,
            seed,
            call_id: call["call_id"].clone(),
            agent: call["agent"].clone(),
            queue: call["queue"].clone(),
            at_ms: centre::moment(&call["started_at"])?,
            answers: answers.collect(),
        });
    }
    Ok(calls)
}
