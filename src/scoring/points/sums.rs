//! One world: what each answer earns, and how that adds up to a section and a form.

use super::{Answer, Tag};
use crate::rubric::{AnswerIs, Change, FailScope, Kind, Question, Rubric};

/// The points of an answer; `None` without one, or where the answer is of another kind.
pub(super) fn points(kind: &Kind, answer: &Answer) -> Option<f64> {
    match (kind, answer) {
        (Kind::YesNo { points, .. }, Answer::Yes) => Some(points.yes),
        (Kind::YesNo { points, .. }, Answer::No) => Some(points.no),
        (Kind::Options { choices, .. }, Answer::Choice(id)) => {
            choices.iter().find(|c| c.id == *id).map(|c| c.points)
        }
        (Kind::MultiSelect { choices, .. }, Answer::Selected(ids)) => {
            let chosen = choices.iter().filter(|c| ids.contains(&c.id));
            // The plain sum of nothing is -0.
            let sum = chosen.fold(0.0, |sum, c| sum + c.points);
            Some(sum.min(kind.most()))
        }
        (Kind::Number { steps, .. }, Answer::Number(value)) => steps
            .iter()
            .find(|s| s.at_most.is_none_or(|most| *value <= most))
            .map(|s| s.points),
        _ => None,
    }
}

/// What an answer does to the sums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Effect {
    /// Share of the question's most points, 0 to 1; means something only where it is counted.
    pub share: f64,
    pub flags: u8,
}

impl Effect {
    /// It enters the score.
    pub const COUNTED: u8 = 1;
    pub const FORM_FAIL: u8 = 2;
    pub const SECTION_FAIL: u8 = 4;
    /// A critical question applies.
    pub const CRITICAL: u8 = 8;
    /// It earned less than the most, or fails the form or its section. Not of a mark worth
    /// celebrating: it is no failure where there is none.
    pub const SHORT: u8 = 16;
    /// Not applicable, or left out.
    pub const NONE: Effect = Effect {
        share: 0.0,
        flags: 0,
    };

    /// Whether it has one of these flags.
    pub fn has(self, flags: u8) -> bool {
        self.flags & flags != 0
    }
}

/// A form, prepared for sums.
pub(super) struct Form<'r> {
    pub rubric: &'r Rubric,
    pub items: Vec<Item<'r>>,
    /// First item of each section, and one more at the end.
    pub first: Vec<usize>,
    /// All conditions of all adjustments.
    pub conditions: Vec<Condition<'r>>,
    /// The section of each adjustment; `None` for the form.
    pub adjusts: Vec<Option<usize>>,
}

/// One question of the form.
pub(super) struct Item<'r> {
    pub section: usize,
    pub question: &'r Question,
    /// The most points.
    pub most: f64,
    /// In its section; 0 where answers never count.
    pub weight: f64,
    /// Of the whole form if all questions apply, up to a factor; 0 in a bonus section.
    pub nominal: f64,
    /// The question that it hangs on, and the answers that show it.
    pub parent: Option<(usize, &'r [String])>,
}

impl Item<'_> {
    pub fn effect(&self, answer: &Answer) -> Effect {
        if !answer.is_given() {
            return Effect::NONE;
        }
        let points = points(&self.question.kind, answer);
        let mut flags = 0;
        let mut share = 0.0;
        if let Some(points) = points {
            if self.weight > 0.0 {
                flags |= Effect::COUNTED;
                share = points / self.most;
            }
            if points + 1e-9 < self.most && !self.question.celebrate {
                flags |= Effect::SHORT;
            }
        }
        if self.question.critical {
            flags |= Effect::CRITICAL;
        }
        if let Some(fail) = &self.question.auto_fail
            && answer.is_one_of(&fail.on)
        {
            flags |= Effect::SHORT
                | match fail.of {
                    FailScope::Form => Effect::FORM_FAIL,
                    FailScope::Section => Effect::SECTION_FAIL,
                };
        }
        Effect { share, flags }
    }
}

/// One condition of an adjustment.
pub(super) struct Condition<'r> {
    pub adjustment: usize,
    pub question: usize,
    pub is: &'r [String],
}

/// A score beside the form's own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Tag(Tag),
    Critical,
}

impl Part {
    pub fn holds(self, question: &Question) -> bool {
        match self {
            Part::Tag(tag) => question.tags.contains(&tag),
            Part::Critical => question.critical,
        }
    }
}

