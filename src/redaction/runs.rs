//! Numbers: which digits belong together, over pauses, turns and echoes, and what they are.
//!
//! The call is gone through in the order of time. Digits of a channel join a run until they are too
//! far apart, something else is named, or the number that was asked for is complete. A run that ends
//! is judged by its name ([`named`](super::named)), else by its form ([`shapes`](super::shapes)).
//! At last come the echoes of what is masked.

use super::answers::{self, Day, Known};
use super::codes::{self, Code};
use super::dates::{self, Calendar, Date};
use super::found::Found;
use super::named::{self, Candidate, Names, Origin, Place, Topic};
use super::shapes::{CARD_DIGITS, COMPLETE_CARD, MASKED_DIGITS, Shape, is_card};
use super::tokens::{Class, NEXT_TO_MS, Token};
use crate::transcript::{RedactedKind, Rule};

/// A piece of a masked number that is said again is masked from this many digits on...
const ECHO_DIGITS: usize = 4;
/// ...and from this many where the other party says it at once, or it is all of the number.
const SHORT_ECHO_DIGITS: usize = 3;
/// A number that is said twice in a row, to mend it, has at least as many digits.
const AGAIN_DIGITS: usize = 6;
/// How far an echo may be from what it repeats.
const ECHO_REACH_MS: i64 = 30_000;
/// "At once".
const SHORT_ECHO_REACH_MS: i64 = 12_000;
/// How soon after a card, and after how many fillers, come its expiry date and its code when
/// nobody names them.
const AFTER_CARD_MS: i64 = 10_000;
const AFTER_CARD_TOKENS: usize = 5;
const AFTER_CARD_WORDS: [&str; 8] = [
    "date", "with", "good", "through", "thru", "month", "year", "oh",
];
/// How soon an answer follows its question.
const ANSWER_MS: i64 = 12_000;
/// How long a card stays what the talk is about.
const CARD_TALK_MS: i64 = 60_000;
/// A letter or two belong to the number beside them: "passport C 0 1", "AB 12".
const LETTERS: usize = 3;
/// British driving licences start with five of the name.
const LICENCE_LETTERS: usize = 5;

/// Nobody reads out more digits in one go; a recogniser that has lost its thread does, and then the
/// work must not grow with the square of them.
const LONGEST_RUN: usize = 400;

/// How far apart the digits of one run may be.
struct Reach {
    gap_ms: i64,
    /// Words between two digits, not counting fillers.
    words: usize,
}

const NORMAL: Reach = Reach {
    gap_ms: NEXT_TO_MS,
    words: 3,
};
/// For a card that is known to be read out and is not complete yet.
const WIDE: Reach = Reach {
    gap_ms: 15_000,
    words: 7,
};

/// A row of digits in one channel, as indexes into its tokens.
#[derive(Clone)]
struct Run {
    channel: usize,
    first: usize,
    last: usize,
    /// Digits from first to last, lone ones included, everyday numbers not.
    count: usize,
    /// What it may be, as its start has it.
    candidates: Vec<Candidate>,
    /// A card was named or asked for.
    card: bool,
}

/// What stands between two digits, in order of how surely it parts two numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    None,
    Comma,
    And,
    /// Other words, or the end of a sentence.
    Words,
    /// The other party says more than "okay".
    Turn,
}

/// What was decided about a run.
struct Verdict {
    kind: RedactedKind,
    rule: Rule,
    check_digit_ok: Option<bool>,
    /// Tokens up to this class belong to the number.
    breadth: Class,
    /// What it means, of a date.
    calendar: Option<Calendar>,
}

/// What a name makes of a run.
enum Choice {
    Mask(Candidate, Rule),
    Keep(Candidate),
    /// Nobody named it.
    Unnamed,
}

/// A masked run, as the source of echoes.
struct Secret {
    channel: usize,
    kind: RedactedKind,
    digits: String,
    calendar: Option<Calendar>,
    start_ms: i64,
    end_ms: i64,
}

/// The end of the latest card of a channel.
#[derive(Clone, Copy)]
struct CardEnd {
    last: usize,
    end_ms: i64,
    expiry_told: bool,
}

/// Finds the numbers to mask.
pub(super) fn find(channels: &[Vec<Token>]) -> Vec<Found> {
    let mut finder = Finder::new(channels);
    for event in finder.events() {
        finder.step(event);
    }
    finder.close_all();
    finder.answers();
    finder.echoes();
    finder.found
}

/// Something at a token that may be a number.
#[derive(Clone, Copy)]
struct Event {
    at_ms: i64,
    channel: usize,
    token: usize,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Digits,
    /// Index into the codes of its channel.
    Code(usize),
    /// Index into the dates of its channel.
    Date(usize),
    Sealed(RedactedKind),
}

struct Finder<'a> {
    channels: &'a [Vec<Token>],
    names: Names<'a>,
    dates: Vec<Vec<Date>>,
    codes: Vec<Vec<Code>>,
    /// Tokens before this one belong to a code or a date, by channel.
    free: Vec<usize>,
    open: Vec<Option<Run>>,
    card_ends: Vec<Option<CardEnd>>,
    /// When somebody said "card", in order.
    cards_ms: Vec<i64>,
    /// Runs and dates that are not masked, for echoes.
    left: Vec<Run>,
    left_dates: Vec<(usize, Date)>,
    /// The digits of numbers that stay because of their names, and when they were said.
    kept: Vec<(String, i64)>,
    /// The tokens of those numbers, by channel.
    stays: Vec<(usize, usize, usize)>,
    secrets: Vec<Secret>,
    found: Vec<Found>,
}

impl<'a> Finder<'a> {
    fn new(channels: &'a [Vec<Token>]) -> Self {
        Self {
            channels,
            names: Names::new(channels),
            dates: channels.iter().map(|tokens| dates::find(tokens)).collect(),
            codes: channels.iter().map(|tokens| codes::find(tokens)).collect(),
            free: vec![0; channels.len()],
            open: vec![None; channels.len()],
            card_ends: vec![None; channels.len()],
            cards_ms: cards_ms(channels),
            left: Vec::new(),
            left_dates: Vec::new(),
            kept: Vec::new(),
            stays: Vec::new(),
            secrets: Vec::new(),
            found: Vec::new(),
        }
    }

