//! Severity in points: `points = mean + call + question + rater + rest`, by least squares.
//!
//! The calls' effects are absorbed (each rating is taken from the mean of its call), which leaves
//! small normal equations for questions and raters. The effects of the raters of a group, and of
//! the questions linked by common calls, add up to 0: each is against the average of those, every
//! rater and question counting once. Groups of raters are fitted apart ([`super::connect`]).
//!
//! Intervals take the calls as clusters: CR2 (Bell and McCaffrey 2002; Pustejovsky and Tipton
//! 2018, who show that absorbed effects do no harm) with Student's t on the number of shared calls
//! less one. Within a call nothing is assumed of how ratings hang together. By simulation
//! (`coverage` below, with halo) they cover 94 to 96 of 100 from [`MIN_SHARED_CALLS`] on; with
//! fewer shared calls 70 to 100, which is flagged. Those of questions and calls cover 95 to 96.
//!
//! The model is linear, so a fair score may come to lie a little outside of 0 to 100 where a
//! strict rater gave all points. It is not cut there, so that means stay right. Left out: an
//! interplay of rater and question or agent.

use super::connect::Connections;
use super::dense::{Cholesky, Square};
use super::{Observation, Sets, calls, clustered, in_order, t_95};
use crate::calibration::figure::{Caveat, Estimate, Interval, MIN_PAIRS, Method};
use std::ops::Range;

/// Points of 100 per share of the points.
const POINTS: f64 = 100.0;
/// Shared calls under which the interval of a severity is not to be trusted (by simulation).
pub const MIN_SHARED_CALLS: usize = 10;

/// The fitted model. All in points of 100.
#[derive(Debug, Clone, PartialEq)]
pub struct Additive {
    pub connections: Connections,
    /// By rater.
    pub raters: Vec<RaterSeverity>,
    /// By group, set and question.
    pub questions: Vec<QuestionDifficulty>,
    /// By call and group.
    pub calls: Vec<CallQuality>,
}

/// How strict a rater is.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterSeverity {
    pub rater: usize,
    /// Place in [`Connections::groups`]: severities of different groups cannot be compared.
    pub group: usize,
    pub ratings: usize,
    pub calls: usize,
    pub shared_ratings: usize,
    pub shared_calls: usize,
    /// Mean of what the rater gave.
    pub raw_mean: f64,
    /// What the average rater of the group would have given for the same questions of the same
    /// calls: the raw mean and the severity. `None` where nobody else rated.
    pub fair_mean: Option<Estimate>,
    /// Points fewer than the average rater of the group gives: positive is strict.
    pub severity: Option<Estimate>,
    /// Clustered by call; `None` with fewer than two shared calls.
    pub standard_error: Option<f64>,
    pub caveats: Vec<Caveat>,
}

/// How hard a question is to earn, in the eyes of one group of raters.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionDifficulty {
    pub question: usize,
    pub group: usize,
    /// Only questions of the same set can be compared: no call links them with others. Numbered
    /// within the group.
    pub set: usize,
    pub ratings: usize,
    pub calls: usize,
    pub raw_mean: f64,
    /// Points fewer than the average question of the set earns: positive is hard. `None` for a
    /// set of one.
    pub difficulty: Option<Estimate>,
    pub standard_error: Option<f64>,
}

/// What a call is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct CallQuality {
    pub call: usize,
    /// Of the raters whose ratings these are.
    pub group: usize,
    pub raters: usize,
    pub ratings: usize,
    pub raw_mean: f64,
    /// The raw mean, and the severity of those who rated it, and the difficulty of the questions
    /// asked: as if the average rater had answered the mean question. `None` where the group is
    /// one rater. The interval is about another panel of as many raters of the group; it takes
    /// the spread of raters around a call as the same for all calls.
    pub fair: Option<Estimate>,
}

