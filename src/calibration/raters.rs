//! Raters of a form: who is strict, the fair score of each call, and how steady each one is.
//!
//! People are compared with people. The automatic scorer is then put beside them as one more
//! rater, and its severity given against the average person.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::agreement::{Coefficient, Prepared, RatingTable, Scale};
use super::base::{AUTOMATIC_RATER, Base, Form, Rated, week_of};
use super::figure::{Caveat, Estimate, Interval, MIN_PAIRS};
use super::ratings::Basis;
use super::severity::Observation;
use super::severity::additive::{Additive, QuestionDifficulty, additive};
use super::severity::consistency::{Repeat, consistency};
use super::severity::rasch::{Rasch, Reason, rasch};

/// One row of the table `raters`.
#[derive(Debug, Clone)]
pub struct RaterRow {
    pub rubric: String,
    pub rater: usize,
    pub calls: usize,
    pub ratings: usize,
    pub shared_calls: usize,
    pub group: usize,
    pub comparable: bool,
    pub raw_mean: f64,
    pub fair_mean: Option<f64>,
    /// Points of 100; positive is strict.
    pub severity: Option<Estimate>,
    /// Logits.
    pub rasch_severity: Option<Estimate>,
    pub infit: Option<f64>,
    pub outfit: Option<f64>,
    pub separation: Option<f64>,
    pub reliability: Option<f64>,
    pub no_rasch: Option<Reason>,
    pub repeats: usize,
    pub self_agreement: Option<Estimate>,
    pub self_kappa: Option<f64>,
    pub caveats: Vec<Caveat>,
}

/// One row of the table `fair_scores`.
#[derive(Debug, Clone)]
pub struct FairScore {
    pub call: usize,
    pub rubric: String,
    pub raters: usize,
    pub group: Option<usize>,
    pub raw: f64,
    pub fair: Option<Estimate>,
    pub automatic: Option<f64>,
}

/// What the raters of one form come to.
pub struct FormRaters {
    pub raters: Vec<RaterRow>,
    pub fair_scores: Vec<FairScore>,
    /// By index of the question.
    pub difficulties: BTreeMap<usize, QuestionDifficulty>,
    /// Ratings of people with points, and the model of them: what drift is charted from.
    pub people: Vec<Observation>,
    pub model: Additive,
}

/// The raters of each form that people rated.
pub fn raters(base: &Base) -> Vec<(usize, FormRaters)> {
    let of_form = |(n, form): (usize, &Form)| Some((n, of_form(base, form)?));
    base.forms
        .par_iter()
        .enumerate()
        .filter_map(of_form)
        .collect()
}

/// A person's rating as the models take it; `None` without points.
fn observation(base: &Base, question: usize, rated: &Rated) -> Option<Observation> {
    Some(Observation {
        call: rated.call,
        question,
        rater: rated.rater,
        points: rated.given.share?,
        pass: base.questions[question].passes(rated.given),
        week: week_of(rated.day) as i32,
    })
}

fn of_form(base: &Base, form: &Form) -> Option<FormRaters> {
    let mut people: Vec<Observation> = Vec::new();
    let mut both: Vec<Observation> = Vec::new();
    for &at in &form.questions {
        let question = &base.questions[at];
        people.extend(
            question
                .people
                .iter()
                .filter_map(|r| observation(base, at, r)),
        );
        for rated in question.people_by_call() {
            let call = rated[0].call;
            let automatic = question.automatic_on(call);
            both.extend(automatic.and_then(|given| {
                let rated = Rated {
                    call,
                    rater: AUTOMATIC_RATER,
                    given,
                    day: base.calls[call].day,
                    basis: Basis::Transcript,
                    probability: None,
                };
                observation(base, at, &rated)
            }));
        }
    }
    if people.is_empty() {
        return None;
    }
    both.extend(&people);
    let model = additive(&people);
    let logits = rasch(&people);
    let repeats = repeats(base, form);
    let mut rows = rows(form, &model, &logits, &repeats, &|_| true);
    // Against the average person: the severities of k people and the automatic scorer add up to
    // 0, so the people's mean is the automatic one's turned round and divided by k.
    let model_of_both = additive(&both);
    let logits_of_both = rasch(&both);
    let automatic = |rater: usize| rater == AUTOMATIC_RATER;
    for mut row in self::rows(form, &model_of_both, &logits_of_both, &repeats, &automatic) {
        let peers = model_of_both.connections.groups[row.group].len() - 1;
        let of_rasch = |group: &&super::severity::rasch::RaschGroup| {
            group.raters.iter().any(|r| r.rater == AUTOMATIC_RATER)
        };
        let rasch_peers = logits_of_both.groups.iter().find(of_rasch);
        row.severity = row.severity.map(|e| against_others(e, peers));
        row.rasch_severity = row.rasch_severity.and_then(|e| {
            let peers = rasch_peers?.raters.len() - 1;
            Some(against_others(e, peers))
        });
        row.fair_mean = row.severity.map(|e| row.raw_mean + e.value);
        // It never answers twice, and differs from people by design.
        row.separation = None;
        row.reliability = None;
        rows.push(row);
    }
    let fair_scores = model.calls.iter().map(|call| FairScore {
        call: call.call,
        rubric: form.rubric.clone(),
        raters: call.raters,
        group: call.fair.map(|_| call.group),
        raw: call.raw_mean,
        fair: call.fair,
        automatic: automatic_mean(base, form, call.call),
    });
    // A call may have ratings of two groups: the larger group's stands.
    let mut by_call: BTreeMap<usize, FairScore> = BTreeMap::new();
    for score in fair_scores {
        by_call.entry(score.call).or_insert(score);
    }
    let mut difficulties = BTreeMap::new();
    for difficulty in &model.questions {
        difficulties
            .entry(difficulty.question)
            .or_insert_with(|| difficulty.clone());
    }
    Some(FormRaters {
        raters: rows,
        fair_scores: by_call.into_values().collect(),
        difficulties,
        people,
        model,
    })
}

