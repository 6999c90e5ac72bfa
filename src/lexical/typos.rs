//! Automata that accept a word and what can be made of it by few edits.
//!
//! An edit inserts, deletes or replaces one letter, or swaps two that stand side by side; any letter may be wrong, the
//! first included. Letters are those of the folded form (a Hangul syllable is two or three).

use std::sync::OnceLock;

use fst::{IntoStreamer, Streamer};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder};

/// Letters from which a word may have one edit, and two.
const LETTERS_FOR: [usize; 2] = [4, 8];

/// Edits that are forgiven in a word.
pub(super) fn edits_allowed(word: &str) -> u8 {
    let letters = word.chars().count();
    LETTERS_FOR.iter().map(|least| u8::from(letters >= *least)).sum()
}

/// Accepts the words within an edit distance of one word, or the words that begin so.
pub(super) struct Typos(DFA);

impl Typos {
    /// Of a whole word, within 1 or 2 edits.
    pub(super) fn of_word(word: &str, edits: u8) -> Self {
        Self(builder(edits).build_dfa(word))
    }

    /// Of the beginning of a word, within 1 or 2 edits.
    pub(super) fn of_beginning(word: &str, edits: u8) -> Self {
        Self(builder(edits).build_prefix_dfa(word))
    }

    /// Edits that lie between the two; `None` for more than are allowed.
    pub(super) fn edits(&self, word: &str) -> Option<u8> {
        exact(self.0.eval(word))
    }

    /// Calls `each` with every word that is accepted, its value, and the edits.
    pub(super) fn search<D: AsRef<[u8]>>(
        &self,
        dictionary: &fst::Map<D>,
        mut each: impl FnMut(&[u8], u64, u8),
    ) {
        let mut found = dictionary.search_with_state(&self.0).into_stream();
        while let Some((word, value, state)) = found.next() {
            if let Some(edits) = exact(self.0.distance(state)) {
                each(word, value, edits);
            }
        }
    }
}

fn exact(distance: Distance) -> Option<u8> {
    match distance {
        Distance::Exact(edits) => Some(edits),
        Distance::AtLeast(_) => None,
    }
}

/// The tables behind the automata of a distance; made once, as two edits take milliseconds.
fn builder(edits: u8) -> &'static LevenshteinAutomatonBuilder {
    static BUILDERS: [OnceLock<LevenshteinAutomatonBuilder>; 2] = [OnceLock::new(), OnceLock::new()];
    let edits = edits.clamp(1, 2);
    BUILDERS[usize::from(edits) - 1].get_or_init(|| LevenshteinAutomatonBuilder::new(edits, true))
}

impl std::fmt::Debug for Typos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Typos[{} states]", self.0.num_states())
    }
}