/// Fits the model. An empty list gives an empty result.
pub fn additive(observations: &[Observation]) -> Additive {
    let ordered = in_order(observations);
    let connections = Connections::of(&ordered);
    let mut all = Additive {
        raters: Vec::new(),
        questions: Vec::new(),
        calls: Vec::new(),
        connections,
    };
    for group in 0..all.connections.groups.len() {
        let design = Design::of(&ordered, &all.connections, group);
        let fit = (design.raters.len() > 1).then(|| design.fit()).flatten();
        all.raters
            .extend(design.severities(&all.connections, group, fit.as_ref()));
        all.questions
            .extend(design.difficulties(group, fit.as_ref()));
        all.calls.extend(design.qualities(group, fit.as_ref()));
    }
    all.raters.sort_by_key(|r| r.rater);
    all.calls.sort_by_key(|c| (c.call, c.group));
    all
}

/// The ratings of one group, with places instead of names: questions first, then raters.
struct Design {
    questions: Vec<usize>,
    raters: Vec<usize>,
    /// Per question, its set; sets are numbered by their first question.
    sets: Vec<usize>,
    rows: Vec<Row>,
    /// Name and rows of each call.
    calls: Vec<(usize, Range<usize>)>,
}

#[derive(Clone, Copy)]
struct Row {
    question: usize,
    rater: usize,
    /// In points of 100.
    points: f64,
}

/// Effects and their variance.
struct Fit {
    /// Questions, then raters: positive earns or gives more.
    effects: Vec<f64>,
    variance: Square,
    /// Variance of one rater's mean around a call's quality, with degrees of freedom.
    spread: Option<(f64, usize)>,
}

impl Design {
    fn of(ordered: &[Observation], connections: &Connections, group: usize) -> Self {
        let raters = connections.groups[group].clone();
        // The most common case by far: one group, nothing to be picked out.
        let ours = |o: &&Observation| {
            connections.is_connected() || connections.raters[&o.rater].group == group
        };
        let mut questions: Vec<usize> = {
            let most = ordered.iter().map(|o| o.question + 1).max().unwrap_or(0);
            let mut seen = vec![false; most];
            for o in ordered.iter().filter(ours) {
                seen[o.question] = true;
            }
            (0..most).filter(|&q| seen[q]).collect()
        };
        questions.shrink_to_fit();
        let question_place = places(&questions);
        let rater_place = places(&raters);
        let mut rows = Vec::new();
        let mut spans = Vec::new();
        let mut linked = Sets::new(questions.len());
        for call in calls(ordered) {
            let start = rows.len();
            rows.extend(call.iter().filter(ours).map(|o| Row {
                question: question_place[o.question],
                rater: questions.len() + rater_place[o.rater],
                points: o.points * POINTS,
            }));
            if rows.len() > start {
                spans.push((call[0].call, start..rows.len()));
                let first: Row = rows[start];
                for row in &rows[start..] {
                    linked.join(first.question, row.question);
                }
            }
        }
        let roots: Vec<usize> = (0..questions.len()).map(|q| linked.root(q)).collect();
        let mut numbers = roots.clone();
        numbers.sort_unstable();
        numbers.dedup();
        let number = places(&numbers);
        Self {
            sets: roots.iter().map(|&root| number[root]).collect(),
            questions,
            raters,
            rows,
            calls: spans,
        }
    }

    fn size(&self) -> usize {
        self.questions.len() + self.raters.len()
    }

    fn rows(&self) -> impl Iterator<Item = (usize, &[Row])> {
        self.calls
            .iter()
            .map(|(call, span)| (*call, &self.rows[span.clone()]))
    }

