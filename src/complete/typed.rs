//! Compares typed text with one candidate.

use std::ops::Range;

use crate::lexical::{for_each_word, words};

/// Words of what was typed that are looked at, and of a text that they are looked for in. Longer ones are cut.
const MOST_WORDS: usize = 64;

/// TypedPrefix words; the last may be unfinished.
#[derive(Debug)]
pub(super) struct TypedPrefix {
    /// Folded.
    pub(super) words: Vec<String>,
    /// Whether the last word may go on: nothing but a word was typed after it.
    pub(super) open: bool,
}

/// Where a text has the typed words, the better the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// It begins with them.
    Start,
    /// They follow one another within it.
    Phrase,
    /// They are there, in whatever order.
    Scattered,
}

/// How a text goes on from what was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) place: Place,
    /// The typed parts of the text in bytes, ascending.
    pub(super) ranges: Vec<Range<usize>>,
}

impl TypedPrefix {
    pub(super) fn new(text: &str) -> Self {
        let mut found = words(text);
        found.truncate(MOST_WORDS);
        // A full stop, a space, or a character that folds to nothing else ends the word.
        let open = found.last().is_some_and(|word| word.range.end == text.len());
        Self { words: found.into_iter().map(|word| word.text).collect(), open }
    }

    /// Whether a text has every typed word, the last one as the beginning of a word where it is open; each word of the
    /// text serves one typed word.
    pub(super) fn find(&self, text: &str) -> Option<Match> {
        if self.words.is_empty() || !self.may_be_in(text) {
            return None;
        }
        let mut own: Vec<(String, Range<usize>)> = Vec::new();
        for_each_word(text, |word, range| {
            if own.len() < MOST_WORDS {
                own.push((word.to_owned(), range));
            }
        });
        let fits = |typed: usize, at: usize| {
            let (want, word) = (&self.words[typed], &own[at].0);
            if self.open && typed + 1 == self.words.len() { word.starts_with(want) } else { word == want }
        };
        let phrase = (0..=own.len().checked_sub(self.words.len())?)
            .find(|&from| (0..self.words.len()).all(|typed| fits(typed, from + typed)));
        let (place, at): (_, Vec<usize>) = match phrase {
            Some(from) => (
                if from == 0 { Place::Start } else { Place::Phrase },
                (from..from + self.words.len()).collect(),
            ),
            None => {
                let mut used = Vec::new();
                for typed in 0..self.words.len() {
                    let at = (0..own.len()).find(|at| !used.contains(at) && fits(typed, *at))?;
                    used.push(at);
                }
                (Place::Scattered, used)
            }
        };
        let mut ranges: Vec<_> = at
            .into_iter()
            .enumerate()
            .map(|(typed, at)| typed_part(text, own[at].1.clone(), &self.words[typed]))
            .collect();
        ranges.sort_unstable_by_key(|range| range.start);
        Some(Match { place, ranges })
    }

    /// False only where `find` finds nothing. Some 50 ns for an ASCII text: most texts need no more.
    fn may_be_in(&self, text: &str) -> bool {
        !text.is_ascii() || self.words.iter().all(|word| begins_in(word, text.as_bytes()))
    }
}

