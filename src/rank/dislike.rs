//! Dislikes: which stand, and how far they pull down items that resemble them.

use std::collections::HashMap;

use super::dense::{score, score_row};
use crate::codebook::Codebook;
use crate::encode::PastEvent;
use crate::error::Result;
use crate::kernels::QuantisedQuery;
use crate::runtime::CancelToken;

/// The latest dislikes that push others down; each costs a scan. Older ones stay out of lists, and that is all.
const MOST: usize = 16;
/// Loss of an item all but equal to a disliked one, in units of weights: most of the way to the average.
const STRENGTH: f32 = 3.5;
/// Cosine up to which nothing is lost: any two items of a catalogue have that much in common.
const FAR: f32 = 0.2;

/// Rows that are disliked now, the latest first. A dislike is active until a positive event on the item that is at least
/// as strong.
pub(crate) fn active_dislikes(history: &[PastEvent]) -> Vec<u32> {
    let mut disliked: HashMap<u32, (usize, f32)> = HashMap::new();
    for (place, event) in history.iter().enumerate() {
        if event.liking < 0.0 {
            disliked.insert(event.row, (place, event.liking));
        } else if disliked.get(&event.row).is_some_and(|(_, dislike)| event.liking >= -dislike) {
            disliked.remove(&event.row);
        }
    }
    let mut rows: Vec<_> = disliked.into_iter().map(|(row, (place, _))| (place, row)).collect();
    rows.sort_unstable_by(|a, b| b.cmp(a));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The disliked items that push others down.
#[derive(Debug, Default)]
pub(super) struct Dislikes(Vec<(u32, QuantisedQuery)>);

impl Dislikes {
    /// Of disliked rows, the latest first.
    pub(super) fn new(rows: &[u32], codebook: &Codebook) -> Self {
        let mut vector = vec![0.0; codebook.dim()];
        let query = |&row: &u32| {
            codebook.fused_into(row, &mut vector);
            let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|value| *value /= norm.max(f32::MIN_POSITIVE));
            (row, QuantisedQuery::new(&vector))
        };
        Self(rows.iter().take(MOST).map(query).collect())
    }

    /// Lowers every score by the loss for its cosine with the nearest disliked item. `unit` is that of weights; `near` and
    /// `nearest` are buffers.
    pub(super) fn apply(
        &self,
        scores: &mut [f32],
        unit: f32,
        codebook: &Codebook,
        [near, nearest]: &mut [Vec<f32>; 2],
        cancel: &CancelToken,
    ) -> Result<()> {
        let Some(((_, first), others)) = self.0.split_first() else { return Ok(()) };
        score(first, codebook, nearest, cancel)?;
        for (_, query) in others {
            score(query, codebook, near, cancel)?;
            nearest.iter_mut().zip(near.iter()).for_each(|(nearest, near)| *nearest = nearest.max(*near));
        }
        scores.iter_mut().zip(nearest.iter()).for_each(|(score, cosine)| *score -= loss(*cosine, unit));
        Ok(())
    }

    /// Loss of an item and the disliked item that causes it; `None` without a loss.
    pub(super) fn of(&self, row: u32, unit: f32, codebook: &Codebook) -> Option<(f32, u32)> {
        let cosines = self.0.iter().map(|(disliked, query)| (score_row(query, codebook, row), *disliked));
        let (cosine, disliked) = cosines.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        Some((loss(cosine, unit), disliked)).filter(|(loss, _)| *loss > 0.0)
    }
}

/// Loss for a cosine with a disliked item.
fn loss(cosine: f32, unit: f32) -> f32 {
    STRENGTH * unit * ((cosine - FAR) / (1.0 - FAR)).clamp(0.0, 1.0)
}
