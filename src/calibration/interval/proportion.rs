//! Intervals of shares: of single calls, and of calls that come in clusters or have weights.
//!
//! All are 95 % and stay within 0 and 1, also where none or all were seen. Left out: Wald's
//! interval, which is a point there.

use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

use crate::calibration::figure::{Interval, Method};

/// The 97.5 % point of the standard normal distribution.
pub const Z: f64 = 1.959_963_984_540_054;

/// What lies outside a 95 % interval on either side.
const TAIL: f64 = 0.025;

/// One call, or the calls of one cluster, in a share of weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Weight of what is counted, from 0 to `of`.
    pub hits: f64,
    /// Weight of all, above 0.
    pub of: f64,
}

/// Wilson's score interval (Wilson 1927) of `hits` among `n`, which may be fractions: an effective
/// number of calls. `None` without calls.
pub fn wilson(hits: f64, n: f64) -> Option<Interval> {
    if n <= 0.0 || hits < 0.0 || hits > n {
        return None;
    }
    let share = hits / n;
    let z2 = Z * Z;
    let middle = share + z2 / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At 0 and n the ends are known; rounding must not move them.
    let low = if hits == 0.0 {
        0.0
    } else {
        ((middle - half) / scale).max(0.0)
    };
    let high = if hits == n {
        1.0
    } else {
        ((middle + half) / scale).min(1.0)
    };
    Some(Interval {
        low,
        high,
        method: Method::Wilson,
    })
}

/// The exact interval (Clopper and Pearson 1934) of `hits` among `n`. It covers at least 95 times
/// in 100 whatever the share. `None` without calls.
pub fn exact(hits: u64, n: u64) -> Option<Interval> {
    (hits <= n)
        .then(|| exact_ends(hits as f64, n as f64))
        .flatten()
}

/// [`exact`] for numbers of calls that may be fractions.
pub(super) fn exact_ends(hits: f64, n: f64) -> Option<Interval> {
    if n <= 0.0 || hits < 0.0 || hits > n {
        return None;
    }
    let low = match hits {
        0.0 => 0.0,
        _ => Beta::new(hits, n - hits + 1.0).ok()?.inverse_cdf(TAIL),
    };
    let high = match n - hits {
        0.0 => 1.0,
        _ => Beta::new(hits + 1.0, n - hits)
            .ok()?
            .inverse_cdf(1.0 - TAIL),
    };
    Some(Interval {
        low,
        high,
        method: Method::Exact,
    })
}

/// Wilson's interval on the effective number of calls, for a share of weights or of calls in
/// clusters (after Korn and Graubard 1998, who put it into the exact interval).
///
/// The variance is that of a ratio, linearised over the parts, which are taken as independent.
/// Where none or all were hits, the parts show no variance: then each part counts once, as if its
/// calls were all alike. `None` for fewer than two parts.
pub fn clustered(parts: &[Part]) -> Option<Interval> {
    on_effective(parts, effective_size(parts)?)
}

/// The same for calls that all count alike: clusters that are more even than unlike calls would be
/// tell no more than so many unlike calls.
pub fn clustered_calls(parts: &[Part]) -> Option<Interval> {
    let calls = parts.iter().map(|p| p.of).sum();
    on_effective(parts, effective_size(parts)?.min(calls))
}

fn on_effective(parts: &[Part], n: f64) -> Option<Interval> {
    let of: f64 = parts.iter().map(|p| p.of).sum();
    let hits: f64 = parts.iter().map(|p| p.hits).sum();
    let share = (hits / of).clamp(0.0, 1.0);
    wilson(share * n, n).map(|interval| Interval {
        method: Method::Clustered,
        ..interval
    })
}

/// Variance of the ratio of all `hits` to all `of`, linearised over the parts, which are taken as
/// independent. Hits may be anything that is summed, such as scores. `None` for fewer than two
/// parts.
pub fn linearised_variance(parts: &[Part]) -> Option<f64> {
    let m = parts.iter().filter(|p| p.of > 0.0).count() as f64;
    let of: f64 = parts.iter().map(|p| p.of).sum();
    if m < 2.0 || of <= 0.0 {
        return None;
    }
    let ratio = parts.iter().map(|p| p.hits).sum::<f64>() / of;
    let squares: f64 = parts.iter().map(|p| (p.hits - ratio * p.of).powi(2)).sum();
    Some(m / (m - 1.0) * squares / (of * of))
}

