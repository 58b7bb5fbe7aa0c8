//! How fast a party speaks, in trusted words and the time in which they are spoken.
//!
//! A placeholder of a number counts as the digits that it replaced, for each was a spoken word.
//! How many words a masked name, date or address was, nobody knows any more: like doubtful words
//! these are left out, and so is their time.

use super::floor::{PAUSE_MS, both, joined, total_ms};
use super::{Conversation, Party};
use crate::transcript::Span;

/// A rate of words needs this much speech.
const RATE_MS: i64 = 5_000;
/// How much of a party's own speech the fastest stretch has.
const FASTEST_MS: i64 = 30_000;

/// The words of one party and the time in which they are spoken.
pub(super) struct Pace {
    /// Middle of each trusted word and what it counts, in order of time.
    words: Vec<(i64, i64)>,
    /// Voice activity without that of words that are not counted.
    speech: Vec<Span>,
}

impl Pace {
    /// `speech` is the party's voice activity.
    pub fn of(c: &Conversation, party: Party, speech: &[Span]) -> Self {
        let mut words: Vec<(i64, i64)> = Vec::with_capacity(c.words.len());
        let (mut doubtful, mut uncounted): (Vec<Span>, Vec<Span>) = (Vec::new(), Vec::new());
        for word in c.words.iter().filter(|w| w.party == party) {
            let span = Span::new(word.start_ms, word.end_ms);
            let spoken = match &word.redacted {
                Some(redacted) => redacted.spoken_words(),
                None => Some(1),
            };
            match spoken {
                _ if !word.trusted => doubtful.push(span),
                Some(spoken) => {
                    words.push(((word.start_ms + word.end_ms) / 2, i64::from(spoken)));
                }
                None => uncounted.push(span),
            }
        }
        words.sort_unstable();
        let speech = without(speech, &joined(doubtful, PAUSE_MS));
        Self {
            words,
            speech: without(&speech, &joined(uncounted, 0)),
        }
    }

    /// Words per minute; `None` without words or on less than 5 s of speech.
    pub fn words_per_minute(&self) -> Option<f64> {
        rate(self.words.iter().map(|w| w.1).sum(), total_ms(&self.speech))
    }

    /// The same within a part of the call.
    fn words_per_minute_in(&self, part: Span) -> Option<f64> {
        let from = self.words.partition_point(|w| w.0 < part.start_ms);
        let to = self.words.partition_point(|w| w.0 < part.end_ms);
        let words = self.words[from..to.max(from)].iter().map(|w| w.1).sum();
        rate(words, total_ms(&both(&self.speech, &[part])))
    }

    /// Words per minute in the last part over those in the first; 1 is no change.
    pub fn change(&self, first: Span, last: Span) -> Option<f64> {
        Some(self.words_per_minute_in(last)? / self.words_per_minute_in(first)?)
    }

    /// Words per minute in the fastest 30 s of the party's own speech, pauses and the other's
    /// turns left out; `None` on less speech.
    pub fn fastest(&self) -> Option<f64> {
        if total_ms(&self.speech) < FASTEST_MS || self.words.is_empty() {
            return None;
        }
        // Where each word stands when the speech is put together without a gap.
        let mut before_ms = 0;
        let mut spans = self.speech.iter().peekable();
        let places: Vec<(i64, i64)> = self
            .words
            .iter()
            .map(|&(middle_ms, count)| {
                while let Some(span) = spans.next_if(|span| span.end_ms <= middle_ms) {
                    before_ms += span.len_ms();
                }
                let inside_ms = spans
                    .peek()
                    .map_or(0, |span| (middle_ms - span.start_ms).max(0));
                (before_ms + inside_ms, count)
            })
            .collect();
        let (mut most, mut now, mut from) = (0, 0, 0);
        for &(place, count) in &places {
            now += count;
            while places[from].0 <= place - FASTEST_MS {
                now -= places[from].1;
                from += 1;
            }
            most = most.max(now);
        }
        rate(most, FASTEST_MS)
    }
}

fn rate(words: i64, ms: i64) -> Option<f64> {
    (words > 0 && ms >= RATE_MS).then(|| words as f64 * 60_000.0 / ms as f64)
}

/// What of the spans the others leave over. Each list must be sorted and without overlap.
fn without(spans: &[Span], others: &[Span]) -> Vec<Span> {
    if others.is_empty() {
        return spans.to_vec();
    }
    let mut left = Vec::with_capacity(spans.len() + others.len());
    for &span in spans {
        let mut start_ms = span.start_ms;
        for other in others.iter().filter(|other| other.overlap_ms(span) > 0) {
            left.push(Span::new(start_ms, other.start_ms));
            start_ms = other.end_ms;
        }
        left.push(Span::new(start_ms, span.end_ms));
    }
    left.retain(|span| span.len_ms() > 0);
    left
}

#[cfg(test)]
mod tests {
    use super::super::metrics::measure;
    use super::super::staged::{Staged, staged};

    /// An agent who speaks from one second to another, so many words.
    fn speaks(call: Staged, from_s: i64, to_s: i64, words: usize) -> Staged {
        call.agent(1_000 * from_s, 1_000 * to_s, &"word ".repeat(words))
    }

    #[test]
    fn the_change_of_pace_is_the_last_third_over_the_first() {
        let slow = speaks(staged(95_000), 0, 10, 20);
        let middle = speaks(slow, 40, 50, 90);
        let rushed = speaks(middle, 80, 90, 30);
        let m = measure(&rushed.conversation());
        assert_eq!(m.pace_change_agent, Some(1.5));
        // Half a minute of speech, with 90 words in its middle.
        assert_eq!(m.pace_max_agent, Some((20.0 + 90.0 + 30.0) * 2.0));
        assert_eq!(
            measure(&rushed.without_word_times().conversation()).pace_change_agent,
            None
        );
        let brief = speaks(speaks(staged(95_000), 0, 10, 20), 86, 90, 12);
        assert_eq!(measure(&brief.conversation()).pace_change_agent, None);
    }

    #[test]
    fn the_fastest_stretch_is_of_own_speech_and_slides() {
        let call = speaks(speaks(staged(200_000), 0, 30, 30), 100, 115, 60);
        // 15 s of four words a second, and 15 s of one.
        let fastest = measure(&call.conversation()).pace_max_agent;
        assert_eq!(fastest, Some((60.0 + 15.0) * 2.0));
        assert_eq!(
            measure(&speaks(staged(60_000), 0, 29, 99).conversation()).pace_max_agent,
            None
        );
    }
}
