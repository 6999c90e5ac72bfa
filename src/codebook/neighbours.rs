//! Which items follow or accompany which, from a linear item-item model (docs/pack-format.md, section 4.6).

use std::sync::Arc;

use super::column::Column;
use super::row_ids::RowIds;
use crate::error::{Error, Result};
use crate::pack::{NeighbourSpec, Pack};

/// A few neighbours of every item, with weights.
#[derive(Debug)]
pub struct Neighbours {
    spec: NeighbourSpec,
    rows: RowIds,
    weights: Column<u8>,
    scales: Column<f32>,
}

impl Neighbours {
    /// `None` where the pack has none.
    pub(super) fn open(pack: &Arc<Pack>, items: usize) -> Result<Option<Self>> {
        let Some(spec) = pack.manifest().neighbours.clone() else { return Ok(None) };
        let neighbours = Self {
            rows: RowIds::open(pack, "neighbours.ids")?,
            weights: Column::open_len(pack, "neighbours.weights", items * spec.width)?,
            scales: Column::open_len(pack, "neighbours.scale", items)?,
            spec,
        };
        let found = neighbours.rows.len();
        if found != items * neighbours.spec.width {
            return Err(Error::bad_pack(format!(
                "section neighbours.ids has {found} elements, not {items} x {}",
                neighbours.spec.width
            )));
        }
        if !neighbours.scales.as_slice().iter().all(|scale| scale.is_finite() && *scale >= 0.0) {
            return Err(Error::bad_pack("section neighbours.scale: negative or not finite"));
        }
        Ok(Some(neighbours))
    }

    /// How a history is read.
    pub fn spec(&self) -> &NeighbourSpec {
        &self.spec
    }

    /// Calls `each` with every neighbour of an item and its weight, above 0. Nothing for a row that does not exist;
    /// neighbours may be any number in a hostile pack.
    pub fn for_each(&self, row: u32, mut each: impl FnMut(u32, f32)) {
        let Some(&scale) = self.scales.as_slice().get(row as usize) else { return };
        let start = row as usize * self.spec.width;
        let range = start..start + self.spec.width;
        let weights = &self.weights.as_slice()[range.clone()];
        self.rows.for_each(range, |place, neighbour| {
            if weights[place] > 0 {
                each(neighbour, scale * f32::from(weights[place]));
            }
        });
    }
}
