//! What phrases find, by hand; and that the matcher finds what a plain search finds.

use proptest::prelude::*;

use super::class::Class;
use super::folding::{self, Form};
use super::language::Item;
use super::matcher::Token;
use super::words::{self, Traits};
use super::*;
use crate::transcript::{Redacted, RedactedKind};

/// A placeholder as it is written here: `[card]`, `[date_of_birth]`, `[passcode:0]` with its
/// digits, which are 16 unless stated.
fn placeholder(word: &str) -> Option<Redacted> {
    let (inner, _) = word.strip_prefix('[')?.split_once(']')?;
    let (kind, digits) = inner.split_once(':').unwrap_or((inner, "16"));
    let mut kinds = RedactedKind::ALL.into_iter();
    let kind = match kind {
        "card" => RedactedKind::CardNumber,
        kind => kinds.find(|k| k.as_str() == kind)?,
    };
    Some(Redacted::of(kind, digits.parse().unwrap()))
}

/// A call as one line: blanks part words, one in square brackets is a placeholder, `/` starts a
/// segment.
fn read(matcher: &Matcher, text: &str) -> (Vec<String>, Tokens) {
    let mut starts = true;
    let mut words = Vec::new();
    for word in text.split(' ') {
        if word == "/" {
            starts = true;
            continue;
        }
        words.push((word, placeholder(word), starts));
        starts = false;
    }
    let tokens = matcher.read(words.iter().map(|(text, redacted, starts)| Spoken {
        text,
        redacted: redacted.as_ref(),
        hidden: *text == "[PII]",
        starts: *starts,
    }));
    (
        words
            .iter()
            .map(|(text, _, _)| (*text).to_string())
            .collect(),
        tokens,
    )
}

fn matcher(phrases: &[&str]) -> (Matcher, Vec<PhraseId>) {
    let mut builder = MatcherBuilder::new();
    let ids = phrases
        .iter()
        .map(|p| builder.add(&Phrase::parse(p).unwrap()))
        .collect();
    (builder.build(), ids)
}

/// The quotes of all hits, with `not` before those that are negated and `?` after guesses.
fn found(phrase: &str, text: &str) -> Vec<String> {
    let (matcher, ids) = matcher(&[phrase]);
    let (words, tokens) = read(&matcher, text);
    let hits = matcher.find(&tokens, |_, _| true);
    hits.of(ids[0])
        .iter()
        .map(|hit| {
            let (from, to) = (tokens.word(hit.first()), tokens.word(hit.last()));
            let quote = words[from..=to].join(" ");
            let negated = if hit.negated.is_some() { "not: " } else { "" };
            let guess = if hit.is_guess() { "?" } else { "" };
            format!("{negated}{quote}{guess}")
        })
        .collect()
}

fn check(cases: &[(&str, &str, &[&str])]) {
    for (phrase, text, expected) in cases {
        assert_eq!(found(phrase, text), *expected, "{phrase} in {text}");
    }
}

#[test]
fn phrases_find_what_they_describe() {
    check(&[
        (
            "thank you for calling",
            "Well, thank you for Calling!",
            &["thank you for Calling!"],
        ),
        ("i am sorry", "I'm so sorry", &[]),
        (
            "i am [(so|very)] sorry",
            "I'm so sorry to",
            &["I'm so sorry"],
        ),
        ("i'm sorry", "Oh, I am sorry.", &["I am sorry."]),
        (
            "(may|can) i (have|ask for) your name",
            "And can I ask for your name?",
            &["can I ask for your name?"],
        ),
        ("your balance ... is", "Your current balance is 5", &[]),
        (
            "your ... balance is",
            "Your current savings balance is 5",
            &["Your current savings balance is"],
        ),
        (
            "your ... balance",
            "your one two three four five balance",
            &[],
        ),
        (
            "your ...5 balance",
            "your one two three four five balance",
            &["your one two three four five balance"],
        ),
        ("ends on <number>", "It ends on 30th", &["ends on 30th"]),
        ("cannot promise", "I can't promise it", &["can't promise"]),
        (
            "what's your zip",
            "What is your zip-code",
            &["What is your zip-code"],
        ),
        (
            "is there anything <word> i can do",
            "Is there anything else I can do",
            &["Is there anything else I can do"],
        ),
        // A gap takes the nearest, whichever end it is at.
        (
            "your ... balance",
            "your account and your balance balance",
            &["your balance"],
        ),
        // As often as it is said, without overlap.
        ("no no", "no no no no no", &["no no", "no no"]),
        (
            "thank you [for calling]",
            "thank you for calling thank you",
            &["thank you for calling", "thank you"],
        ),
        ("(call|call back)", "we call back", &["call back"]),
        ("(call|called)", "we called", &["called"]),
        // The order of the parts does not matter, the distance does.
        (
            "{refund, (week|month)} within 3 words",
            "a refund takes about one week",
            &["refund takes about one week"],
        ),
        (
            "{refund, (week|month)} within 3 words",
            "in a week your refund",
            &["week your refund"],
        ),
        (
            "{refund, (week|month)} within 3 words",
            "a refund takes much more than one week",
            &[],
        ),
        // The start of a turn.
        ("^hello", "hello there hello / hello", &["hello", "hello"]),
        (
            "hello",
            "hello there hello / hello",
            &["hello", "hello", "hello"],
        ),
        // "It's" written as two words that stand for one, and the other way round.
        ("your account", "you're account", &["you're account"]),
        ("you are welcome", "your welcome", &["your welcome"]),
        ("it is fine", "its fine", &["its fine"]),
    ]);
}

