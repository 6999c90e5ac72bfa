//! What the user's own likes and dislikes have in common, in closed form.
//!
//! The decoder reads a history as training taught it to read everybody's. This is beside it: the direction from the average
//! item to what this user's events speak for. No gradient, nothing that is stored, and nothing where the events point in
//! no common direction: then what the earlier ones suggest would not have raised the later ones.

use std::collections::HashSet;

use super::{score, score_row};
use crate::codebook::Codebook;
use crate::encode::PastEvent;
use crate::error::Result;
use crate::kernels::QuantisedQuery;
use crate::runtime::CancelToken;

/// Items of a history that are looked at, the latest ones: what bounds the cost to some microseconds.
const MOST: usize = 64;

/// A taste and what it counts in a task.
#[derive(Debug)]
pub(crate) struct Taste {
    query: QuantisedQuery,
    weight: f32,
}

impl Taste {
    /// Of a history, oldest event first; `disliked` are the rows whose dislike stands. `None` where there is nothing in
    /// common.
    pub(crate) fn new(
        events: &[PastEvent],
        disliked: &[u32],
        codebook: &Codebook,
        weight: f32,
    ) -> Option<Self> {
        let average = codebook.mean();
        let mut vector = vec![0.0; average.len()];
        let terms: Vec<Vec<f32>> = latest(events, disliked)
            .map(|event| {
                codebook.fused_into(event.row, &mut vector);
                vector.iter().zip(average).map(|(value, mean)| event.liking * (value - mean)).collect()
            })
            .collect();
        common(&terms).map(|vector| Self { query: QuantisedQuery::new(&vector), weight })
    }

    /// Adds to every score what the taste is worth; `buffer` is as long as the catalogue or becomes so.
    pub(crate) fn apply(
        &self,
        scores: &mut [f32],
        buffer: &mut Vec<f32>,
        codebook: &Codebook,
        cancel: &CancelToken,
    ) -> Result<()> {
        self.likeness(buffer, codebook, cancel)?;
        scores.iter_mut().zip(buffer.iter()).for_each(|(score, likeness)| *score += self.weight * likeness);
        Ok(())
    }

    /// The score of every item, before its weight.
    pub(crate) fn likeness(
        &self,
        scores: &mut Vec<f32>,
        codebook: &Codebook,
        cancel: &CancelToken,
    ) -> Result<()> {
        score(&self.query, codebook, scores, cancel)
    }

    /// What it is worth to one item: what `apply` adds, to the bit.
    pub(crate) fn of(&self, row: u32, codebook: &Codebook) -> f32 {
        self.weight * score_row(&self.query, codebook, row)
    }
}

/// Of each of the latest items the latest event that says something: of one whose dislike stands, the dislike.
fn latest<'a>(events: &'a [PastEvent], disliked: &'a [u32]) -> impl Iterator<Item = &'a PastEvent> {
    let mut seen = HashSet::new();
    let speaks =
        |event: &&PastEvent| event.liking < 0.0 || (event.liking > 0.0 && !disliked.contains(&event.row));
    events.iter().rev().filter(speaks).filter(move |event| seen.insert(event.row)).take(MOST)
}

