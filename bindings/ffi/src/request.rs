//! What crosses the boundary inwards: plain data, apart from the engine's own types so that either can change alone.
//! Conversions name every field, so that a new one cannot be forgotten.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use gensr::{MAX_HISTORY, MAX_LIMIT, MAX_OFFSET, MAX_THREADS};

use zeroize::Zeroizing;

use crate::error::{GensrError, Result};
use crate::feed::{Cap, Exploration, Freshness, Lean, LeaveOut};
use crate::seam::{bounded, bounded_from, seam};

/// How an engine runs.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EngineOptions {
    /// Folder of the user's history, made where it is missing; without one the history ends with the engine.
    pub profile_dir: Option<String>,
    /// Path of ONNX Runtime's shared library; none is the platform's usual name.
    pub onnxruntime: Option<String>,
    /// Threads inside one operator, 1 to 64.
    pub threads: u32,
    /// Most events that are kept, 1 to 100,000; none is 100,000. The oldest are erased for new ones.
    pub max_events: Option<u32>,
    /// Days after which events are erased, 1 to 36,500; none is never.
    pub max_age_days: Option<u32>,
    /// 32 random bytes that encrypt the history at rest; none leaves it plain.
    pub key: Option<Vec<u8>>,
    /// What the graphs run on beside the processor.
    pub accelerator: Accelerator,
}

/// What graphs run on beside the processor, which always runs what others leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Accelerator {
    /// Nothing.
    Cpu,
    /// XNNPACK, on Arm processors.
    Xnnpack,
    /// Core ML, on Apple devices.
    CoreMl,
    /// NNAPI, on Android devices before 15.
    Nnapi,
}

impl From<Accelerator> for gensr::ExecutionProvider {
    fn from(accelerator: Accelerator) -> Self {
        match accelerator {
            Accelerator::Cpu => Self::Cpu,
            Accelerator::Xnnpack => Self::Xnnpack,
            Accelerator::CoreMl => Self::CoreMl,
            Accelerator::Nnapi => Self::Nnapi,
        }
    }
}

/// Without the key.
impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile_dir, onnxruntime, threads, max_events, max_age_days, key, accelerator } = self;
        f.debug_struct("EngineOptions")
            .field("profile_dir", profile_dir)
            .field("onnxruntime", onnxruntime)
            .field("threads", threads)
            .field("max_events", max_events)
            .field("max_age_days", max_age_days)
            .field("encrypted", &key.is_some())
            .field("accelerator", accelerator)
            .finish()
    }
}

impl EngineOptions {
    /// The engine's options and the folder of the profile.
    pub(crate) fn into_parts(self) -> Result<(gensr::EngineOptions, Option<PathBuf>)> {
        let Self { profile_dir, onnxruntime, threads, max_events, max_age_days, key, accelerator } = self;
        let key = key.map(profile_key).transpose()?;
        let max_events =
            max_events.map_or(Ok(MAX_HISTORY), |most| bounded("max_events", most, MAX_HISTORY))?;
        let days = max_age_days.map(|days| bounded("max_age_days", days, MAX_AGE_DAYS)).transpose()?;
        let max_age = days.map(|days| Duration::from_secs(days as u64 * 86_400));
        let options = gensr::EngineOptions {
            onnxruntime: onnxruntime.map(PathBuf::from),
            threads: bounded("threads", threads, MAX_THREADS)?,
            provider: accelerator.into(),
            profile: gensr::ProfileOptions { max_events, max_age, key },
        };
        Ok((options, profile_dir.map(PathBuf::from)))
    }
}

/// Longest age of events that can be asked for, a hundred years.
const MAX_AGE_DAYS: usize = 36_500;

/// The key of a profile; the bytes that came across are wiped.
pub(crate) fn profile_key(bytes: Vec<u8>) -> Result<gensr::ProfileKey> {
    let bytes = Zeroizing::new(bytes);
    let key = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| {
        GensrError::InvalidArgument { reason: "a key has 32 bytes, made at random".to_owned() }
    })?);
    Ok(gensr::ProfileKey::new(*key))
}

/// How much memory to give back; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TrimLevel {
    /// What the next call makes again at once.
    Caches,
    /// What an app does not need that nobody sees, and the lock on the profile.
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

/// Something the user did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Event {
    /// Item id, as in the catalogue.
    pub item_id: String,
    /// Kind of event as the pack names them: `view`, `buy`, `search`, ...
    pub kind: String,
    /// Milliseconds since 1970; none is now.
    pub timestamp_ms: Option<i64>,
    /// The query that led to the item, for kinds whose task is search.
    pub query: Option<String>,
}

impl From<Event> for gensr::Event {
    fn from(Event { item_id, kind, timestamp_ms, query }: Event) -> Self {
        Self { item_id, kind, timestamp_ms, query }
    }
}

/// Whose history a request reads.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum History {
    /// The one that was recorded.
    Profile,
    /// None: the answer of a stranger.
    Empty,
    /// These events, oldest first; the profile is neither read nor written.
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
    /// What the user typed, 1 to 4,096 bytes.
    pub query: String,
    /// Hits wanted, 1 to 1,000.
    pub limit: u32,
    /// Hits to skip: pages of one request, put together, are its one long list.
    pub offset: u32,
    /// Which items may be in the answer (docs/filters.md); none is all.
    pub filter: Option<String>,
    /// Whose history to read.
    pub history: History,
    /// Leave out what is in the history; none is the pack's default.
    pub exclude_history: Option<bool>,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Attributes whose values to count.
    pub facets: Vec<String>,
    /// The time of the request in milliseconds since 1970; none is now.
    pub now_ms: Option<i64>,
}

