//! Who holds the floor: arithmetic on stretches of speech, back-channels, and turns.
//!
//! Works on spans alone and knows no party, so that turns of the transcript (from words) and
//! turns of the metrics (from voice activity) follow one definition. Not here on purpose: any
//! judgement from what is said, besides whether words only acknowledge.

use std::ops::Range;

use super::english::{Family, Token, VOCABULARY, class};
use crate::transcript::Span;

/// Pauses shorter than this are part of speaking: breath, and the closure of a consonant.
pub(super) const PAUSE_MS: i64 = 500;
/// A stretch shorter than this within the other's speech is a back-channel.
const BACK_CHANNEL_MS: i64 = 1_000;
/// From this pause on the same speaker begins a new turn (AWS post-call analytics: 3.0 s).
const TURN_GAP_MS: i64 = 3_000;

/// One speaker's speech with pauses under [`PAUSE_MS`] bridged.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub speaker: usize,
    pub span: Span,
    /// Nothing but words that acknowledge was heard in it.
    pub acknowledges: bool,
    /// Its words, as a range of the list that goes with the stretches; empty where the stretch
    /// comes from voice activity.
    pub words: Range<usize>,
}

/// A turn; see [`super::Turn`] for the definition.
#[derive(Debug, Clone)]
pub(super) struct HeldTurn {
    pub speaker: usize,
    pub span: Span,
    /// Ascending.
    pub words: Vec<usize>,
    pub back_channel: bool,
}

/// Sorts spans and joins those less than `pause_ms` apart; 1 joins what overlaps or touches.
pub(super) fn joined(spans: impl IntoIterator<Item = Span>, pause_ms: i64) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.into_iter().collect();
    sorted.sort();
    let mut joined: Vec<Span> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match joined.last_mut() {
            Some(last) if span.start_ms - last.end_ms < pause_ms => {
                last.end_ms = last.end_ms.max(span.end_ms);
            }
            _ => joined.push(span),
        }
    }
    joined
}

pub(super) fn total_ms(spans: &[Span]) -> i64 {
    spans.iter().map(|s| s.len_ms()).sum()
}

/// Where both lists have a span. Each must be sorted and without overlap.
pub(super) fn both(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut i, mut j) = (0, 0);
    let mut shared = Vec::new();
    while i < a.len() && j < b.len() {
        let span = Span::new(
            a[i].start_ms.max(b[j].start_ms),
            a[i].end_ms.min(b[j].end_ms),
        );
        if span.len_ms() > 0 {
            shared.push(span);
        }
        if a[i].end_ms <= b[j].end_ms {
            i += 1;
        } else {
            j += 1;
        }
    }
    shared
}

/// What sorted speech leaves free between 0 and `recorded_ms`.
pub(super) fn gaps(speech: &[Span], recorded_ms: i64) -> Vec<Span> {
    let starts = std::iter::once(0).chain(speech.iter().map(|s| s.end_ms));
    let ends = speech
        .iter()
        .map(|s| s.start_ms)
        .chain(std::iter::once(recorded_ms));
    starts
        .zip(ends)
        .map(|(start_ms, end_ms)| Span::new(start_ms, end_ms))
        .filter(|gap| gap.len_ms() > 0)
        .collect()
}

/// Whether there are words, and all of them only acknowledge. `scratch` is room to work in.
pub(super) fn acknowledges(words: impl Iterator<Item = Token>, scratch: &mut Vec<Token>) -> bool {
    scratch.clear();
    for token in words {
        if !token.is_listed() && !token.is_empty() {
            return false;
        }
        if !token.is_empty() {
            scratch.push(token);
        }
    }
    let mut rest = scratch.as_slice();
    if rest.is_empty() {
        return false;
    }
    while let Some(first) = rest.first() {
        let len = if first.has(class::ACKNOWLEDGES) {
            1
        } else {
            match VOCABULARY.begins_with(rest, Family::Acknowledgement) {
                Some(len) => len,
                None => return false,
            }
        };
        rest = &rest[len..];
    }
    true
}

/// Cuts stretches into turns, sorted by start; `words` is the list of their words.
pub(super) fn turns(mut stretches: Vec<Stretch>, words: &[usize]) -> Vec<HeldTurn> {
    stretches.sort_by_key(|s| (s.span, s.speaker));
    let back_channel = back_channels(&stretches);
    let mut turns: Vec<HeldTurn> = Vec::new();
    let mut held: Option<usize> = None;
    for (stretch, back_channel) in stretches.into_iter().zip(back_channel) {
        let open = held.filter(|&t| {
            turns[t].speaker == stretch.speaker
                && stretch.span.start_ms - turns[t].span.end_ms < TURN_GAP_MS
        });
        match open {
            Some(t) if !back_channel => {
                turns[t].span.end_ms = turns[t].span.end_ms.max(stretch.span.end_ms);
                turns[t].words.extend(&words[stretch.words]);
            }
            _ => {
                if !back_channel {
                    held = Some(turns.len());
                }
                turns.push(HeldTurn {
                    speaker: stretch.speaker,
                    span: stretch.span,
                    words: words[stretch.words].to_vec(),
                    back_channel,
                });
            }
        }
    }
    for turn in &mut turns {
        turn.words.sort_unstable();
    }
    turns
}

/// Which stretches are back-channels. Expects the stretches sorted by span, and those of one
/// speaker without overlap, so that only the last one that another began can hold one of them.
fn back_channels(stretches: &[Stretch]) -> Vec<bool> {
    let speakers = stretches.iter().map(|s| s.speaker + 1).max().unwrap_or(0);
    let mut latest: Vec<Option<usize>> = vec![None; speakers];
    let mut found = Vec::with_capacity(stretches.len());
    for (i, own) in stretches.iter().enumerate() {
        // Two that start together are told apart by their length, so what comes after in the
        // order may hold the floor as well.
        let together = stretches[i + 1..]
            .iter()
            .take_while(|other| other.span.start_ms == own.span.start_ms);
        let mut others = latest
            .iter()
            .flatten()
            .map(|&at| &stretches[at])
            .chain(together);
        let brief = own.span.len_ms() < BACK_CHANNEL_MS || own.acknowledges;
        let holds = |other: &Stretch| {
            other.speaker != own.speaker
                && other.span.end_ms >= own.span.end_ms
                && other.span.len_ms() > own.span.len_ms()
        };
        found.push(brief && others.any(holds));
        latest[own.speaker] = Some(i);
    }
    found
}
