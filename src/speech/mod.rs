//! Speech to words: voice activity, packing, recognition, doubts.
//!
//! Two passes over a recording. The first finds where somebody speaks; the second cuts the
//! speech into windows and has each recognised as soon as it is full. Neither holds more than a
//! window of sound per channel.

pub mod activity;
pub mod guards;
pub mod model_file;
pub mod models;
pub mod packing;
pub mod whisper;

use std::collections::VecDeque;
use std::path::Path;

use activity::{Heard, HeardChannel};
use models::Profile;
use packing::Window;
use whisper::{RawSegment, WhisperFault};

use crate::audio::{AudioError, SAMPLES_PER_MS, Stream};
use crate::transcript::{AudioFacts, Channel, FORMAT, Recogniser, Segment, Span, Transcript, Word};

/// Raised when activity, packing, guards or the fence change what is recognised: transcripts of
/// an older version are made anew.
pub const VERSION: u32 = 1;

/// A recording that could not be transcribed.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Whisper(#[from] WhisperFault),
    #[error("transcribe {path}: it changed while it was being read")]
    Changed { path: String },
}

/// Turns a window's samples (16 kHz) and a language into segments.
pub type Recognise<'a> = dyn FnMut(&[f32], &str) -> Result<Vec<RawSegment>, WhisperFault> + 'a;

/// What a transcript is made with.
pub struct Setup<'a> {
    pub profile: &'a Profile,
    pub model: String,
    pub model_key: String,
    pub language: &'a str,
}

/// Transcribes one recording.
pub fn transcribe(
    path: &Path,
    audio_key: &str,
    setup: &Setup<'_>,
    recognise: &mut Recognise<'_>,
) -> Result<Transcript, SpeechError> {
    let mut stream = Stream::open(path)?;
    let info = stream.info().clone();
    let heard = activity::listen(&mut stream)?;
    let mut channels: Vec<Vec<Segment>> = vec![Vec::new(); heard.channels.len()];
    let windows = heard
        .channels
        .iter()
        .map(|channel| plan(channel, heard.recorded_ms, setup.profile))
        .collect();
    let recorded_ms = for_each_window(path, &heard, windows, &mut |c, window, samples| {
        let raw = recognise(samples, setup.language)?;
        channels[c].extend(segments(&raw, window, &heard.channels[c], setup.profile));
        Ok(())
    })?;
    if recorded_ms != heard.recorded_ms {
        return Err(SpeechError::Changed {
            path: path.display().to_string(),
        });
    }
    Ok(Transcript {
        format: FORMAT.to_string(),
        audio: AudioFacts {
            key: Some(audio_key.to_string()),
            codec: Some(info.codec),
            sample_rate_hz: Some(info.sample_rate_hz),
            recorded_ms: heard.recorded_ms,
            truncated: heard.truncated,
            dual_mono: heard.dual_mono,
        },
        recogniser: Recogniser {
            engine: whisper::engine_name(),
            model: setup.model.clone(),
            model_key: Some(setup.model_key.clone()),
            word_times: setup.profile.timestamps,
        },
        language: setup.language.to_string(),
        channels: heard
            .channels
            .into_iter()
            .zip(channels)
            .map(|(heard, segments)| Channel {
                speech: heard.speech,
                segments,
            })
            .collect(),
    })
}

fn plan(channel: &HeardChannel, recorded_ms: i64, profile: &Profile) -> VecDeque<Window> {
    packing::pack(&channel.speech, recorded_ms, profile.packing(), |range| {
        channel.quietest_ms(range)
    })
    .into()
}

/// Reads the recording again and hands out each window as soon as it is full. Returns the length
/// of what was read.
fn for_each_window(
    path: &Path,
    heard: &Heard,
    windows: Vec<VecDeque<Window>>,
    take: &mut TakeChannelWindow<'_>,
) -> Result<i64, SpeechError> {
    let mut fillers: Vec<Filler> = windows
        .into_iter()
        .zip(&heard.channels)
        .map(|(windows, channel)| Filler::new(windows, channel.gain))
        .collect();
    let mut stream = Stream::open(path)?;
    let mut at = 0_i64;
    while let Some(block) = stream.next_block()? {
        for (c, filler) in fillers.iter_mut().enumerate() {
            filler.add(at, &block[c], &mut |window, samples| {
                take(c, window, samples)
            })?;
        }
        at += block.first().map_or(0, Vec::len) as i64;
    }
    for (c, filler) in fillers.iter_mut().enumerate() {
        filler.finish(&mut |window, samples| take(c, window, samples))?;
    }
    Ok(stream.elapsed_ms())
}

type TakeChannelWindow<'a> = dyn FnMut(usize, &Window, &[f32]) -> Result<(), SpeechError> + 'a;
type TakeWindow<'a> = dyn FnMut(&Window, &[f32]) -> Result<(), SpeechError> + 'a;

/// Fills one channel's windows from the stream of its samples.
struct Filler {
    windows: VecDeque<Window>,
    samples: Vec<f32>,
    gain: f32,
}

impl Filler {
    fn new(windows: VecDeque<Window>, gain: f32) -> Self {
        let mut filler = Self {
            windows,
            samples: Vec::new(),
            gain,
        };
        filler.clear();
        filler
    }

    fn clear(&mut self) {
        let len_ms = self.windows.front().map_or(0, Window::len_ms);
        self.samples.clear();
        self.samples.resize((len_ms * SAMPLES_PER_MS) as usize, 0.0);
    }

