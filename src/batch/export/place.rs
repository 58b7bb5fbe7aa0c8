//! Where an export ends up: a file, or a folder of files, that was not there before.
//!
//! Everything is written into a folder aside, private to the user, and renamed when it is whole.
//! In the output folder exports stand below [`FOLDER`] alone: there `forget` removes them, and
//! the readers of tables may read them.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::super::BatchError;
use super::super::plan::input;
use super::super::publish::PublishError;
use super::super::store;
use crate::log::visible_path;
use crate::modes::{self, Readers};

/// The folder for exports below the output folder.
pub const FOLDER: &str = "export";

/// Written aside here, in the folder of the export, or beside its file with the file's name.
const ASIDE: &str = ".callibrate-export";

/// How names of files end that nobody means for a folder, or for a file of another kind.
const ENDINGS: [&str; 12] = [
    "csv", "htm", "html", "json", "parquet", "srt", "tsv", "txt", "vcon", "vtt", "xls", "xlsx",
];

/// Whether a place is a file whose name ends in one of `endings`, in whatever letters; else it may
/// be a folder. `what` to write instead is for people.
///
/// # Errors
/// A place that looks like standard output or like a file of another kind.
pub(super) fn is_file(place: &Path, endings: &[&str], what: &str) -> Result<bool, BatchError> {
    if place.as_os_str() == "-" {
        return Err(input(
            "export to -: nothing is written to standard output",
            Some(&format!("name {what}")),
        ));
    }
    let ending = place.extension().unwrap_or_default().to_string_lossy();
    let ending = ending.to_lowercase();
    if endings.contains(&&*ending) {
        return Ok(true);
    }
    // A folder that is there may have any name.
    if ENDINGS.contains(&&*ending) && !place.is_dir() {
        return Err(input(
            &format!(
                "export to {}: a name that ends in .{ending} is that of another kind of file",
                visible_path(place)
            ),
            Some(&format!("name {what}")),
        ));
    }
    Ok(false)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
}

/// An export that is not whole yet; it leaves no trace unless it is published.
pub(super) struct Aside {
    kind: Kind,
    place: PathBuf,
    /// Where it is written meanwhile.
    folder: PathBuf,
    /// Folders that were made for it, the deepest first.
    made: Vec<PathBuf>,
    readers: Readers,
    /// Folders within the output folder that lead to it.
    within: Vec<PathBuf>,
}

impl Aside {
    /// # Errors
    /// A place that is taken, that is no place for exports, or that cannot be written to.
    pub(super) fn prepare(
        out: &Path,
        readers: Readers,
        place: &Path,
        kind: Kind,
    ) -> Result<Self, BatchError> {
        let place = whole(place).map_err(|e| cannot("find", place, e))?;
        let out = fs::canonicalize(out).map_err(|e| cannot("find", out, e))?;
        let within: Vec<PathBuf> = place
            .ancestors()
            .take_while(|above| **above != out)
            .map(Path::to_path_buf)
            .collect();
        let is_within = place.starts_with(&out);
        let own = out.join(FOLDER);
        if is_within && !(place.starts_with(&own) && (kind == Kind::Folder || place != own)) {
            return Err(input(
                &format!(
                    "export to {}: it is in the output folder, which holds what callibrate makes \
                     again and removes",
                    visible_path(&place)
                ),
                Some(&format!(
                    "name a place elsewhere, or one in {}: exports that stand there are removed \
                     with everything else by `callibrate forget`",
                    visible_path(&own)
                )),
            ));
        }
        refuse_taken(&place, kind)?;
        let (parent, aside) = match kind {
            Kind::Folder => (place.clone(), ASIDE.to_string()),
            Kind::File => {
                let name = place.file_name().unwrap_or_default().to_string_lossy();
                let parent = place.parent().unwrap_or(Path::new("/"));
                (parent.to_path_buf(), format!("{ASIDE}-{name}"))
            }
        };
        let made = parent.ancestors().take_while(|above| !above.exists());
        let made = made.map(Path::to_path_buf).collect();
        let folder = parent.join(aside);
        // Of an export that was killed.
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(cannot("clear", &folder, e));
            }
            _ => {}
        }
        modes::private_folders()
            .create(&folder)
            .map_err(|e| cannot("write to", &parent, e))?;
        Ok(Self {
            kind,
            place,
            folder,
            made,
            readers,
            within: if is_within { within } else { Vec::new() },
        })
    }

    /// Where files are written.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the one file is written.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join(self.place.file_name().unwrap_or_default())
    }

    /// Puts the files where they belong. Returns their length together.
    ///
    /// # Errors
    /// A place that was taken meanwhile, or a drive that fails.
    pub(super) fn publish(mut self, files: &[PathBuf]) -> Result<u64, BatchError> {
        let mut bytes = 0;
        for file in files {
            bytes += fs::metadata(file)
                .map_err(|e| cannot("look at", file, e))?
                .len();
            if !self.within.is_empty() {
                self.readers.admit(file);
            }
            let to = match self.kind {
                Kind::File => self.place.clone(),
                Kind::Folder => self.place.join(file.file_name().unwrap_or_default()),
            };
            if to.symlink_metadata().is_ok() {
                return Err(taken(&to));
            }
            fs::rename(file, &to).map_err(|e| cannot("write", &to, e))?;
        }
        for folder in self.within.iter().filter(|folder| folder.is_dir()) {
            self.readers.admit(folder);
        }
        self.made.clear();
        store::sync_folder(self.folder.parent().unwrap_or(Path::new("/")))?;
        Ok(bytes)
    }
}

