//! Evaluation scores as the engine does: with other weights, as an engine whose pack has those weights, to the bit.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{END_MS, edited, open, views};
use gensr::{
    CancelToken, Engine, EvalRequest, History, Hit, LeaveOut, RecommendRequest, SearchRequest, Task, Weights,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

/// Weights of both tasks as a manifest has them: neighbours, saturation, words, history, floor.
type Given = (f32, f32, f32, f32, f32);

/// A history, as rows, and a query.
type Asked = (Vec<u32>, Option<&'static str>);

fn given() -> impl Strategy<Value = Given> {
    let amount = || (0_u8..9).prop_map(|amount| f32::from(amount) / 4.0);
    let history = (-8_i8..=8).prop_map(|amount| f32::from(amount) / 4.0);
    let floor = prop_oneof![Just(0.0_f32), -4.0_f32..40.0];
    (amount(), amount(), amount(), history, floor)
}

fn set(weights: &mut Weights, (neighbours, saturation, words, history, floor): Given) {
    weights.neighbours = neighbours;
    weights.neighbours_saturation = saturation;
    weights.words = words;
    weights.history = history;
    weights.floor = floor;
}

fn hits(engine: &Engine, query: Option<&str>, history: &History) -> Vec<Hit> {
    let (history, token, limit) = (history.clone(), CancelToken::new(), 50);
    let response = match query {
        Some(query) => {
            let request = SearchRequest::new(query);
            let exclude_history = Some(false);
            engine.search(
                &request.history(history).limit(limit).exclude_history(exclude_history).now_ms(Some(END_MS)),
                &token,
            )
        }
        None => {
            let (now_ms, leave_out) = (Some(END_MS), Some(LeaveOut::Nothing));
            let request = RecommendRequest::new().diversity(Some(0.0));
            engine
                .recommend(&request.history(history).limit(limit).leave_out(leave_out).now_ms(now_ms), &token)
        }
    };
    response.unwrap().hits
}

#[test]
fn other_weights_score_as_a_pack_that_has_them() {
    let pack = common::pack();
    let plain = open(&pack, None);
    let items = u32::try_from(plain.manifest().items).unwrap();
    let requests = || {
        let history = prop::collection::vec(0..items, 0..12);
        let words = prop_oneof![
            Just("tent"),
            Just("rain jacket"),
            Just("tnet"),
            Just("g0105"),
            Just("qqzzx"),
            Just("light she")
        ];
        prop::collection::vec((history, prop::option::of(words)), 12)
    };
    let mut runner = TestRunner::new(Config::with_cases(40));
    let run = |(given, requests): (Given, Vec<Asked>)| {
        let folder = tempfile::tempdir().unwrap();
        let with = edited(&pack, folder.path(), "with.gensr", |manifest| {
            for task in ["recommend", "search"] {
                let task = &mut manifest["tasks"][task];
                let (neighbours, saturation, words, history, floor) = given;
                task["neighbours"] = json!(neighbours);
                task["neighbours_curve"] = json!(saturation);
                task["lexical"] = json!(words);
                task["history"] = json!(history);
                task["floor"] = json!(floor);
            }
        });
        let with = open(&with, None);
        for (rows, query) in requests {
            let history = History::Events(views(&plain, &rows));
            let task = if query.is_some() { Task::Search } else { Task::Recommend };
            let asked = EvalRequest { task, text: query, history: &history, now_ms: Some(END_MS) };
            let token = CancelToken::new();
            let overridden = plain.evaluate(&asked, |weights| set(weights, given), &token).unwrap();
            let own = with.evaluate(&asked, |_| (), &token).unwrap();
            let bits = |scores: &[f32]| scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&overridden.fused), bits(&own.fused));
            prop_assert_eq!(overridden.nonsense, own.nonsense);
            let hits = hits(&with, query, &history);
            prop_assert_eq!(hits.is_empty(), overridden.nonsense);
            for hit in hits {
                let row = with.row_of(&hit.id).unwrap() as usize;
                prop_assert_eq!(hit.score.to_bits(), overridden.fused[row].to_bits());
            }
        }
        Ok(())
    };
    runner.run(&(given(), requests()), run).unwrap();
}

#[test]
fn titles_and_expansions_can_be_left_out() {
    let engine = open(&common::pack(), None);
    let history = History::Empty;
    let title = engine.title(3).unwrap();
    let asked = |text| EvalRequest { task: Task::Search, text, history: &history, now_ms: Some(END_MS) };
    let token = CancelToken::new();
    let with = engine.evaluate(&asked(Some(&title)), |_| (), &token).unwrap();
    let without = engine.evaluate(&asked(Some(&title)), |weights| weights.titles = false, &token).unwrap();
    assert!(with.titles.iter().any(|(row, lift)| *row == 3 && *lift > 0.0) && without.titles.is_empty());
    assert!(with.fused[3] > without.fused[3]);
    let with = engine.evaluate(&asked(Some("jack")), |_| (), &token).unwrap();
    let without =
        engine.evaluate(&asked(Some("jack")), |weights| weights.expansions = false, &token).unwrap();
    let (row, _) = with.expansions[0];
    assert!(with.fused[row as usize] > without.fused[row as usize]);
}
