//! Where the talk says what comes next: "card number", "zip code", "date of birth"; and which of
//! those names a number belongs to.
//!
//! The nearest name before a number in its own channel tells what it is, or one right after it
//! ("737 on the back"); else what the other party asked for last. Where several things were asked
//! for at once, their forms and their order decide. A name that was answered is used up, unless the
//! answer is mended ("sorry, 738").

use std::collections::HashMap;
use std::sync::LazyLock;

use super::tokens::{Class, Token};
use crate::transcript::RedactedKind;

/// The name of something that is told on the phone, such as "card number" or "zip code".
pub(super) struct Named {
    pub channel: usize,
    /// Index of its first token in its channel.
    pub token: usize,
    /// Index of its last.
    pub last: usize,
    pub at_ms: i64,
    pub topic: Topic,
    /// It counts only for a number that follows at once: "order 7402916", but not "my order".
    pub direct: bool,
}

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Card,
    SecurityCode,
    Expiry,
    Iban,
    Account,
    NationalId,
    Passcode,
    Birth,
    Phone,
    Postcode,
    /// "The code": three digits are of a card, more are a passcode.
    Code,
    /// "The last four digits", of a card unless something else is named with it.
    LastDigits,
    /// A number that is none of ours, and stays.
    Other,
}

impl Topic {
    /// What a number of this name is masked as.
    pub fn kind(self) -> Option<RedactedKind> {
        Some(match self {
            Topic::Card => RedactedKind::CardNumber,
            Topic::SecurityCode => RedactedKind::SecurityCode,
            Topic::Expiry => RedactedKind::CardExpiry,
            Topic::Iban => RedactedKind::Iban,
            Topic::Account => RedactedKind::AccountNumber,
            Topic::NationalId => RedactedKind::NationalId,
            Topic::Passcode | Topic::Code => RedactedKind::Passcode,
            Topic::Birth => RedactedKind::DateOfBirth,
            Topic::Phone => RedactedKind::PhoneNumber,
            Topic::Postcode => RedactedKind::PostalAddress,
            Topic::LastDigits | Topic::Other => return None,
        })
    }
}

