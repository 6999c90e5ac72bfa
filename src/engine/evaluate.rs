//! What evaluation and the checks against the Python reference need: scores of every item, and what lies between.

use super::answer::{Generated, Prompted, Question};
use super::trace::Trace;
use super::{Engine, checks};
use crate::error::{Error, Result};
use crate::feed::cosine;
use crate::generate::{Asked, Evidence, distance, score};
use crate::kernels::QuantisedQuery;
use crate::lexical::for_each_word;
use crate::pack::TaskSpec;
use crate::request::{AttributeValue, History};
use crate::runtime::CancelToken;

/// Rows that one call judges at most: what the graph is exported for.
const MAX_JUDGED: usize = 4_096;

/// What is asked of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// What the history suggests next.
    Recommend,
    /// Items for a query.
    Search,
}

/// Scores of a whole catalogue for one question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// The model's score of every row, before evidence and the weight of the history.
    pub dense: Vec<f32>,
    /// Rows with a neighbour in the history, ascending, and the sum of the weights; see `TaskSpec::neighbours_worth`.
    pub neighbours: Vec<(u32, f32)>,
    /// Rows with a word of the query, ascending, and the sum of the impacts; `TaskSpec::lexical` is their weight.
    pub lexical: Vec<(u32, f32)>,
    /// Rows with a word that one of the query may stand for (a completion, a correction), ascending, and what those add to
    /// the sum of the impacts; `TaskSpec::lexical` is their weight.
    pub expanded: Vec<(u32, f32)>,
    /// Rows whose title or id the query names, ascending, and what that adds to the score with the weights of the pack.
    pub titles: Vec<(u32, f32)>,
    /// What the history's events have in common, for every row: the model's score with `TaskSpec::taste` times this is that of
    /// the corrected output vector. Empty where they have nothing in common.
    pub taste: Vec<f32>,
    /// Distinct rows of the whole given history, ascending.
    pub history: Vec<u32>,
    /// Whether a recommendation was told a wish that says anything: then the weights of `Tasks::wished` hold.
    pub wished: bool,
}

impl Scores {
    /// Whether any item has a word of the query, or one that it may stand for, or is named by it.
    pub fn has_words(&self) -> bool {
        [&self.lexical, &self.expanded, &self.titles].iter().any(|part| !part.is_empty())
    }

    /// Whether `search` answers nothing: no item has a word of the query, and the model's best score is below the task's
    /// floor.
    pub fn is_nonsense(&self, task: &TaskSpec) -> bool {
        task.is_nonsense(&self.dense, self.has_words())
    }
}

impl Engine {
    /// The model's score of every item, by row: what `search` and `recommend` choose from. Allocates 4 bytes an item.
    /// `text` is the query of a search; of a recommendation it is a wish, if there is one.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, History, Task};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let scores = engine.score_all(Task::Search, Some("tent"), &History::Empty, None, &cancel)?;
    /// assert_eq!(scores.dense.len(), engine.row_count());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when a search has no query, or something is outside its limits.
    pub fn score_all(
        &self,
        task: Task,
        text: Option<&str>,
        history: &History,
        now_ms: Option<i64>,
        cancel: &CancelToken,
    ) -> Result<Scores> {
        let view = self.view();
        let codebook = &view.codebook;
        let asked = AskedFor::new(task, text, history, now_ms)?;
        let Generated { output, prompted } =
            view.generate(&asked.question(), &mut Trace::start(cancel)?, cancel)?;
        let Prompted { history, recent, events, wished, .. } = prompted;
        let mut dense = Vec::new();
        score(&QuantisedQuery::new(&output), codebook, &mut dense, cancel)?;
        let (tasks, search) = (&view.manifest().tasks, task == Task::Search);
        let weights = match (search, wished) {
            (true, _) => tasks.search.clone(),
            (false, true) => tasks.wished(),
            (false, false) => tasks.recommend.clone(),
        };
        let (mut taste, mut corrected) = (Vec::new(), dense.clone());
        if let Some(found) = view.taste(&events, 1.0) {
            found.likeness(&mut taste, codebook, cancel)?;
            corrected.iter_mut().zip(&taste).for_each(|(score, likeness)| *score += weights.taste * likeness);
        }
        let read = |text| match search {
            true => Asked::read(text, codebook),
            false => Asked::wish(text, &view.model.silence[0], codebook),
        };
        let asked = asked.text.as_deref().filter(|_| search || wished).map(read);
        let mut evidence = Evidence::default();
        evidence.gather(codebook, &recent, asked.as_ref(), |_| true, cancel)?;
        evidence.weigh_titles(distance(&corrected), &weights);
        let parts = [&evidence.neighbours, &evidence.lexical, &evidence.expanded];
        let [neighbours, lexical, expanded] = parts.map(|part| {
            let mut found: Vec<_> = part.iter().collect();
            found.sort_unstable_by_key(|(row, _)| *row);
            found
        });
        let titles = evidence.titles.iter().collect();
        Ok(Scores { dense, neighbours, lexical, expanded, titles, taste, history, wished })
    }

