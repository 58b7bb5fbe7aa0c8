//! A conversation made searchable: the words of each party, and how well they were heard.

use std::collections::BTreeMap;

use crate::conversation::metrics::Metrics;
use crate::conversation::{Conversation, Party, SpokenWord};
use crate::recording::CallMeta;
use crate::rubric::By;
use crate::rubric::phrase::{self, Matched, Phrase, Token};
use crate::transcript::Span;

/// Least probability of each word of a match that counts as heard.
const SURE_PROB: f32 = 0.5;
/// Least mean probability of a segment that counts as heard.
const HEARD_SEGMENT_PROB: f32 = 0.6;
/// Least share of a phrase's words that counts as coming close.
const LEAST_NEAR: f64 = 0.5;
/// Share of a phrase's words from which it may be the phrase, misheard.
const LIKELY_NEAR: f64 = 0.65;
/// A word of a near miss below this probability may have been another.
const NEAR_PROB: f32 = 0.6;
/// A word that is spelled nearly like the phrase's, and not surer than this, may be it.
const ALIKE_PROB: f32 = 0.9;
/// Words further apart than this are not one phrase.
const PHRASE_GAP_MS: i64 = 3_000;
/// Speech that may go unheard in a searched window before *No* becomes a guess: this share of
/// it, but no less than [`UNHEARD_MS`], which is too short for a phrase that matters.
const UNHEARD_SHARE: f64 = 0.1;
const UNHEARD_MS: i64 = 700;

/// A call ready for its rules.
pub struct HeardCall<'a> {
    pub conversation: &'a Conversation,
    pub metrics: &'a Metrics,
    pub meta: &'a CallMeta,
    voices: Vec<Voice>,
    /// Stretches that were recognised with confidence, by channel.
    confident: BTreeMap<usize, Vec<Span>>,
}

/// The words of one party in order.
struct Voice {
    party: Party,
    tokens: Vec<Token>,
}

/// What came closest to a phrase that was not found.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    pub found: Match,
    /// In which way it misses.
    pub note: String,
    /// It may be the phrase, misheard: most words of it are there, two or more, and a word in it or
    /// beside it was heard with doubt; or all are there or spelled alike, and not all are sure.
    pub may_be_it: bool,
}

/// Words that a phrase matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub party: Party,
    pub channel: usize,
    pub span: Span,
    pub quote: String,
    pub phrase: String,
    pub min_prob: Option<f64>,
    pub mean_prob: Option<f64>,
    /// Every word was heard with confidence, by a speaker who is known.
    pub sure: bool,
}

impl<'a> HeardCall<'a> {
    pub fn new(conversation: &'a Conversation, metrics: &'a Metrics, meta: &'a CallMeta) -> Self {
        let voices = [Party::Agent, Party::Customer, Party::Unknown]
            .into_iter()
            .map(|party| Voice {
                party,
                tokens: conversation
                    .words
                    .iter()
                    .enumerate()
                    .filter(|(_, w)| w.party == party)
                    .flat_map(|(i, w)| phrase::tokens(&w.text, w.redacted.as_ref(), i))
                    .collect(),
            })
            .collect();
        Self {
            conversation,
            metrics,
            meta,
            voices,
            confident: confident_spans(&conversation.words),
        }
    }

    /// The whole recording.
    pub fn whole(&self) -> Span {
        Span::new(0, self.conversation.recorded_ms)
    }

    /// All matches of any of the phrases by `by` that lie within `window` as a whole, in
    /// order of time. On a mono recording nobody knows who spoke: matches are found, but are
    /// sure only for `anyone`.
    pub fn find(&self, phrases: &[Phrase], by: By, window: Span) -> Vec<Match> {
        let mut matches: Vec<Match> = self
            .voices
            .iter()
            .filter(|voice| speaks(voice.party, by))
            .flat_map(|voice| {
                phrases
                    .iter()
                    .flat_map(|phrase| self.find_in(voice, phrase, by))
            })
            .filter(|m| m.span.start_ms >= window.start_ms && m.last_start() < window.end_ms)
            .collect();
        matches.sort_by(|a, b| {
            (a.span.start_ms, a.channel, &a.phrase).cmp(&(b.span.start_ms, b.channel, &b.phrase))
        });
        matches
    }

