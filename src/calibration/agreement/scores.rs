//! How far raters agree on scores in points, 0 to 100.
//!
//! Intraclass correlations with their intervals, limits of agreement, and differences in points.
//! All are sums over calls with weights, as for answers. The scores should be those before
//! auto-fail: it makes two humps, and then these figures tell nothing. Left out: Pearson's r,
//! which sees no difference in level, and correlations from data with gaps (by a mixed model):
//! calls that all raters in question scored are used, and [`ScoreTable::shared`] names the
//! raters for whom there are enough.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

use crate::calibration::figure::{Caveat, Interval, MIN_PAIRS, Method};

/// Two scores so many points apart or less are near.
pub const NEAR_POINTS: f64 = 5.0;

/// Scores are sums of rounded shares: differences below this, in points, are none.
const ROUNDING: f64 = 1e-9;

/// Standard deviations around the bias, between which 95 % of differences lie.
const LIMITS: f64 = 1.96;

/// Scores of several raters, calls that look alike put together.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreTable {
    pub raters: usize,
    /// Distinct rows, sorted: points by each rater, or `None` where it did not score. None of
    /// them is empty.
    pub patterns: Vec<Vec<Option<f64>>>,
    /// Calls of each pattern.
    pub counts: Vec<u64>,
}

impl ScoreTable {
    /// One row per call: points by each rater, or `None`. What is no finite number is as if
    /// missing.
    pub fn new(rows: &[Vec<Option<f64>>]) -> Self {
        let raters = rows.iter().map(Vec::len).max().unwrap_or(0);
        let rows = rows.iter().map(|row| {
            let mut row = row.clone();
            row.resize(raters, None);
            (row, 1)
        });
        Self::merged(raters, rows)
    }

    fn merged(raters: usize, rows: impl Iterator<Item = (Vec<Option<f64>>, u64)>) -> Self {
        let mut merged: BTreeMap<Vec<Option<Points>>, u64> = BTreeMap::new();
        for (row, n) in rows {
            let row: Vec<_> = row.into_iter().map(|v| v.and_then(Points::new)).collect();
            if n > 0 && row.iter().any(Option::is_some) {
                *merged.entry(row).or_default() += n;
            }
        }
        let numbers = |row: Vec<Option<Points>>| row.into_iter().map(|v| v.map(|p| p.0)).collect();
        let (patterns, counts) = merged.into_iter().map(|(row, n)| (numbers(row), n)).unzip();
        Self {
            raters,
            patterns,
            counts,
        }
    }

    /// The counts as weights.
    pub fn weights(&self) -> Vec<f64> {
        self.counts.iter().map(|n| *n as f64).collect()
    }

    /// These raters, in this order, with the calls that all of them scored.
    pub fn of(&self, raters: &[usize]) -> Self {
        let rows = self
            .patterns
            .iter()
            .zip(&self.counts)
            .filter_map(|(row, n)| {
                let points = raters.iter().map(|r| row.get(*r).copied().flatten());
                let points: Option<Vec<f64>> = points.collect();
                Some((points?.into_iter().map(Some).collect(), *n))
            });
        Self::merged(raters.len(), rows)
    }

    /// The raters to compare all together: as many as share [`MIN_PAIRS`] calls or more. One at
    /// a time is set aside, the one without whom the others share the most calls (of equals the
    /// one with the fewest scores, then the last), until they do. Fewer than two if no two do.
    pub fn shared(&self) -> Vec<usize> {
        let mut scored: BTreeMap<Vec<bool>, u64> = BTreeMap::new();
        for (row, n) in self.patterns.iter().zip(&self.counts) {
            let row = row.iter().map(Option::is_some).collect();
            *scored.entry(row).or_default() += n;
        }
        let calls = |raters: &[usize]| -> u64 {
            let all = scored
                .iter()
                .filter(|(row, _)| raters.iter().all(|r| row[*r]));
            all.map(|(_, n)| n).sum()
        };
        let mut raters: Vec<usize> = (0..self.raters).collect();
        while raters.len() > 1 && calls(&raters) < MIN_PAIRS as u64 {
            let without = |rater: usize| -> Vec<usize> {
                raters.iter().copied().filter(|r| *r != rater).collect()
            };
            let best = raters.iter().copied().max_by_key(|rater| {
                let fewest = std::cmp::Reverse(calls(&[*rater]));
                (calls(&without(*rater)), fewest, *rater)
            });
            let Some(best) = best else { break };
            raters = without(best);
        }
        raters
    }
}

