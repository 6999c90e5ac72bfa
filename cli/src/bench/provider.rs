//! An execution provider against the processor: the same calls on both in turns, and the memory of a fresh process on each.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use gensr::{
    CancelToken, Engine, ExecutionProvider, GraphNodes, History, RecommendRequest, Response, SearchRequest,
};
use serde::Serialize;

use super::stages::Spread;
use super::workload::{self, Workload};
use super::{elapsed, ratio};
use crate::args::BenchArgs;
use crate::memory::Memory;
use crate::open;
use crate::output::{self, bytes, ms, right};

/// Best items of two responses that are compared.
const BEST: usize = 10;

/// Times in milliseconds.
#[derive(Serialize)]
pub struct Comparison {
    name: &'static str,
    search: Pair,
    recommend: Pair,
    /// `None` on systems that do not tell.
    memory: Option<MemoryPair>,
    /// Node counts of the engine on the provider.
    nodes: Vec<GraphNodes>,
}

#[derive(Serialize)]
struct Pair {
    /// Share of the best 10 items of the processor that are among the best 10 of the provider, mean of all calls.
    overlap_at_10: f64,
    /// The call with the smallest share.
    lowest_overlap_at_10: f64,
    cpu: Spread,
    provider: Spread,
    /// Median on the provider to median on the processor.
    ratio: f64,
}

/// Of a process that opened the pack, searched and recommended once.
#[derive(Serialize)]
struct MemoryPair {
    cpu: Memory,
    provider: Memory,
}

/// Samples of one task: the processor's times, the provider's, and overlaps.
#[derive(Default)]
struct Samples {
    times: [Vec<f64>; 2],
    overlaps: Vec<f64>,
}

impl Samples {
    /// Runs one call on both engines. They take turns to be first, because the second finds warm caches of the processor.
    fn measure(
        &mut self,
        at: usize,
        engines: [&Engine; 2],
        call: impl Fn(&Engine) -> gensr::Result<Response>,
    ) -> Result<()> {
        let order = if at.is_multiple_of(2) { [0, 1] } else { [1, 0] };
        let mut responses = [Response::default(), Response::default()];
        for which in order {
            let began = Instant::now();
            responses[which] = call(engines[which])?;
            self.times[which].push(elapsed(began));
        }
        let [cpu, provider] = responses.map(|response| ids(&response));
        self.overlaps.push(overlap(&cpu, &provider));
        Ok(())
    }

    fn pair(mut self) -> Pair {
        let [cpu, provider] = self.times.each_mut().map(|times| Spread::of(times));
        Pair {
            overlap_at_10: self.overlaps.iter().sum::<f64>() / self.overlaps.len().max(1) as f64,
            lowest_overlap_at_10: self.overlaps.iter().copied().fold(1.0, f64::min),
            ratio: ratio(provider, cpu),
            cpu,
            provider,
        }
    }
}

/// Compares `provider` with the processor on the queries and histories of the workload.
pub fn run(args: &BenchArgs, provider: ExecutionProvider, workload: &mut Workload) -> Result<Comparison> {
    let folders = [profile()?, profile()?];
    let open = |provider, folder: &tempfile::TempDir| {
        open::engine_on(provider, &args.pack.pack, Some(folder.path()))
    };
    let engines = [open(ExecutionProvider::Cpu, &folders[0])?, open(provider, &folders[1])?];
    let engines = engines.each_ref();
    let cancel = CancelToken::new();
    let iterations = args.iterations as usize;
    let (mut search, mut recommend) = (Samples::default(), Samples::default());
    for engine in engines {
        engine.warm_up(&cancel)?;
    }
    for at in 0..iterations {
        let history = workload.history(at, iterations);
        let searched = SearchRequest::new(workload.query()).history(history.clone()).limit(BEST);
        let recommended = RecommendRequest::new().history(history).limit(BEST);
        if workload.is_new_history(at, iterations) {
            for engine in engines {
                engine.recommend(&recommended, &cancel)?;
            }
        }
        search.measure(at, engines, |engine| engine.search(&searched, &cancel))?;
        recommend.measure(at, engines, |engine| engine.recommend(&recommended, &cancel))?;
    }
    let footprint = |provider| footprint_of(args, provider);
    let memory = footprint(ExecutionProvider::Cpu)?.zip(footprint(provider)?);
    Ok(Comparison {
        name: provider.name(),
        search: search.pair(),
        recommend: recommend.pair(),
        memory: memory.map(|(cpu, provider)| MemoryPair { cpu, provider }),
        nodes: engines[1].diagnostics().nodes,
    })
}

