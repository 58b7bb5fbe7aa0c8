//! Rates over weeks with their intervals: an agent's day is one observation.

use jiff::ToSpan;
use jiff::civil::Date;

use super::charts::PointOf;
use super::words::{between, grouped, percent};
use crate::calibration::base::{days_since_1970, monday};
use crate::calibration::interval::proportion::{Part, clustered};

/// Calls of a week under which its rate is not drawn.
pub const MIN_WEEK_CALLS: f64 = 5.0;

/// Days since 1970-01-01 of `YYYY-MM-DD`.
pub fn day_number(date: &str) -> Option<i64> {
    date.parse::<Date>().ok().map(days_since_1970)
}

/// The day of such a number, `YYYY-MM-DD`.
pub fn date_of(day: i64) -> String {
    let date = Date::constant(1970, 1, 1).saturating_add(day.days());
    date.to_string()
}

/// A week's Monday, as `2 Mar`.
pub fn week_label(week: i64) -> String {
    monday(week).strftime("%-d %b").to_string()
}

/// The same in full, as `2 March 2026`.
pub fn week_in_words(week: i64) -> String {
    monday(week).strftime("%-d %B %Y").to_string()
}

/// A share of calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub value: f64,
    /// Ends of the 95 % interval; there is none on fewer than two agents' days.
    pub ends: Option<(f64, f64)>,
    pub calls: f64,
    pub days: usize,
}

impl Share {
    /// From the calls of agents' days; `None` without any.
    pub fn of(parts: &[Part]) -> Option<Self> {
        let calls: f64 = parts.iter().map(|p| p.of).sum();
        let hits: f64 = parts.iter().map(|p| p.hits).sum();
        (calls > 0.0).then(|| Self {
            value: (hits / calls).clamp(0.0, 1.0),
            ends: clustered(parts).map(|i| (i.low, i.high)),
            calls,
            days: parts.iter().filter(|p| p.of > 0.0).count(),
        })
    }

    /// `63 % (between 60 and 66 %)`.
    pub fn in_words(&self) -> String {
        match self.ends {
            Some((low, high)) => format!("{} ({})", percent(self.value), between(low, high)),
            None => percent(self.value),
        }
    }
}

/// `1 call`, `2,400 calls`; shared-out counts are rounded.
pub fn calls(count: f64) -> String {
    several(count.round() as i64, "call", "calls")
}

/// A count with its noun.
pub fn several(count: i64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        n => format!("{} {many}", grouped(n)),
    }
}

/// The point of a week; without a value where it has too few calls.
pub fn point(week: i64, parts: &[Part], mark: Option<String>) -> PointOf {
    let share = Share::of(parts);
    let shown = share.filter(|s| s.calls >= MIN_WEEK_CALLS);
    let in_words = match (shown, share) {
        (Some(shown), _) => format!("{}, {}", shown.in_words(), calls(shown.calls)),
        (None, Some(few)) => format!("too few to show: {}", calls(few.calls)),
        (None, None) => "no calls".to_string(),
    };
    PointOf {
        label: week_label(week),
        value: shown.map(|s| s.value),
        low: shown.and_then(|s| s.ends).map(|(low, _)| low),
        high: shown.and_then(|s| s.ends).map(|(_, high)| high),
        in_words,
        beside: None,
        mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::base::week_of;

    #[test]
    fn a_week_begins_on_monday_and_has_a_rate_from_five_calls_on() {
        // 2026-03-02 is a Monday.
        let week_number = |date: &str| day_number(date).map(week_of);
        let week = week_number("2026-03-02").unwrap();
        assert_eq!(week_number("2026-03-08"), Some(week));
        assert_eq!(week_number("2026-03-09"), Some(week + 1));
        assert_eq!(
            day_number("2026-03-02").map(date_of).as_deref(),
            Some("2026-03-02")
        );
        assert_eq!(week_label(week), "2 Mar");
        let day = |hits: f64, of: f64| Part { hits, of };
        let few = point(week, &[day(1.0, 2.0), day(1.0, 2.0)], None);
        assert_eq!(
            (few.value, few.in_words.as_str()),
            (None, "too few to show: 4 calls")
        );
        assert_eq!(point(week, &[], None).in_words, "no calls");
        let enough = point(week, &[day(3.0, 4.0), day(1.0, 4.0)], None);
        assert_eq!(enough.value, Some(0.5));
        assert!(enough.low.unwrap() < 0.5 && enough.high.unwrap() > 0.5);
        // One agent's day is one observation: no interval.
        let one = point(week, &[day(3.0, 6.0)], None);
        assert_eq!((one.value, one.low), (Some(0.5), None));
        assert_eq!(one.in_words, "50 %, 6 calls");
    }
}
