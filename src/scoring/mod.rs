//! From a conversation and a form to answers with evidence, points and a verdict.
//!
//! Pure: the same conversation, facts and rubric give the same result, whatever else runs. *No*
//! is said only where the searched speech was heard with confidence; otherwise the question
//! abstains. Order of application: eligibility, answers, points, auto-fail.

mod eligibility;
mod evidence;
mod heard;
mod points;
mod rules;
#[cfg(test)]
mod tests;

pub use evidence::{Evidence, EvidenceKind};
pub use heard::HeardCall;
pub use points::{FormScore, Verdict};

use crate::conversation::{Conversation, metrics::Metrics};
use crate::recording::CallMeta;
use crate::rubric::{Question, Rubric, YesNo};

/// Who answered: this build knows the automatic scorer only.
pub const AUTOMATIC: &str = "automatic";

/// What a question was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    Yes,
    No,
    /// The question does not arise in this call.
    NotApplicable,
    /// It cannot be told: not heard, doubtful, cut off, or unsure who spoke.
    Abstain,
}

impl Answer {
    pub fn as_str(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::NotApplicable => "not_applicable",
            Answer::Abstain => "abstain",
        }
    }

    /// The plain yes or no, if it is one.
    pub fn yes_no(self) -> Option<YesNo> {
        match self {
            Answer::Yes => Some(YesNo::Yes),
            Answer::No => Some(YesNo::No),
            Answer::NotApplicable | Answer::Abstain => None,
        }
    }
}

/// One question answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub section: String,
    pub question: String,
    pub answer: Answer,
    /// Why the question does not apply or could not be answered.
    pub reason: Option<String>,
    pub points: Option<f64>,
    pub max_points: f64,
    /// Share of the form's score that the question carries in this call, 0 to 1, after the
    /// weights of questions that do not apply went to the others. `None` where it does not count.
    pub weight: Option<f64>,
    /// One of the possible answers fails the form …
    pub critical: bool,
    /// … and this is it.
    pub auto_fail: bool,
    pub evidence: Vec<Evidence>,
}

/// A call judged by one form.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    Scored {
        answers: Vec<Answered>,
        score: FormScore,
    },
    NotEligible {
        reason: String,
    },
}

/// Judges a call by a form.
pub fn judge(
    rubric: &Rubric,
    meta: &CallMeta,
    conversation: &Conversation,
    metrics: &Metrics,
) -> Judged {
    let call = HeardCall::new(conversation, metrics, meta);
    if let Some(reason) = eligibility::not_eligible(&rubric.applies_to, &call) {
        return Judged::NotEligible { reason };
    }
    let mut answers: Vec<Answered> = rubric
        .sections
        .iter()
        .flat_map(|section| {
            section
                .questions
                .iter()
                .map(|question| answer(&section.id, question, &call))
        })
        .collect();
    let score = points::score(rubric, &mut answers);
    Judged::Scored { answers, score }
}

fn answer(section: &str, question: &Question, call: &HeardCall<'_>) -> Answered {
    let mut evidence = Vec::new();
    let (answer, reason) = decide(question, call, &mut evidence);
    let auto_fail = question.auto_fail_on.is_some() && question.auto_fail_on == answer.yes_no();
    Answered {
        section: section.to_string(),
        question: question.id.clone(),
        answer,
        reason,
        points: answer.yes_no().map(|a| question.points.of(a)),
        max_points: question.points.most(),
        weight: None,
        critical: question.auto_fail_on.is_some(),
        auto_fail,
        evidence,
    }
}

fn decide(
    question: &Question,
    call: &HeardCall<'_>,
    evidence: &mut Vec<Evidence>,
) -> (Answer, Option<String>) {
    use rules::Truth;
    if let Some(rule) = &question.applies_when {
        let applies = rules::evaluate(rule, "applies_when", call);
        evidence.extend(applies.evidence);
        match applies.truth {
            Truth::True => {}
            Truth::False => {
                return (
                    Answer::NotApplicable,
                    Some("what the question is about did not come up".to_string()),
                );
            }
            Truth::Unknown(reason) => return (Answer::Abstain, Some(reason)),
        }
    }
    let yes = rules::evaluate(&question.yes_when, "yes_when", call);
    evidence.extend(yes.evidence);
    match yes.truth {
        Truth::True => (Answer::Yes, None),
        Truth::False => (Answer::No, None),
        Truth::Unknown(reason) => (Answer::Abstain, Some(reason)),
    }
}
