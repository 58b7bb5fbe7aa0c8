//! E-mail addresses, written and as they are said: "john dot smith at gmail dot com".
//!
//! A spoken address is found by its domain: "at", some words, "dot" and what domains end in. What
//! stands ahead of it belongs to it as far as it is joined by "dot", "underscore" and the like, is
//! digits or letters, or is no everyday word; after "my e-mail is" all of it does. "At gmail" alone
//! is a domain where an e-mail address was spoken of.
//!
//! Left out on purpose: web sites ("visit northwind dot com"), which have no "at" or nothing that
//! could be a mailbox ahead of it.

use std::collections::HashSet;

use super::found::Found;
use super::tokens::{Class, Token};
use super::turns::{self, Answer};
use super::vocabulary::{is_common, is_function};
use crate::transcript::{RedactedKind, Rule};

/// So many tokens ahead of "at" are looked at, letters and digits among them.
const LOCAL_TOKENS: usize = 40;
/// So many tokens may make a label of the domain: "north wind dot com", letters one by one.
const LABEL_TOKENS: usize = 8;
/// "E-mail" is spoken of within so many tokens.
const NAMED_TOKENS: usize = 30;
const APART_MS: i64 = 8_000;

/// The address in a written word such as "(john.smith@gmail.com),", in lower case.
pub(super) fn written(chunk: &str) -> Option<String> {
    let bare = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    let (local, domain) = bare.split_once('@')?;
    let told = local.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        && domain.starts_with(char::is_alphanumeric);
    told.then(|| bare.to_lowercase())
}

/// Finds the addresses to mask.
pub(super) fn find(channels: &[Vec<Token>]) -> Vec<Found> {
    let topics: Vec<Vec<usize>> = channels.iter().map(|tokens| topics(tokens)).collect();
    let answers: Vec<Answer> = (0..channels.len())
        .flat_map(|channel| topics[channel].iter().map(move |&at| (channel, at)))
        .filter_map(|(channel, at)| turns::answer(channels, channel, at))
        .collect();
    let mut found = Vec::new();
    for (channel, tokens) in channels.iter().enumerate() {
        let mut asked = vec![false; tokens.len()];
        for answer in answers.iter().filter(|answer| answer.channel == channel) {
            asked[answer.tokens.clone()].fill(true);
        }
        let reader = Reader {
            tokens,
            topics: &topics[channel],
            asked,
        };
        reader.find(channel, &mut found);
    }
    let known = said_parts(channels, &found);
    for (channel, tokens) in channels.iter().enumerate() {
        let mut taken = vec![false; tokens.len()];
        for address in found.iter().filter(|address| address.channel == channel) {
            taken[address.first..=address.last].fill(true);
        }
        find_echoes(channel, tokens, &taken, &known, &mut found);
    }
    found
}

/// Where e-mail addresses are spoken of.
fn topics(tokens: &[Token]) -> Vec<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |t: &Token| t.text.as_str());
    (0..tokens.len())
        .filter(|&at| match text(at) {
            "email" | "emails" | "email's" => true,
            "mail" | "mails" => at > 0 && text(at - 1) == "e" || text(at + 1) == "address",
            _ => false,
        })
        .collect()
}

