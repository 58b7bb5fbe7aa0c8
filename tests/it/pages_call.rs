//! The pages of calls, as `report` makes them of stored calls: what can be heard from them, and
//! what cannot. What is on a page is tested beside it.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use callibrate::redaction::mute::{self, WordTimes};
use callibrate::transcript::{Span, Transcript};

use crate::support::calls::{Call, write_recordings, write_table};
use crate::support::report;
use crate::support::samples;
use crate::support::sound::Sound;
use crate::support::{Place, Said, copy_folder, files_below, repository};

/// The stored samples with their recordings, and settings that ask for excerpts.
fn samples_at_hand() -> Place {
    let place = Place::new();
    copy_folder(&samples::one_job().out, &place.path("out"));
    copy_folder(&repository().join("samples/calls"), &place.path("calls"));
    fs::copy(
        repository().join("samples/calls.csv"),
        place.path("calls.csv"),
    )
    .unwrap();
    place.write(
        "callibrate.toml",
        "out = 'out'\nrecordings = ['calls']\ncalls = 'calls.csv'\n[pages]\nexcerpts = true\n",
    );
    place
}

fn page(place: &Place, name: &str) -> String {
    // `/` is escaped, which browsers take back.
    let html = fs::read_to_string(place.path("out/pages").join(name)).unwrap();
    html.replace("&#x2f;", "/")
}

/// Start and content of each excerpt of a page.
fn clips(place: &Place, page: &str) -> Vec<(i64, Sound)> {
    let mut clips = Vec::new();
    for piece in page.split("<audio id=\"clip-").skip(1) {
        let start_ms = piece.split('"').next().unwrap().parse().unwrap();
        let (_, content) = piece.split_once("base64,").unwrap();
        let wav = BASE64_STANDARD
            .decode(content.split('"').next().unwrap())
            .unwrap();
        let sound = Sound::of_wav(&place.write("clip.wav", wav));
        assert_eq!(sound.rate_hz, 8_000);
        clips.push((start_ms, sound));
    }
    clips
}

/// The stretches that must not be heard of a call, by channel.
fn masked(out: &Path, call_id: &str) -> Vec<Vec<Span>> {
    let calls = report::rows(out, "calls");
    let call = calls
        .iter()
        .find(|row| row.text("call_id") == call_id)
        .unwrap();
    let stored = files_below(&out.join("store/transcripts"));
    let transcripts = stored
        .iter()
        .map(|(name, bytes)| Transcript::from_json(bytes, name).unwrap());
    let mut transcripts = transcripts;
    let of = |t: &Transcript| t.audio.key.as_deref() == Some(call.text("audio_key"));
    mute::stretches(&transcripts.find(of).unwrap(), WordTimes::Aligned)
}

/// Asserts that nothing masked is heard in excerpts, that something masked lies in them, and that
/// the rest is heard.
#[track_caller]
fn assert_silent_where_masked(clips: &[(i64, Sound)], masked: &[Vec<Span>]) {
    let (mut silenced, mut heard) = (0, 0);
    for (start_ms, sound) in clips {
        for (samples, masked) in sound.channels.iter().zip(masked) {
            for (frame, sample) in samples.iter().enumerate() {
                let at_ms = start_ms + frame as i64 / 8;
                // What is converted rings a little at the edges.
                let is_masked = |s: &Span| s.start_ms + 40 < at_ms && at_ms < s.end_ms - 40;
                if masked.iter().any(is_masked) {
                    assert!(sample.abs() < 0.002, "{sample} at {at_ms} ms");
                    silenced += 1;
                } else if sample.abs() > 0.05 {
                    heard += 1;
                }
            }
        }
    }
    assert!(silenced > 8_000, "only {silenced} samples are masked");
    assert!(heard > 8_000, "only {heard} samples are heard");
}

