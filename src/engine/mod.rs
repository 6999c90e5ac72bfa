//! The engine: one pack, one profile, and the whole path from a request to its answer.
//!
//! ```text
//! options   what a host may set          diagnostics   what it may ask about the engine itself
//! checks    limits of requests           own           the recorded history, in the terms of the pack
//! answer    query -> state -> scores -> hits            feed          history, context -> scores -> list
//! typing    searching while the user types            first         its first answer, from words
//! completions   what a search box offers meanwhile    reasons       why an item is in an answer
//! wanted    filters, pages, facets       trace         stage timings
//! ```

mod answer;
mod because;
mod checks;
mod completions;
mod diagnostics;
mod evaluate;
mod feed;
mod first;
mod options;
mod own;
mod reasons;
mod trace;
mod typing;
mod wanted;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use lru::LruCache;

use crate::codebook::Codebook;
use crate::complete::Completer;
use crate::encode::HistoryEncoder;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::generate::Evidence;
use crate::kernels::Bitmap;
use crate::pack::{Manifest, Pack, PackSource};
use crate::request::{Event, History, RecommendRequest};
use crate::runtime::{CancelToken, Graph, SessionOptions, Sizes, decoder, history};
use crate::sync::lock;
use crate::text::{TextEncoder, normalise};

pub use diagnostics::{Diagnostics, ProfileDiagnostics};
pub use evaluate::{Scores, Task};
pub use options::{EngineOptions, MAX_THREADS};
pub use typing::{Keystroke, Typing};

use own::OwnHistory;

/// Buffers longer than this are not kept between calls (4 MB each, eight of them).
const KEPT_SCORES: usize = 1 << 20;

/// Search and recommendation over one pack for one user.
///
/// `Send` and `Sync`: share it behind an `Arc` and call it from any thread. Calls run on the calling thread and block it
/// for their duration, milliseconds as a rule, so a host keeps them off its user-interface thread. Two calls at once are
/// safe and take turns at each graph.
///
/// ```no_run
/// use gensr::{CancelToken, Engine, EngineOptions, Event, PackSource, SearchRequest};
///
/// let engine = Engine::open(PackSource::Path("shop.gensr".into()), None, EngineOptions::default())?;
/// let token = CancelToken::new();
/// let answer = engine.search(&SearchRequest::new("red desk lamp"), &token)?;
/// for hit in &answer.hits {
///     println!("{:.3} {}", hit.score, hit.title);
/// }
/// engine.record(Event {
///     item_id: answer.hits[0].id.clone(),
///     kind: "view".into(),
///     timestamp_ms: None,
///     query: None,
/// })?;
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    codebook: Codebook,
    sizes: Sizes,
    options: SessionOptions,
    graphs: Mutex<Option<Arc<Graphs>>>,
    text: TextEncoder,
    histories: HistoryEncoder,
    own: OwnHistory,
    /// Rows of the filters that were used last.
    filters: Mutex<LruCache<Filter, Arc<Bitmap>>>,
    /// Made by the first completion.
    completer: Mutex<Option<Arc<Completer>>>,
    /// Buffers for the next calls.
    spare: Mutex<Vec<Scratch>>,
}

/// Buffers with an entry for each item.
#[derive(Debug, Default)]
struct Scratch {
    scores: Vec<f32>,
    evidence: Evidence,
    /// Cosines with one disliked item, and with the nearest.
    likeness: [Vec<f32>; 2],
}

/// The graphs that every search and recommendation runs.
#[derive(Debug)]
struct Graphs {
    history: Graph,
    decoder: Graph,
}

impl Engine {
    /// Opens a pack, and the profile in `profile_dir` (`None`: one in memory, that ends with the engine). Loads ONNX
    /// Runtime and the two small graphs, tens of milliseconds in all; the text encoder waits for the first query.
    ///
    /// # Errors
    /// `BadPack` or `Incompatible` for the pack; `InvalidArgument` when another engine has the profile open; `Internal`
    /// when ONNX Runtime is missing (the message says what to do) or the profile cannot be written.
    pub fn open(source: PackSource, profile_dir: Option<&Path>, options: EngineOptions) -> Result<Self> {
        options.check()?;
        let pack = Arc::new(Pack::open(source)?);
        let codebook = Codebook::open(Arc::clone(&pack))?;
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
        let options = SessionOptions {
            library: options.onnxruntime,
            threads: options.threads,
            provider: options.provider,
        };
        let engine = Self {
            graphs: Mutex::new(None),
            text: TextEncoder::new(pack, sizes, options.clone()),
            histories: HistoryEncoder::new(sizes),
            own: OwnHistory::new(profile_dir),
            filters: Mutex::new(LruCache::new(wanted::KEPT_FILTERS)),
            completer: Mutex::default(),
            spare: Mutex::default(),
            codebook,
            sizes,
            options,
        };
        engine.graphs()?;
        engine.own.with(&engine.codebook, |_| Ok(()))?;
        Ok(engine)
    }

