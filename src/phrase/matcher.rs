//! All phrases compiled into one trie, and one walk along the words of a party.
//!
//! Every wording of every phrase is a path of words, classes and gaps; phrases that begin alike
//! share their beginning, so a walk that starts at a word costs what the call says, not how many
//! phrases there are.
//!
//! Of all matches of a phrase that start at one token the best is taken: the fewest words that
//! only sound near, then the fewest words skipped, then the longest. Matches of one phrase do not
//! overlap: from left to right, where one that holds a tighter one gives way to it, and doubtful
//! ones take what the sure ones leave.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::sync::Mutex;

use super::class::{self, Class, Classes};
use super::folding::{self, Tolerance};
use super::language::{Item, Phrase, Place};
use super::masked;
use super::nearest::Postings;
use super::negation;
use super::vocabulary::{Memory, Sense, Spelling, Symbol, Symbols, Vocabulary, WordHasher};
use super::words::{self, Key, Traits};
use crate::transcript::Redacted;

/// Phrases with fewer words than this are not found by words that only sound near.
const LEAST_WORDS_FOR_NEAR_SOUNDS: usize = 3;
/// One word in so many may only sound near.
const WORDS_PER_NEAR_SOUND: usize = 3;
/// Phrases with fewer words than this are not found by homophones: nothing around them tells
/// which was meant.
const LEAST_WORDS_FOR_HOMOPHONES: usize = 2;

/// A phrase within one [`Matcher`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhraseId(pub(super) u32);

impl PhraseId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// A word of the call as it is read.
#[derive(Debug, Clone, Copy)]
pub struct Spoken<'a> {
    pub text: &'a str,
    pub redacted: Option<&'a Redacted>,
    /// It stands for words that nobody knows.
    pub hidden: bool,
    /// The first word of a turn or of a segment.
    pub starts: bool,
}

/// The words of one party, ready to be searched by the matcher that read them.
#[derive(Debug)]
pub struct Tokens {
    pub(super) tokens: Vec<Token>,
    pub(super) senses: Vec<Sense>,
    /// Whether the words have capitals where English has them.
    pub(super) cased: bool,
    /// Made when they are first asked for.
    pub(super) postings: Mutex<Option<Postings>>,
}

/// One searchable unit; a contraction makes two of one word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Index of the word that it comes from, in the order of reading.
    pub word: u32,
    senses_from: u32,
    traits: Traits,
    pub key: Key,
    /// Of its senses but near sounds.
    symbols: Symbols,
    near: Symbols,
    begins: Classes,
}

impl Token {
    pub fn has(&self, any: Traits) -> bool {
        self.traits.has(any)
    }
}

impl Tokens {
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The word that a token comes from: its place in the order of reading.
    pub fn word(&self, token: usize) -> usize {
        self.tokens[token].word as usize
    }

    /// The tokens of a range of words.
    pub fn of_words(&self, words: Range<usize>) -> Range<usize> {
        let at = |word: usize| self.tokens.partition_point(|t| (t.word as usize) < word);
        at(words.start)..at(words.end)
    }

    pub(super) fn senses(&self, token: usize) -> &[Sense] {
        let from = self.tokens[token].senses_from as usize;
        let to = self
            .tokens
            .get(token + 1)
            .map_or(self.senses.len(), |t| t.senses_from as usize);
        &self.senses[from..to]
    }
}

/// A token that a phrase matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matched {
    /// Index of the token.
    pub token: usize,
    /// How it differs from the phrase's word.
    pub tolerance: Tolerance,
    /// Any word would have done here, or a name: how well this one was heard says nothing.
    pub any: bool,
}

/// One place where a phrase was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In order; gaps are left out.
    pub matched: Vec<Matched>,
    /// The token of a negation that governs it: "we will *not* refund".
    pub negated: Option<usize>,
}

impl Hit {
    pub fn first(&self) -> usize {
        self.matched[0].token
    }

    pub fn last(&self) -> usize {
        self.matched[self.matched.len() - 1].token
    }

