//! What the question sounds like: a few calls that pass it, and a few that do not, each of another
//! agent.
//!
//! Automatic answers that were heard well, that no doubtful word carries, and that nobody answered
//! otherwise; those with which a person agreed come first. They are called sure only where a person
//! agreed, or people found that the question may stand alone; where its answers are not fit for
//! use, none is shown. Calls that one question shows are taken for others too, so that a report
//! does not fill with pages.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Key;
use crate::report::html::Site;
use crate::report::html::night::anchor;
use crate::report::html::scope::Wanted;
use crate::report::html::words::clock;
use crate::report::records::{Answer, Evidence, Text};

/// Calls shown of either kind.
const SHOWN: usize = 3;
/// Agents whose best call is kept.
const KEPT: usize = 12;
/// How well what an answer rests on must have been heard.
const HEARD: f64 = 0.7;

/// The best calls, by agent: those that pass, and those that do not.
#[derive(Debug, Default)]
pub(super) struct Typical([BTreeMap<Text, Candidate>; 2]);

#[derive(Debug, Clone, PartialEq)]
struct Candidate {
    /// A person gave the same answer.
    is_agreed: bool,
    confidence: f64,
    wanted: Wanted,
}

impl Candidate {
    /// The better first.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let agreed = other.is_agreed.cmp(&self.is_agreed);
        let confidence = other.confidence.total_cmp(&self.confidence);
        agreed
            .then(confidence)
            .then_with(|| self.wanted.cmp(&other.wanted))
    }
}

/// The calls of one question: those that pass, and those that do not.
pub(super) type Chosen = [Side; 2];

/// Calls of one kind.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub calls: Vec<Wanted>,
    /// A person agreed on each.
    pub are_agreed: bool,
}

impl Typical {
    /// Takes an automatic answer that nobody contradicts, and whether a person gave the same.
    pub fn offer(&mut self, date: &Text, agent: &Text, answer: &Answer, is_agreed: bool) {
        let passes = match &*answer.answer {
            "yes" => true,
            "no" => false,
            _ => match answer.points {
                Some(points) if answer.max_points > 0.0 => points >= answer.max_points,
                _ => return,
            },
        };
        let confidence = answer.confidence.filter(|c| *c >= HEARD && !answer.fragile);
        let Some(confidence) = confidence else {
            return;
        };
        let candidate = Candidate {
            is_agreed,
            confidence,
            wanted: Wanted {
                date: date.clone(),
                call_id: answer.call_id.clone(),
            },
        };
        let kept = &mut self.0[usize::from(!passes)];
        match kept.get_mut(agent) {
            Some(known) if candidate.order(known).is_lt() => *known = candidate,
            Some(_) => {}
            None => {
                kept.insert(agent.clone(), candidate);
                if kept.len() > KEPT {
                    let worst = kept.iter().max_by(|a, b| a.1.order(b.1));
                    if let Some(agent) = worst.map(|(agent, _)| agent.clone()) {
                        kept.remove(&agent);
                    }
                }
            }
        }
    }
}

/// The calls to show, by question: those that pass, and those that do not.
pub(super) fn choose<'a>(
    all: impl Iterator<Item = (&'a Key, &'a Typical)>,
) -> BTreeMap<Key, Chosen> {
    let mut taken: BTreeSet<Wanted> = BTreeSet::new();
    let mut chosen = BTreeMap::new();
    for (key, typical) in all {
        let mut of_question = Chosen::default();
        for (side, kept) in typical.0.iter().enumerate() {
            let mut best: Vec<&Candidate> = kept.values().collect();
            best.sort_by(|a, b| {
                let known = |c: &Candidate| Reverse(taken.contains(&c.wanted));
                known(a).cmp(&known(b)).then_with(|| a.order(b))
            });
            best.truncate(SHOWN);
            of_question[side] = Side {
                are_agreed: best.iter().all(|c| c.is_agreed),
                calls: best.into_iter().map(|c| c.wanted.clone()).collect(),
            };
            taken.extend(of_question[side].calls.iter().cloned());
        }
        chosen.insert(key.clone(), of_question);
    }
    chosen
}

