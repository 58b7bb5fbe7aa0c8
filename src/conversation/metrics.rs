//! How the two talked, in numbers: talk, silence, holds, overlap, interruptions, turns.
//!
//! [`events`] finds the moments, [`measure`] counts and sums them, and [`METRICS`] is the one
//! list from which both the table's columns and the rules of rubrics are taken. Definitions with
//! their sources stand in `docs/metrics.md`; change both together. Left out on purpose: handle
//! time and anything else that a recording does not know.

use super::floor::{self, HeldTurn, PAUSE_MS, Stretch, both, joined, total_ms};
use super::{Conversation, Party, SpokenWord, hold};
use crate::transcript::Span;

/// The shortest silence that is counted (AWS Contact Lens, non-talk time: 3 s).
const SILENCE_MS: i64 = 3_000;
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
/// A rate of words needs this much speech.
const RATE_MS: i64 = 5_000;

/// What happened at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Neither speaks for 3 s or more, for whatever reason.
    Silence,
    /// The customer waits while the agent is away.
    Hold,
    /// A silence of 10 s or more that nobody explained.
    DeadAir,
    /// Both speak for 1 s or more.
    Overlap,
    /// One takes the floor while the other holds it; the span is the interrupter's speech.
    Interruption,
    /// A party's longest turn.
    LongestMonologue,
    /// From the end of one party's speech to the other's answer; empty where the answer begins
    /// before the end.
    ResponseGap,
}

impl EventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Silence => "silence",
            EventKind::Hold => "hold",
            EventKind::DeadAir => "dead_air",
            EventKind::Overlap => "overlap",
            EventKind::Interruption => "interruption",
            EventKind::LongestMonologue => "longest_monologue",
            EventKind::ResponseGap => "response_gap",
        }
    }
}

/// A moment of the call that a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub span: Span,
    /// Who interrupts, holds the monologue, or answers; `None` for what has no doer.
    pub party: Option<Party>,
    /// For holds and dead air: whether somebody said that there would be a wait. `None` where
    /// what was said just before was not heard well enough to tell, and for all other kinds.
    pub announced: Option<bool>,
}

/// The measurements of one call; docs of each stand in [`METRICS`]. `None` is *not known*, while
/// a zero was measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    pub speech_ms: i64,
    pub talk_time_agent_ms: Option<i64>,
    pub talk_time_customer_ms: Option<i64>,
    pub talk_time_total_ms: Option<i64>,
    pub talk_share_agent: Option<f64>,
    pub silence_count: i64,
    pub silence_ms: i64,
    pub longest_silence_ms: i64,
    pub silence_share: Option<f64>,
    pub dead_air_count: Option<i64>,
    pub dead_air_ms: Option<i64>,
    pub hold_count: Option<i64>,
    pub hold_announced_count: Option<i64>,
    pub hold_inferred_count: Option<i64>,
    pub hold_ms: Option<i64>,
    pub longest_hold_ms: Option<i64>,
    pub overlap_count: Option<i64>,
    pub overlap_ms: Option<i64>,
    pub interruptions_by_agent: Option<i64>,
    pub interruptions_by_customer: Option<i64>,
    pub longest_monologue_agent_ms: Option<i64>,
    pub longest_monologue_customer_ms: Option<i64>,
    pub words_per_minute_agent: Option<f64>,
    pub words_per_minute_customer: Option<f64>,
    pub turns_agent: Option<i64>,
    pub turns_customer: Option<i64>,
    pub response_gap_agent_median_ms: Option<i64>,
    pub response_gap_customer_median_ms: Option<i64>,
    /// Sorted by start, then kind.
    pub events: Vec<Event>,
}

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Ms,
    Count,
    /// 0 to 1.
    Share,
    WordsPerMinute,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Ms => "ms",
            Unit::Count => "count",
            Unit::Share => "share",
            Unit::WordsPerMinute => "words per minute",
        }
    }

    /// Whether all values are whole numbers.
    pub fn is_whole(self) -> bool {
        matches!(self, Unit::Ms | Unit::Count)
    }
}

/// One column of the metrics table, and one name that a rubric may use.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    pub unit: Unit,
    /// One sentence: definition, threshold, and when it is null.
    pub doc: &'static str,
    /// The value in [`Metric::unit`]; `None` where the call does not tell.
    pub value: fn(&Metrics) -> Option<f64>,
    /// Which events make the value up; `None` where it is no matter of moments. For a `longest_`
    /// metric the longest of them is the one.
    pub events: Option<fn(&Event) -> bool>,
}

impl Metric {
    /// The moments that make the value up, in order of time.
    pub fn moments<'a>(&self, metrics: &'a Metrics) -> Vec<&'a Event> {
        let Some(belongs) = self.events else {
            return Vec::new();
        };
        metrics.events.iter().filter(|e| belongs(e)).collect()
    }
}

/// The metric of that name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.name == name)
}

