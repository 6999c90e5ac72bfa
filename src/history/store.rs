//! The recorded history: the profile, opened when needed, and its events in the terms of the present pack.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::events::{PackView, resolve_event};
use crate::codebook::Codebook;
use crate::encode::PastEvent;
use crate::error::{Error, Result};
use crate::limits::MAX_HISTORY;
use crate::profile::{Opened, Profile, ProfileKey, ProfileOptions};
use crate::request::{Event, Forget, Installed, RecordedEvent, Recording};
use crate::sync::lock;
use crate::text::{EncoderId, Features};
use crate::time::now_ms;

/// The profile of an engine, opened when needed.
#[derive(Debug)]
pub(crate) struct HistoryStore {
    /// Where it is; `None` for one in memory.
    directory: Option<PathBuf>,
    slot: Mutex<StoreState>,
    /// Whether another process changed the catalogue in it while it was closed.
    changed: AtomicBool,
}

#[derive(Debug, Default)]
struct StoreState {
    options: ProfileOptions,
    recording: Recording,
    /// Forget generation: results of an older one must not be used.
    forgotten: u64,
    open: Option<OpenProfile>,
    /// Whether it was open before: then a lock held elsewhere means that the profile was taken over (`Closed`).
    was_open: bool,
    warnings: Vec<String>,
}

/// An open profile and what the engine needs of it at every request.
#[derive(Debug)]
pub(crate) struct OpenProfile {
    profile: Profile,
    known: ResolvedEvents,
}

/// The recorded events, resolved against the latest snapshot.
#[derive(Debug)]
struct ResolvedEvents {
    /// Version of that snapshot, and its items.
    view: u64,
    codebook: Arc<Codebook>,
    /// The events whose items it knows, oldest first.
    events: Arc<Vec<PastEvent>>,
    /// Events whose items it does not know.
    dormant: usize,
}

impl ResolvedEvents {
    fn read(profile: &Profile, pack: &PackView<'_>) -> Result<Self> {
        Self::of(profile, pack.version, Arc::clone(pack.codebook))
    }

    fn of(profile: &Profile, view: u64, codebook: Arc<Codebook>) -> Result<Self> {
        let stored = profile.history(MAX_HISTORY)?;
        let total = stored.len();
        let events = stored.into_iter().filter_map(|event| resolve_event(&event.into(), 0, &codebook));
        let events: Vec<_> = events.collect();
        Ok(Self { view, dormant: total - events.len(), events: Arc::new(events), codebook })
    }
}

/// State of the profile, for diagnostics.
pub(crate) struct HistorySummary {
    pub(crate) in_memory: bool,
    pub(crate) open: bool,
    pub(crate) events: usize,
    pub(crate) dormant: usize,
    pub(crate) warnings: Vec<String>,
}

impl HistoryStore {
    pub(crate) fn new(directory: Option<&Path>, options: ProfileOptions) -> Self {
        let slot = Mutex::new(StoreState { options, ..StoreState::default() });
        Self { directory: directory.map(Path::to_owned), slot, changed: AtomicBool::new(false) }
    }

    /// Calls `with` with the profile, opened if necessary, its events resolved against this snapshot or a later one.
    pub(crate) fn with<T>(
        &self,
        pack: &PackView<'_>,
        with: impl FnOnce(&mut OpenProfile) -> Result<T>,
    ) -> Result<T> {
        self.with_slot(&mut lock(&self.slot), pack, with)
    }

    fn with_slot<T>(
        &self,
        slot: &mut StoreState,
        pack: &PackView<'_>,
        with: impl FnOnce(&mut OpenProfile) -> Result<T>,
    ) -> Result<T> {
        let open = match slot.open.take() {
            Some(open) => open,
            None => self.open(slot, pack)?,
        };
        let open = slot.open.insert(open);
        open.follow(pack)?;
        with(open)
    }

    /// The events whose items the pack has, oldest first, none if they are not `wanted`; and the forget generation. `None` while
    /// incognito. Opens the profile only where it returns events.
    pub(crate) fn events(
        &self,
        pack: &PackView<'_>,
        wanted: bool,
    ) -> Result<Option<(Arc<Vec<PastEvent>>, u64)>> {
        let mut slot = lock(&self.slot);
        let events = match (slot.recording, wanted) {
            (Recording::Incognito, _) => return Ok(None),
            (_, false) => Arc::default(),
            (_, true) => self.with_slot(&mut slot, pack, |own| own.events(pack))?,
        };
        Ok(Some((events, slot.forgotten)))
    }

    pub(crate) fn recording(&self) -> Recording {
        lock(&self.slot).recording
    }

