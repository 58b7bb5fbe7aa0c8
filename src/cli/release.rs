//! `callibrate release`, and what a run says of released scores that differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use jiff::civil::Date;

use super::exit::{self, Exit};
use super::{Place, run, tell};
use crate::batch::release::{Difference, Differing, Marked, Said};
use crate::log::visible_path;

/// Differing scores that are listed; all of them are in the table.
const LISTED: usize = 5;
/// Dates that are listed one by one.
const DATES: usize = 3;
/// Questions that are listed of each.
const QUESTIONS: usize = 3;

#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// Days whose published scores agents are told; calls' local start dates
    #[arg(long = "date", value_name = "YYYY-MM-DD", required = true, num_args = 1..)]
    dates: Vec<Date>,
    /// Id of a rubric; may be given several times. Without it, all that the days are scored with
    #[arg(long = "rubric", value_name = "ID")]
    rubrics: Vec<String>,
    #[command(flatten)]
    place: Place,
}

pub(super) fn release(args: ReleaseArgs) -> Exit {
    let settings = match run::settings(args.place.flags()) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let dates: BTreeSet<Date> = args.dates.into_iter().collect();
    match crate::batch::release(&settings, &dates, &args.rubrics) {
        Ok(marked) => {
            for date in &marked {
                tell(line(date));
            }
            tell(format_args!(
                "\nThe table `releases` in {} has them beside what the scores are now.",
                visible_path(&settings.out)
            ));
            Exit::Well
        }
        Err(error) => exit::report(&error),
    }
}

fn line(marked: &Marked) -> String {
    let mut parts = Vec::new();
    if marked.first > 0 {
        parts.push(format!("{} released", scores(marked.first)));
    }
    if marked.anew > 0 {
        parts.push(format!(
            "{} released anew, beside what they were",
            scores(marked.anew)
        ));
    }
    if let Some(last) = parts.last_mut()
        && marked.not_eligible > 0
    {
        let _ = write!(last, " (not eligible: {})", marked.not_eligible);
    }
    if parts.is_empty() {
        parts.push("nothing new".to_string());
    }
    if marked.same > 0 {
        parts.push(format!(
            "{} released before and the same",
            scores(marked.same)
        ));
    }
    if marked.gone > 0 {
        parts.push(format!(
            "{} released before and not given any more",
            scores(marked.gone)
        ));
    }
    format!("{}: {}", marked.date, parts.join("; "))
}

fn scores(count: usize) -> String {
    match count {
        1 => "1 score".to_string(),
        n => format!("{n} scores"),
    }
}

/// Tells after a run which released scores differ now.
pub(super) fn differing(differing: &BTreeMap<String, Differing>, out: &Path) -> String {
    let mut text = String::new();
    let all: usize = differing.values().map(|d| d.count).sum();
    let dates: Vec<&String> = differing.keys().collect();
    let (counts, asked) = match dates[..] {
        [first, .., last] if dates.len() > DATES => (
            format!("{all} of {} days from {first} to {last}", dates.len()),
            format!("{first} …"),
        ),
        _ => {
            let count =
                |(date, differing): (&String, &Differing)| format!("{} of {date}", differing.count);
            let counts: Vec<String> = differing.iter().map(count).collect();
            let dates: Vec<&str> = dates.into_iter().map(String::as_str).collect();
            (counts.join(", "), dates.join(" "))
        }
    };
    let _ = writeln!(
        text,
        "\nReleased scores that differ now: {counts} (`releases` has both)"
    );
    let examples: Vec<&Difference> = differing.values().flat_map(|d| &d.examples).collect();
    let listed = &examples[..examples.len().min(LISTED)];
    let id = listed.iter().map(|d| d.call_id.chars().count()).max();
    let form = listed.iter().map(|d| d.rubric.chars().count()).max();
    let (id, form) = (id.unwrap_or(0), form.unwrap_or(0));
    for difference in listed {
        let _ = writeln!(
            text,
            "  {:<id$}  {:<form$}  {}",
            difference.call_id,
            difference.rubric,
            change(difference)
        );
    }
    if all > listed.len() {
        let _ = writeln!(text, "  … and {} more", all - listed.len());
    }
    let _ = writeln!(
        text,
        "  If this is meant, `callibrate release --date {asked} --out {}` releases them anew;\n  \
         if not, score again with the rubric or the model as it was.",
        visible_path(out)
    );
    text
}

fn change(difference: &Difference) -> String {
    let then = given(&difference.then);
    let Some(now) = &difference.now else {
        return format!("{then} → not scored any more");
    };
    let mut text = format!("{then} → {}", given(now));
    let questions = &difference.questions_changed;
    if !questions.is_empty() {
        let more = if questions.len() > QUESTIONS {
            ", …"
        } else {
            ""
        };
        let shown = &questions[..questions.len().min(QUESTIONS)];
        let _ = write!(text, " ({}{more})", shown.join(", "));
    }
    text
}

fn given(said: &Said) -> String {
    match (&said.verdict, said.score) {
        (Some(verdict), Some(score)) => format!("{score:.0} {}", verdict.replace('_', " ")),
        (Some(verdict), None) => verdict.replace('_', " "),
        (None, _) => said.status.replace('_', " "),
    }
}
