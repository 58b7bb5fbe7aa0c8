//! Answers to points, points to a score, a score to a verdict.
//!
//! What it means is written in `docs/scoring.md`: the fixed order of application (answers, add
//! and subtract, minimum, set, auto-fail; each section first, then the form), what becomes of
//! questions that do not apply, and what an abstention leaves open. Every number here is for one
//! form and one call.
//!
//! [`sums`] knows the form and adds up one world, in which every question has one answer or is
//! left out. [`interval`] looks at all the worlds that abstentions leave possible.
//!
//! Left out: how questions are answered, and which cause a failed answer has (`rules`).

mod interval;
mod sums;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{Answer, Answered};
use crate::rubric::{Band, Kind, Rubric, Tag};
use interval::Bounds;
use sums::{Effect, Form, Part, Tally};

/// Whether the call passed. Not the score: a critical failure is a verdict of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    /// It depends on a question that could not be answered.
    Undetermined,
    /// No question with a weight arose in the call, nor can one: there is nothing to judge.
    NotApplicable,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Undetermined => "undetermined",
            Verdict::NotApplicable => "not_applicable",
        }
    }

    /// From whether it can fail, can do anything else, and can apply at all.
    fn of(can_fail: bool, can_hold: bool, can_apply: bool) -> Option<Self> {
        match (can_fail, can_hold) {
            (true, true) => Some(Verdict::Undetermined),
            (true, false) => Some(Verdict::Fail),
            (false, _) => can_apply.then_some(Verdict::Pass),
        }
    }
}

/// A form's result. Scores run from 0 to 100, and above only by a bonus; to a millionth.
#[derive(Debug, Clone, PartialEq)]
pub struct FormScore {
    /// After auto-fail: 0 where the form failed. Abstained questions are left out; where the rest
    /// then lies outside of `low` to `high`, the nearer of the two. `None` where no question that
    /// carries weight was answered.
    pub score: Option<f64>,
    /// As if no answer failed the form. Section fails stay.
    pub score_before_auto_fail: Option<f64>,
    /// The lowest and highest score over everything that abstained questions leave possible;
    /// `None` where none of that has a score.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub verdict: Verdict,
    /// Ids of the questions whose answer failed the form.
    pub auto_failed_by: Vec<String>,
    /// The band that holds all of `low` to `high`.
    pub band: Option<String>,
    /// Whether any critical question fell short; `None` where none applies.
    pub critical_verdict: Option<Verdict>,
    /// The score over what the agent could help.
    pub agent_score: Option<f64>,
    pub agent_low: Option<f64>,
    pub agent_high: Option<f64>,
    /// Ids of the adjustments whose conditions hold and whose part has a score.
    pub adjusted_by: Vec<String>,
    /// Sections in the order of the form, then the tags it uses, then the critical questions.
    pub parts: Vec<PartScore>,
}

/// What a part of a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    Section,
    /// The questions with one tag.
    Tag,
    /// The critical questions.
    Critical,
}

impl PartKind {
    pub fn as_str(self) -> &'static str {
        match self {
            PartKind::Section => "section",
            PartKind::Tag => "tag",
            PartKind::Critical => "critical",
        }
    }
}

/// The score of a part of the form, 0 to 100. A section's is after its rules and its auto-fail;
/// those of tags and of the critical questions are plain means, weighed as in the form.
#[derive(Debug, Clone, PartialEq)]
pub struct PartScore {
    pub kind: PartKind,
    /// The section's id, the tag, or `critical`.
    pub id: String,
    pub score: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of a section with `pass_at`, and of the critical questions; `None` where it does not apply.
    pub verdict: Option<Verdict>,
}

/// Whether a question is asked in this call, by its section and the questions it hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
    Open,
}

/// What the form gives for an answer; `None` without one, or where it is of another kind of
/// question.
pub fn points_of(kind: &Kind, answer: &Answer) -> Option<f64> {
    sums::points(kind, answer)
}

