//! From the file as written to a form that can score: everything that could not be meant is
//! refused, with its line.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::{Location, Spanned};

use super::diagnostics::{Problem, Severity, did_you_mean, nearest, render};
use super::form::{self, written};
use crate::conversation::metrics;
use crate::limits;
use crate::log::visible;
use crate::phrase::{Phrase, PhraseError};

/// A rubric that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RubricError {
    #[error("read the rubric {path}", path = visible(path))]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error(
        "understand the rubric {}:\n{}",
        visible(path),
        render(Severity::Error, std::slice::from_ref(problem), path, text)
    )]
    Parse {
        path: String,
        text: String,
        problem: Problem,
    },
    #[error(
        "use the rubric {}:\n{}",
        visible(path),
        render(Severity::Error, problems, path, text)
    )]
    Invalid {
        path: String,
        text: String,
        problems: Vec<Problem>,
    },
}

impl RubricError {
    pub fn hint(&self) -> Option<String> {
        match self {
            RubricError::Read { source, .. } if source.kind() == std::io::ErrorKind::InvalidData => {
                Some("save the file as UTF-8 text".to_string())
            }
            RubricError::Read { source, .. } if limits::hint(source).is_some() => {
                limits::hint(source).map(str::to_string)
            }
            RubricError::Read { .. } => Some(format!(
                "name a YAML file, or one of the built-in rubrics: {}",
                super::BUILT_IN.map(|(name, _)| name).join(", ")
            )),
            RubricError::Parse { .. } => {
                Some("`callibrate rubric schema` prints a schema by which editors check a form while it is written".to_string())
            }
            RubricError::Invalid { .. } => None,
        }
    }
}

pub(super) fn parse(text: &str, name: &str) -> Result<form::Rubric, RubricError> {
    let written = as_written(text, name)?;
    let mut checker = Checker {
        problems: Vec::new(),
        families: BTreeMap::new(),
        used: BTreeSet::new(),
    };
    let rubric = checker.rubric(written, text);
    if checker.problems.is_empty() {
        return Ok(rubric);
    }
    Err(RubricError::Invalid {
        path: name.to_string(),
        text: text.to_string(),
        problems: checker.problems,
    })
}

/// The file as written, with the places of what it says.
pub(super) fn as_written(text: &str, name: &str) -> Result<written::Rubric, RubricError> {
    // Plain `yes` and `no` are words here, not booleans.
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| RubricError::Parse {
        path: name.to_string(),
        text: text.to_string(),
        problem: Problem::of_yaml(&e),
    })
}

struct Checker {
    problems: Vec<Problem>,
    families: BTreeMap<String, Vec<Phrase>>,
    used: BTreeSet<String>,
}

/// What is known of the questions that stand above the one being read.
#[derive(Default)]
struct Seen {
    lines: BTreeMap<String, u64>,
    /// Answers that each question can have.
    answers: BTreeMap<String, Vec<String>>,
}

