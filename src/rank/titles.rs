//! Titles and ids that a query names.
//!
//! Titles are not indexed. The words of a query lead to items by their postings; the likeliest of those are compared, title
//! by title. The cost grows with how common the words are, up to a bound, and not with the catalogue.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::codebook::Codebook;
use crate::error::Result;
use crate::lexical::{TitleMatch, Typed};
use crate::runtime::CancelToken;

/// Titles compared because they are about as long as the query; an exact title is among them.
const BY_LENGTH: usize = 192;
/// Titles compared because their items have the weightiest words.
const BY_WORDS: usize = 256;
/// Lifts are shares of the distance between the best and the worst score of the model, which knows no spelling: at most
/// this much for a title of known words ...
pub(super) const KNOWN: f32 = 1.0;
/// ... falling so fast with the share of items that have the words anywhere (tags and categories are not titles) ...
const RARITY: i32 = 3;
/// ... and so much for words that only the title explains, or that came with live items.
pub(super) const UNKNOWN: f32 = 1.0;
/// A share of the distance below which a lift is none.
const LEAST: f32 = 0.01;

/// Which words of a query lead to an item.
#[derive(Debug, Default)]
pub(crate) struct Covered {
    /// Bit w: the item has the w-th word, or one that it may stand for.
    words: Vec<u32>,
    /// Items with a bit.
    rows: Vec<u32>,
}

/// How a query names an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Named {
    /// A title, word for word.
    Title,
    /// An item id, byte for byte.
    Id,
    /// Two words or more of a title, side by side in their order; the share of the distance that it is worth as a part.
    Phrase(f32),
    /// Something of a title; a share of the distance between best and worst.
    Part(f32),
}

/// The items that a query names.
#[derive(Debug, Default)]
pub(crate) struct Titles {
    pub(super) named: Vec<(u32, Named)>,
}

impl Covered {
    pub(super) fn reset(&mut self, items: usize) {
        if self.words.len() == items {
            self.rows.iter().for_each(|row| self.words[*row as usize] = 0);
        } else {
            self.words.clear();
            self.words.resize(items, 0);
        }
        self.rows.clear();
    }

    /// `word` is below 32; a row that does not exist is ignored.
    pub(super) fn add(&mut self, row: u32, word: usize) {
        if let Some(words) = self.words.get_mut(row as usize) {
            if *words == 0 {
                self.rows.push(row);
            }
            *words |= 1 << word;
        }
    }

    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Number of items of the catalogue.
    pub(super) fn items(&self) -> usize {
        self.words.len()
    }

    fn count(&self, row: u32) -> u32 {
        self.words.get(row as usize).map_or(0, |words| words.count_ones())
    }
}

impl Titles {
    /// Compares the query with ids and with the titles of the likeliest items.
    pub(super) fn gather(
        &mut self,
        codebook: &Codebook,
        query: &str,
        typed: &Typed,
        covered: &Covered,
        amount: impl Fn(u32) -> f32,
        cancel: &CancelToken,
    ) -> Result<()> {
        self.named.clear();
        let mut new = new_words(codebook, typed);
        for row in candidates(codebook, query, covered, amount) {
            cancel.check()?;
            let found = typed.title(codebook.title(row));
            let part = worth(&found) + new.remove(&row).unwrap_or(0.0);
            if found.exact {
                self.named.push((row, Named::Title));
            } else if found.phrase {
                self.named.push((row, Named::Phrase(part)));
            } else if part >= LEAST {
                self.named.push((row, Named::Part(part)));
            }
        }
        let rest = new.into_iter().filter(|(_, part)| *part >= LEAST);
        self.named.extend(rest.map(|(row, part)| (row, Named::Part(part))));
        if let Some(row) = codebook.row_of(query) {
            match self.named.iter_mut().find(|(known, _)| *known == row) {
                Some((_, Named::Title)) => {}
                Some((_, named)) => *named = Named::Id,
                None => self.named.push((row, Named::Id)),
            }
        }
        Ok(())
    }

    /// Whether an item is named by its id and not by its title.
    pub(crate) fn is_id(&self, row: u32) -> bool {
        self.named.contains(&(row, Named::Id))
    }

    /// Rows that are named.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.named.iter().map(|(row, _)| *row)
    }
}

fn worth(found: &TitleMatch) -> f32 {
    KNOWN * found.strength * found.rarity.powi(RARITY)
        + UNKNOWN * found.unknown * (1.0 + found.strength) / 2.0
}

/// Live items that have words unknown to the pack, and their part of a lift: the model has not learned these words, so its
/// scores for the query favour no other item.
fn new_words(codebook: &Codebook, typed: &Typed) -> HashMap<u32, f32> {
    let mut parts: HashMap<u32, f32> = HashMap::new();
    let Some(postings) = codebook.postings().filter(|_| codebook.live_len() > 0) else { return parts };
    let share = UNKNOWN / typed.words().len().max(1) as f32;
    for word in typed.words() {
        let exact = word.exact().map(|id| (id, 1.0));
        let others = word.expansions().iter().map(|other| (other.id, other.factor));
        let mut best: HashMap<u32, f32> = HashMap::new();
        for (id, factor) in exact.into_iter().chain(others).filter(|(id, _)| !codebook.is_word_of_pack(*id)) {
            postings.for_each(id, |row, _| {
                let known = best.entry(row).or_default();
                *known = known.max(factor);
            });
        }
        best.into_iter().for_each(|(row, factor)| *parts.entry(row).or_default() += share * factor);
    }
    parts
}

/// The items whose titles are compared, each once: those with most of the words whose titles are about as long as the
/// query, and those with the weightiest words.
fn candidates(codebook: &Codebook, query: &str, covered: &Covered, amount: impl Fn(u32) -> f32) -> Vec<u32> {
    let most = covered.rows.iter().map(|row| covered.count(*row)).max().unwrap_or(0);
    let full = covered.rows.iter().filter(|row| covered.count(**row) == most);
    let by_length = full.map(|&row| (codebook.title_len(row).abs_diff(query.len()), row));
    let by_words = covered.rows.iter().map(|&row| (Reverse(ordered(amount(row))), row));
    let mut rows: Vec<u32> = least(by_length, BY_LENGTH).chain(least(by_words, BY_WORDS)).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// An amount that is not negative as a number that orders the same way.
fn ordered(amount: f32) -> u32 {
    amount.max(0.0).to_bits()
}

/// The rows with the `count` smallest keys, in no order.
fn least<K: Ord + Copy>(keys: impl Iterator<Item = (K, u32)>, count: usize) -> impl Iterator<Item = u32> {
    let mut kept: BinaryHeap<(K, u32)> = BinaryHeap::with_capacity(count + 1);
    for key in keys {
        if kept.len() < count {
            kept.push(key);
        } else if let Some(mut worst) = kept.peek_mut()
            && key < *worst
        {
            *worst = key;
        }
    }
    kept.into_iter().map(|(_, row)| row)
}
