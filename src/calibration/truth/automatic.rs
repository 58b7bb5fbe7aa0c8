//! The automatic scorer as a test of each call: how often it is wrong in either direction, how
//! often it abstains and from whom, and whether a question is fit to be answered by it.
//!
//! Error rates are about the calls that it answered: an abstention is no answer, and has its own
//! rate. *Not applicable* is an answer, and a wrong one where the question applies.
//!
//! Left out on purpose: one number for "accuracy". It is high for any question that nearly all
//! calls pass, however blind the scorer is to those that do not.

use std::collections::BTreeMap;

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{Audited, Auto, Scored, Seen, at_random, few};
use crate::calibration::chance::Stream;
use crate::calibration::figure::{Caveat, Estimate, MIN_GOLD, MIN_PAIRS};
use crate::calibration::interval::proportion::{Part, effective_size, exact, wilson};

/// A question is fit to be answered automatically where the lower ends of sensitivity and
/// specificity both reach this. To show it takes 17 calls of a kind without an error, or 63 right
/// of 70: the nine in ten that centres ask of people on objective criteria. Where half the calls
/// fail, at most one in five shown to an agent as failed is then wrong.
pub const AUTOMATIC: f64 = 0.80;
/// Fit as a hint, to be looked at by a person, where both lower ends reach this: above it the
/// answer tells more than a coin does, for either kind of call.
pub const HINT: f64 = 0.50;
/// A question from which more calls than this are abstained is not fit to be answered
/// automatically: those answered are too few to speak for the rest.
pub const ABSTAINED_AUTOMATIC: f64 = 0.25;
/// Nor even as a hint above this.
pub const ABSTAINED_HINT: f64 = 0.50;

/// Shares drawn for a p-value where the chi-square distribution cannot be trusted.
const DRAWS: u64 = 1999;
/// Expected number per cell of a table from which on it can.
const MIN_EXPECTED: f64 = 5.0;
/// Share of the calls that may be in groups under it and still be put together.
const SMALL_GROUPS: f64 = 0.2;
/// Calls that a group must have to be named as lowest or highest.
const MIN_GROUP: usize = MIN_PAIRS;

/// How often the automatic scorer is right and wrong on one question, from calls audited at
/// random, each weighted by one over the probability of its choice (Hájek 1971). Intervals are
/// exact where all calls weigh the same and the reference is not divided, else Wilson's on the
/// effective number of calls.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRates {
    /// Scored calls audited at random, abstained ones too.
    pub audited: usize,
    /// Scored calls audited because somebody chose them: not used.
    pub targeted: usize,
    /// Calls audited at random, unweighted: automatic answer in the order of [`Auto::ALL`], by
    /// what the reference says: yes, no, not applicable. Fractions where raters were divided.
    pub counts: [[f64; 3]; 4],
    /// Automatic *yes* among the answered calls that are yes.
    pub sensitivity: Option<Estimate>,
    /// Automatic *no* among the answered calls that are no.
    pub specificity: Option<Estimate>,
    /// True *yes* among automatic *yes*.
    pub positive_predictive: Option<Estimate>,
    /// True *no* among automatic *no*.
    pub negative_predictive: Option<Estimate>,
    /// [`Caveat::FewYes`] goes with the sensitivity, [`Caveat::FewNo`] with the specificity.
    pub caveats: Vec<Caveat>,
}

impl ErrorRates {
    /// Audited calls, unweighted, that it said yes of though they are no.
    pub fn yes_though_no(&self) -> f64 {
        self.counts[Auto::Yes as usize][NO]
    }

    /// Audited calls, unweighted, that it said no of though they are yes.
    pub fn no_though_yes(&self) -> f64 {
        self.counts[Auto::No as usize][YES]
    }

    /// Answered calls of which the reference says this.
    fn answered(&self, truth: usize) -> f64 {
        let answers = [Auto::Yes, Auto::No, Auto::NotApplicable];
        answers.map(|a| self.counts[a as usize][truth]).iter().sum()
    }
}

const YES: usize = 0;
const NO: usize = 1;

