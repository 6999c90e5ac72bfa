//! `similar`: items whose vectors are like that of one item, for all users or as they suit a history.

use super::checks;
use super::context::Question;
use super::page::PageRequest;
use super::ranking::RequestTerms;
use super::trace::Trace;
use crate::error::{Error, Result};
use crate::kernels::{Bitmap, QuantisedQuery};
use crate::rank::{score, score_row, spread};
use crate::request::{Reason, ReasonKind, Response, SimilarRequest};
use crate::runtime::CancelToken;
use crate::snapshot::Snapshot;
use crate::time::now_ms;

impl Snapshot {
    pub(crate) fn similar(&self, request: &SimilarRequest, cancel: &CancelToken) -> Result<Response> {
        let wanted = PageRequest::from(request);
        self.check(&wanted)?;
        checks::id("item_id", &request.item_id)?;
        checks::share("personalisation", request.personalisation)?;
        let row = self.codebook.row_of(&request.item_id);
        let row = row.ok_or_else(|| Error::invalid("item_id is not in the catalogue"))?;
        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        allowed.remove(row);
        // An item without a vector is like no other, and none is like it.
        self.codebook.without_vector().for_each(|row| allowed.remove(row));
        if !self.codebook.has_vector(row) {
            allowed = Bitmap::empty(allowed.len());
        }
        let mut vector = vec![0.0; self.codebook.dim()];
        self.codebook.fused_into(row, &mut vector);
        let like = QuantisedQuery::new(&vector);
        let likeness = |row: u32| {
            let weight = score_row(&like, &self.codebook, row);
            Reason { kind: ReasonKind::Similar, terms: vec![request.item_id.clone()], weight }
        };
        let mut cosines = Vec::new();
        score(&like, &self.codebook, &mut cosines, cancel)?;
        let hits = if request.personalisation == 0.0 {
            let best = wanted.page(&cosines, &allowed);
            trace.end("scan")?;
            let hit = |(row, score)| self.hit(row, score, wanted.attributes, vec![likeness(row)]);
            best.into_iter().map(hit).collect()
        } else {
            let question = Question {
                search: false,
                text: None,
                history: &request.history,
                seeds: &[],
                without: None,
                now_ms: Some(request.now_ms.unwrap_or_else(now_ms)),
            };
            let terms = RequestTerms::default();
            self.ranking(&question, terms, &mut trace, cancel, |mut ranking, trace| {
                ranking.disliked.iter().for_each(|row| allowed.remove(*row));
                let explainer = ranking.apply(ranking.weights())?;
                // Both on the scale of cosines, as far above their mean as the history's scores are above their own.
                let alive =
                    |scores: &[f32]| spread(self.codebook.alive().iter().map(|row| scores[row as usize]));
                let (mean, unit) = alive(ranking.scores);
                let scale = if unit > 0.0 { request.personalisation * alive(&cosines).1 / unit } else { 0.0 };
                ranking
                    .scores
                    .iter_mut()
                    .zip(&cosines)
                    .for_each(|(score, cosine)| *score = cosine + scale * (*score - mean));
                let best = wanted.page(ranking.scores, &allowed);
                trace.end("scan")?;
                let hit = |(row, score)| {
                    let mut reasons = vec![likeness(row)];
                    reasons.extend(explainer.reasons(row).into_iter().map(|reason| {
                        let share = if reason.kind == ReasonKind::Model {
                            reason.weight - mean
                        } else {
                            reason.weight
                        };
                        Reason { weight: scale * share, ..reason }
                    }));
                    self.hit(row, score, wanted.attributes, reasons)
                };
                Ok(best.into_iter().map(hit).collect())
            })?
        };
        trace.end("hits")?;
        let facets = self.facets(&wanted, &allowed, std::iter::empty(), &mut trace)?;
        Ok(trace.finish(hits, allowed.count(), facets))
    }
}
