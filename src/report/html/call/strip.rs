//! The whole call at a glance: who speaks when, waits, where both speak, what is masked, and the
//! moments of answers that are *no* or open, or that fail the call: all others would crowd it.
//!
//! Places are shares of the recording, in percent, so that the strip is as wide as the page.
//! Beside it stands the same as a table; who speaks when, turn by turn, is what the talk itself
//! lists.

use serde::Serialize;

use super::talk::{self, Marked, masked, seconds, waits};
use crate::conversation::metrics::{EventKind, Metrics};
use crate::conversation::{Conversation, Party};
use crate::report::html::words::{clock, percent};
use crate::transcript::Span;

#[derive(Debug, Serialize)]
pub(super) struct Strip {
    pub lanes: Vec<Lane>,
    pub overlaps: Vec<Bar>,
    pub waits: Vec<Bar>,
    pub masked: Vec<Bar>,
    pub moments: Vec<Moment>,
    /// Rows of moments, so that none covers another.
    pub rows: usize,
    pub ticks: Vec<Tick>,
    pub table: Vec<Row>,
    pub is_mono: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Lane {
    /// `agent`, `customer` or `unknown`.
    pub party: &'static str,
    pub name: &'static str,
    pub bars: Vec<Bar>,
}

/// A stretch of time, in percent of the recording.
#[derive(Debug, Serialize)]
pub(super) struct Bar {
    pub x: f64,
    pub width: f64,
    pub kind: &'static str,
}

/// A moment of an answer: a link.
#[derive(Debug, Serialize)]
pub(super) struct Moment {
    pub x: f64,
    pub row: usize,
    pub number: usize,
    pub href: String,
    pub label: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Tick {
    pub x: f64,
    pub clock: String,
}

/// A line of the table.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// `m:ss`; empty for what is about the whole call.
    pub clock: String,
    pub href: Option<String>,
    pub what: String,
}

/// A mark of a moment is about so wide on a phone, in percent of the strip.
const MARK_WIDTH: f64 = 7.0;
/// A bar that is narrower is not seen.
const LEAST_WIDTH: f64 = 0.2;

impl Strip {
    /// `None` for a recording of no length. `marked` with where each leads.
    pub fn of(
        conversation: &Conversation,
        metrics: &Metrics,
        marked: &[(&Marked, String)],
    ) -> Option<Self> {
        let scale = Scale::of(conversation.recorded_ms)?;
        let parties: &[Party] = match conversation.mono {
            true => &[Party::Unknown],
            false => &[Party::Agent, Party::Customer],
        };
        let lanes = parties.iter().map(|&party| Lane {
            party: party.as_str(),
            name: match party {
                Party::Unknown => "Both, in one channel",
                party => talk::who(party),
            },
            bars: scale.bars(&conversation.speech_of(party), party.as_str()),
        });
        let overlaps = metrics
            .events
            .iter()
            .filter(|e| e.kind == EventKind::Overlap);
        let overlaps: Vec<Span> = overlaps.map(|event| event.span).collect();
        let masks: Vec<Span> = conversation
            .words
            .iter()
            .filter(|word| word.redacted.is_some())
            .map(|word| Span::new(word.start_ms, word.end_ms))
            .collect();
        let (moments, rows) = moments(scale, marked);
        Some(Self {
            lanes: lanes.collect(),
            overlaps: scale.bars(&overlaps, "overlap"),
            waits: waits(metrics)
                .iter()
                .map(|wait| scale.bar(wait.event.span, wait.what))
                .collect(),
            masked: scale.bars(&masks, "masked"),
            moments,
            rows,
            ticks: scale.ticks(),
            table: table(conversation, metrics, marked),
            is_mono: conversation.mono,
        })
    }
}

/// From milliseconds to percent.
#[derive(Debug, Clone, Copy)]
struct Scale {
    recorded_ms: i64,
}

impl Scale {
    fn of(recorded_ms: i64) -> Option<Self> {
        (recorded_ms > 0).then_some(Self { recorded_ms })
    }

    fn place(self, at_ms: i64) -> f64 {
        let share = at_ms.clamp(0, self.recorded_ms) as f64 / self.recorded_ms as f64;
        (share * 100_000.0).round() / 1_000.0
    }

    fn bar(self, span: Span, kind: &'static str) -> Bar {
        let x = self.place(span.start_ms).min(100.0 - LEAST_WIDTH);
        let width = self.place(span.end_ms) - x;
        Bar {
            x,
            width: (width.max(LEAST_WIDTH) * 1_000.0).round() / 1_000.0,
            kind,
        }
    }

    fn bars(self, spans: &[Span], kind: &'static str) -> Vec<Bar> {
        spans.iter().map(|span| self.bar(*span, kind)).collect()
    }

