//! Query text to features: the sentence encoder's vector beside the mean of the query's word vectors
//! (docs/pack-format.md, section 3.2).

mod sentences;
mod tokenizer;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use lru::LruCache;

use crate::codebook::Words;
use crate::error::Result;
use crate::lexical::for_each_word;
use crate::pack::{Pack, TextEncoderKind};
use crate::runtime::{CancelToken, Graph, Provider, SessionOptions, Sizes};
use crate::sync::{Slot, lock};
use sentences::Sentences;
pub(crate) use sentences::{Maker, Variant, Yields};

/// Queries whose features are kept; at some 2 to 6 KB each.
const CACHED_QUERIES: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

/// Features of a query, Q wide; shared between cache, history and request.
pub(crate) type Features = Arc<[f32]>;

/// Turns queries into features. The sentence encoder is loaded when the first query needs it.
#[derive(Debug)]
pub(crate) struct TextEncoder {
    pack: Arc<Pack>,
    sizes: Sizes,
    options: SessionOptions,
    sentences: Slot<Sentences>,
    /// What texts run on where they fit, also one that has failed since.
    variant: Mutex<Option<Variant>>,
    cache: Mutex<Cache>,
}

#[derive(Debug)]
struct Cache {
    queries: LruCache<Box<str>, Made>,
    /// Calls that began before something was forgotten so often are late.
    times_forgotten: u64,
}

/// Features and what made them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Made {
    pub(crate) features: Features,
    pub(crate) maker: Maker,
}

/// Features of a query, computed or found, and what ran the text graph for them now.
pub(crate) struct Encoded {
    pub(crate) made: Made,
    pub(crate) ran: Option<Provider>,
}

impl TextEncoder {
    pub(crate) fn new(pack: Arc<Pack>, sizes: Sizes, options: SessionOptions) -> Self {
        let queries = LruCache::new(CACHED_QUERIES);
        let cache = Mutex::new(Cache { queries, times_forgotten: 0 });
        Self { pack, sizes, options, sentences: Slot::default(), variant: Mutex::default(), cache }
    }

    /// Features that are in memory already, made as they would be made now.
    pub(crate) fn cached(&self, query: &str) -> Option<Made> {
        let maker = self.maker();
        lock(&self.cache).queries.get(query).filter(|made| made.maker == maker).cloned()
    }

    /// Keeps features that were computed before, by an earlier engine with the same pack, unless something was forgotten
    /// since it had been `times_forgotten` times.
    pub(crate) fn remember(&self, query: &str, made: Made, times_forgotten: u64) {
        let mut cache = lock(&self.cache);
        if times_forgotten >= cache.times_forgotten {
            cache.queries.put(query.into(), made);
        }
    }

    /// Features of a normalised query, computed where they are not in memory. Microseconds for a static encoder, about
    /// a millisecond for a sentence encoder, which the first call loads (tens of milliseconds).
    /// `keep` says whether to keep them, as `remember` does.
    pub(crate) fn features(
        &self,
        query: &str,
        words: &Words,
        keep: Option<u64>,
        cancel: &CancelToken,
    ) -> Result<Encoded> {
        if let Some(made) = self.cached(query) {
            return Ok(Encoded { made, ran: None });
        }
        let encoded = self.encode_query(self.sentences(cancel)?.as_deref(), query, words, cancel)?;
        if let Some(times_forgotten) = keep {
            self.remember(query, encoded.made.clone(), times_forgotten);
        }
        Ok(encoded)
    }

    fn encode_query(
        &self,
        sentences: Option<&Sentences>,
        query: &str,
        words: &Words,
        cancel: &CancelToken,
    ) -> Result<Encoded> {
        let (mut maker, mut ran) = (sentences.map_or_else(|| self.maker(), Sentences::maker), None);
        let features = self.encode(sentences, query, query, words, |sentences, ids| {
            let run = sentences.run(ids, cancel)?;
            (maker, ran) = (run.maker, Some(run.provider));
            Ok(run.vector)
        })?;
        Ok(Encoded { made: Made { features: features.into(), maker }, ran })
    }

