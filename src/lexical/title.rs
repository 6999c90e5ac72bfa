//! How well a title answers a query, and which parts of it.

use std::ops::Range;

use super::analyzer::{beginning, for_each_word};
use super::typed::{Likeness, Typed};

/// Words of a title that are compared.
const MAX_TITLE_WORDS: usize = 64;
/// Strength of a title that contains the words somewhere, relative to one that consists of them.
const SOMEWHERE: f32 = 0.5;
/// Shares of the strength that hang on the words standing side by side in their order, and at the beginning.
const ADJACENT: f32 = 0.2;
const AT_START: f32 = 0.1;
/// Weight of a word that every item has, beside 1 for one that a single item has.
const LEAST_WEIGHT: f32 = 0.05;

/// Match of a title with a query.
#[derive(Debug, Clone, PartialEq)]
pub struct TitleMatch {
    /// Title and query have the same words in the same order.
    pub exact: bool,
    /// The title has the words of the query, two or more, side by side in their order.
    pub phrase: bool,
    /// 0 to 1: how much of the query, in what order, is in the title, and how little else.
    pub strength: f32,
    /// 0 to 1: rarity of what matches, 1 where chance would bring the words together in no more than one item. A word that
    /// many items have in their texts says little about a title.
    pub rarity: f32,
    /// 0 to 1: share of the query that the title explains and the dictionary does not, and how well it does.
    pub unknown: f32,
}

/// A word of a title that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct TitleWord {
    /// The word, folded.
    pub text: String,
    /// The part of the title that matches, in bytes at character boundaries.
    pub range: Range<usize>,
}

impl Typed {
    /// Compares a title with the query. Around a microsecond for a title of a few words.
    pub fn title(&self, title: &str) -> TitleMatch {
        // Of each word of the title the typed word that it matches, and how.
        let mut found: Vec<Option<(usize, Likeness)>> = Vec::new();
        let (mut letters, mut matched_letters) = (0.0, 0.0);
        for_each_word(title, |word, _| {
            if found.len() == MAX_TITLE_WORDS {
                return;
            }
            let length = word.chars().count();
            let like = self.likeness(word);
            if let Some((_, like)) = like {
                matched_letters += like.factor * length as f32;
            }
            letters += length as f32;
            found.push(like);
        });
        let mut best = vec![0.0_f32; self.words().len()];
        for (place, like) in found.iter().flatten() {
            best[*place] = best[*place].max(like.factor);
        }
        let (mut all, mut covered, mut likeness, mut unknown, mut rarity) = (0.0, 0.0, 0.0, 0.0, 0.0_f32);
        for (word, factor) in self.words().iter().zip(best) {
            let weight = LEAST_WEIGHT + (1.0 - LEAST_WEIGHT) * word.rarity();
            all += weight;
            if factor > 0.0 {
                covered += weight;
                likeness += weight * factor;
                rarity += word.rarity();
                unknown += if word.exact().is_none() { weight * factor } else { 0.0 };
            }
        }
        if covered == 0.0 {
            return TitleMatch { exact: false, phrase: false, strength: 0.0, rarity: 0.0, unknown: 0.0 };
        }
        let whole = SOMEWHERE + (1.0 - SOMEWHERE) * matched_letters / letters;
        let start = found.first().copied().flatten().map(|(place, _)| place);
        let at_start = if start == self.order().first().copied() { AT_START } else { 0.0 };
        let order = 1.0 - ADJACENT - AT_START + ADJACENT * self.adjacent(&found) + at_start;
        let coverage = covered / all;
        TitleMatch {
            exact: found.len() == self.order().len() && self.is_said_by(&found),
            phrase: self.order().len() > 1
                && found.windows(self.order().len()).any(|part| self.is_said_by(part)),
            strength: coverage * coverage * (likeness / covered) * whole * order,
            rarity: rarity.min(1.0),
            unknown: coverage * unknown / all,
        }
    }

    /// Whether words of a title are those of the query as typed, as many of them as the query has.
    fn is_said_by(&self, words: &[Option<(usize, Likeness)>]) -> bool {
        words
            .iter()
            .zip(self.order())
            .all(|(word, place)| word.is_some_and(|(found, like)| found == *place && like.factor == 1.0))
    }

    /// Share of the pairs of neighbours in the query that are neighbours in the title; 1 for a single word.
    fn adjacent(&self, title: &[Option<(usize, Likeness)>]) -> f32 {
        let pairs = self.order().windows(2);
        if pairs.len() == 0 {
            return 1.0;
        }
        let place = |word: &Option<(usize, Likeness)>| word.map(|(place, _)| place);
        let in_title = |pair: &&[usize]| {
            title.windows(2).any(|two| place(&two[0]) == Some(pair[0]) && place(&two[1]) == Some(pair[1]))
        };
        let all = pairs.len();
        pairs.filter(in_title).count() as f32 / all as f32
    }

