//! Choosing the words of a dictionary, and writing it.

use std::collections::HashMap;

use crate::error::{Error, Result};

/// Counts words; each new one gets the next temporary id.
#[derive(Default)]
pub(super) struct Vocabulary {
    ids: HashMap<Box<str>, u32>,
    counts: Vec<u64>,
}

/// The words that were chosen, the most frequent first, and where each temporary id went.
pub(super) struct Dictionary {
    pub(super) words: Vec<Box<str>>,
    /// Final id by temporary id; `None` for a word that was left out.
    pub(super) ids: Vec<Option<u32>>,
    /// The first so many words are frequent enough for a vector of their own.
    pub(super) vectors: usize,
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

    /// The `max_words` most frequent words of those counted at all; ids by falling count, ties in byte order. Those that
    /// were counted at least `vector_min_count` times get vectors.
    pub(super) fn choose(self, max_words: usize, vector_min_count: u64) -> Dictionary {
        let mut ids = vec![None; self.counts.len()];
        let count = |id: u32| self.counts[id as usize];
        let mut words: Vec<_> = self.ids.into_iter().filter(|(_, id)| count(*id) > 0).collect();
        words.sort_unstable_by(|(a, i), (b, j)| count(*j).cmp(&count(*i)).then_with(|| a.cmp(b)));
        words.truncate(max_words);
        let vectors = words.partition_point(|(_, id)| count(*id) >= vector_min_count);
        for (id, (_, old)) in (0_u32..).zip(&words) {
            ids[*old as usize] = Some(id);
        }
        Dictionary { words: words.into_iter().map(|(word, _)| word).collect(), ids, vectors }
    }
}

impl Dictionary {
    /// The dictionary as an `fst` map of word to id.
    pub(super) fn to_fst(&self) -> Result<Vec<u8>> {
        let mut words: Vec<_> = (0_u64..).zip(&self.words).collect();
        words.sort_unstable_by_key(|(_, word)| *word);
        let mut map = fst::MapBuilder::memory();
        for (id, word) in words {
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
    fn keeps_the_most_frequent_in_their_order() {
        let chosen = counted(&[("b", 1), ("z", 5), ("a", 1), ("é", 2), ("b", 0)]).choose(3, 2);
        assert_eq!(chosen.words.iter().map(|w| &**w).collect::<Vec<_>>(), ["z", "é", "a"]);
        assert_eq!(chosen.ids, [None, Some(0), Some(2), Some(1)]);
        assert_eq!(chosen.vectors, 2);
    }

    #[test]
    fn words_never_counted_are_not_in_it() {
        let all = counted(&[("only-tested", 0), ("rare", 1), ("common", 2)]);
        assert_eq!(all.seen(), 2);
        let chosen = all.choose(10, 2);
        assert_eq!(chosen.words.iter().map(|w| &**w).collect::<Vec<_>>(), ["common", "rare"]);
        assert_eq!(chosen.vectors, 1);
    }

    #[test]
    fn fst_maps_words_to_ids() {
        let chosen = counted(&[("one", 1), ("two", 3), ("three", 2)]).choose(10, 1);
        let map = fst::Map::new(chosen.to_fst().unwrap()).unwrap();
        for (id, word) in chosen.words.iter().enumerate() {
            assert_eq!(map.get(word.as_bytes()), Some(id as u64));
        }
        assert_eq!(map.get("four"), None);
        assert!(fst::Map::new(counted(&[]).choose(10, 1).to_fst().unwrap()).is_ok());
    }
}
