//! From the file as written to a form that can score: everything that could not be meant is
//! refused, with its line.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::Spanned;

use super::form::{self, written};
use super::phrase::Phrase;
use crate::conversation::metrics;

/// A rubric that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RubricError {
    #[error("read the rubric {path}")]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("understand the rubric {path}:\n{message}")]
    Parse { path: String, message: String },
    #[error("use the rubric {path}:\n{}", list(path, problems))]
    Invalid {
        path: String,
        problems: Vec<Problem>,
    },
}

impl RubricError {
    pub fn hint(&self) -> Option<String> {
        match self {
            RubricError::Read { .. } => Some(format!(
                "name a YAML file, or one of the built-in rubrics: {}",
                super::BUILT_IN.map(|(name, _)| name).join(", ")
            )),
            RubricError::Parse { .. } => {
                Some("`callibrate init` writes a rubric to start from".to_string())
            }
            RubricError::Invalid { .. } => None,
        }
    }
}

/// One thing that is wrong with a rubric, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1; 0 where the place is not one line.
    pub line: u64,
    pub message: String,
}

fn list(path: &str, problems: &[Problem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|p| match p.line {
            0 => format!("  {path}: {}", p.message),
            line => format!("  {path}:{line}: {}", p.message),
        })
        .collect();
    lines.join("\n")
}

pub(super) fn parse(text: &str, name: &str) -> Result<form::Rubric, RubricError> {
    // Plain `yes` and `no` are words here, not booleans.
    let options = serde_saphyr::options! { strict_booleans: true };
    let written: written::Rubric =
        serde_saphyr::from_str_with_options(text, options).map_err(|e| RubricError::Parse {
            path: name.to_string(),
            message: e.to_string().replace("<input>", name),
        })?;
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
        problems: checker.problems,
    })
}

struct Checker {
    problems: Vec<Problem>,
    families: BTreeMap<String, Vec<Phrase>>,
    used: BTreeSet<String>,
}

impl Checker {
    fn problem<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        self.problems.push(Problem {
            line: at.referenced.line(),
            message: message.into(),
        });
    }

    fn rubric(&mut self, written: written::Rubric, text: &str) -> form::Rubric {
        self.id(&written.rubric, "rubric");
        self.families(&written.phrases);
        if let Some(pass_at) = &written.pass_at
            && !(0.0..=100.0).contains(&pass_at.value)
        {
            self.problem(pass_at, "`pass_at` is a score from 0 to 100");
        }
        let mut seen = BTreeMap::new();
        let mut section_ids = BTreeMap::new();
        let sections: Vec<form::Section> = written
            .sections
            .into_iter()
            .map(|section| {
                self.unique(&section.id, &mut section_ids, "section");
                self.section(section, &mut seen)
            })
            .collect();
        if !sections
            .iter()
            .any(|s| s.weight > 0.0 && s.questions.iter().any(carries_weight))
        {
            self.problem(
                &written.rubric,
                "no question carries weight, so there is nothing to score; give a section and one of its questions a weight above 0 and points that differ",
            );
        }
        for name in written.phrases.keys() {
            if !self.used.contains(name) {
                let line = written.phrases[name]
                    .first()
                    .map_or(0, |p| p.referenced.line());
                self.problems.push(Problem {
                    line,
                    message: format!(
                        "phrases `{name}` are used by no question; remove them or refer to them as `@{name}`"
                    ),
                });
            }
        }
        form::Rubric {
            rubric: written.rubric.value,
            version: written.version,
            title: written.title,
            about: written.about,
            applies_to: written.applies_to,
            pass_at: written.pass_at.map(|p| p.value),
            sections,
            key: blake3::hash(text.as_bytes()).to_hex().to_string(),
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

    fn section(
        &mut self,
        written: written::Section,
        seen: &mut BTreeMap<String, u64>,
    ) -> form::Section {
        self.weight(&written.weight);
        if written.questions.is_empty() {
            self.problem(
                &written.id,
                "this section has no questions; add one or remove it",
            );
        }
        form::Section {
            questions: written
                .questions
                .into_iter()
                .map(|q| self.question(q, seen))
                .collect(),
            id: written.id.value,
            title: written.title,
            weight: written.weight.value,
        }
    }

    fn question(
        &mut self,
        written: written::Question,
        seen: &mut BTreeMap<String, u64>,
    ) -> form::Question {
        self.unique(&written.id, seen, "question");
        if let Some(weight) = &written.weight {
            self.weight(weight);
        }
        if let Some(points) = &written.points {
            let Spanned { value, .. } = points;
            if value.yes < 0.0 || value.no < 0.0 || !value.yes.is_finite() || !value.no.is_finite()
            {
                self.problem(points, "points are 0 or more");
            } else if value.most() == 0.0 {
                self.problem(points, "one of the answers must earn points");
            }
        }
        form::Question {
            id: written.id.value,
            text: written.text,
            help: written.help,
            weight: written.weight.map_or(1.0, |w| w.value),
            points: written.points.map(|p| p.value).unwrap_or_default(),
            auto_fail_on: written.auto_fail_on,
            applies_when: written.applies_when.map(|rule| self.rule(rule)),
            yes_when: self.rule(written.yes_when),
        }
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
            written::Rule::Metric(metric) => self.metric(metric),
            written::Rule::Call(call) => form::Rule::Call(form::CallRule {
                field: call.field,
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
            self.problem(&by, "a step of `in_order` takes `any` only");
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
            within: written.within,
        }
    }

    fn phrases<T>(&mut self, at: &Spanned<T>, written: &[Spanned<String>]) -> Vec<Phrase> {
        if written.is_empty() {
            self.problem(at, "there are no phrases to look for");
        }
        let mut phrases = Vec::new();
        for phrase in written {
            match phrase.value.strip_prefix('@') {
                Some(name) => match self.families.get(name) {
                    Some(family) => {
                        phrases.extend(family.iter().cloned());
                        self.used.insert(name.to_string());
                    }
                    None => self.problem(
                        phrase,
                        format!("`@{name}` refers to nothing; define `{name}` under `phrases`"),
                    ),
                },
                None => phrases.extend(self.phrase(phrase)),
            }
        }
        phrases
    }

    fn phrase(&mut self, written: &Spanned<String>) -> Option<Phrase> {
        match Phrase::parse(&written.value) {
            Ok(phrase) => Some(phrase),
            Err(e) => {
                self.problem(written, e.to_string());
                None
            }
        }
    }

    fn metric(&mut self, written: written::Metric) -> form::Rule {
        if metrics::metric(&written.name.value).is_none() {
            let names: Vec<&str> = metrics::METRICS.iter().map(|m| m.name).collect();
            self.problem(
                &written.name,
                format!(
                    "`{}` is no metric; there are {}",
                    written.name.value,
                    names.join(", ")
                ),
            );
        }
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

fn carries_weight(question: &form::Question) -> bool {
    question.weight > 0.0 && question.points.most() > question.points.least()
}
