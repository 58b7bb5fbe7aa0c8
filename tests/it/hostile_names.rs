//! File names and ids that would steer a terminal, turn its text round or break a line: what is
//! said about them is harmless, and the tables hold them as they are. And links that lead out of
//! the folder.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::report::{self, rows};
use crate::support::sound::{Coding, Sound};
use crate::support::{Place, Said};

const DATE: &str = "2026-03-02";

/// What names begin with; they end alike, with a time that a pattern can read.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> = [
        "new\nline",
        "a\r\nhint: none\u{85}\u{2028}",
        "tab\tbell\u{7}",
        "say \"it\", 'so' \\ back\\\\slash",
        "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J",
        "right\u{202e}tfel\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}",
        "-dash --out x",
        " blank  blank ",
    ]
    .map(str::to_string)
    .to_vec();
    let longest = 255 - ending(names.len()).len();
    names.push("x".repeat(longest));
    names
}

fn ending(n: usize) -> String {
    format!("_{DATE}T09-{n:02}-00.wav")
}

fn names() -> Vec<String> {
    let names = hostile().into_iter().enumerate();
    names.map(|(n, name)| name + &ending(n)).collect()
}

/// Recordings with these names, one that is none, and one whose name is no text.
fn place() -> Place {
    let place = Place::new();
    let sound = Sound::of_sample("refund-desk");
    for (n, name) in names().iter().enumerate() {
        let from = 1_000 * n as u32;
        let clip = sound.cut(from, from + 3_000);
        place.write(&format!("rec/{name}"), clip.wav(Coding::S16));
    }
    place.write(&format!("rec/{BROKEN}"), "no sound at all ".repeat(9));
    let not_text = OsStr::from_bytes(b"caf\xe9\x1b_2026-03-02T10-00-00.wav");
    fs::write(
        place.path("rec").join(not_text),
        sound.cut(0, 500).wav(Coding::S16),
    )
    .unwrap();
    place
}

const BROKEN: &str = "broken\u{1b}[5m\n\u{202e}_2026-03-02T11-00-00.wav";
/// The name that is no text, as tables have it.
const NOT_TEXT: &str = "caf\\xE9\u{1b}_2026-03-02T10-00-00.wav";
const AGENT: &str = "ann \u{202e}\u{1b}[1m";

fn write_table(place: &Place) {
    let mut table = csv::Writer::from_writer(Vec::new());
    let head = "call_id,file,agent,started_at,agent_channel,timezone";
    table.write_record(head.split(',')).unwrap();
    let ids = (0..).map(|n| format!("c\u{1b}[2J\u{202e}{n}"));
    let mut files = names();
    files.push(BROKEN.to_string());
    for (id, file) in ids.zip(files) {
        let file = format!("rec/{file}");
        let row = [&id, &file, AGENT, "2026-03-02 09:00", "left", "UTC"];
        table.write_record(row).unwrap();
    }
    place.write("calls.csv", table.into_inner().unwrap());
}

/// Asserts that nothing which was said steers a terminal.
#[track_caller]
fn harmless(said: Said) -> Said {
    for text in [&said.stdout, &said.stderr] {
        let steers = |c: char| c != '\n' && callibrate::log::steers(c);
        assert!(!text.chars().any(steers), "{said:#?}");
    }
    said
}

/// The log, line by line.
#[track_caller]
fn events(said: &Said) -> Vec<Value> {
    let lines = said.stderr.lines();
    lines
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            for field in ["time", "level", "event", "message"] {
                assert!(event[field].is_string(), "{line}");
            }
            event
        })
        .collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|e| e["event"] == name).collect()
}

#[track_caller]
fn column(place: &Place, table: &str, column: &str) -> BTreeSet<String> {
    let rows = rows(&place.path("out"), table);
    rows.iter()
        .map(|row| row.text(column).to_string())
        .collect()
}

