//! Whole forms as raters filled them in, and what these come to in points.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::calibration::base::{AUTOMATIC_RATER, Base, Form, Given, Question};
use crate::scoring::{Answer, Sheet, SheetForm};

/// Share of a form's or section's weight that must be answered for its score to count.
pub const ANSWERED_AT_LEAST: f64 = 0.8;

/// Who filled a sheet in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Automatic scorer or person, by index.
    Rater(usize),
    /// The agreed answers.
    Agreed,
    /// The agent of the call.
    Own,
}

/// The sheets of one form, by call.
pub struct Sheets {
    /// Ids of the sections of the latest version, in order.
    pub sections: Vec<String>,
    pub calls: BTreeMap<usize, BTreeMap<Side, Points>>,
}

/// Scores of one sheet before auto-fail; `None` where too little was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    pub form: Option<f64>,
    /// In the order of [`Sheets::sections`].
    pub sections: Vec<Option<f64>>,
}

type Answers<'b> = BTreeMap<&'b str, Answer>;

impl Sheets {
    /// Of all calls that a person rated.
    pub fn of(base: &Base, form: &Form) -> Self {
        let questions: Vec<&Question> =
            form.questions.iter().map(|&q| &base.questions[q]).collect();
        let mut given: BTreeMap<usize, BTreeMap<Side, Answers<'_>>> = BTreeMap::new();
        for question in &questions {
            let mut add = |call: usize, side: Side, answer: Given| {
                let sheet = given.entry(call).or_default().entry(side).or_default();
                let text = question.answers.name(answer.answer);
                sheet.extend(Answer::read(text, question.kind).map(|a| (question.id.as_str(), a)));
            };
            for rated in &question.people {
                add(rated.call, Side::Rater(rated.rater), rated.given);
            }
            for (call, rated) in &question.gold {
                add(*call, Side::Agreed, rated.given);
            }
            for rated in &question.own {
                add(rated.call, Side::Own, rated.given);
            }
        }
        for question in &questions {
            for (call, sides) in &mut given {
                if let Some(answer) = question.automatic_on(*call) {
                    let text = question.answers.name(answer.answer);
                    let sheet = sides.entry(Side::Rater(AUTOMATIC_RATER)).or_default();
                    sheet.extend(
                        Answer::read(text, question.kind).map(|a| (question.id.as_str(), a)),
                    );
                }
            }
        }
        let forms: Vec<SheetForm> = form.versions.iter().map(SheetForm::new).collect();
        let sections: Vec<String> = form.versions.last().map_or(Vec::new(), |latest| {
            latest.sections.iter().map(|s| s.id.clone()).collect()
        });
        let given: Vec<(usize, BTreeMap<Side, Answers<'_>>)> = given.into_iter().collect();
        let calls = given
            .into_par_iter()
            .filter_map(|(call, sides)| {
                let (version, _) = form.scored.get(&call)?;
                let ids: Vec<&str> = form.versions[*version]
                    .sections
                    .iter()
                    .map(|s| s.id.as_str())
                    .collect();
                let points = sides.into_iter().map(|(side, answers)| {
                    let sheet = forms[*version].score(&|id| answers.get(id).cloned());
                    (side, Points::of(&sheet, &ids, &sections))
                });
                Some((call, points.collect()))
            })
            .collect();
        Self { sections, calls }
    }

    /// Everybody who filled in a sheet.
    pub fn sides(&self) -> BTreeSet<Side> {
        self.calls
            .values()
            .flat_map(|sides| sides.keys().copied())
            .collect()
    }
}

impl Points {
    fn of(sheet: &Sheet, ids: &[&str], sections: &[String]) -> Self {
        let enough = |answered: f64| answered >= ANSWERED_AT_LEAST - 1e-9;
        Self {
            form: sheet.score.filter(|_| enough(sheet.answered)),
            sections: sections
                .iter()
                .map(|id| {
                    let at = ids.iter().position(|i| i == id)?;
                    sheet.sections[at].filter(|_| enough(sheet.answered_sections[at]))
                })
                .collect(),
        }
    }
}
