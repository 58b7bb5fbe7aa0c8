//! Names of people: those that the table of calls states, those that are introduced or asked for,
//! and every repetition of them in the call.
//!
//! A name that the table states is looked for whole and in parts, spelled out, and with a letter
//! or two misheard. Where it is an everyday word as well ("May", "Price"), something beside it has
//! to tell that it is a name: another part, a title, an introduction, a capital within a sentence.
//! A name that was introduced ("my name is …", "… speaking") or asked for ends at the first
//! everyday word. Transcripts without capitals are read in the same way; there a name that is an
//! everyday word is found only where it was introduced. Given names that are no other word are
//! masked wherever they are said, with the family name behind them.
//!
//! Left out on purpose: names of companies, products and places, rare names of others that are
//! only mentioned, and everyday words of other languages than English.

use std::collections::{HashMap, HashSet};

use super::found::Found;
use super::spelled::{self, LETTERS, Spelled};
use super::tokens::{Case, Class, Token};
use super::turns;
use super::vocabulary::{is_calendar, is_common, is_family, is_function, is_given};
use crate::recording::CustomerName;
use crate::transcript::{RedactedKind, Rule};

/// Parts of one name; more are no name.
const PARTS: usize = 5;
/// An answer to "your name?" has it among its first words.
const ANSWER_WORDS: usize = 16;
/// A word spelled out belongs to a name that is so near.
const SPELLED_NEAR: usize = 5;

/// Finds the names to mask.
pub(super) fn find(channels: &[Vec<Token>], names: &[CustomerName]) -> Vec<Found> {
    let mut talk = Talk::new(channels);
    let stated = Known::new(names.iter().flat_map(|name| parts(name.expose())).collect());
    talk.mark_known(&stated, Rule::Sidecar);
    for channel in 0..channels.len() {
        talk.mark_introduced(channel);
    }
    for channel in 0..channels.len() {
        talk.mark_asked(channel);
        talk.mark_mentioned(channel);
    }
    talk.mark_spelled(&stated);
    let learned = talk.learned();
    talk.mark_known(&learned, Rule::Learned);
    talk.mark_spelled(&learned);
    talk.mark_beside();
    talk.into_found()
}

/// A part of a name that is looked for.
struct Part {
    text: String,
    common: bool,
    /// So many letters may be misheard.
    tolerance: usize,
    /// Its place in the name, where that is known.
    place: Option<usize>,
}

impl Part {
    fn new(text: String) -> Self {
        let tolerance = match text.chars().count() {
            0..5 => 0,
            5..8 => 1,
            _ => 2,
        };
        Self {
            common: is_common(&text) || is_calendar(&text),
            tolerance,
            text,
            place: None,
        }
    }

    fn is_short(&self) -> bool {
        self.text.chars().count() <= 2
    }

    /// Whether `other` right after this makes a name of two everyday words: "Will Young", and not
    /// "the young will".
    fn is_followed_by(&self, other: &Part) -> bool {
        let places = self.place.zip(other.place);
        places.is_some_and(|(own, other)| own + 1 == other) && self.text != other.text
    }

    fn resembles(&self, word: &str) -> bool {
        let unspaced = self.text.starts_with(|c: char| c >= '\u{2e80}');
        self.tolerance > 0 && is_within(word, &self.text, self.tolerance)
            || unspaced && word.contains(&self.text)
    }
}

/// The parts of a name as people write it in a table: "Ellis, Robert", "Dr. Anne-Marie O'Brien".
fn parts(name: &str) -> Vec<Part> {
    let in_order = match name.split_once(',') {
        Some((last, first)) => format!("{first} {last}"),
        None => name.to_string(),
    };
    let parts = in_order
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '\u{2019}'))
        .filter(|part| !part.chars().any(|c| c.is_ascii_digit()))
        .map(plain)
        .filter(|part| part.chars().count() >= 2 || !part.is_ascii() && !part.is_empty())
        .filter(|part| !is_title(part) && !matches!(part.as_str(), "jr" | "sr" | "ii" | "iii"))
        .filter(|part| !is_particle(part))
        .map(Part::new);
    let placed = parts.enumerate().map(|(place, part)| Part {
        place: Some(place),
        ..part
    });
    placed.collect()
}

/// All parts of names that are looked for.
struct Known {
    parts: Vec<Part>,
    by_text: HashMap<String, usize>,
}

impl Known {
    /// More parts than one call can have names for; then only exact words are looked for, so that
    /// the time stays in proportion to the words.
    const MOST: usize = 64;

    fn new(parts: Vec<Part>) -> Self {
        let by_text = parts.iter().enumerate();
        let by_text = by_text.map(|(at, part)| (part.text.clone(), at)).collect();
        Self { parts, by_text }
    }

    fn is_short(&self) -> bool {
        self.parts.len() <= Self::MOST
    }

    fn exact(&self, word: &str) -> Option<&Part> {
        self.by_text.get(word).map(|&at| &self.parts[at])
    }

    /// Whether a word is a part that was misheard, or holds one in a script without blanks.
    fn resembles(&self, word: &str) -> bool {
        self.is_short() && self.parts.iter().any(|part| part.resembles(word))
    }

    /// Whether letters that were read out are a part.
    fn is_spelled(&self, letters: &str) -> bool {
        self.exact(letters).is_some()
            || self.is_short()
                && self.parts.iter().any(|part| {
                    part.text.len() >= 4
                        // Both names in one go, or one of them twice.
                        && (letters.contains(&part.text) || is_within(letters, &part.text, 1))
                })
    }
}

/// A word in the form in which names are compared: lower case, without "'s", apostrophes and
/// accents.
fn plain(word: &str) -> String {
    let lower = word.to_lowercase().replace('\u{2019}', "'");
    let bare = lower.strip_suffix("'s").unwrap_or(&lower);
    bare.chars()
        .filter(|c| *c != '\'')
        .map(unaccented)
        .collect()
}

fn unaccented(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' | 'ē' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ī' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' => 's',
        'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ž' | 'ż' => 'z',
        other => other,
    }
}

/// Whether two words differ in at most `most` letters put in, left out, changed or swapped.
fn is_within(a: &str, b: &str, most: usize) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let mut cost = (row[j] + usize::from(a[i] != b[j]))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                cost = cost.min(before[j - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()] <= most
}

fn is_title(word: &str) -> bool {
    matches!(
        word,
        "mr" | "mrs"
            | "ms"
            | "miss"
            | "mx"
            | "dr"
            | "mister"
            | "missus"
            | "doctor"
            | "prof"
            | "professor"
            | "herr"
            | "frau"
            | "monsieur"
            | "madame"
            | "señor"
            | "señora"
    )
}

/// Small words within family names.
fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "de" | "del"
            | "della"
            | "der"
            | "di"
            | "da"
            | "dos"
            | "du"
            | "la"
            | "le"
            | "van"
            | "von"
            | "den"
            | "ter"
            | "bin"
            | "ibn"
            | "al"
            | "el"
            | "st"
            | "mc"
            | "mac"
            | "o"
    )
}

/// How sure it is that a name comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// "My name is …": whatever is no everyday word is a name.
    Strong,
    /// "This is …": something about the word itself has to say so.
    Weak,
}

