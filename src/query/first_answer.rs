//! The first answer to a keystroke: from words alone, in an order that does not jump.

use std::collections::HashSet;

use super::page::PageRequest;
use super::trace::Trace;
use super::{checks, context};
use crate::error::Result;
use crate::rank::{ParsedQuery, Scorer, Weights, recent};
use crate::request::{Response, SearchRequest};
use crate::runtime::CancelToken;
use crate::snapshot::{ResolvedHistory, Scratch, Snapshot};

/// Weight of a unit of the popularity prior (a factor e of events), in parts of the largest sum of words of the answer:
/// enough to order items that the words leave equal.
const PRIOR: f32 = 0.02;
/// An item that was shown still matches where its words weigh at least this share of the best item's.
const STILL_A_MATCH: f32 = 0.5;

impl Snapshot {
    /// Items that have words of the query, by words, neighbours of the history and popularity; no graph runs. `shown` are
    /// the ids of the list on the screen.
    pub(crate) fn first_answer(
        &self,
        request: &SearchRequest,
        shown: &[String],
        cancel: &CancelToken,
    ) -> Result<Response> {
        let query = checks::query(&request.query)?;
        let wanted = PageRequest::from(request);
        self.check(&wanted)?;
        let task = &self.manifest().tasks.search;
        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        let ResolvedHistory { events, .. } = self.resolve_history(&request.history)?;
        let history = context::distinct_rows(&events);
        if request.exclude_history.unwrap_or(task.exclude_history) {
            history.iter().for_each(|row| allowed.remove(*row));
        }
        let neighbours = self.codebook.neighbours();
        let recent = neighbours.map(|neighbours| recent(&events, neighbours.spec()));
        let recent = recent.unwrap_or_default();
        let limit = wanted.offset.saturating_add(wanted.limit);
        let (hits, found, facets) = self.model.with_scratch(|Scratch { signals, .. }| {
            let parsed = ParsedQuery::search(&query, &self.codebook);
            signals.gather(&self.codebook, &recent, Some(&parsed), cancel)?;
            trace.end("signals")?;
            let scorer = Scorer {
                codebook: &self.codebook,
                signals,
                output: None,
                recent: &recent,
                seeds: &[],
                history: &history,
                query: Some(&parsed),
            };
            let most = signals.matched().map(|row| signals.all_words(row)).fold(0.0, f32::max);
            let weights = Weights::from(task);
            // The words stand in for the spread of the model's scores.
            let range = weights.words * most;
            let explainer = scorer.without_model(weights, range);
            let score = |row: u32| {
                let popular = self.codebook.popularity().and_then(|of| of.get(row)).unwrap_or(0.0);
                explainer.score(row) + PRIOR * range * popular
            };
            let found = signals.matched().filter(|row| allowed.contains(*row));
            let mut best: Vec<_> = found.map(|row| (row, score(row))).collect();
            let found = best.len();
            if found > limit {
                best.select_nth_unstable_by(limit, by_score);
                best.truncate(limit);
            }
            let listed: HashSet<u32> = best.iter().map(|(row, _)| *row).collect();
            let still = |row: u32| {
                let amount = signals.all_words(row);
                let matches = amount > 0.0 && amount >= STILL_A_MATCH * most && allowed.contains(row);
                (matches || listed.contains(&row)).then(|| (row, score(row)))
            };
            let kept: Vec<_> = shown.iter().filter_map(|id| still(self.codebook.row_of(id)?)).collect();
            let mut best = steady(best, kept, limit);
            let best = best.split_off(wanted.offset.min(best.len()));
            trace.end("order")?;
            let hit = |&(row, score): &(u32, f32)| self.found(row, score, wanted.attributes, &explainer);
            let hits = best.iter().map(hit).collect();
            trace.end("hits")?;
            let facets = self.facets(&wanted, &allowed, signals.matched(), &mut trace)?;
            Ok((hits, found, facets))
        })?;
        Ok(trace.finish(hits, found, facets))
    }
}

