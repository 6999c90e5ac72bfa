//! The judge: what it changes of an answer and what not, with a graph whose answers are known; and with a trained one,
//! that all candidates together get what each gets alone.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;
#[path = "common/rewritten.rs"]
mod rewritten;

use std::path::{Path, PathBuf};

use common::{END_MS, ids, open, recommend, views};
use gensr::{
    CancelToken, Engine, Error, History, Hit, JUDGED, Lean, LeaveOut, ReasonKind, RecommendRequest, Response,
    SearchRequest, SimilarRequest, Task,
};
use rewritten::Rewritten;
use serde_json::json;

/// The weight of the judge in both tasks.
const WEIGHT: f32 = 0.75;

/// A copy of a pack with a graph of `tests/fixtures` as its judge.
fn with_judge(pack: &Path, folder: &Path, graph: &str, weight: f32) -> PathBuf {
    let mut changed = Rewritten::of(pack);
    changed.add("graph.judge", std::fs::read(common::root().join("tests/fixtures").join(graph)).unwrap());
    for task in ["recommend", "search"] {
        changed.manifest["tasks"][task]["judge"] = json!(weight);
    }
    let path = folder.join(format!("{graph}-{weight}.gensr"));
    std::fs::write(&path, changed.file()).unwrap();
    path
}

/// What `judge.onnx` says of an item.
fn logits(engine: &Engine, rows: &[u32]) -> Vec<f32> {
    let found = engine.judge(Task::Recommend, None, &History::Empty, Some(END_MS), rows, &CancelToken::new());
    found.unwrap().expect("the pack has a judge")
}

/// The weight of a hit's reason of this kind; 0 without.
fn part(hit: &Hit, kind: ReasonKind) -> f32 {
    hit.reasons.iter().find(|reason| reason.kind == kind).map_or(0.0, |reason| reason.weight)
}

#[track_caller]
fn assert_parts_add_up(answer: &Response) {
    for hit in &answer.hits {
        let sum: f32 = hit.reasons.iter().map(|reason| reason.weight).sum();
        assert!((sum - hit.score).abs() <= 1e-4 * hit.score.abs().max(1.0), "{sum} is not {}", hit.score);
    }
}

/// The answer of a pack with a judge must be that of the one without: the best `JUDGED` with the judge's part added and in
/// order of the sums, then the rest as it was.
#[track_caller]
fn assert_judged(engine: &Engine, plain: &Response, judged: &Response) {
    assert!(plain.hits.len() > JUDGED, "the test looks past the end of what is judged");
    let rows: Vec<u32> = plain.hits[..JUDGED].iter().map(|hit| engine.row_of(&hit.id).unwrap()).collect();
    let logits = logits(engine, &rows);
    let lowest = logits.iter().copied().fold(f32::INFINITY, f32::min);
    let mut want: Vec<(u32, &str, f32)> = plain.hits[..JUDGED]
        .iter()
        .zip(rows.iter().zip(&logits))
        .map(|(hit, (row, logit))| (*row, hit.id.as_str(), hit.score + WEIGHT * (logit - lowest)))
        .collect();
    want.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    let found = judged.hits.iter().zip(&want);
    for (place, (hit, (_, id, score))) in found.enumerate() {
        assert_eq!((hit.id.as_str(), hit.score), (*id, *score), "place {place}");
        assert!(hit.reasons.iter().any(|reason| reason.kind == ReasonKind::Judge));
    }
    assert_ne!(ids(plain)[..JUDGED], ids(judged)[..JUDGED], "the judge says something");
    for (before, after) in plain.hits[JUDGED..].iter().zip(&judged.hits[JUDGED..]) {
        assert_eq!((&before.id, before.score, &before.reasons), (&after.id, after.score, &after.reasons));
    }
    assert!(judged.hits.is_sorted_by(|a, b| a.score >= b.score));
    assert_parts_add_up(judged);
    let stage = |answer: &Response| answer.timings.iter().any(|time| time.stage == "judge");
    assert!(stage(judged) && !stage(plain));
    assert!(judged.providers.iter().any(|(graph, _)| *graph == "judge"));
}

/// A pack, and the same with a judge.
struct Packs {
    _folder: tempfile::TempDir,
    plain: Engine,
    judged: Engine,
}

fn packs(test: &str) -> Option<Packs> {
    let pack = common::pack(test)?;
    let folder = tempfile::tempdir().unwrap();
    let (plain, judged) =
        (open(&pack, None), open(&with_judge(&pack, folder.path(), "judge.onnx", WEIGHT), None));
    assert!(judged.diagnostics().judge && !plain.diagnostics().judge);
    Some(Packs { _folder: folder, plain, judged })
}

fn search(engine: &Engine, request: SearchRequest) -> Response {
    engine.search(&SearchRequest { now_ms: Some(END_MS), ..request }, &CancelToken::new()).unwrap()
}

