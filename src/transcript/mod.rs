//! What was said: words with times and probabilities, per channel of a recording.
//!
//! [`Transcript`] is the canonical transcript format (`docs/transcript-format.md`): one JSON file
//! per recording, in the store or made by another tool. It knows channels and not people; who
//! sits on which channel comes from the call's metadata and is joined in `conversation`.
//! [`import`] reads what other tools write.

pub mod import;
pub mod snippet;

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::limits::{self, TRANSCRIPT_BYTES, TRANSCRIPT_MS, TRANSCRIPT_WORDS};
use crate::log::visible;

/// The value of [`Transcript::format`] that this build reads and writes.
pub const FORMAT: &str = "callibrate-transcript/1";

/// More channels than any recorder of calls writes.
const MAX_CHANNELS: usize = 16;

/// Words less far apart are one stretch of speech, as voice activity has it.
const WORD_PAUSE_MS: i64 = 500;

/// Everything heard in one recording, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// Always [`FORMAT`].
    pub format: String,
    pub audio: AudioFacts,
    /// What made this transcript.
    pub recogniser: Recogniser,
    /// ISO 639-1 code of the language that was spoken, e.g. `en`; where it was detected and
    /// differs between channels, that of the one on which most is said.
    pub language: String,
    /// One entry per audio channel, in the order of the file; a single one for mono.
    pub channels: Vec<Channel>,
}

/// Facts about the recording itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioFacts {
    /// BLAKE3 of the recording's bytes, hexadecimal; absent when another tool made the transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Codec as the field names it, e.g. `pcm_s16le`, `pcm_mulaw`, `mp3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_rate_hz: Option<u32>,
    /// Length of the recording. Not the handle time: recorders stop on hold, and nobody records
    /// after-call work.
    pub recorded_ms: i64,
    /// The data ended before the header said so.
    #[serde(default)]
    pub truncated: bool,
    /// The file had several channels with the same sound in each; it is kept as one channel.
    #[serde(default)]
    pub dual_mono: bool,
}

/// What made a transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recogniser {
    /// E.g. `whisper.cpp 1.8.3`, or the name of another tool.
    pub engine: String,
    pub model: String,
    /// BLAKE3 of the model file, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_key: Option<String>,
    /// Word times can be relied on. Where they cannot, rules with windows in time abstain.
    #[serde(default = "yes")]
    pub word_times: bool,
    /// A word without a probability counts as heard for sure: people wrote it down. False where
    /// a recogniser did not tell, and then nobody knows that something was not said.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub word_probs: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// One channel of the recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The channel's own language, where it was detected to be another than the transcript's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Where voice activity was found, in order, without overlap. Where a transcript of another
    /// tool leaves it out, it is that of the words; it stays empty where these have no times.
    #[serde(default)]
    pub speech: Vec<Span>,
    /// In order of start.
    pub segments: Vec<Segment>,
}

/// A half-open stretch of time, in milliseconds from the start of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Span {
    pub fn new(start_ms: i64, end_ms: i64) -> Self {
        Self { start_ms, end_ms }
    }

    pub fn len_ms(self) -> i64 {
        (self.end_ms - self.start_ms).max(0)
    }

    /// The milliseconds that both spans cover.
    pub fn overlap_ms(self, other: Span) -> i64 {
        (self.end_ms.min(other.end_ms) - self.start_ms.max(other.start_ms)).max(0)
    }
}

/// A stretch of speech that was recognised as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub start_ms: i64,
    pub end_ms: i64,
    /// The model's probability that nobody speaks here, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_speech_prob: Option<f32>,
    /// Reasons to doubt the text; such words are shown but are no evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
    pub words: Vec<Word>,
}

impl Segment {
    pub fn span(&self) -> Span {
        Span::new(self.start_ms, self.end_ms)
    }
}

