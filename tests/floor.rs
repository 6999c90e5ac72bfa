//! Nonsense queries: the demo pack with a floor of the test's own.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::path::{Path, PathBuf};

use common::{END_MS, edited, open, recommend, views};
use gensr::{CancelToken, Engine, History, Response, Scores, SearchRequest, Task};
use serde_json::json;

/// Letters that are in no text.
const NONSENSE: &str = "xqzzvkw wqpfghjk";

/// A copy of a pack whose searches have this floor.
fn with_floor(pack: &Path, folder: &Path, floor: f32) -> PathBuf {
    edited(pack, folder, &format!("{floor}.gensr"), |manifest| {
        manifest["tasks"]["search"]["floor"] = json!(floor);
    })
}

fn history(engine: &Engine) -> History {
    History::Events(views(engine, &[5, 9, 17]))
}

fn search(engine: &Engine, query: &str) -> Response {
    let request = SearchRequest::new(query).history(history(engine)).now_ms(Some(END_MS));
    engine.search(&request, &CancelToken::new()).unwrap()
}

fn scores(engine: &Engine, query: &str) -> Scores {
    common::scores(engine, Task::Search, Some(query), &history(engine))
}

fn best(scores: &Scores) -> f32 {
    scores.dense.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

#[test]
fn a_query_without_words_and_below_the_floor_has_no_hits() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let plain = open(&with_floor(&pack, folder.path(), 0.0), None);
    let at = best(&scores(&plain, NONSENSE));
    let title = plain.title(3).unwrap().to_owned();
    assert_eq!(search(&plain, NONSENSE).hits.len(), 10, "no floor");

    for (floor, hits) in [(at, 10), (at.next_up(), 0), (f32::MAX, 0), (-1e6, 10)] {
        let engine = open(&with_floor(&pack, folder.path(), floor), None);
        let answer = search(&engine, NONSENSE);
        assert_eq!(answer.hits.len(), hits, "floor {floor}, best {at}");
        assert_eq!(answer.total_hits > 0, hits > 0);
        assert_eq!(scores(&engine, NONSENSE).nonsense, hits == 0);
        // A word of some item is no nonsense, whatever stands beside it.
        for query in [title.clone(), format!("{NONSENSE} {title}")] {
            assert_eq!(search(&engine, &query).hits, search(&plain, &query).hits, "floor {floor}");
        }
        let history = history(&engine);
        assert_eq!(recommend(&engine, history.clone()).hits, recommend(&plain, history).hits);
    }
}
