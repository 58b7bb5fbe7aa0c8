//! `retry`: what failed and may pass now is done, what would fail again stays in the record, and
//! nothing else is touched.

use std::fs;

use crate::support::calls::{Call, write_recordings, write_table};
use crate::support::report::{self, calls_of};
use crate::support::stops::{DATE, RUN, centre};

const RETRY: &str = "retry rec --calls calls.csv --out out --jobs 2";

#[test]
fn what_may_pass_is_tried_and_the_rest_is_kept() {
    let place = centre(&["a"]);
    place
        .run(RETRY)
        .exits(0)
        .says("Nothing to try again: nothing failed in the last run.");
    place.write("rec/text.wav", "this is no sound at all, it only says so");
    let calls: Vec<Call> = ["a", "gone", "missing", "text"]
        .iter()
        .map(|id| Call::new(id, DATE))
        .collect();
    write_table(&place, &calls);
    let orphan = place.write("rec/orphan.wav", "no row");
    place.run(RUN).exits(1).says("4 failed");

    // Two are mended: a recording has come, and a row. One is new, and not for `retry`.
    write_recordings(&place, &["a", "gone", "orphan", "new"]);
    assert!(orphan.is_file());
    let calls: Vec<Call> = ["a", "gone", "missing", "text", "orphan", "new"]
        .iter()
        .map(|id| Call::new(id, DATE))
        .collect();
    write_table(&place, &calls);
    place
        .run(&format!("{RETRY} --dry-run"))
        .exits(0)
        .says("recordings  2 files");
    place
        .run(RETRY)
        .exits(1)
        .says("4 recordings")
        .says("2 transcribed, 0 reused, 2 failed");
    let out = place.path("out");
    assert_eq!(calls_of(&out, DATE).len(), 3);
    place
        .run("status --out out")
        .exits(0)
        .says("Last `retry`: ")
        .says("; some recordings failed")
        .says("rec/missing.wav")
        .says("rec/text.wav");

    // What is left: one may pass, one only if its file has changed.
    let sound = fs::read(place.path("rec/a.wav")).unwrap();
    fs::write(place.path("rec/missing.wav"), &sound).unwrap();
    place
        .run(RETRY)
        .exits(1)
        .says("0 transcribed, 1 reused, 1 failed");
    place
        .run(RETRY)
        .exits(0)
        .says("Nothing to try again: 1 failure of the last run would fail as before");
    fs::write(place.path("rec/text.wav"), &sound).unwrap();
    place
        .run(RETRY)
        .exits(0)
        .says("0 transcribed, 1 reused, 0 failed");
    assert_eq!(calls_of(&out, DATE).len(), 5);
    place.run(RUN).exits(0).says("1 transcribed, 5 reused");
    // All as if nothing had ever failed.
    let fresh = centre(&[]);
    crate::support::copy_folder(&place.path("rec"), &fresh.path("rec"));
    write_table(&fresh, &calls);
    fresh.run(RUN).exits(0);
    fs::remove_dir_all(out.join("failures")).unwrap();
    fs::remove_dir_all(fresh.path("out/failures")).unwrap();
    report::assert_same_bytes(&out, &fresh.path("out"));
}

#[test]
fn quarantined_recordings_are_tried_only_when_asked() {
    let place = centre(&["a", "b"]);
    place.run(RUN).exits(0);
    // As a run leaves a recording that ended its worker twice.
    let runs = place.path("out/store/failures");
    let date = fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    let file = fs::read_dir(&date).unwrap().next().unwrap().unwrap().path();
    fs::write(
        &file,
        r#"[{"file":"rec/b.wav","call_id":"b","stage":"worker","reason":"killed_the_recogniser","message":"it ended the recogniser twice","hint":null}]"#,
    )
    .unwrap();
    let transcripts = place.path("out/store/transcripts");
    let keys: Vec<String> = walkdir::WalkDir::new(&transcripts)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.file_name().to_str().unwrap().to_string())
        .collect();
    for key in &keys {
        let failure =
            r#"{"stage":"worker","reason":"killed_the_recogniser","message":"","hint":null}"#;
        place.write(&format!("out/store/quarantine/{key}"), failure);
    }
    place
        .run(RETRY)
        .exits(0)
        .says("Nothing to try again: 1 failure");
    place
        .run(&format!("{RETRY} --quarantined"))
        .exits(0)
        .says("1 recording");
    let left = fs::read_dir(place.path("out/store/quarantine"))
        .unwrap()
        .count();
    assert_eq!(left, 1);
}
