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
use crate::runtime::{CancelToken, ExecutionProvider, Graph, SessionOptions, Sizes};
use crate::sync::{LazyResource, lock};
use sentences::Sentences;
pub(crate) use sentences::{EncoderId, Variant};

/// Queries whose features are cached, at 2 to 6 KB each.
const CACHED_QUERIES: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

/// Features of a query, Q wide; shared between cache, history and request.
pub(crate) type Features = Arc<[f32]>;

/// Turns queries into features. The sentence encoder is loaded by the first query that needs it.
#[derive(Debug)]
pub(crate) struct TextEncoder {
    pack: Arc<Pack>,
    sizes: Sizes,
    options: SessionOptions,
    /// Runs the texts that fit it.
    variant: Option<Variant>,
    id: EncoderId,
    sentences: LazyResource<Sentences>,
    cache: Mutex<Cache>,
}

#[derive(Debug)]
struct Cache {
    queries: LruCache<Box<str>, Features>,
    /// Forget generation of the cache. Results from an older generation are dropped.
    forget_generation: u64,
}

/// Features of a query, and the provider that ran the text graph; `None` if they were cached or no graph ran.
pub(crate) struct Encoded {
    pub(crate) features: Features,
    pub(crate) ran: Option<ExecutionProvider>,
}

impl TextEncoder {
    pub(crate) fn new(
        pack: Arc<Pack>,
        sizes: Sizes,
        options: SessionOptions,
        variant: Option<Variant>,
    ) -> Self {
        let id = EncoderId::new(pack.id(), variant.as_ref(), &options);
        let cache = Mutex::new(Cache { queries: LruCache::new(CACHED_QUERIES), forget_generation: 0 });
        Self { pack, sizes, options, variant, id, sentences: LazyResource::default(), cache }
    }

    /// The id that features of queries are stored under.
    pub(crate) fn id(&self) -> &EncoderId {
        &self.id
    }

    /// Features from the cache.
    pub(crate) fn cached(&self, query: &str) -> Option<Features> {
        lock(&self.cache).queries.get(query).cloned()
    }

    /// Caches features, unless something was forgotten since generation `forget_generation`.
    pub(crate) fn remember(&self, query: &str, features: Features, forget_generation: u64) {
        let mut cache = lock(&self.cache);
        if forget_generation >= cache.forget_generation {
            cache.queries.put(query.into(), features);
        }
    }

    /// Features of a normalised query, from the cache or computed. Computing takes microseconds with a static encoder and about
    /// a millisecond with a sentence encoder, which the first call loads (tens of milliseconds). `keep` is the forget
    /// generation for `remember`; `None` does not cache.
    pub(crate) fn features(
        &self,
        query: &str,
        words: &Words,
        keep: Option<u64>,
        cancel: &CancelToken,
    ) -> Result<Encoded> {
        if let Some(features) = self.cached(query) {
            return Ok(Encoded { features, ran: None });
        }
        let mut ran = None;
        let sentences = self.sentences(cancel)?;
        let features = self.encode(sentences.as_deref(), query, query, words, |sentences, ids| {
            let run = sentences.run(ids, cancel)?;
            ran = Some(run.provider);
            Ok(run.vector)
        })?;
        let features: Features = features.into();
        if let Some(forget_generation) = keep {
            self.remember(query, Arc::clone(&features), forget_generation);
        }
        Ok(Encoded { features, ran })
    }

    /// Features of the text of an item: the sentence encoder reads `sentence`, the word vectors cover `text_of_words`. Not cached.
    /// Always made by the plain graph on the processor: vectors of items are stored and outlive the choice of a provider.
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

    /// Loads the sentence encoder, if the pack has one.
    pub(crate) fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        self.sentences(cancel)?.map_or(Ok(()), |sentences| sentences.load())
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

    /// Drops the features of all queries and starts a forget generation: results from an older one are dropped.
    pub(crate) fn forget(&self, forget_generation: u64) {
        let mut cache = lock(&self.cache);
        cache.queries.clear();
        cache.forget_generation = forget_generation;
    }

    /// Whether the sentence encoder is in memory.
    pub(crate) fn is_loaded(&self) -> bool {
        !self.loaded().is_empty()
    }

    /// The text graphs that are in memory.
    pub(crate) fn loaded(&self) -> Vec<Arc<Graph>> {
        self.sentences.get().iter().flat_map(|sentences| sentences.loaded()).collect()
    }

    /// Whether this pack runs the text graph.
    pub(crate) fn has_graph(&self) -> bool {
        self.pack.manifest().text_encoder.kind == TextEncoderKind::Minilm
    }

    /// Token ids of a text; `None` for a static encoder.
    #[cfg(feature = "evaluation")]
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
            Sentences::new(Arc::clone(&self.pack), self.sizes, self.options.clone(), self.variant.clone())
        };
        self.sentences.get_or_make(make).map(Some)
    }
}

/// Mean of the word vectors of a text, repeated words counted each time; zeros if no word has a vector.
fn mean_of_words(query: &str, words: &Words, mean: &mut [f32]) {
    let mut ids = Vec::new();
    for_each_word(query, |word, _| ids.extend(words.id(word).filter(|id| (*id as usize) < words.vectors())));
    let weight = 1.0 / ids.len() as f32;
    for id in ids {
        words.accumulate(id, weight, mean);
    }
}
