//! What is said beside the results: one door to standard error, as text for people or as one line
//! of JSON per event for machines.
//!
//! Which of the two is a matter of the whole process and is settled once. Texts from outside
//! (names of files, ids, what was said in a call) may hold characters that steer a terminal or
//! turn the direction of a line. [`visible`] shows such a text within a sentence; and whatever
//! comes to the door, nothing but line feeds and tabs gets through it as it is. In tables they
//! stay as they are: those are data. Card numbers and what else tells itself by its written form
//! ([`redact_text`]) get through as placeholders, whoever sends them.
//!
//! Left out on purpose: files, rotation and levels to choose from, which the system's journal has.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serializer};
use serde_json::Value;

use crate::panics;
use crate::redaction::redact_text;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    Text,
    Json,
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Form::Text),
            "json" => Ok(Form::Json),
            _ => Err("it is text or json".to_string()),
        }
    }
}

static FORM: OnceLock<Form> = OnceLock::new();
static COMMAND: OnceLock<Command> = OnceLock::new();

/// The command of this process.
struct Command {
    name: String,
    started: Instant,
}

/// A command begins; `form` is what the command line says of it.
pub fn begin(command: &str, form: Option<Form>) {
    std::panic::set_hook(Box::new(|panic| {
        Event::error("error").say(&panics::in_words(panic));
    }));
    let _ = COMMAND.set(Command {
        name: command.to_string(),
        started: Instant::now(),
    });
    if let Some(form) = form {
        settle(form);
    }
}

/// What the settings say. The command line wins.
pub fn settle(form: Form) {
    if FORM.set(form).is_err() || form == Form::Text {
        return;
    }
    let Some(command) = COMMAND.get() else { return };
    Event::info("started")
        .with("command", command.name.as_str())
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("process", std::process::id())
        .say_in_json(&format!("callibrate {} started", command.name));
}

/// The command is at its end.
pub fn finish(exit_code: u8) {
    let Some(command) = COMMAND.get() else { return };
    let level = match exit_code {
        0 => Level::Info,
        1 => Level::Warning,
        _ => Level::Error,
    };
    Event::new(level, "finished")
        .with("command", command.name.as_str())
        .with("exit_code", exit_code)
        .with("wall_ms", command.started.elapsed().as_millis() as u64)
        .say_in_json(&format!(
            "callibrate {} ended with exit code {exit_code}",
            command.name
        ));
}

/// Whether events are written as JSON.
pub fn is_json() -> bool {
    FORM.get() == Some(&Form::Json)
}

/// Something that a person should know, and that stops nothing.
pub fn warning(message: impl fmt::Display) {
    let message = message.to_string();
    Event::warning("warning").say_as(&message, &format!("warning: {message}"));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Info,
    Warning,
    Error,
}

/// Something that happened, with its facts.
#[derive(Debug)]
pub struct Event {
    level: Level,
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
}

impl Event {
    fn new(level: Level, name: &'static str) -> Self {
        Self {
            level,
            name,
            fields: Vec::new(),
        }
    }

    pub fn info(name: &'static str) -> Self {
        Self::new(Level::Info, name)
    }

    pub fn warning(name: &'static str) -> Self {
        Self::new(Level::Warning, name)
    }

    pub fn error(name: &'static str) -> Self {
        Self::new(Level::Error, name)
    }

    /// A fact, for JSON alone; nothing where there is none.
    pub fn with(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.fields.push((field, value));
        }
        self
    }

    /// Says it in the same words as text and as JSON.
    pub fn say(self, message: &str) {
        self.say_as(message, message);
    }

    /// Says it where JSON is written; a person sees it otherwise, or needs no word.
    pub fn say_in_json(self, message: &str) {
        if is_json() {
            write(&self.line(Timestamp::now(), message));
        }
    }

    /// Says it in JSON with this message, or else as this text.
    pub fn say_as(self, message: &str, text: &str) {
        if is_json() {
            write(&self.line(Timestamp::now(), message));
        } else {
            write(&shown(text));
        }
    }

    fn line(&self, now: Timestamp, message: &str) -> String {
        let level = match self.level {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let head = [
            ("time", Value::from(format!("{now:.3}"))),
            ("level", Value::from(level)),
            ("event", Value::from(self.name)),
            ("message", Value::from(message)),
        ];
        let mut json = Vec::new();
        serde_json::Serializer::new(&mut json)
            .collect_map(head.iter().chain(&self.fields).map(|(k, v)| (k, v)))
            .expect("texts and numbers are JSON");
        json_shown(&String::from_utf8(json).expect("JSON is UTF-8"))
    }
}