    /// Questions of each set.
    fn set_members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.sets.iter().max().map_or(0, |most| most + 1)];
        for (question, &set) in self.sets.iter().enumerate() {
            members[set].push(question);
        }
        members
    }

    /// `None` cannot happen where the raters are connected, but for rounding.
    fn fit(&self) -> Option<Fit> {
        let n = self.size();
        let mut matrix = Square::zero(n);
        let mut effects = vec![0.0; n];
        for (_, rows) in self.rows() {
            let shares = shares(rows, n);
            let mean = mean(rows.iter().map(|r| r.points))?;
            for row in rows {
                matrix.add(row.question, row.question, 1.0);
                matrix.add(row.rater, row.rater, 1.0);
                matrix.add(row.question, row.rater, 1.0);
                matrix.add(row.rater, row.question, 1.0);
                effects[row.question] += row.points - mean;
                effects[row.rater] += row.points - mean;
            }
            for &(a, share) in &shares {
                for &(b, other) in &shares {
                    matrix.add(a, b, -share * other * rows.len() as f64);
                }
            }
        }
        for set in self.set_members() {
            matrix.sum_to_zero(&set);
        }
        let raters: Vec<usize> = (self.questions.len()..n).collect();
        matrix.sum_to_zero(&raters);
        let factor = Cholesky::new(&matrix)?;
        factor.solve(&mut effects);

        let mut variance = Square::zero(n);
        let mut scores = vec![0.0; n];
        for (_, rows) in self.rows() {
            scores.fill(0.0);
            let rests = rests(rows, &effects);
            for (row, rest) in rows.iter().zip(&rests) {
                scores[row.question] += rest;
                scores[row.rater] += rest;
            }
            let moved = factor.influence(&scores, |x, out| {
                let level = mean(rows.iter().map(|r| x[r.question] + x[r.rater]));
                for row in rows {
                    let own = x[row.question] + x[row.rater] - level.unwrap_or_default();
                    out[row.question] += own;
                    out[row.rater] += own;
                }
            });
            variance.add_outer(&moved);
        }
        Some(Fit {
            spread: self.spread(&effects),
            effects,
            variance,
        })
    }

    /// Variance of a rater's mean over a call, severity taken out, around the call's quality:
    /// pooled over the calls that several rated.
    fn spread(&self, effects: &[f64]) -> Option<(f64, usize)> {
        let mut sum = 0.0;
        let mut degrees = 0;
        let mut by_rater = vec![(0.0, 0_usize); self.size()];
        for (_, rows) in self.rows() {
            by_rater.fill((0.0, 0));
            for (row, rest) in rows.iter().zip(rests(rows, effects)) {
                by_rater[row.rater].0 += rest;
                by_rater[row.rater].1 += 1;
            }
            let means: Vec<f64> = (by_rater.iter().filter(|(_, n)| *n > 0))
                .map(|(sum, n)| sum / *n as f64)
                .collect();
            let level = mean(means.iter().copied())?;
            sum += means.iter().map(|m| (m - level).powi(2)).sum::<f64>();
            degrees += means.len() - 1;
        }
        let degrees = degrees.checked_sub(self.raters.len() - 1)?;
        (degrees > 0).then(|| (sum / degrees as f64, degrees))
    }

    fn severities(
        &self,
        connections: &Connections,
        group: usize,
        fit: Option<&Fit>,
    ) -> Vec<RaterSeverity> {
        let means = self.means(|row| row.rater);
        let severity = |(k, &rater): (usize, &usize)| {
            let place = self.questions.len() + k;
            let overlap = connections.raters[&rater];
            let (raw_mean, ratings) = means[place];
            let degrees = overlap.shared_calls.saturating_sub(1);
            let estimate = fit.map(|fit| fit.estimate(place, degrees));
            RaterSeverity {
                rater,
                group,
                ratings,
                calls: overlap.calls,
                shared_ratings: overlap.shared_ratings,
                shared_calls: overlap.shared_calls,
                raw_mean,
                fair_mean: estimate.map(|(severity, _)| shifted(severity, raw_mean)),
                severity: estimate.map(|(severity, _)| severity),
                standard_error: estimate.and_then(|(_, standard_error)| standard_error),
                caveats: caveats(
                    connections,
                    overlap.shared_ratings,
                    overlap.shared_calls,
                    fit.is_some(),
                ),
            }
        };
        self.raters.iter().enumerate().map(severity).collect()
    }

    fn difficulties(&self, group: usize, fit: Option<&Fit>) -> Vec<QuestionDifficulty> {
        let means = self.means(|row| row.question);
        let members = self.set_members();
        let mut asked_in = vec![0; self.questions.len()];
        let mut asked = vec![false; self.questions.len()];
        for (_, rows) in self.rows() {
            asked.fill(false);
            rows.iter().for_each(|row| asked[row.question] = true);
            for (calls, asked) in asked_in.iter_mut().zip(&asked) {
                *calls += usize::from(*asked);
            }
        }
        let mut all: Vec<QuestionDifficulty> = (self.questions.iter().enumerate())
            .map(|(place, &question)| {
                let set = self.sets[place];
                let estimate = fit
                    .filter(|_| members[set].len() > 1)
                    .map(|fit| fit.estimate(place, asked_in[place] - 1));
                QuestionDifficulty {
                    question,
                    group,
                    set,
                    ratings: means[place].1,
                    calls: asked_in[place],
                    raw_mean: means[place].0,
                    difficulty: estimate.map(|(difficulty, _)| difficulty),
                    standard_error: estimate.and_then(|(_, standard_error)| standard_error),
                }
            })
            .collect();
        all.sort_by_key(|q| (q.set, q.question));
        all
    }

    fn qualities(&self, group: usize, fit: Option<&Fit>) -> Vec<CallQuality> {
        let quality = |(call, rows): (usize, &[Row])| {
            let raw_mean = mean(rows.iter().map(|r| r.points)).unwrap_or_default();
            let shares = shares(rows, self.size());
            let raters = shares.iter().filter(|s| s.0 >= self.questions.len());
            CallQuality {
                call,
                group,
                raters: raters.count(),
                ratings: rows.len(),
                raw_mean,
                fair: fit.map(|fit| fit.fair(raw_mean, &shares, self.questions.len())),
            }
        };
        self.rows().map(quality).collect()
    }

    /// Mean and number of ratings at each place.
    fn means(&self, place: impl Fn(&Row) -> usize) -> Vec<(f64, usize)> {
        let mut sums = vec![(0.0, 0_usize); self.size()];
        for row in &self.rows {
            let (sum, n) = &mut sums[place(row)];
            *sum += row.points;
            *n += 1;
        }
        for (sum, n) in &mut sums {
            *sum /= (*n).max(1) as f64;
        }
        sums
    }
}

