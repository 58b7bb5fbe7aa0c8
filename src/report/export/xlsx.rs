//! Tables as sheets of one workbook. The one door to rust_xlsxwriter.
//!
//! Rows leave memory as they come. Dates and times are Excel's own, texts are texts whatever they
//! look like, and the same tables give the same bytes: a workbook tells no time of its making.
//! Left out on purpose: formulas, links and charts; a text that looks like a link is a text.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use jiff::civil::{Date, date};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::formula::is_formula;
use super::{Ended, SHEET_ROWS, TableSink, csv, part_name, printable};
use crate::modes;
use crate::report::ReportError;
use crate::report::schema::{Cell, Kind, Table};

/// What a cell holds, in UTF-16, as Excel counts.
const CELL_UNITS: usize = 32_767;
/// Whole numbers beyond this are not exact in a cell: 2^53.
const EXACT: u64 = 1 << 53;
/// Excel has a day before this that never was.
const FIRST_DAY: Date = date(1900, 3, 1);
/// Days from Excel's origin to 1970.
const DAYS_TO_1970: i64 = 25_569;
const DAY_MS: i64 = 86_400_000;
/// Cells beyond which a file of the workbook may be longer than a plain zip takes.
const MANY_CELLS: u64 = 10_000_000;

/// Writes all tables into one workbook.
pub struct XlsxSink {
    path: PathBuf,
    workbook: Workbook,
    formats: Formats,
    /// Of a sheet, its header among them.
    most_rows: usize,
    table: Option<Open>,
    cells: u64,
}

/// The table at hand; its sheet is the last one.
struct Open {
    table: Table,
    /// The next row of the sheet.
    row: usize,
    ended: Ended,
}

struct Formats {
    header: Format,
    /// Excel takes what is edited in such a cell for a text, as if `'` stood before it.
    guarded: Format,
    date: Format,
    time: Format,
}

impl XlsxSink {
    /// Writes to `path` in the end; what is not held in memory until then lies beside it.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn new(path: &Path) -> Result<Self, ReportError> {
        let mut workbook = Workbook::new();
        let folder = path.parent().unwrap_or(Path::new("."));
        workbook.set_tempdir(folder).map_err(|e| failed(path, e))?;
        let made = ExcelDateTime::from_ymd(2000, 1, 1).expect("there was such a day");
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        Ok(Self {
            path: path.to_path_buf(),
            workbook,
            formats: Formats {
                header: Format::new().set_bold(),
                guarded: Format::new().set_quote_prefix(),
                date: Format::new().set_num_format("yyyy-mm-dd"),
                time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            },
            most_rows: SHEET_ROWS,
            table: None,
            cells: 0,
        })
    }

    /// Starts the sheet of a part, with its header.
    fn sheet(&mut self, table: &Table, part: usize) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(part_name(table, part))?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, column) in (0..).zip(&table.columns) {
            let width = width(column.kind).max(column.name.len() as f64 + 4.0);
            sheet.set_column_width(at, width)?;
        }
        for (at, column) in (0..).zip(&table.columns) {
            sheet.write_string_with_format(0, at, column.name, &self.formats.header)?;
        }
        Ok(())
    }

    fn last_sheet(&mut self) -> &mut Worksheet {
        let sheets = self.workbook.worksheets_mut();
        sheets.last_mut().expect("a table was started")
    }

    /// Ends the sheet at hand, with its filter.
    fn end_sheet(&mut self, open: &Open) -> Result<(), XlsxError> {
        let last_row = open.row.saturating_sub(1) as u32;
        let last_column = open.table.columns.len().saturating_sub(1) as u16;
        self.last_sheet().autofilter(0, 0, last_row, last_column)?;
        Ok(())
    }

    fn write(&mut self, open: &mut Open, row: &[Cell]) -> Result<(), XlsxError> {
        if open.row == self.most_rows {
            self.end_sheet(open)?;
            let part = open.ended.parts.len() + 1;
            open.ended.parts.push(part_name(&open.table, part));
            self.sheet(&open.table, part)?;
            open.row = 1;
        }
        let at = open.row as u32;
        let sheets = self.workbook.worksheets_mut();
        let sheet = sheets.last_mut().expect("a table was started");
        for (column, cell) in (0..).zip(row) {
            open.ended.cut += u64::from(write_cell(sheet, at, column, cell, &self.formats)?);
        }
        open.row += 1;
        open.ended.rows += 1;
        Ok(())
    }
}