    /// In order of time; within a channel in that of its tokens.
    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (channel, tokens) in self.channels.iter().enumerate() {
            let mut dates = self.dates[channel].iter().enumerate().peekable();
            let mut codes = self.codes[channel].iter().enumerate().peekable();
            let mut at_ms = i64::MIN;
            for (token, here) in tokens.iter().enumerate() {
                at_ms = at_ms.max(here.start_ms);
                let mut push = |what| {
                    events.push(Event {
                        at_ms,
                        channel,
                        token,
                        what,
                    });
                };
                if let Some((index, _)) = codes.next_if(|(_, code)| code.first == token) {
                    push(What::Code(index));
                }
                if let Some((index, _)) = dates.next_if(|(_, date)| date.first == token) {
                    push(What::Date(index));
                }
                if let Some(kind) = here.sealed {
                    push(What::Sealed(kind));
                } else if here.is_number() && !self.names.is_of_name(channel, token) {
                    push(What::Digits);
                }
            }
        }
        events.sort_by_key(|event| (event.at_ms, event.channel));
        events
    }

    fn step(&mut self, event: Event) {
        let Event { channel, token, .. } = event;
        if token < self.free[channel] {
            return;
        }
        match event.what {
            What::Digits => self.digits(channel, token),
            What::Code(index) => self.code(channel, index),
            What::Date(index) => self.date(channel, index),
            What::Sealed(kind) => self.sealed(channel, token, kind),
        }
    }

    fn place(&self, channel: usize, first: usize, last: usize) -> Place {
        Place {
            channel,
            first,
            last,
            start_ms: self.channels[channel][first].start_ms,
        }
    }

    fn sealed(&mut self, channel: usize, token: usize, kind: RedactedKind) {
        self.close(channel);
        let end_ms = self.channels[channel][token].end_ms;
        self.names
            .answer_sealed(kind, self.place(channel, token, token), end_ms);
        self.note_card(channel, token, kind);
    }

    /// Remembers where card data ended.
    fn note_card(&mut self, channel: usize, last: usize, kind: RedactedKind) {
        let expiry_told = match kind {
            RedactedKind::CardNumber => false,
            RedactedKind::CardExpiry => true,
            _ => return,
        };
        self.card_ends[channel] = Some(CardEnd {
            last,
            end_ms: self.channels[channel][last].end_ms,
            expiry_told,
        });
    }

    /// Card data that directly follows a card, with no word between that would name something else.
    fn after_card(&self, channel: usize, first: usize) -> Option<CardEnd> {
        let tokens = &self.channels[channel];
        self.card_ends[channel].filter(|end| {
            end.last < first
                && first - end.last <= 1 + AFTER_CARD_TOKENS
                && tokens[first].start_ms - end.end_ms <= AFTER_CARD_MS
                && tokens[end.last + 1..first].iter().all(|token| {
                    token.class == Class::Filler || AFTER_CARD_WORDS.contains(&token.word())
                })
        })
    }

    fn code(&mut self, channel: usize, index: usize) {
        let code = &self.codes[channel][index];
        let (first, last, kind) = (code.first, code.last, code.kind);
        let place = self.place(channel, first, last);
        let candidates = self.names.candidates(place);
        let own_kept = matches!(
            candidates.first(),
            Some(Candidate {
                topic: Topic::Other,
                from: Origin::Own { beside: true },
                ..
            })
        );
        if own_kept && code.check_digit_ok != Some(true) {
            return;
        }
        let named = candidates
            .iter()
            .find(|candidate| candidate.topic.kind() == Some(kind))
            .copied();
        let found = Found {
            channel,
            first,
            last,
            kind,
            rule: match (code.check_digit_ok, named) {
                (Some(true), _) => Rule::CheckDigit,
                (_, Some(named)) => rule_of(named),
                (_, None) => Rule::Shape,
            },
            breadth: Class::Plain,
            check_digit_ok: code.check_digit_ok,
            value: code.value.clone(),
        };
        self.close(channel);
        self.mask(found, named, None);
    }

    fn date(&mut self, channel: usize, index: usize) {
        let date = self.dates[channel][index].clone();
        let Some((kind, candidate, rule, calendar)) = self.judge_date(channel, &date) else {
            self.left_dates.push((channel, date));
            return;
        };
        self.close(channel);
        let found = Found {
            channel,
            first: date.first,
            last: date.last,
            kind,
            rule,
            breadth: Class::Plain,
            check_digit_ok: None,
            value: calendar.value(),
        };
        self.mask(found, candidate, Some(calendar));
    }

    /// What a date is: of birth, of a card, or none of ours.
    fn judge_date(
        &self,
        channel: usize,
        date: &Date,
    ) -> Option<(RedactedKind, Option<Candidate>, Rule, Calendar)> {
        let candidates = self
            .names
            .candidates(self.place(channel, date.first, date.last));
        let in_a_run = self.open[channel]
            .as_ref()
            .is_some_and(|run| self.is_joined(run, date.first));
        let expiry = date.as_expiry();
        for candidate in &candidates {
            let calendar = match candidate.topic {
                Topic::Birth if date.calendar.day.is_some() || date.sure_year => date.calendar,
                // "The 31st of August 2027" is one as well.
                Topic::Expiry => match expiry {
                    Some(expiry) => expiry,
                    None if date.sure_year
                        && !date.is_birth_like()
                        && self.is_card_spoken_of(self.channels[channel][date.first].start_ms) =>
                    {
                        date.calendar
                    }
                    None => continue,
                },
                Topic::Other if matches!(candidate.from, Origin::Own { beside: true }) => {
                    return None;
                }
                _ => continue,
            };
            // An event of another day: "it was delivered on May 14th".
            // "Until" and "the end of" are said of a card as well.
            let asked = matches!(candidate.from, Origin::Asked { .. });
            if asked
                && candidate.topic != Topic::Expiry
                && !date.is_birth_like()
                && self.is_event(channel, date)
            {
                continue;
            }
            let kind = candidate.topic.kind()?;
            return Some((kind, Some(*candidate), rule_of(*candidate), calendar));
        }
        if let Some(expiry) = expiry
            && self.after_card(channel, date.first).is_some()
        {
            return Some((RedactedKind::CardExpiry, None, Rule::Shape, expiry));
        }
        if let Some(expiry) = expiry
            && date.calendar.day.is_none_or(|_| !date.sure_day)
            && !self.is_event(channel, date)
            && self.is_card_spoken_of(self.channels[channel][date.first].start_ms)
        {
            return Some((RedactedKind::CardExpiry, None, Rule::Shape, expiry));
        }
        let is_birth = date.is_birth_like() && !in_a_run && !self.is_event(channel, date);
        is_birth.then_some((RedactedKind::DateOfBirth, None, Rule::Shape, date.calendar))
    }

    /// A word ahead of a date tells that something happened or happens then.
    fn is_event(&self, channel: usize, date: &Date) -> bool {
        #[rustfmt::skip]
        const EVENTS: [&str; 50] = [
            "delivery", "deliver", "delivered", "arrive", "arrives", "arrived", "due", "since",
            "appointment", "contract", "ends", "end", "ended", "start", "starts", "started", "bought",
            "purchased", "purchase", "ordered", "order", "opened", "signed", "renew", "renews",
            "renewal", "payment", "paid", "statement", "invoice", "bill", "until", "shipped",
            "policy", "expires", "expire", "expired", "moved", "until", "from", "joined",
            "installed", "booked", "cancelled", "canceled", "called", "received", "dated", "sent",
            "happened",
        ];
        const EVENT_TOKENS: usize = 6;
        self.channels[channel][..date.first]
            .iter()
            .rev()
            .take(EVENT_TOKENS)
            .take_while(|token| !token.ends_sentence)
            .any(|token| EVENTS.contains(&token.text.as_str()))
    }

    /// Whether nothing but fillers stands between a run and a token.
    fn is_joined(&self, run: &Run, at: usize) -> bool {
        self.channels[run.channel][run.last + 1..at]
            .iter()
            .all(|token| token.class == Class::Filler)
    }

    fn mask(&mut self, found: Found, candidate: Option<Candidate>, calendar: Option<Calendar>) {
        let tokens = &self.channels[found.channel];
        let end_ms = tokens[found.last].end_ms;
        self.free[found.channel] = self.free[found.channel].max(found.last + 1);
        if let Some(candidate) = candidate {
            self.names.answer(candidate, end_ms);
        }
        self.secrets.push(Secret {
            channel: found.channel,
            kind: found.kind,
            digits: tokens[found.first..=found.last]
                .iter()
                .filter(|token| token.class <= found.breadth)
                .map(|token| token.digits.as_str())
                .collect(),
            calendar,
            start_ms: tokens[found.first].start_ms,
            end_ms,
        });
        self.note_card(found.channel, found.last, found.kind);
        self.found.push(found);
    }

    fn digits(&mut self, channel: usize, at: usize) {
        let digits = self.channels[channel][at].digits.len();
        if let Some(run) = &self.open[channel]
            && self.goes_on(run, at)
        {
            if let Some(run) = &mut self.open[channel] {
                run.last = at;
                run.count += digits;
            }
            return;
        }
        self.close(channel);
        let candidates = self.names.candidates(self.place(channel, at, at));
        self.open[channel] = Some(Run {
            channel,
            first: at,
            last: at,
            count: digits,
            card: card_is_named(&candidates),
            candidates,
        });
    }

    /// Whether the digits at `at` belong to the run before them.
    fn goes_on(&self, run: &Run, at: usize) -> bool {
        let tokens = &self.channels[run.channel];
        let between = &tokens[run.last + 1..at];
        let sealed = |token: &Token| token.class == Class::Sealed;
        let house = tokens[run.last].house || between.iter().any(|token| token.house);
        if self.free[run.channel] > run.last + 1
            || house
            || run.count > LONGEST_RUN
            || between.iter().any(sealed)
        {
            return false;
        }
        let card_goes_on = run.card && run.count <= CARD_DIGITS;
        let ended = self
            .names
            .between(run.channel, run.last, at)
            .any(|topic| !(topic == Topic::Card && card_goes_on));
        if ended {
            return false;
        }
        let gap_ms = tokens[at].start_ms - tokens[run.last].end_ms;
        let incomplete = run.count < COMPLETE_CARD;
        let reach = match incomplete && (run.card || run.count >= CARD_DIGITS) {
            true => WIDE,
            false => NORMAL,
        };
        let words = between
            .iter()
            .filter(|token| token.class != Class::Filler)
            .count();
        gap_ms <= reach.gap_ms && words <= reach.words && !self.is_complete(run, at)
    }

    fn bound(&self, channel: usize, last: usize, at: usize) -> Bound {
        let tokens = &self.channels[channel];
        let between = &tokens[last + 1..at];
        let (last, next) = (&tokens[last], &tokens[at]);
        let same_word = last.segment == next.segment && last.last_word == next.first_word;
        let single = last.digits.len() == 1 && next.digits.len() == 1;
        if self
            .names
            .is_interrupted(channel, last.end_ms, next.start_ms)
        {
            Bound::Turn
        } else if between.iter().any(|token| token.class > Class::Filler)
            || last.ends_sentence && !same_word
        {
            Bound::Words
        } else if between.iter().any(|token| token.text == "and") {
            Bound::And
        } else if last.breaks && !same_word && !single {
            Bound::Comma
        } else {
            Bound::None
        }
    }

    /// Whether the number that was named is complete, so that the digits at `at` are another one.
    fn is_complete(&self, run: &Run, at: usize) -> bool {
        let expected = match run.card {
            true => Some(Topic::Card),
            false => run.candidates.first().map(|candidate| candidate.topic),
        };
        let bound = self.bound(run.channel, run.last, at);
        if bound == Bound::None {
            return false;
        }
        let tokens = &self.channels[run.channel];
        let shape = Shape::of(&tokens[run.first..=run.last]);
        let Some(topic) = expected else {
            let again = || self.is_said_again(run.channel, &shape, at);
            // Shorter ones said twice may be a card.
            let long = shape.len() >= MASKED_DIGITS && shape.is_phone();
            return bound >= Bound::Words && long && again();
        };
        let exact = shape.is_exactly(topic);
        match topic {
            Topic::Card => shape.len() >= COMPLETE_CARD && shape.is_card() && bound >= Bound::Words,
            Topic::Postcode | Topic::Expiry | Topic::SecurityCode => exact,
            Topic::Phone => {
                exact && (shape.is_phone() && bound >= Bound::And || bound >= Bound::Words)
                    || bound >= Bound::Words && self.is_said_again(run.channel, &shape, at)
            }
            Topic::Birth | Topic::Passcode | Topic::NationalId => {
                exact && (bound >= Bound::And || self.is_asked_next(run, at))
            }
            Topic::Account => {
                exact && bound >= Bound::And && self.is_asked_next(run, at)
                    || bound >= Bound::Words && self.is_said_again(run.channel, &shape, at)
                    || shape.can_be(topic, false) && bound == Bound::Turn
            }
            Topic::Code => exact && bound >= Bound::And,
            Topic::Iban => false,
            Topic::LastDigits | Topic::Other => bound >= Bound::Words,
        }
    }

    /// Whether the digits from `at` on are what was asked for next to the run.
    fn is_asked_next(&self, run: &Run, at: usize) -> bool {
        let tokens = &self.channels[run.channel];
        let length = tokens[at..]
            .iter()
            .take_while(|token| token.class <= Class::Lone)
            .count();
        let next = Shape::of(&tokens[at..at + length]);
        run.candidates[1..]
            .iter()
            .any(|candidate| next.is_exactly(candidate.topic))
    }

    /// Whether as many digits follow as were said: "134 816 367, no, 134 516 367".
    fn is_said_again(&self, channel: usize, shape: &Shape, at: usize) -> bool {
        let tokens = &self.channels[channel];
        let (mut last, mut length) = (at, 0);
        for (next, token) in tokens.iter().enumerate().skip(at) {
            if token.class > Class::Filler {
                break;
            }
            if token.is_number() {
                if next > at && self.bound(channel, last, next) >= Bound::Words {
                    break;
                }
                length += token.digits.len();
                last = next;
            }
            if length > shape.len() {
                return false;
            }
        }
        length == shape.len() && length >= AGAIN_DIGITS
    }

    /// Judges the open run of a channel.
    fn close(&mut self, channel: usize) {
        let Some(mut run) = self.open[channel].take() else {
            return;
        };
        // A name may come after it.
        run.candidates = self
            .names
            .candidates(self.place(channel, run.first, run.last));
        let (verdict, candidate) = self.judge(&mut run);
        let Some(verdict) = verdict else {
            if let Some(candidate) = candidate {
                let tokens = &self.channels[channel];
                let end_ms = tokens[run.last].end_ms;
                self.names.answer(candidate, end_ms);
                self.kept
                    .push((digits_within(tokens, &run, Class::Lone), end_ms));
                self.stays.push((channel, run.first, run.last));
            }
            self.left.push(run);
            return;
        };
        let whole = run.clone();
        let rest = match verdict.kind {
            RedactedKind::CardNumber => self.split_card(&mut run),
            _ => None,
        };
        if rest.is_some() {
            // It may be one number after all: an echo of any part of it is an echo.
            let tokens = &self.channels[channel];
            self.secrets.push(Secret {
                channel,
                kind: verdict.kind,
                digits: digits_within(tokens, &whole, Class::Everyday),
                calendar: None,
                start_ms: tokens[whole.first].start_ms,
                end_ms: tokens[whole.last].end_ms,
            });
        }
        let calendar = verdict.calendar;
        let verdict = match &rest {
            Some(_) => card(Rule::CheckDigit, true, Class::Digits),
            None => verdict,
        };
        let found = self.as_found(&run, &verdict);
        self.mask(found, candidate, calendar);
        for (run, verdict) in rest.unwrap_or_default() {
            let found = self.as_found(&run, &verdict);
            let calendar = verdict.calendar;
            self.mask(found, None, calendar);
        }
    }

    /// In order of time: a question is answered by who spoke first.
    fn close_all(&mut self) {
        let start_ms = |run: &Run| self.channels[run.channel][run.first].start_ms;
        let mut open: Vec<(i64, usize)> = self
            .open
            .iter()
            .flatten()
            .map(|run| (start_ms(run), run.channel))
            .collect();
        open.sort_unstable();
        for (_, channel) in open {
            self.close(channel);
        }
    }

    fn as_found(&self, run: &Run, verdict: &Verdict) -> Found {
        let tokens = &self.channels[run.channel];
        let mut found = Found {
            channel: run.channel,
            first: run.first,
            last: run.last,
            kind: verdict.kind,
            rule: verdict.rule,
            breadth: verdict.breadth,
            check_digit_ok: verdict.check_digit_ok,
            value: digits_within(tokens, run, verdict.breadth),
        };
        if let Some(calendar) = verdict.calendar {
            found.value = calendar.value();
        }
        let lettered = matches!(
            found.kind,
            RedactedKind::NationalId
                | RedactedKind::AccountNumber
                | RedactedKind::Passcode
                | RedactedKind::PostalAddress
        );
        if lettered && matches!(found.rule, Rule::Named | Rule::Asked) {
            take_letters(tokens, &mut found);
        }
        found
    }

    /// Decides whether a run is masked, and narrows or widens it to the number that it holds. Also
    /// tells which name it answers.
    ///
    /// A right check digit can be chance (one in ten). Digits are left out for its sake only where
    /// they are too few to tell anything.
    fn judge(&self, run: &mut Run) -> (Option<Verdict>, Option<Candidate>) {
        let tokens = &self.channels[run.channel];
        let mut core = run.clone();
        trim(tokens, &mut core);
        let shape = Shape::of(&tokens[core.first..=core.last]);
        let choice = match choose(&core.candidates, &shape) {
            Choice::Mask(candidate, _) if !self.may_be_short(&core, &shape, candidate) => {
                Choice::Unnamed
            }
            choice => choice,
        };
        match choice {
            Choice::Keep(candidate) => (None, Some(candidate)),
            Choice::Mask(candidate, rule) => {
                let long = match candidate.topic {
                    Topic::Card | Topic::Iban => true,
                    Topic::Account => !shape.is_account(),
                    _ => false,
                };
                if long && let Some(mut verdict) = self.judge_long(run) {
                    if verdict.rule != Rule::CheckDigit {
                        verdict.rule = rule;
                        // "Sort code and account number" together are as long as a card.
                        if candidate.topic == Topic::Account {
                            verdict.kind = RedactedKind::AccountNumber;
                            verdict.check_digit_ok = None;
                        }
                    }
                    return (Some(verdict), Some(candidate));
                }
                *run = core;
                let calendar = match candidate.topic {
                    Topic::Birth => shape.birth(),
                    Topic::Expiry => shape.expiry(),
                    _ => None,
                };
                let kind = match candidate.topic {
                    Topic::Code if shape.len() == 3 => Some(RedactedKind::SecurityCode),
                    topic => topic.kind(),
                };
                let verdict = kind.map(|kind| Verdict {
                    kind,
                    rule,
                    check_digit_ok: (kind == RedactedKind::Iban
                        || kind == RedactedKind::CardNumber)
                        .then_some(false),
                    breadth: Class::Everyday,
                    calendar,
                });
                (verdict, Some(candidate))
            }
            Choice::Unnamed if self.is_kept_again(run, &shape) => (None, None),
            Choice::Unnamed => {
                if let Some(verdict) = self.judge_long(run) {
                    return (Some(verdict), None);
                }
                let verdict = self.judge_short(&core, &shape);
                if verdict.is_some() {
                    *run = core;
                }
                (verdict, None)
            }
        }
    }

    /// Whether digits can be a code or an expiry date. Their names are everyday words ("the back",
    /// "runs out"), so little else may be said with them, less where no card was spoken of, in three
    /// digits or more that follow each other.
    fn may_be_short(&self, run: &Run, shape: &Shape, candidate: Candidate) -> bool {
        const OTHER_WORDS: usize = 6;
        const FEWER_WORDS: usize = 3;
        let topic = candidate.topic;
        let of_card = matches!(topic, Topic::SecurityCode | Topic::Expiry | Topic::Code);
        let beside = matches!(candidate.from, Origin::Own { beside: true });
        if beside || !of_card && topic != Topic::Passcode {
            return true;
        }
        let tokens = &self.channels[run.channel];
        let (first, last) = (&tokens[run.first], &tokens[run.last]);
        let before = tokens[..run.first].iter().enumerate().rev();
        let before = before.take_while(|(_, t)| t.segment == first.segment && !t.ends_sentence);
        let kept = is_behind_hours_or_end(tokens, run.first);
        let after = tokens.iter().enumerate().skip(run.last + 1);
        let after =
            after.take_while(|(at, t)| t.segment == last.segment && !tokens[at - 1].ends_sentence);
        let others = before.chain(after).filter(|&(at, token)| {
            token.class == Class::Plain && !self.names.is_of_name(run.channel, at)
        });
        let parted = tokens[run.first..=run.last].iter().any(|token| {
            token.class == Class::Plain
                && token.text.chars().count() > 1
                && !matches!(&*token.text, "of" | "slash" | "stroke" | "over" | "the")
        });
        let most = match !of_card || self.is_card_spoken_of(first.start_ms) {
            true => OTHER_WORDS,
            false => FEWER_WORDS,
        };
        shape.len() >= 3 && !parted && !kept && others.count() <= most
    }

    /// The other party repeats an order number or the like.
    fn is_kept_again(&self, run: &Run, shape: &Shape) -> bool {
        let start_ms = self.channels[run.channel][run.first].start_ms;
        self.kept
            .iter()
            .rev()
            .take_while(|(_, said_ms)| start_ms - said_ms <= ECHO_REACH_MS)
            .any(|(kept, _)| kept.len() >= ECHO_DIGITS && kept.contains(&shape.digits))
    }

    /// Unnamed digits that are too few for an account.
    fn judge_short(&self, run: &Run, shape: &Shape) -> Option<Verdict> {
        let verdict = |kind, calendar| Verdict {
            kind,
            rule: Rule::Shape,
            check_digit_ok: None,
            breadth: Class::Everyday,
            calendar,
        };
        if let Some(end) = self.after_card(run.channel, run.first) {
            if !end.expiry_told && shape.expiry().is_some() {
                return Some(verdict(RedactedKind::CardExpiry, shape.expiry()));
            }
            if shape.is_exactly(Topic::SecurityCode) && (end.expiry_told || shape.len() == 3) {
                return Some(verdict(RedactedKind::SecurityCode, None));
            }
        }
        if self.is_card_answer(run) {
            if shape.len() == 4 && shape.expiry().is_some() {
                return Some(verdict(RedactedKind::CardExpiry, shape.expiry()));
            }
            if shape.len() == 3 {
                return Some(verdict(RedactedKind::SecurityCode, None));
            }
        }
        shape
            .is_phone()
            .then(|| verdict(RedactedKind::PhoneNumber, None))
    }

    /// Digits that are nearly all of what somebody says while a card is spoken of, whatever they were
    /// asked for in what words; not how much or when.
    fn is_card_answer(&self, run: &Run) -> bool {
        #[rustfmt::skip]
        const QUANTITIES: [&str; 14] = [
            "much", "many", "amount", "price", "time", "long", "total", "cost", "dollars", "pounds",
            "balance", "last", "pay", "hours",
        ];
        #[rustfmt::skip]
        const ASKING: [&str; 28] = [
            "what", "what's", "when", "when's", "please", "date", "code", "digits", "number",
            "numbers", "month", "year", "back", "say", "says", "read", "until", "till", "can",
            "could", "have", "expiry", "valid", "security", "long", "which", "end", "give",
        ];
        const LATEST: usize = 15;
        /// "Hang on, I think it's".
        const CARD_ANSWER_WORDS: usize = 3;
        if is_behind_hours_or_end(&self.channels[run.channel], run.first) {
            return false;
        }
        let tokens = &self.channels[run.channel];
        let (first, last) = (&tokens[run.first], &tokens[run.last]);
        let alone = tokens[..run.first]
            .iter()
            .rev()
            .take_while(|token| token.segment == first.segment)
            .chain(
                tokens[run.last + 1..]
                    .iter()
                    .take_while(|token| token.segment == last.segment),
            )
            .filter(|token| token.class != Class::Filler)
            .count()
            <= CARD_ANSWER_WORDS;
        let latest = |channel: &'a [Token]| {
            let end = channel.partition_point(|token| token.start_ms < first.start_ms);
            channel[end.saturating_sub(LATEST)..end].iter()
        };
        let others = || {
            let others = self.channels.iter().enumerate();
            others.filter(|&(channel, _)| channel != run.channel)
        };
        let asked = others().any(|(_, tokens)| {
            latest(tokens).any(|token| {
                first.start_ms - token.start_ms <= ANSWER_MS
                    && ASKING.contains(&token.text.as_str())
            })
        });
        alone
            && asked
            && self.is_card_spoken_of(first.start_ms)
            && !self
                .channels
                .iter()
                .flat_map(|channel| latest(channel))
                .any(|token| QUANTITIES.contains(&token.text.as_str()))
    }

    /// Whether somebody spoke of a card, or read one out, in the last minute.
    fn is_card_spoken_of(&self, at_ms: i64) -> bool {
        let before = self.cards_ms.partition_point(|&card_ms| card_ms < at_ms);
        let spoken = before
            .checked_sub(1)
            .is_some_and(|latest| at_ms - self.cards_ms[latest] <= CARD_TALK_MS);
        let ends = self.card_ends.iter().flatten();
        spoken
            || ends
                .into_iter()
                .any(|end| (0..=CARD_TALK_MS).contains(&(at_ms - end.end_ms)))
    }

    /// Runs that are long enough for a card or an account.
    fn judge_long(&self, run: &mut Run) -> Option<Verdict> {
        let tokens = &self.channels[run.channel];
        let firm = digits_within(tokens, run, Class::Digits);
        let with_lone = digits_within(tokens, run, Class::Lone);
        let enough = match run.card {
            true => with_lone.len() >= MASKED_DIGITS,
            false => firm.len() >= MASKED_DIGITS || with_lone.len() >= CARD_DIGITS,
        };
        if !enough {
            return None;
        }
        let all = digits_within(tokens, run, Class::Everyday);
        if is_card(&firm) && all.len() - firm.len() < ECHO_DIGITS {
            trim(tokens, run);
            return Some(card(Rule::CheckDigit, true, Class::Digits));
        }
        if is_card(&with_lone) && all.len() - with_lone.len() < ECHO_DIGITS {
            return Some(card(Rule::CheckDigit, true, Class::Lone));
        }
        let mut core = run.clone();
        trim(tokens, &mut core);
        let shape = Shape::of(&tokens[core.first..=core.last]);
        let foreign_phone = !run.card && shape.is_phone() && all.len() == shape.len();
        if !foreign_phone && (run.card || all.len() >= CARD_DIGITS) {
            // Recognisers write money and the like into long numbers.
            run.first = touching_start(tokens, run.first);
            run.last = touching_end(tokens, run.last);
            let all = digits_within(tokens, run, Class::Everyday);
            let check_digit_ok = is_card(&all);
            let rule = match (check_digit_ok, run.card) {
                (true, _) => Rule::CheckDigit,
                (false, true) => Rule::Named,
                (false, false) => Rule::LongNumber,
            };
            if rule == Rule::LongNumber && !is_like_a_card(&all) {
                return Some(Verdict {
                    kind: RedactedKind::AccountNumber,
                    rule,
                    check_digit_ok: None,
                    breadth: Class::Everyday,
                    calendar: None,
                });
            }
            return Some(card(rule, check_digit_ok, Class::Everyday));
        }
        *run = core;
        let (kind, rule) = if shape.is_social() {
            (RedactedKind::NationalId, Rule::Shape)
        } else if shape.is_phone() {
            (RedactedKind::PhoneNumber, Rule::Shape)
        } else {
            (RedactedKind::AccountNumber, Rule::LongNumber)
        };
        Some(Verdict {
            kind,
            rule,
            check_digit_ok: None,
            breadth: Class::Everyday,
            calendar: None,
        })
    }

    /// Parts a card from its expiry date and its code that were read on with it. Nothing where the
    /// run is no whole card with such digits after it.
    fn split_card(&self, run: &mut Run) -> Option<Vec<(Run, Verdict)>> {
        let tokens = &self.channels[run.channel];
        let numbers: Vec<usize> = (run.first..=run.last)
            .filter(|&at| tokens[at].class <= Class::Everyday)
            .collect();
        let text = |range: &[usize]| -> String {
            range.iter().map(|&at| tokens[at].digits.as_str()).collect()
        };
        let stretch = |range: &[usize]| Run {
            first: range[0],
            last: range[range.len() - 1],
            ..run.clone()
        };
        let verdict = |kind, calendar| Verdict {
            kind,
            rule: Rule::Shape,
            check_digit_ok: None,
            breadth: Class::Everyday,
            calendar,
        };
        let code = |range: &[usize]| (3..=4).contains(&text(range).len());
        let expiry = |range: &[usize]| dates::expiry(&text(range));
        for end in 1..numbers.len() {
            let (whole, rest) = numbers.split_at(end);
            let whole_digits = text(whole);
            let usual = match whole_digits.starts_with('3') {
                true => (14..=16).contains(&whole_digits.len()),
                false => whole_digits.len() == COMPLETE_CARD,
            };
            if !usual || !is_card(&whole_digits) {
                continue;
            }
            let mut parts = Vec::new();
            let with_expiry = (1..=rest.len()).rev().find_map(|n| {
                let (month, code_part) = rest.split_at(n);
                let fits = code_part.is_empty() || code(code_part);
                expiry(month).filter(|_| fits).map(|calendar| (n, calendar))
            });
            if let Some((n, calendar)) = with_expiry {
                let (month, code_part) = rest.split_at(n);
                parts.push((
                    stretch(month),
                    verdict(RedactedKind::CardExpiry, Some(calendar)),
                ));
                if !code_part.is_empty() {
                    parts.push((
                        stretch(code_part),
                        verdict(RedactedKind::SecurityCode, None),
                    ));
                }
            } else if code(rest) {
                parts.push((stretch(rest), verdict(RedactedKind::SecurityCode, None)));
            } else {
                continue;
            }
            *run = stretch(whole);
            return Some(parts);
        }
        None
    }

    /// Masks what is left of numbers that were asked for or announced.
    fn answers(&mut self) {
        let known = self.found.iter().map(|found| Known {
            channel: found.channel,
            first: found.first,
            last: found.last,
            kind: Some(found.kind),
            doubtful: matches!(found.rule, Rule::LongNumber | Rule::Shape),
            digits: found.value.len(),
        });
        let stays = self.stays.iter().map(|&(channel, first, last)| Known {
            channel,
            first,
            last,
            kind: None,
            doubtful: false,
            digits: 0,
        });
        let known: Vec<Known> = known.chain(stays).collect();
        let days = self.left_dates.iter().map(|(channel, date)| Day {
            channel: *channel,
            first: date.first,
            last: date.last,
        });
        let days: Vec<Day> = days.collect();
        let answered = |index| self.names.is_answered(index);
        let found = answers::find(self.channels, self.names.all(), &answered, &known, &days);
        for found in found {
            self.mask(found, None, None);
        }
    }

    /// Masks what repeats a masked number.
    fn echoes(&mut self) {
        let secrets = Secrets::new(std::mem::take(&mut self.secrets));
        for found in &mut self.found {
            let tokens = &self.channels[found.channel];
            if found.kind == RedactedKind::CardNumber || found.kind == RedactedKind::Iban {
                continue;
            }
            // Eight digits of a card that are read back are the card, not an account.
            let long = matches!(
                found.kind,
                RedactedKind::AccountNumber | RedactedKind::PhoneNumber
            );
            if long
                && matches!(found.rule, Rule::LongNumber | Rule::Shape)
                && let Some(secret) = secrets.echo_of(tokens, found, &found.value)
                && secret.kind < found.kind
            {
                found.kind = secret.kind;
                found.rule = Rule::Echo;
                found.breadth = Class::Lone;
            }
        }
        for run in std::mem::take(&mut self.left) {
            let tokens = &self.channels[run.channel];
            for (echo, verdict) in echoes(tokens, run, &secrets) {
                let found = self.as_found(&echo, &verdict);
                self.found.push(found);
            }
        }
        for (channel, date) in std::mem::take(&mut self.left_dates) {
            let tokens = &self.channels[channel];
            let (start_ms, end_ms) = (tokens[date.first].start_ms, tokens[date.last].end_ms);
            let repeats = |secret: &&Secret| {
                secret.calendar.is_some_and(|calendar| match secret.kind {
                    RedactedKind::CardExpiry => date
                        .as_expiry()
                        .is_some_and(|expiry| calendar.agrees(expiry)),
                    _ => calendar.agrees(date.calendar),
                })
            };
            if let Some(secret) = secrets.near(start_ms, end_ms, ECHO_REACH_MS).find(repeats) {
                self.found.push(Found {
                    channel,
                    first: date.first,
                    last: date.last,
                    kind: secret.kind,
                    rule: Rule::Echo,
                    breadth: Class::Plain,
                    check_digit_ok: None,
                    value: secret.calendar.unwrap_or(date.calendar).value(),
                });
            }
        }
    }
}

