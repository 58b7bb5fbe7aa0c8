//! Rows of a sheet by the names of their columns, and what is wrong with them.

use std::sync::Arc;

use super::{LISTED, Place, Problem, Refused};
use crate::redaction;
use crate::sheet::{Format, Row, Sheet};

/// The columns that a kind of file can have.
pub(super) struct Columns {
    /// `ratings`, `outcomes`, `coaching` or `accuracy`.
    pub what: &'static str,
    /// The name that messages use, and other names that are understood.
    pub names: &'static [(&'static str, &'static [&'static str])],
    /// Each file has all of the first, and one of each of the others.
    pub needed: &'static [&'static [&'static str]],
    /// These may run over several lines.
    pub long: &'static [&'static str],
}

impl Columns {
    fn of(&self, name: &str) -> Option<&'static str> {
        let name = name.trim().to_lowercase().replace([' ', '-'], "_");
        self.names
            .iter()
            .find(|(known, others)| *known == name || others.contains(&name.as_str()))
            .map(|(known, _)| *known)
    }

    /// Whether a row names columns rather than holding values: most of the needed are there.
    pub(super) fn are_named_in(&self, row: &Row) -> bool {
        let named: Vec<&str> = row.cells.iter().filter_map(|name| self.of(name)).collect();
        let met = |one_of: &&&[&'static str]| one_of.iter().any(|name| named.contains(name));
        self.needed.iter().filter(met).count() * 2 > self.needed.len()
    }
}

/// A sheet whose columns are known.
pub(super) struct Entries<'s> {
    columns: &'static Columns,
    sheet: &'s Sheet,
    file: Arc<str>,
    row_word: &'static str,
    /// What each column of the sheet is.
    kinds: Vec<Option<&'static str>>,
    rows: &'s [Row],
    /// Names of columns that are not known.
    unknown: Vec<&'s str>,
}

impl<'s> Entries<'s> {
    /// Finds the columns; `None` where a needed one is missing.
    pub(super) fn of(
        sheet: &'s Sheet,
        columns: &'static Columns,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let row_word = match sheet.format {
            Format::Csv => "line",
            Format::Xlsx | Format::Parquet => "row",
        };
        let file: Arc<str> = sheet.path.display().to_string().into();
        let problem = |row: u64, message: String| Problem {
            place: Place {
                file: file.clone(),
                row,
            },
            row_word,
            column: None,
            message: redaction::redact_quotation(&message),
        };
        problems.extend(sheet.problems.iter().map(|torn| Problem {
            column: torn.column.clone(),
            ..problem(torn.line, torn.message.clone())
        }));
        let header = sheet
            .rows
            .iter()
            .position(|row| columns.are_named_in(row))
            .or_else(|| sheet.rows.iter().position(|row| !row.is_blank()));
        let Some(header) = header else {
            problems.push(problem(0, "the file is empty".to_string()));
            return None;
        };
        let names = &sheet.rows[header];
        let kinds: Vec<Option<&'static str>> =
            names.cells.iter().map(|name| columns.of(name)).collect();
        let mut sound = true;
        for (name, _) in columns.names {
            if kinds.iter().filter(|kind| **kind == Some(*name)).count() > 1 {
                problems.push(problem(
                    names.line,
                    format!("the column {name} occurs twice"),
                ));
                sound = false;
            }
        }
        for name in &names.cells {
            if let Some((column, kind)) = name.split_once(" (")
                && sheet.format == Format::Parquet
                && columns.of(column).is_some()
            {
                let kind = kind.strip_suffix(')').unwrap_or(kind);
                problems.push(problem(
                    names.line,
                    format!("the column {column} is of type {kind}, which is not read; write it as text or as a plain number"),
                ));
                sound = false;
            }
        }
        let missing: Vec<String> = columns
            .needed
            .iter()
            .filter(|one_of| !one_of.iter().any(|name| kinds.contains(&Some(*name))))
            .map(|one_of| one_of.join(" or "))
            .collect();
        if !missing.is_empty() {
            // Without a row that names them, these are values.
            let found: Vec<String> = names
                .cells
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| redaction::redact_note(name))
                .collect();
            let message = format!(
                "lacks the column{} {}; found {}",
                if missing.len() == 1 { "" } else { "s" },
                missing.join(", "),
                found.join(", ")
            );
            problems.push(problem(names.line, message));
            sound = false;
        }
        let unknown = names
            .cells
            .iter()
            .zip(&kinds)
            .filter(|(name, kind)| kind.is_none() && !name.is_empty())
            .map(|(name, _)| name.as_str())
            .collect();
        sound.then(|| Self {
            columns,
            sheet,
            file,
            row_word,
            kinds,
            rows: &sheet.rows[header + 1..],
            unknown,
        })
    }

    /// A sentence about columns that are left out, and one about a file without rows.
    pub(super) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        let names = self.unknown.iter().map(|n| redaction::redact_note(n));
        let names: Vec<String> = names.map(|n| format!("\"{n}\"")).collect();
        match names.as_slice() {
            [] => {}
            [one] => notices.push(format!(
                "{}: the column {one} is not known and is left out",
                self.file
            )),
            more => notices.push(format!(
                "{}: the columns {} are not known and are left out",
                self.file,
                more.join(", ")
            )),
        }
        if self.rows.iter().all(Row::is_blank) {
            notices.push(format!("{}: there is no row below the names", self.file));
        }
        notices
    }

    /// A problem that is found out once all rows are read.
    pub(super) fn problem_at(&self, place: &Place, column: &str, message: String) -> Problem {
        Problem {
            place: place.clone(),
            row_word: self.row_word,
            column: Some(column.to_string()),
            message: redaction::redact_quotation(&message),
        }
    }

    /// Reads every row. One with a problem gives nothing.
    pub(super) fn read<T>(
        &self,
        problems: &mut Vec<Problem>,
        mut read: impl FnMut(&mut Entry<'_, 's>) -> Option<T>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for row in self.rows.iter().filter(|row| !row.is_blank()) {
            let before = problems.len();
            let mut entry = Entry {
                entries: self,
                row,
                problems,
            };
            entry.check_shape();
            let value = read(&mut entry);
            if problems.len() == before {
                values.extend(value);
            }
        }
        values
    }
}

