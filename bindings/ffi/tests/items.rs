//! The catalogue changed through the boundary.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::HashMap;

use common::{demo, open, options, search};
use gensr_ffi::{AttributeValue, CancelToken, Engine, GensrError, PackSource, Upsert};

fn stove() -> Upsert {
    let text = |value: &str| AttributeValue::Text { value: value.to_owned() };
    Upsert {
        id: "new-1".into(),
        title: "Flimmerbock Stove".into(),
        text: "Burns spruceneedles.".into(),
        attributes: HashMap::from([
            ("brand".into(), text("Zwirbelwerk")),
            ("price".into(), AttributeValue::Number { value: 12.5 }),
            ("categories".into(), AttributeValue::TextSet { values: vec!["Quibbleware".into()] }),
            ("released".into(), AttributeValue::Date { epoch_day: 19_723 }),
            ("in_stock".into(), AttributeValue::Bool { value: true }),
        ]),
        timestamp_ms: None,
    }
}

fn first(engine: &Engine, query: &str) -> Option<String> {
    let found = engine.search(search(query), &CancelToken::new()).unwrap();
    found.hits.into_iter().next().map(|hit| hit.id)
}

#[test]
fn items_come_stay_and_go() {
    let pack = demo();
    let profile = tempfile::tempdir().unwrap();
    let source = || PackSource::Path { path: pack.to_string_lossy().into_owned() };
    let engine = Engine::open(source(), options(Some(profile.path()))).unwrap();
    let job = engine.upsert_items(vec![stove()]).unwrap();
    assert_eq!(job.taken(), 1);
    assert_eq!(first(&engine, "flimmerbock").as_deref(), Some("new-1"));
    let items = engine.items(vec!["nobody".into(), "new-1".into()]).unwrap();
    assert!(items[0].is_none());
    let found = items[1].as_ref().unwrap();
    assert_eq!((found.id.as_str(), found.title.as_str()), ("new-1", "Flimmerbock Stove"));
    let attributes: HashMap<_, _> =
        found.attributes.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
    assert_eq!(attributes, stove().attributes);

    let token = CancelToken::new();
    job.run(&token).unwrap();
    let live = engine.diagnostics().unwrap().live;
    assert_eq!((live.items, live.removed, live.pending), (1, 0, 0));
    assert_eq!(job.progress().done, if live.makes_vectors { 1 } else { 0 });
    assert_eq!(live.without_vector, if live.makes_vectors { 0 } else { 1 });
    let old = Upsert { title: "Older".into(), timestamp_ms: Some(1), ..stove() };
    assert_eq!(engine.upsert_items(vec![old]).unwrap().taken(), 0);
    engine.shutdown();
    assert_eq!(job.run(&token), Err(GensrError::Closed));

    let engine = Engine::open(source(), options(Some(profile.path()))).unwrap();
    assert_eq!(first(&engine, "flimmerbock").as_deref(), Some("new-1"), "it outlives the engine");
    engine.pending_vectors().unwrap().run(&token).unwrap();
    assert_eq!(engine.remove_items(vec!["new-1".into(), "g3919".into(), "nobody".into()]), Ok(2));
    assert_ne!(first(&engine, "flimmerbock").as_deref(), Some("new-1"));
    assert_eq!(engine.items(vec!["new-1".into(), "g3919".into()]), Ok(vec![None, None]));
    assert_eq!(engine.diagnostics().unwrap().live.items, 0);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let pack = demo();
    let engine = open(&pack).unwrap();
    let attributes = HashMap::from([("no such column".to_owned(), AttributeValue::Bool { value: true })]);
    let odd_type = HashMap::from([("price".to_owned(), AttributeValue::Bool { value: true })]);
    for wrong in [
        Upsert { id: String::new(), ..stove() },
        Upsert { text: "x".repeat(65_537), ..stove() },
        Upsert { attributes, ..stove() },
        Upsert { attributes: odd_type, ..stove() },
    ] {
        let refused = engine.upsert_items(vec![stove(), wrong]);
        let Err(GensrError::InvalidArgument { reason }) = refused.map(|_| ()) else { panic!("refused") };
        assert!(reason.contains("item 1"), "{reason}");
    }
    assert!(engine.upsert_items(vec![stove(); 10_001]).is_err());
    assert_eq!(engine.items(vec!["new-1".into()]), Ok(vec![None]));
}
