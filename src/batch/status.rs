//! What an output folder holds, as values: for a person in the morning, and for machines.
//!
//! Looks only ([`StoreView`]): works while a run goes on, which may change things in between.
//! Whether calibration is older than the answers is told by the times of the files, so a copy
//! that does not keep them tells nothing. Left out on purpose: what a run would transcribe, which
//! `run --dry-run` tells from the recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use super::run::RunRecord;
use super::store::{Failure, Holder, StoreError, StoreView};
use crate::report::rows::metric_columns;
use crate::report::{Cell, SCHEMA_VERSION, read_columns, tables};

/// What an output folder holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    pub out: PathBuf,
    /// Process that holds the folder.
    pub held_by: Option<u32>,
    /// Whether that could be told.
    pub holder_known: bool,
    /// Tables wait to be renamed into place: by the run that holds the folder, or else by the
    /// next one.
    pub publishing: bool,
    pub calls: usize,
    /// Local start dates of calls, in order.
    pub dates: Vec<String>,
    pub transcripts: Files,
    /// Transcripts that no call uses.
    pub unused_transcripts: Files,
    /// The rest of the store.
    pub other_store: Files,
    pub tables: Files,
    /// Dates whose tables are older than their calls.
    pub stale_dates: Vec<String>,
    /// Dates without tables.
    pub unpublished_dates: Vec<String>,
    /// Dates whose tables were written with another version of their schema.
    pub other_schema_dates: Vec<String>,
    /// Calls that are not in the tables of their published date, by date.
    pub left_out: BTreeMap<String, usize>,
    /// Calls whose transcript is missing, by date.
    pub without_transcript: BTreeMap<String, usize>,
    /// The process that worked here last and did not come to its end.
    pub stopped: Option<String>,
    /// Recordings that ended the recogniser and are not tried again as they are.
    pub quarantined: usize,
    /// Muted copies that have to go and could not be reached.
    pub copies_left: usize,
    /// The last run that came to its end, and before it the last that looked at recordings.
    pub runs: Vec<LastRun>,
    pub calibration: Calibration,
    /// Files of the store that cannot be understood.
    pub damaged: Vec<String>,
}

/// Files and the sum of their lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    pub count: u64,
    pub bytes: u64,
}

impl Files {
    pub(super) fn add(&mut self, bytes: u64) {
        self.count += 1;
        self.bytes += bytes;
    }
}

/// A run that came to its end. One that was stopped leaves no record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastRun {
    #[serde(flatten)]
    pub record: RunRecord,
    pub failures: Vec<RunFailure>,
}

/// A failure, with what would help.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFailure {
    #[serde(flatten)]
    pub failure: Failure,
    pub again: Again,
}

/// Whether the next run may do better. It tries again in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// It may pass by itself: the recording may come, be finished or be in reach again, or the
    /// machine may have been short of something.
    MayHelp,
    /// Something beside the recording has to be mended first: its row, its name, the model, a
    /// file of the store.
    AfterMending,
    /// The recording itself is what fails: it takes another copy or another format.
    NotAsItIs,
}

impl Again {
    /// By what failed, and why. A reason that is not known here counts as one to be mended:
    /// nobody is told to wait for what does not pass.
    pub fn of(stage: &str, reason: &str) -> Self {
        match (stage, reason) {
            ("recording", "file_not_found" | "unreadable")
            | (
                "audio",
                "cannot_open" | "cannot_read" | "empty_file" | "unfinished_header"
                | "changed_while_read",
            )
            | ("speech", "recogniser_failed") => Again::MayHelp,
            ("audio" | "worker", _) => Again::NotAsItIs,
            _ => Again::AfterMending,
        }
    }
}

/// Whether calibration is up to date.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Calibration {
    /// Files of people are named.
    pub asked: bool,
    /// Its tables are there.
    pub there: bool,
    /// Dates whose answers are newer than they are.
    pub newer_answers: Vec<String>,
    /// Files of people that are newer than they are.
    pub newer_files: Vec<PathBuf>,
    /// Files of people that are named and not there.
    pub missing_files: Vec<PathBuf>,
}

