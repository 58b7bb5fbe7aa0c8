//! From a conversation and a form to answers with evidence, points and a verdict.
//!
//! Pure: the same conversation, facts and rubric give the same result, whatever else runs. *No*
//! is said only where the searched speech was heard with confidence; otherwise the question
//! abstains. Order of application: eligibility, answers, points, auto-fail.

mod decide;
mod eligibility;
mod evidence;
mod heard;
mod points;
mod rules;
mod sheet;
#[cfg(test)]
mod tests;

pub use evidence::{Evidence, EvidenceKind};
pub use heard::HeardCall;
pub use points::{FormScore, PartKind, PartScore, Verdict, points_of};
pub use sheet::{Sheet, SheetForm, weight_of};

use crate::conversation::{Conversation, metrics::Metrics};
use crate::history::History;
use crate::phrase::{Matcher, MatcherBuilder, PhraseId};
use crate::recording::CallMeta;
use crate::rubric::{Cause, Rubric};

/// Who answered, where no person did.
pub const AUTOMATIC: &str = "automatic";

/// What a question was answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Yes,
    No,
    /// The id of the option that was chosen; the value of a scale.
    Choice(String),
    /// Ids of the options that hold, in the order of the form.
    Selected(Vec<String>),
    Number(f64),
    /// The question does not arise in this call.
    NotApplicable,
    /// It cannot be told: not heard, doubtful, cut off, unsure who spoke, or for a person to say.
    Abstain,
}

impl Answer {
    /// As the tables have it: `yes`, `no`, an option's id, ids with commas between them (`none`
    /// where no option holds), a number, `not_applicable` or `abstain`.
    pub fn text(&self) -> String {
        match self {
            Answer::Yes => "yes".to_string(),
            Answer::No => "no".to_string(),
            Answer::Choice(id) => id.clone(),
            Answer::Selected(ids) if ids.is_empty() => "none".to_string(),
            Answer::Selected(ids) => ids.join(","),
            Answer::Number(value) => value.to_string(),
            Answer::NotApplicable => "not_applicable".to_string(),
            Answer::Abstain => "abstain".to_string(),
        }
    }

    /// An answer as [`Answer::text`] has it; `kind` is the question's, as the tables have it.
    /// `None` for what no such question is answered with.
    pub fn read(text: &str, kind: &str) -> Option<Self> {
        let answer = match (text, kind) {
            ("not_applicable", _) => Answer::NotApplicable,
            ("abstain", _) => Answer::Abstain,
            ("yes", "yes_no") => Answer::Yes,
            ("no", "yes_no") => Answer::No,
            (id, "options" | "scale") => Answer::Choice(id.to_string()),
            (value, "number") => Answer::Number(value.parse().ok()?),
            ("none", "multi_select") => Answer::Selected(Vec::new()),
            (ids, "multi_select") => Answer::Selected(ids.split(',').map(str::to_string).collect()),
            _ => return None,
        };
        Some(answer)
    }

    /// Whether it says something about the call: neither *not applicable* nor *abstain*.
    pub fn is_given(&self) -> bool {
        !matches!(self, Answer::NotApplicable | Answer::Abstain)
    }

    /// Whether it is one of these: `yes`, `no` or ids of options, of which one is enough.
    pub fn is_one_of(&self, ids: &[String]) -> bool {
        let has = |id: &str| ids.iter().any(|i| i == id);
        match self {
            Answer::Yes => has("yes"),
            Answer::No => has("no"),
            Answer::Choice(id) => has(id),
            Answer::Selected(selected) => selected.iter().any(|id| has(id)),
            Answer::Number(_) | Answer::NotApplicable | Answer::Abstain => false,
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
    /// Which of several ways to *yes* it was.
    pub way: Option<String>,
    /// What may be true if the question is shown: the answer itself, or every answer that an
    /// abstention leaves open, *not applicable* among them where that is open, never *abstain*.
    pub possible: Vec<Answer>,
    pub points: Option<f64>,
    pub max_points: f64,
    /// Share of the form's score that the question carries in this call, 0 to 1, after the
    /// weights of questions that do not apply went to the others. `None` where it does not count.
    pub weight: Option<f64>,
    /// It counts for the form's critical verdict.
    pub critical: bool,
    /// The answer fails the form or its section.
    pub auto_fail: bool,
    /// What a failed answer is put down to; `None` where it earned all it could.
    pub cause: Option<Cause>,
    /// How well what the answer rests on was heard, 0 to 1; `None` without an answer.
    pub confidence: Option<f64>,
    /// It would be another answer if the words below [`FRAGILE_PROB`] were dropped.
    pub fragile: bool,
    pub evidence: Vec<Evidence>,
}

/// Words below this probability are dropped to see whether an answer is fragile. Above the bound
/// of sure words, which are the only ones that an answer rests on in the first place.
pub const FRAGILE_PROB: f32 = 0.7;

/// A call judged by one form.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    Scored {
        answers: Vec<Answered>,
        score: Box<FormScore>,
    },
    NotEligible {
        reason: String,
    },
}

