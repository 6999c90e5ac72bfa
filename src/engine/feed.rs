//! `recommend` and `similar`: the score of every item, what a request and a history add to it, and the list.

use std::sync::Arc;

use super::answer::{Generated, Prefix, Prompted, Question};
use super::model::Scratch;
use super::reasons::{Account, judge_reason};
use super::trace::Trace;
use super::wanted::Wanted;
use super::{Engine, Loaded, checks, now_ms};
use crate::codebook::AttributeColumn;
use crate::encode::PastEvent;
use crate::error::{Error, Result};
use crate::feed::{
    Adjustments, Caps, Dislikes, Fresh, Pick, Popularity, Selection, Values, spread, standing, unit,
};
use crate::generate::{Asked, score, score_row};
use crate::kernels::{Bitmap, Keep, QuantisedQuery};
use crate::pack::TaskSpec;
use crate::request::{
    Freshness, Hit, Lean, LeaveOut, Reason, ReasonKind, RecommendRequest, Response, SimilarRequest,
};
use crate::runtime::CancelToken;

/// Events that `because` may look at whatever else it does.
const LATEST_EVENTS: usize = 16;

/// What scores are made from, checked and in the terms of the pack.
#[derive(Clone)]
pub(super) struct Context<'a> {
    pub(super) question: Question<'a>,
    /// Column, number of the value, its text, and weight.
    lean: Option<(Values<'a>, u32, &'a str, f32)>,
    freshness: Option<Fresh<'a>>,
}

/// What a list must know of the user.
pub(super) struct Past {
    events: Arc<Vec<PastEvent>>,
    /// Distinct rows of the history, ascending.
    history: Vec<u32>,
    /// Rows, the latest dislike first.
    disliked: Vec<u32>,
    /// Nothing is known that speaks for any item.
    cold: bool,
    /// What the judge is asked after, and what it counts.
    prefix: Prefix,
    task: TaskSpec,
}

/// The parts of the score of a row.
pub(super) type Reasons<'a> = &'a dyn Fn(u32) -> Vec<Reason>;

impl Engine {
    /// Diversity of the lists of users without a history, where the request does not say: nothing is known that a list of
    /// one kind could suit.
    pub const COLD_DIVERSITY: f32 = 0.3;

    /// What the history suggests next. Below a millisecond once the history's state is there; diversity, caps and
    /// exploration look at the best 512 items, and each disliked item (the latest 16) costs a scan.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let seeds = vec!["g0105".into()];
    /// let request = RecommendRequest { seeds, diversity: Some(0.2), ..RecommendRequest::default() };
    /// let answer = engine.recommend(&request, &cancel)?;
    /// assert_eq!(answer.hits.len(), 10);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for what is outside the limits of `RecommendRequest`, `Cancelled`, `Internal`.
    pub fn recommend(&self, request: &RecommendRequest, cancel: &CancelToken) -> Result<Response> {
        self.view().recommend(request, cancel)
    }

    /// Items whose vectors are like that of one item. Without a taste no graph runs and the cost is one scan. With one it is
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
        self.view().similar(request, cancel)
    }
}

impl Loaded {
    pub(super) fn recommend(&self, request: &RecommendRequest, cancel: &CancelToken) -> Result<Response> {
        let wanted = Wanted::from(request);
        self.check(&wanted)?;
        checks::feed(request)?;
        let wish = request.wish.as_deref().map(checks::wish).transpose()?.flatten();
        let seeds: Vec<u32> = request.seeds.iter().filter_map(|id| self.codebook.row_of(id)).collect();
        let now_ms = request.now_ms.unwrap_or_else(now_ms);
        let history = &request.history;
        let question = Question {
            search: false,
            query: None,
            wish: wish.as_deref(),
            history,
            seeds: &seeds,
            without: None,
            now_ms: Some(now_ms),
        };
        let context = Context {
            question,
            lean: request.lean.as_ref().map(|lean| self.lean(lean)).transpose()?.flatten(),
            freshness: request.freshness.as_ref().map(|fresh| self.fresh(fresh, now_ms)).transpose()?,
        };
        let caps = request.at_most.iter();
        let caps = caps.map(|cap| Ok((self.values("at_most", &cap.attribute)?, cap.at_most)));
        let caps = Caps::new(caps.collect::<Result<_>>()?);

        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        let (mut hits, latest) =
            self.scored(&context, &mut trace, cancel, |scores, reasons, past, trace| {
                let left_out = self.left_out(request.leave_out.as_ref(), past);
                left_out.iter().chain(&past.disliked).chain(&seeds).for_each(|row| allowed.remove(*row));
                let judged = self.judge(&past.prefix, scores, &allowed, &past.task, trace, cancel)?;
                let diversity = if past.cold { Engine::COLD_DIVERSITY } else { 0.0 };
                let mut selection = Selection {
                    codebook: &self.codebook,
                    diversity: request.diversity.unwrap_or(diversity),
                    caps,
                    exploration: request.exploration,
                };
                let picks =
                    selection.places(scores, Keep::Only(&allowed), wanted.offset, wanted.limit, cancel)?;
                trace.end(if judged.is_some() { "order" } else { "scan" })?;
                let hit = |Pick { row, score, explored }| {
                    let mut why = reasons(row);
                    why.extend(judged.as_ref().and_then(|judged| judge_reason(judged, row)));
                    if explored {
                        why.push(Reason { kind: ReasonKind::Explored, terms: Vec::new(), weight: 0.0 });
                    }
                    self.hit(row, score, wanted.attributes, why)
                };
                let hits: Vec<Hit> = picks.into_iter().map(hit).collect();
                let mut latest: Vec<u32> = Vec::new();
                for event in past.events.iter().rev().take(LATEST_EVENTS) {
                    if !latest.contains(&event.row) {
                        latest.push(event.row);
                    }
                }
                Ok((hits, latest))
            })?;
        trace.end("hits")?;
        if request.because {
            self.because(&context, &latest, &mut hits, cancel)?;
            trace.end("because")?;
        }
        let facets = self.facets(&wanted, &allowed, std::iter::empty(), &mut trace)?;
        Ok(trace.finish(hits, allowed.count(), facets))
    }

