//! Columns that go on past the pack: its values in place, those of live items after them.

use std::sync::Arc;

use super::column::Column;
use super::strings::StringTable;
use crate::pack::Element;

/// A value a row.
#[derive(Clone)]
pub struct Cells<T> {
    pack: Column<T>,
    live: Arc<[T]>,
}

impl<T: Element> Cells<T> {
    pub(super) fn new(pack: Column<T>) -> Self {
        Self { pack, live: Arc::default() }
    }

    /// Values of no pack.
    #[cfg(test)]
    pub(crate) fn of(values: &[T]) -> Self {
        Self::new(Column::owned(values.to_vec()))
    }

    /// The pack's values, and these after them in place of those that were there.
    pub(super) fn with_live(&self, live: Vec<T>) -> Self {
        Self { pack: self.pack.clone(), live: live.into() }
    }

    /// The values of the pack and of the live items.
    pub fn parts(&self) -> [&[T]; 2] {
        [self.pack.as_slice(), &self.live]
    }

    /// The value of a row, as a slice of one; empty where there is no such row.
    pub fn slice(&self, row: u32) -> &[T] {
        let [pack, live] = self.parts();
        let row = row as usize;
        let found = match row.checked_sub(pack.len()) {
            None => pack.get(row..=row),
            Some(row) => live.get(row..=row),
        };
        found.unwrap_or_default()
    }

    /// The value of a row; `None` where there is no such row.
    pub fn get(&self, row: u32) -> Option<T> {
        self.slice(row).first().copied()
    }

    /// All values, by row.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.parts().into_iter().flatten().copied()
    }
}

impl<T: Element> std::fmt::Debug for Cells<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} + {}", self.pack, self.live.len())
    }
}

/// A set of numbers a row.
#[derive(Debug, Clone)]
pub struct Sets {
    offsets: Column<u32>,
    values: Column<u32>,
    live: Arc<[Box<[u32]>]>,
}

impl Sets {
    pub(super) fn new(offsets: Column<u32>, values: Column<u32>) -> Self {
        Self { offsets, values, live: Arc::default() }
    }

    /// The pack's sets, and these after them in place of those that were there.
    pub(super) fn with_live(&self, live: Vec<Box<[u32]>>) -> Self {
        Self { offsets: self.offsets.clone(), values: self.values.clone(), live: live.into() }
    }

    /// The set of a row, ascending; empty where it has none, or there is no such row.
    pub fn get(&self, row: u32) -> &[u32] {
        let (row, offsets) = (row as usize, self.offsets.as_slice());
        let found = match row.checked_sub(offsets.len() - 1) {
            None => self.values.as_slice().get(offsets[row] as usize..offsets[row + 1] as usize),
            Some(row) => self.live.get(row).map(|set| &**set),
        };
        found.unwrap_or_default()
    }
}

/// The distinct values of a column: those of the pack, ascending, then those that only live items have, ascending.
#[derive(Debug, Clone)]
pub struct Dictionary {
    pack: StringTable,
    live: Arc<[Box<str>]>,
}

impl Dictionary {
    pub(super) fn new(pack: StringTable) -> Self {
        Self { pack, live: Arc::default() }
    }

    /// The pack's values, and those of `live` that it does not have.
    pub(super) fn with_live<'a>(&self, live: impl Iterator<Item = &'a str>) -> Self {
        let mut new: Vec<Box<str>> =
            live.filter(|text| self.pack.find_sorted(text).is_none()).map(Box::from).collect();
        new.sort_unstable();
        new.dedup();
        Self { pack: self.pack.clone(), live: new.into() }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.pack.len() + self.live.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value `index`; `None` past the end.
    pub fn get(&self, index: usize) -> Option<&str> {
        match index.checked_sub(self.pack.len()) {
            None => self.pack.get(index),
            Some(index) => self.live.get(index).map(|text| &**text),
        }
    }

    /// The index of a value.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.pack.find_sorted(text).or_else(|| {
            let place = self.live.binary_search_by(|probe| (**probe).cmp(text)).ok()?;
            u32::try_from(self.pack.len() + place).ok()
        })
    }
}
