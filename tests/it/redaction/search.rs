//! Looks for values in whatever a program leaves: as digits of any script, in any grouping, or as
//! the words that people say for them.
//!
//! It reads more than a person would and less than chance gives: hashes, times and measurements are
//! full of digits, so six in a row count only where no letter of a hash, no clock and no decimal
//! fraction explains them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use callibrate::report::{self, Cell};
use callibrate::transcript::Transcript;
use regex::Regex;

use super::planted::Value;

/// So many digits of a number, in a row, are as bad as all of it: recognisers lose some.
const TELLING: usize = 6;
/// The same where other words stand between them, which may be no more than chance.
const TELLING_APART: usize = 8;
/// The same within a hash.
const TELLING_IN_HEX: usize = 9;
/// Two pieces of this many digits of one number, near each other.
const TELLING_TWICE: usize = 4;
/// Words between two digits of what may be one number.
const APART: usize = 3;

/// What is looked for, and what was found of it.
pub struct Search {
    values: Vec<Value>,
    /// Rows of [`TELLING`] digits, with the value and the place in it.
    pieces: BTreeMap<String, Vec<(usize, usize)>>,
    pub leaks: BTreeSet<String>,
}

impl Search {
    pub fn new(values: impl IntoIterator<Item = Value>) -> Self {
        let values: Vec<Value> = values.into_iter().collect();
        let mut pieces: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (n, value) in values.iter().enumerate().filter(|(_, v)| v.is_long()) {
            for from in 0..=value.digits.len() - TELLING {
                let piece = value.digits[from..from + TELLING].to_string();
                pieces.entry(piece).or_default().push((n, from));
            }
        }
        Self {
            values,
            pieces,
            leaks: BTreeSet::new(),
        }
    }

    #[track_caller]
    pub fn assert_nothing(&self) {
        let leaks: Vec<&String> = self.leaks.iter().collect();
        assert!(leaks.is_empty(), "{} leaks: {leaks:#?}", leaks.len());
    }

    /// A text as it is printed or stands in a cell.
    pub fn text(&mut self, place: &str, text: &str) {
        let plain = without_measurements(text);
        for homophones in [false, true] {
            for run in runs(&plain, homophones) {
                self.long(
                    place,
                    &run.digits,
                    if run.apart { TELLING_APART } else { TELLING },
                );
            }
        }
        for hash in hashes(&plain) {
            self.long(place, hash, TELLING_IN_HEX);
        }
        self.words(place, &plain);
    }

    /// What was said, in the order in which it was said: here short numbers tell, too, and pieces
    /// of long ones.
    pub fn spoken(&mut self, place: &str, text: &str) {
        self.text(place, text);
        let runs: Vec<Run> = runs(&without_measurements(text), false)
            .into_iter()
            .filter(|run| !run.apart)
            .collect();
        for run in &runs {
            for value in self
                .values
                .iter()
                .filter(|v| !v.digits.is_empty() && !v.is_long())
            {
                if run.digits.replace(value.digits, "").is_empty() {
                    self.leaks
                        .insert(format!("{place}: {} of {}", run.digits, value.name));
                }
            }
        }
        for value in self.values.iter().filter(|v| v.is_long()) {
            let mut last: Option<&Run> = None;
            for run in &runs {
                let is_piece =
                    run.digits.len() >= TELLING_TWICE && value.digits.contains(&run.digits);
                if !is_piece {
                    continue;
                }
                // Said twice, the last four digits are still no more than the last four.
                if let Some(other) = last
                    && run.word - other.word <= 15
                    && run.digits != other.digits
                {
                    let pieces = format!("{} and {}", other.digits, run.digits);
                    self.leaks
                        .insert(format!("{place}: {pieces} of {}", value.name));
                }
                last = Some(run);
            }
        }
    }

