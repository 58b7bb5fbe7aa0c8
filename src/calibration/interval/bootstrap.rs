//! Intervals from calls drawn again: bias-corrected and accelerated (BCa, Efron 1987).
//!
//! Each resample has its own stream of chance and its fixed place in the list, so threads change
//! nothing. Left out: knowing where resampling fails, which is the business of the guards of this
//! room.

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

use super::proportion::Z;
use crate::calibration::chance::Stream;
use crate::calibration::figure::{Interval, Method};

/// Resamples of a published interval.
pub const RESAMPLES: usize = 1000;

/// An interval is refused where more than this share of the resamples have no value.
const MOST_UNDEFINED: f64 = 0.05;

/// Resamples that one thread takes at a time.
const CHUNK: usize = 64;

/// Patterns of which a call is left out, to find the acceleration: more would not change it.
const MOST_LEFT_OUT: usize = 500;

/// Values so near to each other are one and the same, computed in another order.
const SAME: f64 = 1e-10;

/// Which resamples are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Draws<'a> {
    pub seed: u64,
    /// Names what is estimated; another name has other resamples.
    pub name: &'a str,
    pub resamples: usize,
}

impl<'a> Draws<'a> {
    /// [`RESAMPLES`] of them.
    pub fn new(seed: u64, name: &'a str) -> Self {
        Self {
            seed,
            name,
            resamples: RESAMPLES,
        }
    }
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The figure itself has no value.
    Undefined,
    /// Too many resamples have no value.
    TooManyUndefined,
    /// All resamples have one and the same value.
    NoVariance,
}

/// Intervals of `K` figures over calls that come as distinct patterns, `counts[i]` calls of
/// pattern `i`. `statistic` gets the weight of each pattern, whole numbers, and fills in the
/// figures, which share the resamples.
pub fn over_patterns<const K: usize>(
    counts: &[u64],
    draws: Draws<'_>,
    statistic: impl Fn(&[f64], &mut [Option<f64>; K]) + Sync,
) -> [Result<Interval, Refused>; K] {
    let mut weights: Vec<f64> = counts.iter().map(|&n| n as f64).collect();
    let mut values = [None; K];
    statistic(&weights, &mut values);

    let seen: Vec<usize> = (0..counts.len()).filter(|&i| counts[i] > 0).collect();
    let left_out = evenly(&seen)
        .map(|i| {
            weights[i] -= 1.0;
            let mut without = [None; K];
            statistic(&weights, &mut without);
            weights[i] += 1.0;
            (weights[i], without)
        })
        .collect();

    let lots = Lots::new(counts);
    let replicates = replicate(draws, |stream, buffers: &mut Buffers, found| {
        lots.draw(stream, buffers);
        statistic(&buffers.weights, found);
    });
    finish(values, replicates, left_out, shares_left_out(seen.len()))
}

/// Intervals of `K` figures over calls, or over clusters of them (an agent's day), of which each
/// has `M` sums. `statistic` gets the sums over all calls of a resample.
pub fn over_sums<const M: usize, const K: usize>(
    calls: &[[f64; M]],
    draws: Draws<'_>,
    statistic: impl Fn(&[f64; M], &mut [Option<f64>; K]) + Sync,
) -> [Result<Interval, Refused>; K] {
    let sum = |of: &mut dyn Iterator<Item = usize>| {
        let mut sums = [0.0; M];
        for i in of {
            for (sum, value) in sums.iter_mut().zip(&calls[i]) {
                *sum += value;
            }
        }
        sums
    };
    let all = sum(&mut (0..calls.len()));
    let mut values = [None; K];
    statistic(&all, &mut values);

    let each: Vec<usize> = (0..calls.len()).collect();
    let left_out = evenly(&each)
        .map(|i| {
            let mut sums = all;
            for (sum, value) in sums.iter_mut().zip(&calls[i]) {
                *sum -= value;
            }
            let mut without = [None; K];
            statistic(&sums, &mut without);
            (1.0, without)
        })
        .collect();

    let replicates = if calls.is_empty() {
        Vec::new()
    } else {
        replicate(draws, |stream, (): &mut (), found| {
            let sums = sum(&mut (0..calls.len()).map(|_| stream.below(calls.len())));
            statistic(&sums, found);
        })
    };
    finish(values, replicates, left_out, shares_left_out(calls.len()))
}

