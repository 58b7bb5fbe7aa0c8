//! Transcripts of other tools, read into the canonical form.
//!
//! Everything here is pure: bytes in, values out. [`read`] finds out which format a file has (by
//! its content, never by its name) and makes [`Draft`]s of it, one file per format; a draft says
//! what the format says and no more. [`Draft::settle`] makes a [`Transcript`](super::Transcript)
//! of one, with what is known from elsewhere: on which channel the agent sits, which speaker it
//! is, which language is spoken. What a format lacks is left out or marked so that rules abstain,
//! and is told as a note.
//!
//! Left out on purpose: what other tools conclude (sentiment, categories, summaries), chats, and
//! guessing who speaks or where a recording ends. Redaction comes after this room, before anything
//! is written.

mod call_analytics;
mod ctm;
mod cues;
mod deepgram;
mod draft;
mod json;
mod masked;
mod openai;
mod srt;
#[cfg(test)]
mod tests;
mod transcribe;
mod vcon;
mod webvtt;
mod whisper_cpp;
mod whisperx;

use std::fmt;
use std::str::FromStr;

pub use draft::{Choice, Draft, Imported};
use json::Keys;

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `-oj` and `-ojf` of whisper.cpp.
    WhisperCpp,
    WhisperX,
    /// `verbose_json` of OpenAI's interface, and the JSON of `whisper` and of tools like it.
    OpenAi,
    /// Amazon Transcribe Call Analytics and Contact Lens.
    CallAnalytics,
    /// Amazon Transcribe.
    Transcribe,
    Deepgram,
    WebVtt,
    Srt,
    Ctm,
    Vcon,
}

impl Format {
    pub const ALL: [Format; 10] = [
        Format::WhisperCpp,
        Format::WhisperX,
        Format::OpenAi,
        Format::CallAnalytics,
        Format::Transcribe,
        Format::Deepgram,
        Format::WebVtt,
        Format::Srt,
        Format::Ctm,
        Format::Vcon,
    ];

    /// As `--format` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::WhisperCpp => "whisper.cpp",
            Format::WhisperX => "whisperx",
            Format::OpenAi => "openai",
            Format::CallAnalytics => "call-analytics",
            Format::Transcribe => "transcribe",
            Format::Deepgram => "deepgram",
            Format::WebVtt => "webvtt",
            Format::Srt => "srt",
            Format::Ctm => "ctm",
            Format::Vcon => "vcon",
        }
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Format::WhisperCpp => "whisper.cpp JSON",
            Format::WhisperX => "whisperX JSON",
            Format::OpenAi => "OpenAI or whisper JSON",
            Format::CallAnalytics => "Call Analytics or Contact Lens JSON",
            Format::Transcribe => "Amazon Transcribe JSON",
            Format::Deepgram => "Deepgram JSON",
            Format::WebVtt => "WebVTT",
            Format::Srt => "SRT",
            Format::Ctm => "CTM",
            Format::Vcon => "vCon",
        }
    }

    /// What tells it from the others.
    fn sign(self) -> &'static str {
        match self {
            Format::WhisperCpp => "`transcription` beside `result`, `model` or `systeminfo`",
            Format::WhisperX => "`segments` beside `word_segments`",
            Format::OpenAi => "`segments` or `words` beside `text` or `language`",
            Format::CallAnalytics => "`Transcript` beside `Participants`",
            Format::Transcribe => "`results` beside `jobName`",
            Format::Deepgram => "`results` beside `metadata`",
            Format::WebVtt => "a first line `WEBVTT`",
            Format::Srt => "a time line `00:00:01,000 --> 00:00:02,000` at its start",
            Format::Ctm => "lines of recording, channel, begin, duration and word",
            Format::Vcon => "`vcon`, or `parties` beside `dialog`",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Format::ALL.into_iter().find(|f| f.as_str() == text);
        found.ok_or_else(|| format!("the formats are {}", names(Format::ALL)))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn names(formats: impl IntoIterator<Item = Format>) -> String {
    let names: Vec<&str> = formats.into_iter().map(Format::as_str).collect();
    names.join(", ")
}

/// A file of another tool that cannot be imported. Messages name places and no values: these may
/// be words of a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("recognise its format: it has none of {}", signs())]
    Unknown,
    #[error("recognise its format: it may be {}", names(.0.iter().copied()))]
    Ambiguous(Vec<Format>),
    #[error("recognise its format: it is transcribed by callibrate already")]
    Canonical,
    #[error("read it as text: it is neither UTF-8 nor UTF-16")]
    NotText,
    #[error("read it as {}: {message}", format.title())]
    Malformed { format: Format, message: String },
    #[error("find a call in it: {0}")]
    NoCall(String),
    #[error("use it: {0}")]
    Invalid(String),
    #[error("tell its language: the file does not say it")]
    NoLanguage,
    #[error("tell its language: the file states one that is not known here")]
    UnknownLanguage,
    #[error(
        "tell on which channel the agent sits: the file names speakers and no channels, and the \
         table of calls gives no `agent_channel` for this call"
    )]
    NoAgentChannel,
    #[error(
        "put the agent on channel {agent_channel}, as the table of calls has it: {channels} \
         speakers make {channels} channels, counted from 0"
    )]
    AgentOutOfRange {
        agent_channel: usize,
        channels: usize,
    },
    #[error("take it for the whole call: it has one side of it, and the agent may be on another")]
    PartOfCall,
    #[error("find the agent's speaker in it: it has {0}")]
    NoSuchSpeaker(String),
    #[error("take its files for channels of one call: one of them has {0} channels of its own")]
    SeveralChannels(usize),
    #[error("take its files for channels of one call: one of them holds {0} recordings")]
    SeveralRecordings(usize),
}