    fn long(&mut self, place: &str, digits: &str, telling: usize) {
        if digits.len() < telling {
            return;
        }
        for at in 0..=digits.len() - TELLING {
            let Some(found) = self.pieces.get(&digits[at..at + TELLING]) else {
                continue;
            };
            for &(n, from) in found {
                let value = &self.values[n];
                let goes_on = from > 0
                    && at > 0
                    && value.digits.as_bytes()[from - 1] == digits.as_bytes()[at - 1];
                if goes_on {
                    continue;
                }
                let same = value.digits.as_bytes()[from..]
                    .iter()
                    .zip(&digits.as_bytes()[at..])
                    .take_while(|(a, b)| a == b)
                    .count();
                if same >= telling {
                    let piece = &digits[at..at + same];
                    self.leaks
                        .insert(format!("{place}: {piece} of {}", value.name));
                }
            }
        }
    }

    fn words(&mut self, place: &str, text: &str) {
        let lower = text.to_lowercase();
        let words = plain_words(&lower);
        let spelled = spelled(&words);
        for value in &self.values {
            for wanted in value.words {
                // One rare word is found wherever it stands, several only as they are.
                let found = match wanted.contains(' ') {
                    false => lower.contains(wanted) || spelled.contains(wanted),
                    true => words.contains(&format!(" {wanted} ")),
                };
                if found {
                    self.leaks
                        .insert(format!("{place}: {wanted:?} of {}", value.name));
                }
            }
        }
    }

    /// A file, decoded as far as it can be, and its bytes as they are.
    pub fn file(&mut self, name: &str, path: &Path) {
        // One that a process had open when it was looked for may be gone.
        let Ok(bytes) = std::fs::read(path) else {
            return;
        };
        self.bytes(name, &bytes);
        if bytes.starts_with(b"PAR1") {
            // A torn one was looked at byte by byte.
            if let Ok(table) = report::read_table(path) {
                self.table(name, &table);
            }
        }
        if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
            && let Ok(unpacked) = zstd::decode_all(&*bytes)
        {
            self.bytes(name, &unpacked);
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        self.text(name, &text);
        if name.ends_with(".html") {
            static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>").unwrap());
            self.spoken(name, &TAG.replace_all(&text, " "));
        }
        if let Ok(transcript) = Transcript::from_json(bytes, name) {
            self.transcript(name, &transcript);
        }
        for line in text.lines() {
            if let Ok(json) = serde_json::from_str(line) {
                self.json(name, &json);
            }
        }
    }

    /// Texts without what JSON escapes in them.
    fn json(&mut self, name: &str, json: &serde_json::Value) {
        match json {
            serde_json::Value::String(text) => self.text(name, text),
            serde_json::Value::Array(values) => values.iter().for_each(|v| self.json(name, v)),
            serde_json::Value::Object(fields) => {
                for (field, value) in fields {
                    self.text(name, field);
                    self.json(name, value);
                }
            }
            _ => {}
        }
    }

    fn transcript(&mut self, name: &str, transcript: &Transcript) {
        let mut all = Vec::new();
        for channel in &transcript.channels {
            let words = || channel.segments.iter().flat_map(|segment| &segment.words);
            let said: Vec<&str> = words().map(|word| word.text.as_str()).collect();
            self.spoken(name, &said.join(" "));
            all.extend(words());
        }
        all.sort_by_key(|word| word.start_ms);
        let said: Vec<&str> = all.into_iter().map(|word| word.text.as_str()).collect();
        self.spoken(name, &said.join(" "));
    }

    fn table(&mut self, name: &str, table: &report::TableContent) {
        let column = |wanted: &str| table.columns.iter().position(|(name, _)| name == wanted);
        let by = (column("call_id"), column("channel"));
        for (at, (column, _)) in table.columns.iter().enumerate() {
            let place = format!("{name}, {column}");
            self.text(&place, column);
            let mut all: BTreeMap<(String, String), String> = BTreeMap::new();
            for row in &table.rows {
                let key =
                    |at: Option<usize>| at.map_or(String::new(), |at| format!("{:?}", row[at]));
                match &row[at] {
                    Cell::Text(text) => {
                        self.spoken(&place, text);
                        let all = all.entry((key(by.0), key(by.1))).or_default();
                        all.push(' ');
                        all.push_str(text);
                    }
                    Cell::Int(number) if number.unsigned_abs() > 9_999_999 => {
                        self.text(&place, &number.to_string());
                    }
                    _ => {}
                }
            }
            if column == "text" {
                for said in all.values() {
                    self.spoken(&place, said);
                }
            }
        }
    }
}

/// Digits that can be one number.
struct Run {
    digits: String,
    /// Other words stand between some of them.
    apart: bool,
    /// How many words and numbers came before it.
    word: usize,
}

enum Token {
    Digits(String),
    Word(String),
    /// What is neither and never stands between the digits of a number.
    Break,
}

/// Without times, clocks and fractions.
fn without_measurements(text: &str) -> String {
    static TIMES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?x) \d{4}-\d\d-\d\d[T\ ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?
            | \b\d{1,2}:\d\d(:\d\d(\.\d+)?)?\b
            | "process":\s*\d+ | process\ \d+
            # Seconds since 1970.
            | \b1[5-9]\d{8}(\.\d+)?\b
            # What the system says of a recording: length, times, device and number.
            | "file":"\d+\ \d+\.\d+\ \d+\.\d+\ \d+:\d+""#,
        )
        .unwrap()
    });
    static NUMBERS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d+(\.\d+)+([eE][+-]?\d+)?").unwrap());
    let text = TIMES.replace_all(text, " # ");
    let plain = NUMBERS.replace_all(&text, |found: &regex::Captures<'_>| {
        let number = &found[0];
        let (whole, fraction) = number.split_once('.').unwrap();
        let one = !fraction.contains('.');
        let is_measurement = one && whole.len() <= 3 && fraction.len() >= 5;
        if is_measurement {
            " # ".to_string()
        } else {
            number.to_string()
        }
    });
    plain.into_owned()
}

