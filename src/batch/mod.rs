//! The night: plan, transcribe what is new, score, publish.
//!
//! `run` and `score` share the second half, so they agree. What was done is known by content:
//! the same recording, model and settings are never transcribed twice.

pub mod calibrate;
pub mod diff;
pub mod past;
pub mod plan;
pub mod progress;
pub mod publish;
pub mod scored;
pub mod signals;
pub mod staging;
pub mod status;
pub mod store;
pub mod supervise;
pub mod threads;
pub mod worker;

mod judge;
mod run;
mod score;

pub use calibrate::calibrate;
pub use run::{Mode, Night, Recognition, RunRecord, RunReport, run};
pub use score::{What, score};

use std::path::PathBuf;

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
    #[error("score: there are no stored calls in {0}")]
    NothingStored(PathBuf),
    #[error("calibrate: there are no scored calls in {0}")]
    NothingScored(PathBuf),
    #[error("score: there are no stored calls of {date}")]
    NoSuchDate { date: String },
    #[error("{0}")]
    Input(String),
}
