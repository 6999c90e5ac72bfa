//! Cost of live items: the same searches on the pack alone and beside live items, in turns, in one run.

use std::time::Instant;

use anyhow::Result;
use gensr::{CancelToken, Engine, MAX_CHANGES, RecommendRequest, SearchRequest, Upsert};
use serde::Serialize;

use super::stages::Spread;
use super::workload::Workload;
use super::{elapsed, ratio};
use crate::args::BenchArgs;
use crate::open;
use crate::output::{self, count, ms, right};

/// Calls that bring one more item.
const ONE_BY_ONE: usize = 20;

/// Times in milliseconds; ratios of live to alone.
#[derive(Serialize)]
pub struct Live {
    items: usize,
    /// Of them those that replaced items of the pack, so that these are dead rows.
    replaced: usize,
    /// Whole call, in a profile in memory.
    upsert: f64,
    vectors: f64,
    /// One more item beside them all.
    upsert_one: f64,
    search: Pair,
    recommend: Pair,
}

#[derive(Serialize)]
struct Pair {
    alone: Spread,
    live: Spread,
    /// Of the medians.
    ratio: f64,
}

impl Pair {
    fn new(alone: &mut [f64], live: &mut [f64]) -> Self {
        let (alone, live) = (Spread::of(alone), Spread::of(live));
        Self { alone, live, ratio: ratio(live, alone) }
    }
}

/// Half of the items replace items of the pack under new titles, the others are new; titles and texts are made of the
/// pack's titles.
pub fn run(args: &BenchArgs, alone: &Engine, workload: &mut Workload, items: usize) -> Result<Live> {
    let live = open::engine(&args.pack.pack, None)?;
    let cancel = CancelToken::new();
    let replaced = items / 2;
    let upserts: Vec<Upsert> = (0..items)
        .map(|place| {
            let own = if place < replaced { workload.id() } else { None };
            let id = own.unwrap_or_else(|| format!("live-{place}"));
            let title = format!("{} {}", workload.query(), workload.query());
            Upsert::new(id, title, format!("{} {}", workload.query(), workload.query()))
        })
        .collect();
    let began = Instant::now();
    for batch in upserts.chunks(MAX_CHANGES) {
        live.upsert_items(batch.to_vec())?;
    }
    let upsert = elapsed(began);
    let began = Instant::now();
    live.pending_vectors().run(&live, &cancel)?;
    let vectors = elapsed(began);
    let mut one = Vec::new();
    for (place, item) in upserts.iter().take(ONE_BY_ONE).enumerate() {
        let mut item = item.clone();
        item.id = format!("one-{place}");
        let began = Instant::now();
        live.upsert_items(vec![item])?;
        one.push(elapsed(began));
    }

    let iterations = args.iterations as usize;
    let mut times: [[Vec<f64>; 2]; 2] = Default::default();
    live.warm_up(&cancel)?;
    for at in 0..iterations {
        let history = workload.history(at, iterations);
        let search = SearchRequest::new(workload.query()).history(history.clone());
        let recommend = RecommendRequest::new().history(history);
        // The two take turns at going first: the second finds the processor's caches warm.
        let engines = if at % 2 == 0 { [(0, alone), (1, &live)] } else { [(1, &live), (0, alone)] };
        for (which, engine) in engines {
            if workload.is_new_history(at, iterations) {
                engine.recommend(&recommend, &cancel)?;
            }
            let began = Instant::now();
            engine.search(&search, &cancel)?;
            times[0][which].push(elapsed(began));
        }
        for (which, engine) in engines {
            let began = Instant::now();
            engine.recommend(&recommend, &cancel)?;
            times[1][which].push(elapsed(began));
        }
    }
    let [[mut search_alone, mut search_live], [mut recommend_alone, mut recommend_live]] = times;
    Ok(Live {
        items: live.diagnostics().live.items,
        replaced,
        upsert,
        vectors,
        upsert_one: Spread::of(&mut one).p50,
        search: Pair::new(&mut search_alone, &mut search_live),
        recommend: Pair::new(&mut recommend_alone, &mut recommend_live),
    })
}

impl Live {
    pub fn text(&self) -> String {
        let mut table = output::table(&["beside live items", "alone p50", "p95", "live p50", "p95", "ratio"]);
        for (name, pair) in [("search", &self.search), ("recommend", &self.recommend)] {
            let times = [pair.alone.p50, pair.alone.p95, pair.live.p50, pair.live.p95];
            let mut row = vec![comfy_table::Cell::new(name)];
            row.extend(times.map(|time| right(ms(time))));
            row.push(right(format!("{:.2}", pair.ratio)));
            table.add_row(row);
        }
        format!(
            "\n{table}\n{} live items, {} in place of others: upserted in {}, vectors in {}; one more in {}\n",
            count(self.items as u64),
            count(self.replaced as u64),
            ms(self.upsert),
            ms(self.vectors),
            ms(self.upsert_one)
        )
    }
}
