//! The Rust sample of the README is this code, and this code runs.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use gensr::{CancelToken, Engine, EngineOptions, Event, PackSource, RecommendRequest, SearchRequest};

#[rustfmt::skip]
fn sample() -> gensr::Result<usize> {
    // README
    let engine = Engine::open(PackSource::Path("shop.gensr".into()), Some("profile".as_ref()), EngineOptions::default())?;
    let token = CancelToken::new();
    let found = engine.search(&SearchRequest::new("light shell"), &token)?;
    engine.record(Event::new(&*found.hits[0].id, "view"))?;
    let next = engine.recommend(&RecommendRequest::default(), &token)?; // takes the view into account
    // end
    Ok(next.hits.len())
}

#[test]
fn the_sample_of_the_readme_runs() {
    let source = include_str!("readme.rs");
    let shown = source.split("// README\n").nth(1).unwrap().split("    // end\n").next().unwrap();
    let code: Vec<_> = shown.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let readme = std::fs::read_to_string(common::root().join("README.md")).unwrap();
    let block = readme.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(block.trim(), code.join("\n").trim());

    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(pack, folder.path().join("shop.gensr")).unwrap();
    // The only test of its process.
    std::env::set_current_dir(folder.path()).unwrap();
    assert_eq!(sample().unwrap(), 10);
}
