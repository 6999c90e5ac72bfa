//! Execution providers from outside. ONNX Runtime for Linux has the processor's alone, so what accelerators do is tested beside
//! the code (src/engine/canary, src/text, src/engine/accelerator), against backends that are injected.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use common::{assert_same, recommend};
use gensr::{
    CancelToken, Engine, EngineOptions, Error, History, PackSource, Provider, SearchRequest, TrimLevel,
};

fn open(
    pack: &std::path::Path,
    profile: Option<&std::path::Path>,
    provider: Provider,
) -> gensr::Result<Engine> {
    let options = EngineOptions { provider, ..EngineOptions::default() };
    Engine::open(PackSource::Path(pack.to_owned()), profile, options)
}

#[test]
fn what_onnx_runtime_lacks_is_refused_when_it_is_asked_for_by_name() {
    let pack = common::pack();
    let profile = tempfile::tempdir().unwrap();
    let folder = profile.path().join("not made");
    for provider in [Provider::CoreMl, Provider::Nnapi] {
        let Err(error) = open(&pack, Some(&folder), provider) else { continue };
        let Error::InvalidArgument { reason } = &error else { panic!("{error}") };
        let says = format!("has no execution provider {provider} here; it has cpu");
        assert!(reason.contains(&says), "{reason}");
        assert!(!folder.exists(), "nothing is touched before");
    }
}

#[test]
fn an_os_build_has_a_limit() {
    let pack = common::pack();
    for (length, fits) in [(gensr::MAX_OS_BUILD, true), (gensr::MAX_OS_BUILD + 1, false)] {
        let options = EngineOptions { os_build: Some("x".repeat(length)), ..EngineOptions::default() };
        let opened = Engine::open(PackSource::Path(pack.clone()), None, options);
        assert_eq!(opened.is_ok(), fits);
    }
}

#[test]
fn auto_without_an_accelerator_is_the_processor_and_says_so() {
    for pack in [common::pack(), common::tiny()] {
        let profile = tempfile::tempdir().unwrap();
        let expected = recommend(&open(&pack, None, Provider::Cpu).unwrap(), History::Empty);
        for folder in [None, Some(profile.path())] {
            let engine = open(&pack, folder, Provider::Auto).unwrap();
            assert_eq!(engine.diagnostics().accelerator, None, "nothing is tried while the app starts");
            engine.warm_up(&CancelToken::new()).unwrap();
            let found = engine.diagnostics();
            assert!(found.accelerator.unwrap().contains("nothing"), "what there is, is the processor");
            assert!(found.providers.iter().all(|(_, provider)| *provider == "cpu"));
            assert_same(&recommend(&engine, History::Empty), &expected);
        }
    }
}

#[test]
fn who_does_not_get_the_profile_deletes_nothing_in_it() {
    let pack = common::pack();
    let profile = tempfile::tempdir().unwrap();
    let open = || open(&pack, Some(profile.path()), Provider::Cpu);
    let first = open().unwrap();
    let compiled = profile.path().join("accelerator/compiled-0/text-16");
    std::fs::create_dir_all(&compiled).unwrap();
    assert!(matches!(open(), Err(Error::InvalidArgument { .. })));
    assert!(compiled.exists(), "the first engine may be running it");
    drop(first);
    open().unwrap();
    assert!(!compiled.exists());
}

#[test]
fn nodes_are_counted_of_every_graph_that_is_loaded() {
    let pack = common::tiny();
    let engine = open(&pack, None, Provider::Cpu).unwrap();
    let graphs = || -> Vec<String> {
        let nodes = engine.diagnostics().nodes;
        assert!(nodes.iter().all(|row| row.provider == "cpu" && row.nodes > 10), "{nodes:?}");
        nodes.into_iter().map(|row| row.graph).collect()
    };
    assert_eq!(graphs(), ["history", "decoder"]);
    engine.search(&SearchRequest::new("red tent"), &CancelToken::new()).unwrap();
    assert_eq!(graphs(), ["history", "decoder", "text"]);
    engine.trim_memory(TrimLevel::Everything);
    assert_eq!(graphs(), [""; 0]);
}
