//! Pairs of answers, call by call: what all comparisons of two sides come down to.
//!
//! A call's pairs weigh 1 together where they are of one question, so that a call that five
//! people rated counts no more than one that two rated.

use std::collections::BTreeMap;

use crate::calibration::agreement::{Prepared, RatingTable, Scale};
use crate::calibration::base::{Given, NOT_APPLICABLE, Question};
use crate::calibration::interval::PairedCalls;

use super::Comparison;

/// What the answers of a question are to the coefficients.
pub struct Categories {
    pub scale: Scale,
    /// Value of each answer of the question; `None` where it is no rating on this scale.
    values: Vec<Option<f64>>,
    /// Values of the answers that the form has, used or not.
    pub of_form: Vec<f64>,
}

pub const NO: f64 = 0.0;
pub const YES: f64 = 1.0;
/// *Not applicable* as one more answer beside those of the form.
pub const DOES_NOT_APPLY: f64 = 1e6;

impl Categories {
    /// Yes/no, options and selections are nominal, *not applicable* among them where one of the
    /// compared gave it: whether a question applies is a judgement, too. A scale is ordinal and a
    /// number has intervals; *not applicable* is no value there.
    pub fn of(question: &Question) -> Self {
        let names = (0..question.answers.len()).map(|n| question.answers.name(n));
        let scale = match question.kind {
            "scale" => Scale::Ordinal,
            "number" => Scale::Interval,
            _ => Scale::Nominal,
        };
        // Of names the place is as good as any number: no before yes.
        let values: Vec<Option<f64>> = names
            .enumerate()
            .map(|(place, name)| match (scale, name) {
                (Scale::Nominal, NOT_APPLICABLE) => Some(DOES_NOT_APPLY),
                (Scale::Nominal, _) => Some(place as f64),
                _ => name.parse().ok(),
            })
            .collect();
        Self {
            scale,
            of_form: values[..question.of_form]
                .iter()
                .flatten()
                .copied()
                .collect(),
            values,
        }
    }

    pub fn value(&self, given: Given) -> Option<f64> {
        self.values[given.answer]
    }
}

/// Pairs of one call: both answers, and the weight.
pub type Pairs = Vec<(Given, Given, f64)>;

/// The pairs of a comparison of two sides, call by call, in order; for people among themselves
/// both orders of each pair.
pub fn pairs(question: &Question, comparison: Comparison) -> Vec<(usize, Pairs)> {
    let mut all: Vec<(usize, Pairs)> = Vec::new();
    match comparison {
        Comparison::People => {
            for rated in question.people_by_call().filter(|r| r.len() > 1) {
                let weight = 1.0 / (rated.len() * (rated.len() - 1)) as f64;
                let mut pairs = Vec::new();
                for (n, a) in rated.iter().enumerate() {
                    let others = rated.iter().enumerate().filter(|(m, _)| *m != n);
                    pairs.extend(others.map(|(_, b)| (a.given, b.given, weight)));
                }
                all.push((rated[0].call, pairs));
            }
        }
        Comparison::Pair(a, b) => {
            for rated in question.people_by_call() {
                let of = |rater: usize| rated.iter().find(|r| r.rater == rater);
                if let (Some(a), Some(b)) = (of(a), of(b)) {
                    all.push((a.call, vec![(a.given, b.given, 1.0)]));
                }
            }
        }
        Comparison::Gold(rater) => {
            for rated in question.people.iter().filter(|r| r.rater == rater) {
                if let Some(gold) = question.gold.get(&rated.call) {
                    all.push((rated.call, vec![(rated.given, gold.given, 1.0)]));
                }
            }
        }
        Comparison::AutomaticPeople => {
            for rated in question.people_by_call() {
                if let Some(automatic) = question.automatic_on(rated[0].call) {
                    all.push((rated[0].call, shared_out(automatic, rated)));
                }
            }
        }
        Comparison::AutomaticGold => {
            for (&call, gold) in &question.gold {
                if let Some(automatic) = question.automatic_on(call) {
                    all.push((call, vec![(automatic, gold.given, 1.0)]));
                }
            }
        }
        Comparison::OwnPeople => {
            for rated in question.people_by_call() {
                let call = rated[0].call;
                if let Some(own) = question.own.iter().find(|r| r.call == call) {
                    all.push((call, shared_out(own.given, rated)));
                }
            }
        }
    }
    all
}

