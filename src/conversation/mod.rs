//! How the two talked: a transcript joined with who sits on which channel.
//!
//! [`Conversation`] is what scoring sees. Metrics of talk, silence and turns come from speech
//! activity and not from words, so they hold where the recogniser is weak; questions, promises
//! and the like come from the words. Definitions with their sources: `docs/metrics.md`.
//!
//! `floor` says who holds the floor and when, `sides` measures the two by their speech, `hold`
//! tells a hold from dead air, and `pace` measures how fast somebody speaks. `english` reads the
//! words and holds the word lists, `sentences` cuts them into sentences, and `questions`,
//! [`promises`], `progress` and [`feeling`] are found in these. [`metrics`] counts it all. Left
//! out on purpose: loudness and anything else from the sound of a voice (inferring emotion from
//! a voice at work is prohibited in the EU), handle time (a recording does not know it), and
//! guessing who speaks in a mono recording.

mod due;
mod english;
pub mod feeling;
mod floor;
mod hold;
pub mod metrics;
mod pace;
mod progress;
pub mod promises;
mod questions;
#[cfg(test)]
mod samples;
mod sentences;
mod sides;
#[cfg(test)]
pub(crate) mod staged;
mod text;
#[cfg(test)]
mod timing;

use serde::{Deserialize, Serialize};

use crate::transcript::{Channel, Redacted, Segment, Span, Transcript, stands_for_others};
use english::{Token, VOCABULARY};
use floor::{Stretch, joined};
use sentences::Said;
pub use text::Text;

/// Speech this close to an end of the recording was cut off there: recorders start and stop in
/// mid-word, but people do not. Voice activity needs about a tenth of a second to notice speech.
const CUT_MS: i64 = 150;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Agent,
    Customer,
    /// A mono recording: both are in one channel.
    Unknown,
}

impl Party {
    pub fn as_str(self) -> &'static str {
        match self {
            Party::Agent => "agent",
            Party::Customer => "customer",
            Party::Unknown => "unknown",
        }
    }
}

/// One word in the merged conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenWord {
    pub party: Party,
    pub channel: usize,
    /// Index of the segment within its channel.
    pub segment: usize,
    pub text: Text,
    pub start_ms: i64,
    pub end_ms: i64,
    pub prob: Option<f32>,
    /// False where the segment carries a doubt: such a word is shown but is no evidence.
    pub trusted: bool,
    pub redacted: Option<Redacted>,
}

impl SpokenWord {
    /// It stands for words that nobody knows: another tool masked them, or did not understand.
    pub fn is_hidden(&self) -> bool {
        self.redacted.is_none() && self.prob == Some(0.0) && stands_for_others(&self.text)
    }
}

/// What one speaker says until another takes the floor.
///
/// A *stretch* is the speech of one channel with pauses under 0.5 s bridged; here its speech is
/// that of the words, or of whole segments where word times cannot be relied on. A turn is made
/// of stretches of one channel less than 3 s apart, as long as no other channel begins a stretch
/// in between (the 3.0 s of AWS post-call analytics). A *back-channel* ("mm-hm" while the other
/// speaks) is a turn of its own, ends nobody's turn, and so lies inside the other's: it is a
/// stretch within a longer one of another channel, under 1 s long or of nothing but words like
/// "okay".
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub party: Party,
    pub span: Span,
    /// Indexes into [`Conversation::words`], in order.
    pub words: Vec<usize>,
    pub back_channel: bool,
}

/// One channel as scoring sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelView {
    pub party: Party,
    /// Voice activity within the recording, in order, neither overlapping nor touching; of whole
    /// segments where nobody knows it.
    pub speech: Vec<Span>,
}

/// A transcript joined with who sits on which channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The language that was transcribed, ISO 639-1.
    pub language: String,
    /// Length of the recording, which is not the handle time.
    pub recorded_ms: i64,
    /// One channel: nobody knows who speaks, and every party is [`Party::Unknown`].
    pub mono: bool,
    /// Word times can be relied on.
    pub word_times: bool,
    /// It is known when somebody speaks, by voice activity or by the words.
    pub speech_times: bool,
    /// A word without a probability counts as heard; else nobody knows how well it was.
    pub word_probs: bool,
    /// The recording's data ended before its header said so.
    pub truncated: bool,
    /// Somebody was already speaking within the first 150 ms.
    pub cut_start: bool,
    /// Somebody was still speaking within the last 150 ms, or the data was truncated.
    pub cut_end: bool,
    /// In the order of the recording.
    pub channels: Vec<ChannelView>,
    /// Sorted by start, then channel, then the order in the transcript.
    pub words: Vec<SpokenWord>,
    /// Sorted by start; every word is in exactly one turn.
    pub turns: Vec<Turn>,
    /// The words as the lists know them, one each.
    tokens: Vec<Token>,
    said: Said,
}

