//! What people say: made values, written as a recogniser that writes figures would, or in words.
//!
//! Nothing here is anybody's. Card numbers are those that card firms publish for tests, telephone
//! numbers those that are kept for fiction, IBANs and national ids samples or such as are never
//! given out; people and streets are put together by chance.

use std::collections::BTreeMap;

use callibrate::transcript::RedactedKind;

use crate::chance::Chance;
use crate::phrasings::Slot;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Written,
    Spoken,
}

impl Form {
    pub const ALL: [Form; 2] = [Form::Written, Form::Spoken];

    pub fn as_str(self) -> &'static str {
        match self {
            Form::Written => "written",
            Form::Spoken => "spoken",
        }
    }
}

/// One word of a value.
#[derive(Debug, Clone)]
pub struct Said {
    pub text: String,
    /// How many characters of a number, code or date it tells; a month counts as two.
    pub chars: u32,
    /// It gives something away by itself, as a name does.
    pub tells: bool,
}

impl Said {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            chars: 0,
            tells: false,
        }
    }

    fn chars(text: impl Into<String>, chars: u32) -> Self {
        Self {
            chars,
            ..Self::plain(text)
        }
    }

    fn telling(text: impl Into<String>) -> Self {
        Self {
            tells: true,
            ..Self::plain(text)
        }
    }
}

/// A slot, filled.
pub struct Filled {
    pub words: Vec<Said>,
    /// `None` for what need not be masked.
    pub kind: Option<RedactedKind>,
    /// Under one name everything that is the same value.
    pub entity: String,
}

/// The values of one example: the same slot has the same value throughout, said anew each time.
pub struct Values<'a> {
    chance: Chance,
    form: Form,
    between: &'a [String],
    drawn: BTreeMap<String, Value>,
}

#[derive(Clone)]
enum Value {
    /// Groups of digits and capitals.
    Code(Vec<String>),
    Day {
        year: i64,
        month: usize,
        day: i64,
    },
    Expiry {
        year: i64,
        month: usize,
    },
    Email {
        first: String,
        last: String,
        style: usize,
        digits: String,
        host: &'static str,
    },
    Street {
        house: String,
        name: &'static str,
        sort: &'static str,
    },
    Address {
        house: String,
        name: &'static str,
        sort: &'static str,
        city: &'static str,
        state: (&'static str, &'static str),
        zip: String,
    },
    Person {
        first: &'static str,
        last: &'static str,
    },
    State(&'static str, &'static str),
    Word(String),
    /// What need not be masked, as it is written and as it is said.
    Kept(String, String),
}

const CARDS: [&str; 12] = [
    "4111 1111 1111 1111",
    "4242 4242 4242 4242",
    "4012 8888 8888 1881",
    "4000 0566 5566 5556",
    "5555 5555 5555 4444",
    "5105 1051 0510 5100",
    "5200 8282 8282 8210",
    "2223 0031 2200 3222",
    "6011 1111 1111 1117",
    "6011 0009 9013 9424",
    "3530 1113 3330 0000",
    "6200 0000 0000 0005",
];
const AMEX: [&str; 3] = [
    "3782 822463 10005",
    "3714 496353 98431",
    "3787 344936 71000",
];
/// The samples of the IBAN registry.
const IBAN_GB: [&str; 2] = ["GB29 NWBK 6016 1331 9268 19", "GB82 WEST 1234 5698 7654 32"];
const IBAN_DE: [&str; 1] = ["DE89 3704 0044 0532 0130 00"];
const IBAN_NL: [&str; 1] = ["NL91 ABNA 0417 1643 00"];
const IBAN_FR: [&str; 1] = ["FR14 2004 1010 0505 0001 3M02 606"];
const IBAN_OTHER: [&str; 6] = [
    "ES91 2100 0418 4502 0005 1332",
    "IT60 X054 2811 1010 0000 0123 456",
    "BE68 5390 0754 7034",
    "AT61 1904 3002 3457 3201",
    "IE29 AIBK 9311 5212 3456 78",
    "CH93 0076 2011 6238 5295 7",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 6] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const FIRST: [&str; 40] = [
    "Marla", "Desmond", "Ingrid", "Tobias", "Wanda", "Curtis", "Felicity", "Hugo", "Noreen",
    "Priya", "Rashid", "Yolanda", "Emeka", "Siobhan", "Mateo", "Akiko", "Linda", "Peter", "Robert",
    "Helen", "Kevin", "Nancy", "George", "Susan", "Daniel", "Sarah", "Michael", "James", "Karen",
    "David", "Rose", "Grace", "Mark", "April", "Hope", "Will", "Jack", "Joy", "Frank", "Bill",
];
const LAST: [&str; 40] = [
    "Quennell",
    "Abernathy",
    "Okonkwo",
    "Lindqvist",
    "Fairweather",
    "Delacroix",
    "Petrov",
    "Nakamura",
    "Haverford",
    "Tillotson",
    "Vasquez",
    "Winterbourne",
    "Zielinski",
    "Castellano",
    "McAllister",
    "O'Hara",
    "Patel",
    "Nguyen",
    "Walker",
    "Foster",
    "Ellis",
    "Harris",
    "Brooks",
    "Turner",
    "Carter",
    "Bennett",
    "Cooper",
    "Morris",
    "Hughes",
    "Jenkins",
    "Marsh",
    "Doyle",
    "Young",
    "Baker",
    "Hope",
    "Grant",
    "May",
    "Street",
    "Bell",
    "Long",
];
const AGENTS: [&str; 8] = [
    "Emma", "Alan", "Teresa", "Chris", "Jordan", "Monica", "Pete", "Ruth",
];
const HOSTS: [&str; 10] = [
    "gmail.com",
    "gmail.com",
    "yahoo.com",
    "outlook.com",
    "hotmail.com",
    "icloud.com",
    "example.com",
    "example.org",
    "mail.example.net",
    "btinternet.com",
];
const STREETS: [&str; 24] = [
    "Maple",
    "Oak Hill",
    "Willow",
    "Lakeview",
    "Jefferson",
    "Birch",
    "Sycamore",
    "Harrow",
    "Kingsley",
    "Old Mill",
    "Cedar",
    "Church",
    "Meadow",
    "Pinecrest",
    "Station",
    "Garfield",
    "Orchard",
    "Tremont",
    "Elm",
    "Northgate",
    "Fairfax",
    "Second",
    "Park",
    "Rosewood",
];
const SORTS: [&str; 10] = [
    "Street",
    "Street",
    "Avenue",
    "Road",
    "Lane",
    "Drive",
    "Court",
    "Boulevard",
    "Way",
    "Close",
];
const SHORT_SORTS: [(&str, &str); 6] = [
    ("Street", "St."),
    ("Avenue", "Ave"),
    ("Road", "Rd"),
    ("Lane", "Ln"),
    ("Drive", "Dr."),
    ("Boulevard", "Blvd"),
];
const CITIES: [&str; 12] = [
    "Springfield",
    "Riverton",
    "Fairview",
    "Cedar Falls",
    "Milton",
    "Ashford",
    "Greenville",
    "Lakewood",
    "Brookside",
    "Newport",
    "Salem",
    "Clayton",
];
const STATES: [(&str, &str); 8] = [
    ("Illinois", "IL"),
    ("Ohio", "OH"),
    ("Texas", "TX"),
    ("Georgia", "GA"),
    ("New Jersey", "NJ"),
    ("Oregon", "OR"),
    ("Florida", "FL"),
    ("North Carolina", "NC"),
];
const POSTCODES: [&str; 8] = [
    "SW1A 1AA", "M1 1AE", "EC1A 1BB", "W1A 0AX", "CR2 6XH", "DN55 1PT", "B33 8TH", "LS99 3ZZ",
];
const PASSWORDS: [&str; 16] = [
    "sunflower",
    "buttercup",
    "Rover",
    "tiger lily",
    "pineapple",
    "blue moon",
    "Snowball",
    "chocolate",
    "thunderbird",
    "Whiskers",
    "marmalade",
    "dragonfly",
    "Biscuit",
    "hedgehog",
    "rainbow",
    "velvet",
];
const NATO: [&str; 26] = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango",
    "uniform", "victor", "whiskey", "x-ray", "yankee", "zulu",
];
const AS_IN: [&str; 26] = [
    "apple", "boy", "cat", "dog", "Edward", "Frank", "George", "Harry", "ice", "John", "king",
    "Larry", "Mary", "Nancy", "orange", "Peter", "queen", "Robert", "Sam", "Tom", "umbrella",
    "Victor", "William", "x-ray", "yellow", "zebra",
];

