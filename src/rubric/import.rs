//! From the form that most centres have today, a spreadsheet with a question in each row, to a
//! rubric in which a person answers every question.
//!
//! Nothing is asked and nothing is guessed silently: what is not understood is left out and named.
//! Left out on purpose: rules. They are for a person to write, question by question.

mod answers;
mod columns;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use answers::{Answers, Item};
use columns::{Column, Columns};

use super::check::RubricError;
use super::form::Tag;
use crate::limits;
use crate::log::{json_harmless, steers, visible};
use crate::sheet::{self, Row, SheetError};

/// A rubric made from a spreadsheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub yaml: String,
    pub sections: usize,
    pub questions: usize,
    /// What was left out or understood with doubt, and why the rubric cannot be used yet where it
    /// cannot, for people.
    pub notes: Vec<String>,
}

/// A spreadsheet that no rubric can be made from.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("read {path}", path = visible(path))]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("understand {path}: {message}", path = visible(path))]
    NoTable { path: String, message: String },
    #[error("understand {path}:\n{}", problems.join("\n"))]
    Cells { path: String, problems: Vec<String> },
}

impl ImportError {
    pub fn hint(&self) -> String {
        match self {
            ImportError::Read { source, .. } => limits::hint(source)
                .unwrap_or("name a CSV or XLSX file")
                .to_string(),
            ImportError::NoTable { .. } => format!(
                "it needs a row of column names, one of them for the questions, such as {}; docs/rubrics.md lists the names that are known",
                columns::examples(Column::Question)
            ),
            ImportError::Cells { .. } => "mend these cells, then import again".to_string(),
        }
    }
}

/// Reads a spreadsheet and makes a rubric of it.
///
/// # Errors
/// A file that cannot be read, has no column of questions, or cells that mean nothing.
pub fn import(path: &Path) -> Result<Imported, ImportError> {
    let name = path.display().to_string();
    let names_columns = |row: &Row| Columns::of(row).has(Column::Question);
    let sheet = sheet::read(path, &names_columns).map_err(|e| match e {
        SheetError::Read { source, .. } => ImportError::Read {
            path: name.clone(),
            source,
        },
        SheetError::NoTable { message, .. } => ImportError::NoTable {
            path: name.clone(),
            message,
        },
    })?;
    if let Some(problem) = sheet.problems.first() {
        return Err(ImportError::NoTable {
            path: name,
            message: problem.to_string(),
        });
    }
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("form");
    of_rows(&sheet.rows, stem, &name)
}

/// Makes a rubric of rows; `stem` gives its id and title.
fn of_rows(rows: &[Row], stem: &str, path: &str) -> Result<Imported, ImportError> {
    let header = rows
        .iter()
        .position(|row| Columns::of(row).has(Column::Question))
        .ok_or_else(|| ImportError::NoTable {
            path: path.to_string(),
            message: "no row names a column of questions".to_string(),
        })?;
    let columns = Columns::of(&rows[header]);
    let mut form = Form {
        columns: &columns,
        sections: Vec::new(),
        section_ids: BTreeSet::new(),
        question_ids: BTreeSet::new(),
        notes: columns.notes(),
        problems: Vec::new(),
    };
    for row in &rows[header + 1..] {
        form.row(row);
    }
    form.sections.retain(|s| !s.questions.is_empty());
    if form.sections.is_empty() && form.problems.is_empty() {
        form.problems.push(format!(
            "  {path}:{}: there is no question below the column names",
            rows[header].line
        ));
    }
    if !form.problems.is_empty() {
        let problems = form.problems.iter().map(|p| p.replace("{path}", path));
        return Err(ImportError::Cells {
            path: path.to_string(),
            problems: problems.collect(),
        });
    }
    form.even_out_weights();
    let yaml = yaml(&form.sections, stem, path);
    let mut notes: Vec<String> = form
        .notes
        .iter()
        .map(|n| n.replace("{path}", path))
        .collect();
    if let Err(RubricError::Invalid { problems, .. }) = super::parse(&yaml, stem) {
        let unfit = problems.iter().map(|p| &p.message);
        notes.extend(unfit.map(|m| format!("the form cannot be used as it is: {m}")));
    }
    Ok(Imported {
        sections: form.sections.len(),
        questions: form.sections.iter().map(|s| s.questions.len()).sum(),
        yaml,
        notes,
    })
}

