//! Errors as hosts see them.

/// Result of every exported call.
pub type Result<T> = std::result::Result<T, GensrError>;

/// Why a call failed: six variants that a host can branch on.
///
/// The field is `reason`, as `message` would collide with `Throwable.message` in Kotlin. A reason never holds a query, an
/// item id or any other part of a user's history, so it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[non_exhaustive]
pub enum GensrError {
    /// The engine was shut down.
    #[error("the engine is closed")]
    Closed,
    /// A request is outside its documented limits, or names something that does not exist.
    #[error("invalid argument: {reason}")]
    InvalidArgument {
        /// The fault, and the accepted values.
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
    /// The call was stopped by its caller.
    #[error("cancelled")]
    Cancelled,
    /// A failure that is not the caller's doing: a full disk, a missing library, a bug.
    #[error("internal error: {reason}")]
    Internal {
        /// The failure.
        reason: String,
    },
}

impl From<gensr::Error> for GensrError {
    fn from(error: gensr::Error) -> Self {
        use gensr::Error as E;
        match error {
            E::Closed => Self::Closed,
            E::InvalidArgument { reason } => Self::InvalidArgument { reason },
            E::BadPack { reason } => Self::BadPack { reason },
            E::Incompatible { found, supported } => Self::Incompatible { found, supported },
            E::Cancelled => Self::Cancelled,
            E::Internal { reason } => Self::Internal { reason },
            // The engine's enum may grow before this one does.
            other => Self::Internal { reason: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_error_has_its_own_variant() {
        let reason = || "why".to_owned();
        for (engine, host) in [
            (gensr::Error::Closed, GensrError::Closed),
            (
                gensr::Error::InvalidArgument { reason: reason() },
                GensrError::InvalidArgument { reason: reason() },
            ),
            (gensr::Error::BadPack { reason: reason() }, GensrError::BadPack { reason: reason() }),
            (
                gensr::Error::Incompatible { found: "2".into(), supported: "1".into() },
                GensrError::Incompatible { found: "2".into(), supported: "1".into() },
            ),
            (gensr::Error::Cancelled, GensrError::Cancelled),
            (gensr::Error::Internal { reason: reason() }, GensrError::Internal { reason: reason() }),
        ] {
            let text = engine.to_string();
            let mapped = GensrError::from(engine);
            assert_eq!(mapped, host);
            assert_eq!(mapped.to_string(), text);
        }
    }
}
