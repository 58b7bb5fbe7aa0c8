//! `callibrate status`: what is stored, what is missing, and what to do about it.
//!
//! Looks only, so it may be asked at any time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::exit::{self, Exit};
use super::{Place, complain, run, tell, tell_json};
use crate::batch::status::{self, Again, Files, LastRun, Status};
use crate::batch::store::StoreError;
use crate::config::Settings;
use crate::log::{visible, visible_path};

/// Dates, and failures of a kind, that are listed.
const LISTED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    place: Place,
    /// For machines: everything as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn status(args: StatusArgs) -> Exit {
    let settings = match run::settings(args.place.flags()) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    let status = match status::status(&settings.out, &people(&settings)) {
        Ok(status) => status,
        Err(error) => return refuse(error),
    };
    if args.json {
        // `null` where nothing was ever stored.
        tell_json(&status);
        return Exit::Well;
    }
    match status {
        Some(status) => {
            let zone = settings.zone.unwrap_or_else(TimeZone::system);
            tell(text(&status, &zone));
        }
        None => tell(format_args!(
            "Nothing is stored in {} yet; `callibrate run` fills it.",
            visible_path(&settings.out)
        )),
    }
    Exit::Well
}

/// What calibration reads.
fn people(settings: &Settings) -> Vec<PathBuf> {
    let files = &settings.calibration;
    if files.ratings.is_empty() {
        return Vec::new();
    }
    let others = [&files.outcomes, &files.coaching, &files.accuracy];
    let others = others.into_iter().flatten();
    files.ratings.iter().chain(others).cloned().collect()
}

/// Says why a store cannot be looked into.
pub(super) fn refuse(error: StoreError) -> Exit {
    match error {
        StoreError::Io { path, source, .. } if source.kind() == io::ErrorKind::NotFound => {
            complain(
                &format!("look into {}: there is no such folder", visible_path(&path)),
                Some(
                    "is its drive mounted? Else name another with --out, or `callibrate run` first",
                ),
            );
            Exit::Usage
        }
        StoreError::Io { path, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            complain(
                &format!("look into {}: {source}", visible_path(&path)),
                Some("the store can be read by the user of the night alone: be that user"),
            );
            Exit::Usage
        }
        error => exit::report(&error.into()),
    }
}

fn text(status: &Status, zone: &TimeZone) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}\n", visible_path(&status.out));
    write_stock(&mut text, status);
    if status.runs.is_empty() {
        text.push_str("\nNo run has come to its end here yet.\n");
    }
    for run in &status.runs {
        write_run(&mut text, run, zone);
    }
    write_remarks(&mut text, status);
    text
}

fn write_stock(text: &mut String, status: &Status) {
    let span = match (status.dates.first(), status.dates.last()) {
        (Some(first), Some(last)) if first == last => format!(" of {first}"),
        (Some(first), Some(last)) => format!(
            " from {first} to {last}, on {}",
            counted(status.dates.len(), "day")
        ),
        _ => String::new(),
    };
    let _ = writeln!(text, "  stored   {}{span}", counted(status.calls, "call"));
    let store = status.other_store.bytes;
    let all = status.transcripts.bytes + store + status.tables.bytes;
    let _ = writeln!(
        text,
        "  size     {}: {} of transcripts, {} of tables, {} of the rest",
        size(all),
        size(status.transcripts.bytes),
        size(status.tables.bytes),
        size(store)
    );
    let now = match (status.held_by, status.holder_known) {
        (Some(id), _) => {
            format!("a run is at work (process {id}); what stands here can change meanwhile")
        }
        (None, true) => "no run is at work on this machine".to_string(),
        (None, false) => "whether a run is at work cannot be told here".to_string(),
    };
    let _ = writeln!(text, "  now      {now}");
}

fn write_run(text: &mut String, run: &LastRun, zone: &TimeZone) {
    let record = &run.record;
    let meaning = match record.exit_code {
        0 => "nothing failed",
        1 => "some recordings failed",
        _ => "see `callibrate --help`",
    };
    let _ = writeln!(
        text,
        "\nLast `{}`: began {}, took {}; {meaning}",
        visible(&record.command),
        moment(record.started_ms, zone),
        duration(record.wall_ms)
    );
    if record.command == "forget" {
        // The table `forgotten` tells of it.
    } else if !record.listens() {
        let scored = counted(record.reused, "stored call");
        let _ = writeln!(text, "  {scored}, {} failed", grouped(record.failed as u64));
    } else {
        let _ = writeln!(
            text,
            "  {}: {} transcribed, {} reused, {} failed",
            counted(record.recordings, "recording"),
            grouped(record.transcribed as u64),
            grouped(record.reused as u64),
            grouped(record.failed as u64)
        );
    }
    for (again, heading) in [
        (Again::MayHelp, "Trying again may help"),
        (
            Again::AfterMending,
            "Something beside the recording has to be mended first",
        ),
        (
            Again::NotAsItIs,
            "Trying again will not help: it takes another copy, or another format",
        ),
    ] {
        let failures: Vec<_> = run.failures.iter().filter(|f| f.again == again).collect();
        if failures.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n  {heading}: {}", grouped(failures.len() as u64));
        for failure in failures.iter().take(LISTED) {
            let failure = &failure.failure;
            let (file, message) = (visible(&failure.file), visible(&failure.message));
            let _ = writeln!(text, "    {file}: {message}");
            if let Some(hint) = &failure.hint {
                let _ = writeln!(text, "        hint: {}", visible(hint));
            }
        }
        if failures.len() > LISTED {
            let more = grouped((failures.len() - LISTED) as u64);
            let _ = writeln!(text, "    … and {more} more in the table `failures`");
        }
    }
}

