//! JSON of whisper.cpp: `-oj` has segments, `-ojf` their tokens, too.
//!
//! Tokens are joined to words: one that begins with a space begins a word. Special tokens are left
//! out. A character may be cut where a token ends, so that the file is no UTF-8; words are made of
//! bytes. The start that `--dtw` aligns is taken where there is one. With `-ml 1` every segment is
//! a word or less. `-di` guesses per segment on which channel it is louder: that is a speaker's
//! label and no channel.

use serde::Deserialize;

use super::Trouble;
use super::cues::voice_named;
use super::draft::{Draft, Heard, Part, Voice, at, from_millis, parts_of, whisper_doubts};
use super::json::{self, Label, List, Number, Raw};
use super::masked::{is_special, word_of, words_in};
use crate::transcript::Span;

#[derive(Deserialize)]
struct File {
    result: Option<Result>,
    model: Option<Model>,
    params: Option<Params>,
    transcription: List<Segment>,
}

#[derive(Deserialize)]
struct Result {
    language: Option<String>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    size: Option<String>,
}

#[derive(Deserialize)]
struct Params {
    model: Option<Raw>,
    translate: Option<bool>,
}

#[derive(Deserialize)]
struct Offsets {
    from: Number,
    to: Number,
}

impl Offsets {
    fn span(&self) -> std::result::Result<Span, String> {
        let (from, to) = (from_millis(self.from.0)?, from_millis(self.to.0)?);
        Ok(Span::new(from, to.max(from)))
    }
}

#[derive(Deserialize)]
struct Segment {
    offsets: Offsets,
    text: Raw,
    speaker: Option<Label>,
    #[serde(default)]
    tokens: List<Token>,
}

#[derive(Deserialize)]
struct Token {
    text: Raw,
    offsets: Option<Offsets>,
    p: Option<Number>,
    /// In hundredths of a second; -1 where nothing was aligned.
    t_dtw: Option<Number>,
}

pub(super) fn read(bytes: &[u8]) -> std::result::Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    let params = file.params.as_ref();
    if params.is_some_and(|params| params.translate == Some(true)) {
        return Err(Trouble::NoCall(
            "it is a translation, and not what was said".to_string(),
        ));
    }
    let mut segments = file.transcription.0;
    join_torn(&mut segments);
    let mut parts = Vec::new();
    for (s, segment) in segments.into_iter().enumerate() {
        let span = at("segment", s, segment.offsets.span())?;
        let words = match segment.tokens.0.is_empty() {
            true => words_in(&segment.text.text()),
            false => at("segment", s, words_of(&segment.tokens.0, span))?,
        };
        let mut part = Part {
            voice: voice_of(segment.speaker),
            span: Some(span),
            words,
            ..Part::default()
        };
        whisper_doubts(&mut part, None, None);
        parts.push(part);
    }
    parts.retain(|part| !part.words.is_empty());
    let path = params.and_then(|params| params.model.as_ref());
    let name = path.map(|path| {
        let path = path.text();
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        name.trim_end_matches(".bin").to_string()
    });
    Ok(Draft {
        engine: "whisper.cpp".to_string(),
        model: name
            .filter(|name| !name.is_empty())
            .or(file.model.and_then(|m| m.size)),
        language: file.result.and_then(|result| result.language),
        parts: joined(parts),
        ..Draft::default()
    })
}

