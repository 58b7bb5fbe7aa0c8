//! What was left and what went: the truth of examples against what the redactor made of them.

use std::collections::BTreeMap;

use callibrate::calibration::interval::proportion::{Part, effective_size, wilson};
use callibrate::redaction::Redactor;
use callibrate::transcript::{RedactedKind, Transcript, Word};

use crate::made::{Example, Truth};

/// How many characters in a row may stay readable of a number of this length: the last four
/// digits of nothing, and never more than two of what has four or fewer.
pub fn telling_row(chars: u32) -> u32 {
    if chars <= 4 { 3 } else { 4 }
}

/// Words between two parts of what is read aloud.
const BETWEEN: usize = 8;

/// What stands in place of each word of a transcript, by channel, segment and word.
pub type Masks = Vec<Vec<Vec<Option<RedactedKind>>>>;

/// Which words a redactor masked, and as what.
pub fn masks(before: &Transcript, after: &Transcript) -> Masks {
    let pairs = before.channels.iter().zip(&after.channels);
    pairs
        .map(|(before, after)| {
            let pairs = before.segments.iter().zip(&after.segments);
            pairs
                .map(|(before, after)| {
                    let mut masks = align(&before.words, &after.words)
                        .expect("a word that is not masked stays as it was");
                    masks.reverse();
                    masks
                })
                .collect()
        })
        .collect()
}

/// The masks of one segment's words, the last first; `None` where the words do not fit each other.
/// A placeholder lasts to the end of the last word that it stands for, and words may share an end.
fn align(before: &[Word], after: &[Word]) -> Option<Vec<Option<RedactedKind>>> {
    let Some((next, rest)) = after.split_first() else {
        return before.is_empty().then(Vec::new);
    };
    let Some(redacted) = &next.redacted else {
        let (word, words) = before.split_first()?;
        if word != next {
            return None;
        }
        let mut masks = align(words, rest)?;
        masks.push(None);
        return Some(masks);
    };
    let ends = (1..=before.len()).filter(|&n| before[n - 1].end_ms == next.end_ms);
    for covered in ends {
        if let Some(mut masks) = align(&before[covered..], rest) {
            masks.extend(std::iter::repeat_n(Some(redacted.kind), covered));
            return Some(masks);
        }
    }
    None
}

/// One value of one example.
pub struct Entity {
    pub kind: RedactedKind,
    /// Nothing telling of it is left.
    pub masked: bool,
    /// The first telling word is masked as what it is.
    pub right_kind: bool,
}

pub struct Outcome {
    pub entities: Vec<Entity>,
    /// Words outside of any value, and what they were taken for.
    pub other_words: usize,
    pub false_alarms: Vec<RedactedKind>,
    pub after: Transcript,
}

pub fn measure(example: &Example, redactor: &Redactor) -> Outcome {
    let after = redactor.redact(example.transcript.clone(), &example.customers());
    let masks = masks(&example.transcript, &after);
    let mut by_entity: BTreeMap<&str, Vec<&Truth>> = BTreeMap::new();
    for truth in &example.truth {
        by_entity.entry(&truth.entity).or_default().push(truth);
    }
    let entities = by_entity
        .values()
        .filter_map(|t| entity(t, &masks))
        .collect();
    let mut other_words = 0;
    let mut false_alarms = Vec::new();
    for (channel, masks) in masks.iter().enumerate() {
        for (word, mask) in words_beside(example, channel, masks) {
            other_words += usize::from(word);
            false_alarms.extend(mask.filter(|_| word));
        }
    }
    Outcome {
        entities,
        other_words,
        false_alarms,
        after,
    }
}

/// For each word of a channel whether it belongs to no value, and its mask. What stands between
/// two parts of values of one kind may go with them, and counts as theirs.
fn words_beside(
    example: &Example,
    channel: usize,
    masks: &[Vec<Option<RedactedKind>>],
) -> Vec<(bool, Option<RedactedKind>)> {
    let mut words: Vec<_> = masks.iter().flatten().map(|mask| (true, *mask)).collect();
    let mut before: Option<(RedactedKind, usize)> = None;
    for truth in example.truth.iter().filter(|t| t.channel == channel) {
        let first = masks[..truth.segment].iter().map(Vec::len).sum::<usize>() + truth.first;
        let end = first + truth.words.len();
        let from = match before {
            Some((kind, end)) if kind == truth.kind && first - end <= BETWEEN => end,
            _ => first,
        };
        for (beside, _) in &mut words[from..end] {
            *beside = false;
        }
        before = Some((truth.kind, end));
    }
    words
}

/// `None` for what tells nothing by itself, as a city without its street.
fn entity(truths: &[&Truth], masks: &Masks) -> Option<Entity> {
    let longest = truths
        .iter()
        .map(|t| t.words.iter().map(|w| w.chars).sum::<u32>())
        .max()?;
    let row = telling_row(longest);
    let has_words = truths.iter().any(|t| t.words.iter().any(|w| w.tells));
    if !has_words && longest < row {
        return None;
    }
    let mut left = false;
    let mut first_mask = None;
    for truth in truths {
        let masks = &masks[truth.channel][truth.segment][truth.first..];
        let mut in_a_row = 0;
        for (word, mask) in truth.words.iter().zip(masks) {
            match mask {
                Some(kind) if word.tells || word.chars > 0 => {
                    in_a_row = 0;
                    first_mask = first_mask.or(Some(*kind));
                }
                Some(_) => {}
                None => {
                    in_a_row += word.chars;
                    left |= word.tells || in_a_row >= row;
                }
            }
        }
    }
    Some(Entity {
        kind: truths[0].kind,
        masked: !left,
        right_kind: first_mask == Some(truths[0].kind),
    })
}

/// So many of so many, by the phrasing that they come from: values in one phrasing fare alike.
#[derive(Default, Clone)]
pub struct Share {
    parts: BTreeMap<String, Part>,
}

impl Share {
    pub fn add(&mut self, phrasing: &str, hit: bool) {
        let none = Part { hits: 0.0, of: 0.0 };
        let part = self.parts.entry(phrasing.to_string()).or_insert(none);
        part.hits += f64::from(u8::from(hit));
        part.of += 1.0;
    }

    pub fn hits(&self) -> f64 {
        self.parts.values().fold(0.0, |sum, p| sum + p.hits)
    }

    pub fn of(&self) -> f64 {
        self.parts.values().fold(0.0, |sum, p| sum + p.of)
    }

    /// "96.2 % (91–98) of 120": the share with Wilson's 95 % interval on the effective number.
    pub fn text(&self) -> String {
        let (hits, of) = (self.hits(), self.of());
        if of == 0.0 {
            return "–".to_string();
        }
        let share = hits / of;
        let parts: Vec<Part> = self.parts.values().copied().collect();
        let n = effective_size(&parts).map_or(of, |n| n.min(of));
        let interval = wilson(share * n, n).expect("a share of something");
        format!(
            "{:.1} % ({:.0}–{:.0}) of {of}",
            100.0 * share,
            100.0 * interval.low,
            100.0 * interval.high
        )
    }
}
