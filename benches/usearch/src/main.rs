//! Exact search for the 10 best of N unit vectors: gensr's scan and top-k against usearch's exact search, one thread.
//!
//! Both hold int8 rows and get the same float query; recall is against the float vectors, so that speed bought with
//! coarser numbers would show.

use std::time::{Duration, Instant};

use gensr::internals::{Keep, QuantisedQuery, active, best, top_k};
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

const K: usize = 10;
const QUERIES: usize = 50;

fn main() {
    println!("kernels: {}", active());
    println!("rows x width      engine      per query   recall@{K}");
    for (n, dim) in [(4_000, 128), (12_000, 128), (50_000, 128), (12_000, 384)] {
        let mut random = Random(7);
        let vectors: Vec<Vec<f32>> = (0..n).map(|_| random.unit(dim)).collect();
        let queries: Vec<Vec<f32>> = (0..QUERIES).map(|_| random.unit(dim)).collect();
        let truth: Vec<Vec<u32>> = queries.iter().map(|q| exact(&vectors, q)).collect();

        let (mut rows, mut scales) = (Vec::new(), Vec::new());
        for vector in &vectors {
            let row = QuantisedQuery::new(vector);
            rows.extend_from_slice(row.values());
            scales.push(row.step());
        }
        let mut scores = vec![0.0; n];
        let ours = measure(&queries, |z| {
            best().scan(&rows, dim, &scales, &QuantisedQuery::new(z), &mut scores);
            top_k(&scores, K, Keep::All).into_iter().map(|(row, _)| row).collect()
        });

        // Exact search walks all vectors and never the graph, so the graph is made as cheaply as it can be.
        let index = Index::new(&IndexOptions {
            dimensions: dim,
            metric: MetricKind::IP,
            quantization: ScalarKind::I8,
            connectivity: 2,
            expansion_add: 1,
            expansion_search: 1,
            multi: false,
        })
        .expect("usearch index");
        index.reserve(n).expect("usearch reserve");
        for (key, vector) in (0..).zip(&vectors) {
            index.add(key, vector).expect("usearch add");
        }
        let theirs = measure(&queries, |z| {
            let found = index.exact_search(z, K).expect("usearch search");
            found.keys.into_iter().map(|key| key as u32).collect()
        });
        for (name, (time, answers)) in [("gensr", &ours), ("usearch", &theirs)] {
            println!("{n:>7} x {dim:<6} {name:<8} {time:>12.1?}   {:.3}", recall(&truth, answers));
        }
        println!(
            "{:>25} ratio {:.2} (usearch runs on {})",
            "",
            theirs.0.as_secs_f64() / ours.0.as_secs_f64(),
            index.hardware_acceleration()
        );
    }
}

/// Fastest mean over all queries of several rounds, and the answers.
fn measure(queries: &[Vec<f32>], mut search: impl FnMut(&[f32]) -> Vec<u32>) -> (Duration, Vec<Vec<u32>>) {
    let answers = queries.iter().map(|q| search(q)).collect();
    let mut least = Duration::MAX;
    for _ in 0..10 {
        let start = Instant::now();
        for query in queries {
            std::hint::black_box(search(query));
        }
        least = least.min(start.elapsed() / QUERIES as u32);
    }
    (least, answers)
}

fn exact(vectors: &[Vec<f32>], query: &[f32]) -> Vec<u32> {
    let scores: Vec<f32> = vectors.iter().map(|v| v.iter().zip(query).map(|(a, b)| a * b).sum()).collect();
    top_k(&scores, K, Keep::All).into_iter().map(|(row, _)| row).collect()
}

fn recall(truth: &[Vec<u32>], answers: &[Vec<u32>]) -> f64 {
    let hits: usize = truth.iter().zip(answers).map(|(t, a)| a.iter().filter(|row| t.contains(row)).count()).sum();
    hits as f64 / (truth.len() * K) as f64
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A vector of length 1 in a random direction (sums of uniform numbers are near enough to normal ones).
    fn unit(&mut self, dim: usize) -> Vec<f32> {
        let mut uniform = || (self.next() >> 40) as f32 / (1 << 24) as f32;
        let vector: Vec<f32> = (0..dim).map(|_| (0..4).map(|_| uniform()).sum::<f32>() - 2.0).collect();
        let norm = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        vector.into_iter().map(|v| v / norm).collect()
    }
}
