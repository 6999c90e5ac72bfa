//! From a request to its answer.

use std::sync::Arc;

use super::reasons::Account;
use super::trace::Trace;
use super::{Engine, KEPT_SCORES, Scratch, checks, now_ms};
use crate::encode::{PastEvent, Window};
use crate::error::{Error, Result};
use crate::generate::{Prompt, Recent, distinct_words, output, recent, score};
use crate::kernels::{Bitmap, Keep, QuantisedQuery, top_k};
use crate::request::{
    History, Hit, Reason, ReasonKind, RecommendRequest, Response, SearchRequest, SimilarRequest, check_limit,
};
use crate::runtime::CancelToken;
use crate::sync::lock;
use crate::text::Features;

/// What the two tasks have in common.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) search: bool,
    /// Normalised.
    pub(super) query: Option<&'a str>,
    pub(super) history: &'a History,
    pub(super) now_ms: Option<i64>,
}

/// Which hits are wanted, and what with them.
pub(super) struct Wanted<'a> {
    pub(super) limit: usize,
    pub(super) exclude_history: Option<bool>,
    pub(super) exclude: &'a [String],
    pub(super) attributes: &'a [String],
}

impl<'a> From<&'a SearchRequest> for Wanted<'a> {
    fn from(request: &'a SearchRequest) -> Self {
        Self {
            limit: request.limit,
            exclude_history: request.exclude_history,
            exclude: &request.exclude,
            attributes: &request.attributes,
        }
    }
}

/// The decoder's answer to a question.
pub(super) struct Generated {
    /// z, the output vector.
    pub(super) output: Vec<f32>,
    /// Distinct rows of the whole history, ascending.
    pub(super) history: Vec<u32>,
    /// The items of it that neighbours are asked of.
    pub(super) recent: Vec<Recent>,
}

impl Engine {
    /// Items for a query, in the order that suits the history. Around a millisecond for a static encoder; the text encoder's
    /// time on top for a sentence encoder. The first call with a history computes its state.
    ///
    /// # Errors
    /// `InvalidArgument` for what is outside the limits of `SearchRequest`, `Cancelled`, `Internal`.
    pub fn search(&self, request: &SearchRequest, cancel: &CancelToken) -> Result<Response> {
        let query = checks::query(&request.query)?;
        let question =
            Question { search: true, query: Some(&query), history: &request.history, now_ms: request.now_ms };
        self.answer(&question, &request.into(), cancel)
    }

    /// What the history suggests next. Below a millisecond once the history's state is there.
    ///
    /// # Errors
    /// `InvalidArgument` for what is outside the limits of `RecommendRequest`, `Cancelled`, `Internal`.
    pub fn recommend(&self, request: &RecommendRequest, cancel: &CancelToken) -> Result<Response> {
        let question =
            Question { search: false, query: None, history: &request.history, now_ms: request.now_ms };
        let wanted = Wanted {
            limit: request.limit,
            exclude_history: request.exclude_history,
            exclude: &request.exclude,
            attributes: &request.attributes,
        };
        self.answer(&question, &wanted, cancel)
    }

    /// Items whose vectors are like that of one item. No graph runs; the cost is one scan.
    ///
    /// # Errors
    /// `InvalidArgument` when the catalogue does not have the item, or for what is outside the limits.
    pub fn similar(&self, request: &SimilarRequest, cancel: &CancelToken) -> Result<Response> {
        let wanted = Wanted {
            limit: request.limit,
            exclude_history: None,
            exclude: &request.exclude,
            attributes: &request.attributes,
        };
        self.check(&wanted)?;
        checks::id("item_id", &request.item_id)?;
        let row = self.codebook.row_of(&request.item_id);
        let row = row.ok_or_else(|| Error::invalid("item_id is not in the catalogue"))?;
        let mut trace = Trace::start(cancel)?;
        let mut vector = vec![0.0; self.codebook.dim()];
        self.codebook.fused_into(row, &mut vector);
        let mut excluded = self.rows_of(&request.exclude);
        excluded.insert(row);
        let output = QuantisedQuery::new(&vector);
        let best = self.with_scratch(|Scratch { scores, .. }| {
            score(&output, &self.codebook, scores, cancel)?;
            Ok(top_k(scores, wanted.limit, Keep::Except(&excluded)))
        })?;
        trace.end("scan")?;
        let hits = best.iter().map(|&(row, score)| {
            let terms = vec![request.item_id.clone()];
            let reason = Reason { kind: ReasonKind::Similar, terms, weight: score };
            self.hit(row, score, wanted.attributes, vec![reason])
        });
        let hits = hits.collect();
        trace.end("hits")?;
        Ok(trace.finish(hits))
    }

