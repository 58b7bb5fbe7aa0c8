//! The sidecar table: a CSV beside the recordings that says who and when.
//!
//! What is wrong with it is told all at once, with the line an editor shows. A row that lacks a
//! needed value is no error of the table: that one recording fails (see [`super::plan`]).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use thiserror::Error;

use super::agents::Agents;
use super::fields::{BadValue, Draft, Field, Setting};
use super::key::CustomerKey;
pub use super::table::Problem;
use super::table::{self, Record, TableError, whole_line};
use super::{CallMeta, CustomerName, canonical};
use crate::limits;
use crate::log::{visible, visible_path};
use crate::redaction::redact_note;

/// Columns that must be there. Needed values: all but `agent_channel`, which a mono recording
/// does not have. `team`, `queue` and `customer` may be left out.
const REQUIRED: [Field; 5] = [
    Field::CallId,
    Field::File,
    Field::Agent,
    Field::StartedAt,
    Field::AgentChannel,
];

/// More problems than this are counted, not listed.
pub(super) const LISTED: usize = 20;

/// Why a sidecar is refused.
#[derive(Debug, Error)]
pub enum SidecarError {
    #[error("read the sidecar {}: {source}", visible_path(path))]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "read the sidecar {}: it is {what}, not a CSV file",
        visible_path(path)
    )]
    NotCsv { path: PathBuf, what: &'static str },
    #[error("read the sidecar {}: {message}", visible_path(path))]
    TooMuch { path: PathBuf, message: String },
    /// Columns as the file has them, in its order.
    #[error(
        "read the sidecar {}: line {line} lacks the column{} {}; found {}",
        visible_path(path), if missing.len() == 1 { "" } else { "s" }, missing.join(", "), listed(found)
    )]
    MissingColumns {
        path: PathBuf,
        line: u64,
        missing: Vec<&'static str>,
        found: Vec<String>,
    },
    /// The first problems in the order of the lines, and how many more there are.
    #[error("read the sidecar {}:{}{}", visible_path(path), lines(problems), and_more(*more))]
    Problems {
        path: PathBuf,
        problems: Vec<Problem>,
        more: usize,
    },
}

impl SidecarError {
    fn of(path: &Path, error: TableError) -> Self {
        let path = path.to_owned();
        match error {
            TableError::Read(source) => Self::Read { path, source },
            TableError::NotCsv(what) => Self::NotCsv { path, what },
            TableError::TooMuch(message) => Self::TooMuch { path, message },
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            SidecarError::Read { source, .. }
                if source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                Some("let the user of the run read it")
            }
            SidecarError::Read { source, .. } => limits::hint(source),
            // The message says it.
            SidecarError::TooMuch { .. } => None,
            SidecarError::NotCsv { .. } => {
                Some("in the spreadsheet, save as \"CSV UTF-8 (comma delimited)\"")
            }
            SidecarError::MissingColumns { .. } => Some(
                "the first line names the columns: call_id,file,agent,team,queue,customer,started_at,agent_channel",
            ),
            SidecarError::Problems { .. } => {
                Some("mend these lines and run again; nothing was done yet")
            }
        }
    }
}

pub(super) fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    // Without a first line that names them, these are the values of a call.
    let names: Vec<String> = names.iter().map(|name| redact_note(name)).collect();
    visible(&names.join(", "))
}

pub(super) fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|p| format!("\n  {p}")).collect()
}

pub(super) fn and_more(more: usize) -> String {
    if more == 0 {
        return String::new();
    }
    format!("\n  and {more} more")
}

/// What a sidecar does not say itself.
#[derive(Debug, Clone, Copy)]
pub struct SidecarOptions<'a> {
    /// Zone of times without an offset, unless the row has its own.
    pub zone: Option<&'a TimeZone>,
    /// Where `file` is looked for if it is not to be found from the sidecar's own folder.
    pub recordings_folder: Option<&'a Path>,
    /// Hashes `customer` before it leaves this room.
    pub key: &'a CustomerKey,
    /// Makes pseudonyms of agents; without it they stand as they are.
    pub agents: Option<&'a Agents>,
}

