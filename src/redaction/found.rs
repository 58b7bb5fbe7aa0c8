//! What the finders found: stretches of tokens, settled where they overlap and cut into the parts
//! that become placeholders.

use super::policy::{Action, Policy};
use super::tokens::{Class, Token};
use crate::transcript::{RedactedKind, Rule};

/// One thing that must not be written. It holds the value, so it has no `Debug`.
#[derive(Clone)]
pub(super) struct Found {
    pub channel: usize,
    /// Indexes of its first and last token in the channel; what stands between goes too.
    pub first: usize,
    pub last: usize,
    pub kind: RedactedKind,
    pub rule: Rule,
    /// Of its tokens, those up to this class are the thing itself: their digits count, and where it
    /// crosses segments its parts begin and end with them.
    pub breadth: Class,
    pub check_digit_ok: Option<bool>,
    /// In one form however it was said: digits alone, or words in lower case with single blanks.
    /// For the keyed hash, and never written.
    pub value: String,
}

/// Words of one segment to be masked together. A find that crosses segments has a part in each.
pub(super) struct Part {
    pub segment: usize,
    pub first_word: usize,
    pub last_word: usize,
    pub kind: RedactedKind,
    pub rule: Rule,
    /// Digits in this part.
    pub digits: u32,
    /// Of the whole find.
    pub check_digit_ok: Option<bool>,
    /// Of the whole find.
    pub hash: Option<String>,
}

/// The parts of each channel, in order and without overlap.
///
/// Finds of kinds that are kept are left out. Where two finds share a token they become one of the
/// more severe kind: a part of one that stayed behind could tell the rest.
pub(super) fn settle(
    channels: &[Vec<Token>],
    mut found: Vec<Found>,
    policy: &Policy,
) -> Vec<Vec<Part>> {
    found.retain(|found| policy.action(found.kind) != Action::Keep);
    found.sort_by_key(|found| (found.channel, found.first, found.last, found.kind));
    let mut joined: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match joined.last_mut() {
            Some(last) if last.channel == next.channel && next.first <= last.last => {
                last.join(next);
            }
            _ => joined.push(next),
        }
    }
    let mut parts: Vec<Vec<Part>> = channels.iter().map(|_| Vec::new()).collect();
    for found in joined {
        let tokens = &channels[found.channel];
        found.push_parts(tokens, policy, &mut parts[found.channel]);
    }
    parts
}

impl Found {
    /// Words, or words and numbers, that stand side by side.
    pub(super) fn of_words(
        tokens: &[Token],
        channel: usize,
        (first, last): (usize, usize),
        kind: RedactedKind,
        rule: Rule,
    ) -> Self {
        let words = tokens[first..=last].iter().map(Token::said);
        let value: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        Self {
            channel,
            first,
            last,
            kind,
            rule,
            breadth: Class::Plain,
            check_digit_ok: None,
            value: value.join(" "),
        }
    }

    fn join(&mut self, other: Found) {
        self.last = self.last.max(other.last);
        if other.kind < self.kind {
            self.kind = other.kind;
            self.rule = other.rule;
            self.breadth = self.breadth.max(other.breadth);
            self.check_digit_ok = other.check_digit_ok;
            self.value = other.value;
        }
    }

    /// A part for each segment in which it has something of its own. What is sealed already stays
    /// and parts it.
    fn push_parts(&self, tokens: &[Token], policy: &Policy, parts: &mut Vec<Part>) {
        let hash = policy.hash(self.kind, &self.value);
        let mut open: Option<Part> = None;
        for token in &tokens[self.first..=self.last] {
            if token.class == Class::Sealed {
                parts.extend(open.take());
            }
            if token.class > self.breadth || token.class == Class::Sealed {
                continue;
            }
            let digits = u32::try_from(token.digits.len()).unwrap_or(u32::MAX);
            if open.as_ref().is_some_and(|p| p.segment != token.segment) {
                parts.extend(open.take());
            }
            let part = open.get_or_insert_with(|| Part {
                segment: token.segment,
                first_word: token.first_word,
                last_word: token.last_word,
                kind: self.kind,
                rule: self.rule,
                digits: 0,
                check_digit_ok: self.check_digit_ok,
                hash: hash.clone(),
            });
            part.last_word = part.last_word.max(token.last_word);
            part.digits += digits;
        }
        parts.extend(open);
    }
}