/// Names of numbers, one a line; a longer one goes before a shorter one that starts alike.
#[rustfmt::skip]
const NAMES: [(Topic, &[&str]); 12] = [
    (Topic::Card, &[
        "card number", "card numbers", "credit card", "credit cards", "debit card", "debit cards",
        "long number", "long numbers", "number on the card", "number on your card",
        "number on my card", "number of the card", "number of your card", "number on the front",
        "number across the front", "sixteen digit number", "sixteen digits", "16 digit number",
        "16 digits", "fifteen digits", "15 digits", "card is", "visa", "mastercard",
        "amex", "american express", "card details", "payment card", "pan",
    ]),
    (Topic::SecurityCode, &[
        "security code", "security number", "security digits", "card security", "cvv", "cvc",
        "cvv2", "cvc2", "cid", "c v v", "c v c", "csc", "card verification code",
        "card verification value", "card verification number", "card code",
        "on the back", "on the reverse", "on the signature strip", "signature strip", "on the strip",
        "little number", "small number", "short number", "short one", "little code", "short code",
        "three digits", "3 digits", "three digit", "3 digit", "three numbers", "last three",
        "last 3", "number on the back", "digits on the back", "code on the back",
        "four digits on the front", "4 digits on the front", "four digit code on the front",
        "code on the front", "four numbers on the front", "cv two", "cv 2", "c v two", "cvn",
        "cvv number", "cv2", "csv", "see vee vee", "verification digits", "card verification",
        "signature panel", "signature box", "signature bar", "your signature", "white box",
        "white strip", "the signature", "verification value", "three figure", "three figures", "3 figures", "back says", "at the back",
        "on back", "back of the card", "back of your card", "back of my card", "back of it",
        "rear of the card", "rear of your card", "on the rear", "the reverse",
        "small four digit", "four small digits", "four digit number on the front",
        "four little numbers", "verification on the card", "security on the card",
    ]),
    (Topic::Expiry, &[
        "expire", "expires", "expired", "expiry", "expiring", "expiration", "exp", "exp date",
        "expiry date", "expiration date", "valid until", "valid till", "valid thru",
        "valid through", "valid to", "good until", "good through", "good thru", "runs out", "is it valid",
        "it is valid", "it valid until", "date on the card", "date on your card", "date on the front",
        "month and year", "month and the year", "end date", "valid up to", "validity",
        "run out", "running out", "good till", "good up to", "good to", "good for", "thru date",
        "through date", "until date", "m m y y", "mm yy", "card end", "card ends",
        "card run until", "card valid", "is the card good", "card go up to", "go up to",
        "dates on the card", "date on it", "valid date", "ran out",
        "out of date", "date under the number", "digit date",
    ]),
    (Topic::Iban, &["iban", "i ban", "i b a n", "international bank account number"]),
    (Topic::Account, &[
        "account number", "account numbers", "account no", "acct", "acct number", "checking",
        "savings", "current account", "loan account", "bottom of the check", "bottom of the cheque", "account id", "bank account",
        "checking account", "savings account", "sort code", "routing number", "routing code",
        "routing", "aba number", "transit number", "bsb", "customer number", "customer id",
        "customer code", "member number", "member id", "membership number", "membership id",
        "loan number", "mortgage number", "bank number", "number of the account",
        "number of your account",
    ]),
    (Topic::NationalId, &[
        "social", "social security", "social security number", "social number", "ssn", "s s n",
        "social insurance number", "national insurance", "national insurance number", "ni number",
        "n i number", "insurance number", "tax id", "tax id number", "tax identification",
        "tax identification number", "tax number", "tax reference", "taxpayer id", "taxpayer number", "ein", "itin",
        "passport", "passport number", "driving licence", "driving license", "driver's license",
        "driver's licence", "drivers license", "drivers licence", "driver license",
        "driving licence number", "driver's license number", "license number", "licence number",
        "national id", "national id number", "identity card", "identity number", "id number",
        "id card", "identification number", "medicare number", "medicare id", "nhs number",
    ]),
    (Topic::Passcode, &[
        "pin", "pin number", "pin code", "pins", "p i n", "passcode", "pass code", "password",
        "access code", "verification code", "verification number", "verification pin",
        "security pin", "authentication code", "authenticator code", "login code", "log in code",
        "one time code", "one time passcode", "one time password", "one time pin", "otp", "o t p",
        "secret code", "secret number", "unlock code", "activation code", "six digit code",
        "6 digit code", "four digit code", "4 digit code", "five digit code", "four digit pin",
        "code that we", "code we", "code i", "code that i", "code you received", "code you got",
        "code that you", "code sent to", "code from the text", "code in the text",
        "code from the message", "code on your phone", "texted you a code", "sent you a code",
        "text you a code", "send you a code", "texted a code", "code by text", "telephone banking code", "phone banking code", "memorable number",
        "voicemail code", "alarm code", "door code", "gate code", "safe code", "code word",
        "access number", "telepin", "telephone pin", "text say", "text says", "message say",
        "message says", "number we sent", "number we just sent", "number i sent",
        "number i just sent", "number i texted", "number we texted", "number that we sent",
        "number on the app", "number in the app", "number is showing", "number on your app",
        "number in the text", "number from the text", "digits in the text", "key fob",
        "authenticator", "authenticator app", "authentication app", "security token",
        "secure key", "six digits", "six numbers", "6 digits", "six digit number", "6 digit number",
        "just came through", "number in the message", "code in the message", "the verification", "security device", "number on your token", "number on the token",
    ]),
    (Topic::Birth, &[
        "date of birth", "birth date", "birthdate", "birthday", "dob", "d o b", "born",
        "year of birth", "birth year", "day of birth", "month of birth", "birth",
    ]),
    (Topic::Phone, &[
        "area code", "country code", "my number", "your number", "his number", "her number", "another number",
        "phone number", "phone numbers", "telephone number", "telephone", "mobile number",
        "mobile phone", "cell number", "cell phone", "cell phone number", "cellphone",
        "home number", "work number", "home phone", "work phone", "office number", "office phone",
        "landline", "contact number", "callback number",
        "call back number", "best number", "daytime number", "number to reach", "number to call",
        "number you can", "number we can", "number i can", "reach you", "reach me", "call you at",
        "call you on", "call you back at", "call you back on", "call me at", "call me on",
        "call me back at", "call me back on", "ring me on", "ring you on", "text me at",
        "text you at", "my cell", "my mobile", "your cell", "your mobile", "mobile is", "cell is",
        "phone is", "number you're calling from", "number you are calling from",
        "number that you're calling from", "calling from", "whatsapp", "fax number",
    ]),
    (Topic::Postcode, &[
        "zip", "zip code", "zipcode", "zip codes", "postcode", "post code", "postal code",
    ]),
    (Topic::Code, &[
        "code",
    ]),
    (Topic::LastDigits, &[
        "last four", "last 4", "last four digits", "last 4 digits", "ending in", "ending with",
        "ends in", "ends with", "end in", "ending", "final four digits", "last five", "last five digits",
    ]),
];
/// What has a number, a code or an id that stays: scoring and coaches need these.
#[rustfmt::skip]
const KEPT: [&str; 53] = [
    "order", "policy", "reference", "confirmation", "ticket", "tracking", "claim", "invoice",
    "case", "booking", "reservation", "flight", "serial", "model", "meter", "item",
    "part", "receipt", "transaction", "extension", "contract", "purchase", "request", "incident",
    "complaint", "return", "rma", "shipment", "delivery", "parcel", "job", "quote", "plan",
    "error", "promo", "promotion", "discount", "voucher", "coupon", "dress",
    "employee", "referral", "offer", "product", "reason", "tax", "bar", "source", "cost",
    "department", "fault", "status", "gift",
];
/// Those that mean a number even where nobody says so: "the reference for this call is".
const KEPT_ALONE: [&str; 3] = ["reference", "confirmation", "tracking"];
/// What is told in figures, with or without "dollars".
const AMOUNTS: [&str; 10] = [
    "amount", "total", "balance", "price", "fee", "cost", "payment", "payments", "sum", "limit",
];
/// What makes them names.
const NUMBER_WORDS: [&str; 6] = ["number", "numbers", "code", "id", "no", "codes"];
/// Things that have a back, and codes that everybody may know.
#[rustfmt::skip]
const THINGS: [&str; 22] = [
    "router", "box", "set", "letter", "phone", "modem", "device", "bill", "package", "label", "sale",
    "deal", "unit", "machine", "envelope", "book", "leaflet", "postcode", "website", "event",
    "car", "house",
];
/// Things that expire and are no card.
#[rustfmt::skip]
const EXPIRING: [&str; 29] = [
    "offer", "policy", "contract", "subscription", "plan", "warranty", "guarantee", "coverage",
    "cover", "insurance", "promotion", "coupon", "voucher", "licence", "license", "passport",
    "quote", "discount", "trial", "agreement", "lease", "membership", "deal", "price", "code",
    "password", "permit", "link", "ticket",
];
/// How many words before "expires" those are looked for.
const EXPIRING_WORDS: usize = 6;

