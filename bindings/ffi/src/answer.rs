//! What crosses the boundary outwards.

use std::collections::HashMap;

use crate::completion::ByteRange;

/// Hits, best first, and what they took.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Answer {
    /// Best first, from the offset on; fewer than the limit only where there are no more.
    pub hits: Vec<Hit>,
    /// Hits that there are: what all pages hold together.
    pub found: u32,
    /// Counts of the attributes that the request named, in its order.
    pub facets: Vec<Facet>,
    /// The stages in the order they ran; `total` is last.
    pub timings: Vec<StageTime>,
    /// What ran the graphs of this call.
    pub providers: Vec<Provider>,
}

impl From<gensr::Response> for Answer {
    fn from(gensr::Response { hits, found, facets, timings, providers }: gensr::Response) -> Self {
        let provider = |(graph, name): (&str, String)| Provider { graph: graph.to_owned(), name };
        Self {
            hits: hits.into_iter().map(Hit::from).collect(),
            found: saturated(found),
            facets: facets.into_iter().map(Facet::from).collect(),
            timings: timings.into_iter().map(StageTime::from).collect(),
            providers: providers.into_iter().map(provider).collect(),
        }
    }
}

/// One item of an answer.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Hit {
    /// Item id.
    pub id: String,
    /// Title; empty where the catalogue has none.
    pub title: String,
    /// Higher is better; comparable within one answer only.
    pub score: f32,
    /// The parts of `title` that match the query of a search, ascending.
    pub highlights: Vec<ByteRange>,
    /// The attributes that the request named and the item has.
    pub attributes: HashMap<String, AttributeValue>,
    /// Why it is here.
    pub reasons: Vec<Reason>,
}

impl From<gensr::Hit> for Hit {
    fn from(gensr::Hit { id, title, score, attributes, matched, reasons }: gensr::Hit) -> Self {
        Self {
            id,
            title,
            score,
            highlights: matched.into_iter().map(ByteRange::from).collect(),
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
    Set {
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
    /// Yes or no.
    Flag {
        /// Which.
        value: bool,
    },
}

impl From<gensr::AttributeValue> for AttributeValue {
    fn from(value: gensr::AttributeValue) -> Self {
        use gensr::AttributeValue as A;
        match value {
            A::String(value) => Self::Text { value },
            A::Set(values) => Self::Set { values },
            A::Number(value) => Self::Number { value },
            A::Date(epoch_day) => Self::Date { epoch_day },
            A::Bool(value) => Self::Flag { value },
            // The engine's enum may grow before this one does.
            other => Self::Text { value: format!("{other:?}") },
        }
    }
}

impl From<AttributeValue> for gensr::AttributeValue {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::Text { value } => Self::String(value),
            AttributeValue::Set { values } => Self::Set(values),
            AttributeValue::Number { value } => Self::Number(value),
            AttributeValue::Date { epoch_day } => Self::Date(epoch_day),
            AttributeValue::Flag { value } => Self::Bool(value),
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
    /// Values that occur; 0 for numbers and dates, which are not counted one by one.
    pub distinct: u32,
    /// The most frequent first, at most 100; none of numbers and dates.
    pub values: Vec<FacetValue>,
    /// Least number or date; none for other types, and where no item has one.
    pub least: Option<AttributeValue>,
    /// Greatest number or date.
    pub greatest: Option<AttributeValue>,
}

impl From<gensr::Facet> for Facet {
    fn from(gensr::Facet { name, items, distinct, values, range }: gensr::Facet) -> Self {
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
    /// As a filter reads it.
    pub value: String,
    /// Items that have it.
    pub items: u32,
}

/// Why an item is in the answer.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Reason {
    /// What kind of reason.
    pub kind: ReasonKind,
    /// Item ids or words that it rests on, the weightiest first.
    pub terms: Vec<String>,
    /// Its part of the score.
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
    /// People who chose these items of the history chose this one, too.
    Neighbours,
    /// The item has these words, which the query has or may stand for.
    Words,
    /// The title has these words, which the query has or may stand for.
    Title,
    /// The query is the item's id.
    Id,
    /// The item is in the user's history.
    History,
    /// The two items are alike.
    Similar,
    /// People who chose the seeds of the request chose this one, too.
    Seeds,
    /// The item resembles items that the user dislikes; the weight is not above 0.
    Dislike,
    /// The item has the value that the request leans on.
    Lean,
    /// The item is new.
    New,
    /// Many people choose it; for users without a history.
    Popular,
    /// The judge's answer for this item; only packs with a judge have it.
    Judge,
    /// The place was given to exploration; no part of the score.
    Explored,
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
            gensr::ReasonKind::Lean => Self::Lean,
            gensr::ReasonKind::New => Self::New,
            gensr::ReasonKind::Popular => Self::Popular,
            gensr::ReasonKind::Judge => Self::Judge,
            gensr::ReasonKind::Explored => Self::Explored,
            _ => Self::Other,
        }
    }
}

/// The time that one stage of a call took.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct StageTime {
    /// `filter`, `history`, `text`, `decoder`, `evidence`, `scan`, `judge`, `order`, `hits`, `facets` or `total`.
    pub stage: String,
    /// Milliseconds.
    pub ms: f64,
}

impl From<gensr::StageTime> for StageTime {
    fn from(gensr::StageTime { stage, ms }: gensr::StageTime) -> Self {
        Self { stage: stage.to_owned(), ms }
    }
}

/// A graph and the execution provider that runs it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Provider {
    /// `history`, `decoder` or `text`.
    pub graph: String,
    /// `cpu`, ...
    pub name: String,
}

/// Nodes of a graph that one execution provider runs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct GraphNodes {
    /// Name of the graph; `text-16` for the sentence encoder of texts that are padded to 16 tokens.
    pub graph: String,
    /// Name of the execution provider.
    pub provider: String,
    /// How many; what an accelerator takes over in one piece is one node of it.
    pub nodes: u32,
}

/// What an engine says about itself, without anything of the user's.
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
    /// The graphs that are loaded now.
    pub providers: Vec<Provider>,
    /// Where the nodes of these graphs are.
    pub nodes: Vec<GraphNodes>,
    /// What was changed on top of the pack.
    pub live: LiveDiagnostics,
    /// The profile.
    pub profile: ProfileDiagnostics,
    /// Calls of this engine that are running now, this one left out.
    pub calls_running: u32,
    /// The last log lines of this process's engines, oldest first, at most 64.
    pub log: Vec<String>,
}

/// What was changed on top of the pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LiveDiagnostics {
    /// Items that were upserted and are there.
    pub items: u32,
    /// Ids that were removed.
    pub removed: u32,
    /// Of the items those whose vectors are still to be made; 0 where the pack cannot make any.
    pub pending: u32,
    /// Of the items those that are not found by meaning.
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
    /// What went wrong with it since the engine was opened, for example that it was damaged and set aside.
    pub warnings: Vec<String>,
}

impl Diagnostics {
    pub(crate) fn new(found: gensr::Diagnostics, calls_running: usize, log: Vec<String>) -> Self {
        let provider =
            |(graph, name): (&str, &str)| Provider { graph: graph.to_owned(), name: name.to_owned() };
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

/// Counts here are bounded by far smaller numbers; the type does not know.
pub(crate) fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