/// Error rates of one question. Neither the order of the calls nor the scale of the probabilities
/// matters.
pub fn error_rates(scored: &[Scored], audited: &[Audited]) -> ErrorRates {
    let (seen, targeted) = at_random(scored, audited);
    let mut counts = [[0.0; 3]; 4];
    for call in &seen {
        let row = &mut counts[call.automatic as usize];
        row[0] += call.yes;
        row[1] += call.no;
        row[2] += 1.0 - call.yes - call.no;
    }
    let answered: Vec<&Seen> = seen
        .iter()
        .filter(|s| s.automatic != Auto::Abstain)
        .collect();
    let is = |call: &Seen, answer| f64::from(call.automatic == answer);
    let mut rates = ErrorRates {
        audited: seen.len(),
        targeted,
        counts,
        sensitivity: share(&answered, |s| (s.yes * is(s, Auto::Yes), s.yes)),
        specificity: share(&answered, |s| (s.no * is(s, Auto::No), s.no)),
        positive_predictive: share(&answered, |s| (s.yes * is(s, Auto::Yes), is(s, Auto::Yes))),
        negative_predictive: share(&answered, |s| (s.no * is(s, Auto::No), is(s, Auto::No))),
        caveats: Vec::new(),
    };
    if seen.is_empty() {
        rates.caveats.push(Caveat::NoRandomAudit);
    } else {
        rates.caveats.extend(few(answered));
    }
    rates
}

/// Weighted share of what counts among what is counted among.
fn share(seen: &[&Seen], part: impl Fn(&Seen) -> (f64, f64)) -> Option<Estimate> {
    let parts: Vec<(f64, Part)> = seen
        .iter()
        .map(|call| {
            let (hits, of) = part(call);
            let (hits, of) = (hits * call.weight, of * call.weight);
            (call.weight, Part { hits, of })
        })
        .filter(|(_, part)| part.of > 0.0)
        .collect();
    let &(weight, _) = parts.first()?;
    let undivided = |part: &Part| (part.hits == 0.0 || part.hits == part.of) && part.of == weight;
    let simple = parts.iter().all(|(w, p)| *w == weight && undivided(p));
    let parts: Vec<Part> = parts.into_iter().map(|(_, part)| part).collect();

    let hits: f64 = parts.iter().map(|p| p.hits).sum();
    let of: f64 = parts.iter().map(|p| p.of).sum();
    let value = (hits / of).clamp(0.0, 1.0);
    let interval = if simple {
        let hits = parts.iter().filter(|p| p.hits > 0.0).count();
        exact(hits as u64, parts.len() as u64)
    } else {
        effective_size(&parts).and_then(|n| wilson(value * n, n))
    };
    Some(Estimate { value, interval })
}

/// Whether a question is fit to be answered automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// Its answers may stand by themselves.
    Automatic,
    /// Its answers help a person who listens.
    Hint,
    NotFit,
    /// Too few audited calls to say: so many more are needed that are yes and that are no, if the
    /// rates stay as they are.
    NotKnown {
        missing_yes: usize,
        missing_no: usize,
    },
}

impl Fit {
    /// The code that tables have.
    pub fn as_str(self) -> &'static str {
        match self {
            Fit::Automatic => "automatic",
            Fit::Hint => "hint",
            Fit::NotFit => "not_fit",
            Fit::NotKnown { .. } => "not_known",
        }
    }
}

/// Judges by the limits of this file: the lower ends of the intervals must reach them, and what
/// reaches neither is not fit only where the upper end stays under [`AUTOMATIC`]. `abstained` is
/// the share of calls abstained from.
pub fn fit(rates: &ErrorRates, abstained: Option<f64>) -> Fit {
    let abstained = abstained.unwrap_or(0.0);
    if abstained > ABSTAINED_HINT {
        return Fit::NotFit;
    }
    let yes = Standing::of(rates.sensitivity, rates.answered(YES));
    let no = Standing::of(rates.specificity, rates.answered(NO));
    match (yes, no) {
        (Standing::Low, _) | (_, Standing::Low) => Fit::NotFit,
        (Standing::Unclear(_), _) | (_, Standing::Unclear(_)) => Fit::NotKnown {
            missing_yes: yes.missing(),
            missing_no: no.missing(),
        },
        (Standing::High, Standing::High) if abstained <= ABSTAINED_AUTOMATIC => Fit::Automatic,
        _ => Fit::Hint,
    }
}

