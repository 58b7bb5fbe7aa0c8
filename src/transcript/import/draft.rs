//! What a format says of a recording, and how a transcript is made of it.
//!
//! Speakers become channels only where it is certain who the agent is: the format says so, or a
//! person does. Else all words stand on one channel, of which nobody knows who speaks.

use std::collections::BTreeSet;

use super::ImportError;
use crate::limits::TRANSCRIPT_MS;
use crate::recording::fields;
use crate::transcript::{
    AudioFacts, Channel, Doubt, FORMAT, MAX_CHANNELS, Recogniser, Redacted, RedactedKind, Segment,
    Span, Transcript, Word, speech_of,
};

/// Words of one voice further apart than this are two segments, where a format has words alone.
const PAUSE_MS: i64 = 800;
/// No segment that is made of words becomes longer.
const LONGEST_MS: i64 = 30_000;
/// Of ten words, so many may lack times of their own before no window in time is searched.
const UNTIMED_IN_TEN: usize = 1;
/// A time may be so far before the start of the recording: rounding of an aligner.
const BEFORE_START_MS: i64 = 1_000;
/// Words by a second: more cannot be said.
const MOST_WORDS_PER_SECOND: i64 = 8;

/// A recording as a format tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// What the file itself calls the recording.
    pub name: Option<String>,
    pub(super) engine: String,
    pub(super) model: Option<String>,
    /// As the file writes it: `en`, `en-US`.
    pub(super) language: Option<String>,
    /// The same by channel, where the file tells it so.
    pub(super) languages: Vec<Option<String>>,
    pub(super) recorded_ms: Option<i64>,
    /// How many channels the file says that the recording has; 0 where it does not.
    pub(super) channels: usize,
    /// It names all channels or parties, those without words, too.
    pub(super) lists_all: bool,
    pub(super) parts: Vec<Part>,
    /// The whole in the canonical form, where the file has it so.
    pub(super) canonical: Option<Transcript>,
    /// What a person should know, as sentences without a full stop.
    pub(super) notes: Vec<String>,
}

/// A stretch that was recognised as one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Part {
    pub voice: Voice,
    /// Where the file has it; else its words have times.
    pub span: Option<Span>,
    pub words: Vec<Heard>,
    /// Probability of all words together, for those without one of their own.
    pub prob: Option<f64>,
    pub no_speech_prob: Option<f64>,
    pub doubts: Vec<Doubt>,
}

/// Who says something, as the file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Voice {
    /// The file does not say.
    #[default]
    Unknown,
    /// A channel of the recording, counted from 0.
    Channel(usize),
    Agent,
    Customer,
    /// Neither of the two: an announcement, a bot, a supervisor.
    Third,
    /// One of several, and the file does not say who that is.
    Label(String),
}

/// A word on its way.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Heard {
    pub text: String,
    pub at: Option<Span>,
    pub prob: Option<f64>,
    /// It stands for something that was masked.
    pub kind: Option<RedactedKind>,
    /// It stands for speech of which nobody knows the words.
    pub unheard: bool,
    /// Whose it is, where that is another's than the part's.
    pub voice: Option<Voice>,
}

impl Heard {
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_string(),
            ..Self::default()
        }
    }
}

/// What is known from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice<'a> {
    /// The agent's channel, as the table of calls has it.
    pub agent_channel: Option<usize>,
    /// The agent's labels among the speakers.
    pub agent_speakers: &'a [String],
    /// The customer's.
    pub customer_speakers: &'a [String],
    /// ISO 639-1, where the file does not say it.
    pub language: Option<&'a str>,
    /// Length of the recording; wins over what the file says.
    pub recorded_ms: Option<i64>,
}

impl Choice<'_> {
    fn names_speakers(&self) -> bool {
        !self.agent_speakers.is_empty() || !self.customer_speakers.is_empty()
    }
}

