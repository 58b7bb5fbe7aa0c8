//! The one door to whisper-rs.
//!
//! One context (the model) is shared; each worker has a state of its own and one thread, because
//! whisper.cpp gains little from more. Decoding is greedy at temperature 0 with no fallback and
//! no text of the window before: a fallback draws random numbers from the state, so results would
//! depend on what the state did earlier. Each window is encoded exactly once (`single_segment`)
//! and cut at the timestamps that the model writes. whisper.cpp ends the process on some inputs,
//! so this runs in a child process only. Left out: language detection per window, beam search,
//! the choice among several GPUs, and `set_abort_callback_safe`, which is unsound in
//! whisper-rs 0.16.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use whisper_rs::{
    DtwAhead, DtwMode, DtwParameters, FullParams, SamplingStrategy, WhisperContext,
    WhisperContextParameters, WhisperError, WhisperState,
};

use super::Recognise;
use super::models::{LoadedModel, ModelBytes, Profile};
use crate::audio::SAMPLE_RATE_HZ;

/// whisper.cpp refuses less than a tenth of a second and its alignment aborts on less than
/// 0.16 s: shorter windows are filled up with silence.
const SHORTEST_SAMPLES: usize = SAMPLE_RATE_HZ as usize;
/// Milliseconds per timestamp token and per frame of the alignment.
const TICK_MS: i64 = 20;
/// What `full` is told to look at where nothing is to be encoded: whisper.cpp stops where only
/// this much sound is left.
const NOTHING_MS: i32 = 100;
/// Working memory of the alignment while it runs: whisper.cpp aborts if it is too small, and a
/// window of 28 s with the many heads of a large model needs half of this.
const ALIGNMENT_MEMORY: usize = 128 * 1024 * 1024;

/// The recogniser failed on a window or on loading; the process lives.
#[derive(Debug, thiserror::Error)]
pub enum WhisperFault {
    #[error("load the model into whisper.cpp: {0}")]
    Load(WhisperError),
    #[error("make a whisper.cpp state: {0}")]
    State(WhisperError),
    #[error("recognise speech: {0}")]
    Decode(WhisperError),
    #[error("detect the language: {0}")]
    Detect(WhisperError),
}

/// The model, loaded once per process.
pub struct Engine {
    context: WhisperContext,
    profile: Profile,
    languages: u32,
}

/// One worker's state.
pub struct Recogniser<'e> {
    engine: &'e Engine,
    state: WhisperState,
}

/// A piece of text between two timestamps of one window; times are the window's.
#[derive(Debug, Clone, PartialEq)]
pub struct RawSegment {
    pub start_ms: i64,
    pub end_ms: i64,
    pub no_speech_prob: f32,
    pub words: Vec<RawWord>,
}

/// A word with its times in the window.
#[derive(Debug, Clone, PartialEq)]
pub struct RawWord {
    pub text: String,
    pub start_ms: i64,
    pub end_ms: i64,
    /// The least probable of its tokens.
    pub prob: f32,
}

/// The GPU features that this was built with.
const GPU: &[(bool, &str)] = &[
    (cfg!(feature = "cuda"), "CUDA"),
    (cfg!(feature = "metal"), "Metal"),
    (cfg!(feature = "vulkan"), "Vulkan"),
];

/// What whisper.cpp was built to compute with: `CPU`, `CUDA`, … Where a build for a GPU finds
/// none it computes on the CPU.
pub fn backend() -> String {
    let built: Vec<&str> = GPU.iter().filter(|(on, _)| *on).map(|(_, n)| *n).collect();
    match built.as_slice() {
        [] => "CPU".to_string(),
        built => built.join(" and "),
    }
}

fn on_gpu() -> bool {
    GPU.iter().any(|(on, _)| *on)
}

/// whisper.cpp's version, and the backend where it is not the CPU: its sums round in another way,
/// so its transcripts are others.
pub fn engine_name() -> String {
    let version = whisper_rs::WHISPER_CPP_VERSION;
    if on_gpu() {
        format!("whisper.cpp {version} ({})", backend())
    } else {
        format!("whisper.cpp {version}")
    }
}

/// whisper.cpp's number for a language that is among the first `languages` that it knows.
pub fn language_id(code: &str, languages: u32) -> Option<i32> {
    ids(languages).find(|id| whisper_rs::get_lang_str(*id) == Some(code))
}

/// Numbers of the first languages, at most all that whisper.cpp knows.
fn ids(languages: u32) -> RangeInclusive<i32> {
    let last = languages.cast_signed() - 1;
    0..=last.min(whisper_rs::get_lang_max_id())
}

/// The CPU features and kernels that whisper.cpp was built with, as it prints them.
pub fn system_info() -> String {
    whisper_rs::print_system_info().to_string()
}

