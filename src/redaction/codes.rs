//! Letters with digits: IBANs, national insurance numbers and postcodes, written or spelled.
//!
//! These are known by their form, whether or not somebody named them. A code may be cut by
//! fillers, by the other party's "okay" and by the end of a segment. Letters are read as they are
//! spelled ("D E", "double U", "B as in Bob", "Bravo").
//!
//! Left out on purpose: postcodes of countries where they are digits alone; they are runs of
//! digits, and their name tells them (`named`).

use super::tokens::{Class, NEXT_TO_MS, Token};
use crate::transcript::RedactedKind;

/// A code, as a stretch of tokens.
pub(super) struct Code {
    pub first: usize,
    pub last: usize,
    pub kind: RedactedKind,
    /// In upper case, without blanks.
    pub value: String,
    /// Of an IBAN: whether its check digits are right.
    pub check_digit_ok: Option<bool>,
}

/// Countries with their code and the length of their IBANs (ISO 13616 registry, SWIFT).
const IBANS: [(&str, usize); 46] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SE", 24),
    ("TR", 26),
];
/// An IBAN of which not all was heard is masked from this many letters and digits on: the country,
/// its check digits and two groups of four.
const IBAN_HEARD: usize = 12;
/// Tokens that are no part of a code and may stand between two of its parts.
const APART: usize = 3;

/// All codes of a channel, in order and without overlap.
pub(super) fn find(tokens: &[Token]) -> Vec<Code> {
    let mut codes: Vec<Code> = Vec::new();
    let mut free = 0;
    for at in 0..tokens.len() {
        if at < free || !could_start(tokens, at) {
            continue;
        }
        if let Some(code) = iban(tokens, at).or_else(|| short(tokens, at)) {
            free = code.last + 1;
            codes.push(code);
        }
    }
    codes
}

/// A letter stands here, alone or at the start of a written code.
fn could_start(tokens: &[Token], at: usize) -> bool {
    let token = &tokens[at];
    token.class != Class::Sealed
        && (token.code.starts_with(|c: char| c.is_ascii_uppercase())
            || letter(tokens, at).is_some())
}

/// The letter that is spelled at a token, and how many tokens that takes.
pub(super) fn letter(tokens: &[Token], at: usize) -> Option<(char, usize)> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    if text(at) == "double" && matches!(text(at + 1), "u" | "you") {
        return Some(('W', 2));
    }
    let word = text(at);
    if let Some((_, letter)) = NAMES_OF_LETTERS.iter().find(|(name, _)| *name == word) {
        return Some((*letter, 1));
    }
    let letter = match word.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => char::from(letter.to_ascii_uppercase()),
        _ => return None,
    };
    // "B as in Bob", "B for Bob", "B like Bob".
    let example = match (text(at + 1), text(at + 2)) {
        ("as", "in") => at + 3,
        ("for" | "like" | "as", _) => at + 2,
        _ => return Some((letter, 1)),
    };
    let fits = text(example).len() > 1 && text(example).starts_with(letter.to_ascii_lowercase());
    Some((letter, if fits { example + 1 - at } else { 1 }))
}

/// How recognisers write letters, and the spelling alphabet of radio.
const NAMES_OF_LETTERS: [(&str, char); 37] = [
    ("dee", 'D'),
    ("gee", 'G'),
    ("jay", 'J'),
    ("kay", 'K'),
    ("cue", 'Q'),
    ("queue", 'Q'),
    ("ess", 'S'),
    ("tee", 'T'),
    ("vee", 'V'),
    ("zed", 'Z'),
    ("zee", 'Z'),
    ("alpha", 'A'),
    ("bravo", 'B'),
    ("charlie", 'C'),
    ("delta", 'D'),
    ("echo", 'E'),
    ("foxtrot", 'F'),
    ("golf", 'G'),
    ("hotel", 'H'),
    ("india", 'I'),
    ("juliet", 'J'),
    ("kilo", 'K'),
    ("lima", 'L'),
    ("mike", 'M'),
    ("november", 'N'),
    ("oscar", 'O'),
    ("papa", 'P'),
    ("quebec", 'Q'),
    ("romeo", 'R'),
    ("sierra", 'S'),
    ("tango", 'T'),
    ("uniform", 'U'),
    ("victor", 'V'),
    ("whiskey", 'W'),
    ("whisky", 'W'),
    ("yankee", 'Y'),
    ("zulu", 'Z'),
];

/// Letters and digits at a token, and how many tokens they take.
fn piece(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let token = &tokens[at];
    if token.class <= Class::Everyday {
        let whole = token.class != Class::Everyday && !token.code.is_empty();
        let code = if whole { &token.code } else { &token.digits };
        return Some((code.clone(), 1));
    }
    if let Some((letter, used)) = letter(tokens, at) {
        return Some((letter.to_string(), used));
    }
    let code = &token.code;
    (code.len() > 1 && token.class != Class::Sealed).then(|| (code.clone(), 1))
}