/// Why a segment's text may not be what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The same words over and over: a known failure of the recogniser.
    Repetition,
    /// More words than anybody can say in the time.
    TooFast,
    /// The recogniser itself thinks that nobody speaks here.
    NoSpeech,
    /// Low probability over the whole segment.
    LowConfidence,
    /// Noise about as loud as the speech.
    Noise,
}

impl Doubt {
    pub fn as_str(self) -> &'static str {
        match self {
            Doubt::Repetition => "repetition",
            Doubt::TooFast => "too_fast",
            Doubt::NoSpeech => "no_speech",
            Doubt::LowConfidence => "low_confidence",
            Doubt::Noise => "noise",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One word, or one redaction placeholder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// As written by the recogniser, with its punctuation; for a placeholder `[card number]` or
    /// alike.
    pub text: String,
    pub start_ms: i64,
    pub end_ms: i64,
    /// The recogniser's probability, 0 to 1; absent where a tool gives none, and then
    /// [`Recogniser::word_probs`] says whether the word counts as heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prob: Option<f32>,
    /// Set where this word stands for something that must not be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
}

/// What a placeholder tells about the words that it replaced; never the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redacted {
    pub kind: RedactedKind,
    /// How many digits were heard.
    pub digits: u32,
    /// Whether the check digit (Luhn, or mod 97 of an IBAN) was right; absent for kinds without
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_digit_ok: Option<bool>,
    /// What gave it away; absent where an older version redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Keyed hash of the value, where the settings ask for one: the same value has the same hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

impl Redacted {
    /// A placeholder of which no more is known.
    pub fn of(kind: RedactedKind, digits: u32) -> Self {
        Self {
            kind,
            digits,
            check_digit_ok: None,
            rule: None,
            hash: None,
        }
    }

    /// How many words were spoken where the placeholder stands, for numbers: they are mostly said
    /// digit by digit. `None` for names, dates and all else of which that is not known.
    pub fn spoken_words(&self) -> Option<u32> {
        match self.kind {
            RedactedKind::Name
            | RedactedKind::DateOfBirth
            | RedactedKind::CardExpiry
            | RedactedKind::PostalAddress
            | RedactedKind::Email => None,
            RedactedKind::CardNumber
            | RedactedKind::SecurityCode
            | RedactedKind::Iban
            | RedactedKind::AccountNumber
            | RedactedKind::NationalId
            | RedactedKind::Passcode
            | RedactedKind::PhoneNumber => (self.digits > 0).then_some(self.digits),
        }
    }
}

/// What kind of thing was replaced, in order of severity: where two meet, the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedactedKind {
    CardNumber,
    SecurityCode,
    CardExpiry,
    Iban,
    /// Of a bank or of any other firm; also sort codes and routing numbers.
    AccountNumber,
    /// Social security, national insurance, tax, passport, driving licence.
    NationalId,
    /// PINs, passwords, one-time codes, answers to security questions.
    Passcode,
    DateOfBirth,
    PhoneNumber,
    Email,
    /// Street, town, postcode.
    PostalAddress,
    /// Of a person.
    Name,
}

