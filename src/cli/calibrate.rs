//! `callibrate calibrate`.

use std::path::PathBuf;

use clap::Args;

use super::exit::{self, Exit};
use super::{Place, complain, run, tell};
use crate::batch::calibrate::{CalibrateError, Calibrated};
use crate::batch::signals::Signals;
use crate::batch::worker::with_causes;
use crate::config::{Flags, Settings};
use crate::log;
use crate::log::visible_path;

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// Ratings of people: CSV, XLSX or Parquet, one row per answer (docs/ratings.md)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    ratings: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// What happened after calls: satisfaction, resolved, complaint, sale, left
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    /// Who was coached on which question, and when: a table, or coaching notes (YAML)
    #[arg(long, value_name = "FILE")]
    coaching: Option<PathBuf>,
    /// Sensitivity and specificity of questions that were measured elsewhere
    #[arg(long, value_name = "FILE")]
    accuracy: Option<PathBuf>,
    /// Seed of all that is drawn by chance [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Threads [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

pub(super) fn calibrate(args: CalibrateArgs) -> Exit {
    let flags = Flags {
        jobs: args.jobs,
        ratings: args.ratings,
        outcomes: args.outcomes,
        coaching: args.coaching,
        accuracy: args.accuracy,
        seed: args.seed,
        ..args.place.flags()
    };
    let (settings, signals) = match run::prepare(flags) {
        Ok(ready) => ready,
        Err(exit) => return exit,
    };
    match crate::batch::calibrate(&settings, &signals) {
        Ok(calibrated) => {
            conclude(&calibrated);
            tell(format_args!(
                "\nTables are in {}.",
                visible_path(&settings.out.join("calibration"))
            ));
            Exit::Well
        }
        Err(error) => refuse(&error),
    }
}

/// Calibrates at the end of a night, if the settings name ratings. What is published of the night
/// stays, whatever comes of it.
pub(super) fn after_night(settings: &Settings, signals: &Signals, night: Exit) -> Exit {
    let published = matches!(night, Exit::Well | Exit::SomeFailed);
    if settings.calibration.ratings.is_empty() || !published {
        return night;
    }
    tell("");
    match crate::batch::calibrate(settings, signals) {
        Ok(calibrated) => {
            conclude(&calibrated);
            night
        }
        Err(error) => match refuse(&error) {
            Exit::Usage => Exit::SomeFailed,
            other => other,
        },
    }
}

/// Prints the summary, and to standard error what else a person should know.
fn conclude(calibrated: &Calibrated) {
    for warning in &calibrated.warnings {
        log::warning(warning);
    }
    tell(&calibrated.summary);
}

/// Says why nothing was calibrated.
fn refuse(error: &CalibrateError) -> Exit {
    match error {
        CalibrateError::Batch(error) => exit::report(error),
        _ => {
            complain(&with_causes(error), error.hint());
            Exit::Usage
        }
    }
}
