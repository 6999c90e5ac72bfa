//! `gensr bench`: how fast a pack answers on this machine, stage by stage, and what memory that takes.

mod live;
mod provider;
mod stages;
mod typing;
mod workload;

use std::time::Instant;

use anyhow::{Context, Result};
use gensr::{
    CancelToken, Engine, Event, ExecutionProvider, History, RecommendRequest, SearchRequest, TextEncoderKind,
};
use serde::Serialize;

use crate::args::BenchArgs;
use crate::memory::Memory;
use crate::open;
use crate::output::{self, bold, bytes, count, dim, ms, right};
use stages::{Spread, Stages};
use workload::Workload;

/// How often a pack is opened for the opening times.
const OPENS: usize = 10;

#[derive(Serialize)]
struct Report {
    pack: PackMeta,
    machine: Machine,
    iterations: u32,
    seed: u64,
    /// Milliseconds, as all times here.
    open: Opening,
    open_to_first_search: Opening,
    search: Stages,
    recommend: Stages,
    query_encoding: Option<Spread>,
    /// p50 of a whole warm search over p50 of encoding its query.
    search_to_encoding: Option<f64>,
    record: Spread,
    recommend_after_record: Stages,
    record_and_recommend: Spread,
    typing: typing::Typing,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<live::Live>,
    /// The named execution provider beside the processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<provider::Comparison>,
    memory: Option<MemoryReport>,
}

#[derive(Serialize)]
struct PackMeta {
    name: String,
    id: String,
    items: usize,
    bytes: u64,
    static_text: bool,
}

#[derive(Serialize)]
struct Machine {
    os: &'static str,
    arch: &'static str,
    cores: usize,
    debug_build: bool,
}

/// The first of the process, and the spread of the later ones.
#[derive(Serialize)]
struct Opening {
    first: f64,
    p50: f64,
    p95: f64,
}

impl Opening {
    fn new(first: f64, later: &mut [f64]) -> Self {
        let Spread { p50, p95 } = Spread::of(later);
        Self { first, p50, p95 }
    }
}

#[derive(Serialize)]
struct MemoryReport {
    start: Memory,
    after_open: Memory,
    after_first_search: Memory,
    end: Memory,
}

/// Runs the command; `provider` is the execution provider that was named.
pub fn run(args: &BenchArgs, provider: Option<ExecutionProvider>, json: bool) -> Result<()> {
    if args.footprint {
        return provider::footprint(args, provider.unwrap_or_default());
    }
    let path = &args.pack.pack;
    let pack = open::pack(path)?;
    let bytes = pack.bytes_len() as u64;
    drop(pack);
    let start = Memory::now();
    let began = Instant::now();
    let engine = open::engine(path, None)?;
    let first_open = elapsed(began);
    let after_open = Memory::now();

    let cancel = CancelToken::new();
    let first_query = SearchRequest::new(workload::first_query(&engine)).history(History::Empty);
    engine.search(&first_query, &cancel)?;
    let first_result = elapsed(began);
    let after_first_search = Memory::now();

    let mut workload = Workload::new(&engine, args.seed)?;
    let iterations = args.iterations as usize;
    let bar = output::progress(4 * iterations as u64 + 2 * OPENS as u64, "measuring", false);

    let (mut opens, mut first_results) = (Vec::new(), Vec::new());
    for _ in 0..OPENS {
        let began = Instant::now();
        let engine = open::engine(path, None)?;
        opens.push(elapsed(began));
        engine.search(&first_query, &cancel)?;
        first_results.push(elapsed(began));
        bar.inc(2);
    }

    engine.warm_up(&cancel)?;
    let mut search = stages::Samples::default();
    let mut recommend = stages::Samples::default();
    for at in 0..iterations {
        let history = workload.history(at, iterations);
        let request = SearchRequest::new(workload.query()).history(history.clone());
        if workload.is_new_history(at, iterations) {
            // The state of a history is computed once; what follows is warm.
            engine.recommend(&RecommendRequest::new().history(history.clone()), &cancel)?;
        }
        search.measure(|| engine.search(&request, &cancel))?;
        let request = RecommendRequest::new().history(history);
        recommend.measure(|| engine.recommend(&request, &cancel))?;
        bar.inc(2);
    }

    let incremental = incremental(args, &mut workload, iterations, &bar)?;
    let typing = typing::run(&engine, &mut workload, iterations, || bar.inc(1))?;
    let live = args.live.map(|items| live::run(args, &engine, &mut workload, items as usize)).transpose()?;
    let end = Memory::now();
    let provider = provider.map(|provider| provider::run(args, provider, &mut workload)).transpose()?;
    bar.finish_and_clear();
    let search = search.stages();
    let manifest = engine.manifest();
    let static_text = manifest.text_encoder.kind == TextEncoderKind::Static;
    let query_encoding = search.get("text");
    let report = Report {
        pack: PackMeta {
            name: manifest.name.clone(),
            id: engine.diagnostics().pack_id,
            items: manifest.items,
            bytes,
            static_text,
        },
        machine: Machine {
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            debug_build: cfg!(debug_assertions),
        },
        iterations: args.iterations,
        seed: args.seed,
        open: Opening::new(first_open, &mut opens),
        open_to_first_search: Opening::new(first_result, &mut first_results),
        search_to_encoding: query_encoding
            .filter(|text| text.p50 > 0.0)
            .and_then(|text| Some(search.get("total")?.p50 / text.p50)),
        query_encoding,
        search,
        recommend: recommend.stages(),
        record: incremental.record,
        recommend_after_record: incremental.recommend,
        record_and_recommend: incremental.both,
        typing,
        live,
        provider,
        memory: memories([start, after_open, after_first_search, end]),
    };
    output::show(json, &report, || text(&report))
}

