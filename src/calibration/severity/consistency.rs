//! Whether a rater agrees with themselves: hidden repeats.
//!
//! Only the share of equal answers. Chance-corrected coefficients are those of `agreement`, with
//! the first and the repeated answer as two raters.

use std::collections::BTreeMap;

use crate::calibration::figure::{Caveat, Estimate, MIN_PAIRS};
use crate::calibration::interval::proportion::wilson;

/// The two answers of a rater to one question of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    pub rater: usize,
    pub call: usize,
    pub question: usize,
    /// Which of the question's answers, in any numbering.
    pub first: u16,
    pub repeat: u16,
}

/// A rater's agreement with themselves, over all questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Consistency {
    pub rater: usize,
    pub pairs: usize,
    pub calls: usize,
    pub equal: usize,
    /// Share of equal answers, with Wilson's interval. Answers of one call hang together, so the
    /// interval counts as many pairs as independent ones would be worth.
    pub agreement: Estimate,
    pub caveats: Vec<Caveat>,
}

/// By rater, who have repeats.
pub fn consistency(repeats: &[Repeat]) -> Vec<Consistency> {
    let mut raters: BTreeMap<usize, BTreeMap<usize, Tally>> = BTreeMap::new();
    for repeat in repeats {
        let calls = raters.entry(repeat.rater).or_default();
        let tally = calls.entry(repeat.call).or_default();
        tally.pairs += 1;
        tally.equal += usize::from(repeat.first == repeat.repeat);
    }
    let of_rater = |(rater, calls): (usize, BTreeMap<usize, Tally>)| {
        let pairs: usize = calls.values().map(|t| t.pairs).sum();
        let equal: usize = calls.values().map(|t| t.equal).sum();
        let share = equal as f64 / pairs as f64;
        let effective = pairs as f64 / design_effect(&calls, share);
        Consistency {
            rater,
            pairs,
            calls: calls.len(),
            equal,
            agreement: Estimate {
                value: share,
                interval: wilson(share * effective, effective),
            },
            caveats: (pairs < MIN_PAIRS)
                .then(|| Caveat::FewPairs {
                    missing: MIN_PAIRS - pairs,
                })
                .into_iter()
                .collect(),
        }
    };
    raters.into_iter().map(of_rater).collect()
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    pairs: usize,
    equal: usize,
}

/// Variance of the share with calls as clusters, over that of independent pairs; at least 1
/// (Korn and Graubard 1998). With one call or without any difference there is nothing to tell it
/// from.
fn design_effect(calls: &BTreeMap<usize, Tally>, share: f64) -> f64 {
    let n = calls.len() as f64;
    let pairs: usize = calls.values().map(|t| t.pairs).sum();
    let independent = share * (1.0 - share) * pairs as f64;
    if calls.len() < 2 || independent <= 0.0 {
        return 1.0;
    }
    let rest = |t: &Tally| t.equal as f64 - share * t.pairs as f64;
    let clustered = n / (n - 1.0) * calls.values().map(|t| rest(t).powi(2)).sum::<f64>();
    (clustered / independent).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(
        calls: usize,
        per_call: usize,
        unequal: impl Fn(usize, usize) -> bool,
    ) -> Vec<Repeat> {
        let one = |n: usize| Repeat {
            rater: 4,
            call: n / per_call,
            question: n % per_call,
            first: 1,
            repeat: u16::from(!unequal(n / per_call, n % per_call)),
        };
        (0..calls * per_call).map(one).collect()
    }

    #[test]
    fn independent_pairs_get_the_published_wilson_interval() {
        let found = consistency(&repeats(100, 1, |call, _| call % 5 == 0));
        let agreement = found[0].agreement;
        assert_eq!(
            (found[0].rater, found[0].pairs, found[0].equal),
            (4, 100, 80)
        );
        assert!(found[0].caveats.is_empty());
        let interval = agreement.interval.expect("pairs");
        // 80 of 100 (domain notes, 2.4); the effect of clusters of one is n/(n − 1).
        assert!((interval.low - 0.711).abs() < 1e-3 && (interval.high - 0.867).abs() < 1e-3);
    }

    #[test]
    fn answers_of_one_call_count_for_less_when_they_hang_together() {
        let spread = consistency(&repeats(20, 5, |call, question| question == call % 5));
        let lumped = consistency(&repeats(20, 5, |call, _| call % 5 == 0));
        let width = |c: &Consistency| c.agreement.interval.map(|i| i.high - i.low);
        assert_eq!(spread[0].agreement.value, lumped[0].agreement.value);
        assert!(width(&lumped[0]) > width(&spread[0]).map(|w| 1.8 * w));
    }

    #[test]
    fn few_pairs_are_flagged_and_all_equal_stays_in_bounds() {
        let found = consistency(&repeats(3, 4, |_, _| false));
        assert_eq!(found[0].caveats, [Caveat::FewPairs { missing: 8 }]);
        let interval = found[0].agreement.interval.expect("pairs");
        assert!(interval.low > 0.7 && interval.high == 1.0);
        assert!(consistency(&[]).is_empty());
    }
}
