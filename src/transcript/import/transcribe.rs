//! Amazon Transcribe: items with times and confidences as text; channels where the job separated
//! them, else speakers where it told them apart.

use serde::Deserialize;

use super::Trouble;
use super::draft::{self, Draft, Heard, Voice, parts_of, punctuate, span_of};
use super::json::{self, Label, List, Number};
use super::masked::word_of;

#[derive(Deserialize)]
struct File {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    items: List<Item>,
    channel_labels: Option<Channels>,
    language_code: Option<String>,
    speaker_labels: Option<Speakers>,
}

#[derive(Deserialize)]
struct Channels {
    channels: List<Channel>,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    items: List<Item>,
}

#[derive(Deserialize)]
struct Speakers {
    #[serde(default)]
    segments: List<SpeakerSegment>,
}

#[derive(Deserialize)]
struct SpeakerSegment {
    start_time: Number,
    end_time: Number,
    speaker_label: Label,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    start_time: Option<Number>,
    end_time: Option<Number>,
    speaker_label: Option<Label>,
    alternatives: List<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    confidence: Option<Number>,
    content: String,
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    let results = file.results;
    let mut parts = Vec::new();
    let mut channels = 0;
    match results.channel_labels.filter(|c| !c.channels.0.is_empty()) {
        Some(labels) => {
            channels = labels.channels.0.len();
            for (channel, own) in labels.channels.0.into_iter().enumerate() {
                let words = words_of(own.items.0)?;
                let voiced = words
                    .into_iter()
                    .map(|(_, word)| (Voice::Channel(channel), word));
                parts.extend(parts_of(voiced.collect()));
            }
        }
        None => {
            let mut words = words_of(results.items.0)?;
            if let Some(speakers) = results.speaker_labels {
                label(&mut words, &speakers.segments.0);
            }
            parts.extend(parts_of(words));
        }
    }
    Ok(Draft {
        engine: "Amazon Transcribe".to_string(),
        language: results.language_code,
        channels,
        parts,
        ..Draft::default()
    })
}

fn words_of(items: Vec<Item>) -> Result<Vec<(Voice, Heard)>, String> {
    let mut words: Vec<(Voice, Heard)> = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        let Some(best) = item.alternatives.0.into_iter().next() else {
            continue;
        };
        if item.kind == "punctuation" {
            if let Some((_, last)) = words.last_mut() {
                punctuate(std::slice::from_mut(last), &best.content);
            }
            continue;
        }
        let Some(word) = word_of(&best.content) else {
            continue;
        };
        let voice = item
            .speaker_label
            .map_or(Voice::Unknown, |l| Voice::Label(l.0));
        let at = span_of(item.start_time.map(|n| n.0), item.end_time.map(|n| n.0));
        words.push((
            voice,
            Heard {
                at: draft::at("item", i, at)?,
                prob: best.confidence.map(|n| n.0),
                ..word
            },
        ));
    }
    Ok(words)
}

/// Older files tell speakers in a list of their own, in order of time.
fn label(words: &mut [(Voice, Heard)], segments: &[SpeakerSegment]) {
    let mut rest = segments;
    for (voice, word) in words
        .iter_mut()
        .filter(|(voice, _)| *voice == Voice::Unknown)
    {
        let Some(at) = word.at else { continue };
        let middle = (at.start_ms + at.end_ms) as f64 / 2000.0;
        let before = rest.iter().take_while(|s| s.end_time.0 < middle).count();
        rest = &rest[before..];
        if let Some(segment) = rest.first().filter(|s| s.start_time.0 <= middle) {
            *voice = Voice::Label(segment.speaker_label.0.clone());
        }
    }
}
