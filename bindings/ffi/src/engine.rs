//! The exported engine: one line a call, through the seam.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::cancel::CancelToken;
use crate::completion::Completion;
use crate::error::Result;
use crate::handle::Handle;
use crate::history::{self, Forget, RecordedEvent, Recording};
use crate::install::{InstallRequest, Installed};
use crate::items::{Item, Upsert, VectorJob};
use crate::request::{
    EngineOptions, Event, RecommendRequest, SearchRequest, SimilarRequest, TrimLevel, bounded, profile_key,
    size,
};
use crate::response::{Diagnostics, Response, saturated};
use crate::seam::seam;
use crate::source::PackSource;
use crate::typing::Typing;
use crate::{journal, quiet};

/// An open pack and the profile of its user.
///
/// Usable from any thread; calls block the calling one, so keep them off the user interface. [`Engine::shutdown`] releases
/// the pack and the profile at once, without waiting for a garbage collector. (No method is named `close`: Kotlin's
/// generated `AutoCloseable.close` has that name.)
#[derive(Debug, uniffi::Object)]
pub struct Engine {
    handle: Arc<Handle>,
    /// Search boxes, which a shutdown closes.
    typing: Mutex<Vec<Weak<Typing>>>,
}

#[uniffi::export]
impl Engine {
    /// Opens a pack and the profile of its user.
    #[uniffi::constructor]
    pub fn open(source: PackSource, options: EngineOptions) -> Result<Arc<Self>> {
        seam(|| {
            journal::start();
            quiet::start();
            let (options, profile) = options.into_parts()?;
            let engine = gensr::Engine::open(source.try_into()?, profile.as_deref(), options)?;
            Ok(Arc::new(Self { handle: Handle::new(engine), typing: Mutex::default() }))
        })
    }

    /// Items for a query, ranked for the history.
    pub fn search(&self, request: SearchRequest, cancel: &CancelToken) -> Result<Response> {
        self.handle.with(|engine| Ok(engine.search(&request.try_into()?, cancel.inner())?.into()))
    }

    /// Recommendations for the history.
    pub fn recommend(&self, request: RecommendRequest, cancel: &CancelToken) -> Result<Response> {
        self.handle.with(|engine| Ok(engine.recommend(&request.try_into()?, cancel.inner())?.into()))
    }

    /// Items similar to one item.
    pub fn similar(&self, request: SimilarRequest, cancel: &CancelToken) -> Result<Response> {
        self.handle.with(|engine| Ok(engine.similar(&request.try_into()?, cancel.inner())?.into()))
    }

    /// Completions of typed text, at most `limit` (1 to 100): the user's own past queries, categories, titles.
    pub fn complete(&self, typed: &str, limit: u32) -> Result<Vec<Completion>> {
        self.handle.with(|engine| {
            let found = engine.complete(typed, size(limit))?;
            Ok(found.into_iter().map(Completion::from).collect())
        })
    }

    /// A search box over this engine.
    pub fn typing(&self) -> Result<Arc<Typing>> {
        let mut sessions = self.typing.lock().unwrap_or_else(PoisonError::into_inner);
        // Under this lock, which a shutdown takes after closing: it finds every session made before.
        self.handle.with(|engine| {
            let session = Typing::new(Arc::clone(&self.handle), Arc::clone(engine));
            sessions.retain(|session| session.strong_count() > 0);
            sessions.push(Arc::downgrade(&session));
            Ok(session)
        })
    }

    /// Records an event. When it returns, the event is in the profile and counts in every later response.
    pub fn record(&self, event: Event) -> Result<()> {
        self.handle.with(|engine| Ok(engine.record(event.into())?))
    }

    /// Records events in this order, all or none, in one write; at most 100,000.
    pub fn record_many(&self, events: Vec<Event>) -> Result<()> {
        self.handle.with(|engine| Ok(engine.record_many(events.into_iter().map(Event::into).collect())?))
    }

    /// The last `limit` recorded events (1 to 100,000), newest last.
    pub fn history(&self, limit: u32) -> Result<Vec<RecordedEvent>> {
        self.handle.with(|engine| {
            let events = engine.history(bounded("limit", limit, gensr::MAX_HISTORY)?)?;
            Ok(events.into_iter().map(RecordedEvent::from).collect())
        })
    }

