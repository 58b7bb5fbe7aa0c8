//! How far raters agree, with chance taken out.
//!
//! One question: a [`RatingTable`] of patterns, [`Prepared`] once, gives all [`Coefficients`] for
//! any weights of the patterns, so calls drawn again cost one sum over patterns. Scores in points:
//! [`scores`]. A figure that is not defined is `None`, and [`Prepared::caveats`] says why; no
//! result is NaN or infinite. Intervals are not made here, but for those of intraclass
//! correlations, which need no resampling. Left out: Conger's kappa and the other weights of the
//! textbooks (radical, circular, bipolar), which no table shows.
//!
//! Kappa alone calls 95 % agreement worthless when nearly all calls pass, and percent alone hides
//! that *no* was never agreed on. So they are given together, with prevalence and bias.

mod alpha;
mod disagreement;
mod pairs;
pub mod scores;
mod table;

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;

pub use pairs::FourCounts;
pub use table::{RatingTable, Scale};

use self::alpha::Metric;
use self::disagreement::{Cost, varies};
use super::figure::{Caveat, MIN_PAIRS};

/// The figures, in the order of [`Coefficients`].
///
/// Of all raters unless it says otherwise. Observed agreement is that of pairs of raters within a
/// call, each call with two or more ratings counted once (Fleiss 1971; with gaps, Gwet 2014). The
/// linear and quadratic ones give credit for near answers, 1 − d and 1 − d², d the distance
/// between the two categories over that between the outermost ones: by rank on an ordinal scale,
/// by value on an interval or ratio scale; on a nominal scale there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coefficient {
    /// Share of pairs of ratings that are the same.
    PercentAgreement,
    /// Two categories: where one says *yes*, how often another does (Cicchetti and Feinstein
    /// 1990).
    PositiveAgreement,
    /// The same of *no*.
    NegativeAgreement,
    /// Two categories: how far *yes* and *no* are from equally frequent, 0 to 1 (Byrt, Bishop and
    /// Carlin 1993).
    PrevalenceIndex,
    /// Two raters, two categories: how far the two differ in how often they say *yes*, 0 to 1
    /// (Byrt, Bishop and Carlin 1993).
    BiasIndex,
    /// Two raters, on calls that both rated (Cohen 1960).
    CohenKappa,
    /// Two raters (Cohen 1968, linear weights).
    CohenKappaLinear,
    /// Two raters (Cohen 1968, quadratic weights).
    CohenKappaQuadratic,
    /// Fleiss (1971); of two raters it is Scott's pi. With gaps as Gwet (2014) extends it: the
    /// shares of the categories are means over all rated calls, those with one rating too.
    FleissKappa,
    FleissKappaLinear,
    FleissKappaQuadratic,
    /// Brennan and Prediger (1981): chance is one in as many as there are categories. With two
    /// categories it is PABAK.
    BrennanPrediger,
    BrennanPredigerLinear,
    BrennanPredigerQuadratic,
    /// Gwet (2008); gaps as in [`Coefficient::FleissKappa`].
    Ac1,
    /// Gwet (2014), AC1 with linear weights.
    Ac2Linear,
    Ac2Quadratic,
    /// Krippendorff (2011), by the metric of the scale.
    Alpha,
}

impl Coefficient {
    pub const COUNT: usize = 18;
    pub const ALL: [Coefficient; Coefficient::COUNT] = [
        Coefficient::PercentAgreement,
        Coefficient::PositiveAgreement,
        Coefficient::NegativeAgreement,
        Coefficient::PrevalenceIndex,
        Coefficient::BiasIndex,
        Coefficient::CohenKappa,
        Coefficient::CohenKappaLinear,
        Coefficient::CohenKappaQuadratic,
        Coefficient::FleissKappa,
        Coefficient::FleissKappaLinear,
        Coefficient::FleissKappaQuadratic,
        Coefficient::BrennanPrediger,
        Coefficient::BrennanPredigerLinear,
        Coefficient::BrennanPredigerQuadratic,
        Coefficient::Ac1,
        Coefficient::Ac2Linear,
        Coefficient::Ac2Quadratic,
        Coefficient::Alpha,
    ];
    const COHEN: [Coefficient; 3] = [
        Coefficient::CohenKappa,
        Coefficient::CohenKappaLinear,
        Coefficient::CohenKappaQuadratic,
    ];
    const FLEISS: [Coefficient; 3] = [
        Coefficient::FleissKappa,
        Coefficient::FleissKappaLinear,
        Coefficient::FleissKappaQuadratic,
    ];
    const BRENNAN_PREDIGER: [Coefficient; 3] = [
        Coefficient::BrennanPrediger,
        Coefficient::BrennanPredigerLinear,
        Coefficient::BrennanPredigerQuadratic,
    ];
    const GWET: [Coefficient; 3] = [
        Coefficient::Ac1,
        Coefficient::Ac2Linear,
        Coefficient::Ac2Quadratic,
    ];