/// Slots of which anything may be read: the kind that they are of.
fn kind_of(base: &str) -> Option<RedactedKind> {
    Some(match base {
        "card" | "amex" => RedactedKind::CardNumber,
        "cvv" | "cid" => RedactedKind::SecurityCode,
        "expiry" => RedactedKind::CardExpiry,
        "iban" | "ibande" | "ibangb" | "ibannl" | "ibanfr" => RedactedKind::Iban,
        "account" | "account8" | "sortcode" | "routing" => RedactedKind::AccountNumber,
        "ssn" | "nino" | "passport" | "licence" | "taxid" => RedactedKind::NationalId,
        "pin" | "otp" | "password" | "maiden" => RedactedKind::Passcode,
        "dob" => RedactedKind::DateOfBirth,
        "phone" | "mobile" | "ukphone" => RedactedKind::PhoneNumber,
        "email" => RedactedKind::Email,
        "address" | "street" | "city" | "state" | "zip" | "postcode" | "pobox" | "house"
        | "unit" => RedactedKind::PostalAddress,
        "name" | "agent" | "title" => RedactedKind::Name,
        _ => return None,
    })
}

impl<'a> Values<'a> {
    pub fn new(chance: Chance, form: Form, between: &'a [String]) -> Self {
        Self {
            chance,
            form,
            between,
            drawn: BTreeMap::new(),
        }
    }

    /// The name that stands in the table of calls.
    pub fn customer(&mut self) -> String {
        match self.value("name", false) {
            Value::Person { first, last } => format!("{first} {last}"),
            _ => unreachable!("a name is a person"),
        }
    }

    pub fn fill(&mut self, slot: &Slot, by_customer: bool) -> Filled {
        let part = slot.part.as_deref();
        let value = self.value(&slot.base, slot.second);
        let words = match value {
            Value::Code(groups) => self.code(&slot.base, &groups, part, by_customer),
            Value::Day { year, month, day } => self.day(year, month, day, part),
            Value::Expiry { year, month } => self.expiry(year, month, part),
            Value::Email { .. } => self.email(&value, part),
            Value::Street { house, name, sort } => self.street(&house, name, sort),
            Value::Address { .. } => self.address(&value),
            Value::Person { first, last } => self.person(first, last, part),
            Value::State(long, short) => {
                let text = if self.form == Form::Written && self.chance.happens(0.4) {
                    short
                } else {
                    long
                };
                plain_words(text)
            }
            Value::Word(text) => match slot.base.as_str() {
                "title" | "city" => plain_words(&text),
                _ => text.split(' ').map(Said::telling).collect(),
            },
            Value::Kept(written, spoken) => plain_words(match self.form {
                Form::Written => &written,
                Form::Spoken => &spoken,
            }),
        };
        let apart = part
            .filter(|p| matches!(*p, "wrong" | "drop"))
            .unwrap_or("");
        Filled {
            words,
            kind: kind_of(&slot.base),
            entity: format!("{}{}{apart}", slot.base, if slot.second { "2" } else { "" }),
        }
    }