/// Numbers that are hours ("open from eight to six") or the end of a card that may stay ("ends in
/// 4838").
pub(super) fn is_behind_hours_or_end(tokens: &[Token], first: usize) -> bool {
    const REACH: usize = 3;
    let mut before = tokens[..first].iter().rev().take(REACH);
    before.any(|token| {
        matches!(
            &*token.text,
            "from" | "between" | "around" | "open" | "last" | "ends" | "ending" | "finishing"
        )
    })
}

/// Payment cards start with 2 to 6 (ISO/IEC 7812), and years with 20. Twelve digits and more that
/// nobody named and that start otherwise are times, sizes or channels in a row more often than a
/// card, but for twelve digits: a card of which the first group was lost. They are masked all the
/// same, as a number of another kind.
fn is_like_a_card(digits: &str) -> bool {
    let otherwise = digits.starts_with(['0', '1', '7', '8', '9']) || digits.starts_with("20");
    digits.len() == CARD_DIGITS || !otherwise
}

fn cards_ms(channels: &[Vec<Token>]) -> Vec<i64> {
    let mut said: Vec<i64> = channels
        .iter()
        .flatten()
        .filter(|token| {
            matches!(
                &*token.text,
                "card" | "cards" | "visa" | "mastercard" | "amex" | "cvv" | "cvc" | "cvn"
            ) || token.text.starts_with("expir")
                || token.text.starts_with("security")
        })
        .map(|token| token.start_ms)
        .collect();
    said.sort_unstable();
    said
}

