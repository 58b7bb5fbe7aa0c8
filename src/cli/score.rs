//! `callibrate score`.

use super::exit::{self, Exit};
use super::metrics::{Watch, watched};
use super::{ScoreArgs, calibrate, run};
use crate::batch::What;
use crate::config::Flags;

pub(super) fn score(args: ScoreArgs) -> Exit {
    let metrics = args.common.metrics.clone();
    watched("score", metrics, |watch| score_stored(args, watch))
}

fn score_stored(args: ScoreArgs, watch: &mut Watch) -> Exit {
    let what = match (args.date, args.transcripts) {
        (Some(date), _) => What::Date(date),
        (None, files) if !files.is_empty() => What::Files(files),
        (None, _) => What::All,
    };
    let flags = Flags {
        rubrics: args.rubrics,
        ..args.common.flags()
    };
    let settings = match run::settings(flags) {
        Ok(settings) => settings,
        Err(exit) => return exit,
    };
    watch.settle(&settings);
    let rubrics = match run::read_rubrics(&settings.rubrics) {
        Ok(rubrics) => rubrics,
        Err(exit) => return exit,
    };
    let signals = match run::listen() {
        Ok(signals) => signals,
        Err(exit) => return exit,
    };
    match crate::batch::score(&settings, &rubrics, &what, &signals) {
        Ok(report) => {
            let exit = run::conclude(&report, &settings.out);
            watch.report(report);
            calibrate::after_night(&settings, &signals, exit)
        }
        Err(error) => exit::report(&error),
    }
}