/// A call while names are looked for in it.
struct Talk<'a> {
    channels: &'a [Vec<Token>],
    /// Whether capitals tell anything.
    cased: bool,
    /// Names of companies, by their words.
    firms: HashSet<&'a str>,
    spelled: Vec<Vec<Spelled>>,
    /// By channel and token, in the form in which names are compared.
    said: Vec<Vec<String>>,
    /// By channel and token.
    marks: Vec<Vec<Option<Rule>>>,
}

impl<'a> Talk<'a> {
    fn new(channels: &'a [Vec<Token>]) -> Self {
        let mut talk = Self {
            channels,
            cased: is_cased(channels),
            firms: HashSet::new(),
            spelled: channels
                .iter()
                .map(|tokens| spelled::find(tokens))
                .collect(),
            said: channels
                .iter()
                .map(|tokens| tokens.iter().map(|t| plain(&t.text)).collect())
                .collect(),
            marks: channels.iter().map(|t| vec![None; t.len()]).collect(),
        };
        for tokens in channels {
            talk.learn_firms(tokens);
        }
        talk
    }

    fn text(&self, channel: usize, at: usize) -> &'a str {
        self.channels[channel]
            .get(at)
            .map_or("", |t| t.text.as_str())
    }

    /// The text of the token `back` places before.
    fn before(&self, channel: usize, at: usize, back: usize) -> &'a str {
        at.checked_sub(back).map_or("", |at| self.text(channel, at))
    }

    /// "Thank you for calling Northwind Bank", "from Capital Trust", "Union Gas".
    fn learn_firms(&mut self, tokens: &'a [Token]) {
        for at in 0..tokens.len() {
            let word = tokens[at].text.as_str();
            let leads = matches!(word, "calling" | "choosing" | "contacting" | "from")
                || word == "to" && at > 0 && tokens[at - 1].text == "welcome";
            if leads && !tokens[at].pause {
                let run: Vec<&str> = tokens[at + 1..]
                    .iter()
                    .take(4)
                    .take_while(|t| self.may_be_firm(t))
                    .map(|t| t.text.as_str())
                    .collect();
                if run.first().is_some_and(|first| !is_given(first)) {
                    self.firms.extend(run);
                }
            }
            if self.cased && is_kind_of_firm(word) && tokens[at].case != Case::Lower {
                let run: Vec<&str> = tokens[..at]
                    .iter()
                    .rev()
                    .take(3)
                    .take_while(|t| self.may_be_firm(t) && !t.pause)
                    .map(|t| t.text.as_str())
                    .collect();
                self.firms.extend(run);
            }
        }
    }

    fn may_be_firm(&self, token: &Token) -> bool {
        token.digits.is_empty()
            && !token.text.is_empty()
            && !is_function(&token.text)
            && match self.cased {
                true => token.case != Case::Lower,
                false => !is_common(&token.text),
            }
    }

    fn mark(&mut self, channel: usize, first: usize, last: usize, rule: Rule) {
        for mark in &mut self.marks[channel][first..=last] {
            mark.get_or_insert(rule);
        }
    }

    // ---- what is known ----

    /// Marks every place where a part of a known name is said.
    fn mark_known(&mut self, known: &Known, rule: Rule) {
        if known.parts.is_empty() {
            return;
        }
        for channel in 0..self.channels.len() {
            let exact: Vec<Option<&Part>> = self.said[channel]
                .iter()
                .map(|word| known.exact(word))
                .collect();
            for at in 0..exact.len() {
                if self.channels[channel][at].class == Class::Sealed {
                    continue;
                }
                let before = at.checked_sub(1).and_then(|before| exact[before]);
                let after = exact.get(at + 1).copied().flatten();
                let capital = self.cased && self.channels[channel][at].case != Case::Lower;
                // Two everyday words tell each other only in their order, or by their capitals.
                let tells = |own: Option<&Part>, first: bool, other: Option<&Part>| {
                    other.is_some_and(|other| match own {
                        Some(own) if own.common && other.common => {
                            capital
                                || !self.cased && first && own.is_followed_by(other)
                                || !self.cased && !first && other.is_followed_by(own)
                        }
                        Some(own) => own.text != other.text,
                        None => true,
                    })
                };
                let beside = tells(exact[at], false, before) || tells(exact[at], true, after);
                if self.is_known(channel, at, exact[at], beside, known) {
                    self.mark(channel, at, at, rule);
                } else if self.is_known_in_two(channel, at, known) {
                    self.mark(channel, at, at + 1, rule);
                }
            }
        }
    }

    /// Whether a word is a part of a known name, or one that was misheard; `beside` another part.
    fn is_known(
        &self,
        channel: usize,
        at: usize,
        exact: Option<&Part>,
        beside: bool,
        known: &Known,
    ) -> bool {
        let token = &self.channels[channel][at];
        match exact {
            Some(part) if part.common => beside || self.is_called(channel, at),
            Some(part) if part.is_short() => {
                beside || self.cased && token.case != Case::Lower || self.is_called(channel, at)
            }
            Some(_) => true,
            None => {
                let likely =
                    beside || is_title(self.before(channel, at, 1)) || !is_common(&token.text);
                likely && !is_function(&token.text) && known.resembles(&self.said[channel][at])
            }
        }
    }

    /// "Mac Donald" for "MacDonald".
    fn is_known_in_two(&self, channel: usize, at: usize, known: &Known) -> bool {
        let [first, second, ..] = &self.said[channel][at..] else {
            return false;
        };
        let both_said = first.len() >= 2 && second.len() >= 2;
        both_said && known.is_short() && known.exact(&format!("{first}{second}")).is_some()
    }

    /// Whether an everyday word is used as a name here.
    fn is_called(&self, channel: usize, at: usize) -> bool {
        let token = &self.channels[channel][at];
        let (second, first) = (self.before(channel, at, 2), self.before(channel, at, 1));
        if is_title(first) || matches!((second, first), ("name" | "surname", "is") | (_, "name's"))
        {
            return !self.cased || token.case != Case::Lower;
        }
        let greeted = matches!((second, first), ("thank", "you"))
            || matches!(first, "hi" | "hello" | "hey" | "thanks" | "dear");
        if !self.cased {
            // "Thank you mark", and not "thank you will you hold".
            let next = self.text(channel, at + 1);
            return greeted
                && is_given(&token.text)
                && !matches!(
                    next,
                    "you" | "i" | "we" | "it" | "be" | "do" | "the" | "that"
                );
        }
        if token.case == Case::Lower {
            return false;
        }
        let begins = at.checked_sub(1).is_none_or(|before| {
            let before = &self.channels[channel][before];
            before.ends_sentence || before.segment != token.segment
        });
        if is_calendar(&token.text) {
            return greeted && !self.is_dated(channel, at);
        }
        greeted || first == "for" || !begins || token.pause && is_given(&token.text)
    }

    // ---- what is introduced ----

    fn mark_introduced(&mut self, channel: usize) {
        let tokens = &self.channels[channel];
        for at in 0..tokens.len() {
            if let Some((from, trust)) = self.introduction(channel, at) {
                self.mark_name_from(channel, from, trust, Rule::Introduced);
            }
            if let Some((first, last)) = self.name_before(channel, at) {
                self.mark(channel, first, last, Rule::Introduced);
            }
        }
    }

    /// Marks the name that begins at `from`, if there is one; fillers may stand ahead of it.
    fn mark_name_from(&mut self, channel: usize, from: usize, trust: Trust, rule: Rule) {
        let mut from = from;
        while matches!(
            self.text(channel, from),
            "uh" | "um" | "er" | "erm" | "actually" | "is" | "it's" | "that's" | "spelled" | "a"
        ) && trust == Trust::Strong
            && self.spelled_at(channel, from).is_none()
        {
            from += 1;
        }
        if trust == Trust::Strong
            && let Some(last) = self.spelled_at(channel, from)
        {
            self.mark(channel, from, last, rule);
        } else if let Some(last) = self.name_at(channel, from, trust) {
            self.mark(channel, from, last, rule);
            // "John and Mary Smith", "Smith, Robert Smith".
            if trust == Trust::Strong
                && self.cased
                && self.text(channel, last + 1) == "and"
                && !self.channels[channel][last].pause
                && let Some(second) = self.name_at(channel, last + 2, Trust::Weak)
                && self.channels[channel][last + 2].case == Case::Title
            {
                self.mark(channel, last + 2, second, rule);
            }
        }
    }

    /// The end of the word that is spelled out from `at` on.
    fn spelled_at(&self, channel: usize, at: usize) -> Option<usize> {
        let spelled = &self.spelled[channel];
        let found = spelled.binary_search_by_key(&at, |s| s.first).ok()?;
        Some(spelled[found].last)
    }

    fn letters_at(&self, channel: usize, at: usize) -> String {
        let spelled = &self.spelled[channel];
        let found = spelled.binary_search_by_key(&at, |s| s.first);
        found.map_or(String::new(), |found| spelled[found].letters.clone())
    }

    /// Where a name has to come that the words up to `at` introduce.
    fn introduction(&self, channel: usize, at: usize) -> Option<(usize, Trust)> {
        use Trust::{Strong, Weak};
        let word = self.text(channel, at);
        let next = self.text(channel, at + 1);
        let before = self.before(channel, at, 1);
        let second = self.before(channel, at, 2);
        let token = &self.channels[channel][at];
        let pause = token.pause;
        if token.ends_sentence && !is_title(word) {
            return None;
        }
        match word {
            "name" | "names" | "surname" | "firstname" | "lastname"
                if !is_name_of_thing(before) =>
            {
                match next {
                    "is" | "was" | "are" => Some((at + 2, Strong)),
                    "on" | "for" => self.is_after(channel, at + 2).map(|at| (at, Strong)),
                    _ if pause && before != "your" && self.cased => Some((at + 1, Strong)),
                    // "My name Rajesh Kumar", "first name Wendy last name Ackroyd".
                    _ if before != "your" && !is_common(next) => Some((at + 1, Strong)),
                    _ => None,
                }
            }
            "name's" | "surname's" if !is_name_of_thing(before) => Some((at + 1, Strong)),
            "named" => Some((at + 1, Weak)),
            "of" if matches!(before, "name" | "behalf" | "debt" | "account" | "estate") => {
                Some((at + 1, Weak))
            }
            "under" | "reached" => Some((at + 1, Weak)),
            "to" if matches!(before, "through" | "addressed") => Some((at + 1, Weak)),
            "got" if before == "you've" => Some((at + 1, Weak)),
            "called" if matches!(before, "she's" | "he's" | "is" | "was") => Some((at + 1, Weak)),
            "mine's" => Some((at + 1, Weak)),
            // "Everybody calls me Raj", "I go by Raj", "myself Rajesh Kumar".
            "me" if matches!(before, "call" | "calls" | "named") && !is_common(next) => {
                Some((at + 1, Strong))
            }
            "by" if matches!(before, "go" | "goes" | "known") && !is_common(next) => {
                Some((at + 1, Strong))
            }
            "as" if matches!(before, "known" | "down") => Some((at + 1, Weak)),
            "myself" => Some((at + 1, Weak)),
            "side" if before == "this" && !is_common(next) => Some((at + 1, Strong)),
            "kin" | "holder" | "cardholder" | "policyholder" if next == "is" => {
                Some((at + 2, Strong))
            }
            "with" | "to"
                if matches!(
                    before,
                    "speaking" | "talking" | "speak" | "talk" | "spoke" | "talked" | "spoken"
                ) =>
            {
                let own = matches!(before, "speaking" | "talking")
                    && matches!(second, "you're" | "are" | "i" | "am" | "i'm");
                Some((at + 1, if own { Strong } else { Weak }))
            }
            "for" if matches!(before, "looking" | "ask" | "asking") => Some((at + 1, Weak)),
            "is" if matches!(before, "this" | "it" | "that" | "here" | "mine") => {
                Some((at + 1, Weak))
            }
            "this" | "that" if before == "is" => Some((at + 1, Weak)),
            "am" if before == "i" => Some((at + 1, Weak)),
            "it's" | "i'm" | "im" | "is" => Some((at + 1, Weak)),
            "you" if before == "thank" => Some((at + 1, Weak)),
            "hi" | "hello" | "hey" | "thanks" | "dear" | "bye" | "goodbye" => Some((at + 1, Weak)),
            "morning" | "afternoon" | "evening" if before == "good" => Some((at + 1, Weak)),
            "miss" if !self.cased || self.channels[channel][at].case == Case::Lower => {
                let person = is_given(next) || is_family(next) && before.is_empty();
                person.then_some((at + 1, Weak))
            }
            _ if is_title(word) => Some((at + 1, Strong)),
            "husband" | "wife" | "son" | "daughter" | "mother" | "father" | "brother"
            | "sister" | "partner" | "colleague" | "manager" | "supervisor" => {
                let person = is_given(next) && !is_common(next);
                person.then_some((at + 1, Weak))
            }
            _ => None,
        }
    }

    /// The token after "is" in "the name on the account is".
    fn is_after(&self, channel: usize, at: usize) -> Option<usize> {
        (at..at + 4)
            .take_while(|&at| self.channels[channel].get(at).is_some_and(|t| !t.pause))
            .find(|&at| matches!(self.text(channel, at), "is" | "was"))
            .map(|at| at + 1)
    }

    /// The name right before "speaking", "here", "on the line" or "calling".
    fn name_before(&self, channel: usize, at: usize) -> Option<(usize, usize)> {
        let tokens = &self.channels[channel];
        let cue = match self.text(channel, at) {
            "speaking" => !matches!(self.text(channel, at + 1), "of" | "with" | "to"),
            // As people in India introduce themselves.
            "this" => self.text(channel, at + 1) == "side",
            "here" => at + 1 == tokens.len() || tokens[at].pause || self.confirms(channel, at + 1),
            "on" => self.text(channel, at + 1) == "the" && self.text(channel, at + 2) == "line",
            "calling" => {
                tokens[at].pause || matches!(self.text(channel, at + 1), "from" | "for" | "about")
            }
            "born" => true,
            _ => false,
        };
        let last = at.checked_sub(1).filter(|&last| {
            cue && !tokens[last].ends_sentence
                && (!tokens[last].pause || matches!(self.text(channel, at), "calling" | "born"))
        })?;
        let sure = self.text(channel, at) == "speaking";
        let fits = |at: usize| {
            let token = &tokens[at];
            let word = plain(&token.text);
            let known = is_given(&word) && (!is_common(&word) || self.cased);
            let fits = known || !is_common(&word) && (self.cased || at < last);
            is_name_shaped(token)
                && fits
                && (!self.cased || token.case == Case::Title)
                && !self.firms.contains(token.text.as_str())
        };
        // "Jack Hope born …", "Tom Baker calling".
        let pair = last > 0 && {
            let given = plain(&tokens[last - 1].text);
            let capitals = [last - 1, last]
                .iter()
                .all(|&at| tokens[at].case == Case::Title);
            (capitals || !self.cased && self.text(channel, at) == "born")
                && is_given(&given)
                && !is_common(&given)
                && is_family(&plain(&tokens[last].text))
        };
        if pair && is_name_shaped(&tokens[last]) && !tokens[last - 1].pause {
            return Some((last - 1, last));
        }
        let head = match sure && self.cased {
            true => fits(last),
            false => {
                fits(last)
                    && (is_given(&plain(&tokens[last].text)) || {
                        last > 0 && fits(last - 1) && is_given(&plain(&tokens[last - 1].text))
                    })
            }
        };
        let first = (last.saturating_sub(2)..last)
            .rev()
            .take_while(|&at| fits(at) && !tokens[at].pause)
            .last()
            .unwrap_or(last);
        head.then_some((first, last))
    }

    /// Words that follow the name of somebody who introduces themselves.
    fn confirms(&self, channel: usize, at: usize) -> bool {
        matches!(
            self.text(channel, at),
            "speaking" | "calling" | "here" | "from" | "with" | "at"
        )
    }

    /// The end of the name that begins at `from`.
    fn name_at(&self, channel: usize, from: usize, trust: Trust) -> Option<usize> {
        let tokens = &self.channels[channel];
        let mut last: Option<usize> = None;
        let mut count = 0;
        let mut at = from;
        while count < PARTS
            && let Some(token) = tokens.get(at)
            && token.class != Class::Sealed
        {
            let within = last.is_some();
            let joins = is_particle(&token.text)
                || within && token.text.chars().count() == 1 && !matches!(&*token.text, "a" | "i");
            if joins && self.is_part(channel, at + 1, within, trust) {
                at += 1;
                continue;
            }
            if !self.is_part(channel, at, within, trust) {
                break;
            }
            last = Some(at);
            count += 1;
            let goes_on = self.cased
                && tokens.get(at + 1).is_some_and(|next| {
                    next.case == Case::Title && !is_common(&next.text) && trust == Trust::Strong
                });
            if token.ends_sentence || token.pause && !goes_on {
                break;
            }
            at += 1;
        }
        let last = last?;
        let sure = match trust {
            Trust::Strong => true,
            Trust::Weak => self.looks_like_person(channel, from, last),
        };
        sure.then_some(last)
    }

    /// Whether a word may be part of a name, after another part or as the first.
    fn is_part(&self, channel: usize, at: usize, within: bool, trust: Trust) -> bool {
        let Some(token) = self.channels[channel].get(at) else {
            return false;
        };
        let word = token.text.as_str();
        let bare = plain(word);
        if !is_name_shaped(token) || self.firms.contains(word) || is_title(word) {
            return false;
        }
        let (common, given) = (is_common(word), is_given(&bare));
        // "Robert May." and "my name is April".
        let calendar = is_calendar(word)
            && !(given && trust == Trust::Strong && !self.is_dated(channel, at))
            && !(within && token.pause && token.case == Case::Title);
        if is_function(word) && !given || calendar {
            return false;
        }
        if self.cased {
            return match token.case {
                // Short ones are abbreviations: "SLA".
                Case::Upper if bare.len() <= 4 => given,
                Case::Title | Case::Upper => {
                    !common
                        || given
                        || is_family(&bare)
                        || trust == Trust::Strong && !is_function(word)
                }
                Case::Lower => {
                    let named = !common && bare.len() >= 3;
                    named && (trust == Trust::Strong || given && !within)
                }
            };
        }
        match (common, within) {
            (false, _) => true,
            (true, false) => {
                let name_next = self.channels[channel]
                    .get(at + 1)
                    .is_some_and(|next| is_name_shaped(next) && !is_common(&next.text));
                given && (trust == Trust::Strong || name_next || self.confirms(channel, at + 1))
            }
            (true, true) => {
                is_family(&bare)
                    && !matches!(word, "may" | "will" | "call")
                    && (token.pause
                        || self.channels[channel]
                            .get(at + 1)
                            .is_none_or(|next| is_function(&next.text)))
            }
        }
    }

    /// A month with its day.
    fn is_dated(&self, channel: usize, at: usize) -> bool {
        let next = self.channels[channel].get(at + 1);
        is_calendar(self.text(channel, at))
            && next.is_some_and(|next| {
                !next.digits.is_empty() || super::digits::ordinal(&next.text).is_some()
            })
    }

    /// After "this is" or "thank you", where anything may follow.
    fn looks_like_person(&self, channel: usize, first: usize, last: usize) -> bool {
        let tokens = &self.channels[channel];
        let word = plain(&tokens[first].text);
        let confirmed = self.confirms(channel, last + 1);
        if is_given(&word) {
            // "Will" begins questions, and "It's May".
            return !is_common(&word)
                || confirmed
                || first < last && !is_common(&tokens[first + 1].text)
                || self.cased
                    && tokens[first].case != Case::Lower
                    && !is_calendar(&word)
                    && (first < last || tokens[first].pause);
        }
        if is_common(&word) {
            return first < last && self.cased && confirmed;
        }
        let before = self.before(channel, first, 1);
        // "Hello, Thandiwe."
        let called = matches!(before, "hi" | "hello" | "hey" | "thanks")
            || before == "you" && self.before(channel, first, 2) == "thank";
        match self.cased {
            // "It's Netflix", "thank you Brightline".
            true => {
                confirmed
                    || first < last
                    || matches!(before, "i'm" | "am" | "this")
                    || self.before(channel, first, 2) == "this" && before == "is"
                    || called && tokens[last].pause
                    || matches!(
                        before,
                        "with" | "to" | "for" | "of" | "named" | "under" | "mine's"
                    )
            }
            false => confirmed && matches!(before, "is" | "i'm" | "im" | "am" | "it's"),
        }
    }

    /// Marks given names that are no other word, with what follows them, wherever they are said:
    /// "okay wendy one moment", "it's under sunita kumar".
    fn mark_mentioned(&mut self, channel: usize) {
        let mut at = 0;
        while at < self.channels[channel].len() {
            let token = &self.channels[channel][at];
            let word = &self.said[channel][at];
            let told = self.marks[channel][at].is_none()
                && is_name_shaped(token)
                && (!self.cased || token.case != Case::Lower)
                && is_given(word)
                && !is_common(word)
                && !is_no_name_alone(word)
                && !self.firms.contains(token.text.as_str())
                && !self.is_example(channel, at)
                && !matches!(
                    self.before(channel, at, 1),
                    "st" | "saint" | "san" | "santa"
                );
            if told && let Some(last) = self.name_at(channel, at, Trust::Weak) {
                self.mark(channel, at, last, Rule::Shape);
                at = last;
            }
            at += 1;
        }
    }

    /// "P for Peter": how a letter is told.
    fn is_example(&self, channel: usize, at: usize) -> bool {
        let (second, before) = (self.before(channel, at, 2), self.before(channel, at, 1));
        let letter = |word: &str, token: &str| word.chars().count() == 1 && token.starts_with(word);
        let word = self.text(channel, at);
        match before {
            "for" | "like" | "as" => letter(second, word),
            "in" => letter(self.before(channel, at, 3), word),
            _ => false,
        }
    }

    // ---- what is asked for ----

    fn mark_asked(&mut self, channel: usize) {
        for at in 0..self.channels[channel].len() {
            let spelling = matches!(self.text(channel, at), "spell" | "spelled" | "spelt");
            if !spelling && !self.asks_for_name(channel, at) {
                continue;
            }
            if let Some(answer) = turns::answer(self.channels, channel, at) {
                let to = answer.tokens.end.min(answer.tokens.start + ANSWER_WORDS);
                self.mark_answer(answer.channel, answer.tokens.start, to, spelling);
            }
        }
    }

    fn asks_for_name(&self, channel: usize, at: usize) -> bool {
        let (second, before) = (self.before(channel, at, 2), self.before(channel, at, 1));
        let (next, third) = (self.text(channel, at + 1), self.text(channel, at + 2));
        match self.text(channel, at) {
            "name" | "names" | "name's" | "surname" => {
                let wanted = matches!(
                    before,
                    "your"
                        | "full"
                        | "first"
                        | "last"
                        | "middle"
                        | "maiden"
                        | "family"
                        | "given"
                        | "legal"
                        | "her"
                        | "his"
                        | "their"
                        | "which"
                        | "what"
                        | "whose"
                        | "holder's"
                        | "cardholder"
                        | "cardholder's"
                        | "customer's"
                        | "patient's"
                        | "policyholder's"
                        | "member's"
                ) || next == "on" && matches!(before, "the" | "")
                    || before == "a" && matches!(second, "get" | "have" | "take" | "need")
                    || self.text(channel, at) == "surname"
                    || next == "please"
                    || self.is_name_of_person(channel, at)
                    || before == "the" && next == "and";
                let mine = second == "my" || before == "my";
                wanted && !mine && !matches!(second, "in" | "under" | "hear") && before != "in"
            }
            "holder" | "cardholder" | "policyholder" | "addressed" => (1..7)
                .any(|back| matches!(self.before(channel, at, back), "who" | "who's" | "whom")),
            "who" | "whom" => {
                matches!(
                    (next, third),
                    ("am", "i") | ("is", "this" | "calling" | "speaking")
                ) || matches!((next, third), ("do", "i"))
                    || next == "i'm"
            }
            "who's" => matches!(next, "this" | "calling" | "speaking"),
            "speaking" | "talking" => {
                second == "am" && before == "i" && matches!(next, "to" | "with")
            }
            "you" => {
                let are = self.channels[channel].get(at + 1);
                let ends = are.is_some_and(|are| {
                    are.pause
                        || self.channels[channel]
                            .get(at + 2)
                            .is_none_or(|next| next.segment != are.segment)
                });
                before == "and" && next == "are" && ends
            }
            "call" | "address" => {
                let how = |back| matches!(self.before(channel, at, back), "what" | "how");
                matches!(before, "i" | "we") && (how(2) || how(3)) || before == "to" && how(4)
            }
            // "And you're?"
            "you're" => {
                before == "and"
                    && self.channels[channel]
                        .get(at + 1)
                        .is_none_or(|next| next.segment != self.channels[channel][at].segment)
            }
            "kin" | "cardholder's" | "initials" | "beneficiary" => true,
            "contact" => before == "emergency",
            // "Who's the policy under?", "Who will be collecting it?"
            "account" | "policy" | "booking" | "reservation" | "order" | "delivery" | "parcel"
            | "collecting" | "primary" | "driver" | "registered" | "tenant" => {
                next != "with"
                    && (1..6).any(|back| {
                        matches!(
                            self.before(channel, at, back),
                            "who" | "who's" | "whose" | "whom"
                        )
                    })
            }
            _ => false,
        }
    }

    /// Whether a question about a name is about somebody's: "what's the name of the patient",
    /// "passenger name", "what name is it under"; not "the name of the product", "your user name".
    fn is_name_of_person(&self, channel: usize, at: usize) -> bool {
        const PEOPLE: [&str; 25] = [
            "person",
            "patient",
            "passenger",
            "driver",
            "customer",
            "caller",
            "cardholder",
            "holder",
            "policyholder",
            "account",
            "card",
            "member",
            "guest",
            "husband",
            "wife",
            "partner",
            "spouse",
            "beneficiary",
            "tenant",
            "child",
            "christian",
            "executor",
            "contact",
            "payer",
            "recipient",
        ];
        let owner = |at: usize| {
            let word = self.text(channel, at);
            PEOPLE.contains(&word.strip_suffix("'s").unwrap_or(word))
        };
        let before = self.before(channel, at, 1);
        let next = self.text(channel, at + 1);
        match next {
            "of" => owner(at + 2) || owner(at + 3) || owner(at + 4),
            "on" | "for" | "under" => true,
            "as" => self.text(channel, at + 2) == "it",
            "is" => matches!(self.text(channel, at + 2), "it" | "this" | "that" | "the"),
            _ => {
                at > 0 && owner(at - 1)
                    || matches!(before, "what" | "whose" | "which" | "and" | "good")
            }
        }
    }

    /// Marks the names at the start of an answer.
    fn mark_answer(&mut self, channel: usize, from: usize, to: usize, only_spelled: bool) {
        let mut at = from;
        // Of the name before, and whether only words about names follow it.
        let mut open: Option<bool> = None;
        while at < to {
            let token = &self.channels[channel][at];
            if token.class == Class::Sealed {
                return;
            }
            if let Some(last) = self.spelled_at(channel, at) {
                self.mark(channel, at, last, Rule::Asked);
                open = Some(true);
                at = last + 1;
                continue;
            }
            let name = match only_spelled || open == Some(false) {
                true => None,
                false => self.answered_name(channel, at, from),
            };
            if let Some(last) = name {
                self.mark(channel, at, last, Rule::Asked);
                open = Some(true);
                at = last + 1;
                continue;
            }
            if open.is_some() && !is_about_names(&token.text) {
                open = Some(false);
            }
            at += 1;
        }
    }

    fn answered_name(&self, channel: usize, at: usize, from: usize) -> Option<usize> {
        let tokens = &self.channels[channel];
        let token = &tokens[at];
        let before = self.before(channel, at, 1);
        if matches!(
            before,
            "in" | "at" | "from" | "to" | "near" | "on" | "of" | "with" | "about"
        ) {
            return None;
        }
        let word = plain(&token.text);
        let begins = at == from || tokens[at - 1].ends_sentence;
        let led = begins
            || tokens[at - 1].pause
            || matches!(
                before,
                "it's" | "is" | "i'm" | "yes" | "yeah" | "sure" | "um" | "uh"
            );
        let common = is_common(&token.text);
        if common && is_function(&token.text) && !is_given(&word) || self.is_dated(channel, at) {
            return None;
        }
        if common && !(is_given(&word) && led) {
            // "Price, Nancy" and "it's Young": a capital counts where no sentence begins.
            let next_is_name = !token.ends_sentence
                && tokens.get(at + 1).is_some_and(|next| {
                    next.case == Case::Title && is_name_shaped(next) && !is_common(&next.text)
                });
            let told = self.cased
                && token.case == Case::Title
                && (is_family(&word) || !begins)
                && (!begins && led || next_is_name);
            if !told {
                return None;
            }
        }
        if common && begins && !token.pause && !self.cased {
            // "Will you …", "mark it as …".
            let next = tokens
                .get(at + 1)
                .filter(|next| next.segment == token.segment);
            if next.is_some_and(|next| is_common(&next.text) && !is_family(&next.text)) {
                return None;
            }
        }
        if self.cased && token.case == Case::Lower && !is_given(&word) {
            return None;
        }
        self.name_at(channel, at, Trust::Strong)
    }

    // ---- what is spelled out ----

    /// Marks what is spelled out where it repeats a known name, or beside a name.
    fn mark_spelled(&mut self, known: &Known) {
        for channel in 0..self.channels.len() {
            let spelled = std::mem::take(&mut self.spelled[channel]);
            for Spelled {
                first,
                last,
                letters,
            } in &spelled
            {
                let (first, last) = (*first, *last);
                let repeats = known.is_spelled(letters);
                let beside = |at: usize| self.marks[channel].get(at).is_some_and(Option::is_some);
                let announced = (first.saturating_sub(8)..first)
                    .any(|at| matches!(self.text(channel, at), "spell" | "spelled" | "spelt"));
                let near = announced
                    || (first.saturating_sub(SPELLED_NEAR)..first).any(beside)
                    || (last + 1..last + 3).any(beside);
                let digits_follow = self.channels[channel]
                    .get(last + 1)
                    .is_some_and(|t| !t.digits.is_empty());
                // "Ellis, E double L I S": the word itself is beside it.
                let word = (first.saturating_sub(SPELLED_NEAR)..first)
                    .chain(last + 1..last + SPELLED_NEAR)
                    .filter(|&at| self.channels[channel].get(at).is_some_and(is_name_shaped))
                    .find(|&at| {
                        let said = &self.said[channel][at];
                        said.len() >= LETTERS
                            && is_within(letters, said, usize::from(said.len() > 4))
                    });
                if let Some(at) = word {
                    self.mark(channel, at, at, Rule::Introduced);
                }
                if repeats || word.is_some() || near && !digits_follow {
                    let rule = match near || word.is_some() {
                        true => Rule::Introduced,
                        false => Rule::Learned,
                    };
                    self.mark(channel, first, last, rule);
                }
            }
            self.spelled[channel] = spelled;
        }
    }

    /// Marks the given name ahead of a name, and the family name after a given one.
    fn mark_beside(&mut self) {
        if !self.cased {
            return;
        }
        for channel in 0..self.channels.len() {
            let tokens = &self.channels[channel];
            for at in 1..tokens.len() {
                let (before, token) = (&tokens[at - 1], &tokens[at]);
                let apart = before.pause
                    || before.segment != token.segment
                    || [before, token]
                        .iter()
                        .any(|t| t.case != Case::Title || !is_name_shaped(t));
                if apart {
                    continue;
                }
                let [first, last] = [at - 1, at].map(|at| &self.said[channel][at]);
                let marked = [at - 1, at].map(|at| self.marks[channel][at].is_some());
                let given = is_given(first) && !is_common(first);
                let family = !is_common(&token.text)
                    && !last.is_empty()
                    && !self.firms.contains(token.text.as_str());
                match marked {
                    [false, true] if given => self.mark(channel, at - 1, at - 1, Rule::Learned),
                    [true, false] if given && family => self.mark(channel, at, at, Rule::Learned),
                    _ => {}
                }
            }
        }
    }

    // ---- what was learned ----

    /// The parts of all names that were found so far.
    fn learned(&self) -> Known {
        let mut words: HashSet<String> = HashSet::new();
        for (tokens, marks) in self.channels.iter().zip(&self.marks) {
            let marked = tokens.iter().zip(marks).filter(|(_, mark)| mark.is_some());
            words.extend(marked.map(|(token, _)| plain(&token.text)));
        }
        for (spelled, marks) in self.spelled.iter().zip(&self.marks) {
            let marked = spelled.iter().filter(|s| marks[s.first].is_some());
            words.extend(marked.map(|s| s.letters.clone()));
        }
        words.retain(|word| word.chars().count() >= 3 && !is_function(word));
        let mut words: Vec<String> = words.into_iter().collect();
        words.sort();
        let parts = words.into_iter().map(|word| {
            let mut part = Part::new(word);
            // Nobody wrote it down: what was heard may be another name.
            part.tolerance = usize::from(part.text.len() >= 6 && !part.common);
            part
        });
        Known::new(parts.collect())
    }

    fn into_found(self) -> Vec<Found> {
        let mut found = Vec::new();
        for (channel, marks) in self.marks.iter().enumerate() {
            let tokens = &self.channels[channel];
            let mut at = 0;
            while at < marks.len() {
                let Some(mut rule) = marks[at] else {
                    at += 1;
                    continue;
                };
                let spelled = self.spelled_at(channel, at);
                let mut last = spelled.unwrap_or(at);
                while spelled.is_none()
                    && !tokens[last].pause
                    && self.spelled_at(channel, last + 1).is_none()
                    && let Some(Some(next)) = marks.get(last + 1)
                {
                    rule = rule.min(*next);
                    last += 1;
                }
                let value = match spelled {
                    Some(_) => self.letters_at(channel, at),
                    None => self.said[channel][at..=last].join(" "),
                };
                found.push(Found {
                    channel,
                    first: at,
                    last,
                    kind: RedactedKind::Name,
                    rule,
                    breadth: Class::Plain,
                    check_digit_ok: None,
                    value,
                });
                at = last + 1;
            }
        }
        found
    }
}

