//! Requests and options: plain data, separate from the engine's own types so that either can change alone. Conversions
//! name every field, so that a new one cannot be forgotten. The engine checks the limits, before it allocates.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{GensrError, Result};
use crate::feed::{Boost, Cap, Exploration, Freshness, LeaveOut};
use crate::seam::seam;

/// How an engine runs.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EngineOptions {
    /// Folder of the user's history, created if missing; `None` keeps the history in memory only.
    pub profile_dir: Option<String>,
    /// Path of ONNX Runtime's shared library; `None` is the platform's usual name.
    pub onnxruntime: Option<String>,
    /// Threads inside one operator, 1 to 64.
    pub threads: u32,
    /// Events to keep, 1 to 100,000; `None` is 100,000. The oldest are erased for new ones.
    pub max_events: Option<u32>,
    /// Days after which events are erased, 1 to 36,500; `None` is never.
    pub max_age_days: Option<u32>,
    /// 32 random bytes that encrypt the history at rest; `None` leaves it plain.
    pub key: Option<Vec<u8>>,
    /// Execution provider of the graphs.
    pub provider: ExecutionProvider,
}

/// Execution providers. Nodes that one does not support run on the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ExecutionProvider {
    /// The processor alone.
    Cpu,
    /// XNNPACK, on Arm processors.
    Xnnpack,
    /// Core ML, on Apple devices.
    CoreMl,
    /// NNAPI, on Android devices before 15.
    Nnapi,
}

impl From<ExecutionProvider> for gensr::ExecutionProvider {
    fn from(provider: ExecutionProvider) -> Self {
        match provider {
            ExecutionProvider::Cpu => Self::Cpu,
            ExecutionProvider::Xnnpack => Self::Xnnpack,
            ExecutionProvider::CoreMl => Self::CoreMl,
            ExecutionProvider::Nnapi => Self::Nnapi,
        }
    }
}

/// Without the key.
impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile_dir, onnxruntime, threads, max_events, max_age_days, key, provider } = self;
        f.debug_struct("EngineOptions")
            .field("profile_dir", profile_dir)
            .field("onnxruntime", onnxruntime)
            .field("threads", threads)
            .field("max_events", max_events)
            .field("max_age_days", max_age_days)
            .field("encrypted", &key.is_some())
            .field("provider", provider)
            .finish()
    }
}

impl EngineOptions {
    /// The engine's options and the folder of the profile.
    pub(crate) fn into_parts(self) -> Result<(gensr::EngineOptions, Option<PathBuf>)> {
        let Self { profile_dir, onnxruntime, threads, max_events, max_age_days, key, provider } = self;
        let days = max_age_days.map(|days| bounded("max_age_days", days, MAX_AGE_DAYS)).transpose()?;
        let profile = gensr::ProfileOptions::default()
            .max_events(max_events.map_or(gensr::MAX_HISTORY, size))
            .max_age(days.map(|days| Duration::from_secs(days as u64 * 86_400)))
            .key(key.map(profile_key).transpose()?);
        let options = gensr::EngineOptions::default()
            .onnxruntime(onnxruntime.map(PathBuf::from))
            .threads(size(threads))
            .provider(provider.into())
            .profile(profile);
        Ok((options, profile_dir.map(PathBuf::from)))
    }
}

/// A hundred years. The engine has no such bound.
const MAX_AGE_DAYS: usize = 36_500;

/// The key of a profile; the bytes are wiped.
pub(crate) fn profile_key(bytes: Vec<u8>) -> Result<gensr::ProfileKey> {
    let bytes = Zeroizing::new(bytes);
    let key = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| {
        GensrError::InvalidArgument { reason: "a key has 32 bytes, made at random".to_owned() }
    })?);
    Ok(gensr::ProfileKey::new(*key))
}

/// How much memory to free; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TrimLevel {
    /// Caches that the next call fills again within a millisecond.
    Caches,
    /// All that an app in the background does not need, and the lock on the profile.
    Background,
    /// All but the pack, which is mapped.
    Everything,
}

impl From<TrimLevel> for gensr::TrimLevel {
    fn from(level: TrimLevel) -> Self {
        match level {
            TrimLevel::Caches => Self::Caches,
            TrimLevel::Background => Self::Background,
            TrimLevel::Everything => Self::Everything,
        }
    }
}

/// An action of the user.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Event {
    /// Item id, as in the catalogue.
    pub item_id: String,
    /// Kind of event as the pack names them: `view`, `buy`, `search`, ...
    pub kind: String,
    /// Milliseconds since 1970; `None` is now.
    pub timestamp_ms: Option<i64>,
    /// The query that led to the item, for kinds whose task is search.
    pub query: Option<String>,
}

impl From<Event> for gensr::Event {
    fn from(Event { item_id, kind, timestamp_ms, query }: Event) -> Self {
        Self::new(item_id, kind).timestamp_ms(timestamp_ms).query(query)
    }
}

/// History that a request reads.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum History {
    /// The recorded one.
    Profile,
    /// None, as for a new user.
    Empty,
    /// These events, oldest first, instead of the profile.
    Events {
        /// At most 100,000.
        events: Vec<Event>,
    },
}

impl From<History> for gensr::History {
    fn from(history: History) -> Self {
        match history {
            History::Profile => Self::Profile,
            History::Empty => Self::Empty,
            History::Events { events } => Self::Events(events.into_iter().map(Event::into).collect()),
        }
    }
}

