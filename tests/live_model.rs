//! A catalogue that changes on the device, held against the plainest of models: whatever is upserted and removed, in whatever
//! order, no answer of any kind has what is no more, and every answer of all items has what there is.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{END_MS, open};
use gensr::{
    CancelToken, Engine, Error, Event, Exploration, History, MAX_LIMIT, RecommendRequest, Response,
    SearchRequest, SimilarRequest, TrimLevel, Upsert,
};
use proptest::prelude::*;

fn token() -> CancelToken {
    CancelToken::new()
}

/// The expected catalogue, kept in plain collections.
#[derive(Debug, Clone, Default)]
struct Model {
    /// Titles of the items that are there.
    items: BTreeMap<String, String>,
    /// Titles of what is no more, to look for.
    gone: BTreeSet<String>,
}

#[derive(Debug, Clone)]
enum Step {
    /// An item of the pack, or a new one, under a title that is made of this number.
    Upsert(Vec<(bool, u16)>),
    Remove(Vec<(bool, u16)>),
    Restart,
    Trim,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || prop::collection::vec((any::<bool>(), 0_u16..60), 1..8);
    let step = prop_oneof![
        4 => some().prop_map(Step::Upsert),
        3 => some().prop_map(Step::Remove),
        1 => Just(Step::Restart),
        1 => Just(Step::Trim),
    ];
    prop::collection::vec(step, 1..8)
}

/// Every id that any answer names, with what it was asked.
fn answered(engine: &Engine, queries: &[String], some: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut note = |what: &str, response: &Response| {
        found.extend(response.hits.iter().map(|hit| (what.to_owned(), hit.id.clone())));
    };
    let typing = engine.typing();
    for query in queries {
        let request = SearchRequest::new(query.as_str()).history(History::Empty).limit(50);
        note(&format!("search {query}"), &engine.search(&request, &token()).unwrap());
        note(&format!("typing {query}"), &typing.keystroke(request).words().unwrap());
    }
    let kind = common::view(engine);
    let event = |id: &String| Event::new(id.clone(), kind.clone()).timestamp_ms(Some(END_MS));
    let feed = RecommendRequest::new()
        .history(History::Events(some.iter().map(event).collect()))
        .leave_out(Some(gensr::LeaveOut::Nothing))
        .limit(60)
        .diversity(Some(0.4))
        .exploration(Some(Exploration::new(0.5, 7)))
        .seeds(some.iter().take(2).cloned().collect())
        .now_ms(Some(END_MS));
    note("feed", &engine.recommend(&feed, &token()).unwrap());
    for id in some {
        match engine.similar(&SimilarRequest::new(id.as_str()).limit(50), &token()) {
            Ok(response) => note("similar", &response),
            Err(error) => assert!(matches!(error, Error::InvalidArgument { .. })),
        }
    }
    for query in queries {
        let completions = engine.complete(query, 50).unwrap();
        found.extend(completions.into_iter().filter_map(|c| Some((format!("complete {query}"), c.item_id?))));
    }
    found
}

/// All items, page by page, and what is counted of them.
fn whole(engine: &Engine) -> (Vec<String>, usize, usize) {
    let mut all = Vec::new();
    for offset in (0..).step_by(MAX_LIMIT) {
        let request = RecommendRequest::new()
            .history(History::Empty)
            .limit(MAX_LIMIT)
            .offset(offset)
            .facets(vec!["brand".into()]);
        let page = engine.recommend(&request, &token()).unwrap();
        all.extend(page.hits.iter().map(|hit| hit.id.clone()));
        if page.hits.is_empty() {
            return (all, page.total_hits, page.facets[0].items);
        }
    }
    unreachable!("pages end")
}

fn check_answers(engine: &Engine, model: &Model) -> Result<(), TestCaseError> {
    let queries: Vec<String> = model
        .gone
        .iter()
        .take(6)
        .cloned()
        .chain(model.items.values().rev().take(4).cloned())
        .filter(|q| !q.is_empty())
        .collect();
    let some: Vec<String> =
        model.items.keys().rev().take(2).cloned().chain(["n3".into(), "n7".into()]).collect();
    for (what, id) in answered(engine, &queries, &some) {
        prop_assert!(model.items.contains_key(&id), "{what}: {id} is no more");
    }
    Ok(())
}

fn check_whole(engine: &Engine, model: &Model) -> Result<(), TestCaseError> {
    let (mut all, found, brands) = whole(engine);
    prop_assert_eq!(all.len(), found);
    all.sort_unstable();
    let alive: Vec<&String> = model.items.keys().collect();
    prop_assert!(all.iter().eq(alive.iter().copied()), "{} items instead of {}", all.len(), alive.len());
    let request = SearchRequest::new("tent")
        .history(History::Empty)
        .filter(Some("NOT brand = Nobody".parse().unwrap()))
        .limit(1);
    prop_assert_eq!(engine.search(&request, &token()).unwrap().total_hits, alive.len());
    prop_assert!(brands <= alive.len());
    let titles: Vec<&String> = model.items.keys().rev().take(40).collect();
    for (id, item) in titles.iter().zip(engine.items(&titles).unwrap()) {
        prop_assert_eq!(&item.unwrap().title, &model.items[*id]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_of_any_kind_has_what_is_no_more(steps in steps()) {
        let pack = common::pack();
        let folder = tempfile::tempdir().unwrap();
        let mut engine = open(&pack, Some(folder.path()));
        let count = engine.manifest().items as u32;
        let items = (0..count).map(|row| (engine.item_id(row).unwrap(), engine.title(row).unwrap()));
        let mut model = Model { items: items.collect(), gone: BTreeSet::new() };
        // Each number is an item of the pack or a new one.
        let pack_ids: Vec<String> = (0..60).map(|n| engine.item_id(n * 37 % count).unwrap()).collect();
        let id = |(of_pack, number): (bool, u16)| {
            if of_pack { pack_ids[usize::from(number)].clone() } else { format!("n{number}") }
        };
        for step in steps {
            match step {
                Step::Upsert(some) => {
                    let mut upserts = Vec::new();
                    for item in some {
                        // Titles share words with each other and with the pack.
                        let title = format!("Tent zz{} {}", item.1 % 7, if item.0 { "renewed" } else { "novelty" });
                        upserts.push(Upsert::new(id(item), title.as_str(), "warm and dry"));
                        if let Some(old) = model.items.insert(id(item), title.clone()) {
                            model.gone.insert(old);
                        }
                    }
                    engine.upsert_items(upserts).unwrap();
                }
                Step::Remove(some) => {
                    let removed: Vec<String> = some.iter().map(|item| id(*item)).collect();
                    let distinct: BTreeSet<&String> = removed.iter().collect();
                    let there = distinct.iter().filter(|id| model.items.contains_key(**id)).count();
                    prop_assert_eq!(engine.remove_items(&removed).unwrap(), there);
                    for id in removed {
                        model.gone.extend(model.items.remove(&id));
                    }
                }
                Step::Restart => {
                    drop(engine);
                    engine = open(&pack, Some(folder.path()));
                }
                Step::Trim => engine.trim_memory(TrimLevel::Background),
            }
        }
        check_answers(&engine, &model)?;
        drop(engine);
        let engine = open(&pack, Some(folder.path()));
        check_answers(&engine, &model)?;
        check_whole(&engine, &model)?;
    }
}
