//! JSON of whisperX: segments whose words were aligned with the sound, mostly with speakers.
//!
//! `score` says how well the sound fits the word, and is taken for its probability. Words with
//! figures in them are often not aligned and have neither times nor a score. Beside `segments`,
//! `word_segments` repeats the words; it is read only where the segments have none.

use serde::Deserialize;

use super::Trouble;
use super::cues::voice_named;
use super::draft::{Draft, Part, Voice, at, parts_of, span_of, whisper_doubts};
use super::json::{self, Label, List, Number};
use super::masked::words_in;
use super::openai::Word;

#[derive(Deserialize)]
struct File {
    language: Option<String>,
    segments: List<Segment>,
    #[serde(default)]
    word_segments: List<Word>,
}

#[derive(Deserialize)]
struct Segment {
    start: Option<Number>,
    end: Option<Number>,
    #[serde(default)]
    text: String,
    speaker: Option<Label>,
    avg_logprob: Option<Number>,
    #[serde(default)]
    words: List<Word>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    let mut parts = Vec::new();
    let aligned = file.segments.0.iter().any(|s| !s.words.0.is_empty());
    if file.segments.0.is_empty() || !aligned && !file.word_segments.0.is_empty() {
        let mut words = Vec::new();
        for (i, word) in file.word_segments.0.into_iter().enumerate() {
            if let Some(mut heard) = at("word", i, word.heard())? {
                words.push((heard.voice.take().unwrap_or_default(), heard));
            }
        }
        parts = parts_of(words);
    } else {
        for (s, segment) in file.segments.0.into_iter().enumerate() {
            let mut words = Vec::new();
            for (i, word) in segment.words.0.into_iter().enumerate() {
                words.extend(at("segment", s, at("word", i, word.heard()))?);
            }
            if words.is_empty() {
                words = words_in(&segment.text);
            }
            let log_prob = segment.avg_logprob.map(|n| n.0);
            let mut part = Part {
                voice: segment
                    .speaker
                    .map_or(Voice::Unknown, |l| voice_named(&l.0)),
                span: at(
                    "segment",
                    s,
                    span_of(segment.start.map(|n| n.0), segment.end.map(|n| n.0)),
                )?,
                words,
                prob: log_prob.map(f64::exp),
                ..Part::default()
            };
            whisper_doubts(&mut part, log_prob, None);
            parts.push(part);
        }
    }
    Ok(Draft {
        engine: "whisperX".to_string(),
        language: file.language,
        parts,
        ..Draft::default()
    })
}
