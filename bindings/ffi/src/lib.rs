//! The boundary between gensr and Kotlin and Swift.
//!
//! Applications do not use this directly: `bindings/kotlin` and `bindings/swift` wrap it in what each language expects.
//! Calls are coarse (one for each thing a user does), no vector or tensor crosses, and every call goes through one seam
//! that turns a panic into an error.
//!
//! ```text
//! engine    the exported calls, one line each      request   what they take      answer       what they give
//! typing    a search box                           feed      its options         completion   and texts to go on with
//! cancel    stopping a call                        error     why a call failed   seam         panics and bounds
//! source    where the pack is                      install   another one in its place
//! history   the user's own, and its controls       journal   the last log lines
//! ```

mod answer;
mod cancel;
mod completion;
mod engine;
mod error;
mod feed;
mod history;
mod install;
mod items;
mod journal;
mod quiet;
mod request;
mod seam;
mod source;
mod typing;

pub use answer::{
    Answer, AttributeValue, Diagnostics, Facet, FacetValue, GraphNodes, Hit, LiveDiagnostics,
    ProfileDiagnostics, Provider, Reason, ReasonKind, StageTime,
};
pub use cancel::CancelToken;
pub use completion::{ByteRange, Completion, CompletionKind};
pub use engine::Engine;
pub use error::{GensrError, Result};
pub use feed::{Cap, Exploration, Freshness, Lean, LeaveOut};
pub use history::{Forget, RecordedEvent, Recording};
pub use install::{InstallRequest, Installed};
pub use items::{Attribute, Item, Upsert, VectorJob, VectorProgress};
pub use request::{
    Accelerator, EngineOptions, Event, History, RecommendRequest, SearchRequest, SimilarRequest, TrimLevel,
    quote_in_filter,
};
pub use source::{PackSource, newest_pack};
pub use typing::{Keystroke, Typing};

uniffi::setup_scaffolding!("gensr");
