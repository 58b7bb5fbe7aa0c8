//! What is kept between nights: redacted transcripts by content, and what is known of each call.
//!
//! ```text
//! DIR/store/lock                                 held while a run writes; says by whom
//! DIR/store/transcripts/ab/abcd….json            one per recording × model × settings
//! DIR/store/calls/date=2026-03-02/<hash>.json    one per call: facts and its transcript's key
//! DIR/store/contacts/date=2026-03-02.json        contacts of the table of contacts
//! DIR/store/roster.json                          the table of agents
//! DIR/store/ratings/date=2026-03-02.json         what people answered about a date's calls
//! DIR/store/facts/date=2026-03-02.json           what the words of a date's calls promise; derived
//! DIR/store/rubrics/abcd….yaml                   each form that calls were scored with
//! DIR/store/releases/date=2026-03-02.json        scores that agents were told, as they were
//! DIR/store/stale.json                           dates whose tables have to be made again
//! DIR/store/published/date=2026-03-02.json       what the tables of a date were made from
//! DIR/store/quarantine/abcd….json                recordings that ended the worker, by transcript
//! DIR/store/muted/ab/<hash>.json                 muted copies of a call, and where they lie
//! DIR/store/muted/left/<hash>.json               a muted copy that has to go and is out of reach
//! DIR/store/customer-key-check.json              tells the customer key from every other
//! DIR/store/redaction-key-check.json             tells the redaction key from every other
//! DIR/store/agents-key-check.json                tells the key of pseudonyms from every other
//! DIR/store/recordings.json                      content keys of recordings, by path and time
//! DIR/store/history.json                         what the tables of each date rest on
//! DIR/store/failures/date=2026-03-09/<run>.json  what a run could not do
//! DIR/store/runs/date=2026-03-09/<start>-<run>.json
//! DIR/store/forgotten.json                       who was forgotten, as keyed hashes
//! DIR/store/staging/                             tables being written
//! ```
//! Files and folders are private to the user, whatever the umask, and files are written aside,
//! synced and renamed: a file that is there is whole.

mod drive;
mod muted;
mod ratings;
mod removal;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::release::{Differing, Release};
use super::worker::WorkFailure;
use crate::history::CallFacts;
use crate::log::visible_path;
use crate::modes::{self, Admitted, Readers};
use crate::recording::CallMeta;
use crate::recording::contacts::Contact;
use crate::recording::key::KeyFor;
use crate::recording::roster::Roster;
use crate::report::summary::Summary;
use crate::report::tables;
use crate::rubric::{self, Rubric};
use crate::transcript::Transcript;

pub use muted::RemovedCopies;
pub(super) use muted::{MutedCopies, MutedCopy, Owner, Reach, remove_copy};
pub(super) use removal::remove_all;
pub use view::{Holder, SeenCall, StoreView};

/// The store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{action} {path}", path = visible_path(path))]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("understand {path}: {message}", path = visible_path(path))]
    Damaged { path: PathBuf, message: String },
    #[error("use {}: another run of callibrate is working there{}", visible_path(path), in_brackets(.by))]
    Held {
        path: PathBuf,
        /// Who that is, as far as it can be told.
        by: Option<String>,
    },
    #[error(
        "go on in {path}: it was removed, or another folder took its place, since the run began"
    )]
    Gone { path: PathBuf },
}

fn in_brackets(by: &Option<String>) -> String {
    by.as_ref().map_or(String::new(), |by| format!(" ({by})"))
}

impl StoreError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            StoreError::Io { source, .. } => hint_for(source),
            StoreError::Damaged { path, .. } => Some(remedy(path)),
            StoreError::Held { .. } => Some("wait until it has finished, or use another --out"),
            StoreError::Gone { .. } => Some("see that its drive is mounted, and run again"),
        }
    }

    /// Whether it is about a file that is gone or damaged, and not about a drive that cannot be
    /// read at the moment.
    pub fn is_lasting(&self) -> bool {
        match self {
            StoreError::Io { source, .. } => source.kind() == io::ErrorKind::NotFound,
            StoreError::Damaged { .. } => true,
            StoreError::Held { .. } | StoreError::Gone { .. } => false,
        }
    }
}

