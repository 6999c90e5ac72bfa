//! Search, recommendations, similar items, completions.

use super::Engine;
use crate::complete::Completion;
use crate::error::Result;
use crate::filter::{Filter, FilterError};
use crate::query::{self, COLD_DIVERSITY};
use crate::request::{RecommendRequest, Response, SearchRequest, SimilarRequest};
use crate::runtime::CancelToken;

impl Engine {
    /// Diversity of the lists of users without a history, where the request does not say: nothing is known that a list of
    /// one kind could suit.
    pub const COLD_DIVERSITY: f32 = COLD_DIVERSITY;

    /// Items for a query, in the order that suits the history. Around a millisecond for a static encoder; the text encoder's
    /// time on top for a sentence encoder. The first call with a history computes its state.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, SearchRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let attributes = vec!["price".into()];
    /// let request = SearchRequest::new("rain jacket").limit(5).attributes(attributes);
    /// let answer = engine.search(&request, &cancel)?;
    /// assert_eq!(answer.hits.len(), 5);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for what is outside the limits of `SearchRequest`, `Cancelled`, `Internal`.
    pub fn search(&self, request: &SearchRequest, cancel: &CancelToken) -> Result<Response> {
        self.snapshot().search(request, cancel)
    }

    /// Items that the history suggests next. Below a millisecond once the history's state is there; diversity, caps and
    /// exploration look at the best 512 items, and each disliked item (the latest 16) costs a scan.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let seeds = vec!["g0105".into()];
    /// let request = RecommendRequest::new().seeds(seeds).diversity(0.2);
    /// let answer = engine.recommend(&request, &cancel)?;
    /// assert_eq!(answer.hits.len(), 10);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for what is outside the limits of `RecommendRequest`, `Cancelled`, `Internal`.
    pub fn recommend(&self, request: &RecommendRequest, cancel: &CancelToken) -> Result<Response> {
        self.snapshot().recommend(request, cancel)
    }

    /// Items whose vectors are like that of one item. Without personalisation no graph runs and the cost is one scan. With it the cost is
    /// that of `recommend`; what the user dislikes sinks and stays out as there.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, SimilarRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let answer = engine.similar(&SimilarRequest::new("g0105"), &cancel)?;
    /// assert!(answer.hits.iter().all(|hit| hit.id != "g0105"));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when the catalogue does not have the item, or for what is outside the limits.
    pub fn similar(&self, request: &SimilarRequest, cancel: &CancelToken) -> Result<Response> {
        self.snapshot().similar(request, cancel)
    }

    /// Texts that go on from what was typed: the user's own past queries, then categories, then titles, at most `limit`
    /// (1 to `MAX_COMPLETIONS`), no text twice. Words are folded as everywhere: case and accents do not count. What was
    /// typed may begin any word of a text (`shell` completes `Alpine Shell Jacket`), and earlier words have to be in it;
    /// after a space the last word is finished. Where nothing was typed, the user's own queries alone.
    ///
    /// Deterministic. A fraction of a millisecond; the first call also reads the prior and the categories once. Nothing
    /// of it is stored, so `forget` and `clear_history` forget the queries at once. While incognito no own query is offered.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let offered = engine.complete("jack", 5)?;
    /// assert!(offered.iter().any(|completion| completion.text.to_lowercase().contains("jacket")));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a limit outside its bounds or more than `MAX_QUERY_BYTES` typed.
    pub fn complete(&self, typed: &str, limit: usize) -> Result<Vec<Completion>> {
        query::complete(&self.snapshot(), typed, limit)
    }

    /// Whether a filter fits the pack: its attributes exist and its values are of their types. What it costs is not lost: the
    /// next request with this filter finds its rows.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// assert!(engine.check_filter(&"price < 50 and in_stock = true".parse()?).is_ok());
    /// let error = engine.check_filter(&"colr = red".parse()?).unwrap_err();
    /// println!("{error}");
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// The part that does not fit the pack, with its place in the text.
    pub fn check_filter(&self, filter: &Filter) -> std::result::Result<(), FilterError> {
        self.snapshot().filtered(filter).map(|_| ())
    }
}
