//! Sparse evidence beside the dense score: what neighbours of the history and words of the query say about items.
//!
//! Both are non-negative and touch few items, so they are gathered into buffers that know which entries are not zero.

use std::collections::HashSet;

use crate::codebook::{Codebook, Neighbours};
use crate::encode::PastEvent;
use crate::error::Result;
use crate::lexical::for_each_word;
use crate::pack::TaskSpec;
use crate::runtime::CancelToken;

/// What neighbours and words say about every item, before weights.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) neighbours: Sparse,
    pub(crate) lexical: Sparse,
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

    /// The amount of an item.
    pub(crate) fn get(&self, row: u32) -> f32 {
        self.amounts.get(row as usize).copied().unwrap_or(0.0)
    }

    /// Whether every amount is 0.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows and amounts that are not 0, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.rows.iter().map(|&row| (row, self.get(row)))
    }
}

impl Evidence {
    /// Gathers what `task` gives a weight to; with `all` also what it does not. `words` are distinct.
    pub(crate) fn gather(
        &mut self,
        codebook: &Codebook,
        recent: &[Recent],
        words: &[u32],
        wanted: impl Fn(Part) -> bool,
        cancel: &CancelToken,
    ) -> Result<()> {
        self.neighbours.reset(codebook.len());
        self.lexical.reset(codebook.len());
        if let Some(neighbours) = codebook.neighbours().filter(|_| wanted(Part::Neighbours)) {
            for Recent { row, weight } in recent {
                neighbours.for_each(*row, |to, amount| self.neighbours.add(to, weight * amount));
            }
        }
        if let Some(postings) = codebook.postings().filter(|_| wanted(Part::Lexical)) {
            for word in words {
                cancel.check()?;
                postings.for_each(*word, |row, impact| self.lexical.add(row, impact));
            }
        }
        Ok(())
    }

    /// Adds to every score what the evidence and the history are worth in a task. `history` holds distinct rows.
    pub(crate) fn fuse(&self, scores: &mut [f32], history: &[u32], task: &TaskSpec) {
        for (row, amount) in self.neighbours.iter() {
            scores[row as usize] += task.neighbours_worth(amount);
        }
        for (row, amount) in self.lexical.iter() {
            scores[row as usize] += task.lexical * amount;
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
pub(crate) fn recent(history: &[PastEvent], neighbours: &Neighbours) -> Vec<Recent> {
    let spec = neighbours.spec();
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

/// Ids of the known words of a query, each once, in the order of the query.
pub(crate) fn distinct_words(query: &str, codebook: &Codebook) -> Vec<u32> {
    let mut words = Vec::new();
    let mut seen = HashSet::new();
    for_each_word(query, |word, _| words.extend(codebook.word_id(word).filter(|id| seen.insert(*id))));
    words
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
