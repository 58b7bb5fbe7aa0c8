//! What a rubric file says, as types. Field names are the keys of the file.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::phrase::Phrase;
pub use crate::recording::contacts::ContactChannel;

/// A whole form.
#[derive(Debug, Clone)]
pub struct Rubric {
    /// The form's id.
    pub rubric: String,
    pub version: String,
    /// Calls that began before this local day, `YYYY-MM-DD`, are not eligible.
    pub valid_from: Option<String>,
    /// A later version is for the calls from this local day on; not in the file.
    pub valid_until: Option<String>,
    pub title: String,
    /// What the form is for, for people.
    pub about: Option<String>,
    pub applies_to: AppliesTo,
    /// Score from which a call passes, 0 to 100.
    pub pass_at: Option<f64>,
    /// Names for ranges of the score, highest first.
    pub bands: Vec<Band>,
    /// The form's score is no lower than this before rules that set it, and before auto-fail.
    pub minimum: Option<f64>,
    pub sections: Vec<Section>,
    /// Rules on the answers that add to a score, subtract from it or set it.
    pub adjustments: Vec<Adjustment>,
    /// BLAKE3 of the file's text, hexadecimal.
    pub key: String,
    /// The file's text.
    pub source: String,
}

impl Rubric {
    /// All questions in the order of the form, each with the index of its section.
    pub fn questions(&self) -> impl Iterator<Item = (usize, &Question)> {
        self.sections
            .iter()
            .enumerate()
            .flat_map(|(s, section)| section.questions.iter().map(move |q| (s, q)))
    }

    /// All phrases of all rules; one that several rules share comes several times.
    pub fn phrases(&self) -> Vec<&Phrase> {
        let mut phrases = Vec::new();
        for section in &self.sections {
            if let Some(rule) = &section.applies_when {
                rule.collect_phrases(&mut phrases);
            }
        }
        for (_, question) in self.questions() {
            phrases.extend(question.phrases());
        }
        phrases
    }
}

/// A named range of the score: from here up to the next band.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub name: String,
    pub from: f64,
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
    /// Share of the form's score, relative to the other sections; for a bonus section the points
    /// of the form's 100 that it adds when all of it is earned.
    pub weight: f64,
    /// Adds to the form's score, which may then exceed 100.
    pub bonus: bool,
    /// All of the section is not applicable where this is false.
    pub applies_when: Option<Rule>,
    /// The section's score is no lower than this; see [`Rubric::minimum`].
    pub minimum: Option<f64>,
    /// A section score below this fails the form.
    pub pass_at: Option<f64>,
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: String,
    pub text: String,
    /// What counts, for people.
    pub help: Option<String>,
    /// Why it is asked, for the agent.
    pub why: Option<String>,
    /// What good sounds like.
    pub good: Option<String>,
    pub kind: Kind,
    pub answered_by: AnsweredBy,
    /// Share of the section's score, relative to the other questions.
    pub weight: f64,
    /// Its own and its section's.
    pub tags: BTreeSet<Tag>,
    /// It counts for the form's critical verdict.
    pub critical: bool,
    /// A mark worth celebrating: never scored.
    pub celebrate: bool,
    /// Whether the agent can help the answer at all.
    pub controllable_by_agent: bool,
    /// What a failed answer is put down to: the first whose rule is true.
    pub causes: Vec<CauseRule>,
    pub auto_fail: Option<AutoFail>,
    /// The question is not applicable where this is false.
    pub applies_when: Option<Rule>,
    /// The question is hidden, and so not applicable, unless an earlier one has one of these
    /// answers.
    pub shown_when: Option<AnswerIs>,
    /// BLAKE3 of what the question means, hexadecimal; see `meaning`.
    pub meaning: String,
}

impl Question {
    /// Whether an answer of it changes a score.
    pub fn is_scored(&self) -> bool {
        !self.celebrate && self.weight > 0.0 && self.kind.most() > self.kind.least()
    }

