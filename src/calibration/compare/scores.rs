//! Comparisons of scores in points.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::sheets::{Points, Sheets, Side};
use super::{Comparison, Level, Part, comparisons, sections};
use crate::calibration::agreement::scores::{
    Icc, MeanSquares, PreparedScores, ScoreFigure, ScoreFigures, ScoreTable,
};
use crate::calibration::base::{AUTOMATIC_RATER, Base, Question};
use crate::calibration::figure::{Caveat, Estimate, Interval, MIN_PAIRS};
use crate::calibration::interval::score_intervals;

/// One row of the table `score_agreement`.
#[derive(Debug, Clone)]
pub struct ScoreComparison {
    pub part: Part,
    pub comparison: Comparison,
    pub calls: usize,
    pub raters: usize,
    /// Calls that the intraclass correlations are of.
    pub icc_calls: usize,
    /// Of all people: those who share these calls.
    pub icc_raters: Vec<usize>,
    pub means: Option<[f64; 2]>,
    pub bias: Option<Estimate>,
    pub sd_difference: Option<f64>,
    pub limits: Option<[f64; 2]>,
    pub limit_error: Option<f64>,
    pub mean_absolute: Option<Estimate>,
    pub near: Option<Estimate>,
    pub icc: [Option<f64>; 6],
    pub icc_2_1: Option<Interval>,
    pub missing_calls: usize,
    pub caveats: Vec<Caveat>,
}

/// All comparisons of scores; `sheets` are those of each form, in the order of the forms.
pub fn compare_scores(base: &Base, sheets: &[Sheets], seed: u64) -> Vec<ScoreComparison> {
    let mut work = Vec::new();
    for (form, sheets) in base.forms.iter().zip(sheets) {
        let of_form = form.questions.iter().map(|&q| &base.questions[q]);
        let rated: Vec<&Question> = of_form.filter(|q| q.is_rated()).collect();
        if rated.is_empty() {
            continue;
        }
        let mut add = |part: Part, at: Option<usize>| {
            for comparison in comparisons(&rated) {
                work.push((part.clone(), sheets, at, comparison));
            }
        };
        for (id, questions) in sections(base, form) {
            if let Some(at) = sheets.sections.iter().position(|s| s == id) {
                add(
                    Part::several(form, Level::Section, id, &questions),
                    Some(at),
                );
            }
        }
        add(Part::several(form, Level::Form, "form", &rated), None);
    }
    let rows: Vec<Option<ScoreComparison>> = work
        .into_par_iter()
        .map(|(part, sheets, at, comparison)| compare(part, sheets, at, comparison, seed))
        .collect();
    rows.into_iter().flatten().collect()
}

