//! A few lines of talk as people write them, made into a transcript with times: for the cases
//! beside a rubric, and for tests.
//!
//! ```text
//! agent: Thank you for calling, this is Ann.
//! customer: My bill is wrong.
//! (4s)
//! agent [0.4]: It is all fine.
//! agent (cuts in): No no, wait.
//! customer: It's <account_number 8>, and I'm <name>.
//! ```
//! Every word takes 0.4 s, and the next line begins 0.4 s after the one before. `(4s)` is a pause
//! of that length instead. `(cuts in)` begins 0.8 s before the other has ended. `[0.4]` is the
//! recogniser's probability of the words, 0.9 unless stated. `<phone_number 10>` and `<name>` stand
//! for something masked, by its kind and how many digits were heard, none unless stated;
//! `<digits 8>` is short for an account number and `<card 16>` for a card number. The recording begins 1 s before the first word and ends
//! 1 s after the last. From `#` to the end of the line is a remark.

use super::{
    AudioFacts, Channel, FORMAT, Recogniser, Redacted, RedactedKind, Segment, Span, Transcript,
    Word,
};

/// How long a word lasts.
pub const WORD_MS: i64 = 400;
/// From the end of one line to the start of the next.
pub const GAP_MS: i64 = 400;
/// How long both speak where one cuts in.
pub const CUT_IN_MS: i64 = 800;
/// From the start of the recording to the first word, and from the last word to its end.
pub const EDGE_MS: i64 = 1_000;
/// The recogniser's probability of a word.
pub const PROB: f32 = 0.9;

/// The agent's channel in a snippet.
pub const AGENT: usize = 0;
/// The customer's.
pub const CUSTOMER: usize = 1;

/// A line that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SnippetError {
    /// Of the snippet, from 1.
    pub line: usize,
    pub message: String,
}

/// Makes a transcript of two channels, the agent's first.
///
/// # Errors
/// The first line that cannot be understood.
pub fn parse(text: &str) -> Result<Transcript, SnippetError> {
    let mut call = Call::default();
    for (i, line) in text.lines().enumerate() {
        let line = line.split_once('#').map_or(line, |(line, _)| line).trim();
        if line.is_empty() {
            continue;
        }
        call.line(line).map_err(|message| SnippetError {
            line: i + 1,
            message,
        })?;
    }
    if call.spoken == 0 {
        return Err(SnippetError {
            line: 1,
            message: "nobody says anything; write lines like `agent: Hello.`".to_string(),
        });
    }
    Ok(call.transcript())
}

#[derive(Default)]
struct Call {
    channels: [Channel; 2],
    /// When the last speech ends; 0 before the first.
    end_ms: i64,
    /// A pause that was written after the last line.
    pause_ms: Option<i64>,
    /// Who spoke last.
    last: Option<usize>,
    spoken: usize,
}

/// Who speaks in a line, and how.
struct Speaker {
    channel: usize,
    cuts_in: bool,
    prob: f32,
}