    fn value(&mut self, base: &str, second: bool) -> Value {
        let key = format!("{base}{}", if second { "2" } else { "" });
        if let Some(value) = self.drawn.get(&key) {
            return value.clone();
        }
        let mut value = self.draw(base);
        // The second of two is another one.
        while second
            && self
                .drawn
                .get(base)
                .is_some_and(|first| first.id() == value.id())
        {
            value = self.draw(base);
        }
        self.drawn.insert(key, value.clone());
        value
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.chance.below(10) as u8))
            .collect()
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| *self.chance.pick(b"ABCDEFGHJKLMNPRSTUVWXYZ") as char)
            .collect()
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.chance.pick_text(from)
    }

    fn groups(&mut self, sizes: &[usize]) -> Value {
        Value::Code(sizes.iter().map(|&n| self.digits(n)).collect())
    }

    fn draw(&mut self, base: &str) -> Value {
        let code = |text: &str| Value::Code(text.split(' ').map(str::to_string).collect());
        match base {
            "card" => code(self.pick(&CARDS)),
            "amex" => code(self.pick(&AMEX)),
            "cvv" => self.groups(&[3]),
            "cid" | "pin" => self.groups(&[4]),
            "otp" => match self.chance.below(3) {
                0 => self.groups(&[3, 3]),
                1 => self.groups(&[6]),
                _ => self.groups(&[4]),
            },
            "iban" => {
                let lists: [&[&'static str]; 5] =
                    [&IBAN_GB, &IBAN_DE, &IBAN_NL, &IBAN_FR, &IBAN_OTHER];
                let list = lists[self.chance.below(lists.len())];
                code(self.pick(list))
            }
            "ibangb" => code(self.pick(&IBAN_GB)),
            "ibande" => code(self.pick(&IBAN_DE)),
            "ibannl" => code(self.pick(&IBAN_NL)),
            "ibanfr" => code(self.pick(&IBAN_FR)),
            "account" => match self.chance.below(5) {
                0 => self.groups(&[4, 4]),
                1 => self.groups(&[3, 3, 3]),
                2 => self.groups(&[10]),
                3 => self.groups(&[4, 3]),
                _ => self.groups(&[8]),
            },
            "account8" => self.groups(&[4, 4]),
            "sortcode" => self.groups(&[2, 2, 2]),
            "routing" => self.groups(&[3, 3, 3]),
            "ssn" => {
                // Areas 000, 666 and from 900 on are never given out.
                let area = self
                    .chance
                    .pick_text(&["666", "900", "912", "944", "987", "000"]);
                Value::Code(vec![area.to_string(), self.digits(2), self.digits(4)])
            }
            "nino" => {
                let mut groups = vec!["QQ".to_string()];
                groups.extend((0..3).map(|_| self.digits(2)));
                groups.push(self.pick(&["A", "B", "C", "D"]).to_string());
                Value::Code(groups)
            }
            "passport" => match self.chance.below(2) {
                0 => self.groups(&[9]),
                _ => Value::Code(vec![format!("{}{}", self.letters(1), self.digits(8))]),
            },
            "licence" => match self.chance.below(3) {
                0 => Value::Code(vec![format!("{}{}", self.letters(1), self.digits(7))]),
                1 => Value::Code(vec![format!("{}{}", self.letters(2), self.digits(6))]),
                _ => Value::Code(vec!["MORGA".into(), self.digits(6), "SM9IJ".into()]),
            },
            "taxid" => self.groups(&[2, 7]),
            "password" => Value::Word(self.pick(&PASSWORDS).to_string()),
            "maiden" => Value::Word(self.pick(&LAST).to_string()),
            "dob" => Value::Day {
                year: self.chance.between(1936, 2005),
                month: self.chance.below(12),
                day: self.chance.between(1, 28),
            },
            "expiry" => Value::Expiry {
                year: self.chance.between(2026, 2033),
                month: self.chance.below(12),
            },
            "phone" => {
                let area = self.pick(&["212", "303", "415", "508", "614", "702", "813", "919"]);
                Value::Code(vec![
                    area.to_string(),
                    "555".into(),
                    format!("01{}", self.digits(2)),
                ])
            }
            "mobile" => Value::Code(vec!["07700".into(), format!("900{}", self.digits(3))]),
            "ukphone" => Value::Code(vec![
                "020".into(),
                "7946".into(),
                format!("0{}", self.digits(3)),
            ]),
            "email" => Value::Email {
                first: self.pick(&FIRST).to_lowercase(),
                last: self.pick(&LAST).to_lowercase().replace('\'', ""),
                style: self.chance.below(6),
                digits: self.digits(2),
                host: self.pick(&HOSTS),
            },
            "street" => {
                let (house, name, sort) = self.house_and_street();
                Value::Street { house, name, sort }
            }
            "address" => {
                let (house, name, sort) = self.house_and_street();
                Value::Address {
                    house,
                    name,
                    sort,
                    city: self.pick(&CITIES),
                    state: *self.chance.pick(&STATES),
                    zip: self.digits(5),
                }
            }
            "city" => Value::Word(self.pick(&CITIES).to_string()),
            "state" => {
                let (long, short) = *self.chance.pick(&STATES);
                Value::State(long, short)
            }
            "zip" => self.groups(&[5]),
            "postcode" => code(self.pick(&POSTCODES)),
            "pobox" => match self.chance.below(2) {
                0 => self.groups(&[3]),
                _ => self.groups(&[4]),
            },
            "house" => Value::Code(vec![self.chance.between(1, 200).to_string()]),
            "unit" => Value::Code(vec![self.chance.between(1, 60).to_string()]),
            "name" => Value::Person {
                first: self.pick(&FIRST),
                last: self.pick(&LAST),
            },
            "agent" => Value::Word(self.pick(&AGENTS).to_string()),
            "title" => Value::Word(self.pick(&["Mr.", "Mrs.", "Ms.", "Miss"]).to_string()),
            _ => self.draw_kept(base),
        }
    }

    fn house_and_street(&mut self) -> (String, &'static str, &'static str) {
        let house = match self.chance.below(4) {
            0 => self.chance.between(2, 20),
            1 => self.chance.between(20, 100),
            2 => self.chance.between(100, 1000),
            _ => self.chance.between(1000, 9990),
        };
        (house.to_string(), self.pick(&STREETS), self.pick(&SORTS))
    }

    /// What must stay: numbers of everyday business.
    fn draw_kept(&mut self, base: &str) -> Value {
        let kept = |text: String| {
            let spoken = spell_out(&text);
            Value::Kept(text, spoken)
        };
        match base {
            "order" => {
                let text = match self.chance.below(4) {
                    0 => self.digits(5),
                    1 => format!("BR{}", self.digits(4)),
                    2 => format!("{}-{}", self.digits(3), self.digits(4)),
                    _ => self.digits(7),
                };
                kept(text)
            }
            "ticket" => {
                let text = match self.chance.below(3) {
                    0 => format!("{}{}", self.letters(1), self.digits(5)),
                    1 => self.digits(6),
                    _ => format!("{}{}", self.letters(3), self.digits(3)),
                };
                kept(text)
            }
            "policy" => {
                let text = match self.chance.below(3) {
                    0 => format!("PL-{}-{}", self.digits(3), self.digits(5)),
                    1 => format!("HX{}", self.digits(7)),
                    _ => self.digits(8),
                };
                kept(text)
            }
            "tracking" => {
                let text = match self.chance.below(3) {
                    0 => format!("1Z{}{}", self.letters(3), self.digits(8)),
                    1 => self.digits(10),
                    _ => format!("{}{}", self.letters(2), self.digits(9)),
                };
                kept(text)
            }
            "invoice" => {
                let text = match self.chance.below(2) {
                    0 => format!("INV-{}", self.digits(5)),
                    _ => self.digits(6),
                };
                kept(text)
            }
            "serial" => {
                let text = format!(
                    "{}{}{}{}",
                    self.letters(2),
                    self.digits(2),
                    self.letters(1),
                    self.digits(3)
                );
                kept(text)
            }
            "flight" => {
                let text = format!("{} {}", self.letters(2), self.digits(3));
                kept(text)
            }
            "error" => kept(self.digits(3)),
            "ext" => kept(self.digits(3)),
            "meter" => kept(self.digits(5)),
            "last4" => kept(self.digits(4)),
            "seat" => {
                let row = self.chance.between(1, 40);
                Value::Kept(format!("{row}C"), format!("{} C", number_words(row)))
            }
            "version" => {
                let (a, b) = (self.chance.between(1, 12), self.chance.between(0, 9));
                Value::Kept(
                    format!("{a}.{b}"),
                    format!("{} point {}", number_words(a), number_words(b)),
                )
            }
            "promo" => {
                let n = self.chance.between(10, 40);
                Value::Kept(format!("SPRING{n}"), format!("spring {}", number_words(n)))
            }
            "qty" => {
                let n = match self.chance.below(3) {
                    0 => self.chance.between(2, 20),
                    1 => self.chance.between(20, 100),
                    _ => self.chance.between(100, 2400),
                };
                Value::Kept(n.to_string(), number_words(n))
            }
            "weight" => {
                let n = self.chance.between(2, 60);
                Value::Kept(format!("{n} pounds"), format!("{} pounds", number_words(n)))
            }
            "size" => {
                let n = self.chance.between(4, 46);
                Value::Kept(n.to_string(), number_words(n))
            }
            "money" => self.money(),
            "percent" => {
                let n = self.chance.between(2, 60);
                Value::Kept(format!("{n}%"), format!("{} percent", number_words(n)))
            }
            "time" => self.time(),
            "date" => self.date(),
            "month" => {
                let month = self.pick(&MONTHS).to_string();
                Value::Kept(month.clone(), month)
            }
            "year" => {
                let year = self.chance.between(1998, 2027);
                Value::Kept(year.to_string(), year_words(year, false))
            }
            "days" => {
                let n = self.chance.between(2, 31);
                match self.chance.below(2) {
                    0 => Value::Kept(
                        format!("{n} to {} business days", n + 2),
                        format!(
                            "{} to {} business days",
                            number_words(n),
                            number_words(n + 2)
                        ),
                    ),
                    _ => Value::Kept(format!("{n} days"), format!("{} days", number_words(n))),
                }
            }
            "months" | "minutes" | "hours" => {
                let n = self.chance.between(2, 49);
                Value::Kept(format!("{n} {base}"), format!("{} {base}", number_words(n)))
            }
            other => panic!("no slot {other:?}"),
        }
    }

    fn money(&mut self) -> Value {
        let (whole, cents) = (self.chance.between(4, 2_000), self.chance.between(1, 100));
        match self.chance.below(3) {
            0 => Value::Kept(
                format!("${whole}.{cents:02}"),
                format!(
                    "{} dollars and {} cents",
                    number_words(whole),
                    number_words(cents)
                ),
            ),
            1 => Value::Kept(
                format!("${whole}"),
                format!("{} dollars", number_words(whole)),
            ),
            _ => {
                let whole = whole % 100 + 5;
                let cents_words = match cents {
                    1..10 => format!("oh {}", number_words(cents)),
                    _ => number_words(cents),
                };
                Value::Kept(
                    format!("{whole}.{cents:02}"),
                    format!("{} {cents_words}", number_words(whole)),
                )
            }
        }
    }

    fn time(&mut self) -> Value {
        let hour = self.chance.between(1, 13);
        let minute = *self.chance.pick(&[0, 0, 15, 30, 45, 50]);
        let (dots, spoken) = *self
            .chance
            .pick(&[("a.m.", "a.m."), ("p.m.", "p.m."), ("PM", "pm")]);
        match minute {
            0 => Value::Kept(
                format!("{hour} {dots}"),
                format!("{} {spoken}", number_words(hour)),
            ),
            _ => Value::Kept(
                format!("{hour}:{minute:02} {dots}"),
                format!("{} {} {spoken}", number_words(hour), number_words(minute)),
            ),
        }
    }

    fn date(&mut self) -> Value {
        let (month, day) = (self.pick(&MONTHS), self.chance.between(1, 29));
        let weekday = self.pick(&WEEKDAYS);
        match self.chance.below(5) {
            0 => Value::Kept(
                format!("{month} {}", ordinal(day)),
                format!("{month} {}", ordinal_words(day)),
            ),
            1 => Value::Kept(
                format!("{weekday}, {month} {day}"),
                format!("{weekday}, {month} {}", ordinal_words(day)),
            ),
            2 => Value::Kept(
                format!("the {} of {month}", ordinal(day)),
                format!("the {} of {month}", ordinal_words(day)),
            ),
            3 => Value::Kept(format!("next {weekday}"), format!("next {weekday}")),
            _ => Value::Kept(
                format!("{month} {day}, 2026"),
                format!("{month} {} twenty twenty six", ordinal_words(day)),
            ),
        }
    }

    // ---------------------------------------------------------------- saying it

    fn code(
        &mut self,
        base: &str,
        groups: &[String],
        part: Option<&str>,
        by_customer: bool,
    ) -> Vec<Said> {
        let mut groups = groups.to_vec();
        let half = groups.len().div_ceil(2);
        match part {
            None | Some("noisy") => {}
            Some("a") if groups.len() == 1 => {
                groups = vec![groups[0][..groups[0].len() / 2].to_string()]
            }
            Some("b") if groups.len() == 1 => {
                groups = vec![groups[0][groups[0].len() / 2..].to_string()]
            }
            // The area code alone, and the rest.
            Some("a") if base == "phone" => groups.truncate(1),
            Some("b") if base == "phone" => drop(groups.drain(..1)),
            Some("a") => groups.truncate(half),
            Some("b") => drop(groups.drain(..half)),
            Some("last4") => groups = groups.split_off(groups.len() - 1),
            Some("wrong") => {
                let group = self.chance.below(groups.len());
                let at = self.chance.below(groups[group].len());
                groups[group] = change_digit(&groups[group], at);
            }
            Some("drop") => {
                let group = self.chance.below(groups.len());
                let at = self.chance.below(groups[group].len());
                groups[group].remove(at);
            }
            Some(n) => {
                let n: usize = n
                    .parse()
                    .unwrap_or_else(|_| panic!("no part {n:?} of {base:?}"));
                groups = vec![groups[n - 1].clone()];
            }
        }
        let long = groups.iter().map(String::len).sum::<usize>() >= 8;
        let noisy = part == Some("noisy")
            || (part.is_none() && long && by_customer && self.chance.happens(0.12));
        let mut said = match self.form {
            Form::Written => self.code_written(base, &groups, noisy),
            Form::Spoken => self.code_spoken(&groups),
        };
        if noisy && said.len() > 1 {
            for _ in 0..1 + self.chance.below(2) {
                let at = 1 + self.chance.below(said.len() - 1);
                let words = self.chance.pick(self.between).clone();
                let filler: Vec<Said> = plain_words(&words);
                said.splice(at..at, filler);
            }
        }
        said
    }

    fn code_written(&mut self, base: &str, groups: &[String], noisy: bool) -> Vec<Said> {
        let chars = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() as u32;
        let texts: Vec<String> = if base == "phone" && groups.len() == 3 {
            let [a, b, c] = [&groups[0], &groups[1], &groups[2]];
            match self.chance.below(if noisy { 2 } else { 6 }) {
                0 => vec![format!("({a})"), format!("{b}-{c}")],
                1 => vec![a.clone(), b.clone(), c.clone()],
                2 => vec![format!("{a}-{b}-{c}")],
                3 => vec![format!("{a}{b}{c}")],
                4 => vec!["+1".into(), a.clone(), b.clone(), c.clone()],
                _ => vec![format!("{a}.{b}.{c}")],
            }
        } else {
            let all = groups.concat();
            match self.chance.below(if noisy { 6 } else { 10 }) {
                0..4 => groups.to_vec(),
                // Digit by digit, as some recognisers do.
                4 if all.len() < 11 => all.chars().map(|c| c.to_string()).collect(),
                4 | 5 => groups.iter().map(|g| format!("{g},")).collect(),
                6 | 7 => vec![groups.join("-")],
                _ => vec![all],
            }
        };
        let mut said: Vec<Said> = texts.iter().map(|t| Said::chars(t, chars(t))).collect();
        if let Some(last) = said.last_mut() {
            last.text = last.text.trim_end_matches(',').to_string();
        }
        said
    }

    fn code_spoken(&mut self, groups: &[String]) -> Vec<Said> {
        let (commas, style) = (self.chance.happens(0.5), self.chance.below(10));
        let mut said = Vec::new();
        for (n, group) in groups.iter().enumerate() {
            let letters = group.chars().any(|c| c.is_ascii_alphabetic());
            let mut words = match style {
                _ if letters => self.letters_and_digits(group),
                0 | 1 => self.with_doubles(group),
                2 | 3 if group.len() % 2 == 0 => self.in_pairs(group),
                _ => self.one_by_one(group),
            };
            if commas
                && n + 1 < groups.len()
                && let Some(last) = words.last_mut()
            {
                last.text.push(',');
            }
            said.extend(words);
        }
        said
    }

    fn one_by_one(&mut self, digits: &str) -> Vec<Said> {
        let zero = self.pick(&["oh", "oh", "zero", "zero", "zero", "o"]);
        digits
            .chars()
            .map(|c| Said::chars(digit_word(c, zero), 1))
            .collect()
    }

    fn with_doubles(&mut self, digits: &str) -> Vec<Said> {
        let zero = self.pick(&["oh", "zero"]);
        let chars: Vec<char> = digits.chars().collect();
        let mut said = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let same = chars[at..]
                .iter()
                .take_while(|c| **c == chars[at])
                .count()
                .min(3);
            if same > 1 {
                let times = if same == 2 { "double" } else { "triple" };
                said.push(Said::chars(times, same as u32 - 1));
            }
            said.push(Said::chars(digit_word(chars[at], zero), 1));
            at += same;
        }
        said
    }

    fn in_pairs(&mut self, digits: &str) -> Vec<Said> {
        let hyphen = self.chance.happens(0.5);
        let mut said = Vec::new();
        for pair in digits.as_bytes().chunks(2) {
            let n = i64::from(pair[0] - b'0') * 10 + i64::from(pair[1] - b'0');
            match n {
                0 => said.extend([Said::chars("double", 1), Said::chars("oh", 1)]),
                1..10 => said.extend([Said::chars("oh", 1), Said::chars(number_words(n), 1)]),
                _ => said.extend(two_digits(n, hyphen)),
            }
        }
        said
    }

    fn letters_and_digits(&mut self, group: &str) -> Vec<Said> {
        let zero = self.pick(&["oh", "zero", "zero"]);
        let style = self.chance.below(8);
        if style < 2 && group.chars().all(|c| c.is_ascii_alphabetic()) {
            return vec![Said::chars(group, group.len() as u32)];
        }
        let mut said = Vec::new();
        for c in group.chars() {
            match (c.is_ascii_digit(), style) {
                (true, _) => said.push(Said::chars(digit_word(c, zero), 1)),
                (false, 2) => said.push(Said::chars(NATO[letter(c)], 1)),
                (false, 3) => {
                    said.push(Said::chars(c.to_string(), 1));
                    said.extend(plain_words(&format!("for {}", AS_IN[letter(c)])));
                }
                (false, _) => said.push(Said::chars(c.to_string(), 1)),
            }
        }
        said
    }

    fn day(&mut self, year: i64, month: usize, day: i64, part: Option<&str>) -> Vec<Said> {
        let (name, number, short) = (MONTHS[month], month + 1, year % 100);
        let wrong = if part == Some("wrong") { 1 } else { 0 };
        let (year, day) = (year - wrong, day + wrong);
        let style = self.chance.below(8);
        let comma = if self.chance.happens(0.5) { "," } else { "" };
        let month_said = Said::chars(name, 2);
        let mut said = match self.form {
            Form::Written => match (part, style) {
                (Some("year"), _) => vec![],
                (Some("monthday"), 0..4) | (_, 3) => vec![
                    month_said,
                    Said::chars(format!("{}{comma}", ordinal(day)), 2),
                ],
                (Some("monthday"), _) => {
                    vec![Said::chars(ordinal(day), 2), Said::plain("of"), month_said]
                }
                (_, 0) => return vec![Said::chars(format!("{number:02}/{day:02}/{year}"), 8)],
                (_, 1) => return vec![Said::chars(format!("{number}/{day}/{short:02}"), 6)],
                (_, 2) => return vec![Said::chars(format!("{number:02}-{day:02}-{year}"), 8)],
                (_, 4) => vec![month_said, Said::chars(format!("{day},"), 2)],
                (_, 5) => vec![Said::chars(day.to_string(), 2), month_said],
                (_, 6) => vec![
                    Said::plain("the"),
                    Said::chars(ordinal(day), 2),
                    Said::plain("of"),
                    month_said,
                ],
                _ => return vec![Said::chars(format!("{year}-{number:02}-{day:02}"), 8)],
            },
            Form::Spoken => {
                let day_said = Said::chars(ordinal_words(day).replace(' ', "-"), 2);
                match (part, style) {
                    (Some("year"), _) => vec![],
                    (Some("monthday"), _) | (None | Some("wrong"), 0..3) => {
                        vec![month_said, day_said]
                    }
                    (_, 3) => vec![day_said, Said::plain("of"), month_said],
                    (_, 4) => vec![Said::plain("the"), day_said, Said::plain("of"), month_said],
                    (_, 5) => {
                        let mut said = said_number(number as i64);
                        said.extend(said_number(day));
                        said
                    }
                    (_, 6) => {
                        let mut said = self.in_pairs(&format!("{number:02}"));
                        said.extend(self.in_pairs(&format!("{day:02}")));
                        said
                    }
                    _ => {
                        return self.one_by_one(&format!("{number:02}{day:02}{year}"));
                    }
                }
            }
        };
        if part == Some("monthday") {
            return said;
        }
        match self.form {
            Form::Written => said.push(Said::chars(year.to_string(), 4)),
            Form::Spoken => said.extend(said_year(year, self.chance.happens(0.25))),
        }
        said
    }

    fn expiry(&mut self, year: i64, month: usize, part: Option<&str>) -> Vec<Said> {
        let month = if part == Some("wrong") {
            (month + 1) % 12
        } else {
            month
        };
        let (name, number, short) = (MONTHS[month], month + 1, year % 100);
        let style = self.chance.below(8);
        let written = self.form == Form::Written;
        match part {
            Some("month") if written && style < 4 => {
                return vec![Said::chars(format!("{number:02}"), 2)];
            }
            Some("month") => return vec![Said::chars(name, 2)],
            Some("year") if written => return vec![Said::chars(year.to_string(), 4)],
            Some("year") => return said_year(year, style < 4),
            _ => {}
        }
        if written {
            return match style {
                0 | 1 => vec![Said::chars(format!("{number:02}/{short}"), 4)],
                2 => vec![Said::chars(format!("{number:02}/{year}"), 6)],
                3 => vec![Said::chars(format!("{number}/{short}"), 3)],
                4 => vec![Said::chars(format!("{number:02}{short}"), 4)],
                5 => vec![
                    Said::chars(format!("{number:02}"), 2),
                    Said::chars(short.to_string(), 2),
                ],
                _ => vec![Said::chars(name, 2), Said::chars(year.to_string(), 4)],
            };
        }
        let pair = self.in_pairs(&format!("{number:02}"));
        let end = self.in_pairs(&short.to_string());
        let with = |between: &str, front: Vec<Said>, end: Vec<Said>| {
            let between = between
                .split(' ')
                .filter(|w| !w.is_empty())
                .map(Said::plain);
            front
                .into_iter()
                .chain(between)
                .chain(end)
                .collect::<Vec<_>>()
        };
        match style {
            0 | 1 => with("", pair, end),
            2 => with("slash", pair, end),
            3 => with("of", said_number(number as i64), end),
            4 => with("", said_number(number as i64), end),
            5 => self.one_by_one(&format!("{number:02}{short}")),
            6 => with("", vec![Said::chars(name, 2)], said_year(year, false)),
            _ => with("of", vec![Said::chars(name, 2)], said_year(year, true)),
        }
    }

    fn email(&mut self, value: &Value, part: Option<&str>) -> Vec<Said> {
        let Value::Email {
            first,
            last,
            style,
            digits,
            host,
        } = value
        else {
            unreachable!("asked for an e-mail address")
        };
        let initial = first[..1].to_string();
        // Parts of what stands before the at sign.
        let local: Vec<(&str, bool)> = match style {
            0 => vec![(first, true), (".", false), (last, true)],
            1 => vec![(first, true), ("_", false), (last, true)],
            2 => vec![(first, true), (digits, true)],
            3 => vec![(&initial, true), (".", false), (last, true)],
            4 => vec![(first, true), (last, true)],
            _ => vec![(last, true), (".", false), (first, true), (digits, true)],
        };
        let written = self.form == Form::Written;
        let mut said = Vec::new();
        if written && part != Some("spell") {
            let text: String = local.iter().map(|(text, _)| *text).collect();
            match part {
                Some("host") => {}
                Some("local") => return vec![Said::telling(text)],
                _ if self.chance.happens(0.12) => {
                    said.extend([Said::telling(text), Said::plain("at"), Said::plain(*host)]);
                    return said;
                }
                _ => return vec![Said::telling(format!("{text}@{host}"))],
            }
            return vec![Said::plain(*host)];
        }
        if part != Some("host") {
            for (n, (text, tells)) in local.iter().enumerate() {
                let spelled = part == Some("spell") && n == 0;
                match *text {
                    "." => said.push(Said::plain("dot")),
                    "_" => said.push(Said::plain("underscore")),
                    _ if text.starts_with(|c: char| c.is_ascii_digit()) => {
                        said.extend(self.in_pairs(text))
                    }
                    _ if spelled && written => {
                        let letters: Vec<String> =
                            text.to_uppercase().chars().map(String::from).collect();
                        said.push(Said::chars(letters.join("-"), text.len() as u32));
                    }
                    _ if spelled => {
                        said.extend(text.chars().map(|c| Said::chars(c.to_string(), 1)))
                    }
                    _ if text.len() == 1 => said.push(Said::plain(*text)),
                    _ => said.push(Said {
                        tells: *tells,
                        ..Said::plain(*text)
                    }),
                }
            }
        }
        if part == Some("local") {
            return said;
        }
        if part != Some("host") {
            said.push(Said::plain("at"));
        }
        for (n, label) in host.split('.').enumerate() {
            if n > 0 {
                said.push(Said::plain("dot"));
            }
            said.extend(plain_words(if label == "btinternet" {
                "B T internet"
            } else {
                label
            }));
        }
        said
    }

    fn street(&mut self, house: &str, name: &str, sort: &str) -> Vec<Said> {
        let mut said = match self.form {
            Form::Written => vec![Said::chars(house, house.len() as u32)],
            Form::Spoken => match (house.len(), self.chance.below(3)) {
                (1 | 2, _) => said_number(house.parse().unwrap_or(1)),
                (3, 0) => {
                    let mut said = said_number(house[..1].parse().unwrap_or(1));
                    said.extend(self.in_pairs(&house[1..]));
                    said
                }
                (4, 0 | 1) => self.in_pairs(house),
                _ => self.one_by_one(house),
            },
        };
        said.extend(name.split(' ').map(Said::telling));
        let short = SHORT_SORTS.iter().find(|(long, _)| *long == sort);
        match short {
            Some((_, short)) if self.form == Form::Written && self.chance.happens(0.3) => {
                said.push(Said::plain(*short));
            }
            _ => said.push(Said::plain(sort)),
        }
        said
    }

    fn address(&mut self, value: &Value) -> Vec<Said> {
        let Value::Address {
            house,
            name,
            sort,
            city,
            state,
            zip,
        } = value
        else {
            unreachable!("asked for an address")
        };
        let mut said = self.street(house, name, sort);
        let comma = |said: &mut Vec<Said>| {
            if let Some(last) = said.last_mut() {
                last.text.push(',');
            }
        };
        comma(&mut said);
        said.extend(city.split(' ').map(Said::telling));
        comma(&mut said);
        let (long, short) = state;
        let written = self.form == Form::Written;
        said.extend(plain_words(if written && self.chance.happens(0.5) {
            short
        } else {
            long
        }));
        match self.form {
            Form::Written => said.push(Said::chars(zip, 5)),
            Form::Spoken => {
                comma(&mut said);
                let words = self.code_spoken(std::slice::from_ref(zip));
                said.extend(words);
            }
        }
        said
    }

    fn person(&mut self, first: &str, last: &str, part: Option<&str>) -> Vec<Said> {
        match part {
            Some("first") => vec![Said::telling(first)],
            Some("last") => vec![Said::telling(last)],
            Some("spell") => self.spelled(last),
            _ => vec![Said::telling(first), Said::telling(last)],
        }
    }

    fn spelled(&mut self, name: &str) -> Vec<Said> {
        let name: String = name
            .to_uppercase()
            .chars()
            .filter(char::is_ascii_alphabetic)
            .collect();
        let letters: Vec<String> = name.chars().map(String::from).collect();
        let as_in = self.chance.pick_text(&["as in", "for", "like"]);
        match (self.form, self.chance.below(4)) {
            (Form::Written, 0..3) => vec![Said::chars(letters.join("-"), name.len() as u32)],
            (Form::Spoken, 0) => letters
                .iter()
                .flat_map(|l| {
                    let word = AS_IN[letter(l.chars().next().unwrap_or('A'))];
                    let mut said = vec![Said::chars(l, 1)];
                    said.extend(plain_words(&format!("{as_in} {word},")));
                    said
                })
                .collect(),
            _ => letters.iter().map(|l| Said::chars(l, 1)).collect(),
        }
    }
}

