//! Published tables and stored calls, written in the formats of other tools.
//!
//! Only looks at the output folder, without its lock: whoever may read the tables may export
//! them. What a run publishes meanwhile is noticed, and then nothing is exported. Files are
//! written aside and renamed, and none that is there is replaced. Left out on purpose: keeping an
//! export up to date, and looking after it elsewhere than in `OUT/export`, where `forget` finds
//! it.

mod place;
mod quality;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::civil::Date;

use self::place::{Aside, Kind};
use super::BatchError;
use super::plan::input;
use super::publish::PublishError;
use super::scored::part;
use super::signals::Signals;
use super::store::{self, CallRecord, Holder, StoreError, StoreView};
use super::worker::with_causes;
use crate::config::Settings;
use crate::conversation::{self, Party};
use crate::log::{brief, visible_path};
use crate::report::export::csv::CsvSink;
use crate::report::export::parquet::ParquetSink;
use crate::report::export::xlsx::XlsxSink;
use crate::report::export::{Ended, TableSink, file_name, vcon, vtt};
use crate::report::rows::metric_columns;
use crate::report::{Cell, ReportError, SCHEMA_VERSION, Table, TableReader, tables};
use crate::transcript::Transcript;

pub use place::FOLDER;

/// Calls whose quality results are held at once.
const CHUNK: usize = 1_000;
/// A workbook leaves it out unless it is asked for: nobody reads single words in a spreadsheet.
const TOO_LONG_FOR_XLSX: &str = "words";

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableForm {
    Csv,
    Xlsx,
    Parquet,
}

/// How calls are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallForm {
    Vtt,
    Vcon,
}

impl CallForm {
    pub fn extension(self) -> &'static str {
        match self {
            CallForm::Vtt => "vtt",
            CallForm::Vcon => "vcon",
        }
    }

    /// How names of its files may end, in small letters.
    fn endings(self) -> &'static [&'static str] {
        match self {
            CallForm::Vtt => &["vtt"],
            // A vCon is JSON.
            CallForm::Vcon => &["vcon", "json"],
        }
    }
}

/// Days from one to another, both included; without a bound all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Days {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

impl Days {
    fn is_all(self) -> bool {
        self == Self::default()
    }

    fn refuse_reversed(self) -> Result<(), BatchError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => Err(input(
                &format!("export from {from} to {to}: the last day is before the first"),
                Some("--from is the first day, and --to the last one"),
            )),
            _ => Ok(()),
        }
    }

    fn has(self, date: &str) -> bool {
        date.parse().is_ok_and(|date: Date| {
            self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
        })
    }

    fn in_words(self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from == to => format!("of {from}"),
            (Some(from), Some(to)) => format!("from {from} to {to}"),
            (Some(from), None) => format!("from {from} on"),
            (None, Some(to)) => format!("up to {to}"),
            (None, None) => "of any day".to_string(),
        }
    }
}

