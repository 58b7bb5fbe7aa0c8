//! `--redact-audio`: copies to listen to, in which nothing can be heard that is masked. What is
//! silent by which rule is tested beside it; here is what a person finds in the folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use callibrate::redaction::mute::{self, WordTimes};
use callibrate::transcript::{Redacted, RedactedKind, Span, Transcript};

use crate::support::calls::{Call, SHORT_IDS, short_centre, write_recordings, write_table};
use crate::support::report::{self, Row};
use crate::support::sound::Sound;
use crate::support::{Place, copy_folder, files_below, repository, state};

const RUN: &str = "run rec --calls calls.csv --out out --redact-audio muted";

/// `card-payment` and a call in which nothing is masked.
fn payment() -> Place {
    let place = Place::new();
    write_recordings(&place, &["plain"]);
    let sample = fs::read(repository().join("samples/calls/card-payment.wav")).unwrap();
    place.write("rec/in/card-payment.wav", sample);
    let payment = Call::new("payment", "2026-03-02").file("rec/in/card-payment.wav");
    write_table(&place, &[payment, Call::new("plain", "2026-03-03")]);
    place
}

/// The files below a folder of copies, but for the one that tells whose it is.
fn copied(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_below(folder);
    files.remove(".callibrate");
    files
}

/// Names of all copies.
fn copies(place: &Place) -> Vec<String> {
    copied(&place.path("muted")).into_keys().collect()
}

/// The channels on which a placeholder has to be silent in a stereo recording.
fn silent_on(row: &Row) -> Vec<usize> {
    match row.text("kind") {
        "card_number" | "security_code" | "card_expiry" | "passcode" => vec![0, 1],
        _ => vec![row.int("channel") as usize],
    }
}

/// What is to be silent in each recording, by channel.
fn stretches(out: &Path) -> BTreeMap<String, Vec<Vec<Span>>> {
    let calls = report::rows(out, "calls");
    let stored = files_below(&out.join("store/transcripts")).into_iter();
    stored
        .map(|(name, bytes)| {
            let transcript = Transcript::from_json(&bytes, &name).unwrap();
            let of = |row: &&Row| Some(row.text("audio_key")) == transcript.audio.key.as_deref();
            let file = calls.iter().find(of).unwrap().text("file").to_string();
            (file, mute::stretches(&transcript, WordTimes::Aligned))
        })
        .collect()
}