/// Hexadecimal words that are hashes by their length.
fn hashes(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| is_hash(word)).flat_map(|word| {
        word.split(|c: char| !c.is_ascii_digit())
            .filter(|digits| digits.len() >= TELLING_IN_HEX)
    })
}

fn is_hash(word: &str) -> bool {
    word.len() >= 16
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Milliseconds since 1970, also with zeros ahead.
fn is_epoch(digits: &str) -> bool {
    let digits = digits.trim_start_matches('0');
    digits.len() == 13 && digits.starts_with('1')
}

fn digit_of(c: char) -> Option<char> {
    const ZEROS: [u32; 22] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1d7d8,
    ];
    let value = ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(*zero).filter(|v| *v < 10));
    value.and_then(|value| char::from_digit(value, 10))
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '#' && c != '\'') {
        if word.contains('#') || is_hash(word) || word.contains('\u{fffd}') {
            tokens.push(Token::Break);
            continue;
        }
        let mut rest = word;
        while let Some(c) = rest.chars().next() {
            let digits = digit_of(c).is_some();
            let end = rest
                .find(|c| digit_of(c).is_some() != digits)
                .unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            rest = after;
            tokens.push(if digits {
                let part: String = part.chars().filter_map(digit_of).collect();
                if is_epoch(&part) {
                    Token::Break
                } else {
                    Token::Digits(part)
                }
            } else {
                Token::Word(part.to_lowercase())
            });
        }
    }
    tokens
}

fn unit(word: &str) -> Option<char> {
    Some(
        match word
            .strip_suffix('s')
            .filter(|w| *w != "si")
            .unwrap_or(word)
        {
            "zero" | "zeroe" | "nought" | "naught" | "nil" => '0',
            "one" => '1',
            "two" => '2',
            "three" => '3',
            "four" => '4',
            "five" => '5',
            "six" | "sixe" => '6',
            "seven" => '7',
            "eight" => '8',
            "nine" | "niner" => '9',
            _ => return None,
        },
    )
}

fn homophone(word: &str) -> Option<char> {
    Some(match word {
        "won" => '1',
        "to" | "too" => '2',
        "tree" => '3',
        "for" | "fore" => '4',
        "sicks" => '6',
        "ate" => '8',
        _ => return None,
    })
}

