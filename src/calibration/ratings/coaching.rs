//! Who was coached on what, and when: one row per coaching. What was agreed besides stands in
//! coaching notes ([`super::notes`]), which say the same and more.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::entries::{Columns, Entries, Entry, settle};
use super::known::Known;
use super::{Forms, Place, Refused, Taken, when};
use crate::sheet::{Row, Sheet};

static COLUMNS: Columns = Columns {
    what: "coaching",
    names: &[
        ("agent", &[]),
        ("rubric", &[]),
        ("question", &[]),
        ("coached_on", &["coached_at"]),
    ],
    needed: &[&["agent"], &["rubric"], &["question"], &["coached_on"]],
    long: &[],
};

/// An agent was coached on a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coached {
    pub place: Place,
    pub agent: String,
    pub rubric: String,
    pub question: String,
    pub on: Date,
    /// What else was noted; nothing where a table names coachings alone.
    pub agreed: Agreed,
}

/// What was agreed in a coaching. Texts are redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Calls of the agent that were talked about, as the tables have their ids.
    pub calls: Vec<String>,
    pub action: Option<String>,
    /// When to look again.
    pub follow_up: Option<Date>,
    pub coach: Option<String>,
    /// That the coach spent.
    pub minutes: Option<u32>,
    /// When that was looked at again.
    pub done: Option<Date>,
}

/// Whether a row names the columns of a file of coaching.
pub fn names_coaching(row: &Row) -> bool {
    COLUMNS.are_named_in(row)
}

/// Reads a file of coaching. Agents without a call in the tables are kept with a word: they may
/// have left.
///
/// # Errors
/// Everything that is wrong, if anything is.
pub fn coaching(sheet: &Sheet, forms: &Forms) -> Result<Taken<Coached>, Refused> {
    let known = Known::of(forms);
    let mut problems = Vec::new();
    let mut notices = Vec::new();
    let mut rows = Vec::new();
    if let Some(entries) = Entries::of(sheet, &COLUMNS, &mut problems) {
        notices.extend(entries.notices());
        rows = entries.read(&mut problems, |entry| coached(entry, &known));
    }
    settle(COLUMNS.what, std::slice::from_ref(sheet), problems)?;
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    rows.dedup_by(|a, b| is_same(a, b));
    let strangers: BTreeSet<&str> = rows
        .iter()
        .map(|row| row.agent.as_str())
        .filter(|agent| !forms.agents.contains(*agent))
        .collect();
    notices.extend(about_strangers(strangers));
    Ok(Taken { rows, notices })
}

/// A word about agents without calls.
pub(super) fn about_strangers(strangers: BTreeSet<&str>) -> Option<String> {
    let names: Vec<&str> = strangers.into_iter().collect();
    (!names.is_empty()).then(|| {
        format!(
            "no call in the tables is of {}: nothing can be said of what followed",
            names.join(", ")
        )
    })
}

/// Whether two coachings are one: of an agent, on a question, on a day.
pub(super) fn is_same(a: &Coached, b: &Coached) -> bool {
    (&a.agent, &a.rubric, &a.question, a.on) == (&b.agent, &b.rubric, &b.question, b.on)
}

pub(super) fn order(c: &Coached) -> impl Ord + '_ {
    (&c.agent, &c.rubric, &c.question, c.on, &c.place)
}

fn coached(entry: &mut Entry<'_, '_>, known: &Known<'_>) -> Option<Coached> {
    let agent = entry.need("agent");
    let rubric = entry.need("rubric");
    let question = entry.need("question");
    let on = entry.need_read("coached_on", when::parse);
    match known.anywhere(rubric?, question?, None) {
        Ok((form, asked)) => Some(Coached {
            place: entry.place(),
            agent: known.forms.agent(agent?),
            rubric: form.id.to_string(),
            question: asked.id.to_string(),
            on: on?.date,
            agreed: Agreed::default(),
        }),
        Err((column, message)) => {
            entry.wrong(column, message);
            None
        }
    }
}
