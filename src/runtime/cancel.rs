//! Stopping a call from another thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ort::session::RunOptions;

use crate::error::{Error, Result};
use crate::sync::lock;

/// Stops the calls that it was given to. Clones are the same token; any thread may use any clone.
///
/// A token is for one call, or for several that are to be stopped together: once cancelled it stays so, and every later
/// call with it answers `Cancelled` at once.
///
/// ```
/// let token = gensr::CancelToken::new();
/// let other = token.clone();
/// std::thread::spawn(move || other.cancel()).join().unwrap();
/// assert!(token.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Inner>);

impl std::fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelToken").field("cancelled", &self.is_cancelled()).finish()
    }
}

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    /// The runs in flight under this token.
    runs: Mutex<Vec<Arc<RunOptions>>>,
}

impl CancelToken {
    /// A token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the calls under this token: a graph in flight ends at its next node, other stages at their end. Returns at
    /// once; the calls return `Cancelled`, or their answer where they were done already.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        for run in lock(&self.0.runs).iter() {
            if let Err(error) = run.terminate() {
                log::warn!("a run could not be stopped: {error}");
            }
        }
    }

    /// Whether `cancel` was called on this token or a clone of it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// `Cancelled` where the token is.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Registers a run for as long as the guard lives. What is cancelled between registration and start does not start:
    /// ONNX Runtime looks at the flag before the first node.
    pub(super) fn register(&self, options: Arc<RunOptions>) -> Result<Registered<'_>> {
        let mut runs = lock(&self.0.runs);
        // Under the lock, so that a concurrent `cancel` either is seen here or sees this run.
        self.check()?;
        runs.push(Arc::clone(&options));
        Ok(Registered { token: self, options })
    }
}

/// A run that its token knows of.
pub(super) struct Registered<'a> {
    token: &'a CancelToken,
    options: Arc<RunOptions>,
}

impl Registered<'_> {
    pub(super) fn options(&self) -> &RunOptions {
        &self.options
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        lock(&self.token.0.runs).retain(|run| !Arc::ptr_eq(run, &self.options));
    }
}