/// Whether capitals tell names from other words: neither none nor most words have one.
pub(super) fn is_cased(channels: &[Vec<Token>]) -> bool {
    let words = || {
        channels
            .iter()
            .flatten()
            .filter(|t| t.text.len() > 1 && !t.text.starts_with("i'") && t.class != Class::Sealed)
    };
    let capitals = words().filter(|t| t.case != Case::Lower).count();
    let all = words().count();
    capitals > 0 && (all < 8 || capitals * 10 < all * 9)
}

/// A word that is not a number, a letter or an address.
fn is_name_shaped(token: &Token) -> bool {
    token.digits.is_empty()
        && token.class != Class::Sealed
        && token.text.chars().count() >= 2
        && token.text.chars().all(|c| c.is_alphabetic() || c == '\'')
}

/// Given names that are places, things or other words as well, and tell nothing alone.
fn is_no_name_alone(word: &str) -> bool {
    const OTHERS: [&str; 81] = [
        "adele",
        "alexa",
        "amber",
        "angel",
        "austin",
        "bart",
        "brandy",
        "brooke",
        "camilla",
        "candy",
        "carolina",
        "carter",
        "casey",
        "chad",
        "charlotte",
        "chelsea",
        "chester",
        "christian",
        "clay",
        "cooper",
        "crystal",
        "daisy",
        "dakota",
        "dale",
        "dean",
        "destiny",
        "devon",
        "diego",
        "earl",
        "evan",
        "felicity",
        "fiesta",
        "finn",
        "florence",
        "ford",
        "frank",
        "gene",
        "georgia",
        "glen",
        "gloria",
        "gordon",
        "grace",
        "grant",
        "guy",
        "harper",
        "heinz",
        "hiro",
        "ivy",
        "jack",
        "jackson",
        "jade",
        "jasmine",
        "jordan",
        "kent",
        "lance",
        "lincoln",
        "logan",
        "lotus",
        "madison",
        "mercedes",
        "milan",
        "milton",
        "misty",
        "nelson",
        "opal",
        "orlando",
        "oscar",
        "otis",
        "parker",
        "percy",
        "poppy",
        "rod",
        "rocky",
        "ruby",
        "sandy",
        "santiago",
        "savannah",
        "troy",
        "victoria",
        "violet",
        "virginia",
    ];
    OTHERS.contains(&word)
}

