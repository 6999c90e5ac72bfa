//! The recorded history: the profile, and its events in the terms of the pack.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::{Installed, Loaded};
use crate::codebook::Codebook;
use crate::encode::PastEvent;
use crate::error::{Error, Result};
use crate::pack::KindTask;
use crate::profile::{Opened, Profile, ProfileKey, ProfileOptions};
use crate::request::{DISLIKE, Event, Forget, MAX_HISTORY, RecordedEvent, Recording, normalise};
use crate::sync::lock;
use crate::text::EncoderId;
use crate::time::now_ms;

/// The profile of an engine, opened when needed.
#[derive(Debug)]
pub(super) struct OwnHistory {
    /// Where it is; `None` for one in memory.
    directory: Option<PathBuf>,
    slot: Mutex<Slot>,
    /// Whether somebody else changed the catalogue in it while it was closed.
    changed: AtomicBool,
}

#[derive(Debug, Default)]
struct Slot {
    options: ProfileOptions,
    recording: Recording,
    /// How often something was forgotten: what was made before the last time must not be used after it.
    forgotten: u64,
    open: Option<Open>,
    /// Whether it was open before: then a lock that someone else holds means that it was lost.
    was_open: bool,
    warnings: Vec<String>,
}

/// An open profile and what the engine needs of it at every request.
#[derive(Debug)]
pub(super) struct Open {
    profile: Profile,
    known: Known,
}

/// The recorded events in the terms of the latest view that asked.
#[derive(Debug)]
struct Known {
    /// The number of that view, and its items.
    view: u64,
    codebook: Arc<Codebook>,
    /// The events whose items it knows, oldest first.
    events: Arc<Vec<PastEvent>>,
    /// Events whose items it does not know.
    dormant: usize,
}

impl Known {
    fn read(profile: &Profile, view: &Loaded) -> Result<Self> {
        Self::of(profile, view.number, Arc::clone(&view.codebook))
    }

    fn of(profile: &Profile, view: u64, codebook: Arc<Codebook>) -> Result<Self> {
        let stored = profile.history(MAX_HISTORY)?;
        let total = stored.len();
        let events = stored.into_iter().filter_map(|event| known(&event.into(), 0, &codebook));
        let events: Vec<_> = events.collect();
        Ok(Self { view, dormant: total - events.len(), events: Arc::new(events), codebook })
    }
}

/// What diagnostics say about the profile.
pub(super) struct OwnSummary {
    pub(super) in_memory: bool,
    pub(super) open: bool,
    pub(super) events: usize,
    pub(super) dormant: usize,
    pub(super) warnings: Vec<String>,
}

impl OwnHistory {
    pub(super) fn new(directory: Option<&Path>, options: ProfileOptions) -> Self {
        let slot = Mutex::new(Slot { options, ..Slot::default() });
        Self { directory: directory.map(Path::to_owned), slot, changed: AtomicBool::new(false) }
    }

    /// Calls `with` with the profile, opened where it is not, its events in the terms of this view or a later one.
    pub(super) fn with<T>(&self, view: &Loaded, with: impl FnOnce(&mut Open) -> Result<T>) -> Result<T> {
        self.with_slot(&mut lock(&self.slot), view, with)
    }

    fn with_slot<T>(
        &self,
        slot: &mut Slot,
        view: &Loaded,
        with: impl FnOnce(&mut Open) -> Result<T>,
    ) -> Result<T> {
        let open = match slot.open.take() {
            Some(open) => open,
            None => self.open(slot, view)?,
        };
        let open = slot.open.insert(open);
        open.follow(view)?;
        with(open)
    }

    /// The events that a view knows, oldest first, none where they are not `wanted`; and how often something was forgotten
    /// before. `None` while incognito. Opens the profile only for events that it gives.
    pub(super) fn events(&self, view: &Loaded, wanted: bool) -> Result<Option<(Arc<Vec<PastEvent>>, u64)>> {
        let mut slot = lock(&self.slot);
        let events = match (slot.recording, wanted) {
            (Recording::Incognito, _) => return Ok(None),
            (_, false) => Arc::default(),
            (_, true) => self.with_slot(&mut slot, view, |own| own.events(view))?,
        };
        Ok(Some((events, slot.forgotten)))
    }

    pub(super) fn recording(&self) -> Recording {
        lock(&self.slot).recording
    }

