//! Content keys of recordings that have not changed since they were read.
//!
//! A night of ten thousand recordings is found again the next day, and reading all of them again
//! would take longer than all else that is left to do. So what was read is kept in the store with
//! what the system says about the file: its place, its length, when it and its facts were
//! changed, and its number on its drive. A file of which any of these differs is read again, and
//! so is one that was changed just before it was read: a clock that ticks slowly could hide
//! another change. Paths are kept as hashes, because names may tell of people. Recordings that a
//! run does not find are not kept, so this is as long as the night.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::store::{Store, StoreError};

/// A file that was changed less than this before it was read may be changed again unnoticed.
const TICK: Duration = Duration::from_secs(2);

/// What reading a recording gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// What the system says about the file.
    file: String,
    /// BLAKE3 of the recording's bytes, hexadecimal.
    pub audio_key: String,
    /// As the header states it.
    pub stated_ms: Option<i64>,
}

/// Recordings that were read, by the hash of their path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known(BTreeMap<String, Read>);

impl Known {
    /// What earlier runs read; nothing where that cannot be understood.
    pub fn of(store: &Store) -> Self {
        store.known_recordings().unwrap_or_default()
    }

    /// Keeps what this run read, in place of what was kept.
    pub fn keep(self, store: &Store, before: &Self) -> Result<(), StoreError> {
        if self == *before {
            return Ok(());
        }
        store.put_known_recordings(&self)
    }

    /// What reading this file gave, where it is still the same.
    pub fn read(&self, path: &Path, file: &Metadata) -> Option<&Read> {
        self.0
            .get(&place(path))
            .filter(|read| read.file == facts_of(file))
    }

    /// The file is read again the next time.
    pub fn forget(&mut self, path: &Path) {
        self.0.remove(&place(path));
    }

    pub fn add(&mut self, path: &Path, read: Read) {
        self.0.insert(place(path), read);
    }
}

impl Read {
    /// What reading gave between these two looks at the file. `None` where it may have been
    /// changed in between, or may still change unnoticed.
    pub fn new(
        before: &Metadata,
        after: &Metadata,
        now: SystemTime,
        audio_key: &str,
        stated_ms: Option<i64>,
    ) -> Option<Self> {
        let file = facts_of(before);
        let settled = now.checked_sub(TICK)?;
        if file != facts_of(after) || changed(after)? > settled {
            return None;
        }
        Some(Self {
            file,
            audio_key: audio_key.to_string(),
            stated_ms,
        })
    }
}

fn place(path: &Path) -> String {
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    hash.as_str()[..32].to_string()
}

/// All that changes when a file is written to, replaced or moved.
#[cfg(unix)]
fn facts_of(file: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!(
        "{} {}.{:09} {}.{:09} {}:{}",
        file.len(),
        file.mtime(),
        file.mtime_nsec(),
        file.ctime(),
        file.ctime_nsec(),
        file.dev(),
        file.ino()
    )
}

#[cfg(not(unix))]
fn facts_of(file: &Metadata) -> String {
    format!("{} {:?} {:?}", file.len(), file.modified(), file.created())
}

/// When the file or what is known of it was last changed.
#[cfg(unix)]
fn changed(file: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = file.mtime().max(file.ctime());
    let since_1970 = Duration::from_secs(u64::try_from(seconds).ok()? + 1);
    SystemTime::UNIX_EPOCH.checked_add(since_1970)
}

#[cfg(not(unix))]
fn changed(file: &Metadata) -> Option<SystemTime> {
    file.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_touched_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        fs::write(&path, "one").unwrap();
        let look = || fs::metadata(&path).unwrap();
        let later = SystemTime::now() + Duration::from_secs(60);
        let first = look();
        let read = |now| Read::new(&first, &look(), now, "key", Some(1));
        // Written a moment ago: another change might not show.
        assert_eq!(read(SystemTime::now()), None);
        let mut known = Known::default();
        known.add(&path, read(later).unwrap());
        assert_eq!(known.read(&path, &look()).unwrap().audio_key, "key");
        assert_eq!(known.read(&folder.path().join("b.wav"), &look()), None);

        // The same length and the same time of change: the system's own time tells.
        let before = look().modified().unwrap();
        fs::write(&path, "two").unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(before).unwrap();
        #[cfg(unix)]
        assert_eq!(known.read(&path, &look()), None);
        // Changed while it was read.
        assert_eq!(read(later), None);
    }
}
