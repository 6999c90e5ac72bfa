//! The exported calls on the demo pack, as the layers of Kotlin and Swift make them.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::os::fd::AsRawFd;

use common::{demo, event, open, options, recommend, search, similar};
use gensr_ffi::{
    AttributeValue, CancelToken, Cap, CompletionKind, Engine, EngineOptions, Event, ExecutionProvider,
    Exploration, GensrError, LeaveOut, PackSource, ReasonKind, RecommendRequest, SearchRequest,
    SimilarRequest, TrimLevel, quote_in_filter,
};

#[test]
fn a_pack_inside_another_file_is_opened_through_a_descriptor() {
    let pack = demo();
    let content = std::fs::read(&pack).unwrap();
    // An asset of an APK lies at a multiple of 4, with other assets around it.
    let mut outer = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut outer, &[&[7; 20], &content[..], &[9; 33]].concat()).unwrap();
    let fd = outer.as_file().as_raw_fd();
    let source = |offset, length| PackSource::Descriptor { fd, offset, length };
    let engine = Engine::open(source(20, Some(content.len() as i64)), options(None)).unwrap();
    let refused = |source| Engine::open(source, options(None)).unwrap_err();
    for wrong in [source(21, Some(100)), source(20, None), source(0, Some(0)), source(20, Some(i64::MAX))] {
        assert!(matches!(refused(wrong), GensrError::BadPack { .. }));
    }
    // Neither the host's descriptor nor the name of the file is needed any longer.
    drop(outer);
    let plain = open(&pack).unwrap();
    let token = CancelToken::new();
    let [a, b] = [&engine, &plain].map(|engine| engine.search(search("tent"), &token).unwrap().hits);
    assert_eq!(a, b);
    assert_eq!(a.len(), 5);
}

#[test]
fn providers_are_chosen_by_name_and_refused_if_missing() {
    let pack = demo();
    let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
    let open = |provider| Engine::open(source.clone(), EngineOptions { provider, ..options(None) });
    for (provider, name) in [(ExecutionProvider::CoreMl, "coreml"), (ExecutionProvider::Nnapi, "nnapi")] {
        // A phone's ONNX Runtime has one of them.
        let Err(error) = open(provider) else { continue };
        let says = format!("no execution provider {name} here; it has cpu");
        assert!(
            matches!(&error, GensrError::InvalidArgument { reason } if reason.contains(&says)),
            "{error:?}"
        );
    }
    let engine = open(ExecutionProvider::Cpu).unwrap();
    engine.warm_up(&CancelToken::new()).unwrap();
    let found = engine.diagnostics().unwrap();
    let graphs: Vec<_> = found.nodes.iter().map(|row| (row.graph.as_str(), row.provider.as_str())).collect();
    assert_eq!(graphs, [("history", "cpu"), ("decoder", "cpu")]);
    assert!(found.nodes.iter().all(|row| row.nodes > 10));
}

#[test]
fn every_call_does_what_it_says() {
    let pack = demo();
    let profile = tempfile::tempdir().unwrap();
    let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
    let engine = Engine::open(source, options(Some(profile.path()))).unwrap();
    let token = CancelToken::new();
    engine.warm_up(&token).unwrap();

    let found =
        engine.search(SearchRequest { attributes: vec!["brand".into()], ..search("tent") }, &token).unwrap();
    assert!(found.hits.iter().all(|hit| !hit.title.is_empty() && hit.attributes.contains_key("brand")));
    assert_eq!(found.timings.last().unwrap().stage, "total");
    let marked = |hit: &gensr_ffi::Hit| {
        let part = hit.highlights.first().map(|part| part.start as usize..part.end as usize)?;
        Some(hit.title[part].to_lowercase())
    };
    assert!(found.hits.iter().filter_map(marked).any(|part| part == "tent"));
    let ids: Vec<_> = found.hits.iter().map(|hit| hit.id.as_str()).collect();

    engine.record(event(ids[0])).unwrap();
    engine.record_many(ids[1..].iter().map(|id| event(id)).collect()).unwrap();
    let history = engine.history(3).unwrap();
    assert_eq!(history.iter().map(|event| event.item_id.as_str()).collect::<Vec<_>>(), ids[2..]);
    let suggested = engine.recommend(recommend(), &token).unwrap().hits;
    assert!(suggested.iter().all(|hit| !ids.contains(&hit.id.as_str())));

    let alike = SimilarRequest { limit: 3, exclude: vec![ids[1].into()], ..similar(ids[0]) };
    let alike = engine.similar(alike, &token).unwrap().hits;
    assert!(alike.len() == 3 && alike.iter().all(|hit| hit.id != ids[0] && hit.id != ids[1]));

    assert!(engine.diagnostics().unwrap().profile.open);
    engine.trim_memory(TrimLevel::Caches).unwrap();
    assert!(engine.diagnostics().unwrap().profile.open, "nobody asked for that much");
    engine.trim_memory(TrimLevel::Background).unwrap();
    let trimmed = engine.diagnostics().unwrap();
    assert!(!trimmed.profile.open && !trimmed.providers.is_empty());
    assert_eq!(engine.recommend(recommend(), &token).unwrap().hits, suggested);
    engine.trim_memory(TrimLevel::Everything).unwrap();
    let trimmed = engine.diagnostics().unwrap();
    assert!(!trimmed.profile.open && trimmed.providers.is_empty() && trimmed.calls_running == 0);
    assert_eq!(engine.recommend(recommend(), &token).unwrap().hits, suggested);

    engine.clear_history().unwrap();
    assert_eq!(engine.history(100_000), Ok(vec![]));
}

