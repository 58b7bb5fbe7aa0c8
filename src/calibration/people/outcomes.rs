//! What became of the call, beside its answers: does an outcome differ between calls that pass a
//! question and calls that fail it, within the same queue?
//!
//! - Difference: mean of the outcome over passes less that over fails, by queue, put together with
//!   Mantel and Haenszel's weights; for yes and no this is their risk difference (Greenland and
//!   Robins 1985), and for numbers the slope of a regression with a constant for each queue.
//! - Clusters are agents: who passes a question often may also please for other reasons. Each
//!   agent is left out in turn (jackknife; Bell and McCaffrey 2002 on few clusters), with as many
//!   degrees of freedom as the agents that the difference really rests on.
//! - A flag says that the two go together. It does not say that one makes the other.
//!
//! Left out on purpose: reasons for calling (cells get too thin for rare outcomes), several
//! questions at once, and time: outcomes are taken as they were known when read.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::Answered;
use super::tails::{t_p_value, t95};
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::figure::{Estimate, Interval, Method};

/// Passes, and fails, in queues that have both, under which there is no figure.
pub const MIN_CALLS: usize = 20;
/// Agents with such calls under which there is no figure.
pub const MIN_AGENTS: usize = 10;
/// Calls of each outcome, yes and no, that must be expected among passes and among fails
/// (Cochran 1954).
pub const MIN_EXPECTED: usize = 5;
/// A difference is too small to matter if it lies, with its whole interval, within this many
/// standard deviations of the outcome.
pub const NEGLIGIBLE: f64 = 0.1;

/// What kind of value an outcome has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 1 for yes and 0 for no.
    YesNo,
    Number,
}

/// One outcome of many calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub kind: Kind,
    /// Call and value; a call has one. Values that are not finite are left out.
    pub values: Vec<(usize, f64)>,
}

/// Whether an outcome goes with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// The outcome is higher, or more often yes, where the question is passed.
    Higher,
    Lower,
    /// A difference that matters is ruled out: the interval lies within [`NEGLIGIBLE`].
    Negligible,
    /// Neither a difference nor its absence is shown.
    NoDifference,
    NotEnough,
}

impl Flag {
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::Higher => "higher",
            Flag::Lower => "lower",
            Flag::Negligible => "negligible",
            Flag::NoDifference => "no_difference",
            Flag::NotEnough => "not_enough",
        }
    }
}

/// One question and one outcome. Only calls with both count, in queues with passes and fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relation {
    /// Place of the question.
    pub question: usize,
    /// Place of the outcome.
    pub outcome: usize,
    pub passes: usize,
    pub fails: usize,
    pub agents: usize,
    pub queues: usize,
    pub missing: Missing,
    /// Mean of the outcome over passes and over fails, as they are.
    pub mean_of_passes: Option<f64>,
    pub mean_of_fails: Option<f64>,
    /// Passes less fails, within queue, in units of the outcome.
    pub difference: Option<Estimate>,
    /// Standard deviation of the outcome within queue.
    pub deviation: Option<f64>,
    pub p_value: Option<f64>,
    /// Adjusted over all questions and outcomes.
    pub adjusted_p: Option<f64>,
    pub flag: Flag,
}

/// What is missing for a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Passes, to [`MIN_CALLS`].
    pub passes: usize,
    pub fails: usize,
    /// To [`MIN_AGENTS`].
    pub agents: usize,
    /// Expected calls in the rarest of pass or fail, yes or no, to [`MIN_EXPECTED`].
    pub expected: usize,
}

/// Relates each question to each outcome. `queue_of[mix]` is the queue of a cell; a cell beyond
/// it is a queue of its own. By question, then outcome; the order of answers changes nothing.
pub fn relate(
    questions: &[Vec<Answered>],
    outcomes: &[Outcome],
    queue_of: &[usize],
) -> Vec<Relation> {
    // Only looked up, never walked.
    let values: Vec<HashMap<usize, f64>> = outcomes
        .iter()
        .map(|o| {
            o.values
                .iter()
                .copied()
                .filter(|(_, v)| v.is_finite())
                .collect()
        })
        .collect();
    let mut relations: Vec<Relation> = questions
        .par_iter()
        .enumerate()
        .flat_map_iter(|(question, answers)| {
            let values = &values;
            outcomes.iter().enumerate().map(move |(outcome, of)| {
                let table = Table::new(answers, &values[outcome], queue_of);
                table.relation(question, outcome, of.kind)
            })
        })
        .collect();
    judge(&mut relations);
    relations
}

