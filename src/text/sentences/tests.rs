//! A variant of the text graph on the committed tiny pack, run by the processor in place of an accelerator.

use std::collections::HashSet;
use std::path::Path;

use super::*;
use crate::pack::PackSource;

fn pack() -> Arc<Pack> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny.gensr");
    Arc::new(Pack::open(PackSource::Path(path)).unwrap())
}

fn options() -> SessionOptions {
    SessionOptions { library: None, threads: 1, provider: ExecutionProvider::Cpu, compiled: None }
}

fn plain(pack: &Arc<Pack>) -> Sentences {
    sentences(pack, options(), None)
}

fn with_variant(pack: &Arc<Pack>, section: &str) -> Sentences {
    sentences(pack, options(), Some(Variant { section: section.to_owned(), options: options() }))
}

fn sentences(pack: &Arc<Pack>, options: SessionOptions, variant: Option<Variant>) -> Sentences {
    let (manifest, model) = (pack.manifest(), &pack.manifest().model);
    let sizes = Sizes {
        dim: manifest.dim,
        semantic: manifest.semantic_dim(),
        text: manifest.text_encoder.dim,
        query: model.query_dim,
        layers: model.layers,
        heads: model.heads,
        head_dim: model.head_dim,
    };
    Sentences::new(Arc::clone(pack), sizes, options, variant).unwrap()
}

fn labels(sentences: &Sentences) -> Vec<String> {
    sentences.loaded().iter().map(|graph| graph.label().to_owned()).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn a_padded_text_has_the_vector_of_the_unpadded_text() {
    let pack = pack();
    let (plain, padded) = (plain(&pack), with_variant(&pack, "graph.text@fp32"));
    let cancel = CancelToken::new();
    padded.load().unwrap();
    assert_eq!(labels(&padded), ["text-16"], "the session that queries need");
    for length in [2, 3, 15, 16, 17, 40, 64] {
        let ids: Vec<i64> = (0..length).map(|place| 4 + (place * 7) % 40).collect();
        let (expected, found) =
            (plain.run(&ids, &cancel).unwrap().vector, padded.run(&ids, &cancel).unwrap().vector);
        // The plain graph is int8, the variant is not.
        assert!(cosine(&expected, &found) > 0.95, "{length} tokens: {}", cosine(&expected, &found));
        let sessions = if length > 16 { 2 } else { 1 };
        assert_eq!(labels(&padded).len(), sessions, "a session is loaded by the first text of its length");
    }
    assert_eq!(labels(&padded), ["text-16", "text-64"]);
    let long = vec![5; 65];
    let vector = padded.run(&long, &cancel).unwrap().vector;
    assert_eq!(vector, plain.run(&long, &cancel).unwrap().vector, "longer texts run on the plain graph");
}

#[test]
fn a_variant_that_fails_is_an_error_of_the_call() {
    let pack = pack();
    let (ids, cancel) = ([2, 9, 10, 3], CancelToken::new());
    // The first section is missing; the second has no mask.
    for section in ["graph.text@fp16", "graph.text"] {
        let found = with_variant(&pack, section);
        assert!(matches!(found.run(&ids, &cancel), Err(Error::BadPack { .. })));
        assert!(found.load().is_err() && labels(&found).is_empty());
    }
    cancel.cancel();
    let found = with_variant(&pack, "graph.text@fp32");
    assert_eq!(found.run(&ids, &cancel), Err(Error::Cancelled));
    assert_eq!(found.run(&ids, &CancelToken::new()).map(|_| labels(&found)), Ok(vec!["text-16".to_owned()]));
}

#[test]
fn texts_of_items_run_on_the_processor_whatever_the_provider() {
    let pack = pack();
    let (ids, cancel) = ([2, 9, 10, 3], CancelToken::new());
    let plain = plain(&pack);
    let expected = plain.run_item(&ids, &cancel).unwrap();
    assert_eq!(plain.run(&ids, &cancel).unwrap().vector, expected);
    assert_eq!(labels(&plain), ["text"], "one session for both");
    // If this ONNX Runtime lacks the provider, anything that runs on it fails.
    let core_ml = SessionOptions { provider: ExecutionProvider::CoreMl, ..options() };
    let named = sentences(&pack, core_ml, None);
    assert_eq!(named.run_item(&ids, &cancel), Ok(expected));
    let providers: Vec<_> = named.loaded().iter().map(|graph| graph.provider()).collect();
    assert_eq!(providers, [ExecutionProvider::Cpu]);
}

#[test]
fn every_encoder_has_an_id_of_its_own() {
    let ids = |section: &str, provider| {
        let options = SessionOptions { provider, ..options() };
        let variant = Variant { section: section.to_owned(), options: options.clone() };
        [Some(&variant), None].map(|variant| EncoderId::new("a pack", variant, &options).as_str().to_owned())
    };
    let [_, plain] = ids("graph.text@fp16", ExecutionProvider::Cpu);
    assert_eq!(plain, "a pack", "features in profiles of earlier engines stay valid");
    let mut all = HashSet::from([plain]);
    all.extend(ids("graph.text@fp16", ExecutionProvider::CoreMl));
    all.extend(ids("graph.text@fp32", ExecutionProvider::Xnnpack));
    all.extend(ids("graph.text@fp32", ExecutionProvider::Nnapi));
    assert_eq!(all.len(), 7);
}
