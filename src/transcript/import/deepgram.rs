//! Deepgram: words by channel, with times in seconds and confidences; utterances where they were
//! asked for. Several channels are the recording's; on a single one `diarize` tells speakers apart
//! by numbers, and not who they are.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Trouble;
use super::cues::voice_named;
use super::draft::{self, Draft, Heard, Voice, from_seconds, parts_of, span_of};
use super::json::{self, Label, List, Number};
use super::masked::word_of;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    metadata: Option<Metadata>,
    results: Results,
}

#[derive(Default, Deserialize)]
struct Metadata {
    duration: Option<Number>,
    model_info: Option<BTreeMap<String, Model>>,
}

#[derive(Deserialize)]
struct Model {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    channels: List<Channel>,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    alternatives: List<Alternative>,
    detected_language: Option<String>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default)]
    words: List<Word>,
    #[serde(default)]
    transcript: String,
}

#[derive(Deserialize)]
struct Word {
    word: String,
    punctuated_word: Option<String>,
    start: Number,
    end: Number,
    confidence: Option<Number>,
    speaker: Option<Label>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    let channels = file.results.channels.0.len();
    if channels == 0 {
        return Err(Trouble::NoCall("it has no channels".to_string()));
    }
    let mut languages = Vec::with_capacity(channels);
    let mut parts = Vec::new();
    for (channel, heard) in file.results.channels.0.into_iter().enumerate() {
        languages.push(heard.detected_language);
        // The first is the likeliest.
        let Some(best) = heard.alternatives.0.into_iter().next() else {
            continue;
        };
        if best.words.0.is_empty() && !best.transcript.trim().is_empty() {
            return Err(Trouble::NoCall(
                "it has a text without words and times".to_string(),
            ));
        }
        let mut words = Vec::new();
        for (i, word) in best.words.0.into_iter().enumerate() {
            let at = span_of(Some(word.start.0), Some(word.end.0));
            let at = draft::at("channel", channel, draft::at("word", i, at))?;
            let voice = match (channels, word.speaker) {
                (1, Some(label)) => voice_named(&label.0),
                (1, None) => Voice::Unknown,
                _ => Voice::Channel(channel),
            };
            let text = word.punctuated_word.as_ref().unwrap_or(&word.word);
            if let Some(text) = word_of(text) {
                let prob = word.confidence.map(|n| n.0);
                words.push((voice, Heard { at, prob, ..text }));
            }
        }
        parts.extend(parts_of(words));
    }
    let metadata = file.metadata.unwrap_or_default();
    let model = metadata.model_info.and_then(|all| all.into_values().next());
    let model = model.and_then(|model| {
        let name = model.name?;
        Some(match model.version {
            // A date and a number in one look like the number of a card, and would be masked.
            Some(version) if version.contains('-') => {
                format!("{name} of {}", version.replacen('.', ", build ", 1))
            }
            Some(version) => format!("{name} {version}"),
            None => name,
        })
    });
    Ok(Draft {
        engine: "Deepgram".to_string(),
        model,
        languages,
        recorded_ms: metadata.duration.map(|n| from_seconds(n.0)).transpose()?,
        channels,
        lists_all: true,
        parts,
        ..Draft::default()
    })
}