fn rule_of(candidate: Candidate) -> Rule {
    match candidate.from {
        Origin::Own { .. } => Rule::Named,
        Origin::Asked { .. } => Rule::Asked,
    }
}

/// A card is what the number may well be: it was named in the same channel, or asked for last.
fn card_is_named(candidates: &[Candidate]) -> bool {
    let Some(first) = candidates.first() else {
        return false;
    };
    let beside = first.from == Origin::Own { beside: true };
    if beside && first.topic != Topic::Card {
        return false;
    }
    let latest = candidates
        .iter()
        .find_map(|candidate| match candidate.from {
            Origin::Asked { turn } => Some(turn),
            Origin::Own { .. } => None,
        });
    candidates.iter().any(|candidate| {
        let counts = match candidate.from {
            Origin::Own { .. } => true,
            Origin::Asked { turn } => Some(turn) == latest,
        };
        counts && candidate.topic == Topic::Card
    })
}

/// Which of the names a number belongs to: the nearest in its own channel that it can be; else of
/// the latest question the part that it fits exactly, or the first part that it can be.
fn choose(candidates: &[Candidate], shape: &Shape) -> Choice {
    let mut last_digits = None;
    let mut asked = candidates;
    while let [candidate, rest @ ..] = asked {
        let Origin::Own { beside } = candidate.from else {
            break;
        };
        asked = rest;
        if !shape.can_be(candidate.topic, beside) {
            continue;
        }
        match candidate.topic {
            Topic::Other => return Choice::Keep(*candidate),
            Topic::LastDigits => last_digits = last_digits.or(Some(*candidate)),
            _ => return Choice::Mask(*candidate, Rule::Named),
        }
    }
    for group in asked.chunk_by(|a, b| a.from == b.from) {
        let exact = group.iter().find(|c| shape.is_exactly(c.topic));
        let kept = group
            .iter()
            .find(|c| c.topic.kind().is_none() && shape.can_be(c.topic, false))
            .copied()
            .or(last_digits);
        let likely = group
            .iter()
            .find(|c| c.topic.kind().is_some() && shape.can_be(c.topic, false));
        match (exact, kept, likely) {
            (Some(exact), _, _) => return Choice::Mask(*exact, Rule::Asked),
            // "The last four of your social": recognisers add digits, too.
            (None, Some(kept), Some(likely))
                if kept.topic == Topic::LastDigits && likely.topic == Topic::NationalId =>
            {
                return Choice::Mask(*likely, Rule::Asked);
            }
            (None, Some(kept), _) => return Choice::Keep(kept),
            (None, None, Some(likely)) => return Choice::Mask(*likely, Rule::Asked),
            (None, None, None) => {}
        }
    }
    match last_digits {
        Some(candidate) => Choice::Keep(candidate),
        None => Choice::Unnamed,
    }
}

