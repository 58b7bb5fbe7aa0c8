//! Calls that come late, move to another day, or were about to be published.

use std::collections::BTreeSet;
use std::fs;

use crate::support::calls::{Call, write_centre, write_recordings, write_table};
use crate::support::report::{self, calls_of, part};
use crate::support::{Place, files_below};

const RUN: &str = "run rec --calls calls.csv --out out --jobs 2";

/// Dates in which a call stands, in every table of calls.
fn dates_with(place: &Place, id: &str) -> BTreeSet<String> {
    ["calls", "words", "metrics", "scores"]
        .into_iter()
        .flat_map(|table| report::rows(&place.path("out"), table))
        .filter(|row| row.text("call_id") == id)
        .map(|row| row.date)
        .collect()
}

fn only(date: &str) -> BTreeSet<String> {
    BTreeSet::from([date.to_string()])
}

#[test]
fn a_straggler_joins_the_calls_of_its_date() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], "2026-03-02");
    place.run(RUN).exits(0);
    // The straggler comes alone: the others are not even named any more.
    write_recordings(&place, &["a", "b", "late"]);
    write_table(&place, &[Call::new("late", "2026-03-02")]);
    place
        .run("run rec/late.wav --calls calls.csv --out out --jobs 2")
        .exits(0)
        .says("1 recording, 0.00 hours: 1 transcribed, 0 reused, 0 failed");
    assert_eq!(
        calls_of(&place.path("out"), "2026-03-02"),
        ["a", "b", "late"]
    );
}

#[test]
fn a_call_that_moves_to_another_date_leaves_the_first() {
    let place = Place::new();
    let out = place.path("out");
    write_centre(&place, &["a", "b"], "2026-03-02");
    place.run(RUN).exits(0);

    let moved = [Call::new("a", "2026-03-02"), Call::new("b", "2026-03-05")];
    write_table(&place, &moved);
    place.run(RUN).exits(0).says("0 transcribed, 2 reused");
    assert_eq!(dates_with(&place, "a"), only("2026-03-02"));
    assert_eq!(dates_with(&place, "b"), only("2026-03-05"));

    // The last call leaves, and with it the date.
    let moved = [Call::new("a", "2026-03-05"), Call::new("b", "2026-03-05")];
    write_table(&place, &moved);
    place.run(RUN).exits(0);
    assert_eq!(calls_of(&out, "2026-03-05"), ["a", "b"]);
    assert_eq!(report::dates(&out, "calls"), only("2026-03-05"));
    assert_eq!(report::dates(&out, "evidence"), only("2026-03-05"));
}

/// `transcribe` takes the call out of its old date, and `score` publishes.
#[test]
fn a_call_that_moved_while_nothing_was_published_leaves_its_old_date_later() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], "2026-03-02");
    place.run(RUN).exits(0);

    let moved = [Call::new("a", "2026-03-05"), Call::new("b", "2026-03-05")];
    write_table(&place, &moved);
    place
        .run("transcribe rec --calls calls.csv --out out --jobs 2")
        .exits(0);
    place.run("score --out out").exits(0);
    assert_eq!(dates_with(&place, "a"), only("2026-03-05"));
    assert_eq!(dates_with(&place, "b"), only("2026-03-05"));
}

/// The calls are stored, and then the run fails: without room on the disk, say, or here without a
/// place for the tables. The next run is about another recording.
#[test]
fn what_a_failed_run_stored_is_published_by_the_next_one() {
    let place = Place::new();
    write_recordings(&place, &["a", "b", "c", "d", "e"]);
    let first = "2026-03-02";
    let calls = |dates: [&str; 5]| -> Vec<Call> {
        let ids = ["a", "b", "c", "d", "e"];
        ids.iter()
            .zip(dates)
            .map(|(id, date)| Call::new(id, date))
            .collect()
    };
    write_table(&place, &calls([first; 5]));
    place
        .run("run rec/a.wav rec/b.wav --calls calls.csv --out out --jobs 2")
        .exits(0);

    // One moves to another date, and two are new.
    let dates = [first, "2026-03-05", "2026-03-06", "2026-03-06", first];
    write_table(&place, &calls(dates));
    let mut failing =
        place.start("run rec/b.wav rec/c.wav rec/d.wav --calls calls.csv --out out --jobs 1");
    failing.wait_for_call(1);
    let in_the_way = place.write("out/store/staging", "no folder");
    let said = failing.finish();
    assert_ne!(said.code, Some(0), "{said:#?}");
    fs::remove_file(in_the_way).unwrap();

    place
        .run("run rec/e.wav --calls calls.csv --out out --jobs 2")
        .exits(0);
    for (id, date) in ["a", "b", "c", "d", "e"].into_iter().zip(dates) {
        assert_eq!(dates_with(&place, id), only(date), "{id}");
    }
}

