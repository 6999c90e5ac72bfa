//! Choosing the words of a dictionary, and writing it.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// Counts words; each new one gets the next temporary id.
#[derive(Default)]
pub(super) struct Vocabulary {
    ids: HashMap<Box<str>, u32>,
    counts: Vec<u64>,
}

/// The words that were chosen, in byte order, and where each temporary id went.
pub(super) struct Dictionary {
    pub(super) words: Vec<Box<str>>,
    /// Final id by temporary id; `None` for a word that was left out.
    pub(super) ids: Vec<Option<u32>>,
}

impl Vocabulary {
    /// The temporary id of `word`; `count` is added to its count.
    pub(super) fn add(&mut self, word: &str, count: u64) -> Result<u32> {
        let id = match self.ids.get(word) {
            Some(id) => *id,
            None => {
                let id = u32::try_from(self.counts.len())
                    .map_err(|_| Error::invalid("more than 4 billion distinct words"))?;
                self.ids.insert(word.into(), id);
                self.counts.push(0);
                id
            }
        };
        self.counts[id as usize] += count;
        Ok(id)
    }

    /// Distinct words that were counted at least once.
    pub(super) fn seen(&self) -> usize {
        self.counts.iter().filter(|count| **count > 0).count()
    }

    /// The `max_words` most frequent words (ties: the first in byte order) of those counted at least `min_count` times.
    pub(super) fn choose(self, max_words: usize, min_count: u64) -> Dictionary {
        let least = min_count.max(1);
        let mut ids = vec![None; self.counts.len()];
        let counts = self.counts;
        let mut words: Vec<_> =
            self.ids.into_iter().filter(|(_, id)| counts[*id as usize] >= least).collect();
        if words.len() > max_words {
            words.sort_unstable_by(|(a, i), (b, j)| {
                counts[*j as usize].cmp(&counts[*i as usize]).then_with(|| a.cmp(b))
            });
            words.truncate(max_words);
        }
        words.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let words = (0_u32..)
            .zip(words)
            .map(|(id, (word, old))| {
                ids[old as usize] = Some(id);
                word
            })
            .collect();
        Dictionary { words, ids }
    }
}

impl Dictionary {
    /// The dictionary as an `fst` map of word to id.
    pub(super) fn to_fst(&self) -> Result<Vec<u8>> {
        let mut map = fst::MapBuilder::memory();
        for (id, word) in (0_u64..).zip(&self.words) {
            map.insert(word.as_bytes(), id).map_err(Error::internal)?;
        }
        map.into_inner().map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(words: &[(&str, u64)]) -> Vocabulary {
        let mut all = Vocabulary::default();
        for (word, count) in words {
            all.add(word, *count).unwrap();
        }
        all
    }

    #[test]
    fn keeps_the_most_frequent_and_orders_by_bytes() {
        let chosen = counted(&[("b", 1), ("z", 5), ("a", 1), ("é", 2), ("b", 0)]).choose(3, 1);
        assert_eq!(chosen.words.iter().map(|w| &**w).collect::<Vec<_>>(), ["a", "z", "é"]);
        assert_eq!(chosen.ids, [None, Some(1), Some(0), Some(2)]);
    }

    #[test]
    fn words_never_counted_are_not_in_it() {
        let all = counted(&[("only-tested", 0), ("rare", 1), ("common", 2)]);
        assert_eq!(all.seen(), 2);
        let chosen = all.choose(10, 2);
        assert_eq!(chosen.words.iter().map(|w| &**w).collect::<Vec<_>>(), ["common"]);
    }

    #[test]
    fn fst_maps_words_to_ids() {
        let chosen = counted(&[("one", 1), ("two", 1), ("three", 1)]).choose(10, 1);
        let map = fst::Map::new(chosen.to_fst().unwrap()).unwrap();
        for (id, word) in chosen.words.iter().enumerate() {
            assert_eq!(map.get(word.as_bytes()), Some(id as u64));
        }
        assert_eq!(map.get("four"), None);
        assert!(fst::Map::new(counted(&[]).choose(10, 1).to_fst().unwrap()).is_ok());
    }
}
