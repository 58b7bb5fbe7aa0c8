//! What the columns of a form are called, and what marks in them mean.

use super::super::form::Tag;
use crate::sheet::Row;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Section,
    SectionWeight,
    Question,
    Weight,
    Answers,
    Critical,
    AutoFail,
    NotApplicable,
    Guidance,
    Why,
    Good,
    Tag,
    /// Numbers and marks of the spreadsheet's own, which the rubric does not need.
    Ignored,
}

/// Names in lower case with single blanks, without signs; docs/rubrics.md lists them.
const NAMES: [(Column, &[&str]); 13] = [
    (
        Column::Section,
        &[
            "section",
            "section name",
            "section title",
            "category",
            "area",
            "group",
            "part",
            "theme",
            "competency",
            "skill",
            "stage",
            "call stage",
        ],
    ),
    (
        Column::SectionWeight,
        &[
            "section weight",
            "section weighting",
            "section points",
            "category weight",
            "category weighting",
            "group weight",
            "area weight",
        ],
    ),
    (
        Column::Question,
        &[
            "question",
            "questions",
            "question text",
            "criterion",
            "criteria",
            "item",
            "evaluation item",
            "evaluation criteria",
            "evaluation question",
            "quality criteria",
            "parameter",
            "attribute",
            "behaviour",
            "behavior",
            "standard",
            "check",
            "line item",
        ],
    ),
    (
        Column::Weight,
        &[
            "weight",
            "weighting",
            "weightage",
            "question weight",
            "points",
            "max points",
            "maximum points",
            "possible points",
            "points possible",
            "available points",
            "max score",
            "maximum score",
            "score",
            "marks",
            "max marks",
            "value",
        ],
    ),
    (
        Column::Answers,
        &[
            "answers",
            "answer",
            "answer type",
            "answer options",
            "type",
            "question type",
            "response",
            "responses",
            "response type",
            "options",
            "choices",
            "scale",
            "rating",
            "rating scale",
            "scoring",
        ],
    ),
    (
        Column::Critical,
        &[
            "critical",
            "is critical",
            "critical question",
            "critical error",
        ],
    ),
    (
        Column::AutoFail,
        &[
            "auto fail",
            "autofail",
            "automatic fail",
            "auto zero",
            "fatal",
            "fatal error",
            "knockout",
            "knock out",
            "zero tolerance",
            "critical fail",
        ],
    ),
    (
        Column::NotApplicable,
        &[
            "n a",
            "na",
            "not applicable",
            "allow n a",
            "allow na",
            "n a allowed",
            "na allowed",
            "can be n a",
            "optional",
        ],
    ),
    (
        Column::Guidance,
        &[
            "guidance",
            "guideline",
            "guidelines",
            "help",
            "help text",
            "description",
            "definition",
            "explanation",
            "instructions",
            "notes",
            "scoring guide",
            "scoring guidance",
            "how to score",
            "what to look for",
            "what counts",
        ],
    ),
    (
        Column::Why,
        &[
            "why",
            "purpose",
            "rationale",
            "reason",
            "why it matters",
            "why we ask",
        ],
    ),
    (
        Column::Good,
        &[
            "good",
            "example",
            "examples",
            "good example",
            "best practice",
            "what good looks like",
            "what good sounds like",
        ],
    ),
    (
        Column::Tag,
        &[
            "tag",
            "tags",
            "dimension",
            "error type",
            "criticality",
            "focus",
        ],
    ),
    (
        Column::Ignored,
        &[
            "no",
            "nr",
            "number",
            "id",
            "ref",
            "reference",
            "order",
            "s no",
            "sl no",
            "question no",
            "",
        ],
    ),
];

/// Words that a question's id can do without.
pub(super) const EMPTY_WORDS: [&str; 28] = [
    "did",
    "does",
    "do",
    "was",
    "were",
    "is",
    "are",
    "has",
    "have",
    "had",
    "the",
    "a",
    "an",
    "agent",
    "advisor",
    "adviser",
    "representative",
    "rep",
    "csr",
    "to",
    "of",
    "and",
    "their",
    "how",
    "what",
    "which",
    "there",
    "his",
];

