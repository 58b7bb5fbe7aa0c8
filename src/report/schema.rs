//! What a table is: its columns with types and meanings, the check of a row, and the document
//! for analysts.
//!
//! Types are few on purpose, so that every reader maps them alike: no categoricals (DuckDB and
//! Spark lose them), no unsigned or 32-bit numbers, no durations (Parquet has none; a duration
//! is an integer whose name ends in `_ms` or `_s`). Nothing here touches a file.

use std::fmt::{self, Write as _};

use jiff::civil::Date;

use super::{CellFault, ReportError};

/// Version of all tables together. It rises when a column changes its meaning or type or goes
/// away; a new column does not raise it.
pub const SCHEMA_VERSION: u32 = 1;

/// One table of the report.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name of the table, and its folder below the output folder.
    pub name: &'static str,
    /// What one row stands for, e.g. `one transcribed call`.
    pub grain: &'static str,
    /// The columns that together tell a row from every other; never null.
    pub key: &'static [&'static str],
    /// What the table is for.
    pub purpose: &'static str,
    /// What the `date=` of its folders means; `None` for a table that is one file, written anew
    /// each time.
    pub date_is: Option<&'static str>,
    /// A DuckDB query that works as it stands.
    pub example: &'static str,
    /// In the order of the file.
    pub columns: Vec<Column>,
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// In `snake_case`, with its unit where it has one: `_ms`, `_s`, `_hz`.
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    /// Meaning and unit, and for a nullable column when it is null.
    pub doc: &'static str,
}

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// 64 bits, signed.
    Int,
    /// 64 bits; always finite.
    Float,
    Bool,
    /// An instant in UTC, in microseconds since 1970.
    Timestamp,
    /// A calendar day. Of exported tables alone: elsewhere it stands in the folder's name.
    Date,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    TimestampMs(i64),
    Date(Date),
}

impl Column {
    /// A column that always has a value.
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            doc,
        }
    }

    /// A column that may be null; `doc` says when.
    pub const fn nullable(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            nullable: true,
            doc,
        }
    }

    fn check(&self, cell: &Cell) -> Result<(), CellFault> {
        let Some(found) = cell.kind() else {
            return if self.nullable {
                Ok(())
            } else {
                Err(CellFault::Null)
            };
        };
        if found != self.kind {
            return Err(CellFault::Kind {
                expected: self.kind,
                found,
            });
        }
        match *cell {
            Cell::Float(value) if !value.is_finite() => Err(CellFault::NotFinite(value)),
            Cell::TimestampMs(ms) if ms.checked_mul(1000).is_none() => {
                Err(CellFault::TimestampRange(ms))
            }
            _ => Ok(()),
        }
    }
}

impl Table {
    /// Whether the date belongs to the key: a call or a run stands in one date alone, sums of a
    /// date in each.
    pub fn is_told_by_date(&self) -> bool {
        let of_one_date = |name: &&str| ["call_id", "run_id"].contains(name);
        self.date_is.is_some() && !self.key.iter().any(of_one_date)
    }

    /// The table as one file of all its dates: with the `date`, which otherwise stands in the
    /// folder's name, as the first column. What files of older versions lack may be null.
    pub fn exported(mut self) -> Self {
        for column in &mut self.columns {
            column.nullable = true;
        }
        if let Some(date_is) = self.date_is.take() {
            self.columns
                .insert(0, Column::new("date", Kind::Date, date_is));
        }
        self
    }

    /// Whether `row` can stand in this table: as many cells as columns, each of its column's
    /// kind, null only where the column may be.
    ///
    /// # Errors
    /// [`ReportError::Arity`] or [`ReportError::Cell`] for the first fault.
    pub fn check(&self, row: &[Cell]) -> Result<(), ReportError> {
        if row.len() != self.columns.len() {
            return Err(ReportError::Arity {
                table: self.name,
                expected: self.columns.len(),
                found: row.len(),
            });
        }
        for (column, cell) in self.columns.iter().zip(row) {
            column.check(cell).map_err(|fault| ReportError::Cell {
                table: self.name,
                column: column.name,
                fault,
            })?;
        }
        Ok(())
    }
}