const TEENS: [&str; 10] = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const FILLERS: [&str; 29] = [
    "oh", "o", "uh", "um", "er", "erm", "ah", "mhm", "hmm", "and", "then", "dash", "hyphen",
    "comma", "dot", "point", "space", "okay", "ok", "yes", "yeah", "it's", "that's", "is", "the",
    "so", "sorry", "wait", "slash",
];

/// All runs of digits, and once more those over words that stand between them.
fn runs(text: &str, homophones: bool) -> Vec<Run> {
    // What each token says: digits, or nothing.
    let tokens = tokens(text);
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let plain = |at: usize| match tokens.get(at) {
        Some(Token::Digits(digits)) => Some(digits.clone()),
        Some(Token::Word(word)) => unit(word)
            .or_else(|| homophone(word).filter(|_| homophones))
            .map(String::from),
        _ => None,
    };
    let repeated = |at: usize| match word(at) {
        "oh" | "o" => Some("0".to_string()),
        _ => plain(at),
    };
    let mut read: Vec<(usize, Option<String>, bool)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let times = match word(at) {
            "double" => 2,
            "triple" | "treble" => 3,
            "quadruple" => 4,
            _ => 0,
        };
        let (said, used) = if let (2.., Some(next)) = (times, repeated(at + 1)) {
            let (first, rest) = next.split_at(1);
            (Some(first.repeat(times) + rest), 2)
        } else if let Some(n) = TENS.iter().position(|tens| *tens == word(at)) {
            let tens = char::from_digit(n as u32 + 2, 10).unwrap();
            match unit(word(at + 1)).filter(|unit| *unit != '0') {
                Some(unit) => (Some(format!("{tens}{unit}")), 2),
                None => (Some(format!("{tens}0")), 1),
            }
        } else if let Some(n) = TEENS.iter().position(|teen| *teen == word(at)) {
            (Some(format!("{}", n + 10)), 1)
        } else {
            let said = match word(at) {
                "hundred" => Some("00".to_string()),
                "thousand" => Some("000".to_string()),
                "oh" | "o" if digits_beside(&tokens, at) => Some("0".to_string()),
                _ => plain(at),
            };
            (said, 1)
        };
        let breaks = matches!(tokens[at], Token::Break);
        read.push((at, said, breaks));
        at += used;
    }
    let mut runs = Vec::new();
    for allowed in [0, APART] {
        let mut run: Option<Run> = None;
        let mut between = 0;
        for (at, said, breaks) in &read {
            match said {
                Some(said) => {
                    let run = run.get_or_insert_with(|| Run {
                        digits: String::new(),
                        apart: allowed > 0,
                        word: *at,
                    });
                    run.digits += said;
                    between = 0;
                }
                None => {
                    between += usize::from(!FILLERS.contains(&word(*at)));
                    if *breaks || between > allowed {
                        runs.extend(run.take());
                    }
                }
            }
        }
        runs.extend(run);
    }
    runs
}

/// Whether an "oh" stands beside a digit.
fn digits_beside(tokens: &[Token], at: usize) -> bool {
    let is_digit = |at: usize| match tokens.get(at) {
        Some(Token::Digits(_)) => true,
        Some(Token::Word(word)) => {
            let word = word.as_str();
            unit(word).is_some()
                || matches!(word, "oh" | "o" | "double" | "triple")
                || TEENS.contains(&word)
                || TENS.contains(&word)
        }
        _ => false,
    };
    at > 0 && is_digit(at - 1) || is_digit(at + 1)
}

/// Words and numbers with single blanks between, and around.
fn plain_words(lower: &str) -> String {
    let mut words = " ".to_string();
    for word in lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
    {
        words += word;
        words.push(' ');
    }
    words
}

/// Letters that stand alone, put together.
fn spelled(words: &str) -> String {
    let mut spelled = String::new();
    for word in words.split_whitespace() {
        match word.chars().count() {
            1 => spelled += word,
            _ => spelled.push(' '),
        }
    }
    spelled
}
