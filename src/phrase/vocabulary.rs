//! The words of all phrases, and which of them a word of a call may stand for.
//!
//! Each distinct written word is worked out once and remembered, so that a word of a call costs
//! one look-up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::class::Classes;
use super::folding::{self, Form, Tolerance};
use super::words::{self, Key, Traits};

/// A word of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(pub u32);

/// One word of a phrase that a token may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sense {
    pub symbol: Symbol,
    pub tolerance: Tolerance,
    /// Tokens that it takes: two where "you're" stands for "your".
    pub width: u8,
}

/// A set of symbols, kept so small that it may take others for its own: for saying no early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Symbols(u64);

impl Symbols {
    /// False where they surely have none in common.
    pub fn share(self, other: Symbols) -> bool {
        self.0 & other.0 != 0
    }
}

impl std::ops::BitOr for Symbols {
    type Output = Symbols;

    fn bitor(self, other: Symbols) -> Symbols {
        Symbols(self.0 | other.0)
    }
}

impl FromIterator<Symbol> for Symbols {
    fn from_iter<I: IntoIterator<Item = Symbol>>(symbols: I) -> Self {
        let bit = |symbol: Symbol| 1 << (symbol.0.wrapping_mul(0x9e37_79b9) >> 26);
        Self(symbols.into_iter().fold(0, |all, symbol| all | bit(symbol)))
    }
}

/// What a symbol stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Spelling {
    /// The word and what may stand for it.
    Bent(String),
    /// The word as it is written only.
    Exact(String),
    /// The word where a phrase has the two words that it sounds like.
    Split(String),
}

#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    symbols: HashMap<Spelling, Symbol>,
    /// By symbol.
    forms: Vec<Form>,
    /// Of words that may be bent, by what bends them: base form or group of homophones.
    by_base: HashMap<u64, Vec<Symbol>>,
    by_group: HashMap<usize, Vec<Symbol>>,
    /// Words that may be bent.
    bent: Vec<Symbol>,
}

impl Vocabulary {
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    pub fn intern(&mut self, spelling: Spelling) -> Symbol {
        if let Some(symbol) = self.symbols.get(&spelling) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(self.len()).expect("fewer words than phrases can hold"));
        let (Spelling::Bent(text) | Spelling::Exact(text) | Spelling::Split(text)) = &spelling;
        let form = Form::of(text);
        if let Spelling::Bent(_) = &spelling {
            for base in &form.bases {
                self.by_base.entry(*base).or_default().push(symbol);
            }
            for group in &form.groups {
                self.by_group.entry(*group).or_default().push(symbol);
            }
            self.bent.push(symbol);
        }
        self.forms.push(form);
        self.symbols.insert(spelling, symbol);
        symbol
    }

    /// What a word of a call may stand for, the surest first.
    fn senses(&self, text: &str) -> Vec<Sense> {
        let form = Form::of(text);
        let mut senses: Vec<Sense> = Vec::new();
        let mut add = |symbol: Symbol, tolerance: Tolerance| {
            if !senses.iter().any(|s| s.symbol == symbol) {
                senses.push(Sense {
                    symbol,
                    tolerance,
                    width: 1,
                });
            }
        };
        for (spelling, tolerance) in [
            (Spelling::Bent(form.text.clone()), Tolerance::Exact),
            (Spelling::Exact(form.text.clone()), Tolerance::Exact),
            (Spelling::Split(form.text.clone()), Tolerance::Homophone),
        ] {
            if let Some(symbol) = self.symbols.get(&spelling) {
                add(*symbol, tolerance);
            }
        }
        let bases = form.bases.iter().filter_map(|base| self.by_base.get(base));
        bases.flatten().for_each(|s| add(*s, Tolerance::Inflection));
        let groups = form.groups.iter().filter_map(|g| self.by_group.get(g));
        groups.flatten().for_each(|s| add(*s, Tolerance::Homophone));
        let near = self
            .bent
            .iter()
            .filter(|symbol| form.sounds_near(&self.forms[symbol.0 as usize]));
        near.for_each(|s| add(*s, Tolerance::NearSound));
        senses.sort_by_key(|s| (s.tolerance, s.symbol));
        senses
    }

    /// The words that sound like the two tokens together.
    fn wide_senses(&self, first: &str, second: &str) -> Vec<Sense> {
        folding::SPLIT
            .iter()
            .filter(|(_, parts)| parts[0] == first && parts[1] == second)
            .filter_map(|(word, _)| {
                self.symbols
                    .get(&Spelling::Bent((*word).to_string()))
                    .copied()
            })
            .map(|symbol| Sense {
                symbol,
                tolerance: Tolerance::Homophone,
                width: 2,
            })
            .collect()
    }
}