    /// The least sure of the ways in which its words were taken for the phrase's.
    pub fn tolerance(&self) -> Tolerance {
        let all = self.matched.iter().map(|m| m.tolerance);
        all.max().unwrap_or(Tolerance::Exact)
    }

    /// It rests on a word that only sounds near, or on a placeholder that may hide the words: no
    /// more than a guess.
    pub fn is_guess(&self) -> bool {
        self.tolerance() >= Tolerance::NearSound
    }
}

/// What was found, by phrase.
#[derive(Debug, Default)]
pub struct Hits {
    hits: Vec<Hit>,
    /// By phrase, in order: its first hit.
    from: Vec<u32>,
}

impl Hits {
    /// In order of the call.
    pub fn of(&self, phrase: PhraseId) -> &[Hit] {
        match (
            self.from.get(phrase.index()),
            self.from.get(phrase.index() + 1),
        ) {
            (Some(from), Some(to)) => &self.hits[*from as usize..*to as usize],
            _ => &[],
        }
    }

    pub fn len(&self) -> usize {
        self.hits.len()
    }

    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }
}

/// Keys are hashes already.
type ByKey = BuildHasherDefault<KeyHasher>;

#[derive(Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Collects phrases for a [`Matcher`].
#[derive(Debug, Default)]
pub struct MatcherBuilder {
    ids: HashMap<u64, PhraseId, ByKey>,
    phrases: u32,
    vocabulary: Vocabulary,
    nodes: Vec<BuildNode>,
    slots: HashMap<Vec<Symbol>, SlotId>,
    outlines: Vec<Vec<Vec<Slot>>>,
}

#[derive(Debug, Default)]
struct BuildNode {
    words: HashMap<Symbol, u32>,
    classes: HashMap<Class, u32>,
    gaps: HashMap<usize, u32>,
    ends: Vec<End>,
}

/// A set of words of which any counts at a place of a near miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SlotId(pub u32);

/// A place of a phrase for the nearest miss.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub id: SlotId,
    /// Tokens from the last matched one within which it must stand.
    pub reach: u32,
}

/// Other words that may stand between two words of a near miss.
const NEAR_MISS_WORDS: usize = 2;

/// The end of one wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    phrase: PhraseId,
    /// Words of the wording, classes left out.
    words: u8,
}

impl End {
    /// How many words may only sound near.
    fn near_sounds(self) -> u8 {
        let words = usize::from(self.words);
        if words < LEAST_WORDS_FOR_NEAR_SOUNDS {
            return 0;
        }
        (words / WORDS_PER_NEAR_SOUND) as u8
    }
}

/// Nodes that are visited from one token before those reached again are told: most walks are short,
/// and only phrases with several gaps can go one way twice.
const STEPS_WITHOUT_MEMORY: usize = 256;

const ROOT: u32 = 0;
/// Where phrases with `^` begin.
const START_ROOT: u32 = 1;

impl MatcherBuilder {
    pub fn new() -> Self {
        Self {
            nodes: vec![BuildNode::default(), BuildNode::default()],
            ..Self::default()
        }
    }

    /// The same phrase again gets the same id.
    pub fn add(&mut self, phrase: &Phrase) -> PhraseId {
        if let Some(id) = self.ids.get(&phrase.key) {
            return *id;
        }
        let id = PhraseId(self.phrases);
        self.phrases += 1;
        self.ids.insert(phrase.key, id);
        let root = if phrase.starts { START_ROOT } else { ROOT };
        for wording in phrase.wordings() {
            self.insert(root, &wording, id);
            for veiled in masked::veiled(&wording) {
                self.insert(root, &veiled, id);
            }
        }
        let outlines = phrase.outlines();
        let slots = outlines.iter().map(|places| self.slots(places)).collect();
        self.outlines.push(slots);
        id
    }

