//! What is wrong or odd in a person's file, shown at its place as good compilers do.
//!
//! Plain text without colour, so that it reads the same in a terminal, a log and an editor. Left
//! out: finding the faults (`check`, `lint`, `cases`).

use std::ops::Range;

use crate::log::visible;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use serde_saphyr::{Error, Location};

/// Wide enough that no line of a form is cut.
const WIDTH: usize = 1_000;

/// One thing that is wrong or odd, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1; 0 where the place is not one line.
    pub line: u64,
    /// Of the first character, from 1; 0 where the line is 0.
    pub column: u64,
    /// Characters that are meant; 0 for the word, text or value that begins there.
    pub length: u64,
    pub message: String,
}

impl Problem {
    /// At a place of the file.
    pub fn at(place: Location, message: impl Into<String>) -> Self {
        Self {
            line: place.line(),
            column: place.column(),
            length: 0,
            message: message.into(),
        }
    }

    /// What the YAML reader says, in the words of people who write forms.
    pub fn of_yaml(error: &Error) -> Self {
        let message = yaml_message(error);
        // What the whole file has too much of has no place.
        let place = match error.location() {
            Some(place) if !message.starts_with(TOO_MUCH) => place,
            _ => Location::UNKNOWN,
        };
        Self::at(place, message)
    }
}

/// Whether the file can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// All of them, each with its line of the file, in order of place.
pub fn render(severity: Severity, problems: &[Problem], path: &str, text: &str) -> String {
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort_by_key(|p| (p.line, p.column));
    let shown: Vec<String> = sorted
        .into_iter()
        .map(|problem| render_one(severity, problem, path, text))
        .collect();
    shown.join("\n\n")
}

fn render_one(severity: Severity, problem: &Problem, path: &str, text: &str) -> String {
    let path = visible(path);
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(problem.message.as_str());
    let group = match range(problem, text) {
        Some(range) => title.element(
            Snippet::source(text)
                .path(&path)
                .annotation(AnnotationKind::Primary.span(range)),
        ),
        None => title.element(Origin::path(&path)),
    };
    Renderer::plain().term_width(WIDTH).render(&[group])
}

/// The bytes that a problem is about; `None` where it names no line of the text.
fn range(problem: &Problem, text: &str) -> Option<Range<usize>> {
    let line_index = usize::try_from(problem.line).ok()?.checked_sub(1)?;
    let line = text.split('\n').nth(line_index)?;
    let line_start = line.as_ptr() as usize - text.as_ptr() as usize;
    let skipped = usize::try_from(problem.column).ok()?.saturating_sub(1);
    let nth = |n: usize| line.char_indices().nth(n).map_or(line.len(), |(i, _)| i);
    let start = nth(skipped);
    let end = match usize::try_from(problem.length).ok()? {
        0 => start + word_length(&line[start..]),
        length => nth(skipped + length),
    };
    Some(line_start + start..line_start + end)
}

/// Bytes of the text, word or value that begins here: a quoted text with its quotes, else up to
/// what ends a plain value in YAML.
fn word_length(rest: &str) -> usize {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => rest[1..].find(quote).map(|i| i + 2),
        None => {
            let ends = [": ", ", ", "}", "]", " #", "\r"];
            let found = ends.iter().filter_map(|end| rest.find(end)).min();
            found.or_else(|| rest.strip_suffix(':').map(str::len))
        }
    };
    let word = rest[..end.unwrap_or(rest.len())].trim_end();
    let first = rest.chars().next().map_or(0, char::len_utf8);
    word.len().max(first)
}

/// How messages begin that are about the whole file.
const TOO_MUCH: &str = "the file has too many ";
const TOO_DEEP: &str = "this is nested too deep; 64 levels of lists and keys are the most";