/// Where a rate stands against the limits.
#[derive(Debug, Clone, Copy)]
enum Standing {
    High,
    Middle,
    Low,
    /// With how many calls are missing.
    Unclear(usize),
}

impl Standing {
    fn of(rate: Option<Estimate>, calls: f64) -> Self {
        let missing = |needed: usize| (needed as f64 - calls).ceil().max(1.0) as usize;
        let Some(rate) = rate else {
            return Standing::Unclear(missing(MIN_GOLD));
        };
        match rate.interval {
            Some(ends) if calls >= MIN_GOLD as f64 && ends.low >= AUTOMATIC => Standing::High,
            Some(ends) if calls >= MIN_GOLD as f64 && ends.low >= HINT => Standing::Middle,
            Some(ends) if calls >= MIN_GOLD as f64 && ends.high < AUTOMATIC => Standing::Low,
            _ => Standing::Unclear(missing(needed(rate.value))),
        }
    }

    fn missing(self) -> usize {
        match self {
            Standing::Unclear(missing) => missing,
            _ => 0,
        }
    }
}

/// Calls over which a rate of this value would stand clear of one limit or the other.
fn needed(value: f64) -> usize {
    const ENOUGH: usize = 100;
    let clear = |n: usize| {
        let hits = (value * n as f64).round() as u64;
        exact(hits, n as u64).is_some_and(|i| i.low >= HINT || i.high < AUTOMATIC)
    };
    (MIN_GOLD..ENOUGH).find(|n| clear(*n)).unwrap_or(ENOUGH)
}

/// How often the automatic scorer abstains from one question, over all scored calls to which it
/// does not say that the question does not apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Abstention {
    pub applicable: usize,
    pub abstained: usize,
    /// Wilson's interval: about practice, since these calls are all there are.
    pub rate: Option<Estimate>,
    /// By agent. Agents of one queue share its calls: where the rate also depends on the queue,
    /// that may be why.
    pub by_agent: Dependence,
    pub by_queue: Dependence,
    /// By how well the call was heard: thirds, 0 the worst. That the rate falls from third to
    /// third is as it should be.
    pub by_heard: Dependence,
}

/// Whether a rate depends on the group a call is in.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dependence {
    /// Groups that have calls.
    pub groups: usize,
    /// Chance of groups at least as different if they were all alike; adjust for the number of
    /// questions before flagging. `None` for fewer than two groups, or where none or all were
    /// abstained from.
    pub p: Option<f64>,
    /// Among groups of at least [`MIN_PAIRS`] calls; `None` where fewer than two have them.
    pub lowest: Option<GroupRate>,
    pub highest: Option<GroupRate>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupRate {
    pub group: usize,
    pub calls: usize,
    pub rate: f64,
}

/// Abstention from a question; `question` names its draws.
pub fn abstention(scored: &[Scored], seed: u64, question: &str) -> Abstention {
    let applicable = || scored.iter().filter(|s| s.automatic != Auto::NotApplicable);
    let n = applicable().count();
    let abstained = applicable()
        .filter(|s| s.automatic == Auto::Abstain)
        .count();
    let groups = |of: &dyn Fn(&Scored) -> Option<usize>| {
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for call in applicable() {
            if let Some(group) = of(call) {
                let group = groups.entry(group).or_default();
                group.calls += 1;
                group.abstained += u64::from(call.automatic == Auto::Abstain);
            }
        }
        groups
    };
    let thirds = Thirds::of(applicable().filter_map(|s| s.heard));
    let stream = |by: &str| Stream::new(seed, &format!("abstention by {by}: {question}"), 0);
    Abstention {
        applicable: n,
        abstained,
        rate: (n > 0).then(|| Estimate {
            value: abstained as f64 / n as f64,
            interval: wilson(abstained as f64, n as f64),
        }),
        by_agent: dependence(&groups(&|s| Some(s.agent)), stream("agent")),
        by_queue: dependence(&groups(&|s| Some(s.queue)), stream("queue")),
        by_heard: dependence(
            &groups(&|s| s.heard.map(|h| thirds.place(h))),
            stream("heard"),
        ),
    }
}

