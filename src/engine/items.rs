//! The catalogue as the app changes it.

use std::collections::HashMap;
use std::sync::Arc;

use super::changes::{fits, pack_ms};
use super::{Engine, Job, Loaded, checks, now_ms};
use crate::codebook::Codebook;
use crate::error::{Error, Result};
use crate::profile::{Change, Content};
use crate::request::{
    AttributeValue, Item, MAX_CHANGES, MAX_LIVE_ITEMS, MAX_SET_VALUES, MAX_TEXT_BYTES, MAX_TITLE_BYTES,
    MAX_VALUE_BYTES, Upsert, within,
};

impl Engine {
    /// Adds items to the catalogue, or replaces those with their ids; all or none. When it returns they are on disk, and in
    /// every later answer by their words, titles, ids, attributes and completions. What they mean is known when the job has
    /// run; until then they stand to the model where the average item stands. An item that the pack has under the same title
    /// keeps what the pack has learned of it, and needs no job.
    ///
    /// An item with an earlier time than what is known of it (an earlier change, or the pack, where that says of when it is) is
    /// left out in silence: `Job::taken` counts the others. At most `MAX_CHANGES` at once, `MAX_LIVE_ITEMS` changes in all;
    /// the cost is linear in the live items, some microseconds each, so send many at once rather than one after the other.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, Upsert};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let item = Upsert::new("new-1", "Cloudberry Tent", "a tent for two with a porch");
    /// let job = engine.upsert_items(vec![item])?;
    /// assert_eq!(job.taken(), 1);
    /// job.run(&engine, &cancel)?;
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` with the place of the item, from 0, where it is outside the limits of `Upsert` or has an attribute
    /// that is no column of the pack or of another type; `Internal` when the profile cannot be written.
    pub fn upsert_items(&self, items: Vec<Upsert>) -> Result<Job> {
        check_count("items", items.len())?;
        let mut taken = 0;
        self.publish(|view| {
            checks_of(&items, &view.codebook)?;
            let changes = items.into_iter().map(|item| {
                let Upsert { id, title, text, attributes, timestamp_ms } = item;
                (id, timestamp_ms, Some(Content { title, text, attributes }))
            });
            let (next, count) = self.changed(view, changes)?;
            taken = count;
            Ok(next)
        })?;
        Ok(self.job(taken))
    }

    /// Takes items out of the catalogue; returns how many of the ids were in it. When it returns no later answer has them:
    /// no list, count, facet, completion. Events on them sleep as those on items that the catalogue never had. Removed stays
    /// removed, until an upsert or a newer pack brings the id back. At most `MAX_CHANGES` ids.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// assert_eq!(engine.remove_items(&["g0105", "no such item"])?, 1);
    /// assert_eq!(engine.items(&["g0105"])?, [None]);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for an id outside its limits; `Internal` when the profile cannot be written.
    pub fn remove_items(&self, ids: &[impl AsRef<str>]) -> Result<usize> {
        check_count("ids", ids.len())?;
        for (place, id) in ids.iter().enumerate() {
            checks::id("id", id.as_ref()).map_err(|error| placed("id", place, error))?;
        }
        let mut there = 0;
        self.publish(|view| {
            let (next, _) = self.changed(view, ids.iter().map(|id| (id.as_ref().to_owned(), None, None)))?;
            let mut ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
            ids.sort_unstable();
            ids.dedup();
            there = ids.iter().filter(|id| view.codebook.row_of(id).is_some()).count();
            Ok(next)
        })?;
        Ok(there)
    }

    /// Titles and attributes of items, in the order of the ids; `None` for an id that the catalogue does not have. At most
    /// `MAX_CHANGES` ids.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let items = engine.items(&["g0105", "no such item"])?;
    /// assert!(items[0].as_ref().is_some_and(|item| !item.title.is_empty()));
    /// assert_eq!(items[1], None);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for too many ids.
    pub fn items(&self, ids: &[impl AsRef<str>]) -> Result<Vec<Option<Item>>> {
        check_count("ids", ids.len())?;
        let view = self.view();
        let codebook = &view.codebook;
        let item = |id: &str| {
            let row = codebook.row_of(id)?;
            let attributes = codebook.attribute_names();
            let attributes =
                attributes.filter_map(|(name, _)| Some((name.to_owned(), codebook.attribute(row, name)?)));
            let attributes = attributes.collect();
            Some(Item { id: id.to_owned(), title: codebook.title(row).to_owned(), attributes })
        };
        Ok(ids.iter().map(|id| item(id.as_ref())).collect())
    }

    /// Writes changes and makes the view that knows them; returns how many were not too old.
    fn changed(
        &self,
        view: &Loaded,
        changes: impl Iterator<Item = (String, Option<i64>, Option<Content>)>,
    ) -> Result<(Loaded, usize)> {
        let (now, pack_ms) = (now_ms(), pack_ms(&view.codebook));
        // Of several changes of an item in one call the last one counts.
        let mut latest: HashMap<String, usize> = HashMap::new();
        let mut taken: Vec<Option<Change>> = Vec::new();
        for (item_id, timestamp_ms, content) in changes {
            let before = latest.get(&item_id).and_then(|place| taken[*place].as_ref());
            let known = before.map(|change| change.timestamp_ms);
            let known = known.or_else(|| view.changes.times.get(item_id.as_str()).copied());
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
        let new = taken.iter().filter(|change| !view.changes.times.contains_key(change.item_id.as_str()));
        let all = view.changes.times.len() + new.count();
        if all > MAX_LIVE_ITEMS {
            return Err(Error::invalid(format!(
                "{all} changes on top of the pack; at most {MAX_LIVE_ITEMS}: it is time for a new pack"
            )));
        }
        let count = taken.len();
        let stamp = self.own.profile(view, |profile| {
            profile.change_items(&taken, pack_ms)?;
            profile.changes_stamp()
        })?;
        let changes = view.changes.with(taken, stamp, &view.codebook);
        let codebook = changes.applied(&view.codebook);
        Ok((view.with_items(Arc::new(codebook), Arc::new(changes)), count))
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
    checks::id("id", &item.id)?;
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
            AttributeValue::String(value) => text(value)?,
            AttributeValue::Set(values) if values.len() > MAX_SET_VALUES => {
                let count = values.len();
                return Err(Error::invalid(format!(
                    "attribute {name} has {count} values; at most {MAX_SET_VALUES}"
                )));
            }
            AttributeValue::Set(values) => values.iter().try_for_each(text)?,
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
