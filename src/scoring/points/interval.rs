//! All the worlds that abstentions leave possible: the lowest and highest score, and whether the
//! form can fail, hold, or both.
//!
//! A world gives every question that is shown one of its possible answers. The bounds are exact,
//! without visiting each world:
//!
//! - A section's score rises with the mean of its questions, and the form's with the scores of
//!   its sections. So the extreme of a section is found alone, then that of the form.
//! - The extreme of a weighted mean whose members may also be absent is a fractional programme:
//!   for a trial mean λ, Σ weight × (share − λ) is made as large as can be, question by question,
//!   a child's part added to each answer of its parent. The mean of what was chosen is the next λ
//!   (Dinkelbach, *On nonlinear fractional programming*, Management Science 13, 1967); two or
//!   three rounds settle it.
//! - What ties questions together otherwise is enumerated: those that an adjustment asks for, and
//!   those that show a question of another section. Up to [`MOST_COMBINATIONS`] of what they can
//!   set off are tried one by one; questions beyond that, in the order of the form, are treated
//!   as if each of their effects came or stayed away by itself. Then the bounds may be wider than
//!   need be, and never too narrow.

use std::ops::Range;

use super::sums::{Changes, Effect, Form, Item, Part, Tally};
use super::{Answer, Answered, Shown, Verdict, rounded};
use crate::rubric::Section;

/// So many combinations of entangled questions are looked at one by one.
pub(super) const MOST_COMBINATIONS: usize = 4_096;

/// The lowest and highest of a score; empty where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Span(Option<(f64, f64)>);

impl Span {
    pub fn of(score: Option<f64>) -> Self {
        Span(score.map(|s| (s, s)))
    }

    pub fn low(self) -> Option<f64> {
        self.0.map(|(low, _)| rounded(low))
    }

    pub fn high(self) -> Option<f64> {
        self.0.map(|(_, high)| rounded(high))
    }

    /// A score over what was answered, moved to the nearer end where it lies outside.
    pub fn held(self, score: Option<f64>) -> Option<f64> {
        let score = rounded(score?);
        Some(match self.0 {
            Some((low, high)) => score.clamp(rounded(low), rounded(high)),
            None => score,
        })
    }

    fn widen(&mut self, other: Span) {
        if let Some((low, high)) = other.0 {
            let (l, h) = self.0.unwrap_or((low, high));
            self.0 = Some((l.min(low), h.max(high)));
        }
    }

    /// Whether something in it is below the bar, and whether something reaches it.
    fn against(self, pass_at: Option<f64>) -> (bool, bool) {
        let pass_at = pass_at.unwrap_or(0.0);
        match (self.low(), self.high()) {
            (Some(low), Some(high)) => (low < pass_at, high >= pass_at),
            _ => (false, false),
        }
    }
}

/// What is possible of a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    pub score: Span,
    pub before: Span,
    can_fail: bool,
    can_hold: bool,
    critical_can_apply: bool,
    critical_can_fail: bool,
    critical_can_hold: bool,
    pub sections: Vec<SectionBounds>,
    /// In the order of [`Form::parts`]; `None` or missing where nothing is open.
    pub parts: Vec<Option<Span>>,
}

/// What is possible of a section.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SectionBounds {
    pub span: Span,
    /// Nothing in it may count.
    can_be_empty: bool,
}

impl SectionBounds {
    pub fn verdict(self, pass_at: Option<f64>) -> Option<Verdict> {
        pass_at?;
        let (below, reaches) = self.span.against(pass_at);
        Verdict::of(below, reaches || self.can_be_empty, reaches)
    }
}

