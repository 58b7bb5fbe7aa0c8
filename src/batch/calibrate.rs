//! Calibration: reads the published tables and what people say, and publishes what follows.
//!
//! The tables of `calibration/` are written anew each time, from all ratings that are named. A
//! file that cannot be taken stops it before anything is written; earlier tables stay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::plan;
use super::scored::ScoredCalls;
use super::signals::Signals;
use super::staging::{self, Staging};
use super::store::Store;
use super::{BatchError, threads};
use crate::calibration::ratings::{self, Accuracy, Coached, Forms, Outcome, Refused, Taken};
use crate::calibration::{self, Extras, Figures};
use crate::config::{CalibrationFiles, Settings};
use crate::recording::agents::Agents;
use crate::report::rows::calibration as rows;
use crate::report::{Cell, tables};
use crate::sheet::{self, Row, Sheet, SheetError};

/// What came of it.
pub struct Calibrated {
    /// For people to read.
    pub summary: String,
    pub warnings: Vec<String>,
}

/// Nothing was calibrated.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Sheet(#[from] SheetError),
    #[error("calibrate without ratings")]
    NoRatings,
}

impl CalibrateError {
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            CalibrateError::Batch(_) => None,
            CalibrateError::Refused(refused) => Some(refused.hint()),
            CalibrateError::Sheet(error) => error.hint(),
            CalibrateError::NoRatings => {
                Some("name them with --ratings FILE, or as `ratings` in callibrate.toml")
            }
        }
    }
}

/// Calibrates the scored calls of an output folder.
pub fn calibrate(settings: &Settings, signals: &Signals) -> Result<Calibrated, CalibrateError> {
    if settings.calibration.ratings.is_empty() {
        return Err(CalibrateError::NoRatings);
    }
    if !Store::exists(&settings.out) {
        return Err(BatchError::NothingScored(settings.out.clone()).into());
    }
    let pool = threads::pool(settings.jobs).map_err(BatchError::from)?;
    let store = Store::open(&settings.out).map_err(BatchError::from)?;
    let store = store.for_readers(settings.people.readers);
    staging::recover(&store).map_err(BatchError::from)?;
    let agents = plan::agents(settings, plan::KeyUse::Rehearse)?;
    plan::hold_agents(&store, agents.as_ref())?;
    let mut calibrated = calibrate_stored(&store, settings, agents, &pool, signals)?;
    calibrated.warnings.extend(store.warnings());
    store.sign_off().map_err(BatchError::from)?;
    Ok(calibrated)
}

/// The same, of a store that is held.
fn calibrate_stored(
    store: &Store,
    settings: &Settings,
    agents: Option<Agents>,
    pool: &rayon::ThreadPool,
    signals: &Signals,
) -> Result<Calibrated, CalibrateError> {
    let files = &settings.calibration;
    let mut scored = ScoredCalls::read(store, pool, signals)?;
    scored.forms.pseudonyms = agents.map(Arc::new);
    let said = Said::read(files, &scored.forms)?;
    scored.base.add_ratings(&said.ratings.rows);
    let extras = Extras {
        outcomes: &said.outcomes,
        coaching: &said.coaching,
        accuracy: &said.accuracy,
        seed: files.seed,
    };
    let mut figures = pool.install(|| calibration::calibrate(&scored.base, &extras));
    let minimum = settings.people.minimum_group;
    calibration::groups::withhold(&scored.base, &mut figures, minimum);
    publish(store, &scored, &figures, files.seed)?;
    Ok(Calibrated {
        summary: calibration::summary::summary(&scored.base, &said.ratings.rows, &figures),
        warnings: said.ratings.notices,
    })
}

/// The files of people.
struct Said {
    ratings: Taken<ratings::Rating>,
    outcomes: Vec<Outcome>,
    coaching: Vec<Coached>,
    accuracy: Vec<Accuracy>,
}

