//! Each agent against the rest, question by question: where do the numbers carry a difference?
//!
//! - Expected rate: what all other agents passed in the same cells of queue and reason, weighted
//!   by the agent's own calls (indirect standardisation).
//! - Calls of one agent's day are alike. How alike is estimated over all agents of a question,
//!   and the agent's own days may widen that, never narrow it. So a steady fortnight does not
//!   look like certainty.
//! - The test is against the rate that holds if the agent is like the rest, on effective calls
//!   and with exact tails: with thousands of comparisons the normal curve would flag agents for
//!   two missed greetings.
//! - Flags are controlled over all agents and questions of the period together, by
//!   [`fdr`](crate::calibration::fdr). That they stay at the promised rate is simulated in
//!   `benches/agents.rs`.
//!
//! Left out on purpose: ranks; bad weeks, which are more alike than days (a run of them looks
//! like a difference, and for its weeks is one); and whether the questions fit the agent's calls.
//! The answers are taken as they are, so errors of the automatic scorer that fall on some agents
//! more than on others are not taken out.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Answered;
use super::grouped::{Days, Grouped, Row, day_correlation};
use super::tails::{Z95, funnel_limit, two_sided, wilson};
use crate::calibration::fdr::{FALSE_FLAGS, benjamini_hochberg};
use crate::calibration::figure::{Estimate, Interval, Method};

/// Comparable calls of an agent, and of the rest, under which there is no comparison.
pub const MIN_CALLS: usize = 20;
/// Days of an agent under which there is no comparison.
pub const MIN_DAYS: usize = 5;
/// Other agents with comparable calls under which there is no comparison: against one or two it
/// would be a statement about them as well.
pub const MIN_OTHERS: usize = 3;
/// Compared agents under which nothing is shrunken: the spread between them is not known.
pub const MIN_SHRUNKEN: usize = 5;

/// Days of other agents that an agent's own days are weighed against when they swing more.
const PRIOR_DAYS: f64 = 20.0;
/// What the numbers say of an agent and a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    Above,
    Below,
    /// Not proof that there is none: the interval says how large one may be.
    NoDifference,
    NotEnough,
}

impl Flag {
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::Above => "above",
            Flag::Below => "below",
            Flag::NoDifference => "no_difference",
            Flag::NotEnough => "not_enough",
        }
    }
}

/// All agents and questions of a period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparisons {
    /// One for each question, in its order.
    pub questions: Vec<QuestionSpread>,
    /// By question, then agent; every agent who has answers to the question.
    pub agents: Vec<AgentFigure>,
}

/// What the agents of a question look like together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QuestionSpread {
    pub calls: usize,
    pub passes: usize,
    /// Correlation of two calls of one agent's day, 0 to 1.
    pub day_correlation: f64,
    /// Agents with a comparison.
    pub compared: usize,
    /// Standard deviation of the agents' true differences (Paule and Mandel 1982); `None` under
    /// [`MIN_SHRUNKEN`] agents or where nothing varies.
    pub between_agents: Option<f64>,
    /// φ of Spiegelhalter 2005: the mean square of the agents' z scores, a tenth at each end
    /// pulled in; 1 where agents differ as unlike calls would by chance.
    pub overdispersion: Option<f64>,
}

/// One agent and one question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgentFigure {
    /// Place of the question.
    pub question: usize,
    pub agent: usize,
    pub calls: usize,
    pub passes: usize,
    pub days: usize,
    /// Calls in cells where nobody else has calls.
    pub not_comparable: usize,
    /// How many of each are missing for a comparison; zeros where there is one.
    pub missing: Missing,
    pub comparison: Option<Comparison>,
    pub flag: Flag,
}

/// What is missing for a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Comparable calls of the agent, to [`MIN_CALLS`].
    pub calls: usize,
    /// Days with comparable calls, to [`MIN_DAYS`].
    pub days: usize,
    /// Comparable calls of the others, to [`MIN_CALLS`].
    pub calls_of_others: usize,
    /// Agents with comparable calls, to [`MIN_OTHERS`].
    pub others: usize,
}