/// Stored elsewhere and not published there yet, it is at least gone from where it was.
#[test]
fn a_call_that_moved_without_being_published_leaves_its_old_date_with_the_next_run() {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c"], "2026-03-02");
    place
        .run("run rec/a.wav rec/b.wav --calls calls.csv --out out --jobs 2")
        .exits(0);
    write_table(
        &place,
        &[
            Call::new("a", "2026-03-02"),
            Call::new("b", "2026-03-05"),
            Call::new("c", "2026-03-09"),
        ],
    );
    place
        .run("transcribe rec/b.wav --calls calls.csv --out out --jobs 2")
        .exits(0);
    place
        .run("run rec/c.wav --calls calls.csv --out out --jobs 2")
        .exits(0);
    assert_eq!(dates_with(&place, "a"), only("2026-03-02"));
    assert_eq!(dates_with(&place, "b"), BTreeSet::new());
    place.run("score --out out").exits(0);
    assert_eq!(dates_with(&place, "b"), only("2026-03-05"));
}

/// A stop between two renames: some tables are published, the others wait aside, and the
/// journal tells of all.
#[test]
fn a_publication_that_was_stopped_halfway_is_completed() {
    let place = Place::new();
    let out = place.path("out");
    write_recordings(&place, &["a", "b"]);
    let calls = [Call::new("a", "2026-03-02"), Call::new("b", "2026-03-05")];
    write_table(&place, &calls);
    place.run(RUN).exits(0);
    let before = report::published(&out);

    let staging = out.join("store/staging");
    for table in ["answers", "scores", "words"] {
        let target = part(&staging, table, "2026-03-02");
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::rename(part(&out, table, "2026-03-02"), target).unwrap();
    }
    place.write(
        "out/calls/date=1999-01-01/part.parquet",
        "of calls that have moved",
    );
    let moves = ["answers", "calls", "scores", "words"]
        .map(|table| format!("\"{table}/date=2026-03-02/part.parquet\""))
        .join(",");
    let journal =
        format!(r#"{{"moves":[{moves}],"removals":["calls/date=1999-01-01/part.parquet"]}}"#);
    place.write("out/store/publish.json", journal);

    // Any command completes it first. This one is about another date.
    place.run("score --out out --date 2026-03-05").exits(0);
    let after = report::published(&out);
    let of_the_date =
        |files: &std::collections::BTreeMap<String, Vec<u8>>| -> Vec<(String, Vec<u8>)> {
            files
                .iter()
                .filter(|(name, _)| name.contains("2026-03-02"))
                .map(|(name, bytes)| (name.clone(), bytes.clone()))
                .collect()
        };
    assert_eq!(of_the_date(&after), of_the_date(&before));
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    assert!(!out.join("store/publish.json").exists());
    assert!(!staging.exists());
}

/// A stop before the journal: nothing of it is published.
#[test]
fn tables_that_were_staged_without_a_journal_are_thrown_away() {
    let place = Place::new();
    let out = place.path("out");
    write_centre(&place, &["a"], "2026-03-02");
    place.run(RUN).exits(0);
    let before = report::published(&out);
    place.write(
        "out/store/staging/calls/date=2026-03-02/part.parquet",
        "half a table",
    );
    place.run("score --out out").exits(0);
    assert_eq!(report::published(&out), before);
    assert!(!out.join("store/staging").exists());
    let left: Vec<String> = files_below(&out)
        .into_keys()
        .filter(|name| name.ends_with(".tmp") || name.contains("staging"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}
