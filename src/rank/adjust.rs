//! Terms that a feed adds to the score of every item: dislikes, a boost, freshness, popularity.

use super::dislike::Dislikes;
use super::freshness::Fresh;
use crate::codebook::{Cells, Codebook, Values};
use crate::error::Result;
use crate::kernels::{Keep, top_k};
use crate::request::{Reason, ReasonKind};
use crate::runtime::CancelToken;

/// Weight of the popularity prior, a logarithm, for users without a history.
const POPULARITY: f32 = 1.0;
/// Number of items whose scores say where the top is.
const TOP: usize = 10;
/// Units from the average item to the top.
const UNITS: f32 = 5.0;

/// Terms that a feed adds to scores, resolved against the pack.
pub(crate) struct FeedTerms<'a> {
    /// Disliked rows, the latest dislike first.
    pub(crate) disliked: &'a [u32],
    pub(crate) boost: Option<BoostTerm<'a>>,
    pub(crate) freshness: Option<Fresh<'a>>,
    /// Whether the history has no positive event: then popularity counts.
    pub(crate) cold: bool,
}

/// A value of an attribute whose items gain.
#[derive(Clone, Copy)]
pub(crate) struct BoostTerm<'a> {
    pub(crate) values: Values<'a>,
    /// Number of the value among those of the attribute.
    pub(crate) value: u32,
    /// Its text.
    pub(crate) text: &'a str,
    /// Gain in units of weights.
    pub(crate) weight: f32,
}

/// Terms of a feed on the scale of the scores that they are added to.
pub(crate) struct Adjustments<'a> {
    codebook: &'a Codebook,
    /// Gain of a weight of 1; see [`unit`].
    unit: f32,
    dislikes: Dislikes,
    boost: Option<BoostTerm<'a>>,
    freshness: Option<Fresh<'a>>,
    popularity: Option<Popularity<'a>>,
}

/// The popularity prior of every item, counted from the least popular one.
#[derive(Debug, Clone, Copy)]
struct Popularity<'a> {
    prior: &'a Cells<f32>,
    least: f32,
}

impl<'a> Popularity<'a> {
    fn new(prior: &'a Cells<f32>) -> Self {
        Self { prior, least: prior.iter().fold(f32::INFINITY, f32::min) }
    }

    fn of(&self, row: u32) -> f32 {
        self.prior.get(row).map_or(0.0, |prior| POPULARITY * (prior - self.least))
    }
}

/// A fifth of the way from the average score to the ten best: the gain of a weight of 1. Packs and histories differ in
/// scale, and where few items have signals a standard deviation says little about the top.
fn unit(scores: &[f32], codebook: &Codebook) -> f32 {
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

impl<'a> Adjustments<'a> {
    /// The terms for items with these scores.
    pub(super) fn new(terms: &FeedTerms<'a>, scores: &[f32], codebook: &'a Codebook) -> Self {
        let FeedTerms { disliked, boost, freshness, cold } = terms;
        let weighed = boost.is_some() || freshness.is_some() || !disliked.is_empty();
        Self {
            codebook,
            unit: if weighed { unit(scores, codebook) } else { 0.0 },
            dislikes: Dislikes::new(disliked, codebook),
            boost: *boost,
            freshness: *freshness,
            popularity: codebook.popularity().filter(|_| *cold).map(Popularity::new),
        }
    }

    /// Adds every term to every score; the buffers become as long as the catalogue.
    pub(super) fn apply(
        &self,
        scores: &mut [f32],
        buffers: &mut [Vec<f32>; 2],
        cancel: &CancelToken,
    ) -> Result<()> {
        let each = |scores: &mut [f32], part: &dyn Fn(u32) -> f32| {
            (0..).zip(scores).for_each(|(row, score)| *score += part(row));
        };
        if let Some(popularity) = &self.popularity {
            each(scores, &|row| popularity.of(row));
        }
        if self.boost.is_some() {
            each(scores, &|row| self.boost_of(row));
        }
        if let Some(freshness) = &self.freshness {
            each(scores, &|row| freshness.of(row, self.unit));
        }
        cancel.check()?;
        self.dislikes.apply(scores, self.unit, self.codebook, buffers, cancel)
    }

    /// The parts of an item's score that were added here.
    pub(super) fn reasons(&self, row: u32) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut add = |kind, terms, weight| {
            if weight != 0.0 {
                reasons.push(Reason { kind, terms, weight });
            }
        };
        if let Some(popularity) = &self.popularity {
            add(ReasonKind::Popularity, Vec::new(), popularity.of(row));
        }
        if let Some(boost) = self.boost {
            add(ReasonKind::Boost, vec![boost.text.to_owned()], self.boost_of(row));
        }
        if let Some(freshness) = &self.freshness {
            add(ReasonKind::Freshness, Vec::new(), freshness.of(row, self.unit));
        }
        if let Some((loss, disliked)) = self.dislikes.of(row, self.unit, self.codebook) {
            add(ReasonKind::Dislike, vec![self.codebook.id(disliked).to_owned()], -loss);
        }
        reasons
    }

    fn boost_of(&self, row: u32) -> f32 {
        let Some(boost) = self.boost else { return 0.0 };
        if boost.values.get(row).binary_search(&boost.value).is_ok() { boost.weight * self.unit } else { 0.0 }
    }
}