/// A transcript that cannot be joined with its parties.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    #[error(
        "tell the agent from the customer: nothing says which of the {channels} channels is the agent's"
    )]
    AgentUnknown { channels: usize },
    #[error(
        "tell the agent from the customer: the agent's channel is given as {agent_channel}, but the recording has only {channels}, counted from 0"
    )]
    AgentOutOfRange {
        agent_channel: usize,
        channels: usize,
    },
}

impl ConversationError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        "give the agent's channel, counted from 0, as `agent_channel` with the call's metadata"
    }
}

impl Conversation {
    /// Joins a transcript with the channel that the agent sits on, counted from 0.
    ///
    /// With several channels every one but the agent's is the customer's side; with one channel
    /// `agent_channel` is not looked at. Speech outside the recording is cut off.
    ///
    /// # Errors
    /// Several channels, and `agent_channel` is missing or names none of them.
    pub fn new(
        transcript: &Transcript,
        agent_channel: Option<usize>,
    ) -> Result<Self, ConversationError> {
        let parties = parties(transcript.channels.len(), agent_channel)?;
        let recorded_ms = transcript.audio.recorded_ms;
        let channels: Vec<ChannelView> = transcript
            .channels
            .iter()
            .zip(&parties)
            .map(|(channel, &party)| ChannelView {
                party,
                speech: speech_within(channel, recorded_ms),
            })
            .collect();
        let speech = || channels.iter().flat_map(|c| &c.speech);
        let cut_start = speech().any(|s| s.start_ms <= CUT_MS);
        let cut_end =
            transcript.audio.truncated || speech().any(|s| s.end_ms >= recorded_ms - CUT_MS);
        let words = words_of(&transcript.channels, &parties);
        let word_times = transcript.recogniser.word_times;
        let vocabulary = &*VOCABULARY;
        let tokens: Vec<Token> = words
            .iter()
            .map(|w| vocabulary.read(&w.text, w.redacted.is_some()))
            .collect();
        let turns = turns_of(transcript, &parties, &words, &tokens);
        let said = Said::of(&words, &tokens, &turns, word_times);
        Ok(Self {
            language: transcript.language.clone(),
            recorded_ms,
            mono: parties.len() == 1,
            word_times,
            speech_times: transcript.channels.iter().all(has_speech),
            word_probs: transcript.recogniser.word_probs,
            truncated: transcript.audio.truncated,
            cut_start,
            cut_end,
            channels,
            words,
            turns,
            tokens,
            said,
        })
    }

    /// The word lists of the detectors are English; in another language nobody knows.
    pub(crate) fn is_english(&self) -> bool {
        self.language == "en" || self.language.starts_with("en-")
    }

    /// When the party speaks: all its channels together, in order, neither overlapping nor
    /// touching.
    pub fn speech_of(&self, party: Party) -> Vec<Span> {
        let of_party = self.channels.iter().filter(|c| c.party == party);
        joined(of_party.flat_map(|c| c.speech.iter().copied()), 1)
    }

    /// When anybody speaks.
    pub fn speech(&self) -> Vec<Span> {
        joined(
            self.channels.iter().flat_map(|c| c.speech.iter().copied()),
            1,
        )
    }
}

/// Who sits on each channel; see [`Conversation::new`].
///
/// # Errors
/// As there.
pub fn parties(
    channels: usize,
    agent_channel: Option<usize>,
) -> Result<Vec<Party>, ConversationError> {
    if channels <= 1 {
        return Ok(vec![Party::Unknown; channels]);
    }
    let Some(agent_channel) = agent_channel else {
        return Err(ConversationError::AgentUnknown { channels });
    };
    if agent_channel >= channels {
        return Err(ConversationError::AgentOutOfRange {
            agent_channel,
            channels,
        });
    }
    let mut parties = vec![Party::Customer; channels];
    parties[agent_channel] = Party::Agent;
    Ok(parties)
}

/// Whether a channel tells when somebody speaks there.
fn has_speech(channel: &Channel) -> bool {
    !channel.speech.is_empty() || channel.segments.is_empty()
}

