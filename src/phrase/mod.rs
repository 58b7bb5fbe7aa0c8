//! Phrases: the language in which rubrics say what to listen for, and how all phrases of all
//! rubrics are found in the words of a call in one pass.
//!
//! [`Phrase`] is one phrase as written (`docs/rubrics.md#phrases`). A [`Matcher`] is made of many:
//! it reads the words of one party ([`Matcher::read`]), finds every phrase in them at once
//! ([`Matcher::find`]) and says what came closest to one that was not found
//! ([`Matcher::nearest`]). Each [`Hit`] tells which words it rests on, how each of them differs
//! from the phrase's ([`Tolerance`]) and whether a negation governs it; what follows from that is
//! the caller's to decide.
//!
//! The words are English ones: number words, inflections, words that sound alike, negations.
//! Other languages are found as they are written. Left out on purpose: meaning (synonyms are
//! written as alternatives), who speaks and when (`scoring`).

mod class;
mod folding;
mod language;
mod lint;
mod masked;
mod matcher;
mod nearest;
mod negation;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

pub use folding::Tolerance;
pub use language::{Phrase, PhraseError};
pub use matcher::{Hit, Hits, Matched, Matcher, MatcherBuilder, PhraseId, Spoken, Tokens};
pub use nearest::Nearest;