/// An agent beside the rest, over comparable calls. Rates are shares, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    pub calls: usize,
    pub days: usize,
    pub rate: f64,
    /// What the rest passed on calls of the same queue and reason.
    pub expected: f64,
    /// `rate` less `expected`. Interval: Wilson on effective calls of both, put together by
    /// squares (Newcombe 1998, method 10).
    pub difference: Estimate,
    /// The difference shrunken towards that of all agents by what chance explains, with the
    /// interval of Morris 1983. The best guess of a single agent's difference.
    pub shrunken: Option<Estimate>,
    /// Of no difference; two-sided.
    pub p_value: f64,
    /// Adjusted over all agents and questions; a flag is at most
    /// [`FALSE_FLAGS`](crate::calibration::fdr::FALSE_FLAGS).
    pub adjusted_p: f64,
    /// Unlike calls that would tell as much about the difference.
    pub effective_calls: f64,
    pub funnel: Funnel,
}

/// Limits of a funnel plot around `expected`: where `rate` lies 95 and 99.8 times in 100 if the
/// agent is like the rest (Spiegelhalter 2005). What calls of one day have in common widens
/// them; differences between agents, which the plot is to show, do not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Funnel {
    pub low_95: f64,
    pub high_95: f64,
    pub low_998: f64,
    pub high_998: f64,
}

/// Compares each agent with the rest on each question: `questions[q]` has the answers to question
/// `q`. The order of answers changes nothing.
pub fn compare(questions: &[Vec<Answered>]) -> Comparisons {
    let found: Vec<(QuestionSpread, Vec<AgentFigure>)> = questions
        .par_iter()
        .enumerate()
        .map(|(place, answers)| question(place, &Grouped::new(answers)))
        .collect();
    let mut all = Comparisons::default();
    for (spread, agents) in found {
        all.questions.push(spread);
        all.agents.extend(agents);
    }
    let compared: Vec<&mut AgentFigure> = all
        .agents
        .iter_mut()
        .filter(|figure| figure.comparison.is_some())
        .collect();
    let p: Vec<f64> = compared
        .iter()
        .filter_map(|figure| figure.comparison.map(|c| c.p_value))
        .collect();
    for (figure, adjusted) in compared.into_iter().zip(benjamini_hochberg(&p)) {
        if let Some(comparison) = &mut figure.comparison {
            comparison.adjusted_p = adjusted;
            figure.flag = flag(comparison);
        }
    }
    all
}

/// Both the adjusted test and the interval must carry it.
fn flag(comparison: &Comparison) -> Flag {
    let Some(interval) = comparison.difference.interval else {
        return Flag::NoDifference;
    };
    if comparison.adjusted_p > FALSE_FLAGS {
        Flag::NoDifference
    } else if interval.low > 0.0 {
        Flag::Above
    } else if interval.high < 0.0 {
        Flag::Below
    } else {
        Flag::NoDifference
    }
}

/// An agent's comparable calls beside the rest's.
struct Beside {
    calls: f64,
    rate: f64,
    expected: f64,
    days: Days,
    /// The rate if the agent is like the rest, over its calls.
    like: f64,
    /// Variance of the agent's rate if it is like the rest and no two calls are alike.
    own_chance: f64,
    /// The same of the rest's part in the difference.
    rest_chance: f64,
    /// Unlike calls that the expected rate is worth.
    rest_calls: f64,
    /// Σ of the others' weights in the expected rate, squared: 1 where it is one agent's rate.
    concentration: f64,
}

fn question(place: usize, grouped: &Grouped) -> (QuestionSpread, Vec<AgentFigure>) {
    let all_days: Vec<Days> = grouped
        .by_agent()
        .map(|rows| Days::new(rows, |row| grouped.cells[row.cell].rate()))
        .collect();
    let correlation = day_correlation(&all_days);
    let rest_effect = Days::sum(all_days.iter()).design_effect(correlation);

    let by_cell: Vec<Vec<(usize, f64)>> = grouped.by_agent().map(calls_by_cell).collect();
    let mut looked: Vec<(AgentFigure, Option<Beside>)> = (0..grouped.agents.len())
        .map(|agent| look(place, grouped, &by_cell, agent))
        .collect();

    let beside: Vec<&Beside> = looked.iter().filter_map(|(_, b)| b.as_ref()).collect();
    let differences: Vec<Difference> = beside
        .iter()
        .map(|b| b.difference(correlation, rest_effect, b.like))
        .collect();
    let shrinker = Shrinker::new(&differences);
    let spread = QuestionSpread {
        calls: grouped.cells.iter().map(|c| c.calls as usize).sum(),
        passes: grouped.cells.iter().map(|c| c.passes as usize).sum(),
        day_correlation: correlation,
        compared: beside.len(),
        between_agents: shrinker.as_ref().map(|s| s.between.sqrt()),
        overdispersion: overdispersion(&beside),
    };
    let between = shrinker.as_ref().map_or(0.0, |s| s.between);
    for (figure, beside) in &mut looked {
        if let Some(beside) = beside {
            let mut comparison = beside.compared(correlation, rest_effect, between);
            comparison.shrunken = shrinker
                .as_ref()
                .and_then(|s| beside.shrunken(correlation, rest_effect, s));
            figure.comparison = Some(comparison);
            figure.flag = Flag::NoDifference;
        }
    }
    (
        spread,
        looked.into_iter().map(|(figure, _)| figure).collect(),
    )
}