#[test]
fn answers_are_filtered_paged_and_counted() {
    let pack = demo();
    let engine = open(&pack).unwrap();
    let token = CancelToken::new();
    let counted = |filter: Option<String>, offset, limit| {
        let facets = vec!["brand".into(), "price".into(), "released".into()];
        let attributes = vec!["brand".into()];
        engine.search(SearchRequest { filter, offset, limit, attributes, facets, ..search("tent") }, &token)
    };
    let all = counted(None, 0, 1).unwrap();
    let [brands, prices, days] = &all.facets[..] else { panic!("{:?}", all.facets) };
    assert!(brands.distinct > 1 && brands.values.windows(2).all(|pair| pair[0].items >= pair[1].items));
    assert!(brands.least.is_none() && prices.values.is_empty());
    let (Some(AttributeValue::Number { value: least }), Some(AttributeValue::Number { value: greatest })) =
        (&prices.least, &prices.greatest)
    else {
        panic!("{prices:?}")
    };
    assert!(least < greatest && matches!(days.least, Some(AttributeValue::Date { .. })));

    let brand = &brands.values[0];
    let filter = Some(format!("brand = {}", quote_in_filter(&brand.value).unwrap()));
    let long = counted(filter.clone(), 0, 10).unwrap();
    assert!(long.hits.len() == 10 && long.total_hits >= brand.items);
    let wanted = AttributeValue::Text { value: brand.value.clone() };
    assert!(long.hits.iter().all(|hit| hit.attributes["brand"] == wanted));
    let pages = [0, 5].map(|offset| counted(filter.clone(), offset, 5).unwrap().hits);
    assert_eq!(pages.concat(), long.hits);

    for (text, at) in
        [("brand == x", "column 8"), ("no_such = 1", "column 1"), ("price = secret", "column 9")]
    {
        let Err(GensrError::InvalidArgument { reason }) = counted(Some(text.into()), 0, 1) else {
            panic!("{text}")
        };
        assert!(reason.contains(at) && !reason.contains("secret"), "{text}: {reason}");
    }
    let odd = r#"" OR price > 0 OR brand = "\"#;
    let none = counted(Some(format!("brand = {}", quote_in_filter(odd).unwrap())), 0, 1).unwrap();
    assert_eq!((none.total_hits, none.hits), (0, vec![]));
}

#[test]
fn a_feed_takes_its_options() {
    let pack = demo();
    let engine = open(&pack).unwrap();
    let token = CancelToken::new();
    let found = engine.search(search("tent"), &token).unwrap().hits;
    let ids: Vec<_> = found.iter().map(|hit| hit.id.clone()).collect();
    let bought = Event { kind: "buy".into(), ..event(&ids[0]) };
    engine.record_many(vec![bought, event(&ids[1])]).unwrap();

    let all = RecommendRequest { limit: 1_000, ..recommend() };
    let kept = |leave_out| {
        let hits = engine.recommend(RecommendRequest { leave_out, ..all.clone() }, &token).unwrap().hits;
        ids[..2].iter().map(|id| hits.iter().any(|hit| hit.id == *id)).collect::<Vec<_>>()
    };
    assert_eq!(kept(Some(LeaveOut::Nothing)), [true, true]);
    assert_eq!(kept(Some(LeaveOut::Kinds { kinds: vec!["buy".into()] })), [false, true]);
    assert_eq!(kept(Some(LeaveOut::History)), [false, false]);

    let seeded = RecommendRequest { seeds: vec![ids[2].clone()], ..recommend() };
    let seeded = engine.recommend(seeded, &token).unwrap().hits;
    let named = |kind| seeded.iter().flat_map(|hit| &hit.reasons).any(|reason| reason.kind == kind);
    assert!(seeded.iter().all(|hit| hit.id != ids[2]) && named(ReasonKind::Seeds));

    let caps = vec![Cap { attribute: "brand".into(), limit: 1 }];
    let capped = RecommendRequest { caps, attributes: vec!["brand".into()], ..recommend() };
    let capped = engine.recommend(capped, &token).unwrap().hits;
    let mut brands: Vec<_> = capped.iter().map(|hit| format!("{:?}", hit.attributes["brand"])).collect();
    brands.sort();
    brands.dedup();
    assert_eq!(brands.len(), 5);

    let explored = |seed| {
        let exploration = Some(Exploration { share: 0.5, seed });
        engine.recommend(RecommendRequest { limit: 20, exploration, ..recommend() }, &token).unwrap().hits
    };
    assert!(explored(u64::MAX) == explored(u64::MAX) && explored(u64::MAX) != explored(1));

    engine.record(Event { kind: gensr::DISLIKE.into(), ..event(&seeded[0].id) }).unwrap();
    let without = engine.recommend(RecommendRequest { limit: 1_000, ..recommend() }, &token).unwrap().hits;
    assert!(without.iter().all(|hit| hit.id != seeded[0].id));

    let personal = SimilarRequest { personalisation: 1.0, ..similar(&ids[2]) };
    let [personal, plain] =
        [personal, similar(&ids[2])].map(|request| engine.similar(request, &token).unwrap());
    assert_ne!(personal.hits, plain.hits);
}

