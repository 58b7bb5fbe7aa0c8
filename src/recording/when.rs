//! When a call began: text to an instant, the local day, and whether the clocks leave a doubt.
//!
//! Only ISO dates are read: `03/09/2026` is March in one office and September in the next. Zones
//! come from the tz database inside the binary, never from the machine, so the same sidecar
//! gives the same days everywhere. The present time is not asked for: a call in the future is
//! not noticed here.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};
use regex::Regex;
use thiserror::Error;

use super::StartedAt;
use crate::log::brief;

/// What a `started_at` may look like, for messages.
pub const ACCEPTED: &str =
    "2026-03-09T10:15:00-04:00, or 2026-03-09 10:15:00 with a time zone configured";

/// Years that a recording can come from; Excel's empty date (1899, 1900) falls outside.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

static ISO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)
        [Tt\ ](?<hour>\d\d):(?<minute>\d\d)(?: :(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))? )?
        \ ?(?: (?<zulu>[Zz]) | (?<sign>[+-])(?<off_hour>\d\d):?(?<off_minute>\d\d) )?$",
    )
    .expect("the pattern is fixed and tested")
});

/// Why a start time cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WhenError {
    /// Day and month in an order that depends on the country.
    #[error("\"{}\" may be read day first or month first; write it as {ACCEPTED}", brief(.0))]
    Ambiguous(String),
    /// A day without a time of day.
    #[error("\"{}\" has no time of day; write it as {ACCEPTED}", brief(.0))]
    NoTimeOfDay(String),
    /// Nothing that is accepted.
    #[error("\"{}\" is not a date and time; write it as {ACCEPTED}", brief(.0))]
    Unreadable(String),
    /// The right shape, but no such day, time or offset, or a year without call recordings.
    #[error("\"{}\" does not exist in the calendar of 1970 to 2199", brief(.0))]
    NoSuchTime(String),
    /// A local time, and nothing that says where.
    #[error(
        "\"{}\" has no offset from UTC; set `timezone` in callibrate.toml, add a `timezone` column, or write the offset",
        brief(.0)
    )]
    NoZone(String),
    /// Text that its `strptime` format does not fit.
    #[error(
        "\"{}\" does not fit the format \"{}\": {reason}",
        brief(text),
        brief(format)
    )]
    Format {
        text: String,
        format: String,
        reason: String,
    },
    /// A zone that the tz database does not have.
    #[error("\"{}\" is not an IANA time zone such as America/New_York or Europe/Berlin", brief(.0))]
    UnknownZone(String),
}

/// The zone with an IANA name, in any case, from the tz database inside the binary.
///
/// # Errors
/// [`WhenError::UnknownZone`].
pub fn zone_by_name(name: &str) -> Result<TimeZone, WhenError> {
    ZONES
        .get(name.trim())
        .map_err(|_| WhenError::UnknownZone(name.trim().to_owned()))
}

/// Reads `2026-03-09T10:15:00-04:00` or `2026-03-09 10:15` (seconds and their fraction may be
/// left out, a space may stand for the `T`).
///
/// With an offset the instant is certain, and `zone` only names the local day; without a zone
/// the local day is the one written. Without an offset the time is local in `zone`; where the
/// clock change repeats or skips it, it is marked doubtful (see [`StartedAt::doubtful`]).
///
/// # Errors
/// [`WhenError`] says what is accepted instead.
pub fn parse_started_at(text: &str, zone: Option<&TimeZone>) -> Result<StartedAt, WhenError> {
    let text = text.trim();
    let parts = ISO.captures(text).ok_or_else(|| complaint(text))?;
    let number = |name: &str| {
        parts
            .name(name)
            .map_or(0, |m| m.as_str().parse::<i32>().unwrap_or(i32::MAX))
    };
    let small = |name: &str| i8::try_from(number(name)).unwrap_or(i8::MAX);
    let no_such_time = |_| WhenError::NoSuchTime(text.to_owned());

    let nanosecond = parts.name("fraction").map_or(0, |m| {
        format!("{:0<9}", m.as_str()).parse::<i32>().unwrap_or(0)
    });
    let written = DateTime::new(
        i16::try_from(number("year")).unwrap_or(i16::MAX),
        small("month"),
        small("day"),
        small("hour"),
        small("minute"),
        small("second"),
        nanosecond,
    )
    .map_err(no_such_time)?;

    let offset = match (parts.name("zulu"), parts.name("sign")) {
        (Some(_), _) => Some(Offset::UTC),
        (None, None) => None,
        (None, Some(sign)) => {
            let direction = if sign.as_str() == "-" { -1 } else { 1 };
            Some(
                offset_of(direction, number("off_hour"), number("off_minute"))
                    .ok_or_else(|| WhenError::NoSuchTime(text.to_owned()))?,
            )
        }
    };
    place(text, written, offset, zone)
}