/// Gathers letters and digits from a token on, until `done` says that there are enough or
/// something else is said. Where a piece is too much it is left out.
fn gather(tokens: &[Token], first: usize, most: usize) -> Vec<(usize, String)> {
    let mut heard: Vec<(usize, String)> = Vec::new();
    let (mut at, mut apart, mut length) = (first, 0, 0);
    while at < tokens.len() && length < most {
        let far = heard
            .last()
            .is_some_and(|&(last, _)| tokens[at].start_ms - tokens[last].end_ms > NEXT_TO_MS);
        if far || tokens[at].class == Class::Sealed {
            break;
        }
        // "A" and "oh" are words as well: between groups they are a part only where more follows.
        match piece(tokens, at) {
            Some((code, used)) => {
                length += code.len();
                heard.push((at + used - 1, code));
                apart = 0;
                at += used;
            }
            None if tokens[at].class == Class::Filler => at += 1,
            None => {
                apart += 1;
                if apart > APART {
                    break;
                }
                at += 1;
            }
        }
    }
    heard
}

fn iban(tokens: &[Token], first: usize) -> Option<Code> {
    let start: String = gather_start(tokens, first);
    let country = start.get(..2)?;
    let check = start.get(2..4)?;
    let &(_, length) = IBANS.iter().find(|(code, _)| *code == country)?;
    if !check.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let heard = gather(tokens, first, length);
    let mut value = String::new();
    let mut last = first;
    // Trailing letters that stand alone are words ("a"); an IBAN of most countries ends with digits.
    let digits_last = heard
        .iter()
        .rposition(|(_, code)| code.bytes().any(|b| b.is_ascii_digit()))?;
    for (at, code) in &heard[..=digits_last] {
        value.push_str(code);
        last = *at;
    }
    let ok = value.len() == length && is_mod_97(&value);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if !ok && (value.len() < IBAN_HEARD.min(length) || digits < IBAN_HEARD - 4) {
        return None;
    }
    Some(Code {
        first,
        last,
        kind: RedactedKind::Iban,
        value,
        check_digit_ok: Some(ok),
    })
}

/// The first letters and digits, said with nothing but fillers between.
fn gather_start(tokens: &[Token], first: usize) -> String {
    let mut start = String::new();
    let mut at = first;
    while start.len() < 4 && at < tokens.len() {
        match piece(tokens, at) {
            Some((code, used)) => {
                start.push_str(&code);
                at += used;
            }
            None if tokens[at].class == Class::Filler => at += 1,
            None => break,
        }
    }
    start
}

/// The check of ISO 13616: letters count from 10, the first four places come last.
pub(super) fn is_mod_97(iban: &str) -> bool {
    let Some((start, rest)) = iban.split_at_checked(4) else {
        return false;
    };
    let mut remainder = 0;
    for c in rest.chars().chain(start.chars()) {
        let Some(value) = c.to_digit(36) else {
            return false;
        };
        let shift = if value < 10 { 10 } else { 100 };
        remainder = (remainder * shift + value) % 97;
    }
    remainder == 1
}

/// A national insurance number or a postcode with letters: short, and all of it close together.
fn short(tokens: &[Token], first: usize) -> Option<Code> {
    const LONGEST: usize = 9;
    let mut value = String::new();
    let mut found = None;
    let mut at = first;
    while value.len() < LONGEST && at < tokens.len() && tokens[at].class != Class::Everyday {
        let Some((code, used)) = piece(tokens, at) else {
            match tokens[at].class == Class::Filler && tokens[at].text.len() > 1 {
                true => at += 1,
                false => break,
            }
            continue;
        };
        value.push_str(&code);
        at += used;
        if let Some(kind) = form(&value) {
            let whole = value.clone();
            found = Some(Code {
                first,
                last: at - 1,
                kind,
                value: whole,
                check_digit_ok: None,
            });
        }
    }
    found
}

/// What a short code is, by its form: `QQ123456C`, `SW1A1AA`, `K1A0B1`.
fn form(code: &str) -> Option<RedactedKind> {
    let shape: String = code
        .chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { 'A' })
        .collect();
    // The areas of one letter, and the letters that no postcode ends with: "a 10 30 p.m." is none.
    let area = |c| code.starts_with(c);
    let end = || !code[code.len() - 2..].contains(['C', 'I', 'K', 'M', 'O', 'V']);
    match shape.as_str() {
        "AA999999A" if code.ends_with(['A', 'B', 'C', 'D']) => Some(RedactedKind::NationalId),
        "A99AA" | "A999AA" | "A9A9AA"
            if area(['B', 'E', 'G', 'L', 'M', 'N', 'S', 'W']) && end() =>
        {
            Some(RedactedKind::PostalAddress)
        }
        "AA99AA" | "AA999AA" | "AA9A9AA" if end() => Some(RedactedKind::PostalAddress),
        "A9A9A9" => Some(RedactedKind::PostalAddress),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_published_ibans() {
        // Examples of the ISO 13616 registry.
        for iban in [
            "DE89370400440532013000",
            "GB29NWBK60161331926819",
            "NL91ABNA0417164300",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert!(is_mod_97(iban), "{iban}");
            let country = &iban[..2];
            let length = IBANS
                .iter()
                .find(|(code, _)| *code == country)
                .map(|(_, n)| *n);
            assert_eq!(length, Some(iban.len()), "{iban}");
            assert!(!is_mod_97(&iban.replace('0', "1")), "{iban}");
        }
    }
}