    /// Whether *no* is the answer that earns the points.
    pub fn passes_by_no(&self) -> bool {
        matches!(self.kind, Kind::YesNo { points, .. } if points.no > points.yes)
    }

    /// All phrases of its rules; one that several share comes several times.
    pub fn phrases(&self) -> Vec<&Phrase> {
        let mut phrases = Vec::new();
        self.each_rule(&mut |rule| rule.collect_phrases(&mut phrases));
        if let Kind::Number {
            quantity: Quantity::Times(said),
            ..
        } = &self.kind
        {
            said.collect_phrases(&mut phrases);
        }
        phrases
    }

    /// Its rules: when it applies, what answers it, what causes a failed answer.
    pub fn each_rule<'q>(&'q self, seen: &mut dyn FnMut(&'q Rule)) {
        self.applies_when.iter().for_each(&mut *seen);
        self.kind.rules().for_each(&mut *seen);
        self.causes.iter().for_each(|cause| seen(&cause.when));
    }
}

/// How a question is answered, and what each answer earns.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Yes where one of the ways is true, no where all are false.
    YesNo { points: Points, ways: Vec<Way> },
    /// One of several: the first whose rule is true; the last may have none and is then what is
    /// left.
    Options { choices: Vec<Choice>, scale: bool },
    /// A measured or counted value; the first step that it is within gives the points.
    Number {
        quantity: Quantity,
        steps: Vec<Step>,
    },
    /// Any number of several: each whose rule is true. Points add up, to no more than `most`.
    MultiSelect {
        choices: Vec<Choice>,
        most: Option<f64>,
    },
    /// Words of a person; earns nothing.
    Comment,
}

impl Kind {
    pub fn as_str(&self) -> &'static str {
        match self {
            Kind::YesNo { .. } => "yes_no",
            Kind::Options { scale: false, .. } => "options",
            Kind::Options { scale: true, .. } => "scale",
            Kind::Number { .. } => "number",
            Kind::MultiSelect { .. } => "multi_select",
            Kind::Comment => "comment",
        }
    }

    /// The rules by which it is answered.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let (ways, choices): (&[Way], &[Choice]) = match self {
            Kind::YesNo { ways, .. } => (ways, &[]),
            Kind::Options { choices, .. } | Kind::MultiSelect { choices, .. } => (&[], choices),
            Kind::Number { .. } | Kind::Comment => (&[], &[]),
        };
        let of_ways = ways.iter().map(|way| &way.when);
        of_ways.chain(choices.iter().filter_map(|choice| choice.when.as_ref()))
    }

    /// The most points that an answer can earn.
    pub fn most(&self) -> f64 {
        match self {
            Kind::YesNo { points, .. } => points.most(),
            Kind::Options { choices, .. } => choices.iter().map(|c| c.points).fold(0.0, f64::max),
            Kind::Number { steps, .. } => steps.iter().map(|s| s.points).fold(0.0, f64::max),
            Kind::MultiSelect { choices, most } => {
                let all: f64 = choices.iter().map(|c| c.points).sum();
                most.map_or(all, |most| most.min(all))
            }
            Kind::Comment => 0.0,
        }
    }

    /// The fewest.
    pub fn least(&self) -> f64 {
        match self {
            Kind::YesNo { points, .. } => points.least(),
            Kind::Options { choices, .. } => choices
                .iter()
                .map(|c| c.points)
                .fold(f64::INFINITY, f64::min),
            Kind::Number { steps, .. } => {
                steps.iter().map(|s| s.points).fold(f64::INFINITY, f64::min)
            }
            Kind::MultiSelect { .. } | Kind::Comment => 0.0,
        }
    }
}

/// One way to *yes*: there is more than one good call.
#[derive(Debug, Clone)]
pub struct Way {
    /// Shown with the answer; `None` for a plain `yes_when`.
    pub name: Option<String>,
    pub when: Rule,
}

/// One answer to choose.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The answer as the tables have it; a number for a scale.
    pub id: String,
    pub text: String,
    pub points: f64,
    /// `None`: only a person can choose it, or (last of options) it is what is left.
    pub when: Option<Rule>,
}