impl RedactedKind {
    pub const ALL: [RedactedKind; 12] = [
        RedactedKind::CardNumber,
        RedactedKind::SecurityCode,
        RedactedKind::CardExpiry,
        RedactedKind::Iban,
        RedactedKind::AccountNumber,
        RedactedKind::NationalId,
        RedactedKind::Passcode,
        RedactedKind::DateOfBirth,
        RedactedKind::PhoneNumber,
        RedactedKind::Email,
        RedactedKind::PostalAddress,
        RedactedKind::Name,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RedactedKind::CardNumber => "card_number",
            RedactedKind::SecurityCode => "security_code",
            RedactedKind::CardExpiry => "card_expiry",
            RedactedKind::Iban => "iban",
            RedactedKind::AccountNumber => "account_number",
            RedactedKind::NationalId => "national_id",
            RedactedKind::Passcode => "passcode",
            RedactedKind::DateOfBirth => "date_of_birth",
            RedactedKind::PhoneNumber => "phone_number",
            RedactedKind::Email => "email",
            RedactedKind::PostalAddress => "postal_address",
            RedactedKind::Name => "name",
        }
    }

    /// What stands in the text in place of it.
    pub fn placeholder(self) -> &'static str {
        match self {
            RedactedKind::CardNumber => "[card number]",
            RedactedKind::SecurityCode => "[security code]",
            RedactedKind::CardExpiry => "[card expiry]",
            RedactedKind::Iban => "[IBAN]",
            RedactedKind::AccountNumber => "[account number]",
            RedactedKind::NationalId => "[national id]",
            RedactedKind::Passcode => "[passcode]",
            RedactedKind::DateOfBirth => "[date of birth]",
            RedactedKind::PhoneNumber => "[phone number]",
            RedactedKind::Email => "[email]",
            RedactedKind::PostalAddress => "[postal address]",
            RedactedKind::Name => "[name]",
        }
    }

    /// Card data in the sense of PCI DSS: the number and what must go with it.
    pub fn is_card_data(self) -> bool {
        matches!(
            self,
            RedactedKind::CardNumber | RedactedKind::SecurityCode | RedactedKind::CardExpiry
        )
    }
}

/// What gave a value away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Its check digit is right.
    CheckDigit,
    /// So many digits are no everyday number.
    LongNumber,
    /// What it is was said beside it.
    Named,
    /// The other party asked for it.
    Asked,
    /// Its form alone.
    Shape,
    /// It repeats what is masked near by.
    Echo,
    /// It was said while a card was being read out.
    Amid,
    /// The table of calls has it.
    Sidecar,
    /// "My name is …".
    Introduced,
    /// It repeats a name that was learned in the same call.
    Learned,
}

impl Rule {
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::CheckDigit => "check_digit",
            Rule::LongNumber => "long_number",
            Rule::Named => "named",
            Rule::Asked => "asked",
            Rule::Shape => "shape",
            Rule::Echo => "echo",
            Rule::Amid => "amid",
            Rule::Sidecar => "sidecar",
            Rule::Introduced => "introduced",
            Rule::Learned => "learned",
        }
    }
}

/// A transcript file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    #[error("read {path}", path = visible(path))]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("understand {path}: {message}", path = visible(path))]
    Parse { path: String, message: String },
    #[error("use {path}: {message}", path = visible(path))]
    Invalid { path: String, message: String },
}

impl Transcript {
    /// Reads and checks a transcript file.
    pub fn read(path: &Path) -> Result<Self, TranscriptError> {
        let name = || path.display().to_string();
        let bytes =
            limits::read(path, TRANSCRIPT_BYTES).map_err(|source| TranscriptError::Read {
                path: name(),
                source,
            })?;
        Self::from_json(&bytes, &name())
    }

    /// Parses and checks; `name` is used in messages only.
    pub fn from_json(bytes: &[u8], name: &str) -> Result<Self, TranscriptError> {
        let transcript: Transcript =
            serde_json::from_slice(bytes).map_err(|e| TranscriptError::Parse {
                path: name.to_string(),
                message: without_values(&e.to_string()),
            })?;
        transcript
            .checked()
            .map_err(|message| TranscriptError::Invalid {
                path: name.to_string(),
                message,
            })
    }

