//! Tables as one Parquet file each, for readers that take no folders of dates.

use std::path::{Path, PathBuf};

use super::{Ended, TableSink, file_name};
use crate::report::schema::{Cell, Table};
use crate::report::{ReportError, TableWriter};

/// Writes each table into a folder.
pub struct ParquetSink {
    folder: PathBuf,
    table: Option<(String, TableWriter)>,
    files: Vec<PathBuf>,
}

impl ParquetSink {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            table: None,
            files: Vec::new(),
        }
    }
}

impl TableSink for ParquetSink {
    fn start(&mut self, table: &Table) -> Result<(), ReportError> {
        let name = file_name(table);
        let path = self.folder.join(format!("{name}.parquet"));
        let writer = TableWriter::create(&path, table, &[])?;
        self.files.push(path);
        self.table = Some((name, writer));
        Ok(())
    }

    fn push(&mut self, row: Vec<Cell>) -> Result<(), ReportError> {
        let (_, writer) = self.table.as_mut().expect("a table was started");
        writer.push(row)
    }

    fn end(&mut self) -> Result<Ended, ReportError> {
        let (name, writer) = self.table.take().expect("a table was started");
        Ok(Ended {
            rows: writer.finish()?,
            parts: vec![name],
            cut: 0,
        })
    }

    fn finish(self: Box<Self>) -> Result<Vec<PathBuf>, ReportError> {
        Ok(self.files)
    }
}
