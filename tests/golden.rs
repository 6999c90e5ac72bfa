//! The engine against the Python reference, which writes what it computes beside the pack (docs/pack-format.md is the
//! contract of both): words and tokens exactly, features and output vectors by cosine, top lists up to near ties.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::HashMap;
use std::path::Path;

use gensr::{AttributeValue, CancelToken, Engine, EvalRequest, Event, History, Task, Upsert};
use serde::Deserialize;

/// Least cosine of features and output vectors.
const COSINE: f64 = 0.9999;
/// Items whose scores differ by less than this, relative to the largest score of the list, may swap.
const TIE: f64 = 1e-3;

#[derive(Deserialize)]
struct Golden {
    words: Vec<Ids>,
    #[serde(default)]
    tokens: Vec<Ids>,
    queries: Vec<Query>,
    /// Absent for packs that are older than the graph `item`.
    #[serde(default)]
    items: Vec<Item>,
    recommend: Vec<Request>,
    search: Vec<Request>,
    /// Recommendations with an intent, which stands in `query`.
    #[serde(default, rename = "wish")]
    intent: Vec<Request>,
}

#[derive(Deserialize)]
struct Ids {
    text: String,
    ids: Vec<i64>,
}

#[derive(Deserialize)]
struct Query {
    text: String,
    features: Vec<f32>,
}

/// The row that the graph `item` makes of the text of an item of the pack.
#[derive(Deserialize)]
struct Item {
    title: String,
    text: String,
    categories: Vec<String>,
    fused: Vec<i32>,
    fused_scale: f32,
}

#[derive(Deserialize)]
struct Request {
    query: Option<String>,
    history: Vec<PastEvent>,
    now_ms: i64,
    output: Vec<f32>,
    top: Vec<Top>,
}

#[derive(Deserialize)]
struct PastEvent {
    item_id: String,
    kind: String,
    timestamp_ms: i64,
    query: Option<String>,
}

#[derive(Deserialize)]
struct Top {
    id: String,
    score: f64,
}

#[test]
fn the_demo_pack_answers_as_the_reference() {
    let folder = common::root().join("models/demo");
    compare(&common::ready(folder.join("demo.gensr")), &folder.join("golden.json"));
}

#[test]
fn a_transformer_pack_answers_as_the_reference() {
    let golden = compare(&common::tiny(), &common::golden("tiny.json"));
    assert!(!golden.tokens.is_empty(), "a pack with a tokenizer has golden tokens");
    assert!(golden.intent.len() > 5, "a pack with an instruction stage has golden intents");
}

fn compare(pack: &Path, golden: &Path) -> Golden {
    let engine = common::open(pack, None);
    let golden: Golden = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    assert!(!golden.words.is_empty() && !golden.queries.is_empty() && !golden.recommend.is_empty());
    for Ids { text, ids } in &golden.words {
        let found: Vec<_> = engine.word_ids(text).into_iter().map(i64::from).collect();
        assert_eq!(&found, ids, "words of {text:?}");
    }
    for Ids { text, ids } in &golden.tokens {
        assert_eq!(engine.token_ids(text).unwrap().as_ref(), Some(ids), "tokens of {text:?}");
    }
    for Query { text, features } in &golden.queries {
        assert_alike(&engine.query_features(text).unwrap(), features, &format!("features of {text:?}"));
    }
    live_items(&engine, &golden.items);
    for (place, request) in golden.recommend.iter().enumerate() {
        assert_eq!(request.query, None);
        check(&engine, Task::Recommend, request, &format!("recommendation {place}"));
    }
    for (place, request) in golden.search.iter().enumerate() {
        check(&engine, Task::Search, request, &format!("search {place}"));
    }
    for (place, request) in golden.intent.iter().enumerate() {
        assert!(request.query.is_some());
        check(&engine, Task::Recommend, request, &format!("intent {place}"));
    }
    golden
}

/// An item that comes after the pack has the row that the reference makes of its text, and none before.
fn live_items(engine: &Engine, items: &[Item]) {
    let upsert = |(place, item): (usize, &Item)| {
        Upsert::new(format!("live {place}"), &*item.title, &*item.text)
            .attributes(vec![("categories".into(), AttributeValue::TextSet(item.categories.clone()))])
    };
    let job = engine.upsert_items(items.iter().enumerate().map(upsert).collect()).unwrap();
    assert_eq!((job.progress().done, job.progress().total), (0, items.len()));
    let row = |place: usize| engine.item_row(&format!("live {place}")).unwrap();
    assert!((1..items.len()).all(|place| row(place) == row(0)), "they are all the average item");
    job.run(engine, &CancelToken::new()).unwrap();
    assert_eq!((job.progress().done, job.progress().total), (items.len(), items.len()));
    for (place, item) in items.iter().enumerate() {
        let (found, scale) = row(place);
        let apart = found.iter().zip(&item.fused).map(|(a, b)| (i32::from(*a) - b).abs()).max();
        assert!(apart <= Some(1), "row of {:?} is {apart:?} apart", item.title);
        assert!(
            (scale - item.fused_scale).abs() <= 0.01 * item.fused_scale,
            "{scale}, not {}",
            item.fused_scale
        );
    }
    let ids: Vec<_> = (0..items.len()).map(|place| format!("live {place}")).collect();
    assert_eq!(engine.remove_items(&ids).unwrap(), items.len());
}

