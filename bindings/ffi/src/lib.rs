//! The boundary between gensr and Kotlin and Swift.
//!
//! Applications do not use this directly: `bindings/kotlin` and `bindings/swift` wrap it in what each language expects.
//! Calls are coarse (one for each thing a user does), no vector or tensor crosses, and every call goes through one seam
//! that turns a panic into an error.
//!
//! ```text
//! engine    the exported calls, one line each      request   what they take      answer   what they give
//! cancel    stopping a call                        error     why a call failed   seam     panics and bounds
//! source    where the pack is                      journal   the last log lines
//! ```

mod answer;
mod cancel;
mod engine;
mod error;
mod journal;
mod request;
mod seam;
mod source;

pub use answer::{
    Answer, AttributeValue, Diagnostics, Hit, ProfileDiagnostics, Provider, Reason, ReasonKind, StageTime,
};
pub use cancel::CancelToken;
pub use engine::Engine;
pub use error::{GensrError, Result};
pub use request::{EngineOptions, Event, History, RecommendRequest, SearchRequest, SimilarRequest};
pub use source::PackSource;

uniffi::setup_scaffolding!("gensr");
