//! Calibration: reads the published tables and what people say, and publishes what follows.
//!
//! What people answered is kept in the store, and the tables of calls are made again whose rows it
//! changes; then the tables of `calibration/` are written anew, from all ratings that are named. A
//! file that cannot be taken stops it before anything is written; earlier tables stay.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::coaching::Coachings;
use super::forget::{Desk, LOST_FORM};
use super::plan;
use super::run::Clock;
use super::scored::ScoredCalls;
use super::signals::Signals;
use super::staging::{self, Staging};
use super::store::Store;
use super::{BatchError, threads};
use crate::calibration::ratings::{self, Accuracy, Forms, Outcome, Rating, Refused, Taken};
use crate::calibration::record::{PersonAnswer, ScorerKind};
use crate::calibration::{self, Extras, Figures};
use crate::config::{CalibrationFiles, Settings};
use crate::log::visible_path;
use crate::recording::agents::Agents;
use crate::report::html::words::grouped;
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
    #[error("calibrate: no rating stands in {}", files(.0))]
    EmptyRatings(Vec<PathBuf>),
}

fn files(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| visible_path(path)).collect();
    paths.join(", ")
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
            CalibrateError::EmptyRatings(_) => Some(
                "name all files of ratings of the period with --ratings; nothing was taken out of \
                 the tables",
            ),
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
    let said = Said::read(store, files, &mut scored.forms)?;
    scored.base.add_ratings(&said.ratings.rows);
    let extras = Extras {
        outcomes: &said.outcomes,
        coaching: said.coaching.as_ref().map_or(&[], |c| &c.rows),
        accuracy: &said.accuracy,
        seed: files.seed,
    };
    let mut figures = pool.install(|| calibration::calibrate(&scored.base, &extras));
    let minimum = settings.people.minimum_group;
    calibration::groups::withhold(&scored.base, &mut figures, minimum);
    let mut warnings = said.ratings.notices;
    let keep = Keep {
        store,
        settings,
        agents: scored.forms.pseudonyms.as_deref(),
        pool,
        signals,
    };
    warnings.extend(keep.answers(&scored, &said.ratings.rows)?);
    // Last, because these tables rest on those of calls.
    publish(store, &scored, &figures, files.seed)?;
    if let Some(coaching) = &said.coaching {
        coaching.publish(store, minimum)?;
    }
    Ok(Calibrated {
        summary: calibration::summary::summary(&scored.base, &said.ratings.rows, &figures),
        warnings,
    })
}

/// All that keeping people's answers needs.
struct Keep<'a> {
    store: &'a Store,
    settings: &'a Settings,
    agents: Option<&'a Agents>,
    pool: &'a rayon::ThreadPool,
    signals: &'a Signals,
}

impl Keep<'_> {
    /// Keeps what people answered, and makes the tables of calls again that say otherwise, each
    /// date with the forms that it was published with. Returns what there is to say.
    fn answers(&self, scored: &ScoredCalls, rows: &[Rating]) -> Result<Vec<String>, BatchError> {
        let mut by_date: BTreeMap<String, Vec<PersonAnswer>> = BTreeMap::new();
        for answer in rows.iter().filter_map(PersonAnswer::of) {
            let Some(call) = scored.base.call(&answer.call_id) else {
                continue;
            };
            let date = scored.base.calls[call].date.clone();
            by_date.entry(date).or_default().push(answer);
        }
        for answers in by_date.values_mut() {
            answers.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        let mut warnings: Vec<String> = self.not_named_any_more(rows)?.into_iter().collect();
        let mut dates = self.store.put_ratings(&by_date)?;
        // With what an earlier command did not come to.
        let stale = self.store.stale_dates()?;
        dates.extend(by_date.into_keys().filter(|date| stale.contains(date)));
        if dates.is_empty() {
            return Ok(warnings);
        }
        let key = plan::customer_key(self.settings, plan::KeyUse::LookOnly)?;
        let desk = Desk {
            store: self.store,
            settings: self.settings,
            key: &key,
            agents: self.agents,
            pool: self.pool,
            signals: self.signals,
            clock: &Clock::start(self.settings.zone.as_ref()),
        };
        let made = desk.make_dates_again("calibrate", &dates)?;
        if !made.failures.is_empty() {
            warnings.push(format!(
                "{} of the calls whose tables were made again could not be scored; see the table \
                 `failures`",
                made.failures.len()
            ));
        }
        if !made.lost_forms.is_empty() {
            warnings.push(LOST_FORM.to_string());
        }
        Ok(warnings)
    }

    /// What to say of kept answers that the files do not hold: somebody took them back, or a file
    /// is not named. An answer that was changed, or whose question was, is held.
    fn not_named_any_more(&self, rows: &[Rating]) -> Result<Option<String>, BatchError> {
        fn key(a: PersonAnswer) -> (String, String, String, ScorerKind, String) {
            (a.call_id, a.rubric, a.question, a.kind, a.scorer)
        }
        let held: BTreeSet<_> = rows.iter().filter_map(PersonAnswer::of).map(key).collect();
        let (mut answers, mut calls) = (0, BTreeSet::new());
        for date in self.store.rating_dates()? {
            for kept in self.store.ratings(&date)?.into_iter().map(key) {
                if !held.contains(&kept) {
                    answers += 1;
                    calls.insert(kept.0);
                }
            }
        }
        Ok((answers > 0).then(|| taken_out(answers, calls.len())))
    }
}

fn taken_out(answers: usize, calls: usize) -> String {
    let (one, were) = match answers {
        1 => (
            "1 answer".to_string(),
            "is not in these files any more, and was",
        ),
        n => (
            format!("{} answers", grouped(n as i64)),
            "are not in these files any more, and were",
        ),
    };
    let calls = match calls {
        1 => "1 call".to_string(),
        n => format!("{} calls", grouped(n as i64)),
    };
    format!(
        "{one} of people on {calls} {were} taken out of the tables; name all files of the period \
         with --ratings"
    )
}

/// The files of people.
struct Said {
    ratings: Taken<Rating>,
    outcomes: Vec<Outcome>,
    coaching: Option<Coachings>,
    accuracy: Vec<Accuracy>,
}

impl Said {
    fn read(
        store: &Store,
        files: &CalibrationFiles,
        forms: &mut Forms,
    ) -> Result<Self, CalibrateError> {
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
        let sheets = sheets?;
        let mut ratings = ratings::ratings(&sheets, forms)?;
        // It would take everybody's answers out of the tables.
        let is_empty = |sheet: &Sheet| {
            let rows = sheet.rows.iter();
            let mut rows = rows.skip_while(|row| !ratings::names_ratings(row)).skip(1);
            rows.all(Row::is_blank)
        };
        if sheets.iter().all(is_empty)
            && !store.rating_dates().map_err(BatchError::from)?.is_empty()
        {
            return Err(CalibrateError::EmptyRatings(files.ratings.clone()));
        }
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
                let coachings = Coachings::read(store, path, forms)?;
                notices.extend(coachings.notices.iter().cloned());
                Some(coachings)
            }
            None => None,
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
