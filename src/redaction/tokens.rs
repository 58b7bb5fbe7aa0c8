//! A channel as a row of tokens: digits, fillers between digits, and other words.
//!
//! Here numbers of everyday speech (quantities, dates, "one moment") are told from digits that may
//! belong to a long number. The tokens hold what must not be written, so they have no `Debug`.

use super::{dates, digits, email};
use crate::transcript::{Channel, RedactedKind, Word};

/// Digits further apart than this are never taken as next to each other.
pub(super) const NEXT_TO_MS: i64 = 8_000;

/// What a token is to a run of digits.
///
/// In order of how surely its digits, if any, belong to a long number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Digits that make a run.
    Digits,
    /// One or two digits with only fillers between them and other words: "52 Maple Street", or a
    /// card read in pieces.
    Lone,
    /// A number of everyday speech: makes no run, but is masked inside one.
    Everyday,
    /// A word that people say between digits; it never ends a run.
    Filler,
    Plain,
    /// A placeholder of an earlier redaction.
    Sealed,
}

/// One or two words, or a part of a word, of one segment.
#[derive(Clone)]
pub(super) struct Token {
    pub segment: usize,
    pub first_word: usize,
    pub last_word: usize,
    pub start_ms: i64,
    pub end_ms: i64,
    pub class: Class,
    /// ASCII digits; empty unless the class is `Digits`, `Lone` or `Everyday`.
    pub digits: String,
    /// In lower case, without punctuation; empty for written digits. An e-mail address is one
    /// token, as it is written.
    pub text: String,
    /// Letters and digits as written, in upper case, where the word has digits, is all in capitals
    /// or is a single letter; a written date or amount with its punctuation. Else empty.
    pub code: String,
    /// A comma, a full stop or a hyphen follows.
    pub breaks: bool,
    pub ends_sentence: bool,
    /// It was written with a plus ahead, as numbers of other countries are.
    pub plus: bool,
    /// What a placeholder stands for.
    pub sealed: Option<RedactedKind>,
    pub case: Case,
    /// Whether a comma or the like stands after it, or the end of a sentence.
    pub pause: bool,
    /// Whether letters stand among written digits: "3b".
    pub mixed: bool,
    /// Digits a few words ahead of a street.
    pub house: bool,
}

/// How a word was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    /// With a capital first.
    Title,
    /// Two letters and more, all of them capitals.
    Upper,
}

impl Token {
    fn is_spoken_digits(&self) -> bool {
        self.class == Class::Digits && !self.text.is_empty()
    }

    /// Digits of which a run is made.
    pub fn is_number(&self) -> bool {
        self.class <= Class::Lone
    }

    /// The word, or the digits where it is written with them.
    pub fn word(&self) -> &str {
        match self.text.is_empty() {
            true => &self.digits,
            false => &self.text,
        }
    }

    /// The digits, or the word where there are none: one form however a number was said.
    pub fn said(&self) -> &str {
        match self.digits.is_empty() {
            true => &self.text,
            false => &self.digits,
        }
    }

    /// Words that people say while they read digits out.
    fn is_filler(&self) -> bool {
        const FILLERS: [&str; 50] = [
            "uh", "um", "er", "erm", "ah", "hmm", "mm", "mhm", "and", "then", "comma", "dash",
            "hyphen", "okay", "ok", "yes", "yeah", "yep", "is", "well", "it", "it's", "its",
            "that", "that's", "the", "a", "so", "now", "next", "again", "sorry", "wait", "go",
            "on", "got", "right", "correct", "by", "followed", "please", "space", "period",
            "point", "dot", "slash", "stroke", "uhm", "hm", "alright",
        ];
        let word = self.text.as_str();
        FILLERS.contains(&word)
            || digits::is_oh(word)
            || digits::zeros(word).is_some()
            || digits::times(word).is_some()
            // "Tripleso 55": digits that a recogniser made a word of.
            || word.starts_with("triple")
            || word.starts_with("double")
    }
}

/// Reads a channel. Spoken numbers become digits, and everyday numbers are set apart.
pub(super) fn read(channel: &Channel) -> Vec<Token> {
    let mut atoms = Vec::new();
    for (segment, spoken) in channel.segments.iter().enumerate() {
        for (index, word) in spoken.words.iter().enumerate() {
            let from = atoms.len();
            push_atoms(&mut atoms, segment, index, word);
            mark_spelling(&mut atoms[from..], &word.text);
        }
    }
    let mut tokens = join_numbers(&atoms);
    resolve_doubtful_digits(&mut tokens);
    set_quantities_apart(&mut tokens);
    set_dates_apart(&mut tokens);
    set_years_and_houses_apart(&mut tokens);
    set_lone_numbers_apart(&mut tokens);
    tokens
}

