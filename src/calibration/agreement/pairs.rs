//! Two raters and a yes/no question: the four counts, and who says *yes* more often.

use statrs::distribution::{Binomial, DiscreteCDF};

use super::table::RatingTable;

/// How often two raters said what, on the calls that both rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FourCounts {
    pub both_yes: u64,
    /// The first said *yes*, the second *no*.
    pub first_only: u64,
    pub second_only: u64,
    pub both_no: u64,
}

impl FourCounts {
    /// `None` unless the table is of two raters and two categories.
    pub fn of(table: &RatingTable) -> Option<Self> {
        if table.categories.len() != 2 {
            return None;
        }
        let cells = table.counts_of_two()?;
        Some(Self {
            both_yes: cells[1][1],
            first_only: cells[1][0],
            second_only: cells[0][1],
            both_no: cells[0][0],
        })
    }

    pub fn calls(&self) -> u64 {
        self.both_yes + self.first_only + self.second_only + self.both_no
    }

    /// Whether one of the two says *yes* more often: the exact two-sided test of McNemar (1947),
    /// a binomial one of the calls on which they differ. 1 where they never differ.
    pub fn mcnemar(&self) -> f64 {
        let differ = self.first_only + self.second_only;
        let fewer = self.first_only.min(self.second_only);
        // Of no trials at all nothing can be rare.
        Binomial::new(0.5, differ).map_or(1.0, |b| (2.0 * b.cdf(fewer)).min(1.0))
    }
}
