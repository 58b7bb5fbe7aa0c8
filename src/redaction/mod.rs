//! Redaction: stands between the merged transcript and the store, so that nothing unredacted is
//! ever written.
//!
//! **Numbers** are found in English talk, and where they are written in any. Spoken digits are read
//! in one place (`tokens`): "four one", "forty one", "double four", "oh", and "for" or "won" where
//! their neighbours are digits. Then:
//!
//! - Digits of one channel make one run (`runs`), over segments and turns, while at most 8 seconds
//!   and three other words lie between two of them; fillers ("uh", "and then", "okay", "comma") do
//!   not count. Where a card was named, or 12 digits were heard already, the reach is 15 seconds and
//!   seven words until 16 digits are there. The name of another number ends a run, and so does
//!   whatever follows a number that is complete: a zip code and a house number are two.
//! - Its name says what a number is (`named`): the nearest one before it in its channel, or one
//!   right after it ("737 on the back"); else what the other party asked for in the last 75 seconds
//!   and has no answer yet. Where several things were asked for at once, form and order decide.
//! - Without a name its form does (`shapes`, `codes`, `dates`). 12 digits and more are a card,
//!   whatever the check digit says: recognisers drop and add digits. So are 8 to 11 after a card was
//!   named; others are an account number. Phone numbers, social security numbers, IBANs, British
//!   and Canadian postcodes and national insurance numbers are known by their groups and letters, a
//!   full date from 1900 to 2012 is one of birth, and what directly follows a card is its expiry
//!   date and its security code.
//! - Recognisers leave fragments and make words of digits. Once a card number, a security code, an
//!   expiry date, a national id or a passcode was asked for, all digits of the answer go, however
//!   few they are, and the words between them (`answers`); those of a card whoever says them, so
//!   that two people may read out one half each.
//! - What repeats a masked number within 30 seconds, in any channel, is masked as an echo: all of a
//!   short number, three digits that the other party says at once, four of a long one. So is any
//!   group of four or more that is said while a card is being read out.
//!
//! **Words** are masked, too: names (`people`), e-mail addresses (`email`), postal addresses
//! (`address`), passwords and answers to security questions (`secret_words`); what each of them
//! finds and leaves is told there.
//!
//! What stays: order, policy, ticket, claim and reference numbers up to 12 digits, money,
//! percentages, quantities ("30 days"), times of day and dates that are none of birth; the last four
//! digits of a card. Within a card number they are masked along.
//!
//! Left out on purpose: spoken digits in other languages than English; five digits that nobody
//! named, as zip codes in an address are found by the address. Times come from the recogniser and
//! are kept as they are.

mod address;
mod answers;
pub mod card_data;
mod codes;
mod dates;
mod digits;
mod email;
mod found;
mod metadata;
pub mod mute;
mod named;
mod people;
pub mod policy;
mod runs;
mod secret_words;
mod shapes;
mod spelled;
mod tokens;
mod turns;
mod vocabulary;
mod written;

use std::iter::Peekable;

use crate::recording::CustomerName;
use crate::transcript::{Redacted, RedactedKind, Rule, Transcript, Word};
use found::Part;
use policy::Policy;

pub use metadata::{
    holds_placeholder, redact_call, redact_contact, redact_facts, redact_id, redact_note,
    redact_person, redact_quotation, redact_text, redact_value,
};

/// Changes whenever the same transcript would be redacted in another way.
pub const VERSION: u32 = 3;

/// Replaces what must not be written by placeholders, kind by kind as the settings have it.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    policy: Policy,
}

