//! Trying again what failed in the last run, where it may pass now.
//!
//! Told by the failures of the last run that looked at recordings. What may pass by itself or
//! after mending is tried; a recording that is itself at fault only where its file has changed
//! since, or where a person says so. What is not tried stays a failure of the new run, so that
//! its record is complete. Recordings that are new, or done, are left to the next `run`.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::BatchError;
use super::forget::same_file;
use super::plan::FoundCalls;
use super::status::{self, Again, LastRun};
use super::store::{Failure, StoreView};
use crate::recording::plan::Planned;

/// What to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Also recordings that ended the worker, though they are as they were.
    pub quarantined: bool,
}

impl Retry {
    /// Keeps what is to be tried again; other failures of the last run become failures of this
    /// one as they are.
    ///
    /// # Errors
    /// [`BatchError::NothingToRetry`], or a store that cannot be read.
    pub fn narrow(self, mut found: FoundCalls, out: &Path) -> Result<FoundCalls, BatchError> {
        let Some(last) = last_run(out)? else {
            return Err(BatchError::NothingToRetry { failures: 0 });
        };
        let by_id: BTreeMap<&str, usize> = found
            .calls
            .iter()
            .enumerate()
            .map(|(at, call)| (&*call.meta.call_id, at))
            .collect();
        let mut wanted = vec![false; found.calls.len()];
        let mut still_failing = vec![false; found.failures.len()];
        let mut carried = Vec::new();
        let mut tried = false;
        for failed in &last.failures {
            let failure = &failed.failure;
            let calls: Vec<usize> = match &failure.call_id {
                Some(id) => by_id.get(&**id).copied().into_iter().collect(),
                None => places(&found.calls, |call| {
                    same_file(&call.meta.file, &failure.file)
                }),
            };
            let failures = places(&found.failures, |other| is_same(other, failure));
            let may_pass = match failed.again {
                Again::MayHelp | Again::AfterMending => true,
                Again::NotAsItIs => {
                    let since = last.record.started_ms;
                    self.quarantined && failure.stage == "worker"
                        || calls.iter().any(|at| changed(&found.calls[*at], since))
                }
            };
            if !may_pass || calls.is_empty() && failures.is_empty() {
                carried.push(failure.clone());
                continue;
            }
            tried = true;
            for at in calls {
                wanted[at] = true;
            }
            for at in failures {
                still_failing[at] = true;
            }
        }
        if !tried {
            return Err(BatchError::NothingToRetry {
                failures: last.failures.len(),
            });
        }
        keep(&mut found.calls, &wanted);
        keep(&mut found.failures, &still_failing);
        found.failures.extend(carried);
        Ok(found)
    }
}

/// The last run that looked at recordings.
fn last_run(out: &Path) -> Result<Option<LastRun>, BatchError> {
    let Some(view) = StoreView::of(out)? else {
        return Ok(None);
    };
    let runs = status::last_runs(&view, &mut Vec::new())?;
    Ok(runs.into_iter().find(|run| run.record.listens()))
}

fn places<T>(items: &[T], is_it: impl Fn(&T) -> bool) -> Vec<usize> {
    let found = items.iter().enumerate().filter(|(_, item)| is_it(item));
    found.map(|(at, _)| at).collect()
}

fn keep<T>(items: &mut Vec<T>, wanted: &[bool]) {
    let mut wanted = wanted.iter();
    items.retain(|_| *wanted.next().expect("there is one for each"));
}

fn is_same(one: &Failure, other: &Failure) -> bool {
    match (&one.call_id, &other.call_id) {
        (Some(one), Some(other)) => one == other,
        _ => same_file(&one.file, &other.file),
    }
}

/// Whether a recording was written to or replaced after a moment.
fn changed(call: &Planned, since_ms: i64) -> bool {
    let since = Duration::from_millis(u64::try_from(since_ms).unwrap_or(0));
    let since = SystemTime::UNIX_EPOCH + since;
    std::fs::metadata(&call.path).is_ok_and(|file| last_change(&file) > Some(since))
}

/// A copy may bring the time of its original along; then the system's own tells.
fn last_change(file: &Metadata) -> Option<SystemTime> {
    let written = file.modified().ok();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let seconds = Duration::from_secs(u64::try_from(file.ctime()).ok()?);
        let nanos = Duration::from_nanos(u64::try_from(file.ctime_nsec()).ok()?);
        written.max(SystemTime::UNIX_EPOCH.checked_add(seconds + nanos))
    }
    #[cfg(not(unix))]
    written
}
