//! The sheet for people who rate: the questions of the forms, to be answered beside the talk.
//!
//! Left out on purpose: answers, scores, evidence, and whatever tells who took the call.

use serde::Serialize;

use super::answers::{choices_of, form_of, one_line, sentence, title_of};
use crate::conversation::metrics::{Event, EventKind, Metrics};
use crate::report::html::Site;
use crate::report::html::scope::CallDetail;
use crate::rubric::{Kind, Question, Rubric};

#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    pub title: String,
    pub rubric: String,
    pub version: String,
    pub sections: Vec<SheetSection>,
}

#[derive(Debug, Serialize)]
pub(super) struct SheetSection {
    pub title: String,
    pub questions: Vec<SheetQuestion>,
}

#[derive(Debug, Serialize)]
pub(super) struct SheetQuestion {
    /// The question's id, as a file of ratings has it.
    pub id: String,
    /// Of the fields, within the page.
    pub field: String,
    pub text: String,
    pub help: Option<String>,
    pub good: Option<String>,
    /// Where it is asked only after another answer.
    pub only_where: Option<String>,
    /// `one`, `several`, `number` or `words`.
    pub kind: &'static str,
    pub choices: Vec<SheetChoice>,
}

#[derive(Debug, Serialize)]
pub(super) struct SheetChoice {
    pub id: String,
    pub text: String,
}

/// What anybody hears: silences, and where both speak. Whether a wait was announced, who cuts in
/// and how much each talks is for who rates to say.
pub(super) fn measured(metrics: &Metrics) -> Metrics {
    let plain = |event: &&Event| matches!(event.kind, EventKind::Silence | EventKind::Overlap);
    let events = metrics.events.iter().filter(plain).map(|event| Event {
        party: None,
        ..*event
    });
    Metrics {
        events: events.collect(),
        ..Metrics::default()
    }
}

/// The forms that apply to the call.
pub(super) fn sheets(site: &Site<'_>, detail: &CallDetail) -> Vec<Sheet> {
    let scored = detail.scores.iter().filter(|s| &*s.status == "scored");
    scored
        .filter_map(|score| {
            let form = form_of(site.scope, score)?;
            Some(Sheet {
                title: title_of(Some(form), score),
                rubric: form.rubric.clone(),
                version: form.version.clone(),
                sections: form
                    .sections
                    .iter()
                    .map(|section| SheetSection {
                        title: one_line(&section.title),
                        questions: section.questions.iter().map(|q| asked(form, q)).collect(),
                    })
                    .collect(),
            })
        })
        .collect()
}

fn asked(form: &Rubric, question: &Question) -> SheetQuestion {
    let choice = |id: &str, text: &str| SheetChoice {
        id: id.to_string(),
        text: one_line(text),
    };
    let not_applicable = || choice("not_applicable", "Does not apply");
    let given = || choices_of(question).iter().map(|c| choice(&c.id, &c.text));
    let (kind, choices) = match &question.kind {
        Kind::YesNo { .. } => (
            "one",
            vec![choice("yes", "Yes"), choice("no", "No"), not_applicable()],
        ),
        Kind::Options { scale: false, .. } => ("one", given().chain([not_applicable()]).collect()),
        Kind::Options { scale: true, .. } => (
            "one",
            given()
                .map(|c| match c.text == c.id {
                    true => c,
                    false => choice(&c.id, &format!("{}: {}", c.id, c.text)),
                })
                .chain([not_applicable()])
                .collect(),
        ),
        Kind::MultiSelect { .. } => ("several", given().chain([not_applicable()]).collect()),
        Kind::Number { .. } => ("number", vec![not_applicable()]),
        Kind::Comment => ("words", Vec::new()),
    };
    SheetQuestion {
        id: question.id.clone(),
        field: format!("{}.{}", form.rubric, question.id),
        text: one_line(&question.text),
        help: question.help.as_deref().map(one_line),
        good: question.good.as_deref().map(one_line),
        only_where: question.shown_when.as_ref().map(|shown| {
            let parent = form.questions().find(|(_, q)| q.id == shown.question);
            let text = parent.map_or_else(
                || shown.question.clone(),
                |(_, parent)| one_line(&parent.text),
            );
            let answers: Vec<String> = shown
                .is
                .iter()
                .map(|id| {
                    let choices = parent.map_or(&[][..], |(_, parent)| choices_of(parent));
                    let text = choices.iter().find(|c| c.id == *id);
                    text.map_or_else(|| id.clone(), |c| one_line(&c.text))
                })
                .collect();
            let answers = answers.join(" or ");
            sentence(&format!("Only where “{text}” is answered: {answers}"))
        }),
        kind,
        choices,
    }
}
