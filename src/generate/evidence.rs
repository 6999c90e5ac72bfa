//! Sparse evidence beside the dense score: what neighbours of the history and words of the query say about items.
//!
//! Both are non-negative and touch few items, so they are gathered into buffers that know which entries are not zero.

use std::collections::HashSet;

use crate::codebook::{Codebook, WordLists};
use crate::encode::PastEvent;
use crate::error::Result;
use crate::lexical::{Typed, TypedWord, for_each_word};
use crate::pack::{NeighbourSpec, TaskSpec};
use crate::runtime::CancelToken;

use super::titles::{Covered, Titles, largest};

/// Postings that the expansions of one word may lead to before the rest of them is left out: what bounds the cost of a
/// single letter.
const EXPANDED_POSTINGS: usize = 50_000;

/// What neighbours and words say about every item, before weights, and what titles add to scores.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) neighbours: Sparse,
    /// Impacts of the words as typed.
    pub(crate) lexical: Sparse,
    /// What the words that they may stand for add to that.
    pub(crate) expanded: Sparse,
    pub(crate) titles: Titles,
    covered: Covered,
    /// The weightiest expansion of one word.
    best: Sparse,
}

/// A query, as the evidence reads it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// Normalised; `None` where it names nothing: titles and ids do not matter.
    names: Option<&'a str>,
    pub(crate) typed: Typed,
}

impl<'a> Asked<'a> {
    /// Looks up the words of a query and what they may stand for.
    pub(crate) fn read(query: &'a str, codebook: &Codebook) -> Self {
        let items = |word| codebook.postings().map_or(0, |postings| postings.items(word));
        let typed = Typed::read(query, codebook.lexicon(), items, codebook.len());
        Self { names: Some(query), typed }
    }

    /// Looks up the words of a wish but those that say nothing of what is wanted: what it has is meant as it stands, and
    /// names no title.
    pub(crate) fn wish(text: &str, silence: &HashSet<String>, codebook: &Codebook) -> Self {
        let mut said = String::with_capacity(text.len());
        for_each_word(text, |word, _| {
            if !silence.contains(word) {
                said.push_str(word);
                said.push(' ');
            }
        });
        Self { names: None, typed: Typed::word_for_word(&said, &codebook.lexicon()) }
    }
}

/// Amounts by row; most are 0.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    amounts: Vec<f32>,
    /// The rows whose amounts are not 0, in the order they were met.
    rows: Vec<u32>,
}

/// An item of the history as the neighbours read it, and the weight of its age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recent {
    pub(crate) row: u32,
    pub(crate) weight: f32,
}

impl Sparse {
    /// All zeros, for `items` items. Costs as much as there is to forget.
    pub(crate) fn reset(&mut self, items: usize) {
        if self.amounts.len() == items {
            self.rows.iter().for_each(|row| self.amounts[*row as usize] = 0.0);
        } else {
            self.amounts.clear();
            self.amounts.resize(items, 0.0);
        }
        self.rows.clear();
    }

    /// `amount` is above 0; a row that does not exist is ignored.
    fn add(&mut self, row: u32, amount: f32) {
        if let Some(sum) = self.amounts.get_mut(row as usize) {
            if *sum == 0.0 {
                self.rows.push(row);
            }
            *sum += amount;
        }
    }

    /// Raises the amount of a row to `amount`, above 0.
    fn raise(&mut self, row: u32, amount: f32) {
        let more = amount - self.get(row);
        if more > 0.0 {
            self.add(row, more);
        }
    }

    /// The amount of an item.
    pub(crate) fn get(&self, row: u32) -> f32 {
        self.amounts.get(row as usize).copied().unwrap_or(0.0)
    }

    /// Rows and amounts that are not 0, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.rows.iter().map(|&row| (row, self.get(row)))
    }
}

impl Evidence {
    /// Gathers what `wanted` says; titles and ids where there is a query.
    pub(crate) fn gather(
        &mut self,
        codebook: &Codebook,
        recent: &[Recent],
        asked: Option<&Asked<'_>>,
        wanted: impl Fn(Part) -> bool,
        cancel: &CancelToken,
    ) -> Result<()> {
        let items = codebook.len();
        self.titles = Titles::default();
        self.covered.reset(items);
        for part in [&mut self.neighbours, &mut self.lexical, &mut self.expanded] {
            part.reset(items);
        }
        if let Some(neighbours) = codebook.neighbours().filter(|_| wanted(Part::Neighbours)) {
            for Recent { row, weight } in recent {
                neighbours.for_each(*row, |to, amount| self.neighbours.add(to, weight * amount));
            }
        }
        let Some(asked) = asked else { return Ok(()) };
        if let Some(postings) = codebook.postings() {
            for (place, word) in asked.typed.words().iter().enumerate() {
                cancel.check()?;
                self.add_word(place, word, &postings);
            }
        }
        let Self { lexical, expanded, titles, covered, .. } = self;
        if let Some(query) = asked.names {
            let amount = |row| lexical.get(row) + expanded.get(row);
            titles.gather(codebook, query, &asked.typed, covered, amount, cancel)?;
        }
        if !wanted(Part::Lexical) {
            lexical.reset(items);
            expanded.reset(items);
        }
        Ok(())
    }

