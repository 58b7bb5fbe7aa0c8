//! The one door to polars: tables as Parquet files, written row by row and read back.
//!
//! Rows are gathered column by column and leave as a row group every [`ROWS_PER_GROUP`] rows, so
//! memory does not grow with the table. Left out on purpose: the Arrow schema that polars adds to
//! the metadata. It names string views, which older Arrow readers do not know, and it says
//! nothing that Parquet's own types do not. Staging and renaming belong to the caller.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use polars::io::parquet::metadata::{FileMetadata, FileMetadataRef};
use polars::io::parquet::write::{
    BatchedWriter, KeyValueMetadata, ParquetCompression, ParquetWriter, StatisticsOptions,
};
use polars::prelude::{
    self as pl, ArrowDataType, DataType, IntoColumn, NewChunkedArray, SerReader, TimeUnit, TimeZone,
};

use super::ReportError;
use super::pages;
use super::schema::{Cell, Column, Kind, SCHEMA_VERSION, Table};
use crate::limits::{self, Taken};
use crate::modes;
use crate::panics::caught;

/// Rows that are held in memory before they are written.
pub const ROWS_PER_GROUP: usize = 32_768;

/// Longest text, in bytes, that a row group's statistics keep whole. Stated, because polars would
/// otherwise take it from the environment.
const STATISTICS_TEXT_BYTES: u64 = 64;

/// Writes one Parquet file. A file that is not finished has no footer, and no reader takes it.
pub struct TableWriter {
    path: PathBuf,
    table: Table,
    facts: Vec<(String, String)>,
    /// A second handle of the file, to sync it once polars has written the footer.
    file: File,
    writer: BatchedWriter<BufWriter<Remembering>>,
    fault: Fault,
    gathered: Vec<Gathered>,
    in_group: usize,
    rows: u64,
}

/// The values of one column that are not written yet.
enum Gathered {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Float(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    /// In microseconds.
    Timestamp(Vec<Option<i64>>),
    /// In days since 1970.
    Date(Vec<Option<i32>>),
}

impl TableWriter {
    /// Starts a file, readable by the user alone; one that exists is overwritten. `facts` go into its key-value metadata with
    /// `callibrate.` before each name, beside `table`, `schema_version` and `tool_version`.
    ///
    /// # Errors
    /// [`ReportError::Write`] if the file cannot be made.
    pub fn create(
        path: &Path,
        table: &Table,
        facts: &[(String, String)],
    ) -> Result<Self, ReportError> {
        let write_error = |source| ReportError::Write {
            path: path.display().to_string(),
            source,
        };
        let mut file = modes::private_file();
        let file = file.create(true).truncate(true).open(path);
        let file = file.map_err(write_error)?;
        let fault = Fault::default();
        let sink = BufWriter::new(Remembering {
            file: file.try_clone().map_err(write_error)?,
            fault: Arc::clone(&fault),
        });
        let writer = ParquetWriter::new(sink)
            .with_compression(ParquetCompression::Zstd(None))
            .with_statistics(statistics())
            .set_parallel(false)
            .batched(&polars_schema(table))
            .map_err(|e| encode_error(path, &fault, e))?;
        Ok(Self {
            path: path.to_path_buf(),
            fault,
            table: table.clone(),
            facts: all_facts(table, facts),
            file,
            writer,
            gathered: table.columns.iter().map(Gathered::of).collect(),
            in_group: 0,
            rows: 0,
        })
    }

    /// Adds a row: one cell per column, in the table's order. A row that is refused leaves no
    /// trace, and the writer can go on.
    ///
    /// # Errors
    /// [`ReportError::Arity`] and [`ReportError::Cell`] for a row that does not fit the table,
    /// [`ReportError::Write`] or [`ReportError::Encode`] if a full row group cannot be written.
    pub fn push(&mut self, row: Vec<Cell>) -> Result<(), ReportError> {
        self.table.check(&row)?;
        for (column, cell) in self.gathered.iter_mut().zip(row) {
            column.push(cell);
        }
        self.rows += 1;
        self.in_group += 1;
        if self.in_group < ROWS_PER_GROUP {
            return Ok(());
        }
        self.flush()
    }

