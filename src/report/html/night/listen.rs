//! Which calls to listen to, in the time that there is.
//!
//! The calls are those that teach most: chosen for a reason, so nothing can be counted from them.
//! Reasons take turns, so that a list is never forty times the same; agents take turns, so that
//! it is never one person's whole night. Left out on purpose: a random sample, which is what
//! rates are told from (`docs/ratings.md`).

use std::collections::{BTreeMap, BTreeSet};

use super::auto_fails::{Sure, sure};
use super::excerpt::{Moment, Stretch, is_open_end, moment_of};
use super::rows::{OneCall, is_scored, spoken, text_of, unheard};
use super::trust;
use crate::report::html::scope::{CallDetail, Calls, Scope, Wanted};
use crate::report::records::{Answer, Score, Text};

/// To find a call, and to note what was heard.
pub(super) const HANDLING_MS: i64 = 30_000;
/// Calls of one agent that are kept for each kind of reason.
const KEPT: usize = 8;
/// Calls of one agent before every other had a turn; then twice as many, and so on.
const FIRST_OF_AGENT: usize = 2;

/// Why to listen, in the order in which the kinds take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// One answer failed the call.
    AutoFail,
    /// What could not be told decides whether the call passes.
    Open,
    /// A coach and the automatic answer differ.
    Differ,
    /// The customer says later that a promise was not kept.
    Broken,
    /// The customer had to call again.
    Again,
    /// A low score on what the agent can help.
    Low,
}

const KINDS: usize = 6;

impl Why {
    /// As a second reason of a call.
    fn also(self) -> &'static str {
        match self {
            Why::AutoFail => "one answer failed the call",
            Why::Open => "an open question decides the verdict",
            Why::Differ => "a coach answered otherwise than the machine",
            Why::Broken => "a promise was not kept, the customer says",
            Why::Again => "the customer had to call again",
            Why::Low => "a low score",
        }
    }

    /// What is judged is the whole call.
    fn is_about_all(self) -> bool {
        matches!(self, Why::Again | Why::Low)
    }
}

/// A call that is worth hearing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub why: Why,
    /// Larger comes first within its kind.
    urgency: i64,
    pub wanted: Wanted,
    pub agent: Text,
    pub queue: Option<Text>,
    pub started_local: Text,
    pub recorded_ms: i64,
    /// Most of what was searched in it was not heard well: it waits behind others of its kind.
    is_hardly_heard: bool,
    /// Rubric, version and question that it is about.
    about: Option<[Text; 3]>,
    /// Moment of what is no answer, such as a promise.
    at: Option<i64>,
    /// In plain words.
    pub reason: String,
    also: Vec<Why>,
}

impl Candidate {
    fn order(&self) -> (bool, std::cmp::Reverse<i64>, &Wanted) {
        let urgency = std::cmp::Reverse(self.urgency);
        (self.is_hardly_heard, urgency, &self.wanted)
    }

    /// Other reasons to listen to the call.
    pub fn also(&self) -> Option<String> {
        let also: Vec<&str> = self.also.iter().map(|why| why.also()).collect();
        (!also.is_empty()).then(|| also.join("; "))
    }

    /// What of the call to listen to.
    pub fn stretch(&self, detail: &CallDetail) -> Stretch {
        let asked = self.about.as_ref();
        let moment = match self.at {
            Some(at) => Some(Moment::said((at, at))),
            None => asked.and_then(|[rubric, version, question]| {
                moment_of(detail, rubric, version, question)
            }),
        };
        match moment {
            Some(moment) if !self.why.is_about_all() => {
                Stretch::around(moment, detail.call.recorded_ms)
            }
            moment => Stretch::whole(moment, detail.call.recorded_ms),
        }
    }
}

/// The calls worth hearing, as far as they can come into the list: no more than [`KEPT`] of an
/// agent for each kind of reason.
#[derive(Debug, Default)]
pub(super) struct Worth {
    kept: BTreeMap<(Why, Text), Vec<Candidate>>,
    /// Calls with any reason.
    pub calls: usize,
    /// All calls of each agent.
    agents: BTreeMap<Text, usize>,
}

impl Worth {
    pub fn add(&mut self, scope: &Scope, one: &OneCall<'_>) {
        *self.agents.entry(one.call.agent.clone()).or_default() += 1;
        let mut found = reasons(scope, one);
        found.sort_by(|a, b| (a.why, a.order()).cmp(&(b.why, b.order())));
        let kinds: BTreeSet<Why> = found.iter().map(|candidate| candidate.why).collect();
        let Some(mut first) = found.into_iter().next() else {
            return;
        };
        self.calls += 1;
        first.also = kinds.into_iter().filter(|why| *why != first.why).collect();
        let kept = self
            .kept
            .entry((first.why, first.agent.clone()))
            .or_default();
        let place = kept.partition_point(|other| other.order() < first.order());
        kept.insert(place, first);
        kept.truncate(KEPT);
    }