/// One channel.
struct Reader<'a> {
    tokens: &'a [Token],
    topics: &'a [usize],
    /// By token: whether it answers somebody who spoke of e-mail.
    asked: Vec<bool>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |t| t.text.as_str())
    }

    fn find(&self, channel: usize, found: &mut Vec<Found>) {
        let mut from = 0;
        let mut at = 0;
        while at < self.tokens.len() {
            let Some((first, last, value)) = self.address_at(at, from) else {
                at += 1;
                continue;
            };
            let rule = match (self.asked[at], self.is_named(at)) {
                (true, _) => Rule::Asked,
                (false, true) => Rule::Named,
                (false, false) => Rule::Shape,
            };
            found.push(as_found(channel, first, last, rule, value));
            from = last + 1;
            at = from;
        }
    }

    /// An address with its "at" at `at`, which does not begin before `from`.
    fn address_at(&self, at: usize, from: usize) -> Option<(usize, usize, String)> {
        let word = self.text(at);
        if word.contains('@') {
            // "john dot smith@gmail.com" and "john@gmail dot com".
            let first = self.joined_start(at, from);
            let (mut last, mut value) = (at, self.value(first, at));
            value.push_str(word);
            if let Some((end, ending)) = self.ending(at + 1) {
                last = end;
                value.push_str(&ending);
            }
            return Some((first, last, value));
        }
        let certain = word == "at";
        let misheard = matches!(word, "add" | "ad" | "et" | "hat" | "app");
        if !certain && !misheard {
            return None;
        }
        let (last, domain, full) = self.domain(at + 1)?;
        let spoken_of = self.asked[at] || self.is_named(at);
        let known = full && is_provider(domain.split('.').next()?);
        let first = self.local_start(at, from, spoken_of, known)?;
        let value = self.value(first, at);
        let plain = at - first == 1 && self.tokens[first].digits.is_empty();
        let likely = match (certain, full) {
            (true, true) => true,
            (true, false) => {
                let word = is_common(self.text(first)) && !self.asked[at];
                !plain || spoken_of && !word
            }
            (false, full) => full && (is_provider(domain.split('.').next()?) || !plain),
        };
        (likely && !value.is_empty()).then(|| (first, last, format!("{value}@{domain}")))
    }

    /// A domain from `at` on: its last token, itself, and whether it is complete.
    fn domain(&self, at: usize) -> Option<(usize, String, bool)> {
        let mut value = String::new();
        let mut here = at;
        for _ in 0..LABEL_TOKENS {
            let token = self.tokens.get(here)?;
            if token.class == Class::Sealed || is_dot(&token.text) {
                break;
            }
            let short = token.text.chars().count() <= 1;
            // "At my firm dot com", and not "at the office".
            let own = matches!(
                &*token.text,
                "me" | "my" | "our" | "we" | "all" | "one" | "go" | "the" | "and" | "of"
            );
            if is_function(&token.text) && !short && !own {
                return None;
            }
            value.push_str(token.said());
            here += 1;
            if let Some((last, ending)) = self.ending(here) {
                return Some((last, value + &ending, true));
            }
            // "g mail" is one word, and "gmail" a whole domain.
            if is_provider(&value) {
                return Some((here - 1, value, false));
            }
            if token.ends_sentence {
                return None;
            }
        }
        None
    }

    /// "dot co dot uk" from `at` on: its last token and how it is written.
    fn ending(&self, at: usize) -> Option<(usize, String)> {
        let mut last = None;
        let mut value = String::new();
        let mut here = at;
        loop {
            let dots = usize::from(is_dot(self.text(here)));
            let word = self.text(here + dots);
            let same_word = self.tokens.get(here).is_some_and(|token| {
                here > 0 && {
                    let before = &self.tokens[here - 1];
                    (before.segment, before.last_word) == (token.segment, token.first_word)
                }
            });
            // "co" and "uk" without a dot between are said as well.
            let goes_on = dots == 1 || same_word || last.is_some() && word == "uk";
            if word == "dotcom" && last.is_none() {
                return Some((here, ".com".to_string()));
            }
            let ends = is_ending(word) && (goes_on || last.is_none() && word == "com");
            if !ends {
                // A label in the middle: "mail dot firm dot com".
                let inner = dots == 1
                    && last.is_none()
                    && !word.is_empty()
                    && !is_function(word)
                    && is_dot(self.text(here + 2))
                    && is_ending(self.text(here + 3));
                if !inner {
                    return last.map(|last| (last, value));
                }
                value.push('.');
                value.push_str(word);
                here += 2;
                continue;
            }
            value.push('.');
            value.push_str(if matches!(word, "calm" | "comm") {
                "com"
            } else {
                word
            });
            last = Some(here + dots);
            here += dots + 1;
            if last.is_some_and(|last| self.tokens[last].ends_sentence) {
                return last.map(|last| (last, value));
            }
        }
    }

    /// Where the part ahead of "at" begins.
    fn local_start(&self, at: usize, from: usize, spoken_of: bool, known: bool) -> Option<usize> {
        let joined = self.joined_start(at, from);
        let greedy = match spoken_of {
            true => self.begins_after(at, joined, from),
            false => None,
        };
        let mut first = greedy.unwrap_or(joined);
        // "Send it to green garden at gmail dot com".
        let content = |at: usize| {
            let token = &self.tokens[at];
            let word = token.text.as_str();
            let ends = token.class == Class::Sealed || token.ends_sentence || token.pause;
            !ends && !word.is_empty() && !is_function(word) && !is_lead(word) && !is_stop(word)
        };
        if first < at || known || spoken_of {
            let floor = from
                .max(at.saturating_sub(LOCAL_TOKENS))
                .max(first.saturating_sub(3));
            while first > floor && content(first - 1) {
                first -= 1;
            }
        }
        (first < at).then_some(first)
    }

    /// Back from `at` over what is surely of an address.
    fn joined_start(&self, at: usize, from: usize) -> usize {
        let floor = from.max(at.saturating_sub(LOCAL_TOKENS));
        let mut first = at;
        while first > floor {
            let token = &self.tokens[first - 1];
            let next = &self.tokens[first];
            if token.class == Class::Sealed
                || next.start_ms - token.end_ms > APART_MS
                || token.ends_sentence && token.text.len() != 1 && first < at
                || token.pause && first < at && token.text.len() > 1 && !is_joint(&next.text)
            {
                break;
            }
            let word = token.text.as_str();
            let beside_joint = first < at && is_joint(&next.text)
                || first >= 2 + floor && is_joint(self.text(first - 2)) && !is_joint(word)
                || first >= 2 + floor && is_joint(word) && !is_function(self.text(first - 2));
            let letter = word.chars().count() == 1 && !matches!(word, "i" | "a")
                || matches!(word, "i" | "a") && first < at && next.text.len() == 1;
            let taken = !token.digits.is_empty()
                || beside_joint && !is_lead(word)
                || letter
                || matches!(word, "double" | "triple") && first < at
                || !word.is_empty() && !is_common(word) && !word.contains('@')
                || first == at && is_mailbox(word);
            if !taken {
                break;
            }
            first -= 1;
        }
        first
    }

    /// After "my e-mail is" everything up to "at" is the address, everyday words as well.
    fn begins_after(&self, at: usize, joined: usize, from: usize) -> Option<usize> {
        let floor = from.max(at.saturating_sub(LOCAL_TOKENS));
        let mut first = joined;
        let mut words = 0;
        while first > floor {
            let token = &self.tokens[first - 1];
            let begins = token.class == Class::Sealed
                || is_lead(&token.text)
                || token.ends_sentence && first < at
                || self.asked[first] && !self.asked[first - 1]
                || self.tokens[first].start_ms - token.end_ms > APART_MS;
            if begins {
                let alone = first == at && !is_lead(&token.text);
                return (!alone).then_some(first);
            }
            first -= 1;
            words += 1;
            if words > 6 || is_stop(&token.text) {
                return None;
            }
        }
        (first == from || self.asked.get(first) == Some(&true)).then_some(first)
    }

    /// Whether this channel speaks of e-mail shortly before or after.
    fn is_named(&self, at: usize) -> bool {
        let next = self
            .topics
            .partition_point(|&topic| topic + NAMED_TOKENS < at);
        self.topics
            .get(next)
            .is_some_and(|&topic| topic < at + NAMED_TOKENS / 3)
    }

    /// What the tokens before "at" are written like.
    fn value(&self, first: usize, at: usize) -> String {
        let mut value = String::new();
        let mut times = 1;
        for here in first..at {
            let token = &self.tokens[here];
            match token.text.as_str() {
                "double" if token.digits.is_empty() => times = 2,
                "triple" if token.digits.is_empty() => times = 3,
                "uh" | "um" | "er" | "and" | "then" | "all" | "lower" | "case" | "lowercase"
                | "one" | "word" | "that's" | "in"
                    if self.is_remark(here, first, at) => {}
                "dot" | "period" | "point" | "punto" => value.push('.'),
                "underscore" => value.push('_'),
                "dash" | "hyphen" | "minus" => value.push('-'),
                "plus" => value.push('+'),
                _ => value.push_str(&token.said().repeat(std::mem::replace(&mut times, 1))),
            }
        }
        value
    }

    /// "All lower case" within an address, and fillers.
    fn is_remark(&self, at: usize, first: usize, end: usize) -> bool {
        let word = self.text(at);
        let near = |with: &[&str]| {
            (at.saturating_sub(2).max(first)..(at + 3).min(end))
                .any(|other| with.contains(&self.text(other)))
        };
        match word {
            "all" | "lower" | "case" | "in" | "that's" => near(&["case", "lowercase", "word"]),
            "one" | "word" => near(&["one"]) && near(&["word"]),
            _ => true,
        }
    }
}