    /// Writes what is left and the footer, and waits until the disc has it all. Returns the
    /// number of rows. The folder is not synced.
    ///
    /// # Errors
    /// [`ReportError::Encode`] or [`ReportError::Write`].
    pub fn finish(mut self) -> Result<u64, ReportError> {
        self.flush()?;
        let KeyValueMetadata::Static(metadata) = KeyValueMetadata::from_static(self.facts) else {
            unreachable!("from_static makes the static kind");
        };
        self.writer
            .get_writer()
            .lock()
            .expect("one thread holds the writer")
            .end(Some(metadata))
            .map_err(|e| encode_error(&self.path, &self.fault, e))?;
        self.file.sync_all().map_err(|source| ReportError::Write {
            path: self.path.display().to_string(),
            source,
        })?;
        Ok(self.rows)
    }

    /// Writes the gathered rows as a row group; nothing if there are none.
    fn flush(&mut self) -> Result<(), ReportError> {
        if self.in_group == 0 {
            return Ok(());
        }
        let columns = self
            .table
            .columns
            .iter()
            .zip(&mut self.gathered)
            .map(|(column, gathered)| gathered.take(column.name))
            .collect();
        let height = std::mem::take(&mut self.in_group);
        pl::DataFrame::new(height, columns)
            .and_then(|frame| self.writer.write_batch(&frame))
            .map_err(|e| encode_error(&self.path, &self.fault, e))
    }
}

impl Gathered {
    fn of(column: &Column) -> Self {
        match column.kind {
            Kind::Text => Gathered::Text(Vec::new()),
            Kind::Int => Gathered::Int(Vec::new()),
            Kind::Float => Gathered::Float(Vec::new()),
            Kind::Bool => Gathered::Bool(Vec::new()),
            Kind::Timestamp => Gathered::Timestamp(Vec::new()),
            Kind::Date => Gathered::Date(Vec::new()),
        }
    }

    /// Adds a cell that [`Table::check`] let through.
    fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Gathered::Text(values), Cell::Text(value)) => values.push(Some(value)),
            (Gathered::Text(values), Cell::Null) => values.push(None),
            (Gathered::Int(values), Cell::Int(value)) => values.push(Some(value)),
            (Gathered::Float(values), Cell::Float(value)) => values.push(Some(value)),
            (Gathered::Float(values), Cell::Null) => values.push(None),
            (Gathered::Bool(values), Cell::Bool(value)) => values.push(Some(value)),
            (Gathered::Bool(values), Cell::Null) => values.push(None),
            (Gathered::Timestamp(values), Cell::TimestampMs(ms)) => values.push(Some(ms * 1000)),
            (Gathered::Int(values) | Gathered::Timestamp(values), Cell::Null) => values.push(None),
            (Gathered::Date(values), Cell::Date(date)) => values.push(Some(days_since_1970(date))),
            (Gathered::Date(values), Cell::Null) => values.push(None),
            _ => unreachable!("the row was checked against the table"),
        }
    }

    /// Empties this column into one of polars'.
    fn take(&mut self, name: &str) -> pl::Column {
        use std::mem::take;
        let name: pl::PlSmallStr = name.into();
        match self {
            Gathered::Text(values) => pl::Column::new(name, take(values)),
            Gathered::Int(values) => pl::Column::new(name, take(values)),
            Gathered::Float(values) => pl::Column::new(name, take(values)),
            Gathered::Bool(values) => pl::Column::new(name, take(values)),
            Gathered::Timestamp(values) => {
                pl::Int64Chunked::from_iter_options(name, take(values).into_iter())
                    .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
                    .into_column()
            }
            Gathered::Date(values) => {
                pl::Int32Chunked::from_iter_options(name, take(values).into_iter())
                    .into_date()
                    .into_column()
            }
        }
    }
}