impl TableSink for XlsxSink {
    fn start(&mut self, table: &Table) -> Result<(), ReportError> {
        self.sheet(table, 1).map_err(|e| failed(&self.path, e))?;
        self.table = Some(Open {
            table: table.clone(),
            row: 1,
            ended: Ended {
                parts: vec![part_name(table, 1)],
                ..Ended::default()
            },
        });
        Ok(())
    }

    fn push(&mut self, row: Vec<Cell>) -> Result<(), ReportError> {
        let mut open = self.table.take().expect("a table was started");
        self.cells += row.len() as u64;
        self.write(&mut open, &row)
            .map_err(|e| failed(&self.path, e))?;
        self.table = Some(open);
        Ok(())
    }

    fn end(&mut self) -> Result<Ended, ReportError> {
        let open = self.table.take().expect("a table was started");
        self.end_sheet(&open).map_err(|e| failed(&self.path, e))?;
        Ok(open.ended)
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<PathBuf>, ReportError> {
        let path = self.path.clone();
        let write_error = |source| ReportError::Write {
            path: path.display().to_string(),
            source,
        };
        self.workbook.use_zip_large_file(self.cells > MANY_CELLS);
        let file = modes::private_file().create_new(true).open(&path);
        let mut file = BufWriter::new(file.map_err(write_error)?);
        self.workbook
            .save_to_writer(&mut file)
            .map_err(|e| failed(&path, e))?;
        let file = file.into_inner().map_err(|e| write_error(e.into_error()))?;
        file.sync_all().map_err(write_error)?;
        Ok(vec![path])
    }
}

/// Writes a cell; tells whether its text had to be cut.
fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<bool, XlsxError> {
    match cell {
        Cell::Null => {}
        Cell::Text(text) => return write_text(sheet, row, column, text, formats),
        Cell::Int(value) if value.unsigned_abs() <= EXACT => {
            sheet.write_number(row, column, *value as f64)?;
        }
        Cell::Int(value) => {
            sheet.write_string(row, column, value.to_string())?;
        }
        Cell::Float(value) => {
            sheet.write_number(row, column, *value)?;
        }
        Cell::Bool(value) => {
            sheet.write_boolean(row, column, *value)?;
        }
        Cell::Date(day) if *day >= FIRST_DAY => {
            let days = day.duration_since(date(1970, 1, 1)).as_hours() / 24 + DAYS_TO_1970;
            sheet.write_number_with_format(row, column, days as f64, &formats.date)?;
        }
        Cell::Date(day) => {
            sheet.write_string(row, column, day.to_string())?;
        }
        Cell::TimestampMs(ms) => match serial(*ms) {
            Some(serial) => {
                sheet.write_number_with_format(row, column, serial, &formats.time)?;
            }
            None => {
                sheet.write_string(row, column, csv::time(*ms))?;
            }
        },
    }
    Ok(false)
}

/// A time as Excel counts it, in days; `None` before its calendar begins and after it ends.
fn serial(ms: i64) -> Option<f64> {
    let from_origin = ms.checked_add(DAYS_TO_1970 * DAY_MS)?;
    let days = from_origin.div_euclid(DAY_MS);
    (61..=2_958_465)
        .contains(&days)
        .then(|| from_origin as f64 / DAY_MS as f64)
}

fn write_text(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    formats: &Formats,
) -> Result<bool, XlsxError> {
    let text = printable(text);
    let whole = text.encode_utf16().count() <= CELL_UNITS;
    let text = if whole { text } else { shortened(&text) };
    match is_formula(&text) {
        true => sheet.write_string_with_format(row, column, text, &formats.guarded)?,
        false => sheet.write_string(row, column, text)?,
    };
    Ok(!whole)
}

/// As much as a cell holds, with an ellipsis.
fn shortened(text: &str) -> String {
    let mut units = 1;
    let mut out: String = text
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= CELL_UNITS
        })
        .collect();
    out.push('…');
    out
}