impl Bounds {
    /// Of a form without an open question.
    pub fn of_one(form: &Form, tally: &Tally) -> Self {
        let score = match tally.form_failed {
            true => tally.before.map(|_| 0.0),
            false => tally.before,
        };
        let sections: Vec<SectionBounds> = tally
            .sections
            .iter()
            .map(|score| SectionBounds {
                span: Span::of(*score),
                can_be_empty: score.is_none(),
            })
            .collect();
        let fails = tally.form_failed
            || Span::of(score).against(form.rubric.pass_at).0
            || sections
                .iter()
                .zip(&form.rubric.sections)
                .any(|(bounds, section)| bounds.span.against(section.pass_at).0);
        Bounds {
            score: Span::of(score),
            before: Span::of(tally.before),
            can_fail: fails,
            can_hold: !fails,
            critical_can_apply: tally.critical.0,
            critical_can_fail: tally.critical.1,
            critical_can_hold: !tally.critical.1,
            sections,
            parts: Vec::new(),
        }
    }

    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.can_fail, self.can_hold, self.score.0.is_some())
            .unwrap_or(Verdict::NotApplicable)
    }

    pub fn critical_verdict(&self) -> Option<Verdict> {
        Verdict::of(
            self.critical_can_fail,
            self.critical_can_hold,
            self.critical_can_apply,
        )
    }
}

/// Whose score: the form's, or the agent's with what the agent could not help left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Form,
    Agent,
}

pub(super) fn bounds(
    form: &Form,
    answers: &[Answered],
    shown: &[Shown],
    section_applies: &[Option<bool>],
    of: Of,
) -> Bounds {
    Worlds::new(form, answers, shown, section_applies, of).bounds(answers)
}

/// One thing that a question's answer decides elsewhere.
struct Link<'r> {
    is: &'r [String],
    to: To,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    /// Whether this question of the same section is shown.
    Near(usize),
    /// Whether this question of another section is shown.
    Far(usize),
    /// Whether this condition holds.
    Condition(usize),
}

impl To {
    /// Whether it ties together what lies in different sums.
    fn entangles(self) -> bool {
        !matches!(self, To::Near(_))
    }
}

/// One possible answer. Answers that do the same are one.
struct Outcome {
    effect: Effect,
    /// What it sets off elsewhere: 0 for nothing, else 1 + the question's first outcome that sets
    /// off the same.
    sets_off: usize,
}

/// What is known of each question's outcomes and links.
struct Node<'r> {
    outcomes: Range<usize>,
    links: Vec<Link<'r>>,
    /// Where its rows in [`Worlds::holds`] begin: one for each outcome, one entry for each link.
    rows: usize,
    may_be_hidden: bool,
    /// This question's place among the links of its parent.
    link: usize,
}

/// An entangled question, and the different things that it can set off.
struct Variable {
    question: usize,
    choices: Range<usize>,
    at: usize,
}

struct Worlds<'f, 'r> {
    form: &'f Form<'r>,
    section_applies: &'f [Option<bool>],
    nodes: Vec<Node<'r>>,
    outcomes: Vec<Outcome>,
    holds: Vec<bool>,
    /// For each question what it sets off in the combination that is looked at; `None` where
    /// that does not matter, or is not enumerated.
    sets_off: Vec<Option<usize>>,
    /// Node and link of each condition of an adjustment.
    conditions: Vec<(usize, usize)>,
    variables: Vec<Variable>,
    /// Choices of all variables, one after another.
    choices: Vec<usize>,
    /// For each adjustment whether it can hold and whether it must, in this combination.
    adjustments: Vec<(bool, bool)>,
    /// The variables that each section depends on; the combinations of these repeat.
    touching: Vec<Vec<usize>>,
}

impl<'f, 'r> Worlds<'f, 'r> {
    fn new(
        form: &'f Form<'r>,
        answers: &[Answered],
        shown: &[Shown],
        section_applies: &'f [Option<bool>],
        of: Of,
    ) -> Self {
        let mut worlds = Worlds {
            form,
            section_applies,
            nodes: Vec::with_capacity(answers.len()),
            outcomes: Vec::with_capacity(2 * answers.len()),
            holds: Vec::new(),
            sets_off: vec![None; answers.len()],
            conditions: vec![(0, 0); form.conditions.len()],
            variables: Vec::new(),
            choices: Vec::new(),
            adjustments: vec![(true, true); form.adjusts.len()],
            touching: vec![Vec::new(); form.rubric.sections.len()],
        };
        worlds.link(shown);
        for (i, answer) in answers.iter().enumerate() {
            worlds.add_outcomes(i, answer, of);
        }
        worlds.choose_variables();
        worlds
    }

