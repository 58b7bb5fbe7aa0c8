//! Many questions asked of the same calls: p-values adjusted so that among what is flagged the
//! share of false flags stays at a promised rate.
//!
//! Left out on purpose: estimates of how many hypotheses are true (Storey), which gain little at
//! some hundred tests and promise less.

/// Promised share of false flags among all flags.
pub const FALSE_FLAGS: f64 = 0.05;

/// Adjusted p-values in the order of `p`; a test whose value is at most the promised rate is
/// flagged. Holds for independent tests and for tests that lean the same way. A p-value that is
/// no number counts as 1.
///
/// Source: Benjamini and Hochberg 1995; adjusted values as in Yekutieli and Benjamini 1999.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    adjusted(p, 1.0)
}

/// As [`benjamini_hochberg`], whatever the dependence between the tests; flags less.
///
/// Source: Benjamini and Yekutieli 2001, theorem 1.3.
pub fn benjamini_yekutieli(p: &[f64]) -> Vec<f64> {
    adjusted(p, (1..=p.len()).map(|rank| 1.0 / rank as f64).sum())
}

/// min over j ≥ i of factor · m · p(j) / j, at most 1.
fn adjusted(p: &[f64], factor: f64) -> Vec<f64> {
    let p: Vec<f64> = p
        .iter()
        .map(|&p| if p.is_nan() { 1.0 } else { p })
        .collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (place, &test) in order.iter().enumerate().rev() {
        least = least.min(factor * p.len() as f64 * p[test] / (place + 1) as f64);
        adjusted[test] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Benjamini and Hochberg 1995, section 4: fifteen comparisons of two treatments after a
    /// heart attack.
    const HEART: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.000,
    ];

    fn flagged(adjusted: &[f64]) -> usize {
        adjusted.iter().filter(|p| **p <= FALSE_FLAGS).count()
    }

    #[test]
    fn the_published_example_flags_four() {
        let adjusted = benjamini_hochberg(&HEART);
        assert_eq!(flagged(&adjusted), 4);
        // By hand: 15 · 0.0095 / 4; the fifth to eighth share the least of theirs, 15 · 0.0344 / 8
        // being above 15 · 0.0298 / 7.
        let by_hand = [
            (0, 0.0015),
            (1, 0.003),
            (2, 0.0095),
            (3, 0.035625),
            (4, 0.0603),
            (5, 15.0 * 0.0298 / 7.0),
            (6, 15.0 * 0.0298 / 7.0),
            (7, 0.0645),
            (14, 1.0),
        ];
        for (test, expected) in by_hand {
            assert!((adjusted[test] - expected).abs() < 1e-12, "{test}");
        }
        // Without assumptions on dependence three remain.
        assert_eq!(flagged(&benjamini_yekutieli(&HEART)), 3);
        let harmonic: f64 = (1..=15).map(|i| 1.0 / f64::from(i)).sum();
        let last = benjamini_yekutieli(&HEART)[3];
        assert!((last - harmonic * 0.035625).abs() < 1e-12);
    }

    #[test]
    fn order_does_not_matter_and_nothing_is_nothing() {
        let mut turned = HEART;
        turned.reverse();
        let mut adjusted = benjamini_hochberg(&turned);
        adjusted.reverse();
        assert_eq!(adjusted, benjamini_hochberg(&HEART));
        assert!(benjamini_hochberg(&[]).is_empty());
        assert_eq!(benjamini_hochberg(&[f64::NAN, 0.01]), [1.0, 0.02]);
    }
}
