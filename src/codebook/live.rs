//! Items that came after the pack: beside its columns, a row each after its last.
//!
//! A segment is immutable. A change makes a new one out of the items of the old one, which are shared; what is made anew is
//! linear in the live items, not in the pack: identifiers, postings, columns, a dictionary of the words that the pack lacks.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Column;
use crate::lexical::for_each_word;
use crate::pack::LexicalSpec;
use crate::value::AttributeValue;

/// Where the keys of vectors of live items begin: above every row of a pack.
const FIRST_KEY: u64 = 1 << 32;

/// A key that no vector of this process has.
fn next_key() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(FIRST_KEY);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An item that came after the pack, in the terms of the pack.
#[derive(Debug)]
pub(crate) struct LiveItem {
    pub(super) id: Box<str>,
    pub(super) title: Box<str>,
    /// In the order of the pack's columns, each of its column's type.
    pub(super) attributes: Vec<Option<AttributeValue>>,
    /// Distinct words and their weighted frequencies.
    pub(super) words: Vec<(Word, f32)>,
    /// Row of the pack whose vector, prior and neighbours are still right: the item is there under the same title.
    pub(super) origin: Option<u32>,
    /// Of the vector that it has as long as none was made of its text.
    pub(super) key: u64,
}

/// A word of a live item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Word {
    /// One of the pack's.
    Known(u32),
    New(Box<str>),
}

/// The vector that was made of an item's text, as a pack would hold it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiveVector {
    /// int8 row, `dim` wide; all zeros where the text says nothing.
    pub(crate) fused: Quantised,
    /// int8 code, as wide as the pack's.
    pub(crate) semantic: Quantised,
    pub(super) key: u64,
}

/// A vector as symmetric int8: `scale * row`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantised {
    pub(crate) row: Box<[i8]>,
    pub(crate) scale: f32,
}

impl Quantised {
    /// As the build quantises the rows of a pack: by the largest value, halves to even. All zeros have scale 0.
    pub(crate) fn new(vector: &[f32]) -> Self {
        let scale = vector.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / 127.0;
        let step = if scale > 0.0 { scale } else { 1.0 };
        let row = vector.iter().map(|value| (value / step).round_ties_even().clamp(-127.0, 127.0) as i8);
        Self { row: row.collect(), scale }
    }
}

impl LiveVector {
    pub(crate) fn new(fused: Quantised, semantic: Quantised) -> Self {
        Self { fused, semantic, key: next_key() }
    }

    /// Whether the text said anything.
    pub(super) fn is_known(&self) -> bool {
        self.fused.scale > 0.0
    }
}

/// A live item and its vector, where one was made.
#[derive(Debug, Clone)]
pub(crate) struct LiveEntry {
    pub(crate) item: Arc<LiveItem>,
    pub(crate) vector: Option<Arc<LiveVector>>,
}

impl LiveItem {
    /// Reads the words of an item. `known` gives the pack's id of a word.
    pub(super) fn new(
        id: &str,
        title: &str,
        texts: &[&str],
        attributes: Vec<Option<AttributeValue>>,
        origin: Option<u32>,
        lexical: &LexicalSpec,
        known: impl Fn(&str) -> Option<u32>,
    ) -> Self {
        let mut words: HashMap<Word, f32> = HashMap::new();
        let mut add = |text: &str, weight: f32| {
            for_each_word(text, |word, _| {
                let word = known(word).map_or_else(|| Word::New(word.into()), Word::Known);
                *words.entry(word).or_default() += weight;
            });
        };
        if lexical.title > 0.0 {
            add(title, lexical.title);
        }
        texts.iter().for_each(|text| add(text, 1.0));
        let mut words: Vec<_> = words.into_iter().collect();
        words.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self { id: id.into(), title: title.into(), attributes, words, origin, key: next_key() }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether a vector is to be made of its text: the pack has none that is right.
    pub(crate) fn needs_vector(&self) -> bool {
        self.origin.is_none()
    }
}

/// Searchable parts of the live items: ids and words.
#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) items: Vec<Arc<LiveItem>>,
    /// Places in `items`.
    pub(super) by_id: HashMap<Box<str>, u32>,
    /// Places in `items` of those that go on for a row of the pack, by that row.
    pub(super) by_origin: HashMap<u32, u32>,
    /// Words that the pack does not know, to ids that go on where its own end.
    pub(super) dictionary: Option<fst::Map<Column<u8>>>,
    postings: LivePostings,
}

/// Impacts of words on live items, by word.
#[derive(Debug, Default)]
struct LivePostings {
    /// Ids, ascending.
    words: Vec<u32>,
    /// Of word number w the entries `ends[w - 1] .. ends[w]`, from 0 for the first.
    ends: Vec<usize>,
    /// Rows, ascending within a word, and impacts.
    entries: Vec<(u32, f32)>,
}

