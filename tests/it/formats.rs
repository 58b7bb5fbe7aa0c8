//! The same words in every format that recorders write.

use std::fs;

use crate::support::calls::{Call, write_table};
use crate::support::report;
use crate::support::sound::{Coding, Sound, without_extension};
use crate::support::{Place, repository};

/// What the agent says in the first nine seconds of `card-lost`.
const SAID: &str = "thank you for calling northwind bank this call may be recorded for quality \
                    purposes my name is sarah how can i help you today";
/// The end of it, which the compressed files hold.
const SAID_AT_LAST: &str = "my name is sarah how can i help you today";
/// Least share of the words that a format has to keep.
const LEAST: f64 = 0.85;

/// Share of the expected words that are there, in order (longest common subsequence).
fn share_heard(expected: &str, heard: &[String]) -> f64 {
    let expected: Vec<&str> = expected.split_whitespace().collect();
    let mut row = vec![0; heard.len() + 1];
    for word in &expected {
        let mut diagonal = 0;
        for (n, other) in heard.iter().enumerate() {
            let above = row[n + 1];
            row[n + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[n])
            };
            diagonal = above;
        }
    }
    row[heard.len()] as f64 / expected.len() as f64
}

#[track_caller]
fn assert_heard(place: &Place, id: &str, expected: &str) {
    let heard = report::words(&place.path("out"), id);
    let share = share_heard(expected, &heard);
    assert!(share >= LEAST, "{id}: {share:.2} of the words in {heard:?}");
    let most = expected.split_whitespace().count() + 3;
    assert!(heard.len() <= most, "{id}: words made up in {heard:?}");
}

fn codec(place: &Place, id: &str) -> (String, i64) {
    let rows = report::rows(&place.path("out"), "calls");
    let row = rows.iter().find(|row| row.text("call_id") == id).unwrap();
    (row.text("codec").to_string(), row.int("sample_rate_hz"))
}

#[test]
fn wav_in_all_its_codings_and_rates_gives_the_same_words() {
    let place = Place::new();
    let sound = Sound::of_sample("card-lost").cut(0, 8_500);
    let mono = Sound {
        channels: vec![sound.channels[0].clone()],
        ..sound.clone()
    };
    let files = [
        ("pcm16", sound.wav(Coding::S16), ("pcm_s16le", 8_000)),
        ("pcm24", sound.wav(Coding::S24), ("pcm_s24le", 8_000)),
        ("float", sound.wav(Coding::F32), ("pcm_f32le", 8_000)),
        ("pcm8", sound.wav(Coding::U8), ("pcm_u8", 8_000)),
        ("alaw", sound.wav(Coding::ALaw), ("pcm_alaw", 8_000)),
        ("mulaw", sound.wav(Coding::MuLaw), ("pcm_mulaw", 8_000)),
        (
            "short-alaw",
            without_extension(sound.wav(Coding::ALaw)),
            ("pcm_alaw", 8_000),
        ),
        (
            "short-mulaw",
            without_extension(sound.wav(Coding::MuLaw)),
            ("pcm_mulaw", 8_000),
        ),
        ("mono", mono.wav(Coding::S16), ("pcm_s16le", 8_000)),
        (
            "16k",
            sound.at_rate(16_000).wav(Coding::S16),
            ("pcm_s16le", 16_000),
        ),
        (
            "44k",
            sound.at_rate(44_100).wav(Coding::S16),
            ("pcm_s16le", 44_100),
        ),
        (
            "48k",
            sound.at_rate(48_000).wav(Coding::S24),
            ("pcm_s24le", 48_000),
        ),
    ];
    let mut calls = Vec::new();
    for (id, bytes, _) in &files {
        place.write(&format!("rec/{id}.wav"), bytes);
        calls.push(Call::new(id, "2026-03-02"));
    }
    write_table(&place, &calls);
    place
        .run("run rec --calls calls.csv --out out --jobs 2")
        .exits(0);
    for (id, _, (name, rate)) in files {
        assert_heard(&place, id, SAID);
        assert_eq!(codec(&place, id), (name.to_string(), rate), "{id}");
    }
}

/// Made from 5.38 to 8.48 s of `card-lost` with ffmpeg 5.1, its own encoders, LAME and libvorbis.
#[test]
fn compressed_files_give_the_same_words() {
    let place = Place::new();
    let files = [
        ("help.flac", ("flac", 8_000)),
        ("help.mp3", ("mp3", 8_000)),
        ("help.ogg", ("vorbis", 8_000)),
        ("help.m4a", ("aac", 8_000)),
    ];
    let mut calls = Vec::new();
    for (name, _) in files {
        let bytes = fs::read(repository().join("tests/fixtures").join(name)).unwrap();
        place.write(&format!("rec/{name}"), bytes);
        calls.push(Call::new(name, "2026-03-02").file(&format!("rec/{name}")));
    }
    write_table(&place, &calls);
    place
        .run("run rec --calls calls.csv --out out --jobs 2")
        .exits(0);
    for (name, (codec_name, rate)) in files {
        assert_heard(&place, name, SAID_AT_LAST);
        assert_eq!(
            codec(&place, name),
            (codec_name.to_string(), rate),
            "{name}"
        );
    }
}
