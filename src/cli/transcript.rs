//! `callibrate transcript`: what other tools wrote, for `callibrate score`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::{self, Exit};
use super::status::{counted, grouped};
use super::{complain, run, tell};
use crate::batch::import::{self, Report, Wanted, Written};
use crate::config::Flags;
use crate::log::{self, visible, visible_path};
use crate::transcript::import::Format;

#[derive(Debug, Subcommand)]
pub(super) enum TranscriptCommand {
    /// Make transcripts of other tools into files for `callibrate score`
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// Transcripts, each named by the call's id
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder to write CALL_ID.json to
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Format of the files: whisper.cpp, whisperx, openai, call-analytics, transcribe, deepgram,
    /// webvtt, srt, ctm or vcon [default: as their content tells]
    #[arg(long)]
    format: Option<Format>,
    /// The files are the channels of this one call, in the order of the recording
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// Which of the speakers is the agent, where a file tells speakers apart by labels; several
    /// times where the agent has several
    #[arg(long, value_name = "LABEL")]
    agent_speaker: Vec<String>,
    /// Which of them is the customer, where there are more than two; several times, too
    #[arg(long, value_name = "LABEL")]
    customer_speaker: Vec<String>,
    /// Language that is spoken, where a file does not say it
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Length of the recording in milliseconds, where a file does not say it; for one call
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(1..=3_600_000_000))]
    recorded_ms: Option<i64>,
    /// Table of calls: tells the agent's channel and the customers' names to mask (CSV)
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Settings file [default: callibrate.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn transcript(command: TranscriptCommand) -> Exit {
    match command {
        TranscriptCommand::Import(args) => import(args),
    }
}

fn import(args: ImportArgs) -> Exit {
    if args.recorded_ms.is_some() && args.files.len() > 1 && args.call.is_none() {
        complain(
            "give several calls one length",
            Some("import each with its own --recorded-ms"),
        );
        return Exit::Usage;
    }
    let flags = Flags {
        config: args.config,
        calls: args.calls,
        language: args.language,
        out: Some(args.to.clone()),
        ..Flags::default()
    };
    let (settings, signals) = match run::prepare(flags) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    let wanted = Wanted {
        files: args.files,
        to: args.to,
        format: args.format,
        call: args.call,
        agent_speakers: args.agent_speaker,
        customer_speakers: args.customer_speaker,
        recorded_ms: args.recorded_ms,
    };
    match import::import(&settings, &wanted, &signals) {
        Ok(report) => conclude(&report, &wanted, settings.calls.as_deref()),
        Err(error) => exit::report(&error),
    }
}

fn conclude(report: &Report, wanted: &Wanted, calls: Option<&Path>) -> Exit {
    for warning in &report.warnings {
        log::warning(warning);
    }
    for refused in &report.refused {
        complain(&refused.message, refused.hint);
    }
    let mut text: String = report.written.iter().map(told).collect();
    if !report.written.is_empty() {
        let to = visible_path(&wanted.to);
        let calls = match calls {
            Some(calls) => format!(" --calls {}", visible_path(calls)),
            None => String::new(),
        };
        let _ = write!(
            text,
            "{} in {to}. Next: `callibrate score {to}/*.json{calls}`",
            counted(report.written.len(), "transcript"),
        );
        tell(text);
    }
    match (report.refused.is_empty(), report.written.is_empty()) {
        (true, _) => Exit::Well,
        (false, false) => Exit::SomeFailed,
        (false, true) => Exit::Usage,
    }
}

fn told(written: &Written) -> String {
    let seconds = written.recorded_ms / 1000;
    let mut text = format!(
        "{}: {}, {}, {}:{:02} min long\n",
        visible(&written.name),
        written.format.title(),
        counted(written.words, "word"),
        grouped(seconds.unsigned_abs() / 60),
        seconds % 60
    );
    for (channel, name) in written.channels.iter().enumerate() {
        let _ = writeln!(text, "  channel {channel}: {}", visible(name));
    }
    for note in &written.notes {
        let _ = writeln!(text, "  {note}.");
    }
    text
}
