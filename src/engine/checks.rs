//! The limits of requests, checked before anything is allocated for them. Messages say which field or which event is
//! wrong, never what it holds.

use crate::codebook::Codebook;
use crate::error::{Error, Result};
use crate::pack::{Manifest, UnknownKind};
use crate::request::{
    Event, MAX_ATTRIBUTES, MAX_EXCLUDE, MAX_HISTORY, MAX_ID_BYTES, MAX_KIND_BYTES, MAX_QUERY_BYTES,
};
use crate::text::normalise;

/// A search's query, normalised.
pub(super) fn query(query: &str) -> Result<String> {
    within("query", query, 1, MAX_QUERY_BYTES)?;
    let normalised = normalise(query);
    if normalised.is_empty() {
        return Err(Error::invalid("query is only white space"));
    }
    Ok(normalised)
}

/// The events of a history, or to record.
pub(super) fn events(events: &[Event], manifest: &Manifest) -> Result<()> {
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
    id("item_id", &event.item_id)?;
    within("kind", &event.kind, 1, MAX_KIND_BYTES)?;
    within("query", event.query.as_deref().unwrap_or_default(), 0, MAX_QUERY_BYTES)?;
    if manifest.unknown_kind == UnknownKind::Refuse && manifest.kind_index(&event.kind) == 0 {
        let kinds: Vec<_> = manifest.kinds.iter().map(|kind| kind.name.as_str()).collect();
        return Err(Error::invalid(format!("the pack refuses its kind; it knows {}", kinds.join(", "))));
    }
    Ok(())
}

/// An item id.
pub(super) fn id(what: &str, id: &str) -> Result<()> {
    within(what, id, 1, MAX_ID_BYTES)
}

/// Ids to leave out; those that the catalogue does not have are no fault.
pub(super) fn exclude(ids: &[String]) -> Result<()> {
    if ids.len() > MAX_EXCLUDE {
        return Err(Error::invalid(format!("{} ids in exclude; at most {MAX_EXCLUDE}", ids.len())));
    }
    Ok(())
}

/// Names of attributes to return.
pub(super) fn attributes(names: &[String], codebook: &Codebook) -> Result<()> {
    if names.len() > MAX_ATTRIBUTES {
        return Err(Error::invalid(format!("{} attributes; at most {MAX_ATTRIBUTES}", names.len())));
    }
    for (place, name) in names.iter().enumerate() {
        if codebook.attribute_column(name).is_none() {
            let known: Vec<_> = codebook.attribute_names().map(|(name, _)| name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::invalid(format!("attribute {place} is not in the pack, which has {known}")));
        }
    }
    Ok(())
}

/// A text of so many bytes.
pub(super) fn within(what: &str, text: &str, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::invalid(format!("{what} has {} bytes; {least} to {most} are allowed", text.len())))
}
