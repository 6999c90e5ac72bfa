//! Which items have which words (docs/pack-format.md, section 4.6).

use std::ops::Range;
use std::sync::Arc;

use super::column::Column;
use super::row_ids::RowIds;
use crate::error::{Error, Result};
use crate::pack::Pack;

/// BM25 impacts of words on items, by word.
#[derive(Debug)]
pub struct Postings {
    offsets: Column<u32>,
    rows: RowIds,
    impacts: Column<u8>,
    scale: f32,
}

impl Postings {
    /// `None` where the pack has none.
    pub(super) fn open(pack: &Arc<Pack>, words: usize) -> Result<Option<Self>> {
        if !pack.has("lexical.posting_offsets") {
            return Ok(None);
        }
        let offsets = Column::<u32>::open_len(pack, "lexical.posting_offsets", words + 1)?;
        let rows = RowIds::open(pack, "lexical.posting_items")?;
        let impacts = Column::open_len(pack, "lexical.posting_impacts", rows.len())?;
        let scale = Column::<f32>::open_len(pack, "lexical.impact_scale", 1)?.as_slice()[0];
        let ascend = offsets.as_slice().is_sorted() && offsets.as_slice().first() == Some(&0);
        if !ascend || offsets.as_slice().last().is_none_or(|end| *end as usize != rows.len()) {
            return Err(Error::bad_pack("section lexical.posting_offsets: does not cover the postings"));
        }
        if !(scale.is_finite() && scale >= 0.0) {
            return Err(Error::bad_pack("section lexical.impact_scale: negative or not finite"));
        }
        Ok(Some(Self { offsets, rows, impacts, scale }))
    }

    /// Calls `each` with every item that has a word, and the word's impact there, above 0. Nothing for a word that does
    /// not exist; items may be any number in a hostile pack.
    pub fn for_each(&self, word: u32, mut each: impl FnMut(u32, f32)) {
        let range = self.range(word);
        let impacts = &self.impacts.as_slice()[range.clone()];
        self.rows.for_each(range, |place, row| {
            if impacts[place] > 0 {
                each(row, self.scale * f32::from(impacts[place]));
            }
        });
    }

    /// The step of impacts.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// Number of items that have a word.
    pub fn count(&self, word: u32) -> usize {
        self.range(word).len()
    }

    /// Impact of a word on an item; 0 where it does not have it.
    pub fn impact(&self, word: u32, row: u32) -> f32 {
        let range = self.range(word);
        let place = self.rows.position(range.clone(), row);
        place.map_or(0.0, |place| self.scale * f32::from(self.impacts.as_slice()[range.start + place]))
    }

    /// Number of items that have a word.
    pub fn items(&self, word: u32) -> u32 {
        u32::try_from(self.range(word).len()).unwrap_or(u32::MAX)
    }

    fn range(&self, word: u32) -> Range<usize> {
        match self.offsets.as_slice().get(word as usize..word as usize + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        }
    }
}