    fn insert(&mut self, root: u32, wording: &[Item], phrase: PhraseId) {
        let mut node = root;
        let mut words = 0;
        // The node before the last word, and the word, if it was one.
        let mut before: Option<(u32, &str)> = None;
        for item in wording {
            let from = node;
            node = match item {
                Item::Word { text, exact, .. } => {
                    words += 1;
                    let text = folding::canonical(text);
                    let spelling = if *exact {
                        Spelling::Exact(text.to_string())
                    } else {
                        Spelling::Bent(text.to_string())
                    };
                    let symbol = self.vocabulary.intern(spelling);
                    let next = self.step(from, |n| n.words.get(&symbol).copied());
                    self.nodes[from as usize].words.insert(symbol, next);
                    if let Some((earlier, first)) = before
                        && !exact
                    {
                        self.insert_split(earlier, [first, text], next);
                    }
                    before = (!exact).then_some((from, text));
                    next
                }
                Item::Class(class) => {
                    before = None;
                    let next = self.step(from, |n| n.classes.get(class).copied());
                    self.nodes[from as usize].classes.insert(*class, next);
                    next
                }
                Item::Gap(gap) => {
                    before = None;
                    let next = self.step(from, |n| n.gaps.get(gap).copied());
                    self.nodes[from as usize].gaps.insert(*gap, next);
                    next
                }
            };
        }
        let end = End { phrase, words };
        let ends = &mut self.nodes[node as usize].ends;
        if !ends.contains(&end) {
            ends.push(end);
        }
    }

    /// Where a phrase has "you are", "your" is heard as well.
    fn insert_split(&mut self, from: u32, words: [&str; 2], to: u32) {
        for (one, two) in folding::SPLIT {
            if two == words {
                let symbol = self.vocabulary.intern(Spelling::Split(one.to_string()));
                self.nodes[from as usize].words.insert(symbol, to);
            }
        }
    }

    fn step(&mut self, from: u32, edge: impl Fn(&BuildNode) -> Option<u32>) -> u32 {
        if let Some(next) = edge(&self.nodes[from as usize]) {
            return next;
        }
        self.nodes.push(BuildNode::default());
        u32::try_from(self.nodes.len() - 1).expect("fewer nodes than phrases can hold")
    }

    fn slots(&mut self, places: &[Place]) -> Vec<Slot> {
        places.iter().map(|place| self.slot(place)).collect()
    }

    fn slot(&mut self, place: &Place) -> Slot {
        let mut symbols: Vec<Symbol> = place
            .words
            .iter()
            .map(|word| {
                let word = folding::canonical(word).to_string();
                self.vocabulary.intern(Spelling::Bent(word))
            })
            .collect();
        symbols.sort_unstable();
        symbols.dedup();
        let next = SlotId(self.slots.len() as u32);
        Slot {
            id: *self.slots.entry(symbols).or_insert(next),
            reach: (1 + NEAR_MISS_WORDS + place.room) as u32,
        }
    }

