//! What is known of muted copies: which there are of a call, and what they were made from.
//!
//! A folder of copies belongs to one output folder, which is written into it: so a drive that is
//! away is told from an empty folder in its place, and a copy of the output folder removes nothing
//! that is not its own. A copy that has to go and cannot be reached is kept in mind, by its path
//! alone, until it is gone.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, call_file, io_error, names_in, read_if_there, remove_all, sync_folder,
    write_json, write_whole,
};
use crate::batch::run::hash;
use crate::batch::status::walk;
use crate::log::visible_path;
use crate::recording::canonical;

/// In a folder of muted copies: tells whose it is.
const OWNER: &str = ".callibrate";

/// Below the records of calls: copies that have to go and could not be reached.
const LEFT: &str = "left";

/// The muted copies of a call, one in each folder that was ever named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::batch) struct MutedCopies {
    pub call_id: String,
    /// The last that was made comes last.
    pub copies: Vec<MutedCopy>,
}

/// A copy of a recording with silence in place of what is masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::batch) struct MutedCopy {
    /// The folder of muted copies, absolute.
    pub folder: PathBuf,
    /// Tells the folder from one that is made in its place.
    pub folder_name: String,
    /// The copy below it.
    pub path: String,
    /// Hash of the recording and of what is silent in it.
    pub key: String,
    /// Length of the finished file; `None` while it is not made.
    pub bytes: Option<u64>,
}

impl MutedCopy {
    /// Where it is, or will be.
    pub fn file(&self) -> PathBuf {
        self.folder.join(&self.path)
    }

    /// Where it is while it is being written.
    pub fn aside(&self) -> PathBuf {
        self.folder.join(format!("{}.part", self.path))
    }

    /// Whether it is finished and stands where it was put.
    pub fn is_there(&self) -> bool {
        let file = fs::symlink_metadata(self.file());
        self.bytes.is_some() && file.is_ok_and(|f| f.is_file() && Some(f.len()) == self.bytes)
    }
}

/// A copy that has to go. Of the call nothing is known any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftCopy {
    folder: PathBuf,
    folder_name: String,
    path: String,
}

/// What came of removing muted copies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemovedCopies {
    pub removed: usize,
    /// Could not be reached; every later command tries again.
    pub left: BTreeSet<PathBuf>,
    /// Folders of another output folder, in which nothing was removed.
    pub foreign: BTreeSet<PathBuf>,
}

/// Whether a copy can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::batch) enum Reach {
    Yes,
    /// Its folder is not there, or another one is in its place.
    Away,
    /// Its folder belongs to another output folder.
    Foreign,
}

/// Whose a folder of muted copies is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::batch) enum Owner {
    /// Its own name tells it from one that is made in its place.
    This(String),
    Another,
    /// Nobody's, not there, or not to be read.
    NotKnown,
}

impl Owner {
    /// Whether it is of the output folder `out`.
    pub fn of(folder: &Path, out: &Path) -> Self {
        let Ok(told) = fs::read_to_string(folder.join(OWNER)) else {
            return Owner::NotKnown;
        };
        match (told.trim_end().split_once(' '), place(out)) {
            (Some((owner, name)), Ok(place)) if owner == place => Owner::This(name.to_string()),
            (_, Ok(_)) => Owner::Another,
            (_, Err(_)) => Owner::NotKnown,
        }
    }

    /// Makes a folder that of the output folder `out`, where it is nobody's, and returns its name;
    /// `None` where it is another's.
    pub fn settle(folder: &Path, out: &Path) -> Result<Option<String>, StoreError> {
        match Self::of(folder, out) {
            Owner::This(name) => Ok(Some(name)),
            Owner::Another => Ok(None),
            Owner::NotKnown => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let now = now.unwrap_or_default().as_nanos().to_string();
                let name = hash(&[&now, &std::process::id().to_string()])[..16].to_string();
                let told = format!("{} {name}\n", place(out)?);
                write_whole(&folder.join(OWNER), told.as_bytes())?;
                Ok(Some(name))
            }
        }
    }

    /// Where that stands.
    pub fn file(folder: &Path) -> PathBuf {
        folder.join(OWNER)
    }
}

