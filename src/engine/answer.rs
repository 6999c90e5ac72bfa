//! From a query to its answer; and from history and query to the output vector, for all that is asked.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::loaded::Told;
use super::model::Scratch;
use super::reasons::Account;
use super::trace::Trace;
use super::wanted::Wanted;
use super::{Engine, Loaded, checks, now_ms};
use crate::encode::State;
use crate::encode::{PastEvent, Window};
use crate::error::Result;
use crate::feed::standing;
use crate::generate::{Asked, Prompt, Recent, distance, output, recent, score};
use crate::judge::{JUDGED, Judged, logits};
use crate::kernels::{Bitmap, Keep, QuantisedQuery, top_k};
use crate::lexical::for_each_word;
use crate::pack::{KindTask, TaskSpec};
use crate::request::{History, Hit, Reason, Response, SearchRequest};
use crate::runtime::{CancelToken, INSTRUCTION};
use crate::text::{Features, Made};

/// What the two tasks have in common.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) search: bool,
    /// Normalised.
    pub(super) query: Option<&'a str>,
    /// What the answer should suit beside the history, normalised; not beside a query.
    pub(super) wish: Option<&'a str>,
    pub(super) history: &'a History,
    /// Rows that count as the latest likes.
    pub(super) seeds: &'a [u32],
    /// A row whose events did not happen.
    pub(super) without: Option<u32>,
    pub(super) now_ms: Option<i64>,
}

/// The decoder's answer to a question.
pub(super) struct Generated {
    /// z, the output vector.
    pub(super) output: Vec<f32>,
    pub(super) prompted: Prompted,
}

/// A question in the terms of the model, before anything is generated.
pub(super) struct Prompted {
    pub(super) prefix: Prefix,
    /// Distinct rows of the whole history, ascending.
    pub(super) history: Vec<u32>,
    /// The items of it that neighbours are asked of.
    pub(super) recent: Vec<Recent>,
    /// The history itself, seeds not included.
    pub(super) events: Arc<Vec<PastEvent>>,
    /// Whether the model has met nothing that speaks for any item.
    pub(super) cold: bool,
    /// Whether there is a wish that says anything of what is wanted.
    pub(super) wished: bool,
}

/// A history's state and the prompt that follows it.
pub(super) struct Prefix {
    state: Arc<State>,
    search: bool,
    query: Option<Features>,
    instruction: Option<Features>,
    gap: u8,
}

impl Prefix {
    fn prompt(&self) -> Prompt<'_> {
        let Self { search, query, instruction, gap, .. } = self;
        let (query, instruction) = (query.as_deref(), instruction.as_deref());
        Prompt { search: *search, query, instruction, gap: *gap }
    }
}

impl Engine {
    /// Items for a query, in the order that suits the history. Around a millisecond for a static encoder; the text encoder's
    /// time on top for a sentence encoder. The first call with a history computes its state.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, SearchRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let attributes = vec!["price".into()];
    /// let request = SearchRequest { limit: 5, attributes, ..SearchRequest::new("rain jacket") };
    /// let answer = engine.search(&request, &cancel)?;
    /// assert_eq!(answer.hits.len(), 5);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for what is outside the limits of `SearchRequest`, `Cancelled`, `Internal`.
    pub fn search(&self, request: &SearchRequest, cancel: &CancelToken) -> Result<Response> {
        self.view().search(request, cancel)
    }
}

impl Loaded {
    pub(super) fn search(&self, request: &SearchRequest, cancel: &CancelToken) -> Result<Response> {
        let query = checks::query(&request.query)?;
        let wanted = Wanted::from(request);
        self.check(&wanted)?;
        let task = &self.manifest().tasks.search;
        let question = Question {
            search: true,
            query: Some(&query),
            wish: None,
            history: &request.history,
            seeds: &[],
            without: None,
            now_ms: request.now_ms,
        };
        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        let Generated { output, prompted } = self.generate(&question, &mut trace, cancel)?;
        let Prompted { prefix, history, recent, events, .. } = prompted;
        if request.exclude_history.unwrap_or(task.exclude_history) {
            history.iter().for_each(|row| allowed.remove(*row));
        }
        let output = QuantisedQuery::new(&output);
        let taste = self.taste(&events, task.taste);
        if taste.is_some() {
            trace.end("taste")?;
        }
        let (hits, facets) =
            self.model.with_scratch(|Scratch { scores, evidence, likeness: [likeness, _] }| {
                let asked = Asked::read(&query, &self.codebook);
                evidence.gather(
                    &self.codebook,
                    &recent,
                    Some(&asked),
                    |part| part.counts_in(task),
                    cancel,
                )?;
                trace.end("evidence")?;
                score(&output, &self.codebook, scores, cancel)?;
                if task.is_nonsense(scores, evidence.matched().next().is_some()) {
                    allowed = Bitmap::empty(scores.len());
                }
                if let Some(taste) = &taste {
                    taste.apply(scores, likeness, &self.codebook, cancel)?;
                }
                evidence.weigh_titles(distance(scores), task);
                evidence.fuse(scores, &history, task);
                let judged = self.judge(&prefix, scores, &allowed, task, &mut trace, cancel)?;
                let best = wanted.page(scores, &allowed);
                trace.end(if judged.is_some() { "order" } else { "scan" })?;
                let account = Account {
                    codebook: &self.codebook,
                    task,
                    output: &output,
                    judged: judged.as_ref(),
                    taste: taste.as_ref(),
                    evidence,
                    recent: &recent,
                    seeds: &[],
                    history: &history,
                    typed: Some(&asked.typed),
                };
                let hit = |&(row, score)| Hit {
                    matched: account.in_title(row).into_iter().map(|word| word.range).collect(),
                    ..self.hit(row, score, wanted.attributes, account.reasons(row))
                };
                let hits = best.iter().map(hit).collect();
                trace.end("hits")?;
                Ok((hits, self.facets(&wanted, &allowed, evidence.matched(), &mut trace)?))
            })?;
        Ok(trace.finish(hits, allowed.count(), facets))
    }

