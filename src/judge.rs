//! The judge: "would this user want this item (for this query)?", asked of the best items of an answer in one call.
//!
//! GenSR asks it with a whole forward pass for each candidate (arXiv 2504.06714). Here the graph continues after history
//! and prompt, which are computed once for all candidates, and no candidate sees another: what is said of an item does not
//! depend on which others are asked about.

use crate::codebook::Codebook;
use crate::encode::State;
use crate::error::{Error, Result};
use crate::generate::Prompt;
use crate::pack::TaskSpec;
use crate::runtime::{CancelToken, Graph, Input, Sizes};

/// How many items of an answer are judged: the best by everything else.
pub const JUDGED: usize = 100;

/// The logits of P(Yes) of the items in these rows, after a state and the prompt that follows it; always finite.
pub(crate) fn logits(
    prompt: &Prompt<'_>,
    state: &State,
    rows: &[u32],
    graph: &Graph,
    codebook: &Codebook,
    sizes: &Sizes,
    cancel: &CancelToken,
) -> Result<Vec<f32>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let Sizes { dim, semantic: code, query, layers, heads, head_dim, .. } = *sizes;
    let nothing = vec![0.0; query];
    let mut fused = vec![0.0; rows.len() * dim];
    let mut semantic = vec![0.0; rows.len() * code];
    for (place, row) in rows.iter().enumerate() {
        codebook.fused_into(*row, &mut fused[place * dim..(place + 1) * dim]);
        codebook.semantic_into(*row, &mut semantic[place * code..(place + 1) * code]);
    }
    let inputs = [
        Input::F32(&[1, query], prompt.query.unwrap_or(&nothing)),
        Input::I64(&[1], &[i64::from(prompt.search)]),
        Input::I64(&[1], &[i64::from(prompt.gap)]),
        Input::F32(&[layers, 2, heads, 2 * state.len(), head_dim], state.decoder()),
        Input::F32(&[rows.len(), dim], &fused),
        Input::F32(&[rows.len(), code], &semantic),
    ];
    let [logits] = graph.run(&inputs, [&[rows.len()]], cancel)?;
    if logits.iter().all(|logit| logit.is_finite()) {
        return Ok(logits);
    }
    Err(Error::bad_pack("graph judge answers with numbers that are not finite"))
}

/// What the judge adds to the scores of the items that it was asked about.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// By row, ascending.
    parts: Vec<(u32, f32)>,
}

impl Judged {
    /// From the logits of some rows and the weight that a task gives them.
    pub(crate) fn new(rows: &[u32], logits: &[f32], task: &TaskSpec) -> Self {
        let mut parts: Vec<_> = rows.iter().copied().zip(task.judge_worth(logits)).collect();
        parts.sort_unstable_by_key(|(row, _)| *row);
        Self { parts }
    }

    /// Adds it.
    pub(crate) fn apply(&self, scores: &mut [f32]) {
        for (row, part) in &self.parts {
            if let Some(score) = scores.get_mut(*row as usize) {
                *score += part;
            }
        }
    }

    /// The part of the score of a row; `None` where the judge was not asked.
    pub(crate) fn of(&self, row: u32) -> Option<f32> {
        self.parts.binary_search_by_key(&row, |(row, _)| *row).ok().map(|place| self.parts[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn task(judge: f32) -> TaskSpec {
        let json = serde_json::json!({"exclude_history": false, "history": 0.0, "judge": judge});
        serde_json::from_value(json).unwrap()
    }

    proptest! {
        /// Whoever is judged stays ahead of whoever is not, and among the judged the sum of both decides.
        #[test]
        fn judged_items_stay_before_the_rest(
            scores in prop::collection::vec(-4.0_f32..4.0, 1..60),
            logits in prop::collection::vec(-30.0_f32..10.0, 60),
            asked in 1_usize..40,
            weight in 0.0_f32..3.0,
        ) {
            let mut order: Vec<u32> = (0..scores.len() as u32).collect();
            order.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
            let rows = &order[..asked.min(order.len())];
            let logits = &logits[..rows.len()];
            let judged = Judged::new(rows, logits, &task(weight));
            let mut after = scores.clone();
            judged.apply(&mut after);
            let lowest = rows.iter().map(|row| after[*row as usize]).fold(f32::INFINITY, f32::min);
            for row in &order[rows.len()..] {
                prop_assert_eq!(judged.of(*row), None);
                prop_assert_eq!(after[*row as usize], scores[*row as usize]);
                prop_assert!(after[*row as usize] <= lowest);
            }
            for ((a, x), (b, y)) in rows.iter().zip(logits).zip(rows.iter().zip(logits).skip(1)) {
                let gained = judged.of(*a).unwrap() - judged.of(*b).unwrap();
                prop_assert!((gained - weight * (x - y)).abs() < 1e-4);
                prop_assert!(judged.of(*a).unwrap() >= 0.0);
            }
        }
    }

    #[test]
    fn nobody_asked_changes_nothing() {
        let mut scores = [1.0, 2.0];
        Judged::default().apply(&mut scores);
        Judged::new(&[], &[], &task(2.0)).apply(&mut scores);
        assert_eq!(scores, [1.0, 2.0]);
        // A row that does not exist is no reason to panic.
        Judged::new(&[7, 0], &[1.0, 0.0], &task(2.0)).apply(&mut scores);
        assert_eq!(scores, [1.0, 2.0]);
    }
}
