//! Tables written aside, and published whole.
//!
//! Everything is written and synced below the staging folder first; then a journal lists the
//! renames, and only then they are made. A start that finds a journal completes it; one that
//! finds staged files without a journal throws them away.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::publish::PublishError;
use super::store::{self, Store};
use crate::report::{Cell, Table, TableWriter};

/// What the renames will be.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    /// From below the staging folder to below the output folder, both relative.
    moves: Vec<String>,
    /// Files of dates that have no calls any more.
    removals: Vec<String>,
}

/// Completes what an earlier run left: call it before anything else is done with the store.
pub fn recover(store: &Store) -> Result<(), PublishError> {
    if let Some(journal) = store::read_if_there::<Journal>(&store.journal())? {
        carry_out(store, &journal)?;
    }
    clear_staging(store)
}

/// Files written aside until [`Staging::publish`].
pub struct Staging<'a> {
    store: &'a Store,
    /// Key-value metadata of every file.
    facts: Vec<(String, String)>,
    journal: Journal,
}

impl<'a> Staging<'a> {
    pub fn new(store: &'a Store, facts: Vec<(String, String)>) -> Result<Self, PublishError> {
        clear_staging(store)?;
        Ok(Self {
            store,
            facts,
            journal: Journal::default(),
        })
    }

    /// Starts a table's file; it counts once it is finished and [`Staging::add`]ed.
    pub fn writer(&self, table: &Table, date: Option<&str>) -> Result<TableWriter, PublishError> {
        let path = self.store.staging().join(target(table, date));
        let folder = path.parent().unwrap_or(Path::new("."));
        store::make_folder(folder)?;
        Ok(TableWriter::create(&path, table, &self.facts)?)
    }

    /// Notes a finished file.
    pub fn add(&mut self, table: &Table, date: Option<&str>) {
        self.journal.moves.push(target(table, date));
    }

    /// Notes that a date has no rows of a table any more.
    pub fn remove(&mut self, table: &Table, date: &str) {
        self.journal.removals.push(target(table, Some(date)));
    }

    /// Notes a published file that is to go, by its path below the output folder.
    pub fn remove_file(&mut self, path: String) {
        self.journal.removals.push(path);
    }

    /// Stages a table whose rows are at hand.
    pub fn stage_rows(
        &mut self,
        table: &Table,
        date: Option<&str>,
        rows: Vec<Vec<Cell>>,
    ) -> Result<(), PublishError> {
        let mut writer = self.writer(table, date)?;
        for row in rows {
            writer.push(row)?;
        }
        writer.finish()?;
        self.add(table, date);
        Ok(())
    }

    /// Makes everything that was staged visible, file by file; a stop in between is completed by
    /// the next start.
    pub fn publish(self) -> Result<(), PublishError> {
        self.store.still_there()?;
        for path in &self.journal.moves {
            let staged = self.store.staging().join(path);
            let folder = staged.parent().unwrap_or(Path::new("."));
            store::sync_folder(folder)?;
        }
        store::write_json(&self.store.journal(), &self.journal)?;
        carry_out(self.store, &self.journal)?;
        clear_staging(self.store)
    }
}

/// Length of a table's file of a date, as readers see it.
pub(super) fn published_bytes(store: &Store, table: &Table, date: &str) -> Option<u64> {
    let file = fs::metadata(store.out().join(target(table, Some(date)))).ok()?;
    file.is_file().then_some(file.len())
}

fn target(table: &Table, date: Option<&str>) -> String {
    match date {
        Some(date) => format!("{}/date={date}/part.parquet", table.name),
        None => format!("{}/part.parquet", table.name),
    }
}

fn carry_out(store: &Store, journal: &Journal) -> Result<(), PublishError> {
    let mut folders = BTreeSet::new();
    for path in &journal.moves {
        let (from, to) = (store.staging().join(path), store.out().join(path));
        match fs::metadata(&from) {
            Ok(_) => {}
            // Moved before the earlier run was stopped.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(io_error("look at", &from)(e)),
        }
        let folder = to.parent().unwrap_or(Path::new(".")).to_path_buf();
        store::make_folder(&folder)?;
        // What cannot be done about it was told when the store was opened.
        let between = folder.ancestors().take_while(|above| *above != store.out());
        for place in between.chain([&*from]) {
            store.readers().admit(place);
        }
        fs::rename(&from, &to).map_err(io_error("publish", &to))?;
        folders.insert(folder);
    }
    for path in &journal.removals {
        let path = store.out().join(path);
        match fs::remove_file(&path) {
            Ok(()) => {
                if let Some(folder) = path.parent() {
                    let _ = fs::remove_dir(folder);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(io_error("remove", &path)(e)),
        }
    }
    for folder in folders {
        store::sync_folder(&folder)?;
    }
    let journal = store.journal();
    match fs::remove_file(&journal) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error("remove", &journal)(e)),
        _ => Ok(()),
    }
}

fn clear_staging(store: &Store) -> Result<(), PublishError> {
    let staging = store.staging();
    match fs::remove_dir_all(&staging) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_error("clear", &staging)(e)),
        _ => Ok(()),
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_path_buf();
    move |source| PublishError::Io {
        action,
        path,
        source,
    }
}