/// Letters beside a number belong to it. "A" and "I" are words.
fn take_letters(tokens: &[Token], found: &mut Found) {
    let found_kind = found.kind;
    let own = (found.first, found.last);
    let is_letter = |at: usize| {
        let token = tokens.get(at);
        token.is_some_and(|t| t.code.len() == 1 && t.class > Class::Lone && t.text != "i")
    };
    let letters = |at: usize| {
        let token = &tokens[at];
        let code = &token.code;
        let beside_letter = at > 0 && is_letter(at - 1) || is_letter(at + 1);
        let word = matches!(token.text.as_str(), "a" | "i" | "o") && !beside_letter;
        let most = match found_kind {
            RedactedKind::NationalId => LICENCE_LETTERS,
            _ => LETTERS,
        };
        let is_code = token.class > Class::Lone
            && token.class != Class::Sealed
            && !word
            && !named::starts_name(&token.text)
            && (1..=most).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_uppercase());
        is_code.then_some(code.as_str())
    };
    let mut before = String::new();
    for _ in 0..LETTERS {
        let Some(code) = found.first.checked_sub(1).and_then(letters) else {
            break;
        };
        before.insert_str(0, code);
        found.first -= 1;
    }
    let mut after = String::new();
    let most = if found_kind == RedactedKind::NationalId {
        LICENCE_LETTERS
    } else {
        LETTERS
    };
    while found.last + 1 < tokens.len() && after.len() < most {
        let next = found.last + 1;
        // "S M nine I J": digits go on between letters.
        let digit = tokens[next].class <= Class::Lone && !after.is_empty();
        let Some(code) = letters(next).or(digit.then_some(tokens[next].digits.as_str())) else {
            break;
        };
        after.push_str(code);
        found.last = next;
    }
    found.breadth = Class::Plain;
    let inside: String = tokens[own.0..=own.1]
        .iter()
        .filter(|token| token.class <= Class::Everyday)
        .map(
            |token| match token.text.is_empty() && !token.code.is_empty() {
                true => token.code.replace(|c: char| !c.is_ascii_alphanumeric(), ""),
                false => token.digits.clone(),
            },
        )
        .collect();
    found.value = format!("{before}{inside}{after}");
}

