//! Two groups of calls beside each other, within kinds of calls: a team and the rest, or one time
//! and another.
//!
//! - Difference: the rate of the first group less that of the second, by kind of call, put
//!   together with Mantel and Haenszel's weights (their risk difference: Greenland and Robins
//!   1985). So a group that has the easier calls is not called better.
//! - Clusters are agents' days: the variance is that of the linearised difference between them; of
//!   shares it is no less than if all calls were unlike each other.
//!
//! Left out on purpose: flags. Whoever compares many groups or questions adjusts the p-values of
//! all together, see [`fdr`](crate::calibration::fdr).

use std::collections::BTreeMap;

use super::agents::{MIN_CALLS, MIN_DAYS};
use super::tails::{t_p_value, t95};
use crate::calibration::figure::{Estimate, Interval, Method};

/// Calls of one agent's day of one kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Whether they belong to the first group.
    pub is_first: bool,
    /// The agent's day, as any number.
    pub cluster: usize,
    /// The kind of call.
    pub cell: usize,
    /// What is counted, from 0 to `of`.
    pub hits: f64,
    /// Calls.
    pub of: f64,
}

/// Two groups, on the kinds of calls that both have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Calls of the first group and of the second.
    pub calls: [f64; 2],
    /// Agents' days of each.
    pub days: [usize; 2],
    /// The first group's rate less the second's.
    pub difference: Estimate,
    pub p_value: f64,
}

/// Sums of a cell or a cluster, of the first group and of the second.
type Sums = [[f64; 2]; 2];

const HITS: usize = 0;
const OF: usize = 1;

/// Compares the groups' shares: each call is a hit or none. `None` where either has fewer than
/// [`MIN_CALLS`] calls on fewer than [`MIN_DAYS`] agents' days in cells that both have.
pub fn compare(rows: &[Row]) -> Option<Compared> {
    compare_with(rows, |all| all * (1.0 - all))
}

/// The same of means, such as scores: what calls differ by is told from the days alone.
pub fn compare_means(rows: &[Row]) -> Option<Compared> {
    compare_with(rows, |_| 0.0)
}

