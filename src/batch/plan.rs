//! What there is to do: recordings, who and when, what is stored already.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::BatchError;
use super::store::Failure;
use crate::audio;
use crate::config::Settings;
use crate::recording::contacts::ContactTable;
use crate::recording::find::{self, FoundFile};
use crate::recording::key::{CustomerKey, key_path_outside};
use crate::recording::pattern::FilePattern;
use crate::recording::plan::{self as join, Matched, Planned, Scope};
use crate::recording::sidecar::{Sidecar, SidecarOptions};
use crate::recording::{CallMeta, RecordingFailure, content_key};
use crate::redaction;

/// A call whose recording can be read.
#[derive(Debug, Clone)]
pub struct PlannedCall {
    pub path: String,
    pub meta: CallMeta,
    pub audio_key: String,
    pub bytes: u64,
    /// As the header states it.
    pub stated_ms: Option<i64>,
}

impl PlannedCall {
    /// The length that is stated, or else what the file holds at 8 kbit/s, the least that MP3
    /// knows.
    pub fn longest_ms(&self) -> u64 {
        match self.stated_ms {
            Some(stated) => u64::try_from(stated).unwrap_or(0),
            None => self.bytes,
        }
    }
}

/// All that the recordings and what is known about them give.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Longest first, then by path: work ends about when the last core is done.
    pub calls: Vec<PlannedCall>,
    pub failures: Vec<Failure>,
    /// Worth a word to a person.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Length of all recordings together, as far as their headers tell.
    pub fn stated_ms(&self) -> i64 {
        self.calls.iter().filter_map(|c| c.stated_ms).sum()
    }
}

/// Recordings joined with what is known about them; nothing of them is read yet.
pub struct FoundCalls {
    calls: Vec<Planned>,
    failures: Vec<Failure>,
    warnings: Vec<String>,
}

/// Finds recordings and joins them with what is known about them.
///
/// # Errors
/// [`BatchError::Input`] for whatever a person has to mend first; its text carries the hint.
pub fn find_calls(settings: &Settings, key: &CustomerKey) -> Result<FoundCalls, BatchError> {
    let mut found = FoundCalls {
        calls: Vec::new(),
        failures: Vec::new(),
        warnings: Vec::new(),
    };
    let matched = matched(settings, key, &mut found)?;
    found
        .failures
        .extend(matched.failures.into_iter().map(failure_of));
    found.calls = matched.calls;
    if found.calls.is_empty() && found.failures.is_empty() {
        return Err(input(
            "find any recording",
            Some("check that the folder is mounted, and that --calls names the right table"),
        ));
    }
    Ok(found)
}

/// Reads the table of contacts, where there is one.
///
/// # Errors
/// [`BatchError::Input`] with all that is wrong with it.
pub fn read_contacts(
    settings: &Settings,
    key: &CustomerKey,
) -> Result<Option<ContactTable>, BatchError> {
    let Some(path) = &settings.contacts else {
        return Ok(None);
    };
    ContactTable::read(path, settings.zone.as_ref(), key)
        .map(Some)
        .map_err(|e| input(&super::worker::with_causes(&e), e.hint()))
}

/// A word about columns of the table of contacts that are not kept.
pub(super) fn unused_columns(contacts: &ContactTable) -> Option<String> {
    (!contacts.unused.is_empty()).then(|| {
        format!(
            "these columns of the table of contacts are not used: {}",
            contacts.unused.join(", ")
        )
    })
}

/// Reads content keys and headers.
pub fn read_calls(found: FoundCalls, pool: &rayon::ThreadPool) -> Plan {
    let mut plan = Plan {
        calls: Vec::new(),
        failures: found.failures,
        warnings: found.warnings,
    };
    let read: Vec<Result<PlannedCall, Box<Failure>>> =
        pool.install(|| found.calls.into_par_iter().map(read_call).collect());
    for call in read {
        match call {
            Ok(call) => plan.calls.push(call),
            Err(failure) => plan.failures.push(*failure),
        }
    }
    let length = |c: &PlannedCall| c.stated_ms.unwrap_or((c.bytes / 16) as i64);
    plan.calls
        .sort_by(|a, b| length(b).cmp(&length(a)).then_with(|| a.path.cmp(&b.path)));
    plan.failures.sort();
    plan
}

/// Something to mend, with what to do.
pub(super) fn input(message: &str, hint: Option<&str>) -> BatchError {
    BatchError::Input(match hint {
        Some(hint) => format!("{message}\n\nhint: {hint}"),
        None => message.to_string(),
    })
}

/// Whether a key may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// For writing hashes: made on first use.
    Make,
    /// For a look only: where there is no key yet, one is made up and forgotten.
    LookOnly,
}

/// The key that customers are hashed with.
pub fn customer_key(settings: &Settings, key_use: KeyUse) -> Result<CustomerKey, BatchError> {
    let error = |e: crate::recording::key::KeyError| {
        input(&super::worker::with_causes(&e), e.hint().as_deref())
    };
    let path = &settings.customer_key;
    key_path_outside(path, &settings.out).map_err(error)?;
    match key_use {
        KeyUse::LookOnly if !path.exists() => Ok(CustomerKey::from_bytes([0; 32])),
        KeyUse::LookOnly | KeyUse::Make => CustomerKey::load_or_create(path).map_err(error),
    }
}

