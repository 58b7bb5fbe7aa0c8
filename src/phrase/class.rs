//! Classes of words: numbers, names, money, dates and times of day, redaction placeholders.
//!
//! A class takes one token or several, as "thirty eight dollars and twenty cents" is one amount.
//! Where it could take more or fewer, it offers both and the phrase decides.

use super::folding::Tolerance;
use super::masked::Kinds;
use super::matcher::Token;
use super::words::{Key, Traits};
use crate::transcript::{Redacted, RedactedKind};

/// What `<...>` stands for in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// A number in digits, as words, or masked.
    Number,
    /// Any one word.
    Word,
    /// One to three words with a capital that are not just the start of a sentence, or a masked
    /// name.
    Name,
    Money,
    Date,
    Time,
    /// Three digits or more, written, spoken one by one, or masked.
    Digits,
    /// Any redaction placeholder.
    Redacted,
    /// A placeholder of this kind.
    Kind(RedactedKind),
    /// A placeholder that may stand for words of the phrase; it cannot be written.
    MayHide(Kinds),
}

/// A set of classes; the kinds of placeholders count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Classes(u16);

impl Classes {
    pub fn both(self, other: Classes) -> Classes {
        Classes(self.0 & other.0)
    }

    pub fn with(self, class: Class) -> Classes {
        Classes(self.0 | class.bit())
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, class: Class) -> bool {
        self.0 & class.bit() != 0
    }

    /// Those that may begin with a token; in words with capitals.
    pub fn beginning_with(traits: Traits, key: Key) -> Classes {
        let number = Traits::UNIT | Traits::TENS | Traits::SCALE | Traits::DIGITS;
        let number = traits.has(number | Traits::MASKED_NUMBER) || key == Key::A;
        let day = Traits::DAY | Traits::WEEKDAY | Traits::MONTH;
        let ordinal = Traits::ORDINAL | Traits::WRITTEN_ORDINAL | Traits::TENS;
        let date = traits.has(day | ordinal) || matches!(key, Key::The | Key::Next);
        let digits = Traits::ONE_DIGIT | Traits::LONG_DIGITS | Traits::MASKED_DIGITS;
        let clock = Traits::NOON | Traits::CLOCK | Traits::UNIT | Traits::DIGITS;
        let masked = traits.has(Traits::PLACEHOLDER);
        Class::ALL
            .into_iter()
            .filter(|class| match class {
                _ if key == Key::Hidden => true,
                Class::Word => true,
                Class::Number => number,
                Class::Name => traits.has(Traits::CAPITAL) || key == MASKED_NAME,
                Class::Money => number || traits.has(Traits::AMOUNT),
                Class::Date => date || is_masked_date(key),
                Class::Time => traits.has(clock) || matches!(key, Key::Half | Key::Quarter),
                Class::Digits => traits.has(digits),
                Class::Redacted | Class::Kind(_) => masked,
                Class::MayHide(_) => false,
            })
            .chain(masked.then_some(Class::MayHide(Kinds::default())))
            .collect()
    }
}

const MASKED_NAME: Key = Key::Placeholder(RedactedKind::Name);

pub(super) fn is_masked_name(token: &Token) -> bool {
    token.key == MASKED_NAME
}

fn is_masked_date(key: Key) -> bool {
    matches!(
        key,
        Key::Placeholder(RedactedKind::DateOfBirth | RedactedKind::CardExpiry)
    )
}

/// What a placeholder is besides its kind: a placeholder counts for a class where what it stands
/// for would have.
pub(super) fn traits_of_placeholder(redacted: &Redacted) -> Traits {
    let (number, digits) = match redacted.kind {
        RedactedKind::CardNumber
        | RedactedKind::SecurityCode
        | RedactedKind::CardExpiry
        | RedactedKind::Iban
        | RedactedKind::AccountNumber
        | RedactedKind::NationalId
        | RedactedKind::DateOfBirth
        | RedactedKind::PhoneNumber => (true, true),
        // A password may be words, and an address no more than a town.
        RedactedKind::Passcode | RedactedKind::PostalAddress => {
            (redacted.digits > 0, redacted.digits >= 3)
        }
        RedactedKind::Email | RedactedKind::Name => (false, false),
    };
    let mut traits = Traits::PLACEHOLDER;
    if number {
        traits = traits | Traits::MASKED_NUMBER;
    }
    if digits {
        traits = traits | Traits::MASKED_DIGITS;
    }
    traits
}

