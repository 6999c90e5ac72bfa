//! The calls of the page. Each takes a JSON object, calls the engine once and gives JSON back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use gensr::{
    CancelToken, Engine, Error, Event, Exploration, Filter, Freshness, Keystroke, MAX_ATTRIBUTES,
    RecommendRequest, SearchRequest, SimilarRequest, Typing,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::wire::{Card, Completed, Hits, Info, Past};

/// Most events of the history that are shown.
const SHOWN_EVENTS: usize = 200;
/// Catalogues that are tried out here tend to be a year or two old; a month's half-life would find nothing new in them.
const HALF_LIFE_DAYS: f32 = 365.0;
/// A bonus that shows, in the unit of docs/feed.md.
const FRESH_WEIGHT: f32 = 3.0;
/// Share of the places for surprises.
const EXPLORED: f32 = 0.25;

/// Why a call was refused or failed.
#[derive(Debug)]
pub struct Failure {
    /// Of HTTP.
    pub status: u16,
    /// One sentence, without anything of the user's.
    pub reason: String,
}

impl Failure {
    pub fn new(status: u16, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error {
            Error::InvalidArgument { .. } => 400,
            Error::Cancelled => 409,
            _ => 500,
        };
        Self::new(status, error.to_string())
    }
}

/// The engine, and what every answer shows of an item.
pub struct Api {
    engine: Arc<Engine>,
    /// The search box. There is one user, so there is one.
    typing: Typing<Arc<Engine>>,
    /// Present text.
    typed: Mutex<Option<Arc<Keystroke<Arc<Engine>>>>>,
    attributes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
    limit: usize,
    #[serde(default)]
    scope: Scope,
}

/// Filters and facets of a request.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    /// Attribute and the values of which an item has to have one.
    #[serde(default)]
    filters: BTreeMap<String, Vec<String>>,
    /// Attributes whose values are to be counted.
    #[serde(default)]
    facets: Vec<String>,
}

impl Scope {
    /// All filters hold; `None` where there are none.
    fn filter(&self) -> Option<Filter> {
        let filters = self.filters.iter().filter(|(_, values)| !values.is_empty());
        filters.map(|(name, values)| Filter::any_of(name, values)).reduce(Filter::and)
    }
}

