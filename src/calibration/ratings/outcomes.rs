//! What became of calls, as other systems know it: one row per call.

use std::collections::BTreeMap;

use super::entries::{self, Columns, Entries, Entry, settle};
use super::{Forms, Place, RatedAt, Refused, Taken, when};
use crate::sheet::{Row, Sheet};

static COLUMNS: Columns = Columns {
    what: "outcomes",
    names: &[
        ("call_id", &[]),
        ("satisfaction", &[]),
        ("resolved", &[]),
        ("complaint", &[]),
        ("sale", &[]),
        ("left", &[]),
        ("observed_at", &["observed_on"]),
    ],
    needed: &[
        &["call_id"],
        &["satisfaction", "resolved", "complaint", "sale", "left"],
    ],
    long: &[],
};

/// What is known of a call's outcome; `None` where it is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub place: Place,
    pub call_id: String,
    /// In the centre's own scale; more is better.
    pub satisfaction: Option<f64>,
    pub resolved: Option<bool>,
    pub complaint: Option<bool>,
    pub sale: Option<bool>,
    /// The customer went away for good.
    pub left: Option<bool>,
    pub observed_at: Option<RatedAt>,
}

/// Whether a row names the columns of a file of outcomes.
pub fn names_outcomes(row: &Row) -> bool {
    COLUMNS.are_named_in(row)
}

/// Reads a file of outcomes. Rows of calls that are not in the tables are left out with a word,
/// because such a file tells of all calls; if all are, it is refused.
///
/// # Errors
/// Everything that is wrong, if anything is.
pub fn outcomes(sheet: &Sheet, forms: &Forms) -> Result<Taken<Outcome>, Refused> {
    let mut problems = Vec::new();
    let mut notices = Vec::new();
    let mut outcomes = Vec::new();
    if let Some(entries) = Entries::of(sheet, &COLUMNS, &mut problems) {
        notices.extend(entries.notices());
        let mut lines = BTreeMap::new();
        outcomes = entries.read(&mut problems, |entry| outcome(entry, &mut lines, forms));
        let strangers = leave_out_strangers(&mut outcomes, forms);
        if let Some(first) = strangers.first() {
            let message = format!(
                "{} of calls that are not in these tables, such as \"{}\"",
                match strangers.len() {
                    1 => "1 row is".to_string(),
                    n => format!("{n} rows are"),
                },
                first.call_id
            );
            if outcomes.is_empty() && problems.is_empty() {
                problems.push(entries.problem_at(
                    &first.place,
                    "call_id",
                    format!("all {message}; are these the ids of the table of calls?"),
                ));
            }
            notices.push(format!("{message}, and left out"));
        }
    }
    settle(COLUMNS.what, std::slice::from_ref(sheet), problems)?;
    outcomes.sort_by(|a, b| a.call_id.cmp(&b.call_id));
    Ok(Taken {
        rows: outcomes,
        notices,
    })
}

fn leave_out_strangers(outcomes: &mut Vec<Outcome>, forms: &Forms) -> Vec<Outcome> {
    let (known, strangers) = std::mem::take(outcomes)
        .into_iter()
        .partition(|outcome: &Outcome| forms.of_call.contains_key(&outcome.call_id));
    *outcomes = known;
    strangers
}

fn outcome(
    entry: &mut Entry<'_, '_>,
    lines: &mut BTreeMap<String, u64>,
    forms: &Forms,
) -> Option<Outcome> {
    let call_id = forms.call_id(entry.need("call_id")?);
    if let Some(line) = lines.get(&call_id) {
        let message = format!(
            "\"{call_id}\" is already in {} {line}; each call has one row",
            entry.row_word()
        );
        entry.wrong("call_id", message);
    } else {
        lines.insert(call_id.clone(), entry.place().row);
    }
    Some(Outcome {
        place: entry.place(),
        call_id,
        satisfaction: entry.read("satisfaction", entries::number),
        resolved: entry.read("resolved", entries::yes_no),
        complaint: entry.read("complaint", entries::yes_no),
        sale: entry.read("sale", entries::yes_no),
        left: entry.read("left", entries::yes_no),
        observed_at: entry.read("observed_at", when::parse),
    })
}
