//! Reasons to doubt a recognised segment.
//!
//! Whisper repeats itself and invents sentences where there is little speech. Doubted text stays
//! in the transcript, because a coach must see what was there; it is no evidence.

use super::models::Profile;
use super::whisper::RawSegment;
use crate::transcript::Doubt;

/// Nobody says more words in a second; fast talkers reach five.
const MOST_WORDS_PER_SECOND: f64 = 8.0;
/// Times that a phrase may stand in a row: "no no no no" happens.
const MOST_REPEATS: usize = 4;
/// Longest phrase whose repetition is looked for.
const LONGEST_PHRASE: usize = 6;
/// Mean word probability below which a segment is a guess.
const LEAST_MEAN_PROB: f32 = 0.4;
/// Contrast of loud over quiet moments below which noise covers the speech.
const LEAST_CONTRAST_DB: f32 = 14.0;

/// All doubts about a segment, in a fixed order. `contrast_db` is how far the loud moments of
/// its sound stand above the quiet ones.
pub fn doubts(segment: &RawSegment, profile: &Profile, contrast_db: Option<f32>) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let words: Vec<String> = segment.words.iter().map(|w| bare(&w.text)).collect();
    if repeats(&words) {
        doubts.push(Doubt::Repetition);
    }
    let seconds = (segment.end_ms - segment.start_ms).max(1) as f64 / 1000.0;
    if words.len() >= 4 && words.len() as f64 / seconds > MOST_WORDS_PER_SECOND {
        doubts.push(Doubt::TooFast);
    }
    let count = segment.words.len().max(1) as f32;
    let mean = segment.words.iter().map(|w| w.prob).sum::<f32>() / count;
    let mean_log = segment
        .words
        .iter()
        .map(|w| w.prob.max(1e-6).ln())
        .sum::<f32>()
        / count;
    if segment.no_speech_prob > profile.no_speech_threshold && mean_log < profile.logprob_threshold
    {
        doubts.push(Doubt::NoSpeech);
    }
    if mean < LEAST_MEAN_PROB {
        doubts.push(Doubt::LowConfidence);
    }
    if contrast_db.is_some_and(|db| db < LEAST_CONTRAST_DB) {
        doubts.push(Doubt::Noise);
    }
    doubts
}

fn bare(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a phrase stands more than [`MOST_REPEATS`] times in a row. Digits are left out: card
/// numbers repeat.
fn repeats(words: &[String]) -> bool {
    (1..=LONGEST_PHRASE).any(|n| {
        let mut in_a_row = 1;
        let mut at = n;
        while at + n <= words.len() {
            let same = words[at..at + n] == words[at - n..at]
                && words[at..at + n]
                    .iter()
                    .all(|w| !w.is_empty() && !w.chars().all(|c| c.is_ascii_digit()));
            if same {
                in_a_row += 1;
                at += n;
                if in_a_row > MOST_REPEATS {
                    return true;
                }
            } else {
                in_a_row = 1;
                at += 1;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(bare).collect()
    }

    #[test]
    fn loops_are_seen_and_ordinary_repetition_is_not() {
        assert!(repeats(&words(
            "thank you thank you thank you thank you thank you"
        )));
        assert!(repeats(&words("well I so so so so so so")));
        assert!(repeats(&words(
            "ok we will call you we will call you we will call you we will call you we will call you"
        )));
        assert!(!repeats(&words("no no no I said no")));
        assert!(!repeats(&words("it is 1 1 1 1 1 1 1 1 5")));
        assert!(!repeats(&words("thank you, thank you, thank you")));
    }
}
