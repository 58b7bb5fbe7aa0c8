//! The second opinion on severity: a many-facet Rasch model for pass and fail (Linacre 1994;
//! Eckes 2015), fitted by conditional maximum likelihood.
//!
//! `logit P(pass) = ability of the cell − severity of the rater`, where a cell is one question of
//! one call. A cell has few ratings, so joint maximum likelihood, as common software does it,
//! overstates severities by about `k / (k − 1)` for `k` raters a cell: by two for pairs (Andersen
//! 1973). Here the cell's own parameter is conditioned out through its number of passes
//! (elementary symmetric functions): consistent, and nothing needs to be assumed about questions,
//! agents or calls. Only cells on which raters disagree say anything.
//!
//! Severities are log-odds of *fail*, positive is strict, and add up to 0 within a group. Standard
//! errors take calls as clusters. Infit and outfit come from the conditional residuals (Müller
//! 2020).
//!
//! By simulation (`coverage` below), the intervals cover 95 to 97 of 100 planted severities from 30
//! calls of 9 questions on.
//!
//! Left out: partial credit (points between none and all; see [`super::additive`]), and the
//! abilities of agents and difficulties of questions, which this way cannot and need not be told.

use std::collections::{BTreeMap, BTreeSet};

use super::dense::{Cholesky, Square};
use super::{Observation, cells, clustered, in_order};
use crate::calibration::figure::{Caveat, Estimate};

/// Cells on which a rater must disagree with others to be fitted.
pub const MIN_DISCORDANT: usize = 10;
/// Calls with such a cell under which an interval is not to be trusted (by simulation).
pub const MIN_DISCORDANT_CALLS: usize = 10;

/// The model, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Rasch {
    /// Raters of different groups cannot be compared. The largest group first.
    pub groups: Vec<RaschGroup>,
    /// Raters that the data do not carry, and why.
    pub left_out: BTreeMap<usize, Reason>,
}

/// Why a rater has no severity in log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody else answered the same question of the same call.
    NotConnected,
    /// Never disagreed with anyone.
    NoDiscordance,
    /// Disagreed on fewer cells than [`MIN_DISCORDANT`].
    FewDiscordant { missing: usize },
    /// All disagreements with some of the others go one way, and none leads back in steps: no
    /// finite estimate.
    OneSided,
    /// The likelihood's top was not found.
    NotConverged,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::NotConnected => "not_connected",
            Reason::NoDiscordance => "no_discordance",
            Reason::FewDiscordant { .. } => "few_discordant",
            Reason::OneSided => "one_sided",
            Reason::NotConverged => "not_converged",
        }
    }
}

/// Raters compared with one another.
#[derive(Debug, Clone, PartialEq)]
pub struct RaschGroup {
    /// By rater.
    pub raters: Vec<RaschRater>,
    pub discordant_cells: usize,
    pub discordant_calls: usize,
    /// `None` for two raters.
    pub separation: Option<Separation>,
}

/// A rater's severity in log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct RaschRater {
    pub rater: usize,
    pub severity: Estimate,
    /// Clustered by call.
    pub standard_error: f64,
    /// As if cells of a call had nothing in common. Where the other is much larger, raters rate
    /// calls as a whole (halo).
    pub model_standard_error: f64,
    pub discordant_cells: usize,
    pub discordant_calls: usize,
    /// Mean square of the residuals, weighted by information; 1 is expected, above is erratic,
    /// below is more regular than chance allows. `None` for two raters, where it can only be 1.
    pub infit: Option<f64>,
    /// The same unweighted: moved by single surprising answers.
    pub outfit: Option<f64>,
    pub caveats: Vec<Caveat>,
}

/// Whether raters differ by more than errors of estimation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separation {
    /// Spread of true severities over the error of one: `G`.
    pub separation: f64,
    /// Levels of severity that can be told apart: `(4 G + 1) / 3`.
    pub strata: f64,
    /// Share of the variance of severities that is real, `G² / (1 + G²)`. High means that raters
    /// are *not* interchangeable.
    pub reliability: f64,
}