/// A token as it is remembered for a written word.
#[derive(Debug, Clone)]
pub(super) struct Proto {
    pub traits: Traits,
    pub key: Key,
    /// Into the senses of the memory.
    pub senses: Range<u32>,
    pub symbols: Symbols,
    /// Those that it only sounds near.
    pub near: Symbols,
    pub begins: Classes,
}

/// Written words that were seen before. Belongs to one vocabulary.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By written word, its tokens.
    words: HashMap<Box<str>, Range<u32>, BuildHasherDefault<WordHasher>>,
    protos: Vec<Proto>,
    senses: Vec<Sense>,
    /// By token, its senses.
    texts: HashMap<String, Range<u32>>,
}

/// Distinct written words that are remembered: more than a language has in use, and some 10 MB.
const MOST_WORDS: usize = 50_000;

impl Memory {
    /// The tokens of a written word.
    pub fn look_up(&mut self, text: &str, vocabulary: &Vocabulary) -> Range<u32> {
        if let Some(range) = self.words.get(text) {
            return range.clone();
        }
        self.add(text, vocabulary)
    }

    pub fn protos(&self, range: Range<u32>) -> &[Proto] {
        &self.protos[range.start as usize..range.end as usize]
    }

    pub fn senses(&self, range: &Range<u32>) -> &[Sense] {
        &self.senses[range.start as usize..range.end as usize]
    }

    #[cold]
    fn add(&mut self, text: &str, vocabulary: &Vocabulary) -> Range<u32> {
        if self.words.len() >= MOST_WORDS {
            *self = Self::default();
        }
        let parts = words::parts(text);
        let first = self.protos.len() as u32;
        for (i, part) in parts.iter().enumerate() {
            let wide = parts
                .get(i + 1)
                .map(|next| vocabulary.wide_senses(&part.text, &next.text))
                .unwrap_or_default();
            let senses = if wide.is_empty() {
                self.senses_of(&part.text, vocabulary)
            } else {
                let range = self.senses_of(&part.text, vocabulary);
                // The surest first, as they are.
                let mut all = wide;
                all.extend_from_slice(self.senses(&range));
                all.sort_by_key(|s| s.tolerance);
                self.store(&all)
            };
            let key = Key::of(&part.text);
            let near = |s: &&Sense| s.tolerance == Tolerance::NearSound;
            let own = self.senses(&senses).iter();
            self.protos.push(Proto {
                traits: part.traits,
                key,
                symbols: own.clone().filter(|s| !near(s)).map(|s| s.symbol).collect(),
                near: own.filter(near).map(|s| s.symbol).collect(),
                begins: Classes::beginning_with(part.traits, key),
                senses,
            });
        }
        let range = first..self.protos.len() as u32;
        self.words.insert(text.into(), range.clone());
        range
    }

    fn senses_of(&mut self, text: &str, vocabulary: &Vocabulary) -> Range<u32> {
        if let Some(range) = self.texts.get(text) {
            return range.clone();
        }
        let range = self.store(&vocabulary.senses(text));
        self.texts.insert(text.to_string(), range.clone());
        range
    }

    fn store(&mut self, senses: &[Sense]) -> Range<u32> {
        let first = self.senses.len() as u32;
        self.senses.extend_from_slice(senses);
        first..self.senses.len() as u32
    }
}

/// Words are short and come in hundreds of thousands; the standard hasher is made for keys that
/// an enemy chooses.
#[derive(Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.mix(u64::from_le_bytes(
                chunk.try_into().expect("chunks of eight"),
            ));
        }
        let rest = chunks.remainder();
        if rest.len() >= 4 {
            let (head, tail) = (&rest[..4], &rest[rest.len() - 4..]);
            let word = |b: &[u8]| u64::from(u32::from_le_bytes(b.try_into().expect("four")));
            self.mix(word(head) | word(tail) << 32);
        } else if let [first, .., last] = rest {
            let middle = rest[rest.len() / 2];
            self.mix(u64::from(*first) | u64::from(middle) << 8 | u64::from(*last) << 16);
        } else if let [only] = rest {
            self.mix(u64::from(*only));
        }
        self.mix(bytes.len() as u64);
    }

    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

impl WordHasher {
    fn mix(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
