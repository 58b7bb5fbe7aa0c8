//! Transcripts of other tools, from their files to the answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::report::rows;
use crate::support::{Place, repository};

const FORM: &str = "rubric: talk
version: '1'
title: Talk
sections:
- id: s
  title: s
  weight: 1
  questions:
  - {id: recorded, text: q, yes_when: {said: {by: agent, any: [call is recorded], within: {first: 10s}}}}
  - {id: sorry, text: q, yes_when: {said: {by: agent, any: [sorry to hear], in_reply_to: {by: customer, any: [card is lost]}}}}
  - {id: sent, text: q, yes_when: {said: {by: agent, any: [send you a new card]}}}
  - {id: offered, text: q, yes_when: {said: {by: agent, any: [anything else for you]}}}
  - {id: order, text: q, yes_when: {in_order: {steps: [{by: agent, any: [how can I help]}, {by: customer, any: [is lost]}]}}}
  - {id: anyone, text: q, yes_when: {said: {by: anyone, any: [goodbye]}}}
";

const CALLS: &str = "call_id,file,agent,started_at,agent_channel,timezone,customer_name
call,call.wav,ann,2026-03-03T17:24:10,left,Europe/Berlin,Linda Harris
4111111111111111,card.wav,ann,2026-03-03T18:24:10,left,Europe/Berlin,
";

fn fixture(name: &str) -> PathBuf {
    repository().join("tests/fixtures/transcripts").join(name)
}

fn centre() -> Place {
    let place = Place::new();
    place.write("calls.csv", CALLS);
    place.write("talk.yaml", FORM);
    place
}

/// Imports files as the call `call` and scores it: answer and reason by question.
fn answers(place: &Place, files: &[&str], flags: &str) -> BTreeMap<String, (String, String)> {
    let paths: Vec<String> = files
        .iter()
        .map(|f| fixture(f).display().to_string())
        .collect();
    let to = format!("to-{}", files.concat());
    let command = format!(
        "transcript import {} --to {to} --call call --calls calls.csv {flags}",
        paths.join(" ")
    );
    place.run(&command).exits(0);
    scored(place, &format!("{to}/call.json"), &format!("out-{to}"))
}

fn scored(place: &Place, file: &str, out: &str) -> BTreeMap<String, (String, String)> {
    let command = format!("score {file} --calls calls.csv --out {out} --rubric talk.yaml");
    place.run(&command).exits(0);
    let answers = rows(&place.path(out), "answers");
    let answers = answers.iter().map(|row| {
        let answer = (
            row.text("answer").to_string(),
            row.text("reason").to_string(),
        );
        (row.text("question").to_string(), answer)
    });
    answers.collect()
}

#[test]
fn what_has_everything_is_answered_as_the_same_talk_of_our_own() {
    let place = centre();
    fs::copy(fixture("canonical.json"), place.path("call.json")).unwrap();
    let own = scored(&place, "call.json", "own");
    let given: Vec<&str> = own.values().map(|(answer, _)| answer.as_str()).collect();
    // By the ids: anyone, offered, order, recorded, sent, sorry.
    assert_eq!(given, ["yes", "no", "yes", "yes", "yes", "yes"]);
    const LENGTH: &str = "--recorded-ms 27000";
    for (files, flags) in [
        (&["deepgram.json"][..], "--language en"),
        (&["deepgram.vcon"], "--language en"),
        (
            &["deepgram-diarized.json"],
            "--language en --agent-speaker 0",
        ),
        (&["call-analytics.json"], ""),
        (&["transcribe.json"], LENGTH),
        (&["call.ctm"], "--language en --recorded-ms 27000"),
        (
            &["whisper.cpp-agent.json", "whisper.cpp-customer.json"],
            LENGTH,
        ),
        (
            &["whisperx.json"],
            "--agent-speaker SPEAKER_01 --recorded-ms 27000",
        ),
    ] {
        assert_eq!(answers(&place, files, flags), own, "{files:?}");
    }
}