/// The sums of one world.
pub(super) struct Tally {
    /// After the section's rules and auto-fail; `None` where nothing in it counts.
    pub sections: Vec<Option<f64>>,
    /// The form's score before auto-fail.
    pub before: Option<f64>,
    pub form_failed: bool,
    /// Whether critical questions apply, and whether one fell short.
    pub critical: (bool, bool),
    /// Which adjustments took effect.
    pub adjusted: Vec<bool>,
}

impl<'r> Form<'r> {
    pub fn new(rubric: &'r Rubric) -> Self {
        let mut items: Vec<Item> = Vec::with_capacity(32);
        let mut first = Vec::with_capacity(rubric.sections.len() + 1);
        let find = |items: &[Item], id: &str| items.iter().position(|i| i.question.id == id);
        for (s, section) in rubric.sections.iter().enumerate() {
            first.push(items.len());
            let mut total = 0.0;
            for question in &section.questions {
                let weight = if question.is_scored() {
                    question.weight
                } else {
                    0.0
                };
                total += weight;
                let parent = question
                    .shown_when
                    .as_ref()
                    .and_then(|AnswerIs { question, is }| {
                        find(&items, question).map(|parent| (parent, is.as_slice()))
                    });
                items.push(Item {
                    section: s,
                    question,
                    most: question.kind.most(),
                    weight,
                    nominal: 0.0,
                    parent,
                });
            }
            if total > 0.0 && !section.bonus {
                for item in &mut items[first[s]..] {
                    item.nominal = section.weight * item.weight / total;
                }
            }
        }
        first.push(items.len());
        let mut conditions = Vec::new();
        for (a, adjustment) in rubric.adjustments.iter().enumerate() {
            for AnswerIs { question, is } in &adjustment.when {
                let question = find(&items, question)
                    .expect("a rubric that loads names only questions that it has");
                conditions.push(Condition {
                    adjustment: a,
                    question,
                    is,
                });
            }
        }
        let adjusts = rubric
            .adjustments
            .iter()
            .map(|a| {
                a.section.as_ref().map(|id| {
                    let section = rubric.sections.iter().position(|s| s.id == *id);
                    section.expect("a rubric that loads names only sections that it has")
                })
            })
            .collect();
        Form {
            rubric,
            items,
            first,
            conditions,
            adjusts,
        }
    }

    /// The items of a section.
    pub fn of_section(&self, section: usize) -> std::ops::Range<usize> {
        self.first[section]..self.first[section + 1]
    }