/// Reads a start time by a `strptime` format (`%Y%m%d-%H%M%S`, `%s`), as file names carry it.
///
/// Zone and doubt as in [`parse_started_at`]; `%s`, seconds since 1970, counts as offset zero.
///
/// # Errors
/// [`WhenError`]; a format that yields a day only is [`WhenError::NoTimeOfDay`].
pub fn parse_with_format(
    text: &str,
    format: &str,
    zone: Option<&TimeZone>,
) -> Result<StartedAt, WhenError> {
    let misfit = |error: jiff::Error| WhenError::Format {
        text: text.to_owned(),
        format: format.to_owned(),
        reason: error.to_string(),
    };
    let parts = BrokenDownTime::parse(format, text).map_err(misfit)?;
    if let Some(instant) = parts.timestamp() {
        let written = instant.to_zoned(TimeZone::UTC).datetime();
        return place(text, written, Some(Offset::UTC), zone);
    }
    if parts.hour().is_none() {
        return Err(WhenError::NoTimeOfDay(text.to_owned()));
    }
    let written = parts.to_datetime().map_err(misfit)?;
    place(text, written, parts.offset(), zone)
}

/// `None` for an offset that no clock has, such as `+24:00` or `+01:75`.
fn offset_of(direction: i32, hours: i32, minutes: i32) -> Option<Offset> {
    if hours > 23 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(direction * (hours * 3600 + minutes * 60)).ok()
}

/// Puts a civil time on the line of instants.
fn place(
    text: &str,
    written: DateTime,
    offset: Option<Offset>,
    zone: Option<&TimeZone>,
) -> Result<StartedAt, WhenError> {
    let no_such_time = |_| WhenError::NoSuchTime(text.to_owned());
    if !YEARS.contains(&written.year()) {
        return Err(WhenError::NoSuchTime(text.to_owned()));
    }
    match (offset, zone) {
        (Some(offset), _) => {
            let instant = offset.to_timestamp(written).map_err(no_such_time)?;
            let there = zone.cloned().unwrap_or_else(|| TimeZone::fixed(offset));
            Ok(started_at(&instant.to_zoned(there), zone, false))
        }
        (None, Some(there)) => {
            let local = there.to_ambiguous_zoned(written);
            let doubtful = local.is_ambiguous();
            let local = local.compatible().map_err(no_such_time)?;
            Ok(started_at(&local, zone, doubtful))
        }
        (None, None) => Err(WhenError::NoZone(text.to_owned())),
    }
}

fn started_at(local: &Zoned, zone: Option<&TimeZone>, doubtful: bool) -> StartedAt {
    let name = zone.and_then(TimeZone::iana_name);
    StartedAt {
        utc_ms: floor_ms(local.timestamp()),
        local_date: local.date().to_string(),
        local: local.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        zone: name.map_or_else(|| offset_text(local.offset()), str::to_owned),
        doubtful,
    }
}

/// Milliseconds since 1970, rounded down.
fn floor_ms(instant: Timestamp) -> i64 {
    instant.as_nanosecond().div_euclid(1_000_000) as i64
}

