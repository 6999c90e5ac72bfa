//! Cancellation of calls from another thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use ort::session::RunOptions;

use crate::error::{Error, Result};
use crate::sync::lock;

/// Cancels the calls that it is passed to. Clones share one state; any thread may use any clone.
///
/// Use a token for one call, or for several that are to be cancelled together. A cancelled token stays cancelled: every later
/// call with it returns `Cancelled` at once.
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
    /// A new token, not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the calls with this token: a running graph stops at its next node, other stages at their end. Returns at once.
    /// The calls return `Cancelled`, or their response if it was complete already.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        for run in lock(&self.0.runs).iter() {
            if let Err(error) = run.terminate() {
                log::warn!("a run could not be stopped: {error}");
            }
        }
    }

    /// Whether `cancel` was called on this token or on a clone.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Returns `Cancelled` if the token is cancelled.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Registers a run for as long as the guard lives. A run that is cancelled between registration and start runs nothing:
    /// ONNX Runtime checks the flag before the first node.
    pub(super) fn register(&self, options: Arc<RunOptions>) -> Result<Registered<'_>> {
        let mut runs = lock(&self.0.runs);
        // Checked under the lock: a concurrent `cancel` is seen here, or it sees this run.
        self.check()?;
        runs.push(Arc::clone(&options));
        Ok(Registered { token: self, options })
    }
}

/// A run that is registered with its token.
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