/// Looks at an output folder; `None` where nothing was ever stored. `people` are the files that
/// calibration reads.
///
/// # Errors
/// A folder that cannot be read.
pub fn status(out: &Path, people: &[PathBuf]) -> Result<Option<Status>, StoreError> {
    let Some(view) = StoreView::of(out)? else {
        // A folder that is not there may be a drive that is not mounted.
        fs::read_dir(out).map_err(cannot_look(out))?;
        return Ok(None);
    };
    let mut damaged = Vec::new();
    // Before the calls: a transcript that comes in between has its call then, and is not taken
    // for one that nobody uses.
    let transcripts = transcripts(&view.transcripts_folder())?;
    let holder = view.holder();
    let stale = view.stale_dates()?;
    let dates = view.call_dates()?;
    let mut status = Status {
        out: out.to_path_buf(),
        held_by: match holder {
            Holder::Process(id) => Some(id),
            Holder::Nobody | Holder::NotKnown => None,
        },
        holder_known: holder != Holder::NotKnown,
        publishing: view.has_journal(),
        calls: 0,
        dates: Vec::new(),
        transcripts: Files::default(),
        unused_transcripts: Files::default(),
        other_store: Files::default(),
        tables: Files::default(),
        stale_dates: Vec::new(),
        unpublished_dates: Vec::new(),
        other_schema_dates: Vec::new(),
        left_out: BTreeMap::new(),
        without_transcript: BTreeMap::new(),
        stopped: view.stopped(),
        quarantined: view.quarantined()?,
        copies_left: view.copies_left()?,
        runs: last_runs(&view, &mut damaged)?,
        calibration: calibration(out, &dates, people)?,
        damaged: Vec::new(),
    };
    let mut used = BTreeSet::new();
    for date in dates {
        let calls = view.calls(&date, &mut damaged)?;
        if calls.is_empty() {
            continue;
        }
        status.calls += calls.len();
        let missing = calls
            .iter()
            .filter(|call| !transcripts.contains_key(&call.transcript))
            // Stored since.
            .filter(|call| !view.has_transcript(&call.transcript))
            .count();
        if missing > 0 {
            status.without_transcript.insert(date.clone(), missing);
        }
        match published(out, &date, &mut damaged)? {
            None => status.unpublished_dates.push(date.clone()),
            Some(_) if stale.contains(&date) => status.stale_dates.push(date.clone()),
            Some(published) => {
                let left_out = calls
                    .iter()
                    .filter(|call| !published.calls.contains(call.call_id()))
                    .count();
                if left_out > 0 {
                    status.left_out.insert(date.clone(), left_out);
                }
                if published.schema != SCHEMA_VERSION.to_string() {
                    status.other_schema_dates.push(date.clone());
                }
            }
        }
        used.extend(calls.into_iter().map(|call| call.transcript));
        status.dates.push(date);
    }
    // A date that all calls have left still has its tables.
    let emptied = stale.iter().filter(|date| !status.dates.contains(date));
    let emptied: Vec<String> = emptied.cloned().collect();
    status.stale_dates.extend(emptied);
    status.stale_dates.sort();
    for (key, bytes) in &transcripts {
        status.transcripts.add(*bytes);
        if !used.contains(key) {
            status.unused_transcripts.add(*bytes);
        }
    }
    let store = below(view.root())?;
    status.other_store = Files {
        count: store.count.saturating_sub(status.transcripts.count),
        bytes: store.bytes.saturating_sub(status.transcripts.bytes),
    };
    for name in table_folders() {
        let files = below(&out.join(name))?;
        status.tables.count += files.count;
        status.tables.bytes += files.bytes;
    }
    damaged.sort();
    status.damaged = damaged;
    Ok(Some(status))
}

/// Folders of tables below the output folder.
fn table_folders() -> Vec<&'static str> {
    let mut names: Vec<&str> = tables(metric_columns()).iter().map(|t| t.name).collect();
    names.extend(["calibration", "coaching", "forgotten"]);
    names
}

/// Keys of all transcripts with the lengths of their files.
pub(super) fn transcripts(folder: &Path) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut found = BTreeMap::new();
    walk(folder, &mut |path, bytes| {
        let key = path.file_stem().and_then(|stem| stem.to_str());
        if let (Some(key), true) = (key, path.extension().is_some_and(|e| e == "json")) {
            found.insert(key.to_string(), bytes);
        }
    })?;
    Ok(found)
}

fn below(folder: &Path) -> Result<Files, StoreError> {
    let mut files = Files::default();
    walk(folder, &mut |_, bytes| files.add(bytes))?;
    Ok(files)
}

/// All files below a folder with their lengths. Links are not followed, and what goes away in
/// between is left out.
pub(super) fn walk(folder: &Path, seen: &mut dyn FnMut(&Path, u64)) -> Result<(), StoreError> {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                let path = e.path().unwrap_or(folder).to_path_buf();
                match e.into_io_error() {
                    Some(e) if e.kind() == io::ErrorKind::NotFound => continue,
                    Some(e) => return Err(cannot_look(&path)(e)),
                    None => continue,
                }
            }
        };
        if entry.file_type().is_file()
            && let Ok(metadata) = entry.metadata()
        {
            seen(entry.path(), metadata.len());
        }
    }
    Ok(())
}

