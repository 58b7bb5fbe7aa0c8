//! Arguments in, messages out: one file per subcommand, no domain logic.
//!
//! Results go to standard output, everything else to standard error. Colour is left out, so
//! nothing depends on it.

mod calibrate;
mod clean;
mod doctor;
mod exit;
mod export;
mod forget;
mod init;
mod metrics;
mod model;
mod model_fetch;
mod redact;
mod release;
mod report;
mod retry;
mod rubric;
mod rubric_diff;
mod run;
mod score;
mod status;
mod transcript;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use exit::Exit;

use crate::batch::worker;
use crate::config::Flags;
use crate::log::{self, Event};

/// Listens to every recorded call, scores it against your rubrics, and writes tables to query.
#[derive(Debug, Parser)]
#[command(name = "callibrate", version = doctor::version(), after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How messages are written: for people (text), or one JSON object per line (json)
    #[arg(long, global = true, value_name = "FORM")]
    log: Option<log::Form>,
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
    /// Make the pages of a night or a period, for people to read in a browser
    Report(report::ReportArgs),
    /// Mark published scores as told to agents: no later run changes them silently
    Release(release::ReleaseArgs),
    /// Write tables or calls in formats of other tools: CSV, XLSX, Parquet, WebVTT, vCon
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Redact stored transcripts again, by this version and its settings; nothing is transcribed
    Redact(redact::RedactArgs),
    /// Tell what is stored, what is missing, and how the last run went; changes nothing
    Status(status::StatusArgs),
    /// Run again what failed in the last run and may pass now
    Retry(retry::RetryArgs),
    /// Remove what no present settings need; without --yes, only say what that is
    Clean(clean::CleanArgs),
    /// Remove calls, or all calls of a customer, from the store and all tables
    Forget(forget::ForgetArgs),
    /// Write a commented callibrate.toml, a rubric and a table of calls to start from
    Init(InitArgs),
    /// Check, explain, test and compare rubrics, and make them from spreadsheets
    #[command(subcommand)]
    Rubric(rubric::RubricCommand),
    /// Import transcripts of other tools
    #[command(subcommand)]
    Transcript(transcript::TranscriptCommand),
    /// List, fetch, check and convert speech models
    #[command(subcommand)]
    Model(ModelCommand),
    /// Check this machine: version, speech model, fast kernels
    Doctor,
    /// The child process that listens (started by `run`)
    #[command(hide = true)]
    Worker,
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
    /// Language that is spoken, such as en, or `auto` to detect it once per channel; for models
    /// that know several
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Show the settings, the recordings and an estimate, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Follow links in the folders of recordings, also to folders and out of them
    #[arg(long)]
    follow_links: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    transcribe: TranscribeArgs,
    /// Rubric: a file or the name of a built-in one; may be given several times
    #[arg(long = "rubric", value_name = "R")]
    rubrics: Vec<String>,
    /// Copy the recordings to this folder, with silence in place of what is masked
    #[arg(long, value_name = "DIR")]
    redact_audio: Option<PathBuf>,
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

/// Where a command works.
#[derive(Debug, Args)]
struct Place {
    /// Folder of the store and the tables, the same for every command
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Settings file [default: callibrate.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn flags(self) -> Flags {
        Flags {
            config: self.config,
            out: self.out,
            ..Flags::default()
        }
    }
}

/// Flags of every command that takes in calls.
#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    place: Place,
    /// Table of calls: who, when, which channel (CSV)
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Table of contacts that are not recorded: letters, chats, attempted calls (CSV)
    #[arg(long, value_name = "FILE")]
    contacts: Option<PathBuf>,
    /// Table of agents: team, leader and site from day to day (CSV)
    #[arg(long, value_name = "FILE")]
    agents: Option<PathBuf>,
    /// Calls worked on at the same time [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write figures of the run to this file, in Prometheus' text format
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Where to write the files
    #[arg(default_value = ".")]
    folder: PathBuf,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Show the embedded model, model files in ./models or the folders named, and public models
    List { folders: Vec<PathBuf> },
    /// Fetch a public model; this is the only command that uses the network
    Fetch(model_fetch::FetchArgs),
    /// Check a model file before it is used
    Check { file: PathBuf },
    /// Write a copy of a model file with weights that this machine computes faster with
    Convert(model::ConvertArgs),
}

