//! Prompt to output vector: the decoder's answer to one prompt over a state.

use super::State;
use crate::error::{Error, Result};
use crate::runtime::{CancelToken, Graph, INSTRUCTION, Input, Sizes};

/// One request, as the decoder reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prompt<'a> {
    pub(crate) search: bool,
    /// Features of the query; `None` where there is none.
    pub(crate) query: Option<&'a [f32]>,
    /// Features of an intent; `None` where there is none, and for decoders without that input.
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
