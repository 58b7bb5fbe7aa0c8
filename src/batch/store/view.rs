//! The store as seen from beside: nothing is locked, made or written, so it can be looked at
//! while a run is at work, and on a folder that may not be written to.
//!
//! What a run takes away in between is left out. What cannot be understood does not end the look,
//! as it would end a run: it is noted.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{CallRecord, Failure, Store, StoreError, io_error, names_in, read_json};
use crate::modes::Readers;
use crate::transcript::Transcript;

/// A call, as far as a look needs it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SeenCall {
    /// Key of its transcript.
    pub transcript: String,
    meta: SeenMeta,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct SeenMeta {
    call_id: String,
}

impl SeenCall {
    pub fn call_id(&self) -> &str {
        &self.meta.call_id
    }
}

/// Whether a run holds the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    /// The id of the process.
    Process(u32),
    /// This system does not tell without taking the lock, which could turn a run away that is
    /// just starting.
    NotKnown,
}

/// A store that is looked at.
pub struct StoreView {
    store: Store,
}

impl StoreView {
    /// `None` where there is no store under `out`.
    ///
    /// # Errors
    /// Where that cannot be told.
    pub fn of(out: &Path) -> Result<Option<Self>, StoreError> {
        let root = out.join("store");
        match fs::read_dir(&root) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io_error("look into", &root)(e)),
        }
        let store = Store {
            out: out.to_path_buf(),
            root,
            lock: None,
            doubt: None,
            readers: Readers::Nobody,
            is_shut: true,
        };
        Ok(Some(Self { store }))
    }

    pub fn out(&self) -> &Path {
        &self.store.out
    }

    pub fn root(&self) -> &Path {
        &self.store.root
    }

    pub fn transcripts_folder(&self) -> std::path::PathBuf {
        self.store.transcripts_folder()
    }

    pub fn call_dates(&self) -> Result<Vec<String>, StoreError> {
        self.store.call_dates()
    }

    /// How many calls there are, by their files alone.
    pub fn count_calls(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        for date in self.call_dates()? {
            let names = names_in(&self.store.dated("calls", &date))?;
            count += names.iter().filter(|name| name.ends_with(".json")).count();
        }
        Ok(count)
    }

    pub fn stale_dates(&self) -> Result<BTreeSet<String>, StoreError> {
        self.store.stale_dates()
    }

    pub fn run_dates(&self) -> Result<Vec<String>, StoreError> {
        self.store.run_dates()
    }

    /// What is kept of a call, wherever it is.
    pub fn record(&self, call_id: &str) -> Result<Option<CallRecord>, StoreError> {
        self.store.call(call_id)
    }

    /// What is kept of the calls of a date, by start and id.
    pub fn records(&self, date: &str) -> Result<Vec<CallRecord>, StoreError> {
        self.store.calls(date)
    }

    pub fn transcript(&self, key: &str) -> Result<Transcript, StoreError> {
        self.store.transcript(key)
    }

    pub fn has_transcript(&self, key: &str) -> bool {
        self.store.has_transcript(key)
    }

    /// Whether a list of renames is there: tables are being published, or were when a run ended.
    pub fn has_journal(&self) -> bool {
        self.store.journal().is_file()
    }

    /// Who worked here last and did not come to the end, in words.
    pub fn stopped(&self) -> Option<String> {
        let lock = super::lock_path(&self.store.root);
        match holder(&lock) {
            Holder::Nobody => signed(&lock),
            Holder::Process(_) | Holder::NotKnown => None,
        }
    }

    /// How many recordings are not tried again.
    pub fn quarantined(&self) -> Result<usize, StoreError> {
        Ok(names_in(&self.store.root.join("quarantine"))?.len())
    }

    /// Muted copies that have to go and could not be reached.
    pub fn copies_left(&self) -> Result<usize, StoreError> {
        self.store.left_copies_count()
    }

    /// The calls of a date in no order that matters; what is wrong with others goes to `damaged`.
    pub fn calls(
        &self,
        date: &str,
        damaged: &mut Vec<String>,
    ) -> Result<Vec<SeenCall>, StoreError> {
        self.present(&self.store.dated("calls", date), damaged)
    }

    /// The runs of a date, by start.
    pub fn runs<R: DeserializeOwned>(
        &self,
        date: &str,
        damaged: &mut Vec<String>,
    ) -> Result<Vec<R>, StoreError> {
        self.present(&self.store.dated("runs", date), damaged)
    }

    /// What a run of this date could not do.
    pub fn failures(
        &self,
        date: &str,
        run_id: &str,
        damaged: &mut Vec<String>,
    ) -> Result<Vec<Failure>, StoreError> {
        let path = self
            .store
            .dated("failures", date)
            .join(format!("{run_id}.json"));
        Ok(look_at(&path, damaged)?.unwrap_or_default())
    }

    fn present<T: DeserializeOwned>(
        &self,
        folder: &Path,
        damaged: &mut Vec<String>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        for name in names_in(folder)? {
            if name.ends_with(".json") {
                found.extend(look_at(&folder.join(name), damaged)?);
            }
        }
        Ok(found)
    }

    /// Whether a run holds the folder, without taking the lock or waiting for it: Linux lists
    /// what is locked. A process of another container, or of another machine on a network drive,
    /// is not in the list.
    pub fn holder(&self) -> Holder {
        holder(&super::lock_path(&self.store.root))
    }
}

/// What a run writes into the lock, for whoever finds it held: on another machine nothing else
/// tells who that is.
pub(super) fn signature() -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname");
    let host = host
        .as_deref()
        .map_or("a machine without a name", str::trim);
    let now = jiff::Timestamp::now().strftime("%F %T");
    format!("process {} on {host} since {now} UTC\n", std::process::id())
}