/// The parts of one word. Usually one, but "4111-1111" is two, and other tools' words may hold a
/// whole sentence.
fn push_atoms(atoms: &mut Vec<Token>, segment: usize, index: usize, word: &Word) {
    let bare = Token {
        segment,
        first_word: index,
        last_word: index,
        start_ms: word.start_ms,
        end_ms: word.end_ms,
        class: Class::Plain,
        digits: String::new(),
        text: String::new(),
        code: String::new(),
        breaks: false,
        ends_sentence: false,
        plus: false,
        sealed: None,
        case: Case::Lower,
        pause: false,
        mixed: false,
        house: false,
    };
    if let Some(redacted) = &word.redacted {
        atoms.push(Token {
            class: Class::Sealed,
            sealed: Some(redacted.kind),
            ..bare
        });
        return;
    }
    for chunk in word.text.split_whitespace() {
        let breaks = chunk.ends_with(['.', '?', '!', ',', ';', ':']);
        let ends_sentence = chunk.ends_with(['.', '?', '!']);
        if let Some(address) = email::written(chunk) {
            atoms.push(Token {
                text: address,
                breaks,
                ends_sentence,
                ..bare.clone()
            });
            continue;
        }
        if digits::is_everyday(chunk) {
            atoms.push(Token {
                class: Class::Everyday,
                digits: digits::digits_of(chunk),
                code: digits::core(chunk).to_string(),
                breaks,
                ends_sentence,
                ..bare.clone()
            });
            continue;
        }
        let mut plus = chunk.starts_with('+') || chunk.starts_with("(+");
        let from = atoms.len();
        for piece in chunk.split(|c: char| "-\u{2010}\u{2011}–—/,;:_|…".contains(c)) {
            let value = digits::digits_of(piece);
            if !value.is_empty() {
                atoms.push(Token {
                    class: Class::Digits,
                    digits: value,
                    code: code(piece),
                    breaks: true,
                    ends_sentence,
                    plus: std::mem::take(&mut plus),
                    ..bare.clone()
                });
                continue;
            }
            for text in plain_words(piece) {
                atoms.push(Token {
                    text,
                    code: code(piece),
                    breaks: false,
                    ends_sentence,
                    ..bare.clone()
                });
            }
        }
        if atoms.len() > from
            && let Some(last) = atoms.last_mut()
        {
            last.breaks = breaks;
        }
    }
}

/// The letters and digits of a piece that can be a part of a code: "GB29", "NWBK", "Q".
fn code(piece: &str) -> String {
    let kept: String = piece.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_code = kept.bytes().any(|b| b.is_ascii_digit())
        || kept.len() == 1
        || !kept.bytes().any(|b| b.is_ascii_lowercase());
    match is_code {
        true => kept.to_ascii_uppercase(),
        false => String::new(),
    }
}

/// Capitals and commas of a word that was taken apart into `atoms`.
fn mark_spelling(atoms: &mut [Token], written: &str) {
    let part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}');
    let mut rest = written;
    for atom in atoms {
        rest = rest.trim_start_matches(|c: char| !part_of_word(c));
        // "a.m." is one atom; what stands after its first part is not looked for.
        let end = rest.find(|c: char| !part_of_word(c)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        let mut letters = piece.chars().filter(|c| c.is_alphabetic());
        let first_capital = letters.next().is_some_and(char::is_uppercase);
        atom.mixed = !atom.digits.is_empty() && piece.chars().any(char::is_alphabetic);
        let mut others = letters.peekable();
        atom.case = match first_capital {
            false => Case::Lower,
            true if others.peek().is_some() && others.all(char::is_uppercase) => Case::Upper,
            true => Case::Title,
        };
        atom.pause |= after.starts_with([',', ';', ':', '!', '?'])
            || atom.ends_sentence
            || after.is_empty() && written.trim_end().ends_with([',', ';', ':']);
    }
}

