//! Examples: phrasings, filled, with the times of their words and with the truth.

use callibrate::recording::CustomerName;
use callibrate::transcript::{
    AudioFacts, Channel, FORMAT, Recogniser, RedactedKind, Segment, Transcript, Word,
};
use serde::Serialize;

use crate::chance::Chance;
use crate::phrasings::{Phrasing, Phrasings, Piece, Turn};
use crate::values::{Form, Said, Values};

/// How often each phrasing is filled in each form.
const FILLS: u64 = 2;
const SEED: u64 = 20_261_126;
/// Examples of each kind, and of ordinary talk, that voices read from each half.
const READ_OF_EACH: usize = 16;
const READ_OF_ORDINARY: usize = 20;

#[derive(Serialize)]
pub struct Example {
    pub id: String,
    /// What it is about; `None` for ordinary talk.
    pub kind: Option<RedactedKind>,
    #[serde(serialize_with = "form_as_text")]
    pub form: Form,
    pub phrasing: String,
    /// The customer's name in the table of calls.
    pub names: Vec<String>,
    pub truth: Vec<Truth>,
    pub transcript: Transcript,
}

/// Words of one segment that are a value or a part of it.
#[derive(Debug, Clone, Serialize)]
pub struct Truth {
    /// The same for everything that is the same value.
    pub entity: String,
    pub kind: RedactedKind,
    pub channel: usize,
    pub segment: usize,
    /// Its first word.
    pub first: usize,
    pub words: Vec<TrueWord>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TrueWord {
    /// Characters of the number, code or date that it tells.
    pub chars: u32,
    /// It gives something away by itself.
    pub tells: bool,
}

fn form_as_text<S: serde::Serializer>(form: &Form, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(form.as_str())
}

impl Example {
    pub fn customers(&self) -> Vec<CustomerName> {
        self.names.iter().map(CustomerName::new).collect()
    }
}

/// Every phrasing in every form.
pub fn examples(phrasings: &Phrasings) -> Vec<Example> {
    let mut examples = Vec::new();
    for phrasing in &phrasings.lines {
        for form in Form::ALL {
            for fill in 0..FILLS {
                examples.push(example(
                    phrasing,
                    &phrasings.between,
                    form,
                    fill,
                    Style::Any,
                ));
            }
        }
    }
    examples
}

/// A few of each kind and of ordinary talk, for voices to read.
pub fn for_voices(phrasings: &Phrasings) -> Vec<Example> {
    let mut examples = Vec::new();
    let kinds = RedactedKind::ALL.map(Some).into_iter().chain([None]);
    for kind in kinds {
        let mut of_kind: Vec<&Phrasing> =
            phrasings.lines.iter().filter(|p| p.kind == kind).collect();
        Chance::new(SEED, "voices", 0).shuffle(&mut of_kind);
        of_kind.truncate(if kind.is_some() {
            READ_OF_EACH
        } else {
            READ_OF_ORDINARY
        });
        examples.extend(
            of_kind
                .into_iter()
                .map(|p| example(p, &phrasings.between, Form::Spoken, 0, Style::Tidy)),
        );
    }
    examples
}

/// How a recogniser writes.
#[derive(PartialEq, Eq)]
enum Style {
    /// Some without capitals and full stops, some cut anywhere.
    Any,
    /// With both, one segment per turn.
    Tidy,
}

fn example(
    phrasing: &Phrasing,
    between: &[String],
    form: Form,
    fill: u64,
    style: Style,
) -> Example {
    let id = format!("{}/{}/{fill}", phrasing.id, form.as_str());
    let mut values = Values::new(Chance::new(SEED, &id, 0), form, between);
    let mut chance = Chance::new(SEED, &id, 1);
    let names = match phrasing.in_the_table {
        true => vec![values.customer()],
        false => Vec::new(),
    };
    let mut talk = Talk {
        bare: chance.happens(0.33) && style == Style::Any,
        cuts: style == Style::Any,
        chance,
        said: [Vec::new(), Vec::new()],
        at_ms: 0,
        occurrences: 0,
    };
    for turn in &phrasing.turns {
        talk.say(turn, &mut values);
    }
    let (transcript, truth) = talk.finish();
    Example {
        id,
        kind: phrasing.kind,
        form,
        phrasing: phrasing.id.clone(),
        names,
        truth,
        transcript,
    }
}

/// Both sides so far.
struct Talk {
    chance: Chance,
    /// As recognisers write that know neither capitals nor full stops.
    bare: bool,
    /// Segments that end anywhere.
    cuts: bool,
    said: [Vec<Vec<Spoken>>; 2],
    at_ms: i64,
    occurrences: usize,
}

struct Spoken {
    word: Word,
    mark: Option<Mark>,
}

/// What a word belongs to.
struct Mark {
    occurrence: usize,
    entity: String,
    kind: RedactedKind,
    word: TrueWord,
}

impl Talk {
    fn say(&mut self, turn: &Turn, values: &mut Values<'_>) {
        let start_ms = match turn.cuts_in {
            true => self.at_ms - 350,
            false => self.at_ms + self.chance.between(250, 900),
        };
        let mut at_ms = start_ms.max(0);
        let mut segment: Vec<Spoken> = Vec::new();
        // The kind and name of the value before, which a neutral word belongs to.
        let mut segments: Vec<Vec<Spoken>> = Vec::new();
        let kind_ahead = |from: usize| {
            turn.pieces[from..].iter().find_map(|p| match p {
                Piece::Slot { slot, .. } => Some(slot),
                _ => None,
            })
        };
        for (n, piece) in turn.pieces.iter().enumerate() {
            match piece {
                Piece::Pause => {
                    at_ms += self.chance.between(2_000, 4_500);
                    segments.push(std::mem::take(&mut segment));
                }
                Piece::Word(text) => self.word(&mut segment, &mut at_ms, text, None),
                Piece::Neutral(text) => {
                    let slot = kind_ahead(n).expect("a neutral word stands before a slot");
                    let filled = values.fill(slot, true);
                    let mark = filled.kind.map(|kind| Mark {
                        occurrence: self.occurrences,
                        entity: filled.entity,
                        kind,
                        word: TrueWord {
                            chars: 0,
                            tells: false,
                        },
                    });
                    self.word(&mut segment, &mut at_ms, text, mark);
                }
                Piece::Slot {
                    before,
                    slot,
                    after,
                } => {
                    let filled = values.fill(slot, turn.side == 1);
                    let last = filled.words.len().saturating_sub(1);
                    for (i, Said { text, chars, tells }) in filled.words.into_iter().enumerate() {
                        let front = if i == 0 { before } else { "" };
                        let back = if i == last { after } else { "" };
                        let mark = filled.kind.map(|kind| Mark {
                            occurrence: self.occurrences,
                            entity: filled.entity.clone(),
                            kind,
                            word: TrueWord { chars, tells },
                        });
                        self.word(
                            &mut segment,
                            &mut at_ms,
                            &format!("{front}{text}{back}"),
                            mark,
                        );
                    }
                    self.occurrences += 1;
                }
            }
        }
        segments.push(segment);
        for mut segment in segments.into_iter().filter(|s| !s.is_empty()) {
            if self.cuts && segment.len() >= 6 && self.chance.happens(0.2) {
                let at = 1 + self.chance.below(segment.len() - 1);
                let rest = segment.split_off(at);
                self.said[turn.side].push(segment);
                segment = rest;
            }
            self.said[turn.side].push(segment);
        }
        self.at_ms = self.at_ms.max(at_ms);
    }

