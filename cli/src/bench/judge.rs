//! The judge: all candidates in one call against a call for each, of the same graph after the same history.

use std::time::Instant;

use anyhow::Result;
use gensr::{CancelToken, Engine, JUDGED, Task};
use serde::Serialize;

use super::elapsed;
use super::stages::Spread;
use super::workload::Workload;
use crate::output::ms;

/// Rounds at most: each asks a hundred times for one candidate.
const ROUNDS: usize = 50;

/// Milliseconds; the history's state is there already, but for `unshared`.
#[derive(Serialize)]
pub struct Judging {
    candidates: usize,
    /// One call for all.
    together: Spread,
    /// A call for each, added up.
    apart: Spread,
    /// The same, the history read anew for each candidate, as where no prefix is shared.
    unshared: Spread,
    /// Of the medians, to `together`.
    apart_ratio: f64,
    unshared_ratio: f64,
    /// Largest difference between what the judge says of a candidate together and apart; 0 is the same to the bit.
    difference: f32,
}

/// `None` where the pack has no judge.
pub fn run(engine: &Engine, workload: &Workload, iterations: usize) -> Result<Option<Judging>> {
    if !engine.diagnostics().judge {
        return Ok(None);
    }
    let (cancel, now) = (CancelToken::new(), Some(crate::query::now_ms()));
    let candidates = JUDGED.min(engine.manifest().items);
    let (mut together, mut apart, mut unshared) = (Vec::new(), Vec::new(), Vec::new());
    let mut difference = 0.0_f32;
    let rounds = iterations.clamp(1, ROUNDS);
    for at in 0..rounds {
        let history = workload.history(at, rounds);
        let other = workload.history(at + rounds / 2, rounds);
        let judge = |history, rows: &[u32]| {
            let logits = engine.judge(Task::Recommend, None, history, now, rows, &cancel)?;
            anyhow::Ok(logits.unwrap_or_default())
        };
        let first = (at * candidates) % (engine.manifest().items - candidates + 1);
        let rows: Vec<u32> = (first as u32..).take(candidates).collect();
        judge(&history, &rows)?;
        let began = Instant::now();
        let all = judge(&history, &rows)?;
        together.push(elapsed(began));
        let began = Instant::now();
        let each: Vec<f32> =
            rows.iter().map(|row| judge(&history, &[*row])).collect::<Result<Vec<_>>>()?.concat();
        apart.push(elapsed(began));
        let differences = all.iter().zip(&each).map(|(a, b)| (a - b).abs());
        difference = differences.fold(difference, f32::max);
        // The engine keeps one state: of two histories in turns none is there. A tenth of the candidates stands for all.
        let mut sum = 0.0;
        for row in rows.iter().step_by(10) {
            judge(&other, &[*row])?;
            let began = Instant::now();
            judge(&history, &[*row])?;
            sum += elapsed(began);
        }
        unshared.push(sum * candidates as f64 / candidates.div_ceil(10) as f64);
    }
    let [together, apart, unshared] =
        [&mut together, &mut apart, &mut unshared].map(|times| Spread::of(times));
    let ratio = |times: Spread| times.p50 / together.p50.max(f64::MIN_POSITIVE);
    Ok(Some(Judging {
        candidates,
        apart_ratio: ratio(apart),
        unshared_ratio: ratio(unshared),
        together,
        apart,
        unshared,
        difference,
    }))
}

impl Judging {
    /// For people.
    pub fn text(&self) -> String {
        format!(
            "\n{} candidates judged in one call: {} (p95 {}); in a call each {}, {:.1} times as long; and with the history \
             read anew for each {}, {:.0} times. Logits differ by at most {}.\n",
            self.candidates,
            ms(self.together.p50),
            ms(self.together.p95),
            ms(self.apart.p50),
            self.apart_ratio,
            ms(self.unshared.p50),
            self.unshared_ratio,
            self.difference
        )
    }
}
