//! The one door to polars: tables as Parquet files, written row by row and read back.
//!
//! Rows are gathered column by column and leave as a row group every [`ROWS_PER_GROUP`] rows, so
//! memory does not grow with the table. Left out on purpose: the Arrow schema that polars adds to
//! the metadata. It names string views, which older Arrow readers do not know, and it says
//! nothing that Parquet's own types do not. Staging and renaming belong to the caller.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::{
    BatchedWriter, KeyValueMetadata, ParquetCompression, ParquetWriter, StatisticsOptions,
};
use polars::prelude::{
    self as pl, DataType, IntoColumn, NewChunkedArray, SerReader, TimeUnit, TimeZone,
};

use super::ReportError;
use super::schema::{Cell, Column, Kind, SCHEMA_VERSION, Table};

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
    writer: BatchedWriter<BufWriter<File>>,
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
}

impl TableWriter {
    /// Starts a file; one that exists is overwritten. `facts` go into its key-value metadata with
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
        let file = File::create(path).map_err(write_error)?;
        let sink = BufWriter::new(file.try_clone().map_err(write_error)?);
        let writer = ParquetWriter::new(sink)
            .with_compression(ParquetCompression::Zstd(None))
            .with_statistics(statistics())
            .set_parallel(false)
            .batched(&polars_schema(table))
            .map_err(|e| encode_error(path, e))?;
        Ok(Self {
            path: path.to_path_buf(),
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
    /// [`ReportError::Encode`] if a full row group cannot be written.
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
            .map_err(|e| encode_error(&self.path, e))?;
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
            .map_err(|e| encode_error(&self.path, e))
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

fn encode_error(path: &Path, error: pl::PolarsError) -> ReportError {
    let path = path.display().to_string();
    match error {
        // A full disk must be told from a fault of the program.
        pl::PolarsError::IO { error, .. } => ReportError::Write {
            path,
            source: std::io::Error::new(error.kind(), error.to_string()),
        },
        // polars wraps most errors of the disk in errors of its own, and only the text is left.
        other if other.to_string().contains("No space left") => ReportError::Write {
            path,
            source: std::io::Error::from(std::io::ErrorKind::StorageFull),
        },
        other => ReportError::Encode {
            path,
            message: other.to_string(),
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
    let file = File::open(path).map_err(|source| ReportError::Read {
        path: path.display().to_string(),
        source,
    })?;
    let decode_error = |message: String| ReportError::Decode {
        path: path.display().to_string(),
        message,
    };
    let mut reader = pl::ParquetReader::new(file).read_parallel(pl::ParallelStrategy::None);
    let metadata = reader
        .get_metadata()
        .map_err(|e| decode_error(e.to_string()))?;
    let facts = metadata
        .key_value_metadata
        .iter()
        .flatten()
        .map(|fact| (fact.key.clone(), fact.value.clone().unwrap_or_default()))
        .collect();
    let frame = reader.finish().map_err(|e| decode_error(e.to_string()))?;

    let mut columns = Vec::with_capacity(frame.width());
    let mut rows = vec![Vec::with_capacity(frame.width()); frame.height()];
    for column in frame.columns() {
        let (kind, cells) = cells_of(column).map_err(decode_error)?;
        columns.push((column.name().to_string(), kind));
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }
    Ok(TableContent {
        columns,
        rows,
        facts,
    })
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
            date_is: "none",
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
