//! Speech to words: voice activity, packing, recognition, doubts.
//!
//! Two passes over a recording. The first finds where somebody speaks; the second cuts the
//! speech into windows and has each recognised as soon as it is full. Neither holds more than a
//! window of sound per channel, or a few while its language is being detected.

pub mod activity;
pub mod catalogue;
pub mod convert;
pub mod fetch;
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

/// In place of a language: it is detected, once for each channel.
pub const AUTO: &str = "auto";

/// Turns sound (16 kHz) into text.
pub trait Recognise {
    /// The segments of one window in a language (ISO 639-1).
    fn recognise(
        &mut self,
        samples: &[f32],
        language: &str,
    ) -> Result<Vec<RawSegment>, WhisperFault>;

    /// The language that is spoken in up to a window of sound (ISO 639-1).
    fn language(&mut self, samples: &[f32]) -> Result<String, WhisperFault>;
}

/// What a transcript is made with.
pub struct Setup<'a> {
    pub profile: &'a Profile,
    pub model: String,
    pub model_key: String,
    /// A code that the model knows, or [`AUTO`].
    pub language: &'a str,
}

/// Transcribes one recording.
pub fn transcribe(
    path: &Path,
    audio_key: &str,
    setup: &Setup<'_>,
    recogniser: &mut dyn Recognise,
) -> Result<Transcript, SpeechError> {
    let mut stream = Stream::open(path)?;
    let info = stream.info().clone();
    let heard = activity::listen(&mut stream)?;
    let mut channels: Vec<Listened> = heard
        .channels
        .iter()
        .map(|channel| Listened::new(channel, setup))
        .collect();
    let windows = heard
        .channels
        .iter()
        .map(|channel| plan(channel, heard.recorded_ms, setup.profile))
        .collect();
    let recorded_ms = for_each_window(path, &heard, windows, &mut |c, window, samples| {
        channels[c].take(window, samples, recogniser)
    })?;
    for channel in &mut channels {
        channel.settle(recogniser)?;
    }
    if recorded_ms != heard.recorded_ms {
        return Err(SpeechError::Changed {
            path: path.display().to_string(),
        });
    }
    let language = language_of(&channels, setup);
    let channels = channels
        .into_iter()
        .map(|listened| Channel {
            language: listened.language.filter(|l| *l != language),
            speech: listened.heard.speech.clone(),
            segments: listened.segments,
        })
        .collect();
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
            word_probs: true,
        },
        language,
        channels,
    })
}

/// The language of the channel on which most is said; where nobody speaks, the model's own.
fn language_of(channels: &[Listened<'_>], setup: &Setup<'_>) -> String {
    let mut most = (0, None);
    for channel in channels {
        let speech_ms: i64 = channel.heard.speech.iter().map(|s| s.len_ms()).sum();
        if let Some(language) = &channel.language
            && (speech_ms > most.0 || most.1.is_none())
        {
            most = (speech_ms, Some(language));
        }
    }
    let silent = || setup.profile.language.clone();
    most.1.cloned().unwrap_or_else(silent)
}

/// One channel on its way to text.
struct Listened<'a> {
    heard: &'a HeardChannel,
    profile: &'a Profile,
    /// `None` until it is detected.
    language: Option<String>,
    /// Windows that wait for it, with their samples.
    waiting: Vec<(Window, Vec<f32>)>,
    segments: Vec<Segment>,
}

