//! Sparse signals beside the model's score: neighbours of the history, words of the query, titles and ids that it names.
//!
//! All are non-negative and touch few items. They are gathered once a request and know nothing of weights.

use std::collections::HashSet;

use crate::codebook::{Codebook, WordLists};
use crate::encode::PastEvent;
use crate::error::Result;
use crate::lexical::TypedWord;
use crate::pack::NeighbourSpec;
use crate::runtime::CancelToken;

use super::query::ParsedQuery;
use super::sparse::Sparse;
use super::titles::{Covered, Titles};

/// Most postings that the expansions of one word may lead to: bounds the cost of a single letter.
const EXPANDED_POSTINGS: usize = 50_000;

/// Signals of one request, by row.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// Sums of the weights with which items of the history have a row as a neighbour.
    pub(crate) neighbours: Sparse,
    /// Impacts of the words as typed.
    pub(crate) words: Sparse,
    /// Impacts that completions and corrections of the words add to that.
    pub(crate) expansions: Sparse,
    pub(super) titles: Titles,
    covered: Covered,
    /// Buffer: the weightiest expansion of one word.
    best: Sparse,
}

/// An item of the history whose neighbours count, and the weight of its age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recent {
    pub(crate) row: u32,
    pub(crate) weight: f32,
}

/// The latest distinct items of a history, newest first, without events that speak against an item.
pub(crate) fn recent(history: &[PastEvent], spec: &NeighbourSpec) -> Vec<Recent> {
    let mut seen = HashSet::new();
    let mut weight = 1.0;
    let liked = history.iter().rev().filter(|event| event.liking >= 0.0);
    let latest = liked.filter(|event| seen.insert(event.row)).take(spec.events);
    latest
        .map(|event| {
            let recent = Recent { row: event.row, weight };
            weight *= spec.decay;
            recent
        })
        .collect()
}

impl Signals {
    /// Gathers the signals of a request; `query` is a query or an intent.
    pub(crate) fn gather(
        &mut self,
        codebook: &Codebook,
        recent: &[Recent],
        query: Option<&ParsedQuery<'_>>,
        cancel: &CancelToken,
    ) -> Result<()> {
        let items = codebook.len();
        self.titles = Titles::default();
        self.covered.reset(items);
        for part in [&mut self.neighbours, &mut self.words, &mut self.expansions] {
            part.reset(items);
        }
        if let Some(neighbours) = codebook.neighbours() {
            for Recent { row, weight } in recent {
                neighbours.for_each(*row, |to, amount| self.neighbours.add(to, weight * amount));
            }
        }
        let Some(query) = query else { return Ok(()) };
        if let Some(postings) = codebook.postings() {
            for (place, word) in query.typed.words().iter().enumerate() {
                cancel.check()?;
                self.add_word(place, word, &postings);
            }
        }
        let Self { words, expansions, titles, covered, .. } = self;
        if let Some(text) = query.names {
            let amount = |row| words.get(row) + expansions.get(row);
            titles.gather(codebook, text, &query.typed, covered, amount, cancel)?;
        }
        Ok(())
    }

    /// A word counts once an item: as typed, or as the weightiest of its expansions.
    fn add_word(&mut self, place: usize, word: &TypedWord, postings: &WordLists<'_>) {
        let Self { words, expansions, covered, best, .. } = self;
        if let Some(id) = word.exact() {
            postings.for_each(id, |row, impact| {
                words.add(row, impact);
                covered.add(row, place);
            });
        }
        if word.expansions().is_empty() {
            return;
        }
        best.reset(covered.items());
        let mut left = EXPANDED_POSTINGS;
        for expansion in word.expansions() {
            postings.for_each(expansion.id, |row, impact| {
                best.raise(row, expansion.factor * impact);
                covered.add(row, place);
            });
            left = left.saturating_sub(postings.items(expansion.id) as usize);
            if left == 0 {
                break;
            }
        }
        for (row, amount) in best.iter() {
            let more = amount - word.exact().map_or(0.0, |id| postings.impact(id, row));
            if more > 0.0 {
                expansions.add(row, more);
            }
        }
    }

    /// Sum of the impacts of an item's words, typed and expanded.
    pub(crate) fn all_words(&self, row: u32) -> f32 {
        self.words.get(row) + self.expansions.get(row)
    }

    /// Rows that words of the query lead to, and those that it names, each once.
    pub(crate) fn matched(&self) -> impl Iterator<Item = u32> {
        let covered = self.covered.rows().iter().copied().filter(|row| self.all_words(*row) > 0.0);
        covered.chain(self.titles.rows().filter(|row| self.all_words(*row) == 0.0))
    }

    /// Whether any item has a word of the query, or an expansion of one, or is named by it.
    pub(crate) fn has_words(&self) -> bool {
        self.matched().next().is_some()
    }
}

#[cfg(test)]
impl Signals {
    /// Signals with these amounts and nothing named.
    pub(super) fn of(items: usize, [neighbours, words, expansions]: [&[(u32, f32)]; 3]) -> Self {
        let mut signals = Self::default();
        let parts = [&mut signals.neighbours, &mut signals.words, &mut signals.expansions];
        for (part, amounts) in parts.into_iter().zip([neighbours, words, expansions]) {
            part.reset(items);
            amounts.iter().for_each(|(row, amount)| part.add(*row, *amount));
        }
        signals
    }
}
