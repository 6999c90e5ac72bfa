//! Changes on top of a pack: live items and removals.
//!
//! The profile's database is the truth. A change is written there first, then the next snapshot is made of it, so every change
//! that a call has acknowledged survives.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Snapshot;
use crate::codebook::{Codebook, LiveEntry, LiveVector, Quantised};
use crate::error::Result;
use crate::history::HistoryStore;
use crate::pack::AttributeKind;
use crate::profile::{Change, Content, KeptVector, Profile};
use crate::value::AttributeValue;

/// Attribute whose values are read as text, as the build reads them.
const CATEGORIES: &str = "categories";
/// Characters of an item's text that the sentence encoder is given, as in the build.
const MOST_TEXT: usize = 2_000;

/// The changes that a snapshot has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Live items, in the order of their rows.
    pub(crate) entries: Vec<Entry>,
    /// Ids that were removed.
    pub(crate) removed: BTreeSet<Box<str>>,
    /// The times of all changes, by item id.
    pub(crate) times: HashMap<Box<str>, i64>,
    /// The profile's number of its last change.
    pub(crate) stamp: i64,
}

/// A live item, and what its vector is made of.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) live: LiveEntry,
    pub(crate) text_hash: [u8; 32],
}

/// The texts of an item that its vector is made of.
pub(crate) struct ItemText {
    /// Input of the sentence encoder.
    pub(crate) sentence: String,
    /// Input of the mean of word vectors.
    pub(crate) words: String,
}

impl ItemText {
    pub(crate) fn of(content: &Content) -> Self {
        let categories = categories(content);
        // Codes (a letter and digits) say nothing to a sentence encoder.
        let named: Vec<&str> =
            categories.iter().copied().filter(|name| !name.contains(char::is_numeric)).collect();
        let named = named.join(", ");
        let parts = [content.title.as_str(), &content.text, &named];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let sentence = parts.join(". ").chars().take(MOST_TEXT).collect();
        // A line ends a word, whatever stands before and after it.
        let words = [&[content.title.as_str(), &content.text], &categories[..]].concat().join("\n");
        Self { sentence, words }
    }

    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((self.sentence.len() as u64).to_le_bytes());
        hash.update(&self.sentence);
        hash.update(&self.words);
        hash.finalize().into()
    }
}

/// The texts of an item that have words, its title apart.
fn categories(content: &Content) -> Vec<&str> {
    let found = content.attributes.iter().find(|(name, _)| name == CATEGORIES);
    match found.map(|(_, value)| value) {
        Some(AttributeValue::TextSet(names)) => names.iter().map(String::as_str).collect(),
        Some(AttributeValue::Text(name)) => vec![name],
        _ => Vec::new(),
    }
}

/// Whether a value is one of a column of this type.
pub(crate) fn fits(kind: AttributeKind, value: &AttributeValue) -> bool {
    matches!(
        (kind, value),
        (AttributeKind::String, AttributeValue::Text(_))
            | (AttributeKind::Set, AttributeValue::TextSet(_))
            | (AttributeKind::Number, AttributeValue::Number(_))
            | (AttributeKind::Date, AttributeValue::Date(_))
            | (AttributeKind::Bool, AttributeValue::Bool(_))
    )
}

impl Changes {
    /// Changes in the profile that are newer than the pack, with the vectors made for it.
    pub(crate) fn read(profile: &Profile, codebook: &Codebook) -> Result<Self> {
        let pack = codebook.pack();
        let (dim, code) = (codebook.dim(), pack.manifest().semantic_dim());
        let kept = profile.kept_vectors(pack.id())?.into_iter();
        let fitting = kept.filter(|kept| kept.fused.0.len() == dim && kept.semantic.0.len() == code);
        let mut vectors: HashMap<String, KeptVector> =
            fitting.map(|kept| (kept.item_id.clone(), kept)).collect();
        let mut changes = Self { stamp: profile.changes_stamp()?, ..Self::default() };
        for change in profile.changed_items(pack_ms(codebook))? {
            let Change { item_id, timestamp_ms, content } = change;
            changes.times.insert(item_id.as_str().into(), timestamp_ms);
            let Some(content) = content else {
                changes.removed.insert(item_id.into());
                continue;
            };
            let text_hash = ItemText::of(&content).hash();
            let vector = vectors.remove(&item_id).filter(|kept| kept.text_hash == text_hash);
            let vector = vector.map(|KeptVector { fused, semantic, .. }| {
                let quantised = |(row, scale): (Vec<i8>, f32)| Quantised { row: row.into(), scale };
                Arc::new(LiveVector::new(quantised(fused), quantised(semantic)))
            });
            changes.entries.push(entry(&item_id, &content, text_hash, vector, codebook));
        }
        Ok(changes)
    }

