//! Requests and responses.

mod device;
mod feed;
mod history;
mod items;
mod response;

use crate::filter::Filter;
use crate::setters::setters;

pub use device::{GraphNodes, InstallRequest, Installed, TrimLevel};
pub use feed::{Boost, Cap, DISLIKE, Exploration, Freshness, LeaveOut};
pub(crate) use history::check_events;
pub use history::{Forget, RecordedEvent, Recording};

pub use items::{Item, Upsert};
pub use response::{Hit, Reason, ReasonKind, Response, StageTime};

/// Something the user did. `search` events carry the query and the item that was chosen for it.
///
/// ```
/// # use gensr::{Engine, EngineOptions, PackSource, Event};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// let event = Event::new("g0105", "search").timestamp_ms(1_700_000_000_000).query("rain jacket".to_owned());
/// engine.record(event)?;
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Item id, as in the catalogue. An id that the pack does not know is kept and dormant until a pack has the item.
    pub item_id: String,
    /// Kind of event as the pack names them: `view`, `buy`, `search`, ...
    pub kind: String,
    /// Milliseconds since 1970; `None` is now.
    pub timestamp_ms: Option<i64>,
    /// The query that led to the item, for kinds whose task is search.
    pub query: Option<String>,
}

impl Event {
    /// An event of this kind with an item, now and without a query.
    pub fn new(item_id: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { item_id: item_id.into(), kind: kind.into(), timestamp_ms: None, query: None }
    }
}

setters!(Event {
    timestamp_ms: impl Into<Option<i64>>,
    query: impl Into<Option<String>>,
});

/// Whose history a request reads.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, History, SearchRequest};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let stranger = SearchRequest::new("tent").history(History::Empty);
/// assert_eq!(engine.search(&stranger, &cancel)?.hits.len(), 10);
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum History {
    /// The one recorded in the engine's profile.
    #[default]
    Profile,
    /// None: the answer of a stranger.
    Empty,
    /// These events, oldest first; the profile is neither read nor written.
    Events(Vec<Event>),
}

/// A search: items for a query, in the order that suits this history.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, Filter, PackSource, SearchRequest};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let request = SearchRequest::new("tent").filter("price < 100".parse::<Filter>()?).facets(vec!["brand".into()]);
/// let answer = engine.search(&request, &cancel)?;
/// println!("{} tents below 100, of {} brands", answer.total_hits, answer.facets[0].distinct);
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SearchRequest {
    /// Typed text; 1 to `MAX_QUERY_BYTES` bytes with something other than white space in it.
    pub query: String,
    /// Whose history to read.
    pub history: History,
    /// Number of hits wanted, 1 to `MAX_LIMIT`.
    pub limit: usize,
    /// Hits to skip, at most `MAX_OFFSET`: pages of one request, put together, are its one long list.
    pub offset: usize,
    /// Which items may be in the answer; `None` is all.
    pub filter: Option<Filter>,
    /// Leave out what is in the history; `None` is the pack's default (keep).
    pub exclude_history: Option<bool>,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Names of the attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Names of the attributes whose values to count, at most `MAX_ATTRIBUTES`; see `Response::facets`.
    pub facets: Vec<String>,
    /// The time of the request in milliseconds since 1970; `None` is now.
    pub now_ms: Option<i64>,
}

setters!(SearchRequest {
    history: History,
    limit: usize,
    offset: usize,
    filter: impl Into<Option<Filter>>,
    exclude: Vec<String>,
    attributes: Vec<String>,
    facets: Vec<String>,
    now_ms: impl Into<Option<i64>>,
    exclude_history: impl Into<Option<bool>>,
});

impl SearchRequest {
    /// A search with the defaults: the profile's history, ten hits.
    ///
    /// ```
    /// use gensr::SearchRequest;
    ///
    /// let request = SearchRequest::new("tent");
    /// assert_eq!((request.limit, request.offset), (10, 0));
    /// ```
    pub fn new(query: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            history: History::Profile,
            limit: 10,
            offset: 0,
            filter: None,
            exclude_history: None,
            exclude: Vec::new(),
            attributes: Vec::new(),
            facets: Vec::new(),
            now_ms: None,
        }
    }
}

impl From<&str> for SearchRequest {
    fn from(query: &str) -> Self {
        Self::new(query)
    }
}

