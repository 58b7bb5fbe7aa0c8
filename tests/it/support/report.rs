//! Reading the published tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use callibrate::report::{self, Cell, Kind, Table};

/// All tables as this build states them.
pub fn stated() -> Vec<Table> {
    report::tables(report::rows::metric_columns())
}

/// One row: cells by the names of their columns, and the date of its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub date: String,
    cells: BTreeMap<String, Cell>,
}

impl Row {
    #[track_caller]
    pub fn cell(&self, column: &str) -> &Cell {
        self.cells
            .get(column)
            .unwrap_or_else(|| panic!("there is no column {column}"))
    }

    /// A text, or the empty one where there is none.
    #[track_caller]
    pub fn text(&self, column: &str) -> &str {
        match self.cell(column) {
            Cell::Text(text) => text,
            Cell::Null => "",
            other => panic!("{column} is no text: {other:?}"),
        }
    }

    #[track_caller]
    pub fn int(&self, column: &str) -> i64 {
        match self.cell(column) {
            Cell::Int(value) => *value,
            other => panic!("{column} is no whole number: {other:?}"),
        }
    }

    /// A number, or nothing where there is none.
    #[track_caller]
    pub fn number(&self, column: &str) -> Option<f64> {
        match self.cell(column) {
            Cell::Float(value) => Some(*value),
            Cell::Null => None,
            other => panic!("{column} is no number: {other:?}"),
        }
    }

    #[track_caller]
    pub fn flag(&self, column: &str) -> bool {
        match self.cell(column) {
            Cell::Bool(value) => *value,
            other => panic!("{column} is not true or false: {other:?}"),
        }
    }
}

/// The dates of a table, in order.
pub fn dates(out: &Path, table: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(out.join(table)) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_prefix("date=")
                .unwrap_or_else(|| panic!("{table}/{name} is no folder of a date"))
                .to_string()
        })
        .collect()
}

pub fn part(out: &Path, table: &str, date: &str) -> PathBuf {
    out.join(table)
        .join(format!("date={date}"))
        .join("part.parquet")
}

/// All rows of a table, date by date.
#[track_caller]
pub fn rows(out: &Path, table: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for date in dates(out, table) {
        let content = report::read_table(&part(out, table, &date)).unwrap();
        for row in content.rows {
            let names = content.columns.iter().map(|(name, _)| name.clone());
            rows.push(Row {
                date: date.clone(),
                cells: names.zip(row).collect(),
            });
        }
    }
    rows
}

/// All rows of a table of calibration.
#[track_caller]
pub fn calibration(out: &Path, table: &str) -> Vec<Row> {
    undated(out, &format!("calibration/{table}"))
}

/// All rows of a table that is one file.
#[track_caller]
pub fn undated(out: &Path, table: &str) -> Vec<Row> {
    let part = out.join(table).join("part.parquet");
    let content = report::read_table(&part).unwrap();
    let names = || content.columns.iter().map(|(name, _)| name.clone());
    let rows = content.rows.into_iter().map(|row| Row {
        date: String::new(),
        cells: names().zip(row).collect(),
    });
    rows.collect()
}

/// Columns of one file, as it has them.
pub fn columns(out: &Path, table: &str, date: &str) -> Vec<(String, Kind)> {
    report::read_table(&part(out, table, date)).unwrap().columns
}

/// The call ids of a date, in order of the table.
pub fn calls_of(out: &Path, date: &str) -> Vec<String> {
    rows(out, "calls")
        .into_iter()
        .filter(|row| row.date == date)
        .map(|row| row.text("call_id").to_string())
        .collect()
}

/// Failures of the latest run: file, stage and reason, in order.
pub fn failures(out: &Path) -> Vec<(String, String, String)> {
    rows(out, "failures")
        .iter()
        .map(|row| {
            (
                row.text("file").to_string(),
                row.text("stage").to_string(),
                row.text("reason").to_string(),
            )
        })
        .collect()
}

/// The bytes of all published files but those of `runs`, which tells the time.
pub fn published(out: &Path) -> BTreeMap<String, Vec<u8>> {
    super::files_below(out)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("store/") && !name.starts_with("runs/"))
        .collect()
}

/// The stored transcripts, each with what changes when it is written again.
#[cfg(unix)]
pub fn stored(out: &Path) -> BTreeMap<String, (u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    walkdir::WalkDir::new(out.join("store/transcripts"))
        .into_iter()
        // Files come and go while a run is at work.
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "json"))
        .filter_map(|entry| {
            let facts = entry.metadata().ok()?;
            let name = entry.file_name().to_str()?.to_string();
            Some((name, (facts.ino(), facts.mtime(), facts.mtime_nsec())))
        })
        .collect()
}

/// Asserts that two reports are the same to the byte, `runs` aside.
#[track_caller]
pub fn assert_same_bytes(one: &Path, other: &Path) {
    let (one, other) = (published(one), published(other));
    let names: Vec<&String> = one.keys().collect();
    assert_eq!(names, other.keys().collect::<Vec<_>>());
    assert!(!names.is_empty(), "there is nothing to compare");
    let differing: Vec<&String> = names
        .into_iter()
        .filter(|name| one[*name] != other[*name])
        .collect();
    assert!(differing.is_empty(), "these differ: {differing:?}");
}

/// The words of a call by channel, in lower case and without punctuation.
pub fn words(out: &Path, call_id: &str) -> Vec<String> {
    rows(out, "words")
        .iter()
        .filter(|row| row.text("call_id") == call_id)
        .map(|row| plain(row.text("text")))
        .filter(|word| !word.is_empty())
        .collect()
}

/// A word in lower case and without punctuation.
pub fn plain(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_alphanumeric() || *c == '\'')
        .collect::<String>()
        .to_lowercase()
}
