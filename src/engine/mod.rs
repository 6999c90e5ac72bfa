//! The engine: a handle to one pack and one profile. Its calls are the public face; their work is in the rooms beside it.
//!
//! ```text
//! query       -> crate::query       search, recommend, similar, completions
//! history     -> crate::history     events recorded, forgotten, exported
//! catalogue   -> crate::catalogue   items and packs changed while calls go on
//! typing      a search box: of two keystrokes the later one counts
//! options     what a host may set   diagnostics   what it may ask about the engine itself
//! evaluation  scores of the whole catalogue (feature `evaluation`)
//! ```

mod catalogue;
mod diagnostics;
#[cfg(feature = "evaluation")]
mod evaluation;
mod history;
mod options;
mod query;
mod typing;

use std::path::Path;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::error::Result;
use crate::history::HistoryStore;
use crate::pack::{Manifest, PackSource};
use crate::request::{RecommendRequest, TrimLevel};
use crate::runtime::{CancelToken, SessionOptions};
use crate::snapshot::Snapshot;

pub use catalogue::{Job, Progress};
pub use diagnostics::{Diagnostics, LiveDiagnostics, ProfileDiagnostics};
pub use options::{EngineOptions, MAX_THREADS};
pub use typing::{Keystroke, Typing};

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
/// engine.record(Event::new(item_id, "view"))?;
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    catalogue: Catalogue,
    history: Arc<HistoryStore>,
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
        let history = Arc::new(HistoryStore::new(profile_dir, options.profile));
        let session = SessionOptions {
            library: options.onnxruntime,
            threads: options.threads,
            provider: options.provider,
            compiled: None,
        };
        let catalogue = Catalogue::open(source, profile_dir, Arc::clone(&history), session)?;
        Ok(Self { catalogue, history })
    }

    /// The present snapshot. A call takes it once and works on it to its end, so an answer is wholly from one pack.
    fn snapshot(&self) -> Arc<Snapshot> {
        self.catalogue.snapshot()
    }

    /// The manifest of the pack.
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
        Arc::clone(self.snapshot().codebook.pack().shared_manifest())
    }

    /// Does ahead what the first search and the first recommendation would wait for: loads the text encoder and
    /// computes the state of the recorded history; then makes the vectors that live items still lack (see `Job::run`).
    /// Takes seconds if the execution provider compiles. Call it from a background thread.
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
        self.snapshot().model.text.warm_up(cancel)?;
        self.recommend(&RecommendRequest { limit: 1, ..RecommendRequest::default() }, cancel)?;
        self.catalogue.make_vectors(cancel, |_, _| ())
    }

    /// Gives memory back, and from `Background` on the profile with its lock (one in memory stays). The next call opens
    /// again what it needs, and answers `Closed` when another process has taken the profile meanwhile. Calls in flight end
    /// as usual and free theirs after. The engine has no threads of its own; those of ONNX Runtime, where `threads` is above
    /// 1, end with the graphs.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, TrimLevel};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// engine.trim_memory(TrimLevel::Background);
    /// assert!(engine.search(&"tent".into(), &cancel)?.total_hits > 0, "the next call opens what it needs");
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn trim_memory(&self, level: TrimLevel) {
        let snapshot = self.snapshot();
        snapshot.trim(level);
        if level >= TrimLevel::Background {
            self.history.trim();
        }
    }
}

/// Shared between threads by every host.
const fn assert_send_sync<T: Send + Sync>() {}
const _: () = assert_send_sync::<Engine>();
const _: () = assert_send_sync::<CancelToken>();
