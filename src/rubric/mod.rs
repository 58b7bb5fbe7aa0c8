//! The form by which calls are judged: sections, questions and the rules that answer them.
//!
//! Coaches write it in YAML (`docs/rubrics.md`); [`read`] refuses whatever could not be meant:
//! unknown keys, an id used twice, a reference to nothing, a form that carries no weight. A
//! rubric that loads can score any call. Left out here: how rules are evaluated (`scoring`).

mod check;
mod form;
pub mod phrase;

use std::path::Path;

pub use check::{Problem, RubricError};
pub use form::{
    AppliesTo, By, CallField, CallRule, InOrder, MetricRule, Millis, Points, Question, Rubric,
    Rule, Said, Section, What, Within, YesNo,
};

/// Rubrics that come with callibrate, by name.
pub const BUILT_IN: [(&str, &str); 2] = [
    (
        "service-essentials",
        include_str!("../../samples/rubrics/service-essentials.yaml"),
    ),
    (
        "collections-compliance",
        include_str!("../../samples/rubrics/collections-compliance.yaml"),
    ),
];

/// Reads a rubric: a file, or the name of a built-in one.
pub fn read(name_or_path: &str) -> Result<Rubric, RubricError> {
    let path = Path::new(name_or_path);
    if !path.exists()
        && let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path)
    {
        return parse(text, name);
    }
    let text = std::fs::read_to_string(path).map_err(|source| RubricError::Read {
        path: name_or_path.to_string(),
        source,
    })?;
    parse(&text, name_or_path)
}

/// Parses and checks a rubric; `name` is used in messages.
pub fn parse(text: &str, name: &str) -> Result<Rubric, RubricError> {
    check::parse(text, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_always_or_never_be_true_is_refused_with_its_line() {
        let problems = |rule: &str| {
            let yaml = format!(
                "rubric: r\nversion: '1'\ntitle: t\nphrases:\n  a: ['@b', hello]\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - id: q\n    text: q\n    yes_when:\n      any_of:\n      - said: {{by: agent, any: ['@a']}}\n      - {rule}\n"
            );
            parse(&yaml, "r.yaml").unwrap_err().to_string()
        };
        assert!(problems("all_of: []").contains("r.yaml:5: phrases cannot refer"));
        assert!(problems("all_of: []").contains("r.yaml:16: `all_of` lists no rule"));
        assert!(problems("in_order: {steps: []}").contains("r.yaml:16: `in_order` lists no step"));
    }

    #[test]
    fn the_built_in_rubrics_load() {
        for (name, _) in BUILT_IN {
            assert_eq!(read(name).unwrap().rubric, name);
        }
    }
}