impl Checker {
    fn problem<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        self.problems.push(Problem::at(at.referenced, message));
    }

    fn rubric(&mut self, written: written::Rubric, text: &str) -> form::Rubric {
        self.id(&written.rubric, "rubric");
        self.families(&written.phrases);
        self.score_bound(&written.pass_at, "pass_at");
        self.score_bound(&written.minimum, "minimum");
        if let Some(day) = &written.valid_from
            && day.value.parse::<jiff::civil::Date>().is_err()
        {
            self.problem(day, "`valid_from` is a day, written like 2026-03-01");
        }
        let mut seen = Seen::default();
        let mut section_ids = BTreeMap::new();
        let sections: Vec<form::Section> = written
            .sections
            .into_iter()
            .map(|section| {
                self.unique(&section.id, &mut section_ids, "section");
                self.section(section, &mut seen)
            })
            .collect();
        let is_scored = |s: &form::Section| {
            s.weight > 0.0 && !s.bonus && s.questions.iter().any(form::Question::is_scored)
        };
        if !sections.iter().any(is_scored) {
            self.problem(
                &written.rubric,
                "no question carries weight, so there is nothing to score; give a section and one of its questions a weight above 0 and points that differ",
            );
        }
        let mut adjustment_ids = BTreeMap::new();
        let adjustments = written
            .adjust
            .into_iter()
            .filter_map(|rule| {
                self.unique(&rule.id, &mut adjustment_ids, "rule");
                self.adjustment(rule, &seen, &section_ids)
            })
            .collect();
        for name in written.phrases.keys() {
            if !self.used.contains(name) {
                let at = written.phrases[name].first();
                self.problems.push(Problem::at(
                    at.map_or(Location::UNKNOWN, |p| p.referenced),
                    format!(
                        "phrases `{name}` are used by no question; remove them or refer to them as `@{name}`"
                    ),
                ));
            }
        }
        form::Rubric {
            bands: self.bands(written.bands),
            rubric: written.rubric.value,
            version: written.version,
            valid_from: written.valid_from.map(|d| d.value),
            valid_until: None,
            title: written.title,
            about: written.about,
            applies_to: written.applies_to,
            pass_at: written.pass_at.map(|p| p.value),
            minimum: written.minimum.map(|p| p.value),
            sections,
            adjustments,
            key: blake3::hash(text.as_bytes()).to_hex().to_string(),
            source: text.to_string(),
        }
    }

    fn score_bound(&mut self, bound: &Option<Spanned<f64>>, what: &str) {
        if let Some(bound) = bound
            && !(0.0..=100.0).contains(&bound.value)
        {
            self.problem(bound, format!("`{what}` is a score from 0 to 100"));
        }
    }

    fn bands(&mut self, written: Vec<Spanned<form::Band>>) -> Vec<form::Band> {
        let mut starts = BTreeSet::new();
        for band in &written {
            if !band.value.from.is_finite() || band.value.from < 0.0 {
                self.problem(band, "a band starts at a score of 0 or more");
            } else if !starts.insert(band.value.from.to_bits()) {
                self.problem(band, "two bands start at the same score");
            }
        }
        let mut bands: Vec<form::Band> = written.into_iter().map(|b| b.value).collect();
        bands.sort_by(|a, b| b.from.total_cmp(&a.from));
        bands
    }

    fn adjustment(
        &mut self,
        written: written::Adjustment,
        seen: &Seen,
        sections: &BTreeMap<String, u64>,
    ) -> Option<form::Adjustment> {
        let change = match (written.add, written.subtract, written.set) {
            (Some(add), None, None) => form::Change::Add(add),
            (None, Some(subtract), None) => form::Change::Add(-subtract),
            (None, None, Some(set)) => form::Change::Set(set),
            _ => {
                self.problem(
                    &written.id,
                    "give exactly one of `add`, `subtract` and `set`",
                );
                return None;
            }
        };
        let (form::Change::Add(points) | form::Change::Set(points)) = change;
        if !points.is_finite() || points.abs() > 1_000.0 {
            self.problem(&written.id, "points of a rule are numbers of 100");
        }
        if written.when.is_empty() {
            self.problem(&written.id, "`when` lists no answer");
        }
        if let Some(section) = &written.section
            && !sections.contains_key(&section.value)
        {
            let known: Vec<&str> = sections.keys().map(String::as_str).collect();
            self.problem(
                section,
                format!(
                    "there is no section `{}`; there are {}",
                    section.value,
                    known.join(", ")
                ),
            );
        }
        Some(form::Adjustment {
            when: written
                .when
                .into_iter()
                .map(|is| self.answer_is(is, seen))
                .collect(),
            id: written.id.value,
            text: written.text,
            section: written.section.map(|s| s.value),
            change,
        })
    }

    /// A condition on the answer of a question above.
    fn answer_is(&mut self, written: written::AnswerIs, seen: &Seen) -> form::AnswerIs {
        let is = written.is.into_vec();
        let question = &written.question;
        match seen.answers.get(&question.value) {
            None => self.problem(
                question,
                format!(
                    "there is no question `{}` above this line{}",
                    question.value,
                    did_you_mean(&question.value, seen.answers.keys().map(String::as_str))
                ),
            ),
            Some(answers) => self.known_answers(question, &is, answers),
        }
        form::AnswerIs {
            question: written.question.value,
            is,
        }
    }

    fn known_answers<T>(&mut self, at: &Spanned<T>, is: &[String], answers: &[String]) {
        if is.is_empty() {
            self.problem(at, "name at least one answer");
        }
        for answer in is.iter().filter(|a| !answers.contains(a)) {
            let known = if answers.is_empty() {
                "it has no fixed answers".to_string()
            } else {
                format!("it has {}", answers.join(", "))
            };
            self.problem(
                at,
                format!("`{answer}` is no answer of this question; {known}"),
            );
        }
    }

    fn families(&mut self, written: &BTreeMap<String, Vec<Spanned<String>>>) {
        for (name, phrases) in written {
            for phrase in phrases.iter().filter(|p| p.value.starts_with('@')) {
                self.problem(
                    phrase,
                    "phrases cannot refer to other phrases; write them out",
                );
            }
            let parsed = phrases.iter().filter_map(|p| self.phrase(p)).collect();
            self.families.insert(name.clone(), parsed);
        }
    }

    fn section(&mut self, written: written::Section, seen: &mut Seen) -> form::Section {
        self.weight(&written.weight);
        self.score_bound(&written.minimum, "minimum");
        self.score_bound(&written.pass_at, "pass_at");
        if written.questions.is_empty() {
            self.problem(
                &written.id,
                "this section has no questions; add one or remove it",
            );
        }
        let applies_when = written.applies_when.map(|rule| self.rule(rule));
        let applies = applies_when.as_ref().map(super::meaning::rule);
        form::Section {
            questions: written
                .questions
                .into_iter()
                .map(|q| self.question(q, &written.tags, applies.as_deref(), seen))
                .collect(),
            id: written.id.value,
            title: written.title,
            weight: written.weight.value,
            bonus: written.bonus,
            applies_when,
            minimum: written.minimum.map(|m| m.value),
            pass_at: written.pass_at.map(|m| m.value),
        }
    }

    fn question(
        &mut self,
        mut written: written::Question,
        section_tags: &[form::Tag],
        section_applies: Option<&str>,
        seen: &mut Seen,
    ) -> form::Question {
        self.unique(&written.id, &mut seen.lines, "question");
        if let Some(weight) = &written.weight {
            self.weight(weight);
        }
        let answered_by = written.answered_by;
        let kind = self.kind(&mut written);
        let answers = answers_of(&kind);
        if kind.rules().any(|rule| feeling_alone(rule, true)) {
            self.problem(&written.id, FEELING_ALONE);
        }
        let automatic = has_rules(&kind);
        let answered_by = answered_by.unwrap_or(if automatic {
            form::AnsweredBy::Automatic
        } else {
            form::AnsweredBy::Person
        });
        if answered_by != form::AnsweredBy::Person && !automatic {
            self.problem(
                &written.id,
                "this question has no rule, so only a person can answer it; give it a rule, or write `answered_by: person`",
            );
        }
        let auto_fail = written.auto_fail_on.map(|on| {
            let place = Spanned::new((), on.referenced, on.defined);
            let on = on.value.into_vec();
            self.known_answers(&place, &on, &answers);
            form::AutoFail {
                on,
                of: written.auto_fail_of.unwrap_or(form::FailScope::Form),
            }
        });
        if auto_fail.is_none() && written.auto_fail_of.is_some() {
            self.problem(&written.id, "`auto_fail_of` needs `auto_fail_on`");
        }
        let shown_when = written.shown_when.map(|is| self.answer_is(is, seen));
        seen.answers.insert(written.id.value.clone(), answers);
        if written.celebrate && (auto_fail.is_some() || written.critical) {
            self.problem(
                &written.id,
                "a mark worth celebrating is never scored: it can be neither critical nor fail the form",
            );
        }
        let mut question = form::Question {
            id: written.id.value,
            text: written.text,
            help: written.help,
            why: written.why,
            good: written.good,
            kind,
            answered_by,
            weight: written.weight.map_or(1.0, |w| w.value),
            tags: section_tags.iter().chain(&written.tags).copied().collect(),
            critical: written.critical,
            celebrate: written.celebrate,
            controllable_by_agent: written.controllable_by_agent,
            causes: written
                .cause
                .into_iter()
                .map(|c| form::CauseRule {
                    cause: c.cause,
                    when: self.rule(c.when),
                })
                .collect(),
            auto_fail,
            applies_when: written.applies_when.map(|rule| self.rule(rule)),
            shown_when,
            meaning: String::new(),
        };
        question.meaning = super::meaning::of(&question, section_applies);
        question
    }

    fn kind(&mut self, written: &mut written::Question) -> form::Kind {
        use written::KindName as Name;
        let id = written.id.clone();
        let name = written.kind.as_ref().map_or_else(
            || match written {
                written::Question { scale: Some(_), .. } => Name::Scale,
                written::Question {
                    number: Some(_), ..
                } => Name::Number,
                written::Question {
                    options: Some(_), ..
                } => Name::Options,
                _ => Name::YesNo,
            },
            |k| k.value,
        );
        let allowed: &[&str] = match name {
            Name::YesNo => &["yes_when", "ways", "points"],
            Name::Options => &["options"],
            Name::MultiSelect => &["options", "most"],
            Name::Scale => &["scale"],
            Name::Number => &["number"],
            Name::Comment => &[],
        };
        let given = [
            ("yes_when", written.yes_when.is_some()),
            ("ways", written.ways.is_some()),
            ("points", written.points.is_some()),
            ("options", written.options.is_some()),
            ("most", written.most.is_some()),
            ("scale", written.scale.is_some()),
            ("number", written.number.is_some()),
        ];
        for (key, _) in given
            .iter()
            .filter(|(key, given)| *given && !allowed.contains(key))
        {
            self.problem(
                &id,
                format!("`{key}` does not go with this kind of question"),
            );
        }
        match name {
            Name::YesNo => self.yes_no(&id, written),
            Name::Options => form::Kind::Options {
                choices: self.choices(&id, written.options.take(), true),
                scale: false,
            },
            Name::MultiSelect => form::Kind::MultiSelect {
                choices: self.choices(&id, written.options.take(), false),
                most: written.most.take().map(|most| {
                    if !(most.value > 0.0 && most.value.is_finite()) {
                        self.problem(&most, "`most` is a number of points above 0");
                    }
                    most.value
                }),
            },
            Name::Scale => self.scale(&id, written.scale.take()),
            Name::Number => self.number(&id, written.number.take()),
            Name::Comment => form::Kind::Comment,
        }
    }

    fn yes_no(&mut self, id: &Spanned<String>, written: &mut written::Question) -> form::Kind {
        let points = written.points.take();
        if let Some(at) = &points {
            let value = at.value;
            if value.yes < 0.0 || value.no < 0.0 || !value.yes.is_finite() || !value.no.is_finite()
            {
                self.problem(at, "points are 0 or more");
            } else if value.most() == 0.0 {
                self.problem(at, "one of the answers must earn points");
            }
        }
        let ways = match (written.yes_when.take(), written.ways.take()) {
            (Some(_), Some(ways)) => {
                self.problem(&ways, "give either `yes_when` or `ways`, not both");
                Vec::new()
            }
            (Some(when), None) => vec![form::Way {
                name: None,
                when: self.rule(when),
            }],
            (None, Some(ways)) => {
                if ways.value.is_empty() {
                    self.problem(&ways, "`ways` lists no way to yes");
                }
                ways.value
                    .into_iter()
                    .map(|way| form::Way {
                        name: Some(way.name),
                        when: self.rule(way.when),
                    })
                    .collect()
            }
            (None, None) => {
                if written.answered_by != Some(form::AnsweredBy::Person) {
                    self.problem(
                        id,
                        "a yes/no question needs `yes_when` or `ways`; or write `answered_by: person`",
                    );
                }
                Vec::new()
            }
        };
        form::Kind::YesNo {
            points: points.map(|p| p.value).unwrap_or_default(),
            ways,
        }
    }

    fn choices(
        &mut self,
        id: &Spanned<String>,
        written: Option<Spanned<Vec<written::Choice>>>,
        one_of: bool,
    ) -> Vec<form::Choice> {
        let Some(written) = written else {
            self.problem(id, "list the answers to choose from under `options`");
            return Vec::new();
        };
        if written.value.len() < 2 && one_of || written.value.is_empty() {
            self.problem(&written, "there must be something to choose from");
        }
        let mut seen = BTreeMap::new();
        let last = written.value.len().saturating_sub(1);
        let rules = written.value.iter().filter(|c| c.when.is_some()).count();
        let mut choices = Vec::new();
        for (i, choice) in written.value.into_iter().enumerate() {
            self.unique(&choice.id, &mut seen, "option");
            if ["yes", "no", "not_applicable", "abstain"].contains(&choice.id.value.as_str())
                || choice.id.value.contains(',')
            {
                self.problem(
                    &choice.id,
                    "this id has a meaning of its own; choose another",
                );
            }
            if !choice.points.is_finite() || choice.points < 0.0 {
                self.problem(&choice.id, "points are 0 or more");
            }
            if choice.when.is_none() && rules > 0 && !(one_of && i == last) {
                self.problem(
                    &choice.id,
                    if one_of {
                        "only the last option may be without `when`: it is what is left"
                    } else {
                        "every option needs `when`, or none"
                    },
                );
            }
            choices.push(form::Choice {
                text: choice.text.unwrap_or_else(|| choice.id.value.clone()),
                id: choice.id.value,
                points: choice.points,
                when: choice.when.map(|rule| self.rule(rule)),
            });
        }
        choices
    }

    fn scale(
        &mut self,
        id: &Spanned<String>,
        written: Option<Spanned<written::Scale>>,
    ) -> form::Kind {
        let mut choices = Vec::new();
        match written {
            None => self.problem(id, "a scale needs `scale: {from: 1, to: 5}`"),
            Some(scale)
                if scale.value.to <= scale.value.from
                    || scale.value.to - scale.value.from > 100 =>
            {
                self.problem(
                    &scale,
                    "a scale runs from a number to a higher one, by steps of 1",
                );
            }
            Some(scale) => {
                let (from, to) = (scale.value.from, scale.value.to);
                let mut with_rules = Vec::new();
                let last = scale.value.levels.len().saturating_sub(1);
                for (i, level) in scale.value.levels.into_iter().enumerate() {
                    if level.when.is_none() && i != last {
                        self.problem(
                            &level.value,
                            "only the last level may be without `when`: it is what is left",
                        );
                    }
                    if !(from..=to).contains(&level.value.value) {
                        self.problem(&level.value, format!("the scale runs from {from} to {to}"));
                    }
                    let value = level.value.value;
                    with_rules.push(form::Choice {
                        id: value.to_string(),
                        text: level.text.unwrap_or_else(|| value.to_string()),
                        points: (value - from) as f64,
                        when: level.when.map(|rule| self.rule(rule)),
                    });
                }
                let named: BTreeSet<String> = with_rules.iter().map(|c| c.id.clone()).collect();
                if named.len() < with_rules.len() {
                    self.problem(id, "a value of the scale is listed twice");
                }
                // Values that no rule names can only be given by a person; they stand first, so
                // that what is left stays last.
                choices = (from..=to)
                    .map(|value| form::Choice {
                        id: value.to_string(),
                        text: value.to_string(),
                        points: (value - from) as f64,
                        when: None,
                    })
                    .filter(|c| !named.contains(&c.id))
                    .collect();
                choices.extend(with_rules);
            }
        }
        form::Kind::Options {
            choices,
            scale: true,
        }
    }

    fn number(
        &mut self,
        id: &Spanned<String>,
        written: Option<Spanned<written::Number>>,
    ) -> form::Kind {
        let Some(written) = written else {
            self.problem(
                id,
                "a number needs `number`, with `metric` or `times`, and `steps`",
            );
            return form::Kind::Number {
                quantity: form::Quantity::Stated,
                steps: Vec::new(),
            };
        };
        for pair in written.value.steps.windows(2) {
            let rises = match (pair[0].at_most, pair[1].at_most) {
                (Some(a), Some(b)) => a < b,
                (Some(_), None) => true,
                (None, _) => false,
            };
            if !rises {
                self.problem(
                    &written,
                    "steps rise: each `at_most` is higher than the one before, and only the last may be without",
                );
            }
        }
        if written
            .value
            .steps
            .iter()
            .any(|s| !(s.points >= 0.0 && s.points.is_finite()))
        {
            self.problem(&written, "points are 0 or more");
        }
        if written
            .value
            .steps
            .last()
            .is_some_and(|s| s.at_most.is_some())
        {
            self.problem(
                &written,
                "the last step has no `at_most`: it is for everything above",
            );
        }
        let steps = written.value.steps.clone();
        let quantity = match (written.value.metric, written.value.times) {
            (Some(_), Some(_)) => {
                self.problem(id, "give either `metric` or `times`, not both");
                form::Quantity::Stated
            }
            (Some(metric), None) => {
                self.metric_name(&metric);
                if is_evidence_only(&metric.value) {
                    self.problem(&metric, FEELING_ALONE);
                }
                form::Quantity::Metric(metric.value)
            }
            (None, Some(said)) => {
                let said = self.said(said);
                if !matches!(said.what, form::What::Any(_)) {
                    self.problem(id, "`times` takes `any` only");
                }
                form::Quantity::Times(said)
            }
            (None, None) => form::Quantity::Stated,
        };
        form::Kind::Number { quantity, steps }
    }

    /// An empty list would always be true, or never.
    fn rules(&mut self, what: &str, written: Spanned<Vec<written::Rule>>) -> Vec<form::Rule> {
        if written.value.is_empty() {
            self.problem(&written, format!("`{what}` lists no rule"));
        }
        written.value.into_iter().map(|r| self.rule(r)).collect()
    }

    fn rule(&mut self, written: written::Rule) -> form::Rule {
        match written {
            written::Rule::Said(said) => form::Rule::Said(self.said(said)),
            written::Rule::InOrder(rule) => {
                if rule.steps.value.is_empty() {
                    self.problem(&rule.steps, "`in_order` lists no step");
                }
                form::Rule::InOrder(form::InOrder {
                    steps: rule.steps.value.into_iter().map(|s| self.step(s)).collect(),
                    at_most_apart_ms: rule.at_most_apart.map(|m| m.0),
                    before: rule.before.map(|s| self.step(s)),
                })
            }
            written::Rule::Near(near) => form::Rule::Near(form::Near {
                one: self.step(near.one),
                other: self.step(near.other),
                at_most_apart_ms: near.at_most_apart.0,
            }),
            written::Rule::EarlierContact(contact) => {
                if !(1..=366).contains(&contact.value.within_days) {
                    self.problem(&contact, "`within_days` is a number of days from 1 to 366");
                }
                if contact
                    .value
                    .at_least
                    .is_some_and(|n| !(1..=100).contains(&n))
                {
                    self.problem(&contact, "`at_least` is a number from 1 to 100");
                }
                if contact.value.channels.is_empty() {
                    self.problem(&contact, "`channels` lists nothing");
                }
                form::Rule::EarlierContact(contact.value)
            }
            written::Rule::EarlierPromise(promise) => {
                if promise.value.is.is_empty() {
                    self.problem(&promise, "`is` lists no state of a promise");
                }
                form::Rule::EarlierPromise(promise.value)
            }
            written::Rule::Metric(metric) => self.metric(metric),
            written::Rule::Call(call) => form::Rule::Call(form::CallRule {
                field: call.field.value,
                is: call.is,
            }),
            written::Rule::AllOf(rules) => form::Rule::AllOf(self.rules("all_of", rules)),
            written::Rule::AnyOf(rules) => form::Rule::AnyOf(self.rules("any_of", rules)),
            written::Rule::Not(rule) => form::Rule::Not(Box::new(self.rule(*rule))),
        }
    }

    fn step(&mut self, written: written::Said) -> form::Said {
        let by = written.by.clone();
        let said = self.said(written);
        if !matches!(said.what, form::What::Any(_)) {
            self.problem(&by, "what is said here takes `any` only");
        }
        if said.at_least.is_some() || said.at_most.is_some() {
            self.problem(
                &by,
                "what is said here cannot be counted; use a rule of its own",
            );
        }
        said
    }

    fn said(&mut self, written: written::Said) -> form::Said {
        let given = [&written.any, &written.all, &written.none]
            .iter()
            .filter(|list| list.is_some())
            .count();
        if given != 1 {
            self.problem(
                &written.by,
                "`said` takes exactly one of `any`, `all` and `none`",
            );
        }
        if (written.at_least.is_some() || written.at_most.is_some()) && written.any.is_none() {
            self.problem(
                &written.by,
                "`at_least` and `at_most` count what is under `any`",
            );
        }
        if written.at_least == Some(0)
            || written
                .at_most
                .is_some_and(|most| written.at_least.is_some_and(|least| least > most))
        {
            self.problem(&written.by, "these limits would always or never hold");
        }
        let by = written.by.value;
        let at = &written.by;
        let what = if let Some(phrases) = &written.all {
            form::What::All(self.phrases(at, phrases))
        } else if let Some(phrases) = &written.none {
            form::What::None(self.phrases(at, phrases))
        } else {
            let phrases = written.any.as_deref().unwrap_or_default();
            form::What::Any(self.phrases(at, phrases))
        };
        form::Said {
            by,
            what,
            within: written.within.and_then(|within| self.within(at, within)),
            at_least: written.at_least,
            at_most: written.at_most,
            turn_start: written.turn_start,
            in_reply_to: written.in_reply_to.map(|said| Box::new(self.anchor(*said))),
            even_negated: written.even_negated,
        }
    }

    /// What a window or a reply leans on: plain words, so that it cannot lean on itself.
    fn anchor(&mut self, written: written::Said) -> form::Said {
        let by = written.by.clone();
        let said = self.step(written);
        if said.in_reply_to.is_some()
            || matches!(
                said.within,
                Some(form::Within::AfterSaid(..) | form::Within::BeforeSaid(..))
            )
        {
            self.problem(&by, "what a window leans on cannot lean on words itself");
        }
        said
    }

    fn within<T>(&mut self, at: &Spanned<T>, written: written::Within) -> Option<form::Within> {
        use form::Within;
        let length = written.length;
        let mut places = Vec::new();
        places.extend(written.first.map(Within::First));
        places.extend(written.last.map(Within::Last));
        let takes_length = places.is_empty();
        if let Some(said) = written.after_said {
            places.push(Within::AfterSaid(Box::new(self.anchor(*said)), length));
        }
        if let Some(said) = written.before_said {
            places.push(Within::BeforeSaid(Box::new(self.anchor(*said)), length));
        }
        // A window without a length is refused, so what stands for it here is never used.
        let span = length.unwrap_or(form::Millis(0));
        let at_events = [
            written.after_event.map(|e| Within::AfterEvent(e, span)),
            written.before_event.map(|e| Within::BeforeEvent(e, span)),
            written.near_event.map(|e| Within::NearEvent(e, span)),
        ];
        for place in at_events.into_iter().flatten() {
            if length.is_none() {
                self.problem(at, "a window at an event needs a length: `for: 10s`");
                return None;
            }
            places.push(place);
        }
        if length.is_some() && !takes_length {
            self.problem(
                at,
                "`for` goes with `after_said`, `before_said` and the events",
            );
        }
        if places.len() != 1 {
            self.problem(
                at,
                "`within` takes exactly one of `first`, `last`, `after_said`, `before_said`, `after_event`, `before_event` and `near_event`",
            );
        }
        places.pop()
    }

    fn phrases<T>(&mut self, at: &Spanned<T>, written: &[Spanned<String>]) -> Vec<Phrase> {
        if written.is_empty() {
            self.problem(at, "there are no phrases to look for");
        }
        let mut phrases = Vec::new();
        for phrase in written {
            match phrase.value.strip_prefix('@') {
                Some(name) => {
                    match self.families.get(name) {
                        Some(family) => {
                            phrases.extend(family.iter().cloned());
                            self.used.insert(name.to_string());
                        }
                        None => {
                            // The family that was meant is not unused.
                            let meant = nearest(name, self.families.keys().map(String::as_str));
                            let hint = meant
                                .map_or_else(String::new, |m| format!("; did you mean `@{m}`?"));
                            self.used.extend(meant.map(str::to_string));
                            self.problem(
                            phrase,
                            format!("`@{name}` refers to nothing; define `{name}` under `phrases`{hint}"),
                        );
                        }
                    }
                }
                None => phrases.extend(self.phrase(phrase)),
            }
        }
        phrases
    }

    fn phrase(&mut self, written: &Spanned<String>) -> Option<Phrase> {
        match Phrase::parse(&written.value) {
            Ok(phrase) => Some(phrase),
            Err(e) => {
                self.problems.push(in_phrase(written, &e));
                None
            }
        }
    }

    fn metric_name(&mut self, name: &Spanned<String>) {
        if metrics::metric(&name.value).is_none() {
            let names: Vec<&str> = metrics::METRICS.iter().map(|m| m.name).collect();
            let instead = match nearest(&name.value, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            self.problem(name, format!("`{}` is no metric; {instead}", name.value));
        }
        if metrics::metric(&name.value).is_some_and(|m| m.is_duration) {
            self.problem(
                name,
                format!(
                    "`{}` is a duration, and duration never scores: a short call is no better than a long one; count what happened instead",
                    name.value
                ),
            );
        }
    }

    fn metric(&mut self, written: written::Metric) -> form::Rule {
        self.metric_name(&written.name);
        if written.at_least.is_none() && written.at_most.is_none() {
            self.problem(&written.name, "give `at_least`, `at_most` or both");
        }
        form::Rule::Metric(form::MetricRule {
            name: written.name.value,
            at_least: written.at_least,
            at_most: written.at_most,
        })
    }

    fn weight(&mut self, weight: &Spanned<f64>) {
        if !(weight.value >= 0.0 && weight.value.is_finite()) {
            self.problem(weight, "a weight is 0 or more");
        }
    }

    /// Ids stand in tables and file names: plain ones only.
    fn id(&mut self, id: &Spanned<String>, what: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if id.value.is_empty() || !id.value.chars().all(plain) {
            self.problem(
                id,
                format!(
                    "the {what} id `{}` may hold a-z, 0-9, `-`, `_` and `.` only",
                    id.value
                ),
            );
        }
    }

    fn unique(&mut self, id: &Spanned<String>, seen: &mut BTreeMap<String, u64>, what: &str) {
        self.id(id, what);
        let line = id.referenced.line();
        if let Some(first) = seen.insert(id.value.clone(), line) {
            self.problem(
                id,
                format!(
                    "the {what} id `{}` is used twice, first in line {first}; give each its own",
                    id.value
                ),
            );
        }
    }
}