    /// Takes the samples that start at sample `at` of the recording.
    fn add(
        &mut self,
        at: i64,
        block: &[f32],
        take: &mut TakeWindow<'_>,
    ) -> Result<(), SpeechError> {
        let end = at + block.len() as i64;
        while let Some(window) = self.windows.front() {
            for piece in &window.pieces {
                let source = piece.source.start_ms * SAMPLES_PER_MS;
                let from = source.max(at);
                let to = (piece.source.end_ms * SAMPLES_PER_MS).min(end);
                if from >= to {
                    continue;
                }
                let target = (piece.at_ms * SAMPLES_PER_MS + from - source) as usize;
                let block = &block[(from - at) as usize..(to - at) as usize];
                for (to, from) in self.samples[target..].iter_mut().zip(block) {
                    *to = (from * self.gain).clamp(-1.0, 1.0);
                }
            }
            if window.source().end_ms * SAMPLES_PER_MS > end {
                return Ok(());
            }
            self.emit(take)?;
        }
        Ok(())
    }

    fn finish(&mut self, take: &mut TakeWindow<'_>) -> Result<(), SpeechError> {
        while !self.windows.is_empty() {
            self.emit(take)?;
        }
        Ok(())
    }

    fn emit(&mut self, take: &mut TakeWindow<'_>) -> Result<(), SpeechError> {
        if let Some(window) = self.windows.pop_front() {
            take(&window, &self.samples)?;
        }
        self.clear();
        Ok(())
    }
}

/// Segments of a window, with the recording's times and their doubts.
fn segments(
    raw: &[RawSegment],
    window: &Window,
    channel: &HeardChannel,
    profile: &Profile,
) -> Vec<Segment> {
    raw.iter()
        .map(|raw| {
            let whole = Span::new(
                window.to_recording_ms(raw.start_ms),
                window.to_recording_ms(raw.end_ms),
            );
            let words: Vec<Word> = clamped_words(raw, window, &channel.speech);
            let span = match (words.first(), words.last()) {
                (Some(first), Some(last)) => Span::new(first.start_ms, last.end_ms),
                _ => whole,
            };
            Segment {
                start_ms: span.start_ms,
                end_ms: span.end_ms,
                no_speech_prob: Some(rounded(raw.no_speech_prob)),
                doubts: guards::doubts(raw, profile, channel.contrast_db(whole)),
                words,
            }
        })
        .collect()
}

fn clamped_words(raw: &RawSegment, window: &Window, speech: &[Span]) -> Vec<Word> {
    let mut earliest = i64::MIN;
    raw.words
        .iter()
        .map(|word| {
            let mapped = Span::new(
                window.to_recording_ms(word.start_ms),
                window.to_recording_ms(word.end_ms),
            );
            let mut span = into_speech(mapped, speech);
            span.start_ms = span.start_ms.max(earliest);
            span.end_ms = span.end_ms.max(span.start_ms);
            earliest = span.start_ms;
            Word {
                text: word.text.clone(),
                start_ms: span.start_ms,
                end_ms: span.end_ms,
                prob: Some(rounded(word.prob)),
                redacted: None,
            }
        })
        .collect()
}

/// Whisper stretches words into the silence around them: a word is cut to the stretch of speech
/// that it shares most with. A word outside of all speech stays where it is.
fn into_speech(word: Span, speech: &[Span]) -> Span {
    let first = speech.partition_point(|s| s.end_ms <= word.start_ms);
    let best = speech[first..]
        .iter()
        .take_while(|s| s.start_ms < word.end_ms)
        .max_by_key(|s| (s.overlap_ms(word), -s.start_ms));
    match best {
        Some(s) => Span::new(word.start_ms.max(s.start_ms), word.end_ms.min(s.end_ms)),
        None => word,
    }
}

/// Four places are more than a probability is good for.
fn rounded(prob: f32) -> f32 {
    (prob * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_to_the_speech_that_they_share_most_with() {
        let speech = [Span::new(1_000, 2_000), Span::new(3_000, 4_000)];
        let cut = |start, end| into_speech(Span::new(start, end), &speech);
        assert_eq!(cut(800, 1_200), Span::new(1_000, 1_200));
        assert_eq!(cut(1_900, 3_500), Span::new(3_000, 3_500));
        assert_eq!(cut(1_200, 1_300), Span::new(1_200, 1_300));
        assert_eq!(cut(2_200, 2_800), Span::new(2_200, 2_800));
        assert_eq!(cut(3_900, 9_000), Span::new(3_900, 4_000));
    }

    #[test]
    fn windows_are_filled_from_blocks_of_any_size() {
        let samples: Vec<f32> = (0..160_000).map(|n| (n % 1000) as f32 / 1000.0).collect();
        let windows = || -> VecDeque<Window> {
            let piece = |start, end, at_ms| packing::Piece {
                source: Span::new(start, end),
                at_ms,
            };
            [
                Window {
                    pieces: vec![piece(100, 200, 0), piece(500, 700, 150)],
                },
                Window {
                    pieces: vec![piece(700, 9_990, 0)],
                },
            ]
            .into()
        };
        let mut results = Vec::new();
        for size in [160_000, 4_096, 333] {
            let mut filler = Filler::new(windows(), 0.5);
            let mut out: Vec<Vec<f32>> = Vec::new();
            let mut take = |_: &Window, samples: &[f32]| {
                out.push(samples.to_vec());
                Ok(())
            };
            let mut at = 0;
            for block in samples.chunks(size) {
                filler.add(at, block, &mut take).unwrap();
                at += block.len() as i64;
            }
            filler.finish(&mut take).unwrap();
            results.push(out);
        }
        assert_eq!(results[0], results[1]);
        assert_eq!(results[0], results[2]);
        let first = &results[0][0];
        assert_eq!(first.len(), 350 * 16);
        assert_eq!(first[0], samples[1_600] * 0.5);
        assert_eq!(first[120 * 16], 0.0);
        assert_eq!(first[150 * 16 + 5], samples[8_005] * 0.5);
    }
}