struct Form<'a> {
    columns: &'a Columns,
    sections: Vec<Section>,
    section_ids: BTreeSet<String>,
    question_ids: BTreeSet<String>,
    notes: Vec<String>,
    problems: Vec<String>,
}

struct Section {
    id: String,
    title: String,
    weight: Option<f64>,
    questions: Vec<Question>,
}

struct Question {
    id: String,
    text: String,
    help: Option<String>,
    why: Option<String>,
    good: Option<String>,
    answers: Answers,
    weight: f64,
    tags: Vec<Tag>,
    critical: bool,
    auto_fail: bool,
    may_not_apply: bool,
}

impl Form<'_> {
    fn row(&mut self, row: &Row) {
        let cell = |column| self.columns.cell(row, column);
        let text = cell(Column::Question).to_string();
        let section = cell(Column::Section).to_string();
        let weight = cell(Column::Weight).to_string();
        let section_weight = cell(Column::SectionWeight).to_string();
        if text.is_empty() {
            if !section.is_empty() {
                // A heading; its points are those of the section.
                let points = if section_weight.is_empty() {
                    weight
                } else {
                    section_weight
                };
                let points = self.number(row, &points, "the weight of a section");
                self.enter(&section, points);
            } else if row.cells.iter().any(|c| !c.is_empty()) {
                self.notes.push(format!(
                    "{{path}}:{}: there is no question in this row; it is left out",
                    row.line
                ));
            }
            return;
        }
        let total = text.to_lowercase();
        if [
            "total",
            "grand total",
            "overall score",
            "total score",
            "maximum score",
        ]
        .iter()
        .any(|t| total.trim_end_matches(':') == *t)
        {
            self.notes.push(format!(
                "{{path}}:{}: \"{text}\" is a sum and is left out",
                row.line
            ));
            return;
        }
        let only_text = row.cells.iter().filter(|c| !c.is_empty()).count() == 1;
        if only_text && !self.columns.has(Column::Section) && self.columns.has(Column::Weight) {
            self.enter(&text, None);
            return;
        }
        let section_points = self.number(row, &section_weight, "the weight of a section");
        if !section.is_empty() || self.sections.is_empty() {
            let title = if section.is_empty() {
                "Questions"
            } else {
                &section
            };
            self.enter(title, section_points);
        }
        let question = self.question(row, text, &weight);
        let last = self.sections.last_mut().expect("a section was entered");
        last.questions.push(question);
    }

    /// Goes on in the section of this title.
    fn enter(&mut self, title: &str, weight: Option<f64>) {
        if let Some(at) = self.sections.iter().position(|s| s.title == title) {
            let mut known = self.sections.remove(at);
            known.weight = known.weight.or(weight);
            self.sections.push(known);
            return;
        }
        self.sections.push(Section {
            id: unused(&slug(title), &mut self.section_ids),
            title: title.to_string(),
            weight,
            questions: Vec::new(),
        });
    }

    fn question(&mut self, row: &Row, text: String, weight: &str) -> Question {
        let optional = |column| {
            let text = self.columns.cell(row, column);
            (!text.is_empty()).then(|| text.to_string())
        };
        let (help, why, good) = (
            optional(Column::Guidance),
            optional(Column::Why),
            optional(Column::Good),
        );
        let answers = match answers::parse(self.columns.cell(row, Column::Answers)) {
            Ok(answers) => answers,
            Err(message) => {
                self.notes.push(format!(
                    "{{path}}:{}: {message}; the question takes yes or no",
                    row.line
                ));
                Answers::YesNo { points: None }
            }
        };
        let stated = self.number(row, weight, "a weight");
        let weight = match answers.is_scored() {
            true => stated.or_else(|| answers.most_points()).unwrap_or(1.0),
            false => 0.0,
        };
        let tags = columns::tags(self.columns.cell(row, Column::Tag));
        if tags.is_empty() && !self.columns.cell(row, Column::Tag).is_empty() {
            self.notes.push(format!(
                "{{path}}:{}: the tag \"{}\" is none of business, customer and compliance and is left out",
                row.line,
                self.columns.cell(row, Column::Tag)
            ));
        }
        Question {
            id: unused(&slug(&text), &mut self.question_ids),
            critical: self.mark(row, Column::Critical),
            auto_fail: self.mark(row, Column::AutoFail),
            may_not_apply: self.mark(row, Column::NotApplicable),
            text,
            help,
            why,
            good,
            answers,
            weight,
            tags,
        }
    }

    /// A cell that is yes or no; a sign of any kind is a yes.
    fn mark(&mut self, row: &Row, column: Column) -> bool {
        let text = self.columns.cell(row, column);
        columns::is_marked(text).unwrap_or_else(|| {
            let name = self.columns.name(column);
            self.problems.push(format!(
                "  {{path}}:{}: \"{text}\" in the column {name} is neither yes nor no",
                row.line
            ));
            false
        })
    }

    fn number(&mut self, row: &Row, text: &str, what: &str) -> Option<f64> {
        if text.is_empty() {
            return None;
        }
        let bare = text.trim_end_matches(['%', ' ']).replace(',', ".");
        let bare = bare
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_string();
        match bare.parse::<f64>() {
            Ok(number) if number >= 0.0 && number.is_finite() => Some(number),
            _ => {
                self.problems.push(format!(
                    "  {{path}}:{}: \"{text}\" is {what}, but no number of 0 or more",
                    row.line
                ));
                None
            }
        }
    }

    /// Sections without a weight weigh what their questions do; a form without any weight gives
    /// each question the same.
    fn even_out_weights(&mut self) {
        let questions = || self.sections.iter().flat_map(|s| &s.questions);
        if questions().all(|q| q.weight == 0.0 || !q.answers.is_scored()) {
            for question in self.sections.iter_mut().flat_map(|s| &mut s.questions) {
                question.weight = f64::from(u8::from(question.answers.is_scored()));
            }
            self.notes
                .push("no question carries points, so all weigh the same".to_string());
        }
        let stated = self.sections.iter().filter(|s| s.weight.is_some()).count();
        for section in &mut self.sections {
            let sum: f64 = section.questions.iter().map(|q| q.weight).sum();
            // Weights of sections and sums of points are different measures.
            section.weight = match section.weight {
                Some(weight) if stated > 0 => Some(weight),
                _ => Some(sum),
            };
        }
        if stated > 0 && stated < self.sections.len() {
            self.notes.push(
                "some sections have a weight and others do not: check `weight` of each section"
                    .to_string(),
            );
        }
    }
}

