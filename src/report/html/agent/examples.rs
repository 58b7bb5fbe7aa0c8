//! Calls that show what is meant: looked for among the answers, newest first, and told in words.
//!
//! Only answers that are sure are shown: a person's, or an automatic one that was heard well and
//! would not be another without a doubtful word. Left out on purpose: answers that something
//! outside of the agent is the cause of.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::call::fact;
use super::super::night::anchor;
use super::super::scope::{Answers, CallDetail, Scope, Wanted};
use super::super::words::{clock, minute_in_words};
use super::super::{Site, Text};
use super::choice::passing;
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
            let passing = passing(scope, &asked);
            let is_good = &*answer.answer == passing;
            if let Some(found) = self.own.get_mut(&(agent.clone(), asked.clone())) {
                if is_good && found.wants_good && found.good.is_none() {
                    found.good = Some(wanted(&answer.call_id));
                }
                if is_missed(answer, passing) && found.missed.len() < found.wants_missed {
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

fn is_missed(answer: &Answer, passing: &str) -> bool {
    let cause = answer.cause.as_deref().unwrap_or("agent");
    matches!(&*answer.answer, "yes" | "no")
        && &*answer.answer != passing
        && matches!(cause, "agent" | "unknown")
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
        let said = &answer.answer;
        // The place is that of the automatic answer, if it is the same.
        let is_same = |a: &Answer| {
            &*a.scorer == AUTOMATIC
                && a.rubric == answer.rubric
                && a.question == answer.question
                && a.answer == answer.answer
        };
        if !detail.answers.iter().any(is_same) {
            example.words = Some(format!(
                "A person listened to this call and answered {said}, the program did not: ask your \
                 coach what they heard."
            ));
            return Some(example);
        }
        words.push(format!(
            "A person listened to this call and answered {said}."
        ));
    }
    // Before what it was done well, shows nothing of how.
    let shows = |e: &Evidence| e.decides() && !(is_good && e.is_anchor());
    let about = |e: &&Evidence| e.rubric == asked.0 && e.question == asked.1 && shows(e);
    let evidence: Vec<&Evidence> = detail.evidence.iter().filter(about).collect();
    let of_kind = |kind: &'static str| evidence.iter().copied().filter(move |e| &*e.kind == kind);
    let found = telling(of_kind("found"));
    let measured = of_kind("metric").find(|e| e.value.is_some());
    // The narrowest window says most.
    let absent = of_kind("absent").min_by_key(|e| length(e));
    if let Some(found) = found {
        quoted(&mut example, detail, found);
    } else if let Some(measured) = measured {
        words.push(format!("{}.", fact(measured)));
        // The first of what was counted; what went well is at no moment.
        let first = of_kind("metric").find_map(|e| e.start_ms);
        example.at(talk, first.filter(|_| !is_good));
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

/// Of the words that were found those that tell most: the agent's before what was said to it, and
/// of two things near each other the second, which is what is asked for of the first.
fn telling<'e>(found: impl Iterator<Item = &'e Evidence>) -> Option<&'e Evidence> {
    let quoted = found.filter(|e| e.quote.is_some());
    quoted.min_by_key(|e| {
        let is_agent = e.party.as_deref() == Some("agent");
        (!is_agent, e.is_first_of_two())
    })
}

fn length(evidence: &Evidence) -> i64 {
    let ends = evidence.window_end_ms.zip(evidence.window_start_ms);
    ends.map_or(i64::MAX, |(end, start)| end - start)
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
    let about: Vec<String> = [&call.queue, &call.reason]
        .into_iter()
        .flatten()
        .map(|text| text.replace('_', " "))
        .collect();
    Example {
        call_id: call.call_id.to_string(),
        when: minute_in_words(&call.started_local),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_tell_most_are_quoted() {
        let row = |rule: &str, party: &str| Evidence {
            rule: rule.into(),
            party: Some(party.into()),
            quote: Some("words".into()),
            ..Evidence::default()
        };
        let told = |rows: &[Evidence]| telling(rows.iter()).map(|e| e.rule.to_string());
        let rule = |name: &str| Some(name.to_string());
        let (asks, why) = ("yes_when.near.one", "yes_when.near.other");
        let both = [row(asks, "agent"), row(why, "agent")];
        assert_eq!(told(&both), rule(why));
        // The customer's words are not the agent's.
        let both = [row(asks, "agent"), row(why, "customer")];
        assert_eq!(told(&both), rule(asks));
        let first = [row("yes_when.1", "agent"), row("yes_when.2", "agent")];
        assert_eq!(told(&first), rule("yes_when.1"));
    }
}