impl Fit {
    /// The effect with its sign turned (severity, difficulty) and its standard error.
    fn estimate(&self, place: usize, degrees: usize) -> (Estimate, Option<f64>) {
        let value = -self.effects[place];
        let standard_error = (degrees > 0).then(|| self.variance.at(place, place).max(0.0).sqrt());
        let interval = standard_error.and_then(|se| clustered(value, se, degrees));
        (Estimate { value, interval }, standard_error)
    }

    /// A call's quality from the shares of its ratings that are on each question and rater.
    fn fair(&self, raw_mean: f64, shares: &[(usize, f64)], questions: usize) -> Estimate {
        let effect: f64 = shares.iter().map(|(at, s)| s * self.effects[*at]).sum();
        let value = raw_mean - effect;
        let mut weights = vec![0.0; self.effects.len()];
        shares.iter().for_each(|&(at, share)| weights[at] = share);
        let of_raters: f64 = weights[questions..].iter().map(|s| s * s).sum();
        let interval = self.spread.and_then(|(spread, degrees)| {
            let variance = spread * of_raters + self.variance.quadratic(&weights);
            let half = t_95(degrees)? * variance.max(0.0).sqrt();
            Some(Interval {
                low: value - half,
                high: value + half,
                method: Method::Clustered,
            })
        });
        Estimate { value, interval }
    }
}