    /// The calls in the order in which they come into the list: kinds take turns, and no agent
    /// has more than two, then four, and so on, before each other one had as many; nor ever more
    /// than half of its own calls, rounded up. No more than `most`.
    pub fn in_turn(&self, most: usize) -> Vec<Candidate> {
        let mut kinds: [Vec<&Candidate>; KINDS] = Default::default();
        for ((why, _), kept) in &self.kept {
            kinds[*why as usize].extend(kept);
        }
        for kind in &mut kinds {
            kind.sort_by_key(|candidate| candidate.order());
        }
        let mut taken: BTreeMap<&Text, usize> = BTreeMap::new();
        let mut list = Vec::new();
        let half = |agent: &Text| self.agents.get(agent).copied().unwrap_or(1).div_ceil(2);
        let mut of_agent = FIRST_OF_AGENT;
        while list.len() < most && of_agent < KEPT * KINDS * 2 {
            let mut took = false;
            for kind in &mut kinds {
                let free = |candidate: &&Candidate| {
                    let had = taken.get(&candidate.agent).copied().unwrap_or(0);
                    had < of_agent.min(half(&candidate.agent))
                };
                if list.len() < most
                    && let Some(at) = kind.iter().position(free)
                {
                    let next = kind.remove(at);
                    *taken.entry(&next.agent).or_default() += 1;
                    list.push(next.clone());
                    took = true;
                }
            }
            if !took {
                of_agent *= 2;
            }
        }
        list
    }
}

/// A call of the list, with what to listen to.
pub(super) struct Chosen<'a> {
    pub candidate: &'a Candidate,
    pub detail: &'a CallDetail,
    pub stretch: Stretch,
}

impl Chosen<'_> {
    fn cost_ms(&self) -> i64 {
        self.stretch.ms() + HANDLING_MS
    }
}

/// What fits the time, and what is next in line. A call that would take more than half of the
/// time waits in line unless nothing else comes.
pub(super) struct Fitted<'a> {
    pub list: Vec<Chosen<'a>>,
    pub next: Vec<Chosen<'a>>,
    /// Time that the list takes.
    pub ms: i64,
}

pub(super) fn fit<'a>(candidates: &'a [Candidate], calls: &'a Calls, minutes: u32) -> Fitted<'a> {
    let time = i64::from(minutes) * 60_000;
    let mut fitted = Fitted {
        list: Vec::new(),
        next: Vec::new(),
        ms: 0,
    };
    for candidate in candidates {
        let Some(detail) = calls.get(&candidate.wanted.call_id) else {
            continue;
        };
        let chosen = Chosen {
            candidate,
            detail,
            stretch: candidate.stretch(detail),
        };
        let cost = chosen.cost_ms();
        if fitted.ms + cost <= time && cost <= time / 2 {
            fitted.ms += cost;
            fitted.list.push(chosen);
        } else {
            fitted.next.push(chosen);
        }
    }
    // Room that is left, with calls of any length.
    let mut at = 0;
    while at < fitted.next.len() {
        if fitted.ms + fitted.next[at].cost_ms() <= time {
            let chosen = fitted.next.remove(at);
            fitted.ms += chosen.cost_ms();
            fitted.list.push(chosen);
        } else {
            at += 1;
        }
    }
    fitted
}

