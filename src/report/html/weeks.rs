//! Rates over weeks with their intervals: an agent's day is one observation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::charts::PointOf;
use super::words::{between, day_in_words, grouped, percent};
use crate::calibration::base::{days_since_1970, monday};
use crate::calibration::figure::Interval;
use crate::calibration::interval::proportion::{Part, clustered, clustered_calls};

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

/// What of agents' calls, by day and agent.
pub type Days<D = i64, A = u32> = BTreeMap<(D, A), Part>;

/// A share of calls, or a mean score of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub value: f64,
    /// Ends of the 95 % interval; there is none on fewer than two agents' days.
    pub ends: Option<(f64, f64)>,
    pub calls: f64,
    pub days: usize,
    /// Behind it.
    pub agents: usize,
}

impl Share {
    /// The share of calls; `None` without any.
    pub fn of<D, A: Ord>(days: &Days<D, A>) -> Option<Self> {
        Self::with(days, clustered_calls)
    }

    /// The mean of scores as shares. They may differ less than what is there or not, so their
    /// number is no bound to what they tell.
    pub fn of_scores<D, A: Ord>(days: &Days<D, A>) -> Option<Self> {
        Self::with(days, clustered)
    }

    fn with<D, A: Ord>(
        days: &Days<D, A>,
        interval: fn(&[Part]) -> Option<Interval>,
    ) -> Option<Self> {
        let some = days.iter().filter(|(_, part)| part.of > 0.0);
        let agents: BTreeSet<&A> = some.clone().map(|((_, agent), _)| agent).collect();
        let parts: Vec<Part> = some.map(|(_, part)| *part).collect();
        let calls: f64 = parts.iter().map(|p| p.of).sum();
        let hits: f64 = parts.iter().map(|p| p.hits).sum();
        (calls > 0.0).then(|| Self {
            value: (hits / calls).clamp(0.0, 1.0),
            ends: interval(&parts).map(|i| (i.low, i.high)),
            calls,
            days: parts.len(),
            agents: agents.len(),
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

/// The point of a week; without a value where it has too few calls, or fewer agents than the
/// minimum group.
pub fn point(
    week: i64,
    share: Option<Share>,
    minimum_group: usize,
    mark: Option<String>,
) -> PointOf {
    let of_enough = share.filter(|s| s.agents >= minimum_group);
    let shown = of_enough.filter(|s| s.calls >= MIN_WEEK_CALLS);
    let in_words = match (shown, of_enough, share) {
        (Some(shown), ..) => format!("{}, {}", shown.in_words(), calls(shown.calls)),
        (None, Some(few), _) => format!("too few to show: {}", calls(few.calls)),
        (None, None, Some(_)) => format!("left out: fewer than {minimum_group} agents"),
        (None, None, None) => "no calls".to_string(),
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

/// What parts a line on the day from which a question means something else.
pub fn asked_anew(first: i64) -> PointOf {
    let since = day_in_words(&date_of(first));
    PointOf {
        label: String::new(),
        value: None,
        low: None,
        high: None,
        in_words: "asked anew: what comes after is not comparable".to_string(),
        beside: None,
        mark: Some(format!(
            "The question is asked anew from {since}: the line starts afresh, because the answers before mean something else."
        )),
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
        let days = |days: &[(f64, f64)]| -> Days {
            let days = (0..).zip(days);
            let part = |(agent, &(hits, of))| ((week, agent), Part { hits, of });
            days.map(part).collect()
        };
        let shown =
            |given: &[(f64, f64)], minimum| point(week, Share::of(&days(given)), minimum, None);
        let few = shown(&[(1.0, 2.0), (1.0, 2.0)], 1);
        assert_eq!(
            (few.value, few.in_words.as_str()),
            (None, "too few to show: 4 calls")
        );
        assert_eq!(shown(&[], 3).in_words, "no calls");
        let enough = shown(&[(3.0, 4.0), (1.0, 4.0)], 2);
        assert_eq!(enough.value, Some(0.5));
        assert!(enough.low.unwrap() < 0.5 && enough.high.unwrap() > 0.5);
        // Two agents, and one without a call of the kind.
        let small = shown(&[(3.0, 4.0), (1.0, 4.0), (0.0, 0.0)], 3);
        assert_eq!(
            (small.value, small.low, small.in_words.as_str()),
            (None, None, "left out: fewer than 3 agents")
        );
        // One agent's day is one observation: no interval.
        let one = shown(&[(3.0, 6.0)], 1);
        assert_eq!((one.value, one.low), (Some(0.5), None));
        assert_eq!(one.in_words, "50 %, 6 calls");
    }
    #[test]
    fn a_share_of_even_days_is_no_surer_than_unlike_calls_and_a_mean_score_may_be() {
        let days: Days = (0..10)
            .map(|day| {
                let hits = if day % 2 == 0 { 6.0 } else { 7.0 };
                ((day, 0), Part { hits, of: 10.0 })
            })
            .collect();
        // Wilson of 65 among 100.
        let share = Share::of(&days).unwrap().ends.unwrap();
        assert!((share.0 - 0.5525).abs() < 1e-3 && (share.1 - 0.7364).abs() < 1e-3);
        let scores = Share::of_scores(&days).unwrap().ends.unwrap();
        assert!(scores.1 - scores.0 < 0.09, "{scores:?}");
    }
}
