//! Stopping a call from another thread.

use std::sync::Arc;

/// Stops the calls that it was given to. For one call, or for several that are to be stopped together; once cancelled it
/// stays so. Any thread may cancel it.
///
/// The hosts' own cancellation (a coroutine's, a task's) does not reach through the boundary; their layers translate.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken(gensr::CancelToken);

#[uniffi::export]
impl CancelToken {
    /// A token that nobody has cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Stops the calls under this token. Returns at once; the calls end with [`crate::GensrError::Cancelled`] at their next
    /// step, or well where they were done already.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

impl CancelToken {
    pub(crate) fn inner(&self) -> &gensr::CancelToken {
        &self.0
    }
}