impl FromIterator<Class> for Classes {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        classes.into_iter().fold(Self::default(), Self::with)
    }
}

/// How many tokens a class may take; the most it offers is four lengths.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    lengths: [u8; 4],
    count: u8,
}

impl Lengths {
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.lengths[..usize::from(self.count)]
            .iter()
            .map(|l| usize::from(*l))
    }

    fn offer(&mut self, length: usize) {
        let new = length > 0
            && usize::from(self.count) < self.lengths.len()
            && !self.iter().any(|l| l == length);
        if new && let Ok(length) = u8::try_from(length) {
            self.lengths[usize::from(self.count)] = length;
            self.count += 1;
        }
    }

    fn of(lengths: &[usize]) -> Self {
        let mut offered = Self::default();
        for length in lengths {
            offered.offer(*length);
        }
        offered
    }
}

/// The longest number that is read as one, in tokens.
const MOST_NUMBER: usize = 12;
/// Words of a name.
const MOST_NAME: usize = 3;

impl Class {
    /// Those that can be written.
    pub const ALL: [Class; 19] = [
        Class::Number,
        Class::Word,
        Class::Name,
        Class::Money,
        Class::Date,
        Class::Time,
        Class::Digits,
        Class::Redacted,
        Class::Kind(RedactedKind::CardNumber),
        Class::Kind(RedactedKind::SecurityCode),
        Class::Kind(RedactedKind::CardExpiry),
        Class::Kind(RedactedKind::Iban),
        Class::Kind(RedactedKind::AccountNumber),
        Class::Kind(RedactedKind::NationalId),
        Class::Kind(RedactedKind::Passcode),
        Class::Kind(RedactedKind::DateOfBirth),
        Class::Kind(RedactedKind::PhoneNumber),
        Class::Kind(RedactedKind::Email),
        Class::Kind(RedactedKind::PostalAddress),
    ];

    fn bit(self) -> u16 {
        1 << match self {
            Class::Number => 0,
            Class::Word => 1,
            Class::Name => 2,
            Class::Money => 3,
            Class::Date => 4,
            Class::Time => 5,
            Class::Digits => 6,
            Class::Redacted => 7,
            Class::Kind(_) => 8,
            Class::MayHide(_) => 9,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Class::Number => "number",
            Class::Word => "word",
            Class::Name => "name",
            Class::Money => "money",
            Class::Date => "date",
            Class::Time => "time",
            Class::Digits => "digits",
            Class::Redacted => "redacted",
            Class::Kind(kind) => kind.as_str(),
            Class::MayHide(_) => "",
        }
    }

    pub fn named(name: &str) -> Option<Class> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    pub fn names() -> String {
        Self::ALL
            .map(|class| format!("<{}>", class.name()))
            .join(", ")
    }

    /// Any word would do, or one that recognisers seldom know: how well it was heard says nothing.
    pub fn is_any(self) -> bool {
        matches!(self, Class::Word | Class::Name)
    }

    /// How what it takes differs from what was asked for.
    pub fn tolerance(self, token: &Token) -> Tolerance {
        match self {
            // It is a word, whichever.
            Class::Word => Tolerance::Exact,
            Class::MayHide(_) => Tolerance::Masked,
            _ if token.key == Key::Hidden => Tolerance::Masked,
            _ => Tolerance::Exact,
        }
    }

    /// Tokens that it usually takes.
    pub fn usual_words(self) -> usize {
        match self {
            Class::Number | Class::Money | Class::Date | Class::Time => 3,
            _ => 1,
        }
    }