fn polars_schema(table: &Table) -> pl::Schema {
    let fields = table.columns.iter().map(|column| {
        let dtype = match column.kind {
            Kind::Text => DataType::String,
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Bool => DataType::Boolean,
            Kind::Timestamp => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
            Kind::Date => DataType::Date,
        };
        pl::Field::new(column.name.into(), dtype)
    });
    pl::Schema::from_iter(fields)
}

fn statistics() -> StatisticsOptions {
    StatisticsOptions {
        min_value: true,
        max_value: true,
        distinct_count: false,
        null_count: true,
        binary_statistics_truncate_length: Some(STATISTICS_TEXT_BYTES),
    }
}

fn all_facts(table: &Table, facts: &[(String, String)]) -> Vec<(String, String)> {
    let own = [
        ("table", table.name.to_string()),
        ("schema_version", SCHEMA_VERSION.to_string()),
        ("tool_version", env!("CARGO_PKG_VERSION").to_string()),
    ];
    own.into_iter()
        .chain(facts.iter().map(|(k, v)| (k.as_str(), v.clone())))
        .map(|(name, value)| (format!("callibrate.{name}"), value))
        .collect()
}

/// The error of the disk that a file could not be written for. polars keeps no more than its
/// text, and a full disk must be told from a fault of the program.
type Fault = Arc<Mutex<Option<io::Error>>>;

/// A file that remembers its last fault.
struct Remembering {
    file: File,
    fault: Fault,
}

impl Remembering {
    fn remember<T>(&self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.inspect_err(|error| {
            let kept = match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            };
            *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        })
    }
}

impl Write for Remembering {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.file.write(bytes);
        self.remember(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.file.flush();
        self.remember(outcome)
    }
}

fn encode_error(path: &Path, fault: &Fault, error: pl::PolarsError) -> ReportError {
    let path = path.display().to_string();
    let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
    match fault {
        Some(source) => ReportError::Write { path, source },
        None => ReportError::Encode {
            path,
            message: error.to_string(),
        },
    }
}

/// A whole file, as read.
#[derive(Debug, Clone, PartialEq)]
pub struct TableContent {
    /// Names and kinds, in the order of the file.
    pub columns: Vec<(String, Kind)>,
    /// One cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// Key-value metadata as it stands in the file, e.g. `callibrate.schema_version`.
    pub facts: Vec<(String, String)>,
}

/// Reads a file of [`TableWriter`] whole into memory, on one thread. Timestamps lose what is
/// finer than a millisecond.
///
/// # Errors
/// [`ReportError::Read`] if it cannot be opened, [`ReportError::Decode`] if it is no Parquet file
/// or holds a type that no table has.
pub fn read_table(path: &Path) -> Result<TableContent, ReportError> {
    read(path, None)
}

/// Reads some columns of a file of [`TableWriter`], in the order that they are asked for. One
/// that the file lacks, because an older version wrote it, is all null and of kind text.
///
/// # Errors
/// As [`read_table`].
pub fn read_columns(path: &Path, names: &[&str]) -> Result<TableContent, ReportError> {
    Ok(arranged(read(path, Some(names))?, names))
}

/// Puts columns in an order, with nulls for those that are not there.
fn arranged(mut content: TableContent, names: &[&str]) -> TableContent {
    let found: Vec<Option<usize>> = names
        .iter()
        .map(|name| content.columns.iter().position(|(n, _)| n == name))
        .collect();
    content.columns = names
        .iter()
        .zip(&found)
        .map(|(name, at)| {
            (
                name.to_string(),
                at.map_or(Kind::Text, |at| content.columns[at].1),
            )
        })
        .collect();
    for row in &mut content.rows {
        let mut cells = std::mem::take(row);
        *row = found
            .iter()
            .map(|at| {
                at.map_or(Cell::Null, |at| {
                    std::mem::replace(&mut cells[at], Cell::Null)
                })
            })
            .collect();
    }
    content
}