/// "Company name", "user name": no person's.
fn is_name_of_thing(before: &str) -> bool {
    matches!(
        before,
        "company"
            | "business"
            | "product"
            | "brand"
            | "file"
            | "user"
            | "plan"
            | "street"
            | "domain"
            | "pet's"
            | "dog's"
            | "cat's"
            | "model"
            | "device"
            | "network"
            | "wifi"
            | "bank"
            | "bank's"
            | "store"
            | "app"
            | "server"
            | "event"
            | "project"
            | "firm"
            | "school"
            | "hotel"
            | "city"
            | "town"
            | "medication"
            | "drug"
    )
}

/// What people say between the parts of their name.
fn is_about_names(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "first"
            | "last"
            | "name"
            | "surname"
            | "is"
            | "that's"
            | "it's"
            | "spelled"
            | "spelt"
            | "so"
            | "uh"
            | "um"
            | "the"
            | "my"
            | "then"
            | "middle"
            | "with"
            | "name's"
            | "as"
            | "family"
    )
}

/// Words at the end of the names of firms.
fn is_kind_of_firm(word: &str) -> bool {
    matches!(
        word,
        "bank"
            | "insurance"
            | "internet"
            | "mobile"
            | "furniture"
            | "water"
            | "gas"
            | "power"
            | "energy"
            | "electric"
            | "health"
            | "clinic"
            | "hospital"
            | "recovery"
            | "store"
            | "stores"
            | "shop"
            | "credit"
            | "union"
            | "trust"
            | "group"
            | "inc"
            | "ltd"
            | "llc"
            | "corp"
            | "company"
            | "telecom"
            | "wireless"
            | "broadband"
            | "airlines"
            | "airways"
            | "hotel"
            | "hotels"
            | "motors"
            | "media"
            | "systems"
            | "solutions"
            | "services"
            | "support"
            | "logistics"
            | "shipping"
            | "university"
            | "college"
            | "school"
            | "council"
            | "pharmacy"
            | "dental"
            | "financial"
            | "finance"
            | "capital"
            | "loans"
            | "mortgage"
            | "travel"
            | "cable"
            | "communications"
            | "networks"
    )
}

