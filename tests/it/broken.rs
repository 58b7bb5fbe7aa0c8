//! Recordings that cannot be used: each is a row in `failures`, and the night goes on.

use std::fs;

use crate::support::calls::{Call, write_centre, write_table};
use crate::support::golden::assert_golden;
use crate::support::report::{self, Row};
use crate::support::sound::{Coding, Sound, wav_file};
use crate::support::{Place, finish, repository};

const DATE: &str = "2026-03-02";
const RUN: &str = "run rec --calls calls.csv --out out --jobs 2";

fn fixture(name: &str) -> Vec<u8> {
    fs::read(repository().join("tests/fixtures").join(name)).unwrap()
}

/// A bit of everything, and one good call among it.
fn write_bad_luck(place: &Place) {
    let speech = Sound::of_sample("refund-desk").cut(0, 6_000);
    let good = speech.wav(Coding::S16);
    let header = 44;
    place.write("rec/good.wav", &good);
    place.write(
        "rec/wrong-channel.wav",
        speech.cut(0, 3_000).wav(Coding::S16),
    );
    place.write("rec/empty.wav", "");
    place.write(
        "rec/text.wav",
        "This is a letter and no recording.\n".repeat(50),
    );
    place.write(
        "rec/cut.wav",
        &good[..header + (good.len() - header) * 3 / 4],
    );
    place.write("rec/header-only.wav", &good[..header]);
    // The recorder writes the length at the end, and has not come to it.
    let mut unfinished = good.clone();
    unfinished[40..44].copy_from_slice(&[0; 4]);
    place.write("rec/unfinished.wav", unfinished);
    place.write("rec/half-header.wav", &good[..20]);
    // GSM 6.10 in WAV, and Opus: real ones, which ffmpeg plays.
    place.write("rec/gsm.wav", fixture("gsm.wav"));
    place.write("rec/call.opus", fixture("help.opus"));
    place.write(
        "rec/no-such-codec.wav",
        wav_file(0x7777, 1, 8_000, 1, &[0x5a; 3_250]),
    );
    place.write("rec/no-rate.wav", wav_file(1, 2, 0, 2, &[0; 4_000]));
    place.write(
        "rec/forty-channels.wav",
        wav_file(1, 40, 8_000, 2, &[0; 8_000]),
    );
    place.write("rec/one-sample.wav", wav_file(1, 1, 8_000, 2, &[0, 0]));
    place.write("rec/silence.wav", Sound::silence(8_000, 2).wav(Coding::S16));
    place.write(
        "rec/noise.wav",
        Sound::noise(8_000, 2, 0.1).wav(Coding::S16),
    );
    place.write("rec/no-row.wav", &good);

    let mut calls: Vec<Call> = [
        "good",
        "empty",
        "text",
        "cut",
        "header-only",
        "half-header",
        "gsm",
        "no-rate",
        "no-such-codec",
        "forty-channels",
        "silence",
        "noise",
        "gone",
        "unfinished",
    ]
    .iter()
    .map(|id| Call::new(id, DATE))
    .collect();
    calls.push(Call::new("opus", DATE).file("rec/call.opus"));
    calls.push(Call::new("wrong-channel", DATE).agent_channel("7"));
    calls.push(Call::new("one-sample", DATE).agent_channel(""));
    write_table(place, &calls);
}

fn call<'a>(rows: &'a [Row], id: &str) -> &'a Row {
    rows.iter()
        .find(|row| row.text("call_id") == id)
        .unwrap_or_else(|| panic!("there is no row of {id}"))
}

#[test]
fn bad_recordings_are_rows_and_the_others_are_done() {
    let place = Place::new();
    write_bad_luck(&place);
    let said = place.run(RUN).exits(1);
    let out = place.path("out");

    // Each message names the file and says what to do; the first ones are shown at the end.
    let mut messages = String::new();
    for row in report::rows(&out, "failures") {
        let lines = format!(
            "  {}: {}\n      hint: {}\n",
            row.text("file"),
            row.text("message"),
            row.text("hint")
        );
        assert_ne!(row.text("hint"), "", "{lines}");
        messages += &lines;
    }
    assert_golden("failures.txt", &messages);
    let shown: String = messages
        .lines()
        .take(20)
        .map(|l| format!("{l}\n"))
        .collect();
    let listed = format!("\nFailed: 12\n{shown}  … and 2 more in the table `failures`\n");
    assert!(said.stdout.contains(&listed), "{said:#?}");
    let expected = [
        ("no-row.wav", "recording", "no_row"),
        ("rec/call.opus", "audio", "unsupported_codec"),
        ("rec/empty.wav", "audio", "empty_file"),
        ("rec/forty-channels.wav", "audio", "implausible_header"),
        ("rec/gone.wav", "recording", "file_not_found"),
        ("rec/gsm.wav", "audio", "unsupported_codec"),
        ("rec/half-header.wav", "audio", "not_audio"),
        ("rec/no-rate.wav", "audio", "implausible_header"),
        ("rec/no-such-codec.wav", "audio", "unsupported_codec"),
        ("rec/text.wav", "audio", "not_audio"),
        ("rec/unfinished.wav", "audio", "unfinished_header"),
        (
            "rec/wrong-channel.wav",
            "recording",
            "agent_channel_unknown",
        ),
    ]
    .map(|(file, stage, reason)| (file.into(), stage.into(), reason.into()));
    assert_eq!(report::failures(&out), expected);

    let calls = report::rows(&out, "calls");
    let ids: Vec<&str> = calls.iter().map(|row| row.text("call_id")).collect();
    assert_eq!(
        ids,
        [
            "cut",
            "good",
            "header-only",
            "noise",
            "one-sample",
            "silence"
        ]
    );
    assert!(call(&calls, "good").int("words") > 5);
    assert!(!call(&calls, "good").flag("truncated"));
    assert!(call(&calls, "cut").flag("truncated"));
    assert!(call(&calls, "header-only").flag("truncated"));
    assert_eq!(call(&calls, "cut").int("recorded_ms"), 4_500);
    assert!(call(&calls, "cut").int("words") > 3);
    // Nobody speaks, and nothing is made up.
    for id in ["silence", "one-sample", "header-only", "noise"] {
        assert_eq!(call(&calls, id).int("words"), 0, "{id}");
    }
    for row in report::rows(&out, "scores") {
        let silent = !["good", "cut"].contains(&row.text("call_id"));
        if silent {
            assert_eq!(
                row.text("status"),
                "not_eligible",
                "{}",
                row.text("call_id")
            );
        }
    }
}