/// Scores a form. Hides the questions whose condition or section does not hold, and writes into
/// each answer its points and the weight that it carried.
///
/// `answers` stand in the order of the form, each as if its question were shown and its section
/// applied. `section_applies` has one entry for each section; `None` where it cannot be told.
pub(super) fn score(
    rubric: &Rubric,
    answers: &mut [Answered],
    section_applies: &[Option<bool>],
) -> FormScore {
    let form = Form::new(rubric);
    let shown = resolve(&form, answers, section_applies);
    let effects = fill_points(&form, answers);
    let weights = form.effective_weights(&effects);
    for (answer, weight) in answers.iter_mut().zip(weights) {
        answer.weight = weight;
    }

    let tally = form.tally(&effects, |c| answers[c.question].answer.is_one_of(c.is));
    let open = answers.iter().any(|a| a.answer == Answer::Abstain);
    let bounds = if open {
        interval::bounds(&form, answers, &shown, section_applies, interval::Of::Form)
    } else {
        Bounds::of_one(&form, &tally)
    };
    let (agent_score, agent) = agent_score(&form, answers, &effects, &shown, section_applies)
        .unwrap_or_else(|| {
            let score = if tally.form_failed {
                tally.before.map(|_| 0.0)
            } else {
                tally.before
            };
            (score, bounds.score)
        });

    let before = bounds.before.held(tally.before);
    let failed = if tally.form_failed {
        before.map(|_| 0.0)
    } else {
        before
    };
    FormScore {
        score: bounds.score.held(failed),
        score_before_auto_fail: before,
        low: bounds.score.low(),
        high: bounds.score.high(),
        verdict: bounds.verdict(),
        auto_failed_by: answers
            .iter()
            .zip(&effects)
            .filter(|(_, e)| e.has(Effect::FORM_FAIL))
            .map(|(a, _)| a.question.clone())
            .collect(),
        band: band(&rubric.bands, bounds.score.low(), bounds.score.high()),
        critical_verdict: bounds.critical_verdict(),
        agent_score: agent.held(agent_score),
        agent_low: agent.low(),
        agent_high: agent.high(),
        adjusted_by: rubric
            .adjustments
            .iter()
            .zip(&tally.adjusted)
            .filter(|(_, took)| **took)
            .map(|(a, _)| a.id.clone())
            .collect(),
        parts: parts(&form, &tally, &effects, &bounds),
    }
}

/// Settles which questions are asked. What is hidden for certain becomes *not applicable*; what
/// may be hidden abstains, and keeps in `possible` what it is if shown.
fn resolve(form: &Form, answers: &mut [Answered], section_applies: &[Option<bool>]) -> Vec<Shown> {
    let mut shown = Vec::with_capacity(answers.len());
    for (i, item) in form.items.iter().enumerate() {
        let (above, this) = answers.split_at_mut(i);
        let this = &mut this[0];
        if this.possible.is_empty() && this.answer != Answer::Abstain {
            this.possible.push(this.answer.clone());
        }
        let (state, because) = match (section_applies[item.section], item.parent) {
            (Some(false), _) => (Shown::No, "its section does not apply".to_string()),
            (applies, Some((parent, is))) => match by_parent(shown[parent], &above[parent], is) {
                Shown::No => (
                    Shown::No,
                    format!(
                        "hidden: `{}` is not {}",
                        above[parent].question,
                        is.join(" or ")
                    ),
                ),
                Shown::Open => (
                    Shown::Open,
                    format!(
                        "whether `{}` is {} cannot be told",
                        above[parent].question,
                        is.join(" or ")
                    ),
                ),
                Shown::Yes => by_section(applies),
            },
            (applies, None) => by_section(applies),
        };
        let never = this.possible.iter().all(|a| *a == Answer::NotApplicable);
        let now = match state {
            Shown::No => Some(Answer::NotApplicable),
            Shown::Open if !never || this.answer == Answer::Abstain => Some(Answer::Abstain),
            _ => None,
        };
        if let Some(now) = now {
            if this.answer != now {
                this.reason = Some(because);
            }
            if now == Answer::NotApplicable {
                this.possible = vec![Answer::NotApplicable];
            }
            this.answer = now;
            this.way = None;
            this.confidence = None;
            this.fragile = false;
        }
        shown.push(state);
    }
    shown
}

fn by_section(applies: Option<bool>) -> (Shown, String) {
    match applies {
        Some(_) => (Shown::Yes, String::new()),
        None => (
            Shown::Open,
            "whether its section applies cannot be told".to_string(),
        ),
    }
}