/// How long a name counts for numbers of the same channel, unless other words come between...
const NAMED_MS: i64 = 15_000;
/// ...and in how many tokens it counts however long they take.
const NAMED_TOKENS: usize = 12;
/// A number that stays has its name right before it: "the order number, let me see, it's".
const KEPT_TOKENS: usize = 10;
/// How long a question waits for its answer: people have to fetch the card, or to find their
/// glasses.
const ASKED_MS: i64 = 75_000;
/// How far before a number its name may follow it: "2580, that's my PIN".
const AFTER_TOKENS: usize = 5;
/// Words by which people mend what they said, and how far before the new number they are.
#[rustfmt::skip]
const MENDING: [&str; 16] = [
    "sorry", "no", "mean", "meant", "wait", "actually", "again", "repeat", "correction", "or",
    "not", "wrong", "pardon", "maybe", "rather", "oops",
];
const MENDING_TOKENS: usize = 6;
/// Words of somebody else that are more than "okay, go on".
const INTERRUPTING_WORDS: usize = 3;

struct Phrase {
    /// The words after the first.
    rest: Vec<&'static str>,
    topic: Topic,
    direct: bool,
}

/// All names by their first word, the longest first.
static PHRASES: LazyLock<HashMap<&str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<&str, Vec<Phrase>> = HashMap::new();
    let mut add = |words: Vec<&'static str>, topic, direct| {
        let phrase = Phrase {
            rest: words[1..].to_vec(),
            topic,
            direct,
        };
        phrases.entry(words[0]).or_default().push(phrase);
    };
    for (topic, names) in NAMES {
        for name in names {
            add(name.split(' ').collect(), topic, false);
        }
    }
    add(vec!["account"], Topic::Account, true);
    add(vec!["number", "is"], Topic::Phone, true);
    add(vec!["social", "media"], Topic::Other, true);
    add(vec!["security"], Topic::SecurityCode, true);
    add(vec!["it", "says"], Topic::Code, true);
    for amount in AMOUNTS {
        for verb in ["is", "was", "of"] {
            add(vec![amount, verb], Topic::Other, true);
        }
    }
    for thing in KEPT {
        add(vec![thing], Topic::Other, !KEPT_ALONE.contains(&thing));
        for number in NUMBER_WORDS {
            add(vec![thing, number], Topic::Other, false);
        }
    }
    for phrases in phrases.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
    }
    phrases
});

