//! Tails and intervals of a share that is counted in effective calls.
//!
//! Calls that are alike tell less than their number. Their share is treated as one of fewer,
//! independent calls, whose number need not be whole (Korn and Graubard 1998): the binomial
//! distribution is then read from the incomplete beta function.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::beta::checked_beta_reg;

use crate::calibration::figure::Interval;
use crate::calibration::interval::proportion;

/// The normal quantile of 95 % intervals.
pub(super) use crate::calibration::interval::proportion::Z as Z95;

/// Chance of at most `x` of `n`, each with chance `p`; neither number need be whole.
pub(super) fn at_most(x: f64, n: f64, p: f64) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    if x >= n || p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return 0.0;
    }
    checked_beta_reg(n - x, x + 1.0, 1.0 - p).map_or(1.0, |chance| chance.clamp(0.0, 1.0))
}

/// Chance of at least `x` of `n`.
pub(super) fn at_least(x: f64, n: f64, p: f64) -> f64 {
    at_most(n - x, n, 1.0 - p)
}

/// Two-sided p-value of `x` of `n` where each has chance `p`: twice the smaller tail, which is
/// never below its nominal size for whole numbers (Clopper and Pearson 1934).
pub(super) fn two_sided(x: f64, n: f64, p: f64) -> f64 {
    let x = x.clamp(0.0, n);
    (2.0 * at_most(x, n, p).min(at_least(x, n, p))).min(1.0)
}

/// Wilson's interval of a share among `n` effective calls; from 0 to 1 without any.
pub(super) fn wilson(share: f64, n: f64) -> (f64, f64) {
    // Rounding must not leave the share itself outside.
    let ends = |i: Interval| (i.low.min(share), i.high.max(share));
    proportion::wilson(share * n, n).map_or((0.0, 1.0), ends)
}

/// Half width of a 95 % interval in standard errors; `df` may be broken, and is held to at
/// least 1.
pub(crate) fn t95(df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df.max(1.0)) {
        Ok(t) if df < 1e6 => t.inverse_cdf(0.975),
        _ => Z95,
    }
}

/// Two-sided p-value of a statistic with Student's distribution.
pub(crate) fn t_p_value(t: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df.clamp(1.0, 1e6)) {
        Ok(student) if t.is_finite() => (2.0 * student.sf(t.abs())).clamp(0.0, 1.0),
        _ => 1.0,
    }
}

/// The share below which a rate of `n` calls lies with chance `tail` when each passes with
/// chance `rate`: the limit of a funnel, interpolated between whole numbers of passes
/// (Spiegelhalter 2005, appendix).
pub(super) fn funnel_limit(tail: f64, n: f64, rate: f64) -> f64 {
    if n <= 0.0 || rate <= 0.0 || rate >= 1.0 {
        return rate.clamp(0.0, 1.0);
    }
    // The smallest whole number of passes with more than `tail` at or below it.
    let (mut low, mut high) = (-1.0_f64, n.ceil());
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0).floor();
        match at_most(middle, n, rate) > tail {
            true => high = middle,
            false => low = middle,
        }
    }
    let (upto, below) = (at_most(high, n, rate), at_most(high - 1.0, n, rate));
    let back = match upto > below {
        true => (upto - tail) / (upto - below),
        false => 0.0,
    };
    ((high - back) / n).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() < by, "{a} is not {b}");
    }

    #[test]
    fn tails_of_whole_numbers_are_binomial() {
        // Ten tosses: 1 + 10 + 45 of 1024 show two heads at most.
        close(at_most(2.0, 10.0, 0.5), 56.0 / 1024.0, 1e-12);
        close(at_least(8.0, 10.0, 0.5), 56.0 / 1024.0, 1e-12);
        close(two_sided(2.0, 10.0, 0.5), 112.0 / 1024.0, 1e-12);
        close(at_most(0.0, 4.0, 0.2), 0.4096, 1e-12);
        assert_eq!(at_least(0.0, 10.0, 0.3), 1.0);
        assert_eq!(two_sided(5.0, 5.0, 1.0), 1.0);
        assert_eq!(two_sided(0.0, 0.0, 0.5), 1.0);
        // Far tails are not lost in rounding: 0.5^40.
        close(at_most(0.0, 40.0, 0.5) / 0.5_f64.powi(40), 1.0, 1e-9);
    }

    #[test]
    fn wilson_as_published() {
        // domain.md: 80 % of 10 and of 100.
        let (low, high) = wilson(0.8, 10.0);
        close(low, 0.490, 5e-4);
        close(high, 0.943, 5e-4);
        let (low, high) = wilson(0.8, 100.0);
        close(low, 0.711, 5e-4);
        close(high, 0.867, 5e-4);
    }

    #[test]
    fn funnel_limits_are_interpolated_as_spiegelhalter_does() {
        // Ten calls at one half. P(R <= 1) = 11/1024 < 0.025 < P(R <= 2) = 56/1024: r = 2, and
        // the limit is (2 - (56/1024 - 0.025) / (45/1024)) / 10.
        let by_hand = (2.0 - (56.0 / 1024.0 - 0.025) / (45.0 / 1024.0)) / 10.0;
        close(funnel_limit(0.025, 10.0, 0.5), by_hand, 1e-12);
        // Large numbers: the normal limits of the same paper, 0.8 ± 1.96 and ± 3.09 errors.
        let error = (0.8_f64 * 0.2 / 40_000.0).sqrt();
        close(funnel_limit(0.025, 4e4, 0.8), 0.8 - Z95 * error, 3e-5);
        close(funnel_limit(0.999, 4e4, 0.8), 0.8 + 3.0902 * error, 6e-5);
        assert_eq!(funnel_limit(0.025, 100.0, 1.0), 1.0);
        assert_eq!(funnel_limit(0.025, 1.0, 0.5), 0.0);
    }

    #[test]
    fn student_as_in_the_tables() {
        close(t95(9.0), 2.2622, 1e-4);
        close(t95(f64::INFINITY), Z95, 1e-9);
        close(t_p_value(2.2622, 9.0), 0.05, 1e-5);
        assert_eq!(t_p_value(f64::NAN, 9.0), 1.0);
    }
}
