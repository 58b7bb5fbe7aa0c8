//! A CSV as phone systems and Excel write it: comma, semicolon or tab; UTF-8 with or without
//! BOM, UTF-16 with one, else Windows-1252; line breaks within quotes; blank lines anywhere.
//!
//! Knows of lines and cells, not of what they mean; only to tell the delimiter it looks for
//! names of fields in the header. Lines are counted as an editor counts them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use thiserror::Error;

use super::fields::Field;
use super::sidecar::{LISTED, and_more, lines, listed};
use crate::limits::{self, TABLE_BYTES, Taken};
use crate::log::{visible, visible_path};
use crate::redaction::redact_quotation;

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Why there is no table to look at.
pub(crate) enum TableError {
    Read(io::Error),
    NotCsv(&'static str),
    /// Whatever it is, it is too large: a sentence with a remedy.
    TooMuch(String),
}

/// Why a table beside that of the calls is refused.
#[derive(Debug, Error)]
#[error("read the table of {table} {}:{why}", visible_path(path))]
pub struct Refused {
    /// What it is a table of.
    pub table: &'static str,
    pub path: PathBuf,
    pub why: Why,
    /// What to write into the first line.
    columns: &'static str,
}

/// What is wrong with it, as it follows the file's name.
#[derive(Debug, Error)]
pub enum Why {
    #[error(" {0}")]
    Read(io::Error),
    #[error(" it is {0}, not a CSV file")]
    NotCsv(&'static str),
    #[error(" {0}")]
    TooMuch(String),
    /// Columns as the file has them, in its order.
    #[error(
        " line {line} lacks the column{} {}; found {}",
        if missing.len() == 1 { "" } else { "s" }, missing.join(", "), listed(found)
    )]
    MissingColumns {
        line: u64,
        missing: Vec<&'static str>,
        found: Vec<String>,
    },
    /// The first problems in the order of the lines, and how many more there are.
    #[error("{}{}", lines(problems), and_more(*more))]
    Problems { problems: Vec<Problem>, more: usize },
}

impl Refused {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match &self.why {
            Why::Read(source) => limits::hint(source).map(str::to_string),
            // The message says it.
            Why::TooMuch(_) => None,
            Why::NotCsv(_) => {
                Some("in the spreadsheet, save as \"CSV UTF-8 (comma delimited)\"".to_string())
            }
            Why::MissingColumns { .. } => Some(format!(
                "the first line names the columns: {}",
                self.columns
            )),
            Why::Problems { .. } => {
                Some("mend these lines and run again; nothing was done yet".to_string())
            }
        }
    }
}

/// A table of which the columns are known and whose rows are read one by one.
pub(super) struct Reading<'p> {
    table: &'static str,
    path: &'p Path,
    columns: &'static str,
    pub(super) problems: Vec<Problem>,
}

impl<'p> Reading<'p> {
    /// Begins to read a table of `table`s; `columns` are those that it may have, for people.
    pub(super) fn begin(
        table: &'static str,
        path: &'p Path,
        columns: &'static str,
    ) -> Result<(Self, Vec<Record>), Refused> {
        let mut reading = Self {
            table,
            path,
            columns,
            problems: Vec::new(),
        };
        let read = read(path).map_err(|error| {
            reading.refuse(match error {
                TableError::Read(source) => Why::Read(source),
                TableError::NotCsv(what) => Why::NotCsv(what),
                TableError::TooMuch(message) => Why::TooMuch(message),
            })
        })?;
        reading.problems = read.problems;
        Ok((reading, read.records))
    }

    pub(super) fn refuse(&self, why: Why) -> Refused {
        Refused {
            table: self.table,
            path: self.path.to_owned(),
            why,
            columns: self.columns,
        }
    }

    /// Whether nothing is wrong.
    pub(super) fn finish(mut self) -> Result<(), Refused> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut problems = std::mem::take(&mut self.problems);
        problems.sort_by_key(|problem| problem.line);
        let more = problems.len().saturating_sub(LISTED);
        problems.truncate(LISTED);
        Err(self.refuse(Why::Problems { problems, more }))
    }
}

/// The records of a file and what is wrong with their quoting.
pub(crate) struct Table {
    pub encoding: &'static str,
    /// Those that are not blank, the header first.
    pub records: Vec<Record>,
    pub problems: Vec<Problem>,
}

pub(crate) fn read(path: &Path) -> Result<Table, TableError> {
    let bytes = limits::read(path, TABLE_BYTES).map_err(TableError::Read)?;
    let (text, encoding) = text_of(&bytes)?;
    drop(bytes);
    let (records, problems) = records(&text).map_err(TableError::TooMuch)?;
    Ok(Table {
        encoding,
        records,
        problems,
    })
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// As an editor counts, from 1.
    pub line: u64,
    /// `None` where the whole line is meant.
    pub column: Option<String>,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A line of its own, whatever it quotes.
        let message = visible(&redact_quotation(&self.message));
        match &self.column {
            Some(column) => write!(f, "line {}, {}: {message}", self.line, visible(column)),
            None => write!(f, "line {}: {message}", self.line),
        }
    }
}

