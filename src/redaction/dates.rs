//! Dates: how people say a day of birth and how long a card is valid.
//!
//! A date has a month's name ("the ninth of March nineteen seventy two", "May 14th", "August 2028")
//! or is written in three parts ("03/09/1972"). Months that are said as numbers ("oh eight twenty
//! eight") are digits like others until somebody asked for a date: [`birth`] and [`expiry`] read
//! them. Whether a date is one of birth is decided in `runs`.
//!
//! Left out on purpose: names of months in other languages, and days without a month.

use std::ops::RangeInclusive;

use super::digits;
use super::tokens::{Class, Token};

/// Years in which somebody who calls may be born. Later dates are deliveries and contracts, more
/// often than children.
const BIRTH_YEARS: RangeInclusive<u32> = 1900..=2012;
/// Two digits of a year up to this are of our century.
const THIS_CENTURY: u32 = 40;
/// Years that are printed on cards that people still try to pay with.
const EXPIRY_YEARS: RangeInclusive<u32> = 2021..=2060;

/// A date in words or figures, as a stretch of tokens.
#[derive(Clone)]
pub(super) struct Date {
    pub first: usize,
    pub last: usize,
    pub calendar: Calendar,
    /// The day is an ordinal ("the ninth", "9th") or stands in a written date.
    pub sure_day: bool,
    /// The year was said in full.
    pub sure_year: bool,
}

/// What was said of a day. Nothing is checked beyond a month of 1 to 12 and a day of 1 to 31.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Calendar {
    pub day: Option<u32>,
    pub month: u32,
    pub year: Option<u32>,
}

impl Calendar {
    /// The same for the same day, however it was said: `1972-03-09`, `--05-14`, `2028-08`.
    pub fn value(self) -> String {
        let year = self.year.map_or("-".to_string(), |year| year.to_string());
        let day = self.day.map_or(String::new(), |day| format!("-{day:02}"));
        format!("{year}-{:02}{day}", self.month)
    }

    /// Both can be of the same day: what one leaves out, the other may have.
    pub fn agrees(self, other: Calendar) -> bool {
        let same = |a: Option<u32>, b: Option<u32>| a.is_none() || b.is_none() || a == b;
        self.month == other.month && same(self.day, other.day) && same(self.year, other.year)
    }
}

impl Date {
    /// A day, a month and a year in which people were born.
    pub fn is_birth_like(&self) -> bool {
        self.calendar.day.is_some()
            && self
                .calendar
                .year
                .is_some_and(|year| BIRTH_YEARS.contains(&year))
    }

    /// Month and year; "August 28" is taken for both.
    pub fn as_expiry(&self) -> Option<Calendar> {
        let Calendar { day, month, year } = self.calendar;
        let year = match (day, year) {
            (None, Some(year)) => year,
            (Some(day), None) if !self.sure_day => 2000 + day,
            _ => return None,
        };
        let expiry = Calendar {
            day: None,
            month,
            year: Some(year),
        };
        EXPIRY_YEARS.contains(&year).then_some(expiry)
    }
}

/// All dates of a channel, in order and without overlap.
pub(super) fn find(tokens: &[Token]) -> Vec<Date> {
    let mut dates: Vec<Date> = Vec::new();
    for at in 0..tokens.len() {
        let free = dates.last().map_or(0, |date| date.last + 1);
        if at < free {
            continue;
        }
        let date = match digits::month(&tokens[at].text) {
            Some(month) => beside_month(tokens, at, month, free),
            None => written(tokens, at).or_else(|| in_ordinals(tokens, at)),
        };
        dates.extend(date);
    }
    dates
}

/// The day and year around the name of a month; nothing where there is neither.
fn beside_month(tokens: &[Token], at: usize, month: u32, free: usize) -> Option<Date> {
    let ahead = day_ahead(tokens, at, free);
    let mut last = at;
    let mut day = ahead.as_ref().map(|day| (day.day, day.sure));
    let mut year = None;
    let mut next = at + 1;
    if text_at(tokens, next) == "of" || text_at(tokens, next) == "in" {
        next += 1;
    }
    if day.is_none()
        && year_at(tokens, next).is_none_or(|year| !year.sure)
        && let Some(found) = day_at(tokens, at + 1)
    {
        day = Some((found.day, found.sure));
        last = found.last;
        next = last + 1;
        if text_at(tokens, next) == "of" {
            next += 1;
        }
    }
    if let Some(found) = year_at(tokens, next) {
        last = found.last;
        year = Some((found.year, found.sure));
    }
    if last == at && ahead.is_none() {
        return None;
    }
    Some(Date {
        first: ahead.map_or(at, |day| day.first),
        last,
        calendar: Calendar {
            day: day.map(|(day, _)| day),
            month,
            year: year.map(|(year, _)| year),
        },
        sure_day: day.is_some_and(|(_, sure)| sure),
        sure_year: year.is_some_and(|(_, sure)| sure),
    })
}

