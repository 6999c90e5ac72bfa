//! The user's own history as a host sees and controls it.

use super::{DISLIKE, Event};
use crate::error::{Error, Result};
use crate::limits::{MAX_HISTORY, MAX_ID_BYTES, MAX_KIND_BYTES, MAX_QUERY_BYTES, within};
use crate::pack::{Manifest, UnknownKind};

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// Names it in `Forget::Event`. Ids grow in the order of the history and are never used again; an import that puts
    /// events before others gives all of them new ones.
    pub id: i64,
    /// Item id, as it was recorded.
    pub item_id: String,
    /// Kind of event.
    pub kind: String,
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The query that led to the item, as it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

impl From<RecordedEvent> for Event {
    fn from(RecordedEvent { id: _, item_id, kind, timestamp_ms, query }: RecordedEvent) -> Self {
        Self { item_id, kind, timestamp_ms: Some(timestamp_ms), query }
    }
}

/// Selects the events that `forget` erases.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forget {
    /// The event with this id (`RecordedEvent::id`).
    Event(i64),
    /// All events of an item.
    Item(String),
    /// All events with this query; white space at its ends and how much of it is between words do not count.
    Query(String),
    /// All events that happened at this time or later, in milliseconds since 1970.
    Since(i64),
}

impl Forget {
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Event(_) | Self::Since(_) => Ok(()),
            Self::Item(id) => within("item_id", id, 1, MAX_ID_BYTES),
            Self::Query(query) if query.trim().is_empty() => Err(Error::invalid("query is only white space")),
            Self::Query(query) => within("query", query, 1, MAX_QUERY_BYTES),
        }
    }
}

/// Recording mode. Not stored: an engine starts with `On`.
///
/// Explicit requests of the user work in every mode: `forget`, `clear_history`, `export_history`,
/// `import_history`, `rotate_key`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Recording {
    /// Events are recorded, and the history is in every answer.
    #[default]
    On,
    /// Nothing is recorded: `record` checks its event and drops it. The history is used and shown as before.
    Paused,
    /// As if there were no user. Nothing is recorded; requests that read the profile answer as for a stranger
    /// (`History::Empty`); `history` is empty and `complete` offers no own query; no query is kept in memory beyond its
    /// call. Every switch of modes drops what is in memory of queries and of the
    /// history.
    Incognito,
}

impl Event {
    /// Refuses fields that are out of their limits.
    pub(crate) fn check_limits(&self) -> Result<()> {
        within("item_id", &self.item_id, 1, MAX_ID_BYTES)?;
        within("kind", &self.kind, 1, MAX_KIND_BYTES)?;
        within("query", self.query.as_deref().unwrap_or_default(), 0, MAX_QUERY_BYTES)
    }
}

/// The events of a history, or to record.
pub(crate) fn check_events(events: &[Event], manifest: &Manifest) -> Result<()> {
    if events.len() > MAX_HISTORY {
        return Err(Error::invalid(format!("{} events; at most {MAX_HISTORY} at once", events.len())));
    }
    for (place, event) in events.iter().enumerate() {
        check_event(event, manifest).map_err(|error| match error {
            Error::InvalidArgument { reason } => Error::invalid(format!("event {place}: {reason}")),
            other => other,
        })?;
    }
    Ok(())
}

fn check_event(event: &Event, manifest: &Manifest) -> Result<()> {
    event.check_limits()?;
    let unknown = manifest.kind_index(&event.kind) == 0 && event.kind != DISLIKE;
    if unknown && manifest.unknown_kind == UnknownKind::Refuse {
        let kinds: Vec<_> = manifest.kinds.iter().map(|kind| kind.name.as_str()).collect();
        return Err(Error::invalid(format!("the pack refuses its kind; it knows {}", kinds.join(", "))));
    }
    Ok(())
}