    pub(super) fn similar(&self, request: &SimilarRequest, cancel: &CancelToken) -> Result<Response> {
        let wanted = Wanted::from(request);
        self.check(&wanted)?;
        checks::id("item_id", &request.item_id)?;
        checks::share("taste", request.taste)?;
        let row = self.codebook.row_of(&request.item_id);
        let row = row.ok_or_else(|| Error::invalid("item_id is not in the catalogue"))?;
        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        allowed.remove(row);
        // An item of which nothing but words is known is like no other, and none is like it.
        self.codebook.without_vector().for_each(|row| allowed.remove(row));
        if !self.codebook.has_vector(row) {
            allowed = Bitmap::empty(allowed.len());
        }
        let mut vector = vec![0.0; self.codebook.dim()];
        self.codebook.fused_into(row, &mut vector);
        let like = QuantisedQuery::new(&vector);
        let likeness = |row: u32| {
            let weight = score_row(&like, &self.codebook, row);
            Reason { kind: ReasonKind::Similar, terms: vec![request.item_id.clone()], weight }
        };
        let mut cosines = Vec::new();
        score(&like, &self.codebook, &mut cosines, cancel)?;
        let hits = if request.taste == 0.0 {
            let best = wanted.page(&cosines, &allowed);
            trace.end("scan")?;
            let hit = |(row, score)| self.hit(row, score, wanted.attributes, vec![likeness(row)]);
            best.into_iter().map(hit).collect()
        } else {
            let now_ms = request.now_ms.unwrap_or_else(now_ms);
            let question = Question {
                search: false,
                query: None,
                wish: None,
                history: &request.history,
                seeds: &[],
                without: None,
                now_ms: Some(now_ms),
            };
            let context = Context { question, lean: None, freshness: None };
            self.scored(&context, &mut trace, cancel, |scores, reasons, past, trace| {
                past.disliked.iter().for_each(|row| allowed.remove(*row));
                // Both on the scale of cosines: as far above its mean as the taste's score is above its own.
                let alive =
                    |scores: &[f32]| spread(self.codebook.alive().iter().map(|row| scores[row as usize]));
                let (mean, unit) = alive(scores);
                let scale = if unit > 0.0 { request.taste * alive(&cosines).1 / unit } else { 0.0 };
                scores
                    .iter_mut()
                    .zip(&cosines)
                    .for_each(|(score, cosine)| *score = cosine + scale * (*score - mean));
                let best = wanted.page(scores, &allowed);
                trace.end("scan")?;
                let hit = |(row, score)| {
                    let mut why = vec![likeness(row)];
                    why.extend(reasons(row).into_iter().map(|reason| {
                        let share = if reason.kind == ReasonKind::Model {
                            reason.weight - mean
                        } else {
                            reason.weight
                        };
                        Reason { weight: scale * share, ..reason }
                    }));
                    self.hit(row, score, wanted.attributes, why)
                };
                Ok(best.into_iter().map(hit).collect())
            })?
        };
        trace.end("hits")?;
        let facets = self.facets(&wanted, &allowed, std::iter::empty(), &mut trace)?;
        Ok(trace.finish(hits, allowed.count(), facets))
    }