    fn find_in(&self, voice: &Voice, phrase: &Phrase, by: By) -> Vec<Match> {
        let words = &self.conversation.words;
        let follows = |a: usize, b: usize| {
            let (a, b) = (&words[voice.tokens[a].word], &words[voice.tokens[b].word]);
            b.start_ms - a.end_ms < PHRASE_GAP_MS
        };
        let mut matches = Vec::new();
        let mut at = 0;
        while at < voice.tokens.len() {
            match phrase.match_at(&voice.tokens, at, &follows) {
                Some(matched) => {
                    let last = matched.last().map_or(at, |m| m.token);
                    matches.push(self.make_match(voice, &matched, phrase, by));
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        matches
    }

    fn make_match(&self, voice: &Voice, matched: &[Matched], phrase: &Phrase, by: By) -> Match {
        let words = &self.conversation.words;
        let word_of = |m: &Matched| voice.tokens[m.token].word;
        let speaker_known = by == By::Anyone || voice.party != Party::Unknown;
        let heard = matched.iter().all(|m| {
            let word = &words[word_of(m)];
            word.trusted && (m.any || word.prob.is_none_or(|p| p >= SURE_PROB))
        });
        let mut indexes: Vec<usize> = matched.iter().map(word_of).collect();
        indexes.dedup();
        let spoken: Vec<&SpokenWord> = indexes.iter().map(|&i| &words[i]).collect();
        self.describe(&spoken, voice.party, phrase, speaker_known && heard)
    }

    fn describe(
        &self,
        matched: &[&SpokenWord],
        party: Party,
        phrase: &Phrase,
        sure: bool,
    ) -> Match {
        let probs: Vec<f64> = matched
            .iter()
            .filter_map(|w| w.prob.map(f64::from))
            .collect();
        let start_ms = matched.first().map_or(0, |w| w.start_ms);
        Match {
            party,
            channel: matched.first().map_or(0, |w| w.channel),
            span: Span::new(
                start_ms,
                matched.iter().map(|w| w.end_ms).max().unwrap_or(start_ms),
            ),
            quote: quote(matched),
            phrase: phrase.to_string(),
            min_prob: probs.iter().copied().reduce(f64::min),
            mean_prob: (!probs.is_empty()).then(|| probs.iter().sum::<f64>() / probs.len() as f64),
            sure,
        }
    }

    /// What came closest to the phrases: the same words by somebody else or outside the window
    /// first, then the largest part of a phrase within it.
    pub fn nearest_miss(&self, phrases: &[Phrase], by: By, window: Span) -> Option<NearMiss> {
        let partial = self.partial_match(phrases, by, window);
        if partial.as_ref().is_some_and(|miss| miss.may_be_it) {
            return partial;
        }
        let elsewhere = self.find(phrases, By::Anyone, self.whole());
        let Some(elsewhere) = elsewhere.into_iter().next() else {
            return partial;
        };
        let note = if speaks(elsewhere.party, by) {
            "said, but outside the searched part of the call"
        } else {
            "said, but by the other party"
        };
        Some(NearMiss {
            found: elsewhere,
            note: note.to_string(),
            may_be_it: false,
        })
    }

    fn partial_match(&self, phrases: &[Phrase], by: By, window: Span) -> Option<NearMiss> {
        let mut best: Option<(f64, NearMiss)> = None;
        for voice in self.voices.iter().filter(|v| speaks(v.party, by)) {
            let inside: Vec<Token> = voice
                .tokens
                .iter()
                .filter(|t| {
                    let start = self.conversation.words[t.word].start_ms;
                    (window.start_ms..window.end_ms).contains(&start)
                })
                .cloned()
                .collect();
            for phrase in phrases {
                let Some((tokens, share)) = phrase.nearest(&inside) else {
                    continue;
                };
                if share < LEAST_NEAR || best.as_ref().is_some_and(|(b, _)| share <= *b) {
                    continue;
                }
                best = Some((
                    share,
                    self.near_miss(voice, &inside, &tokens, share, phrase),
                ));
            }
        }
        best.map(|(_, miss)| miss)
    }

    fn near_miss(
        &self,
        voice: &Voice,
        inside: &[Token],
        tokens: &[usize],
        share: f64,
        phrase: &Phrase,
    ) -> NearMiss {
        let (first, last) = (tokens[0], tokens[tokens.len() - 1]);
        let spoken = |from: usize, to: usize| -> Vec<&SpokenWord> {
            self.conversation.words[inside[from].word..=inside[to].word]
                .iter()
                .filter(|w| w.party == voice.party)
                .collect()
        };
        // The words beside it belong to what may have been misheard.
        let around = spoken(first.saturating_sub(1), (last + 1).min(inside.len() - 1));
        let below = |words: &[&SpokenWord], least: f32| {
            words
                .iter()
                .any(|w| !w.trusted || w.prob.is_some_and(|p| p < least))
        };
        let may_be_it = tokens.len() >= 2
            && (share >= LIKELY_NEAR && below(&around, NEAR_PROB)
                || share >= 1.0 && below(&spoken(first, last), ALIKE_PROB));
        NearMiss {
            found: self.describe(&spoken(first, last), voice.party, phrase, false),
            note: format!("{:.0} % of the words of \"{phrase}\"", share * 100.0),
            may_be_it,
        }
    }

    /// Why the absence of words in `window` proves nothing: the reason, and the speech that
    /// could not be relied on. `None` where it was all heard.
    pub fn unheard(&self, by: By, window: Span) -> Option<(String, Option<Span>)> {
        let c = self.conversation;
        if c.cut_start && window.start_ms == 0 {
            return Some((
                "the recording starts in the middle of speech".to_string(),
                None,
            ));
        }
        if c.cut_end && window.end_ms >= c.recorded_ms {
            return Some((
                "the recording stops in the middle of speech".to_string(),
                None,
            ));
        }
        let mut speech_ms = 0;
        let mut unheard: Vec<Span> = Vec::new();
        for (index, channel) in c.channels.iter().enumerate() {
            if !speaks(channel.party, by) {
                continue;
            }
            let confident = self.confident.get(&index).map_or(&[][..], Vec::as_slice);
            for span in &channel.speech {
                let searched = Span::new(
                    span.start_ms.max(window.start_ms),
                    span.end_ms.min(window.end_ms),
                );
                if searched.len_ms() > 0 {
                    speech_ms += searched.len_ms();
                    unheard.extend(without(searched, confident));
                }
            }
        }
        let unheard_ms: i64 = unheard.iter().map(|s| s.len_ms()).sum();
        let allowed = ((speech_ms as f64 * UNHEARD_SHARE) as i64).max(UNHEARD_MS);
        if unheard_ms <= allowed {
            return None;
        }
        let worst = unheard
            .into_iter()
            .max_by_key(|s| (s.len_ms(), -s.start_ms));
        Some((
            format!(
                "{:.1} of {:.1} s of the searched speech were not heard with confidence",
                unheard_ms as f64 / 1000.0,
                speech_ms as f64 / 1000.0
            ),
            worst,
        ))
    }

    /// The words said in a stretch, for quoting.
    pub fn words_in(&self, by: By, span: Span) -> String {
        let words: Vec<&SpokenWord> = self
            .conversation
            .words
            .iter()
            .filter(|w| speaks(w.party, by) && w.start_ms < span.end_ms && w.end_ms > span.start_ms)
            .collect();
        quote(&words)
    }
}

impl Match {
    /// Windows look at when words are said, so a phrase counts where it ends.
    fn last_start(&self) -> i64 {
        self.span.end_ms - 1
    }
}

/// Whether what this party says may count as said by `by`.
fn speaks(party: Party, by: By) -> bool {
    match (by, party) {
        (By::Anyone, _) | (_, Party::Unknown) => true,
        (By::Agent, party) => party == Party::Agent,
        (By::Customer, party) => party == Party::Customer,
    }
}

fn quote(words: &[&SpokenWord]) -> String {
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    texts.join(" ")
}

/// Where each channel was recognised with confidence, in order.
fn confident_spans(words: &[SpokenWord]) -> BTreeMap<usize, Vec<Span>> {
    struct Sum {
        span: Span,
        trusted: bool,
        prob: f32,
        words: usize,
    }
    let mut segments: BTreeMap<(usize, usize), Sum> = BTreeMap::new();
    for word in words {
        let sum = segments
            .entry((word.channel, word.segment))
            .or_insert_with(|| Sum {
                span: Span::new(word.start_ms, word.end_ms),
                trusted: true,
                prob: 0.0,
                words: 0,
            });
        sum.span.start_ms = sum.span.start_ms.min(word.start_ms);
        sum.span.end_ms = sum.span.end_ms.max(word.end_ms);
        sum.trusted &= word.trusted;
        sum.prob += word.prob.unwrap_or(1.0);
        sum.words += 1;
    }
    let mut confident: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
    for ((channel, _), sum) in segments {
        if sum.trusted && sum.prob / sum.words as f32 >= HEARD_SEGMENT_PROB {
            confident.entry(channel).or_default().push(sum.span);
        }
    }
    confident
}

/// What of `span` is outside of `covered`, which is in order of start.
fn without(span: Span, covered: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut at = span.start_ms;
    for cover in covered {
        if cover.start_ms > at && at < span.end_ms {
            left.push(Span::new(at, cover.start_ms.min(span.end_ms)));
        }
        at = at.max(cover.end_ms);
    }
    if at < span.end_ms {
        left.push(Span::new(at, span.end_ms));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_covered_is_left() {
        let span = Span::new(100, 200);
        assert_eq!(without(span, &[]), [span]);
        assert_eq!(without(span, &[Span::new(0, 300)]), []);
        assert_eq!(
            without(span, &[Span::new(0, 110), Span::new(150, 160)]),
            [Span::new(110, 150), Span::new(160, 200)]
        );
        assert_eq!(without(span, &[Span::new(300, 400)]), [span]);
    }
}
