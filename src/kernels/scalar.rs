//! The definition of every kernel, and the fallback where no instruction set is known.

use super::QuantisedQuery;

/// Exact dot product; lengths are equal.
pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// The score of one row from its dot product. Every instruction set rounds in this order, so scores have the same
/// bits everywhere.
#[inline(always)]
pub(super) fn score(dot: i32, step: f32, scale: f32) -> f32 {
    dot as f32 * (step * scale)
}

/// Scores of all rows; lengths are checked by `Kernels::scan`.
pub(super) fn scan(rows: &[i8], scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
    let values = query.values();
    if values.is_empty() {
        out.fill(0.0);
        return;
    }
    for ((row, &scale), out) in rows.chunks_exact(values.len()).zip(scales).zip(out) {
        *out = score(dot(row, values), query.step(), scale);
    }
}
