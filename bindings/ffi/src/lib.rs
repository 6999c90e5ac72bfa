//! The boundary between gensr and Kotlin and Swift.
//!
//! Applications do not use this directly: `bindings/kotlin` and `bindings/swift` wrap it in what each language expects.
//! Calls are coarse (one for each thing a user does), no vector or tensor crosses, and every call goes through one seam
//! that turns a panic into an error.

mod engine;
mod error;
mod records;
mod seam;

pub use engine::Engine;
pub use error::{GensrError, Result};
pub use records::{Answer, Diagnostics, Event, Hit};

uniffi::setup_scaffolding!("gensr");
