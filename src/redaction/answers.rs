//! What answers a question for a number though it does not look like one.
//!
//! Recognisers drop digits and write others as words ("Forsa Arland two, Triple Aate 8881"), so
//! that of a card often a fragment is left that is too short for the rules of `runs`. Once a number
//! was asked for, or was announced ("the card number is"), all digits of the answer are that number
//! until the talk moves on: something else is named, a number is complete, or nothing with digits
//! is said for a while. Words between two digits of an answer go along; they are what became of
//! digits. A card is looked for in all channels: two people may read out one half each.
//! Of the other numbers an answer has two digits at least, with nothing but fillers between, and
//! little else is said with them: "it's the same one" tells no security code.
//!
//! Left out on purpose: accounts and phone numbers, whose lengths `runs` takes as they come, because
//! more of what follows them is something else than of what follows a card; and money, percentages,
//! quantities, times of day, and the last digits of a card that were asked for as such.

use super::digits;
use super::found::Found;
use super::named::{Named, Topic};
use super::runs::is_behind_hours_or_end;
use super::shapes::{CARD_DIGITS, MASKED_DIGITS};
use super::tokens::{Class, NEXT_TO_MS, Token};
use crate::transcript::{RedactedKind, Rule};

/// How long after the question, and after the latest digits, an answer goes on.
const BEGINS_MS: i64 = 30_000;
const GOES_ON_MS: i64 = 20_000;
/// So many words without a digit are another matter.
const OTHER_MATTER: usize = 40;
/// Words between two digits of one answer.
const GARBLED_WORDS: usize = 6;
/// Words that are said with a short answer: "hang on, I think it's 737".
const ANSWER_WORDS: usize = 3;
/// Fewer digits than this are an answer where hardly anything else is said: "Lovely 87".
const WHOLE_ANSWER: usize = 3;
/// How many tokens after its name a number follows directly.
const DIRECT: usize = 4;
/// A question is known by a word of its sentence so many words before the name.
const SENTENCE: usize = 12;
/// How far from the name of a card "the last four digits" are those of that card.
const LAST_DIGITS_TOKENS: usize = 10;
/// No name of a number has more words.
const LONGEST_NAME: usize = 6;
/// Something expires that is a card where one was named so shortly before.
const CARD_MS: i64 = 90_000;
#[rustfmt::skip]
const ASKING: [&str; 28] = [
    "what", "what's", "read", "give", "tell", "may", "can", "could", "need", "have", "confirm",
    "provide", "verify", "please", "enter", "when", "when's", "which", "say", "says", "share",
    "take", "get", "repeat", "how", "long", "would", "ready",
];
/// "The card number is", "the code, that's".
const ANNOUNCING: [&str; 7] = ["is", "are", "was", "it's", "that's", "number", "of"];
/// The talk moves on to something that is no name of a number in `named`.
#[rustfmt::skip]
const MOVING_ON: [&str; 9] = [
    "address", "street", "email", "name", "amount", "total", "order", "invoice", "appointment",
];
/// What stands before "one" that is no digit: "the one".
const THE_ONE: [&str; 7] = ["the", "that", "this", "which", "no", "any", "another"];
/// What follows "one" that is no digit: "one moment".
#[rustfmt::skip]
const ONE_OF: [&str; 14] = [
    "moment", "sec", "more", "thing", "of", "last", "other", "here", "for", "that", "question",
    "is", "from", "on",
];

/// Another find or a number that stays, as the answers see it.
pub(super) struct Known {
    pub channel: usize,
    pub first: usize,
    pub last: usize,
    /// Nothing where it stays.
    pub kind: Option<RedactedKind>,
    /// It was not named or asked for: it may be a piece of the answer.
    pub doubtful: bool,
    pub digits: usize,
}

/// A date that is masked only where somebody tells how long a card is valid.
pub(super) struct Day {
    pub channel: usize,
    pub first: usize,
    pub last: usize,
}

