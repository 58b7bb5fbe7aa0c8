//! The form itself: which questions tell nothing?
//!
//! - Questions that nearly every call passes, or nearly none, or that nearly never apply. Said
//!   only where the whole interval lies beyond the limit.
//! - Questions that repeat another: two answers that are nearly always the same, with chance taken
//!   out, over calls where both apply.
//! - Questions that no outcome notices: not where nothing was found, but where each interval is
//!   tight enough to rule out a difference that matters (two one-sided tests, Schuirmann 1987).
//! - What each question costs the calls on average.
//!
//! Left out on purpose: advice to drop a question. A greeting that all say is a duty, not a waste.

use rayon::prelude::*;

use super::Answered;
use super::outcomes::{self, Relation};
use super::tails::{at_most, wilson};
use crate::calibration::figure::{Estimate, Interval, Method};

/// Answers under which nothing is said of a question.
pub const MIN_CALLS: usize = 20;
/// Beyond this share of passes (or of fails, or of calls it does not apply to) a question does not
/// vary.
pub const HARDLY_VARIES: f64 = 0.98;
/// Agreement beyond chance from which two questions are one.
pub const SAME: f64 = 0.9;
/// Calls with the rarer answer, of both questions together, under which they are not compared:
/// two questions that all pass agree on nothing.
pub const MIN_RARER: usize = 20;

/// A question's answers in a period.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub answers: &'a [Answered],
    /// Calls that it did not apply to.
    pub not_applicable: usize,
    /// Calls where the scorer abstained.
    pub abstained: usize,
    /// Its share of the form's points, 0 to 1.
    pub worth: f64,
}

/// Whether the answers to a question vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variation {
    Varies,
    /// More than [`HARDLY_VARIES`] pass, with the whole interval.
    NearlyAlwaysPass,
    NearlyNeverPass,
    /// It applies to fewer than the rest, with the whole interval.
    NearlyNeverApplies,
    NotEnough,
}

impl Variation {
    pub fn as_str(self) -> &'static str {
        match self {
            Variation::Varies => "varies",
            Variation::NearlyAlwaysPass => "nearly_always_pass",
            Variation::NearlyNeverPass => "nearly_never_pass",
            Variation::NearlyNeverApplies => "nearly_never_applies",
            Variation::NotEnough => "not_enough",
        }
    }
}

/// Whether the outcomes notice a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// At least one outcome goes with it.
    Noticed,
    /// With every outcome that there is, a difference that matters is ruled out.
    Unnoticed,
    /// Neither is shown.
    Unclear,
    /// No outcome has enough calls.
    NotEnough,
}

impl Notice {
    pub fn as_str(self) -> &'static str {
        match self {
            Notice::Noticed => "noticed",
            Notice::Unnoticed => "unnoticed",
            Notice::Unclear => "unclear",
            Notice::NotEnough => "not_enough",
        }
    }
}

/// One question of the form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuestionFigure {
    pub question: usize,
    pub answered: usize,
    pub passes: usize,
    pub not_applicable: usize,
    pub abstained: usize,
    /// Answers that are missing to [`MIN_CALLS`].
    pub missing: usize,
    /// Share of passes; clusters are agents' days.
    pub pass_rate: Option<Estimate>,
    /// Share of calls that it applies to, among those answered and not applicable.
    pub applies: Option<Estimate>,
    /// Share of the form's points that a call loses by it on average; calls that it does not
    /// apply to lose nothing.
    pub lost: Option<f64>,
    pub variation: Variation,
    pub notice: Notice,
}

/// Whether two questions are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overlap {
    /// The interval lies above [`SAME`].
    Duplicate,
    /// Not shown to be.
    NotShown,
    NotEnough,
}

impl Overlap {
    pub fn as_str(self) -> &'static str {
        match self {
            Overlap::Duplicate => "duplicate",
            Overlap::NotShown => "not_shown",
            Overlap::NotEnough => "not_enough",
        }
    }
}