/// A sidecar whose every value could be read.
#[derive(Debug, Clone)]
pub struct Sidecar {
    pub path: PathBuf,
    /// How the bytes were read, worth a word where it is not UTF-8.
    pub encoding: &'static str,
    /// In the file's order; call ids and files occur once each.
    pub rows: Vec<Row>,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    pub line: u64,
    /// As written, with `/` between folders, but for the agent's id where agents have pseudonyms;
    /// empty where the cell is.
    pub file: String,
    /// Absolute, links followed as far as it exists; `None` where the cell is empty.
    pub path: Option<PathBuf>,
    /// For the redactor, never for a table.
    pub names: Vec<CustomerName>,
    pub call: RowCall,
}

/// What a row says about its call.
#[derive(Debug, Clone)]
pub enum RowCall {
    Complete(Box<CallMeta>),
    /// Columns without the value that every call needs.
    Incomplete {
        call_id: Option<String>,
        missing: Vec<&'static str>,
    },
}

impl Sidecar {
    /// Reads a whole sidecar.
    ///
    /// # Errors
    /// [`SidecarError`]: an unreadable file, a missing column, or all that is wrong with the
    /// rows: a call id or file that occurs twice, a value that cannot be read, a line with more
    /// cells than columns, a quotation mark without its partner.
    pub fn read(path: &Path, options: &SidecarOptions<'_>) -> Result<Self, SidecarError> {
        let table = table::read(path).map_err(|error| SidecarError::of(path, error))?;
        let records = &table.records;
        let mut reader = RowReader {
            columns: Columns::new(path, records.first())?,
            folder: path.parent().unwrap_or(Path::new("")),
            second_folder: options.recordings_folder,
            setting: Setting {
                zone: options.zone,
                key: options.key,
                agents: options.agents,
                started_at_format: None,
            },
            call_ids: BTreeMap::new(),
            files: BTreeMap::new(),
            problems: table.problems,
        };
        reader.check_header();
        let rows: Vec<Row> = records
            .iter()
            .skip(1)
            .filter_map(|record| reader.row(record))
            .collect();
        let mut problems = reader.problems;
        if problems.is_empty() {
            return Ok(Self {
                path: path.to_owned(),
                encoding: table.encoding,
                rows,
            });
        }
        problems.sort_by_key(|problem| problem.line);
        let more = problems.len().saturating_sub(LISTED);
        problems.truncate(LISTED);
        Err(SidecarError::Problems {
            path: path.to_owned(),
            problems,
            more,
        })
    }
}

/// What each column of the header is.
struct Columns {
    line: u64,
    kinds: Vec<Column>,
}

enum Column {
    Known(Field),
    Extra(String),
    /// Excel leaves empty columns at the right; nothing may stand in them.
    Unnamed,
}

impl Columns {
    fn new(path: &Path, header: Option<&Record>) -> Result<Self, SidecarError> {
        let line = header.map_or(1, |header| header.line);
        let names: Vec<&str> = header
            .into_iter()
            .flat_map(|header| header.cells.iter().map(|name| name.trim()))
            .collect();
        let kinds: Vec<Column> = names
            .iter()
            .map(|name| match Field::from_name(name) {
                Some(field) => Column::Known(field),
                None if name.is_empty() => Column::Unnamed,
                None => Column::Extra((*name).to_owned()),
            })
            .collect();
        let missing: Vec<_> = REQUIRED
            .into_iter()
            .filter(|field| {
                !kinds
                    .iter()
                    .any(|kind| matches!(kind, Column::Known(known) if known == field))
            })
            .map(Field::name)
            .collect();
        if missing.is_empty() {
            return Ok(Self { line, kinds });
        }
        Err(SidecarError::MissingColumns {
            path: path.to_owned(),
            line,
            missing,
            found: names
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| (*name).to_owned())
                .collect(),
        })
    }

    /// Names that occur twice, in any case.
    fn doubled(&self) -> Vec<String> {
        let names: Vec<String> = self
            .kinds
            .iter()
            .filter_map(|kind| match kind {
                Column::Known(field) => Some(field.name().to_owned()),
                Column::Extra(name) => Some(name.to_lowercase()),
                Column::Unnamed => None,
            })
            .collect();
        let mut seen = BTreeSet::new();
        names
            .into_iter()
            .filter(|name| !seen.insert(name.clone()))
            .collect()
    }
}

