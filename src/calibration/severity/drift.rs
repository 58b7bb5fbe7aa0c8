//! Drift: weekly control charts of a rater's severity, a question's disagreement or the automatic
//! scorer's error.
//!
//! A point is the mean over a week's calls, each call one value. What stands out is told by an
//! exponentially weighted moving average (EWMA; Roberts 1959), which sees slow drift, together
//! with a wide limit for a single point, which sees a jump in its first week (Lucas and Saccucci
//! 1990). Shewhart's three-sigma limits stand beside them for those who know them, but are no
//! finding: a stable chart passes them too often. The centre is the mean of the first
//! [`BASELINE`] points, so that what stands out is a change *from how it began*; its own error is
//! part of the limits. Limits follow each point's number of calls, widen where weeks differ by
//! more than their calls explain (Laney 2002), and lean where values are skewed, as rare errors
//! are.
//!
//! Measured (`stable` and `detection` below print it):
//! * Of stable charts of 8 to 52 weeks, 1 to 6 of 100 flag anywhere; up to 8 where errors are so
//!   rare that most weeks have none; up to 10 where weeks differ by themselves by more than the
//!   calls of a week do. Three-sigma limits alone flag 7 to 9 of 100 in 26 weeks, 35 with rare
//!   errors. The trend's interval leaves out 0 in 2 to 5 of 100, up to 8 where weeks differ.
//! * A rater who gets stricter by 0.25 log-odds a week for 8 weeks, from the first week on, over 9
//!   questions and one or two peers a call, is found by the chart in 13 to 21 of 100 with 5 calls
//!   a week, in 31 to 55 with 10, in 65 to 80 with 20; by the trend in 35 to 43, 63 to 79 and 87
//!   to 97. Slow drift within few weeks is the trend's to find; the other raters are flagged no
//!   more often than on stable charts.
//!
//! A chart is for one rubric version and one model: the caller starts a new one at a change.
//! Left out: why something drifts, and seasons.

use std::collections::{BTreeMap, BTreeSet};

use super::additive::Additive;
use super::{Observation, cells, in_order, t_95, t_point};
use crate::calibration::figure::{Estimate, Interval, Method};

/// Weight of the newest point in the EWMA.
pub const LAMBDA: f64 = 0.25;
/// Points that the centre is taken from.
pub const BASELINE: usize = 4;
/// Points without which there are no limits and no trend.
pub const MIN_POINTS: usize = BASELINE + 2;
/// Calls of a point. Weeks with fewer are joined with the next.
pub const MIN_CALLS: usize = 3;

/// One value on one call: points fewer than the peers gave, or an error, 0 or 1. Several on one
/// call in one point are averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// Weeks since a fixed Monday.
    pub week: i32,
    pub call: usize,
    pub value: f64,
}

/// A control chart, in the unit of the values.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// In order of time.
    pub points: Vec<Point>,
    /// Mean of the first [`BASELINE`] points, each call counting once.
    pub centre: Option<f64>,
    /// Spread of calls within a week.
    pub call_deviation: Option<f64>,
    /// Spread of points over what their calls explain, 1 or more (Laney's sigma z).
    pub overdispersion: Option<f64>,
    /// First week of the first point that stands out.
    pub first_out: Option<i32>,
    /// Change per week: least squares over calls, with a variance that assumes no equal spread. A
    /// test of its own: about 5 of 100 stable charts have an interval without 0.
    pub trend: Option<Estimate>,
}

impl Chart {
    /// The interval of the trend lies on one side of 0.
    pub fn has_trend(&self) -> bool {
        let interval = self.trend.and_then(|trend| trend.interval);
        interval.is_some_and(|i| i.low > 0.0 || i.high < 0.0)
    }
}

/// A week, or several that were joined because the first had too few calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub first_week: i32,
    pub last_week: i32,
    pub calls: usize,
    pub value: f64,
    /// `None` on charts of fewer than [`MIN_POINTS`].
    pub ewma: Option<Control>,
    pub shewhart: Option<Control>,
    /// This is what counts: the EWMA is beyond its limits, or the value alone is further out than
    /// any on 99 of 100 stable charts.
    pub out: bool,
    /// The value is beyond three sigma. No finding by itself.
    pub beyond_three_sigma: bool,
}

/// What is charted, and the limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Control {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Control {
    fn is_out(&self) -> bool {
        self.value < self.low || self.value > self.high
    }
}