/// Who holds a lock, in words. What an earlier holder wrote is not taken for this one's.
pub(super) fn holder_in_words(lock: &Path) -> Option<String> {
    let signed = signed(lock);
    match holder(lock) {
        Holder::Process(id) => {
            let own = signed.filter(|text| text.starts_with(&format!("process {id} on ")));
            Some(own.unwrap_or_else(|| format!("process {id} on this machine")))
        }
        Holder::Nobody | Holder::NotKnown => signed,
    }
}

fn signed(lock: &Path) -> Option<String> {
    const LONGEST: u64 = 200;
    let mut text = String::new();
    let file = fs::File::open(lock).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let text = text.strip_suffix('\n')?;
    let is_plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    (is_plain && text.starts_with("process ")).then(|| text.to_string())
}

/// A file's content; `None` where it has gone, or cannot be understood.
fn look_at<T: DeserializeOwned>(
    path: &Path,
    damaged: &mut Vec<String>,
) -> Result<Option<T>, StoreError> {
    match read_json(path) {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e @ StoreError::Damaged { .. }) => {
            damaged.push(e.to_string());
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

#[cfg(target_os = "linux")]
fn holder(lock: &Path) -> Holder {
    use std::os::unix::fs::MetadataExt;
    let Ok(file) = fs::metadata(lock) else {
        return Holder::Nobody;
    };
    let Ok(locks) = fs::read_to_string("/proc/locks") else {
        return Holder::NotKnown;
    };
    let named_so = |id: u32| {
        fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "callibrate")
    };
    let found = locks.lines().filter_map(Locked::read).find(|locked| {
        // Some file systems (overlayfs, btrfs) show another device here than in the file's own
        // facts; then the name of the process has to do.
        locked.inode == file.ino() && (locked.device == device(file.dev()) || named_so(locked.by))
    });
    found.map_or(Holder::Nobody, |locked| Holder::Process(locked.by))
}

#[cfg(not(target_os = "linux"))]
fn holder(_lock: &Path) -> Holder {
    Holder::NotKnown
}

/// A line of `/proc/locks` about a lock of a whole file, as `File::lock` takes it.
#[cfg(target_os = "linux")]
#[derive(Debug, PartialEq, Eq)]
struct Locked {
    by: u32,
    /// Major and minor number.
    device: (u64, u64),
    inode: u64,
}

#[cfg(target_os = "linux")]
impl Locked {
    /// `1: FLOCK  ADVISORY  WRITE 4711 fd:01:131 0 EOF`. A line with `->` waits for a lock.
    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, "WRITE", by, place, ..] = fields[..] else {
            return None;
        };
        let place: Vec<&str> = place.split(':').collect();
        let [major, minor, inode] = place[..] else {
            return None;
        };
        Some(Self {
            by: by.parse().ok()?,
            device: (
                u64::from_str_radix(major, 16).ok()?,
                u64::from_str_radix(minor, 16).ok()?,
            ),
            inode: inode.parse().ok()?,
        })
    }
}

/// Major and minor number, as Linux packs them (`gnu_dev_major`, `gnu_dev_minor`).
#[cfg(target_os = "linux")]
fn device(dev: u64) -> (u64, u64) {
    (
        ((dev >> 8) & 0xfff) | ((dev >> 32) & !0xfff),
        (dev & 0xff) | ((dev >> 12) & !0xff),
    )
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_locks_is_understood() {
        let locked = Locked::read("12: FLOCK  ADVISORY  WRITE 4711 fd:1f:131 0 EOF").unwrap();
        assert_eq!(
            locked,
            Locked {
                by: 4711,
                device: (0xfd, 0x1f),
                inode: 131
            }
        );
        for other in [
            "12: POSIX  ADVISORY  WRITE 4711 fd:01:131 0 EOF",
            "12: FLOCK  ADVISORY  READ  4711 fd:01:131 0 EOF",
            "12: -> FLOCK  ADVISORY  WRITE 4711 fd:01:131 0 EOF",
            "",
        ] {
            assert_eq!(Locked::read(other), None, "{other}");
        }
        assert_eq!(device(0xfd1f), (0xfd, 0x1f));
    }

    #[test]
    fn a_look_sees_who_holds_and_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(StoreView::of(folder.path()).unwrap().is_none());
        let store = Store::open(folder.path()).unwrap();
        let view = StoreView::of(folder.path()).unwrap().unwrap();
        assert_eq!(view.holder(), Holder::Process(std::process::id()));
        let Err(StoreError::Held { by: Some(by), .. }) = Store::open(folder.path()) else {
            panic!("it is held");
        };
        let me = format!("process {} on ", std::process::id());
        assert!(by.starts_with(&me) && by.ends_with(" UTC"), "{by}");
        // What the holder did not write is not said of it.
        let lock = folder.path().join("store/lock");
        for other in [
            "process 1 on qa-2 since 2026-03-02 02:00:00 UTC\n",
            "\u{1b}[2J\n",
            "",
        ] {
            fs::write(&lock, other).unwrap();
            let by = holder_in_words(&lock).unwrap();
            assert_eq!(by, format!("{me}this machine"));
        }
        drop(store);
        // Of another machine, no more is known than it wrote.
        let other = "process 1 on qa-2 since 2026-03-02 02:00:00 UTC";
        fs::write(&lock, format!("{other}\n")).unwrap();
        assert_eq!(holder_in_words(&lock).as_deref(), Some(other));
        assert_eq!(view.holder(), Holder::Nobody);
        Store::open(folder.path()).unwrap();
    }
}
