//! Words of a phrase that a redaction placeholder may hide: somebody may have said "May 14th"
//! where `[date of birth]` stands.
//!
//! Beside each wording stand its veiled ones, in which such words are one placeholder of a kind
//! that may hide them; the words around them must be there. A match of such a wording is no more
//! than a guess. What counts as hidden:
//!
//! - number words and digits: by every kind but names;
//! - months and days ("May 14th", "the third"): by dates of birth and expiry dates;
//! - "52 Maple Street", "[`<number>` `<word>`] road": by postal addresses;
//! - "dot", "underscore": by e-mail addresses;
//! - words that the phrase writes with a capital, as people write names: by names, postal and
//!   e-mail addresses and passcodes.
//!
//! Left out on purpose: other words. Any word may be a surname, a street or a password, but if
//! each of them were looked for behind every placeholder, nothing could be said to be missing.
//! Neither does it count that a placeholder takes in the few words between the digits of a number.

use super::class::Class;
use super::language::Item;
use super::words::{self, Traits};
use crate::transcript::RedactedKind;

/// A set of kinds of placeholders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Kinds(u16);

const NONE: Kinds = Kinds(0);
const DATES: Kinds = Kinds::of(&[RedactedKind::DateOfBirth, RedactedKind::CardExpiry]);
const ADDRESS: Kinds = Kinds::of(&[RedactedKind::PostalAddress]);
const EMAIL: Kinds = Kinds::of(&[RedactedKind::Email]);
const NAMED: Kinds = Kinds::of(&[
    RedactedKind::Name,
    RedactedKind::PostalAddress,
    RedactedKind::Email,
    RedactedKind::Passcode,
]);
const NUMBERS: Kinds =
    Kinds(((1 << RedactedKind::ALL.len()) - 1) & !(1 << RedactedKind::Name as u16));

impl Kinds {
    const fn of(kinds: &[RedactedKind]) -> Kinds {
        let mut all = 0;
        let mut at = 0;
        while at < kinds.len() {
            all |= 1 << kinds[at] as u16;
            at += 1;
        }
        Kinds(all)
    }

    pub fn has(self, kind: RedactedKind) -> bool {
        self.0 >> kind as u16 & 1 == 1
    }

    fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}

/// What may hide an item, and how much it speaks for a number, a date, an address or a name: words
/// that mostly mean something else ("one", "may", "way") count only beside another.
struct Veil {
    kinds: Kinds,
    weight: u8,
}

const STRONG: u8 = 2;
const WEAK: u8 = 1;
const FILLS: u8 = 0;

fn veil(item: &Item) -> Option<Veil> {
    let some = |kinds: Kinds, weight: u8| Some(Veil { kinds, weight });
    let (text, is_name) = match item {
        Item::Word { text, is_name, .. } => (text.as_str(), *is_name),
        Item::Class(Class::Number) => return some(ADDRESS, WEAK),
        Item::Class(Class::Word | Class::Name) => return some(ADDRESS, FILLS),
        Item::Class(_) | Item::Gap(_) => return None,
    };
    match text {
        "one" | "oh" | "double" | "triple" => return some(NUMBERS, WEAK),
        "first" | "second" => return some(DATES.or(ADDRESS), WEAK),
        "may" | "march" => return some(DATES, WEAK),
        "the" | "of" => return some(DATES, FILLS),
        "street" | "road" | "avenue" | "drive" | "lane" | "place" | "court" | "row" | "close"
        | "way" | "square" | "apartment" | "suite" => return some(ADDRESS, WEAK),
        "dot" | "underscore" => return some(EMAIL, STRONG),
        "at" | "com" | "dash" | "hyphen" => return some(EMAIL, FILLS),
        _ => {}
    }
    let traits = words::traits_of(text);
    let mut kinds = NONE;
    if traits.has(Traits::UNIT | Traits::TENS | Traits::SCALE | Traits::DIGITS) {
        kinds = NUMBERS;
    }
    if traits.has(Traits::ORDINAL | Traits::WRITTEN_ORDINAL) {
        kinds = kinds.or(DATES).or(ADDRESS);
    }
    if traits.has(Traits::MONTH) {
        kinds = kinds.or(DATES);
    }
    if kinds == NONE && is_name {
        kinds = NAMED;
    }
    (kinds != NONE).then_some(Veil {
        kinds,
        weight: STRONG,
    })
}