/// Charts one series.
pub fn chart(deviations: &[Deviation]) -> Chart {
    let bins = bins(deviations);
    let mut chart = Chart {
        points: bins.iter().map(Bin::point).collect(),
        centre: None,
        call_deviation: None,
        overdispersion: None,
        first_out: None,
        trend: None,
    };
    let Some(frame) = Frame::of(&bins) else {
        return chart;
    };
    chart.centre = Some(frame.centre);
    chart.call_deviation = Some(frame.spread.variance.sqrt());
    chart.overdispersion = Some(frame.sigma_z);
    chart.trend = trend(&bins, frame.sigma_z);
    let mut ewma = frame.centre;
    for (at, (bin, point)) in bins.iter().zip(&mut chart.points).enumerate() {
        ewma += LAMBDA * (bin.mean() - ewma);
        let smooth = frame.control(ewma, frame.smooth_limit, |i| match i <= at {
            true => LAMBDA * (1.0 - LAMBDA).powi((at - i) as i32),
            false => 0.0,
        });
        let alone = |i| f64::from(u8::from(i == at));
        let jump = frame.control(bin.mean(), frame.jump_limit, alone);
        let plain = frame.three_sigma(bin);
        point.out = smooth.is_out() || jump.is_out();
        point.beyond_three_sigma = plain.is_out();
        point.ewma = Some(smooth);
        point.shewhart = Some(plain);
    }
    chart.first_out = (chart.points.iter()).find(|p| p.out).map(|p| p.first_week);
    chart
}

/// What the limits of a chart are made from.
struct Frame<'a> {
    bins: &'a [Bin],
    centre: f64,
    spread: Spread,
    sigma_z: f64,
    /// In standard errors, of the EWMA and of a value alone.
    smooth_limit: f64,
    jump_limit: f64,
}

impl<'a> Frame<'a> {
    fn of(bins: &'a [Bin]) -> Option<Self> {
        if bins.len() < MIN_POINTS {
            return None;
        }
        let spread = Spread::of(bins)?;
        let base = &bins[..BASELINE];
        let centre = base.iter().map(|b| b.weight() * b.mean()).sum::<f64>() / base_calls(base);
        let sigma_z = laney(bins, centre, spread.variance);
        // Where the spread of points was estimated from the points, Student's t is on their
        // number, else on that of the calls.
        let degrees = match sigma_z > 1.0 {
            true => bins.len() - 1,
            false => spread.degrees,
        };
        let points = bins.len() as f64;
        let limit = |alarms: f64, looks: f64| t_point(degrees, 1.0 - alarms / 2.0 / looks);
        Some(Self {
            smooth_limit: limit(SMOOTH_ALARMS, LOOKS_PER_POINT * points)?,
            jump_limit: limit(JUMP_ALARMS, points)?,
            bins,
            centre,
            spread,
            sigma_z,
        })
    }

    /// Limits for a sum of the points by `weight`. Less the centre, which is a mean of points, it
    /// is still a sum of points; so the centre's own error is in them.
    fn control(&self, value: f64, limit: f64, weight: impl Fn(usize) -> f64) -> Control {
        let all: f64 = (0..self.bins.len()).map(&weight).sum();
        let base = base_calls(&self.bins[..BASELINE]);
        let (mut variance, mut third) = (0.0, 0.0);
        for (i, bin) in self.bins.iter().enumerate() {
            let of_centre = match i < BASELINE {
                true => all * bin.weight() / base,
                false => 0.0,
            };
            let own = weight(i) - of_centre;
            let spread = self.sigma_z.powi(2) * self.spread.variance / bin.weight();
            variance += own.powi(2) * spread;
            third += own.powi(3) * self.spread.third / bin.weight().powi(2);
        }
        let deviation = variance.sqrt();
        // Skewed calls (Cornish and Fisher 1938): one side is widened, none drawn in.
        let lean = match deviation > 0.0 {
            true => third / deviation.powi(3) * (limit * limit - 1.0) / 6.0,
            false => 0.0,
        };
        Control {
            value,
            low: self.centre - deviation * (limit - lean.min(0.0)),
            high: self.centre + deviation * (limit + lean.max(0.0)),
        }
    }

    fn three_sigma(&self, bin: &Bin) -> Control {
        let half = 3.0 * self.sigma_z * (self.spread.variance / bin.weight()).sqrt();
        Control {
            value: bin.mean(),
            low: self.centre - half,
            high: self.centre + half,
        }
    }
}

