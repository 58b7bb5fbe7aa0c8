//! Intervals of agreement: where a bootstrap is known to fail it is refused or replaced, and said
//! so.
//!
//! The bounds are those of a simulation, `benches/coverage.rs`. What it found:
//!
//! - Kappa, Fleiss' kappa and alpha hang on the rarer answers. Their intervals cover far too seldom
//!   until raters agreed on one a few times; how often it was given, or the number of calls, tells
//!   less. Under [`MIN_AGREED`] they are refused. Percent agreement, Brennan and Prediger's
//!   coefficient and AC1 cover well whatever the prevalence.
//! - Figures that weigh a disagreement by its size hang on the few large ones, of which a sample
//!   may have none. Under so many disagreements ([`MIN_WEIGHED`], [`MIN_SQUARED`]) they are flagged.
//! - Without a disagreement every resample agrees too: the interval is replaced by an exact one.
//!   With few of them (under [`MIN_DISAGREEMENTS`]) it is wider than it need be, and flagged as such.
//! - Under [`MIN_PAIRS`] calls coverage is whatever it happens to be, and there is no interval.
//!
//! Left out: intervals of the indices of prevalence and bias, which cannot fall below 0 and so
//! have resamples on one side only.

use super::bootstrap::{Draws, over_patterns};
use super::proportion::{self, Part};
use crate::calibration::agreement::scores::{NEAR_POINTS, PreparedScores, ScoreFigure, ScoreTable};
use crate::calibration::agreement::{Coefficient, Coefficients, Prepared, RatingTable, Scale};
use crate::calibration::figure::{Caveat, Interval, MIN_PAIRS, Method};

/// An interval that hangs on the rarer answers is refused unless raters agreed, on so many calls,
/// that the answer is not the commonest one. A call with many raters counts by the share of its
/// pairs.
pub const MIN_AGREED: f64 = 3.0;

/// Calls with a disagreement under which an interval is wider than it need be.
pub const MIN_DISAGREEMENTS: u64 = 8;

/// Calls with a disagreement under which an interval that weighs it by its size covers too rarely.
pub const MIN_WEIGHED: u64 = 5;

/// The same for intervals that weigh it by the square of its size.
pub const MIN_SQUARED: u64 = 15;

/// Intervals of the coefficients of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreementIntervals {
    intervals: [Option<Interval>; Coefficient::COUNT],
    flags: [Option<Caveat>; Coefficient::COUNT],
}

impl std::ops::Index<Coefficient> for AgreementIntervals {
    type Output = Option<Interval>;

    fn index(&self, which: Coefficient) -> &Option<Interval> {
        &self.intervals[which as usize]
    }
}

impl AgreementIntervals {
    /// Why this interval is missing (`FewPairs`, `RareAnswer`), replaced (`PerfectAgreement`),
    /// wider than need be (`FewDisagreements`) or not to be trusted (`CoverageDoubtful`). `None`
    /// also where the figure has no value.
    pub fn flag(&self, which: Coefficient) -> Option<Caveat> {
        self.flags[which as usize]
    }

    /// The same but one.
    pub fn without(mut self, which: Coefficient) -> Self {
        self.intervals[which as usize] = None;
        self.flags[which as usize] = None;
        self
    }

    /// The flags of all coefficients, each once; beside them stand those of
    /// [`Prepared::caveats`].
    pub fn caveats(&self) -> Vec<Caveat> {
        let mut caveats: Vec<Caveat> = self.flags.iter().flatten().copied().collect();
        caveats.sort_unstable();
        caveats.dedup();
        caveats
    }
}

/// Intervals about this period's calls: calls are drawn, raters are those who rated. `name` says
/// which figures these are, and so which resamples. Under [`MIN_PAIRS`] calls of two or more
/// ratings only percent agreement has one.
pub fn agreement_intervals(
    table: &RatingTable,
    scale: Scale,
    seed: u64,
    name: &str,
) -> AgreementIntervals {
    // Only Cohen's kappa, of two, asks who said what; without it patterns are few.
    let anonymous;
    let table = if table.raters > 2 {
        anonymous = table.anonymous();
        &anonymous
    } else {
        table
    };
    let prepared = Prepared::new(table, scale);
    guarded(
        &Seen::of(table),
        &table.counts,
        &|weights| prepared.coefficients(weights),
        scale,
        Draws::new(seed, name),
    )
}

