//! Written forms that tell by themselves what they are, whatever stands around them: card numbers
//! and IBANs by their check digits, US social security numbers and e-mail addresses by their shape.
//!
//! For names of files, identifiers and messages, which are full of times of day, phone numbers and
//! numbers of all kinds: a name that changed for nothing no longer finds its file. Left out on
//! purpose: whatever takes a context, which is the redactor's.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::digits;
use crate::transcript::RedactedKind;

/// Which e-mail addresses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Emails {
    /// None: they may be what tells one agent from another.
    Kept,
    /// Those with something like a name before the `@`. Phone systems give their calls ids such as
    /// `a84b4c76e66710@pc33.example.com`.
    OfPeople,
    All,
}

/// A text with placeholders in place of such forms.
pub(super) fn mask(text: &str, emails: Emails) -> String {
    let text = mask_emails(text, emails);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let starts = |is: fn(char) -> bool| is(c) && !before.is_some_and(is);
        let found = if starts(is_digit) {
            card(rest)
                .map(|length| (length, RedactedKind::CardNumber))
                .or_else(|| Some((social_security(rest)?, RedactedKind::NationalId)))
        } else if c.is_ascii_alphabetic() && begins_word(before, c) {
            iban(rest).map(|length| (length, RedactedKind::Iban))
        } else {
            None
        };
        let taken = match found {
            Some((length, kind)) => {
                out.push_str(kind.placeholder());
                length
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        before = rest[..taken].chars().next_back();
        rest = &rest[taken..];
    }
    out
}

fn mask_emails(text: &str, emails: Emails) -> String {
    static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"([\p{L}\p{N}][\p{L}\p{N}._%+-]*)@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}")
            .expect("the pattern is fixed and tested")
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^\p{L}+([._%+-]\p{L}+)*[._-]?\p{N}{0,4}$")
            .expect("the pattern is fixed and tested")
    });
    if emails == Emails::Kept || !text.contains('@') {
        return text.to_string();
    }
    let placeholder = RedactedKind::Email.placeholder();
    EMAIL
        .replace_all(text, |found: &Captures<'_>| {
            match emails == Emails::All || NAME.is_match(&found[1]) {
                true => placeholder.to_string(),
                false => found[0].to_string(),
            }
        })
        .into_owned()
}

fn is_digit(c: char) -> bool {
    digits::digit_of(c).is_some()
}

/// Whether a word begins with this letter: after anything but a letter or digit, or as a capital
/// after a small letter.
fn begins_word(before: Option<char>, c: char) -> bool {
    before.is_none_or(|b| !b.is_alphanumeric() || (b.is_lowercase() && c.is_uppercase()))
}

/// What people and tools write between groups of digits.
fn is_separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '-' | '_' | '.' | '\u{a0}' | '\u{ad}' | '\u{2007}'
            ..='\u{2015}' | '\u{202f}' | '\u{2060}' | '\u{2212}' | '\u{feff}'
    )
}

/// Groups of digits at the start of a text, one separator between each two.
struct Groups {
    /// Byte offsets at which they end.
    ends: Vec<usize>,
    separators: Vec<char>,
}

impl Groups {
    fn of(text: &str) -> Self {
        let mut groups = Self {
            ends: Vec::new(),
            separators: Vec::new(),
        };
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if is_digit(c) {
                continue;
            }
            groups.ends.push(at);
            let digit_next = chars.peek().is_some_and(|&(_, next)| is_digit(next));
            if !digit_next || !is_separator(c) {
                return groups;
            }
            groups.separators.push(c);
        }
        groups.ends.push(text.len());
        groups
    }
}

/// The length in bytes of a card number at the start of a text; the longest that fits.
///
/// A card is 13 to 19 digits with a right check digit: in one piece, in groups of three to seven
/// with one and the same separator between, in groups of four with any, or sixteen in pairs.
/// Numbers that start like no payment card (0, 1, or 20, which is how epochs and dates start) are
/// kept.
fn card(text: &str) -> Option<usize> {
    let groups = Groups::of(text);
    let (mut start, mut sizes, mut value) = (0, Vec::new(), String::new());
    let mut found = None;
    for (index, &end) in groups.ends.iter().enumerate() {
        let group = digits::digits_of(&text[start..end]);
        sizes.push(group.len());
        value += &group;
        start = end;
        if value.len() > 19 {
            break;
        }
        let separators = &groups.separators[..index];
        let uniform = separators.windows(2).all(|pair| pair[0] == pair[1]);
        let before_last = &sizes[..index];
        let fits = index == 0
            || (uniform && sizes.iter().all(|size| (3..=7).contains(size)))
            || (before_last.iter().all(|size| *size == 4) && sizes[index] <= 4)
            || (uniform
                && sizes.len() == 8
                && sizes.iter().all(|size| *size == 2)
                && value.starts_with(['3', '4', '5', '6']));
        if fits
            && value.len() >= 13
            && !value.starts_with(['0', '1'])
            && !value.starts_with("20")
            && digits::luhn(&value)
        {
            found = Some(end);
        }
    }
    found
}

