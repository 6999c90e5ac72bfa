//! The sentence encoder is loaded when a query needs it and not before, on the tiny transformer pack of the Python tests.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{assert_same, kind, open, recommend, views};
use gensr::{CancelToken, Engine, Event, History, KindTask, SearchRequest};

fn graphs(engine: &Engine) -> Vec<&'static str> {
    engine.diagnostics().providers.into_iter().map(|(graph, _)| graph).collect()
}

fn searched(engine: &Engine) -> Event {
    let kind = kind(engine, KindTask::Search);
    let mut event = views(engine, &[4]).remove(0);
    event.kind = kind;
    event.query("warm jacket".to_owned())
}

#[test]
fn an_app_that_only_recommends_never_loads_it() {
    let pack = common::tiny();
    let engine = open(&pack, None);
    engine.record_many(views(&engine, &[1, 2])).unwrap();
    recommend(&engine, History::Profile);
    assert_eq!(graphs(&engine), ["history", "decoder"]);
    let answer = engine.search(&SearchRequest::new("red tent"), &CancelToken::new()).unwrap();
    assert!(answer.providers.iter().any(|(graph, _)| *graph == "text"));
    assert_eq!(graphs(&engine), ["history", "decoder", "text"]);
    let again = engine.search(&SearchRequest::new(" red  tent "), &CancelToken::new()).unwrap();
    assert!(
        !again.providers.iter().any(|(graph, _)| *graph == "text"),
        "the same query is not encoded twice"
    );
}

#[test]
fn features_of_recorded_searches_outlive_the_process() {
    let pack = common::tiny();
    for search_first in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let engine = open(&pack, Some(directory.path()));
        let event = searched(&engine);
        if search_first {
            // The usual order: the features are at hand when the choice is recorded.
            let request = SearchRequest::new(event.query.clone().unwrap());
            engine.search(&request, &CancelToken::new()).unwrap();
        }
        engine.record(event).unwrap();
        let before = if search_first { None } else { Some(recommend(&engine, History::Profile)) };
        drop(engine);

        let engine = open(&pack, Some(directory.path()));
        let answer = recommend(&engine, History::Profile);
        assert_eq!(graphs(&engine), ["history", "decoder"], "search first: {search_first}");
        let given = recommend(&engine, History::Events(vec![searched(&engine)]));
        assert_same(&answer, &given);
        before.iter().for_each(|before| assert_same(before, &answer));

        engine.clear_history().unwrap();
        drop(engine);
        let bytes = std::fs::read(directory.path().join("profile.sqlite3")).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"warm jacket"));
    }
}

#[test]
fn the_query_of_an_event_matters() {
    let pack = common::tiny();
    let engine = open(&pack, None);
    let event = searched(&engine);
    let output = |query: Option<&str>| {
        let history = History::Events(vec![event.clone().query(query.map(str::to_owned))]);
        common::output(&engine, gensr::Task::Recommend, None, &history)
    };
    assert_eq!(output(Some("warm jacket")), output(Some("\twarm  jacket ")));
    assert_eq!(output(None), output(Some("  ")));
    assert_ne!(output(Some("warm jacket")), output(Some("fast rope")));
    assert_ne!(output(Some("warm jacket")), output(None));
}
