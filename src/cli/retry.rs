//! `callibrate retry`.

use clap::Args;

use super::exit::Exit;
use super::status::counted;
use super::{RunArgs, run, tell};
use crate::batch::Mode;
use crate::batch::retry::Retry;

#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Also recordings that ended the recogniser twice, though they are as they were
    #[arg(long)]
    quarantined: bool,
}

pub(super) fn retry(args: RetryArgs) -> Exit {
    let retry = Retry {
        quarantined: args.quarantined,
    };
    run::night(args.run, Mode::Whole, Some(retry))
}

/// Says that there is nothing to try again, and why.
pub(super) fn say_nothing(failures: usize) {
    if failures == 0 {
        tell("Nothing to try again: nothing failed in the last run.");
        return;
    }
    tell(format_args!(
        "Nothing to try again: {} of the last run would fail as before, because the recordings \
         themselves do and have not changed since. `callibrate status` lists them.",
        counted(failures, "failure")
    ));
}