/// A transcript, and what a person should know of how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub transcript: Transcript,
    /// What each channel is, in order: `channel 1 of the recording`, `agent`, `SPEAKER_01`.
    pub channels: Vec<String>,
    /// Sentences without a full stop.
    pub notes: Vec<String>,
}

/// A time of a file in seconds, as whole milliseconds.
pub(super) fn from_seconds(seconds: f64) -> Result<i64, String> {
    let ms = (seconds * 1000.0).round();
    if ms < -(BEFORE_START_MS as f64) {
        return Err("a time is before the recording begins".to_string());
    }
    if !ms.is_finite() || ms > TRANSCRIPT_MS as f64 {
        return Err("a time is beyond any recording".to_string());
    }
    Ok((ms as i64).max(0))
}

/// Tells where in a file something is wrong, as people count: "word 3: …".
pub(super) fn at<T>(what: &str, index: usize, read: Result<T, String>) -> Result<T, String> {
    read.map_err(|message| format!("{what} {}: {message}", index + 1))
}

/// A time of a file in milliseconds.
pub(super) fn from_millis(ms: f64) -> Result<i64, String> {
    from_seconds(ms / 1000.0)
}

/// A span of two times in seconds; `None` where one is missing.
pub(super) fn span_of(start: Option<f64>, end: Option<f64>) -> Result<Option<Span>, String> {
    let (Some(start), Some(end)) = (start, end) else {
        return Ok(None);
    };
    let (start_ms, end_ms) = (from_seconds(start)?, from_seconds(end)?);
    Ok(Some(Span::new(start_ms, end_ms.max(start_ms))))
}

/// Joins punctuation that stands alone to the word before it.
pub(super) fn punctuate(words: &mut [Heard], mark: &str) {
    if let Some(last) = words.last_mut() {
        last.text.push_str(mark.trim());
    }
}

/// Words with times, cut where their voice changes or a pause is.
pub(super) fn parts_of(words: Vec<(Voice, Heard)>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    // From the first time of the part in the making to its last.
    let mut extent: Option<Span> = None;
    let mut last: Option<Span> = None;
    for (voice, word) in words {
        let close = match (extent, last, word.at) {
            (Some(extent), Some(last), Some(at)) => {
                at.start_ms - last.end_ms < PAUSE_MS
                    && at.start_ms >= last.start_ms
                    && at.end_ms - extent.start_ms <= LONGEST_MS
            }
            _ => true,
        };
        let at = word.at;
        match parts.last_mut() {
            Some(part) if part.voice == voice && close => part.words.push(word),
            _ => {
                (extent, last) = (None, None);
                parts.push(Part {
                    voice,
                    words: vec![word],
                    ..Part::default()
                });
            }
        }
        extent = extent.or(at);
        last = at.or(last);
    }
    parts
}

/// Doubts about text that whisper may have made up: its own signs, and more words than can be said.
pub(super) fn whisper_doubts(part: &mut Part, mean_log_prob: Option<f64>, packed: Option<f64>) {
    let mut doubts = Vec::new();
    let unsure = mean_log_prob.is_some_and(|p| p < -1.0);
    // Whisper's own bound of how far text may be packed.
    if packed.is_some_and(|ratio| ratio > 2.4) {
        doubts.push(Doubt::Repetition);
    }
    if let Some(span) = part.span {
        let words = part.words.len() as i64;
        if words >= 4 && words * 1000 > MOST_WORDS_PER_SECOND * span.len_ms().max(1) {
            doubts.push(Doubt::TooFast);
        }
    }
    if unsure && part.no_speech_prob.is_some_and(|p| p > 0.6) {
        doubts.push(Doubt::NoSpeech);
    }
    if unsure {
        doubts.push(Doubt::LowConfidence);
    }
    part.doubts = doubts;
}

