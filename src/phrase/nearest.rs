//! What came closest to a phrase that was not found: as many of its words as possible, in order
//! and near each other, as a recogniser that mishears one or two would leave them.
//!
//! Places of words are bits, so one step looks at 64 tokens. What a phrase could reach at most is
//! known from how many of its words were said at all, and most phrases end there.

use std::ops::Range;

use super::folding::Tolerance;
use super::matcher::{Matcher, PhraseId, Slot, Tokens};
use super::vocabulary::{Sense, Symbol};

/// A part of a phrase that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    pub phrase: PhraseId,
    /// In order.
    pub tokens: Vec<usize>,
    /// Those of them that only sound like a word of the phrase.
    pub guessed: Vec<usize>,
    /// Share of the phrase's words that they are.
    pub share: f64,
}

/// Words of a phrase that a near miss has at least: one alone is said in every call.
const LEAST_WORDS: usize = 2;
/// The reach of a word before which the phrase leaves nothing open.
const USUAL_REACH: u32 = 3;
/// Bits can be moved by less than their width.
const MOST_REACH: u32 = 60;
const BITS: usize = u64::BITS as usize;

/// Where the words of phrases were said, or something like them.
#[derive(Debug)]
pub(super) struct Postings {
    /// By symbol: its row; 0 where it was not said.
    symbols: Vec<u32>,
    /// By slot: its row; 0 where none of its words was said.
    slots: Vec<Option<u32>>,
    /// One bit for each token, row after row. The first row is empty.
    bits: Vec<u64>,
    /// Numbers in a row.
    width: usize,
}

impl Postings {
    fn of(tokens: &Tokens, symbols: usize, slots: usize) -> Self {
        let width = tokens.len().div_ceil(BITS);
        let mut postings = Self {
            symbols: vec![0; symbols],
            slots: vec![None; slots],
            bits: Vec::with_capacity(width * 512),
            width,
        };
        postings.bits.resize(width, 0);
        for token in 0..tokens.len() {
            let bit = 1 << (token % BITS);
            for sense in tokens.senses(token) {
                let row = &mut postings.symbols[sense.symbol.0 as usize];
                if *row == 0 {
                    *row = (postings.bits.len() / width) as u32;
                    postings.bits.resize(postings.bits.len() + width, 0);
                }
                postings.bits[*row as usize * width + token / BITS] |= bit;
            }
        }
        postings
    }

    /// Makes the slot's row, if it is not there yet; whether any of its words was said.
    fn prepare(&mut self, slot: &Slot, words: &[Symbol]) -> bool {
        let known = &mut self.slots[slot.id.0 as usize];
        if let Some(row) = known {
            return *row != 0;
        }
        let rows = words.iter().map(|s| self.symbols[s.0 as usize]);
        let mut said = rows.filter(|row| *row != 0);
        let first = said.next().unwrap_or(0);
        let Some(second) = said.next() else {
            *known = Some(first);
            return first != 0;
        };
        let row = self.bits.len();
        *known = Some((row / self.width) as u32);
        let from = first as usize * self.width;
        self.bits.extend_from_within(from..from + self.width);
        let (before, row) = self.bits.split_at_mut(row);
        for other in std::iter::once(second).chain(said) {
            for (to, from) in row.iter_mut().zip(&before[other as usize * self.width..]) {
                *to |= from;
            }
        }
        true
    }

    fn row(&self, slot: &Slot) -> &[u64] {
        let row = self.slots[slot.id.0 as usize].unwrap_or(0);
        &self.bits[row as usize * self.width..][..self.width]
    }
}