impl Drop for Aside {
    /// What cannot be removed is removed by the next export to the same place.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes a file that was not there, and waits until the disc has it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), BatchError> {
    let write = || {
        let mut file = modes::private_file().create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| cannot("write", path, e))
}

fn refuse_taken(place: &Path, kind: Kind) -> Result<(), BatchError> {
    let there = match place.symlink_metadata() {
        Ok(there) => there,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(cannot("look at", place, e)),
    };
    if kind == Kind::File || !there.is_dir() {
        return Err(taken(place));
    }
    let entries = fs::read_dir(place).map_err(|e| cannot("look into", place, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| cannot("look into", place, e))?;
        if entry.file_name() != ASIDE {
            return Err(input(
                &format!("export to {}: the folder is not empty", visible_path(place)),
                Some("name a new folder, or empty this one; nothing is overwritten"),
            ));
        }
    }
    Ok(())
}

fn taken(place: &Path) -> BatchError {
    input(
        &format!("export to {}: it is there already", visible_path(place)),
        Some("name another place, or remove it first; nothing is overwritten"),
    )
}

/// A path from the root, without links and `..`, of which the end may not be there yet.
fn whole(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut missing = Vec::new();
    let mut there = path.as_path();
    loop {
        match fs::canonicalize(there) {
            Ok(found) => return Ok(missing.iter().rev().fold(found, |path, end| path.join(end))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        match (there.components().next_back(), there.parent()) {
            (Some(Component::Normal(name)), Some(parent)) => {
                missing.push(name.to_os_string());
                there = parent;
            }
            _ => {
                let message = "a folder that is not there cannot be left by `..`";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
    }
}

/// A drive that is full or away may be well again later; the rest is for a person to mend.
fn cannot(action: &'static str, path: &Path, source: io::Error) -> BatchError {
    if matches!(
        source.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidInput
    ) {
        return input(
            &format!("{action} {}: {source}", visible_path(path)),
            Some("name a place that you may write to"),
        );
    }
    BatchError::Publish(PublishError::Io {
        action,
        path: path.to_path_buf(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepare(root: &Path, place: &str, kind: Kind) -> Result<Aside, String> {
        let out = root.join("out");
        Aside::prepare(&out, Readers::Nobody, &root.join(place), kind).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_that_is_there_is_replaced_and_nothing_is_left_of_what_failed() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("out/calls")).unwrap();
        fs::write(root.join("a.xlsx"), "mine").unwrap();
        fs::create_dir(root.join("full")).unwrap();
        fs::write(root.join("full/1"), "").unwrap();
        fs::create_dir(root.join("empty")).unwrap();
        for (place, kind, told) in [
            ("a.xlsx", Kind::File, "there already"),
            ("a.xlsx", Kind::Folder, "there already"),
            ("full", Kind::Folder, "not empty"),
            ("full", Kind::File, "there already"),
            ("out", Kind::Folder, "output folder"),
            ("out/calls/x", Kind::Folder, "output folder"),
            ("empty/../out/a.xlsx", Kind::File, "output folder"),
            ("out/export", Kind::File, "output folder"),
            ("none/../b", Kind::Folder, "`..`"),
        ] {
            let Err(error) = prepare(root, place, kind) else {
                panic!("{place}");
            };
            assert!(error.contains(told), "{place}: {error}");
        }
        for (place, kind) in [
            ("empty", Kind::Folder),
            ("new/deep", Kind::Folder),
            ("new/b.xlsx", Kind::File),
            ("out/export", Kind::Folder),
            ("out/export/b.xlsx", Kind::File),
        ] {
            drop(prepare(root, place, kind).unwrap());
            assert!(!root.join("new").exists() && !root.join("out/export").exists());
        }
        // A second export after one that was killed.
        let killed = prepare(root, "empty", Kind::Folder).unwrap();
        write(&killed.folder().join("half"), b"x").unwrap();
        std::mem::forget(killed);
        let again = prepare(root, "empty", Kind::Folder).unwrap();
        let file = again.folder().join("b.csv");
        write(&file, b"12345").unwrap();
        assert_eq!(again.publish(&[file]).unwrap(), 5);
        let left: Vec<_> = fs::read_dir(root.join("empty")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(prepare(root, "empty", Kind::Folder).is_err());
    }

    #[test]
    fn what_came_in_between_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("out")).unwrap();
        let aside = prepare(root.path(), "a.vtt", Kind::File).unwrap();
        write(&aside.file(), b"new").unwrap();
        fs::write(root.path().join("a.vtt"), "theirs").unwrap();
        let file = aside.file();
        assert!(aside.publish(&[file]).is_err());
        assert_eq!(
            fs::read_to_string(root.path().join("a.vtt")).unwrap(),
            "theirs"
        );
    }
}