#[cfg(test)]
mod tests {
    use super::super::Redactor;
    use super::super::tests::{call, check_kept_words, left, steady, talk, texts};
    use super::*;
    use proptest::prelude::*;

    const CUSTOMER: &str = "Robert Ellis";

    #[test]
    fn the_name_of_the_table_goes_however_it_is_said() {
        for (said, expected) in [
            (
                "C: Robert Ellis here, it's Ellis's account.",
                "C: [name] here, it's [name] account.",
            ),
            (
                "A: thank you robert how can i help",
                "A: thank you [name] how can i help",
            ),
            (
                "A: It is for Ellis. | C: E double L I S.",
                "A: It is for [name]. | C: [name].",
            ),
            (
                "C: That's R for Romeo, O B as in boy E R T, okay?",
                "C: That's [name], okay?",
            ),
            (
                "A: So the policy of Robbert Elis is due.",
                "A: So the policy of [name] is due.",
            ),
            (
                "A: I'll tell her. | C: ROBERT!",
                "A: I'll tell her. | C: [name]!",
            ),
        ] {
            assert_eq!(talk(&["Ellis, Mr. Robert J."], said), expected, "{said}");
        }
        let short = talk(&["Mei Li"], "A: Thank you, Ms Li. | C: Is it li, or what?");
        assert_eq!(short, "A: Thank you, Ms [name]. | C: Is it li, or what?");
        let accents = talk(&["José Núñez"], "A: Is Jose Nunez there? | C: Núñez, yes.");
        assert_eq!(accents, "A: Is [name] there? | C: [name], yes.");
        let two = talk(&["Flora MacDonald"], "A: Thank you, Mac Donald it is.");
        assert_eq!(two, "A: Thank you, [name] it is.");
        let unspaced = talk(&["王 芳"], "C: 我叫王芳。");
        assert_eq!(unspaced, "C: [name]。".replace('。', ""));
    }

