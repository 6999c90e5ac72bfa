//! gensr: search and recommendation from one generative model, on the device.
#![warn(missing_docs)]

mod error;
pub mod lexical;
mod request;

pub use error::{Error, Result};
pub use lexical::{IndexSummary, index};
pub use request::{
    AttributeValue, Event, History, Hit, MAX_HISTORY, MAX_ID_BYTES, MAX_LIMIT, MAX_QUERY_BYTES, Reason,
    ReasonKind, RecommendRequest, Response, SearchRequest, SimilarRequest, StageTime,
};