/// Drops lone numbers at both ends, of a run that has others: "20417755, for two".
fn trim(tokens: &[Token], run: &mut Run) {
    let firm = |at: usize| tokens[at].class == Class::Digits;
    if !(run.first..=run.last).any(firm) {
        return;
    }
    while !firm(run.first) {
        run.first += 1;
    }
    while !firm(run.last) {
        run.last -= 1;
    }
}

fn card(rule: Rule, check_digit_ok: bool, breadth: Class) -> Verdict {
    Verdict {
        kind: RedactedKind::CardNumber,
        rule,
        check_digit_ok: Some(check_digit_ok),
        breadth,
        calendar: None,
    }
}

fn digits_within(tokens: &[Token], run: &Run, breadth: Class) -> String {
    tokens[run.first..=run.last]
        .iter()
        .filter(|token| token.class <= breadth)
        .map(|token| token.digits.as_str())
        .collect()
}

/// An everyday number long enough to be a group of a card.
fn is_group(token: &Token) -> bool {
    token.class == Class::Everyday && token.digits.len() >= 3
}

fn touching_start(tokens: &[Token], first: usize) -> usize {
    let touching = tokens[..first]
        .iter()
        .rev()
        .take_while(|t| is_group(t) && !t.ends_sentence);
    first - touching.count()
}