/// A finite number, in order.
#[derive(Clone, Copy, PartialEq)]
struct Points(f64);

impl Points {
    fn new(points: f64) -> Option<Self> {
        // The sum takes the sign off a negative zero.
        points.is_finite().then_some(Self(points + 0.0))
    }
}

impl Eq for Points {}

impl Ord for Points {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Points {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The forms of the intraclass correlation, as Shrout and Fleiss (1979) number them. Of single
/// scores, and of the mean of all raters' scores. Negative ones are left as they are: the raters
/// differ more within a call than calls differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Icc {
    /// ICC(1,1): whichever raters scored a call. ICC(1) of McGraw and Wong (1996).
    OneSingle,
    /// ICC(2,1): raters who could be any, absolute agreement. ICC(A,1).
    TwoSingle,
    /// ICC(3,1): these raters, consistency: a strict and a lenient one may agree. ICC(C,1).
    ThreeSingle,
    /// ICC(1,k), ICC(k) of McGraw and Wong.
    OneMean,
    /// ICC(2,k), ICC(A,k).
    TwoMean,
    /// ICC(3,k), ICC(C,k), Cronbach's alpha.
    ThreeMean,
}

/// The figures of scores, in the order of [`ScoreFigures`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScoreFigure {
    /// On calls that all scored.
    Icc(Icc),
    /// Two raters: mean of the first's points less the second's.
    Bias,
    /// Two raters: standard deviation of that difference, in points.
    DifferenceSd,
    /// Mean distance of two raters, in points: of pairs within a call, each call with two or more
    /// scores counted once.
    MeanAbsolute,
    /// Share of pairs no more than [`NEAR_POINTS`] apart, counted the same way.
    Near,
}

impl Icc {
    pub const ALL: [Icc; 6] = [
        Icc::OneSingle,
        Icc::TwoSingle,
        Icc::ThreeSingle,
        Icc::OneMean,
        Icc::TwoMean,
        Icc::ThreeMean,
    ];

    /// The form of single scores, and whether it is of the mean.
    fn single(self) -> (Icc, bool) {
        match self {
            Icc::OneMean => (Icc::OneSingle, true),
            Icc::TwoMean => (Icc::TwoSingle, true),
            Icc::ThreeMean => (Icc::ThreeSingle, true),
            single => (single, false),
        }
    }
}

impl ScoreFigure {
    pub const COUNT: usize = 10;
    pub const ALL: [ScoreFigure; ScoreFigure::COUNT] = [
        ScoreFigure::Icc(Icc::OneSingle),
        ScoreFigure::Icc(Icc::TwoSingle),
        ScoreFigure::Icc(Icc::ThreeSingle),
        ScoreFigure::Icc(Icc::OneMean),
        ScoreFigure::Icc(Icc::TwoMean),
        ScoreFigure::Icc(Icc::ThreeMean),
        ScoreFigure::Bias,
        ScoreFigure::DifferenceSd,
        ScoreFigure::MeanAbsolute,
        ScoreFigure::Near,
    ];

    /// The code that tables have.
    pub fn as_str(self) -> &'static str {
        match self {
            ScoreFigure::Icc(Icc::OneSingle) => "icc_1_1",
            ScoreFigure::Icc(Icc::TwoSingle) => "icc_2_1",
            ScoreFigure::Icc(Icc::ThreeSingle) => "icc_3_1",
            ScoreFigure::Icc(Icc::OneMean) => "icc_1_k",
            ScoreFigure::Icc(Icc::TwoMean) => "icc_2_k",
            ScoreFigure::Icc(Icc::ThreeMean) => "icc_3_k",
            ScoreFigure::Bias => "bias_points",
            ScoreFigure::DifferenceSd => "difference_sd_points",
            ScoreFigure::MeanAbsolute => "mean_absolute_points",
            ScoreFigure::Near => "within_5_points",
        }
    }

    fn place(self) -> usize {
        match self {
            ScoreFigure::Icc(icc) => icc as usize,
            ScoreFigure::Bias => 6,
            ScoreFigure::DifferenceSd => 7,
            ScoreFigure::MeanAbsolute => 8,
            ScoreFigure::Near => 9,
        }
    }
}

/// All figures of one table of scores, `None` where not defined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreFigures(pub [Option<f64>; ScoreFigure::COUNT]);

impl std::ops::Index<ScoreFigure> for ScoreFigures {
    type Output = Option<f64>;

    fn index(&self, which: ScoreFigure) -> &Option<f64> {
        &self.0[which.place()]
    }
}

