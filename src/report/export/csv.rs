//! Tables as CSV files, for spreadsheets: RFC 4180, comma, a byte order mark so that Excel knows
//! UTF-8, and no text that could be taken for a formula.
//!
//! A table with more rows than a sheet holds goes on in a further file. An empty text and null
//! are both empty; whoever needs the difference takes Parquet.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use csv::{Terminator, Writer, WriterBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::formula::defused;
use super::{Ended, SHEET_ROWS, TableSink, part_name, printable};
use crate::modes;
use crate::report::ReportError;
use crate::report::schema::{Cell, Table};

/// Writes each table into a folder.
pub struct CsvSink {
    folder: PathBuf,
    /// Of a file, its header among them.
    most_rows: usize,
    table: Option<Open>,
    files: Vec<PathBuf>,
}

/// The table at hand.
struct Open {
    table: Table,
    writer: Writer<BufWriter<File>>,
    /// Of the file at hand, its header among them.
    in_file: usize,
    ended: Ended,
}

impl CsvSink {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            most_rows: SHEET_ROWS,
            table: None,
            files: Vec::new(),
        }
    }

    /// Starts the file of a part, with its header.
    fn file(&mut self, table: &Table, part: usize) -> Result<Writer<BufWriter<File>>, ReportError> {
        let name = format!("{}.csv", part_name(table, part));
        let path = self.folder.join(name);
        let opened = modes::private_file().create_new(true).open(&path);
        self.files.push(path);
        let mut file = BufWriter::new(opened.map_err(self.failed())?);
        file.write_all("\u{feff}".as_bytes())
            .map_err(self.failed())?;
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(file);
        writer
            .write_record(table.columns.iter().map(|column| column.name))
            .map_err(|e| self.failed()(e.into()))?;
        Ok(writer)
    }

    /// An error of the file at hand.
    fn failed(&self) -> impl Fn(io::Error) -> ReportError {
        let path = self.files.last().unwrap_or(&self.folder);
        let path = path.display().to_string();
        move |source| ReportError::Write {
            path: path.clone(),
            source,
        }
    }

    fn close(&self, writer: Writer<BufWriter<File>>) -> Result<(), ReportError> {
        let file = writer
            .into_inner()
            .map_err(|e| self.failed()(e.into_error()))?;
        let file = file
            .into_inner()
            .map_err(|e| self.failed()(e.into_error()))?;
        file.sync_all().map_err(self.failed())
    }
}

impl TableSink for CsvSink {
    fn start(&mut self, table: &Table) -> Result<(), ReportError> {
        let writer = self.file(table, 1)?;
        self.table = Some(Open {
            table: table.clone(),
            writer,
            in_file: 1,
            ended: Ended {
                parts: vec![part_name(table, 1)],
                ..Ended::default()
            },
        });
        Ok(())
    }

    fn push(&mut self, row: Vec<Cell>) -> Result<(), ReportError> {
        let mut open = self.table.take().expect("a table was started");
        if open.in_file == self.most_rows {
            let part = open.ended.parts.len() + 1;
            open.ended.parts.push(part_name(&open.table, part));
            let next = self.file(&open.table, part)?;
            self.close(std::mem::replace(&mut open.writer, next))?;
            open.in_file = 1;
        }
        open.writer
            .write_record(row.iter().map(|cell| text(cell).into_owned()))
            .map_err(|e| self.failed()(e.into()))?;
        open.in_file += 1;
        open.ended.rows += 1;
        self.table = Some(open);
        Ok(())
    }

    fn end(&mut self) -> Result<Ended, ReportError> {
        let open = self.table.take().expect("a table was started");
        self.close(open.writer)?;
        Ok(open.ended)
    }

    fn finish(self: Box<Self>) -> Result<Vec<PathBuf>, ReportError> {
        Ok(self.files)
    }
}

/// A cell as a spreadsheet understands it: numbers are numbers, whatever they begin with.
fn text(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Null => Cow::Borrowed(""),
        Cell::Text(text) => Cow::Owned(defused(&printable(text)).into_owned()),
        Cell::Int(value) => Cow::Owned(value.to_string()),
        Cell::Float(value) => Cow::Owned(value.to_string()),
        Cell::Bool(value) => Cow::Owned(value.to_string()),
        Cell::Date(date) => Cow::Owned(date.to_string()),
        Cell::TimestampMs(ms) => Cow::Owned(time(*ms)),
    }
}

/// `2026-03-02 09:00:00`, in UTC, with a fraction where there is one. Excel takes a time with a
/// `T` or a `Z` for a text.
pub(super) fn time(ms: i64) -> String {
    let Ok(at) = Timestamp::from_millisecond(ms) else {
        return ms.to_string();
    };
    let at = at.to_zoned(TimeZone::UTC).datetime();
    format!("{} {}", at.date(), at.time())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::report::export::tests::{ROWS, sample};

    #[test]
    fn numbers_stay_numbers_and_texts_are_no_formulas() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = Box::new(CsvSink::new(folder.path()));
        sink.start(&sample()).unwrap();
        for row in ROWS() {
            sink.push(row).unwrap();
        }
        let ended = sink.end().unwrap();
        assert_eq!(
            (ended.rows, ended.parts),
            (4, vec!["calibration_sample".into()])
        );
        let files = sink.finish().unwrap();
        let text = fs::read_to_string(&files[0]).unwrap();
        let expected = "\u{feff}date,text,share,count,good,at\r\n\
            2026-03-02,'=1+1,-0.5,-5,true,2026-03-02 09:00:00\r\n\
            2026-03-02,'-5,0.000001,9007199254740993,false,2026-03-02 09:00:00.123\r\n\
            2026-03-03,\"a \"\"b\"\", ü\nc\u{fffd}\",100000000000000000000,0,,1969-12-31 23:59:59.999\r\n\
            2026-03-03,,,,,\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn more_rows_than_a_sheet_holds_go_on_in_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut sink = Box::new(CsvSink::new(folder.path()));
        sink.most_rows = 3;
        sink.start(&sample()).unwrap();
        for row in ROWS() {
            sink.push(row).unwrap();
        }
        let names = ["calibration_sample", "calibration_sample_2"];
        assert_eq!(sink.end().unwrap().parts, names);
        for file in sink.finish().unwrap() {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.starts_with("\u{feff}date,text,"), "{text}");
            assert_eq!(text.matches("\r\n").count(), 3, "{text}");
        }
    }
}
