//! From a word as it was written down to the tokens that phrases are compared with.
//!
//! Lower case, no punctuation, contractions written out. What the spelling tells beyond the
//! letters is kept as [`Traits`]: capitals, punctuation, and which class of word it is.

use std::ops::BitOr;

use crate::transcript::RedactedKind;

/// One searchable unit of a written word; a contraction makes two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub text: String,
    pub traits: Traits,
}

/// What is known of a token besides its letters; a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u32);

impl Traits {
    /// Begins with a capital and goes on in small letters.
    pub const CAPITAL: Traits = Traits(1);
    /// Begins with a small letter.
    pub const SMALL: Traits = Traits(1 << 1);
    /// Too common to be a name, even with a capital at the start of a sentence.
    pub const COMMON: Traits = Traits(1 << 2);
    /// Punctuation after it ends a clause.
    pub const CLAUSE_END: Traits = Traits(1 << 3);
    /// Punctuation after it ends a sentence.
    pub const SENTENCE_END: Traits = Traits(1 << 4);
    /// The "not" of a contraction.
    pub const CONTRACTED: Traits = Traits(1 << 5);
    /// Somebody starts to speak with it.
    pub const STARTS: Traits = Traits(1 << 6);
    /// A redaction placeholder.
    pub const PLACEHOLDER: Traits = Traits(1 << 7);
    /// A placeholder that stands for a number, or begins with one.
    pub const MASKED_NUMBER: Traits = Traits(1 << 8);
    /// Holds a digit.
    pub const DIGITS: Traits = Traits(1 << 9);
    /// Holds three digits or more.
    pub const LONG_DIGITS: Traits = Traits(1 << 10);
    /// A digit, or one as a word: "four", "oh".
    pub const ONE_DIGIT: Traits = Traits(1 << 11);
    /// "four", "fourteen".
    pub const UNIT: Traits = Traits(1 << 12);
    /// "forty".
    pub const TENS: Traits = Traits(1 << 13);
    /// "hundred", "thousand", "million".
    pub const SCALE: Traits = Traits(1 << 14);
    /// "third".
    pub const ORDINAL: Traits = Traits(1 << 15);
    /// "3rd".
    pub const WRITTEN_ORDINAL: Traits = Traits(1 << 16);
    /// "$5".
    pub const AMOUNT: Traits = Traits(1 << 17);
    /// "dollars".
    pub const CURRENCY: Traits = Traits(1 << 18);
    /// "cents".
    pub const CENTS: Traits = Traits(1 << 19);
    pub const WEEKDAY: Traits = Traits(1 << 20);
    pub const MONTH: Traits = Traits(1 << 21);
    /// "tomorrow", or a whole date in digits.
    pub const DAY: Traits = Traits(1 << 22);
    /// "3:30", "3pm".
    pub const CLOCK: Traits = Traits(1 << 23);
    /// "noon".
    pub const NOON: Traits = Traits(1 << 24);
    /// "week", "month", "year", "weekend".
    pub const PERIOD: Traits = Traits(1 << 25);

    /// "May", "March": other words too.
    pub const AMBIGUOUS_MONTH: Traits = Traits(1 << 26);
    /// A placeholder that stands for three digits or more.
    pub const MASKED_DIGITS: Traits = Traits(1 << 27);

    /// Whether it has any of these.
    pub fn has(self, any: Traits) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Traits {
    type Output = Traits;

    fn bitor(self, other: Traits) -> Traits {
        Traits(self.0 | other.0)
    }
}

/// Words that classes and negations are told by, and the kind of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Key {
    #[default]
    None,
    A,
    And,
    AmPm,
    All,
    At,
    But,
    By,
    /// "am", "is", "are", "have", "with" and alike: a "no" after it belongs to the noun.
    Governs,
    Half,
    /// What stands for words that nobody knows.
    Hidden,
    If,
    In,
    Instead,
    Light,
    Longer,
    M,
    Mind,
    Need,
    Negation,
    Next,
    No,
    Not,
    Never,
    Oclock,
    Of,
    Only,
    Or,
    P,
    PartOfDay,
    Past,
    Placeholder(RedactedKind),
    Quarter,
    Subject,
    Than,
    The,
    There,
    To,
    Why,
    Positive,
}