/// What to do about a file of the store that cannot be understood.
fn remedy(path: &Path) -> &'static str {
    let named = |name: &str| path.iter().any(|part| part == name);
    if named("forgotten.json") {
        "bring it back from a copy of the store: without it, who was forgotten is taken in again"
    } else if named("releases") {
        "bring it back from a copy of the store: nothing else knows what agents were told"
    } else if named("customer-key-check.json") || named("redaction-key-check.json") {
        "see that the key is the right one, then remove that file; the next run makes it again"
    } else if named("left") {
        "remove that file; the muted copy that it told of is then yours to delete"
    } else if named("muted") {
        "remove that file; the next run makes it again. Copies that it told of are then yours to \
         delete"
    } else if named("ratings") {
        "remove that file; `callibrate calibrate` makes it again"
    } else if named("agents-key-check.json") {
        "bring it back from a copy of the store: nothing else tells which key the pseudonyms are of"
    } else if named("stale.json") || named("publish.json") {
        "remove that file, then make all tables anew with `callibrate score --all`"
    } else if named("runs") || named("failures") {
        "remove that file; what it told of an earlier run is lost, and nothing else"
    } else {
        "remove that file; the next run makes it again"
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
        _ if may_pass(source) => {
            Some("see that its drive is mounted and sound, and run again; what is done stays done")
        }
        _ => None,
    }
}

/// Whether a disk or a drive is full, away or failing: trying again later may help.
pub fn may_pass(source: &io::Error) -> bool {
    /// The same on all systems; the standard library has no kind for it.
    const EIO: i32 = 5;
    matches!(
        source.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::NotFound
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::TimedOut
    ) || (cfg!(unix) && source.raw_os_error() == Some(EIO))
}

fn key_check_path(root: &Path, what: KeyFor) -> PathBuf {
    root.join(match what {
        KeyFor::Customers => "customer-key-check.json",
        KeyFor::Redaction => "redaction-key-check.json",
        KeyFor::Agents => "agents-key-check.json",
    })
}

pub(super) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
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
    /// Tells under which redactor and settings the transcript was redacted last for this call
    /// ([`super::renew::Redaction::mark`]); absent where an older version did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<String>,
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
    /// `recording`, `audio`, `speech`, `worker`, `copy` or `store`.
    pub stage: String,
    pub reason: String,
    pub message: String,
    pub hint: Option<String>,
}

/// What was read from the transcripts of a date's calls, by what it was read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsShelf {
    /// Of the reading; facts of another version are read anew.
    pub version: String,
    pub calls: BTreeMap<String, ReadFacts>,
}

/// What was read from a transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadFacts {
    pub recorded_ms: i64,
    /// What the words promise; `None` where they tell nothing that is understood.
    pub words: Option<CallFacts>,
}

/// What the tables of a date rest on besides its own calls, as hashes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Rows of `contacts` and `promises`.
    pub rows: String,
    /// What came before each call, where a rubric asked for it.
    pub asked: Option<Asked>,
    /// What is said of the calls beside them; absent where an older version made the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
}

/// What the tables of a date rest on that people say of its calls: the table of agents, and
/// ratings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Keys of all rubrics that the date was scored with.
    pub rubrics: String,
    pub said: String,
}

/// What the published tables of a date were made from, and what they came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedDate {
    /// Version of the tables' schema.
    pub schema: u32,
    /// Hash of all that shapes the tables: the same inputs give the same tables.
    pub inputs: String,
    /// Lengths of the files of the tables of calls, by table.
    pub bytes: BTreeMap<String, u64>,
    pub summary: Summary,
    /// Released scores that differ from those of the tables.
    pub differing: Option<Differing>,
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
    lock: Option<File>,
    /// Why the lock may not keep others away.
    doubt: Option<drive::Doubt>,
    /// Of the tables.
    readers: Readers,
    /// Files are readable by those alone that they are meant for.
    is_shut: bool,
}

impl Store {
    /// Whether there is a store under `out`.
    pub fn exists(out: &Path) -> bool {
        out.join("store").is_dir()
    }

    /// Opens or makes the store under `out` and holds it, and says so to whoever comes next.
    pub fn open(out: &Path) -> Result<Self, StoreError> {
        let mut store = Self::open_unsigned(out)?;
        // Folders of older versions, or out of a copy, may be open to others.
        let admitted = Readers::Nobody.admit_below(&store.root, 2);
        store.is_shut &= admitted != Admitted::Refused;
        if let Some(mut lock) = store.lock.as_ref() {
            lock.set_len(0)
                .and_then(|()| lock.write_all(view::signature().as_bytes()))
                .map_err(io_error("write", &lock_path(&store.root)))?;
        }
        Ok(store)
    }

    /// Says that the work came to its end. What is not signed off was stopped, or failed.
    pub fn sign_off(&self) -> Result<(), StoreError> {
        match self.lock.as_ref() {
            Some(lock) => lock
                .set_len(0)
                .map_err(io_error("write", &lock_path(&self.root))),
            None => Ok(()),
        }
    }