    /// The present changes followed by these. A vector stays where the text is the same.
    pub(crate) fn with(&self, changed: Vec<Change>, stamp: i64, codebook: &Codebook) -> Self {
        let mut next = Self { stamp, ..self.clone() };
        let places: HashMap<&str, usize> =
            self.entries.iter().enumerate().map(|(place, entry)| (entry.live.item.id(), place)).collect();
        let ids: BTreeSet<&str> = changed.iter().map(|change| change.item_id.as_str()).collect();
        next.entries.retain(|entry| !ids.contains(entry.live.item.id()));
        for Change { item_id, timestamp_ms, content } in &changed {
            next.times.insert(item_id.as_str().into(), *timestamp_ms);
            match content {
                None => {
                    next.removed.insert(item_id.as_str().into());
                }
                Some(content) => {
                    next.removed.remove(item_id.as_str());
                    let text_hash = ItemText::of(content).hash();
                    let before = places.get(item_id.as_str()).map(|place| &self.entries[*place]);
                    let vector = before
                        .filter(|entry| entry.text_hash == text_hash)
                        .and_then(|entry| entry.live.vector.clone());
                    next.entries.push(entry(item_id, content, text_hash, vector, codebook));
                }
            }
        }
        next
    }

    /// The pack's codebook with these changes.
    pub(crate) fn applied(&self, codebook: &Codebook) -> Codebook {
        let entries = self.entries.iter().map(|entry| entry.live.clone()).collect();
        codebook.with_live(entries, self.removed.iter().map(|id| &**id))
    }

    /// Places of the entries that still need a vector of their own.
    pub(crate) fn pending(&self) -> impl Iterator<Item = usize> {
        let needs = |entry: &Entry| entry.live.vector.is_none() && entry.live.item.needs_vector();
        self.entries.iter().enumerate().filter(move |(_, entry)| needs(entry)).map(|(place, _)| place)
    }
}

fn entry(
    id: &str,
    content: &Content,
    text_hash: [u8; 32],
    vector: Option<Arc<LiveVector>>,
    codebook: &Codebook,
) -> Entry {
    // Drop values that a later pack has no column for, or one of another type.
    let value = |(name, kind): (&str, AttributeKind)| {
        let found = content.attributes.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone()).filter(|value| fits(kind, value))
    };
    let attributes = codebook.attribute_names().map(value).collect();
    let texts = [&[content.text.as_str()], &categories(content)[..]].concat();
    let item = codebook.live_item(id, &content.title, &texts, attributes);
    Entry { live: LiveEntry { item: Arc::new(item), vector }, text_hash }
}

/// Time from which a change is newer than the pack; the earliest where the pack does not say.
pub(crate) fn pack_ms(codebook: &Codebook) -> i64 {
    codebook.pack().manifest().data_ms.unwrap_or(i64::MIN)
}

impl Snapshot {
    /// This snapshot with the changes that the profile holds now.
    pub(crate) fn with_changes_read_anew(&self) -> Result<Self> {
        let changes =
            self.history.profile(&self.pack_view(), |profile| Changes::read(profile, &self.codebook))?;
        let codebook = changes.applied(&self.codebook);
        Ok(self.with_items(Arc::new(codebook), Arc::new(changes)))
    }

    /// A just opened snapshot with the changes that the profile holds. `present` is the one that has the profile.
    pub(crate) fn with_stored_changes(self, history: &HistoryStore, present: Option<&Self>) -> Result<Self> {
        let changes = history.profile(&present.unwrap_or(&self).pack_view(), |profile| {
            Changes::read(profile, &self.codebook)
        })?;
        if changes.times.is_empty() {
            return Ok(self);
        }
        let codebook = Arc::new(changes.applied(&self.codebook));
        // A new version: events were resolved against the pack alone.
        Ok(self.with_items(codebook, Arc::new(changes)))
    }
}