impl Key {
    pub fn of(text: &str) -> Key {
        match text {
            "a" | "an" => Key::A,
            "and" => Key::And,
            "am" | "pm" => Key::AmPm,
            "at" => Key::At,
            "all" => Key::All,
            "mind" => Key::Mind,
            "by" | "until" | "till" => Key::By,
            "but" | "because" | "so" | "although" | "however" => Key::But,
            "is" | "are" | "was" | "were" | "have" | "has" | "had" | "with" | "see" | "got"
            | "get" | "find" | "found" | "makes" | "take" | "offer" => Key::Governs,
            "half" => Key::Half,
            "if" | "whether" => Key::If,
            "in" => Key::In,
            "instead" | "rather" => Key::Instead,
            "be" | "been" | "your" | "my" | "our" | "any" | "able" | "going" => Key::Light,
            "longer" | "more" => Key::Longer,
            "m" => Key::M,
            "need" | "reason" | "one" | "intention" | "plan" | "plans" | "way" => Key::Need,
            "without" | "nor" | "neither" | "nobody" | "unable" => Key::Negation,
            "next" | "this" | "last" | "coming" => Key::Next,
            "no" => Key::No,
            "not" => Key::Not,
            "never" => Key::Never,
            "oclock" => Key::Oclock,
            "of" => Key::Of,
            "only" | "just" | "merely" => Key::Only,
            "or" => Key::Or,
            "p" => Key::P,
            "morning" | "afternoon" | "evening" => Key::PartOfDay,
            "past" => Key::Past,
            "quarter" => Key::Quarter,
            "i" | "you" | "he" | "she" | "we" | "they" | "it" => Key::Subject,
            "than" => Key::Than,
            "the" => Key::The,
            "there" => Key::There,
            "to" => Key::To,
            "why" => Key::Why,
            "worry" | "hesitate" | "forget" => Key::Positive,
            _ => Key::None,
        }
    }
}

/// The words of a phrase's piece, as they are compared.
#[cfg(test)]
pub(super) fn normalised(text: &str) -> Vec<String> {
    parts(text).into_iter().map(|part| part.text).collect()
}

/// The tokens of a written word, or of several with blanks between.
pub(super) fn parts(text: &str) -> Vec<Part> {
    text.split_whitespace().flat_map(parts_of_chunk).collect()
}

fn parts_of_chunk(chunk: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = chunk
        .replace("...", "…")
        .split(|c| parts_words(c, chunk))
        .flat_map(parts_of_piece)
        .collect();
    let whole = traits_of_chunk(chunk);
    if let Some(first) = parts.first_mut() {
        first.traits = first.traits | whole;
    }
    if let Some(last) = parts.last_mut() {
        last.traits = last.traits | punctuation(chunk);
    }
    parts
}

/// Whether the sign stands between two words. In "5/14" and "3:30" it does not.
fn parts_words(c: char, chunk: &str) -> bool {
    match c {
        '-' | '\u{2010}' | '\u{2011}' | '–' | '—' | '…' | '_' => true,
        '/' => !chunk.starts_with(|c: char| c.is_ascii_digit()),
        _ => false,
    }
}

fn parts_of_piece(piece: &str) -> Vec<Part> {
    let mut letters = piece.chars().filter(|c| c.is_alphanumeric());
    let case = match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            Traits::CAPITAL
        }
        (Some(first), _) if first.is_lowercase() => Traits::SMALL,
        _ => Traits::default(),
    };
    let lower: String = piece
        .chars()
        .map(|c| match c {
            '’' | '‘' | '`' => '\'',
            c => c,
        })
        .filter(|c| c.is_alphanumeric() || *c == '\'')
        .flat_map(char::to_lowercase)
        .collect();
    let texts = expand(lower.trim_matches('\''));
    let contracted = texts.len() > 1;
    let mut parts: Vec<Part> = texts
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| {
            let mut traits = traits_of(&text);
            if contracted && text == "not" {
                traits = traits | Traits::CONTRACTED;
            }
            Part { text, traits }
        })
        .collect();
    // "I've" and "We'll" stand with a capital and are no names.
    if let Some(first) = parts.first_mut()
        && (!contracted || case != Traits::CAPITAL)
    {
        first.traits = first.traits | case;
    }
    parts
}