fn base_calls(base: &[Bin]) -> f64 {
    base.iter().map(Bin::weight).sum()
}

/// Share of stable charts whose EWMA may pass its limits anywhere.
const SMOOTH_ALARMS: f64 = 0.05;
/// A chart of `n` points gives the EWMA about `0.3 n` independent looks (by simulation).
const LOOKS_PER_POINT: f64 = 0.3;
/// Share of stable charts of which any single point may lie so far out that it counts by itself.
const JUMP_ALARMS: f64 = 0.01;

/// The calls of a point.
struct Bin {
    first_week: i32,
    last_week: i32,
    calls: Vec<f64>,
}

impl Bin {
    fn weight(&self) -> f64 {
        self.calls.len() as f64
    }

    fn mean(&self) -> f64 {
        self.calls.iter().sum::<f64>() / self.weight()
    }

    fn time(&self) -> f64 {
        f64::from(self.first_week) / 2.0 + f64::from(self.last_week) / 2.0
    }

    fn point(&self) -> Point {
        Point {
            first_week: self.first_week,
            last_week: self.last_week,
            calls: self.calls.len(),
            value: self.mean(),
            ewma: None,
            shewhart: None,
            out: false,
            beyond_three_sigma: false,
        }
    }
}

/// Weeks with values, joined until each has enough calls; what is left at the end joins the last.
fn bins(deviations: &[Deviation]) -> Vec<Bin> {
    let mut weeks: BTreeMap<i32, BTreeMap<usize, Vec<f64>>> = BTreeMap::new();
    for d in deviations {
        let calls = weeks.entry(d.week).or_default();
        calls.entry(d.call).or_default().push(d.value);
    }
    let mut bins: Vec<Bin> = Vec::new();
    for (week, calls) in weeks {
        let means = calls.into_values().map(|mut values| {
            // The order in which values came must not change the last bit.
            values.sort_by(f64::total_cmp);
            values.iter().sum::<f64>() / values.len() as f64
        });
        match bins.last_mut() {
            Some(open) if open.calls.len() < MIN_CALLS => {
                open.last_week = week;
                open.calls.extend(means);
            }
            _ => bins.push(Bin {
                first_week: week,
                last_week: week,
                calls: means.collect(),
            }),
        }
    }
    if let Some(last) = bins.pop_if(|last| last.calls.len() < MIN_CALLS) {
        match bins.last_mut() {
            Some(before) => {
                before.last_week = last.last_week;
                before.calls.extend(last.calls);
            }
            None => bins.push(last),
        }
    }
    bins
}

/// Spread of calls around their week, pooled.
struct Spread {
    variance: f64,
    /// Third central moment: rare errors make few weeks far too high and none too low.
    third: f64,
    degrees: usize,
}

impl Spread {
    /// `None` where no week has two calls. Where no week shows any spread, that of all calls is
    /// taken: then a change from always 0 to always 1 is not infinitely sure.
    fn of(bins: &[Bin]) -> Option<Self> {
        let n: usize = bins.iter().map(|b| b.calls.len()).sum();
        let degrees = n.checked_sub(bins.len()).filter(|d| *d > 0)?;
        let power = |mean: f64, calls: &[f64], power: i32| {
            calls.iter().map(|c| (c - mean).powi(power)).sum::<f64>()
        };
        let within = |p: i32| -> f64 { bins.iter().map(|b| power(b.mean(), &b.calls, p)).sum() };
        let thirds: f64 = (bins.iter().map(Bin::weight))
            .map(|m| (m - 1.0) * (m - 2.0) / m)
            .sum();
        let third = match thirds > 0.0 {
            true => within(3) / thirds,
            false => 0.0,
        };
        let mut variance = within(2) / degrees as f64;
        if variance <= 0.0 {
            let mean = bins.iter().map(|b| b.weight() * b.mean()).sum::<f64>() / n as f64;
            let all: f64 = bins.iter().map(|b| power(mean, &b.calls, 2)).sum();
            variance = all / (n - 1) as f64;
        }
        Some(Self {
            variance,
            third,
            degrees,
        })
    }
}