/// Two questions over the calls that both apply to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub question: usize,
    pub other: usize,
    pub both_pass: usize,
    pub only_question: usize,
    pub only_other: usize,
    pub both_fail: usize,
    /// Calls with the rarer answer that are missing to [`MIN_RARER`].
    pub missing: usize,
    /// Correlation of the two answers; `None` where one of them never varies.
    pub phi: Option<f64>,
    /// Agreement with chance taken out (Scott 1955), which is never above phi, with an interval
    /// from exact bounds of the share of disagreements.
    pub agreement: Option<Estimate>,
    pub overlap: Overlap,
}

/// The form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// One for each question, in its order.
    pub questions: Vec<QuestionFigure>,
    /// All pairs of questions, by the first, then the second.
    pub pairs: Vec<Pair>,
}

/// Examines a form. `relations` are those of [`outcomes::relate`] for the same questions; empty
/// without outcomes.
pub fn examine(questions: &[Question], relations: &[Relation]) -> Form {
    let figures = questions
        .par_iter()
        .enumerate()
        .map(|(place, question)| {
            let own: Vec<&Relation> = relations.iter().filter(|r| r.question == place).collect();
            figure(place, question, &own)
        })
        .collect();
    Form {
        questions: figures,
        pairs: pairs(questions),
    }
}

fn figure(place: usize, question: &Question, relations: &[&Relation]) -> QuestionFigure {
    let answered = question.answers.len();
    let passes = question.answers.iter().filter(|a| a.pass).count();
    let effect = day_effect(
        &days(question.answers),
        passes as f64 / answered.max(1) as f64,
    );
    let heard = answered + question.not_applicable;
    let pass_rate = share(passes, answered, effect);
    let applies = share(answered, heard, effect);
    let missing = MIN_CALLS.saturating_sub(answered);
    let ends = |e: Option<Estimate>| e.and_then(|e| e.interval).map(|i| (i.low, i.high));
    let variation = match (ends(applies), ends(pass_rate)) {
        (Some((_, high)), _) if high <= 1.0 - HARDLY_VARIES => Variation::NearlyNeverApplies,
        (_, Some(_)) if missing > 0 => Variation::NotEnough,
        (_, Some((low, _))) if low >= HARDLY_VARIES => Variation::NearlyAlwaysPass,
        (_, Some((_, high))) if high <= 1.0 - HARDLY_VARIES => Variation::NearlyNeverPass,
        (_, Some(_)) => Variation::Varies,
        (_, None) => Variation::NotEnough,
    };
    let lost = question.worth * (answered - passes) as f64 / heard as f64;
    QuestionFigure {
        question: place,
        answered,
        passes,
        not_applicable: question.not_applicable,
        abstained: question.abstained,
        missing,
        pass_rate,
        applies,
        lost: (heard > 0 && lost.is_finite()).then_some(lost),
        variation,
        notice: notice(relations),
    }
}

fn notice(relations: &[&Relation]) -> Notice {
    use outcomes::Flag;
    let told = |flags: &[Flag]| relations.iter().filter(|r| flags.contains(&r.flag)).count();
    if told(&[Flag::Higher, Flag::Lower]) > 0 {
        return Notice::Noticed;
    }
    // An outcome with too few calls leaves open whether it notices.
    match (told(&[Flag::Negligible]), told(&[Flag::NotEnough])) {
        (_, few) if few == relations.len() => Notice::NotEnough,
        (negligible, _) if negligible == relations.len() => Notice::Unnoticed,
        _ => Notice::Unclear,
    }
}

fn share(count: usize, of: usize, effect: f64) -> Option<Estimate> {
    if of == 0 {
        return None;
    }
    let value = count as f64 / of as f64;
    let (low, high) = wilson(value, of as f64 / effect);
    Some(Estimate {
        value,
        interval: Some(Interval {
            low,
            high,
            method: Method::Clustered,
        }),
    })
}

const NONE: u8 = 2;

