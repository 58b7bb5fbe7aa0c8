//! What people say of calls, checked against the forms that the calls were scored with.
//!
//! Rows of texts in, ratings out: reading files is [`crate::sheet`]'s. Every problem is told with
//! its file, row and column and what to do, all at once, and where there is one nothing is taken.
//! `docs/ratings.md` is the file format for people. Left out on purpose: the automatic answers,
//! which join from the tables, and all figures.

mod accuracy;
mod answer;
mod coaching;
mod entries;
mod known;
mod notes;
mod outcomes;
mod rating;
mod standing;
#[cfg(test)]
mod tests;
mod when;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use accuracy::{Accuracy, accuracy, names_accuracy};
pub use coaching::{Agreed, Coached, coaching, names_coaching};
pub use notes::Notes;
pub use outcomes::{Outcome, names_outcomes, outcomes};
pub use rating::{names_ratings, ratings};
pub use when::RatedAt;

use crate::log::visible;
use crate::recording::agents::Agents;
use crate::redaction;
use crate::rubric::Rubric;
use crate::scoring::Answer;

/// What the tables say of forms and calls: what ratings are checked against.
#[derive(Debug, Clone, Default)]
pub struct Forms {
    /// All versions that are known.
    pub rubrics: Vec<Rubric>,
    /// The forms that were put to each call.
    pub of_call: BTreeMap<String, Vec<PutTo>>,
    pub agents: BTreeSet<String>,
    /// Makes pseudonyms of agents, where they have any in the tables.
    pub pseudonyms: Option<Arc<Agents>>,
    /// Calls were forgotten here: one that is not known may be one of them.
    pub some_forgotten: bool,
}

impl Forms {
    /// The id of a call as the tables have it: redacted, and where agents have pseudonyms, the
    /// agent's id in it was replaced.
    fn call_id(&self, id: &str) -> String {
        let ids = self
            .pseudonyms
            .iter()
            .flat_map(|agents| agents.call_ids(id))
            .map(|id| redaction::redact_text(&id));
        let mut known = ids.filter(|id| self.of_call.contains_key(id));
        known.next().unwrap_or_else(|| redaction::redact_text(id))
    }

    /// What stands in the tables for an agent.
    fn agent(&self, id: &str) -> String {
        match &self.pseudonyms {
            Some(agents) => agents.pseudonym(id),
            None => redaction::redact_person(id),
        }
    }

    /// A rater, who may be one of the agents, too.
    fn rater(&self, name: &str) -> String {
        let agent = self.pseudonyms.as_ref();
        let agent = agent.and_then(|agents| agents.if_agent(name));
        agent.unwrap_or_else(|| redaction::redact_person(&self.scrubbed(name)))
    }

    /// What is an id or a remark, redacted.
    fn value(&self, text: &str) -> String {
        redaction::redact_value(&self.scrubbed(text))
    }

    /// What a person wrote, redacted.
    fn words(&self, text: &str) -> String {
        redaction::redact_note(&self.scrubbed(text))
    }

    /// Without the ids of agents who have pseudonyms.
    fn scrubbed(&self, text: &str) -> String {
        match &self.pseudonyms {
            Some(agents) => agents.scrub_words(text),
            None => text.to_string(),
        }
    }
}

/// A form that was put to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutTo {
    /// Index in [`Forms::rubrics`].
    pub form: usize,
    /// Why the form does not apply to the call, if it does not.
    pub not_eligible: Option<String>,
}

/// What was read, and what is worth a word though nothing is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken<T> {
    pub rows: Vec<T>,
    /// Whole sentences, for people.
    pub notices: Vec<String>,
}