/// One row that is being read.
pub(super) struct Entry<'a, 's> {
    entries: &'a Entries<'s>,
    row: &'s Row,
    problems: &'a mut Vec<Problem>,
}

impl<'s> Entry<'_, 's> {
    pub(super) fn place(&self) -> Place {
        Place {
            file: self.entries.file.clone(),
            row: self.row.line,
        }
    }

    /// A cell; `None` where it is empty or the file has no such column.
    pub(super) fn get(&self, column: &'static str) -> Option<&'s str> {
        debug_assert!(self.entries.columns.names.iter().any(|(n, _)| *n == column));
        let at = self.entries.kinds.iter().position(|k| *k == Some(column))?;
        let cell = self.row.cells.get(at)?.as_str();
        (!cell.is_empty()).then_some(cell)
    }

    /// A cell that has to be there.
    pub(super) fn need(&mut self, column: &'static str) -> Option<&'s str> {
        let cell = self.get(column);
        if cell.is_none() {
            self.wrong(column, "has no value, and every row needs one");
        }
        cell
    }

    /// A cell read; what is wrong with it is noted.
    pub(super) fn read<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let cell = self.get(column)?;
        read(cell)
            .map_err(|message| self.wrong(column, message))
            .ok()
    }

    /// As [`Entry::read`], and it has to be there.
    pub(super) fn need_read<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.need(column)?;
        self.read(column, read)
    }

    pub(super) fn wrong(&mut self, column: &'static str, message: impl Into<String>) {
        let problem = self.problem(Some(column), message.into());
        self.problems.push(problem);
    }

    /// What the format calls a row, for messages.
    pub(super) fn row_word(&self) -> &'static str {
        self.entries.row_word
    }

    fn problem(&self, column: Option<&'static str>, message: String) -> Problem {
        Problem {
            place: self.place(),
            row_word: self.entries.row_word,
            column: column.map(str::to_string),
            message: redaction::redact_quotation(&message),
        }
    }

    fn check_shape(&mut self) {
        let width = self.entries.kinds.len();
        if self
            .row
            .cells
            .iter()
            .skip(width)
            .any(|cell| !cell.is_empty())
        {
            let message = match self.entries.sheet.format {
                Format::Csv => {
                    "a value stands right of the last named column; a value that holds the delimiter needs quotation marks"
                }
                Format::Xlsx | Format::Parquet => "a value stands right of the last named column",
            };
            let problem = self.problem(None, message.to_string());
            self.problems.push(problem);
        }
        for (cell, column) in self.row.cells.iter().zip(&self.entries.kinds) {
            if let Some(column) = column
                && cell.contains(['\n', '\r'])
                && !self.entries.columns.long.contains(column)
            {
                self.wrong(
                    column,
                    "runs over several lines; is a quotation mark missing?",
                );
            }
        }
    }
}

/// `Ok` without problems; else the first of them, in the order of files and rows.
pub(super) fn settle(
    what: &'static str,
    sheets: &[Sheet],
    mut problems: Vec<Problem>,
) -> Result<(), Refused> {
    if problems.is_empty() {
        return Ok(());
    }
    let order: Vec<String> = sheets
        .iter()
        .map(|s| s.path.display().to_string())
        .collect();
    problems.sort_by_key(|problem| {
        let file = order.iter().position(|file| **file == *problem.place.file);
        (file, problem.place.row)
    });
    let more = problems.len().saturating_sub(LISTED);
    problems.truncate(LISTED);
    Err(Refused {
        what,
        problems,
        more,
    })
}

/// Yes or no as people and tools write it.
pub(super) fn yes_no(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" => Ok(true),
        "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(format!("\"{text}\" is neither yes nor no")),
    }
}

/// A number with a decimal point, or with a decimal comma as spreadsheets of half the world have
/// it.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let refused = || format!("\"{text}\" is no number; write it like 12.5");
    let comma = text.split_once(',');
    // One comma and three digits may as well part the thousands.
    let grouped = comma
        .is_some_and(|(whole, rest)| rest.len() == 3 && !whole.trim_matches(['-', '0']).is_empty());
    let plain = match comma {
        Some((whole, rest)) if !grouped && !rest.contains(['.', ',']) && !whole.contains('.') => {
            format!("{whole}.{rest}")
        }
        Some(_) => return Err(refused()),
        None => text.to_string(),
    };
    plain
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(refused)
}

/// A number from 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let number = number(text.trim_end_matches('%'))?;
    if (0.0..=1.0).contains(&number) && !text.ends_with('%') {
        return Ok(number);
    }
    Err(format!(
        "\"{text}\" is no number from 0 to 1; a quarter is 0.25"
    ))
}