    /// What the judge says of the items in these rows: the logit of P(Yes) of each, in one call; `None` where the pack has no
    /// judge, and beside a wish, which nobody has taught it. An answer does not depend on what else is asked. `TaskSpec::judge_worth` says what logits add to scores.
    ///
    /// # Errors
    /// As `score_all`; `InvalidArgument` for a row that does not exist, and for more than 4,096 rows.
    pub fn judge(
        &self,
        task: Task,
        query: Option<&str>,
        history: &History,
        now_ms: Option<i64>,
        rows: &[u32],
        cancel: &CancelToken,
    ) -> Result<Option<Vec<f32>>> {
        let view = self.view();
        if rows.len() > MAX_JUDGED || rows.iter().any(|row| *row as usize >= view.codebook.len()) {
            return Err(Error::invalid("rows to judge are too many, or one does not exist"));
        }
        if !view.model.has_judge() {
            return Ok(None);
        }
        let asked = AskedFor::new(task, query, history, now_ms)?;
        let mut trace = Trace::start(cancel)?;
        let Prompted { prefix, wished, .. } = view.prompted(&asked.question(), &mut trace, cancel)?;
        if wished {
            return Ok(None);
        }
        view.logits(&prefix, rows, &mut trace, cancel)
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
        self.view().codebook.len()
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
        self.view().codebook.row_of(id)
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
        let codebook = &self.view().codebook;
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
        let codebook = &self.view().codebook;
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
        self.view().codebook.attribute(row, name)
    }

    /// Cosine of the vectors of two items, -1 to 1 up to rounding; `None` where the catalogue lacks one.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let alike = engine.likeness("g0105", "g0105").expect("an item of the demo");
    /// assert!((alike - 1.0).abs() < 1e-3);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn likeness(&self, a: &str, b: &str) -> Option<f32> {
        let codebook = &self.view().codebook;
        Some(cosine(codebook, codebook.row_of(a)?, codebook.row_of(b)?))
    }

    /// The decoder's output vector, and the rows of the history. For tests against the Python reference.
    #[doc(hidden)]
    pub fn output(
        &self,
        task: Task,
        text: Option<&str>,
        history: &History,
        now_ms: Option<i64>,
        cancel: &CancelToken,
    ) -> Result<(Vec<f32>, Vec<u32>)> {
        let asked = AskedFor::new(task, text, history, now_ms)?;
        let Generated { output, prompted } =
            self.view().generate(&asked.question(), &mut Trace::start(cancel)?, cancel)?;
        Ok((output, prompted.history))
    }

    /// Ids of the words of a text that have vectors. For tests against the Python reference.
    #[doc(hidden)]
    pub fn word_ids(&self, text: &str) -> Vec<u32> {
        let codebook = &self.view().codebook;
        let mut ids = Vec::new();
        for_each_word(text, |word, _| {
            ids.extend(codebook.word_id(word).filter(|id| (*id as usize) < codebook.words().vectors()))
        });
        ids
    }

    /// Token ids of a text; `None` for a static encoder. For tests against the Python reference.
    #[doc(hidden)]
    pub fn token_ids(&self, text: &str) -> Result<Option<Vec<i64>>> {
        self.view().model.text.tokens(text)
    }

    /// The int8 row of an item's vector and its scale. For tests against the Python reference.
    #[doc(hidden)]
    pub fn item_row(&self, id: &str) -> Option<(Vec<i8>, f32)> {
        let codebook = &self.view().codebook;
        let (row, scale) = codebook.fused_row(codebook.row_of(id)?);
        Some((row.to_vec(), scale))
    }

    /// Features of a query. For tests against the Python reference.
    #[doc(hidden)]
    pub fn query_features(&self, query: &str) -> Result<Vec<f32>> {
        let query = checks::query(query)?;
        let view = self.view();
        Ok(view
            .model
            .text
            .features(&query, view.codebook.words(), None, &CancelToken::new())?
            .made
            .features
            .to_vec())
    }
}

/// A checked question of an evaluation: a query, or a recommendation with or without a wish.
struct AskedFor<'a> {
    search: bool,
    text: Option<String>,
    history: &'a History,
    now_ms: Option<i64>,
}

impl<'a> AskedFor<'a> {
    fn new(task: Task, text: Option<&str>, history: &'a History, now_ms: Option<i64>) -> Result<Self> {
        let text = match (task, text) {
            (Task::Recommend, wish) => wish.map(checks::wish).transpose()?.flatten(),
            (Task::Search, Some(query)) => Some(checks::query(query)?),
            (Task::Search, None) => return Err(Error::invalid("a search has a query")),
        };
        Ok(Self { search: task == Task::Search, text, history, now_ms })
    }

    fn question(&self) -> Question<'_> {
        let Self { search, text, history, now_ms } = self;
        let (query, wish) = if *search { (text.as_deref(), None) } else { (None, text.as_deref()) };
        Question { search: *search, query, wish, history, seeds: &[], without: None, now_ms: *now_ms }
    }
}