/// What failed is tried again; what is done is not. The same failures have the same bytes.
#[test]
fn a_recording_that_was_mended_is_done_by_the_next_run() {
    let place = Place::new();
    write_centre(&place, &["a", "b"], DATE);
    let whole = fs::read(place.path("rec/b.wav")).unwrap();
    place.write("rec/b.wav", "");
    place
        .run(RUN)
        .exits(1)
        .says("1 transcribed, 0 reused, 1 failed");
    place
        .run(RUN)
        .exits(1)
        .says("0 transcribed, 1 reused, 1 failed");
    place.write("rec/b.wav", whole);
    place
        .run(RUN)
        .exits(0)
        .says("1 transcribed, 1 reused, 0 failed");
    assert_eq!(report::calls_of(&place.path("out"), DATE), ["a", "b"]);
}

/// The shortest recording comes last, so that it is sure to be waiting still.
#[test]
fn a_recording_that_vanishes_while_others_are_done_is_a_failure() {
    let place = Place::new();
    write_centre(&place, &["a", "b", "c", "d"], DATE);
    let mut running = place.start("run rec --calls calls.csv --out out --jobs 1");
    running.wait_for_call(1);
    fs::remove_file(place.path("rec/d.wav")).unwrap();
    let said = running.finish().exits(1);
    let message = "rec/d.wav: open rec/d.wav: No such file or directory";
    assert!(said.stdout.contains(message), "{said:#?}");
    let out = place.path("out");
    assert_eq!(
        report::failures(&out),
        [("rec/d.wav".into(), "audio".into(), "cannot_open".into())]
    );
    assert_eq!(report::calls_of(&out, DATE), ["a", "b", "c"]);
}

/// Files of one name in two folders are two failures, each with its own key.
#[test]
fn failures_of_two_folders_can_be_told_apart() {
    let place = Place::new();
    write_centre(&place, &["a"], DATE);
    place.write("more/x.wav", "");
    place.write("most/x.wav", "");
    place
        .run("run rec more most --calls calls.csv --out out --jobs 1")
        .exits(1);
    let mut files: Vec<String> = report::failures(&place.path("out"))
        .into_iter()
        .map(|(file, _, _)| file)
        .collect();
    files.dedup();
    assert_eq!(files.len(), 2, "{files:?}");
}

/// Needs a user who is not root, or root and `setpriv` to become another one.
#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_opened_is_a_failure() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let place = Place::new();
    write_centre(&place, &["a"], DATE);
    fs::create_dir(place.path("rec/secret")).unwrap();
    let permit = |name: &str, mode: u32| {
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    permit("rec/secret", 0o000);
    let root = fs::metadata(place.path("rec")).unwrap().uid() == 0;
    let mut command = place.command(RUN);
    if root {
        permit("", 0o777);
        let program = command.get_program().to_owned();
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        let mut other = std::process::Command::new("setpriv");
        other
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(program);
        if !other
            .arg("--version")
            .output()
            .is_ok_and(|o| o.status.success())
        {
            println!("skipped: root may open everything, and nobody else can be");
            permit("rec/secret", 0o700);
            return;
        }
        other = std::process::Command::new("setpriv");
        other
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(command.get_program())
            .args(arguments)
            .current_dir(place.path(""))
            .env("XDG_CONFIG_HOME", place.path("config"))
            .env("TZ", "UTC");
        command = other;
    }
    let said = finish(command);
    permit("rec/secret", 0o700);
    let said = said.exits(1).says("rec/secret: ");
    assert!(
        said.stdout
            .contains("hint: check its permissions; recordings below it were not looked at"),
        "{said:#?}"
    );
    let out = place.path("out");
    assert_eq!(
        report::failures(&out),
        [("rec/secret".into(), "recording".into(), "unreadable".into())]
    );
    assert_eq!(report::calls_of(&out, DATE), ["a"]);
}