/// The place of an output folder, hashed.
fn place(out: &Path) -> Result<String, StoreError> {
    let place = canonical(out).map_err(io_error("find", out))?;
    Ok(hash(&["copies", &place.to_string_lossy()]))
}

impl RemovedCopies {
    /// What a person should know of those that are still there.
    pub fn notices(&self) -> Vec<String> {
        let listed = |paths: &BTreeSet<PathBuf>| {
            let paths: Vec<String> = paths.iter().map(|path| visible_path(path)).collect();
            paths.join(", ")
        };
        let mut notices = Vec::new();
        if !self.left.is_empty() {
            notices.push(format!(
                "these muted copies have to go and could not be removed, because their folder is \
                 not there or cannot be written. Every later command tries again; if they are \
                 gone for good, remove `store/muted/left` in the output folder: {}",
                listed(&self.left)
            ));
        }
        if !self.foreign.is_empty() {
            notices.push(format!(
                "muted copies that have to go were left where they are, because their folder \
                 belongs to another output folder, of which this one is a copy; delete them if \
                 this one was moved here: {}",
                listed(&self.foreign)
            ));
        }
        notices
    }

    /// A line about copies that went because their transcript changed.
    pub fn outdated(&self) -> Option<String> {
        let went = match self.removed {
            0 => return None,
            1 => "1 muted copy was".to_string(),
            n => format!("{n} muted copies were"),
        };
        let them = if self.removed == 1 { "it" } else { "them" };
        Some(format!(
            "{went} removed, because more is masked now; the next run with --redact-audio makes \
             {them} again"
        ))
    }
}

impl Store {
    fn muted_path(&self, call_id: &str) -> PathBuf {
        let name = call_file(call_id);
        self.muted_folder().join(&name[..2]).join(name)
    }

    fn muted_folder(&self) -> PathBuf {
        self.root.join("muted")
    }

    /// The muted copies of a call, none where there never were any.
    pub(in crate::batch) fn muted_copies(&self, call_id: &str) -> Result<MutedCopies, StoreError> {
        let kept = read_if_there(&self.muted_path(call_id))?;
        Ok(kept.unwrap_or_else(|| MutedCopies {
            call_id: call_id.to_string(),
            copies: Vec::new(),
        }))
    }

    /// The last muted copy that was made of a call, below its folder. `None` also where that
    /// cannot be understood: it can be made anew.
    pub(in crate::batch) fn muted_copy(&self, call_id: &str) -> Option<String> {
        let kept = self.muted_copies(call_id).ok()?;
        let made = kept.copies.into_iter().rfind(|copy| copy.bytes.is_some());
        made.map(|copy| copy.path)
    }

    pub(in crate::batch) fn put_muted_copies(
        &self,
        copies: &MutedCopies,
    ) -> Result<(), StoreError> {
        write_json(&self.muted_path(&copies.call_id), copies)
    }

    /// Every record of muted copies with its own file and that one's length.
    pub(in crate::batch) fn all_muted_copies(
        &self,
    ) -> Result<Vec<(PathBuf, u64, MutedCopies)>, StoreError> {
        let left = self.muted_folder().join(LEFT);
        let mut paths = Vec::new();
        walk(&self.muted_folder(), &mut |path, bytes| {
            if path.extension().is_some_and(|e| e == "json") && !path.starts_with(&left) {
                paths.push((path.to_path_buf(), bytes));
            }
        })?;
        let mut all = Vec::new();
        for (path, bytes) in paths {
            if let Some(copies) = read_if_there(&path)? {
                all.push((path, bytes, copies));
            }
        }
        Ok(all)
    }

    /// Removes the muted copies of the calls that `goes` says, and what is known of them.
    pub(in crate::batch) fn remove_muted(
        &self,
        goes: &dyn Fn(&str) -> bool,
    ) -> Result<RemovedCopies, StoreError> {
        let mut gone = RemovedCopies::default();
        for (record, _, of_call) in self.all_muted_copies()? {
            if goes(&of_call.call_id) {
                self.let_go(record, of_call, &mut gone)?;
            }
        }
        Ok(gone)
    }

    /// Removes the muted copies of a call, and what is known of them.
    pub(in crate::batch) fn remove_muted_of(
        &self,
        call_id: &str,
        gone: &mut RemovedCopies,
    ) -> Result<(), StoreError> {
        let of_call = self.muted_copies(call_id)?;
        if of_call.copies.is_empty() {
            return Ok(());
        }
        self.let_go(self.muted_path(call_id), of_call, gone)
    }