impl Kind {
    /// Name of the type in DuckDB.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "VARCHAR",
            Kind::Int => "BIGINT",
            Kind::Float => "DOUBLE",
            Kind::Bool => "BOOLEAN",
            Kind::Timestamp => "TIMESTAMP WITH TIME ZONE",
            Kind::Date => "DATE",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Cell {
    /// None for null, which fits every kind.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Cell::Null => None,
            Cell::Text(_) => Some(Kind::Text),
            Cell::Int(_) => Some(Kind::Int),
            Cell::Float(_) => Some(Kind::Float),
            Cell::Bool(_) => Some(Kind::Bool),
            Cell::TimestampMs(_) => Some(Kind::Timestamp),
            Cell::Date(_) => Some(Kind::Date),
        }
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Cell::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Cell::Text(value.to_string())
    }
}

impl From<&String> for Cell {
    fn from(value: &String) -> Self {
        Cell::Text(value.clone())
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Cell::Int(value)
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Cell::Int(i64::from(value))
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Cell::Int(i64::try_from(value).expect("no count reaches 2^63"))
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Cell::Int(i64::try_from(value).expect("no count reaches 2^63"))
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Float(value)
    }
}

impl From<f32> for Cell {
    fn from(value: f32) -> Self {
        Cell::Float(f64::from(value))
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Cell::Bool(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

/// The text of `docs/report-schema.md`.
pub fn markdown(tables: &[Table]) -> String {
    let mut text = preamble(tables);
    for table in tables {
        text.push_str(&section(table));
    }
    text
}

fn preamble(tables: &[Table]) -> String {
    let mut list = String::new();
    for table in tables {
        put(
            &mut list,
            format_args!(
                "- [`{}`](#{}): {}",
                table.name,
                table.name.replace('/', ""),
                table.grain
            ),
        );
    }
    format!(
        "\
# The report's tables

Schema version {SCHEMA_VERSION}. This file is made from `src/report/tables.rs`; a test keeps the two
alike.

`callibrate` writes one folder per table and in it one folder per date:

    report/
      calls/date=2026-03-02/part.parquet
      words/date=2026-03-02/part.parquet
      …
      calibration/agreement/part.parquet
      …

Tables of calibration are about all rated calls at once: one file each, without dates. So is
`forgotten`, which is there once something was forgotten.

Read a table with `hive_partitioning`, which makes `date` a column, and with `union_by_name`,
because files of older versions may lack newer columns:

```sql
SELECT * FROM read_parquet('report/calls/date=*/*.parquet',
    hive_partitioning = true, union_by_name = true);
```

What holds for all tables:

- `date` stands in the folder's name only, not in the files.
- Columns are added at the end of a table and never change their name, type or meaning within a
  schema version. Name the columns you need, and treat one that an older file lacks as null.
- Units: `_ms` is in milliseconds, `_s` in seconds, `_hz` per second; `start_ms`, `end_ms` and the
  like count from the start of the recording. Any other BIGINT counts what its meaning names, or
  tells a place. Of the DOUBLEs, scores, severities, and means, differences, deviations and limits
  of scores are in points of 100; shares, rates and probabilities, their differences, expectations
  and limits run from 0 to 1 (differences from -1); coefficients of agreement have no unit and are
  1 at most. What is in none of these says so.
- A timestamp is an instant in UTC; `started_local` with `time_zone` is the wall clock's, and
  `date` its day. Numbers are never NaN or infinite.
- Parquet marks every column as nullable; the `null?` below says which ones callibrate really
  leaves empty.
- What must not be written (card and account numbers) is replaced before anything gets here.
- The same recordings, rubrics, settings and model give the same bytes. Only `runs`, `releases`
  and `forgotten` tell the time.
- Five types only, so that every reader maps them alike:

  | here | in the file | DuckDB | pandas, by pyarrow | polars | Spark |
  |---|---|---|---|---|---|
  | VARCHAR | BYTE_ARRAY, String | VARCHAR | object (str) | String | StringType |
  | BIGINT | INT64 | BIGINT | int64; float64 with nulls | Int64 | LongType |
  | DOUBLE | DOUBLE | DOUBLE | float64 | Float64 | DoubleType |
  | BOOLEAN | BOOLEAN | BOOLEAN | bool; object with nulls | Boolean | BooleanType |
  | TIMESTAMP WITH TIME ZONE | INT64, microseconds in UTC | TIMESTAMP WITH TIME ZONE | datetime64[us, UTC] | Datetime(us, UTC) | TimestampType |

- Each file carries its table (`callibrate.table`), `callibrate.schema_version` and
  `callibrate.tool_version` as key-value metadata: `SELECT * FROM parquet_kv_metadata('…')`.

**Files of older versions** stay readable. Columns are only ever added at the end of a table, and
a file of every table, as each schema version wrote it, is kept in the repository and never
changed again once that version is released: tests read them with the program and, beside new
files, with DuckDB (`union_by_name`). Where a new version gives a column another meaning or type,
or takes one away, `schema_version` rises; `callibrate status` names the dates that are of another
version, and `callibrate score --all` writes them anew from the store.

The tables, and what one row of each stands for:

{list}"
    )
}

fn section(table: &Table) -> String {
    let date = table.is_told_by_date().then_some("date");
    let key = date.iter().chain(table.key);
    let key: Vec<String> = key.map(|k| format!("`{k}`")).collect();
    let mut text = String::new();
    put(
        &mut text,
        format_args!("\n## {}\n\n{}\n", table.name, table.purpose),
    );
    put(&mut text, format_args!("- One row: {}", table.grain));
    put(&mut text, format_args!("- Key: {}", key.join(", ")));
    match table.date_is {
        Some(date_is) => put(&mut text, format_args!("- `date=`: {date_is}\n")),
        None => put(
            &mut text,
            format_args!(
                "- One file, `{}/part.parquet`, written anew each time\n",
                table.name
            ),
        ),
    }
    text.push_str("| column | type | null? | meaning |\n|---|---|---|---|\n");
    for column in &table.columns {
        let null = if column.nullable { "yes" } else { "no" };
        let doc = column.doc.replace('|', "\\|");
        put(
            &mut text,
            format_args!("| `{}` | {} | {null} | {doc} |", column.name, column.kind),
        );
    }
    put(
        &mut text,
        format_args!("\n```sql\n{}\n```", table.example.trim()),
    );
    text
}

fn put(text: &mut String, line: fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a String takes every write");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            name: "t",
            grain: "one thing",
            key: &["id"],
            purpose: "For tests.",
            date_is: None,
            example: "SELECT 1;",
            columns: vec![
                Column::new("id", Kind::Text, "Name."),
                Column::nullable("x", Kind::Float, "A number, a|b; null if unknown."),
                Column::nullable("at", Kind::Timestamp, "When; null if unknown."),
            ],
        }
    }

    fn refusal(row: &[Cell]) -> String {
        table().check(row).unwrap_err().to_string()
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused_with_table_and_column() {
        let null = Cell::Null;
        assert!(
            table()
                .check(&["a".into(), 1.5.into(), Cell::TimestampMs(-1)])
                .is_ok()
        );
        assert!(
            table()
                .check(&["a".into(), null.clone(), null.clone()])
                .is_ok()
        );
        assert_eq!(
            refusal(&["a".into()]),
            "write a row of table t: it has 1 cells and the table 3 columns"
        );
        assert_eq!(
            refusal(&[null.clone(), null.clone(), null.clone()]),
            "write a row of table t: column id: it needs a value and has none"
        );
        assert_eq!(
            refusal(&["a".into(), 1i64.into(), null.clone()]),
            "write a row of table t: column x: it holds DOUBLE and was given BIGINT"
        );
        assert_eq!(
            refusal(&["a".into(), f64::NAN.into(), null.clone()]),
            "write a row of table t: column x: NaN is not a finite number"
        );
        assert!(refusal(&["a".into(), f64::NEG_INFINITY.into(), null.clone()]).contains("-inf"));
        assert!(
            refusal(&["a".into(), null, Cell::TimestampMs(i64::MAX)]).contains("too far from 1970")
        );
    }

    #[test]
    fn cells_are_made_from_plain_values() {
        assert_eq!(Cell::from(None::<&str>), Cell::Null);
        assert_eq!(Cell::from(Some("a")), Cell::Text("a".to_string()));
        assert_eq!(Cell::from(Some(3usize)), Cell::Int(3));
        assert_eq!(Cell::from(0.5f32), Cell::Float(0.5));
    }

    #[test]
    fn a_bar_in_a_meaning_does_not_break_the_table() {
        let text = markdown(&[table()]);
        assert!(text.contains("| `x` | DOUBLE | yes | A number, a\\|b; null if unknown. |"));
        assert!(text.contains("- Key: `id`"));
    }
}
