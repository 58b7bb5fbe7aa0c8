//! How far the night is: a bar on a terminal, one line per call elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::worker::WorkFailure;
use crate::log::{self, Event, visible};
use crate::recording::CallMeta;

/// Progress in seconds of audio.
pub struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
}

impl Progress {
    /// `audio_ms` is the length of all recordings that will be worked on.
    pub fn new(calls: usize, audio_ms: i64) -> Self {
        let has_bar = std::io::stderr().is_terminal() && !log::is_json();
        let bar = has_bar.then(|| {
            let bar = ProgressBar::new((audio_ms / 1000).max(0) as u64);
            let style = ProgressStyle::with_template(
                "{bar:30} {pos} of {len} s of audio, {elapsed} gone, about {eta} left  {msg}",
            )
            .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style);
            bar
        });
        Self {
            bar,
            total: calls,
            done: 0,
        }
    }

    /// One more call is done. `stated_ms` is the length that was counted on, `heard_ms` how long
    /// the recording is, or why there is no transcript of it.
    pub fn call_done(
        &mut self,
        call: &CallMeta,
        stated_ms: i64,
        heard_ms: Result<i64, &WorkFailure>,
    ) {
        self.done += 1;
        let name = visible(&call.call_id);
        if let Some(bar) = &self.bar {
            bar.inc((stated_ms / 1000).max(0) as u64);
            bar.set_message(name);
            return;
        }
        let (event, note) = match heard_ms {
            Ok(ms) => {
                let seconds = ms as f64 / 1000.0;
                let event = Event::info("call_done").with("seconds", seconds);
                (event, format!("{seconds:.0} s heard"))
            }
            Err(failure) => {
                let event = Event::warning("call_failed")
                    .with("stage", failure.stage.as_str())
                    .with("reason", failure.reason.as_str())
                    .with("hint", failure.hint.as_deref());
                (event, format!("failed: {}", visible(&failure.message)))
            }
        };
        let message = format!("{name}: {note}");
        let text = format!("[{}/{}] {message}", self.done, self.total);
        event
            .with("call_id", call.call_id.as_str())
            .with("file", call.file.as_str())
            .with("done", self.done)
            .with("of", self.total)
            .say_as(&message, &text);
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