fn compare(
    part: Part,
    sheets: &Sheets,
    section: Option<usize>,
    comparison: Comparison,
    seed: u64,
) -> Option<ScoreComparison> {
    let points = |p: &Points| match section {
        Some(section) => p.sections[section],
        None => p.form,
    };
    let rows: Vec<Vec<Option<f64>>> = match comparison {
        Comparison::People => {
            let people: Vec<Side> = people(sheets).into_iter().collect();
            let of_call = |sides: &std::collections::BTreeMap<Side, Points>| {
                people.iter().map(|side| points(sides.get(side)?)).collect()
            };
            sheets.calls.values().map(of_call).collect()
        }
        _ => sheets
            .calls
            .values()
            .filter_map(|sides| {
                let [a, b] = two(comparison, sides, &points)?;
                Some(vec![Some(a), Some(b)])
            })
            .collect(),
    };
    let all = ScoreTable::new(&rows);
    // Intraclass correlations need calls that all scored: the raters who share enough.
    let shared = all.shared();
    let (table, compared) = match comparison {
        Comparison::People => (all.of(&shared), person_of(&people(sheets), &shared)),
        _ => (all.clone(), Vec::new()),
    };
    let icc_calls = table.counts.iter().sum::<u64>() as usize;
    let has_two = |row: &[Option<f64>]| row.iter().flatten().count() >= 2;
    let two_or_more = || {
        let rows = all.patterns.iter().zip(&all.counts);
        rows.filter(|(row, _)| has_two(row))
    };
    let calls = two_or_more().map(|(_, n)| *n).sum::<u64>() as usize;
    let raters = (0..all.raters)
        .filter(|r| two_or_more().any(|(row, _)| row[*r].is_some()))
        .count();
    let prepared_all = PreparedScores::new(&all);
    let figures_all = prepared_all.figures(&all.weights());
    let mean_absolute = figures_all[ScoreFigure::MeanAbsolute]?;
    let name = format!("scores {} {} {:?}", part.rubric, part.id, comparison);
    let (intervals, few) = score_intervals(&all, seed, &name);
    let interval = |which: ScoreFigure| {
        let place = ScoreFigure::ALL.iter().position(|f| *f == which)?;
        intervals[place]
    };
    let prepared = PreparedScores::new(&table);
    let weights = table.weights();
    let figures: ScoreFigures = prepared.figures(&weights);
    // Of people who share too little there is no correlation to speak of.
    let enough = comparison != Comparison::People || (shared.len() > 1 && icc_calls >= MIN_PAIRS);
    let squares: Option<MeanSquares> = prepared.mean_squares(&weights).filter(|_| enough);
    let bland_altman = prepared
        .bland_altman(&weights)
        .filter(|_| comparison != Comparison::People);
    let means = (comparison != Comparison::People).then(|| mean_of_two(&all));
    let mut caveats = prepared_all.caveats(&all.weights());
    caveats.retain(|c| !matches!(c, Caveat::FewPairs { .. } | Caveat::OneRater));
    caveats.extend((calls < MIN_PAIRS).then(|| Caveat::FewPairs {
        missing: MIN_PAIRS - calls,
    }));
    caveats.extend(few);
    caveats.sort_unstable();
    caveats.dedup();
    Some(ScoreComparison {
        calls,
        raters,
        icc_calls,
        icc_raters: compared,
        means: means.flatten(),
        bias: bland_altman.map(|b| Estimate {
            value: b.bias,
            interval: Some(b.interval),
        }),
        sd_difference: bland_altman.map(|b| b.sd),
        limits: bland_altman.map(|b| [b.low, b.high]),
        limit_error: bland_altman.map(|b| b.limit_error),
        mean_absolute: Some(Estimate {
            value: mean_absolute,
            interval: interval(ScoreFigure::MeanAbsolute),
        }),
        near: figures_all[ScoreFigure::Near].map(|value| Estimate {
            value,
            interval: interval(ScoreFigure::Near),
        }),
        icc: Icc::ALL.map(|form| figures[ScoreFigure::Icc(form)].filter(|_| enough)),
        icc_2_1: squares.and_then(|s| s.interval(Icc::ALL[1])),
        missing_calls: MIN_PAIRS.saturating_sub(calls),
        caveats,
        part,
        comparison,
    })
}

/// The people in these columns, by index.
fn person_of(people: &BTreeSet<Side>, columns: &[usize]) -> Vec<usize> {
    let people: Vec<&Side> = people.iter().collect();
    let person = |column: &usize| match people.get(*column)? {
        Side::Rater(rater) => Some(*rater),
        Side::Agreed | Side::Own => None,
    };
    columns.iter().filter_map(person).collect()
}

fn people(sheets: &Sheets) -> BTreeSet<Side> {
    let is_person = |side: &Side| matches!(side, Side::Rater(r) if *r != AUTOMATIC_RATER);
    sheets.sides().into_iter().filter(is_person).collect()
}

/// The two scores of a call; where one side is all people, their mean.
fn two(
    comparison: Comparison,
    sides: &std::collections::BTreeMap<Side, Points>,
    points: &dyn Fn(&Points) -> Option<f64>,
) -> Option<[f64; 2]> {
    let of = |side: Side| points(sides.get(&side)?);
    let people = || {
        let is_person = |side: &Side| matches!(side, Side::Rater(r) if *r != AUTOMATIC_RATER);
        let scores: Vec<f64> = sides
            .iter()
            .filter(|(side, _)| is_person(side))
            .filter_map(|(_, p)| points(p))
            .collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    };
    let automatic = Side::Rater(AUTOMATIC_RATER);
    match comparison {
        Comparison::People => None,
        Comparison::Pair(a, b) => Some([of(Side::Rater(a))?, of(Side::Rater(b))?]),
        Comparison::Gold(rater) => Some([of(Side::Rater(rater))?, of(Side::Agreed)?]),
        Comparison::AutomaticPeople => Some([of(automatic)?, people()?]),
        Comparison::AutomaticGold => Some([of(automatic)?, of(Side::Agreed)?]),
        Comparison::OwnPeople => Some([of(Side::Own)?, people()?]),
    }
}

fn mean_of_two(table: &ScoreTable) -> Option<[f64; 2]> {
    let mut sums = [0.0; 2];
    let mut n = 0.0;
    for (row, count) in table.patterns.iter().zip(table.weights()) {
        if let [Some(a), Some(b)] = row[..] {
            sums[0] += a * count;
            sums[1] += b * count;
            n += count;
        }
    }
    (n > 0.0).then(|| sums.map(|sum| sum / n))
}
