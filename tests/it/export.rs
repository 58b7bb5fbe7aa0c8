//! What leaves the output folder in the formats of other tools, read back with their own means.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use callibrate::report::{Cell, Kind, read_table};
use callibrate::transcript::{Transcript, snippet};
use serde_json::Value;

use crate::support::golden::{assert_same_text, updating};
use crate::support::report::{dates, rows};
use crate::support::samples;
use crate::support::{Place, callibrate, files_below, finish, repository};

/// An agent's id that a spreadsheet would take for a formula.
const AGENT: &str = "=HYPERLINK(A1)";

const RUBRIC: &str = "\
rubric: courtesy
version: '1'
title: Courtesy
pass_at: 60
sections:
- id: s
  title: S
  weight: 1
  questions:
  - {id: opening, text: Helps?, yes_when: {said: {by: agent, any: ['can i help']}}}
  - {id: odd, text: Odd?, yes_when: {said: {by: agent, any: ['cmd calc']}}}
";

/// A call of both on a channel each, with a number in it and words that look like a formula, and
/// one of a single channel on the next day.
fn centre() -> Place {
    let place = Place::new();
    let talk = snippet::parse(
        "agent: =cmd calc Billing & Co, how can I help?\n\
         customer: My number is <phone_number 10>, thanks.\n\
         agent: And how cold is it there at night, roughly?\n\
         customer (cuts in): -5 degrees.",
    );
    let talk = talk.unwrap();
    let mut mono = snippet::parse("agent: Hello. How can I help?\ncustomer: Hello.").unwrap();
    let other = mono.channels.pop().unwrap();
    mono.channels[0].segments.extend(other.segments);
    mono.channels[0].speech.extend(other.speech);
    let talk = talk.to_json().replace("Billing", "<b>Billing");
    place.write("said/talk.json", talk);
    place.write("said/mono.json", mono.to_json());
    place.write(
        "calls.csv",
        format!(
            "call_id,file,agent,team,queue,customer,started_at,agent_channel,timezone,direction\n\
             talk,talk.wav,{AGENT},+north,billing,cu-7,2026-03-02T09:00:00,left,Europe/Berlin,inbound\n\
             mono,mono.wav,ann,north,billing,cu-7,2026-03-03T09:00:00,,Europe/Berlin,\n"
        ),
    );
    place.write("r.yaml", RUBRIC);
    place
        .run("score said/talk.json said/mono.json --calls calls.csv --out out --rubric r.yaml")
        .exits(0);
    place
}

fn text(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path(name)).unwrap()
}

/// A sheet as rows, by the name of each column.
fn sheet(path: &Path, name: &str) -> Vec<BTreeMap<String, Data>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    assert!(book.worksheet_formula(name).unwrap().is_empty(), "{name}");
    let range = book.worksheet_range(name).unwrap();
    let mut rows = range.rows();
    let names: Vec<String> = rows.next().unwrap().iter().map(Data::to_string).collect();
    rows.map(|row| names.iter().cloned().zip(row.iter().cloned()).collect())
        .collect()
}

#[test]
fn nothing_from_outside_becomes_a_formula_and_types_are_right() {
    let place = centre();
    place
        .run("export xlsx tables.xlsx --out out")
        .exits(0)
        .says("2026-03-02 to 2026-03-03")
        .says("--table words");
    let calls = sheet(&place.path("tables.xlsx"), "calls");
    let talk = &calls[0];
    let agent = talk["agent"].to_string();
    assert!(agent.starts_with('='), "{agent}");
    assert_eq!(talk["team"], Data::String("+north".to_string()));
    assert_eq!(talk["dual_mono"], Data::Bool(false));
    assert_eq!(talk["channels"], Data::Float(2.0));
    let Data::DateTime(date) = &talk["date"] else {
        panic!("{:?}", talk["date"]);
    };
    assert_eq!(date.as_f64(), 46_083.0);
    let Data::DateTime(at) = &talk["started_at"] else {
        panic!("{:?}", talk["started_at"]);
    };
    // 9:00 in Berlin.
    assert!((at.as_f64() - 46_083.0 - 8.0 / 24.0).abs() < 1e-9);
    let local = &talk["started_local"];
    assert_eq!(*local, Data::String("2026-03-02T09:00:00".to_string()));
    let segments = sheet(&place.path("tables.xlsx"), "segments");
    assert!(
        segments
            .iter()
            .any(|row| row["text"] == Data::String("-5 degrees.".to_string()))
    );

    place.run("export csv csv --out out").exits(0);
    let calls = text(&place, "csv/calls.csv");
    assert!(calls.starts_with("\u{feff}date,call_id,"), "{calls}");
    assert!(calls.contains(&format!(",'{agent},'+north,")), "{calls}");
    let segments = text(&place, "csv/segments.csv");
    for defused in [",\"'=cmd calc <b>", ",'-5 degrees."] {
        assert!(segments.contains(defused), "{defused}: {segments}");
    }
    let evidence = text(&place, "csv/evidence.csv");
    assert!(evidence.contains("'=cmd calc"), "{evidence}");
    for (name, bytes) in files_below(&place.path("csv")) {
        let mut rows = csv::Reader::from_reader(&bytes[3..]);
        for row in rows.records() {
            for cell in row.unwrap().iter().filter(|cell| !cell.is_empty()) {
                let is_number = cell.parse::<f64>().is_ok();
                assert!(
                    is_number || !cell.starts_with(['=', '+', '-', '@']),
                    "{name}: {cell}"
                );
            }
        }
    }
}