impl TryFrom<SearchRequest> for gensr::SearchRequest {
    type Error = GensrError;

    fn try_from(request: SearchRequest) -> Result<Self> {
        let SearchRequest { query, limit, offset, filter, history, exclude_history, .. } = request;
        let SearchRequest { exclude, attributes, facets, now_ms, .. } = request;
        Ok(Self {
            query,
            history: history.into(),
            limit: bounded("limit", limit, MAX_LIMIT)?,
            offset: bounded_from(0, "offset", offset, MAX_OFFSET)?,
            filter: parsed(filter)?,
            exclude_history,
            exclude,
            attributes,
            facets,
            now_ms,
        })
    }
}

/// What a history suggests next.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RecommendRequest {
    /// Hits wanted, 1 to 1,000.
    pub limit: u32,
    /// Hits to skip: pages of one request, put together, are its one long list.
    pub offset: u32,
    /// Which items may be in the answer (docs/filters.md); none is all.
    pub filter: Option<String>,
    /// Whose history to read.
    pub history: History,
    /// Which items of the history to leave out; none is the pack's default.
    pub leave_out: Option<LeaveOut>,
    /// Ids of items that the list should suit as well as the history; at most 32.
    pub seeds: Vec<String>,
    /// What the user wishes for, in words; at most 4,096 bytes.
    pub wish: Option<String>,
    /// A value of an attribute to lean on.
    pub lean: Option<Lean>,
    /// A bonus for new items.
    pub freshness: Option<Freshness>,
    /// How much the items of the list should differ, 0 to 1; none is the engine's default.
    pub diversity: Option<f32>,
    /// Caps on values of attributes; at most 8.
    pub caps: Vec<Cap>,
    /// Places for items that would not come up by their score.
    pub exploration: Option<Exploration>,
    /// Whether to name the events that each hit is there for; costs up to eight passes over the history.
    pub because: bool,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Attributes whose values to count.
    pub facets: Vec<String>,
    /// The time of the request in milliseconds since 1970; none is now.
    pub now_ms: Option<i64>,
}

impl TryFrom<RecommendRequest> for gensr::RecommendRequest {
    type Error = GensrError;

    fn try_from(request: RecommendRequest) -> Result<Self> {
        let RecommendRequest { limit, offset, filter, history, leave_out, seeds, wish, lean, .. } = request;
        let RecommendRequest { freshness, diversity, caps, exploration, because, exclude, .. } = request;
        let RecommendRequest { attributes, facets, now_ms, .. } = request;
        Ok(Self {
            history: history.into(),
            limit: bounded("limit", limit, MAX_LIMIT)?,
            offset: bounded_from(0, "offset", offset, MAX_OFFSET)?,
            filter: parsed(filter)?,
            leave_out: leave_out.map(LeaveOut::into),
            seeds,
            wish,
            lean: lean.map(Lean::into),
            freshness: freshness.map(Freshness::into),
            diversity,
            at_most: caps.into_iter().map(Cap::into).collect(),
            exploration: exploration.map(Exploration::into),
            because,
            exclude,
            attributes,
            facets,
            now_ms,
        })
    }
}

/// Items like one item.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SimilarRequest {
    /// The item to compare with; it is not in the answer.
    pub item_id: String,
    /// Hits wanted, 1 to 1,000.
    pub limit: u32,
    /// Hits to skip: pages of one request, put together, are its one long list.
    pub offset: u32,
    /// Which items may be in the answer (docs/filters.md); none is all.
    pub filter: Option<String>,
    /// How much the user's taste counts, 0 to 1: at 0 nothing but the likeness, at 1 as much as the likeness.
    pub taste: f32,
    /// Whose taste; read only where `taste` is above 0.
    pub history: History,
    /// Ids to leave out.
    pub exclude: Vec<String>,
    /// Attributes to return with each hit.
    pub attributes: Vec<String>,
    /// Attributes whose values to count.
    pub facets: Vec<String>,
    /// The time of the request in milliseconds since 1970; none is now.
    pub now_ms: Option<i64>,
}

impl TryFrom<SimilarRequest> for gensr::SimilarRequest {
    type Error = GensrError;

    fn try_from(request: SimilarRequest) -> Result<Self> {
        let SimilarRequest { item_id, limit, offset, filter, taste, history, .. } = request;
        let SimilarRequest { exclude, attributes, facets, now_ms, .. } = request;
        Ok(Self {
            item_id,
            limit: bounded("limit", limit, MAX_LIMIT)?,
            offset: bounded_from(0, "offset", offset, MAX_OFFSET)?,
            filter: parsed(filter)?,
            taste,
            history: history.into(),
            exclude,
            attributes,
            facets,
            now_ms,
        })
    }
}

/// The text of a filter, read.
fn parsed(filter: Option<String>) -> Result<Option<gensr::Filter>> {
    Ok(filter.map(|text| text.parse()).transpose().map_err(gensr::Error::from)?)
}

/// A text as a value inside quotes, for a filter that is put together as text: whatever a user typed stays one value.
#[uniffi::export]
pub fn quote_in_filter(text: &str) -> Result<String> {
    seam(|| Ok(gensr::Filter::quote(text)))
}

/// How many events of the history are wanted.
pub(crate) fn history_limit(limit: u32) -> Result<usize> {
    bounded("limit", limit, MAX_HISTORY)
}