/// Calls of one agent in one cell that pass, or fail, and how many of them have the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub agent: usize,
    pub cell: usize,
    pub pass: bool,
    pub calls: usize,
    pub yes: usize,
}

/// As [`relate`], of one outcome of yes and no that was counted already, within cells.
pub fn relate_counted(questions: &[Vec<Counted>]) -> Vec<Relation> {
    let of = |(question, counted): (usize, &Vec<Counted>)| {
        Table::of_counts(counted).relation(question, 0, Kind::YesNo)
    };
    let mut relations: Vec<Relation> = questions.iter().enumerate().map(of).collect();
    judge(&mut relations);
    relations
}

/// Adjusts the p-values of all and says what each relation shows.
fn judge(relations: &mut [Relation]) {
    let p: Vec<f64> = relations.iter().filter_map(|r| r.p_value).collect();
    let mut adjusted = benjamini_hochberg(&p).into_iter();
    for relation in relations.iter_mut().filter(|r| r.p_value.is_some()) {
        relation.adjusted_p = adjusted.next();
        relation.flag = flag(relation);
    }
}

fn flag(relation: &Relation) -> Flag {
    let (Some(difference), Some(adjusted), Some(deviation)) =
        (relation.difference, relation.adjusted_p, relation.deviation)
    else {
        return Flag::NotEnough;
    };
    let Some(interval) = difference.interval else {
        return Flag::NoDifference;
    };
    let margin = NEGLIGIBLE * deviation;
    if -margin < interval.low && interval.high < margin {
        Flag::Negligible
    } else if adjusted > FALSE_FLAGS {
        Flag::NoDifference
    } else if difference.value > 0.0 {
        Flag::Higher
    } else {
        Flag::Lower
    }
}

/// Calls and outcome of passes and of fails.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    calls: [f64; 2],
    sums: [f64; 2],
    squares: f64,
}

impl Counts {
    fn add(&mut self, other: &Counts, sign: f64) {
        for side in 0..2 {
            self.calls[side] += sign * other.calls[side];
            self.sums[side] += sign * other.sums[side];
        }
        self.squares += sign * other.squares;
    }

    fn total(&self) -> f64 {
        self.calls[0] + self.calls[1]
    }

    fn both(&self) -> bool {
        self.calls[0] > 0.5 && self.calls[1] > 0.5
    }

    /// Mantel and Haenszel's weight.
    fn weight(&self) -> f64 {
        match self.both() {
            true => self.calls[0] * self.calls[1] / self.total(),
            false => 0.0,
        }
    }

    /// Variance of the outcome, passes and fails together.
    fn variance(&self) -> f64 {
        let (n, sum) = (self.total(), self.sums[0] + self.sums[1]);
        ((self.squares - sum * sum / n) / (n - 1.0)).max(0.0)
    }
}

const FAIL: usize = 0;
const PASS: usize = 1;

/// Calls with an answer and an outcome, by agent and queue.
struct Table {
    agents: BTreeMap<usize, BTreeMap<usize, Counts>>,
    /// Those that have passes and fails.
    queues: BTreeMap<usize, Counts>,
}

