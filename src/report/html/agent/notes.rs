//! What was agreed with a coach, when to look again, and what followed.
//!
//! All of it is told as on the last day of the report, not as on the day of reading. What followed
//! is never said to be caused.

use jiff::civil::Date;
use serde::Serialize;

use super::super::scope::Scope;
use super::super::words::{day_in_words, percent};
use super::super::{Site, Text};
use super::choice::{is_open, passing, question};
use super::examples::{self, Example};
use crate::calibration::people::followed::WINDOW_DAYS;
use crate::report::records::Coaching;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    pub question: String,
    /// `2 February 2026, with anna, 25 minutes`.
    pub talk: String,
    pub action: Option<String>,
    pub is_open: bool,
    pub follow_up: String,
    /// What followed, in words; nothing where nothing is known.
    pub followed: Option<String>,
    pub calls: Vec<Example>,
}

pub fn agreement(site: &Site<'_>, at: usize, is_withheld: bool) -> Agreement {
    let scope = site.scope;
    let note = &scope.coaching[at];
    let asked = (note.rubric.clone(), note.question.clone());
    let text = question(scope, &asked).map_or(&*note.question, |q| q.text.as_str());
    let mut talk = day_in_words(&note.coached_on);
    if let Some(coach) = &note.coach {
        talk += &format!(", with {coach}");
    }
    if let Some(minutes) = note.minutes {
        talk += &match minutes {
            1 => ", 1 minute".to_string(),
            n => format!(", {n} minutes"),
        };
    }
    Agreement {
        question: text.to_string(),
        talk,
        action: note.action.as_deref().map(str::to_string),
        is_open: is_open(scope, note),
        follow_up: follow_up(scope, note),
        followed: (!is_withheld).then(|| followed(scope, note)).flatten(),
        calls: examples::named(site, &note.calls),
    }
}

/// When to look again, as on the last day of the report.
pub fn follow_up(scope: &Scope, note: &Coaching) -> String {
    let done = note.done_on.as_ref().filter(|done| **done <= scope.to);
    if let Some(done) = done {
        return format!("Looked at again on {}: done.", day_in_words(done));
    }
    let Some(due) = &note.follow_up_on else {
        return match note.action {
            Some(_) => "No day to look at it again was agreed.".to_string(),
            None => "Nothing else was noted.".to_string(),
        };
    };
    let day = day_in_words(due);
    match days_between(&scope.to, due) {
        Some(0) => format!("To be looked at again today, {day}."),
        Some(1) => format!("To be looked at again tomorrow, {day}."),
        Some(left) if left > 1 => format!("To be looked at again on {day}, in {left} days."),
        Some(-1) => format!("It was to be looked at again on {day}, yesterday. Is it done?"),
        Some(over) => {
            let days = -over;
            format!("It was to be looked at again on {day}, {days} days ago. Is it done?")
        }
        None => format!("To be looked at again on {day}."),
    }
}

fn days_between(from: &Text, to: &Text) -> Option<i32> {
    let (from, to): (Date, Date) = (from.parse().ok()?, to.parse().ok()?);
    Some((to - from).get_days())
}

/// Whether there are calls of the four weeks after the talk, and of their last day.
fn are_weeks_over(scope: &Scope, note: &Coaching) -> bool {
    let last = scope.all_dates.last();
    let days = last.and_then(|last| days_between(&note.coached_on, last));
    days.is_some_and(|days| days >= WINDOW_DAYS as i32)
}

fn followed(scope: &Scope, note: &Coaching) -> Option<String> {
    let flag = note.followed_flag.as_deref()?;
    let (before, after) = (note.calls_before?, note.calls_after?);
    let rates = note.rate_before.zip(note.rate_after);
    let rates = rates.map(|(was, is)| {
        format!(
            "In the four weeks before, yes in {}; {}, in {}.",
            part(was, before),
            match are_weeks_over(scope, note) {
                true => "in the four weeks after",
                false => "since then, up to the last calibration",
            },
            part(is, after)
        )
    });
    let asked = (note.rubric.clone(), note.question.clone());
    let passes_by_no = passing(scope, &asked) == "no";
    let words = match (flag, passes_by_no) {
        ("rose_more", false) => {
            "That is a rise beyond that of colleagues who started alike and had no such talk. It \
             followed the talk; whether it came from it, nobody can tell."
        }
        ("fell_more", true) => {
            "That is a fall beyond that of colleagues who started alike and had no such talk. It \
             followed the talk; whether it came from it, nobody can tell."
        }
        ("fell_more", false) => {
            "Colleagues who started alike and had no such talk fell less, by more than chance. That \
             says nothing against the talk: much else happens in four weeks."
        }
        ("rose_more", true) => {
            "Colleagues who started alike and had no such talk rose less, by more than chance. That \
             says nothing against the talk: much else happens in four weeks."
        }
        ("no_difference", _) => {
            "Colleagues who started alike and had no such talk changed about as much: no difference \
             that the numbers carry."
        }
        _ if before >= 10 && after >= 10 => {
            "What followed cannot be told from what would have come anyway: fewer than 5 colleagues \
             started alike."
        }
        _ => {
            "That is too little to say what followed: it takes 10 calls before and 10 after, and 5 \
             colleagues who started alike."
        }
    };
    Some(match rates {
        Some(rates) => format!("{rates} {words}"),
        None => words.to_string(),
    })
}

/// A share of calls; of few calls, how many.
fn part(share: f64, calls: i64) -> String {
    match calls {
        1 if share > 0.5 => "the only call".to_string(),
        1 => "none of 1 call".to_string(),
        n if n < 20 => format!("{:.0} of {n} calls", share * n as f64),
        n => format!("{} of {n} calls", percent(share)),
    }
}
