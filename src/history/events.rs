//! Recorded events, resolved against a pack.

use std::sync::Arc;

use crate::codebook::Codebook;
use crate::encode::PastEvent;
use crate::pack::KindTask;
use crate::request::{DISLIKE, Event, normalise};
use crate::text::EncoderId;

/// The pack in whose terms events are read.
#[derive(Clone, Copy)]
pub(crate) struct PackView<'a> {
    /// Number of the snapshot; later ones have higher numbers.
    pub(crate) version: u64,
    pub(crate) codebook: &'a Arc<Codebook>,
    /// Encoder of the pack's queries, under which features are kept.
    pub(crate) encoder: &'a EncoderId,
    /// The profile's number of the last change of the catalogue that the snapshot has.
    pub(crate) changes_stamp: i64,
}

impl PackView<'_> {
    pub(super) fn pack_id(&self) -> &str {
        self.codebook.pack().id()
    }
}

/// An event in the terms of the pack; `None` where the pack does not know the item. Without a time it happened `now_ms`.
pub(crate) fn resolve_event(event: &Event, now_ms: i64, codebook: &Codebook) -> Option<PastEvent> {
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
