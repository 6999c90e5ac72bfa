//! The user's own history and its controls.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use crate::error::{GensrError, Result};

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordedEvent {
    /// Id for [`Forget::Event`].
    pub id: i64,
    /// Item id, as it was recorded.
    pub item_id: String,
    /// Kind of event.
    pub kind: String,
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The query that led to the item.
    pub query: Option<String>,
}

impl From<gensr::RecordedEvent> for RecordedEvent {
    fn from(event: gensr::RecordedEvent) -> Self {
        let gensr::RecordedEvent { id, item_id, kind, timestamp_ms, query, .. } = event;
        Self { id, item_id, kind, timestamp_ms, query }
    }
}

/// Events to forget.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Forget {
    /// One event.
    Event {
        /// Its id.
        id: i64,
    },
    /// All events of an item.
    Item {
        /// Its id.
        item_id: String,
    },
    /// All events with a query; white space does not count.
    Query {
        /// The query.
        query: String,
    },
    /// All events that happened at a time or later.
    Since {
        /// Milliseconds since 1970.
        timestamp_ms: i64,
    },
}

impl From<Forget> for gensr::Forget {
    fn from(forget: Forget) -> Self {
        match forget {
            Forget::Event { id } => Self::Event(id),
            Forget::Item { item_id } => Self::Item(item_id),
            Forget::Query { query } => Self::Query(query),
            Forget::Since { timestamp_ms } => Self::Since(timestamp_ms),
        }
    }
}

/// Whether events are recorded and used. Not persisted: a newly opened engine starts with `On`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Recording {
    /// Events are recorded, and the history counts in every response.
    On,
    /// Nothing is recorded; the history is used and shown as before.
    Paused,
    /// As if there were no user: nothing is recorded, read, shown or kept in memory.
    Incognito,
}

impl From<Recording> for gensr::Recording {
    fn from(recording: Recording) -> Self {
        match recording {
            Recording::On => Self::On,
            Recording::Paused => Self::Paused,
            Recording::Incognito => Self::Incognito,
        }
    }
}

impl From<gensr::Recording> for Recording {
    fn from(recording: gensr::Recording) -> Self {
        match recording {
            gensr::Recording::On => Self::On,
            gensr::Recording::Paused => Self::Paused,
            gensr::Recording::Incognito => Self::Incognito,
        }
    }
}

/// Writes the history of an engine to a file, replacing an existing one. An incomplete file is removed.
pub(crate) fn export(engine: &gensr::Engine, path: &Path) -> Result<u64> {
    let file = File::create(path).map_err(|error| unusable("created", &error))?;
    let exported = engine.export_history(BufWriter::new(&file));
    let done = exported.map_err(GensrError::from).and_then(|count| {
        file.sync_all().map_err(|error| unusable("written", &error))?;
        Ok(count as u64)
    });
    if done.is_err() {
        let _ = std::fs::remove_file(path);
    }
    done
}

/// Reads events from a file into the history of an engine.
pub(crate) fn import(engine: &gensr::Engine, path: &Path) -> Result<u64> {
    let file = File::open(path).map_err(|error| unusable("opened", &error))?;
    Ok(engine.import_history(BufReader::new(file))? as u64)
}

/// Without the path: hosts may log reasons, and the name of a user's file is private.
fn unusable(verb: &str, error: &std::io::Error) -> GensrError {
    GensrError::InvalidArgument { reason: format!("the file cannot be {verb}: {}", error.kind()) }
}