/// Lower-case words of a piece without digits. "a.m." is one word, "four...one" two.
fn plain_words(piece: &str) -> Vec<String> {
    let abbreviation = piece.split('.').any(|part| part.chars().count() == 1);
    let parts: Vec<String> = if abbreviation {
        vec![piece.replace('.', "")]
    } else {
        piece.split('.').map(str::to_string).collect()
    };
    parts
        .into_iter()
        .map(|part| {
            let part = part.replace('\u{2019}', "'").to_lowercase();
            part.chars()
                .filter(|c| c.is_alphanumeric() || *c == '\'')
                .collect::<String>()
        })
        .map(|part| part.trim_matches('\'').to_string())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Turns number words into digits and joins what makes one number: "forty one", "double four".
fn join_numbers(atoms: &[Token]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(atoms.len());
    let mut at = 0;
    while at < atoms.len() {
        let (value, used) = spoken_number(atoms, at, tokens.last());
        let mut token = atoms[at].clone();
        if let Some(value) = value {
            let last = &atoms[at + used - 1];
            token.class = Class::Digits;
            token.digits = value;
            token.last_word = last.last_word;
            token.end_ms = last.end_ms.max(token.end_ms);
            token.breaks = last.breaks;
            token.ends_sentence = last.ends_sentence;
            if used > 1 || token.text.len() > 1 {
                token.code.clone_from(&token.digits);
            }
            token.pause = last.pause;
        } else if token.class == Class::Plain && token.is_filler() {
            token.class = Class::Filler;
        }
        tokens.push(token);
        at += used;
    }
    tokens
}

/// The digits that are spoken from `at` on, if any, and how many atoms they take.
fn spoken_number(atoms: &[Token], at: usize, before: Option<&Token>) -> (Option<String>, usize) {
    let atom = &atoms[at];
    let word = atom.text.as_str();
    let next = atoms
        .get(at + 1)
        .filter(|next| next.segment == atom.segment);
    if let Some(times) = digits::times(word)
        && let Some(digit) = next.and_then(single_digit)
    {
        return (Some(digit.repeat(times)), 2);
    }
    if let Some(ten) = digits::tens(word) {
        return match next.and_then(|next| digits::unit(&next.text)) {
            Some(one) if one != "0" && !atom.breaks => (Some(format!("{ten}{one}")), 2),
            _ => (Some(format!("{ten}0")), 1),
        };
    }
    if let Some(zeros) = digits::zeros(word) {
        let counts =
            before.is_some_and(|b| b.class == Class::Digits) && !number_follows(&atoms[at + 1..]);
        return (counts.then(|| zeros.to_string()), 1);
    }
    let value = digits::unit(word).or_else(|| digits::teen(word));
    (value.map(str::to_string), 1)
}

/// "two hundred (and) ten" has no zeros of its own: they are filled by what follows.
fn number_follows(rest: &[Token]) -> bool {
    rest.iter()
        .find(|atom| atom.text != "and")
        .is_some_and(|atom| {
            let word = atom.text.as_str();
            digits::unit(word).is_some()
                || digits::teen(word).is_some()
                || digits::tens(word).is_some()
        })
}

fn single_digit(atom: &Token) -> Option<String> {
    if digits::is_oh(&atom.text) {
        return Some("0".to_string());
    }
    if atom.digits.len() == 1 && atom.class == Class::Digits {
        return Some(atom.digits.clone());
    }
    digits::unit(&atom.text).map(str::to_string)
}

/// "oh" and misheard digits ("for", "ate") count where their neighbours are digits.
fn resolve_doubtful_digits(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let before = at.checked_sub(1).map(|b| &tokens[b]);
        let after = tokens[at + 1..]
            .iter()
            .find(|token| !digits::is_oh(&token.text));
        let digits_after = after.is_some_and(|t| t.class == Class::Digits);
        let spoken_after = after.is_some_and(Token::is_spoken_digits);
        let digits_before = before.is_some_and(|t| t.class == Class::Digits);
        let spoken_before = before.is_some_and(Token::is_spoken_digits);
        let goes_on = before.is_some_and(|t| !t.ends_sentence);
        let word = tokens[at].text.as_str();
        let value = if digits::is_oh(word) {
            let twice = tokens
                .get(at + 1)
                .is_some_and(|next| digits::is_oh(&next.text));
            let zero = twice
                || spoken_after
                || (digits_before && digits_after)
                || (spoken_before && goes_on);
            zero.then_some("0")
        } else {
            digits::misheard(word).filter(|_| spoken_before && spoken_after)
        };
        if let Some(value) = value
            && tokens[at].digits.is_empty()
        {
            tokens[at].class = Class::Digits;
            tokens[at].digits = value.to_string();
        }
    }
}