impl Draft {
    /// The files of one call, each a channel of it, in order.
    ///
    /// # Errors
    /// A file with several channels of its own.
    pub fn of_channels(drafts: Vec<Draft>) -> Result<Draft, ImportError> {
        let mut whole = Draft {
            channels: drafts.len(),
            lists_all: true,
            ..Draft::default()
        };
        for (channel, mut draft) in drafts.into_iter().enumerate() {
            let own = draft.spoken_channels();
            let stated = if draft.lists_all {
                draft.channels
            } else {
                own.len()
            };
            if stated > 1 {
                return Err(ImportError::SeveralChannels(stated));
            }
            if let [at] = own[..]
                && at != channel
                && !draft.lists_all
            {
                let message = format!("file {} has channel {} of the call", channel + 1, at + 1);
                return Err(ImportError::Invalid(message));
            }
            if draft.canonical.is_some() {
                return Err(ImportError::Canonical);
            }
            for mut part in draft.parts {
                part.voice = Voice::Channel(channel);
                part.words.iter_mut().for_each(|word| word.voice = None);
                whole.parts.push(part);
            }
            if channel == 0 {
                whole.engine = draft.engine;
                whole.model = draft.model.take();
            }
            let language = draft.languages.into_iter().next().flatten();
            whole.languages.push(language.or(draft.language));
            whole.recorded_ms = whole.recorded_ms.max(draft.recorded_ms);
            for note in draft.notes {
                if !whole.notes.contains(&note) {
                    whole.notes.push(note);
                }
            }
        }
        Ok(whole)
    }

    /// The channels on which somebody speaks, in order.
    fn spoken_channels(&self) -> Vec<usize> {
        let channels = self.parts.iter().filter_map(|part| match part.voice {
            Voice::Channel(channel) => Some(channel),
            _ => None,
        });
        let channels: BTreeSet<usize> = channels.collect();
        channels.into_iter().collect()
    }

    /// How many channels of the recording it tells of.
    fn own_channels(&self) -> usize {
        let channels = match &self.canonical {
            Some(transcript) => transcript.channels.len(),
            None => self.channels,
        };
        let last = self.spoken_channels().last().map_or(0, |last| last + 1);
        last.max(channels)
    }

    /// Makes the transcript.
    ///
    /// # Errors
    /// What must be known and is not, and what no recording can hold.
    pub fn settle(mut self, choice: &Choice<'_>) -> Result<Imported, ImportError> {
        let mut notes = std::mem::take(&mut self.notes);
        if let Some(transcript) = self.canonical {
            if choice.names_speakers() {
                return Err(no_speakers());
            }
            return Ok(Imported {
                channels: on_channels(transcript.channels.len(), choice.agent_channel),
                transcript,
                notes,
            });
        }
        let spoken = self.languages_of_channels();
        let language = self.language_of(choice, &mut notes)?;
        if spoken.iter().flatten().any(|own| *own != language) {
            let of = |(channel, own): (usize, &Option<String>)| {
                Some(format!("channel {channel} {}", own.as_deref()?))
            };
            let own: Vec<String> = spoken.iter().enumerate().filter_map(of).collect();
            notes.push(format!(
                "its channels differ in language: {}",
                own.join(", ")
            ));
        }
        self.part_at_voices();
        let without_text = |part: &Part| part.words.is_empty() && part.span.is_none();
        self.parts.retain(|part| !without_text(part));
        let word_probs = self.say_probabilities(&mut notes);
        let mut timing = Timing::default();
        let placed = self.place(choice, &mut notes)?;
        let mut channels = Vec::with_capacity(placed.channels.len());
        for (channel, parts) in placed.channels.into_iter().enumerate() {
            let own = spoken.get(channel).cloned().flatten();
            let mut segments: Vec<Segment> = parts
                .into_iter()
                .filter_map(|part| segment_of(part, word_probs, &mut timing))
                .collect();
            segments.sort_by_key(|segment| segment.start_ms);
            channels.push(Channel {
                language: own.filter(|own| *own != language),
                speech: Vec::new(),
                segments,
            });
        }
        if timing.shared > 0 && !timing.reliable() {
            notes.push(
                "the words have no times of their own: they are shared out within their segments, \
                 and rules with windows in time, or on how long somebody speaks, abstain"
                    .to_string(),
            );
        } else if timing.shared > 0 {
            notes.push(format!(
                "{} of {} words without times of their own stand between their neighbours",
                timing.shared, timing.words
            ));
        }
        let recorded_ms = length_of(&channels, choice, self.recorded_ms, &mut notes)?;
        let transcript = Transcript {
            format: FORMAT.to_string(),
            audio: AudioFacts {
                key: None,
                codec: None,
                sample_rate_hz: None,
                recorded_ms,
                truncated: false,
                dual_mono: false,
            },
            recogniser: Recogniser {
                engine: self.engine,
                model: self.model.unwrap_or_else(|| "not told".to_string()),
                model_key: None,
                word_times: timing.reliable(),
                word_probs,
            },
            language,
            channels,
        };
        let transcript = transcript.checked().map_err(ImportError::Invalid)?;
        Ok(Imported {
            transcript,
            channels: placed.names,
            notes,
        })
    }