    /// The record goes last: until then the copies are found by it.
    fn let_go(
        &self,
        record: PathBuf,
        of_call: MutedCopies,
        gone: &mut RemovedCopies,
    ) -> Result<(), StoreError> {
        for copy in of_call.copies {
            if !self.remove_where_ours(&copy, gone) {
                let left = LeftCopy {
                    folder: copy.folder,
                    folder_name: copy.folder_name,
                    path: copy.path,
                };
                write_json(&self.left_path(&left), &left)?;
            }
        }
        remove_all([record])
    }

    /// Whether nothing is left to do about it.
    fn remove_where_ours(&self, copy: &MutedCopy, gone: &mut RemovedCopies) -> bool {
        let was_there = copy.file().is_file();
        let removed = match self.reach(copy) {
            Reach::Yes => remove_copy(copy).is_ok(),
            Reach::Away => false,
            Reach::Foreign => {
                gone.foreign.insert(copy.folder.clone());
                return true;
            }
        };
        gone.removed += usize::from(removed && was_there);
        if !removed {
            gone.left.insert(copy.file());
        }
        removed
    }

    /// Whether a copy can be removed. One that is not there is gone only if its folder is the one
    /// that it was put into.
    pub(in crate::batch) fn reach(&self, copy: &MutedCopy) -> Reach {
        match Owner::of(&copy.folder, &self.out) {
            Owner::This(name) if name == copy.folder_name || copy.file().is_file() => Reach::Yes,
            Owner::Another => Reach::Foreign,
            Owner::This(_) | Owner::NotKnown => Reach::Away,
        }
    }

    fn left_path(&self, left: &LeftCopy) -> PathBuf {
        let name = call_file(&left.folder.join(&left.path).to_string_lossy());
        self.muted_folder().join(LEFT).join(name)
    }

    /// Copies that have to go and could not be reached, each with its own record and that one's
    /// length.
    pub(in crate::batch) fn left_copies(
        &self,
    ) -> Result<Vec<(PathBuf, u64, MutedCopy)>, StoreError> {
        let mut paths = Vec::new();
        walk(&self.muted_folder().join(LEFT), &mut |path, bytes| {
            if path.extension().is_some_and(|e| e == "json") {
                paths.push((path.to_path_buf(), bytes));
            }
        })?;
        let mut all = Vec::new();
        for (path, bytes) in paths {
            if let Some(left) = read_if_there::<LeftCopy>(&path)? {
                let copy = MutedCopy {
                    folder: left.folder,
                    folder_name: left.folder_name,
                    path: left.path,
                    key: String::new(),
                    bytes: None,
                };
                all.push((path, bytes, copy));
            }
        }
        Ok(all)
    }

    /// How many those are.
    pub(in crate::batch) fn left_copies_count(&self) -> Result<usize, StoreError> {
        let names = names_in(&self.muted_folder().join(LEFT))?;
        Ok(names.iter().filter(|name| name.ends_with(".json")).count())
    }

    /// Tries again to remove what could not be reached.
    pub(in crate::batch) fn remove_left_copies(&self) -> Result<RemovedCopies, StoreError> {
        let mut gone = RemovedCopies::default();
        for (record, _, copy) in self.left_copies()? {
            if self.remove_where_ours(&copy, &mut gone) {
                remove_all([record])?;
            }
        }
        Ok(gone)
    }
}

/// Removes a copy, finished or not, and folders that are empty then. The folder of copies itself
/// stays.
pub(in crate::batch) fn remove_copy(copy: &MutedCopy) -> Result<(), StoreError> {
    for path in [copy.file(), copy.aside()] {
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path)(e));
            }
            _ => {}
        }
    }
    let above = Path::new(&copy.path).ancestors().skip(1);
    let mut folders = above.map(|folder| copy.folder.join(folder));
    let left = folders.find(|folder| *folder == copy.folder || fs::remove_dir(folder).is_err());
    sync_folder(
        left.filter(|folder| folder.is_dir())
            .as_ref()
            .unwrap_or(&copy.folder),
    )
}
