//! How far the scores can be trusted: agreement with chance taken out, who is strict, how often
//! the automatic scorer is wrong, and what the true rates are then.
//!
//! [`ratings`] reads what people say of calls, [`base`] joins it to the scored calls, and
//! [`calibrate`] makes all figures of it. The statistics are plain functions from numbers to
//! numbers: [`agreement`], [`interval`], [`severity`], [`truth`] and [`people`] know nothing of
//! calls or forms. Definitions for people: `docs/calibration.md`. Left out on purpose: sessions,
//! disputes and the choice of calls to rate, which come before ratings do.

pub mod agreement;
pub mod base;
pub mod chance;
pub mod charts;
pub mod compare;
pub mod disagreements;
pub mod fdr;
pub mod figure;
pub mod groups;
pub mod interval;
pub mod people;
pub mod practice;
pub mod raters;
pub mod ratings;
pub mod record;
pub mod scorer;
pub mod severity;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod truth;

use base::Base;
use charts::ControlChart;
use compare::{AnswerComparison, ScoreComparison, Sheets, compare_answers, compare_scores};
use disagreements::Disagreement;
use groups::Withheld;
use practice::{Practice, practice};
use raters::FormRaters;
use ratings::{Accuracy, Coached, Outcome};
use scorer::{ScorerFigures, scorer};

/// What is known beside calls and ratings.
pub struct Extras<'a> {
    pub outcomes: &'a [Outcome],
    pub coaching: &'a [Coached],
    /// Error rates that were measured elsewhere.
    pub accuracy: &'a [Accuracy],
    pub seed: u64,
}

/// All that is found.
pub struct Figures {
    pub answers: Vec<AnswerComparison>,
    pub scores: Vec<ScoreComparison>,
    /// With the index of the form.
    pub raters: Vec<(usize, FormRaters)>,
    pub charts: Vec<ControlChart>,
    pub disagreements: Vec<Disagreement>,
    pub scorer: ScorerFigures,
    /// By form.
    pub practice: Vec<Practice>,
    /// Of whom nothing is shown; see [`groups::withhold`].
    pub withheld: Withheld,
}

/// Makes all figures. The same base, extras and seed give the same figures, whatever the threads.
pub fn calibrate(base: &Base, extras: &Extras<'_>) -> Figures {
    let sheets: Vec<Sheets> = base
        .forms
        .iter()
        .map(|form| Sheets::of(base, form))
        .collect();
    let raters = raters::raters(base);
    let of_form = |form: usize| raters.iter().find(|(f, _)| *f == form).map(|(_, r)| r);
    let charts = (0..base.forms.len())
        .flat_map(|form| charts::charts(base, form, of_form(form)))
        .collect();
    Figures {
        answers: compare_answers(base, extras.seed),
        scores: compare_scores(base, &sheets, extras.seed),
        raters,
        charts,
        disagreements: disagreements::disagreements(base),
        scorer: scorer(base, extras.accuracy, extras.seed),
        practice: practice(base, extras.outcomes, extras.coaching),
        withheld: Withheld::default(),
    }
}
