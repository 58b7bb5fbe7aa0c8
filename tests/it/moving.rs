//! Inputs that change under a run: recordings that grow, are cut or replaced, tables and rubrics
//! that are written anew or vanish. What was read counts; what does not fit it is a failure.
#![cfg(target_os = "linux")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::Place;
use crate::support::calls::{Call, write_centre, write_table};
use crate::support::faults::{EACCES, EIO, Fault};
use crate::support::finish;
use crate::support::report;
use crate::support::sound::{Coding, Sound};

const DATE: &str = "2026-03-02";
const RUN: &str = "run rec --calls calls.csv --out out --jobs 1";

fn failed(id: &str, stage: &str, reason: &str) -> (String, String, String) {
    (format!("rec/{id}.wav"), stage.into(), reason.into())
}

/// After the plan was made, and before it is their turn.
#[test]
fn recordings_that_change_after_the_plan_are_failures_and_done_by_the_next_run() {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c", "d", "e"], DATE);
    let whole = |id: &str| fs::read(place.path(&format!("rec/{id}.wav"))).unwrap();
    let (other, cut, grown) = (whole("a"), whole("d"), whole("e"));
    let mut running = place.start(RUN);
    running.wait_for_call(1);
    place.write("rec/c.wav", &other);
    place.write("rec/d.wav", &cut[..cut.len() / 2]);
    let more = Sound::of_sample("refund-desk").cut(8_000, 18_000);
    place.write("rec/e.wav", more.wav(Coding::S16));
    let said = running.finish().exits(1);
    assert!(
        said.stdout
            .contains("rec/e.wav: transcribe rec/e.wav: it changed while it was being read"),
        "{said:#?}"
    );
    let out = place.path("out");
    let changed = |id| failed(id, "audio", "changed_while_read");
    assert_eq!(report::failures(&out), ["c", "d", "e"].map(changed));
    assert_eq!(report::calls_of(&out, DATE), ["a", "b"]);

    // `c` has the sound of `a` now, which is known.
    place
        .run(RUN)
        .exits(0)
        .says("2 transcribed, 3 reused, 0 failed");
    let calls = report::rows(&out, "calls");
    let lengths: Vec<i64> = calls.iter().map(|row| row.int("recorded_ms")).collect();
    let cut_ms = ((cut.len() / 2 - 44) / 32) as i64;
    assert_eq!(lengths, [9_000, 8_800, 9_000, cut_ms, 10_000]);
    assert!(calls.iter().any(|row| row.flag("truncated")));
    // As it was, it is known, too, if it was ever heard; this one never was.
    place.write("rec/e.wav", grown);
    place
        .run(RUN)
        .exits(0)
        .says("1 transcribed, 4 reused, 0 failed");
}

