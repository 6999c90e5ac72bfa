//! Shared by the tests of feeds: asking, and the vectors of items.

use std::sync::Arc;

use gensr::internals::Codebook;
use gensr::{CancelToken, Engine, Event, History, Hit, Pack, PackSource, RecommendRequest};

use super::{END_MS, open};

pub fn ask(engine: &Engine, request: &RecommendRequest) -> Vec<Hit> {
    let request = request.clone().now_ms(Some(END_MS));
    engine.recommend(&request, &CancelToken::new()).unwrap().hits
}

pub fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.id.as_str()).collect()
}

pub fn after(history: Vec<Event>) -> RecommendRequest {
    RecommendRequest::new().history(History::Events(history))
}

/// The engine of a pack and its item vectors.
pub fn demo() -> (Engine, Codebook) {
    let pack = super::pack();
    let codebook = Codebook::open(Arc::new(Pack::open(PackSource::Path(pack.clone())).unwrap())).unwrap();
    (open(&pack, None), codebook)
}

pub fn vector(codebook: &Codebook, id: &str) -> Vec<f32> {
    let mut vector = vec![0.0; codebook.dim()];
    codebook.fused_into(codebook.row_of(id).unwrap(), &mut vector);
    vector
}

pub fn norm(codebook: &Codebook, id: &str) -> f32 {
    vector(codebook, id).iter().map(|value| value * value).sum::<f32>().sqrt()
}

pub fn cosine(codebook: &Codebook, a: &str, b: &str) -> f32 {
    let dot: f32 = vector(codebook, a).iter().zip(vector(codebook, b)).map(|(a, b)| a * b).sum();
    dot / (norm(codebook, a) * norm(codebook, b))
}
