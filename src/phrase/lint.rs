//! What a phrase would find, tried out: for checks of rubrics.

use super::class::Class;
use super::language::{Item, Phrase};
use super::matcher::{Matcher, MatcherBuilder, PhraseId, Spoken};
use crate::transcript::{Redacted, RedactedKind};

/// Wordings of a phrase that are tried; phrases with more are sampled evenly.
const MOST_TRIED: usize = 64;
/// A word that no phrase has, to fill gaps with.
const FILLER: &str = "zyx";

impl Phrase {
    /// A fragment of a call that holds the phrase, as plain text.
    pub fn example(&self) -> String {
        let wordings = self.wordings();
        let words = wordings
            .first()
            .map(|w| spoken(w, false))
            .unwrap_or_default();
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        texts.join(" ")
    }

    /// Whether wherever `other` is said this one is found, too.
    pub fn covers(&self, other: &Phrase) -> bool {
        let mut builder = MatcherBuilder::new();
        let id = builder.add(self);
        builder.build().found_in(other).contains(&id)
    }
}

impl Matcher {
    /// The phrases that are found, without a guess, wherever `phrase` is said; itself is one of
    /// them if the matcher has it.
    pub fn found_in(&self, phrase: &Phrase) -> Vec<PhraseId> {
        let wordings = phrase.wordings();
        let step = wordings.len().div_ceil(MOST_TRIED).max(1);
        let mut found: Option<Vec<PhraseId>> = None;
        for wording in wordings.iter().step_by(step) {
            for fill_gaps in [false, true] {
                let words = spoken(wording, fill_gaps);
                let tokens = self.read(words.iter().enumerate().map(|(i, word)| Spoken {
                    text: &word.text,
                    redacted: word.redacted.as_ref(),
                    hidden: false,
                    // In the middle of a turn, unless the phrase wants its start.
                    starts: i == 0 && phrase.starts,
                }));
                let hits = self.find(&tokens, |_, _| true);
                let here = |id: &PhraseId| hits.of(*id).iter().any(|hit| !hit.is_guess());
                let still = match found {
                    None => (0..self.len() as u32).map(PhraseId).filter(here).collect(),
                    Some(before) => before.into_iter().filter(here).collect(),
                };
                found = Some(still);
            }
        }
        found.unwrap_or_default()
    }
}

struct Word {
    text: String,
    redacted: Option<Redacted>,
}

fn spoken(wording: &[Item], fill_gaps: bool) -> Vec<Word> {
    let plain = |text: &str| Word {
        text: text.to_string(),
        redacted: None,
    };
    let mut words = Vec::new();
    for item in wording {
        match item {
            Item::Word { text, .. } => words.push(plain(text)),
            Item::Class(class) => words.push(match class.example() {
                Some(text) => plain(text),
                None => {
                    let kind = match class {
                        Class::Kind(kind) => *kind,
                        _ => RedactedKind::CardNumber,
                    };
                    Word {
                        text: kind.placeholder().to_string(),
                        redacted: Some(Redacted::of(kind, 16)),
                    }
                }
            }),
            Item::Gap(gap) if fill_gaps => words.extend((0..*gap).map(|_| plain(FILLER))),
            Item::Gap(_) => {}
        }
    }
    words
}
