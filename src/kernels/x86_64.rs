//! Kernels for x86-64: AVX2, AVX-VNNI and AVX-512 VNNI.
//!
//! `vpdpbusd` multiplies unsigned by signed bytes. A signed row becomes unsigned by flipping its top bit, which adds
//! 128 to each element: the wanted sum is then the product minus `128 * sum(query)`. Nothing saturates: a lane adds
//! up at most 65,536 / 8 products of at most 255 * 128.
//!
//! Scans take four rows at a time, so that the query is loaded once for four rows and the four sums are reduced
//! together.

use std::arch::x86_64::*;

use super::{Kernels, QuantisedQuery, scalar};

/// Adds what this CPU has, the best last.
pub(super) fn extend(all: &mut Vec<Kernels>) {
    if is_x86_feature_detected!("avx2") {
        all.push(Kernels { name: "avx2", dot: avx2_dot, scan: avx2_scan });
        if is_x86_feature_detected!("avxvnni") {
            all.push(Kernels { name: "avxvnni", dot: avxvnni_dot, scan: avxvnni_scan });
        }
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
        {
            all.push(Kernels { name: "avx512vnni", dot: avx512_dot, scan: avx512_scan });
        }
    }
}

/// Loads 16 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load16(bytes: &[i8; 16]) -> __m128i {
    // SAFETY: an unaligned load of exactly the 16 bytes borrowed.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Loads 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn load32(bytes: &[i8; 32]) -> __m256i {
    // SAFETY: an unaligned load of exactly the 32 bytes borrowed.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Loads 16 words of 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn load_wide(words: &[i16; 16]) -> __m256i {
    // SAFETY: an unaligned load of exactly the 32 bytes borrowed.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

/// Loads 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn load64(bytes: &[i8; 64]) -> __m512i {
    // SAFETY: an unaligned load of exactly the 64 bytes borrowed.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The sums of four accumulators, as four lanes.
#[inline]
#[target_feature(enable = "avx2")]
fn sum4(a: [__m256i; 4]) -> __m128i {
    let pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a[0], a[1]), _mm256_hadd_epi32(a[2], a[3]));
    _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs))
}

/// Four scores from four dot products; rounds exactly as `scalar::score`.
#[inline]
#[target_feature(enable = "avx2")]
fn store_scores(dots: __m128i, step: f32, scales: &[f32; 4], out: &mut [f32; 4]) {
    // SAFETY: an unaligned load of exactly the 16 bytes borrowed.
    let scales = unsafe { _mm_loadu_ps(scales.as_ptr()) };
    let scores = _mm_mul_ps(_mm_cvtepi32_ps(dots), _mm_mul_ps(_mm_set1_ps(step), scales));
    // SAFETY: an unaligned store of exactly the 16 bytes borrowed.
    unsafe { _mm_storeu_ps(out.as_mut_ptr(), scores) }
}

/// Writes a scan: four rows at a time through `$four(rows: [&[i8]; 4]) -> __m128i`, the rest through `$one`. A macro
/// and not a generic function, because a closure does not inherit the target features of what calls it.
macro_rules! scan_by_four {
    ($rows:ident, $scales:ident, $query:ident, $out:ident, $four:expr, $one:expr) => {{
        let width = $query.values().len();
        if width == 0 {
            $out.fill(0.0);
            return;
        }
        let (scales, last_scales) = $scales.as_chunks::<4>();
        let (out, last_out) = $out.as_chunks_mut::<4>();
        let mut fours = $rows.chunks_exact(4 * width);
        for ((rows, scales), out) in fours.by_ref().zip(scales).zip(out) {
            let (ab, cd) = rows.split_at(2 * width);
            let ((a, b), (c, d)) = (ab.split_at(width), cd.split_at(width));
            store_scores($four([a, b, c, d], $query), $query.step(), scales, out);
        }
        for ((row, &scale), out) in fours.remainder().chunks_exact(width).zip(last_scales).zip(last_out) {
            *out = scalar::score($one(row, $query.values()), $query.step(), scale);
        }
    }};
}

/// AVX2 without VNNI: 16 bytes at a time, widened to 16 bits. `vpmaddubsw` would take 32 but saturates.
#[target_feature(enable = "avx2")]
fn avx2_dot(a: &[i8], b: &[i8]) -> i32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sum = _mm256_setzero_si256();
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (_mm256_cvtepi8_epi16(load16(a)), _mm256_cvtepi8_epi16(load16(b)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
    }
    let zero = _mm256_setzero_si256();
    _mm_cvtsi128_si32(sum4([sum, zero, zero, zero])) + scalar::dot(a_rest, b_rest)
}

#[inline]
#[target_feature(enable = "avx2")]
fn avx2_four(rows: [&[i8]; 4], query: &QuantisedQuery) -> __m128i {
    let (wide, wide_rest) = query.wide().as_chunks::<16>();
    let rest = query.values().len() - wide_rest.len();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<16>().0);
    let mut sums = [_mm256_setzero_si256(); 4];
    for ((((q, a), b), c), d) in wide.iter().zip(a).zip(b).zip(c).zip(d) {
        let q = load_wide(q);
        for (sum, row) in sums.iter_mut().zip([a, b, c, d]) {
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(_mm256_cvtepi8_epi16(load16(row)), q));
        }
    }
    add_rest(sum4(sums), rows, query, rest)
}