/// What is known of one call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub meta: &'a CallMeta,
    pub conversation: &'a Conversation,
    pub metrics: &'a Metrics,
    /// What came before it; without, rules about that are unknown.
    pub history: Option<&'a History>,
}

/// Forms made ready to judge many calls.
pub struct Scorer<'r> {
    rubrics: &'r [Rubric],
    /// All phrases of all rubrics.
    matcher: Matcher,
    /// By rubric, by question in the order of the form: the phrases that its answer rests on.
    phrases: Vec<Vec<Vec<PhraseId>>>,
}

impl<'r> Scorer<'r> {
    pub fn new(rubrics: &'r [Rubric]) -> Self {
        let mut builder = MatcherBuilder::new();
        for phrase in eligibility::phrases() {
            builder.add(phrase);
        }
        for phrase in rubrics.iter().flat_map(Rubric::phrases) {
            builder.add(phrase);
        }
        let of_rubric = |rubric: &'r Rubric, builder: &mut MatcherBuilder| {
            let questions = rubric.questions();
            questions
                .map(|(_, question)| {
                    let mut ids: Vec<PhraseId> = question
                        .phrases()
                        .into_iter()
                        .map(|phrase| builder.add(phrase))
                        .collect();
                    ids.sort_unstable();
                    ids.dedup();
                    ids
                })
                .collect()
        };
        let phrases = rubrics.iter().map(|r| of_rubric(r, &mut builder)).collect();
        Self {
            rubrics,
            matcher: builder.build(),
            phrases,
        }
    }

    /// The forms, in their order.
    pub fn rubrics(&self) -> &'r [Rubric] {
        self.rubrics
    }

    /// Judges a call by each form, in their order.
    pub fn judge(&self, call: &Call<'_>) -> Vec<Judged> {
        let heard = HeardCall::new(call, &self.matcher);
        let lesser = heard.without_words_below(FRAGILE_PROB);
        self.rubrics
            .iter()
            .zip(&self.phrases)
            .map(|(rubric, phrases)| {
                let mut judged = judge(rubric, &heard);
                if let (Some(lesser), Judged::Scored { answers, .. }) = (&lesser, &mut judged) {
                    for (((_, question), ids), answered) in
                        rubric.questions().zip(phrases).zip(answers)
                    {
                        answered.fragile = answered.answer.is_given()
                            && !heard.finds_the_same(lesser, ids)
                            && decide::answer(&answered.section, question, lesser).answer
                                != answered.answer;
                    }
                }
                judged
            })
            .collect()
    }
}

/// Judges one call by one form.
fn judge(rubric: &Rubric, call: &HeardCall<'_>) -> Judged {
    if let Some(reason) = eligibility::not_eligible(rubric, call) {
        return Judged::NotEligible { reason };
    }
    let mut answers = Vec::new();
    let mut section_applies = Vec::new();
    for section in &rubric.sections {
        let applies = decide::section_applies(section, call);
        section_applies.push(applies);
        for question in &section.questions {
            answers.push(decide::answer(&section.id, question, call));
        }
    }
    let score = Box::new(points::score(rubric, &mut answers, &section_applies));
    Judged::Scored { answers, score }
}