#[test]
fn words_may_differ_in_form_and_spelling_where_that_is_safe() {
    check(&[
        ("we refund it", "we refunded it", &["we refunded it"]),
        ("i apologise", "I apologize", &["I apologize"]),
        ("sent the form", "send the forms", &["send the forms"]),
        // Not for a word that is asked for exactly.
        (
            "we =refund it",
            "we refunded it, we refund it",
            &["we refund it"],
        ),
        // A homophone needs words around it.
        ("hear you", "I here you", &["here you"]),
        ("=hear you", "I here you", &[]),
        ("two", "to", &[]),
        ("two", "2", &["2"]),
        (
            "in two weeks",
            "in 2 weeks in to weeks",
            &["in 2 weeks", "in to weeks"],
        ),
        // A word that only sounds near makes a guess, and only where most words are right.
        ("recorded", "corded", &[]),
        ("is recorded", "is corded", &[]),
        ("call is recorded", "call is corded", &["call is corded?"]),
        (
            "your policy number",
            "your police number",
            &["your police number?"],
        ),
        ("attempt collect debt", "attempts corrected debit", &[]),
        ("able to help you", "unable to help you", &[]),
        // A guess takes only what sure matches leave.
        (
            "call is recorded",
            "corded call is recorded",
            &["call is recorded"],
        ),
    ]);
}

#[test]
fn classes_take_what_they_name() {
    let takes =
        |class: &str, text: &str| found(&format!("is {class} ok"), &format!("So it is {text} ok"));
    for (class, yes, no) in [
        (
            "<number>",
            &[
                "5",
                "five",
                "twenty five",
                "two hundred and five",
                "a hundred",
                "30th",
                "[card]",
                "$5",
                "3 thousand",
            ][..],
            &["a", "five seven", "five, seven", "and five"][..],
        ),
        (
            "<money>",
            &[
                "$38.20",
                "38 dollars",
                "thirty eight dollars and twenty cents",
                "a dollar",
                "$2 million",
                "50 cents",
                "a hundred bucks",
            ],
            &["38", "dollars", "thirty eight", "dollars and cents"],
        ),
        (
            "<date>",
            &[
                "Friday",
                "Friday morning",
                "May 14th",
                "May fourteenth",
                "the third of May",
                "14th of May",
                "tomorrow",
                "tonight",
                "next week",
                "this Friday",
                "the 14th",
                "September",
                "5/14/1980",
                "April 3 2024",
                "Monday the 3rd",
            ],
            &["may", "third", "the third", "week", "24/7", "the"],
        ),
        (
            "<time>",
            &[
                "3 pm",
                "3pm",
                "3:30",
                "3 p.m.",
                "three o'clock",
                "noon",
                "half past four",
                "quarter to five",
                "eight in the morning",
                "three thirty pm",
                "six P M",
            ],
            &["3", "three", "half", "o'clock"],
        ),
        (
            "<digits>",
            &["4417", "four four one seven", "[card]", "4 4 1", "555-1234"],
            &["44", "four four", "hundred"],
        ),
        (
            "<digits>",
            &["[security_code]", "[phone_number]", "[postal_address:5]"],
            &["[name]", "[email]", "[postal_address:2]", "[passcode:0]"],
        ),
        (
            "<number>",
            &["[card]", "[date_of_birth]", "[postal_address:2]"],
            &["[name]", "[email]", "[postal_address:0]"],
        ),
        (
            "<date>",
            &["[date_of_birth]", "[card_expiry]"],
            &["[card]", "[name]"],
        ),
        ("<money>", &[], &["[card]"]),
        ("<card_number>", &["[card]"], &["4417", "[account_number]"]),
        ("<redacted>", &["[card]", "[name]", "[email]"], &["4417"]),
        ("<account_number>", &["[account_number]"], &["[card]"]),
        ("<postal_address>", &["[postal_address:0]"], &["[name]"]),
        (
            "<name>",
            &[
                "Quentin",
                "Robert Ellis",
                "Mary-Ann Smith",
                "Will",
                "[name]",
                "Robert [name]",
            ],
            &["quentin", "Friday", "5", "[card]", "ZIP", "[email]"],
        ),
        (
            "<name>",
            &["April", "June Adams"],
            &["April 6th", "June sixth"],
        ),
        // One placeholder is both names of a person.
        (
            "<name> <name>",
            &["Robert Ellis", "[name]"],
            &["Robert", "[email]"],
        ),
    ] {
        for text in yes {
            assert_eq!(takes(class, text), [format!("is {text} ok")], "{class}");
        }
        for text in no {
            assert_eq!(takes(class, text), [""; 0], "{class}: {text}");
        }
    }
    // A capital at the start of a sentence makes no name of a common word.
    check(&[
        (
            "<name> speaking",
            "Thanks. Still speaking / Anna speaking",
            &["Anna speaking"],
        ),
        (
            "this is <name>",
            "Hi, this is Sarah Mills. How are you",
            &["this is Sarah Mills."],
        ),
        // Without capitals any word may be one that is not a common one.
        (
            "this is <name>",
            "this is sarah this is about",
            &["this is sarah"],
        ),
        ("by the <date>", "by the third then", &[]),
        ("sent <date>", "sent by the third", &[]),
        (
            "ready by <date>",
            "ready by the third then",
            &["ready by the third"],
        ),
        (
            "<number> dollars",
            "twenty five dollars",
            &["twenty five dollars"],
        ),
    ]);
}

