//! Removing from the store what no present settings need.
//!
//! A transcript that no call refers to may still be wanted: a run that was stopped left it for
//! the next one. So those stay that the recordings at hand would use with the present model and
//! settings. Left out on purpose: calls and tables, which `forget` and `retention_days` are for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::forget::published_forms;
use super::known::Known;
use super::plan::{self, KeyUse};
use super::run::Recognition;
use super::staging;
use super::status::{Files, transcripts, walk};
use super::store::{Reach, RemovedCopies, Store, StoreError, remove_all};
use super::{BatchError, threads};
use crate::config::Settings;
use crate::rubric::Rubric;

/// A kind of what can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Transcripts that no call uses and no recording would.
    Transcripts,
    /// Forms that no published date was scored with and the settings do not name.
    Forms,
    /// What was read from the words of calls that are gone, or by another version.
    Facts,
    /// What people answered about calls of dates without any.
    Ratings,
    /// Muted copies of calls that are gone, with what is known of them.
    Copies,
    /// Files that a stopped run was writing.
    HalfWritten,
    /// Folders without a file.
    EmptyFolders,
}

/// What can go, and what stays though nothing shows that it is needed.
#[derive(Debug, Default)]
pub struct Litter {
    pub found: BTreeMap<Kind, Files>,
    /// Transcripts that no call uses, kept because no recordings are named that could tell.
    pub kept: Files,
    pub warnings: Vec<String>,
    paths: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Litter {
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn add(&mut self, kind: Kind, path: PathBuf, bytes: u64) {
        self.found.entry(kind).or_default().add(bytes);
        self.paths.push(path);
    }
}

/// Whether to remove what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clean {
    LookOnly,
    Remove,
}

/// Finds what no present settings need, and removes it if asked. Holds the store, so that
/// nothing that a run is about to use is taken for litter.
///
/// # Errors
/// A store, a model or recordings that are named and cannot be read: nothing is removed then.
pub fn clean(settings: &Settings, rubrics: &[Rubric], clean: Clean) -> Result<Litter, BatchError> {
    if !Store::exists(&settings.out) {
        return Err(BatchError::NothingStored(settings.out.clone()));
    }
    let store = match clean {
        Clean::LookOnly => Store::open_unsigned(&settings.out)?,
        Clean::Remove => {
            let store = Store::open(&settings.out)?.for_readers(settings.people.readers);
            staging::recover(&store)?;
            store
        }
    };
    let mut litter = Litter::default();
    litter
        .warnings
        .extend(plan::other_agents(&store, settings)?);
    find_transcripts(settings, &store, &mut litter)?;
    find_forms(&store, rubrics, &mut litter)?;
    find_facts(&store, &mut litter)?;
    find_ratings(&store, &mut litter)?;
    find_copies(&store, &mut litter)?;
    find_half_written(&store, &mut litter)?;
    find_empty_folders(&store, &mut litter)?;
    if clean == Clean::Remove {
        remove_all(litter.paths.drain(..))?;
        for folder in litter.folders.drain(..) {
            // It may have gone with its last file.
            let _ = fs::remove_dir(folder);
        }
        store.sign_off()?;
    }
    Ok(litter)
}

fn find_transcripts(
    settings: &Settings,
    store: &Store,
    litter: &mut Litter,
) -> Result<(), BatchError> {
    let folder = store.transcripts_folder();
    let mut unused = transcripts(&folder)?;
    for date in store.call_dates()? {
        for call in store.calls(&date)? {
            unused.remove(&call.transcript);
        }
    }
    if unused.is_empty() {
        return Ok(());
    }
    let recognition = Recognition::new(settings)?;
    if settings.recordings.is_empty() && settings.calls.is_none() {
        unused.retain(|key, bytes| {
            let made_by = store.transcript(key).map(|t| t.recogniser.model_key);
            let present = made_by.is_ok_and(|key| key.as_ref() == Some(&recognition.model.key));
            if present {
                litter.kept.add(*bytes);
            }
            !present
        });
    } else {
        let pool = threads::pool(settings.jobs)?;
        let key = plan::customer_key(settings, KeyUse::LookOnly)?;
        let agents = plan::agents(settings, KeyUse::LookOnly)?;
        let found = plan::find_calls(settings, &key, agents.as_ref())?;
        for call in plan::read_calls(found, &mut Known::of(store), &pool).calls {
            unused.remove(&recognition.transcript_key(&call));
        }
    }
    let mut paths = BTreeMap::new();
    walk(&folder, &mut |path, bytes| {
        let key = path.file_stem().and_then(|stem| stem.to_str());
        let key = key.filter(|key| unused.contains_key(*key));
        if key.is_some() && path.extension().is_some_and(|e| e == "json") {
            paths.insert(path.to_path_buf(), bytes);
        }
    })?;
    for (path, bytes) in paths {
        litter.add(Kind::Transcripts, path, bytes);
    }
    Ok(())
}

