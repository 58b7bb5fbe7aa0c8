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

use super::{Key, Passes};
use crate::report::html::Site;
use crate::report::html::call::fact;
use crate::report::html::night::anchor;
use crate::report::html::scope::Wanted;
use crate::report::html::words::{clock, minute_in_words};
use crate::report::records::{Answer, Evidence, Text};
use crate::rubric::{Kind, Question};

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
    /// Takes an automatic answer that nobody contradicts, whether it passes, and whether a person
    /// gave the same.
    pub fn offer(
        &mut self,
        date: &Text,
        agent: &Text,
        answer: &Answer,
        passes: bool,
        is_agreed: bool,
    ) {
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

/// Whether an answer passes its question; `None` where that cannot be said.
pub(super) fn passes(by: Passes, answer: &Answer) -> Option<bool> {
    match (by, &*answer.answer) {
        (Passes::Yes, "yes") | (Passes::No, "no") => Some(true),
        (Passes::Yes, "no") | (Passes::No, "yes") => Some(false),
        _ => {
            let points = answer.points.filter(|_| answer.max_points > 0.0);
            points.map(|points| points >= answer.max_points)
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
    /// `3 March 2026, 14:05`.
    pub when: String,
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
    let mut evidence: Vec<&Evidence> = detail.evidence.iter().filter(is_of).collect();
    let (whole, _) = told(&evidence, passes);
    let mut answers = detail.answers.iter();
    let answer =
        answers.find(|a| &*a.scorer == "automatic" && a.rubric == key.0 && a.question == key.1);
    let question = site.scope.question(&key.0, &key.1);
    let chosen = answer.zip(question);
    let chosen = chosen.and_then(|(answer, (_, question))| chosen_of(question, answer));
    if let Some((at, _)) = &chosen {
        evidence.retain(|e| is_of_choice(e, *at));
    }
    let (at, mut pieces) = told(&evidence, passes);
    let at = at.or(whole);
    if let Some((_, text)) = chosen {
        let what = text;
        pieces.insert(0, Piece { what, quote: None });
    }
    Some(Example {
        href: at.map_or_else(
            || format!("../{path}"),
            |at| format!("../{path}{}", anchor(&detail.conversation, at)),
        ),
        when: minute_in_words(&detail.call.started_local),
        at: at.map(clock),
        pieces,
    })
}

/// The place and the text of the choice that was the answer.
fn chosen_of(question: &Question, answer: &Answer) -> Option<(usize, String)> {
    let Kind::Options { choices, .. } = &question.kind else {
        return None;
    };
    let at = choices.iter().position(|c| c.id == *answer.answer)?;
    Some((at, choices[at].text.clone()))
}

/// Whether evidence is of that choice, and not of one that was tried before it.
fn is_of_choice(e: &Evidence, at: usize) -> bool {
    let choice = e.rule.strip_prefix("options.");
    let choice = choice.and_then(|rule| rule.split('.').next()?.parse().ok());
    choice.is_none_or(|choice: usize| choice == at + 1)
}

/// The most telling evidence, two pieces at the most (a question and its answer, where both were
/// found), and the moment to listen from.
fn told(evidence: &[&Evidence], passes: bool) -> (Option<i64>, Vec<Piece>) {
    // Before what it passes, is not what it sounds like.
    let shows = |e: &&&Evidence| e.decides() && !(passes && e.is_anchor());
    let evidence: Vec<&Evidence> = evidence.iter().filter(shows).copied().collect();
    let order: [&str; 5] = match passes {
        true => ["found", "metric", "absent", "metadata", "nearest_miss"],
        false => ["nearest_miss", "absent", "metric", "found", "metadata"],
    };
    let mut best: Vec<&Evidence> = Vec::new();
    for kind in order {
        let of_kind = evidence.iter().filter(|e| &*e.kind == kind);
        best.extend(of_kind.take(if kind == "found" { 2 } else { 1 }));
    }
    best.truncate(2);
    let is_measured = |e: &Evidence| matches!(&*e.kind, "metric" | "metadata");
    let mut said = best.iter().filter(|e| !is_measured(e));
    let at = said.find_map(|e| e.start_ms.or(e.window_start_ms.filter(|at| *at > 0)));
    // The first of what was counted; what passes is at no moment.
    let mut counted = evidence.iter().filter(|e| !passes && is_measured(e));
    let at = at.or_else(|| counted.find_map(|e| e.start_ms));
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
        "metadata" if e.metric.is_none() && e.note.is_some() => {
            e.note.as_deref().unwrap_or_default().to_string()
        }
        "metric" | "metadata" => fact(e),
        _ => "Not sure".to_string(),
    };
    Piece {
        what,
        quote: e.quote.as_deref().map(str::to_string),
    }
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
        let passes = passes(Passes::Yes, answer).unwrap();
        let date = "2026-03-02".into();
        typical.offer(&date, &agent.into(), answer, passes, false);
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
    fn a_yes_passes_unless_no_is_what_earns_the_points() {
        let points = |points| Answer {
            points: Some(points),
            max_points: 4.0,
            ..answer("a", "warm", 0.9)
        };
        for (by, given, expected) in [
            (Passes::Yes, answer("a", "yes", 0.9), Some(true)),
            (Passes::Yes, answer("a", "no", 0.9), Some(false)),
            (Passes::No, answer("a", "yes", 0.9), Some(false)),
            (Passes::No, answer("a", "no", 0.9), Some(true)),
            (Passes::Points, points(4.0), Some(true)),
            (Passes::Points, points(1.0), Some(false)),
            (Passes::Points, answer("a", "warm", 0.9), None),
        ] {
            assert_eq!(passes(by, &given), expected, "{by:?} {}", given.answer);
        }
    }

    #[test]
    fn a_call_on_which_a_person_agreed_comes_first_and_makes_it_sure() {
        let mut typical = Typical::default();
        offer(&mut typical, "a", &answer("a1", "no", 0.99));
        let date = "2026-03-02".into();
        typical.offer(&date, &"a".into(), &answer("a2", "no", 0.7), false, true);
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
        let moment = Evidence {
            value: None,
            start_ms: Some(74_662),
            ..metric.clone()
        };
        assert_eq!(told(&[&metric, &moment], false).0, Some(74_662));
        let (at, pieces) = told(&[&metric], true);
        assert_eq!(
            (at, pieces[0].what.as_str()),
            (
                None,
                "The number of times that the agent cuts in is 3 (asked for: at most 1)"
            )
        );
    }

    /// Of "hold announced and not thanked for", a choice without a rule, what speaks for it is not
    /// that the first choice was tried.
    #[test]
    fn evidence_of_a_choice_that_was_tried_before_is_left_out() {
        let of = |rule: &str| Evidence {
            rule: rule.into(),
            ..Evidence::default()
        };
        let tried = of("options.1.when.metric");
        assert!(is_of_choice(&tried, 0) && !is_of_choice(&tried, 2));
        assert!(is_of_choice(&of("options.11.when.said"), 10));
        assert!(is_of_choice(&of("yes_when.said"), 2));
        let form = super::super::tests::form();
        let tone = &form.sections[0].questions[1];
        let chosen = chosen_of(tone, &answer("a", "plain", 0.9));
        assert_eq!(chosen, Some((1, "Plain.".to_string())));
    }

    /// Of "was the customer identified before the contract was told" it is the question and its
    /// answer that show a pass, and not the contract.
    #[test]
    fn a_pass_shows_what_was_done_well_and_not_what_came_after() {
        let found = |rule: &str, party: &str, start_ms: i64, quote: &str| Evidence {
            rule: rule.into(),
            kind: "found".into(),
            party: Some(party.into()),
            start_ms: Some(start_ms),
            quote: Some(quote.into()),
            ..Evidence::default()
        };
        let evidence = [
            found("applies_when.said", "agent", 90_000, "I see the contract"),
            found(
                "ways.1.when.in_order.before",
                "agent",
                90_000,
                "I see the contract",
            ),
            found("ways.1.when.in_order.steps.1", "agent", 20_000, "your name"),
            found("ways.1.when.in_order.steps.2", "customer", 23_000, "[name]"),
        ];
        let evidence: Vec<&Evidence> = evidence.iter().collect();
        let quotes = |pieces: Vec<Piece>| -> Vec<String> {
            pieces.into_iter().filter_map(|piece| piece.quote).collect()
        };
        let (at, pieces) = told(&evidence, true);
        assert_eq!(at, Some(20_000));
        assert_eq!(quotes(pieces), ["your name", "[name]"]);
        // What was told too early, shows a miss.
        let (at, pieces) = told(&evidence[..2], false);
        assert_eq!(at, Some(90_000));
        assert_eq!(quotes(pieces), ["I see the contract"]);
    }
}
