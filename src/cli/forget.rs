//! `callibrate forget`.

use std::fmt::Write as _;

use clap::Args;

use super::exit::{self, Exit};
use super::status::counted;
use super::{Place, run, tell};
use crate::batch::forget::{self, Found, Removed, Report, Subject};
use crate::log::{self, visible};

/// Recordings that are listed.
const LISTED: usize = 20;

#[derive(Debug, Args)]
pub(super) struct ForgetArgs {
    /// Ids of calls
    #[arg(long = "call", value_name = "ID", num_args = 1.., required_unless_present = "customers")]
    calls: Vec<String>,
    /// Ids of customers, as in the table of calls
    #[arg(long = "customer", value_name = "ID", num_args = 1..)]
    customers: Vec<String>,
    #[command(flatten)]
    place: Place,
}

pub(super) fn forget(args: ForgetArgs) -> Exit {
    let (settings, signals) = match run::prepare(args.place.flags()) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    let mut subjects: Vec<Subject> = Vec::new();
    let calls = args.calls.into_iter().map(Subject::Call);
    for subject in calls.chain(args.customers.into_iter().map(Subject::Customer)) {
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    match forget::forget(&settings, subjects, &signals) {
        Ok(report) => {
            for warning in report.warnings.iter().chain(&report.removed.notices()) {
                log::warning(warning);
            }
            tell(text(&report));
            if report.failures.is_empty() {
                Exit::Well
            } else {
                Exit::SomeFailed
            }
        }
        Err(error) => exit::report(&error),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for found in &report.subjects {
        let _ = writeln!(text, "{}", of_subject(found));
    }
    write_removed(&mut text, &report.removed);
    if !report.failures.is_empty() {
        let _ = writeln!(
            text,
            "\n{} could not be scored where tables were made again; see the table `failures`.",
            counted(report.failures.len(), "other call")
        );
    }
    text += "\nLeft for you to delete\n";
    for file in report.recordings.iter().take(LISTED) {
        let _ = writeln!(text, "  - the recording {}", visible(file));
    }
    if report.recordings.len() > LISTED {
        let more = report.recordings.len() - LISTED;
        let _ = writeln!(text, "  - {}", counted(more, "more recording"));
    }
    if report.recordings.is_empty() {
        text += "  - the recordings, if there are any\n";
    }
    text += "  - muted copies that were moved or copied elsewhere, if there are any\n";
    text += "  - rows in the table of calls and the table of contacts\n";
    text += "  - rows in files of ratings, outcomes and coaching\n";
    text += "  - copies of the tables, pages and exports, mailed ones too, backups, and messages of earlier\n    runs\n";
    text += "Until then, runs leave these calls out by a keyed hash of their ids.\n";
    text
}

/// What was found of one subject, in a line.
fn of_subject(found: &Found) -> String {
    let (what, id) = match &found.subject {
        Subject::Call(id) => ("Call", id),
        Subject::Customer(id) => ("Customer", id),
    };
    let id = visible(id);
    if found.calls + found.contacts + found.failures == 0 {
        return match found.before {
            true => format!("{what} {id}: forgotten before; nothing was left."),
            false => format!(
                "{what} {id}: nothing is stored. Is the id right? It is noted, and left out from now on."
            ),
        };
    }
    let mut parts = Vec::new();
    if let (Subject::Customer(_), 1..) = (&found.subject, found.calls) {
        parts.push(counted(found.calls, "call"));
    }
    if found.contacts > 0 {
        let rows = counted(found.contacts, "row");
        parts.push(format!("{rows} of the table of contacts"));
    }
    if found.failures > 0 {
        parts.push(counted(found.failures, "failure"));
    }
    match parts.is_empty() {
        true => format!("{what} {id}: forgotten."),
        false => format!("{what} {id}: forgotten, with {}.", parts.join(", ")),
    }
}

fn write_removed(text: &mut String, removed: &Removed) {
    let counts = [
        counted(removed.calls, "call"),
        counted(removed.transcripts, "transcript"),
        counted(removed.contacts, "contact"),
        counted(removed.failures, "failure"),
    ];
    let _ = writeln!(text, "\nRemoved from the store: {}.", counts.join(", "));
    if removed.copies.removed > 0 {
        let copies = counted(removed.copies.removed, "muted recording");
        let _ = writeln!(text, "Removed from the folder of copies: {copies}.");
    }
    for (what, dates) in [
        ("Tables made again of", &removed.made_again),
        (
            "Tables removed, because no call is left, of",
            &removed.emptied,
        ),
    ] {
        if !dates.is_empty() {
            let dates: Vec<&str> = dates.iter().map(String::as_str).collect();
            let _ = writeln!(text, "{what}: {}.", dates.join(", "));
        }
    }
}
