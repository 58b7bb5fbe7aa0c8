//! Postal addresses: a house number and a street, with the flat, town and state said along with it.
//!
//! "52 Maple Street" is found wherever it is said, written or spoken; so are PO boxes. A street, a
//! house number or a town alone are found where an address was asked for or stated. Words that are
//! streets only with a name ahead ("drive", "court", "way") need a capital or a name that is no
//! measure: "5 minutes drive" and "a 3 way call" are no addresses. Zip codes and postcodes are
//! found with the numbers; those that follow a street go along with it.
//!
//! Left out on purpose: towns and landmarks that are only mentioned, and the forms of languages
//! other than English beyond the commonest kinds of street.

use std::ops::Range;

use super::found::Found;
use super::people::is_cased;
use super::tokens::{Case, Class, Token};
use super::turns;
use super::vocabulary::{is_calendar, is_common, is_function, is_given};
use crate::transcript::{RedactedKind, Rule};

/// Words between a house number and "Street".
const STREET_WORDS: usize = 4;
/// Digits of a house number.
const HOUSE_DIGITS: usize = 5;
/// Words of an address after the street.
const TAIL: usize = 16;

/// Finds the addresses to mask; what is one of the `names` is no town.
pub(super) fn find(channels: &[Vec<Token>], names: &[Found]) -> Vec<Found> {
    let cased = is_cased(channels);
    let readers: Vec<Reader> = channels
        .iter()
        .enumerate()
        .map(|(channel, tokens)| {
            let mut is_name = vec![false; tokens.len()];
            for name in names.iter().filter(|name| name.channel == channel) {
                is_name[name.first..=name.last].fill(true);
            }
            Reader {
                tokens,
                is_name,
                cased,
            }
        })
        .collect();
    let mut found = Vec::new();
    for (channel, reader) in readers.iter().enumerate() {
        let mut at = 0;
        while at < reader.tokens.len() {
            match reader.shaped(at) {
                Some((first, last)) => {
                    found.push(as_found(reader.tokens, channel, first, last, Rule::Shape));
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        for at in 0..reader.tokens.len() {
            if let Some(from) = reader.stated(at) {
                let to = (from + TAIL).min(reader.tokens.len());
                reader.told(channel, from..to, Wanted::Address, Rule::Named, &mut found);
            }
            if let Some(wanted) = reader.asks(at)
                && let Some(answer) = turns::answer(channels, channel, at)
            {
                let there = &readers[answer.channel];
                there.told(
                    answer.channel,
                    answer.tokens,
                    wanted,
                    Rule::Asked,
                    &mut found,
                );
            }
        }
    }
    found
}

/// What somebody was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Address,
    House,
    Town,
}

/// One channel.
struct Reader<'a> {
    tokens: &'a [Token],
    /// By token.
    is_name: Vec<bool>,
    /// Whether capitals tell anything.
    cased: bool,
}

impl<'a> Reader<'a> {
    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |t| t.text.as_str())
    }

    fn before(&self, at: usize, back: usize) -> &'a str {
        at.checked_sub(back).map_or("", |at| self.text(at))
    }

    fn is_capital(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.case != Case::Lower)
    }

    // ---- by its form ----

    /// An address that begins at `at`, wherever it is said.
    fn shaped(&self, at: usize) -> Option<(usize, usize)> {
        if let Some(last) = self.po_box(at) {
            return Some((at, self.tail(last, false)));
        }
        if let Some(last) = self.foreign_street(at) {
            return Some((at, self.tail(last, false)));
        }
        let (number, house) = self.house_number(at)?;
        let last = self.street(house + 1, true)?;
        let first = self.unit_before(number);
        Some((first, self.tail(last, false)))
    }

    /// "PO box 12", "P.O. box one two".
    fn po_box(&self, at: usize) -> Option<usize> {
        let words = match (self.text(at), self.text(at + 1), self.text(at + 2)) {
            ("po", "box", _) => 2,
            ("p", "o", "box") | ("post", "office", "box") => 3,
            ("pobox", ..) => 1,
            _ => return None,
        };
        let number = at + words + usize::from(self.text(at + words) == "number");
        let digits = self.tokens[number.min(self.tokens.len())..]
            .iter()
            .take(8)
            .take_while(|t| !t.digits.is_empty())
            .count();
        (digits > 0).then(|| number + digits - 1)
    }

    /// "Hauptstraße 5", "12 rue de la Paix", "calle Mayor 5".
    fn foreign_street(&self, at: usize) -> Option<usize> {
        const ENDS: [&str; 8] = [
            "straße", "strasse", "gasse", "allee", "straat", "gracht", "platz", "gatan",
        ];
        const KINDS: [&str; 11] = [
            "rue",
            "via",
            "calle",
            "rua",
            "piazza",
            "plaza",
            "chemin",
            "impasse",
            "viale",
            "avenida",
            "boulevard",
        ];
        let word = self.text(at);
        let number_at = |at: usize| {
            self.tokens
                .get(at)
                .is_some_and(|t| (1..=HOUSE_DIGITS).contains(&t.digits.len()))
        };
        if ENDS
            .iter()
            .any(|end| word.len() > end.len() + 2 && word.ends_with(end))
        {
            return number_at(at + 1).then_some(at + 1);
        }
        if !KINDS.contains(&word) {
            return None;
        }
        let named = self.tokens[at + 1..]
            .iter()
            .take(STREET_WORDS)
            .take_while(|t| {
                matches!(&*t.text, "de" | "la" | "des" | "du" | "del" | "le")
                    || is_word(t) && !is_function(&t.text)
            })
            .count();
        let ahead = at > 0 && number_at(at - 1);
        let last = at + named;
        if named > 0 && number_at(last + 1) {
            return Some(last + 1);
        }
        (named > 0 && ahead && self.is_capital(last)).then_some(last)
    }

    /// A house number that begins at `at`: its first and last token.
    fn house_number(&self, at: usize) -> Option<(usize, usize)> {
        let is_number = |at: usize| {
            self.tokens.get(at).is_some_and(|t| {
                // "Nine Second Street" is no length of time.
                let second = t.class == Class::Everyday
                    && self.text(at + 1) == "second"
                    && kind_of_street(self.text(at + 2)).is_some();
                !t.digits.is_empty()
                    && (matches!(t.class, Class::Digits | Class::Lone) || t.house || second)
            })
        };
        if !is_number(at) {
            return None;
        }
        let spoken = !self.text(at).is_empty();
        // Of a longer number the last group stands ahead of the street.
        if at > 0 && is_number(at - 1) && spoken && !self.text(at - 1).is_empty() {
            let whole = self.tokens[..at]
                .iter()
                .rev()
                .take_while(|t| !t.digits.is_empty())
                .take(HOUSE_DIGITS + 1)
                .map(|t| t.digits.len())
                .sum::<usize>();
            if whole + self.tokens[at].digits.len() <= HOUSE_DIGITS {
                return None;
            }
        }
        let mut last = at;
        let mut digits = self.tokens[at].digits.len();
        while spoken
            && is_number(last + 1)
            && !self.tokens[last].pause
            && digits + self.tokens[last + 1].digits.len() <= HOUSE_DIGITS
        {
            last += 1;
            digits += self.tokens[last].digits.len();
        }
        if digits > HOUSE_DIGITS || self.tokens[last].ends_sentence {
            return None;
        }
        // "52 b Maple Street".
        let letter = self.text(last + 1);
        if letter.len() == 1 && !matches!(letter, "a" | "i") || matches!(letter, "half") {
            last += 1;
        }
        Some((at, last))
    }

    /// The last token of a street whose name begins at `at`.
    fn street(&self, at: usize, numbered: bool) -> Option<usize> {
        for words in 0..=STREET_WORDS {
            let here = at + words;
            let token = self.tokens.get(here)?;
            if token.class == Class::Sealed || token.class == Class::Everyday && !is_ordinal(token)
            {
                return None;
            }
            let kind = kind_of_street(&token.text);
            if words > 0
                && let Some(kind) = kind
                && self.is_street(at, here, kind, numbered)
                // "14 Lake Court Road" ends with the last of them.
                && kind_of_street(self.text(here + 1)).is_none_or(|_| self.tokens[here].pause)
            {
                return Some(here);
            }
            let number = !token.digits.is_empty() && !is_ordinal(token) && token.text.is_empty();
            let ends = number
                || token.ends_sentence && !matches!(&*token.text, "st" | "n" | "s" | "e" | "w");
            if ends || blocks(token) || words == STREET_WORDS {
                return None;
            }
        }
        None
    }

    /// Whether the words from `first` to the kind of street at `last` name one.
    fn is_street(&self, first: usize, last: usize, kind: Kind, numbered: bool) -> bool {
        let named = &self.tokens[first..last];
        let telling = named.iter().any(|t| is_word(t) && !is_measure(&t.text));
        let ordinal = named
            .iter()
            .any(|t| is_ordinal(t) || super::digits::ordinal(&t.text).is_some());
        if !telling && !ordinal {
            return false;
        }
        let capital = named.iter().any(|t| t.case != Case::Lower);
        let measured = !ordinal && named.iter().any(|t| is_measure(&t.text));
        match (kind, self.cased) {
            (Kind::Sure, true) => capital || ordinal || numbered && !measured,
            (Kind::Sure, false) => numbered && !measured || !is_common(&named[0].text),
            (Kind::Doubtful, true) => (capital || ordinal) && self.is_capital(last),
            (Kind::Doubtful, false) => {
                let together = self.tokens[first].segment == self.tokens[last].segment;
                !measured && together && (numbered || !is_common(&named[0].text))
            }
        }
    }

    /// "Flat 3b," ahead of a house number.
    fn unit_before(&self, number: usize) -> usize {
        (1..=3)
            .filter(|&back| back <= number)
            .find(|&back| is_unit(self.before(number, back)))
            .map_or(number, |back| number - back)
    }

    /// The last token of what follows a street that ends at `last`: flat, town, state and zip.
    fn tail(&self, last: usize, asked: bool) -> usize {
        let mut last = last;
        let mut at = last + 1;
        let floor = at;
        let mut words = 0;
        while at < (floor + TAIL).min(self.tokens.len()) {
            let token = &self.tokens[at];
            let before = &self.tokens[at - 1];
            if token.class == Class::Sealed || token.start_ms - before.end_ms > 6_000 {
                break;
            }
            let ended =
                before.ends_sentence && !matches!(&*before.text, "st" | "ave" | "rd" | "apt");
            let word = token.text.as_str();
            if ended && !(asked && (self.is_place(at) || is_unit(word) || is_zip(token))) {
                break;
            }
            let unit = is_unit(word);
            if unit && (asked || !ended) {
                // With its number or letter.
                let number = usize::from(self.text(at + 1) == "number") + 1;
                if let Some(next) = self.tokens.get(at + number)
                    && (!next.digits.is_empty() || next.text.chars().count() == 1)
                {
                    at += number;
                    if self.text(at + 1).chars().count() == 1 && self.text(at + 1) != "i" {
                        at += 1;
                    }
                    last = at;
                    at += 1;
                    continue;
                }
            }
            if is_direction(word) || is_zip(token) || is_state(word) && self.fits_state(at) {
                last = at;
                at += 1;
                words = 0;
                continue;
            }
            if self.is_place(at) && words < 4 {
                last = at;
                at += 1;
                words += 1;
                continue;
            }
            // "In Springfield", "it's Springfield".
            let leads = matches!(
                word,
                "in" | "zip" | "code" | "postcode" | "that's" | "and" | "the"
            );
            let follows = self.is_place(at + 1)
                || self.tokens.get(at + 1).is_some_and(is_zip)
                || matches!(word, "zip" | "and") && matches!(self.text(at + 1), "zip" | "code");
            if leads && follows && (asked || word != "and") {
                at += 1;
                continue;
            }
            break;
        }
        last
    }

    /// Whether a word can be a town.
    fn is_place(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else {
            return false;
        };
        if !is_word(token)
            || is_function(&token.text)
            || is_calendar(&token.text)
            || self.is_name[at]
        {
            return false;
        }
        match self.cased {
            true => {
                token.case != Case::Lower
                    && !(is_given(&token.text) && at > 0 && self.tokens[at - 1].ends_sentence)
                    && !(at > 0 && self.tokens[at - 1].ends_sentence && is_common(&token.text))
            }
            false => {
                // "Cedar falls Georgia".
                let state = at + 1 < self.tokens.len()
                    && is_state(self.text(at + 1))
                    && self.fits_state(at + 1);
                !is_common(&token.text) || state || is_state(&token.text) || is_town(&token.text)
            }
        }
    }

    /// "In" and "or" are states only with a capital, "me" too.
    fn fits_state(&self, at: usize) -> bool {
        self.text(at).len() > 2
            || self.tokens[at].case == Case::Upper
            || !self.cased && {
                let zip = self.tokens.get(at + 1).is_some_and(is_zip);
                zip || !is_function(self.text(at))
            }
    }

    // ---- asked for or stated ----

    /// Where an address has to come: after "my address is", "I live at".
    fn stated(&self, at: usize) -> Option<usize> {
        let word = self.text(at);
        let next = self.text(at + 1);
        let before = self.before(at, 1);
        match word {
            "address" if !is_other_address(before, self.before(at, 2)) => {
                let end = (at + 1..at + 5)
                    .take_while(|&at| self.tokens.get(at - 1).is_some_and(|t| !t.ends_sentence))
                    .find(|&at| matches!(self.text(at), "is" | "was" | "to"))?;
                Some(end + 1)
            }
            "address's" => Some(at + 1),
            "live" | "lives" | "living" if matches!(next, "at" | "on") => Some(at + 2),
            "moved" | "moving" if next == "to" => Some(at + 2),
            _ => None,
        }
    }

    /// What somebody asks for, if it is an address or part of one.
    fn asks(&self, at: usize) -> Option<Wanted> {
        let next = self.text(at + 1);
        let before = self.before(at, 1);
        match self.text(at) {
            "address" => {
                let about = matches!(next, "changed" | "line" | "has" | "book");
                let asks = !about && !is_other_address(before, self.before(at, 2));
                asks.then_some(Wanted::Address)
            }
            "live" | "located" => {
                let asks = (at.saturating_sub(3)..at).any(|at| self.text(at) == "where");
                asks.then_some(Wanted::Address)
            }
            "where" => {
                let sends = (at + 1..at + 6).any(|at| {
                    matches!(
                        self.text(at),
                        "send" | "deliver" | "ship" | "mail" | "delivered" | "sent"
                    )
                });
                let asks = sends
                    && matches!(
                        next,
                        "should" | "shall" | "do" | "can" | "would" | "to" | "is"
                    );
                asks.then_some(Wanted::Address)
            }
            "house" if next == "number" => Some(Wanted::House),
            "postcode" | "postal" => Some(Wanted::Address),
            "city" | "town" | "street" => {
                let asks = self.tokens[at].pause
                    || matches!(before, "what" | "which" | "your" | "what's")
                    || next == "and"
                    || self.tokens.len() == at + 1
                    || self.tokens[at + 1].segment != self.tokens[at].segment;
                let wanted = match self.text(at) {
                    "street" => Wanted::Address,
                    _ => Wanted::Town,
                };
                asks.then_some(wanted)
            }
            _ => None,
        }
    }

    /// Finds what reads like an address among the words of an answer.
    fn told(
        &self,
        channel: usize,
        words: Range<usize>,
        wanted: Wanted,
        rule: Rule,
        found: &mut Vec<Found>,
    ) {
        let (from, to) = (words.start, words.end);
        let mut at = from;
        let mut misses = 0;
        while at < to {
            let token = &self.tokens[at];
            if matches!(&*token.text, "email" | "mail" | "dot" | "www") || token.text.contains('@')
            {
                return;
            }
            if token.class == Class::Sealed {
                misses += 1;
                at += 1;
                continue;
            }
            if let Some((first, last)) = self.told_at(at, from, wanted) {
                let last = self.tail(last, true);
                found.push(as_found(self.tokens, channel, first, last, rule));
                at = last + 1;
                misses = 0;
                continue;
            }
            misses += 1;
            if misses > 10 {
                return;
            }
            at += 1;
        }
    }

    /// An address at `at`, where one is awaited.
    fn told_at(&self, at: usize, from: usize, wanted: Wanted) -> Option<(usize, usize)> {
        if let Some(found) = self.shaped(at) {
            return Some(found);
        }
        let token = &self.tokens[at];
        // A street without a number: "Maple Street".
        if is_word(token)
            && !is_function(&token.text)
            && (!self.cased || token.case != Case::Lower)
            && let Some(last) = self.street(at, false)
            && !self.is_name[last]
        {
            return Some((at, last));
        }
        if is_unit(&token.text) || token.text == "number" {
            // "Flat 3b", "number 4, the Larches".
            let number = self.tokens.get(at + 1)?;
            let named = !number.digits.is_empty() && number.digits.len() <= HOUSE_DIGITS
                || number.text.chars().count() == 1;
            let first = at + usize::from(token.text == "number");
            return named.then_some((first, at + 1));
        }
        // "52 Maple", "9 The Paddocks".
        if let Some((first, house)) = self.house_number(at) {
            let name = house + 1 + usize::from(self.text(house + 1) == "the");
            if !is_measure(self.text(name)) && self.is_place(name) {
                return Some((first, name));
            }
        }
        if wanted == Wanted::House
            && let Some(found) = self.house_number(at)
        {
            return Some(found);
        }
        if wanted == Wanted::Town && at < from + 4 && self.is_town_alone(at) {
            return Some((at, at));
        }
        // "Springfield, Illinois", "Rose Cottage, Little Snoring".
        let starts = at == from
            || self.tokens[at - 1].pause
            || matches!(
                self.before(at, 1),
                "in" | "is" | "it's" | "to" | "at" | "the" | "that's" | "um" | "uh"
            );
        let place = starts
            && self.is_place(at)
            && match self.cased {
                true => {
                    !(at == from || self.tokens[at - 1].ends_sentence) || !is_common(&token.text)
                }
                false => true,
            };
        let next_state = is_state(self.text(at + 1)) && self.fits_state(at + 1);
        let two = self.is_place(at + 1) && !token.ends_sentence;
        let alone = !is_common(&token.text) && !is_given(&token.text)
            || is_town(&token.text)
            || is_state(&token.text);
        let person = is_given(&token.text) && !next_state;
        (place && !person && (next_state || self.cased && two || alone)).then_some((at, at))
    }
}

