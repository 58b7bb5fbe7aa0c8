//! `callibrate run` and `callibrate transcribe`.

use std::path::Path;

use super::exit::{self, Exit};
use super::metrics::{Watch, watched};
use super::status::counted;
use super::{RunArgs, TranscribeArgs, complain, tell};
use crate::batch::forget;
use crate::batch::known::Known;
use crate::batch::muted;
use crate::batch::plan::{self, Plan};
use crate::batch::retry::Retry;
use crate::batch::signals::Signals;
use crate::batch::staging;
use crate::batch::store::{Failure, Store};
use crate::batch::{BatchError, Mode, Night, Recognition, RunRecord, RunReport, threads};
use crate::config::{Flags, Settings};
use crate::log::{self, Event, visible, visible_path};
use crate::rubric::{self, Rubric};

/// Failures that are listed; all of them are in the table.
const LISTED: usize = 10;

pub(super) fn run(args: RunArgs) -> Exit {
    night(args, Mode::Whole, None)
}

pub(super) fn transcribe(args: TranscribeArgs) -> Exit {
    let args = RunArgs {
        transcribe: args,
        rubrics: Vec::new(),
        redact_audio: None,
    };
    night(args, Mode::TranscribeOnly, None)
}

pub(super) fn night(args: RunArgs, mode: Mode, retry: Option<Retry>) -> Exit {
    let command = match (mode, retry) {
        (Mode::Whole, None) => "run",
        (Mode::Whole, Some(_)) => "retry",
        (Mode::TranscribeOnly, _) => "transcribe",
    };
    let of_run = &args.transcribe;
    let metrics = of_run.common.metrics.clone();
    let metrics = metrics.filter(|_| !of_run.dry_run);
    watched(command, metrics, |watch| {
        watched_night(args, mode, retry, watch)
    })
}