fn memories(all: [Option<Memory>; 4]) -> Option<MemoryReport> {
    let [start, after_open, after_first_search, end] = all;
    Some(MemoryReport {
        start: start?,
        after_open: after_open?,
        after_first_search: after_first_search?,
        end: end?,
    })
}

struct Incremental {
    record: Spread,
    recommend: Stages,
    both: Spread,
}

/// An app's work after every tap: record the event, ask again. With a profile on disk, in a folder of its own.
fn incremental(
    args: &BenchArgs,
    workload: &mut Workload,
    iterations: usize,
    bar: &indicatif::ProgressBar,
) -> Result<Incremental> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder for a profile")?;
    let engine: Engine = open::engine(&args.pack.pack, Some(folder.path()))?;
    let cancel = CancelToken::new();
    let request = RecommendRequest::default();
    engine.record_many(workload.events())?;
    engine.recommend(&request, &cancel)?;
    let (mut record, mut both) = (Vec::new(), Vec::new());
    let mut recommend = stages::Samples::default();
    for _ in 0..iterations {
        let event: Event = workload.event();
        let began = Instant::now();
        engine.record(event)?;
        record.push(elapsed(began));
        recommend.measure(|| engine.recommend(&request, &cancel))?;
        both.push(elapsed(began));
        bar.inc(1);
    }
    Ok(Incremental {
        record: Spread::of(&mut record),
        recommend: recommend.stages(),
        both: Spread::of(&mut both),
    })
}

/// Ratio of the medians.
fn ratio(of: Spread, to: Spread) -> f64 {
    of.p50 / to.p50.max(f64::MIN_POSITIVE)
}

fn elapsed(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn text(report: &Report) -> String {
    let pack = &report.pack;
    let machine = &report.machine;
    let mut out = format!(
        "{}  {}\n",
        bold(&pack.name),
        dim(format!(
            "{} items, {} · {} {}, {} cores · {} calls of each kind, one thread{}",
            count(pack.items as u64),
            bytes(pack.bytes),
            machine.os,
            machine.arch,
            machine.cores,
            report.iterations,
            if machine.debug_build { " · DEBUG BUILD: times say little" } else { "" }
        ))
    );
    let spread = |spread: Spread| [right(ms(spread.p50)), right(ms(spread.p95))];
    let mut table = output::table(&["stage", "search p50", "p95", "recommend p50", "p95"]);
    for (name, search) in &report.search.0 {
        let [a, b] = spread(*search);
        let [c, d] = report.recommend.get(name).map_or([right("-"), right("-")], spread);
        table.add_row([comfy_table::Cell::new(name), a, b, c, d]);
    }
    out.push_str(&format!("\n{table}\n\n"));

    let mut table = output::table(&["", "p50", "p95", "first of the process"]);
    for (name, times) in [("open", &report.open), ("open to first search", &report.open_to_first_search)] {
        table.add_row([
            comfy_table::Cell::new(name),
            right(ms(times.p50)),
            right(ms(times.p95)),
            right(ms(times.first)),
        ]);
    }
    for (name, times) in
        [("record an event", report.record), ("record, then recommend", report.record_and_recommend)]
    {
        let [a, b] = spread(times);
        table.add_row([comfy_table::Cell::new(name), a, b]);
    }
    out.push_str(&format!("{table}\n"));
    if let (Some(encoding), Some(ratio)) = (report.query_encoding, report.search_to_encoding) {
        out.push_str(&format!(
            "\na whole search takes {ratio:.2} times its query encoding alone ({}{})\n",
            ms(encoding.p50),
            if pack.static_text { ", word vectors only" } else { "" }
        ));
    }
    out.push_str(&typing::text(&report.typing));
    if let Some(live) = &report.live {
        out.push_str(&live.text());
    }
    if let Some(provider) = &report.provider {
        out.push_str(&provider.text());
    }
    if let Some(memory) = &report.memory {
        let mut table = output::table(&["memory", "private", "mapped files", "resident"]);
        for (name, memory) in [
            ("at start", memory.start),
            ("after open", memory.after_open),
            ("after the first search", memory.after_first_search),
            ("at the end", memory.end),
        ] {
            table.add_row([
                comfy_table::Cell::new(name),
                right(bytes(memory.private_bytes)),
                right(bytes(memory.mapped_bytes)),
                right(bytes(memory.rss_bytes)),
            ]);
        }
        out.push_str(&format!("\n{table}\n"));
    }
    out
}
