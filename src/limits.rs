//! How much is taken from outside: sizes and counts that no file of a centre comes near, and that
//! keep a wrong or hostile one from filling memory or time.
//!
//! `docs/hostile-input.md` has them in one table, with those that stand elsewhere: of sound in
//! `audio`, of models in `speech::model_file`, of YAML's nesting and aliases in `rubric`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

const MIB: u64 = 1024 * 1024;

/// Bytes of a rubric, or of a file of cases. The longest built-in one has 27 KB.
pub const FORM_BYTES: u64 = MIB;
/// Bytes of `callibrate.toml`, or of a model's profile.
pub const SETTINGS_BYTES: u64 = MIB;
/// Bytes of coaching notes: some 10,000 of them.
pub const NOTES_BYTES: u64 = 4 * MIB;
/// Bytes of a transcript. A two-hour call has about 3 MB.
pub const TRANSCRIPT_BYTES: u64 = 64 * MIB;
/// Words of a transcript: about 40 hours without a pause.
pub const TRANSCRIPT_WORDS: usize = 500_000;
/// The latest time in a transcript, in milliseconds: a thousand hours.
pub const TRANSCRIPT_MS: i64 = 3_600_000_000;
/// Bytes of a table: CSV, XLSX or Parquet.
pub const TABLE_BYTES: u64 = 128 * MIB;
/// Bytes of an XLSX or Parquet file when it is unpacked, and of all texts of a table.
pub const UNPACKED_BYTES: u64 = 512 * MIB;
/// Rows of a table, as many as a spreadsheet has.
pub const TABLE_ROWS: usize = 1_048_576;
pub const TABLE_COLUMNS: usize = 1_000;
pub const TABLE_CELLS: usize = 10_000_000;

/// Opens a regular file. A named pipe would make whoever opens it wait for a writer, without end
/// and deaf to signals, and a device may never come to its end: what something is, is looked at
/// before it is opened.
///
/// # Errors
/// [`io::ErrorKind::IsADirectory`] or [`io::ErrorKind::InvalidInput`] for what is no regular
/// file, or whatever looking and opening give.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_dir() {
        let message = "it is a folder";
        return Err(io::Error::new(io::ErrorKind::IsADirectory, message));
    }
    if !kind.is_file() {
        let message = "it is a pipe, a device or a socket";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    File::open(path)
}

/// Reads a regular file whole, unless it has more than `most` bytes.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`], or whatever [`open`] and reading give.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    // Not as the folder has it: the file may grow.
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it has more than {} MiB, the most that is read", most / MIB);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// As [`read`], for UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// What a person can do about a file that is too large, or about what is no file.
pub(crate) fn hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::FileTooLarge => Some("check that it is the right file; if it is, split it"),
        io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => Some("name a regular file"),
        _ => None,
    }
}

/// Counts what is taken from a table.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    rows: usize,
    cells: usize,
    bytes: u64,
}

impl Taken {
    /// Counts a row before it is kept.
    ///
    /// # Errors
    /// What it has too much of, as a sentence with a remedy.
    pub(crate) fn row(&mut self, cells: usize) -> Result<(), String> {
        self.rows += 1;
        self.width(cells)?;
        if self.rows > TABLE_ROWS {
            return Err(too_much(TABLE_ROWS, "rows"));
        }
        self.cells(cells)
    }

    /// Looks at a row's cells before they are made.
    pub(crate) fn width(&self, cells: usize) -> Result<(), String> {
        if cells > TABLE_COLUMNS {
            return Err(too_much(TABLE_COLUMNS, "columns"));
        }
        Ok(())
    }

    /// Counts cells of rows that are not counted.
    pub(crate) fn cells(&mut self, cells: usize) -> Result<(), String> {
        self.cells += cells;
        if self.cells > TABLE_CELLS {
            return Err(too_much(TABLE_CELLS, "cells"));
        }
        Ok(())
    }

    /// Counts the text of a cell.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), String> {
        self.bytes += text.len() as u64;
        if self.bytes > UNPACKED_BYTES {
            return Err(too_much((UNPACKED_BYTES / MIB) as usize, "MiB of text"));
        }
        Ok(())
    }
}

pub(crate) fn too_much(most: usize, what: &str) -> String {
    format!("it has more than {most} {what}; split it, or check that it is the right file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_the_limit_is_read_and_one_byte_more_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, vec![b'a'; MIB as usize]).unwrap();
        assert_eq!(read_text(&path, MIB).unwrap().len(), MIB as usize);
        std::fs::write(&path, vec![b'a'; MIB as usize + 1]).unwrap();
        let error = read(&path, MIB).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has more than 1 MiB, the most that is read"
        );
        assert!(hint(&error).is_some());
        std::fs::write(&path, b"\xff").unwrap();
        let error = read_text(&path, MIB).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(hint(&error).is_none());
    }

    #[test]
    fn rows_cells_and_texts_are_counted() {
        let mut taken = Taken::default();
        assert!(taken.row(TABLE_COLUMNS).is_ok());
        assert!(taken.row(TABLE_COLUMNS + 1).is_err());
        let mut taken = Taken::default();
        let wide = TABLE_CELLS / TABLE_COLUMNS;
        assert!((0..wide).all(|_| taken.row(TABLE_COLUMNS).is_ok()));
        assert!(taken.row(1).unwrap_err().contains("10000000 cells"));
        let mut taken = Taken::default();
        assert!((0..TABLE_ROWS).all(|_| taken.row(1).is_ok()));
        assert!(taken.row(1).unwrap_err().contains("1048576 rows"));
        let mib = "a".repeat(MIB as usize);
        assert!((0..512).all(|_| taken.text(&mib).is_ok()));
        assert!(taken.text("a").is_err());
    }
}