    fn link(&mut self, shown: &[Shown]) {
        for (i, item) in self.form.items.iter().enumerate() {
            let mut link = 0;
            if let Some((parent, is)) = item.parent {
                let near = self.form.items[parent].section == item.section;
                let to = if near { To::Near(i) } else { To::Far(i) };
                link = self.nodes[parent].links.len();
                self.nodes[parent].links.push(Link { is, to });
            }
            self.nodes.push(Node {
                outcomes: 0..0,
                links: Vec::new(),
                rows: 0,
                may_be_hidden: shown[i] == Shown::Open,
                link,
            });
        }
        for (c, condition) in self.form.conditions.iter().enumerate() {
            let links = &mut self.nodes[condition.question].links;
            self.conditions[c] = (condition.question, links.len());
            links.push(Link {
                is: condition.is,
                to: To::Condition(c),
            });
        }
    }

    fn add_outcomes(&mut self, i: usize, answered: &Answered, of: Of) {
        let item = &self.form.items[i];
        let first = self.outcomes.len();
        self.nodes[i].outcomes = first..first;
        self.nodes[i].rows = self.holds.len();
        for answer in &answered.possible {
            let mut left_out = false;
            let mut counts = true;
            if of == Of::Agent && answer.is_given() {
                let short = item.effect(answer).has(Effect::SHORT);
                left_out = !item.question.controllable_by_agent
                    || answered.cause.is_some_and(|c| c.is_outside_agent());
                counts = !left_out;
                // The cause of an answer that is not known is not known either.
                left_out |=
                    short && answered.answer == Answer::Abstain && !item.question.causes.is_empty();
            }
            if counts {
                self.add_outcome(i, item, answer, false);
            }
            if left_out {
                self.add_outcome(i, item, answer, true);
            }
        }
        if self.nodes[i].outcomes.is_empty() {
            // Nothing is known of what could be answered: a comment.
            self.add_outcome(i, item, &Answer::NotApplicable, false);
        }
    }

    fn add_outcome(&mut self, i: usize, item: &Item, answer: &Answer, left_out: bool) {
        let effect = if left_out {
            Effect::NONE
        } else {
            item.effect(answer)
        };
        let node = &mut self.nodes[i];
        let width = node.links.len();
        let row = self.holds.len();
        self.holds.extend(node.links.iter().map(|link| {
            answer.is_one_of(link.is) && !(left_out && matches!(link.to, To::Condition(_)))
        }));
        let (earlier, this) = self.holds.split_at(row);
        let mut sets_off = 0;
        let entangles = |j: usize| node.links[j].to.entangles();
        if (0..width).any(|j| this[j] && entangles(j)) {
            sets_off = 1 + node.outcomes.len();
        }
        for (k, o) in node.outcomes.clone().enumerate() {
            let other = &earlier[node.rows + k * width..][..width];
            if self.outcomes[o].effect == effect && other == this {
                self.holds.truncate(row);
                return;
            }
            if sets_off == 1 + node.outcomes.len()
                && (0..width).all(|j| !entangles(j) || other[j] == this[j])
            {
                sets_off = self.outcomes[o].sets_off;
            }
        }
        self.outcomes.push(Outcome { effect, sets_off });
        node.outcomes.end += 1;
    }

