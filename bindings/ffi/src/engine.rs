//! The exported engine: one line a call, through the seam.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use crate::answer::{Answer, Diagnostics, saturated};
use crate::cancel::CancelToken;
use crate::completion::{Completion, completion_limit};
use crate::error::{GensrError, Result};
use crate::history::{self, Forget, RecordedEvent, Recording};
use crate::install::{InstallRequest, Installed};
use crate::items::{Item, Upsert, VectorJob};
use crate::request::{
    EngineOptions, Event, RecommendRequest, SearchRequest, SimilarRequest, TrimLevel, history_limit,
    profile_key,
};
use crate::seam::seam;
use crate::source::PackSource;
use crate::typing::Typing;
use crate::{journal, quiet};

/// An open pack and the profile of its user.
///
/// Usable from any thread; calls block the calling one, so keep them off the user interface. [`Engine::shutdown`] lets
/// go of the pack and the profile at a moment of the host's choosing, without waiting for a garbage collector. (No
/// method is named `close`: Kotlin's generated `AutoCloseable.close` has that name.)
#[derive(Debug, uniffi::Object)]
pub struct Engine {
    open: RwLock<Option<Arc<gensr::Engine>>>,
    /// Calls that are inside now.
    running: AtomicUsize,
    /// Sessions over what is open; it ends with the engine, not with them.
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
            let open = RwLock::new(Some(Arc::new(engine)));
            Ok(Arc::new(Self { open, running: AtomicUsize::new(0), typing: Mutex::default() }))
        })
    }

    /// Items for a query, in the order that suits the history.
    pub fn search(&self, request: SearchRequest, cancel: &CancelToken) -> Result<Answer> {
        self.with(|engine| Ok(engine.search(&request.try_into()?, cancel.inner())?.into()))
    }

    /// What the history suggests next.
    pub fn recommend(&self, request: RecommendRequest, cancel: &CancelToken) -> Result<Answer> {
        self.with(|engine| Ok(engine.recommend(&request.try_into()?, cancel.inner())?.into()))
    }

    /// Items like one item.
    pub fn similar(&self, request: SimilarRequest, cancel: &CancelToken) -> Result<Answer> {
        self.with(|engine| Ok(engine.similar(&request.try_into()?, cancel.inner())?.into()))
    }

    /// Texts that go on from what was typed, at most `limit` (1 to 100): the user's own past queries, categories, titles.
    pub fn complete(&self, typed: &str, limit: u32) -> Result<Vec<Completion>> {
        self.with(|engine| {
            let found = engine.complete(typed, completion_limit(limit)?)?;
            Ok(found.into_iter().map(Completion::from).collect())
        })
    }

    /// A search box over this engine.
    pub fn typing(self: Arc<Self>) -> Result<Arc<Typing>> {
        let mut sessions = self.typing.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock that a shutdown takes after it has closed: it finds every session that was made before.
        self.with(|engine| {
            let session = Typing::new(Arc::clone(&self), Arc::clone(engine));
            sessions.retain(|session| session.strong_count() > 0);
            sessions.push(Arc::downgrade(&session));
            Ok(session)
        })
    }

    /// Records something the user did. When it returns the event is in the profile and in every later answer.
    pub fn record(&self, event: Event) -> Result<()> {
        self.with(|engine| Ok(engine.record(event.into())?))
    }

    /// Records events in this order, all or none, in one write; at most 100,000.
    pub fn record_many(&self, events: Vec<Event>) -> Result<()> {
        self.with(|engine| Ok(engine.record_many(events.into_iter().map(Event::into).collect())?))
    }

    /// The last `limit` recorded events (1 to 100,000), newest last.
    pub fn history(&self, limit: u32) -> Result<Vec<RecordedEvent>> {
        self.with(|engine| {
            let events = engine.history(history_limit(limit)?)?;
            Ok(events.into_iter().map(RecordedEvent::from).collect())
        })
    }

    /// Erases events for good; answers from then on are those of a profile that never had them. Returns how many.
    pub fn forget(&self, what: Forget) -> Result<u64> {
        self.with(|engine| Ok(engine.forget(&what.into())? as u64))
    }

    /// Erases the recorded history for good.
    pub fn clear_history(&self) -> Result<()> {
        self.with(|engine| Ok(engine.clear_history()?))
    }

    /// Writes the recorded history to a file, a line of JSON an event, in place of what is there. Returns how many events.
    pub fn export_history(&self, path: &str) -> Result<u64> {
        self.with(|engine| history::export(engine, path.as_ref()))
    }

    /// Adds the events of such a file that are not recorded yet, all or none. Returns how many.
    pub fn import_history(&self, path: &str) -> Result<u64> {
        self.with(|engine| history::import(engine, path.as_ref()))
    }

    /// What becomes of what the user does from now on.
    pub fn set_recording(&self, recording: Recording) -> Result<()> {
        self.with(|engine| {
            engine.set_recording(recording.into());
            Ok(())
        })
    }

    /// What becomes of what the user does.
    pub fn recording(&self) -> Result<Recording> {
        self.with(|engine| Ok(engine.recording().into()))
    }

    /// Encrypts the profile with another key of 32 random bytes, or with its first.
    pub fn rotate_key(&self, key: Vec<u8>) -> Result<()> {
        self.with(|engine| Ok(engine.rotate_key(&profile_key(key)?)?))
    }

    /// Puts another pack in the place of the open one, while calls go on.
    pub fn install(&self, request: InstallRequest, cancel: &CancelToken) -> Result<Installed> {
        self.with(|engine| Ok(engine.install(&request.into(), cancel.inner())?.into()))
    }

    /// Adds items to the catalogue, or replaces those with their ids; all or none, at most 10,000. When it returns they are
    /// kept, and found by their words; the job makes the vectors by which they are found by meaning.
    pub fn upsert_items(self: Arc<Self>, items: Vec<Upsert>) -> Result<Arc<VectorJob>> {
        self.with(|engine| {
            let items = items.into_iter().map(Upsert::into).collect();
            Ok(VectorJob::new(&self, engine.upsert_items(items)?))
        })
    }

    /// Takes items out of the catalogue, at most 10,000; returns how many of the ids were in it.
    pub fn remove_items(&self, ids: Vec<String>) -> Result<u32> {
        self.with(|engine| Ok(saturated(engine.remove_items(&ids)?)))
    }

    /// Titles and attributes of items, in the order of the ids, at most 10,000; none for an id that the catalogue does not have.
    pub fn items(&self, ids: Vec<String>) -> Result<Vec<Option<Item>>> {
        self.with(|engine| Ok(engine.items(&ids)?.into_iter().map(|item| item.map(Item::from)).collect()))
    }

    /// The vectors that are to be made now, of whatever upsert: after a restart, or a new pack.
    pub fn pending_vectors(self: Arc<Self>) -> Result<Arc<VectorJob>> {
        self.with(|engine| Ok(VectorJob::new(&self, engine.pending_vectors())))
    }

    /// Does ahead what the first search and the first recommendation would wait for.
    pub fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        self.with(|engine| Ok(engine.warm_up(cancel.inner())?))
    }

    /// Gives back what can be made again; from [`TrimLevel::Background`] on the lock on the profile, too.
    pub fn trim_memory(&self, level: TrimLevel) -> Result<()> {
        self.with(|engine| {
            engine.trim_memory(level.into());
            Ok(())
        })
    }

    /// What the engine says about itself. Loads nothing, and waits for a write to the profile at most.
    pub fn diagnostics(&self) -> Result<Diagnostics> {
        let running = self.running.load(Ordering::SeqCst);
        self.with(|engine| Ok(Diagnostics::new(engine.diagnostics(), running, journal::lines())))
    }

    /// Lets go of the pack and the profile. Running calls end well; later ones fail with [`GensrError::Closed`]. Calling
    /// it again does nothing.
    pub fn shutdown(&self) {
        let last = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        let sessions = std::mem::take(&mut *self.typing.lock().unwrap_or_else(PoisonError::into_inner));
        // Outside the lock; a panic while letting go has nobody to be told to.
        let _ = seam(|| {
            sessions.iter().filter_map(Weak::upgrade).for_each(|session| drop(session.shutdown()));
            drop(last);
            Ok(())
        });
    }
}

impl Engine {
    /// Runs one call on what is open. The lock is held only to take a reference, so calls run side by side.
    pub(crate) fn with<T>(&self, call: impl FnOnce(&Arc<gensr::Engine>) -> Result<T>) -> Result<T> {
        let _running = Running::enter(&self.running);
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner).clone();
        seam(|| call(&open.ok_or(GensrError::Closed)?))
    }
}

/// Counts a call for as long as it lives.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