/// In characters.
fn width(kind: Kind) -> f64 {
    match kind {
        Kind::Text => 20.0,
        Kind::Timestamp => 19.0,
        Kind::Int | Kind::Float | Kind::Bool | Kind::Date => 11.0,
    }
}

fn failed(path: &Path, error: XlsxError) -> ReportError {
    let path = path.display().to_string();
    let message = error.to_string();
    let source = match error {
        XlsxError::IoError(source) | XlsxError::TempFileError(_, source) => source,
        XlsxError::ZipError(error) => match io::Error::from(error) {
            source if source.raw_os_error().is_some() => source,
            _ => return ReportError::Encode { path, message },
        },
        _ => return ReportError::Encode { path, message },
    };
    ReportError::Write { path, source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use calamine::{Data, Reader, Xlsx, open_workbook};

    use super::*;
    use crate::report::export::tests::{ROWS, sample};

    fn write(path: &Path, most_rows: usize) -> Ended {
        let mut sink = Box::new(XlsxSink::new(path).unwrap());
        sink.most_rows = most_rows;
        sink.start(&sample()).unwrap();
        for row in ROWS() {
            sink.push(row).unwrap();
        }
        let ended = sink.end().unwrap();
        assert_eq!(sink.finish().unwrap(), [path]);
        ended
    }

    #[test]
    fn cells_have_their_types_and_the_same_rows_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["1.xlsx", "2.xlsx"].map(|name| folder.path().join(name));
        write(&one, SHEET_ROWS);
        write(&two, SHEET_ROWS);
        assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap());
        // Nothing is left beside them.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

        let mut book: Xlsx<_> = open_workbook(&one).unwrap();
        assert_eq!(book.sheet_names(), ["calibration_sample"]);
        let sheet = book.worksheet_range("calibration_sample").unwrap();
        let row = |n: usize| sheet.rows().nth(n).unwrap();
        let text = |text: &str| Data::String(text.to_string());
        assert_eq!(row(0)[1], text("text"));
        assert_eq!(
            row(1)[1..5],
            [
                text("=1+1"),
                Data::Float(-0.5),
                Data::Float(-5.0),
                Data::Bool(true)
            ]
        );
        let time = |cell: &Data| match cell {
            Data::DateTime(at) => at.as_f64(),
            other => panic!("no time: {other:?}"),
        };
        assert_eq!(time(&row(1)[0]), 46_083.0);
        assert_eq!(time(&row(1)[5]), 46_083.375);
        assert_eq!(row(2)[1], text("-5"));
        assert_eq!(row(2)[3], text("9007199254740993"));
        assert_eq!(row(3)[1], text("a \"b\", ü\nc\u{fffd}"));
        assert!(row(4)[1..].iter().all(|cell| *cell == Data::Empty));
        let formulas = book.worksheet_formula("calibration_sample").unwrap();
        assert!(formulas.is_empty());
    }

    #[test]
    fn more_rows_than_a_sheet_holds_go_on_in_another_sheet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1.xlsx");
        let names = ["calibration_sample", "calibration_sample_2"];
        assert_eq!(write(&path, 3).parts, names);
        let mut book: Xlsx<_> = open_workbook(&path).unwrap();
        for name in names {
            let sheet = book.worksheet_range(name).unwrap();
            assert_eq!(sheet.height(), 3, "{name}");
            assert_eq!(
                sheet.rows().next().unwrap()[0],
                Data::String("date".to_string())
            );
        }
    }

    #[test]
    fn a_text_that_a_cell_cannot_hold_is_cut_at_a_whole_character() {
        assert_eq!(
            shortened(&"x".repeat(40_000)).len(),
            CELL_UNITS - 1 + '…'.len_utf8()
        );
        let wide = shortened(&"😀".repeat(40_000));
        assert!(wide.encode_utf16().count() <= CELL_UNITS, "{}", wide.len());
        assert!(wide.ends_with("😀…"));
    }
}
