//! Repeat contacts and promises of the sample calls, on what was truly said.

use callibrate::report::Cell;

use crate::support::report::{self, Row};
use crate::support::samples;

fn row_of<'a>(rows: &'a [Row], call_id: &str) -> &'a Row {
    let of_call = |row: &&Row| row.text("call_id") == call_id;
    rows.iter().find(of_call).expect("every call has its row")
}

/// The cells of some columns; `-` where there is nothing.
fn cells(row: &Row, columns: &[&str]) -> Vec<String> {
    let shown = |column: &&str| match row.cell(column) {
        Cell::Null => "-".to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        other => panic!("{column}: {other:?}"),
    };
    columns.iter().map(shown).collect()
}

const BACKWARD: [&str; 7] = [
    "repeat_of",
    "days_since",
    "repeat_1d",
    "repeat_7d",
    "repeat_30d",
    "same_matter",
    "promised_call_back",
];
const FORWARD: [&str; 3] = ["led_to_repeat_1d", "led_to_repeat_7d", "led_to_repeat_30d"];

#[test]
fn the_outage_is_called_about_again_and_then_the_centre_calls_back_as_promised() {
    let rows = report::rows(&samples::reference().out, "contacts");
    assert_eq!(rows.len(), 20);
    let backward = |call: &str| cells(row_of(&rows, call), &BACKWARD);
    let forward = |call: &str| cells(row_of(&rows, call), &FORWARD);
    // The store begins three days before this call.
    assert_eq!(
        backward("outage-rushed"),
        ["-", "-", "false", "-", "-", "-", "false"]
    );
    // It ends four weeks after it.
    assert_eq!(forward("outage-rushed"), ["false", "true", "-"]);
    assert_eq!(
        backward("outage-again"),
        [
            "outage-rushed",
            "3",
            "false",
            "true",
            "true",
            "true",
            "false"
        ]
    );
    assert_eq!(forward("outage-again"), ["false", "false", "-"]);
    assert_eq!(
        backward("voicemail"),
        ["-", "-", "false", "false", "false", "true", "true"]
    );
    assert_eq!(forward("voicemail"), ["false", "false", "-"]);
}

#[test]
fn a_call_about_another_matter_is_no_repeat() {
    let rows = report::rows(&samples::reference().out, "contacts");
    assert_eq!(
        cells(row_of(&rows, "lamp-silence"), &BACKWARD),
        ["-", "-", "false", "false", "-", "false", "false"]
    );
    assert_eq!(
        cells(row_of(&rows, "refund-desk"), &FORWARD),
        ["false", "false", "-"]
    );
}

#[test]
fn the_promised_call_back_is_kept_and_the_next_one_is_not_seen() {
    let rows = report::rows(&samples::reference().out, "promises");
    let call_backs: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| row.text("kind") == "call_back")
        .filter(|row| ["outage-again", "voicemail"].contains(&row.text("call_id")))
        .map(|row| {
            cells(
                row,
                &["call_id", "party", "hedged", "due", "state", "seen_in"],
            )
        })
        .collect();
    assert_eq!(
        call_backs,
        [
            [
                "outage-again",
                "agent",
                "false",
                "2026-03-10T18:00:00",
                "kept",
                "voicemail"
            ],
            [
                "voicemail",
                "agent",
                "false",
                "2026-03-11T12:00:00",
                "not_seen",
                "-"
            ],
        ]
    );
}
