//! One question put to one call: which answer, how sure, and what else it could be.
//!
//! The answer is given as if the question were shown and its section applied; `points` resolves
//! what depends on other answers. Left out here: points.

use super::evidence::EvidenceKind;
use super::heard::HeardCall;
use super::rules::{self, Outcome, Truth};
use super::{Answer, Answered, Evidence};
use crate::rubric::{AnsweredBy, Cause, Choice, Kind, Quantity, Question, Section, Step, Way};

/// Open options whose every combination is listed as possible. Of more of them: none, all, each
/// alone, and all but each, so that the fewest and the most points and every option's being there
/// or not are among them.
const MOST_OPEN: usize = 6;

/// An answer in the making.
struct Decided {
    answer: Answer,
    reason: Option<String>,
    way: Option<String>,
    possible: Vec<Answer>,
    evidence: Vec<Evidence>,
}

/// Whether a section applies; `None` where it cannot be told.
pub(super) fn section_applies(section: &Section, call: &HeardCall<'_>) -> Option<bool> {
    let Some(rule) = &section.applies_when else {
        return Some(true);
    };
    match rules::evaluate(rule, "applies_when", call).truth {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown(_) => None,
    }
}

/// Answers one question.
pub(super) fn answer(section: &str, question: &Question, call: &HeardCall<'_>) -> Answered {
    let mut decided = decide(question, call);
    let cause = decided
        .answer
        .is_given()
        .then(|| cause(question, call, &mut decided.evidence));
    let confidence = decided
        .answer
        .is_given()
        .then(|| confidence(&decided.evidence))
        .flatten();
    Answered {
        section: section.to_string(),
        question: question.id.clone(),
        answer: decided.answer,
        reason: decided.reason,
        way: decided.way,
        possible: decided.possible,
        points: None,
        max_points: question.kind.most(),
        weight: None,
        critical: question.critical,
        auto_fail: false,
        cause,
        confidence,
        fragile: false,
        evidence: decided.evidence,
    }
}

/// The least of what the answer's evidence was heard with.
fn confidence(evidence: &[Evidence]) -> Option<f64> {
    let decisive = |e: &&Evidence| !matches!(e.kind, EvidenceKind::NearestMiss);
    let confidences = evidence
        .iter()
        .filter(decisive)
        .filter_map(|e| e.confidence);
    confidences.reduce(f64::min)
}

fn decide(question: &Question, call: &HeardCall<'_>) -> Decided {
    let mut before = Vec::new();
    let mut open = None;
    if let Some(rule) = &question.applies_when {
        let applies = rules::evaluate(rule, "applies_when", call);
        before = applies.evidence;
        match applies.truth {
            Truth::True => {}
            Truth::False => {
                return Decided {
                    answer: Answer::NotApplicable,
                    reason: Some("what the question is about did not come up".to_string()),
                    way: None,
                    possible: vec![Answer::NotApplicable],
                    evidence: before,
                };
            }
            Truth::Unknown(reason) => open = Some(reason),
        }
    }
    let mut decided = match question.answered_by {
        AnsweredBy::Person => by_a_person(&question.kind),
        AnsweredBy::Automatic | AnsweredBy::Both => by_rules(&question.kind, call),
    };
    if let Some(reason) = open {
        decided.answer = Answer::Abstain;
        decided.reason = Some(reason);
        decided.way = None;
        decided.possible.push(Answer::NotApplicable);
        decided.evidence.clear();
    }
    before.append(&mut decided.evidence);
    decided.evidence = before;
    decided
}

fn by_a_person(kind: &Kind) -> Decided {
    if matches!(kind, Kind::Comment) {
        return Decided {
            answer: Answer::NotApplicable,
            reason: Some("a comment is for a person to write".to_string()),
            way: None,
            possible: vec![Answer::NotApplicable],
            evidence: Vec::new(),
        };
    }
    abstain(
        "a person answers this question",
        every_answer(kind),
        Vec::new(),
    )
}

fn abstain(reason: &str, possible: Vec<Answer>, evidence: Vec<Evidence>) -> Decided {
    Decided {
        answer: Answer::Abstain,
        reason: Some(reason.to_string()),
        way: None,
        possible,
        evidence,
    }
}

