//! What a form says that its author can hardly mean: it can be used, but a question can never be
//! answered with *yes*, an option is never reached, a phrase finds nothing that another does not.
//!
//! Everything is decided from the form alone, and only what is sure is said: no lint guesses how
//! often something occurs in calls. Left out on purpose: whether a question could tip a verdict,
//! which depends on all others.

mod known;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_saphyr::{Location, Spanned};

use super::check::{self, RubricError};
use super::diagnostics::{Problem, did_you_mean};
use super::form::{
    AnswerIs, AnsweredBy, By, CallField, CallRule, Change, Choice, FailScope, Kind, Quantity,
    Question, Rubric, Rule, Section, Tag, written,
};
use super::meaning;
use crate::conversation::metrics;
use crate::phrase::{MatcherBuilder, Phrase, PhraseId};
use known::{Known, implies, is_never_negative};

/// The warnings about a form that loads.
///
/// # Errors
/// What [`super::parse`] refuses.
pub fn lint(text: &str, name: &str) -> Result<Vec<Problem>, RubricError> {
    let rubric = check::parse(text, name)?;
    let places = check::as_written(text, name)?;
    let mut linter = Linter {
        warnings: Vec::new(),
        rubric: &rubric,
    };
    linter.form(&places);
    linter.phrases(&places);
    linter.duplicates(&places);
    for (section, at) in rubric.sections.iter().zip(&places.sections) {
        linter.section(section, at);
        for (question, at) in section.questions.iter().zip(&at.questions) {
            linter.question(section, question, at);
        }
    }
    let mut warnings = linter.warnings;
    warnings.sort_by_key(|w| (w.line, w.column));
    warnings.dedup();
    Ok(warnings)
}

struct Linter<'a> {
    warnings: Vec<Problem>,
    rubric: &'a Rubric,
}

