//! What evaluation and the checks against the Python reference need: scores of every item, and what lies between.

use super::answer::Question;
use super::trace::Trace;
use super::{Engine, checks};
use crate::error::{Error, Result};
use crate::generate::score;
use crate::lexical::for_each_word;
use crate::request::History;
use crate::runtime::CancelToken;

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
    /// The model's score of every row, before the weight of the history.
    pub dense: Vec<f32>,
    /// Distinct rows of the whole given history, ascending.
    pub history: Vec<u32>,
}

impl Engine {
    /// The model's score of every item, by row: what `search` and `recommend` choose from. Allocates 4 bytes an item.
    ///
    /// # Errors
    /// `InvalidArgument` when a search has no query, a recommendation has one, or something is outside its limits.
    pub fn score_all(
        &self,
        task: Task,
        query: Option<&str>,
        history: &History,
        now_ms: Option<i64>,
        cancel: &CancelToken,
    ) -> Result<Scores> {
        let (output, history) = self.output(task, query, history, now_ms, cancel)?;
        let mut dense = Vec::new();
        score(&output, &self.codebook, &mut dense, cancel)?;
        Ok(Scores { dense, history })
    }

    /// Row of an item id.
    pub fn row_of(&self, id: &str) -> Option<u32> {
        self.codebook.row_of(id)
    }

    /// Id of the item in a row; `None` past the last.
    pub fn item_id(&self, row: u32) -> Option<&str> {
        ((row as usize) < self.codebook.len()).then(|| self.codebook.id(row))
    }

    /// Title of the item in a row, which may be empty; `None` past the last row.
    pub fn title(&self, row: u32) -> Option<&str> {
        ((row as usize) < self.codebook.len()).then(|| self.codebook.title(row))
    }

    /// The decoder's output vector, and the rows of the history. For tests against the Python reference.
    #[doc(hidden)]
    pub fn output(
        &self,
        task: Task,
        query: Option<&str>,
        history: &History,
        now_ms: Option<i64>,
        cancel: &CancelToken,
    ) -> Result<(Vec<f32>, Vec<u32>)> {
        let query = match (task, query) {
            (Task::Recommend, None) => None,
            (Task::Search, Some(query)) => Some(checks::query(query)?),
            (Task::Recommend, Some(_)) => return Err(Error::invalid("a recommendation has no query")),
            (Task::Search, None) => return Err(Error::invalid("a search has a query")),
        };
        let question = Question { search: task == Task::Search, query: query.as_deref(), history, now_ms };
        let generated = self.generate(&question, &mut Trace::start(cancel)?, cancel)?;
        Ok((generated.output, generated.history))
    }

    /// Ids of the known words of a text. For tests against the Python reference.
    #[doc(hidden)]
    pub fn word_ids(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        for_each_word(text, |word, _| ids.extend(self.codebook.word_id(word)));
        ids
    }

    /// Token ids of a text; `None` for a static encoder. For tests against the Python reference.
    #[doc(hidden)]
    pub fn token_ids(&self, text: &str) -> Result<Option<Vec<i64>>> {
        self.text.tokens(text)
    }

    /// Features of a query. For tests against the Python reference.
    #[doc(hidden)]
    pub fn query_features(&self, query: &str) -> Result<Vec<f32>> {
        let query = checks::query(query)?;
        Ok(self.text.features(&query, self.codebook.words(), &CancelToken::new())?.to_vec())
    }
}