/// All resamples, each in its place.
fn replicate<const K: usize, B: Default>(
    draws: Draws<'_>,
    one: impl Fn(&mut Stream, &mut B, &mut [Option<f64>; K]) + Sync,
) -> Vec<[Option<f64>; K]> {
    let mut replicates = vec![[None; K]; draws.resamples];
    replicates
        .par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(chunk, places)| {
            let mut buffers = B::default();
            for (at, place) in places.iter_mut().enumerate() {
                let number = (chunk * CHUNK + at) as u64;
                let mut stream = Stream::new(draws.seed, draws.name, number);
                one(&mut stream, &mut buffers, place);
            }
        });
    replicates
}

/// How the patterns of a resample are drawn.
enum Lots<'a> {
    /// Many calls of few patterns: one binomial draw each.
    Counts(&'a [u64]),
    /// Few calls of many patterns: one draw per call. Pattern of each call.
    Calls { of: Vec<u32>, patterns: usize },
}

#[derive(Default)]
struct Buffers {
    counts: Vec<u64>,
    weights: Vec<f64>,
}

impl<'a> Lots<'a> {
    /// A binomial draw takes as long as so many draws of one call.
    const CALLS_PER_PATTERN: u64 = 16;

    fn new(counts: &'a [u64]) -> Self {
        let seen = counts.iter().filter(|&&n| n > 0).count() as u64;
        if counts.iter().sum::<u64>() > seen * Self::CALLS_PER_PATTERN {
            return Lots::Counts(counts);
        }
        let of = (0_u32..)
            .zip(counts)
            .flat_map(|(i, &n)| std::iter::repeat_n(i, n as usize))
            .collect();
        Lots::Calls {
            of,
            patterns: counts.len(),
        }
    }

    fn draw(&self, stream: &mut Stream, buffers: &mut Buffers) {
        buffers.weights.clear();
        match self {
            Lots::Counts(counts) => {
                stream.multinomial(counts, &mut buffers.counts);
                let drawn = buffers.counts.iter().map(|&n| n as f64);
                buffers.weights.extend(drawn);
            }
            Lots::Calls { of, patterns } => {
                buffers.weights.resize(*patterns, 0.0);
                for _ in of {
                    buffers.weights[of[stream.below(of.len())] as usize] += 1.0;
                }
            }
        }
    }
}

/// At most [`MOST_LEFT_OUT`] of these, evenly spaced.
fn evenly(of: &[usize]) -> impl Iterator<Item = usize> {
    let n = of.len().min(MOST_LEFT_OUT);
    (0..n).map(move |k| of[k * of.len() / n])
}

/// The share of them that [`evenly`] takes.
fn shares_left_out(of: usize) -> f64 {
    of.min(MOST_LEFT_OUT) as f64 / of.max(1) as f64
}

fn finish<const K: usize>(
    values: [Option<f64>; K],
    replicates: Vec<[Option<f64>; K]>,
    left_out: Vec<(f64, [Option<f64>; K])>,
    share_left_out: f64,
) -> [Result<Interval, Refused>; K] {
    std::array::from_fn(|k| {
        let value = values[k].filter(|v| v.is_finite());
        let value = value.ok_or(Refused::Undefined)?;
        let drawn = replicates.iter().filter_map(|r| r[k]);
        let mut drawn: Vec<f64> = drawn.filter(|v| v.is_finite()).collect();
        let undefined = replicates.len() - drawn.len();
        if drawn.is_empty() || undefined as f64 > MOST_UNDEFINED * replicates.len() as f64 {
            return Err(Refused::TooManyUndefined);
        }
        let least = drawn.iter().copied().fold(f64::INFINITY, f64::min);
        let most = drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if most - least <= SAME {
            return Err(Refused::NoVariance);
        }
        let without = left_out.iter().filter_map(|(n, r)| Some((*n, r[k]?)));
        let acceleration = acceleration(without, share_left_out);
        let (low, high) = corrected_tails(&drawn, value, acceleration).unwrap_or((0.025, 0.975));
        Ok(Interval {
            low: quantile(&mut drawn, low),
            high: quantile(&mut drawn, high),
            method: Method::Bootstrap,
        })
    })
}