/// All reasons to listen to a call.
fn reasons(scope: &Scope, one: &OneCall<'_>) -> Vec<Candidate> {
    let call = one.call;
    let is_hardly_heard = is_hardly_heard(one);
    let candidate = |why, urgency, about: Option<&Answer>, reason| Candidate {
        why,
        urgency,
        wanted: Wanted {
            date: call.date.clone(),
            call_id: call.call_id.clone(),
        },
        agent: call.agent.clone(),
        queue: call.queue.clone(),
        started_local: call.started_local.clone(),
        recorded_ms: call.recorded_ms,
        is_hardly_heard,
        about: about.map(|a| [&a.rubric, &a.rubric_version, &a.question].map(Text::clone)),
        at: None,
        reason,
        also: Vec::new(),
    };
    let text = |answer: &Answer| text_of(scope, &answer.rubric, &answer.question);
    let mut found = Vec::new();

    for (automatic, person) in one.auto_fails() {
        let said = format!("“{}” – {}", text(automatic), spoken(scope, automatic));
        match sure(scope, automatic, person) {
            // Nothing is left to be heard.
            Sure::ByPerson | Sure::Overruled => {}
            Sure::ByItself => {
                let reason = format!("One answer failed the call: {said}. Please confirm it.");
                found.push(candidate(Why::AutoFail, 1, Some(automatic), reason));
            }
            Sure::No(doubts) => {
                let reason = format!(
                    "One answer would fail the call, and it is not sure: {said}. Please listen: {}.",
                    doubts.join("; ")
                );
                found.push(candidate(Why::AutoFail, 0, Some(automatic), reason));
            }
        }
    }
    for score in &one.scores {
        match score.verdict.as_deref() {
            Some("undetermined") => {
                if let Some(open) = deciding(scope, one, score) {
                    let why = match &*open.answered_by {
                        "person" => "It waits for a person's answer.".to_string(),
                        _ => untold(open.reason.as_deref()),
                    };
                    let reason = format!(
                        "Open, and it may decide whether the call passes: “{}” {why}",
                        text(open),
                    );
                    let width = width(score);
                    found.push(candidate(Why::Open, width, Some(open), reason));
                }
            }
            Some("fail") if score.auto_failed_by.is_none() => {
                found
                    .extend(low(scope, one, score).map(|(points, worst, reason)| {
                        candidate(Why::Low, -points, worst, reason)
                    }));
            }
            _ => {}
        }
    }
    for automatic in &one.answers {
        let Some(person) = one.person(automatic) else {
            continue;
        };
        let either_open = [*automatic, person].iter().any(|a| &*a.answer == "abstain");
        if person.answer == automatic.answer || either_open {
            continue;
        }
        // What people agreed on is settled; a form is tuned with it, no call heard.
        if person.scorer_kind.as_deref() == Some("gold") {
            continue;
        }
        let reason = format!(
            "“{}” – a coach says {}, the automatic answer is {}. What should count?",
            text(automatic),
            spoken(scope, person),
            spoken(scope, automatic)
        );
        let urgency =
            i64::from(automatic.auto_fail || person.auto_fail) * 2 + i64::from(automatic.critical);
        found.push(candidate(Why::Differ, urgency, Some(automatic), reason));
    }
    for promise in &one.promises {
        if promise.state.as_deref() == Some("said_broken") && &*promise.party == "agent" {
            let reason = format!(
                "A promise that was not kept, as the customer says in a later call: “{}{}”",
                promise.quote,
                if is_open_end(&promise.quote) {
                    " …"
                } else {
                    ""
                }
            );
            let mut broken = candidate(Why::Broken, 0, None, reason);
            broken.at = Some(promise.start_ms);
            found.push(broken);
        }
    }
    if let Some(contact) = one.contact {
        if contact.led_to_repeat_7d == Some(true) {
            let reason = "The customer had to call again within a week. What was left open here?";
            found.push(candidate(Why::Again, 1, None, reason.to_string()));
        } else if contact.repeat_7d == Some(true) {
            let when = match contact.days_since {
                Some(0) => "earlier on the same day".to_string(),
                Some(1) => "on the day before".to_string(),
                Some(days) => format!("{days} days before"),
                None => "within the week before".to_string(),
            };
            let reason = format!("The customer had called {when}. What was left open then?");
            found.push(candidate(Why::Again, 0, None, reason));
        }
    }
    found
}

/// Whether most of the longest searched speech was not heard well.
fn is_hardly_heard(one: &OneCall<'_>) -> bool {
    let reasons = one.answers.iter().filter_map(|a| a.reason.as_deref());
    let longest = reasons
        .filter_map(unheard)
        .max_by(|a, b| a.1.total_cmp(&b.1));
    longest.is_some_and(|(missed, of)| missed * 2.0 > of)
}

fn width(score: &Score) -> i64 {
    let ends = (score.score_low, score.score_high);
    match ends {
        (Some(low), Some(high)) => ((high - low) * 1000.0) as i64,
        _ => 0,
    }
}

/// The open question to listen for: a critical one first, then the one with most points. A
/// person may have answered it since.
fn deciding<'a>(scope: &Scope, one: &OneCall<'a>, score: &Score) -> Option<&'a Answer> {
    let open = one.answers.iter().copied().filter(|answer| {
        answer.rubric == score.rubric
            && answer.rubric_version == score.rubric_version
            && &*answer.answer == "abstain"
            && answer.max_points > 0.0
            && is_scored(scope, &answer.rubric, &answer.question)
            && one.person(answer).is_none()
    });
    open.max_by(|a, b| {
        let by_points = a.max_points.total_cmp(&b.max_points);
        // Of equals the first stays.
        let by_place = b.question.cmp(&a.question);
        a.critical.cmp(&b.critical).then(by_points).then(by_place)
    })
}

