//! The words of a query as people type them, and the words of a dictionary that they may mean.

use std::collections::BinaryHeap;

use super::analyzer::for_each_word;
use super::lexicon::Lexicon;
use super::typos::{Typos, edits_allowed};

/// Words of a query that are read; later ones are ignored (no query of users is that long).
pub const MAX_QUERY_WORDS: usize = 32;
/// Words that a beginning is completed to, the most frequent ones.
const COMPLETIONS: usize = 64;
/// Words that a misspelling is taken for, the nearest and of those the most frequent.
const CORRECTIONS: usize = 16;
/// Dictionary words that are looked at to complete one beginning: what bounds the cost of a single letter.
const SCANNED: usize = 20_000;
/// Items from which a known word is taken as it stands: fewer are almost no hits.
const ENOUGH_ITEMS: u32 = 2;
/// Factor of a completion relative to the word itself, if almost nothing of it is typed, and if almost all of it is.
const COMPLETION: [f32; 2] = [0.7, 0.95];
/// Share of that for a completion of a word that is complete as it stands: little in a text, which more likely means the
/// word; more in a title, where the rarity of the word decides how much that is worth.
const OF_KNOWN: f32 = 0.2;
const OF_KNOWN_IN_TITLE: f32 = 0.7;
/// Factor of a word at a number of edits.
const CORRECTION: [f32; 3] = [1.0, 0.8, 0.65];
/// Share of that for a correction of a word that may be the correct beginning of another.
const OF_BEGINNING: f32 = 0.6;
/// Letters from which the beginning of a word may have an edit, too.
const LETTERS_OF_BEGINNING: usize = 5;

/// A query, word by word.
#[derive(Debug, Default)]
pub struct Typed {
    words: Vec<TypedWord>,
    /// Places in `words` in the order of the query, repetitions included.
    order: Vec<usize>,
}

/// A word of a query, and what it may mean.
#[derive(Debug)]
pub struct TypedWord {
    text: String,
    letters: usize,
    exact: Option<u32>,
    /// Whether it may be the beginning of a word: it ends the query.
    last: bool,
    typos: Option<Typos>,
    typos_of_beginning: Option<Typos>,
    /// Whether the dictionary has a word that begins with it.
    completed: bool,
    expansions: Vec<Expansion>,
    rarity: f32,
}

/// A dictionary word that a typed word may stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// Its id.
    pub id: u32,
    /// Its text.
    pub text: Box<str>,
    /// Factor relative to the word as typed; in (0, 1).
    pub factor: f32,
}

/// How a word matches a typed one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// 1 for the word itself.
    pub factor: f32,
    /// Whether only its beginning matches: as many letters as were typed.
    pub beginning: bool,
}

impl Typed {
    /// Reads a query. `items` says how many items have a word, of `catalogue` in all. Tens of microseconds a word that is
    /// looked up with typos, else a few.
    pub fn read<'a, D: AsRef<[u8]> + 'a>(
        query: &str,
        dictionary: impl Into<Lexicon<'a, D>>,
        items: impl Fn(u32) -> u32,
        catalogue: usize,
    ) -> Self {
        let dictionary = dictionary.into();
        let read = |text, last| TypedWord::read(text, last, &dictionary, &items, catalogue);
        Self::split(query, read)
    }

    /// Reads a text whose words are meant as they stand.
    pub fn word_for_word<D: AsRef<[u8]>>(text: &str, dictionary: &Lexicon<'_, D>) -> Self {
        Self::split(text, |text, _| TypedWord::new(text, dictionary))
    }

    fn split(query: &str, read: impl Fn(String, bool) -> TypedWord) -> Self {
        let mut typed = Self::default();
        let mut texts: Vec<(String, bool)> = Vec::new();
        for_each_word(query, |word, range| {
            if typed.order.len() == MAX_QUERY_WORDS {
                return;
            }
            let place = texts.iter().position(|(known, _)| known == word).unwrap_or(texts.len());
            if place == texts.len() {
                texts.push((word.to_owned(), false));
            }
            texts[place].1 |= range.end == query.len();
            typed.order.push(place);
        });
        typed.words = texts.into_iter().map(|(text, last)| read(text, last)).collect();
        typed
    }

    /// Its distinct words, in the order of their first occurrence.
    pub fn words(&self) -> &[TypedWord] {
        &self.words
    }

    /// Places in `words()` in the order of the query.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The typed word that `word` (folded) matches best, and how.
    pub fn likeness(&self, word: &str) -> Option<(usize, Likeness)> {
        let found = self.words.iter().enumerate();
        let found = found.filter_map(|(place, typed)| Some((place, typed.likeness(word)?)));
        found.reduce(|best, next| if next.1.factor > best.1.factor { next } else { best })
    }
}

impl TypedWord {
    /// A word that means what it says.
    fn new<D: AsRef<[u8]>>(text: String, dictionary: &Lexicon<'_, D>) -> Self {
        Self {
            letters: text.chars().count(),
            exact: dictionary.get(&text),
            last: false,
            typos: None,
            typos_of_beginning: None,
            completed: false,
            expansions: Vec::new(),
            rarity: 1.0,
            text,
        }
    }

