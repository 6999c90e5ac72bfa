//! The exported calls on the demo pack, as the layers of Kotlin and Swift make them.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod packs;

use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gensr_ffi::{
    AttributeValue, CancelToken, Cap, CompletionKind, Engine, EngineOptions, Event, Exploration, GensrError,
    History, LeaveOut, PackSource, ReasonKind, RecommendRequest, SearchRequest, SimilarRequest,
    quote_in_filter,
};

/// The demo pack, or none with a line that says so.
fn demo(test: &str) -> Option<PathBuf> {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo/demo.gensr");
    if !pack.exists() {
        println!("skipped: {test}: the demo pack is missing (`make demo-pack` makes it)");
        return None;
    }
    Some(pack)
}

fn options(profile: Option<&Path>) -> EngineOptions {
    EngineOptions {
        profile_dir: profile.map(|path| path.to_string_lossy().into_owned()),
        onnxruntime: None,
        threads: 1,
    }
}

fn open(pack: &Path) -> gensr_ffi::Result<Arc<Engine>> {
    Engine::open(PackSource::Path { path: pack.to_string_lossy().into_owned() }, options(None))
}

fn search(query: &str) -> SearchRequest {
    SearchRequest {
        query: query.to_owned(),
        limit: 5,
        offset: 0,
        filter: None,
        history: History::Profile,
        exclude_history: None,
        exclude: vec![],
        attributes: vec![],
        facets: vec![],
        now_ms: None,
    }
}

fn recommend() -> RecommendRequest {
    RecommendRequest {
        limit: 5,
        offset: 0,
        filter: None,
        history: History::Profile,
        leave_out: None,
        seeds: vec![],
        wish: None,
        lean: None,
        freshness: None,
        diversity: None,
        caps: vec![],
        exploration: None,
        because: false,
        exclude: vec![],
        attributes: vec![],
        facets: vec![],
        now_ms: None,
    }
}

fn similar(item_id: &str) -> SimilarRequest {
    SimilarRequest {
        item_id: item_id.to_owned(),
        limit: 5,
        offset: 0,
        filter: None,
        taste: 0.0,
        history: History::Profile,
        exclude: vec![],
        attributes: vec![],
        facets: vec![],
        now_ms: None,
    }
}

fn event(item_id: &str) -> Event {
    Event { item_id: item_id.to_owned(), kind: "view".to_owned(), timestamp_ms: None, query: None }
}