fn caveats(
    connections: &Connections,
    shared_ratings: usize,
    shared_calls: usize,
    fitted: bool,
) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    if connections.raters.len() == 1 {
        caveats.push(Caveat::OneRater);
    } else if !fitted || !connections.is_connected() {
        caveats.push(Caveat::NotConnected);
    }
    if shared_ratings < MIN_PAIRS {
        caveats.push(Caveat::FewPairs {
            missing: MIN_PAIRS - shared_ratings,
        });
    }
    if fitted && shared_calls < MIN_SHARED_CALLS {
        caveats.push(Caveat::CoverageDoubtful);
    }
    caveats
}

/// The place of each name in an ordered list.
fn places(names: &[usize]) -> Vec<usize> {
    let mut places = vec![0; names.last().map_or(0, |last| last + 1)];
    for (place, &name) in names.iter().enumerate() {
        places[name] = place;
    }
    places
}

/// Which share of a call's ratings each question and each rater has; in order of place, the
/// questions' shares and the raters' each add up to 1.
fn shares(rows: &[Row], size: usize) -> Vec<(usize, f64)> {
    let mut counts = vec![0_u32; size];
    for row in rows {
        counts[row.question] += 1;
        counts[row.rater] += 1;
    }
    let n = rows.len() as f64;
    (counts.iter().enumerate().filter(|(_, c)| **c > 0))
        .map(|(place, &count)| (place, f64::from(count) / n))
        .collect()
}

/// What the model leaves of each rating of a call.
fn rests(rows: &[Row], effects: &[f64]) -> Vec<f64> {
    let own = |row: &Row| row.points - effects[row.question] - effects[row.rater];
    let level = mean(rows.iter().map(own)).unwrap_or_default();
    rows.iter().map(|row| own(row) - level).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}