struct Day {
    first: usize,
    last: usize,
    day: u32,
    sure: bool,
}

struct Year {
    last: usize,
    year: u32,
    sure: bool,
}

fn text_at(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// The digits of a token that can be a part of a date.
fn digits_at(tokens: &[Token], at: usize) -> &str {
    tokens
        .get(at)
        .filter(|token| token.class <= Class::Everyday)
        .map_or("", |token| token.digits.as_str())
}

/// "The ninth of", "9th", "fourteen" before a month. "May" and "March" are other words too, so
/// that plain figures ahead of them need an "of".
fn day_ahead(tokens: &[Token], month: usize, free: usize) -> Option<Day> {
    let mut at = month.checked_sub(1)?;
    let of = text_at(tokens, at) == "of";
    if of {
        at = at.checked_sub(1)?;
    }
    if let Some(before) = at.checked_sub(1)
        && let Some(day) = day_at(tokens, before).filter(|day| day.last == at)
        && before >= free
    {
        return Some(day);
    }
    let day = day_at(tokens, at).filter(|_| at >= free && !tokens[at].ends_sentence)?;
    let alone = at == free || digits_at(tokens, at - 1).is_empty();
    let doubtful = matches!(text_at(tokens, month), "may" | "march" | "mar")
        && year_at(tokens, month + 1).is_none_or(|year| !year.sure);
    (day.sure || alone && (of || !doubtful)).then_some(day)
}

/// "The 2nd", "14", "twenty fourth".
fn day_at(tokens: &[Token], at: usize) -> Option<Day> {
    if text_at(tokens, at) == "the" {
        return day_at(tokens, at + 1).filter(|day| day.sure);
    }
    let token = tokens.get(at)?;
    let day = |last: usize, day: u32, sure: bool| Day {
        first: at,
        last,
        day,
        sure,
    };
    if let Some(count) = digits::ordinal(&token.text) {
        return Some(day(at, count, true));
    }
    if let "twenty" | "thirty" = token.text.as_str()
        && token.digits.ends_with('0')
        && let Some(one) = digits::ordinal(text_at(tokens, at + 1)).filter(|&one| one < 10)
    {
        let tens = if token.text == "twenty" { 20 } else { 30 };
        return Some(day(at + 1, tens + one, true));
    }
    let written = digits_at(tokens, at);
    let count = written
        .parse()
        .ok()
        .filter(|count| (1..=31).contains(count))?;
    let sure = token.class == Class::Everyday && token.code.len() > written.len();
    (written.len() <= 2).then(|| day(at, count, sure))
}

/// "1972", "nineteen seventy two", "nineteen oh five", "two thousand and four", "'72".
fn year_at(tokens: &[Token], at: usize) -> Option<Year> {
    let first = digits_at(tokens, at);
    if digits::is_year(first) {
        let year = first.parse().ok()?;
        return Some(Year {
            last: at,
            year,
            sure: true,
        });
    }
    let second = digits_at(tokens, at + 1);
    if matches!(first, "19" | "20") {
        let century = if first == "19" { 1900 } else { 2000 };
        let third = digits_at(tokens, at + 2);
        let rest = match (second, third.len()) {
            ("0", 1) => third.parse().ok().map(|year: u32| (at + 2, year)),
            _ if second.len() == 2 => second.parse().ok().map(|year| (at + 1, year)),
            _ => None,
        };
        if let Some((last, rest)) = rest {
            return Some(Year {
                last,
                year: century + rest,
                sure: true,
            });
        }
    }
    if first == "2" && text_at(tokens, at + 1) == "thousand" {
        let next = at + 2 + usize::from(text_at(tokens, at + 2) == "and");
        let rest = digits_at(tokens, next);
        let (last, rest) = match rest.len() {
            1 | 2 => (next, rest.parse().ok()?),
            _ => (at + 1, 0),
        };
        return Some(Year {
            last,
            year: 2000 + rest,
            sure: true,
        });
    }
    let short: u32 = first.parse().ok().filter(|_| first.len() == 2)?;
    // "Eight twenty eight" goes on; a year in two digits ends the date.
    let ends = second.is_empty() || tokens[at].breaks;
    ends.then(|| Year {
        last: at,
        year: full_year(short),
        sure: false,
    })
}

fn full_year(short: u32) -> u32 {
    match short {
        0..=THIS_CENTURY => 2000 + short,
        _ => 1900 + short,
    }
}

/// "The third of the fifth, eighty two": the day first, as those do who say it so.
fn in_ordinals(tokens: &[Token], at: usize) -> Option<Date> {
    let day = day_at(tokens, at).filter(|day| day.sure && day.first == at)?;
    let of = text_at(tokens, day.last + 1) == "of" && text_at(tokens, day.last + 2) == "the";
    let month = day_at(tokens, day.last + 3).filter(|month| of && month.sure && month.day <= 12)?;
    let year = year_at(tokens, month.last + 1);
    Some(Date {
        first: at,
        last: year.as_ref().map_or(month.last, |year| year.last),
        calendar: Calendar {
            day: Some(day.day),
            month: month.day,
            year: year.as_ref().map(|year| year.year),
        },
        sure_day: true,
        sure_year: year.is_some_and(|year| year.sure),
    })
}

/// "03/09/1972" in one word.
fn written(tokens: &[Token], at: usize) -> Option<Date> {
    let token = &tokens[at];
    if token.class != Class::Everyday || !digits::is_date(&token.code) {
        return None;
    }
    let parts: Vec<&str> = token.code.split(['/', '-', '.']).collect();
    let [a, b, c] = parts[..] else { return None };
    let number = |part: &str| part.parse::<u32>().ok();
    let (a, b, c) = (number(a)?, number(b)?, number(c)?);
    let (year, first, second) = match digits::is_year(parts[0]) {
        true => (a, b, c),
        false if c < 100 => (full_year(c), a, b),
        false => (c, a, b),
    };
    Some(Date {
        first: at,
        last: at,
        calendar: month_and_day(first, second, Some(year))?,
        sure_day: true,
        sure_year: true,
    })
}

/// A month first, as Americans do, where that is possible.
fn month_and_day(first: u32, second: u32, year: Option<u32>) -> Option<Calendar> {
    let (month, day) = if first <= 12 {
        (first, second)
    } else {
        (second, first)
    };
    let real = (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then_some(Calendar {
        day: Some(day),
        month,
        year,
    })
}

/// A day of birth that was said in numbers: "oh three oh nine seventy two", "5 14 80", "1972".
/// `groups` are the digits as they were said together.
pub(super) fn birth(groups: &[&str]) -> Option<Calendar> {
    let all = groups.concat();
    let number = |text: &str| text.parse::<u32>().ok();
    if let [a, b, year @ ..] = groups
        && (a.len() <= 2 && b.len() <= 2)
        && !a.is_empty()
    {
        let year = year.concat();
        let year = match year.len() {
            0 => None,
            2 => Some(full_year(number(&year)?)),
            4 => number(&year),
            _ => None,
        };
        if year.is_some_and(|year| (1900..2100).contains(&year))
            && let Some(day) = month_and_day(number(a)?, number(b)?, year)
        {
            return Some(day);
        }
    }
    let year = match all.len() {
        6 => full_year(number(&all[4..])?),
        8 => number(&all[4..])?,
        _ => return None,
    };
    month_and_day(number(&all[..2])?, number(&all[2..4])?, Some(year))
        .filter(|_| (1900..2100).contains(&year))
}

/// Month and year of a card in numbers: "0828", "828", "08 2028".
pub(super) fn expiry(digits: &str) -> Option<Calendar> {
    let (month, year) = match digits.len() {
        3 | 5 => digits.split_at(1),
        4 | 6 => digits.split_at(2),
        _ => return None,
    };
    let month = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    let year: u32 = year.parse().ok()?;
    let year = if year < 100 { 2000 + year } else { year };
    EXPIRY_YEARS.contains(&year).then_some(Calendar {
        day: None,
        month,
        year: Some(year),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_days_and_months_where_they_can_be() {
        let read = |groups: &[&str]| birth(groups).map(Calendar::value).unwrap_or_default();
        assert_eq!(read(&["0", "3", "0", "9", "72"]), "1972-03-09");
        assert_eq!(read(&["03", "09", "1972"]), "1972-03-09");
        assert_eq!(read(&["5", "14", "80"]), "1980-05-14");
        assert_eq!(read(&["14", "5", "80"]), "1980-05-14");
        assert_eq!(read(&["05141980"]), "1980-05-14");
        assert_eq!(read(&["97201"]), "");
        let valid = |digits: &str| expiry(digits).map(Calendar::value).unwrap_or_default();
        assert_eq!(valid("0828"), "2028-08");
        assert_eq!(valid("828"), "2028-08");
        assert_eq!(valid("082028"), "2028-08");
        assert_eq!(
            (valid("1328"), valid("0820"), valid("787")),
            Default::default()
        );
    }
}
