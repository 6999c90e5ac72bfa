//! The graphs of a pack and what they keep between calls: what all views of one pack share.

use std::sync::{Arc, Mutex};

use super::TrimLevel;
use crate::encode::HistoryEncoder;
use crate::error::{Error, Result};
use crate::generate::Evidence;
use crate::pack::Pack;
use crate::runtime::{Graph, SessionOptions, Sizes, decoder, history, item, judge};
use crate::sync::lock;
use crate::text::TextEncoder;

/// Buffers longer than this are not kept between calls (4 MB each, eight of them).
const KEPT_SCORES: usize = 1 << 20;

/// What runs the graphs of a pack. Loaded when needed, dropped by `trim`.
#[derive(Debug)]
pub(super) struct Model {
    pack: Arc<Pack>,
    pub(super) sizes: Sizes,
    pub(super) options: SessionOptions,
    graphs: Mutex<Option<Arc<Graphs>>>,
    judge: Mutex<Option<Arc<Graph>>>,
    pub(super) text: TextEncoder,
    pub(super) histories: HistoryEncoder,
    /// Buffers for the next calls.
    spare: Mutex<Vec<Scratch>>,
}

/// Buffers with an entry for each item.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) scores: Vec<f32>,
    pub(super) evidence: Evidence,
    /// Cosines with one disliked item, and with the nearest.
    pub(super) likeness: [Vec<f32>; 2],
}

/// The graphs that every search and recommendation runs.
#[derive(Debug)]
pub(super) struct Graphs {
    pub(super) history: Graph,
    pub(super) decoder: Graph,
}

impl Model {
    /// The model of a pack, nothing of it loaded yet.
    pub(super) fn new(pack: Arc<Pack>, options: SessionOptions) -> Self {
        let manifest = pack.manifest();
        let model = &manifest.model;
        let sizes = Sizes {
            dim: manifest.dim,
            semantic: manifest.semantic_dim(),
            text: manifest.text_encoder.dim,
            query: model.query_dim,
            layers: model.layers,
            heads: model.heads,
            head_dim: model.head_dim,
        };
        Self {
            graphs: Mutex::new(None),
            judge: Mutex::new(None),
            text: TextEncoder::new(Arc::clone(&pack), sizes, options.clone()),
            histories: HistoryEncoder::new(sizes),
            spare: Mutex::default(),
            pack,
            sizes,
            options,
        }
    }

    /// The graphs, loaded where they are not.
    pub(super) fn graphs(&self) -> Result<Arc<Graphs>> {
        let mut graphs = lock(&self.graphs);
        if let Some(graphs) = graphs.as_ref() {
            return Ok(Arc::clone(graphs));
        }
        let load = |section: &str, declaration| {
            let model = self.pack.section(section);
            let model = model.ok_or_else(|| Error::bad_pack(format!("section {section} is missing")))?;
            Graph::load(model, declaration, &self.options)
        };
        let loaded = Arc::new(Graphs {
            history: load("graph.history", history(&self.sizes))?,
            decoder: load("graph.decoder", decoder(&self.sizes))?,
        });
        *graphs = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Whether the pack has a judge.
    pub(super) fn has_judge(&self) -> bool {
        self.pack.section("graph.judge").is_some()
    }

    /// The judge, loaded where it is not; `None` where the pack has none.
    pub(super) fn judge(&self) -> Result<Option<Arc<Graph>>> {
        let Some(model) = self.pack.section("graph.judge") else { return Ok(None) };
        let mut loaded = lock(&self.judge);
        if loaded.is_none() {
            *loaded = Some(Arc::new(Graph::load(model, judge(&self.sizes), &self.options)?));
        }
        Ok(loaded.clone())
    }

    /// The graph that makes vectors of texts; the caller's to keep, since few calls need it.
    pub(super) fn item_graph(&self) -> Result<Graph> {
        let model = self.pack.section("graph.item");
        let model = model.ok_or_else(|| Error::bad_pack("section graph.item is missing"))?;
        Graph::load(model, item(&self.sizes), &self.options)
    }

    /// Lends buffers that are as long as the catalogue.
    pub(super) fn with_scratch<T>(&self, with: impl FnOnce(&mut Scratch) -> Result<T>) -> Result<T> {
        let mut scratch = lock(&self.spare).pop().unwrap_or_default();
        let result = with(&mut scratch);
        if scratch.scores.capacity() <= KEPT_SCORES {
            lock(&self.spare).push(scratch);
        }
        result
    }

    /// Name and execution provider of the graphs that are loaded now.
    pub(super) fn providers(&self) -> Vec<(&'static str, &'static str)> {
        let mut providers = Vec::new();
        if let Some(graphs) = lock(&self.graphs).as_ref() {
            providers.extend([&graphs.history, &graphs.decoder].map(|g| (g.name(), g.provider().name())));
        }
        providers.extend(lock(&self.judge).iter().map(|judge| (judge.name(), judge.provider().name())));
        if self.text.is_loaded() {
            providers.push(("text", self.options.provider.name()));
        }
        providers
    }

    /// Drops what was made from queries and histories, and keeps nothing of calls that began before.
    pub(super) fn forget(&self, times_forgotten: u64) {
        self.text.forget(times_forgotten);
        self.histories.forget(times_forgotten);
        lock(&self.spare).clear();
    }

    /// Drops what can be made again, as far as `level` goes.
    pub(super) fn trim(&self, level: TrimLevel) {
        lock(&self.spare).clear();
        self.text.trim_queries();
        if level >= TrimLevel::Background {
            self.text.trim();
        }
        if level >= TrimLevel::Everything {
            lock(&self.graphs).take();
            lock(&self.judge).take();
            self.histories.trim();
        }
    }
}