#[test]
fn what_a_format_lacks_becomes_abstain_and_no_guess() {
    let place = centre();
    let told = |files: &[&str], flags: &str| {
        let mut answers = answers(&place, files, flags);
        ["recorded", "sorry", "sent", "offered", "order", "anyone"].map(|id| {
            let (answer, reason) = answers.remove(id).unwrap();
            if answer == "abstain" { reason } else { answer }
        })
    };
    let (yes, no_probs, no_times, who) = (
        "yes",
        "this transcript has no word probabilities",
        "this transcript has no word times",
        "the words were said, but a mono recording does not tell by whom",
    );
    let replies = "a mono recording does not tell who replies to whom";
    // Speakers and words, no more.
    let lens = told(&["contact-lens.json"], "");
    assert_eq!(lens, [no_times, yes, yes, no_probs, no_times, yes]);
    // Times between the words, too.
    let vtt = told(&["agent.vtt"], "--recorded-ms 27000");
    assert_eq!(vtt, [yes, yes, yes, no_probs, yes, yes]);
    // All but who speaks.
    let open = told(&["openai-verbose.json"], "");
    assert_eq!(open[0], who);
    assert_eq!(open[2..], [who, "no", who, yes]);
    let srt = told(&["speakers.srt"], "--language en");
    assert_eq!(srt[0], no_times);
    assert_eq!(
        (srt[2].as_str(), srt[3].as_str(), srt[5].as_str()),
        (who, no_probs, yes)
    );
    assert!(
        [open[1].as_str(), srt[1].as_str()]
            .iter()
            .all(|r| *r == replies || *r == who)
    );
    // A person says who is who.
    let srt = told(
        &["speakers.srt"],
        "--language en --agent-speaker speaker_01",
    );
    assert_eq!(srt, [no_times, yes, yes, no_probs, no_times, yes]);
}

#[test]
fn files_are_redacted_and_never_in_the_place_of_others() {
    let place = centre();
    let talk = fs::read_to_string(fixture("deepgram.json")).unwrap();
    let card = place.write("in/4111111111111111.wav.json", &talk);
    place.write("in/odd.json", "{\"four one\": 1}");
    let command = "transcript import in/4111111111111111.wav.json in/odd.json --to to --calls calls.csv --language en";
    let said = place.run(command).exits(1);
    assert!(
        said.stdout.contains("[card number].json: Deepgram JSON"),
        "{said:#?}"
    );
    assert!(
        said.stdout
            .contains("channel 0: channel 0 of the recording (the agent's"),
        "{said:#?}"
    );
    assert!(
        said.stderr
            .contains("failed to import in/odd.json: recognise its format"),
        "{said:#?}"
    );
    let written = fs::read_to_string(place.path("to/[card number].json")).unwrap();
    assert!(written.contains("[card number]."), "{written}");
    for text in [&written, &said.stdout, &said.stderr] {
        assert!(!text.contains("4111") && !text.contains("1980"), "{text}");
    }
    // The call is found by what is left of its id.
    let found = "score to/[card\u{a0}number].json".replace('\u{a0}', " ");
    let mut score = place.command("score --calls calls.csv --out out --rubric talk.yaml");
    score.arg(found.trim_start_matches("score "));
    crate::support::finish(score).exits(0);
    assert_eq!(rows(&place.path("out"), "calls").len(), 1);
    // Neither the source nor anything else is written over, an import is.
    place.run(command).exits(1);
    let into = "transcript import in/call.json --to in --calls calls.csv --language en";
    place.write("in/call.json", &talk);
    let said = place.run(into).exits(2);
    assert!(
        said.stderr
            .contains("another file has the name of its transcript"),
        "{said:#?}"
    );
    assert_eq!(
        fs::read_to_string(place.path("in/call.json")).unwrap(),
        talk
    );
    assert!(card.exists());
    // A CTM names its recordings, and no file is written elsewhere.
    place.write(
        "all.ctm",
        "../../up 1 0.5 0.5 hello\ncall 1 0.5 0.5 hello\n",
    );
    let said = place
        .run("transcript import all.ctm --to ctm --language en")
        .exits(1)
        .says("call.json: CTM, 1 word");
    assert!(said.stderr.contains("no name for a file"), "{said:#?}");
    assert!(
        said.stderr.contains("without a table of calls"),
        "{said:#?}"
    );
}

