//! A history as JSON Lines: taken along, and brought in again.
//!
//! One event a line, oldest first; no line that is not an event, so that files can be joined, cut and searched. Fields:
//! `item_id` and `kind` (texts), `timestamp_ms` (integer, milliseconds since 1970) and, where the event has one, `query`
//! (text). A line with another field is refused, because what it means would be lost.

use std::collections::HashMap;
use std::io::{BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::limits::{MAX_HISTORY, MAX_ID_BYTES, MAX_KIND_BYTES, MAX_QUERY_BYTES};
use crate::request::{Event, RecordedEvent};

/// Longest line of an import in bytes: every byte of every field written as an escape of six, and the rest.
const MAX_LINE_BYTES: usize = 6 * (MAX_ID_BYTES + MAX_KIND_BYTES + MAX_QUERY_BYTES) + 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    item_id: String,
    kind: String,
    timestamp_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<String>,
}

/// Writes events, a line each.
pub(super) fn write(events: Vec<RecordedEvent>, mut writer: impl Write) -> Result<usize> {
    let count = events.len();
    let write = || -> std::io::Result<()> {
        for RecordedEvent { id: _, item_id, kind, timestamp_ms, query } in events {
            let mut line = serde_json::to_vec(&Line { item_id, kind, timestamp_ms, query })?;
            line.push(b'\n');
            writer.write_all(&line)?;
        }
        writer.flush()
    };
    write().map_err(|error| Error::internal(format!("cannot write the export: {}", error.kind())))?;
    Ok(count)
}

/// Reads events, a line each; empty lines are skipped. Of more than `MAX_HISTORY` the first are left out.
pub(super) fn read(mut reader: impl BufRead) -> Result<Vec<Event>> {
    let mut events = std::collections::VecDeque::new();
    let mut line = Vec::new();
    for number in 1_usize.. {
        line.clear();
        let read = reader.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| {
            Error::internal(format!("cannot read line {number} of the import: {}", error.kind()))
        })?;
        if read == 0 {
            break;
        }
        if read > MAX_LINE_BYTES {
            return Err(Error::invalid(format!("line {number} has more than {MAX_LINE_BYTES} bytes")));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let event = event(&line).map_err(|why| Error::invalid(format!("line {number}: {why}")))?;
        if events.len() == MAX_HISTORY {
            events.pop_front();
        }
        events.push_back(event);
    }
    Ok(events.into())
}

/// The event of a line; else what is wrong with it, without what it holds.
fn event(line: &[u8]) -> std::result::Result<Event, String> {
    // serde's own messages quote what they found.
    let Line { item_id, kind, timestamp_ms, query } = serde_json::from_slice(line).map_err(|error| {
        let column = error.column();
        match error.classify() {
            serde_json::error::Category::Data => format!(
                "not an event at column {column}: its fields are the texts item_id and kind, the integer timestamp_ms and, \
                 where there is one, the text query"
            ),
            _ => format!("not JSON at column {column}"),
        }
    })?;
    let event = Event { item_id, kind, timestamp_ms: Some(timestamp_ms), query };
    event.check_limits().map_err(|error| match error {
        Error::InvalidArgument { reason } => reason,
        other => other.to_string(),
    })?;
    Ok(event)
}

/// Those of `events` that `known` does not have: an event that is there twice is known twice.
pub(super) fn unknown<'a>(known: &'a [RecordedEvent], events: &'a [Event]) -> Vec<&'a Event> {
    let mut counts = HashMap::new();
    for event in known {
        let key = (event.item_id.as_str(), event.kind.as_str(), event.timestamp_ms, event.query.as_deref());
        *counts.entry(key).or_insert(0_usize) += 1;
    }
    let mut is_new = |event: &'a Event| {
        let time = event.timestamp_ms.unwrap_or_default();
        let key = (event.item_id.as_str(), event.kind.as_str(), time, event.query.as_deref());
        match counts.get_mut(&key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        }
    };
    events.iter().filter(|event| is_new(event)).collect()
}

/// One sequence of the events that are there and new ones, each in their order, the earlier head first; and how many of the
/// known ones stand before the first new one.
pub(super) fn merge(known: &[RecordedEvent], new: &[&Event]) -> (Vec<Event>, usize) {
    let mut merged = Vec::with_capacity(known.len() + new.len());
    let mut known = known.iter().cloned().map(Event::from).peekable();
    let mut before = None;
    for event in new {
        while let Some(earlier) = known.next_if(|known| known.timestamp_ms <= event.timestamp_ms) {
            merged.push(earlier);
        }
        before.get_or_insert(merged.len());
        merged.push((*event).clone());
    }
    let before = before.unwrap_or(merged.len());
    merged.extend(known);
    (merged, before)
}