    /// Fixes what entangled questions set off where there is but one choice, and makes variables
    /// of the others, as many as may be enumerated.
    fn choose_variables(&mut self) {
        let mut combinations = 1_usize;
        for (i, node) in self.nodes.iter().enumerate() {
            if !node.links.iter().any(|link| link.to.entangles()) {
                continue;
            }
            let start = self.choices.len();
            if node.may_be_hidden {
                self.choices.push(0);
            }
            for outcome in &self.outcomes[node.outcomes.clone()] {
                if !self.choices[start..].contains(&outcome.sets_off) {
                    self.choices.push(outcome.sets_off);
                }
            }
            let choices = self.choices.len() - start;
            if choices > 1 && combinations * choices > MOST_COMBINATIONS {
                self.choices.truncate(start);
                continue;
            }
            combinations *= choices;
            self.sets_off[i] = Some(self.choices[start]);
            if choices > 1 {
                let section_of = |question: usize| self.form.items[question].section;
                let links = node.links.iter().filter_map(|link| match link.to {
                    To::Near(_) => None,
                    To::Far(child) => Some(section_of(child)),
                    To::Condition(c) => self.form.adjusts[self.form.conditions[c].adjustment],
                });
                let this = self.variables.len();
                for section in links.chain([section_of(i)]) {
                    if self.touching[section].last() != Some(&this) {
                        self.touching[section].push(this);
                    }
                }
                self.variables.push(Variable {
                    question: i,
                    choices: start..start + choices,
                    at: start,
                });
            }
        }
    }

    /// Goes to the next combination; false after the last.
    fn advance(&mut self) -> bool {
        for variable in &mut self.variables {
            variable.at += 1;
            let more = variable.at < variable.choices.end;
            if !more {
                variable.at = variable.choices.start;
            }
            self.sets_off[variable.question] = Some(self.choices[variable.at]);
            if more {
                return true;
            }
        }
        false
    }

    /// Whether a link of a question can hold, and whether it must.
    fn link_holds(&self, question: usize, link: usize) -> (bool, bool) {
        let node = &self.nodes[question];
        let row = |k: usize| self.holds[node.rows + k * node.links.len() + link];
        match self.sets_off[question] {
            Some(0) => (false, false),
            Some(first) => (row(first - 1), row(first - 1)),
            None => {
                let outcomes = 0..node.outcomes.len();
                (
                    outcomes.clone().any(row),
                    !node.may_be_hidden && outcomes.clone().all(row),
                )
            }
        }
    }

    fn judge_adjustments(&mut self) {
        self.adjustments.fill((true, true));
        for (c, condition) in self.form.conditions.iter().enumerate() {
            let (question, link) = self.conditions[c];
            let (can, must) = self.link_holds(question, link);
            let state = &mut self.adjustments[condition.adjustment];
            *state = (state.0 && can, state.1 && must);
        }
    }

    fn changes(&self, part: Option<usize>) -> Changes {
        self.form.changes(part, |a| self.adjustments[a])
    }

    fn bounds(&mut self, answers: &[Answered]) -> Bounds {
        let sections = self.form.rubric.sections.len();
        let mut bounds = Bounds {
            sections: vec![SectionBounds::default(); sections],
            parts: self
                .form
                .parts()
                .map(|part| self.is_open(part, answers).then(Span::default))
                .collect(),
            ..Bounds::default()
        };
        // Adjustments do not reach the parts, so without far links they are the same throughout.
        let far = self
            .nodes
            .iter()
            .any(|node| node.links.iter().any(|link| matches!(link.to, To::Far(_))));
        let mut sweep = Sweep::default();
        if !far {
            let fixed = self.sets_off.clone();
            self.sets_off.fill(None);
            self.widen_parts(&mut bounds, &mut sweep);
            self.sets_off = fixed;
        }
        let mut views = vec![View::default(); sections];
        let mut known: Vec<Vec<Option<View>>> =
            self.touching.iter().map(|t| self.blank(t)).collect();
        let mut form_level = Vec::with_capacity(sections);
        loop {
            self.judge_adjustments();
            for (s, view) in views.iter_mut().enumerate() {
                let known = &mut known[s][self.place(s)];
                *view = *known.get_or_insert_with(|| self.view(s, &mut sweep));
            }
            // No answers lead to this combination where a section has none that fit.
            if views.iter().all(|view| view.states != Reach::IMPOSSIBLE) {
                self.widen(&mut bounds, &views, &mut form_level);
                if far {
                    self.widen_parts(&mut bounds, &mut sweep);
                }
            }
            if !self.advance() {
                return bounds;
            }
        }
    }

