//! Answers to points, points to a score, a score to a verdict.
//!
//! A question that does not apply is removed: its weight goes to the other questions of its
//! section in proportion, and the weight of a section without any left to the other sections, as
//! Amazon Connect publishes it (`about-scoring-and-weights`). N/A therefore raises the score only
//! where the question scored below it. An abstained question is left out of the score as well,
//! and opens an interval instead: the lowest and highest score over its possible answers.

use super::{Answer, Answered};
use crate::rubric::{Question, Rubric, YesNo};

/// Whether the call passed. Not the score: a critical failure is a verdict of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Pass,
    Fail,
    /// It depends on a question that could not be answered.
    Undetermined,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Undetermined => "undetermined",
        }
    }
}

/// A form's result. Scores run from 0 to 100.
#[derive(Debug, Clone, PartialEq)]
pub struct FormScore {
    /// After auto-fail: 0 where the form failed. `None` where no question that carries weight
    /// was answered.
    pub score: Option<f64>,
    pub score_before_auto_fail: Option<f64>,
    /// The lowest and highest score over every answer that the abstained questions could still
    /// have, auto-fail included.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub verdict: Verdict,
    /// Ids of the questions whose answer failed the form.
    pub auto_failed_by: Vec<String>,
}

/// A form flattened for sums.
struct Flat<'r> {
    /// The section of each question, and the question.
    questions: Vec<(usize, &'r Question)>,
    section_weights: Vec<f64>,
}

impl<'r> Flat<'r> {
    fn new(rubric: &'r Rubric) -> Self {
        Self {
            questions: rubric
                .sections
                .iter()
                .enumerate()
                .flat_map(|(s, section)| section.questions.iter().map(move |q| (s, q)))
                .collect(),
            section_weights: rubric.sections.iter().map(|s| s.weight).collect(),
        }
    }

    /// Share of its most points that an answer earns.
    fn share(&self, question: usize, answer: YesNo) -> f64 {
        let points = self.questions[question].1.points;
        points.of(answer) / points.most()
    }

    /// Each question's share of the form, 0 to 1; they add up to 1. `None` for what does not
    /// count.
    fn weights(&self, shares: &[Option<f64>]) -> Vec<Option<f64>> {
        let entries: Vec<Entry> = self
            .questions
            .iter()
            .zip(shares)
            .map(|((section, q), share)| Entry {
                section: *section,
                weight: q.weight,
                share: *share,
            })
            .collect();
        effective_weights(&entries, &self.section_weights)
    }

    /// Sum of share × weight, 0 to 100; `None` where nothing counts.
    fn score(&self, shares: &[Option<f64>]) -> Option<f64> {
        let mut sum = 0.0;
        let mut counted = false;
        for (share, weight) in shares.iter().zip(self.weights(shares)) {
            if let (Some(share), Some(weight)) = (share, weight) {
                sum += share * weight;
                counted = true;
            }
        }
        counted.then(|| rounded(sum * 100.0))
    }

    /// The lowest or highest score over the answers still possible. Each abstained question takes
    /// the answer that pulls the mean furthest; a conditional one may also turn out not to apply,
    /// and is removed where that goes further.
    fn extreme(&self, answers: &[Answered], highest: bool) -> Option<f64> {
        let pull = |i: usize| {
            let (yes, no) = (self.share(i, YesNo::Yes), self.share(i, YesNo::No));
            if highest { yes.max(no) } else { yes.min(no) }
        };
        let further = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) if highest => a > b,
            (Some(a), Some(b)) => a < b,
            _ => false,
        };
        let open = |i: usize| answers[i].answer == Answer::Abstain;
        let mut shares: Vec<Option<f64>> = (0..answers.len())
            .map(|i| match answers[i].answer.yes_no() {
                Some(answer) => Some(self.share(i, answer)),
                None => open(i).then(|| pull(i)),
            })
            .collect();
        let mut best = self.score(&shares);
        for i in (0..answers.len()).filter(|&i| open(i)) {
            if self.questions[i].1.applies_when.is_none() {
                continue;
            }
            let kept = shares[i].take();
            let without = self.score(&shares);
            if further(without, best) {
                best = without;
            } else {
                shares[i] = kept;
            }
        }
        best
    }
}

/// One question as it enters a sum.
#[derive(Clone, Copy)]
struct Entry {
    section: usize,
    weight: f64,
    /// Share of the most points, 0 to 1; `None` where the question does not count.
    share: Option<f64>,
}

