//! Recordings: which files there are, who spoke when, and the content key of each.
//!
//! What a call is called, who took it and when it began comes from a sidecar table
//! ([`sidecar`]) or from the file's name ([`pattern`]), never from a guess. Nothing here looks
//! at the sound.
//!
//! [`find`] lists files, [`plan`] joins them with what is known about them, and what cannot be
//! joined becomes a [`RecordingFailure`]. Customers' ids are hashed ([`key`]) before they leave
//! this room, and customers' names leave it only as a [`CustomerName`].

pub mod agents;
pub mod contacts;
pub(crate) mod fields;
pub mod find;
pub mod key;
pub mod pattern;
pub mod plan;
pub mod roster;
pub mod sidecar;
pub(crate) mod table;
pub mod when;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::limits;

/// What is known about a call besides its sound. Safe to write: the customer is a keyed hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallMeta {
    pub call_id: String,
    /// The recording, as the sidecar or the search names it, with `/` between folders.
    pub file: String,
    pub agent: String,
    pub team: Option<String>,
    pub queue: Option<String>,
    /// Keyed BLAKE3 of the customer's id, hexadecimal.
    pub customer: Option<String>,
    pub started_at: StartedAt,
    /// The channel with the agent, counted from 0; needed unless the recording is mono.
    pub agent_channel: Option<usize>,
    /// Legs of one interaction (transfer, conference) share it.
    pub interaction_id: Option<String>,
    pub leg: Option<String>,
    pub direction: Option<Direction>,
    /// Whether this is the first communication about a matter (a debt, say).
    pub first_communication: Option<bool>,
    /// ISO 639-1.
    pub language: Option<String>,
    /// Why the customer called, as the centre codes it.
    pub reason: Option<String>,
    /// Talk, hold and after-call work as the phone system counted them.
    pub talk_s: Option<i64>,
    pub hold_s: Option<i64>,
    pub acw_s: Option<i64>,
    /// An announcement before the recording's start told the customer about the recording.
    pub disclosure_by_ivr: Option<bool>,
    /// Columns that callibrate does not know, by name.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
}

/// When a call began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartedAt {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub utc_ms: i64,
    /// The local calendar day, `YYYY-MM-DD`: the partition of the tables.
    pub local_date: String,
    /// The local wall-clock time, `YYYY-MM-DDTHH:MM:SS`.
    pub local: String,
    /// IANA name of the zone (`Europe/Berlin`), or the offset (`+02:00`) where only that is known.
    pub zone: String,
    /// The local time exists twice (the hour that the clocks repeat) or not at all; the earlier
    /// instant was taken, or the one after the gap.
    pub doubtful: bool,
}

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
    Internal,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
            Direction::Internal => "internal",
        }
    }
}

/// A customer's name as the sidecar states it, for the redactor to look for. It is not part of
/// [`CallMeta`], cannot be serialised, and `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerName(String);

impl CustomerName {
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name itself; never for a table, a message or a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CustomerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerName(..)")
    }
}

/// A recording that cannot take part: a row of the failures table, stage `recording`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingFailure {
    /// The recording as [`CallMeta::file`] would name it; `calls.csv:5` for a row that names none.
    pub file: String,
    /// Where it is known.
    pub call_id: Option<String>,
    pub reason: FailureReason,
    /// A lower-case fragment.
    pub message: String,
    /// What a person can do about it.
    pub hint: Option<String>,
}

/// Why a recording cannot take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The sidecar has no row for the file.
    NoRow,
    /// Row or name lack a field that every call needs.
    MissingField,
    /// The sidecar names a file that is not there.
    FileNotFound,
    /// The sidecar names a link out of the searched folder, or a file behind one.
    LinkNotFollowed,
    /// The file, or a folder within the search, cannot be opened.
    Unreadable,
    /// The file-name pattern does not fit.
    NameNotMatched,
    /// The file's name holds a date or other value that cannot be read.
    BadField,
    /// File names give several recordings one call id.
    DuplicateCallId,
    /// The file's name is not UTF-8, so that no table can hold it.
    NameNotText,
}

impl FailureReason {
    pub fn as_str(self) -> &'static str {
        match self {
            FailureReason::NoRow => "no_row",
            FailureReason::MissingField => "missing_field",
            FailureReason::FileNotFound => "file_not_found",
            FailureReason::LinkNotFollowed => "link_not_followed",
            FailureReason::Unreadable => "unreadable",
            FailureReason::NameNotMatched => "name_not_matched",
            FailureReason::BadField => "bad_field",
            FailureReason::DuplicateCallId => "duplicate_call_id",
            FailureReason::NameNotText => "name_not_text",
        }
    }
}

/// The content key of a recording: BLAKE3 of its bytes, 64 lower-case hexadecimal digits.
/// Streams, so memory does not grow with the file.
///
/// # Errors
/// Whatever opening and reading give.
pub fn content_key(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(limits::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// `path` absolute and with links followed, as far down as it exists.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let absolute = std::path::absolute(path)?;
    let (mut known, missing) = absolute
        .ancestors()
        .find_map(|ancestor| {
            let known = ancestor.canonicalize().ok()?;
            Some((known, absolute.strip_prefix(ancestor).ok()?))
        })
        .unwrap_or((PathBuf::new(), &absolute));
    for component in missing.components() {
        match component {
            Component::ParentDir => {
                known.pop();
            }
            Component::CurDir => {}
            component => known.push(component),
        }
    }
    Ok(known)
}

/// A path as text, with `/` between folders. Bytes that are no UTF-8 are written `\xE9`.
fn slashed(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text += &chunk.valid().replace(std::path::MAIN_SEPARATOR, "/");
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_key_is_blake3_of_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        // BLAKE3's published `test_vectors.json`: inputs repeat the bytes 0 to 250.
        let expected = [
            (
                0,
                "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            ),
            (
                1,
                "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
            ),
        ];
        for (length, key) in expected {
            std::fs::write(&path, &[0_u8; 1][..length]).unwrap();
            assert_eq!(content_key(&path).unwrap(), key);
        }
        // Longer than one read.
        let long: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &long).unwrap();
        assert_eq!(
            content_key(&path).unwrap(),
            blake3::hash(&long).to_hex().to_string()
        );
        assert!(content_key(&folder.path().join("b.wav")).is_err());
    }

    #[test]
    fn reasons_are_written_as_serde_writes_them() {
        for reason in [
            FailureReason::NoRow,
            FailureReason::MissingField,
            FailureReason::FileNotFound,
            FailureReason::LinkNotFollowed,
            FailureReason::Unreadable,
            FailureReason::NameNotMatched,
            FailureReason::BadField,
            FailureReason::DuplicateCallId,
            FailureReason::NameNotText,
        ] {
            let written = serde_json::to_string(&reason).unwrap();
            assert_eq!(written, format!("\"{}\"", reason.as_str()));
        }
    }
}
