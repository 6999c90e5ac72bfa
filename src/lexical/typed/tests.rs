use super::super::words;
use super::*;
use proptest::prelude::*;

/// A dictionary of words by falling frequency.
fn dictionary(words: &[&str]) -> fst::Map<Vec<u8>> {
    let mut words: Vec<_> = words.iter().copied().zip(0_u64..).collect();
    words.sort_unstable();
    fst::Map::from_iter(words).unwrap()
}

/// Every word is in 3 of 1,000 items.
fn read(query: &str, words: &[&str]) -> Typed {
    Typed::read(query, &dictionary(words), |_| 3, 1_000)
}

fn expansions(query: &str, words: &[&str]) -> Vec<String> {
    let typed = read(query, words);
    let last = typed.words().last().expect("a word");
    let mut texts: Vec<_> = last.expansions().iter().map(|expansion| expansion.text.to_string()).collect();
    texts.sort_unstable();
    texts
}

#[test]
fn the_last_word_may_be_a_beginning() {
    let words = ["lamp", "lampshade", "lamps", "tent"];
    assert_eq!(expansions("te", &words), ["tent"]);
    assert_eq!(expansions("lamp", &words), ["lamps", "lampshade"]);
    // Not the last one, or closed by a mark.
    assert!(read("te lamp", &words).words()[0].expansions().is_empty());
    assert!(expansions("te!", &words).is_empty());
    assert!(read("te!", &words).likeness("tent").is_none());
}

#[test]
fn typos_need_letters() {
    let words = ["tent", "headlamp", "lampshade", "box"];
    for (query, meant) in [
        // One edit of each kind, the first letter included.
        ("tnet", &["tent"][..]),
        ("teent", &["tent"]),
        ("tend", &["tent"]),
        ("cent", &["tent"]),
        // Two edits from eight letters.
        ("haedlmap", &["headlamp"]),
        ("lmapshde", &["lampshade"]),
        // Three letters, and seven with two edits.
        ("bix", &[]),
        ("ten", &["tent"]),
        ("tne", &[]),
        ("haedlmp", &[]),
    ] {
        assert_eq!(expansions(query, &words), meant, "{query}");
    }
}

#[test]
fn a_word_with_items_is_not_corrected_and_one_without_is() {
    let words = dictionary(&["tent", "vent"]);
    for (items, corrected) in [(0, true), (1, true), (2, false), (900, false)] {
        let typed = Typed::read("tent x", &words, |_| items, 1_000);
        assert_eq!(!typed.words()[0].expansions().is_empty(), corrected, "{items} items");
        assert_eq!(typed.likeness("vent").is_some(), corrected, "{items} items");
    }
}

#[test]
fn the_nearer_counts_more() {
    let typed = read("headlam", &["headlamp", "headland", "headlong", "hedlam"]);
    let factors: Vec<_> =
        ["headlam", "headlamp", "hedlam"].map(|word| typed.likeness(word).unwrap().1.factor).into();
    assert!(factors[0] == 1.0 && factors.is_sorted_by(|a, b| a > b), "{factors:?}");
    let expansions = typed.words()[0].expansions();
    assert!(expansions.is_sorted_by(|a, b| a.factor >= b.factor));
    for Expansion { text, factor, .. } in expansions {
        assert_eq!(typed.likeness(text).map(|(_, like)| like.factor), Some(*factor), "{text}");
    }
}

#[test]
fn one_letter_is_completed_to_the_most_frequent_words() {
    let words: Vec<String> = (0..500).map(|n| format!("a{n}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let typed = read("a", &words);
    let mut ids: Vec<_> = typed.words()[0].expansions().iter().map(|expansion| expansion.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..64).collect::<Vec<_>>());
}

#[test]
fn long_queries_are_read_up_to_a_bound() {
    let query = (0..100).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    assert_eq!(read(&query, &["w1"]).words().len(), MAX_QUERY_WORDS);
    let typed = read("the the", &["the"]);
    assert_eq!((typed.words().len(), typed.order()), (1, &[0, 0][..]));
}

/// Edits between two words, a swap of neighbours being one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut cost = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            cost[i][j] = match (i, j) {
                (0, n) | (n, 0) => n,
                _ => {
                    let replaced = cost[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    replaced.min(cost[i - 1][j] + 1).min(cost[i][j - 1] + 1)
                }
            };
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost[i][j] = cost[i][j].min(cost[i - 2][j - 2] + 1);
            }
        }
    }
    cost[a.len()][b.len()]
}

proptest! {
    /// Against every word of the dictionary compared by hand.
    #[test]
    fn corrections_equal_brute_force(
        known in prop::collection::btree_set("[abä]{3,9}", 1..40),
        typed in "[abä]{3,9}",
    ) {
        // As the analyzer folds them; "x" keeps the word from being a beginning.
        let fold = |text: &str| words(text)[0].text.clone();
        let known: std::collections::BTreeSet<String> = known.iter().map(|word| fold(word)).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let typed = fold(&typed);
        prop_assume!(!known.contains(&typed.as_str()));
        let edits = match typed.len() { 0..4 => 0, 4..8 => 1, _ => 2 };
        let mut want: Vec<(usize, usize)> = (0..)
            .zip(&known)
            .map(|(id, word)| (distance(&typed, word), id))
            .filter(|(apart, id)| *apart <= edits && known[*id].len() >= 4)
            .collect();
        want.sort_unstable();
        let found = read(&format!("{typed} x"), &known);
        let mut found: Vec<usize> = found.words()[0].expansions().iter().map(|e| e.id as usize).collect();
        found.sort_unstable();
        if want.len() <= CORRECTIONS {
            let mut ids: Vec<_> = want.iter().map(|(_, id)| *id).collect();
            ids.sort_unstable();
            prop_assert_eq!(found, ids);
        } else {
            // Of the nearest that do not fit, which ones depends on those too short to be meant.
            let farthest = want[CORRECTIONS - 1].0;
            prop_assert!(found.iter().all(|id| distance(&typed, known[*id]) <= farthest));
        }
    }

    #[test]
    fn any_query_is_read(query in "\\PC{0,60}", known in prop::collection::vec("\\PC{1,12}", 0..20)) {
        let known: Vec<String> = known.iter().flat_map(|text| words(text)).map(|word| word.text).collect();
        let mut known: Vec<&str> = known.iter().map(String::as_str).collect();
        known.sort_unstable();
        known.dedup();
        let typed = read(&query, &known);
        for word in typed.words() {
            prop_assert!(word.expansions().len() <= COMPLETIONS + 2 * CORRECTIONS);
            prop_assert!(word.expansions().iter().all(|e| e.factor > 0.0 && e.factor < 1.0));
            prop_assert!((0.0..=1.0).contains(&word.rarity()));
        }
    }
}