/// Where a number comes from.
#[derive(Debug, Clone)]
pub enum Quantity {
    /// A name from `docs/metrics.md`.
    Metric(String),
    /// How often something was said.
    Times(Said),
    /// A person states it.
    Stated,
}

/// Points of a number up to and including a limit.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `None` on the last: everything above.
    #[serde(default)]
    pub at_most: Option<f64>,
    pub points: f64,
}

/// Who answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    Automatic,
    /// The automatic scorer abstains.
    Person,
    /// The automatic answer stands until a person's.
    Both,
}

impl AnsweredBy {
    pub fn as_str(self) -> &'static str {
        match self {
            AnsweredBy::Automatic => "automatic",
            AnsweredBy::Person => "person",
            AnsweredBy::Both => "both",
        }
    }
}

/// Whose interest a question serves; each has a score of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    Business,
    Customer,
    Compliance,
}

impl Tag {
    pub const ALL: [Tag; 3] = [Tag::Business, Tag::Customer, Tag::Compliance];

    pub fn as_str(self) -> &'static str {
        match self {
            Tag::Business => "business",
            Tag::Customer => "customer",
            Tag::Compliance => "compliance",
        }
    }
}

/// What a failed answer is put down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Agent,
    Process,
    System,
    Policy,
    OtherTeam,
    Customer,
    Unknown,
}

impl Cause {
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Agent => "agent",
            Cause::Process => "process",
            Cause::System => "system",
            Cause::Policy => "policy",
            Cause::OtherTeam => "other_team",
            Cause::Customer => "customer",
            Cause::Unknown => "unknown",
        }
    }

    /// Whether no agent could have helped it.
    pub fn is_outside_agent(self) -> bool {
        !matches!(self, Cause::Agent | Cause::Unknown)
    }
}

/// A cause and what speaks for it.
#[derive(Debug, Clone)]
pub struct CauseRule {
    pub cause: Cause,
    pub when: Rule,
}

/// Answers that fail the form, or only their section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutoFail {
    /// `yes`, `no` or ids of choices.
    pub on: Vec<String>,
    pub of: FailScope,
}

/// What an automatic fail sets to 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailScope {
    /// The form: score 0, and the verdict is *fail*.
    Form,
    /// The section's score only.
    Section,
}

/// One question has one of these answers: `yes`, `no` or ids of choices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerIs {
    pub question: String,
    pub is: Vec<String>,
}

/// A rule on answers that changes a score. It applies only where all its conditions hold, and
/// where at least one question of its part of the form was answered (as Verint has it).
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    pub id: String,
    /// Why, for people.
    pub text: Option<String>,
    pub when: Vec<AnswerIs>,
    /// A section's id; `None` for the form.
    pub section: Option<String>,
    pub change: Change,
}

/// What an adjustment does, in points of 100. First all additions, then the minimum, then the
/// settings; of several settings the lowest holds, whatever their order in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Negative to subtract.
    Add(f64),
    Set(f64),
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
    pub fn most(self) -> f64 {
        self.yes.max(self.no)
    }

    pub fn least(self) -> f64 {
        self.yes.min(self.no)
    }
}

/// The keys of which a rule has one.
pub(super) const RULE_KEYS: [&str; 10] = [
    "said",
    "in_order",
    "near",
    "metric",
    "call",
    "earlier_contact",
    "earlier_promise",
    "all_of",
    "any_of",
    "not",
];

/// What can be true, false or unknown of a call.
#[derive(Debug, Clone)]
pub enum Rule {
    Said(Said),
    InOrder(InOrder),
    Near(Near),
    Metric(MetricRule),
    Call(CallRule),
    EarlierContact(EarlierContact),
    EarlierPromise(EarlierPromise),
    AllOf(Vec<Rule>),
    AnyOf(Vec<Rule>),
    Not(Box<Rule>),
}

