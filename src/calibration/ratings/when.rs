//! When something was done: a day, with the time of day where it is known.

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use regex::Regex;

/// Years that ratings can come from; Excel's empty date (1899, 1900) falls outside.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

static ISO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(\d{4}-\d\d-\d\d)
        (?: [Tt\ ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)
        \ ?([Zz]|[+-]\d\d:?\d\d)? )?$",
    )
    .expect("the pattern is fixed and tested")
});

/// A day in the rater's calendar, and the time if the file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatedAt {
    pub date: Date,
    pub time: Option<Time>,
    /// From UTC, where the file says so.
    pub offset: Option<Offset>,
}

impl RatedAt {
    /// Milliseconds since 1970; a day without a time counts as its beginning, and a time without an
    /// offset as UTC.
    pub fn at_ms(self) -> i64 {
        let time = self.date.to_datetime(self.time.unwrap_or(Time::midnight()));
        let offset = self.offset.unwrap_or(Offset::UTC);
        // Years end long before timestamps do.
        offset
            .to_timestamp(time)
            .map_or(0, |at| at.as_millisecond())
    }

    /// Whether this was certainly later. Days alone, or two times on clocks that nothing
    /// relates, are compared as they are written; the same day is not later.
    pub fn is_later_than(self, other: RatedAt) -> bool {
        let (Some(time), Some(others)) = (self.time, other.time) else {
            return self.date > other.date;
        };
        let (here, there) = (self.date.to_datetime(time), other.date.to_datetime(others));
        match (self.offset, other.offset) {
            (Some(a), Some(b)) => match (a.to_timestamp(here), b.to_timestamp(there)) {
                (Ok(here), Ok(there)) => here > there,
                _ => here > there,
            },
            _ => here > there,
        }
    }
}

impl fmt::Display for RatedAt {
    /// `2026-03-09`, `2026-03-09T10:15:00`, `2026-03-09T10:15:00+01:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date)?;
        if let Some(time) = self.time {
            write!(f, "T{time}")?;
        }
        match self.offset {
            Some(Offset::UTC) => f.write_str("Z"),
            Some(offset) => write!(f, "{offset}"),
            None => Ok(()),
        }
    }
}

/// Reads a day, or a day and a time.
pub(super) fn parse(text: &str) -> Result<RatedAt, String> {
    const ACCEPTED: &str = "write it as 2026-03-09 or 2026-03-09 10:15";
    let Some(parts) = ISO.captures(text) else {
        let by_country = text
            .split(['/', '.', '-'])
            .map(|part| part.trim().len())
            .collect::<Vec<_>>();
        return Err(match by_country[..] {
            [1 | 2, 1 | 2, 2 | 4] => {
                format!("\"{text}\" may be read day first or month first; {ACCEPTED}")
            }
            _ => format!("\"{text}\" is no date; {ACCEPTED}"),
        });
    };
    let none = || format!("\"{text}\" does not exist in the calendar of 1970 to 2199");
    let date: Date = parts[1].parse().map_err(|_| none())?;
    if !YEARS.contains(&date.year()) {
        return Err(none());
    }
    let time = parts.get(2).map(|t| t.as_str().parse::<Time>());
    Ok(RatedAt {
        date,
        time: time.transpose().map_err(|_| none())?,
        offset: match parts.get(3) {
            Some(offset) => Some(self::offset(offset.as_str()).ok_or_else(none)?),
            None => None,
        },
    })
}

/// `Z`, `+01:00`, `-0430`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return Some(Offset::UTC),
    };
    let digits = digits.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_only_what_is_surely_later() {
        let at = |text| parse(text).unwrap();
        for (one, other) in [
            ("2026-03-10", "2026-03-09"),
            ("2026-03-10 00:01", "2026-03-09"),
            ("2026-03-09 10:16", "2026-03-09T10:15:59.5"),
            // 08:15 in UTC and 08:30.
            ("2026-03-09 08:30Z", "2026-03-09 09:15+01:00"),
        ] {
            assert!(at(one).is_later_than(at(other)), "{one} {other}");
            assert!(!at(other).is_later_than(at(one)), "{one} {other}");
        }
        for (one, other) in [
            ("2026-03-09", "2026-03-09"),
            ("2026-03-09 23:59", "2026-03-09"),
            ("2026-03-09 10:15", "2026-03-09 10:15:00"),
            ("2026-03-09 10:15+02:00", "2026-03-09 09:15+0100"),
        ] {
            assert!(!at(one).is_later_than(at(other)), "{one} {other}");
            assert!(!at(other).is_later_than(at(one)), "{one} {other}");
        }
        for (text, part) in [
            ("09/03/2026", "day first or month first"),
            ("9.3.26", "day first or month first"),
            ("2026-02-30", "does not exist"),
            ("1900-01-00", "does not exist"),
            ("2026-03-09 25:00", "does not exist"),
            ("2026-03-09 10:00+24:00", "does not exist"),
            ("46027", "is no date"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(part), "{refused}");
        }
        assert_eq!(
            at("2026-03-09 09:15+0100").to_string(),
            "2026-03-09T09:15:00+01"
        );
    }
}
