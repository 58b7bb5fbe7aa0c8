//! Transcripts of other tools, made into files in the canonical form that `score` takes.
//!
//! What is written is redacted as what is stored is, so that no file of ours has more than the
//! store would. The table of calls is asked where there is one: for the agent's channel, the
//! language and the names to look for. The store itself is not touched.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::BatchError;
use super::plan::{self, KeyUse};
use super::publish::PublishError;
use super::renew::Redaction;
use super::signals::Signals;
use super::store;
use super::worker::with_causes;
use crate::config::Settings;
use crate::limits::{self, TRANSCRIPT_BYTES};
use crate::recording::CallMeta;
use crate::recording::agents::Agents;
use crate::recording::sidecar::{Row, RowCall, Sidecar};
use crate::redaction::{redact_facts, redact_id, redact_text};
use crate::speech::AUTO;
use crate::transcript::import::{self, Choice, Draft, Format, ImportError};
use crate::transcript::{FORMAT, Transcript};

/// Endings of recordings, which some tools leave in the names of their transcripts.
const SOUND: [&str; 8] = [
    ".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a", ".mp4", ".gsm",
];
/// The longest name of a recording that becomes a file's name, in bytes.
const LONGEST_NAME: usize = 200;

/// Said where a call that cannot be imported is not in the table, which might have helped.
const NO_ROW: &str = "the table of calls has no row for this file: name the file by the call's id, or say \
                      it with --call";

/// What to import, and what a person says of it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub files: Vec<PathBuf>,
    /// Folder of the transcripts.
    pub to: PathBuf,
    /// Else it is told by each file's content.
    pub format: Option<Format>,
    /// The files are the channels of this one call, in order.
    pub call: Option<String>,
    /// Labels of the speakers that are the agent.
    pub agent_speakers: Vec<String>,
    /// Those that are the customer.
    pub customer_speakers: Vec<String>,
    /// Length of the recording; of one call only.
    pub recorded_ms: Option<i64>,
}

/// A transcript that was written.
#[derive(Debug)]
pub struct Written {
    /// Its file's name in the folder.
    pub name: String,
    pub format: Format,
    /// What each channel is.
    pub channels: Vec<String>,
    pub words: usize,
    pub recorded_ms: i64,
    /// Sentences without a full stop.
    pub notes: Vec<String>,
}

/// A file that was not imported, or a recording of one.
#[derive(Debug)]
pub struct Refused {
    /// A lower-case fragment with the file's name.
    pub message: String,
    pub hint: Option<&'static str>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    pub written: Vec<Written>,
    pub refused: Vec<Refused>,
    pub warnings: Vec<String>,
}

/// Imports files one after the other; one that cannot be used does not stop the others.
///
/// # Errors
/// Settings, keys and a table of calls that cannot be used, a folder that cannot be written to,
/// or a signal.
pub fn import(
    settings: &Settings,
    wanted: &Wanted,
    signals: &Signals,
) -> Result<Report, BatchError> {
    // The table's customers are not stored: no key of theirs has to last.
    let key = plan::customer_key(settings, KeyUse::LookOnly)?;
    let redaction = plan::redaction(settings, &key, KeyUse::Make)?;
    let agents = plan::agents(settings, KeyUse::Rehearse)?;
    let sidecar = match &settings.calls {
        Some(calls) => Some(plan::read_sidecar(settings, calls, &key, agents.as_ref())?),
        None => None,
    };
    let mut importer = Importer {
        settings,
        wanted,
        redaction: &redaction,
        agents: agents.as_ref(),
        rows: rows(sidecar.as_ref()),
        names: BTreeSet::new(),
        report: Report::default(),
    };
    if sidecar.is_none() {
        importer.report.warnings.push(
            "without a table of calls (--calls), names of customers are masked only where the talk \
             itself gives them away"
                .to_string(),
        );
    }
    if let Some(call) = &wanted.call {
        importer.one_call(call)?;
        return Ok(importer.report);
    }
    for file in &wanted.files {
        if let Some(signal) = signals.received() {
            return Err(PublishError::Signal(signal).into());
        }
        importer.file(file)?;
    }
    Ok(importer.report)
}

