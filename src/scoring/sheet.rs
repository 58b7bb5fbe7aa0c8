//! A form as somebody filled it in: points from answers alone, without a call.
//!
//! Scores are those before auto-fail: with it they fall to 0 on one answer, and two raters who
//! agree on all the others seem worlds apart. A question that was left out, or that its rater
//! could not tell, gives its weight to the others; how much of the weight was answered is told.

use super::points::{self, PartKind};
use super::{Answer, Answered};
use crate::rubric::{Question, Rubric, Section};

/// A form made ready for sheets.
pub struct SheetForm {
    /// Without its auto-fails.
    rubric: Rubric,
    blank: Vec<Answered>,
    /// Share of the form's weight, by question; 0 where it is not scored or in a bonus section.
    weights: Vec<f64>,
    /// Index of the section, by question.
    sections: Vec<usize>,
}

/// What a sheet comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// 0 to 100, before auto-fail; `None` where nothing with a weight was answered.
    pub score: Option<f64>,
    /// By section, in the order of the form.
    pub sections: Vec<Option<f64>>,
    /// Share of the weight of all questions but those said not to apply that was answered, 0 to
    /// 1: of the form, and by section.
    pub answered: f64,
    pub answered_sections: Vec<f64>,
}

impl SheetForm {
    pub fn new(rubric: &Rubric) -> Self {
        let mut rubric = rubric.clone();
        for section in &mut rubric.sections {
            for question in &mut section.questions {
                question.auto_fail = None;
            }
        }
        let blank = rubric
            .questions()
            .map(|(s, question)| blank(&rubric.sections[s].id, question))
            .collect();
        let weights = rubric
            .questions()
            .map(|(s, q)| weight(&rubric.sections[s], q));
        Self {
            blank,
            weights: weights.collect(),
            sections: rubric.questions().map(|(s, _)| s).collect(),
            rubric,
        }
    }

    /// Scores a sheet; `given` tells the answer to a question, `None` where there is none.
    pub fn score(&self, given: &dyn Fn(&str) -> Option<Answer>) -> Sheet {
        let mut answers = self.blank.clone();
        let parts = self.rubric.sections.len();
        let mut answered = vec![0.0; parts];
        let mut asked = vec![0.0; parts];
        for ((answer, weight), &section) in
            answers.iter_mut().zip(&self.weights).zip(&self.sections)
        {
            match given(&answer.question) {
                Some(Answer::NotApplicable) => {}
                None | Some(Answer::Abstain) => asked[section] += weight,
                Some(said) => {
                    asked[section] += weight;
                    answered[section] += weight;
                    answer.answer = said;
                }
            }
        }
        let score = points::score(&self.rubric, &mut answers, &vec![Some(true); parts]);
        let share = |answered: f64, asked: f64| if asked > 0.0 { answered / asked } else { 0.0 };
        let sections = score.parts.iter().filter(|p| p.kind == PartKind::Section);
        Sheet {
            score: score.score_before_auto_fail,
            sections: sections.map(|p| p.score).collect(),
            answered: share(answered.iter().sum(), asked.iter().sum()),
            answered_sections: answered
                .iter()
                .zip(&asked)
                .map(|(answered, asked)| share(*answered, *asked))
                .collect(),
        }
    }
}

/// What a question weighs in its form, relative to the others, where all of them apply; `None`
/// for one that the form does not have.
pub fn weight_of(rubric: &Rubric, question: &str) -> Option<f64> {
    let found = rubric.questions().find(|(_, q)| q.id == question);
    found.map(|(s, q)| weight(&rubric.sections[s], q))
}

fn weight(section: &Section, question: &Question) -> f64 {
    let scored = |q: &Question| if q.is_scored() { q.weight } else { 0.0 };
    let all: f64 = section.questions.iter().map(scored).sum();
    match section.bonus || all == 0.0 {
        true => 0.0,
        false => section.weight * scored(question) / all,
    }
}

/// A question without an answer: as one that does not apply.
fn blank(section: &str, question: &Question) -> Answered {
    Answered {
        section: section.to_string(),
        question: question.id.clone(),
        answer: Answer::NotApplicable,
        reason: None,
        way: None,
        possible: Vec::new(),
        points: None,
        max_points: 0.0,
        weight: None,
        critical: false,
        auto_fail: false,
        cause: None,
        confidence: None,
        fragile: false,
        evidence: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "
rubric: r
version: '1'
title: T
sections:
- {id: a, title: A, weight: 60, questions: [
    {id: one, text: One?, weight: 2, answered_by: person, auto_fail_on: 'no'},
    {id: two, text: Two?, answered_by: person}]}
- {id: b, title: B, weight: 40, questions: [
    {id: three, text: Three?, answered_by: person},
    {id: four, text: Four?, answered_by: person, shown_when: {question: three, is: 'yes'}}]}
";

    #[test]
    fn a_sheet_is_scored_before_auto_fail_and_says_how_much_was_answered() {
        let rubric = crate::rubric::parse(FORM, "r.yaml").unwrap();
        let form = SheetForm::new(&rubric);
        let sheet = |answers: &[(&str, Answer)]| {
            form.score(&|id| {
                answers
                    .iter()
                    .find(|(q, _)| *q == id)
                    .map(|(_, a)| a.clone())
            })
        };
        use Answer::{Abstain, No, NotApplicable, Yes};
        // One fails the form, but not the sheet: 60 × 1/3 + 40 × 1.
        let full = sheet(&[("one", No), ("two", Yes), ("three", Yes), ("four", Yes)]);
        assert_eq!(full.score, Some(60.0));
        assert_eq!(full.sections, [Some(33.333333), Some(100.0)]);
        assert_eq!(full.answered, 1.0);
        // Two is left out and counts for nothing; four does not apply and is no gap.
        let gaps = sheet(&[
            ("one", Yes),
            ("two", Abstain),
            ("three", No),
            ("four", NotApplicable),
        ]);
        assert_eq!(gaps.score, Some(60.0));
        assert_eq!(gaps.answered_sections, [2.0 / 3.0, 1.0]);
        assert!((gaps.answered - 0.75).abs() < 1e-12, "{}", gaps.answered);
        assert_eq!(sheet(&[]).score, None);
        assert_eq!(sheet(&[]).answered, 0.0);
    }
}