#[test]
fn what_is_masked_is_silent_in_the_copy_and_the_rest_is_as_it_was() {
    let place = payment();
    let out = place.path("out");
    place
        .run(&format!("{RUN} --dry-run"))
        .exits(0)
        .says("copies      with silence in place of what is masked, to muted\n");
    assert!(!place.path("muted").exists());
    let said = place.run(RUN).exits(0);
    let said = said.says("1 recording holds card data: see the table card_data.\n");
    said.says("/muted: 2 made, 0 as before.");
    assert_eq!(copies(&place), ["rec/in/card-payment.wav", "rec/plain.wav"]);
    let all = report::rows(&out, "redactions");
    let (masked, others): (Vec<&Row>, Vec<&Row>) =
        all.iter().partition(|row| row.text("call_id") == "payment");
    assert!(
        masked
            .iter()
            .any(|row| row.text("kind") == "account_number")
    );
    let stretches = stretches(&out);
    for name in ["rec/in/card-payment.wav", "rec/plain.wav"] {
        let (was, is) = (place.path(name), place.path("muted").join(name));
        let (was, is) = (Sound::of_wav(&was), Sound::of_wav(&is));
        assert_eq!(was.rate_hz, is.rate_hz, "{name}");
        assert_eq!(was.channels.len(), is.channels.len(), "{name}");
        let masked = if name.contains("card") {
            &masked
        } else {
            &others
        };
        for (channel, stretches) in stretches[name].iter().enumerate() {
            let at = |ms: i64| (ms.max(0) * i64::from(was.rate_hz) / 1000) as usize;
            let spans = |wider_ms: i64| -> Vec<std::ops::Range<usize>> {
                let here = masked
                    .iter()
                    .filter(|row| silent_on(row).contains(&channel));
                let span = |row: &&Row| {
                    at(row.int("start_ms") - wider_ms)..at(row.int("end_ms") + wider_ms)
                };
                here.map(span).collect()
            };
            let silent = spans(200);
            let may_be: Vec<_> = stretches
                .iter()
                .map(|span| at(span.start_ms - 10)..at(span.end_ms + 10))
                .collect();
            let (was, is) = (&was.channels[channel], &is.channels[channel]);
            assert_eq!(was.len(), is.len(), "{name}");
            for (n, (was, is)) in was.iter().zip(is).enumerate() {
                if silent.iter().any(|span| span.contains(&n)) {
                    assert_eq!(*is, 0.0, "{name}, channel {channel}, sample {n}");
                } else if !may_be.iter().any(|span| span.contains(&n)) {
                    assert_eq!(was, is, "{name}, channel {channel}, sample {n}");
                }
            }
        }
    }
    let told = report::rows(&out, "card_data");
    let [row] = &told[..] else {
        panic!("{told:#?}");
    };
    assert_eq!(row.text("call_id"), "payment");
    assert_eq!(row.int("card_numbers"), 2, "said, and read back");
    assert_eq!(row.text("muted_copy"), "rec/in/card-payment.wav");

    // Who listens to the copy hears no number any more.
    let again = Place::new();
    let copy = fs::read(place.path("muted/rec/in/card-payment.wav")).unwrap();
    again.write("rec/payment.wav", copy);
    write_table(&again, &[Call::new("payment", "2026-03-02")]);
    again.run("run rec --calls calls.csv --out out").exits(0);
    let heard = report::rows(&again.path("out"), "words");
    assert!(heard.len() > 50);
    for masked in masked {
        let within = |row: &&Row| {
            silent_on(masked).contains(&(row.int("channel") as usize))
                && row.int("start_ms") >= masked.int("start_ms")
                && row.int("end_ms") <= masked.int("end_ms")
        };
        assert_eq!(heard.iter().find(within), None);
    }
    let digits = heard.iter().filter(|row| row.int("channel") == 0);
    let digits = digits.filter(|row| row.int("start_ms") < 48_000);
    let digits: Vec<&str> = digits.map(|row| row.text("text")).collect();
    let has_digit =
        |text: &&&str| text.contains(|c: char| c.is_ascii_digit()) && !text.contains('$');
    assert_eq!(digits.iter().find(has_digit), None, "{digits:?}");
}

#[cfg(unix)]
#[test]
fn copies_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    write_recordings(&place, &["a"]);
    write_table(&place, &[Call::new("a", "2026-03-02")]);
    place.run(RUN).exits(0);
    let mode = |name: &str| {
        let mode = fs::metadata(place.path(name)).unwrap().permissions().mode();
        mode & 0o777
    };
    assert_eq!(mode("muted"), 0o700);
    assert_eq!(mode("muted/rec"), 0o700);
    assert_eq!(mode("muted/rec/a.wav"), 0o600);
}

#[test]
fn only_what_changed_is_made_again() {
    let place = Place::new();
    write_recordings(&place, &["a", "b"]);
    let calls = ["a", "b"].map(|id| Call::new(id, "2026-03-02"));
    write_table(&place, &calls);
    // Transcribed in an earlier night.
    place.run("run rec --calls calls.csv --out out").exits(0);
    assert!(!place.path("muted").exists());
    place.run(RUN).exits(0).says("/muted: 2 made, 0 as before.");
    let before = state(&place.path("muted/rec"));
    place.run(RUN).exits(0).says("/muted: 0 made, 2 as before.");
    assert!(state(&place.path("muted/rec")) == before, "made again");

    // A copy that lost its end, and one of which the redactor finds more by now.
    let cut = fs::OpenOptions::new()
        .write(true)
        .open(place.path("muted/rec/b.wav"));
    cut.unwrap().set_len(1_000).unwrap();
    let (start_ms, end_ms) = mask_a_word(&place, "a");
    place.run(RUN).exits(0).says("/muted: 2 made, 0 as before.");
    let after = copied(&place.path("muted"));
    assert_eq!(after.keys().collect::<Vec<_>>(), ["rec/a.wav", "rec/b.wav"]);
    let whole = fs::read(place.path("rec/b.wav")).unwrap();
    assert_eq!(after["rec/b.wav"].len(), whole.len());
    let copy = Sound::of_wav(&place.path("muted/rec/a.wav"));
    for channel in copy.cut(start_ms, end_ms).channels {
        assert!(channel.iter().all(|sample| *sample == 0.0));
    }
}

