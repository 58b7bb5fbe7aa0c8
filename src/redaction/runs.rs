//! Runs of digits that can be card or account numbers, over pauses, turns and echoes.
//!
//! All limits err towards masking: a run that is masked for nothing costs a detail, a run that is
//! missed costs a card.

use std::ops::RangeInclusive;

use super::digits;
use super::tokens::{Class, NEXT_TO_MS, Token};
use crate::transcript::RedactedKind;

/// A run with at least this many digits is masked.
const MASKED_DIGITS: usize = 8;
/// The same right after an account number was named: such a number, less two that were not heard.
const NAMED_ACCOUNT_DIGITS: usize = 6;
/// From here on a run is taken for a card: 13 to 19 digits, less one that was not heard.
const CARD_DIGITS: usize = 12;
/// Card numbers in use; ISO/IEC 7812-1 allows no longer ones.
const CARD_LENGTHS: RangeInclusive<usize> = 13..=19;
/// Most cards are complete here; the reach is not widened for a run this long.
const COMPLETE_CARD: usize = 16;
/// A piece of a masked number that is said again is masked from this many digits on.
const ECHO_DIGITS: usize = 4;
const ECHO_REACH_MS: i64 = 30_000;
/// How long a "card number" that was named stays in force.
const NAMED_MS: i64 = 15_000;
const NAMED_TOKENS: usize = 12;

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

/// Words to be masked together. A run that crosses segments has a part in each.
pub(super) struct Part {
    pub segment: usize,
    pub first_word: usize,
    pub last_word: usize,
    pub kind: RedactedKind,
    /// Digits in this part.
    pub digits: u32,
    /// Of the whole run.
    pub check_digit_ok: Option<bool>,
}

/// A row of digits in one channel, as indexes into its tokens.
struct Run {
    channel: usize,
    first: usize,
    last: usize,
    /// Digits from first to last, lone ones included, everyday numbers not.
    count: usize,
    after_card_name: bool,
    after_account_name: bool,
}

/// What was decided about a run.
struct Verdict {
    kind: RedactedKind,
    check_digit_ok: Option<bool>,
    /// Tokens up to this class belong to the number.
    breadth: Class,
}

/// A masked run, as the source of echoes.
struct Secret {
    kind: RedactedKind,
    digits: String,
    start_ms: i64,
    end_ms: i64,
}

/// The name of a number, such as "card number" or "zip code".
struct Name {
    channel: usize,
    token: usize,
    at_ms: i64,
    names: Named,
}

/// What kind of number a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Card,
    Account,
    Other,
}

/// Finds what to mask: for each channel its parts, in order.
pub(super) fn find(channels: &[Vec<Token>]) -> Vec<Vec<Part>> {
    let names = names(channels);
    let mut parts: Vec<Vec<Part>> = channels.iter().map(|_| Vec::new()).collect();
    let mut masked = Vec::new();
    let mut left = Vec::new();
    let mut secrets = Vec::new();
    for mut run in runs(channels, &names) {
        let tokens = &channels[run.channel];
        match judge(tokens, &mut run) {
            Some(verdict) => {
                secrets.push(secret(tokens, &run, &verdict));
                masked.push((run, verdict));
            }
            None => left.push(run),
        }
    }
    for (run, own) in masked {
        let verdict = match own.kind {
            RedactedKind::CardNumber => own,
            RedactedKind::AccountNumber => {
                echo_of_card(&channels[run.channel], &run, &secrets).unwrap_or(own)
            }
        };
        push_parts(
            &mut parts[run.channel],
            &channels[run.channel],
            &run,
            &verdict,
        );
    }
    for run in left {
        let tokens = &channels[run.channel];
        for (echo, verdict) in echoes(tokens, run, &secrets) {
            push_parts(&mut parts[echo.channel], tokens, &echo, &verdict);
        }
    }
    for parts in &mut parts {
        parts.sort_by_key(|part| (part.segment, part.first_word));
    }
    parts
}

