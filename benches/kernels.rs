//! Scans of int8 rows on every instruction set of this CPU, against just reading the same bytes.
//!
//! `cargo bench --bench kernels` prints a table of ratios first, measured in turn so that both sides see the same
//! machine, and then criterion's figures. One thread throughout.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use gensr::internals::{Bitmap, Keep, QuantisedQuery, available, best, top_k};

/// (rows, width): a small catalogue in the second-level cache, LastFM-like and Beauty-like ones at the default width, a large one
/// that no cache holds.
const SHAPES: [(usize, usize); 5] =
    [(4_000, 64), (4_000, 128), (12_000, 128), (100_000, 128), (400_000, 256)];

struct Data {
    rows: Vec<i8>,
    scales: Vec<f32>,
    query: QuantisedQuery,
    dim: usize,
}

impl Data {
    fn new(n: usize, dim: usize) -> Self {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let rows = (0..n * dim).map(|_| (next() >> 32) as i8).collect();
        let scales = (0..n).map(|_| 1e-3 + (next() % 100) as f32 * 1e-5).collect();
        let z: Vec<f32> = (0..dim).map(|_| (next() % 2_001) as f32 / 1e3 - 1.0).collect();
        Self { rows, scales, query: QuantisedQuery::new(&z), dim }
    }
}

/// The least that a scan must do: read every byte. Four sums, so that the adds do not wait for each other.
fn read(rows: &[i8]) -> u64 {
    let bytes: &[u8] = bytemuck::cast_slice(rows);
    let mut sums = [0_u64; 16];
    for block in bytes.as_chunks::<128>().0 {
        for (sum, word) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    sums.into_iter().fold(0, u64::wrapping_add)
}

/// A name and what to run under it.
type Run<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// The fastest of the runs that fit in a moment: what the code can do when nobody else is on the core.
fn fastest(runs: &mut [Run<'_>]) -> Vec<Duration> {
    let mut least = vec![Duration::MAX; runs.len()];
    let end = Instant::now() + Duration::from_millis(1_500);
    while Instant::now() < end {
        for (least, (_, run)) in least.iter_mut().zip(runs.iter_mut()) {
            let start = Instant::now();
            run();
            *least = (*least).min(start.elapsed());
        }
    }
    least
}

fn ratios() {
    println!("rows x width      kernel         time       GB/s   times reading");
    for (n, dim) in SHAPES {
        let data = Data::new(n, dim);
        let out = RefCell::new(vec![0.0_f32; n]);
        let tables = available();
        let mut runs: Vec<Run<'_>> = vec![(
            "read",
            Box::new(|| {
                black_box(read(black_box(&data.rows)));
            }),
        )];
        for kernels in &tables {
            let (data, out) = (&data, &out);
            runs.push((
                kernels.name(),
                Box::new(move || {
                    kernels.scan(
                        black_box(&data.rows),
                        dim,
                        &data.scales,
                        &data.query,
                        &mut out.borrow_mut(),
                    );
                }),
            ));
        }
        let times = fastest(&mut runs);
        for ((name, _), time) in runs.iter().zip(&times) {
            let ratio = time.as_secs_f64() / times[0].as_secs_f64();
            let speed = data.rows.len() as f64 / time.as_secs_f64() / 1e9;
            println!("{n:>7} x {dim:<6} {name:<10} {time:>10.1?} {speed:>8.1}   {ratio:.2}");
        }
    }
}

fn scans(c: &mut Criterion) {
    for (n, dim) in SHAPES {
        let data = Data::new(n, dim);
        let mut out = vec![0.0; n];
        let mut group = c.benchmark_group(format!("scan {n} x {dim}"));
        group.throughput(Throughput::Bytes(data.rows.len() as u64));
        group.bench_function("read", |b| b.iter(|| read(black_box(&data.rows))));
        for kernels in available() {
            group.bench_function(kernels.name(), |b| {
                b.iter(|| kernels.scan(black_box(&data.rows), data.dim, &data.scales, &data.query, &mut out));
            });
        }
        group.finish();
    }
}

fn selections(c: &mut Criterion) {
    let data = Data::new(100_000, 128);
    let mut scores = vec![0.0; 100_000];
    best().scan(&data.rows, data.dim, &data.scales, &data.query, &mut scores);
    let mut group = c.benchmark_group("top_k of 100000");
    for k in [10, 100, 1_000] {
        group.bench_function(k.to_string(), |b| b.iter(|| top_k(black_box(&scores), k, Keep::All)));
    }
    group.finish();
}

/// One condition of a filter over a catalogue: numbers in a range, and sets of four that have one of some values.
fn filters(c: &mut Criterion) {
    const ITEMS: usize = 200_000;
    let mut state = 1_u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let numbers: Vec<f32> = (0..ITEMS).map(|_| (draw() % 1_000) as f32).collect();
    let sets: Vec<u32> = (0..4 * ITEMS).map(|_| draw() % 500).collect();
    let wanted = Bitmap::from_rows(500, [3, 141, 59]);
    let mut group = c.benchmark_group(format!("filter {ITEMS}"));
    group.bench_function("range", |b| {
        b.iter(|| Bitmap::matching(black_box(&numbers), |value| (100.0..=300.0).contains(&value)))
    });
    group.bench_function("sets", |b| {
        b.iter(|| {
            Bitmap::from_fn(ITEMS, |row| sets[4 * row..4 * row + 4].iter().any(|v| wanted.contains(*v)))
        })
    });
    group.finish();
}

fn main() {
    // `cargo test --benches` passes `--test`: run each once, print no table.
    if !std::env::args().any(|a| a == "--test") {
        ratios();
    }
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    scans(&mut criterion);
    selections(&mut criterion);
    filters(&mut criterion);
    criterion.final_summary();
}
