//! The rows of a date, call by call.

use std::collections::BTreeMap;

use crate::report::html::scope::{Day, Scope};
use crate::report::records::{Answer, Call, Contact, Promise, Score, Text};
use crate::rubric::{Kind, Question};

/// A call with what its tables say.
pub(super) struct OneCall<'a> {
    pub call: &'a Call,
    pub scores: Vec<&'a Score>,
    /// Automatic.
    pub answers: Vec<&'a Answer>,
    /// Of people, where they are of record.
    pub of_people: Vec<&'a Answer>,
    pub contact: Option<&'a Contact>,
    pub promises: Vec<&'a Promise>,
}

impl<'a> OneCall<'a> {
    /// What a person answered to the same question.
    pub fn person(&self, automatic: &Answer) -> Option<&'a Answer> {
        let same = |person: &&&Answer| {
            person.rubric == automatic.rubric
                && person.question == automatic.question
                && person.meaning == automatic.meaning
        };
        self.of_people.iter().find(same).copied()
    }

    /// The automatic answers that fail a form, each with the person's answer, if there is one.
    pub fn auto_fails(&self) -> impl Iterator<Item = (&'a Answer, Option<&'a Answer>)> {
        let failing = |answer: &&&Answer| {
            let names = |score: &&&Score| {
                score.rubric == answer.rubric && score.rubric_version == answer.rubric_version
            };
            let by = self.scores.iter().find(names);
            let by = by.and_then(|score| score.auto_failed_by.as_deref());
            answer.auto_fail
                && by.is_some_and(|by| by.split(',').any(|id| id.trim() == &*answer.question))
        };
        let answers = self.answers.iter().filter(failing);
        answers.map(|answer| (*answer, self.person(answer)))
    }
}

/// The calls of a date, in the order of the table.
pub(super) fn calls(day: &Day) -> Vec<OneCall<'_>> {
    let mut calls: Vec<OneCall<'_>> = day
        .calls
        .iter()
        .map(|call| OneCall {
            call,
            scores: Vec::new(),
            answers: Vec::new(),
            of_people: Vec::new(),
            contact: None,
            promises: Vec::new(),
        })
        .collect();
    let places: BTreeMap<Text, usize> = calls
        .iter()
        .enumerate()
        .map(|(at, one)| (one.call.call_id.clone(), at))
        .collect();
    let place = |call: &Text| places.get(call).copied();
    for row in &day.scores {
        if let Some(at) = place(&row.call_id) {
            calls[at].scores.push(row);
        }
    }
    for row in &day.answers {
        if let Some(at) = place(&row.call_id) {
            calls[at].answers.push(row);
        }
    }
    for row in &day.of_people {
        if let Some(at) = place(&row.call_id) {
            calls[at].of_people.push(row);
        }
    }
    for row in &day.contacts {
        if let Some(at) = place(&row.call_id) {
            calls[at].contact = Some(row);
        }
    }
    for row in &day.promises {
        if let Some(at) = place(&row.call_id) {
            calls[at].promises.push(row);
        }
    }
    calls
}

/// The text of a question, or its id where no form that is known has it.
pub(super) fn text_of(scope: &Scope, rubric: &str, question: &str) -> String {
    let known = scope.question(rubric, question);
    known.map_or_else(|| question.to_string(), |(_, known)| known.text.clone())
}

/// The title of a form, or its id.
pub(super) fn title_of(scope: &Scope, rubric: &str) -> String {
    let form = scope.form(rubric);
    form.map_or_else(|| rubric.to_string(), |form| form.title.clone())
}

/// Whether the answer to a question counts for the score; so it is taken of a question that no
/// form that is known has.
pub(super) fn is_scored(scope: &Scope, rubric: &str, question: &str) -> bool {
    let known = scope.question(rubric, question);
    known.is_none_or(|(section, known)| {
        known.is_scored()
            && known.weight > 0.0
            && (section.weight > 0.0 || section.pass_at.is_some())
    })
}

/// An answer as people say it.
pub(super) fn spoken(scope: &Scope, answer: &Answer) -> String {
    let question = scope.question(&answer.rubric, &answer.question);
    match &*answer.answer {
        "abstain" => "cannot tell".to_string(),
        "not_applicable" => "does not apply".to_string(),
        given => format!("“{}”", option_text(question.map(|(_, q)| q), given)),
    }
}

fn option_text(question: Option<&Question>, id: &str) -> String {
    let chosen = match question.map(|q| &q.kind) {
        Some(Kind::Options { choices, .. }) => choices.iter().find(|choice| choice.id == id),
        _ => None,
    };
    match chosen {
        Some(choice) if !choice.text.is_empty() => choice.text.clone(),
        _ => id.replace('_', " "),
    }
}

/// Of a reason why an answer could not be told: the seconds of speech that were not heard well, and
/// all that were searched.
pub(super) fn unheard(reason: &str) -> Option<(f64, f64)> {
    let (shares, _) = reason.split_once(" s of the searched speech were not heard")?;
    let (missed, of) = shares.split_once(" of ")?;
    Some((missed.parse().ok()?, of.parse().ok()?))
}

/// Whether an answer counts and earned less than it could; `None` where it is no answer or counts
/// for nothing.
pub(super) fn failed(answer: &Answer) -> Option<bool> {
    if answer.celebrate || matches!(&*answer.answer, "abstain" | "not_applicable") {
        return None;
    }
    match (answer.points, &*answer.answer) {
        (Some(points), _) if answer.max_points > 0.0 => Some(points < answer.max_points),
        _ => None,
    }
}
