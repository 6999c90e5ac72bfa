//! Where the wanted item stands, and what that is worth. Ties always count against us.

use serde::Serialize;

/// Treatment of the rows of the user's own history in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HistoryRule {
    /// They compete like any other row.
    Plain,
    /// They are left out; the wanted item itself never is.
    LeftOut,
}

/// The rank, from 1, of row `wanted` among all rows; `history` holds distinct rows. Every row that scores the same
/// stands before it.
pub fn rank(scores: &[f32], history: &[u32], wanted: usize, rule: HistoryRule) -> u64 {
    let mark = scores[wanted];
    let above = scores.iter().filter(|score| **score >= mark).count() as u64;
    if rule == HistoryRule::Plain {
        return above;
    }
    let own = history.iter().filter(|&&row| row as usize != wanted && scores[row as usize] >= mark);
    above - own.count() as u64
}

/// The rank of row `wanted` among itself and `negatives`.
pub fn rank_among(scores: &[f32], negatives: &[u32], wanted: usize) -> u64 {
    let mark = scores[wanted];
    1 + negatives.iter().filter(|&&row| row as usize != wanted && scores[row as usize] >= mark).count() as u64
}

/// The best `k` rows as the engine orders them: score descending, row ascending, history rows treated by `rule`.
pub fn top(scores: &[f32], history: &[u32], k: usize, rule: HistoryRule) -> Vec<u32> {
    let left_out = |row: &u32| rule == HistoryRule::LeftOut && history.contains(row);
    let mut rows: Vec<u32> = (0..scores.len() as u32).filter(|row| !left_out(row)).collect();
    let order = |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
    if k < rows.len() {
        rows.select_nth_unstable_by(k, order);
        rows.truncate(k);
    }
    rows.sort_unstable_by(order);
    rows
}

/// Means over test events; a wanted item that is not in the pack counts as never found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Means {
    events: u64,
    hit: [f64; 2],
    gain: [f64; 2],
}

const CUTS: [u64; 2] = [5, 10];

impl Means {
    /// Takes in one rank from 1, or `None` for an item that cannot be found.
    pub fn add(&mut self, rank: Option<u64>) {
        self.events += 1;
        let Some(rank) = rank else { return };
        for (i, cut) in CUTS.into_iter().enumerate() {
            if rank <= cut {
                self.hit[i] += 1.0;
                self.gain[i] += 1.0 / ((rank + 1) as f64).log2();
            }
        }
    }

    fn mean(&self, sum: f64) -> f64 {
        if self.events == 0 { 0.0 } else { sum / self.events as f64 }
    }

    /// The figures of a ranking over the full catalogue.
    pub fn full(&self, users: u64) -> Full {
        Full {
            recall_5: self.mean(self.hit[0]),
            ndcg_5: self.mean(self.gain[0]),
            recall_10: self.mean(self.hit[1]),
            ndcg_10: self.mean(self.gain[1]),
            users,
            events: self.events,
        }
    }

    /// The figures of a ranking among sampled items.
    pub fn sampled(&self, users: u64) -> Sampled {
        let Full { recall_5, ndcg_5, recall_10, ndcg_10, users, events } = self.full(users);
        Sampled { hr_5: recall_5, ndcg_5, hr_10: recall_10, ndcg_10, users, events }
    }
}

/// Full catalogue: one wanted item an event, so recall is the share of events that found it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Full {
    #[serde(rename = "recall@5")]
    pub recall_5: f64,
    #[serde(rename = "ndcg@5")]
    pub ndcg_5: f64,
    #[serde(rename = "recall@10")]
    pub recall_10: f64,
    #[serde(rename = "ndcg@10")]
    pub ndcg_10: f64,
    pub users: u64,
    pub events: u64,
}