fn by_score(a: &(u32, f32), b: &(u32, f32)) -> std::cmp::Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// One list of at most `limit` from the `best` by score (in any order) and the `kept` ones of the list on the screen, in
/// its order.
///
/// Kept ones stay, and stay in their order among each other: they share the places that their scores earn them. New ones
/// fill the rest by score. One that is better than every kept one comes in even where the kept ones fill the list, in
/// place of the last; half of the list at most.
fn steady(mut best: Vec<(u32, f32)>, mut kept: Vec<(u32, f32)>, limit: usize) -> Vec<(u32, f32)> {
    best.sort_unstable_by(by_score);
    let known: HashSet<u32> = kept.iter().map(|(row, _)| *row).collect();
    kept.truncate(limit);
    best.retain(|(row, _)| !known.contains(row));
    let highest = kept.iter().map(|(_, score)| *score).fold(f32::NEG_INFINITY, f32::max);
    let better = best.iter().take_while(|(_, score)| *score > highest).count();
    let new = (limit - kept.len()).max(better.min(limit.div_ceil(2))).min(best.len());
    best.truncate(new);
    kept.truncate(limit - new);
    let mut list = best;
    list.extend(&kept);
    list.sort_unstable_by(by_score);
    let mut in_order = kept.into_iter();
    for place in &mut list {
        if known.contains(&place.0)
            && let Some(next) = in_order.next()
        {
            *place = next;
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(list: &[(u32, f32)]) -> Vec<u32> {
        list.iter().map(|(row, _)| *row).collect()
    }

    #[test]
    fn by_hand() {
        let best = vec![(1, 9.0), (2, 8.0), (3, 7.0), (4, 6.0)];
        // Nothing on the screen: by score.
        assert_eq!(rows(&steady(best.clone(), vec![], 4)), [1, 2, 3, 4]);
        // 3 stood before 1: the two share the first and the third place.
        assert_eq!(rows(&steady(best.clone(), vec![(3, 7.0), (1, 9.0)], 4)), [3, 2, 1, 4]);
        // One that is no longer among the best by score, but still a match, stays.
        assert_eq!(rows(&steady(best.clone(), vec![(7, 5.0)], 4)), [1, 2, 3, 7]);
        // A full list lets in what is better than all of it.
        let full = vec![(7, 5.0), (8, 4.0), (6, 5.5), (5, 8.5)];
        assert_eq!(rows(&steady(best, full, 4)), [1, 7, 8, 6]);
    }

    fn scored() -> impl Strategy<Value = Vec<(u32, f32)>> {
        prop::collection::btree_map(0_u32..40, (0_u8..9).prop_map(f32::from), 0..20)
            .prop_map(|all| all.into_iter().collect::<Vec<_>>())
            .prop_shuffle()
    }

    proptest! {
        #[test]
        fn kept_ones_keep_their_order(all in scored(), shown in 0_usize..12, limit in 1_usize..12) {
            let kept: Vec<_> = all.iter().copied().take(shown.min(limit)).collect();
            let mut best = all.clone();
            best.sort_by(by_score);
            best.truncate(limit);
            let list = steady(best.clone(), kept.clone(), limit);
            let mut all = [rows(&best), rows(&kept)].concat();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(list.len(), limit.min(all.len()), "as long as can be");
            let mut distinct = rows(&list);
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), list.len(), "no item twice");
            let order: Vec<_> = rows(&list).into_iter().filter(|row| rows(&kept).contains(row)).collect();
            let want: Vec<_> = rows(&kept).into_iter().filter(|row| order.contains(row)).collect();
            prop_assert_eq!(order, want);
            // The best is in the list unless it has an equal that was there.
            if let Some(first) = best.first() {
                prop_assert!(list.iter().any(|(_, score)| *score >= first.1));
            }
            // New ones are in order of score among each other.
            let new: Vec<_> = list.iter().filter(|(row, _)| !rows(&kept).contains(row)).collect();
            prop_assert!(new.is_sorted_by(|a, b| a.1 >= b.1));
        }
    }
}
