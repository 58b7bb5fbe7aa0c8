//! `callibrate report`.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::exit::{self, Exit};
use super::{Place, complain, run, tell};
use crate::batch::report::{Asked, report as make};
use crate::config::Flags;
use crate::log;
use crate::log::visible_path;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    place: Place,
    /// One night, by the calls' local date [default: the last one]
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with_all = ["from", "to"])]
    date: Option<Date>,
    /// First day of a period
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,
    /// Last day of a period
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    to: Option<Date>,
    /// Minutes that there are to listen
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// Id of a call that is to have a page; may be given several times
    #[arg(long = "call", value_name = "ID")]
    calls: Vec<String>,
    /// Who was coached on which question, and when: coaching notes (YAML), or a table
    #[arg(long, value_name = "FILE")]
    coaching: Option<PathBuf>,
    /// Threads [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

pub(super) fn report(args: ReportArgs) -> Exit {
    let flags = Flags {
        jobs: args.jobs,
        coaching: args.coaching,
        ..args.place.flags()
    };
    let (settings, signals) = match run::prepare(flags) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    let asked = Asked {
        from: args.from.or(args.date),
        to: args.to.or(args.date),
        minutes: args.minutes,
        calls: args.calls,
    };
    if let (Some(from), Some(to)) = (asked.from, asked.to)
        && to < from
    {
        complain(
            &format!("report on the days from {from} to {to}: they end before they begin"),
            Some("give --from the earlier day and --to the later one"),
        );
        return Exit::Usage;
    }
    match make(&settings, &asked, &signals) {
        Ok(reported) => {
            for warning in &reported.warnings {
                log::warning(warning);
            }
            let pages = super::status::counted(reported.pages, "page");
            tell(format_args!(
                "{pages} in {}. Open this one first:\n  {}",
                visible_path(&reported.folder),
                visible_path(&reported.first)
            ));
            Exit::Well
        }
        Err(error) => exit::report(&error),
    }
}
