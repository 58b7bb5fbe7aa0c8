//! True rates over all scored calls from a random audit of some: two-phase (double) sampling.
//!
//! First phase: every call has an automatic answer. Second phase: chance picks calls, and people
//! say what is true of them. The calls are put into strata by automatic answer (not applicable and
//! abstained are answers too) and queue; within a stratum the audited calls stand for the others,
//! each by one over the probability of its choice; over the strata the numbers of all scored calls
//! count (Cochran 1977, chapter 12; for a binary answer without queues it is the estimator of
//! Tenenbein 1970). The pass rate is a ratio of such totals, *yes* to *yes or no*, and stays
//! between 0 and 1 by itself. How wrong the automatic answers are need not be known.
//!
//! The interval is Wilson's on an effective number of calls, from the linearised variance within
//! strata (Särndal, Swensson and Wretman 1992, section 9.7). A few audited calls that agree do not
//! prove that all others do, so one made-up call, a third of each kind, joins those of each
//! automatic answer, and small strata borrow variance from the others of their answer. How often
//! it holds the truth is simulated in `benches/true_rates.rs`.
//!
//! The figures are about the scored calls themselves: an audit of all has no error left. Raters
//! would answer anew, so with people as reference this does not count. That the same few raters
//! answered many calls is left out: their own severity is another table's matter.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Audited, Auto, Reference, Scored, Seen, at_random, few};
use crate::calibration::figure::{Caveat, Estimate, Interval, Method};
use crate::calibration::interval::proportion::wilson;

/// Audited calls under which a queue is joined with others that got the same answer.
pub const MIN_QUEUE: usize = 5;
/// Share of the calls above which it is said that nobody audited one of their answer and queue.
const UNSEEN: f64 = 0.05;
/// Made-up calls of each kind (yes, no, not applicable) per automatic answer, one in all (Perks
/// 1947). They enter the variance, never the rate.
const MADE_UP: f64 = 1.0 / 3.0;
/// So many audited calls the variance of an answer's other strata is worth in each of them.
const BORROWED: f64 = 10.0;
/// Calls audited at random under which coverage of the interval is doubtful: in the simulation of
/// `benches/true_rates.rs` it is then 92 to 99 %, and 93 to 97 % in nearly all cells above it that
/// also have ten calls of either kind.
pub const MIN_AUDITED: usize = 100;

/// True rates of one question.
#[derive(Debug, Clone, PartialEq)]
pub struct TrueRates {
    pub scored: usize,
    /// Scored calls audited at random: all that the rates rest on.
    pub audited: usize,
    /// Scored calls audited because somebody chose them: not used.
    pub targeted: usize,
    /// Automatic *yes* among automatic *yes* and *no*, errors and all.
    pub raw: Option<f64>,
    /// Calls that pass among those to which the question applies.
    pub pass: Option<Estimate>,
    /// Calls to which the question does not apply, among all.
    pub not_applicable: Option<Estimate>,
    /// Strata after joining.
    pub strata: usize,
    /// Of the pass rate.
    pub caveats: Vec<Caveat>,
}

/// True rates over all scored calls of a question. Neither the order of the calls nor the scale of
/// the probabilities matters.
pub fn true_rates(scored: &[Scored], audited: &[Audited], reference: Reference) -> TrueRates {
    let (seen, targeted) = at_random(scored, audited);
    let (strata, joined) = strata(scored, &seen);
    let pass = ratio(&strata, reference, |yes, no| (yes, yes + no));
    let not_applicable = ratio(&strata, reference, |yes, no| (1.0 - yes - no, 1.0));
    let mut caveats = Vec::new();
    if seen.is_empty() {
        caveats.push(Caveat::NoRandomAudit);
    } else {
        caveats.extend(few(&seen));
        if seen.len() < MIN_AUDITED {
            caveats.push(Caveat::CoverageDoubtful);
        }
        if joined {
            caveats.push(Caveat::StrataJoined);
        }
    }
    TrueRates {
        scored: scored.len(),
        audited: seen.len(),
        targeted,
        raw: raw(scored),
        pass,
        not_applicable,
        strata: strata.len(),
        caveats,
    }
}