/// A recommendation: what this history suggests next. docs/feed.md says what each option does to the list.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, Cap, Exploration, RecommendRequest};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let request = RecommendRequest::new().caps(vec![Cap::new("brand", 2)]).exploration(Exploration::new(0.2, 7));
/// assert_eq!(engine.recommend(&request, &cancel)?.hits.len(), 10);
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RecommendRequest {
    /// Whose history to read.
    pub history: History,
    /// Number of hits wanted, 1 to `MAX_LIMIT`.
    pub limit: usize,
    /// Hits to skip, at most `MAX_OFFSET`: pages of one request, put together, are its one long list.
    pub offset: usize,
    /// Which items may be in the answer; `None` is all.
    pub filter: Option<Filter>,
    /// Which items of the history to leave out; `None` is the pack's default (all). What the user dislikes never comes back.
    pub leave_out: Option<LeaveOut>,
    /// Ids of items that the list should suit as well as the history: the item on screen, a basket. They are not in the
    /// list; ids that the catalogue does not have are no fault. At most `MAX_SEEDS`.
    pub seeds: Vec<String>,
    /// A free-text intent beside the history, as a search would take it; at most `MAX_QUERY_BYTES` bytes. White space is none.
    pub intent: Option<String>,
    /// A value of an attribute whose items gain.
    pub boost: Option<Boost>,
    /// A bonus for new items.
    pub freshness: Option<Freshness>,
    /// How much the items of the list should differ, 0 to 1: 0 is the order of the scores, 1 looks at nothing but
    /// difference. `None` is 0, and `Engine::COLD_DIVERSITY` for a user without a history.
    pub diversity: Option<f32>,
    /// Caps on values of attributes; at most `MAX_CAPS`.
    pub caps: Vec<Cap>,
    /// Places for items that would not come up by their score.
    pub exploration: Option<Exploration>,
    /// Whether to name the events that each hit is there for: the score of a hit falls without the events of an item that the
    /// reasons `Model` and `Neighbours` name. Costs up to eight passes over the history; without it `Model` names none, and
    /// `Neighbours` those that gave the most of its own part.
    pub explain_history: bool,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Names of the attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Names of the attributes whose values to count, at most `MAX_ATTRIBUTES`; see `Response::facets`.
    pub facets: Vec<String>,
    /// The time of the request in milliseconds since 1970; `None` is now.
    pub now_ms: Option<i64>,
}

impl RecommendRequest {
    /// A recommendation with the defaults: the profile's history, ten hits.
    pub fn new() -> Self {
        Self::default()
    }
}

setters!(RecommendRequest {
    history: History,
    limit: usize,
    offset: usize,
    filter: impl Into<Option<Filter>>,
    exclude: Vec<String>,
    attributes: Vec<String>,
    facets: Vec<String>,
    now_ms: impl Into<Option<i64>>,
    leave_out: impl Into<Option<LeaveOut>>,
    seeds: Vec<String>,
    intent: impl Into<Option<String>>,
    boost: impl Into<Option<Boost>>,
    freshness: impl Into<Option<Freshness>>,
    diversity: impl Into<Option<f32>>,
    caps: Vec<Cap>,
    exploration: impl Into<Option<Exploration>>,
    explain_history: bool,
});

impl Default for RecommendRequest {
    fn default() -> Self {
        Self {
            history: History::Profile,
            limit: 10,
            offset: 0,
            filter: None,
            leave_out: None,
            seeds: Vec::new(),
            intent: None,
            boost: None,
            freshness: None,
            diversity: None,
            caps: Vec::new(),
            exploration: None,
            explain_history: false,
            exclude: Vec::new(),
            attributes: Vec::new(),
            facets: Vec::new(),
            now_ms: None,
        }
    }
}

/// Items like one item, by its fused vector.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, SimilarRequest};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let request = SimilarRequest::new("g0105").limit(3);
/// assert_eq!(engine.similar(&request, &cancel)?.hits.len(), 3);
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SimilarRequest {
    /// The item to compare with; it is not in the answer.
    pub item_id: String,
    /// Number of hits wanted, 1 to `MAX_LIMIT`.
    pub limit: usize,
    /// Hits to skip, at most `MAX_OFFSET`: pages of one request, put together, are its one long list.
    pub offset: usize,
    /// Which items may be in the answer; `None` is all.
    pub filter: Option<Filter>,
    /// How much the history counts, 0 to 1: at 0 nothing but the cosine of the items, at 1 as much as the cosine.
    pub personalisation: f32,
    /// Whose history to read, where `personalisation` is above 0.
    pub history: History,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Names of the attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Names of the attributes whose values to count, at most `MAX_ATTRIBUTES`; see `Response::facets`.
    pub facets: Vec<String>,
    /// The time of the request in milliseconds since 1970; `None` is now. Read where `personalisation` is above 0.
    pub now_ms: Option<i64>,
}

setters!(SimilarRequest {
    history: History,
    limit: usize,
    offset: usize,
    filter: impl Into<Option<Filter>>,
    exclude: Vec<String>,
    attributes: Vec<String>,
    facets: Vec<String>,
    now_ms: impl Into<Option<i64>>,
    personalisation: f32,
});

impl SimilarRequest {
    /// Ten items like this one, without personalisation.
    ///
    /// ```
    /// use gensr::SimilarRequest;
    ///
    /// let request = SimilarRequest::new("g0105");
    /// assert_eq!((request.item_id.as_str(), request.limit), ("g0105", 10));
    /// ```
    pub fn new(item_id: impl Into<String>) -> Self {
        Self {
            item_id: item_id.into(),
            limit: 10,
            offset: 0,
            filter: None,
            personalisation: 0.0,
            history: History::Profile,
            exclude: Vec::new(),
            attributes: Vec::new(),
            facets: Vec::new(),
            now_ms: None,
        }
    }
}

/// A query as it is encoded, cached and compared: white space at its ends dropped, within it one space each.
pub(crate) fn normalise(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    for word in query.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_not_part_of_a_query() {
        assert_eq!(normalise("  red \t\n lamp "), "red lamp");
        assert_eq!(normalise(" \u{a0}\u{3000} "), "");
    }
}
