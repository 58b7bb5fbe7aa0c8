//! The form by which calls are judged: sections, questions and the rules that answer them.
//!
//! Coaches write it in YAML (`docs/rubrics.md`); [`read`] refuses whatever could not be meant:
//! unknown keys, an id used twice, a reference to nothing, a form that carries no weight. A
//! rubric that loads can score any call. Left out here: how rules are evaluated (`scoring`).

pub mod cases;
mod check;
pub mod diagnostics;
pub mod explain;
mod form;
pub mod import;
pub mod lint;
mod meaning;
pub mod schema;

use std::path::Path;

use crate::limits::{self, FORM_BYTES};
pub use check::RubricError;
pub use diagnostics::Problem;
pub use form::{
    Adjustment, AnswerIs, AnsweredBy, AppliesTo, AutoFail, Band, By, CallField, CallRule, Cause,
    CauseRule, Change, Choice, ContactChannel, EarlierContact, EarlierPromise, EventName,
    FailScope, InOrder, Kind, MetricRule, Millis, Near, Points, PromiseState, Quantity, Question,
    Rubric, Rule, Said, Section, Step, Tag, Way, What, Within,
};

/// Rubrics that come with callibrate, by name.
pub const BUILT_IN: [(&str, &str); 9] = [
    (
        "service-essentials",
        include_str!("../../samples/rubrics/service-essentials.yaml"),
    ),
    (
        "take-your-time",
        include_str!("../../samples/rubrics/take-your-time.yaml"),
    ),
    ("human", include_str!("../../samples/rubrics/human.yaml")),
    (
        "one-voice",
        include_str!("../../samples/rubrics/one-voice.yaml"),
    ),
    ("effort", include_str!("../../samples/rubrics/effort.yaml")),
    (
        "identity-privacy",
        include_str!("../../samples/rubrics/identity-privacy.yaml"),
    ),
    (
        "collections-compliance",
        include_str!("../../samples/rubrics/collections-compliance.yaml"),
    ),
    (
        "payment",
        include_str!("../../samples/rubrics/payment.yaml"),
    ),
    (
        "recording-consent",
        include_str!("../../samples/rubrics/recording-consent.yaml"),
    ),
];

/// Reads a rubric: a file, or the name of a built-in one.
pub fn read(name_or_path: &str) -> Result<Rubric, RubricError> {
    parse(&text(name_or_path)?, name_or_path)
}

/// The text of a rubric: of a file, or of a built-in one by its name.
pub fn text(name_or_path: &str) -> Result<String, RubricError> {
    let path = Path::new(name_or_path);
    let built_in = BUILT_IN.iter().find(|(name, _)| *name == name_or_path);
    match built_in {
        Some((_, text)) if !path.exists() => Ok((*text).to_string()),
        _ => limits::read_text(path, FORM_BYTES).map_err(|source| RubricError::Read {
            path: name_or_path.to_string(),
            source,
        }),
    }
}