/// Scores a form and writes into each answer the weight that it carried. `answers` stand in the
/// order of the form.
pub(super) fn score(rubric: &Rubric, answers: &mut [Answered]) -> FormScore {
    let form = Flat::new(rubric);
    let shares: Vec<Option<f64>> = (0..answers.len())
        .map(|i| answers[i].answer.yes_no().map(|a| form.share(i, a)))
        .collect();
    let before = form.score(&shares);
    let (low, high) = (form.extreme(answers, false), form.extreme(answers, true));
    for (answer, weight) in answers.iter_mut().zip(form.weights(&shares)) {
        answer.weight = weight;
    }
    let auto_failed_by: Vec<String> = answers
        .iter()
        .filter(|a| a.auto_fail)
        .map(|a| a.question.clone())
        .collect();
    let failed = !auto_failed_by.is_empty();
    let may_fail = answers
        .iter()
        .any(|a| a.critical && a.answer == Answer::Abstain);
    let zero_if = |yes: bool, score: Option<f64>| if yes { score.map(|_| 0.0) } else { score };
    let low = zero_if(failed || may_fail, low);
    let high = zero_if(failed, high);
    FormScore {
        score: zero_if(failed, before),
        score_before_auto_fail: before,
        low,
        high,
        verdict: verdict(failed, may_fail, low, high, rubric.pass_at),
        auto_failed_by,
    }
}

fn verdict(
    failed: bool,
    may_fail: bool,
    low: Option<f64>,
    high: Option<f64>,
    pass_at: Option<f64>,
) -> Verdict {
    if failed {
        return Verdict::Fail;
    }
    let pass_at = pass_at.unwrap_or(0.0);
    match (low, high) {
        (_, Some(high)) if high < pass_at => Verdict::Fail,
        (Some(low), Some(_)) if low >= pass_at && !may_fail => Verdict::Pass,
        _ => Verdict::Undetermined,
    }
}

/// See [`Flat::weights`].
fn effective_weights(entries: &[Entry], section_weights: &[f64]) -> Vec<Option<f64>> {
    let counts =
        |e: &Entry| e.share.is_some() && e.weight > 0.0 && section_weights[e.section] > 0.0;
    let mut within = vec![0.0; section_weights.len()];
    for entry in entries.iter().filter(|e| counts(e)) {
        within[entry.section] += entry.weight;
    }
    let total: f64 = section_weights
        .iter()
        .zip(&within)
        .filter(|(_, w)| **w > 0.0)
        .map(|(weight, _)| weight)
        .sum();
    entries
        .iter()
        .map(|e| {
            counts(e).then(|| section_weights[e.section] / total * e.weight / within[e.section])
        })
        .collect()
}

