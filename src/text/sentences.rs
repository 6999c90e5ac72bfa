//! The sentence encoder: token ids of a text to its vector, on the processor or on an accelerator.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::runtime::{
    CancelToken, FixedAxis, Graph, Input, Provider, SessionOptions, Sizes, padded_text, text,
};
use crate::sync::Slot;

/// Tokens that a text is padded to on an accelerator: a session each, loaded when a text of that length comes. Queries fit
/// into the first, whatever a pack allows at most today into the second; longer texts are the pack's own graph's.
const LENGTHS: [usize; 2] = [16, 64];
/// The section of the text graph that every pack with a sentence encoder has.
const PLAIN: &str = "graph.text";

/// A variant of the text graph for an accelerator.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    /// Its section, which the pack has.
    pub(crate) section: String,
    /// With the provider that runs it.
    pub(crate) options: SessionOptions,
    /// Whether texts run on the processor from the first failure on; else it is an error of the call.
    pub(crate) yields: Option<Arc<Yields>>,
}

impl Variant {
    fn has_failed(&self) -> bool {
        self.yields.as_ref().is_some_and(|yields| yields.failed.load(Ordering::Relaxed))
    }

    fn maker(&self) -> Maker {
        Maker::new(&self.section, self.options.provider)
    }
}

/// Whether a variant has failed: beside it, so that it outlives the graphs.
pub(crate) struct Yields {
    failed: AtomicBool,
    told: Box<dyn Fn() + Send + Sync>,
}

impl Yields {
    /// `told` is called when it fails, once.
    pub(crate) fn new(told: impl Fn() + Send + Sync + 'static) -> Self {
        Self { failed: AtomicBool::new(false), told: Box::new(told) }
    }
}

impl fmt::Debug for Yields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yields").field("failed", &self.failed).finish_non_exhaustive()
    }
}

/// What makes features: a graph and what runs it; `None` for the pack's own on the processor. They differ a little, so what one
/// made serves only where it would be made by the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Maker(Option<(Arc<str>, Provider)>);

impl Maker {
    fn new(section: &str, provider: Provider) -> Self {
        let usual = section == PLAIN && provider == Provider::Cpu;
        Self((!usual).then(|| (Arc::from(section), provider)))
    }

    /// What makes features now: the variant while it works, else the pack's own graph in sessions with these options.
    pub(super) fn of(variant: Option<&Variant>, options: &SessionOptions) -> Self {
        let working = variant.filter(|variant| !variant.has_failed());
        working.map_or_else(|| Self::new(PLAIN, options.provider), Variant::maker)
    }

    /// Under what features of queries are stored; where the processor runs the pack's own graph, the id of the pack.
    pub(crate) fn key(&self, pack_id: &str) -> String {
        match &self.0 {
            None => pack_id.to_owned(),
            Some((section, provider)) => format!("{pack_id} {section} {provider}"),
        }
    }
}

/// The vector of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ran {
    /// Finite where a variant made it.
    pub(super) vector: Vec<f32>,
    pub(super) provider: Provider,
    pub(super) maker: Maker,
}

/// Tokenizer and graphs, each loaded when it is needed.
#[derive(Debug)]
pub(super) struct Sentences {
    pub(super) tokenizer: Tokenizer,
    pack: Arc<Pack>,
    sizes: Sizes,
    options: SessionOptions,
    plain: Slot<Graph>,
    /// The same on the processor, where `plain` is not.
    on_processor: Slot<Graph>,
    accelerated: Option<Accelerated>,
}

#[derive(Debug)]
struct Accelerated {
    variant: Variant,
    padded: [Slot<Graph>; LENGTHS.len()],
}

impl Sentences {
    /// Reads the tokenizer; the graphs wait.
    pub(super) fn new(
        pack: Arc<Pack>,
        sizes: Sizes,
        options: SessionOptions,
        variant: Option<Variant>,
    ) -> Result<Self> {
        let max_tokens = pack.manifest().text_encoder.max_tokens;
        let tokenizer = Tokenizer::load(section(&pack, "text.tokenizer")?, max_tokens)?;
        let accelerated = variant.map(|variant| Accelerated { variant, padded: Default::default() });
        let (plain, on_processor) = Default::default();
        Ok(Self { tokenizer, pack, sizes, options, plain, on_processor, accelerated })
    }

    /// Loads what the next query is likely to need.
    pub(super) fn load(&self) -> Result<()> {
        match self.accelerated() {
            Some(accelerated) => {
                let loaded = self.padded(accelerated, 0).map(|_| ());
                self.or_give_up(accelerated, loaded)?.map_or_else(|| self.plain().map(|_| ()), Ok)
            }
            None => self.plain().map(|_| ()),
        }
    }

