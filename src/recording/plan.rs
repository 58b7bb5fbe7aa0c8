//! Recordings joined with what is known about them: the calls of a run, and the recordings that
//! cannot take part, each with its reason. Whether a call was done before is the batch's matter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::agents::Agents;
use super::find::{FOLLOW_THEM, Found, FoundFile};
use super::key::CustomerKey;
use super::pattern::FilePattern;
use super::sidecar::{Row, RowCall, Sidecar};
use super::{CallMeta, CustomerName, FailureReason, RecordingFailure};

/// A call that can be worked on.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Where the recording is.
    pub path: PathBuf,
    pub meta: CallMeta,
    /// For the redactor, never for a table.
    pub names: Vec<CustomerName>,
}

/// Which recordings a run is about.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Those that the sidecar names; it alone was given.
    Sidecar,
    /// All of these; a row without one of them is a failure.
    All(&'a Found),
    /// Some that a person picked; rows of others are left aside.
    Subset(&'a [FoundFile]),
}

/// The calls of a run and what cannot take part. No calls and no failures at all means that no
/// recording was found, which the caller must not take for success.
#[derive(Debug, Clone, Default)]
pub struct Matched {
    /// Sorted by the bytes of their paths.
    pub calls: Vec<Planned>,
    /// Sorted by file.
    pub failures: Vec<RecordingFailure>,
    /// Rows left aside, which only [`Scope::Subset`] does.
    pub rows_aside: usize,
}

impl Matched {
    fn sorted(mut self) -> Self {
        self.calls.sort_by(|a, b| {
            let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
            bytes(&a.path).cmp(&bytes(&b.path))
        });
        self.failures.sort();
        self
    }

    fn add(&mut self, outcome: Result<Planned, RecordingFailure>) {
        match outcome {
            Ok(call) => self.calls.push(call),
            Err(failure) => self.failures.push(failure),
        }
    }
}

/// Joins recordings with the rows of a sidecar, by where the files really are.
pub fn match_recordings(scope: Scope<'_>, sidecar: &Sidecar) -> Matched {
    let files = match scope {
        Scope::Sidecar => return rows_as_recordings(sidecar),
        Scope::All(found) => &found.files,
        Scope::Subset(files) => files,
    };
    let mut rows: BTreeMap<&Path, &Row> = sidecar
        .rows
        .iter()
        .filter_map(|row| Some((row.path.as_deref()?, row)))
        .collect();
    let mut matched = Matched::default();
    for file in files {
        matched.add(match rows.remove(file.canonical.as_path()) {
            Some(row) => planned(row, &file.path, sidecar),
            None => Err(no_row(file, sidecar)),
        });
    }
    let behind_link = |row: &Row| match (scope, &row.path) {
        (Scope::All(found), Some(path)) => found.is_behind_link(path),
        _ => false,
    };
    let nowhere = sidecar.rows.iter().filter(|row| row.path.is_none());
    let left = rows.into_values().chain(nowhere);
    if matches!(scope, Scope::Subset(_)) {
        matched.rows_aside = left.count();
    } else {
        matched
            .failures
            .extend(left.map(|row| match behind_link(row) {
                true => not_followed(row, sidecar),
                false => not_found(row, sidecar),
            }));
    }
    matched.sorted()
}

/// Asks each file's name who and when. Recordings that share a call id all fail: which of them
/// is the call cannot be known.
pub fn name_recordings(
    files: &[FoundFile],
    pattern: &FilePattern,
    zone: Option<&TimeZone>,
    key: &CustomerKey,
    agents: Option<&Agents>,
) -> Matched {
    let mut matched = Matched::default();
    let mut by_id: BTreeMap<String, Vec<Planned>> = BTreeMap::new();
    for file in files {
        match pattern.read(file, zone, key, agents) {
            Ok(call) => by_id
                .entry(call.meta.call_id.clone())
                .or_default()
                .push(call),
            Err(failure) => matched.failures.push(failure),
        }
    }
    for (_, calls) in by_id {
        let alone = calls.len() == 1;
        for call in calls {
            matched.add(if alone {
                Ok(call)
            } else {
                Err(shared_id(call))
            });
        }
    }
    matched.sorted()
}

fn rows_as_recordings(sidecar: &Sidecar) -> Matched {
    let mut matched = Matched::default();
    for row in &sidecar.rows {
        matched.add(match &row.path {
            Some(path) if path.is_file() => planned(row, path, sidecar),
            _ => Err(not_found(row, sidecar)),
        });
    }
    matched.sorted()
}

fn planned(row: &Row, path: &Path, sidecar: &Sidecar) -> Result<Planned, RecordingFailure> {
    match &row.call {
        RowCall::Complete(meta) => Ok(Planned {
            path: path.to_owned(),
            meta: meta.as_ref().clone(),
            names: row.names.clone(),
        }),
        RowCall::Incomplete { .. } => Err(incomplete(row, sidecar)),
    }
}

fn incomplete(row: &Row, sidecar: &Sidecar) -> RecordingFailure {
    let (call_id, missing) = match &row.call {
        RowCall::Complete(meta) => (Some(meta.call_id.clone()), Vec::new()),
        RowCall::Incomplete { call_id, missing } => (call_id.clone(), missing.clone()),
    };
    RecordingFailure {
        file: if row.file.is_empty() {
            format!("{}:{}", table_name(sidecar), row.line)
        } else {
            row.file.clone()
        },
        call_id,
        reason: FailureReason::MissingField,
        message: format!(
            "line {} of {} has no {}",
            row.line,
            table_name(sidecar),
            missing.join(" and no ")
        ),
        hint: Some(format!("fill in {}", missing.join(" and "))),
    }
}

/// A row whose recording is not there; a row that names none is incomplete.
fn not_found(row: &Row, sidecar: &Sidecar) -> RecordingFailure {
    if row.path.is_none() {
        return incomplete(row, sidecar);
    }
    RecordingFailure {
        file: row.file.clone(),
        call_id: match &row.call {
            RowCall::Complete(meta) => Some(meta.call_id.clone()),
            RowCall::Incomplete { call_id, .. } => call_id.clone(),
        },
        reason: FailureReason::FileNotFound,
        message: format!(
            "the recording that line {} of {} names is not among those found",
            row.line,
            table_name(sidecar)
        ),
        hint: Some(
            "paths are relative to the table, or to the recordings' folder where one is given"
                .into(),
        ),
    }
}

/// A row whose recording is there, and only a link leads to it.
fn not_followed(row: &Row, sidecar: &Sidecar) -> RecordingFailure {
    RecordingFailure {
        reason: FailureReason::LinkNotFollowed,
        message: format!(
            "the recording that line {} of {} names is behind a link that leads out of the \
             searched folder",
            row.line,
            table_name(sidecar)
        ),
        hint: Some(FOLLOW_THEM.into()),
        ..not_found(row, sidecar)
    }
}

fn no_row(file: &FoundFile, sidecar: &Sidecar) -> RecordingFailure {
    if file.path.to_str().is_none() {
        return RecordingFailure {
            file: file.name.clone(),
            call_id: None,
            reason: FailureReason::NameNotText,
            message: format!(
                "the file's name is not valid UTF-8, so that no row in {} can name it",
                table_name(sidecar)
            ),
            hint: Some("rename the file".into()),
        };
    }
    RecordingFailure {
        file: file.name.clone(),
        call_id: None,
        reason: FailureReason::NoRow,
        message: format!("no row in {}", table_name(sidecar)),
        hint: Some(
            "add a row; paths are relative to the table, or to the recordings' folder where one is given"
                .into(),
        ),
    }
}

fn shared_id(call: Planned) -> RecordingFailure {
    RecordingFailure {
        message: format!(
            "another recording has the call id \"{}\" too",
            call.meta.call_id
        ),
        file: call.meta.file,
        call_id: Some(call.meta.call_id),
        reason: FailureReason::DuplicateCallId,
        hint: Some("let the pattern's call_id group take in what tells the two apart".into()),
    }
}

fn table_name(sidecar: &Sidecar) -> String {
    sidecar.path.file_name().map_or_else(
        || sidecar.path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::find::{Links, find};
    use crate::recording::sidecar::SidecarOptions;
    use crate::recording::when::zone_by_name;
    use std::fs;

    fn key() -> CustomerKey {
        CustomerKey::from_bytes([7; 32])
    }

    /// `rec/a.wav` and `rec/b.wav` with rows, `rec/c.wav` without, a row without its file, and
    /// one that names none.
    fn centre() -> (tempfile::TempDir, Sidecar) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("rec")).unwrap();
        for name in ["a.wav", "b.wav", "c.wav"] {
            fs::write(folder.path().join("rec").join(name), name).unwrap();
        }
        let path = folder.path().join("calls.csv");
        let table = "call_id,file,agent,started_at,agent_channel,customer_name\n\
            c1,rec/../rec/a.wav,Ann,2026-03-09 10:15,left,Erika Muster\n\
            c2,rec/b.wav,,2026-03-09 10:15,left,\n\
            c3,rec/gone.wav,Ann,2026-03-09 10:15,left,\n\
            c4,,Ann,2026-03-09 10:15,left,\n";
        fs::write(&path, table).unwrap();
        let zone = zone_by_name("Europe/Berlin").unwrap();
        let options = SidecarOptions {
            zone: Some(&zone),
            recordings_folder: None,
            key: &key(),
            agents: None,
        };
        let sidecar = Sidecar::read(&path, &options).unwrap();
        (folder, sidecar)
    }

    fn reasons(matched: &Matched) -> Vec<(&str, FailureReason)> {
        let failures = matched.failures.iter();
        failures.map(|f| (f.file.as_str(), f.reason)).collect()
    }

    #[test]
    fn every_recording_and_every_row_is_accounted_for() {
        let (folder, sidecar) = centre();
        let found = find(&[folder.path().join("rec")], Links::Inside).unwrap();
        let matched = match_recordings(Scope::All(&found), &sidecar);
        assert_eq!(matched.calls.len(), 1);
        assert_eq!(matched.calls[0].meta.call_id, "c1");
        let name = &matched.calls[0].names[0];
        assert_eq!(name.expose(), "Erika Muster");
        assert_eq!(
            reasons(&matched),
            [
                ("c.wav", FailureReason::NoRow),
                ("calls.csv:5", FailureReason::MissingField),
                ("rec/b.wav", FailureReason::MissingField),
                ("rec/gone.wav", FailureReason::FileNotFound),
            ]
        );
        assert_eq!(matched.failures[0].message, "no row in calls.csv");
        assert_eq!(
            matched.failures[1].message,
            "line 5 of calls.csv has no file"
        );
        assert_eq!(
            matched.failures[2].message,
            "line 3 of calls.csv has no agent"
        );
        assert_eq!(matched.failures[2].call_id.as_deref(), Some("c2"));
    }

    #[test]
    fn a_subset_leaves_other_rows_aside_and_a_sidecar_alone_names_the_recordings() {
        let (folder, sidecar) = centre();
        let found = find(&[folder.path().join("rec/a.wav")], Links::Inside).unwrap();
        let subset = match_recordings(Scope::Subset(&found.files), &sidecar);
        assert_eq!((subset.calls.len(), subset.rows_aside), (1, 3));
        assert!(subset.failures.is_empty());

        let alone = match_recordings(Scope::Sidecar, &sidecar);
        assert_eq!(alone.calls.len(), 1);
        assert_eq!(fs::read_to_string(&alone.calls[0].path).unwrap(), "a.wav");
        assert_eq!(alone.failures.len(), 3);
        assert_eq!(alone.rows_aside, 0);
    }

    #[test]
    fn recordings_that_share_a_call_id_all_fail() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "1_ann_20260309-101500.wav",
            "1_bob_20260309-101500.wav",
            "2_ann_20260309-101500.wav",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = find(&[folder.path().to_owned()], Links::Inside).unwrap();
        let pattern = FilePattern::new(
            r"^(?P<call_id>\d)_(?P<agent>[a-z]+)_(?P<started_at>[\d-]+)",
            Some("%Y%m%d-%H%M%S"),
            &BTreeMap::new(),
        )
        .unwrap();
        let zone = zone_by_name("Europe/Berlin").unwrap();
        let matched = name_recordings(&found.files, &pattern, Some(&zone), &key(), None);
        assert_eq!(matched.calls.len(), 1);
        assert_eq!(matched.calls[0].meta.call_id, "2");
        assert_eq!(
            reasons(&matched),
            [
                ("1_ann_20260309-101500.wav", FailureReason::DuplicateCallId),
                ("1_bob_20260309-101500.wav", FailureReason::DuplicateCallId),
            ]
        );
    }
}
