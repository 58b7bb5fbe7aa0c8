//! Rows of a spreadsheet as texts: the one door to XLSX, and the reader of CSV that calls' tables
//! use, too.

use std::io;
use std::path::Path;

use calamine::{Data, DataType, Reader, Xlsx};

use super::columns::{Column, Columns};
use crate::recording::table::{self, TableError};

/// One row with its cells, without the space around them.
pub(super) struct Row {
    /// As an editor or a spreadsheet counts, from 1.
    pub line: u64,
    pub cells: Vec<String>,
}

pub(super) enum SheetError {
    Read(io::Error),
    NoTable(String),
}

pub(super) fn read(path: &Path) -> Result<Vec<Row>, SheetError> {
    let bytes = std::fs::read(path).map_err(SheetError::Read)?;
    if bytes.starts_with(b"PK\x03\x04") {
        return xlsx(bytes);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        let message = "it is an old .xls spreadsheet; save it as .xlsx or CSV";
        return Err(SheetError::NoTable(message.to_string()));
    }
    csv(path)
}

fn csv(path: &Path) -> Result<Vec<Row>, SheetError> {
    let table = table::read(path).map_err(|e| match e {
        TableError::Read(source) => SheetError::Read(source),
        TableError::NotCsv(what) => SheetError::NoTable(format!("it is {what}")),
    })?;
    if let Some(problem) = table.problems.first() {
        return Err(SheetError::NoTable(problem.to_string()));
    }
    Ok(table
        .records
        .into_iter()
        .map(|record| Row {
            line: record.line,
            cells: record.cells.iter().map(|c| c.trim().to_string()).collect(),
        })
        .collect())
}

/// The first sheet that has a column of questions; else the first, for the message.
fn xlsx(bytes: Vec<u8>) -> Result<Vec<Row>, SheetError> {
    let damaged = |e: calamine::XlsxError| SheetError::NoTable(format!("it is no XLSX file: {e}"));
    let mut book = Xlsx::new(io::Cursor::new(bytes)).map_err(damaged)?;
    let mut first = None;
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(damaged)?;
        let top = range.start().map_or(0, |(row, _)| row);
        let rows: Vec<Row> = range
            .rows()
            .zip(u64::from(top) + 1..)
            .map(|(cells, line)| Row {
                line,
                cells: cells.iter().map(text).collect(),
            })
            .collect();
        if rows
            .iter()
            .any(|row| Columns::of(row).has(Column::Question))
        {
            return Ok(rows);
        }
        first.get_or_insert(rows);
    }
    first.ok_or_else(|| SheetError::NoTable("it has no sheet".to_string()))
}

/// A cell as the sheet shows it, without formats.
fn text(cell: &Data) -> String {
    match cell.get_float() {
        // Shares such as 0.05 + 0.1 have no more digits than a person typed.
        Some(number) => format!("{}", (number * 1e9).round() / 1e9),
        None => cell.to_string().trim().to_string(),
    }
}