fn yaml_message(error: &Error) -> String {
    let mut inner = error.without_snippet();
    while let Error::AliasError { error, .. } | Error::WithSnippet { error, .. } = inner {
        inner = error;
    }
    match inner {
        Error::SerdeUnknownField {
            field, expected, ..
        } if field == "cases" && expected.contains(&"sections") => {
            "these are cases for a form, not a form; `callibrate rubric test` runs them".to_string()
        }
        Error::SerdeUnknownField {
            field, expected, ..
        } => format!("unknown key `{field}`; {}", instead(field, expected)),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => format!(
            "`{variant}` cannot stand here; {}",
            instead(variant, expected)
        ),
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` stands here twice; keep one")
        }
        Error::InvalidScalar { ty, .. } if ty.contains("bool") => {
            "write `true` or `false` here".to_string()
        }
        Error::InvalidScalar { .. } => {
            "write a number here; this is none, or it is too large".to_string()
        }
        Error::InvalidBooleanStrict { .. } => "write `true` or `false` here".to_string(),
        Error::SerdeInvalidType { expected, .. } => format!("write {expected} here"),
        Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. }
        | Error::ExpectedStringKeyForExternallyTaggedEnum { .. } => format!(
            "a rule is one of the keys {}, with what it needs below it",
            super::form::RULE_KEYS.join(", ")
        ),
        other => {
            let text = other.to_string();
            // The place is shown below the message.
            let text = text.split(" at line ").next().unwrap_or_default();
            let head = text.strip_prefix("error: ").unwrap_or(text);
            in_plain_words(head.lines().next().unwrap_or_default())
        }
    }
}

/// The parser's words for the mistakes that people make most.
fn in_plain_words(message: &str) -> String {
    let known = [
        (
            "simple key expected ':'",
            "this line is no `key: value`; is a colon missing?",
        ),
        (
            "found a tab",
            "lines are indented with blanks, not with tabs",
        ),
        (
            "unclosed quote",
            "a quotation mark opens here and never closes",
        ),
        ("unexpected end of input", "there is nothing here to read"),
        ("Depth {", TOO_DEEP),
        ("recursion limit", TOO_DEEP),
        (
            "breached: Nodes {",
            "the file has too many values: 250,000 are the most; split it",
        ),
        (
            "breached: Aliases {",
            "the file has too many aliases (`*name`): 50,000 are the most; write some of them out",
        ),
        (
            "breached: AliasAnchorRatio {",
            "the file has too many aliases (`*name`) for its few anchors (`&name`); write some of them out",
        ),
        (
            "breached: Anchors {",
            "the file has too many anchors (`&name`): 50,000 are the most; split it",
        ),
        (
            "mapping values are not allowed in this context",
            "a key cannot stand here: this line may be indented wrongly, or a text with `: ` in it needs quotation marks",
        ),
    ];
    let plain = known.iter().find(|(theirs, _)| message.contains(theirs));
    plain.map_or(message, |(_, ours)| ours).to_string()
}

fn instead(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    }
}

/// "; did you mean `this`?", or nothing where no known word is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The known word that a person most likely meant: the one with the fewest letters added, left
/// out, changed or swapped, if those are a third of its letters at most, or one that has the word
/// as a beginning.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .filter_map(|candidate| {
            let distance = edits(&lower, &candidate.to_lowercase());
            let near = distance * 3 <= candidate.chars().count().max(3);
            let begun = lower.len() >= 3 && candidate.starts_with(&lower);
            (near || begun).then_some((distance, candidate))
        })
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let last = &rows[i - 1];
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut fewest = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                fewest = fewest.min(rows[i - 2][j - 2] + 1);
            }
            row.push(fewest);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, line: u64, column: u64, length: u64) -> String {
        let problem = Problem {
            line,
            column,
            length,
            message: "it is wrong".to_string(),
        };
        render(Severity::Error, &[problem], "f.yaml", text)
    }

    #[test]
    fn the_caret_stands_under_what_is_meant() {
        let marks = |text: &str, column, length| {
            let shown = shown(text, 1, column, length);
            let marked = shown.lines().find(|l| l.contains('^')).unwrap().to_string();
            let line = shown.lines().find(|l| l.starts_with("1 |")).unwrap();
            let from = marked.find('^').unwrap();
            let (line, marked): (Vec<char>, Vec<char>) =
                (line.chars().collect(), marked[from..].chars().collect());
            line[from..from + marked.len()].iter().collect::<String>()
        };
        assert_eq!(marks("- id: greeting # here", 7, 0), "greeting");
        assert_eq!(marks("  wieght: 3", 3, 0), "wieght");
        assert_eq!(marks("sections:", 1, 0), "sections");
        assert_eq!(marks("{by: agent, any: [x]}", 6, 0), "agent");
        assert_eq!(
            marks("any: [\"how (can|may\", x]", 7, 0),
            "\"how (can|may\""
        );
        assert_eq!(marks("any: [\"how (can|may\", x]", 12, 1), "(");
        assert_eq!(marks("text: é grüßt: nein", 7, 0), "é grüßt");
        // Beyond the end of its line there is still a place to show.
        assert!(shown("a: 1\n", 1, 40, 0).contains("f.yaml:1:"));
        assert_eq!(shown("a: 1", 0, 0, 0), "error: it is wrong\n--> f.yaml");
        assert_eq!(shown("a: 1", 9, 1, 0), "error: it is wrong\n--> f.yaml");
    }

    #[test]
    fn a_file_of_cases_and_a_deep_one_are_refused_in_plain_words() {
        let refused = |text: &str| {
            crate::rubric::parse(text, "f.yaml")
                .unwrap_err()
                .to_string()
        };
        let cases = refused("rubric: human\ncases: []\n");
        assert!(
            cases.contains("`callibrate rubric test` runs them"),
            "{cases}"
        );
        let deep = refused(&format!(
            "sections: {}{}\n",
            "[".repeat(500),
            "]".repeat(500)
        ));
        assert!(deep.contains("nested too deep"), "{deep}");
        let wide = refused(&format!("phrases: {{a: [{}]}}\n", "x,".repeat(250_001)));
        assert!(
            wide.contains("too many values: 250,000 are the most"),
            "{wide}"
        );
        let aliased = refused(&format!(
            "phrases: {{a: [&a x, {}]}}\n",
            "*a ,".repeat(50_001)
        ));
        assert!(aliased.contains("too many aliases"), "{aliased}");
        assert!(aliased.ends_with("--> f.yaml"), "{aliased}");
    }

    #[test]
    fn only_near_words_are_suggested() {
        let keys = [
            "yes_when",
            "applies_when",
            "shown_when",
            "text",
            "why",
            "id",
        ];
        assert_eq!(nearest("yes_wehn", keys), Some("yes_when"));
        assert_eq!(nearest("aplies_when", keys), Some("applies_when"));
        assert_eq!(nearest("txet", keys), Some("text"));
        assert_eq!(
            nearest("longest_silence", ["longest_silence_ms"]),
            Some("longest_silence_ms")
        );
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("no", keys), None);
    }
}