/// Two values that cut others into thirds; equal values stay together.
struct Thirds(f64, f64);

impl Thirds {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        Thirds(at(values.len() / 3), at(2 * values.len() / 3))
    }

    fn place(&self, value: f64) -> usize {
        usize::from(value >= self.0) + usize::from(value >= self.1)
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    calls: u64,
    abstained: u64,
}

impl Group {
    fn rate(&self) -> f64 {
        self.abstained as f64 / self.calls as f64
    }
}

fn dependence(groups: &BTreeMap<usize, Group>, chance: Stream) -> Dependence {
    let named = || {
        groups
            .iter()
            .filter(|(_, g)| g.calls >= MIN_GROUP as u64)
            .map(|(group, g)| GroupRate {
                group: *group,
                calls: g.calls as usize,
                rate: g.rate(),
            })
    };
    let enough = named().count() >= 2;
    let by_rate = |a: &GroupRate, b: &GroupRate| a.rate.total_cmp(&b.rate);
    let tables: Vec<Group> = groups.values().copied().collect();
    Dependence {
        groups: groups.len(),
        p: alike(&tables, chance),
        lowest: named().min_by(by_rate).filter(|_| enough),
        highest: named().max_by(by_rate).filter(|_| enough),
    }
}

/// Pearson's chi-square test that all groups have one rate: against the chi-square distribution
/// where the expected numbers are large enough, small groups put together if few calls are in
/// them (Cochran 1954), else against tables drawn with the same totals.
fn alike(groups: &[Group], chance: Stream) -> Option<f64> {
    let all = Group {
        calls: groups.iter().map(|g| g.calls).sum(),
        abstained: groups.iter().map(|g| g.abstained).sum(),
    };
    if groups.len() < 2 || all.abstained == 0 || all.abstained == all.calls {
        return None;
    }
    let rarer = all.rate().min(1.0 - all.rate());
    let expected = |group: &Group| group.calls as f64 * rarer;
    let (mut large, small): (Vec<Group>, Vec<Group>) =
        groups.iter().partition(|g| expected(g) >= MIN_EXPECTED);
    let rest = Group {
        calls: small.iter().map(|g| g.calls).sum(),
        abstained: small.iter().map(|g| g.abstained).sum(),
    };
    let few = rest.calls as f64 <= SMALL_GROUPS * all.calls as f64;
    if expected(&rest) >= MIN_EXPECTED {
        large.push(rest);
    } else if let Some(smallest) = large.iter_mut().min_by_key(|g| g.calls) {
        smallest.calls += rest.calls;
        smallest.abstained += rest.abstained;
    }
    if few && large.len() >= 2 {
        let rate = all.rate();
        let chi_square = distance(&large, rate) / (rate * (1.0 - rate));
        let distribution = ChiSquared::new((large.len() - 1) as f64).ok()?;
        return Some(distribution.sf(chi_square).clamp(0.0, 1.0));
    }
    Some(drawn(groups, all, chance))
}

/// What of Pearson's chi-square changes between tables of the same totals.
fn distance<'a>(groups: impl IntoIterator<Item = &'a Group>, rate: f64) -> f64 {
    let off = |group: &Group| group.abstained as f64 - group.calls as f64 * rate;
    groups
        .into_iter()
        .map(|group| off(group).powi(2) / group.calls as f64)
        .sum()
}