/// Turns records into rows and collects what is wrong with them.
struct RowReader<'a> {
    columns: Columns,
    folder: &'a Path,
    second_folder: Option<&'a Path>,
    setting: Setting<'a>,
    /// The line of each call id and of each file so far.
    call_ids: BTreeMap<String, u64>,
    files: BTreeMap<PathBuf, u64>,
    problems: Vec<Problem>,
}

impl RowReader<'_> {
    fn check_header(&mut self) {
        let line = self.columns.line;
        for name in self.columns.doubled() {
            self.problems
                .push(whole_line(line, format!("the column {name} occurs twice")));
        }
    }

    fn row(&mut self, record: &Record) -> Option<Row> {
        let Some(mut draft) = self.draft(record) else {
            self.problems.push(whole_line(
                record.line,
                "a value stands right of the last named column; a value that holds the delimiter needs quotation marks",
            ));
            return None;
        };
        let file = draft.get(Field::File).map(str::to_owned);
        let (mut file, path) = match file {
            None => (String::new(), None),
            Some(file) => self.locate(&file, record.line)?,
        };
        draft.set_file(&file);
        let mut call_id = draft.get(Field::CallId).map(str::to_owned);
        self.note_once(record.line, call_id.as_deref(), path.as_deref());
        if let (Some(agents), Some(agent)) = (self.setting.agents, draft.get(Field::Agent)) {
            file = agents.without(agent, &file);
            call_id = call_id.map(|id| agents.without(agent, &id));
        }

        // A file's name may have a line break in it, if there is such a file.
        let exists = || path.as_deref().is_some_and(Path::exists);
        let mut bad: Vec<BadValue> = draft
            .several_lines()
            .filter(|value| value.field != Field::File || !exists())
            .collect();
        let reading = match draft.read(&self.setting) {
            Ok(reading) if bad.is_empty() => reading,
            read => {
                bad.extend(read.err().into_iter().flatten());
                self.problems.extend(bad.into_iter().map(|value| Problem {
                    line: record.line,
                    column: Some(value.field.name().to_owned()),
                    message: value.message,
                }));
                return None;
            }
        };
        Some(Row {
            line: record.line,
            file,
            path,
            names: reading.names,
            call: match reading.call {
                Ok(meta) => RowCall::Complete(Box::new(meta)),
                Err(missing) => RowCall::Incomplete { call_id, missing },
            },
        })
    }

    /// The record's cells by name; cells that Excel left out at the end of a line are empty.
    /// `None` where a value stands in no column.
    fn draft(&self, record: &Record) -> Option<Draft> {
        let mut draft = Draft::default();
        let width = record.cells.len().max(self.columns.kinds.len());
        for index in 0..width {
            let cell = record.cell(index);
            match self.columns.kinds.get(index) {
                _ if cell.is_empty() => {}
                Some(Column::Known(Field::File)) => draft.set_file(&record.cells[index]),
                Some(Column::Known(field)) => draft.set(*field, cell),
                Some(Column::Extra(name)) => {
                    draft.extra.insert(name.clone(), cell.to_owned());
                }
                Some(Column::Unnamed) | None => return None,
            }
        }
        Some(draft)
    }

    /// A file as written to its place. Windows' `\` counts as `/` unless such a file exists.
    fn locate(&mut self, file: &str, line: u64) -> Option<(String, Option<PathBuf>)> {
        let (file, place) = self.place(file);
        match canonical(&place) {
            Ok(path) => Some((file, Some(path))),
            Err(error) => {
                self.problems.push(Problem {
                    line,
                    column: Some(Field::File.name().to_owned()),
                    message: format!("\"{file}\" cannot be looked up: {error}"),
                });
                None
            }
        }
    }

    /// The file with `/` between folders, and where it is: from the sidecar's own folder, or else
    /// from the recordings' one. Blanks around a name, and `\`, are part of it only where there is
    /// just such a file.
    fn place(&self, file: &str) -> (String, PathBuf) {
        let trimmed = file.trim();
        let slashed = trimmed.replace('\\', "/");
        for name in [file, trimmed, &slashed] {
            let folders = std::iter::once(self.folder).chain(self.second_folder);
            let mut places = folders.map(|folder| folder.join(name));
            if let Some(place) = places.find(|place| place.exists()) {
                return (name.to_owned(), place);
            }
        }
        let place = self.second_folder.unwrap_or(self.folder).join(&slashed);
        (slashed, place)
    }

    /// Complains where another line has the same call id or the same file.
    fn note_once(&mut self, line: u64, call_id: Option<&str>, path: Option<&Path>) {
        let same_id = call_id.and_then(|id| first_line(&mut self.call_ids, id.to_owned(), line));
        if let (Some(first), Some(id)) = (same_id, call_id) {
            self.problems.push(Problem {
                line,
                column: Some(Field::CallId.name().to_owned()),
                message: format!("\"{id}\" is already in line {first}; each call has its own id"),
            });
        }
        let same_file = path.and_then(|path| first_line(&mut self.files, path.to_owned(), line));
        if let Some(first) = same_file {
            self.problems.push(Problem {
                line,
                column: Some(Field::File.name().to_owned()),
                message: format!("line {first} already names this file; each call has its own"),
            });
        }
    }
}