fn watched_night(args: RunArgs, mode: Mode, retry: Option<Retry>, watch: &mut Watch) -> Exit {
    let RunArgs {
        transcribe: args,
        rubrics,
        redact_audio,
    } = args;
    let dry_run = args.dry_run;
    let flags = Flags {
        recordings: args.recordings,
        rubrics,
        model: args.model,
        follow_links: args.follow_links,
        language: args.language,
        redact_audio,
        ..args.common.flags()
    };
    let settings = match settings(flags) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    if !dry_run {
        watch.settle(&settings);
    }
    let rubrics = match mode {
        Mode::Whole => match read_rubrics(&settings.rubrics) {
            Ok(rubrics) => rubrics,
            Err(exit) => return exit,
        },
        Mode::TranscribeOnly => Vec::new(),
    };
    if dry_run {
        return match show_plan(&settings, &rubrics, retry) {
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
        retry,
        signals: &signals,
    };
    match crate::batch::run(&night) {
        Ok(report) => {
            let exit = conclude(&report, &settings.out);
            watch.report(report);
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

/// What a command that may be stopped goes by: its settings, and the signals.
pub(super) fn prepare(flags: Flags) -> Result<(Settings, Signals), Exit> {
    Ok((settings(flags)?, listen()?))
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
        log::warning(warning);
    }
    note_results(report);
    tell(headline(&report.record));
    tell(report.summary.text());
    if !report.failures.is_empty() {
        tell(failure_list(&report.failures));
    }
    if !report.differing.is_empty() {
        tell(super::release::differing(&report.differing, out));
    }
    if let Some(copies) = &report.copies {
        tell(format_args!(
            "\nMuted copies are in {}: {} made, {} as before.",
            visible_path(&copies.folder),
            copies.made,
            copies.kept
        ));
    }
    let out = visible_path(out);
    match report.record.command.as_str() {
        "transcribe" => tell(format_args!(
            "\nTranscripts are stored in {out}; `callibrate score --out {out}` scores them."
        )),
        _ => tell(format_args!(
            "\nTables are in {out}. One query to try, in DuckDB:\n  \
             SELECT question, answer, count(*) AS calls\n  \
             FROM read_parquet('{}/answers/date=*/part.parquet', union_by_name = true)\n  \
             WHERE scorer = 'automatic' GROUP BY ALL ORDER BY ALL;",
            out.replace('\'', "''")
        )),
    }
    if report.failures.is_empty() {
        Exit::Well
    } else {
        Exit::SomeFailed
    }
}

/// What the log has of a run that came to its end.
fn note_results(report: &RunReport) {
    for failure in &report.failures {
        let (file, message) = (visible(&failure.file), visible(&failure.message));
        Event::warning("failure")
            .with("file", failure.file.as_str())
            .with("call_id", failure.call_id.as_deref())
            .with("stage", failure.stage.as_str())
            .with("reason", failure.reason.as_str())
            .with("hint", failure.hint.as_deref())
            .say_in_json(&format!("{file}: {message}"));
    }
    let record = &report.record;
    Event::info("published")
        .with("run_id", record.run_id.as_str())
        .with("recordings", record.recordings)
        .with("transcribed", record.transcribed)
        .with("reused", record.reused)
        .with("failed", record.failed)
        .with("not_eligible", record.not_eligible)
        .with("audio_seconds", record.audio_ms as f64 / 1000.0)
        .with("transcribed_seconds", record.transcribed_ms as f64 / 1000.0)
        .with("wall_ms", record.wall_ms)
        .say_in_json(headline(record).lines().next().unwrap_or_default());
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
    let jobs = super::status::counted(record.jobs, "job");
    text += &format!("\ntook {seconds:.1} s with {jobs}");
    if record.transcribed_ms > 0 && record.wall_ms > 0 {
        let speed = record.transcribed_ms as f64 / record.wall_ms as f64;
        text += &format!(", {speed:.0} times real time");
    }
    text + "\n"
}

fn failure_list(failures: &[Failure]) -> String {
    let mut text = format!("\nFailed: {}\n", failures.len());
    for failure in failures.iter().take(LISTED) {
        let (file, message) = (visible(&failure.file), visible(&failure.message));
        text += &format!("  {file}: {message}\n");
        if let Some(hint) = &failure.hint {
            text += &format!("      hint: {}\n", visible(hint));
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

fn show_plan(
    settings: &Settings,
    rubrics: &[Rubric],
    retry: Option<Retry>,
) -> Result<(), BatchError> {
    let pool = threads::pool(settings.jobs)?;
    let recognition = Recognition::new(settings)?;
    muted::Folder::check(settings)?;
    let key = plan::customer_key(settings, plan::KeyUse::Rehearse)?;
    let redaction = plan::redaction(settings, &key, plan::KeyUse::Rehearse)?;
    let agents = plan::agents(settings, plan::KeyUse::Rehearse)?;
    let roster = plan::read_roster(settings, agents.as_ref())?;
    let contacts = plan::read_contacts(settings, &key)?;
    let mut found = plan::find_calls(settings, &key, agents.as_ref())?;
    if let Some(retry) = retry {
        found = retry.narrow(found, &settings.out)?;
    }
    let store = match Store::exists(&settings.out) {
        true => {
            let store = Store::open_unsigned(&settings.out)?;
            staging::recover(&store)?;
            Some(store)
        }
        false => None,
    };
    if let Some(store) = &store {
        plan::hold_key(store, &key)?;
        plan::hold_redaction_key(store, &redaction.policy)?;
        plan::hold_agents(store, agents.as_ref())?;
    }
    let ageing = match &store {
        Some(store) => forget::ageing(settings, store, &found)?,
        None => None,
    };
    let mut known = store.as_ref().map(Known::of).unwrap_or_default();
    let plan = plan::read_calls(found, &mut known, &pool);
    for warning in &plan.warnings {
        log::warning(warning);
    }
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
            visible(&failure.file),
            visible(&failure.message)
        ));
    }
    if let Some(contacts) = contacts {
        tell(format_args!("contacts    {} rows", contacts.contacts.len()));
    }
    if let Some(roster) = roster {
        tell(format_args!("agents      {} rows", roster.rows));
    }
    tell(format_args!(
        "{}",
        estimate(settings, store.as_ref(), &plan, &recognition)?
    ));
    if let Some(folder) = &settings.redact_audio {
        tell(format_args!(
            "copies      with silence in place of what is masked, to {}",
            visible_path(folder)
        ));
    }
    if let Some((calls, from)) = ageing {
        tell(format_args!(
            "retention   {} of dates before {from} will be forgotten",
            counted(calls, "stored call")
        ));
    }
    tell(format_args!("nothing was done (--dry-run)"));
    Ok(())
}

fn describe(settings: &Settings, rubrics: &[Rubric], recognition: &Recognition) -> String {
    let file = settings
        .config
        .as_ref()
        .map_or("none".to_string(), |p| visible_path(p));
    let calls = settings
        .calls
        .as_ref()
        .map_or("none".to_string(), |p| visible_path(p));
    let rubrics: Vec<String> = rubrics
        .iter()
        .map(|r| format!("{} version {}", r.rubric, r.version))
        .collect();
    [
        format!("settings    {file}"),
        format!("out         {}", visible_path(&settings.out)),
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
    store: Option<&Store>,
    plan: &Plan,
    recognition: &Recognition,
) -> Result<String, BatchError> {
    let Some(store) = store else {
        return Ok("estimate    none yet: the first run measures this machine".to_string());
    };
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