fn raw(scored: &[Scored]) -> Option<f64> {
    let of = |answer| scored.iter().filter(|s| s.automatic == answer).count() as f64;
    let (yes, no) = (of(Auto::Yes), of(Auto::No));
    (yes + no > 0.0).then(|| yes / (yes + no))
}

/// Calls of which the audited ones stand for the others.
#[derive(Debug)]
struct Stratum<'a> {
    /// Automatic answers; strata of the same have the same number.
    answer: usize,
    /// All scored calls.
    calls: usize,
    /// At least one.
    seen: Vec<&'a Seen>,
}

impl<'a> Stratum<'a> {
    fn join(&mut self, other: Stratum<'a>) {
        self.calls += other.calls;
        self.seen.extend(other.seen);
    }
}

/// Strata by automatic answer and queue, none without audited calls, and whether many calls had
/// to be joined with others because nobody audited any of theirs. None at all where nothing was
/// audited.
fn strata<'a>(scored: &[Scored], seen: &'a [Seen]) -> (Vec<Stratum<'a>>, bool) {
    if seen.is_empty() {
        return (Vec::new(), false);
    }
    let mut cells: BTreeMap<(Auto, usize), (usize, Vec<&Seen>)> = BTreeMap::new();
    for call in scored {
        cells.entry((call.automatic, call.queue)).or_default().0 += 1;
    }
    for call in seen {
        let cell = cells.entry((call.automatic, call.queue)).or_default();
        cell.1.push(call);
    }
    let unseen = cells.values().filter(|(_, seen)| seen.is_empty());
    let unseen: usize = unseen.map(|(calls, _)| calls).sum();

    let place = places(scored, seen);
    let mut by_answer: BTreeMap<usize, BTreeMap<usize, Stratum>> = BTreeMap::new();
    for ((automatic, queue), (calls, seen)) in cells {
        let answer = place[automatic as usize];
        let cell = Stratum {
            answer,
            calls,
            seen,
        };
        match by_answer.entry(answer).or_default().entry(queue) {
            Entry::Vacant(place) => {
                place.insert(cell);
            }
            Entry::Occupied(mut same) => same.get_mut().join(cell),
        }
    }
    let strata = by_answer
        .into_values()
        .flat_map(|queues| queues_joined(queues.into_values().collect()))
        .collect();
    (strata, unseen as f64 > UNSEEN * scored.len() as f64)
}

/// The smallest is joined with the next smallest until each has [`MIN_QUEUE`] audited calls.
fn queues_joined(mut strata: Vec<Stratum>) -> Vec<Stratum> {
    loop {
        // Stable: queues of as many audited calls stay in order of queue.
        strata.sort_by_key(|s| s.seen.len());
        if strata.len() < 2 || strata[0].seen.len() >= MIN_QUEUE {
            return strata;
        }
        let smallest = strata.remove(0);
        strata[0].join(smallest);
    }
}

/// For each automatic answer the number of its stratum, which it shares with a neighbour where
/// none of its calls was audited. Neighbours stand in this order: what was not found may not have
/// been heard, and what was not heard may not apply.
///
/// Answers of which one call was audited stay by themselves: to join whenever few were drawn is
/// to leave an answer out whenever chance nearly did, and biases the rate.
fn places(scored: &[Scored], seen: &[Seen]) -> [usize; Auto::ALL.len()] {
    const LINE: [Auto; 4] = [Auto::Yes, Auto::No, Auto::Abstain, Auto::NotApplicable];
    let mut groups: Vec<(Vec<Auto>, usize)> = LINE
        .into_iter()
        .filter(|answer| scored.iter().any(|s| s.automatic == *answer))
        .map(|answer| {
            let audited = seen.iter().filter(|s| s.automatic == answer).count();
            (vec![answer], audited)
        })
        .collect();
    while groups.len() > 1 {
        let Some(at) = groups.iter().position(|(_, audited)| *audited == 0) else {
            break;
        };
        // The neighbour with fewer audited calls: the other keeps its own.
        let below = at.checked_sub(1).map(|below| (groups[below].1, below));
        let above = groups.get(at + 1).map(|above| (above.1, at + 1));
        let (_, with) = [below, above]
            .into_iter()
            .flatten()
            .min()
            .expect("one of two or more groups has a neighbour");
        let (answers, audited) = groups.remove(at.max(with));
        let kept = &mut groups[at.min(with)];
        kept.0.extend(answers);
        kept.1 += audited;
    }
    let mut place = [0; Auto::ALL.len()];
    for (number, (answers, _)) in groups.iter().enumerate() {
        for answer in answers {
            place[*answer as usize] = number;
        }
    }
    place
}

