//! Comparisons of answers, with all figures and their intervals.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::pooled::{Categories, Cells, NO, Pairs, YES, pairs};
use super::{Comparison, Level, Part, comparisons, sections};
use crate::calibration::agreement::{
    Coefficient, Coefficients, FourCounts, Prepared, RatingTable, Scale,
};
use crate::calibration::base::{Base, Given, Question};
use crate::calibration::figure::{Caveat, MIN_PAIRS};
use crate::calibration::interval::{AgreementIntervals, agreement_intervals, paired_intervals};

/// One row of the table `agreement`.
#[derive(Debug, Clone)]
pub struct AnswerComparison {
    pub part: Part,
    pub comparison: Comparison,
    pub scale: Scale,
    /// Calls with a pair of ratings.
    pub calls: usize,
    pub raters: usize,
    pub ratings: usize,
    pub pairs: usize,
    /// In the binary view; `None` for questions without points.
    pub counts: Option<Counts>,
    pub coefficients: Coefficients,
    pub intervals: AgreementIntervals,
    pub positive: Option<f64>,
    pub negative: Option<f64>,
    pub prevalence: Option<f64>,
    pub bias: Option<f64>,
    /// Chance of a disagreement as lopsided if neither were stricter; where each call has one
    /// pair.
    pub direction_p: Option<f64>,
    /// Nominal, ordinal, interval, ratio.
    pub alphas: [Option<f64>; 4],
    /// Share of the points that both agree on.
    pub alignment: Option<f64>,
    /// Calls with a pair that are missing until [`MIN_PAIRS`].
    pub missing_calls: usize,
    pub caveats: Vec<Caveat>,
}

/// The table of counts of two sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    pub both_yes: f64,
    pub yes_no: f64,
    pub no_yes: f64,
    pub both_no: f64,
    pub not_applicable_both: f64,
    pub not_applicable_one: f64,
}

/// What is to be compared.
struct Work<'b> {
    part: Part,
    questions: Vec<&'b Question>,
    comparison: Comparison,
}

impl<'b> Work<'b> {
    fn all(part: Part, questions: Vec<&'b Question>) -> Vec<Self> {
        let of = |comparison: Comparison| Self {
            part: part.clone(),
            questions: questions.clone(),
            comparison,
        };
        comparisons(&questions).into_iter().map(of).collect()
    }
}

/// All comparisons of answers, in the order of forms, parts and raters. Sections and forms pool
/// their yes/no questions.
pub fn compare_answers(base: &Base, seed: u64) -> Vec<AnswerComparison> {
    let mut work: Vec<Work<'_>> = Vec::new();
    for form in &base.forms {
        let of_form = form.questions.iter().map(|&q| &base.questions[q]);
        let rated: Vec<&Question> = of_form.filter(|q| q.is_rated()).collect();
        for question in &rated {
            work.extend(Work::all(Part::question(base, question), vec![question]));
        }
        let pooled = |q: &&Question| q.is_rated() && q.kind == "yes_no";
        for (id, questions) in sections(base, form) {
            let pooled: Vec<&Question> = questions.into_iter().filter(pooled).collect();
            if !pooled.is_empty() {
                let part = Part::several(form, Level::Section, id, &pooled);
                work.extend(Work::all(part, pooled));
            }
        }
        let pooled: Vec<&Question> = rated.into_iter().filter(pooled).collect();
        if !pooled.is_empty() {
            let part = Part::several(form, Level::Form, "form", &pooled);
            work.extend(Work::all(part, pooled));
        }
    }
    let rows: Vec<Option<AnswerComparison>> = work
        .into_par_iter()
        .map(|work| compare(base, work, seed))
        .collect();
    rows.into_iter().flatten().collect()
}

