//! Vectors of live items, which are made of their texts.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;
#[path = "common/rewritten.rs"]
mod rewritten;

use common::{ids, open};
use gensr::{
    AttributeValue, CancelToken, Engine, Error, History, Response, SearchRequest, SimilarRequest, Upsert,
};
use rewritten::Rewritten;

fn token() -> CancelToken {
    CancelToken::new()
}

fn search(engine: &Engine, query: &str) -> Response {
    engine.search(&SearchRequest::new(query).history(History::Empty), &token()).unwrap()
}

#[test]
fn vectors_are_made_by_a_job_that_may_be_stopped_and_are_kept() {
    let pack = common::tiny();
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&pack, Some(folder.path()));
    let item = |n: usize, text: &str| Upsert::new(format!("new-{n}"), format!("warm jacket {n}"), text);
    let items: Vec<_> = (0..150).map(|n| item(n, "for every day")).collect();
    let job = engine.upsert_items(items.clone()).unwrap();
    let live = |engine: &Engine| engine.diagnostics().live;
    assert_eq!((live(&engine).pending, live(&engine).without_vector, job.progress().total), (150, 150, 150));
    // Like nothing, and nothing like it, as long as nothing is known of it.
    let similar = |engine: &Engine, id: &str| engine.similar(&SimilarRequest::new(id), &token()).unwrap();
    assert!(similar(&engine, "new-3").hits.is_empty());
    let before =
        ids(&similar(&engine, &engine.item_id(3).unwrap())).iter().filter(|id| id.starts_with("new")).count();
    assert_eq!(before, 0);

    let cancelled = token();
    cancelled.cancel();
    assert_eq!(job.run(&engine, &cancelled), Err(Error::Cancelled));
    // Stopped while it runs: what was made stays.
    let stop = token();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| job.run(&engine, &stop));
        while job.progress().done == 0 && !run.is_finished() {
            std::thread::yield_now();
        }
        stop.cancel();
        assert!(matches!(run.join().unwrap(), Ok(()) | Err(Error::Cancelled)));
    });
    let made = 150 - live(&engine).pending;
    assert!(made > 0);
    drop(engine);
    let engine = open(&pack, Some(folder.path()));
    assert_eq!(live(&engine).pending, 150 - made, "kept with the profile");
    engine.warm_up(&token()).unwrap();
    assert_eq!((live(&engine).pending, live(&engine).without_vector), (0, 0));
    assert_eq!(engine.pending_vectors().progress().total, 0);
    let rows: Vec<_> = (0..150).map(|n| engine.item_row(&format!("new-{n}")).unwrap()).collect();
    assert!(!similar(&engine, "new-3").hits.is_empty());
    drop(engine);
    let engine = open(&pack, Some(folder.path()));
    let again: Vec<_> = (0..150).map(|n| engine.item_row(&format!("new-{n}")).unwrap()).collect();
    assert_eq!(rows, again);

    // The same text keeps its vector, another one does not.
    let mut changed = items;
    changed[0].attributes = vec![("price".into(), AttributeValue::Number(3.0))];
    changed[1].text = "for no day".into();
    engine.upsert_items(changed).unwrap();
    assert_eq!(live(&engine).pending, 1);
    assert_eq!(engine.item_row("new-0").unwrap(), rows[0]);
    engine.pending_vectors().run(&engine, &token()).unwrap();
    assert_eq!(live(&engine).pending, 0);
}

#[test]
fn without_the_graph_a_job_has_nothing_to_do_and_diagnostics_say_so() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("older.gensr");
    let mut rewritten = Rewritten::of(&pack);
    rewritten.remove("graph.item");
    std::fs::write(&older, rewritten.file()).unwrap();
    let engine = open(&older, None);
    let job = engine.upsert_items(vec![Upsert::new("new-1", "Flimmerbock", "")]).unwrap();
    assert_eq!((job.taken(), job.progress().total), (1, 0));
    job.run(&engine, &token()).unwrap();
    let live = engine.diagnostics().live;
    assert_eq!((live.makes_vectors, live.pending, live.without_vector), (false, 0, 1));
    assert_eq!(search(&engine, "flimmerbock").hits[0].id, "new-1");
}

#[test]
fn what_an_item_means_is_known_once_its_vector_is_made() {
    let pack = common::pack();
    let engine = open(&pack, None);
    assert!(engine.diagnostics().live.makes_vectors, "the demo pack has the graph `item`");
    // No word of a query is in any text: only the model can bring them together.
    let wanted = [
        ("stove", Upsert::new("new-1", "Zwirbelfax", "cooking boil water gas burner meal kettle")),
        ("tent", Upsert::new("new-2", "Krampelitz", "shelter poles sleeps pitch camping freestanding")),
    ];
    let place = |query: &str, id: &str| {
        let request = SearchRequest::new(query).history(History::Empty).limit(1_000);
        let found = engine.search(&request, &token()).unwrap();
        found.hits.iter().position(|hit| hit.id == id).unwrap_or(1_000)
    };
    let places = || wanted.iter().map(|(query, item)| place(query, &item.id)).collect::<Vec<_>>();
    let job = engine.upsert_items(wanted.iter().map(|(_, item)| item.clone()).collect()).unwrap();
    let before = places();
    job.run(&engine, &token()).unwrap();
    let after = places();
    println!("places of two items before and after their vectors: {before:?} {after:?}");
    assert!(before.iter().zip(&after).all(|(before, after)| after < before), "{before:?} {after:?}");
}
