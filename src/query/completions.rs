//! Completions of what was typed.

use crate::complete::{Completion, MAX_COMPLETIONS};
use crate::error::{Error, Result};
use crate::limits::{MAX_QUERY_BYTES, within};
use crate::snapshot::Snapshot;

/// Texts that go on from what was typed; see `Engine::complete`.
pub(crate) fn complete(snapshot: &Snapshot, typed: &str, limit: usize) -> Result<Vec<Completion>> {
    within("typed", typed, 0, MAX_QUERY_BYTES)?;
    if !(1..=MAX_COMPLETIONS).contains(&limit) {
        return Err(Error::invalid(format!("limit is {limit}; it must be 1 to {MAX_COMPLETIONS}")));
    }
    let events = snapshot.history.events(&snapshot.pack_view(), true)?;
    let events = events.map(|(events, _)| events).unwrap_or_default();
    Ok(snapshot.completer().complete(typed, limit, &events, &snapshot.codebook))
}
