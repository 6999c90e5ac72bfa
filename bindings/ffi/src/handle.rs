//! The engine behind every exported object: open until it is shut down.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::{GensrError, Result};
use crate::seam::seam;

/// An engine that [`Engine`](crate::Engine), search boxes and jobs share.
#[derive(Debug)]
pub(crate) struct Handle {
    open: RwLock<Option<Arc<gensr::Engine>>>,
    /// Calls that are inside now.
    running: AtomicUsize,
}

impl Handle {
    pub(crate) fn new(engine: gensr::Engine) -> Arc<Self> {
        Arc::new(Self { open: RwLock::new(Some(Arc::new(engine))), running: AtomicUsize::new(0) })
    }

    /// Runs one call on the open engine. The lock is held only to take a reference, so calls run side by side.
    pub(crate) fn with<T>(&self, call: impl FnOnce(&Arc<gensr::Engine>) -> Result<T>) -> Result<T> {
        let _running = Running::enter(&self.running);
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner).clone();
        seam(|| call(&open.ok_or(GensrError::Closed)?))
    }

    /// Calls that are inside now.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    /// Refuses calls from now on. The engine is returned, to be dropped without any lock; running calls keep it alive.
    pub(crate) fn close(&self) -> Option<Arc<gensr::Engine>> {
        self.open.write().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Counts a call for as long as it lives.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn enter(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