/// Where numbers are named, in order of time.
fn names(channels: &[Vec<Token>]) -> Vec<Name> {
    let mut names = Vec::new();
    for (channel, tokens) in channels.iter().enumerate() {
        for (token, here) in tokens.iter().enumerate() {
            let next = tokens.get(token + 1).map_or("", |next| next.text.as_str());
            if let Some(named) = named(&here.text, next) {
                names.push(Name {
                    channel,
                    token,
                    at_ms: here.start_ms,
                    names: named,
                });
            }
        }
    }
    names.sort_by_key(|name| (name.at_ms, name.channel, name.token));
    names
}

/// Words that name a number which is no card.
const NAMES: [&str; 16] = [
    "zip",
    "postcode",
    "postal",
    "expire",
    "expires",
    "expired",
    "expiry",
    "expiration",
    "security",
    "cvv",
    "cvc",
    "passcode",
    "pin",
    "password",
    "birthday",
    "birth",
];
/// The same ahead of "number" or "code".
const NAMES_OF_NUMBERS: [&str; 18] = [
    "order",
    "policy",
    "phone",
    "telephone",
    "mobile",
    "cell",
    "reference",
    "confirmation",
    "ticket",
    "tracking",
    "claim",
    "customer",
    "member",
    "invoice",
    "routing",
    "social",
    "sort",
    "meter",
];

/// What number two words name, if any.
fn named(word: &str, next: &str) -> Option<Named> {
    let number = matches!(next, "number" | "numbers" | "code");
    match word {
        "card" if number => Some(Named::Card),
        "credit" | "debit" if matches!(next, "card" | "cards") => Some(Named::Card),
        "long" if number => Some(Named::Card),
        "account" if number => Some(Named::Account),
        _ if NAMES.contains(&word) => Some(Named::Other),
        _ if number && NAMES_OF_NUMBERS.contains(&word) => Some(Named::Other),
        _ => None,
    }
}

/// All runs of digits, whatever their length.
fn runs(channels: &[Vec<Token>], names: &[Name]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (channel, tokens) in channels.iter().enumerate() {
        let from = runs.len();
        for (at, token) in tokens.iter().enumerate() {
            if token.class > Class::Lone {
                continue;
            }
            match runs[from..].last_mut() {
                Some(run) if goes_on(tokens, run, at, names) => {
                    run.last = at;
                    run.count += token.digits.len();
                }
                _ => runs.push(Run {
                    channel,
                    first: at,
                    last: at,
                    count: token.digits.len(),
                    after_card_name: is_after_card_name(channel, at, token, names),
                    after_account_name: is_after_account_name(channel, at, token, names),
                }),
            }
        }
    }
    runs
}

/// Whether a card was the latest number that was named: in any channel shortly before, or in this
/// one a few words before.
fn is_after_card_name(channel: usize, at: usize, token: &Token, names: &[Name]) -> bool {
    names
        .iter()
        .rfind(|name| is_ahead(name, channel, at, token))
        .is_some_and(|name| name.names == Named::Card)
}

/// Whether an account number was named shortly before. Several numbers may be asked for at once
/// ("your account number and your zip code"), so only a name in the run's own channel settles
/// which of them this is.
fn is_after_account_name(channel: usize, at: usize, token: &Token, names: &[Name]) -> bool {
    let ahead = || {
        names
            .iter()
            .filter(|name| is_ahead(name, channel, at, token))
    };
    match ahead().rfind(|name| name.channel == channel) {
        Some(own) => own.names == Named::Account,
        None => ahead().any(|name| name.names == Named::Account),
    }
}

/// Whether a number was named shortly before the token: in time, or in words of its channel.
fn is_ahead(name: &Name, channel: usize, at: usize, token: &Token) -> bool {
    let ahead = match name.channel == channel {
        true => name.token < at,
        false => name.at_ms <= token.start_ms,
    };
    let near = name.channel == channel && name.token + NAMED_TOKENS >= at;
    ahead && (near || token.start_ms - name.at_ms <= NAMED_MS)
}