impl Reader<'_> {
    /// A town where one was asked for, which may be an everyday word: the answer is nothing else.
    fn is_town_alone(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let mut rest = self.tokens[at..].iter();
        let ends = rest
            .by_ref()
            .take_while(|t| t.segment == token.segment && t.class != Class::Sealed)
            .take(4)
            .position(|t| t.pause || is_function(&t.text));
        let few = match ends {
            Some(words) => self.tokens[at + words].pause,
            None => {
                self.tokens[at..]
                    .iter()
                    .take(4)
                    .any(|t| t.segment != token.segment)
                    || self.tokens.len() <= at + 4
            }
        };
        few && is_word(token)
            && !is_function(&token.text)
            && (!self.cased || token.case != Case::Lower)
            && !matches!(&*token.text, "city" | "town" | "sure" | "same" | "hello")
    }
}

/// How surely a word is a kind of street.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sure,
    /// An everyday word as well.
    Doubtful,
}

fn kind_of_street(word: &str) -> Option<Kind> {
    Some(match word {
        "street" | "avenue" | "ave" | "boulevard" | "blvd" | "road" | "rd" | "lane"
        | "crescent" | "parkway" | "pkwy" | "highway" | "hwy" | "terrace" | "cres" | "turnpike"
        | "mews" => Kind::Sure,
        "st" | "drive" | "dr" | "court" | "ct" | "way" | "place" | "pl" | "square" | "sq"
        | "close" | "circle" | "cir" | "trail" | "trl" | "alley" | "row" | "walk" | "gardens"
        | "grove" | "hill" | "park" | "view" | "rise" | "quay" | "wharf" | "loop" | "path"
        | "pike" | "broadway" | "plaza" | "green" | "ln" | "point" | "run" | "ridge"
        | "crossing" | "heights" | "meadows" | "landing" => Kind::Doubtful,
        _ => return None,
    })
}

