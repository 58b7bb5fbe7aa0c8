//! What a rubric file says, as types. Field names are the keys of the file.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::phrase::Phrase;

/// A whole form.
#[derive(Debug, Clone)]
pub struct Rubric {
    /// The form's id.
    pub rubric: String,
    pub version: String,
    pub title: String,
    /// What the form is for, for people.
    pub about: Option<String>,
    pub applies_to: AppliesTo,
    /// Score from which a call passes, 0 to 100.
    pub pass_at: Option<f64>,
    pub sections: Vec<Section>,
    /// BLAKE3 of the file's text, hexadecimal.
    pub key: String,
}

/// Which calls the form is for; others are *not eligible*.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliesTo {
    #[serde(default)]
    pub directions: Vec<crate::recording::Direction>,
    #[serde(default)]
    pub queues: Vec<String>,
    /// ISO 639-1 codes.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Shorter recordings are not eligible.
    #[serde(default)]
    pub shortest: Option<Millis>,
}

/// Questions that share a weight.
#[derive(Debug, Clone)]
pub struct Section {
    pub id: String,
    pub title: String,
    /// Share of the form's score, relative to the other sections.
    pub weight: f64,
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: String,
    pub text: String,
    /// What counts, for people.
    pub help: Option<String>,
    /// Share of the section's score, relative to the other questions.
    pub weight: f64,
    pub points: Points,
    /// The answer that fails the whole form.
    pub auto_fail_on: Option<YesNo>,
    /// The question is not applicable where this is false.
    pub applies_when: Option<Rule>,
    /// The answer is yes where this is true, and no where it is false.
    pub yes_when: Rule,
}

/// Points for each answer.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    pub yes: f64,
    pub no: f64,
}

impl Default for Points {
    fn default() -> Self {
        Points { yes: 1.0, no: 0.0 }
    }
}

impl Points {
    pub fn of(self, answer: YesNo) -> f64 {
        match answer {
            YesNo::Yes => self.yes,
            YesNo::No => self.no,
        }
    }

    pub fn most(self) -> f64 {
        self.yes.max(self.no)
    }

    pub fn least(self) -> f64 {
        self.yes.min(self.no)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum YesNo {
    Yes,
    No,
}

/// What can be true, false or unknown of a call.
#[derive(Debug, Clone)]
pub enum Rule {
    Said(Said),
    InOrder(InOrder),
    Metric(MetricRule),
    Call(CallRule),
    AllOf(Vec<Rule>),
    AnyOf(Vec<Rule>),
    Not(Box<Rule>),
}

/// Somebody said something.
#[derive(Debug, Clone)]
pub struct Said {
    pub by: By,
    pub what: What,
    pub within: Option<Within>,
}

/// Which phrases, and how many of them.
#[derive(Debug, Clone)]
pub enum What {
    Any(Vec<Phrase>),
    All(Vec<Phrase>),
    None(Vec<Phrase>),
}

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Agent,
    Customer,
    Anyone,
}

/// A part of the call, by the times of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// From the start of the recording.
    First(Millis),
    /// Up to the end of the recording.
    Last(Millis),
}

/// One thing is said after another.
#[derive(Debug, Clone)]
pub struct InOrder {
    pub steps: Vec<Said>,
    /// Longest pause between the end of a step and the start of the next.
    pub at_most_apart_ms: Option<i64>,
    /// The steps must be complete before this is said for the first time.
    pub before: Option<Said>,
}

/// A conversation metric against a threshold.
#[derive(Debug, Clone)]
pub struct MetricRule {
    /// A name from `docs/metrics.md`.
    pub name: String,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

/// A fact from the sidecar.
#[derive(Debug, Clone)]
pub struct CallRule {
    pub field: CallField,
    pub is: String,
}

/// The facts that a rule may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallField {
    Direction,
    FirstCommunication,
    Queue,
    Team,
    Language,
    Reason,
    DisclosureByIvr,
}

impl CallField {
    pub fn as_str(self) -> &'static str {
        match self {
            CallField::Direction => "direction",
            CallField::FirstCommunication => "first_communication",
            CallField::Queue => "queue",
            CallField::Team => "team",
            CallField::Language => "language",
            CallField::Reason => "reason",
            CallField::DisclosureByIvr => "disclosure_by_ivr",
        }
    }
}

/// A length of time: `500ms`, `30s`, `2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Millis(pub i64);

impl TryFrom<String> for Millis {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            _ => {
                return Err(format!(
                    "`{text}` is no length of time; write `30s`, `500ms` or `2m`"
                ));
            }
        };
        digits
            .trim()
            .parse::<i64>()
            .ok()
            .filter(|n| (0..=1_000_000).contains(n))
            .map(|n| Millis(n * unit))
            .ok_or_else(|| format!("`{text}` is no length of time; write `30s`, `500ms` or `2m`"))
    }
}

/// The file as written, before references and phrases are understood.
pub(super) mod written {
    use std::collections::BTreeMap;

    use super::{AppliesTo, By, CallField, Deserialize, Millis, Points, Spanned, Within, YesNo};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Rubric {
        pub rubric: Spanned<String>,
        pub version: String,
        pub title: String,
        #[serde(default)]
        pub about: Option<String>,
        #[serde(default)]
        pub applies_to: AppliesTo,
        #[serde(default)]
        pub pass_at: Option<Spanned<f64>>,
        #[serde(default)]
        pub phrases: BTreeMap<String, Vec<Spanned<String>>>,
        pub sections: Vec<Section>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Section {
        pub id: Spanned<String>,
        pub title: String,
        pub weight: Spanned<f64>,
        pub questions: Vec<Question>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Question {
        pub id: Spanned<String>,
        pub text: String,
        #[serde(default)]
        pub help: Option<String>,
        #[serde(default)]
        pub weight: Option<Spanned<f64>>,
        #[serde(default)]
        pub points: Option<Spanned<Points>>,
        #[serde(default)]
        pub auto_fail_on: Option<YesNo>,
        #[serde(default)]
        pub applies_when: Option<Rule>,
        pub yes_when: Rule,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Rule {
        Said(Said),
        InOrder(InOrder),
        Metric(Metric),
        Call(Call),
        AllOf(Spanned<Vec<Rule>>),
        AnyOf(Spanned<Vec<Rule>>),
        Not(Box<Rule>),
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Said {
        pub by: Spanned<By>,
        #[serde(default)]
        pub any: Option<Vec<Spanned<String>>>,
        #[serde(default)]
        pub all: Option<Vec<Spanned<String>>>,
        #[serde(default)]
        pub none: Option<Vec<Spanned<String>>>,
        #[serde(default)]
        pub within: Option<Within>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct InOrder {
        pub steps: Spanned<Vec<Said>>,
        #[serde(default)]
        pub at_most_apart: Option<Millis>,
        #[serde(default)]
        pub before: Option<Said>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Metric {
        pub name: Spanned<String>,
        #[serde(default)]
        pub at_least: Option<f64>,
        #[serde(default)]
        pub at_most: Option<f64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Call {
        pub field: CallField,
        pub is: String,
    }
}