/// Rows of the table by the call's id.
fn rows(sidecar: Option<&Sidecar>) -> BTreeMap<&str, &Row> {
    let rows = sidecar.into_iter().flat_map(|sidecar| &sidecar.rows);
    rows.filter_map(|row| match &row.call {
        RowCall::Complete(meta) => Some((meta.call_id.as_str(), row)),
        RowCall::Incomplete { call_id, .. } => Some((call_id.as_deref()?, row)),
    })
    .collect()
}

struct Importer<'a> {
    settings: &'a Settings,
    wanted: &'a Wanted,
    redaction: &'a Redaction,
    agents: Option<&'a Agents>,
    rows: BTreeMap<&'a str, &'a Row>,
    /// Files that were written.
    names: BTreeSet<String>,
    report: Report,
}

impl Importer<'_> {
    fn file(&mut self, file: &Path) -> Result<(), BatchError> {
        let Some((format, drafts)) = self.read(file) else {
            return Ok(());
        };
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        for draft in drafts {
            let id = match &draft.name {
                Some(name) => self.call_id(name),
                None => self.call_id(&stem),
            };
            self.write(file, format, draft, &id)?;
        }
        Ok(())
    }

    /// All files as the channels of one call.
    fn one_call(&mut self, id: &str) -> Result<(), BatchError> {
        let mut channels = Vec::with_capacity(self.wanted.files.len());
        let mut first = None;
        for file in &self.wanted.files {
            let Some((format, mut drafts)) = self.read(file) else {
                return Ok(());
            };
            if drafts.len() != 1 {
                self.refuse(file, &ImportError::SeveralRecordings(drafts.len()));
                return Ok(());
            }
            first.get_or_insert((file, format));
            channels.append(&mut drafts);
        }
        let Some((file, format)) = first else {
            return Ok(());
        };
        let draft = match channels.len() {
            1 => channels.remove(0),
            _ => match Draft::of_channels(channels) {
                Ok(draft) => draft,
                Err(error) => {
                    self.refuse(file, &error);
                    return Ok(());
                }
            },
        };
        let id = self.call_id(id);
        self.write(file, format, draft, &id)
    }

    fn read(&mut self, file: &Path) -> Option<(Format, Vec<Draft>)> {
        let bytes = match limits::read(file, TRANSCRIPT_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!("read {}: {error}", self.shown(file));
                self.report.refused.push(Refused {
                    message,
                    hint: limits::hint(&error),
                });
                return None;
            }
        };
        match import::read(&bytes, self.wanted.format) {
            Ok(read) => Some(read),
            Err(error) => {
                self.refuse(file, &error);
                None
            }
        }
    }

    /// The id under which the table of calls has a recording of this name, or the name itself.
    fn call_id(&self, name: &str) -> String {
        let lower = name.to_ascii_lowercase();
        let bare = SOUND
            .iter()
            .find(|ending| lower.len() > ending.len() && lower.ends_with(*ending))
            .map(|ending| &name[..name.len() - ending.len()]);
        for name in [Some(name), bare].into_iter().flatten() {
            let ids = match self.agents {
                Some(agents) => agents.call_ids(name),
                None => vec![name.to_string()],
            };
            let known = ids
                .into_iter()
                .find(|id| self.rows.contains_key(id.as_str()));
            if let Some(id) = known {
                return id;
            }
        }
        let name = bare.unwrap_or(name);
        self.agents
            .map_or_else(|| name.to_string(), |agents| agents.scrub_name(name))
    }

    fn write(
        &mut self,
        file: &Path,
        format: Format,
        draft: Draft,
        id: &str,
    ) -> Result<(), BatchError> {
        let row = self.rows.get(id).copied();
        let meta = row.and_then(|row| match &row.call {
            RowCall::Complete(meta) => Some(meta.as_ref()),
            RowCall::Incomplete { .. } => None,
        });
        let names = row.map_or(&[][..], |row| &row.names);
        let settings = self.settings.language.as_deref().filter(|l| *l != AUTO);
        let choice = Choice {
            agent_channel: meta.and_then(|meta: &CallMeta| meta.agent_channel),
            agent_speakers: &self.wanted.agent_speakers,
            customer_speakers: &self.wanted.customer_speakers,
            language: settings.or(meta.and_then(|meta| meta.language.as_deref())),
            recorded_ms: self.wanted.recorded_ms,
        };
        let imported = match draft.settle(&choice) {
            Ok(imported) => imported,
            Err(error) => {
                self.refuse(file, &error);
                let asks = matches!(
                    error,
                    ImportError::NoAgentChannel
                        | ImportError::NoLanguage
                        | ImportError::UnknownLanguage
                );
                let unlisted = asks && row.is_none() && !self.rows.is_empty();
                if let (true, Some(refused)) = (unlisted, self.report.refused.last_mut()) {
                    refused.hint = Some(NO_ROW);
                }
                return Ok(());
            }
        };
        let name = format!("{}.json", redact_id(id, names));
        let path = self.wanted.to.join(&name);
        if let Some(refused) = self.unfit(&name, &path) {
            let message = format!("import {}: {}", self.shown(file), refused.message);
            let hint = refused.hint;
            self.report.refused.push(Refused { message, hint });
            return Ok(());
        }
        let mut transcript = self.redaction.redact(imported.transcript, names);
        redact_facts(&mut transcript);
        store::write_json(&path, &transcript)?;
        let mut notes = imported.notes;
        if row.is_none() && !self.rows.is_empty() {
            notes.push("the table of calls has no row with this call id".to_string());
        }
        self.names.insert(name.clone());
        self.report.written.push(Written {
            name,
            format,
            channels: imported.channels,
            words: words(&transcript),
            recorded_ms: transcript.audio.recorded_ms,
            notes,
        });
        Ok(())
    }

    /// Why a transcript is not written under a name.
    fn unfit(&self, name: &str, path: &Path) -> Option<Refused> {
        let refused = |message: &str, hint| {
            Some(Refused {
                message: message.to_string(),
                hint: Some(hint),
            })
        };
        let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
        if name.contains(odd) || name.starts_with('.') || name.len() > LONGEST_NAME {
            return refused(
                "the name of its recording is no name for a file",
                "name the call with --call",
            );
        }
        if self.names.contains(name) {
            return refused(
                "another of these files is of the same call",
                "give channels of one call together, with --call; else import one of them",
            );
        }
        let mut start = Vec::new();
        let there = match limits::open(path) {
            Ok(file) => file.take(64).read_to_end(&mut start).is_ok(),
            Err(_) if path.symlink_metadata().is_ok() => true,
            Err(_) => return None,
        };
        let ours = format!("{{\"format\":\"{FORMAT}\"");
        if there && !start.starts_with(ours.as_bytes()) {
            return refused(
                "another file has the name of its transcript",
                "name another folder with --to",
            );
        }
        None
    }

    fn refuse(&mut self, file: &Path, error: &ImportError) {
        let message = format!("import {}: {}", self.shown(file), with_causes(error));
        self.report.refused.push(Refused {
            message,
            hint: error.hint(),
        });
    }

    /// A file's name as it may be told.
    fn shown(&self, file: &Path) -> String {
        let name = file.to_string_lossy();
        let name = self
            .agents
            .map_or_else(|| name.to_string(), |agents| agents.scrub_name(&name));
        crate::log::visible(&redact_text(&name))
    }
}

fn words(transcript: &Transcript) -> usize {
    let segments = transcript.channels.iter().flat_map(|c| &c.segments);
    segments.map(|segment| segment.words.len()).sum()
}