/// A file of [`TableWriter`], read row group by row group. What is opened stays readable when
/// another takes its place.
pub struct TableReader {
    path: PathBuf,
    file: File,
    metadata: FileMetadataRef,
    /// Rows of the groups, the next one first.
    groups: std::vec::IntoIter<usize>,
    /// Rows read so far.
    read: usize,
}

impl TableReader {
    /// # Errors
    /// As [`read_table`].
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        guarded(path, || {
            let mut file = limits::open(path).map_err(read_error(path))?;
            let metadata = pl::ParquetReader::new(&mut file)
                .get_metadata()
                .map_err(|e| decode_error(path, e.to_string()))?
                .clone();
            let groups: Vec<usize> = metadata.row_groups.iter().map(|g| g.num_rows()).collect();
            Ok(Self {
                path: path.to_path_buf(),
                file,
                metadata,
                groups: groups.into_iter(),
                read: 0,
            })
        })
    }

    /// Key-value metadata, e.g. `callibrate.schema_version`.
    pub fn fact(&self, name: &str) -> Option<&str> {
        let mut facts = self.metadata.key_value_metadata.iter().flatten();
        facts.find(|fact| fact.key == name)?.value.as_deref()
    }

    /// The rows of the next group, with columns as [`read_columns`] has them; `None` after the
    /// last.
    ///
    /// # Errors
    /// As [`read_table`].
    pub fn rows(&mut self, names: &[&str]) -> Result<Option<Vec<Vec<Cell>>>, ReportError> {
        let Some(rows) = self.groups.next() else {
            return Ok(None);
        };
        let from = self.read;
        self.read += rows;
        guarded(&self.path, || {
            let failed = |e: pl::PolarsError| decode_error(&self.path, e.to_string());
            let file = self.file.try_clone().map_err(read_error(&self.path))?;
            let mut reader = pl::ParquetReader::new(file)
                .read_parallel(pl::ParallelStrategy::None)
                .with_slice(Some((from, rows)));
            reader.set_metadata(self.metadata.clone());
            let schema = reader.schema().map_err(failed)?;
            let there = names.iter().filter(|name| schema.get(name).is_some());
            let there = there.map(|name| name.to_string()).collect();
            let frame = reader.with_columns(Some(there)).finish();
            let mut content = content_of(&frame.map_err(failed)?)
                .map_err(|message| decode_error(&self.path, message))?;
            // Of columns that are not there, nothing tells how many rows there are.
            content.rows.resize(rows, Vec::new());
            Ok(Some(arranged(content, names).rows))
        })
    }
}

/// The columns of a file that are asked for and there; all without `names`.
fn read(path: &Path, names: Option<&[&str]>) -> Result<TableContent, ReportError> {
    guarded(path, || read_tables_cells(path, names))
}

/// polars panics over many a damaged file.
fn guarded<T>(
    path: &Path,
    read: impl FnOnce() -> Result<T, ReportError>,
) -> Result<T, ReportError> {
    caught(read).unwrap_or_else(|| Err(decode_error(path, "it is damaged".to_string())))
}

fn read_tables_cells(path: &Path, names: Option<&[&str]>) -> Result<TableContent, ReportError> {
    let (mut reader, metadata) = open(path)?;
    let decode_error = |message: String| decode_error(path, message);
    let facts = metadata
        .key_value_metadata
        .iter()
        .flatten()
        .map(|fact| (fact.key.clone(), fact.value.clone().unwrap_or_default()))
        .collect();
    if let Some(names) = names {
        let schema = reader.schema().map_err(|e| decode_error(e.to_string()))?;
        let there = names.iter().filter(|name| schema.get(name).is_some());
        reader = reader.with_columns(Some(there.map(|name| name.to_string()).collect()));
    }
    let frame = reader.finish().map_err(|e| decode_error(e.to_string()))?;
    let content = content_of(&frame).map_err(decode_error)?;
    Ok(TableContent { facts, ..content })
}

