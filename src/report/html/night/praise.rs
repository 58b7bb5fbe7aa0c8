//! One call to praise per agent who has one.
//!
//! Praise is for what is sure: a mark worth celebrating that was heard well, or a form of which
//! nearly all was told and whose lowest possible score is still high. A call that a form or a
//! critical answer failed, surely or not, is no example, whatever else was good in it, and
//! neither is one that somebody is asked to listen to first. Left out on purpose: who has more of
//! it.

use std::collections::{BTreeMap, BTreeSet};

use super::auto_fails::SURE_HEARD;
use super::rows::{OneCall, failed, text_of, title_of};
use crate::report::html::scope::{Scope, Wanted};
use crate::report::records::{Answer, Score, Text};

/// The lowest possible score of a call that is praised for it.
pub(super) const HIGH_SCORE: f64 = 95.0;
/// Answers that a form must have, *does not apply* left out.
pub(super) const LEAST_ANSWERED: usize = 6;
/// Of which this share may be open at most.
const MOST_OPEN: f64 = 0.1;
/// Agents in the list.
const LISTED: usize = 40;
/// Calls that are kept of an agent for each mark: the best may be one to listen to first.
const KEPT: usize = 8;

/// What to praise a call for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Praise {
    pub wanted: Wanted,
    pub agent: Text,
    pub rubric: Text,
    pub version: Text,
    pub what: What,
    /// The larger first.
    rank: (bool, i64),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// A mark worth celebrating, by its question.
    Mark(Text),
    /// A form's lowest possible score, and a *yes* to show.
    Score(f64, Option<Text>),
}

/// The best calls of each agent for each mark, and for scores.
#[derive(Debug, Default)]
pub(super) struct Praises {
    agents: BTreeMap<Text, BTreeMap<Kind, Vec<Praise>>>,
    /// Calls with each mark.
    marks: BTreeMap<Kind, usize>,
}

/// Rubric and question of a mark; no question for a score.
type Kind = (Text, Option<Text>);

impl Praises {
    pub fn add(&mut self, one: &OneCall<'_>) {
        if is_spoilt(one) {
            return;
        }
        for found in all(one) {
            let kind = match &found.what {
                What::Mark(question) => (found.rubric.clone(), Some(question.clone())),
                What::Score(..) => (found.rubric.clone(), None),
            };
            *self.marks.entry(kind.clone()).or_default() += 1;
            let of_agent = self.agents.entry(found.agent.clone()).or_default();
            let kept = of_agent.entry(kind).or_default();
            // Of equals the first call comes first.
            let place = kept.partition_point(|known| known.rank >= found.rank);
            kept.insert(place, found);
            kept.truncate(KEPT);
        }
    }

    /// One of each agent that is not among those `to_hear`, in the order of the agents, as many as
    /// are shown; and how many agents have one beside them. A mark comes before a score, and the
    /// rarest mark first: it says most about this one call.
    pub fn shown(&self, to_hear: &BTreeSet<Wanted>) -> (Vec<&Praise>, usize) {
        let order = |kind: &Kind| (kind.1.is_none(), self.marks.get(kind).copied().unwrap_or(0));
        let mut all: Vec<((bool, usize), &Praise)> = Vec::new();
        for of_agent in self.agents.values() {
            let free = of_agent.iter().filter_map(|(kind, kept)| {
                let praise = kept.iter().find(|one| !to_hear.contains(&one.wanted))?;
                Some((order(kind), kind, praise))
            });
            let best = free.min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
            all.extend(best.map(|(order, _, praise)| (order, praise)));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.agent.cmp(&b.1.agent)));
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        all.sort_by(|a, b| a.1.agent.cmp(&b.1.agent));
        (all.into_iter().map(|(_, praise)| praise).collect(), more)
    }
}

