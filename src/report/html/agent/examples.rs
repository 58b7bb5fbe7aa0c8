//! Calls that show what is meant: looked for among the answers, newest first, and told in words.
//!
//! Only answers that are sure are shown: a person's, or an automatic one that was heard well and
//! would not be another without a doubtful word. Left out on purpose: answers that something
//! outside of the agent is the cause of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::night::anchor;
use super::super::scope::{Answers, CallDetail, Scope, Wanted};
use super::super::words::{clock, day_in_words};
use super::super::{Site, Text};
use crate::conversation::{Conversation, SpokenWord};
use crate::report::records::{Answer, Evidence};
use crate::scoring::AUTOMATIC;

/// How well an automatic answer has to be heard to be shown.
const SURE: f64 = 0.7;
/// How much is shown before and after the words that count.
const AROUND_MS: i64 = 5_000;
/// Missed calls that are shown.
pub const MISSED: usize = 2;

/// A question of a form.
pub type Asked = (Text, Text);

/// Calls of one agent on one question.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub missed: Vec<Wanted>,
    pub good: Option<Wanted>,
    wants_missed: usize,
    wants_good: bool,
}

/// What is looked for, and what was found.
#[derive(Debug, Default)]
pub struct Search {
    own: BTreeMap<(Text, Asked), Found>,
    /// Good calls of agents who agreed, newest first, of so many agents that one of them is
    /// another than who reads it.
    colleagues: BTreeMap<Asked, Vec<(Text, Wanted)>>,
    /// Calls that coaching notes name; where they are.
    named: BTreeMap<Text, Option<Wanted>>,
    /// Whether everything is found, or all was looked at.
    pub is_over: bool,
}

impl Search {
    pub fn want(&mut self, agent: &Text, asked: &Asked, missed: bool, good: bool) {
        let found = self.own.entry((agent.clone(), asked.clone())).or_default();
        found.wants_missed = found.wants_missed.max(if missed { MISSED } else { 0 });
        found.wants_good |= good;
    }

    /// Of an agent who agreed that colleagues hear calls.
    pub fn want_colleagues(&mut self, asked: &Asked) {
        self.colleagues.entry(asked.clone()).or_default();
    }

    pub fn want_call(&mut self, call: &str) {
        self.named.insert(call.into(), None);
    }

    pub fn found(&self, agent: &Text, asked: &Asked) -> Option<&Found> {
        self.own.get(&(agent.clone(), asked.clone()))
    }

    /// A good call of somebody else.
    pub fn of_colleague(&self, agent: &Text, asked: &Asked) -> Option<&Wanted> {
        let calls = self.colleagues.get(asked)?;
        let others = calls.iter().find(|(of, _)| of != agent);
        others.map(|(_, call)| call)
    }

    pub fn calls(&self) -> Vec<Wanted> {
        let own = self.own.values();
        let own = own.flat_map(|found| found.missed.iter().chain(&found.good));
        let colleagues = self.colleagues.values().flatten().map(|(_, call)| call);
        let named = self.named.values().flatten();
        own.chain(colleagues).chain(named).cloned().collect()
    }

    /// Takes in a date.
    pub fn take(&mut self, scope: &Scope, day: &Answers) {
        let wanted = |id: &Text| Wanted {
            date: day.date.clone(),
            call_id: id.clone(),
        };
        let mut agents: BTreeMap<&Text, &Text> = BTreeMap::new();
        for call in &day.calls {
            agents.insert(&call.call_id, &call.agent);
            if let Some(place) = self.named.get_mut(&call.call_id) {
                *place = Some(wanted(&call.call_id));
            }
        }
        // The latest call of the day first.
        let mut order: Vec<_> = day
            .calls
            .iter()
            .map(|c| (&c.started_local, &c.call_id))
            .collect();
        order.sort();
        let order: BTreeMap<&Text, usize> = order
            .into_iter()
            .rev()
            .enumerate()
            .map(|(at, (_, id))| (id, at))
            .collect();
        let mut answers: Vec<&Answer> = day.of_record.iter().filter(|a| is_sure(a)).collect();
        answers.sort_by_key(|a| (order.get(&a.call_id), &a.rubric, &a.question));
        for answer in answers {
            let Some(&agent) = agents.get(&answer.call_id) else {
                continue;
            };
            let asked = (answer.rubric.clone(), answer.question.clone());
            let is_now = scope
                .question(&asked.0, &asked.1)
                .is_some_and(|(_, question)| *question.meaning == *answer.meaning);
            if !is_now {
                continue;
            }
            let is_good = is_good(answer);
            if let Some(found) = self.own.get_mut(&(agent.clone(), asked.clone())) {
                if is_good && found.wants_good && found.good.is_none() {
                    found.good = Some(wanted(&answer.call_id));
                }
                if is_missed(answer) && found.missed.len() < found.wants_missed {
                    found.missed.push(wanted(&answer.call_id));
                }
            }
            if is_good
                && scope.consent.contains(agent)
                && let Some(calls) = self.colleagues.get_mut(&asked)
                && calls.len() < 2
                && calls.iter().all(|(of, _)| of != agent)
            {
                calls.push((agent.clone(), wanted(&answer.call_id)));
            }
        }
        self.is_over = self.has_all(scope);
    }

