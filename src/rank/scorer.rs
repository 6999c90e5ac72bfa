//! The score of an item: every signal of a request, weighed and added up in one order.

use super::adjust::{Adjustments, FeedTerms};
use super::dense::{range, score, score_row};
use super::lifts::Lifts;
use super::query::ParsedQuery;
use super::signals::{Recent, Signals};
use super::weights::Weights;
use crate::codebook::Codebook;
use crate::error::Result;
use crate::kernels::QuantisedQuery;
use crate::runtime::CancelToken;

/// Signals of one request and their sources. Weights may be applied to it as often as wanted; nothing is gathered again.
#[derive(Clone, Copy)]
pub(crate) struct Scorer<'a> {
    pub(crate) codebook: &'a Codebook,
    pub(crate) signals: &'a Signals,
    /// The decoder's output; `None` for an answer from words alone.
    pub(crate) output: Option<&'a QuantisedQuery>,
    /// Items of the history and of the request's context whose neighbours count.
    pub(crate) recent: &'a [Recent],
    /// Rows of the request's context, which are among the recent.
    pub(crate) seeds: &'a [u32],
    /// Distinct rows of the history, ascending.
    pub(crate) history: &'a [u32],
    /// The query of a search or the intent of a recommendation.
    pub(crate) query: Option<&'a ParsedQuery<'a>>,
}

/// The parts of the scores of one request, as they were added up; `explain` puts them into words.
pub(crate) struct Explainer<'a> {
    pub(crate) scorer: Scorer<'a>,
    pub(crate) weights: Weights,
    pub(super) lifts: Lifts,
    pub(super) adjustments: Option<Adjustments<'a>>,
    /// Whether the query means nothing to this catalogue: it has no hits, whatever the scores.
    pub(crate) nonsense: bool,
}

impl<'a> Scorer<'a> {
    /// Scores every item into `scores`: the model's score, the weighed signals, then the `terms` of a feed. The buffers
    /// become as long as the catalogue. Costs a scan of the codebook, one more for each of the latest dislikes, and a step
    /// for each signal.
    pub(crate) fn apply(
        &self,
        weights: Weights,
        terms: Option<&FeedTerms<'a>>,
        scores: &mut Vec<f32>,
        buffers: &mut [Vec<f32>; 2],
        cancel: &CancelToken,
    ) -> Result<Explainer<'a>> {
        match self.output {
            Some(output) => score(output, self.codebook, scores, cancel)?,
            None => {
                scores.clear();
                scores.resize(self.codebook.len(), 0.0);
            }
        }
        let searches = self.query.is_some_and(ParsedQuery::is_search);
        let nonsense = searches && weights.is_nonsense(scores, self.signals.has_words());
        let lifts = Lifts::new(self.signals, range(scores), &weights);
        self.add_signals(scores, &weights, &lifts);
        let adjustments =
            terms.filter(|_| weights.feed).map(|terms| Adjustments::new(terms, scores, self.codebook));
        if let Some(adjustments) = &adjustments {
            adjustments.apply(scores, buffers, cancel)?;
        }
        Ok(Explainer { scorer: *self, weights, lifts, adjustments, nonsense })
    }

    /// Scores of single items from signals alone, for an answer that the model has no part in; titles count as if the
    /// model's scores lay `range` apart.
    pub(crate) fn without_model(&self, weights: Weights, range: f32) -> Explainer<'a> {
        let lifts = Lifts::new(self.signals, range, &weights);
        Explainer { scorer: *self, weights, lifts, adjustments: None, nonsense: false }
    }

    fn add_signals(&self, scores: &mut [f32], weights: &Weights, lifts: &Lifts) {
        let Signals { neighbours, words, expansions, .. } = self.signals;
        for (row, amount) in neighbours.iter() {
            scores[row as usize] += weights.of_neighbours(amount);
        }
        for (row, amount) in words.iter() {
            scores[row as usize] += weights.words * amount;
        }
        if weights.expansions {
            for (row, amount) in expansions.iter() {
                scores[row as usize] += weights.words * amount;
            }
        }
        for (row, lift) in lifts.iter() {
            scores[row as usize] += lift;
        }
        if weights.history != 0.0 {
            for &row in self.history {
                if let Some(score) = scores.get_mut(row as usize) {
                    *score += weights.history;
                }
            }
        }
    }

    /// The model's score of one item; 0 without a model.
    pub(super) fn dense(&self, row: u32) -> f32 {
        self.output.map_or(0.0, |output| score_row(output, self.codebook, row))
    }
}

impl Explainer<'_> {
    /// The score of one item as [`Scorer::apply`] adds it up, to the bit, but for the terms of a feed.
    pub(crate) fn score(&self, row: u32) -> f32 {
        let Self { scorer, weights, lifts, .. } = self;
        let Signals { neighbours, words, expansions, .. } = scorer.signals;
        let mut score = scorer.dense(row);
        score += weights.of_neighbours(neighbours.get(row));
        score += weights.words * words.get(row);
        if weights.expansions {
            score += weights.words * expansions.get(row);
        }
        score += lifts.get(row);
        if self.is_history(row) { score + weights.history } else { score }
    }

    pub(super) fn is_history(&self, row: u32) -> bool {
        self.scorer.history.binary_search(&row).is_ok()
    }
}

#[cfg(test)]
mod tests;
