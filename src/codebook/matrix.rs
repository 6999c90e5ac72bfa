//! Vectors as a pack holds them: int8 rows with a scale each.

use std::sync::Arc;

use super::column::Column;
use crate::error::{Error, Result};
use crate::pack::Pack;

/// int8 rows and the scale of each: `vector = scales[i] * rows[i * dim .. (i + 1) * dim]`.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// All rows after one another.
    pub rows: &'a [i8],
    /// One scale a row.
    pub scales: &'a [f32],
    /// Width of a row, a multiple of 64.
    pub dim: usize,
}

/// Writes `scale * values` to `out`, which is as wide.
pub(super) fn unpack(values: &[i8], scale: f32, out: &mut [f32]) {
    assert_eq!(out.len(), values.len(), "out is not as wide as a row");
    for (out, &value) in out.iter_mut().zip(values) {
        *out = f32::from(value) * scale;
    }
}

/// Rows of a matrix, evenly spread, whose mean stands for that of all.
const SAMPLED: usize = 4_096;

/// An int8 matrix with a scale a row.
#[derive(Debug)]
pub(super) struct Matrix {
    rows: Column<i8>,
    pub(super) scales: Column<f32>,
    pub(super) dim: usize,
}

impl Matrix {
    pub(super) fn open(pack: &Arc<Pack>, rows: &str, scales: &str, len: usize, dim: usize) -> Result<Self> {
        Ok(Self {
            rows: Column::open_rows(pack, rows, len, dim)?,
            scales: open_scales(pack, scales, len)?,
            dim,
        })
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows { rows: self.rows.as_slice(), scales: self.scales.as_slice(), dim: self.dim }
    }

    pub(super) fn row(&self, row: u32) -> (&[i8], f32) {
        let row = row as usize;
        (&self.rows.as_slice()[row * self.dim..(row + 1) * self.dim], self.scales.as_slice()[row])
    }

    pub(super) fn accumulate(&self, row: u32, weight: f32, out: &mut [f32]) {
        let (values, scale) = self.row(row);
        assert_eq!(out.len(), values.len(), "out is not as wide as a row");
        for (out, &value) in out.iter_mut().zip(values) {
            *out += weight * (f32::from(value) * scale);
        }
    }

    /// The mean of every n-th row, n the least that leaves `SAMPLED` of them.
    pub(super) fn mean(&self) -> Vec<f32> {
        let rows = self.scales.as_slice().len();
        let step = rows.div_ceil(SAMPLED).max(1);
        let mut sum = vec![0.0; self.dim];
        (0..rows as u32).step_by(step).for_each(|row| self.accumulate(row, 1.0, &mut sum));
        let count = rows.div_ceil(step).max(1) as f32;
        sum.iter_mut().for_each(|sum| *sum /= count);
        sum
    }
}

/// Scales of rows: finite and not negative.
pub(super) fn open_scales(pack: &Arc<Pack>, name: &str, len: usize) -> Result<Column<f32>> {
    let scales = Column::<f32>::open_len(pack, name, len)?;
    if scales.as_slice().iter().all(|s| s.is_finite() && *s >= 0.0) {
        Ok(scales)
    } else {
        Err(Error::bad_pack(format!("section {name}: negative or not finite")))
    }
}
