//! Who holds the floor: arithmetic on stretches of speech, back-channels, and turns.
//!
//! Works on spans alone and knows no party, so that turns of the transcript (from words) and
//! turns of the metrics (from voice activity) follow one definition. Not here on purpose: any
//! judgement from what is said, besides the short list of words that only acknowledge.

use super::SpokenWord;
use crate::transcript::Span;

/// Pauses shorter than this are part of speaking: breath, and the closure of a consonant.
pub(super) const PAUSE_MS: i64 = 500;
/// A stretch shorter than this within the other's speech is a back-channel.
const BACK_CHANNEL_MS: i64 = 1_000;
/// From this pause on the same speaker begins a new turn (AWS post-call analytics: 3.0 s).
const TURN_GAP_MS: i64 = 3_000;

/// Words that acknowledge and take no floor. English.
const ACKNOWLEDGEMENTS: &[&str] = &[
    "okay",
    "ok",
    "yes",
    "yeah",
    "yep",
    "yup",
    "mm",
    "mhm",
    "mmm",
    "mmhm",
    "mmhmm",
    "hm",
    "hmm",
    "uh",
    "huh",
    "uhhuh",
    "ah",
    "aha",
    "oh",
    "right",
    "alright",
    "all right",
    "sure",
    "i see",
    "fine",
    "of course",
    "got it",
    "i understand",
];

/// One speaker's speech with pauses under [`PAUSE_MS`] bridged.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub speaker: usize,
    pub span: Span,
    /// Nothing but words that acknowledge was heard in it.
    pub acknowledges: bool,
    /// Indexes of its words; empty where the stretch comes from voice activity.
    pub words: Vec<usize>,
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

/// Lower case, letters and digits only: `Mm-hm,` becomes `mmhm` and `I'll` becomes `ill`.
pub(super) fn normalised(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether there are words, and all of them only acknowledge.
pub(super) fn acknowledges<'a>(words: impl Iterator<Item = &'a SpokenWord>) -> bool {
    let mut tokens = Vec::new();
    for word in words {
        if word.redacted.is_some() {
            return false;
        }
        tokens.push(normalised(&word.text));
    }
    tokens.retain(|t| !t.is_empty());
    let mut rest = tokens.as_slice();
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let Some(len) = ACKNOWLEDGEMENTS.iter().find_map(|p| starts_with(rest, p)) else {
            return false;
        };
        rest = &rest[len..];
    }
    true
}

/// How many tokens the phrase takes, where the tokens begin with it.
pub(super) fn starts_with<S: AsRef<str>>(tokens: &[S], phrase: &str) -> Option<usize> {
    let mut len = 0;
    for word in phrase.split(' ') {
        if tokens.get(len)?.as_ref() != word {
            return None;
        }
        len += 1;
    }
    Some(len)
}

/// Cuts stretches into turns, sorted by start.
pub(super) fn turns(mut stretches: Vec<Stretch>) -> Vec<HeldTurn> {
    stretches.sort_by_key(|s| (s.span, s.speaker));
    let back_channel: Vec<bool> = (0..stretches.len())
        .map(|i| is_back_channel(i, &stretches))
        .collect();
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
                turns[t].words.extend(stretch.words);
            }
            _ => {
                if !back_channel {
                    held = Some(turns.len());
                }
                turns.push(HeldTurn {
                    speaker: stretch.speaker,
                    span: stretch.span,
                    words: stretch.words,
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

/// Expects the stretches sorted by span.
fn is_back_channel(index: usize, stretches: &[Stretch]) -> bool {
    let own = &stretches[index];
    if own.span.len_ms() >= BACK_CHANNEL_MS && !own.acknowledges {
        return false;
    }
    // A longer stretch around this one starts no later. Two that start together are told apart
    // by their length, so what comes after in the order may hold the floor as well.
    stretches
        .iter()
        .take_while(|other| other.span.start_ms <= own.span.start_ms)
        .any(|other| {
            other.speaker != own.speaker
                && other.span.end_ms >= own.span.end_ms
                && other.span.len_ms() > own.span.len_ms()
        })
}
