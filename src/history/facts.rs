//! The few facts about a call's words that later and earlier calls are read by: what was
//! promised, what is said to be broken, and what the customer says has come.
//!
//! Derived from a transcript; kept so that a night need not read all transcripts again. Raise
//! [`VERSION`] when the same words would give other facts.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::conversation::promises::{self, PromiseKind};
use crate::conversation::{Conversation, Party};

/// Version of what is read from the words.
pub const VERSION: u32 = 2;

/// A word below this probability shows nothing.
const LEAST_PROB: f32 = 0.5;

/// What one call adds to the history of its customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallFacts {
    /// In order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Promised>,
    /// The customer says that a promise was broken: the words of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// The customer says that something promised has come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<PromiseKind>,
}

/// A promise, with its deadline on the clock of its call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promised {
    pub party: Party,
    pub kind: PromiseKind,
    pub quote: String,
    pub start_ms: i64,
    pub hedged: bool,
    /// All its words were heard without doubt.
    pub sure: bool,
    /// The last moment at which it is kept; `None` where no day or time was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime>,
}

impl CallFacts {
    /// Reads the facts of a call that began at `local_start` on its own clock. `None` for
    /// languages in which promises are not told.
    pub fn of(conversation: &Conversation, local_start: DateTime) -> Option<Self> {
        if !conversation.is_english() {
            return None;
        }
        let promises = promises::promises(conversation).into_iter();
        Some(Self {
            promises: promises
                .map(|p| Promised {
                    due: p.due.as_ref().and_then(|due| due.by(local_start)),
                    party: p.party,
                    kind: p.kind,
                    quote: p.quote,
                    start_ms: p.span.start_ms,
                    hedged: p.hedged,
                    sure: p.sure,
                })
                .collect(),
            claims: promises::claims_broken(conversation)
                .into_iter()
                .map(|(_, quote)| quote)
                .collect(),
            arrived: arrived(conversation),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.promises.is_empty() && self.claims.is_empty() && self.arrived.is_empty()
    }
}

const CALL_WORDS: [&str; 3] = ["calling", "ringing", "phoning"];
const SENT_WORDS: [&str; 12] = [
    "letter",
    "form",
    "forms",
    "email",
    "e-mail",
    "card",
    "parcel",
    "package",
    "contract",
    "documents",
    "replacement",
    "bill",
];
const MONEY_WORDS: [&str; 4] = ["refund", "money", "credit", "cheque"];

/// What the customer gives thanks for or says to have received: "thank you for calling me back",
/// "I got the letter". A thanks for anything else, a negation or a question shows nothing.
fn arrived(conversation: &Conversation) -> Vec<PromiseKind> {
    let words: Vec<String> = conversation
        .words
        .iter()
        .filter(|w| w.party == Party::Customer)
        .map(|w| {
            let heard = w.trusted && w.prob.is_none_or(|p| p >= LEAST_PROB);
            if heard { plain(&w.text) } else { String::new() }
        })
        .collect();
    let mut kinds: Vec<PromiseKind> = (0..words.len())
        .filter_map(|at| thanked_for(&words, at).or_else(|| received(&words, at)))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// "Thank you (so much) for" at this word.
fn thanked_for(words: &[String], at: usize) -> Option<PromiseKind> {
    let after = match (words[at].as_str(), words.get(at + 1).map(String::as_str)) {
        ("thanks", _) => at + 1,
        ("thank", Some("you")) => at + 2,
        _ => return None,
    };
    let reason = words.iter().skip(after).take(3).position(|w| w == "for")? + after + 1;
    let reason: Vec<&str> = words
        .iter()
        .skip(reason)
        .take(4)
        .map(String::as_str)
        .collect();
    let (first, rest) = reason.split_first()?;
    let back = rest.contains(&"back");
    if CALL_WORDS.contains(first) && (back || rest.first() == Some(&"me"))
        || *first == "getting" && (back || rest.contains(&"touch"))
    {
        return Some(PromiseKind::CallBack);
    }
    if *first == "sending"
        || *first == "the" && rest.first().is_some_and(|w| SENT_WORDS.contains(w))
    {
        return Some(PromiseKind::Send);
    }
    reason.contains(&"refund").then_some(PromiseKind::Refund)
}

/// "I (just) got the letter" at the verb.
fn received(words: &[String], at: usize) -> Option<PromiseKind> {
    if !matches!(words[at].as_str(), "got" | "received") {
        return None;
    }
    let own = words[..at]
        .iter()
        .rev()
        .find(|w| !matches!(w.as_str(), "just" | "finally" | "already" | "now" | "have"))?;
    if !matches!(own.as_str(), "i" | "we" | "i've" | "we've") {
        return None;
    }
    let object = words.iter().skip(at + 1).take(3);
    object
        .map(String::as_str)
        .take_while(|w| !w.is_empty())
        .find_map(|word| match word {
            w if SENT_WORDS.contains(&w) => Some(PromiseKind::Send),
            w if MONEY_WORDS.contains(&w) => Some(PromiseKind::Refund),
            _ => None,
        })
}

/// In lower case and without punctuation around it.
fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
        .replace('’', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<PromiseKind> {
        let words: Vec<String> = text.split_whitespace().map(plain).collect();
        (0..words.len())
            .filter_map(|at| thanked_for(&words, at).or_else(|| received(&words, at)))
            .collect()
    }

    #[test]
    fn only_what_the_customer_says_to_have_come_has_come() {
        use PromiseKind::{CallBack, Refund, Send};
        assert_eq!(kinds("Thank you so much for calling me back."), [CallBack]);
        assert_eq!(kinds("Thanks for getting back to me"), [CallBack]);
        assert_eq!(kinds("I've just got the letter, thanks."), [Send]);
        assert_eq!(kinds("I finally received my refund"), [Refund]);
        for nothing in [
            "Thank you for calling Acme.",
            "I haven't got the letter",
            "I never received my refund",
            "Have you got the form?",
            "Thanks for your help",
        ] {
            assert_eq!(kinds(nothing), [], "{nothing}");
        }
    }
}
