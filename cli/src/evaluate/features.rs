//! `--dump-features`: the parts of the engine's scores, on which the build fits weights.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use gensr::{Scores, Task};
use safetensors::tensor::{Dtype, TensorView};

/// Best items by dense score of each case. Signals are not negative, so an item beyond these can hardly come before them.
const BEST: usize = 200;

/// The items of one case that can matter, and the parts of their scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Features {
    /// Place of the wanted item; -1 where the pack lacks it.
    wanted: i64,
    /// Whether any item has a word of the query.
    words: bool,
    dense: Vec<f32>,
    neighbours: Vec<f32>,
    lexical: Vec<f32>,
    in_history: Vec<u8>,
}

impl Features {
    /// Of the best items by dense score, the history, every item that neighbours or typed words lead to, and the wanted one;
    /// by row.
    pub fn of(scores: &Scores, wanted: usize) -> Self {
        let Scores { dense, neighbours, words, history, .. } = scores;
        let mut rows: BTreeSet<u32> = best(dense).collect();
        rows.extend(history);
        rows.extend(neighbours.iter().chain(words).map(|(row, _)| *row));
        rows.insert(wanted as u32);
        let amount = |part: &[(u32, f32)], row: u32| {
            part.binary_search_by_key(&row, |(row, _)| *row).map_or(0.0, |place| part[place].1)
        };
        let own = |row: u32| history.binary_search(&row).is_ok();
        Self {
            wanted: rows.range(..wanted as u32).count() as i64,
            words: scores.has_words,
            dense: rows.iter().map(|row| dense[*row as usize]).collect(),
            neighbours: rows.iter().map(|row| amount(neighbours, *row)).collect(),
            lexical: rows.iter().map(|row| amount(words, *row)).collect(),
            in_history: rows.iter().map(|row| u8::from(own(*row))).collect(),
        }
    }

    /// Of a case whose wanted item the pack does not have: nothing to learn from.
    pub fn missing() -> Self {
        Self { wanted: -1, ..Self::default() }
    }
}

/// Rows of the `BEST` highest scores.
fn best(scores: &[f32]) -> impl Iterator<Item = u32> {
    let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
    if rows.len() > BEST {
        rows.select_nth_unstable_by(BEST, |a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
        rows.truncate(BEST);
    }
    rows.into_iter()
}

/// Writes the features of every case, one group of arrays a task.
pub fn write(path: &Path, cases: &[(Task, &Features)]) -> Result<()> {
    let mut arrays: Vec<(String, Dtype, Vec<u8>)> = Vec::new();
    for (task, name) in [(Task::Recommend, "recommend"), (Task::Search, "search")] {
        let of_task: Vec<&Features> = cases.iter().filter(|(t, _)| *t == task).map(|(_, f)| *f).collect();
        if of_task.is_empty() {
            continue;
        }
        let mut end = 0_u64;
        let ends = of_task.iter().map(|features| {
            end += features.dense.len() as u64;
            end
        });
        let offsets: Vec<u8> = std::iter::once(0).chain(ends).flat_map(u64::to_le_bytes).collect();
        let floats = |of: fn(&Features) -> &[f32]| {
            of_task.iter().flat_map(|features| of(features)).flat_map(|value| value.to_le_bytes()).collect()
        };
        let wanted = of_task.iter().flat_map(|features| features.wanted.to_le_bytes()).collect();
        let words = of_task.iter().map(|features| u8::from(features.words)).collect();
        let own = of_task.iter().flat_map(|features| features.in_history.iter().copied()).collect();
        arrays.extend([
            (format!("{name}.offsets"), Dtype::U64, offsets),
            (format!("{name}.wanted"), Dtype::I64, wanted),
            (format!("{name}.words"), Dtype::U8, words),
            (format!("{name}.dense"), Dtype::F32, floats(|features| &features.dense)),
            (format!("{name}.neighbours"), Dtype::F32, floats(|features| &features.neighbours)),
            (format!("{name}.lexical"), Dtype::F32, floats(|features| &features.lexical)),
            (format!("{name}.in_history"), Dtype::U8, own),
        ]);
    }
    let views = arrays.iter().map(|(name, dtype, bytes)| {
        let elements = bytes.len() * 8 / dtype.bitsize();
        Ok((name.as_str(), TensorView::new(*dtype, vec![elements], bytes)?))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    safetensors::serialize_to_file(views, None, path)
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_every_item_that_can_matter() {
        let scores = Scores {
            dense: (0..1_000).map(|row| -(row as f32)).collect(),
            neighbours: vec![(3, 0.5), (700, 0.25)],
            words: vec![(700, 2.0), (800, 1.0)],
            has_words: true,
            history: vec![5, 900],
            ..Scores::default()
        };
        let features = Features::of(&scores, 999);
        assert!(features.words && !Features::of(&Scores { has_words: false, ..scores.clone() }, 999).words);
        assert_eq!(features.dense.len(), BEST + 4);
        let last = |values: &[f32]| values[BEST..].to_vec();
        assert_eq!(last(&features.dense), [-700.0, -800.0, -900.0, -999.0]);
        assert_eq!(last(&features.neighbours), [0.25, 0.0, 0.0, 0.0]);
        assert_eq!(last(&features.lexical), [2.0, 1.0, 0.0, 0.0]);
        assert_eq!(features.in_history[BEST..], [0, 0, 1, 0]);
        assert_eq!((features.neighbours[3], features.in_history[5]), (0.5, 1));
        assert_eq!(features.wanted, BEST as i64 + 3);
        assert_eq!(Features::of(&scores, 0).wanted, 0);
    }

    #[test]
    fn the_file_has_a_group_for_each_task() {
        let scores = Scores { dense: vec![0.5, 0.25], ..Scores::default() };
        let found = Features::of(&scores, 1);
        let missing = Features::missing();
        let file = tempfile::NamedTempFile::new().unwrap();
        let cases = [(Task::Search, &found), (Task::Search, &missing), (Task::Search, &found)];
        write(file.path(), &cases).unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(read.len(), 7);
        let longs = |name: &str| -> Vec<i64> {
            let (values, _) = read.tensor(name).unwrap().data().as_chunks::<8>();
            values.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
        };
        assert_eq!(longs("search.offsets"), [0, 2, 2, 4]);
        assert_eq!(longs("search.wanted"), [1, -1, 1]);
        assert_eq!(read.tensor("search.dense").unwrap().shape(), [4]);
    }
}