/// The text in lower case with `-` between words, short enough to type.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    // What most questions begin with tells nothing.
    let telling: Vec<&str> = words
        .iter()
        .copied()
        .filter(|w| !columns::EMPTY_WORDS.contains(w))
        .collect();
    let words = if telling.is_empty() { words } else { telling };
    let mut slug = String::new();
    for word in words.iter().take(5) {
        if !slug.is_empty() && slug.len() + word.len() > 40 {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    if slug.is_empty() {
        "question".to_string()
    } else {
        slug
    }
}

/// The id itself, or with a number behind it where it is taken.
fn unused(id: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|n| format!("{id}-{n}"));
    let free = std::iter::once(id.to_string())
        .chain(numbered)
        .find(|id| !taken.contains(id))
        .expect("there are more numbers than questions");
    taken.insert(free.clone());
    free
}

fn yaml(sections: &[Section], stem: &str, path: &str) -> String {
    let file = Path::new(path)
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or(path);
    let mut out = format!(
        "# Made from {} by `callibrate rubric import`. A person answers every question. To have one\n\
         # answered automatically, remove `answered_by: person` and write its rule; docs/rubrics.md\n\
         # explains rules, and `callibrate rubric check` says whether the form can be used.\n\
         rubric: {}\nversion: \"1\"\ntitle: {}\n# pass_at: 80\n\nsections:\n",
        on_one_line(file),
        slug(stem),
        quoted(&stem.replace(['_', '-'], " ")),
    );
    for section in sections {
        write_section(&mut out, section);
    }
    out
}