fn touching_end(tokens: &[Token], last: usize) -> usize {
    let touching = tokens[last + 1..].iter().take_while(|t| is_group(t));
    last + touching.count()
}

/// All that is masked by its own right, by the time at which it starts.
struct Secrets {
    secrets: Vec<Secret>,
    /// The longest of them.
    longest_ms: i64,
}

impl Secrets {
    fn new(mut secrets: Vec<Secret>) -> Self {
        secrets.sort_by_key(|secret| secret.start_ms);
        let longest_ms = secrets
            .iter()
            .map(|secret| secret.end_ms - secret.start_ms)
            .max()
            .unwrap_or(0);
        Self {
            secrets,
            longest_ms,
        }
    }

    /// Those that are no further than `reach_ms` from a stretch of time.
    fn near(&self, start_ms: i64, end_ms: i64, reach_ms: i64) -> impl Iterator<Item = &Secret> {
        let from_ms = start_ms - reach_ms;
        let first = self
            .secrets
            .partition_point(|secret| secret.start_ms < from_ms - self.longest_ms);
        self.secrets[first..]
            .iter()
            .take_while(move |secret| secret.start_ms <= end_ms + reach_ms)
            .filter(move |secret| secret.end_ms >= from_ms)
    }

    /// What digits repeat, if anything: all of them stand in a number that is masked near by. A
    /// card says more than an account; both may hold the same few digits.
    fn echo_of(&self, tokens: &[Token], found: &Found, said: &str) -> Option<&Secret> {
        let (start_ms, end_ms) = (tokens[found.first].start_ms, tokens[found.last].end_ms);
        let at_once = SHORT_ECHO_REACH_MS;
        self.near(start_ms, end_ms, ECHO_REACH_MS)
            .filter(|secret| {
                let soon = || {
                    secret.channel != found.channel
                        && secret.end_ms >= start_ms - at_once
                        && secret.start_ms <= end_ms + at_once
                };
                let whole = secret.digits == said;
                // One or two digits were not heard the first time.
                let more = || {
                    secret.digits.len() >= SHORT_ECHO_DIGITS
                        && said.len() <= secret.digits.len() + 2
                        && said.contains(&secret.digits)
                };
                let part = || secret.digits.contains(said) || more();
                said.len() >= ECHO_DIGITS && secret.digits.contains(said)
                    || said.len() >= SHORT_ECHO_DIGITS && (whole || soon() && part())
            })
            .min_by_key(|secret| secret.kind)
    }