/// All metrics, in the order of the table's columns.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "speech_ms",
        unit: Unit::Ms,
        doc: "Time in which anybody speaks; never null.",
        value: |m| whole(Some(m.speech_ms)),
        events: None,
    },
    Metric {
        name: "talk_time_agent_ms",
        unit: Unit::Ms,
        doc: "Time in which the agent speaks; null on mono.",
        value: |m| whole(m.talk_time_agent_ms),
        events: None,
    },
    Metric {
        name: "talk_time_customer_ms",
        unit: Unit::Ms,
        doc: "Time in which the customer's side speaks; null on mono.",
        value: |m| whole(m.talk_time_customer_ms),
        events: None,
    },
    Metric {
        name: "talk_time_total_ms",
        unit: Unit::Ms,
        doc: "The talk times of both added up, which may exceed the recording because overlap counts twice; null on mono.",
        value: |m| whole(m.talk_time_total_ms),
        events: None,
    },
    Metric {
        name: "talk_share_agent",
        unit: Unit::Share,
        doc: "The agent's talk time divided by the talk times of both added up (not by the recording's length); null on mono and where nobody speaks.",
        value: |m| m.talk_share_agent,
        events: None,
    },
    Metric {
        name: "silence_count",
        unit: Unit::Count,
        doc: "Stretches of 3 s or more in which nobody speaks, holds and both ends of the recording included; never null.",
        value: |m| whole(Some(m.silence_count)),
        events: Some(is_silence),
    },
    Metric {
        name: "silence_ms",
        unit: Unit::Ms,
        doc: "Length of those silences added up; never null.",
        value: |m| whole(Some(m.silence_ms)),
        events: Some(is_silence),
    },
    Metric {
        name: "longest_silence_ms",
        unit: Unit::Ms,
        doc: "Length of the longest of those silences, 0 without any; never null.",
        value: |m| whole(Some(m.longest_silence_ms)),
        events: Some(is_silence),
    },
    Metric {
        name: "silence_share",
        unit: Unit::Share,
        doc: "Those silences divided by the recording's length; null for a recording of no length.",
        value: |m| m.silence_share,
        events: Some(is_silence),
    },
    Metric {
        name: "dead_air_count",
        unit: Unit::Count,
        doc: "Silences of 10 s or more between speech that are no hold and that nobody announced; null without word times.",
        value: |m| whole(m.dead_air_count),
        events: Some(is_dead_air),
    },
    Metric {
        name: "dead_air_ms",
        unit: Unit::Ms,
        doc: "Length of the dead air added up; null without word times.",
        value: |m| whole(m.dead_air_ms),
        events: Some(is_dead_air),
    },
    Metric {
        name: "hold_count",
        unit: Unit::Count,
        doc: "Holds: silences of 5 s or more that the agent announced or gave thanks for, and unexplained ones of 30 s or more between speech; null on mono and without word times.",
        value: |m| whole(m.hold_count),
        events: Some(is_hold),
    },
    Metric {
        name: "hold_announced_count",
        unit: Unit::Count,
        doc: "Holds for which the agent asked to wait within the 8 s before; null on mono and without word times.",
        value: |m| whole(m.hold_announced_count),
        events: Some(is_announced_hold),
    },
    Metric {
        name: "hold_inferred_count",
        unit: Unit::Count,
        doc: "Holds without an announcement that was heard; null on mono and without word times.",
        value: |m| whole(m.hold_inferred_count),
        events: Some(is_inferred_hold),
    },
    Metric {
        name: "hold_ms",
        unit: Unit::Ms,
        doc: "Length of the holds added up; null on mono and without word times.",
        value: |m| whole(m.hold_ms),
        events: Some(is_hold),
    },
    Metric {
        name: "longest_hold_ms",
        unit: Unit::Ms,
        doc: "Length of the longest hold, 0 without any; null on mono and without word times.",
        value: |m| whole(m.longest_hold_ms),
        events: Some(is_hold),
    },
    Metric {
        name: "overlap_count",
        unit: Unit::Count,
        doc: "Stretches of 1 s or more in which both speak, back-channels left out; null on mono.",
        value: |m| whole(m.overlap_count),
        events: Some(is_overlap),
    },
    Metric {
        name: "overlap_ms",
        unit: Unit::Ms,
        doc: "Length of those overlaps added up; null on mono.",
        value: |m| whole(m.overlap_ms),
        events: Some(is_overlap),
    },
    Metric {
        name: "interruptions_by_agent",
        unit: Unit::Count,
        doc: "Times that the agent begins to speak when the customer has held the floor for 1 s or more, both speak for 0.3 s or more, and the agent goes on for 1 s or more with more than a back-channel; null on mono.",
        value: |m| whole(m.interruptions_by_agent),
        events: Some(|e| is_by(e, EventKind::Interruption, Party::Agent)),
    },
    Metric {
        name: "interruptions_by_customer",
        unit: Unit::Count,
        doc: "The same with the parties exchanged; null on mono.",
        value: |m| whole(m.interruptions_by_customer),
        events: Some(|e| is_by(e, EventKind::Interruption, Party::Customer)),
    },
    Metric {
        name: "longest_monologue_agent_ms",
        unit: Unit::Ms,
        doc: "Length of the agent's longest turn, pauses included, 0 without any; null on mono.",
        value: |m| whole(m.longest_monologue_agent_ms),
        events: Some(|e| is_by(e, EventKind::LongestMonologue, Party::Agent)),
    },
    Metric {
        name: "longest_monologue_customer_ms",
        unit: Unit::Ms,
        doc: "Length of the customer's longest turn, pauses included, 0 without any; null on mono.",
        value: |m| whole(m.longest_monologue_customer_ms),
        events: Some(|e| is_by(e, EventKind::LongestMonologue, Party::Customer)),
    },
    Metric {
        name: "words_per_minute_agent",
        unit: Unit::WordsPerMinute,
        doc: "The agent's trusted words per minute of the agent's talk time, time of doubtful words left out of it; null on mono, without trusted words, and on less than 5 s of such time.",
        value: |m| m.words_per_minute_agent,
        events: None,
    },
    Metric {
        name: "words_per_minute_customer",
        unit: Unit::WordsPerMinute,
        doc: "The same for the customer; null as for the agent.",
        value: |m| m.words_per_minute_customer,
        events: None,
    },
    Metric {
        name: "turns_agent",
        unit: Unit::Count,
        doc: "The agent's turns: speech with pauses under 3 s in which the customer does not take the floor, back-channels left out; null on mono.",
        value: |m| whole(m.turns_agent),
        events: None,
    },
    Metric {
        name: "turns_customer",
        unit: Unit::Count,
        doc: "The customer's turns, cut in the same way; null on mono.",
        value: |m| whole(m.turns_customer),
        events: None,
    },
    Metric {
        name: "response_gap_agent_median_ms",
        unit: Unit::Ms,
        doc: "Median time from the end of the customer's turn to the start of the agent's answer, 0 where the answer begins before the end, waits on hold left out; null on mono and where the agent never answers.",
        value: |m| whole(m.response_gap_agent_median_ms),
        events: Some(|e| is_by(e, EventKind::ResponseGap, Party::Agent)),
    },
    Metric {
        name: "response_gap_customer_median_ms",
        unit: Unit::Ms,
        doc: "The same for the customer's answers to the agent; null on mono and where the customer never answers.",
        value: |m| whole(m.response_gap_customer_median_ms),
        events: Some(|e| is_by(e, EventKind::ResponseGap, Party::Customer)),
    },
];

