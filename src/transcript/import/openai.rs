//! `verbose_json` of OpenAI's interface, and what `whisper` and its relatives write: segments with
//! the mean logarithm of their tokens' probabilities, and with words where these were asked for.
//!
//! Where words have no probability of their own, that of their segment stands for each. OpenAI's
//! interface gives words beside the segments and without punctuation: they lend their times where
//! the segment has as many words and has the same, and stand alone where there are no segments.

use serde::Deserialize;

use super::Trouble;
use super::cues::voice_named;
use super::draft::{
    Draft, Heard, Part, Voice, at, from_seconds, parts_of, span_of, whisper_doubts,
};
use super::json::{self, Label, List, Number};
use super::masked::{word_of, words_in};
use crate::transcript::Span;

#[derive(Deserialize)]
struct File {
    task: Option<String>,
    language: Option<String>,
    duration: Option<Number>,
    model: Option<String>,
    #[serde(default)]
    segments: List<Segment>,
    #[serde(default)]
    words: List<Word>,
}

#[derive(Deserialize)]
struct Segment {
    start: Number,
    end: Number,
    #[serde(default)]
    text: String,
    avg_logprob: Option<Number>,
    compression_ratio: Option<Number>,
    no_speech_prob: Option<Number>,
    speaker: Option<Label>,
    #[serde(default)]
    words: List<Word>,
}

/// A word of Whisper and its relatives; whisperX calls its probability a score.
#[derive(Deserialize)]
pub(super) struct Word {
    word: String,
    start: Option<Number>,
    end: Option<Number>,
    #[serde(alias = "score")]
    probability: Option<Number>,
    speaker: Option<Label>,
}

impl Word {
    /// `None` where it says nothing.
    pub fn heard(self) -> Result<Option<Heard>, String> {
        let at = span_of(self.start.map(|n| n.0), self.end.map(|n| n.0))?;
        Ok(word_of(&self.word).map(|word| Heard {
            at,
            prob: self.probability.map(|n| n.0),
            voice: self.speaker.map(|label| voice_named(&label.0)),
            ..word
        }))
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    if file.task.as_deref() == Some("translate") {
        return Err(Trouble::NoCall(
            "it is a translation, and not what was said".to_string(),
        ));
    }
    let mut loose = Vec::new();
    for (i, word) in file.words.0.into_iter().enumerate() {
        loose.extend(at("word", i, word.heard())?);
    }
    let mut parts = Vec::new();
    let has_segments = !file.segments.0.is_empty();
    for (s, segment) in file.segments.0.into_iter().enumerate() {
        let mut words = Vec::new();
        for (i, word) in segment.words.0.into_iter().enumerate() {
            words.extend(at("segment", s, at("word", i, word.heard()))?);
        }
        let span = span_of(Some(segment.start.0), Some(segment.end.0));
        let span = at("segment", s, span)?;
        if words.is_empty() {
            words = words_in(&segment.text);
            lend_times(&mut words, span, &loose);
        }
        let log_prob = segment.avg_logprob.map(|n| n.0);
        let mut part = Part {
            voice: segment
                .speaker
                .map_or(Voice::Unknown, |l| voice_named(&l.0)),
            span,
            words,
            prob: log_prob.map(f64::exp),
            no_speech_prob: segment.no_speech_prob.map(|n| n.0),
            doubts: Vec::new(),
        };
        let packed = segment.compression_ratio.map(|n| n.0);
        whisper_doubts(&mut part, log_prob, packed);
        parts.push(part);
    }
    if !has_segments {
        let voiced = loose.into_iter().map(|mut word| {
            let voice = word.voice.take().unwrap_or_default();
            (voice, word)
        });
        parts = parts_of(voiced.collect());
    }
    Ok(Draft {
        engine: "whisper".to_string(),
        model: file.model,
        language: file
            .language
            .as_deref()
            .map(|name| code_of(name).to_string()),
        recorded_ms: file.duration.map(|n| from_seconds(n.0)).transpose()?,
        parts,
        ..Draft::default()
    })
}

/// Gives the words of a segment the times of as many words that lie in it, where they are the same.
fn lend_times(words: &mut [Heard], span: Option<Span>, loose: &[Heard]) {
    let Some(span) = span else { return };
    let middle = |word: &Heard| word.at.map(|at| (at.start_ms + at.end_ms) / 2);
    // In order: what lies in it is one run.
    let before = |ms: i64| loose.partition_point(|w| middle(w).is_none_or(|m| m < ms));
    let (from, to) = (before(span.start_ms), before(span.end_ms));
    let inside = loose.get(from..to).unwrap_or_default();
    if inside.len() == words.len() {
        let letters = |word: &Heard| -> String {
            let kept = word.text.chars().filter(|c| c.is_alphanumeric());
            kept.flat_map(char::to_lowercase).collect()
        };
        // "$5 now" beside "five dollars": as many, and not the same.
        for (word, timed) in words.iter_mut().zip(inside) {
            word.at = timed.at.filter(|_| letters(word) == letters(timed));
        }
    }
}

/// OpenAI's interface writes languages out.
fn code_of(name: &str) -> &str {
    const NAMES: [(&str, &str); 38] = [
        ("arabic", "ar"),
        ("bulgarian", "bg"),
        ("catalan", "ca"),
        ("chinese", "zh"),
        ("croatian", "hr"),
        ("czech", "cs"),
        ("danish", "da"),
        ("dutch", "nl"),
        ("english", "en"),
        ("estonian", "et"),
        ("finnish", "fi"),
        ("french", "fr"),
        ("german", "de"),
        ("greek", "el"),
        ("hebrew", "he"),
        ("hindi", "hi"),
        ("hungarian", "hu"),
        ("indonesian", "id"),
        ("italian", "it"),
        ("japanese", "ja"),
        ("korean", "ko"),
        ("latvian", "lv"),
        ("lithuanian", "lt"),
        ("malay", "ms"),
        ("norwegian", "no"),
        ("persian", "fa"),
        ("polish", "pl"),
        ("portuguese", "pt"),
        ("romanian", "ro"),
        ("russian", "ru"),
        ("slovak", "sk"),
        ("spanish", "es"),
        ("swedish", "sv"),
        ("tagalog", "tl"),
        ("thai", "th"),
        ("turkish", "tr"),
        ("ukrainian", "uk"),
        ("vietnamese", "vi"),
    ];
    let found = NAMES
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    found.map_or(name, |(_, code)| code)
}
