//! Whose ratings can be compared: raters who answered the same question of the same call, or are
//! linked by others who did.

use std::collections::{BTreeMap, BTreeSet};

use super::{Observation, Sets, calls, cells, in_order};

/// Which raters can be compared with which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    /// Raters within a group can be compared with one another, those of different groups cannot.
    /// The largest group first, then the one with the lowest rater; raters in order. A group of
    /// one is a rater who shares nothing.
    pub groups: Vec<Vec<usize>>,
    pub raters: BTreeMap<usize, Overlap>,
    /// Calls of which no question was answered by two raters: they compare nobody.
    pub calls_alone: usize,
    pub calls_shared: usize,
}

/// What a rater has in common with others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overlap {
    /// Place in [`Connections::groups`].
    pub group: usize,
    pub ratings: usize,
    pub calls: usize,
    /// Ratings of a question of a call that someone else answered too.
    pub shared_ratings: usize,
    /// Calls with at least one of these.
    pub shared_calls: usize,
}

impl Connections {
    pub fn of(observations: &[Observation]) -> Self {
        let ordered = in_order(observations);
        let mut raters: BTreeMap<usize, Overlap> = BTreeMap::new();
        let mut sets = Sets::new(ordered.iter().map(|o| o.rater + 1).max().unwrap_or(0));
        let (mut calls_alone, mut calls_shared) = (0, 0);
        for call in calls(&ordered) {
            let mut here: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
            for cell in cells(call) {
                for o in cell {
                    let (ratings, shared) = here.entry(o.rater).or_default();
                    *ratings += 1;
                    *shared += usize::from(cell.len() > 1);
                    sets.join(cell[0].rater, o.rater);
                }
            }
            for (&rater, &(ratings, shared)) in &here {
                let overlap = raters.entry(rater).or_default();
                overlap.ratings += ratings;
                overlap.calls += 1;
                overlap.shared_ratings += shared;
                overlap.shared_calls += usize::from(shared > 0);
            }
            match here.values().any(|&(_, shared)| shared > 0) {
                true => calls_shared += 1,
                false => calls_alone += 1,
            }
        }
        let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &rater in raters.keys() {
            by_root.entry(sets.root(rater)).or_default().push(rater);
        }
        let mut groups: Vec<Vec<usize>> = by_root.into_values().collect();
        groups.sort_by_key(|raters| std::cmp::Reverse(raters.len()));
        for (place, group) in groups.iter().enumerate() {
            for rater in group {
                raters.entry(*rater).or_default().group = place;
            }
        }
        Self {
            groups,
            raters,
            calls_alone,
            calls_shared,
        }
    }

    /// All raters can be compared with one another.
    pub fn is_connected(&self) -> bool {
        self.groups.len() <= 1
    }

    /// Raters who share nothing with anybody.
    pub fn alone(&self) -> BTreeSet<usize> {
        let single = self.groups.iter().filter(|raters| raters.len() == 1);
        single.flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(call: usize, question: usize, rater: usize) -> Observation {
        Observation {
            call,
            question,
            rater,
            points: 1.0,
            pass: Some(true),
            week: 0,
        }
    }

    #[test]
    fn raters_are_linked_by_answers_to_the_same_question_of_a_call() {
        let all = [
            rating(0, 0, 0),
            rating(0, 0, 3),
            rating(1, 1, 3),
            rating(1, 1, 5),
            // The same call, but another question.
            rating(1, 2, 1),
            rating(2, 0, 1),
            rating(3, 0, 2),
            rating(3, 0, 4),
            // Counted once.
            rating(3, 0, 4),
        ];
        let found = Connections::of(&all);
        assert_eq!(found.groups, [vec![0, 3, 5], vec![2, 4], vec![1]]);
        assert_eq!(found.alone(), BTreeSet::from([1]));
        assert!(!found.is_connected());
        assert_eq!((found.calls_shared, found.calls_alone), (3, 1));
        assert_eq!(
            found.raters[&3],
            Overlap {
                group: 0,
                ratings: 2,
                calls: 2,
                shared_ratings: 2,
                shared_calls: 2
            }
        );
        assert_eq!(found.raters[&1].shared_calls, 0);
        assert_eq!(found.raters[&4].ratings, 1);
        assert!(Connections::of(&[]).is_connected());
    }
}
