//! `callibrate rubric diff`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{self, Exit};
use super::{complain, rubric, run, tell};
use crate::batch::{BatchError, diff, threads};
use crate::log::{Event, visible, visible_path};
use crate::modes;
use crate::report::diff::Flip;
use crate::rubric as form;

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// The rubric as it is: a file or the name of a built-in one
    old: String,
    /// The rubric as it may become
    new: String,
    /// Output folder whose stored calls are judged by both; its tables stay as they are
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Also write every answer that flips to this CSV file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Calls worked on at the same time [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

pub(super) fn diff(args: &DiffArgs) -> Exit {
    let read = |name: &str| form::read(name).map_err(|e| rubric::refuse(&e));
    let rubrics = match read(&args.old).and_then(|old| Ok([old, read(&args.new)?])) {
        Ok(rubrics) => rubrics,
        Err(exit) => return exit,
    };
    let signals = match run::listen() {
        Ok(signals) => signals,
        Err(exit) => return exit,
    };
    let mut list = match args.csv.as_deref().map(start_list).transpose() {
        Ok(list) => list,
        Err(exit) => return exit,
    };
    let jobs = args.jobs.unwrap_or_else(threads::cores).max(1);
    let compared = diff::diff(&args.out, &rubrics, jobs, &signals, &mut |flip: &Flip| {
        let Some((path, list)) = &mut list else {
            return Ok(());
        };
        list.write_record(flip.cells())
            .map_err(|e| not_written(path, &e))
    });
    let compared = match compared {
        Ok(compared) => compared,
        Err(error) => return exit::report(&error),
    };
    if let Some((path, list)) = &mut list
        && let Err(e) = list.flush()
    {
        return exit::report(&not_written(path, &e.into()));
    }
    tell(compared.diff.text());
    if compared.unread.is_empty() {
        return Exit::Well;
    }
    for (call_id, reason) in &compared.unread {
        let message = format!("{} was left out: {}", visible(call_id), visible(reason));
        Event::warning("left_out")
            .with("call_id", call_id.as_str())
            .say(&message);
    }
    Exit::SomeFailed
}

type List = csv::Writer<std::fs::File>;

fn start_list(path: &Path) -> Result<(PathBuf, List), Exit> {
    // It quotes calls. One that was there before keeps its mode.
    let file = modes::private_file().create(true).truncate(true).open(path);
    let mut list = csv::Writer::from_writer(file.map_err(|e| refuse(path, &e.into()))?);
    list.write_record(Flip::HEADER)
        .map_err(|e| refuse(path, &e))?;
    Ok((path.to_path_buf(), list))
}

fn refuse(path: &Path, error: &csv::Error) -> Exit {
    complain(
        &format!("write {}: {error}", visible_path(path)),
        Some("check that the folder exists and may be written to"),
    );
    Exit::Usage
}

fn not_written(path: &Path, error: &csv::Error) -> BatchError {
    BatchError::Input(format!("write {}: {error}", visible_path(path)))
}
