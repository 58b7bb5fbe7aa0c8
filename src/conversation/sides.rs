//! Agent and customer by their voice activity: talk, overlap, interruptions, turns, answers.

use super::floor::{self, HeldTurn, PAUSE_MS, Stretch, both, joined, total_ms};
use super::metrics::{Event, EventKind, event};
use super::{Conversation, Party};
use crate::transcript::Span;

/// The shortest time of both speaking that is counted (MiiTel: 1 s).
const OVERLAP_MS: i64 = 1_000;
/// How long the other must have held the floor before one can interrupt; a second at least, or
/// two who begin to speak at once would interrupt each other.
const FLOOR_MS: i64 = 1_000;
/// How long the interrupter speaks.
const INTERRUPTION_MS: i64 = 1_000;
/// How long both speak in an interruption. Turns change hands with up to about 0.2 s of overlap
/// (Heldner and Edlund 2010), and voice activity is padded.
const INTERRUPTED_MS: i64 = 300;

/// Index of a party in [`Sides`].
pub(super) fn side(party: Party) -> usize {
    usize::from(party == Party::Customer)
}

pub(super) const PARTIES: [Party; 2] = [Party::Agent, Party::Customer];

/// The two parties of a recording with a channel for each.
pub(super) struct Sides {
    /// Voice activity of agent and customer.
    pub speech: [Vec<Span>; 2],
    /// The same with pauses bridged.
    pub stretches: [Vec<Stretch>; 2],
    /// Turns of both, back-channels left out, sorted by start.
    pub turns: Vec<HeldTurn>,
}

impl Sides {
    pub fn of(c: &Conversation) -> Option<Self> {
        if c.mono {
            return None;
        }
        let speech = PARTIES.map(|party| c.speech_of(party));
        let stretches = PARTIES.map(|party| stretches(c, party, &speech[side(party)]));
        let mut turns = floor::turns(stretches.concat(), &[]);
        turns.retain(|turn| !turn.back_channel);
        Some(Self {
            speech,
            stretches,
            turns,
        })
    }

    pub fn talk_ms(&self, party: Party) -> i64 {
        total_ms(&self.speech[side(party)])
    }

    pub fn overlaps(&self) -> Vec<Event> {
        both(&self.speech[0], &self.speech[1])
            .into_iter()
            .filter(|span| span.len_ms() >= OVERLAP_MS)
            .filter(|&span| {
                let mut around = self.stretches.iter().flatten();
                !around.any(|s| s.acknowledges && s.span.overlap_ms(span) > 0)
            })
            .map(|span| event(EventKind::Overlap, span, None))
            .collect()
    }

    pub fn interruptions(&self, by: Party) -> Vec<Event> {
        let (own, other) = (side(by), 1 - side(by));
        self.stretches[own]
            .iter()
            .filter(|s| !s.acknowledges && s.span.len_ms() >= INTERRUPTION_MS)
            .filter(|s| {
                let mut holders = self.stretches[other].iter().filter(|h| !h.acknowledges);
                holders.any(|holder| {
                    s.span.start_ms - holder.span.start_ms >= FLOOR_MS
                        && self.both_speak_ms(s.span, holder.span) >= INTERRUPTED_MS
                })
            })
            .map(|s| event(EventKind::Interruption, s.span, Some(by)))
            .collect()
    }

    /// How long both really speak, pauses left out, where two stretches overlap.
    fn both_speak_ms(&self, a: Span, b: Span) -> i64 {
        let shared = [Span::new(
            a.start_ms.max(b.start_ms),
            a.end_ms.min(b.end_ms),
        )];
        if shared[0].len_ms() == 0 {
            return 0;
        }
        total_ms(&both(&both(&self.speech[0], &shared), &self.speech[1]))
    }

    pub fn longest_monologue(&self, party: Party) -> Option<Event> {
        let own = self.turns.iter().filter(|t| t.speaker == side(party));
        // Of equals the first.
        let longest = own.rev().max_by_key(|t| t.span.len_ms())?;
        Some(event(
            EventKind::LongestMonologue,
            longest.span,
            Some(party),
        ))
    }

    /// A turn answers where the last voice before it was the other's.
    pub fn response_gaps(&self, holds: &[Event]) -> Vec<Event> {
        let mut last_end: [Option<i64>; 2] = [None, None];
        let mut found = Vec::new();
        for turn in &self.turns {
            let (own, other) = (turn.speaker, 1 - turn.speaker);
            let start_ms = turn.span.start_ms;
            if let Some(end_ms) = last_end[other].filter(|&end| Some(end) > last_end[own]) {
                let gap = Span::new(end_ms.min(start_ms), start_ms);
                if holds.iter().all(|h| h.span.overlap_ms(gap) == 0) {
                    found.push(event(EventKind::ResponseGap, gap, Some(PARTIES[own])));
                }
            }
            last_end[own] = last_end[own].max(Some(turn.span.end_ms));
        }
        found
    }
}

/// The speech of a party with pauses bridged.
fn stretches(c: &Conversation, party: Party, speech: &[Span]) -> Vec<Stretch> {
    let mut own: Vec<(i64, usize)> = Vec::new();
    if c.word_times {
        let of_party = c.words.iter().enumerate().filter(|(_, w)| w.party == party);
        own.extend(of_party.map(|(i, w)| ((w.start_ms + w.end_ms) / 2, i)));
        own.sort_unstable();
    }
    let mut rest = own.as_slice();
    let mut scratch = Vec::new();
    joined(speech.iter().copied(), PAUSE_MS)
        .into_iter()
        .map(|span| {
            let before = rest.partition_point(|&(middle, _)| middle < span.start_ms);
            rest = &rest[before..];
            let inside = rest.partition_point(|&(middle, _)| middle < span.end_ms);
            // Trusted or not: this only ever takes a reproach away.
            let tokens = rest[..inside].iter().map(|&(_, word)| c.tokens[word]);
            Stretch {
                speaker: side(party),
                span,
                acknowledges: floor::acknowledges(tokens, &mut scratch),
                words: 0..0,
            }
        })
        .collect()
}