/// Some names of a column, for messages.
pub(super) fn examples(column: Column) -> String {
    let names = NAMES
        .iter()
        .find(|(c, _)| *c == column)
        .map_or(&[][..], |(_, n)| n);
    let shown: Vec<String> = names.iter().take(4).map(|n| format!("\"{n}\"")).collect();
    shown.join(", ")
}

/// Which column holds what.
pub(super) struct Columns {
    /// What each column holds, its name as written, in the order of the sheet.
    found: Vec<(Option<Column>, String)>,
}

impl Columns {
    /// Takes a row for the column names.
    pub(super) fn of(row: &Row) -> Self {
        let mut found: Vec<(Option<Column>, String)> = Vec::new();
        for name in &row.cells {
            let column = column(name);
            // The first of two that mean the same counts.
            let taken = found.iter().any(|(c, _)| c.is_some() && *c == column);
            let kept = column.filter(|c| *c == Column::Ignored || !taken);
            found.push((kept, name.clone()));
        }
        Self { found }
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.found.iter().any(|(c, _)| *c == Some(column))
    }

    /// What the column is called in the sheet.
    pub(super) fn name(&self, column: Column) -> &str {
        let found = self.found.iter().find(|(c, _)| *c == Some(column));
        found.map_or("", |(_, name)| name)
    }

    /// The cell of a row; empty where there is none.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: Column) -> &'r str {
        let at = self.found.iter().position(|(c, _)| *c == Some(column));
        at.and_then(|at| row.cells.get(at))
            .map_or("", String::as_str)
    }

    /// Columns that are left out.
    pub(super) fn notes(&self) -> Vec<String> {
        let unknown: Vec<String> = self
            .found
            .iter()
            .filter(|(c, name)| c.is_none() && !name.is_empty())
            .map(|(_, name)| format!("\"{name}\""))
            .collect();
        match unknown.as_slice() {
            [] => Vec::new(),
            [one] => vec![format!(
                "the column {one} is not known or stands twice, and is left out"
            )],
            more => vec![format!(
                "the columns {} are not known or stand twice, and are left out",
                more.join(", ")
            )],
        }
    }
}

fn column(name: &str) -> Option<Column> {
    let lower = name.to_lowercase();
    // What stands in brackets is a unit or a remark: "Weight (%)", "Critical (Y/N)".
    let bare = lower.split(['(', '[']).next().unwrap_or_default();
    let words: Vec<&str> = bare
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let name = words.join(" ");
    if name.is_empty() && !lower.trim_matches(['#', ' ', '%']).is_empty() {
        return None;
    }
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map(|(column, _)| *column)
}

/// Whether a cell says yes; `None` where it says neither yes nor no.
pub(super) fn is_marked(text: &str) -> Option<bool> {
    let lower = text.trim().to_lowercase();
    match lower.as_str() {
        "" | "n" | "no" | "false" | "0" | "-" | "–" | "non critical" | "non-critical" => {
            Some(false)
        }
        "y" | "yes" | "true" | "1" | "x" | "✓" | "✔" | "critical" | "fatal" | "auto fail"
        | "auto-fail" | "autofail" | "fail" | "n/a" | "na" => Some(true),
        _ => None,
    }
}

/// Whose interest a question serves, as the sheet puts it.
pub(super) fn tags(text: &str) -> Vec<Tag> {
    let lower = text.to_lowercase();
    let words: [(Tag, &[&str]); 3] = [
        (Tag::Business, &["business"]),
        (Tag::Customer, &["customer", "service"]),
        (Tag::Compliance, &["compliance", "regulat", "legal"]),
    ];
    words
        .into_iter()
        .filter(|(_, words)| words.iter().any(|w| lower.contains(w)))
        .map(|(tag, _)| tag)
        .collect()
}