/// The file as text, and the name of its encoding.
fn text_of(bytes: &[u8]) -> Result<(String, &'static str), TableError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(TableError::NotCsv("a spreadsheet"));
    }
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => WINDOWS_1252,
    };
    let (text, malformed) = encoding.decode_with_bom_removal(bytes);
    if malformed {
        let what = "damaged (its bytes do not fit the mark at its start)";
        return Err(TableError::NotCsv(what));
    }
    if text.contains('\0') {
        let what = "binary, or UTF-16 without a mark at its start";
        return Err(TableError::NotCsv(what));
    }
    Ok((text.into_owned(), encoding.name()))
}

/// One record: its first line, and its cells.
pub(crate) struct Record {
    pub line: u64,
    pub cells: Vec<String>,
}

impl Record {
    /// A cell without the space around it; empty where the record is shorter.
    pub(super) fn cell(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", |cell| cell.trim())
    }
}

/// All records that are not blank, the header first, and what is wrong with their quoting.
fn records(text: &str) -> Result<(Vec<Record>, Vec<Problem>), String> {
    let (body, delimiter) = delimiter(text);
    let mut reader = csv_reader(body, delimiter);
    // Quoted line breaks and CRLF shift the reader's own count, so lines are counted by offset.
    let mut lines = Lines::at(text, text.len() - body.len());
    let mut records = Vec::new();
    let mut problems = Vec::new();
    let mut start = 0;
    let mut taken = Taken::default();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(whole_line(lines.line, format!("cannot be read: {error}")));
                break;
            }
        };
        taken.width(record.len())?;
        let byte = record.position().map_or(0, |position| position.byte());
        start = text.len() - body.len() + byte as usize;
        let line = lines.advance(start);
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            taken.row(cells.len())?;
            records.push(Record { line, cells });
        }
    }
    if let Some(torn) = torn_end(&records, &text[start..], lines.line) {
        problems.push(torn);
        // What it seems to hold would only add false complaints; a header is still looked at.
        records.truncate(records.len().saturating_sub(1).max(1));
    }
    Ok((records, problems))
}

/// A last record that quotes the rest of the file, or that ends before its line does.
fn torn_end(records: &[Record], tail: &str, line: u64) -> Option<Problem> {
    let quotes = tail.matches('"').count();
    if quotes % 2 == 1 && tail.trim().contains(['\n', '\r']) {
        return Some(whole_line(
            line,
            "a quotation mark opens here and never closes",
        ));
    }
    let (header, last) = (records.first()?, records.last()?);
    let short = last.line == line && last.cells.len() < header.cells.len();
    (short && !tail.ends_with(['\n', '\r'])).then(|| {
        whole_line(
            line,
            "the file ends in the middle of this line; was it still being written?",
        )
    })
}

pub(super) fn whole_line(line: u64, message: impl Into<String>) -> Problem {
    Problem {
        line,
        column: None,
        message: message.into(),
    }
}

fn csv_reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The text from the header on, and what divides its cells: what Excel's `sep=;` line says, else
/// the one that yields most known column names, else most names.
fn delimiter(text: &str) -> (&str, u8) {
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    if let [b's', b'e', b'p', b'=', delimiter] = first.trim_end().to_ascii_lowercase().as_bytes() {
        return (&text[first.len()..], *delimiter);
    }
    let mut best = (DELIMITERS[0], (0, 0));
    for delimiter in DELIMITERS {
        let header = csv_reader(text, delimiter).into_records().next();
        let Some(Ok(header)) = header else {
            continue;
        };
        let known = header
            .iter()
            .filter(|name| Field::from_name(name.trim()).is_some());
        let score = (known.count(), header.len());
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    (text, best.0)
}

/// Lines of a text as an editor counts them, asked for in rising order.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn at(text: &'a str, offset: usize) -> Self {
        let mut lines = Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        };
        lines.count_to(offset);
        lines
    }

    /// The line of the first byte at or after `offset` that is no line break.
    fn advance(&mut self, offset: usize) -> u64 {
        let blank = self.text[offset..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        self.count_to(offset + blank);
        self.line
    }

    fn count_to(&mut self, end: usize) {
        while self.at < end {
            let lone_return =
                self.text[self.at] == b'\r' && self.text.get(self.at + 1) != Some(&b'\n');
            if self.text[self.at] == b'\n' || lone_return {
                self.line += 1;
            }
            self.at += 1;
        }
    }
}
