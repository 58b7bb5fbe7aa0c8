//! The English word lists of the detectors, and how words are compared with them.
//!
//! Every word is read once into a [`Token`]: a number for its normal form, what stands after it,
//! and its place in the vocabulary. The detectors compare numbers and look at classes; phrases
//! of all families are found in one pass. One list a file; each was written for service calls
//! and is copied from nowhere. Left out on purpose: other languages, and spelling that is only
//! nearly right.

mod acknowledgements;
mod broken;
mod content;
mod courtesies;
mod dates;
mod feelings;
mod promises;
mod questions;
mod waits;

use std::sync::LazyLock;

/// A word in its normal form, as a number; equal words have equal keys.
pub(super) type Key = u64;

const SEED: Key = 0xcbf2_9ce4_8422_2325;
const PRIME: Key = 0x0000_0100_0000_01b3;

/// The key of a word that is in its normal form already (FNV-1a).
pub(super) const fn key(word: &str) -> Key {
    let bytes = word.as_bytes();
    let mut key = SEED;
    let mut i = 0;
    while i < bytes.len() {
        key = (key ^ bytes[i] as Key).wrapping_mul(PRIME);
        i += 1;
    }
    key
}

/// What a word is, one bit each. A word may be several things.
pub(super) mod class {
    pub const ACKNOWLEDGES: u64 = 1;
    pub const NEGATES: u64 = 1 << 1;
    pub const WEEKDAY: u64 = 1 << 2;
    pub const MONTH: u64 = 1 << 3;
    pub const NUMBER: u64 = 1 << 4;
    pub const ORDINAL: u64 = 1 << 5;
    pub const TIME_UNIT: u64 = 1 << 6;
    /// Morning, afternoon, evening; the value is the hour at which it ends.
    pub const DAY_PART: u64 = 1 << 7;
    /// `am` and `pm`; the value is the hours to add.
    pub const HALF_DAY: u64 = 1 << 8;
    /// `Mr` and alike, whose full stop ends no sentence.
    pub const TITLE: u64 = 1 << 9;
    pub const ASKS: u64 = 1 << 10;
    pub const AUXILIARY: u64 = 1 << 11;
    pub const PRONOUN: u64 = 1 << 12;
    /// May stand ahead of a question.
    pub const OPENS: u64 = 1 << 13;
    /// Too common to tell what is talked about.
    pub const COMMON: u64 = 1 << 14;
    pub const HEDGES: u64 = 1 << 15;
    pub const STRENGTHENS: u64 = 1 << 16;
    pub const WEAKENS: u64 = 1 << 17;
    /// Thanks, or an apology.
    pub const THANKS: u64 = 1 << 18;
    /// May stand between "I will" and the verb.
    pub const BETWEEN: u64 = 1 << 19;
    pub const CALL: u64 = 1 << 20;
    pub const SEND: u64 = 1 << 21;
    pub const REPAIR: u64 = 1 << 22;
    pub const REFUND: u64 = 1 << 23;
    pub const CHECK: u64 = 1 << 24;
    /// Something else to do that outlasts the call.
    pub const ACT: u64 = 1 << 25;
    /// Something that is mostly done within the call: promised only with a date.
    pub const ACT_NOW: u64 = 1 << 26;
    pub const CALLED: u64 = 1 << 27;
    pub const SENT: u64 = 1 << 28;
    pub const REPAIRED: u64 = 1 << 29;
    pub const REFUNDED: u64 = 1 << 30;
    pub const SETTLED: u64 = 1 << 31;
    /// What is sent; what is paid back; who visits.
    pub const THING: u64 = 1 << 32;
    pub const MONEY: u64 = 1 << 33;
    pub const VISITOR: u64 = 1 << 34;
    pub const FEE: u64 = 1 << 35;
    /// "I'll", "we'll".
    pub const I_WILL: u64 = 1 << 36;
    pub const YOU_WILL: u64 = 1 << 37;
    pub const OTHERS_WILL: u64 = 1 << 38;
    /// "I", "we"; "I'm", "we're".
    pub const I: u64 = 1 << 39;
    pub const I_AM: u64 = 1 << 40;
    pub const YOU: u64 = 1 << 41;
    pub const OTHERS_ARE: u64 = 1 << 42;
    /// Ahead of the subject these make no promise of "I will".
    pub const NO_PROMISE: u64 = 1 << 43;
    /// What somebody asks the customer for.
    pub const ASKED_FOR: u64 = 1 << 44;
    /// The asker did not hear.
    pub const MISHEARD: u64 = 1 << 45;
    /// Yes, no, and words that say as much.
    pub const REPLIES: u64 = 1 << 46;
    /// A phrase of some family begins with it.
    pub const BEGINS: u64 = 1 << 47;
    /// A deadline may begin with it.
    pub const DUE: u64 = 1 << 48;
}

