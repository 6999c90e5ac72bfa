//! From a question to the decoder's output vector: history to state, text to features, both to a prompt.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::trace::Trace;
use crate::encode::{PastEvent, Prompt, State, Window, output};
use crate::error::Result;
use crate::pack::KindTask;
use crate::rank::{Recent, active_dislikes, recent};
use crate::request::History;
use crate::runtime::{CancelToken, INSTRUCTION};
use crate::snapshot::{ResolvedHistory, Snapshot};
use crate::text::Features;
use crate::time::now_ms;

/// A request as the model reads it.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) search: bool,
    /// Query of a search or intent of a recommendation, normalised.
    pub(super) text: Option<&'a str>,
    pub(super) history: &'a History,
    /// Rows that count as the latest likes.
    pub(super) seeds: &'a [u32],
    /// A row whose events are left out of the history.
    pub(super) without: Option<u32>,
    pub(super) now_ms: Option<i64>,
}

/// A question in the terms of the model, before anything is generated.
pub(super) struct Context {
    state: Arc<State>,
    search: bool,
    query: Option<Features>,
    instruction: Option<Features>,
    /// Bucket of the time since the last event.
    gap: u8,
    /// Distinct rows of the whole history, ascending.
    pub(super) history: Vec<u32>,
    /// The items whose neighbours count, disliked ones among them.
    pub(super) recent: Vec<Recent>,
    /// The history itself, seeds not included.
    pub(super) events: Arc<Vec<PastEvent>>,
    /// Whether the history has no positive event.
    pub(super) cold: bool,
    /// Whether there is an intent that says anything of what is wanted.
    pub(super) has_intent: bool,
}

impl Snapshot {
    /// The decoder's output vector for a context.
    pub(super) fn output(
        &self,
        context: &Context,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>> {
        let Context { state, search, query, instruction, gap, .. } = context;
        let (query, instruction) = (query.as_deref(), instruction.as_deref());
        let prompt = Prompt { search: *search, query, instruction, gap: *gap };
        let graphs = self.model.graphs()?;
        let output = output(&prompt, state, &graphs.decoder, &self.model.sizes, cancel)?;
        trace.end("decoder")?;
        trace.ran(&graphs.decoder);
        Ok(output)
    }

    /// Computes the state of a question's history and the features of its text.
    pub(super) fn context(
        &self,
        question: &Question<'_>,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Context> {
        let graphs = self.model.graphs()?;
        let ResolvedHistory { mut events, own, keep } = self.resolve_history(question.history)?;
        if let Some(row) = question.without {
            Arc::make_mut(&mut events).retain(|event| event.row != row);
        }
        let time = &self.manifest().time;
        let now = question.now_ms.unwrap_or_else(now_ms);
        let effective = self.effective_history(&events, question.seeds, now);
        let window = Window::new(&effective, &self.manifest().model, time);
        let features = |query: &str| self.features(query, own, keep, cancel);
        let keep_state = keep.filter(|_| question.without.is_none());
        let (state, ran) = self.model.histories.state(
            &window.events,
            keep_state,
            &graphs.history,
            &self.codebook,
            features,
            cancel,
        )?;
        trace.end("history")?;
        if ran {
            trace.ran(&graphs.history);
        }
        let is_unknown = |word: &str| !self.model.text.has_graph() && self.codebook.word_id(word).is_none();
        let says_nothing = |text: &str| self.model.intents.is_silent(text, is_unknown);
        let mut text_features = None;
        if let Some(text) = question.text.filter(|text| question.search || !says_nothing(text)) {
            let encoded = self.model.text.features(text, self.codebook.words(), keep, cancel)?;
            encoded.ran.iter().for_each(|provider| trace.ran_on("text", provider.name()));
            let features = encoded.features;
            trace.end("text")?;
            if question.search || !self.model.intents.means_nothing(&features) {
                text_features = Some(features);
            }
        }
        let has_intent = !question.search && text_features.is_some();
        // A decoder without an input for instructions takes an intent as a query.
        let instructed = !question.search && graphs.decoder.takes(INSTRUCTION);
        let (query, instruction) = if instructed { (None, text_features) } else { (text_features, None) };
        let neighbours = self.codebook.neighbours();
        Ok(Context {
            state,
            search: question.search,
            query,
            instruction,
            gap: window.gap_to(now, time),
            history: distinct_rows(&events),
            recent: neighbours.map(|neighbours| recent(&effective, neighbours.spec())).unwrap_or_default(),
            cold: effective.iter().all(|event| event.liking < 0.0),
            events,
            has_intent,
        })
    }

    /// The history as model and neighbours read it: with the seeds of the request as its latest likes, and without items
    /// whose dislike has a kind that the pack does not know; such an event would count as a like.
    fn effective_history<'a>(
        &self,
        events: &'a [PastEvent],
        seeds: &[u32],
        now_ms: i64,
    ) -> Cow<'a, [PastEvent]> {
        let is_unknown_dislike = |event: &PastEvent| event.liking < 0.0 && event.unknown_kind.is_some();
        let mut effective = Cow::Borrowed(events);
        if events.iter().any(is_unknown_dislike) {
            let disliked = active_dislikes(events);
            let unknown: HashSet<u32> =
                events.iter().filter(|event| is_unknown_dislike(event)).map(|event| event.row).collect();
            let stands = |row: &u32| unknown.contains(row) && disliked.contains(row);
            effective.to_mut().retain(|event| !is_unknown_dislike(event) && !stands(&event.row));
        }
        if !seeds.is_empty() {
            let kinds = self.manifest().kinds.iter().zip(1..);
            let likes = kinds.filter(|(kind, _)| kind.task == KindTask::Recommend && kind.sign > 0);
            let kind = likes
                .max_by(|(a, _), (b, _)| a.strength.total_cmp(&b.strength))
                .map_or(0, |(_, index)| index);
            effective.to_mut().extend(seeds.iter().map(|&row| PastEvent {
                row,
                vector: self.codebook.vector_key(row),
                kind,
                unknown_kind: None,
                liking: 1.0,
                search: false,
                timestamp_ms: now_ms,
                query: None,
            }));
        }
        effective
    }

    /// Features of a query in a history. Those of the user's own history outlive the process where computing them
    /// takes a graph.
    fn features(&self, query: &str, own: bool, keep: Option<u64>, cancel: &CancelToken) -> Result<Features> {
        let text = &self.model.text;
        let Some(forget_generation) = keep.filter(|_| own && text.has_graph()) else {
            return Ok(text.features(query, self.codebook.words(), keep, cancel)?.features);
        };
        if let Some(features) = text.cached(query) {
            return Ok(features);
        }
        let (id, width) = (text.id(), self.model.sizes.query);
        let stored = self.history.with(&self.pack_view(), |own| Ok(own.features(id, query, width)))?;
        if let Some(stored) = stored {
            let features = Features::from(stored);
            text.remember(query, Arc::clone(&features), forget_generation);
            return Ok(features);
        }
        let features = text.features(query, self.codebook.words(), keep, cancel)?.features;
        let pack = self.pack_view();
        self.history.with(&pack, |own| {
            own.keep_features(&pack, query, &features);
            Ok(())
        })?;
        Ok(features)
    }
}

/// Rows of these events, ascending, each once.
pub(super) fn distinct_rows(events: &[PastEvent]) -> Vec<u32> {
    let mut rows: Vec<_> = events.iter().map(|event| event.row).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