    /// The parts with a score of their own that this form has.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        Tag::ALL
            .into_iter()
            .map(Part::Tag)
            .chain([Part::Critical])
            .filter(|part| self.items.iter().any(|i| part.holds(i.question)))
    }

    /// Each question's share of the form's score, 0 to 1; they add up to 1, and those of bonus
    /// sections come on top. `None` for what does not count.
    pub fn effective_weights(&self, effects: &[Effect]) -> Vec<Option<f64>> {
        let sections = &self.rubric.sections;
        let mut within = vec![0.0; sections.len()];
        for (item, effect) in self.items.iter().zip(effects) {
            if effect.has(Effect::COUNTED) {
                within[item.section] += item.weight;
            }
        }
        let total: f64 = sections
            .iter()
            .zip(&within)
            .filter(|(section, within)| !section.bonus && **within > 0.0)
            .map(|(section, _)| section.weight)
            .sum();
        self.items
            .iter()
            .zip(effects)
            .map(|(item, effect)| {
                let section = &sections[item.section];
                let all = if section.bonus { 100.0 } else { total };
                (effect.has(Effect::COUNTED) && section.weight > 0.0)
                    .then(|| section.weight / all * item.weight / within[item.section])
            })
            .collect()
    }

    /// The mean of a part, 0 to 100.
    pub fn mean_of(&self, part: Part, effects: &[Effect]) -> Option<f64> {
        let mut sum = 0.0;
        let mut weight = 0.0;
        for (item, effect) in self.items.iter().zip(effects) {
            if effect.has(Effect::COUNTED) && part.holds(item.question) {
                sum += item.nominal * effect.share;
                weight += item.nominal;
            }
        }
        (weight > 0.0).then(|| 100.0 * sum / weight)
    }

    /// Adds up one world. `holds` tells whether a condition of an adjustment does.
    pub fn tally(&self, effects: &[Effect], holds: impl Fn(&Condition) -> bool) -> Tally {
        let mut adjusted = vec![true; self.adjusts.len()];
        for condition in &self.conditions {
            adjusted[condition.adjustment] &= holds(condition);
        }
        let sections: Vec<Option<f64>> = (0..self.rubric.sections.len())
            .map(|s| {
                let range = self.of_section(s);
                let (mut sum, mut weight, mut failed) = (0.0, 0.0, false);
                for (item, effect) in self.items[range.clone()].iter().zip(&effects[range]) {
                    failed |= effect.has(Effect::SECTION_FAIL);
                    if effect.has(Effect::COUNTED) {
                        sum += item.weight * effect.share;
                        weight += item.weight;
                    }
                }
                let changes = || self.changes(Some(s), |a| (adjusted[a], adjusted[a]));
                (weight > 0.0).then(|| match failed {
                    true => 0.0,
                    false => self.section_score(s, 100.0 * sum / weight, &changes(), false),
                })
            })
            .collect();
        let (mut sum, mut weight, mut bonus) = (0.0, 0.0, 0.0);
        for (section, score) in self.rubric.sections.iter().zip(&sections) {
            match score {
                Some(score) if section.bonus => bonus += section.weight * score / 100.0,
                Some(score) => {
                    sum += section.weight * score;
                    weight += section.weight;
                }
                None => {}
            }
        }
        let before = (weight > 0.0).then(|| {
            let changes = self.changes(None, |a| (adjusted[a], adjusted[a]));
            self.form_score(sum / weight, bonus, &changes, false)
        });
        for (took, part) in adjusted.iter_mut().zip(&self.adjusts) {
            *took &= part.map_or(before, |s| sections[s]).is_some();
        }
        let any = |flags: u8| effects.iter().any(|e| e.flags & flags == flags);
        Tally {
            sections,
            before,
            form_failed: any(Effect::FORM_FAIL),
            critical: (any(Effect::CRITICAL), any(Effect::CRITICAL | Effect::SHORT)),
            adjusted,
        }
    }

    /// What the adjustments of a section, or of the form, do together; `state` tells for each
    /// whether it can hold and whether it must.
    pub fn changes(&self, part: Option<usize>, state: impl Fn(usize) -> (bool, bool)) -> Changes {
        let mut changes = Changes::default();
        for (a, adjustment) in self.rubric.adjustments.iter().enumerate() {
            let (can, must) = state(a);
            if self.adjusts[a] != part || !can {
                continue;
            }
            match adjustment.change {
                Change::Add(points) => {
                    changes.add_low += if must { points } else { points.min(0.0) };
                    changes.add_high += if must { points } else { points.max(0.0) };
                }
                Change::Set(score) => {
                    let score = score.clamp(0.0, 100.0);
                    let lowest = |known: Option<f64>| Some(known.map_or(score, |k| k.min(score)));
                    changes.set_lowest = lowest(changes.set_lowest);
                    if must {
                        changes.set_sure = lowest(changes.set_sure);
                    }
                    let highest = changes.set_highest.map_or(score, |k| k.max(score));
                    changes.set_highest = Some(highest);
                }
            }
        }
        changes
    }

    /// A section's score from the mean of its questions, before its auto-fail.
    pub fn section_score(&self, s: usize, mean: f64, changes: &Changes, highest: bool) -> f64 {
        let score = (mean + changes.add(highest)).clamp(0.0, 100.0);
        let minimum = self.rubric.sections[s].minimum.unwrap_or(0.0);
        changes.set(score.max(minimum), highest)
    }

    /// The form's score from the mean of its sections and its bonus, before its auto-fail. Only
    /// the bonus lifts it above 100.
    pub fn form_score(&self, mean: f64, bonus: f64, changes: &Changes, highest: bool) -> f64 {
        let score = (mean + changes.add(highest)).min(100.0) + bonus;
        let minimum = self.rubric.minimum.unwrap_or(0.0);
        changes.set(score.max(0.0).max(minimum), highest)
    }
}

/// What several adjustments do together. In one world the lowest and the highest are the same.
#[derive(Default)]
pub(super) struct Changes {
    add_low: f64,
    add_high: f64,
    /// The lowest setting of those that hold for certain: where there is one, no score is higher.
    set_sure: Option<f64>,
    /// Of all that can hold.
    set_lowest: Option<f64>,
    set_highest: Option<f64>,
}

impl Changes {
    fn add(&self, highest: bool) -> f64 {
        if highest { self.add_high } else { self.add_low }
    }

    fn set(&self, score: f64, highest: bool) -> f64 {
        match (self.set_sure, highest) {
            (Some(sure), true) => sure,
            (Some(sure), false) => self.set_lowest.map_or(sure, |lowest| lowest.min(sure)),
            (None, true) => self.set_highest.map_or(score, |set| set.max(score)),
            (None, false) => self.set_lowest.map_or(score, |set| set.min(score)),
        }
    }
}