/// Where numbers are named, in order of time.
pub(super) fn find(channels: &[Vec<Token>]) -> Vec<Named> {
    let mut names = Vec::new();
    for (channel, tokens) in channels.iter().enumerate() {
        let mut free = 0;
        for (token, here) in tokens.iter().enumerate() {
            if token < free {
                continue;
            }
            if let Some((topic, words, direct)) = topic(tokens, token) {
                free = token + words;
                names.push(Named {
                    channel,
                    token,
                    last: token + words - 1,
                    at_ms: here.start_ms,
                    topic,
                    direct,
                });
            }
        }
    }
    names.sort_by_key(|name| (name.at_ms, name.channel, name.token));
    names
}

/// What the words at a token name, if anything, how many they are, and whether they are `direct`.
fn topic(tokens: &[Token], at: usize) -> Option<(Topic, usize, bool)> {
    let word = tokens[at].word();
    let find = |word: &str| {
        let mut phrases = PHRASES.get(word)?.iter();
        phrases.find(|phrase| {
            phrase.rest.len() < tokens.len() - at
                && phrase
                    .rest
                    .iter()
                    .zip(&tokens[at + 1..])
                    .all(|(word, token)| {
                        let said = token.word();
                        said == *word || without_s(said) == *word || misheard(said) == Some(*word)
                    })
        })
    };
    if let Some(words) = security_code(tokens, at) {
        let kept = is_of_a_thing(tokens, at + words);
        let topic = if kept {
            Topic::Other
        } else {
            Topic::SecurityCode
        };
        return Some((topic, words, false));
    }
    let phrase = find(word)
        .or_else(|| find(without_s(word)))
        .or_else(|| find(misheard(word)?))?;
    let words = 1 + phrase.rest.len();
    let topic = match phrase.topic {
        Topic::Expiry if is_of_no_card(tokens, at, words) => Topic::Other,
        Topic::SecurityCode | Topic::Code if is_of_a_thing(tokens, at + words) => Topic::Other,
        topic => topic,
    };
    Some((topic, words, phrase.direct))
}

