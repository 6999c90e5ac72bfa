//! The words that items have: those of a pack, and those that came later.

use fst::{IntoStreamer, Streamer};

use super::typos::Typos;

/// One or two dictionaries as one. Ids of the second go on where the number of words of the first ends; ids that go by
/// falling frequency do so within each.
pub struct Lexicon<'a, D> {
    pack: &'a fst::Map<D>,
    live: Option<&'a fst::Map<D>>,
}

impl<'a, D> From<&'a fst::Map<D>> for Lexicon<'a, D> {
    fn from(pack: &'a fst::Map<D>) -> Self {
        Self { pack, live: None }
    }
}

impl<'a, D: AsRef<[u8]>> Lexicon<'a, D> {
    /// The words of a pack, and the words that came later.
    pub fn new(pack: &'a fst::Map<D>, live: Option<&'a fst::Map<D>>) -> Self {
        Self { pack, live }
    }

    /// The id of a word.
    pub fn get(&self, word: &str) -> Option<u32> {
        self.pack
            .get(word)
            .and_then(|id| self.of_pack(id))
            .or_else(|| u32::try_from(self.live?.get(word)?).ok())
    }

    /// Calls `each` with the words that begin so, and their ids, in byte order within each dictionary, while it says so.
    pub fn for_each_beginning(&self, beginning: &str, mut each: impl FnMut(&[u8], u32) -> bool) {
        let mut go_on = true;
        for (map, known) in self.maps() {
            let mut words = map.range().ge(beginning).into_stream();
            while let Some((word, id)) = words.next() {
                if !go_on || !word.starts_with(beginning.as_bytes()) {
                    break;
                }
                if let Some(id) = known(id) {
                    go_on = each(word, id);
                }
            }
        }
    }

    /// Calls `each` with the words that an automaton accepts, their ids, and the edits.
    pub(super) fn for_each_typo(&self, typos: &Typos, mut each: impl FnMut(&[u8], u32, u8)) {
        for (map, known) in self.maps() {
            typos.search(map, |word, id, edits| {
                if let Some(id) = known(id) {
                    each(word, id, edits);
                }
            });
        }
    }

    /// Both dictionaries, and which of their values are ids.
    fn maps(&self) -> impl Iterator<Item = (&'a fst::Map<D>, impl Fn(u64) -> Option<u32>)> {
        let most = self.pack.len();
        let known = move |live: bool| {
            move |id: u64| u32::try_from(id).ok().filter(|id| live || (*id as usize) < most)
        };
        [(Some(self.pack), false), (self.live, true)]
            .into_iter()
            .filter_map(move |(map, live)| Some((map?, known(live))))
    }

    /// Values of a hostile pack may be any number.
    fn of_pack(&self, id: u64) -> Option<u32> {
        u32::try_from(id).ok().filter(|id| (*id as usize) < self.pack.len())
    }
}
