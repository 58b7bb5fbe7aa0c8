//! Sums over an agent's days, and what they carry.
//!
//! An agent's day is one observation: calls of one day are alike. How alike is told from all days
//! of the look-back together and may widen the interval of a week, never narrow it, since a week
//! alone has too few days to tell. Left out on purpose: any comparison, which is calibration's.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::calibration::base::{days_since_1970, monday, week_of};
use crate::calibration::interval::proportion::wilson;
use crate::calibration::people::agents::{MIN_CALLS, MIN_DAYS};
use crate::calibration::people::tails::t95;

/// Calls under which a week stands for nothing.
pub const WEEK_CALLS: f64 = 5.0;

/// What is counted, and out of how many: of a day, a week, or all days.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    pub calls: f64,
    pub total: f64,
}

impl Sum {
    pub fn mean(self) -> Option<f64> {
        (self.calls > 0.0).then(|| self.total / self.calls)
    }

    fn add(&mut self, other: Sum) {
        self.calls += other.calls;
        self.total += other.total;
    }
}

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Between {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Sums by week, and over all days.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    /// By the week's Monday.
    pub weeks: BTreeMap<Date, Sum>,
    pub all: Sum,
    pub days: f64,
    /// Sums over days: squares of totals and of calls, and their products.
    squares: [f64; 3],
}

impl Figure {
    /// Adds a day.
    pub fn add(&mut self, day: Date, sum: Sum) {
        if sum.calls <= 0.0 {
            return;
        }
        let week = monday(week_of(days_since_1970(day)));
        self.weeks.entry(week).or_default().add(sum);
        self.all.add(sum);
        self.days += 1.0;
        self.squares[0] += sum.total * sum.total;
        self.squares[1] += sum.total * sum.calls;
        self.squares[2] += sum.calls * sum.calls;
    }

    /// Whether there are calls enough for any statement.
    pub fn is_enough(&self) -> bool {
        self.missing() == (0, 0)
    }

    /// Calls and days that are missing to that.
    pub fn missing(&self) -> (usize, usize) {
        // Counts are whole numbers.
        let left = |least: usize, have: f64| least.saturating_sub(have.round() as usize);
        (left(MIN_CALLS, self.all.calls), left(MIN_DAYS, self.days))
    }

    /// Variance of one call's value, days alike: between days, times calls of a day (the
    /// linearised variance of a ratio; Cochran 1977, section 2.11).
    fn spread(&self) -> Option<f64> {
        let mean = self.all.mean()?;
        let [totals, both, calls] = self.squares;
        let off = totals - 2.0 * mean * both + mean * mean * calls;
        (self.days > 1.0).then(|| off.max(0.0) * self.days / (self.days - 1.0) / self.all.calls)
    }

    /// A share among so many calls, 0 to 1. `None` where there are too few days to tell how alike
    /// they are.
    pub fn share(&self, of: Sum) -> Option<Between> {
        let value = of.mean().filter(|_| self.is_enough())?;
        let all = self.all.mean()?;
        let chance = all * (1.0 - all);
        let alike = match chance > 0.0 {
            true => (self.spread()? / chance).max(1.0),
            false => 1.0,
        };
        let interval = wilson(of.total / alike, of.calls / alike)?;
        let (low, high) = (interval.low.min(value), interval.high.max(value));
        Some(Between { value, low, high })
    }

    /// A mean score of so many calls, in points from 0 to 100.
    pub fn score(&self, of: Sum) -> Option<Between> {
        let value = of.mean().filter(|_| self.is_enough())?;
        let half = t95(self.days - 1.0) * (self.spread()? / of.calls).sqrt();
        Some(Between {
            value,
            low: (value - half).max(0.0_f64.min(value)),
            high: (value + half).min(100.0_f64.max(value)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i8) -> Date {
        Date::constant(2026, 3, n)
    }

    fn of(days: &[(i8, f64, f64)]) -> Figure {
        let mut figure = Figure::default();
        for &(n, total, calls) in days {
            figure.add(day(n), Sum { calls, total });
        }
        figure
    }

    /// 5 days of 4 calls, 2 passed each: days are no more alike than chance, so the interval is
    /// Wilson's of 10 in 20. Days of all or nothing are worth one call each: 2.5 passes in 5.
    #[test]
    fn a_day_is_one_observation() {
        let mixed = of(&[
            (2, 2.0, 4.0),
            (3, 2.0, 4.0),
            (4, 2.0, 4.0),
            (5, 2.0, 4.0),
            (6, 2.0, 4.0),
        ]);
        let plain = mixed.share(mixed.all).unwrap();
        assert!((plain.low - 0.299).abs() < 0.001, "{plain:?}");
        assert!((plain.high - 0.701).abs() < 0.001, "{plain:?}");
        let days = [(2, 4.0, 4.0), (3, 0.0, 4.0), (4, 4.0, 4.0), (5, 0.0, 4.0)];
        let mut alike = of(&days);
        assert_eq!(alike.share(alike.all), None);
        assert_eq!(alike.missing(), (4, 1));
        alike.add(
            day(6),
            Sum {
                calls: 4.0,
                total: 2.0,
            },
        );
        // Residuals of 2, -2, 2, -2, 0 calls: 16 x 5/4 / 20 = 1, four times the chance of 1/4.
        let wide = alike.share(alike.all).unwrap();
        let by_hand = wilson(2.5, 5.0).unwrap();
        assert!((wide.low - by_hand.low).abs() < 1e-9, "{wide:?}");
        assert_eq!(alike.weeks.len(), 1);
    }

    #[test]
    fn a_score_has_an_interval_from_how_much_days_differ() {
        let days = [
            (2, 320.0, 4.0),
            (3, 280.0, 4.0),
            (4, 320.0, 4.0),
            (5, 280.0, 4.0),
            (6, 300.0, 4.0),
        ];
        let figure = of(&days);
        // Residuals of 20, -20, 20, -20, 0: 1600 x 5/4 / 20 = 100; of 20 calls, 5 in the mean; t
        // with 4 degrees of freedom is 2.776.
        let score = figure.score(figure.all).unwrap();
        let half = 2.776 * 5.0_f64.sqrt();
        assert_eq!(score.value, 75.0);
        assert!((score.high - 75.0 - half).abs() < 0.001, "{score:?}");
        assert_eq!(of(&days[..4]).score(figure.all), None);
    }
}