    /// About four, at round times.
    fn ticks(self) -> Vec<Tick> {
        const STEPS_S: [i64; 10] = [5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600];
        let fits = |step: &&i64| self.recorded_ms / (**step * 1000) <= 5;
        let step_ms = STEPS_S
            .iter()
            .find(fits)
            .map_or(self.recorded_ms, |s| s * 1000);
        let ticks = (0..).map(|n| n * step_ms);
        // A label near the end would not fit.
        ticks
            .take_while(|ms| *ms < self.recorded_ms * 94 / 100 || *ms == 0)
            .map(|ms| Tick {
                x: self.place(ms),
                clock: clock(ms),
            })
            .collect()
    }
}

/// Each in the first row in which there is room.
fn moments(scale: Scale, marked: &[(&Marked, String)]) -> (Vec<Moment>, usize) {
    let mut order: Vec<&(&Marked, String)> = marked.iter().collect();
    order.sort_by_key(|(marked, _)| (marked.at.start_ms, marked.number));
    let mut ends: Vec<f64> = Vec::new();
    let mut last: Option<(usize, i64)> = None;
    let mut moments = Vec::new();
    for (marked, href) in order {
        // The same answer at the same second is one moment.
        let this = (marked.number, marked.at.start_ms / 1000);
        if last.replace(this) == Some(this) {
            continue;
        }
        let x = scale.place(marked.at.start_ms).min(100.0 - MARK_WIDTH);
        let row = ends.iter().position(|end| *end <= x).unwrap_or(ends.len());
        match ends.get_mut(row) {
            Some(end) => *end = x + MARK_WIDTH,
            None => ends.push(x + MARK_WIDTH),
        }
        moments.push(Moment {
            x,
            row,
            number: marked.number,
            href: href.clone(),
            label: format!("{}: {}", clock(marked.at.start_ms), marked.label),
        });
    }
    (moments, ends.len())
}

fn table(conversation: &Conversation, metrics: &Metrics, marked: &[(&Marked, String)]) -> Vec<Row> {
    let mut rows = Vec::new();
    let talk = [
        (
            "agent",
            metrics.talk_time_agent_ms,
            metrics.talk_share_agent,
        ),
        (
            "customer",
            metrics.talk_time_customer_ms,
            metrics.talk_share_agent.map(|share| 1.0 - share),
        ),
    ];
    for (who, ms, share) in talk {
        if let Some(ms) = ms {
            let share = share.map_or(String::new(), |s| format!(", {} of the talk", percent(s)));
            rows.push(Row {
                clock: String::new(),
                href: None,
                what: format!("The {who} speaks for {}{share}", seconds(ms)),
            });
        }
    }
    let mut at: Vec<(i64, Row)> = Vec::new();
    let mut add = |at_ms: i64, href: Option<String>, what: String| {
        let clock = clock(at_ms);
        at.push((at_ms, Row { clock, href, what }));
    };
    for wait in waits(metrics) {
        let span = wait.event.span;
        let what = format!("{} of {}", wait.name(), seconds(span.len_ms()));
        add(span.start_ms, Some(format!("#{}", wait.id())), what);
    }
    let turn = |ms: i64| talk::anchor(conversation, ms).map(|id| format!("#{id}"));
    for event in metrics
        .events
        .iter()
        .filter(|e| e.kind == EventKind::Overlap)
    {
        let what = format!("Both speak for {}", seconds(event.span.len_ms()));
        add(event.span.start_ms, turn(event.span.start_ms), what);
    }
    for word in &conversation.words {
        if let Some(redacted) = &word.redacted {
            let what = format!("Masked: {}", masked(redacted.kind));
            add(word.start_ms, turn(word.start_ms), what);
        }
    }
    for (marked, href) in marked {
        add(marked.at.start_ms, Some(href.clone()), marked.label.clone());
    }
    at.sort_by_key(|(at_ms, _)| *at_ms);
    rows.extend(at.into_iter().map(|(_, row)| row));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::metrics;
    use crate::conversation::staged::staged;

    fn marked(start_ms: i64, number: usize) -> Marked {
        Marked {
            id: format!("e-{number}"),
            channel: Some(0),
            party: None,
            at: Span::new(start_ms, start_ms + 500),
            number,
            href: String::new(),
            kind: "found",
            is_telling: true,
            label: format!("Answer {number}"),
        }
    }

    #[test]
    fn places_are_shares_of_the_recording_and_moments_do_not_cover_each_other() {
        let c = staged(100_000)
            .agent(10_000, 20_000, "Good morning.")
            .customer(50_000, 100_000, "Hello.")
            .conversation();
        let metrics = metrics::measure(&c);
        let (a, b, d) = (marked(10_000, 1), marked(11_000, 2), marked(99_000, 3));
        let all = [
            (&b, "#b".to_string()),
            (&a, "#a".to_string()),
            (&d, "#d".to_string()),
        ];
        let strip = Strip::of(&c, &metrics, &all).unwrap();
        let bar = &strip.lanes[0].bars[0];
        assert_eq!((bar.x, bar.width), (10.0, 10.0));
        let bar = &strip.lanes[1].bars[0];
        assert_eq!((bar.x, bar.width), (50.0, 50.0));
        let moments: Vec<_> = strip
            .moments
            .iter()
            .map(|m| (m.number, m.row, m.x))
            .collect();
        assert_eq!(moments, [(1, 0, 10.0), (2, 1, 11.0), (3, 0, 93.0)]);
        assert_eq!(strip.rows, 2);
        let ticks: Vec<&str> = strip.ticks.iter().map(|t| t.clock.as_str()).collect();
        assert_eq!(ticks, ["0:00", "0:30", "1:00", "1:30"]);
        assert_eq!(
            strip.table[0].what,
            "The agent speaks for 10 s, 17 % of the talk"
        );
        assert_eq!(
            strip.table[1].what,
            "The customer speaks for 50 s, 83 % of the talk"
        );
    }

    #[test]
    fn mono_has_one_lane_and_says_whose() {
        let c = staged(10_000).agent(1_000, 2_000, "Hello.").mono();
        let strip = Strip::of(&c, &metrics::measure(&c), &[]).unwrap();
        assert_eq!(strip.lanes.len(), 1);
        assert_eq!(strip.lanes[0].name, "Both, in one channel");
        assert!(strip.is_mono);
        let empty = staged(0).conversation();
        assert!(Strip::of(&empty, &metrics::measure(&empty), &[]).is_none());
    }
}