    /// The code that tables have.
    pub fn as_str(self) -> &'static str {
        match self {
            Coefficient::PercentAgreement => "percent_agreement",
            Coefficient::PositiveAgreement => "positive_agreement",
            Coefficient::NegativeAgreement => "negative_agreement",
            Coefficient::PrevalenceIndex => "prevalence_index",
            Coefficient::BiasIndex => "bias_index",
            Coefficient::CohenKappa => "cohen_kappa",
            Coefficient::CohenKappaLinear => "cohen_kappa_linear",
            Coefficient::CohenKappaQuadratic => "cohen_kappa_quadratic",
            Coefficient::FleissKappa => "fleiss_kappa",
            Coefficient::FleissKappaLinear => "fleiss_kappa_linear",
            Coefficient::FleissKappaQuadratic => "fleiss_kappa_quadratic",
            Coefficient::BrennanPrediger => "brennan_prediger",
            Coefficient::BrennanPredigerLinear => "brennan_prediger_linear",
            Coefficient::BrennanPredigerQuadratic => "brennan_prediger_quadratic",
            Coefficient::Ac1 => "ac1",
            Coefficient::Ac2Linear => "ac2_linear",
            Coefficient::Ac2Quadratic => "ac2_quadratic",
            Coefficient::Alpha => "alpha",
        }
    }
}

/// All figures of one table, `None` where not defined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients(pub [Option<f64>; Coefficient::COUNT]);

impl std::ops::Index<Coefficient> for Coefficients {
    type Output = Option<f64>;

    fn index(&self, which: Coefficient) -> &Option<f64> {
        &self.0[which as usize]
    }
}

impl Coefficients {
    /// The same but one.
    pub fn without(mut self, which: Coefficient) -> Self {
        self.set(which, None);
        self
    }

    fn set(&mut self, which: Coefficient, value: Option<f64>) {
        self.0[which as usize] = value.filter(|v| v.is_finite());
    }
}

/// All figures of a table for these weights of its patterns. To compute them many times, keep a
/// [`Prepared`].
pub fn coefficients(table: &RatingTable, weights: &[f64], scale: Scale) -> Coefficients {
    Prepared::new(table, scale).coefficients(weights)
}

/// A table, with all that does not depend on the weights of its patterns.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// In the order of the patterns.
    units: Vec<Unit>,
    /// Categories of all units, with how many raters gave each.
    answers: Vec<(u16, f64)>,
    /// Of each category on a line: in ranks or values, 0 for the first and 1 for the last.
    places: Vec<f64>,
    /// Of the answers of a nominal scale only identity is known.
    costs: &'static [Cost],
    /// Mean of each cost if every category were as likely; `None` with fewer than two.
    even: [Option<f64>; 3],
    /// `None` where alpha has no meaning.
    metric: Option<Metric>,
    raters: usize,
}

/// One pattern.
#[derive(Debug, Clone)]
struct Unit {
    /// Its part of [`Prepared::answers`].
    from: u32,
    to: u32,
    ratings: f64,
    /// Mean cost of its pairs of ratings.
    apart: [f64; 3],
    /// Share of its pairs that both say *no*, and *yes*.
    same: [f64; 2],
    /// Disagreement as alpha counts it.
    within: f64,
    /// The categories of two raters.
    both: Option<(u16, u16)>,
}

impl Prepared {
    pub fn new(table: &RatingTable, scale: Scale) -> Self {
        let places = places(&table.categories, scale);
        let metric = Metric::new(scale, &table.categories);
        let mut answers = Vec::new();
        let units = table.patterns.iter().map(|row| {
            let from = answers.len();
            let mut given: Vec<u16> = row.iter().flatten().copied().collect();
            given.sort_unstable();
            for alike in given.chunk_by(|a, b| a == b) {
                answers.push((alike[0], alike.len() as f64));
            }
            Unit {
                from: from as u32,
                to: answers.len() as u32,
                both: match row[..] {
                    [Some(first), Some(second)] => Some((first, second)),
                    _ => None,
                },
                ..Unit::of(&answers[from..], &places, metric.as_ref())
            }
        });
        let units = units.collect();
        let alike = vec![1.0; places.len()];
        Self {
            units,
            answers,
            even: Cost::ALL.map(|cost| cost.expected(&places, &alike, &alike)),
            places,
            costs: match scale {
                Scale::Nominal => &Cost::ALL[..1],
                _ => &Cost::ALL,
            },
            metric,
            raters: table.raters,
        }
    }

