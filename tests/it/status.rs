//! `status`: what an operator reads in the morning, while a run is at work, and when something
//! is amiss.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::support::calls::{Call, write_table};
use crate::support::golden::assert_golden;
use crate::support::sound::{Coding, Sound};
use crate::support::stops::{DATE, IDS, RUN, centre};
use crate::support::{Place, Said, state};

const STATUS: &str = "status --out out";

/// Without what hangs on the clock and the size of files.
fn plain(said: &Said) -> String {
    let mut text = String::new();
    for line in said.stdout.lines() {
        if line.starts_with("  size ") {
            text += "  size     (sizes)\n";
            continue;
        }
        match (line.find(": began "), line.find("; ")) {
            (Some(from), Some(to)) => {
                text += &format!(
                    "{}: began (when and how long){}\n",
                    &line[..from],
                    &line[to..]
                );
            }
            _ => text += &format!("{line}\n"),
        }
    }
    text
}

#[test]
fn a_night_with_failures_is_told_and_nothing_is_changed() {
    let place = centre(&["a", "b"]);
    place.write("rec/text.wav", "this is no sound at all, it only says so");
    let clip = Sound::of_sample("refund-desk").cut(0, 2_000);
    place.write("rec/orphan.wav", clip.wav(Coding::S16));
    let calls: Vec<Call> = ["a", "b", "gone", "text"]
        .iter()
        .map(|id| Call::new(id, DATE))
        .collect();
    write_table(&place, &calls);
    place.run(RUN).exits(1);

    let before = state(&place.path(""));
    let said = place.run(STATUS).exits(0);
    assert_golden("status.txt", &plain(&said));
    assert_eq!(said.stderr, "");
    let json = place.run("status --out out --json").exits(0);
    assert_eq!(state(&place.path("")), before);

    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["calls"], 2);
    assert_eq!(json["dates"][0], DATE);
    assert_eq!(json["runs"][0]["command"], "run");
    assert_eq!(json["runs"][0]["failures"].as_array().unwrap().len(), 3);
    assert_eq!(json["transcripts"]["count"], 2);
}

#[test]
fn an_empty_folder_is_no_error_and_one_that_is_missing_is() {
    let place = Place::new();
    fs::create_dir(place.path("out")).unwrap();
    place
        .run(STATUS)
        .exits(0)
        .says("Nothing is stored in out yet");
    assert_eq!(
        place.run("status --out out --json").exits(0).stdout,
        "null\n"
    );
    assert_eq!(fs::read_dir(place.path("out")).unwrap().count(), 0);
    let said = place.run("status --out elsewhere").exits(2);
    assert!(said.stderr.contains("there is no such folder"), "{said:#?}");
    place.run("status").exits(2);
}

#[test]
fn what_was_moved_or_added_since_is_missing_from_the_tables() {
    let place = centre(&["a", "b", "c"]);
    let all = [Call::new("a", DATE), Call::new("b", DATE)];
    write_table(&place, &all);
    place
        .run("run rec/a.wav rec/b.wav --calls calls.csv --out out --jobs 2")
        .exits(0);
    place
        .run(STATUS)
        .exits(0)
        .says("stored   2 calls of 2026-03-02\n")
        .says("The tables are up to date.");

    let moved = [
        Call::new("a", DATE),
        Call::new("b", "2026-03-03"),
        Call::new("c", DATE),
    ];
    write_table(&place, &moved);
    let transcribe = "transcribe rec --calls calls.csv --out out --jobs 2";
    place.run(transcribe).exits(0);
    let said = place.run(STATUS).exits(0);
    let said = said
        .says("stored   3 calls from 2026-03-02 to 2026-03-03, on 2 days\n")
        .says("Last `transcribe`: ")
        .says("tables are older than the calls of 2026-03-02: the next `run` or `score`")
        .says("no tables yet, or not all, of 2026-03-03: `callibrate score` makes them");
    assert!(!said.stdout.contains("up to date"), "{said:#?}");

    place.run("score --out out").exits(0);
    place
        .run(STATUS)
        .exits(0)
        .says("Last `transcribe`: ")
        .says("Last `score`: ")
        .says("The tables are up to date.");

    // Added to a date whose tables are there.
    place.write("rec/d.wav", fs::read(place.path("rec/a.wav")).unwrap());
    write_table(&place, &[Call::new("d", DATE)]);
    place
        .run("transcribe rec/d.wav --calls calls.csv --out out")
        .exits(0);
    place
        .run(STATUS)
        .exits(0)
        .says("stored and not in the tables: 1 call of 2026-03-02.");
}

#[test]
fn what_is_left_over_missing_or_damaged_is_named() {
    let place = centre(&["a", "b"]);
    place.run(RUN).exits(0);
    let shelves = place.path("out/store/transcripts");
    let first = walkdir::WalkDir::new(&shelves)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .find(|entry| entry.file_type().is_file());
    fs::rename(first.unwrap().path(), shelves.join("nobody.json")).unwrap();
    place.write("out/store/calls/date=2026-03-02/torn.json", "{");
    fs::write(shelves.join("nobody.json"), vec![b' '; 1500]).unwrap();
    place
        .run(STATUS)
        .exits(0)
        .says("no call uses 1 transcript (1.5 kB). A run that was stopped left them")
        .says("the transcript is missing: 1 call of 2026-03-02.")
        .says("callibrate failed to understand out/store/calls/date=2026-03-02/torn.json: ");

    place.write("out/store/publish.json", r#"{"moves":[],"removals":[]}"#);
    place
        .run(STATUS)
        .exits(0)
        .says("a run was stopped while it published: the next `run` or `score` completes it");
}

#[cfg(target_os = "linux")]
#[test]
fn it_may_be_asked_while_a_run_is_at_work() {
    let place = centre(&IDS);
    let mut running = place.start("run rec --calls calls.csv --out out --jobs 1");
    running.wait_for_call(1);
    let holder = format!("a run is at work (process {})", running.id());
    place
        .run(STATUS)
        .exits(0)
        .says(&holder)
        .says("2026-03-02: the run at work makes them")
        .says("No run has come to its end here yet.");
    running.finish().exits(0);
    place.run(STATUS).exits(0).says("no run is at work");
}

/// Sets when a file was changed, in seconds from now.
fn set_time(path: &Path, seconds: u64) {
    let time = SystemTime::now() + Duration::from_secs(seconds);
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

#[test]
fn calibration_that_is_older_than_what_it_rests_on_is_named() {
    let place = centre(&["a"]);
    place.run("run rec --calls calls.csv --out out").exits(0);
    place.write(
        "callibrate.toml",
        "out = 'out'\nratings = ['r.csv']\noutcomes = 'o.csv'\n",
    );
    let ratings = place.write("r.csv", "");
    place
        .run("status")
        .exits(0)
        .says("ratings are named, and there are no tables of calibration");

    // Its time is all that is looked at.
    let made = place.write("out/calibration/agreement/part.parquet", "");
    set_time(&made, 60);
    place
        .run("status")
        .exits(0)
        .says("To know\n  - o.csv: named for calibration, and not there\n");
    place.write("o.csv", "");
    place
        .run("status")
        .exits(0)
        .says("The tables are up to date.");
    set_time(&ratings, 120);
    let answers = place.path("out/answers/date=2026-03-02/part.parquet");
    set_time(&answers, 120);
    place
        .run("status")
        .exits(0)
        .says("calibration is older than the answers of 2026-03-02: `callibrate calibrate`")
        .says("calibration is older than r.csv: `callibrate calibrate`");
}