fn shifted(estimate: Estimate, by: f64) -> Estimate {
    Estimate {
        value: estimate.value + by,
        interval: estimate.interval.map(|i| Interval {
            low: i.low + by,
            high: i.high + by,
            ..i
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;
    use proptest::prelude::*;

    fn rating(call: usize, question: usize, rater: usize, points: f64) -> Observation {
        Observation {
            call,
            question,
            rater,
            points,
            pass: None,
            week: 0,
        }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-8 * (1.0 + a.abs())
    }

    fn severities(fit: &Additive) -> Vec<f64> {
        let value = |r: &RaterSeverity| r.severity.map_or(f64::NAN, |s| s.value);
        fit.raters.iter().map(value).collect()
    }

    #[test]
    fn shrout_and_fleiss_judges() {
        let table = [
            [9, 2, 5, 8],
            [6, 1, 3, 2],
            [8, 4, 6, 8],
            [7, 1, 2, 6],
            [10, 5, 6, 9],
            [6, 2, 4, 7],
        ];
        let all: Vec<Observation> = (0..24)
            .map(|n| rating(n / 4, 0, n % 4, f64::from(table[n / 4][n % 4]) / 100.0))
            .collect();
        let fit = additive(&all);
        // Domain notes, 2.3, with the sign turned: the judge who gives most is the most lenient.
        for (found, printed) in severities(&fit).iter().zip([-2.375, 2.792, 0.958, -1.375]) {
            assert!((found - printed).abs() < 5e-4, "{found} {printed}");
        }
        for rater in &fit.raters {
            let fair = rater.fair_mean.expect("four judges").value;
            assert!(close(fair, 127.0 / 24.0), "all rated the same: {fair}");
        }
        // The spread of judges around a target is EMS, 1.019444.
        let half = fit.calls[0]
            .fair
            .and_then(|f| f.interval.map(|i| i.high - f.value));
        let t = t_95(15).expect("degrees");
        let least = t * (1.019_444_f64 / 4.0).sqrt();
        assert!(
            half.is_some_and(|half| half > least && half < 1.5 * least),
            "{half:?}"
        );
    }

    #[test]
    fn an_unbalanced_example_by_hand() {
        let all = [
            rating(0, 0, 0, 1.0),
            rating(0, 0, 1, 0.8),
            rating(1, 0, 0, 0.6),
            rating(1, 0, 2, 0.3),
            rating(2, 0, 2, 0.5),
        ];
        let fit = additive(&all);
        // a − b = 20, a − c = 30, a + b + c = 0.
        let third = 50.0 / 3.0;
        for (found, hand) in severities(&fit)
            .iter()
            .zip([-third, 20.0 - third, 30.0 - third])
        {
            assert!(close(*found, hand), "{found} {hand}");
        }
        let fair: Vec<f64> = fit
            .calls
            .iter()
            .filter_map(|c| Some(c.fair?.value))
            .collect();
        // Call 2 was rated by the strictest alone, and still has a fair score.
        for (found, hand) in fair.iter().zip([250.0 / 3.0, 130.0 / 3.0, 190.0 / 3.0]) {
            assert!(close(*found, hand), "{found} {hand}");
        }
        assert_eq!(fit.connections.calls_alone, 1);
        assert_eq!(fit.raters[1].standard_error, None, "one shared call");
        assert!(fit.raters[1].caveats.contains(&Caveat::CoverageDoubtful));
    }

    #[test]
    fn two_raters_have_the_paired_t_interval() {
        let differences = [0.1, -0.2, 0.3, 0.25, 0.05, 0.1, 0.0];
        let all: Vec<Observation> = (differences.iter().enumerate())
            .flat_map(|(call, d)| [rating(call, 0, 0, 0.5), rating(call, 0, 1, 0.5 - d)])
            .collect();
        let fit = additive(&all);
        let n = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / n;
        let squares: f64 = differences.iter().map(|d| (d - mean).powi(2)).sum();
        let error = 100.0 * (squares / (n - 1.0) / n).sqrt() / 2.0;
        let strict = &fit.raters[1];
        assert!(close(strict.severity.expect("fit").value, 50.0 * mean));
        let found = strict.standard_error.expect("seven calls");
        assert!((found - error).abs() < 1e-6, "{found} {error}");
    }

    #[test]
    fn raters_who_share_nothing_are_not_compared() {
        let all = [
            rating(0, 0, 0, 1.0),
            rating(0, 0, 1, 0.0),
            rating(1, 0, 2, 0.4),
            rating(1, 0, 3, 0.6),
            rating(1, 1, 4, 0.6),
        ];
        let fit = additive(&all);
        assert!(close(severities(&fit)[1], 50.0) && close(severities(&fit)[2], 10.0));
        assert_eq!(fit.raters[4].severity, None);
        assert!(
            fit.raters
                .iter()
                .all(|r| r.caveats.contains(&Caveat::NotConnected))
        );
        assert_eq!(fit.raters[4].raw_mean, 60.0);
        let call: Vec<(usize, bool)> = fit
            .calls
            .iter()
            .map(|c| (c.call, c.fair.is_some()))
            .collect();
        assert_eq!(call, [(0, true), (1, true), (1, false)]);
        assert!(additive(&[]).raters.is_empty());
        assert_eq!(additive(&all[..1]).raters[0].caveats[0], Caveat::OneRater);
    }

    /// Questions 0 and 1 are never asked on a call with 2 and 3.
    #[test]
    fn questions_without_common_calls_are_sets_of_their_own() {
        let mut all = Vec::new();
        for call in 0..6 {
            for question in [call % 2 * 2, call % 2 * 2 + 1] {
                for rater in 0..2 {
                    let points = 0.9 - 0.1 * question as f64 - 0.2 * rater as f64;
                    all.push(rating(call, question, rater, points));
                }
            }
        }
        let fit = additive(&all);
        let found: Vec<(usize, f64)> = (fit.questions.iter())
            .map(|q| (q.set, q.difficulty.map_or(f64::NAN, |d| d.value)))
            .collect();
        for (found, (set, hand)) in found.iter().zip([(0, -5.0), (0, 5.0), (1, -5.0), (1, 5.0)]) {
            assert!(found.0 == set && close(found.1, hand), "{found:?}");
        }
        assert!(close(severities(&fit)[1], 10.0));
    }

    /// Least squares with a dummy for every call, solved by elimination.
    fn brute(all: &[Observation], calls: usize, questions: usize, raters: usize) -> Vec<f64> {
        let n = calls + questions + raters;
        let mut table = vec![vec![0.0; n + 1]; n];
        for o in all {
            let at = [o.call, calls + o.question, calls + questions + o.rater];
            for a in at {
                for b in at {
                    table[a][b] += 1.0;
                }
                table[a][n] += 100.0 * o.points;
            }
        }
        for block in [calls..calls + questions, calls + questions..n] {
            for a in block.clone() {
                for b in block.clone() {
                    table[a][b] += 1.0;
                }
            }
        }
        for at in 0..n {
            let pivot = (at..n).max_by(|a, b| table[*a][at].abs().total_cmp(&table[*b][at].abs()));
            table.swap(at, pivot.expect("a row"));
            let pivot = table[at].clone();
            for (row, values) in table.iter_mut().enumerate().filter(|(row, _)| *row != at) {
                debug_assert_ne!(row, at);
                let factor = values[at] / pivot[at];
                for (value, own) in values.iter_mut().zip(&pivot) {
                    *value -= factor * own;
                }
            }
        }
        (0..n).map(|at| table[at][n] / table[at][at]).collect()
    }

    proptest! {
        #[test]
        fn absorbing_calls_is_full_least_squares(
            seed in any::<u64>(), calls in 2_usize..8, questions in 1_usize..5, raters in 2_usize..5,
        ) {
            let mut chance = Stream::new(seed, "design", 0);
            let mut all = Vec::new();
            for call in 0..calls {
                for question in 0..questions {
                    for rater in 0..raters {
                        // Call 0 links all raters and all questions.
                        let link = call == 0 && (question == 0 || rater == 0);
                        let base = question == 0 && rater == 0;
                        if link || base || chance.happens(0.4) {
                            all.push(rating(call, question, rater, chance.unit()));
                        }
                    }
                }
            }
            let fit = additive(&all);
            let full = brute(&all, calls, questions, raters);
            for rater in &fit.raters {
                let hand = -full[calls + questions + rater.rater];
                prop_assert!(close(rater.severity.expect("linked").value, hand));
                // The average rater on the same questions of the same calls.
                let own: Vec<f64> = (all.iter().filter(|o| o.rater == rater.rater))
                    .map(|o| full[o.call] + full[calls + o.question])
                    .collect();
                let fair = own.iter().sum::<f64>() / own.len() as f64;
                prop_assert!(close(rater.fair_mean.expect("linked").value, fair));
            }
            for question in fit.questions.iter().filter(|_| questions > 1) {
                let hand = -full[calls + question.question];
                prop_assert!(close(question.difficulty.expect("linked").value, hand));
            }
            for call in &fit.calls {
                prop_assert!(close(call.fair.expect("linked").value, full[call.call]));
            }
        }

        #[test]
        fn names_and_order_change_nothing(seed in any::<u64>()) {
            let mut chance = Stream::new(seed, "names", 0);
            let mut all = Vec::new();
            for n in 0..60 {
                if n < 12 || chance.happens(0.6) {
                    all.push(rating(n / 12, n / 4 % 3, n % 4, chance.unit()));
                }
            }
            let renamed: Vec<Observation> = (all.iter().rev())
                .map(|o| rating(90 - 3 * o.call, 7 - 2 * o.question, 11 - 3 * o.rater, o.points))
                .collect();
            let (plain, renamed) = (additive(&all), additive(&renamed));
            for (a, b) in plain.raters.iter().zip(renamed.raters.iter().rev()) {
                prop_assert!(close(a.severity.expect("linked").value, b.severity.expect("linked").value));
                prop_assert!(close(a.standard_error.unwrap_or(0.0), b.standard_error.unwrap_or(0.0)));
            }
        }
    }

    /// Ratings whose errors hang together within call and rater (halo).
    /// Beside them the quality of each call, in points of 100.
    fn simulated(calls: usize, per_call: usize, number: u64) -> (Vec<Observation>, Vec<f64>) {
        const STRICT: [f64; 5] = [0.0, 0.08, -0.08, -0.04, 0.04];
        let mut chance = Stream::new(3, "additive", number);
        let mut all = Vec::new();
        let mut worth = Vec::new();
        for call in 0..calls {
            let quality = 0.7 + 0.1 * chance.normal();
            let mut order: Vec<usize> = (0..5).collect();
            for at in (1..5).rev() {
                order.swap(at, chance.below(at + 1));
            }
            let cells: Vec<f64> = (0..9).map(|_| 0.3 * chance.normal()).collect();
            worth.push(100.0 * (quality + mean(cells.iter().copied()).unwrap_or_default()));
            for &rater in &order[..per_call] {
                let halo = 0.05 * chance.normal();
                for (question, cell) in cells.iter().enumerate() {
                    let own = 0.02 * (question as f64 - 4.0) + 0.2 * chance.normal();
                    let points = quality + cell + halo + own - STRICT[rater];
                    if chance.happens(0.9) {
                        all.push(rating(call, question, rater, points));
                    }
                }
            }
        }
        (all, worth)
    }

    /// Prints how often the intervals cover.
    #[test]
    #[ignore = "a simulation that prints, for the docs"]
    fn coverage() {
        let truth = [0.0, 8.0, -8.0, -4.0, 4.0];
        for (calls, per_call) in [
            (6, 2),
            (10, 2),
            (20, 2),
            (40, 2),
            (100, 2),
            (20, 3),
            (100, 3),
        ] {
            let (mut plain, mut questions) = ((0, 0), (0, 0));
            let mut flagged = [(0, 0); MIN_SHARED_CALLS];
            let mut qualities = (0, 0);
            for number in 0..400 {
                let (all, worth) = simulated(calls, per_call, number);
                let fit = additive(&all);
                if !fit.connections.is_connected() {
                    continue;
                }
                for rater in &fit.raters {
                    let Some(interval) = rater.severity.and_then(|s| s.interval) else {
                        continue;
                    };
                    let inside = (interval.low..=interval.high).contains(&truth[rater.rater]);
                    let tally = match rater.shared_calls {
                        MIN_SHARED_CALLS.. => &mut plain,
                        few => &mut flagged[few],
                    };
                    tally.0 += usize::from(inside);
                    tally.1 += 1;
                }
                for call in &fit.calls {
                    let interval = call.fair.and_then(|f| f.interval);
                    let inside =
                        interval.is_some_and(|i| (i.low..=i.high).contains(&worth[call.call]));
                    qualities.0 += usize::from(inside);
                    qualities.1 += 1;
                }
                for question in &fit.questions {
                    let truth = -2.0 * (question.question as f64 - 4.0);
                    let interval = question.difficulty.and_then(|d| d.interval);
                    questions.0 +=
                        usize::from(interval.is_some_and(|i| (i.low..=i.high).contains(&truth)));
                    questions.1 += 1;
                }
            }
            println!(
                "{calls} calls x 9, {per_call} raters a call: raters {:.3} of {}, flagged {flagged:?}, questions {:.3}, calls {:.3}",
                plain.0 as f64 / plain.1.max(1) as f64,
                plain.1,
                questions.0 as f64 / questions.1 as f64,
                qualities.0 as f64 / qualities.1 as f64
            );
        }
    }
}