/// `+02:00`, `-04:30`, `+00:00`.
fn offset_text(offset: Offset) -> String {
    let minutes = offset.seconds().abs() / 60;
    let sign = if offset.is_negative() { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The most helpful thing to say about text that is no ISO date and time.
fn complaint(text: &str) -> WhenError {
    let starts_like = |pattern: &str| Regex::new(pattern).is_ok_and(|shape| shape.is_match(text));
    if starts_like(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b") {
        return WhenError::Ambiguous(text.to_owned());
    }
    if starts_like(r"^\d{4}-\d\d-\d\d$") {
        return WhenError::NoTimeOfDay(text.to_owned());
    }
    WhenError::Unreadable(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_york() -> TimeZone {
        zone_by_name("america/new_york").unwrap()
    }

    fn utc_ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn an_offset_fixes_the_instant_and_the_zone_the_local_day() {
        let here = new_york();
        let late = parse_started_at("2026-03-10T03:30:00.250Z", Some(&here)).unwrap();
        assert_eq!(late.utc_ms, utc_ms("2026-03-10T03:30:00.250Z"));
        assert_eq!(late.local, "2026-03-09T23:30:00");
        assert_eq!(late.local_date, "2026-03-09");
        assert_eq!(late.zone, "America/New_York");

        for text in [
            "2026-03-09 10:15-0430",
            "2026-03-09T10:15:00-04:30",
            "2026-03-09 10:15:00 -04:30",
        ] {
            let written = parse_started_at(text, None).unwrap();
            assert_eq!(written.utc_ms, utc_ms("2026-03-09T14:45:00Z"), "{text}");
            assert_eq!(written.local, "2026-03-09T10:15:00");
            assert_eq!(written.zone, "-04:30");
            assert!(!written.doubtful);
        }
        let zulu = |zone: Option<&TimeZone>| parse_started_at("2026-03-09T10:15Z", zone);
        assert_eq!(zulu(None).unwrap().zone, "+00:00");
        let utc = zone_by_name("UTC").unwrap();
        assert_eq!(zulu(Some(&utc)).unwrap().zone, "UTC");
    }

    #[test]
    fn the_hours_of_the_clock_change_are_doubtful() {
        let here = new_york();
        let skipped = parse_started_at("2026-03-08 02:30", Some(&here)).unwrap();
        assert_eq!(skipped.utc_ms, utc_ms("2026-03-08T07:30:00Z"));
        assert_eq!(skipped.local, "2026-03-08T03:30:00");
        assert!(skipped.doubtful);

        let repeated = parse_started_at("2026-11-01 01:30", Some(&here)).unwrap();
        assert_eq!(repeated.utc_ms, utc_ms("2026-11-01T05:30:00Z"));
        assert_eq!(repeated.local, "2026-11-01T01:30:00");
        assert!(repeated.doubtful);

        let certain = parse_started_at("2026-11-01 01:30-05:00", Some(&here)).unwrap();
        assert_eq!(certain.utc_ms, utc_ms("2026-11-01T06:30:00Z"));
        assert!(!certain.doubtful);
        let before = parse_started_at("2026-11-01 00:59:59", Some(&here)).unwrap();
        assert!(!before.doubtful);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let zone = new_york();
        let error = |text: &str| parse_started_at(text, Some(&zone)).unwrap_err();
        for text in ["03/09/2026 10:15", "9.3.2026 10:15", "3/9/26"] {
            assert_eq!(error(text), WhenError::Ambiguous(text.into()));
        }
        assert_eq!(
            error("2026-03-09"),
            WhenError::NoTimeOfDay("2026-03-09".into())
        );
        for text in [
            "2026-02-30 10:15",
            "2026-03-09 24:15",
            "1899-12-30 00:00",
            "2026-03-09 10:15+99:00",
        ] {
            assert_eq!(error(text), WhenError::NoSuchTime(text.into()));
        }
        for text in ["46090.427", "2026-03-09T10", "2026-03-09 10:15 EST"] {
            assert_eq!(error(text), WhenError::Unreadable(text.into()));
        }
        let nowhere = parse_started_at("2026-03-09 10:15", None).unwrap_err();
        assert!(nowhere.to_string().contains("`timezone`"), "{nowhere}");
        assert!(zone_by_name("EST5PDT/Moon").is_err());
    }

    #[test]
    fn formats_read_what_file_names_carry() {
        let zone = new_york();
        let by = |text, format| parse_with_format(text, format, Some(&zone));
        let expected = utc_ms("2026-03-09T14:15:00Z");
        assert_eq!(
            by("20260309-101500", "%Y%m%d-%H%M%S").unwrap().utc_ms,
            expected
        );
        assert_eq!(
            by("2026-03-09T09-15-00-0500", "%Y-%m-%dT%H-%M-%S%z")
                .unwrap()
                .utc_ms,
            expected
        );
        let epoch = by("1773065700", "%s").unwrap();
        assert_eq!(epoch.utc_ms, expected);
        assert_eq!(epoch.local, "2026-03-09T10:15:00");
        assert!(matches!(
            by("20260309", "%Y%m%d"),
            Err(WhenError::NoTimeOfDay(_))
        ));
        assert!(matches!(
            by("2026", "%Y%m%d-%H%M%S"),
            Err(WhenError::Format { .. })
        ));
        assert!(parse_with_format("20260308-023000", "%Y%m%d-%H%M%S", Some(&zone)).is_ok());
        assert!(matches!(
            parse_with_format("20260309-101500", "%Y%m%d-%H%M%S", None),
            Err(WhenError::NoZone(_))
        ));
    }
}
