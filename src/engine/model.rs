//! The graphs of a pack and what they keep between calls: what all views of one pack share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::TrimLevel;
use super::accelerator::{Accelerators, given_up};
use super::diagnostics::GraphNodes;
use super::intent::IntentReader;
use crate::encode::HistoryEncoder;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::rank::Signals;
use crate::runtime::{Graph, Provider, SessionOptions, Sizes, decoder, history, item};
use crate::sync::{Slot, lock};
use crate::text::{TextEncoder, Variant};

/// Buffers longer than this are not kept between calls (4 MB each, eight of them).
const KEPT_SCORES: usize = 1 << 20;

/// What runs the graphs of a pack. Loaded when needed, dropped by `trim`.
#[derive(Debug)]
pub(super) struct Model {
    pack: Arc<Pack>,
    pub(super) sizes: Sizes,
    /// Of all sessions but those of variants.
    pub(super) options: SessionOptions,
    pub(super) accelerators: Accelerators,
    /// What `Provider::Auto` has found, once it has looked. Held to read or to write it, never while something is tried.
    pub(super) decision: Arc<Mutex<Option<String>>>,
    /// Held while accelerators are tried: trials of two calls at once would take each other's time. Of each whether the note
    /// on disk is of a trial here that came to no end; see `decide`.
    pub(super) trials: Mutex<HashMap<Provider, bool>>,
    graphs: Slot<Graphs>,
    pub(super) text: TextEncoder,
    pub(super) histories: HistoryEncoder,
    pub(super) intents: IntentReader,
    /// Buffers for the next calls.
    spare: Mutex<Vec<Scratch>>,
}

/// Buffers with an entry for each item.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) scores: Vec<f32>,
    pub(super) signals: Signals,
    /// Cosines with one disliked item, and with the nearest.
    pub(super) buffers: [Vec<f32>; 2],
}

/// The graphs that every search and recommendation runs.
#[derive(Debug)]
pub(super) struct Graphs {
    pub(super) history: Graph,
    pub(super) decoder: Graph,
}

impl Model {
    /// The model of a pack, nothing of it loaded yet. The options' provider is the accelerators' business.
    pub(super) fn new(pack: Arc<Pack>, options: SessionOptions, accelerators: Accelerators) -> Self {
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
        let options = accelerators.session(accelerators.explicit(), pack.id(), &options);
        let model = Self {
            graphs: Slot::default(),
            text: TextEncoder::new(Arc::clone(&pack), sizes, options.clone()),
            histories: HistoryEncoder::new(sizes),
            intents: IntentReader::new(manifest.tasks.intent.as_ref()),
            spare: Mutex::default(),
            decision: Arc::default(),
            trials: Mutex::default(),
            pack,
            sizes,
            options,
            accelerators,
        };
        model.accelerate();
        model
    }

    /// Has texts run on the accelerator that the host named, or that has won its trial.
    fn accelerate(&self) {
        match self.accelerators.choice {
            Provider::Auto => {
                if let Some((provider, note)) = self.accelerators.kept(self.pack.id())
                    && let Some(variant) = self.variant(provider)
                {
                    *lock(&self.decision) = Some(note.says(provider));
                    self.keep(variant);
                }
            }
            named => {
                if let Some(variant) = self.variant(named) {
                    self.text.accelerate(variant);
                }
            }
        }
    }

    /// Has texts run on a variant that has won its trial, until it fails.
    pub(super) fn keep(&self, variant: Variant) {
        let provider = variant.options.provider;
        let notes = self.accelerators.notes(provider, self.pack.id());
        let yields = given_up(provider, notes, Arc::clone(&self.decision));
        self.text.accelerate(Variant { yields: Some(yields), ..variant });
    }

    /// The variant of the text graph that a provider runs; `None` where the pack has none for it.
    pub(super) fn variant(&self, provider: Provider) -> Option<Variant> {
        let section = format!("graph.text@{}", provider.variant()?);
        let options = self.accelerators.session(provider, self.pack.id(), &self.options);
        self.pack.has(&section).then_some(Variant { section, options, yields: None })
    }

    /// The graphs, loaded where they are not.
    pub(super) fn graphs(&self) -> Result<Arc<Graphs>> {
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

    /// The graph that makes vectors of texts; the caller's to keep, since few calls need it. On the processor whatever others
    /// run on: these vectors outlive the choice.
    pub(super) fn item_graph(&self) -> Result<Graph> {
        let model = self.pack.section("graph.item");
        let model = model.ok_or_else(|| Error::bad_pack("section graph.item is missing"))?;
        Graph::load(model, item(&self.sizes), &self.options.on_processor())
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

    /// Graphs that are loaded now; waits for none that is being loaded.
    fn with_loaded<T>(&self, of: impl Fn(&Graph) -> Vec<T>) -> Vec<T> {
        let graphs = self.graphs.get();
        let mut all: Vec<T> =
            graphs.iter().flat_map(|graphs| [&graphs.history, &graphs.decoder]).flat_map(&of).collect();
        all.extend(self.text.loaded().iter().flat_map(|graph| of(graph)));
        all
    }

    /// Name and execution provider of the graphs that are loaded now, each pair once.
    pub(super) fn providers(&self) -> Vec<(&'static str, &'static str)> {
        let mut providers = self.with_loaded(|graph| vec![(graph.name(), graph.provider().name())]);
        providers.dedup();
        providers
    }

    /// Where their nodes are.
    pub(super) fn nodes(&self) -> Vec<GraphNodes> {
        self.with_loaded(|graph| {
            let nodes = graph.nodes().into_iter();
            nodes
                .map(|(provider, nodes)| GraphNodes { graph: graph.label().to_owned(), provider, nodes })
                .collect()
        })
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
            self.graphs.clear();
            self.histories.trim();
        }
    }
}
