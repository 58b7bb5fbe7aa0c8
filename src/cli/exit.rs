//! How the command ends, for shells and schedulers.

use std::process::ExitCode;

use super::complain;
use crate::batch::BatchError;
use crate::batch::publish::PublishError;
use crate::batch::store::{self, StoreError};
use crate::batch::supervise::SuperviseError;
use crate::batch::worker::with_causes;
use crate::log::Event;
use crate::report::ReportError;

/// The codes, for `--help`.
pub(super) const HELP: &str = "\
Exit codes:
  0    all well
  1    done, but some recordings failed (see the table `failures`), cases of a rubric did, or
       ratings could not be taken at the end of a night
  2    the command line, the configuration, a rubric, the table of calls or the model cannot be used
  3    internal error
  4    another run holds the output folder
  75   worth trying again: the disk is full or failing, or a drive or the network went away
  130  stopped by Ctrl-C
  143  stopped by SIGTERM";

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0.
    Well,
    /// 1: the tables are published, but some recordings are in `failures`, or the ratings cannot
    /// be used; or some cases of a rubric have other answers than expected.
    SomeFailed,
    /// 2: something that a person has to mend before anything is done.
    Usage,
    /// 3.
    Internal,
    /// 4: another run holds the output folder.
    Held,
    /// 75 (`EX_TEMPFAIL`): trying again later may help.
    TryAgain,
    /// 128 + the signal's number.
    Signal(i32),
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Well => 0,
            Exit::SomeFailed => 1,
            Exit::Usage => 2,
            Exit::Internal => 3,
            Exit::Held => 4,
            Exit::TryAgain => 75,
            Exit::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// Tells a person about an error of the batch, and turns it into a code.
pub(super) fn report(error: &BatchError) -> Exit {
    if let Some(signal) = signal_of(error) {
        return stopped(signal, "what is done is kept, run again to go on");
    }
    if let BatchError::NothingToRetry { failures } = error {
        super::retry::say_nothing(*failures);
        return Exit::Well;
    }
    let (hint, exit) = match error {
        BatchError::Store(e)
        | BatchError::Publish(PublishError::Store(e))
        | BatchError::Supervise(SuperviseError::Store(e)) => (e.hint(), store_exit(e)),
        BatchError::Publish(
            PublishError::Io { source, .. }
            | PublishError::Report(ReportError::Write { source, .. }),
        ) => (store::hint_for(source), disk_exit(source)),
        BatchError::Supervise(SuperviseError::Start(source)) => (
            Some(
                "if this machine has too little memory or too many processes now, run again later",
            ),
            start_exit(source),
        ),
        BatchError::Supervise(SuperviseError::Model(_)) => (
            Some("check the file with `callibrate model check`"),
            Exit::Usage,
        ),
        BatchError::NothingStored(_) | BatchError::NothingScored(_) => (
            Some("run `callibrate run` first, or name another folder with --out"),
            Exit::Usage,
        ),
        BatchError::NoSuchDate { .. } => (
            Some("dates are written YYYY-MM-DD and are the calls' local start dates"),
            Exit::Usage,
        ),
        BatchError::Changed(_) => (
            Some("a run publishes there; try again in a moment"),
            Exit::TryAgain,
        ),
        BatchError::Input(_) => (None, Exit::Usage),
        BatchError::Publish(_)
        | BatchError::Supervise(_)
        | BatchError::Threads(_)
        | BatchError::NothingToRetry { .. } => (None, Exit::Internal),
    };
    complain(&with_causes(error), hint);
    exit
}

/// Tells a person that a signal ended the command, and what is left of it.
pub(super) fn stopped(signal: i32, left: &str) -> Exit {
    Event::warning("stopped")
        .with("signal", signal)
        .say(&format!("callibrate stopped on signal {signal}; {left}"));
    Exit::Signal(signal)
}

pub(super) fn signal_of(error: &BatchError) -> Option<i32> {
    match error {
        BatchError::Supervise(SuperviseError::Signal(signal))
        | BatchError::Publish(PublishError::Signal(signal)) => Some(*signal),
        _ => None,
    }
}

fn store_exit(error: &StoreError) -> Exit {
    match error {
        StoreError::Held { .. } => Exit::Held,
        StoreError::Io { source, .. } => disk_exit(source),
        StoreError::Damaged { .. } => Exit::Usage,
        StoreError::Gone { .. } => Exit::TryAgain,
    }
}

fn start_exit(source: &std::io::Error) -> Exit {
    use std::io::ErrorKind;
    match source.kind() {
        ErrorKind::WouldBlock | ErrorKind::OutOfMemory => Exit::TryAgain,
        _ => disk_exit(source),
    }
}

pub(super) fn disk_exit(source: &std::io::Error) -> Exit {
    use std::io::ErrorKind;
    match source.kind() {
        _ if store::may_pass(source) => Exit::TryAgain,
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidInput => Exit::Usage,
        _ => Exit::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_what_the_help_says() {
        let all = [
            Exit::Well,
            Exit::SomeFailed,
            Exit::Usage,
            Exit::Internal,
            Exit::Held,
            Exit::TryAgain,
            Exit::Signal(2),
            Exit::Signal(15),
        ];
        let said: Vec<u8> = HELP
            .lines()
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        assert_eq!(all.map(Exit::code).to_vec(), said);
    }
}