    /// All figures, for these weights of the patterns: how many calls show each. Allocates
    /// nothing for questions of up to 32 categories.
    pub fn coefficients(&self, weights: &[f64]) -> Coefficients {
        let q = self.places.len();
        let mut few = [0.0; 4 * 32];
        let mut many = Vec::new();
        let room = match few.get_mut(..4 * q) {
            Some(room) => room,
            None => {
                many.resize(4 * q, 0.0);
                &mut many[..]
            }
        };
        let mut sums = Sums::over(room, q);
        for (unit, weight) in self.units.iter().zip(weights) {
            if *weight > 0.0 {
                sums.add(unit, self.answers_of(unit), *weight);
            }
        }
        self.figures_of(&mut sums, weights)
    }

    /// What must be known beside the figures of the calls as they were counted.
    pub fn caveats(&self, weights: &[f64]) -> Vec<Caveat> {
        let mut caveats = Vec::new();
        if self.raters < 2 {
            caveats.push(Caveat::OneRater);
        }
        let rows = || {
            self.units
                .iter()
                .zip(weights)
                .filter(|(u, _)| u.ratings >= 2.0)
        };
        let pairs = rows().map(|(_, w)| *w).sum::<f64>() as usize;
        if pairs < MIN_PAIRS {
            let missing = MIN_PAIRS - pairs;
            caveats.push(Caveat::FewPairs { missing });
        }
        let mut n = vec![0.0; self.places.len()];
        for (unit, weight) in rows() {
            for (place, ratings) in self.answers_of(unit) {
                n[usize::from(*place)] += weight * ratings;
            }
        }
        if pairs > 0 && !varies(&n) {
            caveats.push(Caveat::NoVariance);
        }
        caveats
    }

    fn answers_of(&self, unit: &Unit) -> &[(u16, f64)] {
        &self.answers[unit.from as usize..unit.to as usize]
    }

    fn figures_of(&self, sums: &mut Sums, weights: &[f64]) -> Coefficients {
        let mut to = Coefficients([None; Coefficient::COUNT]);
        if sums.paired <= 0.0 {
            return to;
        }
        let observed = sums.apart.map(|apart| apart / sums.paired);
        to.set(Coefficient::PercentAgreement, Some(1.0 - observed[0]));
        if self.places.len() == 2 {
            self.of_two_categories(sums, &mut to);
        }
        for (at, cost) in self.costs.iter().enumerate() {
            let apart = observed[at];
            let mut set = |which: [Coefficient; 3], expected: Option<f64>| {
                to.set(which[at], corrected(apart, expected));
            };
            if self.raters == 2 {
                let expected = cost.expected(&self.places, sums.first, sums.second);
                set(Coefficient::COHEN, expected);
            }
            let expected = cost.expected(&self.places, sums.shares, sums.shares);
            set(Coefficient::FLEISS, expected);
            let even = self.even[at];
            set(Coefficient::BRENNAN_PREDIGER, even);
            set(Coefficient::GWET, even.map(|even| gwet(even, sums)));
        }
        to.set(Coefficient::Alpha, self.alpha(sums, weights));
        to
    }

    fn of_two_categories(&self, sums: &Sums, to: &mut Coefficients) {
        let agreement = |at: usize| {
            let said = sums.paired_shares[at];
            (said > 0.0).then(|| (sums.same[at] / said).min(1.0))
        };
        to.set(Coefficient::NegativeAgreement, agreement(0));
        to.set(Coefficient::PositiveAgreement, agreement(1));
        let prevalence = (sums.paired_shares[1] - sums.paired_shares[0]).abs();
        let share = |of: f64| Some((of / sums.paired).min(1.0));
        to.set(Coefficient::PrevalenceIndex, share(prevalence));
        if self.raters == 2 {
            let bias = (sums.first[1] - sums.second[1]).abs();
            to.set(Coefficient::BiasIndex, share(bias));
        }
    }

    fn alpha(&self, sums: &mut Sums, weights: &[f64]) -> Option<f64> {
        let metric = self.metric.as_ref()?;
        if *metric != Metric::Ordinal {
            let among_all = metric.among_all(&self.places, sums.ratings);
            return alpha::alpha(sums.within, among_all, sums.ratings);
        }
        // The marginals of two raters are done with: their room holds the ranks.
        let ranks = &mut *sums.first;
        alpha::ranks(sums.ratings, ranks);
        let paired = self
            .units
            .iter()
            .zip(weights)
            .filter(|(u, _)| u.ratings >= 2.0);
        let within = paired
            .map(|(unit, weight)| weight * alpha::within_ranks(ranks, self.answers_of(unit)))
            .sum();
        let among_all = metric.among_all(ranks, sums.ratings);
        alpha::alpha(within, among_all, sums.ratings)
    }
}

