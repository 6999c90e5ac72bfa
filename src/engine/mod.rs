//! The engine: one pack, one profile, and the whole path from a request to its answer.
//!
//! [`Engine`] is a handle: it holds the present view, and each call takes that view once and works on it to its end. So an
//! answer is wholly from one pack, whatever is swapped meanwhile, and a swap is the exchange of one pointer.
//!
//! ```text
//! loaded    a view of a pack             model         its graphs, what views of one pack share
//! install   another pack in its place                  controls      what users do with their own history
//! options   what a host may set          diagnostics   what it may ask about the engine itself
//! checks    limits of requests           own           the recorded history, in the terms of the pack
//! answer    query -> state -> scores -> hits            feed          history, context -> scores -> list
//! typing    searching while the user types            first         its first answer, from words
//! completions   what a search box offers meanwhile    reasons       why an item is in an answer
//! wanted    filters, pages, facets       trace         stage timings
//! items     changes of the catalogue     changes       what a view knows of them
//! job       vectors of changed items
//! accelerator   what is kept of them, and the trial of one    canary    which of two backends it is to be
//! trim      memory given back
//! ```

mod accelerator;
mod answer;
mod because;
mod canary;
mod changes;
mod checks;
mod completions;
mod controls;
mod diagnostics;
mod evaluate;
mod feed;
mod first;
mod install;
mod items;
mod job;
mod loaded;
mod model;
mod options;
mod own;
mod reasons;
mod trace;
mod trim;
mod typing;
mod wanted;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::error::Result;
use crate::pack::{Manifest, Pack, PackSource, remove_abandoned};
use crate::request::{Event, RecommendRequest, Recording, normalise};
use crate::runtime::{CancelToken, Provider, SessionOptions};
use crate::sync::lock;
use crate::time::now_ms;

pub use diagnostics::{Diagnostics, GraphNodes, LiveDiagnostics, ProfileDiagnostics};
pub use evaluate::{Scores, Task};
pub use install::{InstallRequest, Installed};
pub use job::{Job, Progress};
pub use options::{EngineOptions, MAX_OS_BUILD, MAX_THREADS};
pub use trim::TrimLevel;
pub use typing::{Keystroke, Typing};

use accelerator::Accelerators;
use loaded::Loaded;
use own::OwnHistory;

/// Search and recommendation over one pack for one user.
///
/// `Send` and `Sync`: share it behind an `Arc` and call it from any thread. Calls run on the calling thread and block it
/// for their duration, milliseconds as a rule, so a host keeps them off its user-interface thread. Two calls at once are
/// safe and take turns at each graph.
///
/// ```
/// use gensr::{CancelToken, Engine, EngineOptions, Event, PackSource, SearchRequest};
///
/// let pack = PackSource::Path("models/demo/demo.gensr".into());
/// let engine = Engine::open(pack, None, EngineOptions::default())?;
/// let answer = engine.search(&SearchRequest::new("rain jacket"), &CancelToken::new())?;
/// for hit in &answer.hits {
///     println!("{:.3} {}", hit.score, hit.title);
/// }
/// let item_id = answer.hits[0].id.clone();
/// engine.record(Event { item_id, kind: "view".into(), timestamp_ms: None, query: None })?;
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    /// What calls that begin now work on.
    current: RwLock<Arc<Loaded>>,
    /// Held while a change makes the next view.
    changes: Mutex<()>,
    /// Held while vectors are made of texts.
    vectors: Mutex<()>,
    own: Arc<OwnHistory>,
    /// The file that `install` replaces; `None` where the pack is a part of another file.
    home: Mutex<Option<PathBuf>>,
}

impl Engine {
    /// Opens a pack, and the profile in `profile_dir` (`None`: one in memory, that ends with the engine). Loads ONNX
    /// Runtime and the two small graphs, tens of milliseconds in all; the text encoder waits for the first query.
    ///
    /// ```
    /// use gensr::{Engine, EngineOptions, PackSource};
    ///
    /// let profile = tempfile::tempdir()?;
    /// let pack = PackSource::Path("models/demo/demo.gensr".into());
    /// let engine = Engine::open(pack, Some(profile.path()), EngineOptions::default())?;
    /// assert!(!engine.diagnostics().profile.in_memory);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `BadPack` or `Incompatible` for the pack; `InvalidArgument` when another engine has the profile open, or ONNX Runtime
    /// has no such execution provider (the message names what it has); `Internal`
    /// when ONNX Runtime is missing (the message says what to do) or the profile cannot be written.
    pub fn open(source: PackSource, profile_dir: Option<&Path>, options: EngineOptions) -> Result<Self> {
        options.check()?;
        let home = match &source {
            PackSource::Path(path) => Some(install::absolute(path)?),
            PackSource::File { .. } => None,
        };
        let pack = Arc::new(Pack::open(source)?);
        home.iter().for_each(|path| remove_abandoned(path));
        let own = Arc::new(OwnHistory::new(profile_dir, options.profile));
        let accelerators =
            Accelerators::new(options.provider, profile_dir, options.os_build, options.threads);
        let session = SessionOptions {
            library: options.onnxruntime,
            threads: options.threads,
            provider: Provider::Cpu,
            compiled: None,
        };
        let view = Loaded::open(0, pack, Arc::clone(&own), session, accelerators)?;
        own.with(&view, |_| Ok(()))?;
        // The profile is ours now; before, its files may be those of another process.
        view.model.accelerators.tidy(view.pack_id());
        let view = view.with_stored_changes(&own, None)?;
        own.take_changed();
        Ok(Self {
            current: RwLock::new(Arc::new(view)),
            changes: Mutex::default(),
            vectors: Mutex::default(),
            own,
            home: Mutex::new(home),
        })
    }

