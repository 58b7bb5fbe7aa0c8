//! What the automatic answers say of people and of the form: agents beside the rest, what
//! followed coaching, what goes with outcomes, which questions tell nothing.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::base::{Base, Form, Question, days_since_1970};
use super::people::Answered;
use super::people::agents::{self, Comparisons};
use super::people::followed::{self, Followed, Note};
use super::people::form::{
    self, Form as FormFigures, Notice, Overlap, Pair, QuestionFigure, Variation,
};
use super::people::outcomes::{self, Kind, Relation};
use super::ratings::{Coached, Outcome};

/// The outcomes, in the order of [`Relation::outcome`].
pub const OUTCOMES: [&str; 5] = ["satisfaction", "resolved", "complaint", "sale", "left"];

/// What one form says of people.
pub struct Practice {
    /// Index of the form.
    pub form: usize,
    /// Indices of the questions that were put to calls, in the order of the form: the places in all
    /// that follows.
    pub questions: Vec<usize>,
    pub agents: Comparisons,
    pub followed: Followed,
    pub relations: Vec<Relation>,
    /// Calls with this outcome, by [`OUTCOMES`].
    pub known: [usize; 5],
    pub figures: FormFigures,
}

/// All forms.
pub fn practice(base: &Base, outcomes: &[Outcome], coaching: &[Coached]) -> Vec<Practice> {
    let values = values(base, outcomes);
    (0..base.forms.len())
        .into_par_iter()
        .map(|form| of_form(base, form, &values, coaching))
        .collect()
}

fn of_form(
    base: &Base,
    form: usize,
    outcomes: &[outcomes::Outcome],
    coaching: &[Coached],
) -> Practice {
    let of = &base.forms[form];
    let mut questions: Vec<usize> = Vec::new();
    let mut answers: Vec<Vec<Answered>> = Vec::new();
    for &at in &of.questions {
        let question = &base.questions[at];
        if !(question.automatic.is_empty() && question.abstained.is_empty()) {
            questions.push(at);
            answers.push(answered(base, question));
        }
    }
    // A queue holds several cells of queue and reason.
    let mut queue_of = vec![0; base.mixes.len()];
    for call in &base.calls {
        queue_of[call.mix] = call.queue;
    }
    let relations = outcomes::relate(&answers, outcomes, &queue_of);
    let notes = notes(base, of, &questions, coaching);
    let seen: Vec<form::Question<'_>> = questions
        .iter()
        .zip(&answers)
        .map(|(&at, answers)| examined(base, of, &base.questions[at], answers))
        .collect();
    let mut known = [0; 5];
    for (known, outcome) in known.iter_mut().zip(outcomes) {
        *known = outcome.values.len();
    }
    Practice {
        form,
        agents: agents::compare(&answers),
        followed: followed::followed(&answers, &notes),
        figures: form::examine(&seen, &relations),
        questions,
        relations,
        known,
    }
}

/// Automatic answers with a binary view. Days are counted from 1970-01-01.
fn answered(base: &Base, question: &Question) -> Vec<Answered> {
    question
        .automatic
        .iter()
        .filter_map(|&(call, given)| {
            let facts = &base.calls[call];
            Some(Answered {
                call,
                agent: facts.agent,
                day: usize::try_from(facts.day).ok()?,
                mix: facts.mix,
                pass: question.passes(given)?,
            })
        })
        .collect()
}

fn examined<'a>(
    base: &Base,
    form: &Form,
    question: &Question,
    answers: &'a [Answered],
) -> form::Question<'a> {
    let not_applicable = |given| question.is_not_applicable(given);
    let weight = |question: &Question| {
        let latest = form.versions.last()?;
        crate::scoring::weight_of(latest, &question.id)
    };
    let all: f64 = form
        .questions
        .iter()
        .filter_map(|&at| weight(&base.questions[at]))
        .sum();
    form::Question {
        answers,
        not_applicable: question
            .automatic
            .iter()
            .filter(|(_, given)| not_applicable(*given))
            .count(),
        abstained: question.abstained.len(),
        worth: weight(question)
            .filter(|_| all > 0.0)
            .map_or(0.0, |weight| weight / all),
    }
}

/// Notes on the latest meaning of each question that answers were given to before and after.
fn notes(base: &Base, form: &Form, questions: &[usize], coaching: &[Coached]) -> Vec<Note> {
    let mut notes = Vec::new();
    for coached in coaching.iter().filter(|c| c.rubric == form.rubric) {
        let Some(agent) = base.agents.find(&coached.agent) else {
            continue;
        };
        let Ok(day) = usize::try_from(days_since_1970(coached.on)) else {
            continue;
        };
        let of_question = questions
            .iter()
            .enumerate()
            .filter(|(_, at)| base.questions[**at].id == coached.question);
        notes.extend(of_question.map(|(question, _)| Note {
            question,
            agent,
            day,
        }));
    }
    notes
}

/// Outcomes by call.
fn values(base: &Base, outcomes: &[Outcome]) -> Vec<outcomes::Outcome> {
    if outcomes.is_empty() {
        return Vec::new();
    }
    type Pick = fn(&Outcome) -> Option<f64>;
    fn flag(value: Option<bool>) -> Option<f64> {
        value.map(|v| f64::from(u8::from(v)))
    }
    let all: [(Kind, Pick); 5] = [
        (Kind::Number, |o| o.satisfaction),
        (Kind::YesNo, |o| flag(o.resolved)),
        (Kind::YesNo, |o| flag(o.complaint)),
        (Kind::YesNo, |o| flag(o.sale)),
        (Kind::YesNo, |o| flag(o.left)),
    ];
    all.into_iter()
        .map(|(kind, pick)| {
            let values: BTreeMap<usize, f64> = outcomes
                .iter()
                .filter_map(|o| Some((base.call(&o.call_id)?, pick(o)?)))
                .collect();
            outcomes::Outcome {
                kind,
                values: values.into_iter().collect(),
            }
        })
        .collect()
}

impl Practice {
    /// The question that agrees most with the one at this place, beyond chance: its index in the
    /// base, and the pair.
    pub fn most_like(&self, place: usize) -> Option<(usize, &Pair)> {
        let pairs = self.figures.pairs.iter();
        pairs
            .filter(|p| p.question == place || p.other == place)
            .filter_map(|pair| Some((pair.agreement?.value, pair)))
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, pair)| {
                let other = if pair.question == place {
                    pair.other
                } else {
                    pair.question
                };
                (self.questions[other], pair)
            })
    }

    /// What there is to say of a question, as codes.
    pub fn flags(&self, figure: &QuestionFigure) -> Vec<&'static str> {
        let mut flags = Vec::new();
        if !matches!(figure.variation, Variation::Varies | Variation::NotEnough) {
            flags.push(figure.variation.as_str());
        }
        let alike = self.most_like(figure.question);
        if alike.is_some_and(|(_, pair)| pair.overlap == Overlap::Duplicate) {
            flags.push("duplicate");
        }
        if matches!(figure.notice, Notice::Noticed | Notice::Unnoticed) {
            flags.push(figure.notice.as_str());
        }
        flags
    }
}
