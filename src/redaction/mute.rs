//! Which stretches of a recording must not be heard: those of all placeholders of its transcript.
//!
//! Times of words are a little off, and numbers have a beginning and an end that no word has, so
//! each stretch is padded. Card data and passcodes are silenced on every channel: the other party
//! says digits along, and a loud voice leaks. Other kinds are silenced where they were said, and
//! on both channels from the first to the last where both hold one of the same kind near by.
//! Left out on purpose: what nothing in the transcript stands for. Digits that the recogniser did
//! not hear, or that the redactor did not know as such, stay audible.

use crate::transcript::{RedactedKind, Span, Transcript};

/// Changes whenever other stretches would come of the same transcript.
pub const VERSION: u32 = 1;

/// Around words whose times were aligned with the sound.
const PAD_MS: i64 = 250;
/// Around a whole segment, where the times of words are no more than an estimate: its own ends
/// are then off by as much as its words.
const WIDE_PAD_MS: i64 = 1_000;
/// A shorter gap between two stretches of one channel is silenced, too.
const SHORTEST_GAP_MS: i64 = 1_000;
/// What is said on two channels no further apart than this is one exchange.
const EXCHANGE_MS: i64 = 2_000;

/// How the times of words came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordTimes {
    /// Aligned with the sound.
    Aligned,
    /// Estimated, or not known: whole segments are silenced.
    Estimated,
}

/// The stretches to silence on each channel of the transcript, in order, each at least a second
/// from the next. The last may end after the recording does. A single channel stands for all
/// channels of the recording.
pub fn stretches(transcript: &Transcript, times: WordTimes) -> Vec<Vec<Span>> {
    let mut said = said(transcript, times);
    said.sort_by_key(|said| (said.at, said.channel, said.kind));
    let mut silenced = vec![Vec::new(); transcript.channels.len()];
    for (n, one) in said.iter().enumerate() {
        for (channel, spans) in silenced.iter_mut().enumerate() {
            if channel == one.channel || is_for_nobody(one.kind) {
                spans.push(one.at);
            }
        }
        let near = said[n + 1..]
            .iter()
            .take_while(|other| other.at.start_ms <= one.at.end_ms + EXCHANGE_MS);
        for other in near.filter(|o| o.kind == one.kind && o.channel != one.channel) {
            let end_ms = one.at.end_ms.max(other.at.end_ms);
            let both = Span::new(one.at.start_ms, end_ms);
            silenced[one.channel].push(both);
            silenced[other.channel].push(both);
        }
    }
    let pad_ms = match times {
        WordTimes::Aligned => PAD_MS,
        WordTimes::Estimated => WIDE_PAD_MS,
    };
    let joined = silenced.into_iter().map(|spans| joined(spans, pad_ms));
    joined.collect()
}

/// Kinds that nobody may hear, on whichever channel.
fn is_for_nobody(kind: RedactedKind) -> bool {
    kind.is_card_data() || kind == RedactedKind::Passcode
}

struct Said {
    channel: usize,
    kind: RedactedKind,
    at: Span,
}

fn said(transcript: &Transcript, times: WordTimes) -> Vec<Said> {
    let mut all = Vec::new();
    for (channel, of) in transcript.channels.iter().enumerate() {
        for segment in &of.segments {
            for word in &segment.words {
                let Some(redacted) = &word.redacted else {
                    continue;
                };
                let at = match times {
                    WordTimes::Aligned => Span::new(word.start_ms, word.end_ms),
                    WordTimes::Estimated => Span::new(
                        segment.start_ms.min(word.start_ms),
                        segment.end_ms.max(word.end_ms),
                    ),
                };
                let kind = redacted.kind;
                all.push(Said { channel, kind, at });
            }
        }
    }
    all
}

/// Padded, in order, and one where they meet or nearly do.
fn joined(mut spans: Vec<Span>, pad_ms: i64) -> Vec<Span> {
    spans.sort();
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        let span = Span::new((span.start_ms - pad_ms).max(0), span.end_ms + pad_ms);
        match joined.last_mut() {
            Some(last) if span.start_ms - last.end_ms < SHORTEST_GAP_MS => {
                last.end_ms = last.end_ms.max(span.end_ms);
            }
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Redacted, Word, snippet};

    /// Two channels, with one placeholder for each of `said`: channel, kind, start, end.
    fn call(said: &[(usize, RedactedKind, i64, i64)]) -> Transcript {
        let mut transcript = snippet::parse("agent: Hello.\ncustomer: Hello.").unwrap();
        for channel in &mut transcript.channels {
            channel.segments[0].words.clear();
        }
        for (channel, kind, start_ms, end_ms) in said {
            let segment = &mut transcript.channels[*channel].segments[0];
            segment.words.push(Word {
                text: kind.placeholder().to_string(),
                start_ms: *start_ms,
                end_ms: *end_ms,
                prob: None,
                redacted: Some(Redacted::of(*kind, 4)),
            });
            segment.start_ms = segment.words[0].start_ms - 500;
            segment.end_ms = *end_ms + 500;
        }
        transcript
    }

    fn aligned(said: &[(usize, RedactedKind, i64, i64)]) -> Vec<Vec<(i64, i64)>> {
        let spans = stretches(&call(said), WordTimes::Aligned);
        let plain = |spans: Vec<Span>| spans.iter().map(|s| (s.start_ms, s.end_ms)).collect();
        spans.into_iter().map(plain).collect()
    }

    #[test]
    fn what_is_for_nobody_is_silenced_on_every_channel_and_the_rest_on_its_own() {
        use RedactedKind::{CardExpiry, CardNumber, Name, Passcode, SecurityCode};
        for kind in [CardNumber, SecurityCode, CardExpiry, Passcode] {
            let both = vec![(9_750, 12_250)];
            let silenced = aligned(&[(1, kind, 10_000, 12_000)]);
            assert_eq!(silenced, [both.clone(), both], "{kind:?}");
        }
        let name = aligned(&[(1, Name, 10_000, 10_400)]);
        assert_eq!(name, [vec![], vec![(9_750, 10_650)]]);
    }

    #[test]
    fn an_exchange_is_silenced_from_its_first_to_its_last_on_both_channels() {
        use RedactedKind::{Email, Name};
        let both = vec![(9_750, 14_250)];
        let near = aligned(&[(1, Name, 10_000, 11_000), (0, Name, 13_000, 14_000)]);
        assert_eq!(near, [both.clone(), both]);
        let later = aligned(&[(1, Name, 10_000, 11_000), (0, Name, 13_001, 14_000)]);
        assert_eq!(later, [vec![(12_751, 14_250)], vec![(9_750, 11_250)]]);
        let other = aligned(&[(1, Name, 10_000, 11_000), (0, Email, 11_000, 12_000)]);
        assert_eq!(other, [vec![(10_750, 12_250)], vec![(9_750, 11_250)]]);
    }

    #[test]
    fn short_gaps_close_and_nothing_begins_before_the_recording() {
        use RedactedKind::Name;
        let spans = aligned(&[
            (0, Name, 100, 300),
            // 999 ms after the padding of the one before, then exactly a second.
            (0, Name, 1_799, 2_000),
            (0, Name, 3_500, 4_000),
        ]);
        assert_eq!(spans[0], [(0, 2_250), (3_250, 4_250)]);
    }

    #[test]
    fn where_times_are_estimates_the_whole_segment_goes() {
        let call = call(&[(0, RedactedKind::Name, 10_000, 10_400)]);
        let spans = stretches(&call, WordTimes::Estimated);
        assert_eq!(spans, [vec![Span::new(8_500, 11_900)], vec![]]);
    }
}
