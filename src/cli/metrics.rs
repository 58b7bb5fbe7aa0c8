//! The metrics file at the end of a command, however that ends.

use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;

use super::exit::Exit;
use crate::batch::RunReport;
use crate::batch::prometheus::Ended;
use crate::batch::store::StoreView;
use crate::config::Settings;
use crate::log;

/// A command that is watched.
pub(super) struct Watch {
    command: &'static str,
    file: Option<PathBuf>,
    out: Option<PathBuf>,
    started: Timestamp,
    clock: Instant,
    report: Option<RunReport>,
}

/// Does the work, and writes the metrics file that `flag` or the settings name.
pub(super) fn watched(
    command: &'static str,
    flag: Option<PathBuf>,
    work: impl FnOnce(&mut Watch) -> Exit,
) -> Exit {
    let mut watch = Watch {
        command,
        file: flag,
        out: None,
        started: Timestamp::now(),
        clock: Instant::now(),
        report: None,
    };
    let exit = work(&mut watch);
    watch.end(exit);
    exit
}

impl Watch {
    /// Where the settings want the file.
    pub(super) fn settle(&mut self, settings: &Settings) {
        self.file.clone_from(&settings.metrics);
        self.out = Some(settings.out.clone());
    }

    /// What the command did.
    pub(super) fn report(&mut self, report: RunReport) {
        self.report = Some(report);
    }

    fn end(&self, exit: Exit) {
        let Some(file) = &self.file else { return };
        let report = self.report.as_ref();
        let ended = Ended {
            command: self.command,
            started: self.started,
            ended: Timestamp::now(),
            took: self.clock.elapsed(),
            exit_code: exit.code(),
            done: report.map(|report| (&report.record, &report.failures[..])),
            stored_calls: self.stored_calls(),
        };
        if let Err(error) = ended.write(file) {
            log::warning(format_args!(
                "the metrics file {} cannot be written: {error}",
                log::visible_path(file)
            ));
        }
    }

    fn stored_calls(&self) -> Option<usize> {
        let view = StoreView::of(self.out.as_deref()?).ok()??;
        view.count_calls().ok()
    }
}
