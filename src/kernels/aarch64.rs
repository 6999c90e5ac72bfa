//! Kernels for 64-bit Arm: NEON, and the dot-product extension (`sdot`: Cortex-A55/A75 and Apple A11 onwards).
//!
//! Scans take four rows at a time, so that the query is loaded once for four rows and the four sums are reduced
//! together.

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};

use super::{Kernels, QuantisedQuery, scalar};

/// Adds what this CPU has, the best last.
pub(super) fn extend(all: &mut Vec<Kernels>) {
    if is_aarch64_feature_detected!("neon") {
        all.push(Kernels { name: "neon", dot: neon_dot, scan: neon_scan });
        if is_aarch64_feature_detected!("dotprod") {
            all.push(Kernels { name: "dotprod", dot: dotprod_dot, scan: dotprod_scan });
        }
    }
}

/// Loads 16 bytes.
#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[i8; 16]) -> int8x16_t {
    // SAFETY: a load of exactly the 16 bytes borrowed, at any alignment.
    unsafe { vld1q_s8(bytes.as_ptr()) }
}

/// `sum + a * b`, in pairs of products: each product is at most 2^14, so two of them need more than 16 bits and are
/// added as 32.
#[inline]
#[target_feature(enable = "neon")]
fn neon_add(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    let low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    vpadalq_s16(vpadalq_s16(sum, low), vmull_high_s8(a, b))
}

/// `sum + a * b`, four products a lane in one instruction. As assembly, because the intrinsic is not stable yet.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dotprod_add(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: `sdot` only reads and writes the registers named, and the function requires the extension.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
            sum = inout(vreg) sum,
            a = in(vreg) a,
            b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sum
}

/// Four scores from four dot products; rounds exactly as `scalar::score`.
#[inline]
#[target_feature(enable = "neon")]
fn store_scores(dots: int32x4_t, step: f32, scales: &[f32; 4], out: &mut [f32; 4]) {
    // SAFETY: a load of exactly the 16 bytes borrowed.
    let scales = unsafe { vld1q_f32(scales.as_ptr()) };
    let scores = vmulq_f32(vcvtq_f32_s32(dots), vmulq_f32(vdupq_n_f32(step), scales));
    // SAFETY: a store of exactly the 16 bytes borrowed.
    unsafe { vst1q_f32(out.as_mut_ptr(), scores) }
}

/// The functions of one instruction set, around its `$add`. A macro and not generic functions, because a closure does
/// not inherit the target features of what calls it.
macro_rules! kernels {
    ($features:literal, $add:ident, $dot:ident, $four:ident, $scan:ident) => {
        #[target_feature(enable = $features)]
        fn $dot(a: &[i8], b: &[i8]) -> i32 {
            let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
            let mut sum = vdupq_n_s32(0);
            for (a, b) in a.iter().zip(b) {
                sum = $add(sum, load(a), load(b));
            }
            vaddvq_s32(sum) + scalar::dot(a_rest, b_rest)
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn $four(rows: [&[i8]; 4], query: &QuantisedQuery) -> int32x4_t {
            let (values, last) = query.values().as_chunks::<16>();
            let rest = query.values().len() - last.len();
            let [a, b, c, d] = rows.map(|row| row.as_chunks::<16>().0);
            let mut sums = [vdupq_n_s32(0); 4];
            for ((((q, a), b), c), d) in values.iter().zip(a).zip(b).zip(c).zip(d) {
                let q = load(q);
                for (sum, row) in sums.iter_mut().zip([a, b, c, d]) {
                    *sum = $add(*sum, load(row), q);
                }
            }
            let dots = vpaddq_s32(vpaddq_s32(sums[0], sums[1]), vpaddq_s32(sums[2], sums[3]));
            if last.is_empty() {
                return dots;
            }
            let more = rows.map(|row| scalar::dot(&row[rest..], last));
            // SAFETY: a load of exactly the 16 bytes borrowed.
            vaddq_s32(dots, unsafe { vld1q_s32(more.as_ptr()) })
        }

        #[target_feature(enable = $features)]
        fn $scan(rows: &[i8], scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
            let width = query.values().len();
            if width == 0 {
                out.fill(0.0);
                return;
            }
            let (fours_scales, last_scales) = scales.as_chunks::<4>();
            let (fours_out, last_out) = out.as_chunks_mut::<4>();
            let mut fours = rows.chunks_exact(4 * width);
            for ((rows, scales), out) in fours.by_ref().zip(fours_scales).zip(fours_out) {
                let (ab, cd) = rows.split_at(2 * width);
                let ((a, b), (c, d)) = (ab.split_at(width), cd.split_at(width));
                store_scores($four([a, b, c, d], query), query.step(), scales, out);
            }
            for ((row, &scale), out) in fours.remainder().chunks_exact(width).zip(last_scales).zip(last_out) {
                *out = scalar::score($dot(row, query.values()), query.step(), scale);
            }
        }
    };
}

kernels!("neon", neon_add, neon_dot, neon_four, neon_scan);
kernels!("neon,dotprod", dotprod_add, dotprod_dot, dotprod_four, dotprod_scan);
