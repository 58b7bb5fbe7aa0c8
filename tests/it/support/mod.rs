//! What the tests share: a folder of one's own, the program, and ways to look at what it did.

pub mod calls;
#[cfg(target_os = "linux")]
pub mod faults;
pub mod golden;
pub mod model;
pub mod process;
pub mod report;
pub mod samples;
pub mod sound;
pub mod stops;

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::LazyLock;
use std::thread::{self, JoinHandle};

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for this run of the tests, emptied before.
pub static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("it");
    match fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => panic!("{}: {e}", folder.display()),
        _ => {}
    }
    fs::create_dir_all(&folder).unwrap();
    folder
});

/// Where the customer key lies: one for all tests, so that the same customer has the same hash.
fn config_home() -> PathBuf {
    SCRATCH.join("config")
}

/// `callibrate` with the tests' own configuration folder, in a folder of one's choice.
pub fn callibrate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callibrate"));
    command
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", config_home())
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// Asserts the exit code; shows everything where it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Asserts that the standard output holds a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in {self:#?}");
        self
    }
}

/// Runs a command to its end.
pub fn finish(mut command: Command) -> Said {
    let output = command.output().expect("the program starts");
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("what is said is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("what is said is UTF-8"),
    }
}

/// A folder of one's own, removed at the end of the test.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir_in(&*SCRATCH).unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs `callibrate` here. Arguments are parted at blanks.
    pub fn run(&self, arguments: &str) -> Said {
        finish(self.command(arguments))
    }

    /// Starts `callibrate` here and does not wait.
    pub fn start(&self, arguments: &str) -> Running {
        Running::start(self.command(arguments))
    }

    /// As [`Place::start`], as the head of a process group of its own.
    #[cfg(unix)]
    pub fn start_group(&self, arguments: &str) -> Running {
        let mut command = self.command(arguments);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Running::start(command)
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = callibrate(self.folder.path());
        command.args(arguments.split_whitespace());
        command
    }
}

/// A command at work, whose progress can be waited for.
pub struct Running {
    child: Child,
    errors: BufReader<ChildStderr>,
    stderr: String,
    stdout: JoinHandle<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut stdout = child.stdout.take().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        Self {
            child,
            errors,
            stderr: String::new(),
            stdout,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the line of progress of the `n`th call that is done.
    pub fn wait_for_call(&mut self, n: usize) {
        let start = format!("[{n}/");
        loop {
            let mut line = String::new();
            let read = self.errors.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before call {n}: {}", self.stderr);
            self.stderr += &line;
            if line.starts_with(&start) {
                return;
            }
        }
    }

    /// Whether it has ended; never waits.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// `kill -9`, without a moment's delay.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    pub fn finish(mut self) -> Said {
        self.errors.read_to_string(&mut self.stderr).unwrap();
        let status = self.child.wait().unwrap();
        Said {
            code: status.code(),
            stdout: self.stdout.join().unwrap(),
            stderr: self.stderr,
        }
    }
}

/// Copies a folder with all below it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All files below a folder by their path within it, with their bytes. One that goes away meanwhile
/// is left out.
pub fn files_below(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let gone = |e: &std::io::Error| e.kind() == std::io::ErrorKind::NotFound;
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| match entry {
            Err(e) if e.depth() > 0 && e.io_error().is_some_and(gone) => None,
            entry => Some(entry.unwrap()),
        })
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap();
            let bytes = match fs::read(entry.path()) {
                Err(e) if gone(&e) => return None,
                bytes => bytes.unwrap(),
            };
            Some((name.to_str().unwrap().to_string(), bytes))
        })
        .collect()
}

/// Every file below a folder with its bytes, and when files and folders were changed.
#[derive(Debug, PartialEq)]
pub struct State {
    files: std::collections::BTreeMap<String, Vec<u8>>,
    changed: Vec<(String, std::time::SystemTime)>,
}

pub fn state(folder: &Path) -> State {
    let changed = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.path().display().to_string(),
                entry.metadata().unwrap().modified().unwrap(),
            )
        })
        .collect();
    State {
        files: files_below(folder),
        changed,
    }
}