#[target_feature(enable = "avx2")]
fn avx2_scan(rows: &[i8], scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
    scan_by_four!(rows, scales, query, out, avx2_four, avx2_dot);
}

/// Adds the products of elements from `rest` on, for widths that are not a multiple of the vector.
#[inline]
#[target_feature(enable = "avx2")]
fn add_rest(dots: __m128i, rows: [&[i8]; 4], query: &QuantisedQuery, rest: usize) -> __m128i {
    let last = &query.values()[rest..];
    if last.is_empty() {
        return dots;
    }
    let [a, b, c, d] = rows.map(|row| scalar::dot(&row[rest..], last));
    _mm_add_epi32(dots, _mm_setr_epi32(a, b, c, d))
}

#[target_feature(enable = "avx2,avxvnni")]
fn avxvnni_dot(a: &[i8], b: &[i8]) -> i32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<32>(), b.as_chunks::<32>());
    let flip = _mm256_set1_epi8(i8::MIN);
    let (mut sum, mut excess) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for (a, b) in a.iter().zip(b) {
        let b = load32(b);
        sum = _mm256_dpbusd_avx_epi32(sum, _mm256_xor_si256(load32(a), flip), b);
        excess = _mm256_dpbusd_avx_epi32(excess, flip, b);
    }
    let zero = _mm256_setzero_si256();
    _mm_cvtsi128_si32(sum4([_mm256_sub_epi32(sum, excess), zero, zero, zero])) + scalar::dot(a_rest, b_rest)
}

#[inline]
#[target_feature(enable = "avx2,avxvnni")]
fn avxvnni_four(rows: [&[i8]; 4], query: &QuantisedQuery) -> __m128i {
    let (values, last) = query.values().as_chunks::<32>();
    let rest = query.values().len() - last.len();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<32>().0);
    let flip = _mm256_set1_epi8(i8::MIN);
    let mut sums = [_mm256_setzero_si256(); 4];
    for ((((q, a), b), c), d) in values.iter().zip(a).zip(b).zip(c).zip(d) {
        let q = load32(q);
        for (sum, row) in sums.iter_mut().zip([a, b, c, d]) {
            *sum = _mm256_dpbusd_avx_epi32(*sum, _mm256_xor_si256(load32(row), flip), q);
        }
    }
    add_rest(_mm_sub_epi32(sum4(sums), excess(query, last)), rows, query, rest)
}

/// What flipping the rows' top bits has added: 128 times the sum of the values that were multiplied by vectors.
#[inline]
#[target_feature(enable = "avx2")]
fn excess(query: &QuantisedQuery, last: &[i8]) -> __m128i {
    let last: i32 = last.iter().map(|&v| i32::from(v)).sum();
    _mm_set1_epi32(128 * (query.sum() - last))
}

#[target_feature(enable = "avx2,avxvnni")]
fn avxvnni_scan(rows: &[i8], scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
    scan_by_four!(rows, scales, query, out, avxvnni_four, avxvnni_dot);
}

#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
fn avx512_dot(a: &[i8], b: &[i8]) -> i32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
    let flip = _mm512_set1_epi8(i8::MIN);
    let (mut sum, mut excess) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for (a, b) in a.iter().zip(b) {
        let b = load64(b);
        sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(load64(a), flip), b);
        excess = _mm512_dpbusd_epi32(excess, flip, b);
    }
    _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, excess)) + scalar::dot(a_rest, b_rest)
}

#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
fn avx512_four(rows: [&[i8]; 4], query: &QuantisedQuery) -> __m128i {
    let (values, last) = query.values().as_chunks::<64>();
    let rest = query.values().len() - last.len();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<64>().0);
    let flip = _mm512_set1_epi8(i8::MIN);
    let mut sums = [_mm512_setzero_si512(); 4];
    for ((((q, a), b), c), d) in values.iter().zip(a).zip(b).zip(c).zip(d) {
        let q = load64(q);
        for (sum, row) in sums.iter_mut().zip([a, b, c, d]) {
            *sum = _mm512_dpbusd_epi32(*sum, _mm512_xor_si512(load64(row), flip), q);
        }
    }
    let [a, b, c, d] = sums;
    let halves = [halve(a), halve(b), halve(c), halve(d)];
    add_rest(_mm_sub_epi32(sum4(halves), excess(query, last)), rows, query, rest)
}

/// The upper half added to the lower.
#[inline]
#[target_feature(enable = "avx2,avx512f")]
fn halve(a: __m512i) -> __m256i {
    _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64::<1>(a))
}

#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
fn avx512_scan(rows: &[i8], scales: &[f32], query: &QuantisedQuery, out: &mut [f32]) {
    scan_by_four!(rows, scales, query, out, avx512_four, avx512_dot);
}
