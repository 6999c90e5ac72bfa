//! Shared by the tests of the boundary: the demo pack, and requests with defaults.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses its part, and a test that fails may panic"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gensr_ffi::{
    Engine, EngineOptions, Event, ExecutionProvider, History, PackSource, RecommendRequest, SearchRequest,
    SimilarRequest,
};

/// The demo pack, or none with a line that says so.
pub fn demo(test: &str) -> Option<PathBuf> {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo/demo.gensr");
    if !pack.exists() {
        println!("skipped: {test}: the demo pack is missing (`make demo-pack` makes it)");
        return None;
    }
    Some(pack)
}

pub fn options(profile: Option<&Path>) -> EngineOptions {
    EngineOptions {
        profile_dir: profile.map(|path| path.to_string_lossy().into_owned()),
        onnxruntime: None,
        threads: 1,
        max_events: None,
        max_age_days: None,
        key: None,
        provider: ExecutionProvider::Cpu,
    }
}

pub fn open(pack: &Path) -> gensr_ffi::Result<Arc<Engine>> {
    Engine::open(PackSource::Path { path: pack.to_string_lossy().into_owned() }, options(None))
}

pub fn search(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        limit: 5,
        offset: 0,
        filter: None,
        history: History::Profile,
        exclude_history: None,
        exclude: vec![],
        attributes: vec![],
        facets: vec![],
        now_ms: None,
    }
}

pub fn recommend() -> RecommendRequest {
    RecommendRequest {
        limit: 5,
        offset: 0,
        filter: None,
        history: History::Profile,
        leave_out: None,
        seeds: vec![],
        intent: None,
        boost: None,
        freshness: None,
        diversity: None,
        caps: vec![],
        exploration: None,
        explain_history: false,
        exclude: vec![],
        attributes: vec![],
        facets: vec![],
        now_ms: None,
    }
}

pub fn similar(item_id: &str) -> SimilarRequest {
    SimilarRequest {
        item_id: item_id.to_owned(),
        limit: 5,
        offset: 0,
        filter: None,
        personalisation: 0.0,
        history: History::Profile,
        exclude: vec![],
        attributes: vec![],
        facets: vec![],
        now_ms: None,
    }
}

pub fn event(item_id: &str) -> Event {
    Event { item_id: item_id.to_owned(), kind: "view".to_owned(), timestamp_ms: None, query: None }
}
