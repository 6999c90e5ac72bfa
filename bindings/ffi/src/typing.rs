//! A search box. Two calls answer a keystroke, and both are of the host's making: nothing is called back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::answer::Answer;
use crate::engine::Engine;
use crate::error::{GensrError, Result};
use crate::request::SearchRequest;

type Session = gensr::Typing<Arc<gensr::Engine>>;
type Typed = gensr::Keystroke<Arc<gensr::Engine>>;

/// A search box over an engine: each keystroke supersedes the one before, whose calls end with
/// [`GensrError::Cancelled`] and never answer after.
///
/// A session does not keep the pack open: after [`Engine::shutdown`] its calls fail with [`GensrError::Closed`].
#[derive(Debug, uniffi::Object)]
pub struct Typing {
    engine: Arc<Engine>,
    open: Mutex<Option<Open>>,
}

/// The session, and the last keystroke: the only one that may still answer.
#[derive(Debug)]
struct Open {
    session: Session,
    last: Option<Arc<Typed>>,
}

impl Typing {
    /// A search box over what `engine` has open.
    pub(crate) fn new(engine: Arc<Engine>, open: Arc<gensr::Engine>) -> Arc<Self> {
        let open = Open { session: Session::new(open), last: None };
        Arc::new(Self { engine, open: Mutex::new(Some(open)) })
    }

    /// Lets go of the engine; what it held is returned, to be dropped without any lock.
    pub(crate) fn shutdown(&self) -> impl Sized + use<> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[uniffi::export]
impl Typing {
    /// Takes note of what the box holds now, and stops the calls of the keystroke before. Runs nothing and waits for
    /// nobody, so it may be called on the user-interface thread. A query of nothing but white space has no hits.
    pub fn keystroke(&self, request: SearchRequest) -> Result<Arc<Keystroke>> {
        self.engine.with(|_| {
            let mut open = self.lock();
            let Open { session, last } = open.as_mut().ok_or(GensrError::Closed)?;
            // Also where the request is refused: the box no longer holds what was asked before.
            if let Some(before) = last.take() {
                before.cancel();
            }
            let typed = Arc::new(session.keystroke(gensr::SearchRequest::try_from(request)?));
            let keystroke = Keystroke { engine: Arc::clone(&self.engine), typed: Arc::downgrade(&typed) };
            *last = Some(typed);
            Ok(Arc::new(keystroke))
        })
    }

    /// Stops the calls of the last keystroke and forgets the list on the screen: the box was left. The next keystroke
    /// begins anew.
    pub fn stop(&self) -> Result<()> {
        self.engine.with(|_| {
            let mut open = self.lock();
            let Open { session, last } = open.as_mut().ok_or(GensrError::Closed)?;
            *last = None;
            session.stop();
            Ok(())
        })
    }
}

/// What the user typed so far, as of one keystroke.
#[derive(Debug, uniffi::Object)]
pub struct Keystroke {
    engine: Arc<Engine>,
    /// Gone when a later keystroke has taken over.
    typed: Weak<Typed>,
}

#[uniffi::export]
impl Keystroke {
    /// The first answer, from words, in a fraction of a millisecond; what is on the screen and still a match keeps its
    /// order. No hits where no item has a word of the query: keep what is on the screen until `ranked` has answered.
    pub fn words(&self) -> Result<Answer> {
        self.answer(Typed::words)
    }

    /// The whole ranking: what [`Engine::search`] answers.
    pub fn ranked(&self) -> Result<Answer> {
        self.answer(Typed::ranked)
    }

    /// Stops the calls of this keystroke, and no other's: what is on the screen stays. Returns at once; the calls end with
    /// [`GensrError::Cancelled`], later ones, too.
    pub fn cancel(&self) {
        if let Some(typed) = self.typed.upgrade() {
            typed.cancel();
        }
    }
}

impl Keystroke {
    fn answer(&self, ask: impl FnOnce(&Typed) -> gensr::Result<gensr::Response>) -> Result<Answer> {
        let answer = self.engine.with(|_| {
            let typed = self.typed.upgrade().ok_or(GensrError::Cancelled)?;
            Ok(ask(&typed)?.into())
        });
        // A session ends with its engine, which is why the call was stopped then.
        if answer == Err(GensrError::Cancelled) {
            self.engine.with(|_| Err(GensrError::Cancelled))
        } else {
            answer
        }
    }
}