/// Items for a query.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SearchRequest {
    /// Text of the search, 1 to 4,096 bytes.
    pub query: String,
    /// Number of hits, 1 to 1,000.
    pub limit: u32,
    /// Hits to skip. Consecutive pages of a request form one list.
    pub offset: u32,
    /// Items allowed in the response (docs/filters.md); `None` is all.
    pub filter: Option<String>,
    /// History to read.
    pub history: History,
    /// Whether to leave out items of the history; `None` is the pack's default.
    pub exclude_history: Option<bool>,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Attributes whose values to count.
    pub facets: Vec<String>,
    /// Time of the request in milliseconds since 1970; `None` is now.
    pub now_ms: Option<i64>,
}

impl TryFrom<SearchRequest> for gensr::SearchRequest {
    type Error = GensrError;

    fn try_from(request: SearchRequest) -> Result<Self> {
        let SearchRequest { query, limit, offset, filter, history, exclude_history, .. } = request;
        let SearchRequest { exclude, attributes, facets, now_ms, .. } = request;
        Ok(Self::new(query)
            .history(history.into())
            .limit(size(limit))
            .offset(size(offset))
            .filter(parsed(filter)?)
            .exclude_history(exclude_history)
            .exclude(exclude)
            .attributes(attributes)
            .facets(facets)
            .now_ms(now_ms))
    }
}

/// Recommendations for a history.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RecommendRequest {
    /// Number of hits, 1 to 1,000.
    pub limit: u32,
    /// Hits to skip. Consecutive pages of a request form one list.
    pub offset: u32,
    /// Items allowed in the response (docs/filters.md); `None` is all.
    pub filter: Option<String>,
    /// History to read.
    pub history: History,
    /// Items of the history to leave out; `None` is the pack's default.
    pub leave_out: Option<LeaveOut>,
    /// Ids of items that the list should suit like the history; at most 32.
    pub seeds: Vec<String>,
    /// The user's intent in words; at most 4,096 bytes.
    pub intent: Option<String>,
    /// A preferred value of an attribute.
    pub boost: Option<Boost>,
    /// A bonus for new items.
    pub freshness: Option<Freshness>,
    /// How much the items of the list should differ, 0 to 1; `None` is the engine's default.
    pub diversity: Option<f32>,
    /// Caps on values of attributes; at most 8.
    pub caps: Vec<Cap>,
    /// Places for items that their score would not bring up.
    pub exploration: Option<Exploration>,
    /// Whether reasons name the events behind each hit; costs up to eight passes over the history.
    pub explain_history: bool,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Attributes whose values to count.
    pub facets: Vec<String>,
    /// Time of the request in milliseconds since 1970; `None` is now.
    pub now_ms: Option<i64>,
}

impl TryFrom<RecommendRequest> for gensr::RecommendRequest {
    type Error = GensrError;

    fn try_from(request: RecommendRequest) -> Result<Self> {
        let RecommendRequest { limit, offset, filter, history, leave_out, seeds, intent, boost, .. } =
            request;
        let RecommendRequest { freshness, diversity, caps, exploration, explain_history, exclude, .. } =
            request;
        let RecommendRequest { attributes, facets, now_ms, .. } = request;
        Ok(Self::new()
            .history(history.into())
            .limit(size(limit))
            .offset(size(offset))
            .filter(parsed(filter)?)
            .leave_out(leave_out.map(LeaveOut::into))
            .seeds(seeds)
            .intent(intent)
            .boost(boost.map(Boost::into))
            .freshness(freshness.map(Freshness::into))
            .diversity(diversity)
            .caps(caps.into_iter().map(Cap::into).collect())
            .exploration(exploration.map(Exploration::into))
            .explain_history(explain_history)
            .exclude(exclude)
            .attributes(attributes)
            .facets(facets)
            .now_ms(now_ms))
    }
}

/// Items similar to one item.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SimilarRequest {
    /// The item to compare with; it is not in the response.
    pub item_id: String,
    /// Number of hits, 1 to 1,000.
    pub limit: u32,
    /// Hits to skip. Consecutive pages of a request form one list.
    pub offset: u32,
    /// Items allowed in the response (docs/filters.md); `None` is all.
    pub filter: Option<String>,
    /// Weight of the user's history, 0 to 1: at 0 only similarity counts, at 1 both count alike.
    pub personalisation: f32,
    /// History to read; ignored if `personalisation` is 0.
    pub history: History,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Attributes whose values to count.
    pub facets: Vec<String>,
    /// Time of the request in milliseconds since 1970; `None` is now.
    pub now_ms: Option<i64>,
}

impl TryFrom<SimilarRequest> for gensr::SimilarRequest {
    type Error = GensrError;

    fn try_from(request: SimilarRequest) -> Result<Self> {
        let SimilarRequest { item_id, limit, offset, filter, personalisation, history, .. } = request;
        let SimilarRequest { exclude, attributes, facets, now_ms, .. } = request;
        Ok(Self::new(item_id)
            .limit(size(limit))
            .offset(size(offset))
            .filter(parsed(filter)?)
            .personalisation(personalisation)
            .history(history.into())
            .exclude(exclude)
            .attributes(attributes)
            .facets(facets)
            .now_ms(now_ms))
    }
}

/// Parses a filter.
fn parsed(filter: Option<String>) -> Result<Option<gensr::Filter>> {
    Ok(filter.map(|text| text.parse()).transpose().map_err(gensr::Error::from)?)
}

/// Quotes a text as one value of a filter expression, whatever it contains.
#[uniffi::export]
pub fn quote_in_filter(text: &str) -> Result<String> {
    seam(|| Ok(gensr::Filter::quote(text)))
}

/// A number for the engine to check.
pub(crate) fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A number that only the boundary limits, to `1..=most`.
pub(crate) fn bounded(name: &str, number: u32, most: usize) -> Result<usize> {
    let reason = || format!("{name} is {number}; it must be 1 to {most}");
    let within = Some(size(number)).filter(|number| (1..=most).contains(number));
    within.ok_or_else(|| GensrError::InvalidArgument { reason: reason() })
}