    #[test]
    fn names_that_are_everyday_words_need_a_reason() {
        for (names, said, expected) in [
            (
                "May Price",
                "A: The price may change in May. | C: My name is May Price. | A: Thank you, May.",
                "A: The price may change in May. | C: My name is [name]. | A: Thank you, [name].",
            ),
            (
                "Will Green",
                "A: Will you pay? Green is fine. | C: This is for Will. | A: Mr. Green, thank you.",
                "A: Will you pay? Green is fine. | C: This is for [name]. | A: Mr. [name], thank you.",
            ),
            (
                "Will Young",
                "a: will you hold | c: the young man will | a: yes will young is here",
                "a: will you hold | c: the young man will | a: yes [name] is here",
            ),
            (
                "Martin Banks",
                "A: The banks are closed in March. | C: It's about Mr. Banks.",
                "A: The banks are closed in March. | C: It's about Mr. [name].",
            ),
        ] {
            let said = said.replace("a: ", "A: ").replace("c: ", "C: ");
            let expected = expected.replace("a: ", "A: ").replace("c: ", "C: ");
            assert_eq!(talk(&[names], &said), expected, "{said}");
        }
    }

    #[test]
    fn introductions_lose_the_name_and_nothing_else() {
        for (said, expected) in [
            (
                "A: Thank you for calling Northwind Bank, my name is Sarah, how can I help you?",
                "A: Thank you for calling Northwind Bank, my name is [name], how can I help you?",
            ),
            (
                "C: My name's Olu Adeyemi and I",
                "C: My name's [name] and I",
            ),
            (
                "A: Oakwood Furniture, Emma speaking.",
                "A: Oakwood Furniture, [name] speaking.",
            ),
            (
                "A: You're speaking with Alan. Hello.",
                "A: You're speaking with [name]. Hello.",
            ),
            (
                "A: This is Paul at Calder Recovery.",
                "A: This is [name] at Calder Recovery.",
            ),
            (
                "A: Hello, may I speak with Mrs. Carter, please? | C: Yes, this is she.",
                "A: Hello, may I speak with Mrs. [name], please? | C: Yes, this is she.",
            ),
            (
                "C: I'm George Bennett, and the policy",
                "C: I'm [name], and the policy",
            ),
            (
                "C: Her name is Helen Foster. | A: Is Helen there?",
                "C: Her name is [name]. | A: Is [name] there?",
            ),
            (
                "A: The name on the card? | C: The name on the card is Anne-Marie de Vries.",
                "A: The name on the card? | C: The name on the card is [name].",
            ),
            (
                "A: my name is sarah how can i help | C: hi sarah this is tom calling about my bill",
                "A: my name is [name] how can i help | C: hi [name] this is [name] calling about my bill",
            ),
            (
                "C: Tom Baker calling. | A: Hi Tom.",
                "C: [name] calling. | A: Hi [name].",
            ),
            (
                "C: Name's Bond. James Bond. | A: The bond is strong.",
                "C: Name's [name]. [name]. | A: The bond is strong.",
            ),
            (
                "A: this is mark speaking | C: mark it as paid please",
                "A: this is [name] speaking | C: mark it as paid please",
            ),
            (
                "C: Last name Okonkwo, O K O N K W O. | A: Thank you, Ms. Okonkwo.",
                "C: Last name [name], [name]. | A: Thank you, Ms. [name].",
            ),
        ] {
            assert_eq!(talk(&[], said), expected, "{said}");
        }
    }

