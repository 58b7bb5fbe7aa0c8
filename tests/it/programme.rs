//! The made calls of `samples/programme`, against what was planted in them.
//!
//! About a third of the wordings are unusual on purpose and are often missed, so only the usual
//! ones have to be found. What must hold of all is that nobody fails for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::support::{SCRATCH, callibrate, finish, report, repository, samples};

static SCORED: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = SCRATCH.join("programme");
    let folder = repository().join("samples/programme");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("transcripts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut command = callibrate(repository());
    command.args(samples::arguments("score", out.to_str().unwrap(), 2));
    command.arg("--calls").arg(folder.join("calls.csv"));
    command.arg("--contacts").arg(folder.join("contacts.csv"));
    command.args(files);
    finish(command).exits(0);
    out
});

/// Rows of a table of the truth, by column.
fn truth(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = repository().join("samples/programme").join(name);
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn what_was_planted_in_usual_words_is_found_and_nobody_fails_for_nothing() {
    let mut answers = BTreeMap::new();
    for row in report::rows(&SCORED, "answers") {
        let key = ["call_id", "rubric", "question"].map(|c| row.text(c).to_string());
        answers.insert(key, (row.text("answer").to_string(), row.flag("auto_fail")));
    }
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut failed_for_nothing = Vec::new();
    for row in truth("truth.csv") {
        // The pace is a number that the plan does not fix.
        if row["question"] == "pace" {
            continue;
        }
        let key = ["call_id", "rubric", "question"].map(|c| row[c].clone());
        let (answer, auto_fail) = &answers[&key];
        let came_out = match answer.as_str() {
            answer if answer == row["answer"] => "right",
            "abstain" => "abstained",
            _ => "wrong",
        };
        *counts
            .entry((row["wording"].clone(), came_out))
            .or_default() += 1;
        if *auto_fail && came_out == "wrong" {
            failed_for_nothing.push(key);
        }
    }
    for ((wording, came_out), count) in &counts {
        println!("{wording:>8} {came_out}: {count}");
    }
    let of = |wording: &str, came_out: &'static str| {
        let key = (wording.to_string(), came_out);
        counts.get(&key).copied().unwrap_or(0)
    };
    let all = |wording: &str| {
        ["right", "abstained", "wrong"]
            .map(|c| of(wording, c))
            .iter()
            .sum::<usize>()
    };
    assert!(of("usual", "right") * 100 >= all("usual") * 80);
    assert!(of("", "right") * 100 >= all("") * 88);
    assert!(of("", "wrong") * 100 <= all("") * 4);
    assert!(failed_for_nothing.is_empty(), "{failed_for_nothing:?}");
}

#[test]
fn planted_repeat_contacts_are_found_and_legs_and_promised_calls_are_none() {
    let rows = report::rows(&SCORED, "contacts");
    let found: BTreeMap<&str, Option<bool>> = rows
        .iter()
        .map(|row| {
            let known = format!("{:?}", row.cell("repeat_30d")) != "Null";
            (row.text("call_id"), known.then(|| row.flag("repeat_30d")))
        })
        .collect();
    // A repeat that goes on in a second leg is counted once, with its first leg.
    let rows = truth("contacts-truth.csv");
    let legs = rows.iter().filter(|row| row["relation"] == "leg");
    let legs: BTreeSet<&String> = legs.map(|row| &row["call_id"]).collect();
    let mut planted: BTreeMap<String, bool> = BTreeMap::new();
    for row in &rows {
        let repeats = row["is_repeat"] == "true" && row["within_30_days"] == "true";
        let counts = repeats && !legs.contains(&row["call_id"]);
        *planted.entry(row["call_id"].clone()).or_default() |= counts;
    }
    let mut told = 0;
    for (call, repeats) in &planted {
        let Some(found) = found[call.as_str()] else {
            continue;
        };
        told += 1;
        assert_eq!(found, *repeats, "{call}");
    }
    assert!(told * 3 >= planted.len() * 2, "{told} of {}", planted.len());
}