    pub(super) fn set_recording(&self, recording: Recording) {
        let mut slot = lock(&self.slot);
        let before = std::mem::replace(&mut slot.recording, recording);
        slot.forgotten += u64::from(before != recording);
    }

    pub(super) fn times_forgotten(&self) -> u64 {
        lock(&self.slot).forgotten
    }

    /// Erases some events.
    pub(super) fn forget(&self, view: &Loaded, what: &Forget) -> Result<usize> {
        let mut slot = lock(&self.slot);
        let erased = self.with_slot(&mut slot, view, |own| {
            let erased = own.profile.forget(what)?;
            own.reload()?;
            Ok(erased)
        })?;
        slot.forgotten += 1;
        slot.warnings.clear();
        Ok(erased)
    }

    /// Encrypts the profile with another key.
    pub(super) fn rotate_key(&self, view: &Loaded, key: &ProfileKey) -> Result<()> {
        if self.directory.is_none() {
            return Err(Error::invalid("the profile is in memory: there is nothing to encrypt"));
        }
        let mut slot = lock(&self.slot);
        self.with_slot(&mut slot, view, |_| Ok(()))?;
        // Where it fails the profile is closed, and the next call opens it again.
        if let Some(Open { profile, known }) = slot.open.take() {
            slot.open = Some(Open { profile: profile.rotate_key(key)?, known });
            slot.options.key = Some(key.clone());
        }
        Ok(())
    }

    /// Whether the changes of the catalogue are others than those of the view that was there when the profile was opened; asked
    /// once.
    pub(super) fn take_changed(&self) -> bool {
        self.changed.load(Ordering::Relaxed) && self.changed.swap(false, Ordering::Relaxed)
    }

    /// Calls `with` with the database, opened for this view where it is not, and leaves the events as they are.
    pub(super) fn profile<T>(
        &self,
        view: &Loaded,
        with: impl FnOnce(&mut Profile) -> Result<T>,
    ) -> Result<T> {
        let mut slot = lock(&self.slot);
        let open = match slot.open.take() {
            Some(open) => open,
            None => self.open(&mut slot, view)?,
        };
        with(&mut slot.open.insert(open).profile)
    }

    fn open(&self, slot: &mut Slot, view: &Loaded) -> Result<Open> {
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
        // They are in the way of nothing: a disk that is full is no reason not to open.
        if let Err(error) = profile.drop_other_features(view.model.text.id().as_str()) {
            log::warn!("features of another pack stay: {error}");
        }
        if profile.changes_stamp()? != view.changes.stamp {
            self.changed.store(true, Ordering::Relaxed);
        }
        Ok(Open { known: Known::read(&profile, view)?, profile })
    }

    /// Reads the events in the terms of the view of another pack and calls `replace`, which makes that pack the one on disk.
    /// Where either fails nothing has changed.
    pub(super) fn hand_over(
        &self,
        from: &Loaded,
        to: &Loaded,
        replace: impl FnOnce() -> Result<()>,
    ) -> Result<Installed> {
        self.with(from, |own| {
            let next = Known::read(&own.profile, to)?;
            let mut installed = Installed {
                previous_pack_id: from.pack_id().to_owned(),
                pack_id: to.pack_id().to_owned(),
                events: next.events.len() + next.dormant,
                dormant: next.dormant,
                fell_asleep: 0,
                woke: 0,
            };
            for event in own.profile.history(MAX_HISTORY)? {
                let known = [from, to].map(|view| view.codebook.row_of(&event.item_id).is_some());
                installed.fell_asleep += usize::from(known == [true, false]);
                installed.woke += usize::from(known == [false, true]);
            }
            replace()?;
            own.known = next;
            own.drop_other_features(to);
            Ok(installed)
        })
    }

    /// Erases everything.
    pub(super) fn clear(&self, view: &Loaded) -> Result<()> {
        let mut slot = lock(&self.slot);
        self.with_slot(&mut slot, view, |own| {
            own.profile.clear()?;
            own.reload()
        })?;
        slot.forgotten += 1;
        slot.warnings.clear();
        Ok(())
    }

    /// Closes the profile and gives up its lock; one in memory stays.
    pub(super) fn trim(&self) {
        if self.directory.is_some() {
            lock(&self.slot).open = None;
        }
    }

    pub(super) fn summary(&self) -> OwnSummary {
        let slot = lock(&self.slot);
        OwnSummary {
            in_memory: self.directory.is_none(),
            open: slot.open.is_some(),
            events: slot.open.as_ref().map_or(0, |open| open.known.events.len() + open.known.dormant),
            dormant: slot.open.as_ref().map_or(0, |open| open.known.dormant),
            warnings: slot.warnings.clone(),
        }
    }
}

