//! What a night leaves behind: Parquet tables that any analyst can query.
//!
//! [`tables`] says what is in each table, [`schema`] what a table, a column and a cell are, and
//! [`parquet`] is the one door to polars. [`export`] writes the same for other tools. Left out on purpose: where files stand, staging and
//! renaming (that is `batch`), and every sum or rate over calls, which belongs to the reader's
//! own query.

use crate::log::visible;
use std::io;

pub mod diff;
pub mod export;
pub mod html;
mod pages;
pub mod parquet;
pub mod records;
pub mod rows;
pub mod schema;
pub mod summary;
pub mod tables;

pub use parquet::{
    ROWS_PER_GROUP, TableContent, TableReader, TableWriter, read_columns, read_table,
};
pub use schema::{Cell, Column, Kind, SCHEMA_VERSION, Table, markdown};
pub use tables::{schema_document, tables};

/// A table that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file cannot be made, or its bytes cannot be brought to the disc.
    #[error("write {path}", path = visible(path))]
    Write { path: String, source: io::Error },
    /// A row group or the footer cannot be written.
    #[error("write {path}: {message}", path = visible(path))]
    Encode { path: String, message: String },
    /// The file cannot be opened.
    #[error("read {path}", path = visible(path))]
    Read { path: String, source: io::Error },
    /// The file is no Parquet file, is cut short, or holds a type that no table has.
    #[error("understand {path}: {message}", path = visible(path))]
    Decode { path: String, message: String },
    /// A row has too few or too many cells. A fault of the program, not of the data.
    #[error("write a row of table {table}: it has {found} cells and the table {expected} columns")]
    Arity {
        table: &'static str,
        expected: usize,
        found: usize,
    },
    /// A cell does not fit its column. A fault of the program, not of the data.
    #[error("write a row of table {table}: column {column}: {fault}")]
    Cell {
        table: &'static str,
        column: &'static str,
        fault: CellFault,
    },
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CellFault {
    #[error("it needs a value and has none")]
    Null,
    #[error("it holds {expected} and was given {found}")]
    Kind { expected: Kind, found: Kind },
    #[error("{0} is not a finite number")]
    NotFinite(f64),
    #[error("{0} ms is too far from 1970 for a timestamp")]
    TimestampRange(i64),
}

impl ReportError {
    /// What a person can do about it, if anything.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            ReportError::Write { .. } | ReportError::Encode { .. } => {
                Some("check that the folder exists, may be written to, and that its disc has room")
            }
            ReportError::Decode { .. } => {
                Some("the file may be cut short; a new run writes its date again from the store")
            }
            ReportError::Read { .. } | ReportError::Arity { .. } | ReportError::Cell { .. } => None,
        }
    }
}
