//! Tells a hold from dead air: which silences were announced, and which look like a hold.
//!
//! An announcement is a phrase of a short English family, whether the words are trusted or not: an announcement that was heard badly still excuses the wait.
//! Left out on purpose: music. Where voice activity takes it for speech, that time is talk of its
//! channel and no hold is seen; where the recorder stops on hold, there is nothing to see at all.

use super::english::{Family, class};
use super::floor::{self, both, total_ms};
use super::metrics::{Event, EventKind, event};
use super::sentences::Hit;
use super::{Conversation, Party};
use crate::transcript::Span;

/// The shortest silence that can be a hold.
const HOLD_MS: i64 = 5_000;
/// Silence from this length on is a hold even if nobody said so.
const INFERRED_HOLD_MS: i64 = 30_000;
/// The shortest silence that can be dead air.
const DEAD_AIR_MS: i64 = 10_000;
/// How far from the silence its announcement, or the thanks for waiting, may be.
const REACH_MS: i64 = 8_000;
/// Within this time of coming back the agent gives thanks, or does not.
const THANKS_MS: i64 = 10_000;
const EARLY_MS: i64 = 500;
/// A phrase said more slowly than this is no phrase.
const PHRASE_MS: i64 = 5_000;
/// Sounds between two silences of one hold: all together, and the agent's part of it.
const MURMUR_MS: i64 = 3_000;
const AGENT_MURMUR_MS: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CueKind {
    Announcement,
    Return,
}

/// A phrase of either family, from its first word's start to its last word's start and end.
#[derive(Debug, Clone, Copy)]
struct Cue {
    kind: CueKind,
    party: Party,
    start_ms: i64,
    last_word_ms: i64,
    end_ms: i64,
}

/// What a silence is, by the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The agent announced it.
    Announced,
    /// It is long, or the agent gave thanks for waiting.
    Inferred,
    /// Somebody else announced it (the customer looks for a card), or nobody knows who did.
    Excused,
    /// Nobody speaks before it, or nobody after it.
    Edge,
    Unexplained,
}

/// The holds and the dead air among the silences, each list in order.
///
/// `None` where word times cannot be relied on: then nobody knows which silences were announced.
pub(super) fn holds_and_dead_air(c: &Conversation, speech: &[Span]) -> Option<Waits> {
    if !c.word_times {
        return None;
    }
    let agent = c.speech_of(if c.mono { Party::Unknown } else { Party::Agent });
    let cues = cues(c);
    let mut waits = Waits::default();
    for gap in floor::gaps(speech, c.recorded_ms) {
        if gap.len_ms() < HOLD_MS {
            continue;
        }
        let wait = wait(c, gap, &cues);
        let announced = match wait {
            Wait::Announced => Some(true),
            _ => well_heard_before(c, gap, speech).then_some(false),
        };
        let open = waits.holds.last_mut();
        if let Some(hold) = open.filter(|hold| goes_on(hold.span, gap, speech, &agent)) {
            hold.span.end_ms = gap.end_ms;
            if wait == Wait::Announced {
                hold.announced = announced;
            }
            continue;
        }
        waits.add(gap, wait, announced);
    }
    for hold in &mut waits.holds {
        hold.thanked = thanked(c, hold.span, &agent);
    }
    Some(waits)
}

/// Holds and dead air, disjoint.
#[derive(Debug, Clone, Default)]
pub(super) struct Waits {
    pub holds: Vec<Event>,
    pub dead_air: Vec<Event>,
}

impl Waits {
    fn add(&mut self, gap: Span, wait: Wait, announced: Option<bool>) {
        let (list, kind) = match wait {
            Wait::Announced | Wait::Inferred => (&mut self.holds, EventKind::Hold),
            Wait::Unexplained if gap.len_ms() >= DEAD_AIR_MS => {
                (&mut self.dead_air, EventKind::DeadAir)
            }
            Wait::Unexplained | Wait::Excused | Wait::Edge => return,
        };
        list.push(Event {
            announced,
            ..event(kind, gap, None)
        });
    }
}

fn wait(c: &Conversation, gap: Span, cues: &[Cue]) -> Wait {
    let by = |agent: bool, kind: CueKind| {
        cues.iter()
            .filter(|cue| (cue.party == Party::Agent) == agent && cue.kind == kind)
            .any(|cue| match kind {
                CueKind::Announcement => announces(cue, gap),
                CueKind::Return => returns_from(cue, gap),
            })
    };
    if by(true, CueKind::Announcement) {
        return Wait::Announced;
    }
    if by(false, CueKind::Announcement) {
        return Wait::Excused;
    }
    // Before the first word there is ringing, after the last one nobody is on the line.
    let first_speech = c
        .channels
        .iter()
        .filter_map(|c| c.speech.first())
        .map(|s| s.start_ms)
        .min();
    if gap.end_ms >= c.recorded_ms || first_speech.is_none_or(|start| gap.end_ms <= start) {
        return Wait::Edge;
    }
    if by(true, CueKind::Return) || gap.len_ms() >= INFERRED_HOLD_MS {
        return Wait::Inferred;
    }
    // On mono nobody knows who gives thanks.
    if c.mono && by(false, CueKind::Return) {
        return Wait::Excused;
    }
    Wait::Unexplained
}