/// All pairs, from one column of answers for each question over calls in one order.
fn pairs(questions: &[Question]) -> Vec<Pair> {
    let mut calls: Vec<(usize, usize, usize)> = questions
        .iter()
        .flat_map(|q| q.answers.iter().map(|a| (a.agent, a.day, a.call)))
        .collect();
    calls.par_sort_unstable();
    calls.dedup();
    let columns: Vec<Vec<u8>> = questions
        .par_iter()
        .map(|question| {
            let mut column = vec![NONE; calls.len()];
            for a in question.answers {
                if let Ok(place) = calls.binary_search(&(a.agent, a.day, a.call)) {
                    column[place] = u8::from(a.pass);
                }
            }
            column
        })
        .collect();
    let ends: Vec<usize> = calls
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .scan(0, |end, day| {
            *end += day.len();
            Some(*end)
        })
        .collect();
    (0..questions.len())
        .into_par_iter()
        .flat_map_iter(|question| {
            let (columns, ends) = (&columns, &ends);
            (question + 1..columns.len()).map(move |other| pair((question, other), columns, ends))
        })
        .collect()
}

fn pair((question, other): (usize, usize), columns: &[Vec<u8>], ends: &[usize]) -> Pair {
    // By 2 × first + second.
    let mut cells = [0_usize; 4];
    // Calls and disagreements of each agent's day.
    let mut days: Vec<(f64, f64)> = Vec::with_capacity(ends.len());
    let mut from = 0;
    for &end in ends {
        let before = cells;
        for (a, b) in columns[question][from..end]
            .iter()
            .zip(&columns[other][from..end])
        {
            if *a < NONE && *b < NONE {
                cells[usize::from(2 * a + b)] += 1;
            }
        }
        let new = |cell: usize| (cells[cell] - before[cell]) as f64;
        let calls = new(0) + new(1) + new(2) + new(3);
        if calls > 0.0 {
            days.push((calls, new(1) + new(2)));
        }
        from = end;
    }
    let [both_fail, only_other, only_question, both_pass] = cells;
    let calls = cells.iter().sum::<usize>();
    let differ = only_question + only_other;
    // Each call has two answers here; the rarer of all.
    let rarer = (2 * both_fail + differ).min(2 * both_pass + differ);
    let missing = (2 * MIN_RARER).saturating_sub(rarer).div_ceil(2);
    let mut pair = Pair {
        question,
        other,
        both_pass,
        only_question,
        only_other,
        both_fail,
        missing,
        phi: phi(cells),
        agreement: None,
        overlap: Overlap::NotEnough,
    };
    if missing > 0 {
        return pair;
    }
    let n = calls as f64;
    let disagreed = differ as f64 / n;
    let rare = rarer as f64 / (2.0 * n);
    let by_chance = 2.0 * rare * (1.0 - rare);
    let effective = n / day_effect(&days, disagreed);
    let (low, high) = exact_bounds(disagreed * effective, effective);
    let agreement = |disagreed: f64| (1.0 - disagreed / by_chance).max(-1.0);
    let interval = Interval {
        low: agreement(high),
        high: agreement(low),
        method: Method::ExactDisagreement,
    };
    pair.agreement = Some(Estimate {
        value: agreement(disagreed),
        interval: Some(interval),
    });
    pair.overlap = match interval.low > SAME {
        true => Overlap::Duplicate,
        false => Overlap::NotShown,
    };
    pair
}

fn phi(cells: [usize; 4]) -> Option<f64> {
    let [d, c, b, a] = cells.map(|n| n as f64);
    let margins = (a + b) * (c + d) * (a + c) * (b + d);
    (margins > 0.0).then(|| ((a * d - b * c) / margins.sqrt()).clamp(-1.0, 1.0))
}

/// Calls and passes of each agent's day.
fn days(answers: &[Answered]) -> Vec<(f64, f64)> {
    let mut days: Vec<(usize, usize, bool)> =
        answers.iter().map(|a| (a.agent, a.day, a.pass)).collect();
    days.sort_unstable();
    days.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .map(|day| (day.len() as f64, day.iter().filter(|a| a.2).count() as f64))
        .collect()
}

/// How many times the variance of a share (of passes, of disagreements) is that of unlike calls; never less
/// than once.
fn day_effect(days: &[(f64, f64)], share: f64) -> f64 {
    let n = days.len() as f64;
    let calls: f64 = days.iter().map(|(calls, _)| calls).sum();
    let unlike = calls * share * (1.0 - share);
    if n < 2.0 || unlike <= 0.0 {
        return 1.0;
    }
    let between: f64 = days
        .iter()
        .map(|(calls, count)| (count - calls * share).powi(2))
        .sum();
    (between * n / (n - 1.0) / unlike).max(1.0)
}