fn write_section(out: &mut String, section: &Section) {
    let weight = section.weight.unwrap_or(1.0);
    writeln!(
        out,
        "  - id: {}\n    title: {}\n    weight: {weight}\n    questions:",
        section.id,
        quoted(&section.title)
    )
    .expect("a String takes every write");
    for question in &section.questions {
        write_question(out, question);
    }
}

fn write_question(out: &mut String, question: &Question) {
    let mut lines = vec![format!("text: {}", quoted(&question.text))];
    let told = [
        ("help", &question.help),
        ("why", &question.why),
        ("good", &question.good),
    ];
    for (key, text) in told {
        if let Some(text) = text {
            lines.push(format!("{key}: {}", long(text)));
        }
    }
    if !question.tags.is_empty() {
        let tags: Vec<&str> = question.tags.iter().map(|t| t.as_str()).collect();
        lines.push(format!("tags: [{}]", tags.join(", ")));
    }
    if question.answers.is_scored() {
        lines.push(format!("weight: {}", question.weight));
    }
    if question.critical {
        lines.push("critical: true".to_string());
    }
    if question.auto_fail {
        lines.push(match question.answers.worst() {
            Some(answer) => format!("auto_fail_on: {answer}"),
            None => "# it failed the call in the spreadsheet: give it answers, then `auto_fail_on`"
                .to_string(),
        });
    }
    lines.push("answered_by: person".to_string());
    if question.may_not_apply {
        lines.push("# it may not apply; a rule for that:".to_string());
        lines.push("# applies_when: {said: {by: customer, any: [\"...\"]}}".to_string());
    }
    lines.extend(answer_lines(&question.answers));
    writeln!(out, "      - id: {}", question.id).expect("a String takes every write");
    for text in lines {
        writeln!(out, "        {text}").expect("a String takes every write");
    }
}

fn answer_lines(answers: &Answers) -> Vec<String> {
    let rule = "{said: {by: agent, any: [\"...\"]}}";
    let options = |options: &[Item]| {
        options
            .iter()
            .map(|o| {
                format!(
                    "  - {{id: {}, text: {}, points: {}}}",
                    o.id,
                    quoted(&o.text),
                    o.points
                )
            })
            .collect::<Vec<_>>()
    };
    let mut lines = Vec::new();
    match answers {
        Answers::YesNo { points } => {
            if let Some((yes, no)) = points {
                lines.push(format!("points: {{yes: {yes}, no: {no}}}"));
            }
            lines.push(format!("# yes_when: {rule}"));
        }
        Answers::Options(list) => {
            lines.push(format!(
                "# each option but the last needs a rule: when: {rule}"
            ));
            lines.push("options:".to_string());
            lines.extend(options(list));
        }
        Answers::MultiSelect(list) => {
            lines.push("kind: multi_select".to_string());
            lines.push(format!("# each option needs a rule: when: {rule}"));
            lines.push("options:".to_string());
            lines.extend(options(list));
        }
        Answers::Scale { from, to } => {
            lines.push(format!("# levels: [{{value: {to}, when: {rule}}}]"));
            lines.push(format!("scale: {{from: {from}, to: {to}}}"));
        }
        Answers::Number => {
            lines.push("kind: number".to_string());
            lines.push("# steps give points: [{at_most: 0, points: 1}, {points: 0}]".to_string());
            lines.push("number: {steps: []}".to_string());
        }
        Answers::Comment => lines.push("kind: comment".to_string()),
    }
    lines
}

/// A YAML text in double quotation marks, which JSON's are.
fn quoted(text: &str) -> String {
    json_harmless(&serde_json::to_string(&on_one_line(text)).expect("a text can be quoted"))
}

/// Words with one blank between them, without characters that YAML does not take.
fn on_one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || is_unprintable(c));
    words
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// A text of several lines as a block, else quoted.
fn long(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    if lines.len() < 2
        || lines
            .iter()
            .any(|l| l.chars().any(|c| is_unprintable(c) || steers(c)))
    {
        return quoted(text);
    }
    let mut block = "|-".to_string();
    for line in lines {
        write!(block, "\n          {line}").expect("a String takes every write");
    }
    block
}

#[cfg(test)]
mod tests;
