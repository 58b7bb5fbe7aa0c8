//! The ready-made tables say what the tables say that they are made of.

use std::collections::BTreeMap;
use std::fs;

use callibrate::report::Cell;

use crate::support::report::{self, Row};
use crate::support::{Place, finish, repository, samples};

fn by_call(rows: Vec<Row>) -> BTreeMap<String, Row> {
    let rows = rows.into_iter();
    rows.map(|row| (row.text("call_id").to_string(), row))
        .collect()
}

/// A whole number, or 0 where there is none.
fn seconds(row: &Row, column: &str) -> i64 {
    match row.cell(column) {
        Cell::Null => 0,
        _ => row.int(column),
    }
}

fn texts(row: &Row, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|c| row.text(c).to_string()).collect()
}

type Sums = BTreeMap<Vec<String>, BTreeMap<&'static str, f64>>;

fn add(sums: &mut Sums, key: &[String], column: &'static str, value: f64) {
    *sums
        .entry(key.to_vec())
        .or_default()
        .entry(column)
        .or_default() += value;
}

/// The same of a published table.
fn published(table: &str, key: &[&str], columns: &[&'static str]) -> Sums {
    let mut sums = Sums::new();
    for row in report::rows(&samples::reference().out, table) {
        let mut place = vec![row.date.clone()];
        place.extend(texts(&row, key));
        for column in columns {
            let value = match row.cell(column) {
                Cell::Int(value) => *value as f64,
                Cell::Float(value) => *value,
                other => panic!("{column}: {other:?}"),
            };
            add(&mut sums, &place, column, value);
        }
    }
    sums
}

#[track_caller]
fn assert_alike(found: &Sums, expected: &Sums) {
    assert!(expected.len() > 20, "there is something to compare");
    let keys = |sums: &Sums| sums.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(found), keys(expected));
    for (key, columns) in found {
        for (column, value) in columns {
            let made = expected[key].get(column).copied().unwrap_or(0.0);
            assert!(
                (value - made).abs() < 1e-6,
                "{key:?} {column}: {value}, {made}"
            );
        }
    }
}

#[test]
fn sums_of_agents_are_those_of_calls_and_scores() {
    const KEY: [&str; 6] = [
        "agent",
        "team",
        "queue",
        "reason",
        "rubric",
        "rubric_version",
    ];
    const COLUMNS: [&str; 21] = [
        "calls",
        "scored",
        "not_eligible",
        "passed",
        "failed",
        "undetermined",
        "auto_failed",
        "score_sum",
        "score_low_sum",
        "score_high_sum",
        "agent_score_sum",
        "agent_scored",
        "yes",
        "no",
        "abstained",
        "recorded_ms",
        "talk_s",
        "hold_s",
        "acw_s",
        "handled",
        "with_score",
    ];
    let out = &samples::reference().out;
    let calls = by_call(report::rows(out, "calls"));
    let mut expected = Sums::new();
    let mut firsts: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for score in report::rows(out, "scores") {
        let call = &calls[score.text("call_id")];
        let mut key = vec![score.date.clone()];
        key.extend(texts(call, &KEY[..4]));
        key.extend(texts(&score, &KEY[4..]));
        let start = call.text("started_local").to_string();
        let first = firsts.entry(key.clone()).or_insert(start.clone());
        *first = start.min(first.clone());
        let mut put = |column, value: f64| add(&mut expected, &key, column, value);
        put("calls", 1.0);
        put("recorded_ms", call.int("recorded_ms") as f64);
        if *call.cell("handle_s") != Cell::Null {
            put("handled", 1.0);
            for column in ["talk_s", "hold_s", "acw_s"] {
                put(column, seconds(call, column) as f64);
            }
        }
        let status = match score.text("status") {
            "scored" => "scored",
            _ => "not_eligible",
        };
        put(status, 1.0);
        match score.text("verdict") {
            "pass" => put("passed", 1.0),
            "fail" => put("failed", 1.0),
            "undetermined" => put("undetermined", 1.0),
            _ => {}
        }
        let auto_failed = !score.text("auto_failed_by").is_empty();
        put("auto_failed", f64::from(u8::from(auto_failed)));
        if let Some(value) = score.number("score") {
            put("with_score", 1.0);
            put("score_sum", value);
            put("score_low_sum", score.number("score_low").unwrap());
            put("score_high_sum", score.number("score_high").unwrap());
        }
        if let Some(value) = score.number("agent_score") {
            put("agent_scored", 1.0);
            put("agent_score_sum", value);
        }
        for column in ["yes", "no", "abstained"] {
            put(column, score.int(column) as f64);
        }
    }
    assert_alike(&published("agent_daily", &KEY, &COLUMNS), &expected);
    for row in report::rows(out, "agent_daily") {
        let mut key = vec![row.date.clone()];
        key.extend(texts(&row, &KEY));
        assert_eq!(row.text("started_local_first"), firsts[&key], "{key:?}");
    }
}