/// Whether the digits at `at` belong to the run before them.
fn goes_on(tokens: &[Token], run: &Run, at: usize, names: &[Name]) -> bool {
    let between = &tokens[run.last + 1..at];
    if between.iter().any(|token| token.class == Class::Sealed) {
        return false;
    }
    let (from_ms, to_ms) = (tokens[run.last].end_ms, tokens[at].start_ms);
    let ended = names
        .iter()
        .filter(|name| match name.channel == run.channel {
            true => (run.last + 1..at).contains(&name.token),
            false => (from_ms..to_ms).contains(&name.at_ms),
        })
        .any(|name| {
            !(name.names == Named::Card && run.after_card_name && run.count <= CARD_DIGITS)
        });
    if ended {
        return false;
    }
    let incomplete = run.count < COMPLETE_CARD;
    let reach = match incomplete && (run.after_card_name || run.count >= CARD_DIGITS) {
        true => WIDE,
        false => NORMAL,
    };
    let words = between
        .iter()
        .filter(|token| token.class != Class::Filler)
        .count();
    to_ms - from_ms <= reach.gap_ms && words <= reach.words
}

/// Decides whether a run is masked, and narrows or widens it to the number that it holds.
///
/// A right check digit can be chance (one in ten). Digits are left out for its sake only where
/// they are too few to tell anything.
fn judge(tokens: &[Token], run: &mut Run) -> Option<Verdict> {
    let firm = digits_within(tokens, run, Class::Digits);
    let with_lone = digits_within(tokens, run, Class::Lone);
    let enough = match run.after_card_name {
        true => with_lone.len() >= MASKED_DIGITS,
        false => {
            firm.len() >= MASKED_DIGITS
                || with_lone.len() >= CARD_DIGITS
                || run.after_account_name && firm.len() >= NAMED_ACCOUNT_DIGITS
        }
    };
    if !enough {
        return None;
    }
    let all = digits_within(tokens, run, Class::Everyday);
    if is_card(&firm) && all.len() - firm.len() < ECHO_DIGITS {
        trim(tokens, run);
        return Some(card(true, Class::Digits));
    }
    if is_card(&with_lone) && all.len() - with_lone.len() < ECHO_DIGITS {
        return Some(card(true, Class::Lone));
    }
    if run.after_card_name || all.len() >= CARD_DIGITS {
        // Recognisers write money and the like into long numbers.
        run.first = touching_start(tokens, run.first);
        run.last = touching_end(tokens, run.last);
        let check_digit_ok = is_card(&digits_within(tokens, run, Class::Everyday));
        return Some(card(check_digit_ok, Class::Everyday));
    }
    trim(tokens, run);
    Some(Verdict {
        kind: RedactedKind::AccountNumber,
        check_digit_ok: None,
        breadth: Class::Everyday,
    })
}

/// Drops lone numbers at both ends, of a run that has others: "20417755, for two".
fn trim(tokens: &[Token], run: &mut Run) {
    while run.first < run.last && tokens[run.first].class != Class::Digits {
        run.first += 1;
    }
    while run.first < run.last && tokens[run.last].class != Class::Digits {
        run.last -= 1;
    }
}

fn card(check_digit_ok: bool, breadth: Class) -> Verdict {
    Verdict {
        kind: RedactedKind::CardNumber,
        check_digit_ok: Some(check_digit_ok),
        breadth,
    }
}

fn is_card(value: &str) -> bool {
    CARD_LENGTHS.contains(&value.len()) && digits::luhn(value)
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
    let touching = tokens[..first].iter().rev().take_while(|t| is_group(t));
    first - touching.count()
}

fn touching_end(tokens: &[Token], last: usize) -> usize {
    let touching = tokens[last + 1..].iter().take_while(|t| is_group(t));
    last + touching.count()
}

fn secret(tokens: &[Token], run: &Run, verdict: &Verdict) -> Secret {
    Secret {
        kind: verdict.kind,
        digits: digits_within(tokens, run, verdict.breadth),
        start_ms: tokens[run.first].start_ms,
        end_ms: tokens[run.last].end_ms,
    }
}

