//! What the detectors say of the sample calls, checked by reading `samples/dialogues.json`.

use super::Conversation;
use super::metrics::measure;
use super::promises::{claims_broken, promises};
use crate::transcript::Transcript;

/// Every sample call with its conversation, in order of the names.
pub(super) fn sample_calls() -> Vec<(String, Conversation)> {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");
    let table = std::fs::read_to_string(format!("{samples}/calls.csv")).unwrap();
    let mut calls: Vec<(String, Conversation)> = table
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let path = format!("{samples}/reference/{}.json", fields[0]);
            let text = std::fs::read_to_string(path).unwrap();
            let transcript: Transcript = serde_json::from_str(&text).unwrap();
            let agent = match fields[7] {
                "left" => Some(0),
                "right" => Some(1),
                _ => None,
            };
            let conversation = Conversation::new(&transcript, agent).unwrap();
            (fields[0].to_string(), conversation)
        })
        .collect();
    calls.sort_by(|a, b| a.0.cmp(&b.0));
    calls
}

/// What was found in a call, in a line for each kind of finding that there is.
fn found(name: &str, c: &Conversation) -> String {
    let m = measure(c);
    let pair = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => format!("{a} {b}"),
        _ => "not known".to_string(),
    };
    let mut lines = vec![format!(
        "{name}: questions, unanswered {}; silences broken by agent, customer {}; holds thanked, \
         unthanked {}; no progress {}",
        pair(m.questions_customer, m.questions_unanswered),
        pair(m.silences_broken_by_agent, m.silences_broken_by_customer),
        pair(m.hold_thanked_count, m.hold_unthanked_count),
        m.exchanges_without_progress
            .map_or("not known".to_string(), |n| n.to_string()),
    )];
    for p in promises(c) {
        let hedged = if p.hedged { " hedged" } else { "" };
        let due = p
            .due
            .map_or(String::new(), |due| format!(" [{}]", due.text));
        let (party, kind) = (p.party.as_str(), p.kind.as_str());
        lines.push(format!("  {party} {kind}{hedged}{due}: {}", p.quote));
    }
    let claims = claims_broken(c).into_iter();
    lines.extend(claims.map(|(_, quote)| format!("  broken: {quote}")));
    lines.join("\n")
}

/// `UPDATE=1` writes it anew; then read it beside the dialogues.
#[test]
fn what_is_found_in_the_sample_calls() {
    let found: String = sample_calls()
        .iter()
        .map(|(name, c)| found(name, c) + "\n")
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sample-talk.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(path).unwrap());
}
