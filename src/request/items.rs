//! Changes of the catalogue on the device.

use crate::setters::setters;
use crate::value::AttributeValue;

/// An item that is new, or in place of the one with its id.
///
/// ```
/// # use gensr::{AttributeValue, Engine, EngineOptions, PackSource, Upsert};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch").attributes(vec![("price".into(), AttributeValue::Number(189.0))]);
/// assert_eq!(engine.upsert_items(vec![item])?.taken(), 1);
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Upsert {
    /// Item id, 1 to `MAX_ID_BYTES` bytes.
    pub id: String,
    /// Title, at most `MAX_TITLE_BYTES` bytes; may be empty.
    pub title: String,
    /// Further text, at most `MAX_TEXT_BYTES` bytes: searched, never shown.
    pub text: String,
    /// All of its attributes: columns of the pack, each once, with values of their types (at most `MAX_VALUE_BYTES` a text,
    /// `MAX_SET_VALUES` a set). `categories`, where the pack has it, is searched as text, too.
    pub attributes: Vec<(String, AttributeValue)>,
    /// When the item became what it is here, in milliseconds since 1970: of two versions the later stays, whichever comes
    /// first. `None`: now, and later than whatever is there.
    pub timestamp_ms: Option<i64>,
}

setters!(Upsert {
    attributes: Vec<(String, AttributeValue)>,
    timestamp_ms: impl Into<Option<i64>>,
});

impl Upsert {
    /// An item with a title and a text, as of now.
    pub fn new(id: impl Into<String>, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), text: text.into(), ..Self::default() }
    }
}

/// An item of the catalogue.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Item {
    /// Item id.
    pub id: String,
    /// Title; empty where the catalogue has none.
    pub title: String,
    /// All attributes that it has, in the order of the pack's columns.
    pub attributes: Vec<(String, AttributeValue)>,
}