/// Share of tables, calls dealt out anew, at least as far from one rate; the table itself counts
/// among them (Davison and Hinkley 1997, section 4.2).
fn drawn(groups: &[Group], all: Group, mut chance: Stream) -> f64 {
    let mut group_of: Vec<usize> = Vec::with_capacity(all.calls as usize);
    for (number, group) in groups.iter().enumerate() {
        group_of.extend((0..group.calls).map(|_| number));
    }
    // The rarer kind is dealt out: that of one tells that of the other.
    let dealt = all.abstained.min(all.calls - all.abstained) as usize;
    let rate = dealt as f64 / all.calls as f64;
    let found = distance(groups, all.rate());
    let mut at_least = 0;
    for _ in 0..DRAWS {
        let mut table: Vec<Group> = groups
            .iter()
            .map(|g| Group { abstained: 0, ..*g })
            .collect();
        for at in 0..dealt {
            let left = group_of.len() - at;
            group_of.swap(at, at + chance.below(left));
            table[group_of[at]].abstained += 1;
        }
        // Equal tables may differ in the last digits.
        at_least += u64::from(distance(&table, rate) >= found * (1.0 - 1e-9));
    }
    (1 + at_least) as f64 / (1 + DRAWS) as f64
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Lot, calls, lot};
    use super::*;
    use proptest::prelude::*;

    fn of(lots: &[Lot]) -> ErrorRates {
        let (scored, audited) = calls(lots);
        error_rates(&scored, &audited)
    }

    fn close(found: Option<Estimate>, value: f64) {
        let found = found.expect("a rate").value;
        assert!((found - value).abs() < 1e-12, "{found} for {value}");
    }

    #[test]
    fn equal_weights_give_plain_shares_with_exact_intervals() {
        let found = of(&[
            lot(Auto::Yes, 0, 500, [45, 6, 3]),
            lot(Auto::No, 0, 300, [3, 24, 1]),
            lot(Auto::NotApplicable, 0, 100, [2, 0, 8]),
            lot(Auto::Abstain, 0, 100, [4, 6, 0]),
        ]);
        // Ten abstained calls are in no rate; "not applicable" is wrong of a call that passes.
        close(found.sensitivity, 45.0 / 50.0);
        close(found.specificity, 24.0 / 30.0);
        close(found.positive_predictive, 45.0 / 54.0);
        close(found.negative_predictive, 24.0 / 28.0);
        let ends = found.sensitivity.and_then(|s| s.interval);
        assert_eq!(ends, exact(45, 50));
        assert_eq!((found.yes_though_no(), found.no_though_yes()), (6.0, 3.0));
        assert_eq!(found.counts[Auto::Abstain as usize], [4.0, 6.0, 0.0]);
        assert_eq!((found.audited, found.caveats.as_slice()), (102, &[][..]));
    }

    #[test]
    fn each_call_weighs_what_its_probability_of_audit_says() {
        let often = Lot {
            probability: Some(0.5),
            ..lot(Auto::No, 0, 100, [10, 40, 0])
        };
        let found = of(&[lot(Auto::Yes, 0, 500, [40, 10, 0]), often]);
        // 40 of 10 each, and 10 of 2 each.
        close(found.sensitivity, 400.0 / 420.0);
        close(found.specificity, 80.0 / 180.0);
        let ends = found.sensitivity.and_then(|s| s.interval).expect("ends");
        assert!(ends.low < 400.0 / 420.0 && ends.high < 1.0);
    }

    #[test]
    fn few_calls_of_a_kind_are_said_with_how_many_are_missing() {
        let found = of(&[
            lot(Auto::Yes, 0, 100, [7, 0, 0]),
            lot(Auto::Abstain, 0, 100, [9, 9, 0]),
        ]);
        let expected = [Caveat::FewYes { missing: 3 }, Caveat::FewNo { missing: 10 }];
        assert_eq!(found.caveats, expected);
        assert_eq!(found.specificity, None);
        assert_eq!(found.negative_predictive, None);

        let targeted = Lot {
            probability: None,
            ..lot(Auto::Yes, 0, 100, [50, 50, 0])
        };
        let found = of(&[targeted]);
        assert_eq!(found.caveats, [Caveat::NoRandomAudit]);
        assert_eq!((found.sensitivity, found.targeted), (None, 100));
    }

    fn fitness(yes: [usize; 2], no: [usize; 2], abstained: f64) -> Fit {
        let found = of(&[
            lot(Auto::Yes, 0, 500, [yes[0], no[1], 0]),
            lot(Auto::No, 0, 500, [yes[1], no[0], 0]),
        ]);
        fit(&found, Some(abstained))
    }

    #[test]
    fn fitness_follows_the_ends_of_the_intervals() {
        assert_eq!(fitness([95, 5], [45, 2], 0.1), Fit::Automatic);
        assert_eq!(fitness([95, 5], [45, 2], 0.3), Fit::Hint);
        assert_eq!(fitness([95, 5], [45, 2], 0.6), Fit::NotFit);
        // 17 without an error show 0.80, 16 do not.
        assert_eq!(fitness([17, 0], [17, 0], 0.1), Fit::Automatic);
        assert_eq!(fitness([17, 0], [16, 0], 0.1), Fit::Hint);
        // However well it knows passes, it does not see failures.
        assert_eq!(fitness([98, 2], [15, 25], 0.1), Fit::NotFit);
        // 8 of 10 may be anything from 0.44 to 0.97; 10 of 12 are clear of a coin.
        let missing = |missing_no| Fit::NotKnown {
            missing_yes: 0,
            missing_no,
        };
        assert_eq!(fitness([95, 5], [8, 2], 0.1), missing(2));
        assert_eq!(fitness([95, 5], [9, 0], 0.1), missing(1));
        let none = of(&[lot(Auto::Yes, 0, 10, [0, 0, 0])]);
        let all = Fit::NotKnown {
            missing_yes: 10,
            missing_no: 10,
        };
        assert_eq!(fit(&none, None), all);
    }

    #[test]
    fn what_is_said_to_be_missing_is_enough_at_the_same_rate() {
        for right in 1..10_usize {
            let Fit::NotKnown { missing_no, .. } = fitness([95, 5], [right, 10 - right], 0.1)
            else {
                continue;
            };
            let calls = 10 + missing_no;
            let right = (right as f64 / 10.0 * calls as f64).round() as usize;
            let then = fitness([95, 5], [right, calls - right], 0.1);
            assert!(!matches!(then, Fit::NotKnown { .. }), "{right} of {calls}");
        }
    }

    fn groups(groups: &[(u64, u64)]) -> Vec<Group> {
        let group = |&(calls, abstained): &(u64, u64)| Group { calls, abstained };
        groups.iter().map(group).collect()
    }

    #[test]
    fn the_test_gives_the_published_p_values() {
        let p = |table: &[(u64, u64)]| alike(&groups(table), Stream::new(1, "t", 0));
        // Aspirin and heart attacks, Agresti 2002, table 2.1: chi-square 25.01 with 1 degree.
        let aspirin = p(&[(11_034, 189), (11_037, 104)]).expect("a p-value");
        assert!((aspirin / 5.69e-7 - 1.0).abs() < 0.01, "{aspirin}");
        // Fisher's tea: 3 of 4 right. Two-sided exactly 34 / 70, drawn.
        let tea = p(&[(4, 3), (4, 1)]).expect("a p-value");
        assert!((tea - 34.0 / 70.0).abs() < 0.04, "{tea}");
        assert_eq!(p(&[(4, 0), (9, 0)]), None);
        assert_eq!(p(&[(4, 4), (9, 9)]), None);
        assert_eq!(p(&[(4, 1)]), None);
        assert_eq!(p(&[]), None);
    }

    #[test]
    fn drawn_p_values_are_even_where_groups_are_alike() {
        let mut low = 0;
        for set in 0..200 {
            let mut chance = Stream::new(3, "alike", set);
            let table: Vec<_> = (0..20)
                .map(|g| (5 + g, chance.binomial(5 + g, 0.1)))
                .collect();
            low += usize::from(alike(&groups(&table), chance).is_some_and(|p| p <= 0.1));
        }
        assert!((9..=32).contains(&low), "{low}");
    }

    fn heard(call: usize, agent: usize, heard: f64, automatic: Auto) -> Scored {
        Scored {
            call,
            automatic,
            queue: agent % 2,
            agent,
            heard: Some(heard),
        }
    }

    #[test]
    fn abstention_is_told_by_agent_queue_and_how_well_was_heard() {
        // Whatever was heard badly is abstained from; agents 0 to 4 have as much of it each.
        let mut scored: Vec<Scored> = (0..300)
            .map(|call| {
                let bad = call / 5 % 6 == 0;
                let answer = if bad { Auto::Abstain } else { Auto::No };
                let value = if bad { 0.5 } else { 0.9 } + call as f64 * 1e-5;
                heard(call, call % 5, value, answer)
            })
            .collect();
        scored.extend((300..400).map(|call| heard(call, 9, 0.9, Auto::NotApplicable)));
        scored.extend((400..405).map(|call| heard(call, 7, 0.9, Auto::Abstain)));
        let found = abstention(&scored, 1, "greeting");
        assert_eq!((found.applicable, found.abstained), (305, 55));
        close(found.rate, 55.0 / 305.0);
        // The agent of five calls counts in the test, but is no agent to name.
        assert_eq!(found.by_agent.groups, 6);
        let highest = found.by_agent.highest.expect("a highest");
        assert!(highest.group < 5 && highest.calls == 60);
        assert!(found.by_queue.p.expect("a p-value") > 0.05);
        let by_heard = found.by_heard;
        assert!(by_heard.p.expect("a p-value") < 1e-6);
        assert_eq!(by_heard.highest.map(|g| g.group), Some(0));
        assert_eq!(by_heard.groups, 3);
        scored.reverse();
        assert_eq!(abstention(&scored, 1, "greeting"), found);
    }

    #[test]
    fn nothing_and_silence_about_hearing_have_no_p_value() {
        let found = abstention(&[], 1, "q");
        assert_eq!((found.rate, found.by_agent), (None, Dependence::default()));
        let unheard: Vec<Scored> = (0..50)
            .map(|call| Scored {
                heard: None,
                ..heard(
                    call,
                    0,
                    0.0,
                    if call == 0 { Auto::Abstain } else { Auto::Yes },
                )
            })
            .collect();
        let found = abstention(&unheard, 1, "q");
        assert_eq!(found.by_heard, Dependence::default());
        assert_eq!((found.by_agent.groups, found.by_agent.p), (1, None));
        // All heard alike are one group.
        let alike: Vec<Scored> = (0..50)
            .map(|call| {
                heard(
                    call,
                    0,
                    0.8,
                    if call == 0 { Auto::Abstain } else { Auto::Yes },
                )
            })
            .collect();
        assert_eq!(abstention(&alike, 1, "q").by_heard.groups, 1);
    }

    proptest! {
        #[test]
        fn rates_are_within_bounds_and_do_not_change_with_the_scale_of_probabilities(
            audits in prop::collection::vec(
                (0_usize..4, 0.0..=1.0_f64, 0.0..=1.0_f64, 0.05..=1.0_f64),
                0..30,
            ),
        ) {
            let mut audited = Vec::new();
            let mut scored = Vec::new();
            for (call, &(answer, applies, yes, probability)) in audits.iter().enumerate() {
                scored.push(heard(call, 0, 0.5, Auto::ALL[answer]));
                audited.push(Audited {
                    call,
                    yes: applies * yes,
                    no: applies * (1.0 - yes),
                    not_applicable: 1.0 - applies,
                    probability: Some(probability),
                });
            }
            let found = error_rates(&scored, &audited);
            for rate in [
                found.sensitivity,
                found.specificity,
                found.positive_predictive,
                found.negative_predictive,
            ].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&rate.value));
                if let Some(ends) = rate.interval {
                    prop_assert!(0.0 <= ends.low && ends.low <= rate.value + 1e-12);
                    prop_assert!(rate.value - 1e-12 <= ends.high && ends.high <= 1.0);
                }
            }
            for call in &mut audited {
                call.probability = call.probability.map(|p| p / 2.0);
            }
            audited.reverse();
            prop_assert_eq!(error_rates(&scored, &audited), found);
        }
    }
}