    fn has_all(&self, scope: &Scope) -> bool {
        let own = self.own.values().all(|found| {
            found.missed.len() >= found.wants_missed && (found.good.is_some() || !found.wants_good)
        });
        let enough = scope.consent.len().min(2);
        let colleagues = self.colleagues.values().all(|calls| calls.len() >= enough);
        own && colleagues && self.named.values().all(Option::is_some)
    }
}

fn is_sure(answer: &Answer) -> bool {
    &*answer.scorer != AUTOMATIC
        || !answer.fragile && answer.confidence.is_some_and(|heard| heard >= SURE)
}

fn is_good(answer: &Answer) -> bool {
    &*answer.answer == "yes"
}

fn is_missed(answer: &Answer) -> bool {
    let cause = answer.cause.as_deref().unwrap_or("agent");
    &*answer.answer == "no" && matches!(cause, "agent" | "unknown")
}

/// A moment of a call, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    pub call_id: String,
    /// `3 March 2026, 14:05`.
    pub when: String,
    /// Queue and reason.
    pub about: Option<String>,
    pub moment: Option<String>,
    /// Who said it.
    pub who: Option<&'static str>,
    pub quote: Option<String>,
    /// What the same speaker says before and after.
    pub before: String,
    pub after: String,
    pub words: Option<String>,
    pub href: Option<String>,
}

/// The moment at which an answer shows; `None` where the call has no page.
pub fn example(site: &Site<'_>, call: &Wanted, asked: &Asked, is_good: bool) -> Option<Example> {
    let detail = site.calls.get(&call.call_id)?;
    let href = site.links.call(&call.call_id)?;
    let mut answers = detail.of_record();
    let answer = answers.find(|a| a.rubric == asked.0 && a.question == asked.1)?;
    let mut example = plain(detail, href);
    let talk = &detail.conversation;
    let mut words = Vec::new();
    if &*answer.scorer != AUTOMATIC {
        let said = if is_good { "yes" } else { "no" };
        words.push(format!(
            "Somebody listened to this call, and answered {said}."
        ));
        // The place is that of the automatic answer, if it is the same.
        let is_same = |a: &Answer| {
            &*a.scorer == AUTOMATIC
                && a.rubric == answer.rubric
                && a.question == answer.question
                && a.answer == answer.answer
        };
        if !detail.answers.iter().any(is_same) {
            example.words = Some(words.concat());
            return Some(example);
        }
    }
    // What only says whether the question applies, or why, shows nothing of the answer.
    let decides = |rule: &str| !rule.starts_with("applies_when") && !rule.starts_with("cause");
    let about = |e: &&Evidence| e.rubric == asked.0 && e.question == asked.1 && decides(&e.rule);
    let evidence: Vec<&Evidence> = detail.evidence.iter().filter(about).collect();
    let of_kind = |kind: &'static str| evidence.iter().copied().filter(move |e| &*e.kind == kind);
    let found = of_kind("found").find(|e| e.quote.is_some());
    let measured = of_kind("metric").find(|e| e.value.is_some());
    // The narrowest window says most.
    let absent = of_kind("absent").min_by_key(|e| length(e));
    if let Some(found) = found {
        quoted(&mut example, detail, found);
    } else if let Some(measured) = measured {
        // A figure of the whole call is at no moment.
        words.extend(measured_in_words(measured));
    } else if let Some(absent) = absent.filter(|_| !is_good) {
        words.push(match (absent.window_start_ms, absent.window_end_ms) {
            (Some(from), Some(to)) => {
                format!(
                    "Nothing of the kind was said between {} and {}.",
                    clock(from),
                    clock(to)
                )
            }
            _ => "Nothing of the kind was said in this call.".to_string(),
        });
        example.at(talk, absent.window_start_ms.filter(|at| *at > 0));
    }
    example.words = (!words.is_empty()).then(|| words.join(" "));
    Some(example)
}

