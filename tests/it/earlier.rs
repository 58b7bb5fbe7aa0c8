//! Tables of earlier versions of the schema: still read, told apart, and written anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use callibrate::report::{
    Cell, Kind, SCHEMA_VERSION, Table, TableWriter, read_columns, read_table, tables,
};

use crate::support::calls::{Call, write_table};
use crate::support::golden::updating;
use crate::support::report::{self, stated};
use crate::support::{Place, repository};

/// Whether the current version of the schema is out: from then on its files are kept as they are,
/// and `UPDATE=1` writes those of new tables only.
const RELEASED: bool = false;

fn all() -> Vec<Table> {
    let mut all = stated();
    all.extend(tables::tables_of_people());
    all
}

/// Where the files of a version of the schema are kept, one per table.
fn kept(version: u32) -> PathBuf {
    repository().join(format!("tests/golden/tables-{version}"))
}

/// Three rows: with all values, without those that may be missing, and with other values.
fn made_rows(table: &Table) -> Vec<Vec<Cell>> {
    let row = |n: i64, full: bool| {
        let cell = |column: &callibrate::report::Column| match column.kind {
            _ if column.nullable && !full => Cell::Null,
            Kind::Text => Cell::from(format!("{} {n}", column.name)),
            Kind::Int => Cell::from(n),
            Kind::Float => Cell::from(n as f64 / 4.0),
            Kind::Bool => Cell::from(n == 1),
            Kind::Timestamp => Cell::TimestampMs(1_772_442_000_000 + n),
            Kind::Date => unreachable!("a date stands in the folder's name"),
        };
        table.columns.iter().map(cell).collect()
    };
    vec![row(1, true), row(2, false), row(3, true)]
}

/// The rule that keeps a year of files of use: columns are only ever added at the end of a table,
/// and a file of every table, as a released version of the schema wrote it, is never rewritten.
/// A version that gives a column another meaning or type gets a folder of its own, and the older
/// ones stay. `tests/queries.py` reads the same files beside new ones in DuckDB.
#[test]
fn files_of_every_released_schema_are_read_and_only_end_sooner() {
    if updating() {
        for table in all() {
            let path = kept(SCHEMA_VERSION).join(format!("{}.parquet", table.name));
            if RELEASED && path.exists() {
                continue;
            }
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut writer = TableWriter::create(&path, &table, &[]).unwrap();
            for row in made_rows(&table) {
                writer.push(row).unwrap();
            }
            writer.finish().unwrap();
        }
    }
    for version in 1..=SCHEMA_VERSION {
        let mut there = BTreeSet::new();
        for table in all() {
            let path = kept(version).join(format!("{}.parquet", table.name));
            if !path.exists() {
                // A table that came later.
                assert_ne!(version, SCHEMA_VERSION, "{}: UPDATE=1 adds it", table.name);
                continue;
            }
            there.insert(path.clone());
            let content = read_table(&path).unwrap();
            let stated = ("callibrate.schema_version".to_string(), version.to_string());
            assert!(content.facts.contains(&stated), "{}", path.display());
            let now = table.columns.iter().map(|c| (c.name.to_string(), c.kind));
            let now: Vec<(String, Kind)> = now.collect();
            if version == SCHEMA_VERSION {
                assert!(now.starts_with(&content.columns), "{}", path.display());
            }
            let mut expected = made_rows(&table);
            for row in &mut expected {
                row.truncate(content.columns.len());
            }
            assert_eq!(content.rows, expected, "{}", path.display());

            let mut names: Vec<&str> = now.iter().map(|(name, _)| name.as_str()).collect();
            names.push("of_a_later_version");
            let read = read_columns(&path, &names).unwrap();
            assert_eq!(read.columns[..content.columns.len()], content.columns);
            for (row, expected) in read.rows.iter().zip(&expected) {
                let (old, new) = row.split_at(expected.len());
                assert_eq!(old, expected);
                assert!(new.iter().all(|cell| *cell == Cell::Null));
            }
        }
        let files = walkdir::WalkDir::new(kept(version)).into_iter();
        let files = files.map(|entry| entry.unwrap().into_path());
        let files: BTreeSet<PathBuf> = files.filter(|path| path.is_file()).collect();
        assert_eq!(files, there, "a table of version {version} went away");
    }
}

/// As another version of the program would have written it.
fn set_version(path: &PathBuf, version: u8) {
    let mut bytes = fs::read(path).unwrap();
    let name = b"callibrate.schema_version";
    let at = bytes.windows(name.len()).position(|w| w == name).unwrap() + name.len();
    // The value stands behind its field and its length, in Thrift's compact protocol.
    assert_eq!(bytes[at..at + 3], [0x18, 1, b'1'], "{}", path.display());
    bytes[at + 2] = b'0' + version;
    fs::write(path, bytes).unwrap();
}

#[test]
fn dates_of_another_version_are_named_and_score_all_writes_them_anew() {
    let place = Place::new();
    let calls = ["2026-03-02", "2026-03-03"].map(|date| {
        let from = repository().join("samples/reference/card-lost.json");
        place.write(&format!("{date}.json"), fs::read(from).unwrap());
        Call::new(date, date)
    });
    write_table(&place, &calls);
    place
        .run("score 2026-03-02.json 2026-03-03.json --calls calls.csv --out out")
        .exits(0);
    let published = report::published(&place.path("out"));

    let part = |table: &str| report::part(&place.path("out"), table, "2026-03-02");
    for table in ["calls", "scores"] {
        set_version(&part(table), 9);
    }
    // And a column was added since.
    let answers = read_table(&part("answers")).unwrap();
    let mut earlier = tables::answers();
    earlier.columns.pop();
    let mut writer = TableWriter::create(&part("answers"), &earlier, &[]).unwrap();
    for mut row in answers.rows {
        row.pop();
        writer.push(row).unwrap();
    }
    writer.finish().unwrap();
    place.run("status --out out").exits(0).says(
        "tables have the columns of another version of callibrate on 2026-03-02: \
         `callibrate score --all` writes them anew",
    );

    place.run("score --all --out out").exits(0);
    place
        .run("status --out out")
        .exits(0)
        .says("The tables are up to date.");
    assert_eq!(report::published(&place.path("out")), published);
}
