//! Because of which events: the list again without each of them.
//!
//! A network does not tell which event a score comes from, and attention is no proof. So the few events that may be named
//! are left out in turn and every score is computed anew, by the code that made the list: an event is named for a hit when
//! the hit's score falls without it. Nothing is estimated, and it costs one pass over the history for each event.

use super::Loaded;
use super::feed::Context;
use super::trace::Trace;
use crate::error::Result;
use crate::request::{Hit, ReasonKind};
use crate::runtime::CancelToken;

/// Events that are left out in turn for one list.
const CHECKED: usize = 8;
/// The latest events of the history are among them whatever the neighbours say.
const LATEST: usize = 3;
/// Terms that a reason names.
const MOST_TERMS: usize = 3;

impl Loaded {
    /// Names in each hit's reasons the items of the history without whose events its score falls: those that neighbours
    /// speak of in that reason, the others in the model's; by how far it falls. `latest` are rows, the latest event first.
    pub(super) fn because(
        &self,
        context: &Context<'_>,
        latest: &[u32],
        hits: &mut [Hit],
        cancel: &CancelToken,
    ) -> Result<()> {
        let rows: Vec<u32> = hits.iter().filter_map(|hit| self.codebook.row_of(&hit.id)).collect();
        let mut falls: Vec<Vec<(f32, &str)>> = vec![Vec::new(); hits.len()];
        for row in self.suspects(latest, hits) {
            let mut without = context.clone();
            without.question.without = Some(row);
            let mut trace = Trace::start(cancel)?;
            let scores = self.scored(&without, &mut trace, cancel, |scores, _, _, _| {
                Ok(rows.iter().map(|row| scores[*row as usize]).collect::<Vec<_>>())
            })?;
            for ((falls, hit), score) in falls.iter_mut().zip(hits.iter()).zip(scores) {
                // The judge is not asked again: what it added is no part of what is compared.
                let judged = hit.reasons.iter().filter(|reason| reason.kind == ReasonKind::Judge);
                let before = hit.score - judged.map(|reason| reason.weight).sum::<f32>();
                if score < before {
                    falls.push((before - score, self.codebook.id(row)));
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
                reason.terms = others.take(MOST_TERMS).map(|(_, id)| (*id).to_owned()).collect();
            }
        }
        Ok(())
    }

    /// The rows that are worth a look: what neighbours name, the most and first named first, and the latest.
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
