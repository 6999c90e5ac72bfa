//! A catalogue that changes on the device: what is upserted is found at once, by everything that finds; what was removed or
//! replaced is in no answer of any kind; both outlive the engine.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{END_MS, ids, open};
use gensr::{
    AttributeValue, CancelToken, Engine, Error, Event, Freshness, History, RecommendRequest, Response,
    SearchRequest, SimilarRequest, TrimLevel, Upsert,
};

fn token() -> CancelToken {
    CancelToken::new()
}

fn search(engine: &Engine, query: &str) -> Response {
    let request = SearchRequest::new(query).history(History::Empty);
    engine.search(&request, &token()).unwrap()
}

/// A stove that no shop has, with words that no pack knows.
fn stove() -> Upsert {
    Upsert::new("new-1", "Flimmerbock Stove", "Burns spruceneedles silently.").attributes(vec![
        ("brand".into(), AttributeValue::Text("Zwirbelwerk".into())),
        ("price".into(), AttributeValue::Number(12.5)),
        ("activities".into(), AttributeValue::TextSet(vec!["zorbing".into(), "camping".into()])),
        ("released".into(), AttributeValue::Date(19_723)),
        ("in_stock".into(), AttributeValue::Bool(true)),
        ("categories".into(), AttributeValue::TextSet(vec!["Quibbleware".into()])),
    ])
}

#[test]
fn an_upserted_item_is_found_at_once_by_all_that_finds() {
    let pack = common::pack();
    let engine = open(&pack, None);
    assert_eq!(engine.diagnostics().live.items, 0);
    let job = engine.upsert_items(vec![stove()]).unwrap();
    assert_eq!(job.taken(), 1);
    // Whole words, a beginning, a misspelling, of title and text; the id; the category; accents and case.
    for query in [
        "flimmerbock",
        "flimmerb",
        "flimmerbokc",
        "spruceneedles",
        "sprucene",
        "new-1",
        "quibbleware",
        "FLÍMMERBOCK stove",
    ] {
        let found = search(&engine, query);
        assert_eq!(found.hits[0].id, "new-1", "{query:?}");
    }
    let hit = &search(&engine, "flimmer").hits[0];
    assert_eq!((hit.title.as_str(), hit.highlights.len()), ("Flimmerbock Stove", 1));
    assert_eq!(hit.highlights[0], 0..7);
    let typing = engine.typing();
    let request = SearchRequest::new("flimmerbock st").history(History::Empty);
    let first = typing.keystroke(request).words().unwrap();
    assert_eq!(first.hits[0].id, "new-1");

    // Attributes that the pack has, with values that it does not.
    let filtered = |filter: &str| {
        let request = RecommendRequest::new()
            .history(History::Empty)
            .filter(Some(filter.parse().unwrap()))
            .attributes(vec!["brand".into(), "activities".into()])
            .facets(vec!["brand".into(), "activities".into(), "price".into()]);
        engine.recommend(&request, &token()).unwrap()
    };
    for filter in ["brand = Zwirbelwerk", "activities = zorbing AND price < 13", "categories = Quibbleware"] {
        let found = filtered(filter);
        assert_eq!((ids(&found), found.total_hits), (vec!["new-1"], 1), "{filter}");
        let brand = ("brand".to_owned(), AttributeValue::Text("Zwirbelwerk".into()));
        let activities =
            ("activities".to_owned(), AttributeValue::TextSet(vec!["camping".into(), "zorbing".into()]));
        assert_eq!(found.hits[0].attributes, [brand, activities]);
        assert_eq!(found.facets[0].values, [("Zwirbelwerk".to_owned(), 1)]);
        assert_eq!(found.facets[1].values, [("camping".to_owned(), 1), ("zorbing".to_owned(), 1)]);
        let price = AttributeValue::Number(12.5);
        assert_eq!(found.facets[2].range, Some((price.clone(), price)));
    }
    assert_eq!(filtered("brand = Zwirbelwerk AND NOT in_stock = true").total_hits, 0);

    let complete = |typed: &str| {
        let found = engine.complete(typed, 10).unwrap();
        found.into_iter().map(|c| (c.text, c.item_id)).collect::<Vec<_>>()
    };
    assert_eq!(complete("flimm"), [("Flimmerbock Stove".to_owned(), Some("new-1".to_owned()))]);
    assert_eq!(complete("quibb")[0], ("Quibbleware".to_owned(), None));

    let items = engine.items(&["new-1", "nobody"]).unwrap();
    assert!(items[1].is_none());
    let item = items[0].as_ref().unwrap();
    assert_eq!(
        (item.id.as_str(), item.title.as_str(), item.attributes.len()),
        ("new-1", "Flimmerbock Stove", 6)
    );

    // New, for those who look for what is new.
    let freshness = Freshness::new("released").half_life_days(10.0).weight(10.0);
    let request = RecommendRequest::new()
        .history(History::Events(common::views(&engine, &[3, 500])))
        .freshness(Some(freshness))
        .now_ms(Some((19_723 + 400) * 86_400_000));
    let later = Upsert::new("new-2", "Today", "")
        .attributes(vec![("released".into(), AttributeValue::Date(19_723 + 400))]);
    engine.upsert_items(vec![later]).unwrap();
    assert_eq!(engine.recommend(&request, &token()).unwrap().hits[0].id, "new-2");
}

