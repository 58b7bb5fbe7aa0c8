//! Who may read the files that callibrate writes: the user alone, or a group besides.
//!
//! Modes are set outright and not left to the umask. A drive may know neither modes nor groups;
//! then files stay as it makes them, and whoever asked is told. Left out on purpose: access lists,
//! and systems other than Unix, where the folder's list decides.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Who may read the tables besides the user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readers {
    #[default]
    Nobody,
    /// The group with this number.
    Group(u32),
}

impl Readers {
    /// The group with a name or a number, which the user has to be a member of: only then can
    /// files be given to it.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment.
    pub fn named(group: &str) -> Result<Self, String> {
        system::readers(group)
    }

    /// Opens a file or folder to these readers and shuts it to all others. Links are left alone:
    /// what they lead to is not ours.
    pub fn admit(self, path: &Path) -> Admitted {
        system::admit(self, path)
    }

    /// As [`Readers::admit`], for a folder and those below it, `depth` deep. Files are looked at
    /// where their folder was not as it should be: they were made by an older version then, or
    /// came back from a copy.
    pub fn admit_below(self, folder: &Path, depth: usize) -> Admitted {
        let mut all = self.admit(folder);
        if all == Admitted::Missing {
            return all;
        }
        let changed = all != Admitted::AsItWas;
        if depth == 0 && !changed {
            return all;
        }
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Admitted::Refused;
        };
        for entry in entries.flatten() {
            let one = match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth > 0 => {
                    self.admit_below(&entry.path(), depth - 1)
                }
                Ok(kind) if kind.is_file() && changed => self.admit(&entry.path()),
                _ => continue,
            };
            all = all.max(one);
        }
        all
    }

    /// Lets these readers into a folder that may be a person's own; what others may do there stays
    /// as it is.
    pub fn let_into(self, folder: &Path) -> Admitted {
        system::let_into(self, folder)
    }
}

/// What became of a file's mode and group, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Admitted {
    Missing,
    AsItWas,
    Changed,
    /// The drive keeps no such modes or groups, or the file is another user's.
    Refused,
}

/// Shuts a folder that a group was let into, with tables in it that are open to that group; one
/// with another mode may be a person's own.
pub fn shut_with(folder: &Path, table: &Path) {
    if system::is_open_with(folder, table) {
        Readers::Nobody.admit(folder);
    }
}

