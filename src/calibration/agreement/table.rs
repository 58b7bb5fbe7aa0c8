//! Answers of several raters to one question, calls that look alike put together.
//!
//! Ten thousand calls of five raters and a yes/no question show at most 243 patterns: every
//! figure is a sum over patterns, and calls drawn again are only other weights.

use std::collections::BTreeMap;

/// What a question's answers are, and so what a distance between two of them means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Names: two answers are equal or not.
    Nominal,
    /// In order, with no distance: ranks count.
    Ordinal,
    /// Numbers whose differences mean something.
    Interval,
    /// Numbers from 0 up, whose ratios mean something.
    Ratio,
}

/// Answers of several raters to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct RatingTable {
    pub raters: usize,
    /// Value of each category, ascending; for nominal data any number that stands for it. With
    /// two, the second is *yes*.
    pub categories: Vec<f64>,
    /// Distinct rows, sorted: per rater the index of its category, or `None` where it did not
    /// rate. None of them is empty.
    pub patterns: Vec<Vec<Option<u16>>>,
    /// Calls of each pattern.
    pub counts: Vec<u64>,
}

impl RatingTable {
    /// One row per call: per rater its answer, or `None`. `categories` are those that the
    /// question has, used or not: some coefficients depend on how many there are. An answer
    /// beyond them adds its own; one that is no finite number is as if missing, and so are those
    /// beyond the first 65,536 categories.
    pub fn new(categories: &[f64], rows: &[Vec<Option<f64>>]) -> Self {
        Self::counted(categories, rows.iter().map(|row| (row.as_slice(), 1)))
    }

    /// As [`RatingTable::new`], of rows that stand for many calls each.
    pub fn counted<'r>(
        categories: &[f64],
        rows: impl IntoIterator<Item = (&'r [Option<f64>], u64)>,
    ) -> Self {
        // The sum takes the sign off a negative zero.
        let clean = |value: f64| value.is_finite().then_some(value + 0.0);
        let rows: Vec<(Vec<Option<f64>>, u64)> = rows
            .into_iter()
            .map(|(row, n)| (row.iter().map(|v| v.and_then(clean)).collect(), n))
            .collect();
        let used = rows.iter().flat_map(|(row, _)| row).flatten().copied();
        let mut categories: Vec<f64> = categories.iter().copied().filter_map(clean).collect();
        categories.extend(used);
        categories.sort_by(f64::total_cmp);
        categories.dedup();

        let raters = rows.iter().map(|(row, _)| row.len()).max().unwrap_or(0);
        let place = |value: f64| u16::try_from(categories.partition_point(|c| *c < value)).ok();
        let rows = rows.into_iter().map(|(row, n)| {
            let mut places: Vec<_> = row.into_iter().map(|v| v.and_then(place)).collect();
            places.resize(raters, None);
            (places, n)
        });
        Self::merged(raters, categories.clone(), rows)
    }

    fn merged(
        raters: usize,
        categories: Vec<f64>,
        rows: impl IntoIterator<Item = (Vec<Option<u16>>, u64)>,
    ) -> Self {
        let mut merged: BTreeMap<Vec<Option<u16>>, u64> = BTreeMap::new();
        for (row, n) in rows {
            if n > 0 && row.iter().any(Option::is_some) {
                *merged.entry(row).or_default() += n;
            }
        }
        let (patterns, counts) = merged.into_iter().unzip();
        Self {
            raters,
            categories,
            patterns,
            counts,
        }
    }

    /// Calls that anyone rated.
    pub fn calls(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Calls that two or more rated. Only these say anything of agreement; each is counted once,
    /// however many rated it.
    pub fn paired_calls(&self) -> u64 {
        let paired = |row: &[Option<u16>]| row.iter().flatten().count() >= 2;
        let rows = self.patterns.iter().zip(&self.counts);
        rows.filter(|(row, _)| paired(row)).map(|(_, n)| n).sum()
    }

    /// The counts as weights: what the figures of the calls themselves are computed with.
    pub fn weights(&self) -> Vec<f64> {
        self.counts.iter().map(|n| *n as f64).collect()
    }

    /// Ratings of each category.
    pub fn ratings(&self) -> Vec<u64> {
        let mut ratings = vec![0; self.categories.len()];
        for (row, n) in self.patterns.iter().zip(&self.counts) {
            for place in row.iter().flatten() {
                ratings[usize::from(*place)] += n;
            }
        }
        ratings
    }

    /// Two raters, on the calls that both rated, so that every figure of the pair follows from
    /// its table of counts. A place beyond the raters has rated nothing.
    pub fn pair(&self, first: usize, second: usize) -> Self {
        let answer = |row: &[Option<u16>], rater: usize| row.get(rater).copied().flatten();
        let rows = self
            .patterns
            .iter()
            .zip(&self.counts)
            .filter_map(|(row, n)| {
                let both = (answer(row, first)?, answer(row, second)?);
                Some((vec![Some(both.0), Some(both.1)], *n))
            });
        Self::merged(2, self.categories.clone(), rows)
    }

    /// The same answers without who gave which: far fewer patterns. All figures but those of
    /// two named raters (Cohen's kappa, bias) stay as they are.
    pub fn anonymous(&self) -> Self {
        let rows = self.patterns.iter().zip(&self.counts).map(|(row, n)| {
            let mut row = row.clone();
            row.sort_unstable_by(|a, b| b.cmp(a));
            (row, *n)
        });
        Self::merged(self.raters, self.categories.clone(), rows)
    }

    /// Of two raters, how many calls have the first's answer (row) and the second's (column);
    /// `None` of more or fewer raters.
    pub fn counts_of_two(&self) -> Option<Vec<Vec<u64>>> {
        if self.raters != 2 {
            return None;
        }
        let q = self.categories.len();
        let mut cells = vec![vec![0; q]; q];
        for (row, n) in self.patterns.iter().zip(&self.counts) {
            if let [Some(first), Some(second)] = row[..] {
                cells[usize::from(first)][usize::from(second)] += n;
            }
        }
        Some(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_rows_become_one_and_empty_ones_none() {
        let rows = [
            vec![Some(1.0), None],
            vec![Some(0.0), Some(1.0)],
            vec![None, None],
            vec![Some(1.0)],
            vec![Some(f64::NAN), Some(-0.0)],
        ];
        let table = RatingTable::new(&[0.0, 1.0, 2.0], &rows);
        assert_eq!(table.categories, [0.0, 1.0, 2.0]);
        assert_eq!(
            table.patterns,
            [
                vec![None, Some(0)],
                vec![Some(0), Some(1)],
                vec![Some(1), None]
            ]
        );
        assert_eq!(table.counts, [1, 1, 2]);
        assert_eq!((table.calls(), table.paired_calls()), (4, 1));
        assert_eq!(table.ratings(), [2, 3, 0]);
    }

    #[test]
    fn a_pair_has_only_the_calls_of_both() {
        let rows = [
            vec![Some(1.0), Some(0.0), Some(1.0)],
            vec![Some(1.0), None, Some(0.0)],
            vec![Some(1.0), Some(0.0), None],
        ];
        let pair = RatingTable::new(&[], &rows).pair(1, 0);
        assert_eq!(pair.patterns, [vec![Some(0), Some(1)]]);
        assert_eq!(pair.counts, [2]);
        assert_eq!(pair.counts_of_two(), Some(vec![vec![0, 2], vec![0, 0]]));
        assert_eq!(RatingTable::new(&[], &rows).pair(1, 7).calls(), 0);
    }
}
