//! `explain_history`: which events a hit is there for, found by leaving each out.
//!
//! A network does not tell which event a score comes from, and attention is no proof. So the few events that may be named
//! are left out in turn and every score is computed anew, by the code that made the list: an event is named for a hit when
//! the hit's score falls without it. Nothing is estimated, and it costs one pass over the history for each event.

use super::context::Question;
use super::ranking::RequestTerms;
use super::trace::Trace;
use crate::error::Result;
use crate::rank::MAX_TERMS;
use crate::request::{Hit, ReasonKind};
use crate::runtime::CancelToken;
use crate::snapshot::Snapshot;

/// Number of events that are left out in turn for one list.
const CHECKED: usize = 8;
/// Number of the latest events that are checked whatever the neighbours say.
const LATEST: usize = 3;

impl Snapshot {
    /// Names in each hit's reasons the items of the history without whose events its score falls: those that the neighbours
    /// name in that reason, the others in the model's; by how far it falls. `latest` are rows, the latest event first.
    pub(super) fn explain_history(
        &self,
        question: &Question<'_>,
        terms: RequestTerms<'_>,
        latest: &[u32],
        hits: &mut [Hit],
        cancel: &CancelToken,
    ) -> Result<()> {
        let rows: Vec<u32> = hits.iter().filter_map(|hit| self.codebook.row_of(&hit.id)).collect();
        let mut falls: Vec<Vec<(f32, &str)>> = vec![Vec::new(); hits.len()];
        for row in self.suspects(latest, hits) {
            let without = Question { without: Some(row), ..*question };
            let mut trace = Trace::start(cancel)?;
            let scores = self.ranking(&without, terms, &mut trace, cancel, |mut ranking, _| {
                ranking.apply(ranking.weights())?;
                Ok(rows.iter().map(|row| ranking.scores[*row as usize]).collect::<Vec<_>>())
            })?;
            for ((falls, hit), score) in falls.iter_mut().zip(hits.iter()).zip(scores) {
                if score < hit.score {
                    falls.push((hit.score - score, self.codebook.id(row)));
                }
            }
        }
        for (falls, hit) in falls.iter_mut().zip(hits) {
            falls.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut near: Vec<String> = Vec::new();
            if let Some(reason) = hit.reasons.iter_mut().find(|reason| reason.kind == ReasonKind::Neighbours)
            {
                reason.terms.retain(|term| falls.iter().any(|(_, id)| id == term));
                near.clone_from(&reason.terms);
            }
            if let Some(reason) = hit.reasons.iter_mut().find(|reason| reason.kind == ReasonKind::Model) {
                let others = falls.iter().filter(|(_, id)| near.iter().all(|term| term != id));
                reason.terms = others.take(MAX_TERMS).map(|(_, id)| (*id).to_owned()).collect();
            }
        }
        Ok(())
    }

    /// The rows worth checking: those that neighbours name, the most and first named first, and the latest.
    fn suspects(&self, latest: &[u32], hits: &[Hit]) -> Vec<u32> {
        let mut named: Vec<(u32, f32)> =
            latest.iter().take(LATEST).map(|row| (*row, f32::INFINITY)).collect();
        let reasons = hits.iter().flat_map(|hit| &hit.reasons);
        for reason in reasons.filter(|reason| reason.kind == ReasonKind::Neighbours) {
            for (place, row) in reason.terms.iter().filter_map(|id| self.codebook.row_of(id)).enumerate() {
                let weight = 1.0 / (place + 1) as f32;
                match named.iter_mut().find(|(known, _)| *known == row) {
                    Some((_, sum)) => *sum += weight,
                    None => named.push((row, weight)),
                }
            }
        }
        named.sort_by(|a, b| b.1.total_cmp(&a.1));
        named.truncate(CHECKED);
        named.into_iter().map(|(row, _)| row).collect()
    }
}