    /// The vector of a text, by the variant where it fits.
    pub(super) fn run(&self, ids: &[i64], cancel: &CancelToken) -> Result<Ran> {
        let Some(accelerated) = self.accelerated() else { return self.run_plain(ids, cancel) };
        let (provider, maker) = (accelerated.variant.options.provider, accelerated.variant.maker());
        let Some(place) = LENGTHS.iter().position(|length| ids.len() <= *length) else {
            // As long as there is the variant this text is made so.
            return Ok(Ran { maker, ..self.run_plain(ids, cancel)? });
        };
        let vector = self.run_padded(accelerated, place, ids, cancel);
        match self.or_give_up(accelerated, vector)? {
            Some(vector) => Ok(Ran { vector, provider, maker }),
            None => self.run_plain(ids, cancel),
        }
    }

    /// The vector of the text of an item: by the pack's own graph on the processor, whatever queries run on, because vectors of
    /// items outlive the choice.
    pub(super) fn run_item(&self, ids: &[i64], cancel: &CancelToken) -> Result<Vec<f32>> {
        let graph = match self.options.provider {
            Provider::Cpu => self.plain()?,
            _ => self.on_processor.get_or_make(|| self.load_plain(&self.options.on_processor()))?,
        };
        self.run_on(&graph, ids, cancel)
    }

    fn run_plain(&self, ids: &[i64], cancel: &CancelToken) -> Result<Ran> {
        let graph = self.plain()?;
        let vector = self.run_on(&graph, ids, cancel)?;
        Ok(Ran { vector, provider: graph.provider(), maker: Maker::of(None, &self.options) })
    }

    fn run_on(&self, graph: &Graph, ids: &[i64], cancel: &CancelToken) -> Result<Vec<f32>> {
        let [vector] = graph.run(&[Input::I64(&[1, ids.len()], ids)], [&[1, self.sizes.text]], cancel)?;
        Ok(vector)
    }

    /// What `run` makes vectors with now.
    pub(super) fn maker(&self) -> Maker {
        Maker::of(self.accelerated.as_ref().map(|accelerated| &accelerated.variant), &self.options)
    }

    /// The graphs that are loaded.
    pub(super) fn loaded(&self) -> Vec<Arc<Graph>> {
        let padded = self.accelerated.iter().flat_map(|accelerated| &accelerated.padded);
        padded.chain([&self.plain, &self.on_processor]).filter_map(Slot::get).collect()
    }

    fn run_padded(
        &self,
        accelerated: &Accelerated,
        place: usize,
        ids: &[i64],
        cancel: &CancelToken,
    ) -> Result<Vec<f32>> {
        let (graph, length) = (self.padded(accelerated, place)?, LENGTHS[place]);
        let padded = |counts: &[i64]| [counts, &vec![0; length - ids.len()]].concat();
        let (mask, ids, shape) = (padded(&vec![1; ids.len()]), padded(ids), [1, length]);
        let inputs = [Input::I64(&shape, &ids), Input::I64(&shape, &mask)];
        let [vector] = graph.run(&inputs, [&[1, self.sizes.text]], cancel)?;
        if vector.iter().all(|value| value.is_finite()) {
            return Ok(vector);
        }
        Err(Error::internal("graph text answers with numbers that are not finite"))
    }

    /// The variant, while it works.
    fn accelerated(&self) -> Option<&Accelerated> {
        self.accelerated.as_ref().filter(|accelerated| !accelerated.variant.has_failed())
    }

    /// `None` for a failure that the variant may have; it is not asked again.
    fn or_give_up<T>(&self, accelerated: &Accelerated, result: Result<T>) -> Result<Option<T>> {
        match (result, &accelerated.variant.yields) {
            (Ok(value), _) => Ok(Some(value)),
            (Err(error), Some(yields)) if error != Error::Cancelled => {
                if !yields.failed.swap(true, Ordering::Relaxed) {
                    log::warn!("texts run on the processor from now on: {error}");
                    (yields.told)();
                }
                Ok(None)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn plain(&self) -> Result<Arc<Graph>> {
        self.plain.get_or_make(|| self.load_plain(&self.options))
    }

    fn load_plain(&self, options: &SessionOptions) -> Result<Graph> {
        Graph::load(section(&self.pack, PLAIN)?, text(&self.sizes), options)
    }

    fn padded(&self, accelerated: &Accelerated, place: usize) -> Result<Arc<Graph>> {
        let (variant, length) = (&accelerated.variant, LENGTHS[place]);
        accelerated.padded[place].get_or_make(|| {
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