#[test]
fn negations_are_told() {
    for (phrase, text, negated) in [
        ("refund", "we will not refund it", true),
        ("refund", "we won't refund it", true),
        ("refund you", "I cannot refund you", true),
        ("give you a refund", "I can't give you a refund", true),
        ("refund", "there is no refund", true),
        ("call again", "no need to call again", true),
        ("call again", "you do not need to call again", true),
        ("call again", "you never have to call again", true),
        ("fee", "it comes without a fee", true),
        ("call us", "instead of calling us", true),
        ("available", "it is no longer available", true),
        ("we will ... refund", "we will definitely not refund", true),
        ("i will <word> refund", "I will not refund", true),
        ("recorded", "this call isn't recorded", true),
        ("help you", "we are unable to help you", true),
        // Plain.
        ("refund", "we will refund it", false),
        ("your balance", "No, your balance is 5", false),
        ("your balance", "no your balance is 5", false),
        ("refund you", "Why not refund you", false),
        ("refund", "Why don't we refund it", false),
        ("refund", "not only refund but pay", false),
        ("refund", "if not refund it", false),
        ("want a refund", "Don't you want a refund", false),
        ("call us", "don't hesitate to call us", false),
        ("i will refund", "Don't worry, I will refund", false),
        ("i will refund", "don't worry I will refund", false),
        ("refund", "I do not. Refund it", false),
        ("we refund", "it is not expensive but we refund it", false),
        (
            "i was transferred",
            "it did not work and I was transferred",
            false,
        ),
        ("refund", "never mind the refund", false),
        ("help you", "no problem I can help you", false),
        ("refund", "not at all, refund it", false),
        (
            "refund",
            "we did not say that this is about a refund",
            false,
        ),
        // Two cancel each other.
        ("refund you", "we will never not refund you", false),
        // A phrase that says so itself.
        ("cannot promise", "I cannot promise", false),
        (
            "do not understand",
            "it is not that I do not understand",
            false,
        ),
    ] {
        let expected = if negated { "not: " } else { "" };
        let all = found(phrase, text);
        assert_eq!(all.len(), 1, "{phrase} in {text}: {all:?}");
        assert_eq!(
            all[0].starts_with("not: "),
            !expected.is_empty(),
            "{phrase} in {text}"
        );
    }
}

#[test]
fn a_pause_ends_a_phrase_and_a_negation() {
    let (matcher, ids) = matcher(&["call you back", "you"]);
    let (_, tokens) = read(&matcher, "not call you back");
    let whole = matcher.find(&tokens, |_, _| true);
    let parted = matcher.find(&tokens, |a, _| a != 1);
    assert_eq!(whole.of(ids[0]).len(), 1);
    assert_eq!(parted.of(ids[0]).len(), 0);
    assert_eq!(whole.of(ids[1])[0].negated, Some(0));
    assert_eq!(parted.of(ids[1])[0].negated, None);
}