    /// What the pack says about itself.
    pub fn manifest(&self) -> &Manifest {
        self.codebook.pack().manifest()
    }

    /// Records an event. When it returns the event is on disk and in every later answer. An id that the pack does not
    /// know is kept and sleeps until a pack knows it. Costs a small write to disk.
    ///
    /// # Errors
    /// `InvalidArgument` when a field is out of its limits, or the kind is unknown and the pack refuses such.
    pub fn record(&self, event: Event) -> Result<()> {
        self.record_many(vec![event])
    }

    /// Records events in this order, all or none, in one write. At most `MAX_HISTORY` at once.
    ///
    /// # Errors
    /// As `record`; the message has the place of the event that is wrong, from 0.
    pub fn record_many(&self, mut events: Vec<Event>) -> Result<()> {
        checks::events(&events, self.manifest())?;
        let now = now_ms();
        for event in &mut events {
            event.timestamp_ms.get_or_insert(now);
        }
        // What was just searched for is encoded already; kept, the next start need not do it again.
        let queries = events.iter().filter_map(|event| event.query.as_deref()).map(normalise);
        let features = queries.filter_map(|query| self.text.cached(&query).map(|found| (query, found)));
        let features: Vec<_> = if self.text.has_graph() { features.collect() } else { Vec::new() };
        self.own.with(&self.codebook, |own| {
            own.record(events, &self.codebook)?;
            features.iter().for_each(|(query, found)| own.keep_features(self.pack_id(), query, found));
            Ok(())
        })
    }

    /// The last `limit` recorded events, newest last, dormant ones included.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be read.
    pub fn history(&self, limit: usize) -> Result<Vec<Event>> {
        self.own.with(&self.codebook, |own| own.history(limit))
    }

    /// Erases the recorded history and everything that was derived from it, on disk and in memory, databases that were
    /// set aside included. What was erased cannot be read back from the profile's files.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be written.
    pub fn clear_history(&self) -> Result<()> {
        self.own.clear(&self.codebook)?;
        self.text.forget();
        self.histories.trim();
        Ok(())
    }

    /// Does ahead what the first search and the first recommendation would wait for: loads the text encoder and
    /// computes the state of the recorded history. Call it from a background thread.
    ///
    /// # Errors
    /// As `recommend`.
    pub fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        self.text.warm_up(cancel)?;
        self.recommend(&RecommendRequest { limit: 1, ..RecommendRequest::default() }, cancel)?;
        Ok(())
    }

    /// Gives back what can be made again: sessions, caches, and the profile with its lock (one in memory stays). For when
    /// the app goes to the background. The next call opens again what it needs, and answers `Closed` when another process
    /// has taken the profile meanwhile. Calls in flight end as usual and free theirs after.
    pub fn trim_memory(&self) {
        lock(&self.graphs).take();
        self.text.trim();
        self.histories.trim();
        lock(&self.filters).clear();
        lock(&self.completer).take();
        lock(&self.spare).clear();
        self.own.trim();
    }

    /// The id of the pack: what features of queries are kept under.
    fn pack_id(&self) -> &str {
        self.codebook.pack().id()
    }

    fn graphs(&self) -> Result<Arc<Graphs>> {
        let mut graphs = lock(&self.graphs);
        if let Some(graphs) = graphs.as_ref() {
            return Ok(Arc::clone(graphs));
        }
        let load = |section: &str, declaration| {
            let model = self.codebook.pack().section(section);
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

    /// The events of a history that this pack knows, and whether they are the user's own.
    fn events_of(&self, history: &History) -> Result<(Arc<Vec<crate::encode::PastEvent>>, bool)> {
        match history {
            History::Profile => Ok((self.own.with(&self.codebook, |own| Ok(own.events()))?, true)),
            History::Empty => Ok((Arc::default(), false)),
            History::Events(events) => {
                checks::events(events, self.manifest())?;
                let now = now_ms();
                let known = events.iter().filter_map(|event| own::known(event, now, &self.codebook));
                Ok((Arc::new(known.collect()), false))
            }
        }
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Shared between threads by every host.
const fn assert_send_sync<T: Send + Sync>() {}
const _: () = assert_send_sync::<Engine>();
const _: () = assert_send_sync::<CancelToken>();
