//! Recording events, and the user's control over the history.

use std::io::{BufRead, Write};

use super::Engine;
use crate::error::Result;
use crate::profile::{Profile, ProfileKey};
use crate::request::{Event, Forget, RecordedEvent, Recording, check_events, normalise};
use crate::time::now_ms;

impl Engine {
    /// Records an event. When it returns the event is on disk and in every later answer. An id that the pack does not
    /// know is kept and dormant until a pack has the item. Costs a small write to disk. Checked and dropped where recording is
    /// not on (`set_recording`).
    ///
    /// The history is in the order of recording, whatever the timestamps say: where a clock went back, no time passed.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let (item_id, query) = ("g0105".to_owned(), Some("rain jacket".to_owned()));
    /// engine.record(Event::new(item_id, "search").query(query))?;
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
    /// let view = |id: &str| Event::new(id, "view");
    /// engine.record_many(vec![view("g0105"), view("g0107")])?;
    /// assert_eq!(engine.history(10)?.len(), 2);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// As `record`; the message has the place of the event that is wrong, from 0.
    pub fn record_many(&self, mut events: Vec<Event>) -> Result<()> {
        let snapshot = self.snapshot();
        check_events(&events, snapshot.manifest())?;
        let now = now_ms();
        for event in &mut events {
            event.timestamp_ms.get_or_insert(now);
        }
        // A query that was just searched for is encoded already; kept, the next start need not do it again.
        let text = &snapshot.model.text;
        let queries = events.iter().filter(|_| text.has_graph()).filter_map(|event| event.query.as_deref());
        let features =
            queries.map(normalise).filter_map(|query| text.cached(&query).map(|found| (query, found)));
        let features: Vec<_> = features.collect();
        self.history.record(&snapshot.pack_view(), events, &features)
    }

    /// The last `limit` recorded events, newest last, dormant ones included; none while incognito.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let view = |id: &str| Event::new(id, "view");
    /// engine.record_many(vec![view("g0105"), view("g0107")])?;
    /// let last = engine.history(1)?;
    /// assert_eq!(last[0].item_id, "g0107");
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Internal` when the profile cannot be read.
    pub fn history(&self, limit: usize) -> Result<Vec<RecordedEvent>> {
        if self.history.recording() == Recording::Incognito {
            return Ok(Vec::new());
        }
        self.history.with(&self.snapshot().pack_view(), |own| own.history(limit))
    }

    /// Erases events and everything that was derived from them, on disk and in memory; returns how many events. Every later
    /// answer is that of a profile that never had them, and no byte of them is in its files: neither in the database nor in
    /// its journal nor in databases that were set aside, which are deleted. Kept features of all queries go, too, and are
    /// made again when needed. Costs as much as reading and writing the whole history once.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event, Forget};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let view = |id: &str| Event::new(id, "view");
    /// engine.record_many(vec![view("g0105"), view("g0107")])?;
    /// assert_eq!(engine.forget(&Forget::Item("g0105".into()))?, 1);
    /// assert_eq!(engine.history(10)?.len(), 1);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when an id or a query is out of its limits; `Internal` when the profile cannot be written: then
    /// the events are still there.
    pub fn forget(&self, what: &Forget) -> Result<usize> {
        let erased = self.history.forget(&self.snapshot().pack_view(), what)?;
        self.forget_in_memory();
        Ok(erased)
    }

    /// Erases the recorded history and everything that was derived from it, on disk and in memory, databases that were
    /// set aside included. What was erased cannot be read back from the profile's files.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// engine.clear_history()?;
    /// assert!(engine.history(10)?.is_empty());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Internal` when the profile cannot be written.
    pub fn clear_history(&self) -> Result<()> {
        self.history.clear(&self.snapshot().pack_view())?;
        self.forget_in_memory();
        Ok(())
    }

    /// Writes the whole recorded history as JSON Lines, oldest event first, and returns how many events. A line is an object
    /// with the texts `item_id` and `kind`, the integer `timestamp_ms` (milliseconds since 1970) and, where the event has
    /// one, the text `query`; UTF-8, ended by a line feed. What is recorded meanwhile is not in it.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # engine.record(Event::new("g0105", "view").timestamp_ms(1))?;
    /// let mut file = Vec::new();
    /// assert_eq!(engine.export_history(&mut file)?, 1);
    /// assert!(file.starts_with(b"{\"item_id\":\"g0105\""));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Internal` when the profile cannot be read or the writer fails.
    pub fn export_history(&self, writer: impl Write) -> Result<usize> {
        let events = self.history.with(&self.snapshot().pack_view(), |own| own.history(usize::MAX))?;
        Profile::export(events, writer)
    }

    /// Adds the events of an export that are not recorded yet, all or none, and returns how many. Each goes where its time is
    /// among the recorded ones, which keep their order; where that is not at the end, all events get new ids. An event that is
    /// there twice is the same as one that was exported twice, so importing a file again adds nothing.
    ///
    /// Lines are as `export_history` writes them, at most 28,672 bytes; empty ones are skipped; of more than `MAX_HISTORY`
    /// the last count. What is beyond `ProfileOptions` is not kept.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let file = br#"{"item_id":"g0105","kind":"view","timestamp_ms":1700000000000}"#;
    /// assert_eq!(engine.import_history(&file[..])?, 1);
    /// assert_eq!(engine.import_history(&file[..])?, 0, "it is there already");
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a line that is not an event, with its number; `Internal` when the reader fails or the profile
    /// cannot be written.
    pub fn import_history(&self, reader: impl BufRead) -> Result<usize> {
        let events = Profile::read_import(reader)?;
        self.history.with(&self.snapshot().pack_view(), |own| own.import(events))
    }

    /// Sets the recording mode. Running calls end as they began, but keep nothing in memory.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Event, Recording};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// engine.set_recording(Recording::Incognito);
    /// # let item_id = "g0105".to_owned();
    /// engine.record(Event::new(item_id, "view"))?;
    /// engine.set_recording(Recording::On);
    /// assert!(engine.history(10)?.is_empty());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn set_recording(&self, recording: Recording) {
        self.history.set_recording(recording);
        self.forget_in_memory();
    }

    /// The recording mode.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Recording};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// assert_eq!(engine.recording(), Recording::On);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn recording(&self) -> Recording {
        self.history.recording()
    }

    /// Encrypts the profile with another key, or with its first. When it returns the old key opens it no more. Killed on
    /// the way, the profile has the one key or the other: try the new one, and the old one where that is refused. Databases
    /// that were set aside are deleted. Needs room for a second profile for a moment.
    ///
    /// ```no_run
    /// # use gensr::{Engine, ProfileKey};
    /// # let engine: Engine = unimplemented!("a library with the feature `sqlcipher`");
    /// engine.rotate_key(&ProfileKey::new([7; 32]))?;
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a profile in memory, or in a library without the feature `sqlcipher`; `Internal` when the
    /// profile cannot be written: then it has its old key.
    pub fn rotate_key(&self, key: &ProfileKey) -> Result<()> {
        self.history.rotate_key(&self.snapshot().pack_view(), key)
    }

    /// Drops from memory what is erased on disk, in the snapshot that is present after that: one that an `install` replaced
    /// meanwhile ends with its last call.
    fn forget_in_memory(&self) {
        self.snapshot().model.forget(self.history.forget_generation());
    }
}
