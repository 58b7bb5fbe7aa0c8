//! How often the automatic scorer is wrong about a question, and how many calls pass it in truth.
//!
//! One question at a time, in the binary view: *yes* is a pass. The reference is what was agreed
//! as gold, or the mean of people's blind answers.
//!
//! Only calls audited at random with a known probability enter a rate. Calls that were chosen
//! because they teach most are other calls than the rest: what is wrong there is wrong more often.

pub mod automatic;
pub mod rogan_gladen;
pub mod two_phase;

use std::collections::BTreeMap;

use crate::calibration::figure::{Caveat, MIN_GOLD};

/// The automatic scorer's answer in the binary view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Auto {
    Yes,
    No,
    NotApplicable,
    /// It could not hear enough to say.
    Abstain,
}

impl Auto {
    pub const ALL: [Auto; 4] = [Auto::Yes, Auto::No, Auto::NotApplicable, Auto::Abstain];
}

/// A call that the automatic scorer answered, or abstained from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Each call once.
    pub call: usize,
    pub automatic: Auto,
    pub queue: usize,
    pub agent: usize,
    /// How well it was heard: mean probability of its words, 0 to 1.
    pub heard: Option<f64>,
}

/// A call that was looked at again: what the reference says of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Audited {
    /// One of the scored calls, each at most once; others are left out.
    pub call: usize,
    /// Share of the reference that says yes, no, not applicable: at least 0, sum 1.
    pub yes: f64,
    pub no: f64,
    pub not_applicable: f64,
    /// The probability with which chance chose the call, above 0 and at most 1; `None` where
    /// somebody chose it.
    pub probability: Option<f64>,
}

/// Whose answers the audited calls have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// Agreed answers, taken as the truth.
    Gold,
    /// The mean of blind raters: other raters would have said something else of the same call.
    People,
}

/// Probability of audit under which a statement of it is a mistake: one call would stand for more
/// than there are.
const LEAST: f64 = 1e-9;

/// A scored call audited at random.
#[derive(Debug, Clone, Copy)]
struct Seen {
    automatic: Auto,
    queue: usize,
    yes: f64,
    no: f64,
    /// One over the probability of its choice.
    weight: f64,
}

/// The calls audited at random, in order of call, and how many were targeted.
fn at_random(scored: &[Scored], audited: &[Audited]) -> (Vec<Seen>, usize) {
    let wanted: BTreeMap<usize, &Audited> = audited.iter().map(|a| (a.call, a)).collect();
    let mut seen = BTreeMap::new();
    let mut targeted = 0;
    for call in scored {
        let Some(audit) = wanted.get(&call.call) else {
            continue;
        };
        let Some(probability) = audit.probability.filter(|p| (LEAST..=1.0).contains(p)) else {
            targeted += 1;
            continue;
        };
        let one = Seen {
            automatic: call.automatic,
            queue: call.queue,
            yes: audit.yes,
            no: audit.no,
            weight: 1.0 / probability,
        };
        seen.insert(call.call, one);
    }
    (seen.into_values().collect(), targeted)
}

/// Whether fewer than [`MIN_GOLD`] of these calls are yes, or no.
fn few<'a>(seen: impl IntoIterator<Item = &'a Seen>) -> Vec<Caveat> {
    let (yes, no) = seen
        .into_iter()
        .fold((0.0, 0.0), |(yes, no), call| (yes + call.yes, no + call.no));
    // Thirds of calls must not be missed for their last digit.
    let missing = |found: f64| (MIN_GOLD as f64 - found - 1e-9).ceil().max(0.0) as usize;
    let few_yes = Some(missing(yes)).filter(|n| *n > 0);
    let few_no = Some(missing(no)).filter(|n| *n > 0);
    let few_yes = few_yes.map(|missing| Caveat::FewYes { missing });
    let few_no = few_no.map(|missing| Caveat::FewNo { missing });
    few_yes.into_iter().chain(few_no).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls of one automatic answer and queue, and how the reference saw those that were audited.
    #[derive(Debug, Clone)]
    pub(super) struct Lot {
        pub automatic: Auto,
        pub queue: usize,
        pub calls: usize,
        /// Audited calls that are yes, no, not applicable.
        pub truth: [usize; 3],
        pub probability: Option<f64>,
    }

    pub(super) fn lot(automatic: Auto, queue: usize, calls: usize, truth: [usize; 3]) -> Lot {
        Lot {
            automatic,
            queue,
            calls,
            truth,
            probability: Some(0.1),
        }
    }

    pub(super) fn calls(lots: &[Lot]) -> (Vec<Scored>, Vec<Audited>) {
        let (mut scored, mut audited) = (Vec::new(), Vec::new());
        for lot in lots {
            let first = scored.len();
            scored.extend((first..first + lot.calls).map(|call| Scored {
                call,
                automatic: lot.automatic,
                queue: lot.queue,
                agent: 0,
                heard: None,
            }));
            let kinds = [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
            let each = kinds.into_iter().zip(lot.truth);
            let answers = each.flat_map(|(kind, n)| std::iter::repeat_n(kind, n));
            audited.extend((first..).zip(answers).map(|(call, (yes, no))| Audited {
                call,
                yes,
                no,
                not_applicable: 1.0 - yes - no,
                probability: lot.probability,
            }));
        }
        (scored, audited)
    }

    #[test]
    fn only_scored_calls_chosen_by_chance_are_used() {
        let (scored, mut audited) = calls(&[lot(Auto::Yes, 0, 9, [6, 0, 0])]);
        audited[0].probability = None;
        audited[1].probability = Some(0.0);
        audited[2].probability = Some(f64::NAN);
        audited[3].call = 99;
        let (seen, targeted) = at_random(&scored, &audited);
        assert_eq!((seen.len(), targeted), (2, 3));
    }
}
