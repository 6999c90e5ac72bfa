//! Scores of every item and the parts they are made of: for evaluation and for checks against the Python reference.

use super::context::Question;
use super::ranking::RequestTerms;
use super::trace::Trace;
use super::{Engine, checks};
use crate::error::{Error, Result};
use crate::feed::cosine;
use crate::lexical::for_each_word;
use crate::rank::{Weights, score};
use crate::request::{AttributeValue, History};
use crate::runtime::CancelToken;

/// The two tasks of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Items that the history suggests next.
    Recommend,
    /// Items for a query.
    Search,
}

/// One question of an evaluation.
#[derive(Debug, Clone)]
pub struct EvalRequest<'a> {
    /// Which task.
    pub task: Task,
    /// Query of a search, or intent of a recommendation.
    pub text: Option<&'a str>,
    /// Whose history to read.
    pub history: &'a History,
    /// The time of the request in milliseconds since 1970; `None` is now.
    pub now_ms: Option<i64>,
}

/// Scores of a whole catalogue for one question, by row, and the parts that they are the sum of.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Scores {
    /// The model's score of every row.
    pub dense: Vec<f32>,
    /// Rows that are neighbours of the history, ascending, and the sums of the weights; see `Weights::of_neighbours`.
    pub neighbours: Vec<(u32, f32)>,
    /// Rows with a word of the query, ascending, and the sums of the impacts.
    pub words: Vec<(u32, f32)>,
    /// Rows with a completion or correction of a word, ascending, and their addition to the sums of the impacts.
    pub expansions: Vec<(u32, f32)>,
    /// Distinct rows of the whole history, ascending.
    pub history: Vec<u32>,
    /// Rows that `recommend` never returns because the user dislikes them.
    pub disliked: Vec<u32>,
    /// Whether any item has a word of the query, or is named by it.
    pub has_words: bool,
    /// Whether a recommendation has an intent that says anything of what is wanted.
    pub has_intent: bool,
    /// The weights that were applied.
    pub weights: Option<Weights>,
    /// The score of every row with these weights: the bits that `search` and `recommend` order by.
    pub fused: Vec<f32>,
    /// The same without the weight of the history.
    pub without_history: Vec<f32>,
    /// Whether `search` answers nothing: no item has a word of the query, and the model's best score is below the floor.
    pub nonsense: bool,
}

impl Engine {
    /// Scores every item, by row, as `search` and `recommend` do, with weights that `adjust` may change first. Allocates
    /// 12 bytes an item and scans the catalogue two or three times.
    ///
    /// # Errors
    /// `InvalidArgument` when a search has no query, or something is outside its limits.
    pub fn evaluate(
        &self,
        request: &EvalRequest<'_>,
        adjust: impl FnOnce(&mut Weights),
        cancel: &CancelToken,
    ) -> Result<Scores> {
        let EvalRequest { task, text, history, now_ms } = *request;
        let view = self.view();
        let text = checked(task, text)?;
        let question = Question {
            search: task == Task::Search,
            text: text.as_deref(),
            history,
            seeds: &[],
            without: None,
            now_ms,
        };
        let trace = &mut Trace::start(cancel)?;
        view.ranking(&question, RequestTerms::default(), trace, cancel, |mut ranking, _| {
            let mut weights = ranking.weights();
            adjust(&mut weights);
            let nonsense = ranking.apply(weights.clone())?.nonsense;
            let fused = ranking.scores.clone();
            let mut without_history = fused.clone();
            if weights.history != 0.0 {
                ranking.apply(Weights { history: 0.0, ..weights.clone() })?;
                without_history.clone_from(ranking.scores);
            }
            let mut dense = Vec::new();
            if let Some(output) = ranking.scorer.output {
                score(output, &view.codebook, &mut dense, cancel)?;
            }
            let signals = ranking.scorer.signals;
            let [neighbours, words, expansions] = [&signals.neighbours, &signals.words, &signals.expansions]
                .map(|part| {
                    let mut found: Vec<_> = part.iter().collect();
                    found.sort_unstable_by_key(|(row, _)| *row);
                    found
                });
            Ok(Scores {
                dense,
                neighbours,
                words,
                expansions,
                history: ranking.context.history.clone(),
                disliked: ranking.disliked.to_vec(),
                has_words: signals.has_words(),
                has_intent: ranking.context.has_intent,
                weights: Some(weights),
                fused,
                without_history,
                nonsense,
            })
        })
    }

    /// Number of rows: those of the pack, and those of the live items after them.
    pub fn row_count(&self) -> usize {
        self.view().codebook.len()
    }

    /// Row of an item id. Rows are those of the present pack: after `install` others, so they are for tools, not for apps.
    pub fn row_of(&self, id: &str) -> Option<u32> {
        self.view().codebook.row_of(id)
    }

    /// Id of the item in a row; `None` past the last.
    pub fn item_id(&self, row: u32) -> Option<String> {
        let codebook = &self.view().codebook;
        ((row as usize) < codebook.len()).then(|| codebook.id(row).to_owned())
    }

    /// Title of the item in a row, which may be empty; `None` past the last row.
    pub fn title(&self, row: u32) -> Option<String> {
        let codebook = &self.view().codebook;
        ((row as usize) < codebook.len()).then(|| codebook.title(row).to_owned())
    }

    /// One attribute of the item in a row; `None` where the item has none, or there is no such attribute or row.
    pub fn attribute(&self, row: u32, name: &str) -> Option<AttributeValue> {
        self.view().codebook.attribute(row, name)
    }

    /// Cosine of the vectors of two items, -1 to 1 up to rounding; `None` where the catalogue lacks one.
    pub fn cosine(&self, a: &str, b: &str) -> Option<f32> {
        let codebook = &self.view().codebook;
        Some(cosine(codebook, codebook.row_of(a)?, codebook.row_of(b)?))
    }

    /// The decoder's output vector, and the rows of the history. For tests against the Python reference.
    #[doc(hidden)]
    pub fn output(&self, request: &EvalRequest<'_>, cancel: &CancelToken) -> Result<(Vec<f32>, Vec<u32>)> {
        let EvalRequest { task, text, history, now_ms } = *request;
        let text = checked(task, text)?;
        let search = task == Task::Search;
        let question = Question { search, text: text.as_deref(), history, seeds: &[], without: None, now_ms };
        let (view, trace) = (self.view(), &mut Trace::start(cancel)?);
        let context = view.context(&question, trace, cancel)?;
        Ok((view.output(&context, trace, cancel)?, context.history))
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
        let encoded = view.model.text.features(&query, view.codebook.words(), None, &CancelToken::new())?;
        Ok(encoded.features.to_vec())
    }
}

/// The checked text of a request.
fn checked(task: Task, text: Option<&str>) -> Result<Option<String>> {
    match (task, text) {
        (Task::Recommend, intent) => Ok(intent.map(checks::intent).transpose()?.flatten()),
        (Task::Search, Some(query)) => Ok(Some(checks::query(query)?)),
        (Task::Search, None) => Err(Error::invalid("a search has a query")),
    }
}