fn is_dot(word: &str) -> bool {
    matches!(word, "dot" | "period" | "point" | "punto")
}

/// What joins the words of an address.
fn is_joint(word: &str) -> bool {
    is_dot(word) || matches!(word, "underscore" | "dash" | "hyphen" | "minus" | "plus")
}

/// What domains end in.
fn is_ending(word: &str) -> bool {
    matches!(
        word,
        "com"
            | "calm"
            | "comm"
            | "net"
            | "org"
            | "co"
            | "uk"
            | "edu"
            | "gov"
            | "io"
            | "info"
            | "biz"
            | "me"
            | "us"
            | "ca"
            | "de"
            | "fr"
            | "es"
            | "it"
            | "nl"
            | "ie"
            | "eu"
            | "au"
            | "nz"
            | "in"
            | "ch"
            | "at"
            | "be"
            | "se"
            | "no"
            | "dk"
            | "pl"
            | "pt"
            | "br"
            | "mx"
            | "jp"
            | "cn"
            | "za"
            | "ai"
            | "app"
            | "dev"
            | "online"
            | "email"
            | "mail"
            | "ac"
            | "tv"
    )
}

fn is_provider(word: &str) -> bool {
    matches!(
        word,
        "gmail"
            | "googlemail"
            | "hotmail"
            | "outlook"
            | "yahoo"
            | "icloud"
            | "aol"
            | "live"
            | "msn"
            | "protonmail"
            | "proton"
            | "gmx"
            | "ymail"
            | "comcast"
            | "verizon"
            | "btinternet"
            | "virginmedia"
            | "att"
            | "mail"
            | "fastmail"
            | "zoho"
            | "tutanota"
    )
}

