//! The query matters and the history matters, on the demo pack: nothing is left out and there is no lexical help.
//!
//! `models/demo/ambiguous.json` names queries that mean different things to different people (a *shell* of a climber and
//! of a cyclist), pairs of opposite tastes, which items fit a taste, and histories of each taste without any item of the
//! type that is searched.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::{BTreeMap, HashMap};

use gensr::{AttributeValue, CancelToken, Engine, Event, History, Hit, SearchRequest};
use serde::Deserialize;

const TOP: usize = 20;
/// Least rise of the share of fitting hits, own taste against the opposite one, averaged over all pairs.
const RISE: f64 = 0.4;
/// The same for histories dealt to tastes at random: within this of nothing.
const NO_RISE: f64 = 0.05;

#[derive(Deserialize)]
struct Ambiguous {
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    query: String,
    opposites: Vec<(String, String)>,
    tastes: BTreeMap<String, Taste>,
}

#[derive(Deserialize)]
struct Taste {
    fits: Fits,
    histories: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Fits {
    attribute: String,
    contains: String,
}

impl Fits {
    fn share(&self, hits: &[Hit]) -> f64 {
        let fits = |hit: &&Hit| {
            hit.attributes.iter().any(|(name, value)| {
                let AttributeValue::TextSet(values) = value else { return false };
                *name == self.attribute && values.contains(&self.contains)
            })
        };
        hits.iter().filter(fits).count() as f64 / hits.len() as f64
    }
}

/// Hits for a query after likes of these items; answers are kept, since pairs share them.
struct Searches {
    engine: Engine,
    known: HashMap<(String, Vec<String>), Vec<Hit>>,
}

impl Searches {
    fn hits(&mut self, query: &str, liked: &[String]) -> &[Hit] {
        let engine = &self.engine;
        self.known.entry((query.to_owned(), liked.to_vec())).or_insert_with(|| {
            let like = |(place, item): (usize, &String)| {
                Event::new(item.clone(), "like")
                    .timestamp_ms(Some(common::END_MS - 60_000 * (liked.len() - place) as i64))
            };
            let request = SearchRequest::new(query)
                .history(History::Events(liked.iter().enumerate().map(like).collect()))
                .limit(TOP)
                .exclude_history(Some(false))
                .attributes(vec!["activities".to_owned()])
                .now_ms(Some(common::END_MS));
            engine.search(&request, &CancelToken::new()).unwrap().hits
        })
    }
}

fn demo() -> (Searches, Ambiguous) {
    let folder = common::root().join("models/demo");
    let pack = common::ready(folder.join("demo.gensr"));
    let text = std::fs::read(folder.join("ambiguous.json")).unwrap();
    let searches = Searches { engine: common::open(&pack, None), known: HashMap::new() };
    (searches, serde_json::from_slice(&text).unwrap())
}

/// Mean rise over pairs of opposite tastes; `histories_of` says whose histories stand for a taste.
fn rise<'a>(
    searches: &mut Searches,
    world: &'a Ambiguous,
    mut histories_of: impl FnMut(&'a Query, &'a str) -> &'a [Vec<String>],
) -> (f64, usize) {
    let mut rises = Vec::new();
    for query in &world.queries {
        for (one, other) in &query.opposites {
            for (taste, opposite) in [(one, other), (other, one)] {
                let fits = &query.tastes[taste].fits;
                let own = histories_of(query, taste).to_vec();
                let foreign = histories_of(query, opposite).to_vec();
                for (mine, theirs) in own.iter().zip(&foreign) {
                    let with_mine = fits.share(searches.hits(&query.query, mine));
                    rises.push(with_mine - fits.share(searches.hits(&query.query, theirs)));
                }
            }
        }
    }
    (rises.iter().sum::<f64>() / rises.len() as f64, rises.len())
}

#[test]
fn the_history_moves_an_ambiguous_search_to_its_own_taste_and_a_shuffled_one_does_not() {
    let (mut searches, world) = demo();
    let (own, pairs) = rise(&mut searches, &world, |query, taste| &query.tastes[taste].histories);
    // The same histories, each standing for a taste that a fixed sequence deals: nothing left to rise.
    let mut dealt = 1_u64;
    let (shuffled, _) = rise(&mut searches, &world, |query, _| {
        dealt = dealt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let tastes: Vec<&Taste> = query.tastes.values().collect();
        &tastes[(dealt >> 33) as usize % tastes.len()].histories
    });
    println!(
        "{pairs} pairs: the share of fitting hits rises by {own:.3}, with shuffled histories by {shuffled:.3}"
    );
    assert!(pairs > 500, "only {pairs} pairs");
    assert!(own >= RISE, "rise {own}");
    assert!(shuffled.abs() <= NO_RISE, "shuffled rise {shuffled}");
}

#[test]
fn the_query_decides_what_kind_of_thing_is_found() {
    let (mut searches, world) = demo();
    let history = world.queries[0].tastes.values().next().unwrap().histories[0].clone();
    let mut named = Vec::new();
    for query in world.queries.iter().filter(|query| !query.query.contains(' ')) {
        let word = query.query.trim_end_matches('s').to_lowercase();
        let hits = searches.hits(&query.query, &history);
        let with = hits.iter().filter(|hit| hit.title.to_lowercase().contains(&word)).count();
        named.push(with as f64 / hits.len() as f64);
    }
    let share = named.iter().sum::<f64>() / named.len() as f64;
    println!("{} queries: {share:.3} of the hits are named after what was asked", named.len());
    assert!(share >= 0.8, "share {share}");
}