impl Value {
    /// Equal for equal values.
    fn id(&self) -> String {
        match self {
            Value::Code(groups) => groups.concat(),
            Value::Day { year, month, day } => format!("{year} {month} {day}"),
            Value::Expiry { year, month } => format!("{year} {month}"),
            Value::Email { first, last, .. } => format!("{first} {last}"),
            Value::Street { name, .. } | Value::Address { name, .. } => name.to_string(),
            Value::Person { first, .. } => first.to_string(),
            Value::State(long, _) => long.to_string(),
            Value::Word(text) | Value::Kept(text, _) => text.clone(),
        }
    }
}

fn plain_words(text: &str) -> Vec<Said> {
    text.split(' ').map(Said::plain).collect()
}

fn letter(c: char) -> usize {
    usize::from(c.to_ascii_uppercase() as u8 - b'A')
}

fn change_digit(group: &str, at: usize) -> String {
    let change = |c: char| match c.to_digit(10) {
        Some(d) => char::from_digit((d + 3) % 10, 10).unwrap_or(c),
        None => c,
    };
    group
        .chars()
        .enumerate()
        .map(|(i, c)| if i == at { change(c) } else { c })
        .collect()
}

fn digit_word(c: char, zero: &str) -> String {
    match c {
        '0' => zero.to_string(),
        _ => number_words(i64::from(c.to_digit(10).unwrap_or(0))),
    }
}