fn matched(
    settings: &Settings,
    key: &CustomerKey,
    plan: &mut FoundCalls,
) -> Result<Matched, BatchError> {
    if settings.calls.is_some() && settings.file_names.is_some() {
        return Err(input(
            "choose between two sources: both a table of calls and a `file_names` pattern are set",
            Some("remove `calls` or `[file_names]` from callibrate.toml"),
        ));
    }
    let zone = settings.zone.as_ref();
    let found = if settings.recordings.is_empty() {
        None
    } else {
        let found = find::find(&settings.recordings)
            .map_err(|e| input(&super::worker::with_causes(&e), e.hint()))?;
        plan.failures.extend(
            found
                .unreadable
                .iter()
                .map(|unreadable| failure_of(RecordingFailure::from(unreadable))),
        );
        for link in &found.links_not_followed {
            plan.warnings.push(format!(
                "{} is a link to a folder and is not followed",
                link.display()
            ));
        }
        Some(found.files)
    };
    if let Some(calls) = &settings.calls {
        let options = SidecarOptions {
            zone,
            recordings_folder: only_folder(&settings.recordings),
            key,
        };
        let sidecar = Sidecar::read(calls, &options)
            .map_err(|e| input(&super::worker::with_causes(&e), e.hint()))?;
        let scope = match &found {
            None => Scope::Sidecar,
            Some(files) if settings.picked && !all_folders(&settings.recordings) => {
                Scope::Subset(files)
            }
            Some(files) => Scope::All(files),
        };
        return Ok(join::match_recordings(scope, &sidecar));
    }
    let Some(files) = found else {
        return Err(input(
            "go on: neither recordings nor a table of calls are named",
            Some(
                "name a folder of recordings and a table, e.g. `callibrate run recordings --calls calls.csv --out report`",
            ),
        ));
    };
    named_by_files(settings, &files, key)
}

fn named_by_files(
    settings: &Settings,
    files: &[FoundFile],
    key: &CustomerKey,
) -> Result<Matched, BatchError> {
    if let Some(names) = &settings.file_names {
        let pattern = FilePattern::new(
            &names.pattern,
            names.started_at_format.as_deref(),
            &names.defaults,
        )
        .map_err(|e| input(&super::worker::with_causes(&e), e.hint()))?;
        return Ok(join::name_recordings(
            files,
            &pattern,
            settings.zone.as_ref(),
            key,
        ));
    }
    // The usual place of a table: beside the recordings, or in the folder above.
    let beside = settings.recordings.iter().find_map(|folder| {
        [folder.join("calls.csv"), folder.join("../calls.csv")]
            .into_iter()
            .find(|path| path.is_file())
    });
    let hint = match beside {
        Some(path) => format!("there is a table in {}; name it with --calls", path.display()),
        None => "name a table with --calls calls.csv, or give a `file_names` pattern in callibrate.toml; `callibrate init` writes examples of both".to_string(),
    };
    Err(input("tell who took these calls and when", Some(&hint)))
}

fn only_folder(recordings: &[PathBuf]) -> Option<&Path> {
    match recordings {
        [folder] if folder.is_dir() => Some(folder),
        _ => None,
    }
}

fn all_folders(recordings: &[PathBuf]) -> bool {
    recordings.iter().all(|path| path.is_dir())
}

fn failure_of(failure: RecordingFailure) -> Failure {
    Failure {
        file: redaction::redact_text(&failure.file),
        call_id: failure.call_id,
        stage: "recording".to_string(),
        reason: failure.reason.as_str().to_string(),
        message: redaction::redact_text(&failure.message),
        hint: failure.hint,
    }
}

/// Reads a recording's content key and stated length. Sidecar texts are redacted here: from here
/// on everything about the call may be written.
fn read_call(planned: Planned) -> Result<PlannedCall, Box<Failure>> {
    let mut meta = planned.meta;
    meta.file = redaction::redact_text(&meta.file);
    for value in meta.extra.values_mut() {
        *value = redaction::redact_text(value);
    }
    let failed = |reason: &str, message: String, hint: &str| {
        Box::new(Failure {
            file: meta.file.clone(),
            call_id: Some(meta.call_id.clone()),
            stage: "recording".to_string(),
            reason: reason.to_string(),
            message,
            hint: Some(hint.to_string()),
        })
    };
    let Some(path) = planned.path.to_str() else {
        return Err(failed(
            "name_not_text",
            "the file's name is not valid UTF-8".to_string(),
            "rename the file",
        ));
    };
    let readable = content_key(&planned.path)
        .and_then(|key| Ok((key, std::fs::metadata(&planned.path)?.len())));
    match readable {
        Ok((audio_key, bytes)) => Ok(PlannedCall {
            path: path.to_string(),
            audio_key,
            bytes,
            stated_ms: stated_ms(&planned.path),
            meta,
        }),
        Err(e) => Err(failed(
            "unreadable",
            format!("cannot be read: {e}"),
            "check that the file is still there and that you may read it",
        )),
    }
}

/// What the header says; a header that cannot be read is the decoder's matter.
fn stated_ms(path: &Path) -> Option<i64> {
    std::panic::catch_unwind(|| audio::stated_length_ms(path).ok().flatten())
        .ok()
        .flatten()
}