/// A table of scores, with all that does not depend on the weights of its patterns.
#[derive(Debug, Clone)]
pub struct PreparedScores {
    raters: usize,
    /// In the order of the patterns.
    calls: Vec<Call>,
    /// Points of the calls that all scored, call by call, less their common middle: sums of
    /// squares are then exact enough.
    points: Vec<f64>,
    /// Variances below this are rounding.
    nothing: f64,
}

/// One pattern.
#[derive(Debug, Clone)]
struct Call {
    /// Mean distance of its pairs, and share of them that is near; `None` with one score.
    pairs: Option<(f64, f64)>,
    /// If all scored it.
    complete: Option<Complete>,
}

#[derive(Debug, Clone, Copy)]
struct Complete {
    /// Where its points start in [`PreparedScores::points`].
    from: usize,
    mean: f64,
}

impl PreparedScores {
    pub fn new(table: &ScoreTable) -> Self {
        let given = table.patterns.iter().flatten().flatten();
        let most = given.clone().fold(0.0, |most: f64, p| most.max(p.abs()));
        let middle = given.clone().sum::<f64>() / given.count().max(1) as f64;
        let mut points = Vec::new();
        let calls = table.patterns.iter().map(|row| {
            let given: Vec<f64> = row.iter().flatten().map(|p| p - middle).collect();
            let complete = (given.len() == table.raters).then(|| {
                let from = points.len();
                points.extend(&given);
                let mean = given.iter().sum::<f64>() / given.len() as f64;
                Complete { from, mean }
            });
            Call {
                pairs: pairs(&given),
                complete,
            }
        });
        Self {
            raters: table.raters,
            calls: calls.collect(),
            points,
            nothing: (most.max(1.0) * ROUNDING).powi(2),
        }
    }

    /// All figures, for these weights of the patterns: how many calls show each. Allocates
    /// nothing for up to 32 raters.
    pub fn figures(&self, weights: &[f64]) -> ScoreFigures {
        let mut to = [None; ScoreFigure::COUNT];
        if let Some(squares) = self.mean_squares(weights) {
            for icc in Icc::ALL {
                to[ScoreFigure::Icc(icc).place()] = squares.icc(icc);
            }
        }
        if let Some((_, bias, sd)) = self.differences(weights) {
            to[ScoreFigure::Bias.place()] = Some(bias);
            to[ScoreFigure::DifferenceSd.place()] = sd;
        }
        let (mut calls, mut distance, mut near) = (0.0, 0.0, 0.0);
        for (call, weight) in self.calls.iter().zip(weights) {
            if let Some(pairs) = call.pairs {
                calls += weight;
                distance += weight * pairs.0;
                near += weight * pairs.1;
            }
        }
        if calls > 0.0 {
            to[ScoreFigure::MeanAbsolute.place()] = Some(distance / calls);
            to[ScoreFigure::Near.place()] = Some((near / calls).min(1.0));
        }
        ScoreFigures(to)
    }

    /// The analysis of variance of calls that all scored; `None` with fewer than two raters or
    /// two such calls.
    pub fn mean_squares(&self, weights: &[f64]) -> Option<MeanSquares> {
        let k = self.raters;
        let (mut n, mut sum) = (0.0, 0.0);
        for (call, weight) in self.complete(weights) {
            n += weight;
            sum += weight * call.mean;
        }
        if k < 2 || n < 2.0 {
            return None;
        }
        let grand = sum / n;
        let mut few = [0.0; 32];
        let mut many = Vec::new();
        let raters = match few.get_mut(..k) {
            Some(raters) => raters,
            None => {
                many.resize(k, 0.0);
                &mut many[..]
            }
        };
        let mut between = 0.0;
        for (call, weight) in self.complete(weights) {
            between += weight * (call.mean - grand) * (call.mean - grand);
            for (sum, points) in raters.iter_mut().zip(&self.points[call.from..]) {
                *sum += weight * points;
            }
        }
        for sum in raters.iter_mut() {
            *sum = *sum / n - grand;
        }
        let judges = n * raters
            .iter()
            .map(|severity| severity * severity)
            .sum::<f64>();
        // Not what the others leave of the sum within calls: that would be rounding where
        // raters differ by their severity alone.
        let mut error = 0.0;
        for (call, weight) in self.complete(weights) {
            let points = raters.iter().zip(&self.points[call.from..]);
            let left = points.map(|(severity, points)| points - call.mean - severity);
            error += weight * left.map(|left| left * left).sum::<f64>();
        }
        let (calls, raters) = (n, k as f64);
        let something = |square: f64| if square > self.nothing { square } else { 0.0 };
        Some(MeanSquares {
            calls,
            raters,
            between: something(raters * between / (calls - 1.0)),
            within: something((error + judges) / (calls * (raters - 1.0))),
            judges: something(judges / (raters - 1.0)),
            error: something(error / ((calls - 1.0) * (raters - 1.0))),
        })
    }