impl Unit {
    fn of(answers: &[(u16, f64)], places: &[f64], metric: Option<&Metric>) -> Self {
        let ratings: f64 = answers.iter().map(|(_, n)| n).sum();
        let mut unit = Self {
            from: 0,
            to: 0,
            ratings,
            apart: [0.0; 3],
            same: [0.0; 2],
            within: 0.0,
            both: None,
        };
        if ratings < 2.0 {
            return unit;
        }
        let pairs = ratings * (ratings - 1.0);
        for (at, (a, n_a)) in answers.iter().enumerate() {
            if let Some(same) = unit.same.get_mut(usize::from(*a)) {
                *same = n_a * (n_a - 1.0) / pairs;
            }
            for (b, n_b) in &answers[at + 1..] {
                let (a, b) = (places[usize::from(*a)], places[usize::from(*b)]);
                for (apart, cost) in unit.apart.iter_mut().zip(Cost::ALL) {
                    *apart += 2.0 * n_a * n_b * cost.between(a, b) / pairs;
                }
            }
        }
        unit.within = metric.map_or(0.0, |metric| metric.within(places, answers));
        unit
    }
}

/// Weighted sums over patterns.
struct Sums<'s> {
    /// Calls with one rating or more, and with two or more.
    rated: f64,
    paired: f64,
    apart: [f64; 3],
    same: [f64; 2],
    /// Share of *no* and *yes* on calls with two or more.
    paired_shares: [f64; 2],
    within: f64,
    /// Of each category: the sum over calls of its share.
    shares: &'s mut [f64],
    /// Of each category: its ratings on calls with two or more.
    ratings: &'s mut [f64],
    /// Answers of the first and the second of two raters, where both rated.
    first: &'s mut [f64],
    second: &'s mut [f64],
}

impl<'s> Sums<'s> {
    fn over(room: &'s mut [f64], q: usize) -> Self {
        let (shares, room) = room.split_at_mut(q);
        let (ratings, room) = room.split_at_mut(q);
        let (first, room) = room.split_at_mut(q);
        let (second, _) = room.split_at_mut(q);
        Self {
            rated: 0.0,
            paired: 0.0,
            apart: [0.0; 3],
            same: [0.0; 2],
            paired_shares: [0.0; 2],
            within: 0.0,
            shares,
            ratings,
            first,
            second,
        }
    }

    fn add(&mut self, unit: &Unit, answers: &[(u16, f64)], weight: f64) {
        self.rated += weight;
        for (place, n) in answers {
            self.shares[usize::from(*place)] += weight * n / unit.ratings;
        }
        if unit.ratings < 2.0 {
            return;
        }
        self.paired += weight;
        for (sum, apart) in self.apart.iter_mut().zip(unit.apart) {
            *sum += weight * apart;
        }
        for (sum, same) in self.same.iter_mut().zip(unit.same) {
            *sum += weight * same;
        }
        self.within += weight * unit.within;
        for (place, n) in answers {
            let place = usize::from(*place);
            self.ratings[place] += weight * n;
            if let Some(sum) = self.paired_shares.get_mut(place) {
                *sum += weight * n / unit.ratings;
            }
        }
        if let Some((first, second)) = unit.both {
            self.first[usize::from(first)] += weight;
            self.second[usize::from(second)] += weight;
        }
    }
}

/// Places of the categories on a line from 0 to 1.
fn places(categories: &[f64], scale: Scale) -> Vec<f64> {
    let by_rank = |n: usize| n as f64 / (categories.len() - 1).max(1) as f64;
    match (scale, categories) {
        (Scale::Interval | Scale::Ratio, [first, .., last]) => {
            let by_value = |value: &f64| (value - first) / (last - first);
            categories.iter().map(by_value).collect()
        }
        _ => (0..categories.len()).map(by_rank).collect(),
    }
}

/// 1 − observed ÷ expected disagreement; `None` where chance leaves nothing to disagree on.
fn corrected(observed: f64, expected: Option<f64>) -> Option<f64> {
    expected.filter(|e| *e > 0.0).map(|e| 1.0 - observed / e)
}

/// Disagreement by chance as Gwet has it, from the mean cost over all pairs of categories.
fn gwet(even: f64, sums: &Sums) -> f64 {
    let q = sums.shares.len() as f64;
    let mixed: f64 = sums
        .shares
        .iter()
        .map(|sum| sum / sums.rated * (1.0 - sum / sums.rated))
        .sum();
    // The weights of agreement sum to q² × (1 − mean cost).
    1.0 - q * (1.0 - even) * mixed / (q - 1.0)
}
