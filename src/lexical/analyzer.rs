//! Text to words: the one definition that items, queries, dictionary and highlights share.

use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, decompose_compatible};
use unicode_segmentation::UnicodeSegmentation;

/// Longest word in characters of its folded form; what is longer is cut there.
pub const MAX_WORD_CHARS: usize = 32;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its folded form, as the dictionary holds it.
    pub text: String,
    /// Where it stands in the original text, in bytes, at character boundaries.
    pub range: Range<usize>,
}

/// The words of `text` in order, by the rules of [`crate::lexical`]. Linear in the length of `text`.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for_each_word(text, |word, range| words.push(Word { text: word.to_owned(), range }));
    words
}

/// Calls `emit` with the folded form and the byte range of each word of `text`: [`words`] without the allocations.
pub fn for_each_word(text: &str, mut emit: impl FnMut(&str, Range<usize>)) {
    let folded = Folded::new(text);
    let mut word = String::new();
    for (at, segment) in folded.text.unicode_word_indices() {
        for part in parts(segment) {
            word.clear();
            // Joiners inside a part (the apostrophe of "don't", the dots of "r.e.m") are not in the word.
            word.extend(part.text.chars().filter(|c| part.keep_points || is_word_char(*c)));
            let mut used = part.text.len();
            if let Some((cut, _)) = word.char_indices().nth(MAX_WORD_CHARS) {
                word.truncate(cut);
                let kept = part.text.char_indices().filter(|(_, c)| part.keep_points || is_word_char(*c));
                used = kept.skip(MAX_WORD_CHARS).map(|(i, _)| i).next().unwrap_or(used);
            }
            if !word.is_empty() {
                let start = at + part.offset;
                emit(&word, folded.original(start..start + used));
            }
        }
    }
}

/// The part of the word at `range` of `text` that its first `letters` folded letters come from, accents included.
pub(super) fn beginning(text: &str, range: Range<usize>, letters: usize) -> Range<usize> {
    let word = text.get(range.clone()).unwrap_or_default();
    let mut folded = String::new();
    let mut found = 0;
    for (at, c) in word.char_indices() {
        folded.clear();
        decompose_compatible(c, |c| fold(c, &mut folded));
        // A character that folds to nothing is an accent of the letter before.
        if found >= letters && !folded.is_empty() {
            return range.start..range.start + at;
        }
        found += folded.chars().filter(|c| is_word_char(*c)).count();
    }
    range
}

/// A piece of a UAX-29 word: one word of ours.
struct Part<'a> {
    offset: usize,
    text: &'a str,
    /// Whether points and commas belong to the word, as in "3.5".
    keep_points: bool,
}

/// UAX-29 keeps "don't", "r.e.m", "3.5", "a:b" and "example.com" whole. Apostrophes join, points join digits and single
/// letters, everything else that is not a letter, digit or mark separates.
fn parts(segment: &str) -> impl Iterator<Item = Part<'_>> {
    let joins = |c: char| c == '\'' || is_word_char(c);
    let plain = segment.chars().all(joins);
    let numeric = !plain && segment.chars().all(|c| c.is_numeric() || matches!(c, '.' | ','));
    let initials = !plain
        && segment.split('.').all(|letter| {
            let mut chars = letter.chars();
            chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
        });
    let whole = plain || numeric || initials;
    let one = whole.then_some(Part { offset: 0, text: segment, keep_points: numeric });
    let split = (!whole).then(move || {
        segment.split(move |c| !joins(c)).map(move |text| Part {
            offset: text.as_ptr() as usize - segment.as_ptr() as usize,
            text,
            keep_points: false,
        })
    });
    one.into_iter().chain(split.into_iter().flatten())
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && unicode_normalization::char::is_combining_mark(c))
}

/// A folded text, and where each of its bytes comes from.
struct Folded<'a> {
    original: &'a str,
    text: String,
    /// For each byte of `text` the offset of the original character that made it; empty where they are the same.
    sources: Vec<usize>,
}