    /// History to state, query to features, both to the output vector.
    pub(super) fn generate(
        &self,
        question: &Question<'_>,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Generated> {
        let prompted = self.prompted(question, trace, cancel)?;
        let (graphs, prefix) = (self.model.graphs()?, &prompted.prefix);
        let output = output(&prefix.prompt(), &prefix.state, &graphs.decoder, &self.model.sizes, cancel)?;
        trace.end("decoder")?;
        trace.ran(&graphs.decoder);
        Ok(Generated { output, prompted })
    }

    /// History to state, query to features.
    pub(super) fn prompted(
        &self,
        question: &Question<'_>,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Prompted> {
        let graphs = self.model.graphs()?;
        let Told { mut events, own, keep } = self.events_of(question.history)?;
        if let Some(row) = question.without {
            Arc::make_mut(&mut events).retain(|event| event.row != row);
        }
        let time = &self.manifest().time;
        let now = question.now_ms.unwrap_or_else(now_ms);
        let heard = self.heard(&events, question.seeds, now);
        let window = Window::new(&heard, &self.manifest().model, time);
        let features = |query: &str| self.features(query, own, keep, cancel);
        let keep_state = keep.filter(|_| question.without.is_none());
        let (state, ran) = self.model.histories.state(
            &window.events,
            keep_state,
            || self.model.text.maker(),
            &graphs.history,
            &self.codebook,
            features,
            cancel,
        )?;
        trace.end("history")?;
        if ran {
            trace.ran(&graphs.history);
        }
        let mut wished = question.wish.is_some_and(|wish| !self.is_silent(wish));
        let mut text_features = None;
        if let Some(text) = question.query.or(question.wish.filter(|_| wished)) {
            let encoded = self.model.text.features(text, self.codebook.words(), keep, cancel)?;
            encoded.ran.iter().for_each(|provider| trace.ran_on("text", provider.name()));
            text_features = Some(encoded.made.features);
            trace.end("text")?;
        }
        // What wishes for nothing in particular is no wish.
        if wished && text_features.as_deref().is_some_and(|features| self.means_nothing(features)) {
            (wished, text_features) = (false, None);
        }
        // A decoder that has not learned to be told in words hears a wish as a query.
        let told = question.query.is_none() && graphs.decoder.takes(INSTRUCTION);
        let (query, instruction) = if told { (None, text_features) } else { (text_features, None) };
        let gap = window.gap_to(now, time);
        let prefix = Prefix { state, search: question.search, query, instruction, gap };
        let neighbours = self.codebook.neighbours();
        let recent = neighbours.map(|neighbours| recent(&heard, neighbours.spec())).unwrap_or_default();
        let cold = heard.iter().all(|event| event.liking < 0.0);
        Ok(Prompted { prefix, history: distinct_rows(&events), recent, events, cold, wished })
    }

    /// Whether no word of a wish says anything of what is wanted. Without silent words any does; where words are heard only
    /// by what the dictionary knows of them, those that it does not know say nothing.
    fn is_silent(&self, wish: &str) -> bool {
        let ([silence, vague], deaf) = (&self.model.silence, !self.model.text.has_graph());
        let mut silent = !silence.is_empty();
        for_each_word(wish, |word, _| {
            let unknown = || deaf && self.codebook.word_id(word).is_none();
            silent &= silence.contains(word) || vague.contains(word) || unknown();
        });
        silent
    }

    /// Whether a wish with these features says nothing of what is wanted.
    fn means_nothing(&self, features: &[f32]) -> bool {
        self.manifest().tasks.wish.as_ref().is_some_and(|wish| wish.means_nothing(features))
    }

