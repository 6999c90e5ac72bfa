//! Words: how a text becomes words, the dictionary of a catalogue, and the index that a build asks for.
//!
//! # What a word is
//!
//! 1. The text is decomposed (NFKD), accents are dropped, letters are lowercased: `Motörhead` is `motorhead`. Letters that do
//!    not decompose fold to their usual spelling (`ø` o, `ß` ss, `æ` ae, `œ` oe, `ł` l, `đ` `ð` d, `þ` th, `ı` i, `ς` σ).
//!    Marks that are spelling rather than accent (vowel signs, kana voicing, nukta, virama) stay; soft hyphens, zero-width
//!    and variation characters go.
//! 2. It is cut into words by Unicode UAX #29; scripts without spaces give single ideographs (Han, Hiragana, Thai).
//! 3. Within such a word apostrophes are removed (`don't` is `dont`), points join single letters (`R.E.M.` is `rem`) and
//!    digits (`3.5` stays), any other character that is neither letter, digit nor mark separates (`example.com` is two words).
//! 4. A word longer than 32 characters is cut there.
//!
//! The rules are part of the pack format: dictionary, word vectors and postings of a pack are built with them and read with
//! them, by this code in both cases.

mod analyzer;
mod dictionary;
mod index;
mod lexicon;
mod postings;
mod title;
mod typed;
mod typos;

pub use analyzer::{MAX_WORD_CHARS, Word, for_each_word, words};
pub use index::{IndexSummary, index};
pub(crate) use lexicon::Lexicon;
pub(crate) use title::{TitleMatch, TitleWord};
pub(crate) use typed::{Typed, TypedWord};