#[test]
fn names_in_a_table_of_calls() {
    let place = place();
    write_table(&place);
    let run = "run rec --calls calls.csv --out out";
    let text = harmless(place.run(run).exits(1));
    let broken = "broken\\u{1b}[5m\\n\\u{202e}_2026-03-02T11-00-00.wav";
    assert!(text.stdout.contains(broken), "{text:#?}");
    assert!(text.stdout.contains("caf\\xE9\\u{1b}_"), "{text:#?}");
    assert!(text.stderr.contains("c\\u{1b}[2J\\u{202e}0: 3 s heard\n"));
    assert_eq!(text.stderr.lines().count(), names().len() + 1);

    let files: BTreeSet<String> = names().iter().map(|name| format!("rec/{name}")).collect();
    assert_eq!(column(&place, "calls", "file"), files);
    assert_eq!(
        column(&place, "calls", "agent"),
        BTreeSet::from([AGENT.to_string()])
    );
    let failed = report::failures(&place.path("out"));
    let reasons: Vec<(&str, &str)> = failed.iter().map(|f| (&*f.0, &*f.2)).collect();
    let of_broken = format!("rec/{BROKEN}");
    assert_eq!(reasons[0], (NOT_TEXT, "name_not_text"));
    assert_eq!(reasons[1].0, of_broken);

    let json = harmless(place.run(&format!("{run} --log json")).exits(1));
    let events = events(&json);
    assert_eq!(events[0]["event"], "started");
    assert_eq!(events.last().unwrap()["exit_code"], 1);
    let [call_failed] = named(&events, "call_failed")[..] else {
        panic!("{events:#?}")
    };
    assert_eq!(call_failed["file"], *of_broken);
    assert_eq!(
        call_failed["call_id"],
        *format!("c\u{1b}[2J\u{202e}{}", names().len())
    );
    let failures: Vec<&Value> = named(&events, "failure")
        .iter()
        .map(|e| &e["file"])
        .collect();
    assert_eq!(failures, [NOT_TEXT, &of_broken]);

    harmless(place.run(&format!("{run} --dry-run")).exits(0)).says("caf\\xE9\\u{1b}_");
    harmless(place.run("score --out out").exits(0));
    harmless(place.run("status --out out").exits(0)).says(broken);
    let status = harmless(place.run("status --out out --json").exits(0));
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    let runs = status["runs"].as_array().unwrap().iter();
    let mut failures = runs.flat_map(|run| run["failures"].as_array().unwrap());
    assert!(failures.any(|f| f["file"] == *of_broken), "{status:#?}");
}

#[test]
fn names_that_a_pattern_reads() {
    let place = place();
    place.write(
        "callibrate.toml",
        "out = 'out'\nrecordings = ['rec']\ntimezone = 'UTC'\nlog = 'json'\n[file_names]\n\
         pattern = '(?s)^(?P<agent>.+)_(?P<started_at>[^_]+)[.]wav$'\n\
         defaults = {agent_channel = 'left'}\n",
    );
    let said = harmless(place.run("run").exits(1));
    events(&said);
    let trimmed = |names: Vec<String>| names.iter().map(|n| n.trim().to_string()).collect();
    assert_eq!(
        column(&place, "calls", "file"),
        names().into_iter().collect()
    );
    assert_eq!(column(&place, "calls", "agent"), trimmed(hostile()));
    let ids: Vec<String> = names().iter().map(|n| n.replace(".wav", "")).collect();
    assert_eq!(column(&place, "calls", "call_id"), trimmed(ids));
    assert!(column(&place, "failures", "file").contains(NOT_TEXT));
    harmless(place.run("run --log text").exits(1));
}