impl Rule {
    /// All its phrases, those of its windows included.
    pub fn phrases(&self) -> Vec<&Phrase> {
        let mut phrases = Vec::new();
        self.collect_phrases(&mut phrases);
        phrases
    }

    fn collect_phrases<'r>(&'r self, phrases: &mut Vec<&'r Phrase>) {
        match self {
            Rule::Said(said) => said.collect_phrases(phrases),
            Rule::InOrder(rule) => rule
                .steps
                .iter()
                .chain(&rule.before)
                .for_each(|said| said.collect_phrases(phrases)),
            Rule::Near(rule) => {
                rule.one.collect_phrases(phrases);
                rule.other.collect_phrases(phrases);
            }
            Rule::AllOf(rules) | Rule::AnyOf(rules) => {
                rules.iter().for_each(|rule| rule.collect_phrases(phrases));
            }
            Rule::Not(rule) => rule.collect_phrases(phrases),
            Rule::Metric(_) | Rule::Call(_) | Rule::EarlierContact(_) | Rule::EarlierPromise(_) => {
            }
        }
    }
}

/// Somebody said something.
#[derive(Debug, Clone)]
pub struct Said {
    pub by: By,
    pub what: What,
    pub within: Option<Within>,
    /// At least so many times; 1 unless stated.
    pub at_least: Option<usize>,
    /// At most so many times.
    pub at_most: Option<usize>,
    /// The words stand at the start of a turn.
    pub turn_start: bool,
    /// The words stand in the speaker's first turn after this was said by another.
    pub in_reply_to: Option<Box<Said>>,
    /// "Not", "no need to" and alike before the words do not matter.
    pub even_negated: bool,
}

impl Said {
    fn collect_phrases<'r>(&'r self, phrases: &mut Vec<&'r Phrase>) {
        phrases.extend(self.what.phrases());
        if let Some(other) = &self.in_reply_to {
            other.collect_phrases(phrases);
        }
        if let Some(Within::AfterSaid(other, _) | Within::BeforeSaid(other, _)) = &self.within {
            other.collect_phrases(phrases);
        }
    }
}

/// Which phrases, and how many of them.
#[derive(Debug, Clone)]
pub enum What {
    Any(Vec<Phrase>),
    All(Vec<Phrase>),
    None(Vec<Phrase>),
}

impl What {
    pub fn phrases(&self) -> &[Phrase] {
        match self {
            What::Any(phrases) | What::All(phrases) | What::None(phrases) => phrases,
        }
    }
}

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Agent,
    Customer,
    Anyone,
}

impl By {
    pub fn as_str(self) -> &'static str {
        match self {
            By::Agent => "agent",
            By::Customer => "customer",
            By::Anyone => "anyone",
        }
    }
}

/// A part of the call, by the times of words.
#[derive(Debug, Clone)]
pub enum Within {
    /// From the start of the recording.
    First(Millis),
    /// Up to the end of the recording.
    Last(Millis),
    /// From each time that this was said, for so long or to the end.
    AfterSaid(Box<Said>, Option<Millis>),
    /// Up to the first time that this was said, from so long before or from the start.
    BeforeSaid(Box<Said>, Option<Millis>),
    /// So long after the end of each such event.
    AfterEvent(EventName, Millis),
    /// So long before the start of each such event.
    BeforeEvent(EventName, Millis),
    /// So long on either side of each such event, and in it.
    NearEvent(EventName, Millis),
}

/// An event of the conversation that a window may lean on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    Hold,
    Silence,
    DeadAir,
    Interruption,
    Overlap,
}

impl EventName {
    pub fn as_str(self) -> &'static str {
        match self {
            EventName::Hold => "hold",
            EventName::Silence => "silence",
            EventName::DeadAir => "dead_air",
            EventName::Interruption => "interruption",
            EventName::Overlap => "overlap",
        }
    }
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