/// What a run repeats, if anything: all of it stands in a number that is masked near by.
fn echo_of<'a>(tokens: &[Token], run: &Run, secrets: &'a [Secret]) -> Option<&'a Secret> {
    let said = digits_within(tokens, run, Class::Lone);
    let repeats = |secret: &&Secret| {
        said.len() >= ECHO_DIGITS
            && is_near(tokens, run, secret, ECHO_REACH_MS)
            && secret.digits.contains(&said)
    };
    // A card says more than an account; both may hold the same few digits.
    let card = secrets
        .iter()
        .filter(|secret| secret.kind == RedactedKind::CardNumber)
        .find(repeats);
    card.or_else(|| secrets.iter().find(repeats))
}

/// What a group of digits may repeat: four of them stand in a number that is masked near by, or it
/// is said while a card is being read out. Either may have been misheard.
fn likely_echo_of<'a>(tokens: &[Token], group: &Run, secrets: &'a [Secret]) -> Option<&'a Secret> {
    let said = digits_within(tokens, group, Class::Lone);
    secrets.iter().find(|secret| {
        let amid = secret.kind == RedactedKind::CardNumber
            && said.len() >= ECHO_DIGITS
            && is_near(tokens, group, secret, 0);
        let shares = said.as_bytes().windows(ECHO_DIGITS).any(|part| {
            secret
                .digits
                .as_bytes()
                .windows(ECHO_DIGITS)
                .any(|w| w == part)
        });
        amid || (shares && is_near(tokens, group, secret, ECHO_REACH_MS))
    })
}

fn is_near(tokens: &[Token], run: &Run, secret: &Secret, reach_ms: i64) -> bool {
    tokens[run.last].end_ms >= secret.start_ms - reach_ms
        && tokens[run.first].start_ms <= secret.end_ms + reach_ms
}

fn echo_verdict(kind: RedactedKind) -> Verdict {
    Verdict {
        kind,
        check_digit_ok: None,
        breadth: Class::Lone,
    }
}

/// Eight digits of a card that are read back are the card, not an account.
fn echo_of_card(tokens: &[Token], run: &Run, secrets: &[Secret]) -> Option<Verdict> {
    echo_of(tokens, run, secrets)
        .filter(|secret| secret.kind == RedactedKind::CardNumber)
        .map(|secret| echo_verdict(secret.kind))
}

/// Pieces of masked numbers in a run that is not masked itself: all of it, or groups of it.
fn echoes(tokens: &[Token], run: Run, secrets: &[Secret]) -> Vec<(Run, Verdict)> {
    if let Some(secret) = echo_of(tokens, &run, secrets) {
        return vec![(run, echo_verdict(secret.kind))];
    }
    groups(tokens, &run)
        .into_iter()
        .filter_map(|group| {
            let kind = likely_echo_of(tokens, &group, secrets)?.kind;
            Some((group, echo_verdict(kind)))
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
                    after_card_name: run.after_card_name,
                    after_account_name: run.after_account_name,
                });
                apart = false;
            }
            (Class::Filler, _) => {}
            _ => apart = true,
        }
    }
    groups
}

/// Adds a part for each segment in which the run has digits. What stands between its first and
/// last digit there goes too.
fn push_parts(parts: &mut Vec<Part>, tokens: &[Token], run: &Run, verdict: &Verdict) {
    let from = parts.len();
    for token in &tokens[run.first..=run.last] {
        if token.class > verdict.breadth {
            continue;
        }
        let digits = u32::try_from(token.digits.len()).unwrap_or(u32::MAX);
        match parts[from..].last_mut() {
            Some(part) if part.segment == token.segment => {
                part.last_word = token.last_word;
                part.digits += digits;
            }
            _ => parts.push(Part {
                segment: token.segment,
                first_word: token.first_word,
                last_word: token.last_word,
                kind: verdict.kind,
                digits,
                check_digit_ok: verdict.check_digit_ok,
            }),
        }
    }
}
