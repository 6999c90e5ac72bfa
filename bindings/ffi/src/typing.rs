//! A search box. The host makes two calls for each keystroke; there are no callbacks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::{GensrError, Result};
use crate::handle::Handle;
use crate::request::SearchRequest;
use crate::response::Response;

type Session = gensr::Typing<Arc<gensr::Engine>>;
type Latest = gensr::Keystroke<Arc<gensr::Engine>>;

/// A search box over an engine: each keystroke supersedes the one before, whose calls end with [`GensrError::Cancelled`].
///
/// A session does not keep the pack open: after [`Engine::shutdown`](crate::Engine::shutdown) its calls fail with
/// [`GensrError::Closed`].
#[derive(Debug, uniffi::Object)]
pub struct Typing {
    handle: Arc<Handle>,
    open: Mutex<Option<Open>>,
}

/// The session and its last keystroke, the only one whose calls may still succeed.
#[derive(Debug)]
struct Open {
    session: Session,
    last: Option<Arc<Latest>>,
}

impl Typing {
    /// A search box over `engine`, which `handle` has open.
    pub(crate) fn new(handle: Arc<Handle>, engine: Arc<gensr::Engine>) -> Arc<Self> {
        let open = Open { session: Session::new(engine), last: None };
        Arc::new(Self { handle, open: Mutex::new(Some(open)) })
    }

    /// Releases the engine. The session is returned, to be dropped without any lock.
    pub(crate) fn shutdown(&self) -> impl Sized + use<> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[uniffi::export]
impl Typing {
    /// Sets the text of the box, and stops the calls of the keystroke before. Never blocks, so it may be called on the
    /// user-interface thread. A query of nothing but white space has no hits.
    pub fn keystroke(&self, request: SearchRequest) -> Result<Arc<Keystroke>> {
        self.handle.with(|_| {
            let mut open = self.lock();
            let Open { session, last } = open.as_mut().ok_or(GensrError::Closed)?;
            // Even if the request is refused below: the text before it is outdated.
            if let Some(before) = last.take() {
                before.cancel();
            }
            let latest = Arc::new(session.keystroke(gensr::SearchRequest::try_from(request)?));
            let keystroke = Keystroke { handle: Arc::clone(&self.handle), latest: Arc::downgrade(&latest) };
            *last = Some(latest);
            Ok(Arc::new(keystroke))
        })
    }

    /// Stops the calls of the last keystroke and forgets the list on the screen. The next keystroke starts afresh.
    pub fn stop(&self) -> Result<()> {
        self.handle.with(|_| {
            let mut open = self.lock();
            let Open { session, last } = open.as_mut().ok_or(GensrError::Closed)?;
            *last = None;
            session.stop();
            Ok(())
        })
    }
}

/// The text of a search box after one keystroke.
#[derive(Debug, uniffi::Object)]
pub struct Keystroke {
    handle: Arc<Handle>,
    /// Gone when a later keystroke has taken over.
    latest: Weak<Latest>,
}

#[uniffi::export]
impl Keystroke {
    /// The first response, from words alone, in a fraction of a millisecond. Hits on the screen that still match keep their
    /// order. Without hits, keep the list on the screen until `ranked` returns.
    pub fn words(&self) -> Result<Response> {
        self.respond(Latest::words)
    }

    /// The full ranking, as from [`Engine::search`](crate::Engine::search).
    pub fn ranked(&self) -> Result<Response> {
        self.respond(Latest::ranked)
    }

    /// Stops the calls of this keystroke only; the list on the screen stays. Returns at once; these and later calls end with
    /// [`GensrError::Cancelled`].
    pub fn cancel(&self) {
        if let Some(latest) = self.latest.upgrade() {
            latest.cancel();
        }
    }
}

impl Keystroke {
    fn respond(&self, call: impl FnOnce(&Latest) -> gensr::Result<gensr::Response>) -> Result<Response> {
        let response = self.handle.with(|_| {
            let latest = self.latest.upgrade().ok_or(GensrError::Cancelled)?;
            Ok(call(&latest)?.into())
        });
        // A session ends with its engine: then the error is `Closed`.
        if response == Err(GensrError::Cancelled) {
            self.handle.with(|_| Err(GensrError::Cancelled))
        } else {
            response
        }
    }
}
