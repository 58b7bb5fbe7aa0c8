//! The talk along time: what each says, turn by turn, and between the turns the waits.
//!
//! Words of evidence are marked, with links to the answers that rest on them; words that were
//! heard with doubt and words that are masked are told apart from the rest. Left out on purpose:
//! everything about a masked value but its kind.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conversation::metrics::{Event, EventKind, Metrics};
use crate::conversation::{Conversation, Party, SpokenWord, Turn};
use crate::report::html::sound::{Play, Sound};
use crate::report::html::words::clock;
use crate::scoring::FRAGILE_PROB;
use crate::transcript::{RedactedKind, Span};

/// Words that an answer rests on.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    /// Id of the mark within the page.
    pub id: String,
    pub channel: Option<usize>,
    pub party: Option<Party>,
    pub at: Span,
    /// Number of the answer, and where it stands.
    pub number: usize,
    pub href: String,
    /// What the mark shows: `found`, `near` or `doubt`.
    pub kind: &'static str,
    /// Whether the answer lost points, is open or fails the call.
    pub is_telling: bool,
    /// For those who do not see the mark.
    pub label: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Talk {
    pub items: Vec<Item>,
    pub has_unsure: bool,
    pub has_untrusted: bool,
    pub has_masked: bool,
    /// Words that an answer rests on, that came closest to it, or that may have been it.
    pub has_found: bool,
    pub has_near: bool,
    pub has_doubt: bool,
    pub has_back_channels: bool,
    /// What to know of the recording before reading.
    pub remarks: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Item {
    Turn(TurnView),
    Wait(WaitView),
}

#[derive(Debug, Serialize)]
pub(super) struct TurnView {
    pub id: Option<String>,
    pub clock: String,
    /// `agent`, `customer` or `unknown`.
    pub party: &'static str,
    pub who: &'static str,
    /// Said while the other speaks, and no turn of its own.
    pub aside: bool,
    pub notes: Vec<String>,
    pub play: Option<Play>,
    pub stretches: Vec<Stretch>,
}

/// Words with the same marks.
#[derive(Debug, Serialize)]
pub(super) struct Stretch {
    /// Ids of marks that begin here.
    pub ids: Vec<String>,
    /// `found`, `near` or `doubt`; `None` for words that no answer rests on.
    pub mark: Option<&'static str>,
    pub words: Vec<Piece>,
    /// Answers whose words end here.
    pub refs: Vec<Ref>,
}

#[derive(Debug, Serialize)]
pub(super) struct Piece {
    pub text: String,
    /// `said`, `unsure` (a word heard with doubt), `untrusted` (a whole stretch that was) or
    /// `masked`.
    pub kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Ref {
    pub number: usize,
    pub href: String,
    pub label: String,
}

#[derive(Debug, Serialize)]
pub(super) struct WaitView {
    pub id: String,
    pub clock: String,
    /// `silence`, `hold` or `dead_air`.
    pub what: &'static str,
    pub words: String,
    pub play: Option<Play>,
}

/// A silence, hold or stretch of dead air.
pub(super) struct Wait<'m> {
    pub event: &'m Event,
    pub what: &'static str,
}

impl Wait<'_> {
    pub fn id(&self) -> String {
        format!("w-{}", self.event.span.start_ms)
    }

    pub fn name(&self) -> &'static str {
        match self.what {
            "hold" => "Hold",
            "dead_air" => "Dead air",
            _ => "Silence",
        }
    }
}

/// Silences of 3 s and more, each as what it is: a hold and dead air are not told once more as a
/// silence.
pub(super) fn waits(metrics: &Metrics) -> Vec<Wait<'_>> {
    let of = |kind: EventKind| metrics.events.iter().filter(move |e| e.kind == kind);
    let mut waits: Vec<Wait<'_>> = of(EventKind::Hold)
        .map(|event| Wait {
            event,
            what: "hold",
        })
        .chain(of(EventKind::DeadAir).map(|event| Wait {
            event,
            what: "dead_air",
        }))
        .collect();
    let is_told = |silence: &Event| {
        let mut told = waits.iter();
        told.any(|wait| wait.event.span.overlap_ms(silence.span) > 0)
    };
    let silences: Vec<&Event> = of(EventKind::Silence).filter(|s| !is_told(s)).collect();
    waits.extend(silences.into_iter().map(|event| Wait {
        event,
        what: "silence",
    }));
    waits.sort_by_key(|wait| wait.event.span);
    waits
}

