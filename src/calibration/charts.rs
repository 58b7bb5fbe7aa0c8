//! Control charts: raters, questions and the automatic scorer, week by week.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::base::{Base, Question};
use super::raters::FormRaters;
use super::severity::Observation;
use super::severity::additive::additive;
use super::severity::drift::{Chart, Deviation, chart, disagreement, rater_charts};

/// What a chart follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Points of 100 below the others on the same answers.
    Rater(usize),
    /// Mean difference of two people's points, of 100.
    Question(usize),
    /// Share of answers that differ from what was agreed, or else from people.
    Automatic(usize),
}

/// Why a chart begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeganWith {
    First,
    /// Another version of the form, or another meaning of the question.
    Version,
    /// Another speech model.
    Model,
}

/// One chart of a form.
#[derive(Debug, Clone)]
pub struct ControlChart {
    pub rubric: String,
    pub subject: Subject,
    /// From 1, in order of time.
    pub number: usize,
    pub began_with: BeganWith,
    pub chart: Chart,
}

impl Subject {
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::Rater(_) => "rater",
            Subject::Question(_) => "question",
            Subject::Automatic(_) => "automatic",
        }
    }
}

impl BeganWith {
    pub fn as_str(self) -> &'static str {
        match self {
            BeganWith::First => "first",
            BeganWith::Version => "version",
            BeganWith::Model => "model",
        }
    }
}

/// All charts of a form.
pub fn charts(base: &Base, form: usize, raters: Option<&FormRaters>) -> Vec<ControlChart> {
    let rubric = &base.forms[form].rubric;
    let people: &[Observation] = raters.map_or(&[], |raters| &raters.people);
    let mut all = of_raters(base, form, people);
    let questions: Vec<usize> = base.forms[form].questions.clone();
    let differences = disagreement(people);
    // Meanings of one question follow each other.
    let mut before: BTreeMap<&str, usize> = BTreeMap::new();
    for at in in_order_of_time(base, &questions) {
        let Some(series) = differences.get(&at) else {
            continue;
        };
        let number = before.entry(&base.questions[at].id).or_default();
        *number += 1;
        all.push(ControlChart {
            rubric: rubric.clone(),
            subject: Subject::Question(at),
            number: *number,
            began_with: match *number {
                1 => BeganWith::First,
                _ => BeganWith::Version,
            },
            chart: chart(series),
        });
    }
    let automatic: Vec<Vec<ControlChart>> = questions_by_id(base, &questions)
        .into_par_iter()
        .map(|meanings| of_automatic(base, rubric, &meanings))
        .collect();
    all.extend(automatic.into_iter().flatten());
    all
}

/// One chart per rater and version of the form.
fn of_raters(base: &Base, form: usize, people: &[Observation]) -> Vec<ControlChart> {
    let mut by_version: BTreeMap<usize, Vec<Observation>> = BTreeMap::new();
    for observation in people {
        if let Some((version, _)) = base.forms[form].scored.get(&observation.call) {
            by_version.entry(*version).or_default().push(*observation);
        }
    }
    let mut versions: Vec<Vec<Observation>> = by_version.into_values().collect();
    versions.sort_by_key(|observations| observations.iter().map(|o| o.week).min());
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for observations in versions {
        for found in rater_charts(&observations, &additive(&observations)) {
            if found.chart.points.is_empty() {
                continue;
            }
            let number = numbers.entry(found.rater).or_default();
            *number += 1;
            all.push(ControlChart {
                rubric: base.forms[form].rubric.clone(),
                subject: Subject::Rater(found.rater),
                number: *number,
                began_with: match *number {
                    1 => BeganWith::First,
                    _ => BeganWith::Version,
                },
                chart: found.chart,
            });
        }
    }
    all.sort_by_key(|c| (c.subject, c.number));
    all
}

fn questions_by_id(base: &Base, questions: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for at in in_order_of_time(base, questions) {
        let id = &base.questions[at].id;
        match groups.iter_mut().find(|g| base.questions[g[0]].id == *id) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    groups
}

/// Meanings of one question by their first call; else in the order of the form.
fn in_order_of_time(base: &Base, questions: &[usize]) -> Vec<usize> {
    let first = |at: usize| {
        let question = &base.questions[at];
        let automatic = question.automatic.first().map(|(call, _)| *call);
        automatic
            .into_iter()
            .chain(question.abstained.first().copied())
            .min()
    };
    let place = |at: usize| {
        let id = &base.questions[at].id;
        questions.iter().position(|&q| base.questions[q].id == *id)
    };
    let mut sorted = questions.to_vec();
    sorted.sort_by_key(|&at| (place(at), first(at)));
    sorted
}

/// Errors of the automatic scorer on one question: one chart per meaning and speech model.
fn of_automatic(base: &Base, rubric: &str, meanings: &[usize]) -> Vec<ControlChart> {
    let mut all: Vec<ControlChart> = Vec::new();
    for (m, &at) in meanings.iter().enumerate() {
        let question = &base.questions[at];
        let mut by_model: BTreeMap<usize, Vec<Deviation>> = BTreeMap::new();
        for (call, value) in errors(question) {
            let facts = &base.calls[call];
            by_model.entry(facts.model).or_default().push(Deviation {
                week: facts.week() as i32,
                call,
                value,
            });
        }
        let mut series: Vec<Vec<Deviation>> = by_model.into_values().collect();
        series.sort_by_key(|s| s.first().map(|d| d.call));
        for (n, series) in series.iter().enumerate() {
            all.push(ControlChart {
                rubric: rubric.to_string(),
                subject: Subject::Automatic(at),
                number: all.len() + 1,
                began_with: match (m, n) {
                    (0, 0) => BeganWith::First,
                    (_, 0) => BeganWith::Version,
                    _ => BeganWith::Model,
                },
                chart: chart(series),
            });
        }
    }
    all
}

/// Per call of the random audit with an automatic answer and a reference, in order: 0 where it is
/// what was agreed, else the share of people who say otherwise. Targeted calls are other calls
/// than the rest: a week of them would look like a change.
fn errors(question: &Question) -> Vec<(usize, f64)> {
    let mut errors: BTreeMap<usize, f64> = BTreeMap::new();
    for rated in question.people_by_call() {
        if rated.iter().all(|r| r.probability.is_none()) {
            continue;
        }
        if let Some(automatic) = question.automatic_on(rated[0].call) {
            let differ = rated.iter().filter(|r| r.given.answer != automatic.answer);
            errors.insert(rated[0].call, differ.count() as f64 / rated.len() as f64);
        }
    }
    let agreed = question
        .gold
        .iter()
        .filter(|(_, g)| g.probability.is_some());
    for (call, gold) in agreed {
        if let Some(automatic) = question.automatic_on(*call) {
            let differs = gold.given.answer != automatic.answer;
            errors.insert(*call, f64::from(u8::from(differs)));
        }
    }
    errors.into_iter().collect()
}
