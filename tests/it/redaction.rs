//! What must not be written is written nowhere: not in tables, the store or messages.

use std::path::Path;

use callibrate::report::Cell;

use crate::support::report::{self, stated};
use crate::support::{files_below, repository, samples};

/// The card number of `card-payment` and the account numbers of `card-payment` and `bill-hold`.
const SECRETS: [&str; 3] = ["4111111111111111", "20417755", "38112764"];
/// So many digits of one, in a row, are as bad as all: recognisers lose some.
const TELLING: usize = 6;

const DIGITS: [(&str, char); 11] = [
    ("zero", '0'),
    ("oh", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
];

/// Runs of digits, said or written, whatever stands between them: words without a digit end one.
fn digit_runs(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for token in text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|t| !t.is_empty())
    {
        let spoken = DIGITS
            .iter()
            .find(|(word, _)| *word == token)
            .map(|(_, digit)| digit.to_string());
        match spoken.or_else(|| {
            token
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| token.to_string())
        }) {
            Some(digits) => runs.last_mut().unwrap().push_str(&digits),
            None => runs.push(String::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[track_caller]
fn assert_clean(place: &str, text: &str) {
    for run in digit_runs(text) {
        for secret in SECRETS {
            for from in 0..=secret.len() - TELLING {
                let part = &secret[from..from + TELLING];
                assert!(
                    !run.contains(part),
                    "{place} holds {part} of {secret}: {run}"
                );
            }
        }
    }
    for secret in SECRETS {
        assert!(!text.contains(secret), "{place} holds {secret}");
    }
}

/// All texts of a table, column by column. Words follow each other as they were said, so that a
/// number that is spread over several shows.
fn texts(out: &Path, table: &str) -> String {
    let mut all = String::new();
    let columns = stated()
        .into_iter()
        .find(|t| t.name == table)
        .unwrap()
        .columns;
    let rows = report::rows(out, table);
    for column in columns {
        let between = match (table, column.name) {
            ("words", "text") => " ",
            _ => " and ",
        };
        for row in &rows {
            if let Cell::Text(text) = row.cell(column.name) {
                all += between;
                all += text;
            }
        }
    }
    all
}

#[track_caller]
fn assert_report_clean(run: &samples::SampleRun) {
    for table in stated() {
        assert_clean(table.name, &texts(&run.out, table.name));
    }
    for (name, bytes) in files_below(&run.out) {
        assert_clean(&format!("the name {name}"), &name);
        // Compressed tables were read above; text in them must not be legible either way.
        let text = String::from_utf8_lossy(&bytes);
        assert_clean(&name, &text);
        if name.ends_with(".json") && name.starts_with("store/transcripts/") {
            let transcript = callibrate::transcript::Transcript::from_json(&bytes, &name).unwrap();
            for channel in transcript.channels {
                let words = channel.segments.iter().flat_map(|segment| &segment.words);
                let text: Vec<&str> = words.map(|word| word.text.as_str()).collect();
                assert_clean(&name, &text.join(" "));
            }
        }
    }
    assert_clean("standard output", &run.said.stdout);
    assert_clean("standard error", &run.said.stderr);
}

#[test]
fn the_digits_are_found_where_they_are() {
    for text in [
        "4111 1111 1111 1111",
        "four one one one, one one one one",
        "It is 4111-1111",
        "my number 3811 2764 please",
        "two oh four one seven seven five five",
    ] {
        let found = std::panic::catch_unwind(|| assert_clean("here", text));
        assert!(found.is_err(), "{text}");
    }
    assert_clean("here", "555-0142, then 4111 and 1111 apart");
    // The samples do hold them, or the tests below would prove nothing.
    let dialogues = std::fs::read_to_string(repository().join("samples/dialogues.json")).unwrap();
    assert!(
        dialogues.contains("4111 1111 1111 1111")
            && dialogues.contains("20417755")
            && dialogues.contains("38112764")
    );
}

#[test]
fn no_number_of_a_card_or_account_is_written_by_a_run() {
    let run = samples::one_job();
    assert_report_clean(run);
    assert_redacted(&run.out);
}

/// The references hold the numbers as they were said.
#[test]
fn no_number_of_a_card_or_account_is_written_from_other_tools_transcripts() {
    let run = samples::reference();
    assert_report_clean(run);
    assert_redacted(&run.out);
}

/// Placeholders stand in place of them.
#[track_caller]
fn assert_redacted(out: &Path) {
    let words = report::rows(out, "words");
    let count = |id: &str, kind: &str| {
        words
            .iter()
            .filter(|row| row.text("call_id") == id && row.text("redacted_kind") == kind)
            .count()
    };
    assert_eq!(
        count("card-payment", "card_number"),
        2,
        "said, and read back"
    );
    assert_eq!(count("card-payment", "account_number"), 1);
    assert_eq!(count("bill-hold", "account_number"), 1);
    assert_eq!(count("pay-keypad", "card_number"), 0);
}