/// The id of the turn that holds a moment, or else the last before it, or else the first.
pub(super) fn anchor(conversation: &Conversation, at_ms: i64) -> Option<String> {
    let turns = &conversation.turns;
    let holds = |turn: &&Turn| turn.span.start_ms <= at_ms && at_ms < turn.span.end_ms;
    let before = |turn: &&Turn| turn.span.start_ms <= at_ms;
    let turn = turns.iter().rfind(holds);
    let turn = turn.or_else(|| turns.iter().rfind(before));
    let turn = turn.or_else(|| turns.first())?;
    Some(turn_id(turn))
}

fn turn_id(turn: &Turn) -> String {
    format!("t-{}", turn.span.start_ms)
}

pub(super) fn who(party: Party) -> &'static str {
    match party {
        Party::Agent => "Agent",
        Party::Customer => "Customer",
        Party::Unknown => "Speaker",
    }
}

/// Seconds as people say them.
pub(super) fn seconds(ms: i64) -> String {
    match ms {
        ms if ms >= 60_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
        ms if ms >= 10_000 => format!("{} s", ms / 1000),
        ms => {
            let tenths = (ms + 50) / 100;
            match tenths % 10 {
                0 => format!("{} s", tenths / 10),
                rest => format!("{}.{rest} s", tenths / 10),
            }
        }
    }
}

/// Whether a word is one of those.
fn is_marked(word: &SpokenWord, marked: &Marked) -> bool {
    let is_there = word.start_ms >= marked.at.start_ms && word.end_ms <= marked.at.end_ms;
    let is_theirs = match marked.channel {
        Some(channel) => word.channel == channel,
        None => marked.party.is_none_or(|party| word.party == party),
    };
    is_there && is_theirs
}

/// Which of `marked` have words in the talk, by their places.
pub(super) fn with_words(conversation: &Conversation, marked: &[Marked]) -> Vec<bool> {
    let has_words = |one: &Marked| conversation.words.iter().any(|word| is_marked(word, one));
    marked.iter().map(has_words).collect()
}

impl Talk {
    /// `plays` says whether each turn can be played.
    pub fn of(
        conversation: &Conversation,
        metrics: &Metrics,
        marked: &[Marked],
        sound: &Sound,
    ) -> Self {
        let spoken = Spoken {
            conversation,
            marked,
            sound,
            ends: marked
                .iter()
                .map(|one| last_word(conversation, one))
                .collect(),
        };
        let mut notes = notes(conversation, metrics);
        let waits = waits(metrics);
        let mut items: Vec<(i64, bool, Item)> = Vec::new();
        let mut begun = vec![false; marked.len()];
        let mut ids = std::collections::BTreeSet::new();
        for (at, turn) in conversation.turns.iter().enumerate() {
            let mut view = spoken.turn(turn, &mut begun);
            view.notes = notes.remove(&at).unwrap_or_default();
            view.id = Some(turn_id(turn)).filter(|id| ids.insert(id.clone()));
            items.push((turn.span.start_ms, true, Item::Turn(view)));
        }
        for wait in &waits {
            let start_ms = wait.event.span.start_ms;
            items.push((start_ms, false, Item::Wait(wait_view(wait, sound))));
        }
        items.sort_by_key(|(start_ms, is_turn, _)| (*start_ms, *is_turn));
        let items: Vec<Item> = items.into_iter().map(|(.., item)| item).collect();
        let turns = || {
            items.iter().filter_map(|item| match item {
                Item::Turn(turn) => Some(turn),
                Item::Wait(_) => None,
            })
        };
        let stretches = || turns().flat_map(|turn| &turn.stretches);
        let holds = |kind: &str| stretches().any(|s| s.words.iter().any(|w| w.kind == kind));
        let marks = |kind: &str| stretches().any(|stretch| stretch.mark == Some(kind));
        Self {
            has_unsure: holds("unsure"),
            has_untrusted: holds("untrusted"),
            has_masked: holds("masked"),
            has_found: marks("found"),
            has_near: marks("near"),
            has_doubt: marks("doubt"),
            has_back_channels: turns().any(|turn| turn.aside),
            remarks: remarks(conversation),
            items,
        }
    }
}