fn find_forms(store: &Store, rubrics: &[Rubric], litter: &mut Litter) -> Result<(), BatchError> {
    let mut needed: BTreeSet<String> = rubrics.iter().map(|r| r.key.clone()).collect();
    for date in dates_of(&store.out().join("scores"))? {
        match published_forms(store.out(), &date) {
            Ok(keys) => needed.extend(keys.into_iter().flatten()),
            Err(e) => {
                litter.warnings.push(format!(
                    "all forms are kept, because one may belong to {date}: callibrate failed to {}",
                    super::worker::with_causes(&e)
                ));
                return Ok(());
            }
        }
    }
    // Scores that were released name their forms, too.
    let mut released = Vec::new();
    walk(&store.root().join("releases"), &mut |path, _| {
        released.push(path.to_path_buf());
    })?;
    let released: Vec<String> = released
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    walk(&store.rubrics_folder(), &mut |path, bytes| {
        let key = path.file_stem().and_then(|stem| stem.to_str());
        let is_form = path.extension().is_some_and(|e| e == "yaml");
        let Some(key) = key.filter(|_| is_form) else {
            return;
        };
        if !needed.contains(key) && !released.iter().any(|text| text.contains(key)) {
            litter.add(Kind::Forms, path.to_path_buf(), bytes);
        }
    })?;
    Ok(())
}

fn find_facts(store: &Store, litter: &mut Litter) -> Result<(), BatchError> {
    let dates: BTreeSet<String> = store.call_dates()?.into_iter().collect();
    let version = super::past::facts_version();
    walk(&store.root().join("facts"), &mut |path, bytes| {
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let date = name.and_then(|name| name.strip_prefix("date="));
        let needed = date.is_some_and(|date| {
            dates.contains(date) && store.facts(date).is_some_and(|f| f.version == version)
        });
        if !needed && path.extension().is_some_and(|e| e == "json") {
            litter.add(Kind::Facts, path.to_path_buf(), bytes);
        }
    })?;
    Ok(())
}

fn find_ratings(store: &Store, litter: &mut Litter) -> Result<(), StoreError> {
    let dates = store.call_dates()?;
    for date in store.rating_dates()? {
        let path = store.ratings_path(&date);
        if let (false, Ok(file)) = (dates.contains(&date), fs::metadata(&path)) {
            litter.add(Kind::Ratings, path, file.len());
        }
    }
    Ok(())
}

fn find_copies(store: &Store, litter: &mut Litter) -> Result<(), BatchError> {
    let known = store.all_muted_copies()?;
    let mut calls = BTreeSet::new();
    if !known.is_empty() {
        for date in store.call_dates()? {
            let records = store.calls(&date)?.into_iter();
            calls.extend(records.map(|call| call.meta.call_id));
        }
    }
    let known = known.into_iter().map(|(record, bytes, of_call)| {
        let is_gone = !calls.contains(&of_call.call_id);
        (record, bytes, of_call.copies, is_gone)
    });
    let left = store.left_copies()?.into_iter();
    let left = left.map(|(record, bytes, copy)| (record, bytes, vec![copy], true));
    let mut not_removed = RemovedCopies::default();
    for (record, bytes, copies, is_gone) in known.chain(left) {
        let mut is_in_reach = true;
        for copy in &copies {
            match store.reach(copy) {
                Reach::Yes => {
                    if let (true, Ok(file)) = (is_gone, fs::metadata(copy.file())) {
                        litter.add(Kind::Copies, copy.file(), file.len());
                    }
                    if let Ok(file) = fs::metadata(copy.aside()) {
                        litter.add(Kind::HalfWritten, copy.aside(), file.len());
                    }
                }
                Reach::Foreign if is_gone => {
                    not_removed.foreign.insert(copy.folder.clone());
                }
                Reach::Away if is_gone => {
                    is_in_reach = false;
                    not_removed.left.insert(copy.file());
                }
                Reach::Foreign | Reach::Away => {}
            }
        }
        if is_gone && is_in_reach {
            litter.add(Kind::Copies, record, bytes);
        }
    }
    litter.warnings.extend(not_removed.notices());
    Ok(())
}

fn find_half_written(store: &Store, litter: &mut Litter) -> Result<(), BatchError> {
    let staging = store.staging();
    // With a list of renames it is whole, and the next run publishes it.
    let staged = store.journal().is_file();
    walk(store.root(), &mut |path, bytes| {
        let below_staging = path.starts_with(&staging);
        if below_staging && !staged || path.extension().is_some_and(|e| e == "tmp") {
            litter.add(Kind::HalfWritten, path.to_path_buf(), bytes);
        }
    })?;
    Ok(())
}

/// Folders below which there is no file, the innermost first.
fn find_empty_folders(store: &Store, litter: &mut Litter) -> Result<(), BatchError> {
    let out = store.out();
    let mut full: BTreeSet<PathBuf> = BTreeSet::new();
    walk(out, &mut |path, _| {
        let above = path.ancestors().skip(1);
        full.extend(
            above
                .take_while(|f| f.starts_with(out))
                .map(Path::to_path_buf),
        );
    })?;
    let folders = walkdir::WalkDir::new(out).contents_first(true).min_depth(1);
    for entry in folders.into_iter().filter_map(Result::ok) {
        let ours = entry.path().starts_with(store.root()) || is_of_date(entry.path());
        if entry.file_type().is_dir() && ours && !full.contains(entry.path()) {
            litter.found.entry(Kind::EmptyFolders).or_default().add(0);
            litter.folders.push(entry.into_path());
        }
    }
    Ok(())
}

fn is_of_date(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("date="))
}

/// The dates of a table.
fn dates_of(table: &Path) -> Result<BTreeSet<String>, StoreError> {
    let mut dates = BTreeSet::new();
    walk(table, &mut |path, _| {
        let folder = path.parent().and_then(Path::file_name);
        let date = folder.and_then(|name| name.to_str()?.strip_prefix("date="));
        dates.extend(date.map(str::to_string));
    })?;
    Ok(dates)
}