    fn read<D: AsRef<[u8]>>(
        text: String,
        last: bool,
        dictionary: &Lexicon<'_, D>,
        items: &impl Fn(u32) -> u32,
        catalogue: usize,
    ) -> Self {
        let mut word = Self { last, ..Self::new(text, dictionary) };
        let found = word.exact.map_or(0, items);
        if found > 0 && catalogue > 1 {
            let share = catalogue as f32 / found as f32;
            word.rarity = (share.ln() / (catalogue as f32).ln()).clamp(0.0, 1.0);
        }
        if last {
            word.complete(dictionary, found >= ENOUGH_ITEMS);
        }
        let edits = edits_allowed(&word.text);
        if found < ENOUGH_ITEMS && edits > 0 {
            word.typos = Some(Typos::of_word(&word.text, edits));
            if last && word.letters >= LETTERS_OF_BEGINNING {
                word.typos_of_beginning = Some(Typos::of_beginning(&word.text, edits));
            }
            word.correct(dictionary);
        }
        word.expansions.sort_by(|a, b| b.factor.total_cmp(&a.factor).then(a.id.cmp(&b.id)));
        word
    }

    /// The word as typed, folded.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its id where the dictionary has it.
    pub fn exact(&self) -> Option<u32> {
        self.exact
    }

    /// Expansions, by falling factor.
    pub fn expansions(&self) -> &[Expansion] {
        &self.expansions
    }

    /// Selectivity: 1 for a word that one item has, or none, 0 for one that all have.
    pub fn rarity(&self) -> f32 {
        self.rarity
    }

    /// Letters of its folded form.
    pub fn letters(&self) -> usize {
        self.letters
    }

    /// How a word (folded) of a title matches it, whether the dictionary has that word or not.
    pub fn likeness(&self, word: &str) -> Option<Likeness> {
        if word == self.text {
            return Some(Likeness { factor: 1.0, beginning: false });
        }
        if self.last && word.starts_with(&self.text) {
            let known = self.typos.is_none() && self.exact.is_some();
            let factor = self.completion(word) * if known { OF_KNOWN_IN_TITLE } else { 1.0 };
            return Some(Likeness { factor, beginning: true });
        }
        if let Some(edits) = self.typos.as_ref().and_then(|typos| typos.edits(word)) {
            let factor = self.correction(word, edits)?;
            return Some(Likeness { factor, beginning: false });
        }
        let edits = self.typos_of_beginning.as_ref()?.edits(word)?;
        let factor = self.correction(word, edits)? * self.completion(word);
        Some(Likeness { factor, beginning: true })
    }

    /// Factor of a completion: it grows with the typed share.
    fn completion(&self, word: &str) -> f32 {
        let typed = self.letters as f32 / word.chars().count().max(1) as f32;
        let [least, most] = COMPLETION;
        least + (most - least) * typed.min(1.0)
    }

    /// Factor of a correction; `None` for a word too short for one.
    fn correction(&self, word: &str, edits: u8) -> Option<f32> {
        let enough = edits_allowed(word) > 0;
        let factor = CORRECTION[usize::from(edits.min(2))] * if self.completed { OF_BEGINNING } else { 1.0 };
        enough.then_some(factor)
    }

    fn complete<D: AsRef<[u8]>>(&mut self, dictionary: &Lexicon<'_, D>, known: bool) {
        let mut best = Best::new(COMPLETIONS);
        let mut scanned = 0;
        dictionary.for_each_beginning(&self.text, |word, id| {
            scanned += 1;
            if word.len() > self.text.len() {
                self.completed = true;
                best.offer(0, id, word);
            }
            scanned < SCANNED
        });
        for (_, id, text) in best.ascending() {
            let factor = self.completion(&text) * if known { OF_KNOWN } else { 1.0 };
            self.add(id, text, factor);
        }
    }

    fn correct<D: AsRef<[u8]>>(&mut self, dictionary: &Lexicon<'_, D>) {
        let automata = [(&self.typos, false), (&self.typos_of_beginning, true)];
        let found: Vec<_> = automata
            .into_iter()
            .filter_map(|(typos, beginning)| Some((typos.as_ref()?, beginning)))
            .flat_map(|(typos, beginning)| {
                let mut best = Best::new(CORRECTIONS);
                dictionary.for_each_typo(typos, |word, id, edits| {
                    if edits > 0 {
                        best.offer(edits, id, word);
                    }
                });
                best.ascending().map(move |(edits, id, text)| (edits, id, text, beginning))
            })
            .collect();
        for (edits, id, text, beginning) in found {
            let completion = if beginning { self.completion(&text) } else { 1.0 };
            if let Some(correction) = self.correction(&text, edits) {
                self.add(id, text, correction * completion);
            }
        }
    }

    /// Adds an expansion unless there is one of this word that counts as much.
    fn add(&mut self, id: u32, text: Box<str>, factor: f32) {
        match self.expansions.iter_mut().find(|known| known.id == id) {
            Some(known) => known.factor = known.factor.max(factor),
            None => self.expansions.push(Expansion { id, text, factor }),
        }
    }
}

/// The words with the fewest edits, and of those the smallest ids, which are the most frequent words.
struct Best {
    most: usize,
    /// The worst on top.
    words: BinaryHeap<(u8, u32, Box<str>)>,
}

impl Best {
    fn new(most: usize) -> Self {
        Self { most, words: BinaryHeap::new() }
    }

    fn offer(&mut self, edits: u8, id: u32, word: &[u8]) {
        let full = self.words.len() >= self.most;
        if full && self.words.peek().is_some_and(|(e, i, _)| (*e, *i) <= (edits, id)) {
            return;
        }
        // A dictionary that is no text is a damaged one: its words are no one's.
        let Ok(text) = std::str::from_utf8(word) else { return };
        self.words.push((edits, id, text.into()));
        if full {
            self.words.pop();
        }
    }

    fn ascending(self) -> impl Iterator<Item = (u8, u32, Box<str>)> {
        self.words.into_sorted_vec().into_iter()
    }
}

#[cfg(test)]
mod tests;
