//! Amazon Transcribe: items with times and confidences as text; channels where the job separated
//! them, else speakers where it told them apart.

use serde::Deserialize;

use super::Trouble;
use super::cues::voice_named;
use super::draft::{self, Draft, Heard, Voice, parts_of, punctuate, span_of};
use super::json::{self, Label, List, Number};
use super::masked::{mask, word_of};
use crate::transcript::MAX_CHANNELS;

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
    #[serde(default)]
    language_codes: List<Language>,
    speaker_labels: Option<Speakers>,
}

#[derive(Deserialize)]
struct Language {
    language_code: String,
    duration_in_seconds: Option<Number>,
}

#[derive(Deserialize)]
struct Channels {
    channels: List<Channel>,
}

#[derive(Deserialize)]
struct Channel {
    channel_label: Option<String>,
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
    #[serde(default)]
    redactions: List<Redaction>,
}

#[derive(Deserialize)]
struct Redaction {
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    let results = file.results;
    let seconds = |language: &Language| language.duration_in_seconds.map_or(0.0, |n| n.0);
    let languages = results.language_codes.0.into_iter();
    let most = languages.max_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    let mut parts = Vec::new();
    let (mut channels, mut listed) = (0, 0);
    match results.channel_labels.filter(|c| !c.channels.0.is_empty()) {
        Some(labels) => {
            listed = labels.channels.0.len();
            for (at, own) in labels.channels.0.into_iter().enumerate() {
                // They stand in any order.
                let label = own
                    .channel_label
                    .as_deref()
                    .and_then(|l| l.strip_prefix("ch_"));
                let channel = label.and_then(|number| number.parse::<usize>().ok());
                let channel = channel.filter(|channel| *channel < MAX_CHANNELS);
                let channel = channel
                    .ok_or_else(|| format!("channel {}: no `channel_label` ch_N", at + 1))?;
                channels = channels.max(channel + 1);
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
        language: results.language_code.or(most.map(|l| l.language_code)),
        channels,
        lists_all: listed > 0 && listed == channels,
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
        let Some(mut word) = word_of(&best.content) else {
            continue;
        };
        if let Some(redaction) = best.redactions.0.first() {
            mask(&mut word, redaction.kind.as_deref());
        }
        let voice = item
            .speaker_label
            .map_or(Voice::Unknown, |l| voice_named(&l.0));
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
            *voice = voice_named(&segment.speaker_label.0);
        }
    }
}