/// Tables that were exported.
#[derive(Debug)]
pub struct ExportedTables {
    pub tables: Vec<(&'static str, Ended)>,
    /// The first and the last date, where there are any.
    pub dates: Option<(String, String)>,
    /// A table that was not asked for by name, and left out.
    pub left_out: Option<&'static str>,
    /// Dates whose tables are older than what is stored.
    pub stale: Vec<String>,
    pub bytes: u64,
}

/// Calls that were exported.
#[derive(Debug)]
pub struct ExportedCalls {
    pub calls: usize,
    /// Calls whose transcript is missing or damaged.
    pub unread: usize,
    /// Calls without a quality result, where there is room for one.
    pub unscored: usize,
    /// Dates whose tables are older than what is stored.
    pub stale: Vec<String>,
    pub bytes: u64,
}

/// Exports published tables. Without `names` all that there are.
///
/// # Errors
/// A table or day that there is not, a place that is taken or cannot be written to, tables that
/// cannot be read or change meanwhile, and signals.
pub fn export_tables(
    settings: &Settings,
    signals: &Signals,
    form: TableForm,
    names: &[String],
    days: Days,
    place: &Path,
) -> Result<ExportedTables, BatchError> {
    match form {
        TableForm::Xlsx => place::is_file(place, &["xlsx"], "a workbook, such as tables.xlsx"),
        TableForm::Csv | TableForm::Parquet => {
            let folder = "a folder, such as tables/: each table has a file of its own there";
            place::is_file(place, &[], folder)
        }
    }?;
    days.refuse_reversed()?;
    let out = &settings.out;
    let view = view_if_allowed(out)?;
    let chosen = chosen(out, form, names, days)?;
    let names: Vec<&'static str> = chosen.tables.iter().map(|table| table.name).collect();
    let seen = Seen::of(out, view.as_ref(), names)?;
    let parts: Vec<(Table, Vec<Part>)> = chosen
        .tables
        .into_iter()
        .map(|table| {
            let parts = parts_of(out, &table)?.into_iter();
            let parts = parts.filter(|part| part.date.as_ref().is_none_or(|d| days.has(d)));
            Ok((table, parts.collect()))
        })
        .collect::<Result<_, BatchError>>()?;

    let kind = match form {
        TableForm::Csv | TableForm::Parquet => Kind::Folder,
        TableForm::Xlsx => Kind::File,
    };
    let aside = Aside::prepare(out, settings.people.readers, place, kind)?;
    let mut sink: Box<dyn TableSink> = match form {
        TableForm::Csv => Box::new(CsvSink::new(aside.folder())),
        TableForm::Parquet => Box::new(ParquetSink::new(aside.folder())),
        TableForm::Xlsx => Box::new(XlsxSink::new(&aside.file()).map_err(failed)?),
    };
    let mut ended = Vec::new();
    for (table, parts) in &parts {
        sink.start(&table.clone().exported()).map_err(failed)?;
        for part in parts {
            if let Some(signal) = signals.received() {
                return Err(PublishError::Signal(signal).into());
            }
            let date = part.date.as_ref().and_then(|date| date.parse().ok());
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            each_row(&part.path, &columns, &mut |mut row| {
                if let Some(date) = date {
                    row.insert(0, Cell::Date(date));
                }
                sink.push(row)
            })?;
        }
        ended.push((table.name, sink.end().map_err(failed)?));
    }
    let files = sink.finish().map_err(failed)?;
    seen.check(out, view.as_ref())?;
    let bytes = aside.publish(&files)?;
    let dates = dates_of(parts.iter().map(|(table, parts)| (table, &parts[..])));
    Ok(ExportedTables {
        tables: ended,
        stale: stale(view.as_ref(), &dates)?,
        dates: span(&dates).map(|(first, last)| (first.to_string(), last.to_string())),
        left_out: chosen.left_out,
        bytes,
    })
}

/// Exports stored calls: those named, or all of the days. With one call and a place that ends as
/// such files do, that file is written; else a file for each call into a folder.
///
/// # Errors
/// As [`export_tables`], and a call that there is not.
pub fn export_calls(
    settings: &Settings,
    signals: &Signals,
    form: CallForm,
    calls: &[String],
    days: Days,
    place: &Path,
) -> Result<ExportedCalls, BatchError> {
    let example = format!(
        "a file for one call, such as call.{}, or a folder, such as calls/",
        form.extension()
    );
    let is_file = place::is_file(place, form.endings(), &example)?;
    days.refuse_reversed()?;
    let out = &settings.out;
    let view = StoreView::of(out)?.ok_or_else(|| BatchError::NothingStored(out.clone()))?;
    let seen = Seen::of(out, Some(&view), quality::TABLES.to_vec())?;
    let by_date = records(&view, calls, days)?;
    let count: usize = by_date.values().map(Vec::len).sum();
    if is_file && count != 1 {
        return Err(input(
            &format!("write {count} calls to {}", visible_path(place)),
            Some("name a folder: each call has a file of its own there"),
        ));
    }
    let kind = if is_file { Kind::File } else { Kind::Folder };
    let aside = Aside::prepare(out, settings.people.readers, place, kind)?;
    let mut exported = ExportedCalls {
        calls: 0,
        unread: 0,
        unscored: 0,
        stale: Vec::new(),
        bytes: 0,
    };
    let mut names = FileNames::default();
    let mut files = Vec::new();
    for (date, records) in &by_date {
        for chunk in records.chunks(CHUNK) {
            let mut results = match form {
                CallForm::Vtt => BTreeMap::new(),
                CallForm::Vcon => quality::of_calls(out, date, chunk)?,
            };
            for record in chunk {
                if let Some(signal) = signals.received() {
                    return Err(PublishError::Signal(signal).into());
                }
                let transcript = match view.transcript(&record.transcript) {
                    Ok(transcript) => transcript,
                    Err(e) if e.is_lasting() => {
                        exported.unread += 1;
                        continue;
                    }
                    Err(e) => return Err(e.into()),
                };
                let parties = parties(&transcript, record);
                let text = match form {
                    CallForm::Vtt => vtt::vtt(&transcript, &parties),
                    CallForm::Vcon => {
                        let quality = results.remove(&record.meta.call_id).unwrap_or_default();
                        exported.unscored += usize::from(quality.rubrics.is_empty());
                        vcon::vcon(&record.meta, &transcript, &parties, &quality)
                    }
                };
                let path = match kind {
                    Kind::File => aside.file(),
                    Kind::Folder => {
                        let name = names.of(&record.meta.call_id);
                        aside.folder().join(format!("{name}.{}", form.extension()))
                    }
                };
                place::write(&path, text.as_bytes())?;
                files.push(path);
                exported.calls += 1;
            }
        }
    }
    if form == CallForm::Vcon {
        seen.check(out, Some(&view))?;
        exported.stale = stale(Some(&view), &by_date.keys().collect())?;
    }
    if exported.calls > 0 {
        exported.bytes = aside.publish(&files)?;
    }
    Ok(exported)
}

/// Takes away what was exported into the output folder: it may tell of what is not there any
/// more.
pub(super) fn remove_exports(out: &Path) -> Result<(), StoreError> {
    let folder = out.join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(store::io_error("remove", &folder)(e)),
        _ => Ok(()),
    }
}