/// A form failed the call, surely or not, or what counts is a critical question that failed.
fn is_spoilt(one: &OneCall<'_>) -> bool {
    let by_score = one.scores.iter().any(|score| {
        let verdicts = [&score.verdict, &score.critical_verdict];
        score.auto_failed_by.is_some() || verdicts.iter().any(|v| v.as_deref() == Some("fail"))
    });
    let automatic = one.answers.iter().filter(|a| one.person(a).is_none());
    let mut of_record = automatic.chain(&one.of_people);
    let is_critical_no = |answer: &Answer| {
        let says_no = &*answer.answer == "no" && answer.max_points <= 0.0 && !answer.celebrate;
        answer.critical && (says_no || failed(answer) == Some(true))
    };
    by_score || of_record.any(|answer| is_critical_no(answer))
}

/// All that a call can be praised for.
fn all(one: &OneCall<'_>) -> Vec<Praise> {
    let praise = |rubric: &Text, version: &Text, what, rank| Praise {
        wanted: Wanted {
            date: one.call.date.clone(),
            call_id: one.call.call_id.clone(),
        },
        agent: one.call.agent.clone(),
        rubric: rubric.clone(),
        version: version.clone(),
        what,
        rank,
    };
    let marks = one
        .answers
        .iter()
        .filter(|a| a.celebrate && is_sure_yes(one, a));
    let marks = marks.map(|a| {
        let by_person = one.person(a).is_some();
        let heard = (a.confidence.unwrap_or(0.0) * 1000.0) as i64;
        let what = What::Mark(a.question.clone());
        praise(&a.rubric, &a.rubric_version, what, (by_person, heard))
    });
    let scores = one.scores.iter().filter_map(|score| {
        let low = high_score(one, score)?;
        let shown = example(one, score).map(|a| a.question.clone());
        let rank = (false, (low * 1000.0) as i64);
        let what = What::Score(low, shown);
        Some(praise(&score.rubric, &score.rubric_version, what, rank))
    });
    marks.chain(scores).collect()
}

/// A *yes* that a person gave, or that was heard well and hangs on no doubtful word.
fn is_sure_yes(one: &OneCall<'_>, answer: &Answer) -> bool {
    match one.person(answer) {
        Some(person) => &*person.answer == "yes",
        None => {
            &*answer.answer == "yes"
                && !answer.fragile
                && answer.confidence.is_some_and(|heard| heard >= SURE_HEARD)
        }
    }
}

/// The lowest possible score of a form, where it is high enough to be praised. It counts automatic
/// answers, so it says nothing where a person says otherwise and gives less than all points.
fn high_score(one: &OneCall<'_>, score: &Score) -> Option<f64> {
    let low = score.score_low?;
    let of_form = one.answers.iter().filter(|a| {
        a.rubric == score.rubric && a.rubric_version == score.rubric_version && a.max_points > 0.0
    });
    let is_contradicted = of_form.clone().any(|a| {
        one.person(a)
            .is_some_and(|person| person.answer != a.answer && failed(person) != Some(false))
    });
    if is_contradicted {
        return None;
    }
    let told: Vec<&&Answer> = of_form.filter(|a| &*a.answer != "not_applicable").collect();
    let open = told.iter().filter(|a| &*a.answer == "abstain").count();
    let is_high = low >= HIGH_SCORE;
    let is_told =
        told.len() >= LEAST_ANSWERED + open && open as f64 <= MOST_OPEN * told.len() as f64;
    (is_high && is_told).then_some(low)
}

/// The *yes* with most points.
fn example<'a>(one: &OneCall<'a>, score: &Score) -> Option<&'a Answer> {
    let sure = one.answers.iter().copied().filter(|a| {
        a.rubric == score.rubric
            && a.rubric_version == score.rubric_version
            && is_sure_yes(one, a)
            && failed(a) != Some(true)
            && a.controllable_by_agent
    });
    sure.rev()
        .max_by(|a, b| a.max_points.total_cmp(&b.max_points))
}

/// What to praise, in plain words.
pub(super) fn in_words(scope: &Scope, praise: &Praise) -> String {
    match &praise.what {
        What::Mark(question) => format!("“{}”", text_of(scope, &praise.rubric, question)),
        What::Score(low, _) if *low >= 100.0 => format!(
            "{}: all 100 points, and nothing open can change it.",
            title_of(scope, &praise.rubric)
        ),
        What::Score(low, _) => format!(
            "{}: at least {} of 100 points, whatever is still open.",
            title_of(scope, &praise.rubric),
            low.floor()
        ),
    }
}