    /// The limits of agreement of two raters; `None` of more or fewer, or without two calls that
    /// both scored.
    pub fn bland_altman(&self, weights: &[f64]) -> Option<BlandAltman> {
        let (calls, bias, sd) = self.differences(weights)?;
        BlandAltman::new(calls, bias, sd?)
    }

    /// What must be known beside the figures of the calls as they were counted.
    pub fn caveats(&self, weights: &[f64]) -> Vec<Caveat> {
        let mut caveats = Vec::new();
        if self.raters < 2 {
            caveats.push(Caveat::OneRater);
        }
        let calls = self.complete(weights).map(|(_, w)| w).sum::<f64>() as usize;
        if self.raters < 2 || calls < MIN_PAIRS {
            let pairs = if self.raters < 2 { 0 } else { calls };
            let missing = MIN_PAIRS - pairs;
            caveats.push(Caveat::FewPairs { missing });
        }
        let alike = |squares: MeanSquares| squares.between == 0.0 && squares.within == 0.0;
        if self.mean_squares(weights).is_some_and(alike) {
            caveats.push(Caveat::NoVariance);
        }
        caveats
    }

    fn complete<'s>(&'s self, weights: &'s [f64]) -> impl Iterator<Item = (Complete, f64)> + 's {
        let rows = self.calls.iter().zip(weights).filter(|(_, w)| **w > 0.0);
        rows.filter_map(|(call, weight)| Some((call.complete?, *weight)))
    }

    /// Of two raters: calls, mean and standard deviation of the differences.
    fn differences(&self, weights: &[f64]) -> Option<(f64, f64, Option<f64>)> {
        if self.raters != 2 {
            return None;
        }
        let difference = |call: Complete| self.points[call.from] - self.points[call.from + 1];
        let (mut n, mut sum) = (0.0, 0.0);
        for (call, weight) in self.complete(weights) {
            n += weight;
            sum += weight * difference(call);
        }
        if n <= 0.0 {
            return None;
        }
        let bias = sum / n;
        let squares: f64 = self
            .complete(weights)
            .map(|(call, weight)| weight * (difference(call) - bias).powi(2))
            .sum();
        let variance = |sum: f64| Some(sum / (n - 1.0)).filter(|v| *v > self.nothing);
        let sd = (n > 1.0).then(|| variance(squares).unwrap_or(0.0).sqrt());
        Some((n, bias, sd))
    }
}

/// Mean distance of all pairs, and the share that is near.
fn pairs(points: &[f64]) -> Option<(f64, f64)> {
    if points.len() < 2 {
        return None;
    }
    let (mut distance, mut near, mut pairs) = (0.0, 0.0, 0.0);
    for (at, a) in points.iter().enumerate() {
        for b in &points[at + 1..] {
            let apart = (a - b).abs();
            pairs += 1.0;
            distance += if apart > ROUNDING { apart } else { 0.0 };
            near += f64::from(apart <= NEAR_POINTS + ROUNDING);
        }
    }
    Some((distance / pairs, near / pairs))
}

/// Mean squares of scores that every rater gave to every call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    pub calls: f64,
    pub raters: f64,
    /// Of calls, BMS.
    pub between: f64,
    /// Within calls, WMS.
    pub within: f64,
    /// Of raters, JMS.
    pub judges: f64,
    /// What is left, EMS.
    pub error: f64,
}

impl MeanSquares {
    /// Shrout and Fleiss (1979). `None` where there is nothing to divide by, or less: so it is
    /// where nothing varies, and for ICC(2,k) where calls differ less than chance would have it.
    pub fn icc(&self, form: Icc) -> Option<f64> {
        let (n, k) = (self.calls, self.raters);
        let (b, w, j, e) = (self.between, self.within, self.judges, self.error);
        let (above, below) = match form {
            Icc::OneSingle => (b - w, b + (k - 1.0) * w),
            Icc::TwoSingle => (b - e, b + (k - 1.0) * e + k * (j - e) / n),
            Icc::ThreeSingle => (b - e, b + (k - 1.0) * e),
            Icc::OneMean => (b - w, b),
            Icc::TwoMean => (b - e, b + (j - e) / n),
            Icc::ThreeMean => (b - e, b),
        };
        let value = above / below;
        (below > 0.0 && value.is_finite()).then_some(value)
    }