/// Calls of one agent's rows in each cell, by cell.
fn calls_by_cell(rows: &[Row]) -> Vec<(usize, f64)> {
    let mut cells: Vec<(usize, f64)> = rows.iter().map(|row| (row.cell, row.calls)).collect();
    cells.sort_unstable_by_key(|(cell, _)| *cell);
    cells.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    cells
}

/// Puts one agent beside the others, if there is enough of both.
fn look(
    question: usize,
    grouped: &Grouped,
    by_cell: &[Vec<(usize, f64)>],
    agent: usize,
) -> (AgentFigure, Option<Beside>) {
    let rows = &grouped.rows[grouped.agents[agent].clone()];
    let mut own = vec![(0.0, 0.0); grouped.cells.len()];
    for row in rows {
        own[row.cell].0 += row.calls;
        own[row.cell].1 += row.passes;
    }
    let shared = |cell: usize| grouped.cells[cell].calls > own[cell].0;
    let comparable: Vec<Row> = rows
        .iter()
        .filter(|row| shared(row.cell))
        .copied()
        .collect();
    let calls: f64 = comparable.iter().map(|row| row.calls).sum();
    let days = Days::new(&comparable, |row| grouped.cells[row.cell].rate());

    let mut weights = vec![0.0; grouped.cells.len()];
    let (mut passes, mut expected, mut like) = (0.0, 0.0, 0.0);
    let (mut own_chance, mut rest_chance, mut rest_calls, mut per_rest_call) = (0.0, 0.0, 0.0, 0.0);
    for &(cell, n) in by_cell[agent].iter().filter(|(cell, _)| shared(*cell)) {
        let all = grouped.cells[cell];
        let rest = all.calls - n;
        let rate = all.rate();
        passes += own[cell].1;
        expected += n * (all.passes - own[cell].1) / rest;
        like += n * rate;
        own_chance += n * rate * (1.0 - rate);
        rest_chance += n * n / rest * rate * (1.0 - rate);
        rest_calls += rest;
        per_rest_call += n * n / rest;
        weights[cell] = n / calls / rest;
    }
    let (mut others, mut concentration) = (0, 0.0);
    for (other, cells) in by_cell.iter().enumerate() {
        let weight: f64 = cells.iter().map(|(cell, n)| weights[*cell] * n).sum();
        if other != agent && weight > 0.0 {
            others += 1;
            concentration += weight * weight;
        }
    }

    let missing = Missing {
        calls: MIN_CALLS.saturating_sub(calls as usize),
        days: MIN_DAYS.saturating_sub(days.days),
        calls_of_others: MIN_CALLS.saturating_sub(rest_calls as usize),
        others: MIN_OTHERS.saturating_sub(others),
    };
    let sum = |of: fn(&Row) -> f64| rows.iter().map(of).sum::<f64>() as usize;
    let figure = AgentFigure {
        question,
        agent: rows[0].agent,
        calls: sum(|row| row.calls),
        passes: sum(|row| row.passes),
        days: rows
            .iter()
            .map(|row| row.day)
            .collect::<BTreeSet<_>>()
            .len(),
        not_comparable: sum(|row| row.calls) - calls as usize,
        missing,
        comparison: None,
        flag: Flag::NotEnough,
    };
    let beside = (missing == Missing::default()).then(|| Beside {
        calls,
        rate: passes / calls,
        expected: expected / calls,
        days,
        like: like / calls,
        own_chance: own_chance / (calls * calls),
        rest_chance: rest_chance / (calls * calls),
        rest_calls: calls * calls / per_rest_call,
        concentration,
    });
    (figure, beside)
}

