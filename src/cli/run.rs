//! `callibrate run` and `callibrate transcribe`.

use std::path::Path;

use super::exit::{self, Exit};
use super::{RunArgs, TranscribeArgs, complain, tell};
use crate::batch::plan::{self, Plan};
use crate::batch::signals::Signals;
use crate::batch::staging;
use crate::batch::store::{Failure, Store};
use crate::batch::{BatchError, Mode, Night, Recognition, RunRecord, RunReport, threads};
use crate::config::{Flags, Settings};
use crate::rubric::{self, Rubric};

/// Failures that are listed; all of them are in the table.
const LISTED: usize = 10;

pub(super) fn run(args: RunArgs) -> Exit {
    night(args.transcribe, args.rubrics, Mode::Whole)
}

pub(super) fn transcribe(args: TranscribeArgs) -> Exit {
    night(args, Vec::new(), Mode::TranscribeOnly)
}

fn night(args: TranscribeArgs, rubrics: Vec<String>, mode: Mode) -> Exit {
    let dry_run = args.dry_run;
    let flags = Flags {
        recordings: args.recordings,
        rubrics,
        model: args.model,
        ..args.common.flags()
    };
    let settings = match settings(flags) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let rubrics = match mode {
        Mode::Whole => match read_rubrics(&settings.rubrics) {
            Ok(rubrics) => rubrics,
            Err(exit) => return exit,
        },
        Mode::TranscribeOnly => Vec::new(),
    };
    if dry_run {
        return match show_plan(&settings, &rubrics) {
            Ok(()) => Exit::Well,
            Err(error) => exit::report(&error),
        };
    }
    let signals = match listen() {
        Ok(signals) => signals,
        Err(exit) => return exit,
    };
    let night = Night {
        settings: &settings,
        rubrics: &rubrics,
        mode,
        signals: &signals,
    };
    match crate::batch::run(&night) {
        Ok(report) => {
            let exit = conclude(&report, &settings.out);
            match mode {
                Mode::Whole => super::calibrate::after_night(&settings, &signals, exit),
                Mode::TranscribeOnly => exit,
            }
        }
        Err(error) => exit::report(&error),
    }
}

/// Settings from flags and file, or the exit after saying what is wrong.
pub(super) fn settings(flags: Flags) -> Result<Settings, Exit> {
    Settings::resolve(flags).map_err(|e| {
        complain(&crate::batch::worker::with_causes(&e), Some(e.hint()));
        Exit::Usage
    })
}

/// All rubrics, or the exit after saying what is wrong with the first that cannot be used.
pub(super) fn read_rubrics(names: &[String]) -> Result<Vec<Rubric>, Exit> {
    let mut rubrics: Vec<Rubric> = Vec::new();
    for name in names {
        let rubric = rubric::read(name).map_err(|e| super::rubric::refuse(&e))?;
        rubrics.push(rubric);
    }
    rubric::succeed_each_other(&mut rubrics).map_err(|message| {
        complain(
            &format!("use the rubrics: {message}"),
            Some(
                "give each rubric an id of its own; versions of one need a `version` and a `valid_from` of their own",
            ),
        );
        Exit::Usage
    })?;
    Ok(rubrics)
}

pub(super) fn listen() -> Result<Signals, Exit> {
    Signals::listen().map_err(|e| {
        complain(&format!("listen for signals: {e}"), None);
        Exit::Internal
    })
}

/// Prints the summary, says where the tables are, and ends with the right code.
pub(super) fn conclude(report: &RunReport, out: &Path) -> Exit {
    for warning in &report.warnings {
        eprintln!("warning: {warning}");
    }
    tell(headline(&report.record));
    tell(report.summary.text());
    if !report.failures.is_empty() {
        tell(failure_list(&report.failures));
    }
    let out = out.display();
    match report.record.command.as_str() {
        "transcribe" => tell(format_args!(
            "\nTranscripts are stored in {out}; `callibrate score --out {out}` scores them."
        )),
        _ => tell(format_args!(
            "\nTables are in {out}. One query to try, in DuckDB:\n  \
             SELECT question, answer, count(*) AS calls\n  \
             FROM read_parquet('{out}/answers/date=*/part.parquet', hive_partitioning = true)\n  \
             GROUP BY ALL ORDER BY ALL;"
        )),
    }
    if report.failures.is_empty() {
        Exit::Well
    } else {
        Exit::SomeFailed
    }
}