impl Said {
    fn read(files: &CalibrationFiles, forms: &Forms) -> Result<Self, CalibrateError> {
        let read = |path: &Path, names: fn(&Row) -> bool| sheet::read(path, &names);
        let mut seen = BTreeSet::new();
        let once = |path: &&PathBuf| {
            let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
            seen.insert(real)
        };
        let sheets: Result<Vec<Sheet>, SheetError> = files
            .ratings
            .iter()
            .filter(once)
            .map(|path| read(path, ratings::names_ratings))
            .collect();
        let mut ratings = ratings::ratings(&sheets?, forms)?;
        let notices = &mut ratings.notices;
        let outcomes = match &files.outcomes {
            Some(path) => {
                let taken = ratings::outcomes(&read(path, ratings::names_outcomes)?, forms)?;
                notices.extend(taken.notices);
                taken.rows
            }
            None => Vec::new(),
        };
        let coaching = match &files.coaching {
            Some(path) => {
                let taken = ratings::coaching(&read(path, ratings::names_coaching)?, forms)?;
                notices.extend(taken.notices);
                taken.rows
            }
            None => Vec::new(),
        };
        let accuracy = match &files.accuracy {
            Some(path) => {
                let taken = ratings::accuracy(&read(path, ratings::names_accuracy)?, forms)?;
                notices.extend(taken.notices);
                taken.rows
            }
            None => Vec::new(),
        };
        Ok(Self {
            ratings,
            outcomes,
            coaching,
            accuracy,
        })
    }
}

fn publish(
    store: &Store,
    scored: &ScoredCalls,
    figures: &Figures,
    seed: u64,
) -> Result<(), BatchError> {
    let base = &scored.base;
    let wanted: BTreeSet<(String, String, String)> = figures
        .disagreements
        .iter()
        .map(|d| {
            let question = &base.questions[d.question];
            let rubric = base.forms[question.form].rubric.clone();
            (base.calls[d.call].id.clone(), rubric, question.id.clone())
        })
        .collect();
    let shown = scored.shown(&wanted)?;
    let mut staging = Staging::new(store, vec![("seed".to_string(), seed.to_string())])?;
    let mut stage = |table, rows: Vec<Vec<Cell>>| staging.stage_rows(&table, None, rows);
    let each = |f: &dyn Fn(&calibration::raters::FormRaters) -> Vec<Vec<Cell>>| {
        figures
            .raters
            .iter()
            .flat_map(|(_, raters)| f(raters))
            .collect::<Vec<_>>()
    };
    let agreement = figures.answers.iter().map(|c| rows::agreement_row(base, c));
    stage(tables::agreement(), agreement.collect())?;
    let scores = figures
        .scores
        .iter()
        .map(|c| rows::score_agreement_row(base, c));
    stage(tables::score_agreement(), scores.collect())?;
    let of_raters = |r: &calibration::raters::FormRaters| {
        r.raters.iter().map(|r| rows::rater_row(base, r)).collect()
    };
    stage(tables::raters(), each(&of_raters))?;
    let fair = |r: &calibration::raters::FormRaters| {
        r.fair_scores
            .iter()
            .map(|s| rows::fair_score_row(base, s))
            .collect()
    };
    stage(tables::fair_scores(), each(&fair))?;
    let drift = figures
        .charts
        .iter()
        .flat_map(|c| rows::drift_rows(base, c));
    stage(tables::drift(), drift.collect())?;
    let differ = figures.disagreements.iter();
    let differ = differ.map(|d| rows::disagreement_row(base, d, &shown));
    stage(tables::disagreements(), differ.collect())?;
    let automatic = figures.scorer.automatic.iter();
    let automatic = automatic.map(|row| rows::automatic_row(base, row));
    stage(tables::automatic(), automatic.collect())?;
    let rates = figures.scorer.true_rates.iter();
    let rates = rates.map(|row| rows::true_rate_row(base, row));
    stage(tables::true_rates(), rates.collect())?;
    let fit = |question: usize| {
        figures
            .scorer
            .fit(question)
            .map_or("not_known", |f| f.as_str())
    };
    let practice = |f: &dyn Fn(&calibration::practice::Practice) -> Vec<Vec<Cell>>| {
        figures.practice.iter().flat_map(f).collect::<Vec<_>>()
    };
    stage(
        tables::agents(),
        practice(&|p| rows::agent_rows(base, p, &fit)),
    )?;
    stage(
        tables::followed(),
        practice(&|p| rows::followed_rows(base, p, &figures.withheld)),
    )?;
    let form = practice(&|p| {
        let raters = figures.raters.iter().find(|(form, _)| *form == p.form);
        rows::form_rows(base, p, raters.map(|(_, raters)| raters))
    });
    stage(tables::form(), form)?;
    stage(
        tables::outcomes(),
        practice(&|p| rows::outcome_rows(base, p)),
    )?;
    staging.publish()?;
    Ok(())
}
