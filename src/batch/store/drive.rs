//! Whether the lock of an output folder keeps others away.
//!
//! On a network drive it depends on the server, on how the drive is mounted and on the system at
//! the other end whether a lock that one machine takes is seen by the next. Nobody can find out
//! from one machine, so such drives are named, by the kind that Linux states. Left out: other
//! systems, which do not state it in a file.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a lock may not keep others away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The folder is on a drive of this kind, e.g. `nfs4`.
    NetworkDrive(String),
    /// The drive knows no locks.
    NoLocks,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::NetworkDrive(kind) => write!(
                f,
                "on a network drive ({kind}), where a run on one machine may not see that \
                 another machine is at work"
            ),
            Doubt::NoLocks => write!(
                f,
                "on a drive without file locks, where a run does not see that another is at work"
            ),
        }
    }
}

/// Kinds of drives that several machines share, as Linux names them.
const SHARED: [&str; 24] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "fuse.ceph",
    "fuse.ceph-fuse",
    "fuse.davfs2",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "fuse.vmhgfs-fuse",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
];

/// What speaks against the lock of a folder, which has to exist.
pub(super) fn doubt(folder: &Path) -> Option<Doubt> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let folder = folder.canonicalize().ok()?;
    let kind = kind_of(&mounts, &folder).filter(|kind| SHARED.contains(kind))?;
    Some(Doubt::NetworkDrive(kind.to_string()))
}

/// Whether this is how a drive without locks refuses one.
pub(super) fn has_no_locks(error: &io::Error) -> bool {
    /// Linux: no locks available, as of an NFS server without its lock service.
    const ENOLCK: i32 = 37;
    error.kind() == io::ErrorKind::Unsupported
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(ENOLCK))
}

/// The kind of the file system that an absolute path is on, from the text of
/// `/proc/self/mountinfo` (proc(5)): the longest mount point above it counts, and of several on
/// one point the last.
fn kind_of<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let above = mounts.lines().filter_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        let point = unescaped(mount.split(' ').nth(4)?);
        let depth = Path::new(&point).components().count();
        let kind = file_system.split(' ').next()?;
        path.starts_with(&point).then_some((depth, kind))
    });
    above.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

/// Blanks, tabs, line ends and backslashes are written as three octal digits.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let code = part
            .get(..3)
            .and_then(|code| u8::from_str_radix(code, 8).ok());
        match code {
            Some(code) => {
                plain.push(char::from(code));
                plain.push_str(&part[3..]);
            }
            None => {
                plain.push('\\');
                plain.push_str(part);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = r"22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:50 / /srv rw,relatime shared:2 master:1 - nfs4 filer:/export/srv rw,vers=4.2,addr=10.0.0.1
41 40 8:1 / /srv/fast rw - xfs /dev/sda1 rw
42 27 0:51 / /mnt/night\040shift\134x rw - cifs //filer/night\040shift rw
43 27 0:52 / /data rw - tmpfs tmpfs rw
44 27 0:53 / /data rw - fuse.sshfs qa@filer:/ rw
45 27 0:54 /sub /srvice rw - btrfs /dev/sdb rw
";

    #[test]
    fn the_drive_of_a_folder_is_found() {
        for (path, kind) in [
            ("/home/qa/report", "ext4"),
            ("/srv", "nfs4"),
            ("/srv/report/x", "nfs4"),
            ("/srv/fast/report", "xfs"),
            ("/srvice/report", "btrfs"),
            (r"/mnt/night shift\x/report", "cifs"),
            ("/mnt/night", "ext4"),
            ("/data/report", "fuse.sshfs"),
        ] {
            assert_eq!(kind_of(MOUNTS, Path::new(path)), Some(kind), "{path}");
        }
        assert_eq!(kind_of("", Path::new("/srv")), None);
        assert_eq!(
            kind_of("22 27 0:21\n - \n27 1 2 3", Path::new("/srv")),
            None
        );
        assert_eq!(unescaped(r"a\040b\9\"), r"a b\9\");
    }

    #[test]
    fn a_drive_without_locks_is_told_from_a_fault() {
        assert!(has_no_locks(&io::Error::from(io::ErrorKind::Unsupported)));
        assert!(!has_no_locks(&io::Error::from(
            io::ErrorKind::PermissionDenied
        )));
    }
}