/// Finds pieces of answers among what is not masked yet. `answered` tells of each name whether a
/// whole number was found for it.
pub(super) fn find(
    channels: &[Vec<Token>],
    names: &[Named],
    answered: &dyn Fn(usize) -> bool,
    known: &[Known],
    days: &[Day],
) -> Vec<Found> {
    let search = Search {
        channels,
        names,
        known,
        days,
    };
    let mut found = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(least) = least_digits(name.topic)
            && (name.topic == Topic::Card || !answered(index))
            && !name.direct
        {
            search.answer(name, least, &mut found);
        }
    }
    // "I want to use another card."
    for (channel, tokens) in channels.iter().enumerate() {
        for (token, here) in tokens.iter().enumerate() {
            if here.text == "card" {
                let card = Named {
                    channel,
                    token,
                    last: token,
                    at_ms: here.start_ms,
                    topic: Topic::Card,
                    direct: true,
                };
                search.answer(&card, MASKED_DIGITS, &mut found);
            }
        }
    }
    found
}

/// From how many digits on an answer is masked.
fn least_digits(topic: Topic) -> Option<usize> {
    Some(match topic {
        Topic::Card | Topic::SecurityCode | Topic::Expiry | Topic::NationalId | Topic::Passcode => {
            3
        }
        Topic::Account
        | Topic::Phone
        | Topic::Iban
        | Topic::Birth
        | Topic::Postcode
        | Topic::Code
        | Topic::LastDigits
        | Topic::Other => {
            return None;
        }
    })
}

struct Search<'a> {
    channels: &'a [Vec<Token>],
    names: &'a [Named],
    known: &'a [Known],
    days: &'a [Day],
}

/// Digits of one channel with at most a few words between.
struct Stretch {
    channel: usize,
    first: usize,
    last: usize,
    value: String,
    /// A day of the calendar is among them.
    is_day: bool,
}

