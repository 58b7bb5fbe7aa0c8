//! A call's words as WebVTT, to be shown while the recording plays.
//!
//! A cue is what one channel says in one go, up to two lines and seven seconds. Cues stand in the
//! order of their start and may overlap, as the two do. Left out on purpose: probabilities and the
//! times of single words, which players have no use for; the vCon has them.

use std::fmt::Write as _;

use crate::conversation::Party;
use crate::transcript::{Channel, Transcript, Word};

/// Characters of a line: what subtitles take.
const LINE_CHARS: usize = 42;
const LINES: usize = 2;
const CUE_MS: i64 = 7_000;
/// A pause within a segment that ends a cue.
const PAUSE_MS: i64 = 1_000;

struct Cue {
    start_ms: i64,
    end_ms: i64,
    channel: usize,
    /// Escaped.
    lines: Vec<String>,
}

/// The text of a `.vtt` file. `parties` are those of the channels; who is not known has no voice.
pub fn vtt(transcript: &Transcript, parties: &[Party]) -> String {
    let channels = transcript.channels.iter().enumerate();
    let mut cues: Vec<Cue> = channels
        .flat_map(|(channel, heard)| cues_of(channel, heard))
        .collect();
    cues.sort_by_key(|cue| (cue.start_ms, cue.channel, cue.end_ms));
    let mut text = String::from("WEBVTT\n");
    for cue in &cues {
        let voice = match parties.get(cue.channel) {
            Some(Party::Agent) => "<v Agent>",
            Some(Party::Customer) => "<v Customer>",
            Some(Party::Unknown) | None => "",
        };
        let _ = write!(
            text,
            "\n{} --> {}\n{voice}{}\n",
            time(cue.start_ms),
            time(cue.end_ms),
            cue.lines.join("\n")
        );
    }
    text
}

fn cues_of(channel: usize, heard: &Channel) -> Vec<Cue> {
    let mut cues = Vec::new();
    for segment in &heard.segments {
        let mut rest = &segment.words[..];
        while !rest.is_empty() {
            let (words, after) = rest.split_at(length(rest));
            rest = after;
            let lines = wrapped(words);
            if lines.is_empty() {
                continue;
            }
            let start_ms = words[0].start_ms.max(0);
            let last_ms = words.iter().map(|word| word.end_ms).max().unwrap_or(0);
            cues.push(Cue {
                start_ms,
                // No cue may be empty.
                end_ms: last_ms.max(start_ms + 1),
                channel,
                lines,
            });
        }
    }
    cues
}

/// How many of these words the next cue takes: at least one. Where there are more than it holds,
/// it ends with a sentence, or else a clause, if one ends in its second half.
fn length(words: &[Word]) -> usize {
    let start_ms = words[0].start_ms;
    let fits = |n: usize| {
        words[n].start_ms - words[n - 1].end_ms < PAUSE_MS
            && words[n].end_ms - start_ms <= CUE_MS
            && wrapped(&words[..=n]).len() <= LINES
    };
    let most = (1..words.len()).find(|&n| !fits(n)).unwrap_or(words.len());
    if most == words.len() || words[most].start_ms - words[most - 1].end_ms >= PAUSE_MS {
        return most;
    }
    let ends_with = |marks: &[char]| {
        (most.div_ceil(2)..=most)
            .rev()
            .find(|&n| n > 0 && words[n - 1].text.trim_end().ends_with(marks))
    };
    ends_with(&['.', '?', '!'])
        .or_else(|| ends_with(&[',', ';', ':']))
        .unwrap_or(most)
}

/// Words in lines, escaped. A word that is longer than a line has one of its own.
fn wrapped(words: &[Word]) -> Vec<String> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for word in words {
        // A blank line would end the cue.
        let word = word.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if word.is_empty() {
            continue;
        }
        let chars = word.chars().count();
        match lines.last_mut() {
            Some((taken, line)) if *taken + 1 + chars <= LINE_CHARS => {
                *taken += 1 + chars;
                line.push(' ');
                line.push_str(&escaped(&word));
            }
            _ => lines.push((chars, escaped(&word))),
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// `-->` within a text would be taken for a time.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\0', "\u{fffd}")
}

/// `00:01:02.345`; hours have as many digits as they need.
fn time(ms: i64) -> String {
    let (s, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::snippet;

    const BOTH: [Party; 2] = [Party::Agent, Party::Customer];

    #[test]
    fn cues_are_short_stand_in_order_and_overlap_where_the_two_do() {
        let talk = snippet::parse(
            "agent: Thank you for calling, this is the service desk of the northern region. How can I help you today with your account?\n\
             customer (cuts in): No no wait.\n\
             agent: Go on.",
        )
        .unwrap();
        let expected = "\
WEBVTT

00:00:01.000 --> 00:00:06.200
<v Agent>Thank you for calling, this is the service
desk of the northern region.

00:00:06.200 --> 00:00:09.800
<v Agent>How can I help you today with your
account?

00:00:09.000 --> 00:00:10.200
<v Customer>No no wait.

00:00:10.600 --> 00:00:11.400
<v Agent>Go on.
";
        assert_eq!(vtt(&talk, &BOTH), expected);
        let mono = vtt(&talk, &[Party::Unknown; 2]);
        assert!(!mono.contains("<v"), "{mono}");
    }

    #[test]
    fn no_text_can_end_a_cue_or_be_taken_for_a_mark() {
        let mut talk = snippet::parse("customer: one two").unwrap();
        let words = &mut talk.channels[1].segments[0].words;
        words[0].text = "<v Agent>R&D\n\n--> &lt;".to_string();
        words[1].text = "[card number]".to_string();
        words[1].end_ms = words[1].start_ms;
        let text = vtt(&talk, &BOTH);
        let cue = "<v Customer>&lt;v Agent&gt;R&amp;D --&gt; &amp;lt; [card number]\n";
        assert!(text.ends_with(cue), "{text}");
        assert_eq!(text.matches("-->").count(), 1, "{text}");
        talk.channels.clear();
        assert_eq!(vtt(&talk, &BOTH), "WEBVTT\n");
    }

    #[test]
    fn a_pause_ends_a_cue_and_an_instant_has_a_length() {
        let mut talk = snippet::parse("agent: One two").unwrap();
        let words = &mut talk.channels[0].segments[0].words;
        words[1].start_ms = 3_725_000;
        words[1].end_ms = 3_725_000;
        let text = vtt(&talk, &BOTH);
        assert!(
            text.ends_with("01:02:05.000 --> 01:02:05.001\n<v Agent>two\n"),
            "{text}"
        );
    }
}