    /// Features of the text of an item: of what the sentence encoder reads of it, and of all of its words. Nothing is kept.
    /// The pack's own graph on the processor makes them, whatever queries run on: vectors of items outlive the choice.
    pub(crate) fn item_features(
        &self,
        sentence: &str,
        text_of_words: &str,
        words: &Words,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>> {
        let sentences = self.sentences(cancel)?;
        let run = |sentences: &Sentences, ids: &[i64]| sentences.run_item(ids, cancel);
        self.encode(sentences.as_deref(), sentence, text_of_words, words, run)
    }

    fn encode(
        &self,
        sentences: Option<&Sentences>,
        sentence: &str,
        text_of_words: &str,
        words: &Words,
        run: impl FnOnce(&Sentences, &[i64]) -> Result<Vec<f32>>,
    ) -> Result<Vec<f32>> {
        let mut features = vec![0.0; self.sizes.query];
        let (text, mean) = features.split_at_mut(self.sizes.text);
        mean_of_words(text_of_words, words, mean);
        if let Some(sentences) = sentences {
            let ids = sentences.tokenizer.ids(sentence)?;
            if !ids.is_empty() {
                text.copy_from_slice(&run(sentences, &ids)?);
            }
        }
        Ok(features)
    }

    /// Loads the sentence encoder, where the pack has one.
    pub(crate) fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        self.sentences(cancel)?.map_or(Ok(()), |sentences| sentences.load())
    }

    /// Has texts run on a variant from now on, where they fit.
    pub(crate) fn accelerate(&self, variant: Variant) {
        *lock(&self.variant) = Some(variant);
        // After it: an encoder that is being made of what was there before is not kept.
        self.sentences.clear();
    }

    /// The provider of the variant, also of one that has failed since.
    pub(crate) fn accelerator(&self) -> Option<Provider> {
        lock(&self.variant).as_ref().map(|variant| variant.options.provider)
    }

    /// What makes the features of queries now.
    pub(crate) fn maker(&self) -> Maker {
        Maker::of(lock(&self.variant).as_ref(), &self.options)
    }

    /// An encoder of queries beside the one in use, on a variant or on the processor: what it says, nothing kept. `None` for
    /// packs without a sentence encoder.
    pub(crate) fn apart(&self, variant: Option<Variant>) -> Result<Option<Apart<'_>>> {
        if !self.has_graph() {
            return Ok(None);
        }
        let sentences = Sentences::new(Arc::clone(&self.pack), self.sizes, self.options.clone(), variant)?;
        Ok(Some(Apart { encoder: self, sentences }))
    }

    /// Drops the sentence encoder and all features; the next query loads it again.
    pub(crate) fn trim(&self) {
        self.sentences.clear();
        self.trim_queries();
    }

    /// Drops the features of all queries.
    pub(crate) fn trim_queries(&self) {
        lock(&self.cache).queries.clear();
    }

    /// Drops the features of all queries, and keeps none of calls that began before.
    pub(crate) fn forget(&self, times_forgotten: u64) {
        let mut cache = lock(&self.cache);
        cache.queries.clear();
        cache.times_forgotten = times_forgotten;
    }

    /// Whether the sentence encoder is in memory.
    pub(crate) fn is_loaded(&self) -> bool {
        !self.loaded().is_empty()
    }

    /// Its graphs that are in memory.
    pub(crate) fn loaded(&self) -> Vec<Arc<Graph>> {
        self.sentences.get().iter().flat_map(|sentences| sentences.loaded()).collect()
    }

    /// Whether this pack runs the text graph.
    pub(crate) fn has_graph(&self) -> bool {
        self.pack.manifest().text_encoder.kind == TextEncoderKind::Minilm
    }

    /// Token ids of a text; `None` for a static encoder.
    pub(crate) fn tokens(&self, text: &str) -> Result<Option<Vec<i64>>> {
        match self.sentences(&CancelToken::new())? {
            Some(sentences) => sentences.tokenizer.ids(text).map(Some),
            None => Ok(None),
        }
    }

    fn sentences(&self, cancel: &CancelToken) -> Result<Option<Arc<Sentences>>> {
        if !self.has_graph() {
            return Ok(None);
        }
        let make = || {
            cancel.check()?;
            let variant = lock(&self.variant).clone();
            Sentences::new(Arc::clone(&self.pack), self.sizes, self.options.clone(), variant)
        };
        self.sentences.get_or_make(make).map(Some)
    }
}

/// See `TextEncoder::apart`.
pub(crate) struct Apart<'a> {
    encoder: &'a TextEncoder,
    sentences: Sentences,
}

impl Apart<'_> {
    /// Features of a query.
    pub(crate) fn features(&self, query: &str, words: &Words, cancel: &CancelToken) -> Result<Features> {
        Ok(self.encoder.encode_query(Some(&self.sentences), query, words, cancel)?.made.features)
    }
}

/// Mean of the vectors of the words that have one, each as often as it occurs; zeros where none has.
fn mean_of_words(query: &str, words: &Words, mean: &mut [f32]) {
    let mut ids = Vec::new();
    for_each_word(query, |word, _| ids.extend(words.id(word).filter(|id| (*id as usize) < words.vectors())));
    let weight = 1.0 / ids.len() as f32;
    for id in ids {
        words.accumulate(id, weight, mean);
    }
}
