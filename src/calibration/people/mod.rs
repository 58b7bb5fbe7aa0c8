//! People and the form: which differences between agents the numbers carry, what followed
//! coaching, which questions go with what became of the call, and which questions tell nothing.
//!
//! A wrong statement here is about a person's job. So every figure has an interval, comparisons
//! are against others on calls of the same kind, calls of one agent's day count as alike, and
//! what is not enough is said to be so. Nothing here says that one thing caused another.
//!
//! - [`agents`]: each agent against the rest, question by question.
//! - [`followed`]: pass rates before and after a coaching, beside comparable agents.
//! - [`outcomes`]: questions and what became of the call, within queue.
//! - [`within`]: two groups of calls, such as a team and the rest, within kinds of calls.
//! - [`form`]: questions that do not vary, that repeat another, or that no outcome notices.
//!
//! Left out: reading any of it, names, and rankings. A league table is noise with names on it
//! (Goldstein and Spiegelhalter 1996); a page draws the funnel.

pub mod agents;
pub mod followed;
pub mod form;
mod grouped;
pub mod outcomes;
pub(crate) mod tails;
pub mod within;

/// One scored answer to one question. Abstained and not applicable answers have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answered {
    /// Number of the call; a call answers a question once.
    pub call: usize,
    pub agent: usize,
    /// Number of the calendar day.
    pub day: usize,
    /// Cell of queue and reason: calls of one cell are of the same kind.
    pub mix: usize,
    pub pass: bool,
}
