//! The boundary between gensr and Kotlin and Swift.
