//! Shared by the tests of the engine: packs to run on, and events.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod feed;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use gensr::{
    CancelToken, Engine, EngineOptions, EvalRequest, Event, History, PackSource, RecommendRequest, Response,
    Scores, Task,
};

/// The committed demo pack, or the one that `GENSR_TEST_PACK` names.
#[track_caller]
pub fn pack() -> PathBuf {
    let given = std::env::var_os("GENSR_TEST_PACK").filter(|path| !path.is_empty());
    ready(given.map_or_else(|| root().join("models/demo/demo.gensr"), PathBuf::from))
}

/// A committed pack of 60 items with a sentence encoder, which the Python tests build (`scripts/golden`).
#[track_caller]
pub fn tiny() -> PathBuf {
    golden("tiny.gensr")
}

/// A file of `tests/golden`.
#[track_caller]
pub fn golden(name: &str) -> PathBuf {
    ready(root().join("tests/golden").join(name))
}

/// The file. A test that cannot run fails: without the file, and without ONNX Runtime.
#[track_caller]
pub fn ready(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "{} is missing: it is committed, `git checkout` brings it back", path.display());
    if let Some(library) = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from) {
        // A bare name is left to the system's loader.
        let found = library.is_file() || library.components().count() == 1;
        assert!(
            found,
            "ONNX Runtime is missing at {}: scripts/fetch-onnxruntime fetches it",
            library.display()
        );
    }
    path
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn open(pack: &Path, profile: Option<&Path>) -> Engine {
    Engine::open(PackSource::Path(pack.to_owned()), profile, EngineOptions::default())
        .expect("the pack opens")
}

/// A copy of a pack in `folder`, with its manifest changed.
pub fn edited(pack: &Path, folder: &Path, name: &str, edit: impl FnOnce(&mut Value)) -> PathBuf {
    let bytes = std::fs::read(pack).expect("a pack");
    let (length, rest) = bytes.split_first_chunk::<8>().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).expect("a header");
    let metadata = &mut header["__metadata__"];
    let mut manifest =
        serde_json::from_str(metadata["manifest"].as_str().expect("a text")).expect("a manifest");
    edit(&mut manifest);
    let manifest = manifest.to_string();
    let root = Sha256::digest(&manifest).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    metadata["root"] = json!(root);
    metadata["manifest"] = json!(manifest);
    let mut header = header.to_string();
    header.push_str(&" ".repeat((8 + header.len()).next_multiple_of(64) - 8 - header.len()));
    let path = folder.join(name);
    let parts = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data];
    std::fs::write(&path, parts.concat()).expect("a folder that can be written");
    path
}

/// Scores of the whole catalogue at `END_MS`, with the weights of the pack.
pub fn scores(engine: &Engine, task: Task, text: Option<&str>, history: &History) -> Scores {
    let request = EvalRequest { task, text, history, now_ms: Some(END_MS) };
    engine.evaluate(&request, |_| (), &CancelToken::new()).expect("scores")
}

/// The decoder's output vector at `END_MS`.
pub fn output(engine: &Engine, task: Task, text: Option<&str>, history: &History) -> Vec<f32> {
    let request = EvalRequest { task, text, history, now_ms: Some(END_MS) };
    engine.output(&request, &CancelToken::new()).expect("an output").0
}

/// A name of a kind whose task is recommend.
pub fn view(engine: &Engine) -> String {
    kind(engine, gensr::KindTask::Recommend)
}

/// A name of a kind of this task, with positive sign.
pub fn kind(engine: &Engine, task: gensr::KindTask) -> String {
    let kinds = &engine.manifest().kinds;
    kinds.iter().find(|kind| kind.task == task && kind.sign > 0).expect("a kind of this task").name.clone()
}

/// Views of these rows, a minute apart, the last at `END_MS`.
pub fn views(engine: &Engine, rows: &[u32]) -> Vec<Event> {
    let kind = view(engine);
    let event = |(place, row): (usize, &u32)| {
        Event::new(engine.item_id(*row).expect("a row of the pack").to_owned(), kind.clone())
            .timestamp_ms(Some(END_MS - 60_000 * (rows.len() - place) as i64))
    };
    rows.iter().enumerate().map(event).collect()
}

/// The last `limit` events of the profile.
pub fn recorded(engine: &Engine, limit: usize) -> Vec<Event> {
    engine.history(limit).expect("a history").into_iter().map(Event::from).collect()
}

/// The present of these tests.
pub const END_MS: i64 = 1_700_000_000_000;

pub fn recommend(engine: &Engine, history: History) -> Response {
    let request = RecommendRequest::new().history(history).now_ms(Some(END_MS));
    engine.recommend(&request, &CancelToken::new()).expect("a recommendation")
}

pub fn ids(response: &Response) -> Vec<&str> {
    response.hits.iter().map(|hit| hit.id.as_str()).collect()
}

/// Same items with scores that differ by less than rounding.
#[track_caller]
pub fn assert_same(a: &Response, b: &Response) {
    assert_eq!(ids(a), ids(b));
    for (a, b) in a.hits.iter().zip(&b.hits) {
        assert!((a.score - b.score).abs() <= 1e-4 * a.score.abs().max(1.0), "{} and {}", a.score, b.score);
    }
}