/// A word with letters.
fn is_word(token: &Token) -> bool {
    token.class != Class::Sealed && token.digits.is_empty() && token.text.chars().count() >= 2
}

/// "5th", which streets are named by.
fn is_ordinal(token: &Token) -> bool {
    token.class == Class::Everyday && token.text.is_empty() && token.digits.len() <= 3
}

/// What never stands within the name of a street.
fn blocks(token: &Token) -> bool {
    let word = token.text.as_str();
    let within = matches!(
        word,
        "the" | "de" | "la" | "and" | "of" | "saint" | "martin"
    ) || word.chars().count() == 1 && word != "i"
        || matches!(word, "will" | "may" | "call");
    !within
        && (is_function(word)
            || matches!(word, "away" | "down" | "along" | "off" | "near" | "behind"))
        || matches!(word, "the" | "of" | "and")
}

/// Quantities, and what makes "drive", "way" and "place" something else than a street.
fn is_measure(word: &str) -> bool {
    super::digits::is_measure(word)
        || matches!(
            word,
            "day"
                | "hour"
                | "week"
                | "minute"
                | "month"
                | "year"
                | "yard"
                | "yards"
                | "meters"
                | "metres"
                | "kilometers"
                | "mile"
                | "block"
                | "blocks"
                | "star"
                | "bedroom"
                | "wheel"
                | "hard"
                | "flash"
                | "usb"
                | "gig"
                | "gigabyte"
                | "terabyte"
                | "disk"
                | "way"
                | "ways"
                | "long"
                | "short"
                | "easy"
                | "best"
                | "better"
                | "other"
                | "same"
                | "different"
                | "last"
                | "next"
                | "more"
                | "less"
                | "new"
                | "old"
                | "first"
                | "second"
                | "time"
                | "times"
                | "percent"
                | "feet"
                | "foot"
                | "lane"
                | "car"
                | "cars"
                | "parking"
                | "test"
                | "main"
                | "of"
                | "step"
                | "in"
                | "point"
                | "degree"
                | "separate"
                | "whole"
                | "full"
                | "half"
                | "million"
                | "thousand"
                | "hundred"
        )
}