#[test]
fn what_came_closest_is_told() {
    let nearest = |phrases: &[&str], text: &str, least: f64| -> Option<(usize, String, f64)> {
        let (matcher, ids) = matcher(phrases);
        let (words, tokens) = read(&matcher, text);
        let nearest = matcher.nearest(&tokens, &ids, 0..tokens.len(), least)?;
        let quote: Vec<&str> = nearest
            .tokens
            .iter()
            .map(|t| words[tokens.word(*t)].as_str())
            .collect();
        let phrase = ids.iter().position(|id| *id == nearest.phrase)?;
        Some((phrase, quote.join(" "), (nearest.share * 100.0).round()))
    };
    let some = |phrase, quote: &str, share| Some((phrase, quote.to_string(), share));
    let help = "is there anything else i can do for you";
    assert_eq!(
        nearest(&[help], "so anything else for you", 0.4),
        some(0, "anything else for you", 44.0)
    );
    assert_eq!(nearest(&[help], "so anything else for you", 0.5), None);
    // At most two other words between.
    assert_eq!(
        nearest(&["thank you"], "thank a b you", 0.5),
        some(0, "thank you", 100.0)
    );
    assert_eq!(nearest(&["thank you"], "thank a b c you", 0.5), None);
    // But for those that the phrase leaves open.
    assert_eq!(
        nearest(&["your ... balance is"], "your a b c d e balance", 0.5),
        some(0, "your balance", 67.0)
    );
    // Words that sound near count, and any alternative.
    assert_eq!(
        nearest(
            &["call (may|will) be (recorded|taped)"],
            "this call will be corded",
            0.5
        ),
        some(0, "call will be corded", 100.0)
    );
    // The largest share wins, then the phrase named first; one word is none.
    assert_eq!(
        nearest(
            &["your full name please", "date of birth", "birth date"],
            "date of berth",
            0.5
        ),
        some(1, "date of berth", 100.0)
    );
    assert_eq!(nearest(&["date of birth"], "birth", 0.1), None);
    // Only within the range, across the words of 64 tokens.
    let far = format!("{} date of birth", "x ".repeat(130).trim());
    assert_eq!(
        nearest(&["date of birth"], &far, 0.5),
        some(0, "date of birth", 100.0)
    );
    let (matcher, ids) = matcher(&["date of birth"]);
    let (_, tokens) = read(&matcher, &far);
    assert_eq!(matcher.nearest(&tokens, &ids, 0..131, 0.5), None);
    let part = matcher.nearest(&tokens, &ids, 131..133, 0.5).unwrap();
    assert_eq!(part.tokens, [131, 132]);
}

#[test]
fn a_phrase_knows_what_it_finds() {
    let phrase = |text: &str| Phrase::parse(text).unwrap();
    assert_eq!(
        phrase("(may|can) i have <money> ... by <date>").example(),
        "may i have $5 by Friday"
    );
    for (inner, outer, covers) in [
        ("refund", "a refund today", true),
        ("refund", "[a] (refund|refunds) today", true),
        ("a refund", "[a] refund today", false),
        ("<number>", "in (two|3) weeks", true),
        ("your ... balance", "your balance", true),
        ("your balance", "your ... balance", false),
        ("^hello", "hello there", false),
        ("hello", "^hello there", true),
        ("call is recorded", "call is corded", false),
        ("<redacted>", "<card_number>", true),
    ] {
        assert_eq!(
            phrase(inner).covers(&phrase(outer)),
            covers,
            "{inner} in {outer}"
        );
    }
}

#[test]
fn what_is_left_open_stays_within_a_sentence() {
    for (phrase, text, is_found) in [
        (
            "your plan ... refund",
            "It is your plan. A refund comes",
            false,
        ),
        ("your plan ... refund", "your plan, and the refund", true),
        ("must be <word>", "It must be. What now", false),
        ("must be <word>", "It must be broken", true),
        ("<word> speaking", "Hello. Anna speaking", true),
        ("oh sorry", "Oh. Sorry about it", true),
        ("sure <name>", "Sure I've got it", false),
        ("sure <name>", "Sure, Anna.", true),
    ] {
        assert_eq!(
            !found(phrase, text).is_empty(),
            is_found,
            "{phrase} in {text}"
        );
    }
}

#[test]
fn the_same_phrase_has_one_id_and_every_example_is_found() {
    let (first, ids) = matcher(&["hello", "thank you", "hello"]);
    assert_eq!(ids[0], ids[2]);
    assert_eq!(first.len(), 2);
    assert_eq!(first.id(&Phrase::parse("goodbye").unwrap()), None);
    for text in [
        "^(a|b c) ... <name>",
        "{x, y} within 2 words",
        "<time> [or] <digits>",
    ] {
        let phrase = Phrase::parse(text).unwrap();
        assert!(phrase.covers(&phrase), "{text}");
    }
}

