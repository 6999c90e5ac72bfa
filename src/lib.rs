//! gensr: search and recommendation from one generative model, on the device.
#![warn(missing_docs)]

mod catalogue;
mod codebook;
mod complete;
mod encode;
mod engine;
mod error;
mod feed;
mod filter;
mod history;
mod kernels;
pub mod lexical;
mod limits;
mod pack;
mod profile;
mod query;
mod rank;
mod request;
mod runtime;
mod setters;
mod snapshot;
mod sync;
mod text;
mod time;
mod value;

pub use complete::{Completion, CompletionKind, MAX_COMPLETIONS};
pub use engine::{
    Diagnostics, Engine, EngineOptions, Job, Keystroke, LiveDiagnostics, MAX_THREADS, ProfileDiagnostics,
    Progress, Typing,
};
pub use error::{Error, Result};
pub use filter::{
    Facet, Filter, FilterError, MAX_FILTER_BYTES, MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH, MAX_FILTER_VALUES,
};
pub use lexical::{IndexSummary, index};
pub use limits::{
    MAX_ATTRIBUTES, MAX_CAPS, MAX_CHANGES, MAX_EXCLUDE, MAX_EXPLORATION, MAX_FACET_VALUES, MAX_HISTORY,
    MAX_ID_BYTES, MAX_KIND_BYTES, MAX_KINDS, MAX_LIMIT, MAX_LIVE_ITEMS, MAX_OFFSET, MAX_QUERY_BYTES,
    MAX_SEEDS, MAX_SET_VALUES, MAX_TEXT_BYTES, MAX_TITLE_BYTES, MAX_VALUE_BYTES, MAX_WEIGHT,
};
pub use pack::{
    AttributeKind, AttributeSpec, Dtype, Element, FORMAT_VERSION, KindSpec, KindTask, LexicalSpec, Manifest,
    ModelSpec, NeighbourSpec, OLDEST_SUPPORTED, Pack, PackSource, SectionSpec, TaskSpec, Tasks,
    TextEncoderKind, TextEncoderSpec, TimeSpec, UnknownKind,
};
pub use profile::{ProfileKey, ProfileOptions, RecordedHistory};
#[cfg(feature = "evaluation")]
pub use query::{EvalRequest, Scores, Task};
#[cfg(feature = "evaluation")]
pub use rank::Weights;
pub use request::{
    Boost, Cap, DISLIKE, Event, Exploration, Forget, Freshness, GraphNodes, History, Hit, InstallRequest,
    Installed, Item, LeaveOut, Reason, ReasonKind, RecommendRequest, RecordedEvent, Recording, Response,
    SearchRequest, SimilarRequest, StageTime, TrimLevel, Upsert,
};
pub use runtime::{CancelToken, ExecutionProvider};

pub use value::AttributeValue;

/// For the benches and tests of this repository; nothing here is promised to stay.
#[doc(hidden)]
pub mod internals {
    pub use crate::codebook::{
        Attribute, AttributeColumn, Codebook, Column, NO_BOOL, NO_DATE, NO_STRING, Neighbours, Postings,
        Rows, StringTable, Words,
    };
    pub use crate::kernels::{
        Bitmap, Keep, Kernels, QuantisedQuery, SCALAR, active, available, best, dot, scan, top_k,
    };
    pub use crate::pack::{MAX_DIM, MAX_ITEMS, MAX_WINDOW};
}
