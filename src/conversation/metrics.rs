//! How the two talked, in numbers: talk, silence, holds, overlap, interruptions, turns.
//!
//! [`events`] finds the moments, [`measure`] counts and sums them, and [`METRICS`] is the one
//! list from which both the table's columns and the rules of rubrics are taken. Definitions with
//! their sources stand in `docs/metrics.md`; change both together. Left out on purpose: handle
//! time and anything else that a recording does not know.

use std::cmp::Reverse;

use super::floor::{self, total_ms};
use super::pace::Pace;
use super::sides::{PARTIES, Sides, side};
use super::{Conversation, Party, feeling, hold, progress, promises, questions};
use crate::transcript::Span;

/// The shortest silence that is counted (AWS Contact Lens, non-talk time: 3 s).
const SILENCE_MS: i64 = 3_000;
/// A hold that is shorter asks for no thanks.
const UNTHANKED_MS: i64 = 10_000;
/// Speech of a party without a word of it.
const UNHEARD_MS: i64 = 5_000;

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
    /// The customer asks something.
    Question,
    /// A question of the customer's that nobody answered.
    QuestionUnanswered,
    /// Somebody says what they will do.
    Promise,
    /// Both say again what they said before, or the agent asks again for what was given.
    NoProgress,
    /// A turn with strong feeling in its words.
    Feeling,
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
            EventKind::Question => "question",
            EventKind::QuestionUnanswered => "question_unanswered",
            EventKind::Promise => "promise",
            EventKind::NoProgress => "no_progress",
            EventKind::Feeling => "feeling",
        }
    }

    /// Whether it is a matter of the words said in it, which are then worth quoting.
    pub fn is_said(self) -> bool {
        matches!(
            self,
            EventKind::Question
                | EventKind::QuestionUnanswered
                | EventKind::Promise
                | EventKind::NoProgress
                | EventKind::Feeling
        )
    }
}

/// A moment of the call that a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    pub span: Span,
    /// Who interrupts, holds the monologue, answers, asks, promises or feels; of a silence and of
    /// dead air, who breaks it by speaking next. `None` where nobody does or both do.
    pub party: Option<Party>,
    /// For holds and dead air: whether somebody said that there would be a wait. `None` where
    /// what was said just before was not heard well enough to tell, and for all other kinds.
    pub announced: Option<bool>,
    /// For holds: whether the agent gave thanks or apologised on coming back. `None` where the
    /// agent did not come back or was not heard well enough, and for all other kinds.
    pub thanked: Option<bool>,
    /// For promises: until when is said.
    pub dated: bool,
    /// For promises: with a way out.
    pub hedged: bool,
}

impl Event {
    /// What there is to say of it besides where it is and whose it is.
    pub fn note(&self) -> Option<&'static str> {
        let agent = self.party == Some(Party::Agent);
        let customer = self.party == Some(Party::Customer);
        let note = match self.kind {
            EventKind::Silence if agent => "broken by the agent",
            EventKind::Silence if customer => "broken by the customer",
            EventKind::DeadAir => match (self.announced, agent, customer) {
                (None, true, _) => {
                    "what was said before it was not heard well; broken by the agent"
                }
                (None, _, true) => {
                    "what was said before it was not heard well; broken by the customer"
                }
                (None, ..) => "what was said before it was not heard well",
                (Some(_), true, _) => "not announced; broken by the agent",
                (Some(_), _, true) => "not announced; broken by the customer",
                (Some(_), ..) => "not announced",
            },
            EventKind::Hold => match (self.announced, self.thanked) {
                (Some(true), Some(true)) => "announced; thanked for",
                (Some(true), Some(false)) => "announced; not thanked for",
                (Some(true), None) => "announced",
                (Some(false), Some(true)) => "not announced; thanked for",
                (Some(false), Some(false)) => "not announced; not thanked for",
                (Some(false), None) => "not announced",
                (None, _) => "what was said before it was not heard well",
            },
            EventKind::Promise => match (self.dated, self.hedged) {
                (true, true) => "with a date, and with a way out",
                (true, false) => "with a date",
                (false, true) => "with a way out",
                (false, false) => "without a date",
            },
            _ => return None,
        };
        Some(note)
    }
}

/// The measurements of one call; docs of each stand in [`METRICS`]. `None` is *not known*, while
/// a zero was measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    pub speech_ms: Option<i64>,
    pub talk_time_agent_ms: Option<i64>,
    pub talk_time_customer_ms: Option<i64>,
    pub talk_time_total_ms: Option<i64>,
    pub talk_share_agent: Option<f64>,
    pub silence_count: Option<i64>,
    pub silence_ms: Option<i64>,
    pub longest_silence_ms: Option<i64>,
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
    pub silences_broken_by_agent: Option<i64>,
    pub silences_broken_by_customer: Option<i64>,
    pub longest_dead_air_ms: Option<i64>,
    pub longest_response_gap_agent_ms: Option<i64>,
    pub hold_thanked_count: Option<i64>,
    pub hold_unthanked_count: Option<i64>,
    pub pace_change_agent: Option<f64>,
    pub pace_max_agent: Option<f64>,
    pub questions_customer: Option<i64>,
    pub questions_unanswered: Option<i64>,
    pub promises_agent: Option<i64>,
    pub promises_dated_agent: Option<i64>,
    pub promises_hedged_agent: Option<i64>,
    pub exchanges_without_progress: Option<i64>,
    pub feeling_customer_start: Option<f64>,
    pub feeling_customer_end: Option<f64>,
    pub feeling_customer_change: Option<f64>,
    /// Those of the agent are measured only where [`MeasureOptions`] ask for them.
    pub feeling_agent_start: Option<f64>,
    pub feeling_agent_end: Option<f64>,
    pub feeling_agent_change: Option<f64>,
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
    /// One value over another; 1 is no change.
    Ratio,
    /// -1 to 1; of a change, -2 to 2.
    Feeling,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Ms => "ms",
            Unit::Count => "count",
            Unit::Share => "share",
            Unit::WordsPerMinute => "words per minute",
            Unit::Ratio => "ratio",
            Unit::Feeling => "feeling",
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
    /// How long somebody talked. Duration never scores, so no question may ask for it.
    pub is_duration: bool,
    /// It may stand beside other evidence, but no question may rest on it alone.
    pub evidence_only: bool,
}