/// A profile of its own, so that Core ML has a folder for the models that it compiles.
fn profile() -> Result<tempfile::TempDir> {
    tempfile::tempdir().context("cannot make a temporary folder for a profile")
}

/// Prints the memory of this process after it has opened a pack, searched and recommended once.
pub fn footprint(args: &BenchArgs, provider: ExecutionProvider) -> Result<()> {
    let (folder, cancel) = (profile()?, CancelToken::new());
    let engine = open::engine_on(provider, &args.pack.pack, Some(folder.path()))?;
    let search = SearchRequest::new(workload::first_query(&engine));
    engine.search(&search.history(History::Empty), &cancel)?;
    engine.recommend(&RecommendRequest::new().history(History::Empty), &cancel)?;
    output::print(&serde_json::to_string(&Memory::now())?)
}

/// Runs `footprint` in a process of its own: in this one, memory that other engines have freed would be used again.
fn footprint_of(args: &BenchArgs, provider: ExecutionProvider) -> Result<Option<Memory>> {
    let program = std::env::current_exe().context("cannot find the program for another process of it")?;
    let output = Command::new(program)
        .arg("bench")
        .arg(&args.pack.pack)
        .args(["--footprint", "--provider", provider.name()])
        .output()
        .context("cannot start another process to measure memory")?;
    if !output.status.success() {
        bail!("measuring memory on {provider}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn ids(response: &Response) -> Vec<String> {
    response.hits.iter().take(BEST).map(|hit| hit.id.clone()).collect()
}

/// Share of `expected` that is in `found`; 1 if both are empty.
fn overlap(expected: &[String], found: &[String]) -> f64 {
    if expected.is_empty() {
        return if found.is_empty() { 1.0 } else { 0.0 };
    }
    expected.iter().filter(|id| found.contains(id)).count() as f64 / expected.len() as f64
}

impl Comparison {
    /// For people.
    pub fn text(&self) -> String {
        let name = self.name;
        let header = format!("{name} beside cpu");
        let mut table =
            output::table(&[&header, "same top 10", "lowest", "cpu p50", "p95", "p50", "p95", "ratio"]);
        for (task, pair) in [("search", &self.search), ("recommend", &self.recommend)] {
            let shares = [pair.overlap_at_10, pair.lowest_overlap_at_10];
            let times = [pair.cpu.p50, pair.cpu.p95, pair.provider.p50, pair.provider.p95];
            let mut row = vec![comfy_table::Cell::new(task)];
            row.extend(shares.map(|share| right(format!("{:.1} %", 100.0 * share))));
            row.extend(times.map(|time| right(ms(time))));
            row.push(right(format!("{:.2}", pair.ratio)));
            table.add_row(row);
        }
        let mut out = format!("\n{table}\n");
        if let Some(MemoryPair { cpu, provider }) = &self.memory {
            out.push_str(&format!(
                "memory of a fresh process: {} private on {name}, {} on cpu\n",
                bytes(provider.private_bytes),
                bytes(cpu.private_bytes)
            ));
        }
        let nodes = self.nodes.iter().map(|row| format!("{} {} on {}", row.graph, row.nodes, row.provider));
        out.push_str(&format!("nodes: {}\n", nodes.collect::<Vec<_>>().join(", ")));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_a_share_of_the_processor_s_best() {
        let ids = |ids: &str| ids.split_terminator(' ').map(str::to_owned).collect::<Vec<_>>();
        for (expected, found, share) in [
            ("a b c d", "d c b a", 1.0),
            ("a b c d", "a x y", 0.25),
            ("", "", 1.0),
            ("", "a", 0.0),
            ("a", "", 0.0),
        ] {
            assert_eq!(overlap(&ids(expected), &ids(found)), share, "{expected:?} {found:?}");
        }
    }
}
