//! `clean`: says what no present settings need, and removes just that.

use std::fs;

use crate::support::calls::{Call, write_table};
use crate::support::stops::{DATE, RUN, centre};
use crate::support::{files_below, state};

#[test]
fn litter_is_named_first_and_removed_when_asked() {
    let place = centre(&["a", "b"]);
    place.run(RUN).exits(0);
    let mut clean = files_below(&place.path("out"));
    let all = "clean rec --calls calls.csv --out out";
    place
        .run(all)
        .exits(0)
        .says("There is nothing in out that no present settings need.");

    // A form that was tried and left, a file that a stopped run was writing, facts of an older
    // version, a transcript of a recording that is gone.
    place.write("out/store/rubrics/feed.yaml", "rubric: old");
    place.write("out/store/calls/date=2026-03-02/x.tmp", "half");
    place.write(
        "out/store/staging/calls/date=2026-03-02/part.parquet",
        "half",
    );
    place.write("out/store/facts/date=2025-01-01.json", "{}");
    let transcript = clean
        .keys()
        .find(|name| name.starts_with("store/transcripts/"));
    let transcript = transcript.unwrap();
    fs::create_dir_all(place.path("out/store/transcripts/fe")).unwrap();
    fs::copy(
        place.path("out").join(transcript),
        place.path("out/store/transcripts/fe/feed.json"),
    )
    .unwrap();
    fs::create_dir_all(place.path("out/store/calls/date=2020-01-01")).unwrap();

    let before = state(&place.path("out/store/transcripts"));
    place
        .run(all)
        .exits(0)
        .says("1 transcript, ")
        .says("1 form, ")
        .says("1 facts file, ")
        .says("2 half-written files, ")
        .says("1 empty folder")
        .says("Nothing was removed; --yes removes it.");
    assert_eq!(state(&place.path("out/store/transcripts")), before);
    // Without the recordings it cannot be told.
    place
        .run("clean --out out")
        .exits(0)
        .says("Kept: 1 transcript that no call uses");

    place
        .run(&format!("{all} --yes"))
        .exits(0)
        .says("Removed from out:");
    let mut left = files_below(&place.path("out"));
    // The lock says who held it last.
    for files in [&mut left, &mut clean] {
        files.remove("store/lock");
    }
    assert!(left == clean);
    assert!(!place.path("out/store/calls/date=2020-01-01").exists());
    place.run(RUN).exits(0).says("0 transcribed, 2 reused");
}

#[test]
fn what_a_stopped_run_had_done_stays_for_the_next() {
    let place = centre(&["a", "b"]);
    place.run(RUN).exits(0);
    // As if it had been stopped before it noted the calls.
    fs::remove_dir_all(place.path("out/store/calls")).unwrap();
    place
        .run("clean rec --calls calls.csv --out out --yes")
        .exits(0);
    place.run(RUN).exits(0).says("0 transcribed, 2 reused");

    // A recording that is gone needs none; a drive that is not there is no reason.
    fs::remove_file(place.path("rec/b.wav")).unwrap();
    write_table(&place, &[Call::new("a", DATE)]);
    fs::remove_dir_all(place.path("out/store/calls")).unwrap();
    fs::rename(place.path("rec"), place.path("away")).unwrap();
    place
        .run("clean rec --calls calls.csv --out out --yes")
        .exits(2);
    fs::rename(place.path("away"), place.path("rec")).unwrap();
    place
        .run("clean rec --calls calls.csv --out out --yes")
        .exits(0)
        .says("1 transcript, ");
}
