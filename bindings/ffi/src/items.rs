//! Changes of the catalogue, and the job that makes their vectors.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cancel::CancelToken;
use crate::error::Result;
use crate::handle::Handle;
use crate::response::{AttributeValue, saturated};

/// A new item, or a replacement for the one with its id.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Upsert {
    /// Item id, 1 to 256 bytes.
    pub id: String,
    /// Title, at most 4,096 bytes; may be empty.
    pub title: String,
    /// Further text, at most 65,536 bytes; searched, never shown.
    pub text: String,
    /// All of its attributes: columns of the pack, with values of their types.
    pub attributes: HashMap<String, AttributeValue>,
    /// Time of this version, in milliseconds since 1970; `None` is now.
    pub timestamp_ms: Option<i64>,
}

impl From<Upsert> for gensr::Upsert {
    fn from(Upsert { id, title, text, attributes, timestamp_ms }: Upsert) -> Self {
        let mut attributes: Vec<_> =
            attributes.into_iter().map(|(name, value)| (name, value.into())).collect();
        // Sorted, so that every call reports the same error.
        attributes.sort_by(|one, other| one.0.cmp(&other.0));
        Self::new(id, title, text).attributes(attributes).timestamp_ms(timestamp_ms)
    }
}

/// An item of the catalogue.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Item {
    /// Item id.
    pub id: String,
    /// Title; empty where the catalogue has none.
    pub title: String,
    /// All attributes that it has, in the order of the pack's columns.
    pub attributes: Vec<Attribute>,
}

/// An attribute of an item.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: AttributeValue,
}

impl From<gensr::Item> for Item {
    fn from(gensr::Item { id, title, attributes, .. }: gensr::Item) -> Self {
        let attribute =
            |(name, value): (String, gensr::AttributeValue)| Attribute { name, value: value.into() };
        Self { id, title, attributes: attributes.into_iter().map(attribute).collect() }
    }
}

/// Makes the vectors of upserted items. Nothing happens until [`VectorJob::run`]; a dropped job loses nothing, as the next
/// one, or [`Engine::warm_up`](crate::Engine::warm_up), makes what is missing.
#[derive(Debug, uniffi::Object)]
pub struct VectorJob {
    handle: Arc<Handle>,
    job: gensr::Job,
}

/// Progress of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct VectorProgress {
    /// Vectors made so far.
    pub done: u32,
    /// Vectors to make; grows when the catalogue changes meanwhile.
    pub total: u32,
}

impl VectorJob {
    pub(crate) fn new(handle: &Arc<Handle>, job: gensr::Job) -> Arc<Self> {
        Arc::new(Self { handle: Arc::clone(handle), job })
    }
}

#[uniffi::export]
impl VectorJob {
    /// Upserted items that were not older than the catalogue's.
    pub fn taken(&self) -> u32 {
        saturated(self.job.taken())
    }

    /// Progress so far. Never blocks; callable from any thread.
    pub fn progress(&self) -> VectorProgress {
        let progress = self.job.progress();
        VectorProgress { done: saturated(progress.done), total: saturated(progress.total) }
    }

    /// Makes the vectors, on this thread; searches go on meanwhile. Vectors made before a cancellation are kept.
    pub fn run(&self, cancel: &CancelToken) -> Result<()> {
        self.handle.with(|engine| Ok(self.job.run(engine, cancel.inner())?))
    }
}