impl Redactor {
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// Redacts a call; `names` are the customer's, to be looked for. Redacting twice changes
    /// nothing more, and another redactor only adds: what is masked stays so.
    ///
    /// A placeholder stands for all words of a find within one segment: it lasts from the start of
    /// the first to the end of the last and has the lowest of their probabilities.
    /// [`Redacted::digits`] counts the digits behind this placeholder,
    /// [`Redacted::check_digit_ok`] is of the whole find, also where that crosses segments; for a
    /// card that is not 13 to 19 digits long it is false.
    ///
    /// Hashes of kinds that are not hashed any more are dropped: they tell more than a mask.
    pub fn redact(&self, mut transcript: Transcript, names: &[CustomerName]) -> Transcript {
        let segments = transcript.channels.iter_mut().flat_map(|c| &mut c.segments);
        for word in segments.flat_map(|segment| &mut segment.words) {
            if let Some(redacted) = &mut word.redacted
                && self.policy.action(redacted.kind) != policy::Action::Hash
            {
                redacted.hash = None;
            }
        }
        // What was masked no longer stands between other digits, so look until nothing is found.
        // Each round leaves fewer words that are not masked.
        loop {
            let tokens: Vec<_> = transcript.channels.iter().map(tokens::read).collect();
            let mut found = runs::find(&tokens);
            let people = people::find(&tokens, names);
            found.extend(email::find(&tokens));
            // A given name that is merely mentioned may be a town or a street.
            let (mentioned, people): (Vec<_>, Vec<_>) = people
                .into_iter()
                .partition(|name| name.rule == Rule::Shape);
            found.extend(address::find(&tokens, &people));
            found.extend(mentioned);
            found.extend(people);
            found.extend(secret_words::find(&tokens));
            let parts = found::settle(&tokens, found, &self.policy);
            if parts.iter().all(Vec::is_empty) {
                return transcript;
            }
            for (channel, parts) in transcript.channels.iter_mut().zip(parts) {
                let mut parts = parts.into_iter().peekable();
                for (index, segment) in channel.segments.iter_mut().enumerate() {
                    if parts.peek().is_some_and(|part| part.segment == index) {
                        let words = std::mem::take(&mut segment.words);
                        segment.words = mask(words, index, &mut parts);
                    }
                }
            }
        }
    }
}

/// Replaces the words of each part of this segment.
fn mask(
    words: Vec<Word>,
    segment: usize,
    parts: &mut Peekable<impl Iterator<Item = Part>>,
) -> Vec<Word> {
    let mut out = Vec::with_capacity(words.len());
    let mut next = 0;
    while let Some(mut part) = parts.next_if(|part| part.segment == segment) {
        // Two runs can meet inside one word when another tool writes whole sentences as words.
        while let Some(other) =
            parts.next_if(|other| other.segment == segment && other.first_word <= part.last_word)
        {
            part = join(part, other);
        }
        out.extend_from_slice(&words[next..part.first_word]);
        next = part.last_word + 1;
        out.push(stand_in(&words[part.first_word..next], part));
    }
    out.extend_from_slice(&words[next..]);
    out
}

fn join(part: Part, other: Part) -> Part {
    let (digits, last_word) = (
        part.digits + other.digits,
        part.last_word.max(other.last_word),
    );
    let (first_word, worse) = (
        part.first_word,
        if other.kind < part.kind { other } else { part },
    );
    Part {
        first_word,
        last_word,
        digits,
        ..worse
    }
}

/// A placeholder with the punctuation after what it stands for.
fn placeholder_for(kind: RedactedKind, text: &str) -> String {
    let bare = text.trim_end();
    let kept = bare.trim_end_matches(['.', ',', '?', '!', ';', ':']).len();
    // Another tool could have written anything in any number of them.
    let punctuation: String = bare[kept..].chars().take(3).collect();
    format!("{}{punctuation}", kind.placeholder())
}

/// The placeholder for words; `words` is not empty.
fn stand_in(words: &[Word], part: Part) -> Word {
    let (first, last) = (&words[0], &words[words.len() - 1]);
    Word {
        text: placeholder_for(part.kind, &last.text),
        start_ms: first.start_ms,
        end_ms: last.end_ms,
        prob: words.iter().filter_map(|w| w.prob).min_by(f32::total_cmp),
        redacted: Some(Redacted {
            kind: part.kind,
            digits: part.digits,
            check_digit_ok: part.check_digit_ok,
            rule: Some(part.rule),
            hash: part.hash,
        }),
    }
}

#[cfg(test)]
mod tests;