/// A difference and the variance that chance gives it.
#[derive(Debug, Clone, Copy)]
struct Difference {
    value: f64,
    variance: f64,
}

impl Beside {
    /// How many times the variance of the agent's rate is that of unlike calls. Its own days
    /// count as far as they are many, and only where they swing more than everyone's.
    fn own_effect(&self, correlation: f64) -> f64 {
        let pooled = self.days.design_effect(correlation);
        let own = self.days.own_design_effect().unwrap_or(pooled);
        let days = self.days.days as f64 - 1.0;
        pooled + (own - pooled).max(0.0) * days / (days + PRIOR_DAYS)
    }

    /// The difference with the variance that it has if the agent passes `rate` of such calls.
    fn difference(&self, correlation: f64, rest_effect: f64, rate: f64) -> Difference {
        let rate = rate.clamp(0.0, 1.0);
        let effect = self.own_effect(correlation);
        Difference {
            value: self.rate - self.expected,
            variance: effect * rate * (1.0 - rate) / self.calls + rest_effect * self.rest_chance,
        }
    }

    /// Shrunken first with the variance of an agent like the rest, which does not depend on how
    /// this one did, and again with that of the rate so found.
    fn shrunken(
        &self,
        correlation: f64,
        rest_effect: f64,
        shrinker: &Shrinker,
    ) -> Option<Estimate> {
        let first = shrinker.shrunken(self.difference(correlation, rest_effect, self.like))?;
        let rate = self.like + first.value;
        shrinker.shrunken(self.difference(correlation, rest_effect, rate))
    }

    /// Test, interval and limits. `between` is the variance between agents: the rest are agents
    /// too, and where few of them make the expected rate it is theirs more than everyone's.
    fn compared(&self, correlation: f64, rest_effect: f64, between: f64) -> Comparison {
        let effect = self.own_effect(correlation);
        let of_others = between * self.concentration;
        let spread = self.like * (1.0 - self.like);
        let variance = effect * self.own_chance + rest_effect * self.rest_chance + of_others;
        // Cells of different rates make a rate steadier than one share of them all; that is not
        // made use of.
        let effective_calls = match spread > 0.0 && variance > 0.0 {
            true => (spread / variance).min(self.calls),
            false => self.calls / effect,
        };
        let value = self.rate - self.expected;
        let seen = (self.like + value).clamp(0.0, 1.0);

        let rest_variance = self.expected * (1.0 - self.expected) / self.rest_calls;
        let rest_calls = match rest_variance > 0.0 {
            true => self.rest_calls / (rest_effect + of_others / rest_variance),
            false => self.rest_calls / rest_effect,
        };
        let own = wilson(self.rate, self.calls / effect);
        let rest = wilson(self.expected, rest_calls);
        let limit = |tail| {
            let shift = self.expected - self.like;
            (funnel_limit(tail, effective_calls, self.like) + shift).clamp(0.0, 1.0)
        };
        Comparison {
            calls: self.calls as usize,
            days: self.days.days,
            rate: self.rate,
            expected: self.expected,
            difference: Estimate {
                value,
                interval: Some(Interval {
                    low: (value - (self.rate - own.0).hypot(rest.1 - self.expected)).max(-1.0),
                    high: (value + (own.1 - self.rate).hypot(self.expected - rest.0)).min(1.0),
                    method: Method::Clustered,
                }),
            },
            shrunken: None,
            p_value: two_sided(effective_calls * seen, effective_calls, self.like),
            adjusted_p: 1.0,
            effective_calls,
            funnel: Funnel {
                low_95: limit(0.025),
                high_95: limit(0.975),
                low_998: limit(0.001),
                high_998: limit(0.999),
            },
        }
    }
}