    /// Asks the judge about the best of `allowed` and adds to `scores` what it is worth in a task; `None` where the pack has no
    /// judge, or the task gives it no weight.
    pub(super) fn judge(
        &self,
        prefix: &Prefix,
        scores: &mut [f32],
        allowed: &Bitmap,
        task: &TaskSpec,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Option<Judged>> {
        if task.judge == 0.0 || !self.model.has_judge() {
            return Ok(None);
        }
        let best = top_k(scores, JUDGED, Keep::Only(allowed));
        let rows: Vec<u32> = best.into_iter().map(|(row, _)| row).collect();
        trace.end("scan")?;
        let Some(logits) = self.logits(prefix, &rows, trace, cancel)? else { return Ok(None) };
        let judged = Judged::new(&rows, &logits, task);
        judged.apply(scores);
        trace.end("judge")?;
        Ok(Some(judged))
    }

    /// What the judge says of some rows; `None` where the pack has no judge.
    pub(super) fn logits(
        &self,
        prefix: &Prefix,
        rows: &[u32],
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
    ) -> Result<Option<Vec<f32>>> {
        let Some(graph) = self.model.judge()? else { return Ok(None) };
        let (prompt, sizes) = (prefix.prompt(), &self.model.sizes);
        let logits = logits(&prompt, &prefix.state, rows, &graph, &self.codebook, sizes, cancel)?;
        trace.ran(&graph);
        Ok(Some(logits))
    }

    /// The score of every item for a query that comes with these features and without a history, as `search` adds it up, but for
    /// what it does with whole answers: no judge, and no floor for queries that mean nothing.
    pub(super) fn scores_of(
        &self,
        query: &str,
        features: &Features,
        cancel: &CancelToken,
    ) -> Result<Vec<f32>> {
        let (graphs, task) = (self.model.graphs()?, &self.manifest().tasks.search);
        let prompt = Prompt { search: true, query: Some(features), instruction: None, gap: 0 };
        let output = output(&prompt, &State::default(), &graphs.decoder, &self.model.sizes, cancel)?;
        let mut scores = Vec::new();
        self.model.with_scratch(|Scratch { evidence, .. }| {
            let asked = Asked::read(query, &self.codebook);
            evidence.gather(&self.codebook, &[], Some(&asked), |part| part.counts_in(task), cancel)?;
            score(&QuantisedQuery::new(&output), &self.codebook, &mut scores, cancel)?;
            evidence.weigh_titles(distance(&scores), task);
            evidence.fuse(&mut scores, &[], task);
            Ok(())
        })?;
        Ok(scores)
    }

    /// The history as model and neighbours hear it: with the seeds of the request as its latest likes, and without items
    /// whose dislike the pack has no word for. To a model that has never met a dislike every event is a liking.
    fn heard<'a>(&self, events: &'a [PastEvent], seeds: &[u32], now_ms: i64) -> Cow<'a, [PastEvent]> {
        let unheard = |event: &PastEvent| event.liking < 0.0 && event.unknown_kind.is_some();
        let mut heard = Cow::Borrowed(events);
        if events.iter().any(unheard) {
            let disliked = standing(events);
            let mute: HashSet<u32> =
                events.iter().filter(|event| unheard(event)).map(|event| event.row).collect();
            let stands = |row: &u32| mute.contains(row) && disliked.contains(row);
            heard.to_mut().retain(|event| !unheard(event) && !stands(&event.row));
        }
        if !seeds.is_empty() {
            let kinds = self.manifest().kinds.iter().zip(1..);
            let likes = kinds.filter(|(kind, _)| kind.task == KindTask::Recommend && kind.sign > 0);
            let kind = likes
                .max_by(|(a, _), (b, _)| a.strength.total_cmp(&b.strength))
                .map_or(0, |(_, index)| index);
            heard.to_mut().extend(seeds.iter().map(|&row| PastEvent {
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
        heard
    }

    /// Features of a query in a history. Those of the user's own history outlive the process where computing them
    /// takes a graph.
    fn features(&self, query: &str, own: bool, keep: Option<u64>, cancel: &CancelToken) -> Result<Features> {
        let text = &self.model.text;
        let Some(times_forgotten) = keep.filter(|_| own && text.has_graph()) else {
            return Ok(text.features(query, self.codebook.words(), keep, cancel)?.made.features);
        };
        if let Some(made) = text.cached(query) {
            return Ok(made.features);
        }
        let (pack_id, maker, width) = (self.pack_id(), text.maker(), self.model.sizes.query);
        let stored = self.own.with(self, |own| Ok(own.features(pack_id, &maker, query, width)))?;
        if let Some(stored) = stored {
            let made = Made { features: Features::from(stored), maker };
            text.remember(query, made.clone(), times_forgotten);
            return Ok(made.features);
        }
        let made = text.features(query, self.codebook.words(), keep, cancel)?.made;
        self.own.with(self, |own| {
            own.keep_features(pack_id, query, &made);
            Ok(())
        })?;
        Ok(made.features)
    }

    pub(super) fn hit(&self, row: u32, score: f32, attributes: &[String], reasons: Vec<Reason>) -> Hit {
        let value = |name: &String| Some((name.clone(), self.codebook.attribute(row, name)?));
        Hit {
            id: self.codebook.id(row).to_owned(),
            title: self.codebook.title(row).to_owned(),
            score,
            attributes: attributes.iter().filter_map(value).collect(),
            matched: Vec::new(),
            reasons,
        }
    }
}

/// Rows of these events, ascending, each once.
pub(super) fn distinct_rows(events: &[PastEvent]) -> Vec<u32> {
    let mut rows: Vec<_> = events.iter().map(|event| event.row).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