    /// The date that digits repeat: "zero four twenty nine" after "April 2029".
    fn echo_of_date(&self, tokens: &[Token], run: &Run) -> Option<&Secret> {
        let shape = Shape::of(&tokens[run.first..=run.last]);
        let (expiry, birth) = (shape.expiry(), shape.birth());
        let (start_ms, end_ms) = (tokens[run.first].start_ms, tokens[run.last].end_ms);
        self.near(start_ms, end_ms, ECHO_REACH_MS).find(|secret| {
            let said = match secret.kind {
                RedactedKind::CardExpiry => expiry,
                _ => birth,
            };
            secret.calendar.is_some() && secret.calendar == said
        })
    }

    /// What a group of digits may repeat: four of them stand in a number that is masked near by, or
    /// it is said while a card is being read out. Either may have been misheard.
    fn likely_echo_of(&self, tokens: &[Token], group: &Run) -> Option<(&Secret, Rule)> {
        let said = digits_within(tokens, group, Class::Lone);
        let (start_ms, end_ms) = (tokens[group.first].start_ms, tokens[group.last].end_ms);
        if said.len() < ECHO_DIGITS {
            return None;
        }
        self.near(start_ms, end_ms, ECHO_REACH_MS)
            .filter(|secret| {
                let is_card_number = secret.kind == RedactedKind::CardNumber;
                let amid = is_card_number && end_ms >= secret.start_ms && start_ms <= secret.end_ms;
                // "After 6200?", and the rest is read out.
                let completes = is_card_number
                    && (is_card(&format!("{said}{}", secret.digits))
                        || is_card(&format!("{}{said}", secret.digits)));
                let shares = said.as_bytes().windows(ECHO_DIGITS).any(|part| {
                    let own = secret.digits.as_bytes();
                    own.windows(ECHO_DIGITS).any(|w| w == part)
                });
                amid || shares || completes
            })
            .map(|secret| (secret, Rule::Amid))
            .next()
    }
}

fn echo_verdict(secret: &Secret, rule: Rule) -> Verdict {
    Verdict {
        kind: secret.kind,
        rule,
        check_digit_ok: None,
        breadth: Class::Lone,
        calendar: None,
    }
}

/// Pieces of masked numbers in a run that is not masked itself: all of it, or groups of it.
fn echoes(tokens: &[Token], run: Run, secrets: &Secrets) -> Vec<(Run, Verdict)> {
    let verdict = |run: &Run| {
        let whole = Found {
            channel: run.channel,
            first: run.first,
            last: run.last,
            kind: RedactedKind::Name,
            rule: Rule::Echo,
            breadth: Class::Lone,
            check_digit_ok: None,
            value: String::new(),
        };
        let said = digits_within(tokens, run, Class::Lone);
        let secret = secrets
            .echo_of(tokens, &whole, &said)
            .or_else(|| secrets.echo_of_date(tokens, run))?;
        Some(echo_verdict(secret, Rule::Echo))
    };
    if let Some(verdict) = verdict(&run) {
        return vec![(run, verdict)];
    }
    groups(tokens, &run)
        .into_iter()
        .filter_map(|group| {
            if let Some(verdict) = verdict(&group) {
                return Some((group, verdict));
            }
            let (secret, rule) = secrets.likely_echo_of(tokens, &group)?;
            Some((group, echo_verdict(secret, rule)))
        })
        .collect()
}

/// The stretches of a run with nothing but fillers between their digits.
fn groups(tokens: &[Token], run: &Run) -> Vec<Run> {
    let mut groups: Vec<Run> = Vec::new();
    let mut apart = true;
    for (at, token) in tokens.iter().enumerate().take(run.last + 1).skip(run.first) {
        match (token.class, groups.last_mut()) {
            (Class::Digits | Class::Lone, Some(group)) if !apart => {
                group.last = at;
                group.count += token.digits.len();
            }
            (Class::Digits | Class::Lone, _) => {
                groups.push(Run {
                    channel: run.channel,
                    first: at,
                    last: at,
                    count: token.digits.len(),
                    candidates: Vec::new(),
                    card: run.card,
                });
                apart = false;
            }
            (Class::Filler, _) => {}
            _ => apart = true,
        }
    }
    groups
}
