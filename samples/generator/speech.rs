//! Says a script aloud: when each word is spoken, how well it was heard, and what a recogniser
//! would have made of it.

use callibrate::transcript::{
    AudioFacts, Channel, Doubt, FORMAT, Recogniser, Segment, Span, Transcript, Word,
};

use super::chance::Chance;
use super::script::{Script, Start};
use super::wording::Who;

/// How good the recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audio {
    Clear,
    Fair,
    Poor,
    /// Noise as loud as the voices: nobody could judge the words.
    Bad,
}

impl Audio {
    pub fn draw(chance: &mut Chance) -> Self {
        match chance.below(100) {
            0..72 => Audio::Clear,
            72..91 => Audio::Fair,
            91..97 => Audio::Poor,
            _ => Audio::Bad,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Audio::Clear => "clear",
            Audio::Fair => "fair",
            Audio::Poor => "poor",
            Audio::Bad => "bad",
        }
    }

    /// Probabilities of words, in hundredths.
    fn probs(self) -> (i64, i64) {
        match self {
            Audio::Clear => (88, 100),
            Audio::Fair => (70, 100),
            Audio::Poor => (45, 97),
            Audio::Bad => (8, 45),
        }
    }
}

/// What the recording is like.
#[derive(Debug, Clone, Copy)]
pub struct Recording {
    pub audio: Audio,
    /// The recorder started after the opening.
    pub cut_start: bool,
    /// Channel of the agent.
    pub agent_channel: usize,
    /// Words per minute while speaking.
    pub agent_pace: f64,
    pub customer_pace: f64,
}

/// A call as it was spoken.
pub struct Spoken {
    pub transcript: Transcript,
    /// Start of each word of each turn.
    pub starts: Vec<Vec<i64>>,
}

/// Lays the words out in time.
pub fn speak(script: &Script, recording: &Recording, chance: &mut Chance) -> Spoken {
    let mut channels = vec![Channel::default(), Channel::default()];
    let mut starts = Vec::with_capacity(script.turns.len());
    // The opening that was cut off ends a moment before the recording begins.
    let mut clock = if recording.cut_start {
        0
    } else {
        chance.between(400, 1_800)
    };
    let mut turn_start = clock;
    for (i, turn) in script.turns.iter().enumerate() {
        let (channel, pace) = match turn.who {
            Who::Agent => (recording.agent_channel, recording.agent_pace),
            Who::Customer => (1 - recording.agent_channel, recording.customer_pace),
        };
        let from = match turn.start {
            Start::After(_) if i == 0 => clock,
            Start::After(gap) => clock + gap,
            Start::CutIn(overlap) => (clock - overlap).max(turn_start + 1_050),
            Start::Within => turn_start + (clock - turn_start) * 6 / 10,
        };
        let skip = match recording.cut_start && i == 0 {
            true => turn.words.len().saturating_sub(3),
            false => 0,
        };
        let (end, mut said) = say(
            &turn.words[skip..],
            from,
            pace,
            recording,
            &mut channels[channel],
            chance,
        );
        let mut all = vec![from; skip];
        all.append(&mut said);
        starts.push(all);
        if turn.start != Start::Within {
            turn_start = from;
            clock = clock.max(end);
        }
    }
    for channel in &mut channels {
        mend(channel);
    }
    let end = channels
        .iter()
        .flat_map(|c| c.segments.last())
        .map(|s| s.end_ms)
        .max()
        .unwrap_or(0);
    let transcript = Transcript {
        format: FORMAT.to_string(),
        audio: AudioFacts {
            key: None,
            codec: None,
            sample_rate_hz: None,
            recorded_ms: end + chance.between(500, 1_500),
            truncated: false,
            dual_mono: false,
        },
        recogniser: Recogniser {
            engine: "made data".to_string(),
            model: "none".to_string(),
            model_key: None,
            word_times: true,
            word_probs: true,
        },
        language: "en".to_string(),
        channels,
    };
    Spoken { transcript, starts }
}

/// Speaks words from a moment on. A sentence is a segment. Gives the end and all starts.
fn say(
    words: &[String],
    from: i64,
    pace: f64,
    recording: &Recording,
    channel: &mut Channel,
    chance: &mut Chance,
) -> (i64, Vec<i64>) {
    let per_word = 60_000.0 / pace;
    let (low, high) = recording.audio.probs();
    let doubts = match recording.audio {
        Audio::Bad => vec![Doubt::Noise],
        _ => Vec::new(),
    };
    let mut starts = Vec::with_capacity(words.len());
    let mut clock = from;
    let mut sentence: Vec<Word> = Vec::with_capacity(16);
    for (i, text) in words.iter().enumerate() {
        // Long words take longer; four letters are the average. Digits are read one by one.
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let length = text.len() as f64 + digits as f64 * 3.0;
        let ms = (per_word * (0.5 + 0.11 * length) * (0.9 + 0.2 * chance.unit())) as i64;
        let ms = ms.max(60);
        starts.push(clock);
        sentence.push(Word {
            text: text.clone(),
            start_ms: clock,
            end_ms: clock + ms,
            prob: Some(chance.between(low, high) as f32 / 100.0),
            redacted: None,
        });
        clock += ms;
        let ends = text.ends_with(['.', '?', '!']);
        if ends || i + 1 == words.len() {
            channel.segments.push(Segment {
                start_ms: sentence[0].start_ms,
                end_ms: clock,
                no_speech_prob: None,
                doubts: doubts.clone(),
                words: std::mem::replace(&mut sentence, Vec::with_capacity(16)),
            });
            if i + 1 < words.len() {
                clock += chance.between(180, 420);
            }
        } else if text.ends_with(',') {
            clock += chance.between(30, 120);
        }
    }
    (clock, starts)
}