/// The three digits of a card, however people call them: "the last three figures", "those three
/// little numbers"; and "the security", where it is no team and no reason.
fn security_code(tokens: &[Token], at: usize) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.word());
    if text(at) == "security" {
        let ends = matches!(
            text(at + 1),
            "" | "is" | "it's" | "please" | "on" | "one" | "bit" | "thing" | "as"
        ) || tokens
            .get(at + 1)
            .is_some_and(|next| next.class <= Class::Digits)
            || tokens[at].pause;
        return (ends && at > 0 && matches!(text(at - 1), "the" | "your" | "my")).then_some(1);
    }
    // "The last three".
    let ahead = usize::from(matches!(text(at), "last" | "final" | "little" | "small"));
    let at = at + ahead;
    if !matches!(text(at), "three" | "3") {
        return None;
    }
    const KINDS: [&str; 7] = [
        "little", "small", "tiny", "last", "final", "security", "single",
    ];
    const NUMBERS: [&str; 6] = ["digits", "digit", "numbers", "figures", "figure", "ones"];
    const PLACES: [&str; 4] = ["back", "reverse", "rear", "strip"];
    let kinds = (at + 1..at + 3)
        .take_while(|&at| KINDS.contains(&text(at)))
        .count();
    if NUMBERS.contains(&text(at + 1 + kinds)) {
        return Some(ahead + 2 + kinds);
    }
    let placed = matches!(text(at + 1), "on" | "at" | "from") && PLACES.contains(&text(at + 3));
    placed.then_some(ahead + 4)
}

/// "My birthday's" is "my birthday is".
fn without_s(word: &str) -> &str {
    word.strip_suffix("'s").unwrap_or(word)
}

/// What recognisers write for a long word of a name: one letter is another, too much or missing
/// ("experation"), or the next word is written on to it ("licenseand").
fn misheard(word: &str) -> Option<&'static str> {
    const WORDS: [&str; 6] = [
        "expiration",
        "expiry",
        "security",
        "license",
        "passport",
        "insurance",
    ];
    const START: usize = 2;
    let likely = |right: &&&str| {
        let long = right.len() > START + 4 && word.starts_with(**right);
        let alike = word.len().abs_diff(right.len()) <= 1
            && word.get(..START) == right.get(..START)
            && is_one_off(word.as_bytes(), right.as_bytes());
        word != **right && (long || alike)
    };
    if word.starts_with("licens") && word != "license" {
        return Some("license");
    }
    WORDS.iter().find(likely).copied()
}

/// One byte changed, left out or added.
fn is_one_off(a: &[u8], b: &[u8]) -> bool {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev());
    let end = end.take_while(|(a, b)| a == b).count();
    a.len().max(b.len()) - end <= 1
}

/// Whether a name may start with a word, so that it is no part of a code.
pub(super) fn starts_name(word: &str) -> bool {
    word.len() > 1 && PHRASES.contains_key(word)
}

/// "The offer expires", "the end date of your contract".
fn is_of_no_card(tokens: &[Token], at: usize, words: usize) -> bool {
    let expiring = |token: &&Token| EXPIRING.contains(&token.text.as_str());
    let before = tokens[..at]
        .iter()
        .rev()
        .take(EXPIRING_WORDS)
        .take_while(|token| !token.ends_sentence)
        .any(|token| expiring(&token));
    before || owner(tokens, at + words).is_some_and(|mut owner| owner.any(|token| expiring(&token)))
}

