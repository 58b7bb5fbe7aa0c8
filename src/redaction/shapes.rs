//! How long the numbers of each kind are, and how they are grouped.
//!
//! All limits err towards masking: a number that is masked for nothing costs a detail, one that is
//! missed costs its owner. Recognisers drop and add digits, so that a number that was named may be
//! a little shorter or longer than its kind.

use super::dates::{self, Calendar};
use super::digits;
use super::named::Topic;
use super::tokens::{Class, Token};

/// An unnamed run with at least this many digits is masked: no everyday number has so many.
pub(super) const MASKED_DIGITS: usize = 8;
/// The same right after an account number was named: such a number, less two that were not heard.
const NAMED_ACCOUNT_DIGITS: usize = 6;
/// Account numbers of most banks and firms.
const ACCOUNT_LENGTHS: std::ops::RangeInclusive<usize> = 8..=12;
/// From here on a run is taken for a card: 13 to 19 digits, less one that was not heard.
pub(super) const CARD_DIGITS: usize = 12;
/// Card numbers in use; ISO/IEC 7812-1 allows no longer ones.
const CARD_LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
/// Most cards are complete here; the reach is not widened for a run this long.
pub(super) const COMPLETE_CARD: usize = 16;
/// A number that stays ("order number") is shorter: cards are read out under wrong names too.
pub(super) const KEPT_DIGITS: usize = 12;
/// "The last four digits", with one or two that were added.
pub(super) const LAST_DIGITS: usize = 6;

/// What was said of a number, without what stands around it.
pub(super) struct Shape<'a> {
    pub digits: String,
    /// The digits of each token.
    parts: Vec<&'a str>,
    /// How many digits were said together: "five five five, oh one four two" has three and four.
    groups: Vec<usize>,
    plus: bool,
}

impl<'a> Shape<'a> {
    pub fn of(tokens: &'a [Token]) -> Self {
        let mut shape = Shape {
            digits: String::new(),
            parts: Vec::new(),
            groups: Vec::new(),
            plus: false,
        };
        let mut before: Option<&Token> = None;
        for token in tokens.iter().filter(|token| token.class <= Class::Lone) {
            let apart = before.is_none_or(|before| {
                before.breaks || before.digits.len() > 2 || before.segment != token.segment
            });
            match shape.groups.last_mut() {
                Some(group) if !apart && token.digits.len() <= 2 => *group += token.digits.len(),
                _ => shape.groups.push(token.digits.len()),
            }
            shape.digits.push_str(&token.digits);
            shape.parts.push(&token.digits);
            shape.plus |= token.plus;
            before = Some(token);
        }
        shape
    }

    pub fn len(&self) -> usize {
        self.digits.len()
    }

    /// It is as a number of this name should be.
    pub fn is_exactly(&self, topic: Topic) -> bool {
        let n = self.len();
        match topic {
            Topic::Card => CARD_LENGTHS.contains(&n),
            Topic::SecurityCode => (3..=4).contains(&n),
            Topic::Expiry => self.expiry().is_some(),
            Topic::Account => ACCOUNT_LENGTHS.contains(&n),
            Topic::NationalId => n == 9 || n == 4,
            Topic::Passcode => (4..=8).contains(&n),
            Topic::Birth => self.birth().is_some(),
            Topic::Phone => n == 7 || (10..=13).contains(&n),
            Topic::Postcode => n == 5 || n == 9,
            Topic::Code => (3..=8).contains(&n),
            Topic::Iban | Topic::LastDigits | Topic::Other => false,
        }
    }

    /// It can be a number of this name. `beside`: nothing but fillers stands between the two, so
    /// that it hardly can be anything else.
    pub fn can_be(&self, topic: Topic, beside: bool) -> bool {
        let n = self.len();
        let range = match (topic, beside) {
            (Topic::Card, _) => MASKED_DIGITS..=usize::MAX,
            (Topic::SecurityCode, false) => 3..=4,
            (Topic::SecurityCode, true) => 2..=6,
            (Topic::Expiry, false) => 3..=4,
            (Topic::Expiry, true) => 2..=6,
            (Topic::Account, false) => NAMED_ACCOUNT_DIGITS..=20,
            (Topic::Account, true) => 4..=20,
            (Topic::Iban, _) => MASKED_DIGITS..=34,
            (Topic::NationalId, false) => 3..=12,
            (Topic::NationalId, true) => 3..=14,
            (Topic::Passcode, false) => 3..=10,
            (Topic::Passcode, true) => 2..=12,
            (Topic::Code, _) => 3..=10,
            (Topic::Birth, false) => 4..=8,
            (Topic::Birth, true) => 2..=8,
            (Topic::Phone, false) => 6..=15,
            (Topic::Phone, true) => 4..=15,
            (Topic::Postcode, false) => 4..=9,
            (Topic::Postcode, true) => 3..=10,
            (Topic::LastDigits, _) => 0..=LAST_DIGITS,
            (Topic::Other, _) => 0..=KEPT_DIGITS,
        };
        range.contains(&n) || self.is_exactly(topic)
    }

    pub fn expiry(&self) -> Option<Calendar> {
        dates::expiry(&self.digits)
    }

    pub fn birth(&self) -> Option<Calendar> {
        dates::birth(&self.parts)
    }

    /// Grouped or written like a phone number: "555-0142", "312-555-0142", "+49 170 1234567",
    /// "020 7946 0958".
    pub fn is_phone(&self) -> bool {
        let starts = |from: usize| {
            let digit = self.digits.as_bytes()[from];
            (b'2'..=b'9').contains(&digit)
        };
        match (self.len(), &self.groups[..]) {
            (8..=15, _) if self.plus => true,
            (7, [3, 4]) => true,
            (10, [3, ..]) if self.groups != [3, 7] => true,
            (10, _) => self.digits.starts_with('0') || starts(0) && starts(3),
            (11, _) => self.digits.starts_with('0') || self.digits.starts_with('1') && starts(1),
            _ => false,
        }
    }

    /// No longer than an account number.
    pub fn is_account(&self) -> bool {
        self.len() <= *ACCOUNT_LENGTHS.end()
    }

    /// Grouped like a social security number.
    pub fn is_social(&self) -> bool {
        self.groups == [3, 2, 4]
    }

    /// A whole card number, by its length and check digit.
    pub fn is_card(&self) -> bool {
        is_card(&self.digits)
    }
}

pub(super) fn is_card(value: &str) -> bool {
    CARD_LENGTHS.contains(&value.len()) && digits::luhn(value)
}