impl Open {
    /// Brings the events into the terms of a view that is later than the last.
    fn follow(&mut self, view: &Loaded) -> Result<()> {
        if self.known.view < view.number {
            let other_pack = self.known.codebook.pack().id() != view.pack_id();
            self.known = Known::read(&self.profile, view)?;
            if other_pack {
                self.drop_other_features(view);
            }
        }
        Ok(())
    }

    /// Drops the features of queries under other packs, or made otherwise than this one makes them. What is left of them costs room until the next start, and nothing
    /// else.
    fn drop_other_features(&mut self, view: &Loaded) {
        if let Err(error) = self.profile.drop_other_features(view.model.text.id().as_str()) {
            log::warn!("{error}");
        }
    }

    /// The events that a view knows, oldest first. For a call that began before the last swap they are read anew.
    fn events(&self, view: &Loaded) -> Result<Arc<Vec<PastEvent>>> {
        if self.known.view == view.number {
            return Ok(Arc::clone(&self.known.events));
        }
        Ok(Known::read(&self.profile, view)?.events)
    }

    /// The last `limit` events as they were recorded.
    pub(super) fn history(&self, limit: usize) -> Result<Vec<RecordedEvent>> {
        self.profile.history(limit)
    }

    /// Writes events that are checked and have timestamps.
    pub(super) fn record(&mut self, events: Vec<Event>) -> Result<()> {
        if self.profile.record(&events, now_ms())? {
            return self.reload();
        }
        let Known { codebook, events: own, dormant, .. } = &mut self.known;
        let before = own.len();
        let own = Arc::make_mut(own);
        own.extend(events.iter().filter_map(|event| known(event, 0, codebook)));
        *dormant += events.len() - (own.len() - before);
        Ok(())
    }

    /// Adds events that are not there yet, and returns how many.
    pub(super) fn import(&mut self, events: Vec<Event>) -> Result<usize> {
        let added = self.profile.import(events, now_ms())?;
        if added > 0 {
            self.reload()?;
        }
        Ok(added)
    }

    /// Reads the events after others than the last have changed.
    fn reload(&mut self) -> Result<()> {
        self.known = Known::of(&self.profile, self.known.view, Arc::clone(&self.known.codebook))?;
        Ok(())
    }

    pub(super) fn features(&self, encoder: &EncoderId, query: &str, width: usize) -> Option<Vec<f32>> {
        self.profile.features(encoder.as_str(), query, width)
    }

    /// Keeps features for the next start; a failure only costs time then. Nothing is written for a pack that was replaced, or a
    /// query that was forgotten, while the features were computed.
    pub(super) fn keep_features(
        &mut self,
        pack_id: &str,
        encoder: &EncoderId,
        query: &str,
        features: &[f32],
    ) {
        if self.known.codebook.pack().id() != pack_id {
            return;
        }
        if !self.known.events.iter().rev().any(|event| event.query.as_deref() == Some(query)) {
            return;
        }
        if let Err(error) = self.profile.keep_features(encoder.as_str(), query, features) {
            log::warn!("{error}");
        }
    }
}

/// An event in the terms of the pack; `None` where the pack does not know the item. Without a time it happened `now_ms`.
pub(super) fn known(event: &Event, now_ms: i64, codebook: &Codebook) -> Option<PastEvent> {
    let manifest = codebook.pack().manifest();
    let row = codebook.row_of(&event.item_id)?;
    let kind = manifest.kind_index(&event.kind);
    let spec = kind.checked_sub(1).map(|place| &manifest.kinds[place]);
    let liking = match spec {
        Some(spec) => f32::from(spec.sign) * spec.strength,
        None if event.kind == DISLIKE => -1.0,
        None => 0.0,
    };
    let query = event.query.as_deref().map(normalise).filter(|query| !query.is_empty());
    Some(PastEvent {
        row,
        vector: codebook.vector_key(row),
        kind: u16::try_from(kind).unwrap_or(0),
        unknown_kind: spec.is_none().then(|| Arc::from(event.kind.as_str())),
        liking,
        search: spec.is_some_and(|spec| spec.task == KindTask::Search),
        timestamp_ms: event.timestamp_ms.unwrap_or(now_ms),
        query: query.map(Arc::from),
    })
}
