//! How much each signal counts, and the arithmetic that a single weight stands for.

use crate::pack::TaskSpec;

/// How much each signal counts in a score. Those of a task are in its pack; all are finite and none but `history` and `floor`
/// is negative.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Weights {
    /// Of the neighbours of the history.
    pub neighbours: f32,
    /// Saturation of the neighbours' sum: above 0, `ln(1 + saturation * sum)` counts in place of the sum.
    pub neighbours_saturation: f32,
    /// Of the words of the query.
    pub words: f32,
    /// Added to items that are in the history.
    pub history: f32,
    /// Best score of the model below which a query without a word of any item has no hits; 0 is no floor.
    pub floor: f32,
    /// Whether completions and corrections of the query's words count.
    pub expansions: bool,
    /// Whether titles and ids that the query names count.
    pub titles: bool,
    /// Whether the terms of a feed count: dislikes, a boost, freshness, popularity.
    pub feed: bool,
}

impl From<&TaskSpec> for Weights {
    fn from(task: &TaskSpec) -> Self {
        Self {
            neighbours: task.neighbours,
            neighbours_saturation: task.neighbours_curve,
            words: task.lexical,
            history: task.history,
            floor: task.floor,
            expansions: true,
            titles: true,
            feed: true,
        }
    }
}

impl Weights {
    /// Part of a score that a sum of neighbours' weights makes.
    pub fn of_neighbours(&self, sum: f32) -> f32 {
        let saturation = self.neighbours_saturation;
        self.neighbours * if saturation > 0.0 { (saturation * sum).ln_1p() } else { sum }
    }

    /// Whether a query is nonsense to a catalogue: `dense` are the model's scores of all items, `words` is whether any item
    /// has a word of the query or is named by it.
    pub(crate) fn is_nonsense(&self, dense: &[f32], words: bool) -> bool {
        self.floor != 0.0 && !words && dense.iter().all(|score| *score < self.floor)
    }
}
