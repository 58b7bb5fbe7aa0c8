//! What is kept between nights: redacted transcripts by content, and what is known of each call.
//!
//! ```text
//! DIR/store/lock                                 held while a run writes
//! DIR/store/transcripts/ab/abcd….json            one per recording × model × settings
//! DIR/store/calls/date=2026-03-02/<hash>.json    one per call: facts and its transcript's key
//! DIR/store/contacts/date=2026-03-02.json        contacts of the table of contacts
//! DIR/store/facts/date=2026-03-02.json           what the words of a date's calls promise; derived
//! DIR/store/rubrics/abcd….yaml                   each form that calls were scored with
//! DIR/store/stale.json                           dates whose tables have to be made again
//! DIR/store/history.json                         what the tables of each date rest on
//! DIR/store/failures/date=2026-03-09/<run>.json  what a run could not do
//! DIR/store/runs/date=2026-03-09/<start>-<run>.json
//! DIR/store/staging/                             tables being written
//! ```
//! Files are private to the user and written aside, synced and renamed: a file that is there is
//! whole. Left out: retention and forgetting.

mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::history::CallFacts;
use crate::recording::CallMeta;
use crate::recording::contacts::Contact;
use crate::rubric::{self, Rubric};
use crate::transcript::Transcript;

pub use view::{Holder, SeenCall, StoreView};

/// The store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{action} {path}")]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("understand {path}: {message}")]
    Damaged { path: PathBuf, message: String },
    #[error("use {path}: another run of callibrate is working there")]
    Held { path: PathBuf },
}

impl StoreError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            StoreError::Io { source, .. } => hint_for(source),
            StoreError::Damaged { .. } => Some("remove that file; the next run makes it again"),
            StoreError::Held { .. } => Some("wait until it has finished, or use another --out"),
        }
    }
}

/// What to do when the output folder cannot be read or written.
pub fn hint_for(source: &io::Error) -> Option<&'static str> {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("make room on the disk and run again; what is done stays done")
        }
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory => Some("name a folder with --out that you may write to"),
        _ => None,
    }
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io {
        action,
        path,
        source,
    }
}

/// What is known of a call: its facts, and where its words are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRecord {
    pub meta: CallMeta,
    /// Key of the stored transcript.
    pub transcript: String,
}

impl CallRecord {
    /// The call's local date, `YYYY-MM-DD`.
    pub fn date(&self) -> &str {
        &self.meta.started_at.local_date
    }
}

/// A recording that could not be done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    pub file: String,
    pub call_id: Option<String>,
    /// `recording`, `audio`, `speech`, `worker` or `store`.
    pub stage: String,
    pub reason: String,
    pub message: String,
    pub hint: Option<String>,
}

/// What the words of a date's calls promise, by what they were read from. `None` where they tell
/// nothing that is understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsShelf {
    /// Of the reading; facts of another version are read anew.
    pub version: String,
    pub calls: BTreeMap<String, Option<CallFacts>>,
}

/// What the tables of a date rest on besides its own calls, as hashes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Rows of `contacts` and `promises`.
    pub rows: String,
    /// What came before each call, where a rubric asked for it.
    pub asked: Option<Asked>,
}

/// What the answers of a date rest on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Keys of all rubrics that the date was scored with.
    pub rubrics: String,
    pub histories: String,
}

/// The store of one output directory, held by this process.
pub struct Store {
    out: PathBuf,
    root: PathBuf,
    /// Freed by the system when the process ends, however it ends. `None` inside of a
    /// [`StoreView`] alone, which lets nothing through that writes.
    _lock: Option<File>,
}

impl Store {
    /// Whether there is a store under `out`.
    pub fn exists(out: &Path) -> bool {
        out.join("store").is_dir()
    }

    /// Opens or makes the store under `out` and holds it.
    pub fn open(out: &Path) -> Result<Self, StoreError> {
        let root = out.join("store");
        fs::create_dir_all(&root).map_err(io_error("make", &root))?;
        private(&root)?;
        let lock_path = root.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(io_error("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Held {
                    path: out.to_path_buf(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &lock_path)(source)),
        }
        Ok(Self {
            out: out.to_path_buf(),
            root,
            _lock: Some(lock),
        })
    }

    /// The output directory.
    pub fn out(&self) -> &Path {
        &self.out
    }

    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    pub fn journal(&self) -> PathBuf {
        self.root.join("publish.json")
    }

