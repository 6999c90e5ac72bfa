//! One view: a pack and one state of what was changed on top of it. Every answer is made from one view.

use std::sync::{Arc, Mutex};

use lru::LruCache;

use super::changes::Changes;
use super::compiled::CompiledModels;
use super::model::Model;
use super::own::{self, OwnHistory};
use super::{checks, now_ms, wanted};
use crate::codebook::Codebook;
use crate::complete::Completer;
use crate::encode::PastEvent;
use crate::error::Result;
use crate::filter::Filter;
use crate::kernels::Bitmap;
use crate::pack::{Manifest, Pack};
use crate::request::History;
use crate::runtime::SessionOptions;

/// What a call works on from its start to its end. Immutable but for caches.
///
/// Views of one pack share what is behind an `Arc`; what depends on the items themselves is a view's own.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Later views have higher numbers.
    pub(super) number: u64,
    pub(super) codebook: Arc<Codebook>,
    pub(super) model: Arc<Model>,
    pub(super) own: Arc<OwnHistory>,
    /// What was changed on top of the pack; `codebook` has it.
    pub(super) changes: Arc<Changes>,
    /// Rows of the filters that were used last.
    pub(super) filters: Mutex<LruCache<Filter, Arc<Bitmap>>>,
    /// Made by the first completion.
    pub(super) completer: Mutex<Option<Arc<Completer>>>,
}

/// The events of a request's history.
pub(super) struct Told {
    /// Oldest first.
    pub(super) events: Arc<Vec<PastEvent>>,
    /// Whether they are the user's own.
    pub(super) own: bool,
    /// What is made from them and from the query may be kept in memory until something more is forgotten than so often;
    /// `None` while incognito: not at all.
    pub(super) keep: Option<u64>,
}

impl Loaded {
    /// The view of a pack without changes. Checks the codebook and loads the graphs; the text encoder waits.
    pub(super) fn open(
        number: u64,
        pack: Arc<Pack>,
        own: Arc<OwnHistory>,
        options: SessionOptions,
        compiled: CompiledModels,
    ) -> Result<Self> {
        let codebook = Arc::new(Codebook::open(Arc::clone(&pack))?);
        let model = Arc::new(Model::new(pack, options, compiled));
        model.graphs()?;
        Ok(Self::new(number, codebook, model, own))
    }

    /// The next view of the same pack with other items: graphs, text encoder and states are shared.
    pub(super) fn with_items(&self, codebook: Arc<Codebook>, changes: Arc<Changes>) -> Self {
        let next = Self::new(self.number + 1, codebook, Arc::clone(&self.model), Arc::clone(&self.own));
        Self { changes, ..next }
    }

    fn new(number: u64, codebook: Arc<Codebook>, model: Arc<Model>, own: Arc<OwnHistory>) -> Self {
        let filters = Mutex::new(LruCache::new(wanted::KEPT_FILTERS));
        let (changes, completer) = (Arc::default(), Mutex::default());
        Self { number, codebook, model, own, filters, changes, completer }
    }

    /// This view of a new pack as the one that follows `last`.
    pub(super) fn after(self, last: &Self) -> Self {
        Self { number: last.number + 1, ..self }
    }

    pub(super) fn manifest(&self) -> &Manifest {
        self.codebook.pack().manifest()
    }

    /// The id of the pack.
    pub(super) fn pack_id(&self) -> &str {
        self.codebook.pack().id()
    }

    /// The events of a history that this view knows.
    pub(super) fn events_of(&self, history: &History) -> Result<Told> {
        let own = self.own.events(self, matches!(history, History::Profile))?;
        let keep = own.as_ref().map(|(_, times_forgotten)| *times_forgotten);
        match history {
            History::Profile => {
                let events = own.map(|(events, _)| events).unwrap_or_default();
                Ok(Told { events, own: true, keep })
            }
            History::Empty => Ok(Told { events: Arc::default(), own: false, keep }),
            History::Events(events) => {
                checks::events(events, self.manifest())?;
                let now = now_ms();
                let known = events.iter().filter_map(|event| own::known(event, now, &self.codebook));
                Ok(Told { events: Arc::new(known.collect()), own: false, keep })
            }
        }
    }
}