#[test]
fn events_wait_for_an_item_and_wake_when_it_comes() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let kind = common::view(&engine);
    let event = Event::new("new-1", kind).timestamp_ms(Some(END_MS));
    engine.record(event).unwrap();
    let dormant = |engine: &Engine| {
        common::recommend(engine, History::Profile);
        engine.diagnostics().profile.dormant
    };
    assert_eq!(dormant(&engine), 1);
    engine.upsert_items(vec![stove()]).unwrap();
    assert_eq!(dormant(&engine), 0);
    let everything = RecommendRequest::new().limit(1_000);
    let found = engine.recommend(&everything, &token()).unwrap().total_hits;
    assert_eq!(found, engine.diagnostics().items, "all but the one that is in the history");
    engine.remove_items(&["new-1"]).unwrap();
    assert_eq!(dormant(&engine), 1);
    engine.upsert_items(vec![stove()]).unwrap();
    engine.clear_history().unwrap();
    assert_eq!(engine.diagnostics().live.items, 1, "the catalogue is no history");
    assert_eq!(search(&engine, "flimmerbock").hits[0].id, "new-1");
}

#[test]
fn an_item_under_its_old_title_keeps_what_the_pack_learned_of_it() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let history = |engine: &Engine| History::Events(common::views(engine, &[3, 500, 77]));
    let request =
        |engine: &Engine| RecommendRequest::new().history(history(engine)).limit(30).now_ms(Some(END_MS));
    let before = engine.recommend(&request(&engine), &token()).unwrap();
    // New prices for a hit and for an item of the history.
    let priced = |id: &str| {
        Upsert::new(id, engine.items(&[id]).unwrap()[0].as_ref().unwrap().title.clone(), "")
            .attributes(vec![("price".into(), AttributeValue::Number(1.25))])
    };
    let changed = vec![priced(&before.hits[4].id), priced(&engine.item_id(77).unwrap())];
    engine.upsert_items(changed).unwrap();
    let after = engine.recommend(&request(&open(&pack, None)), &token()).unwrap();
    assert_eq!(ids(&before), ids(&after));
    for (a, b) in before.hits.iter().zip(&after.hits) {
        assert!((a.score - b.score).abs() < 1e-4, "{} and {}", a.score, b.score);
    }
    assert_eq!((engine.diagnostics().live.items, engine.diagnostics().live.without_vector), (2, 0));
    let cheap = request(&engine).filter(Some("price = 1.25".parse().unwrap()));
    assert_eq!(ids(&engine.recommend(&cheap, &token()).unwrap()), [before.hits[4].id.as_str()]);
    let similar = |engine: &Engine, id: &str| {
        ids(&engine.similar(&SimilarRequest::new(id), &token()).unwrap())
            .iter()
            .map(|s| s.to_string())
            .collect::<Vec<_>>()
    };
    let fresh = open(&pack, None);
    assert_eq!(similar(&engine, &before.hits[4].id), similar(&fresh, &before.hits[4].id));
    // Under another title it is another item.
    engine.upsert_items(vec![Upsert::new(&*before.hits[4].id, "Quibble", "")]).unwrap();
    assert_eq!(engine.diagnostics().live.without_vector, 1);
    assert_eq!(search(&engine, "quibble").hits[0].id, before.hits[4].id);
}