/// The last word begins ahead of the silence, for recognisers let last words run into it.
fn announces(cue: &Cue, gap: Span) -> bool {
    cue.last_word_ms < gap.start_ms && cue.end_ms >= gap.start_ms - REACH_MS
}

fn returns_from(cue: &Cue, gap: Span) -> bool {
    cue.end_ms > gap.end_ms && cue.start_ms < gap.end_ms + REACH_MS
}

/// Whether the silence continues the hold: a cough, a key or a "hello?" does not end it, the
/// agent's return does.
fn goes_on(hold: Span, gap: Span, speech: &[Span], agent: &[Span]) -> bool {
    let between = [Span::new(hold.end_ms, gap.start_ms)];
    between[0].len_ms() < MURMUR_MS
        && total_ms(&both(agent, &between)) < AGENT_MURMUR_MS
        && total_ms(&both(speech, &between)) > 0
}

/// Whether the agent gives thanks or apologises on coming back from a hold, trusted or not. That
/// nothing was said is sure only where every word was trusted.
fn thanked(c: &Conversation, hold: Span, agent: &[Span]) -> Option<bool> {
    let back = agent.iter().find(|s| s.end_ms > hold.end_ms)?;
    let from_ms = back.start_ms.max(hold.end_ms);
    // Recognisers let first words begin a little early.
    let reach = from_ms - EARLY_MS..from_ms + THANKS_MS;
    let words = c.words.iter().zip(&c.tokens);
    let said = words
        .filter(|(w, _)| w.party == Party::Agent && reach.contains(&w.start_ms))
        .collect::<Vec<_>>();
    if said.iter().any(|(_, token)| token.has(class::THANKS)) {
        return Some(true);
    }
    let sure = !said.is_empty() && said.iter().all(|(w, _)| w.trusted);
    sure.then_some(false)
}

/// Whether an announcement would have been understood: words were heard where somebody spoke in
/// the last seconds before the silence, and none of them is doubtful.
fn well_heard_before(c: &Conversation, gap: Span, speech: &[Span]) -> bool {
    let reach = Span::new(gap.start_ms - REACH_MS, gap.start_ms);
    let mut words = c
        .words
        .iter()
        .filter(|w| w.start_ms < reach.end_ms && w.end_ms >= reach.start_ms)
        .peekable();
    if words.peek().is_none() {
        return total_ms(&both(speech, &[reach])) == 0;
    }
    words.all(|w| w.trusted)
}

fn cues(c: &Conversation) -> Vec<Cue> {
    let said = &c.said;
    let cue = |hit: &Hit| {
        let kind = match hit.family {
            Family::Announcement => CueKind::Announcement,
            Family::Return => CueKind::Return,
            _ => return None,
        };
        let word = |at: usize| &c.words[said.words[at]];
        let (first, last) = (word(hit.from), word(hit.to - 1));
        Some(Cue {
            kind,
            party: first.party,
            start_ms: first.start_ms,
            last_word_ms: last.start_ms,
            end_ms: last.end_ms,
        })
    };
    let mut cues: Vec<Cue> = said.hits.iter().filter_map(cue).collect();
    cues.retain(|cue| cue.last_word_ms - cue.start_ms < PHRASE_MS);
    cues
}

#[cfg(test)]
mod tests {
    use super::super::staged::{Staged, staged};
    use super::*;

    /// Kind, start, end and `announced` of holds and dead air, in order.
    fn found(call: &Staged) -> Vec<(&'static str, i64, i64, Option<bool>)> {
        let c = call.conversation();
        let waits = holds_and_dead_air(&c, &c.speech()).expect("word times");
        let all = waits.holds.iter().chain(&waits.dead_air);
        all.map(|e| (e.kind.as_str(), e.span.start_ms, e.span.end_ms, e.announced))
            .collect()
    }

    /// Words up to second 10, a silence, and words after it.
    fn silence(before: &str, ms: i64, after: &str) -> Staged {
        staged(100_000)
            .agent(0, 10_000, before)
            .agent(10_000 + ms, 12_000 + ms, after)
            .customer(12_500 + ms, 99_000, "Well, about that bill")
    }

    #[test]
    fn an_announced_wait_is_a_hold_from_five_seconds_on() {
        let said = "Hold on, please. I'll get your file.";
        assert_eq!(found(&silence(said, 4_999, "There it is.")), []);
        let hold = found(&silence(said, 5_000, "There it is."));
        assert_eq!(hold, [("hold", 10_000, 15_000, Some(true))]);
        let polite = found(&silence("May I put you on hold?", 40_000, "There."));
        assert_eq!(polite, [("hold", 10_000, 50_000, Some(true))]);
    }