/// One answer of a person to one question about one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    pub place: Place,
    pub call_id: Arc<str>,
    pub rubric: Arc<str>,
    /// The version that the call was scored with.
    pub rubric_version: Arc<str>,
    pub section: Arc<str>,
    pub question: Arc<str>,
    /// The whole hash.
    pub meaning: Arc<str>,
    /// `gold` where the file names nobody for an agreed answer.
    pub rater: Arc<str>,
    pub kind: RaterKind,
    /// [`Answer::Abstain`] where the rater could not tell: kept, but no rating for the figures.
    pub answer: Answer,
    /// What the form gives for the answer; `None` for *not applicable* and *abstain*.
    pub points: Option<f64>,
    /// Points that the question can give.
    pub max_points: f64,
    pub session: Option<Arc<str>>,
    pub at: RatedAt,
    pub basis: Basis,
    pub saw_automatic: bool,
    pub chosen: Chosen,
    pub hidden_repeat: bool,
    /// The rater's words, redacted.
    pub note: Option<Arc<str>>,
    pub standing: Standing,
}

impl Rating {
    /// Whether it may enter agreement figures and the automatic scorer's error rates: a person's,
    /// blind, and more than "cannot tell".
    pub fn is_blind(&self) -> bool {
        self.kind == RaterKind::Person
            && self.standing == Standing::Blind
            && self.answer != Answer::Abstain
    }
}

/// Where something stands: the file as it was named, and its row as an editor or a spreadsheet
/// counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: Arc<str>,
    pub row: u64,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RaterKind {
    Person,
    /// What was agreed in a discussion: a reference, never a rater.
    Gold,
    /// The agent, of the agent's own call.
    Agent,
}

/// What the rater had before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    Audio,
    Transcript,
}

/// How the call came to be rated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Chosen {
    /// At random, each call with this probability, above 0 and up to 1.
    Random { probability: f64 },
    /// For a reason that lies in the call.
    Targeted,
}

/// What a rating can be used for. That of gold and of agents says only what they knew: see
/// [`Rating::kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Made alone, and before anybody told.
    Blind,
    /// The agreed answer of the same session is older.
    AfterDiscussion,
    /// The rater had seen what the automatic scorer says.
    SawAutomatic,
    /// Put before the rater again unknown to them: for self-consistency alone.
    HiddenRepeat,
}

impl RaterKind {
    pub fn as_str(self) -> &'static str {
        match self {
            RaterKind::Person => "person",
            RaterKind::Gold => "gold",
            RaterKind::Agent => "agent",
        }
    }
}

impl Basis {
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::Audio => "audio",
            Basis::Transcript => "transcript",
        }
    }
}

impl Chosen {
    pub fn as_str(self) -> &'static str {
        match self {
            Chosen::Random { .. } => "random",
            Chosen::Targeted => "targeted",
        }
    }
}

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Blind => "blind",
            Standing::AfterDiscussion => "after_discussion",
            Standing::SawAutomatic => "saw_automatic",
            Standing::HiddenRepeat => "hidden_repeat",
        }
    }
}

/// Problems that are told; more are counted.
const LISTED: usize = 20;

/// Files that cannot be taken as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("use the {what}:{}{}", lines(problems), and_more(*more))]
pub struct Refused {
    /// `ratings`, `outcomes`, `coaching` or `accuracy`.
    pub what: &'static str,
    /// The first, in the order of files and rows.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: usize,
}

impl Refused {
    pub fn hint(&self) -> &'static str {
        "mend these rows and run again; nothing was taken yet. docs/ratings.md says what each column holds"
    }
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// What the format calls rows.
    pub row_word: &'static str,
    /// `None` where the whole row is meant.
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", visible(&self.place.file))?;
        // Names of columns stand above all rows in Parquet.
        if self.place.row > 0 {
            write!(f, ", {} {}", self.row_word, self.place.row)?;
        }
        if let Some(column) = &self.column {
            write!(f, ", {}", visible(column))?;
        }
        write!(f, ": {}", visible(&self.message))
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("\n  {p}")).collect()
}

fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        _ => format!("\n  and {more} more"),
    }
}
