//! Scores that agents were told: no later run changes them, and each says where they differ now.

use std::fs;

use callibrate::report::Cell;

use crate::support::calls::{Call, write_table};
use crate::support::report::{self, Row};
use crate::support::{Place, repository};

const DATE: &str = "2026-03-02";
const OTHER: &str = "2026-03-03";
const RELEASE: &str = "release --date 2026-03-02 --out out";
const TABLE: &str = "out/releases/date=2026-03-02/part.parquet";
const KEPT: &str = "out/store/releases/date=2026-03-02.json";

/// A form of two questions; `care` is what has to be said.
fn rubric(id: &str, version: &str, care: &str) -> String {
    format!(
        "rubric: {id}\nversion: '{version}'\ntitle: Courtesy\npass_at: 60\nsections:\n\
         - id: s\n  title: S\n  weight: 1\n  questions:\n  \
         - {{id: opening, text: Helps?, yes_when: {{said: {{by: agent, any: ['how (can|may) i (help|assist)']}}}}}}\n  \
         - {{id: care, text: Cares?, yes_when: {{said: {{by: agent, any: ['{care}']}}}}}}\n"
    )
}

/// Three calls of one day and one of the next, scored with version 1. `card` and `desk` pass by
/// it, and `bill` fails; by version 2 `card` fails, too.
fn centre() -> Place {
    let place = Place::new();
    for (id, sample) in [
        ("card", "card-lost"),
        ("bill", "bill-hold"),
        ("desk", "refund-desk"),
        ("later", "claim-warm"),
    ] {
        let from = repository().join(format!("samples/reference/{sample}.json"));
        place.write(&format!("said/{id}.json"), fs::read(from).unwrap());
    }
    write_calls(&place, DATE);
    place.write("1.yaml", rubric("courtesy", "1", "sorry"));
    place.write("2.yaml", rubric("courtesy", "2", "very sorry"));
    place.write("other.yaml", rubric("other", "1", "sorry"));
    let files: Vec<String> = ["card", "bill", "desk", "later"]
        .map(|id| format!("said/{id}.json"))
        .to_vec();
    let files = files.join(" ");
    place
        .run(&format!(
            "score {files} --calls calls.csv --out out --rubric 1.yaml"
        ))
        .exits(0);
    place
}

/// The table of calls; `desk` may be on another day.
fn write_calls(place: &Place, desk: &str) {
    let calls = [
        Call::new("card", DATE),
        Call::new("bill", DATE),
        Call::new("desk", desk).agent_channel("right"),
        Call::new("later", OTHER),
    ];
    write_table(place, &calls);
}

/// Scores all stored calls, and returns what was said.
fn score(place: &Place, rubrics: &str) -> String {
    let rubrics: Vec<String> = rubrics
        .split(' ')
        .map(|rubric| format!("--rubric {rubric}"))
        .collect();
    let command = format!("score --all --out out {}", rubrics.join(" "));
    place.run(&command).exits(0).stdout
}

/// The released and the present part of each row of a date.
fn rows(place: &Place) -> Vec<[String; 2]> {
    let shown = |row: &Row, columns: &[&str]| {
        let cell = |name: &&str| match row.cell(name) {
            Cell::Null => "-".to_string(),
            Cell::Text(text) => text.clone(),
            Cell::Bool(value) => value.to_string(),
            Cell::Int(value) => value.to_string(),
            Cell::Float(value) => value.to_string(),
            Cell::TimestampMs(_) | Cell::Date(_) => "?".to_string(),
        };
        let cells: Vec<String> = columns.iter().map(cell).collect();
        cells.join(" ")
    };
    report::rows(&place.path("out"), "releases")
        .iter()
        .filter(|row| row.date == DATE)
        .map(|row| {
            [
                shown(
                    row,
                    &[
                        "call_id",
                        "rubric",
                        "release",
                        "rubric_version",
                        "score",
                        "verdict",
                    ],
                ),
                shown(
                    row,
                    &[
                        "latest",
                        "differs",
                        "rubric_version_now",
                        "status_now",
                        "score_now",
                        "verdict_now",
                        "questions_changed",
                    ],
                ),
            ]
        })
        .collect()
}