/// Fits the model to the ratings that have a binary view.
pub fn rasch(observations: &[Observation]) -> Rasch {
    let ordered = in_order(observations);
    let binary: Vec<Cell> = cells(&ordered)
        .map(|cell| Cell {
            call: cell[0].call,
            answers: (cell.iter())
                .filter_map(|o| Some((o.rater, o.pass?)))
                .collect(),
        })
        .filter(|cell| !cell.answers.is_empty())
        .collect();
    let (sets, mut left_out) = estimable(&binary);
    let mut groups = Vec::new();
    for set in sets {
        match Group::of(&binary, &set).fit() {
            Some(group) => groups.push(group),
            None => left_out.extend(set.iter().map(|&rater| (rater, Reason::NotConverged))),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.raters.len()));
    Rasch { groups, left_out }
}

/// The answers to one question of one call.
struct Cell {
    call: usize,
    /// Rater and pass.
    answers: Vec<(usize, bool)>,
}

impl Cell {
    /// The answers of these raters, if they disagree.
    fn discordant(&self, among: &BTreeSet<usize>) -> Option<Vec<(usize, bool)>> {
        let answers: Vec<(usize, bool)> = (self.answers.iter())
            .filter(|(rater, _)| among.contains(rater))
            .copied()
            .collect();
        let first = answers.first()?.1;
        answers.iter().any(|a| a.1 != first).then_some(answers)
    }
}

/// Largest sets of raters for whom the likelihood has its top at finite values: within a set,
/// each passes what each other fails, directly or in steps (Fischer 1981), and each disagrees on
/// [`MIN_DISCORDANT`] cells at least. Then the others.
fn estimable(cells: &[Cell]) -> (Vec<BTreeSet<usize>>, BTreeMap<usize, Reason>) {
    let all: BTreeSet<usize> = (cells.iter())
        .flat_map(|cell| cell.answers.iter().map(|a| a.0))
        .collect();
    let shared: BTreeSet<usize> = (cells.iter().filter(|cell| cell.answers.len() > 1))
        .flat_map(|cell| cell.answers.iter().map(|a| a.0))
        .collect();
    let mut left_out: BTreeMap<usize, Reason> = (all.difference(&shared))
        .map(|&rater| (rater, Reason::NotConnected))
        .collect();
    let mut open = vec![shared];
    let mut found = Vec::new();
    // A set is split, or loses raters, until it keeps all; what was lost never comes back.
    while let Some(set) = open.pop() {
        let disagreements = Disagreements::of(cells, &set);
        let few: BTreeSet<usize> = (set.iter().copied())
            .filter(|rater| disagreements.cells(*rater) < MIN_DISCORDANT)
            .collect();
        for &rater in &few {
            let reason = match disagreements.cells(rater) {
                0 => Reason::NoDiscordance,
                found => Reason::FewDiscordant {
                    missing: MIN_DISCORDANT - found,
                },
            };
            left_out.insert(rater, reason);
        }
        if !few.is_empty() {
            open.push(set.difference(&few).copied().collect());
            continue;
        }
        let parts = disagreements.mutual(&set);
        match parts.as_slice() {
            [] => {}
            [_] => found.push(set),
            _ => {
                for part in parts {
                    match part.first() {
                        Some(&rater) if part.len() == 1 => {
                            left_out.insert(rater, Reason::OneSided);
                        }
                        _ => open.push(part),
                    }
                }
            }
        }
    }
    found.sort();
    (found, left_out)
}

/// Who passed what others failed.
struct Disagreements {
    cells: BTreeMap<usize, usize>,
    /// Pairs (passed, failed).
    pairs: BTreeSet<(usize, usize)>,
}

impl Disagreements {
    fn of(cells: &[Cell], among: &BTreeSet<usize>) -> Self {
        let mut found = Self {
            cells: BTreeMap::new(),
            pairs: BTreeSet::new(),
        };
        for answers in cells.iter().filter_map(|cell| cell.discordant(among)) {
            for &(rater, pass) in &answers {
                *found.cells.entry(rater).or_default() += 1;
                let failed = answers.iter().filter(|other| pass && !other.1);
                found.pairs.extend(failed.map(|other| (rater, other.0)));
            }
        }
        found
    }

    fn cells(&self, rater: usize) -> usize {
        self.cells.get(&rater).copied().unwrap_or(0)
    }