/// Makes a word in the stored transcript of a call a passcode. Returns when it is said.
fn mask_a_word(place: &Place, id: &str) -> (u32, u32) {
    let key = fs::read(place.path(&format!("rec/{id}.wav"))).unwrap();
    let key = blake3::hash(&key).to_hex().to_string();
    let out = place.path("out");
    let stored: BTreeMap<String, Vec<u8>> = files_below(&out.join("store/transcripts"));
    let (name, mut transcript) = stored
        .into_iter()
        .map(|(name, bytes)| (name, Transcript::from_json(&bytes, "").unwrap()))
        .find(|(_, transcript)| transcript.audio.key.as_ref() == Some(&key))
        .unwrap();
    let mut segments = transcript.channels.iter_mut().flat_map(|c| &mut c.segments);
    let word = &mut segments.next().unwrap().words[0];
    word.redacted = Some(Redacted::of(RedactedKind::Passcode, 0));
    let at = (word.start_ms as u32, word.end_ms as u32);
    place.write(
        &format!("out/store/transcripts/{name}"),
        transcript.to_json(),
    );
    at
}

#[test]
fn no_name_leads_out_of_the_folder_and_one_failure_costs_one_copy() {
    let place = Place::new();
    write_recordings(&place, &["a", "b", "c", "d"]);
    let card = "4111 1111 1111 1111";
    place.write("far/a.wav", fs::read(place.path("rec/a.wav")).unwrap());
    place.write("far/link/b.wav", fs::read(place.path("rec/b.wav")).unwrap());
    place.write(
        &format!("far/{card}.wav"),
        fs::read(place.path("rec/c.wav")).unwrap(),
    );
    let files = [
        "../far/a.wav",
        "../far/link/b.wav",
        &format!("../far/{card}.wav"),
    ];
    let calls: Vec<Call> = ["a", "b", "c"]
        .iter()
        .zip(files)
        .map(|(id, file)| Call::new(id, "2026-03-02").file(file))
        .collect();
    write_table(&place, &calls);
    fs::create_dir(place.path("table")).unwrap();
    fs::rename(place.path("calls.csv"), place.path("table/calls.csv")).unwrap();
    fs::create_dir_all(place.path("muted/far")).unwrap();
    fs::create_dir(place.path("elsewhere")).unwrap();
    // A file of somebody else, and a link that leads out.
    place.write("muted/far/a.wav", "not ours");
    #[cfg(unix)]
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("muted/far/link")).unwrap();

    let night = "run --calls table/calls.csv --out out --redact-audio muted";
    let said = place.run(night).exits(1);
    assert!(!format!("{said:?}").contains(card));
    let failed = report::failures(&place.path("out"));
    let [(file, stage, reason)] = &failed[..] else {
        panic!("{failed:?}");
    };
    assert_eq!(
        (&**file, &**stage, &**reason),
        ("../far/link/b.wav", "copy", "link_in_the_way")
    );
    assert_eq!(files_below(&place.path("elsewhere")), BTreeMap::new());
    // The call keeps its score.
    assert_eq!(report::calls_of(&place.path("out"), "2026-03-02").len(), 3);
    let names = copies(&place);
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0].starts_with("far/[card number]-"), "{names:?}");
    assert_eq!(
        fs::read(place.path("muted/far/a.wav")).unwrap(),
        b"not ours"
    );
    assert!(names[1].starts_with("far/a-"), "{names:?}");

    fs::remove_file(place.path("muted/far/link")).unwrap();
    place
        .run("retry --calls table/calls.csv --out out --redact-audio muted")
        .exits(0);
    assert!(place.path("muted/far/link/b.wav").is_file());
}