/// Makes a folder with those above it, readable by the user alone.
pub fn private_folders() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Opens a file for writing; one that is made is readable by the user alone.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
mod system {
    use std::fs::{self, Metadata, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use nix::unistd::{Gid, Group, getegid, geteuid};

    use super::{Admitted, Path, Readers, io};
    use crate::log::brief;

    /// Permission bits, and those above them.
    const MODE: u32 = 0o7777;

    pub(super) fn readers(group: &str) -> Result<Readers, String> {
        let known = match group.parse::<u32>() {
            Ok(number) => Some(number),
            Err(_) => Group::from_name(group)
                .map_err(|e| format!("the groups cannot be looked up: {e}"))?
                .map(|group| group.gid.as_raw()),
        };
        let Some(gid) = known else {
            return Err(format!("there is no group \"{}\"", brief(group)));
        };
        if !geteuid().is_root() && !is_member(gid) {
            return Err(format!(
                "the user of this run is not in the group \"{}\"",
                brief(group)
            ));
        }
        Ok(Readers::Group(gid))
    }

    fn is_member(gid: u32) -> bool {
        let gid = Gid::from_raw(gid);
        getegid() == gid || in_groups(gid)
    }

    #[cfg(not(target_vendor = "apple"))]
    fn in_groups(gid: Gid) -> bool {
        nix::unistd::getgroups().is_ok_and(|groups| groups.contains(&gid))
    }

    /// Its list is cut short; whether files can be given to the group shows when they are.
    #[cfg(target_vendor = "apple")]
    fn in_groups(_gid: Gid) -> bool {
        true
    }

    pub(super) fn admit(readers: Readers, path: &Path) -> Admitted {
        settle(readers, path, |there| match (readers, there.is_dir()) {
            (Readers::Nobody, true) => 0o700,
            (Readers::Nobody, false) => 0o600,
            (Readers::Group(_), true) => 0o750,
            (Readers::Group(_), false) => 0o640,
        })
    }

    pub(super) fn let_into(readers: Readers, folder: &Path) -> Admitted {
        match readers {
            Readers::Nobody => Admitted::AsItWas,
            Readers::Group(_) => settle(readers, folder, |there| there.mode() & MODE | 0o050),
        }
    }

    pub(super) fn is_open_with(folder: &Path, table: &Path) -> bool {
        let look = |path: &Path| fs::symlink_metadata(path).ok().filter(Metadata::is_dir);
        let (Some(folder), Some(table)) = (look(folder), look(table)) else {
            return false;
        };
        folder.gid() == table.gid()
            && folder.mode() & 0o077 == 0o050
            && table.mode() & MODE == 0o750
    }

    /// The group first: a change of group may take bits of the mode away.
    fn settle(readers: Readers, path: &Path, wanted: impl Fn(&Metadata) -> u32) -> Admitted {
        let there = match fs::symlink_metadata(path) {
            Ok(there) if there.is_symlink() => return Admitted::AsItWas,
            Ok(there) => there,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Admitted::Missing,
            Err(_) => return Admitted::Refused,
        };
        let mode = wanted(&there);
        let right = |file: &Metadata| {
            let group = match readers {
                Readers::Nobody => true,
                Readers::Group(gid) => file.gid() == gid,
            };
            group && file.mode() & MODE == mode
        };
        if right(&there) {
            return Admitted::AsItWas;
        }
        if let Readers::Group(gid) = readers
            && there.gid() != gid
            && chown(path, None, Some(gid)).is_err()
        {
            // Nobody gets in whom it was not meant for.
            let _ = fs::set_permissions(path, Permissions::from_mode(mode & !0o077));
            return Admitted::Refused;
        }
        let set = fs::set_permissions(path, Permissions::from_mode(mode));
        // Some drives take every mode and keep their own.
        let kept = fs::symlink_metadata(path).is_ok_and(|file| right(&file));
        match set.is_ok() && kept {
            true => Admitted::Changed,
            false => Admitted::Refused,
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Admitted, Path, Readers};

    pub(super) fn readers(_group: &str) -> Result<Readers, String> {
        Err("this system's groups are not known to callibrate".to_string())
    }

    pub(super) fn admit(_readers: Readers, _path: &Path) -> Admitted {
        Admitted::AsItWas
    }

    pub(super) fn is_open_with(_folder: &Path, _table: &Path) -> bool {
        false
    }

    pub(super) fn let_into(_readers: Readers, _folder: &Path) -> Admitted {
        Admitted::AsItWas
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_there_is_shut_to_others_and_links_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o7777;
        fs::create_dir_all(at("a/b/c")).unwrap();
        for name in ["outside", "a/1", "a/b/2", "a/b/c/3"] {
            fs::write(at(name), "").unwrap();
            fs::set_permissions(at(name), fs::Permissions::from_mode(0o666)).unwrap();
        }
        std::os::unix::fs::symlink(at("outside"), at("a/link")).unwrap();
        let admit = || Readers::Nobody.admit_below(&at("a"), 1);
        assert_eq!(admit(), Admitted::Changed);
        assert_eq!([mode("a"), mode("a/b")], [0o700; 2]);
        assert_eq!([mode("a/1"), mode("a/b/2")], [0o600; 2]);
        // Another's, and deeper than was asked.
        assert_eq!([mode("outside"), mode("a/b/c/3")], [0o666; 2]);
        assert_eq!(admit(), Admitted::AsItWas);
        assert_eq!(Readers::Nobody.admit(&at("none")), Admitted::Missing);
    }

    #[test]
    fn a_group_is_known_by_name_or_number() {
        let unknown = Readers::named("no such group\u{1b}").unwrap_err();
        assert!(unknown.contains("no group") && !unknown.contains('\u{1b}'));
        let own = nix::unistd::getegid().as_raw();
        assert_eq!(Readers::named(&own.to_string()), Ok(Readers::Group(own)));
    }
}