    /// A place for each combination of some variables.
    fn blank(&self, variables: &[usize]) -> Vec<Option<View>> {
        let choices = variables.iter().map(|v| self.variables[*v].choices.len());
        vec![None; choices.product()]
    }

    /// The place of the present combination, as far as a section is concerned.
    fn place(&self, section: usize) -> usize {
        self.touching[section].iter().fold(0, |place, v| {
            let Variable { choices, at, .. } = &self.variables[*v];
            place * choices.len() + at - choices.start
        })
    }

    fn is_open(&self, part: Part, answers: &[Answered]) -> bool {
        let mut items = self.form.items.iter().zip(answers);
        items.any(|(item, a)| a.answer == Answer::Abstain && part.holds(item.question))
    }

    fn widen_parts(&self, bounds: &mut Bounds, sweep: &mut Sweep) {
        for (part, span) in self.form.parts().zip(&mut bounds.parts) {
            if let Some(span) = span {
                let weight = |item: &Item| {
                    if part.holds(item.question) {
                        item.nominal
                    } else {
                        0.0
                    }
                };
                let sections = 0..self.form.rubric.sections.len();
                span.widen(self.means(sections, weight, 0, sweep));
            }
        }
    }

    /// What can come of a section in this combination.
    fn view(&self, s: usize, sweep: &mut Sweep) -> View {
        use Effect as E;
        let states = self.fold(&Reach, s, &mut sweep.reach);
        let can = |of: u32| states & of != 0;
        let changes = self.changes(Some(s));
        let mut scored = |unless: u8, anyhow: u32| {
            let mut span = Span::default();
            if can(anyhow & states_with(E::COUNTED) & states_without(E::SECTION_FAIL)) {
                let means = self.means(s..s + 1, |i| i.weight, unless | E::SECTION_FAIL, sweep);
                span.0 = means.0.map(|(low, high)| {
                    (
                        self.form.section_score(s, low, &changes, false),
                        self.form.section_score(s, high, &changes, true),
                    )
                });
            }
            if can(anyhow & states_with(E::COUNTED) & states_with(E::SECTION_FAIL)) {
                span.widen(Span::of(Some(0.0)));
            }
            span
        };
        let spared = states_without(E::FORM_FAIL);
        let all = scored(0, u32::MAX);
        let unfailed = if can(!spared) {
            scored(E::FORM_FAIL, spared)
        } else {
            all
        };
        View {
            states,
            all,
            unfailed,
            empty: can(states_without(E::COUNTED)),
            empty_unfailed: can(states_without(E::COUNTED) & spared),
            can_be_unfailed: can(spared),
        }
    }