impl Call {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(inner) = line.strip_prefix('(') {
            let length = inner.strip_suffix(')').and_then(pause);
            let length = length.ok_or("a pause is written like `(4s)` or `(500ms)`")?;
            self.pause_ms = Some(self.pause_ms.unwrap_or(0) + length);
            return Ok(());
        }
        let (head, said) = line
            .split_once(':')
            .ok_or("a line begins with `agent:` or `customer:`, or is a pause like `(4s)`")?;
        let speaker = speaker(head.trim())?;
        let texts = texts(said)?;
        if texts.is_empty() {
            return Err("nothing is said here; write the words behind the colon".to_string());
        }
        let start_ms = self.start(&speaker)?;
        self.speak(&speaker, start_ms, texts);
        Ok(())
    }

    fn start(&mut self, speaker: &Speaker) -> Result<i64, String> {
        let pause_ms = self.pause_ms.take();
        let Some(last) = self.last else {
            return match speaker.cuts_in {
                true => Err("nobody speaks yet, so nobody can be cut off".to_string()),
                false => Ok(EDGE_MS + pause_ms.unwrap_or(0)),
            };
        };
        if !speaker.cuts_in {
            return Ok(self.end_ms + pause_ms.unwrap_or(GAP_MS));
        }
        if last == speaker.channel || pause_ms.is_some() {
            return Err("`(cuts in)` needs the other's line right above".to_string());
        }
        let other = self.channels[last].speech.last();
        let other = other.expect("the last speaker has spoken");
        Ok((other.end_ms - CUT_IN_MS).max(other.start_ms))
    }

    fn speak(&mut self, speaker: &Speaker, start_ms: i64, texts: Vec<(String, Option<Redacted>)>) {
        let words: Vec<Word> = texts
            .into_iter()
            .zip(0..)
            .map(|((text, redacted), i)| Word {
                text,
                start_ms: start_ms + i * WORD_MS,
                end_ms: start_ms + (i + 1) * WORD_MS,
                prob: Some(speaker.prob),
                redacted,
            })
            .collect();
        let end_ms = start_ms + words.len() as i64 * WORD_MS;
        let channel = &mut self.channels[speaker.channel];
        channel.speech.push(Span::new(start_ms, end_ms));
        channel.segments.push(Segment {
            start_ms,
            end_ms,
            no_speech_prob: None,
            doubts: Vec::new(),
            words,
        });
        self.end_ms = self.end_ms.max(end_ms);
        self.last = Some(speaker.channel);
        self.spoken += 1;
    }

    fn transcript(self) -> Transcript {
        Transcript {
            format: FORMAT.to_string(),
            audio: AudioFacts {
                key: None,
                codec: None,
                sample_rate_hz: None,
                recorded_ms: self.end_ms + EDGE_MS + self.pause_ms.unwrap_or(0),
                truncated: false,
                dual_mono: false,
            },
            recogniser: Recogniser {
                engine: "snippet".to_string(),
                model: "none".to_string(),
                model_key: None,
                word_times: true,
                word_probs: true,
            },
            language: "en".to_string(),
            channels: self.channels.into(),
        }
    }
}

fn pause(text: &str) -> Option<i64> {
    let text = text.trim();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_ms = match &text[number.len()..] {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    let ms = number * unit_ms;
    (0.0..=86_400_000.0).contains(&ms).then_some(ms as i64)
}

fn speaker(head: &str) -> Result<Speaker, String> {
    let (name, rest) = match head.find(['(', '[', ' ']) {
        Some(end) => head.split_at(end),
        None => (head, ""),
    };
    let mut speaker = Speaker {
        channel: match name {
            "agent" => AGENT,
            "customer" => CUSTOMER,
            _ => {
                return Err(format!(
                    "`{name}` is no speaker; write `agent` or `customer`"
                ));
            }
        },
        cuts_in: false,
        prob: PROB,
    };
    let mut rest = rest.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("(cuts in)") {
            speaker.cuts_in = true;
            rest = after.trim_start();
            continue;
        }
        let prob = rest.strip_prefix('[').and_then(|r| r.split_once(']'));
        let parsed = prob.and_then(|(prob, after)| Some((prob.trim().parse::<f32>().ok()?, after)));
        match parsed {
            Some((prob, after)) if (0.0..=1.0).contains(&prob) => {
                speaker.prob = prob;
                rest = after.trim_start();
            }
            _ => {
                return Err(format!(
                    "`{rest}` is not understood; behind the speaker may stand `(cuts in)` and a probability like `[0.4]`"
                ));
            }
        }
    }
    Ok(speaker)
}

/// The words of a line, placeholders among them.
fn texts(said: &str) -> Result<Vec<(String, Option<Redacted>)>, String> {
    let mut texts = Vec::new();
    let mut rest = said.trim();
    while !rest.is_empty() {
        if rest.starts_with('<') {
            let (inner, after) = rest[1..]
                .split_once('>')
                .ok_or("`<` opens a placeholder like `<digits 8>` that never closes")?;
            let (text, redacted) = placeholder(inner)?;
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            texts.push((format!("{text}{}", &after[..end]), Some(redacted)));
            rest = after[end..].trim_start();
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            texts.push((rest[..end].to_string(), None));
            rest = rest[end..].trim_start();
        }
    }
    Ok(texts)
}