/// `-ml` cuts segments within words unless `-sow` forbids it: what begins without a blank belongs
/// to the word before, in languages that have blanks between words.
fn join_torn(segments: &mut Vec<Segment>) {
    let blank = |segment: &Segment| segment.text.0.starts_with(b" ");
    if 2 * segments.iter().filter(|s| blank(s)).count() < segments.len() {
        return;
    }
    let mut joined: Vec<Segment> = Vec::with_capacity(segments.len());
    for mut segment in std::mem::take(segments) {
        let torn = !blank(&segment) && !segment.text.0.is_empty();
        if let Some(last) = joined
            .last_mut()
            .filter(|l| torn && l.speaker == segment.speaker)
        {
            let text = &mut segment.text.0;
            let end = text.iter().position(|b| *b == b' ').unwrap_or(text.len());
            last.text.0.extend(text.drain(..end));
            let tokens = &mut segment.tokens.0;
            let begins = |token: &Token| token.text.0.starts_with(b" ");
            let end = tokens.iter().position(begins).unwrap_or(tokens.len());
            let moved = tokens.drain(..end);
            let until = moved
                .as_slice()
                .iter()
                .filter_map(|t| Some(t.offsets.as_ref()?.to.0));
            let until = until.fold(last.offsets.to.0, f64::max);
            last.tokens.0.extend(moved);
            if segment.text.0.is_empty() {
                last.offsets.to.0 = segment.offsets.to.0.max(last.offsets.to.0);
                continue;
            }
            last.offsets.to.0 = until;
        }
        joined.push(segment);
    }
    *segments = joined;
}

fn voice_of(speaker: Option<Label>) -> Voice {
    match speaker {
        Some(Label(label)) => voice_named(&label),
        None => Voice::Unknown,
    }
}

/// A word whose tokens are being joined.
struct Open {
    bytes: Vec<u8>,
    prob: Option<f64>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    aligned: bool,
}

fn words_of(tokens: &[Token], whole: Span) -> std::result::Result<Vec<Heard>, String> {
    let mut open: Vec<Open> = Vec::new();
    for (t, token) in tokens.iter().enumerate() {
        if is_special(token.text.text().trim()) {
            continue;
        }
        let span = token.offsets.as_ref().map(Offsets::span).transpose();
        let span = at("token", t, span)?;
        let aligned = token.t_dtw.filter(|t| t.0 >= 0.0);
        let start_ms = match aligned {
            Some(t) => Some(from_millis(t.0 * 10.0)?),
            None => span.map(|span| span.start_ms),
        };
        let bytes = &token.text.0;
        match open.last_mut() {
            Some(word) if !bytes.starts_with(b" ") => {
                word.bytes.extend_from_slice(bytes);
                word.end_ms = span.map(|span| span.end_ms).or(word.end_ms);
                if let (Some(p), Some(least)) = (token.p, word.prob) {
                    word.prob = Some(least.min(p.0));
                }
            }
            _ => open.push(Open {
                bytes: bytes.clone(),
                prob: token.p.map(|p| p.0),
                start_ms,
                end_ms: span.map(|span| span.end_ms),
                aligned: aligned.is_some(),
            }),
        }
    }
    let starts: Vec<Option<i64>> = open.iter().map(|word| word.start_ms).collect();
    let words = open.into_iter().enumerate().filter_map(|(i, word)| {
        let mut heard = word_of(&String::from_utf8_lossy(&word.bytes))?;
        let next = starts.get(i + 1).copied().flatten().unwrap_or(whole.end_ms);
        // The alignment tells where words begin: one lasts until the next.
        let end_ms = if word.aligned {
            Some(next)
        } else {
            word.end_ms
        };
        heard.at = word.start_ms.zip(end_ms).map(|(start_ms, end_ms)| {
            let start_ms = start_ms.clamp(whole.start_ms, whole.end_ms);
            Span::new(start_ms, end_ms.clamp(start_ms, whole.end_ms))
        });
        heard.prob = word.prob;
        Some(heard)
    });
    Ok(words.collect())
}

/// Segments of one word each (`-ml 1`) are joined to what is said without a pause.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let single = parts.iter().filter(|part| part.words.len() == 1).count();
    if parts.len() < 4 || single * 10 < parts.len() * 9 {
        return parts;
    }
    let words = parts.into_iter().flat_map(|part| {
        let Part {
            voice, span, words, ..
        } = part;
        let alone = words.len() == 1;
        words.into_iter().map(move |mut word| {
            word.at = word.at.or(span.filter(|_| alone));
            (voice.clone(), word)
        })
    });
    parts_of(words.collect())
}
