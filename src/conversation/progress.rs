//! Exchanges in which nothing moves: both say again what they said before, or the agent asks
//! again for what the customer gave already.
//!
//! An exchange is a turn of the customer's and the agent's next. Left out on purpose: any
//! judgement of whose fault it is.

use super::english::{Key, Token, class, key};
use super::sentences::{Said, Sentence};
use super::{Conversation, Party};
use crate::transcript::{RedactedKind, Span};

/// A turn repeats an earlier one where this share of its own content words was in it.
const SAME_SHARE: f64 = 0.6;
/// Shorter turns repeat nothing.
const LEAST_WORDS: usize = 4;

/// Where an exchange made no progress, in order.
pub(super) fn exchanges_without_progress(c: &Conversation) -> Vec<Span> {
    let said = &c.said;
    let turns: Vec<usize> = (0..c.turns.len())
        .filter(|&t| !c.turns[t].back_channel)
        .collect();
    let mut contents = Contents::new(c);
    let mut asked: Vec<Asked> = Vec::new();
    let mut found = Vec::new();
    for (i, &turn) in turns.iter().enumerate() {
        contents.add(turn);
        if c.turns[turn].party == Party::Customer {
            for open in asked.iter_mut().filter(|a| !a.given && a.turn + 1 == i) {
                open.given = gives(c, turn);
            }
            continue;
        }
        let before = i.checked_sub(1).map(|before| turns[before]);
        let customer = before.filter(|&t| c.turns[t].party == Party::Customer);
        if let Some(customer) = customer
            && contents.repeats(customer)
            && contents.repeats(turn)
        {
            let start_ms = c.turns[customer].span.start_ms;
            found.push(Span::new(start_ms, c.turns[turn].span.end_ms));
            continue;
        }
        let mut again = None;
        for sentence in said
            .sentences_of(turn)
            .iter()
            .filter(|s| s.asks && s.trusted)
        {
            for item in items(said, sentence) {
                if asked.iter().any(|a| a.item == item && a.given) {
                    again = again.or(Some(sentence.span));
                } else {
                    asked.push(Asked {
                        item,
                        turn: i,
                        given: false,
                    });
                }
            }
        }
        found.extend(again);
    }
    found
}

/// Something that the agent asked for.
struct Asked {
    item: Key,
    /// Which of the turns.
    turn: usize,
    given: bool,
}

/// What a question asks for: "date of birth", "account number". Nothing where the agent only did
/// not hear it.
fn items(said: &Said, sentence: &Sentence) -> Vec<Key> {
    let tokens = said.tokens_of(sentence);
    if tokens.iter().any(|t| t.has(class::MISHEARD)) {
        return Vec::new();
    }
    let mut items: Vec<Key> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.has(class::ASKED_FOR) {
            items.push(token.value() as Key);
        } else if token.is(key("number")) && at > 0 && !tokens[at - 1].has(class::COMMON) {
            items.push(tokens[at - 1].key);
        }
    }
    items.dedup();
    items
}

/// Whether the turn holds a number, a date, or what was redacted, but for names and e-mail
/// addresses: they answer nothing that is counted here.
fn gives(c: &Conversation, turn: usize) -> bool {
    let given = |&w: &usize| {
        let kind = c.words[w].redacted.as_ref().map(|r| r.kind);
        kind.is_some_and(|kind| !matches!(kind, RedactedKind::Name | RedactedKind::Email))
    };
    let numbers = |t: &Token| t.has_digit() || t.has(class::NUMBER | class::ORDINAL | class::MONTH);
    let mut sentences = c.said.sentences_of(turn).iter();
    c.turns[turn].words.iter().any(given)
        || sentences.any(|s| c.said.tokens_of(s).iter().any(numbers))
}

/// The content words of the turns so far.
struct Contents<'a> {
    c: &'a Conversation,
    turns: Vec<Content>,
}

struct Content {
    turn: usize,
    party: Party,
    /// Sorted, each once.
    words: Vec<Key>,
    /// One bit for each word, several to a bit: what is not in it is not in `words`.
    mask: u64,
}

fn bit(word: Key) -> u64 {
    1 << ((word ^ (word >> 32)) & 63)
}

impl<'a> Contents<'a> {
    fn new(c: &'a Conversation) -> Self {
        Self {
            c,
            turns: Vec::new(),
        }
    }

    fn add(&mut self, turn: usize) {
        let said = &self.c.said;
        let sentences = said.sentences_of(turn);
        let tokens = sentences.iter().flat_map(|s| said.tokens_of(s));
        let content = tokens.filter(|t| !t.has(class::COMMON) && !t.is_redacted());
        let mut words: Vec<Key> = content.map(|t| t.key).collect();
        words.sort_unstable();
        words.dedup();
        let trusted = sentences.iter().all(|s| s.trusted);
        if words.len() < LEAST_WORDS || !trusted {
            return;
        }
        self.turns.push(Content {
            turn,
            party: self.c.turns[turn].party,
            mask: words.iter().fold(0, |mask, &word| mask | bit(word)),
            words,
        });
    }

    /// Whether the turn says again what the same party said in an earlier one.
    fn repeats(&self, turn: usize) -> bool {
        let Some(at) = self.turns.iter().rposition(|t| t.turn == turn) else {
            return false;
        };
        let (earlier, own) = (&self.turns[..at], &self.turns[at]);
        let least = (own.words.len() as f64 * SAME_SHARE).ceil() as usize;
        earlier.iter().filter(|t| t.party == own.party).any(|t| {
            let may_be = own.words.iter().filter(|&&w| t.mask & bit(w) != 0).count();
            may_be >= least && {
                let shared = own
                    .words
                    .iter()
                    .filter(|&w| t.words.binary_search(w).is_ok());
                shared.count() >= least
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::staged::talk;
    use super::*;

    fn count(lines: &str) -> usize {
        exchanges_without_progress(&talk(lines).conversation()).len()
    }

    #[test]
    fn both_say_again_what_they_said() {
        let first = "
            customer: The blue lamp arrived broken last Tuesday.
            agent: Our policy only allows returns within fourteen days.";
        let again = "
            customer: But the lamp arrived broken on Tuesday, the blue one.
            agent: The policy allows returns within fourteen days.";
        let new = "
            customer: But the lamp arrived broken on Tuesday, the blue one.
            agent: Let me make an exception and send a courier.";
        assert_eq!(count(first), 0);
        assert_eq!(count(&format!("{first}{again}")), 1);
        assert_eq!(count(&format!("{first}{new}")), 0);
        let short = "customer: Thank you very much.\nagent: You're welcome.\n";
        assert_eq!(count(&short.repeat(3)), 0);
    }

    #[test]
    fn the_agent_asks_again_for_what_was_given() {
        let given = "
            agent: What is your account number?
            customer: It's 38112764.";
        let asked = |line: &str| count(&format!("{given}\n{line}"));
        assert_eq!(asked("agent: And what is the account number?"), 1);
        assert_eq!(asked("agent: Sorry, what was the account number?"), 0);
        assert_eq!(asked("agent: Can you confirm the account number?"), 0);
        assert_eq!(asked("agent: And the phone number?"), 0);
        let not_given = "
            agent: What is your account number?
            customer: I do not have it here.
            agent: Is there an account number on the bill?";
        assert_eq!(count(not_given), 0);
    }
}