/// Parameters of impacts.
pub(super) struct Weighing<'a> {
    pub(super) lexical: LexicalSpec,
    /// Items of the pack.
    pub(super) items: usize,
    /// Words of the pack.
    pub(super) words: usize,
    /// The pack's step of impacts; 0 for none.
    pub(super) scale: f32,
    /// How many items of the pack have a word.
    pub(super) counts: &'a dyn Fn(u32) -> u32,
}

impl Live {
    pub(super) fn new(items: Vec<Arc<LiveItem>>, weighing: &Weighing<'_>) -> Self {
        let places = || items.iter().zip(0_u32..);
        let by_id = places().map(|(item, place)| (item.id.clone(), place)).collect();
        let by_origin = places().filter_map(|(item, place)| Some((item.origin?, place))).collect();
        let new = new_words(&items);
        let ids: HashMap<&str, u32> =
            (weighing.words as u32..).zip(&new).map(|(id, (word, _))| (*word, id)).collect();
        let dictionary = dictionary(&ids);
        let postings = LivePostings::new(&items, &ids, &new, weighing);
        Self { by_id, by_origin, dictionary, postings, items }
    }

    /// Calls `each` with every live item that has a word, by row, and the word's impact there.
    pub(super) fn for_each(&self, word: u32, mut each: impl FnMut(u32, f32)) {
        self.postings.of(word).iter().for_each(|(row, impact)| each(*row, *impact));
    }

    /// How many live items have a word.
    pub(super) fn count(&self, word: u32) -> usize {
        self.postings.of(word).len()
    }

    /// Impact of a word on a live item; 0 where it does not have it.
    pub(super) fn impact(&self, word: u32, row: u32) -> f32 {
        let entries = self.postings.of(word);
        entries.binary_search_by_key(&row, |(row, _)| *row).map_or(0.0, |place| entries[place].1)
    }
}

/// Words that the pack does not know and the number of items that have each, the most frequent first.
fn new_words(items: &[Arc<LiveItem>]) -> Vec<(&str, u32)> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for (word, _) in items.iter().flat_map(|item| &item.words) {
        if let Word::New(word) = word {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_unstable_by(|(a, i), (b, j)| j.cmp(i).then(a.cmp(b)));
    words
}

fn dictionary(ids: &HashMap<&str, u32>) -> Option<fst::Map<Column<u8>>> {
    if ids.is_empty() {
        return None;
    }
    let mut words: Vec<_> = ids.iter().collect();
    words.sort_unstable();
    let mut map = fst::MapBuilder::memory();
    for (word, id) in words {
        map.insert(word, u64::from(*id)).expect("words ascend, each once");
    }
    let bytes = map.into_inner().expect("memory takes what is written");
    Some(fst::Map::new(Column::owned(bytes)).expect("it was just built"))
}

impl LivePostings {
    /// BM25 with the pack's parameters: a word of the pack is as rare as it is there, a new one as it is among live items.
    fn new(
        items: &[Arc<LiveItem>],
        ids: &HashMap<&str, u32>,
        new: &[(&str, u32)],
        weighing: &Weighing<'_>,
    ) -> Self {
        let LexicalSpec { k1, b, average_length, .. } = weighing.lexical;
        let mut all: Vec<(u32, u32, f32)> = Vec::new();
        for (item, row) in items.iter().zip(weighing.items as u32..) {
            let length: f32 = item.words.iter().map(|(_, tf)| tf).sum();
            let relative = if average_length > 0.0 { length / average_length } else { 1.0 };
            let norm = k1 * (1.0 - b + b * relative);
            for (word, tf) in &item.words {
                let (word, count) = match word {
                    Word::Known(id) => (*id, (weighing.counts)(*id)),
                    Word::New(text) => {
                        let id = ids[&**text];
                        (id, new[id as usize - weighing.words].1)
                    }
                };
                let (all_items, count) = (weighing.items as f64, f64::from(count));
                let rarity = ((all_items - count).max(0.0) + 0.5) / (count + 0.5);
                let impact = rarity.ln_1p() as f32 * tf * (k1 + 1.0) / (tf + norm);
                all.push((word, row, weighing.step(impact)));
            }
        }
        all.sort_unstable_by_key(|(word, row, _)| (*word, *row));
        let mut postings = Self::default();
        for (word, row, impact) in all {
            if postings.words.last() != Some(&word) {
                postings.words.push(word);
                postings.ends.push(postings.entries.len());
            }
            postings.entries.push((row, impact));
            if let Some(end) = postings.ends.last_mut() {
                *end = postings.entries.len();
            }
        }
        postings
    }

    fn of(&self, word: u32) -> &[(u32, f32)] {
        let Ok(place) = self.words.binary_search(&word) else { return &[] };
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start..self.ends[place]]
    }
}

impl Weighing<'_> {
    /// An impact in the steps of the pack, so that an item counts what it would count there.
    fn step(&self, impact: f32) -> f32 {
        if self.scale > 0.0 { (impact / self.scale).round().max(1.0) * self.scale } else { impact }
    }
}
