//! `search`: items for a query, in the order that suits the history.

use super::checks;
use super::context::Question;
use super::page::PageRequest;
use super::ranking::RequestTerms;
use super::trace::Trace;
use crate::error::Result;
use crate::kernels::Bitmap;
use crate::rank::Explainer;
use crate::request::{Hit, Response, SearchRequest};
use crate::runtime::CancelToken;
use crate::snapshot::Snapshot;

impl Snapshot {
    pub(crate) fn search(&self, request: &SearchRequest, cancel: &CancelToken) -> Result<Response> {
        let query = checks::query(&request.query)?;
        let wanted = PageRequest::from(request);
        self.check(&wanted)?;
        let question = Question {
            search: true,
            text: Some(&query),
            history: &request.history,
            seeds: &[],
            without: None,
            now_ms: request.now_ms,
        };
        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        let (hits, facets) =
            self.ranking(&question, RequestTerms::default(), &mut trace, cancel, |mut ranking, trace| {
                if request.exclude_history.unwrap_or(self.manifest().tasks.search.exclude_history) {
                    ranking.context.history.iter().for_each(|row| allowed.remove(*row));
                }
                let explainer = ranking.apply(ranking.weights())?;
                if explainer.nonsense {
                    allowed = Bitmap::empty(ranking.scores.len());
                }
                let best = wanted.page(ranking.scores, &allowed);
                trace.end("scan")?;
                let hit = |&(row, score)| self.found(row, score, wanted.attributes, &explainer);
                let hits = best.iter().map(hit).collect();
                trace.end("hits")?;
                let matched = ranking.scorer.signals.matched();
                Ok((hits, self.facets(&wanted, &allowed, matched, trace)?))
            })?;
        Ok(trace.finish(hits, allowed.count(), facets))
    }

    /// A hit of a search, with its reasons and highlights.
    pub(super) fn found(
        &self,
        row: u32,
        score: f32,
        attributes: &[String],
        explainer: &Explainer<'_>,
    ) -> Hit {
        Hit {
            highlights: explainer.title_words(row).into_iter().map(|word| word.range).collect(),
            ..self.hit(row, score, attributes, explainer.reasons(row))
        }
    }
}