    /// Adds what is possible in this combination.
    fn widen(&self, bounds: &mut Bounds, views: &[View], level: &mut Vec<Member>) {
        use Effect as E;
        let rubric = self.form.rubric;
        let changes = self.changes(None);
        for (section, view) in bounds.sections.iter_mut().zip(views) {
            section.span.widen(view.all);
            section.can_be_empty |= view.empty;
        }

        let critical = states_of_all(views.iter().map(|v| v.states));
        let short = states_with(CRITICAL_SHORT);
        bounds.critical_can_apply |= critical & states_with(E::CRITICAL) != 0;
        bounds.critical_can_fail |= critical & short != 0;
        bounds.critical_can_hold |= critical & !short != 0;

        // Sections that count for the form's mean decide whether it has a score.
        let failing = states_with(E::FORM_FAIL);
        let states = states_of_all(views.iter().zip(&rubric.sections).map(|(view, section)| {
            match section.bonus || section.weight == 0.0 {
                true => without_counted(view.states),
                false => view.states,
            }
        }));
        let can_fail = states & failing != 0;
        bounds.can_fail |= can_fail;
        if states & failing & states_with(E::COUNTED) != 0 {
            bounds.score.widen(Span::of(Some(0.0)));
        }
        if can_fail {
            let all = |view: &View, _: &Section| (view.all, view.empty);
            bounds
                .before
                .widen(self.form_span(views, all, &changes, level));
        }
        if views.iter().any(|view| !view.can_be_unfailed) {
            return;
        }
        let unfailed = |view: &View, _: &Section| (view.unfailed, view.empty_unfailed);
        let span = self.form_span(views, unfailed, &changes, level);
        bounds.score.widen(span);
        bounds.can_fail |= span.against(rubric.pass_at).0;
        if !can_fail {
            bounds.before.widen(span);
        }

        // It holds where each section reaches its bar or does not count, and the form its own.
        let (mut can_hold, mut can_be_empty, mut barred) = (true, true, false);
        for (view, section) in views.iter().zip(&rubric.sections) {
            let (below, reaches) = view.unfailed.against(section.pass_at);
            bounds.can_fail |= below;
            barred |= below;
            can_hold &= reaches || view.empty_unfailed;
            can_be_empty &= section.bonus || section.weight == 0.0 || view.empty_unfailed;
        }
        let holding = |view: &View, section: &Section| {
            let reaches = view.unfailed.against(section.pass_at).1;
            let span = if reaches {
                view.unfailed
            } else {
                Span::default()
            };
            (span, view.empty_unfailed)
        };
        let span = if barred {
            self.form_span(views, holding, &changes, level)
        } else {
            span
        };
        bounds.can_hold |= can_hold && (can_be_empty || span.against(rubric.pass_at).1);
    }

    /// The form's score over the sections; `of` gives for each its score and whether it may have
    /// none.
    fn form_span(
        &self,
        views: &[View],
        of: impl Fn(&View, &Section) -> (Span, bool),
        changes: &Changes,
        level: &mut Vec<Member>,
    ) -> Span {
        let extreme = |highest: bool, level: &mut Vec<Member>| {
            level.clear();
            let mut bonus = 0.0;
            for (view, section) in views.iter().zip(&self.form.rubric.sections) {
                let (Span(Some((low, high))), optional) = of(view, section) else {
                    continue;
                };
                let score = if highest { high } else { low };
                if section.bonus {
                    let none = optional && !highest;
                    bonus += if none {
                        0.0
                    } else {
                        section.weight * score / 100.0
                    };
                } else if section.weight > 0.0 {
                    level.push(Member {
                        weight: section.weight,
                        score,
                        optional,
                    });
                }
            }
            let mean = mean_of_members(level, highest)?;
            Some(self.form.form_score(mean, bonus, changes, highest))
        };
        Span(extreme(false, level).zip(extreme(true, level)))
    }

    /// The lowest and highest mean of some sections' questions, 0 to 100, over the worlds without
    /// the flags `unless` in which one counts.
    fn means(
        &self,
        sections: Range<usize>,
        weight: impl Fn(&Item) -> f64,
        unless: u8,
        sweep: &mut Sweep,
    ) -> Span {
        let mut extreme = |sign: f64| {
            // Below every mean: the first round takes all that may count.
            let mut mean = -2.0;
            for _ in 0..100 {
                let pull = Pull {
                    weight: &weight,
                    sign,
                    mean,
                    unless,
                };
                let best = sections
                    .clone()
                    .map(|s| self.fold(&pull, s, &mut sweep.pull))
                    .fold(Pulled::NOTHING, Pulled::and);
                if best.gain == f64::NEG_INFINITY || best.weight <= 0.0 {
                    break;
                }
                let next = best.sum / best.weight;
                if next <= mean + 1e-13 {
                    break;
                }
                mean = next;
            }
            (mean > -1.5).then_some(100.0 * sign * mean)
        };
        Span(extreme(-1.0).zip(extreme(1.0)))
    }