/// A stretch of a wording that one placeholder may hide.
struct Hidden {
    from: usize,
    to: usize,
    kinds: Kinds,
}

fn hidden(wording: &[Item]) -> Vec<Hidden> {
    let mut found = Vec::new();
    let mut from = 0;
    while from < wording.len() {
        let Some(first) = veil(&wording[from]).filter(|v| v.weight > FILLS) else {
            from += 1;
            continue;
        };
        let (mut kinds, mut weight) = (first.kinds, first.weight);
        // "The" and "of" stand within a date, and not at its end.
        let mut to = from + 1;
        let mut reach = to;
        while let Some(next) = wording.get(reach).and_then(veil) {
            let both = kinds.and(next.kinds);
            if both == NONE {
                break;
            }
            kinds = both;
            weight += next.weight;
            reach += 1;
            if !is_joint(&wording[reach - 1]) {
                to = reach;
            }
        }
        if weight >= STRONG {
            found.push(Hidden { from, to, kinds });
        }
        from = to;
    }
    found
}

fn is_joint(item: &Item) -> bool {
    matches!(item, Item::Word { text, .. } if ["the", "of", "at"].contains(&text.as_str()))
}

/// The wordings in which words stand behind placeholders: each stretch alone, and all of them.
pub(super) fn veiled(wording: &[Item]) -> Vec<Vec<Item>> {
    let hidden = hidden(wording);
    let mut veiled: Vec<Vec<Item>> = Vec::new();
    for one in &hidden {
        veiled.push(without(wording, std::slice::from_ref(one)));
    }
    if hidden.len() > 1 {
        veiled.push(without(wording, &hidden));
    }
    veiled
}

fn without(wording: &[Item], hidden: &[Hidden]) -> Vec<Item> {
    let mut items = Vec::with_capacity(wording.len());
    let mut at = 0;
    for stretch in hidden {
        items.extend_from_slice(&wording[at..stretch.from]);
        items.push(Item::Class(Class::MayHide(stretch.kinds)));
        at = stretch.to;
    }
    items.extend_from_slice(&wording[at..]);
    items
}

#[cfg(test)]
mod tests {
    use super::super::language::Phrase;
    use super::*;

    fn seen(phrase: &str) -> Vec<String> {
        let phrase = Phrase::parse(phrase).unwrap();
        let text = |item: &Item| match item {
            Item::Word { text, .. } => text.clone(),
            Item::Class(Class::MayHide(kinds)) => {
                let all = RedactedKind::ALL.into_iter().filter(|k| kinds.has(*k));
                let some: Vec<&str> = all.map(RedactedKind::as_str).collect();
                match some.len() {
                    11 => "[number]".to_string(),
                    _ => format!("[{}]", some.join("|")),
                }
            }
            Item::Class(class) => format!("<{}>", class.name()),
            Item::Gap(words) => format!("...{words}"),
        };
        let wordings = phrase.wordings();
        let veiled = wordings.iter().flat_map(|wording| veiled(wording));
        veiled
            .map(|w| w.iter().map(text).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn words_hide_behind_the_placeholders_that_may_hold_them() {
        let names = "[passcode|email|postal_address|name]";
        let dates = "[card_expiry|date_of_birth]";
        for (phrase, expected) in [
            ("i am so sorry", vec![]),
            ("may i help you", vec![]),
            ("one moment please", vec![]),
            ("no way", vec![]),
            ("thank you for the order", vec![]),
            ("thank you Robert", vec![format!("thank you {names}")]),
            ("Northwind Bank", vec![names.to_string()]),
            (
                "sent three emails",
                vec!["sent [number] emails".to_string()],
            ),
            ("four four one seven", vec!["[number]".to_string()]),
            ("born on May 14th", vec![format!("born on {dates}")]),
            (
                "the third of June of this year",
                vec![format!("the {dates} of this year")],
            ),
            (
                "at 52 Maple Street",
                vec!["at [postal_address]".to_string()],
            ),
            ("<number> <word> road", vec!["[postal_address]".to_string()]),
            (
                "four ...3 Robert",
                vec![
                    "[number] ...3 robert".to_string(),
                    format!("four ...3 {names}"),
                    format!("[number] ...3 {names}"),
                ],
            ),
            ("example dot com", vec!["example [email]".to_string()]),
        ] {
            assert_eq!(seen(phrase), expected, "{phrase}");
        }
    }
}