fn remarks(conversation: &Conversation) -> Vec<&'static str> {
    let mut remarks = Vec::new();
    if conversation.mono {
        remarks
            .push("Both speak in one channel of this recording, so nothing tells who said what.");
    }
    if !conversation.speech_times {
        remarks.push(
            "The times of single words are estimates, and nothing tells how long somebody spoke.",
        );
    } else if !conversation.word_times {
        remarks.push("The times of single words are estimates.");
    }
    if conversation.cut_start {
        remarks.push("Somebody is already speaking where the recording begins.");
    }
    if conversation.truncated {
        remarks.push("The recording ends before its file says so: the rest is missing.");
    } else if conversation.cut_end {
        remarks.push("Somebody is still speaking where the recording ends.");
    }
    if conversation.turns.is_empty() {
        remarks.push("No words were heard in this recording.");
    }
    remarks
}

fn wait_view(wait: &Wait<'_>, sound: &Sound) -> WaitView {
    let span = wait.event.span;
    let length = seconds(span.len_ms());
    let words = match wait.event.note() {
        Some(note) => format!("{} of {length}: {note}", wait.name()),
        None => format!("{} of {length}", wait.name()),
    };
    WaitView {
        id: wait.id(),
        clock: clock(span.start_ms),
        what: wait.what,
        words,
        play: sound.play(span.start_ms),
    }
}

/// The last word of a mark.
fn last_word(conversation: &Conversation, marked: &Marked) -> Option<usize> {
    let words = conversation.words.iter();
    words
        .rev()
        .position(|word| is_marked(word, marked))
        .map(|from_end| conversation.words.len() - 1 - from_end)
}

/// Of turns by their places: who cuts in, with the first turn of theirs, and where both speak, with
/// the turn that begins last.
fn notes(conversation: &Conversation, metrics: &Metrics) -> BTreeMap<usize, Vec<String>> {
    let turns = conversation.turns.iter();
    let mut notes: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for event in &metrics.events {
        let meets = |turn: &Turn| turn.span.overlap_ms(event.span) > 0;
        let (at, note) = match event.kind {
            EventKind::Interruption => {
                let is_theirs = |turn: &Turn| event.party == Some(turn.party);
                let at = turns.clone().position(|t| is_theirs(t) && meets(t));
                (at, "cuts in".to_string())
            }
            EventKind::Overlap => {
                let length = seconds(event.span.len_ms());
                let at = turns.clone().rposition(meets);
                (at, format!("both speak for {length}"))
            }
            _ => continue,
        };
        if let Some(at) = at {
            notes.entry(at).or_default().push(note);
        }
    }
    notes.values_mut().for_each(Vec::dedup);
    notes
}

struct Spoken<'a> {
    conversation: &'a Conversation,
    marked: &'a [Marked],
    sound: &'a Sound,
    /// The last word of each mark.
    ends: Vec<Option<usize>>,
}