/// Total of what counts to total of what is counted among, both from the reference's shares of
/// yes and no; `None` where nothing is counted among.
fn ratio(
    strata: &[Stratum],
    reference: Reference,
    part: impl Fn(f64, f64) -> (f64, f64),
) -> Option<Estimate> {
    let (hits, of) = totals(strata, &part, |_| 0.0);
    if of <= 0.0 {
        return None;
    }
    let value = (hits / of).clamp(0.0, 1.0);

    // The variance is taken where the made-up calls put the rate: off 0 and 1.
    let answers = answers(strata);
    let made_up =
        |stratum: &Stratum| MADE_UP * effective(&stratum.seen) / answers[stratum.answer].effective;
    let (hits, of) = totals(strata, &part, made_up);
    let near = hits / of;
    let residual = |yes, no| {
        let (hit, of) = part(yes, no);
        hit - near * of
    };
    let mut variance = 0.0;
    for stratum in strata {
        let answer = &answers[stratum.answer];
        let calls = stratum.calls as f64;
        let n = effective(&stratum.seen);
        let made_up = made_up(stratum);
        let own = spread(&stratum.seen, made_up, residual);
        let borrowed = spread(&answer.seen, MADE_UP, residual);
        let spread = (n * own + BORROWED * borrowed) / (n + BORROWED);
        let left = match reference {
            Reference::Gold => (1.0 - n / calls).max(0.0),
            Reference::People => 1.0,
        };
        variance += calls * calls * left * spread / (n + KINDS.len() as f64 * made_up);
    }
    variance /= of * of;
    let interval = if variance > 0.0 {
        let n = near * (1.0 - near) / variance;
        wilson(value * n, n).map(|ends| (ends.low.min(value), ends.high.max(value)))
    } else {
        Some((value, value))
    };
    Some(Estimate {
        value,
        interval: interval.map(|(low, high)| Interval {
            low,
            high,
            method: Method::TwoPhase,
        }),
    })
}

/// What the reference says of a made-up call: shares of yes and no.
const KINDS: [(f64, f64); 3] = [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];

/// All audited calls that got one automatic answer.
#[derive(Default)]
struct Answer<'a> {
    seen: Vec<&'a Seen>,
    /// Effective number, over its strata.
    effective: f64,
}

fn answers<'a>(strata: &[Stratum<'a>]) -> Vec<Answer<'a>> {
    let mut answers: Vec<Answer> = Vec::new();
    answers.resize_with(Auto::ALL.len(), Answer::default);
    for stratum in strata {
        let answer = &mut answers[stratum.answer];
        answer.seen.extend(&stratum.seen);
        answer.effective += effective(&stratum.seen);
    }
    answers
}

/// So many calls of equal weight tell as much (Kish 1965).
fn effective(seen: &[&Seen]) -> f64 {
    let sum: f64 = seen.iter().map(|s| s.weight).sum();
    let squares: f64 = seen.iter().map(|s| s.weight * s.weight).sum();
    sum * sum / squares
}

