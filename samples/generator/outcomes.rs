//! What became of a call in the eyes of the customer, and who was coached on what: made, with a
//! planted relation to how the call went.
//!
//! The planted relation is to the truth about the call, not to what callibrate answers. A question
//! that nothing is planted for (`gave-name` above all) does nothing.

use super::chance::Chance;
use super::raters::{Rateable, logistic, passes};
use super::{DAY_MS, centre};

/// What was observed of one call; none where nobody knows.
pub struct Outcome {
    /// 1 (worst) to 5, where the customer answered the survey.
    pub satisfaction: Option<i64>,
    pub resolved: Option<bool>,
    pub complaint: bool,
    /// Only of calls in which something is for sale.
    pub sale: Option<bool>,
    pub left: bool,
    pub observed_ms: i64,
}

/// What became of a call about that reason.
pub fn outcome(call: &Rateable, reason: &str) -> Outcome {
    let mut chance = Chance::new(call.seed, "outcome", call.number);
    // Half up where the answer earns all points, half down where it does not.
    let half = |question: &str| {
        let answer = call.answers.iter().find(|a| a.question == question);
        match answer.and_then(|a| passes(&a.answer)) {
            Some(true) => 0.5,
            Some(false) => -0.5,
            None => 0.0,
        }
    };
    let (step, empathy, no_dead_end) = (
        half("clear-next-step"),
        half("empathy"),
        half("no-dead-ends"),
    );
    // Who is called about a debt is less content, whatever the agent does.
    let queue = if call.queue == "collections" {
        -0.8
    } else {
        0.0
    };
    let content = 3.5 + 1.0 * step + 0.8 * empathy + queue + 0.7 * chance.normal();
    let answered = chance.happens(0.7);
    let resolved = chance.happens(logistic(0.9 + 1.6 * step + 1.0 * no_dead_end));
    let asked = chance.happens(0.9);
    let complaint = chance.happens(logistic(-2.4 - 0.8 * empathy - 1.4 * no_dead_end));
    let for_sale = reason == "cancel" || reason == "plan_change";
    let sale = chance.happens(0.4);
    let left = chance.happens(if reason == "cancel" { 0.5 } else { 0.04 });
    Outcome {
        satisfaction: answered.then_some(content.round().clamp(1.0, 5.0) as i64),
        resolved: asked.then_some(resolved),
        complaint,
        sale: for_sale.then_some(sale),
        left,
        observed_ms: call.at_ms + chance.between(2 * DAY_MS, 14 * DAY_MS),
    }
}

/// Agent, question, and the day of the coaching (the Monday of the fifth week).
///
/// In each team the one who grows more careful was coached on the name, and the one in a hurry on
/// interrupting, with no effect.
pub fn coaching() -> impl Iterator<Item = (&'static str, &'static str, String)> {
    const TEAM_SIZE: usize = 5;
    let on = centre::local_date(4 * 7 * DAY_MS);
    centre::AGENTS
        .iter()
        .enumerate()
        .filter_map(move |(index, agent)| {
            let question = match index % TEAM_SIZE {
                0 => "no-interrupting",
                3 => "gave-name",
                _ => return None,
            };
            Some((*agent, question, on.clone()))
        })
}