/// Laney's sigma z: the spread of points from one to the next, over what their calls explain. Not
/// below 1. The moving range hardly sees slow drift, which must not widen its own limits.
fn laney(bins: &[Bin], centre: f64, variance: f64) -> f64 {
    /// Mean range of two normal values.
    const D2: f64 = 1.128;
    /// A range above so many mean ranges is a jump, and no part of how points usually differ: the
    /// upper limit of the chart of moving ranges.
    const LARGEST: f64 = 3.267;
    if variance <= 0.0 {
        return 1.0;
    }
    let z: Vec<f64> = (bins.iter())
        .map(|b| (b.mean() - centre) / (variance / b.weight()).sqrt())
        .collect();
    let ranges: Vec<f64> = z.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let mean = |most: f64| {
        let kept = || ranges.iter().filter(|range| **range <= most);
        kept().sum::<f64>() / kept().count() as f64
    };
    let all = mean(f64::MAX);
    (mean(LARGEST * all) / D2).max(1.0)
}

/// The slope over weeks: least squares over calls, with a variance that takes each call's rest as
/// it is, widened as the limits are.
fn trend(bins: &[Bin], sigma_z: f64) -> Option<Estimate> {
    let n: f64 = bins.iter().map(Bin::weight).sum();
    let mean = |of: &dyn Fn(&Bin) -> f64| bins.iter().map(|b| b.weight() * of(b)).sum::<f64>() / n;
    let (mid, level) = (mean(&Bin::time), mean(&Bin::mean));
    let spread: f64 = bins
        .iter()
        .map(|b| b.weight() * (b.time() - mid).powi(2))
        .sum();
    let with: f64 = (bins.iter())
        .map(|b| b.weight() * (b.time() - mid) * (b.mean() - level))
        .sum();
    let slope = with / spread;
    let mut variance = 0.0;
    for bin in bins {
        let far = bin.time() - mid;
        let leverage = 1.0 / n + far * far / spread;
        for call in &bin.calls {
            let rest = call - level - slope * far;
            variance += (far * rest / spread).powi(2) / (1.0 - leverage).max(1e-6);
        }
    }
    let half = sigma_z * variance.sqrt() * t_95((n as usize).checked_sub(2)?)?;
    slope.is_finite().then_some(Estimate {
        value: slope,
        interval: half.is_finite().then_some(Interval {
            low: slope - half,
            high: slope + half,
            method: Method::Clustered,
        }),
    })
}

/// How a rater was charted.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterChart {
    pub rater: usize,
    /// In points of 100; positive is stricter than the peers on the same questions of the same
    /// calls, beyond what is each one's own severity over the whole period.
    pub chart: Chart,
    /// Found to drift, so not taken as a peer for the raters found after.
    pub set_aside: bool,
}

