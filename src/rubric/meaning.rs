//! What a question means, as a hash: ratings and history belong to a meaning.
//!
//! The hash is over a text of its own and not over the file, so that comments, layout, the order
//! of phrases, a renamed family, help, weights and points leave it alone; the question's text, its
//! answers and its rules do not. The text's form is fixed by [`VERSION`]: changing how it is
//! written would part every question from its history.

use std::fmt::Write as _;

use super::form::{AnswerIs, Choice, Kind, Quantity, Question, Rule, Said, What, Within};
use crate::phrase::Phrase;

const VERSION: &str = "callibrate-meaning/1";

/// The meaning hash, hexadecimal. `section_applies` is the canonical text of the section's
/// `applies_when`.
pub(super) fn of(question: &Question, section_applies: Option<&str>) -> String {
    blake3::hash(text(question, section_applies).as_bytes())
        .to_hex()
        .to_string()
}

fn text(question: &Question, section_applies: Option<&str>) -> String {
    let mut text = format!("{VERSION}\ntext {}\n", words(&question.text));
    if let Some(rule) = section_applies {
        line(&mut text, "section_applies_when", rule);
    }
    if let Some(rule_) = &question.applies_when {
        line(&mut text, "applies_when", &rule(rule_));
    }
    if let Some(AnswerIs { question, is }) = &question.shown_when {
        let mut is = is.clone();
        is.sort();
        line(
            &mut text,
            "shown_when",
            &format!("{question} {}", is.join("|")),
        );
    }
    line(&mut text, "kind", question.kind.as_str());
    match &question.kind {
        Kind::YesNo { ways, .. } => {
            let mut ways: Vec<String> = ways.iter().map(|w| rule(&w.when)).collect();
            ways.sort();
            line(&mut text, "yes_when", &ways.join(" or "));
        }
        Kind::Options { choices, .. } => choices.iter().for_each(|c| choice(&mut text, c)),
        Kind::MultiSelect { choices, .. } => {
            let mut sorted: Vec<&Choice> = choices.iter().collect();
            sorted.sort_by(|a, b| a.id.cmp(&b.id));
            sorted.into_iter().for_each(|c| choice(&mut text, c));
        }
        Kind::Number { quantity, .. } => {
            let of = match quantity {
                Quantity::Metric(name) => format!("metric {name}"),
                Quantity::Times(said_) => format!("times {}", said(said_)),
                Quantity::Stated => "stated".to_string(),
            };
            line(&mut text, "number", &of);
        }
        Kind::Comment => {}
    }
    text
}

fn line(text: &mut String, key: &str, value: &str) {
    writeln!(text, "{key} {value}").expect("a String takes every write");
}

fn choice(text: &mut String, choice: &Choice) {
    let when = choice.when.as_ref().map(rule).unwrap_or_default();
    line(
        text,
        "option",
        &format!("{} {} {when}", choice.id, words(&choice.text)),
    );
}

/// Texts with single blanks: line breaks are layout.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A rule in its canonical text.
pub(super) fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Said(s) => said(s),
        Rule::InOrder(r) => {
            let steps: Vec<String> = r.steps.iter().map(said).collect();
            let before = r.before.as_ref().map(said).unwrap_or_default();
            format!(
                "in_order({};apart {:?};before {before})",
                steps.join(">"),
                r.at_most_apart_ms
            )
        }
        Rule::Near(r) => {
            let mut both = [said(&r.one), said(&r.other)];
            both.sort();
            format!("near({};{})", both.join("&"), r.at_most_apart_ms)
        }
        Rule::Metric(r) => format!("metric({} {:?} {:?})", r.name, r.at_least, r.at_most),
        Rule::Call(r) => format!("call({} {})", r.field.as_str(), r.is),
        Rule::EarlierContact(r) => {
            let mut channels: Vec<&str> = r.channels.iter().map(|c| c.as_str()).collect();
            channels.sort_unstable();
            format!(
                "earlier_contact({} {} {} {})",
                r.within_days,
                r.same_matter,
                channels.join("|"),
                r.at_least.unwrap_or(1)
            )
        }
        Rule::EarlierPromise(r) => {
            let mut states: Vec<&str> = r.is.iter().map(|s| s.as_str()).collect();
            states.sort_unstable();
            format!("earlier_promise({})", states.join("|"))
        }
        Rule::AllOf(rules) => several("all_of", rules),
        Rule::AnyOf(rules) => several("any_of", rules),
        Rule::Not(inner) => format!("not({})", self::rule(inner)),
    }
}

/// The order of the parts of an `all_of` or `any_of` has no meaning.
fn several(name: &str, rules: &[Rule]) -> String {
    let mut parts: Vec<String> = rules.iter().map(rule).collect();
    parts.sort();
    format!("{name}({})", parts.join(","))
}

fn said(said_: &Said) -> String {
    let (what, phrases) = match &said_.what {
        What::Any(p) => ("any", p),
        What::All(p) => ("all", p),
        What::None(p) => ("none", p),
    };
    let mut text = format!("said({} {what} {}", said_.by.as_str(), sources(phrases));
    if let Some(within) = &said_.within {
        write!(text, " within {}", window(within)).expect("a String takes every write");
    }
    if let Some(n) = said_.at_least {
        write!(text, " at_least {n}").expect("a String takes every write");
    }
    if let Some(n) = said_.at_most {
        write!(text, " at_most {n}").expect("a String takes every write");
    }
    if said_.turn_start {
        text.push_str(" turn_start");
    }
    if let Some(other) = &said_.in_reply_to {
        write!(text, " in_reply_to {}", said(other)).expect("a String takes every write");
    }
    if said_.even_negated {
        text.push_str(" even_negated");
    }
    text.push(')');
    text
}

fn window(within: &Within) -> String {
    match within {
        Within::First(ms) => format!("first {}", ms.0),
        Within::Last(ms) => format!("last {}", ms.0),
        Within::AfterSaid(s, ms) => format!("after {} {:?}", said(s), ms.map(|m| m.0)),
        Within::BeforeSaid(s, ms) => format!("before {} {:?}", said(s), ms.map(|m| m.0)),
        Within::AfterEvent(e, ms) => format!("after {} {}", e.as_str(), ms.0),
        Within::BeforeEvent(e, ms) => format!("before {} {}", e.as_str(), ms.0),
        Within::NearEvent(e, ms) => format!("near {} {}", e.as_str(), ms.0),
    }
}

fn sources(phrases: &[Phrase]) -> String {
    let mut sources: Vec<String> = phrases.iter().map(|p| words(&p.to_string())).collect();
    sources.sort();
    sources.dedup();
    format!("{sources:?}")
}
