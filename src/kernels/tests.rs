//! Every instruction set that this CPU has, against the scalar oracle; top-k against a sort.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

/// Bytes with many extremes: -128 and 127 are where 16-bit sums overflow and saturating instructions differ.
fn byte() -> impl Strategy<Value = i8> {
    prop_oneof![3 => any::<i8>(), 1 => Just(i8::MIN), 1 => Just(i8::MAX), 1 => Just(-127)]
}

/// A deterministic stream of bytes, for sizes at which a strategy would be slow.
fn noise(len: usize, seed: u64) -> Vec<i8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as i8
        })
        .collect()
}

fn exact_dot(a: &[i8], b: &[i8]) -> i64 {
    a.iter().zip(b).map(|(&a, &b)| i64::from(a) * i64::from(b)).sum()
}

#[test]
fn the_oracle_is_first_and_the_best_is_last() {
    let all = available();
    assert_eq!(all[0].name(), "scalar");
    assert_eq!(all.last().expect("one at least").name(), active());
    let mut names: Vec<_> = all.iter().map(Kernels::name).collect();
    names.dedup();
    assert_eq!(names.len(), all.len());
}

/// A machine that has an instruction set must test it: a typo in a feature's name would leave it out in silence.
#[test]
fn the_table_has_what_the_cpu_has() {
    let names: Vec<_> = available().iter().map(Kernels::name).collect();
    #[cfg(target_arch = "x86_64")]
    for (name, there) in [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avxvnni", is_x86_feature_detected!("avxvnni")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
    ] {
        assert_eq!(names.contains(&name), there, "{name}");
    }
    #[cfg(target_arch = "aarch64")]
    for (name, there) in [("neon", true), ("dotprod", std::arch::is_aarch64_feature_detected!("dotprod"))] {
        assert_eq!(names.contains(&name), there, "{name}");
    }
    println!("available: {names:?}");
}

#[test]
fn dot_is_exact_at_every_length_and_offset() {
    let (a, b) = (noise(400, 1), noise(400, 2));
    for len in 0..=257 {
        // All residues of 16.
        for offset in (0..64).step_by(5) {
            let (a, b) = (&a[offset..offset + len], &b[63 - offset..63 - offset + len]);
            let want = exact_dot(a, b);
            for kernels in available() {
                assert_eq!(i64::from(kernels.dot(a, b)), want, "{kernels:?} len {len} offset {offset}");
            }
        }
    }
}

#[test]
fn dot_of_extremes_neither_saturates_nor_overflows() {
    for kernels in available() {
        for a in [i8::MIN, -127, -1, 0, 1, i8::MAX] {
            for b in [i8::MIN, -127, -1, 0, 1, i8::MAX] {
                for len in [63, 64, 1_024, 65_536] {
                    let (a, b) = (vec![a; len], vec![b; len]);
                    assert_eq!(i64::from(kernels.dot(&a, &b)), exact_dot(&a, &b), "{kernels:?} {len}");
                }
            }
        }
    }
}

/// Every width of the format, every remainder of four rows, rows at odd addresses: the same bits as the oracle.
#[test]
fn scan_gives_the_oracles_bits_at_every_width() {
    for dim in (64..=1_024).step_by(64) {
        let z: Vec<f32> = noise(dim, 7).iter().map(|&v| f32::from(v) / 77.0).collect();
        let query = QuantisedQuery::new(&z);
        for n in [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33] {
            let bytes = noise(n * dim + 1, dim as u64);
            let rows = &bytes[1..];
            let scales: Vec<f32> = (0..n).map(|i| 0.001 + i as f32 / 3.0).collect();
            let mut want = vec![f32::NAN; n];
            for (i, want) in want.iter_mut().enumerate() {
                let dot = exact_dot(&rows[i * dim..(i + 1) * dim], query.values());
                *want = dot as f32 * (query.step() * scales[i]);
            }
            for kernels in available() {
                let mut got = vec![f32::NAN; n];
                kernels.scan(rows, dim, &scales, &query, &mut got);
                assert_eq!(bits(&got), bits(&want), "{kernels:?} dim {dim} n {n}");
            }
        }
    }
}

fn bits(scores: &[f32]) -> Vec<u32> {
    scores.iter().map(|s| s.to_bits()).collect()
}