/// What a person should know or do, one remark each.
fn write_remarks(text: &mut String, status: &Status) {
    let remarks = remarks(status);
    if remarks.is_empty() {
        if status.calls > 0 {
            text.push_str("\nThe tables are up to date.\n");
        }
        return;
    }
    text.push_str("\nTo know\n");
    for remark in remarks {
        let _ = writeln!(text, "  - {remark}");
    }
}

fn remarks(status: &Status) -> Vec<String> {
    let mut remarks = Vec::new();
    let held = status.held_by.is_some();
    if let Some(process) = &status.stopped {
        remarks.push(format!(
            "the last command that worked here ({process}) was stopped or failed: its messages say \
             why. Run it again to go on"
        ));
    }
    if status.publishing && !held {
        remarks.push(
            "a run was stopped while it published: the next `run` or `score` completes it".into(),
        );
    }
    if !status.stale_dates.is_empty() {
        let who = if held {
            "the run at work, or the next one, makes them anew"
        } else {
            "the next `run` or `score` makes them anew"
        };
        let dates = listed(&status.stale_dates);
        remarks.push(format!("tables are older than the calls of {dates}: {who}"));
    }
    if !status.unpublished_dates.is_empty() {
        let dates = listed(&status.unpublished_dates);
        let who = if held {
            "the run at work makes them"
        } else {
            "`callibrate score` makes them"
        };
        remarks.push(format!("no tables yet, or not all, of {dates}: {who}"));
    }
    if !status.other_schema_dates.is_empty() {
        let dates = listed(&status.other_schema_dates);
        remarks.push(format!(
            "tables have the columns of another version of callibrate on {dates}: \
             `callibrate score --all` writes them anew"
        ));
    }
    if !status.left_out.is_empty() {
        remarks.push(format!(
            "stored and not in the tables: {}. They came by `transcribe`, or could not be scored; \
             `callibrate score` tries",
            by_date(&status.left_out)
        ));
    }
    if !status.without_transcript.is_empty() {
        remarks.push(format!(
            "the transcript is missing: {}. `callibrate run` makes it again if the recording is \
             still there",
            by_date(&status.without_transcript)
        ));
    }
    if status.quarantined > 0 {
        let recordings = counted(status.quarantined, "recording");
        let them = if status.quarantined == 1 {
            "it"
        } else {
            "them"
        };
        remarks.push(format!(
            "{recordings} ended the recogniser, and no run tries {them} again: \
             `callibrate retry --quarantined` does"
        ));
    }
    if status.copies_left > 0 {
        let copies = match status.copies_left {
            1 => "1 muted copy has".to_string(),
            n => format!("{} muted copies have", grouped(n as u64)),
        };
        remarks.push(format!(
            "{copies} to go and could not be removed: bring back the folder, and the next command \
             removes what is left there; `callibrate clean` lists it"
        ));
    }
    remarks.extend(of_calibration(status));
    let Files { count, bytes } = status.unused_transcripts;
    if count > 0 {
        remarks.push(format!(
            "no call uses {} ({}). A run that was stopped left them for the next one, or the model, \
             the settings or the recordings have changed since",
            counted(count as usize, "transcript"),
            size(bytes)
        ));
    }
    for damaged in status.damaged.iter().take(LISTED) {
        remarks.push(format!(
            "callibrate failed to {}: remove that file, and what it is made from is read again",
            visible(damaged)
        ));
    }
    if status.damaged.len() > LISTED {
        let more = grouped((status.damaged.len() - LISTED) as u64);
        remarks.push(format!("… and {more} more that are damaged alike"));
    }
    remarks
}

fn of_calibration(status: &Status) -> Vec<String> {
    let calibration = &status.calibration;
    let mut remarks = Vec::new();
    if calibration.asked && !calibration.there {
        remarks.push(
            "ratings are named, and there are no tables of calibration: `callibrate calibrate` \
             makes them, or says why not"
                .to_string(),
        );
    }
    if !calibration.newer_answers.is_empty() {
        let dates = listed(&calibration.newer_answers);
        remarks.push(format!(
            "calibration is older than the answers of {dates}: `callibrate calibrate` renews it"
        ));
    }
    let names = |files: &[PathBuf]| {
        let names: Vec<String> = files.iter().map(|file| visible_path(file)).collect();
        listed(&names)
    };
    if !calibration.newer_files.is_empty() {
        let files = names(&calibration.newer_files);
        remarks.push(format!(
            "calibration is older than {files}: `callibrate calibrate` renews it"
        ));
    }
    if !calibration.missing_files.is_empty() {
        let files = names(&calibration.missing_files);
        remarks.push(format!("{files}: named for calibration, and not there"));
    }
    remarks
}

fn by_date(counts: &BTreeMap<String, usize>) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(date, count)| format!("{} of {date}", counted(*count, "call")))
        .collect();
    listed(&parts)
}

fn listed(names: &[String]) -> String {
    let shown = &names[..names.len().min(LISTED)];
    let more = names.len() - shown.len();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), grouped(more as u64)),
    }
}

pub(super) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count as u64))
}

/// With a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// In units of a thousand, as disks are sold.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(value < 9.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

fn moment(ms: i64, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => "at a time that no clock shows".to_string(),
    }
}

fn duration(ms: i64) -> String {
    let seconds = (ms.max(0) as u64).div_ceil(1000);
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        (0, _) if seconds < 60 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{} h {minutes} min", grouped(hours)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(size(0), "0.0 kB");
        assert_eq!(size(40_960), "41 kB");
        assert_eq!(size(999_600), "1.0 MB");
        assert_eq!(size(1_234_000_000), "1.2 GB");
        assert_eq!(duration(1), "1 s");
        assert_eq!(duration(60_001), "2 min");
        assert_eq!(duration(3_600_001), "1 h 1 min");
    }
}