impl<'a> Folded<'a> {
    fn new(original: &'a str) -> Self {
        if original.is_ascii() {
            return Self { original, text: original.to_ascii_lowercase(), sources: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut sources = Vec::with_capacity(original.len());
        for (at, c) in original.char_indices() {
            decompose_compatible(c, |c| fold(c, &mut text));
            sources.resize(text.len(), at);
        }
        Self { original, text, sources }
    }

    /// The original bytes that made the folded bytes `range` (not empty), dropped accents included.
    fn original(&self, range: Range<usize>) -> Range<usize> {
        if self.sources.is_empty() {
            return range;
        }
        let last = self.sources[range.end - 1];
        let last_len = self.original[last..].chars().next().map_or(0, char::len_utf8);
        let next = self.sources.get(range.end).copied().unwrap_or(self.original.len());
        // Where one character made several (a ligature) the next byte may come from the same one.
        self.sources[range.start]..next.max(last + last_len).min(self.next_dropped_end(last + last_len, next))
    }

    /// End of the run of characters from `from` that fold to nothing, at most `until`.
    fn next_dropped_end(&self, from: usize, until: usize) -> usize {
        let Some(rest) = self.original.get(from..until) else { return from };
        rest.char_indices().find(|(_, c)| !is_dropped(*c)).map_or(until, |(i, _)| from + i)
    }
}

/// Appends the folded form of one NFKD character.
fn fold(c: char, out: &mut String) {
    if is_dropped(c) {
        return;
    }
    for c in c.to_lowercase() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{ff07}' => out.push('\''),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            c if is_dropped(c) => {}
            c => out.push(c),
        }
    }
}

/// Accents and other marks above or below a letter, and characters that only steer the layout. Vowel signs (class 0),
/// nukta, kana voicing and virama (classes 7 to 9) are spelling, not accent, and stay.
fn is_dropped(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    canonical_combining_class(c) > 9
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn goldens() {
        for (text, expected) in [
            ("", &[][..]),
            (" \t\n-- !? …", &[]),
            ("Hello, World!", &["hello", "world"]),
            ("Motörhead Sigur Rós Röyksopp Røyksopp", &["motorhead", "sigur", "ros", "royksopp", "royksopp"]),
            ("E\u{301}te\u{301} été", &["ete", "ete"]),
            ("don't L’Oréal levi's 'quoted'", &["dont", "loreal", "levis", "quoted"]),
            ("R.E.M. u.s.a", &["rem", "usa"]),
            ("3.5 oz 1,000 SPF-30", &["3.5", "oz", "1,000", "spf", "30"]),
            (
                "example.com skin.cleans a:b snake_case",
                &["example", "com", "skin", "cleans", "a", "b", "snake", "case"],
            ),
            ("Straße STRASSE", &["strasse", "strasse"]),
            ("ﬁne ½ x²", &["fine", "1", "2", "x2"]),
            ("İstanbul ısı", &["istanbul", "isi"]),
            ("ΣΊΣΥΦΟΣ", &["σισυφοσ"]),
            ("北京 大学", &["北", "京", "大", "学"]),
            ("カタカナ ﾊﾝｶｸ", &["カタカナ", "ハンカク"]),
            ("हिन्दी", &["हिन्दी"]),
            ("co\u{ad}operate", &["cooperate"]),
            ("👍🏽 ok ❤️", &["ok"]),
        ] {
            let want: Vec<String> = expected.iter().map(|w| nfkd(w)).collect();
            assert_eq!(texts(text), want, "{text:?}");
        }
    }

    fn nfkd(text: &str) -> String {
        use unicode_normalization::UnicodeNormalization;
        text.nfkd().collect()
    }

    #[test]
    fn long_words_are_cut_at_a_character() {
        let text = "é".repeat(40);
        let all = words(&text);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].text, "e".repeat(MAX_WORD_CHARS));
        assert_eq!(all[0].range, 0..2 * MAX_WORD_CHARS);
        let hangul = words(&"한".repeat(30));
        assert_eq!(hangul[0].text.chars().count(), MAX_WORD_CHARS);
    }

    #[test]
    fn ranges_point_into_the_original() {
        let text = "Le Café\u{301} d’Été, ﬁn R.E.M.";
        let found: Vec<_> = words(text).iter().map(|w| (w.text.clone(), &text[w.range.clone()])).collect();
        let want =
            [("le", "Le"), ("cafe", "Café\u{301}"), ("dete", "d’Été"), ("fin", "ﬁn"), ("rem", "R.E.M")];
        assert_eq!(found, want.map(|(a, b)| (a.to_owned(), b)));
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_bounded_words_in_order(text in "\\PC{0,80}") {
            let mut end = 0;
            for word in words(&text) {
                proptest::prop_assert!(!word.text.is_empty());
                proptest::prop_assert!(word.text.chars().count() <= MAX_WORD_CHARS);
                proptest::prop_assert!(text.get(word.range.clone()).is_some_and(|s| !s.is_empty()));
                // A character that folds to several words (½) may serve both.
                proptest::prop_assert!(word.range.end >= end);
                end = word.range.end;
            }
        }
    }
}