fn is_unit(word: &str) -> bool {
    matches!(
        word,
        "flat"
            | "apartment"
            | "apt"
            | "unit"
            | "suite"
            | "ste"
            | "floor"
            | "room"
            | "house"
            | "building"
            | "block"
            | "lot"
    )
}

fn is_direction(word: &str) -> bool {
    matches!(
        word,
        "nw" | "ne"
            | "sw"
            | "se"
            | "n"
            | "s"
            | "e"
            | "w"
            | "north"
            | "south"
            | "east"
            | "west"
            | "northwest"
            | "northeast"
            | "southwest"
            | "southeast"
    )
}

/// Five digits, or part of a British postcode.
fn is_zip(token: &Token) -> bool {
    token.class <= Class::Lone && !token.digits.is_empty() && token.digits.len() <= 9
}

/// States of the USA, in full or short. Long ones in two words are found by either.
fn is_state(word: &str) -> bool {
    const STATES: &str = " alabama alaska arizona arkansas california colorado connecticut delaware \
        florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland \
        massachusetts michigan minnesota mississippi missouri montana nebraska nevada hampshire \
        jersey mexico york carolina dakota ohio oklahoma oregon pennsylvania rhode tennessee texas \
        utah vermont virginia washington wisconsin wyoming al ak az ar ca co ct dc de fl ga hi id il \
        in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx ut \
        vt va wa wv wi wy ";
    !word.is_empty()
        && STATES.match_indices(word).any(|(at, _)| {
            STATES[..at].ends_with(' ') && STATES[at + word.len()..].starts_with(' ')
        })
}

