//! What single words say about digits: number words, written forms, the check digit.
//!
//! English only for spoken digits; written digits of every language that recognisers use. Whether
//! a row of digits must go is not decided here but in `runs`.

/// The Luhn check over ASCII digits (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, byte)| match (u32::from(byte - b'0'), i % 2) {
            (digit, 0) => digit,
            (digit, _) if digit > 4 => digit * 2 - 9,
            (digit, _) => digit * 2,
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// The value of a decimal digit: ASCII, full-width, Arabic-Indic, Persian, Devanagari or Bengali.
pub(super) fn digit_of(c: char) -> Option<char> {
    const ZEROS: [char; 6] = [
        '0', '\u{ff10}', '\u{0660}', '\u{06f0}', '\u{0966}', '\u{09e6}',
    ];
    ZEROS.iter().find_map(|&zero| {
        let value = u32::from(c).checked_sub(u32::from(zero))?;
        char::from_digit(value, 10)
    })
}

/// All digits of a text, in order, as ASCII.
pub(super) fn digits_of(text: &str) -> String {
    text.chars().filter_map(digit_of).collect()
}

/// A spoken digit. Plurals count: "four ones" must not hide anything.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "zero" | "zeros" | "zeroes" | "nought" | "noughts" | "naught" | "nil" => "0",
        "one" | "ones" => "1",
        "two" | "twos" => "2",
        "three" | "threes" => "3",
        "four" | "fours" => "4",
        "five" | "fives" => "5",
        "six" | "sixes" => "6",
        "seven" | "sevens" => "7",
        "eight" | "eights" => "8",
        "nine" | "nines" | "niner" => "9",
        _ => return None,
    })
}

pub(super) fn teen(word: &str) -> Option<&'static str> {
    Some(match word {
        "ten" => "10",
        "eleven" => "11",
        "twelve" => "12",
        "thirteen" => "13",
        "fourteen" => "14",
        "fifteen" => "15",
        "sixteen" => "16",
        "seventeen" => "17",
        "eighteen" => "18",
        "nineteen" => "19",
        _ => return None,
    })
}

/// The first digit of "twenty" to "ninety".
pub(super) fn tens(word: &str) -> Option<&'static str> {
    Some(match word {
        "twenty" => "2",
        "thirty" => "3",
        "forty" | "fourty" => "4",
        "fifty" => "5",
        "sixty" => "6",
        "seventy" => "7",
        "eighty" => "8",
        "ninety" => "9",
        _ => return None,
    })
}

/// The zeros that a magnitude word adds.
pub(super) fn zeros(word: &str) -> Option<&'static str> {
    match word {
        "hundred" => Some("00"),
        "thousand" => Some("000"),
        _ => None,
    }
}

/// How often "double" and its like repeat the next digit.
pub(super) fn times(word: &str) -> Option<usize> {
    match word {
        "double" => Some(2),
        "triple" | "treble" => Some(3),
        "quadruple" => Some(4),
        _ => None,
    }
}

/// What recognisers write for a digit that they misheard.
pub(super) fn misheard(word: &str) -> Option<&'static str> {
    Some(match word {
        "won" => "1",
        "to" | "too" => "2",
        "tree" => "3",
        "for" | "fore" => "4",
        "sicks" => "6",
        "ate" => "8",
        _ => return None,
    })
}

/// "oh" is a zero or an interjection; its neighbours tell which.
pub(super) fn is_oh(word: &str) -> bool {
    matches!(word, "oh" | "o" | "ohs")
}

const ORDINALS: [&str; 20] = [
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
    "twentieth",
];

/// What an ordinal up to "twentieth", or "thirtieth", counts.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    if word == "thirtieth" {
        return Some(30);
    }
    (1..)
        .zip(ORDINALS)
        .find_map(|(n, name)| (name == word).then_some(n))
}

const MONTHS: [(&str, &str); 12] = [
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may", "may"),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sept"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
];

/// The number of a month, 1 to 12.
pub(super) fn month(word: &str) -> Option<u32> {
    (1..)
        .zip(MONTHS)
        .find_map(|(n, (long, short))| (word == long || word == short).then_some(n))
}

const MEASURES: [&str; 62] = [
    "dollar",
    "dollars",
    "cent",
    "cents",
    "buck",
    "bucks",
    "pound",
    "pounds",
    "pence",
    "penny",
    "euro",
    "euros",
    "rupees",
    "percent",
    "percentage",
    "second",
    "seconds",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "night",
    "nights",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "business",
    "working",
    "am",
    "pm",
    "o'clock",
    "times",
    "people",
    "miles",
    "points",
    "gigabyte",
    "gigabytes",
    "gigs",
    "gb",
    "megabit",
    "megabits",
    "megabytes",
    "mbps",
    "kilowatt",
    "kilowatts",
    "kwh",
    "units",
    "items",
    "pieces",
    "degrees",
    "feet",
    "inches",
    "meters",
    "metres",
    "kilometers",
    "kilometres",
    "channels",
];