    fn answer(&self, question: &Question<'_>, wanted: &Wanted<'_>, cancel: &CancelToken) -> Result<Response> {
        self.check(wanted)?;
        let task = self.manifest().task(question.search);
        let mut trace = Trace::start(cancel)?;
        let Generated { output, history, recent } = self.generate(question, &mut trace, cancel)?;
        let mut excluded = self.rows_of(wanted.exclude);
        if wanted.exclude_history.unwrap_or(task.exclude_history) {
            history.iter().for_each(|row| excluded.insert(*row));
        }
        let output = QuantisedQuery::new(&output);
        let hits = self.with_scratch(|Scratch { scores, evidence }| {
            let words = question.query.map_or_else(Vec::new, |query| distinct_words(query, &self.codebook));
            evidence.gather(&self.codebook, &recent, &words, |part| part.counts_in(task), cancel)?;
            trace.end("evidence")?;
            score(&output, &self.codebook, scores, cancel)?;
            evidence.fuse(scores, &history, task);
            let best = top_k(scores, wanted.limit, Keep::Except(&excluded));
            trace.end("scan")?;
            let account = Account {
                codebook: &self.codebook,
                task,
                output: &output,
                evidence,
                recent: &recent,
                history: &history,
                query: question.query,
            };
            let hit = |&(row, score)| self.hit(row, score, wanted.attributes, account.reasons(row));
            Ok(best.iter().map(hit).collect())
        })?;
        trace.end("hits")?;
        Ok(trace.finish(hits))
    }

    /// History to state, query to features, both to the output vector.
    pub(super) fn generate(
        &self,
        question: &Question<'_>,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Generated> {
        let graphs = self.graphs()?;
        let (events, own) = self.events_of(question.history)?;
        let time = &self.manifest().time;
        let window = Window::new(&events, &self.manifest().model, time);
        let features = |query: &str| self.features(query, own, cancel);
        let (state, ran) =
            self.histories.state(&window.events, &graphs.history, &self.codebook, features, cancel)?;
        trace.end("history")?;
        if ran {
            trace.ran(&graphs.history);
        }
        let mut features = None;
        if let Some(query) = question.query {
            if self.text.has_graph() && self.text.cached(query).is_none() {
                trace.ran_on("text", self.options.provider.name());
            }
            features = Some(self.text.features(query, self.codebook.words(), cancel)?);
            trace.end("text")?;
        }
        let now = question.now_ms.unwrap_or_else(now_ms);
        let prompt =
            Prompt { search: question.search, query: features.as_deref(), gap: window.gap_to(now, time) };
        let output = output(&prompt, &state, &graphs.decoder, &self.sizes, cancel)?;
        trace.end("decoder")?;
        trace.ran(&graphs.decoder);
        let neighbours = self.codebook.neighbours();
        let recent = neighbours.map(|neighbours| recent(&events, neighbours, &self.manifest().kinds));
        Ok(Generated { output, history: distinct_rows(&events), recent: recent.unwrap_or_default() })
    }

    /// Features of a query in a history. Those of the user's own history outlive the process where computing them
    /// takes a graph.
    fn features(&self, query: &str, own: bool, cancel: &CancelToken) -> Result<Features> {
        let keep = own && self.text.has_graph();
        if let Some(features) = self.text.cached(query).filter(|_| keep) {
            return Ok(features);
        }
        let stored = |query: &str| {
            self.own.with(&self.codebook, |own| Ok(own.features(self.pack_id(), query, self.sizes.query)))
        };
        if keep && let Some(stored) = stored(query)? {
            let features = Features::from(stored);
            self.text.remember(query, Arc::clone(&features));
            return Ok(features);
        }
        let features = self.text.features(query, self.codebook.words(), cancel)?;
        if keep {
            self.own.with(&self.codebook, |own| {
                own.keep_features(self.pack_id(), query, &features);
                Ok(())
            })?;
        }
        Ok(features)
    }

    /// Lends buffers that are as long as the catalogue.
    pub(super) fn with_scratch<T>(&self, with: impl FnOnce(&mut Scratch) -> Result<T>) -> Result<T> {
        let mut scratch = lock(&self.spare).pop().unwrap_or_default();
        let result = with(&mut scratch);
        if scratch.scores.capacity() <= KEPT_SCORES {
            lock(&self.spare).push(scratch);
        }
        result
    }

    pub(super) fn hit(&self, row: u32, score: f32, attributes: &[String], reasons: Vec<Reason>) -> Hit {
        let value = |name: &String| Some((name.clone(), self.codebook.attribute(row, name)?));
        Hit {
            id: self.codebook.id(row).to_owned(),
            title: self.codebook.title(row).to_owned(),
            score,
            attributes: attributes.iter().filter_map(value).collect(),
            reasons,
        }
    }

    pub(super) fn check(&self, wanted: &Wanted<'_>) -> Result<()> {
        check_limit(wanted.limit)?;
        checks::exclude(wanted.exclude)?;
        checks::attributes(wanted.attributes, &self.codebook)
    }

    /// The rows of those ids that the catalogue has.
    pub(super) fn rows_of(&self, ids: &[String]) -> Bitmap {
        Bitmap::from_rows(self.codebook.len(), ids.iter().filter_map(|id| self.codebook.row_of(id)))
    }
}

/// Rows of these events, ascending, each once.
pub(super) fn distinct_rows(events: &[PastEvent]) -> Vec<u32> {
    let mut rows: Vec<_> = events.iter().map(|event| event.row).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
