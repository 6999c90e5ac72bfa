//! The bounds that the format gives to a manifest (docs/pack-format.md, section 3), so that what is computed from it never
//! overflows and a hostile one cannot ask for gigabytes of state.

use std::collections::HashSet;
use std::fmt::Display;

use super::manifest::{
    AttributeSpec, KindSpec, LexicalSpec, Manifest, NeighbourSpec, TaskSpec, TextEncoderKind,
};
use crate::error::{Error, Result};

/// Most items of a pack.
pub const MAX_ITEMS: usize = 4_000_000;
/// Widest item row.
pub const MAX_DIM: usize = 1_024;
/// Longest window of events.
pub const MAX_WINDOW: usize = 512;
const MAX_LAYERS: usize = 32;
const MAX_HEADS: usize = 64;
const MAX_HEAD_DIM: usize = 512;
const MAX_STATE_WIDTH: usize = 2_048;
const MAX_TEXT_DIM: usize = 4_096;
const MAX_TOKENS: usize = 4_096;
const MAX_KINDS: usize = 256;
const MAX_BUCKETS: usize = 64;
const MAX_ATTRIBUTES: usize = 64;
const MAX_NAME_BYTES: usize = 256;
const MAX_SILENT: usize = 4_096;
const MAX_NEIGHBOURS: usize = 64;
const MAX_NEIGHBOUR_EVENTS: usize = 512;
/// Largest integer that every JSON reader can hold.
const MAX_MS: i64 = 1 << 53;

impl Manifest {
    /// Refuses values outside the bounds of the format.
    pub(super) fn check(&self) -> Result<()> {
        within("items", self.items, 1, MAX_ITEMS)?;
        within("dim", self.dim, 64, MAX_DIM)?;
        if !self.dim.is_multiple_of(64) {
            return Err(bad(format_args!("dim {} is not a multiple of 64", self.dim)));
        }
        within("semantic_dim", self.semantic_dim(), 1, self.dim)?;
        within("name's bytes", self.name.len(), 0, MAX_NAME_BYTES)?;
        within("time.buckets", self.time.buckets, 1, MAX_BUCKETS)?;
        if self.data_ms.is_some_and(|ms| !(0..=MAX_MS).contains(&ms)) {
            return Err(bad(format_args!("data_ms is not 0 to {MAX_MS}")));
        }
        self.check_model()?;
        check_kinds(&self.kinds)?;
        for task in [&self.tasks.recommend, &self.tasks.search].into_iter().chain(&self.tasks.intent) {
            check_task(task, self.model.query_dim)?;
        }
        self.neighbours.as_ref().map_or(Ok(()), check_neighbours)?;
        self.lexical.as_ref().map_or(Ok(()), check_lexical)?;
        check_attributes(&self.attributes)
    }

    fn check_model(&self) -> Result<()> {
        let m = &self.model;
        within("model.layers", m.layers, 1, MAX_LAYERS)?;
        within("model.heads", m.heads, 1, MAX_HEADS)?;
        within("model.head_dim", m.head_dim, 1, MAX_HEAD_DIM)?;
        within("model.heads * model.head_dim", m.heads * m.head_dim, 1, MAX_STATE_WIDTH)?;
        within("model.window", m.window, 1, MAX_WINDOW)?;
        within("model.slide", m.slide, 1, m.window)?;
        let text = &self.text_encoder;
        let (least_dim, most_dim, least_tokens, most_tokens) = match text.kind {
            TextEncoderKind::Minilm => (1, MAX_TEXT_DIM, 2, MAX_TOKENS),
            TextEncoderKind::Static => (0, 0, 0, 0),
        };
        within("text_encoder.dim", text.dim, least_dim, most_dim)?;
        within("text_encoder.max_tokens", text.max_tokens, least_tokens, most_tokens)?;
        let query_dim = text.dim + self.dim;
        within("model.query_dim", m.query_dim, query_dim, query_dim)
    }
}

fn check_kinds(kinds: &[KindSpec]) -> Result<()> {
    within("number of kinds", kinds.len(), 0, MAX_KINDS)?;
    let mut seen = HashSet::new();
    for kind in kinds {
        within("bytes of a kind's name", kind.name.len(), 1, MAX_NAME_BYTES)?;
        let good = matches!(kind.sign, 1 | -1) && kind.strength > 0.0 && kind.strength <= 1.0;
        if !good || !seen.insert(kind.name.as_str()) {
            return Err(bad(format_args!("kind {:?} is twice or out of bounds", kind.name)));
        }
    }
    Ok(())
}

/// `query_dim` is the width of a query's features.
fn check_task(task: &TaskSpec, query_dim: usize) -> Result<()> {
    let weights = [task.history, task.floor];
    let signals = [task.neighbours, task.neighbours_curve, task.lexical];
    if !weights.iter().chain(&signals).all(|w| w.is_finite()) || signals.iter().any(|w| *w < 0.0) {
        return Err(bad("a task's weight is not finite, or negative"));
    }
    for words in [&task.silent, &task.vague] {
        within("number of silent or vague words", words.len(), 0, MAX_SILENT)?;
        let longest = words.iter().map(String::len).max().unwrap_or(0);
        within("bytes of a silent or vague word", longest, 0, MAX_NAME_BYTES)?;
    }
    let fits = task.nothing.is_empty() || task.nothing.len() == query_dim + 1;
    if !fits || !task.nothing.iter().all(|weight| weight.is_finite()) {
        return Err(bad("a task's `nothing` is not finite, or not of the features' width"));
    }
    Ok(())
}

fn check_neighbours(neighbours: &NeighbourSpec) -> Result<()> {
    within("neighbours.width", neighbours.width, 1, MAX_NEIGHBOURS)?;
    within("neighbours.events", neighbours.events, 1, MAX_NEIGHBOUR_EVENTS)?;
    if !(neighbours.decay > 0.0 && neighbours.decay <= 1.0) {
        return Err(bad("neighbours.decay is not in (0, 1]"));
    }
    Ok(())
}

fn check_lexical(&LexicalSpec { k1, b, title, average_length }: &LexicalSpec) -> Result<()> {
    let sizes = [k1, title, average_length];
    if !sizes.iter().all(|size| size.is_finite() && *size >= 0.0) || !(0.0..=1.0).contains(&b) {
        return Err(bad("lexical is not finite, or negative, or b is above 1"));
    }
    Ok(())
}

fn check_attributes(attributes: &[AttributeSpec]) -> Result<()> {
    within("number of attributes", attributes.len(), 0, MAX_ATTRIBUTES)?;
    let mut seen = HashSet::new();
    for AttributeSpec { name, .. } in attributes {
        let good = (1..=32).contains(&name.len())
            && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !good || !seen.insert(name.as_str()) {
            return Err(bad("an attribute's name is twice or not [a-z0-9_]{1,32}"));
        }
    }
    Ok(())
}

fn within(what: &str, value: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(bad(format_args!("{what} is {value}, not {least} to {most}")))
}

fn bad(why: impl Display) -> Error {
    Error::bad_pack(format!("manifest: {why}"))
}