#[test]
fn the_best_are_judged_and_the_rest_stays() {
    let Some(Packs { plain, judged, .. }) = packs("the_best_are_judged_and_the_rest_stays") else { return };
    let history = History::Events(views(&plain, &[5, 9, 17, 210]));
    let limit = JUDGED + 60;
    for query in ["tent", "light jacket"] {
        let request = SearchRequest { history: history.clone(), limit, ..SearchRequest::new(query) };
        assert_judged(&judged, &search(&plain, request.clone()), &search(&judged, request.clone()));
        // Pages are parts of one list, wherever its judged part ends.
        let whole = search(&judged, request.clone());
        let page = |offset, limit| search(&judged, SearchRequest { offset, limit, ..request.clone() });
        let (first, second) = (page(0, JUDGED - 3), page(JUDGED - 3, limit - JUDGED + 3));
        assert_eq!(ids(&whole), [ids(&first), ids(&second)].concat());
    }
    let request = RecommendRequest { history, limit, now_ms: Some(END_MS), ..RecommendRequest::default() };
    let token = CancelToken::new();
    let [before, after] = [&plain, &judged].map(|engine| engine.recommend(&request, &token).unwrap());
    assert_judged(&judged, &before, &after);
    // What is left out is not judged in place of something else.
    let request = RecommendRequest { exclude: vec![before.hits[0].id.clone()], ..request };
    let [before, after] = [&plain, &judged].map(|engine| engine.recommend(&request, &token).unwrap());
    assert_judged(&judged, &before, &after);
}

#[test]
fn feed_terms_decide_who_is_judged_and_stay_in_the_sum() {
    let Some(Packs { plain, judged, .. }) = packs("feed_terms_decide_who_is_judged_and_stay_in_the_sum")
    else {
        return;
    };
    let history = History::Events(views(&plain, &[5, 9, 17, 210]));
    let value = (0..40).find_map(|row| match plain.attribute(row, "categories")? {
        gensr::AttributeValue::Set(values) => values.first().cloned(),
        _ => None,
    });
    let lean = Lean { attribute: "categories".into(), value: value.unwrap(), weight: 2.0 };
    let request = RecommendRequest {
        history,
        lean: Some(lean),
        leave_out: Some(LeaveOut::History),
        limit: JUDGED + 20,
        now_ms: Some(END_MS),
        ..RecommendRequest::default()
    };
    let token = CancelToken::new();
    let [before, after] = [&plain, &judged].map(|engine| engine.recommend(&request, &token).unwrap());
    assert_judged(&judged, &before, &after);
    assert!(after.hits.iter().any(|hit| part(hit, ReasonKind::Lean) > 0.0));
    // Reasons that name events do so by what they change, whatever the judge adds.
    let because = RecommendRequest { because: true, limit: 10, ..request };
    let answer = judged.recommend(&because, &token).unwrap();
    assert_parts_add_up(&answer);
    assert!(answer.hits.iter().any(|hit| part(hit, ReasonKind::Judge) > 0.0));
}

#[test]
fn without_a_weight_nothing_changes() {
    let Some(pack) = common::pack("without_a_weight_nothing_changes") else { return };
    let folder = tempfile::tempdir().unwrap();
    // A graph without a weight is not even loaded; a weight without a graph is none.
    let unweighted = open(&with_judge(&pack, folder.path(), "judge.onnx", 0.0), None);
    let mut changed = Rewritten::of(&pack);
    changed.manifest["tasks"]["recommend"]["judge"] = json!(WEIGHT);
    let bare = folder.path().join("bare.gensr");
    std::fs::write(&bare, changed.file()).unwrap();
    let bare = open(&bare, None);
    let plain = open(&pack, None);
    let history = History::Events(views(&plain, &[5, 9, 17]));
    for other in [&unweighted, &bare] {
        let (a, b) = (recommend(&plain, history.clone()), recommend(other, history.clone()));
        assert_eq!(a.hits, b.hits);
        assert!(b.providers.iter().all(|(graph, _)| *graph != "judge"));
    }
    let asked = bare.judge(Task::Recommend, None, &history, Some(END_MS), &[1], &CancelToken::new()).unwrap();
    assert_eq!(asked, None);
}

