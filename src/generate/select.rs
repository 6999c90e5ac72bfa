//! The best items, history and exclusions accounted for.

use crate::kernels::{Bitmap, Keep, top_k};

/// An item of the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub(crate) row: u32,
    /// The whole score.
    pub(crate) score: f32,
    /// The part that the model gave.
    pub(crate) dense: f32,
    /// Whether the history's weight is in the score.
    pub(crate) in_history: bool,
}

/// The `limit` best items for the scores in `dense`, where items of `history` (distinct rows) get `weight` on top and
/// items in `excluded` do not take part. Ties: the smaller row first.
///
/// Exact: the weight is added in place before the one selection, so every item competes with its full score. `dense` holds
/// the full scores afterwards.
pub(crate) fn select(
    dense: &mut [f32],
    limit: usize,
    history: &[u32],
    weight: f32,
    excluded: &Bitmap,
) -> Vec<Scored> {
    let mut raised = Vec::new();
    if weight != 0.0 {
        for &row in history {
            if let Some(score) = dense.get_mut(row as usize) {
                raised.push((row, *score));
                *score += weight;
            }
        }
        raised.sort_unstable_by_key(|(row, _)| *row);
    }
    let best = top_k(dense, limit, Keep::Except(excluded));
    let scored = best.into_iter().map(|(row, score)| {
        let before = raised.binary_search_by_key(&row, |(row, _)| *row).ok().map(|place| raised[place].1);
        Scored { row, score, dense: before.unwrap_or(score), in_history: before.is_some() }
    });
    scored.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Every item, scored and sorted.
    fn brute_force(
        dense: &[f32],
        limit: usize,
        history: &[u32],
        weight: f32,
        excluded: &[u32],
    ) -> Vec<Scored> {
        let mut all: Vec<_> = (0_u32..)
            .zip(dense)
            .filter(|(row, _)| !excluded.contains(row))
            .map(|(row, &dense)| {
                let in_history = weight != 0.0 && history.contains(&row);
                Scored { row, score: if in_history { dense + weight } else { dense }, dense, in_history }
            })
            .collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
        all.truncate(limit);
        all
    }

    proptest! {
        #[test]
        fn equals_brute_force(
            // Few distinct values, so that there are ties.
            dense in prop::collection::vec((-8_i8..8).prop_map(|v| f32::from(v) / 4.0 + 0.0625), 1..200),
            history in prop::collection::btree_set(0_u32..220, 0..20),
            excluded in prop::collection::btree_set(0_u32..220, 0..20),
            weight in (-4_i8..=4).prop_map(|v| f32::from(v) / 2.0),
            limit in 1_usize..40,
        ) {
            let list = |set: BTreeSet<u32>| set.into_iter().collect::<Vec<_>>();
            let (history, excluded) = (list(history), list(excluded));
            let bitmap = Bitmap::from_rows(dense.len(), excluded.iter().copied());
            let found = select(&mut dense.clone(), limit, &history, weight, &bitmap);
            prop_assert_eq!(found, brute_force(&dense, limit, &history, weight, &excluded));
        }
    }
}