/// "The last three numbers of the reference", "the back of the router", "the code for the sale".
fn is_of_a_thing(tokens: &[Token], end: usize) -> bool {
    const CARDS: [&str; 22] = [
        "card",
        "it",
        "them",
        "this",
        "that",
        "yours",
        "mine",
        "visa",
        "mastercard",
        "amex",
        "debit",
        "credit",
        "bank",
        "one",
        "code",
        "strip",
        "account",
        "gate",
        "door",
        "signature",
        "alarm",
        "back",
    ];
    let Some(owner) = owner(tokens, end) else {
        return false;
    };
    let words: Vec<&str> = owner.map(|token| token.text.as_str()).collect();
    let things = words
        .iter()
        .any(|word| KEPT.contains(word) || AMOUNTS.contains(word) || THINGS.contains(word));
    things && !words.iter().any(|word| CARDS.contains(word))
}

/// What "of the" or "on your" is followed by.
fn owner(tokens: &[Token], end: usize) -> Option<impl Iterator<Item = &Token>> {
    let links = tokens.get(end)?;
    matches!(links.text.as_str(), "of" | "for" | "on" | "from" | "order").then(|| {
        tokens[end..]
            .iter()
            .take(5)
            .take_while(|token| token.segment == links.segment)
    })
}

/// A number for which a name is looked for.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub channel: usize,
    pub first: usize,
    pub last: usize,
    pub start_ms: i64,
}

/// A name that a number may belong to.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub topic: Topic,
    /// Index into the names.
    index: usize,
    pub from: Origin,
}

/// Where a name stands as seen from the number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Before it or right after it in its own channel.
    Own {
        /// Nothing but fillers stands between.
        beside: bool,
    },
    /// In another one; questions of one turn have the same number.
    Asked { turn: u32 },
}

/// All names of a call, and which of them were answered.
pub(super) struct Names<'a> {
    channels: &'a [Vec<Token>],
    names: Vec<Named>,
    /// When what the name asks for was heard.
    answered_ms: Vec<Option<i64>>,
    turns: Vec<Vec<u32>>,
    /// Indexes of the names of each channel, in the order of its tokens.
    own: Vec<Vec<usize>>,
}