fn whole(value: Option<i64>) -> Option<f64> {
    value.map(|v| v as f64)
}

fn is_silence(event: &Event) -> bool {
    event.kind == EventKind::Silence
}

fn is_dead_air(event: &Event) -> bool {
    event.kind == EventKind::DeadAir
}

fn is_hold(event: &Event) -> bool {
    event.kind == EventKind::Hold
}

fn is_announced_hold(event: &Event) -> bool {
    is_hold(event) && event.announced == Some(true)
}

fn is_inferred_hold(event: &Event) -> bool {
    is_hold(event) && !is_announced_hold(event)
}

fn is_overlap(event: &Event) -> bool {
    event.kind == EventKind::Overlap
}

fn is_by(event: &Event, kind: EventKind, party: Party) -> bool {
    event.kind == kind && event.party == Some(party)
}

/// Measures one call.
pub fn measure(c: &Conversation) -> Metrics {
    let sides = Sides::of(c);
    let events = events_of(c, sides.as_ref());
    let spans = |belongs: fn(&Event) -> bool| -> Vec<Span> {
        let found = events.iter().filter(|e| belongs(e));
        found.map(|e| e.span).collect()
    };
    let silences = spans(is_silence);
    let mut metrics = Metrics {
        speech_ms: total_ms(&c.speech()),
        silence_count: count(&silences),
        silence_ms: total_ms(&silences),
        longest_silence_ms: longest_ms(&silences),
        silence_share: share(total_ms(&silences), c.recorded_ms),
        ..Metrics::default()
    };
    if c.word_times {
        let dead_air = spans(is_dead_air);
        metrics.dead_air_count = Some(count(&dead_air));
        metrics.dead_air_ms = Some(total_ms(&dead_air));
    }
    if c.word_times && !c.mono {
        let holds = spans(is_hold);
        metrics.hold_count = Some(count(&holds));
        metrics.hold_announced_count = Some(count(&spans(is_announced_hold)));
        metrics.hold_inferred_count = Some(count(&spans(is_inferred_hold)));
        metrics.hold_ms = Some(total_ms(&holds));
        metrics.longest_hold_ms = Some(longest_ms(&holds));
    }
    metrics.events = events;
    if let Some(sides) = sides {
        measure_sides(&mut metrics, c, &sides);
    }
    metrics
}

