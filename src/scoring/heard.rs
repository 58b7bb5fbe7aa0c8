//! A conversation made searchable: what each party said of the rubrics' phrases, and how well it
//! was heard.
//!
//! The words of each party are read and searched once, for all phrases of all rubrics together;
//! rules then pick from what was found.

use std::ops::Range;

use crate::conversation::metrics::Metrics;
use crate::conversation::{Conversation, Party, SpokenWord, Turn};
use crate::history::History;
use crate::phrase::{Hit, Hits, Matcher, Nearest, Phrase, PhraseId, Spoken, Tokens, Tolerance};
use crate::recording::CallMeta;
use crate::rubric::{By, Said};
use crate::transcript::Span;

use super::Call;

/// Least probability of each word of a match that counts as heard.
const SURE_PROB: f32 = 0.5;
/// Least mean probability of a segment that counts as heard.
const HEARD_SEGMENT_PROB: f32 = 0.6;
/// Least share of a phrase's words that counts as coming close.
const LEAST_NEAR: f64 = 0.6;
/// Share of a phrase's words from which it may be the phrase, misheard.
const LIKELY_NEAR: f64 = 0.65;
/// A word of a near miss below this probability may have been another.
const NEAR_PROB: f32 = 0.6;
/// A word that is spelled nearly like the phrase's, and not surer than this, may be it.
const ALIKE_PROB: f32 = 0.9;
/// Words further apart than this are not one phrase.
const PHRASE_GAP_MS: i64 = 3_000;
/// A turn of fewer words is no reply where there is a longer one.
const REPLY_WORDS: usize = 3;
/// Length of the speech that a recording lacks which starts or stops in the middle of it.
const CUT_OFF_MS: i64 = 1_500;
/// Speech that may go unheard in a searched window before *No* becomes a guess: this share of
/// it, but no less than [`UNHEARD_MS`], which is too short for a phrase that matters.
const UNHEARD_SHARE: f64 = 0.1;
const UNHEARD_MS: i64 = 700;

/// Words that stand in any sentence.
const FUNCTION_WORDS: &[&str] = &[
    "a", "am", "an", "and", "are", "as", "at", "be", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "he", "i", "if", "in", "is", "it", "me", "my", "no",
    "not", "of", "on", "or", "our", "she", "so", "that", "the", "there", "they", "this", "to",
    "us", "was", "we", "were", "will", "with", "would", "you", "your",
];

/// Words that may stand before what is said at the start of a turn.
const OPENERS: &[&str] = &[
    "ah", "all", "alright", "and", "but", "hm", "no", "oh", "ok", "okay", "right", "so", "sure",
    "uh", "um", "well", "yeah", "yes",
];

/// A call ready for its rules.
pub struct HeardCall<'a> {
    pub conversation: &'a Conversation,
    pub metrics: &'a Metrics,
    pub meta: &'a CallMeta,
    matcher: &'a Matcher,
    /// What came before the call, where it is known.
    pub history: Option<&'a History>,
    voices: Vec<Voice>,
    /// Speech that was not recognised with confidence, by channel, in order.
    unheard: Vec<Vec<Span>>,
    /// By word: it stands at the start of a turn, but for words like "okay".
    at_turn_start: Vec<bool>,
}

/// The words of one party in order, and what was found in them.
struct Voice {
    party: Party,
    /// Indexes into the conversation's words, in the order in which they were read.
    words: Vec<usize>,
    tokens: Tokens,
    hits: Hits,
}

impl Voice {
    /// The words of a hit, and the one that negates it: indexes into the conversation's.
    fn words_of<'v>(&'v self, hit: &'v Hit) -> impl Iterator<Item = usize> + 'v {
        let tokens = hit.matched.iter().map(|m| m.token).chain(hit.negated);
        tokens.map(|token| self.words[self.tokens.word(token)])
    }
}