impl<'a> Names<'a> {
    pub fn new(channels: &'a [Vec<Token>]) -> Self {
        let names = find(channels);
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); channels.len()];
        for (index, name) in names.iter().enumerate() {
            own[name.channel].push(index);
        }
        for indexes in &mut own {
            indexes.sort_by_key(|&index| names[index].token);
        }
        Self {
            channels,
            answered_ms: vec![None; names.len()],
            names,
            turns: turns(channels),
            own,
        }
    }

    /// All names, in order of time.
    pub fn all(&self) -> &[Named] {
        &self.names
    }

    /// Whether a number was found that belongs to a name, by its index in [`all`](Self::all).
    pub fn is_answered(&self, index: usize) -> bool {
        self.answered_ms[index].is_some()
    }

    /// Whether a token is a part of a name: "the three digits".
    pub fn is_of_name(&self, channel: usize, token: usize) -> bool {
        let own = &self.own[channel];
        let end = own.partition_point(|&index| self.names[index].token <= token);
        own[..end]
            .last()
            .is_some_and(|&index| self.names[index].last >= token)
    }

    /// The names that a number may belong to, the likeliest first.
    pub fn candidates(&self, place: Place) -> Vec<Candidate> {
        let mut found = self.before(place);
        if !found
            .first()
            .is_some_and(|c| c.from == Origin::Own { beside: true })
        {
            found.splice(0..0, self.after(place));
        }
        found.extend(self.asked(place));
        found
    }

    /// Names before it in its own channel, the nearest first.
    fn before(&self, place: Place) -> Vec<Candidate> {
        let tokens = &self.channels[place.channel];
        let own = &self.own[place.channel];
        let end = own.partition_point(|&index| self.names[index].last < place.first);
        let mut found = Vec::new();
        for &index in own[..end].iter().rev() {
            let name = &self.names[index];
            let between = &tokens[name.last + 1..place.first];
            let near = between.len() <= NAMED_TOKENS;
            if !near && place.start_ms - name.at_ms > NAMED_MS {
                break;
            }
            let beside = between.len() <= NAMED_TOKENS
                && between
                    .iter()
                    .all(|token| token.class == Class::Filler || !token.code.is_empty());
            // Somebody else gave a number since: it was a question, and that is the answer.
            let is_answered = !beside
                && self
                    .others_between(place.channel, name.at_ms, place.start_ms)
                    .any(|token| token.class == Class::Digits);
            if is_answered {
                continue;
            }
            let reaches = match name.topic {
                _ if name.direct => beside,
                Topic::Other | Topic::LastDigits => between.len() <= KEPT_TOKENS,
                _ => true,
            };
            if reaches && self.is_open(index, place) {
                found.push(Candidate {
                    topic: name.topic,
                    index,
                    from: Origin::Own { beside },
                });
            }
        }
        found
    }

    /// A name right after it: "2580, that's my PIN". A name with a number of its own is none.
    fn after(&self, place: Place) -> Option<Candidate> {
        const LINKS: [&str; 28] = [
            "that's", "is", "as", "my", "the", "your", "for", "was", "it's", "that", "a", "and",
            "this", "would", "be", "which", "are", "on", "when", "what", "those", "these", "at",
            "card", "says", "it", "there", "in",
        ];
        let tokens = &self.channels[place.channel];
        let own = &self.own[place.channel];
        let at = own.partition_point(|&index| self.names[index].token <= place.last);
        let &index = own.get(at)?;
        let name = &self.names[index];
        let between = &tokens[place.last + 1..name.token];
        let mut rest = tokens[name.last + 1..].iter().take(AFTER_TOKENS);
        let linked = between.len() <= AFTER_TOKENS
            && between
                .iter()
                .all(|token| LINKS.contains(&token.text.as_str()))
            && !(tokens[place.last].ends_sentence
                && between
                    .first()
                    .is_none_or(|t| !matches!(t.text.as_str(), "that's" | "that")));
        // "And the zip code is": that one has yet to come.
        let own_number = rest
            .by_ref()
            .take_while(|token| !token.ends_sentence)
            .any(|token| token.class <= Class::Everyday);
        let announces = tokens
            .get(name.last + 1)
            .is_some_and(|token| matches!(token.text.as_str(), "is" | "was" | "it's"));
        let counts = linked
            && !name.direct
            && !own_number
            && !announces
            && between.first().is_none_or(|token| token.text != "and")
            && self.answered_ms[index].is_none();
        counts.then_some(Candidate {
            topic: name.topic,
            index,
            from: Origin::Own { beside: true },
        })
    }

    /// What others asked for before it: the latest turn first, in a turn in the order of asking.
    fn asked(&self, place: Place) -> Vec<Candidate> {
        let end = self
            .names
            .partition_point(|name| name.at_ms <= place.start_ms);
        let mut found = Vec::new();
        for (index, name) in self.names[..end].iter().enumerate().rev() {
            if place.start_ms - name.at_ms > ASKED_MS {
                break;
            }
            let asks = !name.direct || name.topic == Topic::Account;
            if name.channel != place.channel && asks && self.is_open(index, place) {
                found.push(Candidate {
                    topic: name.topic,
                    index,
                    from: Origin::Asked {
                        turn: self.turns[name.channel][name.token],
                    },
                });
            }
        }
        found.sort_by_key(|candidate| match candidate.from {
            Origin::Asked { turn } => (std::cmp::Reverse(turn), candidate.index),
            Origin::Own { .. } => (std::cmp::Reverse(u32::MAX), 0),
        });
        found
    }

    /// It has no answer yet, or that is being mended.
    fn is_open(&self, index: usize, place: Place) -> bool {
        let Some(answered_ms) = self.answered_ms[index] else {
            return true;
        };
        let mends = |token: &Token| MENDING.contains(&token.text.as_str());
        let soon = place.start_ms - answered_ms <= NAMED_MS;
        let own = &self.channels[place.channel][..place.first];
        soon && (own
            .iter()
            .rev()
            .take(MENDING_TOKENS)
            .take_while(|token| token.start_ms >= answered_ms)
            .any(mends)
            || self
                .others_between(place.channel, answered_ms, place.start_ms)
                .any(mends))
    }

    /// A number was heard that belongs to a name.
    pub fn answer(&mut self, candidate: Candidate, end_ms: i64) {
        self.answered_ms[candidate.index] = Some(end_ms);
    }

    /// A placeholder stands where the answer was.
    pub fn answer_sealed(&mut self, kind: RedactedKind, place: Place, end_ms: i64) {
        let candidate = self
            .candidates(place)
            .into_iter()
            .find(|candidate| candidate.topic.kind() == Some(kind));
        if let Some(candidate) = candidate {
            self.answer(candidate, end_ms);
        }
    }

    /// Names in the gap between two numbers of a channel, in whatever channel. Those that count
    /// only beside a number do so here too.
    pub fn between(&self, channel: usize, last: usize, at: usize) -> impl Iterator<Item = Topic> {
        let tokens = &self.channels[channel];
        let (from_ms, to_ms) = (tokens[last].end_ms, tokens[at].start_ms);
        let own = &self.own[channel];
        let start = own.partition_point(|&index| self.names[index].token <= last);
        let own = own[start..]
            .iter()
            .map(|&index| &self.names[index])
            .take_while(move |name| name.token < at)
            .filter(move |name| {
                let fillers = |token: &Token| token.class == Class::Filler;
                !name.direct
                    || tokens[name.last + 1..at.max(name.last + 1)]
                        .iter()
                        .all(fillers)
            });
        let start = self.names.partition_point(|name| name.at_ms < from_ms);
        let others = self.names[start..]
            .iter()
            .take_while(move |name| name.at_ms < to_ms)
            .filter(move |name| name.channel != channel && !name.direct);
        own.chain(others).map(|name| name.topic)
    }

    /// Whether others said more than "okay, go on" in a stretch of time.
    pub fn is_interrupted(&self, channel: usize, from_ms: i64, to_ms: i64) -> bool {
        self.others_between(channel, from_ms, to_ms)
            .filter(|token| token.class == Class::Plain)
            .nth(INTERRUPTING_WORDS - 1)
            .is_some()
    }

    fn others_between(
        &self,
        channel: usize,
        from_ms: i64,
        to_ms: i64,
    ) -> impl Iterator<Item = &Token> {
        let others = self.channels.iter().enumerate();
        others
            .filter(move |&(other, _)| other != channel)
            .flat_map(move |(_, tokens)| {
                let start = tokens.partition_point(|token| token.start_ms < from_ms);
                tokens[start..]
                    .iter()
                    .take_while(move |token| token.start_ms < to_ms)
            })
    }
}

/// The turn of each token: it changes with the speaker. "Okay" from somebody else is no turn.
fn turns(channels: &[Vec<Token>]) -> Vec<Vec<u32>> {
    let mut order: Vec<(i64, usize, usize)> = Vec::new();
    for (channel, tokens) in channels.iter().enumerate() {
        for (at, token) in tokens.iter().enumerate() {
            if token.class != Class::Filler {
                order.push((token.start_ms, channel, at));
            }
        }
    }
    order.sort_unstable();
    let mut turns: Vec<Vec<u32>> = channels
        .iter()
        .map(|tokens| vec![0; tokens.len()])
        .collect();
    let (mut turn, mut speaker) = (0, None);
    for (_, channel, at) in order {
        if speaker.is_some_and(|speaker| speaker != channel) {
            turn += 1;
        }
        speaker = Some(channel);
        turns[channel][at] = turn;
    }
    turns
}
