//! The boundary between gensr and Kotlin and Swift.
//!
//! Applications do not use this directly: `bindings/kotlin` and `bindings/swift` wrap it in what each language expects.
//! Calls are coarse (one for each thing a user does), no vector or tensor crosses, and every call goes through one seam
//! that turns a panic into an error.
//!
//! ```text
//! engine    exported calls, one line each      request   requests, options     response     hits, diagnostics
//! typing    a search box                       feed      options of a feed     completion   completions
//! items     changes of the catalogue           history   its controls          install      replacing the pack
//! source    location of a pack                 error     why a call failed     cancel       stopping a call
//! handle    the engine that all objects share  seam      panics                journal      the last log lines
//! ```

mod cancel;
mod completion;
mod engine;
mod error;
mod feed;
mod handle;
mod history;
mod install;
mod items;
mod journal;
mod quiet;
mod request;
mod response;
mod seam;
mod source;
mod typing;

pub use cancel::CancelToken;
pub use completion::{ByteRange, Completion, CompletionKind};
pub use engine::Engine;
pub use error::{GensrError, Result};
pub use feed::{Boost, Cap, Exploration, Freshness, LeaveOut};
pub use history::{Forget, RecordedEvent, Recording};
pub use install::{InstallRequest, Installed};
pub use items::{Attribute, Item, Upsert, VectorJob, VectorProgress};
pub use request::{
    EngineOptions, Event, ExecutionProvider, History, RecommendRequest, SearchRequest, SimilarRequest,
    TrimLevel, quote_in_filter,
};
pub use response::{
    AttributeValue, Diagnostics, Facet, FacetValue, GraphNodes, GraphProvider, Hit, LiveDiagnostics,
    ProfileDiagnostics, Reason, ReasonKind, Response, StageTime,
};
pub use source::{PackSource, newest_pack};
pub use typing::{Keystroke, Typing};

uniffi::setup_scaffolding!("gensr");
