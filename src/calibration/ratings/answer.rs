//! What a cell answers a question with.

use super::entries;
use crate::rubric::diagnostics::did_you_mean;
use crate::rubric::{Choice, Kind};
use crate::scoring::Answer;

/// Reads an answer as the tables have it: `yes`, `no`, an option's id, the value on a scale, a
/// number, ids with commas between them, `none`, `not_applicable` or `abstain`.
///
/// # Errors
/// What the question knows instead.
pub(super) fn parse(kind: &Kind, text: &str) -> Result<Answer, String> {
    let lower = text.to_lowercase();
    // An option of that name goes first.
    let own = match kind {
        Kind::YesNo { .. } => match lower.as_str() {
            "yes" => Some(Answer::Yes),
            "no" => Some(Answer::No),
            _ => None,
        },
        Kind::Options { choices, scale } => {
            chosen(choices, *scale, &lower).map(|c| Answer::Choice(c.id.clone()))
        }
        Kind::MultiSelect { choices, .. } => selected(choices, &lower)?,
        Kind::Number { .. } => entries::number(text)
            .ok()
            .filter(|value| value.abs() <= LARGEST)
            .map(Answer::Number),
        Kind::Comment => None,
    };
    let plain = lower.replace([' ', '-', '/'], "_");
    match (own, plain.as_str()) {
        (Some(answer), _) => Ok(answer),
        (None, "not_applicable" | "n_a" | "na") => Ok(Answer::NotApplicable),
        (None, "abstain" | "cannot_tell") => Ok(Answer::Abstain),
        (None, _) => Err(unknown(kind, text)),
    }
}

/// Larger numbers are slips, and would drown all others.
const LARGEST: f64 = 1e12;

fn chosen<'k>(choices: &'k [Choice], scale: bool, lower: &str) -> Option<&'k Choice> {
    // A spreadsheet may make 3.0 of a 3.
    let value = scale.then(|| lower.parse::<f64>().ok()).flatten();
    choices.iter().find(|choice| {
        choice.id.to_lowercase() == lower
            || value.is_some_and(|value| choice.id.parse() == Ok(value))
    })
}

/// Ids in the order of the form; `None` where the text may say something else than ids.
fn selected(choices: &[Choice], lower: &str) -> Result<Option<Answer>, String> {
    if lower == "none" {
        return Ok(Some(Answer::Selected(Vec::new())));
    }
    let ids: Vec<&str> = lower.split([',', ';', '+']).map(str::trim).collect();
    let known = |id: &&str| choices.iter().any(|c| c.id.to_lowercase() == **id);
    match ids.iter().find(|id| !known(id)) {
        None => {}
        Some(_) if ids.len() == 1 => return Ok(None),
        Some(id) => {
            return Err(format!(
                "\"{id}\" is no option of this question; it knows {}",
                listed(choices)
            ));
        }
    }
    let chosen = choices
        .iter()
        .filter(|c| ids.contains(&c.id.to_lowercase().as_str()))
        .map(|c| c.id.clone());
    Ok(Some(Answer::Selected(chosen.collect())))
}

fn unknown(kind: &Kind, text: &str) -> String {
    let knows = match kind {
        Kind::YesNo { .. } => "yes, no".to_string(),
        Kind::Options { choices, .. } => listed(choices),
        Kind::MultiSelect { choices, .. } => {
            format!(
                "none, or with commas those that hold of {}",
                listed(choices)
            )
        }
        Kind::Number { .. } => "a number of up to twelve digits".to_string(),
        Kind::Comment => "words".to_string(),
    };
    let near = match kind {
        Kind::Options {
            choices,
            scale: false,
        }
        | Kind::MultiSelect { choices, .. } => {
            did_you_mean(text, choices.iter().map(|c| c.id.as_str()))
        }
        _ => String::new(),
    };
    format!(
        "\"{text}\" is no answer to this question; it knows {knows}, not_applicable and abstain{near}"
    )
}

fn listed(choices: &[Choice]) -> String {
    let ids: Vec<&str> = choices.iter().map(|c| c.id.as_str()).collect();
    ids.join(", ")
}