/// Efron's acceleration from the values without one call each, with how many calls are like it.
/// Where only a share of the calls was left out, the rest is taken to be like it.
fn acceleration(without: impl Iterator<Item = (f64, f64)> + Clone, share: f64) -> f64 {
    let (n, sum) = without
        .clone()
        .fold((0.0, 0.0), |(n, sum), (w, v)| (n + w, sum + w * v));
    if n <= 0.0 {
        return 0.0;
    }
    let mean = sum / n;
    let (squares, cubes) = without.fold((0.0, 0.0), |(squares, cubes), (w, v)| {
        let off = mean - v;
        (squares + w * off * off, cubes + w * off * off * off)
    });
    if squares <= 0.0 {
        return 0.0;
    }
    cubes / (6.0 * squares.powf(1.5)) * share.sqrt()
}

/// Which quantiles of the resamples are the ends. `None` where the correction breaks down: all
/// resamples on one side of the value, or too strong an acceleration; the plain quantiles serve.
fn corrected_tails(drawn: &[f64], value: f64, acceleration: f64) -> Option<(f64, f64)> {
    let below = drawn.iter().filter(|v| **v < value - SAME).count();
    let not_above = drawn.iter().filter(|v| **v <= value + SAME).count();
    // Figures of few calls have few values: those equal to the value are half below it.
    let share = (below + not_above) as f64 / (2 * drawn.len()) as f64;
    if share <= 0.0 || share >= 1.0 {
        return None;
    }
    let bias = Normal::standard().inverse_cdf(share);
    let tail = |z| corrected_tail(z, bias, acceleration);
    Some((tail(-Z)?, tail(Z)?))
}

/// Efron 1987, equation 2.3, for the quantile `z` of the standard normal distribution.
fn corrected_tail(z: f64, bias: f64, acceleration: f64) -> Option<f64> {
    let scale = 1.0 - acceleration * (bias + z);
    (scale > 0.0).then(|| Normal::standard().cdf(bias + (bias + z) / scale))
}

