//! Changes of the catalogue: items upserted and removed, vectors made of their texts, another pack installed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Engine;
use crate::error::Result;
use crate::request::{InstallRequest, Installed, Item, Upsert};
use crate::runtime::CancelToken;

impl Engine {
    /// Adds items to the catalogue, or replaces those with their ids; all or none. When it returns they are on disk, and in
    /// every later answer by their words, titles, ids, attributes and completions. What they mean is known when the job has
    /// run; until then they stand to the model where the average item stands. An item that the pack has under the same title
    /// keeps what the pack has learned of it, and needs no job.
    ///
    /// An item with an earlier time than what is known of it (an earlier change, or the pack, where that says of when it is) is
    /// left out in silence: `Job::taken` counts the others. At most `MAX_CHANGES` at once, `MAX_LIVE_ITEMS` changes in all;
    /// the cost is linear in the live items, some microseconds each, so send many at once rather than one after the other.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// assert_eq!(job.taken(), 1);
    /// job.run(&engine, &cancel)?;
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` with the place of the item, from 0, where it is outside the limits of `Upsert` or has an attribute
    /// that is no column of the pack or of another type; `Internal` when the profile cannot be written.
    pub fn upsert_items(&self, items: Vec<Upsert>) -> Result<Job> {
        let taken = self.catalogue.upsert(items)?;
        Ok(self.job(taken))
    }

    /// Takes items out of the catalogue; returns how many of the ids were in it. When it returns no later answer has them:
    /// no list, count, facet, completion. Events on them become dormant, like those on unknown items. Removed stays
    /// removed, until an upsert or a newer pack brings the id back. At most `MAX_CHANGES` ids.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// assert_eq!(engine.remove_items(&["g0105", "no such item"])?, 1);
    /// assert_eq!(engine.items(&["g0105"])?, [None]);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for an id outside its limits; `Internal` when the profile cannot be written.
    pub fn remove_items(&self, ids: &[impl AsRef<str>]) -> Result<usize> {
        let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
        self.catalogue.remove(&ids)
    }

    /// Titles and attributes of items, in the order of the ids; `None` for an id that the catalogue does not have. At most
    /// `MAX_CHANGES` ids.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let items = engine.items(&["g0105", "no such item"])?;
    /// assert!(items[0].as_ref().is_some_and(|item| !item.title.is_empty()));
    /// assert_eq!(items[1], None);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for too many ids.
    pub fn items(&self, ids: &[impl AsRef<str>]) -> Result<Vec<Option<Item>>> {
        let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
        self.catalogue.items(&ids)
    }

    /// The vectors that are to be made now, of whatever call: for the next start after a kill, or after a new pack.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let job = engine.pending_vectors();
    /// job.run(&engine, &cancel)?;
    /// assert_eq!(engine.diagnostics().live.pending, 0);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn pending_vectors(&self) -> Job {
        self.job(0)
    }

    /// Replaces the pack: copies the new one beside its destination, compares the hash of the copy, opens it and tries it, then
    /// renames it over the old one and answers from it. The next `open` of that path has the new pack.
    ///
    /// Calls go on meanwhile, on the old pack until the very end; those that run then end on it. Its file is unlinked, and
    /// its memory is free after the last of them. The recorded history is read anew by item id: events of items that the new
    /// pack does not have are dormant until a pack has them. What was cached of the old pack is dropped.
    ///
    /// Needs room for the new pack beside the old one, and for both models in memory for a moment. Takes as long as copying
    /// and hashing the file, so call it from a background thread; `cancel` stops it anywhere before the end.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, InstallRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// # let folder = tempfile::tempdir()?;
    /// # let expected_sha256 = {
    /// #     use sha2::Digest;
    /// #     let hash = sha2::Sha256::digest(std::fs::read("models/demo/demo.gensr")?);
    /// #     hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    /// # };
    /// let mut request = InstallRequest::new("models/demo/demo.gensr", expected_sha256);
    /// request.destination = Some(folder.path().join("shop.gensr"));
    /// let installed = engine.install(&request, &cancel)?;
    /// assert_eq!(installed.pack_id, installed.previous_pack_id, "the same pack again");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such file, the hash is not 64 hex digits, or a destination is needed; `BadPack` for
    /// another hash, and for what is not a pack that works; `Incompatible` for one of a newer version; `Cancelled`;
    /// `Closed` and `Internal` as elsewhere. After an error everything is as it was: file, answers and history.
    pub fn install(&self, request: &InstallRequest, cancel: &CancelToken) -> Result<Installed> {
        self.catalogue.install(request, cancel)
    }

    fn job(&self, taken: usize) -> Job {
        let pending = self.catalogue.pending();
        Job { taken, state: Arc::new(State { done: AtomicUsize::new(0), total: AtomicUsize::new(pending) }) }
    }
}

/// The vectors that are still to be made of the texts of live items. Nothing happens until `run`; a job that is dropped loses
/// nothing, for what one does not make the next does, or `Engine::warm_up`. Copies are the same job: one thread runs it, others
/// ask for its progress.
#[derive(Debug, Clone)]
pub struct Job {
    taken: usize,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    done: AtomicUsize,
    total: AtomicUsize,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Vectors that it has made.
    pub done: usize,
    /// Vectors that there were to make; more where others changed the catalogue meanwhile.
    pub total: usize,
}

impl Job {
    /// Items of the call that were not too old.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// assert_eq!(job.taken(), 1);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// How far it is. Costs nothing; any thread may ask.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// assert_eq!(job.progress().done, 0);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn progress(&self) -> Progress {
        let done = self.state.done.load(Ordering::Relaxed);
        Progress { done, total: self.state.total.load(Ordering::Relaxed).max(done) }
    }

    /// Makes the vectors of all live items that have none, also those of earlier jobs, on this thread: milliseconds an item with
    /// a sentence encoder, else microseconds. Searches go on meanwhile; items are found by meaning as their vectors are written,
    /// a tenth of a second's work at a time. Without anything to do it returns at once; so it does with a pack that cannot make vectors
    /// (`Diagnostics::live`).
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// # let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// job.run(&engine, &cancel)?;
    /// assert_eq!(job.progress().done, 1);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Cancelled`; what was made until then stays. `Internal` when the profile cannot be written, `Closed` as elsewhere.
    pub fn run(&self, engine: &Engine, cancel: &CancelToken) -> Result<()> {
        engine.catalogue.make_vectors(cancel, |done, left| {
            let done = self.state.done.fetch_add(done, Ordering::Relaxed) + done;
            self.state.total.store(done + left, Ordering::Relaxed);
        })
    }
}