#[test]
fn what_was_released_stays_beside_what_a_new_rubric_says() {
    let place = centre();
    place
        .run(RELEASE)
        .exits(0)
        .says("2026-03-02: 3 scores released\n");
    let first = [
        ["bill courtesy 1 1 50 fail", "true false 1 scored 50 fail -"],
        [
            "card courtesy 1 1 100 pass",
            "true false 1 scored 100 pass -",
        ],
        [
            "desk courtesy 1 1 100 pass",
            "true false 1 scored 100 pass -",
        ],
    ];
    assert_eq!(rows(&place), first);
    let rows_of_date = report::rows(&place.path("out"), "releases");
    assert_eq!(
        rows_of_date[0].text("answers"),
        r#"{"care":"no","opening":"yes"}"#
    );
    let kept = fs::read(place.path(KEPT)).unwrap();
    let table = fs::read(place.path(TABLE)).unwrap();

    // Neither releasing again nor scoring again changes a byte.
    place
        .run(RELEASE)
        .exits(0)
        .says("2026-03-02: nothing new; 3 scores released before and the same\n");
    let said = score(&place, "1.yaml");
    assert!(!said.contains("Released"), "{said}");
    assert_eq!(fs::read(place.path(KEPT)).unwrap(), kept);
    assert_eq!(fs::read(place.path(TABLE)).unwrap(), table);

    let said = score(&place, "2.yaml");
    let told = "\
\nReleased scores that differ now: 1 of 2026-03-02 (`releases` has both)
  card  courtesy  100 pass → 50 fail (care)
  If this is meant, `callibrate release --date 2026-03-02 --out out` releases them anew;
  if not, score again with the rubric or the model as it was.\n";
    assert!(said.contains(told), "{said}");
    assert_eq!(fs::read(place.path(KEPT)).unwrap(), kept);
    let now = rows(&place);
    assert_eq!(
        now.iter().map(|row| &row[0]).collect::<Vec<_>>(),
        first.iter().map(|row| row[0]).collect::<Vec<_>>()
    );
    assert_eq!(now[0][1], "true false 2 scored 50 fail -");
    assert_eq!(now[1][1], "true true 2 scored 50 fail care");

    place.run(RELEASE).exits(0).says(
        "1 score released anew, beside what they were; 2 scores released before and the same\n",
    );
    let now = rows(&place);
    assert_eq!(now.len(), 4);
    let [then, anew] = [&now[1], &now[2]];
    assert_eq!(then[0], "card courtesy 1 1 100 pass");
    assert_eq!(then[1], "false true 2 scored 50 fail care");
    assert_eq!(anew[0], "card courtesy 2 2 50 fail");
    assert_eq!(anew[1], "true false 2 scored 50 fail -");
    let table = fs::read(place.path(TABLE)).unwrap();
    assert!(!score(&place, "2.yaml").contains("Released"));
    assert_eq!(fs::read(place.path(TABLE)).unwrap(), table);

    // Back to the earlier rubric: held against what was told last.
    let said = score(&place, "1.yaml");
    assert!(
        said.contains("card  courtesy  50 fail → 100 pass (care)"),
        "{said}"
    );
}

#[test]
fn a_form_that_is_not_used_any_more_and_a_call_that_left_its_date_differ() {
    let place = centre();
    score(&place, "1.yaml other.yaml");
    place
        .run("release --date 2026-03-02 2026-03-03 --rubric other --out out")
        .exits(0)
        .says("2026-03-02: 3 scores released\n2026-03-03: 1 score released\n");
    place
        .run(RELEASE)
        .exits(0)
        .says("3 scores released; 3 scores released before and the same\n");
    place
        .run("status --out out")
        .exits(0)
        .says("The tables are up to date.");

    let said = score(&place, "1.yaml");
    let lines = "\
\nReleased scores that differ now: 3 of 2026-03-02, 1 of 2026-03-03 (`releases` has both)
  bill   other  50 fail → not scored any more\n";
    assert!(said.contains(lines), "{said}");
    assert_eq!(
        rows(&place)[1],
        ["bill other 1 1 50 fail", "true true - - - - -"]
    );
    place
        .run(RELEASE)
        .exits(0)
        .says("3 scores released before and not given any more");
    score(&place, "1.yaml other.yaml");

    write_calls(&place, OTHER);
    place
        .run("score said/desk.json --calls calls.csv --out out --rubric 1.yaml --rubric other.yaml")
        .exits(0)
        .says("differ now: 2 of 2026-03-02 (")
        .says("desk  courtesy  100 pass → not scored any more\n");
    let now = rows(&place);
    assert_eq!(now.len(), 6);
    assert_eq!(
        now[4],
        ["desk courtesy 1 1 100 pass", "true true - - - - -"]
    );
}

#[test]
fn what_cannot_be_released_is_refused_and_nothing_is_kept() {
    let place = centre();
    let refused = |arguments: &str, why: &str| {
        let said = place.run(arguments).exits(2);
        assert!(said.stderr.contains(why), "{said:#?}");
        assert!(!place.path("out/store/releases").exists());
        assert!(!place.path("out/releases").exists());
    };
    refused("release --out out", "--date");
    refused("release --date 2026-03-32 --out out", "2026-03-32");
    refused(
        "release --date 2026-03-02 --out elsewhere",
        "nothing is stored in elsewhere",
    );
    refused(
        "release --date 2026-03-02 2026-04-01 --out out",
        "release 2026-04-01: there are no published scores of it",
    );
    refused(
        "release --date 2026-03-02 --rubric helpful --out out",
        "hint: it was scored with courtesy",
    );
    place.write("out/store/stale.json", r#"["2026-03-02"]"#);
    refused(RELEASE, "its tables are older than its calls");
}