/// The store, to look at; `None` for readers of tables who may not.
fn view_if_allowed(out: &Path) -> Result<Option<StoreView>, BatchError> {
    match StoreView::of(out) {
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::PermissionDenied => {
            Ok(None)
        }
        view => Ok(view?),
    }
}

/// Dates of an export whose tables have to be made again.
fn stale(view: Option<&StoreView>, dates: &BTreeSet<&String>) -> Result<Vec<String>, BatchError> {
    let stale = view.map_or(Ok(BTreeSet::new()), StoreView::stale_dates)?;
    Ok(stale
        .into_iter()
        .filter(|date| dates.contains(date))
        .collect())
}

struct Chosen {
    tables: Vec<Table>,
    left_out: Option<&'static str>,
}

/// Which tables to export, in the order of the data.
fn chosen(out: &Path, form: TableForm, names: &[String], days: Days) -> Result<Chosen, BatchError> {
    let mut all = tables::all(metric_columns());
    let is_named = |table: &Table| {
        let mut names = names.iter();
        names.any(|name| name == table.name || *name == file_name(table))
    };
    for name in names {
        if !all.iter().any(|t| name == t.name || *name == file_name(t)) {
            let all: Vec<&str> = all.iter().map(|table| table.name).collect();
            return Err(input(
                &format!("find a table with the name {}", brief(name)),
                Some(&format!("these are the tables: {}", all.join(", "))),
            ));
        }
    }
    let mut there = BTreeMap::new();
    for table in &all {
        let parts = parts_of(out, table)?;
        if parts.is_empty() && is_named(table) {
            return Err(input(
                &format!(
                    "find the table {} in {}: nothing has been published for it yet",
                    table.name,
                    visible_path(out)
                ),
                None,
            ));
        }
        if !parts.is_empty() {
            there.insert(table.name, parts);
        }
    }
    if there.is_empty() {
        return Err(BatchError::NothingScored(out.to_path_buf()));
    }
    let mut left_out = None;
    all.retain(|table| {
        if !names.is_empty() {
            return is_named(table);
        }
        if form == TableForm::Xlsx && table.name == TOO_LONG_FOR_XLSX {
            left_out = Some(table.name);
            return false;
        }
        // What is about all days at once is no answer to a question about some.
        there.contains_key(table.name) && (days.is_all() || table.date_is.is_some())
    });
    let dates = dates_of(
        all.iter()
            .filter_map(|t| Some((t, &there.get(t.name)?[..]))),
    );
    // Whoever names only tables that are about all days at once gets them whole.
    let is_dated = all.is_empty() || all.iter().any(|table| table.date_is.is_some());
    if !days.is_all() && is_dated && !dates.iter().any(|date| days.has(date)) {
        let hint =
            span(&dates).map(|(first, last)| format!("there are tables from {first} to {last}"));
        return Err(input(
            &format!("find tables {}", days.in_words()),
            hint.as_deref(),
        ));
    }
    Ok(Chosen {
        tables: all,
        left_out,
    })
}

/// Dates of tables with their files; those of runs only where there are no others.
fn dates_of<'a>(
    parts: impl Iterator<Item = (&'a Table, &'a [Part])> + Clone,
) -> BTreeSet<&'a String> {
    let dates = |is_counted: &dyn Fn(&Table) -> bool| -> BTreeSet<&'a String> {
        parts
            .clone()
            .filter(|(table, _)| is_counted(table))
            .flat_map(|(_, parts)| parts.iter().filter_map(|part| part.date.as_ref()))
            .collect()
    };
    let of_calls = dates(&|table| table.date_is == tables::calls().date_is);
    match of_calls.is_empty() {
        true => dates(&|_| true),
        false => of_calls,
    }
}

