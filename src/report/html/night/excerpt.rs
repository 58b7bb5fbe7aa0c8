//! Where to listen and what is said there: the stretch of a call that a reason is about, and its
//! words.
//!
//! Listening starts [`EARLY_MS`] before the moment, because nobody understands a sentence that
//! has begun already. Left out on purpose: playing it, which the call's page does.

use serde::Serialize;

use crate::conversation::{Conversation, Party, SpokenWord, Turn};
use crate::report::html::scope::CallDetail;
use crate::report::html::words::clock;

/// Listening starts so long before the moment.
pub(super) const EARLY_MS: i64 = 5_000;
/// A shorter piece of a call is hardly understood.
pub(super) const LEAST_MS: i64 = 30_000;
/// A searched stretch that is longer is as good as the whole call.
const LONGEST_SEARCHED_MS: i64 = 180_000;
/// Words of an excerpt; the call's page has the rest.
const MOST_WORDS: usize = 60;
/// Words of a quote before and after its moment.
const AROUND: usize = 9;

/// What of a call to listen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub from_ms: i64,
    pub to_ms: i64,
    pub is_whole: bool,
    /// What it is about.
    pub moment: Option<Moment>,
}

/// What a reason is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub start_ms: i64,
    pub end_ms: i64,
    /// The words or the silence in question; `None` where a stretch was searched and nothing of
    /// it was found there.
    pub said: Option<(i64, i64)>,
}

impl Moment {
    pub fn said(said: (i64, i64)) -> Self {
        Self {
            start_ms: said.0,
            end_ms: said.1,
            said: Some(said),
        }
    }
}

impl Stretch {
    /// From five seconds before `moment` to its end, half a minute at the least.
    pub fn around(moment: Moment, recorded_ms: i64) -> Self {
        let from_ms = (moment.start_ms - EARLY_MS).clamp(0, recorded_ms.max(0));
        let to_ms = moment.end_ms.max(from_ms + LEAST_MS).min(recorded_ms);
        // Near the end of a call there may be less left than that.
        let to_ms = to_ms.max(from_ms);
        Self {
            from_ms,
            to_ms,
            is_whole: from_ms == 0 && to_ms >= recorded_ms,
            moment: Some(moment),
        }
    }

    /// The whole call; `moment` is where its words are shown from.
    pub fn whole(moment: Option<Moment>, recorded_ms: i64) -> Self {
        Self {
            from_ms: 0,
            to_ms: recorded_ms.max(0),
            is_whole: true,
            moment,
        }
    }

    pub fn ms(&self) -> i64 {
        self.to_ms - self.from_ms
    }

    /// From where its words are shown.
    pub fn shown_from(&self) -> i64 {
        self.moment
            .map_or(0, |moment| (moment.start_ms - EARLY_MS).max(0))
    }
}

/// The moment that an automatic answer rests on: what could not be told, what was said, or else
/// the stretch that was searched, if it is short, with what came nearest in it; `None` where it is
/// about the whole call.
pub(super) fn moment_of(
    detail: &CallDetail,
    rubric: &str,
    version: &str,
    question: &str,
) -> Option<Moment> {
    let rows = detail.evidence.iter().filter(|row| {
        &*row.rubric == rubric && &*row.rubric_version == version && &*row.question == question
    });
    let span = |start: Option<i64>, end: Option<i64>| Some((start?, end.or(start)?));
    let mut nearest: Vec<(i64, (i64, i64))> = Vec::new();
    let moments = rows.filter_map(|row| {
        let said = span(row.start_ms, row.end_ms);
        let searched = span(row.window_start_ms, row.window_end_ms)
            .filter(|(start, end)| end - start <= LONGEST_SEARCHED_MS);
        let (rank, at) = match &*row.kind {
            "doubt" if said.is_some() => (0, said?),
            "found" => (1, said?),
            "metric" => (2, said?),
            "doubt" | "absent" => (3, said.or(searched)?),
            "nearest_miss" => {
                nearest.push((row.item, said?));
                (4, said?)
            }
            _ => return None,
        };
        let moment = Moment {
            start_ms: at.0,
            end_ms: at.1,
            said,
        };
        Some(((rank, row.item), moment))
    });
    let (_, mut moment) = moments.min_by_key(|(order, _)| *order)?;
    if moment.said.is_none() {
        let within = |at: &(i64, i64)| moment.start_ms <= at.0 && at.1 <= moment.end_ms;
        nearest.sort_unstable();
        moment.said = nearest.into_iter().map(|(_, at)| at).find(within);
    }
    Some(moment)
}

/// The turn in which a moment lies, or the last that began before it, or the first.
pub(super) fn turn_at(conversation: &Conversation, ms: i64) -> Option<&Turn> {
    let turns = &conversation.turns;
    let holds = |turn: &&Turn| (turn.span.start_ms..turn.span.end_ms).contains(&ms);
    turns
        .iter()
        .find(|turn| !turn.back_channel && holds(turn))
        .or_else(|| turns.iter().rev().find(|turn| turn.span.start_ms <= ms))
        .or_else(|| turns.first())
}

