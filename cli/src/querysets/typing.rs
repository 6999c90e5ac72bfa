//! Typos: what a finger does to a word.

/// Letters that a word needs, before and after, for one typo and for two.
const LETTERS_FOR: [usize; 2] = [4, 8];

/// The words with `typos` (1 or 2) letters wrong, joined by blanks: two in one word, or one in each of two, as the words
/// allow. Letters are deleted, inserted, replaced or swapped with the next one; the first may be wrong. `None` where no word
/// is long enough.
pub fn misspelt(
    words: &[String],
    typos: usize,
    letters: &[char],
    random: &mut fastrand::Rng,
) -> Option<String> {
    // The words that take a typo each.
    let long = |least: usize| (0..words.len()).filter(move |&place| words[place].chars().count() >= least);
    let mut choices: Vec<Vec<(usize, usize)>> =
        long(LETTERS_FOR[typos - 1]).map(|place| vec![(place, typos)]).collect();
    if typos == 2 {
        let pairs = long(LETTERS_FOR[0]).flat_map(|a| long(LETTERS_FOR[0]).map(move |b| (a, b)));
        choices.extend(pairs.filter(|(a, b)| a < b).map(|(a, b)| vec![(a, 1), (b, 1)]));
    }
    random.shuffle(&mut choices);
    choices.into_iter().find_map(|choice| {
        let mut typed = words.to_vec();
        for (place, typos) in choice {
            typed[place] = mistyped(&words[place], typos, letters, random)?;
        }
        Some(typed.join(" "))
    })
}

/// A word with exactly so many typos that is still long enough for them; `None` where chance does not find one.
fn mistyped(word: &str, typos: usize, letters: &[char], random: &mut fastrand::Rng) -> Option<String> {
    const TRIES: usize = 100;
    let right: Vec<char> = word.chars().collect();
    // No keyboard has every script: a word in ASCII gets letters of ASCII.
    let letters: Vec<char> = letters.iter().copied().filter(|c| c.is_ascii() == word.is_ascii()).collect();
    if letters.is_empty() {
        return None;
    }
    (0..TRIES).find_map(|_| {
        let mut typed = right.clone();
        for _ in 0..typos {
            edit(&mut typed, &letters, random);
        }
        let fits = typed.len() >= LETTERS_FOR[typos - 1] && distance(&right, &typed) == typos;
        fits.then(|| typed.into_iter().collect())
    })
}

fn edit(word: &mut Vec<char>, letters: &[char], random: &mut fastrand::Rng) {
    let letter = letters[random.usize(..letters.len())];
    let place = random.usize(..word.len());
    match random.u8(..4) {
        0 => {
            word.remove(place);
        }
        1 => word.insert(random.usize(..=word.len()), letter),
        2 => word[place] = letter,
        _ => {
            let place = place.min(word.len().saturating_sub(2));
            if word.len() > 1 {
                word.swap(place, place + 1);
            }
        }
    }
}

/// Edits between two words, a swap of neighbours being one (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(word: &str) -> Vec<char> {
        word.chars().collect()
    }

    #[test]
    fn distances() {
        for (a, b, edits) in [
            ("lamp", "lamp", 0),
            ("lamp", "lmap", 1),
            ("lamp", "amp", 1),
            ("lamp", "clamps", 2),
            ("", "ab", 2),
        ] {
            assert_eq!(distance(&chars(a), &chars(b)), edits, "{a} {b}");
        }
    }

    #[test]
    fn typos_are_as_many_as_asked_and_words_stay_long_enough() {
        let words: Vec<String> = ["the", "comet", "lampshades"].map(str::to_owned).into();
        let mut random = fastrand::Rng::with_seed(7);
        for typos in [1, 2] {
            for _ in 0..500 {
                let text = misspelt(&words, typos, &chars("abcdé"), &mut random).unwrap();
                let typed: Vec<&str> = text.split(' ').collect();
                let edits: Vec<_> =
                    words.iter().zip(&typed).map(|(a, b)| distance(&chars(a), &chars(b))).collect();
                assert_eq!((typed.len(), edits[0], edits.iter().sum::<usize>()), (3, 0, typos), "{text}");
                assert!(edits[1] < 2 && typed[1].chars().count() >= 4, "{text}");
            }
        }
        assert_eq!(misspelt(&words[..1], 1, &chars("a"), &mut random), None);
        assert_eq!(misspelt(&words[..2], 2, &chars("a"), &mut random), None);
    }
}