/// Columns and rows of a frame, which knows no facts.
fn content_of(frame: &pl::DataFrame) -> Result<TableContent, String> {
    let mut columns = Vec::with_capacity(frame.width());
    let mut rows = vec![Vec::with_capacity(frame.width()); frame.height()];
    for column in frame.columns() {
        let (kind, cells) = cells_of(column)?;
        columns.push((column.name().to_string(), kind));
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }
    Ok(TableContent {
        columns,
        rows,
        facts: Vec::new(),
    })
}

fn open(path: &Path) -> Result<(pl::ParquetReader<File>, FileMetadataRef), ReportError> {
    let file = limits::open(path).map_err(read_error(path))?;
    let mut reader = pl::ParquetReader::new(file).read_parallel(pl::ParallelStrategy::None);
    let metadata = reader
        .get_metadata()
        .map_err(|e| decode_error(path, e.to_string()))?
        .clone();
    Ok((reader, metadata))
}

fn read_error(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError {
    |source| ReportError::Read {
        path: path.display().to_string(),
        source,
    }
}

fn decode_error(path: &Path, message: String) -> ReportError {
    ReportError::Decode {
        path: path.display().to_string(),
        message,
    }
}

/// A file of anybody's, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextContent {
    /// Names in the order of the file. Behind one whose values cannot be read as texts stands
    /// its type in brackets, and its cells are empty.
    pub columns: Vec<String>,
    /// One text per column; empty for null.
    pub rows: Vec<Vec<String>>,
}

/// Reads a Parquet file that another tool wrote: texts, also dictionary-encoded ones, numbers,
/// booleans, dates (`2026-03-09`) and times (`2026-03-09T10:15:00`, with `Z` where they are UTC).
///
/// # Errors
/// As [`read_table`], but columns of other types are no error: a file may have more columns than
/// anybody asks for.
pub fn read_texts(path: &Path) -> Result<TextContent, ReportError> {
    guarded(path, || read_any_texts(path))
}

fn read_any_texts(path: &Path) -> Result<TextContent, ReportError> {
    let (mut reader, metadata) = open(path)?;
    let failed = |e: pl::PolarsError| decode_error(path, e.to_string());
    let file = File::open(path).map_err(read_error(path))?;
    let len = file.metadata().map_err(read_error(path))?.len();
    pages::check(file, len, &metadata).map_err(|message| decode_error(path, message))?;
    // The Arrow schema that writers add would have it that texts are categories, for which this
    // build has no code; Parquet's own types say all that is needed.
    let mut plain = FileMetadata::clone(&metadata);
    plain.key_value_metadata = None;
    reader.set_metadata(Arc::new(plain));
    let schema = reader.schema().map_err(failed)?;
    let readable = |dtype: &ArrowDataType| {
        use ArrowDataType as A;
        matches!(
            dtype,
            A::Utf8
                | A::LargeUtf8
                | A::Utf8View
                | A::Int32
                | A::Int64
                | A::UInt32
                | A::UInt64
                | A::Float32
                | A::Float64
                | A::Boolean
                | A::Date32
                | A::Timestamp(..)
        )
    };
    let names: Vec<String> = schema
        .iter()
        .filter(|(_, field)| readable(&field.dtype))
        .map(|(name, _)| name.to_string())
        .collect();
    let frame = reader.with_columns(Some(names)).finish().map_err(failed)?;

    // A dictionary holds a long text once for all its rows.
    let mut taken = Taken::default();
    let mut columns = Vec::with_capacity(schema.len());
    let mut rows = vec![Vec::with_capacity(schema.len()); frame.height()];
    for (name, field) in schema.iter() {
        let Ok(column) = frame.column(name) else {
            columns.push(format!("{name} ({:?})", field.dtype));
            rows.iter_mut().for_each(|row| row.push(String::new()));
            continue;
        };
        columns.push(name.to_string());
        let series = column.as_materialized_series();
        for text in series.str().iter().flat_map(|texts| texts.iter().flatten()) {
            taken
                .text(text)
                .map_err(|message| decode_error(path, message))?;
        }
        let texts = texts_of(series).map_err(failed)?;
        for (row, text) in rows.iter_mut().zip(texts) {
            row.push(text);
        }
    }
    Ok(TextContent { columns, rows })
}