/// Contractions written out. "It's" is taken for "it is": whether it is "it has" cannot be seen in
/// a word.
fn expand(word: &str) -> Vec<String> {
    let whole: &[&str] = match word {
        "can't" | "cannot" => &["can", "not"],
        "won't" => &["will", "not"],
        "shan't" => &["shall", "not"],
        "ain't" => &["is", "not"],
        "let's" => &["let", "us"],
        // Written without their apostrophe.
        "dont" => &["do", "not"],
        "doesnt" => &["does", "not"],
        "didnt" => &["did", "not"],
        "cant" => &["can", "not"],
        "wont" => &["will", "not"],
        "isnt" => &["is", "not"],
        "wasnt" => &["was", "not"],
        "havent" => &["have", "not"],
        "couldnt" => &["could", "not"],
        "wouldnt" => &["would", "not"],
        "im" => &["i", "am"],
        "ive" => &["i", "have"],
        "youre" => &["you", "are"],
        "theyre" => &["they", "are"],
        "thats" => &["that", "is"],
        "whats" => &["what", "is"],
        "y'all" => &["you", "all"],
        "gonna" => &["going", "to"],
        "wanna" => &["want", "to"],
        "gotta" => &["got", "to"],
        "lemme" => &["let", "me"],
        "gimme" => &["give", "me"],
        "okay" => &["ok"],
        "alright" => &["all", "right"],
        "mister" => &["mr"],
        "missus" => &["mrs"],
        _ => &[],
    };
    if !whole.is_empty() {
        return whole.iter().map(|w| (*w).to_string()).collect();
    }
    const ENDINGS: [(&str, &str); 6] = [
        ("n't", "not"),
        ("'m", "am"),
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
    ];
    for (ending, full) in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending) {
            return vec![stem.to_string(), full.to_string()];
        }
    }
    const IS: [&str; 9] = [
        "it", "that", "what", "there", "here", "who", "he", "she", "how",
    ];
    match word.strip_suffix("'s") {
        Some(stem) if IS.contains(&stem) => vec![stem.to_string(), "is".to_string()],
        _ => vec![word.chars().filter(|c| *c != '\'').collect()],
    }
}

pub(super) fn punctuation(chunk: &str) -> Traits {
    let end = chunk.trim_end_matches(['"', '\'', '”', '’', ')', ']']);
    if end.ends_with(['?', '!']) {
        return Traits::SENTENCE_END | Traits::CLAUSE_END;
    }
    if end.ends_with("...") || end.ends_with([',', ';', ':', '…', '–', '—']) {
        return Traits::CLAUSE_END;
    }
    match end.strip_suffix('.') {
        Some(before) if !is_abbreviation(before) => Traits::SENTENCE_END | Traits::CLAUSE_END,
        _ => Traits::default(),
    }
}

/// "Mr", "p.m", "A": the full stop after it ends no sentence.
fn is_abbreviation(before: &str) -> bool {
    let lower = before.to_lowercase();
    before.contains('.')
        || before.chars().count() == 1 && before.chars().all(char::is_alphabetic)
        || ["mr", "mrs", "ms", "dr", "st", "vs", "etc", "approx"].contains(&lower.as_str())
}

/// What can be seen only before the signs are taken away.
fn traits_of_chunk(chunk: &str) -> Traits {
    let core = chunk.trim_matches(|c: char| !c.is_alphanumeric() && !"$£€".contains(c));
    let digits_first = core.starts_with(|c: char| c.is_ascii_digit());
    if core.starts_with(['$', '£', '€']) || digits_first && core.ends_with(['$', '£', '€']) {
        return Traits::AMOUNT;
    }
    if !digits_first {
        return Traits::default();
    }
    let lower = core.to_lowercase().replace('.', "");
    let clock = lower
        .strip_suffix("am")
        .or_else(|| lower.strip_suffix("pm"));
    if let Some(clock) = clock
        && is_clock(clock, 1)
    {
        return Traits::CLOCK;
    }
    if is_clock(&lower, 2) {
        return Traits::CLOCK;
    }
    for sign in ['/', '-'] {
        let fields: Vec<&str> = lower.split(sign).collect();
        let all_digits = fields
            .iter()
            .all(|f| (1..=4).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_digit()));
        if all_digits
            && (fields.len() == 3 || sign == '/' && fields.len() == 2)
            && core != "24/7"
            && fields.iter().filter(|f| f.len() > 2).count() <= 1
        {
            return Traits::DAY;
        }
    }
    Traits::default()
}

