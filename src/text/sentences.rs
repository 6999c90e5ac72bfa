//! The sentence encoder: token ids of a text to its vector, on the processor or on an accelerator.

use std::sync::Arc;

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::runtime::{
    CancelToken, ExecutionProvider, FixedAxis, Graph, Input, SessionOptions, Sizes, padded_text, text,
};
use crate::sync::LazyResource;

/// Lengths in tokens that texts are padded to on an accelerator. Each has a session, loaded by the first text that needs it. Nearly
/// all queries fit the first; longer texts than the second run on the plain graph.
const LENGTHS: [usize; 2] = [16, 64];
/// The section of the text graph that every pack with a sentence encoder has.
const PLAIN: &str = "graph.text";

/// A variant of the text graph for an accelerator.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    /// Its section, which the pack has.
    pub(crate) section: String,
    /// Includes the provider that runs it.
    pub(crate) options: SessionOptions,
}

/// Identifies the encoder of queries: pack, graph and provider, fixed when the pack is opened. Encoders differ slightly, so
/// stored features serve only the encoder that made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncoderId(String);

impl EncoderId {
    /// The id of the variant if there is one, else of the plain graph in sessions with `options`.
    pub(super) fn new(pack_id: &str, variant: Option<&Variant>, options: &SessionOptions) -> Self {
        let (section, provider) = match variant {
            Some(variant) => (variant.section.as_str(), variant.options.provider),
            None => (PLAIN, options.provider),
        };
        // The plain graph on the processor is the pack's id alone, as in profiles of engines without providers.
        let plain = section == PLAIN && provider == ExecutionProvider::Cpu;
        Self(if plain { pack_id.to_owned() } else { format!("{pack_id} {section} {provider}") })
    }

    /// The key of its features in the profile.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The vector of a text, and the provider that ran the graph.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ran {
    /// Finite if a variant made it.
    pub(super) vector: Vec<f32>,
    pub(super) provider: ExecutionProvider,
}

/// Tokenizer and graphs, each loaded on first use.
#[derive(Debug)]
pub(super) struct Sentences {
    pub(super) tokenizer: Tokenizer,
    pack: Arc<Pack>,
    sizes: Sizes,
    options: SessionOptions,
    plain: LazyResource<Graph>,
    /// The plain graph on the processor, used for items if `plain` runs elsewhere.
    on_processor: LazyResource<Graph>,
    padded: Option<Padded>,
}

/// A variant and its sessions, one for each of `LENGTHS`.
#[derive(Debug)]
struct Padded {
    variant: Variant,
    graphs: [LazyResource<Graph>; LENGTHS.len()],
}

impl Sentences {
    /// Reads the tokenizer and loads no graph.
    pub(super) fn new(
        pack: Arc<Pack>,
        sizes: Sizes,
        options: SessionOptions,
        variant: Option<Variant>,
    ) -> Result<Self> {
        let max_tokens = pack.manifest().text_encoder.max_tokens;
        let tokenizer = Tokenizer::load(section(&pack, "text.tokenizer")?, max_tokens)?;
        let padded = variant.map(|variant| Padded { variant, graphs: Default::default() });
        let (plain, on_processor) = Default::default();
        Ok(Self { tokenizer, pack, sizes, options, plain, on_processor, padded })
    }

    /// Loads the graph that the next query is likely to need.
    pub(super) fn load(&self) -> Result<()> {
        match &self.padded {
            Some(padded) => self.load_padded(padded, 0),
            None => self.load_plain(),
        }
        .map(|_| ())
    }

    /// The vector of a text: by the variant if the text fits one of its lengths, else by the plain graph.
    pub(super) fn run(&self, ids: &[i64], cancel: &CancelToken) -> Result<Ran> {
        let fitting = |padded| Some((padded, LENGTHS.iter().position(|length| ids.len() <= *length)?));
        if let Some((padded, place)) = self.padded.as_ref().and_then(fitting) {
            let vector = self.run_padded(padded, place, ids, cancel)?;
            return Ok(Ran { vector, provider: padded.variant.options.provider });
        }
        let graph = self.load_plain()?;
        Ok(Ran { vector: self.run_on(&graph, ids, cancel)?, provider: graph.provider() })
    }

    /// The vector of the text of an item. Always made by the plain graph on the processor: vectors of items are stored and
    /// outlive the choice of a provider.
    pub(super) fn run_item(&self, ids: &[i64], cancel: &CancelToken) -> Result<Vec<f32>> {
        let graph = match self.options.provider {
            ExecutionProvider::Cpu => self.load_plain()?,
            _ => self.on_processor.get_or_make(|| self.load_with(&self.options.on_processor()))?,
        };
        self.run_on(&graph, ids, cancel)
    }

    fn run_on(&self, graph: &Graph, ids: &[i64], cancel: &CancelToken) -> Result<Vec<f32>> {
        let [vector] = graph.run(&[Input::I64(&[1, ids.len()], ids)], [&[1, self.sizes.text]], cancel)?;
        Ok(vector)
    }

    fn run_padded(
        &self,
        padded: &Padded,
        place: usize,
        ids: &[i64],
        cancel: &CancelToken,
    ) -> Result<Vec<f32>> {
        let (graph, length) = (self.load_padded(padded, place)?, LENGTHS[place]);
        let pad = |values: &[i64]| [values, &vec![0; length - ids.len()]].concat();
        let (mask, ids, shape) = (pad(&vec![1; ids.len()]), pad(ids), [1, length]);
        let inputs = [Input::I64(&shape, &ids), Input::I64(&shape, &mask)];
        let [vector] = graph.run(&inputs, [&[1, self.sizes.text]], cancel)?;
        if vector.iter().all(|value| value.is_finite()) {
            return Ok(vector);
        }
        Err(Error::internal("graph text returned numbers that are not finite"))
    }

    /// The graphs that are loaded.
    pub(super) fn loaded(&self) -> Vec<Arc<Graph>> {
        let padded = self.padded.iter().flat_map(|padded| &padded.graphs);
        padded.chain([&self.plain, &self.on_processor]).filter_map(LazyResource::get).collect()
    }

    fn load_plain(&self) -> Result<Arc<Graph>> {
        self.plain.get_or_make(|| self.load_with(&self.options))
    }

    fn load_with(&self, options: &SessionOptions) -> Result<Graph> {
        Graph::load(section(&self.pack, PLAIN)?, text(&self.sizes), options)
    }

    fn load_padded(&self, padded: &Padded, place: usize) -> Result<Arc<Graph>> {
        let (variant, length) = (&padded.variant, LENGTHS[place]);
        padded.graphs[place].get_or_make(|| {
            let axis = FixedAxis { name: "tokens", length };
            let model = section(&self.pack, &variant.section)?;
            Graph::load_fixed(model, padded_text(&self.sizes, length), Some(axis), &variant.options)
        })
    }
}

fn section<'a>(pack: &'a Pack, name: &str) -> Result<&'a [u8]> {
    pack.section(name).ok_or_else(|| Error::bad_pack(format!("section {name} is missing")))
}

#[cfg(test)]
#[path = "sentences/tests.rs"]
mod tests;