/// Words that turn the number ahead of them into a quantity.
pub(super) fn is_measure(word: &str) -> bool {
    MEASURES.contains(&word)
}

/// Written forms that everyday speech uses for something other than a long number: money,
/// percentages, ordinals, times of day, decimals and calendar dates. Long numbers never count as
/// such, whatever stands around them.
pub(super) fn is_everyday(chunk: &str) -> bool {
    let core = core(chunk);
    let digits = digits_of(core).len();
    if digits == 0 || digits > 8 {
        return false;
    }
    if is_date(core) {
        return true;
    }
    digits < 8
        && (core.contains(['$', '£', '€', '¥', '₹'])
            || core.ends_with('%')
            || is_written_ordinal(core)
            || is_clock(core)
            || is_decimal(core))
}

/// A chunk without the punctuation around it.
pub(super) fn core(chunk: &str) -> &str {
    chunk.trim_matches(|c: char| ".,;:!?()[]\"'".contains(c))
}

fn is_written_ordinal(core: &str) -> bool {
    let lower = core.to_lowercase();
    ["st", "nd", "rd", "th"].iter().any(|ending| {
        lower
            .strip_suffix(ending)
            .is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
    })
}

fn is_clock(core: &str) -> bool {
    let Some((hour, rest)) = core.split_once(':') else {
        return false;
    };
    let minute = rest.trim_end_matches(|c: char| c.is_alphabetic() || c == '.');
    number_up_to(hour, 24) && minute.len() == 2 && number_up_to(minute, 59)
}

fn is_decimal(core: &str) -> bool {
    let Some((whole, part)) = core.split_once('.') else {
        return false;
    };
    !whole.is_empty()
        && whole.chars().all(|c| c.is_ascii_digit() || c == ',')
        && matches!(part.len(), 1 | 2)
        && part.chars().all(|c| c.is_ascii_digit())
}

/// Day, month and year in any order that people write, e.g. `05/14/1972` or `1972-05-14`.
pub(super) fn is_date(core: &str) -> bool {
    ['/', '-', '.'].iter().any(|&separator| {
        let parts: Vec<&str> = core.split(separator).collect();
        let [a, b, c] = parts[..] else {
            return false;
        };
        let day_month = |x: &str, y: &str| {
            (number_up_to(x, 31) && number_up_to(y, 12))
                || (number_up_to(x, 12) && number_up_to(y, 31))
        };
        (day_month(a, b) && (is_year(c) || (c.len() == 2 && number_up_to(c, 99))))
            || (is_year(a) && day_month(b, c))
    })
}

/// A year from 1900 to 2099, in four digits.
pub(super) fn is_year(digits: &str) -> bool {
    digits.len() == 4
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits.starts_with("19") || digits.starts_with("20"))
}

/// A number of one or two digits that is no larger than `most`.
pub(super) fn number_up_to(text: &str, most: u32) -> bool {
    matches!(text.len(), 1 | 2)
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.parse::<u32>().is_ok_and(|n| n <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_knows_published_test_cards() {
        // Visa, Mastercard, Amex, Diners and Maestro test numbers that payment companies publish,
        // and the worked example of the standard.
        for card in [
            "4111111111111111",
            "5555555555554444",
            "378282246310005",
            "30569309025904",
            "6759649826438453",
            "79927398713",
        ] {
            assert!(luhn(card), "{card}");
            let last = card.len() - 1;
            let off = (card.as_bytes()[last] - b'0' + 1) % 10;
            assert!(!luhn(&format!("{}{off}", &card[..last])), "{card}");
        }
        assert!(!luhn(""));
    }

    #[test]
    fn everyday_forms_are_told_from_long_numbers() {
        for everyday in [
            "$4,210,",
            "$249.99",
            "£35.",
            "24%,",
            "14th.",
            "2nd,",
            "3:30",
            "10:45pm",
            "38.20",
            "05/14/1972",
            "1972-05-14",
            "14.5.72",
        ] {
            assert!(is_everyday(everyday), "{everyday}");
        }
        for number in [
            "4111",
            "4,111",
            "555-0142",
            "BR4821.",
            "20417755.",
            "$41111111",
            "4111.1111",
            "41:11",
            "3:30:4111",
            "41-11-1111",
            "$4111111111111111",
            "word",
        ] {
            assert!(!is_everyday(number), "{number}");
        }
    }

    #[test]
    fn digits_of_other_scripts_are_digits() {
        assert_eq!(digits_of("４１１１-٤١١"), "4111411");
    }
}
