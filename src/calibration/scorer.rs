//! The automatic scorer, question by question: its errors against each reference, from whom it
//! abstains, what it is fit for, and what the true rates are.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::base::{Base, Given, Question};
use super::fdr::benjamini_hochberg;
use super::figure::{Caveat, Estimate, Interval, MIN_GOLD};
use super::ratings::Accuracy;
use super::truth::automatic::{
    ABSTAINED_HINT, AUTOMATIC, Abstention, Dependence, ErrorRates, Fit, abstention, error_rates,
    fit,
};
use super::truth::rogan_gladen::{self, Refusal, Share};
use super::truth::two_phase::{TrueRates, true_rates};
use super::truth::{Audited, Auto, Reference, Scored};

/// One row of the table `automatic`.
#[derive(Debug, Clone)]
pub struct ScorerRow {
    /// Index of the question.
    pub question: usize,
    /// `None` where nobody rated the question.
    pub reference: Option<Reference>,
    pub rates: ErrorRates,
    pub fit: Fit,
    pub abstention: Abstention,
    /// By agent, queue and how well it was heard: corrected for the number of questions.
    pub adjusted_p: [Option<f64>; 3],
}

/// One row of the table `true_rates`.
#[derive(Debug, Clone)]
pub struct TrueRateRow {
    pub question: usize,
    pub from: RateFrom,
}

/// Where a true rate comes from.
#[derive(Debug, Clone)]
pub enum RateFrom {
    Audit(Reference, TrueRates),
    Imported {
        caveats: Vec<Caveat>,
        calls: usize,
        measured: usize,
        raw: Option<f64>,
        rate: Result<Estimate, Refusal>,
    },
}

/// What is known of the automatic scorer.
pub struct ScorerFigures {
    pub automatic: Vec<ScorerRow>,
    pub true_rates: Vec<TrueRateRow>,
}

/// All figures of the automatic scorer.
pub fn scorer(base: &Base, accuracy: &[Accuracy], seed: u64) -> ScorerFigures {
    let questions: Vec<usize> = base
        .forms
        .iter()
        .flat_map(|form| form.questions.iter().copied())
        .filter(|&at| {
            let question = &base.questions[at];
            !(question.automatic.is_empty() && question.abstained.is_empty())
        })
        .collect();
    let rows: Vec<(Vec<ScorerRow>, Vec<TrueRateRow>)> = questions
        .par_iter()
        .map(|&at| of_question(base, at, accuracy, seed))
        .collect();
    let mut figures = ScorerFigures {
        automatic: Vec::new(),
        true_rates: Vec::new(),
    };
    for (automatic, true_rates) in rows {
        figures.automatic.extend(automatic);
        figures.true_rates.extend(true_rates);
    }
    adjust(&mut figures.automatic);
    figures
}

fn of_question(
    base: &Base,
    at: usize,
    accuracy: &[Accuracy],
    seed: u64,
) -> (Vec<ScorerRow>, Vec<TrueRateRow>) {
    let question = &base.questions[at];
    let scored = scored(base, question);
    let rubric = &base.forms[question.form].rubric;
    let name = format!("{rubric} {} {}", question.id, question.meaning);
    let abstained = abstention(&scored, seed, &name);
    let mut automatic = Vec::new();
    let mut rates = Vec::new();
    let row = |reference: Option<Reference>, audited: &[Audited]| {
        let found = error_rates(&scored, audited);
        ScorerRow {
            question: at,
            reference,
            fit: fit(&found, abstained.rate.map(|rate| rate.value)),
            rates: found,
            abstention: abstained.clone(),
            adjusted_p: [None; 3],
        }
    };
    let references = references(question);
    if references.is_empty() {
        automatic.push(row(None, &[]));
    }
    for (reference, audited) in references {
        automatic.push(row(Some(reference), &audited));
        rates.push(TrueRateRow {
            question: at,
            from: RateFrom::Audit(reference, true_rates(&scored, &audited, reference)),
        });
    }
    let imported = accuracy
        .iter()
        .filter(|a| *a.rubric == **rubric && *a.meaning == *question.meaning);
    rates.extend(imported.map(|accuracy| imported_rate(at, &scored, accuracy)));
    (automatic, rates)
}

/// The automatic answers of all calls, abstentions too, in order of calls.
fn scored(base: &Base, question: &Question) -> Vec<Scored> {
    let one = |call: usize, automatic: Auto| {
        let facts = &base.calls[call];
        Scored {
            call,
            automatic,
            queue: facts.queue,
            agent: facts.agent,
            heard: facts.heard,
        }
    };
    let mut scored: Vec<Scored> = question
        .automatic
        .iter()
        .filter_map(|&(call, given)| {
            let automatic = match question.passes(given) {
                Some(true) => Auto::Yes,
                Some(false) => Auto::No,
                None if question.is_not_applicable(given) => Auto::NotApplicable,
                None => return None,
            };
            Some(one(call, automatic))
        })
        .collect();
    scored.extend(
        question
            .abstained
            .iter()
            .map(|&call| one(call, Auto::Abstain)),
    );
    scored.sort_by_key(|s| s.call);
    scored
}

/// Calls with a reference answer: agreed ones, and those of people.
fn references(question: &Question) -> Vec<(Reference, Vec<Audited>)> {
    let gold: Vec<Audited> = question
        .gold
        .iter()
        .filter_map(|(&call, rated)| audited(question, call, &[rated.given], rated.probability))
        .collect();
    let people: Vec<Audited> = question
        .people_by_call()
        .filter_map(|rated| {
            let given: Vec<Given> = rated.iter().map(|r| r.given).collect();
            let probability = rated.iter().find_map(|r| r.probability);
            audited(question, rated[0].call, &given, probability)
        })
        .collect();
    [(Reference::Gold, gold), (Reference::People, people)]
        .into_iter()
        .filter(|(_, audited)| !audited.is_empty())
        .collect()
}