    fn transcript_path(&self, key: &str) -> PathBuf {
        let shelf = key.get(..2).unwrap_or("__");
        self.root
            .join("transcripts")
            .join(shelf)
            .join(format!("{key}.json"))
    }

    pub fn has_transcript(&self, key: &str) -> bool {
        self.transcript_path(key).is_file()
    }

    pub fn transcript(&self, key: &str) -> Result<Transcript, StoreError> {
        let path = self.transcript_path(key);
        let bytes = fs::read(&path).map_err(io_error("read", &path))?;
        Transcript::from_json(&bytes, key).map_err(|e| StoreError::Damaged {
            path,
            message: e.to_string(),
        })
    }

    /// Keeps a transcript. It must be redacted.
    pub fn put_transcript(&self, key: &str, transcript: &Transcript) -> Result<(), StoreError> {
        write_whole(&self.transcript_path(key), transcript.to_json().as_bytes())
    }

    /// Keeps what is known of a call, in its one date. Returns the other dates that it was under
    /// before: they have to be made again.
    pub fn put_call(&self, record: &CallRecord) -> Result<Vec<String>, StoreError> {
        let date = &record.meta.started_at.local_date;
        let name = call_file(&record.meta.call_id);
        let path = self.dated("calls", date).join(&name);
        let json = to_json(&path, record)?;
        match fs::read(&path) {
            // A call that is where it belongs is nowhere else. Most nights most calls are: a
            // sync for each would take longer than all the rest.
            Ok(kept) if kept == json => return Ok(Vec::new()),
            Ok(_) => return write_whole(&path, &json).map(|()| Vec::new()),
            Err(_) => {}
        }
        let mut left = self.call_dates()?;
        left.retain(|other| other != date && self.dated("calls", other).join(&name).is_file());
        self.note_stale(left.iter().map(String::as_str))?;
        for other in &left {
            let path = self.dated("calls", other).join(&name);
            fs::remove_file(&path).map_err(io_error("remove", &path))?;
        }
        write_whole(&path, &json)?;
        Ok(left)
    }

    /// Dates whose tables are older than the calls that are kept: noted before the calls change,
    /// so that a run that ends in between is not forgotten.
    pub fn stale_dates(&self) -> Result<BTreeSet<String>, StoreError> {
        let path = self.stale_path();
        if path.is_file() {
            return read_json(&path);
        }
        Ok(BTreeSet::new())
    }