/// The quantile of `n` values that has `share` of `n + 1` below it, between neighbours by straight
/// line. Puts the values into another order.
fn quantile(drawn: &mut [f64], share: f64) -> f64 {
    let last = drawn.len() - 1;
    let at = (share * (drawn.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
    let (_, below, rest) = drawn.select_nth_unstable_by(at.floor() as usize, f64::total_cmp);
    let above = rest.iter().copied().reduce(f64::min).unwrap_or(*below);
    *below + (above - *below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(weights: &[f64], found: &mut [Option<f64>; 1]) {
        let n: f64 = weights.iter().sum();
        found[0] = (n > 0.0).then(|| weights[0] / n);
    }

    /// The mean of n calls against the normal interval, whose skewness is nil.
    #[test]
    fn a_share_of_many_calls_has_the_interval_of_theory() {
        let [found] = over_patterns(&[300, 700], Draws::new(1, "share"), share);
        let found = found.expect("an interval");
        assert!((found.low - 0.2722).abs() < 0.004, "{found:?}");
        assert!((found.high - 0.3291).abs() < 0.004, "{found:?}");
    }

    /// Efron and Tibshirani 1993, table 14.1 and section 14.3: the variance (divided by n) of 26
    /// children's spatial test A: estimate 171.5, BCa 90 % interval 115.8 to 259.6, a = 0.061.
    #[test]
    fn bias_and_acceleration_correct_as_published() {
        const TEST_A: [f64; 26] = [
            48.0, 36.0, 20.0, 29.0, 42.0, 42.0, 20.0, 42.0, 22.0, 41.0, 45.0, 14.0, 6.0, 0.0, 33.0,
            28.0, 34.0, 4.0, 32.0, 24.0, 47.0, 41.0, 24.0, 26.0, 30.0, 41.0,
        ];
        let variance = |values: &mut dyn Iterator<Item = f64>| {
            let (n, sum, squares) =
                values.fold((0.0, 0.0, 0.0), |(n, s, q), v| (n + 1.0, s + v, q + v * v));
            squares / n - (sum / n) * (sum / n)
        };
        assert!((variance(&mut TEST_A.into_iter()) - 171.5).abs() < 0.05);
        let without: Vec<(f64, f64)> = (0..TEST_A.len())
            .map(|out| {
                let mut rest = (0..TEST_A.len()).filter(|&i| i != out).map(|i| TEST_A[i]);
                (1.0, variance(&mut rest))
            })
            .collect();
        let found = acceleration(without.iter().copied(), 1.0);
        assert!((found - 0.061).abs() < 0.0006, "{found}");

        // With the bias of 0.146 the ends of 90 % are at 0.110 and 0.985.
        for (z, published) in [(-1.645, 0.110), (1.645, 0.985)] {
            let tail = corrected_tail(z, 0.146, 0.061).expect("a tail");
            assert!((tail - published).abs() < 0.0006, "{tail}");
        }
    }

    #[test]
    fn calls_and_patterns_agree_and_bytes_repeat_whatever_the_threads() {
        let calls: Vec<[f64; 2]> = (0..200).map(|i| [f64::from(i % 4 == 0), 1.0]).collect();
        let mean = |sums: &[f64; 2], found: &mut [Option<f64>; 1]| {
            found[0] = (sums[1] > 0.0).then(|| sums[0] / sums[1]);
        };
        let draws = Draws::new(3, "both");
        let both = || {
            [
                over_sums(&calls, draws, mean)[0].expect("an interval"),
                over_patterns(&[50, 150], draws, share)[0].expect("an interval"),
            ]
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool").install(both)
        };
        let [sums, patterns] = on(1);
        assert_eq!([sums, patterns], on(3));
        assert!(
            (sums.low - patterns.low).abs() < 0.01,
            "{sums:?} {patterns:?}"
        );
        assert!(
            (sums.high - patterns.high).abs() < 0.01,
            "{sums:?} {patterns:?}"
        );
    }

    #[test]
    fn what_resampling_cannot_show_is_refused() {
        let draws = Draws::new(1, "refused");
        assert_eq!(
            over_patterns(&[20, 0], draws, share)[0],
            Err(Refused::NoVariance)
        );
        assert_eq!(over_patterns(&[], draws, share)[0], Err(Refused::Undefined));
        // One call in 20 makes the difference: a third of the resamples lack it.
        let odds = |w: &[f64], found: &mut [Option<f64>; 1]| {
            found[0] = (w[0] > 0.0).then(|| w[1] / w[0]);
        };
        let found = over_patterns(&[1, 19], draws, odds);
        assert_eq!(found[0], Err(Refused::TooManyUndefined));
        let none: [[f64; 1]; 0] = [];
        let found = over_sums(&none, draws, |s, found: &mut [Option<f64>; 1]| {
            found[0] = (s[0] > 0.0).then_some(1.0);
        });
        assert_eq!(found[0], Err(Refused::Undefined));
    }

    /// Both ways to draw give the same spread.
    #[test]
    fn draws_of_calls_and_of_counts_spread_alike() {
        let spread = |lots: &Lots| {
            let mut buffers = Buffers::default();
            let values: Vec<f64> = (0..4000)
                .map(|n| {
                    lots.draw(&mut Stream::new(5, "spread", n), &mut buffers);
                    assert_eq!(buffers.weights.iter().sum::<f64>(), 40.0);
                    buffers.weights[1]
                })
                .collect();
            let mean = values.iter().sum::<f64>() / 4000.0;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4000.0;
            (mean, variance)
        };
        let counts = [10, 20, 0, 10];
        let calls = Lots::new(&counts);
        assert!(matches!(calls, Lots::Calls { .. }));
        for (mean, variance) in [spread(&calls), spread(&Lots::Counts(&counts))] {
            assert!((mean - 20.0).abs() < 0.2 && (variance - 10.0).abs() < 0.8);
        }
    }
}
