//! `callibrate rubric`: what a coach does with a form before calls are judged by it.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::exit::Exit;
use super::rubric_diff::{self, DiffArgs};
use super::{complain, print, tell};
use crate::batch::worker::with_causes;
use crate::log::{self, Event, visible_path};
use crate::rubric::cases::{self, FindError};
use crate::rubric::diagnostics::{self, Severity};
use crate::rubric::{self, RubricError, explain, import, lint, schema};

#[derive(Debug, Subcommand)]
pub(super) enum RubricCommand {
    /// Say what is wrong with rubrics, and what their authors can hardly mean
    Check {
        /// Rubric files, or names of built-in ones
        #[arg(required = true, value_name = "RUBRIC")]
        rubrics: Vec<String>,
    },
    /// Print a JSON Schema of rubrics, for editors
    Schema,
    /// Print a form in plain words, for the agents who are judged by it
    Explain {
        /// A rubric file, or the name of a built-in one
        rubric: String,
    },
    /// Make a rubric of a spreadsheet with a question in each row (CSV or XLSX)
    Import {
        spreadsheet: PathBuf,
        /// Where to write the rubric; without it, it is printed
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Judge the pieces of talk beside rubrics, and compare the answers with those expected
    Test {
        /// Rubric files, names of built-in ones, or files of cases (NAME.test.yaml)
        #[arg(required = true, value_name = "RUBRIC")]
        rubrics: Vec<String>,
    },
    /// Judge all stored calls by two versions of a form: which answers, verdicts and scores change
    Diff(DiffArgs),
}

pub(super) fn rubric(command: RubricCommand) -> Exit {
    match command {
        RubricCommand::Check { rubrics } => check(&rubrics),
        RubricCommand::Schema => {
            tell(schema::SCHEMA);
            Exit::Well
        }
        RubricCommand::Explain { rubric } => explain(&rubric),
        RubricCommand::Import { spreadsheet, out } => import(&spreadsheet, out.as_deref()),
        RubricCommand::Test { rubrics } => test(&rubrics),
        RubricCommand::Diff(args) => rubric_diff::diff(&args),
    }
}

/// All files are looked at, whatever is wrong with the first.
fn check(names: &[String]) -> Exit {
    let mut exit = Exit::Well;
    for name in names {
        match check_one(name) {
            Ok(0) => tell(format_args!("{name}: nothing to complain about")),
            Ok(1) => tell(format_args!("{name}: can be used; 1 warning")),
            Ok(warnings) => tell(format_args!("{name}: can be used; {warnings} warnings")),
            Err(error) => exit = refuse(&error),
        }
    }
    exit
}

/// Prints the warnings, and says how many there are.
fn check_one(name: &str) -> Result<usize, RubricError> {
    let text = rubric::text(name)?;
    let warnings = lint::lint(&text, name)?;
    if !warnings.is_empty() {
        let message = diagnostics::render(Severity::Warning, &warnings, name, &text);
        Event::warning("warning").say_as(&message, &format!("{message}\n"));
    }
    Ok(warnings.len())
}

pub(super) fn refuse(error: &RubricError) -> Exit {
    complain(&with_causes(error), error.hint().as_deref());
    Exit::Usage
}

/// All files are run, whatever fails in the first.
fn test(names: &[String]) -> Exit {
    let mut exit = Exit::Well;
    for name in names {
        match test_one(name) {
            Ok(true) => {}
            Ok(false) if exit == Exit::Well => exit = Exit::SomeFailed,
            Ok(false) => {}
            Err(error) => {
                complain(&with_causes(&error), error.hint().as_deref());
                exit = Exit::Usage;
            }
        }
    }
    exit
}

/// Whether all answers were those expected.
fn test_one(name: &str) -> Result<bool, FindError> {
    let found = cases::find(name)?;
    let report = cases::run(&found.cases, &found.rubric, &found.text, &found.path)?;
    let failures = cases::describe_failures(&report, &found.path);
    if !failures.is_empty() {
        tell(failures);
    }
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    tell(format_args!(
        "{}: {}, {}: {}",
        found.path,
        plural(report.cases, "case"),
        plural(report.expectations, "answer"),
        match report.failed.len() {
            0 => "all as expected".to_string(),
            failed => format!("{failed} not as expected"),
        }
    ));
    Ok(report.failed.is_empty())
}

fn explain(name: &str) -> Exit {
    match rubric::read(name) {
        Ok(rubric) => {
            tell(explain::explain(&rubric));
            Exit::Well
        }
        Err(error) => refuse(&error),
    }
}

fn import(spreadsheet: &Path, out: Option<&Path>) -> Exit {
    let imported = match import::import(spreadsheet) {
        Ok(imported) => imported,
        Err(error) => {
            complain(&with_causes(&error), Some(&error.hint()));
            return Exit::Usage;
        }
    };
    for note in &imported.notes {
        Event::info("note").say_as(note, &format!("note: {note}"));
    }
    let Some(out) = out else {
        // The same as in a file: a form is the centre's own, with the addresses that it names.
        print(&log::harmless(&imported.yaml));
        return Exit::Well;
    };
    // Never overwrites what a person may have edited.
    if let Err(error) = super::init::write_new(out, &imported.yaml) {
        complain(
            &format!("write {}: {error}", visible_path(out)),
            Some("name a new file in a folder that you may write to"),
        );
        return Exit::Usage;
    }
    let (sections, questions) = (imported.sections, imported.questions);
    let out = visible_path(out);
    tell(format_args!(
        "wrote {out}: {questions} questions in {sections} sections, all answered by a person\n\
         Next: write rules for those that callibrate can answer, then `callibrate rubric check {out}`."
    ));
    Exit::Well
}
