//! A pass rate corrected by sensitivity and specificity that come from elsewhere: published by a
//! vendor, or measured in another month.
//!
//! The default is two-phase estimation, which needs neither and holds where error rates differ by
//! queue. This one trusts that the imported rates hold here, and cannot check it. It is refused
//! where it would divide by almost nothing or lead out of 0 to 1, rather than cut off: a
//! correction to below none says that the imported rates are not those of this scorer.

use crate::calibration::figure::{Estimate, Interval, Method};
use crate::calibration::interval::proportion::Z;

/// Sensitivity plus specificity less 1, under which nothing is corrected: the scorer tells passes
/// from failures so little that any error of the rates is more than threefold in the result.
pub const MIN_YOUDEN: f64 = 0.30;

/// A share of so many calls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// From 0 to 1.
    pub value: f64,
    pub calls: usize,
}

/// Why no corrected rate is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refusal {
    /// A rate without calls, or not from 0 to 1.
    NoData,
    /// Sensitivity plus specificity less 1 is this, under [`MIN_YOUDEN`].
    TooNearChance(f64),
    /// The corrected rate would be this, below 0 or above 1: the imported rates do not fit.
    OutOfRange(f64),
}

impl Refusal {
    /// The code that tables have.
    pub fn as_str(self) -> &'static str {
        match self {
            Refusal::NoData => "no_data",
            Refusal::TooNearChance(_) => "too_near_chance",
            Refusal::OutOfRange(_) => "out_of_range",
        }
    }
}

/// The true pass rate behind `raw`, the automatic *yes* among *yes* and *no*, where the scorer
/// has this sensitivity and specificity; with the number of calls that each was measured on.
///
/// Value: Rogan and Gladen 1978. Interval: Lang and Reiczigel 2014, equations 6, 7, 16 and 17,
/// cut to 0 and 1.
pub fn corrected(raw: Share, sensitivity: Share, specificity: Share) -> Result<Estimate, Refusal> {
    for share in [raw, sensitivity, specificity] {
        if share.calls == 0 || !(0.0..=1.0).contains(&share.value) {
            return Err(Refusal::NoData);
        }
    }
    let youden = sensitivity.value + specificity.value - 1.0;
    if youden < MIN_YOUDEN {
        return Err(Refusal::TooNearChance(youden));
    }
    let value = (raw.value + specificity.value - 1.0) / youden;
    if !(0.0..=1.0).contains(&value) {
        return Err(Refusal::OutOfRange(value));
    }
    Ok(Estimate {
        value,
        interval: interval(raw, sensitivity, specificity, value),
    })
}

fn interval(raw: Share, sensitivity: Share, specificity: Share, value: f64) -> Option<Interval> {
    let z2 = Z * Z;
    // Each share is drawn towards a half by a few more calls.
    let (raw, raw_calls) = towards_half(raw, z2);
    let (se, se_calls) = towards_half(sensitivity, 2.0);
    let (sp, sp_calls) = towards_half(specificity, 2.0);
    let youden = se + sp - 1.0;
    if youden <= 0.0 {
        return None;
    }
    let rate = (raw + sp - 1.0) / youden;
    let se_variance = se * (1.0 - se) / se_calls;
    let sp_variance = sp * (1.0 - sp) / sp_calls;
    let shift = 2.0 * z2 * (rate * se_variance - (1.0 - rate) * sp_variance);
    let variance = raw * (1.0 - raw) / raw_calls
        + rate * rate * se_variance
        + (1.0 - rate) * (1.0 - rate) * sp_variance;
    let half = Z * variance.sqrt() / youden;
    Some(Interval {
        low: (rate + shift - half).clamp(0.0, value),
        high: (rate + shift + half).clamp(value, 1.0),
        method: Method::LangReiczigel,
    })
}

fn towards_half(share: Share, more: f64) -> (f64, f64) {
    let calls = share.calls as f64;
    let value = (calls * share.value + more / 2.0) / (calls + more);
    (value, calls + more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(hits: usize, calls: usize) -> Share {
        Share {
            value: hits as f64 / calls as f64,
            calls,
        }
    }

    /// Lang and Reiczigel 2014, example 1, as in R's asht (`prevSeSp`): 0.349 to 0.372.
    #[test]
    fn the_published_interval_is_found() {
        let found = corrected(share(4060, 11282), share(178, 179), share(358, 359));
        let found = found.expect("a rate");
        let ends = found.interval.expect("an interval");
        assert!((found.value - 0.3601).abs() < 5e-5, "{found:?}");
        assert!((ends.low - 0.349).abs() < 5e-4 && (ends.high - 0.372).abs() < 5e-4);
    }

    #[test]
    fn what_the_formula_cannot_carry_is_refused() {
        let of = |value, calls| Share { value, calls };
        // A scorer without errors leaves the rate as it is.
        let kept = corrected(of(0.7, 200), of(1.0, 100), of(1.0, 100)).expect("a rate");
        assert_eq!(kept.value, 0.7);

        let near = corrected(of(0.5, 200), of(0.6, 100), of(0.5, 100));
        assert!(matches!(near, Err(Refusal::TooNearChance(y)) if (y - 0.1).abs() < 1e-12));
        // Fewer yes than the false ones alone would be.
        let below = corrected(of(0.1, 200), of(0.9, 100), of(0.8, 100));
        assert!(matches!(below, Err(Refusal::OutOfRange(v)) if (v + 0.1 / 0.7).abs() < 1e-12));
        assert_eq!(
            corrected(of(0.5, 0), of(0.9, 100), of(0.8, 100)),
            Err(Refusal::NoData)
        );
        assert_eq!(
            corrected(of(0.5, 10), of(f64::NAN, 100), of(0.8, 100)),
            Err(Refusal::NoData)
        );
    }

    proptest! {
        #[test]
        fn a_corrected_rate_stays_within_its_interval_and_0_to_1(
            raw in 0.0..=1.0_f64, se in 0.0..=1.0_f64, sp in 0.0..=1.0_f64,
            calls in 1_usize..500, se_calls in 1_usize..200, sp_calls in 1_usize..200,
        ) {
            let of = |value, calls| Share { value, calls };
            if let Ok(found) = corrected(of(raw, calls), of(se, se_calls), of(sp, sp_calls)) {
                prop_assert!((0.0..=1.0).contains(&found.value));
                if let Some(ends) = found.interval {
                    prop_assert!(0.0 <= ends.low && ends.low <= found.value);
                    prop_assert!(found.value <= ends.high && ends.high <= 1.0);
                }
            }
        }
    }
}
