//! The model's score of every item: the decoder's output vector against the rows of the codebook.

use crate::codebook::Codebook;
use crate::error::Result;
use crate::kernels::{QuantisedQuery, scan};
use crate::runtime::CancelToken;

/// Rows scored between two checks of the cancel token: a few milliseconds.
const ROWS_AT_A_TIME: usize = 1 << 16;

/// Dense scores of all items for an output vector (docs/pack-format.md, section 6), into `scores`.
pub(crate) fn score(
    query: &QuantisedQuery,
    codebook: &Codebook,
    scores: &mut Vec<f32>,
    cancel: &CancelToken,
) -> Result<()> {
    scores.resize(codebook.len(), 0.0);
    let (pack, live) = (codebook.fused_rows(), codebook.live_rows());
    let (of_pack, of_live) = scores.split_at_mut(pack.scales.len());
    for (items, scores) in [(pack, of_pack), (live, of_live)] {
        let parts = items.rows.chunks(ROWS_AT_A_TIME * items.dim).zip(items.scales.chunks(ROWS_AT_A_TIME));
        for ((rows, scales), out) in parts.zip(scores.chunks_mut(ROWS_AT_A_TIME)) {
            cancel.check()?;
            scan(rows, items.dim, scales, query, out);
        }
    }
    // Tombstones copy a live score so that they cannot skew the least and the greatest.
    if let Some(living) = codebook.alive().iter().next().filter(|_| !codebook.dead_rows().is_empty()) {
        let score = scores[living as usize];
        codebook.dead_rows().iter().for_each(|row| scores[*row as usize] = score);
    }
    Ok(())
}

/// The dense score of one item, equal to that of [`score`] to the bit.
pub(crate) fn score_row(query: &QuantisedQuery, codebook: &Codebook, row: u32) -> f32 {
    let (values, scale) = codebook.fused_row(row);
    let mut score = [0.0];
    scan(values, values.len(), &[scale], query, &mut score);
    score[0]
}

/// Distance between the greatest and the least of the model's scores; 0 for none.
pub(super) fn range(dense: &[f32]) -> f32 {
    let ends = (f32::INFINITY, f32::NEG_INFINITY);
    let (least, most) = dense.iter().fold(ends, |(least, most), &s| (least.min(s), most.max(s)));
    (most - least).max(0.0)
}
