//! At most so many items with the same value of an attribute.

use std::collections::HashMap;

use crate::codebook::Values;

/// Caps, and how often each value was picked in this round. When every value has had its turn, the next round begins: a cap
/// spreads a list, it never ends it.
pub(crate) struct Caps<'a> {
    caps: Vec<(Values<'a>, usize)>,
    picked: Vec<HashMap<u32, usize>>,
}

impl<'a> Caps<'a> {
    pub(crate) fn new(caps: Vec<(Values<'a>, usize)>) -> Self {
        let picked = vec![HashMap::new(); caps.len()];
        Self { caps, picked }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.caps.is_empty()
    }

    /// Whether an item may have the next place.
    pub(super) fn allow(&self, row: u32) -> bool {
        self.caps.iter().zip(&self.picked).all(|((values, at_most), picked)| {
            values.get(row).iter().all(|value| picked.get(value).is_none_or(|count| count < at_most))
        })
    }

    /// Notes that an item was picked.
    pub(super) fn pick(&mut self, row: u32) {
        for ((values, _), picked) in self.caps.iter().zip(&mut self.picked) {
            values.get(row).iter().for_each(|value| *picked.entry(*value).or_default() += 1);
        }
    }

    /// Begins the next round.
    pub(super) fn next_round(&mut self) {
        self.picked.iter_mut().for_each(HashMap::clear);
    }
}
