//! The sample calls, transcribed twice in one run of the tests: with one job and with two.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::{SCRATCH, Said, callibrate, finish, repository};

pub fn rubrics() -> impl Iterator<Item = &'static str> {
    callibrate::rubric::BUILT_IN.iter().map(|(name, _)| *name)
}

/// A finished run over the samples. Nobody may write to its folder: tests share it.
pub struct SampleRun {
    pub out: PathBuf,
    pub said: Said,
}

static ONE_JOB: LazyLock<SampleRun> = LazyLock::new(|| run("samples-1", 1));
static TWO_JOBS: LazyLock<SampleRun> = LazyLock::new(|| run("samples-2", 2));
static REFERENCE: LazyLock<SampleRun> = LazyLock::new(score_references);

pub fn one_job() -> &'static SampleRun {
    &ONE_JOB
}

pub fn two_jobs() -> &'static SampleRun {
    &TWO_JOBS
}

/// What was truly said, scored.
pub fn reference() -> &'static SampleRun {
    &REFERENCE
}

/// Arguments of a run over the samples from the repository's root.
pub fn arguments(command: &str, out: &str, jobs: usize) -> Vec<String> {
    let mut arguments: Vec<String> = match command {
        "run" => ["run", "samples/calls", "--calls", "samples/calls.csv"]
            .map(str::to_string)
            .to_vec(),
        other => vec![other.to_string()],
    };
    for rubric in rubrics() {
        arguments.extend(["--rubric".to_string(), rubric.to_string()]);
    }
    arguments.extend(["--out".to_string(), out.to_string()]);
    arguments.extend(["--jobs".to_string(), jobs.to_string()]);
    arguments
}

fn run(name: &str, jobs: usize) -> SampleRun {
    let out = SCRATCH.join(name);
    let mut command = callibrate(repository());
    command.args(arguments("run", out.to_str().unwrap(), jobs));
    let said = finish(command).exits(0);
    SampleRun { out, said }
}

fn score_references() -> SampleRun {
    let out = SCRATCH.join("reference");
    let mut command = callibrate(repository());
    command.args(arguments("score", out.to_str().unwrap(), 2));
    command.args(["--calls", "samples/calls.csv"]);
    let mut files: Vec<PathBuf> = std::fs::read_dir(repository().join("samples/reference"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    command.args(files);
    let said = finish(command).exits(0);
    SampleRun { out, said }
}