    /// As [`Store::open`], and leaves no trace in a store that is there.
    pub fn open_unsigned(out: &Path) -> Result<Self, StoreError> {
        let root = out.join("store");
        if let Some(above) = out.parent() {
            // Folders above are not ours to shut.
            fs::create_dir_all(above).map_err(io_error("make", above))?;
        }
        make_folder(&root)?;
        let is_shut = Readers::Nobody.admit_below(&root, 0) != Admitted::Refused;
        let lock_path = lock_path(&root);
        let lock = modes::private_file()
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(io_error("open", &lock_path))?;
        let mut doubt = drive::doubt(out);
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Held {
                    path: out.to_path_buf(),
                    by: view::holder_in_words(&lock_path),
                });
            }
            Err(TryLockError::Error(e)) if drive::has_no_locks(&e) => {
                doubt = Some(drive::Doubt::NoLocks);
            }
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &lock_path)(source)),
        }
        Ok(Self {
            out: out.to_path_buf(),
            root,
            lock: Some(lock),
            doubt,
            readers: Readers::Nobody,
            is_shut,
        })
    }

    /// Opens the tables to these readers: those that are there, and what is published from now
    /// on. The store itself stays shut to all but the user.
    pub fn for_readers(mut self, readers: Readers) -> Self {
        self.readers = readers;
        if readers == Readers::Nobody {
            for folder in table_folders() {
                modes::shut_with(&self.out, &self.out.join(folder));
            }
        }
        let mut admitted = readers.let_into(&self.out);
        for folder in table_folders() {
            admitted = admitted.max(readers.admit_below(&self.out.join(folder), 1));
        }
        self.is_shut &= admitted != Admitted::Refused;
        self
    }

    /// Words to a person where the lock may not keep others away, or where files cannot be
    /// private.
    pub fn warnings(&self) -> Vec<String> {
        let out = self.out.display();
        let mut warnings = Vec::new();
        if let Some(doubt) = &self.doubt {
            warnings.push(format!(
                "{out} is {doubt}: let one machine at a time work there, or name a folder of this \
                 machine with --out"
            ));
        }
        if !self.is_shut {
            warnings.push(format!(
                "some files in {out} are not readable by just those that they are meant for: \
                 their drive keeps no modes or groups, or they are another user's; see to it that \
                 the drive itself keeps others out"
            ));
        }
        warnings
    }

    /// Fails where the folder is not the one any more that this process holds: it was removed, or
    /// its drive went away. What is written then would lie about unseen, or come between the
    /// files of another run.
    pub fn still_there(&self) -> Result<(), StoreError> {
        let Some(lock) = &self.lock else {
            return Ok(());
        };
        let path = lock_path(&self.root);
        let failed = io_error("look at", &path);
        let is_same = match (lock.metadata(), fs::metadata(&path)) {
            // Some of the drives that are in doubt number their files anew.
            (Ok(held), Ok(there)) => self.doubt.is_some() || same_file(&held, &there),
            (_, Err(e)) if e.kind() == io::ErrorKind::NotFound => false,
            (Err(e), _) | (_, Err(e)) => return Err(failed(e)),
        };
        if is_same {
            return Ok(());
        }
        Err(StoreError::Gone {
            path: self.out.clone(),
        })
    }

    /// Who may read the tables.
    pub(super) fn readers(&self) -> Readers {
        self.readers
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

    /// An empty file is none: a disk that failed may leave one.
    pub fn has_transcript(&self, key: &str) -> bool {
        fs::metadata(self.transcript_path(key)).is_ok_and(|file| file.is_file() && file.len() > 0)
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
        self.still_there()?;
        write_whole(&self.transcript_path(key), transcript.to_json().as_bytes())
    }

    /// Whether just this is kept of a call.
    pub fn has_call(&self, record: &CallRecord) -> Result<bool, StoreError> {
        let path = self.call_path(record);
        let json = to_json(&path, record)?;
        Ok(fs::read(&path).is_ok_and(|kept| kept == json))
    }

    /// What is kept of a call, wherever it is.
    pub(super) fn call(&self, call_id: &str) -> Result<Option<CallRecord>, StoreError> {
        let name = call_file(call_id);
        for date in self.call_dates()? {
            let record = read_if_there(&self.dated("calls", &date).join(&name))?;
            if record.is_some() {
                return Ok(record);
            }
        }
        Ok(None)
    }

    /// What is kept under a call's id and date; `None` where there is nothing, or nothing that is
    /// understood.
    pub fn call_like(&self, record: &CallRecord) -> Option<CallRecord> {
        read_json(&self.call_path(record)).ok()
    }

    /// Whether anything is kept under a call's id and date.
    pub fn keeps_call(&self, record: &CallRecord) -> bool {
        self.call_path(record).is_file()
    }

    fn call_path(&self, record: &CallRecord) -> PathBuf {
        self.dated("calls", record.date())
            .join(call_file(&record.meta.call_id))
    }

    /// Keeps what is known of a call, in its one date. Returns the other dates that it was under
    /// before: they have to be made again.
    pub fn put_call(&self, record: &CallRecord) -> Result<Vec<String>, StoreError> {
        let date = &record.meta.started_at.local_date;
        let name = call_file(&record.meta.call_id);
        let path = self.dated("calls", date).join(&name);
        let json = to_json(&path, record)?;
        // A call that is where it belongs is nowhere else.
        if path.is_file() {
            return write_whole(&path, &json).map(|()| Vec::new());
        }
        let mut left = self.call_dates()?;
        left.retain(|other| other != date && self.dated("calls", other).join(&name).is_file());
        self.note_stale(left.iter().map(String::as_str))?;
        for other in &left {
            let path = self.dated("calls", other).join(&name);
            fs::remove_file(&path).map_err(io_error("remove", &path))?;
        }
        write_whole(&path, &json)?;
        for other in &left {
            self.move_ratings(&record.meta.call_id, other, date)?;
        }
        Ok(left)
    }

    /// Dates whose tables are older than the calls that are kept: noted before the calls change,
    /// so that a run that ends in between is not forgotten.
    pub fn stale_dates(&self) -> Result<BTreeSet<String>, StoreError> {
        Ok(read_if_there(&self.stale_path())?.unwrap_or_default())
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
        Ok(read_if_there(&self.contacts_path(date))?.unwrap_or_default())
    }

    fn contacts_path(&self, date: &str) -> PathBuf {
        self.root.join("contacts").join(format!("date={date}.json"))
    }

    /// Who works where under whom, as the last table of agents said.
    pub fn roster(&self) -> Result<Roster, StoreError> {
        Ok(read_if_there(&self.root.join("roster.json"))?.unwrap_or_default())
    }

    pub fn put_roster(&self, roster: &Roster) -> Result<(), StoreError> {
        write_json(&self.root.join("roster.json"), roster)
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
            rubrics.push(read_rubric(folder.join(name))?);
        }
        rubrics.sort_by(|a, b| {
            let id = |r: &Rubric| (r.rubric.clone(), r.version.clone(), r.key.clone());
            id(a).cmp(&id(b))
        });
        Ok(rubrics)
    }

    /// The form with a key.
    pub fn rubric(&self, key: &str) -> Result<Rubric, StoreError> {
        read_rubric(self.rubrics_folder().join(format!("{key}.yaml")))
    }

    pub(super) fn rubrics_folder(&self) -> PathBuf {
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
        Ok(read_if_there(&self.root.join("history.json"))?.unwrap_or_default())
    }

    pub fn put_made(&self, made: &BTreeMap<String, Made>) -> Result<(), StoreError> {
        write_json(&self.root.join("history.json"), made)
    }

    /// What the published tables of a date were made from; `None` where there are none, or where
    /// that cannot be understood: they can be made anew.
    pub fn published(&self, date: &str) -> Option<PublishedDate> {
        read_json(&self.published_path(date)).ok()
    }

    /// Notes what the tables of a date were made from, or that there are none.
    pub fn put_published(
        &self,
        date: &str,
        published: Option<&PublishedDate>,
    ) -> Result<(), StoreError> {
        let path = self.published_path(date);
        match published {
            Some(published) => write_json(&path, published),
            None => remove_all([path]),
        }
    }

    fn published_path(&self, date: &str) -> PathBuf {
        self.root
            .join("published")
            .join(format!("date={date}.json"))
    }

    /// A hash that tells the key that was used here; `None` before the first use.
    pub(super) fn key_check(&self, what: KeyFor) -> Result<Option<String>, StoreError> {
        read_if_there(&key_check_path(&self.root, what))
    }

    /// The same of the store under `out`, which may not be there; nothing is made or held.
    pub(super) fn key_check_in(out: &Path, what: KeyFor) -> Result<Option<String>, StoreError> {
        read_if_there(&key_check_path(&out.join("store"), what))
    }

    pub(super) fn put_key_check(&self, what: KeyFor, check: &str) -> Result<(), StoreError> {
        write_json(&key_check_path(&self.root, what), &check)
    }

    /// From here on any key may be used.
    pub(super) fn remove_key_check(&self, what: KeyFor) -> Result<(), StoreError> {
        remove_all([key_check_path(&self.root, what)])
    }

    /// Whether anything is kept that may name agents: calls, or failures by the names of files.
    pub(super) fn names_agents(&self) -> Result<bool, StoreError> {
        Ok(!(self.call_dates()?.is_empty() && self.failure_dates()?.is_empty()))
    }

    /// Why a recording is not tried again: what came of it twice.
    pub fn quarantined(&self, key: &str) -> Result<Option<WorkFailure>, StoreError> {
        read_if_there(&self.quarantine_path(key))
    }

    /// Notes that a recording is not to be tried again under this transcript's key.
    pub fn put_quarantined(&self, key: &str, failure: &WorkFailure) -> Result<(), StoreError> {
        write_json(&self.quarantine_path(key), failure)
    }

    fn quarantine_path(&self, key: &str) -> PathBuf {
        self.root.join("quarantine").join(format!("{key}.json"))
    }

    pub(super) fn known_recordings(&self) -> Result<Known, StoreError> {
        read_json(&self.root.join("recordings.json"))
    }

    pub(super) fn put_known_recordings(&self, known: &Known) -> Result<(), StoreError> {
        write_json(&self.root.join("recordings.json"), known)
    }

    /// The releases of a date, in the order in which they were made.
    pub fn releases(&self, date: &str) -> Result<Vec<Release>, StoreError> {
        Ok(read_if_there(&self.releases_path(date))?.unwrap_or_default())
    }

    pub fn put_releases(&self, date: &str, releases: &[Release]) -> Result<(), StoreError> {
        write_json(&self.releases_path(date), &releases)
    }

    fn releases_path(&self, date: &str) -> PathBuf {
        self.root.join("releases").join(format!("date={date}.json"))
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

fn read_rubric(path: PathBuf) -> Result<Rubric, StoreError> {
    let text = fs::read_to_string(&path).map_err(io_error("read", &path))?;
    let rubric = rubric::parse(&text, &path.display().to_string());
    rubric.map_err(|e| StoreError::Damaged {
        path,
        message: e.to_string(),
    })
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

/// `None` where there is no such file. Any other trouble is an error: what is taken for missing
/// would be made anew, and what was kept would be lost.
pub(super) fn read_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    match read_json(path) {
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
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
    make_folder(folder)?;
    let aside = path.with_extension("tmp");
    let written = write_aside(&aside, bytes)
        .map_err(io_error("write", &aside))
        .and_then(|()| fs::rename(&aside, path).map_err(io_error("write", path)));
    if let Err(error) = written {
        // Half a file would take room on a full disk, and nobody might ever write it again.
        let _ = fs::remove_file(&aside);
        return Err(error);
    }
    sync_folder(folder)
}

/// Makes a folder with those above it, if it is not there; private to the user.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let made = match modes::private_folders().create(folder) {
        // What is there could not be looked at; the standard library does not say why.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => match fs::metadata(folder) {
            Ok(there) if there.is_dir() => Ok(()),
            Ok(_) => Err(e),
            Err(e) => Err(e),
        },
        made => made,
    };
    made.map_err(io_error("make", folder))
}

