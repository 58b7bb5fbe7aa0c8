//! What a run over the samples leaves behind, and that it is the same whatever way it is made.

use std::collections::{BTreeMap, BTreeSet};

use callibrate::report::Cell;

use crate::support::golden::assert_golden;
use crate::support::report::{self, stated};
use crate::support::{callibrate, copy_folder, finish, repository, samples};

/// Those of every run.
const TABLES: [&str; 17] = [
    "calls",
    "segments",
    "words",
    "redactions",
    "card_data",
    "metrics",
    "answers",
    "evidence",
    "scores",
    "part_scores",
    "obstacles",
    "agent_daily",
    "question_daily",
    "contacts",
    "promises",
    "failures",
    "runs",
];

#[test]
fn a_run_over_the_samples_publishes_all_tables() {
    let run = samples::one_job();
    assert_eq!(run.said.code, Some(0));
    assert!(run.said.stdout.starts_with(
        "20 recordings, 0.32 hours: 20 transcribed, 0 reused, 0 failed, 1 not eligible\n"
    ));
    let stated: Vec<&str> = stated().iter().map(|t| t.name).collect();
    let each_run: Vec<&str> = stated.into_iter().filter(|n| *n != "releases").collect();
    assert_eq!(each_run, TABLES);
    assert!(!run.out.join("releases").exists(), "nothing was released");

    let table = repository().join("samples/calls.csv");
    let started: BTreeSet<String> = csv::Reader::from_path(table)
        .unwrap()
        .records()
        .map(|row| row.unwrap()[6][..10].to_string())
        .collect();
    for name in TABLES {
        let dates = report::dates(&run.out, name);
        match name {
            "failures" | "runs" => assert_eq!(dates.len(), 1, "{name}"),
            _ => assert_eq!(dates, started, "{name}"),
        }
        for date in dates {
            let part = report::part(&run.out, name, &date);
            assert!(part.is_file(), "{}", part.display());
        }
    }
    assert_eq!(report::rows(&run.out, "failures"), []);
    assert_eq!(report::rows(&run.out, "runs").len(), 1);
}

#[test]
fn each_call_stands_in_exactly_one_date() {
    let run = samples::one_job();
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in report::rows(&run.out, "calls") {
        let local = row.text("started_local");
        assert_eq!(local[..10], row.date, "the date is the local one");
        let id = row.text("call_id").to_string();
        seen.entry(id).or_default().push(row.date.clone());
    }
    assert_eq!(seen.len(), 20);
    assert!(seen.values().all(|dates| dates.len() == 1), "{seen:?}");
    for table in [
        "segments", "words", "metrics", "answers", "evidence", "scores",
    ] {
        for row in report::rows(&run.out, table) {
            let id = row.text("call_id");
            assert_eq!(seen[id][0], row.date, "{table} of {id}");
        }
    }
}

#[test]
fn rows_have_one_key_each_and_nulls_only_where_they_may_be() {
    let run = samples::one_job();
    for table in stated() {
        let rows = report::rows(&run.out, table.name);
        let mut keys = BTreeSet::new();
        for row in &rows {
            let mut key: Vec<String> = table
                .key
                .iter()
                .map(|column| format!("{:?}", row.cell(column)))
                .collect();
            if table.is_told_by_date() {
                key.push(row.date.clone());
            }
            assert!(keys.insert(key.clone()), "{}: {key:?} twice", table.name);
            for column in table.columns.iter().filter(|c| !c.nullable) {
                let cell = row.cell(column.name);
                assert_ne!(*cell, Cell::Null, "{}.{}", table.name, column.name);
            }
        }
        let without = ["failures", "releases"].contains(&table.name);
        assert_eq!(rows.is_empty(), without, "{}", table.name);
    }
}

/// Analysts' queries name these columns. One more is no harm, but has to be meant; one that
/// changes or goes away needs a new version of the schema.
#[test]
fn the_files_have_the_columns_of_schema_version_1() {
    let run = samples::one_job();
    let mut found = String::new();
    for table in stated() {
        let mut by_date: Vec<_> = report::dates(&run.out, table.name)
            .iter()
            .map(|date| report::columns(&run.out, table.name, date))
            .collect();
        if table.name == "releases" {
            let columns = table.columns.iter().map(|c| (c.name.to_string(), c.kind));
            by_date.push(columns.collect());
        }
        by_date.dedup();
        assert_eq!(by_date.len(), 1, "all dates of {} are alike", table.name);
        for (name, kind) in by_date.remove(0) {
            found += &format!("{}.{name}: {kind}\n", table.name);
        }
    }
    assert_golden("schema-v1.txt", &found);
}

#[test]
fn the_number_of_jobs_changes_no_byte() {
    report::assert_same_bytes(&samples::one_job().out, &samples::two_jobs().out);
}

#[test]
fn a_rerun_transcribes_nothing_and_a_score_again_changes_no_byte() {
    let first = samples::two_jobs();
    let out = first.out.with_file_name("samples-again");
    copy_folder(&first.out, &out);

    let mut rerun = callibrate(repository());
    rerun.args(samples::arguments("run", out.to_str().unwrap(), 1));
    finish(rerun)
        .exits(0)
        .says("20 recordings, 0.32 hours: 0 transcribed, 20 reused, 0 failed, 1 not eligible\n");
    report::assert_same_bytes(&first.out, &out);

    // The tables are made from the store alone.
    for table in TABLES {
        std::fs::remove_dir_all(out.join(table)).unwrap();
    }
    let mut score = callibrate(repository());
    score.args(samples::arguments("score", out.to_str().unwrap(), 2));
    finish(score).exits(0);
    report::assert_same_bytes(&first.out, &out);

    let runs = report::rows(&out, "runs");
    let commands: Vec<&str> = runs.iter().map(|row| row.text("command")).collect();
    assert_eq!(commands, ["run", "run", "score"]);
    let transcribed: Vec<i64> = runs.iter().map(|row| row.int("transcribed")).collect();
    assert_eq!(transcribed, [20, 0, 0]);
    let ids: BTreeSet<&str> = runs.iter().map(|row| row.text("run_id")).collect();
    assert_eq!(ids.len(), 1, "the same inputs have the same run id");
}