/// The length of a US social security number at the start of a text: three, two and four digits
/// with one and the same hyphen or blank between, none of them a group that is never given out.
fn social_security(text: &str) -> Option<usize> {
    let groups = Groups::of(text);
    let [first, second, third] = groups.ends[..] else {
        return None;
    };
    let [one, other] = groups.separators[..] else {
        return None;
    };
    let parts = [
        digits::digits_of(&text[..first]),
        digits::digits_of(&text[first..second]),
        digits::digits_of(&text[second..third]),
    ];
    let given = parts[0].len() == 3
        && parts[1].len() == 2
        && parts[2].len() == 4
        && !matches!(parts[0].as_str(), "000" | "666")
        && !parts[0].starts_with('9')
        && parts[1] != "00"
        && parts[2] != "0000";
    (given && one == other && !matches!(one, '.' | '_')).then_some(third)
}

/// How long IBANs are, by country (SWIFT's registry).
const IBAN_LENGTHS: [(&str, usize); 80] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("MN", 20),
];

/// The length in bytes of an IBAN at the start of a text: as long as its country has it, and with
/// right check digits.
fn iban(text: &str) -> Option<usize> {
    let country = text.get(..2)?.to_ascii_uppercase();
    let (_, length) = IBAN_LENGTHS.iter().find(|(known, _)| *known == country)?;
    let mut value = String::with_capacity(*length);
    let mut separated = true;
    for (at, c) in text.char_indices() {
        if value.len() == *length {
            let goes_on = is_digit(c);
            return (!goes_on && is_iban(&value)).then_some(at);
        }
        match digits::digit_of(c) {
            Some(digit) => value.push(digit),
            None if c.is_ascii_alphabetic() => value.push(c.to_ascii_uppercase()),
            None if is_separator(c) && !separated => {
                separated = true;
                continue;
            }
            None => return None,
        }
        separated = false;
    }
    (value.len() == *length && is_iban(&value)).then_some(text.len())
}

/// The check digits of ISO 13616, over capitals and ASCII digits.
fn is_iban(value: &str) -> bool {
    let (head, body) = value.split_at(4);
    if !head[2..].bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let rest = body.chars().chain(head.chars()).fold(0, |rest, c| {
        let digit = c.to_digit(36).unwrap_or(0);
        let shift = if digit > 9 { 100 } else { 10 };
        (rest * shift + digit) % 97
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_itself_is_masked_in_names_and_the_rest_is_kept() {
        for (text, masked) in [
            ("rec/4111111111111111.wav", "rec/[card number].wav"),
            ("a 5555-5555-5555-4444 b", "a [card number] b"),
            ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[card number]"),
            ("4111 1111-1111_1111", "[card number]"),
            ("41-11-11-11-11-11-11-11", "[card number]"),
            ("3782 822463 10005", "[card number]"),
            (
                "２２２３\u{2011}0000\u{2011}4841\u{2011}0010",
                "[card number]",
            ),
            (
                "2026-03-02_4111.1111.1111.1111.wav",
                "2026-03-02_[card number].wav",
            ),
            ("DE89370400440532013000", "[IBAN]"),
            ("ibanGB82 WEST 1234 5698 7654 32!", "iban[IBAN]!"),
            ("nl91-abna-0417-1643-00.wav", "[IBAN].wav"),
            ("ssn 219-09-9999.", "ssn [national id]."),
            ("maria.lopez84@mail.example.com", "[email]"),
            ("to ü.öz@post.example, thanks", "to [email], thanks"),
        ] {
            assert_eq!(mask(text, Emails::OfPeople), masked);
            assert_eq!(mask(masked, Emails::OfPeople), masked);
        }
        for kept in [
            "2026-03-02T09-15-00_ann.wav",
            "20260302091500123",
            "1772438400120",
            "4111111111111112",
            "DE89370400440532013001",
            "de89a704-0044-4532-8130-001122334455",
            "900-12-3456",
            "123.45.6789",
            "219-09-9999-1",
            "a84b4c76e66710@pc33.example.com",
            "sip:1001@10.0.0.1",
            "é4\u{301}",
        ] {
            assert_eq!(mask(kept, Emails::OfPeople), kept);
        }
        let agent = "ann.lee@centre.example";
        assert_eq!(mask(agent, Emails::Kept), agent);
        assert_eq!(mask("a84b4c76@pc33.example", Emails::All), "[email]");
    }
}
