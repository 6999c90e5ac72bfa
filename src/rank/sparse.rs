//! Amounts by row, most of them 0: buffers that know which entries are not.

/// Amounts by row. Reused between requests; resetting costs as much as was added.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    amounts: Vec<f32>,
    /// Rows whose amounts are not 0, in the order they were met.
    rows: Vec<u32>,
}

impl Sparse {
    /// All zeros, for `items` items.
    pub(super) fn reset(&mut self, items: usize) {
        if self.amounts.len() == items {
            self.rows.iter().for_each(|row| self.amounts[*row as usize] = 0.0);
        } else {
            self.amounts.clear();
            self.amounts.resize(items, 0.0);
        }
        self.rows.clear();
    }

    /// Adds an amount above 0; a row that does not exist is ignored.
    pub(super) fn add(&mut self, row: u32, amount: f32) {
        if let Some(sum) = self.amounts.get_mut(row as usize) {
            if *sum == 0.0 {
                self.rows.push(row);
            }
            *sum += amount;
        }
    }

    /// Raises the amount of a row to `amount`, above 0.
    pub(super) fn raise(&mut self, row: u32, amount: f32) {
        let more = amount - self.get(row);
        if more > 0.0 {
            self.add(row, more);
        }
    }

    /// The amount of an item; 0 for a row that does not exist.
    pub(crate) fn get(&self, row: u32) -> f32 {
        self.amounts.get(row as usize).copied().unwrap_or(0.0)
    }

    /// Rows and amounts that are not 0, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.rows.iter().map(|&row| (row, self.get(row)))
    }

    /// The largest amount; 0 for none.
    pub(super) fn largest(&self) -> f32 {
        self.iter().map(|(_, amount)| amount).fold(0.0, f32::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_exist_are_ignored_and_a_reset_forgets() {
        let mut sparse = Sparse::default();
        for _ in 0..2 {
            sparse.reset(3);
            for (row, amount) in [(0, 1.0), (3, 1.0), (u32::MAX, 1.0), (0, 0.5)] {
                sparse.add(row, amount);
            }
            sparse.raise(1, 0.25);
            sparse.raise(1, 0.125);
        }
        assert_eq!(sparse.iter().collect::<Vec<_>>(), [(0, 1.5), (1, 0.25)]);
        assert_eq!((sparse.get(0), sparse.get(3), sparse.largest()), (1.5, 0.0, 1.5));
    }
}