/// Phrases that mean much the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Acknowledgement,
    /// There will be a wait.
    Announcement,
    /// The agent is back.
    Return,
    /// The call goes to somebody else.
    Transfer,
    Closing,
    /// Says nothing on the matter: "I'm sorry to hear that", "let me help you".
    Courtesy,
    /// The agent changes the subject.
    MovesOn,
    /// "Are you there?"
    LineCheck,
    /// A question that wants no answer.
    Rhetorical,
    /// "I would like to know when".
    IndirectQuestion,
    /// Opens a question wherever it stands in a sentence.
    Question,
    /// "I can't promise anything".
    NoGuarantee,
    /// "If I can", "at some point".
    Hedge,
    /// A promise was broken.
    Broken,
    /// It was kept after all.
    Kept,
}

/// The words of the phrase after the first.
#[derive(Debug)]
struct Phrase {
    family: Family,
    rest: Box<[Key]>,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    classes: u64,
    value: i16,
    /// How good or bad the word is, in tenths.
    valence: i8,
    phrases: (u16, u16),
}

/// All words of all lists.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// Open addressing: index of the entry; 0 is none.
    slots: Vec<u16>,
    /// Of each entry, as it is spelled.
    keys: Vec<Key>,
    /// Of each entry, the word that it stands for: `don't` where `dont` is spelled.
    meant: Vec<Key>,
    entries: Vec<Entry>,
    phrases: Vec<Phrase>,
}

/// A word read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub key: Key,
    classes: u64,
    /// Index into the vocabulary; 0 for words that are in no list.
    entry: u16,
    marks: u8,
}

mod mark {
    pub const EMPTY: u8 = 1;
    /// A full stop, question mark or exclamation mark stands after it.
    pub const STOP: u8 = 1 << 1;
    pub const QUESTION: u8 = 1 << 2;
    pub const COMMA: u8 = 1 << 3;
    /// A full stop stands within: `p.m.`.
    pub const DOTTED: u8 = 1 << 4;
    pub const CAPITAL: u8 = 1 << 5;
    pub const REDACTED: u8 = 1 << 6;
    pub const DIGIT: u8 = 1 << 7;
}

impl Token {
    pub fn is_empty(self) -> bool {
        self.marks & mark::EMPTY != 0
    }

    /// A sentence may end after it.
    pub fn stops(self) -> bool {
        self.marks & mark::STOP != 0
    }

    pub fn asks(self) -> bool {
        self.marks & mark::QUESTION != 0
    }

    pub fn has_comma(self) -> bool {
        self.marks & mark::COMMA != 0
    }

    pub fn is_dotted(self) -> bool {
        self.marks & mark::DOTTED != 0
    }

    pub fn is_capital(self) -> bool {
        self.marks & mark::CAPITAL != 0
    }

    pub fn has_digit(self) -> bool {
        self.marks & mark::DIGIT != 0
    }

    pub fn is_redacted(self) -> bool {
        self.marks & mark::REDACTED != 0
    }

    /// Whether it is in any list.
    pub fn is_listed(self) -> bool {
        self.entry != 0
    }

    pub fn is(self, word: Key) -> bool {
        self.key == word
    }

    pub fn is_any(self, words: &[Key]) -> bool {
        words.contains(&self.key)
    }

    fn described(self) -> &'static Entry {
        &VOCABULARY.entries[usize::from(self.entry)]
    }

    /// Whether it is of any of the classes.
    pub fn has(self, classes: u64) -> bool {
        self.classes & classes != 0
    }

    /// What a number, weekday, month, unit or part of the day stands for.
    pub fn value(self) -> i16 {
        self.described().value
    }

    /// How good or bad the word is, in tenths; 0 for most.
    pub fn valence(self) -> i8 {
        self.described().valence
    }
}

pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::of_all_lists);

/// What a byte of a word is: its lower case, or one of these.
const SKIPPED: u8 = 0;
const STOP: u8 = 1;
const QUESTION: u8 = 2;
const COMMA: u8 = 3;
const APOSTROPHE: u8 = b'\'';

const BYTES: [u8; 128] = {
    let mut bytes = [SKIPPED; 128];
    let mut b = 0;
    while b < 128 {
        let byte = b as u8;
        bytes[b] = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => byte.to_ascii_lowercase(),
            b'.' | b'!' => STOP,
            b'?' => QUESTION,
            b',' | b';' | b':' => COMMA,
            b'\'' => APOSTROPHE,
            _ => SKIPPED,
        };
        b += 1;
    }
    bytes
};

/// Reads a word into its normal form: lower case, letters and digits, and apostrophes within.
struct Reader {
    key: Key,
    marks: u8,
    apostrophe: bool,
}

/// A word of nothing but ASCII letters with punctuation behind it, as most are; `None` for all
/// others.
fn read_plain(bytes: &[u8]) -> Option<(Key, u8)> {
    let mut key = SEED;
    let mut letters = 0;
    for &byte in bytes {
        if !byte.is_ascii_alphabetic() {
            break;
        }
        key = (key ^ Key::from(byte | 0x20)).wrapping_mul(PRIME);
        letters += 1;
    }
    let first = bytes.first().filter(|_| letters > 0)?;
    let mut marks = if first.is_ascii_uppercase() {
        mark::CAPITAL
    } else {
        0
    };
    for byte in &bytes[letters..] {
        marks |= match byte {
            b'.' | b'!' => mark::STOP,
            b'?' => mark::STOP | mark::QUESTION,
            b',' | b';' | b':' => mark::COMMA,
            _ => return None,
        };
    }
    Some((key, marks))
}

impl Reader {
    fn letter(&mut self, byte: u8) {
        if self.apostrophe {
            self.key = (self.key ^ Key::from(APOSTROPHE)).wrapping_mul(PRIME);
            self.apostrophe = false;
        }
        if self.marks & mark::STOP != 0 {
            self.marks |= mark::DOTTED;
        }
        self.marks &= mark::DOTTED | mark::CAPITAL | mark::REDACTED | mark::DIGIT;
        if byte.is_ascii_digit() {
            self.marks |= mark::DIGIT;
        }
        self.key = (self.key ^ Key::from(byte)).wrapping_mul(PRIME);
    }

    fn byte(&mut self, byte: u8) {
        match BYTES[usize::from(byte)] {
            SKIPPED => {}
            STOP => self.marks |= mark::STOP,
            QUESTION => self.marks |= mark::STOP | mark::QUESTION,
            COMMA => self.marks |= mark::COMMA,
            APOSTROPHE => self.apostrophe = self.marks & mark::EMPTY == 0,
            lower => {
                if self.marks & mark::EMPTY != 0 && byte.is_ascii_uppercase() {
                    self.marks |= mark::CAPITAL;
                }
                self.letter(lower);
            }
        }
    }

    fn beyond_ascii(&mut self, c: char) {
        match c {
            '\u{2019}' => self.apostrophe = self.marks & mark::EMPTY == 0,
            '\u{2026}' => self.marks |= mark::STOP,
            c if c.is_alphanumeric() => {
                if self.marks & mark::EMPTY != 0 && c.is_uppercase() {
                    self.marks |= mark::CAPITAL;
                }
                let mut utf8 = [0; 4];
                for lower in c.to_lowercase() {
                    for &byte in lower.encode_utf8(&mut utf8).as_bytes() {
                        self.letter(byte);
                    }
                }
            }
            _ => {}
        }
    }
}

fn read_any(text: &str) -> (Key, u8) {
    let mut reader = Reader {
        key: SEED,
        marks: mark::EMPTY,
        apostrophe: false,
    };
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => reader.byte(byte),
            _ => reader.beyond_ascii(c),
        }
    }
    (reader.key, reader.marks)
}

