//! Kernels for x86-64: AVX2, AVX-VNNI and AVX-512 VNNI.
//!
//! `vpdpbusd` multiplies unsigned by signed bytes. A signed row becomes unsigned by flipping its top bit, which adds
//! 128 to each element: the wanted sum is then the product minus `128 * sum(query)`. Nothing saturates: a lane adds
//! up at most 65,536 / 8 products of at most 255 * 128.
//!
//! Rows are short (64 to 1,024 bytes), so adding up the lanes of each row's sum would cost more than the products.
//! A scan therefore takes 8 or 16 rows at a time and adds their lanes while transposing, until one vector has the
//! dot product of every row. What is left over, and widths that the format does not have, go row by row.

use std::arch::x86_64::*;

use super::{Kernels, QuantisedQuery, scalar};

/// Adds what this CPU has, the best last.
pub(super) fn extend(all: &mut Vec<Kernels>) {
    if is_x86_feature_detected!("avx2") {
        all.push(Kernels { name: "avx2", dot: avx2::dot, scan: avx2::scan });
        if is_x86_feature_detected!("avxvnni") {
            all.push(Kernels { name: "avxvnni", dot: avxvnni::dot, scan: avxvnni::scan });
        }
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
        {
            all.push(Kernels { name: "avx512vnni", dot: avx512vnni::dot, scan: avx512vnni::scan });
        }
    }
}

/// Writes `scan` for one instruction set out of the functions beside it:
/// `zero`, `load_query(query, i)` and `add(sum, chunk of a row, chunk i of the query)` for chunks of `$bytes` bytes;
/// `quad([sum; 4])`, which adds lanes so that each 128 bits hold a part of four dot products; `reduce(quads)`, which
/// adds those up into `$rows` dot products; `excess(query)`, to be taken off each; `store`; and `dot` for one row.
///
/// A macro and not a generic function, because a closure or a trait's method does not inherit target features.
macro_rules! scan {
    ($features:literal, rows: $rows:literal, bytes: $bytes:literal) => {
        #[target_feature(enable = $features)]
        pub(super) fn scan(rows: &[i8], scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
            let width = query.values().len();
            if width == 0 {
                out.fill(0.0);
                return;
            }
            let mut done = 0;
            if width.is_multiple_of(64) {
                let (scales, out) = (scales.as_chunks().0, out.as_chunks_mut().0);
                done = scales.len() * $rows;
                // The usual widths get loops of known length, and the query stays in registers.
                match width {
                    64 => blocks::<{ 64 / $bytes }>(rows, scales, query, out),
                    128 => blocks::<{ 128 / $bytes }>(rows, scales, query, out),
                    192 => blocks::<{ 192 / $bytes }>(rows, scales, query, out),
                    256 => blocks::<{ 256 / $bytes }>(rows, scales, query, out),
                    _ => blocks::<0>(rows, scales, query, out),
                }
            }
            let rest = rows[done * width..].chunks_exact(width).zip(&scales[done..]);
            for ((row, &scale), out) in rest.zip(&mut out[done..]) {
                *out = scalar::score(dot(row, query.values()), query.step(), scale);
            }
        }

        /// Whole blocks of `$rows` rows; the width is a multiple of `$bytes`, and `CHUNKS` of them or 0 for any.
        #[target_feature(enable = $features)]
        fn blocks<const CHUNKS: usize>(
            rows: &[i8],
            scales: &[[f32; $rows]],
            query: &QuantisedQuery,
            out: &mut [[f32; $rows]],
        ) {
            let chunks = if CHUNKS == 0 { query.values().len() / $bytes } else { CHUNKS };
            let width = chunks * $bytes;
            assert_eq!(width, query.values().len());
            let excess = excess(query);
            for ((rows, scales), out) in rows.chunks_exact($rows * width).zip(scales).zip(out) {
                let mut quads = [zero(); $rows / 4];
                for (sums, four) in quads.iter_mut().zip(rows.chunks_exact(4 * width)) {
                    let mut four_sums = [zero(); 4];
                    for i in 0..chunks {
                        // SAFETY: `i < chunks`, and the query has `chunks` chunks.
                        let values = unsafe { load_query(query, i) };
                        for (r, sum) in four_sums.iter_mut().enumerate() {
                            // SAFETY: `r < 4` and `i < chunks`, so that these `$bytes` bytes end within the
                            // `4 * width` of `four`.
                            *sum = unsafe { add(*sum, four.as_ptr().add(r * width + i * $bytes), values) };
                        }
                    }
                    *sums = quad(four_sums);
                }
                store(reduce(quads), excess, query.step(), scales, out);
            }
        }
    };
}