fn length(evidence: &Evidence) -> i64 {
    let ends = evidence.window_end_ms.zip(evidence.window_start_ms);
    ends.map_or(i64::MAX, |(end, start)| end - start)
}

/// `Interruptions by agent: 2 (at most 1).`
fn measured_in_words(evidence: &Evidence) -> Option<String> {
    let metric = evidence.metric.as_deref()?;
    let value = evidence.value?;
    let (name, value) = match metric.strip_suffix("_ms") {
        Some(name) => (name, format!("{:.0} s", value / 1000.0)),
        None => (metric, format!("{}", (value * 100.0).round() / 100.0)),
    };
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    let first = letters.next()?.to_uppercase();
    // In the form a length is in milliseconds, too.
    let asked = evidence
        .threshold
        .as_deref()
        .filter(|_| !metric.ends_with("_ms"));
    let asked = asked.map_or_else(String::new, |asked| format!(" ({asked})"));
    Some(format!("{first}{}: {value}{asked}.", letters.as_str()))
}

/// The words, with what the same speaker says around them.
fn quoted(example: &mut Example, detail: &CallDetail, evidence: &Evidence) {
    example.who = match evidence.party.as_deref() {
        Some("agent") => Some("You"),
        Some("customer") => Some("Customer"),
        _ => None,
    };
    example.quote = evidence.quote.as_deref().map(str::to_string);
    example.at(&detail.conversation, evidence.start_ms);
    let (Some(start), Some(end)) = (evidence.start_ms, evidence.end_ms) else {
        return;
    };
    let words = &detail.conversation.words;
    let turns = detail.conversation.turns.iter();
    let turn = turns.rev().find(|turn| {
        let first = turn.words.first().and_then(|&at| words.get(at));
        let is_theirs = |channel: usize| evidence.channel.is_none_or(|c| c == channel as i64);
        turn.span.start_ms <= start && first.is_some_and(|word| is_theirs(word.channel))
    });
    let Some(turn) = turn else { return };
    let said = |wanted: &dyn Fn(&SpokenWord) -> bool| {
        let said = turn.words.iter().filter_map(|&at| words.get(at));
        let said = said
            .filter(|word| wanted(word))
            .map(|word| word.text.to_string());
        said.collect::<Vec<_>>().join(" ")
    };
    example.before = said(&|w| w.end_ms <= start && w.start_ms >= start - AROUND_MS);
    example.after = said(&|w| w.start_ms >= end && w.end_ms <= end + AROUND_MS);
}

/// The same without a moment.
pub fn plain(detail: &CallDetail, href: &str) -> Example {
    let call = &detail.call;
    let (day, time) = call
        .started_local
        .split_once('T')
        .unwrap_or((&call.started_local, ""));
    let time = time.get(..5).unwrap_or(time);
    let about: Vec<String> = [&call.queue, &call.reason]
        .into_iter()
        .flatten()
        .map(|text| text.replace('_', " "))
        .collect();
    Example {
        call_id: call.call_id.to_string(),
        when: format!("{}, {time}", day_in_words(day)),
        about: (!about.is_empty()).then(|| about.join(", ")),
        moment: None,
        who: None,
        quote: None,
        before: String::new(),
        after: String::new(),
        words: None,
        href: Some(format!("../{href}")),
    }
}

impl Example {
    fn at(&mut self, conversation: &Conversation, start_ms: Option<i64>) {
        let Some(at) = start_ms else { return };
        self.moment = Some(clock(at));
        if let Some(href) = &mut self.href {
            *href += &anchor(conversation, at);
        }
    }
}

/// Calls by id, each with its page where it has one.
pub fn named(site: &Site<'_>, calls: &str) -> Vec<Example> {
    let ids: BTreeSet<&str> = calls.split(',').filter(|id| !id.is_empty()).collect();
    let shown = ids.into_iter().filter_map(|id| {
        let detail = site.calls.get(id)?;
        Some(plain(detail, site.links.call(id)?))
    });
    shown.collect()
}
