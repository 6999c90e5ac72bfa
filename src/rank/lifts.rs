//! Weights of names: additions that put an item which the query names above what the model makes of the query.

use super::signals::Signals;
use super::titles::{KNOWN, Named, UNKNOWN};
use super::weights::Weights;

/// Least range of scores that lifts are shares of: scores may all be equal.
const LEAST_RANGE: f32 = 1e-3;

/// Additions to the scores of named items, ascending by row.
#[derive(Debug, Default)]
pub(super) struct Lifts(Vec<(u32, f32)>);

impl Lifts {
    /// Turns the names in `signals` into additions to scores. `range` lies between the least and the greatest of the scores
    /// that they are added to.
    pub(super) fn new(signals: &Signals, range: f32, weights: &Weights) -> Self {
        if !weights.titles {
            return Self::default();
        }
        let expansions = if weights.expansions { signals.expansions.largest() } else { 0.0 };
        let others = weights.of_neighbours(signals.neighbours.largest())
            + weights.words * (signals.words.largest() + expansions)
            + weights.history.abs();
        let range = range.max(LEAST_RANGE);
        // No other signal can make up for a step.
        let step = (KNOWN + UNKNOWN + 1.0) * range + others;
        let lift = |named: &Named| match named {
            Named::Title => 3.0 * step,
            Named::Id => 2.0 * step,
            Named::Phrase(part) => step + part * range,
            Named::Part(part) => part * range,
        };
        let mut lifts: Vec<_> = signals.titles.named.iter().map(|(row, named)| (*row, lift(named))).collect();
        lifts.sort_unstable_by_key(|(row, _)| *row);
        Self(lifts)
    }

    /// Addition to the score of an item.
    pub(super) fn get(&self, row: u32) -> f32 {
        self.0.binary_search_by_key(&row, |(row, _)| *row).map_or(0.0, |place| self.0[place].1)
    }

    /// Rows and additions, ascending by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.0.iter().copied()
    }
}