#[test]
fn a_folder_that_cannot_be_used_is_told_before_anything_is_done() {
    let place = Place::new();
    write_recordings(&place, &["a"]);
    write_table(&place, &[Call::new("a", "2026-03-02")]);
    place.write("file", "");
    let refused = |folder: &str, message: &str| {
        let night = format!("run rec --calls calls.csv --out out --redact-audio {folder}");
        let said = place.run(&night).exits(2);
        assert!(said.stderr.contains(message), "{said:#?}");
        assert!(said.stderr.contains("hint: name a folder"), "{said:#?}");
        assert!(!place.path("out/calls").exists());
    };
    refused("file/copies", "write muted copies to file/copies: ");
    refused("rec/copies", "recordings are looked for there");
    refused(".", "the output folder lies in it");
    for folder in ["out", "out/store/muted", "out/calls"] {
        refused(folder, "it lies in the output folder");
    }
    assert!(!place.path("out").exists());
    #[cfg(unix)]
    {
        fs::create_dir(place.path("real")).unwrap();
        std::os::unix::fs::symlink(place.path("real"), place.path("out")).unwrap();
        refused("real/copies", "it lies in the output folder");
        fs::remove_file(place.path("out")).unwrap();
    }
    let before = state(&place.path("rec"));
    refused("rec", "recordings are looked for there");
    assert!(state(&place.path("rec")) == before, "touched");
    assert!(!place.path("rec/copies").exists());
    let said = place
        .run("run --calls calls.csv --out out --redact-audio rec")
        .exits(2);
    assert!(said.stderr.contains("rec/a.wav lies there"), "{said:#?}");
    assert_eq!(files_below(&place.path("rec")).len(), 1);
}

#[test]
fn forgotten_calls_take_their_copies_along() {
    let place = Place::new();
    let ids = ["a", "b", "c", "d"];
    write_recordings(&place, &ids);
    let dates = ["2026-03-02", "2026-03-08", "2026-03-09", "2026-03-09"];
    let calls: Vec<Call> = ids
        .iter()
        .zip(dates)
        .map(|(id, date)| Call::new(id, date))
        .collect();
    write_table(&place, &calls);
    place.run(RUN).exits(0);
    // One that a stopped run was writing.
    place.write("muted/rec/b.wav.part", "half");
    place
        .run("forget --call b --out out")
        .exits(0)
        .says("Removed from the folder of copies: 1 muted recording.\n");
    assert_eq!(copies(&place), ["rec/a.wav", "rec/c.wav", "rec/d.wav"]);
    place.run(RUN).exits(0).says("/muted: 0 made, 3 as before.");

    place.write(
        "callibrate.toml",
        "retention_days = 3\nredact_audio = 'muted'\n",
    );
    place.run("run rec --calls calls.csv --out out").exits(0);
    assert_eq!(copies(&place), ["rec/c.wav", "rec/d.wav"]);
    assert_eq!(records(&place.path("out")), 2);

    // What is known of a copy of a call that is not there any more.
    let forgotten = files_below(&place.path("out/store/calls"));
    let of_c = forgotten
        .iter()
        .find(|(_, bytes)| String::from_utf8_lossy(bytes).contains("\"call_id\":\"c\""));
    fs::remove_file(place.path("out/store/calls").join(of_c.unwrap().0)).unwrap();
    place
        .run("clean --out out --yes")
        .exits(0)
        .says("muted copies of calls that are gone");
    assert_eq!(copies(&place), ["rec/d.wav"]);
}