    /// Notes that the tables of these dates have to be made again.
    pub fn note_stale<'a>(
        &self,
        dates: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), StoreError> {
        let mut stale = self.stale_dates()?;
        let known = stale.len();
        stale.extend(dates.into_iter().map(str::to_string));
        if stale.len() == known {
            return Ok(());
        }
        write_json(&self.stale_path(), &stale)
    }

    /// Notes that the tables of these dates were made.
    pub fn note_made(&self, dates: &BTreeSet<String>) -> Result<(), StoreError> {
        let mut stale = self.stale_dates()?;
        if stale.is_empty() {
            return Ok(());
        }
        stale.retain(|date| !dates.contains(date));
        write_json(&self.stale_path(), &stale)
    }

    fn stale_path(&self) -> PathBuf {
        self.root.join("stale.json")
    }

    /// Dates that have calls, in order.
    pub fn call_dates(&self) -> Result<Vec<String>, StoreError> {
        let root = self.root.join("calls");
        let mut dates = Vec::new();
        for name in names_in(&root)? {
            if let Some(date) = name.strip_prefix("date=") {
                dates.push(date.to_string());
            }
        }
        Ok(dates)
    }

    /// The calls of a date, by start and id.
    pub fn calls(&self, date: &str) -> Result<Vec<CallRecord>, StoreError> {
        let mut calls: Vec<CallRecord> = read_all(&self.dated("calls", date))?;
        calls.sort_by(|a, b| {
            (a.meta.started_at.utc_ms, &a.meta.call_id)
                .cmp(&(b.meta.started_at.utc_ms, &b.meta.call_id))
        });
        Ok(calls)
    }

    /// Keeps contacts, each under its local date. One with a `ref` replaces an earlier one with
    /// the same; one without is kept once.
    pub fn put_contacts(&self, contacts: &[Contact]) -> Result<(), StoreError> {
        let new: BTreeMap<String, &Contact> =
            contacts.iter().map(|c| (contact_identity(c), c)).collect();
        let mut dates: BTreeSet<String> = self.contact_dates()?.into_iter().collect();
        dates.extend(new.values().map(|c| c.at.local_date.clone()));
        let mut by_date: BTreeMap<&str, Vec<&Contact>> = BTreeMap::new();
        for contact in new.values() {
            let date = contact.at.local_date.as_str();
            by_date.entry(date).or_default().push(contact);
        }
        for date in &dates {
            let kept = self.contacts(date)?;
            let mut all: Vec<&Contact> = kept
                .iter()
                .filter(|c| !new.contains_key(&contact_identity(c)))
                .chain(by_date.get(date.as_str()).into_iter().flatten().copied())
                .collect();
            all.sort_by_cached_key(|c| (c.at.utc_ms, contact_identity(c)));
            if all.iter().copied().eq(&kept) {
                continue;
            }
            let path = self.contacts_path(date);
            if all.is_empty() {
                fs::remove_file(&path).map_err(io_error("remove", &path))?;
            } else {
                write_json(&path, &all)?;
            }
        }
        Ok(())
    }

    /// Dates that have contacts of the table of contacts, in order.
    pub fn contact_dates(&self) -> Result<Vec<String>, StoreError> {
        Ok(names_in(&self.root.join("contacts"))?
            .into_iter()
            .filter_map(|name| {
                Some(
                    name.strip_prefix("date=")?
                        .strip_suffix(".json")?
                        .to_string(),
                )
            })
            .collect())
    }

    /// The contacts of a date, by time.
    pub fn contacts(&self, date: &str) -> Result<Vec<Contact>, StoreError> {
        let path = self.contacts_path(date);
        if path.is_file() {
            return read_json(&path);
        }
        Ok(Vec::new())
    }

    fn contacts_path(&self, date: &str) -> PathBuf {
        self.root.join("contacts").join(format!("date={date}.json"))
    }

    /// Keeps a form as its author wrote it, by its key.
    pub fn put_rubric(&self, rubric: &Rubric) -> Result<(), StoreError> {
        let path = self.rubrics_folder().join(format!("{}.yaml", rubric.key));
        if path.is_file() {
            return Ok(());
        }
        write_whole(&path, rubric.source.as_bytes())
    }

    /// All forms that calls were ever scored with, by id, version and key.
    ///
    /// # Errors
    /// Also a form that an older version of callibrate took and this one does not.
    pub fn rubrics(&self) -> Result<Vec<Rubric>, StoreError> {
        let folder = self.rubrics_folder();
        let mut rubrics = Vec::new();
        for name in names_in(&folder)? {
            if !name.ends_with(".yaml") {
                continue;
            }
            let path = folder.join(name);
            let text = fs::read_to_string(&path).map_err(io_error("read", &path))?;
            let rubric = rubric::parse(&text, &path.display().to_string());
            rubrics.push(rubric.map_err(|e| StoreError::Damaged {
                path,
                message: e.to_string(),
            })?);
        }
        rubrics.sort_by(|a, b| {
            let id = |r: &Rubric| (r.rubric.clone(), r.version.clone(), r.key.clone());
            id(a).cmp(&id(b))
        });
        Ok(rubrics)
    }

    fn rubrics_folder(&self) -> PathBuf {
        self.root.join("rubrics")
    }

    /// What was read from the words of a date's calls; `None` where nothing was, or where it
    /// cannot be understood: it can be read anew.
    pub fn facts(&self, date: &str) -> Option<FactsShelf> {
        read_json(&self.facts_path(date)).ok()
    }

    pub fn put_facts(&self, date: &str, shelf: &FactsShelf) -> Result<(), StoreError> {
        write_json(&self.facts_path(date), shelf)
    }

    fn facts_path(&self, date: &str) -> PathBuf {
        self.root.join("facts").join(format!("date={date}.json"))
    }

    /// What the published tables rest on, by date.
    pub fn made(&self) -> Result<BTreeMap<String, Made>, StoreError> {
        let path = self.root.join("history.json");
        if path.is_file() {
            return read_json(&path);
        }
        Ok(BTreeMap::new())
    }

    pub fn put_made(&self, made: &BTreeMap<String, Made>) -> Result<(), StoreError> {
        write_json(&self.root.join("history.json"), made)
    }

    pub fn put_failures(
        &self,
        date: &str,
        run_id: &str,
        failures: &[Failure],
    ) -> Result<(), StoreError> {
        let path = self.dated("failures", date).join(format!("{run_id}.json"));
        write_json(&path, &failures)
    }

    /// The failures of a date with the run that met them, in order.
    pub fn failures(&self, date: &str) -> Result<Vec<(String, Vec<Failure>)>, StoreError> {
        let folder = self.dated("failures", date);
        names_in(&folder)?
            .into_iter()
            .filter_map(|name| Some((name.strip_suffix(".json")?.to_string(), folder.join(name))))
            .map(|(run, path)| Ok((run, read_json(&path)?)))
            .collect()
    }

    pub fn put_run<R: Serialize>(
        &self,
        date: &str,
        started_ms: i64,
        run_id: &str,
        run: &R,
    ) -> Result<(), StoreError> {
        let name = format!("{started_ms:015}-{run_id}.json");
        write_json(&self.dated("runs", date).join(name), run)
    }

    /// The runs of a date, by start.
    pub fn runs<R: DeserializeOwned>(&self, date: &str) -> Result<Vec<R>, StoreError> {
        read_all(&self.dated("runs", date))
    }

    /// Dates that have runs, in order.
    pub fn run_dates(&self) -> Result<Vec<String>, StoreError> {
        Ok(names_in(&self.root.join("runs"))?
            .into_iter()
            .filter_map(|name| name.strip_prefix("date=").map(str::to_string))
            .collect())
    }

    fn dated(&self, what: &str, date: &str) -> PathBuf {
        self.root.join(what).join(format!("date={date}"))
    }
}