/// "3" or "3:30", of at least so many fields.
fn is_clock(text: &str, least: usize) -> bool {
    let fields: Vec<&str> = text.split(':').collect();
    (least..=2).contains(&fields.len())
        && fields
            .iter()
            .all(|f| (1..=2).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_digit()))
}

/// What the letters tell.
pub(super) fn traits_of(text: &str) -> Traits {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits > 0 {
        return traits_of_digits(text, digits);
    }
    let mut traits = match text {
        "zero" | "oh" | "one" | "two" | "three" | "four" | "five" | "six" | "seven" | "eight"
        | "nine" => Traits::UNIT | Traits::ONE_DIGIT,
        "ten" | "eleven" | "twelve" | "thirteen" | "fourteen" | "fifteen" | "sixteen"
        | "seventeen" | "eighteen" | "nineteen" => Traits::UNIT,
        "twenty" | "thirty" | "forty" | "fifty" | "sixty" | "seventy" | "eighty" | "ninety" => {
            Traits::TENS
        }
        "hundred" | "thousand" | "million" => Traits::SCALE,
        "first" | "second" | "third" | "fourth" | "fifth" | "sixth" | "seventh" | "eighth"
        | "ninth" | "tenth" | "eleventh" | "twelfth" | "thirteenth" | "fourteenth"
        | "fifteenth" | "sixteenth" | "seventeenth" | "eighteenth" | "nineteenth" | "twentieth"
        | "thirtieth" => Traits::ORDINAL,
        "dollar" | "dollars" | "buck" | "bucks" | "pound" | "pounds" | "euro" | "euros"
        | "quid" => Traits::CURRENCY,
        "cent" | "cents" | "penny" | "pence" => Traits::CENTS,
        "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday" => {
            Traits::WEEKDAY
        }
        "january" | "february" | "april" | "june" | "july" | "august" | "september" | "october"
        | "november" | "december" => Traits::MONTH,
        "march" | "may" => Traits::MONTH | Traits::AMBIGUOUS_MONTH,
        "today" | "tomorrow" | "tonight" | "yesterday" => Traits::DAY,
        "noon" | "midnight" | "midday" => Traits::NOON,
        "week" | "month" | "year" | "weekend" => Traits::PERIOD,
        _ => Traits::default(),
    };
    if COMMON.binary_search(&text).is_ok() {
        traits = traits | Traits::COMMON;
    }
    traits
}

fn traits_of_digits(text: &str, digits: usize) -> Traits {
    let mut traits = Traits::DIGITS;
    if digits >= 3 {
        traits = traits | Traits::LONG_DIGITS;
    }
    if digits == 1 && text.len() == 1 {
        traits = traits | Traits::ONE_DIGIT;
    }
    let ordinal = ["st", "nd", "rd", "th"].iter().any(|ending| {
        text.strip_suffix(ending)
            .is_some_and(|n| n.len() <= 2 && n.bytes().all(|b| b.is_ascii_digit()))
    });
    if ordinal {
        traits = traits | Traits::WRITTEN_ORDINAL;
    }
    traits
}

