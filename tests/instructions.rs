//! Wishes told to a decoder that has learned to be told in words, on the tiny transformer pack of the Python tests.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::HashSet;

use common::{END_MS, assert_same, edited, open, testdata, views};
use gensr::{CancelToken, Engine, Error, Event, History, ReasonKind, RecommendRequest, Response, Task};
use serde_json::json;

fn wishing(engine: &Engine, history: &History, wish: Option<&str>) -> Response {
    let request = RecommendRequest {
        history: history.clone(),
        wish: wish.map(str::to_owned),
        now_ms: Some(END_MS),
        limit: 30,
        ..RecommendRequest::default()
    };
    engine.recommend(&request, &CancelToken::new()).unwrap()
}

fn events(engine: &Engine) -> Vec<Event> {
    views(engine, &[1, 8, 20])
}

#[test]
fn a_wish_steers_and_what_says_nothing_changes_no_bit() {
    let test = "a_wish_steers_and_what_says_nothing_changes_no_bit";
    let Some(pack) = testdata(test, "tiny-minilm.gensr") else { return };
    let engine = open(&pack, None);
    for history in [History::Empty, History::Events(events(&engine))] {
        let plain = wishing(&engine, &history, None);
        assert_same(&plain, &wishing(&engine, &history, Some(" \t\n")));
        let [tent, boot] = ["tent", "boot"].map(|wish| wishing(&engine, &history, Some(wish)));
        let share = |response: &Response, noun: &str| {
            response.hits.iter().take(6).filter(|hit| hit.title.ends_with(noun)).count()
        };
        assert!(share(&tent, "tent") > share(&boot, "tent") && share(&boot, "boot") > share(&tent, "boot"));
        for hit in tent.hits.iter().chain(&plain.hits) {
            let parts: f32 = hit.reasons.iter().map(|reason| reason.weight).sum();
            assert!(
                (parts - hit.score).abs() <= 1e-4 * hit.score.abs().max(1.0),
                "reasons add up to the score"
            );
        }
        // What was wished for before leaves nothing behind.
        assert_same(&plain, &wishing(&engine, &history, None));
    }
    let output = |text: Option<&str>| {
        let history = History::Events(events(&engine));
        engine.output(Task::Recommend, text, &history, Some(END_MS), &CancelToken::new()).unwrap().0
    };
    assert_eq!(output(None), output(Some("  ")));
    assert_eq!(output(Some("red  tent ")), output(Some("red tent")));
    assert_ne!(output(None), output(Some("red tent")));
}

#[test]
fn a_wish_is_told_and_a_query_is_asked() {
    let test = "a_wish_is_told_and_a_query_is_asked";
    let Some(pack) = testdata(test, "tiny-minilm.gensr") else { return };
    let folder = tempfile::tempdir().unwrap();
    // Beside a wish the weights of its own count: here neither words nor neighbours.
    let silent = edited(&pack, folder.path(), "silent.gensr", |manifest| {
        let task = &manifest["tasks"]["recommend"];
        let mut wish = task.clone();
        for part in ["lexical", "neighbours", "taste"] {
            wish[part] = json!(0.0);
        }
        manifest["tasks"]["wish"] = wish;
    });
    let engine = open(&silent, None);
    let history = History::Events(events(&engine));
    let answer = wishing(&engine, &history, Some("red tent"));
    let model = |response: &Response| {
        response.hits.iter().flat_map(|hit| &hit.reasons).all(|reason| reason.kind == ReasonKind::Model)
    };
    assert!(model(&answer));
    let scores =
        engine.score_all(Task::Recommend, Some("red tent"), &history, Some(END_MS), &CancelToken::new());
    let dense = scores.unwrap().dense;
    for hit in &answer.hits {
        assert_eq!(dense[engine.row_of(&hit.id).unwrap() as usize], hit.score);
    }
    let loud = edited(&pack, folder.path(), "loud.gensr", |manifest| {
        manifest["tasks"]["wish"] = manifest["tasks"]["recommend"].clone();
        manifest["tasks"]["wish"]["lexical"] = json!(50.0);
    });
    let answer = wishing(&open(&loud, None), &history, Some("red tent"));
    assert!(answer.hits[0].reasons.iter().any(|reason| reason.kind == ReasonKind::Words));

    let quiet = edited(&loud, folder.path(), "quiet.gensr", |manifest| {
        manifest["tasks"]["wish"]["silent"] = json!(["Tents", "TENT", "red"]);
    });
    let words = |response: &Response| {
        let reasons = response.hits.iter().flat_map(|hit| &hit.reasons);
        let words = reasons.filter(|reason| reason.kind == ReasonKind::Words);
        words.flat_map(|reason| reason.terms.clone()).collect::<Vec<_>>()
    };
    let engine = open(&quiet, None);
    assert_eq!(
        words(&wishing(&engine, &history, Some("red tent"))),
        [""; 0],
        "they say nothing of what is wanted"
    );
    let (said, plain) = (wishing(&engine, &history, Some("TENT, red")), wishing(&engine, &history, None));
    let kinds = |response: &Response| -> HashSet<ReasonKind> {
        response.hits.iter().flat_map(|hit| &hit.reasons).map(|reason| reason.kind).collect()
    };
    assert_eq!(kinds(&said), kinds(&plain), "evidence counts as without a wish");
    let answer = words(&wishing(&engine, &history, Some("Red boot, tent!")));
    assert!(!answer.is_empty() && answer.iter().all(|word| word == "boot"), "{answer:?}");

    let broken = edited(&pack, folder.path(), "broken.gensr", |manifest| {
        manifest["tasks"]["wish"] = manifest["tasks"]["recommend"].clone();
        manifest["tasks"]["wish"]["lexical"] = json!(-1.0);
    });
    let source = gensr::PackSource::Path(broken);
    let error = Engine::open(source, None, gensr::EngineOptions::default()).unwrap_err();
    assert!(matches!(error, Error::BadPack { .. }), "{error}");
}
