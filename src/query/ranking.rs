//! Ranks the whole catalogue for a question: context, output vector, signals; then weights, as often as wanted.

use super::context::{Context, Question};
use super::trace::Trace;
use crate::error::Result;
use crate::kernels::QuantisedQuery;
use crate::rank::{BoostTerm, Explainer, FeedTerms, Fresh, ParsedQuery, Scorer, Weights, active_dislikes};
use crate::request::{Hit, Reason};
use crate::runtime::CancelToken;
use crate::snapshot::{Scratch, Snapshot};
use crate::value::AttributeValue;

/// Terms that a request adds to the scores of a recommendation, in the terms of the pack.
#[derive(Clone, Copy, Default)]
pub(super) struct RequestTerms<'a> {
    pub(super) boost: Option<BoostTerm<'a>>,
    pub(super) freshness: Option<Fresh<'a>>,
}

/// A catalogue ready to be scored for one question.
pub(super) struct Ranking<'a> {
    pub(super) scorer: Scorer<'a>,
    pub(super) context: &'a Context,
    /// Rows that are disliked now, the latest first; empty for a search, which leaves nothing out for them.
    pub(super) disliked: &'a [u32],
    /// Scores of every item, by the weights that were applied last.
    pub(super) scores: &'a mut Vec<f32>,
    terms: Option<&'a FeedTerms<'a>>,
    buffers: &'a mut [Vec<f32>; 2],
    weights: Weights,
    cancel: &'a CancelToken,
}

impl<'a> Ranking<'a> {
    /// The weights of the pack for this question.
    pub(super) fn weights(&self) -> Weights {
        self.weights.clone()
    }

    /// Scores every item with these weights.
    pub(super) fn apply(&mut self, weights: Weights) -> Result<Explainer<'a>> {
        self.scorer.apply(weights, self.terms, self.scores, self.buffers, self.cancel)
    }
}

impl Snapshot {
    /// Gathers the signals of a question and lends them to `with`.
    pub(super) fn ranking<T>(
        &self,
        question: &Question<'_>,
        terms: RequestTerms<'_>,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
        with: impl FnOnce(Ranking<'_>, &mut Trace<'_>) -> Result<T>,
    ) -> Result<T> {
        let context = self.context(question, trace, cancel)?;
        let output = QuantisedQuery::new(&self.output(&context, trace, cancel)?);
        let tasks = &self.manifest().tasks;
        let weights = match (question.search, context.has_intent) {
            (true, _) => Weights::from(&tasks.search),
            (false, true) => Weights::from(&tasks.with_intent()),
            (false, false) => Weights::from(&tasks.recommend),
        };
        let query = question.text.and_then(|text| match (question.search, context.has_intent) {
            (true, _) => Some(ParsedQuery::search(text, &self.codebook)),
            (false, true) => Some(ParsedQuery::intent(text, &self.model.intents.silent, &self.codebook)),
            (false, false) => None,
        });
        let disliked = if question.search { Vec::new() } else { active_dislikes(&context.events) };
        let recent: Vec<_> =
            context.recent.iter().copied().filter(|recent| !disliked.contains(&recent.row)).collect();
        let feed = (!question.search).then(|| FeedTerms {
            disliked: &disliked,
            boost: terms.boost,
            freshness: terms.freshness,
            cold: context.cold && !context.has_intent,
        });
        self.model.with_scratch(|Scratch { scores, signals, buffers }| {
            signals.gather(&self.codebook, &recent, query.as_ref(), cancel)?;
            trace.end("signals")?;
            let scorer = Scorer {
                codebook: &self.codebook,
                signals,
                output: Some(&output),
                recent: &recent,
                seeds: question.seeds,
                history: &context.history,
                query: query.as_ref(),
            };
            let (context, disliked, terms) = (&context, &*disliked, feed.as_ref());
            with(Ranking { scorer, context, disliked, scores, terms, buffers, weights, cancel }, trace)
        })
    }

    /// A hit of an answer; its highlights are the search's to add.
    pub(super) fn hit(&self, row: u32, score: f32, attributes: &[String], reasons: Vec<Reason>) -> Hit {
        let value = |name: &String| -> Option<(String, AttributeValue)> {
            Some((name.clone(), self.codebook.attribute(row, name)?))
        };
        Hit {
            id: self.codebook.id(row).to_owned(),
            title: self.codebook.title(row).to_owned(),
            score,
            attributes: attributes.iter().filter_map(value).collect(),
            highlights: Vec::new(),
            reasons,
        }
    }
}
