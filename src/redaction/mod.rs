//! Redaction: stands between the merged transcript and the store, so that nothing unredacted is
//! ever written.
//!
//! What is masked: **runs of digits** that can be card or account numbers, written ("4111-1111",
//! "BR4821") or spoken in English ("four one", "forty one", "double four", "oh"). Digits of one
//! channel make one run, over segments and turns, while at most 8 seconds and three other words
//! lie between two of them; fillers ("uh", "and then", "okay", "comma") do not count. Where a card
//! number was named within the last 15 seconds or 12 words, or 12 digits were heard already, the
//! reach is 15 seconds and seven words until 16 digits are there. The name of another number ("zip
//! code", "expires") ends a run; so does one said by somebody else, as a question between two
//! answers.
//!
//! - 12 digits and more are a card number, whatever the check digit says: recognisers drop and add
//!   digits. So are 8 to 11 digits after a card was named.
//! - Other runs of 8 to 11 digits are an account number. So are 6 and 7 digits after an account
//!   number was named: recognisers lose digits.
//! - Shorter runs are kept: order numbers, zip codes, years, phone numbers without area code, the
//!   last four digits. But a group of digits that has four in a row from a masked number, said
//!   within 30 seconds of it in any channel, is masked as an echo, without a check digit; so is
//!   any group of four or more that is said while a card is being read out.
//! - Money, percentages, ordinals, times of day, dates and quantities ("30 days") make no run,
//!   unless eight or more digits long; within a run they are masked along, and a card takes in
//!   those that touch it. Lone numbers of one or two digits ("52 Maple Street") make a run only
//!   where there are 12 digits of them, or 8 after a card was named.
//!
//! Left out on purpose: security codes, dates of birth, names and addresses; and spoken digits in
//! other languages than English. Times come from the recogniser and are kept as they are.

mod digits;
mod runs;
mod tokens;

use std::iter::Peekable;

use crate::transcript::{Redacted, RedactedKind, Transcript, Word};
use runs::Part;

/// Changes whenever the same transcript would be redacted in another way.
pub const VERSION: u32 = 2;

/// Replaces what must not be written by placeholders. Redacting twice changes nothing more.
///
/// A placeholder stands for all words of a run within one segment: it lasts from the start of the
/// first to the end of the last and has the lowest of their probabilities. [`Redacted::digits`]
/// counts the digits behind this placeholder, [`Redacted::check_digit_ok`] is of the whole run,
/// also where that crosses segments; for a card that is not 13 to 19 digits long it is false.
pub fn redact(mut transcript: Transcript) -> Transcript {
    // What was masked no longer stands between other digits, so look until nothing is found. Each
    // round leaves fewer words that hold digits.
    loop {
        let tokens: Vec<_> = transcript.channels.iter().map(tokens::read).collect();
        let found = runs::find(&tokens);
        if found.iter().all(Vec::is_empty) {
            return transcript;
        }
        for (channel, parts) in transcript.channels.iter_mut().zip(found) {
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

/// Masks card numbers in file names and other metadata.
///
/// Stricter about what is a card than [`redact`], since names of recordings are full of times of
/// day, phone numbers and identifiers, and a name that changed for nothing no longer finds its
/// file. A card is 13 to 19 digits with a right check digit, in one piece or in groups of three to
/// seven with one and the same space, hyphen, underscore or dot between. Numbers that start like
/// no payment card (0, 1, or 20, which is how epochs and dates start) are kept.
pub fn redact_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c| digits::digit_of(c).is_some()) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let groups = digit_groups(from);
        let (taken, masked) = match card_length(from, &groups) {
            Some(length) => (length, true),
            None => (groups[0], false),
        };
        out.push_str(if masked {
            placeholder(RedactedKind::CardNumber)
        } else {
            &from[..taken]
        });
        rest = &from[taken..];
    }
    out.push_str(rest);
    out
}

fn placeholder(kind: RedactedKind) -> &'static str {
    match kind {
        RedactedKind::CardNumber => "[card number]",
        RedactedKind::AccountNumber => "[account number]",
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
            part = join(part, &other);
        }
        out.extend_from_slice(&words[next..part.first_word]);
        out.push(stand_in(&words[part.first_word..=part.last_word], &part));
        next = part.last_word + 1;
    }
    out.extend_from_slice(&words[next..]);
    out
}

fn join(part: Part, other: &Part) -> Part {
    Part {
        last_word: part.last_word.max(other.last_word),
        kind: part.kind.min(other.kind),
        digits: part.digits + other.digits,
        check_digit_ok: part.check_digit_ok.or(other.check_digit_ok),
        ..part
    }
}

/// The placeholder for words; `words` is not empty.
fn stand_in(words: &[Word], part: &Part) -> Word {
    let (first, last) = (&words[0], &words[words.len() - 1]);
    let bare = last.text.trim_end();
    let kept = bare.trim_end_matches(['.', ',', '?', '!', ';', ':']).len();
    Word {
        text: format!("{}{}", placeholder(part.kind), &bare[kept..]),
        start_ms: first.start_ms,
        end_ms: last.end_ms,
        prob: words.iter().filter_map(|w| w.prob).min_by(f32::total_cmp),
        redacted: Some(Redacted {
            kind: part.kind,
            digits: part.digits,
            check_digit_ok: part.check_digit_ok,
        }),
    }
}

/// Byte offsets at which groups of digits end, for a text that starts with a digit. Groups are set
/// apart by one separator, the same throughout.
fn digit_groups(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut separator = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if digits::digit_of(c).is_some() {
            continue;
        }
        ends.push(at);
        let digit_next = chars
            .peek()
            .is_some_and(|&(_, next)| digits::digit_of(next).is_some());
        if !digit_next || !matches!(c, ' ' | '-' | '_' | '.') || *separator.get_or_insert(c) != c {
            return ends;
        }
    }
    ends.push(text.len());
    ends
}

/// The length in bytes of a card number at the start of a text; the longest that fits.
fn card_length(text: &str, groups: &[usize]) -> Option<usize> {
    let mut start = 0;
    let mut regular = true;
    let mut found = None;
    for (index, &end) in groups.iter().enumerate() {
        let size = digits::digits_of(&text[start..end]).len();
        regular &= (3..=7).contains(&size);
        if index > 0 && !regular {
            break;
        }
        let value = digits::digits_of(&text[..end]);
        if (13..=19).contains(&value.len())
            && !value.starts_with(['0', '1'])
            && !value.starts_with("20")
            && digits::luhn(&value)
        {
            found = Some(end);
        }
        start = end;
    }
    found
}

#[cfg(test)]
mod tests;