impl Matcher {
    /// The largest part of one of `phrases` within a range of tokens: its words in order, with at
    /// most two other words between, besides those that the phrase itself leaves open. Of
    /// alternatives any counts; classes, gaps and optional words are not looked for. `None` below
    /// a share of `least`, or of two words. Of equal parts that of the phrase named first counts,
    /// then the one that ends first.
    pub fn nearest(
        &self,
        tokens: &Tokens,
        phrases: &[PhraseId],
        range: Range<usize>,
        least: f64,
    ) -> Option<Nearest> {
        if range.len() < LEAST_WORDS {
            return None;
        }
        let mut postings = tokens.postings.lock().unwrap_or_else(|e| e.into_inner());
        let postings =
            postings.get_or_insert_with(|| Postings::of(tokens, self.symbols(), self.slots.len()));
        let mut sweep = Sweep::new(postings, &self.slots, &range);
        let mut best: Option<(PhraseId, &[Slot], usize)> = None;
        for &phrase in phrases {
            for slots in &self.outlines[phrase.0 as usize] {
                let words = slots.len() as f64;
                // More than the best so far, in the same proportion.
                let more = best.map_or(0, |(_, slots, count)| {
                    (count as f64 / slots.len() as f64 * words + 1e-9).floor() as usize + 1
                });
                let need = ((least * words - 1e-9).ceil() as usize)
                    .max(LEAST_WORDS)
                    .max(more);
                if need <= slots.len()
                    && let Some(count) = sweep.most(slots, need)
                {
                    best = Some((phrase, slots, count));
                }
            }
        }
        let (phrase, slots, count) = best?;
        let places = sweep.places(slots, count);
        let is_word = |token: usize| {
            let meant = |symbol: &Symbol| {
                let own = |slot: &Slot| self.slots[slot.id.0 as usize].contains(symbol);
                slots.iter().any(own)
            };
            let sure = |s: &&Sense| s.tolerance != Tolerance::NearSound;
            tokens
                .senses(token)
                .iter()
                .filter(sure)
                .any(|s| meant(&s.symbol))
        };
        Some(Nearest {
            phrase,
            guessed: places.iter().copied().filter(|t| !is_word(*t)).collect(),
            tokens: places,
            share: count as f64 / slots.len() as f64,
        })
    }
}

/// Looks for phrases in one range of tokens.
struct Sweep<'a> {
    postings: &'a mut Postings,
    /// By slot: the words that count.
    slots: &'a [Vec<Symbol>],
    /// The numbers of each row that the range covers.
    words: Range<usize>,
    /// The bits of the range in each of them.
    mask: Vec<u64>,
    shifted: Vec<u64>,
    /// After so many words and one, where the last of them may stand.
    reached: Vec<Vec<u64>>,
}

impl<'a> Sweep<'a> {
    fn new(postings: &'a mut Postings, slots: &'a [Vec<Symbol>], range: &Range<usize>) -> Self {
        let words = range.start / BITS..range.end.div_ceil(BITS);
        let after = words.end * BITS - range.end;
        let mut mask = vec![u64::MAX; words.len()];
        if let Some(first) = mask.first_mut() {
            *first &= u64::MAX << (range.start % BITS);
        }
        if let Some(last) = mask.last_mut() {
            *last &= u64::MAX >> after;
        }
        Self {
            postings,
            slots,
            shifted: vec![0; words.len()],
            mask,
            reached: Vec::new(),
            words,
        }
    }

    /// How many of the slots were said in order at most; `None` for fewer than `need`.
    fn most(&mut self, slots: &[Slot], need: usize) -> Option<usize> {
        let mut left = 0;
        for (i, slot) in slots.iter().enumerate() {
            let words = &self.slots[slot.id.0 as usize];
            left += usize::from(self.postings.prepare(slot, words));
            if left + slots.len() - i - 1 < need {
                return None;
            }
        }
        let mut most = 0;
        for slot in slots {
            if self.postings.slots[slot.id.0 as usize] == Some(0) {
                continue;
            }
            if most + left < need {
                return None;
            }
            if most == self.reached.len() {
                self.reached.push(vec![0; self.words.len()]);
            }
            self.reached[most].fill(0);
            // Longest first, so that one word is not taken twice. Short beginnings from which
            // the need cannot be met any more are not followed.
            let longest = most;
            for level in (need.saturating_sub(left)..=longest).rev() {
                let stands = self.extend(level, slot);
                most += usize::from(stands && level == longest);
            }
            left -= 1;
        }
        (most >= need).then_some(most)
    }