#[test]
fn a_merged_table_has_the_rows_of_all_its_dates_with_their_date() {
    let from = &samples::reference().out;
    let place = Place::new();
    let export = |to: &str, more: &str| {
        let mut command = callibrate(&place.path(""));
        command.args(["export", "parquet", to, "--out"]).arg(from);
        command.args(more.split_whitespace());
        finish(command)
    };
    export("all", "").exits(0);
    for table in ["calls", "answers", "metrics", "words"] {
        let merged = read_table(&place.path(&format!("all/{table}.parquet"))).unwrap();
        assert_eq!(merged.columns[0], ("date".to_string(), Kind::Date));
        let apart = rows(from, table);
        assert_eq!(merged.rows.len(), apart.len(), "{table}");
        for (row, expected) in merged.rows.iter().zip(&apart) {
            let Cell::Date(date) = &row[0] else {
                panic!("{:?}", row[0]);
            };
            assert_eq!(date.to_string(), expected.date);
            for ((name, _), cell) in merged.columns.iter().zip(row).skip(1) {
                assert_eq!(cell, expected.cell(name), "{table}.{name}");
            }
        }
    }
    let all = dates(from, "calls");
    let first = all.first().unwrap();
    export("one", &format!("--table calls --date {first}"))
        .exits(0)
        .says(first);
    let files = files_below(&place.path("one"));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["calls.parquet"]);
    let one = read_table(&place.path("one/calls.parquet")).unwrap();
    let of_first = rows(from, "calls")
        .into_iter()
        .filter(|row| row.date == *first);
    assert_eq!(one.rows.len(), of_first.count());
}

/// An older version wrote fewer columns.
#[test]
fn what_older_files_lack_is_null() {
    let place = centre();
    let kept = |table: &str| repository().join(format!("tests/golden/tables-1/{table}.parquet"));
    let part = place.path("out/calls/date=2026-03-01/part.parquet");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    // Of another table, so that all but a few columns are missing.
    fs::copy(kept("segments"), &part).unwrap();
    place
        .run("export parquet merged --table calls --out out")
        .exits(0);
    let merged = read_table(&place.path("merged/calls.parquet")).unwrap();
    let at = |name: &str| merged.columns.iter().position(|(n, _)| n == name).unwrap();
    assert_eq!(merged.rows.len(), 5);
    assert_eq!(merged.rows[0][at("agent")], Cell::Null);
    assert!(matches!(merged.rows[0][at("call_id")], Cell::Text(_)));
    assert!(matches!(merged.rows[4][at("agent")], Cell::Text(_)));
}

#[test]
fn the_same_tables_and_calls_give_the_same_bytes() {
    let place = centre();
    for n in [1, 2] {
        for (form, to) in [("csv", "csv"), ("xlsx", "t.xlsx"), ("parquet", "parquet")] {
            place
                .run(&format!("export {form} {n}/{to} --out out"))
                .exits(0);
        }
        for form in ["vtt", "vcon"] {
            let command = format!("export {form} {n}/{form} --from 2026-03-01 --out out");
            place.run(&command).exits(0).says("2 calls");
        }
    }
    let (one, two) = (files_below(&place.path("1")), files_below(&place.path("2")));
    let names: Vec<&String> = one.keys().collect();
    assert_eq!(names, two.keys().collect::<Vec<_>>());
    assert!(names.len() > 30, "{names:?}");
    for (name, bytes) in &one {
        assert!(*bytes == two[name], "{name}");
    }
}

