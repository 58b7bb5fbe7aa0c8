//! Files of rows that people and their tools hand over, read as texts: CSV, XLSX and Parquet.
//!
//! The one door to XLSX; CSV is read as the tables of calls are, Parquet by `report`. What the
//! rows mean is for the rooms that ask for them.

use std::io;
use std::path::{Path, PathBuf};

use calamine::{Data, DataType, ExcelDateTime, Reader, Xlsx};

use crate::recording::table::{self, Problem, TableError};
use crate::report::{ReportError, parquet};

/// All rows of a file, or of one sheet of a spreadsheet.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub path: PathBuf,
    pub format: Format,
    pub rows: Vec<Row>,
    /// What is wrong with the quoting of a CSV.
    pub problems: Vec<Problem>,
}

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Xlsx,
    Parquet,
}

/// One row with its cells, without the space around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As an editor or a spreadsheet counts, from 1. In Parquet the names are row 0.
    pub line: u64,
    pub cells: Vec<String>,
}

impl Row {
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }
}

/// There are no rows to look at.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("understand {}: {message}", path.display())]
    NoTable { path: PathBuf, message: String },
}

impl SheetError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            SheetError::Read { .. } => None,
            SheetError::NoTable { .. } => Some("name a CSV, XLSX or Parquet file"),
        }
    }
}

/// Reads a file, whatever its name ends in. Of a spreadsheet the first sheet is taken in which a
/// row names the columns; else the first, for the message.
///
/// # Errors
/// A file that cannot be opened, or that is none of the three.
pub fn read(path: &Path, names_columns: &dyn Fn(&Row) -> bool) -> Result<Sheet, SheetError> {
    let bytes = std::fs::read(path).map_err(|source| SheetError::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let no_table = |message: String| SheetError::NoTable {
        path: path.to_path_buf(),
        message,
    };
    if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        let message = "it is an old .xls spreadsheet; save it as .xlsx or CSV";
        return Err(no_table(message.to_string()));
    }
    let sheet = |format, rows| Sheet {
        path: path.to_path_buf(),
        format,
        rows,
        problems: Vec::new(),
    };
    if bytes.starts_with(b"PK\x03\x04") {
        let rows = xlsx(bytes, names_columns).map_err(no_table)?;
        return Ok(sheet(Format::Xlsx, rows));
    }
    if bytes.starts_with(b"PAR1") {
        let rows = parquet(path).map_err(no_table)?;
        return Ok(sheet(Format::Parquet, rows));
    }
    drop(bytes);
    csv(path)
}

fn csv(path: &Path) -> Result<Sheet, SheetError> {
    let table = table::read(path).map_err(|e| match e {
        TableError::Read(source) => SheetError::Read {
            path: path.to_path_buf(),
            source,
        },
        TableError::NotCsv(what) => SheetError::NoTable {
            path: path.to_path_buf(),
            message: format!("it is {what}"),
        },
    })?;
    let rows = table.records.into_iter().map(|record| Row {
        line: record.line,
        cells: record.cells.iter().map(|c| c.trim().to_string()).collect(),
    });
    Ok(Sheet {
        path: path.to_path_buf(),
        format: Format::Csv,
        rows: rows.collect(),
        problems: table.problems,
    })
}

fn xlsx(bytes: Vec<u8>, names_columns: &dyn Fn(&Row) -> bool) -> Result<Vec<Row>, String> {
    let damaged = |e: calamine::XlsxError| format!("it is no XLSX file: {e}");
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
        if rows.iter().any(names_columns) {
            return Ok(rows);
        }
        first.get_or_insert(rows);
    }
    first.ok_or_else(|| "it has no sheet".to_string())
}

/// A cell as the sheet shows it, without formats; a date as `YYYY-MM-DD`.
fn text(cell: &Data) -> String {
    if let Data::DateTime(at) = cell
        && at.is_datetime()
    {
        return date(at);
    }
    match cell.get_float() {
        // Ids are longer than the rounding below could keep.
        Some(number) if number.fract() == 0.0 => format!("{number}"),
        // Shares such as 0.05 + 0.1 have no more digits than a person typed.
        Some(number) => format!("{}", (number * 1e9).round() / 1e9),
        None => cell.to_string().trim().to_string(),
    }
}

fn date(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
    }
}

fn parquet(path: &Path) -> Result<Vec<Row>, String> {
    let content = parquet::read_texts(path).map_err(|e| match e {
        ReportError::Decode { message, .. } => format!("it is no Parquet file: {message}"),
        other => other.to_string(),
    })?;
    let names = Row {
        line: 0,
        cells: content.columns,
    };
    let rows = content.rows.into_iter().zip(1..).map(|(cells, line)| Row {
        line,
        cells: cells.iter().map(|cell| cell.trim().to_string()).collect(),
    });
    Ok(std::iter::once(names).chain(rows).collect())
}
