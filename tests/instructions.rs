//! Wishes told to a decoder that has learned to be told in words, on the tiny transformer pack of the Python tests.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{END_MS, assert_same, edited, open, views};
use gensr::{
    CancelToken, Engine, Error, Event, History, ReasonKind, RecommendRequest, Response, SearchRequest, Task,
};
use serde_json::json;

fn recommended(engine: &Engine, history: &History, intent: Option<&str>) -> Response {
    let request = RecommendRequest::new()
        .history(history.clone())
        .intent(intent.map(str::to_owned))
        .now_ms(Some(END_MS))
        .limit(30);
    engine.recommend(&request, &CancelToken::new()).unwrap()
}

fn events(engine: &Engine) -> Vec<Event> {
    views(engine, &[1, 8, 20])
}

#[test]
fn a_wish_steers_and_what_says_nothing_changes_no_bit() {
    let pack = common::tiny();
    let engine = open(&pack, None);
    for history in [History::Empty, History::Events(events(&engine))] {
        let plain = recommended(&engine, &history, None);
        assert_same(&plain, &recommended(&engine, &history, Some(" \t\n")));
        let [tent, boot] = ["tent", "boot"].map(|intent| recommended(&engine, &history, Some(intent)));
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
        // an earlier intent leaves nothing behind.
        assert_same(&plain, &recommended(&engine, &history, None));
    }
    let output = |text: Option<&str>| {
        let history = History::Events(events(&engine));
        common::output(&engine, Task::Recommend, text, &history)
    };
    assert_eq!(output(None), output(Some("  ")));
    assert_eq!(output(Some("red  tent ")), output(Some("red tent")));
    assert_ne!(output(None), output(Some("red tent")));
}

fn assert_same_bits(a: &Response, b: &Response) {
    let told = |response: &Response| -> Vec<_> {
        response.hits.iter().map(|hit| (hit.id.clone(), hit.score.to_bits(), hit.reasons.clone())).collect()
    };
    assert_eq!(told(a), told(b));
}

#[test]
fn what_means_nothing_by_its_features_is_no_intent() {
    let pack = common::tiny();
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, nothing: Vec<f32>| {
        edited(&pack, folder.path(), name, |manifest| {
            manifest["tasks"]["wish"] = manifest["tasks"]["recommend"].clone();
            manifest["tasks"]["wish"]["nothing"] = json!(nothing);
        })
    };
    let plain = open(&with("words.gensr", Vec::new()), None);
    let features = |text: &str| plain.query_features(text).unwrap();
    // Features point from one text to the other: halfway between them is where texts begin to say nothing.
    let (said, empty) = (features("tent"), features("boot"));
    let mut weights: Vec<f32> = empty.iter().zip(&said).map(|(empty, said)| empty - said).collect();
    let sum = |features: &[f32]| weights.iter().zip(features).map(|(w, f)| w * f).sum::<f32>();
    let bias = -(sum(&said) + sum(&empty)) / 2.0;
    weights.push(bias);
    let engine = open(&with("tells.gensr", weights.clone()), None);
    for history in [History::Empty, History::Events(events(&engine))] {
        let none = recommended(&engine, &history, None);
        assert_same_bits(&recommended(&engine, &history, Some("boot")), &none);
        assert_same_bits(
            &recommended(&engine, &history, Some("tent")),
            &recommended(&plain, &history, Some("tent")),
        );
        assert_ne!(recommended(&engine, &history, Some("tent")).hits[0].score, none.hits[0].score);
    }
    // A query is always asked.
    let searched = |engine: &Engine| engine.search(&SearchRequest::new("boot"), &CancelToken::new()).unwrap();
    assert_same_bits(&searched(&engine), &searched(&plain));

    weights.pop();
    for (name, nothing) in [("short.gensr", weights), ("long.gensr", vec![0.0; 4_096])] {
        let source = gensr::PackSource::Path(with(name, nothing));
        let error = Engine::open(source, None, gensr::EngineOptions::default()).unwrap_err();
        assert!(matches!(error, Error::BadPack { .. }), "{error}");
    }
}

/// Where word vectors are all that is heard, a word that the dictionary does not know says nothing.
#[test]
fn words_that_nobody_knows_are_no_intent_where_only_words_are_heard() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let pack = edited(&pack, folder.path(), "silent.gensr", |manifest| {
        manifest["tasks"]["wish"] = manifest["tasks"]["recommend"].clone();
        manifest["tasks"]["wish"]["silent"] = json!(["something", "I'd"]);
        manifest["tasks"]["wish"]["vague"] = json!(["Dry"]);
        manifest["tasks"]["wish"]["lexical"] = json!(5.0);
    });
    let engine = open(&pack, None);
    let scores = |intent: &str| {
        let history = History::Events(events(&engine));
        common::scores(&engine, Task::Recommend, Some(intent), &history)
    };
    for nothing in ["something qqzzx", "I\u{2019}d qqzzx", "?!", "something DRY"] {
        assert!(!scores(nothing).has_intent, "{nothing}");
    }
    assert!(scores("something warm").has_intent && scores("qqzzx rain").has_intent);
    // A vague word makes no intent, but counts in one; a silent one does not.
    let words = |intent: &str| scores(intent).words;
    assert!(words("dry rain").len() > words("rain").len());
    assert_eq!(words("something rain"), words("rain"));
}

#[test]
fn a_wish_is_told_and_a_query_is_asked() {
    let pack = common::tiny();
    let folder = tempfile::tempdir().unwrap();
    // Beside an intent the weights of its own count: here neither words nor neighbours.
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
    let answer = recommended(&engine, &history, Some("red tent"));
    let model = |response: &Response| {
        response.hits.iter().flat_map(|hit| &hit.reasons).all(|reason| reason.kind == ReasonKind::Model)
    };
    assert!(model(&answer));
    let dense = common::scores(&engine, Task::Recommend, Some("red tent"), &history).dense;
    for hit in &answer.hits {
        assert_eq!(dense[engine.row_of(&hit.id).unwrap() as usize], hit.score);
    }
    let loud = edited(&pack, folder.path(), "loud.gensr", |manifest| {
        manifest["tasks"]["wish"] = manifest["tasks"]["recommend"].clone();
        manifest["tasks"]["wish"]["lexical"] = json!(50.0);
    });
    let answer = recommended(&open(&loud, None), &history, Some("red tent"));
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
        words(&recommended(&engine, &history, Some("red tent"))),
        [""; 0],
        "they say nothing of what is wanted"
    );
    assert_same_bits(
        &recommended(&engine, &history, Some("TENT, red")),
        &recommended(&engine, &history, None),
    );
    let scores = |text: Option<&str>| common::scores(&engine, Task::Recommend, text, &history);
    assert_eq!(scores(Some("Tents!")), scores(None));
    assert!(
        scores(Some("red boot")).has_intent
            && !scores(Some("red tents")).has_intent
            && !scores(None).has_intent
    );
    let answer = words(&recommended(&engine, &history, Some("Red boot, tent!")));
    assert!(!answer.is_empty() && answer.iter().all(|word| word == "boot"), "{answer:?}");

    let broken = edited(&pack, folder.path(), "broken.gensr", |manifest| {
        manifest["tasks"]["wish"] = manifest["tasks"]["recommend"].clone();
        manifest["tasks"]["wish"]["lexical"] = json!(-1.0);
    });
    let source = gensr::PackSource::Path(broken);
    let error = Engine::open(source, None, gensr::EngineOptions::default()).unwrap_err();
    assert!(matches!(error, Error::BadPack { .. }), "{error}");
}
