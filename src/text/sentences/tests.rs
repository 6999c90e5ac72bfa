//! A variant of the text graph, run by the processor in place of an accelerator: on the committed tiny pack.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicUsize;

use super::*;
use crate::pack::PackSource;

fn pack() -> Arc<Pack> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny.gensr");
    Arc::new(Pack::open(PackSource::Path(path)).unwrap())
}

fn options() -> SessionOptions {
    SessionOptions { library: None, threads: 1, provider: Provider::Cpu, compiled: None }
}

fn sentences(pack: &Arc<Pack>, section: &str, may_fail: bool) -> Sentences {
    let yields = may_fail.then(|| Arc::new(Yields::new(|| ())));
    let variant = Variant { section: section.to_owned(), options: options(), yields };
    with(pack, (!section.is_empty()).then_some(variant))
}

fn with(pack: &Arc<Pack>, variant: Option<Variant>) -> Sentences {
    on(pack, options(), variant)
}

fn on(pack: &Arc<Pack>, options: SessionOptions, variant: Option<Variant>) -> Sentences {
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
fn a_padded_text_has_the_vector_that_it_has_alone() {
    let pack = pack();
    let (plain, padded) = (sentences(&pack, "", false), sentences(&pack, "graph.text@fp32", false));
    let cancel = CancelToken::new();
    padded.load().unwrap();
    assert_eq!(labels(&padded), ["text-16"], "what queries need");
    for length in [2, 3, 15, 16, 17, 40, 64] {
        let ids: Vec<i64> = (0..length).map(|place| 4 + (place * 7) % 40).collect();
        let (expected, found) =
            (plain.run(&ids, &cancel).unwrap().vector, padded.run(&ids, &cancel).unwrap().vector);
        // One is int8, the other is not.
        assert!(cosine(&expected, &found) > 0.95, "{length} tokens: {}", cosine(&expected, &found));
        assert_eq!(
            labels(&padded).len(),
            if length > 16 { 2 } else { 1 },
            "sessions wait for texts of their length"
        );
    }
    assert_eq!(labels(&padded), ["text-16", "text-64"]);
    let long = vec![5; 65];
    let vector = padded.run(&long, &cancel).unwrap().vector;
    assert_eq!(vector, plain.run(&long, &cancel).unwrap().vector, "what does not fit runs as it always did");
}

#[test]
fn a_variant_that_fails_is_an_error_or_yields_to_the_processor() {
    let pack = pack();
    let (ids, cancel) = ([2, 9, 10, 3], CancelToken::new());
    // A section that is not there, and a graph that has no mask.
    for section in ["graph.text@fp16", "graph.text"] {
        let asked_for = sentences(&pack, section, false);
        assert!(matches!(asked_for.run(&ids, &cancel), Err(Error::BadPack { .. })));
        assert!(asked_for.load().is_err() && labels(&asked_for).is_empty());
        let found = sentences(&pack, section, true);
        found.load().unwrap();
        let expected = sentences(&pack, "", false).run(&ids, &cancel).unwrap();
        assert_eq!(found.run(&ids, &cancel).unwrap(), expected);
        assert_eq!(labels(&found), ["text"]);
    }
    cancel.cancel();
    let found = sentences(&pack, "graph.text@fp32", true);
    assert_eq!(found.run(&ids, &cancel), Err(Error::Cancelled));
    assert_eq!(found.run(&ids, &CancelToken::new()).map(|_| labels(&found)), Ok(vec!["text-16".to_owned()]));
}

#[test]
fn a_failure_outlives_the_graphs_and_is_told_once() {
    let pack = pack();
    let (ids, cancel) = ([2, 9, 10, 3], CancelToken::new());
    let times = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&times);
    let yields = Yields::new(move || {
        told.fetch_add(1, Ordering::Relaxed);
    });
    let variant = |section: &str, yields| Variant { section: section.to_owned(), options: options(), yields };
    let failing = variant("graph.text@fp16", Some(Arc::new(yields)));
    let (working, plain) = (variant("graph.text@fp32", None), Maker::default());
    assert_ne!(with(&pack, Some(failing.clone())).maker(), plain);
    let expected = with(&pack, None).run(&ids, &cancel).unwrap();
    assert_eq!(expected.maker, plain);
    // An encoder that is made after a trim has the same variant.
    for _ in 0..2 {
        assert_eq!(with(&pack, Some(failing.clone())).run(&ids, &cancel), Ok(expected.clone()));
        assert_eq!(times.load(Ordering::Relaxed), 1);
        assert_eq!(with(&pack, Some(failing.clone())).maker(), plain);
    }
    let found = with(&pack, Some(working.clone())).run(&ids, &cancel).unwrap();
    assert_eq!(found.maker, Maker::of(Some(&working), &options()));
    assert_ne!(found.maker, plain);
}

#[test]
fn texts_of_items_run_on_the_processor_whatever_was_named() {
    let pack = pack();
    let (ids, cancel) = ([2, 9, 10, 3], CancelToken::new());
    let plain = sentences(&pack, "", false);
    let expected = plain.run_item(&ids, &cancel).unwrap();
    assert_eq!(plain.run(&ids, &cancel).unwrap().vector, expected);
    assert_eq!(labels(&plain), ["text"], "one session for both");
    // This ONNX Runtime may not have it: then what runs on it fails.
    let named = on(&pack, SessionOptions { provider: Provider::CoreMl, ..options() }, None);
    assert_eq!(named.run_item(&ids, &cancel), Ok(expected));
    assert_eq!(named.loaded().iter().map(|graph| graph.provider()).collect::<Vec<_>>(), [Provider::Cpu]);
}

#[test]
fn features_are_stored_under_what_made_them() {
    let variant = |section: &str, provider| {
        let options = SessionOptions { provider, ..options() };
        let variant = Variant { section: section.to_owned(), options: options.clone(), yields: None };
        [Maker::of(Some(&variant), &options).key("a pack"), Maker::of(None, &options).key("a pack")]
    };
    let [_, plain] = variant("graph.text@fp16", Provider::Cpu);
    assert_eq!((plain.as_str(), Maker::default().key("a pack")), ("a pack", plain.clone()), "as ever");
    let mut keys = HashSet::from([plain]);
    keys.extend(variant("graph.text@fp16", Provider::CoreMl));
    keys.extend(variant("graph.text@fp32", Provider::Xnnpack));
    keys.extend(variant("graph.text@fp32", Provider::Nnapi));
    assert_eq!(keys.len(), 7);
}