/// One match as the search by hand finds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    guesses: usize,
    skipped: usize,
    end: std::cmp::Reverse<usize>,
    bent: usize,
    matched: Vec<Matched>,
    near_sounds: usize,
}

fn ends_sentence(token: &Token) -> bool {
    token.has(Traits::SENTENCE_END)
}

/// Every phrase by itself, every wording from every token, with backtracking.
struct Plain<'a> {
    tokens: &'a Tokens,
    /// By token.
    texts: Vec<String>,
    joined: &'a [bool],
    items: Vec<Item>,
    found: Vec<Way>,
}

impl Plain<'_> {
    fn walk(&mut self, item: usize, at: usize, way: &Way) {
        let Some(wanted) = self.items.get(item).cloned() else {
            self.found.push(way.clone());
            return;
        };
        match wanted {
            Item::Gap(most) => {
                for skip in 0..=most {
                    let one_sentence = (at.saturating_sub(1)..at + skip)
                        .all(|t| !self.tokens.tokens.get(t).is_some_and(ends_sentence));
                    let stays = skip == 0 || one_sentence;
                    if stays && (at..at + skip).all(|t| self.reachable(t)) {
                        let way = Way {
                            skipped: way.skipped + skip,
                            ..way.clone()
                        };
                        self.walk(item + 1, at + skip, &way);
                    }
                }
            }
            Item::Class(class) => {
                let mut end = at;
                while end < self.texts.len() && (end == at || self.joined[end - 1]) {
                    end += 1;
                }
                let before = (at > 0).then(|| &self.tokens.tokens[at - 1]);
                let within = !way.matched.is_empty();
                if class == Class::Word && within && before.is_some_and(ends_sentence) {
                    return;
                }
                let lengths =
                    class.lengths(&self.tokens.tokens[at..end], before, self.tokens.cased);
                for length in lengths.iter() {
                    let tolerance = class.tolerance(&self.tokens.tokens[at]);
                    self.take(item + 1, at, length, tolerance, class.is_any(), way);
                }
            }
            Item::Word { text, exact, .. } => {
                let Some(token) = self.texts.get(at).cloned() else {
                    return;
                };
                let tolerance = Form::of(&token).stands_for(&Form::of(&text));
                if let Some(tolerance) = tolerance.filter(|t| !exact || *t == Tolerance::Exact) {
                    self.take(item + 1, at, 1, tolerance, false, way);
                }
                for (one, two) in folding::SPLIT {
                    let same_word = self
                        .tokens
                        .tokens
                        .get(at + 1)
                        .is_some_and(|next| next.word == self.tokens.tokens[at].word);
                    if !exact
                        && text == one
                        && same_word
                        && token == two[0]
                        && self.texts[at + 1] == two[1]
                    {
                        self.take(item + 1, at, 2, Tolerance::Homophone, false, way);
                    }
                    let next = self.items.get(item + 1);
                    let second = Item::Word {
                        text: two[1].to_string(),
                        exact: false,
                        is_name: false,
                    };
                    if !exact && token == one && text == two[0] && next == Some(&second) {
                        self.take(item + 2, at, 1, Tolerance::Homophone, false, way);
                    }
                }
            }
        }
    }

    fn take(
        &mut self,
        item: usize,
        at: usize,
        width: usize,
        tolerance: Tolerance,
        any: bool,
        way: &Way,
    ) {
        let first = way.matched.is_empty();
        if !(at..at + width)
            .all(|t| t < self.texts.len() && (first && t == at || self.reachable(t)))
        {
            return;
        }
        let mut way = way.clone();
        way.near_sounds += usize::from(tolerance == Tolerance::NearSound);
        way.guesses += usize::from(tolerance >= Tolerance::NearSound);
        way.bent += usize::from(tolerance != Tolerance::Exact);
        way.matched.extend((at..at + width).map(|token| Matched {
            token,
            tolerance,
            any,
        }));
        way.end = std::cmp::Reverse(at + width - 1);
        self.walk(item, at + width, &way);
    }

    fn reachable(&self, at: usize) -> bool {
        at > 0 && at < self.texts.len() && self.joined[at - 1]
    }
}