/// The line where this was seen before, if it was.
fn first_line<K: Ord>(seen: &mut BTreeMap<K, u64>, key: K, line: u64) -> Option<u64> {
    match seen.entry(key) {
        Entry::Occupied(earlier) => Some(*earlier.get()),
        Entry::Vacant(vacant) => {
            vacant.insert(line);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Direction;
    use crate::recording::when::zone_by_name;

    use encoding_rs::WINDOWS_1252;

    const HEADER: &str = "call_id,file,agent,started_at,agent_channel";

    fn read(bytes: &[u8]) -> Result<Sidecar, SidecarError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.csv");
        std::fs::write(&path, bytes).unwrap();
        let zone = zone_by_name("Europe/Berlin").unwrap();
        let key = CustomerKey::from_bytes(*b"whats the Elvish word for friend");
        Sidecar::read(
            &path,
            &SidecarOptions {
                zone: Some(&zone),
                recordings_folder: None,
                key: &key,
                agents: None,
            },
        )
    }

    fn problems(text: &str) -> Vec<String> {
        match read(text.as_bytes()) {
            Err(SidecarError::Problems { problems, .. }) => {
                problems.iter().map(ToString::to_string).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn meta(row: &Row) -> &CallMeta {
        match &row.call {
            RowCall::Complete(meta) => meta,
            RowCall::Incomplete { .. } => panic!("{row:?}"),
        }
    }

    #[test]
    fn reads_what_excel_writes() {
        let text = "Call_ID;File;Agent;Team;Queue;Customer;Started_At;Agent_Channel; Direction ;Timezone;Talk_s;Hinweis;;\r\n\
            c1;rec\\a.wav;\"Müller; Jörg\";;Süd;4711;2026-03-09 10:15;left;Inbound;;185;\"zwei\r\nZeilen\";;\r\n\
            c2;b.wav;Özil;T1;;;2026-03-09T10:15:00-04:00;1;;America/New_York\r\n\
            ;;;;;;;;;;;;;\r\n";
        let mut with_bom = b"\xEF\xBB\xBF".to_vec();
        with_bom.extend(text.as_bytes());
        let windows = WINDOWS_1252.encode(text).0.into_owned();
        let mut utf16 = b"\xFF\xFE".to_vec();
        utf16.extend(
            text.replace(';', "\t")
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        );
        let old_excel = format!("sep=;\r\n{text}");
        for (bytes, encoding, shift) in [
            (with_bom, "UTF-8", 0),
            (windows, "windows-1252", 0),
            (old_excel.into_bytes(), "UTF-8", 1),
        ] {
            let sidecar = read(&bytes).unwrap();
            assert_eq!(sidecar.encoding, encoding);
            let [first, second] = &sidecar.rows[..] else {
                panic!("{sidecar:?}")
            };
            assert_eq!((first.line, second.line), (2 + shift, 4 + shift));
            assert_eq!(first.file, "rec/a.wav");
            assert!(first.path.as_ref().unwrap().ends_with("rec/a.wav"));
            let (one, two) = (meta(first), meta(second));
            assert_eq!(one.agent, "Müller; Jörg");
            assert_eq!(
                (one.team.as_deref(), one.queue.as_deref()),
                (None, Some("Süd"))
            );
            assert_eq!(one.agent_channel, Some(0));
            assert_eq!(one.direction, Some(Direction::Inbound));
            assert_eq!(one.talk_s, Some(185));
            assert_eq!(one.extra["Hinweis"], "zwei\r\nZeilen");
            assert_eq!(one.started_at.zone, "Europe/Berlin");
            assert_eq!(two.agent_channel, Some(1));
            assert_eq!(two.started_at.zone, "America/New_York");
            assert!(two.extra.is_empty());
        }
        let tabbed = read(&utf16).unwrap();
        assert_eq!(tabbed.encoding, "UTF-16LE");
        assert_eq!(meta(&tabbed.rows[1]).agent, "Özil");
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        // Quoted and blank lines before the bad ones, with every kind of line end.
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                &format!("{HEADER},note"),
                "c1,a.wav,Ann,2026-03-09 10:15,left,\"one",
                "two",
                "\"",
                "",
                "",
                "c2,b.wav,Ann,2026-03-09 10:15,centre,",
                "c1,c.wav,Ann,03/09/2026 10:15,,",
            ]
            .join(end);
            let found = problems(&text);
            assert_eq!(found.len(), 3, "{found:?}");
            assert!(found[0].starts_with("line 7, agent_channel: \"centre\" is not left"));
            assert!(found[1].starts_with("line 8, call_id: \"c1\" is already in line 2"));
            assert!(found[2].starts_with("line 8, started_at: \"03/09/2026 10:15\" may be"));
        }
    }

    #[test]
    fn missing_columns_are_named_beside_those_found() {
        let error = read(b"id;file;agent;started_at\nc1;a.wav;Ann;2026-03-09 10:15\n").unwrap_err();
        let text = error.to_string();
        assert!(
            text.ends_with(
                "line 1 lacks the columns call_id, agent_channel; found id, file, agent, started_at"
            ),
            "{text}"
        );
        assert!(
            matches!(read(b""), Err(SidecarError::MissingColumns { found, .. }) if found.is_empty())
        );
        let spreadsheet = read(b"PK\x03\x04rest").unwrap_err();
        assert!(spreadsheet.hint().unwrap().contains("CSV UTF-8"));
    }

    #[test]
    fn every_bad_value_is_told_at_once() {
        let text = format!(
            "{HEADER},customer,direction,talk_s,timezone,first_communication,language\n\
             c1,a.wav,Ann,2026-02-30 10:15,left,,sideways,-3,,maybe,English\n\
             c2,./a.wav,Ann,2026-03-09 10:15,left,4.71E+12,,,Mars/Olympus,,\n\
             c3,b.wav,Ann,2026-03-09 10:15,left,,,,,,,stray\n"
        );
        let found = problems(&text);
        let expected = [
            "line 2, started_at: \"2026-02-30 10:15\"",
            "line 2, direction: \"sideways\"",
            "line 2, first_communication: \"maybe\"",
            "line 2, language: \"English\"",
            "line 2, talk_s: \"-3\"",
            "line 3, file: line 2 already names this file",
            "line 3, customer: is a number that a spreadsheet has rounded",
            "line 3, timezone: \"Mars/Olympus\"",
            "line 4: a value stands right of the last named column",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (problem, start) in found.iter().zip(expected) {
            assert!(problem.starts_with(start), "{problem}");
            assert!(!problem.contains("4.71E"), "a customer's id in a message");
        }

        let many: String = (0..30)
            .map(|i| format!("c{i},{i}.wav,Ann,soon,\n"))
            .collect();
        let error = read(format!("{HEADER}\n{many}").as_bytes()).unwrap_err();
        assert!(error.to_string().ends_with("and 10 more"), "{error}");
    }

    #[test]
    fn torn_tables_are_refused() {
        let open = format!("{HEADER}\nc1,a.wav,\"Ann,2026-03-09 10:15,left\nc2,b.wav,Bob,,\n");
        assert_eq!(
            problems(&open),
            ["line 2: a quotation mark opens here and never closes"]
        );
        let cut = format!("{HEADER}\nc1,a.wav,Ann,2026-03-09 10:15,left\nc2,b.wav,Bo");
        assert!(problems(&cut)[0].starts_with("line 3: the file ends in the middle"));
        // A later quotation mark closes the open one, and two rows would pass for one.
        let merged = format!(
            "{HEADER}\nc1,a.wav,\"Ann,2026-03-09 10:15,left\nc2,b.wav,\"Bob\",2026-03-09 10:15,left\n\
             c3,c.wav,Ann,2026-03-09 10:15,left\n"
        );
        assert_eq!(
            problems(&merged),
            ["line 2, agent: runs over several lines; is a quotation mark missing?"]
        );
        let twice = format!("{HEADER},Agent\nc1,a.wav,Ann,2026-03-09 10:15,left,Bob\n");
        assert_eq!(problems(&twice), ["line 1: the column agent occurs twice"]);
    }

    #[test]
    fn an_empty_needed_cell_fails_one_recording_only() {
        let text = format!("{HEADER}\nc1,a.wav, ,,left\n,b.wav,Ann,2026-03-09 10:15,\n");
        let sidecar = read(text.as_bytes()).unwrap();
        let RowCall::Incomplete { call_id, missing } = &sidecar.rows[0].call else {
            panic!("{sidecar:?}")
        };
        assert_eq!(call_id.as_deref(), Some("c1"));
        assert_eq!(missing, &["agent", "started_at"]);
        let RowCall::Incomplete { call_id, missing } = &sidecar.rows[1].call else {
            panic!("{sidecar:?}")
        };
        assert_eq!((call_id, &missing[..]), (&None, &["call_id"][..]));
    }

    #[test]
    fn neither_id_nor_name_of_a_customer_gets_out() {
        let text = format!(
            "{HEADER},customer,customer_name\nc1,a.wav,Ann,2026-03-09 10:15,left,4711,Erika Muster\n"
        );
        let sidecar = read(text.as_bytes()).unwrap();
        let row = &sidecar.rows[0];
        let name = &row.names[0];
        assert_eq!(name.expose(), "Erika Muster");
        let key = CustomerKey::from_bytes(*b"whats the Elvish word for friend");
        assert_eq!(meta(row).customer, Some(key.customer_hash("4711")));
        let written = serde_json::to_string(meta(row)).unwrap();
        for shown in [written, format!("{sidecar:?}")] {
            assert!(
                !shown.contains("Muster") && !shown.contains("4711"),
                "{shown}"
            );
        }
    }
}