#[test]
fn what_is_not_asked_for_is_not_judged() {
    let Some(Packs { plain, judged, .. }) = packs("what_is_not_asked_for_is_not_judged") else { return };
    let history = History::Events(views(&plain, &[5, 9, 17]));
    let token = CancelToken::new();
    let similar = |engine: &Engine| {
        let item = engine.item_id(3).unwrap();
        let request = SimilarRequest { history: history.clone(), taste: 0.5, ..SimilarRequest::new(item) };
        engine.similar(&SimilarRequest { now_ms: Some(END_MS), ..request }, &token).unwrap().hits
    };
    assert_eq!(similar(&plain), similar(&judged));
    let wish = |engine: &Engine| {
        let request = RecommendRequest {
            history: history.clone(),
            wish: Some("light tent".into()),
            now_ms: Some(END_MS),
            ..RecommendRequest::default()
        };
        engine.recommend(&request, &token).unwrap().hits
    };
    assert_eq!(wish(&plain), wish(&judged));
    // Fewer than the judge would look at: all of them, and none that the filter refuses.
    let filter: gensr::Filter = "categories = \"no such thing\"".parse().unwrap();
    let none = SearchRequest { filter: Some(filter), ..SearchRequest::new("tent") };
    assert!(search(&judged, none).hits.is_empty());
}

#[test]
fn bad_judges_and_bad_questions_are_refused() {
    let Some(pack) = common::pack("bad_judges_and_bad_questions_are_refused") else { return };
    let folder = tempfile::tempdir().unwrap();
    let token = CancelToken::new();
    let nan = open(&with_judge(&pack, folder.path(), "judge-nan.onnx", WEIGHT), None);
    let error = nan.recommend(&RecommendRequest::default(), &token).unwrap_err();
    assert!(matches!(&error, Error::BadPack { reason } if reason.contains("judge")), "{error}");
    let mut changed = Rewritten::of(&pack);
    let decoder = changed.bytes("graph.decoder");
    changed.add("graph.judge", decoder);
    changed.manifest["tasks"]["search"]["judge"] = json!(WEIGHT);
    let path = folder.path().join("decoder.gensr");
    std::fs::write(&path, changed.file()).unwrap();
    let wrong = open(&path, None);
    let error = wrong.search(&SearchRequest::new("tent"), &token).unwrap_err();
    assert!(matches!(&error, Error::BadPack { reason } if reason.contains("judge")), "{error}");
    // A task without a weight never meets it.
    assert!(wrong.recommend(&RecommendRequest::default(), &token).is_ok());

    let judged = open(&with_judge(&pack, folder.path(), "judge.onnx", WEIGHT), None);
    let ask = |rows: &[u32], token: &CancelToken| {
        judged.judge(Task::Search, Some("tent"), &History::Empty, Some(END_MS), rows, token)
    };
    assert_eq!(ask(&[], &token).unwrap(), Some(Vec::new()));
    let items = judged.row_count() as u32;
    assert!(matches!(ask(&[0, items], &token), Err(Error::InvalidArgument { .. })));
    assert!(matches!(ask(&vec![0; 5_000], &token), Err(Error::InvalidArgument { .. })));
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert!(matches!(ask(&[1, 2], &cancelled), Err(Error::Cancelled)));
    // Everything is given back and loaded again.
    let before = ask(&[4, 7], &token).unwrap();
    assert!(judged.diagnostics().providers.iter().any(|(graph, _)| *graph == "judge"));
    judged.trim_memory(gensr::TrimLevel::Everything);
    assert!(judged.diagnostics().providers.iter().all(|(graph, _)| *graph != "judge"));
    assert_eq!(ask(&[4, 7], &token).unwrap(), before);
}

#[test]
fn together_is_what_each_gets_alone() {
    let Some(pack) = common::testdata("together_is_what_each_gets_alone", "tiny-judge.gensr") else { return };
    let engine = open(&pack, None);
    let items = engine.row_count() as u32;
    let token = CancelToken::new();
    let mut spread = 0.0_f32;
    for events in [0_u32, 1, 2, 7, 12] {
        let rows: Vec<u32> = (0..events).map(|i| (i * 11 + 3) % items).collect();
        let history = History::Events(views(&engine, &rows));
        for (task, query) in [(Task::Recommend, None), (Task::Search, Some("red tent"))] {
            let ask = |rows: &[u32]| {
                engine.judge(task, query, &history, Some(END_MS), rows, &token).unwrap().expect("a judge")
            };
            // As many as are judged in an answer, from a shop that has fewer: some twice.
            let asked: Vec<u32> = (0..JUDGED as u32).map(|i| (i * 7) % items).collect();
            let together = ask(&asked);
            for (row, logit) in asked.iter().zip(&together) {
                assert_eq!(ask(&[*row])[0].to_bits(), logit.to_bits(), "{events} events, row {row}");
            }
            let mut backwards = ask(&asked.iter().rev().copied().collect::<Vec<_>>());
            backwards.reverse();
            assert_eq!(backwards, together);
            let bounds = together.iter().fold((f32::MAX, f32::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
            spread = spread.max(bounds.1 - bounds.0);
        }
    }
    assert!(spread > 0.1, "a judge that says the same of everything is none: {spread}");
}