/// `spread` is the least variance of a call where the mean is this.
fn compare_with(rows: &[Row], spread: impl Fn(f64) -> f64) -> Option<Compared> {
    let side = |row: &Row| usize::from(!row.is_first);
    let mut cells: BTreeMap<usize, Sums> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.of > 0.0) {
        let sums = &mut cells.entry(row.cell).or_default()[side(row)];
        sums[HITS] += row.hits;
        sums[OF] += row.of;
    }
    cells.retain(|_, of| of[0][OF] > 0.0 && of[1][OF] > 0.0);
    let weight = |of: &Sums| of[0][OF] * of[1][OF] / (of[0][OF] + of[1][OF]);
    let weights: f64 = cells.values().map(weight).sum();
    let rate = |of: &Sums, side: usize| of[side][HITS] / of[side][OF];
    let value = cells
        .values()
        .map(|of| weight(of) * (rate(of, 0) - rate(of, 1)))
        .sum::<f64>()
        / weights;
    // What each agent's day moves the difference by.
    let mut moves: [BTreeMap<usize, f64>; 2] = Default::default();
    let mut calls = [0.0; 2];
    for row in rows.iter().filter(|row| row.of > 0.0) {
        let Some(of) = cells.get(&row.cell) else {
            continue;
        };
        let side = side(row);
        calls[side] += row.of;
        let surplus = row.hits - rate(of, side) * row.of;
        *moves[side].entry(row.cluster).or_default() +=
            weight(of) / weights * surplus / of[side][OF];
    }
    let days = [moves[0].len(), moves[1].len()];
    let is_enough = |side: usize| calls[side] >= MIN_CALLS as f64 && days[side] >= MIN_DAYS;
    if !(is_enough(0) && is_enough(1)) {
        return None;
    }
    let between = |side: usize| {
        let m = days[side] as f64;
        let squares: f64 = moves[side].values().map(|moved| moved * moved).sum();
        squares * m / (m - 1.0)
    };
    let (first, second) = (between(0), between(1));
    let unlike: f64 = cells
        .values()
        .map(|of| {
            let all = (of[0][HITS] + of[1][HITS]) / (of[0][OF] + of[1][OF]);
            let alone = 1.0 / of[0][OF] + 1.0 / of[1][OF];
            (weight(of) / weights).powi(2) * spread(all).max(0.0) * alone
        })
        .sum();
    let both = (first + second).max(unlike);
    if both <= f64::EPSILON {
        // All calls of both groups are alike.
        return Some(Compared {
            calls,
            days,
            difference: Estimate::bare(value),
            p_value: 1.0,
        });
    }
    // Welch and Satterthwaite.
    let [own, others] = days.map(|days| days as f64 - 1.0);
    let freedom = match first + second > f64::EPSILON {
        true => (first + second).powi(2) / (first * first / own + second * second / others),
        false => own + others,
    };
    let error = both.sqrt();
    let half = t95(freedom) * error;
    Some(Compared {
        calls,
        days,
        difference: Estimate {
            value,
            interval: Some(Interval {
                low: (value - half).max(-1.0),
                high: (value + half).min(1.0),
                method: Method::Clustered,
            }),
        },
        p_value: t_p_value(value / error, freedom),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `days` agents' days of `of` calls each, so many of them hits.
    fn days(rows: &mut Vec<Row>, is_first: bool, cell: usize, days: usize, hits: f64, of: f64) {
        for _ in 0..days {
            rows.push(Row {
                is_first,
                cluster: rows.len(),
                cell,
                hits,
                of,
            });
        }
    }

    #[test]
    fn the_risk_difference_of_the_tolbutamide_trial() {
        // As in `outcomes`; each patient is a cluster here. By hand: 0.034900. Its error, with
        // p·(1 − p) ÷ n of each arm, is 0.03198; as if nothing differed, 0.03189.
        let mut rows = Vec::new();
        for (is_first, cell, dead, all) in [
            (true, 0, 8, 106),
            (false, 0, 5, 120),
            (true, 1, 22, 98),
            (false, 1, 16, 85),
        ] {
            days(&mut rows, is_first, cell, dead, 1.0, 1.0);
            days(&mut rows, is_first, cell, all - dead, 0.0, 1.0);
        }
        let found = compare(&rows).expect("there is enough");
        assert_eq!((found.calls, found.days), ([204.0, 205.0], [204, 205]));
        assert!((found.difference.value - 0.034900).abs() < 1e-6);
        let interval = found.difference.interval.expect("calls differ");
        let error = (interval.high - interval.low) / 2.0 / 1.966;
        assert!((0.03195..0.03201).contains(&error), "{error}");
        assert!((0.275..0.277).contains(&found.p_value), "{}", found.p_value);
    }

    #[test]
    fn a_group_with_the_easier_calls_is_not_better() {
        let mut rows = Vec::new();
        // Sales passes 90 of 100, whoever takes the call; complaints 30 of 100.
        days(&mut rows, true, 0, 40, 9.0, 10.0);
        days(&mut rows, true, 1, 10, 3.0, 10.0);
        days(&mut rows, false, 0, 10, 9.0, 10.0);
        days(&mut rows, false, 1, 40, 3.0, 10.0);
        let found = compare(&rows).expect("there is enough");
        assert!(found.difference.value.abs() < 1e-12);
        assert!(found.p_value > 0.9);
    }

    #[test]
    fn days_that_swing_widen_it_and_days_alike_do_not_narrow_it() {
        let of = |steady: bool| {
            let mut rows = Vec::new();
            for is_first in [true, false] {
                match steady {
                    true => days(&mut rows, is_first, 0, 10, 5.0, 10.0),
                    false => {
                        days(&mut rows, is_first, 0, 5, 10.0, 10.0);
                        days(&mut rows, is_first, 0, 5, 0.0, 10.0);
                    }
                }
            }
            let interval = compare(&rows).and_then(|c| c.difference.interval);
            interval.map(|i| i.high - i.low).expect("there is enough")
        };
        // 100 calls a side at a half: the error is √(0.25/100 + 0.25/100) = 0.0707 and the width
        // 2 · 2.101 times that. Days that pass all or nothing are 10 observations a side, not 100.
        assert!((of(true) - 0.297).abs() < 1e-3, "{}", of(true));
        assert!((of(false) - 2.0 * 2.101 * (2.0 * 0.25 / 9.0_f64).sqrt()).abs() < 1e-3);
    }

    #[test]
    fn too_few_and_all_alike_say_nothing() {
        let mut few = Vec::new();
        days(&mut few, true, 0, 4, 5.0, 10.0);
        days(&mut few, false, 0, 40, 5.0, 10.0);
        assert_eq!(compare(&few), None);
        let mut apart = Vec::new();
        days(&mut apart, true, 0, 40, 5.0, 10.0);
        days(&mut apart, false, 1, 40, 5.0, 10.0);
        assert_eq!(compare(&apart), None);
        assert_eq!(compare(&[]), None);
        let mut alike = Vec::new();
        days(&mut alike, true, 0, 10, 10.0, 10.0);
        days(&mut alike, false, 0, 10, 10.0, 10.0);
        let found = compare(&alike).expect("there is enough");
        assert_eq!((found.p_value, found.difference.interval), (1.0, None));
    }
}