/// Where a moment stands on the call's page: the part of a link after its path.
pub fn anchor(conversation: &Conversation, ms: i64) -> String {
    turn_at(conversation, ms).map_or_else(String::new, |turn| format!("#t-{}", turn.span.start_ms))
}

/// Words of a stretch, speaker by speaker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Excerpt {
    pub turns: Vec<Said>,
    /// More is said there than is shown.
    pub goes_on: bool,
    /// Some of what is shown was hardly heard.
    pub has_doubt: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Said {
    /// `Agent`, `Customer` or `Speaker`.
    pub who: &'static str,
    pub class: &'static str,
    pub at: String,
    /// The turn began before the excerpt.
    pub is_cut: bool,
    /// The turn goes on after it, or ends in the middle of a sentence.
    pub goes_on: bool,
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Piece {
    /// `said`, `moment` (what the reason is about), `unsure` or `masked`.
    pub kind: &'static str,
    pub text: String,
}

/// What is said in a stretch, from where it is shown.
pub(super) fn excerpt(conversation: &Conversation, stretch: &Stretch) -> Excerpt {
    words_between(
        conversation,
        (stretch.shown_from(), stretch.to_ms),
        stretch.moment.and_then(|moment| moment.said),
        MOST_WORDS,
    )
}

/// What is said at a moment, with some words around it.
pub(super) fn quote(conversation: &Conversation, moment: (i64, i64)) -> Vec<Piece> {
    let Some(turn) = turn_at(conversation, moment.0) else {
        return Vec::new();
    };
    let words: Vec<_> = turn
        .words
        .iter()
        .map(|&at| &conversation.words[at])
        .collect();
    let first = words.iter().position(|word| word.end_ms > moment.0);
    let from = first.unwrap_or(0).saturating_sub(AROUND);
    let last = words.iter().rposition(|word| word.start_ms < moment.1);
    let to = (last.unwrap_or(0) + 1 + AROUND).min(words.len());
    let mut pieces = Vec::new();
    if from > 0 {
        add(&mut pieces, "said", "…");
    }
    for word in words.get(from..to.max(from)).unwrap_or_default() {
        add(&mut pieces, kind_of(word, Some(moment)), &word.text);
    }
    if to < words.len() || is_broken_off(conversation, turn) {
        add(&mut pieces, "said", "…");
    }
    pieces
}

/// Whether the words end in the middle of a sentence.
pub(super) fn is_open_end(text: &str) -> bool {
    let text = text.trim_end_matches(['"', '”', '’', ')']);
    !text.ends_with(['.', '?', '!', '…'])
}

/// Whether a turn ends in the middle of a sentence, where the speech model tells sentences apart.
fn is_broken_off(conversation: &Conversation, turn: &Turn) -> bool {
    let last = turn.words.last().map(|&at| &conversation.words[at]);
    last.is_some_and(|word| is_open_end(&word.text))
        && conversation.words.iter().any(|w| !is_open_end(&w.text))
}

fn kind_of(word: &SpokenWord, moment: Option<(i64, i64)>) -> &'static str {
    let is_meant = moment.is_some_and(|(start, end)| word.start_ms < end && word.end_ms > start);
    match () {
        () if word.redacted.is_some() => "masked",
        () if !word.trusted => "unsure",
        () if is_meant => "moment",
        () => "said",
    }
}

/// Words of a kind become one piece; what is masked stays apart.
fn add(pieces: &mut Vec<Piece>, kind: &'static str, text: &str) {
    match pieces.last_mut() {
        Some(piece) if piece.kind == kind && kind != "masked" => {
            piece.text.push(' ');
            piece.text.push_str(text);
        }
        _ => pieces.push(Piece {
            kind,
            text: text.to_string(),
        }),
    }
}

fn words_between(
    conversation: &Conversation,
    (from, to): (i64, i64),
    moment: Option<(i64, i64)>,
    most: usize,
) -> Excerpt {
    let mut left = most;
    let mut found = Excerpt {
        turns: Vec::new(),
        goes_on: false,
        has_doubt: false,
    };
    for turn in &conversation.turns {
        let words = turn.words.iter().map(|&at| &conversation.words[at]);
        let mut said = Said {
            who: match turn.party {
                Party::Agent => "Agent",
                Party::Customer => "Customer",
                Party::Unknown => "Speaker",
            },
            class: turn.party.as_str(),
            at: String::new(),
            is_cut: false,
            goes_on: is_broken_off(conversation, turn),
            pieces: Vec::new(),
        };
        for word in words {
            if word.end_ms <= from {
                said.is_cut = true;
                continue;
            }
            if word.start_ms > to || left == 0 {
                found.goes_on = true;
                said.goes_on = true;
                break;
            }
            left -= 1;
            if said.at.is_empty() {
                said.at = clock(word.start_ms);
            }
            let kind = kind_of(word, moment);
            found.has_doubt |= kind == "unsure";
            add(&mut said.pieces, kind, &word.text);
        }
        if !said.pieces.is_empty() {
            found.turns.push(said);
        }
    }
    found
}
