//! Intervals: of shares, and of figures that only drawing calls again can tell.

pub mod bootstrap;
mod guard;
pub mod proportion;

pub use guard::{
    AgreementIntervals, MIN_AGREED, MIN_DISAGREEMENTS, MIN_SCORED, MIN_SQUARED, MIN_WEIGHED,
    PairedCalls, agreement_intervals, paired_intervals, score_intervals,
};
