//! Values that must be written nowhere, and the ways in which people say them.
//!
//! Cards have right check digits, phone numbers are from the ranges kept for fiction, and nobody is
//! called like this.

use callibrate::transcript::RedactedKind::{self, *};
use callibrate::transcript::{AudioFacts, Channel, FORMAT, Recogniser, Segment, Transcript, Word};

/// Something to be looked for.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    pub name: &'static str,
    pub kind: RedactedKind,
    /// All its digits; those of a short one are looked for as a whole.
    pub digits: &'static str,
    /// In small letters, single blanks between. One alone is found within other words, too.
    pub words: &'static [&'static str],
}

impl Value {
    /// Whether a part of it tells it.
    pub fn is_long(&self) -> bool {
        self.digits.len() >= 8
    }
}

const fn number(name: &'static str, kind: RedactedKind, digits: &'static str) -> Value {
    Value {
        name,
        kind,
        digits,
        words: &[],
    }
}

const fn words(name: &'static str, kind: RedactedKind, words: &'static [&'static str]) -> Value {
    Value {
        name,
        kind,
        digits: "",
        words,
    }
}

/// What is said in calls.
pub const SPOKEN: [Value; 33] = [
    number("visa", CardNumber, "4539718147815806"),
    number("mastercard", CardNumber, "5391032047216816"),
    number("two-series", CardNumber, "2231606964830732"),
    number("discover", CardNumber, "6011325932332393"),
    number("amex", CardNumber, "374838799227427"),
    number("diners", CardNumber, "30560792501881"),
    number("maestro", CardNumber, "6759383280385697909"),
    number("wrong check digit", CardNumber, "4539669429753471"),
    number("amex of both", CardNumber, "349251441800686"),
    number("diners of both", CardNumber, "38146924997510"),
    number("account", AccountNumber, "70462958"),
    number("long account", AccountNumber, "3817049265"),
    number("German IBAN", Iban, "63370400447391826405"),
    number("British IBAN", Iban, "60513849275063"),
    number("SSN", NationalId, "528417396"),
    number("phone", PhoneNumber, "6285550173"),
    number("British phone", PhoneNumber, "07700900461"),
    number("security code", SecurityCode, "739"),
    number("long security code", SecurityCode, "6284"),
    number("expiry", CardExpiry, "0929"),
    number("PIN", Passcode, "58203"),
    number("one-time code", Passcode, "417936"),
    number("last four of the SSN", NationalId, "7392"),
    number("sort code", AccountNumber, "204417"),
    number("ZIP", PostalAddress, "61827"),
    words(
        "password",
        Passcode,
        &["marmaladekestrel", "marmalade kestrel"],
    ),
    words("maiden name", Passcode, &["zwingerbaum"]),
    words(
        "birth",
        DateOfBirth,
        &[
            "march 14 1962",
            "14 march 1962",
            "march 14th 1962",
            "03 14 1962",
            "1962 03 14",
            "fourteenth of march",
            "march fourteenth",
            "nineteen sixty two",
            "march 14th",
        ],
    ),
    words("email", Email, &["quillovesper", "zephyrmail"]),
    words("street", PostalAddress, &["thornbury"]),
    words("British street", PostalAddress, &["larkspur", "sw1a 7qx"]),
    words("customer", Name, &["ottoline", "ravensworth"]),
    words("introduced", Name, &["peregrine", "holloway"]),
];

/// What the redactor of this build cannot know yet, by name.
pub const EXPECTED_LATER: &[&str] = &[
    // Each party says seven digits of it.
    "diners of both",
];

/// What is looked for of what is said.
pub fn spoken() -> impl Iterator<Item = Value> {
    SPOKEN
        .into_iter()
        .filter(|value| !EXPECTED_LATER.contains(&value.name))
}

/// What stands beside the talk: in tables, names of files and messages.
pub const BESIDE: [Value; 25] = [
    number("call id", CardNumber, "4916331018209746"),
    number("other call id", CardNumber, "4916728835196271"),
    number("same call id", CardNumber, "4916456644470592"),
    number("file", CardNumber, "5204222670775199"),
    number("folder", CardNumber, "5204237687642984"),
    number("agent", CardNumber, "5204580258442668"),
    number("queue", CardNumber, "6011112823625758"),
    number("reason", CardNumber, "6011123942122999"),
    number("interaction", CardNumber, "4539844730971002"),
    number("leg", CardNumber, "5391488151308130"),
    number("identifier", CardNumber, "5391646608089070"),
    number("remark", CardNumber, "2231432635170113"),
    number("column's name", CardNumber, "2231091122082692"),
    number("broken file", CardNumber, "374822133478987"),
    number("contact", CardNumber, "374888734476977"),
    number("rater", CardNumber, "30564667306640"),
    number("note", CardNumber, "30563827621054"),
    number("stranger", CardNumber, "6304608656907029313"),
    number("broken transcript", CardNumber, "6759505318581881563"),
    number("column of IBANs", Iban, "20041010057390826"),
    number("column of SSNs", NationalId, "451629834"),
    number("column of phones", PhoneNumber, "4155550112"),
    number("column of accounts", AccountNumber, "8265013947"),
    words(
        "columns of words",
        Name,
        &[
            "wolstencroft",
            "umberglade",
            "vantablack7",
            "21 june 1958",
            "june 21 1958",
            "nightjar",
        ],
    ),
    words("customer of a file", Name, &["featherstonehaugh"]),
];

/// A call to be imported.
pub struct Said {
    pub value: &'static str,
    pub about: String,
    /// Who says what: channel and words. Each is a segment.
    pub lines: Vec<(usize, String)>,
    /// Another tool, that writes each segment as one word.
    pub as_one_word: bool,
}

impl Said {
    fn new(value: &'static str, about: &str, lines: &[(usize, &str)]) -> Self {
        Self {
            value,
            about: about.to_string(),
            lines: lines
                .iter()
                .map(|(who, said)| (*who, said.to_string()))
                .collect(),
            as_one_word: false,
        }
    }

    /// At a calm pace, all turns after each other.
    pub fn transcript(&self) -> Transcript {
        let mut channels = vec![Channel::default(), Channel::default()];
        let mut at = 500;
        for (who, said) in &self.lines {
            let start_ms = at;
            let texts: Vec<&str> = match self.as_one_word {
                true => vec![said],
                false => said.split(' ').collect(),
            };
            let words = texts.into_iter().map(|text| {
                let start_ms = at;
                at += 350;
                Word {
                    text: text.to_string(),
                    start_ms,
                    end_ms: at,
                    prob: Some(0.9),
                    redacted: None,
                }
            });
            let words = words.collect();
            channels[*who].segments.push(Segment {
                start_ms,
                end_ms: at,
                no_speech_prob: None,
                doubts: Vec::new(),
                words,
            });
            at += 600;
        }
        Transcript {
            format: FORMAT.to_string(),
            audio: AudioFacts {
                key: None,
                codec: None,
                sample_rate_hz: None,
                recorded_ms: at,
                truncated: false,
                dual_mono: false,
            },
            recogniser: Recogniser {
                engine: "planted".to_string(),
                model: "planted".to_string(),
                model_key: None,
                word_times: true,
                word_probs: true,
            },
            language: "en".to_string(),
            channels,
        }
    }
}

const UNITS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];
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

