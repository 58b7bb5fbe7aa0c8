//! The night: plan, transcribe what is new, score, publish.
//!
//! `run` and `score` share the second half, so they agree. What was done is known by content:
//! the same recording, model and settings are never transcribed twice.

pub mod calibrate;
pub mod clean;
mod coaching;
pub mod diff;
pub mod export;
pub mod forget;
pub mod forgotten;
pub mod import;
pub mod known;
pub mod muted;
pub mod past;
pub mod plan;
pub mod progress;
pub mod prometheus;
pub mod publish;
pub mod redact;
pub mod release;
pub mod renew;
pub mod report;
pub mod retry;
pub mod scored;
pub mod signals;
pub mod staging;
pub mod status;
pub mod store;
pub mod supervise;
pub mod threads;
pub mod worker;

mod excerpts;
mod judge;
mod run;
mod score;

pub use calibrate::calibrate;
pub use release::release;
pub use run::{Mode, Night, Recognition, RunRecord, RunReport, run};
pub use score::{What, score};

use std::path::PathBuf;

use crate::log::visible_path;
use publish::PublishError;
use store::StoreError;
use supervise::SuperviseError;

/// Why a night did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Supervise(#[from] SuperviseError),
    #[error("make threads for scoring")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("find stored calls in {}", visible_path(.0))]
    NothingStored(PathBuf),
    #[error("find scored calls in {}", visible_path(.0))]
    NothingScored(PathBuf),
    #[error("find stored calls of {date}")]
    NoSuchDate { date: String },
    /// No failure of the last run may pass now; so many stay as they are.
    #[error("find anything to try again")]
    NothingToRetry { failures: usize },
    /// Another command published there meanwhile.
    #[error("read the tables in {} as they were: they changed meanwhile", visible_path(.0))]
    Changed(PathBuf),
    #[error("{0}")]
    Input(String),
}
