//! For evaluation and tools (feature `evaluation`): scores of the whole catalogue, and items by row.

use super::Engine;
use crate::error::Result;
use crate::feed::cosine;
use crate::lexical::for_each_word;
use crate::query::{EvalRequest, Scores};
use crate::rank::Weights;
use crate::runtime::CancelToken;
use crate::value::AttributeValue;

impl Engine {
    /// Scores every item, by row, as `search` and `recommend` do, with weights that `adjust` may change first. Allocates
    /// 12 bytes an item and scans the catalogue two or three times.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, EvalRequest, History, PackSource, Task};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let request = EvalRequest { task: Task::Search, text: Some("tent"), history: &History::Empty, now_ms: None };
    /// let scores = engine.evaluate(&request, |weights| weights.words = 0.0, &CancelToken::new())?;
    /// assert_eq!(scores.fused.len(), engine.row_count());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when a search has no query, or something is outside its limits.
    pub fn evaluate(
        &self,
        request: &EvalRequest<'_>,
        adjust: impl FnOnce(&mut Weights),
        cancel: &CancelToken,
    ) -> Result<Scores> {
        self.snapshot().evaluate(request, adjust, cancel)
    }

    /// Number of rows: those of the pack, and those of the live items after them.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// assert_eq!(engine.row_count(), engine.manifest().items);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn row_count(&self) -> usize {
        self.snapshot().codebook.len()
    }

    /// Row of an item id. Rows are those of the present pack: after `install` others, so they are for tools, not for apps.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let row = engine.row_of("g0105").expect("an item of the demo");
    /// assert_eq!(engine.item_id(row).as_deref(), Some("g0105"));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn row_of(&self, id: &str) -> Option<u32> {
        self.snapshot().codebook.row_of(id)
    }

    /// Id of the item in a row; `None` past the last.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// assert!(engine.item_id(0).is_some());
    /// assert_eq!(engine.item_id(u32::MAX), None);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn item_id(&self, row: u32) -> Option<String> {
        let codebook = &self.snapshot().codebook;
        ((row as usize) < codebook.len()).then(|| codebook.id(row).to_owned())
    }

    /// Title of the item in a row, which may be empty; `None` past the last row.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let title = engine.title(0).expect("a row of the demo");
    /// assert!(!title.is_empty());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn title(&self, row: u32) -> Option<String> {
        let codebook = &self.snapshot().codebook;
        ((row as usize) < codebook.len()).then(|| codebook.title(row).to_owned())
    }

    /// One attribute of the item in a row; `None` where the item has none, or there is no such attribute or row.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, AttributeValue};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let price = engine.attribute(0, "price").expect("every item of the demo has one");
    /// assert!(matches!(price, AttributeValue::Number(price) if price > 0.0));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn attribute(&self, row: u32, name: &str) -> Option<AttributeValue> {
        self.snapshot().codebook.attribute(row, name)
    }

    /// Cosine of the vectors of two items, -1 to 1 up to rounding; `None` where the catalogue lacks one.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let alike = engine.cosine("g0105", "g0105").expect("an item of the demo");
    /// assert!((alike - 1.0).abs() < 1e-3);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn cosine(&self, a: &str, b: &str) -> Option<f32> {
        let codebook = &self.snapshot().codebook;
        Some(cosine(codebook, codebook.row_of(a)?, codebook.row_of(b)?))
    }

    /// The decoder's output vector, and the rows of the history. For tests against the Python reference.
    #[doc(hidden)]
    pub fn output(&self, request: &EvalRequest<'_>, cancel: &CancelToken) -> Result<(Vec<f32>, Vec<u32>)> {
        self.snapshot().evaluated_output(request, cancel)
    }

    /// Ids of the words of a text that have vectors. For tests against the Python reference.
    #[doc(hidden)]
    pub fn word_ids(&self, text: &str) -> Vec<u32> {
        let codebook = &self.snapshot().codebook;
        let mut ids = Vec::new();
        for_each_word(text, |word, _| {
            ids.extend(codebook.word_id(word).filter(|id| (*id as usize) < codebook.words().vectors()))
        });
        ids
    }

    /// Token ids of a text; `None` for a static encoder. For tests against the Python reference.
    #[doc(hidden)]
    pub fn token_ids(&self, text: &str) -> Result<Option<Vec<i64>>> {
        self.snapshot().model.text.tokens(text)
    }

    /// The int8 row of an item's vector and its scale. For tests against the Python reference.
    #[doc(hidden)]
    pub fn item_row(&self, id: &str) -> Option<(Vec<i8>, f32)> {
        let codebook = &self.snapshot().codebook;
        let (row, scale) = codebook.fused_row(codebook.row_of(id)?);
        Some((row.to_vec(), scale))
    }

    /// Features of a query. For tests against the Python reference.
    #[doc(hidden)]
    pub fn query_features(&self, query: &str) -> Result<Vec<f32>> {
        self.snapshot().query_features(query)
    }
}