/// One call, with what speaks for its answer.
#[derive(Debug, Serialize)]
pub(super) struct Example {
    pub href: String,
    /// Where in the call, as a clock; nowhere where the answer is about the whole.
    pub at: Option<String>,
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Serialize)]
pub(super) struct Piece {
    pub what: String,
    pub quote: Option<String>,
}

/// An example as the page shows it; `None` where the call has no page.
pub(super) fn show(
    site: &Site<'_>,
    key: &Key,
    (wanted, passes): (&Wanted, bool),
) -> Option<Example> {
    let path = site.links.call(&wanted.call_id)?;
    let detail = site.calls.get(&wanted.call_id)?;
    let is_of = |e: &&Evidence| e.rubric == key.0 && e.question == key.1;
    let evidence: Vec<&Evidence> = detail.evidence.iter().filter(is_of).collect();
    let (at, pieces) = told(&evidence, passes);
    Some(Example {
        href: at.map_or_else(
            || format!("../{path}"),
            |at| format!("../{path}{}", anchor(&detail.conversation, at)),
        ),
        at: at.map(clock),
        pieces,
    })
}

/// The most telling evidence, two pieces at the most, and the moment to listen from: what is
/// measured has none.
fn told(evidence: &[&Evidence], passes: bool) -> (Option<i64>, Vec<Piece>) {
    let order: [&str; 5] = match passes {
        true => ["found", "metric", "absent", "metadata", "nearest_miss"],
        false => ["nearest_miss", "absent", "metric", "found", "metadata"],
    };
    let mut best: Vec<&Evidence> = Vec::new();
    for kind in order {
        let mut of_kind = evidence.iter().filter(|e| &*e.kind == kind);
        best.extend(of_kind.next());
    }
    best.truncate(2);
    let is_measured = |e: &Evidence| matches!(&*e.kind, "metric" | "metadata");
    let mut said = best.iter().filter(|e| !is_measured(e));
    let at = said.find_map(|e| e.start_ms.or(e.window_start_ms.filter(|at| *at > 0)));
    (at, best.into_iter().map(piece).collect())
}

fn piece(e: &Evidence) -> Piece {
    let who = match e.party.as_deref() {
        Some("agent") => "The agent",
        Some("customer") => "The customer",
        _ => "Somebody",
    };
    let at = e
        .start_ms
        .map_or_else(String::new, |ms| format!(" at {}", clock(ms)));
    let window = match (e.window_start_ms, e.window_end_ms) {
        (Some(start), Some(end)) => format!(" between {} and {}", clock(start), clock(end)),
        _ => String::new(),
    };
    let what = match &*e.kind {
        "found" => format!("{who} said{at}"),
        "nearest_miss" => format!("What came closest{at}"),
        "absent" => format!("Nothing of the kind was said{window}"),
        "metric" | "metadata" => measured(e),
        _ => "Not sure".to_string(),
    };
    Piece {
        what,
        quote: e.quote.as_deref().map(str::to_string),
    }
}