/// Shared by AVX2 and AVX-VNNI: vectors of 256 bits.
mod wide256 {
    use super::*;

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn zero() -> __m256i {
        _mm256_setzero_si256()
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn quad([a, b, c, d]: [__m256i; 4]) -> __m256i {
        let ab = _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let cd = _mm256_add_epi32(_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        _mm256_add_epi32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn reduce([a, b]: [__m256i; 2]) -> __m256i {
        _mm256_add_epi32(_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b))
    }

    /// Rounds exactly as `scalar::score`.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn store(dots: __m256i, excess: i32, step: f32, scales: &[f32; 8], out: &mut [f32; 8]) {
        let dots = _mm256_cvtepi32_ps(_mm256_sub_epi32(dots, _mm256_set1_epi32(excess)));
        // SAFETY: an unaligned load of exactly the 32 bytes borrowed.
        let scales = unsafe { _mm256_loadu_ps(scales.as_ptr()) };
        let scores = _mm256_mul_ps(dots, _mm256_mul_ps(_mm256_set1_ps(step), scales));
        // SAFETY: an unaligned store of exactly the 32 bytes borrowed.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr(), scores) }
    }

    /// The sum of all lanes.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn sum(a: __m256i) -> i32 {
        let dots = reduce([quad([a, zero(), zero(), zero()]), zero()]);
        _mm256_cvtsi256_si32(dots)
    }
}

/// AVX2 without VNNI: bytes widened to 16 bits and multiplied in pairs, which is exact. `vpmaddubsw` would take twice
/// as many at a time but saturates.
mod avx2 {
    use super::wide256::{quad, reduce, store, sum, zero};
    use super::*;

    scan!("avx2", rows: 8, bytes: 32);

    /// # Safety
    /// Query has a chunk `i` of 32.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load_query(query: &QuantisedQuery, i: usize) -> [__m256i; 2] {
        // SAFETY: 32 values of 16 bits from value `32 * i` on, which the caller promises.
        unsafe {
            let values = query.wide().as_ptr().add(32 * i);
            [_mm256_loadu_si256(values.cast()), _mm256_loadu_si256(values.add(16).cast())]
        }
    }

    /// # Safety
    /// 32 bytes can be read at `row`.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn add(sum: __m256i, row: *const i8, values: [__m256i; 2]) -> __m256i {
        // SAFETY: unaligned loads of the 32 bytes that the caller promises.
        let (low, high) = unsafe { (_mm_loadu_si128(row.cast()), _mm_loadu_si128(row.add(16).cast())) };
        let low = _mm256_madd_epi16(_mm256_cvtepi8_epi16(low), values[0]);
        let high = _mm256_madd_epi16(_mm256_cvtepi8_epi16(high), values[1]);
        _mm256_add_epi32(sum, _mm256_add_epi32(low, high))
    }

    #[inline]
    fn excess(_: &QuantisedQuery) -> i32 {
        0
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
        let mut total = zero();
        for (a, b) in a.iter().zip(b) {
            // SAFETY: unaligned loads of exactly the 16 bytes borrowed.
            let (a, b) = unsafe { (_mm_loadu_si128(a.as_ptr().cast()), _mm_loadu_si128(b.as_ptr().cast())) };
            let products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(a), _mm256_cvtepi8_epi16(b));
            total = _mm256_add_epi32(total, products);
        }
        sum(total) + scalar::dot(a_rest, b_rest)
    }
}

/// `vpdpbusd` on 256 bits, in its encoding without AVX-512 (Alder Lake, Zen 5).
mod avxvnni {
    use super::wide256::{quad, reduce, store, sum, zero};
    use super::*;

    scan!("avx2,avxvnni", rows: 8, bytes: 32);

    /// # Safety
    /// Query has a chunk `i` of 32.
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load_query(query: &QuantisedQuery, i: usize) -> __m256i {
        // SAFETY: 32 values from value `32 * i` on, which the caller promises.
        unsafe { _mm256_loadu_si256(query.values().as_ptr().add(32 * i).cast()) }
    }