/// Why the program could not tell.
fn untold(reason: Option<&str>) -> String {
    let Some(reason) = reason else {
        return "The program could not tell.".to_string();
    };
    let why = match unheard(reason) {
        Some((missed, of)) if missed >= of => {
            format!("nothing of the {of} s of speech that it searched was heard well")
        }
        Some((missed, of)) => {
            format!("of the {of} s of speech that it searched, {missed} s were not heard well")
        }
        None => reason.trim_end_matches('.').replace(
            "may be the words, misheard",
            "may be the words it looks for, misheard",
        ),
    };
    format!("The program could not tell: {why}.")
}

/// A failed form: its points of what the agent can help in thousandths, what cost most, and why
/// to listen; `None` where the agent passes on what it can help.
fn low<'a>(
    scope: &Scope,
    one: &OneCall<'a>,
    score: &Score,
) -> Option<(i64, Option<&'a Answer>, String)> {
    let points = score.agent_score?;
    let version = |form: &&crate::rubric::Rubric| {
        form.rubric == *score.rubric && form.version == *score.rubric_version
    };
    let form = scope.forms.iter().find(version)?;
    let pass_at = form.pass_at?;
    if points >= pass_at {
        return None;
    }
    const OUTSIDE: [&str; 5] = ["process", "system", "policy", "other_team", "customer"];
    let mut missed: Vec<&Answer> = one
        .answers
        .iter()
        .copied()
        .filter(|a| a.rubric == score.rubric && a.rubric_version == score.rubric_version)
        .filter(|a| super::rows::failed(a) == Some(true) && a.controllable_by_agent)
        .filter(|a| one.person(a).is_none_or(|person| person.answer == a.answer))
        .filter(|a| {
            !a.cause
                .as_deref()
                .is_some_and(|cause| OUTSIDE.contains(&cause))
        })
        .collect();
    missed.sort_by(|a, b| {
        let lost = |a: &Answer| a.max_points - a.points.unwrap_or(0.0);
        lost(b)
            .total_cmp(&lost(a))
            .then(a.question.cmp(&b.question))
    });
    const NAMED: usize = 3;
    // Questions that one doubt is about stand together.
    let mut named: Vec<(Option<&str>, Vec<String>)> = Vec::new();
    for a in missed.iter().take(NAMED) {
        let doubt = match one.person(a) {
            Some(_) => None,
            None => trust::doubt(scope, a),
        };
        let text = format!("“{}”", text_of(scope, &a.rubric, &a.question));
        match named.iter_mut().find(|(known, _)| *known == doubt) {
            Some((_, texts)) => texts.push(text),
            None => named.push((doubt, vec![text])),
        }
    }
    let is_doubtful = named.iter().any(|(doubt, _)| doubt.is_some());
    let named: Vec<String> = named
        .into_iter()
        .map(|(doubt, texts)| match doubt {
            Some(doubt) => format!("{} ({doubt})", texts.join(", ")),
            None => texts.join(", "),
        })
        .collect();
    let more = match missed.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let missed_words = match named.is_empty() {
        true => String::new(),
        false => format!(" It lost points on {}{more}.", named.join("; ")),
    };
    let counting = one.answers.iter().filter(|a| {
        a.rubric == score.rubric
            && a.rubric_version == score.rubric_version
            && super::rows::failed(a).is_some()
            && a.controllable_by_agent
            && is_scored(scope, &a.rubric, &a.question)
    });
    let rests_on = match counting.count() {
        1 => " All of it rests on one question.",
        _ => "",
    };
    let ends = score.agent_score_low.zip(score.agent_score_high);
    let range = match ends {
        Some((low, high)) if low.round() < high.round() => format!(
            "between {} and {}, as {}; ",
            low.round(),
            high.round(),
            match score.abstained {
                1 => "1 question is open".to_string(),
                n => format!("{n} questions are open"),
            }
        ),
        _ => String::new(),
    };
    let reason = format!(
        "A low score{}: {} of 100 points on what the agent can help in {} ({range}{pass_at} \
         passes).{rests_on}{missed_words}",
        match is_doubtful || !range.is_empty() {
            true => ", to be heard before it is told",
            false => "",
        },
        points.round(),
        form.title,
    );
    Some(((points * 1000.0) as i64, missed.first().copied(), reason))
}