    /// Scores every item for a context, and lends the scores, what tells their parts, and the user's past to `with`.
    pub(super) fn scored<T>(
        &self,
        context: &Context<'_>,
        trace: &mut Trace<'_>,
        cancel: &CancelToken,
        with: impl FnOnce(&mut [f32], Reasons<'_>, &Past, &mut Trace<'_>) -> Result<T>,
    ) -> Result<T> {
        let seeds = context.question.seeds;
        let Generated { output, prompted } = self.generate(&context.question, trace, cancel)?;
        let Prompted { prefix, history, recent, events, cold, wished } = prompted;
        let disliked = standing(&events);
        let recent: Vec<_> = recent.into_iter().filter(|recent| !disliked.contains(&recent.row)).collect();
        let tasks = &self.manifest().tasks;
        let wish = context.question.wish.filter(|_| wished);
        let task = if wished { tasks.wished() } else { tasks.recommend.clone() };
        let cold = cold && !wished;
        let past = Past { history, disliked, cold, events, prefix, task };
        let task = &past.task;
        let output = QuantisedQuery::new(&output);
        let taste = self.taste(&past.events, task.taste);
        if taste.is_some() {
            trace.end("taste")?;
        }
        self.model.with_scratch(|Scratch { scores, evidence, likeness: [near, nearest] }| {
            let asked = wish.map(|wish| Asked::wish(wish, &self.model.silence[0], &self.codebook));
            evidence.gather(&self.codebook, &recent, asked.as_ref(), |part| part.counts_in(task), cancel)?;
            trace.end("evidence")?;
            score(&output, &self.codebook, scores, cancel)?;
            if let Some(taste) = &taste {
                taste.apply(scores, near, &self.codebook, cancel)?;
            }
            evidence.fuse(scores, &past.history, task);
            let weighted = context.lean.is_some() || context.freshness.is_some() || !past.disliked.is_empty();
            let adjustments = Adjustments {
                codebook: &self.codebook,
                unit: if weighted { unit(scores, &self.codebook) } else { 0.0 },
                dislikes: Dislikes::new(&past.disliked, &self.codebook),
                lean: context.lean,
                freshness: context.freshness,
                popularity: self.codebook.popularity().filter(|_| past.cold).map(Popularity::new),
            };
            adjustments.apply(scores, [near, nearest], cancel)?;
            let account = Account {
                codebook: &self.codebook,
                task,
                output: &output,
                judged: None,
                taste: taste.as_ref(),
                evidence,
                recent: &recent,
                seeds,
                history: &past.history,
                typed: asked.as_ref().map(|asked| &asked.typed),
            };
            let reasons = |row: u32| [account.reasons(row), adjustments.reasons(row)].concat();
            with(scores, &reasons, &past, trace)
        })
    }

    /// The rows of the history that a request leaves out.
    fn left_out(&self, asked: Option<&LeaveOut>, past: &Past) -> Vec<u32> {
        let history = self.manifest().tasks.recommend.exclude_history;
        match asked {
            None if history => past.history.clone(),
            None | Some(LeaveOut::Nothing) => Vec::new(),
            Some(LeaveOut::History) => past.history.clone(),
            Some(LeaveOut::Kinds(kinds)) => {
                let named = |event: &&PastEvent| {
                    let place = usize::from(event.kind).checked_sub(1);
                    let known = place.and_then(|place| self.manifest().kinds.get(place));
                    let name = known.map(|kind| kind.name.as_str()).or(event.unknown_kind.as_deref());
                    name.is_some_and(|name| kinds.iter().any(|kind| kind == name))
                };
                past.events.iter().filter(named).map(|event| event.row).collect()
            }
        }
    }

    fn lean<'a>(&'a self, lean: &'a Lean) -> Result<Option<(Values<'a>, u32, &'a str, f32)>> {
        let values = self.values("lean", &lean.attribute)?;
        Ok(values.find(&lean.value).map(|value| (values, value, lean.value.as_str(), lean.weight)))
    }

    fn fresh(&self, freshness: &Freshness, now_ms: i64) -> Result<Fresh<'_>> {
        let Freshness { attribute, half_life_days, weight } = freshness;
        match self.codebook.attribute_column(attribute).map(|column| &column.values) {
            Some(AttributeColumn::Date(days)) => {
                let (half_life_days, weight) = (*half_life_days, *weight);
                Ok(Fresh { days, now_ms, half_life_days, weight })
            }
            _ => Err(Error::invalid("freshness names no attribute of type date")),
        }
    }

    fn values(&self, what: &str, attribute: &str) -> Result<Values<'_>> {
        let values = self.codebook.attribute_column(attribute).and_then(Values::of);
        values.ok_or_else(|| Error::invalid(format!("{what} names no attribute of type string or set")))
    }
}