    /// The language of each channel as a code, where the file tells it and it is known; that of the
    /// one on which most is said becomes that of the whole.
    fn languages_of_channels(&mut self) -> Vec<Option<String>> {
        let code = |stated: &Option<String>| fields::language(stated.as_deref()?.trim()).ok();
        let codes: Vec<Option<String>> = self.languages.iter().map(code).collect();
        let words = |channel: usize| -> usize {
            let own = |part: &&Part| match part.voice {
                Voice::Channel(at) => at == channel,
                _ => channel == 0,
            };
            self.parts
                .iter()
                .filter(own)
                .map(|part| part.words.len())
                .sum()
        };
        let stated = (0..codes.len()).filter(|channel| self.languages[*channel].is_some());
        // Of equals the first.
        if let Some(most) = stated.rev().max_by_key(|channel| words(*channel)) {
            self.language.clone_from(&self.languages[most]);
        }
        codes
    }

    /// The language that is spoken, as a code.
    fn language_of(
        &self,
        choice: &Choice<'_>,
        notes: &mut Vec<String>,
    ) -> Result<String, ImportError> {
        let code = |code: &str| fields::language(code).ok();
        let stated = self.language.as_deref().map(str::trim);
        let stated = stated.filter(|stated| !stated.is_empty());
        if let Some(own) = stated.and_then(code) {
            return Ok(own);
        }
        let told = choice.language.and_then(code);
        match (told, stated) {
            (Some(told), Some(_)) => {
                notes.push(format!(
                    "the file states a language that is not known here: it is taken for {told}, as \
                     --language, the settings or the table of calls have it"
                ));
                Ok(told)
            }
            (Some(told), None) => Ok(told),
            (None, Some(_)) => Err(ImportError::UnknownLanguage),
            (None, None) => Err(ImportError::NoLanguage),
        }
    }

    /// Cuts parts in which more than one speaks.
    fn part_at_voices(&mut self) {
        let own = |part: &Part| part.words.iter().all(|word| word.voice.is_none());
        if self.parts.iter().all(own) {
            return;
        }
        for part in std::mem::take(&mut self.parts) {
            if own(&part) {
                self.parts.push(part);
                continue;
            }
            let mut pieces: Vec<Part> = Vec::new();
            let Part { words, .. } = part;
            for mut word in words {
                let voice = word.voice.take().unwrap_or_else(|| part.voice.clone());
                match pieces.last_mut() {
                    Some(piece) if piece.voice == voice => piece.words.push(word),
                    _ => pieces.push(Part {
                        voice,
                        words: vec![word],
                        span: None,
                        prob: part.prob,
                        no_speech_prob: part.no_speech_prob,
                        doubts: part.doubts.clone(),
                    }),
                }
            }
            let whole = pieces.len() == 1;
            for mut piece in pieces {
                // Without times of their own, the pieces can be no further apart than the whole.
                if whole || piece.words.iter().all(|word| word.at.is_none()) {
                    piece.span = part.span;
                }
                self.parts.push(piece);
            }
        }
    }

