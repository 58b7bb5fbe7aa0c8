//! Whether a negation governs what was found: "we will *not* refund it", "there is *no* refund".
//!
//! English only, by the words around. A negation stands within three words before the first
//! matched one, small words like "to" and "a" not counted, or in a gap of the phrase; with no
//! punctuation between and no "but". Two negations cancel each other. A phrase that holds a
//! negation itself is as its author meant it, and is never marked.

use super::matcher::{Matched, Tokens};
use super::words::{Key, Traits};

/// Words between a negation and what it governs.
const SCOPE: usize = 3;
/// The same with small words.
const SCOPE_WITH_SMALL: usize = 7;

/// The token of the negation that governs a match; `ends` says for each token where its stretch
/// ends.
pub(super) fn governing(tokens: &Tokens, matched: &[Matched], ends: &[u32]) -> Option<usize> {
    let call = Words { tokens, ends };
    let own = |m: &Matched| !m.any && is_negation(call.key(m.token));
    if matched.iter().any(own) {
        return None;
    }
    let first = matched[0].token;
    let mut found = call.before(first);
    let last = matched[matched.len() - 1].token;
    let open = (first..last).filter(|token| {
        let taken = matched.iter().find(|m| m.token == *token);
        taken.is_none_or(|m| m.any)
    });
    found.extend(open.filter(|token| call.negates(*token)));
    // An even number of negations is none.
    (found.len() % 2 == 1).then(|| found[0])
}

fn is_negation(key: Key) -> bool {
    matches!(key, Key::Not | Key::Never | Key::Negation | Key::No)
}

struct Words<'a> {
    tokens: &'a Tokens,
    ends: &'a [u32],
}

impl Words<'_> {
    fn key(&self, token: usize) -> Key {
        self.tokens.tokens[token].key
    }

    /// The key of the token after, if it follows in the same clause.
    fn next(&self, token: usize) -> Key {
        if self.joined(token) {
            self.key(token + 1)
        } else {
            Key::None
        }
    }

    fn previous(&self, token: usize) -> Key {
        if token > 0 && self.joined(token - 1) {
            self.key(token - 1)
        } else {
            Key::None
        }
    }

    /// Whether the token and the next are of one clause.
    fn joined(&self, token: usize) -> bool {
        token + 1 < self.ends[token] as usize && !self.tokens.tokens[token].has(Traits::CLAUSE_END)
    }

    /// Negations whose scope reaches the token.
    fn before(&self, first: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut counted = 0;
        for back in 1..=SCOPE_WITH_SMALL.min(first) {
            let token = first - back;
            let key = self.key(token);
            let new_clause = match key {
                Key::But => true,
                Key::And | Key::Or => self.key(token + 1) == Key::Subject,
                _ => false,
            };
            if !self.joined(token) || new_clause {
                break;
            }
            if self.negates(token) {
                found.push(token);
            }
            counted += usize::from(!matches!(key, Key::A | Key::The | Key::To | Key::Light));
            if counted == SCOPE {
                break;
            }
        }
        found
    }

    /// Whether the token denies what follows.
    fn negates(&self, token: usize) -> bool {
        let (previous, next) = (self.previous(token), self.next(token));
        match self.key(token) {
            Key::Not => {
                let contracted = self.tokens.tokens[token].has(Traits::CONTRACTED);
                // "Why not", "if not", "don't you want", "not only", "don't hesitate".
                let asks = contracted && matches!(next, Key::Subject | Key::There);
                let at_all = next == Key::At && self.next(token + 1) == Key::All;
                let other = matches!(previous, Key::Why | Key::If | Key::Or)
                    || matches!(next, Key::Only | Key::Positive | Key::Mind);
                !(asks || at_all || other)
            }
            Key::Never => next != Key::Mind,
            Key::Negation => true,
            Key::Instead => matches!(next, Key::Of | Key::Than),
            // A bare "no" is an answer; "no need", "there is no" are negations.
            Key::No => {
                matches!(next, Key::Need | Key::Longer)
                    || self.joined(token) && previous == Key::Governs
            }
            _ => false,
        }
    }
}
