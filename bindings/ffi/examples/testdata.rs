//! testdata PACK FOLDER: writes what the tests of Kotlin and Swift read.
//!
//! ```text
//! golden.json      requests, and what the engine answers to them when Rust asks
//! endless.gensr    PACK with a decoder that never ends: for cancellation
//! newer.gensr      PACK, as if a later version of gensr had written it
//! ```
//!
//! Answers of another run on the same pack may differ in the last bits, so hits whose scores are closer than `margin` may
//! change places.

#[path = "../tests/packs/mod.rs"]
mod packs;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use gensr::{
    AttributeValue, CancelToken, Engine, EngineOptions, Event, History, PackSource, RecommendRequest,
    Response, SearchRequest, SimilarRequest,
};
use serde_json::{Value, json};

/// Scores that are closer than this times max(1, |score|) may change places.
const MARGIN: f64 = 1e-4;
const LIMIT: usize = 20;
/// The time of every request.
const NOW_MS: i64 = 1_700_000_000_000;
const ATTRIBUTES: [&str; 4] = ["brand", "categories", "price", "released"];
/// None, one and several of them make up the history of the requests.
const QUERIES: [&str; 6] = ["shell", "light pack", "tent for two", "bike helmet", "warm gloves", "zzqx 山"];

fn main() -> Result<(), Box<dyn Error>> {
    let [pack, folder]: [PathBuf; 2] = env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: testdata PACK FOLDER")?;
    fs::create_dir_all(&folder)?;
    let bytes = fs::read(&pack)?;
    fs::write(folder.join("endless.gensr"), packs::endless(&bytes))?;
    fs::write(folder.join("newer.gensr"), packs::newer(&bytes))?;

    let engine = Engine::open(PackSource::Path(pack), None, EngineOptions::default())?;
    let golden = json!({
        "pack_id": engine.diagnostics().pack_id,
        "margin": MARGIN,
        "limit": LIMIT,
        "now_ms": NOW_MS,
        "attributes": ATTRIBUTES,
        "answers": answers(&engine)?,
    });
    fs::write(folder.join("golden.json"), serde_json::to_string_pretty(&golden)?)?;
    Ok(())
}

/// Every query without a history and with each of the histories; recommendations for each; items like the first hits.
fn answers(engine: &Engine) -> gensr::Result<Vec<Value>> {
    let token = CancelToken::new();
    let attributes = ATTRIBUTES.map(str::to_owned).to_vec();
    let mut firsts = Vec::new();
    for query in QUERIES {
        let request = SearchRequest { history: History::Empty, ..SearchRequest::new(query) };
        firsts.extend(engine.search(&request, &token)?.hits.first().map(|hit| (query, hit.id.clone())));
    }
    let mut answers = Vec::new();
    for length in [0, 1, firsts.len()] {
        let events = history(&firsts[..length]);
        for query in QUERIES {
            let request = SearchRequest {
                limit: LIMIT,
                history: History::Events(events.clone()),
                attributes: attributes.clone(),
                now_ms: Some(NOW_MS),
                ..SearchRequest::new(query)
            };
            answers.push(answer("search", Some(query), &events, &engine.search(&request, &token)?));
        }
        let request = RecommendRequest {
            limit: LIMIT,
            history: History::Events(events.clone()),
            attributes: attributes.clone(),
            now_ms: Some(NOW_MS),
            ..RecommendRequest::default()
        };
        answers.push(answer("recommend", None, &events, &engine.recommend(&request, &token)?));
    }
    for (_, id) in &firsts {
        let request =
            SimilarRequest { limit: LIMIT, attributes: attributes.clone(), ..SimilarRequest::new(id) };
        answers.push(answer("similar", Some(id), &[], &engine.similar(&request, &token)?));
    }
    Ok(answers)
}

/// The first hits, a minute apart, the last a minute ago: views and, every other time, searches.
fn history(firsts: &[(&str, String)]) -> Vec<Event> {
    let event = |(place, (query, id)): (usize, &(&str, String))| Event {
        item_id: id.clone(),
        kind: if place % 2 == 0 { "view" } else { "search" }.to_owned(),
        timestamp_ms: Some(NOW_MS - 60_000 * (firsts.len() - place) as i64),
        query: (place % 2 == 1).then(|| (*query).to_owned()),
    };
    firsts.iter().enumerate().map(event).collect()
}

/// `about` is the query of a search, the item of `similar`.
fn answer(task: &str, about: Option<&str>, history: &[Event], response: &Response) -> Value {
    let event = |event: &Event| {
        json!({
            "item_id": event.item_id,
            "kind": event.kind,
            "timestamp_ms": event.timestamp_ms,
            "query": event.query,
        })
    };
    let hits = response.hits.iter().map(|hit| {
        let attributes = hit.attributes.iter().map(|(name, found)| (name.clone(), value(found)));
        json!({
            "id": hit.id,
            "title": hit.title,
            "score": hit.score,
            "attributes": attributes.collect::<serde_json::Map<_, _>>(),
        })
    });
    json!({
        "task": task,
        "about": about,
        "history": history.iter().map(event).collect::<Vec<_>>(),
        "hits": hits.collect::<Vec<_>>(),
    })
}

fn value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::String(text) => json!(text),
        AttributeValue::Set(texts) => json!(texts),
        AttributeValue::Number(number) => json!(number),
        AttributeValue::Date(days) => json!(days),
        AttributeValue::Bool(flag) => json!(flag),
        other => unreachable!("{other:?} has no place in the golden file yet"),
    }
}
