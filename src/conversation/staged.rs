//! Calls staged for tests: who says what, from when to when.

use super::Conversation;
use crate::transcript::{
    AudioFacts, Channel, Doubt, FORMAT, Recogniser, Segment, Span, Transcript, Word,
};

/// A transcript in the making; channel 0 is the agent's, channel 1 the customer's.
#[derive(Debug, Clone)]
pub(crate) struct Staged(pub Transcript);

pub(crate) fn staged(recorded_ms: i64) -> Staged {
    Staged(Transcript {
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
            engine: "staged".to_string(),
            model: "none".to_string(),
            model_key: None,
            word_times: true,
            word_probs: true,
        },
        language: "en".to_string(),
        channels: vec![Channel::default(), Channel::default()],
    })
}

impl Staged {
    pub fn agent(self, start_ms: i64, end_ms: i64, text: &str) -> Self {
        self.says(0, start_ms, end_ms, text)
    }

    pub fn customer(self, start_ms: i64, end_ms: i64, text: &str) -> Self {
        self.says(1, start_ms, end_ms, text)
    }

    /// Adds voice activity and, unless the text is empty, a segment with its words evenly spread.
    pub fn says(mut self, channel: usize, start_ms: i64, end_ms: i64, text: &str) -> Self {
        let texts: Vec<&str> = text.split_whitespace().collect();
        let at = |i: usize| start_ms + (end_ms - start_ms) * i as i64 / texts.len() as i64;
        let words = texts.iter().enumerate().map(|(i, text)| Word {
            text: (*text).to_string(),
            start_ms: at(i),
            end_ms: at(i + 1),
            prob: Some(0.9),
            redacted: None,
        });
        let words: Vec<Word> = words.collect();
        let channel = &mut self.0.channels[channel];
        channel.speech.push(Span::new(start_ms, end_ms));
        if !words.is_empty() {
            channel.segments.push(Segment {
                start_ms,
                end_ms,
                no_speech_prob: None,
                doubts: Vec::new(),
                words,
            });
        }
        self
    }

    /// Puts a doubt on the last segment of a channel.
    pub fn doubtful(mut self, channel: usize) -> Self {
        let last = self.0.channels[channel].segments.last_mut();
        last.expect("somebody spoke")
            .doubts
            .push(Doubt::LowConfidence);
        self
    }

    pub fn without_word_times(mut self) -> Self {
        self.0.recogniser.word_times = false;
        self
    }

    pub fn conversation(&self) -> Conversation {
        Conversation::new(&self.0, Some(0)).expect("two channels with the agent on the first")
    }

    /// The same sound in a single channel.
    pub fn mono(&self) -> Conversation {
        let mut transcript = self.0.clone();
        let mut all = Channel::default();
        for channel in transcript.channels.drain(..) {
            all.speech.extend(channel.speech);
            all.segments.extend(channel.segments);
        }
        all.segments.sort_by_key(|s| s.start_ms);
        transcript.channels = vec![all];
        Conversation::new(&transcript, None).expect("one channel needs no agent")
    }
}

/// A whole call from lines such as `agent: Hello.` and `(12s)` for a pause. Each word takes
/// 400 ms, and each line follows 400 ms after the one before.
pub(crate) fn talk(lines: &str) -> Staged {
    let mut call = staged(0);
    let mut at_ms = 1_000;
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(pause) = line.strip_prefix('(').and_then(|l| l.strip_suffix("s)")) {
            at_ms += 1_000 * pause.parse::<i64>().expect("seconds");
            continue;
        }
        let (who, text) = line.split_once(": ").expect("who says what");
        let end_ms = at_ms + 400 * text.split_whitespace().count() as i64;
        let channel = usize::from(who != "agent");
        call = call.says(channel, at_ms, end_ms, text);
        at_ms = end_ms + 400;
    }
    call.0.audio.recorded_ms = at_ms + 600;
    call
}