/// "thirty eight dollars", "30 days", "six p.m.": short numbers ahead of what they measure.
fn set_quantities_apart(tokens: &mut [Token]) {
    for at in 1..tokens.len() {
        if !digits::is_measure(&tokens[at].text) || tokens[at - 1].class != Class::Digits {
            continue;
        }
        // A written number stands alone; a spoken one takes all its words along.
        let first = if tokens[at - 1].is_spoken_digits() {
            start_of_spoken(tokens, at - 1)
        } else {
            at - 1
        };
        let length: usize = tokens[first..at].iter().map(|t| t.digits.len()).sum();
        if length >= 8 {
            continue;
        }
        for token in &mut tokens[first..at] {
            if token.class == Class::Digits {
                token.class = Class::Everyday;
            }
        }
    }
}

/// Walks back over the words of one spoken number that ends at `last`.
fn start_of_spoken(tokens: &[Token], last: usize) -> usize {
    let mut first = last;
    for at in (0..last).rev() {
        let token = &tokens[at];
        if token.is_spoken_digits() {
            first = at;
        } else if token.text != "and" && digits::zeros(&token.text).is_none() {
            break;
        }
    }
    first
}

/// The day and the year beside a month: "October 2nd, 1979", "August twenty twenty eight".
fn set_dates_apart(tokens: &mut [Token]) {
    for date in dates::find(tokens) {
        for token in &mut tokens[date.first..=date.last] {
            if token.class == Class::Digits {
                token.class = Class::Everyday;
            }
        }
    }
}

/// Years ("since 2019") and the numbers of houses ("52 Maple Street"): both are groups of four
/// digits or less that stand alone.
fn set_years_and_houses_apart(tokens: &mut [Token]) {
    const BEFORE_A_YEAR: [&str; 6] = ["since", "in", "from", "until", "till", "year"];
    const STREETS: [&str; 26] = [
        "street",
        "st",
        "avenue",
        "ave",
        "road",
        "rd",
        "lane",
        "ln",
        "drive",
        "dr",
        "boulevard",
        "blvd",
        "court",
        "ct",
        "place",
        "way",
        "terrace",
        "close",
        "crescent",
        "square",
        "parkway",
        "highway",
        "gardens",
        "grove",
        "hill",
        "row",
    ];
    for at in 0..tokens.len() {
        let lone = |i: usize| tokens.get(i).is_none_or(|t| t.class != Class::Digits);
        if tokens[at].class != Class::Digits || !lone(at + 1) || at > 0 && !lone(at - 1) {
            continue;
        }
        let digits = &tokens[at].digits;
        let is_year = digits::is_year(digits)
            && at > 0
            && BEFORE_A_YEAR.contains(&tokens[at - 1].text.as_str());
        let is_house = digits.len() <= 4
            && !tokens[at].breaks
            && tokens[at + 1..]
                .iter()
                .take(3)
                .take_while(|t| t.class >= Class::Filler && t.segment == tokens[at].segment)
                .any(|t| STREETS.contains(&t.text.as_str()));
        if is_year || is_house {
            tokens[at].class = Class::Everyday;
            tokens[at].house = is_house;
        }
    }
}

/// Short numbers with no digits next to them; "that one" is no number at all.
fn set_lone_numbers_apart(tokens: &mut [Token]) {
    let short: Vec<usize> = (0..tokens.len())
        .filter(|&at| tokens[at].class == Class::Digits && tokens[at].digits.len() <= 2)
        .collect();
    let classes: Vec<Class> = short.iter().map(|&at| class_of_short(tokens, at)).collect();
    for (at, class) in short.into_iter().zip(classes) {
        tokens[at].class = class;
    }
}

fn class_of_short(tokens: &[Token], at: usize) -> Class {
    if is_pronoun(tokens, at) {
        return Class::Everyday;
    }
    match has_digits_beside(tokens, at) {
        true => Class::Digits,
        false => Class::Lone,
    }
}

fn is_pronoun(tokens: &[Token], at: usize) -> bool {
    const BEFORE: [&str; 17] = [
        "that", "this", "which", "another", "other", "new", "every", "each", "any", "no", "short",
        "long", "little", "end", "wrong", "savings", "old",
    ];
    tokens[at].text == "one" && at > 0 && BEFORE.contains(&tokens[at - 1].text.as_str())
}

fn has_digits_beside(tokens: &[Token], at: usize) -> bool {
    let before = tokens[..at].iter().rev().find(|t| t.class != Class::Filler);
    let after = tokens[at + 1..].iter().find(|t| t.class != Class::Filler);
    before.is_some_and(|t| t.class == Class::Digits && tokens[at].start_ms - t.end_ms <= NEXT_TO_MS)
        || after.is_some_and(|t| {
            t.class == Class::Digits && t.start_ms - tokens[at].end_ms <= NEXT_TO_MS
        })
}