fn value(digit: char) -> usize {
    digit.to_digit(10).unwrap() as usize
}

pub fn in_words(digits: &str) -> String {
    let words: Vec<&str> = digits.chars().map(|c| UNITS[value(c)]).collect();
    words.join(" ")
}

fn groups(digits: &str, size: usize, between: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = digits
        .chunks(size)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(between)
}

fn from_zero(digits: &str, zero: u32) -> String {
    let digits = digits
        .chars()
        .map(|c| char::from_u32(zero + value(c) as u32).unwrap());
    digits.collect()
}

/// "forty five", "seventeen", "oh nine", "double oh".
fn in_pairs(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let pair = |pair: &[char]| match *pair {
        ['0', '0'] => "double oh".to_string(),
        ['0', unit] => format!("oh {}", UNITS[value(unit)]),
        ['1', unit] => TEENS[value(unit)].to_string(),
        [tens, '0'] => TENS[value(tens) - 2].to_string(),
        [tens, unit] => format!("{} {}", TENS[value(tens) - 2], UNITS[value(unit)]),
        [unit] => UNITS[value(unit)].to_string(),
        _ => unreachable!("pairs are two"),
    };
    let pairs: Vec<String> = digits.chunks(2).map(pair).collect();
    pairs.join(" ")
}

