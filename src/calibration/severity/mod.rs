//! Who is strict and who is lenient, on the calls that several have rated; whether that stays so
//! from week to week, and whether a rater agrees with themselves.
//!
//! * [`connect`]: whose ratings can be compared at all.
//! * [`additive`]: severity in points, with the difficulty of the questions and the fair score of
//!   each call.
//! * [`rasch`]: the second opinion, in log-odds, from passes and fails alone.
//! * [`consistency`]: hidden repeats.
//! * [`drift`]: weekly control charts.
//!
//! One form at a time. Left out on purpose: halo (a rater's liking for one call as a whole) is not
//! modelled but stays in the intervals, which take calls as clusters; and severity towards single
//! questions or agents, which so few shared calls do not carry.

pub mod additive;
pub mod connect;
pub mod consistency;
mod dense;
pub mod drift;
#[cfg(test)]
mod planted;
pub mod rasch;

use std::borrow::Cow;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::figure::{Interval, Method};

/// One blind rating. Not applicable and abstained answers are left out before; numbers of calls,
/// questions and raters are places in lists that the caller keeps.
///
/// At most one per call, question and rater: of several the first counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    pub call: usize,
    pub question: usize,
    pub rater: usize,
    /// Share of what the question can earn, 0 to 1.
    pub points: f64,
    /// The binary view; `None` where the question has none.
    pub pass: Option<bool>,
    /// Weeks since a fixed Monday, by the day of the rating.
    pub week: i32,
}

impl Observation {
    fn key(&self) -> (usize, usize, usize) {
        (self.call, self.question, self.rater)
    }

    fn same_cell(&self, other: &Self) -> bool {
        self.call == other.call && self.question == other.question
    }
}

/// By call, question and rater, each once.
fn in_order(observations: &[Observation]) -> Cow<'_, [Observation]> {
    if observations.is_sorted_by(|a, b| a.key() < b.key()) {
        return Cow::Borrowed(observations);
    }
    let mut sorted = observations.to_vec();
    sorted.sort_by_key(Observation::key);
    sorted.dedup_by_key(|o| o.key());
    Cow::Owned(sorted)
}

fn calls(ordered: &[Observation]) -> impl Iterator<Item = &[Observation]> {
    ordered.chunk_by(|a, b| a.call == b.call)
}

fn cells(ordered: &[Observation]) -> impl Iterator<Item = &[Observation]> {
    ordered.chunk_by(Observation::same_cell)
}

/// The two-sided 95 % point of Student's t; `None` without a degree of freedom.
fn t_95(degrees: usize) -> Option<f64> {
    t_point(degrees, 0.975)
}

fn t_point(degrees: usize, probability: f64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, degrees as f64).ok()?;
    (degrees > 0).then(|| t.inverse_cdf(probability))
}

/// The 95 % interval from a standard error that calls as clusters gave.
fn clustered(value: f64, standard_error: f64, degrees: usize) -> Option<Interval> {
    let half = t_95(degrees)? * standard_error;
    half.is_finite().then_some(Interval {
        low: value - half,
        high: value + half,
        method: Method::Clustered,
    })
}

/// Sets that are joined step by step.
struct Sets(Vec<usize>);

impl Sets {
    fn new(n: usize) -> Self {
        Self((0..n).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