impl Metric {
    /// The moments that make the value up, in order of time; of a `longest_` metric the longest
    /// first.
    pub fn moments<'a>(&self, metrics: &'a Metrics) -> Vec<&'a Event> {
        let Some(belongs) = self.events else {
            return Vec::new();
        };
        let mut moments: Vec<&Event> = metrics.events.iter().filter(|e| belongs(e)).collect();
        if self.name.starts_with("longest_") {
            moments.sort_by_key(|e| Reverse(e.span.len_ms()));
        }
        moments
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
        doc: "Time in which anybody speaks; null without speech times.",
        value: |m| whole(m.speech_ms),
        events: None,
        is_duration: true,
        evidence_only: false,
    },
    Metric {
        name: "talk_time_agent_ms",
        unit: Unit::Ms,
        doc: "Time in which the agent speaks; null on mono and without speech times.",
        value: |m| whole(m.talk_time_agent_ms),
        events: None,
        is_duration: true,
        evidence_only: false,
    },
    Metric {
        name: "talk_time_customer_ms",
        unit: Unit::Ms,
        doc: "Time in which the customer's side speaks; null on mono and without speech times.",
        value: |m| whole(m.talk_time_customer_ms),
        events: None,
        is_duration: true,
        evidence_only: false,
    },
    Metric {
        name: "talk_time_total_ms",
        unit: Unit::Ms,
        doc: "The talk times of both added up, which may exceed the recording because overlap counts twice; null on mono and without speech times.",
        value: |m| whole(m.talk_time_total_ms),
        events: None,
        is_duration: true,
        evidence_only: false,
    },
    Metric {
        name: "talk_share_agent",
        unit: Unit::Share,
        doc: "The agent's talk time divided by the talk times of both added up (not by the recording's length); null on mono, without speech times, and where nobody speaks.",
        value: |m| m.talk_share_agent,
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "silence_count",
        unit: Unit::Count,
        doc: "Stretches of 3 s or more in which nobody speaks, holds and both ends of the recording included; null without speech times.",
        value: |m| whole(m.silence_count),
        events: Some(is_silence),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "silence_ms",
        unit: Unit::Ms,
        doc: "Length of those silences added up; null without speech times.",
        value: |m| whole(m.silence_ms),
        events: Some(is_silence),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "longest_silence_ms",
        unit: Unit::Ms,
        doc: "Length of the longest of those silences, 0 without any; null without speech times.",
        value: |m| whole(m.longest_silence_ms),
        events: Some(is_silence),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "silence_share",
        unit: Unit::Share,
        doc: "Those silences divided by the recording's length; null without speech times and for a recording of no length.",
        value: |m| m.silence_share,
        events: Some(is_silence),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "dead_air_count",
        unit: Unit::Count,
        doc: "Silences of 10 s or more between speech that are no hold and that nobody announced; null without word times.",
        value: |m| whole(m.dead_air_count),
        events: Some(is_dead_air),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "dead_air_ms",
        unit: Unit::Ms,
        doc: "Length of the dead air added up; null without word times.",
        value: |m| whole(m.dead_air_ms),
        events: Some(is_dead_air),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "hold_count",
        unit: Unit::Count,
        doc: "Holds: silences of 5 s or more that the agent announced or gave thanks for, and unexplained ones of 30 s or more between speech; null on mono and without word times.",
        value: |m| whole(m.hold_count),
        events: Some(is_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "hold_announced_count",
        unit: Unit::Count,
        doc: "Holds for which the agent asked to wait within the 8 s before; null on mono and without word times.",
        value: |m| whole(m.hold_announced_count),
        events: Some(is_announced_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "hold_inferred_count",
        unit: Unit::Count,
        doc: "Holds without an announcement that was heard; null on mono and without word times.",
        value: |m| whole(m.hold_inferred_count),
        events: Some(is_inferred_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "hold_ms",
        unit: Unit::Ms,
        doc: "Length of the holds added up; null on mono and without word times.",
        value: |m| whole(m.hold_ms),
        events: Some(is_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "longest_hold_ms",
        unit: Unit::Ms,
        doc: "Length of the longest hold, 0 without any; null on mono and without word times.",
        value: |m| whole(m.longest_hold_ms),
        events: Some(is_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "overlap_count",
        unit: Unit::Count,
        doc: "Stretches of 1 s or more in which both speak, back-channels left out; null on mono and without speech times.",
        value: |m| whole(m.overlap_count),
        events: Some(is_overlap),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "overlap_ms",
        unit: Unit::Ms,
        doc: "Length of those overlaps added up; null on mono and without speech times.",
        value: |m| whole(m.overlap_ms),
        events: Some(is_overlap),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "interruptions_by_agent",
        unit: Unit::Count,
        doc: "Times that the agent begins to speak when the customer has held the floor for 1 s or more, both speak for 0.3 s or more, and the agent goes on for 1 s or more with more than a back-channel; null on mono and without speech times.",
        value: |m| whole(m.interruptions_by_agent),
        events: Some(|e| is_by(e, EventKind::Interruption, Party::Agent)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "interruptions_by_customer",
        unit: Unit::Count,
        doc: "The same with the parties exchanged; null on mono and without speech times.",
        value: |m| whole(m.interruptions_by_customer),
        events: Some(|e| is_by(e, EventKind::Interruption, Party::Customer)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "longest_monologue_agent_ms",
        unit: Unit::Ms,
        doc: "Length of the agent's longest turn, pauses included, 0 without any; null on mono and without speech times.",
        value: |m| whole(m.longest_monologue_agent_ms),
        events: Some(|e| is_by(e, EventKind::LongestMonologue, Party::Agent)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "longest_monologue_customer_ms",
        unit: Unit::Ms,
        doc: "Length of the customer's longest turn, pauses included, 0 without any; null on mono and without speech times.",
        value: |m| whole(m.longest_monologue_customer_ms),
        events: Some(|e| is_by(e, EventKind::LongestMonologue, Party::Customer)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "words_per_minute_agent",
        unit: Unit::WordsPerMinute,
        doc: "The agent's trusted words per minute of the agent's talk time, time of doubtful words left out of it; null on mono, without speech times, without trusted words, and on less than 5 s of such time.",
        value: |m| m.words_per_minute_agent,
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "words_per_minute_customer",
        unit: Unit::WordsPerMinute,
        doc: "The same for the customer; null as for the agent.",
        value: |m| m.words_per_minute_customer,
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "turns_agent",
        unit: Unit::Count,
        doc: "The agent's turns: speech with pauses under 3 s in which the customer does not take the floor, back-channels left out; null on mono and without speech times.",
        value: |m| whole(m.turns_agent),
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "turns_customer",
        unit: Unit::Count,
        doc: "The customer's turns, cut in the same way; null on mono and without speech times.",
        value: |m| whole(m.turns_customer),
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "response_gap_agent_median_ms",
        unit: Unit::Ms,
        doc: "Median time from the end of the customer's turn to the start of the agent's answer, 0 where the answer begins before the end, waits on hold left out; null on mono, without speech times, and where the agent never answers.",
        value: |m| whole(m.response_gap_agent_median_ms),
        events: Some(|e| is_by(e, EventKind::ResponseGap, Party::Agent)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "response_gap_customer_median_ms",
        unit: Unit::Ms,
        doc: "The same for the customer's answers to the agent; null on mono, without speech times, and where the customer never answers.",
        value: |m| whole(m.response_gap_customer_median_ms),
        events: Some(|e| is_by(e, EventKind::ResponseGap, Party::Customer)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "silences_broken_by_agent",
        unit: Unit::Count,
        doc: "Silences of 3 s or more after the first word that end with the agent's speech, holds included; null on mono and without speech times.",
        value: |m| whole(m.silences_broken_by_agent),
        events: Some(|e| is_broken(e, Party::Agent)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "silences_broken_by_customer",
        unit: Unit::Count,
        doc: "The same with the customer's; null on mono and without speech times.",
        value: |m| whole(m.silences_broken_by_customer),
        events: Some(|e| is_broken(e, Party::Customer)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "longest_dead_air_ms",
        unit: Unit::Ms,
        doc: "Length of the longest dead air, 0 without any; null without word times.",
        value: |m| whole(m.longest_dead_air_ms),
        events: Some(is_dead_air),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "longest_response_gap_agent_ms",
        unit: Unit::Ms,
        doc: "The longest time that the agent took to answer, waits on hold left out; null on mono, without speech times, and where the agent never answers.",
        value: |m| whole(m.longest_response_gap_agent_ms),
        events: Some(|e| is_by(e, EventKind::ResponseGap, Party::Agent)),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "hold_thanked_count",
        unit: Unit::Count,
        doc: "Holds after which the agent gives thanks or apologises within the first 10 s of being back; null on mono, without word times, and in other languages than English.",
        value: |m| whole(m.hold_thanked_count),
        events: Some(is_thanked_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "hold_unthanked_count",
        unit: Unit::Count,
        doc: "Holds of 10 s or more after which the agent comes back and does neither, every word of those 10 s being trusted; null as for `hold_thanked_count`.",
        value: |m| whole(m.hold_unthanked_count),
        events: Some(is_unthanked_hold),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "pace_change_agent",
        unit: Unit::Ratio,
        doc: "The agent's words per minute in the last third of the conversation divided by those in the first, 1 for no change; null on mono, without word times, and where either third has less than 5 s of trusted speech of the agent's.",
        value: |m| m.pace_change_agent,
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "pace_max_agent",
        unit: Unit::WordsPerMinute,
        doc: "The agent's words per minute in the fastest 30 s of own speech, pauses and the customer's turns left out; null on mono, without word times, and on less than 30 s of such speech.",
        value: |m| m.pace_max_agent,
        events: None,
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "questions_customer",
        unit: Unit::Count,
        doc: "The customer's turns that ask something; null on mono, without word times, in other languages than English, and where the customer was hardly understood.",
        value: |m| whole(m.questions_customer),
        events: Some(is_question),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "questions_unanswered",
        unit: Unit::Count,
        doc: "Those of them after which the agent says no more than back-channels, courtesies, counter questions, announcements of a wait or transfer, or a farewell; null as for `questions_customer`, and where the agent was hardly understood.",
        value: |m| whole(m.questions_unanswered),
        events: Some(is_unanswered),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "promises_agent",
        unit: Unit::Count,
        doc: "What the agent says that the centre will do; null on mono, in other languages than English, and where the agent was hardly understood.",
        value: |m| whole(m.promises_agent),
        events: Some(is_promise),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "promises_dated_agent",
        unit: Unit::Count,
        doc: "Those of them that say until when; null as for `promises_agent`.",
        value: |m| whole(m.promises_dated_agent),
        events: Some(|e| is_promise(e) && e.dated),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "promises_hedged_agent",
        unit: Unit::Count,
        doc: "Those of them with a way out, such as \"I'll try\" or \"should\"; null as for `promises_agent`.",
        value: |m| whole(m.promises_hedged_agent),
        events: Some(|e| is_promise(e) && e.hedged),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "exchanges_without_progress",
        unit: Unit::Count,
        doc: "Turns of the customer's with the agent's next in which both say again what they said before, or in which the agent asks again for what was given; null on mono, in other languages than English, and where either was hardly understood.",
        value: |m| whole(m.exchanges_without_progress),
        events: Some(is_no_progress),
        is_duration: false,
        evidence_only: false,
    },
    Metric {
        name: "feeling_customer_start",
        unit: Unit::Feeling,
        doc: "The feeling in the customer's words in the first third of the conversation, -1 to 1; null on mono, in other languages than English, and on less than 10 trusted words there.",
        value: |m| m.feeling_customer_start,
        events: Some(|e| is_by(e, EventKind::Feeling, Party::Customer)),
        is_duration: false,
        evidence_only: true,
    },
    Metric {
        name: "feeling_customer_end",
        unit: Unit::Feeling,
        doc: "The same in the last third; null as for `feeling_customer_start`.",
        value: |m| m.feeling_customer_end,
        events: Some(|e| is_by(e, EventKind::Feeling, Party::Customer)),
        is_duration: false,
        evidence_only: true,
    },
    Metric {
        name: "feeling_customer_change",
        unit: Unit::Feeling,
        doc: "The last third less the first, -2 to 2; null where either is.",
        value: |m| m.feeling_customer_change,
        events: Some(|e| is_by(e, EventKind::Feeling, Party::Customer)),
        is_duration: false,
        evidence_only: true,
    },
    Metric {
        name: "feeling_agent_start",
        unit: Unit::Feeling,
        doc: "The feeling in the agent's words in the first third of the conversation; null unless the settings ask for it, and as for the customer.",
        value: |m| m.feeling_agent_start,
        events: Some(|e| is_by(e, EventKind::Feeling, Party::Agent)),
        is_duration: false,
        evidence_only: true,
    },
    Metric {
        name: "feeling_agent_end",
        unit: Unit::Feeling,
        doc: "The same in the last third; null as for `feeling_agent_start`.",
        value: |m| m.feeling_agent_end,
        events: Some(|e| is_by(e, EventKind::Feeling, Party::Agent)),
        is_duration: false,
        evidence_only: true,
    },
    Metric {
        name: "feeling_agent_change",
        unit: Unit::Feeling,
        doc: "The last third less the first; null where either is.",
        value: |m| m.feeling_agent_change,
        events: Some(|e| is_by(e, EventKind::Feeling, Party::Agent)),
        is_duration: false,
        evidence_only: true,
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

fn is_thanked_hold(event: &Event) -> bool {
    is_hold(event) && event.thanked == Some(true)
}

fn is_unthanked_hold(event: &Event) -> bool {
    is_hold(event) && event.thanked == Some(false) && event.span.len_ms() >= UNTHANKED_MS
}

/// What comes before the first word is ringing.
fn is_broken(event: &Event, by: Party) -> bool {
    is_by(event, EventKind::Silence, by) && event.span.start_ms > 0
}

fn is_question(event: &Event) -> bool {
    event.kind == EventKind::Question
}

fn is_unanswered(event: &Event) -> bool {
    event.kind == EventKind::QuestionUnanswered
}

fn is_promise(event: &Event) -> bool {
    is_by(event, EventKind::Promise, Party::Agent)
}

fn is_no_progress(event: &Event) -> bool {
    event.kind == EventKind::NoProgress
}

fn is_overlap(event: &Event) -> bool {
    event.kind == EventKind::Overlap
}

fn is_by(event: &Event, kind: EventKind, party: Party) -> bool {
    event.kind == kind && event.party == Some(party)
}

/// What to measure beyond what every call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeasureOptions {
    /// The feeling in the agent's words, too. Off unless the centre's settings ask for it.
    pub agent_feeling: bool,
}

/// Measures one call with no options.
pub fn measure(c: &Conversation) -> Metrics {
    measure_with(c, MeasureOptions::default())
}

/// Measures one call.
pub fn measure_with(c: &Conversation, options: MeasureOptions) -> Metrics {
    let sides = Sides::of(c);
    let speech = c.speech();
    let feelings = feeling::turn_feelings(c, options);
    let events = events_of(c, &speech, sides.as_ref(), &feelings);
    let spans = |belongs: fn(&Event) -> bool| spans_of(&events, belongs);
    let silences = spans(is_silence);
    let mut metrics = Metrics::default();
    if c.speech_times {
        metrics.speech_ms = Some(total_ms(&speech));
        metrics.silence_count = Some(count(&silences));
        metrics.silence_ms = Some(total_ms(&silences));
        metrics.longest_silence_ms = Some(longest_ms(&silences));
        metrics.silence_share = share(total_ms(&silences), c.recorded_ms);
    }
    if c.word_times {
        let dead_air = spans(is_dead_air);
        metrics.dead_air_count = Some(count(&dead_air));
        metrics.dead_air_ms = Some(total_ms(&dead_air));
        metrics.longest_dead_air_ms = Some(longest_ms(&dead_air));
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
        let thirds = thirds(&speech);
        if c.speech_times {
            measure_sides(&mut metrics, c, &sides, thirds);
        }
        if c.is_english() {
            measure_words(&mut metrics, c, &sides);
            measure_feelings(&mut metrics, c, &feelings, thirds);
        }
    }
    metrics
}

fn spans_of(events: &[Event], belongs: impl Fn(&Event) -> bool) -> Vec<Span> {
    let found = events.iter().filter(|e| belongs(e));
    found.map(|e| e.span).collect()
}

/// The first and the last third of the conversation, from its first to its last voice.
fn thirds(speech: &[Span]) -> (Span, Span) {
    let start_ms = speech.first().map_or(0, |s| s.start_ms);
    let end_ms = speech.last().map_or(0, |s| s.end_ms);
    let third_ms = (end_ms - start_ms) / 3;
    (
        Span::new(start_ms, start_ms + third_ms),
        Span::new(end_ms - third_ms, end_ms),
    )
}

/// Fills in what rests on words of the English lists.
fn measure_words(metrics: &mut Metrics, c: &Conversation, sides: &Sides) {
    let number = |belongs: fn(&Event) -> bool| {
        let found = metrics.events.iter().filter(|e| belongs(e));
        Some(found.count() as i64)
    };
    let [agent, customer] = PARTIES.map(|party| is_understood(c, sides, party));
    let thanked = c
        .word_times
        .then(|| (number(is_thanked_hold), number(is_unthanked_hold)));
    let questions = (c.word_times && customer)
        .then(|| number(is_question))
        .flatten();
    let unanswered = number(is_unanswered).filter(|_| questions.is_some() && agent);
    let promises = |belongs: fn(&Event) -> bool| number(belongs).filter(|_| agent);
    *metrics = Metrics {
        hold_thanked_count: thanked.and_then(|t| t.0),
        hold_unthanked_count: thanked.and_then(|t| t.1),
        questions_customer: questions,
        questions_unanswered: unanswered,
        promises_agent: promises(is_promise),
        promises_dated_agent: promises(|e| is_promise(e) && e.dated),
        promises_hedged_agent: promises(|e| is_promise(e) && e.hedged),
        exchanges_without_progress: number(is_no_progress).filter(|_| agent && customer),
        ..std::mem::take(metrics)
    };
}

/// Whether most of a party's words are trusted and were heard with a known probability; who is
/// silent is understood.
fn is_understood(c: &Conversation, sides: &Sides, party: Party) -> bool {
    let own = || c.words.iter().filter(|w| w.party == party);
    let known = |w: &&super::SpokenWord| w.trusted && (c.word_probs || w.prob.is_some());
    let (all, trusted) = (own().count(), own().filter(known).count());
    if all == 0 {
        return sides.talk_ms(party) < UNHEARD_MS;
    }
    2 * trusted >= all
}

fn measure_feelings(
    metrics: &mut Metrics,
    c: &Conversation,
    feelings: &[Option<f64>],
    (first, last): (Span, Span),
) {
    let of = |party| {
        let start = feeling::feeling_in(c, feelings, party, first);
        let end = feeling::feeling_in(c, feelings, party, last);
        (start, end, end.zip(start).map(|(end, start)| end - start))
    };
    let (customer, agent) = (of(Party::Customer), of(Party::Agent));
    *metrics = Metrics {
        feeling_customer_start: customer.0,
        feeling_customer_end: customer.1,
        feeling_customer_change: customer.2,
        feeling_agent_start: agent.0,
        feeling_agent_end: agent.1,
        feeling_agent_change: agent.2,
        ..std::mem::take(metrics)
    };
}

/// Fills in what needs to know who speaks.
fn measure_sides(
    metrics: &mut Metrics,
    c: &Conversation,
    sides: &Sides,
    (first, last): (Span, Span),
) {
    let spans = |kind, party| spans_of(&metrics.events, |e| is_by(e, kind, party));
    let interruptions = |party| Some(count(&spans(EventKind::Interruption, party)));
    let monologue = |party| Some(longest_ms(&spans(EventKind::LongestMonologue, party)));
    let response_gap = |party| median_ms(&spans(EventKind::ResponseGap, party));
    let turns = |party| {
        let own = sides.turns.iter().filter(|t| t.speaker == side(party));
        Some(own.count() as i64)
    };
    let (agent, customer) = (sides.talk_ms(Party::Agent), sides.talk_ms(Party::Customer));
    let overlaps = spans_of(&metrics.events, is_overlap);
    let gaps = spans(EventKind::ResponseGap, Party::Agent);
    let broken = |by| Some(count(&spans_of(&metrics.events, |e| is_broken(e, by))));
    let [pace, customers_pace] =
        PARTIES.map(|party| Pace::of(c, party, &sides.speech[side(party)]));
    let timed = c.word_times.then_some(&pace);
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
        words_per_minute_agent: pace.words_per_minute(),
        words_per_minute_customer: customers_pace.words_per_minute(),
        turns_agent: turns(Party::Agent),
        turns_customer: turns(Party::Customer),
        response_gap_agent_median_ms: response_gap(Party::Agent),
        response_gap_customer_median_ms: response_gap(Party::Customer),
        silences_broken_by_agent: broken(Party::Agent),
        silences_broken_by_customer: broken(Party::Customer),
        longest_response_gap_agent_ms: (!gaps.is_empty()).then(|| longest_ms(&gaps)),
        pace_change_agent: timed.and_then(|pace| pace.change(first, last)),
        pace_max_agent: timed.and_then(Pace::fastest),
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

/// The moments of a call, sorted by start, then kind; the agent's feelings are not among them.
pub fn events(c: &Conversation) -> Vec<Event> {
    let feelings = feeling::turn_feelings(c, MeasureOptions::default());
    events_of(c, &c.speech(), Sides::of(c).as_ref(), &feelings)
}

fn events_of(
    c: &Conversation,
    speech: &[Span],
    sides: Option<&Sides>,
    feelings: &[Option<f64>],
) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    if c.speech_times {
        let gaps = floor::gaps(speech, c.recorded_ms).into_iter();
        let silences = gaps.filter(|gap| gap.len_ms() >= SILENCE_MS);
        events.extend(silences.map(|gap| event(EventKind::Silence, gap, breaks(c, gap))));
    }
    let mut waits = hold::holds_and_dead_air(c, speech).unwrap_or_default();
    for dead_air in &mut waits.dead_air {
        dead_air.party = breaks(c, dead_air.span);
    }
    if let Some(sides) = sides {
        if c.speech_times {
            events.extend(sides.overlaps());
            events.extend(sides.interruptions(Party::Agent));
            events.extend(sides.interruptions(Party::Customer));
            events.extend(sides.longest_monologue(Party::Agent));
            events.extend(sides.longest_monologue(Party::Customer));
            events.extend(sides.response_gaps(&waits.holds));
        }
        events.extend(waits.holds);
        if c.is_english() {
            add_said(&mut events, c, feelings);
        }
    }
    events.extend(waits.dead_air);
    events.sort_by_key(|e| (e.span.start_ms, e.kind, e.span.end_ms, e.party));
    events
}

/// Who speaks next after a silence, where one does and not both at once.
fn breaks(c: &Conversation, gap: Span) -> Option<Party> {
    if c.mono {
        return None;
    }
    let begins = |channel: &&super::ChannelView| {
        let next = channel.speech.partition_point(|s| s.start_ms < gap.end_ms);
        channel
            .speech
            .get(next)
            .is_some_and(|s| s.start_ms == gap.end_ms)
    };
    let mut parties = c
        .channels
        .iter()
        .filter(begins)
        .map(|channel| channel.party);
    let first = parties.next()?;
    parties.all(|party| party == first).then_some(first)
}

/// Adds the moments that rest on words of the English lists.
fn add_said(events: &mut Vec<Event>, c: &Conversation, feelings: &[Option<f64>]) {
    let recorded = events.len();
    if c.word_times {
        for question in questions::questions(c) {
            let party = Some(Party::Customer);
            events.push(event(EventKind::Question, question.span, party));
            if question.unanswered {
                events.push(event(EventKind::QuestionUnanswered, question.span, party));
            }
        }
    }
    for promise in promises::promises(c)
        .into_iter()
        .filter(|promise| promise.sure)
    {
        events.push(Event {
            dated: promise.due.is_some(),
            hedged: promise.hedged,
            ..event(EventKind::Promise, promise.span, Some(promise.party))
        });
    }
    let repeated = progress::exchanges_without_progress(c).into_iter();
    events.extend(repeated.map(|span| event(EventKind::NoProgress, span, None)));
    let felt = feeling::felt_turns(c, feelings).into_iter();
    events.extend(felt.map(|(span, party)| event(EventKind::Feeling, span, Some(party))));
    // Recognisers place words beyond the end of a recording.
    for event in &mut events[recorded..] {
        let within = |ms: i64| ms.clamp(0, c.recorded_ms.max(0));
        event.span = Span::new(within(event.span.start_ms), within(event.span.end_ms));
    }
}

/// An event with nothing more to say of it.
pub(super) fn event(kind: EventKind, span: Span, party: Option<Party>) -> Event {
    Event {
        kind,
        span,
        party,
        announced: None,
        thanked: None,
        dated: false,
        hedged: false,
    }
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
            ("speech_ms", Some(21_200.0)),
            ("talk_time_agent_ms", Some(13_000.0)),
            ("talk_time_customer_ms", Some(9_000.0)),
            ("talk_time_total_ms", Some(22_000.0)),
            ("talk_share_agent", Some(13.0 / 22.0)),
            ("silence_count", Some(3.0)),
            ("silence_ms", Some(12_000.0 + 11_000.0 + 12_800.0)),
            ("longest_silence_ms", Some(12_800.0)),
            ("silence_share", Some(35_800.0 / 60_000.0)),
            ("dead_air_count", Some(1.0)),
            ("dead_air_ms", Some(11_000.0)),
            ("hold_count", Some(1.0)),
            ("hold_announced_count", Some(1.0)),
            ("hold_inferred_count", Some(0.0)),
            ("hold_ms", Some(12_000.0)),
            ("longest_hold_ms", Some(12_000.0)),
            ("overlap_count", Some(0.0)),
            ("overlap_ms", Some(0.0)),
            ("interruptions_by_agent", Some(0.0)),
            ("interruptions_by_customer", Some(1.0)),
            ("longest_monologue_agent_ms", Some(6_000.0)),
            ("longest_monologue_customer_ms", Some(4_000.0)),
            ("words_per_minute_agent", Some(30.0 * 60.0 / 13.0)),
            ("words_per_minute_customer", Some(21.0 * 60.0 / 9.0)),
            ("turns_agent", Some(4.0)),
            ("turns_customer", Some(3.0)),
            ("response_gap_agent_median_ms", Some(800.0)),
            ("response_gap_customer_median_ms", Some(400.0)),
            ("silences_broken_by_agent", Some(1.0)),
            ("silences_broken_by_customer", Some(1.0)),
            ("longest_dead_air_ms", Some(11_000.0)),
            ("longest_response_gap_agent_ms", Some(1_000.0)),
            ("hold_thanked_count", Some(1.0)),
            ("hold_unthanked_count", Some(0.0)),
            // A second of the agent's speech in the last third, and 13 in all.
            ("pace_change_agent", None),
            ("pace_max_agent", None),
            ("questions_customer", Some(0.0)),
            ("questions_unanswered", Some(0.0)),
            ("promises_agent", Some(0.0)),
            ("promises_dated_agent", Some(0.0)),
            ("promises_hedged_agent", Some(0.0)),
            ("exchanges_without_progress", Some(0.0)),
            // "Wrong" is -0.8 and the only word that is felt in the first turn.
            ("feeling_customer_start", Some(-0.8 / 3.8)),
            ("feeling_customer_end", None),
            ("feeling_customer_change", None),
            ("feeling_agent_start", None),
            ("feeling_agent_end", None),
            ("feeling_agent_change", None),
        ];
        assert_eq!(expected.len(), METRICS.len());
        for (name, by_hand) in expected {
            let value = value(&m, name);
            let close = value
                .zip(by_hand)
                .map(|(v, b): (f64, f64)| (v - b).abs() < 1e-9);
            assert!(
                value == by_hand || close == Some(true),
                "{name}: {value:?}, by hand {by_hand:?}"
            );
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
        assert!(m.speech_ms.unwrap() <= 42_460);
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
        redacted.0.channels[0].segments[0].words[0].redacted =
            Some(Redacted::of(RedactedKind::CardNumber, 16));
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

    const WITHOUT_PARTIES: [&str; 8] = [
        "speech_ms",
        "silence_count",
        "silence_ms",
        "longest_silence_ms",
        "silence_share",
        "dead_air_count",
        "dead_air_ms",
        "longest_dead_air_ms",
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
        let of_times = |name: &&str| {
            ["hold", "dead_air", "pace", "questions"]
                .iter()
                .any(|of| name.contains(of))
        };
        assert!(lost.iter().all(of_times), "{lost:?}");
        assert_eq!(lost.len(), 12);
    }

    #[test]
    fn without_speech_times_only_what_the_words_tell_is_measured() {
        // Whole segments overlap, and nobody knows whether the words do.
        let mut call = staged(60_000)
            .agent(0, 10_000, "I will send you a letter by Friday.")
            .customer(5_000, 40_000, "Good, and what does it say there then?")
            .agent(30_000, 50_000, "That you owe us nothing.")
            .without_word_times();
        for channel in &mut call.0.channels {
            channel.speech.clear();
        }
        let m = measure(&call.conversation());
        assert_eq!(
            known(&m),
            BTreeSet::from([
                "exchanges_without_progress",
                "promises_agent",
                "promises_dated_agent",
                "promises_hedged_agent",
            ])
        );
        assert!(m.events.iter().all(|e| e.kind.is_said()), "{:?}", m.events);
    }

    #[test]
    fn a_call_without_speech_has_zeros_and_no_rates() {
        let m = measure(&staged(20_000).conversation());
        assert_eq!(
            (m.speech_ms, m.silence_ms, m.silence_count),
            (Some(0), Some(20_000), Some(1))
        );
        assert_eq!(m.talk_time_total_ms, Some(0));
        assert_eq!(m.longest_monologue_agent_ms, Some(0));
        assert_eq!((m.dead_air_count, m.hold_count), (Some(0), Some(0)));
        assert_eq!((m.talk_share_agent, m.words_per_minute_agent), (None, None));
        assert_eq!(m.response_gap_agent_median_ms, None);
        assert_eq!(measure(&staged(0).conversation()).silence_share, None);
    }

    #[test]
    fn silences_and_dead_air_know_who_breaks_them() {
        let call = staged(90_000)
            .agent(5_000, 10_000, "I see your bill here.")
            .customer(22_000, 24_000, "Are you still there?")
            .agent(30_000, 32_000, "Yes, it is right.")
            .agent(40_000, 42_000, "It is.")
            .customer(50_000, 52_000, "So what now?")
            .agent(50_000, 53_000, "And that is all.");
        let m = measure(&call.conversation());
        assert_eq!(m.silences_broken_by_agent, Some(2));
        assert_eq!(m.silences_broken_by_customer, Some(1));
        let of = |kind| -> Vec<_> {
            let events = m.events.iter().filter(|e| e.kind == kind);
            events.map(|e| (e.span.start_ms, e.party)).collect()
        };
        use Party::{Agent, Customer};
        // Ringing, and two who begin at once, and the end of the recording.
        let silences = [
            (0, Some(Agent)),
            (10_000, Some(Customer)),
            (24_000, Some(Agent)),
            (32_000, Some(Agent)),
            (42_000, None),
            (53_000, None),
        ];
        assert_eq!(of(EventKind::Silence), silences);
        assert_eq!(of(EventKind::DeadAir), [(10_000, Some(Customer))]);
        let dead_air = m.events.iter().find(|e| e.kind == EventKind::DeadAir);
        let note = dead_air.and_then(Event::note);
        assert_eq!(note, Some("not announced; broken by the customer"));
    }

    #[test]
    fn word_lists_are_english_and_need_to_be_understood() {
        let call = staged(60_000)
            .customer(0, 4_000, "Can you send me the form?")
            .agent(5_000, 9_000, "I will send it tomorrow.");
        let m = measure(&call.conversation());
        assert_eq!(
            (m.questions_customer, m.questions_unanswered),
            (Some(1), Some(0))
        );
        assert_eq!(
            (m.promises_agent, m.promises_dated_agent),
            (Some(1), Some(1))
        );
        let doubtful = measure(&call.clone().doubtful(0).conversation());
        assert_eq!(
            (doubtful.promises_agent, doubtful.questions_customer),
            (None, Some(1))
        );
        assert_eq!(doubtful.questions_unanswered, None);
        let mut spanish = call;
        spanish.0.language = "es".to_string();
        let m = measure(&spanish.conversation());
        let by_lists = ["questions", "promises", "progress", "feeling", "thanked"];
        for metric in METRICS {
            if by_lists.iter().any(|part| metric.name.contains(part)) {
                assert_eq!((metric.value)(&m), None, "{}", metric.name);
            }
        }
    }

    #[test]
    fn durations_and_feelings_are_marked() {
        let marked = |is: fn(&Metric) -> bool| -> Vec<&str> {
            METRICS.iter().filter(|m| is(m)).map(|m| m.name).collect()
        };
        assert_eq!(
            marked(|m| m.is_duration),
            [
                "speech_ms",
                "talk_time_agent_ms",
                "talk_time_customer_ms",
                "talk_time_total_ms"
            ]
        );
        let feelings = marked(|m| m.evidence_only);
        assert!(feelings.iter().all(|name| name.starts_with("feeling_")));
        assert_eq!(feelings.len(), 6);
    }

    /// A call from a seed: both talk at random, with announcements and back-channels among it.
    fn random_call(seed: u64) -> Staged {
        const TEXTS: [&str; 9] = [
            "",
            "okay",
            "one moment please",
            "thank you for waiting",
            "my order has not arrived yet",
            "mm-hm I see",
            "can you tell me when it comes?",
            "I will call you back tomorrow",
            "my parcel with the broken lamp has not arrived",
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
                call = call.says(channel, at_ms, end_ms, TEXTS[below(9) as usize]);
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
            let speech_ms = m.speech_ms.unwrap();
            assert_eq!(speech_ms + free, c.recorded_ms, "seed {seed}");
            let talk = [m.talk_time_agent_ms, m.talk_time_customer_ms].map(Option::unwrap);
            assert!(talk.iter().all(|&ms| ms <= speech_ms), "seed {seed}");
            let twice_ms = total_ms(&floor::both(
                &c.speech_of(Party::Agent),
                &c.speech_of(Party::Customer),
            ));
            assert_eq!(talk[0] + talk[1], speech_ms + twice_ms, "seed {seed}");
            assert!(m.overlap_ms.unwrap() <= twice_ms, "seed {seed}");
            assert!(m.silence_ms.unwrap() <= free, "seed {seed}");
            assert!(m.dead_air_ms.unwrap() + m.hold_ms.unwrap() <= c.recorded_ms);
            for event in &m.events {
                assert!(0 <= event.span.start_ms && event.span.start_ms <= event.span.end_ms);
                assert!(event.span.end_ms <= c.recorded_ms, "seed {seed}");
            }
            for metric in METRICS {
                let bounds = match metric.unit {
                    Unit::Share => 0.0..=1.0,
                    Unit::Feeling if metric.name.ends_with("change") => -2.0..=2.0,
                    Unit::Feeling => -1.0..=1.0,
                    _ => 0.0..=f64::MAX,
                };
                let value = (metric.value)(&m);
                assert!(
                    value.is_none_or(|v| bounds.contains(&v)),
                    "{}, seed {seed}",
                    metric.name
                );
            }
        }
        assert_eq!(
            seen.len(),
            12,
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
            let options = MeasureOptions {
                agent_feeling: true,
            };
            let measured = |agent| {
                let c = Conversation::new(&transcript, Some(agent)).unwrap();
                measure_with(&c, options)
            };
            let (a, b) = (measured(0), measured(1));
            for metric in METRICS.iter().filter(|m| m.name.contains("customer")) {
                let mirrored = metric.name.replace("customer", "agent");
                // Only the customer's questions are counted.
                let Some(mirrored) = super::metric(&mirrored) else {
                    continue;
                };
                assert_eq!(
                    (metric.value)(&a),
                    (mirrored.value)(&b),
                    "{}, seed {seed}",
                    mirrored.name
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
                    _ if metric.unit == Unit::Feeling => continue,
                    name if name.starts_with("longest_") => lengths.max().unwrap_or(0),
                    _ if metric.unit == Unit::Count => lengths.count() as i64,
                    _ => lengths.sum(),
                };
                // Where nobody answers there is no longest answer, and where nothing was
                // understood no words are counted.
                let measured = (metric.value)(&m);
                assert!(
                    measured.is_none_or(|v| v == by_moments as f64),
                    "{}, seed {seed}: {measured:?} and {by_moments}",
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