/// Two things are said close to each other, in either order.
#[derive(Debug, Clone)]
pub struct Near {
    pub one: Said,
    pub other: Said,
    /// Longest time between the end of one and the start of the other.
    pub at_most_apart_ms: i64,
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

/// The same customer was in contact before this call. Looks backward only.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierContact {
    /// Days before the call, 1 to 366.
    pub within_days: u32,
    /// About the same matter, as far as that can be told; else about anything.
    #[serde(default)]
    pub same_matter: bool,
    /// Ways of contact; calls only unless stated. Others need a table of contacts.
    #[serde(default = "calls_only")]
    pub channels: Vec<ContactChannel>,
    /// So many earlier contacts; 1 unless stated.
    #[serde(default)]
    pub at_least: Option<u32>,
}

fn calls_only() -> Vec<ContactChannel> {
    vec![ContactChannel::Call]
}

/// What became of a promise that an earlier call made to this customer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierPromise {
    pub is: Vec<PromiseState>,
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseState {
    /// A later contact shows that it was kept.
    Kept,
    /// Its time is over and nothing shows that it was kept.
    NotSeen,
    /// Its time is not over.
    Open,
    /// The customer says that it was broken.
    SaidBroken,
}

impl PromiseState {
    pub fn as_str(self) -> &'static str {
        match self {
            PromiseState::Kept => "kept",
            PromiseState::NotSeen => "not_seen",
            PromiseState::Open => "open",
            PromiseState::SaidBroken => "said_broken",
        }
    }
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
    use std::fmt;

    use serde::de::{Deserializer, SeqAccess, Visitor};

    use super::{
        AnsweredBy, AppliesTo, Band, By, CallField, Cause, Deserialize, EarlierContact,
        EarlierPromise, EventName, FailScope, Millis, Points, Spanned, Step, Tag,
    };

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Rubric {
        pub rubric: Spanned<String>,
        pub version: String,
        #[serde(default)]
        pub valid_from: Option<Spanned<String>>,
        pub title: String,
        #[serde(default)]
        pub about: Option<String>,
        #[serde(default)]
        pub applies_to: AppliesTo,
        #[serde(default)]
        pub pass_at: Option<Spanned<f64>>,
        #[serde(default)]
        pub bands: Vec<Spanned<Band>>,
        #[serde(default)]
        pub minimum: Option<Spanned<f64>>,
        #[serde(default)]
        pub phrases: BTreeMap<String, Vec<Spanned<String>>>,
        pub sections: Vec<Section>,
        #[serde(default)]
        pub adjust: Vec<Adjustment>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Section {
        pub id: Spanned<String>,
        pub title: String,
        pub weight: Spanned<f64>,
        #[serde(default)]
        pub bonus: bool,
        #[serde(default)]
        pub tags: Vec<Tag>,
        #[serde(default)]
        pub applies_when: Option<Rule>,
        #[serde(default)]
        pub minimum: Option<Spanned<f64>>,
        #[serde(default)]
        pub pass_at: Option<Spanned<f64>>,
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
        pub why: Option<String>,
        #[serde(default)]
        pub good: Option<String>,
        #[serde(default)]
        pub kind: Option<Spanned<KindName>>,
        #[serde(default)]
        pub answered_by: Option<AnsweredBy>,
        #[serde(default)]
        pub weight: Option<Spanned<f64>>,
        #[serde(default)]
        pub tags: Vec<Tag>,
        #[serde(default)]
        pub critical: bool,
        #[serde(default)]
        pub celebrate: bool,
        #[serde(default = "yes")]
        pub controllable_by_agent: bool,
        #[serde(default)]
        pub cause: Vec<CauseRule>,
        #[serde(default)]
        pub auto_fail_on: Option<Spanned<OneOrMore>>,
        #[serde(default)]
        pub auto_fail_of: Option<FailScope>,
        #[serde(default)]
        pub applies_when: Option<Rule>,
        #[serde(default)]
        pub shown_when: Option<AnswerIs>,
        #[serde(default)]
        pub points: Option<Spanned<Points>>,
        #[serde(default)]
        pub yes_when: Option<Rule>,
        #[serde(default)]
        pub ways: Option<Spanned<Vec<Way>>>,
        #[serde(default)]
        pub options: Option<Spanned<Vec<Choice>>>,
        #[serde(default)]
        pub scale: Option<Spanned<Scale>>,
        #[serde(default)]
        pub number: Option<Spanned<Number>>,
        #[serde(default)]
        pub most: Option<Spanned<f64>>,
    }

    fn yes() -> bool {
        true
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum KindName {
        YesNo,
        Options,
        Scale,
        Number,
        MultiSelect,
        Comment,
    }

    /// One answer or a list of them; numbers are answers too, as of a scale.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OneOrMore(Vec<String>);

    impl OneOrMore {
        pub fn into_vec(self) -> Vec<String> {
            self.0
        }

        pub fn as_slice(&self) -> &[String] {
            &self.0
        }
    }

    impl<'de> Deserialize<'de> for OneOrMore {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Answers).map(OneOrMore)
        }
    }

    struct Answers;

    impl<'de> Visitor<'de> for Answers {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one answer, or a list of them")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_string()])
        }

        fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
            Ok(vec![number.to_string()])
        }

        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok(vec![number.to_string()])
        }

        fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
            Ok(vec![number.to_string()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut answers = Vec::new();
            while let Some(OneOrMore(mut answer)) = list.next_element()? {
                answers.append(&mut answer);
            }
            Ok(answers)
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Way {
        pub name: String,
        pub when: Rule,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Choice {
        pub id: Spanned<String>,
        #[serde(default)]
        pub text: Option<String>,
        #[serde(default)]
        pub points: f64,
        #[serde(default)]
        pub when: Option<Rule>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Scale {
        pub from: i64,
        pub to: i64,
        /// Rules for some of the values, tried in this order.
        #[serde(default)]
        pub levels: Vec<Level>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Level {
        pub value: Spanned<i64>,
        #[serde(default)]
        pub text: Option<String>,
        #[serde(default)]
        pub when: Option<Rule>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Number {
        #[serde(default)]
        pub metric: Option<Spanned<String>>,
        #[serde(default)]
        pub times: Option<Said>,
        #[serde(default)]
        pub steps: Vec<Step>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct CauseRule {
        pub cause: Cause,
        pub when: Rule,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct AnswerIs {
        pub question: Spanned<String>,
        pub is: OneOrMore,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Adjustment {
        pub id: Spanned<String>,
        #[serde(default)]
        pub text: Option<String>,
        pub when: Vec<AnswerIs>,
        #[serde(default)]
        pub section: Option<Spanned<String>>,
        #[serde(default)]
        pub add: Option<f64>,
        #[serde(default)]
        pub subtract: Option<f64>,
        #[serde(default)]
        pub set: Option<f64>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Rule {
        Said(Said),
        InOrder(InOrder),
        Near(Near),
        Metric(Metric),
        Call(Call),
        EarlierContact(Spanned<EarlierContact>),
        EarlierPromise(Spanned<EarlierPromise>),
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
        #[serde(default)]
        pub at_least: Option<usize>,
        #[serde(default)]
        pub at_most: Option<usize>,
        #[serde(default)]
        pub turn_start: bool,
        #[serde(default)]
        pub in_reply_to: Option<Box<Said>>,
        #[serde(default)]
        pub even_negated: bool,
    }

    /// Exactly one of the places, and `for` where it takes one.
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Within {
        #[serde(default)]
        pub first: Option<Millis>,
        #[serde(default)]
        pub last: Option<Millis>,
        #[serde(default)]
        pub after_said: Option<Box<Said>>,
        #[serde(default)]
        pub before_said: Option<Box<Said>>,
        #[serde(default)]
        pub after_event: Option<EventName>,
        #[serde(default)]
        pub before_event: Option<EventName>,
        #[serde(default)]
        pub near_event: Option<EventName>,
        #[serde(default, rename = "for")]
        pub length: Option<Millis>,
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
    pub struct Near {
        pub one: Said,
        pub other: Said,
        pub at_most_apart: Millis,
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
        pub field: Spanned<CallField>,
        pub is: String,
    }
}