/// "double six", "triple nine", and "oh" for zero.
fn with_doubles(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let said = digits.chunk_by(|a, b| a == b).map(|same| {
        let unit = if same[0] == '0' {
            "oh"
        } else {
            UNITS[value(same[0])]
        };
        match same.len() {
            2 => format!("double {unit}"),
            3 => format!("triple {unit}"),
            n => vec![unit; n].join(" "),
        }
    });
    said.collect::<Vec<_>>().join(" ")
}

fn with_fillers(digits: &str) -> String {
    let between = ["", " uh,", "", " um", " and then", "", ", okay,"];
    let said = digits.chars().zip(between.into_iter().cycle());
    let said = said.map(|(digit, filler)| format!("{}{filler}", UNITS[value(digit)]));
    said.collect::<Vec<_>>().join(" ")
}

/// Half digits, half words, as recognisers write.
fn mixed(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups = digits.chunks(3).enumerate().map(|(n, group)| {
        let group: String = group.iter().collect();
        if n % 2 == 0 { group } else { in_words(&group) }
    });
    groups.collect::<Vec<_>>().join(" ")
}

fn misheard(digits: &str) -> String {
    let mut words: Vec<&str> = digits.chars().map(|c| UNITS[value(c)]).collect();
    for (digit, heard) in [("four", "for"), ("two", "to"), ("one", "won")] {
        if let Some(at) = words.iter().rposition(|word| *word == digit) {
            words[at] = heard;
        }
    }
    words.join(" ")
}

/// One digit was not heard.
fn dropped(digits: &str) -> String {
    format!("{}{}", &digits[..5], &digits[6..])
}

/// Every way to say a number, as one line.
fn ways(digits: &str) -> Vec<(&'static str, String)> {
    vec![
        ("at once", digits.to_string()),
        ("fours", groups(digits, 4, " ")),
        ("pairs", groups(digits, 2, " ")),
        ("threes", groups(digits, 3, " ")),
        ("hyphens", groups(digits, 4, "-")),
        ("dots", groups(digits, 4, ".")),
        ("commas", groups(digits, 4, ", ")),
        ("slashes", groups(digits, 4, "/")),
        ("single", groups(digits, 1, " ")),
        ("single, hyphens", groups(digits, 1, "-")),
        ("no-break spaces", groups(digits, 4, "\u{a0}")),
        ("no-break hyphens", groups(digits, 4, "\u{2011}")),
        ("full width", from_zero(&groups(digits, 20, " "), 0xff10)),
        ("Arabic", from_zero(digits, 0x660)),
        ("Devanagari", from_zero(digits, 0x966)),
        ("words", in_words(digits)),
        ("oh", in_words(digits).replace("zero", "oh")),
        ("words, commas", in_words(digits).replace(' ', ", ")),
        ("doubles", with_doubles(digits)),
        ("teens and tens", in_pairs(digits)),
        ("fillers", with_fillers(digits)),
        ("mixed", mixed(digits)),
        ("misheard", misheard(digits)),
        ("dropped digit", in_words(&dropped(digits))),
        ("hyphenated words", in_words(digits).replace(' ', "-")),
        ("capitals", in_words(digits).to_uppercase()),
    ]
}

/// Every way to say it over several lines.
fn spread(digits: &str) -> Vec<(&'static str, Vec<(usize, String)>)> {
    let half = digits.len() / 2;
    let fours: Vec<String> = groups(digits, 4, " ")
        .split(' ')
        .map(str::to_string)
        .collect();
    let lines = |between: Option<&str>, spoken: bool| -> Vec<(usize, String)> {
        let mut lines = Vec::new();
        for group in &fours {
            if let (Some(between), false) = (between, lines.is_empty()) {
                lines.push((0, between.to_string()));
            }
            lines.push((
                1,
                if spoken {
                    in_words(group) + "."
                } else {
                    format!("{group}.")
                },
            ));
        }
        lines
    };
    let mut echoed = lines(Some("Okay."), true);
    echoed.push((0, format!("So that is {}.", with_doubles(digits))));
    echoed.push((1, "Yes.".to_string()));
    let mut spread = vec![
        ("segments", lines(None, false)),
        ("turns", lines(Some("Mhm."), true)),
        ("echo after turns", echoed),
        (
            "echo in fours",
            vec![
                (1, in_words(digits)),
                (0, format!("I repeat, {}.", groups(digits, 4, ", "))),
                (1, format!("{} at the end, yes.", fours[fours.len() - 1])),
            ],
        ),
    ];
    // Of a shorter card each says fewer digits than tell a card.
    if half >= 8 {
        spread.push(("both channels", of_both(digits)));
    }
    spread
}