fn texts_of(series: &pl::Series) -> Result<Vec<String>, pl::PolarsError> {
    fn texts<T: ToString>(values: impl Iterator<Item = Option<T>>) -> Vec<String> {
        values
            .map(|value| value.map_or_else(String::new, |value| value.to_string()))
            .collect()
    }
    Ok(match series.dtype() {
        DataType::String => texts(series.str()?.iter()),
        DataType::Int32 => texts(series.i32()?.iter()),
        DataType::Int64 => texts(series.i64()?.iter()),
        DataType::UInt32 => texts(series.u32()?.iter()),
        DataType::UInt64 => texts(series.u64()?.iter()),
        DataType::Float32 => texts(series.f32()?.iter()),
        DataType::Float64 => texts(series.f64()?.iter()),
        DataType::Boolean => texts(series.bool()?.iter()),
        DataType::Date => {
            let days = series.date()?.physical().iter();
            texts(days.map(|days| days.and_then(day)))
        }
        DataType::Datetime(unit, zone) => {
            let per_second = match unit {
                TimeUnit::Nanoseconds => 1_000_000_000,
                TimeUnit::Microseconds => 1_000_000,
                TimeUnit::Milliseconds => 1_000,
            };
            let mark = if zone.is_some() { "Z" } else { "" };
            let instants = series.datetime()?.physical().iter();
            texts(instants.map(|at| {
                let at = time(at?.div_euclid(per_second))?;
                Some(format!("{at}{mark}"))
            }))
        }
        other => unreachable!("columns of {other} are left out above"),
    })
}

fn days_since_1970(date: Date) -> i32 {
    let days = date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24;
    i32::try_from(days).expect("the calendar ends in the year 9999")
}

/// A day by its number since 1970.
fn day(number: i32) -> Option<Date> {
    Some(time(i64::from(number) * 86_400)?.date())
}

