//! Prompt to scores: the decoder's answer to one prompt over a state, the score of every item for it, and the evidence
//! that is fused with it.

mod evidence;
mod taste;
mod titles;

use crate::codebook::Codebook;
use crate::encode::State;
use crate::error::{Error, Result};
use crate::kernels::{QuantisedQuery, scan};
use crate::runtime::{CancelToken, Graph, INSTRUCTION, Input, Sizes};

pub(crate) use evidence::{Asked, Evidence, Recent, recent};
pub(crate) use taste::Taste;
pub(crate) use titles::distance;

/// Rows that are scored between two looks at the token: a few milliseconds.
const ROWS_AT_A_TIME: usize = 1 << 16;

/// One request, as the decoder reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prompt<'a> {
    pub(crate) search: bool,
    /// Features of the query; `None` where there is none.
    pub(crate) query: Option<&'a [f32]>,
    /// Features of what it is told in words beside that; `None` where there is nothing, and for decoders that do not take it.
    pub(crate) instruction: Option<&'a [f32]>,
    /// Bucket of the time since the last event.
    pub(crate) gap: u8,
}

/// The output vector `z` of a prompt; always finite.
pub(crate) fn output(
    prompt: &Prompt<'_>,
    state: &State,
    graph: &Graph,
    sizes: &Sizes,
    cancel: &CancelToken,
) -> Result<Vec<f32>> {
    let Sizes { dim, query, layers, heads, head_dim, .. } = *sizes;
    let nothing = vec![0.0; query];
    let shapes = ([1, query], [1], [layers, 2, heads, 2 * state.len(), head_dim]);
    let (task, gap) = ([i64::from(prompt.search)], [i64::from(prompt.gap)]);
    let mut inputs = vec![
        Input::F32(&shapes.0, prompt.query.unwrap_or(&nothing)),
        Input::I64(&shapes.1, &task),
        Input::I64(&shapes.1, &gap),
        Input::F32(&shapes.2, state.decoder()),
    ];
    if graph.takes(INSTRUCTION) {
        inputs.push(Input::F32(&shapes.0, prompt.instruction.unwrap_or(&nothing)));
    }
    let [output] = graph.run(&inputs, [&[1, dim]], cancel)?;
    if output.iter().all(|value| value.is_finite()) {
        return Ok(output);
    }
    Err(Error::bad_pack("graph decoder answers with numbers that are not finite"))
}

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
    // What is no more scores like something that is there: the best and the worst score are those of the catalogue.
    if let Some(living) = codebook.alive().iter().next().filter(|_| !codebook.dead_rows().is_empty()) {
        let score = scores[living as usize];
        codebook.dead_rows().iter().for_each(|row| scores[*row as usize] = score);
    }
    Ok(())
}

/// The dense score of one item: what `score` gives it, to the bit.
pub(crate) fn score_row(query: &QuantisedQuery, codebook: &Codebook, row: u32) -> f32 {
    let (values, scale) = codebook.fused_row(row);
    let mut score = [0.0];
    scan(values, values.len(), &[scale], query, &mut score);
    score[0]
}