#[test]
fn a_pack_inside_another_file_is_opened_through_a_descriptor() {
    let Some(pack) = demo("a_pack_inside_another_file_is_opened_through_a_descriptor") else { return };
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
fn every_call_does_what_it_says() {
    let Some(pack) = demo("every_call_does_what_it_says") else { return };
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
    engine.trim_memory().unwrap();
    let trimmed = engine.diagnostics().unwrap();
    assert!(!trimmed.profile.open && trimmed.providers.is_empty() && trimmed.calls_running == 0);
    assert_eq!(engine.recommend(recommend(), &token).unwrap().hits, suggested);

    engine.clear_history().unwrap();
    assert_eq!(engine.history(100_000), Ok(vec![]));
}

#[test]
fn answers_are_filtered_paged_and_counted() {
    let Some(pack) = demo("answers_are_filtered_paged_and_counted") else { return };
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
    assert!(long.hits.len() == 10 && long.found >= brand.items);
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
    assert_eq!((none.found, none.hits), (0, vec![]));
}

#[test]
fn a_feed_takes_its_options() {
    let Some(pack) = demo("a_feed_takes_its_options") else { return };
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

    let caps = vec![Cap { attribute: "brand".into(), at_most: 1 }];
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

    let tasteful = SimilarRequest { taste: 1.0, ..similar(&ids[2]) };
    let [tasteful, plain] =
        [tasteful, similar(&ids[2])].map(|request| engine.similar(request, &token).unwrap());
    assert_ne!(tasteful.hits, plain.hits);
}

#[test]
fn what_was_typed_is_completed() {
    let Some(pack) = demo("what_was_typed_is_completed") else { return };
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
    let Some(pack) = demo("a_keystroke_is_answered_twice_and_takes_over") else { return };
    let engine = open(&pack).unwrap();
    let typing = Arc::clone(&engine).typing().unwrap();
    let expected = engine.search(search("tent"), &CancelToken::new()).unwrap().hits;
    let before = typing.keystroke(search("ten")).unwrap();
    assert_eq!(before.words().unwrap().hits.len(), 5);
    let now = typing.keystroke(search("tent")).unwrap();
    assert_eq!([before.words(), before.ranked()], [const { Err(GensrError::Cancelled) }; 2]);
    let first = now.words().unwrap();
    assert!(first.hits.len() == 5 && first.providers.is_empty(), "no graph runs for it");
    assert_eq!(now.ranked().unwrap().hits, expected);

    // A request that is refused takes over, too.
    let refused = typing.keystroke(SearchRequest { limit: 0, ..search("tent") });
    assert!(matches!(refused, Err(GensrError::InvalidArgument { .. })));
    assert_eq!(now.ranked(), Err(GensrError::Cancelled));

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
    let Some(pack) = demo("a_search_box_lets_go_of_a_pack_that_is_closed") else { return };
    let profile = tempfile::tempdir().unwrap();
    let open = || {
        let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
        Engine::open(source, options(Some(profile.path())))
    };
    let engine = open().unwrap();
    engine.record(event("g0001")).unwrap();
    let typing = Arc::clone(&engine).typing().unwrap();
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

#[test]
fn numbers_are_bounded_and_extreme_times_do_no_harm() {
    let Some(pack) = demo("numbers_are_bounded_and_extreme_times_do_no_harm") else { return };
    let engine = open(&pack).unwrap();
    let token = CancelToken::new();
    for limit in [0, 1_001, u32::MAX] {
        for refused in [
            engine.search(SearchRequest { limit, ..search("tent") }, &token),
            engine.recommend(RecommendRequest { limit, ..recommend() }, &token),
            engine.similar(SimilarRequest { limit, ..similar("g0001") }, &token),
        ] {
            assert!(
                matches!(refused, Err(GensrError::InvalidArgument { reason }) if reason.contains("limit"))
            );
        }
    }
    for limit in [0, 100_001, u32::MAX] {
        assert!(matches!(engine.history(limit), Err(GensrError::InvalidArgument { .. })));
    }
    for offset in [gensr::MAX_OFFSET as u32 + 1, u32::MAX] {
        for refused in [
            engine.search(SearchRequest { offset, ..search("tent") }, &token),
            engine.recommend(RecommendRequest { offset, ..recommend() }, &token),
            engine.similar(SimilarRequest { offset, ..similar("g0001") }, &token),
        ] {
            assert!(
                matches!(refused, Err(GensrError::InvalidArgument { reason }) if reason.contains("offset"))
            );
        }
    }
    for limit in [0, 101, u32::MAX] {
        assert!(matches!(engine.complete("t", limit), Err(GensrError::InvalidArgument { .. })));
    }
    for odd in [f32::NAN, f32::INFINITY, -0.5, 1.5] {
        let (diversity, taste) = (Some(odd), odd);
        for refused in [
            engine.recommend(RecommendRequest { diversity, ..recommend() }, &token),
            engine.similar(SimilarRequest { taste, ..similar("g0001") }, &token),
        ] {
            assert!(matches!(refused, Err(GensrError::InvalidArgument { .. })));
        }
    }
    let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
    for threads in [0, 65, u32::MAX] {
        let error = Engine::open(source.clone(), EngineOptions { threads, ..options(None) }).unwrap_err();
        assert!(matches!(error, GensrError::InvalidArgument { reason } if reason.contains("threads")));
    }
    let extremes = [i64::MIN, -1, 0, i64::MAX];
    for timestamp_ms in extremes.map(Some) {
        engine.record(Event { timestamp_ms, ..event("g0001") }).unwrap();
        for now_ms in extremes.map(Some) {
            assert_eq!(
                engine.recommend(RecommendRequest { now_ms, ..recommend() }, &token).unwrap().hits.len(),
                5
            );
        }
    }
}

#[test]
fn what_is_no_pack_or_a_newer_one_is_refused() {
    let Some(pack) = demo("what_is_no_pack_or_a_newer_one_is_refused") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.gensr");
    for content in [&b"not a pack at all"[..], b""] {
        std::fs::write(&file, content).unwrap();
        assert!(matches!(open(&file), Err(GensrError::BadPack { .. })));
    }
    std::fs::write(&file, packs::newer(&std::fs::read(&pack).unwrap())).unwrap();
    let error = open(&file).unwrap_err();
    let expected = (gensr::FORMAT_VERSION + 1).to_string();
    assert!(
        matches!(&error, GensrError::Incompatible { found, .. } if found.contains(&expected)),
        "{error:?}"
    );
    for path in [&*folder.path().join("absent.gensr"), folder.path(), Path::new("a\0b"), Path::new("")] {
        let error = open(path).unwrap_err();
        assert!(!matches!(error, GensrError::Closed | GensrError::Cancelled), "{error:?}");
        assert!(!error.to_string().contains("panic"), "{error:?}");
    }
    // A folder that cannot be made, because a file has its name.
    let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
    let error = Engine::open(source, options(Some(&file))).unwrap_err();
    assert!(matches!(error, GensrError::Internal { .. }), "{error:?}");
}

#[test]
fn a_call_that_would_not_end_is_cancelled_and_the_engine_is_whole() {
    let Some(pack) = demo("a_call_that_would_not_end_is_cancelled_and_the_engine_is_whole") else { return };
    let file = tempfile::NamedTempFile::with_suffix(".gensr").unwrap();
    std::fs::write(file.path(), packs::endless(&std::fs::read(&pack).unwrap())).unwrap();
    let engine = open(file.path()).unwrap();
    let token = CancelToken::new();
    let running = || engine.diagnostics().unwrap().calls_running;
    thread::scope(|scope| {
        let calls = [
            scope.spawn(|| engine.search(search("tent"), &token).map(|_| ())),
            scope.spawn(|| engine.recommend(recommend(), &token).map(|_| ())),
            scope.spawn(|| engine.warm_up(&token)),
        ];
        let started = Instant::now();
        while running() < 3 {
            assert!(started.elapsed() < Duration::from_secs(60), "the calls start");
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(50));
        assert!(calls.iter().all(|call| !call.is_finished()));
        token.cancel();
        for call in calls {
            assert_eq!(call.join().unwrap(), Err(GensrError::Cancelled));
        }
    });
    assert_eq!(running(), 0);
    let log = engine.diagnostics().unwrap().log;
    assert!(!log.iter().any(|line| line.contains("terminate")), "a cancelled call is no news: {log:?}");
    engine.record(event("g0001")).unwrap();
    assert_eq!(engine.history(10).unwrap().len(), 1);
}

#[test]
fn a_ranking_that_would_not_end_is_stopped_by_whatever_takes_over() {
    let Some(pack) = demo("a_ranking_that_would_not_end_is_stopped_by_whatever_takes_over") else { return };
    let file = tempfile::NamedTempFile::with_suffix(".gensr").unwrap();
    std::fs::write(file.path(), packs::endless(&std::fs::read(&pack).unwrap())).unwrap();
    let engine = open(file.path()).unwrap();
    let typing = Arc::clone(&engine).typing().unwrap();
    let stopped_by = |stop: &dyn Fn(&gensr_ffi::Keystroke)| {
        let keystroke = typing.keystroke(search("tent")).unwrap();
        assert_eq!(keystroke.words().unwrap().hits.len(), 5, "the first answer does not wait for a graph");
        thread::scope(|scope| {
            let call = scope.spawn(|| keystroke.ranked());
            let started = Instant::now();
            while engine.diagnostics().unwrap().calls_running < 1 {
                assert!(started.elapsed() < Duration::from_secs(60), "the call starts");
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(50));
            assert!(!call.is_finished());
            stop(&keystroke);
            call.join().unwrap().unwrap_err()
        })
    };
    let next = |query| typing.keystroke(search(query)).unwrap().words().unwrap();
    assert_eq!(stopped_by(&|_| drop(next("tents"))), GensrError::Cancelled);
    assert_eq!(stopped_by(&gensr_ffi::Keystroke::cancel), GensrError::Cancelled);
    assert_eq!(stopped_by(&|_| typing.stop().unwrap()), GensrError::Cancelled);
    // A later keystroke is none of an earlier one's business.
    let before = typing.keystroke(search("ten")).unwrap();
    let now = typing.keystroke(search("tent")).unwrap();
    before.cancel();
    assert_eq!(now.words().unwrap().hits.len(), 5);
    assert_eq!(stopped_by(&|_| engine.shutdown()), GensrError::Closed);
}

#[test]
fn shutdown_while_in_use_lets_running_calls_end_well() {
    let Some(pack) = demo("shutdown_while_in_use_lets_running_calls_end_well") else { return };
    let engine = open(&pack).unwrap();
    thread::scope(|scope| {
        let call = || loop {
            match engine.search(search("tent"), &CancelToken::new()) {
                Ok(answer) => assert_eq!(answer.hits.len(), 5),
                Err(error) => break error,
            }
        };
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        thread::sleep(Duration::from_millis(50));
        engine.shutdown();
        engine.shutdown();
        for call in calls {
            assert_eq!(call.join().unwrap(), GensrError::Closed);
        }
    });
    assert_eq!(engine.diagnostics(), Err(GensrError::Closed));
    assert_eq!(engine.record(event("g0001")), Err(GensrError::Closed));
}

#[test]
fn log_lines_hold_nothing_of_the_user() {
    let Some(pack) = demo("log_lines_hold_nothing_of_the_user") else { return };
    let profile = tempfile::tempdir().unwrap();
    std::fs::write(profile.path().join("profile.sqlite3"), "no database, but secret-item all the same")
        .unwrap();
    let source = PackSource::Path { path: pack.to_string_lossy().into_owned() };
    let engine = Engine::open(source, options(Some(profile.path()))).unwrap();
    engine
        .record(Event { query: Some("secret query".into()), kind: "search".into(), ..event("secret-item") })
        .unwrap();
    let _ = engine.search(SearchRequest { limit: 0, ..search("secret query") }, &CancelToken::new());
    let diagnostics = engine.diagnostics().unwrap();
    assert!(diagnostics.log.iter().any(|line| line.contains("damaged")), "{:?}", diagnostics.log);
    assert_eq!(diagnostics.profile.warnings.len(), 1);
    assert!(!format!("{diagnostics:?}").contains("secret"), "{diagnostics:?}");
}