impl<'a> Listened<'a> {
    fn new(heard: &'a HeardChannel, setup: &Setup<'a>) -> Self {
        Self {
            heard,
            profile: setup.profile,
            language: (setup.language != AUTO).then(|| setup.language.to_string()),
            waiting: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// Recognises a window, or keeps it until as much is there as the model hears at once: a
    /// language is told more surely from much speech.
    fn take(
        &mut self,
        window: &Window,
        samples: &[f32],
        recogniser: &mut dyn Recognise,
    ) -> Result<(), SpeechError> {
        if let Some(language) = &self.language {
            let raw = recogniser.recognise(samples, language)?;
            let segments = segments(&raw, window, self.heard, self.profile);
            self.segments.extend(segments);
            return Ok(());
        }
        self.waiting.push((window.clone(), samples.to_vec()));
        let there: i64 = self.waiting.iter().map(|(w, _)| w.len_ms()).sum();
        if there < self.profile.longest_window_ms {
            return Ok(());
        }
        self.settle(recogniser)
    }

    /// Detects the language of the windows that wait, and recognises them.
    fn settle(&mut self, recogniser: &mut dyn Recognise) -> Result<(), SpeechError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let mut speech: Vec<f32> = Vec::new();
        for (_, samples) in &waiting {
            speech.extend(samples);
        }
        speech.truncate((self.profile.longest_window_ms * SAMPLES_PER_MS) as usize);
        self.language = Some(recogniser.language(&speech)?);
        for (window, samples) in &waiting {
            self.take(window, samples, recogniser)?;
        }
        Ok(())
    }
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

    /// Says that the languages of its list are spoken, one after the other, and writes the
    /// language that it is asked for in place of each window's words.
    struct Interpreter {
        languages: Vec<&'static str>,
        /// Lengths of what it was given to detect, in milliseconds.
        detected: Vec<i64>,
    }

    impl Recognise for Interpreter {
        fn recognise(
            &mut self,
            samples: &[f32],
            language: &str,
        ) -> Result<Vec<RawSegment>, WhisperFault> {
            let end_ms = samples.len() as i64 / SAMPLES_PER_MS;
            let word = whisper::RawWord {
                text: language.to_string(),
                start_ms: 0,
                end_ms,
                prob: 0.9,
            };
            Ok(vec![RawSegment {
                start_ms: 0,
                end_ms,
                no_speech_prob: 0.0,
                words: vec![word],
            }])
        }

        fn language(&mut self, samples: &[f32]) -> Result<String, WhisperFault> {
            let language = self.languages[self.detected.len()];
            self.detected.push(samples.len() as i64 / SAMPLES_PER_MS);
            Ok(language.to_string())
        }
    }

    /// A sample call in the language, and what was detected.
    fn interpreted(
        language: &str,
        longest_window_ms: i64,
        languages: &[&'static str],
    ) -> (Transcript, Vec<i64>) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/calls/refund-desk.wav");
        let profile = Profile {
            longest_window_ms,
            ..Profile::whisper_default()
        };
        let setup = Setup {
            profile: &profile,
            model: String::new(),
            model_key: String::new(),
            language,
        };
        let mut interpreter = Interpreter {
            languages: languages.to_vec(),
            detected: Vec::new(),
        };
        let transcript = transcribe(&path, "", &setup, &mut interpreter).unwrap();
        (transcript, interpreter.detected)
    }

    #[test]
    fn a_language_is_detected_once_per_channel_and_holds_for_all_its_windows() {
        let (fixed, detected) = interpreted("de", 5_000, &[]);
        assert!(detected.is_empty());
        assert_eq!(fixed.language, "de");
        let windows: Vec<usize> = fixed.channels.iter().map(|c| c.segments.len()).collect();
        assert!(windows.iter().all(|n| *n > 2), "{windows:?}");

        let (auto, detected) = interpreted(AUTO, 5_000, &["fr", "it"]);
        assert_eq!(detected, [5_000, 5_000]);
        let words = |channel: &Channel| -> Vec<String> {
            let words = channel.segments.iter().flat_map(|s| &s.words);
            words.map(|w| w.text.clone()).collect()
        };
        let mut spoken = Vec::new();
        for (channel, windows) in auto.channels.iter().zip(&windows) {
            let words = words(channel);
            assert_eq!(words, vec![words[0].clone(); *windows]);
            spoken.push(words[0].clone());
        }
        let speech_ms = |c: &Channel| c.speech.iter().map(|s| s.len_ms()).sum::<i64>();
        let first = usize::from(speech_ms(&auto.channels[1]) > speech_ms(&auto.channels[0]));
        assert_eq!(auto.language, spoken[first]);
        assert_eq!(auto.channels[first].language, None);
        assert_eq!(
            auto.channels[1 - first].language,
            Some(spoken[1 - first].clone())
        );
        assert_ne!(spoken[0], spoken[1]);
        // But for the language, what is heard is the same.
        for (auto, fixed) in auto.channels.iter().zip(&fixed.channels) {
            let spans = |c: &Channel| c.segments.iter().map(Segment::span).collect::<Vec<_>>();
            assert_eq!(spans(auto), spans(fixed));
        }
        let again: Transcript = serde_json::from_str(&auto.to_json()).unwrap();
        assert_eq!(again, auto);

        // A channel with less speech than a window is heard to its end first.
        let (auto, detected) = interpreted(AUTO, 28_000, &["fr", "fr"]);
        assert_eq!(detected.len(), 2);
        assert!(auto.channels.iter().all(|c| c.language.is_none()));
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
