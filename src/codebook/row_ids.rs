//! Lists of rows, in the narrowest type that the catalogue fits in.

use std::ops::Range;
use std::sync::Arc;

use super::column::Column;
use crate::error::Result;
use crate::pack::{Dtype, Pack};

/// Rows as a pack stores them: 16 bit where the catalogue is small enough, else 32 bit; the largest number is "none".
#[derive(Debug)]
pub(super) enum RowIds {
    Narrow(Column<u16>),
    Wide(Column<u32>),
}

impl RowIds {
    /// The section `name`, of any length.
    pub(super) fn open(pack: &Arc<Pack>, name: &str) -> Result<Self> {
        if pack.section_spec(name).is_some_and(|spec| spec.dtype == Dtype::U16) {
            return Ok(Self::Narrow(Column::open(pack, name)?));
        }
        Ok(Self::Wide(Column::open(pack, name)?))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Narrow(rows) => rows.as_slice().len(),
            Self::Wide(rows) => rows.as_slice().len(),
        }
    }

    /// Calls `each` with the place within the range and the row, "none" left out. A range that does not exist is empty.
    /// Rows may be any number in a hostile pack.
    pub(super) fn for_each(&self, range: Range<usize>, mut each: impl FnMut(usize, u32)) {
        match self {
            Self::Narrow(rows) => {
                let rows = rows.as_slice().get(range).unwrap_or_default();
                for (place, &row) in rows.iter().enumerate().filter(|(_, row)| **row != u16::MAX) {
                    each(place, u32::from(row));
                }
            }
            Self::Wide(rows) => {
                let rows = rows.as_slice().get(range).unwrap_or_default();
                for (place, &row) in rows.iter().enumerate().filter(|(_, row)| **row != u32::MAX) {
                    each(place, row);
                }
            }
        }
    }

    /// Place of a row within a range whose rows ascend.
    pub(super) fn position(&self, range: Range<usize>, row: u32) -> Option<usize> {
        match self {
            Self::Narrow(rows) => {
                let row = u16::try_from(row).ok()?;
                rows.as_slice().get(range)?.binary_search(&row).ok()
            }
            Self::Wide(rows) => rows.as_slice().get(range)?.binary_search(&row).ok(),
        }
    }
}