impl Linter<'_> {
    fn warn<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        self.warnings.push(Problem::at(at.referenced, message));
    }

    fn warn_at(&mut self, place: Location, message: impl Into<String>) {
        self.warnings.push(Problem::at(place, message));
    }

    fn form(&mut self, at: &written::Rubric) {
        self.minimum(&at.minimum, &at.pass_at, "form");
        let lowest = at
            .bands
            .iter()
            .map(|b| b.value.from)
            .fold(f64::INFINITY, f64::min);
        if let Some(band) = at
            .bands
            .iter()
            .find(|b| b.value.from == lowest && lowest > 0.0)
        {
            self.warn(
                band,
                format!("scores below {lowest} have no band; add one from 0"),
            );
        }
        let bonus: f64 = self
            .rubric
            .sections
            .iter()
            .filter(|s| s.bonus)
            .map(|s| s.weight)
            .sum();
        for band in at.bands.iter().filter(|b| b.value.from > 100.0 + bonus) {
            self.warn(
                band,
                format!(
                    "no score reaches this band: the highest is {}",
                    100.0 + bonus
                ),
            );
        }
        self.compliance_among_quality(at);
        for (rule, at) in self.rubric.adjustments.iter().zip(&at.adjust) {
            if rule.change == Change::Add(0.0) {
                self.warn(&at.id, "this rule changes nothing: it adds 0");
            }
            for (i, first) in rule.when.iter().enumerate() {
                let contradicts = rule.when[i + 1..].iter().any(|second| {
                    first.question == second.question
                        && self.has_one_answer(&first.question)
                        && !first.is.iter().any(|answer| second.is.contains(answer))
                });
                if contradicts {
                    self.warn(
                        &at.id,
                        format!(
                            "this rule can never apply: `{}` cannot have both answers at once",
                            first.question
                        ),
                    );
                }
            }
        }
    }

    fn has_one_answer(&self, question: &str) -> bool {
        self.rubric
            .questions()
            .any(|(_, q)| q.id == question && !matches!(q.kind, Kind::MultiSelect { .. }))
    }

    fn minimum(
        &mut self,
        minimum: &Option<Spanned<f64>>,
        pass_at: &Option<Spanned<f64>>,
        of: &str,
    ) {
        let Some(minimum) = minimum else { return };
        if minimum.value == 0.0 {
            self.warn(minimum, "a score is never below 0, so this changes nothing");
        }
        if let Some(pass_at) = pass_at
            && minimum.value >= pass_at.value
        {
            self.warn(
                minimum,
                format!("the {of}'s score is never below `pass_at`, so nothing fails by it"),
            );
        }
    }

    /// Quality must not make up for a broken rule, nor hide one.
    fn compliance_among_quality(&mut self, at: &written::Rubric) {
        let scored = |section: &Section, q: &Question| section.weight > 0.0 && q.is_scored();
        let mut compliance = None;
        let mut quality = false;
        for (section, at) in self.rubric.sections.iter().zip(&at.sections) {
            for (question, at) in section.questions.iter().zip(&at.questions) {
                if !scored(section, question) {
                    continue;
                }
                if question.tags.contains(&Tag::Compliance) {
                    compliance = compliance.or(Some(&at.id));
                } else {
                    quality = true;
                }
            }
        }
        if let (Some(first), true) = (compliance, quality) {
            self.warn(
                first,
                "compliance hides in the same number as quality: a kind call makes up for a broken rule; put compliance questions into a form of their own",
            );
        }
    }

    fn section(&mut self, section: &Section, at: &written::Section) {
        self.minimum(&at.minimum, &at.pass_at, "section");
        let counts = |q: &Question| {
            q.critical || q.celebrate || q.auto_fail.is_some() || matches!(q.kind, Kind::Comment)
        };
        if section.weight == 0.0
            && section.pass_at.is_none()
            && section
                .questions
                .iter()
                .any(|q| q.is_scored() && !counts(q))
        {
            self.warn(
                &at.weight,
                "this section weighs nothing: the points of its questions do not reach the form's score",
            );
        }
        if let (Some(rule), Some(written)) = (&section.applies_when, &at.applies_when) {
            self.rule(rule, written);
            let never = Known::of(&self.rubric.applies_to).truth(rule) == Some(false);
            if never {
                self.warn_at(
                    place(written).unwrap_or(at.id.referenced),
                    "this section is never asked: its `applies_when` can never be true in the calls that the form is for",
                );
            }
        }
    }

    fn always_fails(&mut self, question: &Question, at: &written::Question) {
        let answers: Vec<&str> = match &question.kind {
            Kind::YesNo { .. } => vec!["yes", "no"],
            Kind::Options { choices, .. } => choices.iter().map(|c| c.id.as_str()).collect(),
            // None of the options may hold.
            Kind::MultiSelect { .. } | Kind::Number { .. } | Kind::Comment => return,
        };
        let fails = |answer: &&str| {
            let on = question.auto_fail.as_ref();
            on.is_some_and(|a| a.on.iter().any(|id| id == answer))
        };
        if let Some(on) = &at.auto_fail_on
            && answers.iter().all(fails)
        {
            self.warn(on, "every answer of this question is an auto-fail");
        }
    }

    fn question(&mut self, section: &Section, question: &Question, at: &written::Question) {
        self.matters(section, question, at);
        self.always_fails(question, at);
        self.rules_of(question, at);
        let mut known = Known::of(&self.rubric.applies_to);
        if let Some(rule) = &section.applies_when {
            known.assume(rule);
        }
        if let (Some(rule), Some(written)) = (&question.applies_when, &at.applies_when) {
            let place = place(written).unwrap_or(at.id.referenced);
            match known.truth(rule) {
                Some(false) => {
                    self.warn_at(
                        place,
                        "this question is never asked: its `applies_when` can never be true in the calls that the form is for",
                    );
                    return;
                }
                Some(true) => self.warn_at(
                    place,
                    "this is true of every call that the form is for; the question needs no `applies_when`",
                ),
                None => {}
            }
            known.assume(rule);
        }
        match &question.kind {
            Kind::YesNo { ways, .. } => {
                let rules: Vec<&Rule> = ways.iter().map(|w| &w.when).collect();
                self.ways(&rules, &known, at);
            }
            Kind::Options { choices, .. } => self.options(choices, &known, at),
            Kind::MultiSelect { choices, .. } => {
                for (choice, at) in choices.iter().zip(choice_places(at)) {
                    if let Some(truth) = choice.when.as_ref().and_then(|rule| known.truth(rule)) {
                        let always = if truth { "always" } else { "never" };
                        self.warn_at(
                            at,
                            format!("this option is {always} selected: its rule is {always} true"),
                        );
                    }
                }
            }
            Kind::Number { quantity, steps } => {
                if let Some(number) = &at.number {
                    let whole = match quantity {
                        Quantity::Metric(name) => {
                            metrics::metric(name).is_some_and(|m| m.unit.is_whole())
                        }
                        Quantity::Times(_) => true,
                        Quantity::Stated => false,
                    };
                    let from_zero = match quantity {
                        Quantity::Metric(name) => is_never_negative(name),
                        Quantity::Times(_) => true,
                        Quantity::Stated => false,
                    };
                    let limits: Vec<f64> = steps.iter().filter_map(|s| s.at_most).collect();
                    let below = |limit: f64| from_zero && limit < 0.0;
                    let between = |pair: &[f64]| whole && pair[0].floor() == pair[1].floor();
                    if limits.first().is_some_and(|&l| below(l)) || limits.windows(2).any(between) {
                        self.warn(
                            number,
                            "one of these steps is never reached: no value lies within it",
                        );
                    }
                }
            }
            Kind::Comment => {}
        }
    }

    /// Whether an answer of it changes anything.
    fn matters(&mut self, section: &Section, question: &Question, at: &written::Question) {
        if question.celebrate {
            if let Some(weight) = &at.weight {
                self.warn(
                    weight,
                    "a mark worth celebrating is never scored, so its weight counts for nothing",
                );
            }
            return;
        }
        let automatic = has_rules(&question.kind);
        if automatic && question.answered_by == AnsweredBy::Person {
            self.warn(
                &at.id,
                "a person answers this question, so its rules are never used; write `answered_by: both`, or remove them",
            );
        }
        if matches!(question.kind, Kind::Comment) || question.is_scored() {
            return;
        }
        let leans = |is: &AnswerIs| is.question == question.id;
        let used = self
            .rubric
            .adjustments
            .iter()
            .any(|a| a.when.iter().any(leans))
            || self
                .rubric
                .questions()
                .any(|(_, q)| q.shown_when.as_ref().is_some_and(leans));
        let fails = question
            .auto_fail
            .as_ref()
            .is_some_and(|f| f.of == FailScope::Form || section.weight > 0.0);
        if question.critical || fails || used || !question.tags.is_empty() {
            return;
        }
        if question.weight > 0.0 {
            self.warn(
                &at.id,
                "every answer earns the same, so this question weighs nothing; give its answers different points",
            );
        } else {
            let place = at
                .weight
                .as_ref()
                .map_or(at.id.referenced, |w| w.referenced);
            self.warn_at(
                place,
                "this question never matters: it has no weight, fails nothing, and no rule looks at it; write `celebrate: true`, give it a weight, or remove it",
            );
        }
    }

    fn ways(&mut self, ways: &[&Rule], known: &Known, at: &written::Question) {
        let written: Vec<&written::Rule> = match (&at.yes_when, &at.ways) {
            (Some(rule), _) => vec![rule],
            (None, Some(ways)) => ways.value.iter().map(|w| &w.when).collect(),
            (None, None) => return,
        };
        let truths: Vec<Option<bool>> = ways.iter().map(|rule| known.truth(rule)).collect();
        let here = |i: usize| place(written[i]).unwrap_or(at.id.referenced);
        if !truths.is_empty() && truths.iter().all(|t| *t == Some(false)) {
            self.warn_at(here(0), "this question can never be answered with yes: its rule is never true where it is asked");
            return;
        }
        if let Some(i) = truths.iter().position(|t| *t == Some(true)) {
            self.warn_at(here(i), "this question is always answered with yes: its rule is always true where it is asked");
            return;
        }
        for (i, truth) in truths.iter().enumerate() {
            if *truth == Some(false) {
                self.warn_at(
                    here(i),
                    "this way to yes is never taken: its rule is never true",
                );
            }
            let wider = (0..ways.len()).find(|&j| {
                j != i && implies(ways[i], ways[j]) && (j < i || !implies(ways[j], ways[i]))
            });
            if let Some(j) = wider {
                self.warn_at(
                    here(i),
                    format!(
                        "this way to yes adds nothing: way {} is true whenever it is",
                        j + 1
                    ),
                );
            }
        }
    }

    fn options(&mut self, choices: &[Choice], known: &Known, at: &written::Question) {
        if !choices.iter().any(|c| c.when.is_some()) {
            return;
        }
        // Values of a scale that only a person can give stand first.
        let tried: Vec<&Choice> = match choices.iter().position(|c| c.when.is_some()) {
            Some(first) => choices[first..].iter().collect(),
            None => return,
        };
        let places = choice_places(at);
        for (i, choice) in tried.iter().enumerate() {
            let Some(&here) = places.get(i) else { return };
            let earlier = || {
                tried[..i]
                    .iter()
                    .filter_map(|c| Some((c, c.when.as_ref()?)))
            };
            if let Some((always, _)) = earlier().find(|(_, rule)| known.truth(rule) == Some(true)) {
                self.warn_at(
                    here,
                    format!(
                        "this option is never reached: the rule of `{}` above is always true",
                        always.id
                    ),
                );
                continue;
            }
            let Some(rule) = &choice.when else { continue };
            if known.truth(rule) == Some(false) {
                self.warn_at(here, "this option is never reached: its rule is never true where the question is asked");
            } else if let Some((wider, _)) = earlier().find(|(_, other)| implies(rule, other)) {
                self.warn_at(
                    here,
                    format!("this option is never reached: the rule of `{}` above is true whenever its own is", wider.id),
                );
            }
        }
    }

    /// What is odd within the rules of a question, wherever they stand.
    fn rules_of(&mut self, question: &Question, at: &written::Question) {
        let mut pairs: Vec<(&Rule, &written::Rule)> = Vec::new();
        pairs.extend(question.applies_when.as_ref().zip(at.applies_when.as_ref()));
        pairs.extend(
            question
                .causes
                .iter()
                .zip(&at.cause)
                .map(|(c, w)| (&c.when, &w.when)),
        );
        match &question.kind {
            Kind::YesNo { ways, .. } => {
                let written = at.yes_when.iter();
                let several = at.ways.iter().flat_map(|w| w.value.iter().map(|w| &w.when));
                pairs.extend(ways.iter().map(|w| &w.when).zip(written.chain(several)));
            }
            Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. } => {
                let options = at
                    .options
                    .iter()
                    .flat_map(|o| o.value.iter().filter_map(|c| c.when.as_ref()));
                let levels = at
                    .scale
                    .iter()
                    .flat_map(|s| s.value.levels.iter().filter_map(|l| l.when.as_ref()));
                pairs.extend(
                    choices
                        .iter()
                        .filter_map(|c| c.when.as_ref())
                        .zip(options.chain(levels)),
                );
            }
            Kind::Number { .. } | Kind::Comment => {}
        }
        for (rule, written) in pairs {
            self.rule(rule, written);
        }
        if let Some(times) = at.number.as_ref().and_then(|n| n.value.times.as_ref()) {
            self.written_said(times);
        }
    }

    fn rule(&mut self, rule: &Rule, at: &written::Rule) {
        match (rule, at) {
            (Rule::Call(call), written::Rule::Call(at)) => self.call(call, at),
            (_, written::Rule::Said(said)) => self.written_said(said),
            (_, written::Rule::InOrder(rule)) => {
                rule.steps
                    .value
                    .iter()
                    .chain(&rule.before)
                    .for_each(|s| self.written_said(s));
            }
            (_, written::Rule::Near(near)) => {
                self.written_said(&near.one);
                self.written_said(&near.other);
            }
            (Rule::Metric(metric), written::Rule::Metric(at)) => {
                if let Some(truth) = Known::default().truth(rule) {
                    let always = if truth { "always" } else { "never" };
                    self.warn(
                        &at.name,
                        format!(
                            "no call is beyond these limits of `{}`: the rule is {always} true",
                            metric.name
                        ),
                    );
                }
            }
            (
                Rule::AllOf(rules) | Rule::AnyOf(rules),
                written::Rule::AllOf(at) | written::Rule::AnyOf(at),
            ) => {
                let place = at.referenced;
                for (i, rule) in rules.iter().enumerate() {
                    let text = meaning::rule(rule);
                    if rules[..i].iter().any(|other| meaning::rule(other) == text) {
                        self.warn_at(
                            self::place(&at.value[i]).unwrap_or(place),
                            "this rule stands here twice",
                        );
                    }
                }
                rules
                    .iter()
                    .zip(&at.value)
                    .for_each(|(rule, at)| self.rule(rule, at));
            }
            (Rule::Not(rule), written::Rule::Not(at)) => self.rule(rule, at),
            _ => {}
        }
    }

    /// Facts of a call that cannot have this value.
    fn call(&mut self, call: &CallRule, at: &written::Call) {
        let applies = &self.rubric.applies_to;
        let directions = ["inbound", "outbound", "internal"];
        let known: Vec<&str> = match call.field {
            CallField::Direction => directions.to_vec(),
            CallField::FirstCommunication | CallField::DisclosureByIvr => vec!["true", "false"],
            CallField::Queue => applies.queues.iter().map(String::as_str).collect(),
            CallField::Language => applies.languages.iter().map(String::as_str).collect(),
            CallField::Team | CallField::Reason => Vec::new(),
        };
        if !known.is_empty() && !known.contains(&call.is.as_str()) {
            self.warn(
                &at.field,
                format!(
                    "`{}` is never `{}` in the calls that the form is for; it may be {}{}",
                    call.field.as_str(),
                    call.is,
                    known.join(", "),
                    did_you_mean(&call.is, known.iter().copied())
                ),
            );
        }
    }

    fn written_said(&mut self, said: &written::Said) {
        for list in [&said.any, &said.none].into_iter().flatten() {
            self.within_each_other(list);
        }
        let window = said.within.as_ref();
        if let Some(within) = window {
            if [within.first, within.last, within.length]
                .into_iter()
                .flatten()
                .any(|m| m.0 == 0)
            {
                self.warn(
                    &said.by,
                    "a window of no length holds no words, so nothing is ever found in it",
                );
            }
            for anchor in [&within.after_said, &within.before_said]
                .into_iter()
                .flatten()
            {
                self.written_said(anchor);
            }
        }
        if let Some(other) = &said.in_reply_to {
            if said.by.value != By::Anyone && said.by.value == other.by.value {
                self.warn(
                    &other.by,
                    "nobody replies to themselves: name the other party here",
                );
            }
            self.written_said(other);
        }
    }

    fn phrases(&mut self, at: &written::Rubric) {
        at.phrases
            .values()
            .for_each(|family| self.within_each_other(family));
    }

    /// Phrases of a list that find nothing which another one does not find.
    fn within_each_other(&mut self, list: &[Spanned<String>]) {
        let parsed: Vec<Option<Phrase>> = list
            .iter()
            .map(|p| {
                Phrase::parse(&p.value)
                    .ok()
                    .filter(|_| !p.value.starts_with('@'))
            })
            .collect();
        let mut builder = MatcherBuilder::new();
        let ids: Vec<Option<PhraseId>> = parsed
            .iter()
            .map(|p| p.as_ref().map(|p| builder.add(p)))
            .collect();
        let matcher = builder.build();
        let found: Vec<Vec<PhraseId>> = parsed
            .iter()
            .map(|p| p.as_ref().map_or_else(Vec::new, |p| matcher.found_in(p)))
            .collect();
        let finds =
            |wide: usize, narrow: usize| ids[wide].is_some_and(|id| found[narrow].contains(&id));
        for (i, phrase) in list.iter().enumerate() {
            // Of two that find the same, the first stays.
            let wider = (0..list.len()).find(|&j| j != i && finds(j, i) && (j < i || !finds(i, j)));
            if let Some(j) = wider {
                let wider = &list[j].value;
                self.warn(
                    phrase,
                    format!("\"{wider}\" finds all that this phrase finds; remove this one"),
                );
            }
        }
        let mut families: Vec<&str> = Vec::new();
        for phrase in list.iter().filter(|p| p.value.starts_with('@')) {
            if families.contains(&phrase.value.as_str()) {
                self.warn(phrase, format!("`{}` stands here twice", phrase.value));
            }
            families.push(&phrase.value);
        }
    }

    /// Questions that ask what another asks.
    fn duplicates(&mut self, at: &written::Rubric) {
        let mut by_text: BTreeMap<String, u64> = BTreeMap::new();
        let mut by_rules: BTreeMap<String, u64> = BTreeMap::new();
        for (section, at) in self.rubric.sections.iter().zip(&at.sections) {
            let applies = section.applies_when.as_ref().map(meaning::rule);
            for (question, at) in section.questions.iter().zip(&at.questions) {
                let line = at.id.referenced.line();
                let text = normal(&question.text);
                let same_text = by_text.get(&text).copied();
                let rules = has_rules(&question.kind).then(|| {
                    let mut bare = question.clone();
                    bare.text = String::new();
                    meaning::of(&bare, applies.as_deref())
                });
                let same_rules = rules.as_ref().and_then(|r| by_rules.get(r).copied());
                if let Some(first) = same_rules {
                    self.warn(&at.id, format!("this question has the same rules as the one in line {first}, so both always have the same answer"));
                } else if let Some(first) = same_text {
                    self.warn(
                        &at.id,
                        format!("this question asks the same as the one in line {first}"),
                    );
                }
                by_text.entry(text).or_insert(line);
                if let Some(rules) = rules {
                    by_rules.entry(rules).or_insert(line);
                }
            }
        }
    }
}