fn plainly(phrase: &Phrase, words: &[&str], tokens: &Tokens, joined: &[bool]) -> Vec<Vec<Matched>> {
    let texts: Vec<String> = words
        .iter()
        .flat_map(|word| match placeholder(word) {
            Some(_) => vec!["\u{1}".to_string()],
            None => words::normalised(word),
        })
        .collect();
    let mut best: Vec<Way> = Vec::new();
    for start in 0..texts.len() {
        if phrase.starts && !tokens.tokens[start].has(words::Traits::STARTS) {
            continue;
        }
        let mut ways = Vec::new();
        let wordings = phrase.wordings();
        let veiled: Vec<Vec<Item>> = wordings.iter().flat_map(|w| masked::veiled(w)).collect();
        for items in wordings.into_iter().chain(veiled) {
            let count = items
                .iter()
                .filter(|i| matches!(i, Item::Word { .. }))
                .count();
            let mut plain = Plain {
                tokens,
                texts: texts.clone(),
                joined,
                items,
                found: Vec::new(),
            };
            let nothing = Way {
                guesses: 0,
                skipped: 0,
                end: std::cmp::Reverse(0),
                bent: 0,
                matched: Vec::new(),
                near_sounds: 0,
            };
            plain.walk(0, start, &nothing);
            let may_near = if count < 3 { 0 } else { count / 3 };
            ways.extend(plain.found.into_iter().filter(|w| {
                w.near_sounds <= may_near
                    && (count >= 2
                        || w.matched
                            .iter()
                            .all(|m| m.tolerance != Tolerance::Homophone))
            }));
        }
        best.extend(ways.into_iter().min());
    }
    let span = |w: &Way| (w.matched[0].token, w.end.0);
    let tight: Vec<&Way> = best
        .iter()
        .filter(|outer| {
            !best.iter().any(|inner| {
                span(inner).0 > span(outer).0
                    && span(inner).1 <= span(outer).1
                    && inner.guesses <= outer.guesses
                    && inner.skipped < outer.skipped
            })
        })
        .collect();
    let mut kept: Vec<&Way> = Vec::new();
    for sure in [true, false] {
        for way in &tight {
            let apart = |k: &&Way| span(k).1 < span(way).0 || span(way).1 < span(k).0;
            if (way.guesses == 0) == sure && kept.iter().all(apart) {
                kept.push(way);
            }
        }
    }
    kept.sort_by_key(|w| span(w).0);
    kept.into_iter().map(|w| w.matched.clone()).collect()
}

const WORDS: [&str; 23] = [
    "call", "called", "calling", "you", "are", "your", "policy", "police", "balance", "balanced",
    "refund", "two", "to", "=call", "<number>", "<word>", "<name>", "there", "they", "it's",
    "three", "is", "Anna",
];
const SAID: [&str; 26] = [
    "call",
    "Called",
    "calls,",
    "you",
    "are",
    "your",
    "you're",
    "policy",
    "police",
    "balance.",
    "refund",
    "to",
    "2",
    "zyx",
    "Anna",
    "five",
    "hundred",
    "their",
    "they're",
    "its",
    "it",
    "is",
    "/",
    "three",
    "[account_number]",
    "[passcode]",
];

fn any_phrase() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&WORDS[..]).prop_map(str::to_string);
    let piece = word.prop_recursive(2, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..3).prop_map(|w| w.join(" "));
        prop_oneof![
            3 => inner.clone(),
            2 => (some.clone(), some.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
            1 => some.clone().prop_map(|a| format!("[{a}]")),
            1 => (inner.clone(), inner.clone(), 1..4).prop_map(|(a, b, n)| format!("{a} ...{n} {b}")),
            1 => (inner.clone(), inner, 1..3).prop_map(|(a, b, n)| format!("{{{a}, {b}}} within {n} words")),
        ]
    });
    (any::<bool>(), prop::collection::vec(piece, 1..5))
        .prop_map(|(start, pieces)| format!("{}{}", if start { "^" } else { "" }, pieces.join(" ")))
}