    /// 95 % interval from the F distribution, for normally distributed scores: Shrout and Fleiss
    /// (1979), ICC(2,1) by Satterthwaite's degrees of freedom as in McGraw and Wong (1996). `None`
    /// where calls do not differ, where raters leave no error, where those degrees of freedom are
    /// fewer than one, and where the figure is not defined.
    pub fn interval(&self, form: Icc) -> Option<Interval> {
        self.icc(form)?;
        if self.between <= 0.0 || self.error <= 0.0 {
            return None;
        }
        let (single, of_mean) = form.single();
        let (low, high) = match single {
            Icc::TwoSingle => self.absolute()?,
            Icc::OneSingle => self.by_ratio(self.within, self.calls * (self.raters - 1.0))?,
            _ => self.by_ratio(self.error, (self.calls - 1.0) * (self.raters - 1.0))?,
        };
        let end = |single: f64| match of_mean {
            // Spearman and Brown.
            true => self.raters * single / (1.0 + (self.raters - 1.0) * single),
            false => single,
        };
        let (low, high) = (end(low), end(high));
        (low.is_finite() && high.is_finite()).then_some(Interval {
            low,
            high,
            method: Method::FisherF,
        })
    }

    fn by_ratio(&self, error: f64, freedom: f64) -> Option<(f64, f64)> {
        let ratio = self.between / error;
        let low = ratio / upper(self.calls - 1.0, freedom)?;
        let high = ratio * upper(freedom, self.calls - 1.0)?;
        let icc = |ratio: f64| (ratio - 1.0) / (ratio + self.raters - 1.0);
        Some((icc(low), icc(high)))
    }

    fn absolute(&self) -> Option<(f64, f64)> {
        let (n, k) = (self.calls, self.raters);
        let (b, j, e) = (self.between, self.judges, self.error);
        let icc = self.icc(Icc::TwoSingle)?;
        let of_judges = k * icc / (n * (1.0 - icc)) * j;
        let of_error = (1.0 + k * icc * (n - 1.0) / (n * (1.0 - icc))) * e;
        let freedom = (of_judges + of_error).powi(2)
            / (of_judges.powi(2) / (k - 1.0) + of_error.powi(2) / ((n - 1.0) * (k - 1.0)));
        if freedom < 1.0 {
            return None;
        }
        let (f_low, f_high) = (upper(n - 1.0, freedom)?, upper(freedom, n - 1.0)?);
        let others = k * j + (k * n - k - n) * e;
        let low = n * (b - f_low * e) / (f_low * others + n * b);
        let high = n * (f_high * b - e) / (others + n * f_high * b);
        Some((low, high))
    }
}

/// The value of F that is exceeded in 2.5 % of cases.
fn upper(freedom_1: f64, freedom_2: f64) -> Option<f64> {
    let f = FisherSnedecor::new(freedom_1, freedom_2).ok()?;
    Some(f.inverse_cdf(0.975)).filter(|f| f.is_finite() && *f > 0.0)
}

/// Bias and limits of agreement of two raters, in points (Bland and Altman 1986).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlandAltman {
    /// Calls that both scored.
    pub calls: f64,
    /// Mean of the first's points less the second's.
    pub bias: f64,
    /// Standard deviation of the differences.
    pub sd: f64,
    /// Bias ∓ 1.96 standard deviations.
    pub low: f64,
    pub high: f64,
    /// Standard error of the bias, and of each limit.
    pub bias_error: f64,
    pub limit_error: f64,
    /// 95 % interval of the bias, by Student's t.
    pub interval: Interval,
}

impl BlandAltman {
    /// `None` with fewer than two calls.
    fn new(calls: f64, bias: f64, sd: f64) -> Option<Self> {
        let t = StudentsT::new(0.0, 1.0, calls - 1.0)
            .ok()?
            .inverse_cdf(0.975);
        let bias_error = sd / calls.sqrt();
        Some(Self {
            calls,
            bias,
            sd,
            low: bias - LIMITS * sd,
            high: bias + LIMITS * sd,
            bias_error,
            limit_error: sd * (3.0 / calls).sqrt(),
            interval: Interval {
                low: bias - t * bias_error,
                high: bias + t * bias_error,
                method: Method::StudentT,
            },
        })
    }
}
