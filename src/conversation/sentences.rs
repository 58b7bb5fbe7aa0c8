//! The words of a conversation in the order of its turns, cut into sentences, with the phrases
//! of all families found in them.
//!
//! A sentence ends where a word does with `.`, `?` or `!`; in a turn without any punctuation, at
//! a pause of a second. Left out on purpose: grammar.

use super::english::{Family, Token, VOCABULARY, class};
use super::{Party, SpokenWord, Turn};
use crate::transcript::Span;

/// Ends a sentence in a turn without punctuation.
const PAUSE_MS: i64 = 1_000;

/// What was said, turn after turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Said {
    /// Indexes into [`super::Conversation::words`]; words without a letter or digit are left out.
    pub words: Vec<usize>,
    /// The same words as the lists know them.
    pub tokens: Vec<Token>,
    /// In the order of the turns, and within a turn in order of time.
    pub sentences: Vec<Sentence>,
    /// Sorted by `from`.
    pub hits: Vec<Hit>,
    /// The sentences of each turn, as a range.
    of_turn: Vec<(usize, usize)>,
}

/// Words that belong together; `from..to` are positions in [`Said::words`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sentence {
    pub party: Party,
    pub turn: usize,
    pub from: usize,
    pub to: usize,
    pub span: Span,
    /// It ends with a question mark.
    pub asks: bool,
    /// None of its words is doubtful.
    pub trusted: bool,
    /// Range in [`Said::hits`].
    hits: (usize, usize),
}

/// A phrase found; `from..to` are positions in [`Said::words`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub family: Family,
    pub from: usize,
    pub to: usize,
}

impl Said {
    /// `tokens` stand for the words, one each.
    pub fn of(words: &[SpokenWord], tokens: &[Token], turns: &[Turn], word_times: bool) -> Self {
        let mut said = Said {
            words: Vec::with_capacity(words.len()),
            tokens: Vec::with_capacity(words.len()),
            ..Said::default()
        };
        for (t, turn) in turns.iter().enumerate() {
            let from = said.words.len();
            let own = turn.words.iter().filter(|&&w| !tokens[w].is_empty());
            said.words.extend(own);
            let own = turn.words.iter().map(|&w| tokens[w]);
            said.tokens.extend(own.filter(|token| !token.is_empty()));
            let first = said.sentences.len();
            said.cut(words, t, turn, from, word_times);
            said.of_turn.push((first, said.sentences.len()));
        }
        said.find();
        said
    }

    fn cut(&mut self, words: &[SpokenWord], t: usize, turn: &Turn, from: usize, word_times: bool) {
        let to = self.words.len();
        let punctuated = self.tokens[from..to].iter().any(|token| token.stops());
        let mut begin = from;
        for at in from..to {
            let word = &words[self.words[at]];
            let ends = at + 1 == to
                || if punctuated {
                    self.ends_at(at)
                } else {
                    word_times && words[self.words[at + 1]].start_ms - word.end_ms >= PAUSE_MS
                };
            if !ends {
                continue;
            }
            let own = self.words[begin..=at].iter().map(|&w| &words[w]);
            let span = if word_times {
                let end_ms = own.clone().map(|w| w.end_ms).max();
                let start_ms = words[self.words[begin]].start_ms;
                Span::new(start_ms, end_ms.unwrap_or(start_ms))
            } else {
                turn.span
            };
            self.sentences.push(Sentence {
                party: turn.party,
                turn: t,
                from: begin,
                to: at + 1,
                span,
                asks: self.tokens[at].asks(),
                trusted: own.clone().all(|w| w.trusted),
                hits: (0, 0),
            });
            begin = at + 1;
        }
    }

    /// The full stops of `Mr.` and `p.m.` end no sentence; the latter may all the same.
    fn ends_at(&self, at: usize) -> bool {
        let token = self.tokens[at];
        if !token.stops() || token.asks() {
            return token.stops();
        }
        if token.has(class::TITLE) {
            return false;
        }
        if token.is_dotted() && token.has(class::HALF_DAY) {
            let next = self.tokens[at + 1];
            return next.is_capital() && !next.has(class::WEEKDAY | class::MONTH);
        }
        true
    }

    fn find(&mut self) {
        for s in 0..self.sentences.len() {
            let first = self.hits.len();
            let (from, to) = (self.sentences[s].from, self.sentences[s].to);
            // Phrases may run over the end of a sentence, but not over that of a turn.
            let until = self.turn_end(s);
            for at in from..to {
                let hits = &mut self.hits;
                VOCABULARY.phrases_at(&self.tokens[at..until], |family, len| {
                    hits.push(Hit {
                        family,
                        from: at,
                        to: at + len,
                    });
                });
            }
            self.sentences[s].hits = (first, self.hits.len());
        }
    }

    fn turn_end(&self, sentence: usize) -> usize {
        let (_, end) = self.of_turn[self.sentences[sentence].turn];
        self.sentences[end - 1].to
    }

    pub fn tokens_of(&self, sentence: &Sentence) -> &[Token] {
        &self.tokens[sentence.from..sentence.to]
    }

    /// Phrases that begin in the sentence.
    pub fn hits_of(&self, sentence: &Sentence) -> &[Hit] {
        &self.hits[sentence.hits.0..sentence.hits.1]
    }

    pub fn has(&self, sentence: &Sentence, family: Family) -> bool {
        self.hits_of(sentence)
            .iter()
            .any(|hit| hit.family == family)
    }

    pub fn sentences_of(&self, turn: usize) -> &[Sentence] {
        let (from, to) = self.of_turn[turn];
        &self.sentences[from..to]
    }

    /// The words as they were written.
    pub fn quote(&self, words: &[SpokenWord], from: usize, to: usize) -> String {
        let mut quote = String::new();
        for &w in &self.words[from..to] {
            if !quote.is_empty() {
                quote.push(' ');
            }
            quote.push_str(&words[w].text);
        }
        quote
    }
}