    #[test]
    fn an_announcement_reaches_eight_seconds() {
        let call = |said_at: i64| {
            staged(60_000)
                .agent(said_at, said_at + 1_000, "One moment.")
                .customer(14_000, 21_000, "Take your time, I have all day.")
                .agent(35_000, 40_000, "Here it is, I have found it.")
        };
        assert_eq!(found(&call(12_000))[0].0, "hold");
        assert_eq!(found(&call(11_999))[0].0, "dead_air");
    }

    #[test]
    fn long_silence_and_thanks_for_waiting_tell_of_a_hold() {
        let silent = found(&silence("I see the bill.", 29_999, "It is right."));
        assert_eq!(silent, [("dead_air", 10_000, 39_999, Some(false))]);
        let long = found(&silence("I see the bill.", 30_000, "It is right."));
        assert_eq!(long, [("hold", 10_000, 40_000, Some(false))]);
        let thanked = found(&silence("I see the bill.", 6_000, "Thank you for waiting."));
        assert_eq!(thanked, [("hold", 10_000, 16_000, Some(false))]);
    }

    #[test]
    fn the_customers_own_wait_is_neither() {
        let call = staged(60_000)
            .agent(0, 3_000, "Your card number please?")
            .customer(4_000, 7_000, "Just a second, it's upstairs.")
            .customer(25_000, 30_000, "Here it is.");
        assert_eq!(found(&call), []);
    }

    #[test]
    fn the_ends_of_a_recording_are_no_dead_air_but_can_be_a_hold() {
        let quiet = staged(60_000).agent(20_000, 25_000, "Hello, is anybody there?");
        assert_eq!(found(&quiet), []);
        let hung_up = staged(60_000).agent(20_000, 25_000, "Please hold.");
        assert_eq!(found(&hung_up), [("hold", 25_000, 60_000, Some(true))]);
        assert_eq!(found(&staged(60_000)), []);
    }

    #[test]
    fn a_cough_does_not_end_a_hold_but_the_agent_does() {
        let call = |cough: Staged| cough.agent(60_000, 65_000, "So, it is settled then.");
        let on_hold = staged(70_000).agent(0, 5_000, "Please hold for me.");
        let customer = call(on_hold.clone().customer(30_000, 31_500, ""));
        assert_eq!(found(&customer), [("hold", 5_000, 60_000, Some(true))]);
        let key = call(on_hold.clone().agent(30_000, 30_900, ""));
        assert_eq!(found(&key), [("hold", 5_000, 60_000, Some(true))]);
        let back = call(on_hold.agent(30_000, 32_000, "Still looking for it."));
        assert_eq!(found(&back).len(), 2);
    }

    #[test]
    fn doubtful_words_excuse_a_wait_and_otherwise_leave_it_open() {
        let call = |said: &str| {
            staged(60_000)
                .agent(0, 10_000, said)
                .doubtful(0)
                .agent(25_000, 30_000, "So.")
        };
        assert_eq!(
            found(&call("I have to ask. Bear with me.")),
            [("hold", 10_000, 25_000, Some(true))]
        );
        assert_eq!(
            found(&call("I have to ask. Bare wit me.")),
            [("dead_air", 10_000, 25_000, None)]
        );
        let unheard = staged(60_000)
            .agent(0, 10_000, "")
            .agent(25_000, 30_000, "So.");
        assert_eq!(found(&unheard), [("dead_air", 10_000, 25_000, None)]);
    }

    #[test]
    fn holds_are_thanked_for_within_ten_seconds_of_coming_back() {
        let thanked = |call: &Staged| {
            let c = call.conversation();
            let waits = holds_and_dead_air(&c, &c.speech()).expect("word times");
            waits.holds.iter().map(|e| e.thanked).collect::<Vec<_>>()
        };
        let said = "Hold on, please. I'll get your file.";
        let back = |text: &str| silence(said, 20_000, text);
        assert_eq!(thanked(&back("Thanks for waiting.")), [Some(true)]);
        assert_eq!(thanked(&back("I'm sorry it took so long.")), [Some(true)]);
        assert_eq!(thanked(&back("It is settled.")), [Some(false)]);
        // Heard badly: it may have been thanks.
        assert_eq!(thanked(&back("It is settled.").doubtful(0)), [None]);
        assert_eq!(thanked(&back("")), [None]);
        let late = back("It is settled.").agent(42_001, 44_000, "Thank you.");
        assert_eq!(thanked(&late), [Some(false)]);
        let hung_up = staged(60_000).agent(0, 5_000, said);
        assert_eq!(thanked(&hung_up), [None]);
    }
}
