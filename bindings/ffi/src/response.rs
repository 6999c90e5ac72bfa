//! Records that the engine returns.

use std::collections::HashMap;

use crate::completion::ByteRange;

/// Hits, best first, with counts and timings.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Response {
    /// Best first, from the offset on; fewer than the limit only at the end of the list.
    pub hits: Vec<Hit>,
    /// Hits on all pages together.
    pub total_hits: u32,
    /// Counts of the attributes that the request named, in its order.
    pub facets: Vec<Facet>,
    /// The stages in the order they ran; `total` is last.
    pub timings: Vec<StageTime>,
    /// Execution providers that ran the graphs of this call.
    pub providers: Vec<GraphProvider>,
}

impl From<gensr::Response> for Response {
    fn from(gensr::Response { hits, total_hits, facets, timings, providers, .. }: gensr::Response) -> Self {
        let provider =
            |(graph, provider): (&str, String)| GraphProvider { graph: graph.to_owned(), provider };
        Self {
            hits: hits.into_iter().map(Hit::from).collect(),
            total_hits: saturated(total_hits),
            facets: facets.into_iter().map(Facet::from).collect(),
            timings: timings.into_iter().map(StageTime::from).collect(),
            providers: providers.into_iter().map(provider).collect(),
        }
    }
}

/// One item of a response.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Hit {
    /// Item id.
    pub id: String,
    /// Title; empty where the catalogue has none.
    pub title: String,
    /// Higher is better; comparable within one response only.
    pub score: f32,
    /// Parts of `title` that match the query of a search, ascending.
    pub highlights: Vec<ByteRange>,
    /// The attributes that the request named and the item has.
    pub attributes: HashMap<String, AttributeValue>,
    /// Why it is here.
    pub reasons: Vec<Reason>,
}

impl From<gensr::Hit> for Hit {
    fn from(gensr::Hit { id, title, score, attributes, highlights, reasons, .. }: gensr::Hit) -> Self {
        Self {
            id,
            title,
            score,
            highlights: highlights.into_iter().map(ByteRange::from).collect(),
            attributes: attributes.into_iter().map(|(name, value)| (name, value.into())).collect(),
            reasons: reasons.into_iter().map(Reason::from).collect(),
        }
    }
}

/// One typed attribute of an item.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum AttributeValue {
    /// A text.
    Text {
        /// The text.
        value: String,
    },
    /// Several texts, in byte order.
    TextSet {
        /// The texts.
        values: Vec<String>,
    },
    /// A number.
    Number {
        /// The number.
        value: f32,
    },
    /// A date.
    Date {
        /// Days since 1970-01-01.
        epoch_day: i32,
    },
    /// A truth value.
    Bool {
        /// The value.
        value: bool,
    },
}

impl From<gensr::AttributeValue> for AttributeValue {
    fn from(value: gensr::AttributeValue) -> Self {
        use gensr::AttributeValue as A;
        match value {
            A::Text(value) => Self::Text { value },
            A::TextSet(values) => Self::TextSet { values },
            A::Number(value) => Self::Number { value },
            A::Date(epoch_day) => Self::Date { epoch_day },
            A::Bool(value) => Self::Bool { value },
            // The engine's enum may grow before this one does.
            other => Self::Text { value: format!("{other:?}") },
        }
    }
}

impl From<AttributeValue> for gensr::AttributeValue {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::Text { value } => Self::Text(value),
            AttributeValue::TextSet { values } => Self::TextSet(values),
            AttributeValue::Number { value } => Self::Number(value),
            AttributeValue::Date { epoch_day } => Self::Date(epoch_day),
            AttributeValue::Bool { value } => Self::Bool(value),
        }
    }
}