/// Writes a page aside and renames it in, for the readers of tables. What a stop leaves half is
/// made again by the next report.
pub(super) fn write_page(path: &Path, bytes: &[u8], store: &Store) -> Result<(), StoreError> {
    let aside = path.with_extension("tmp");
    let written = modes::private_file()
        .create(true)
        .truncate(true)
        .open(&aside)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(io_error("write", &aside))
        .and_then(|()| {
            store.readers().admit(&aside);
            fs::rename(&aside, path).map_err(io_error("write", path))
        });
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

fn write_aside(aside: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = modes::private_file()
        .create(true)
        .truncate(true)
        .open(aside)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename last.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    match File::open(folder).and_then(|f| f.sync_all()) {
        // Some network drives know no sync of a folder, and need none.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) => {}
        synced => synced.map_err(io_error("sync", folder))?,
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn lock_path(root: &Path) -> PathBuf {
    root.join("lock")
}

/// The folders below the output folder that readers may look into: those of tables, pages and
/// exports.
fn table_folders() -> BTreeSet<&'static str> {
    let all = tables::all(Vec::new());
    let first = |name: &'static str| name.split('/').next().unwrap_or(name);
    let tables = all.iter().map(|table| first(table.name));
    let beside = [super::report::FOLDER, super::export::FOLDER];
    tables.chain(beside).collect()
}

#[cfg(unix)]
fn same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same_file(_one: &fs::Metadata, _other: &fs::Metadata) -> bool {
    true
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