    /// The words of a title that match, in order. Of a word that was typed in part, the part.
    pub fn title_words(&self, title: &str) -> Vec<TitleWord> {
        let mut words: Vec<TitleWord> = Vec::new();
        for_each_word(title, |word, range| {
            if let Some((place, like)) = self.likeness(word) {
                let range = if like.beginning {
                    beginning(title, range, self.words()[place].letters())
                } else {
                    range
                };
                // A character that folds to two words (½) would be in both.
                if words.last().is_none_or(|last| last.range.end <= range.start) {
                    words.push(TitleWord { text: word.to_owned(), range });
                }
            }
        });
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A query over a dictionary in which only "the" and "rock" are words of many items.
    fn typed(query: &str) -> Typed {
        let words = fst::Map::from_iter([("black", 2), ("keys", 3), ("rock", 1), ("the", 0)]).unwrap();
        Typed::read(query, &words, |id| [900, 500, 20, 2][id as usize], 1_000)
    }

    fn parts<'a>(query: &str, title: &'a str) -> Vec<&'a str> {
        typed(query).title_words(title).into_iter().map(|word| &title[word.range]).collect()
    }

    #[test]
    fn exact_titles_are_those_with_the_same_words() {
        for (query, title, exact) in [
            ("the black keys", "The Black Keys", true),
            ("the black keys", "The  Bläck-Keys!", true),
            ("the black key", "The Black Keys", false),
            ("black the keys", "The Black Keys", false),
            ("the black keys", "The Black Keys 2", false),
            ("black black", "Black", false),
            ("black black", "Black, black", true),
            ("the", "", false),
        ] {
            assert_eq!(typed(query).title(title).exact, exact, "{query} and {title}");
        }
    }

    #[test]
    fn phrases_are_words_as_typed_side_by_side() {
        for (query, title, phrase) in [
            ("black keys", "The Black Keys Live", true),
            ("the black keys", "The Black Keys", true),
            ("black keys", "Black and Keys", false),
            ("black keys", "Keys Black", false),
            ("black key", "Black Keys", false),
            ("blakc keys", "Black Keys", false),
            ("keys", "The Keys", false),
            ("北京", "在北京的", true),
            ("北京", "京北", false),
        ] {
            assert_eq!(typed(query).title(title).phrase, phrase, "{query} and {title}");
        }
    }

    #[test]
    fn closer_titles_are_stronger() {
        for (query, titles) in [
            (
                "black keys",
                &["Black Keys", "Black Keys Live", "Live Black Keys", "Keys Black Live", "Black"][..],
            ),
            ("keys", &["Keys", "Keys of Life", "Alicia Keys", "Keysville Inn of Life"]),
            ("blakc", &["Black", "Black Keys", "The Black"]),
        ] {
            let typed = typed(query);
            let strengths: Vec<_> = titles.iter().map(|title| typed.title(title).strength).collect();
            assert!(strengths.is_sorted_by(|a, b| a > b), "{query}: {strengths:?}");
            assert!(strengths.iter().all(|s| (0.0..=1.0).contains(s)), "{query}: {strengths:?}");
        }
        assert_eq!(typed("keys").title("Something").strength, 0.0);
    }

    #[test]
    fn a_common_word_says_little_and_an_unknown_one_much() {
        let [common, rare, unknown] =
            ["rock", "keys", "kezs"].map(|query| typed(query).title("Keys to Rock"));
        assert!(common.rarity < 0.2 && rare.rarity > 0.8, "{common:?} {rare:?}");
        assert_eq!((common.unknown, rare.unknown), (0.0, 0.0));
        assert!(unknown.unknown > 0.5, "{unknown:?}");
    }

    #[test]
    fn the_parts_that_match_are_those_of_the_original() {
        for (query, title, found) in [
            ("black keys", "The Black, Keys", &["Black", "Keys"][..]),
            // The typed part of a word; accents belong to their letters.
            ("moto", "Motörhead", &["Motö"]),
            ("motor", "Moto\u{308}rhead", &["Moto\u{308}r"]),
            ("stra", "Straße", &["Stra"]),
            ("stras", "Straße", &["Straß"]),
            ("don", "Don't look", &["Don"]),
            ("dont", "Don't look", &["Don't"]),
            // A typo marks the word.
            ("blakc", "The Black Keys", &["Black"]),
            // Only the last word may go on.
            ("bl keys", "Blue Keys", &["Keys"]),
            ("北京", "北京大学", &["北", "京"]),
            ("nothing", "The Black Keys", &[]),
        ] {
            assert_eq!(parts(query, title), found, "{query} in {title}");
        }
    }

    proptest! {
        #[test]
        fn ranges_lie_in_any_title(query in "\\PC{0,30}", title in "\\PC{0,60}") {
            let mut end = 0;
            for word in typed(&query).title_words(&title) {
                prop_assert!(word.range.start >= end && !word.range.is_empty());
                prop_assert!(title.get(word.range.clone()).is_some());
                end = word.range.end;
            }
            let found = typed(&query).title(&title);
            prop_assert!((0.0..=1.0).contains(&found.strength) && (0.0..=1.0).contains(&found.unknown));
            // A title is an exact match of itself.
            let itself = typed(&title).title(&title);
            let words = super::super::words(&title).len();
            prop_assert!(itself.exact == (1..=super::super::typed::MAX_QUERY_WORDS).contains(&words));
        }
    }
}
