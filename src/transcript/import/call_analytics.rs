//! Amazon Transcribe Call Analytics, and Contact Lens of Amazon Connect.
//!
//! Turns say whose they are by role, or only by an id whose role `Participants` tells. `Items` has
//! the words, punctuation apart; Contact Lens leaves it out, and then no word has a time or a
//! probability. What is masked is `[PII]` or the kind's name; where nobody knows the kind, what was
//! said counts as unheard. Times are in milliseconds. Turns of bots, announcements and supervisors
//! are nobody's of the two.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Trouble;
use super::draft::{Draft, Heard, Part, Voice, at, from_millis, punctuate};
use super::json::{self, List, Number};
use super::masked::{mask, word_of, words_in};
use crate::transcript::Span;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    channel: Option<String>,
    language_code: Option<String>,
    #[serde(default)]
    participants: List<Participant>,
    transcript: List<Turn>,
    conversation_characteristics: Option<Characteristics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Participant {
    participant_id: Option<String>,
    participant_role: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Characteristics {
    total_conversation_duration_millis: Option<Number>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Turn {
    participant_role: Option<String>,
    participant_id: Option<String>,
    #[serde(default)]
    content: String,
    begin_offset_millis: Option<Number>,
    end_offset_millis: Option<Number>,
    #[serde(default)]
    items: List<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(default)]
    content: String,
    confidence: Option<Number>,
    begin_offset_millis: Option<Number>,
    end_offset_millis: Option<Number>,
    #[serde(default)]
    redaction: List<Redaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Redaction {
    #[serde(rename = "Type")]
    kind: Option<String>,
    category: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    if let Some(channel) = &file.channel
        && !channel.eq_ignore_ascii_case("voice")
    {
        return Err(Trouble::NoCall(
            "it is a chat or a message, and not a call".to_string(),
        ));
    }
    let roles: BTreeMap<&str, &str> = file
        .participants
        .0
        .iter()
        .filter_map(|p| {
            p.participant_id
                .as_deref()
                .zip(p.participant_role.as_deref())
        })
        .collect();
    let is_agent = |role: Option<&str>| role.is_some_and(|r| r.eq_ignore_ascii_case("agent"));
    let listed = roles
        .iter()
        .filter(|(_, role)| is_agent(Some(role)))
        .map(|(id, _)| *id);
    let turns = file
        .transcript
        .0
        .iter()
        .filter(|t| is_agent(t.participant_role.as_deref()));
    let agents: BTreeSet<&str> = listed
        .chain(turns.filter_map(|t| t.participant_id.as_deref()))
        .collect();
    let mut parts = Vec::new();
    for (t, turn) in file.transcript.0.iter().enumerate() {
        let id = turn.participant_id.as_deref();
        let role = turn.participant_role.as_deref();
        let role = role
            .or_else(|| id.and_then(|id| roles.get(id).copied()))
            .or(id);
        let mut words = Vec::new();
        for (i, item) in turn.items.0.iter().enumerate() {
            at("turn", t, at("item", i, item.add(&mut words)))?;
        }
        if words.is_empty() {
            words = words_in(&turn.content);
        }
        parts.push(Part {
            voice: match voice_of(role) {
                // Of several, only a person can tell whose call it is.
                Voice::Agent if agents.len() > 1 => {
                    id.map_or(Voice::Unknown, |id| Voice::Label(id.to_string()))
                }
                voice => voice,
            },
            span: at(
                "turn",
                t,
                span(turn.begin_offset_millis, turn.end_offset_millis),
            )?,
            words,
            ..Part::default()
        });
    }
    let whole = file.conversation_characteristics;
    let total = whole.and_then(|whole| whole.total_conversation_duration_millis);
    Ok(Draft {
        engine: "Amazon Transcribe".to_string(),
        language: file.language_code,
        recorded_ms: total.map(|n| from_millis(n.0)).transpose()?,
        lists_all: true,
        parts,
        ..Draft::default()
    })
}

fn span(begin: Option<Number>, end: Option<Number>) -> Result<Option<Span>, String> {
    let (Some(begin), Some(end)) = (begin, end) else {
        return Ok(None);
    };
    let begin = from_millis(begin.0)?;
    Ok(Some(Span::new(begin, from_millis(end.0)?.max(begin))))
}

fn voice_of(role: Option<&str>) -> Voice {
    match role.map(str::to_ascii_uppercase).as_deref() {
        None => Voice::Unknown,
        Some("AGENT") => Voice::Agent,
        Some("CUSTOMER") => Voice::Customer,
        Some("SYSTEM" | "CUSTOM_BOT" | "SUPERVISOR" | "THIRD_PARTY") => Voice::Third,
        // An id without a role.
        Some(_) => Voice::Unknown,
    }
}

impl Item {
    fn add(&self, words: &mut Vec<Heard>) -> Result<(), String> {
        let is_mark = self
            .kind
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("punctuation"));
        if is_mark {
            punctuate(words, &self.content);
            return Ok(());
        }
        let Some(mut word) = word_of(&self.content) else {
            return Ok(());
        };
        word.at = span(self.begin_offset_millis, self.end_offset_millis)?;
        word.prob = self.confidence.map(|n| n.0);
        if let Some(redaction) = self.redaction.0.first() {
            let name = redaction.kind.as_deref().or(redaction.category.as_deref());
            mask(&mut word, name);
        }
        words.push(word);
        Ok(())
    }
}
