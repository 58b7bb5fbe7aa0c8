//! How far two answers are apart, and how far they would be by chance.
//!
//! Every coefficient here is 1 − (observed ÷ expected disagreement). Written so, and not as
//! (observed − expected agreement) ÷ (1 − expected agreement), perfect agreement is 1 to the last
//! bit, and the case without variance is an exact zero below the line.

/// What a disagreement costs: 1 − the agreement weight of the textbooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// 1 wherever two answers differ.
    Identity,
    /// The distance of the places.
    Linear,
    /// The distance squared (Fleiss and Cohen 1973).
    Quadratic,
}

impl Cost {
    pub const ALL: [Cost; 3] = [Cost::Identity, Cost::Linear, Cost::Quadratic];

    /// Of two categories that lie at these places.
    pub fn between(self, a: f64, b: f64) -> f64 {
        match self {
            Cost::Identity => f64::from(a != b),
            Cost::Linear => (a - b).abs(),
            Cost::Quadratic => (a - b) * (a - b),
        }
    }

    /// Mean cost between an answer drawn from `a` and one from `b`: how many of each category
    /// lie at each of `places`, which ascend. `None` where one category has everything.
    pub fn expected(self, places: &[f64], a: &[f64], b: &[f64]) -> Option<f64> {
        let used = a.iter().zip(b).filter(|(a, b)| **a > 0.0 || **b > 0.0);
        if used.count() < 2 {
            return None;
        }
        let total = |of: &[f64]| of.iter().sum::<f64>();
        let (all_a, all_b) = (total(a), total(b));
        let sum = match self {
            Cost::Identity => a.iter().zip(b).map(|(a, b)| a * (all_b - b)).sum(),
            // Two answers lie on different sides of a gap as often as they differ by it.
            Cost::Linear => {
                let (mut below_a, mut below_b, mut sum) = (0.0, 0.0, 0.0);
                for (at, gap) in places.windows(2).enumerate() {
                    below_a += a[at];
                    below_b += b[at];
                    let apart = below_a * (all_b - below_b) + below_b * (all_a - below_a);
                    sum += (gap[1] - gap[0]) * apart;
                }
                sum
            }
            Cost::Quadratic => {
                let (mean_a, spread_a) = spread(places, a, all_a);
                let (mean_b, spread_b) = spread(places, b, all_b);
                let between = (mean_a - mean_b) * (mean_a - mean_b);
                spread_a * all_b + spread_b * all_a + between * all_a * all_b
            }
        };
        Some(sum / (all_a * all_b)).filter(|mean: &f64| mean.is_finite())
    }
}

/// Mean, and sum of squared distances from it.
pub(super) fn spread(places: &[f64], n: &[f64], total: f64) -> (f64, f64) {
    let mean = places.iter().zip(n).map(|(x, n)| x * n).sum::<f64>() / total;
    let squares = places
        .iter()
        .zip(n)
        .map(|(x, n)| n * (x - mean) * (x - mean));
    (mean, squares.sum())
}

/// More than one category has something.
pub(super) fn varies(n: &[f64]) -> bool {
    n.iter().filter(|n| **n > 0.0).count() > 1
}
