//! `callibrate rubric`: what coaches do with forms before calls are judged by them.

use std::fs;

use crate::support::golden::assert_golden;
use crate::support::{Place, Said, files_below, repository};

const FORM: &str = r#"rubric: odd
version: "1"
title: Odd
applies_to: {directions: [inbound]}
sections:
  - id: opening
    title: Opening
    weight: 1
    questions:
      - id: greeting
        text: Did the agent greet?
        yes_when:
          said: {by: agent, any: ["good morning", "a very good morning"], within: {first: 10s}}
      - id: right-party
        text: Was the right person asked for?
        weight: 0
        applies_when:
          call: {field: direction, is: outbound}
        yes_when:
          said: {by: agent, any: ["am i speaking to <name>"]}
"#;

const CASES: &str = r#"rubric: odd
cases:
  - name: a greeting in time
    talk: |
      agent: Good morning, this is Ann.
      customer: Hello, my card is gone.
    expect: {greeting: yes, right-party: not_applicable}
  - name: a late greeting
    talk: |
      agent: One moment.
      customer: Yes, I am waiting for your answer now.
      (12s)
      agent: Good morning.
    expect: {greeting: yes}
"#;

const MEASURED: &str = r#"rubric: measured
version: "1"
title: Measured
pass_at: 50
sections:
  - id: care
    title: Care
    weight: 1
    questions:
      - id: let-finish
        text: Did the agent let the customer finish?
        yes_when:
          metric: {name: interruptions_by_agent, at_most: 2}
"#;

/// Asserts that the standard error holds a text.
#[track_caller]
fn complains(said: &Said, text: &str) {
    assert!(said.stderr.contains(text), "no {text:?} in {said:#?}");
}

#[test]
fn warnings_are_shown_and_the_form_can_be_used() {
    let place = Place::new();
    place.write("odd.yaml", FORM);
    let said = place.run("rubric check odd.yaml").exits(0);
    assert_eq!(said.stdout, "odd.yaml: can be used; 3 warnings\n");
    assert_golden("rubric-check.txt", &said.stderr);
    place.write("broken.yaml", FORM.replace("greeting", "Greeting"));
    // One that is wrong does not hide the others.
    let said = place.run("rubric check broken.yaml odd.yaml").exits(2);
    assert!(
        said.stdout.contains("odd.yaml: can be used"),
        "{}",
        said.stdout
    );
    complains(&said, "--> broken.yaml:10:13");
    place.run("rubric check").exits(2);
    place.run("rubric check none.yaml").exits(2);
}

#[test]
fn answers_that_are_not_as_expected_end_with_1() {
    let place = Place::new();
    place.write("odd.yaml", FORM);
    complains(
        &place.run("rubric test odd.yaml").exits(2),
        "there is no odd.test.yaml",
    );
    place.write("odd.test.yaml", CASES);
    for name in ["odd.yaml", "odd.test.yaml"] {
        let said = place.run(&format!("rubric test {name}")).exits(1);
        assert_golden("rubric-test.txt", &said.stdout);
    }
    place.write(
        "odd.test.yaml",
        CASES.replace("{greeting: yes}", "{greeting: no}"),
    );
    let said = place.run("rubric test odd.yaml").exits(0);
    assert_eq!(
        said.stdout,
        "odd.test.yaml: 2 cases, 3 answers: all as expected\n"
    );
    place.write("odd.test.yaml", CASES.replace("agent: One", "agnet: One"));
    complains(
        &place.run("rubric test odd.yaml").exits(2),
        "--> odd.test.yaml:10:7",
    );
}

#[test]
fn two_versions_of_a_form_are_compared_on_stored_calls() {
    let place = Place::new();
    let samples = repository().join("samples");
    let samples = samples.to_str().unwrap();
    place.write("old.yaml", MEASURED);
    place.write("new.yaml", MEASURED.replace("at_most: 2", "at_most: 0"));
    let calls =
        ["late-fee-argument", "claim-warm"].map(|c| format!("{samples}/reference/{c}.json"));
    place
        .run(&format!(
            "score {} --calls {samples}/calls.csv --out report --rubric old.yaml",
            calls.join(" ")
        ))
        .exits(0);
    let scores = || files_below(&place.path("report/scores"));
    let before = scores();
    place
        .run("rubric diff old.yaml new.yaml --out report --csv flips.csv")
        .exits(0)
        .says("1 question changed its meaning: let-finish")
        .says("let-finish: 1 yes to no")
        .says("late-fee-argument")
        .says("interruptions_by_agent 2, asked: at most 2")
        .says("interruptions_by_agent 2, asked: at most 0")
        .says("1 pass to fail: late-fee-argument");
    let flips = fs::read_to_string(place.path("flips.csv")).unwrap();
    assert_eq!(flips.lines().count(), 2, "{flips}");
    // The tables stay as they are.
    assert_eq!(scores(), before);
    place
        .run("rubric diff old.yaml old.yaml --out report")
        .exits(0)
        .says("Answers that flip\n  none");
    place
        .run("rubric diff old.yaml new.yaml --out nowhere")
        .exits(2);
}

#[test]
fn a_spreadsheet_becomes_a_form_that_passes_the_check() {
    let place = Place::new();
    let form = fs::read(repository().join("tests/fixtures/form.xlsx")).unwrap();
    place.write("form.xlsx", form);
    let said = place
        .run("rubric import form.xlsx -o form.yaml")
        .exits(0)
        .says("wrote form.yaml: 8 questions in 3 sections");
    complains(&said, "note: the column \"Reviewed by\"");
    place.run("rubric check form.yaml").exits(0);
    place
        .run("rubric explain form.yaml")
        .exits(0)
        .says("### Did the agent greet the customer?");
    // What a person may have edited is not overwritten.
    place.write("form.yaml", "mine");
    let said = place.run("rubric import form.xlsx -o form.yaml").exits(2);
    complains(&said, "name a new file");
    assert_eq!(fs::read_to_string(place.path("form.yaml")).unwrap(), "mine");
    place.write("letter.csv", "Dear team\n");
    let said = place.run("rubric import letter.csv").exits(2);
    complains(&said, "no row names a column of questions");
}

#[test]
fn the_schema_is_the_one_of_the_documents() {
    let said = Place::new().run("rubric schema").exits(0);
    let document = fs::read_to_string(repository().join("docs/rubric.schema.json")).unwrap();
    assert_eq!(said.stdout, document);
}

#[test]
fn the_built_in_forms_are_as_tidy_as_we_ask_others_to_be() {
    let place = Place::new();
    for (name, _) in callibrate::rubric::BUILT_IN {
        let said = place.run(&format!("rubric check {name}")).exits(0);
        assert_eq!(
            said.stdout,
            format!("{name}: nothing to complain about\n"),
            "{said:#?}"
        );
        place
            .run(&format!("rubric test {name}"))
            .exits(0)
            .says("all as expected");
        place
            .run(&format!("rubric explain {name}"))
            .exits(0)
            .says("## What does not count");
    }
}