/// Calls as pairs of answers of two sides.
pub struct PairedCalls<'a> {
    /// How many answers there are.
    pub categories: usize,
    /// Of each distinct call, its pairs: places of both answers, and the weight of the pair.
    pub calls: &'a [Vec<(usize, usize, f64)>],
    /// How many calls look so.
    pub counts: &'a [u64],
}

/// The same of two sides, where a call has several pairs: one side is many people, or several
/// questions are pooled. `figures` gets how often each distinct call is there.
pub fn paired_intervals(
    paired: &PairedCalls<'_>,
    figures: &(dyn Fn(&[f64]) -> Coefficients + Sync),
    scale: Scale,
    seed: u64,
    name: &str,
) -> AgreementIntervals {
    guarded(
        &Seen::of_pairs(paired),
        paired.counts,
        figures,
        scale,
        Draws::new(seed, name),
    )
}

fn guarded(
    seen: &Seen,
    counts: &[u64],
    figures: &(dyn Fn(&[f64]) -> Coefficients + Sync),
    scale: Scale,
    draws: Draws<'_>,
) -> AgreementIntervals {
    let as_counted: Vec<f64> = counts.iter().map(|n| *n as f64).collect();
    let values = figures(&as_counted);
    let mut found = AgreementIntervals {
        intervals: [None; Coefficient::COUNT],
        flags: [None; Coefficient::COUNT],
    };
    for which in Coefficient::ALL {
        if has_interval(which) && values[which].is_some() {
            found.flags[which as usize] = seen.flag(which, scale);
        }
    }
    let percent = Coefficient::PercentAgreement as usize;
    found.intervals[percent] = proportion::clustered(&seen.pairs);
    if seen.calls < MIN_PAIRS as u64 {
        return found;
    }

    let statistic = |weights: &[f64], to: &mut [Option<f64>; Coefficient::COUNT]| {
        *to = figures(weights).0;
    };
    let drawn = (seen.disagreements > 0).then(|| over_patterns(counts, draws, statistic));
    for which in Coefficient::ALL {
        let at = which as usize;
        if at == percent || !has_interval(which) || values[which].is_none() {
            continue;
        }
        found.intervals[at] = match (found.flags[at], &drawn) {
            (Some(Caveat::RareAnswer), _) => None,
            (_, None) => seen.replaced(which),
            (_, Some(drawn)) => drawn[at].ok(),
        };
        // What has a value and no interval never goes without a word.
        if found.intervals[at].is_none() && found.flags[at].is_none() {
            found.flags[at] = Some(Caveat::CoverageDoubtful);
        }
    }
    found
}

/// Calls under which intervals of scores are flagged.
pub const MIN_SCORED: u64 = 50;

/// Intervals of the figures of scores, in the order of [`ScoreFigure::ALL`], about this period's
/// calls. None under [`MIN_PAIRS`] calls that a figure counts, but of the share of near scores.
/// In a simulation with two and four raters they hold the truth in 92 to 96 of 100 sets from
/// [`MIN_SCORED`] calls, and in 90 to 94 under them: then [`Caveat::CoverageDoubtful`] comes too.
pub fn score_intervals(
    table: &ScoreTable,
    seed: u64,
    name: &str,
) -> ([Option<Interval>; ScoreFigure::COUNT], Option<Caveat>) {
    let prepared = PreparedScores::new(table);
    let statistic = |weights: &[f64], to: &mut [Option<f64>; ScoreFigure::COUNT]| {
        *to = prepared.figures(weights).0;
    };
    let rows = || table.patterns.iter().zip(&table.counts);
    let scored = |least: usize| -> u64 {
        let rows = rows().filter(|(row, _)| row.iter().flatten().count() >= least);
        rows.map(|(_, n)| *n).sum()
    };
    let (paired, by_all) = (scored(2), scored(table.raters.max(2)));
    let drawn = (paired >= MIN_PAIRS as u64)
        .then(|| over_patterns(&table.counts, Draws::new(seed, name), statistic));
    let near: Vec<Part> = rows()
        .filter_map(|(row, n)| Some((share_near(row)?, *n)))
        .flat_map(|(hits, n)| std::iter::repeat_n(Part { hits, of: 1.0 }, n as usize))
        .collect();
    let mut found = [None; ScoreFigure::COUNT];
    for (at, which) in ScoreFigure::ALL.into_iter().enumerate() {
        let calls = match which {
            ScoreFigure::MeanAbsolute => paired,
            _ => by_all,
        };
        found[at] = match (which, &drawn) {
            (ScoreFigure::Near, _) => proportion::clustered(&near),
            (_, Some(drawn)) if calls >= MIN_PAIRS as u64 => drawn[at].ok(),
            _ => None,
        };
    }
    let few = drawn.is_some() && by_all < MIN_SCORED;
    (found, few.then_some(Caveat::CoverageDoubtful))
}

