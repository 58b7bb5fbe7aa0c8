//! Calls of the system that fail when a test wants them to: see `tests/it/faults/fail.c`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::{SCRATCH, repository};

/// Numbers of errors on Linux, with their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32, pub &'static str);

pub const EIO: Errno = Errno(5, "EIO");
pub const EACCES: Errno = Errno(13, "EACCES");
pub const EINVAL: Errno = Errno(22, "EINVAL");
pub const ENOSPC: Errno = Errno(28, "ENOSPC");
pub const EROFS: Errno = Errno(30, "EROFS");
pub const ENOLCK: Errno = Errno(37, "ENOLCK");
pub const EOPNOTSUPP: Errno = Errno(95, "EOPNOTSUPP");
pub const ESTALE: Errno = Errno(116, "ESTALE");
pub const EDQUOT: Errno = Errno(122, "EDQUOT");
/// Writes are cut short.
pub const SHORT: Errno = Errno(0, "short");

/// Calls that change something.
pub const WRITING: &str = "make,write,sync,rename,remove";
/// Calls that only look.
pub const READING: &str = "open,read,look";

/// The library, made once with the C compiler that the build needs anyway.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let library = SCRATCH.join("fail.so");
    let made = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
        .args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(repository().join("tests/it/faults/fail.c"))
        .arg("-ldl")
        .status()
        .expect("there is a C compiler");
    assert!(made.success());
    library
});

/// Loads the library into a command and everything that it starts.
pub fn with_library(command: &mut Command) -> &mut Command {
    command.env("LD_PRELOAD", &*LIBRARY)
}

/// Calls of these kinds below a folder are noted in `log`, and fail from one to another, counted
/// from 1; 0 for `from` is none of them, for `until` all that follow.
pub struct Fault<'a> {
    pub calls: &'a str,
    pub from: usize,
    pub until: usize,
    pub error: Errno,
}

impl Fault<'_> {
    pub fn load(&self, command: &mut Command, below: &Path, log: &Path) {
        with_library(command)
            .env("FAULTS_BELOW", below)
            .env("FAULTS_CALLS", self.calls)
            .env("FAULTS_FROM", self.from.to_string())
            .env("FAULTS_UNTIL", self.until.to_string())
            .env("FAULTS_ERROR", self.error.0.to_string())
            .env("FAULTS_LOG", log);
    }
}

/// A call that was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub kind: String,
    /// Within the folder.
    pub path: String,
    pub failed: bool,
}

pub fn noted(log: &Path) -> Vec<Noted> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().map(|line| {
        let (kind, rest) = line.split_once(' ').unwrap();
        let path = rest.strip_suffix(" !");
        Noted {
            kind: kind.to_string(),
            path: path.unwrap_or(rest).to_string(),
            failed: path.is_some(),
        }
    });
    lines.collect()
}
