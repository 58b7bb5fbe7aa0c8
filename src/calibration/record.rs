//! Which answer to a question about a call is the answer of record: the one to show where one
//! answer is to be shown.
//!
//! What was agreed comes before what a single coach said, and that before the automatic answer.
//! Later, disputes that were decided will come before all of these. Whether a rater was blind does
//! not matter here: that is asked where agreement is measured, and what is of record is no
//! measure. Left out on purpose: rates over calls, which rest on automatic answers, because people
//! answer chosen calls.

use serde::{Deserialize, Serialize};

use super::ratings::{RaterKind, Rating};
use crate::rubric::Question;
use crate::scoring::Answer;

/// Who stands in the tables for an agreed answer.
pub const GOLD: &str = "gold";

/// Who answered, beside the automatic scorer. Those who come first are of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScorerKind {
    /// All who agreed.
    Gold,
    Coach,
}

impl ScorerKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ScorerKind::Gold => "gold",
            ScorerKind::Coach => "coach",
        }
    }
}

/// A person's answer, as it is kept beside the calls. Safe to write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonAnswer {
    pub call_id: String,
    /// The form's id.
    pub rubric: String,
    pub question: String,
    /// What the question meant when it was answered.
    pub meaning: String,
    /// The rater, or [`GOLD`].
    pub scorer: String,
    pub kind: ScorerKind,
    /// As [`Answer::text`] has it.
    pub answer: String,
    /// When it was given, in milliseconds since 1970; a day without a time counts as its
    /// beginning, and a time without an offset as UTC.
    pub at_ms: i64,
}

impl PersonAnswer {
    /// `None` for what is no answer beside others: an agent's of the agent's own call, and a hidden
    /// repeat, which tells how steady its rater is.
    pub fn of(rating: &Rating) -> Option<Self> {
        let kind = match rating.kind {
            RaterKind::Gold => ScorerKind::Gold,
            RaterKind::Person if !rating.hidden_repeat => ScorerKind::Coach,
            RaterKind::Person | RaterKind::Agent => return None,
        };
        Some(Self {
            call_id: rating.call_id.to_string(),
            rubric: rating.rubric.to_string(),
            question: rating.question.to_string(),
            meaning: rating.meaning.to_string(),
            scorer: match kind {
                ScorerKind::Gold => GOLD.to_string(),
                ScorerKind::Coach => rating.rater.to_string(),
            },
            kind,
            answer: rating.answer.text(),
            at_ms: rating.at.at_ms(),
        })
    }

    /// In the order of the tables.
    pub fn order(&self) -> impl Ord + '_ {
        (
            &self.call_id,
            &self.rubric,
            &self.question,
            &self.meaning,
            self.kind,
            &self.scorer,
        )
    }
}

/// What people answered to one question about one call.
#[derive(Debug, Default)]
pub struct Said<'a> {
    /// In the order of the tables.
    pub answers: Vec<(&'a PersonAnswer, Answer)>,
    /// Which of them is the answer of record; `None` where the automatic one is.
    pub of_record: Option<usize>,
}

impl<'a> Said<'a> {
    /// Picks from the answers to all questions about a call. An answer to a question that has come
    /// to mean something else is none.
    pub fn of(call: &'a [PersonAnswer], rubric: &str, question: &Question) -> Self {
        let asked = |given: &&PersonAnswer| {
            given.rubric == rubric
                && given.question == question.id
                && given.meaning == question.meaning
        };
        let read = |given: &'a PersonAnswer| {
            let answer = Answer::read(&given.answer, question.kind.as_str())?;
            Some((given, answer))
        };
        let answers: Vec<_> = call.iter().filter(asked).filter_map(read).collect();
        // Whoever cannot tell has not answered. Of several coaches the latest; at the same time
        // the first by name.
        let mut of_record: Option<usize> = None;
        for (n, (given, answer)) in answers.iter().enumerate() {
            let before = of_record.map(|before| answers[before].0);
            let comes_first = before.is_none_or(|before| {
                given.kind < before.kind || given.kind == before.kind && given.at_ms > before.at_ms
            });
            if *answer != Answer::Abstain && comes_first {
                of_record = Some(n);
            }
        }
        Self { answers, of_record }
    }

    /// A person's answer, where that is of record.
    pub fn record(&self) -> Option<&Answer> {
        self.of_record.map(|n| &self.answers[n].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "rubric: r\nversion: '1'\ntitle: R\nsections:\n- id: s\n  title: S\n  weight: 1\n  \
        questions:\n  - {id: q, text: Q?, yes_when: {said: {by: agent, any: [hello]}}}\n";

    #[test]
    fn agreed_comes_before_the_latest_coach_and_cannot_tell_before_nobody() {
        let rubric = crate::rubric::parse(FORM, "r").unwrap();
        let question = rubric.questions().next().unwrap().1;
        let given = |scorer: &str, answer: &str, at_ms| PersonAnswer {
            call_id: "c".to_string(),
            rubric: "r".to_string(),
            question: "q".to_string(),
            meaning: question.meaning.clone(),
            scorer: scorer.to_string(),
            kind: match scorer {
                GOLD => ScorerKind::Gold,
                _ => ScorerKind::Coach,
            },
            answer: answer.to_string(),
            at_ms,
        };
        let record = |given: &[PersonAnswer]| {
            let said = Said::of(given, "r", question);
            said.of_record.map(|n| said.answers[n].0.scorer.clone())
        };
        let [early, late, same] = [
            given("ada", "yes", 1),
            given("bea", "no", 2),
            given("cal", "yes", 2),
        ];
        let gold = given(GOLD, "not_applicable", 0);
        assert_eq!(record(&[]), None);
        assert_eq!(record(std::slice::from_ref(&early)).as_deref(), Some("ada"));
        let coaches = [early.clone(), late.clone(), same];
        assert_eq!(record(&coaches).as_deref(), Some("bea"));
        let mut agreed = coaches.to_vec();
        agreed.insert(0, gold);
        assert_eq!(record(&agreed).as_deref(), Some(GOLD));
        agreed[0].answer = "abstain".to_string();
        assert_eq!(record(&agreed).as_deref(), Some("bea"));
        assert_eq!(record(&[given("ada", "abstain", 9)]), None);
        // Of another question, of another meaning, and none that the question knows.
        let mut other = early.clone();
        other.meaning = "0".repeat(64);
        assert_eq!(record(&[other]), None);
        assert_eq!(record(&[given("ada", "perhaps", 1)]), None);
        assert!(Said::of(&[early], "other", question).answers.is_empty());
    }
}