    #[test]
    fn answers_to_who_are_you_lose_the_name() {
        for (said, expected) in [
            (
                "A: May I have your full name and your date of birth? | C: Yes, it's Robert Ellis, and I was at home. | A: Thank you, Robert.",
                "A: May I have your full name and your date of birth? | C: Yes, it's [name], and I was at home. | A: Thank you, [name].",
            ),
            (
                "A: who am i speaking with | C: uh yeah robert ellis | A: okay mr ellis",
                "A: who am i speaking with | C: uh yeah [name] | A: okay mr [name]",
            ),
            (
                "A: Can you spell your last name? | C: Sure. B as in boy, E, N N E double T.",
                "A: Can you spell your last name? | C: Sure. [name].",
            ),
            (
                "A: who do i have on the line | C: dmitri volkov",
                "A: who do i have on the line | C: [name]",
            ),
            (
                "A: And you are? | C: Xochitl Green. | A: May I call you back, Xochitl?",
                "A: And you are? | C: [name]. | A: May I call you back, [name]?",
            ),
            (
                "A: who should it be addressed to | C: penelope abernathy",
                "A: who should it be addressed to | C: [name]",
            ),
            (
                "A: Your name, please? | C: Young. Kim Young. | A: Okay, and the order number?",
                "A: Your name, please? | C: [name]. [name]. | A: Okay, and the order number?",
            ),
        ] {
            assert_eq!(talk(&[], said), expected, "{said}");
        }
    }