/// One party says the first half of it, and the other one the rest.
fn of_both(digits: &str) -> Vec<(usize, String)> {
    let (first, rest) = digits.split_at(digits.len() / 2);
    vec![
        (
            0,
            format!("It begins with {}, is that right?", in_words(first)),
        ),
        (1, format!("Yes, and then {}.", in_words(rest))),
    ]
}

/// All calls in which a value is said.
pub fn calls() -> Vec<Said> {
    let mut calls = Vec::new();
    let cards: Vec<Value> = SPOKEN
        .into_iter()
        .filter(|v| v.kind == CardNumber && !v.name.ends_with("of both"))
        .collect();
    // Each way with two cards, so that each card is said in many of them.
    for (n, (about, _)) in ways(cards[0].digits).into_iter().enumerate() {
        for card in [cards[n % cards.len()], cards[(n + 3) % cards.len()]] {
            let said = format!("Sure, it's {}. Got it?", ways(card.digits)[n].1);
            let asked = "What is the card number, please?";
            calls.push(Said::new(card.name, about, &[(0, asked), (1, &said)]));
        }
    }
    for (n, card) in cards.iter().enumerate() {
        for (about, mut lines) in spread(card.digits) {
            lines.insert(0, (0, "May I have the card number?".to_string()));
            let about = about.to_string();
            calls.push(Said {
                value: card.name,
                about,
                lines,
                as_one_word: false,
            });
        }
        // Without a word about it, and by a tool that writes lines as words.
        let said = format!(
            "Hold on. {} Thanks.",
            groups(card.digits, [4, 3, 5][n % 3], " ")
        );
        calls.push(Said::new(card.name, "unasked", &[(1, &said)]));
        let said = format!("The card is {} and that is it.", in_words(card.digits));
        let one_word = Said::new(card.name, "one word", &[(1, &said)]);
        calls.push(Said {
            as_one_word: true,
            ..one_word
        });
    }
    let others = [
        ("account", "What is your account number?"),
        ("long account", "Which bank account is it from?"),
        ("SSN", "Your social security number, please?"),
        ("phone", "What is a good phone number for you?"),
        ("British phone", "And your mobile number?"),
    ];
    for (name, asked) in others {
        let value = SPOKEN.into_iter().find(|v| v.name == name).unwrap();
        for (about, said) in ways(value.digits) {
            // Fewer digits than eight, or in other places, are no account number of today.
            if ["dropped digit", "misheard"].contains(&about) {
                continue;
            }
            let said = format!("It is {said}.");
            calls.push(Said::new(name, about, &[(0, asked), (1, &said)]));
        }
    }
    for card in SPOKEN.into_iter().filter(|v| v.name.ends_with("of both")) {
        let mut lines = of_both(card.digits);
        lines.insert(0, (0, "Let us check the card number.".to_string()));
        calls.push(Said {
            value: card.name,
            about: "both channels".to_string(),
            lines,
            as_one_word: false,
        });
    }
    calls.extend(by_hand());
    calls
}