fn speech_within(channel: &Channel, recorded_ms: i64) -> Vec<Span> {
    let mut spans = channel.speech.clone();
    if !has_speech(channel) {
        spans.extend(channel.segments.iter().map(Segment::span));
    }
    let cut = |s: Span| Span::new(s.start_ms.max(0), s.end_ms.min(recorded_ms));
    joined(spans.into_iter().map(cut).filter(|s| s.len_ms() > 0), 1)
}

fn words_of(channels: &[Channel], parties: &[Party]) -> Vec<SpokenWord> {
    // The order is found on small keys: start, channel, segment, word.
    let mut order: Vec<(i64, u32, u32, u32)> = Vec::with_capacity(words_in(channels));
    for (c, heard) in (0..).zip(channels) {
        for (s, segment) in (0..).zip(&heard.segments) {
            let words = (0..).zip(&segment.words);
            order.extend(words.map(|(w, word)| (word.start_ms, c, s, w)));
        }
    }
    // The sort is stable, so words that start together stay in the order of the transcript; it
    // is also quick on runs that are in order already.
    order.sort_by_key(|&(start_ms, c, ..)| (start_ms, c));
    let spoken = order.into_iter().map(|(_, c, s, w)| {
        let (channel, segment) = (c as usize, s as usize);
        let of = &channels[channel].segments[segment];
        let word = &of.words[w as usize];
        SpokenWord {
            party: parties[channel],
            channel,
            segment,
            text: Text::from(word.text.as_str()),
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            prob: word.prob,
            trusted: of.doubts.is_empty(),
            redacted: word.redacted.clone(),
        }
    });
    spoken.collect()
}

fn words_in(channels: &[Channel]) -> usize {
    let segments = channels.iter().flat_map(|channel| &channel.segments);
    segments.map(|segment| segment.words.len()).sum()
}

fn turns_of(
    transcript: &Transcript,
    parties: &[Party],
    words: &[SpokenWord],
    tokens: &[Token],
) -> Vec<Turn> {
    let span_of = |w: &SpokenWord| {
        if transcript.recogniser.word_times {
            return Span::new(w.start_ms, w.end_ms);
        }
        transcript.channels[w.channel].segments[w.segment].span()
    };
    let mut stretches = Vec::new();
    let mut order = Vec::with_capacity(words.len());
    for channel in 0..parties.len() {
        let own = words
            .iter()
            .enumerate()
            .filter(|(_, w)| w.channel == channel);
        let mut placed: Vec<(Span, usize)> = own.map(|(i, w)| (span_of(w), i)).collect();
        placed.sort();
        add_stretches(channel, &placed, order.len(), &mut stretches);
        order.extend(placed.iter().map(|&(_, word)| word));
    }
    let mut scratch = Vec::new();
    for stretch in &mut stretches {
        let own = order[stretch.words.clone()].iter().map(|&w| tokens[w]);
        stretch.acknowledges = floor::acknowledges(own, &mut scratch);
    }
    floor::turns(stretches, &order)
        .into_iter()
        .map(|turn| Turn {
            party: parties[turn.speaker],
            span: turn.span,
            words: turn.words,
            back_channel: turn.back_channel,
        })
        .collect()
}

