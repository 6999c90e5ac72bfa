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

/// The demo pack. A test without it fails, and so does one without ONNX Runtime.
#[track_caller]
pub fn demo() -> PathBuf {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo/demo.gensr");
    assert!(pack.is_file(), "{} is missing: it is committed, `git checkout` brings it back", pack.display());
    if let Some(library) = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from) {
        // A bare name is left to the system's loader.
        let found = library.is_file() || library.components().count() == 1;
        assert!(
            found,
            "ONNX Runtime is missing at {}: scripts/fetch-onnxruntime fetches it",
            library.display()
        );
    }
    pack
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