/// What takes words of its own.
fn by_hand() -> Vec<Said> {
    let mut calls = Vec::new();
    let mut add = |value: &'static str, lines: &[(usize, &str)]| {
        calls.push(Said::new(value, "by hand", lines));
    };
    add("SSN", &[(0, "Your social?"), (1, "It's 528-41-7396.")]);
    add("phone", &[(1, "You can call me back at (628) 555-0173.")]);
    add(
        "phone",
        &[(
            1,
            "My cell is six two eight, five five five, oh one seven three.",
        )],
    );
    add("British phone", &[(1, "My mobile is 07700 900461.")]);
    add(
        "German IBAN",
        &[
            (0, "The IBAN, please?"),
            (1, "DE63 3704 0044 7391 8264 05."),
        ],
    );
    add("German IBAN", &[(1, "My IBAN is DE63370400447391826405.")]);
    let spoken = format!("D E {}.", in_words("63370400447391826405"));
    add("German IBAN", &[(0, "And your IBAN?"), (1, &spoken)]);
    add(
        "British IBAN",
        &[(1, "The IBAN is GB59 NWBK 6051 3849 2750 63.")],
    );

    let card = in_words("4539718147815806");
    add("security code", &[(1, "The security code is 739.")]);
    add(
        "security code",
        &[
            (0, "And the three digits on the back?"),
            (1, "Seven three nine."),
        ],
    );
    add(
        "security code",
        &[(0, "CVV?"), (1, "It is seven, thirty nine.")],
    );
    add(
        "security code",
        &[
            (1, &format!("{card}, CVC seven three nine.")),
            (0, "Seven three nine, thanks."),
        ],
    );
    add(
        "long security code",
        &[
            (0, "The four digit security code on the front?"),
            (1, "6284."),
        ],
    );
    add(
        "long security code",
        &[(1, "The security code is sixty two eighty four.")],
    );
    add(
        "expiry",
        &[(0, "And the expiration date?"), (1, "It expires 09/29.")],
    );
    add(
        "expiry",
        &[
            (0, "When does the card expire?"),
            (1, "Oh nine twenty nine."),
        ],
    );
    add(
        "expiry",
        &[(
            1,
            &format!("The card is {card}, valid until zero nine two nine."),
        )],
    );
    add(
        "PIN",
        &[(0, "What is your PIN?"), (1, "Five eight two oh three.")],
    );
    add("PIN", &[(1, "My passcode is 58203.")]);
    add(
        "one-time code",
        &[
            (0, "Please read me the code that we sent you."),
            (1, "417 936."),
        ],
    );
    add(
        "one-time code",
        &[(1, "The verification code is four one seven nine three six.")],
    );
    add(
        "last four of the SSN",
        &[
            (0, "The last four digits of your social security number?"),
            (1, "Seven three nine two."),
        ],
    );
    add("sort code", &[(0, "And the sort code?"), (1, "20-44-17.")]);
    add(
        "sort code",
        &[(1, "The sort code is twenty, forty four, seventeen.")],
    );
    add("ZIP", &[(0, "Your zip code?"), (1, "61827.")]);
    add("ZIP", &[(1, "My zip code is six one eight two seven.")]);
    add(
        "password",
        &[
            (0, "What is your password?"),
            (1, "It is marmalade kestrel."),
        ],
    );
    add(
        "maiden name",
        &[(0, "And your mother's maiden name?"), (1, "Zwingerbaum.")],
    );
    add(
        "birth",
        &[(0, "Your date of birth, please?"), (1, "March 14th, 1962.")],
    );
    add(
        "birth",
        &[
            (0, "When were you born?"),
            (1, "The fourteenth of March nineteen sixty two."),
        ],
    );
    add("birth", &[(1, "My date of birth is 03/14/1962.")]);
    add(
        "birth",
        &[(1, "My birthday is March fourteenth, nineteen sixty two.")],
    );
    add(
        "email",
        &[
            (0, "What is your email?"),
            (1, "quillovesper at zephyrmail dot com."),
        ],
    );
    add("email", &[(1, "It is quillovesper@zephyrmail.com.")]);
    add(
        "email",
        &[
            (0, "Spell your email, please."),
            (1, "Q U I L L O V E S P E R at zephyrmail dot com."),
        ],
    );
    add(
        "street",
        &[
            (0, "And your address?"),
            (1, "4417 Thornbury Crescent, Springfield."),
        ],
    );
    add(
        "street",
        &[(1, "I live at forty four seventeen Thornbury Crescent.")],
    );
    add(
        "British street",
        &[
            (0, "Your postal address?"),
            (1, "12 Larkspur Lane, London, SW1A 7QX."),
        ],
    );
    add(
        "customer",
        &[
            (0, "Am I speaking with Ottoline Ravensworth?"),
            (1, "Yes, this is Ottoline."),
        ],
    );
    add(
        "customer",
        &[(1, "My name is Ravensworth, R A V E N S W O R T H.")],
    );
    add(
        "introduced",
        &[
            (1, "Hello, my name is Peregrine Holloway."),
            (0, "Thank you, Peregrine."),
        ],
    );
    add(
        "introduced",
        &[
            (0, "May I have your name?"),
            (1, "Peregrine Holloway."),
            (0, "Mr Holloway, thanks."),
        ],
    );
    calls
}
