//! Execution providers through the public API. ONNX Runtime for Linux has the processor alone, so variants of graphs are tested
//! beside the code (src/text/sentences, src/engine/model), run by the processor.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use gensr::{
    CancelToken, Engine, EngineOptions, Error, ExecutionProvider, PackSource, SearchRequest, TrimLevel,
};

fn open(
    pack: &std::path::Path,
    profile: Option<&std::path::Path>,
    provider: ExecutionProvider,
) -> gensr::Result<Engine> {
    let options = EngineOptions::default().provider(provider);
    Engine::open(PackSource::Path(pack.to_owned()), profile, options)
}

#[test]
fn a_provider_that_onnx_runtime_lacks_is_refused() {
    let pack = common::pack();
    let profile = tempfile::tempdir().unwrap();
    for provider in ExecutionProvider::ALL {
        let folder = profile.path().join(provider.name());
        let Err(error) = open(&pack, Some(&folder), provider) else { continue };
        assert_ne!(provider, ExecutionProvider::Cpu, "{error}");
        let Error::InvalidArgument { reason } = &error else { panic!("{error}") };
        let says = format!("has no execution provider {provider} here; it has cpu");
        assert!(reason.contains(&says), "{reason}");
        assert!(!folder.exists(), "it is refused before anything is written");
    }
}

#[test]
fn an_engine_without_the_profile_s_lock_deletes_nothing_in_it() {
    let pack = common::pack();
    let profile = tempfile::tempdir().unwrap();
    let open = || open(&pack, Some(profile.path()), ExecutionProvider::Cpu);
    let first = open().unwrap();
    let compiled = profile.path().join("coreml/a key/text-16");
    std::fs::create_dir_all(&compiled).unwrap();
    assert!(matches!(open(), Err(Error::InvalidArgument { .. })));
    assert!(compiled.exists(), "the first engine may be running it");
    drop(first);
    open().unwrap();
    assert!(!compiled.exists());
}

#[test]
fn nodes_are_counted_for_every_loaded_graph() {
    let packs =
        [(common::pack(), &["history", "decoder"][..]), (common::tiny(), &["history", "decoder", "text"])];
    for (pack, loaded) in packs {
        let engine = open(&pack, None, ExecutionProvider::Cpu).unwrap();
        let graphs = || -> Vec<String> {
            let nodes = engine.diagnostics().nodes;
            assert!(nodes.iter().all(|row| row.provider == "cpu" && row.nodes > 10), "{nodes:?}");
            nodes.into_iter().map(|row| row.graph).collect()
        };
        assert_eq!(graphs(), ["history", "decoder"]);
        engine.search(&SearchRequest::new("red tent"), &CancelToken::new()).unwrap();
        assert_eq!(graphs(), loaded);
        engine.trim_memory(TrimLevel::Everything);
        assert_eq!(graphs(), [""; 0]);
    }
}