/// Mean of the points that the automatic scorer gave a call, each question alike.
fn automatic_mean(base: &Base, form: &Form, call: usize) -> Option<f64> {
    let questions = form.questions.iter().map(|&at| &base.questions[at]);
    let shares: Vec<f64> = questions
        .filter_map(|q| q.automatic_on(call)?.share)
        .collect();
    let sum: f64 = shares.iter().sum();
    (!shares.is_empty()).then(|| 100.0 * sum / shares.len() as f64)
}

/// An effect against the mean of the `others`, where it was given against the mean of all.
fn against_others(estimate: Estimate, others: usize) -> Estimate {
    if others == 0 {
        return estimate;
    }
    let factor = (others + 1) as f64 / others as f64;
    Estimate {
        value: estimate.value * factor,
        interval: estimate.interval.map(|i| Interval {
            low: i.low * factor,
            high: i.high * factor,
            ..i
        }),
    }
}

fn rows(
    form: &Form,
    model: &Additive,
    logits: &Rasch,
    repeats: &BTreeMap<usize, SelfAgreement>,
    wanted: &dyn Fn(usize) -> bool,
) -> Vec<RaterRow> {
    let of_rasch = |rater: usize| {
        let groups = logits.groups.iter();
        groups
            .filter_map(|g| Some((g, g.raters.iter().find(|r| r.rater == rater)?)))
            .next()
    };
    let raters = model.raters.iter().filter(|r| wanted(r.rater));
    raters
        .map(|r| {
            let found = of_rasch(r.rater);
            let separation = found.and_then(|(group, _)| group.separation);
            let own = repeats.get(&r.rater);
            let mut caveats = r.caveats.clone();
            let few_repeats = own.filter(|own| own.pairs < MIN_PAIRS);
            caveats.extend(few_repeats.map(|own| Caveat::FewRepeats {
                missing: MIN_PAIRS - own.pairs,
            }));
            caveats.extend(found.iter().flat_map(|(_, rater)| rater.caveats.clone()));
            caveats.sort_unstable();
            caveats.dedup();
            RaterRow {
                rubric: form.rubric.clone(),
                rater: r.rater,
                calls: r.calls,
                ratings: r.ratings,
                shared_calls: r.shared_calls,
                group: r.group,
                comparable: r.shared_calls > 0,
                raw_mean: r.raw_mean,
                fair_mean: r.fair_mean.map(|e| e.value),
                severity: r.severity,
                rasch_severity: found.map(|(_, rater)| rater.severity),
                infit: found.and_then(|(_, rater)| rater.infit),
                outfit: found.and_then(|(_, rater)| rater.outfit),
                separation: separation.map(|s| s.separation),
                reliability: separation.map(|s| s.reliability),
                no_rasch: logits.left_out.get(&r.rater).copied(),
                repeats: own.map_or(0, |own| own.pairs),
                self_agreement: own.map(|own| own.agreement),
                self_kappa: own.and_then(|own| own.kappa),
                caveats,
            }
        })
        .collect()
}

struct SelfAgreement {
    pairs: usize,
    agreement: Estimate,
    kappa: Option<f64>,
}

/// Self-consistency of the raters, from hidden repeats over all questions of the form.
fn repeats(base: &Base, form: &Form) -> BTreeMap<usize, SelfAgreement> {
    let mut repeats: Vec<Repeat> = Vec::new();
    let mut passes: BTreeMap<usize, Vec<Vec<Option<f64>>>> = BTreeMap::new();
    for &at in &form.questions {
        let question = &base.questions[at];
        for (rater, call, first, again) in &question.repeats {
            repeats.push(Repeat {
                rater: *rater,
                call: *call,
                question: at,
                first: first.answer as u16,
                repeat: again.answer as u16,
            });
            let pass = |given| question.passes(given).map(|pass| f64::from(u8::from(pass)));
            let row = vec![pass(*first), pass(*again)];
            passes.entry(*rater).or_default().push(row);
        }
    }
    consistency(&repeats)
        .into_iter()
        .map(|found| {
            let rows = passes.remove(&found.rater).unwrap_or_default();
            let table = RatingTable::new(&[0.0, 1.0], &rows).pair(0, 1);
            let figures = Prepared::new(&table, Scale::Nominal).coefficients(&table.weights());
            let own = SelfAgreement {
                pairs: found.pairs,
                agreement: found.agreement,
                kappa: figures[Coefficient::CohenKappa],
            };
            (found.rater, own)
        })
        .collect()
}
