//! Errors, in the six variants that every host language sees.

/// Result of every fallible call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call failed. Messages name what is wrong with the input, never a query, an item id or any other part of
/// the user's history, so they may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine was closed, or lost its profile to `trim_memory`.
    #[error("the engine is closed")]
    Closed,
    /// A request is outside its documented limits, or names something that does not exist.
    #[error("invalid argument: {reason}")]
    InvalidArgument {
        /// The failed check, and values that would pass.
        reason: String,
    },
    /// The file is not a pack, or a damaged one.
    #[error("bad pack: {reason}")]
    BadPack {
        /// The check that failed.
        reason: String,
    },
    /// The pack, the profile or ONNX Runtime is of a version that this engine cannot use.
    #[error("incompatible: found {found}, supported {supported}")]
    Incompatible {
        /// The version found.
        found: String,
        /// The versions this engine reads.
        supported: String,
    },
    /// The call was stopped through its `CancelToken`.
    #[error("cancelled")]
    Cancelled,
    /// A failure that is not the caller's doing: input/output, a full disk, ONNX Runtime missing, a bug.
    #[error("internal error: {reason}")]
    Internal {
        /// The operation that failed.
        reason: String,
    },
}

impl Error {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self::InvalidArgument { reason: reason.into() }
    }

    pub(crate) fn bad_pack(reason: impl Into<String>) -> Self {
        Self::BadPack { reason: reason.into() }
    }

    pub(crate) fn internal(reason: impl std::fmt::Display) -> Self {
        Self::Internal { reason: reason.to_string() }
    }
}