/// Charts every rater against the peers on the same questions of the same calls. Each one's own
/// severity is taken out, so it does not matter who the peers of a week were. A rater who drifts
/// makes all others seem to drift the other way; so the one who stands out most is set aside, and
/// the others are charted again without them. Of the last two of a group none is: which of them
/// drifts cannot be told.
pub fn rater_charts(observations: &[Observation], additive: &Additive) -> Vec<RaterChart> {
    let ordered = in_order(observations);
    let severity: BTreeMap<usize, f64> = (additive.raters.iter())
        .filter_map(|r| Some((r.rater, r.severity?.value)))
        .collect();
    let group: BTreeMap<usize, usize> =
        additive.raters.iter().map(|r| (r.rater, r.group)).collect();
    let mut found: BTreeMap<usize, RaterChart> = BTreeMap::new();
    let mut peers: BTreeSet<usize> = severity.keys().copied().collect();
    loop {
        let series = against(&ordered, &severity, &peers);
        let charts: Vec<(usize, Chart)> = (series.iter())
            .map(|(rater, series)| (*rater, chart(series)))
            .collect();
        let left = |rater: &usize| peers.iter().filter(|p| group[p] == group[rater]).count();
        let most = (charts.iter())
            .filter(|(rater, _)| left(rater) > 2)
            .filter_map(|(rater, chart)| Some((*rater, excess(chart)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        for (rater, chart) in charts {
            let set_aside = most.is_some_and(|(drifting, _)| drifting == rater);
            if set_aside || most.is_none() {
                found.insert(
                    rater,
                    RaterChart {
                        rater,
                        chart,
                        set_aside,
                    },
                );
            }
        }
        match most {
            Some((drifting, _)) => peers.remove(&drifting),
            None => return found.into_values().collect(),
        };
    }
}

/// How far the EWMA is out, or the trend from 0, in half widths of limits or interval, whichever is
/// more; `None` where neither shows anything.
fn excess(chart: &Chart) -> Option<f64> {
    let smooth = (chart.points.iter().filter(|p| p.out).filter_map(|p| p.ewma))
        .map(|c| (c.value - (c.low + c.high) / 2.0).abs() / ((c.high - c.low) / 2.0));
    let trend = (chart.trend.iter())
        .filter_map(|t| Some((t.value, t.interval?)))
        .map(|(slope, i)| slope.abs() / ((i.high - i.low) / 2.0))
        .filter(|most| *most > 1.0);
    smooth
        .chain(trend)
        .filter(|e| e.is_finite())
        .max_by(f64::total_cmp)
}

/// Deviations of each rater from the others among `peers`.
fn against(
    ordered: &[Observation],
    severity: &BTreeMap<usize, f64>,
    peers: &BTreeSet<usize>,
) -> BTreeMap<usize, Vec<Deviation>> {
    let mut series: BTreeMap<usize, Vec<Deviation>> =
        peers.iter().map(|&rater| (rater, Vec::new())).collect();
    for cell in cells(ordered) {
        let given: Vec<(&Observation, f64)> = (cell.iter())
            .filter(|o| peers.contains(&o.rater))
            .map(|o| (o, 100.0 * o.points + severity[&o.rater]))
            .collect();
        if given.len() < 2 {
            continue;
        }
        let sum: f64 = given.iter().map(|g| g.1).sum();
        for (o, points) in &given {
            let others = (sum - points) / (given.len() - 1) as f64;
            series.entry(o.rater).or_default().push(Deviation {
                week: o.week,
                call: o.call,
                value: others - points,
            });
        }
    }
    series
}

/// How far raters differ on each question, for [`chart`]: per call the mean difference of two
/// raters' points, of 100. The week is that of the last rating.
pub fn disagreement(observations: &[Observation]) -> BTreeMap<usize, Vec<Deviation>> {
    let mut series: BTreeMap<usize, Vec<Deviation>> = BTreeMap::new();
    for cell in cells(&in_order(observations)) {
        let mut differences = Vec::new();
        for (at, a) in cell.iter().enumerate() {
            differences.extend(cell[..at].iter().map(|b| (a.points - b.points).abs()));
        }
        let Some(week) = cell.iter().map(|o| o.week).max().filter(|_| cell.len() > 1) else {
            continue;
        };
        series.entry(cell[0].question).or_default().push(Deviation {
            week,
            call: cell[0].call,
            value: 100.0 * differences.iter().sum::<f64>() / differences.len() as f64,
        });
    }
    series
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;
    use crate::calibration::severity::additive::additive;
    use crate::calibration::severity::planted::{Plan, RATERS};

    /// How calls are spread within a week.
    #[derive(Clone, Copy)]
    enum Law {
        Normal,
        /// 0 or 1, of which this share.
        Errors(f64),
    }

    /// `level` is in standard deviations of a call, or in log-odds.
    fn series(
        number: u64,
        law: Law,
        weeks: i32,
        calls: usize,
        level: impl Fn(i32, &mut Stream) -> f64,
    ) -> Vec<Deviation> {
        let mut chance = Stream::new(23, "series", number);
        let mut all = Vec::new();
        for week in 0..weeks {
            let level = level(week, &mut chance);
            for call in 0..calls {
                let value = match law {
                    Law::Normal => level + chance.normal(),
                    Law::Errors(share) => {
                        let odds = share / (1.0 - share) * level.exp();
                        f64::from(u8::from(chance.happens(odds / (1.0 + odds))))
                    }
                };
                let call = 1000 * week as usize + call;
                all.push(Deviation { week, call, value });
            }
        }
        all
    }

    #[test]
    fn stable_series_stay_quiet() {
        for law in [Law::Normal, Law::Errors(0.1)] {
            let flagged = (0..200)
                .filter(|number| {
                    let series = series(*number, law, 26, 12, |_, _| 0.0);
                    chart(&series).first_out.is_some()
                })
                .count();
            // 5 of 100 are promised; 18 of 200 would be chance of one in two hundred.
            assert!(flagged <= 17, "{flagged}");
        }
    }

    #[test]
    fn a_jump_is_found_in_its_first_week() {
        for number in 0..20 {
            let jump = |week: i32, _: &mut Stream| if week >= 9 { 3.0 } else { 0.0 };
            let found = chart(&series(number, Law::Normal, 16, 12, jump));
            assert_eq!(found.first_out, Some(9));
            let point = &found.points[9];
            assert!(point.out && point.beyond_three_sigma);
            assert!(point.shewhart.is_some_and(|c| c.value > c.high));
        }
    }

    #[test]
    fn limits_follow_the_calls_of_each_week() {
        let mut all = series(1, Law::Normal, 10, 5, |_, _| 0.0);
        all.extend((0..35).map(|n| Deviation {
            week: 6,
            call: 50_000 + n,
            value: 0.1 * (n % 5) as f64,
        }));
        let found = chart(&all);
        let half = |at: usize| found.points[at].shewhart.map(|c| (c.high - c.low) / 2.0);
        let (few, many) = (half(5).expect("limits"), half(6).expect("limits"));
        assert!((few / many - 8.0_f64.sqrt()).abs() < 1e-9);
        let by_hand = found
            .call_deviation
            .zip(found.overdispersion)
            .expect("limits");
        assert!((few - 3.0 * by_hand.0 * by_hand.1 / 5.0_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn weeks_that_differ_widen_the_limits() {
        let spread = |_: i32, chance: &mut Stream| 2.0 * chance.normal();
        let found = chart(&series(3, Law::Normal, 26, 20, spread));
        assert!(found.overdispersion.is_some_and(|sigma_z| sigma_z > 5.0));
        assert_eq!(found.first_out, None);
    }

    #[test]
    fn thin_weeks_are_joined_and_short_series_have_no_limits() {
        let calls = [4, 1, 1, 2, 5, 3, 0, 1];
        let mut all = Vec::new();
        for (week, calls) in calls.into_iter().enumerate() {
            all.extend((0..calls).map(|call| Deviation {
                week: week as i32,
                call: 10 * week + call,
                value: call as f64,
            }));
        }
        let found = chart(&all);
        let weeks: Vec<(i32, i32, usize)> = found
            .points
            .iter()
            .map(|p| (p.first_week, p.last_week, p.calls))
            .collect();
        assert_eq!(weeks, [(0, 0, 4), (1, 3, 4), (4, 4, 5), (5, 7, 4)]);
        assert_eq!(
            (found.centre, found.trend, found.first_out),
            (None, None, None)
        );
        assert!(chart(&[]).points.is_empty());
    }

    #[test]
    fn a_series_without_spread_has_finite_limits() {
        let constant = |week: i32| if week < 6 { 0.0 } else { 1.0 };
        let all: Vec<Deviation> = (0..40)
            .map(|n| Deviation {
                week: n / 4,
                call: n as usize,
                value: constant(n / 4),
            })
            .collect();
        let found = chart(&all);
        assert!(found.first_out.is_some_and(|week| (6..8).contains(&week)));
        assert!(
            found
                .points
                .iter()
                .filter_map(|p| p.ewma)
                .all(|c| c.high.is_finite())
        );
        let same = chart(&all[..24]);
        assert_eq!((same.first_out, same.has_trend()), (None, false));
    }

    #[test]
    fn order_changes_no_bit() {
        let all = series(7, Law::Normal, 12, 9, |_, _| 0.0);
        let mut twice: Vec<Deviation> = all.iter().chain(&all).copied().collect();
        let found = chart(&twice);
        twice.reverse();
        assert_eq!(chart(&twice), found);
        assert_eq!(found.centre, chart(&all).centre, "means of equal values");
    }

    fn plan(raters: &[(f64, f64)]) -> Plan<'_> {
        Plan {
            raters,
            weeks: 8,
            calls_per_week: 60,
            questions: 9,
            per_call: 3,
            gaps: 0.1,
        }
    }

    #[test]
    fn the_rater_who_drifts_is_named_and_the_others_are_not() {
        for seed in [1, 2, 3] {
            let all = plan(&RATERS).ratings(seed, 0);
            let charts = rater_charts(&all, &additive(&all));
            let set_aside: Vec<usize> = charts
                .iter()
                .filter(|c| c.set_aside)
                .map(|c| c.rater)
                .collect();
            assert!(set_aside.contains(&3), "seed {seed}: {set_aside:?}");
            assert!(set_aside.len() <= 2, "seed {seed}: {set_aside:?}");
            assert!(charts[3].chart.trend.is_some_and(|trend| trend.value > 1.0));
            assert_eq!(charts.len(), 5);
        }
    }

    #[test]
    fn of_two_raters_it_cannot_be_told_which_drifts() {
        let plan = Plan {
            per_call: 2,
            ..plan(&RATERS[2..4])
        };
        let all = plan.ratings(1, 0);
        let charts = rater_charts(&all, &additive(&all));
        let slope = |at: usize| charts[at].chart.trend.map(|trend| trend.value);
        assert!(charts.iter().all(|c| !c.set_aside && c.chart.has_trend()));
        assert!((slope(0).unwrap_or(1.0) + slope(1).unwrap_or(1.0)).abs() < 1e-9);
    }

    #[test]
    fn disagreement_is_per_cell_and_week_of_the_last_rating() {
        let rating = |question, rater, points, week| Observation {
            call: 8,
            question,
            rater,
            points,
            pass: None,
            week,
        };
        let all = [
            rating(0, 0, 1.0, 2),
            rating(0, 1, 0.5, 4),
            rating(0, 2, 0.5, 3),
            rating(1, 0, 1.0, 2),
        ];
        let found = disagreement(&all);
        let only = Deviation {
            week: 4,
            call: 8,
            value: 100.0 / 3.0,
        };
        assert_eq!(found, BTreeMap::from([(0, vec![only])]));
    }

    #[derive(Default)]
    struct Rates {
        sets: u32,
        out: u32,
        trend: u32,
        either: u32,
        three_sigma: u32,
    }

    impl Rates {
        fn add(&mut self, chart: &Chart) {
            let out = chart.first_out.is_some();
            self.sets += 1;
            self.out += u32::from(out);
            self.trend += u32::from(chart.has_trend());
            self.either += u32::from(out || chart.has_trend());
            self.three_sigma += u32::from(chart.points.iter().any(|p| p.beyond_three_sigma));
        }
    }

    impl std::fmt::Display for Rates {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let share = |n: u32| f64::from(n) / f64::from(self.sets);
            write!(
                f,
                "chart {:.3}, trend {:.3}, either {:.3}, three sigma {:.3}",
                share(self.out),
                share(self.trend),
                share(self.either),
                share(self.three_sigma)
            )
        }
    }

    /// Prints how often stable series are flagged.
    #[test]
    #[ignore = "a simulation that prints, for the docs"]
    fn stable() {
        let laws = [
            ("normal", Law::Normal),
            ("3 % errors", Law::Errors(0.03)),
            ("10 % errors", Law::Errors(0.1)),
            ("30 % errors", Law::Errors(0.3)),
        ];
        for (name, law) in laws {
            for weeks in [8, 13, 26, 52] {
                for (calls, spread) in [(5, 0.0), (5, 0.3), (20, 0.0), (20, 0.3)] {
                    let mut rates = Rates::default();
                    for number in 0..1000 {
                        let level = |_: i32, chance: &mut Stream| spread * chance.normal();
                        rates.add(&chart(&series(number, law, weeks, calls, level)));
                    }
                    println!(
                        "{name}, {weeks} weeks, {calls} calls, weeks differ {spread}: {rates}"
                    );
                }
            }
        }
    }

    /// Prints how often a rater who drifts is found, and the others are flagged.
    #[test]
    #[ignore = "a simulation that prints, for the docs"]
    fn detection() {
        let still: Vec<(f64, f64)> = RATERS.iter().map(|r| (r.0, 0.0)).collect();
        let worlds = [
            ("stable", &still[..], 8),
            ("stable", &still[..], 26),
            ("drift", &RATERS[..], 8),
        ];
        for (name, raters, weeks) in worlds {
            for (per_call, calls) in [(2, 5), (2, 10), (2, 20), (3, 5), (3, 10), (3, 20)] {
                let plan = Plan {
                    weeks,
                    calls_per_week: calls * 5 / per_call,
                    per_call,
                    ..plan(raters)
                };
                let (mut drifting, mut others) = (Rates::default(), Rates::default());
                for number in 0..150 {
                    let all = plan.ratings(17, number);
                    for found in rater_charts(&all, &additive(&all)) {
                        match found.rater {
                            3 => drifting.add(&found.chart),
                            _ => others.add(&found.chart),
                        }
                    }
                }
                println!(
                    "{name} {weeks} weeks, {calls} calls a week, {per_call} raters a call: \
                     fourth rater {drifting}; others {others}"
                );
            }
        }
    }
}