/// Options of a feed beside the history.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tuning {
    /// 0 to 1; without it the engine's default.
    diversity: Option<f32>,
    intent: Option<String>,
    /// A date attribute by which what is new rises.
    fresh: Option<String>,
    /// The seed of the surprises, where some are wanted.
    surprise: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ranked {
    /// That of a keystroke's answer.
    number: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Complete {
    typed: String,
    limit: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feed {
    limit: usize,
    #[serde(default)]
    scope: Scope,
    #[serde(default)]
    tuning: Tuning,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Similar {
    id: String,
    limit: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    id: String,
    kind: String,
    query: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize)]
struct Done {}

/// A first answer, and what asks for the whole ranking.
#[derive(Serialize)]
struct First {
    number: u64,
    #[serde(flatten)]
    hits: Hits,
}

#[derive(Serialize)]
struct Completions {
    completions: Vec<Completed>,
}

#[derive(Serialize)]
struct Events {
    /// Newest first.
    events: Vec<Past>,
    total: usize,
}

impl Api {
    pub fn new(engine: Engine) -> Self {
        let manifest = engine.manifest();
        let names = manifest.attributes.iter().map(|attribute| attribute.name.clone());
        let attributes = names.take(MAX_ATTRIBUTES).collect();
        let engine = Arc::new(engine);
        Self { typing: Typing::new(Arc::clone(&engine)), typed: Mutex::default(), engine, attributes }
    }

    /// Runs the call of this name.
    pub fn call(&self, name: &str, body: &[u8]) -> Result<String, Failure> {
        match name {
            "keystroke" => answer(body, |request| self.keystroke(request)),
            "ranked" => answer(body, |request| self.ranked(&request)),
            "search" => answer(body, |request| self.search(request)),
            "complete" => answer(body, |request| self.complete(&request)),
            "feed" => answer(body, |request| self.feed(request)),
            "similar" => answer(body, |request| self.similar(request)),
            "item" => answer(body, |request| self.item(&request)),
            "record" => answer(body, |request| self.record(request)),
            "history" => answer(body, |Nothing {}| self.history()),
            "clear" => answer(body, |Nothing {}| Ok(self.engine.clear_history().map(|()| Done {})?)),
            "info" => answer(body, |Nothing {}| Ok(Info::of(&self.engine))),
            _ => Err(Failure::new(404, "there is no such call")),
        }
    }

    /// A search box that holds something new: the first answer, from words.
    fn keystroke(&self, request: Search) -> Result<First, Failure> {
        let keystroke = Arc::new(self.typing.keystroke(self.asked(request)));
        *self.typed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keystroke));
        let hits = Hits::of(keystroke.words()?, &self.engine);
        Ok(First { number: keystroke.number(), hits })
    }

    /// The whole ranking for a keystroke; `Cancelled` where there was another one since.
    fn ranked(&self, request: &Ranked) -> Result<Hits, Failure> {
        let typed = self.typed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let keystroke = typed.filter(|typed| typed.number() == request.number).ok_or(Error::Cancelled)?;
        Ok(Hits::of(keystroke.ranked()?, &self.engine))
    }

    /// The whole ranking, without a search box.
    fn search(&self, request: Search) -> Result<Hits, Failure> {
        let response = self.engine.search(&self.asked(request), &CancelToken::new())?;
        Ok(Hits::of(response, &self.engine))
    }

    fn asked(&self, Search { query, limit, scope }: Search) -> SearchRequest {
        SearchRequest::new(query)
            .limit(limit)
            .filter(scope.filter())
            .facets(scope.facets)
            .attributes(self.attributes.clone())
    }

    fn complete(&self, request: &Complete) -> Result<Completions, Failure> {
        let found = self.engine.complete(&request.typed, request.limit)?;
        Ok(Completions { completions: found.into_iter().map(Completed::from).collect() })
    }

    fn feed(&self, Feed { limit, scope, tuning }: Feed) -> Result<Hits, Failure> {
        let fresh = |name: String| Freshness::new(name).half_life_days(HALF_LIFE_DAYS).weight(FRESH_WEIGHT);
        let request = RecommendRequest::new()
            .limit(limit)
            .filter(scope.filter())
            .facets(scope.facets)
            .diversity(tuning.diversity)
            .intent(tuning.intent)
            .explain_history(true)
            .freshness(tuning.fresh.map(fresh))
            .exploration(tuning.surprise.map(|seed| Exploration::new(EXPLORED, seed)))
            .attributes(self.attributes.clone());
        let response = self.engine.recommend(&request, &CancelToken::new())?;
        Ok(Hits::of(response, &self.engine))
    }

    fn similar(&self, Similar { id, limit }: Similar) -> Result<Hits, Failure> {
        let request = SimilarRequest::new(id).limit(limit).attributes(self.attributes.clone());
        let response = self.engine.similar(&request, &CancelToken::new())?;
        Ok(Hits::of(response, &self.engine))
    }

    fn item(&self, request: &Item) -> Result<Card, Failure> {
        let card = Card::of(&request.id, &self.attributes, &self.engine);
        card.ok_or(Failure::new(400, "no item has this id"))
    }

    fn record(&self, Record { id, kind, query }: Record) -> Result<Done, Failure> {
        if self.engine.row_of(&id).is_none() {
            return Err(Failure::new(400, "no item has this id"));
        }
        self.engine.record(Event::new(id, kind).query(query))?;
        Ok(Done {})
    }

    fn history(&self) -> Result<Events, Failure> {
        let events = self.engine.history(SHOWN_EVENTS)?;
        let total = self.engine.diagnostics().profile.events;
        let events = events
            .into_iter()
            .rev()
            .map(|event| Past::of(event.into(), &self.attributes, &self.engine))
            .collect();
        Ok(Events { events, total })
    }
}

/// Parses the body, runs the call, writes its answer.
fn answer<B: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(B) -> Result<A, Failure>,
) -> Result<String, Failure> {
    // A message of serde can quote the body; the place is enough.
    let request = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Failure::new(400, format!("the body is not the JSON object that this call takes ({place})"))
    })?;
    let answer = call(request)?;
    serde_json::to_string(&answer).map_err(|error| Failure::new(500, error.to_string()))
}