    /// A fragment of plain text that it takes; `None` for placeholders.
    pub fn example(self) -> Option<&'static str> {
        match self {
            Class::Number => Some("5"),
            Class::Word => Some("zyx"),
            Class::Name => Some("Quentin"),
            Class::Money => Some("$5"),
            Class::Date => Some("Friday"),
            Class::Time => Some("noon"),
            Class::Digits => Some("4417"),
            Class::Redacted | Class::Kind(_) | Class::MayHide(_) => None,
        }
    }

    /// How many of `tokens` it may take from their start on. `before` is the token ahead of them
    /// in the same stretch, `cased` whether the words have capitals at all.
    pub fn lengths(self, tokens: &[Token], before: Option<&Token>, cased: bool) -> Lengths {
        let Some(first) = tokens.first() else {
            return Lengths::default();
        };
        let one = |takes: bool| Lengths::of(&[usize::from(takes)]);
        match self {
            _ if first.key == Key::Hidden => one(true),
            Class::Word => one(true),
            Class::Redacted => one(first.has(Traits::PLACEHOLDER)),
            Class::Kind(kind) => one(first.key == Key::Placeholder(kind)),
            Class::MayHide(kinds) => one(match first.key {
                Key::Placeholder(kind) => kinds.has(kind),
                _ => false,
            }),
            Class::Name => names(tokens, before, cased),
            Class::Number => numbers(tokens),
            Class::Digits => Lengths::of(&[digits(tokens)]),
            Class::Money => money(tokens),
            Class::Date => date(tokens, before),
            Class::Time => time(tokens),
        }
    }
}

fn names(tokens: &[Token], before: Option<&Token>, cased: bool) -> Lengths {
    let mut offered = Lengths::default();
    let is_name = |at: usize| {
        let token = &tokens[at];
        if token.has(Traits::DIGITS | Traits::PLACEHOLDER) {
            return is_masked_name(token);
        }
        if !cased {
            return !token.has(Traits::COMMON);
        }
        let before = if at > 0 {
            Some(&tokens[at - 1])
        } else {
            before
        };
        let opens = token.has(Traits::STARTS)
            || before.is_none_or(|before| before.has(Traits::SENTENCE_END));
        // "April" may be a person, but not in "April 6th".
        let number = Traits::DIGITS | Traits::ORDINAL | Traits::UNIT | Traits::TENS;
        let dated = tokens.get(at + 1).is_some_and(|next| next.has(number));
        let day = token.has(Traits::WEEKDAY | Traits::MONTH);
        let day = day && (dated || token.has(Traits::COMMON));
        token.has(Traits::CAPITAL) && !day && !(opens && token.has(Traits::COMMON))
    };
    let most = if cased { MOST_NAME } else { 1 };
    for (at, token) in tokens.iter().enumerate().take(most) {
        if !is_name(at) {
            break;
        }
        offered.offer(at + 1);
        if token.has(Traits::CLAUSE_END) {
            break;
        }
    }
    offered
}

/// The longest number at the start and, where it is made of several words, its first alone.
fn numbers(tokens: &[Token]) -> Lengths {
    let longest = number(tokens);
    if longest == 0 {
        return Lengths::default();
    }
    let alone = !matches!(tokens[0].key, Key::A);
    Lengths::of(&[longest, usize::from(alone)])
}

