//! What an answer rests on.

use crate::conversation::Party;
use crate::transcript::Span;

/// What a piece of evidence shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// These words were said.
    Found,
    /// The window was searched and nothing was found.
    Absent,
    /// What came closest to a phrase that was not found.
    NearestMiss,
    /// A measure of the conversation.
    Metric,
    /// A fact from the sidecar.
    Metadata,
    /// Why the answer is not sure: words or speech that cannot be relied on.
    Doubt,
}

impl EvidenceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            EvidenceKind::Found => "found",
            EvidenceKind::Absent => "absent",
            EvidenceKind::NearestMiss => "nearest_miss",
            EvidenceKind::Metric => "metric",
            EvidenceKind::Metadata => "metadata",
            EvidenceKind::Doubt => "doubt",
        }
    }
}

/// One row of evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Path of the rule in the question, e.g. `yes_when.any_of.1.said`.
    pub rule: String,
    pub kind: EvidenceKind,
    pub party: Option<Party>,
    pub channel: Option<usize>,
    /// When the words were said, or the event lasted.
    pub at: Option<Span>,
    pub quote: Option<String>,
    pub min_prob: Option<f64>,
    pub mean_prob: Option<f64>,
    /// The part of the call that was searched.
    pub window: Option<Span>,
    pub metric: Option<String>,
    pub value: Option<f64>,
    pub threshold: Option<String>,
    pub note: Option<String>,
    /// How well it was heard, 0 to 1: for words the lowest of their probabilities, for an absence
    /// the share of the searched speech that was heard with confidence; 1 for what needs no
    /// hearing. `None` where it shows a doubt or a near miss.
    pub confidence: Option<f64>,
}

impl Evidence {
    /// A row with nothing but its place and kind.
    pub fn new(rule: &str, kind: EvidenceKind) -> Self {
        Self {
            rule: rule.to_string(),
            kind,
            party: None,
            channel: None,
            at: None,
            quote: None,
            min_prob: None,
            mean_prob: None,
            window: None,
            metric: None,
            value: None,
            threshold: None,
            note: None,
            confidence: None,
        }
    }
}
