//! The exported engine: one line a call, through the seam.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use gensr::{CancelToken, EngineOptions, MAX_LIMIT, PackSource, RecommendRequest, SearchRequest};

use crate::error::{GensrError, Result};
use crate::records::{Answer, Diagnostics, Event};
use crate::seam::{bounded, seam};

/// An open pack and the profile of its user.
///
/// Usable from any thread; calls block the calling one, so keep them off the user interface. [`Engine::shutdown`] lets
/// go of the pack and the profile at a moment of the host's choosing, without waiting for a garbage collector. (No
/// method is named `close`: Kotlin's generated `AutoCloseable.close` has that name.)
#[derive(Debug, uniffi::Object)]
pub struct Engine {
    open: RwLock<Option<Arc<gensr::Engine>>>,
}

#[uniffi::export]
impl Engine {
    /// Opens the pack at `path` and the profile in the folder `profile_dir`, which is made where it is missing; without
    /// one the history lives in memory and ends with the engine.
    #[uniffi::constructor(default(profile_dir = None))]
    pub fn open(path: String, profile_dir: Option<String>) -> Result<Arc<Self>> {
        seam(|| {
            let source = PackSource::Path(PathBuf::from(path));
            let profile = profile_dir.as_deref().map(Path::new);
            let engine = gensr::Engine::open(source, profile, EngineOptions::default())?;
            Ok(Arc::new(Self { open: RwLock::new(Some(Arc::new(engine))) }))
        })
    }

    /// What is open.
    pub fn diagnostics(&self) -> Result<Diagnostics> {
        self.with(|engine| Ok(engine.diagnostics().into()))
    }

    /// Items for `query`, at most `limit` of them (1 to 1,000), in the order that suits the recorded history.
    pub fn search(&self, query: String, limit: u32) -> Result<Answer> {
        let limit = bounded("limit", limit, MAX_LIMIT)?;
        self.with(|engine| {
            let request = SearchRequest { limit, ..SearchRequest::new(query) };
            Ok(engine.search(&request, &CancelToken::new())?.into())
        })
    }

    /// What the recorded history suggests next, at most `limit` items (1 to 1,000).
    pub fn recommend(&self, limit: u32) -> Result<Answer> {
        let limit = bounded("limit", limit, MAX_LIMIT)?;
        self.with(|engine| {
            let request = RecommendRequest { limit, ..RecommendRequest::default() };
            Ok(engine.recommend(&request, &CancelToken::new())?.into())
        })
    }

    /// Records something the user did. When it returns the event is in the profile and in every later answer.
    pub fn record(&self, event: Event) -> Result<()> {
        self.with(|engine| Ok(engine.record(event.into())?))
    }

    /// Erases the recorded history for good.
    pub fn clear_history(&self) -> Result<()> {
        self.with(|engine| Ok(engine.clear_history()?))
    }

    /// Lets go of the pack and the profile. Running calls end well; later ones fail with [`GensrError::Closed`]. Calling
    /// it again does nothing.
    pub fn shutdown(&self) {
        let last = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        // Outside the lock; a panic while letting go has nobody to be told to.
        let _ = seam(|| {
            drop(last);
            Ok(())
        });
    }
}

impl Engine {
    /// Runs one call on what is open. The lock is held only to take a reference, so calls run side by side.
    fn with<T>(&self, call: impl FnOnce(&gensr::Engine) -> Result<T>) -> Result<T> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner).clone();
        seam(|| call(&*open.ok_or(GensrError::Closed)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Engine {
        Engine { open: RwLock::new(None) }
    }

    fn open_error(path: &Path) -> GensrError {
        Engine::open(path.to_string_lossy().into_owned(), None).expect_err("opening must fail")
    }

    #[test]
    fn what_is_no_pack_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("odd.gensr");
        for content in [&b"not a pack at all"[..], b""] {
            std::fs::write(&file, content).expect("written");
            assert!(matches!(open_error(&file), GensrError::BadPack { .. }));
        }
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for path in [&*folder.path().join("absent.gensr"), folder.path(), Path::new("a\0b"), Path::new("")] {
            let error = open_error(path);
            assert!(!matches!(error, GensrError::Closed | GensrError::Cancelled), "{error:?}");
            assert!(!error.to_string().contains("panic"), "{error:?}");
        }
    }

    #[test]
    fn after_shutdown_calls_are_refused() {
        let engine = closed();
        engine.shutdown();
        engine.shutdown();
        assert_eq!(engine.diagnostics(), Err(GensrError::Closed));
        assert_eq!(engine.recommend(10), Err(GensrError::Closed));
    }

    #[test]
    fn limits_are_checked_before_anything_else() {
        for limit in [0, 1_001, u32::MAX] {
            assert!(matches!(closed().recommend(limit), Err(GensrError::InvalidArgument { .. })));
            assert!(matches!(closed().search("tent".into(), limit), Err(GensrError::InvalidArgument { .. })));
        }
    }
}