    /// Folds all that can be in a section: the questions in the reverse of their order, so that a
    /// child is known before its parent.
    fn fold<A: Algebra>(&self, algebra: &A, s: usize, scratch: &mut Scratch<A::Value>) -> A::Value {
        let range = self.form.of_section(s);
        let (nothing, impossible) = (A::NOTHING, A::IMPOSSIBLE);
        let Scratch { outcomes, hidden } = scratch;
        outcomes.clear();
        hidden.clear();
        let base = self.nodes.get(range.start).map_or(0, |n| n.outcomes.start);
        for i in range.clone() {
            let item = &self.form.items[i];
            let fixed = self.sets_off[i];
            hidden.push(match fixed {
                Some(0) | None => nothing,
                Some(_) => impossible,
            });
            for outcome in &self.outcomes[self.nodes[i].outcomes.clone()] {
                let fits = fixed.is_none_or(|f| f == outcome.sets_off);
                outcomes.push(if fits {
                    algebra.outcome(item, outcome.effect)
                } else {
                    impossible
                });
            }
        }
        let (mut applied, mut absent) = (nothing, nothing);
        for i in range.clone().rev() {
            let node = &self.nodes[i];
            let own = node.outcomes.start - base..node.outcomes.end - base;
            let shown = outcomes[own].iter().fold(impossible, |a, b| A::or(a, *b));
            let gone = hidden[i - range.start];
            match self.form.items[i].parent {
                Some((parent, _)) if range.contains(&parent) => {
                    let above = &self.nodes[parent];
                    let mut row = above.rows + node.link;
                    for o in above.outcomes.start - base..above.outcomes.end - base {
                        let part = if self.holds[row] { shown } else { gone };
                        outcomes[o] = A::and(outcomes[o], part);
                        row += above.links.len();
                    }
                    let above = &mut hidden[parent - range.start];
                    *above = A::and(*above, gone);
                }
                Some((parent, _)) => {
                    let part = match self.link_holds(parent, node.link) {
                        (false, _) => gone,
                        (_, true) => shown,
                        _ => A::or(shown, gone),
                    };
                    applied = A::and(applied, part);
                    absent = A::and(absent, gone);
                }
                None => {
                    applied = A::and(applied, shown);
                    absent = A::and(absent, gone);
                }
            }
        }
        match self.section_applies[s] {
            Some(_) => applied,
            None => A::or(applied, absent),
        }
    }
}

/// What can come of a section in one combination.
#[derive(Clone, Copy, Default)]
struct View {
    /// The sets of flags that its answers can add up to.
    states: u32,
    /// Its score in all worlds, and in those where it does not fail the form.
    all: Span,
    unfailed: Span,
    /// Whether nothing in it may count, in all worlds and in those.
    empty: bool,
    empty_unfailed: bool,
    can_be_unfailed: bool,
}

/// A section in the form's mean.
struct Member {
    weight: f64,
    score: f64,
    optional: bool,
}

/// The extreme mean over what may be absent, by the same rounds as [`Worlds::means`].
fn mean_of_members(members: &[Member], highest: bool) -> Option<f64> {
    let sign = if highest { 1.0 } else { -1.0 };
    let mut mean = f64::NEG_INFINITY;
    loop {
        let (mut sum, mut weight) = (0.0, 0.0);
        for member in members {
            if !member.optional || sign * member.score > mean {
                sum += member.weight * sign * member.score;
                weight += member.weight;
            }
        }
        if weight == 0.0 || sum / weight <= mean + 1e-11 {
            return (mean > f64::NEG_INFINITY).then_some(sign * mean);
        }
        mean = sum / weight;
    }
}

/// What a fold adds up.
trait Algebra {
    type Value: Copy;
    /// Of a question that is hidden.
    const NOTHING: Self::Value;
    /// Of what cannot be.
    const IMPOSSIBLE: Self::Value;
    fn outcome(&self, item: &Item, effect: Effect) -> Self::Value;
    /// Both come.
    fn and(a: Self::Value, b: Self::Value) -> Self::Value;
    /// One of them comes.
    fn or(a: Self::Value, b: Self::Value) -> Self::Value;
}

/// Scratch memory of a fold.
struct Scratch<V> {
    outcomes: Vec<V>,
    hidden: Vec<V>,
}

