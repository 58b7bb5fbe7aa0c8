//! Files of rows that people and their tools hand over, read as texts: CSV, XLSX and Parquet.
//!
//! The one door to XLSX; CSV is read as the tables of calls are, Parquet by `report`. What the
//! rows mean is for the rooms that ask for them.

use std::io;
use std::path::{Path, PathBuf};

use calamine::{Data, DataType, ExcelDateTime, Reader, Xlsx, XlsxError};

use crate::limits::{self, TABLE_BYTES, Taken, UNPACKED_BYTES};
use crate::log::visible_path;
use crate::panics::caught;
use crate::recording::table::{self, Problem, TableError};
use crate::report::{ReportError, parquet};

/// Columns that a spreadsheet can have.
const WIDEST: u32 = 16_384;
/// Each may be looked at, and a book can name one part as many sheets.
const MOST_SHEETS: usize = 100;

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
    #[error("read {}", visible_path(path))]
    Read { path: PathBuf, source: io::Error },
    #[error("understand {}: {message}", visible_path(path))]
    NoTable { path: PathBuf, message: String },
}

impl SheetError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            SheetError::Read { source, .. } => limits::hint(source),
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
    let bytes = limits::read(path, TABLE_BYTES).map_err(|source| SheetError::Read {
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
        TableError::TooMuch(message) => SheetError::NoTable {
            path: path.to_path_buf(),
            message,
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
    let rows = caught(|| {
        check_unpacked(&bytes)?;
        sheets(bytes, names_columns)
    });
    rows.unwrap_or_else(|| Err("it is a damaged XLSX file".to_string()))
}

/// Unpacks all parts, to nowhere: what a file says of their sizes need not be true.
fn check_unpacked(bytes: &[u8]) -> Result<(), String> {
    let damaged = |e: zip::result::ZipError| format!("it is no XLSX file: {e}");
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).map_err(damaged)?;
    let mut left = UNPACKED_BYTES;
    for part in 0..archive.len() {
        // One that cannot be read may be one that nobody needs.
        let Ok(part) = archive.by_index(part) else {
            continue;
        };
        let mut part = io::Read::take(part, left + 1);
        let _ = io::copy(&mut part, &mut io::sink());
        let taken = left + 1 - part.limit();
        left = left.checked_sub(taken).ok_or_else(|| {
            limits::too_much((UNPACKED_BYTES >> 20) as usize, "MiB when it is unpacked")
        })?;
    }
    Ok(())
}

fn sheets(bytes: Vec<u8>, names_columns: &dyn Fn(&Row) -> bool) -> Result<Vec<Row>, String> {
    let damaged = |e: XlsxError| format!("it is no XLSX file: {e}");
    let mut book = Xlsx::new(io::Cursor::new(bytes)).map_err(damaged)?;
    let mut first = None;
    let names = book.sheet_names();
    if names.len() > MOST_SHEETS {
        return Err(limits::too_much(MOST_SHEETS, "sheets"));
    }
    for name in names {
        let rows = sheet_rows(&mut book, &name)?;
        if rows.iter().any(names_columns) {
            return Ok(rows);
        }
        first.get_or_insert(rows);
    }
    first.ok_or_else(|| "it has no sheet".to_string())
}

/// The rows of one sheet from the first that holds something, each up to its last cell. Not by
/// calamine's own table of cells: two cells in far corners make that one as large as the sheet.
fn sheet_rows(book: &mut Xlsx<io::Cursor<Vec<u8>>>, name: &str) -> Result<Vec<Row>, String> {
    let damaged = |e: XlsxError| format!("it is no XLSX file: {e}");
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // A sheet that is a chart.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(e) => return Err(damaged(e)),
    };
    let mut taken = Taken::default();
    let mut cells: Vec<(u32, u32, String)> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let text = text(&Data::from(cell.get_value().clone()));
        if text.is_empty() {
            continue;
        }
        if row >= limits::TABLE_ROWS as u32 || column >= WIDEST {
            return Err("it has a cell outside of what a spreadsheet holds".to_string());
        }
        taken.cells(1)?;
        taken.text(&text)?;
        cells.push((row, column, text));
    }
    cells.sort_by_key(|(row, column, _)| (*row, *column));
    let left = cells
        .iter()
        .map(|(_, column, _)| *column)
        .min()
        .unwrap_or(0);
    let mut taken = Taken::default();
    let mut rows: Vec<Row> = Vec::new();
    for one_row in cells.chunk_by_mut(|a, b| a.0 == b.0) {
        let (at, last) = (one_row[0].0, one_row[one_row.len() - 1].1);
        let width = (last - left + 1) as usize;
        taken.row(width)?;
        let mut texts = vec![String::new(); width];
        for (_, column, text) in one_row {
            texts[(*column - left) as usize] = std::mem::take(text);
        }
        // Rows between that hold nothing are rows, too.
        let next = rows.last().map_or(u64::from(at) + 1, |row| row.line + 1);
        rows.extend((next..=u64::from(at)).map(|line| Row {
            line,
            cells: Vec::new(),
        }));
        rows.push(Row {
            line: u64::from(at) + 1,
            cells: texts,
        });
    }
    Ok(rows)
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