    pub(crate) fn set_recording(&self, recording: Recording) {
        let mut slot = lock(&self.slot);
        let before = std::mem::replace(&mut slot.recording, recording);
        slot.forgotten += u64::from(before != recording);
    }

    pub(crate) fn forget_generation(&self) -> u64 {
        lock(&self.slot).forgotten
    }

    /// Records events that are checked and have timestamps, unless recording is off; keeps the features of their queries
    /// for the next start. Mode and history are under one lock: no event is written after `set_recording` has returned.
    pub(crate) fn record(
        &self,
        pack: &PackView<'_>,
        events: Vec<Event>,
        features: &[(String, Features)],
    ) -> Result<()> {
        let mut slot = lock(&self.slot);
        if slot.recording != Recording::On {
            return Ok(());
        }
        self.with_slot(&mut slot, pack, |own| {
            own.record(events)?;
            for (query, features) in features {
                own.keep_features(pack, query, features);
            }
            Ok(())
        })
    }

    /// Erases some events.
    pub(crate) fn forget(&self, pack: &PackView<'_>, what: &Forget) -> Result<usize> {
        let mut slot = lock(&self.slot);
        let erased = self.with_slot(&mut slot, pack, |own| {
            let erased = own.profile.forget(what)?;
            own.reload()?;
            Ok(erased)
        })?;
        slot.forgotten += 1;
        slot.warnings.clear();
        Ok(erased)
    }

    /// Encrypts the profile with another key.
    pub(crate) fn rotate_key(&self, pack: &PackView<'_>, key: &ProfileKey) -> Result<()> {
        if self.directory.is_none() {
            return Err(Error::invalid("the profile is in memory: there is nothing to encrypt"));
        }
        let mut slot = lock(&self.slot);
        self.with_slot(&mut slot, pack, |_| Ok(()))?;
        // Where it fails the profile is closed, and the next call opens it again.
        if let Some(OpenProfile { profile, known }) = slot.open.take() {
            slot.open = Some(OpenProfile { profile: profile.rotate_key(key)?, known });
            slot.options.key = Some(key.clone());
        }
        Ok(())
    }

    /// Whether the profile, when it was opened, held other changes of the catalogue than the snapshot. Resets the flag.
    pub(crate) fn take_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed) && self.changed.swap(false, Ordering::Relaxed)
    }

    /// Calls `with` with the database, opened if necessary, without resolving the events again.
    pub(crate) fn profile<T>(
        &self,
        pack: &PackView<'_>,
        with: impl FnOnce(&mut Profile) -> Result<T>,
    ) -> Result<T> {
        let mut slot = lock(&self.slot);
        let open = match slot.open.take() {
            Some(open) => open,
            None => self.open(&mut slot, pack)?,
        };
        with(&mut slot.open.insert(open).profile)
    }

    fn open(&self, slot: &mut StoreState, pack: &PackView<'_>) -> Result<OpenProfile> {
        let mut profile = match &self.directory {
            None => Profile::in_memory(slot.options.clone())?,
            Some(directory) => {
                let Opened { profile, set_aside } = Profile::open(directory, slot.options.clone(), now_ms())
                    .map_err(|error| match error {
                        Error::InvalidArgument { .. } if slot.was_open => Error::Closed,
                        other => other,
                    })?;
                if let Some(name) = set_aside {
                    log::warn!("the profile was damaged and is set aside as {name}");
                    slot.warnings
                        .push(format!("the profile was damaged: set aside as {name}, the history is empty"));
                }
                profile
            }
        };
        slot.was_open = true;
        // They do no harm: a full disk is no reason not to open.
        if let Err(error) = profile.drop_other_features(pack.encoder.as_str()) {
            log::warn!("features of another pack stay: {error}");
        }
        if profile.changes_stamp()? != pack.changes_stamp {
            self.changed.store(true, Ordering::Relaxed);
        }
        Ok(OpenProfile { known: ResolvedEvents::read(&profile, pack)?, profile })
    }

    /// Resolves the events against another pack and calls `replace`, which puts that pack on disk. If either fails, nothing has
    /// changed.
    pub(crate) fn hand_over(
        &self,
        from: &PackView<'_>,
        to: &PackView<'_>,
        replace: impl FnOnce() -> Result<()>,
    ) -> Result<Installed> {
        self.with(from, |own| {
            let next = ResolvedEvents::read(&own.profile, to)?;
            let mut installed = Installed {
                previous_pack_id: from.pack_id().to_owned(),
                pack_id: to.pack_id().to_owned(),
                events: next.events.len() + next.dormant,
                dormant: next.dormant,
                deactivated: 0,
                reactivated: 0,
            };
            for event in own.profile.history(MAX_HISTORY)? {
                let known = [from, to].map(|pack| pack.codebook.row_of(&event.item_id).is_some());
                installed.deactivated += usize::from(known == [true, false]);
                installed.reactivated += usize::from(known == [false, true]);
            }
            replace()?;
            own.known = next;
            own.drop_other_features(to);
            Ok(installed)
        })
    }

    /// Erases everything.
    pub(crate) fn clear(&self, pack: &PackView<'_>) -> Result<()> {
        let mut slot = lock(&self.slot);
        self.with_slot(&mut slot, pack, |own| {
            own.profile.clear()?;
            own.reload()
        })?;
        slot.forgotten += 1;
        slot.warnings.clear();
        Ok(())
    }

    /// Closes the profile and gives up its lock; one in memory stays.
    pub(crate) fn trim(&self) {
        if self.directory.is_some() {
            lock(&self.slot).open = None;
        }
    }

    pub(crate) fn summary(&self) -> HistorySummary {
        let slot = lock(&self.slot);
        HistorySummary {
            in_memory: self.directory.is_none(),
            open: slot.open.is_some(),
            events: slot.open.as_ref().map_or(0, |open| open.known.events.len() + open.known.dormant),
            dormant: slot.open.as_ref().map_or(0, |open| open.known.dormant),
            warnings: slot.warnings.clone(),
        }
    }
}