/// The first and the last of them.
fn span<T: Ord>(dates: &BTreeSet<T>) -> Option<(&T, &T)> {
    dates.first().zip(dates.last())
}

/// One published file.
struct Part {
    /// `None` for a table that is one file.
    date: Option<String>,
    path: PathBuf,
}

/// The published files of a table, by date.
fn parts_of(out: &Path, table: &Table) -> Result<Vec<Part>, BatchError> {
    let folder = out.join(table.name);
    if table.date_is.is_none() {
        let path = folder.join("part.parquet");
        let part = path.is_file().then_some(Part { date: None, path });
        return Ok(part.into_iter().collect());
    }
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(unreadable(&folder, source)),
    };
    let mut dates = Vec::new();
    for entry in entries {
        let name = entry.map_err(|e| unreadable(&folder, e))?.file_name();
        let date = name.to_str().and_then(|name| name.strip_prefix("date="));
        dates.extend(
            date.filter(|d| d.parse::<Date>().is_ok())
                .map(str::to_string),
        );
    }
    dates.sort();
    let parts = dates.into_iter().map(|date| Part {
        path: part(out, table.name, &date),
        date: Some(date),
    });
    Ok(parts.filter(|part| part.path.is_file()).collect())
}

fn unreadable(path: &Path, source: io::Error) -> BatchError {
    failed(ReportError::Read {
        path: path.display().to_string(),
        source,
    })
}

