//! How far the night is: a bar on a terminal, one line per call elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Progress in seconds of audio.
pub struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
}

impl Progress {
    /// `audio_ms` is the length of all recordings that will be worked on.
    pub fn new(calls: usize, audio_ms: i64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
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

    /// One more call is done; `note` says what came of it.
    pub fn call_done(&mut self, name: &str, audio_ms: i64, note: &str) {
        self.done += 1;
        match &self.bar {
            Some(bar) => {
                bar.inc((audio_ms / 1000).max(0) as u64);
                bar.set_message(name.to_string());
            }
            None => eprintln!("[{}/{}] {name}: {note}", self.done, self.total),
        }
    }

    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