    /// Raters from whom each other of the part can be reached both ways.
    fn mutual(&self, among: &BTreeSet<usize>) -> Vec<BTreeSet<usize>> {
        let reach: BTreeMap<usize, BTreeSet<usize>> = among
            .iter()
            .map(|&rater| (rater, self.reach(rater)))
            .collect();
        let mut parts: Vec<BTreeSet<usize>> = Vec::new();
        for &rater in among {
            if parts.iter().any(|part| part.contains(&rater)) {
                continue;
            }
            let back = reach[&rater]
                .iter()
                .filter(|other| reach[other].contains(&rater));
            parts.push(back.copied().collect());
        }
        parts
    }

    fn reach(&self, from: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for &(_, next) in self.pairs.range((at, 0)..=(at, usize::MAX)) {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached
    }
}

/// Discordant cells of one set of raters, with places instead of names.
struct Group {
    raters: Vec<usize>,
    /// Cells that look alike but for who passed: the raters, the number of passes, how many.
    alike: Vec<(Vec<usize>, usize, u64)>,
    cells: Vec<Discordant>,
}

struct Discordant {
    call: usize,
    /// Place in [`Group::alike`].
    alike: usize,
    passes: Vec<bool>,
}

/// Expected passes and their covariance, given the number of passes of the cell.
struct Moments {
    expected: Vec<f64>,
    covariance: Square,
}

impl Group {
    fn of(cells: &[Cell], set: &BTreeSet<usize>) -> Self {
        let raters: Vec<usize> = set.iter().copied().collect();
        let place: BTreeMap<usize, usize> = raters
            .iter()
            .enumerate()
            .map(|(place, &r)| (r, place))
            .collect();
        let mut kinds: BTreeMap<(Vec<usize>, usize), u64> = BTreeMap::new();
        let mut keyed = Vec::new();
        for cell in cells {
            let Some(answers) = cell.discordant(set) else {
                continue;
            };
            let who: Vec<usize> = answers.iter().map(|a| place[&a.0]).collect();
            let passes: Vec<bool> = answers.iter().map(|a| a.1).collect();
            let key = (who, passes.iter().filter(|pass| **pass).count());
            *kinds.entry(key.clone()).or_default() += 1;
            keyed.push((cell.call, key, passes));
        }
        let number: BTreeMap<&(Vec<usize>, usize), usize> =
            kinds.keys().enumerate().map(|(n, key)| (key, n)).collect();
        Self {
            cells: (keyed.into_iter())
                .map(|(call, key, passes)| Discordant {
                    call,
                    alike: number[&key],
                    passes,
                })
                .collect(),
            alike: (kinds.iter())
                .map(|((who, passes), n)| (who.clone(), *passes, *n))
                .collect(),
            raters,
        }
    }

    /// `None` where the top of the likelihood is not found.
    fn fit(&self) -> Option<RaschGroup> {
        let severities = self.newton()?;
        let moments: Vec<Moments> = (self.alike.iter())
            .map(|(who, passes, _)| Moments::of(&pick(&severities, who), *passes))
            .collect();
        let (_, information) = self.slope(&moments);
        let factor = Cholesky::new(&self.fixed(information))?;
        let variance = self.variance(&factor, &moments);
        let few = self.raters.len() < 3;
        let fits = self.mean_squares(&moments);
        let mut calls: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.raters.len()];
        for cell in &self.cells {
            for &place in &self.alike[cell.alike].0 {
                calls[place].insert(cell.call);
            }
        }
        let raters: Vec<RaschRater> = (self.raters.iter().enumerate())
            .map(|(place, &rater)| {
                // Without the part that only fixes the sum to 0.
                let mut unit = vec![-1.0 / self.raters.len() as f64; self.raters.len()];
                unit[place] += 1.0;
                let mut solved = unit.clone();
                factor.solve(&mut solved);
                let model: f64 = unit.iter().zip(&solved).map(|(a, b)| a * b).sum();
                let standard_error = variance.at(place, place).max(0.0).sqrt();
                let value = severities[place];
                let calls = calls[place].len();
                RaschRater {
                    rater,
                    severity: Estimate {
                        value,
                        interval: clustered(value, standard_error, calls.saturating_sub(1)),
                    },
                    standard_error,
                    model_standard_error: model.max(0.0).sqrt(),
                    discordant_cells: fits[place].cells,
                    discordant_calls: calls,
                    infit: fits[place].infit().filter(|_| !few),
                    outfit: fits[place].outfit().filter(|_| !few),
                    caveats: (calls < MIN_DISCORDANT_CALLS)
                        .then_some(Caveat::CoverageDoubtful)
                        .into_iter()
                        .collect(),
                }
            })
            .collect();
        let all_calls: BTreeSet<usize> = self.cells.iter().map(|cell| cell.call).collect();
        Some(RaschGroup {
            separation: separation(&raters),
            raters,
            discordant_cells: self.cells.len(),
            discordant_calls: all_calls.len(),
        })
    }