/// What is published of a date.
struct Published {
    calls: BTreeSet<String>,
    schema: String,
}

/// `None` where one of the tables of calls is missing.
fn published(
    out: &Path,
    date: &str,
    damaged: &mut Vec<String>,
) -> Result<Option<Published>, StoreError> {
    let part = |table: &str| {
        out.join(table)
            .join(format!("date={date}"))
            .join("part.parquet")
    };
    // Of the days of runs, and of dates of which anything was released.
    let not_of_each = ["failures", "runs", "releases"];
    let missing = tables(metric_columns())
        .iter()
        .filter(|table| !not_of_each.contains(&table.name))
        .any(|table| !part(table.name).is_file());
    if missing {
        return Ok(None);
    }
    let path = part("calls");
    let content = match read_columns(&path, &["call_id"]) {
        Ok(content) => content,
        Err(e) => {
            damaged.push(super::worker::with_causes(&e));
            return Ok(None);
        }
    };
    let schema = content
        .facts
        .iter()
        .find(|(name, _)| name == "callibrate.schema_version")
        .map(|(_, version)| version.clone())
        .unwrap_or_default();
    let calls = content
        .rows
        .into_iter()
        .filter_map(|mut row| match row.pop() {
            Some(Cell::Text(id)) => Some(id),
            _ => None,
        })
        .collect();
    Ok(Some(Published { calls, schema }))
}

/// The last run that looked at recordings and, where that is another, the last of all.
pub(super) fn last_runs(
    view: &StoreView,
    damaged: &mut Vec<String>,
) -> Result<Vec<LastRun>, StoreError> {
    let mut last: Vec<LastRun> = Vec::new();
    for date in view.run_dates()?.iter().rev() {
        let mut runs: Vec<RunRecord> = view.runs(date, damaged)?;
        runs.sort_by_key(|run| run.started_ms);
        for record in runs.into_iter().rev() {
            let listens = record.listens();
            if !listens && !last.is_empty() {
                continue;
            }
            let failures = view
                .failures(date, &record.run_id, damaged)?
                .into_iter()
                .map(|failure| RunFailure {
                    again: Again::of(&failure.stage, &failure.reason),
                    failure,
                })
                .collect();
            last.insert(0, LastRun { record, failures });
            if listens {
                return Ok(last);
            }
        }
    }
    Ok(last)
}

fn calibration(
    out: &Path,
    dates: &[String],
    people: &[PathBuf],
) -> Result<Calibration, StoreError> {
    let mut calibration = Calibration {
        asked: !people.is_empty(),
        ..Calibration::default()
    };
    // It is published as a whole, `agreement` with the rest.
    let Some(made) = changed(&out.join("calibration/agreement/part.parquet"))? else {
        return Ok(calibration);
    };
    calibration.there = true;
    for date in dates {
        let answers = out.join(format!("answers/date={date}/part.parquet"));
        if changed(&answers)?.is_some_and(|time| time > made) {
            calibration.newer_answers.push(date.clone());
        }
    }
    for file in people {
        match changed(file)? {
            None => calibration.missing_files.push(file.clone()),
            Some(time) if time > made => calibration.newer_files.push(file.clone()),
            Some(_) => {}
        }
    }
    Ok(calibration)
}

/// When a file was changed; `None` where it is not there.
fn changed(path: &Path) -> Result<Option<SystemTime>, StoreError> {
    match fs::metadata(path).and_then(|m| m.modified()) {
        Ok(time) => Ok(Some(time)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(cannot_look(path)(e)),
    }
}

fn cannot_look(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io {
        action: "look into",
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::FailureReason;

    #[test]
    fn nobody_is_told_to_wait_for_what_does_not_pass() {
        let again = |stage, reason| Again::of(stage, reason);
        // A recorder that is still writing, a drive that was away.
        assert_eq!(again("audio", "unfinished_header"), Again::MayHelp);
        assert_eq!(again("audio", "changed_while_read"), Again::MayHelp);
        let reason = FailureReason::FileNotFound.as_str();
        assert_eq!(again("recording", reason), Again::MayHelp);
        assert_eq!(again("audio", "unsupported_codec"), Again::NotAsItIs);
        assert_eq!(again("worker", "killed_the_recogniser"), Again::NotAsItIs);
        let reason = FailureReason::NoRow.as_str();
        assert_eq!(again("recording", reason), Again::AfterMending);
        assert_eq!(again("new", "unheard_of"), Again::AfterMending);
    }
}
