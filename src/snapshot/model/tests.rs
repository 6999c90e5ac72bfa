//! A model with a variant of the text graph, run by the processor in place of an accelerator.

use std::path::Path;

use super::*;
use crate::history::HistoryStore;
use crate::pack::PackSource;
use crate::profile::ProfileOptions;
use crate::request::{Event, RecommendRequest, SearchRequest};
use crate::runtime::{CancelToken, ExecutionProvider};
use crate::snapshot::Snapshot;

/// The committed tiny pack, which has a variant.
fn pack() -> Arc<Pack> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny.gensr");
    Arc::new(Pack::open(PackSource::Path(path)).unwrap())
}

fn options(provider: ExecutionProvider) -> SessionOptions {
    SessionOptions { library: None, threads: 1, provider, compiled: None }
}

#[test]
fn the_graph_of_items_runs_on_the_processor_whatever_the_provider() {
    let pack = pack();
    let model = Model::new(pack, options(ExecutionProvider::CoreMl), CompiledModels::new(None));
    assert_eq!(model.options.provider, ExecutionProvider::CoreMl);
    assert_eq!(model.item_graph().map(|graph| graph.provider()), Ok(ExecutionProvider::Cpu));
}

#[test]
fn stored_features_serve_only_the_encoder_that_made_them() {
    let pack = pack();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let open = |folder: &tempfile::TempDir, section: Option<&str>| {
        let own = Arc::new(HistoryStore::new(Some(folder.path()), ProfileOptions::default()));
        let (cpu, none) = (options(ExecutionProvider::Cpu), CompiledModels::new(None));
        let mut view = Snapshot::open(0, Arc::clone(&pack), own, cpu.clone(), none.clone()).unwrap();
        let section = section.map(str::to_owned);
        view.model = Arc::new(Model::with_variant(Arc::clone(&pack), cpu, none, section));
        view
    };
    let event = |view: &Snapshot| Event {
        item_id: view.codebook.id(1).to_owned(),
        kind: view.manifest().kinds[0].name.clone(),
        timestamp_ms: Some(1_700_000_000_000),
        query: Some("blue kettle".to_owned()),
    };
    let record =
        |view: &Snapshot| view.history.with(&view.pack_view(), |own| own.record(vec![event(view)])).unwrap();
    let answers = |view: &Snapshot| {
        let recommend = RecommendRequest { now_ms: Some(1_700_000_100_000), ..RecommendRequest::default() };
        let search = SearchRequest { now_ms: recommend.now_ms, ..SearchRequest::new("red tent") };
        let cancel = CancelToken::new();
        // The recommendation depends on the features of the recorded query alone.
        [view.recommend(&recommend, &cancel).unwrap().hits, view.search(&search, &cancel).unwrap().hits]
    };
    let stored = |view: &Snapshot| {
        let (id, width) = (view.model.text.id(), view.model.sizes.query);
        view.history.with(&view.pack_view(), |own| Ok(own.features(id, "blue kettle", width))).unwrap()
    };
    let item = |view: &Snapshot| {
        let words = view.codebook.words();
        view.model.text.item_features("red tent", "red tent", words, &CancelToken::new()).unwrap()
    };

    let alone = open(&folders[1], Some("graph.text@fp32"));
    record(&alone);
    let (by_variant, of_variant) = (answers(&alone), stored(&alone));

    let view = open(&folders[0], None);
    record(&view);
    let (by_processor, of_processor) = (answers(&view), stored(&view));
    assert!(by_processor.iter().zip(&by_variant).all(|(a, b)| a != b), "the encoders must differ");
    assert!(of_variant.is_some() && of_processor.is_some() && of_variant != of_processor);
    assert_eq!(item(&alone), item(&view), "vectors of items outlive the choice of a provider");
    drop((alone, view));

    // The first has to drop what the processor made, the second what the variant made.
    for (section, expected, made) in
        [(Some("graph.text@fp32"), &by_variant, &of_variant), (None, &by_processor, &of_processor)]
    {
        let view = open(&folders[0], section);
        for _ in 0..2 {
            assert_eq!(answers(&view), *expected, "{section:?}");
        }
        assert_eq!(stored(&view), *made);
    }
}