    /// Newton's steps, halved where they would go down. The likelihood is concave.
    fn newton(&self) -> Option<Vec<f64>> {
        const MOST_STEPS: usize = 100;
        const CLOSE: f64 = 1e-10;
        let mut at = vec![0.0; self.raters.len()];
        let mut height = self.log_likelihood(&at);
        for _ in 0..MOST_STEPS {
            let moments: Vec<Moments> = (self.alike.iter())
                .map(|(who, passes, _)| Moments::of(&pick(&at, who), *passes))
                .collect();
            let (mut step, information) = self.slope(&moments);
            Cholesky::new(&self.fixed(information))?.solve(&mut step);
            let size = step.iter().fold(0.0_f64, |most, s| most.max(s.abs()));
            let mut scale = 1.0;
            loop {
                let next: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a + scale * s).collect();
                let there = self.log_likelihood(&next);
                if there >= height - 1e-12 * height.abs() {
                    (at, height) = (next, there);
                    break;
                }
                scale /= 2.0;
                if scale < 1e-8 {
                    return None;
                }
            }
            if size * scale < CLOSE {
                let mean = at.iter().sum::<f64>() / at.len() as f64;
                at.iter_mut().for_each(|s| *s -= mean);
                return at.iter().all(|s| s.is_finite()).then_some(at);
            }
        }
        None
    }

    fn log_likelihood(&self, severities: &[f64]) -> f64 {
        let passed: f64 = (self.cells.iter())
            .map(|cell| {
                let who = &self.alike[cell.alike].0;
                let passing = who.iter().zip(&cell.passes).filter(|(_, pass)| **pass);
                -passing.map(|(place, _)| severities[*place]).sum::<f64>()
            })
            .sum();
        let all: f64 = (self.alike.iter())
            .map(|(who, passes, n)| {
                let odds: Vec<f64> = who.iter().map(|k| (-severities[*k]).exp()).collect();
                *n as f64 * symmetric(&odds, *passes, &[]).ln()
            })
            .sum();
        passed - all
    }

    /// Slope and information of the log-likelihood in the severities.
    fn slope(&self, moments: &[Moments]) -> (Vec<f64>, Square) {
        let mut slope = vec![0.0; self.raters.len()];
        let mut information = Square::zero(self.raters.len());
        for cell in &self.cells {
            self.add_score(cell, moments, &mut slope);
        }
        for ((who, _, n), moments) in self.alike.iter().zip(moments) {
            for (a, &row) in who.iter().enumerate() {
                for (b, &column) in who.iter().enumerate() {
                    information.add(row, column, *n as f64 * moments.covariance.at(a, b));
                }
            }
        }
        (slope, information)
    }

    fn add_score(&self, cell: &Discordant, moments: &[Moments], score: &mut [f64]) {
        let expected = &moments[cell.alike].expected;
        let who = &self.alike[cell.alike].0;
        for ((&place, &pass), expected) in who.iter().zip(&cell.passes).zip(expected) {
            score[place] += expected - f64::from(u8::from(pass));
        }
    }

    fn fixed(&self, mut information: Square) -> Square {
        let all: Vec<usize> = (0..self.raters.len()).collect();
        information.sum_to_zero(&all);
        information
    }

    /// Of the severities, with calls as clusters.
    fn variance(&self, factor: &Cholesky, moments: &[Moments]) -> Square {
        let mut variance = Square::zero(self.raters.len());
        for call in self.cells.chunk_by(|a, b| a.call == b.call) {
            let mut score = vec![0.0; self.raters.len()];
            for cell in call {
                self.add_score(cell, moments, &mut score);
            }
            let moved = factor.influence(&score, |x, out| {
                for cell in call {
                    let who = &self.alike[cell.alike].0;
                    let covariance = &moments[cell.alike].covariance;
                    for (a, &row) in who.iter().enumerate() {
                        for (b, &column) in who.iter().enumerate() {
                            out[row] += covariance.at(a, b) * x[column];
                        }
                    }
                }
            });
            variance.add_outer(&moved);
        }
        variance
    }

    fn mean_squares(&self, moments: &[Moments]) -> Vec<MeanSquares> {
        let mut all = vec![MeanSquares::default(); self.raters.len()];
        for cell in &self.cells {
            let moments = &moments[cell.alike];
            for (a, (&place, &pass)) in
                (self.alike[cell.alike].0.iter().zip(&cell.passes)).enumerate()
            {
                let rest = f64::from(u8::from(pass)) - moments.expected[a];
                let variance = moments.covariance.at(a, a);
                all[place].cells += 1;
                all[place].squares += rest * rest;
                all[place].variance += variance;
                all[place].standardised += rest * rest / variance;
            }
        }
        all
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct MeanSquares {
    cells: usize,
    squares: f64,
    variance: f64,
    standardised: f64,
}

impl MeanSquares {
    fn infit(&self) -> Option<f64> {
        (self.variance > 0.0).then(|| self.squares / self.variance)
    }

    fn outfit(&self) -> Option<f64> {
        let value = self.standardised / self.cells.max(1) as f64;
        (self.cells > 0 && value.is_finite()).then_some(value)
    }
}

impl Moments {
    fn of(severities: &[f64], passes: usize) -> Self {
        // Only differences within the cell matter.
        let mean = severities.iter().sum::<f64>() / severities.len() as f64;
        let odds: Vec<f64> = severities.iter().map(|s| (mean - s).exp()).collect();
        let all = symmetric(&odds, passes, &[]);
        let expected: Vec<f64> = (odds.iter().enumerate())
            .map(|(k, odds_k)| odds_k * symmetric(&odds, passes - 1, &[k]) / all)
            .collect();
        let mut covariance = Square::zero(odds.len());
        for a in 0..odds.len() {
            covariance.add(a, a, expected[a] * (1.0 - expected[a]));
            for b in 0..a {
                let both = match passes {
                    0 | 1 => 0.0,
                    _ => odds[a] * odds[b] * symmetric(&odds, passes - 2, &[a, b]) / all,
                };
                let value = both - expected[a] * expected[b];
                covariance.add(a, b, value);
                covariance.add(b, a, value);
            }
        }
        Self {
            expected,
            covariance,
        }
    }
}

/// The elementary symmetric function of this order, some values left out: the sum over all ways
/// to choose so many of them, of their product. All terms are positive, so nothing cancels.
fn symmetric(values: &[f64], order: usize, without: &[usize]) -> f64 {
    let mut sums = vec![0.0; order + 1];
    sums[0] = 1.0;
    for (place, value) in values.iter().enumerate() {
        if !without.contains(&place) {
            for k in (1..=order).rev() {
                sums[k] += sums[k - 1] * value;
            }
        }
    }
    sums[order]
}

fn pick(values: &[f64], places: &[usize]) -> Vec<f64> {
    places.iter().map(|&place| values[place]).collect()
}

/// Linacre 1994; Eckes 2015: observed variance less error variance, over error variance.
/// Severities that add up to 0 share their error, hence the same `n − 1` below both.
fn separation(raters: &[RaschRater]) -> Option<Separation> {
    if raters.len() < 3 {
        return None;
    }
    let degrees = (raters.len() - 1) as f64;
    let observed = raters.iter().map(|r| r.severity.value.powi(2)).sum::<f64>() / degrees;
    let error = raters.iter().map(|r| r.standard_error.powi(2)).sum::<f64>() / degrees;
    if error <= 0.0 || observed <= 0.0 {
        return None;
    }
    let real = (observed - error).max(0.0);
    let separation = (real / error).sqrt();
    Some(Separation {
        separation,
        strata: (4.0 * separation + 1.0) / 3.0,
        reliability: real / observed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::severity::planted::{Plan, RATERS};

    fn rating(call: usize, question: usize, rater: usize, pass: bool) -> Observation {
        Observation {
            call,
            question,
            rater,
            points: f64::from(u8::from(pass)),
            pass: Some(pass),
            week: 0,
        }
    }

    fn answers(rows: &[(usize, &[(usize, bool)])]) -> Vec<Observation> {
        let mut all = Vec::new();
        for (times, row) in rows {
            for _ in 0..*times {
                let call = all.last().map_or(0, |last: &Observation| last.call + 1);
                all.extend(
                    row.iter()
                        .map(|&(rater, pass)| rating(call, 0, rater, pass)),
                );
            }
        }
        all
    }

    #[test]
    fn two_raters_have_the_closed_form() {
        let all = answers(&[
            (30, &[(4, true), (9, false)]),
            (12, &[(4, false), (9, true)]),
            (100, &[(4, true), (9, true)]),
        ]);
        let found = rasch(&all);
        let group = &found.groups[0];
        let (lenient, strict) = (&group.raters[0], &group.raters[1]);
        let difference = strict.severity.value - lenient.severity.value;
        assert!((difference - (30.0_f64 / 12.0).ln()).abs() < 1e-9);
        assert!((strict.severity.value + lenient.severity.value).abs() < 1e-12);
        let error = (1.0_f64 / 30.0 + 1.0 / 12.0).sqrt() / 2.0;
        assert!((strict.model_standard_error - error).abs() < 1e-9);
        // One cell a call: calls as clusters change next to nothing.
        assert!((strict.standard_error / error - 1.0).abs() < 0.02);
        assert_eq!((group.discordant_cells, strict.infit), (42, None));
    }

    #[test]
    fn moments_are_those_of_all_ways_to_pass() {
        let severities = [0.3, -1.0, 2.0, 0.1, -0.4];
        for passes in 1..5 {
            let moments = Moments::of(&severities, passes);
            let (mut all, mut first, mut both) = (0.0, 0.0, 0.0);
            for way in (0_u32..32).filter(|way| way.count_ones() as usize == passes) {
                let passed = |k: usize| way >> k & 1 == 1;
                let odds: f64 = (0..5).filter(|&k| passed(k)).map(|k| -severities[k]).sum();
                all += odds.exp();
                first += if passed(0) { odds.exp() } else { 0.0 };
                both += if passed(0) && passed(2) {
                    odds.exp()
                } else {
                    0.0
                };
            }
            assert!((moments.expected[0] - first / all).abs() < 1e-12);
            let covariance = both / all - moments.expected[0] * moments.expected[2];
            assert!((moments.covariance.at(0, 2) - covariance).abs() < 1e-12);
        }
    }

    #[test]
    fn what_the_data_do_not_carry_is_said() {
        let mut all = answers(&[
            (15, &[(0, true), (1, false)]),
            (15, &[(0, false), (1, true)]),
            // Always the one who failed.
            (20, &[(0, true), (2, false)]),
            // Too seldom different.
            (4, &[(1, true), (3, false)]),
            (3, &[(1, false), (3, true)]),
            (40, &[(1, true), (4, true)]),
        ]);
        let last = all.len();
        all.push(rating(last, 0, 5, true));
        let found = rasch(&all);
        let fitted: Vec<usize> = found.groups[0].raters.iter().map(|r| r.rater).collect();
        assert_eq!((found.groups.len(), fitted), (1, vec![0, 1]));
        let reasons = BTreeMap::from([
            (2, Reason::OneSided),
            (3, Reason::FewDiscordant { missing: 3 }),
            (4, Reason::NoDiscordance),
            (5, Reason::NotConnected),
        ]);
        assert_eq!(found.left_out, reasons);
        assert!(rasch(&[]).groups.is_empty());
    }

    #[test]
    fn groups_that_share_nothing_are_fitted_apart() {
        let all = answers(&[
            (15, &[(0, true), (1, false)]),
            (10, &[(0, false), (1, true)]),
            (15, &[(2, true), (3, false)]),
            (30, &[(2, false), (3, true)]),
        ]);
        let found = rasch(&all);
        let of = |group: usize| found.groups[group].raters[0].severity.value;
        assert!((of(0) + 1.5_f64.ln() / 2.0).abs() < 1e-9);
        assert!((of(1) - 2.0_f64.ln() / 2.0).abs() < 1e-9);
    }

    fn plan(raters: &[(f64, f64)]) -> Plan<'_> {
        Plan {
            raters,
            weeks: 8,
            calls_per_week: 12,
            questions: 9,
            per_call: 3,
            gaps: 0.1,
        }
    }

    /// Less their mean, drift at its mean over the weeks.
    fn truth(raters: &[(f64, f64)], weeks: usize) -> Vec<f64> {
        let each: Vec<f64> = (raters.iter())
            .map(|(severity, per_week)| severity + per_week * (weeks - 1) as f64 / 2.0)
            .collect();
        let mean = each.iter().sum::<f64>() / each.len() as f64;
        each.iter().map(|s| s - mean).collect()
    }

    #[test]
    fn planted_severities_lie_in_the_intervals() {
        let truth = truth(&RATERS, 8);
        for seed in [1, 2, 3] {
            let found = rasch(&plan(&RATERS).ratings(seed, 0));
            let group = &found.groups[0];
            for (rater, truth) in group.raters.iter().zip(&truth) {
                let interval = rater.severity.interval.expect("many calls");
                // Five intervals on each of three seeds: a little room for the one in twenty.
                let room = 0.3 * rater.standard_error;
                assert!(
                    interval.low - room < *truth && *truth < interval.high + room,
                    "seed {seed}, {truth}: {rater:?}"
                );
                let infit = rater.infit.expect("five raters");
                assert!((0.7..1.4).contains(&infit), "{rater:?}");
            }
            let separation = group.separation.expect("five raters");
            assert!(separation.reliability > 0.8, "{separation:?}");
        }
    }

    #[test]
    fn names_and_order_change_nothing() {
        let all = plan(&RATERS).ratings(5, 0);
        let renamed: Vec<Observation> = (all.iter().rev())
            .map(|o| Observation {
                call: 7 * (1000 - o.call),
                question: 20 - o.question,
                rater: 9 - 2 * (o.rater % 5),
                ..*o
            })
            .collect();
        let (plain, renamed) = (rasch(&all), rasch(&renamed));
        for rater in &plain.groups[0].raters {
            let other = renamed.groups[0].raters.iter();
            let other = other.clone().find(|r| r.rater == 9 - 2 * rater.rater);
            let other = other.expect("the same rater");
            assert!((other.severity.value - rater.severity.value).abs() < 1e-9);
            assert!((other.standard_error - rater.standard_error).abs() < 1e-9);
        }
    }

    /// Prints how often the intervals cover the planted severities.
    #[test]
    #[ignore = "a simulation that prints, for the docs"]
    fn coverage() {
        let raters = [(0.0, 0.0), (1.2, 0.0), (-1.2, 0.0), (-0.6, 0.0), (0.3, 0.0)];
        let truth = truth(&raters, 1);
        for (calls, per_call) in [(15, 2), (30, 2), (60, 2), (30, 3), (60, 3), (150, 3)] {
            let plan = Plan {
                weeks: 1,
                calls_per_week: calls,
                per_call,
                ..plan(&raters)
            };
            let (mut covered, mut of, mut left_out) = (0, 0, 0);
            let mut few = (0, 0);
            let mut sums = [(0.0, 0_u32); 5];
            for number in 0..400 {
                let found = rasch(&plan.ratings(11, number));
                left_out += found.left_out.len();
                // Severities are about the mean of all five.
                let Some(group) = found.groups.first().filter(|g| g.raters.len() == 5) else {
                    continue;
                };
                for rater in &group.raters {
                    let inside = (rater.severity.interval)
                        .is_some_and(|i| (i.low..=i.high).contains(&truth[rater.rater]));
                    let tally = match rater.caveats.is_empty() {
                        true => (&mut covered, &mut of),
                        false => (&mut few.0, &mut few.1),
                    };
                    *tally.0 += usize::from(inside);
                    *tally.1 += 1;
                    sums[rater.rater].0 += rater.severity.value - truth[rater.rater];
                    sums[rater.rater].1 += 1;
                }
            }
            let bias: Vec<String> = sums
                .iter()
                .map(|(sum, n)| format!("{:.2}", sum / f64::from(*n)))
                .collect();
            println!(
                "{calls} calls x 9, {per_call} raters a call: {covered} of {of} covered \
                 ({:.3}); flagged {few:?}; bias {bias:?}; left out {left_out} of 2000",
                covered as f64 / of as f64
            );
        }
    }
}