/// Fills in what needs to know who speaks.
fn measure_sides(metrics: &mut Metrics, c: &Conversation, sides: &Sides) {
    let spans = |kind: EventKind, party: Party| -> Vec<Span> {
        let found = metrics.events.iter().filter(|e| is_by(e, kind, party));
        found.map(|e| e.span).collect()
    };
    let interruptions = |party| Some(count(&spans(EventKind::Interruption, party)));
    let monologue = |party| Some(longest_ms(&spans(EventKind::LongestMonologue, party)));
    let response_gap = |party| median_ms(&spans(EventKind::ResponseGap, party));
    let turns = |party| {
        let own = sides.turns.iter().filter(|t| t.speaker == side(party));
        Some(own.count() as i64)
    };
    let (agent, customer) = (sides.talk_ms(Party::Agent), sides.talk_ms(Party::Customer));
    let overlaps: Vec<Span> = metrics
        .events
        .iter()
        .filter(|e| is_overlap(e))
        .map(|e| e.span)
        .collect();
    *metrics = Metrics {
        talk_time_agent_ms: Some(agent),
        talk_time_customer_ms: Some(customer),
        talk_time_total_ms: Some(agent + customer),
        talk_share_agent: share(agent, agent + customer),
        overlap_count: Some(count(&overlaps)),
        overlap_ms: Some(total_ms(&overlaps)),
        interruptions_by_agent: interruptions(Party::Agent),
        interruptions_by_customer: interruptions(Party::Customer),
        longest_monologue_agent_ms: monologue(Party::Agent),
        longest_monologue_customer_ms: monologue(Party::Customer),
        words_per_minute_agent: words_per_minute(c, sides, Party::Agent),
        words_per_minute_customer: words_per_minute(c, sides, Party::Customer),
        turns_agent: turns(Party::Agent),
        turns_customer: turns(Party::Customer),
        response_gap_agent_median_ms: response_gap(Party::Agent),
        response_gap_customer_median_ms: response_gap(Party::Customer),
        ..std::mem::take(metrics)
    };
}

fn count(spans: &[Span]) -> i64 {
    spans.len() as i64
}

fn longest_ms(spans: &[Span]) -> i64 {
    spans.iter().map(|s| s.len_ms()).max().unwrap_or(0)
}

fn share(part_ms: i64, whole_ms: i64) -> Option<f64> {
    (whole_ms > 0).then(|| part_ms as f64 / whole_ms as f64)
}

/// The middle length; of an even number the mean of the two in the middle, rounded down.
fn median_ms(spans: &[Span]) -> Option<i64> {
    let mut lengths: Vec<i64> = spans.iter().map(|s| s.len_ms()).collect();
    lengths.sort_unstable();
    let upper = *lengths.get(lengths.len() / 2)?;
    let lower = lengths[(lengths.len() - 1) / 2];
    Some((lower + upper) / 2)
}

/// Counts a placeholder as the digits that it replaced, for each was a spoken word.
fn words_per_minute(c: &Conversation, sides: &Sides, party: Party) -> Option<f64> {
    let own = || c.words.iter().filter(|w| w.party == party);
    let spoken = |w: &SpokenWord| {
        w.redacted
            .as_ref()
            .map_or(1, |r| i64::from(r.digits.max(1)))
    };
    let words: i64 = own().filter(|w| w.trusted).map(spoken).sum();
    let doubtful = own().filter(|w| !w.trusted);
    let doubtful = joined(doubtful.map(|w| Span::new(w.start_ms, w.end_ms)), PAUSE_MS);
    let speech = &sides.speech[side(party)];
    let ms = total_ms(speech) - total_ms(&both(speech, &doubtful));
    (words > 0 && ms >= RATE_MS).then(|| words as f64 * 60_000.0 / ms as f64)
}

/// The moments of a call, sorted by start, then kind.
pub fn events(c: &Conversation) -> Vec<Event> {
    events_of(c, Sides::of(c).as_ref())
}

fn events_of(c: &Conversation, sides: Option<&Sides>) -> Vec<Event> {
    let mut events: Vec<Event> = floor::gaps(&c.speech(), c.recorded_ms)
        .into_iter()
        .filter(|gap| gap.len_ms() >= SILENCE_MS)
        .map(|gap| event(EventKind::Silence, gap, None))
        .collect();
    let waits = hold::holds_and_dead_air(c).unwrap_or_default();
    if let Some(sides) = sides {
        events.extend(sides.overlaps());
        events.extend(sides.interruptions(Party::Agent));
        events.extend(sides.interruptions(Party::Customer));
        events.extend(sides.longest_monologue(Party::Agent));
        events.extend(sides.longest_monologue(Party::Customer));
        events.extend(sides.response_gaps(&waits.holds));
        events.extend(waits.holds);
    }
    events.extend(waits.dead_air);
    events.sort_by_key(|e| (e.span.start_ms, e.kind, e.span.end_ms, e.party));
    events
}