fn shared_out(one: Given, rated: &[crate::calibration::base::Rated]) -> Pairs {
    let weight = 1.0 / rated.len() as f64;
    rated.iter().map(|r| (one, r.given, weight)).collect()
}

/// Calls whose pairs look alike, put together; coefficients follow from the cells of the table of
/// two sides.
pub struct Cells {
    /// Two raters; one pattern per cell that occurs.
    table: RatingTable,
    prepared: Prepared,
    /// Distinct calls: cells with their weights.
    calls: Vec<Vec<(usize, f64)>>,
    /// The same with the places of both answers.
    placed: Vec<Vec<(usize, usize, f64)>>,
    /// How many calls look so.
    pub counts: Vec<u64>,
}

impl Cells {
    /// `calls` has the values of both sides and the weight for each pair of each call.
    pub fn new(
        categories: &[f64],
        scale: Scale,
        calls: impl Iterator<Item = Vec<(f64, f64, f64)>>,
    ) -> Self {
        let calls: Vec<Vec<(f64, f64, f64)>> = calls.filter(|pairs| !pairs.is_empty()).collect();
        let rows: Vec<Vec<Option<f64>>> = calls
            .iter()
            .flatten()
            .map(|(a, b, _)| vec![Some(*a), Some(*b)])
            .collect();
        let table = RatingTable::new(categories, &rows);
        let place = |value: f64| table.categories.partition_point(|c| *c < value) as u16;
        let cell = |a: f64, b: f64| {
            let pattern = vec![Some(place(a)), Some(place(b))];
            let found = table.patterns.binary_search(&pattern);
            found.expect("each pair was put into the table")
        };
        let mut alike: BTreeMap<Vec<(usize, u64)>, u64> = BTreeMap::new();
        for pairs in &calls {
            let mut cells: BTreeMap<usize, f64> = BTreeMap::new();
            for (a, b, weight) in pairs {
                *cells.entry(cell(*a, *b)).or_default() += weight;
            }
            let key = cells.into_iter().map(|(c, w)| (c, w.to_bits())).collect();
            *alike.entry(key).or_default() += 1;
        }
        let prepared = Prepared::new(&table, scale);
        let (calls, counts): (Vec<Vec<(usize, f64)>>, Vec<u64>) = alike
            .into_iter()
            .map(|(cells, n)| {
                let cells = cells.into_iter().map(|(c, w)| (c, f64::from_bits(w)));
                (cells.collect(), n)
            })
            .unzip();
        let answers = |cell: usize| {
            let answer = |side: usize| table.patterns[cell][side].map_or(0, usize::from);
            (answer(0), answer(1))
        };
        let placed = calls
            .iter()
            .map(|cells| {
                let cells = cells.iter().map(|(cell, weight)| (answers(*cell), weight));
                cells.map(|((a, b), weight)| (a, b, *weight)).collect()
            })
            .collect();
        Self {
            table,
            prepared,
            calls,
            placed,
            counts,
        }
    }

    /// Weights of the cells, from how often each distinct call is there.
    pub fn weights(&self, calls: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0; self.table.patterns.len()];
        for (cells, n) in self.calls.iter().zip(calls) {
            if *n > 0.0 {
                for (cell, weight) in cells {
                    weights[*cell] += n * weight;
                }
            }
        }
        weights
    }

    /// The calls as the guard of intervals looks at them.
    pub fn paired(&self) -> PairedCalls<'_> {
        PairedCalls {
            categories: self.table.categories.len(),
            calls: &self.placed,
            counts: &self.counts,
        }
    }

    pub fn table(&self) -> &RatingTable {
        &self.table
    }

    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Weight of the cells in which the sides say these values.
    pub fn cell(&self, weights: &[f64], a: f64, b: f64) -> f64 {
        let value = |place: Option<u16>| place.map(|p| self.table.categories[usize::from(p)]);
        let rows = self.table.patterns.iter().zip(weights);
        rows.filter(|(row, _)| value(row[0]) == Some(a) && value(row[1]) == Some(b))
            .map(|(_, weight)| *weight)
            .sum()
    }
}