/// `None` where there is not one pair.
fn compare(base: &Base, work: Work<'_>, seed: u64) -> Option<AnswerComparison> {
    let Work {
        part,
        questions,
        comparison,
    } = work;
    let categories: Vec<Categories> = questions.iter().map(|q| Categories::of(q)).collect();
    // Pairs of each call over all questions; on a scale *not applicable* is no value.
    let mut calls: BTreeMap<usize, Vec<(usize, Pairs)>> = BTreeMap::new();
    let mut passes: Vec<Vec<(f64, f64, f64)>> = Vec::new();
    let mut not_applicable = [0.0; 3];
    for (n, question) in questions.iter().enumerate() {
        let has_value = |given: &Given| categories[n].value(*given).is_some();
        for (call, mut pairs) in pairs(question, comparison) {
            for (a, b, weight) in &pairs {
                let sides = [a, b].map(|given| question.is_not_applicable(*given));
                not_applicable[sides.iter().filter(|n| **n).count()] += weight;
            }
            passes.push(passing(question, &pairs));
            pairs.retain(|(a, b, _)| has_value(a) && has_value(b));
            if !pairs.is_empty() {
                calls.entry(call).or_default().push((n, pairs));
            }
        }
    }
    let scale = categories[0].scale;
    let mut all: Vec<f64> = categories.iter().flat_map(|c| c.of_form.clone()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    let values = calls.values().map(|call| {
        let all = call.iter().flat_map(|(n, pairs)| {
            pairs.iter().filter_map(|(a, b, weight)| {
                let of = |given: &Given| categories[*n].value(*given);
                Some((of(a)?, of(b)?, *weight))
            })
        });
        all.collect()
    });
    let cells = Cells::new(&all, scale, values);
    if cells.counts.is_empty() {
        return None;
    }
    let as_counted: Vec<f64> = cells.counts.iter().map(|n| *n as f64).collect();
    let pair_weights = cells.weights(&as_counted);
    let name = format!(
        "agreement {} {} {} {:?}",
        part.rubric, part.id, part.meaning, comparison
    );
    let one_question = part.level == Level::Question;
    // People among themselves: the coefficients of several raters, gaps and all.
    let several = (comparison == Comparison::People && one_question)
        .then(|| people_table(questions[0], &categories[0]));
    let (coefficients, intervals, mut caveats) = match &several {
        Some(table) => {
            let prepared = Prepared::new(table, scale);
            let weights = table.weights();
            let intervals = agreement_intervals(table, scale, seed, &name);
            (
                prepared.coefficients(&weights),
                intervals,
                prepared.caveats(&weights),
            )
        }
        None => {
            let prepared = cells.prepared();
            let figures = |weights: &[f64]| prepared.coefficients(&cells.weights(weights));
            let intervals = paired_intervals(&cells.paired(), &figures, scale, seed, &name);
            (
                figures(&as_counted),
                intervals,
                prepared.caveats(&pair_weights),
            )
        }
    };
    caveats.extend(intervals.caveats());
    // Of people among themselves nobody is the first.
    let (coefficients, intervals) = match comparison {
        Comparison::People => (
            coefficients.without(Coefficient::CohenKappa),
            intervals.without(Coefficient::CohenKappa),
        ),
        _ => (coefficients, intervals),
    };
    let alphas = alphas(&cells, several.as_ref(), scale, &pair_weights);
    // The binary view: each pair apart, whatever the call.
    let two = Cells::new(&[NO, YES], Scale::Nominal, passes.into_iter());
    let counted: Vec<f64> = two.counts.iter().map(|n| *n as f64).collect();
    let of_two = (!counted.is_empty()).then(|| {
        let weights = two.weights(&counted);
        let figures = two.prepared().coefficients(&weights);
        (weights, figures)
    });
    let counts = of_two.as_ref().map(|(weights, _)| {
        let cell = |a: f64, b: f64| two.cell(weights, a, b);
        let mut counts = Counts {
            both_yes: cell(YES, YES),
            yes_no: cell(YES, NO),
            no_yes: cell(NO, YES),
            both_no: cell(NO, NO),
            not_applicable_both: not_applicable[2],
            not_applicable_one: not_applicable[1],
        };
        if comparison == Comparison::People {
            // Both orders of each pair are there; nobody is the first.
            counts.yes_no += counts.no_yes;
            counts.no_yes = 0.0;
        }
        counts
    });
    let of_yes_no = |which: Coefficient| of_two.as_ref().and_then(|(_, f)| f[which]);
    let one_pair_each = matches!(
        comparison,
        Comparison::Pair(..) | Comparison::Gold(_) | Comparison::AutomaticGold
    );
    let direction_p = counts.filter(|_| one_pair_each && one_question).map(|c| {
        FourCounts {
            both_yes: c.both_yes as u64,
            first_only: c.yes_no as u64,
            second_only: c.no_yes as u64,
            both_no: c.both_no as u64,
        }
        .mcnemar()
    });
    let missing_calls = MIN_PAIRS.saturating_sub(cells.counts.iter().sum::<u64>() as usize);
    // A call counts once, however many of its questions are pooled.
    caveats.retain(|c| !matches!(c, Caveat::FewPairs { .. }));
    caveats.extend((missing_calls > 0).then_some(Caveat::FewPairs {
        missing: missing_calls,
    }));
    caveats.sort_unstable();
    caveats.dedup();
    let alignment = alignment(base, &questions, &calls);
    let (raters, ratings, pairs) = tally(&questions, comparison, &calls);
    Some(AnswerComparison {
        scale,
        calls: calls.len(),
        raters,
        ratings,
        pairs,
        counts,
        positive: of_yes_no(Coefficient::PositiveAgreement),
        negative: of_yes_no(Coefficient::NegativeAgreement),
        prevalence: of_yes_no(Coefficient::PrevalenceIndex),
        bias: of_yes_no(Coefficient::BiasIndex).filter(|_| comparison != Comparison::People),
        coefficients,
        intervals,
        direction_p,
        alphas,
        alignment,
        missing_calls,
        caveats,
        part,
        comparison,
    })
}

/// All people's answers to a question, one column per person.
fn people_table(question: &Question, categories: &Categories) -> RatingTable {
    let people: Vec<usize> = super::people_of(&[question]).into_iter().collect();
    let rows: Vec<Vec<Option<f64>>> = question
        .people_by_call()
        .map(|rated| {
            let answer = |rater: &usize| {
                let rated = rated.iter().find(|r| r.rater == *rater)?;
                categories.value(rated.given)
            };
            people.iter().map(answer).collect()
        })
        .collect();
    // Who gave which answer is nothing to coefficients of all raters.
    RatingTable::new(&categories.of_form, &rows).anonymous()
}

fn alphas(
    cells: &Cells,
    several: Option<&RatingTable>,
    scale: Scale,
    pair_weights: &[f64],
) -> [Option<f64>; 4] {
    let scales = [
        Scale::Nominal,
        Scale::Ordinal,
        Scale::Interval,
        Scale::Ratio,
    ];
    scales.map(|of| {
        if scale == Scale::Nominal && of != Scale::Nominal {
            return None;
        }
        let figures = match several {
            Some(table) => Prepared::new(table, of).coefficients(&table.weights()),
            None => Prepared::new(cells.table(), of).coefficients(pair_weights),
        };
        figures[Coefficient::Alpha]
    })
}

/// Pairs of a call in the binary view, those without one left out.
fn passing(question: &Question, pairs: &Pairs) -> Vec<(f64, f64, f64)> {
    let value = |given: &Given| match question.passes(*given)? {
        true => Some(YES),
        false => Some(NO),
    };
    let values = pairs
        .iter()
        .map(|(a, b, weight)| Some((value(a)?, value(b)?, *weight)));
    values.flatten().collect()
}

/// Raters, ratings and pairs behind a comparison. Of two sides, each call has as many pairs as
/// the more numerous side has ratings.
fn tally(
    questions: &[&Question],
    comparison: Comparison,
    calls: &BTreeMap<usize, Vec<(usize, Pairs)>>,
) -> (usize, usize, usize) {
    let orders = match comparison {
        Comparison::People => 2,
        _ => 1,
    };
    let both: usize = calls.values().flatten().map(|(_, pairs)| pairs.len()).sum();
    let pairs = both / orders;
    let people: BTreeSet<usize> = questions
        .iter()
        .flat_map(|q| q.people.iter().filter(|r| calls.contains_key(&r.call)))
        .map(|r| r.rater)
        .collect();
    match comparison {
        Comparison::People => {
            let ratings = calls.values().flatten().map(|(_, pairs)| {
                // m × (m − 1) ordered pairs of m ratings.
                (1 + 4 * pairs.len()).isqrt().div_ceil(2)
            });
            (people.len(), ratings.sum(), pairs)
        }
        Comparison::Pair(..) | Comparison::AutomaticGold | Comparison::Gold(_) => {
            (2, 2 * pairs, pairs)
        }
        Comparison::AutomaticPeople | Comparison::OwnPeople => {
            let answers: usize = calls.values().map(Vec::len).sum();
            (people.len() + 1, answers + pairs, pairs)
        }
    }
}

/// 1 less the mean difference in points, each question weighed as in its form; over calls.
fn alignment(
    base: &Base,
    questions: &[&Question],
    calls: &BTreeMap<usize, Vec<(usize, Pairs)>>,
) -> Option<f64> {
    let weights: Vec<f64> = questions
        .iter()
        .map(|question| {
            let versions = &base.forms[question.form].versions;
            let latest = versions.iter().rev();
            let found = latest
                .filter_map(|rubric| crate::scoring::weight_of(rubric, &question.id))
                .next();
            found.unwrap_or(0.0)
        })
        .collect();
    let mut apart = 0.0;
    let mut all = 0.0;
    for (n, pairs) in calls.values().flatten() {
        for (a, b, weight) in pairs {
            if let (Some(a), Some(b)) = (a.share, b.share) {
                apart += weights[*n] * weight * (a - b).abs();
                all += weights[*n] * weight;
            }
        }
    }
    (all > 0.0).then(|| 1.0 - apart / all)
}