    fn word(&mut self, segment: &mut Vec<Spoken>, at_ms: &mut i64, text: &str, mark: Option<Mark>) {
        let text = text.replace("..", ".");
        let digits = text.chars().filter(char::is_ascii_digit).count() as i64;
        let letters = text.chars().count() as i64 - digits;
        let text = match self.bare {
            true => text.trim_end_matches(['.', ',', '?', '!']).to_lowercase(),
            false => text,
        };
        let start_ms = *at_ms;
        let end_ms = start_ms + 120 + 40 * letters + 260 * digits;
        *at_ms = end_ms + self.chance.between(10, 140);
        segment.push(Spoken {
            word: Word {
                text,
                start_ms,
                end_ms,
                prob: Some(0.9),
                redacted: None,
            },
            mark,
        });
    }

    fn finish(self) -> (Transcript, Vec<Truth>) {
        let mut truth = Vec::new();
        let mut channels = Vec::new();
        for (channel, said) in self.said.into_iter().enumerate() {
            let mut segments = Vec::new();
            for (segment, spoken) in said.into_iter().enumerate() {
                truths(&spoken, channel, segment, &mut truth);
                segments.push(Segment {
                    start_ms: spoken[0].word.start_ms,
                    end_ms: spoken[spoken.len() - 1].word.end_ms,
                    no_speech_prob: None,
                    doubts: Vec::new(),
                    words: spoken.into_iter().map(|s| s.word).collect(),
                });
            }
            channels.push(Channel {
                language: None,
                speech: segments.iter().map(Segment::span).collect(),
                segments,
            });
        }
        let transcript = Transcript {
            format: FORMAT.to_string(),
            audio: AudioFacts {
                key: None,
                codec: None,
                sample_rate_hz: None,
                recorded_ms: self.at_ms + 500,
                truncated: false,
                dual_mono: false,
            },
            recogniser: Recogniser {
                engine: "made".to_string(),
                model: "phrasings".to_string(),
                model_key: None,
                word_times: true,
                word_probs: true,
            },
            language: "en".to_string(),
            channels,
        };
        (transcript, truth)
    }
}

/// The stretches of one segment that belong to a value.
fn truths(spoken: &[Spoken], channel: usize, segment: usize, truth: &mut Vec<Truth>) {
    let mut open: Option<usize> = None;
    for (n, Spoken { mark, .. }) in spoken.iter().enumerate() {
        let Some(mark) = mark else {
            open = None;
            continue;
        };
        if open != Some(mark.occurrence) {
            truth.push(Truth {
                entity: mark.entity.clone(),
                kind: mark.kind,
                channel,
                segment,
                first: n,
                words: Vec::new(),
            });
            open = Some(mark.occurrence);
        }
        if let Some(last) = truth.last_mut() {
            last.words.push(mark.word.clone());
        }
    }
}
