//! Neighbours and words of all items of the catalogue: what the pack says of its own, and what live items have.
//!
//! Nothing here leads to a row that is dead, and nothing that a pack says to the row of a live item, unless that one goes on for
//! the item that is meant.

use super::{Codebook, Neighbours, Postings};
use crate::pack::NeighbourSpec;

/// Neighbours of every item.
#[derive(Debug, Clone, Copy)]
pub struct NeighbourLists<'a> {
    pub(super) lists: &'a Neighbours,
    pub(super) codebook: &'a Codebook,
}

impl<'a> NeighbourLists<'a> {
    /// How a history is read.
    pub fn spec(&self) -> &'a NeighbourSpec {
        self.lists.spec()
    }

    /// Calls `each` with every neighbour of an item and its weight, above 0. A live item that the pack knows under the same
    /// title has and is the neighbours that it was; others have none.
    pub fn for_each(&self, row: u32, mut each: impl FnMut(u32, f32)) {
        let codebook = self.codebook;
        let from = match codebook.live_place(row) {
            None => Some(row),
            Some(place) => codebook.live.items.get(place).and_then(|item| item.origin),
        };
        let Some(from) = from else { return };
        self.lists.for_each(from, |to, weight| {
            if codebook.live_place(to).is_some() {
                // A row that the pack does not have.
            } else if codebook.alive.contains(to) {
                each(to, weight);
            } else if let Some(place) = codebook.live.by_origin.get(&to) {
                each(codebook.base.items() as u32 + place, weight);
            }
        });
    }
}

/// Which items have which words.
#[derive(Debug, Clone, Copy)]
pub struct WordLists<'a> {
    pub(super) lists: &'a Postings,
    pub(super) codebook: &'a Codebook,
}

impl WordLists<'_> {
    /// Calls `each` with every item that has a word, by row, and the word's impact there, above 0.
    pub fn for_each(&self, word: u32, mut each: impl FnMut(u32, f32)) {
        let codebook = self.codebook;
        let (items, all_alive) = (codebook.base.items() as u32, codebook.dead.is_empty());
        self.lists.for_each(word, |row, impact| {
            if row < items && (all_alive || codebook.alive.contains(row)) {
                each(row, impact);
            }
        });
        codebook.live.for_each(word, each);
    }

    /// Number of items that have a word, dead ones included: what following it costs.
    pub fn count(&self, word: u32) -> usize {
        self.lists.count(word) + self.codebook.live.count(word)
    }

    /// Impact of a word on an item; 0 where it does not have it.
    pub fn impact(&self, word: u32, row: u32) -> f32 {
        match self.codebook.live_place(row) {
            Some(_) => self.codebook.live.impact(word, row),
            None => self.lists.impact(word, row),
        }
    }

    /// Number of items that have a word, dead ones included.
    pub fn items(&self, word: u32) -> u32 {
        u32::try_from(self.count(word)).unwrap_or(u32::MAX)
    }
}