/// Mean square of z scores, the outer tenth at each end pulled in to the quantile (Spiegelhalter
/// 2005).
fn overdispersion(beside: &[&Beside]) -> Option<f64> {
    let mut z: Vec<f64> = beside
        .iter()
        .filter(|b| b.own_chance > 0.0)
        .map(|b| (b.rate - b.expected) / (b.own_chance + b.rest_chance).sqrt())
        .collect();
    if z.len() < MIN_SHRUNKEN {
        return None;
    }
    z.sort_by(f64::total_cmp);
    let cut = z.len() / 10;
    let (low, high) = (z[cut], z[z.len() - 1 - cut]);
    Some(z.iter().map(|z| z.clamp(low, high).powi(2)).sum::<f64>() / z.len() as f64)
}

/// Empirical Bayes over the agents of a question: true differences are spread normally, by an
/// unknown variance, around an unknown mean.
struct Shrinker {
    /// Variance of the true differences.
    between: f64,
    mean: f64,
    agents: f64,
    /// Σ 1 / (variance + between).
    weight: f64,
    /// The variance of a typical agent, weighted.
    typical: f64,
}

impl Shrinker {
    /// `None` under [`MIN_SHRUNKEN`] agents whose differences chance can move.
    fn new(differences: &[Difference]) -> Option<Self> {
        let moved: Vec<Difference> = differences
            .iter()
            .filter(|d| d.variance > 0.0)
            .copied()
            .collect();
        if moved.len() < MIN_SHRUNKEN {
            return None;
        }
        let agents = moved.len() as f64;
        // Paule and Mandel 1982: the variance at which the weighted squares around the weighted
        // mean have their expected sum. It falls with the variance, and a difference of shares is
        // at most 1, so halving finds it.
        let around = |between: f64| {
            let weight: f64 = moved.iter().map(|d| 1.0 / (d.variance + between)).sum();
            let sum: f64 = moved.iter().map(|d| d.value / (d.variance + between)).sum();
            (weight, sum / weight)
        };
        let excess = |between: f64| {
            let (_, mean) = around(between);
            let squares = |d: &Difference| (d.value - mean).powi(2) / (d.variance + between);
            moved.iter().map(squares).sum::<f64>() - (agents - 1.0)
        };
        let mut between = 0.0;
        if excess(0.0) > 0.0 {
            let (mut low, mut high) = (0.0, 4.0);
            for _ in 0..60 {
                between = (low + high) / 2.0;
                match excess(between) > 0.0 {
                    true => low = between,
                    false => high = between,
                }
            }
        }
        let (weight, mean) = around(between);
        let typical = moved.iter().map(|d| d.variance / (d.variance + between));
        Some(Self {
            between,
            mean,
            agents,
            weight,
            typical: typical.sum::<f64>() / weight,
        })
    }