/// Whether [`system_info`] names a feature as built in: `NAME = 1`.
pub fn has_feature(info: &str, name: &str) -> bool {
    info.split('|')
        .any(|part| part.trim().ends_with(&format!("{name} = 1")))
}

impl Engine {
    /// Loads a model that [`model_file`](super::model_file) has checked. Slow: once per process.
    pub fn load(model: &LoadedModel) -> Result<Self, WhisperFault> {
        // Neither whisper.cpp nor ggml may write to the terminal or to the parent's pipe.
        whisper_rs::install_logging_hooks();
        let mut parameters = WhisperContextParameters::default();
        parameters.use_gpu(on_gpu());
        // Slower on a CPU; and whisper.cpp gives up the alignment of words for it.
        parameters.flash_attn(on_gpu() && model.profile.dtw_heads.is_none());
        if let Some(heads) = &model.profile.dtw_heads {
            let heads: Vec<DtwAhead> = heads
                .iter()
                .map(|&[layer, head]| DtwAhead {
                    n_text_layer: layer as i32,
                    n_head: head as i32,
                })
                .collect();
            // whisper.cpp reads the list again whenever a state is made: it must never be freed.
            parameters.dtw_parameters(DtwParameters {
                mode: DtwMode::Custom {
                    aheads: Box::leak(heads.into_boxed_slice()),
                },
                dtw_mem_size: ALIGNMENT_MEMORY,
            });
        }
        let context = match &model.bytes {
            ModelBytes::Memory(bytes) => {
                WhisperContext::new_from_buffer_with_params(bytes, parameters)
            }
            ModelBytes::File(path) => WhisperContext::new_with_params(path, parameters),
        }
        .map_err(WhisperFault::Load)?;
        Ok(Self {
            context,
            profile: model.profile.clone(),
            languages: model.facts.languages,
        })
    }

    /// A state for one worker thread.
    pub fn recogniser(&self) -> Result<Recogniser<'_>, WhisperFault> {
        let state = self.context.create_state().map_err(WhisperFault::State)?;
        Ok(Recogniser {
            engine: self,
            state,
        })
    }
}

impl Recognise for Recogniser<'_> {
    /// Recognises one window of 16 kHz samples in `language` (ISO 639-1).
    fn recognise(
        &mut self,
        samples: &[f32],
        language: &str,
    ) -> Result<Vec<RawSegment>, WhisperFault> {
        let samples = &padded(samples);
        let len_ms = len_ms(samples);
        let params = self.parameters(len_ms, language);
        self.state
            .full(params, samples)
            .map_err(WhisperFault::Decode)?;
        Ok(self.read_segments(len_ms))
    }

    /// One encoder pass and one token. whisper.cpp encodes as many frames here as the last call of
    /// `full` has set, whatever the sound, so `full` is called first and told to do no more than
    /// that: the same sound gives the same language whatever the state did before.
    fn language(&mut self, samples: &[f32]) -> Result<String, WhisperFault> {
        if self.engine.languages == 0 {
            return Ok("en".to_string());
        }
        let samples = &padded(samples);
        let mut params = self.parameters(len_ms(samples), "en");
        params.set_token_timestamps(false);
        params.set_duration_ms(NOTHING_MS);
        let (_, probs) = self
            .state
            .full(params, samples)
            .and_then(|_| self.state.lang_detect(0, 1))
            .map_err(WhisperFault::Detect)?;
        // whisper.cpp's own choice takes a task's token for the language after the model's last.
        let mut best = 0;
        for id in ids(self.engine.languages) {
            if probs[id as usize] > probs[best as usize] {
                best = id;
            }
        }
        Ok(whisper_rs::get_lang_str(best).unwrap_or("en").to_string())
    }
}

/// Filled up with silence to what whisper.cpp takes.
fn padded(samples: &[f32]) -> Cow<'_, [f32]> {
    let mut samples = Cow::Borrowed(samples);
    if samples.len() < SHORTEST_SAMPLES {
        samples.to_mut().resize(SHORTEST_SAMPLES, 0.0);
    }
    samples
}

fn len_ms(samples: &[f32]) -> i64 {
    samples.len() as i64 * 1000 / i64::from(SAMPLE_RATE_HZ)
}

