//! Krippendorff's alpha (Krippendorff 2011, *Computing Krippendorff's alpha-reliability*).
//!
//! Any number of raters, gaps, and four metrics. Calls with one rating are left out. Its own
//! small-sample term makes it larger than Scott's pi of the same answers by about 1 ÷ (2 × number
//! of ratings), and so doubling all counts changes it a little: that is its definition.

use super::disagreement::{Cost, spread, varies};
use super::table::Scale;

/// The distance between categories.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Metric {
    Nominal,
    /// By how many ratings lie between, so it changes with the calls drawn.
    Ordinal,
    Interval,
    /// ((c − k) ÷ (c + k))² of these values, none of them negative.
    Ratio(Vec<f64>),
}

impl Metric {
    /// `None` for a ratio scale with negative values, which has no meaning.
    pub fn new(scale: Scale, values: &[f64]) -> Option<Self> {
        match scale {
            Scale::Nominal => Some(Metric::Nominal),
            Scale::Ordinal => Some(Metric::Ordinal),
            Scale::Interval => Some(Metric::Interval),
            Scale::Ratio if values.iter().any(|v| *v < 0.0) => None,
            Scale::Ratio => Some(Metric::Ratio(values.to_vec())),
        }
    }

    /// Disagreement within one call, both ways, over one less than its ratings: fixed, but for
    /// the ordinal metric. `answers`: categories with how many gave each.
    pub fn within(&self, places: &[f64], answers: &[(u16, f64)]) -> f64 {
        let cost = |a: u16, b: u16| {
            let (a, b) = (usize::from(a), usize::from(b));
            match self {
                Metric::Nominal => Cost::Identity.between(places[a], places[b]),
                Metric::Interval => Cost::Quadratic.between(places[a], places[b]),
                Metric::Ratio(values) => ratio(values[a], values[b]),
                Metric::Ordinal => 0.0,
            }
        };
        let ratings: f64 = answers.iter().map(|(_, n)| n).sum();
        let mut sum = 0.0;
        for (at, (a, n_a)) in answers.iter().enumerate() {
            for (b, n_b) in &answers[at + 1..] {
                sum += 2.0 * n_a * n_b * cost(*a, *b);
            }
        }
        sum / (ratings - 1.0)
    }

    /// Sum over all pairs of ratings, both ways, whatever call they are of.
    pub fn among_all(&self, places: &[f64], n: &[f64]) -> f64 {
        let total: f64 = n.iter().sum();
        match self {
            Metric::Nominal => n.iter().map(|n| n * (total - n)).sum(),
            Metric::Interval | Metric::Ordinal => 2.0 * total * spread(places, n, total).1,
            Metric::Ratio(values) => {
                let mut sum = 0.0;
                for (a, n_a) in n.iter().enumerate().filter(|(_, n)| **n > 0.0) {
                    for b in a + 1..n.len() {
                        sum += 2.0 * n_a * n[b] * ratio(values[a], values[b]);
                    }
                }
                sum
            }
        }
    }
}

fn ratio(a: f64, b: f64) -> f64 {
    let share = (a - b) / (a + b);
    share * share
}

/// Places of the ordinal metric: the middle rank of each category among all ratings. The
/// distance of two is then the ratings between, with half of each end.
pub(super) fn ranks(n: &[f64], ranks: &mut [f64]) {
    let mut below = 0.0;
    for (rank, n) in ranks.iter_mut().zip(n) {
        *rank = below + n / 2.0;
        below += n;
    }
}

/// [`Metric::within`] of the ordinal metric, for these ranks.
pub(super) fn within_ranks(ranks: &[f64], answers: &[(u16, f64)]) -> f64 {
    if answers.len() < 2 {
        return 0.0;
    }
    let (mut ratings, mut sum) = (0.0, 0.0);
    for (place, n) in answers {
        ratings += n;
        sum += n * ranks[usize::from(*place)];
    }
    let mean = sum / ratings;
    let squares = answers.iter().map(|(place, n)| {
        let from_mean = ranks[usize::from(*place)] - mean;
        n * from_mean * from_mean
    });
    2.0 * ratings * squares.sum::<f64>() / (ratings - 1.0)
}

/// From the disagreement within calls and among all; `n` ratings of each category on calls with
/// two or more. `None` where all gave one answer.
pub(super) fn alpha(within: f64, among_all: f64, n: &[f64]) -> Option<f64> {
    let ratings: f64 = n.iter().sum();
    (varies(n) && among_all > 0.0).then(|| 1.0 - (ratings - 1.0) * within / among_all)
}
