//! `callibrate export`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::exit::{self, Exit};
use super::status::{counted, grouped, size};
use super::{Place, run, status, tell_done};
use crate::batch::BatchError;
use crate::batch::export::{
    CallForm, Days, ExportedCalls, ExportedTables, TableForm, export_calls, export_tables,
};
use crate::batch::store::StoreError;
use crate::log::{self, visible_path};
use crate::report::export::Ended;

#[derive(Debug, Subcommand)]
pub(super) enum ExportCommand {
    /// Tables as CSV files in a folder, for spreadsheets
    Csv(TablesArgs),
    /// Tables as sheets of one Excel workbook; `words` only where it is named
    Xlsx(TablesArgs),
    /// Tables as one Parquet file each in a folder, with `date` as a column
    Parquet(TablesArgs),
    /// Words of calls as WebVTT subtitles
    Vtt(CallsArgs),
    /// Calls as vCons: transcript and quality result
    Vcon(CallsArgs),
}

#[derive(Debug, Args)]
pub(super) struct TablesArgs {
    /// File (xlsx) or folder to write; it must not be there yet, or be an empty folder
    #[arg(value_name = "PLACE")]
    to: PathBuf,
    /// Table, such as scores; may be given several times. Without it all that there are
    #[arg(long = "table", value_name = "T")]
    tables: Vec<String>,
    #[command(flatten)]
    days: DaysArgs,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
pub(super) struct CallsArgs {
    /// File to write for one call, such as c1042.vtt, or a folder for any number; neither may be
    /// there yet, but for an empty folder
    #[arg(value_name = "PLACE")]
    to: PathBuf,
    /// Id of a call; may be given several times
    #[arg(
        long = "call",
        value_name = "ID",
        required_unless_present_any = ["date", "from", "until"],
        conflicts_with_all = ["date", "from", "until"]
    )]
    calls: Vec<String>,
    #[command(flatten)]
    days: DaysArgs,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct DaysArgs {
    /// One day
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with_all = ["from", "until"])]
    date: Option<Date>,
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Last day
    #[arg(long = "to", id = "until", value_name = "YYYY-MM-DD")]
    until: Option<Date>,
}

impl DaysArgs {
    fn days(&self) -> Days {
        Days {
            from: self.date.or(self.from),
            to: self.date.or(self.until),
        }
    }
}

pub(super) fn export(command: ExportCommand) -> Exit {
    match command {
        ExportCommand::Csv(args) => tables(TableForm::Csv, args),
        ExportCommand::Xlsx(args) => tables(TableForm::Xlsx, args),
        ExportCommand::Parquet(args) => tables(TableForm::Parquet, args),
        ExportCommand::Vtt(args) => calls(CallForm::Vtt, args),
        ExportCommand::Vcon(args) => calls(CallForm::Vcon, args),
    }
}

fn tables(form: TableForm, args: TablesArgs) -> Exit {
    let (settings, signals) = match run::prepare(args.place.flags()) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    let days = args.days.days();
    match export_tables(&settings, &signals, form, &args.tables, days, &args.to) {
        Ok(exported) => {
            warn_of_stale(&exported.stale);
            tell_done(tables_text(&exported, form, &visible_path(&args.to)));
            Exit::Well
        }
        Err(error) => refuse(error),
    }
}

fn calls(form: CallForm, args: CallsArgs) -> Exit {
    let (settings, signals) = match run::prepare(args.place.flags()) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    let days = args.days.days();
    match export_calls(&settings, &signals, form, &args.calls, days, &args.to) {
        Ok(exported) => {
            warn_of_stale(&exported.stale);
            tell_done(calls_text(&exported, &visible_path(&args.to)));
            match exported.unread {
                0 => Exit::Well,
                _ => Exit::SomeFailed,
            }
        }
        Err(error) => refuse(error),
    }
}

fn refuse(error: BatchError) -> Exit {
    if let Some(signal) = exit::signal_of(&error) {
        return exit::stopped(signal, "nothing was exported");
    }
    match error {
        BatchError::Store(error @ StoreError::Io { .. }) => status::refuse(error),
        error => exit::report(&error),
    }
}

fn warn_of_stale(dates: &[String]) {
    let Some(first) = dates.first() else {
        return;
    };
    let more = match dates.len() - 1 {
        0 => String::new(),
        more => format!(" and {}", counted(more, "other day")),
    };
    log::warning(format!(
        "the tables of {first}{more} are older than the calls that are stored; `callibrate score \
         --all` makes them again"
    ));
}

fn tables_text(exported: &ExportedTables, form: TableForm, to: &str) -> String {
    let rows = exported.tables.iter().map(|(_, ended)| ended.rows).sum();
    let dates = match &exported.dates {
        None => String::new(),
        Some((first, last)) if first == last => format!(" of {first}"),
        Some((first, last)) => format!(" from {first} to {last}"),
    };
    let mut text = format!(
        "{} with {} rows{dates} in {to} ({}):\n",
        counted(exported.tables.len(), "table"),
        grouped(rows),
        size(exported.bytes)
    );
    let width = exported.tables.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or(0);
    for (name, ended) in &exported.tables {
        let _ = writeln!(
            text,
            "  {name:<width$}  {:>11}{}",
            grouped(ended.rows),
            parts(ended)
        );
    }
    let cut: u64 = exported.tables.iter().map(|(_, ended)| ended.cut).sum();
    if cut > 0 {
        let _ = writeln!(
            text,
            "{} longer than the 32,767 characters of a cell and cut; Parquet has all of it.",
            match cut {
                1 => "1 text was".to_string(),
                cut => format!("{} texts were", grouped(cut)),
            }
        );
    }
    if let (Some(table), TableForm::Xlsx) = (exported.left_out, form) {
        let _ = writeln!(
            text,
            "Without `{table}`, which is long; --table {table} exports it."
        );
    }
    text
}

/// Which sheets or files a table takes, where it is more than one.
fn parts(ended: &Ended) -> String {
    match &ended.parts[..] {
        [first, .., last] => format!(
            " in {} parts, {first} to {last}: a sheet holds 1,048,576",
            ended.parts.len()
        ),
        _ => String::new(),
    }
}

fn calls_text(exported: &ExportedCalls, to: &str) -> String {
    let calls = counted(exported.calls, "call");
    let mut text = match exported.calls {
        0 => "Nothing was exported.\n".to_string(),
        _ => format!("{calls} in {to} ({})\n", size(exported.bytes)),
    };
    if exported.unscored > 0 {
        let _ = writeln!(
            text,
            "Without a quality result, because no rubric was put to them: {}.",
            counted(exported.unscored, "call")
        );
    }
    if exported.unread > 0 {
        let _ = writeln!(
            text,
            "Not exported, because their transcript is missing or damaged: {}.",
            counted(exported.unread, "call")
        );
    }
    text
}
