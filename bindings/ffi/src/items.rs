//! The catalogue as an app changes it, and what is to be made of the changes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::answer::{AttributeValue, saturated};
use crate::cancel::CancelToken;
use crate::engine::Engine;
use crate::error::Result;

/// An item that is new, or in place of the one with its id.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Upsert {
    /// Item id, 1 to 256 bytes.
    pub id: String,
    /// Title, at most 4,096 bytes; may be empty.
    pub title: String,
    /// What else there is to say of it, at most 65,536 bytes. It is searched and never shown.
    pub text: String,
    /// All of its attributes: columns of the pack, with values of their types.
    pub attributes: HashMap<String, AttributeValue>,
    /// When the item became what it is here, in milliseconds since 1970; none is now.
    pub timestamp_ms: Option<i64>,
}

impl From<Upsert> for gensr::Upsert {
    fn from(Upsert { id, title, text, attributes, timestamp_ms }: Upsert) -> Self {
        let mut attributes: Vec<_> =
            attributes.into_iter().map(|(name, value)| (name, value.into())).collect();
        // What is wrong with several is told of the same one at every call.
        attributes.sort_by(|one, other| one.0.cmp(&other.0));
        Self { id, title, text, attributes, timestamp_ms }
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
    fn from(gensr::Item { id, title, attributes }: gensr::Item) -> Self {
        let attribute =
            |(name, value): (String, gensr::AttributeValue)| Attribute { name, value: value.into() };
        Self { id, title, attributes: attributes.into_iter().map(attribute).collect() }
    }
}

/// The vectors that are to be made of the texts of upserted items. Nothing happens until [`VectorJob::run`]; one that is
/// dropped loses nothing: what it does not make the next one does, or [`Engine::warm_up`].
#[derive(Debug, uniffi::Object)]
pub struct VectorJob {
    engine: Arc<Engine>,
    job: gensr::Job,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct VectorProgress {
    /// Vectors that it has made.
    pub done: u32,
    /// Vectors that there were to make; more where others changed the catalogue meanwhile.
    pub of: u32,
}

impl VectorJob {
    pub(crate) fn new(engine: &Arc<Engine>, job: gensr::Job) -> Arc<Self> {
        Arc::new(Self { engine: Arc::clone(engine), job })
    }
}

#[uniffi::export]
impl VectorJob {
    /// Items of the upsert that were not too old.
    pub fn taken(&self) -> u32 {
        saturated(self.job.taken())
    }

    /// How far it is. Waits for nobody; any thread may ask.
    pub fn progress(&self) -> VectorProgress {
        let progress = self.job.progress();
        VectorProgress { done: saturated(progress.done), of: saturated(progress.of) }
    }

    /// Makes the vectors, on this thread; searches go on meanwhile. Where it is cancelled, what was made stays.
    pub fn run(&self, cancel: &CancelToken) -> Result<()> {
        self.engine.with(|engine| Ok(self.job.run(engine, cancel.inner())?))
    }
}