/// What came closest to a phrase that was not found.
pub struct NearMiss {
    pub found: Quoted,
    /// In which way it misses.
    pub note: String,
    /// It may be the phrase, misheard: most words of it are there, not only words like "you" and
    /// "have", and another one between or beside them was heard with doubt; or another tool wrote a
    /// placeholder there, which may stand for any word; or all are there, and one that only sounds
    /// alike was not heard well enough to be sure.
    pub may_be_it: bool,
}

/// Words that a phrase matched.
#[derive(Debug, Clone, Copy)]
pub struct Match<'h> {
    voice: usize,
    hit: &'h Hit,
    pub phrase: &'h Phrase,
    pub party: Party,
    pub channel: usize,
    pub span: Span,
    /// Every word was heard with confidence, by a speaker who is known, and is the phrase's own.
    pub sure: bool,
    /// It stands at the start of a turn.
    pub at_turn_start: bool,
}

impl Match<'_> {
    pub fn is_negated(&self) -> bool {
        self.hit.negated.is_some()
    }

    /// A word of it only sounds like the phrase's, or a placeholder may hide it.
    pub fn is_guess(&self) -> bool {
        self.hit.is_guess()
    }

    /// A placeholder may hide words of it.
    pub fn is_masked(&self) -> bool {
        self.hit.tolerance() == Tolerance::Masked
    }

    /// Windows look at when words are said, so a phrase counts where it ends.
    fn last_start(&self) -> i64 {
        self.span.end_ms - 1
    }
}

/// Words of the call as evidence shows them.
#[derive(Debug, Clone, PartialEq)]
pub struct Quoted {
    pub party: Party,
    pub channel: usize,
    pub span: Span,
    pub quote: String,
    pub min_prob: Option<f64>,
    pub mean_prob: Option<f64>,
}

impl<'a> HeardCall<'a> {
    /// Reads and searches the words of each party.
    pub fn new(call: &Call<'a>, matcher: &'a Matcher) -> Self {
        let conversation = call.conversation;
        let at_turn_start = turn_starts(conversation);
        Self {
            conversation,
            metrics: call.metrics,
            meta: call.meta,
            history: call.history,
            matcher,
            voices: voices(conversation, matcher, &|_| true),
            unheard: unheard(conversation),
            at_turn_start,
        }
    }