/// The files stand in the repository, for whatever reads these formats.
#[test]
fn a_call_leaves_as_subtitles_and_as_a_vcon() {
    let place = centre();
    for call in ["talk", "mono"] {
        for form in ["vtt", "vcon"] {
            let name = format!("{call}.{form}");
            place
                .run(&format!("export {form} {name} --call {call} --out out"))
                .exits(0);
            let found = text(&place, &name);
            // The version of the program is no part of what is kept.
            let found = found.replace(
                &format!("\"callibrate {}\"", env!("CARGO_PKG_VERSION")),
                "\"callibrate\"",
            );
            let found = match (form, serde_json::from_str::<Value>(&found)) {
                ("vcon", Ok(mut vcon)) => {
                    vcon["uuid"] = "00000000-0000-8000-8000-000000000000".into();
                    serde_json::to_string_pretty(&vcon).unwrap() + "\n"
                }
                _ => found,
            };
            assert_same_text(
                &repository().join("tests/fixtures/export").join(name),
                &found,
            );
        }
    }
    if updating() {
        return;
    }
    let vtt = text(&place, "talk.vtt");
    for cue in [
        "<v Agent>=cmd calc &lt;b&gt;Billing &amp; Co, how can I help?",
        "<v Customer>My number is [phone number], thanks.",
    ] {
        assert!(vtt.contains(cue), "{cue}: {vtt}");
    }
    assert!(!text(&place, "mono.vtt").contains("<v"));

    let vcon: Value = serde_json::from_str(&text(&place, "talk.vcon")).unwrap();
    assert_eq!(vcon["vcon"], "0.4.0");
    let [transcript, report] = [&vcon["analysis"][0], &vcon["analysis"][1]];
    // What comes out can go in again.
    let body = transcript["body"].to_string();
    let read = Transcript::from_json(body.as_bytes(), "body").unwrap();
    assert_eq!(read.channels.len(), 2);
    let result = &report["body"]["rubrics"][0];
    let published = rows(&place.path("out"), "scores");
    let of_talk = published
        .iter()
        .find(|row| row.text("call_id") == "talk")
        .unwrap();
    for column in ["score", "score_low", "score_high"] {
        assert_eq!(result[column].as_f64(), of_talk.number(column), "{column}");
    }
    let answers = result["answers"].as_array().unwrap();
    let questions: Vec<&Value> = answers.iter().map(|a| &a["question"]).collect();
    assert_eq!(questions, ["opening", "odd"]);
    assert_eq!(answers[1]["answer"], "yes");
    assert_eq!(answers[1]["scorer_kind"], "automatic");
    assert_eq!(answers[1]["evidence"][0]["quote"], "=cmd calc");
    let whole = vcon.to_string();
    assert!(
        !whole.contains("talk.wav") && !whole.contains("cu-7"),
        "{whole}"
    );
}

#[test]
fn what_cannot_be_exported_is_said_and_leaves_nothing() {
    let place = centre();
    place.write("there.xlsx", "mine");
    place.write("full/a.txt", "mine");
    let before = files_below(&place.path(""));
    for (command, told) in [
        ("csv new --table score --out out", "segments, words"),
        (
            "csv new --table releases --out out",
            "nothing has been published for it yet",
        ),
        (
            "csv new --from 2027-01-01 --out out",
            "from 2026-03-02 to 2026-03-03",
        ),
        (
            "csv new --date 2026-03-02 --from 2026-03-02 --out out",
            "cannot be used with",
        ),
        ("csv full --out out", "not empty"),
        ("xlsx there.xlsx --out out", "nothing is overwritten"),
        ("csv out/answers/x --out out", "out/export"),
        ("csv new --out nowhere", "callibrate run"),
        ("vtt new.vtt --call nobody --out out", "column `call_id`"),
        ("vtt new.vtt --from 2026-03-01 --out out", "name a folder"),
        ("vtt new --out out", "--call <ID>"),
        ("csv new.csv --out out", "name a folder, such as tables/"),
        (
            "parquet m.Parquet --out out",
            "name a folder, such as tables/",
        ),
        ("xlsx new.csv --out out", "such as tables.xlsx"),
        ("xlsx - --out out", "nothing is written to standard output"),
        ("vcon - --call talk --out out", "such as call.vcon"),
        ("vcon new.vtt --call talk --out out", "such as call.vcon"),
        ("vtt new.json --call talk --out out", "such as call.vtt"),
        (
            "csv new --from 2026-03-03 --to 2026-03-02 --out out",
            "the last day is before the first",
        ),
        (
            "vcon new --date 2027-01-01 --out out",
            "there are calls from",
        ),
    ] {
        let said = place.run(&format!("export {command}")).exits(2);
        assert!(said.stderr.contains(told), "{command}: {}", said.stderr);
    }
    assert!(files_below(&place.path("")) == before);
    assert!(!place.path("new").exists());
}

