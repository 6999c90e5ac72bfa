//! Scores of every item and the parts they are made of: for evaluation and for checks against the Python reference.

use super::checks;
use super::context::Question;
use super::ranking::RequestTerms;
use super::trace::Trace;
use crate::error::{Error, Result};
use crate::rank::{Weights, score};
use crate::request::History;
use crate::runtime::CancelToken;
use crate::snapshot::Snapshot;

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
pub struct Scores {
    /// The model's score of every row.
    pub dense: Vec<f32>,
    /// Rows that are neighbours of the history, ascending, and the sums of the weights; see `Weights::of_neighbours`.
    pub neighbours: Vec<(u32, f32)>,
    /// Rows with a word of the query, ascending, and the sums of the impacts.
    pub words: Vec<(u32, f32)>,
    /// Rows with a completion or correction of a word, ascending, and their addition to the sums of the impacts.
    pub expansions: Vec<(u32, f32)>,
    /// Rows whose title or id the query names, ascending, and their additions to the score with the weights applied.
    pub titles: Vec<(u32, f32)>,
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

impl Snapshot {
    pub(crate) fn evaluate(
        &self,
        request: &EvalRequest<'_>,
        adjust: impl FnOnce(&mut Weights),
        cancel: &CancelToken,
    ) -> Result<Scores> {
        let EvalRequest { task, text, history, now_ms } = *request;
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
        self.ranking(&question, RequestTerms::default(), trace, cancel, |mut ranking, _| {
            let mut weights = ranking.weights();
            adjust(&mut weights);
            let explainer = ranking.apply(weights.clone())?;
            let (nonsense, titles) = (explainer.nonsense, explainer.lifts().collect());
            let fused = ranking.scores.clone();
            let mut without_history = fused.clone();
            if weights.history != 0.0 {
                ranking.apply(Weights { history: 0.0, ..weights.clone() })?;
                without_history.clone_from(ranking.scores);
            }
            let mut dense = Vec::new();
            if let Some(output) = ranking.scorer.output {
                score(output, &self.codebook, &mut dense, cancel)?;
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
                titles,
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

    /// The decoder's output vector for a request, and the rows of its history.
    pub(crate) fn evaluated_output(
        &self,
        request: &EvalRequest<'_>,
        cancel: &CancelToken,
    ) -> Result<(Vec<f32>, Vec<u32>)> {
        let EvalRequest { task, text, history, now_ms } = *request;
        let text = checked(task, text)?;
        let search = task == Task::Search;
        let question = Question { search, text: text.as_deref(), history, seeds: &[], without: None, now_ms };
        let trace = &mut Trace::start(cancel)?;
        let context = self.context(&question, trace, cancel)?;
        Ok((self.output(&context, trace, cancel)?, context.history))
    }

    /// Features of a query.
    pub(crate) fn query_features(&self, query: &str) -> Result<Vec<f32>> {
        let query = checks::query(query)?;
        let encoded = self.model.text.features(&query, self.codebook.words(), None, &CancelToken::new())?;
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