/// What a placeholder may hide is found as a guess where the words around it are there.
#[test]
fn a_placeholder_may_hide_words_of_a_phrase() {
    check(&[
        (
            "born on may 14th",
            "I was born on [date_of_birth].",
            &["born on [date_of_birth].?"],
        ),
        ("born on may 14th", "I was born on [account_number].", &[]),
        ("born on may 14th", "It is [date_of_birth].", &[]),
        (
            "thank you Robert",
            "Thank you [name] so much",
            &["Thank you [name]?"],
        ),
        ("thank you robert", "Thank you [name] so much", &[]),
        ("i am sorry", "[account_number] I am sorry", &["I am sorry"]),
        ("sorry", "[account_number] [name] [email]", &[]),
        // What was surely said comes first.
        (
            "sent three emails",
            "sent three emails and sent [phone_number] emails",
            &["sent three emails", "sent [phone_number] emails?"],
        ),
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn all_at_once_is_one_by_one(
        phrases in prop::collection::vec(any_phrase(), 1..6),
        said in prop::collection::vec(prop::sample::select(&SAID[..]), 1..25),
        pauses in prop::collection::vec(prop::bool::weighted(0.1), 80),
    ) {
        let phrases: Vec<Phrase> = phrases.iter().filter_map(|p| Phrase::parse(p).ok()).collect();
        let mut builder = MatcherBuilder::new();
        let ids: Vec<PhraseId> = phrases.iter().map(|p| builder.add(p)).collect();
        let matcher = builder.build();
        let text = said.join(" ");
        let (words, tokens) = read(&matcher, &text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let joined: Vec<bool> = pauses.iter().map(|pause| !pause).collect();
        let hits = matcher.find(&tokens, |a, _| joined[a]);
        for (phrase, id) in phrases.iter().zip(&ids) {
            let together: Vec<Vec<Matched>> = hits.of(*id).iter().map(|h| h.matched.clone()).collect();
            let alone = plainly(phrase, &words, &tokens, &joined);
            prop_assert_eq!(together, alone, "{} in {}", phrase, text);
        }
    }
}

proptest! {
    #[test]
    fn the_nearest_part_is_the_largest_there_is(
        phrases in prop::collection::vec(any_phrase(), 1..4),
        said in prop::collection::vec(prop::sample::select(&SAID[..]), 2..150),
        (from, to) in (0..80_usize, 0..150_usize),
    ) {
        let phrases: Vec<Phrase> = phrases.iter().filter_map(|p| Phrase::parse(p).ok()).collect();
        let mut builder = MatcherBuilder::new();
        let ids: Vec<PhraseId> = phrases.iter().map(|p| builder.add(p)).collect();
        let matcher = builder.build();
        let (_, tokens) = read(&matcher, &said.join(" "));
        let range = from.min(tokens.len())..to.min(tokens.len()).max(from.min(tokens.len()));
        let mut best = 0.0_f64;
        for id in &ids {
            for slots in &matcher.outlines[id.0 as usize] {
                let count = largest_part(slots, &matcher, &tokens, range.clone());
                if count >= 2 {
                    best = best.max(count as f64 / slots.len() as f64);
                }
            }
        }
        let nearest = matcher.nearest(&tokens, &ids, range.clone(), 0.5);
        prop_assert_eq!(nearest.as_ref().map_or(0.0, |n| n.share), if best < 0.5 { 0.0 } else { best });
        if let Some(nearest) = nearest {
            prop_assert!(nearest.tokens.is_sorted_by(|a, b| a < b));
            prop_assert!(nearest.tokens.iter().all(|t| range.contains(t)));
            let fits = matcher.outlines[nearest.phrase.0 as usize].iter().any(|slots| {
                let count = nearest.tokens.len();
                count as f64 / slots.len() as f64 == nearest.share
                    && largest_part(slots, &matcher, &tokens, nearest.tokens[0]..nearest.tokens[count - 1] + 1) == count
            });
            prop_assert!(fits, "{:?}", nearest);
        }
    }
}

/// The most slots that stand in order, each within its reach of the one before.
fn largest_part(
    slots: &[matcher::Slot],
    matcher: &Matcher,
    tokens: &Tokens,
    range: std::ops::Range<usize>,
) -> usize {
    let mut ends: Vec<(usize, usize, usize)> = Vec::new();
    for (i, slot) in slots.iter().enumerate() {
        for at in range.clone() {
            let stands = tokens
                .senses(at)
                .iter()
                .any(|s| matcher.slots[slot.id.0 as usize].contains(&s.symbol));
            if stands {
                let near = |&&(slot_before, before, _): &&(usize, usize, usize)| {
                    slot_before < i && before < at && at - before <= slot.reach as usize
                };
                let longest = ends.iter().filter(near).map(|e| e.2).max().unwrap_or(0);
                ends.push((i, at, longest + 1));
            }
        }
    }
    ends.iter().map(|e| e.2).max().unwrap_or(0)
}

/// A generator that needs no crate; the same numbers every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((self.0 >> 33) as usize) % n
    }
}

/// Phrases like those of rubrics, of the words of a text: some change a word, some have
/// alternatives, gaps or optional words.
fn drawn_phrases(words: &[String], count: usize) -> Vec<Phrase> {
    let mut draw = Draw(7);
    let mut phrases = Vec::new();
    while phrases.len() < count {
        let at = draw.below(words.len() - 6);
        let mut text: Vec<String> = words[at..at + 2 + draw.below(4)].to_vec();
        for word in &mut text {
            let other = &words[draw.below(words.len())];
            match draw.below(10) {
                0..=2 => *word = format!("({word}|{other})"),
                3 => word.clone_from(other),
                4 => *word = format!("{word} [so]"),
                _ => {}
            }
        }
        if draw.below(5) == 0 {
            text.insert(1, "...".to_string());
        }
        phrases.extend(Phrase::parse(&text.join(" ")));
    }
    phrases
}

/// Microseconds per call of 900 words against more and more phrases. Run by hand, with full
/// optimisation: `cargo test --release --lib -- --ignored --nocapture time_of_a_call`.
#[test]
#[ignore = "prints times"]
fn time_of_a_call() {
    use std::time::{Duration, Instant};
    // Phrases are drawn from other calls than those that are searched.
    let mut words: Vec<(String, bool)> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir("samples/reference")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    for (i, file) in files.iter().enumerate() {
        let transcript = crate::transcript::Transcript::read(file).unwrap();
        for segment in transcript.channels.iter().flat_map(|c| &c.segments) {
            if i % 2 == 1 {
                let said = segment.words.iter();
                others.extend(said.flat_map(|w| words::normalised(&w.text)));
                continue;
            }
            let each = segment.words.iter().enumerate();
            words.extend(each.map(|(i, w)| (w.text.clone(), i == 0)));
        }
    }
    let spoken = |words: &[(String, bool)], matcher: &Matcher| {
        matcher.read(words.iter().map(|(text, starts)| Spoken {
            text,
            redacted: None,
            hidden: false,
            starts: *starts,
        }))
    };
    // Two halves, of one party each, make a call of 900 words.
    let calls: Vec<&[(String, bool)]> = words.chunks_exact(450).collect();
    let drawn =
        [30, 100, 300, 1000, 3000].map(|n| (format!("{n} drawn"), drawn_phrases(&others, n)));
    let mut shipped: Vec<Phrase> = Vec::new();
    let mut sets: Vec<(String, Vec<Phrase>)> = Vec::new();
    for (name, _) in crate::rubric::BUILT_IN {
        let rubric = crate::rubric::read(name).unwrap();
        let before = shipped.len();
        for phrase in rubric.phrases() {
            if !shipped.contains(phrase) {
                shipped.push(phrase.clone());
            }
        }
        if before < 250 && shipped.len() >= 250 {
            sets.push((format!("{} shipped", shipped.len()), shipped.clone()));
        }
    }
    sets.push((format!("{} shipped", shipped.len()), shipped));
    sets.extend(drawn);
    for (name, phrases) in sets {
        let started = Instant::now();
        let mut builder = MatcherBuilder::new();
        let ids: Vec<PhraseId> = phrases.iter().map(|p| builder.add(p)).collect();
        let matcher = builder.build();
        let built = started.elapsed();
        let started = Instant::now();
        for call in &calls {
            spoken(call, &matcher);
        }
        let cold = started.elapsed();
        let mut times = [Duration::MAX; 3];
        let (mut found, mut near, mut asked) = (0, 0, 0);
        for _ in 0..20 {
            let mut sums = [Duration::ZERO; 3];
            (found, near, asked) = (0, 0, 0);
            for call in &calls {
                let started = Instant::now();
                let tokens = spoken(call, &matcher);
                sums[0] += started.elapsed();
                let started = Instant::now();
                let hits = matcher.find(&tokens, |_, _| true);
                sums[1] += started.elapsed();
                found += hits.len();
                let started = Instant::now();
                for rule in ids.chunks(8) {
                    if rule.iter().all(|id| hits.of(*id).is_empty()) {
                        asked += rule.len();
                        let nearest = matcher.nearest(&tokens, rule, 0..tokens.len(), 0.5);
                        near += usize::from(nearest.is_some());
                    }
                }
                sums[2] += started.elapsed();
            }
            for (time, sum) in times.iter_mut().zip(sums) {
                *time = (*time).min(sum);
            }
        }
        let per_call = |time: Duration| time.as_secs_f64() * 1e6 / calls.len() as f64 * 2.0;
        println!(
            "{name}: read {:.1}, find {:.1}, nearest {:.1}, together {:.1} us a call; {} hits, {} near of {} asked; built in {:.1} ms, first reading {:.1} ms of {} words",
            per_call(times[0]),
            per_call(times[1]),
            per_call(times[2]),
            per_call(times.iter().sum()),
            found * 2 / calls.len(),
            near * 2 / calls.len(),
            asked * 2 / calls.len(),
            built.as_secs_f64() * 1e3,
            cold.as_secs_f64() * 1e3,
            words.len(),
        );
    }
    // The worst: a phrase that fits everywhere in every way.
    let (matcher, ids) = matcher(&[
        "{no, no, no, no} within 20 words",
        "<word> ...20 <word> ...20 no",
    ]);
    let (_, tokens) = read(&matcher, "no ".repeat(900).trim());
    let started = Instant::now();
    let hits = matcher.find(&tokens, |_, _| true);
    println!(
        "900 times one word: {:.1} ms, {} hits",
        started.elapsed().as_secs_f64() * 1e3,
        hits.of(ids[0]).len()
    );
}
