//! Each lint speaks up where it should, and is silent beside it.

use super::lint;

/// Warnings about a form of one section with these questions, as `line: message`.
fn warnings(form: &str) -> Vec<String> {
    let warnings = lint(form, "f.yaml").unwrap_or_else(|e| panic!("{e}"));
    warnings
        .iter()
        .map(|w| format!("{}: {}", w.line, w.message))
        .collect()
}

fn with_questions(questions: &str) -> String {
    format!(
        "rubric: f\nversion: '1'\ntitle: F\napplies_to: {{directions: [inbound], queues: [bills]}}\nsections:\n- id: s\n  title: S\n  weight: 1\n  questions:\n{questions}"
    )
}

/// The only warning about these questions; the first of them stands in line 10.
fn only(questions: &str) -> String {
    let warnings = warnings(&with_questions(questions));
    assert_eq!(warnings.len(), 1, "{questions}\n{warnings:#?}");
    warnings[0].clone()
}

fn silent(questions: &str) {
    assert_eq!(
        warnings(&with_questions(questions)),
        Vec::<String>::new(),
        "{questions}"
    );
}

const HELLO: &str = "said: {by: agent, any: [hello]}";

#[test]
fn questions_that_can_never_be_asked_or_answered_otherwise() {
    let asked = |rule: &str| {
        format!(
            "  - id: q\n    text: Q?\n    applies_when:\n      {rule}\n    yes_when: {{{HELLO}}}\n"
        )
    };
    assert_eq!(
        only(&asked("call: {field: direction, is: outbound}")),
        "13: this question is never asked: its `applies_when` can never be true in the calls that the form is for"
    );
    assert!(only(&asked("all_of: [{call: {field: queue, is: bills}}, {call: {field: reason, is: fee}}, {not: {call: {field: direction, is: inbound}}}]")).contains("never asked"));
    assert!(
        only(&asked("call: {field: direction, is: inbound}")).contains("needs no `applies_when`")
    );
    // What it asks for is already so where it is asked.
    assert!(only(&asked(HELLO)).starts_with("14: this question is always answered with yes"));
    assert!(
        only(&asked("not: {said: {by: agent, any: [hello]}}"))
            .starts_with("14: this question can never be answered with yes")
    );
    silent(&asked("said: {by: customer, any: [hello]}"));
    silent(&asked("call: {field: reason, is: fee}"));

    let answered = |rule: &str| format!("  - id: q\n    text: Q?\n    yes_when:\n      {rule}\n");
    let window = warnings(&with_questions(&answered(
        "said: {by: agent, any: [hello], within: {first: 0s}}",
    )));
    assert!(window[0].contains("a window of no length"), "{window:?}");
    assert!(
        warnings(&with_questions(&answered(
            "metric: {name: dead_air_count, at_least: 0}"
        )))[0]
            .contains("the rule is always true")
    );
    assert!(
        warnings(&with_questions(&answered(
            "metric: {name: talk_share_agent, at_least: 1.5}"
        )))[0]
            .contains("the rule is never true")
    );
    silent(&answered("metric: {name: dead_air_count, at_most: 0}"));
    assert!(
        only(&answered("call: {field: disclosure_by_ivr, is: 'yes'}"))
            .contains("it may be true, false")
    );
}

#[test]
fn questions_that_change_nothing() {
    let question = |keys: &str| {
        format!(
            "  - id: q\n    text: Q?\n    yes_when: {{{HELLO}}}\n    {keys}\n  - id: other\n    text: Other?\n    yes_when: {{said: {{by: agent, any: [bye]}}}}\n"
        )
    };
    assert!(only(&question("weight: 0")).starts_with("13: this question never matters"));
    assert!(
        only(&question("points: {yes: 2, no: 2}")).starts_with("10: every answer earns the same")
    );
    assert!(
        only(&question("celebrate: true\n    weight: 2"))
            .starts_with("14: a mark worth celebrating")
    );
    assert!(only(&question("answered_by: person")).contains("its rules are never used"));
    assert!(only(&question("auto_fail_on: [yes, no]")).contains("every answer"));
    for keys in [
        "weight: 0\n    critical: true",
        "weight: 0\n    auto_fail_on: no",
        "weight: 0\n    tags: [business]",
        "celebrate: true",
        "answered_by: both",
    ] {
        silent(&question(keys));
    }
    let shown = "  - id: child\n    text: Child?\n    shown_when: {question: q, is: yes}\n    yes_when: {said: {by: customer, any: [bye]}}\n";
    silent(&(question("weight: 0") + shown));
}

#[test]
fn questions_that_ask_the_same() {
    let two = |text: &str, rule: &str| {
        format!(
            "  - id: a\n    text: Did the agent greet?\n    yes_when: {{{HELLO}}}\n  - id: b\n    text: {text}\n    yes_when: {{{rule}}}\n"
        )
    };
    assert!(
        only(&two("Was there a greeting?", HELLO))
            .starts_with("13: this question has the same rules as the one in line 10")
    );
    assert!(
        only(&two("did the agent  greet", "said: {by: agent, any: [hi]}"))
            .contains("asks the same as the one in line 10")
    );
    silent(&two(
        "Was there a greeting?",
        "said: {by: customer, any: [hello]}",
    ));
}