fn has_rules(kind: &Kind) -> bool {
    match kind {
        Kind::YesNo { ways, .. } => !ways.is_empty(),
        Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. } => {
            choices.iter().any(|c| c.when.is_some())
        }
        Kind::Number { quantity, .. } => !matches!(quantity, Quantity::Stated),
        Kind::Comment => false,
    }
}

/// Letters and digits only, in lower case.
fn normal(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first place that is known within a rule.
fn place(rule: &written::Rule) -> Option<Location> {
    Some(match rule {
        written::Rule::Said(said) => said.by.referenced,
        written::Rule::InOrder(rule) => rule.steps.referenced,
        written::Rule::Near(near) => near.one.by.referenced,
        written::Rule::Metric(metric) => metric.name.referenced,
        written::Rule::Call(call) => call.field.referenced,
        written::Rule::EarlierContact(contact) => contact.referenced,
        written::Rule::EarlierPromise(promise) => promise.referenced,
        written::Rule::AllOf(rules) | written::Rule::AnyOf(rules) => {
            return rules
                .value
                .first()
                .and_then(place)
                .or(Some(rules.referenced));
        }
        written::Rule::Not(rule) => return place(rule),
    })
}

/// Places of options, or of the levels of a scale, as written.
fn choice_places(at: &written::Question) -> Vec<Location> {
    let options = at
        .options
        .iter()
        .flat_map(|o| o.value.iter().map(|c| c.id.referenced));
    let levels = at
        .scale
        .iter()
        .flat_map(|s| s.value.levels.iter().map(|l| l.value.referenced));
    options.chain(levels).collect()
}
