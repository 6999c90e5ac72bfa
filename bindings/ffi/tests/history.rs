//! The controls of a user's history, and installing, through the boundary.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::sync::Arc;

use common::{demo, event, options, recommend};
use gensr_ffi::{
    CancelToken, Engine, EngineOptions, Event, Forget, GensrError, InstallRequest, PackSource, Recording,
    newest_pack,
};
use sha2::{Digest, Sha256};

fn open(pack: &std::path::Path, options: EngineOptions) -> gensr_ffi::Result<Arc<Engine>> {
    Engine::open(PackSource::Path { path: pack.to_string_lossy().into_owned() }, options)
}

fn scores(engine: &Engine) -> Vec<(String, f32)> {
    let response = engine.recommend(recommend(), &CancelToken::new()).unwrap();
    response.hits.into_iter().map(|hit| (hit.id, hit.score)).collect()
}

fn at(item: &str, timestamp_ms: i64, query: Option<&str>) -> Event {
    Event { timestamp_ms: Some(timestamp_ms), query: query.map(str::to_owned), ..event(item) }
}

#[test]
fn what_is_forgotten_is_as_if_it_never_was() {
    let pack = demo();
    let engine = open(&pack, options(None)).unwrap();
    engine.record_many(vec![at("g3919", 1_000, None), at("g4245", 2_000, None)]).unwrap();
    let before = scores(&engine);
    let more = [
        at("g2365", 3_000, None),
        at("g1179", 4_000, Some("warm hat")),
        at("g3830", 5_000, None),
        at("g3830", 6_000, None),
    ];
    engine.record_many(more.to_vec()).unwrap();
    assert_ne!(scores(&engine), before);
    let first = engine.history(4).unwrap().remove(0);
    assert_eq!((first.item_id.as_str(), first.timestamp_ms), ("g2365", 3_000));
    assert_eq!(engine.forget(Forget::Event { id: first.id }), Ok(1));
    assert_eq!(engine.forget(Forget::Query { query: " warm  hat ".into() }), Ok(1));
    assert_eq!(engine.forget(Forget::Item { item_id: "g3830".into() }), Ok(2));
    assert_eq!(engine.forget(Forget::Item { item_id: "g3830".into() }), Ok(0));
    assert_eq!(scores(&engine), before);
    assert_eq!(engine.forget(Forget::Since { timestamp_ms: 2_000 }), Ok(1));
    assert_eq!(engine.history(10).unwrap().len(), 1);
    let refused = engine.forget(Forget::Query { query: "  ".into() });
    assert!(matches!(refused, Err(GensrError::InvalidArgument { .. })), "{refused:?}");
}

#[test]
fn a_history_is_taken_along() {
    let pack = demo();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.jsonl").to_string_lossy().into_owned();
    let engine = open(&pack, options(None)).unwrap();
    engine.record_many(vec![at("g3919", 1_000, None), at("g4245", 2_000, Some("\"ä\"\n"))]).unwrap();
    assert_eq!(engine.export_history(&file), Ok(2));
    let other = open(&pack, options(None)).unwrap();
    assert_eq!(other.import_history(&file), Ok(2));
    assert_eq!(other.import_history(&file), Ok(0), "nothing is there twice");
    let without_ids = |engine: &Engine| {
        let events = engine.history(10).unwrap().into_iter();
        events.map(|event| (event.item_id, event.timestamp_ms, event.query)).collect::<Vec<_>>()
    };
    assert_eq!(without_ids(&other), without_ids(&engine));

    std::fs::write(&file, "{\"item_id\":\"secret\"}\n").unwrap();
    let Err(GensrError::InvalidArgument { reason }) = other.import_history(&file) else { panic!("refused") };
    assert!(reason.contains("line 1") && !reason.contains("secret"), "{reason}");
    for missing in [other.import_history("/no/such/secret"), other.export_history("/no/such/secret")] {
        let Err(GensrError::InvalidArgument { reason }) = missing else { panic!("{missing:?}") };
        assert!(!reason.contains("secret"), "{reason}");
    }
}

#[test]
fn recording_is_paused_and_hidden() {
    let pack = demo();
    let engine = open(&pack, options(None)).unwrap();
    let stranger = scores(&engine);
    engine.record(event("g3919")).unwrap();
    let known = scores(&engine);
    assert_eq!(engine.recording(), Ok(Recording::On));
    engine.set_recording(Recording::Paused).unwrap();
    engine.record(event("g4245")).unwrap();
    assert_eq!(scores(&engine), known);
    engine.set_recording(Recording::Incognito).unwrap();
    engine.record(event("g4245")).unwrap();
    assert_eq!((scores(&engine), engine.history(10)), (stranger, Ok(vec![])));
    engine.set_recording(Recording::On).unwrap();
    assert_eq!(scores(&engine), known);
}