/// So many independent calls would tell as much of a share as these parts do, which the few
/// degrees of freedom of few parts make fewer. `None` for fewer than two parts.
pub fn effective_size(parts: &[Part]) -> Option<f64> {
    let m = parts.iter().filter(|p| p.of > 0.0).count() as f64;
    let of: f64 = parts.iter().map(|p| p.of).sum();
    if m < 2.0 || of <= 0.0 {
        return None;
    }
    let share = parts.iter().map(|p| p.hits).sum::<f64>() / of;
    let variance = linearised_variance(parts)?;
    // Weights alone make so many out of the parts (Kish 1965).
    let kish = of * of / parts.iter().map(|p| p.of * p.of).sum::<f64>();
    let spread = share * (1.0 - share);
    if spread <= f64::EPSILON || variance <= spread * f64::EPSILON {
        return Some(kish);
    }
    let t = StudentsT::new(0.0, 1.0, m - 1.0)
        .ok()?
        .inverse_cdf(1.0 - TAIL);
    Some(spread / variance * (Z / t).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(interval: Option<Interval>, low: f64, high: f64, within: f64) {
        let found = interval.expect("an interval");
        assert!(
            (found.low - low).abs() < within && (found.high - high).abs() < within,
            "{found:?} against {low} to {high}"
        );
    }

    /// 80 % of n, to three decimals; and Newcombe 1998, table I, method 3.
    #[test]
    fn wilson_gives_the_published_ends() {
        close(wilson(4.0, 5.0), 0.376, 0.964, 6e-4);
        close(wilson(8.0, 10.0), 0.490, 0.943, 6e-4);
        close(wilson(16.0, 20.0), 0.584, 0.919, 6e-4);
        close(wilson(80.0, 100.0), 0.711, 0.867, 6e-4);
        close(wilson(320.0, 400.0), 0.758, 0.836, 6e-4);
        close(wilson(81.0, 263.0), 0.2553, 0.3662, 6e-5);
        close(wilson(15.0, 148.0), 0.0624, 0.1605, 6e-5);
        close(wilson(0.0, 20.0), 0.0, 0.1611, 6e-5);
        close(wilson(1.0, 29.0), 0.0061, 0.1718, 6e-5);
    }

    /// Newcombe 1998, table I, method 5.
    #[test]
    fn the_exact_interval_gives_the_published_ends() {
        close(exact(81, 263), 0.2527, 0.3676, 6e-5);
        close(exact(15, 148), 0.0578, 0.1617, 6e-5);
        close(exact(0, 20), 0.0, 0.1684, 6e-5);
        close(exact(1, 29), 0.0009, 0.1776, 6e-5);
        // None of n: the upper end is 1 - 0.025^(1/n).
        close(exact(0, 7), 0.0, 1.0 - 0.025_f64.powf(1.0 / 7.0), 1e-9);
        close(exact(7, 7), 0.025_f64.powf(1.0 / 7.0), 1.0, 1e-9);
    }

    #[test]
    fn nothing_has_no_interval() {
        assert_eq!(wilson(0.0, 0.0), None);
        assert_eq!(exact(0, 0), None);
        assert_eq!(exact(3, 2), None);
        assert_eq!(clustered(&[]), None);
        assert_eq!(clustered(&[Part { hits: 1.0, of: 2.0 }]), None);
    }

    fn parts(clusters: &[(f64, f64)]) -> Vec<Part> {
        clusters
            .iter()
            .map(|&(hits, of)| Part { hits, of })
            .collect()
    }

    #[test]
    fn clusters_of_one_call_each_come_near_to_wilson_and_whole_clusters_count_once() {
        let single: Vec<_> = (0..400).map(|n| (f64::from(n % 5 != 0), 1.0)).collect();
        close(clustered(&parts(&single)), 0.758, 0.836, 1e-3);

        // 40 clusters of 10 calls that are all alike are no more than 40 calls.
        let whole: Vec<_> = (0..40)
            .map(|n| {
                if n % 5 == 0 {
                    (0.0, 10.0)
                } else {
                    (10.0, 10.0)
                }
            })
            .collect();
        let size = effective_size(&parts(&whole)).expect("a size");
        assert!((35.0..40.0).contains(&size), "{size}");

        let all: Vec<_> = (0..10).map(|_| (7.0, 7.0)).collect();
        let found = clustered(&parts(&all)).expect("an interval");
        let ten = wilson(10.0, 10.0).expect("an interval");
        assert!((found.low - ten.low).abs() < 1e-12 && found.high == 1.0);
    }

    #[test]
    fn even_clusters_of_calls_tell_no_more_than_so_many_unlike_calls() {
        // 6, 7, 6, 7 … of 10: 65 of 100 calls, with far less between the days than chance makes.
        let even: Vec<_> = (0..10).map(|n| (f64::from(6 + n % 2), 10.0)).collect();
        let even = parts(&even);
        assert!(effective_size(&even).expect("a size") > 100.0);
        let unlike = wilson(65.0, 100.0).expect("an interval");
        close(clustered_calls(&even), unlike.low, unlike.high, 1e-12);
        // Where days differ, both are the same.
        let uneven = parts(&[(1.0, 10.0), (9.0, 10.0), (2.0, 10.0), (8.0, 10.0)]);
        assert_eq!(clustered_calls(&uneven), clustered(&uneven));
    }

    proptest! {
        #[test]
        fn ends_are_in_order_around_the_share_and_mirror_each_other(n in 1_u64..2000, at in 0.0..=1.0_f64) {
            let hits = (at * n as f64).round() as u64;
            let share = hits as f64 / n as f64;
            for (one, other) in [
                (wilson(hits as f64, n as f64), wilson((n - hits) as f64, n as f64)),
                (exact(hits, n), exact(n - hits, n)),
            ] {
                let (one, other) = (one.expect("an interval"), other.expect("an interval"));
                prop_assert!(0.0 <= one.low && one.low <= share && share <= one.high && one.high <= 1.0);
                prop_assert!((one.low - (1.0 - other.high)).abs() < 1e-9);
            }
        }

        #[test]
        fn clusters_give_ends_within_0_and_1(clusters in prop::collection::vec((0.0..=1.0_f64, 0.01..50.0_f64), 2..30)) {
            let clusters: Vec<_> = clusters.iter().map(|&(share, of)| (share * of, of)).collect();
            let found = clustered(&parts(&clusters)).expect("an interval");
            prop_assert!(0.0 <= found.low && found.low <= found.high && found.high <= 1.0);
        }
    }
}