fn placeholder(inner: &str) -> Result<(&'static str, Redacted), String> {
    let mut words = inner.split_whitespace();
    let name = words.next().unwrap_or_default();
    let digits = words.next().map(str::parse);
    let kind = match (name, digits.is_some()) {
        ("digits", true) => Some(RedactedKind::AccountNumber),
        ("card", true) => Some(RedactedKind::CardNumber),
        _ => RedactedKind::ALL.into_iter().find(|k| k.as_str() == name),
    };
    match (kind, digits.unwrap_or(Ok(0)), words.next()) {
        (Some(kind), Ok(digits), None) => {
            let checked = matches!(kind, RedactedKind::CardNumber | RedactedKind::Iban);
            let redacted = Redacted {
                check_digit_ok: checked.then_some(true),
                ..Redacted::of(kind, digits)
            };
            Ok((kind.placeholder(), redacted))
        }
        _ => Err(format!(
            "`<{inner}>` is no placeholder; write `<digits 8>`, `<card 16>`, or a kind and how many digits it has, one of {}",
            RedactedKind::ALL.map(RedactedKind::as_str).join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_follow_each_other_as_the_format_says() {
        let call = parse(
            "agent: Hello, this is Ann.   # five words\n\ncustomer [0.4]: My bill is wrong.\n(4s)\nagent: Yes.\ncustomer: It is <digits 8>, and <card 16> too.\nagent (cuts in): No no, wait.\n(2s)\n",
        )
        .unwrap();
        let heard: Vec<(usize, i64, i64, String)> = call
            .channels
            .iter()
            .enumerate()
            .flat_map(|(c, channel)| channel.segments.iter().map(move |s| (c, s)))
            .map(|(c, s)| {
                let words: Vec<&str> = s.words.iter().map(|w| w.text.as_str()).collect();
                (c, s.start_ms, s.end_ms, words.join(" "))
            })
            .collect();
        let expected = [
            (0, 1_000, 2_600, "Hello, this is Ann."),
            (0, 8_600, 9_000, "Yes."),
            (0, 11_000, 12_200, "No no, wait."),
            (1, 3_000, 4_600, "My bill is wrong."),
            (
                1,
                9_400,
                11_800,
                "It is [account number], and [card number] too.",
            ),
        ];
        let expected: Vec<_> = expected.map(|(c, s, e, t)| (c, s, e, t.to_string())).into();
        assert_eq!(heard, expected);
        assert_eq!(call.audio.recorded_ms, 15_200);
        let probs: Vec<Option<f32>> = call.channels[1]
            .segments
            .iter()
            .map(|s| s.words[0].prob)
            .collect();
        assert_eq!(probs, [Some(0.4), Some(0.9)]);
        let number = call.channels[1].segments[1].words[2]
            .redacted
            .as_ref()
            .unwrap();
        assert_eq!(
            (number.kind, number.digits),
            (RedactedKind::AccountNumber, 8)
        );
        let call = parse("agent: I'm <name>.\ncustomer: <date_of_birth 6> and <iban 18>").unwrap();
        let redacted = |channel: usize, word: usize| {
            let word = &call.channels[channel].segments[0].words[word];
            let of = word.redacted.as_ref().unwrap();
            (word.text.as_str(), of.kind, of.digits, of.check_digit_ok)
        };
        assert_eq!(redacted(0, 1), ("[name].", RedactedKind::Name, 0, None));
        let born = ("[date of birth]", RedactedKind::DateOfBirth, 6, None);
        assert_eq!(redacted(1, 0), born);
        let iban = ("[IBAN]", RedactedKind::Iban, 18, Some(true));
        assert_eq!(redacted(1, 2), iban);
        // It is a transcript like any other.
        let read = Transcript::from_json(call.to_json().as_bytes(), "snippet").unwrap();
        assert_eq!(read, call);
    }

    #[test]
    fn what_cannot_be_understood_is_named_with_its_line() {
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert!(error("agent: Hi.\nHow are you?").starts_with("line 2: a line begins with"));
        assert!(error("agnet: Hi.").contains("`agnet` is no speaker"));
        assert!(error("agent: Hi.\n(4 seconds)").starts_with("line 2: a pause"));
        assert!(error("agent [2]: Hi.").contains("`[2]` is not understood"));
        assert!(error("agent (cuts in): Hi.").contains("nobody speaks yet"));
        assert!(error("agent: Hi.\nagent (cuts in): Hi.").contains("the other's line"));
        assert!(error("customer: <digits>").contains("is no placeholder"));
        assert!(error("customer: <iban x>").contains("is no placeholder"));
        assert!(error("customer: <digits 8").contains("never closes"));
        assert!(error("agent:").contains("nothing is said"));
        assert!(error(" # nobody\n").contains("nobody says anything"));
    }
}