/// Versions of one rubric take over from each other: each is for the calls from its `valid_from`
/// on until that of the next.
///
/// # Errors
/// Two rubrics with one id that cannot be told apart by `version` and `valid_from`.
pub fn succeed_each_other(rubrics: &mut [Rubric]) -> Result<(), String> {
    for one in 0..rubrics.len() {
        for other in 0..one {
            let (a, b) = (&rubrics[one], &rubrics[other]);
            if a.rubric == b.rubric && (a.version == b.version || a.valid_from == b.valid_from) {
                return Err(format!("the id `{}` was given before", a.rubric));
            }
        }
    }
    let starts: Vec<(String, Option<String>)> = rubrics
        .iter()
        .map(|r| (r.rubric.clone(), r.valid_from.clone()))
        .collect();
    for rubric in rubrics {
        let later = starts
            .iter()
            .filter(|(id, from)| *id == rubric.rubric && *from > rubric.valid_from)
            .filter_map(|(_, from)| from.clone());
        rubric.valid_until = later.min();
    }
    Ok(())
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
        assert!(problems("all_of: []").contains("phrases cannot refer"));
        assert!(problems("all_of: []").contains("`all_of` lists no rule\n  --> r.yaml:16:"));
        assert!(
            problems("in_order: {steps: []}")
                .contains("`in_order` lists no step\n  --> r.yaml:16:")
        );
    }

    #[test]
    fn durations_and_feelings_alone_decide_nothing() {
        let answer = |rule: &str| {
            let yaml = format!(
                "rubric: r\nversion: '1'\ntitle: t\nsections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - {{id: q, text: q, {rule}}}\n"
            );
            parse(&yaml, "r.yaml").map(drop).map_err(|e| e.to_string())
        };
        let felt = "{metric: {name: feeling_customer_change, at_least: 0}}";
        let said = "{said: {by: agent, any: [sorry]}}";
        for alone in [
            format!("yes_when: {felt}"),
            format!("yes_when: {{any_of: [{felt}, {said}]}}"),
            format!("yes_when: {{not: {{all_of: [{{not: {felt}}}, {said}]}}}}"),
            format!("options: [{{id: a, points: 1, when: {felt}}}, {{id: b}}]"),
            "number: {metric: feeling_customer_end, steps: [{points: 1}]}".to_string(),
        ] {
            let refused = answer(&alone).expect_err(&alone);
            assert!(refused.contains("evidence only"), "{alone}: {refused}");
        }
        for beside in [
            format!("yes_when: {{all_of: [{felt}, {said}]}}"),
            format!("yes_when: {said}, applies_when: {felt}"),
            format!("yes_when: {said}, cause: [{{cause: policy, when: {felt}}}]"),
        ] {
            assert_eq!(answer(&beside), Ok(()), "{beside}");
        }
        let long = "{metric: {name: talk_time_total_ms, at_most: 300000}}";
        for anywhere in [
            format!("yes_when: {long}"),
            format!("yes_when: {said}, applies_when: {{not: {long}}}"),
            "number: {metric: talk_time_total_ms, steps: [{points: 1}]}".to_string(),
        ] {
            let refused = answer(&anywhere).expect_err(&anywhere);
            assert!(
                refused.contains("duration never scores"),
                "{anywhere}: {refused}"
            );
        }
    }

    #[test]
    fn a_meaning_stays_through_layout_and_changes_with_a_rule() {
        let meaning = |text: &str, question: &str| {
            let yaml = format!(
                "rubric: r\nversion: '1'\ntitle: t\n{text}sections:\n- id: s\n  title: s\n  weight: 1\n  questions:\n  - id: q\n{question}"
            );
            let rubric = parse(&yaml, "r.yaml").unwrap();
            rubric.sections[0].questions[0].meaning.clone()
        };
        let plain = "    text: Was it said?\n    yes_when: {said: {by: agent, any: [hello, good morning]}}\n";
        let kept = meaning("", plain);
        for (families, same) in [
            // Comments, layout, help, weight and points, the order of phrases, a family's name.
            (
                "",
                "    # a comment\n    text: Was it\n      said?\n    weight: 3\n    help: so\n    why: so\n    points: {yes: 5, no: 1}\n    yes_when:\n      said:\n        any: [good morning, hello]\n        by: agent\n",
            ),
            (
                "phrases:\n  a: [hello, good morning]\n",
                "    text: Was it said?\n    yes_when: {said: {by: agent, any: ['@a']}}\n",
            ),
        ] {
            assert_eq!(meaning(families, same), kept, "{same}");
        }
        for other in [
            plain.replace("Was it", "Is it"),
            plain.replace("hello", "hallo"),
            plain.replace("agent", "customer"),
            plain.replace("any", "none"),
            plain.replace("]}}", "], within: {first: 20s}}}"),
            format!("{plain}    applies_when: {{call: {{field: queue, is: a}}}}\n"),
        ] {
            assert_ne!(meaning("", &other), kept, "{other}");
        }
    }

    #[test]
    fn versions_of_a_rubric_take_over_from_each_other() {
        let version = |id: &str, version: &str, from: Option<&str>| {
            let mut rubric = read("effort").unwrap();
            rubric.rubric = id.to_string();
            rubric.version = version.to_string();
            rubric.valid_from = from.map(str::to_string);
            rubric
        };
        let mut forms = [
            version("a", "3", Some("2026-06-01")),
            version("a", "1", None),
            version("a", "2", Some("2026-03-01")),
            version("b", "1", None),
        ];
        succeed_each_other(&mut forms).unwrap();
        let until: Vec<Option<&str>> = forms.iter().map(|f| f.valid_until.as_deref()).collect();
        assert_eq!(until, [None, Some("2026-03-01"), Some("2026-06-01"), None]);
        for pair in [
            [version("a", "1", None), version("a", "2", None)],
            [
                version("a", "1", None),
                version("a", "1", Some("2026-03-01")),
            ],
        ] {
            let mut pair = pair;
            let refused = succeed_each_other(&mut pair).unwrap_err();
            assert!(refused.contains("`a`"));
        }
    }

    #[test]
    fn the_built_in_rubrics_load() {
        for (name, _) in BUILT_IN {
            assert_eq!(read(name).unwrap().rubric, name);
        }
    }
}
