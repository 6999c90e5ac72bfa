//! The one place where host calls enter the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{GensrError, Result};

/// Runs one host call: a panic below it becomes [`GensrError::Internal`] instead of unwinding into the host, which would
/// abort the app. This needs `panic = "unwind"`, which the shipping profile sets.
///
/// The panic's message is dropped: it may quote user data, which errors never carry.
pub(crate) fn seam<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    // The state behind the call is either untouched by a panic or guarded by locks that the engine checks for poison.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|payload| {
        // Dropping the payload could panic again; leaking a few bytes of a bug's text cannot.
        std::mem::forget::<Box<dyn Any + Send>>(payload);
        log::error!("a panic was caught at the boundary");
        Err(GensrError::Internal { reason: "a panic inside gensr; please report it".into() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_internal_error_without_its_text() {
        let query = "secret query";
        let result: Result<()> = seam(|| panic!("could not parse {query}"));
        let Err(GensrError::Internal { reason }) = result else {
            panic!("expected Internal, got {result:?}")
        };
        assert!(!reason.contains(query), "{reason}");
    }

    #[test]
    fn a_panic_payload_that_panics_when_dropped_is_caught_too() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        let result: Result<()> = seam(|| std::panic::panic_any(Bomb));
        assert!(matches!(result, Err(GensrError::Internal { .. })));
    }

    #[test]
    fn results_pass_through() {
        assert_eq!(seam(|| Ok(7)), Ok(7));
        assert_eq!(seam::<()>(|| Err(GensrError::Cancelled)), Err(GensrError::Cancelled));
    }
}
