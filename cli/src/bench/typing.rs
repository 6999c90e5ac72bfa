//! Titles typed letter by letter into a search box: what every keystroke takes, and what moves on the screen.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Result;
use comfy_table::Cell;
use gensr::{CancelToken, Engine, RecommendRequest, Response, SearchRequest};
use serde::Serialize;

use super::stages::{Samples, Spread, Stages};
use super::workload::Workload;
use crate::output::{self, ms, right};

/// Completions that are asked for at every keystroke.
const COMPLETIONS: usize = 8;

/// Milliseconds, and shares.
#[derive(Serialize)]
pub struct Typing {
    keystrokes: usize,
    completions: Spread,
    /// The first answer, from words.
    first: Stages,
    /// The whole ranking after it.
    ranked: Stages,
    query_encoding: Option<Spread>,
    /// p50 over the p50 of encoding the query, where that is more than a microsecond.
    first_to_encoding: Option<f64>,
    ranked_to_encoding: Option<f64>,
    /// First answers without a hit.
    first_empty: f64,
    /// Share of the pairs of hits of both lists that stand in the same order in both: from the list on the screen to the first
    /// answer, and from that to the whole ranking.
    steady_first: f64,
    steady_ranked: f64,
    /// Share of the hits of a first answer that the whole ranking has, too.
    first_kept: f64,
}

/// Pairs that keep their order, and all.
#[derive(Default)]
struct Pairs {
    kept: u64,
    all: u64,
}

impl Pairs {
    fn add(&mut self, before: &[&str], after: &[&str]) {
        let place: HashMap<&str, usize> = before.iter().copied().zip(0..).collect();
        let both: Vec<usize> = after.iter().filter_map(|id| place.get(id).copied()).collect();
        for (at, first) in both.iter().enumerate() {
            self.all += (both.len() - at - 1) as u64;
            self.kept += both[at + 1..].iter().filter(|second| first < second).count() as u64;
        }
    }

    fn share(&self) -> f64 {
        if self.all == 0 { 1.0 } else { self.kept as f64 / self.all as f64 }
    }
}

fn ids(response: &Response) -> Vec<&str> {
    response.hits.iter().map(|hit| hit.id.as_str()).collect()
}

/// Types titles until there were `keystrokes` of them.
pub fn run(engine: &Engine, workload: &mut Workload, keystrokes: usize, tick: impl Fn()) -> Result<Typing> {
    let typing = engine.typing();
    let cancel = CancelToken::new();
    let (mut first, mut ranked, mut completions) = (Samples::default(), Samples::default(), Vec::new());
    let (mut to_first, mut to_ranked) = (Pairs::default(), Pairs::default());
    let (mut kept, mut hits, mut empty, mut done) = (0, 0, 0, 0);
    let mut screen = Response::default();
    engine.complete("a", COMPLETIONS)?;
    while done < keystrokes {
        let history = workload.history(done, keystrokes);
        // The state of a history is computed once; what follows is warm.
        let warm = RecommendRequest::new().history(history.clone()).limit(1);
        engine.recommend(&warm, &cancel)?;
        for text in workload.typed().iter().take(keystrokes - done) {
            let keystroke = typing.keystroke(
                SearchRequest::new(text.as_str())
                    .history(history.clone())
                    .now_ms(Some(crate::query::now_ms())),
            );
            let began = Instant::now();
            engine.complete(text, COMPLETIONS)?;
            completions.push(began.elapsed().as_secs_f64() * 1e3);
            let at_once = first.measure(|| keystroke.words())?;
            let whole = ranked.measure(|| keystroke.ranked())?;
            let (before, found, all) = (ids(&screen), ids(&at_once), ids(&whole));
            to_first.add(&before, &found);
            to_ranked.add(&found, &all);
            hits += found.len();
            kept += found.iter().filter(|id| all.contains(id)).count();
            empty += usize::from(at_once.hits.is_empty());
            screen = whole;
            done += 1;
            tick();
        }
        // The box is emptied for the next title.
        typing.stop();
        screen = Response::default();
    }
    let (first, ranked) = (first.stages(), ranked.stages());
    let query_encoding = ranked.get("text");
    let ratio = |stages: &Stages| {
        let encoding = query_encoding.filter(|text| text.p50 > 1e-3)?;
        Some(stages.get("total")?.p50 / encoding.p50)
    };
    Ok(Typing {
        keystrokes: done,
        completions: Spread::of(&mut completions),
        first_to_encoding: ratio(&first),
        ranked_to_encoding: ratio(&ranked),
        first,
        ranked,
        query_encoding,
        first_empty: empty as f64 / done.max(1) as f64,
        steady_first: to_first.share(),
        steady_ranked: to_ranked.share(),
        first_kept: kept as f64 / hits.max(1) as f64,
    })
}

/// For the reader at a terminal.
pub fn text(typing: &Typing) -> String {
    let mut table = output::table(&["a keystroke", "p50", "p95", "to encoding"]);
    let total = |stages: &Stages| stages.get("total").unwrap_or(Spread { p50: 0.0, p95: 0.0 });
    for (name, spread, ratio) in [
        ("completions", typing.completions, None),
        ("first answer", total(&typing.first), typing.first_to_encoding),
        ("whole ranking", total(&typing.ranked), typing.ranked_to_encoding),
    ] {
        let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        table.add_row([Cell::new(name), right(ms(spread.p50)), right(ms(spread.p95)), right(ratio)]);
    }
    let share = |share: f64| format!("{:.1} %", 100.0 * share);
    format!(
        "\n{table}\n{} letters of titles; pairs in order: {} to the first answer, {} on to the ranking, which keeps {} of its \
         hits; {} of the first answers are empty\n",
        typing.keystrokes,
        share(typing.steady_first),
        share(typing.steady_ranked),
        share(typing.first_kept),
        share(typing.first_empty),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_by_hand() {
        let mut pairs = Pairs::default();
        assert_eq!(pairs.share(), 1.0);
        pairs.add(&["a", "b", "c", "d"], &["x", "b", "a", "d"]);
        assert_eq!((pairs.kept, pairs.all), (2, 3), "b before a is new; both before d is not");
        pairs.add(&["a", "b"], &["c", "d"]);
        assert_eq!(pairs.all, 3);
    }
}
