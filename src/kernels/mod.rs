//! int8 dot products, scans and top-k: what the engine spends its time in after the network.
//!
//! Layers, lowest first: [`scalar`] is the definition and the oracle of the tests; `x86_64` and `aarch64` have one
//! implementation for each instruction set, which must give the very same integers; [`Kernels`] is a table of their
//! entry points behind safe functions that check lengths. [`best`] picks a table once, [`available`] lists all that
//! this CPU runs, for tests and benches.
//!
//! `unsafe` is confined to this folder: calls of functions that need an instruction set (made only after the CPU
//! was asked for it) and vector loads (made only inside slices whose length was checked).
#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod bitmap;
mod query;
mod scalar;
#[cfg(test)]
mod tests;
mod top_k;
#[cfg(target_arch = "x86_64")]
mod x86_64;

use std::sync::OnceLock;

pub use bitmap::Bitmap;
pub use query::QuantisedQuery;
pub use top_k::{Keep, top_k};

/// Dot product of two slices of equal length.
type DotFn = unsafe fn(&[i8], &[i8]) -> i32;
/// Scan: `out[i] = (dot(row i, query) as f32) * (query.step * scales[i])`. Lengths are checked by the caller.
type ScanFn = unsafe fn(&[i8], &[f32], &QuantisedQuery, &mut [f32]);

/// The kernels of one instruction set.
#[derive(Clone, Copy)]
pub struct Kernels {
    name: &'static str,
    dot: DotFn,
    scan: ScanFn,
}

impl std::fmt::Debug for Kernels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Kernels").field(&self.name).finish()
    }
}

impl Kernels {
    /// Name of the instruction set: `scalar`, `avx2`, `avxvnni`, `avx512vnni`, `neon` or `dotprod`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Exact dot product, for lengths up to 65,536 (so that 32 bits hold it).
    ///
    /// # Panics
    /// When the lengths differ or exceed 65,536.
    pub fn dot(&self, a: &[i8], b: &[i8]) -> i32 {
        assert_eq!(a.len(), b.len(), "vectors of different widths");
        assert!(a.len() <= 1 << 16, "vectors too wide for an exact sum in 32 bits");
        // SAFETY: a table is handed out only for an instruction set that the CPU has (`available`).
        unsafe { (self.dot)(a, b) }
    }

    /// Scores of all rows: `out[i] = f32(dot(row i, query)) * (query.step() * scales[i])`, as
    /// docs/pack-format.md section 6 defines them; the same bits on every instruction set.
    ///
    /// # Panics
    /// When `dim` is not the query's width, or the lengths of `rows`, `scales` and `out` do not agree.
    pub fn scan(&self, rows: &[i8], dim: usize, scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
        assert_eq!(dim, query.values().len(), "query is not as wide as the rows");
        assert_eq!(scales.len(), out.len(), "as many scores as scales");
        assert_eq!(scales.len().checked_mul(dim), Some(rows.len()), "as many rows as scales");
        // SAFETY: as in `dot`, and the lengths agree.
        unsafe { (self.scan)(rows, scales, query, out) }
    }
}

/// The table of the oracle.
pub const SCALAR: Kernels = Kernels { name: "scalar", dot: scalar::dot, scan: scalar::scan };

/// Every table that this CPU can run, the oracle first, the best last.
pub fn available() -> Vec<Kernels> {
    #[allow(unused_mut)]
    let mut all = vec![SCALAR];
    #[cfg(target_arch = "x86_64")]
    x86_64::extend(&mut all);
    #[cfg(target_arch = "aarch64")]
    aarch64::extend(&mut all);
    all
}

/// The best table for this CPU, chosen on the first call.
pub fn best() -> &'static Kernels {
    static BEST: OnceLock<Kernels> = OnceLock::new();
    BEST.get_or_init(|| {
        let best = available().pop().unwrap_or(SCALAR);
        log::debug!("kernels: {}", best.name);
        best
    })
}

/// Name of the instruction set that [`best`] chose.
pub fn active() -> &'static str {
    best().name()
}

/// [`Kernels::dot`] of the best table.
pub fn dot(a: &[i8], b: &[i8]) -> i32 {
    best().dot(a, b)
}

/// [`Kernels::scan`] of the best table.
pub fn scan(rows: &[i8], dim: usize, scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
    best().scan(rows, dim, scales, query, out);
}
