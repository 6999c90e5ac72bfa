//! The parts of a score that a request or a history adds to what the model and the evidence say.

use super::{Dislikes, Fresh, Values};
use crate::codebook::{Cells, Codebook};
use crate::error::Result;
use crate::kernels::{Keep, top_k};
use crate::request::{Reason, ReasonKind};
use crate::runtime::CancelToken;

/// How much of a logarithm of popularity counts for users without a history.
const POPULARITY: f32 = 1.0;
/// Items whose scores say where the top is.
const TOP: usize = 10;
/// Units from the average item to the top.
const UNITS: f32 = 5.0;

/// What is added to scores, and to which.
pub(crate) struct Adjustments<'a> {
    pub(crate) codebook: &'a Codebook,
    /// What a weight of 1 adds; see [`unit`].
    pub(crate) unit: f32,
    pub(crate) dislikes: Dislikes,
    /// Column, number of the value, its text, and weight.
    pub(crate) lean: Option<(Values<'a>, u32, &'a str, f32)>,
    pub(crate) freshness: Option<Fresh<'a>>,
    /// The prior of every item, for users without a history.
    pub(crate) popularity: Option<Popularity<'a>>,
}

/// The prior, counted from the least popular item on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Popularity<'a> {
    prior: &'a Cells<f32>,
    least: f32,
}

impl<'a> Popularity<'a> {
    pub(crate) fn new(prior: &'a Cells<f32>) -> Self {
        Self { prior, least: prior.iter().fold(f32::INFINITY, f32::min) }
    }

    fn of(&self, row: u32) -> f32 {
        self.prior.get(row).map_or(0.0, |prior| POPULARITY * (prior - self.least))
    }
}

/// Of scores of every item, a fifth of the way from the average to the ten best: what a weight of 1 is worth. Packs and
/// histories differ in scale, and where few items have evidence a standard deviation says little about the top.
pub(crate) fn unit(scores: &[f32], codebook: &Codebook) -> f32 {
    let best = top_k(scores, TOP, Keep::Only(codebook.alive()));
    let top = best.iter().map(|(_, score)| score).sum::<f32>() / best.len().max(1) as f32;
    let mean = if codebook.dead_rows().is_empty() {
        spread(scores.iter().copied()).0
    } else {
        spread(codebook.alive().iter().map(|row| scores[row as usize])).0
    };
    (top - mean).max(0.0) / UNITS
}

/// Mean and standard deviation of scores; 0 for none.
pub(crate) fn spread(scores: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let count = scores.clone().count().max(1) as f64;
    let mean = scores.clone().map(f64::from).sum::<f64>() / count;
    let squares = scores.map(|score| (f64::from(score) - mean).powi(2));
    (mean as f32, (squares.sum::<f64>() / count).sqrt() as f32)
}

impl Adjustments<'_> {
    /// Adds every part to every score; `buffers` are as long as the catalogue or become so.
    pub(crate) fn apply(
        &self,
        scores: &mut [f32],
        buffers: [&mut Vec<f32>; 2],
        cancel: &CancelToken,
    ) -> Result<()> {
        let each = |scores: &mut [f32], part: &dyn Fn(u32) -> f32| {
            (0..).zip(scores).for_each(|(row, score)| *score += part(row));
        };
        if let Some(popularity) = &self.popularity {
            each(scores, &|row| popularity.of(row));
        }
        if self.lean.is_some() {
            each(scores, &|row| self.lean_of(row));
        }
        if let Some(freshness) = &self.freshness {
            each(scores, &|row| freshness.of(row, self.unit));
        }
        cancel.check()?;
        self.dislikes.apply(scores, self.unit, self.codebook, buffers, cancel)
    }

    /// The parts of an item's score that were added here.
    pub(crate) fn reasons(&self, row: u32) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut add = |kind, terms, weight| {
            if weight != 0.0 {
                reasons.push(Reason { kind, terms, weight });
            }
        };
        if let Some(popularity) = &self.popularity {
            add(ReasonKind::Popular, Vec::new(), popularity.of(row));
        }
        if let Some((_, _, value, _)) = self.lean {
            add(ReasonKind::Lean, vec![value.to_owned()], self.lean_of(row));
        }
        if let Some(freshness) = &self.freshness {
            add(ReasonKind::New, Vec::new(), freshness.of(row, self.unit));
        }
        if let Some((loss, disliked)) = self.dislikes.of(row, self.unit, self.codebook) {
            add(ReasonKind::Dislike, vec![self.codebook.id(disliked).to_owned()], -loss);
        }
        reasons
    }

    fn lean_of(&self, row: u32) -> f32 {
        let Some((values, wanted, _, weight)) = self.lean else { return 0.0 };
        if values.get(row).binary_search(&wanted).is_ok() { weight * self.unit } else { 0.0 }
    }
}
