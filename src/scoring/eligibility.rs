//! Which calls a form is for at all. A call outside of it is *not eligible*, with the reason; it
//! is never answered with *No*.

use std::sync::LazyLock;

use super::heard::HeardCall;
use crate::conversation::Party;
use crate::phrase::Phrase;
use crate::rubric::{AppliesTo, By, Rubric};
use crate::transcript::Span;

/// A voicemail says so at its beginning.
const VOICEMAIL_WITHIN_MS: i64 = 45_000;
/// A call in which the customer speaks more than this was a conversation, whatever was said.
const CONVERSATION_MS: i64 = 20_000;

/// The agent may begin this much before a machine has finished its greeting.
const OVERLAP_MS: i64 = 500;

static VOICEMAIL: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    parsed(&[
        "leave (a|your) message",
        "leave me a message",
        "leave your name and number",
        "(after|at) the (beep|tone)",
        "you have reached the voicemail",
        "is not available right now",
    ])
});

static WRONG_NUMBER: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    parsed(&[
        "(have|got|dialed) the wrong number",
        "this is the wrong number",
        "wrong number",
    ])
});

/// What a scorer has to look for beside the phrases of its rubrics.
pub(super) fn phrases() -> impl Iterator<Item = &'static Phrase> {
    VOICEMAIL.iter().chain(WRONG_NUMBER.iter())
}

fn parsed(texts: &[&str]) -> Vec<Phrase> {
    texts
        .iter()
        .map(|text| Phrase::parse(text).expect("the phrases above can be parsed"))
        .collect()
}

/// Why the form does not apply, if it does not.
pub(super) fn not_eligible(rubric: &Rubric, call: &HeardCall<'_>) -> Option<String> {
    other_version(rubric, call)
        .or_else(|| outside(&rubric.applies_to, call))
        .or_else(|| no_conversation(call))
}

fn other_version(rubric: &Rubric, call: &HeardCall<'_>) -> Option<String> {
    // All are written as YYYY-MM-DD, which sorts by time.
    let day = &call.meta.started_at.local_date;
    match (&rubric.valid_from, &rubric.valid_until) {
        (Some(from), _) if day < from => Some(format!("the rubric is valid from {from} only")),
        (_, Some(until)) if day >= until => Some(format!(
            "a later version of the rubric is valid from {until} on"
        )),
        _ => None,
    }
}

fn outside(applies_to: &AppliesTo, call: &HeardCall<'_>) -> Option<String> {
    let meta = call.meta;
    if !applies_to.directions.is_empty() {
        match meta.direction {
            Some(direction) if applies_to.directions.contains(&direction) => {}
            Some(direction) => return Some(format!("direction is {}", direction.as_str())),
            None => return Some("direction is not known".to_string()),
        }
    }
    let listed = |what: &str, wanted: &[String], value: Option<&str>| {
        if wanted.is_empty() || value.is_some_and(|v| wanted.iter().any(|w| w == v)) {
            return None;
        }
        Some(match value {
            Some(value) => format!("{what} is {value}"),
            None => format!("{what} is not known"),
        })
    };
    if let Some(reason) = listed("queue", &applies_to.queues, meta.queue.as_deref()) {
        return Some(reason);
    }
    if let Some(reason) = listed(
        "language",
        &applies_to.languages,
        Some(&call.conversation.language),
    ) {
        return Some(reason);
    }
    let shortest_ms = applies_to.shortest.map_or(0, |m| m.0);
    (call.conversation.recorded_ms < shortest_ms).then(|| {
        format!(
            "the recording is {:.1} s long, the rubric asks for {:.0} s",
            call.conversation.recorded_ms as f64 / 1000.0,
            shortest_ms as f64 / 1000.0
        )
    })
}

/// The customer's side says nothing after the agent has begun: a machine's greeting, and then a
/// message. Needs no words, so it holds in any language. Unknown on mono.
fn never_answers(call: &HeardCall<'_>) -> bool {
    let agent = call.conversation.speech_of(Party::Agent);
    let customer = call.conversation.speech_of(Party::Customer);
    match (agent.first(), customer.last()) {
        (Some(first), Some(last)) => last.end_ms <= first.start_ms + OVERLAP_MS,
        _ => false,
    }
}

fn no_conversation(call: &HeardCall<'_>) -> Option<String> {
    let speech_ms = |party| -> i64 {
        let spans = call.conversation.speech_of(party);
        spans.iter().map(|s| s.len_ms()).sum()
    };
    let customer_ms = speech_ms(Party::Customer) + speech_ms(Party::Unknown);
    if customer_ms == 0 {
        return Some("the customer does not speak".to_string());
    }
    if never_answers(call) {
        return Some("nobody answers the agent (voicemail, or hung up)".to_string());
    }
    let beginning = Span::new(0, VOICEMAIL_WITHIN_MS);
    if customer_ms < CONVERSATION_MS
        && !call.find(&VOICEMAIL, By::Customer, &[beginning]).is_empty()
    {
        return Some("voicemail".to_string());
    }
    let wrong = call.find(&WRONG_NUMBER, By::Customer, &[call.whole()]);
    if customer_ms < CONVERSATION_MS && !wrong.is_empty() {
        return Some("wrong number".to_string());
    }
    None
}