/// One line, whole. Where nobody listens any more, there is nobody to tell.
fn write(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// A text from outside as it can stand within a line: what would break the line, steer a terminal
/// or turn the direction of writing is shown as its code.
pub fn visible(text: &str) -> String {
    escaped(text, steers, |c| c.escape_default().to_string())
}

/// A value from outside as [`visible`] text of bounded length, for messages that quote it.
pub fn brief(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => visible(&text[..end]) + "…",
        None => visible(text),
    }
}

/// A path as [`visible`] text.
pub fn visible_path(path: &Path) -> String {
    visible(&path.display().to_string())
}

/// What may be shown of a text of several lines.
pub fn shown(text: &str) -> String {
    harmless(&redact_text(text))
}

/// The same of JSON: what it holds as texts. Its numbers are ours.
pub fn json_shown(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let (before, text) = rest.split_at(start + 1);
        let mut escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let (text, after) = text.split_at(end.unwrap_or(text.len()));
        out.push_str(before);
        out.push_str(&redact_text(text));
        // With its closing quotation mark, so that the next one found opens a text.
        let (close, after) = after.split_at(after.len().min(1));
        out.push_str(close);
        rest = after;
    }
    out.push_str(rest);
    json_harmless(&out)
}

/// A text of several lines that can be shown on a terminal.
pub fn harmless(text: &str) -> String {
    let steers = |c| steers(c) && !matches!(c, '\n' | '\t');
    escaped(text, steers, |c| c.escape_default().to_string())
}

/// JSON with the same meaning that can be shown on a terminal.
pub fn json_harmless(json: &str) -> String {
    // Within a text JSON has escaped line feeds already; between its parts they are its layout.
    let steers = |c| steers(c) && c != '\n';
    escaped(json, steers, |c| format!("\\u{:04x}", u32::from(c)))
}

fn escaped(text: &str, steers: impl Fn(char) -> bool, code: impl Fn(char) -> String) -> String {
    if !text.chars().any(&steers) {
        return text.to_string();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            shown.push_str(&code(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character steers a terminal, breaks a line or turns the direction of writing.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[31m\"\\\n\t\r\u{7f}\u{9b}\u{202e}\u{2067}\u{61c}é";

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            visible(HOSTILE),
            "a\\u{1b}[31m\"\\\\n\\t\\r\\u{7f}\\u{9b}\\u{202e}\\u{2067}\\u{61c}é"
        );
        assert_eq!(
            harmless(HOSTILE),
            "a\\u{1b}[31m\"\\\n\t\\r\\u{7f}\\u{9b}\\u{202e}\\u{2067}\\u{61c}é"
        );
        assert_eq!(visible("Ünïcode שלום 日本"), "Ünïcode שלום 日本");
    }

    #[test]
    fn no_card_gets_through() {
        let card = "4111 1111 1111 1111";
        assert_eq!(shown(&format!("read {card}\n")), "read [card number]\n");
        let event = Event::warning("call_failed")
            .with("file", card)
            .with("bytes", 4_111_111_111_111_111_i64)
            .with("dates", vec![card, "say \"4111111111111111\", \\"]);
        let line = event.line(Timestamp::UNIX_EPOCH, card);
        let read: Value = serde_json::from_str(&line).unwrap();
        for field in ["message", "file"] {
            assert_eq!(read[field], "[card number]");
        }
        let dates = ["[card number]", "say \"[card number]\", \\"];
        assert_eq!(read["dates"].as_array().unwrap(), &dates);
        assert_eq!(read["bytes"], 4_111_111_111_111_111_i64);
    }

    #[test]
    fn json_keeps_what_was_said_and_is_one_line() {
        let now = Timestamp::from_millisecond(1_772_438_400_120).unwrap();
        let event = Event::warning("call_failed")
            .with("call_id", HOSTILE)
            .with("hint", None::<String>)
            .with("done", 3);
        let line = event.line(now, HOSTILE);
        assert!(!line.chars().any(steers), "{line}");
        let start = r#"{"time":"2026-03-02T08:00:00.120Z","level":"warning","event":"call_failed","message":"a"#;
        assert!(line.starts_with(start), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["message"], HOSTILE);
        assert_eq!(read["call_id"], HOSTILE);
        assert_eq!(read["done"], 3);
        assert!(read.get("hint").is_none());
    }
}