    /// As it may be used: nothing in it that no recording can hold, and speech in each channel
    /// where words have times.
    fn checked(mut self) -> Result<Self, String> {
        self.check()?;
        for channel in &mut self.channels {
            if channel.speech.is_empty() && self.recogniser.word_times {
                channel.speech = speech_of(&channel.segments);
            }
        }
        Ok(self)
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a transcript holds only values that JSON can hold")
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("it does not say that its format is {FORMAT:?}"));
        }
        if self.channels.is_empty() {
            return Err("it has no channels".to_string());
        }
        if self.channels.len() > MAX_CHANNELS {
            return Err(format!("it has more than {MAX_CHANNELS} channels"));
        }
        let words = self.channels.iter().flat_map(|c| &c.segments);
        if words.map(|s| s.words.len()).sum::<usize>() > TRANSCRIPT_WORDS {
            return Err(limits::too_much(TRANSCRIPT_WORDS, "words"));
        }
        if self.audio.recorded_ms < 0 {
            return Err("recorded_ms is negative".to_string());
        }
        let within = |ms: i64| (0..=TRANSCRIPT_MS).contains(&ms);
        if !within(self.audio.recorded_ms) {
            return Err("recorded_ms is more than a thousand hours".to_string());
        }
        for (c, channel) in self.channels.iter().enumerate() {
            let mut last = i64::MIN;
            for (s, segment) in channel.segments.iter().enumerate() {
                let at = format!("channel {c}, segment {s}");
                if segment.end_ms < segment.start_ms {
                    return Err(format!("{at}: it ends before it starts"));
                }
                if !within(segment.start_ms) || !within(segment.end_ms) {
                    return Err(format!("{at}: its times are beyond any recording"));
                }
                if !segment.no_speech_prob.is_none_or(is_share) {
                    return Err(format!("{at}: no_speech_prob is not between 0 and 1"));
                }
                if segment.start_ms < last {
                    return Err(format!("{at}: it starts before the one ahead of it"));
                }
                last = segment.start_ms;
                let mut word_last = i64::MIN;
                for (w, word) in segment.words.iter().enumerate() {
                    if word.end_ms < word.start_ms || word.start_ms < word_last {
                        return Err(format!("{at}, word {w}: times run backwards"));
                    }
                    if !within(word.start_ms) || !within(word.end_ms) {
                        return Err(format!(
                            "{at}, word {w}: its times are beyond any recording"
                        ));
                    }
                    if !word.prob.is_none_or(is_share) {
                        return Err(format!("{at}, word {w}: prob is not between 0 and 1"));
                    }
                    word_last = word.start_ms;
                }
            }
            for span in &channel.speech {
                if span.end_ms < span.start_ms || !within(span.start_ms) || !within(span.end_ms) {
                    return Err(format!(
                        "channel {c}: a stretch of speech has impossible times"
                    ));
                }
            }
            for pair in channel.speech.windows(2) {
                if pair[1].start_ms < pair[0].end_ms {
                    return Err(format!("channel {c}: stretches of speech overlap"));
                }
            }
        }
        Ok(())
    }
}

/// What the parser says, without the values that it found: they may be words of a call.
fn without_values(message: &str) -> String {
    // Of these the parser tells the names of our own fields alone.
    if ["missing field", "duplicate field"]
        .iter()
        .any(|start| message.starts_with(start))
    {
        return message.to_string();
    }
    let (found, expected) = match message.rfind(", expected") {
        Some(at) => message.split_at(at),
        None => match message.rfind(" at line ") {
            Some(at) => message.split_at(at),
            None => (message, ""),
        },
    };
    let found = found
        .split(['"', '`'])
        .next()
        .unwrap_or_default()
        .trim_end();
    format!("{found}{expected}")
}

/// Whether a word is written as what stands for others: `[PII]`, `<unk>`, `***`, `s***`, `███`.
pub fn stands_for_others(text: &str) -> bool {
    let bare = text.trim_end_matches(['.', ',', '?', '!', ';', ':']);
    let between = |open: char, close: char| bare.starts_with(open) && bare.ends_with(close);
    bare == "*"
        || bare.contains("**")
        || bare.contains('█')
        || between('[', ']')
        || between('<', '>')
}

fn is_share(share: f32) -> bool {
    (0.0..=1.0).contains(&share)
}