fn by_parent(parent_shown: Shown, parent: &Answered, is: &[String]) -> Shown {
    if parent_shown == Shown::No || !parent.possible.iter().any(|a| a.is_one_of(is)) {
        Shown::No
    } else if parent_shown == Shown::Yes && parent.possible.iter().all(|a| a.is_one_of(is)) {
        Shown::Yes
    } else {
        Shown::Open
    }
}

/// Writes points into the answers; returns what each does to the sums, abstained ones nothing.
fn fill_points(form: &Form, answers: &mut [Answered]) -> Vec<Effect> {
    form.items
        .iter()
        .zip(answers)
        .map(|(item, answer)| {
            let effect = item.effect(&answer.answer);
            answer.points = sums::points(&item.question.kind, &answer.answer);
            answer.max_points = item.most;
            answer.critical = item.question.critical;
            answer.auto_fail = effect.has(Effect::FORM_FAIL | Effect::SECTION_FAIL);
            if !effect.has(Effect::SHORT) {
                answer.cause = None;
            }
            effect
        })
        .collect()
}

/// The score without what the agent could not help: questions that are not controllable, and
/// failed answers with a cause elsewhere. They neither count, fail the form nor set off a rule,
/// but still show the questions that hang on them. `None` where it is the form's own score.
fn agent_score(
    form: &Form,
    answers: &[Answered],
    effects: &[Effect],
    shown: &[Shown],
    section_applies: &[Option<bool>],
) -> Option<(Option<f64>, interval::Span)> {
    let left_out = |i: usize| {
        !form.items[i].question.controllable_by_agent
            || answers[i].cause.is_some_and(|c| c.is_outside_agent())
    };
    let may_be_left_out = |i: usize| {
        answers[i].answer == Answer::Abstain && !form.items[i].question.causes.is_empty()
    };
    if !(0..answers.len()).any(|i| left_out(i) || may_be_left_out(i)) {
        return None;
    }
    let own: Vec<Effect> = effects
        .iter()
        .enumerate()
        .map(|(i, e)| if left_out(i) { Effect::NONE } else { *e })
        .collect();
    let tally = form.tally(&own, |c| {
        !left_out(c.question) && answers[c.question].answer.is_one_of(c.is)
    });
    let score = if tally.form_failed {
        tally.before.map(|_| 0.0)
    } else {
        tally.before
    };
    let span = if answers.iter().any(|a| a.answer == Answer::Abstain) {
        interval::bounds(form, answers, shown, section_applies, interval::Of::Agent).score
    } else {
        Bounds::of_one(form, &tally).score
    };
    Some((score, span))
}

fn parts(form: &Form, tally: &Tally, effects: &[Effect], bounds: &Bounds) -> Vec<PartScore> {
    let sections = form
        .rubric
        .sections
        .iter()
        .enumerate()
        .map(|(s, section)| PartScore {
            kind: PartKind::Section,
            id: section.id.clone(),
            score: bounds.sections[s].span.held(tally.sections[s]),
            low: bounds.sections[s].span.low(),
            high: bounds.sections[s].span.high(),
            verdict: bounds.sections[s].verdict(section.pass_at),
        });
    let others = form.parts().enumerate().map(|(p, part)| {
        let score = form.mean_of(part, effects);
        let span = bounds.parts.get(p).copied().flatten();
        let span = span.unwrap_or(interval::Span::of(score));
        PartScore {
            kind: match part {
                Part::Tag(_) => PartKind::Tag,
                Part::Critical => PartKind::Critical,
            },
            id: match part {
                Part::Tag(tag) => tag.as_str().to_string(),
                Part::Critical => "critical".to_string(),
            },
            score: span.held(score),
            low: span.low(),
            high: span.high(),
            verdict: match part {
                Part::Tag(_) => None,
                Part::Critical => bounds.critical_verdict(),
            },
        }
    });
    sections.chain(others).collect()
}

fn band(bands: &[Band], low: Option<f64>, high: Option<f64>) -> Option<String> {
    let of = |score: f64| bands.iter().find(|b| score >= b.from);
    let (low, high) = (of(low?)?, of(high?)?);
    (low.from == high.from).then(|| low.name.clone())
}

/// To a millionth of a point, so that the order of questions cannot show in the last bit.
fn rounded(score: f64) -> f64 {
    // Adding 0 makes a negative zero an ordinary one.
    (score * 1e6).round() / 1e6 + 0.0
}