#[test]
fn a_copy_on_a_drive_that_is_away_goes_when_it_is_back() {
    let place = Place::new();
    write_recordings(&place, &["a", "b"]);
    let calls = ["a", "b"].map(|id| Call::new(id, "2026-03-02"));
    write_table(&place, &calls);
    place.run(RUN).exits(0);
    let out = place.path("out");
    fs::rename(place.path("muted"), place.path("away")).unwrap();
    let said = place.run("forget --call b --out out").exits(0);
    let left = |stderr: &str| stderr.contains("muted/rec/b.wav");
    assert!(left(&said.stderr), "{said:#?}");
    let is_left = |name: &&String| name.starts_with("store/muted/left/");
    let record = || {
        let stored = files_below(&out);
        let left = stored.iter().filter(|(name, _)| is_left(name));
        left.map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(record().len(), 1);
    place
        .run("status --out out")
        .exits(0)
        .says("1 muted copy has to go and could not be removed");
    for command in ["clean --out out --yes", "redact --out out", RUN] {
        // The run makes a new folder in its place.
        let said = place.run(command).exits(0);
        assert!(left(&said.stderr), "{command}: {said:#?}");
        assert_eq!(record().len(), 1, "{command}");
    }
    assert_eq!(copies(&place), ["rec/a.wav"]);
    let said = place.run("score --out out").exits(0);
    assert!(left(&said.stderr), "{said:#?}");

    fs::rename(place.path("muted"), place.path("other")).unwrap();
    fs::rename(place.path("away"), place.path("muted")).unwrap();
    assert_eq!(copies(&place), ["rec/a.wav", "rec/b.wav"]);
    let said = place.run("score --out out").exits(0);
    assert!(
        said.stderr
            .contains("1 muted copy that could not be reached"),
        "{said:#?}"
    );
    assert_eq!(copies(&place), ["rec/a.wav"]);
    assert_eq!(record(), [""; 0]);
}

#[test]
fn copies_in_which_too_much_is_heard_go_as_soon_as_more_is_masked() {
    let place = payment();
    let out = place.path("out");
    place.write("callibrate.toml", "[redaction]\naccount_number = 'keep'\n");
    place.run(RUN).exits(0);
    let named = || {
        let told = report::rows(&out, "card_data");
        told[0].text("muted_copy").to_string()
    };
    assert_eq!(named(), "rec/in/card-payment.wav");
    fs::remove_file(place.path("callibrate.toml")).unwrap();
    place
        .run("redact --out out")
        .exits(0)
        .says("\n1 muted copy was removed, because more is masked now; the next run with --redact-audio makes it again.\n");
    assert_eq!(copies(&place), ["rec/plain.wav"]);
    assert_eq!(named(), "");
    place.run(RUN).exits(0).says("/muted: 1 made, 1 as before.");
    assert_eq!(named(), "rec/in/card-payment.wav");
}

#[test]
fn a_copy_of_the_output_folder_removes_no_copies_of_the_first() {
    let place = Place::new();
    write_recordings(&place, &["a"]);
    write_table(&place, &[Call::new("a", "2026-03-02")]);
    place.run(RUN).exits(0);
    copy_folder(&place.path("out"), &place.path("second"));
    let second = RUN.replace("--out out", "--out second");
    let said = place.run(&second).exits(2);
    assert!(
        said.stderr.contains("belong to another output folder"),
        "{said:#?}"
    );
    let said = place.run("forget --call a --out second").exits(0);
    assert!(
        said.stderr.contains("belongs to another output folder"),
        "{said:#?}"
    );
    assert_eq!(copies(&place), ["rec/a.wav"]);
    place
        .run("forget --call a --out out")
        .exits(0)
        .says("Removed from the folder of copies: 1 muted recording.\n");
    assert_eq!(copies(&place), [""; 0]);
}

#[test]
fn a_run_that_is_killed_leaves_nothing_half_that_the_next_does_not_mend() {
    let place = short_centre();
    place.run("run rec --calls calls.csv --out out").exits(0);
    let mut delay = std::time::Duration::from_millis(5);
    let mut kills = 0;
    loop {
        let mut running = place.start(RUN);
        std::thread::sleep(delay);
        running.kill();
        if running.finish().code.is_some() {
            break;
        }
        kills += 1;
        delay += std::time::Duration::from_millis(15);
    }
    assert!(kills > 0);
    place.run(RUN).exits(0).says("/muted: 0 made, 5 as before.");
    assert_eq!(records(&place.path("out")), 5);
    let copies = copied(&place.path("muted"));
    let names = SHORT_IDS.map(|id| format!("rec/{id}.wav"));
    assert_eq!(
        copies.keys().collect::<Vec<_>>(),
        names.iter().collect::<Vec<_>>()
    );
    let whole = RUN.replace("muted", "whole");
    place.run(&whole).exits(0).says("/whole: 5 made");
    let whole = copied(&place.path("whole"));
    for (name, copy) in copies {
        assert!(copy == whole[&name], "{name}");
    }
}

/// How many calls have a record of copies.
fn records(out: &Path) -> usize {
    files_below(out)
        .keys()
        .filter(|name| name.starts_with("store/muted/"))
        .count()
}
