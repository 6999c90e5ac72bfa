//! From scores to a list.
//!
//! Without options a list is the order of the scores. With them it is made of pools: the `POOL` best items, then the next
//! `POOL`, and so on; within a pool each place goes to the best candidate that is left, as diversity, caps and exploration
//! judge. A place depends on the places before it in its pool and on nothing after it, so the pages of a list concatenate
//! to the list, whatever their length. Every item has one place: options move items, they drop none.

use super::Caps;
use super::explore::{SETTLED, draw, explores};
use super::mmr::Mmr;
use crate::codebook::Codebook;
use crate::error::Result;
use crate::kernels::{Keep, top_k};
use crate::rank::spread;
use crate::request::Exploration;
use crate::runtime::CancelToken;

/// Items that are arranged at a time.
pub(crate) const POOL: usize = 512;

/// An item of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pick {
    pub(crate) row: u32,
    pub(crate) score: f32,
    pub(crate) explored: bool,
}

/// How a list is made.
pub(crate) struct Selection<'a> {
    pub(crate) codebook: &'a Codebook,
    pub(crate) diversity: f32,
    pub(crate) caps: Caps<'a>,
    pub(crate) exploration: Option<Exploration>,
}

impl Selection<'_> {
    /// The places `from .. from + count` of the list.
    pub(crate) fn places(
        &mut self,
        scores: &[f32],
        keep: Keep<'_>,
        from: usize,
        count: usize,
        cancel: &CancelToken,
    ) -> Result<Vec<Pick>> {
        let end = from.saturating_add(count);
        if self.diversity == 0.0 && self.caps.is_empty() && self.exploration.is_none() {
            let best = top_k(scores, end, keep).into_iter().skip(from);
            return Ok(best.map(|(row, score)| Pick { row, score, explored: false }).collect());
        }
        let best = top_k(scores, end.div_ceil(POOL).saturating_mul(POOL), keep);
        let mut places = Vec::with_capacity(count.min(best.len()));
        for (number, pool) in best.chunks(POOL).enumerate().skip(from / POOL) {
            let first = number * POOL;
            let picks = self.arrange(pool, first, end - first, cancel)?;
            places.extend(picks.into_iter().skip(from.saturating_sub(first)));
        }
        Ok(places)
    }

    /// The first places of a pool whose first place in the list is `first`.
    fn arrange(
        &mut self,
        pool: &[(u32, f32)],
        first: usize,
        count: usize,
        cancel: &CancelToken,
    ) -> Result<Vec<Pick>> {
        self.caps.next_round();
        let mut mmr = Mmr::new(self.codebook, self.diversity, pool);
        let draws = self.draws(pool);
        let mut left: Vec<usize> = (0..pool.len()).collect();
        let mut picks = Vec::with_capacity(count.min(pool.len()));
        while picks.len() < count && !left.is_empty() {
            cancel.check()?;
            if !left.iter().any(|place| self.caps.allow(pool[*place].0)) {
                self.caps.next_round();
            }
            let allowed = || left.iter().enumerate().filter(|(_, place)| self.caps.allow(pool[**place].0));
            let due = self.exploration.is_some_and(|exploration| explores(exploration, first + picks.len()));
            let drawn =
                || allowed().filter(|(_, place)| **place >= SETTLED).map(|(at, place)| (at, draws[*place]));
            let explored = if due { drawn().reduce(better) } else { None };
            let valued = || allowed().map(|(at, place)| (at, f64::from(mmr.value(*place))));
            let Some((at, _)) = explored.or_else(|| valued().reduce(better)) else { break };
            let place = left.remove(at);
            let (row, score) = pool[place];
            mmr.pick(place);
            self.caps.pick(row);
            picks.push(Pick { row, score, explored: explored.is_some() });
        }
        Ok(picks)
    }

    /// Random draw of each candidate for exploration.
    fn draws(&self, pool: &[(u32, f32)]) -> Vec<f64> {
        let Some(exploration) = self.exploration else { return Vec::new() };
        let unit =
            Some(spread(pool.iter().map(|(_, score)| *score)).1).filter(|unit| *unit > 0.0).unwrap_or(1.0);
        let popularity =
            |row: u32| self.codebook.popularity().and_then(|prior| prior.get(row)).unwrap_or(0.0);
        let draw = |(row, score): &(u32, f32)| draw(exploration.seed, *row, *score, popularity(*row), unit);
        pool.iter().map(draw).collect()
    }
}

/// The first of two candidates unless the second is better.
fn better(a: (usize, f64), b: (usize, f64)) -> (usize, f64) {
    if b.1 > a.1 { b } else { a }
}