fn signs() -> String {
    let signs: Vec<String> = Format::ALL
        .into_iter()
        .map(|format| format!("\n  {}: {}", format.as_str(), format.sign()))
        .collect();
    signs.concat()
}

impl ImportError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            ImportError::Unknown | ImportError::Ambiguous(_) => {
                "name the format with --format, if it is one of these"
            }
            ImportError::Canonical => "score it as it is with `callibrate score`",
            ImportError::NotText => "save it as UTF-8",
            ImportError::Malformed { .. } => {
                "write the file again with the tool that made it (a cut file cannot be read), or name \
                 another --format"
            }
            ImportError::NoLanguage | ImportError::UnknownLanguage => {
                "say it with --language en, or as `language` in callibrate.toml or the table of calls"
            }
            ImportError::NoAgentChannel => {
                "name the table of calls with --calls calls.csv, and fill in `agent_channel`: 0 or left, \
                 1 or right"
            }
            ImportError::AgentOutOfRange { .. } => "mend `agent_channel` in the table of calls",
            ImportError::NoSuchSpeaker(_) => {
                "name these with --agent-speaker and --customer-speaker, or leave both out"
            }
            ImportError::PartOfCall => {
                "import the files of all channels together, in the order of the recording, with --call"
            }
            ImportError::SeveralChannels(_) | ImportError::SeveralRecordings(_) => {
                "import that file alone"
            }
            ImportError::NoCall(_) | ImportError::Invalid(_) => return None,
        })
    }
}