impl<V> Default for Scratch<V> {
    fn default() -> Self {
        Scratch {
            outcomes: Vec::new(),
            hidden: Vec::new(),
        }
    }
}

#[derive(Default)]
struct Sweep {
    reach: Scratch<u32>,
    pull: Scratch<Pulled>,
}

/// Which flags can come together: a set of sets of flags, one bit for each of the 32.
struct Reach;

/// Of all flags together: a critical question applies, and one fell short.
const CRITICAL_SHORT: u8 = Effect::CRITICAL | Effect::SHORT;

impl Algebra for Reach {
    type Value = u32;
    const NOTHING: u32 = 1;
    const IMPOSSIBLE: u32 = 0;

    fn outcome(&self, _: &Item, effect: Effect) -> u32 {
        // Short of the most matters here for critical questions only.
        let short = if effect.has(Effect::CRITICAL) {
            0
        } else {
            Effect::SHORT
        };
        1 << (effect.flags & !short)
    }

    fn and(a: u32, b: u32) -> u32 {
        if a == Self::NOTHING {
            return b;
        }
        let mut both = 0;
        let mut rest = b;
        while rest != 0 {
            let flags = rest.trailing_zeros();
            rest &= rest - 1;
            let mut others = a;
            while others != 0 {
                both |= 1 << (others.trailing_zeros() | flags);
                others &= others - 1;
            }
        }
        both
    }

    fn or(a: u32, b: u32) -> u32 {
        a | b
    }
}

/// The sets of flags that hold all of these.
const fn states_with(flags: u8) -> u32 {
    let mut states = 0;
    let mut state = 0;
    while state < 32 {
        if state & flags as u32 == flags as u32 {
            states |= 1 << state;
        }
        state += 1;
    }
    states
}

/// The sets of flags without this one.
const fn states_without(flag: u8) -> u32 {
    !states_with(flag)
}

fn states_of_all(parts: impl Iterator<Item = u32>) -> u32 {
    parts.fold(Reach::NOTHING, Reach::and)
}

/// The same sets of flags, but none of them counts.
fn without_counted(states: u32) -> u32 {
    let counted = states_with(Effect::COUNTED);
    (states & !counted) | ((states & counted) >> Effect::COUNTED)
}

/// The largest sum of weight × (share − mean).
struct Pull<'w, W> {
    weight: &'w W,
    /// −1 to find the lowest: shares count as negative.
    sign: f64,
    mean: f64,
    /// Outcomes with one of these flags are not taken.
    unless: u8,
}

#[derive(Clone, Copy)]
struct Pulled {
    gain: f64,
    sum: f64,
    weight: f64,
}

impl Pulled {
    const NOTHING: Pulled = Pulled {
        gain: 0.0,
        sum: 0.0,
        weight: 0.0,
    };

    fn and(self, other: Pulled) -> Pulled {
        Pulled {
            gain: self.gain + other.gain,
            sum: self.sum + other.sum,
            weight: self.weight + other.weight,
        }
    }
}

impl<W: Fn(&Item) -> f64> Algebra for Pull<'_, W> {
    type Value = Pulled;
    const NOTHING: Pulled = Pulled::NOTHING;
    const IMPOSSIBLE: Pulled = Pulled {
        gain: f64::NEG_INFINITY,
        sum: 0.0,
        weight: 0.0,
    };

    fn outcome(&self, item: &Item, effect: Effect) -> Pulled {
        if effect.has(self.unless) {
            return Self::IMPOSSIBLE;
        }
        if !effect.has(Effect::COUNTED) {
            return Self::NOTHING;
        }
        let weight = (self.weight)(item);
        let sum = weight * self.sign * effect.share;
        Pulled {
            gain: sum - weight * self.mean,
            sum,
            weight,
        }
    }

    fn and(a: Pulled, b: Pulled) -> Pulled {
        a.and(b)
    }

    fn or(a: Pulled, b: Pulled) -> Pulled {
        if b.gain > a.gain { b } else { a }
    }
}