    /// The same call as if the words below a probability had not been recognised; `None` where
    /// there are none. What was heard with confidence stays as it is.
    pub fn without_words_below(&self, least: f32) -> Option<HeardCall<'a>> {
        let doubtful = |w: &SpokenWord| w.prob.is_some_and(|p| p < least);
        if !self.conversation.words.iter().any(doubtful) {
            return None;
        }
        Some(HeardCall {
            voices: voices(self.conversation, self.matcher, &|w| !doubtful(w)),
            unheard: self.unheard.clone(),
            at_turn_start: self.at_turn_start.clone(),
            ..*self
        })
    }

    /// Whether all of the phrases are found at the same words in another reading of the call.
    pub fn finds_the_same(&self, other: &HeardCall<'_>, phrases: &[PhraseId]) -> bool {
        self.voices.iter().all(|own| {
            let Some(theirs) = other.voices.iter().find(|v| v.party == own.party) else {
                return phrases.iter().all(|&id| own.hits.of(id).is_empty());
            };
            phrases.iter().all(|&id| {
                let (a, b) = (own.hits.of(id), theirs.hits.of(id));
                let same = |(a, b)| own.words_of(a).eq(theirs.words_of(b));
                a.len() == b.len() && a.iter().zip(b).all(same)
            })
        })
    }

    /// The whole recording.
    pub fn whole(&self) -> Span {
        Span::new(0, self.conversation.recorded_ms)
    }

    /// Whether any of the phrases was found at all in what counts as said by `by`.
    pub fn has_any(&self, phrases: &[Phrase], by: By) -> bool {
        let voices = || self.voices.iter().filter(|v| speaks(v.party, by));
        let ids = phrases.iter().filter_map(|phrase| self.matcher.id(phrase));
        ids.into_iter()
            .any(|id| voices().any(|v| !v.hits.of(id).is_empty()))
    }

    /// All matches of any of the phrases by `by` that lie within one of the `spans` as a whole,
    /// in order of time. On a mono recording nobody knows who spoke: matches are found, but are
    /// sure only for `anyone`.
    pub fn find<'h>(&'h self, phrases: &'h [Phrase], by: By, spans: &[Span]) -> Vec<Match<'h>> {
        let mut matches = Vec::new();
        for (v, voice) in self.voices.iter().enumerate() {
            if !speaks(voice.party, by) {
                continue;
            }
            for phrase in phrases {
                let Some(id) = self.matcher.id(phrase) else {
                    continue;
                };
                for hit in voice.hits.of(id) {
                    if !self.may_be(voice, hit) {
                        continue;
                    }
                    let m = self.make_match(v, hit, phrase, by);
                    let inside =
                        |s: &Span| m.span.start_ms >= s.start_ms && m.last_start() < s.end_ms;
                    if spans.iter().any(inside) {
                        matches.push(m);
                    }
                }
            }
        }
        // Where something was said for certain, nothing else need be behind the placeholder.
        let sure: Vec<(usize, Span)> = matches
            .iter()
            .filter(|m| m.sure)
            .map(|m| (m.voice, m.span))
            .collect();
        let said = |m: &Match<'h>| {
            sure.iter()
                .any(|(voice, span)| *voice == m.voice && span.overlap_ms(m.span) > 0)
        };
        matches.retain(|m| !m.is_masked() || !said(m));
        matches.sort_by(|a, b| {
            let key = |m: &Match<'h>| (m.span.start_ms, m.channel);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.phrase.source().cmp(b.phrase.source()))
        });
        matches
    }

    /// A word that only sounds like the phrase's may be it unless it was heard too well for that;
    /// what a placeholder hides may always be it.
    fn may_be(&self, voice: &Voice, hit: &Hit) -> bool {
        !hit.is_guess()
            || hit.tolerance() == Tolerance::Masked
            || hit.matched.iter().any(|matched| {
                let word = &self.conversation.words[voice.words[voice.tokens.word(matched.token)]];
                matched.tolerance == Tolerance::NearSound && self.is_below(word, ALIKE_PROB)
            })
    }

    /// Whether a word was not heard as well as that, as far as anybody knows.
    fn is_below(&self, word: &SpokenWord, least: f32) -> bool {
        let unknown = !self.conversation.word_probs;
        !word.trusted || word.prob.map_or(unknown, |p| p < least)
    }

    fn make_match<'h>(
        &'h self,
        voice: usize,
        hit: &'h Hit,
        phrase: &'h Phrase,
        by: By,
    ) -> Match<'h> {
        let own = &self.voices[voice];
        let word_of = |token: usize| own.words[own.tokens.word(token)];
        let first = &self.conversation.words[word_of(hit.first())];
        let mut end_ms = first.end_ms;
        let mut heard = true;
        for matched in &hit.matched {
            let word = &self.conversation.words[word_of(matched.token)];
            end_ms = end_ms.max(word.end_ms);
            heard &= word.trusted && (matched.any || word.prob.is_none_or(|p| p >= SURE_PROB));
        }
        let speaker_known = by == By::Anyone || own.party != Party::Unknown;
        Match {
            voice,
            hit,
            phrase,
            party: own.party,
            channel: first.channel,
            span: Span::new(first.start_ms, end_ms),
            sure: heard && speaker_known && !hit.is_guess(),
            at_turn_start: self.at_turn_start[word_of(hit.first())],
        }
    }

    /// The words of a match, without those that a gap skipped.
    pub fn quoted(&self, m: &Match<'_>) -> Quoted {
        let own = &self.voices[m.voice];
        let matched = m.hit.matched.iter();
        let mut indexes: Vec<usize> = matched
            .map(|matched| own.words[own.tokens.word(matched.token)])
            .collect();
        indexes.dedup();
        self.quote_words(&indexes, m.party)
    }

    /// How words of the match differ from the phrase's, for people; `None` where they do not.
    pub fn tolerance_of(&self, m: &Match<'_>) -> Option<String> {
        let own = &self.voices[m.voice];
        let mut ways = Vec::new();
        for matched in &m.hit.matched {
            let text = &self.conversation.words[own.words[own.tokens.word(matched.token)]].text;
            let way = match matched.tolerance {
                Tolerance::Exact => continue,
                Tolerance::Inflection => "another form of the word",
                Tolerance::Homophone => "sounds the same",
                Tolerance::NearSound => "sounds alike",
                Tolerance::Masked => "may stand for them",
            };
            let shown = match bare(text) {
                "" => text,
                bare => bare,
            };
            ways.push(format!("\"{shown}\" {way}"));
        }
        (!ways.is_empty()).then(|| ways.join(", "))
    }

    /// The word that turns a match round.
    pub fn negation_of(&self, m: &Match<'_>) -> Option<&str> {
        let own = &self.voices[m.voice];
        let word = own.words[own.tokens.word(m.hit.negated?)];
        Some(bare(&self.conversation.words[word].text))
    }

    /// The stretch in which `by` replies to words: from their end to the end of the other's next
    /// turn that is more than a back-channel.
    pub fn reply_after(&self, m: &Match<'_>, by: By) -> Option<Span> {
        let turns = &self.conversation.turns;
        let replies = || {
            turns.iter().filter(|turn| {
                turn.span.start_ms >= m.span.start_ms
                    && turn.party != m.party
                    && speaks(turn.party, by)
            })
        };
        let reply = replies()
            .find(|turn| self.replies(turn))
            .or_else(|| replies().next())?;
        // Who cuts in while a number is read out replies to it before it ends.
        let from_ms = if self.ends_masked(m) {
            m.span.end_ms.min(reply.span.start_ms)
        } else {
            m.span.end_ms
        };
        Some(Span::new(from_ms, reply.span.end_ms))
    }

    fn ends_masked(&self, m: &Match<'_>) -> bool {
        let own = &self.voices[m.voice];
        let last = own.words[own.tokens.word(m.hit.last())];
        self.conversation.words[last].redacted.is_some()
    }

    /// Whether a turn says enough to be a reply; what is masked was a few words, and is mostly just
    /// what somebody wanted to know.
    fn replies(&self, turn: &Turn) -> bool {
        let masked = |w: &usize| self.conversation.words[*w].redacted.is_some();
        turn.words.len() >= REPLY_WORDS || turn.words.iter().any(masked)
    }

    /// What came closest to the phrases: the words with a "not" before them, then what may be
    /// them, misheard, then the same words by somebody else or outside of the searched part, then
    /// the largest part of a phrase.
    pub fn nearest_miss(
        &self,
        phrases: &[Phrase],
        said: &Said,
        spans: &[Span],
    ) -> Option<NearMiss> {
        if !said.even_negated {
            let found = self.find(phrases, said.by, spans);
            if let Some(negated) = found.iter().find(|m| m.is_negated()) {
                let word = self.negation_of(negated).unwrap_or_default();
                return Some(NearMiss {
                    found: self.quoted(negated),
                    note: format!("said, but with \"{word}\" before it"),
                    may_be_it: false,
                });
            }
        }
        let partial = self.partial_match(phrases, said.by, spans);
        if partial.as_ref().is_some_and(|miss| miss.may_be_it) {
            return partial;
        }
        let elsewhere = self.find(phrases, By::Anyone, &[self.whole()]);
        let Some(elsewhere) = elsewhere.iter().find(|m| !m.is_negated() && !m.is_guess()) else {
            return partial;
        };
        let note = if !speaks(elsewhere.party, said.by) {
            "said, but by the other party"
        } else if said.turn_start && !elsewhere.at_turn_start {
            "said, but not at the start of a turn"
        } else {
            "said, but outside the searched part of the call"
        };
        Some(NearMiss {
            found: self.quoted(elsewhere),
            note: note.to_string(),
            may_be_it: false,
        })
    }

    fn partial_match(&self, phrases: &[Phrase], by: By, spans: &[Span]) -> Option<NearMiss> {
        let ids: Vec<PhraseId> = phrases
            .iter()
            .filter_map(|phrase| self.matcher.id(phrase))
            .collect();
        let mut best: Option<(&Voice, Range<usize>, Nearest)> = None;
        for voice in self.voices.iter().filter(|v| speaks(v.party, by)) {
            for span in spans {
                let at = |ms: i64| {
                    let words = &self.conversation.words;
                    voice.words.partition_point(|&w| words[w].start_ms < ms)
                };
                let range = voice.tokens.of_words(at(span.start_ms)..at(span.end_ms));
                let near = self
                    .matcher
                    .nearest(&voice.tokens, &ids, range.clone(), LEAST_NEAR);
                if let Some(near) = near
                    && best.as_ref().is_none_or(|(_, _, b)| near.share > b.share)
                {
                    best = Some((voice, range, near));
                }
            }
        }
        let (voice, range, near) = best?;
        let phrase = phrases
            .iter()
            .find(|phrase| self.matcher.id(phrase) == Some(near.phrase))?;
        Some(self.near_miss(voice, range, &near, phrase))
    }

    fn near_miss(
        &self,
        voice: &Voice,
        range: Range<usize>,
        near: &Nearest,
        phrase: &Phrase,
    ) -> NearMiss {
        let (first, last) = (near.tokens[0], near.tokens[near.tokens.len() - 1]);
        let spoken = |token: usize| &self.conversation.words[voice.words[voice.tokens.word(token)]];
        let below = |word: &SpokenWord, least: f32| self.is_below(word, least);
        // What stands between its words or beside them may be the missing one, misheard.
        let before = first.saturating_sub(1).max(range.start);
        let beside = before..=(last + 1).min(range.end - 1);
        let others = || beside.clone().filter(|token| !near.tokens.contains(token));
        let another_may_be_it = others().any(|token| below(spoken(token), NEAR_PROB));
        let another_is_hidden = others().any(|token| spoken(token).is_hidden());
        let says_something = near.tokens.len() >= 3
            || near.tokens.iter().any(|&token| {
                // Of "I'm" and "can't" the first part tells.
                let word = bare(&spoken(token).text);
                let word = word.split(['\'', '’']).next().unwrap_or(word);
                !FUNCTION_WORDS.iter().any(|f| word.eq_ignore_ascii_case(f))
            });
        let sounds_like_it = near
            .guessed
            .iter()
            .any(|&token| below(spoken(token), ALIKE_PROB));
        let may_be_it = near.tokens.len() >= 2
            && (near.share >= LIKELY_NEAR && says_something && another_may_be_it
                || another_is_hidden
                || near.share >= 1.0 && sounds_like_it);
        let words = &voice.words[voice.tokens.word(first)..=voice.tokens.word(last)];
        NearMiss {
            found: self.quote_words(words, voice.party),
            note: format!("{:.0} % of the words of \"{phrase}\"", near.share * 100.0),
            may_be_it,
        }
    }

    fn quote_words(&self, indexes: &[usize], party: Party) -> Quoted {
        let words: Vec<&SpokenWord> = indexes
            .iter()
            .map(|&w| &self.conversation.words[w])
            .collect();
        let probs: Vec<f64> = words.iter().filter_map(|w| w.prob.map(f64::from)).collect();
        let start_ms = words.first().map_or(0, |w| w.start_ms);
        let end_ms = words.iter().map(|w| w.end_ms).max().unwrap_or(start_ms);
        Quoted {
            party,
            channel: words.first().map_or(0, |w| w.channel),
            span: Span::new(start_ms, end_ms),
            quote: self.quote_of(indexes),
            min_prob: probs.iter().copied().reduce(f64::min),
            mean_prob: (!probs.is_empty()).then(|| probs.iter().sum::<f64>() / probs.len() as f64),
        }
    }

    /// Words of one party, with ` … ` where others of theirs between them are left out.
    fn quote_of(&self, indexes: &[usize]) -> String {
        let words = &self.conversation.words;
        let mut quote = String::new();
        let mut before = None;
        for &at in indexes {
            let is_left_out =
                |w: &SpokenWord| w.party == words[at].party && !bare(&w.text).is_empty();
            quote += match before {
                None => "",
                Some(before) if words[before + 1..at].iter().any(is_left_out) => " … ",
                Some(_) => " ",
            };
            quote += &words[at].text;
            before = Some(at);
        }
        quote
    }

    /// Why the absence of words in the `spans` proves nothing: the reason, and the speech that
    /// could not be relied on. `None` where it was all heard.
    pub fn unheard(&self, by: By, spans: &[Span]) -> Option<(String, Option<Span>)> {
        let c = self.conversation;
        let from_start = c.cut_start && spans.first().is_some_and(|s| s.start_ms == 0);
        let to_end = c.cut_end && spans.last().is_some_and(|s| s.end_ms >= c.recorded_ms);
        // How much is missing, nobody knows.
        if to_end && c.truncated {
            return Some((
                "the recording ends before its header says".to_string(),
                None,
            ));
        }
        let searched_ms: i64 = spans.iter().map(|s| s.len_ms()).sum();
        let is_part = searched_ms < c.recorded_ms;
        if from_start && is_part {
            return Some((
                "the recording starts in the middle of speech".to_string(),
                None,
            ));
        }
        if to_end && is_part {
            return Some((
                "the recording stops in the middle of speech".to_string(),
                None,
            ));
        }
        let (speech_ms, unheard) = self.speech_and_unheard(by, spans);
        // Of the whole call, what was cut off is a sentence that nobody heard.
        let cut_ms = CUT_OFF_MS * (i64::from(from_start) + i64::from(to_end));
        let unheard_ms: i64 = unheard.iter().map(|s| s.len_ms()).sum::<i64>() + cut_ms;
        let speech_ms = speech_ms + cut_ms;
        let allowed = ((speech_ms as f64 * UNHEARD_SHARE) as i64).max(UNHEARD_MS);
        if unheard_ms <= allowed {
            return None;
        }
        if !c.word_probs && c.words.iter().all(|w| w.prob.is_none_or(|p| p == 0.0)) {
            return Some((
                "this transcript has no word probabilities".to_string(),
                None,
            ));
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

    /// Share of the speech in the `spans` that was heard with confidence, 0 to 1; 1 where nobody
    /// speaks.
    pub fn heard_share(&self, by: By, spans: &[Span]) -> f64 {
        let (speech_ms, unheard) = self.speech_and_unheard(by, spans);
        let unheard_ms: i64 = unheard.iter().map(|s| s.len_ms()).sum();
        if speech_ms == 0 {
            1.0
        } else {
            1.0 - unheard_ms as f64 / speech_ms as f64
        }
    }

    /// Length of the speech that counts as `by`'s in the `spans`, and what of it was not heard
    /// with confidence.
    fn speech_and_unheard(&self, by: By, spans: &[Span]) -> (i64, Vec<Span>) {
        let mut speech_ms = 0;
        let mut unheard: Vec<Span> = Vec::new();
        for (channel, missed) in self.conversation.channels.iter().zip(&self.unheard) {
            if !speaks(channel.party, by) {
                continue;
            }
            for window in spans {
                speech_ms += within(&channel.speech, *window)
                    .map(|s| s.len_ms())
                    .sum::<i64>();
                unheard.extend(within(missed, *window));
            }
        }
        (speech_ms, unheard)
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

fn voices(
    conversation: &Conversation,
    matcher: &Matcher,
    keep: &dyn Fn(&SpokenWord) -> bool,
) -> Vec<Voice> {
    let words = &conversation.words;
    let mut starts = vec![false; words.len()];
    for turn in &conversation.turns {
        if let Some(&first) = turn.words.first() {
            starts[first] = true;
        }
    }
    let mut voices = Vec::new();
    for party in [Party::Agent, Party::Customer, Party::Unknown] {
        let own: Vec<usize> = (0..words.len())
            .filter(|&i| words[i].party == party && keep(&words[i]))
            .collect();
        if own.is_empty() {
            continue;
        }
        let mut before: Option<(usize, usize)> = None;
        let tokens = matcher.read(own.iter().map(|&i| {
            let word = &words[i];
            let segment = (word.channel, word.segment);
            let new_segment = before.replace(segment) != Some(segment);
            Spoken {
                text: &word.text,
                redacted: word.redacted.as_ref(),
                hidden: word.is_hidden(),
                starts: starts[i] || new_segment,
            }
        }));
        let hits = matcher.find(&tokens, |a, b| {
            let word = |token: usize| &words[own[tokens.word(token)]];
            word(b).start_ms - word(a).end_ms < PHRASE_GAP_MS
        });
        voices.push(Voice {
            party,
            words: own,
            tokens,
            hits,
        });
    }
    voices
}

/// By word: only openers stand between it and the start of its turn.
fn turn_starts(conversation: &Conversation) -> Vec<bool> {
    let mut at_start = vec![false; conversation.words.len()];
    for turn in &conversation.turns {
        for &word in &turn.words {
            at_start[word] = true;
            let text = bare(&conversation.words[word].text);
            if !OPENERS.iter().any(|o| text.eq_ignore_ascii_case(o)) {
                break;
            }
        }
    }
    at_start
}

/// A word without the punctuation around it.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The parts of sorted spans that lie in a window.
fn within(spans: &[Span], window: Span) -> impl Iterator<Item = Span> + '_ {
    let from = spans.partition_point(|s| s.end_ms <= window.start_ms);
    spans[from..]
        .iter()
        .take_while(move |s| s.start_ms < window.end_ms)
        .map(move |s| Span::new(s.start_ms.max(window.start_ms), s.end_ms.min(window.end_ms)))
        .filter(|s| s.len_ms() > 0)
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

/// By channel, the speech outside of stretches that were recognised with confidence.
fn unheard(conversation: &Conversation) -> Vec<Vec<Span>> {
    #[derive(Clone)]
    struct Sum {
        span: Span,
        trusted: bool,
        prob: f32,
        words: usize,
        /// The least probability of what is masked.
        masked: f32,
    }
    let without_prob = if conversation.word_probs { 1.0 } else { 0.0 };
    let mut segments: Vec<Vec<Option<Sum>>> = vec![Vec::new(); conversation.channels.len()];
    // A word without a letter or figure in it tells nothing.
    let words = conversation
        .words
        .iter()
        .filter(|w| !bare(&w.text).is_empty() || w.is_hidden());
    for word in words {
        let own = &mut segments[word.channel];
        if own.len() <= word.segment {
            own.resize(word.segment + 1, None);
        }
        let sum = own[word.segment].get_or_insert(Sum {
            span: Span::new(word.start_ms, word.end_ms),
            trusted: true,
            prob: 0.0,
            words: 0,
            masked: 1.0,
        });
        sum.span.start_ms = sum.span.start_ms.min(word.start_ms);
        sum.span.end_ms = sum.span.end_ms.max(word.end_ms);
        sum.trusted &= word.trusted;
        let prob = word.prob.unwrap_or(without_prob);
        if word.redacted.is_some() {
            sum.masked = sum.masked.min(prob);
        } else {
            sum.prob += prob;
            sum.words += 1;
        }
    }
    // A placeholder has the lowest probability of the words that it stands for, so it is no part of
    // the mean.
    let heard = |s: &Sum| {
        s.trusted
            && match s.words {
                0 => s.masked >= SURE_PROB,
                words => s.prob / words as f32 >= HEARD_SEGMENT_PROB,
            }
    };
    segments
        .into_iter()
        .zip(&conversation.channels)
        .map(|(segments, channel)| {
            let confident: Vec<Span> = segments
                .into_iter()
                .flatten()
                .filter(heard)
                .map(|s| s.span)
                .collect();
            channel
                .speech
                .iter()
                .flat_map(|span| without(*span, &confident))
                .collect()
        })
        .collect()
}

/// What of `span` is outside of `covered`, which is in order of start.
fn without(span: Span, covered: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut at = span.start_ms;
    for cover in covered {
        if cover.start_ms >= span.end_ms {
            break;
        }
        if cover.start_ms > at {
            left.push(Span::new(at, cover.start_ms));
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