/// Share of the pairs of one call that are near; `None` with one score.
fn share_near(row: &[Option<f64>]) -> Option<f64> {
    /// Scores are sums of rounded shares: so small a difference is none.
    const ROUNDING: f64 = 1e-9;
    let points: Vec<f64> = row.iter().flatten().copied().collect();
    let (mut near, mut pairs) = (0.0, 0.0);
    for (at, a) in points.iter().enumerate() {
        for b in &points[at + 1..] {
            near += f64::from((a - b).abs() <= NEAR_POINTS + ROUNDING);
            pairs += 1.0;
        }
    }
    (pairs > 0.0).then(|| near / pairs)
}

/// What the guards look at: calls that two or more rated.
struct Seen {
    calls: u64,
    /// Each call's share of pairs that agree.
    pairs: Vec<Part>,
    /// Share of each answer: means over calls.
    shares: Vec<f64>,
    /// Calls with each answer by anyone.
    with: Vec<u64>,
    /// The commonest answer; of equals the first.
    commonest: usize,
    /// Calls on which raters agree that the answer is not the commonest, by share of pairs.
    agreed_other: f64,
    /// Calls with two or more different answers.
    disagreements: u64,
}

impl Seen {
    fn of(table: &RatingTable) -> Self {
        let q = table.categories.len();
        let mut seen = Self::none(q);
        let mut given = vec![0.0; q];
        let mut rows = Vec::new();
        for (row, &n) in table.patterns.iter().zip(&table.counts) {
            given.fill(0.0);
            for answer in row.iter().flatten() {
                given[usize::from(*answer)] += 1.0;
            }
            let r: f64 = given.iter().sum();
            if r < 2.0 || n == 0 {
                continue;
            }
            let same: f64 = given.iter().map(|k| k * (k - 1.0)).sum();
            let hits = same / (r * (r - 1.0));
            if given.iter().filter(|k| **k > 0.0).count() > 1 {
                seen.disagreements += n;
            }
            seen.pairs
                .extend(std::iter::repeat_n(Part { hits, of: 1.0 }, n as usize));
            seen.calls += n;
            for (answer, k) in given.iter().enumerate().filter(|(_, k)| **k > 0.0) {
                seen.shares[answer] += n as f64 * k / r;
                seen.with[answer] += n;
            }
            rows.push((given.clone(), r, n as f64));
        }
        seen.find_commonest();
        for (given, r, n) in rows {
            let other = r - given[seen.commonest];
            seen.agreed_other += n * other * (other - 1.0) / (r * (r - 1.0));
        }
        seen.with_mean_shares()
    }

    /// No call yet, of so many answers.
    fn none(answers: usize) -> Self {
        Self {
            calls: 0,
            pairs: Vec::new(),
            shares: vec![0.0; answers],
            with: vec![0; answers],
            commonest: 0,
            agreed_other: 0.0,
            disagreements: 0,
        }
    }

    fn find_commonest(&mut self) {
        for (answer, share) in self.shares.iter().enumerate() {
            if *share > self.shares[self.commonest] {
                self.commonest = answer;
            }
        }
    }

    /// Shares as means over calls, from their sums.
    fn with_mean_shares(mut self) -> Self {
        for share in &mut self.shares {
            *share /= (self.calls as f64).max(1.0);
        }
        self
    }