/// Speech as the words have it, for transcripts that do not state it: segments may begin before
/// somebody speaks and end after it. Of a segment without words it is the whole.
fn speech_of(segments: &[Segment]) -> Vec<Span> {
    let of_words = |segment: &Segment| match segment.words.as_slice() {
        [] => vec![segment.span()],
        words => words
            .iter()
            .map(|w| Span::new(w.start_ms, w.end_ms))
            .collect(),
    };
    let mut spans: Vec<Span> = segments.iter().flat_map(of_words).collect();
    spans.sort();
    let mut speech: Vec<Span> = Vec::new();
    for span in spans {
        match speech.last_mut() {
            Some(last) if span.start_ms - last.end_ms < WORD_PAUSE_MS => {
                last.end_ms = last.end_ms.max(span.end_ms);
            }
            _ => speech.push(span),
        }
    }
    speech
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk() -> Transcript {
        snippet::parse("agent: Hello there.\ncustomer: Hello.").unwrap()
    }

    fn refused(change: impl FnOnce(&mut Transcript)) -> String {
        let mut transcript = talk();
        change(&mut transcript);
        let error = Transcript::from_json(transcript.to_json().as_bytes(), "call.json");
        error.unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_understood_is_told_without_its_values() {
        let said = talk().to_json();
        for (old, new, told) in [
            (
                "\"recorded_ms\":",
                "\"recorded_ms\":\"four, one\", \"x\":",
                "invalid type: string, expected i64",
            ),
            (
                "\"recorded_ms\":",
                "\"recorded_ms\":4111111111111111.5, \"x\":",
                "invalid type: floating point, expected i64",
            ),
            (
                "\"language\":",
                "\"four `one\":1,\"language\":",
                "unknown field, expected one of `format`",
            ),
            (
                "\"text\":\"Hello",
                "\"redacted\":{\"kind\":\"four\",\"digits\":1},\"text\":\"Hello",
                "unknown variant, expected one of `card_number`",
            ),
            ("\"language\":", "\"tongue\":", "unknown field, expected"),
            (
                "callibrate-transcript/1",
                "four one",
                "it does not say that its format",
            ),
        ] {
            assert!(said.contains(old), "{old}");
            let json = said.replacen(old, new, 1);
            let error = Transcript::from_json(json.as_bytes(), "call.json").unwrap_err();
            let error = error.to_string();
            assert!(error.contains(told), "{error}");
            for word in ["four", "4111", "tongue"] {
                assert!(!error.contains(word), "{error}");
            }
        }
    }

    #[test]
    fn what_no_recording_can_hold_is_refused_by_its_place() {
        let read = Transcript::from_json(talk().to_json().as_bytes(), "call.json").unwrap();
        assert_eq!(read, talk());
        let late = refused(|t| t.channels[0].segments[0].end_ms = i64::MAX);
        assert!(late.contains("channel 0, segment 0: its times"), "{late}");
        let early = refused(|t| t.channels[1].segments[0].words[0].start_ms = -1);
        assert!(
            early.contains("channel 1, segment 0, word 0: its times"),
            "{early}"
        );
        let backwards = refused(|t| t.channels[0].speech[0] = Span::new(9, 8));
        assert!(
            backwards.contains("channel 0: a stretch of speech"),
            "{backwards}"
        );
        let unsure = refused(|t| t.channels[0].segments[0].no_speech_prob = Some(1.5));
        assert!(unsure.contains("no_speech_prob"), "{unsure}");
        let long = refused(|t| t.audio.recorded_ms = TRANSCRIPT_MS + 1);
        assert!(long.contains("a thousand hours"), "{long}");
        let wide = refused(|t| t.channels = vec![Channel::default(); MAX_CHANNELS + 1]);
        assert!(wide.contains("more than 16 channels"), "{wide}");
        let wordy = refused(|t| {
            let words = &mut t.channels[0].segments[0].words;
            let last = words[words.len() - 1].clone();
            words.resize(TRANSCRIPT_WORDS, last);
        });
        assert!(wordy.contains("more than 500000 words"), "{wordy}");
    }
}