/// Mailboxes of firms, which are everyday words.
fn is_mailbox(word: &str) -> bool {
    matches!(
        word,
        "help"
            | "info"
            | "support"
            | "sales"
            | "contact"
            | "service"
            | "office"
            | "billing"
            | "accounts"
            | "orders"
            | "admin"
            | "press"
            | "returns"
            | "complaints"
            | "hello"
    )
}

/// An address comes after these.
fn is_lead(word: &str) -> bool {
    matches!(
        word,
        "is" | "it's"
            | "its"
            | "email"
            | "email's"
            | "mail"
            | "address"
            | "address's"
            | "to"
            | "that's"
            | "yes"
            | "yeah"
            | "sure"
            | "okay"
            | "ok"
            | "was"
            | "use"
            | "be"
            | "so"
            | "with"
            | "under"
            | "uh"
            | "um"
            | "think"
            | "me"
            | "from"
            | "one's"
            | "no"
            | "right"
    )
}

/// An address does not go over these.
fn is_stop(word: &str) -> bool {
    matches!(
        word,
        "at" | "visit"
            | "site"
            | "website"
            | "online"
            | "look"
            | "find"
            | "us"
            | "you"
            | "www"
            | "shop"
            | "page"
            | "web"
    )
}

/// The telling words and digits ahead of the "at" of all addresses found.
fn said_parts<'a>(channels: &'a [Vec<Token>], found: &[Found]) -> HashSet<&'a str> {
    let mut parts = HashSet::new();
    for found in found {
        for token in &channels[found.channel][found.first..=found.last] {
            if token.text == "at" {
                break;
            }
            parts.insert(token.said());
        }
    }
    parts
}