fn event(kind: EventKind, span: Span, party: Option<Party>) -> Event {
    Event {
        kind,
        span,
        party,
        announced: None,
    }
}

/// Index of a party in [`Sides`].
fn side(party: Party) -> usize {
    usize::from(party == Party::Customer)
}

const PARTIES: [Party; 2] = [Party::Agent, Party::Customer];

/// The two parties of a recording with a channel for each.
struct Sides {
    /// Voice activity of agent and customer.
    speech: [Vec<Span>; 2],
    /// The same with pauses bridged.
    stretches: [Vec<Stretch>; 2],
    /// Turns of both, back-channels left out, sorted by start.
    turns: Vec<HeldTurn>,
}

impl Sides {
    fn of(c: &Conversation) -> Option<Self> {
        if c.mono {
            return None;
        }
        let speech = PARTIES.map(|party| c.speech_of(party));
        let stretches = PARTIES.map(|party| stretches(c, party, &speech[side(party)]));
        let mut turns = floor::turns(stretches.concat());
        turns.retain(|turn| !turn.back_channel);
        Some(Self {
            speech,
            stretches,
            turns,
        })
    }

    fn talk_ms(&self, party: Party) -> i64 {
        total_ms(&self.speech[side(party)])
    }

    fn overlaps(&self) -> Vec<Event> {
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

    fn interruptions(&self, by: Party) -> Vec<Event> {
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

    fn longest_monologue(&self, party: Party) -> Option<Event> {
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
    fn response_gaps(&self, holds: &[Event]) -> Vec<Event> {
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

fn stretches(c: &Conversation, party: Party, speech: &[Span]) -> Vec<Stretch> {
    let own: Vec<&SpokenWord> = c.words.iter().filter(|w| w.party == party).collect();
    joined(speech.iter().copied(), PAUSE_MS)
        .into_iter()
        .map(|span| {
            let inside = own.iter().copied().filter(|w| {
                let middle_ms = (w.start_ms + w.end_ms) / 2;
                (span.start_ms..span.end_ms).contains(&middle_ms)
            });
            Stretch {
                speaker: side(party),
                span,
                // Trusted or not: this only ever takes a reproach away.
                acknowledges: c.word_times && floor::acknowledges(inside),
                words: Vec::new(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::staged::{Staged, staged};
    use super::*;
    use crate::transcript::{Redacted, RedactedKind};

    const DOCS: &str = include_str!("../../docs/metrics.md");

    fn value(metrics: &Metrics, name: &str) -> Option<f64> {
        (metric(name).expect(name).value)(metrics)
    }

    fn spans(metrics: &Metrics, kind: EventKind) -> Vec<(i64, i64)> {
        let of_kind = metrics.events.iter().filter(|e| e.kind == kind);
        of_kind.map(|e| (e.span.start_ms, e.span.end_ms)).collect()
    }

    #[test]
    fn a_call_measured_by_hand() {
        let call = staged(60_000)
            .agent(
                1_000,
                5_000,
                "Good morning, my name is Ann, how may I help?",
            )
            .customer(
                5_400,
                9_400,
                "Hello, my bill is wrong. It is much too high.",
            )
            .agent(10_000, 12_000, "Let me check that. One moment.")
            .agent(
                24_000,
                30_000,
                "Thank you for waiting. It is right, because you used it.",
            )
            .customer(29_200, 33_200, "No, that cannot be. Look again, please.")
            .agent(34_200, 35_200, "I did, Sir.")
            .customer(46_200, 47_200, "I see then. Bye.");
        let m = measure(&call.conversation());
        let expected = [
            ("speech_ms", 21_200.0),
            ("talk_time_agent_ms", 13_000.0),
            ("talk_time_customer_ms", 9_000.0),
            ("talk_time_total_ms", 22_000.0),
            ("talk_share_agent", 13.0 / 22.0),
            ("silence_count", 3.0),
            ("silence_ms", 12_000.0 + 11_000.0 + 12_800.0),
            ("longest_silence_ms", 12_800.0),
            ("silence_share", 35_800.0 / 60_000.0),
            ("dead_air_count", 1.0),
            ("dead_air_ms", 11_000.0),
            ("hold_count", 1.0),
            ("hold_announced_count", 1.0),
            ("hold_inferred_count", 0.0),
            ("hold_ms", 12_000.0),
            ("longest_hold_ms", 12_000.0),
            ("overlap_count", 0.0),
            ("overlap_ms", 0.0),
            ("interruptions_by_agent", 0.0),
            ("interruptions_by_customer", 1.0),
            ("longest_monologue_agent_ms", 6_000.0),
            ("longest_monologue_customer_ms", 4_000.0),
            ("words_per_minute_agent", 30.0 * 60.0 / 13.0),
            ("words_per_minute_customer", 21.0 * 60.0 / 9.0),
            ("turns_agent", 4.0),
            ("turns_customer", 3.0),
            ("response_gap_agent_median_ms", 800.0),
            ("response_gap_customer_median_ms", 400.0),
        ];
        assert_eq!(expected.len(), METRICS.len());
        for (name, by_hand) in expected {
            assert_eq!(value(&m, name), Some(by_hand), "{name}");
        }
        assert_eq!(spans(&m, EventKind::Interruption), [(29_200, 33_200)]);
        assert_eq!(spans(&m, EventKind::DeadAir), [(35_200, 46_200)]);
        assert_eq!(spans(&m, EventKind::Hold), [(12_000, 24_000)]);
    }

    /// The AWS post-call analytics example: more talk than time, which is no mistake.
    #[test]
    fn talk_may_exceed_the_recording() {
        let call = staged(42_460)
            .agent(0, 26_540, "")
            .agent(36_250, 42_460, "")
            .customer(770, 5_960, "")
            .customer(24_000, 36_820, "");
        let m = measure(&call.conversation());
        assert_eq!(m.talk_time_agent_ms, Some(32_750));
        assert_eq!(m.talk_time_customer_ms, Some(18_010));
        assert_eq!(m.talk_time_total_ms, Some(50_760));
        assert!(m.speech_ms <= 42_460);
        assert_eq!(m.talk_share_agent, Some(32_750.0 / 50_760.0));
    }

    #[test]
    fn an_interruption_needs_floor_overlap_and_going_on() {
        let by_customer = |floor_from: i64, floor_to: i64, from: i64, to: i64, text: &str| {
            let call = staged(30_000)
                .agent(floor_from, floor_to, "so what you need to do is")
                .customer(from, to, text);
            measure(&call.conversation()).interruptions_by_customer
        };
        let text = "that is not what I asked";
        assert_eq!(by_customer(4_000, 5_300, 5_000, 8_000, text), Some(1));
        assert_eq!(
            by_customer(4_001, 5_400, 5_000, 8_000, text),
            Some(0),
            "floor"
        );
        assert_eq!(
            by_customer(2_000, 5_299, 5_000, 8_000, text),
            Some(0),
            "overlap"
        );
        assert_eq!(
            by_customer(2_000, 9_000, 5_000, 5_999, text),
            Some(0),
            "brief"
        );
        assert_eq!(
            by_customer(2_000, 9_000, 5_000, 7_000, "Okay, yes. Mm-hm."),
            Some(0)
        );
        assert_eq!(
            by_customer(2_000, 9_000, 5_000, 7_000, ""),
            Some(1),
            "no words"
        );
        let humming = staged(30_000)
            .agent(2_000, 6_000, "Okay, right, yes, I see.")
            .customer(5_000, 8_000, text);
        let m = measure(&humming.conversation());
        assert_eq!(
            m.interruptions_by_customer,
            Some(0),
            "a back-channel is no floor"
        );
        // Both begin at about the same time: nobody has the floor yet.
        assert_eq!(by_customer(5_000, 8_000, 5_300, 9_000, text), Some(0));
    }

    #[test]
    fn two_hellos_at_once_are_two_turns() {
        let call = staged(30_000)
            .agent(2_000, 2_600, "Hello?")
            .customer(2_000, 2_600, "Hello?");
        let m = measure(&call.conversation());
        assert_eq!((m.turns_agent, m.turns_customer), (Some(1), Some(1)));
    }

    #[test]
    fn overlap_counts_from_a_second_on_and_not_with_a_back_channel() {
        let call = |to: i64, text: &str| {
            let call = staged(30_000)
                .agent(2_000, 10_000, "so what you need to do is")
                .customer(5_000, to, text);
            let m = measure(&call.conversation());
            (m.overlap_count, m.overlap_ms)
        };
        assert_eq!(call(6_000, "but I did"), (Some(1), Some(1_000)));
        assert_eq!(call(5_999, "but I did"), (Some(0), Some(0)));
        assert_eq!(call(7_000, "Right, okay."), (Some(0), Some(0)));
    }

    #[test]
    fn words_per_minute_leaves_doubtful_speech_out() {
        let ten = "a b c d e f g h i j";
        let call = staged(60_000)
            .agent(0, 5_000, ten)
            .agent(
                10_000,
                20_000,
                "la la la la la la la la la la la la la la la",
            )
            .doubtful(0);
        let m = measure(&call.conversation());
        assert_eq!(m.words_per_minute_agent, Some(120.0));
        assert_eq!(m.words_per_minute_customer, None);
        let brief = staged(60_000).agent(0, 4_999, ten);
        assert_eq!(measure(&brief.conversation()).words_per_minute_agent, None);
        let mut redacted = staged(60_000).agent(0, 10_000, "[card] thanks");
        redacted.0.channels[0].segments[0].words[0].redacted = Some(Redacted {
            kind: RedactedKind::CardNumber,
            digits: 16,
            check_digit_ok: Some(true),
        });
        let m = measure(&redacted.conversation());
        assert_eq!(m.words_per_minute_agent, Some(17.0 * 6.0));
    }

    #[test]
    fn an_answer_is_to_the_last_voice_and_a_hold_is_no_slow_answer() {
        let call = staged(120_000)
            .agent(0, 20_000, "")
            .customer(5_000, 8_000, "")
            .customer(21_500, 24_000, "")
            .agent(25_000, 27_000, "Please hold on.")
            .customer(27_400, 30_000, "Alright then, I'll wait here.")
            .agent(80_000, 84_000, "It is settled now.");
        let m = measure(&call.conversation());
        let gaps = spans(&m, EventKind::ResponseGap);
        let expected = [
            (5_000, 5_000),
            (20_000, 21_500),
            (24_000, 25_000),
            (27_000, 27_400),
        ];
        assert_eq!(gaps, expected);
        assert_eq!(m.response_gap_agent_median_ms, Some(1_000));
        assert_eq!(m.response_gap_customer_median_ms, Some(400));
        let goes_on = staged(60_000)
            .agent(0, 20_000, "")
            .customer(5_000, 8_000, "")
            .agent(24_000, 26_000, "");
        let m = measure(&goes_on.conversation());
        assert_eq!(spans(&m, EventKind::ResponseGap), [(5_000, 5_000)]);
        assert_eq!(median_ms(&[Span::new(0, 3), Span::new(0, 6)]), Some(4));
    }

    const WITHOUT_PARTIES: [&str; 7] = [
        "speech_ms",
        "silence_count",
        "silence_ms",
        "longest_silence_ms",
        "silence_share",
        "dead_air_count",
        "dead_air_ms",
    ];

    fn known(m: &Metrics) -> BTreeSet<&'static str> {
        let known = METRICS.iter().filter(|metric| (metric.value)(m).is_some());
        known.map(|metric| metric.name).collect()
    }

    #[test]
    fn mono_knows_speech_and_silence_only() {
        let call = staged(60_000)
            .agent(0, 10_000, "It may well be. Let me check.")
            .agent(22_000, 30_000, "So it is right.")
            .customer(42_000, 50_000, "If you say so.");
        let m = measure(&call.mono());
        assert_eq!(known(&m), BTreeSet::from(WITHOUT_PARTIES));
        assert_eq!(spans(&m, EventKind::DeadAir), [(30_000, 42_000)]);
        let kinds: BTreeSet<EventKind> = m.events.iter().map(|e| e.kind).collect();
        assert_eq!(
            kinds,
            BTreeSet::from([EventKind::Silence, EventKind::DeadAir])
        );
    }

    #[test]
    fn without_word_times_nobody_knows_what_was_announced() {
        let call = staged(60_000).agent(0, 10_000, "Let me check.").customer(
            25_000,
            40_000,
            "And what does it say there?",
        );
        let with = known(&measure(&call.conversation()));
        let without = known(&measure(&call.without_word_times().conversation()));
        let lost: Vec<&str> = with.difference(&without).copied().collect();
        let waits = |name: &&str| name.contains("hold") || name.contains("dead_air");
        assert!(lost.iter().all(waits), "{lost:?}");
        assert_eq!(lost.len(), 7);
    }

    #[test]
    fn a_call_without_speech_has_zeros_and_no_rates() {
        let m = measure(&staged(20_000).conversation());
        assert_eq!((m.speech_ms, m.silence_ms, m.silence_count), (0, 20_000, 1));
        assert_eq!(m.talk_time_total_ms, Some(0));
        assert_eq!(m.longest_monologue_agent_ms, Some(0));
        assert_eq!((m.dead_air_count, m.hold_count), (Some(0), Some(0)));
        assert_eq!((m.talk_share_agent, m.words_per_minute_agent), (None, None));
        assert_eq!(m.response_gap_agent_median_ms, None);
        assert_eq!(measure(&staged(0).conversation()).silence_share, None);
    }

    /// A call from a seed: both talk at random, with announcements and back-channels among it.
    fn random_call(seed: u64) -> Staged {
        const TEXTS: [&str; 6] = [
            "",
            "okay",
            "one moment please",
            "thank you for waiting",
            "my order has not arrived yet",
            "mm-hm I see",
        ];
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1;
        let mut below = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % n) as i64
        };
        let mut call = staged(1 + below(200_000));
        for channel in 0..2 {
            let mut at_ms = below(10_000);
            for _ in 0..below(25) {
                let end_ms = at_ms + 1 + below(9_000);
                call = call.says(channel, at_ms, end_ms, TEXTS[below(6) as usize]);
                at_ms = end_ms + [below(700), below(5_000), below(45_000)][below(3) as usize];
            }
        }
        call
    }

    #[test]
    fn any_call_stays_within_its_bounds() {
        let mut seen = BTreeSet::new();
        for seed in 0..400 {
            let c = random_call(seed).conversation();
            let m = measure(&c);
            assert_eq!(m.events, events(&c));
            seen.extend(m.events.iter().map(|e| e.kind));
            let free = total_ms(&floor::gaps(&c.speech(), c.recorded_ms));
            assert_eq!(m.speech_ms + free, c.recorded_ms, "seed {seed}");
            let talk = [m.talk_time_agent_ms, m.talk_time_customer_ms].map(Option::unwrap);
            assert!(talk.iter().all(|&ms| ms <= m.speech_ms), "seed {seed}");
            let twice_ms = total_ms(&both(
                &c.speech_of(Party::Agent),
                &c.speech_of(Party::Customer),
            ));
            assert_eq!(talk[0] + talk[1], m.speech_ms + twice_ms, "seed {seed}");
            assert!(m.overlap_ms.unwrap() <= twice_ms, "seed {seed}");
            assert!(m.silence_ms <= free, "seed {seed}");
            assert!(m.dead_air_ms.unwrap() + m.hold_ms.unwrap() <= c.recorded_ms);
            for event in &m.events {
                assert!(0 <= event.span.start_ms && event.span.start_ms <= event.span.end_ms);
                assert!(event.span.end_ms <= c.recorded_ms, "seed {seed}");
            }
            for metric in METRICS.iter().filter(|metric| metric.unit == Unit::Share) {
                let share = (metric.value)(&m);
                assert!(
                    share.is_none_or(|s| (0.0..=1.0).contains(&s)),
                    "seed {seed}"
                );
            }
        }
        assert_eq!(
            seen.len(),
            7,
            "the calls have every kind of event: {seen:?}"
        );
    }

    #[test]
    fn every_word_is_in_one_turn_and_turns_are_in_order() {
        for seed in 0..400 {
            let call = random_call(seed);
            for c in [
                call.conversation(),
                call.mono(),
                call.without_word_times().conversation(),
            ] {
                let mut words: Vec<usize> = Vec::new();
                for turn in &c.turns {
                    assert!(turn.words.is_sorted());
                    assert!(turn.words.iter().all(|&w| c.words[w].party == turn.party));
                    words.extend(&turn.words);
                }
                words.sort_unstable();
                assert_eq!(words, (0..c.words.len()).collect::<Vec<_>>(), "seed {seed}");
                assert!(c.turns.is_sorted_by_key(|t| t.span.start_ms), "seed {seed}");
            }
        }
    }

    #[test]
    fn parties_exchanged_measure_as_parties_exchanged() {
        for seed in 0..100 {
            // Announcements are the agent's alone, so words would make a difference.
            let transcript = random_call(seed).without_word_times().0;
            let a = measure(&Conversation::new(&transcript, Some(0)).unwrap());
            let b = measure(&Conversation::new(&transcript, Some(1)).unwrap());
            for metric in METRICS.iter().filter(|m| m.name.contains("customer")) {
                let mirrored = metric.name.replace("customer", "agent");
                assert_eq!(
                    (metric.value)(&a),
                    value(&b, &mirrored),
                    "{mirrored}, seed {seed}"
                );
            }
        }
    }

    #[test]
    fn moments_add_up_to_their_metric() {
        for seed in 0..100 {
            let m = measure(&random_call(seed).conversation());
            for metric in METRICS.iter().filter(|metric| metric.events.is_some()) {
                let lengths = metric.moments(&m).into_iter().map(|e| e.span.len_ms());
                let by_moments = match metric.name {
                    name if name.contains("share") || name.contains("median") => continue,
                    name if name.starts_with("longest_") => lengths.max().unwrap_or(0),
                    _ if metric.unit == Unit::Count => lengths.count() as i64,
                    _ => lengths.sum(),
                };
                let measured = (metric.value)(&m);
                assert_eq!(
                    measured,
                    Some(by_moments as f64),
                    "{}, seed {seed}",
                    metric.name
                );
            }
        }
    }

    #[test]
    fn the_docs_name_every_metric_with_its_unit() {
        let rows = DOCS.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<&str> = rows.collect();
        assert_eq!(rows.len(), METRICS.len());
        for (row, metric) in rows.iter().zip(METRICS) {
            let opening = format!("| `{}` | {} | ", metric.name, metric.unit.as_str());
            assert!(
                row.starts_with(&opening),
                "{row:?} should start with {opening:?}"
            );
            assert!(metric.doc.ends_with('.'), "{}", metric.name);
        }
        let names: BTreeSet<&str> = METRICS.iter().map(|m| m.name).collect();
        assert_eq!(names.len(), METRICS.len());
    }
}
