//! The one place where host calls enter the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{GensrError, Result};

/// Runs one host call: a panic below it becomes [`GensrError::Internal`] instead of unwinding into the host, which would
/// be the end of the app. This needs `panic = "unwind"`, which the shipping profile sets.
///
/// The panic's own text stays here: it may quote what was being worked on, and errors never carry user data.
pub(crate) fn seam<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    // The state behind the call is either untouched by a panic or guarded by locks that the engine checks for poison.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|payload| {
        // Dropping the payload could panic again; leaking a few bytes of a bug's text cannot.
        std::mem::forget::<Box<dyn Any + Send>>(payload);
        log::error!("a panic was caught at the boundary");
        Err(GensrError::Internal { reason: "a panic inside gensr; please report it".into() })
    })
}

/// `number` as a count within `1..=most`, or an error that names the argument and the bound. Numbers of a host are
/// checked here, before anything is allocated by them.
pub(crate) fn bounded(name: &str, number: u32, most: usize) -> Result<usize> {
    bounded_from(1, name, number, most)
}

/// As [`bounded`], for numbers that may be less than 1.
pub(crate) fn bounded_from(least: usize, name: &str, number: u32, most: usize) -> Result<usize> {
    match usize::try_from(number) {
        Ok(count) if (least..=most).contains(&count) => Ok(count),
        _ => Err(GensrError::InvalidArgument { reason: format!("{name} must be from {least} to {most}") }),
    }
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

    #[test]
    fn numbers_are_bounded() {
        assert_eq!(bounded("limit", 1, 10), Ok(1));
        assert_eq!(bounded("limit", 10, 10), Ok(10));
        assert_eq!(bounded_from(0, "offset", 0, 10), Ok(0));
        for bad in [0, 11, u32::MAX] {
            let Err(GensrError::InvalidArgument { reason }) = bounded("limit", bad, 10) else {
                panic!("{bad}")
            };
            assert!(reason.contains("limit") && reason.contains("10"), "{reason}");
        }
    }
}