/// "So that's john dot smith?": joined words that are all of an address.
fn find_echoes(
    channel: usize,
    tokens: &[Token],
    taken: &[bool],
    known: &HashSet<&str>,
    found: &mut Vec<Found>,
) {
    let part = |at: usize| {
        tokens.get(at).is_some_and(|t| {
            !taken[at]
                && t.class != Class::Sealed
                && !t.said().is_empty()
                && known.contains(t.said())
        })
    };
    let mut at = 0;
    while at < tokens.len() {
        let mut last = at;
        while part(last) && is_joint(tokens.get(last + 1).map_or("", |t| &t.text)) && part(last + 2)
        {
            last += 2;
        }
        if last > at {
            let value: String = tokens[at..=last].iter().map(Token::said).collect();
            found.push(as_found(channel, at, last, Rule::Echo, value));
        }
        at = last + 1;
    }
}

fn as_found(channel: usize, first: usize, last: usize, rule: Rule, value: String) -> Found {
    Found {
        channel,
        first,
        last,
        kind: RedactedKind::Email,
        rule,
        breadth: Class::Plain,
        check_digit_ok: None,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{call, talk};
    use super::super::tokens;
    use super::*;

    #[test]
    fn addresses_go_however_they_are_said() {
        for (said, expected) in [
            (
                "C: It's john.smith@gmail.com, thanks.",
                "C: It's [email], thanks.",
            ),
            ("C: John dot Smith at gmail dot com.", "C: [email]."),
            (
                "C: my email is j underscore smith ninety nine at outlook dot co dot uk okay",
                "C: my email is [email] okay",
            ),
            (
                "A: What's your e-mail? | C: Sure. Green thumb gardener at gmail. | A: Thank you.",
                "A: What's your e-mail? | C: Sure. [email]. | A: Thank you.",
            ),
            (
                "A: And the email? | C: J O H N dot | C: smith at my company dot com",
                "A: And the email? | C: [email] | C: [email]",
            ),
            (
                "C: Send it to bluebird 77 at hotmail dot com, please.",
                "C: Send it to [email], please.",
            ),
            (
                "C: john dot smith add gmail dot com | A: So that's john dot smith, right?",
                "C: [email] | A: So that's [email], right?",
            ),
            ("C: john.smith at gmail.com", "C: [email]"),
            ("A: It's help at northwind dot com.", "A: It's [email]."),
        ] {
            assert_eq!(talk(&[], said), expected, "{said}");
        }
    }

    #[test]
    fn web_sites_and_meetings_stay() {
        for said in [
            "C: I'll meet you at noon dot",
            "A: Come to the office, at the office dot matrix printer.",
            "A: Please visit northwind dot com, or look at northwind dot com slash help.",
            "A: The website is www dot northwind dot com.",
            "C: I work at Yahoo, and the gmail app is slow.",
            "A: You can write us an email. | C: I already sent three emails to you at ten.",
            "A: We sent an e-mail to you. | C: No, you did not, I was at home at six.",
        ] {
            assert_eq!(talk(&[], said), said);
        }
    }

    #[test]
    fn the_value_is_the_same_however_it_is_said() {
        for said in [
            "my email is john dot smith at gmail dot com",
            "It's john.smith@gmail.com.",
            "email J O H N dot S M I T H at G mail dot com",
            "email is all lower case john dot smith at gmail dot com",
        ] {
            let call = call(&[(0, said)]);
            let tokens: Vec<_> = call.channels.iter().map(tokens::read).collect();
            let found = find(&tokens);
            assert_eq!(found.len(), 1, "{said}");
            assert_eq!(found[0].value, "john.smith@gmail.com", "{said}");
        }
    }
}