impl Spoken<'_> {
    fn turn(&self, turn: &Turn, begun: &mut [bool]) -> TurnView {
        TurnView {
            id: None,
            clock: clock(turn.span.start_ms),
            party: turn.party.as_str(),
            who: who(turn.party),
            aside: turn.back_channel,
            notes: Vec::new(),
            play: self.sound.play(turn.span.start_ms),
            stretches: self.stretches(turn, begun),
        }
    }

    fn stretches(&self, turn: &Turn, begun: &mut [bool]) -> Vec<Stretch> {
        let mut stretches: Vec<(Vec<usize>, Stretch)> = Vec::new();
        for &at in &turn.words {
            let word = &self.conversation.words[at];
            let marks: Vec<usize> = (0..self.marked.len())
                .filter(|&mark| is_marked(word, &self.marked[mark]))
                .collect();
            if stretches.last().is_none_or(|(last, _)| *last != marks) {
                let mut stretch = Stretch {
                    ids: Vec::new(),
                    mark: marks
                        .iter()
                        .map(|&mark| self.marked[mark].kind)
                        .min_by_key(|kind| {
                            ["found", "near", "doubt"].iter().position(|k| k == kind)
                        }),
                    words: Vec::new(),
                    refs: Vec::new(),
                };
                for &mark in &marks {
                    if !std::mem::replace(&mut begun[mark], true) {
                        stretch.ids.push(self.marked[mark].id.clone());
                    }
                }
                stretches.push((marks.clone(), stretch));
            }
            let Some((_, stretch)) = stretches.last_mut() else {
                continue;
            };
            add(&mut stretch.words, word);
            for &mark in &marks {
                let marked = &self.marked[mark];
                let is_new = !stretch.refs.iter().any(|r| r.number == marked.number);
                if self.ends[mark] == Some(at) && is_new {
                    stretch.refs.push(Ref {
                        number: marked.number,
                        href: marked.href.clone(),
                        label: marked.label.clone(),
                    });
                }
            }
        }
        stretches.into_iter().map(|(_, stretch)| stretch).collect()
    }
}

/// Adds a word, to the piece before it where it is of the same kind.
fn add(pieces: &mut Vec<Piece>, word: &SpokenWord) {
    let kind = match word {
        SpokenWord {
            redacted: Some(_), ..
        } => "masked",
        SpokenWord { trusted: false, .. } => "untrusted",
        SpokenWord {
            prob: Some(prob), ..
        } if *prob < FRAGILE_PROB => "unsure",
        _ => "said",
    };
    let text = match &word.redacted {
        Some(redacted) => masked(redacted.kind).to_string(),
        None => word.text.trim().to_string(),
    };
    match pieces.last_mut() {
        Some(last) if last.kind == kind && kind != "masked" => {
            last.text.push(' ');
            last.text.push_str(&text);
        }
        _ => pieces.push(Piece { text, kind }),
    }
}