    /// Erases events permanently, as if they had never been recorded. Returns how many.
    pub fn forget(&self, what: Forget) -> Result<u64> {
        self.handle.with(|engine| Ok(engine.forget(&what.into())? as u64))
    }

    /// Erases the recorded history permanently.
    pub fn clear_history(&self) -> Result<()> {
        self.handle.with(|engine| Ok(engine.clear_history()?))
    }

    /// Writes the recorded history to a file, one line of JSON per event, replacing an existing file. Returns how many events.
    pub fn export_history(&self, path: &str) -> Result<u64> {
        self.handle.with(|engine| history::export(engine, path.as_ref()))
    }

    /// Adds the events of such a file that are not recorded yet, all or none. Returns how many.
    pub fn import_history(&self, path: &str) -> Result<u64> {
        self.handle.with(|engine| history::import(engine, path.as_ref()))
    }

    /// Sets whether events are recorded and used from now on.
    pub fn set_recording(&self, recording: Recording) -> Result<()> {
        self.handle.with(|engine| {
            engine.set_recording(recording.into());
            Ok(())
        })
    }

    /// Whether events are recorded and used.
    pub fn recording(&self) -> Result<Recording> {
        self.handle.with(|engine| Ok(engine.recording().into()))
    }

    /// Encrypts the profile with a new key of 32 random bytes.
    pub fn rotate_key(&self, key: Vec<u8>) -> Result<()> {
        self.handle.with(|engine| Ok(engine.rotate_key(&profile_key(key)?)?))
    }

    /// Replaces the open pack while calls go on.
    pub fn install(&self, request: InstallRequest, cancel: &CancelToken) -> Result<Installed> {
        self.handle.with(|engine| Ok(engine.install(&request.into(), cancel.inner())?.into()))
    }

    /// Adds or replaces items of the catalogue, all or none, at most 10,000. When it returns they are stored and found by
    /// their words; the job makes the vectors by which they are found by meaning.
    pub fn upsert_items(&self, items: Vec<Upsert>) -> Result<Arc<VectorJob>> {
        self.handle.with(|engine| {
            let items = items.into_iter().map(Upsert::into).collect();
            Ok(VectorJob::new(&self.handle, engine.upsert_items(items)?))
        })
    }

    /// Removes items from the catalogue, at most 10,000; returns how many of the ids were in it.
    pub fn remove_items(&self, ids: Vec<String>) -> Result<u32> {
        self.handle.with(|engine| Ok(saturated(engine.remove_items(&ids)?)))
    }

    /// Titles and attributes of items, in the order of the ids, at most 10,000; `None` for unknown ids.
    pub fn items(&self, ids: Vec<String>) -> Result<Vec<Option<Item>>> {
        self.handle
            .with(|engine| Ok(engine.items(&ids)?.into_iter().map(|item| item.map(Item::from)).collect()))
    }

    /// A job for all vectors that are missing now: after a restart, or a new pack.
    pub fn pending_vectors(&self) -> Result<Arc<VectorJob>> {
        self.handle.with(|engine| Ok(VectorJob::new(&self.handle, engine.pending_vectors())))
    }

    /// Loads what the first search and the first recommendation would wait for.
    pub fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        self.handle.with(|engine| Ok(engine.warm_up(cancel.inner())?))
    }

    /// Frees memory that can be filled again; from [`TrimLevel::Background`] on the lock on the profile as well.
    pub fn trim_memory(&self, level: TrimLevel) -> Result<()> {
        self.handle.with(|engine| {
            engine.trim_memory(level.into());
            Ok(())
        })
    }

    /// State of the engine. Loads nothing; waits for a write to the profile at most.
    pub fn diagnostics(&self) -> Result<Diagnostics> {
        let running = self.handle.running();
        self.handle.with(|engine| Ok(Diagnostics::new(engine.diagnostics(), running, journal::lines())))
    }

    /// Releases the pack and the profile. Running calls complete; later ones fail with [`GensrError::Closed`]. Idempotent.
    ///
    /// [`GensrError::Closed`]: crate::GensrError::Closed
    pub fn shutdown(&self) {
        let engine = self.handle.close();
        let sessions = std::mem::take(&mut *self.typing.lock().unwrap_or_else(PoisonError::into_inner));
        // Dropped without any lock. A panic here cannot be reported.
        let _ = seam(|| {
            sessions.iter().filter_map(Weak::upgrade).for_each(|session| drop(session.shutdown()));
            drop(engine);
            Ok(())
        });
    }
}