#[test]
fn what_was_typed_is_completed() {
    let pack = demo();
    let engine = open(&pack).unwrap();
    engine
        .record(Event { query: Some("Tent für zwei".into()), kind: "search".into(), ..event("g0001") })
        .unwrap();
    let own = &engine.complete("zw", 10).unwrap()[0];
    assert_eq!((own.text.as_str(), own.kind, &own.item_id), ("Tent für zwei", CompletionKind::Query, &None));
    // Bytes: the umlaut has two.
    assert_eq!(own.highlights.iter().map(|part| (part.start, part.end)).collect::<Vec<_>>(), [(10, 12)]);
    let found = engine.complete("te", 100).unwrap();
    let title = found.iter().find(|found| found.kind == CompletionKind::Title).unwrap();
    assert!(title.item_id.is_some() && found.len() > 3 && found.len() <= 100);
    assert_eq!(engine.complete("", 1).unwrap()[0].text, "Tent für zwei");
}

#[test]
fn a_keystroke_is_answered_twice_and_takes_over() {
    let pack = demo();
    let engine = open(&pack).unwrap();
    let typing = engine.typing().unwrap();
    let expected = engine.search(search("tent"), &CancelToken::new()).unwrap().hits;
    let before = typing.keystroke(search("ten")).unwrap();
    assert_eq!(before.words().unwrap().hits.len(), 5);
    let now = typing.keystroke(search("tent")).unwrap();
    assert_eq!([before.words(), before.ranked()], [const { Err(GensrError::Cancelled) }; 2]);
    let first = now.words().unwrap();
    assert!(first.hits.len() == 5 && first.providers.is_empty(), "no graph runs for it");
    assert_eq!(now.ranked().unwrap().hits, expected);

    // A request that is refused takes over, too.
    let refused = typing.keystroke(SearchRequest { filter: Some("price <".to_owned()), ..search("tent") });
    assert!(matches!(refused, Err(GensrError::InvalidArgument { .. })));
    assert_eq!(now.ranked(), Err(GensrError::Cancelled));
    // Limits are the engine's to check, at the call.
    let outside = typing.keystroke(SearchRequest { limit: 0, ..search("tent") }).unwrap();
    assert!(matches!(outside.words(), Err(GensrError::InvalidArgument { .. })));

    let empty = typing.keystroke(search(" ")).unwrap();
    assert!(empty.words().unwrap().hits.is_empty() && empty.ranked().unwrap().hits.is_empty());
    typing.stop().unwrap();
    assert_eq!(empty.ranked(), Err(GensrError::Cancelled));
    let last = typing.keystroke(search("tent")).unwrap();
    drop(typing);
    assert_eq!(last.words(), Err(GensrError::Cancelled));
}

#[test]
fn a_search_box_lets_go_of_a_pack_that_is_closed() {
    let pack = demo();
    let profile = tempfile::tempdir().unwrap();
    let open = || {
        let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
        Engine::open(source, options(Some(profile.path())))
    };
    let engine = open().unwrap();
    engine.record(event("g0001")).unwrap();
    let typing = engine.typing().unwrap();
    let keystroke = typing.keystroke(search("tent")).unwrap();
    engine.shutdown();
    // One engine at a time has a profile open.
    open().unwrap();
    assert_eq!([keystroke.words(), keystroke.ranked()], [const { Err(GensrError::Closed) }; 2]);
    assert!(matches!(typing.keystroke(search("tent")), Err(GensrError::Closed)));
    assert_eq!(typing.stop(), Err(GensrError::Closed));
    assert!(matches!(engine.typing(), Err(GensrError::Closed)));
    keystroke.cancel();
}