    /// # Safety
    /// 32 bytes can be read at `row`.
    #[inline]
    #[target_feature(enable = "avx2,avxvnni")]
    unsafe fn add(sum: __m256i, row: *const i8, values: __m256i) -> __m256i {
        // SAFETY: an unaligned load of the 32 bytes that the caller promises.
        let row = unsafe { _mm256_loadu_si256(row.cast()) };
        _mm256_dpbusd_avx_epi32(sum, _mm256_xor_si256(row, _mm256_set1_epi8(i8::MIN)), values)
    }

    #[inline]
    fn excess(query: &QuantisedQuery) -> i32 {
        128 * query.sum()
    }

    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<32>(), b.as_chunks::<32>());
        let (mut total, mut excess) = (zero(), zero());
        for (a, b) in a.iter().zip(b) {
            // SAFETY: unaligned loads of exactly the 32 bytes borrowed.
            unsafe {
                let values = _mm256_loadu_si256(b.as_ptr().cast());
                total = add(total, a.as_ptr(), values);
                excess = _mm256_dpbusd_avx_epi32(excess, _mm256_set1_epi8(i8::MIN), values);
            }
        }
        sum(_mm256_sub_epi32(total, excess)) + scalar::dot(a_rest, b_rest)
    }
}

/// `vpdpbusd` on 512 bits.
mod avx512vnni {
    use super::*;

    scan!("avx2,avx512f,avx512bw,avx512vnni", rows: 16, bytes: 64);

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn zero() -> __m512i {
        _mm512_setzero_si512()
    }

    /// # Safety
    /// Query has a chunk `i` of 64.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load_query(query: &QuantisedQuery, i: usize) -> __m512i {
        // SAFETY: 64 values from value `64 * i` on, which the caller promises.
        unsafe { _mm512_loadu_si512(query.values().as_ptr().add(64 * i).cast()) }
    }

    /// # Safety
    /// 64 bytes can be read at `row`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    unsafe fn add(sum: __m512i, row: *const i8, values: __m512i) -> __m512i {
        // SAFETY: an unaligned load of the 64 bytes that the caller promises.
        let row = unsafe { _mm512_loadu_si512(row.cast()) };
        _mm512_dpbusd_epi32(sum, _mm512_xor_si512(row, _mm512_set1_epi8(i8::MIN)), values)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn quad([a, b, c, d]: [__m512i; 4]) -> __m512i {
        let ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd))
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn reduce([a, b, c, d]: [__m512i; 4]) -> __m512i {
        let ab = _mm512_add_epi32(_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xEE>(a, b));
        let cd = _mm512_add_epi32(_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xEE>(c, d));
        _mm512_add_epi32(_mm512_shuffle_i32x4::<0x88>(ab, cd), _mm512_shuffle_i32x4::<0xDD>(ab, cd))
    }

    #[inline]
    fn excess(query: &QuantisedQuery) -> i32 {
        128 * query.sum()
    }

    /// Rounds exactly as `scalar::score`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn store(dots: __m512i, excess: i32, step: f32, scales: &[f32; 16], out: &mut [f32; 16]) {
        let dots = _mm512_cvtepi32_ps(_mm512_sub_epi32(dots, _mm512_set1_epi32(excess)));
        // SAFETY: an unaligned load of exactly the 64 bytes borrowed.
        let scales = unsafe { _mm512_loadu_ps(scales.as_ptr()) };
        let scores = _mm512_mul_ps(dots, _mm512_mul_ps(_mm512_set1_ps(step), scales));
        // SAFETY: an unaligned store of exactly the 64 bytes borrowed.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), scores) }
    }

    #[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
    pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
        let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
        let (mut total, mut excess) = (zero(), zero());
        for (a, b) in a.iter().zip(b) {
            // SAFETY: unaligned loads of exactly the 64 bytes borrowed.
            unsafe {
                let values = _mm512_loadu_si512(b.as_ptr().cast());
                total = add(total, a.as_ptr(), values);
                excess = _mm512_dpbusd_epi32(excess, _mm512_set1_epi8(i8::MIN), values);
            }
        }
        _mm512_reduce_add_epi32(_mm512_sub_epi32(total, excess)) + scalar::dot(a_rest, b_rest)
    }
}