    #[test]
    fn ordinary_talk_stays() {
        for said in [
            "A: This is the second time I'm calling. | C: I'm Canadian, it's Monday.",
            "C: I bought it at Target, it's a Samsung. | A: Thank you for calling Brightline Internet.",
            "A: Is the account in your name only? | C: Yes, I think so. My voice is gone.",
            "A: The name of the plan is Family Plus. | C: Thanks. Good morning.",
            "A: Speaking, what is it about? | C: Honestly speaking, nothing.",
            "a: thanks for calling brightline internet | c: i'm calling about my bill it's too high",
            "A: Rose gold or silver? | C: Hope is all I have. Mark that as urgent.",
            "A: Happy birthday! | C: Is the card in my own name? | A: It is. Happy new year.",
            "A: May I have your name? | C: Sure, one second, let me turn the TV down.",
            "C: My order went to Chicago in April, not to Austin. | A: I see the SLA here.",
            "A: This is an attempt to collect a debt. | C: I miss London. Will it come on Saturday?",
            "A: What is your name? | C: Why do you ask? I already told you twice.",
        ] {
            let said = said.replace("a: ", "A: ").replace("c: ", "C: ");
            assert_eq!(talk(&[], &said), said);
        }
    }

    /// What a name is said in.
    const CARRIERS: [&str; 10] = [
        "I am calling for {} about the bill.",
        "{}, can you hear me?",
        "so {} wants to pay today",
        "The account belongs to {}.",
        "Is that right, {}?",
        "My name is {} and I have a question.",
        "and that was {}'s order, wasn't it",
        "Yes.",
        "Could you hold the line, please?",
        "This is {} speaking.",
    ];

    proptest! {
        #![proptest_config(steady())]

        #[test]
        fn no_name_of_the_table_is_left(
            first in prop::sample::select(vec!["Robert", "Siobhan", "Chidi", "Grazyna", "Bartholomew"]),
            last in prop::sample::select(vec!["Ellis", "O'Brien", "Nguyen", "Kowalska", "Fernandez"]),
            lines in prop::collection::vec((0usize..2, 0..CARRIERS.len(), 0usize..8), 1..8),
        ) {
            let spelled: String = last.chars().filter(|c| c.is_alphabetic())
                .map(|c| format!("{} ", c.to_ascii_uppercase())).collect();
            // A letter that was misheard.
            let misheard = format!("{}e{}", &first[..2], &first[3..]);
            let said: Vec<(usize, String)> = lines.iter().map(|&(channel, carrier, form)| {
                let name = match form {
                    0 => first.to_string(),
                    1 => last.to_string(),
                    2 => format!("{first} {last}").to_lowercase(),
                    3 => spelled.trim_end().to_string(),
                    4 => misheard.clone(),
                    5 => format!("{last}, {first}"),
                    6 => first.to_uppercase(),
                    _ => format!("{first} {last}"),
                };
                (channel, CARRIERS[carrier].replace("{}", &name))
            }).collect();
            let said: Vec<(usize, &str)> = said.iter().map(|(c, t)| (*c, t.as_str())).collect();
            let out = left(&[&format!("{first} {last}")], &said).join(" | ");
            for part in [first, last, misheard.as_str(), spelled.trim_end()] {
                let part = part.to_lowercase();
                let words: Vec<String> =
                    out.to_lowercase().split(|c: char| !c.is_alphabetic() && c != '\'' && c != ' ')
                        .flat_map(|words| words.split(' ').map(str::to_string)).collect();
                prop_assert!(part.len() < 5 || !words.contains(&part), "{said:?} -> {out}");
            }
            prop_assert!(!out.contains(spelled.trim_end()), "{said:?} -> {out}");
            // What stands around a name stays.
            for (line, &(_, carrier, _)) in out.split(" | ").zip(&lines) {
                let start = CARRIERS[carrier].split("{}").next().unwrap_or_default();
                prop_assert!(line.starts_with(start), "{said:?} -> {out}");
            }
        }
    }

    proptest! {
        #![proptest_config(steady())]

        #[test]
        fn any_talk_is_redacted_once_and_keeps_its_other_words(
            talk in prop::collection::vec(
                (
                    0usize..2,
                    prop::collection::vec(prop::sample::select(vec![
                        "my", "name", "is", "Robert", "ellis", "E", "L", "double", "I", "this", "Mr.",
                        "May", "speaking", "your", "name?", "email", "at", "dot", "gmail", "com",
                        "john", "address", "52", "fifty", "Maple", "Street", "street", "Lake",
                        "Drive,", "flat", "PO", "box", "Ohio", "44107", "password", "was", "word?",
                        "bluebird", "security", "as", "in", "boy", "and", "yes", "[name]", "hello",
                        "4111 1111 1111 1111", "a@b.com", "underscore", "thank", "you", "who", "am",
                    ]), 0..16),
                ),
                0..10,
            ),
        ) {
            let lines: Vec<(usize, String)> =
                talk.iter().map(|(channel, words)| (*channel, words.join(" "))).collect();
            let lines: Vec<(usize, &str)> =
                lines.iter().map(|(channel, text)| (*channel, text.as_str())).collect();
            let names = [CustomerName::new("Robert May Ellis")];
            let redactor = Redactor::default();
            let said = call(&lines);
            let out = redactor.redact(said.clone(), &names);
            prop_assert_eq!(redactor.redact(out.clone(), &names), out.clone());
            check_kept_words(&said, &out)?;
            for channel in 0..2 {
                let left = texts(&out, channel).join(" ").to_lowercase();
                prop_assert!(!left.contains("robert") && !left.contains("a@b"), "{left}");
            }
        }
    }

    #[test]
    fn names_are_compared_with_letters_misheard() {
        assert!(is_within("elis", "ellis", 1) && is_within("robret", "robert", 1));
        assert!(!is_within("alice", "ellis", 1) && !is_within("rob", "robert", 2));
        assert_eq!(
            talk(&[CUSTOMER], "A: The cellar is dry."),
            "A: The cellar is dry."
        );
    }
}