impl OpenProfile {
    /// Resolves the events against a snapshot that is later than the last.
    fn follow(&mut self, pack: &PackView<'_>) -> Result<()> {
        if self.known.view < pack.version {
            let other_pack = self.known.codebook.pack().id() != pack.pack_id();
            self.known = ResolvedEvents::read(&self.profile, pack)?;
            if other_pack {
                self.drop_other_features(pack);
            }
        }
        Ok(())
    }

    /// Drops features of queries by other encoders. Where that fails they only take room until the next start.
    fn drop_other_features(&mut self, pack: &PackView<'_>) {
        if let Err(error) = self.profile.drop_other_features(pack.encoder.as_str()) {
            log::warn!("{error}");
        }
    }

    /// The events whose items the pack has, oldest first. Read anew for a call that began before the last change of snapshots.
    fn events(&self, pack: &PackView<'_>) -> Result<Arc<Vec<PastEvent>>> {
        if self.known.view == pack.version {
            return Ok(Arc::clone(&self.known.events));
        }
        Ok(ResolvedEvents::read(&self.profile, pack)?.events)
    }

    /// The last `limit` events as they were recorded.
    pub(crate) fn history(&self, limit: usize) -> Result<Vec<RecordedEvent>> {
        self.profile.history(limit)
    }

    /// Writes events that are checked and have timestamps.
    pub(crate) fn record(&mut self, events: Vec<Event>) -> Result<()> {
        if self.profile.record(&events, now_ms())? {
            return self.reload();
        }
        let ResolvedEvents { codebook, events: own, dormant, .. } = &mut self.known;
        let before = own.len();
        let own = Arc::make_mut(own);
        own.extend(events.iter().filter_map(|event| resolve_event(event, 0, codebook)));
        *dormant += events.len() - (own.len() - before);
        Ok(())
    }

    /// Adds events that are not there yet, and returns how many.
    pub(crate) fn import(&mut self, events: Vec<Event>) -> Result<usize> {
        let added = self.profile.import(events, now_ms())?;
        if added > 0 {
            self.reload()?;
        }
        Ok(added)
    }

    /// Reads all events again, after a change other than an append.
    fn reload(&mut self) -> Result<()> {
        self.known = ResolvedEvents::of(&self.profile, self.known.view, Arc::clone(&self.known.codebook))?;
        Ok(())
    }

    pub(crate) fn features(&self, encoder: &EncoderId, query: &str, width: usize) -> Option<Vec<f32>> {
        self.profile.features(encoder.as_str(), query, width)
    }

    /// Keeps features for the next start; a failure only costs time then. Nothing is written for a pack that was replaced, or a
    /// query that was forgotten, while the features were computed.
    pub(crate) fn keep_features(&mut self, pack: &PackView<'_>, query: &str, features: &[f32]) {
        if self.known.codebook.pack().id() != pack.pack_id() {
            return;
        }
        if !self.known.events.iter().rev().any(|event| event.query.as_deref() == Some(query)) {
            return;
        }
        if let Err(error) = self.profile.keep_features(pack.encoder.as_str(), query, features) {
            log::warn!("{error}");
        }
    }
}
