//! Many strings in two sections: all bytes after one another, and where each begins.

use std::sync::Arc;

use super::column::Column;
use crate::error::{Error, Result};
use crate::pack::Pack;

/// An immutable table of strings, checked once when it is opened.
#[derive(Debug, Clone)]
pub struct StringTable {
    offsets: Column<u32>,
    bytes: Column<u8>,
}

impl StringTable {
    /// Sections `{prefix}offsets` and `{prefix}bytes`, of exactly `len` strings if it is given. Offsets must ascend
    /// from 0 to the number of bytes, every string must be UTF-8 of `1 or 0 ..= longest` bytes.
    pub(crate) fn open(
        pack: &Arc<Pack>,
        prefix: &str,
        len: Option<usize>,
        lengths: std::ops::RangeInclusive<usize>,
    ) -> Result<Self> {
        let name = format!("{prefix}offsets");
        let offsets = match len {
            Some(len) => Column::open_len(pack, &name, len + 1)?,
            None => Column::open(pack, &name)?,
        };
        let bytes: Column<u8> = Column::open(pack, &format!("{prefix}bytes"))?;
        check_offsets(&name, offsets.as_slice(), bytes.as_slice().len())?;
        let bad = |what: &str| Error::bad_pack(format!("section {prefix}bytes: {what}"));
        let text = std::str::from_utf8(bytes.as_slice()).map_err(|_| bad("not UTF-8"))?;
        for pair in offsets.as_slice().windows(2) {
            if !text.is_char_boundary(pair[0] as usize) {
                return Err(bad("a string begins inside a character"));
            }
            if !lengths.contains(&((pair[1] - pair[0]) as usize)) {
                return Err(bad("a string is too short or too long"));
            }
        }
        Ok(Self { offsets, bytes })
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.offsets.as_slice().len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// String `index`; `None` past the end.
    pub fn get(&self, index: usize) -> Option<&str> {
        let bytes = self.get_bytes(index)?;
        std::str::from_utf8(bytes).ok()
    }

    /// Its bytes; for comparisons.
    pub(crate) fn get_bytes(&self, index: usize) -> Option<&[u8]> {
        let offsets = self.offsets.as_slice();
        let (from, to) = (*offsets.get(index)?, *offsets.get(index.checked_add(1)?)?);
        self.bytes.as_slice().get(from as usize..to as usize)
    }

    /// Place of a string in a table whose strings ascend.
    pub fn find_sorted(&self, text: &str) -> Option<u32> {
        let found =
            binary_search(self.len(), |i| self.get_bytes(i).unwrap_or_default().cmp(text.as_bytes()))?;
        u32::try_from(found).ok()
    }

    /// Whether the strings ascend in byte order, each but once.
    pub(crate) fn is_sorted(&self) -> bool {
        (1..self.len()).all(|i| self.get_bytes(i - 1) < self.get_bytes(i))
    }
}

/// Offsets must begin at 0, not descend, and end at `end`.
pub(crate) fn check_offsets(name: &str, offsets: &[u32], end: usize) -> Result<()> {
    let good = offsets.first() == Some(&0)
        && offsets.last().is_some_and(|&last| last as usize == end)
        && offsets.is_sorted();
    if good {
        Ok(())
    } else {
        Err(Error::bad_pack(format!("section {name} does not ascend from 0 to {end}")))
    }
}

/// Index of the element of `0 .. len` that compares equal, by halving.
pub(crate) fn binary_search(len: usize, compare: impl Fn(usize) -> std::cmp::Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(middle),
        }
    }
    None
}