/// Segments in order, and speech without overlap: one who cuts in may still be speaking when the
/// pause that was planned after the other is over.
fn mend(channel: &mut Channel) {
    channel.segments.sort_by_key(|s| s.start_ms);
    channel.speech.clear();
    for segment in &channel.segments {
        match channel.speech.last_mut() {
            Some(last) if segment.start_ms <= last.end_ms => {
                last.end_ms = last.end_ms.max(segment.end_ms);
            }
            _ => channel
                .speech
                .push(Span::new(segment.start_ms, segment.end_ms)),
        }
    }
}

/// The agent's words per minute of speech.
pub fn pace(transcript: &Transcript, channel: usize) -> f64 {
    let channel = &transcript.channels[channel];
    let words: usize = channel.segments.iter().map(|s| s.words.len()).sum();
    let ms: i64 = channel.speech.iter().map(|s| s.len_ms()).sum();
    words as f64 * 60_000.0 / ms.max(1) as f64
}

/// What recognisers take for one another.
const NEAR_SOUNDS: [(&str, &str); 46] = [
    ("hold", "hole"),
    ("your", "you're"),
    ("their", "there"),
    ("to", "two"),
    ("for", "four"),
    ("by", "buy"),
    ("bill", "bell"),
    ("card", "cart"),
    ("call", "car"),
    ("name", "named"),
    ("right", "write"),
    ("here", "hear"),
    ("wait", "weight"),
    ("will", "well"),
    ("debt", "dead"),
    ("collect", "correct"),
    ("sorry", "sari"),
    ("send", "sent"),
    ("help", "held"),
    ("know", "no"),
    ("birth", "birds"),
    ("line", "lion"),
    ("back", "bag"),
    ("thank", "think"),
    ("and", "in"),
    ("the", "a"),
    ("can", "can't"),
    ("recorded", "recording"),
    ("account", "count"),
    ("payment", "pavement"),
    ("parcel", "partial"),
    ("refund", "refined"),
    ("letter", "later"),
    ("address", "addressed"),
    ("date", "day"),
    ("purpose", "purposes"),
    ("obtained", "attained"),
    ("information", "informations"),
    ("quality", "equality"),
    ("understand", "understanding"),
    ("apologize", "apologies"),
    ("patience", "patients"),
    ("holding", "folding"),
    ("anything", "any"),
    ("today", "day"),
    ("code", "coat"),
];
const SMALL: [&str; 14] = [
    "a", "an", "the", "to", "of", "is", "it", "i", "and", "that", "in", "for", "be", "so",
];

/// What a recogniser would have written: of `noise` (0 to 1) of all words some are taken for near
/// sounds, some lose or gain an ending, and small ones are left out. Times stay; changed words
/// have lower probabilities.
pub fn misheard(transcript: &Transcript, noise: f64, chance: &mut Chance) -> Transcript {
    let mut heard = transcript.clone();
    for segment in heard.channels.iter_mut().flat_map(|c| &mut c.segments) {
        segment.words.retain_mut(|word| {
            if !chance.happens(noise) {
                return true;
            }
            let bare = word.text.trim_end_matches(['.', ',', '?', '!']);
            let ending = word.text[bare.len()..].to_string();
            let small = bare.to_lowercase();
            if bare.bytes().any(|b| b.is_ascii_digit()) {
                return true;
            }
            if SMALL.contains(&small.as_str()) && ending.is_empty() && chance.happens(0.6) {
                return false;
            }
            let near = NEAR_SOUNDS.iter().find(|(said, _)| *said == small);
            let other = match near {
                Some((_, other)) => (*other).to_string(),
                None if small.len() < 4 => return true,
                None if small.ends_with("ing") => bare[..bare.len() - 3].to_string(),
                None if small.ends_with('s') || small.ends_with('d') => {
                    bare[..bare.len() - 1].to_string()
                }
                None => format!("{bare}s"),
            };
            word.text = other + &ending;
            word.prob = Some(chance.between(25, 80) as f32 / 100.0);
            true
        });
    }
    for channel in &mut heard.channels {
        channel.segments.retain(|s| !s.words.is_empty());
    }
    heard
}