    fn of_pairs(paired: &PairedCalls<'_>) -> Self {
        let q = paired.categories;
        let mut seen = Self::none(q);
        let calls = || paired.calls.iter().zip(paired.counts);
        let mut has = vec![false; q];
        for (pairs, &n) in calls() {
            let of: f64 = pairs.iter().map(|(_, _, weight)| weight).sum();
            let same = pairs.iter().filter(|(a, b, _)| a == b);
            let hits: f64 = same.map(|(_, _, weight)| weight).sum();
            seen.disagreements += if pairs.iter().any(|(a, b, _)| a != b) {
                n
            } else {
                0
            };
            seen.pairs
                .extend(std::iter::repeat_n(Part { hits, of }, n as usize));
            seen.calls += n;
            has.fill(false);
            for (a, b, weight) in pairs {
                for answer in [*a, *b] {
                    seen.shares[answer] += n as f64 * weight / (2.0 * of);
                    has[answer] = true;
                }
            }
            for (with, _) in seen.with.iter_mut().zip(&has).filter(|(_, has)| **has) {
                *with += n;
            }
        }
        seen.find_commonest();
        let common = seen.commonest;
        for (pairs, &n) in calls() {
            let other = pairs
                .iter()
                .filter(|(a, b, _)| *a != common && *b != common);
            // A call counts once, however many of its questions are pooled.
            let weight: f64 = other.map(|(_, _, weight)| weight).sum();
            seen.agreed_other += n as f64 * weight.min(1.0);
        }
        seen.with_mean_shares()
    }

    /// What must be said of the interval of a figure that has a value.
    fn flag(&self, which: Coefficient, scale: Scale) -> Option<Caveat> {
        if self.calls < MIN_PAIRS as u64 {
            let missing = MIN_PAIRS - self.calls as usize;
            return Some(Caveat::FewPairs { missing });
        }
        if self.hangs_on_rarer(which) && self.agreed_other < MIN_AGREED {
            return Some(Caveat::RareAnswer);
        }
        if self.disagreements == 0 {
            return (self.calls > 0).then_some(Caveat::PerfectAgreement);
        }
        let graded = self.shares.len() > 2 && scale != Scale::Nominal;
        if graded && self.disagreements < least_disagreements(which) {
            return Some(Caveat::CoverageDoubtful);
        }
        let few = self.disagreements < MIN_DISAGREEMENTS;
        // Wilson's interval needs none.
        let percent = which == Coefficient::PercentAgreement;
        (few && !percent).then_some(Caveat::FewDisagreements)
    }

    /// Whether a figure's spread comes from the rarer answers.
    fn hangs_on_rarer(&self, which: Coefficient) -> bool {
        use Coefficient as C;
        match which {
            C::CohenKappa | C::CohenKappaLinear | C::CohenKappaQuadratic => true,
            C::FleissKappa | C::FleissKappaLinear | C::FleissKappaQuadratic => true,
            C::Alpha => true,
            C::NegativeAgreement => self.commonest == 1,
            C::PositiveAgreement => self.commonest == 0,
            _ => false,
        }
    }

    /// Without a disagreement: from the exact upper bound of the share of calls with one, at the
    /// chance agreement that was seen. A disagreement is taken to be as large as one by chance,
    /// so the weights of near answers do not matter.
    fn replaced(&self, which: Coefficient) -> Option<Interval> {
        Some(Interval {
            low: self.lower_end(which)?,
            high: 1.0,
            method: Method::ExactDisagreement,
        })
    }

    fn lower_end(&self, which: Coefficient) -> Option<f64> {
        use Coefficient as C;
        let apart = |calls: u64| proportion::exact(0, calls).map(|i| i.high);
        let q = self.shares.len() as f64;
        let mixed: f64 = self.shares.iter().map(|p| p * (1.0 - p)).sum();
        let by_chance = match which {
            C::NegativeAgreement | C::PositiveAgreement => {
                let answer = usize::from(which == C::PositiveAgreement);
                let apart = apart(*self.with.get(answer)?)?;
                return Some((2.0 - 2.0 * apart) / (2.0 - apart));
            }
            C::BrennanPrediger | C::BrennanPredigerLinear | C::BrennanPredigerQuadratic => {
                1.0 - 1.0 / q
            }
            C::Ac1 | C::Ac2Linear | C::Ac2Quadratic => 1.0 - mixed / (q - 1.0),
            _ => mixed,
        };
        let low = 1.0 - apart(self.calls)? / by_chance;
        low.is_finite().then(|| low.max(-1.0))
    }
}

