//! What digits and letters of a number can be read in words, however they are written.
//!
//! Apart from the redactor's own reading on purpose: what measures must not share its blind spots.

/// For each word the characters of a number or code that it tells, in capitals; a month tells two
/// digits, "double" those that it adds to the next.
pub fn characters(words: &[&str]) -> Vec<String> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    for (n, word) in words.iter().enumerate() {
        let word = word.to_lowercase();
        // An address for mail is no number.
        if word.contains('@') {
            continue;
        }
        for part in word.split(|c: char| !c.is_alphanumeric()) {
            if !part.is_empty() {
                parts.push((n, part.to_string()));
            }
        }
    }
    let mut told = vec![String::new(); words.len()];
    for (i, (n, part)) in parts.iter().enumerate() {
        let next = parts.get(i + 1).map(|(_, part)| part.as_str());
        match (part.as_str(), next) {
            ("double", Some(next)) => told[*n].push_str(&value(next, None)),
            ("triple", Some(next)) => told[*n].push_str(&value(next, None).repeat(2)),
            (part, next) => told[*n].push_str(&value(part, next)),
        }
    }
    told
}

/// One part of a word; what follows decides whether "forty" is 4 or 40.
fn value(part: &str, next: Option<&str>) -> String {
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
    const ORDINALS: [&str; 21] = [
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
        "twentieth",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const LETTERS: [&str; 26] = [
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india",
        "juliet", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra",
        "tango", "uniform", "victor", "whiskey", "xray", "yankee", "zulu",
    ];
    let at = |list: &[&str]| list.iter().position(|w| *w == part);
    let ones = |word: Option<&str>| {
        word.is_some_and(|w| ONES[1..10].contains(&w) || ORDINALS[1..10].contains(&w))
    };
    if part.chars().any(|c| c.is_ascii_digit()) {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ordinal = ["st", "nd", "rd", "th"].contains(&&part[digits.len()..]);
        return if ordinal {
            digits.to_string()
        } else {
            part.to_uppercase()
        };
    }
    match part {
        "oh" | "o" => return "0".to_string(),
        "hundred" => return "00".to_string(),
        "thousand" => return if ones(next) { "00" } else { "000" }.to_string(),
        "thirtieth" => return "30".to_string(),
        _ => {}
    }
    if let Some(n) = at(&ONES).or(at(&ORDINALS)) {
        return n.to_string();
    }
    if let Some(n) = at(&TENS) {
        return if ones(next) {
            (n + 2).to_string()
        } else {
            ((n + 2) * 10).to_string()
        };
    }
    if let Some(n) = at(&MONTHS) {
        return format!("{:02}", n + 1);
    }
    if let Some(n) = at(&LETTERS) {
        return char::from(b'A' + n as u8).to_string();
    }
    if part.len() == 1 {
        part.to_uppercase()
    } else {
        String::new()
    }
}

/// The length of the longest piece that both texts have.
pub fn common(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut longest = 0;
    let mut before = vec![0; b.len() + 1];
    for x in a {
        let mut row = vec![0; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            if x == y {
                row[j + 1] = before[j] + 1;
                longest = longest.max(row[j + 1]);
            }
        }
        before = row;
    }
    longest
}

/// A word bare of case and punctuation.
pub fn bare(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
