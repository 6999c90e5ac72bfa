//! From one codebook to the next: the same pack with other live items.

use std::sync::Arc;

use super::live::{Live, Weighing};
use super::vectors::LiveRows;
use super::{Attribute, Codebook, LiveEntry, LiveItem, LiveVector, Postings};
use crate::kernels::Bitmap;
use crate::lexical::words as words_of;
use crate::value::AttributeValue;

impl Codebook {
    /// The same pack with these live items, in the order of their rows, and without the items of these ids. An item of the
    /// pack that is among the live ones is replaced by it. Linear in the live items, and a bit for each of the pack.
    pub(crate) fn with_live<'a>(
        &self,
        entries: Vec<LiveEntry>,
        removed: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let base = &self.base;
        let postings = |word| base.postings.as_ref().map_or(0, |postings| postings.items(word));
        let weighing = Weighing {
            lexical: base.pack.manifest().lexical.clone().unwrap_or_default(),
            items: base.items(),
            words: base.words.len(),
            scale: base.postings.as_ref().map_or(0.0, Postings::scale),
            counts: &postings,
        };
        let mut alive = Bitmap::full(base.items());
        removed.into_iter().filter_map(|id| base.row_of(id)).for_each(|row| alive.remove(row));
        let replaced = entries.iter().filter_map(|entry| base.row_of(entry.item.id()));
        replaced.for_each(|row| alive.remove(row));
        let dead: Vec<u32> = (0..base.items() as u32).filter(|row| !alive.contains(*row)).collect();
        alive.append(&Bitmap::full(entries.len()));
        let rows = LiveRows::new(&entries, base);
        let items: Vec<_> = entries.into_iter().map(|entry| entry.item).collect();
        let column = |(place, attribute): (usize, &Attribute)| {
            let values = items.iter().map(|item| item.attributes.get(place).and_then(Option::as_ref));
            attribute.with_live(&values.collect::<Vec<_>>())
        };
        let attributes = self.attributes.iter().enumerate().map(column).collect();
        let popularity = self.popularity.as_ref().map(|prior| {
            let least = prior.parts()[0].iter().copied().fold(f32::INFINITY, f32::min);
            let own = items.iter().map(|item| item.origin.and_then(|row| prior.get(row)).unwrap_or(least));
            prior.with_live(own.collect())
        });
        Self {
            base: Arc::clone(base),
            attributes: Arc::new(attributes),
            popularity,
            live: Arc::new(Live::new(items, &weighing)),
            rows,
            alive: Arc::new(alive),
            dead: dead.into(),
        }
    }

    /// The same items, some of the live ones with vectors of their own now.
    pub(crate) fn with_vectors(&self, made: &[(u32, Arc<LiveVector>)]) -> Self {
        Self {
            base: Arc::clone(&self.base),
            attributes: Arc::clone(&self.attributes),
            popularity: self.popularity.clone(),
            live: Arc::clone(&self.live),
            rows: self.rows.with(made, &self.base),
            alive: Arc::clone(&self.alive),
            dead: Arc::clone(&self.dead),
        }
    }

    /// An item in the terms of this pack: its words read, its vector that of the pack where the pack has it under this title.
    /// `texts` are title and all else that has words; `attributes` are in the order of the pack's columns.
    pub(crate) fn live_item(
        &self,
        id: &str,
        title: &str,
        texts: &[&str],
        attributes: Vec<Option<AttributeValue>>,
    ) -> LiveItem {
        let folded = |title: &str| words_of(title).into_iter().map(|word| word.text).collect::<Vec<_>>();
        let same = |row: &u32| {
            let old = self.base.titles.get(*row as usize).unwrap_or_default();
            old == title || folded(old) == folded(title)
        };
        let origin = self.base.row_of(id).filter(same);
        let lexical = self.base.pack.manifest().lexical.clone().unwrap_or_default();
        LiveItem::new(id, title, texts, attributes, origin, &lexical, |word| self.base.words.id(word))
    }
}