/// How often the values of one attribute occur among the items that were counted.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Facet {
    /// Name of the attribute.
    pub name: String,
    /// Items that have it.
    pub items: u32,
    /// Number of distinct values; 0 for numbers and dates.
    pub distinct: u32,
    /// The most frequent first, at most 100; empty for numbers and dates.
    pub values: Vec<FacetValue>,
    /// Least number or date; `None` for other types, and where no item has a value.
    pub least: Option<AttributeValue>,
    /// Greatest number or date.
    pub greatest: Option<AttributeValue>,
}

impl From<gensr::Facet> for Facet {
    fn from(gensr::Facet { name, items, distinct, values, range, .. }: gensr::Facet) -> Self {
        let (least, greatest) = range.map(|(least, greatest)| (least.into(), greatest.into())).unzip();
        let value = |(value, items)| FacetValue { value, items: saturated(items) };
        Self {
            name,
            items: saturated(items),
            distinct: saturated(distinct),
            values: values.into_iter().map(value).collect(),
            least,
            greatest,
        }
    }
}

/// A value of an attribute, and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FacetValue {
    /// In the syntax of filters.
    pub value: String,
    /// Items that have it.
    pub items: u32,
}

/// Why an item is in the response.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Reason {
    /// The kind.
    pub kind: ReasonKind,
    /// Item ids or words behind it, the weightiest first.
    pub terms: Vec<String>,
    /// Its share of the score.
    pub weight: f32,
}

impl From<gensr::Reason> for Reason {
    fn from(gensr::Reason { kind, terms, weight, .. }: gensr::Reason) -> Self {
        Self { kind: kind.into(), terms, weight }
    }
}

/// The kinds of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ReasonKind {
    /// The generative model's score.
    Model,
    /// Users who chose these items of the history also chose this one.
    Neighbours,
    /// The item has these words of the query, or words that the query may stand for.
    Words,
    /// The title has these words of the query, or words that the query may stand for.
    Title,
    /// The query is the item's id.
    Id,
    /// The item is in the user's history.
    History,
    /// The two items are alike.
    Similar,
    /// Users who chose the seeds of the request also chose this one.
    Seeds,
    /// The item resembles items that the user dislikes; the weight is not above 0.
    Dislike,
    /// The item has the value that the request boosts.
    Boost,
    /// The item is new.
    Freshness,
    /// The item is popular; for users without a history.
    Popularity,
    /// The place was given to exploration; no part of the score.
    Exploration,
    /// A kind that this boundary does not know yet.
    Other,
}

impl From<gensr::ReasonKind> for ReasonKind {
    fn from(kind: gensr::ReasonKind) -> Self {
        match kind {
            gensr::ReasonKind::Model => Self::Model,
            gensr::ReasonKind::Neighbours => Self::Neighbours,
            gensr::ReasonKind::Words => Self::Words,
            gensr::ReasonKind::Title => Self::Title,
            gensr::ReasonKind::Id => Self::Id,
            gensr::ReasonKind::History => Self::History,
            gensr::ReasonKind::Similar => Self::Similar,
            gensr::ReasonKind::Seeds => Self::Seeds,
            gensr::ReasonKind::Dislike => Self::Dislike,
            gensr::ReasonKind::Boost => Self::Boost,
            gensr::ReasonKind::Freshness => Self::Freshness,
            gensr::ReasonKind::Popularity => Self::Popularity,
            gensr::ReasonKind::Exploration => Self::Exploration,
            _ => Self::Other,
        }
    }
}

/// The time that one stage of a call took.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct StageTime {
    /// `filter`, `history`, `text`, `decoder`, `signals`, `scan`, `order`, `hits`, `facets` or `total`.
    pub stage: String,
    /// Milliseconds.
    pub ms: f64,
}

impl From<gensr::StageTime> for StageTime {
    fn from(gensr::StageTime { stage, ms, .. }: gensr::StageTime) -> Self {
        Self { stage: stage.to_owned(), ms }
    }
}

/// A graph and the execution provider that runs it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct GraphProvider {
    /// `history`, `decoder` or `text`.
    pub graph: String,
    /// `cpu`, ...
    pub provider: String,
}