    /// Adds a slot after `level` words; whether it stands anywhere.
    fn extend(&mut self, level: usize, slot: &Slot) -> bool {
        let row = &self.postings.row(slot)[self.words.clone()];
        let mut any = 0;
        if level == 0 {
            let places = row.iter().zip(&self.mask);
            for (to, (row, mask)) in self.reached[0].iter_mut().zip(places) {
                *to |= row & mask;
                any |= row & mask;
            }
            return any != 0;
        }
        let (before, here) = self.reached.split_at_mut(level);
        let (before, here) = (&before[level - 1], &mut here[0]);
        let places = row.iter().zip(&self.mask).map(|(row, mask)| row & mask);
        if slot.reach == USUAL_REACH {
            let mut left = 0;
            for ((to, bits), place) in here.iter_mut().zip(before).zip(places) {
                let near = bits << 1 | bits << 2 | bits << 3 | left >> 63 | left >> 62 | left >> 61;
                left = *bits;
                *to |= place & near;
                any |= place & near;
            }
            return any != 0;
        }
        after(before, slot.reach, &mut self.shifted);
        for ((to, near), place) in here.iter_mut().zip(&self.shifted).zip(places) {
            *to |= place & near;
            any |= place & near;
        }
        any != 0
    }

    /// The tokens of a part of `count` words.
    fn places(&mut self, slots: &[Slot], count: usize) -> Vec<usize> {
        // By slot and level: where it stands after so many words.
        let width = self.words.len();
        let at = |slot: usize, level: usize| (slot * count + level) * width;
        let mut ends = vec![0; slots.len() * count * width];
        // By level: where any slot up to now does.
        let mut reached = vec![0; count * width];
        for (i, slot) in slots.iter().enumerate() {
            let row = &self.postings.row(slot)[self.words.clone()];
            for level in (0..count.min(i + 1)).rev() {
                if level > 0 {
                    let before = &reached[(level - 1) * width..level * width];
                    after(before, slot.reach, &mut self.shifted);
                } else {
                    self.shifted.fill(u64::MAX);
                }
                let to = &mut ends[at(i, level)..][..width];
                let so_far = &mut reached[level * width..][..width];
                for word in 0..width {
                    to[word] = row[word] & self.mask[word] & self.shifted[word];
                    so_far[word] |= to[word];
                }
            }
        }
        let stands = |slot: usize, level: usize, token: usize| {
            ends[at(slot, level) + token / BITS] >> (token % BITS) & 1 == 1
        };
        let mut next = (0..width * BITS).find_map(|token| {
            let slot = (0..slots.len()).find(|slot| stands(*slot, count - 1, token))?;
            Some((slot, token))
        });
        let offset = self.words.start * BITS;
        let mut places = Vec::with_capacity(count);
        for level in (0..count).rev() {
            let Some((slot, token)) = next else { break };
            places.push(offset + token);
            if level == 0 {
                break;
            }
            let reach = slots[slot].reach.min(MOST_REACH) as usize;
            next = (token.saturating_sub(reach)..token)
                .rev()
                .find_map(|token| {
                    let slot = (0..slot)
                        .rev()
                        .find(|slot| stands(*slot, level - 1, token))?;
                    Some((slot, token))
                });
        }
        places.reverse();
        places
    }
}

/// The bits that stand 1 to `reach` places after one of `bits`.
fn after(bits: &[u64], reach: u32, to: &mut [u64]) {
    let reach = reach.clamp(1, MOST_REACH);
    shift(bits, 1, to);
    let mut done = 1;
    while done < reach {
        let by = done.min(reach - done);
        // From the last on, so that each reads its neighbour before that is changed.
        for i in (0..to.len()).rev() {
            let before = if i > 0 { to[i - 1] } else { 0 };
            to[i] |= to[i] << by | before >> (u64::BITS - by);
        }
        done += by;
    }
}

fn shift(bits: &[u64], by: u32, to: &mut [u64]) {
    let mut before = 0;
    for (to, bits) in to.iter_mut().zip(bits) {
        *to = bits << by | before >> (u64::BITS - by);
        before = *bits;
    }
}
