//! How often the automatic scorer is right, as measured elsewhere: one row per question.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entries::{self, Columns, Entries, Entry, settle};
use super::known::{Claim, Known};
use super::{Forms, Place, Refused, Taken};
use crate::rubric::Kind;
use crate::sheet::{Row, Sheet};

static COLUMNS: Columns = Columns {
    what: "accuracy",
    names: &[
        ("rubric", &[]),
        ("question", &[]),
        ("meaning", &[]),
        ("rubric_version", &[]),
        ("sensitivity", &[]),
        ("specificity", &[]),
        ("gold_yes", &[]),
        ("gold_no", &[]),
    ],
    needed: &[
        &["rubric"],
        &["question"],
        &["rubric_version", "meaning"],
        &["sensitivity"],
        &["specificity"],
        &["gold_yes"],
        &["gold_no"],
    ],
    long: &[],
};

/// Error rates of a question, with what they rest on.
#[derive(Debug, Clone, PartialEq)]
pub struct Accuracy {
    pub place: Place,
    pub rubric: Arc<str>,
    pub rubric_version: Arc<str>,
    pub question: Arc<str>,
    /// The whole hash.
    pub meaning: Arc<str>,
    /// Share of the calls of gold *yes* that the automatic scorer says *yes* of.
    pub sensitivity: f64,
    /// Share of the calls of gold *no* that the automatic scorer says *no* of.
    pub specificity: f64,
    /// Calls behind the sensitivity, at least 1.
    pub gold_yes: u64,
    /// Calls behind the specificity, at least 1.
    pub gold_no: u64,
}

/// Whether a row names the columns of a file of error rates.
pub fn names_accuracy(row: &Row) -> bool {
    COLUMNS.are_named_in(row)
}

/// Reads a file of error rates.
///
/// # Errors
/// Everything that is wrong, if anything is.
pub fn accuracy(sheet: &Sheet, forms: &Forms) -> Result<Taken<Accuracy>, Refused> {
    let known = Known::of(forms);
    let mut problems = Vec::new();
    let mut notices = Vec::new();
    let mut rows = Vec::new();
    if let Some(entries) = Entries::of(sheet, &COLUMNS, &mut problems) {
        notices.extend(entries.notices());
        let mut lines = BTreeMap::new();
        rows = entries.read(&mut problems, |entry| one(entry, &known, &mut lines));
    }
    settle(COLUMNS.what, std::slice::from_ref(sheet), problems)?;
    rows.sort_by(|a, b| (&a.rubric, &a.meaning).cmp(&(&b.rubric, &b.meaning)));
    Ok(Taken { rows, notices })
}

fn one(
    entry: &mut Entry<'_, '_>,
    known: &Known<'_>,
    lines: &mut BTreeMap<[Arc<str>; 2], u64>,
) -> Option<Accuracy> {
    let rubric = entry.need("rubric");
    let question = entry.need("question");
    let claim = Claim::of(entry);
    let sensitivity = entry.need_read("sensitivity", entries::share);
    let specificity = entry.need_read("specificity", entries::share);
    let gold_yes = entry.need_read("gold_yes", calls);
    let gold_no = entry.need_read("gold_no", calls);
    let (form, asked) = match known.anywhere(rubric?, question?, Some(claim?)) {
        Ok(found) => found,
        Err((column, message)) => {
            entry.wrong(column, message);
            return None;
        }
    };
    if matches!(asked.question.kind, Kind::Comment) {
        entry.wrong(
            "question",
            "words are neither right nor wrong; take the row out",
        );
    }
    let key = [form.id.clone(), asked.meaning.clone()];
    if let Some(line) = lines.get(&key) {
        let message = format!(
            "this question is already in {} {line}; keep one of the two",
            entry.row_word()
        );
        entry.wrong("question", message);
    } else {
        lines.insert(key, entry.place().row);
    }
    Some(Accuracy {
        place: entry.place(),
        rubric: form.id.clone(),
        rubric_version: form.version.clone(),
        question: asked.id.clone(),
        meaning: asked.meaning.clone(),
        sensitivity: sensitivity?,
        specificity: specificity?,
        gold_yes: gold_yes?,
        gold_no: gold_no?,
    })
}

fn calls(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(calls) if calls > 0 => Ok(calls),
        _ => Err(format!(
            "\"{text}\" is no number of calls; a rate rests on 1 at least"
        )),
    }
}