#[test]
fn a_vcon_is_a_file_of_json() {
    let place = centre();
    for name in ["a.json", "b.VCON", "c.vcon.json"] {
        let command = format!("export vcon {name} --call talk --out out");
        place.run(&command).exits(0);
        let vcon: Value = serde_json::from_str(&text(&place, name)).unwrap();
        assert_eq!(vcon["vcon"], "0.4.0");
    }
}

/// A table about all days at once has none to choose from.
#[test]
fn a_table_without_days_comes_whole_where_it_is_named() {
    let place = centre();
    place.run("forget --call mono --out out").exits(0);
    let choice = "--date 2026-03-02 --out out";
    place
        .run(&format!("export csv one --table forgotten {choice}"))
        .exits(0);
    assert!(place.path("one/forgotten.csv").exists());
    place.run(&format!("export csv days {choice}")).exits(0);
    assert!(!place.path("days/forgotten.csv").exists());
}

/// A run that ended between the renames has published half.
#[test]
fn half_published_tables_are_not_exported() {
    let place = centre();
    let journal = place.write("out/store/publish.json", "{\"moves\":[],\"removals\":[]}");
    for command in ["csv new", "vcon new --call talk"] {
        let said = place.run(&format!("export {command} --out out")).exits(2);
        assert!(said.stderr.contains("was stopped"), "{}", said.stderr);
    }
    fs::remove_file(journal).unwrap();
    place.run("export csv new --out out").exits(0);
    // Made stale since: exported, and said.
    place.write("out/store/stale.json", "[\"2026-03-02\"]");
    let said = place.run("export csv stale --out out").exits(0);
    assert!(
        said.stderr.contains("2026-03-02 are older"),
        "{}",
        said.stderr
    );
}

/// Whoever is forgotten is not left in an export that the output folder holds.
#[cfg(unix)]
#[test]
fn exports_are_private_and_go_with_what_is_forgotten() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let place = centre();
    place.run("export csv elsewhere --out out").exits(0);
    place
        .run("export xlsx out/export/a.xlsx --out out")
        .exits(0);
    place
        .run("export vtt out/export/calls --date 2026-03-02 --out out")
        .exits(0);
    let modes = |paths: &[&str]| -> Vec<u32> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| place.path(path)).collect();
        paths.iter().map(|path| mode(path)).collect()
    };
    let all = ["elsewhere", "out/export", "out/export/calls"];
    assert_eq!(modes(&all), [0o700; 3]);
    let all = [
        "elsewhere/calls.csv",
        "out/export/a.xlsx",
        "out/export/calls/talk.vtt",
    ];
    assert_eq!(modes(&all), [0o600; 3]);
    let group = nix::unistd::getegid().as_raw();
    place.write(
        "c.toml",
        format!("out = 'out'\n[people]\nreaders = '{group}'\n"),
    );
    place
        .run("export parquet out/export/p --config c.toml")
        .exits(0);
    assert_eq!(modes(&["out/export", "out/export/p"]), [0o750; 2]);
    assert_eq!(modes(&["out/export/p/calls.parquet"]), [0o640]);

    place.run("forget --call talk --out out").exits(0);
    assert!(!place.path("out/export").exists());
    place
        .run("export vtt talk.vtt --call talk --out out")
        .exits(2);
    assert!(place.path("elsewhere/calls.csv").exists());
}