/// One wanted item among sampled ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sampled {
    #[serde(rename = "hr@5")]
    pub hr_5: f64,
    #[serde(rename = "ndcg@5")]
    pub ndcg_5: f64,
    #[serde(rename = "hr@10")]
    pub hr_10: f64,
    #[serde(rename = "ndcg@10")]
    pub ndcg_10: f64,
    pub users: u64,
    pub events: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DENSE: [f32; 6] = [0.9, 0.5, 0.7, 0.5, 0.1, 0.8];

    #[test]
    fn ranks_by_hand() {
        // In order: 0 (.9), 5 (.8), 2 (.7), 1 and 3 (.5), 4 (.1).
        assert_eq!(rank(&DENSE, &[], 0, HistoryRule::Plain), 1);
        assert_eq!(rank(&DENSE, &[], 2, HistoryRule::Plain), 3);
        assert_eq!(rank(&DENSE, &[], 1, HistoryRule::Plain), 5, "a tie counts against us");
        assert_eq!(rank(&DENSE, &[], 3, HistoryRule::Plain), 5, "whichever row is asked for");
        assert_eq!(rank(&DENSE, &[0, 5], 1, HistoryRule::LeftOut), 3);
        assert_eq!(rank(&DENSE, &[0, 1], 1, HistoryRule::LeftOut), 4, "the wanted item stays in");
        assert_eq!(rank_among(&DENSE, &[1, 4], 3), 2);
        assert_eq!(rank_among(&DENSE, &[4, 3], 3), 1);
    }

    #[test]
    fn tops_by_hand() {
        assert_eq!(top(&DENSE, &[], 4, HistoryRule::Plain), [0, 5, 2, 1]);
        assert_eq!(top(&DENSE, &[0], 2, HistoryRule::LeftOut), [5, 2]);
        assert_eq!(top(&DENSE, &[0], 10, HistoryRule::LeftOut), [5, 2, 1, 3, 4]);
    }

    #[test]
    fn means_by_hand() {
        let mut means = Means::default();
        for rank in [Some(1), Some(3), Some(7), Some(11), None] {
            means.add(rank);
        }
        let full = means.full(4);
        assert!((full.recall_5 - 2.0 / 5.0).abs() < 1e-12);
        assert!((full.recall_10 - 3.0 / 5.0).abs() < 1e-12);
        // 1 / log2(2) = 1, 1 / log2(4) = 1/2, 1 / log2(8) = 1/3.
        assert!((full.ndcg_5 - 1.5 / 5.0).abs() < 1e-12);
        assert!((full.ndcg_10 - (1.5 + 1.0 / 3.0) / 5.0).abs() < 1e-12);
        assert_eq!((full.users, full.events), (4, 5));
        assert_eq!(Means::default().full(0).recall_10, 0.0);
    }

    /// Scores from a handful of values, so that ties are common; history rows distinct.
    fn cases() -> impl Strategy<Value = (Vec<f32>, Vec<u32>, usize, HistoryRule)> {
        let rule = prop_oneof![Just(HistoryRule::Plain), Just(HistoryRule::LeftOut)];
        (1usize..40, rule).prop_flat_map(|(n, rule)| {
            let scores = prop::collection::vec((-6i8..6).prop_map(|s| f32::from(s) * 0.5), n);
            let history = prop::sample::subsequence((0..n as u32).collect::<Vec<_>>(), 0..=n);
            (scores, history, 0..n, Just(rule))
        })
    }

    proptest! {
        #[test]
        fn rank_is_what_sorting_says((dense, history, wanted, rule) in cases()) {
            // The oracle builds the whole adjusted list, puts the wanted row last among its equals and looks it up.
            let mut list: Vec<(f32, usize)> = Vec::new();
            for (row, &score) in dense.iter().enumerate() {
                let own = history.contains(&(row as u32));
                match rule {
                    HistoryRule::LeftOut if own && row != wanted => {}
                    _ => list.push((score, row)),
                }
            }
            list.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1 == wanted).cmp(&(b.1 == wanted))));
            let place = list.iter().position(|&(_, row)| row == wanted).expect("it is in the list");
            prop_assert_eq!(rank(&dense, &history, wanted, rule), place as u64 + 1);
        }

        #[test]
        fn top_is_what_sorting_says((dense, history, k, rule) in cases()) {
            let mut list: Vec<(f32, u32)> = Vec::new();
            for (row, &score) in dense.iter().enumerate() {
                let row = row as u32;
                match rule {
                    HistoryRule::LeftOut if history.contains(&row) => {}
                    _ => list.push((score, row)),
                }
            }
            list.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let expected: Vec<u32> = list.iter().take(k).map(|&(_, row)| row).collect();
            prop_assert_eq!(top(&dense, &history, k, rule), expected);
        }
    }
}