/// The direction of the sum `g` of these vectors, as long as `1 - sum |x|^2 / |g|^2`.
///
/// `|g|^2 - sum |x|^2` is twice the sum of `x_t . (x_1 + ... + x_(t-1))`: by how much what the earlier events have in common
/// raises the later ones above the average item. Where that is not above 0 the answer is `None`; it is also the factor by
/// which a mean of such vectors is shrunk towards 0 when how much they differ is all that is known (James and Stein).
fn common(terms: &[Vec<f32>]) -> Option<Vec<f32>> {
    let mut sum = vec![0.0_f32; terms.first()?.len()];
    for term in terms {
        sum.iter_mut().zip(term).for_each(|(sum, value)| *sum += value);
    }
    let norm = |vector: &[f32]| vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    let (whole, own) = (norm(&sum), terms.iter().map(|term| norm(term)).sum::<f64>());
    if whole <= own {
        return None;
    }
    let factor = ((1.0 - own / whole) / whole.sqrt()) as f32;
    sum.iter_mut().for_each(|value| *value *= factor);
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(row: u32, liking: f32) -> PastEvent {
        PastEvent {
            row,
            vector: row.into(),
            kind: 1,
            unknown_kind: None,
            liking,
            search: false,
            timestamp_ms: 0,
            query: None,
        }
    }

    fn length(vector: &[f32]) -> f32 {
        vector.iter().map(|value| value * value).sum::<f32>().sqrt()
    }

    #[test]
    fn by_hand() {
        assert_eq!(common(&[]), None);
        assert_eq!(common(&[vec![3.0, 4.0]]), None, "one event has nothing in common with another");
        assert_eq!(common(&[vec![1.0, 0.0], vec![0.0, 1.0]]), None);
        assert_eq!(common(&[vec![1.0, 0.0], vec![-1.0, 0.5]]), None, "what contradicts itself says nothing");
        // The sum is (2, 0): 1 - 2 / 4.
        assert_eq!(common(&[vec![1.0, 0.0], vec![1.0, 0.0]]), Some(vec![0.5, 0.0]));
    }

    #[test]
    fn an_item_counts_once_by_its_latest_word() {
        let said = |events: &[(u32, f32)], disliked: &[u32]| -> Vec<(u32, f32)> {
            let events: Vec<_> = events.iter().map(|(row, liking)| event(*row, *liking)).collect();
            latest(&events, disliked).map(|event| (event.row, event.liking)).collect()
        };
        assert_eq!(said(&[(1, 1.0), (2, 0.5), (1, 0.5)], &[]), [(1, 0.5), (2, 0.5)]);
        assert_eq!(
            said(&[(1, 1.0), (2, 0.0), (3, -1.0)], &[3]),
            [(3, -1.0), (1, 1.0)],
            "unknown kinds are mute"
        );
        assert_eq!(said(&[(1, -1.0), (1, 0.5)], &[1]), [(1, -1.0)], "a look does not undo a dislike");
        assert_eq!(said(&[(1, -1.0), (1, 1.0)], &[]), [(1, 1.0)], "a purchase does");
        let many: Vec<_> = (0..200).map(|row| (row, 1.0)).collect();
        let said = said(&many, &[]);
        assert_eq!((said.len(), said[0].0, said[MOST - 1].0), (MOST, 199, 200 - MOST as u32));
    }

    proptest! {
        /// Never longer than 1, along the sum, and there exactly where earlier terms raise later ones.
        #[test]
        fn it_is_bounded_and_pays_its_way(
            terms in prop::collection::vec(prop::collection::vec(-8_i8..=8, 6), 0..12),
        ) {
            let terms: Vec<Vec<f32>> =
                terms.iter().map(|term| term.iter().map(|value| f32::from(*value)).collect()).collect();
            let mut before = vec![0.0_f32; 6];
            let mut raised = 0.0_f32;
            for term in &terms {
                raised += term.iter().zip(&before).map(|(a, b)| a * b).sum::<f32>();
                before.iter_mut().zip(term).for_each(|(sum, value)| *sum += value);
            }
            let found = common(&terms);
            prop_assert_eq!(found.is_some(), raised > 0.0);
            if let Some(found) = found {
                prop_assert!(length(&found) < 1.0);
                let along: f32 = found.iter().zip(&before).map(|(a, b)| a * b).sum();
                prop_assert!((along - length(&found) * length(&before)).abs() < 1e-3 * length(&before));
            }
        }

        /// Who dislikes what another likes has the opposite taste.
        #[test]
        fn a_dislike_points_away(terms in prop::collection::vec(prop::collection::vec(-8_i8..=8, 4), 1..8)) {
            let of = |sign: f32| -> Vec<Vec<f32>> {
                terms.iter().map(|term| term.iter().map(|value| sign * f32::from(*value)).collect()).collect()
            };
            let (likes, dislikes) = (common(&of(1.0)), common(&of(-1.0)));
            let turned = likes.map(|vector| vector.iter().map(|value| -value).collect::<Vec<_>>());
            prop_assert_eq!(turned, dislikes);
        }
    }
}