/// An order number and the like in words, character by character.
fn spell_out(text: &str) -> String {
    let mut words = Vec::new();
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        words.push(match c {
            '0'..='9' => digit_word(c, "zero"),
            _ => c.to_string(),
        });
    }
    words.join(" ")
}

/// Two digits from 10 on.
fn two_digits(n: i64, hyphen: bool) -> Vec<Said> {
    let (tens, ones) = (n / 10 * 10, n % 10);
    if n < 20 || ones == 0 {
        return vec![Said::chars(number_words(n), 2)];
    }
    if hyphen {
        return vec![Said::chars(number_words(n).replace(' ', "-"), 2)];
    }
    vec![
        Said::chars(number_words(tens), 1),
        Said::chars(number_words(ones), 1),
    ]
}

/// A number below 100 in words that tell its digits.
fn said_number(n: i64) -> Vec<Said> {
    match n {
        0..10 => vec![Said::chars(number_words(n), 1)],
        _ => two_digits(n, false),
    }
}

fn said_year(year: i64, short: bool) -> Vec<Said> {
    let (century, rest) = (year / 100, year % 100);
    let mut said = Vec::new();
    match (century, short) {
        (_, true) => {}
        (20, false) if rest < 10 => {
            said.extend([Said::chars("two", 1), Said::chars("thousand", 2)]);
            if rest > 0 {
                said.push(Said::chars(number_words(rest), 1));
            }
            return said;
        }
        _ => said.extend(two_digits(century, false)),
    }
    match rest {
        0..10 => said.extend([Said::chars("oh", 1), Said::chars(number_words(rest), 1)]),
        _ => said.extend(two_digits(rest, false)),
    }
    said
}

fn year_words(year: i64, short: bool) -> String {
    let words: Vec<String> = said_year(year, short).into_iter().map(|s| s.text).collect();
    words.join(" ")
}

/// 0 to 9,999 in words.
fn number_words(n: i64) -> String {
    const ONES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
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
    const TENS: [&str; 10] = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let joined = |front: String, rest: i64| match rest {
        0 => front,
        _ => format!("{front} {}", number_words(rest)),
    };
    match n {
        0..20 => ONES[n as usize].to_string(),
        20..100 => joined(TENS[n as usize / 10].to_string(), n % 10),
        100..1000 => joined(format!("{} hundred", number_words(n / 100)), n % 100),
        _ => joined(format!("{} thousand", number_words(n / 1000)), n % 1000),
    }
}

fn ordinal(n: i64) -> String {
    let ending = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// 1 to 31.
fn ordinal_words(n: i64) -> String {
    const FIRST: [&str; 20] = [
        "",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
    ];
    match n {
        0..20 => FIRST[n as usize].to_string(),
        20 => "twentieth".to_string(),
        30 => "thirtieth".to_string(),
        _ => format!("{} {}", number_words(n / 10 * 10), FIRST[(n % 10) as usize]),
    }
}