/// `Measured: interruptions by agent 2 (asked for: at most 1)`.
fn measured(e: &Evidence) -> String {
    let name = e.metric.as_deref().unwrap_or("figure").replace('_', " ");
    let value = e
        .value
        .map_or_else(String::new, |v| match v.fract() == 0.0 {
            true => format!(" {v:.0}"),
            false => format!(" {v:.1}"),
        });
    let threshold = e.threshold.as_deref();
    let threshold = threshold.map_or_else(String::new, |t| format!(" (asked for: {t})"));
    format!("Measured: {name}{value}{threshold}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::records::{Record, Texts};

    fn answer(call: &str, given: &str, confidence: f64) -> Answer {
        let blank: Answer = Record::from_cells(&"".into(), &[], &mut Texts::default());
        Answer {
            call_id: call.into(),
            answer: given.into(),
            confidence: Some(confidence),
            ..blank
        }
    }

    fn offer(typical: &mut Typical, agent: &str, answer: &Answer) {
        typical.offer(&"2026-03-02".into(), &agent.into(), answer, false);
    }

    #[test]
    fn sure_calls_are_shown_one_of_an_agent_and_shared_between_questions() {
        let mut first = Typical::default();
        offer(&mut first, "a", &answer("a1", "yes", 0.8));
        offer(&mut first, "a", &answer("a2", "yes", 0.9));
        offer(&mut first, "b", &answer("b1", "yes", 0.95));
        // Heard badly, and one that a doubtful word carries.
        offer(&mut first, "c", &answer("c1", "yes", 0.5));
        let fragile = Answer {
            fragile: true,
            ..answer("d1", "yes", 0.9)
        };
        offer(&mut first, "d", &fragile);
        offer(&mut first, "a", &answer("a3", "no", 0.75));
        let mut second = Typical::default();
        for (agent, call, confidence) in [("a", "a2", 0.71), ("e", "e1", 1.0), ("f", "f1", 1.0)] {
            offer(&mut second, agent, &answer(call, "yes", confidence));
        }
        for agent in 0..20 {
            let confidence = 0.7 + f64::from(agent) / 100.0;
            offer(
                &mut second,
                &agent.to_string(),
                &answer(&format!("n{agent}"), "no", confidence),
            );
        }
        let keys: [Key; 2] = [("r".into(), "q1".into()), ("r".into(), "q2".into())];
        let chosen = choose(keys.iter().zip([&first, &second]));
        let ids = |key: &Key, side: usize| -> Vec<&str> {
            let calls = chosen[key][side].calls.iter();
            calls.map(|w| &*w.call_id).collect()
        };
        assert!(!chosen[&keys[0]][0].are_agreed);
        assert_eq!(ids(&keys[0], 0), ["b1", "a2"]);
        assert_eq!(ids(&keys[0], 1), ["a3"]);
        // What is shown already comes first.
        assert_eq!(ids(&keys[1], 0), ["a2", "e1", "f1"]);
        assert_eq!(ids(&keys[1], 1), ["n19", "n18", "n17"]);
    }

    #[test]
    fn a_call_on_which_a_person_agreed_comes_first_and_makes_it_sure() {
        let mut typical = Typical::default();
        offer(&mut typical, "a", &answer("a1", "no", 0.99));
        let date = "2026-03-02".into();
        typical.offer(&date, &"a".into(), &answer("a2", "no", 0.7), true);
        let key: Key = ("r".into(), "q".into());
        let chosen = choose([(&key, &typical)].into_iter());
        let [_, misses] = &chosen[&key];
        assert_eq!((&*misses.calls[0].call_id, misses.are_agreed), ("a2", true));
    }

    #[test]
    fn a_miss_shows_what_came_closest_and_where_nothing_was_said() {
        let blank = || -> Evidence { Record::from_cells(&"".into(), &[], &mut Texts::default()) };
        let absent = Evidence {
            kind: "absent".into(),
            window_start_ms: Some(0),
            window_end_ms: Some(30_000),
            ..blank()
        };
        let nearest = Evidence {
            kind: "nearest_miss".into(),
            start_ms: Some(12_400),
            quote: Some("good to hear".into()),
            ..blank()
        };
        let metric = Evidence {
            kind: "metric".into(),
            metric: Some("interruptions_by_agent".into()),
            value: Some(3.0),
            threshold: Some("at most 1".into()),
            ..blank()
        };
        let (at, pieces) = told(&[&absent, &nearest, &metric], false);
        let words: Vec<&str> = pieces.iter().map(|p| p.what.as_str()).collect();
        assert_eq!(
            words,
            [
                "What came closest at 0:12",
                "Nothing of the kind was said between 0:00 and 0:30"
            ]
        );
        assert_eq!(
            (at, pieces[0].quote.as_deref()),
            (Some(12_400), Some("good to hear"))
        );
        let (at, pieces) = told(&[&metric], true);
        assert_eq!(
            (at, pieces[0].what.as_str()),
            (
                None,
                "Measured: interruptions by agent 3 (asked for: at most 1)"
            )
        );
    }
}
