//! A shop app without a screen: search, look at something, get suggestions that follow it, forget it all.
//!
//!     cargo run --example shop [PACK]     (default: models/demo/demo.gensr)

use std::path::PathBuf;

use gensr::{
    CancelToken, Engine, EngineOptions, Event, PackSource, RecommendRequest, Response, SearchRequest,
    SimilarRequest,
};

fn main() -> gensr::Result<()> {
    let pack =
        std::env::args_os().nth(1).map_or_else(|| PathBuf::from("models/demo/demo.gensr"), PathBuf::from);
    // No profile folder: the history lives in memory and dies with the engine. An app passes a private folder.
    let engine = Engine::open(PackSource::Path(pack), None, EngineOptions::default())?;
    let token = CancelToken::new();

    let found = engine.search(&SearchRequest::new("light shell"), &token)?;
    show("search: light shell", &found);

    for hit in found.hits.iter().take(2) {
        engine.record(Event::new(hit.id.clone(), "view"))?;
    }
    show("suggested after two views", &engine.recommend(&RecommendRequest::default(), &token)?);

    if let Some(first) = found.hits.first() {
        show(&format!("like {}", first.title), &engine.similar(&SimilarRequest::new(&first.id), &token)?);
    }
    engine.clear_history()
}

fn show(what: &str, answer: &Response) {
    let total = answer.timings.last().map_or(0.0, |stage| stage.ms);
    println!("{what}  ({total:.2} ms)");
    for hit in answer.hits.iter().take(5) {
        println!("  {:6.2}  {}  {}", hit.score, hit.id, hit.title);
    }
    println!();
}