    pub fn build(self) -> Matcher {
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let (mut words, mut classes, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
        let mut ends = Vec::new();
        let allowances = allowances(&self.nodes);
        let mut first = [Vec::new(), Vec::new()];
        for (i, node) in self.nodes.into_iter().enumerate() {
            let start = [words.len(), classes.len(), gaps.len(), ends.len()];
            let mut edges: Vec<(Symbol, u32)> = node.words.into_iter().collect();
            edges.sort_unstable();
            if i <= START_ROOT as usize {
                first[i] = vec![0; self.vocabulary.len()];
                for (symbol, next) in &edges {
                    first[i][symbol.0 as usize] = *next;
                }
            }
            let symbols = edges.iter().map(|(symbol, _)| *symbol).collect();
            words.extend(edges);
            let mut edges: Vec<(Class, u32)> = node.classes.into_iter().collect();
            edges.sort_unstable();
            let begins = edges.iter().map(|(class, _)| *class).collect();
            classes.extend(edges);
            let mut edges: Vec<(usize, u32)> = node.gaps.into_iter().collect();
            edges.sort_unstable();
            gaps.extend(edges);
            ends.extend(node.ends);
            let range = |n: usize, len: usize| start[n] as u32..len as u32;
            nodes.push(Node {
                words: range(0, words.len()),
                classes: range(1, classes.len()),
                gaps: range(2, gaps.len()),
                ends: range(3, ends.len()),
                symbols,
                begins,
                near_sounds: allowances[i].near_sounds,
                many_ways: allowances[i].open >= 2,
            });
        }
        let mut slots: Vec<(SlotId, Vec<Symbol>)> =
            self.slots.into_iter().map(|(s, id)| (id, s)).collect();
        slots.sort_unstable();
        Matcher {
            ids: self.ids,
            phrases: self.phrases as usize,
            vocabulary: self.vocabulary,
            trie: Trie {
                nodes,
                words,
                classes,
                gaps,
                ends,
                first,
            },
            slots: slots.into_iter().map(|(_, symbols)| symbols).collect(),
            outlines: self.outlines,
            memories: Mutex::default(),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Allowance {
    near_sounds: u8,
    /// Gaps, and classes that may take more or fewer words, on the way to the node.
    open: u8,
}

/// For each node, how many near sounds some phrase below it may have, and what leads to it.
fn allowances(nodes: &[BuildNode]) -> Vec<Allowance> {
    let mut allowances = vec![Allowance::default(); nodes.len()];
    // A node's children are made after it.
    for (i, node) in nodes.iter().enumerate().rev() {
        let below = node
            .words
            .values()
            .chain(node.classes.values())
            .chain(node.gaps.values())
            .map(|child| allowances[*child as usize].near_sounds);
        let here = node.ends.iter().map(|end| end.near_sounds());
        allowances[i].near_sounds = below.chain(here).max().unwrap_or(0);
    }
    for (i, node) in nodes.iter().enumerate() {
        let open = allowances[i].open;
        let mut lead = |child: u32, more: u8| {
            let child = &mut allowances[child as usize];
            child.open = child.open.max(open + more);
        };
        node.words.values().for_each(|child| lead(*child, 0));
        node.gaps.values().for_each(|child| lead(*child, 1));
        for (class, child) in &node.classes {
            lead(*child, u8::from(class.usual_words() > 1));
        }
    }
    allowances
}

/// Many phrases, ready to be found together. May be shared by threads.
#[derive(Debug)]
pub struct Matcher {
    ids: HashMap<u64, PhraseId, ByKey>,
    phrases: usize,
    vocabulary: Vocabulary,
    trie: Trie,
    /// By slot.
    pub(super) slots: Vec<Vec<Symbol>>,
    /// By phrase: its places, once for each length that it may have.
    pub(super) outlines: Vec<Vec<Vec<Slot>>>,
    /// One for each thread that reads at the same time.
    memories: Mutex<Vec<Memory>>,
}

#[derive(Debug)]
struct Trie {
    nodes: Vec<Node>,
    words: Vec<(Symbol, u32)>,
    classes: Vec<(Class, u32)>,
    gaps: Vec<(usize, u32)>,
    ends: Vec<End>,
    /// The roots' words, by symbol; 0 where there is none.
    first: [Vec<u32>; 2],
}

#[derive(Debug)]
struct Node {
    words: Range<u32>,
    classes: Range<u32>,
    gaps: Range<u32>,
    ends: Range<u32>,
    /// Of the words that may come next.
    symbols: Symbols,
    /// The classes that may come next.
    begins: Classes,
    near_sounds: u8,
    /// More than one way may lead to it from one token to another.
    many_ways: bool,
}

fn slice<'a, T>(all: &'a [T], range: &Range<u32>) -> &'a [T] {
    &all[range.start as usize..range.end as usize]
}

impl Matcher {
    /// How many phrases there are.
    pub fn len(&self) -> usize {
        self.phrases
    }

    pub fn is_empty(&self) -> bool {
        self.phrases == 0
    }

    pub fn id(&self, phrase: &Phrase) -> Option<PhraseId> {
        self.ids.get(&phrase.key).copied()
    }

    pub(super) fn symbols(&self) -> usize {
        self.vocabulary.len()
    }

    /// Reads the words of one party, in order.
    pub fn read<'a>(&self, words: impl IntoIterator<Item = Spoken<'a>>) -> Tokens {
        let mut memory = self.lend_memory();
        let mut tokens = Tokens {
            tokens: Vec::with_capacity(1024),
            senses: Vec::with_capacity(2048),
            cased: false,
            postings: Mutex::default(),
        };
        let (mut capitals, mut smalls) = (false, false);
        for (index, word) in words.into_iter().enumerate() {
            let first = tokens.tokens.len();
            let placeholder = match word.redacted {
                Some(redacted) => Some((
                    Key::Placeholder(redacted.kind),
                    class::traits_of_placeholder(redacted),
                )),
                None => word.hidden.then_some((Key::Hidden, Traits::PLACEHOLDER)),
            };
            if let Some((key, traits)) = placeholder {
                tokens.tokens.push(Token {
                    word: index as u32,
                    senses_from: tokens.senses.len() as u32,
                    traits: traits | words::punctuation(word.text),
                    key,
                    symbols: Symbols::default(),
                    near: Symbols::default(),
                    begins: Classes::beginning_with(traits, key),
                });
            } else {
                let range = memory.look_up(word.text, &self.vocabulary);
                for proto in memory.protos(range) {
                    tokens.tokens.push(Token {
                        word: index as u32,
                        senses_from: tokens.senses.len() as u32,
                        traits: proto.traits,
                        key: proto.key,
                        symbols: proto.symbols,
                        near: proto.near,
                        begins: proto.begins,
                    });
                    tokens
                        .senses
                        .extend_from_slice(memory.senses(&proto.senses));
                    capitals |= proto.traits.has(Traits::CAPITAL);
                    smalls |= proto.traits.has(Traits::SMALL);
                }
            }
            if word.starts
                && let Some(token) = tokens.tokens.get_mut(first)
            {
                token.traits = token.traits | Traits::STARTS;
            }
        }
        tokens.cased = capitals && smalls;
        if !tokens.cased {
            for token in &mut tokens.tokens {
                token.begins = token.begins.with(Class::Name);
            }
        }
        self.take_back(memory);
        tokens
    }

    fn lend_memory(&self) -> Memory {
        let mut memories = self.memories.lock().unwrap_or_else(|e| e.into_inner());
        memories.pop().unwrap_or_default()
    }

    fn take_back(&self, memory: Memory) {
        let mut memories = self.memories.lock().unwrap_or_else(|e| e.into_inner());
        memories.push(memory);
    }

    /// Finds all phrases. `follows(a, b)` says whether token `b` may come right after token `a`,
    /// the one before it.
    pub fn find(&self, tokens: &Tokens, follows: impl Fn(usize, usize) -> bool) -> Hits {
        let ends = stretch_ends(tokens.len(), follows);
        let mut search = Search {
            trie: &self.trie,
            tokens,
            start: 0,
            end: 0,
            path: Vec::new(),
            candidates: Vec::new(),
            from_here: 0,
            steps: 0,
            seen: HashMap::default(),
        };
        for (start, end) in ends.iter().enumerate() {
            search.start = start;
            search.end = *end as usize;
            search.from_here = search.candidates.len();
            search.steps = 0;
            search.seen.clear();
            search.walk_from(ROOT);
            if tokens.tokens[start].has(Traits::STARTS) {
                search.walk_from(START_ROOT);
            }
        }
        self.choose(search.candidates, tokens, &ends)
    }

    /// Of overlapping matches of one phrase, which are kept; and what negates them.
    fn choose(&self, mut candidates: Vec<Candidate>, tokens: &Tokens, ends: &[u32]) -> Hits {
        // They come in order of start; a stable sort keeps that within each phrase.
        candidates.sort_by_key(|c| c.phrase);
        let mut hits = Hits {
            hits: Vec::with_capacity(candidates.len()),
            from: Vec::with_capacity(self.phrases + 1),
        };
        let mut rest = candidates.as_mut_slice();
        for phrase in 0..self.phrases {
            hits.from.push(hits.hits.len() as u32);
            let count = rest
                .iter()
                .take_while(|c| c.phrase.index() == phrase)
                .count();
            let (own, others) = rest.split_at_mut(count);
            rest = others;
            for kept in without_overlap(own) {
                let matched = std::mem::take(&mut own[kept].matched);
                let negated = negation::governing(tokens, &matched, ends);
                hits.hits.push(Hit { matched, negated });
            }
        }
        hits.from.push(hits.hits.len() as u32);
        hits
    }
}

/// For each token, where the words that follow each other from it on end.
fn stretch_ends(tokens: usize, follows: impl Fn(usize, usize) -> bool) -> Vec<u32> {
    let mut ends = vec![tokens as u32; tokens];
    for token in (1..tokens).rev() {
        ends[token - 1] = if follows(token - 1, token) {
            ends[token]
        } else {
            token as u32
        };
    }
    ends
}

/// Which of one phrase's matches are kept, in order of start.
fn without_overlap(candidates: &[Candidate]) -> Vec<usize> {
    if candidates.len() == 1 {
        return vec![0];
    }
    let holds_tighter = |i: usize| {
        let outer = &candidates[i];
        outer.skipped > 0
            && candidates[i + 1..]
                .iter()
                .take_while(|inner| inner.start() <= outer.last())
                .any(|inner| {
                    inner.last() <= outer.last()
                        && inner.guesses <= outer.guesses
                        && inner.skipped < outer.skipped
                })
    };
    let kept_tight: Vec<usize> = (0..candidates.len())
        .filter(|i| !holds_tighter(*i))
        .collect();
    let mut kept: Vec<usize> = Vec::new();
    for sure in [true, false] {
        for &i in &kept_tight {
            let candidate = &candidates[i];
            if (candidate.guesses == 0) != sure {
                continue;
            }
            let free = kept.iter().all(|&k| {
                let other = &candidates[k];
                candidate.last() < other.start() || other.last() < candidate.start()
            });
            if free {
                kept.push(i);
            }
        }
    }
    kept.sort_unstable();
    kept
}

/// A match of a phrase, the best from its first token on.
#[derive(Debug)]
struct Candidate {
    phrase: PhraseId,
    guesses: u8,
    skipped: u32,
    /// Words that are not exactly the phrase's.
    bent: u32,
    matched: Vec<Matched>,
}

impl Candidate {
    fn start(&self) -> usize {
        self.matched[0].token
    }