/// Tokens of the number at the start: "38", "thirty eight", "two hundred and five", "a hundred".
fn number(tokens: &[Token]) -> usize {
    let is = |at: usize, traits: Traits| tokens.get(at).is_some_and(|t| t.has(traits));
    // A clause may end within a number only after its last word.
    let goes_on = |at: usize| at == 0 || !is(at - 1, Traits::CLAUSE_END);
    let below_hundred = |at: usize| {
        if is(at, Traits::TENS) {
            let unit = goes_on(at + 1) && is(at + 1, Traits::ONE_DIGIT | Traits::ORDINAL);
            1 + usize::from(unit)
        } else {
            usize::from(is(
                at,
                Traits::UNIT | Traits::DIGITS | Traits::MASKED_NUMBER,
            ))
        }
    };
    let mut at = match tokens.first() {
        Some(token) if token.key == Key::A && is(1, Traits::SCALE) => 1,
        Some(token) if token.has(Traits::SCALE) => 0,
        _ => below_hundred(0),
    };
    if at == 0 && !is(0, Traits::SCALE) {
        return 0;
    }
    while at < MOST_NUMBER && goes_on(at) && is(at, Traits::SCALE) {
        at += 1;
        let and = goes_on(at) && tokens.get(at).is_some_and(|t| t.key == Key::And);
        let rest = at + usize::from(and);
        let more = if rest < tokens.len() && goes_on(rest) {
            below_hundred(rest)
        } else {
            0
        };
        if more > 0 {
            at = rest + more;
        }
    }
    at
}

/// A run of tokens of digits only, three digits or more in all, or a placeholder of such.
fn digits(tokens: &[Token]) -> usize {
    if tokens[0].has(Traits::MASKED_DIGITS) {
        return 1;
    }
    let run = tokens
        .iter()
        .take_while(|t| t.has(Traits::ONE_DIGIT | Traits::LONG_DIGITS))
        .count();
    let long = tokens[..run].iter().any(|t| t.has(Traits::LONG_DIGITS));
    if long || run >= 3 { run } else { 0 }
}

/// "$38.20"; "38 dollars"; "a dollar"; "thirty eight dollars and twenty cents".
fn money(tokens: &[Token]) -> Lengths {
    let is = |at: usize, traits: Traits| tokens.get(at).is_some_and(|t| t.has(traits));
    if tokens[0].has(Traits::AMOUNT) {
        let scale = usize::from(is(1, Traits::SCALE));
        return Lengths::of(&[1 + scale, 1]);
    }
    let amount = match number(tokens) {
        0 => usize::from(tokens[0].key == Key::A),
        amount => amount,
    };
    if amount == 0 {
        return Lengths::default();
    }
    if is(amount, Traits::CENTS) {
        return Lengths::of(&[amount + 1]);
    }
    if !is(amount, Traits::CURRENCY) {
        return Lengths::default();
    }
    let whole = amount + 1;
    let and = tokens.get(whole).is_some_and(|t| t.key == Key::And);
    let cents_at = whole + usize::from(and);
    let cents = tokens.get(cents_at..).map_or(0, number);
    let ends = cents > 0 && is(cents_at + cents, Traits::CENTS);
    Lengths::of(&[if ends { cents_at + cents + 1 } else { 0 }, whole])
}

/// "Friday"; "May 14th"; "the third of May"; "tomorrow"; "next week"; "5/14/1980".
fn date(tokens: &[Token], before: Option<&Token>) -> Lengths {
    let is = |at: usize, traits: Traits| tokens.get(at).is_some_and(|t| t.has(traits));
    let key = |at: usize| tokens.get(at).map_or(Key::None, |t| t.key);
    let first = &tokens[0];
    if first.has(Traits::DAY) || is_masked_date(first.key) {
        return Lengths::of(&[1]);
    }
    if first.has(Traits::WEEKDAY) {
        let part = usize::from(key(1) == Key::PartOfDay);
        let more = if is(1, Traits::MONTH) || key(1) == Key::The {
            tokens.get(1..).map_or(0, day_of_month)
        } else {
            0
        };
        return Lengths::of(&[1 + more, 1 + part, 1]);
    }
    if key(0) == Key::Next && is(1, Traits::PERIOD | Traits::WEEKDAY | Traits::MONTH) {
        return Lengths::of(&[2]);
    }
    // "the third" may count things; it is a day where the words around say so.
    let announced = before.is_some_and(|b| b.key == Key::By);
    let day = day_of_month(tokens);
    let (the, spoken) = (
        usize::from(key(0) == Key::The),
        is(
            usize::from(key(0) == Key::The),
            Traits::ORDINAL | Traits::TENS,
        ),
    );
    let bare = day > 0 && !first.has(Traits::MONTH) && day <= the + 2 && !of_month(tokens, day);
    if bare && spoken && !announced {
        let last = tokens.get(day - 1);
        let closes = last.is_some_and(|t| t.has(Traits::CLAUSE_END)) || day == tokens.len();
        return Lengths::of(&[if closes && the > 0 { day } else { 0 }]);
    }
    Lengths::of(&[day])
}