    /// Whether every word has a probability; says where it is not so.
    fn say_probabilities(&self, notes: &mut Vec<String>) -> bool {
        let lacks = |part: &&Part, word: &&Heard| word.prob.is_none() && part.prob.is_none();
        let words = || {
            let parts = self.parts.iter();
            let words = parts.flat_map(|part| part.words.iter().map(move |word| (part, word)));
            // What was masked has none anywhere.
            words.filter(|(_, word)| !word.unheard && word.kind.is_none())
        };
        let lacking = words().filter(|(p, w)| lacks(p, w)).count();
        let all = words().count();
        if lacking > 0 && lacking == all {
            notes.push(
                "the words have no probabilities: rules abstain where something was not said"
                    .to_string(),
            );
        } else if lacking > 0 {
            notes.push(format!(
                "{lacking} of {all} words without a probability count as not heard"
            ));
        }
        lacking == 0
    }

    /// Puts the parts on channels.
    fn place(
        &mut self,
        choice: &Choice<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Placed, ImportError> {
        let count = self.own_channels();
        let spoken = self.spoken_channels();
        let parts = std::mem::take(&mut self.parts);
        let on_channel = |part: &Part| matches!(part.voice, Voice::Channel(_));
        if count > 1 || parts.iter().any(on_channel) {
            if choice.names_speakers() {
                return Err(no_speakers());
            }
            if count > MAX_CHANNELS {
                let message = format!("it has more than {MAX_CHANNELS} channels");
                return Err(ImportError::Invalid(message));
            }
            // A channel that is not in the file is not one on which nobody speaks.
            if !self.lists_all && spoken.len() < count {
                return Err(ImportError::PartOfCall);
            }
            return Ok(Placed::on_channels(parts, count, choice.agent_channel));
        }
        let thirds = parts.iter().filter(|part| part.voice == Voice::Third);
        let left_out: usize = thirds.map(|part| part.words.len()).sum();
        if left_out > 0 {
            notes.push(format!(
                "{left_out} words by neither agent nor customer are left out"
            ));
        }
        let mut speakers: Vec<Voice> = Vec::new();
        for part in &parts {
            let counts = !matches!(part.voice, Voice::Unknown | Voice::Third);
            if counts && !speakers.contains(&part.voice) {
                speakers.push(part.voice.clone());
            }
            if speakers.len() > MAX_CHANNELS {
                let message = format!("it has more than {MAX_CHANNELS} speakers");
                return Err(ImportError::Invalid(message));
            }
        }
        let all = self.lists_all || parts.iter().any(|part| part.voice == Voice::Unknown);
        let Some(sides) = Sides::of(&speakers, choice, all)? else {
            if speakers.len() > 1 {
                notes.push(format!(
                    "the file tells speakers apart ({}), but not for sure who is the agent and who \
                     the customer: all stand on one channel, and rules that need to know who speaks \
                     abstain; name all speakers of the agent with --agent-speaker, and those of the \
                     customer with --customer-speaker",
                    listed(&speakers)
                ));
            } else {
                notes.push(
                    "the file does not tell who speaks: all stand on one channel, and rules that \
                     need to know who speaks abstain"
                        .to_string(),
                );
            }
            let parts = parts.into_iter().filter(|p| p.voice != Voice::Third);
            return Ok(Placed {
                channels: vec![parts.collect()],
                names: vec!["everybody".to_string()],
            });
        };
        let at = choice.agent_channel.ok_or(ImportError::NoAgentChannel)?;
        if at >= 2 {
            return Err(ImportError::AgentOutOfRange {
                agent_channel: at,
                channels: 2,
            });
        }
        let other = 1 - at;
        let mut channels: Vec<Vec<Part>> = vec![Vec::new(); 2];
        let mut unplaced = 0;
        for mut part in parts {
            if sides.agent.contains(&part.voice) {
                channels[at].push(part);
            } else if sides.customer.contains(&part.voice) {
                channels[other].push(part);
            } else if part.voice != Voice::Third {
                // It may have been the agent: that speech was not heard there.
                unplaced += part.words.len();
                part.doubts.push(Doubt::LowConfidence);
                channels[at].push(Part {
                    span: extent(&part),
                    doubts: part.doubts.clone(),
                    ..Part::default()
                });
                channels[other].push(part);
            }
        }
        if unplaced > 0 {
            notes.push(format!(
                "{unplaced} words by nobody in particular are no evidence"
            ));
        }
        if !sides.neither.is_empty() {
            notes.push(format!(
                "nobody says whose these speakers are: {}; where they are the agent's or the \
                 customer's, name them with --agent-speaker or --customer-speaker",
                listed(&sides.neither)
            ));
        }
        let mut names = vec![sides.customer_name()];
        names.insert(
            at,
            name_of_side(&sides.agent, &Voice::Agent, " (the agent)"),
        );
        Ok(Placed { names, channels })
    }
}

/// Whose the speakers are.
struct Sides {
    agent: Vec<Voice>,
    customer: Vec<Voice>,
    /// The customer is only who is left.
    taken: bool,
    neither: Vec<Voice>,
}

impl Sides {
    /// `None` where it is not certain. `all` says whether others may speak, or are known not to.
    fn of(
        speakers: &[Voice],
        choice: &Choice<'_>,
        all: bool,
    ) -> Result<Option<Sides>, ImportError> {
        let named = |labels: &[String]| -> Result<Vec<Voice>, ImportError> {
            let mut voices = Vec::with_capacity(labels.len());
            for label in labels {
                let is = |voice: &&Voice| name_of(voice).eq_ignore_ascii_case(label.trim());
                let found = speakers.iter().find(is);
                let found = found.ok_or_else(|| ImportError::NoSuchSpeaker(listed(speakers)))?;
                if !voices.contains(found) {
                    voices.push(found.clone());
                }
            }
            Ok(voices)
        };
        let mut agent = named(choice.agent_speakers)?;
        let mut customer = named(choice.customer_speakers)?;
        if agent.iter().any(|voice| customer.contains(voice)) {
            return Err(ImportError::Invalid(
                "a speaker is named for the agent's and for the customer's".to_string(),
            ));
        }
        let mut neither = Vec::new();
        for voice in speakers {
            if agent.contains(voice) || customer.contains(voice) {
                continue;
            }
            match voice {
                Voice::Agent => agent.push(voice.clone()),
                voice if is_customer(voice) => customer.push(voice.clone()),
                _ => neither.push(voice.clone()),
            }
        }
        // Of two speakers, one of whom a person calls the agent, the other is the customer.
        let taken = !choice.agent_speakers.is_empty() && customer.is_empty() && neither.len() == 1;
        if taken {
            customer.append(&mut neither);
        }
        let both = !agent.is_empty() && (!customer.is_empty() || neither.is_empty());
        let no_agent = agent.is_empty() && neither.is_empty() && !customer.is_empty();
        if no_agent && !all {
            return Err(ImportError::PartOfCall);
        }
        let sure = both || no_agent;
        Ok(sure.then_some(Sides {
            agent,
            customer,
            taken,
            neither,
        }))
    }

