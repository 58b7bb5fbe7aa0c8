//! Chance that repeats: streams of random numbers by seed, name and number.
//!
//! Each resample and each simulated set has a stream of its own, so neither threads nor order
//! change a figure.

use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Binomial, Distribution};
use rand_xoshiro::Xoshiro256PlusPlus;

/// One stream of random numbers.
#[derive(Debug, Clone)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream number `number` of those named `name`.
    pub fn new(seed: u64, name: &str, number: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(&number.to_le_bytes());
        hasher.update(name.as_bytes());
        Self(Xoshiro256PlusPlus::from_seed(*hasher.finalize().as_bytes()))
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.random_range(0..n as u64) as usize
    }

    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Successes among `n` tries, each with this probability (held within 0 and 1).
    pub fn binomial(&mut self, n: u64, probability: f64) -> u64 {
        Binomial::new(n, probability.clamp(0.0, 1.0)).map_or(0, |b| b.sample(&mut self.0))
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        rand_distr::StandardNormal.sample(&mut self.0)
    }

    /// How often each of several things is drawn in `total` draws with replacement, where thing
    /// `i` has `weights[i]` lots: the numbers of a bootstrap over things that look alike.
    pub fn multinomial(&mut self, weights: &[u64], drawn: &mut Vec<u64>) {
        drawn.clear();
        let mut left: u64 = weights.iter().sum();
        let mut draws = left;
        for &weight in weights {
            let n = match left {
                0 => 0,
                _ => self.binomial(draws, weight as f64 / left as f64),
            };
            drawn.push(n);
            draws -= n;
            left -= weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_name_and_number() {
        let draw = |seed, name: &str, number| Stream::new(seed, name, number).unit();
        assert_eq!(draw(1, "a", 0), draw(1, "a", 0));
        assert_ne!(draw(1, "a", 0), draw(1, "a", 1));
        assert_ne!(draw(1, "a", 0), draw(1, "b", 0));
        assert_ne!(draw(1, "a", 0), draw(2, "a", 0));
    }

    #[test]
    fn a_multinomial_draw_keeps_the_total_and_the_shares() {
        let weights = [600, 300, 0, 100];
        let mut sums = [0_u64; 4];
        let mut drawn = Vec::new();
        for n in 0..500 {
            Stream::new(7, "m", n).multinomial(&weights, &mut drawn);
            assert_eq!(drawn.iter().sum::<u64>(), 1000);
            for (sum, n) in sums.iter_mut().zip(&drawn) {
                *sum += n;
            }
        }
        assert_eq!(sums[2], 0);
        for (sum, weight) in sums.iter().zip(weights) {
            assert!(
                (*sum as f64 / 500.0 - weight as f64).abs() < 3.0,
                "{sums:?}"
            );
        }
    }
}
