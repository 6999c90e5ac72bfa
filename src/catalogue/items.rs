//! The catalogue as the app changes it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Catalogue;
use crate::codebook::Codebook;
use crate::error::{Error, Result};
use crate::limits::{
    MAX_CHANGES, MAX_ID_BYTES, MAX_LIVE_ITEMS, MAX_SET_VALUES, MAX_TEXT_BYTES, MAX_TITLE_BYTES,
    MAX_VALUE_BYTES, within,
};
use crate::profile::{Change, Content};
use crate::request::{Item, Upsert};
use crate::snapshot::{Snapshot, fits, pack_ms};
use crate::time::now_ms;
use crate::value::AttributeValue;

impl Catalogue {
    /// Adds items, or replaces those with their ids; returns how many were not too old.
    pub(crate) fn upsert(&self, items: Vec<Upsert>) -> Result<usize> {
        check_count("items", items.len())?;
        let mut taken = 0;
        self.current.publish(|snapshot| {
            checks_of(&items, &snapshot.codebook)?;
            let changes = items.into_iter().map(|item| {
                let Upsert { id, title, text, attributes, timestamp_ms } = item;
                (id, timestamp_ms, Some(Content { title, text, attributes }))
            });
            let (next, count) = self.changed(snapshot, changes)?;
            taken = count;
            Ok(next)
        })?;
        Ok(taken)
    }

    /// Takes items out of the catalogue; returns how many of the ids were in it.
    pub(crate) fn remove(&self, ids: &[&str]) -> Result<usize> {
        check_count("ids", ids.len())?;
        for (place, id) in ids.iter().enumerate() {
            within("id", id, 1, MAX_ID_BYTES).map_err(|error| placed("id", place, error))?;
        }
        let mut there = 0;
        self.current.publish(|snapshot| {
            let removals = ids.iter().map(|id| ((*id).to_owned(), None, None));
            let (next, _) = self.changed(snapshot, removals)?;
            let distinct: BTreeSet<&str> = ids.iter().copied().collect();
            there = distinct.iter().filter(|id| snapshot.codebook.row_of(id).is_some()).count();
            Ok(next)
        })?;
        Ok(there)
    }

    /// Titles and attributes of items, in the order of the ids; `None` for an id that the catalogue does not have.
    pub(crate) fn items(&self, ids: &[&str]) -> Result<Vec<Option<Item>>> {
        check_count("ids", ids.len())?;
        let snapshot = self.snapshot();
        let codebook = &snapshot.codebook;
        let item = |id: &&str| {
            let row = codebook.row_of(id)?;
            let attributes = codebook.attribute_names();
            let attributes =
                attributes.filter_map(|(name, _)| Some((name.to_owned(), codebook.attribute(row, name)?)));
            let attributes = attributes.collect();
            Some(Item { id: (*id).to_owned(), title: codebook.title(row).to_owned(), attributes })
        };
        Ok(ids.iter().map(item).collect())
    }

    /// Writes changes and makes the snapshot that has them; returns how many were not too old.
    fn changed(
        &self,
        snapshot: &Snapshot,
        changes: impl Iterator<Item = (String, Option<i64>, Option<Content>)>,
    ) -> Result<(Snapshot, usize)> {
        let (now, pack_ms) = (now_ms(), pack_ms(&snapshot.codebook));
        // Of several changes of an item in one call the last one counts.
        let mut latest: HashMap<String, usize> = HashMap::new();
        let mut taken: Vec<Option<Change>> = Vec::new();
        for (item_id, timestamp_ms, content) in changes {
            let before = latest.get(&item_id).and_then(|place| taken[*place].as_ref());
            let known = before.map(|change| change.timestamp_ms);
            let known = known.or_else(|| snapshot.changes.times.get(item_id.as_str()).copied());
            let least = known.unwrap_or(i64::MIN).max(pack_ms);
            let timestamp_ms = timestamp_ms.unwrap_or_else(|| now.max(least));
            if timestamp_ms < least {
                continue;
            }
            if let Some(place) = latest.insert(item_id.clone(), taken.len()) {
                taken[place] = None;
            }
            taken.push(Some(Change { item_id, timestamp_ms, content }));
        }
        let taken: Vec<Change> = taken.into_iter().flatten().collect();
        let new = taken.iter().filter(|change| !snapshot.changes.times.contains_key(change.item_id.as_str()));
        let all = snapshot.changes.times.len() + new.count();
        if all > MAX_LIVE_ITEMS {
            return Err(Error::invalid(format!(
                "{all} changes on top of the pack; at most {MAX_LIVE_ITEMS}: it is time for a new pack"
            )));
        }
        let count = taken.len();
        let stamp = self.history.profile(&snapshot.pack_view(), |profile| {
            profile.change_items(&taken, pack_ms)?;
            profile.changes_stamp()
        })?;
        let changes = snapshot.changes.with(taken, stamp, &snapshot.codebook);
        let codebook = changes.applied(&snapshot.codebook);
        Ok((snapshot.with_items(Arc::new(codebook), Arc::new(changes)), count))
    }
}

/// Refuses items that are outside the limits, or do not fit the pack.
fn checks_of(items: &[Upsert], codebook: &Codebook) -> Result<()> {
    for (place, item) in items.iter().enumerate() {
        check(item, codebook).map_err(|error| placed("item", place, error))?;
    }
    Ok(())
}

fn check(item: &Upsert, codebook: &Codebook) -> Result<()> {
    within("id", &item.id, 1, MAX_ID_BYTES)?;
    within("title", &item.title, 0, MAX_TITLE_BYTES)?;
    within("text", &item.text, 0, MAX_TEXT_BYTES)?;
    for (place, (name, value)) in item.attributes.iter().enumerate() {
        let Some(column) = codebook.attribute_column(name) else {
            let known: Vec<_> = codebook.attribute_names().map(|(name, _)| name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let name: String = name.chars().take(32).collect();
            return Err(Error::invalid(format!("attribute {name:?} is not in the pack, which has {known}")));
        };
        if !fits(column.kind(), value) {
            return Err(Error::invalid(format!("attribute {name} is of another type: {:?}", column.kind())));
        }
        if item.attributes[..place].iter().any(|(other, _)| other == name) {
            return Err(Error::invalid(format!("attribute {name} is there twice")));
        }
        let text = |text: &String| within(&format!("attribute {name}"), text, 0, MAX_VALUE_BYTES);
        match value {
            AttributeValue::Text(value) => text(value)?,
            AttributeValue::TextSet(values) if values.len() > MAX_SET_VALUES => {
                let count = values.len();
                return Err(Error::invalid(format!(
                    "attribute {name} has {count} values; at most {MAX_SET_VALUES}"
                )));
            }
            AttributeValue::TextSet(values) => values.iter().try_for_each(text)?,
            AttributeValue::Number(number) if !number.is_finite() => {
                return Err(Error::invalid(format!("attribute {name} is not a finite number")));
            }
            AttributeValue::Date(days) if *days == crate::codebook::NO_DATE => {
                return Err(Error::invalid(format!("attribute {name} is no date")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_count(what: &str, count: usize) -> Result<()> {
    if count <= MAX_CHANGES {
        return Ok(());
    }
    Err(Error::invalid(format!("{count} {what}; at most {MAX_CHANGES} at once")))
}

/// An error with the place of what is wrong.
fn placed(what: &str, place: usize, error: Error) -> Error {
    match error {
        Error::InvalidArgument { reason } => Error::invalid(format!("{what} {place}: {reason}")),
        other => other,
    }
}