#[test]
#[should_panic(expected = "as many rows as scales")]
fn scan_refuses_too_few_rows() {
    scan(&[0; 127], 64, &[1.0; 2], &QuantisedQuery::new(&[1.0; 64]), &mut [0.0; 2]);
}

#[test]
#[should_panic(expected = "query is not as wide")]
fn scan_refuses_a_query_of_another_width() {
    scan(&[0; 128], 64, &[1.0; 2], &QuantisedQuery::new(&[1.0; 65]), &mut [0.0; 2]);
}

#[test]
#[should_panic(expected = "as many scores as scales")]
fn scan_refuses_a_short_output() {
    scan(&[0; 128], 64, &[1.0; 2], &QuantisedQuery::new(&[1.0; 64]), &mut [0.0; 1]);
}

#[test]
#[should_panic(expected = "different widths")]
fn dot_refuses_different_widths() {
    dot(&[0; 64], &[0; 65]);
}

#[test]
fn a_query_is_quantised_as_the_format_says() {
    // t = 127 / 127 = 1: halves go away from zero.
    let query = QuantisedQuery::new(&[127.0, -127.0, 0.5, -0.5, 1.4999, 2.5, -2.5, 0.0]);
    assert_eq!(query.step(), 1.0);
    assert_eq!(query.values(), [127, -127, 1, -1, 1, 3, -3, 0]);
    let query = QuantisedQuery::new(&[0.0, -0.0]);
    assert_eq!((query.values(), query.step()), (&[0_i8, 0][..], 0.0));
    assert!(QuantisedQuery::new(&[]).values().is_empty());
}

#[test]
fn a_query_of_odd_floats_gives_no_nan() {
    for z in [
        [f32::NAN, 1.0, -2.0],
        [f32::INFINITY, 1.0, f32::NEG_INFINITY],
        [f32::MAX, f32::MIN, 1.0],
        [f32::from_bits(1), -f32::from_bits(200), f32::from_bits(127)],
        [f32::NAN; 3],
    ] {
        let query = QuantisedQuery::new(&z);
        assert!(query.step().is_finite() && query.values().iter().all(|&v| v >= -127), "{z:?}");
        let mut out = [f32::NAN; 1];
        scan(&[100, -128, 127], 3, &[0.01], &query, &mut out);
        assert!(!out[0].is_nan(), "{z:?} {out:?}");
    }
}

fn slow_top_k(scores: &[f32], k: usize, allowed: impl Fn(u32) -> bool) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> =
        (0..).zip(scores.iter().copied()).filter(|(row, s)| !s.is_nan() && allowed(*row)).collect();
    all.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal).then(a.0.cmp(&b.0)));
    all.truncate(k);
    all
}

#[test]
fn top_k_of_rising_and_equal_scores() {
    let rising: Vec<f32> = (0..5_000).map(|i| i as f32).collect();
    let equal = vec![1.5; 5_000];
    for k in [0, 1, 2, 31, 32, 33, 64, 1_000, 4_999, 5_000, 9_999, usize::MAX] {
        assert_eq!(top_k(&rising, k, Keep::All), slow_top_k(&rising, k, |_| true), "rising {k}");
        assert_eq!(top_k(&equal, k, Keep::All), slow_top_k(&equal, k, |_| true), "equal {k}");
    }
}

#[test]
fn nan_never_wins_and_infinities_have_their_places() {
    let scores = [f32::NAN, f32::NEG_INFINITY, -f32::NAN, 0.0, f32::INFINITY, -0.0];
    let rows: Vec<u32> = top_k(&scores, 10, Keep::All).iter().map(|h| h.0).collect();
    assert_eq!(rows, [4, 3, 5, 1]);
    assert!(top_k(&[f32::NAN; 300], 10, Keep::All).is_empty());
}

#[test]
fn a_short_bitmap_counts_as_empty_past_its_end() {
    let scores = vec![1.0; 200];
    let few = Bitmap::full(70);
    assert_eq!(top_k(&scores, 500, Keep::Only(&few)).len(), 70);
    assert_eq!(top_k(&scores, 500, Keep::Except(&few)).len(), 130);
}