    /// Morris 1983, unequal variances and an unknown mean: the interval allows for mean and spread
    /// being estimated.
    fn shrunken(&self, of: Difference) -> Option<Estimate> {
        if of.variance <= 0.0 {
            return None;
        }
        let total = of.variance + self.between;
        let pull = (self.agents - 3.0) / (self.agents - 1.0) * of.variance / total;
        let share = 1.0 / (total * self.weight);
        let off = of.value - self.mean;
        let unsure =
            2.0 / (self.agents - 3.0) * pull * pull * (self.typical + self.between) / total;
        let variance = of.variance * (1.0 - (1.0 - share) * pull) + unsure * off * off;
        let value = of.value - pull * off;
        let half = Z95 * variance.sqrt();
        Some(Estimate {
            value,
            interval: Some(Interval {
                low: (value - half).max(-1.0),
                high: (value + half).min(1.0),
                method: Method::Shrunken,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calibration::chance::Stream;

    /// Calls of an agent in a cell, over five days; the passes are spread evenly.
    fn add(answers: &mut Vec<Answered>, agent: usize, mix: usize, calls: usize, passes: usize) {
        for n in 0..calls {
            answers.push(Answered {
                call: answers.len(),
                agent,
                day: n * 5 / calls,
                mix,
                pass: (n + 1) * passes / calls > n * passes / calls,
            });
        }
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }

    #[test]
    fn expected_rates_are_those_of_the_rest_on_the_same_kinds_of_calls() {
        let mut answers = Vec::new();
        add(&mut answers, 0, 0, 10, 5);
        add(&mut answers, 0, 1, 20, 10);
        // Nobody else has these.
        add(&mut answers, 0, 2, 7, 0);
        for agent in 1..4 {
            add(&mut answers, agent, 0, 10, 8);
            add(&mut answers, agent, 1, 20, 12);
        }
        let found = compare(&[answers]);
        let figure = found.agents[0];
        let c = figure.comparison.expect("there is enough");
        assert_eq!((figure.calls, figure.passes, figure.days), (37, 15, 5));
        assert_eq!((figure.not_comparable, c.calls), (7, 30));
        close(c.rate, 0.5);
        // Ten calls at 24 of 30 and twenty at 36 of 60.
        close(c.expected, 20.0 / 30.0);
        close(c.difference.value, -1.0 / 6.0);
        // If like the rest: 29 of 40 and 46 of 80. Variances of own and others' part by hand; the
        // days are steadier than chance, so they do not widen it.
        let (a, b) = (0.725 * 0.275, 0.575 * 0.425);
        let variance = (10.0 * a + 20.0 * b + 100.0 / 30.0 * a + 400.0 / 60.0 * b) / (30.0 * 30.0);
        close(c.effective_calls, 0.625 * 0.375 / variance);
        assert!(c.p_value > 0.05 && figure.flag == Flag::NoDifference);
        // Three others alone do not show how agents spread.
        assert_eq!(c.shrunken, None);
    }

    #[test]
    fn a_hard_queue_is_not_held_against_an_agent() {
        let mut answers = Vec::new();
        for agent in 0..20 {
            // Agent 0 has the hard calls, the others nearly all the easy ones.
            let (hard, easy) = if agent == 0 { (200, 0) } else { (20, 180) };
            add(&mut answers, agent, 0, hard, hard / 2);
            add(&mut answers, agent, 1, easy, easy * 9 / 10);
        }
        let found = compare(&[answers]);
        let (figure, spread) = (found.agents[0], found.questions[0]);
        let overall = spread.passes as f64 / spread.calls as f64;
        let c = figure.comparison.expect("there is enough");
        assert!(overall - c.rate > 0.3);
        close(c.difference.value, 0.0);
        assert!(found.agents.iter().all(|f| f.flag == Flag::NoDifference));
    }

    #[test]
    fn a_large_difference_is_flagged_and_the_funnel_shows_it() {
        let mut answers = Vec::new();
        for agent in 0..20 {
            add(
                &mut answers,
                agent,
                0,
                100,
                if agent == 7 { 55 } else { 90 },
            );
        }
        let found = compare(&[answers]);
        let figure = found.agents[7];
        let c = figure.comparison.expect("there is enough");
        assert_eq!(figure.flag, Flag::Below);
        assert!(c.rate < c.funnel.low_998 && c.funnel.low_998 < c.funnel.low_95);
        assert!(c.funnel.low_95 < c.expected && c.expected < c.funnel.high_95);
        // Shrunken towards the others, and not over to them.
        let shrunken = c.shrunken.expect("there are twenty").value;
        assert!(
            c.difference.value < shrunken && shrunken < -0.2,
            "{shrunken}"
        );
        let others = found.agents.iter().filter(|f| f.agent != 7);
        assert!(others.clone().count() == 19);
        for other in others {
            assert_eq!(other.flag, Flag::NoDifference, "{other:?}");
        }
    }

    #[test]
    fn bad_days_are_a_few_days_and_not_many_calls() {
        // 60 % beside 90 %, by whole days: ten days that go one way or the other.
        let whole = |swinging: bool| -> Comparison {
            let mut answers = Vec::new();
            for agent in 0..20 {
                for n in 0..200 {
                    let bad = if agent == 7 {
                        [1, 3, 5, 8].as_slice()
                    } else {
                        &[9]
                    };
                    let pass = match swinging {
                        true => !bad.contains(&(n / 20)),
                        false => !bad.contains(&(n % 10)),
                    };
                    let call = answers.len();
                    answers.push(Answered {
                        call,
                        agent,
                        day: n / 20,
                        mix: 0,
                        pass,
                    });
                }
            }
            let figure = compare(&[answers]).agents[7];
            let expected = if swinging {
                Flag::NoDifference
            } else {
                Flag::Below
            };
            assert_eq!(figure.flag, expected);
            figure.comparison.expect("there is enough")
        };
        let (swinging, spread) = (whole(true), whole(false));
        assert_eq!(swinging.difference.value, spread.difference.value);
        assert!(swinging.effective_calls < 11.0, "{swinging:?}");
        assert!(spread.effective_calls > 100.0);
    }

    #[test]
    fn an_agents_own_days_may_widen_and_never_narrow() {
        // Everyone's calls are unlike but those of agent 0, whose days swing.
        let mut answers = Vec::new();
        let mut chance = Stream::new(4, "own days", 0);
        for agent in 0..40 {
            for day in 0..40 {
                let turn = chance.happens(0.8);
                for _ in 0..5 {
                    let pass = if agent == 0 {
                        turn
                    } else {
                        chance.happens(0.8)
                    };
                    let call = answers.len();
                    answers.push(Answered {
                        call,
                        agent,
                        day,
                        mix: 0,
                        pass,
                    });
                }
            }
        }
        let found = compare(&[answers]);
        let calls = |n: usize| {
            found.agents[n]
                .comparison
                .map_or(0.0, |c| c.effective_calls)
        };
        let others: Vec<f64> = (1..40).map(calls).collect();
        let most = others.iter().copied().fold(0.0, f64::max);
        assert!(calls(0) < 0.5 * most, "{} {most}", calls(0));
        assert!(others.iter().all(|n| *n <= 200.0));
    }

    #[test]
    fn two_missed_greetings_are_no_difference() {
        // The normal curve has this at 5 errors, one in two million.
        let mut answers = Vec::new();
        for agent in 0..100 {
            let missed = if agent == 0 {
                2
            } else {
                usize::from(agent % 10 == 0)
            };
            add(&mut answers, agent, 0, 50, 50 - missed);
        }
        let figure = compare(&[answers]).agents[0];
        assert_eq!(figure.flag, Flag::NoDifference);
    }

    #[test]
    fn few_calls_days_or_others_are_not_enough_and_how_many_is_said() {
        let mut answers = Vec::new();
        add(&mut answers, 0, 0, 18, 0);
        add(&mut answers, 1, 0, 30, 30);
        answers.extend((0..25).map(|call| Answered {
            call,
            agent: 2,
            day: 3,
            mix: 0,
            pass: true,
        }));
        let found = compare(&[answers, Vec::new()]);
        assert!(
            found
                .agents
                .iter()
                .all(|f| f.flag == Flag::NotEnough && f.comparison.is_none())
        );
        let missing = |n: usize| found.agents[n].missing;
        assert_eq!((missing(0).calls, missing(0).others), (2, 1));
        assert_eq!((missing(1).calls, missing(1).days), (0, 0));
        assert_eq!((missing(2).calls, missing(2).days), (0, 4));
        assert_eq!(found.questions[1], QuestionSpread::default());
        assert_eq!(compare(&[]), Comparisons::default());
    }

    #[test]
    fn where_all_pass_nothing_differs() {
        let mut answers = Vec::new();
        for agent in 0..10 {
            add(&mut answers, agent, 0, 40, 40);
        }
        for figure in compare(&[answers]).agents {
            let c = figure.comparison.expect("there is enough");
            assert_eq!((c.difference.value, c.p_value), (0.0, 1.0));
            let interval = c.difference.interval.expect("every difference has one");
            assert!(interval.low < -0.05 && interval.high > 0.0, "{interval:?}");
        }
    }

    #[test]
    fn shrinking_by_hand() {
        // Equal variances: between = their variance 0.025 less 0.01. Morris: pull 2/4 × 0.4, and
        // 0.01 × (1 - 0.8 × 0.2) + 0.2² × 0.2² of variance.
        let of = |value: f64| Difference {
            value,
            variance: 0.01,
        };
        let all = [-0.2, -0.1, 0.0, 0.1, 0.2].map(of);
        let shrinker = Shrinker::new(&all).expect("five are enough");
        close(shrinker.between, 0.015);
        let shrunken = shrinker.shrunken(all[4]).expect("chance moves it");
        close(shrunken.value, 0.16);
        let interval = shrunken.interval.expect("always");
        close(interval.high - interval.low, 2.0 * Z95 * 0.1);
        assert!(Shrinker::new(&all[..4]).is_none());
    }

    #[test]
    fn the_spread_of_the_vaccine_trials() {
        // Thirteen trials of BCG (Colditz et al. 1994), log risk ratios: Paule and Mandel's
        // equation has 0.3180.
        let trials = [
            (-0.8893, 0.3256),
            (-1.5854, 0.1946),
            (-1.3481, 0.4154),
            (-1.4416, 0.0200),
            (-0.2175, 0.0512),
            (-0.7861, 0.0069),
            (-1.6209, 0.2230),
            (0.0120, 0.0040),
            (-0.4694, 0.0564),
            (-1.3713, 0.0730),
            (-0.3394, 0.0124),
            (0.4459, 0.5325),
            (-0.0173, 0.0714),
        ]
        .map(|(value, variance)| Difference { value, variance });
        let shrinker = Shrinker::new(&trials).expect("thirteen are enough");
        assert!(
            (shrinker.between - 0.318_08).abs() < 1e-4,
            "{}",
            shrinker.between
        );
    }

    #[test]
    fn overdispersion_pulls_in_the_outer_tenth() {
        // Ten agents like the rest but one: without its pull, z of the others are all there is.
        let mut answers = Vec::new();
        for agent in 0..30 {
            let passes = match agent {
                0 => 20,
                n if n % 2 == 0 => 82,
                _ => 78,
            };
            add(&mut answers, agent, 0, 100, passes);
        }
        let spread = compare(&[answers]).questions[0];
        // ± 2 of 100 at 78 %, half an error.
        let found = spread.overdispersion.expect("thirty are enough");
        assert!((0.1..1.0).contains(&found), "{found}");
    }

    /// A period by seed: agents, days and cells of uneven size.
    fn period(seed: u64, agents: usize, calls: usize) -> Vec<Answered> {
        let mut chance = Stream::new(seed, "agents", 0);
        let rate = chance.unit();
        (0..calls)
            .map(|call| Answered {
                call,
                agent: chance.below(agents),
                day: chance.below(8),
                mix: chance.below(4),
                pass: chance.happens(rate),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn order_and_names_change_nothing_and_every_number_is_one(
            seed in 0_u64..10_000,
            agents in 1_usize..12,
            calls in 0_usize..600,
        ) {
            let answers = period(seed, agents, calls);
            let found = compare(std::slice::from_ref(&answers));
            let mut turned = answers.clone();
            turned.reverse();
            prop_assert_eq!(&found, &compare(&[turned]));
            // Agents, days and cells under other numbers, in another order.
            let renamed = answers
                .iter()
                .map(|a| Answered {
                    agent: 500 - a.agent,
                    day: 90 - a.day,
                    mix: 7 * (9 - a.mix),
                    ..*a
                })
                .collect();
            let renamed = compare(&[renamed]);
            for figure in &found.agents {
                let other = renamed.agents.iter().find(|f| f.agent == 500 - figure.agent);
                let other = other.expect("the same agents");
                prop_assert_eq!(figure.flag, other.flag);
                let (Some(a), Some(b)) = (figure.comparison, other.comparison) else {
                    prop_assert!(figure.missing != Missing::default());
                    prop_assert_eq!(figure.missing, other.missing);
                    continue;
                };
                let i = a.difference.interval.expect("every difference has one");
                let numbers = [
                    (a.rate, b.rate),
                    (a.expected, b.expected),
                    (a.difference.value, b.difference.value),
                    (i.low, b.difference.interval.expect("the same").low),
                    (i.high, b.difference.interval.expect("the same").high),
                    (a.p_value, b.p_value),
                    (a.adjusted_p, b.adjusted_p),
                    (a.effective_calls, b.effective_calls),
                    (a.funnel.low_998, b.funnel.low_998),
                    (a.funnel.high_95, b.funnel.high_95),
                ];
                for (one, two) in numbers {
                    prop_assert!(one.is_finite() && (one - two).abs() < 1e-6, "{:?} {:?}", a, b);
                }
                prop_assert!(i.low <= a.difference.value && a.difference.value <= i.high);
                prop_assert!(a.funnel.low_998 <= a.funnel.low_95);
                prop_assert!(a.funnel.high_95 <= a.funnel.high_998);
                prop_assert!((0.0..=1.0).contains(&a.p_value) && a.p_value <= a.adjusted_p + 1e-12);
                if let Some(s) = a.shrunken {
                    let i = s.interval.expect("every shrunken difference has one");
                    prop_assert!(i.low.is_finite() && i.low <= s.value && s.value <= i.high);
                }
            }
        }
    }
}