#[test]
fn a_profile_is_bounded_and_its_key_is_never_shown() {
    let pack = demo();
    let profile = tempfile::tempdir().unwrap();
    let bounded = EngineOptions { max_events: Some(16), ..options(Some(profile.path())) };
    let engine = open(&pack, bounded.clone()).unwrap();
    engine.record_many((0..40).map(|i| at("g3919", 1_000 + i, None)).collect()).unwrap();
    assert!(engine.history(100).unwrap().len() <= 16);
    engine.shutdown();
    for wrong in [
        EngineOptions { max_events: Some(0), ..bounded.clone() },
        EngineOptions { max_events: Some(100_001), ..bounded.clone() },
        EngineOptions { max_age_days: Some(0), ..bounded.clone() },
        EngineOptions { max_age_days: Some(u32::MAX), ..bounded.clone() },
        EngineOptions { key: Some(vec![1; 31]), ..bounded.clone() },
    ] {
        assert!(matches!(open(&pack, wrong), Err(GensrError::InvalidArgument { .. })));
    }
    let key = EngineOptions { key: Some(vec![0xa7; 32]), ..bounded };
    let shown = format!("{key:?}");
    assert!(shown.contains("encrypted: true") && !shown.contains("167") && !shown.contains("a7"), "{shown}");
}

#[cfg(feature = "sqlcipher")]
#[test]
fn a_profile_opens_with_its_key_alone() {
    let pack = demo();
    let profile = tempfile::tempdir().unwrap();
    let keyed = |byte: u8| EngineOptions { key: Some(vec![byte; 32]), ..options(Some(profile.path())) };
    let engine = open(&pack, keyed(1)).unwrap();
    engine.record(event("g3919")).unwrap();
    engine.rotate_key(vec![2; 32]).unwrap();
    engine.shutdown();
    for wrong in [keyed(1), options(Some(profile.path()))] {
        assert!(matches!(open(&pack, wrong), Err(GensrError::InvalidArgument { .. })));
    }
    assert_eq!(open(&pack, keyed(2)).unwrap().history(10).unwrap().len(), 1);
}

#[test]
fn a_pack_is_installed_where_its_hash_is_right() {
    let pack = demo();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("shop.gensr");
    std::fs::copy(&pack, &home).unwrap();
    let engine = open(&home, options(None)).unwrap();
    let request = |expected_sha256: String| InstallRequest {
        pack: pack.to_string_lossy().into_owned(),
        expected_sha256,
        destination: None,
    };
    let hash = Sha256::digest(std::fs::read(&pack).unwrap());
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let installed = engine.install(request(hex), &CancelToken::new()).unwrap();
    assert_eq!(installed.pack_id, engine.diagnostics().unwrap().pack_id);
    let wrong = engine.install(request("0".repeat(64)), &CancelToken::new());
    assert!(matches!(wrong, Err(GensrError::BadPack { .. })), "{wrong:?}");
    let none = engine.install(request("abc".into()), &CancelToken::new());
    assert!(matches!(none, Err(GensrError::InvalidArgument { .. })), "{none:?}");
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert_eq!(engine.install(request("0".repeat(64)), &cancelled), Err(GensrError::Cancelled));
    assert_eq!(scores(&engine).len(), 5);
}

#[test]
fn an_app_starts_with_what_it_installed_or_came_with() {
    let pack = demo();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("installed.gensr").to_string_lossy().into_owned();
    let bundled = || PackSource::Path { path: pack.to_string_lossy().into_owned() };
    assert_eq!(newest_pack(&home, bundled()), Ok(bundled()), "nothing is installed");
    std::fs::write(&home, "no pack").unwrap();
    assert_eq!(newest_pack(&home, bundled()), Ok(bundled()), "what is there cannot be opened");
    std::fs::copy(&pack, &home).unwrap();
    assert_eq!(newest_pack(&home, bundled()), Ok(PackSource::Path { path: home.clone() }));
    let none = PackSource::Descriptor { fd: -1, offset: 0, length: None };
    assert!(matches!(newest_pack(&home, none), Err(GensrError::InvalidArgument { .. })));
}
