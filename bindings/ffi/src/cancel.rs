//! Stopping a call from another thread.

use std::sync::Arc;

/// Stops the calls that it was passed to, one or several. Cancelling is final, and allowed on any thread.
///
/// The cancellation of coroutines and tasks does not reach through the boundary; their layers translate it.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken(gensr::CancelToken);

#[uniffi::export]
impl CancelToken {
    /// A token that is not cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Stops the calls under this token. Returns at once; the calls end with [`crate::GensrError::Cancelled`] at their next
    /// step, unless they complete first.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl CancelToken {
    pub(crate) fn inner(&self) -> &gensr::CancelToken {
        &self.0
    }
}
