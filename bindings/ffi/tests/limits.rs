//! Limits, refusals, cancellation and privacy at the boundary.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;
mod packs;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use common::{demo, event, open, options, recommend, search, similar};
use gensr_ffi::{
    CancelToken, Engine, EngineOptions, Event, GensrError, PackSource, RecommendRequest, SearchRequest,
    SimilarRequest,
};

#[test]
fn numbers_are_bounded_and_extreme_times_do_no_harm() {
    let pack = demo();
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
        let (diversity, personalisation) = (Some(odd), odd);
        for refused in [
            engine.recommend(RecommendRequest { diversity, ..recommend() }, &token),
            engine.similar(SimilarRequest { personalisation, ..similar("g0001") }, &token),
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
    let pack = demo();
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
    let pack = demo();
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
    let pack = demo();
    let file = tempfile::NamedTempFile::with_suffix(".gensr").unwrap();
    std::fs::write(file.path(), packs::endless(&std::fs::read(&pack).unwrap())).unwrap();
    let engine = open(file.path()).unwrap();
    let typing = engine.typing().unwrap();
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
    let pack = demo();
    let engine = open(&pack).unwrap();
    thread::scope(|scope| {
        let call = || loop {
            match engine.search(search("tent"), &CancelToken::new()) {
                Ok(response) => assert_eq!(response.hits.len(), 5),
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
    let pack = demo();
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