/// The answers of a question that a condition may name.
fn answers_of(kind: &form::Kind) -> Vec<String> {
    match kind {
        form::Kind::YesNo { .. } => vec!["yes".to_string(), "no".to_string()],
        form::Kind::Options { choices, .. } | form::Kind::MultiSelect { choices, .. } => {
            choices.iter().map(|c| c.id.clone()).collect()
        }
        form::Kind::Number { .. } | form::Kind::Comment => Vec::new(),
    }
}

/// Whether a question can be answered without a person.
fn has_rules(kind: &form::Kind) -> bool {
    match kind {
        form::Kind::Number { quantity, .. } => !matches!(quantity, form::Quantity::Stated),
        _ => kind.rules().next().is_some(),
    }
}

const FEELING_ALONE: &str = "the feeling score is evidence only: it may not decide an answer alone; ask for words beside it under `all_of`, or use it in `applies_when` or `cause`";

/// Whether metrics of feeling can bring a rule to this truth without anything else.
fn feeling_alone(rule: &form::Rule, truth: bool) -> bool {
    match rule {
        form::Rule::Metric(metric) => is_evidence_only(&metric.name),
        form::Rule::AllOf(rules) | form::Rule::AnyOf(rules) => {
            let one_is_enough = matches!(rule, form::Rule::AnyOf(_)) == truth;
            if one_is_enough {
                rules.iter().any(|r| feeling_alone(r, truth))
            } else {
                !rules.is_empty() && rules.iter().all(|r| feeling_alone(r, truth))
            }
        }
        form::Rule::Not(rule) => feeling_alone(rule, !truth),
        _ => false,
    }
}

/// Points at the sign that is at fault, where the file has the phrase as it is.
fn in_phrase(written: &Spanned<String>, error: &PhraseError) -> Problem {
    let place = written.referenced;
    let quotes = place
        .span()
        .byte_len()
        .and_then(|length| length.checked_sub(written.value.len() as u64));
    let (Some(quotes @ (0 | 2)), Some(before)) = (quotes, written.value.get(..error.offset)) else {
        return Problem::at(place, error.to_string());
    };
    let rest = written.value[error.offset..].trim_end();
    if rest.is_empty() {
        return Problem::at(place, error.to_string());
    }
    Problem {
        column: place.column() + quotes / 2 + before.chars().count() as u64,
        length: 1,
        ..Problem::at(place, error.to_string())
    }
}

fn is_evidence_only(metric: &str) -> bool {
    metrics::metric(metric).is_some_and(|m| m.evidence_only)
}