impl Table {
    fn new(answers: &[Answered], values: &HashMap<usize, f64>, queue_of: &[usize]) -> Self {
        let beyond = queue_of
            .iter()
            .max()
            .map_or(0, |last| last.saturating_add(1));
        let mut joined: Vec<(usize, usize, bool, f64)> = answers
            .iter()
            .filter_map(|a| {
                let queue = queue_of.get(a.mix).copied();
                let queue = queue.unwrap_or_else(|| beyond.saturating_add(a.mix));
                Some((a.agent, queue, a.pass, *values.get(&a.call)?))
            })
            .collect();
        // Sums of numbers depend on their order.
        joined.sort_unstable_by(|a, b| {
            (a.0, a.1, a.2)
                .cmp(&(b.0, b.1, b.2))
                .then(a.3.total_cmp(&b.3))
        });
        let mut agents: BTreeMap<usize, BTreeMap<usize, Counts>> = BTreeMap::new();
        let mut queues: BTreeMap<usize, Counts> = BTreeMap::new();
        for run in joined.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut counts = Counts::default();
            for (_, _, pass, value) in run {
                let side = usize::from(*pass);
                counts.calls[side] += 1.0;
                counts.sums[side] += value;
                counts.squares += value * value;
            }
            let (agent, queue) = (run[0].0, run[0].1);
            queues.entry(queue).or_default().add(&counts, 1.0);
            agents.entry(agent).or_default().insert(queue, counts);
        }
        Self::comparable(agents, queues)
    }

    fn of_counts(counted: &[Counted]) -> Self {
        let mut agents: BTreeMap<usize, BTreeMap<usize, Counts>> = BTreeMap::new();
        let mut queues: BTreeMap<usize, Counts> = BTreeMap::new();
        for of in counted {
            let yes = of.yes as f64;
            let mut counts = Counts {
                squares: yes,
                ..Counts::default()
            };
            counts.calls[usize::from(of.pass)] = of.calls as f64;
            counts.sums[usize::from(of.pass)] = yes;
            queues.entry(of.cell).or_default().add(&counts, 1.0);
            let own = agents.entry(of.agent).or_default();
            own.entry(of.cell).or_default().add(&counts, 1.0);
        }
        Self::comparable(agents, queues)
    }

    /// Only queues with passes and fails.
    fn comparable(
        mut agents: BTreeMap<usize, BTreeMap<usize, Counts>>,
        mut queues: BTreeMap<usize, Counts>,
    ) -> Self {
        queues.retain(|_, counts| counts.both());
        agents.retain(|_, of| {
            of.retain(|queue, _| queues.contains_key(queue));
            !of.is_empty()
        });
        Self { agents, queues }
    }

    fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in self.queues.values() {
            sum.add(counts, 1.0);
        }
        sum
    }

    /// Passes less fails; without the calls of one agent, if one is named.
    fn difference(&self, without: Option<&BTreeMap<usize, Counts>>) -> Option<f64> {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (queue, counts) in &self.queues {
            let mut counts = *counts;
            if let Some(own) = without.and_then(|of| of.get(queue)) {
                counts.add(own, -1.0);
            }
            let weight = counts.weight();
            if weight > 0.0 {
                sum += weight
                    * (counts.sums[PASS] / counts.calls[PASS]
                        - counts.sums[FAIL] / counts.calls[FAIL]);
                weights += weight;
            }
        }
        (weights > 0.0).then(|| sum / weights)
    }

    /// The rarest of pass or fail, yes or no, in calls that would be expected without a relation.
    fn expected(&self) -> f64 {
        let mut cells = [0.0; 4];
        for counts in self.queues.values() {
            let yes = (counts.sums[0] + counts.sums[1]) / counts.total();
            for side in 0..2 {
                cells[2 * side] += counts.calls[side] * yes;
                cells[2 * side + 1] += counts.calls[side] * (1.0 - yes);
            }
        }
        cells.into_iter().fold(f64::INFINITY, f64::min)
    }

    /// Agents that the difference rests on: fewer than there are where some have most of the
    /// calls (after Carter, Schnepel and Steigerwald 2017).
    fn effective_agents(&self) -> f64 {
        let (mut sum, mut squares) = (0.0, 0.0);
        for of in self.agents.values() {
            let mut leverage = 0.0;
            for (queue, own) in of {
                let all = &self.queues[queue];
                let rate = all.calls[PASS] / all.total();
                leverage += own.calls[PASS] * (1.0 - rate).powi(2) + own.calls[FAIL] * rate * rate;
            }
            sum += leverage;
            squares += leverage * leverage;
        }
        if squares > 0.0 {
            sum * sum / squares
        } else {
            0.0
        }
    }

    /// Standard error: each agent left out in turn, and no less than if nothing were related
    /// (Mantel and Haenszel 1959). `None` if the difference rests on one agent.
    fn error(&self, difference: f64) -> Option<f64> {
        let n = self.agents.len() as f64;
        let mut squares = 0.0;
        for of in self.agents.values() {
            squares += (self.difference(Some(of))? - difference).powi(2);
        }
        let (mut null, mut weights) = (0.0, 0.0);
        for counts in self.queues.values() {
            null += counts.weight() * counts.variance();
            weights += counts.weight();
        }
        let jackknife = squares * (n - 1.0) / n;
        Some(jackknife.max(null / (weights * weights)).sqrt())
    }

    fn relation(&self, question: usize, outcome: usize, kind: Kind) -> Relation {
        let sum = self.sum();
        let short = |least: usize, is: f64| (least as f64 - is).max(0.0).ceil() as usize;
        let missing = Missing {
            passes: short(MIN_CALLS, sum.calls[PASS]),
            fails: short(MIN_CALLS, sum.calls[FAIL]),
            agents: MIN_AGENTS.saturating_sub(self.agents.len()),
            expected: match kind {
                Kind::YesNo if sum.total() > 0.0 => short(MIN_EXPECTED, self.expected()),
                Kind::YesNo => MIN_EXPECTED,
                Kind::Number => 0,
            },
        };
        let mean = |side: usize| (sum.calls[side] > 0.0).then(|| sum.sums[side] / sum.calls[side]);
        let mut relation = Relation {
            question,
            outcome,
            passes: sum.calls[PASS] as usize,
            fails: sum.calls[FAIL] as usize,
            agents: self.agents.len(),
            queues: self.queues.len(),
            missing,
            mean_of_passes: mean(PASS),
            mean_of_fails: mean(FAIL),
            difference: None,
            deviation: None,
            p_value: None,
            adjusted_p: None,
            flag: Flag::NotEnough,
        };
        let within: f64 = self
            .queues
            .values()
            .map(|counts| counts.variance() * (counts.total() - 1.0))
            .sum();
        let freedom = sum.total() - self.queues.len() as f64;
        let deviation = (within / freedom.max(1.0)).sqrt();
        // An outcome that never varies tells nothing of any question.
        if missing != Missing::default() || deviation <= 1e-12 {
            return relation;
        }
        if let Some(value) = self.difference(None)
            && let Some(error) = self.error(value)
        {
            let df = (self.effective_agents() - 1.0).max(1.0);
            let half = t95(df) * error;
            relation.difference = Some(Estimate {
                value,
                interval: Some(Interval {
                    low: value - half,
                    high: value + half,
                    method: Method::Clustered,
                }),
            });
            relation.deviation = Some(deviation);
            relation.p_value = Some(t_p_value(value / error, df));
        }
        relation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;

    /// Calls of a queue with `yes` of `calls` outcomes, spread over twenty agents.
    fn add(
        data: &mut (Vec<Answered>, Vec<(usize, f64)>),
        mix: usize,
        pass: bool,
        yes: usize,
        calls: usize,
    ) {
        for n in 0..calls {
            let call = data.0.len();
            data.0.push(Answered {
                call,
                agent: call % 20,
                day: 0,
                mix,
                pass,
            });
            data.1.push((call, f64::from(u8::from(n < yes))));
        }
    }

    fn one(data: (Vec<Answered>, Vec<(usize, f64)>), kind: Kind, queue_of: &[usize]) -> Relation {
        let outcome = Outcome {
            kind,
            values: data.1,
        };
        relate(&[data.0], &[outcome], queue_of)[0]
    }

    #[test]
    fn the_risk_difference_of_the_tolbutamide_trial() {
        // University Group Diabetes Program, deaths by age (Rothman and Greenland, Modern
        // Epidemiology): 8 of 106 and 5 of 120 under 55, 22 of 98 and 16 of 85 above. By hand:
        // 0.034900, published 0.035.
        let mut data = (Vec::new(), Vec::new());
        add(&mut data, 0, true, 8, 106);
        add(&mut data, 0, false, 5, 120);
        add(&mut data, 1, true, 22, 98);
        add(&mut data, 1, false, 16, 85);
        let found = one(data.clone(), Kind::YesNo, &[0, 1]);
        let difference = found.difference.expect("there is enough");
        let by_hand = ((8.0 * 120.0 - 5.0 * 106.0) / 226.0 + (22.0 * 85.0 - 16.0 * 98.0) / 183.0)
            / (106.0 * 120.0 / 226.0 + 98.0 * 85.0 / 183.0);
        assert!((difference.value - by_hand).abs() < 1e-12);
        assert!((difference.value - 0.0349).abs() < 5e-5);
        let interval = difference.interval.expect("always");
        assert!(interval.low < 0.0 && interval.high > difference.value);
        assert_eq!(found.flag, Flag::NoDifference);
        assert_eq!((found.queues, found.agents), (2, 20));
        // The same from counts.
        let counted: Vec<Counted> = data
            .0
            .iter()
            .zip(&data.1)
            .map(|(answer, (_, died))| Counted {
                agent: answer.agent,
                cell: answer.mix,
                pass: answer.pass,
                calls: 1,
                yes: *died as usize,
            })
            .collect();
        assert_eq!(relate_counted(&[counted])[0], found);
    }

    #[test]
    fn queues_that_differ_do_not_make_a_relation() {
        // The sales queue passes more and sells more; within each queue nothing goes together.
        let mut data = (Vec::new(), Vec::new());
        add(&mut data, 0, true, 360, 600);
        add(&mut data, 0, false, 120, 200);
        add(&mut data, 1, true, 20, 200);
        add(&mut data, 1, false, 60, 600);
        let found = one(data.clone(), Kind::YesNo, &[0, 1]);
        assert!(found.difference.expect("there is enough").value.abs() < 1e-12);
        assert_ne!(found.flag, Flag::Higher);
        // As one queue they would.
        assert_eq!(one(data, Kind::YesNo, &[0, 0]).flag, Flag::Higher);
    }

    #[test]
    fn no_complaint_among_a_few_fails_is_not_enough() {
        // 40 fails without a complaint, where 0.4 are expected: it says nothing.
        let mut data = (Vec::new(), Vec::new());
        add(&mut data, 0, true, 40, 4000);
        add(&mut data, 0, false, 0, 40);
        let found = one(data, Kind::YesNo, &[0]);
        assert_eq!((found.flag, found.missing.expected), (Flag::NotEnough, 5));
        assert_eq!(found.difference, None);
    }

    fn satisfaction(calls: usize, effect: f64) -> (Vec<Answered>, Vec<(usize, f64)>) {
        let mut chance = Stream::new(3, "satisfaction", 0);
        let mut data = (Vec::new(), Vec::new());
        for call in 0..calls {
            let pass = chance.happens(0.8);
            data.0.push(Answered {
                call,
                agent: chance.below(30),
                day: 0,
                mix: chance.below(6),
                pass,
            });
            let value = 4.0 + effect * f64::from(u8::from(pass)) + chance.normal();
            data.1.push((call, value));
        }
        data
    }

    #[test]
    fn numbers_show_a_relation_or_rule_it_out() {
        let found = one(satisfaction(4000, 0.4), Kind::Number, &[0, 0, 1, 1, 2, 2]);
        let interval = found
            .difference
            .and_then(|d| d.interval)
            .expect("there is enough");
        assert!(interval.low < 0.4 && 0.4 < interval.high, "{interval:?}");
        assert_eq!(found.flag, Flag::Higher);
        let none = one(satisfaction(20_000, 0.0), Kind::Number, &[]);
        assert_eq!((none.flag, none.queues), (Flag::Negligible, 6));
        // Few calls rule nothing out.
        assert_eq!(
            one(satisfaction(300, 0.0), Kind::Number, &[]).flag,
            Flag::NoDifference
        );
    }

    #[test]
    fn names_and_units_change_nothing() {
        let data = satisfaction(600, 0.3);
        let mut renamed = data.clone();
        for a in &mut renamed.0 {
            (a.agent, a.mix) = (77 - a.agent, 3 * (8 - a.mix));
        }
        // Another scale, and upside down.
        renamed.1.iter_mut().for_each(|v| v.1 = 100.0 - 20.0 * v.1);
        let (a, b) = (
            one(data, Kind::Number, &[]),
            one(renamed, Kind::Number, &[]),
        );
        let (x, y) = (a.difference.expect("enough"), b.difference.expect("enough"));
        assert!((20.0 * x.value + y.value).abs() < 1e-9);
        let (i, j) = (x.interval.expect("always"), y.interval.expect("always"));
        assert!((20.0 * i.low + j.high).abs() < 1e-6 && (20.0 * i.high + j.low).abs() < 1e-6);
        let (p, q) = (a.p_value.expect("enough"), b.p_value.expect("enough"));
        assert!((p - q).abs() < 1e-9);
    }

    #[test]
    fn order_changes_nothing_and_nothing_is_not_enough() {
        let data = satisfaction(500, 0.2);
        let mut turned = data.clone();
        turned.0.reverse();
        turned.1.reverse();
        assert_eq!(
            one(data.clone(), Kind::Number, &[]),
            one(turned, Kind::Number, &[])
        );
        let mut same = data.clone();
        same.1.iter_mut().for_each(|v| v.1 = 3.0);
        let mut broken = data.clone();
        broken.1.iter_mut().for_each(|v| v.1 = f64::NAN);
        let mut single = data.clone();
        single.0.iter_mut().for_each(|a| a.agent = 1);
        for odd in [same, broken, single, (Vec::new(), Vec::new())] {
            for kind in [Kind::Number, Kind::YesNo] {
                let found = one(odd.clone(), kind, &[]);
                assert_eq!((found.flag, found.p_value), (Flag::NotEnough, None));
            }
        }
        assert!(relate(&[], &[], &[]).is_empty());
    }
}
