//! The graphs of a pack and their caches, shared by all snapshots of the pack.

use std::sync::{Arc, Mutex};

use super::compiled::CompiledModels;
use crate::encode::HistoryEncoder;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::rank::{IntentReader, Signals};
use crate::request::{GraphNodes, TrimLevel};
use crate::runtime::{Graph, SessionOptions, Sizes, decoder, history, item};
use crate::sync::{LazyResource, lock};
use crate::text::{TextEncoder, Variant};

/// Score buffers longer than this are not pooled (4 MB each, eight to a `Scratch`).
const KEPT_SCORES: usize = 1 << 20;

/// The graphs of a pack. Loaded on first use, dropped by `trim`.
#[derive(Debug)]
pub(crate) struct Model {
    pack: Arc<Pack>,
    pub(crate) sizes: Sizes,
    pub(crate) options: SessionOptions,
    pub(crate) compiled: CompiledModels,
    graphs: LazyResource<Graphs>,
    pub(crate) text: TextEncoder,
    pub(crate) histories: HistoryEncoder,
    /// Reads intents: whether they say anything of what is wanted.
    pub(crate) intents: IntentReader,
    /// Buffers that the next calls reuse.
    scratch_pool: Mutex<Vec<Scratch>>,
}

/// Buffers with one entry per item.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) scores: Vec<f32>,
    pub(crate) signals: Signals,
    /// Cosine of every item with one disliked item, and with the nearest of them.
    pub(crate) buffers: [Vec<f32>; 2],
}

/// The graphs that every search and recommendation runs.
#[derive(Debug)]
pub(crate) struct Graphs {
    pub(crate) history: Graph,
    pub(crate) decoder: Graph,
}

impl Model {
    /// The model of a pack; loads no graph. Texts run on the variant for the provider of `options`, if the pack has it.
    pub(crate) fn new(pack: Arc<Pack>, options: SessionOptions, compiled: CompiledModels) -> Self {
        let section = options.provider.variant().map(|variant| format!("graph.text@{variant}"));
        let section = section.filter(|section| pack.has(section));
        Self::with_variant(pack, options, compiled, section)
    }

    /// The same with a named variant of the text graph.
    pub(crate) fn with_variant(
        pack: Arc<Pack>,
        options: SessionOptions,
        compiled: CompiledModels,
        section: Option<String>,
    ) -> Self {
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
        let options = SessionOptions { compiled: compiled.folder(options.provider, pack.id()), ..options };
        let variant = section.map(|section| Variant { section, options: options.clone() });
        Self {
            graphs: LazyResource::default(),
            text: TextEncoder::new(Arc::clone(&pack), sizes, options.clone(), variant),
            histories: HistoryEncoder::new(sizes),
            intents: IntentReader::new(manifest.tasks.intent.as_ref()),
            scratch_pool: Mutex::default(),
            pack,
            sizes,
            options,
            compiled,
        }
    }

    /// The graphs of every search and recommendation, loaded on first use.
    pub(crate) fn graphs(&self) -> Result<Arc<Graphs>> {
        let load = |section: &str, declaration| {
            let model = self.pack.section(section);
            let model = model.ok_or_else(|| Error::bad_pack(format!("section {section} is missing")))?;
            Graph::load(model, declaration, &self.options)
        };
        self.graphs.get_or_make(|| {
            Ok(Graphs {
                history: load("graph.history", history(&self.sizes))?,
                decoder: load("graph.decoder", decoder(&self.sizes))?,
            })
        })
    }

    /// Loads the graph that makes vectors of items; not kept here, since few calls need it. Always on the processor: these
    /// vectors are stored and outlive the choice of a provider.
    pub(crate) fn item_graph(&self) -> Result<Graph> {
        let model = self.pack.section("graph.item");
        let model = model.ok_or_else(|| Error::bad_pack("section graph.item is missing"))?;
        Graph::load(model, item(&self.sizes), &self.options.on_processor())
    }

    /// Calls `with` with pooled buffers of catalogue length.
    pub(crate) fn with_scratch<T>(&self, with: impl FnOnce(&mut Scratch) -> Result<T>) -> Result<T> {
        let mut scratch = lock(&self.scratch_pool).pop().unwrap_or_default();
        let result = with(&mut scratch);
        if scratch.scores.capacity() <= KEPT_SCORES {
            lock(&self.scratch_pool).push(scratch);
        }
        result
    }

    /// Maps the graphs that are loaded now. Does not wait for one that is being loaded.
    fn with_loaded<T>(&self, of: impl Fn(&Graph) -> Vec<T>) -> Vec<T> {
        let graphs = self.graphs.get();
        let mut all: Vec<T> =
            graphs.iter().flat_map(|graphs| [&graphs.history, &graphs.decoder]).flat_map(&of).collect();
        all.extend(self.text.loaded().iter().flat_map(|graph| of(graph)));
        all
    }

    /// Name and execution provider of the loaded graphs, each pair once.
    pub(crate) fn providers(&self) -> Vec<(&'static str, &'static str)> {
        let mut providers = self.with_loaded(|graph| vec![(graph.name(), graph.provider().name())]);
        providers.dedup();
        providers
    }

    /// Node counts of the loaded graphs by provider.
    pub(crate) fn nodes(&self) -> Vec<GraphNodes> {
        self.with_loaded(|graph| {
            let nodes = graph.nodes().into_iter();
            nodes
                .map(|(provider, nodes)| GraphNodes { graph: graph.label().to_owned(), provider, nodes })
                .collect()
        })
    }

    /// Drops everything derived from queries and histories and starts a forget generation: results from an older one are not
    /// cached.
    pub(crate) fn forget(&self, forget_generation: u64) {
        self.text.forget(forget_generation);
        self.histories.forget(forget_generation);
        lock(&self.scratch_pool).clear();
    }

    /// Drops caches and graphs up to `level`; all of it can be made again.
    pub(crate) fn trim(&self, level: TrimLevel) {
        lock(&self.scratch_pool).clear();
        self.text.trim_queries();
        if level >= TrimLevel::Background {
            self.text.trim();
        }
        if level >= TrimLevel::Everything {
            self.graphs.clear();
            self.histories.trim();
        }
    }
}

#[cfg(test)]
mod tests;