    /// The present view. A call takes it once.
    fn view(&self) -> Arc<Loaded> {
        // The profile was closed, somebody else changed the catalogue in it, and a call opened it again.
        if self.own.take_changed()
            && let Err(error) = self.publish(|view| view.with_changes_read_anew())
        {
            log::warn!("{error}");
        }
        self.present()
    }

    fn present(&self) -> Arc<Loaded> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts the view that `make` makes of the present one in its place; where it fails nothing changes. Changes take turns,
    /// calls do not wait for them.
    fn publish(&self, make: impl FnOnce(&Loaded) -> Result<Loaded>) -> Result<()> {
        let _turn = lock(&self.changes);
        let next = Arc::new(make(&self.present())?);
        let last =
            std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), next);
        // Not under a lock: what was replaced may be large, and calls may hold it still.
        drop(last);
        Ok(())
    }

    /// What the pack says about itself.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let manifest = engine.manifest();
    /// let kinds: Vec<_> = manifest.kinds.iter().map(|kind| kind.name.as_str()).collect();
    /// assert!(kinds.contains(&"view"));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(self.view().codebook.pack().shared_manifest())
    }

    /// Records an event. When it returns the event is on disk and in every later answer. An id that the pack does not
    /// know is kept and sleeps until a pack knows it. Costs a small write to disk. Checked and dropped where recording is
    /// not on (`set_recording`).
    ///
    /// The history is in the order of recording, whatever the timestamps say: where a clock went back, no time passed.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let (item_id, query) = ("g0105".to_owned(), Some("rain jacket".to_owned()));
    /// engine.record(Event { item_id, kind: "search".into(), timestamp_ms: None, query })?;
    /// assert_eq!(engine.history(10)?.len(), 1);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when a field is out of its limits, or the kind is unknown and the pack refuses such.
    pub fn record(&self, event: Event) -> Result<()> {
        self.record_many(vec![event])
    }

    /// Records events in this order, all or none, in one write. At most `MAX_HISTORY` at once.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let view = |id: &str| Event { item_id: id.into(), kind: "view".into(), timestamp_ms: None, query: None };
    /// engine.record_many(vec![view("g0105"), view("g0107")])?;
    /// assert_eq!(engine.history(10)?.len(), 2);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// As `record`; the message has the place of the event that is wrong, from 0.
    pub fn record_many(&self, mut events: Vec<Event>) -> Result<()> {
        let view = self.view();
        checks::events(&events, view.manifest())?;
        if self.own.recording() != Recording::On {
            return Ok(());
        }
        let now = now_ms();
        for event in &mut events {
            event.timestamp_ms.get_or_insert(now);
        }
        // What was just searched for is encoded already; kept, the next start need not do it again.
        let queries = events.iter().filter_map(|event| event.query.as_deref()).map(normalise);
        let text = &view.model.text;
        let features = queries.filter_map(|query| text.cached(&query).map(|found| (query, found)));
        let features: Vec<_> = if text.has_graph() { features.collect() } else { Vec::new() };
        self.own.with(&view, |own| {
            own.record(events)?;
            features.iter().for_each(|(query, made)| own.keep_features(view.pack_id(), query, made));
            Ok(())
        })
    }

    /// Does ahead what the first search and the first recommendation would wait for: loads the text encoder and
    /// computes the state of the recorded history; then makes the vectors that live items still lack (see `Job::run`).
    /// With `Provider::Auto` it is also what tries the accelerators of the device, once for a pack: seconds, where they
    /// compile. Call it from a background thread.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// engine.warm_up(&cancel)?;
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// As `recommend`.
    pub fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        let view = self.view();
        view.try_accelerators(cancel)?;
        view.model.text.warm_up(cancel)?;
        self.recommend(&RecommendRequest { limit: 1, ..RecommendRequest::default() }, cancel)?;
        self.make_vectors(cancel, |_, _| ())
    }
}

/// Shared between threads by every host.
const fn assert_send_sync<T: Send + Sync>() {}
const _: () = assert_send_sync::<Engine>();
const _: () = assert_send_sync::<CancelToken>();
