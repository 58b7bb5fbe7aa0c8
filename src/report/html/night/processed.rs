//! What was processed, and what was not: calls that no form is for, recordings that could not be
//! used, questions that are open.

use std::collections::{BTreeMap, BTreeSet};

use super::auto_fails::{FormFail, form_fail};
use super::rows::OneCall;
use crate::report::html::scope::{Runs, Scope};
use crate::report::records::{Failure, Score, Text};
use crate::report::summary::{STEPS, step};

/// Different reasons that are told apart.
const MOST_REASONS: usize = 200;
/// Failures that are listed, of each reason.
const FILES: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Processed {
    pub calls: usize,
    pub recorded_ms: i64,
    pub agents: BTreeMap<Text, usize>,
    /// Calls that no form is for.
    pub outside: usize,
    pub forms: BTreeMap<Text, Form>,
    /// Open automatic answers by rubric and question, whatever a person answered since, as all
    /// pages count them; those that wait for a person apart.
    pub open: BTreeMap<(Text, Text), usize>,
    pub open_answers: usize,
    pub waiting: usize,
    pub failures: Vec<Failed>,
    pub failed: usize,
    pub runs: Vec<Run>,
}

/// What became of the calls by one form, its versions together.
#[derive(Debug, Default)]
pub(super) struct Form {
    pub scored: usize,
    /// Of the calls that it scored.
    pub agents: BTreeSet<Text>,
    pub not_eligible: BTreeMap<String, usize>,
    pub passed: usize,
    /// Surely, or by points.
    pub failed: usize,
    /// Of those, by one answer that is sure.
    pub auto_failed: usize,
    /// One answer would fail them, and it is not sure.
    pub unsure: usize,
    /// An answer that fails them was taken back by a person.
    pub overruled: usize,
    pub undetermined: usize,
    /// So much is open that there is no score.
    pub without_score: usize,
    /// No question arose.
    pub without: usize,
    pub steps: [usize; STEPS],
    pub with_score: usize,
    /// Of the calls with a score.
    pub agents_with_score: BTreeSet<Text>,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failed {
    pub stage: Text,
    pub reason: Text,
    pub count: usize,
    /// What happened to the first.
    pub message: Text,
    pub hint: Option<Text>,
    pub files: Vec<Text>,
}

/// A run as the page tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub date: Text,
    pub recordings: i64,
    pub transcribed: i64,
    pub reused: i64,
    pub failed: i64,
    pub model: Text,
}

impl Processed {
    pub fn add(&mut self, scope: &Scope, one: &OneCall<'_>) {
        self.calls += 1;
        self.recorded_ms += one.call.recorded_ms;
        *self.agents.entry(one.call.agent.clone()).or_default() += 1;
        self.outside += usize::from(one.scores.iter().all(|s| &*s.status != "scored"));
        for score in one.scores.iter().filter(|score| is_in_force(one, score)) {
            let form = self.forms.entry(score.rubric.clone()).or_default();
            if &*score.status != "scored" {
                let reason = plainly(score.not_eligible_reason.as_deref().unwrap_or("no reason"));
                let known = form.not_eligible.len() < MOST_REASONS
                    || form.not_eligible.contains_key(&reason);
                let reason = match known {
                    true => reason,
                    false => "other reasons".to_string(),
                };
                *form.not_eligible.entry(reason).or_default() += 1;
                continue;
            }
            form.scored += 1;
            form.agents.insert(one.call.agent.clone());
            let fail = form_fail(scope, one, score);
            match score.verdict.as_deref() {
                Some("pass") => form.passed += 1,
                Some("fail") => match fail {
                    FormFail::Unsure => form.unsure += 1,
                    FormFail::Overruled => form.overruled += 1,
                    FormFail::Sure | FormFail::None => {
                        form.failed += 1;
                        form.auto_failed += usize::from(fail == FormFail::Sure);
                    }
                },
                Some("undetermined") => form.undetermined += 1,
                _ => form.without += 1,
            }
            // No answer that is not sure brings a score to nothing; its own points stay lost.
            let counts = match fail {
                FormFail::Unsure | FormFail::Overruled => score.score_before_auto_fail,
                FormFail::Sure | FormFail::None => score.score,
            };
            if let Some(score) = counts {
                form.with_score += 1;
                form.agents_with_score.insert(one.call.agent.clone());
                form.steps[step(score)] += 1;
            } else {
                form.without_score += usize::from(score.verdict.is_some());
            }
        }
        for answer in one.answers.iter().filter(|a| &*a.answer == "abstain") {
            if &*answer.answered_by == "person" {
                self.waiting += usize::from(one.person(answer).is_none());
            } else {
                self.open_answers += 1;
                let key = (answer.rubric.clone(), answer.question.clone());
                *self.open.entry(key).or_default() += 1;
            }
        }
    }

    pub fn add_runs(&mut self, runs: &Runs) {
        self.runs = runs
            .runs
            .iter()
            .map(|run| Run {
                date: run.date.clone(),
                recordings: run.recordings,
                transcribed: run.transcribed,
                reused: run.reused,
                failed: run.failed,
                model: run.model.clone(),
            })
            .collect();
        self.failed = runs.failures.len();
        let mut kinds: BTreeMap<(&Text, &Text), Vec<&Failure>> = BTreeMap::new();
        for failure in &runs.failures {
            let kind = kinds.entry((&failure.stage, &failure.reason)).or_default();
            kind.push(failure);
        }
        self.failures = kinds
            .into_iter()
            .map(|((stage, reason), all)| Failed {
                stage: stage.clone(),
                reason: reason.clone(),
                count: all.len(),
                message: all[0].message.clone(),
                hint: all.iter().find_map(|f| f.hint.clone()),
                files: all.iter().take(FILES).map(|f| f.file.clone()).collect(),
            })
            .collect();
        self.failures
            .sort_by(|a, b| b.count.cmp(&a.count).then(a.reason.cmp(&b.reason)));
    }
}

/// Whether a row speaks for its form: each call has one of each version, and that of the version
/// in force counts.
fn is_in_force(one: &OneCall<'_>, score: &Score) -> bool {
    let is_of_another_day = |score: &Score| {
        let reason = score.not_eligible_reason.as_deref().unwrap_or_default();
        reason.starts_with("a later version of the rubric")
            || reason.starts_with("the rubric is valid from")
    };
    let versions = one.scores.iter().filter(|s| s.rubric == score.rubric);
    let in_force = versions.min_by_key(|s| (&*s.status != "scored", is_of_another_day(s)));
    in_force.is_some_and(|found| found.rubric_version == score.rubric_version)
}

/// A reason without what differs from call to call.
fn plainly(reason: &str) -> String {
    match reason.split_once(" s long, the rubric asks for ") {
        Some((_, least)) => format!("the recording is shorter than the form asks for ({least})"),
        None => reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_single_calls_are_no_reasons_of_their_own() {
        assert_eq!(
            plainly("the recording is 3.4 s long, the rubric asks for 15 s"),
            "the recording is shorter than the form asks for (15 s)"
        );
        assert_eq!(plainly("voicemail"), "voicemail");
    }
}
