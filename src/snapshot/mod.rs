//! A snapshot: the pack, its graphs and the live items, as one call sees them.
//!
//! ```text
//! model     graphs, text encoder and buffers, shared by all snapshots of a pack
//! changes   live items and removals on top of the pack
//! compiled  folder of the models that Core ML compiles
//! current   the snapshot that calls begin with, and its exchange
//! ```

mod changes;
mod compiled;
mod current;
mod model;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use lru::LruCache;

use crate::codebook::Codebook;
use crate::complete::Completer;
use crate::encode::PastEvent;
use crate::error::Result;
use crate::filter::{Filter, FilterError};
use crate::history::{HistoryStore, PackView, resolve_event};
use crate::kernels::Bitmap;
use crate::pack::{Manifest, Pack};
use crate::request::{History, TrimLevel, check_events};
use crate::runtime::SessionOptions;
use crate::sync::lock;
use crate::time::now_ms;

pub(crate) use changes::{Changes, ItemText, fits, pack_ms};
pub(crate) use compiled::CompiledModels;
pub(crate) use current::Current;
pub(crate) use model::{Model, Scratch};

/// Filters whose rows are kept: a bit an item each.
const KEPT_FILTERS: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");

/// A pack and one state of the live items on top of it: every call works on one from its start to its end. Immutable but for caches.
///
/// Snapshots of one pack share its model and the history; caches that depend on the items are a snapshot's own.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Later snapshots have higher versions.
    pub(crate) version: u64,
    pub(crate) codebook: Arc<Codebook>,
    pub(crate) model: Arc<Model>,
    pub(crate) history: Arc<HistoryStore>,
    /// Changes on top of the pack, which `codebook` contains.
    pub(crate) changes: Arc<Changes>,
    /// Rows of the filters that were used last.
    pub(crate) filters: Mutex<LruCache<Filter, Arc<Bitmap>>>,
    /// Made by the first completion.
    pub(crate) completer: Mutex<Option<Arc<Completer>>>,
}

/// The events of a request's history.
pub(crate) struct ResolvedHistory {
    /// Oldest first.
    pub(crate) events: Arc<Vec<PastEvent>>,
    /// Whether they are the user's own.
    pub(crate) own: bool,
    /// Forget generation that results made from them belong to; `None`, while incognito, disables caching.
    pub(crate) keep: Option<u64>,
}

impl Snapshot {
    /// A pack without changes. Checks the codebook and loads the graphs; the text encoder is loaded by the first query.
    pub(crate) fn open(
        version: u64,
        pack: Arc<Pack>,
        history: Arc<HistoryStore>,
        options: SessionOptions,
        compiled: CompiledModels,
    ) -> Result<Self> {
        let codebook = Arc::new(Codebook::open(Arc::clone(&pack))?);
        let model = Arc::new(Model::new(pack, options, compiled));
        model.graphs()?;
        Ok(Self::new(version, codebook, model, history))
    }

    /// The next snapshot of the same pack with other items; shares graphs, text encoder and states.
    pub(crate) fn with_items(&self, codebook: Arc<Codebook>, changes: Arc<Changes>) -> Self {
        let next = Self::new(self.version + 1, codebook, Arc::clone(&self.model), Arc::clone(&self.history));
        Self { changes, ..next }
    }

    fn new(version: u64, codebook: Arc<Codebook>, model: Arc<Model>, history: Arc<HistoryStore>) -> Self {
        let filters = Mutex::new(LruCache::new(KEPT_FILTERS));
        let (changes, completer) = (Arc::default(), Mutex::default());
        Self { version, codebook, model, history, filters, changes, completer }
    }

    /// This snapshot with the version after that of `last`.
    pub(crate) fn after(self, last: &Self) -> Self {
        Self { version: last.version + 1, ..self }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        self.codebook.pack().manifest()
    }

    /// The pack as the history reads its events.
    pub(crate) fn pack_view(&self) -> PackView<'_> {
        PackView {
            version: self.version,
            codebook: &self.codebook,
            encoder: self.model.text.id(),
            changes_stamp: self.changes.stamp,
        }
    }

    /// The id of the pack.
    pub(crate) fn pack_id(&self) -> &str {
        self.codebook.pack().id()
    }

    /// The events of a history whose items this snapshot has.
    pub(crate) fn resolve_history(&self, history: &History) -> Result<ResolvedHistory> {
        let own = self.history.events(&self.pack_view(), matches!(history, History::Profile))?;
        let keep = own.as_ref().map(|(_, forget_generation)| *forget_generation);
        match history {
            History::Profile => {
                let events = own.map(|(events, _)| events).unwrap_or_default();
                Ok(ResolvedHistory { events, own: true, keep })
            }
            History::Empty => Ok(ResolvedHistory { events: Arc::default(), own: false, keep }),
            History::Events(events) => {
                check_events(events, self.manifest())?;
                let now = now_ms();
                let known = events.iter().filter_map(|event| resolve_event(event, now, &self.codebook));
                Ok(ResolvedHistory { events: Arc::new(known.collect()), own: false, keep })
            }
        }
    }

    /// The rows that pass a filter, from memory where it was used lately.
    pub(crate) fn filtered(&self, filter: &Filter) -> std::result::Result<Arc<Bitmap>, FilterError> {
        if let Some(rows) = lock(&self.filters).get(filter) {
            return Ok(Arc::clone(rows));
        }
        // Not under the lock: two calls at once may both do it.
        let rows = Arc::new(filter.rows(&self.codebook)?);
        lock(&self.filters).put(filter.clone(), Arc::clone(&rows));
        Ok(rows)
    }

    /// The completer of this snapshot's items; made by the first completion.
    pub(crate) fn completer(&self) -> Arc<Completer> {
        let mut made = lock(&self.completer);
        Arc::clone(made.get_or_insert_with(|| Arc::new(Completer::new(&self.codebook))))
    }

    /// Whether the pack can make vectors of the texts of live items.
    pub(crate) fn makes_vectors(&self) -> bool {
        self.codebook.pack().has("graph.item")
    }

    /// Drops what can be made again, as far as `level` goes.
    pub(crate) fn trim(&self, level: TrimLevel) {
        lock(&self.filters).clear();
        lock(&self.completer).take();
        self.model.trim(level);
    }
}