#[test]
fn options_and_ways_that_are_never_reached() {
    let options = |first: &str, second: &str| {
        format!(
            "  - id: q\n    text: Q?\n    options:\n    - {{id: a, points: 2, when: {{{first}}}}}\n    - {{id: b, points: 1, when: {{{second}}}}}\n    - {{id: c}}\n"
        )
    };
    let hello = |by: &str, any: &str| format!("said: {{by: {by}, any: [{any}]}}");
    let unreached = only(&options(
        &hello("anyone", "hello, hi"),
        &hello("agent", "hello"),
    ));
    assert!(
        unreached.starts_with(
            "14: this option is never reached: the rule of `a` above is true whenever"
        ),
        "{unreached}"
    );
    silent(&options(
        &hello("agent", "hello"),
        &hello("anyone", "hello, hi"),
    ));
    silent(&options(
        &hello("agent", "hello"),
        &hello("customer", "hello"),
    ));
    let always = warnings(&with_questions(&options(
        "call: {field: queue, is: bills}",
        &hello("agent", "hello"),
    )));
    assert!(
        always.iter().any(|w| w.starts_with("14: "))
            && always.iter().any(|w| w.starts_with("15: ")),
        "{always:?}"
    );
    assert!(
        only(&options(
            "metric: {name: turns_agent, at_most: 5}",
            "metric: {name: turns_agent, at_most: 3}"
        ))
        .starts_with("14: ")
    );
    silent(&options(
        "metric: {name: turns_agent, at_most: 3}",
        "metric: {name: turns_agent, at_most: 5}",
    ));

    let ways = "  - id: q\n    text: Q?\n    ways:\n    - {name: one, when: {said: {by: agent, any: [hello]}}}\n    - {name: two, when: {all_of: [{said: {by: agent, any: [hello]}}, {said: {by: customer, any: [hi]}}]}}\n";
    assert!(only(ways).starts_with("14: this way to yes adds nothing: way 1"));
    let steps = |limits: &str| {
        format!(
            "  - id: q\n    text: Q?\n    number: {{metric: dead_air_count, steps: [{limits}, {{points: 0}}]}}\n"
        )
    };
    assert!(
        only(&steps("{at_most: -1, points: 5}, {at_most: 2, points: 3}")).contains("never reached")
    );
    assert!(
        only(&steps("{at_most: 0, points: 5}, {at_most: 0.5, points: 3}"))
            .contains("never reached")
    );
    silent(&steps("{at_most: 0, points: 5}, {at_most: 2, points: 3}"));
}

#[test]
fn phrases_within_phrases_and_rules_twice() {
    let phrases = |any: &str| {
        format!(
            "  - id: q\n    text: Q?\n    yes_when:\n      said:\n        by: agent\n        any: [{any}]\n"
        )
    };
    assert_eq!(
        only(&phrases("\"thank you\", \"thank you for calling\"")),
        "15: \"thank you\" finds all that this phrase finds; remove this one"
    );
    assert!(only(&phrases("\"how are you\", \"how are you\"")).contains("remove this one"));
    silent(&phrases(
        "\"thank you\", \"thanks for calling\", \"you\\u0020said\"",
    ));
    let twice = "  - id: q\n    text: Q?\n    yes_when:\n      any_of:\n      - said: {by: agent, any: [hello]}\n      - said: {any: [hello], by: agent}\n";
    assert_eq!(only(twice), "15: this rule stands here twice");
}

#[test]
fn forms_that_hide_something() {
    let form = |keys: &str| {
        format!(
            "rubric: f\nversion: '1'\ntitle: F\npass_at: 60\n{keys}\nsections:\n- id: s\n  title: S\n  weight: 1\n  questions:\n  - {{id: a, text: A?, tags: [customer], yes_when: {{{HELLO}}}}}\n"
        )
    };
    assert!(warnings(&form("minimum: 60"))[0].contains("nothing fails by it"));
    assert!(warnings(&form("minimum: 0"))[0].contains("never below 0"));
    assert!(
        warnings(&form(
            "bands: [{name: good, from: 80}, {name: fair, from: 40}]"
        ))[0]
            .contains("scores below 40 have no band")
    );
    assert!(
        warnings(&form(
            "bands: [{name: best, from: 101}, {name: rest, from: 0}]"
        ))[0]
            .contains("no score reaches this band")
    );
    let mixed = form("about: x")
        + "  - {id: b, text: B?, tags: [compliance], yes_when: {said: {by: agent, any: [recorded]}}}\n";
    assert!(warnings(&mixed)[0].starts_with("12: compliance hides in the same number as quality"));
    let never = form("about: x")
        + "adjust:\n- {id: r, when: [{question: a, is: yes}, {question: a, is: no}], subtract: 5}\n";
    assert!(warnings(&never)[0].contains("this rule can never apply"));
    assert!(warnings(&(form("about: x").replace("weight: 1", "weight: 0") + "- id: t\n  title: T\n  weight: 1\n  questions:\n  - {id: b, text: B?, yes_when: {said: {by: agent, any: [bye]}}}\n"))[0].starts_with("9: this section weighs nothing"));
}