/// Whether the tokens up to `day` end with a month.
fn of_month(tokens: &[Token], day: usize) -> bool {
    tokens[..day].iter().any(|t| t.has(Traits::MONTH))
}

/// "May 14th", "May fourteen", "(the) 14th (of May)", "September". "May" and "March" alone are
/// other words.
fn day_of_month(tokens: &[Token]) -> usize {
    let is = |at: usize, traits: Traits| tokens.get(at).is_some_and(|t| t.has(traits));
    let key = |at: usize| tokens.get(at).map_or(Key::None, |t| t.key);
    let ordinal = |at: usize| {
        if is(at, Traits::WRITTEN_ORDINAL | Traits::ORDINAL) {
            1
        } else if is(at, Traits::TENS) && is(at + 1, Traits::ORDINAL) {
            2
        } else {
            0
        }
    };
    if is(0, Traits::MONTH) {
        let the = usize::from(key(1) == Key::The);
        let day = match ordinal(1 + the) {
            0 if the == 0 => tokens.get(1..).map_or(0, number).min(2),
            day => day,
        };
        if day > 0 {
            let year = usize::from(is(1 + the + day, Traits::LONG_DIGITS));
            return 1 + the + day + year;
        }
        return usize::from(!is(0, Traits::AMBIGUOUS_MONTH));
    }
    let the = usize::from(key(0) == Key::The);
    let day = ordinal(the);
    if day == 0 {
        return 0;
    }
    let after = the + day;
    let of = usize::from(key(after) == Key::Of);
    if is(after + of, Traits::MONTH) {
        return after + of + 1;
    }
    let written = is(the, Traits::WRITTEN_ORDINAL);
    if the > 0 || written { after } else { 0 }
}

/// "3 pm"; "3:30"; "three o'clock"; "noon"; "half past four"; "eight in the morning".
fn time(tokens: &[Token]) -> Lengths {
    let is = |at: usize, traits: Traits| tokens.get(at).is_some_and(|t| t.has(traits));
    let key = |at: usize| tokens.get(at).map_or(Key::None, |t| t.key);
    // "pm", or "p m" as some recognisers write it.
    let half_of_day = |at: usize| match (key(at), key(at + 1)) {
        (Key::AmPm, _) => 1,
        (Key::P | Key::A, Key::M) => 2,
        (Key::In, Key::The) if key(at + 2) == Key::PartOfDay => 3,
        _ => 0,
    };
    if tokens[0].has(Traits::NOON) {
        return Lengths::of(&[1]);
    }
    if tokens[0].has(Traits::CLOCK) {
        return Lengths::of(&[1 + half_of_day(1), 1]);
    }
    if matches!(key(0), Key::Half | Key::Quarter) && matches!(key(1), Key::Past | Key::To) {
        let hour = tokens.get(2..).map_or(0, number).min(1);
        return Lengths::of(&[if hour > 0 { 2 + hour } else { 0 }]);
    }
    if !tokens[0].has(Traits::UNIT | Traits::DIGITS) {
        return Lengths::default();
    }
    // "three", "three thirty", "three oh five".
    for minutes in [0, 1, 2] {
        let spoken = (1..=minutes).all(|at| is(at, Traits::UNIT | Traits::TENS | Traits::DIGITS));
        if !spoken {
            break;
        }
        let after = 1 + minutes;
        if key(after) == Key::Oclock {
            return Lengths::of(&[after + 1 + half_of_day(after + 1), after + 1]);
        }
        let half = half_of_day(after);
        if half > 0 {
            return Lengths::of(&[after + half]);
        }
    }
    Lengths::default()
}
