//! Responses: hits, the reasons behind them, and the times of a call.

use crate::filter::Facet;
use crate::value::AttributeValue;

/// Why an item is in the answer. Weights are the parts of the score: they add up to it, and compare within one answer only.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reason {
    /// Kind of reason.
    pub kind: ReasonKind,
    /// Item ids or words that the reason rests on, the weightiest first; at most three.
    pub terms: Vec<String>,
    /// Its part of the score.
    pub weight: f32,
}

/// The kinds of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasonKind {
    /// The generative model's own score.
    Model,
    /// People who chose these items of the history chose this one, too.
    Neighbours,
    /// The item has these words, which the query has or may stand for.
    Words,
    /// The title has these words, which the query has or may stand for.
    Title,
    /// The query is the item's id.
    Id,
    /// The correction for items that are in the history already.
    History,
    /// The two items' vectors are alike.
    Similar,
    /// People who chose the items of the request's context chose this one, too.
    Seeds,
    /// The item resembles items that the user dislikes; the weight is not above 0.
    Dislike,
    /// The item has the value that the request boosts.
    Boost,
    /// The item is new.
    Freshness,
    /// Many people choose it; for users without a history.
    Popularity,
    /// The place was given to exploration; no part of the score.
    Exploration,
}

/// One item of an answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hit {
    /// Item id.
    pub id: String,
    /// Title; empty where the catalogue has none.
    pub title: String,
    /// Score; higher is better, comparable within one answer only.
    pub score: f32,
    /// The attributes that the request named and the item has, in the order of the request.
    pub attributes: Vec<(String, AttributeValue)>,
    /// The parts of the title that match the query of a search, for highlighting: byte offsets into `title` (UTF-8, at
    /// character boundaries), ascending, apart from each other. Of a word that was typed in part, the part; of a word
    /// with a typo, all of it.
    pub highlights: Vec<std::ops::Range<usize>>,
    /// Why it is here.
    pub reasons: Vec<Reason>,
}

/// The time that one stage of a call took.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StageTime {
    /// `filter`, `history`, `text`, `decoder`, `signals`, `scan`, `order`, `hits`, `facets` or `total`.
    pub stage: &'static str,
    /// Milliseconds.
    pub ms: f64,
}

impl StageTime {
    /// A stage and its milliseconds.
    pub fn new(stage: &'static str, ms: f64) -> Self {
        Self { stage, ms }
    }
}

/// An answer: hits, best first, and what it took.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Response {
    /// Best first, `offset` left out; fewer than the limit only where there are no more.
    pub hits: Vec<Hit>,
    /// Hits that there are: what all pages hold together.
    pub total_hits: usize,
    /// Counts of the attributes that the request named, in its order. Counted is what passes the filter and is not left out;
    /// of a search, where words of the query lead to some of that, only what they lead to.
    pub facets: Vec<Facet>,
    /// The stages in the order they ran; `total` is last.
    pub timings: Vec<StageTime>,
    /// Graph name and the execution provider that ran it, for the graphs this call used.
    pub providers: Vec<(&'static str, String)>,
}
