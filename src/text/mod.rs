//! Query text to features: the sentence encoder's vector beside the mean of the query's word vectors
//! (docs/pack-format.md, section 3.2).

mod tokenizer;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use lru::LruCache;

use crate::codebook::Words;
use crate::error::{Error, Result};
use crate::lexical::for_each_word;
use crate::pack::{Pack, TextEncoderKind};
use crate::runtime::{CancelToken, Graph, Input, SessionOptions, Sizes, text};
use crate::sync::lock;
use tokenizer::Tokenizer;

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
    sentences: Mutex<Option<Arc<SentenceEncoder>>>,
    cache: Mutex<Cache>,
}

#[derive(Debug)]
struct Cache {
    queries: LruCache<Box<str>, Features>,
    /// Calls that began before something was forgotten so often are late.
    times_forgotten: u64,
}

#[derive(Debug)]
struct SentenceEncoder {
    tokenizer: Tokenizer,
    graph: Graph,
}

impl TextEncoder {
    pub(crate) fn new(pack: Arc<Pack>, sizes: Sizes, options: SessionOptions) -> Self {
        let queries = LruCache::new(CACHED_QUERIES);
        let cache = Mutex::new(Cache { queries, times_forgotten: 0 });
        Self { pack, sizes, options, sentences: Mutex::new(None), cache }
    }

    /// Features that are in memory already.
    pub(crate) fn cached(&self, query: &str) -> Option<Features> {
        lock(&self.cache).queries.get(query).cloned()
    }

    /// Keeps features that were computed before, by an earlier engine with the same pack, unless something was forgotten
    /// since it had been `times_forgotten` times.
    pub(crate) fn remember(&self, query: &str, features: Features, times_forgotten: u64) {
        let mut cache = lock(&self.cache);
        if times_forgotten >= cache.times_forgotten {
            cache.queries.put(query.into(), features);
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
    ) -> Result<Features> {
        if let Some(features) = self.cached(query) {
            return Ok(features);
        }
        let features = Features::from(self.item_features(query, query, words, cancel)?);
        if let Some(times_forgotten) = keep {
            self.remember(query, Arc::clone(&features), times_forgotten);
        }
        Ok(features)
    }

    /// Features of the text of an item: of what the sentence encoder reads of it, and of all of its words. Nothing is kept.
    pub(crate) fn item_features(
        &self,
        sentence: &str,
        text_of_words: &str,
        words: &Words,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>> {
        let mut features = vec![0.0; self.sizes.query];
        let (text, mean) = features.split_at_mut(self.sizes.text);
        mean_of_words(text_of_words, words, mean);
        if let Some(encoder) = self.sentences(cancel)? {
            let ids = encoder.tokenizer.ids(sentence)?;
            if !ids.is_empty() {
                let shape = [1, ids.len()];
                let inputs = [Input::I64(&shape, &ids)];
                let [vector] = encoder.graph.run(&inputs, [&[1, text.len()]], cancel)?;
                text.copy_from_slice(&vector);
            }
        }
        Ok(features)
    }

    /// Loads the sentence encoder, where the pack has one.
    pub(crate) fn warm_up(&self, cancel: &CancelToken) -> Result<()> {
        self.sentences(cancel).map(|_| ())
    }

    /// Drops the sentence encoder and all features; the next query loads it again.
    pub(crate) fn trim(&self) {
        lock(&self.sentences).take();
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
        lock(&self.sentences).is_some()
    }

    /// Whether this pack runs the text graph.
    pub(crate) fn has_graph(&self) -> bool {
        self.pack.manifest().text_encoder.kind == TextEncoderKind::Minilm
    }

    /// Token ids of a text; `None` for a static encoder.
    pub(crate) fn tokens(&self, text: &str) -> Result<Option<Vec<i64>>> {
        match self.sentences(&CancelToken::new())? {
            Some(encoder) => encoder.tokenizer.ids(text).map(Some),
            None => Ok(None),
        }
    }

    fn sentences(&self, cancel: &CancelToken) -> Result<Option<Arc<SentenceEncoder>>> {
        if !self.has_graph() {
            return Ok(None);
        }
        let mut sentences = lock(&self.sentences);
        if let Some(encoder) = sentences.as_ref() {
            return Ok(Some(Arc::clone(encoder)));
        }
        cancel.check()?;
        let section = |name: &str| {
            self.pack.section(name).ok_or_else(|| Error::bad_pack(format!("section {name} is missing")))
        };
        let max_tokens = self.pack.manifest().text_encoder.max_tokens;
        let tokenizer = Tokenizer::load(section("text.tokenizer")?, max_tokens)?;
        let graph = Graph::load(section("graph.text")?, text(&self.sizes), &self.options)?;
        let encoder = Arc::new(SentenceEncoder { tokenizer, graph });
        *sentences = Some(Arc::clone(&encoder));
        Ok(Some(encoder))
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
