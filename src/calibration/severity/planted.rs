//! Made ratings with known severity, for tests: as the samples are made.

use super::Observation;
use crate::calibration::chance::Stream;

/// Severity in log-odds of *no*, and what is added to it per week.
pub const RATERS: [(f64, f64); 5] = [
    (0.0, 0.0),
    (1.2, 0.0),
    (-1.2, 0.0),
    (-0.6, 0.25),
    (0.3, 0.0),
];

pub struct Plan<'a> {
    pub raters: &'a [(f64, f64)],
    pub weeks: usize,
    pub calls_per_week: usize,
    pub questions: usize,
    /// Raters of a call, drawn among all.
    pub per_call: usize,
    /// Share of answers left out.
    pub gaps: f64,
}

impl Plan<'_> {
    pub fn ratings(&self, seed: u64, number: u64) -> Vec<Observation> {
        let mut chance = Stream::new(seed, "planted", number);
        let mut all = Vec::new();
        for call in 0..self.weeks * self.calls_per_week {
            let week = call / self.calls_per_week;
            let truths: Vec<bool> = (0..self.questions).map(|_| chance.happens(0.75)).collect();
            let mut order: Vec<usize> = (0..self.raters.len()).collect();
            for at in (1..order.len()).rev() {
                order.swap(at, chance.below(at + 1));
            }
            order.truncate(self.per_call);
            order.sort_unstable();
            for (question, &truth) in truths.iter().enumerate() {
                for &rater in &order {
                    let (severity, per_week) = self.raters[rater];
                    let odds = severity + per_week * week as f64 + if truth { -2.6 } else { 2.0 };
                    let no = chance.happens(1.0 / (1.0 + (-odds).exp()));
                    if !chance.happens(self.gaps) {
                        all.push(Observation {
                            call,
                            question,
                            rater,
                            points: f64::from(u8::from(!no)),
                            pass: Some(!no),
                            week: week as i32,
                        });
                    }
                }
            }
        }
        all
    }
}