#[test]
fn of_two_versions_the_later_stays() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let at = |timestamp_ms: i64, title: &str| Upsert::new("new", title, "").timestamp_ms(Some(timestamp_ms));
    let title = |engine: &Engine| engine.items(&["new"]).unwrap()[0].as_ref().map(|item| item.title.clone());
    let now = 1_900_000_000_000;
    assert_eq!(engine.upsert_items(vec![at(now, "second")]).unwrap().taken(), 1);
    assert_eq!(engine.upsert_items(vec![at(now - 1, "first")]).unwrap().taken(), 0);
    assert_eq!(title(&engine).unwrap(), "second");
    assert_eq!(
        engine.upsert_items(vec![at(now, "as late"), at(now + 1, "later"), at(now, "late")]).unwrap().taken(),
        1
    );
    assert_eq!(title(&engine).unwrap(), "later");
    // Without a time a change is the latest, whatever the clock says.
    assert_eq!(engine.remove_items(&["new", "nobody", "new"]).unwrap(), 1);
    assert_eq!(title(&engine), None);
    assert_eq!(engine.upsert_items(vec![at(now, "again")]).unwrap().taken(), 0, "removed is later");
    assert_eq!(engine.upsert_items(vec![Upsert::new("new", "back", "")]).unwrap().taken(), 1);
    assert_eq!(title(&engine).unwrap(), "back");
}

#[test]
fn what_does_not_fit_is_refused_whole_and_says_where() {
    let pack = common::pack();
    let engine = open(&pack, None);
    let with = |name: &str, value: AttributeValue| {
        Upsert::new("secret-id", "secret title", "").attributes(vec![(name.into(), value)])
    };
    let text = |length: usize| "x".repeat(length);
    let cases = [
        (with("weight", AttributeValue::Number(1.0)), "\"weight\" is not in the pack"),
        (with("price", AttributeValue::Text("9".into())), "price is of another type: Number"),
        (with("price", AttributeValue::Number(f32::NAN)), "price is not a finite number"),
        (with("released", AttributeValue::Date(i32::MIN)), "released is no date"),
        (with("brand", AttributeValue::Text(text(4_097))), "brand has 4097 bytes"),
        (with("activities", AttributeValue::TextSet(vec!["a".into(); 257])), "activities has 257 values"),
        (Upsert::new("", "t", ""), "id has 0 bytes"),
        (Upsert::new(text(257), "t", ""), "id has 257 bytes"),
        (Upsert::new("a", text(4_097), ""), "title has 4097 bytes"),
        (Upsert::new("a", "t", text(65_537)), "text has 65537 bytes"),
    ];
    for (bad, says) in cases {
        let error = engine.upsert_items(vec![Upsert::new("good", "Good", ""), bad]).unwrap_err();
        let Error::InvalidArgument { reason } = &error else { panic!("{error}") };
        assert!(reason.starts_with("item 1: ") && reason.contains(says), "{reason}");
        assert!(!reason.contains("secret"), "{reason}");
        assert!(engine.items(&["good"]).unwrap()[0].is_none(), "all or none");
    }
    let twice = Upsert::new("a", "t", "").attributes(vec![("price".into(), AttributeValue::Number(1.0)); 2]);
    assert!(engine.upsert_items(vec![twice]).unwrap_err().to_string().contains("price is there twice"));
    let many = vec![Upsert::new("a", "t", ""); gensr::MAX_CHANGES + 1];
    assert!(matches!(engine.upsert_items(many), Err(Error::InvalidArgument { .. })));
    assert!(matches!(engine.remove_items(&[""]), Err(Error::InvalidArgument { .. })));
    assert!(engine.upsert_items(Vec::new()).is_ok() && engine.remove_items(&[""; 0]).unwrap() == 0);
}

#[test]
fn changes_outlive_the_engine_and_trimming() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let engine = open(&pack, Some(folder.path()));
    let removed = engine.item_id(10).unwrap();
    engine.upsert_items(vec![stove()]).unwrap();
    assert_eq!(engine.remove_items(&[&removed]).unwrap(), 1);
    let check = |engine: &Engine| {
        assert_eq!(search(engine, "flimmerbock").hits[0].id, "new-1");
        assert_eq!(engine.items(&[&removed]).unwrap(), [None]);
        let live = engine.diagnostics().live;
        assert_eq!((live.items, live.removed), (1, 1));
    };
    engine.trim_memory(TrimLevel::Background);
    check(&engine);
    drop(engine);
    let engine = open(&pack, Some(folder.path()));
    check(&engine);

    // Somebody else changes the catalogue while this engine has let go of the profile.
    engine.trim_memory(TrimLevel::Background);
    let other = open(&pack, Some(folder.path()));
    other.upsert_items(vec![Upsert::new("new-2", "Snurfelwick", "")]).unwrap();
    drop(other);
    engine.history(1).unwrap();
    assert_eq!(search(&engine, "snurfelwick").hits[0].id, "new-2");
    drop(engine);
    let memory = open(&pack, None);
    assert_eq!(memory.diagnostics().live.items, 0);
}