#[test]
fn what_is_refused_is_shown_harmlessly() {
    let place = place();
    write_table(&place);
    let table = fs::read_to_string(place.path("calls.csv")).unwrap();
    let bad = [
        ("left,UTC\n", "le\u{1b}[8m\u{202e}ft,UTC\n"),
        ("left,UTC\n", "left,\"U\nhint: \u{9b}TC\"\n"),
        ("c\u{1b}[2J\u{202e}1,", "c\u{1b}[2J\u{202e}0,"),
        ("call_id,file", "call_id\u{1b}[8m,file"),
        ("rec/-dash", "\"rec/\n-dash\",-"),
    ];
    for (old, new) in bad {
        place.write("calls.csv", table.replacen(old, new, 1));
        let run = "run rec --calls calls.csv --out out";
        let said = harmless(place.run(run).exits(2));
        assert!(!said.stderr.contains("\nhint: \\u{9b}"), "{said:#?}");
        let said = harmless(place.run(&format!("{run} --log json")).exits(2));
        let events = events(&said);
        assert_eq!(named(&events, "error").len(), 1, "{said:#?}");
    }
    harmless(
        place
            .run("run gone\u{1b}[2J\u{202e} --out out --calls calls.csv")
            .exits(2),
    );
    harmless(place.run("run --no\u{1b}[2J\u{202e}").exits(2));
    events(&harmless(
        place.run("run --no\u{1b}[2J\u{202e} --log json").exits(2),
    ));
    place.write("callibrate.toml", "out = 'out\u{202e}'\nou\u{202e}t = 1\n");
    harmless(place.run("run").exits(2));
    let said = harmless(place.run("run --log=json").exits(2));
    assert_eq!(named(&events(&said), "error").len(), 1);
}

#[test]
fn links_are_followed_out_of_the_folder_only_where_that_is_asked_for() {
    let place = Place::new();
    let sound = Sound::of_sample("refund-desk");
    for (n, name) in ["rec/a.wav", "far/b.wav", "far/deep/c.wav"]
        .iter()
        .enumerate()
    {
        let from = 3_000 * n as u32;
        place.write(name, sound.cut(from, from + 3_000).wav(Coding::S16));
    }
    symlink("../far/b.wav", place.path("rec/b.wav")).unwrap();
    symlink("../far/deep", place.path("rec/deep")).unwrap();
    symlink("..", place.path("rec/up")).unwrap();
    let mut table = "call_id,file,agent,started_at,agent_channel,timezone\n".to_string();
    for (id, file) in [
        ("a", "a.wav"),
        ("b", "b.wav"),
        ("c", "deep/c.wav"),
        ("d", "d.wav"),
    ] {
        table += &format!("{id},rec/{file},ann,2026-03-02 09:00,left,UTC\n");
    }
    place.write("calls.csv", table);
    let run = "run rec --calls calls.csv --out out";

    let said = place.run(run).exits(1);
    let remedy = "`follow_links = true` in callibrate.toml, or --follow-links, follows them";
    let links = [
        format!("warning: links to folders are not followed: rec/deep, rec/up; {remedy}\n"),
        format!(
            "warning: links out of the searched folder are not followed: rec/b.wav; {remedy}\n"
        ),
    ];
    assert!(said.stderr.ends_with(&links.concat()), "{said:#?}");
    assert_eq!(report::calls_of(&place.path("out"), DATE), ["a"]);
    let failed: Vec<_> = report::failures(&place.path("out"));
    let kind = |file: &str| {
        (
            file.to_string(),
            "recording".to_string(),
            "link_not_followed".to_string(),
        )
    };
    let missing = |file: &str| {
        let reason = "file_not_found".to_string();
        (file.to_string(), "recording".to_string(), reason)
    };
    let expected = [
        kind("rec/b.wav"),
        missing("rec/d.wav"),
        kind("rec/deep/c.wav"),
    ];
    assert_eq!(failed, expected);

    let said = place.run(&format!("{run} --follow-links")).exits(1);
    assert_eq!(report::calls_of(&place.path("out"), DATE), ["a", "b", "c"]);
    assert!(
        said.stderr.contains("lead back to a folder above them"),
        "{said:#?}"
    );
    // A table alone names what it names.
    place.run("run --calls calls.csv --out other").exits(1);
    let other = report::calls_of(&place.path("other"), DATE);
    assert_eq!(other, ["a", "b", "c"]);
}