    /// A word counts once an item: as typed, or as the weightiest of what it may stand for.
    fn add_word(&mut self, place: usize, word: &TypedWord, postings: &WordLists<'_>) {
        let Self { lexical, expanded, covered, best, .. } = self;
        if let Some(id) = word.exact() {
            postings.for_each(id, |row, impact| {
                lexical.add(row, impact);
                covered.add(row, place);
            });
        }
        if word.expansions().is_empty() {
            return;
        }
        best.reset(lexical.amounts.len());
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
                expanded.add(row, more);
            }
        }
    }

    /// Settles what titles and ids add to the model's scores in a task.
    /// `distance` lies between the best and the worst of the model's scores.
    pub(crate) fn weigh_titles(&mut self, distance: f32, task: &TaskSpec) {
        let words = largest(&self.lexical) + largest(&self.expanded);
        let others =
            task.neighbours_worth(largest(&self.neighbours)) + task.lexical * words + task.history.abs();
        self.titles.weigh(distance, others);
    }

    /// What the words of the query say about an item.
    pub(crate) fn words(&self, row: u32) -> f32 {
        self.lexical.get(row) + self.expanded.get(row)
    }

    /// Rows that words of the query lead to, and those that it names, each once.
    pub(crate) fn matched(&self) -> impl Iterator<Item = u32> {
        let covered = self.covered.rows().iter().copied().filter(|row| self.words(*row) > 0.0);
        covered.chain(self.titles.rows().filter(|row| self.words(*row) == 0.0))
    }

    /// Adds to every score what the evidence and the history are worth in a task. `history` holds distinct rows.
    pub(crate) fn fuse(&self, scores: &mut [f32], history: &[u32], task: &TaskSpec) {
        for (row, amount) in self.neighbours.iter() {
            scores[row as usize] += task.neighbours_worth(amount);
        }
        for (row, amount) in self.lexical.iter() {
            scores[row as usize] += task.lexical * amount;
        }
        for (row, amount) in self.expanded.iter() {
            scores[row as usize] += task.lexical * amount;
        }
        for (row, lift) in self.titles.iter() {
            scores[row as usize] += lift;
        }
        if task.history != 0.0 {
            for &row in history {
                if let Some(score) = scores.get_mut(row as usize) {
                    *score += task.history;
                }
            }
        }
    }
}

/// The parts of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Neighbours,
    Lexical,
}

impl Part {
    /// Whether a task gives it a weight.
    pub(crate) fn counts_in(self, task: &TaskSpec) -> bool {
        match self {
            Self::Neighbours => task.neighbours > 0.0,
            Self::Lexical => task.lexical > 0.0,
        }
    }
}

/// The items of a history that neighbours are asked of: the last distinct ones, newest first, disliked ones left out.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Bitmap, Keep, top_k};
    use proptest::prelude::*;

    fn task(neighbours: f32, curve: f32, lexical: f32, history: f32) -> TaskSpec {
        let json = serde_json::json!({"exclude_history": false, "history": history, "neighbours": neighbours,
            "neighbours_curve": curve, "lexical": lexical});
        serde_json::from_value(json).unwrap()
    }

    fn sparse(items: usize, amounts: &[(u32, f32)]) -> Sparse {
        let mut sparse = Sparse::default();
        // Twice, because a buffer is used again and must forget.
        for _ in 0..2 {
            sparse.reset(items);
            amounts.iter().for_each(|(row, amount)| sparse.add(*row, *amount));
        }
        sparse
    }

    fn amounts() -> impl Strategy<Value = Vec<(u32, f32)>> {
        prop::collection::vec((0_u32..220, (1_u8..8).prop_map(|v| f32::from(v) / 4.0)), 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// The exact top of fused scores, against every item scored by hand and sorted.
        #[test]
        fn fused_top_equals_brute_force(
            // Few distinct values, so that there are ties.
            dense in prop::collection::vec((-8_i8..8).prop_map(|v| f32::from(v) / 4.0), 1..200),
            neighbours in amounts(),
            lexical in amounts(),
            history in prop::collection::btree_set(0_u32..220, 0..20),
            excluded in prop::collection::btree_set(0_u32..220, 0..20),
            weights in (0_u8..4, 0_u8..3, 0_u8..4, -4_i8..=4),
            limit in 1_usize..40,
        ) {
            let task = task(f32::from(weights.0) / 2.0, f32::from(weights.1) * 4.0, f32::from(weights.2) / 2.0,
                f32::from(weights.3) / 2.0);
            let history: Vec<u32> = history.into_iter().collect();
            let evidence = Evidence {
                neighbours: sparse(dense.len(), &neighbours),
                lexical: sparse(dense.len(), &lexical),
                ..Evidence::default()
            };
            let mut scores = dense.clone();
            evidence.fuse(&mut scores, &history, &task);
            let bitmap = Bitmap::from_rows(dense.len(), excluded.iter().copied());
            let found = top_k(&scores, limit, Keep::Except(&bitmap));

            let sum = |amounts: &[(u32, f32)], row: u32| {
                amounts.iter().filter(|(to, _)| *to == row).fold(0.0, |sum, (_, amount)| sum + amount)
            };
            let mut all: Vec<(u32, f32)> = (0_u32..)
                .zip(&dense)
                .filter(|(row, _)| !excluded.contains(row))
                .map(|(row, dense)| {
                    let near: f32 = sum(&neighbours, row);
                    let near = if weights.1 == 0 { near } else { (task.neighbours_curve * near).ln_1p() };
                    let own = if history.contains(&row) { task.history } else { 0.0 };
                    (row, dense + task.neighbours * near + task.lexical * sum(&lexical, row) + own)
                })
                .collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            all.truncate(limit);
            prop_assert_eq!(found, all);
        }
    }

    #[test]
    fn rows_that_do_not_exist_are_ignored() {
        let sparse = sparse(3, &[(0, 1.0), (3, 1.0), (u32::MAX, 1.0), (0, 0.5)]);
        assert_eq!(sparse.iter().collect::<Vec<_>>(), [(0, 1.5)]);
        assert_eq!((sparse.get(0), sparse.get(3)), (1.5, 0.0));
    }
}