/// Reads the recordings of a file: one, or of a CTM as many as it names.
///
/// # Errors
/// What no format fits or several do, what is cut or damaged, and what is beyond the limits.
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<(Format, Vec<Draft>), ImportError> {
    let format = match format {
        Some(format) => format,
        None => recognise(bytes)?,
    };
    json::begin();
    let drafts = match format {
        Format::WhisperCpp => whisper_cpp::read(bytes).map(one),
        Format::WhisperX => whisperx::read(bytes).map(one),
        Format::OpenAi => openai::read(bytes).map(one),
        Format::CallAnalytics => call_analytics::read(bytes).map(one),
        Format::Transcribe => transcribe::read(bytes).map(one),
        Format::Deepgram => deepgram::read(bytes).map(one),
        Format::Vcon => vcon::read(bytes).map(one),
        Format::WebVtt => webvtt::read(&text_of(bytes)?).map(one),
        Format::Srt => srt::read(&text_of(bytes)?).map(one),
        Format::Ctm => ctm::read(&text_of(bytes)?),
    };
    let within = |drafts| json::counted().map(|()| drafts).map_err(Trouble::Malformed);
    let drafts = drafts.and_then(within).map_err(|trouble| match trouble {
        Trouble::Malformed(message) => ImportError::Malformed { format, message },
        Trouble::NoCall(message) => ImportError::NoCall(message),
        Trouble::Is(error) => *error,
    })?;
    Ok((format, drafts))
}

fn one(draft: Draft) -> Vec<Draft> {
    vec![draft]
}

/// Why a reader gives up.
#[derive(Debug)]
enum Trouble {
    /// A place and what is wrong there, without values.
    Malformed(String),
    NoCall(String),
    Is(Box<ImportError>),
}

impl From<String> for Trouble {
    fn from(message: String) -> Self {
        Trouble::Malformed(message)
    }
}

/// The one format that a file's content speaks for.
fn recognise(bytes: &[u8]) -> Result<Format, ImportError> {
    let start = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii_start();
    if start.starts_with(b"{") {
        return recognise_json(start);
    }
    let text = text_of(bytes)?;
    let of_text = [
        (Format::WebVtt, webvtt::speaks(&text)),
        (Format::Srt, srt::speaks(&text) && !webvtt::speaks(&text)),
        (Format::Ctm, ctm::speaks(&text)),
    ];
    only(of_text)
}

fn recognise_json(bytes: &[u8]) -> Result<Format, ImportError> {
    let keys = Keys::read(bytes).map_err(|message| {
        ImportError::NoCall(format!("it begins like JSON, but is none: {message}"))
    })?;
    let has = |key| keys.has(key);
    if has("format") && has("channels") && has("recogniser") {
        return Err(ImportError::Canonical);
    }
    if has("payload") && has("signatures") || has("ciphertext") {
        let message = "it is signed or encrypted; take the vCon out of it first";
        return Err(ImportError::NoCall(message.to_string()));
    }
    only([
        (
            Format::WhisperCpp,
            has("transcription") && (has("result") || has("model") || has("systeminfo")),
        ),
        (Format::WhisperX, has("segments") && has("word_segments")),
        (
            Format::OpenAi,
            (has("segments") || has("words"))
                && (has("text") || has("language"))
                && !has("word_segments"),
        ),
        (
            Format::CallAnalytics,
            has("Transcript") && has("Participants"),
        ),
        (Format::Transcribe, has("results") && has("jobName")),
        (Format::Deepgram, has("results") && has("metadata")),
        (
            Format::Vcon,
            has("vcon") || has("parties") && (has("dialog") || has("analysis")),
        ),
    ])
}

fn only<const N: usize>(candidates: [(Format, bool); N]) -> Result<Format, ImportError> {
    let fitting: Vec<Format> = candidates
        .into_iter()
        .filter_map(|(format, fits)| fits.then_some(format))
        .collect();
    match fitting.as_slice() {
        [] => Err(ImportError::Unknown),
        [format] => Ok(*format),
        _ => Err(ImportError::Ambiguous(fitting)),
    }
}

/// Text with `\n` at the ends of lines. Subtitles of Windows are often UTF-16.
fn text_of(bytes: &[u8]) -> Result<String, ImportError> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map_err(|_| ImportError::NotText)
    };
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        bytes => {
            let text = std::str::from_utf8(bytes).map_err(|_| ImportError::NotText)?;
            text.strip_prefix('\u{FEFF}').unwrap_or(text).to_string()
        }
    };
    Ok(match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n"),
        false => text,
    })
}
