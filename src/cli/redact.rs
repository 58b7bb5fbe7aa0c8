//! `callibrate redact`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Exit};
use super::status::{counted, grouped};
use super::{Place, calibrate, run, tell};
use crate::batch::redact::{self, Report};
use crate::config::Flags;
use crate::log;

/// Days that are listed one by one.
const LISTED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct RedactArgs {
    #[command(flatten)]
    place: Place,
    /// Table of calls; names of customers that it gives are looked for (CSV)
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Transcripts worked on at the same time [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

pub(super) fn redact(args: RedactArgs) -> Exit {
    let flags = Flags {
        calls: args.calls,
        jobs: args.jobs,
        ..args.place.flags()
    };
    let (settings, signals) = match run::prepare(flags) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    match redact::redact(&settings, &signals) {
        Ok(report) => {
            for warning in &report.warnings {
                log::warning(warning);
            }
            tell(text(&report));
            if !report.made.differing.is_empty() {
                let differing = &report.made.differing;
                tell(super::release::differing(differing, &settings.out));
            }
            let failed = report.renewed.unread > 0 || !report.made.failures.is_empty();
            let exit = match failed {
                true => Exit::SomeFailed,
                false => Exit::Well,
            };
            match report.made.made_again.is_empty() {
                true => exit,
                false => calibrate::after_night(&settings, &signals, exit),
            }
        }
        Err(error) => exit::report(&error),
    }
}

fn text(report: &Report) -> String {
    let renewed = &report.renewed;
    let all = counted(report.transcripts, "transcript");
    let mut text = match renewed.transcripts {
        0 => format!(
            "Nothing to redact again: {all}, all by this version and with these settings.\n"
        ),
        again => format!(
            "Redacted again: {} of {all}, {} of which changed. Nothing was transcribed.\n",
            grouped(again as u64),
            grouped(renewed.changed as u64)
        ),
    };
    for (kind, count) in &renewed.placeholders {
        let count = grouped(*count as u64);
        let _ = writeln!(text, "  {count} new {}", kind.placeholder());
    }
    if let Some(copies) = renewed.copies.outdated() {
        let _ = writeln!(text, "{copies}.");
    }
    if renewed.unread > 0 {
        let _ = writeln!(
            text,
            "Not redacted, because their transcript is missing or damaged: {}.",
            counted(renewed.unread, "call")
        );
    }
    for (what, dates) in [
        ("Tables made again of", &report.made.made_again),
        (
            "Tables removed, because no call is left, of",
            &report.made.emptied,
        ),
    ] {
        let listed: Vec<&str> = dates.iter().take(LISTED).map(String::as_str).collect();
        if listed.is_empty() {
            continue;
        }
        let more = match dates.len() - listed.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(text, "{what}: {}{more}.", listed.join(", "));
    }
    if !report.made.failures.is_empty() {
        let _ = writeln!(
            text,
            "{} could not be scored where tables were made again; see the table `failures`.",
            counted(report.made.failures.len(), "call")
        );
    }
    text
}
