//! `recommend`: the items that a history suggests next, arranged as a list.

use super::checks;
use super::context::Question;
use super::page::PageRequest;
use super::ranking::{Ranking, RequestTerms};
use super::trace::Trace;
use crate::codebook::{AttributeColumn, Values};
use crate::encode::PastEvent;
use crate::error::{Error, Result};
use crate::feed::{Caps, Pick, Selection};
use crate::kernels::Keep;
use crate::rank::{BoostTerm, Fresh};
use crate::request::{Boost, Freshness, Hit, LeaveOut, Reason, ReasonKind, RecommendRequest, Response};
use crate::runtime::CancelToken;
use crate::snapshot::Snapshot;
use crate::time::now_ms;

/// Diversity of the lists of users without a history, where the request does not say.
pub(crate) const COLD_DIVERSITY: f32 = 0.3;
/// Number of the latest events whose items `explain_history` may name.
const LATEST_EVENTS: usize = 16;

impl Snapshot {
    pub(crate) fn recommend(&self, request: &RecommendRequest, cancel: &CancelToken) -> Result<Response> {
        let wanted = PageRequest::from(request);
        self.check(&wanted)?;
        checks::feed(request)?;
        let intent = request.intent.as_deref().map(checks::intent).transpose()?.flatten();
        let seeds: Vec<u32> = request.seeds.iter().filter_map(|id| self.codebook.row_of(id)).collect();
        let now_ms = request.now_ms.unwrap_or_else(now_ms);
        let question = Question {
            search: false,
            text: intent.as_deref(),
            history: &request.history,
            seeds: &seeds,
            without: None,
            now_ms: Some(now_ms),
        };
        let terms = RequestTerms {
            boost: request.boost.as_ref().map(|boost| self.boost(boost)).transpose()?.flatten(),
            freshness: request.freshness.as_ref().map(|fresh| self.fresh(fresh, now_ms)).transpose()?,
        };
        let caps = request.caps.iter();
        let caps = caps.map(|cap| Ok((self.values("caps", &cap.attribute)?, cap.limit)));
        let caps = Caps::new(caps.collect::<Result<_>>()?);

        let mut trace = Trace::start(cancel)?;
        let mut allowed = self.allowed(&wanted, &mut trace)?;
        let (mut hits, latest) =
            self.ranking(&question, terms, &mut trace, cancel, |mut ranking, trace| {
                let left_out = self.left_out(request.leave_out.as_ref(), &ranking);
                left_out.iter().chain(ranking.disliked).chain(&seeds).for_each(|row| allowed.remove(*row));
                let explainer = ranking.apply(ranking.weights())?;
                let cold = ranking.context.cold && !ranking.context.has_intent;
                let diversity = if cold { COLD_DIVERSITY } else { 0.0 };
                let mut selection = Selection {
                    codebook: &self.codebook,
                    diversity: request.diversity.unwrap_or(diversity),
                    caps,
                    exploration: request.exploration,
                };
                let keep = Keep::Only(&allowed);
                let picks = selection.places(ranking.scores, keep, wanted.offset, wanted.limit, cancel)?;
                trace.end("scan")?;
                let hit = |Pick { row, score, explored }| {
                    let mut reasons = explainer.reasons(row);
                    if explored {
                        reasons.push(Reason {
                            kind: ReasonKind::Exploration,
                            terms: Vec::new(),
                            weight: 0.0,
                        });
                    }
                    self.hit(row, score, wanted.attributes, reasons)
                };
                let hits: Vec<Hit> = picks.into_iter().map(hit).collect();
                let mut latest: Vec<u32> = Vec::new();
                for event in ranking.context.events.iter().rev().take(LATEST_EVENTS) {
                    if !latest.contains(&event.row) {
                        latest.push(event.row);
                    }
                }
                Ok((hits, latest))
            })?;
        trace.end("hits")?;
        if request.explain_history {
            self.explain_history(&question, terms, &latest, &mut hits, cancel)?;
            trace.end("explain_history")?;
        }
        let facets = self.facets(&wanted, &allowed, std::iter::empty(), &mut trace)?;
        Ok(trace.finish(hits, allowed.count(), facets))
    }

    /// The rows of the history that a request leaves out.
    fn left_out(&self, asked: Option<&LeaveOut>, ranking: &Ranking<'_>) -> Vec<u32> {
        let (history, events) = (&ranking.context.history, &ranking.context.events);
        match asked {
            None if self.manifest().tasks.recommend.exclude_history => history.clone(),
            None | Some(LeaveOut::Nothing) => Vec::new(),
            Some(LeaveOut::History) => history.clone(),
            Some(LeaveOut::Kinds(kinds)) => {
                let named = |event: &&PastEvent| {
                    let place = usize::from(event.kind).checked_sub(1);
                    let known = place.and_then(|place| self.manifest().kinds.get(place));
                    let name = known.map(|kind| kind.name.as_str()).or(event.unknown_kind.as_deref());
                    name.is_some_and(|name| kinds.iter().any(|kind| kind == name))
                };
                events.iter().filter(named).map(|event| event.row).collect()
            }
        }
    }

    /// A boost in the terms of the pack; `None` for a value that no item has.
    fn boost<'a>(&'a self, boost: &'a Boost) -> Result<Option<BoostTerm<'a>>> {
        let values = self.values("boost", &boost.attribute)?;
        let (text, weight) = (boost.value.as_str(), boost.weight);
        Ok(values.find(text).map(|value| BoostTerm { values, value, text, weight }))
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