impl Search<'_> {
    /// A name that is `direct` is a card that was only mentioned.
    fn answer(&self, name: &Named, least: usize, found: &mut Vec<Found>) {
        let Some(kind) = name.topic.kind() else {
            return;
        };
        let (asked, announced) = (self.is_asked(name), self.is_announced(name));
        let is_expiry = name.topic == Topic::Expiry;
        if !asked && !announced && !is_expiry && !name.direct
            || self.is_of_last_digits(name)
            || is_expiry && !self.is_of_card(name)
        {
            return;
        }
        let alone = self.channels.iter().filter(|c| !c.is_empty()).count() == 1;
        let counts = |channel: usize| {
            let own = channel == name.channel;
            name.topic == Topic::Card || alone || own && (announced || !asked) || !own && asked
        };
        let between = match name.topic {
            Topic::Card => GARBLED_WORDS,
            _ => 0,
        };
        let mut stretches: Vec<Stretch> = Vec::new();
        for (channel, at) in self.in_time(name) {
            let token = &self.channels[channel][at];
            let day = self
                .days
                .iter()
                .find(|day| day.channel == channel && (day.first..=day.last).contains(&at));
            if !counts(channel) || !(self.is_digits(channel, at) || is_expiry && day.is_some()) {
                continue;
            }
            let day = day.filter(|_| is_expiry);
            let last = day.map_or(at, |day| day.last);
            match stretches.iter_mut().rev().find(|s| s.channel == channel) {
                Some(open) if at <= open.last => {}
                Some(open) if self.goes_on(open, at, between) => {
                    open.last = last;
                    open.value.push_str(&token.digits);
                    open.is_day |= day.is_some();
                }
                _ => stretches.push(Stretch {
                    channel,
                    first: at,
                    last,
                    value: token.digits.clone(),
                    is_day: day.is_some(),
                }),
            }
        }
        // A short number has one answer, and what the talk goes on to is another number.
        let most = match name.topic {
            Topic::Card => usize::MAX,
            _ => 1,
        };
        let likely = |s: &Stretch| match name.topic {
            Topic::Card => s.value.len() >= least,
            _ => (s.is_day || s.value.len() + 1 >= least) && self.is_all_there_is(name, s),
        };
        for stretch in stretches.into_iter().filter(likely).take(most) {
            let rule = match stretch.channel == name.channel {
                true => Rule::Named,
                false => Rule::Asked,
            };
            let is_card = kind == RedactedKind::CardNumber;
            found.push(Found {
                channel: stretch.channel,
                first: stretch.first,
                last: stretch.last,
                kind,
                rule,
                breadth: if stretch.is_day {
                    Class::Plain
                } else {
                    Class::Everyday
                },
                check_digit_ok: is_card.then_some(false),
                value: stretch.value,
            });
        }
    }

    /// The tokens of all channels after a name in the order of time, until the talk moves on.
    fn in_time(&self, name: &Named) -> Vec<(usize, usize)> {
        let from_ms = name.at_ms;
        let mut order: Vec<(i64, usize, usize)> = Vec::new();
        for (channel, tokens) in self.channels.iter().enumerate() {
            let start = match channel == name.channel {
                true => name.last + 1,
                false => tokens.partition_point(|token| token.start_ms < from_ms),
            };
            let near = tokens[start..]
                .iter()
                .enumerate()
                .take_while(|(_, token)| token.start_ms - from_ms <= 3 * BEGINS_MS);
            order.extend(near.map(|(n, token)| (token.start_ms, channel, start + n)));
        }
        order.sort_unstable();
        let (mut until_ms, mut words) = (from_ms + BEGINS_MS, 0);
        let mut out = Vec::new();
        for (at_ms, channel, at) in order {
            let token = &self.channels[channel][at];
            if at_ms > until_ms || words > OTHER_MATTER || self.ends(name, channel, at) {
                break;
            }
            if token.class == Class::Plain {
                words += 1;
            }
            if self.is_digits(channel, at) {
                words = 0;
                until_ms = until_ms.max(token.end_ms + GOES_ON_MS);
            }
            out.push((channel, at));
        }
        out
    }

    /// Something else begins at a token.
    fn ends(&self, name: &Named, channel: usize, at: usize) -> bool {
        let token = &self.channels[channel][at];
        let card_data = |kind| kind != RedactedKind::Name && kind != RedactedKind::Email;
        if token.sealed.is_some_and(card_data) {
            return true;
        }
        if token.house || MOVING_ON.contains(&token.text.as_str()) {
            return true;
        }
        let named = self.named_at(channel, at).is_some_and(|other| {
            other.topic != name.topic
                && (!other.direct || self.is_before_digits(channel, other.last))
        });
        let known = self
            .known
            .iter()
            .find(|known| known.channel == channel && (known.first..=known.last).contains(&at));
        named
            || known.is_some_and(|known| match known.kind {
                Some(kind) if Some(kind) == name.topic.kind() => known.digits >= CARD_DIGITS,
                Some(_) => !known.doubtful,
                None => true,
            })
    }

    /// The name that starts at a token.
    fn named_at(&self, channel: usize, at: usize) -> Option<&Named> {
        let at_ms = self.channels[channel][at].start_ms;
        let start = self.names.partition_point(|name| name.at_ms < at_ms);
        self.names[start..]
            .iter()
            .take_while(|name| name.at_ms == at_ms)
            .find(|name| name.channel == channel && name.token == at)
    }

    /// "The three digit code" tells no digit.
    fn is_in_name(&self, channel: usize, at: usize) -> bool {
        (at.saturating_sub(LONGEST_NAME - 1)..=at).any(|first| {
            self.named_at(channel, first)
                .is_some_and(|name| name.last >= at)
        })
    }

    fn is_before_digits(&self, channel: usize, last: usize) -> bool {
        self.channels[channel][last + 1..]
            .iter()
            .find(|token| token.class != Class::Filler)
            .is_some_and(|token| token.class <= Class::Everyday)
    }

    /// Digits that may be of a number that was read out.
    fn is_digits(&self, channel: usize, at: usize) -> bool {
        let tokens = &self.channels[channel];
        let token = &tokens[at];
        let next = tokens.get(at + 1).map_or("", Token::word);
        match token.class {
            _ if token.house || self.is_in_name(channel, at) => false,
            Class::Digits => true,
            Class::Lone => {
                let before = at.checked_sub(1).map_or("", |before| tokens[before].word());
                let word = ONE_OF.contains(&next) || THE_ONE.contains(&before);
                !(token.text == "one" && word)
            }
            // Not an amount: "139424.6".
            Class::Everyday => {
                token.code.find('.').is_some_and(|whole| whole > 4)
                    && !digits::is_date(&token.code)
                    && !token.code.contains(['$', '£', '€', '¥', '₹', '%', ':'])
            }
            _ => false,
        }
    }

    /// Little else is said in its sentence, and nothing that makes it hours or the end of a card;
    /// or it follows directly what it is called.
    fn is_all_there_is(&self, name: &Named, stretch: &Stretch) -> bool {
        let tokens = &self.channels[stretch.channel];
        let segment = tokens[stretch.first].segment;
        let before = tokens[..stretch.first]
            .iter()
            .rev()
            .take_while(|token| token.segment == segment && !token.ends_sentence);
        let after = tokens[stretch.last..]
            .iter()
            .take_while(|t| t.segment == segment);
        let after = after.take_while(|token| !token.ends_sentence).skip(1);
        let other = before
            .chain(after)
            .filter(|token| token.class == Class::Plain)
            .count();
        let kept = is_behind_hours_or_end(tokens, stretch.first);
        let direct = stretch.channel == name.channel
            && (name.last..name.last + DIRECT).contains(&stretch.first);
        let most = match stretch.is_day || stretch.value.len() < WHOLE_ANSWER {
            true => 1,
            false => ANSWER_WORDS,
        };
        !kept && (direct || other <= most)
    }

    fn goes_on(&self, open: &Stretch, at: usize, most_words: usize) -> bool {
        let tokens = &self.channels[open.channel];
        let between = &tokens[open.last + 1..at];
        let words = between.iter().filter(|t| t.class == Class::Plain).count();
        let sealed = between.iter().any(|t| t.class == Class::Sealed);
        let amount = between
            .iter()
            .any(|t| t.class == Class::Everyday && t.code.contains(['$', '£', '€', '%', ':']));
        words <= most_words
            && !sealed
            && !amount
            && tokens[at].start_ms - tokens[open.last].end_ms <= NEXT_TO_MS
    }

    /// A word of asking stands in the sentence ahead of a name, or right after it. Who says "card
    /// number" or "security code" asks for it, as recognisers lose such words.
    fn is_asked(&self, name: &Named) -> bool {
        let tokens = &self.channels[name.channel];
        let in_full = matches!(tokens[name.last].word(), "number" | "numbers" | "digits");
        if name.topic == Topic::SecurityCode || name.topic == Topic::Card && in_full {
            return true;
        }
        let asks = |token: &Token| ASKING.contains(&token.text.as_str());
        let ahead = tokens[..name.token]
            .iter()
            .rev()
            .take(SENTENCE)
            .take_while(|token| !token.ends_sentence);
        let alone = tokens[name.last].ends_sentence
            && (name.token == 0
                || tokens[..name.token]
                    .iter()
                    .rev()
                    .take(3)
                    .any(|t| t.ends_sentence));
        alone || ahead.into_iter().any(asks) || {
            let after = tokens[name.last + 1..].iter().take(3);
            !tokens[name.last].ends_sentence && after.into_iter().any(asks)
        }
    }

    /// "The card number is", or the number itself, follows.
    fn is_announced(&self, name: &Named) -> bool {
        let tokens = &self.channels[name.channel];
        let says_is = tokens[name.last].text == "is";
        says_is
            || self.is_before_digits(name.channel, name.last)
            || tokens
                .get(name.last + 1)
                .is_some_and(|token| ANNOUNCING.contains(&token.text.as_str()))
    }

    /// "The last four digits of the card number".
    fn is_of_last_digits(&self, name: &Named) -> bool {
        self.names.iter().any(|other| {
            other.channel == name.channel
                && other.topic == Topic::LastDigits
                && other.token.abs_diff(name.token) <= LAST_DIGITS_TOKENS
        })
    }

    /// A card was named or read out before a name.
    fn is_of_card(&self, name: &Named) -> bool {
        let before = |at_ms: i64| at_ms <= name.at_ms && name.at_ms - at_ms <= CARD_MS;
        let named = self.names.iter().any(|other| {
            matches!(other.topic, Topic::Card | Topic::SecurityCode) && before(other.at_ms)
        });
        let is_card_data =
            |kind| matches!(kind, RedactedKind::CardNumber | RedactedKind::SecurityCode);
        named
            || self.known.iter().any(|known| {
                known.kind.is_some_and(is_card_data)
                    && before(self.channels[known.channel][known.first].start_ms)
            })
            || self
                .channels
                .iter()
                .flatten()
                .any(|token| token.sealed.is_some_and(is_card_data) && before(token.start_ms))
    }
}
