//! Text of other tools cut into words, with what stands in brackets told apart: placeholders for
//! what was masked, remarks about sounds, and speech that nobody understood.

use super::draft::Heard;
use super::json::count;
use crate::transcript::{RedactedKind, stands_for_others};

/// The longest bracket that is looked at, in bytes.
const LONGEST: usize = 48;

/// Remarks about what is no speech: "[music]". They say nothing, so they are left out.
const NO_SPEECH: [&str; 16] = [
    "applause",
    "background noise",
    "beep",
    "blank audio",
    "cough",
    "coughs",
    "hold music",
    "laughs",
    "laughter",
    "music",
    "music playing",
    "noise",
    "no speech",
    "pause",
    "ringing",
    "silence",
];

/// Names of placeholders, of this program and of others, as [`folded`] gives them.
const KINDS: [(&str, RedactedKind); 37] = [
    ("account number", RedactedKind::AccountNumber),
    ("address", RedactedKind::PostalAddress),
    ("bank account", RedactedKind::AccountNumber),
    ("bank account number", RedactedKind::AccountNumber),
    ("bank routing", RedactedKind::AccountNumber),
    ("card expiry", RedactedKind::CardExpiry),
    ("card number", RedactedKind::CardNumber),
    ("credit card", RedactedKind::CardNumber),
    ("credit card expiration", RedactedKind::CardExpiry),
    ("credit debit cvv", RedactedKind::SecurityCode),
    ("credit debit expiry", RedactedKind::CardExpiry),
    ("credit debit number", RedactedKind::CardNumber),
    ("cvv", RedactedKind::SecurityCode),
    ("date of birth", RedactedKind::DateOfBirth),
    ("dob", RedactedKind::DateOfBirth),
    ("driver license", RedactedKind::NationalId),
    ("email", RedactedKind::Email),
    ("email address", RedactedKind::Email),
    ("iban", RedactedKind::Iban),
    ("location address", RedactedKind::PostalAddress),
    ("name", RedactedKind::Name),
    ("name family", RedactedKind::Name),
    ("name given", RedactedKind::Name),
    ("national id", RedactedKind::NationalId),
    ("passcode", RedactedKind::Passcode),
    ("passport", RedactedKind::NationalId),
    ("passport number", RedactedKind::NationalId),
    ("password", RedactedKind::Passcode),
    ("pci", RedactedKind::CardNumber),
    ("person name", RedactedKind::Name),
    ("phone", RedactedKind::PhoneNumber),
    ("phone number", RedactedKind::PhoneNumber),
    ("pin", RedactedKind::Passcode),
    ("postal address", RedactedKind::PostalAddress),
    ("routing number", RedactedKind::AccountNumber),
    ("security code", RedactedKind::SecurityCode),
    ("ssn", RedactedKind::NationalId),
];

/// What kind of thing another tool's name for it means.
pub(super) fn kind_of(name: &str) -> Option<RedactedKind> {
    let name = folded(name);
    let found = KINDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind)
}

/// "CREDIT_CARD_1" as "credit card".
fn folded(name: &str) -> String {
    let lower = name.to_ascii_lowercase().replace(['_', '-'], " ");
    let bare = lower.trim().trim_end_matches(|c: char| c.is_ascii_digit());
    bare.trim().to_string()
}

/// The words of a text, without times.
pub(super) fn words_in(text: &str) -> Vec<Heard> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    // What has too many is refused by whoever reads it.
    while !rest.is_empty() && count() {
        let round =
            || enclosed(rest, b'(', b')').filter(|inside| is_remark(&rest[..inside.len() + 2]));
        let from = bracket(rest)
            .or_else(round)
            .map_or(0, |inside| inside.len() + 2);
        let end = rest[from..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |at| from + at);
        words.extend(word_of(&rest[..end]));
        rest = rest[end..].trim_start();
    }
    words
}

/// A word as another tool wrote it; `None` where it says nothing.
pub(super) fn word_of(text: &str) -> Option<Heard> {
    let text = text.trim();
    if text.is_empty() || is_special(text) {
        return None;
    }
    if is_remark(text) {
        return None;
    }
    let Some(inside) = bracket(text) else {
        return Some(Heard {
            unheard: stands_for_others(text),
            ..Heard::new(text)
        });
    };
    Some(Heard {
        kind: kind_of(inside),
        unheard: kind_of(inside).is_none(),
        ..Heard::new(text)
    })
}

/// Takes a word for masked, as the kind that a tool names.
pub(super) fn mask(word: &mut Heard, name: Option<&str>) {
    word.kind = word.kind.or(name.and_then(kind_of));
    word.unheard = word.kind.is_none();
}

/// `[music]`, `(upbeat music)`, `*laughs*`, `♪♪`: no speech.
fn is_remark(text: &str) -> bool {
    let is_mark = |c: char| c.is_ascii_punctuation() || c.is_whitespace();
    if text.contains(['♪', '♫']) && text.chars().all(|c| is_mark(c) || "♪♫".contains(c)) {
        return true;
    }
    let starred = || {
        text.strip_prefix('*')?
            .trim_end_matches(['.', ','])
            .strip_suffix('*')
    };
    let inside = bracket(text)
        .or_else(|| enclosed(text, b'(', b')'))
        .or_else(starred);
    inside.is_some_and(|inside| {
        let name = folded(inside);
        NO_SPEECH.contains(&name.as_str()) || name.ends_with(" music")
    })
}

/// What stands in the bracket at the start of a text.
fn bracket(text: &str) -> Option<&str> {
    enclosed(text, b'[', b']')
}

fn enclosed(text: &str, open: u8, close: u8) -> Option<&str> {
    if text.as_bytes().first() != Some(&open) {
        return None;
    }
    let end = text.bytes().take(LONGEST).position(|b| b == close)?;
    let inside = &text[1..end];
    (!inside.trim().is_empty() && !inside.contains([char::from(open), '\n'])).then_some(inside)
}

/// Tokens of whisper that are no text: `[_BEG_]`, `[_TT_150]`, `<|en|>`, `<|endoftext|>`.
pub(super) fn is_special(text: &str) -> bool {
    text.starts_with("[_") && text.ends_with(']') || text.starts_with("<|") && text.ends_with("|>")
}