fn sure(answer: Answer, evidence: Vec<Evidence>) -> Decided {
    Decided {
        possible: vec![answer.clone()],
        answer,
        reason: None,
        way: None,
        evidence,
    }
}

/// One answer for each thing that a question can be worth.
fn every_answer(kind: &Kind) -> Vec<Answer> {
    match kind {
        Kind::YesNo { .. } => vec![Answer::Yes, Answer::No],
        Kind::Options { choices, .. } => choices
            .iter()
            .map(|c| Answer::Choice(c.id.clone()))
            .collect(),
        Kind::MultiSelect { choices, .. } => {
            let ids: Vec<&str> = choices.iter().map(|c| c.id.as_str()).collect();
            selections(choices, &[], &ids)
        }
        Kind::Number { steps, .. } => numbers(steps, f64::NEG_INFINITY, f64::INFINITY),
        Kind::Comment => vec![Answer::NotApplicable],
    }
}

/// A number within each step that lies between two bounds.
fn numbers(steps: &[Step], least: f64, most: f64) -> Vec<Answer> {
    let mut below = f64::NEG_INFINITY;
    let mut possible = Vec::new();
    for step in steps {
        let limit = step.at_most.unwrap_or(f64::INFINITY);
        if limit >= least && below < most {
            let inside = if limit.is_finite() {
                limit.min(most)
            } else if below.is_finite() {
                least.max(below + 1.0)
            } else {
                least.max(0.0)
            };
            possible.push(Answer::Number(inside));
        }
        below = limit;
    }
    if possible.is_empty() {
        possible.push(Answer::Number(least.max(0.0)));
    }
    possible
}

/// Every selection that holds the sure options and some of the open ones.
fn selections(choices: &[Choice], sure: &[&str], open: &[&str]) -> Vec<Answer> {
    let with = |extra: &dyn Fn(usize) -> bool| {
        let chosen =
            |id: &str| sure.contains(&id) || open.iter().position(|o| *o == id).is_some_and(extra);
        let ids = choices
            .iter()
            .map(|c| c.id.as_str())
            .filter(|id| chosen(id));
        Answer::Selected(ids.map(str::to_string).collect())
    };
    if open.len() > MOST_OPEN {
        let alone = (0..open.len()).map(|one| with(&|i| i == one));
        let all_but = (0..open.len()).map(|one| with(&|i| i != one));
        let ends = [with(&|_| false), with(&|_| true)];
        return ends.into_iter().chain(alone).chain(all_but).collect();
    }
    (0..1_usize << open.len())
        .map(|bits| with(&|i| bits >> i & 1 == 1))
        .collect()
}

fn by_rules(kind: &Kind, call: &HeardCall<'_>) -> Decided {
    match kind {
        Kind::YesNo { ways, .. } => {
            let path_of = |i: usize, way: &Way| match way.name {
                Some(_) => format!("ways.{}.when", i + 1),
                None => "yes_when".to_string(),
            };
            for (i, way) in ways.iter().enumerate() {
                if let Some(outcome) = rules::surely_said(&way.when, &path_of(i, way), call) {
                    return Decided {
                        way: way.name.clone(),
                        ..sure(Answer::Yes, outcome.evidence)
                    };
                }
            }
            let mut all = Vec::new();
            let mut unknown = None;
            for (i, way) in ways.iter().enumerate() {
                let outcome = rules::evaluate(&way.when, &path_of(i, way), call);
                match outcome.truth {
                    Truth::True => {
                        return Decided {
                            way: way.name.clone(),
                            ..sure(Answer::Yes, outcome.evidence)
                        };
                    }
                    Truth::False => {}
                    Truth::Unknown(reason) => {
                        unknown.get_or_insert(reason);
                    }
                }
                all.extend(outcome.evidence);
            }
            match unknown {
                Some(reason) => abstain(&reason, vec![Answer::Yes, Answer::No], all),
                None => sure(Answer::No, all),
            }
        }
        Kind::Options { choices, .. } => one_of(choices, call),
        Kind::MultiSelect { choices, .. } => several_of(choices, call),
        Kind::Number { quantity, steps } => number(quantity, steps, call),
        Kind::Comment => by_a_person(kind),
    }
}