impl Vocabulary {
    /// Reads one word; a redacted one matches nothing.
    pub fn read(&self, text: &str, redacted: bool) -> Token {
        let (key, marks) = read_plain(text.as_bytes()).unwrap_or_else(|| read_any(text));
        if redacted {
            return Token {
                key: 0,
                classes: 0,
                entry: 0,
                marks: marks & !mark::EMPTY | mark::REDACTED,
            };
        }
        let entry = self.find(key);
        let at = usize::from(entry);
        Token {
            key: if entry == 0 { key } else { self.meant[at] },
            classes: self.entries[at].classes,
            entry,
            marks,
        }
    }

    fn find(&self, key: Key) -> u16 {
        let mask = self.slots.len() - 1;
        let mut at = slot(key, mask);
        loop {
            let entry = self.slots[at];
            if entry == 0 || self.keys[usize::from(entry)] == key {
                return entry;
            }
            at = (at + 1) & mask;
        }
    }

    /// How many tokens the first phrase of the family takes with which they begin.
    pub fn begins_with(&self, tokens: &[Token], family: Family) -> Option<usize> {
        let mut found = None;
        self.phrases_at(tokens, |of, len| {
            if of == family && found.is_none() {
                found = Some(len);
            }
        });
        found
    }

    /// Tells of every phrase with which the tokens begin, and how many of them it takes.
    pub fn phrases_at(&self, tokens: &[Token], mut tell: impl FnMut(Family, usize)) {
        let Some((first, after)) = tokens.split_first() else {
            return;
        };
        if !first.has(class::BEGINS) {
            return;
        }
        let (from, to) = self.entries[usize::from(first.entry)].phrases;
        for phrase in &self.phrases[usize::from(from)..usize::from(to)] {
            let len = phrase.rest.len();
            if len <= after.len() && phrase.rest.iter().zip(after).all(|(&w, t)| t.is(w)) {
                tell(phrase.family, 1 + len);
            }
        }
    }

    fn of_all_lists() -> Self {
        let mut making = Making::default();
        acknowledgements::add(&mut making);
        waits::add(&mut making);
        questions::add(&mut making);
        courtesies::add(&mut making);
        dates::add(&mut making);
        promises::add(&mut making);
        broken::add(&mut making);
        content::add(&mut making);
        feelings::add(&mut making);
        making.done()
    }
}

fn slot(key: Key, mask: usize) -> usize {
    (key ^ (key >> 29)) as usize & mask
}

/// The vocabulary while the lists are read.
#[derive(Default)]
struct Making {
    entries: std::collections::BTreeMap<String, Entry>,
    phrases: Vec<(String, Family, Box<[Key]>)>,
}

impl Making {
    fn entry(&mut self, word: &str) -> &mut Entry {
        self.entries.entry(word.to_string()).or_default()
    }

    /// Words, parted by spaces.
    fn words(&mut self, classes: u64, words: &str) {
        for word in words.split_whitespace() {
            self.entry(word).classes |= classes;
        }
    }

    /// Words that count from `first` on.
    fn counted(&mut self, classes: u64, first: i16, words: &str) {
        for (word, value) in words.split_whitespace().zip(first..) {
            self.valued(classes, value, word);
        }
    }

    fn valued(&mut self, classes: u64, value: i16, words: &str) {
        for word in words.split_whitespace() {
            let entry = self.entry(word);
            entry.classes |= classes;
            entry.value = value;
        }
    }

    fn valence(&mut self, tenths: i8, words: &str) {
        for word in words.split_whitespace() {
            self.entry(word).valence = tenths;
        }
    }

    /// Phrases; `(a|b c)` stands for each of its parts.
    fn family(&mut self, family: Family, phrases: &[&str]) {
        for phrase in phrases {
            for spelled in spelled_out(phrase) {
                let mut words = spelled.split_whitespace();
                let first = words.next().expect("a phrase has words").to_string();
                self.entry(&first);
                self.phrases.push((first, family, words.map(key).collect()));
            }
        }
    }