/// Joins the words of one channel, in order of their spans, into stretches; `from` is the place of
/// the first in the list of all words.
fn add_stretches(
    channel: usize,
    placed: &[(Span, usize)],
    from: usize,
    stretches: &mut Vec<Stretch>,
) {
    let first = stretches.len();
    for (at, &(span, _)) in (from..).zip(placed) {
        match stretches[first..].last_mut() {
            Some(last) if span.start_ms - last.span.end_ms < floor::PAUSE_MS => {
                last.span.end_ms = last.span.end_ms.max(span.end_ms);
                last.words.end = at + 1;
            }
            _ => stretches.push(Stretch {
                speaker: channel,
                span,
                acknowledges: false,
                words: at..at + 1,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::staged::staged;
    use super::*;

    /// Party, start, end and text of every turn.
    fn turns(c: &Conversation) -> Vec<(&'static str, i64, i64, String)> {
        let text = |turn: &Turn| {
            let words = turn.words.iter().map(|&w| c.words[w].text.as_str());
            words.collect::<Vec<_>>().join(" ")
        };
        c.turns
            .iter()
            .map(|t| (t.party.as_str(), t.span.start_ms, t.span.end_ms, text(t)))
            .collect()
    }

    #[test]
    fn several_channels_need_to_know_the_agents() {
        let transcript = staged(10_000).0;
        let missing = Conversation::new(&transcript, None).unwrap_err();
        assert_eq!(missing, ConversationError::AgentUnknown { channels: 2 });
        let wrong = Conversation::new(&transcript, Some(2)).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "tell the agent from the customer: the agent's channel is given as 2, but the \
             recording has only 2, counted from 0"
        );
        let swapped = Conversation::new(&transcript, Some(1)).unwrap();
        let parties: Vec<Party> = swapped.channels.iter().map(|c| c.party).collect();
        assert_eq!(parties, [Party::Customer, Party::Agent]);
    }

    #[test]
    fn mono_knows_no_party() {
        let c = staged(10_000)
            .agent(1_000, 2_000, "Hello.")
            .customer(2_500, 3_000, "Hi.")
            .mono();
        assert!(c.mono);
        assert!(c.words.iter().all(|w| w.party == Party::Unknown));
        assert_eq!(
            turns(&c),
            [("unknown", 1_000, 3_000, "Hello. Hi.".to_string())]
        );
    }

    #[test]
    fn words_are_merged_by_start_and_doubts_follow_their_segment() {
        let call = staged(10_000)
            .agent(1_000, 3_000, "one two")
            .customer(1_000, 3_000, "three four")
            .doubtful(1);
        let words = call.conversation().words;
        let seen: Vec<(&str, bool)> = words.iter().map(|w| (w.text.as_str(), w.trusted)).collect();
        assert_eq!(
            seen,
            [
                ("one", true),
                ("three", false),
                ("two", true),
                ("four", false)
            ]
        );
    }

    #[test]
    fn cut_off_speech_is_noticed_and_speech_stays_within_the_recording() {
        let whole = staged(10_000).agent(151, 9_849, "all of it").conversation();
        assert!(!whole.cut_start && !whole.cut_end);
        let cut = staged(10_000)
            .agent(150, 10_400, "middle of it")
            .conversation();
        assert!(cut.cut_start && cut.cut_end);
        assert_eq!(cut.channels[0].speech, [Span::new(150, 10_000)]);
        let mut truncated = staged(10_000).agent(2_000, 3_000, "short");
        truncated.0.audio.truncated = true;
        assert!(truncated.conversation().cut_end);
    }

    #[test]
    fn a_turn_lasts_until_three_seconds_of_pause_or_the_others_floor() {
        let c = staged(30_000)
            .agent(0, 2_000, "Your name please?")
            .agent(4_999, 6_000, "Your full name.")
            .agent(9_000, 10_000, "Are you there?")
            .customer(10_400, 12_000, "Yes, Jane Doe.")
            .agent(12_500, 13_500, "Thanks, Jane.")
            .conversation();
        let cut: Vec<(&str, i64, i64)> = turns(&c).iter().map(|t| (t.0, t.1, t.2)).collect();
        assert_eq!(
            cut,
            [
                ("agent", 0, 6_000),
                ("agent", 9_000, 10_000),
                ("customer", 10_400, 12_000),
                ("agent", 12_500, 13_500),
            ]
        );
    }

    #[test]
    fn a_back_channel_ends_no_turn_but_an_answer_does() {
        let c = staged(30_000)
            .agent(0, 5_000, "I have opened a claim for you")
            .customer(2_000, 2_500, "Lovely.")
            .customer(3_000, 4_500, "Okay, I see.")
            .agent(5_300, 7_000, "and it takes a week. Right?")
            .customer(7_200, 7_600, "Yes.")
            .agent(7_900, 9_000, "Good.")
            .conversation();
        let cut: Vec<(&str, i64, String)> =
            turns(&c).into_iter().map(|t| (t.0, t.1, t.3)).collect();
        let expected = [
            (
                "agent",
                0,
                "I have opened a claim for you and it takes a week. Right?",
            ),
            ("customer", 2_000, "Lovely."),
            ("customer", 3_000, "Okay, I see."),
            ("customer", 7_200, "Yes."),
            ("agent", 7_900, "Good."),
        ];
        assert_eq!(
            cut,
            expected.map(|(who, at, text)| (who, at, text.to_string()))
        );
    }

    #[test]
    fn without_word_times_turns_are_made_of_whole_segments() {
        let call = staged(30_000)
            .agent(0, 8_000, "first second")
            .customer(9_000, 10_000, "third")
            .without_word_times();
        assert_eq!(
            turns(&call.conversation()),
            [
                ("agent", 0, 8_000, "first second".to_string()),
                ("customer", 9_000, 10_000, "third".to_string()),
            ]
        );
    }
}