fn choice_rule(i: usize, choice: &Choice, call: &HeardCall<'_>) -> Option<Outcome> {
    let rule = choice.when.as_ref()?;
    Some(rules::evaluate(
        rule,
        &format!("options.{}.when", i + 1),
        call,
    ))
}

/// The first option whose rule is true.
fn one_of(choices: &[Choice], call: &HeardCall<'_>) -> Decided {
    let chosen = |id: &str| Answer::Choice(id.to_string());
    let mut open: Option<(String, Vec<Answer>)> = None;
    let mut settled = false;
    let mut all = Vec::new();
    for (i, choice) in choices.iter().enumerate() {
        let (truth, evidence) = match choice_rule(i, choice, call) {
            Some(outcome) => (outcome.truth, outcome.evidence),
            // Without a rule it is what is left, if it stands last; else only a person takes it.
            None if i + 1 == choices.len() => (Truth::True, std::mem::take(&mut all)),
            None => continue,
        };
        match (truth, &mut open) {
            (Truth::True, None) => return sure(chosen(&choice.id), evidence),
            (Truth::True, Some((_, possible))) => {
                possible.push(chosen(&choice.id));
                all.extend(evidence);
                settled = true;
                break;
            }
            (Truth::False, _) => all.extend(evidence),
            (Truth::Unknown(reason), open) => {
                let (_, possible) = open.get_or_insert((reason, Vec::new()));
                possible.push(chosen(&choice.id));
                all.extend(evidence);
            }
        }
    }
    // Where no option was sure to hold, the open ones may all fail, and a person has to choose.
    let every = || choices.iter().map(|c| chosen(&c.id)).collect();
    match open {
        Some((reason, possible)) if settled => abstain(&reason, possible, all),
        Some((reason, _)) => abstain(&reason, every(), all),
        None => abstain("none of the options fits", every(), all),
    }
}

/// Each option whose rule is true.
fn several_of(choices: &[Choice], call: &HeardCall<'_>) -> Decided {
    let (mut held, mut open, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let mut unknown = None;
    for (i, choice) in choices.iter().enumerate() {
        let Some(outcome) = choice_rule(i, choice, call) else {
            continue;
        };
        match outcome.truth {
            Truth::True => held.push(choice.id.as_str()),
            Truth::False => {}
            Truth::Unknown(reason) => {
                open.push(choice.id.as_str());
                unknown.get_or_insert(reason);
            }
        }
        all.extend(outcome.evidence);
    }
    match unknown {
        Some(reason) => abstain(&reason, selections(choices, &held, &open), all),
        None => {
            let ids = held.into_iter().map(str::to_string).collect();
            sure(Answer::Selected(ids), all)
        }
    }
}

fn number(quantity: &Quantity, steps: &[Step], call: &HeardCall<'_>) -> Decided {
    let counted = match quantity {
        Quantity::Metric(name) => rules::measured(name, "number.metric", call),
        Quantity::Times(said) => rules::count(said, "number.times", call),
        Quantity::Stated => {
            return abstain(
                "a person answers this question",
                numbers(steps, f64::NEG_INFINITY, f64::INFINITY),
                Vec::new(),
            );
        }
    };
    match counted.reason {
        None => sure(Answer::Number(counted.least), counted.evidence),
        Some(reason) => abstain(
            &reason,
            numbers(steps, counted.least, counted.most),
            counted.evidence,
        ),
    }
}

/// What an answer is put down to, should it turn out to be a failed one. Shows what it rests on.
/// It is the agent's only where no rule for another cause is left open.
fn cause(question: &Question, call: &HeardCall<'_>, evidence: &mut Vec<Evidence>) -> Cause {
    let mut open = false;
    for (i, rule) in question.causes.iter().enumerate() {
        let path = format!("cause.{}.when", i + 1);
        let outcome = rules::evaluate(&rule.when, &path, call);
        match outcome.truth {
            Truth::True if open && rule.cause == Cause::Agent => return Cause::Unknown,
            Truth::True => {
                evidence.extend(outcome.evidence);
                return rule.cause;
            }
            Truth::False => {}
            Truth::Unknown(_) => open = true,
        }
    }
    if open || !question.controllable_by_agent {
        Cause::Unknown
    } else {
        Cause::Agent
    }
}