/// Clopper and Pearson's bounds (1934) of a share, of effective calls.
fn exact_bounds(x: f64, n: f64) -> (f64, f64) {
    // The chance of so few falls as the share rises; halving finds where it is 2.5 %.
    let upper = |x: f64| {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            match at_most(x, n, middle) > 0.025 {
                true => low = middle,
                false => high = middle,
            }
        }
        high
    };
    (1.0 - upper(n - x), upper(x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::chance::Stream;

    fn answers(calls: usize, mut pass: impl FnMut(usize) -> bool) -> Vec<Answered> {
        (0..calls)
            .map(|call| Answered {
                call,
                agent: call % 10,
                day: call / 10 % 20,
                mix: 0,
                pass: pass(call),
            })
            .collect()
    }

    fn question(answers: &[Answered], not_applicable: usize) -> Question<'_> {
        Question {
            answers,
            not_applicable,
            abstained: 0,
            worth: 0.1,
        }
    }

    #[test]
    fn a_question_does_not_vary_only_where_the_interval_says_so() {
        let all = answers(400, |_| true);
        let nearly = answers(400, |call| call % 80 != 7);
        let none = answers(2000, |call| call % 211 == 7);
        let few = answers(100, |_| true);
        let fewer = answers(15, |_| true);
        let form = examine(
            &[
                question(&all, 0),
                question(&nearly, 0),
                question(&none, 0),
                question(&few, 0),
                question(&fewer, 0),
                question(&fewer, 4000),
                question(&[], 0),
                question(&[], 4000),
            ],
            &[],
        );
        let seen: Vec<Variation> = form.questions.iter().map(|q| q.variation).collect();
        use Variation::*;
        assert_eq!(
            seen,
            [
                NearlyAlwaysPass,
                Varies,
                NearlyNeverPass,
                Varies,
                NotEnough,
                NearlyNeverApplies,
                NotEnough,
                NearlyNeverApplies,
            ]
        );
        assert_eq!(form.questions[4].missing, 5);
        // Five of 400 calls lose a tenth of the form.
        let lost = form.questions[1].lost.expect("there are answers");
        assert!((lost - 0.1 * 5.0 / 400.0).abs() < 1e-12);
        assert_eq!(form.questions[6].lost, None);
        assert!(form.questions.iter().all(|q| q.notice == Notice::NotEnough));
    }

    #[test]
    fn days_that_go_together_widen_a_rate() {
        // The same 90 %: spread, or all of every tenth day.
        let spread = answers(2000, |call| (call / 200) % 10 != 3);
        let whole = answers(2000, |call| (call / 10) % 10 != 3);
        let form = examine(&[question(&spread, 0), question(&whole, 0)], &[]);
        let width = |n: usize| {
            let i = form.questions[n].pass_rate.and_then(|e| e.interval);
            i.map_or(0.0, |i| i.high - i.low)
        };
        assert!(width(1) > 2.5 * width(0), "{} {}", width(0), width(1));
    }

    #[test]
    fn repeats_are_found_over_calls_where_both_apply() {
        let mut chance = Stream::new(1, "form", 0);
        let tosses: Vec<bool> = (0..600).map(|_| chance.happens(0.7)).collect();
        let first = answers(600, |call| tosses[call]);
        let repeat: Vec<Answered> = answers(600, |call| tosses[call] ^ (call % 150 == 3))
            .into_iter()
            .filter(|a| a.call % 3 != 1)
            .collect();
        let other = answers(600, |call| tosses[(call * 7 + 11) % 600]);
        let all = answers(600, |_| true);
        let form = examine(
            &[
                question(&first, 0),
                question(&repeat, 0),
                question(&other, 0),
                question(&all, 0),
            ],
            &[],
        );
        let pair = |a, b| {
            *form
                .pairs
                .iter()
                .find(|p| (p.question, p.other) == (a, b))
                .expect("all")
        };
        assert_eq!(form.pairs.len(), 6);
        let same = pair(0, 1);
        assert_eq!(same.overlap, Overlap::Duplicate);
        assert_eq!(
            same.both_pass + same.only_question + same.only_other + same.both_fail,
            400
        );
        assert_eq!(same.only_question + same.only_other, 4);
        let (phi, agreement) = (same.phi.expect("varies"), same.agreement.expect("enough"));
        assert!(agreement.value <= phi + 1e-12 && phi - agreement.value < 0.01);
        assert_eq!(pair(0, 2).overlap, Overlap::NotShown);
        // Twice passed by all, or nearly: there is no fail to agree on.
        let with_all = pair(2, 3);
        assert_eq!((with_all.phi, with_all.overlap), (None, Overlap::NotShown));
        let never = examine(
            &[question(&all, 0), question(&all, 0), question(&[], 0)],
            &[],
        );
        assert!(
            never
                .pairs
                .iter()
                .all(|p| p.overlap == Overlap::NotEnough && p.agreement.is_none())
        );
        assert_eq!(never.pairs[0].missing, MIN_RARER);
    }

    #[test]
    fn order_and_names_change_nothing() {
        let mut chance = Stream::new(2, "form", 0);
        let one = answers(500, |_| chance.happens(0.6));
        let two = answers(500, |call| one[call].pass ^ chance.happens(0.1));
        let rename = |answers: &[Answered]| -> Vec<Answered> {
            let new = |a: &Answered| Answered {
                agent: 40 - a.agent,
                day: 60 - a.day,
                call: 999 - a.call,
                ..*a
            };
            answers.iter().map(new).collect()
        };
        let (new_one, new_two) = (rename(&one), rename(&two));
        let form = examine(&[question(&one, 10), question(&two, 10)], &[]);
        let renamed = examine(&[question(&new_one, 10), question(&new_two, 10)], &[]);
        let ends = |f: &Form| {
            let i = f.pairs[0]
                .agreement
                .and_then(|e| e.interval)
                .expect("enough");
            let p = f.questions[0]
                .pass_rate
                .and_then(|e| e.interval)
                .expect("enough");
            [i.low, i.high, p.low, p.high]
        };
        for (a, b) in ends(&form).into_iter().zip(ends(&renamed)) {
            assert!((a - b).abs() < 1e-9);
        }
        assert_eq!(form.pairs[0].both_fail, renamed.pairs[0].both_fail);
    }

    #[test]
    fn exact_bounds_as_in_the_tables() {
        // Clopper and Pearson: none of 10, 2 of 10.
        let (low, high) = exact_bounds(0.0, 10.0);
        assert!(low.abs() < 1e-12 && (high - 0.3085).abs() < 5e-5);
        let (low, high) = exact_bounds(2.0, 10.0);
        assert!((low - 0.0252).abs() < 5e-5 && (high - 0.5561).abs() < 5e-5);
    }

    #[test]
    fn phi_by_hand() {
        // a 20, b 5, c 10, d 15: (300 - 50) / √(25 × 25 × 30 × 20).
        let found = phi([15, 10, 5, 20]).expect("varies");
        assert!((found - 250.0 / 375_000_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn unnoticed_needs_every_outcome_to_rule_it_out() {
        let all = answers(100, |call| call % 2 == 0);
        let base = outcomes::relate(
            std::slice::from_ref(&all),
            &[outcomes::Outcome {
                kind: outcomes::Kind::Number,
                values: Vec::new(),
            }],
            &[],
        )[0];
        use outcomes::Flag;
        let noticed = |flags: &[Flag]| {
            let relations: Vec<Relation> = flags
                .iter()
                .map(|&flag| Relation { flag, ..base })
                .collect();
            examine(&[question(&all, 0)], &relations).questions[0].notice
        };
        assert_eq!(
            noticed(&[Flag::Negligible, Flag::Negligible]),
            Notice::Unnoticed
        );
        assert_eq!(
            noticed(&[Flag::Negligible, Flag::NoDifference]),
            Notice::Unclear
        );
        assert_eq!(
            noticed(&[Flag::Negligible, Flag::NotEnough]),
            Notice::Unclear
        );
        assert_eq!(noticed(&[Flag::Negligible, Flag::Lower]), Notice::Noticed);
        assert_eq!(noticed(&[Flag::NotEnough]), Notice::NotEnough);
    }
}