/// Nodes of a graph that one execution provider runs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct GraphNodes {
    /// Name of the graph; `text-16` for the sentence encoder of texts that are padded to 16 tokens.
    pub graph: String,
    /// Name of the execution provider.
    pub provider: String,
    /// How many. A subgraph that an accelerator takes over as a whole counts as one.
    pub nodes: u32,
}

/// State of an engine, without any user data.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Diagnostics {
    /// Version of the engine.
    pub engine_version: String,
    /// Version of ONNX Runtime, once it is loaded.
    pub onnxruntime: Option<String>,
    /// Instruction set of the scans.
    pub kernels: String,
    /// Display name of the catalogue.
    pub catalogue: String,
    /// Identity of the pack: SHA-256 of its manifest.
    pub pack_id: String,
    /// Number of items in the catalogue.
    pub items: u32,
    /// Format version of the pack.
    pub format_version: u32,
    /// Graphs that are loaded now.
    pub providers: Vec<GraphProvider>,
    /// How the nodes of these graphs are spread over providers.
    pub nodes: Vec<GraphNodes>,
    /// Changes on top of the pack.
    pub live: LiveDiagnostics,
    /// The profile.
    pub profile: ProfileDiagnostics,
    /// Other calls of this engine that are running now.
    pub calls_running: u32,
    /// The last log lines of this process's engines, oldest first, at most 64.
    pub log: Vec<String>,
}

/// Changes on top of the pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LiveDiagnostics {
    /// Upserted items in the catalogue.
    pub items: u32,
    /// Ids that were removed.
    pub removed: u32,
    /// Upserted items whose vectors are still to be made; 0 where the pack cannot make any.
    pub pending: u32,
    /// Upserted items without a vector, which only words find.
    pub without_vector: u32,
    /// Whether the pack can make vectors of texts.
    pub makes_vectors: bool,
}

/// The state of the profile.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProfileDiagnostics {
    /// Whether it ends with the engine.
    pub in_memory: bool,
    /// Whether it is open now; it is not after `trim_memory`, until the next call.
    pub open: bool,
    /// Events in it; 0 while it is not open.
    pub events: u32,
    /// Those of them whose items the pack does not know.
    pub dormant: u32,
    /// Problems since the engine was opened, for example a damaged database that was set aside.
    pub warnings: Vec<String>,
}

impl Diagnostics {
    pub(crate) fn new(found: gensr::Diagnostics, calls_running: usize, log: Vec<String>) -> Self {
        let provider = |(graph, provider): (&str, &str)| GraphProvider {
            graph: graph.to_owned(),
            provider: provider.to_owned(),
        };
        let nodes = |gensr::GraphNodes { graph, provider, nodes, .. }| GraphNodes {
            graph,
            provider,
            nodes: saturated(nodes),
        };
        let gensr::LiveDiagnostics { items, removed, pending, without_vector, makes_vectors, .. } =
            found.live;
        let live = LiveDiagnostics {
            items: saturated(items),
            removed: saturated(removed),
            pending: saturated(pending),
            without_vector: saturated(without_vector),
            makes_vectors,
        };
        let gensr::ProfileDiagnostics { in_memory, open, events, dormant, warnings, .. } = found.profile;
        Self {
            engine_version: found.engine_version.into(),
            onnxruntime: found.onnxruntime,
            kernels: found.kernels.into(),
            catalogue: found.name,
            pack_id: found.pack_id,
            items: saturated(found.items),
            format_version: found.format_version,
            providers: found.providers.into_iter().map(provider).collect(),
            nodes: found.nodes.into_iter().map(nodes).collect(),
            live,
            profile: ProfileDiagnostics {
                in_memory,
                open,
                events: saturated(events),
                dormant: saturated(dormant),
                warnings,
            },
            calls_running: saturated(calls_running),
            log,
        }
    }
}

/// A count as 32 bits; the engine's own limits are far smaller.
pub(crate) fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
