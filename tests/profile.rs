//! The recorded history across engines: reopening, the lock, damage, trimming, erasure.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{assert_same, open, recommend, views};
use gensr::{CancelToken, Engine, EngineOptions, Error, History, PackSource, RecommendRequest, TrimLevel};

#[test]
fn history_outlives_the_engine() {
    let pack = common::pack();
    let directory = tempfile::tempdir().unwrap();
    let (events, before) = {
        let engine = open(&pack, Some(directory.path()));
        let events = views(&engine, &[5, 6, 7]);
        engine.record_many(events.clone()).unwrap();
        (events, recommend(&engine, History::Profile))
    };
    let engine = open(&pack, Some(directory.path()));
    assert_eq!(common::recorded(&engine, 10), events);
    assert_same(&recommend(&engine, History::Profile), &before);
}

#[test]
fn a_profile_belongs_to_one_engine_until_it_lets_go() {
    let pack = common::pack();
    let directory = tempfile::tempdir().unwrap();
    let first = open(&pack, Some(directory.path()));
    first.record_many(views(&first, &[5])).unwrap();
    let second =
        || Engine::open(PackSource::Path(pack.clone()), Some(directory.path()), EngineOptions::default());
    let error = second().unwrap_err();
    assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains("in use")), "{error}");

    first.trim_memory(TrimLevel::Everything);
    assert!(!first.diagnostics().profile.open);
    let second = second().unwrap();
    second.record_many(views(&second, &[6])).unwrap();
    assert_eq!(first.history(10), Err(Error::Closed));
    let answer = first.recommend(&RecommendRequest::default(), &CancelToken::new());
    assert!(matches!(answer, Err(Error::Closed)));
    assert_eq!(recommend(&first, History::Empty).hits.len(), 10, "what needs no profile goes on");

    drop(second);
    assert_eq!(first.history(10).unwrap().len(), 2, "with what the other recorded");
    assert!(first.diagnostics().profile.open);
}

#[test]
fn each_level_of_trimming_gives_back_what_it_says_and_changes_no_answer() {
    let pack = common::pack();
    let directory = tempfile::tempdir().unwrap();
    for profile in [None, Some(directory.path())] {
        let engine = open(&pack, profile);
        engine.record_many(views(&engine, &[5, 6, 7])).unwrap();
        let before = recommend(&engine, History::Profile);
        for level in [TrimLevel::Caches, TrimLevel::Background, TrimLevel::Everything] {
            engine.warm_up(&CancelToken::new()).unwrap();
            let loaded = engine.diagnostics().providers;
            engine.trim_memory(level);
            let after = engine.diagnostics();
            let expected = match level {
                TrimLevel::Caches => loaded,
                TrimLevel::Background => loaded.into_iter().filter(|(graph, _)| *graph != "text").collect(),
                _ => Vec::new(),
            };
            assert_eq!(after.providers, expected, "{level:?}");
            assert_eq!(after.profile.open, profile.is_none() || level == TrimLevel::Caches, "{level:?}");
            assert_same(&recommend(&engine, History::Profile), &before);
            assert_eq!(engine.history(10).unwrap().len(), 3);
        }
    }
}

#[test]
fn a_damaged_profile_is_reported_and_erased_with_the_rest() {
    let pack = common::pack();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("profile.sqlite3"),
        "not a database, but the user's secret".repeat(99),
    )
    .unwrap();
    let engine = open(&pack, Some(directory.path()));
    let profile = engine.diagnostics().profile;
    assert_eq!((profile.in_memory, profile.open, profile.events), (false, true, 0));
    assert!(
        profile.warnings.len() == 1 && profile.warnings[0].contains("set aside"),
        "{:?}",
        profile.warnings
    );
    engine.record_many(views(&engine, &[5])).unwrap();
    engine.clear_history().unwrap();
    assert_eq!(engine.diagnostics().profile.warnings, [""; 0]);
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"secret"));
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let pack = common::pack();
    let file = tempfile::NamedTempFile::new().unwrap();
    let inside = file.path().join("profile");
    let error = Engine::open(PackSource::Path(pack), Some(&inside), EngineOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Internal { .. }), "{error}");
}