fn check(engine: &Engine, task: Task, request: &Request, what: &str) {
    let event = |past: &PastEvent| {
        Event::new(past.item_id.clone(), past.kind.clone())
            .timestamp_ms(Some(past.timestamp_ms))
            .query(past.query.clone())
    };
    let history = History::Events(request.history.iter().map(event).collect());
    let token = CancelToken::new();
    let now_ms = Some(request.now_ms);
    let query = request.query.as_deref();
    let asked = EvalRequest { task, text: query, history: &history, now_ms };
    let (output, _) = engine.output(&asked, &token).unwrap();
    assert_alike(&output, &request.output, what);
    // The reference lists the model's own scores: nothing left out, no weight of the history.
    let scores = engine.evaluate(&asked, |_| (), &token).unwrap().dense;
    let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
    rows.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b)));
    rows.truncate(request.top.len());
    let named: Vec<_> =
        rows.iter().map(|row| (engine.item_id(*row).unwrap(), scores[*row as usize])).collect();
    let found: Vec<_> = named.iter().map(|(id, score)| (id.as_str(), f64::from(*score))).collect();
    assert_eq!(difference(&found, &request.top), None, "{what}");
}

fn assert_alike(found: &[f32], want: &[f32], what: &str) {
    assert_eq!(found.len(), want.len(), "{what}");
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let norms = (dot(found, found) * dot(want, want)).sqrt();
    if norms == 0.0 {
        assert_eq!(found, want, "{what}: one of them is zero");
        return;
    }
    let cosine = dot(found, want) / norms;
    assert!(cosine >= COSINE, "{what}: cosine {cosine}");
    let lengths = (dot(found, found) / dot(want, want)).sqrt();
    assert!((lengths - 1.0).abs() < 0.01, "{what}: {lengths} times as long");
}

/// The first fault of a top list, if it has one. The same items in the same order, but for near ties: whatever stands in
/// a place has almost the score that the reference has there, and only items that almost tie with the last may be
/// missing.
fn difference(found: &[(&str, f64)], want: &[Top]) -> Option<String> {
    let tie = TIE * want.iter().map(|top| top.score.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let reference: HashMap<&str, f64> = want.iter().map(|top| (top.id.as_str(), top.score)).collect();
    let last = want.last().map_or(0.0, |top| top.score);
    if found.len() != want.len() {
        return Some(format!("{} items instead of {}", found.len(), want.len()));
    }
    found.iter().zip(want).enumerate().find_map(|(place, ((id, score), top))| {
        let expected = reference.get(id).copied().unwrap_or(*score);
        if (expected - top.score).abs() > tie {
            Some(format!("place {place}: {id} instead of {}", top.id))
        } else if (score - expected).abs() > tie {
            Some(format!("place {place}: score {score} instead of {expected}"))
        } else if !reference.contains_key(id) && (score - last).abs() > tie {
            Some(format!("place {place}: {id} is not in the reference"))
        } else {
            None
        }
    })
}

#[test]
fn near_ties_may_swap_and_nothing_else() {
    let top = |list: &[(&str, f64)]| {
        list.iter().map(|(id, score)| Top { id: (*id).to_owned(), score: *score }).collect::<Vec<_>>()
    };
    let want = top(&[("a", 10.0), ("b", 5.0), ("c", 4.999), ("d", 1.0)]);
    let good = [("a", 10.001), ("c", 5.0), ("b", 5.0), ("d", 1.0)];
    assert_eq!(difference(&good, &want), None);
    assert_eq!(difference(&[good[0], good[1], good[2], ("e", 1.001)], &want), None);
    for bad in [
        [("b", 5.0), ("a", 10.0), ("c", 5.0), ("d", 1.0)],
        [("a", 10.0), ("b", 5.0), ("e", 5.0), ("d", 1.0)],
        [("a", 10.0), ("b", 5.0), ("c", 4.9), ("d", 1.0)],
    ] {
        assert!(difference(&bad, &want).is_some(), "{bad:?}");
    }
    assert!(difference(&good[..3], &want).is_some());
}