#[test]
fn who_the_agent_is_has_to_be_known_where_speakers_become_channels() {
    let place = centre();
    let file = fixture("call-analytics.json").display().to_string();
    let said = place
        .run(&format!("transcript import {file} --to to"))
        .exits(2);
    assert!(
        said.stderr
            .contains("--calls calls.csv, and fill in `agent_channel`"),
        "{said:#?}"
    );
    place.write("calls.csv", CALLS.replace(",left,", ",right,"));
    let said = place
        .run(&format!(
            "transcript import {file} --to to --call call --calls calls.csv"
        ))
        .exits(0);
    assert!(
        said.stdout
            .contains("channel 0: customer\n  channel 1: agent\n"),
        "{said:#?}"
    );
    let talk = fs::read_to_string(&file).unwrap();
    place.write("a/call.json", &talk);
    place.write("b/call.json", &talk);
    let two = "transcript import a/call.json b/call.json --to two --calls calls.csv";
    place.run(&format!("{two} --recorded-ms 5")).exits(2);
    let said = place.run(&format!("{two} --recorded-ms -5")).exits(2);
    assert!(said.stderr.contains("-5 is not in 1..="), "{said:#?}");
    let said = place.run(two).exits(1);
    assert!(said.stderr.contains("of the same call"), "{said:#?}");
    let said = place.run(&format!(
        "transcript import {file} --to to --calls calls.csv"
    ));
    assert!(said.exits(2).stderr.contains("has no row for this file"));
}

/// What `callibrate export` wrote.
#[test]
fn what_was_exported_is_read_again() {
    let place = centre();
    let vcon = fixture("exported.vcon").display().to_string();
    let vtt = fixture("exported.vtt").display().to_string();
    let texts = |to: &str| -> Vec<Vec<(String, i64)>> {
        let bytes = fs::read(place.path(&format!("{to}/call.json"))).unwrap();
        let read = callibrate::transcript::Transcript::from_json(&bytes, to).unwrap();
        let words = |channel: &callibrate::transcript::Channel| {
            let words = channel.segments.iter().flat_map(|s| &s.words);
            words.map(|w| (w.text.clone(), w.start_ms)).collect()
        };
        read.channels.iter().map(words).collect()
    };
    let import = |file: &str, to: &str| {
        let rest = "--call call --calls calls.csv --language en";
        place
            .run(&format!("transcript import {file} --to {to} {rest}"))
            .exits(0);
        texts(to)
    };
    let whole = import(&vcon, "vcon");
    let cues = import(&vtt, "vtt");
    let starts: Vec<(&str, i64)> = cues[1].iter().map(|(t, s)| (t.as_str(), *s)).collect();
    assert_eq!((starts[0], starts[5]), (("My", 5_000), ("-5", 10_200)));
    let words = |channels: &[Vec<(String, i64)>]| -> Vec<Vec<String>> {
        let texts = |channel: &Vec<(String, i64)>| channel.iter().map(|w| w.0.clone()).collect();
        channels.iter().map(texts).collect()
    };
    assert_eq!(words(&whole), words(&cues));
    assert_eq!(whole[1][3].0, "[phone number],");
    // A vCon of ours knows its call, whatever its file is called.
    place
        .run(&format!("transcript import {vcon} --to own"))
        .exits(0);
    assert!(place.path("own/talk.json").is_file());
}