/// To a millionth of a point, so that the order of questions cannot show in the last bit.
fn rounded(score: f64) -> f64 {
    (score * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Weight, points for yes, points for no.
    type Q = (f64, f64, f64);

    /// A form from section weights and their questions.
    fn form(sections: &[(f64, &[Q])]) -> Rubric {
        let mut yaml = String::from("rubric: r\nversion: '1'\ntitle: t\nsections:\n");
        let mut id = 0;
        for (s, (weight, questions)) in sections.iter().enumerate() {
            yaml += &format!("- id: s{s}\n  title: s\n  weight: {weight:.4}\n  questions:\n");
            for (weight, yes, no) in *questions {
                id += 1;
                yaml += &format!(
                    "  - id: q{id}\n    text: q\n    weight: {weight:.4}\n    points: {{yes: {yes:.4}, no: {no:.4}}}\n    yes_when:\n      said: {{by: agent, any: [hello]}}\n"
                );
            }
        }
        crate::rubric::parse(&yaml, "test").unwrap()
    }

    fn answered(rubric: &Rubric, given: &[Answer]) -> (FormScore, Vec<Answered>) {
        let mut answers: Vec<Answered> = rubric
            .sections
            .iter()
            .flat_map(|s| &s.questions)
            .zip(given)
            .map(|(q, answer)| Answered {
                section: String::new(),
                question: q.id.clone(),
                answer: *answer,
                reason: None,
                points: None,
                max_points: q.points.most(),
                weight: None,
                critical: q.auto_fail_on.is_some(),
                auto_fail: q.auto_fail_on.is_some() && q.auto_fail_on == answer.yes_no(),
                evidence: Vec::new(),
            })
            .collect();
        (score(rubric, &mut answers), answers)
    }

    use Answer::{Abstain, No, NotApplicable as Na, Yes};

    #[test]
    fn amazon_connect_published_examples() {
        // Weights 40/20/20/20, options worth 10/5/0, answers 10, 5, 5, 0: 60 %. With the last
        // question not applicable the weights become 50/25/25: 75 %. With the first: 33 %.
        let rubric = form(&[(
            1.0,
            &[
                (40.0, 10.0, 0.0),
                (20.0, 10.0, 5.0),
                (20.0, 10.0, 5.0),
                (20.0, 10.0, 0.0),
            ],
        )]);
        let (score, _) = answered(&rubric, &[Yes, No, No, No]);
        assert_eq!(score.score, Some(60.0));
        let (score, answers) = answered(&rubric, &[Yes, No, No, Na]);
        assert_eq!(score.score, Some(75.0));
        let weights: Vec<_> = answers.iter().map(|a| a.weight).collect();
        assert_eq!(weights, [Some(0.5), Some(0.25), Some(0.25), None]);
        let (score, _) = answered(&rubric, &[Na, No, No, No]);
        assert!((score.score.unwrap() - 100.0 / 3.0).abs() < 1e-5);
    }

    #[test]
    fn genesys_published_example() {
        // Group 1 with weight factor 40 and two 1-point questions (1, 0), group 2 with 20 and one
        // (1): (1·40 + 1·20) / (2·40 + 1·20) = 60 %. Genesys weighs points, so such a form is
        // carried over as one section whose questions weigh factor × points.
        let rubric = form(&[(1.0, &[(40.0, 1.0, 0.0), (40.0, 1.0, 0.0), (20.0, 1.0, 0.0)])]);
        assert_eq!(answered(&rubric, &[Yes, No, Yes]).0.score, Some(60.0));
    }

    #[test]
    fn a_section_without_any_question_left_gives_its_weight_away() {
        let rubric = form(&[
            (60.0, &[(1.0, 1.0, 0.0)]),
            (30.0, &[(1.0, 1.0, 0.0)]),
            (10.0, &[(1.0, 1.0, 0.0)]),
        ]);
        let (score, _) = answered(&rubric, &[Na, Yes, No]);
        assert_eq!(score.score, Some(75.0));
        assert_eq!(answered(&rubric, &[Na, Na, Na]).0.score, None);
    }

    #[test]
    fn an_abstention_opens_an_interval_and_leaves_the_verdict_open() {
        let mut rubric = form(&[(1.0, &[(50.0, 1.0, 0.0), (50.0, 1.0, 0.0)])]);
        rubric.pass_at = Some(75.0);
        let (score, _) = answered(&rubric, &[Yes, Abstain]);
        assert_eq!(
            (score.score, score.low, score.high),
            (Some(100.0), Some(50.0), Some(100.0))
        );
        assert_eq!(score.verdict, Verdict::Undetermined);
        let (score, _) = answered(&rubric, &[No, Abstain]);
        assert_eq!(score.verdict, Verdict::Fail);
        assert_eq!(answered(&rubric, &[Yes, Yes]).0.verdict, Verdict::Pass);
    }

    #[test]
    fn auto_fail_zeroes_the_score_and_keeps_the_one_before() {
        let mut rubric = form(&[(1.0, &[(80.0, 1.0, 0.0), (20.0, 1.0, 0.0)])]);
        rubric.sections[0].questions[1].auto_fail_on = Some(YesNo::No);
        let (score, _) = answered(&rubric, &[Yes, No]);
        assert_eq!(score.score, Some(0.0));
        assert_eq!(score.score_before_auto_fail, Some(80.0));
        assert_eq!(score.verdict, Verdict::Fail);
        assert_eq!(score.auto_failed_by, ["q2"]);
        // Nobody knows whether it failed: the lowest score is 0, and the verdict is open.
        let (score, _) = answered(&rubric, &[Yes, Abstain]);
        assert_eq!((score.low, score.high), (Some(0.0), Some(100.0)));
        assert_eq!(score.verdict, Verdict::Undetermined);
    }

    fn any_answer() -> impl Strategy<Value = Answer> {
        prop_oneof![Just(Yes), Just(No), Just(Na), Just(Abstain)]
    }

    proptest! {
        #[test]
        fn scores_stay_in_bounds_and_weights_add_up(
            weights in prop::collection::vec(0.1_f64..50.0, 6),
            sections in prop::collection::vec(0.1_f64..50.0, 2),
            given in prop::collection::vec(any_answer(), 6),
        ) {
            let questions: Vec<(f64, f64, f64)> = weights.iter().map(|w| (*w, 2.0, 0.5)).collect();
            let rubric = form(&[(sections[0], &questions[..3]), (sections[1], &questions[3..])]);
            let (score, answers) = answered(&rubric, &given);
            if let Some(value) = score.score {
                prop_assert!((0.0..=100.0).contains(&value));
                let (low, high) = (score.low.unwrap(), score.high.unwrap());
                prop_assert!(low <= value + 1e-6 && value <= high + 1e-6, "{low} {value} {high}");
                let sum: f64 = answers.iter().filter_map(|a| a.weight).sum();
                prop_assert!((sum - 1.0).abs() < 1e-9);
            }
            // N/A equals removing the question.
            let kept: Vec<usize> = (0..6).filter(|i| given[*i] != Na).collect();
            let in_section = |s: usize| kept.iter().filter(move |i| **i / 3 == s).copied().collect::<Vec<_>>();
            if !in_section(0).is_empty() && !in_section(1).is_empty() {
                let pick = |s: usize| in_section(s).iter().map(|i| questions[*i]).collect::<Vec<_>>();
                let smaller = form(&[(sections[0], &pick(0)), (sections[1], &pick(1))]);
                let left: Vec<Answer> = kept.iter().map(|i| given[*i]).collect();
                let (other, _) = answered(&smaller, &left);
                match (score.score, other.score) {
                    (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-5),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }
    }
}