/// Whether the letters and digits of a folded word are in an ASCII text, from the beginning of one of its words on,
/// whatever stands between them there.
fn begins_in(word: &str, text: &[u8]) -> bool {
    if !word.is_ascii() {
        return false;
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let mut before = b' ';
    for (at, &byte) in text.iter().enumerate() {
        if byte.is_ascii_alphanumeric() && !before.is_ascii_alphanumeric() {
            let (mut want, mut have) = (word.bytes(), text[at..].iter().map(u8::to_ascii_lowercase));
            loop {
                match (want.find(plain), have.find(plain)) {
                    (None, _) => return true,
                    (Some(want), Some(have)) if want == have => {}
                    _ => break,
                }
            }
        }
        before = byte;
    }
    false
}

/// The part of the word at `range` that the typed beginning of it covers; accents belong to their letter.
fn typed_part(text: &str, range: Range<usize>, typed: &str) -> Range<usize> {
    let word = &text[range.clone()];
    let folded = |end: usize| {
        let mut folded = String::new();
        for_each_word(&word[..end], |part, _| folded.push_str(part));
        folded
    };
    let mut ends = word.char_indices().map(|(at, c)| at + c.len_utf8()).peekable();
    while let Some(end) = ends.next() {
        let covered = folded(end);
        if covered.starts_with(typed) {
            let mut last = end;
            while let Some(&next) = ends.peek() {
                // A combining mark folds to nothing and ends with its letter; a point or an apostrophe begins the rest.
                if word[last..next].is_ascii() || folded(next) != covered {
                    break;
                }
                last = next;
                ends.next();
            }
            return range.start..range.start + last;
        }
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<'a>(typed: &str, text: &'a str) -> Option<(Place, Vec<&'a str>)> {
        let found = TypedPrefix::new(typed).find(text)?;
        Some((found.place, found.ranges.into_iter().map(|range| &text[range]).collect()))
    }

    #[test]
    fn goldens() {
        use Place::{Phrase, Scattered, Start};
        for (typed, text, want) in [
            ("shell", "Alpine Shell Jacket", Some((Phrase, vec!["Shell"]))),
            ("alp", "Alpine Shell Jacket", Some((Start, vec!["Alp"]))),
            ("ALPINE SH", "Alpine Shell Jacket", Some((Start, vec!["Alpine", "Sh"]))),
            ("jacket al", "Alpine Shell Jacket", Some((Scattered, vec!["Al", "Jacket"]))),
            // A finished word is a whole word.
            ("alp ", "Alpine Shell Jacket", None),
            ("alp sh", "Alpine Shell Jacket", None),
            ("hell", "Alpine Shell Jacket", None),
            // Each word serves once.
            ("shell sh", "Alpine Shell Jacket", None),
            ("shell sh", "Shell Shorts", Some((Start, vec!["Shell", "Sh"]))),
            // Accents and case, either side.
            ("sigur ro", "Sigur Rós", Some((Start, vec!["Sigur", "Ró"]))),
            ("cafe", "Le Cafe\u{301}", Some((Phrase, vec!["Cafe\u{301}"]))),
            ("RÖY", "Royksopp", Some((Start, vec!["Roy"]))),
            ("dont", "I Don't Know", Some((Phrase, vec!["Don't"]))),
            ("don", "I Don't Know", Some((Phrase, vec!["Don"]))),
            ("rem", "R.E.M.", Some((Start, vec!["R.E.M"]))),
            ("北", "北京 大学", Some((Start, vec!["北"]))),
            ("", "anything", None),
            (" - ", "anything", None),
            ("a", "", None),
        ] {
            assert_eq!(found(typed, text), want, "{typed:?} in {text:?}");
        }
    }

    proptest! {
        /// The quick look never hides what the slow one finds, and ranges hold what was typed.
        #[test]
        fn beginnings_of_a_text_s_words_are_found(text in "[a-cA-C'.,é 1-3-]{1,24}", pick in 0_usize..8, cut in 1_usize..5) {
            let own = words(&text);
            prop_assume!(!own.is_empty());
            let word = &own[pick % own.len()].text;
            let typed: String = word.chars().take(cut).collect();
            // A beginning that is a word of its own, not "1," of "1,2".
            prop_assume!(words(&typed).first().is_some_and(|w| w.text == typed));
            let found = TypedPrefix::new(&typed).find(&text).expect("it begins so");
            let part = &text[found.ranges[0].clone()];
            let folded: String = words(part).into_iter().map(|w| w.text).collect();
            prop_assert!(folded.starts_with(&typed), "{part:?} for {typed:?}");
        }

        #[test]
        fn any_text_gives_ranges_inside_it(typed in "\\PC{0,12}", text in "\\PC{0,40}") {
            if let Some(found) = TypedPrefix::new(&typed).find(&text) {
                let mut end = 0;
                for range in found.ranges {
                    prop_assert!(text.get(range.clone()).is_some_and(|part| !part.is_empty()));
                    prop_assert!(range.end >= end);
                    end = range.end;
                }
            }
        }
    }
}