/// Large cities that are in the list of everyday words.
fn is_town(word: &str) -> bool {
    matches!(
        word,
        "london"
            | "birmingham"
            | "manchester"
            | "leeds"
            | "liverpool"
            | "bristol"
            | "sheffield"
            | "glasgow"
            | "edinburgh"
            | "cardiff"
            | "belfast"
            | "dublin"
            | "boston"
            | "chicago"
            | "atlanta"
            | "seattle"
            | "denver"
            | "detroit"
            | "philadelphia"
            | "phoenix"
            | "cleveland"
            | "baltimore"
            | "miami"
            | "toronto"
            | "vancouver"
            | "montreal"
            | "berlin"
            | "munich"
            | "hamburg"
            | "springfield"
            | "portland"
            | "oakland"
    )
}

/// "E-mail address", "web address".
fn is_other_address(before: &str, second: &str) -> bool {
    matches!(
        before,
        "email" | "mail" | "ip" | "web" | "mac" | "website" | "internet" | "to" | "gmail"
    ) && !(before == "mail" && second != "e" && second != "your")
        || before == "mail" && second == "e"
}

fn as_found(tokens: &[Token], channel: usize, first: usize, last: usize, rule: Rule) -> Found {
    Found::of_words(
        tokens,
        channel,
        (first, last),
        RedactedKind::PostalAddress,
        rule,
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::talk;

    #[test]
    fn streets_with_a_number_go_with_what_follows() {
        for (said, expected) in [
            (
                "A: Yes, 52 Maple Street. Do you want it?",
                "A: Yes, [postal address]. Do you want it?",
            ),
            (
                "C: it is fifty two maple street okay",
                "C: it is [postal address] okay",
            ),
            (
                "C: The new one is eighteen Lake Drive.",
                "C: The new one is [postal address].",
            ),
            (
                "C: Send it to 1600 Pennsylvania Ave NW, Apartment 4b, Washington DC. Thanks.",
                "C: Send it to [postal address]. Thanks.",
            ),
            (
                "C: Flat 3b, 14 High Street, Springfield, Illinois, please.",
                "C: [postal address], please.",
            ),
            (
                "C: My PO box 12 is full.",
                "C: My [postal address] is full.",
            ),
            (
                "C: Ich wohne Hauptstraße 5, ja.",
                "C: Ich wohne [postal address], ja.",
            ),
            ("C: 350 5th Avenue in New York.", "C: [postal address]."),
        ] {
            assert_eq!(talk(&[], said), expected, "{said}");
        }
    }

    #[test]
    fn what_was_asked_for_goes_in_pieces() {
        for (said, expected) in [
            (
                "A: What's your address? | C: Number 4, The Larches. | A: And the town? | C: Little Snoring.",
                "A: What's your address? | C: Number [postal address]. | A: And the town? | C: [postal address].",
            ),
            (
                "A: Where should I send it? | C: Maple Street. | C: Springfield, Ohio.",
                "A: Where should I send it? | C: [postal address]. | C: [postal address].",
            ),
            (
                "C: I live on Oak Lane, so yes.",
                "C: I live on [postal address], so yes.",
            ),
        ] {
            assert_eq!(talk(&[], said), expected, "{said}");
        }
    }

    #[test]
    fn ordinary_talk_stays() {
        for said in [
            "C: It's two streets away, 5 minutes drive.",
            "A: The court ordered it, and 3 way calls cost extra.",
            "C: I drive one way, 50 yards down the road.",
            "C: It fits a 2 car garage and a four wheel drive.",
            "a: we have 3 people in one place and 2 ways to pay",
            "A: Is your address still the same? | C: Yes, nothing changed.",
            "A: What's your e-mail address? | C: I have none.",
            "A: I will send it to your home address by Monday. | C: Great, thank you.",
            "A: I can address that. | C: At 6 p.m. on Main Street there was an accident.",
            "C: Nobody will give me a straight address to complain to. | A: I understand.",
        ] {
            let said = said.replace("a: ", "A: ");
            assert_eq!(talk(&[], &said), said);
        }
    }
}