/// Runs the command line and says how it ended.
pub fn main() -> ExitCode {
    crate::memory::keep_off_disks();
    let (name, cli) = match parse() {
        Ok(parsed) => parsed,
        Err(error) => return refuse_usage(&error).into(),
    };
    log::begin(&name, cli.log);
    let exit = match cli.command {
        Command::Run(args) => run::run(args),
        Command::Transcribe(args) => run::transcribe(args),
        Command::Score(args) => score::score(args),
        Command::Calibrate(args) => calibrate::calibrate(args),
        Command::Report(args) => report::report(args),
        Command::Release(args) => release::release(args),
        Command::Export(command) => export::export(command),
        Command::Redact(args) => redact::redact(args),
        Command::Status(args) => status::status(args),
        Command::Retry(args) => retry::retry(args),
        Command::Clean(args) => clean::clean(args),
        Command::Forget(args) => forget::forget(args),
        Command::Init(args) => init::init(&args.folder),
        Command::Rubric(command) => rubric::rubric(command),
        Command::Transcript(command) => transcript::transcript(command),
        Command::Model(ModelCommand::List { folders }) => model::list(folders),
        Command::Model(ModelCommand::Fetch(args)) => model_fetch::fetch(&args),
        Command::Model(ModelCommand::Check { file }) => model::check(&file),
        Command::Model(ModelCommand::Convert(args)) => model::convert(&args),
        Command::Doctor => doctor::doctor(),
        Command::Worker => work(),
    };
    let exit = after_telling(exit);
    log::finish(exit.code());
    exit.into()
}

/// The command line, with the name of its command.
fn parse() -> Result<(String, Cli), clap::Error> {
    let matches = Cli::command().try_get_matches()?;
    let name = matches.subcommand_name().unwrap_or_default().to_string();
    let cli = Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut Cli::command()))?;
    Ok((name, cli))
}

/// Says what is wrong with the command line; prints help and version, which come the same way.
fn refuse_usage(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    let arguments: Vec<_> = std::env::args_os().collect();
    let asks_json = arguments.iter().any(|a| a == "--log=json")
        || arguments
            .windows(2)
            .any(|a| a[0] == "--log" && a[1] == "json");
    if error.use_stderr() && asks_json {
        log::settle(log::Form::Json);
        Event::error("error")
            .with("exit_code", Exit::Usage.code())
            .say(text.trim_end());
    } else if error.use_stderr() && log::shown(&text) != text {
        Event::error("error").say(text.trim_end());
    } else {
        error.exit();
    }
    Exit::Usage
}

fn work() -> Exit {
    match worker::run() {
        Ok(()) => Exit::Well,
        Err(_) => Exit::Internal,
    }
}

impl Common {
    fn flags(self) -> Flags {
        Flags {
            calls: self.calls,
            contacts: self.contacts,
            agents: self.agents,
            jobs: self.jobs,
            metrics: self.metrics,
            ..self.place.flags()
        }
    }
}

/// Writes a result to standard output, with one line end, and with nothing in it that must not be
/// shown. A reader who has seen enough (`head`) is no error.
fn tell(text: impl std::fmt::Display) {
    print(&log::shown(&text.to_string()));
}

/// The same of a value, as JSON.
fn tell_json(value: &impl serde::Serialize) {
    let json = serde_json::to_string_pretty(value).expect("what is told is JSON");
    print(&log::json_shown(&json));
}

/// Tells what was done, where asking again would do nothing more: unheard it is worth a warning.
fn tell_done(text: impl std::fmt::Display) {
    if let Err(error) = try_print(&log::shown(&text.to_string())) {
        log::warning(format!(
            "it is done, but could not be told on the standard output: {error}"
        ));
    }
}

fn print(text: &str) {
    if let Err(error) = try_print(text) {
        let _ = UNTOLD.set(error);
    }
}

fn try_print(text: &str) -> io::Result<()> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Why a result could not be written to standard output.
static UNTOLD: OnceLock<io::Error> = OnceLock::new();

/// A command whose result nobody can read did not end well.
fn after_telling(exit: Exit) -> Exit {
    let Some(error) = UNTOLD.get() else {
        return exit;
    };
    let message = format!("write to the standard output: {error}");
    complain(&message, Some("make room where it goes to, and ask again"));
    match exit {
        Exit::Well => exit::disk_exit(error),
        other => other,
    }
}

/// Tells what went wrong and what to do.
fn complain(message: &str, hint: Option<&str>) {
    // An error of input carries its hint within its text.
    let (message, hint) = match (hint, message.split_once("\n\nhint: ")) {
        (None, Some((message, hint))) => (message, Some(hint)),
        (hint, _) => (message, hint),
    };
    let message = format!("callibrate failed to {message}");
    let text = match hint {
        Some(hint) => format!("{message}\n\nhint: {hint}"),
        None => message.clone(),
    };
    Event::error("error")
        .with("hint", hint)
        .say_as(&message, &text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