    fn last(&self) -> usize {
        self.matched[self.matched.len() - 1].token
    }
}

struct Search<'a> {
    trie: &'a Trie,
    tokens: &'a Tokens,
    start: usize,
    /// Where the stretch of `start` ends.
    end: usize,
    path: Vec<Matched>,
    candidates: Vec<Candidate>,
    /// The first candidate that starts at `start`.
    from_here: usize,
    /// Nodes visited from `start`.
    steps: usize,
    /// The best paths on which nodes with many ways were reached before.
    seen: HashMap<State, (u32, Vec<Matched>), BuildHasherDefault<WordHasher>>,
}

/// A state of the walk. From here on all goes the same way, so only the best path to it counts.
#[derive(PartialEq, Eq, Hash)]
struct State {
    node: u32,
    at: usize,
    near_sounds: u8,
    masked: u8,
    skipped: u32,
}

/// How a walk got to where it is.
#[derive(Clone, Copy)]
struct Way {
    near_sounds: u8,
    /// Placeholders that may hide words of the phrase.
    masked: u8,
    skipped: u32,
    bent: u32,
}

impl Way {
    /// What it rests on without being sure.
    fn guesses(self) -> u8 {
        self.near_sounds + self.masked
    }
}

impl Search<'_> {
    fn walk_from(&mut self, root: u32) {
        let trie = self.trie;
        let tokens = self.tokens;
        let way = Way {
            near_sounds: 0,
            masked: 0,
            skipped: 0,
            bent: 0,
        };
        for sense in tokens.senses(self.start) {
            let next = trie.first[root as usize][sense.symbol.0 as usize];
            if next != 0 {
                self.take_word(next, self.start, *sense, way);
            }
        }
        self.classes(root, self.start, way);
    }

    fn visit(&mut self, node: u32, at: usize, way: Way) {
        let trie = self.trie;
        let tokens = self.tokens;
        let here = &trie.nodes[node as usize];
        self.steps += 1;
        if here.many_ways && self.steps > STEPS_WITHOUT_MEMORY && self.was_better(node, at, way) {
            return;
        }
        for end in slice(&trie.ends, &here.ends) {
            self.arrive(*end, way);
        }
        if at >= self.end {
            return;
        }
        let token = &tokens.tokens[at];
        let may_be_near = way.near_sounds < here.near_sounds;
        if here.symbols.share(token.symbols) || may_be_near && here.symbols.share(token.near) {
            let words = slice(&trie.words, &here.words);
            for sense in tokens.senses(at) {
                if sense.tolerance == Tolerance::NearSound && !may_be_near {
                    break;
                }
                if let Some(next) = edge(words, sense.symbol) {
                    self.take_word(next, at, *sense, way);
                }
            }
        }
        self.classes(node, at, way);
        for (gap, next) in slice(&trie.gaps, &here.gaps) {
            for skip in 0..=*gap {
                if at + skip >= self.end {
                    break;
                }
                // What is left open stays within a sentence; words that follow directly need not.
                if skip > 0 && self.ends_sentence(at + skip - 1, at) {
                    break;
                }
                let way = Way {
                    skipped: way.skipped + skip as u32,
                    ..way
                };
                if self.leads_on(*next, at + skip, way) {
                    self.visit(*next, at + skip, way);
                }
            }
        }
    }

    /// Whether a sentence ends before the token `from`, or at a token from there to `to`.
    fn ends_sentence(&self, to: usize, from: usize) -> bool {
        let tokens = &self.tokens.tokens[from.saturating_sub(1)..=to];
        tokens.iter().any(|t| t.has(Traits::SENTENCE_END))
    }

    /// Whether something ends at the node, or the token there may continue it.
    #[inline]
    fn leads_on(&self, node: u32, at: usize, way: Way) -> bool {
        let here = &self.trie.nodes[node as usize];
        if !here.ends.is_empty() {
            return true;
        }
        if at >= self.end {
            return false;
        }
        let token = &self.tokens.tokens[at];
        !here.gaps.is_empty()
            || here.symbols.share(token.symbols)
            || !here.begins.both(token.begins).is_empty()
            || way.near_sounds < here.near_sounds && here.symbols.share(token.near)
    }

    fn take_word(&mut self, next: u32, at: usize, sense: Sense, way: Way) {
        let near = u8::from(sense.tolerance == Tolerance::NearSound);
        let way = Way {
            near_sounds: way.near_sounds + near,
            bent: way.bent + u32::from(sense.tolerance != Tolerance::Exact),
            ..way
        };
        let after = at + usize::from(sense.width);
        if way.near_sounds > self.trie.nodes[next as usize].near_sounds
            || after > self.end
            || !self.leads_on(next, after, way)
        {
            return;
        }
        let depth = self.path.len();
        for token in at..after {
            self.path.push(Matched {
                token,
                tolerance: sense.tolerance,
                any: false,
            });
        }
        self.visit(next, after, way);
        self.path.truncate(depth);
    }

    fn classes(&mut self, node: u32, at: usize, way: Way) {
        let trie = self.trie;
        let tokens = self.tokens;
        let here = &trie.nodes[node as usize];
        let open = here.begins.both(tokens.tokens[at].begins);
        if open.is_empty() {
            return;
        }
        let edges = slice(&trie.classes, &here.classes);
        let ahead = &tokens.tokens[at..self.end];
        let before = (at > 0).then(|| &tokens.tokens[at - 1]);
        let new_sentence = before.is_some_and(|t| t.has(Traits::SENTENCE_END));
        for (class, next) in edges.iter().filter(|(class, _)| open.has(*class)) {
            if *class == Class::Word && new_sentence && !self.path.is_empty() {
                continue;
            }
            let tolerance = class.tolerance(&tokens.tokens[at]);
            let masks = u8::from(tolerance == Tolerance::Masked);
            let way = Way {
                masked: way.masked + masks,
                bent: way.bent + u32::from(masks),
                ..way
            };
            for length in class.lengths(ahead, before, tokens.cased).iter() {
                let depth = self.path.len();
                for token in at..at + length {
                    self.path.push(Matched {
                        token,
                        tolerance,
                        any: class.is_any(),
                    });
                }
                self.visit(*next, at + length, way);
                if *class == Class::Name && class::is_masked_name(&ahead[length - 1]) {
                    self.more_names(*next, at + length, way);
                }
                self.path.truncate(depth);
            }
        }
    }

    /// A masked name may be a first name and a surname: `<name> <name>` finds it, too.
    fn more_names(&mut self, node: u32, at: usize, way: Way) {
        let trie = self.trie;
        let here = &trie.nodes[node as usize];
        let edges = slice(&trie.classes, &here.classes);
        if let Some((_, next)) = edges.iter().find(|(class, _)| *class == Class::Name) {
            self.visit(*next, at, way);
            self.more_names(*next, at, way);
        }
    }

    /// Whether this node was reached in the same state on a path at least as good; else remembers
    /// this one.
    fn was_better(&mut self, node: u32, at: usize, way: Way) -> bool {
        let state = State {
            node,
            at,
            near_sounds: way.near_sounds,
            masked: way.masked,
            skipped: way.skipped,
        };
        let path = &self.path;
        match self.seen.entry(state) {
            Entry::Occupied(seen) if (seen.get().0, &seen.get().1) <= (way.bent, path) => true,
            Entry::Occupied(mut seen) => {
                seen.insert((way.bent, path.clone()));
                false
            }
            Entry::Vacant(new) => {
                new.insert((way.bent, path.clone()));
                false
            }
        }
    }

    /// A wording is complete.
    fn arrive(&mut self, end: End, way: Way) {
        let words = usize::from(end.words);
        if way.near_sounds > end.near_sounds()
            || words < LEAST_WORDS_FOR_HOMOPHONES
                && self
                    .path
                    .iter()
                    .any(|m| m.tolerance == Tolerance::Homophone)
        {
            return;
        }
        let last = self.path[self.path.len() - 1].token;
        let here = &mut self.candidates[self.from_here..];
        let Some(best) = here.iter_mut().find(|c| c.phrase == end.phrase) else {
            self.candidates.push(Candidate {
                phrase: end.phrase,
                guesses: way.guesses(),
                skipped: way.skipped,
                bent: way.bent,
                matched: self.path.clone(),
            });
            return;
        };
        let before = (
            best.guesses,
            best.skipped,
            Reverse(best.last()),
            best.bent,
            &best.matched,
        );
        let now = (
            way.guesses(),
            way.skipped,
            Reverse(last),
            way.bent,
            &self.path,
        );
        if now < before {
            best.guesses = way.guesses();
            best.skipped = way.skipped;
            best.bent = way.bent;
            best.matched.clone_from(&self.path);
        }
    }
}

fn edge(edges: &[(Symbol, u32)], symbol: Symbol) -> Option<u32> {
    if edges.len() <= 8 {
        return edges.iter().find(|(s, _)| *s == symbol).map(|(_, n)| *n);
    }
    let at = edges.binary_search_by_key(&symbol, |(s, _)| *s).ok()?;
    Some(edges[at].1)
}