    fn done(mut self) -> Vocabulary {
        self.phrases.sort_by(|a, b| a.0.cmp(&b.0));
        let of = |(word, mut entry): (String, Entry)| {
            let from = self.phrases.partition_point(|p| p.0 < word);
            let to = self.phrases.partition_point(|p| p.0 <= word);
            if from < to {
                entry.classes |= class::BEGINS;
            }
            entry.phrases = (from as u16, to as u16);
            (word, entry)
        };
        let words: Vec<(String, Entry)> = self.entries.into_iter().map(of).collect();
        let mut vocabulary = Vocabulary {
            slots: vec![0; (3 * words.len()).next_power_of_two()],
            keys: vec![0],
            meant: vec![0],
            entries: vec![Entry::default()],
            phrases: Vec::with_capacity(self.phrases.len()),
        };
        for (word, entry) in &words {
            vocabulary.add(key(word), key(word), entry);
        }
        // Some recognisers leave the apostrophes out. Where no other word is left over, the word
        // is taken for what it must have been.
        for (word, entry) in &words {
            let bare = word.replace('\'', "");
            if !AMBIGUOUS.contains(&bare.as_str()) && vocabulary.find(key(&bare)) == 0 {
                vocabulary.add(key(&bare), key(word), entry);
            }
        }
        let phrases = self.phrases.into_iter();
        vocabulary.phrases = phrases
            .map(|(_, family, rest)| Phrase { family, rest })
            .collect();
        vocabulary
    }
}

impl Vocabulary {
    fn add(&mut self, spelled: Key, meant: Key, entry: &Entry) {
        let mask = self.slots.len() - 1;
        let mut at = slot(spelled, mask);
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = self.keys.len() as u16;
        self.keys.push(spelled);
        self.meant.push(meant);
        self.entries.push(entry.clone());
    }
}

/// Without their apostrophe these are other words.
const AMBIGUOUS: [&str; 7] = ["well", "were", "wed", "hell", "shell", "id", "shed"];

/// Every way to read a phrase with alternatives.
fn spelled_out(phrase: &str) -> Vec<String> {
    let Some((before, rest)) = phrase.split_once('(') else {
        return vec![phrase.to_string()];
    };
    let (choices, after) = rest.split_once(')').expect("a bracket is closed");
    let after = spelled_out(after);
    choices
        .split('|')
        .flat_map(|choice| after.iter().map(move |a| format!("{before}{choice}{a}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Token {
        VOCABULARY.read(text, false)
    }

    #[test]
    fn words_are_compared_by_letters_and_digits_in_lower_case() {
        for (text, normal) in [
            ("Mm-hm,", "mmhm"),
            ("I\u{2019}ll", "i'll"),
            ("\"Hello!\"", "hello"),
            ("$38.20.", "3820"),
            ("Zürich?", "zürich"),
            ("'tis", "tis"),
            ("dont", "don't"),
            ("well", "well"),
        ] {
            assert_eq!(read(text).key, key(normal), "{text}");
        }
        assert!(read("--").is_empty() && !read("a").is_empty());
        assert_ne!(read("we'll").key, read("well").key);
    }

    #[test]
    fn what_stands_after_a_word_is_marked() {
        assert!(read("now?\"").asks() && read("now?").stops());
        assert!(read("now,").has_comma() && !read("now,").stops());
        assert!(read("$38.20.").stops() && !read("$38.20").stops());
        assert!(read("p.m.").is_dotted() && read("p.m.").stops());
        assert!(read("Friday").is_capital() && !read("friday").is_capital());
    }

    #[test]
    fn a_phrase_is_found_where_the_words_begin_with_it() {
        let tokens: Vec<Token> = "I see. One more moment".split(' ').map(read).collect();
        let found = |at: usize, family| VOCABULARY.begins_with(&tokens[at..], family);
        assert_eq!(found(0, Family::Acknowledgement), Some(2));
        assert_eq!(found(2, Family::Announcement), Some(3));
        assert_eq!(found(3, Family::Announcement), None);
        assert_eq!(spelled_out("(a|b c) d (e|f)").len(), 4);
    }

    /// Otherwise it could never be found.
    #[test]
    fn every_word_of_every_list_is_in_its_normal_form() {
        let mut making = Making::default();
        for add in [
            acknowledgements::add,
            waits::add,
            questions::add,
            courtesies::add,
            dates::add,
            promises::add,
            broken::add,
            content::add,
            feelings::add,
        ] {
            add(&mut making);
        }
        for word in making.entries.keys() {
            assert_eq!(read(word).key, key(word), "{word}");
            assert!(
                !word.contains(|c: char| !c.is_alphanumeric() && c != '\''),
                "{word}"
            );
        }
        for word in ["i'll", "nobody", "friday", "sorry"] {
            assert!(read(word).has(!0), "{word}");
        }
    }
}