proptest! {
    #[test]
    fn dot_equals_the_oracle(pairs in prop::collection::vec((byte(), byte()), 0..700)) {
        let (a, b): (Vec<i8>, Vec<i8>) = pairs.into_iter().unzip();
        for kernels in available() {
            prop_assert_eq!(i64::from(kernels.dot(&a, &b)), exact_dot(&a, &b), "{:?}", kernels);
        }
    }

    #[test]
    fn scan_equals_the_oracle(
        // Widths of the format, which go in blocks, and others, which go row by row.
        z in prop_oneof![Just(64_usize), Just(128), Just(320), 1_usize..300]
            .prop_flat_map(|dim| prop::collection::vec(-3.0_f32..3.0, dim)),
        n in 0_usize..40,
        seed in any::<u64>(),
        extremes in prop::collection::vec((any::<prop::sample::Index>(), byte()), 0..40),
    ) {
        let dim = z.len();
        let mut rows = noise(n * dim, seed);
        for (at, value) in extremes.into_iter().filter(|_| n > 0) {
            rows[at.index(n * dim)] = value;
        }
        let scales: Vec<f32> = noise(n, seed ^ 5).iter().map(|&v| f32::from(v).abs() / 999.0).collect();
        let query = QuantisedQuery::new(&z);
        let mut want = vec![f32::NAN; n];
        SCALAR.scan(&rows, dim, &scales, &query, &mut want);
        for kernels in available() {
            let mut got = vec![f32::NAN; n];
            kernels.scan(&rows, dim, &scales, &query, &mut got);
            prop_assert_eq!(bits(&got), bits(&want), "{:?}", kernels);
        }
    }

    #[test]
    fn quantised_values_are_within_half_a_step(z in prop::collection::vec(-1e3_f32..1e3, 1..100)) {
        let query = QuantisedQuery::new(&z);
        for (&v, &z) in query.values().iter().zip(&z) {
            prop_assert!((f32::from(v) * query.step() - z).abs() <= query.step() * 0.5001);
        }
    }

    #[test]
    fn top_k_equals_a_sort(
        picks in prop::collection::vec(0_usize..12, 0..900),
        k in 0_usize..400,
        marked in prop::collection::vec(any::<u32>(), 0..300),
    ) {
        // Few distinct scores, so that ties decide.
        let values =
            [0.0, -0.0, 1.0, 1.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.5, 2.0, 2.5, f32::MIN_POSITIVE];
        let scores: Vec<f32> = picks.iter().map(|&i| values[i]).collect();
        let n = scores.len();
        let rows = Bitmap::from_rows(n, marked.iter().map(|r| r % (n as u32 + 1)));
        prop_assert_eq!(top_k(&scores, k, Keep::All), slow_top_k(&scores, k, |_| true));
        prop_assert_eq!(top_k(&scores, k, Keep::Only(&rows)), slow_top_k(&scores, k, |r| rows.contains(r)));
        prop_assert_eq!(top_k(&scores, k, Keep::Except(&rows)), slow_top_k(&scores, k, |r| !rows.contains(r)));
    }

    #[test]
    fn a_bitmap_is_a_set(
        len in 0_usize..200,
        ins in prop::collection::vec(0_u32..220, 0..80),
        outs in prop::collection::vec(0_u32..220, 0..80),
    ) {
        let model = |rows: &[u32]| {
            rows.iter().copied().filter(|&r| (r as usize) < len).collect::<std::collections::BTreeSet<u32>>()
        };
        let (a, b) = (model(&ins), model(&outs));
        let (one, two) = (Bitmap::from_rows(len, ins.iter().copied()), Bitmap::from_rows(len, outs));
        prop_assert_eq!(one.iter().collect::<Vec<_>>(), a.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(one.count(), a.len());
        prop_assert_eq!(one.is_empty(), a.is_empty());
        let with = |f: fn(&mut Bitmap, &Bitmap)| {
            let mut set = one.clone();
            f(&mut set, &two);
            set.iter().collect::<Vec<_>>()
        };
        prop_assert_eq!(with(Bitmap::intersect), a.intersection(&b).copied().collect::<Vec<_>>());
        prop_assert_eq!(with(Bitmap::unite), a.union(&b).copied().collect::<Vec<_>>());
        prop_assert_eq!(with(Bitmap::subtract), a.difference(&b).copied().collect::<Vec<_>>());
        let mut rest = one.clone();
        rest.invert();
        prop_assert_eq!(rest.count(), len - a.len());
        prop_assert_eq!(Bitmap::full(len).count(), len);
        prop_assert!((0..250).all(|r| one.contains(r) == a.contains(&r)));
    }
}