fn headline(record: &RunRecord) -> String {
    let hours = record.audio_ms as f64 / 3_600_000.0;
    let plural = if record.recordings == 1 { "" } else { "s" };
    let mut text = format!("{} recording{plural}", record.recordings);
    if record.audio_ms > 0 {
        text += &format!(", {hours:.2} hours");
    }
    text += &format!(
        ": {} transcribed, {} reused, {} failed",
        record.transcribed, record.reused, record.failed
    );
    if record.not_eligible > 0 {
        text += &format!(", {} not eligible", record.not_eligible);
    }
    let seconds = record.wall_ms as f64 / 1000.0;
    text += &format!("\ntook {seconds:.1} s with {} jobs", record.jobs);
    if record.transcribed_ms > 0 && record.wall_ms > 0 {
        let speed = record.transcribed_ms as f64 / record.wall_ms as f64;
        text += &format!(", {speed:.0} times real time");
    }
    text + "\n"
}

fn failure_list(failures: &[Failure]) -> String {
    let mut text = format!("\nFailed: {}\n", failures.len());
    for failure in failures.iter().take(LISTED) {
        text += &format!("  {}: {}\n", failure.file, failure.message);
        if let Some(hint) = &failure.hint {
            text += &format!("      hint: {hint}\n");
        }
    }
    if failures.len() > LISTED {
        text += &format!(
            "  … and {} more in the table `failures`\n",
            failures.len() - LISTED
        );
    }
    text
}

fn show_plan(settings: &Settings, rubrics: &[Rubric]) -> Result<(), BatchError> {
    let pool = threads::pool(settings.jobs)?;
    let recognition = Recognition::new(settings)?;
    let key = plan::customer_key(settings, plan::KeyUse::LookOnly)?;
    let contacts = plan::read_contacts(settings, &key)?;
    let plan = plan::read_calls(plan::find_calls(settings, &key)?, &pool);
    tell(format_args!(
        "{}",
        describe(settings, rubrics, &recognition)
    ));
    let hours = plan.stated_ms() as f64 / 3_600_000.0;
    tell(format_args!(
        "recordings  {} files, {hours:.2} hours, {} cannot be used",
        plan.calls.len(),
        plan.failures.len()
    ));
    for failure in plan.failures.iter().take(LISTED) {
        tell(format_args!(
            "            {}: {}",
            failure.file, failure.message
        ));
    }
    if let Some(contacts) = contacts {
        tell(format_args!("contacts    {} rows", contacts.contacts.len()));
    }
    tell(format_args!("{}", estimate(settings, &plan, &recognition)?));
    tell(format_args!("nothing was done (--dry-run)"));
    Ok(())
}

fn describe(settings: &Settings, rubrics: &[Rubric], recognition: &Recognition) -> String {
    let file = settings
        .config
        .as_ref()
        .map_or("none".to_string(), |p| p.display().to_string());
    let calls = settings
        .calls
        .as_ref()
        .map_or("none".to_string(), |p| p.display().to_string());
    let rubrics: Vec<String> = rubrics
        .iter()
        .map(|r| format!("{} version {}", r.rubric, r.version))
        .collect();
    [
        format!("settings    {file}"),
        format!("out         {}", settings.out.display()),
        format!("calls       {calls}"),
        format!("rubrics     {}", rubrics.join(", ")),
        format!(
            "model       {} ({}), language {}",
            recognition.model.name, recognition.model.facts.size, recognition.language
        ),
        format!("jobs        {}", settings.jobs),
        format!(
            "time zone   {}",
            settings
                .zone_name
                .as_deref()
                .unwrap_or("as the table of calls says")
        ),
    ]
    .join("\n")
}

/// From the speed of the last run with this model here; without one, nobody knows.
fn estimate(
    settings: &Settings,
    plan: &Plan,
    recognition: &Recognition,
) -> Result<String, BatchError> {
    if !Store::exists(&settings.out) {
        return Ok("estimate    none yet: the first run measures this machine".to_string());
    }
    let store = Store::open(&settings.out)?;
    staging::recover(&store)?;
    let new: Vec<_> = plan
        .calls
        .iter()
        .filter(|c| !store.has_transcript(&recognition.transcript_key(c)))
        .collect();
    let new_ms: i64 = new.iter().filter_map(|c| c.stated_ms).sum();
    let mut runs: Vec<RunRecord> = Vec::new();
    if let Some(date) = store.run_dates()?.last() {
        runs = store.runs(date)?;
    }
    let speed = runs
        .iter()
        .rev()
        .find(|r| r.settings_key == recognition.settings_key && r.transcribed_ms > 0)
        .map(|r| r.transcribed_ms as f64 / r.wall_ms.max(1) as f64 / r.jobs as f64);
    let stored = plan.calls.len() - new.len();
    Ok(match speed {
        Some(speed) => format!(
            "estimate    {} to transcribe ({stored} are stored), about {:.0} min",
            new.len(),
            (new_ms as f64 / speed / settings.jobs as f64 / 60_000.0).ceil()
        ),
        None => format!(
            "estimate    {} to transcribe ({stored} are stored); no run with this model to judge the time by",
            new.len()
        ),
    })
}