#[test]
fn sums_of_questions_are_those_of_answers() {
    const KEY: [&str; 8] = [
        "agent",
        "team",
        "queue",
        "rubric",
        "rubric_version",
        "section",
        "question",
        "meaning",
    ];
    const COLUMNS: [&str; 13] = [
        "put",
        "yes",
        "no",
        "otherwise",
        "not_applicable",
        "abstained",
        "fragile",
        "auto_failed",
        "points_sum",
        "max_points_sum",
        "record_yes",
        "record_no",
        "record_by_people",
    ];
    let out = &samples::reference().out;
    let calls = by_call(report::rows(out, "calls"));
    let mut expected = Sums::new();
    for answer in report::rows(out, "answers") {
        let call = &calls[answer.text("call_id")];
        let mut key = vec![answer.date.clone()];
        key.extend(texts(call, &KEY[..3]));
        key.extend(texts(&answer, &KEY[3..]));
        let mut put = |column, value: f64| add(&mut expected, &key, column, value);
        put("put", 1.0);
        match answer.text("answer") {
            "yes" => ["yes", "record_yes"].map(|c| put(c, 1.0)),
            "no" => ["no", "record_no"].map(|c| put(c, 1.0)),
            "abstain" => [put("abstained", 1.0), ()],
            "not_applicable" => [put("not_applicable", 1.0), ()],
            _ => [put("otherwise", 1.0), ()],
        };
        put("fragile", f64::from(u8::from(answer.flag("fragile"))));
        put("auto_failed", f64::from(u8::from(answer.flag("auto_fail"))));
        if let Some(points) = answer.number("points") {
            put("points_sum", points);
            put("max_points_sum", answer.number("max_points").unwrap());
        }
    }
    assert_alike(&published("question_daily", &KEY, &COLUMNS), &expected);
}

#[test]
fn contacts_need_no_join() {
    let out = &samples::reference().out;
    let calls = by_call(report::rows(out, "calls"));
    let contacts = report::rows(out, "contacts");
    assert_eq!(contacts.len(), calls.len());
    for row in &contacts {
        let call = &calls[row.text("call_id")];
        for column in [
            "agent",
            "team",
            "queue",
            "reason",
            "direction",
            "customer",
            "started_at",
            "recorded_ms",
        ] {
            assert_eq!(row.cell(column), call.cell(column), "{column}");
        }
    }
}

#[test]
fn a_call_counts_once_for_a_form_whatever_its_versions() {
    let place = Place::new();
    let mut table = "call_id,file,agent,started_at,agent_channel\n".to_string();
    for day in ["2026-02-20", "2026-03-05", "2026-03-12"] {
        let from = repository().join("samples/reference/card-lost.json");
        place.write(&format!("t/{day}.json"), fs::read(from).unwrap());
        table += &format!("{day},{day}.wav,ann,{day}T09:00:00+01:00,left\n");
    }
    place.write("calls.csv", table);
    let mut command = place.command("score --calls calls.csv --out out");
    for (version, from) in [("2", "2026-03-10"), ("1", "2026-03-01")] {
        let form = format!(
            "rubric: f\nversion: '{version}'\nvalid_from: {from}\ntitle: F\nsections:\n- id: s\n  \
             title: S\n  weight: 1\n  questions:\n  - {{id: q, text: q, yes_when: {{said: {{by: agent, \
             any: [card]}}}}}}\n"
        );
        place.write(&format!("{version}.yaml"), form);
        command.args(["--rubric", &format!("{version}.yaml")]);
    }
    command.args(
        fs::read_dir(place.path("t"))
            .unwrap()
            .map(|f| f.unwrap().path()),
    );
    finish(command).exits(0);
    let rows = report::rows(&place.path("out"), "agent_daily");
    let counts: Vec<_> = rows
        .iter()
        .map(|row| {
            let counts = ["calls", "scored", "not_eligible"].map(|column| row.int(column));
            (&*row.date, row.text("rubric_version"), counts)
        })
        .collect();
    // Before the first version begins, nothing is scored, and the calls are still there.
    let expected = [
        ("2026-02-20", "1", [1, 0, 1]),
        ("2026-03-05", "1", [1, 1, 0]),
        ("2026-03-12", "2", [1, 1, 0]),
    ];
    assert_eq!(counts, expected);
}