    fn customer_name(&self) -> String {
        let role = match self.taken {
            true => " (taken for the customer)",
            false => " (the customer)",
        };
        name_of_side(&self.customer, &Voice::Customer, role)
    }
}

/// What a channel is: its speakers, and whose they are where the file does not say so itself.
fn name_of_side(voices: &[Voice], side: &Voice, role: &str) -> String {
    match voices.iter().all(|voice| voice == side) {
        true => name_of(side),
        false => format!("{}{role}", listed(voices)),
    }
}

/// Whether a label is a name for a customer.
fn is_customer(voice: &Voice) -> bool {
    let names = ["customer", "caller", "client"];
    match voice {
        Voice::Customer => true,
        Voice::Label(label) => names.iter().any(|name| label.eq_ignore_ascii_case(name)),
        _ => false,
    }
}

/// Parts by channel, those without words where the channel's voice may have spoken; and what each
/// channel is.
struct Placed {
    channels: Vec<Vec<Part>>,
    names: Vec<String>,
}

impl Placed {
    fn on_channels(parts: Vec<Part>, count: usize, agent_channel: Option<usize>) -> Self {
        let mut channels: Vec<Vec<Part>> = vec![Vec::new(); count];
        for part in parts {
            let channel = match part.voice {
                Voice::Channel(channel) => channel,
                _ => 0,
            };
            channels[channel].push(part);
        }
        Self {
            channels,
            names: on_channels(count, agent_channel),
        }
    }
}

fn on_channels(count: usize, agent_channel: Option<usize>) -> Vec<String> {
    let name = |channel| {
        let is_agent = count > 1 && agent_channel == Some(channel);
        let whose = if is_agent {
            " (the agent's in the table of calls)"
        } else {
            ""
        };
        format!("channel {channel} of the recording{whose}")
    };
    (0..count).map(name).collect()
}

fn no_speakers() -> ImportError {
    ImportError::NoSuchSpeaker("channels and no speakers".to_string())
}

fn name_of(voice: &Voice) -> String {
    match voice {
        Voice::Unknown => "nobody in particular".to_string(),
        Voice::Channel(channel) => format!("channel {channel}"),
        Voice::Agent => "agent".to_string(),
        Voice::Customer => "customer".to_string(),
        Voice::Third => "neither of the two".to_string(),
        Voice::Label(label) => label.clone(),
    }
}

/// A few of the speakers, for people. Labels may be names of persons: what is none of a tool's own
/// making is not told.
fn listed(speakers: &[Voice]) -> String {
    const MOST: usize = 8;
    let mut names: Vec<String> = speakers.iter().take(MOST).map(shown).collect();
    if speakers.len() > MOST {
        names.push("others".to_string());
    }
    match names.is_empty() {
        true => "no speakers".to_string(),
        false => names.join(", "),
    }
}

/// A speaker's label where it is one of a tool's own making: `SPEAKER_01`, `spk_0`, `1`.
fn shown(voice: &Voice) -> String {
    let Voice::Label(label) = voice else {
        return name_of(voice);
    };
    let word = label.trim_end_matches(|c: char| c.is_ascii_digit());
    let made = ["", "speaker", "spk", "spkr", "s", "channel", "ch"];
    let bare = word.trim_end_matches(['_', '-', ' ']).to_ascii_lowercase();
    let is_role = ["supervisor", "ivr", "bot", "system"].contains(&bare.as_str());
    match (made.contains(&bare.as_str()) || is_role || is_customer(voice)) && label.len() <= 16 {
        true => label.clone(),
        false => "somebody with a name".to_string(),
    }
}

/// How many words had times of their own.
#[derive(Default)]
struct Timing {
    words: usize,
    shared: usize,
}

impl Timing {
    fn reliable(&self) -> bool {
        self.shared * 10 <= self.words * UNTIMED_IN_TEN
    }
}

/// From the first to the last that a part knows of.
fn extent(part: &Part) -> Option<Span> {
    let spans = || {
        part.span
            .into_iter()
            .chain(part.words.iter().filter_map(|w| w.at))
    };
    let start_ms = spans().map(|s| s.start_ms).min()?;
    let end_ms = spans().map(|s| s.end_ms).max()?;
    Some(Span::new(start_ms, end_ms))
}

/// A part with all its words placed in time; `None` where nothing tells when it was.
fn segment_of(part: Part, word_probs: bool, timing: &mut Timing) -> Option<Segment> {
    let span = extent(&part)?;
    let share = |p: f64| (p.clamp(0.0, 1.0)) as f32;
    let spans = spans_of(&part.words, span);
    // What is doubted is no evidence anyway, and a word alone has the times of its segment.
    if part.doubts.is_empty() {
        timing.words += part.words.len();
        if part.words.len() > 1 {
            timing.shared += part.words.iter().filter(|word| word.at.is_none()).count();
        }
    }
    let words = part.words.into_iter().zip(spans).map(|(word, span)| {
        let prob = match word.unheard {
            true => Some(0.0),
            false => word.prob.or(part.prob).map(share),
        };
        // What was masked before it came here was heard.
        let prob = prob.or((word_probs && word.kind.is_some()).then_some(1.0));
        Word {
            text: word.text,
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            prob,
            redacted: word.kind.map(|kind| Redacted::of(kind, 0)),
        }
    });
    Some(Segment {
        words: words.collect(),
        start_ms: span.start_ms,
        end_ms: span.end_ms,
        no_speech_prob: part.no_speech_prob.map(share),
        doubts: {
            let mut doubts = part.doubts;
            doubts.sort();
            doubts.dedup();
            doubts
        },
    })
}

/// Times of all words: their own, in order; those without share the time between their neighbours
/// by their letters.
fn spans_of(words: &[Heard], whole: Span) -> Vec<Span> {
    let mut spans = Vec::with_capacity(words.len());
    let mut at_ms = whole.start_ms;
    let mut i = 0;
    while i < words.len() {
        if let Some(own) = words[i].at {
            // What was said later is not heard earlier.
            let start_ms = own.start_ms.max(at_ms);
            at_ms = start_ms;
            spans.push(Span::new(start_ms, own.end_ms.max(start_ms)));
            i += 1;
            continue;
        }
        let until = words[i..].iter().position(|word| word.at.is_some());
        let run = &words[i..until.map_or(words.len(), |n| i + n)];
        let from_ms = spans
            .last()
            .map_or(whole.start_ms, |last: &Span| last.end_ms);
        let next = words.get(i + run.len()).and_then(|word| word.at);
        let to_ms = next.map_or(whole.end_ms, |next| next.start_ms).max(from_ms);
        let letters = |word: &Heard| word.text.chars().count().max(1) as i64;
        let all: i64 = run.iter().map(letters).sum();
        let mut before = 0;
        for word in run {
            let place = |n: i64| from_ms + (to_ms - from_ms) * n / all;
            spans.push(Span::new(place(before), place(before + letters(word))));
            before += letters(word);
        }
        at_ms = at_ms.max(spans.last().map_or(at_ms, |last| last.start_ms));
        i += run.len();
    }
    spans
}

/// The length of the recording, and a word about where it comes from.
fn length_of(
    channels: &[Channel],
    choice: &Choice<'_>,
    stated: Option<i64>,
    notes: &mut Vec<String>,
) -> Result<i64, ImportError> {
    // A segment may go on after its last word, and the recording then does not end in speech.
    let speech = channels.iter().flat_map(|c| speech_of(&c.segments));
    let last = speech.map(|span| span.end_ms).max();
    let seconds = |ms: i64| format!("{}.{:03} s", ms / 1000, ms % 1000);
    let Some(length) = choice.recorded_ms.or(stated) else {
        let last = last.ok_or_else(|| {
            ImportError::NoCall("nobody says anything, and its length is not told".to_string())
        })?;
        notes.push(format!(
            "the file does not tell how long the recording is: it is taken to end with the last \
             word, at {}, and what may have been said after it is left open; --recorded-ms tells it",
            seconds(last)
        ));
        return Ok(last);
    };
    match last {
        Some(last) if last > length => {
            notes.push(format!(
                "words end at {}, after the stated end of the recording at {}; the former is taken",
                seconds(last),
                seconds(length)
            ));
            Ok(last)
        }
        _ => Ok(length),
    }
}