/// `None` where an answer has no binary view.
fn audited(
    question: &Question,
    call: usize,
    given: &[Given],
    probability: Option<f64>,
) -> Option<Audited> {
    let each = 1.0 / given.len() as f64;
    let mut audited = Audited {
        call,
        yes: 0.0,
        no: 0.0,
        not_applicable: 0.0,
        probability,
    };
    for given in given {
        match question.passes(*given) {
            Some(true) => audited.yes += each,
            Some(false) => audited.no += each,
            None if question.is_not_applicable(*given) => audited.not_applicable += each,
            None => return None,
        }
    }
    Some(audited)
}

fn imported_rate(at: usize, scored: &[Scored], accuracy: &Accuracy) -> TrueRateRow {
    let of = |answer| scored.iter().filter(|s| s.automatic == answer).count();
    let (yes, no) = (of(Auto::Yes), of(Auto::No));
    let raw = (yes + no > 0).then(|| yes as f64 / (yes + no) as f64);
    let share = |value: f64, calls: usize| Share { value, calls };
    let missing = |n: u64| Some(MIN_GOLD.saturating_sub(n as usize)).filter(|n| *n > 0);
    let few_yes = missing(accuracy.gold_yes).map(|missing| Caveat::FewYes { missing });
    let few_no = missing(accuracy.gold_no).map(|missing| Caveat::FewNo { missing });
    TrueRateRow {
        question: at,
        from: RateFrom::Imported {
            caveats: few_yes.into_iter().chain(few_no).collect(),
            calls: scored.len(),
            measured: (accuracy.gold_yes + accuracy.gold_no) as usize,
            raw,
            rate: rogan_gladen::corrected(
                share(raw.unwrap_or(0.0), yes + no),
                share(accuracy.sensitivity, accuracy.gold_yes as usize),
                share(accuracy.specificity, accuracy.gold_no as usize),
            ),
        },
    }
}

/// Corrects the p-values of abstention for the number of questions, agents, queues and hearing
/// apart. A question counts once, whatever its references.
fn adjust(rows: &mut [ScorerRow]) {
    let of: [fn(&Abstention) -> Dependence; 3] = [|a| a.by_agent, |a| a.by_queue, |a| a.by_heard];
    for (n, dependence) in of.into_iter().enumerate() {
        let p_of: BTreeMap<usize, f64> = rows
            .iter()
            .filter_map(|row| Some((row.question, dependence(&row.abstention).p?)))
            .collect();
        let p: Vec<f64> = p_of.values().copied().collect();
        let adjusted: BTreeMap<usize, f64> = p_of.into_keys().zip(benjamini_hochberg(&p)).collect();
        for row in rows.iter_mut() {
            row.adjusted_p[n] = adjusted.get(&row.question).copied();
        }
    }
}

impl ScorerFigures {
    /// What a question is fit for: by the agreed answers where there are some, else by people's.
    pub fn fit(&self, question: usize) -> Option<Fit> {
        let rows = self.automatic.iter().filter(|row| row.question == question);
        rows.min_by_key(|row| row.reference).map(|row| row.fit)
    }
}

impl ScorerRow {
    /// Why the question is fit for what it is, in words.
    pub fn why(&self) -> String {
        let abstained = self.abstention.rate.map_or(0.0, |rate| rate.value);
        let percent = |estimate: Option<Estimate>, end: fn(&Interval) -> f64| {
            let end = estimate.and_then(|e| e.interval).map(|i| 100.0 * end(&i));
            end.map_or("an unknown share".to_string(), |p| format!("{p:.0} %"))
        };
        let low = |estimate| percent(estimate, |i| i.low);
        let high = |estimate| percent(estimate, |i| i.high);
        match self.fit {
            Fit::Automatic | Fit::Hint => format!(
                "finds at least {} of the true yes and {} of the true no, and abstains on {:.0} %",
                low(self.rates.sensitivity),
                low(self.rates.specificity),
                100.0 * abstained
            ),
            Fit::NotFit if abstained > ABSTAINED_HINT => {
                format!("abstains on {:.0} % of the calls", 100.0 * abstained)
            }
            Fit::NotFit => {
                let rates = [
                    (self.rates.sensitivity, "yes"),
                    (self.rates.specificity, "no"),
                ];
                let low: Vec<String> = rates
                    .iter()
                    .filter(|(rate, _)| {
                        rate.and_then(|r| r.interval)
                            .is_some_and(|i| i.high < AUTOMATIC)
                    })
                    .map(|(rate, kind)| format!("at most {} of the true {kind}", high(*rate)))
                    .collect();
                format!("finds {}", low.join(", and "))
            }
            Fit::NotKnown {
                missing_yes,
                missing_no,
            } => {
                let missing = [(missing_yes, "yes"), (missing_no, "no")];
                let missing: Vec<String> = missing
                    .iter()
                    .filter(|(n, _)| *n > 0)
                    .map(|(n, kind)| format!("about {n} more true {kind}"))
                    .collect();
                format!("needs {} in the random audit", missing.join(" and "))
            }
        }
    }

    /// What must be known beside the rates.
    pub fn caveats(&self) -> &[Caveat] {
        &self.rates.caveats
    }
}