/// Words that begin sentences, or are otherwise no name when they have a capital. In order.
#[rustfmt::skip]
const COMMON: [&str; 375] = [
    "a", "about", "absolutely", "account", "actually", "after", "afternoon", "again", "agent",
    "ago", "ah", "all", "almost", "alright", "also", "always", "am", "an", "and", "another", "any",
    "anyone", "anything", "anyway", "apologies", "apparently", "are", "as", "ask", "at", "august",
    "away", "awesome", "back", "bad", "balance", "basically", "be", "because", "been", "before",
    "being", "best", "better", "between", "bill", "both", "bring", "but", "by", "bye", "call",
    "called", "calling", "can", "card", "certainly", "charge", "check", "come", "congratulations",
    "cool", "correct", "could", "customer", "date", "day", "days", "december", "definitely", "did",
    "do", "does", "doing", "done", "down", "during", "each", "eight", "eighty", "either", "eleven",
    "email", "enough", "er", "erm", "especially", "even", "evening", "ever", "every", "everyone",
    "everything", "exactly", "excellent", "excuse", "fair", "fantastic", "february", "few", "fifty",
    "fine", "first", "five", "for", "forty", "four", "friday", "from", "get", "give", "glad", "go",
    "going", "good", "goodbye", "goodness", "got", "great", "had", "half", "happy", "has", "have",
    "having", "he", "hello", "help", "her", "here", "hers", "hey", "hi", "him", "his", "hmm",
    "hold", "honestly", "hopefully", "how", "however", "hundred", "i", "if", "in", "is", "it",
    "its", "january", "july", "just", "keep", "kind", "kindly", "know", "last", "later", "least",
    "let", "like", "listen", "little", "lo", "long", "look", "looking", "lot", "lovely", "luckily",
    "maam", "madam", "many", "march", "may", "maybe", "me", "mean", "meanwhile", "mhm", "might",
    "mine", "mm", "monday", "money", "month", "more", "morning", "most", "mr", "mrs", "ms", "much",
    "must", "my", "name", "need", "neither", "never", "next", "nice", "night", "nine", "ninety",
    "no", "nobody", "none", "nor", "not", "nothing", "november", "now", "number", "obviously",
    "october", "of", "off", "oh", "ok", "okay", "on", "once", "one", "only", "or", "order", "other",
    "otherwise", "our", "ours", "out", "over", "pardon", "pay", "payment", "perfect", "perhaps",
    "phone", "please", "possibly", "probably", "problem", "put", "question", "quite", "rather",
    "ready", "really", "right", "sadly", "said", "same", "saturday", "say", "see", "seems", "send",
    "september", "set", "seven", "seventy", "several", "shall", "she", "should", "since", "sir",
    "six", "sixty", "so", "some", "somebody", "someone", "something", "sometimes", "soon", "sorry",
    "speak", "speaking", "still", "stop", "sunday", "sure", "take", "talk", "tell", "ten", "than",
    "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they", "thing",
    "things", "think", "thirty", "this", "those", "though", "thousand", "three", "through",
    "thursday", "thus", "time", "to", "today", "tomorrow", "tonight", "too", "totally", "try",
    "tuesday", "turn", "twelve", "twenty", "two", "uh", "um", "under", "understand", "understood",
    "unfortunately", "unless", "until", "up", "us", "usually", "very", "wait", "want", "was", "way",
    "we", "wednesday", "week", "weekend", "welcome", "well", "were", "what", "whatever", "when",
    "whenever", "where", "wherever", "whether", "which", "while", "who", "whom", "whose", "why",
    "will", "wish", "with", "without", "wonderful", "would", "wow", "yeah", "year", "yep", "yes",
    "yesterday", "yet", "you", "your", "yours", "zero",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart_as_they_are_spoken() {
        for (written, read) in [
            ("Calling!", "calling"),
            ("I\u{2019}m", "i am"),
            ("don't", "do not"),
            ("cannot", "can not"),
            ("it's", "it is"),
            ("customer's", "customers"),
            ("twenty-five", "twenty five"),
            ("four...one", "four one"),
            ("and/or", "and or"),
            ("5/14/1980", "5141980"),
            ("$38.20,", "3820"),
            ("p.m.", "pm"),
            ("gonna", "going to"),
            ("two words", "two words"),
            ("--", ""),
        ] {
            assert_eq!(normalised(written).join(" "), read, "{written}");
        }
    }

    #[test]
    fn punctuation_and_capitals_are_kept_as_traits() {
        let last = |text: &str| parts(text).pop().unwrap().traits;
        for (text, clause, sentence) in [
            ("card.", true, true),
            ("card?\"", true, true),
            ("card,", true, false),
            ("card...", true, false),
            ("Mr.", false, false),
            ("p.m.", false, false),
            ("no.", true, true),
            ("card", false, false),
        ] {
            assert_eq!(last(text).has(Traits::CLAUSE_END), clause, "{text}");
            assert_eq!(last(text).has(Traits::SENTENCE_END), sentence, "{text}");
        }
        for (text, capital) in [
            ("Anna", true),
            ("I", false),
            ("ZIP", false),
            ("anna", false),
        ] {
            assert_eq!(
                parts(text)[0].traits.has(Traits::CAPITAL),
                capital,
                "{text}"
            );
        }
        assert!(COMMON.is_sorted());
    }
}