impl Recogniser<'_> {
    fn parameters<'a>(&self, len_ms: i64, language: &'a str) -> FullParams<'a, 'a> {
        let profile = &self.engine.profile;
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_language(Some(language));
        params.set_n_threads(1);
        params.set_audio_ctx(profile.audio_ctx.frames(len_ms) as i32);
        params.set_single_segment(true);
        params.set_no_timestamps(!profile.timestamps);
        params.set_token_timestamps(true);
        params.set_max_initial_ts(0.0);
        params.set_no_context(true);
        params.set_n_max_text_ctx(0);
        params.set_temperature(0.0);
        params.set_temperature_inc(0.0);
        params.set_suppress_nst(true);
        params.set_print_special(false);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        params
    }

    fn read_segments(&self, len_ms: i64) -> Vec<RawSegment> {
        let context = &self.engine.context;
        let (eot, beginning) = (context.token_eot(), context.token_beg());
        let mut tokens = Vec::new();
        let mut no_speech_prob = 0.0_f32;
        for segment in self.state.as_iter() {
            no_speech_prob = no_speech_prob.max(segment.no_speech_probability());
            for i in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(i) else {
                    continue;
                };
                let data = token.token_data();
                if data.id >= beginning {
                    tokens.push(Token::Time(i64::from(data.id - beginning) * TICK_MS));
                } else if data.id < eot {
                    let bytes = token.to_bytes().unwrap_or_default().to_vec();
                    // -1 where there was no alignment.
                    let aligned = data.t_dtw >= 0;
                    let shift_ms = self.engine.profile.dtw_shift_ms;
                    tokens.push(Token::Text {
                        bytes,
                        prob: data.p,
                        start_ms: if aligned {
                            data.t_dtw * 10 + shift_ms
                        } else {
                            data.t0 * 10
                        },
                        end_ms: (!aligned).then_some(data.t1 * 10),
                    });
                }
            }
        }
        segments_of(&tokens, no_speech_prob, len_ms)
    }
}

/// A token as the model wrote it.
enum Token {
    Time(i64),
    Text {
        bytes: Vec<u8>,
        prob: f32,
        start_ms: i64,
        /// Unknown with the alignment, which tells where tokens start.
        end_ms: Option<i64>,
    },
}

/// Cuts a window's tokens at its timestamps. Text after the last timestamp ends with the window.
fn segments_of(tokens: &[Token], no_speech_prob: f32, len_ms: i64) -> Vec<RawSegment> {
    let mut segments = Vec::new();
    let mut start_ms = 0;
    let mut text: Vec<&Token> = Vec::new();
    let mut cut = |text: &mut Vec<&Token>, start_ms: i64, end_ms: i64| {
        let words = words_of(text, start_ms, end_ms);
        text.clear();
        if !words.is_empty() {
            segments.push(RawSegment {
                start_ms,
                end_ms,
                no_speech_prob,
                words,
            });
        }
    };
    for token in tokens {
        match token {
            Token::Time(at_ms) => {
                let at_ms = (*at_ms).clamp(start_ms, len_ms.max(start_ms));
                cut(&mut text, start_ms, at_ms);
                start_ms = at_ms;
            }
            Token::Text { .. } => text.push(token),
        }
    }
    cut(&mut text, start_ms, len_ms.max(start_ms));
    segments
}

/// Joins tokens to words: a token that begins with a space begins a word. Times are clamped to
/// the segment and made monotone.
fn words_of(tokens: &[&Token], start_ms: i64, end_ms: i64) -> Vec<RawWord> {
    struct Open {
        bytes: Vec<u8>,
        prob: f32,
        start_ms: i64,
        end_ms: Option<i64>,
    }
    let mut open: Vec<Open> = Vec::new();
    for token in tokens {
        let Token::Text {
            bytes,
            prob,
            start_ms,
            end_ms,
        } = token
        else {
            continue;
        };
        match open.last_mut() {
            Some(word) if !bytes.starts_with(b" ") => {
                word.bytes.extend_from_slice(bytes);
                word.prob = word.prob.min(*prob);
                word.end_ms = *end_ms;
            }
            _ => open.push(Open {
                bytes: bytes.clone(),
                prob: *prob,
                start_ms: *start_ms,
                end_ms: *end_ms,
            }),
        }
    }
    // Whisper may split a character over tokens: only whole words become text.
    open.retain(|word| !String::from_utf8_lossy(&word.bytes).trim().is_empty());
    let starts: Vec<i64> = open.iter().map(|w| w.start_ms).collect();
    let mut earliest = start_ms;
    open.into_iter()
        .enumerate()
        .map(|(i, word)| {
            let start = word.start_ms.clamp(earliest, end_ms.max(earliest));
            let next = starts.get(i + 1).copied().unwrap_or(end_ms);
            let end = word.end_ms.unwrap_or(next).min(end_ms).max(start);
            earliest = start;
            RawWord {
                text: String::from_utf8_lossy(&word.bytes).trim().to_string(),
                start_ms: start,
                end_ms: end,
                prob: word.prob.clamp(0.0, 1.0),
            }
        })
        .collect()
}
