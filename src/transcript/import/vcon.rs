//! vCon: a conversation with what others made of it. An analysis of type `transcript` has the
//! words in a format of its vendor: one that is read here, or callibrate's own.
//!
//! Of the dialog only the length of the recording is taken, and of callibrate's quality result the
//! call's id. Who took part is left to the table of
//! calls, sound and other analyses are passed over.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::draft::{Draft, from_seconds};
use super::json::{self, Keys, List, Number};
use super::{Format, ImportError, Trouble, read as read_any, recognise};
use crate::transcript::Transcript;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    dialog: List<Dialog>,
    #[serde(default)]
    analysis: List<Analysis>,
}

#[derive(Deserialize)]
struct Dialog {
    #[serde(rename = "type")]
    kind: Option<String>,
    duration: Option<Number>,
}

#[derive(Deserialize)]
struct Analysis {
    #[serde(rename = "type", default)]
    kind: String,
    dialog: Option<OneOrMany>,
    body: Option<Box<RawValue>>,
    encoding: Option<String>,
    schema: Option<String>,
}

/// The schema of callibrate's own quality result.
const QUALITY: &str = "callibrate-quality/1";

/// As much of it as is read.
#[derive(Deserialize)]
struct Quality {
    call_id: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(usize),
    Many(List<usize>),
}

impl OneOrMany {
    fn only(&self) -> Option<usize> {
        match self {
            OneOrMany::One(index) => Some(*index),
            OneOrMany::Many(List(many)) => match many.as_slice() {
                [index] => Some(*index),
                _ => None,
            },
        }
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Draft, Trouble> {
    let file: File = json::parse(bytes)?;
    let mut found = Vec::new();
    let mut refused = None;
    for analysis in &file.analysis.0 {
        if analysis.kind != "transcript" {
            continue;
        }
        match draft_of(analysis) {
            Ok(mut draft) => {
                let dialog = analysis.dialog.as_ref().and_then(OneOrMany::only);
                let dialog = dialog.and_then(|index| file.dialog.0.get(index));
                let length = dialog.and_then(|dialog| dialog.duration);
                if let (None, Some(length)) = (draft.recorded_ms, length) {
                    draft.recorded_ms = Some(from_seconds(length.0)?);
                }
                found.push(draft);
            }
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    if found.len() > 1 {
        // Other vendors' beside our own say the same once more.
        found.retain(|draft| draft.canonical.is_some());
    }
    let is_recording = |d: &&Dialog| d.kind.as_deref().is_none_or(|kind| kind == "recording");
    let recordings = file.dialog.0.iter().filter(is_recording).count();
    if !found.is_empty() && recordings > 1 {
        let message = format!("it has {recordings} recordings, and not one transcript of all");
        return Err(Trouble::NoCall(message));
    }
    match (found.len(), refused) {
        (1, _) => {
            let mut draft = found.remove(0);
            draft.name = call_id(&file.analysis.0);
            Ok(draft)
        }
        (0, Some(error)) => Err(Trouble::Is(Box::new(error))),
        (0, None) if file.analysis.0.iter().all(|a| a.kind != "transcript") => Err(
            Trouble::NoCall("it has no analysis of type `transcript`".to_string()),
        ),
        _ => Err(Trouble::NoCall(
            "it has several transcripts, and none says that it stands for all".to_string(),
        )),
    }
}

/// The id that the call has in the tables of callibrate, where it comes from there.
fn call_id(analyses: &[Analysis]) -> Option<String> {
    let mut ours = analyses.iter();
    let ours = ours.find(|a| a.schema.as_deref() == Some(QUALITY))?;
    let quality: Quality = serde_json::from_slice(&body_of(ours).ok()?).ok()?;
    Some(quality.call_id)
}

fn malformed(message: &str) -> ImportError {
    ImportError::Malformed {
        format: Format::Vcon,
        message: message.to_string(),
    }
}

fn body_of(analysis: &Analysis) -> Result<Vec<u8>, ImportError> {
    let body = analysis.body.as_deref().map_or("", RawValue::get);
    let text = match body.starts_with('"') {
        true => serde_json::from_str::<String>(body).map_err(|_| malformed("a body is no text"))?,
        false => body.to_string(),
    };
    match analysis.encoding.as_deref() {
        Some("base64url") => {
            let bare = text.trim().trim_end_matches('=');
            let bytes = URL_SAFE_NO_PAD.decode(bare);
            bytes.map_err(|_| malformed("a body is not base64url"))
        }
        _ => Ok(text.into_bytes()),
    }
}

fn draft_of(analysis: &Analysis) -> Result<Draft, ImportError> {
    let bytes = body_of(analysis)?;
    if let Ok(keys) = Keys::read(&bytes) {
        // What some servers keep of Deepgram's answer.
        if keys.has("words") && keys.has("transcript") && !keys.has("segments") {
            let body = String::from_utf8_lossy(&bytes);
            let whole = format!(r#"{{"results":{{"channels":[{{"alternatives":[{body}]}}]}}}}"#);
            return only(read_any(whole.as_bytes(), Some(Format::Deepgram))?.1);
        }
    }
    match recognise(&bytes) {
        Err(ImportError::Canonical) => {
            let transcript = Transcript::from_json(&bytes, "the analysis");
            let transcript =
                transcript.map_err(|_| malformed("a transcript of callibrate is damaged"))?;
            Ok(Draft {
                canonical: Some(transcript),
                ..Draft::default()
            })
        }
        Err(error) => Err(error),
        // A vCon in a vCon is none of ours.
        Ok(Format::Vcon) => Err(ImportError::Unknown),
        Ok(format) => only(read_any(&bytes, Some(format))?.1),
    }
}

fn only(mut drafts: Vec<Draft>) -> Result<Draft, ImportError> {
    match drafts.len() {
        1 => Ok(drafts.remove(0)),
        count => Err(ImportError::SeveralRecordings(count)),
    }
}
