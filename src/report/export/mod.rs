//! What was found out, in the formats of other tools: tables as CSV, XLSX and one Parquet file
//! each, a call as WebVTT and as a vCon. What is written is told in `docs/export.md`.
//!
//! One file per format, and values in, bytes out: where tables and transcripts come from and
//! where files end up is left to `batch`. Nothing here redacts; whatever comes in is redacted.

pub mod csv;
mod formula;
pub mod parquet;
pub mod vcon;
pub mod vtt;
pub mod xlsx;

use std::path::PathBuf;

use super::ReportError;
use super::schema::{Cell, Table};

/// Rows of a sheet of Excel, its header among them; no program of its kind opens more.
pub const SHEET_ROWS: usize = 1_048_576;

/// Where the rows of tables go: [`TableSink::start`], [`TableSink::push`] for each row and
/// [`TableSink::end`] for each table, and [`TableSink::finish`] once.
pub trait TableSink {
    /// # Errors
    /// A file that cannot be written.
    fn start(&mut self, table: &Table) -> Result<(), ReportError>;

    /// Adds a row that fits the table.
    ///
    /// # Errors
    /// A file that cannot be written, or a row that does not fit.
    fn push(&mut self, row: Vec<Cell>) -> Result<(), ReportError>;

    /// Tells what became of the table.
    ///
    /// # Errors
    /// A file that cannot be written.
    fn end(&mut self) -> Result<Ended, ReportError>;

    /// Brings everything to the disc, and tells the files.
    ///
    /// # Errors
    /// A file that cannot be written.
    fn finish(self: Box<Self>) -> Result<Vec<PathBuf>, ReportError>;
}

/// A table that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    pub rows: u64,
    /// Files, or sheets, that hold it; the first is named as the table, the others are numbered.
    pub parts: Vec<String>,
    /// Texts that a cell could not hold whole.
    pub cut: u64,
}

/// Name of a table as a file and as a sheet: neither takes the `/` of `calibration/agreement`.
pub fn file_name(table: &Table) -> String {
    table.name.replace('/', "_")
}

/// Name of a part of a table, from 1.
fn part_name(table: &Table, part: usize) -> String {
    match part {
        1 => file_name(table),
        _ => format!("{}_{part}", file_name(table)),
    }
}

/// A text without what spreadsheets cannot hold: control characters, and line ends of two kinds.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            '\t' | '\n' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::report::rows::metric_columns;
    use crate::report::schema::{Column, Kind};
    use crate::report::tables;

    /// A table with a column of each kind.
    pub(super) fn sample() -> Table {
        Table {
            name: "calibration/sample",
            grain: "one thing",
            key: &["date"],
            purpose: "For tests.",
            date_is: None,
            example: "",
            columns: vec![
                Column::new("date", Kind::Date, "Day."),
                Column::nullable("text", Kind::Text, "Null if unknown."),
                Column::nullable("share", Kind::Float, "Null if unknown."),
                Column::nullable("count", Kind::Int, "Null if unknown."),
                Column::nullable("good", Kind::Bool, "Null if unknown."),
                Column::nullable("at", Kind::Timestamp, "Null if unknown."),
            ],
        }
    }

    pub(super) const ROWS: fn() -> Vec<Vec<Cell>> = || {
        let day = |day: i8| Cell::Date(date(2026, 3, day));
        let at = |ms: i64| Cell::TimestampMs(1_772_442_000_000 + ms);
        vec![
            vec![
                day(2),
                "=1+1".into(),
                (-0.5).into(),
                (-5_i64).into(),
                true.into(),
                at(0),
            ],
            vec![
                day(2),
                "-5".into(),
                0.000_001.into(),
                9_007_199_254_740_993_i64.into(),
                false.into(),
                at(123),
            ],
            vec![
                day(3),
                "a \"b\", ü\r\nc\u{1}".into(),
                1e20.into(),
                0_i64.into(),
                Cell::Null,
                Cell::TimestampMs(-1),
            ],
            vec![
                day(3),
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
                Cell::Null,
            ],
        ]
    };

    #[test]
    fn every_table_has_a_sheet_of_its_own() {
        let names: Vec<String> = tables::all(metric_columns())
            .iter()
            .map(file_name)
            .collect();
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        // With the number of a part, no more than the 31 that Excel takes.
        assert!(names.iter().all(|name| name.len() <= 27), "{names:?}");
    }
}