/// A time of day in UTC by the seconds since 1970; `None` beyond the calendar.
fn time(seconds: i64) -> Option<jiff::civil::DateTime> {
    let instant = jiff::Timestamp::from_second(seconds).ok()?;
    Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

fn cells_of(column: &pl::Column) -> Result<(Kind, Vec<Cell>), String> {
    let series = column.as_materialized_series();
    let failed = |e: pl::PolarsError| e.to_string();
    Ok(match series.dtype() {
        DataType::String => (Kind::Text, cells(series.str().map_err(failed)?.iter())),
        DataType::Int64 => (Kind::Int, cells(series.i64().map_err(failed)?.iter())),
        DataType::Float64 => (Kind::Float, cells(series.f64().map_err(failed)?.iter())),
        DataType::Boolean => (Kind::Bool, cells(series.bool().map_err(failed)?.iter())),
        DataType::Datetime(TimeUnit::Microseconds, Some(_)) => {
            let instants = series.datetime().map_err(failed)?.physical().iter();
            let in_ms = |us: i64| Cell::TimestampMs(us.div_euclid(1000));
            (Kind::Timestamp, cells(instants.map(|us| us.map(in_ms))))
        }
        DataType::Date => {
            let days = series.date().map_err(failed)?.physical().iter();
            let days = days.map(|days| days.and_then(day).map_or(Cell::Null, Cell::Date));
            (Kind::Date, days.collect())
        }
        other => return Err(format!("column {}: no table has {other}", column.name())),
    })
}

fn cells<T: Into<Cell>>(values: impl Iterator<Item = Option<T>>) -> Vec<Cell> {
    values.map(Cell::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            name: "sample",
            grain: "one thing",
            key: &["id"],
            purpose: "For tests.",
            date_is: None,
            example: "",
            columns: vec![
                Column::new("id", Kind::Int, "Number."),
                Column::nullable("text", Kind::Text, "Null if unknown."),
                Column::nullable("share", Kind::Float, "Null if unknown."),
                Column::nullable("good", Kind::Bool, "Null if unknown."),
                Column::nullable("at", Kind::Timestamp, "Null if unknown."),
                Column::nullable("count", Kind::Int, "Null if unknown."),
            ],
        }
    }

    fn row(id: i64) -> Vec<Cell> {
        if id % 3 == 2 {
            let mut row = vec![Cell::Null; 6];
            row[0] = id.into();
            return row;
        }
        vec![
            id.into(),
            format!("größe {}", id % 100).into(),
            (id as f64 / 7.0).into(),
            (id % 2 == 0).into(),
            Cell::TimestampMs(1_772_442_000_123 - id),
            (-id).into(),
        ]
    }

    fn write(path: &Path, rows: impl Iterator<Item = Vec<Cell>>) -> u64 {
        let facts = [("run_id".to_string(), "r1".to_string())];
        let mut writer = TableWriter::create(path, &table(), &facts).unwrap();
        for row in rows {
            writer.push(row).unwrap();
        }
        writer.finish().unwrap()
    }

    fn group_sizes(path: &Path) -> Vec<usize> {
        let mut reader = pl::ParquetReader::new(File::open(path).unwrap());
        let groups = &reader.get_metadata().unwrap().row_groups;
        groups.iter().map(|group| group.num_rows()).collect()
    }

    #[test]
    fn what_is_written_is_read_back_with_its_types_and_facts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        let rows: Vec<_> = (0..9).map(row).collect();
        assert_eq!(write(&path, rows.clone().into_iter()), 9);

        let content = read_table(&path).unwrap();
        assert_eq!(content.rows, rows);
        let kinds: Vec<_> = table()
            .columns
            .iter()
            .map(|c| (c.name.to_string(), c.kind))
            .collect();
        assert_eq!(content.columns, kinds);
        let fact = |k: &str, v: &str| (format!("callibrate.{k}"), v.to_string());
        let expected = [
            fact("table", "sample"),
            fact("schema_version", "1"),
            fact("tool_version", env!("CARGO_PKG_VERSION")),
            fact("run_id", "r1"),
        ];
        assert_eq!(content.facts, expected);
    }

    #[test]
    fn columns_come_as_asked_and_what_an_older_file_lacks_is_null() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        write(&path, (0..3).map(row));
        let content = read_columns(&path, &["good", "newer", "id"]).unwrap();
        let columns = [
            ("good", Kind::Bool),
            ("newer", Kind::Text),
            ("id", Kind::Int),
        ];
        assert_eq!(content.columns, columns.map(|(n, k)| (n.to_string(), k)));
        let expected = [
            vec![true.into(), Cell::Null, 0_i64.into()],
            vec![false.into(), Cell::Null, 1_i64.into()],
            vec![Cell::Null, Cell::Null, 2_i64.into()],
        ];
        assert_eq!(content.rows, expected);
        assert!(content.facts.iter().any(|(k, _)| k == "callibrate.run_id"));
        let none = read_columns(&path, &["newer"]).unwrap();
        assert_eq!(none.rows, vec![vec![Cell::Null]; 3]);
    }

    /// The file is of pyarrow: texts as dictionaries, and types that no table here has.
    #[test]
    fn a_file_of_another_tool_is_read_as_texts() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let content = read_texts(&folder.join("ratings.parquet")).unwrap();
        let text = |name: &str, row: usize| {
            let at = content.columns.iter().position(|c| c.starts_with(name));
            content.rows[row][at.unwrap_or_else(|| panic!("{name}"))].as_str()
        };
        for (name, expected) in [
            ("question", "offered"),
            ("answer", "repair,refund"),
            ("points", "6"),
            ("probability", ""),
            ("saw_automatic", "false"),
            ("rated_at", "2026-03-09T12:00:00"),
            ("entered_on", "2026-03-17"),
            ("row_number", "8"),
            ("exported_at", "2026-03-20T08:30:00Z"),
            ("minutes", "1.5"),
            ("flags (", ""),
            ("who (", ""),
        ] {
            assert_eq!(text(name, 8), expected, "{name}");
        }
        assert_eq!((text("probability", 0), content.rows.len()), ("0.25", 12));
        let nowhere = read_texts(&folder.join("nowhere"));
        assert!(matches!(nowhere, Err(ReportError::Read { .. })));
    }

    /// Its only value is a null, and it says in a byte, where a number belongs, that it has many.
    #[test]
    fn a_count_of_the_wrong_kind_is_refused() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hostile/parquet");
        let error = read_texts(&folder.join("byte_count")).unwrap_err();
        let ReportError::Decode { message, .. } = error else {
            panic!("{error:?}");
        };
        assert!(message.contains("header is damaged"), "{message}");
    }

    #[test]
    fn a_table_without_rows_keeps_its_types() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        assert_eq!(write(&path, std::iter::empty()), 0);
        let content = read_table(&path).unwrap();
        let kinds: Vec<_> = content.columns.iter().map(|(_, kind)| *kind).collect();
        let expected: Vec<_> = table().columns.iter().map(|c| c.kind).collect();
        assert_eq!(kinds, expected);
        assert!(content.rows.is_empty());
    }

    #[test]
    fn row_groups_are_full_and_the_same_rows_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("1"), folder.path().join("2"));
        let group = ROWS_PER_GROUP as i64;
        write(&one, (0..group).map(row));
        assert_eq!(group_sizes(&one), [ROWS_PER_GROUP]);

        write(&one, (0..group * 2 + 1).map(row));
        assert_eq!(group_sizes(&one), [ROWS_PER_GROUP, ROWS_PER_GROUP, 1]);
        write(&two, (0..group * 2 + 1).map(row));
        assert!(std::fs::read(&one).unwrap() == std::fs::read(&two).unwrap());
        assert!(
            read_table(&one)
                .unwrap()
                .rows
                .into_iter()
                .eq((0..group * 2 + 1).map(row))
        );
    }

    #[test]
    fn a_refused_row_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        let mut writer = TableWriter::create(&path, &table(), &[]).unwrap();
        writer.push(row(0)).unwrap();
        let mut wrong = row(1);
        wrong[4] = "yesterday".into();
        assert!(matches!(
            writer.push(wrong),
            Err(ReportError::Cell { column: "at", .. })
        ));
        writer.push(row(2)).unwrap();
        assert_eq!(writer.finish().unwrap(), 2);
        assert_eq!(read_table(&path).unwrap().rows, [row(0), row(2)]);
    }

    #[test]
    fn a_file_without_its_footer_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.parquet");
        let mut writer = TableWriter::create(&path, &table(), &[]).unwrap();
        writer.push(row(0)).unwrap();
        drop(writer);
        assert!(matches!(read_table(&path), Err(ReportError::Decode { .. })));
        write(&path, (0..9).map(row));
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
        assert!(matches!(read_table(&path), Err(ReportError::Decode { .. })));
        let nowhere = folder.path().join("nowhere");
        assert!(matches!(
            read_table(&nowhere),
            Err(ReportError::Read { .. })
        ));
    }
}