/// The kind of what is masked, in words.
pub(super) fn masked(kind: RedactedKind) -> &'static str {
    kind.placeholder().trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::metrics;
    use crate::conversation::staged::staged;

    fn mark(at: (i64, i64), channel: usize, number: usize, kind: &'static str) -> Marked {
        Marked {
            id: format!("e-{number}"),
            channel: Some(channel),
            party: None,
            at: Span::new(at.0, at.1),
            number,
            href: format!("#q-{number}"),
            kind,
            is_telling: true,
            label: String::new(),
        }
    }

    fn talk(conversation: &Conversation, marked: &[Marked]) -> Talk {
        let metrics = metrics::measure(conversation);
        Talk::of(conversation, &metrics, marked, &Sound::default())
    }

    /// Party and text of each turn, and the words of each wait, in their order.
    fn lines(talk: &Talk) -> Vec<String> {
        let line = |item: &Item| match item {
            Item::Turn(turn) => {
                let stretches = turn.stretches.iter().flat_map(|s| &s.words);
                let text: Vec<&str> = stretches.map(|w| w.text.as_str()).collect();
                let aside = if turn.aside { " aside" } else { "" };
                format!("{} {}{aside}: {}", turn.clock, turn.who, text.join(" "))
            }
            Item::Wait(wait) => format!("{} {}", wait.clock, wait.words),
        };
        talk.items.iter().map(line).collect()
    }

    #[test]
    fn turns_and_waits_stand_in_order_of_time() {
        let c = staged(60_000)
            .agent(1_000, 6_000, "Let me look that up for you now please.")
            .customer(3_000, 3_400, "Okay.")
            .agent(14_000, 16_000, "Here it is.")
            .conversation();
        let talk = talk(&c, &[]);
        let lines = lines(&talk);
        assert_eq!(
            lines[0],
            "0:01 Agent: Let me look that up for you now please."
        );
        assert_eq!(lines[1], "0:03 Customer aside: Okay.");
        assert!(lines[2].starts_with("0:06 "), "{lines:?}");
        assert!(lines[2].contains(" of 8 s"), "{lines:?}");
        assert_eq!(lines[3], "0:14 Agent: Here it is.");
        assert!(talk.has_back_channels);
        assert_eq!(talk.items.len(), 5, "{lines:?}");
    }

    #[test]
    fn where_both_speak_is_told_once() {
        let c = staged(60_000)
            .agent(1_000, 6_000, "Let me look that up for you now please.")
            .customer(
                4_000,
                12_000,
                "No wait I need to tell you something else first.",
            )
            .agent(
                10_000,
                15_000,
                "I can see your account right here in front of me.",
            )
            .conversation();
        let talk = talk(&c, &[]);
        let notes = talk.items.iter().filter_map(|item| match item {
            Item::Turn(turn) => Some(turn.notes.join(", ")),
            Item::Wait(_) => None,
        });
        assert_eq!(
            notes.collect::<Vec<_>>(),
            [
                "",
                "both speak for 2 s, cuts in",
                "both speak for 2 s, cuts in"
            ]
        );
    }

    #[test]
    fn marks_meet_and_part_and_lead_to_their_answers() {
        // Five words of a second each.
        let c = staged(10_000)
            .agent(0, 5_000, "one two three four five")
            .conversation();
        let at = |n: usize| {
            let word = &c.words[n];
            (word.start_ms, word.end_ms)
        };
        let marks = [
            mark((at(0).0, at(2).1), 0, 1, "found"),
            mark((at(1).0, at(3).1), 0, 2, "near"),
            mark(at(4), 1, 3, "found"),
        ];
        let talk = talk(&c, &marks);
        let Item::Turn(turn) = &talk.items[0] else {
            panic!("{talk:?}")
        };
        let seen = turn.stretches.iter().map(|s| {
            let ids: Vec<&str> = s.ids.iter().map(String::as_str).collect();
            let refs: Vec<usize> = s.refs.iter().map(|r| r.number).collect();
            (s.words[0].text.as_str(), s.mark, ids, refs)
        });
        assert_eq!(
            seen.collect::<Vec<_>>(),
            [
                ("one", Some("found"), vec!["e-1"], vec![]),
                ("two three", Some("found"), vec!["e-2"], vec![1]),
                ("four", Some("near"), vec![], vec![2]),
                // On the other channel there are no such words.
                ("five", None, vec![], vec![]),
            ]
        );
        assert_eq!(with_words(&c, &marks), [true, true, false]);
    }

    #[test]
    fn a_moment_leads_to_its_turn() {
        let c = staged(60_000)
            .agent(1_000, 4_000, "Good morning to you.")
            .customer(10_000, 12_000, "Hello there.")
            .conversation();
        let first = format!("t-{}", c.turns[0].span.start_ms);
        let second = format!("t-{}", c.turns[1].span.start_ms);
        assert_eq!(anchor(&c, 0).as_ref(), Some(&first));
        assert_eq!(anchor(&c, 7_000).as_ref(), Some(&first));
        assert_eq!(anchor(&c, 10_500).as_ref(), Some(&second));
        assert_eq!(anchor(&c, 50_000).as_ref(), Some(&second));
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        let said: Vec<String> = [0, 940, 1_000, 3_049, 9_960, 12_900, 60_000, 83_500]
            .map(seconds)
            .to_vec();
        assert_eq!(
            said,
            [
                "0 s",
                "0.9 s",
                "1 s",
                "3 s",
                "10 s",
                "12 s",
                "1 min 0 s",
                "1 min 23 s"
            ]
        );
    }
}
