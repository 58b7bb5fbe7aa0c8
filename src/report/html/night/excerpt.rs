//! Where to listen and what is said there: the stretch of a call that a reason is about, and its
//! words.
//!
//! Listening starts [`EARLY_MS`] before the moment, because nobody understands a sentence that
//! has begun already. Left out on purpose: playing it, which the call's page does.

use serde::Serialize;

use super::rows::unheard;
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
    /// What came nearest to what was searched.
    pub near: Option<(i64, i64)>,
    /// The channel of these words; `None` for those of all.
    pub channel: Option<i64>,
}

impl Moment {
    pub fn said(said: (i64, i64)) -> Self {
        Self {
            start_ms: said.0,
            end_ms: said.1,
            said: Some(said),
            near: None,
            channel: None,
        }
    }
}

impl Excerpt {
    /// Whether a piece of this kind is shown.
    pub fn has(&self, kind: &str) -> bool {
        let mut pieces = self.turns.iter().flat_map(|turn| &turn.pieces);
        pieces.any(|piece| piece.kind == kind)
    }
}

impl Stretch {
    /// From five seconds before `moment` to its end, half a minute at the least: near the end of a
    /// call, from earlier on.
    pub fn around(moment: Moment, recorded_ms: i64) -> Self {
        let early = (moment.start_ms - EARLY_MS).min(recorded_ms - LEAST_MS);
        // Whole seconds, as they are told.
        let from_ms = early.max(0) / 1000 * 1000;
        let to_ms = moment.end_ms.max(from_ms + LEAST_MS).min(recorded_ms);
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

/// The moment that an automatic answer rests on: what its reason is about where it could not be
/// told, what was said, or else the stretch that was searched, if it is short, with what came
/// nearest in it; `None` where it is about the whole call.
pub(super) fn moment_of(
    detail: &CallDetail,
    rubric: &str,
    version: &str,
    question: &str,
) -> Option<Moment> {
    let answer = detail.answers.iter().find(|answer| {
        &*answer.rubric == rubric
            && &*answer.rubric_version == version
            && &*answer.question == question
            && &*answer.scorer == "automatic"
    });
    let is = |said: &str| answer.is_some_and(|answer| &*answer.answer == said);
    let reason = answer
        .filter(|_| is("abstain"))
        .and_then(|answer| answer.reason.as_deref());
    let rows = detail.evidence.iter().filter(|row| {
        &*row.rubric == rubric && &*row.rubric_version == version && &*row.question == question
    });
    let span = |start: Option<i64>, end: Option<i64>| Some((start?, end.or(start)?));
    let mut nearest: Vec<(i64, (i64, i64), Option<i64>)> = Vec::new();
    let moments = rows.filter_map(|row| {
        let at = span(row.start_ms, row.end_ms);
        let note = row.note.as_deref();
        let is_near = &*row.kind == "nearest_miss";
        let is_reason = match is_near {
            true => reason.is_some_and(|r| row.quote.as_deref().is_some_and(|q| quotes(r, q))),
            false => &*row.kind == "doubt" && reason.is_some() && note == reason,
        };
        // One piece of what was hardly heard says nothing about the rest.
        let is_all = note
            .and_then(unheard)
            .is_some_and(|(missed, of)| missed * 2.0 > of);
        let said = at.filter(|_| !is_near && !is_all);
        let rank = match &*row.kind {
            "doubt" | "nearest_miss" if is_reason => 0,
            "doubt" if at.is_some() => 1,
            "found" => 2,
            "metric" => 3,
            "doubt" | "absent" => 4,
            "nearest_miss" => 5,
            _ => return None,
        };
        nearest.extend(at.filter(|_| is_near).map(|at| (row.item, at, row.channel)));
        let searched = span(row.window_start_ms, row.window_end_ms)
            .filter(|(start, end)| end - start <= LONGEST_SEARCHED_MS);
        let place = match rank {
            2 | 3 => Some(said?),
            _ if is_near => Some(at?),
            // The call as a whole, where the reason is about a long stretch of it.
            0 => said.or(searched),
            _ => Some(said.or(searched)?),
        };
        let moment = place.map(|(start_ms, end_ms)| Moment {
            start_ms,
            end_ms,
            said,
            near: at.filter(|_| is_near),
            channel: row.channel,
        });
        // Of two things near each other the second is what is asked for of the first; and what a
        // *yes* had to come before, or applies by, is not what was done well.
        let is_aside =
            row.rule.ends_with(".near.one") || is("yes") && (!row.decides() || row.is_anchor());
        Some(((rank, is_aside, row.item), moment))
    });
    let (_, moment) = moments.min_by_key(|(order, _)| *order)?;
    let mut moment = moment?;
    if moment.said.is_none() && moment.near.is_none() {
        nearest.sort_unstable();
        let within = nearest
            .into_iter()
            .find(|(_, at, _)| moment.start_ms <= at.0 && at.1 <= moment.end_ms);
        if let Some((_, at, channel)) = within {
            (moment.near, moment.channel) = (Some(at), channel);
        }
    }
    Some(moment)
}

/// Whether a reason names these words as what may have been said.
fn quotes(reason: &str, words: &str) -> bool {
    let named = reason
        .strip_prefix('"')
        .and_then(|rest| rest.split_once("\" may be the words"));
    named.is_some_and(|(named, _)| named == words)
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
    /// `said`, `moment` (what the reason is about), `near` (what came nearest to it), `unsure` or
    /// `masked`.
    pub kind: &'static str,
    pub text: String,
}

/// What is said in a stretch, from where it is shown.
pub(super) fn excerpt(conversation: &Conversation, stretch: &Stretch) -> Excerpt {
    words_between(
        conversation,
        (stretch.shown_from(), stretch.to_ms),
        stretch.moment,
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
        add(
            &mut pieces,
            kind_of(word, Some(Moment::said(moment))),
            text_of(word),
        );
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

fn kind_of(word: &SpokenWord, moment: Option<Moment>) -> &'static str {
    let channel = moment.and_then(|moment| moment.channel);
    let is_in = |at: Option<(i64, i64)>| {
        at.is_some_and(|(start, end)| word.start_ms < end && word.end_ms > start)
            && channel.is_none_or(|channel| usize::try_from(channel) == Ok(word.channel))
    };
    match () {
        () if word.redacted.is_some() => "masked",
        () if !word.trusted => "unsure",
        () if is_in(moment.and_then(|moment| moment.said)) => "moment",
        () if is_in(moment.and_then(|moment| moment.near)) => "near",
        () => "said",
    }
}

/// A word; of what is masked its kind alone, without the signs around it.
fn text_of(word: &SpokenWord) -> &str {
    match &word.redacted {
        Some(redacted) => redacted.kind.placeholder().trim_matches(['[', ']']),
        None => &word.text,
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
    moment: Option<Moment>,
    most: usize,
) -> Excerpt {
    let mut left = most;
    let mut found = Excerpt {
        turns: Vec::new(),
        goes_on: false,
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
            add(&mut said.pieces, kind_of(word, moment), text_of(word));
        }
        if !said.pieces.is_empty() {
            found.turns.push(said);
        }
    }
    found
}
