//! Maximal marginal relevance (Carbonell and Goldstein 1998): each place goes to the item that is best by its score and
//! unlike what stands before it.

use crate::codebook::Codebook;
use crate::kernels::dot;

/// The candidates of a pool, and how much each resembles what was picked.
pub(super) struct Mmr<'a> {
    codebook: &'a Codebook,
    diversity: f32,
    candidates: &'a [(u32, f32)],
    /// Highest score of the pool, and how far the lowest is from it.
    best: f32,
    range: f32,
    /// Largest cosine with a picked item; no less than 0, since opposites make a list no more diverse than strangers.
    nearest: Vec<f32>,
}

impl<'a> Mmr<'a> {
    /// `candidates` are rows with finite scores, best first; `diversity` is in 0 ..= 1.
    pub(super) fn new(codebook: &'a Codebook, diversity: f32, candidates: &'a [(u32, f32)]) -> Self {
        let best = candidates.first().map_or(0.0, |(_, score)| *score);
        let range = candidates.last().map_or(0.0, |(_, score)| best - score);
        Self { codebook, diversity, candidates, best, range, nearest: vec![0.0; candidates.len()] }
    }

    /// Value of a candidate for the next place: relevance in 0 ..= 1 against the largest likeness.
    pub(super) fn value(&self, place: usize) -> f32 {
        let score = self.candidates[place].1;
        let relevance = if self.range > 0.0 { 1.0 - (self.best - score) / self.range } else { 1.0 };
        (1.0 - self.diversity) * relevance - self.diversity * self.nearest[place]
    }

    /// Notes that a candidate was picked.
    pub(super) fn pick(&mut self, place: usize) {
        if self.diversity > 0.0 {
            let picked = self.candidates[place].0;
            for (nearest, (row, _)) in self.nearest.iter_mut().zip(self.candidates) {
                *nearest = nearest.max(cosine(self.codebook, picked, *row));
            }
        }
    }
}

/// Cosine of the vectors of two items, up to their rounding.
pub(crate) fn cosine(codebook: &Codebook, a: u32, b: u32) -> f32 {
    let row = |row: u32| codebook.fused_row(row).0;
    let dot = |a, b| dot(row(a), row(b)) as f32;
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1.0)
}