/// Totals over all scored calls, each stratum by its weighted mean (Hájek 1971), with so many
/// made-up calls of each kind in it.
fn totals(
    strata: &[Stratum],
    part: &impl Fn(f64, f64) -> (f64, f64),
    made_up: impl Fn(&Stratum) -> f64,
) -> (f64, f64) {
    let mut totals = (0.0, 0.0);
    for stratum in strata {
        // The weights are brought to the effective number, beside which a made-up call is one.
        let weights: f64 = stratum.seen.iter().map(|s| s.weight).sum();
        let n = effective(&stratum.seen);
        let made_up = made_up(stratum);
        let seen = stratum
            .seen
            .iter()
            .map(|s| (s.yes, s.no, s.weight * n / weights));
        let kinds = KINDS.iter().map(|&(yes, no)| (yes, no, made_up));
        let (mut hits, mut of) = (0.0, 0.0);
        for (yes, no, weight) in seen.chain(kinds) {
            let (hit, one) = part(yes, no);
            hits += weight * hit;
            of += weight * one;
        }
        let scale = stratum.calls as f64 / (n + KINDS.len() as f64 * made_up);
        totals.0 += scale * hits;
        totals.1 += scale * of;
    }
    totals
}

/// Variance between calls of a figure of the reference's yes and no, with so many made-up calls
/// of each kind among them.
fn spread(seen: &[&Seen], made_up: f64, figure: impl Fn(f64, f64) -> f64) -> f64 {
    let n = effective(seen);
    let m = n + KINDS.len() as f64 * made_up;
    let (sum, weight, square_weight) = seen.iter().fold((0.0, 0.0, 0.0), |sums, call| {
        let weight = call.weight;
        (
            sums.0 + weight * figure(call.yes, call.no),
            sums.1 + weight,
            sums.2 + weight * weight,
        )
    });
    let made_up_sum: f64 = KINDS.iter().map(|&(yes, no)| figure(yes, no)).sum();
    let mean = (n * sum / weight + made_up * made_up_sum) / m;
    let off = |yes, no| (figure(yes, no) - mean).powi(2);
    // By squared weights, so that over n it is the variance of the weighted mean.
    let squares: f64 = seen
        .iter()
        .map(|call| call.weight * call.weight * off(call.yes, call.no))
        .sum();
    let made_up_squares: f64 = KINDS.iter().map(|&(yes, no)| off(yes, no)).sum();
    (n * squares / square_weight + made_up * made_up_squares) / (m - 1.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Lot, calls, lot};
    use super::*;
    use proptest::prelude::*;

    fn rates(lots: &[Lot], reference: Reference) -> TrueRates {
        let (scored, audited) = calls(lots);
        true_rates(&scored, &audited, reference)
    }

    fn pass(rates: &TrueRates) -> (f64, f64, f64) {
        let pass = rates.pass.expect("a pass rate");
        let ends = pass.interval.expect("an interval");
        (pass.value, ends.low, ends.high)
    }

    fn close(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() < within, "{found} for {expected}");
    }

    /// Tenenbein 1970: sum over the automatic answers of their share times the share of true yes
    /// among those audited, with variance sum of W² p q / n for given answers of all calls.
    #[test]
    fn a_binary_answer_in_one_queue_gives_tenenbeins_estimator() {
        let lots = [
            lot(Auto::Yes, 0, 600, [48, 12, 0]),
            lot(Auto::No, 0, 400, [10, 30, 0]),
        ];
        let found = rates(&lots, Reference::People);
        let (value, low, high) = pass(&found);
        close(value, 0.6 * 0.8 + 0.4 * 0.25, 1e-12);
        assert_eq!(found.raw, Some(0.6));
        let variance = 0.36 * 0.8 * 0.2 / 60.0 + 0.16 * 0.25 * 0.75 / 40.0;
        let n = 0.58 * 0.42 / variance;
        let by_hand = wilson(0.58 * n, n).expect("an interval");
        close(low, by_hand.low, 0.004);
        close(high, by_hand.high, 0.004);
        assert!(found.caveats.is_empty());

        // 100 of these 1000 calls are known: for the others, 900 / 1000 of the variance is left.
        let (_, gold_low, gold_high) = pass(&rates(&lots, Reference::Gold));
        close((gold_high - gold_low) / (high - low), 0.9_f64.sqrt(), 0.01);
    }

    #[test]
    fn strata_count_by_all_their_calls_and_only_where_the_question_applies() {
        let found = rates(
            &[
                lot(Auto::Yes, 0, 100, [9, 1, 0]),
                lot(Auto::Yes, 1, 50, [3, 2, 5]),
                lot(Auto::No, 0, 40, [1, 7, 0]),
                lot(Auto::NotApplicable, 0, 30, [1, 1, 4]),
                lot(Auto::Abstain, 1, 80, [2, 6, 2]),
            ],
            Reference::Gold,
        );
        let yes = 90.0 + 15.0 + 5.0 + 5.0 + 16.0;
        let no = 10.0 + 10.0 + 35.0 + 5.0 + 48.0;
        close(pass(&found).0, yes / (yes + no), 1e-12);
        let not_applicable = found.not_applicable.expect("a share").value;
        close(not_applicable, (25.0 + 20.0 + 16.0) / 300.0, 1e-12);
        close(found.raw.expect("a raw rate"), 150.0 / 190.0, 1e-12);
        assert_eq!((found.scored, found.audited, found.strata), (300, 44, 5));
        assert_eq!(found.caveats, [Caveat::CoverageDoubtful]);
    }

    #[test]
    fn a_call_stands_for_as_many_as_its_probability_says() {
        // One answer, one queue: the first lot was audited four times as often as the second.
        let rare = Lot {
            probability: Some(0.05),
            ..lot(Auto::Yes, 0, 200, [5, 5, 0])
        };
        let often = Lot {
            probability: Some(0.2),
            ..lot(Auto::Yes, 0, 100, [20, 0, 0])
        };
        let found = rates(&[rare, often], Reference::Gold);
        close(pass(&found).0, (5.0 * 20.0 + 20.0 * 5.0) / 300.0, 1e-12);
    }

    #[test]
    fn targeted_calls_change_nothing() {
        let lots = |truth| {
            [
                lot(Auto::Yes, 0, 500, [40, 10, 0]),
                lot(Auto::No, 0, 100, [2, 8, 0]),
                Lot {
                    probability: None,
                    ..lot(Auto::No, 0, 400, truth)
                },
            ]
        };
        let without = rates(&lots([0, 0, 0]), Reference::Gold);
        let with = rates(&lots([300, 0, 0]), Reference::Gold);
        assert_eq!(with.targeted, 300);
        assert_eq!((with.pass, with.audited), (without.pass, 60));
    }

    #[test]
    fn without_a_random_audit_there_is_no_rate_but_the_raw_one() {
        let lot = Lot {
            probability: None,
            ..lot(Auto::Yes, 0, 50, [20, 0, 0])
        };
        let found = rates(&[lot], Reference::Gold);
        assert_eq!((found.pass, found.not_applicable), (None, None));
        assert_eq!(found.raw, Some(1.0));
        assert_eq!(found.caveats, [Caveat::NoRandomAudit]);
        let nothing = rates(&[], Reference::Gold);
        assert_eq!((nothing.raw, nothing.pass), (None, None));
        // Audited, but it never applied.
        let never = rates(
            &[super::super::tests::lot(
                Auto::NotApplicable,
                0,
                50,
                [0, 0, 20],
            )],
            Reference::Gold,
        );
        assert_eq!((never.raw, never.pass), (None, None));
        assert_eq!(never.not_applicable.map(|n| n.value), Some(1.0));
    }

    #[test]
    fn all_of_one_answer_proves_little_until_all_were_audited() {
        let lots = [lot(Auto::Yes, 0, 300, [30, 0, 0])];
        let found = rates(&lots, Reference::Gold);
        let (value, low, high) = pass(&found);
        assert_eq!((value, high), (1.0, 1.0));
        assert!((0.83..0.95).contains(&low), "{low}");
        assert!(found.caveats.contains(&Caveat::CoverageDoubtful));

        let all = [lot(Auto::Yes, 0, 40, [30, 10, 0])];
        assert_eq!(pass(&rates(&all, Reference::Gold)), (0.75, 0.75, 0.75));
        let (_, low, high) = pass(&rates(&all, Reference::People));
        assert!(low < 0.65 && high > 0.83, "{low} {high}");
    }

    #[test]
    fn divided_raters_count_by_their_share_and_tell_less_apart() {
        let (scored, mut audited) = calls(&[lot(Auto::Yes, 0, 400, [40, 0, 0])]);
        for call in &mut audited {
            (call.yes, call.no) = (0.7, 0.3);
        }
        let even = true_rates(&scored, &audited, Reference::People);
        close(pass(&even).0, 0.7, 1e-12);
        let split = rates(&[lot(Auto::Yes, 0, 400, [28, 12, 0])], Reference::People);
        close(pass(&split).0, 0.7, 1e-12);
        assert!(pass(&even).2 - pass(&even).1 < pass(&split).2 - pass(&split).1);
    }

    #[test]
    fn what_nobody_audited_is_joined_with_its_neighbour_and_said() {
        let found = rates(
            &[
                lot(Auto::Yes, 0, 300, [27, 3, 0]),
                lot(Auto::Abstain, 0, 100, [0, 0, 0]),
                lot(Auto::No, 0, 100, [2, 8, 0]),
            ],
            Reference::Gold,
        );
        // Abstained calls are taken to be like those found failing.
        close(pass(&found).0, (270.0 + 40.0) / 500.0, 1e-12);
        assert_eq!(
            found.caveats,
            [Caveat::CoverageDoubtful, Caveat::StrataJoined]
        );

        // A queue with few is joined with another of the same answer; no need to say so.
        let found = rates(
            &[
                lot(Auto::Yes, 0, 60, [6, 0, 0]),
                lot(Auto::Yes, 1, 20, [0, 2, 0]),
                lot(Auto::Yes, 2, 200, [10, 10, 0]),
            ],
            Reference::Gold,
        );
        close(pass(&found).0, (80.0 * 6.0 / 8.0 + 100.0) / 280.0, 1e-12);
        assert_eq!(found.strata, 2);
        assert!(!found.caveats.contains(&Caveat::StrataJoined));
    }

    fn any_lot() -> impl Strategy<Value = Lot> {
        let truth = (0_usize..6, 0_usize..6, 0_usize..6);
        let probability = prop_oneof![Just(None), (0.01..=1.0_f64).prop_map(Some)];
        (0_usize..4, 0_usize..3, 0_usize..40, truth, probability).prop_map(
            |(automatic, queue, more, (yes, no, neither), probability)| Lot {
                automatic: Auto::ALL[automatic],
                queue,
                calls: yes + no + neither + more,
                truth: [yes, no, neither],
                probability,
            },
        )
    }

    proptest! {
        #[test]
        fn rates_stay_within_bounds_whatever_order_and_scale(
            lots in prop::collection::vec(any_lot(), 0..12),
            people in any::<bool>(),
        ) {
            let reference = if people { Reference::People } else { Reference::Gold };
            let (mut scored, mut audited) = calls(&lots);
            let found = true_rates(&scored, &audited, reference);
            for estimate in [found.pass, found.not_applicable].into_iter().flatten() {
                let ends = estimate.interval.expect("an interval");
                prop_assert!(0.0 <= ends.low && ends.low <= estimate.value + 1e-12);
                prop_assert!(estimate.value - 1e-12 <= ends.high && ends.high <= 1.0);
            }
            prop_assert_eq!(found.pass.is_some(), audited.iter().any(|a| {
                a.probability.is_some() && a.yes + a.no > 0.0
            }));
            scored.reverse();
            audited.reverse();
            for call in &mut audited {
                call.probability = call.probability.map(|p| p / 4.0);
            }
            prop_assert_eq!(true_rates(&scored, &audited, reference), found);
        }
    }
}