#[test]
fn excerpts_hold_the_moments_and_are_silent_where_words_are_masked() {
    let place = samples_at_hand();
    place.run("report --call card-payment").exits(0);
    let html = page(&place, "call/card-payment.html");
    let clips = clips(&place, &html);
    assert!(!clips.is_empty());
    assert_silent_where_masked(&clips, &masked(&place.path("out"), "card-payment"));
    // Each button has its sound.
    for button in html.split("data-play=\"").skip(1) {
        let sound = button.split('"').next().unwrap();
        assert!(html.contains(&format!("<audio id=\"{sound}\"")), "{sound}");
    }
    let blind = page(&place, "blind/card-payment.html");
    assert!(!blind.contains("<audio") && !blind.contains("data-play=\""));
    // A form may name anybody as an example.
    let lower = blind.to_lowercase();
    let (_, body) = lower.split_once("</style>").unwrap();
    let (body, _) = body.split_once("id=\"sheet\"").unwrap();
    for telling in ["emma", "price", "harbour", "2026-04-01"] {
        assert!(!body.contains(telling), "{telling}");
    }
}

#[test]
fn another_recording_of_the_name_is_never_played() {
    let place = samples_at_hand();
    fs::copy(
        place.path("calls/bill-hold.wav"),
        place.path("calls/card-lost.wav"),
    )
    .unwrap();
    fs::remove_file(place.path("calls/refund-desk.wav")).unwrap();
    let said: Said = place
        .run("report --call card-lost --call refund-desk --call card-payment")
        .exits(0);
    assert!(
        said.stderr
            .contains("2 calls have no excerpts; their pages say why"),
        "{said:#?}"
    );
    let changed = page(&place, "call/card-lost.html");
    assert!(changed.contains("not the one any more that the words were taken from"));
    let missing = page(&place, "call/refund-desk.html");
    assert!(missing.contains("was not at hand when this page was made"));
    for html in [changed, missing] {
        assert!(!html.contains("<audio") && !html.contains("data-play=\""));
    }
    assert!(page(&place, "call/card-payment.html").contains("<audio id=\"clip-"));
}

#[test]
fn muted_copies_are_linked_and_cut_from_only_where_they_are_as_they_were_made() {
    let place = Place::new();
    write_recordings(&place, &["plain"]);
    let sample = fs::read(repository().join("samples/calls/card-payment.wav")).unwrap();
    place.write("rec/in/card-payment.wav", sample);
    let payment = Call::new("payment", "2026-03-02").file("rec/in/card-payment.wav");
    write_table(&place, &[payment, Call::new("plain", "2026-03-03")]);
    place
        .run("run rec --calls calls.csv --out out --redact-audio muted")
        .exits(0);
    place.write(
        "pages.toml",
        "out = 'out'\nrecordings = ['rec']\ncalls = 'calls.csv'\n[pages]\nexcerpts = true\n\
         recordings = '../../muted'\n",
    );
    fs::remove_dir_all(place.path("rec")).unwrap();
    place
        .run("report --config pages.toml --call payment")
        .exits(0);
    let html = page(&place, "call/payment.html");
    assert_silent_where_masked(
        &clips(&place, &html),
        &masked(&place.path("out"), "payment"),
    );
    let address = "src=\"../../../muted/rec/in/card-payment.wav\"";
    assert!(html.contains(address));
    // Names are silent in it, so who rates may hear it, too.
    let blind = page(&place, "blind/payment.html");
    assert!(blind.contains(address) && !blind.contains("id=\"clip-"));
    let copy = place.path("muted/rec/in/card-payment.wav");
    let mut bytes = fs::read(&copy).unwrap();
    bytes.truncate(bytes.len() - 2);
    fs::write(&copy, bytes).unwrap();
    place
        .run("report --config pages.toml --call payment")
        .exits(0);
    assert!(!page(&place, "call/payment.html").contains("id=\"clip-"));
}

#[test]
fn a_prefix_that_runs_is_refused() {
    let place = Place::new();
    for prefix in [
        "javascript:alert(1)//",
        "//elsewhere/calls",
        "data:audio/wav;base64,",
    ] {
        place.write(
            "callibrate.toml",
            format!("out = 'out'\n[pages]\nrecordings = '{prefix}'\n"),
        );
        let said = place.run("report").exits(2);
        assert!(
            said.stderr
                .contains("(`pages.recordings` in callibrate.toml)"),
            "{said:#?}"
        );
        assert!(said.stderr.contains("hint: name the folder"), "{said:#?}");
    }
}
