//! Contacts that nobody recorded: what customers wrote, and calls about a debt that nobody
//! answered.

use callibrate::recording::Direction;

use super::chance::Chance;
use super::{Call, DAY_MS, centre};

/// One contact that is not a call of the programme.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    pub at_ms: i64,
    /// `written` or `attempt`.
    pub channel: &'static str,
    pub direction: Direction,
}

const HOUR_MS: i64 = 3_600_000;

/// What came before this call and led up to it, oldest first.
pub fn before(call: &Call) -> Vec<Contact> {
    let mut contacts = Vec::new();
    if call.meta.reason.as_deref() == Some(centre::DEBT) {
        contacts.extend(own_attempts(call).into_iter().map(|at_ms| Contact {
            at_ms,
            channel: "attempt",
            direction: Direction::Outbound,
        }));
    }
    if let Some(mark) = call.script.marks.iter().find(|m| m.what == "written.twice") {
        let mut chance = Chance::new(call.seed, "written", call.number as u64);
        let words = &call.script.turns[mark.turn].words;
        let says = |word: &str| words.iter().any(|w| w.starts_with(word));
        let letters = if says("three") || says("third") { 3 } else { 2 };
        contacts.extend((0..letters).map(|_| Contact {
            at_ms: call.at_ms - chance.between(26 * HOUR_MS, 12 * DAY_MS),
            channel: "written",
            direction: Direction::Inbound,
        }));
    }
    contacts.sort_by_key(|c| c.at_ms);
    contacts
}

/// When the dialler tried before a call: by day, in the seven days before it, and after the last
/// talk about the debt.
fn attempts(seed: u64, number: usize, talked_ms: Option<i64>, at_ms: i64) -> Vec<i64> {
    let from = talked_ms
        .map_or(7 * DAY_MS, |talked| at_ms - talked)
        .min(7 * DAY_MS)
        - HOUR_MS;
    if from < 2 * DAY_MS {
        return Vec::new();
    }
    let mut chance = Chance::new(seed, "dialler", number as u64);
    let tries = match chance.below(100) {
        0..65 => chance.between(0, 4),
        65..88 => chance.between(4, 7),
        _ => chance.between(7, 10),
    };
    let mut attempts = Vec::new();
    while attempts.len() < tries as usize {
        let at = at_ms - chance.between(2 * HOUR_MS, from);
        if (8 * HOUR_MS..20 * HOUR_MS).contains(&at.rem_euclid(DAY_MS)) {
            attempts.push(at / 1000 * 1000);
        }
    }
    attempts
}

fn own_attempts(call: &Call) -> Vec<i64> {
    let talked = debts_before(call).last().map(|(_, at_ms)| at_ms);
    attempts(call.seed, call.number, talked, call.at_ms)
}

/// Number and time of earlier calls about the debt, oldest first.
fn debts_before(call: &Call) -> impl Iterator<Item = (usize, i64)> {
    let debts = call.earlier.iter().filter(|e| e.reason == centre::DEBT);
    debts.map(|e| (e.number, e.at_ms))
}

/// Calls to this person about the debt that nobody answered, in the seven days before the call.
pub fn attempts_in_seven_days(call: &Call) -> usize {
    let mut all = own_attempts(call);
    let mut talked = None;
    for (number, at_ms) in debts_before(call) {
        all.extend(attempts(call.seed, number, talked, at_ms));
        talked = Some(at_ms);
    }
    all.retain(|at| call.at_ms - at <= 7 * DAY_MS);
    all.len()
}