/// A recorder that keeps its header right, and one that leaves it open, at work all the time.
#[test]
fn a_recording_that_is_still_growing_is_left_for_the_next_run() {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c"], DATE);
    let all = Sound::of_sample("refund-desk");
    let at_work = AtomicBool::new(true);
    let unfinished = {
        let mut bytes = all.cut(0, 2_000).wav(Coding::S16);
        bytes[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        bytes
    };
    place.write("rec/c.wav", &unfinished);
    thread::scope(|scope| {
        scope.spawn(|| {
            let grow = |id: &str| {
                OpenOptions::new()
                    .append(true)
                    .open(place.path(id))
                    .unwrap()
            };
            let (mut b, mut c) = (grow("rec/b.wav"), grow("rec/c.wav"));
            while at_work.load(Ordering::SeqCst) {
                b.write_all(&[0; 320]).unwrap();
                c.write_all(&[0; 320]).unwrap();
                thread::sleep(Duration::from_millis(2));
            }
        });
        let said = place.run(RUN);
        at_work.store(false, Ordering::SeqCst);
        said.exits(1);
    });
    let out = place.path("out");
    let expected = [
        failed("b", "audio", "changed_while_read"),
        failed("c", "audio", "unfinished_header"),
    ];
    assert_eq!(report::failures(&out), expected);
    let finished = all.cut(0, 3_000).wav(Coding::S16);
    place.write("rec/c.wav", finished);
    place
        .run(RUN)
        .exits(0)
        .says("2 transcribed, 1 reused, 0 failed");
}

/// The drive of a recording fails in the middle: what could be read is no whole recording.
#[test]
fn a_recording_that_cannot_be_read_to_its_end_is_not_taken_for_a_short_one() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], DATE);
    let sound = Sound::of_sample("refund-desk");
    place.write("rec/b.wav", sound.cut(0, 12_000).wav(Coding::S16));
    place.write("rec/c.wav", sound.cut(0, 50_000).wav(Coding::MuLaw));
    write_table(&place, &["a", "b", "c"].map(|id| Call::new(id, DATE)));
    let with = |calls, from, error, file: &str| {
        let fault = Fault {
            calls,
            from,
            until: 0,
            error,
        };
        let mut command = place.command(RUN);
        fault.load(&mut command, &place.path(file), &place.path("log"));
        finish(command).exits(1)
    };
    let out = place.path("out");
    // The plan reads in larger pieces than the decoder, and does not come to this one.
    for id in ["b", "c"] {
        let said = with("read", 30, EIO, &format!("rec/{id}.wav"));
        let message = format!("rec/{id}.wav: Input/output error (os error 5)");
        assert!(said.stdout.contains(&message), "{said:#?}");
        let failures = report::failures(&out);
        let [(file, stage, reason)] = &failures[..] else {
            panic!("{failures:?}");
        };
        assert_eq!((file, stage.as_str()), (&format!("rec/{id}.wav"), "audio"));
        assert!(reason.starts_with("cannot_"), "{reason}");
        fs::remove_dir_all(&out).unwrap();
    }
    // As of another user, whom root is not.
    let said = with("open", 1, EACCES, "rec/c.wav");
    let message = "rec/c.wav: cannot be read: Permission denied";
    assert!(said.stdout.contains(message), "{said:#?}");
    let hint = "hint: check that the file is still there and that you may read it";
    assert!(said.stdout.contains(hint), "{said:#?}");
}

/// Each is read once, at the start.
#[test]
fn tables_settings_and_rubrics_may_change_once_the_run_has_begun() {
    let undisturbed = Place::new();
    let prepare = |place: &Place| {
        write_centre(place, &["a", "b", "c"], DATE);
        let rubric = callibrate::rubric::BUILT_IN[0].1;
        place.write("mine.yaml", rubric);
        place.write(
            "c.toml",
            "recordings = ['rec']\ncalls = 'calls.csv'\nout = 'out'\nrubrics = ['mine.yaml']\njobs = 1\n",
        );
    };
    let run = "run --config c.toml";
    prepare(&undisturbed);
    undisturbed.run(run).exits(0);
    for vanish in [true, false] {
        let place = Place::new();
        prepare(&place);
        let mut running = place.start(run);
        running.wait_for_call(1);
        for file in ["calls.csv", "mine.yaml", "c.toml"] {
            match vanish {
                true => fs::remove_file(place.path(file)).unwrap(),
                false => drop(place.write(file, "call_id,fi")),
            }
        }
        running.finish().exits(0);
        report::assert_same_bytes(&undisturbed.path("out"), &place.path("out"));
    }
}

/// The model is read by the parent and by each child.
#[test]
fn a_model_that_changes_between_two_children_is_noticed() {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c"], DATE);
    let packed = crate::support::repository().join("models/callibrate-demo-en-q5_0.bin.zst");
    let model = zstd::decode_all(fs::File::open(packed).unwrap()).unwrap();
    place.write("m.bin", &model);
    let mut running = place.start(&format!("{RUN} --model m.bin"));
    running.wait_for_call(1);
    // Another model with the same shape: one weight is different.
    let mut other = model;
    let last = other.len() - 1;
    other[last] ^= 1;
    place.write("m.bin", other);
    let worker = crate::support::process::children(running.id())[0];
    crate::support::process::signal("KILL", worker);
    let said = running.finish().exits(2);
    let message = "its file changed since the run began\n";
    assert!(said.stderr.contains(message), "{said:#?}");
}