/// A call id may hold anything; a file name may not.
fn call_file(call_id: &str) -> String {
    let hash = blake3::hash(call_id.as_bytes()).to_hex();
    format!("{}.json", &hash.as_str()[..32])
}

/// What tells a contact from every other.
fn contact_identity(contact: &Contact) -> String {
    match &contact.reference {
        Some(reference) => format!("ref {reference}"),
        None => serde_json::to_string(contact).expect("a contact is JSON"),
    }
}

/// Names in a folder, in order; none where there is no folder.
fn names_in(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io_error("list", folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(io_error("list", folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn read_all<T: DeserializeOwned>(folder: &Path) -> Result<Vec<T>, StoreError> {
    names_in(folder)?
        .into_iter()
        .filter(|name| name.ends_with(".json"))
        .map(|name| read_json(&folder.join(name)))
        .collect()
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = fs::read(path).map_err(io_error("read", path))?;
    serde_json::from_slice(&bytes).map_err(|e| StoreError::Damaged {
        path: path.to_path_buf(),
        message: e.to_string(),
    })
}

pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    write_whole(path, &to_json(path, value)?)
}

fn to_json<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|e| StoreError::Damaged {
        path: path.to_path_buf(),
        message: e.to_string(),
    })
}

/// Writes aside, syncs, renames: a reader sees the old file or the new one.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io_error("make", folder))?;
    let aside = path.with_extension("tmp");
    let mut file = private_file(&aside).map_err(io_error("write", &aside))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(io_error("write", &aside))?;
    fs::rename(&aside, path).map_err(io_error("write", path))?;
    sync_folder(folder)
}

/// Makes a rename last.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(io_error("sync", folder))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .map_err(io_error("make private", folder))
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_kept_once_each_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(store.rubrics().unwrap().is_empty());
        let first = rubric::read("effort").unwrap();
        let changed = format!("# changed\n{}", first.source);
        let changed = rubric::parse(&changed, "effort.yaml").unwrap();
        for rubric in [&first, &changed, &first] {
            store.put_rubric(rubric).unwrap();
        }
        let kept = store.rubrics().unwrap();
        let mut keys = [&first, &changed].map(|r| (&r.key, &r.source));
        keys.sort();
        let found: Vec<_> = kept.iter().map(|r| (&r.key, &r.source)).collect();
        assert_eq!(found, keys);

        let path = folder
            .path()
            .join(format!("store/rubrics/{}.yaml", first.key));
        fs::write(&path, "rubric: [").unwrap();
        assert!(matches!(store.rubrics(), Err(StoreError::Damaged { .. })));
    }
}
