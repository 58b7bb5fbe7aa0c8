//! CTM of NIST's scoring tools: a word a line, with recording, channel, begin and duration in
//! seconds, and mostly a confidence. One file may hold many recordings.
//!
//! Confidences are scores of any kind: where one lies outside of 0 to 1, none is taken for a
//! probability. Of alternatives (`<ALT_BEGIN>`, `<ALT>`, `<ALT_END>`, whose times are `*`) the
//! first counts.

use std::collections::BTreeMap;

use super::Trouble;
use super::cues::voice_named;
use super::draft::{Draft, Heard, Voice, from_seconds, parts_of};
use super::masked::word_of;
use crate::limits::{self, TRANSCRIPT_WORDS};
use crate::transcript::{MAX_CHANNELS, Span};

/// A line has at least these fields: recording, channel, begin, duration, word.
const FEWEST: usize = 5;
/// And at most confidence, type and speaker besides.
const MOST: usize = 8;

pub(super) fn speaks(text: &str) -> bool {
    let Some(line) = lines(text).map(|(_, line)| line).next() else {
        return false;
    };
    let fields: Vec<&str> = line.split_whitespace().take(MOST + 1).collect();
    let time = |text: &&str| *text == "*" || number(text).is_some();
    (FEWEST..=MOST).contains(&fields.len()) && fields[2..4].iter().all(time)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with(";;"))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

/// The recordings of a file, in order of their first word.
#[derive(Default)]
struct Recordings<'t> {
    order: Vec<&'t str>,
    words: BTreeMap<&'t str, Vec<(&'t str, Heard)>>,
}

pub(super) fn read(text: &str) -> Result<Vec<Draft>, Trouble> {
    let mut recordings = Recordings::default();
    let mut alternative = 0;
    let (mut count, mut alternatives) = (0, 0);
    let mut probable = true;
    for (at, line) in lines(text) {
        let fields: Vec<&str> = line.split_whitespace().take(MOST + 1).collect();
        let place = || format!("line {}", at + 1);
        let [name, channel, begin, duration, word, rest @ ..] = fields.as_slice() else {
            return Err(format!("{} has fewer than {FEWEST} fields", place()).into());
        };
        match *word {
            "<ALT_BEGIN>" => {
                (alternative, alternatives) = (1, alternatives + 1);
                continue;
            }
            "<ALT>" => {
                alternative += 1;
                continue;
            }
            "<ALT_END>" => {
                alternative = 0;
                continue;
            }
            _ if alternative > 1 => continue,
            _ => {}
        }
        let (Some(begin), Some(duration)) = (number(begin), number(duration)) else {
            return Err(format!("{} has no times", place()).into());
        };
        let start_ms = from_seconds(begin).map_err(|e| format!("{}: {e}", place()))?;
        let end_ms = from_seconds(begin + duration).map_err(|e| format!("{}: {e}", place()))?;
        count += 1;
        if count > TRANSCRIPT_WORDS {
            return Err(limits::too_much(TRANSCRIPT_WORDS, "words").into());
        }
        let prob = rest.first().and_then(|text| number(text));
        probable &= prob.is_none_or(|p| (0.0..=1.0).contains(&p));
        let words = recordings.words.entry(name).or_insert_with(|| {
            recordings.order.push(name);
            Vec::new()
        });
        let said = heard(word, rest.get(1).copied());
        words.extend(said.map(|heard| {
            let at = Some(Span::new(start_ms, end_ms.max(start_ms)));
            (*channel, Heard { at, prob, ..heard })
        }));
    }
    let mut notes = Vec::new();
    if !probable {
        notes.push(
            "its confidences are not all between 0 and 1, so none is a probability".to_string(),
        );
    }
    if alternatives > 0 {
        notes.push(format!("of {alternatives} alternatives the first is taken"));
    }
    let mut drafts = Vec::with_capacity(recordings.order.len());
    for name in &recordings.order {
        let mut words = recordings.words.remove(name).unwrap_or_default();
        if !probable {
            words.iter_mut().for_each(|(_, word)| word.prob = None);
        }
        drafts.push(Draft {
            name: Some((*name).to_string()),
            notes: notes.clone(),
            ..draft_of(words)?
        });
    }
    Ok(drafts)
}

/// A word; `None` for silence and noises.
fn heard(word: &str, kind: Option<&str>) -> Option<Heard> {
    let is = |words: &[&str], text: &str| words.iter().any(|w| text.eq_ignore_ascii_case(w));
    if kind.is_some_and(|kind| is(&["noise", "non-speech", "non-lex"], kind))
        || is(&["<eps>", "<sil>", "sil", "!sil", "<s>", "</s>"], word)
        || word.starts_with(['%', '@'])
    {
        return None;
    }
    let mut heard = word_of(word)?;
    heard.unheard |= is(&["<unk>", "<spoken_noise>"], word);
    Some(heard)
}

fn draft_of(words: Vec<(&str, Heard)>) -> Result<Draft, String> {
    let mut by_channel: BTreeMap<&str, Vec<Heard>> = BTreeMap::new();
    for (channel, word) in words {
        by_channel.entry(channel).or_default().push(word);
        if by_channel.len() > MAX_CHANNELS {
            return Err(format!("it has more than {MAX_CHANNELS} channels"));
        }
    }
    let from_zero = by_channel.contains_key("0");
    let voice = |channel: &str| -> Result<Voice, String> {
        let digits = channel.bytes().all(|b| b.is_ascii_digit());
        let index = match channel.to_ascii_lowercase().as_str() {
            "a" | "left" | "l" => 0,
            "b" | "right" | "r" => 1,
            _ if digits => {
                let number: usize = channel.parse().map_err(|_| "a channel is no number")?;
                if from_zero {
                    number
                } else {
                    number.saturating_sub(1)
                }
            }
            _ => return Ok(voice_named(channel)),
        };
        match index < MAX_CHANNELS {
            true => Ok(Voice::Channel(index)),
            false => Err(format!("it has more than {MAX_CHANNELS} channels")),
        }
    };
    let only_first = by_channel.len() == 1 && {
        let first = by_channel.keys().next().copied().unwrap_or_default();
        voice(first)? == Voice::Channel(0)
    };
    let mut draft = Draft {
        engine: "CTM".to_string(),
        ..Draft::default()
    };
    for (channel, words) in by_channel {
        let voice = match only_first {
            true => Voice::Unknown,
            false => voice(channel)?,
        };
        let voiced = words.into_iter().map(|word| (voice.clone(), word));
        draft.parts.extend(parts_of(voiced.collect()));
    }
    Ok(draft)
}