fn has_interval(which: Coefficient) -> bool {
    !matches!(which, Coefficient::PrevalenceIndex | Coefficient::BiasIndex)
}

/// On a scale of more than two answers. Alpha weighs by squares there.
fn least_disagreements(which: Coefficient) -> u64 {
    use Coefficient as C;
    match which {
        C::CohenKappaLinear | C::FleissKappaLinear => MIN_WEIGHED,
        C::BrennanPredigerLinear | C::Ac2Linear => MIN_WEIGHED,
        C::CohenKappaQuadratic | C::FleissKappaQuadratic => MIN_SQUARED,
        C::BrennanPredigerQuadratic | C::Ac2Quadratic | C::Alpha => MIN_SQUARED,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows of two raters with how many calls show each.
    fn two(both_yes: u64, first: u64, second: u64, both_no: u64) -> RatingTable {
        let rows: [([Option<f64>; 2], u64); 4] = [
            ([Some(1.0), Some(1.0)], both_yes),
            ([Some(1.0), Some(0.0)], first),
            ([Some(0.0), Some(1.0)], second),
            ([Some(0.0), Some(0.0)], both_no),
        ];
        RatingTable::counted(
            &[0.0, 1.0],
            rows.iter().map(|(row, n)| (row.as_slice(), *n)),
        )
    }

    fn intervals(table: &RatingTable) -> AgreementIntervals {
        agreement_intervals(table, Scale::Nominal, 1, "test")
    }

    #[test]
    fn an_everyday_table_has_an_interval_around_every_coefficient() {
        let table = two(60, 6, 4, 30);
        let values = Prepared::new(&table, Scale::Nominal).coefficients(&table.weights());
        let found = intervals(&table);
        assert_eq!(found.caveats(), []);
        for which in Coefficient::ALL {
            match (values[which], found[which]) {
                (Some(value), Some(i)) => {
                    assert!(i.low < value && value < i.high, "{which:?} {value} {i:?}");
                    assert!(i.high - i.low < 0.4, "{which:?} {i:?}");
                }
                (None, None) => {}
                (Some(_), None) => assert!(matches!(
                    which,
                    Coefficient::PrevalenceIndex | Coefficient::BiasIndex
                )),
                (None, Some(_)) => panic!("{which:?} has no value"),
            }
        }
        // Kappa 0.780 with the asymptotic standard error of Fleiss, Cohen and Everitt 1969.
        let kappa = found[Coefficient::CohenKappa].expect("an interval");
        assert!(
            (kappa.low - 0.648).abs() < 0.03 && (kappa.high - 0.912).abs() < 0.03,
            "{kappa:?}"
        );
        assert_eq!(kappa.method, Method::Bootstrap);
    }

    /// 95 of 100 pass both raters and nobody agreed on a fail: the paradox of kappa.
    #[test]
    fn a_rare_answer_leaves_ac1_and_refuses_kappa() {
        let found = intervals(&two(95, 3, 2, 0));
        assert_eq!(
            found.caveats(),
            [Caveat::RareAnswer, Caveat::FewDisagreements]
        );
        assert_eq!(found.flag(Coefficient::Ac1), Some(Caveat::FewDisagreements));
        assert!(found[Coefficient::Ac1].is_some());
        for refused in [
            Coefficient::CohenKappa,
            Coefficient::FleissKappa,
            Coefficient::Alpha,
            Coefficient::NegativeAgreement,
        ] {
            assert_eq!(found[refused], None, "{refused:?}");
        }
        for given in [
            Coefficient::PercentAgreement,
            Coefficient::PositiveAgreement,
            Coefficient::Ac1,
        ] {
            let i = found[given].expect("an interval");
            assert!(i.low > 0.85 && i.high < 1.0, "{given:?} {i:?}");
        }
        assert!(intervals(&two(95, 5, 3, 3)).caveats().is_empty());
    }

    #[test]
    fn perfect_agreement_has_an_exact_lower_end() {
        let found = intervals(&two(60, 0, 0, 40));
        assert_eq!(found.caveats(), [Caveat::PerfectAgreement]);
        // At most 1 - 0.025^(1/100) of the calls disagree; by chance 0.48 would.
        let apart = 1.0 - 0.025_f64.powf(0.01);
        for (which, chance) in [
            (Coefficient::CohenKappa, 0.48),
            (Coefficient::Alpha, 0.48),
            (Coefficient::BrennanPrediger, 0.5),
            (Coefficient::Ac1, 0.52),
        ] {
            let i = found[which].expect("an interval");
            assert!(
                (i.low - (1.0 - apart / chance)).abs() < 1e-9,
                "{which:?} {i:?}"
            );
            assert_eq!((i.high, i.method), (1.0, Method::ExactDisagreement));
        }
        let percent = found[Coefficient::PercentAgreement].expect("an interval");
        assert!(percent.low > 0.95 && percent.high == 1.0);

        // One answer alone: agreement by chance is certain, and only the others have a figure.
        let same = intervals(&two(100, 0, 0, 0));
        assert_eq!(same.caveats(), [Caveat::PerfectAgreement]);
        assert_eq!(same[Coefficient::CohenKappa], None);
        assert!(same[Coefficient::Ac1].is_some_and(|i| i.low > 0.95));
    }

    #[test]
    fn few_calls_have_only_percent_agreement() {
        let found = intervals(&two(8, 1, 1, 9));
        assert!(found[Coefficient::PercentAgreement].is_some());
        for which in Coefficient::ALL {
            assert!(which == Coefficient::PercentAgreement || found[which].is_none());
        }
        assert_eq!(found.caveats(), [Caveat::FewPairs { missing: 1 }]);
        let nothing = intervals(&RatingTable::new(&[0.0, 1.0], &[]));
        assert_eq!(nothing.intervals, [None; Coefficient::COUNT]);
        assert_eq!(nothing.caveats(), []);
    }

    /// 60 calls on a scale of five points, of which these are one point apart.
    fn points(apart: u64) -> RatingTable {
        let rows: Vec<([Option<f64>; 2], u64)> = (1..=5)
            .map(|n| ([Some(f64::from(n)); 2], 12 - apart / 5))
            .chain((1..=5).map(|n| ([Some(f64::from(n)), Some(f64::from(n % 5 + 1))], apart / 5)))
            .collect();
        RatingTable::counted(&[], rows.iter().map(|(row, n)| (row.as_slice(), *n)))
    }

    #[test]
    fn few_disagreements_flag_what_weighs_their_size() {
        let found = agreement_intervals(&points(5), Scale::Ordinal, 1, "test");
        for (which, flag) in [
            (Coefficient::Alpha, Some(Caveat::CoverageDoubtful)),
            (Coefficient::Ac2Quadratic, Some(Caveat::CoverageDoubtful)),
            (
                Coefficient::CohenKappaLinear,
                Some(Caveat::FewDisagreements),
            ),
            (Coefficient::CohenKappa, Some(Caveat::FewDisagreements)),
        ] {
            assert!(found[which].is_some());
            assert_eq!(found.flag(which), flag, "{which:?}");
        }
        let nominal = agreement_intervals(&points(5), Scale::Nominal, 1, "test");
        assert_eq!(nominal.caveats(), [Caveat::FewDisagreements]);
        assert_eq!(
            intervals(&two(60, 4, 3, 40)).caveats(),
            [Caveat::FewDisagreements]
        );
        let more = agreement_intervals(&points(20), Scale::Ordinal, 1, "test");
        assert_eq!(more.caveats(), []);
    }

    #[test]
    fn scores_have_intervals_and_equal_ones_only_of_their_share() {
        let rows: Vec<Vec<Option<f64>>> = (0..40)
            .map(|i| {
                let call = f64::from(i * 37 % 50) + 40.0;
                vec![Some(call), Some(call + f64::from(i % 7) - 2.0)]
            })
            .collect();
        let (found, caveat) = score_intervals(&ScoreTable::new(&rows), 1, "scores");
        assert_eq!(caveat, Some(Caveat::CoverageDoubtful));
        assert!(found.iter().all(Option::is_some), "{found:?}");
        assert_eq!(found[9].map(|i| i.method), Some(Method::Clustered));

        let equal = vec![vec![Some(80.0), Some(80.0)]; 40];
        let (found, _) = score_intervals(&ScoreTable::new(&equal), 1, "scores");
        assert!(found[..9].iter().all(Option::is_none), "{found:?}");
        assert!(found[9].is_some_and(|i| i.high == 1.0 && i.low > 0.9));
    }

    proptest! {
        #[test]
        fn what_has_a_value_has_an_interval_or_a_reason(
            answers in prop::collection::vec((prop::collection::vec(prop::option::of(0..4_u8), 3), 1..30_u64), 1..12),
            ordinal: bool,
        ) {
            let rows: Vec<(Vec<Option<f64>>, u64)> = answers
                .into_iter()
                .map(|(row, n)| (row.into_iter().map(|a| a.map(f64::from)).collect(), n))
                .collect();
            let table = RatingTable::counted(&[], rows.iter().map(|(row, n)| (row.as_slice(), *n)));
            let scale = if ordinal { Scale::Ordinal } else { Scale::Nominal };
            let values = Prepared::new(&table, scale).coefficients(&table.weights());
            let found = agreement_intervals(&table, scale, 1, "property");
            for which in Coefficient::ALL.into_iter().filter(|c| has_interval(*c)) {
                match found[which] {
                    Some(i) => prop_assert!(i.low.is_finite() && i.low <= i.high && i.high <= 1.0, "{which:?} {i:?}"),
                    None => prop_assert!(values[which].is_none() || found.flag(which).is_some()),
                }
            }
        }
    }

    #[test]
    fn calls_of_one_pair_each_have_the_same_intervals_either_way() {
        for table in [
            two(40, 6, 9, 25),
            two(90, 3, 2, 0),
            two(30, 0, 0, 10),
            two(5, 1, 0, 3),
        ] {
            let prepared = Prepared::new(&table, Scale::Nominal);
            let place = |answer: Option<u16>| usize::from(answer.expect("both rated"));
            let pair = |row: &Vec<Option<u16>>| vec![(place(row[0]), place(row[1]), 1.0)];
            let calls: Vec<_> = table.patterns.iter().map(pair).collect();
            let paired = PairedCalls {
                categories: 2,
                calls: &calls,
                counts: &table.counts,
            };
            let figures = |weights: &[f64]| prepared.coefficients(weights);
            assert_eq!(
                paired_intervals(&paired, &figures, Scale::Nominal, 3, "same"),
                agreement_intervals(&table, Scale::Nominal, 3, "same")
            );
        }
    }

    #[test]
    fn a_call_that_many_rated_or_that_has_many_questions_counts_once() {
        // Ten calls, each with nine questions that both deny: not ninety, but ten.
        let calls = vec![
            vec![(0, 0, 9.0)],
            vec![(1, 1, 9.0)],
            vec![(1, 0, 3.0), (1, 1, 6.0)],
        ];
        let paired = PairedCalls {
            categories: 2,
            calls: &calls,
            counts: &[2, 30, 10],
        };
        let seen = Seen::of_pairs(&paired);
        assert_eq!(
            (seen.calls, seen.disagreements, seen.commonest),
            (42, 10, 1)
        );
        assert_eq!(seen.agreed_other, 2.0);
        let table = RatingTable::new(&[0.0, 1.0], &[vec![Some(0.0); 2], vec![Some(1.0); 2]]);
        let prepared = Prepared::new(&table, Scale::Nominal);
        let figures = |weights: &[f64]| {
            prepared.coefficients(&[9.0 * weights[0], 9.0 * weights[1] + 6.0 * weights[2]])
        };
        let found = paired_intervals(&paired, &figures, Scale::Nominal, 1, "once");
        assert_eq!(found.flag(Coefficient::Alpha), Some(Caveat::RareAnswer));
    }
}
