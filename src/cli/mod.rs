//! Arguments in, messages out: one file per subcommand, no domain logic.
//!
//! Results go to standard output, everything else to standard error. Colour is left out, so
//! nothing depends on it.

mod calibrate;
mod doctor;
mod exit;
mod init;
mod model;
mod rubric;
mod rubric_diff;
mod run;
mod score;
mod status;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use exit::Exit;

use crate::batch::worker::{self, Orders};
use crate::config::Flags;

/// Listens to every recorded call, scores it against your rubrics, and writes tables to query.
#[derive(Debug, Parser)]
#[command(name = "callibrate", version, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Transcribe and score recordings, and publish the tables
    Run(RunArgs),
    /// Transcribe recordings into the store, without scoring
    Transcribe(TranscribeArgs),
    /// Score stored calls again, or transcripts of another tool; no audio is touched
    Score(ScoreArgs),
    /// Tell from people's ratings how far the scores can be trusted, and write tables about it
    Calibrate(calibrate::CalibrateArgs),
    /// Tell what is stored, what is missing, and how the last run went; changes nothing
    Status(status::StatusArgs),
    /// Write a commented callibrate.toml, a rubric and a table of calls to start from
    Init(InitArgs),
    /// Check, explain, test and compare rubrics, and make them from spreadsheets
    #[command(subcommand)]
    Rubric(rubric::RubricCommand),
    /// List and check speech models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Check this machine: version, speech model, fast kernels
    Doctor,
    /// The child process that listens (started by `run`)
    #[command(hide = true)]
    Worker { orders: String },
}

/// What `run` and `transcribe` share.
#[derive(Debug, Args)]
struct TranscribeArgs {
    /// Folders, files or globs of recordings
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
    /// Speech model: any whisper.cpp model file; without it the demo model for the samples
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Show the settings, the recordings and an estimate, and do nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    transcribe: TranscribeArgs,
    /// Rubric: a file or the name of a built-in one; may be given several times
    #[arg(long = "rubric", value_name = "R")]
    rubrics: Vec<String>,
}

#[derive(Debug, Args)]
struct ScoreArgs {
    /// Transcript files of another tool, named CALL_ID.json; without them, what is stored
    transcripts: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
    /// Rubric: a file or the name of a built-in one; may be given several times
    #[arg(long = "rubric", value_name = "R")]
    rubrics: Vec<String>,
    /// Score the calls of one day only
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with_all = ["all", "transcripts"])]
    date: Option<String>,
    /// Score all stored calls (this is what happens without --date)
    #[arg(long, conflicts_with = "transcripts")]
    all: bool,
}

/// Flags of every command that works on an output folder.
#[derive(Debug, Args)]
struct Common {
    /// Folder of the store and the tables, the same for every command
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Table of calls: who, when, which channel (CSV)
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Table of contacts that are not recorded: letters, chats, attempted calls (CSV)
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Calls worked on at the same time [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Settings file [default: callibrate.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Where to write the files
    #[arg(default_value = ".")]
    folder: PathBuf,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Show the embedded model and model files in ./models or the folders named
    List { folders: Vec<PathBuf> },
    /// Check a model file before it is used
    Check { file: PathBuf },
}

/// Runs the command line and says how it ended.
pub fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Run(args) => run::run(args),
        Command::Transcribe(args) => run::transcribe(args),
        Command::Score(args) => score::score(args),
        Command::Calibrate(args) => calibrate::calibrate(args),
        Command::Status(args) => status::status(args),
        Command::Init(args) => init::init(&args.folder),
        Command::Rubric(command) => rubric::rubric(command),
        Command::Model(ModelCommand::List { folders }) => model::list(folders),
        Command::Model(ModelCommand::Check { file }) => model::check(&file),
        Command::Doctor => doctor::doctor(),
        Command::Worker { orders } => work(&orders),
    };
    exit.into()
}

fn work(orders: &str) -> Exit {
    let done = serde_json::from_str::<Orders>(orders)
        .map_err(std::io::Error::from)
        .and_then(|orders| worker::run(&orders));
    match done {
        Ok(()) => Exit::Well,
        Err(_) => Exit::Internal,
    }
}

impl Common {
    fn flags(self) -> Flags {
        Flags {
            config: self.config,
            out: self.out,
            calls: self.calls,
            contacts: self.contacts,
            jobs: self.jobs,
            ..Flags::default()
        }
    }
}

/// Writes a result to standard output, with one line end. A reader who has seen enough (`head`)
/// is no error.
fn tell(text: impl std::fmt::Display) {
    use std::io::Write;
    let text = text.to_string();
    let _ = writeln!(
        std::io::stdout(),
        "{}",
        text.strip_suffix('\n').unwrap_or(&text)
    );
}

/// Tells what went wrong and what to do.
fn complain(message: &str, hint: Option<&str>) {
    eprintln!("callibrate failed to {message}");
    if let Some(hint) = hint {
        eprintln!("\nhint: {hint}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