/// What was published when the export began.
struct Seen {
    names: Vec<&'static str>,
    files: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Seen {
    fn of(
        out: &Path,
        view: Option<&StoreView>,
        names: Vec<&'static str>,
    ) -> Result<Self, BatchError> {
        if let Some(view) = view.filter(|view| view.has_journal()) {
            return Err(match view.holder() {
                Holder::Nobody => input(
                    &format!(
                        "read the tables in {}: a run was stopped while it published them",
                        visible_path(out)
                    ),
                    Some("the next `callibrate run` or `callibrate score` completes them"),
                ),
                Holder::Process(_) | Holder::NotKnown => BatchError::Changed(out.to_path_buf()),
            });
        }
        let mut files = BTreeMap::new();
        for table in tables::all(metric_columns()) {
            if !names.contains(&table.name) {
                continue;
            }
            for part in parts_of(out, &table)? {
                // One that has gone since is missing from the list, and that is noticed.
                if let Ok(file) = fs::metadata(&part.path) {
                    files.insert(part.path, (file.len(), file.modified().ok()));
                }
            }
        }
        Ok(Self { names, files })
    }

    /// Fails where anything was published since.
    fn check(&self, out: &Path, view: Option<&StoreView>) -> Result<(), BatchError> {
        let changed = || BatchError::Changed(out.to_path_buf());
        if view.is_some_and(StoreView::has_journal) {
            return Err(changed());
        }
        let now = Self::of(out, None, self.names.clone())?;
        (now.files == self.files).then_some(()).ok_or_else(changed)
    }
}

/// Gives every row of a published file, with these columns, to `each`; null for columns that it
/// lacks. Holds one row group at a time.
fn each_row(
    path: &Path,
    columns: &[&str],
    each: &mut dyn FnMut(Vec<Cell>) -> Result<(), ReportError>,
) -> Result<(), BatchError> {
    let mut reader = TableReader::open(path).map_err(failed)?;
    let version = reader.fact("callibrate.schema_version").unwrap_or_default();
    if version != SCHEMA_VERSION.to_string() {
        return Err(input(
            &format!(
                "read {}: it is of version {} of the tables' schema, and this callibrate knows \
                 {SCHEMA_VERSION}",
                visible_path(path),
                brief(version)
            ),
            Some("`callibrate score --all` writes the tables anew from the store"),
        ));
    }
    while let Some(rows) = reader.rows(columns).map_err(failed)? {
        for row in rows {
            each(row).map_err(failed)?;
        }
    }
    Ok(())
}

fn failed(error: ReportError) -> BatchError {
    let denied = |source: &io::Error| source.kind() == io::ErrorKind::PermissionDenied;
    match error {
        error @ ReportError::Write { .. } => PublishError::from(error).into(),
        // Taken away by a run since it was seen.
        ReportError::Read { path, source } if source.kind() == io::ErrorKind::NotFound => {
            BatchError::Changed(PathBuf::from(path))
        }
        error @ ReportError::Read { .. } => {
            let ReportError::Read { source, .. } = &error else {
                unreachable!("it was just matched");
            };
            let hint = denied(source)
                .then_some("only the user of the night and `[people] readers` may read the tables");
            input(&with_causes(&error), hint)
        }
        error => input(&with_causes(&error), error.hint()),
    }
}

/// The calls to export, by date.
fn records(
    view: &StoreView,
    calls: &[String],
    days: Days,
) -> Result<BTreeMap<String, Vec<CallRecord>>, BatchError> {
    let mut by_date: BTreeMap<String, Vec<CallRecord>> = BTreeMap::new();
    for call in calls.iter().collect::<BTreeSet<_>>() {
        let Some(record) = view.record(call)? else {
            return Err(input(
                &format!(
                    "find the call {} in {}",
                    brief(call),
                    visible_path(view.out())
                ),
                Some("ids of calls stand in the table `calls`, column `call_id`"),
            ));
        };
        let of_date = by_date.entry(record.date().to_string()).or_default();
        of_date.push(record);
    }
    if !calls.is_empty() {
        return Ok(by_date);
    }
    let dates = view.call_dates()?;
    for date in dates.iter().filter(|date| days.has(date)) {
        by_date.insert(date.clone(), view.records(date)?);
    }
    if by_date.is_empty() {
        let hint = dates.first().zip(dates.last());
        let hint = hint.map(|(first, last)| format!("there are calls from {first} to {last}"));
        return Err(input(
            &format!("find calls {}", days.in_words()),
            hint.as_deref(),
        ));
    }
    Ok(by_date)
}

/// Who sits on each channel; where that is not known, nobody is named.
fn parties(transcript: &Transcript, record: &CallRecord) -> Vec<Party> {
    let channels = transcript.channels.len();
    conversation::parties(channels, record.meta.agent_channel)
        .unwrap_or_else(|_| vec![Party::Unknown; channels])
}

/// Names of files for calls: an id may hold anything, and a file name may not.
#[derive(Default)]
struct FileNames {
    /// In lower case: some drives know no other.
    taken: BTreeSet<String>,
}

impl FileNames {
    fn of(&mut self, call_id: &str) -> String {
        const LONGEST: usize = 80;
        // Hidden files, and what programs take for an option.
        const ODD_STARTS: [char; 2] = ['.', '-'];
        let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain: String = call_id
            .chars()
            .map(|c| if kept(c) { c } else { '_' })
            .take(LONGEST)
            .collect();
        let told_apart = plain == call_id
            && !plain.starts_with(ODD_STARTS)
            && self.taken.insert(plain.to_ascii_lowercase());
        if told_apart {
            return plain;
        }
        let hash = blake3::hash(call_id.as_bytes()).to_hex();
        let name = format!("{}-{}", plain.trim_start_matches(ODD_STARTS), &hash[..16]);
        self.taken.insert(name.to_ascii_lowercase());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_meanwhile_is_noticed() {
        let out = tempfile::tempdir().unwrap();
        let out = out.path();
        let publish = |table: &str, date: &str, content: &str| {
            let path = part(out, table, date);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
        };
        publish("calls", "2026-03-02", "1");
        let changed = |change: &dyn Fn()| {
            let seen = Seen::of(out, None, vec!["calls"]).unwrap();
            seen.check(out, None).unwrap();
            change();
            matches!(seen.check(out, None), Err(BatchError::Changed(_)))
        };
        assert!(!changed(&|| publish("words", "2026-03-02", "1")));
        assert!(changed(&|| publish("calls", "2026-03-02", "12")));
        assert!(changed(&|| publish("calls", "2026-03-03", "1")));
        assert!(changed(&|| fs::remove_file(part(
            out,
            "calls",
            "2026-03-03"
        ))
        .unwrap()));
    }

    #[test]
    fn each_call_has_a_file_name_of_its_own() {
        let mut names = FileNames::default();
        assert_eq!(names.of("c-1.a"), "c-1.a");
        let all = [
            "C-1.A",
            "../../etc/passwd",
            "a/b",
            "a_b",
            "",
            ".part",
            "-r",
            "ä",
        ]
        .map(|id| names.of(id));
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        for name in &all {
            assert!(
                !name.starts_with(['.', '-']) && !name.contains('/'),
                "{name}"
            );
        }
        assert!(all[0].starts_with("C-1.A-"), "{}", all[0]);
        assert!(names.of(&"x".repeat(500)).len() < 120);
    }
}
