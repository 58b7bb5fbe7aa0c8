//! The sample calls, and running callibrate on them: what the benches share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use callibrate::batch::store::Store;
use callibrate::recording::CallMeta;
use callibrate::transcript::Transcript;

/// The names of the built-in rubrics.
pub fn rubrics() -> impl Iterator<Item = &'static str> {
    callibrate::rubric::BUILT_IN.iter().map(|(name, _)| *name)
}

pub type Fault = Box<dyn std::error::Error>;

/// A stored call: who and when, and what was said (redacted).
pub struct Call {
    pub meta: CallMeta,
    pub transcript: Transcript,
}

/// A file or folder of the repository's `samples`.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(name)
}

/// Files with this ending in a folder of `samples`, in order.
pub fn sample_files(folder: &str, ending: &str) -> Result<Vec<PathBuf>, Fault> {
    let mut files = Vec::new();
    for entry in sample(folder).read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// callibrate with the built-in rubrics, away from the user's own settings and customer key.
pub fn callibrate(home: &Path, subcommand: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_callibrate"));
    command
        .arg(subcommand)
        .current_dir(home)
        .env("XDG_CONFIG_HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    for name in rubrics() {
        command.args(["--rubric", name]);
    }
    command
}

/// Transcribes and scores the sample calls into `out`.
pub fn run_samples(home: &Path, out: &Path) -> Command {
    let mut command = callibrate(home, "run");
    command.arg(sample("calls")).arg("--calls");
    command.arg(sample("calls.csv")).arg("--out").arg(out);
    command
}

/// Scores what was truly said in the sample calls into `out`.
pub fn score_references(home: &Path, out: &Path) -> Result<(), Fault> {
    let mut command = callibrate(home, "score");
    command
        .args(sample_files("reference", "json")?)
        .arg("--calls");
    command.arg(sample("calls.csv")).arg("--out").arg(out);
    finish(&mut command)
}

/// Runs a command to its end; one that fails is a fault with its own words.
pub fn finish(command: &mut Command) -> Result<(), Fault> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("callibrate ended with {}: {words}", output.status).into())
}

/// The calls in the store of `out`, by call id.
pub fn stored_calls(out: &Path) -> Result<BTreeMap<String, Call>, Fault> {
    let store = Store::open(out)?;
    let mut calls = BTreeMap::new();
    for date in store.call_dates()? {
        for record in store.calls(&date)? {
            let transcript = store.transcript(&record.transcript)?;
            let meta = record.meta;
            calls.insert(meta.call_id.clone(), Call { meta, transcript });
        }
    }
    Ok(calls)
}
