//! Searching while the user types: of two keystrokes the later one counts.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use super::Engine;
use crate::error::{Error, Result};
use crate::request::{Response, SearchRequest};
use crate::runtime::CancelToken;
use crate::sync::lock;

/// A search box. Each keystroke supersedes the one before: its calls end with `Cancelled` and never answer after.
///
/// `E` is what leads to the engine: `&Engine`, or `Arc<Engine>` where the session outlives a scope.
///
/// # Threads
/// `keystroke` only takes note and may be called on the user-interface thread. The two calls of a [`Keystroke`] block, so
/// they belong on another one: `words` for a fraction of a millisecond, `ranked` as long as `Engine::search`. Any thread
/// may call anything at any time; a stream of answers is a loop of *keystroke, words, ranked* in which `Cancelled` means
/// that a later keystroke has taken over.
///
/// ```
/// # use gensr::{Engine, EngineOptions, PackSource};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// let typing = engine.typing();
/// for text in ["j", "ja", "jac"] {
///     let keystroke = typing.keystroke(text);
///     let at_once = keystroke.words()?;
///     let whole = keystroke.ranked()?;
///     println!("{} hits, then {}", at_once.hits.len(), whole.hits.len());
/// }
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug)]
pub struct Typing<E: Deref<Target = Engine>> {
    session: Arc<Session<E>>,
}

/// Text of a search box after one keystroke.
#[derive(Debug)]
pub struct Keystroke<E: Deref<Target = Engine>> {
    session: Arc<Session<E>>,
    request: SearchRequest,
    number: u64,
    cancel: CancelToken,
}

#[derive(Debug)]
struct Session<E> {
    engine: E,
    latest: Mutex<Latest>,
}

/// The last keystroke, and the list that the user sees.
#[derive(Debug, Default)]
struct Latest {
    number: u64,
    cancel: CancelToken,
    shown: Shown,
}

#[derive(Debug, Default)]
struct Shown {
    /// Keystroke that it answers.
    number: u64,
    /// Whether it is the whole ranking.
    whole: bool,
    /// Ids of its items: what they mean, every pack knows.
    ids: Vec<String>,
    /// How often something was forgotten before. The list of an answer that knew more must not show in the next.
    forget_generation: u64,
}

impl Engine {
    /// A search box over this engine.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// assert!(!typing.keystroke("tent").ranked()?.hits.is_empty());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn typing(&self) -> Typing<&Self> {
        Typing::new(self)
    }
}

impl<E: Deref<Target = Engine>> Typing<E> {
    /// A search box over an engine.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Typing};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = Typing::new(std::sync::Arc::new(engine));
    /// let hits = std::thread::spawn(move || typing.keystroke("tent").ranked()).join().expect("no panic")?.hits;
    /// assert!(!hits.is_empty());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn new(engine: E) -> Self {
        Self { session: Arc::new(Session { engine, latest: Mutex::default() }) }
    }

    /// Takes note of what the box holds now, and stops the calls of the keystroke before. Never fails: what is wrong with
    /// the request, its calls say. An empty box (nothing but white space) has no hits.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Error, SearchRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// let earlier = typing.keystroke("ten");
    /// let later = typing.keystroke(SearchRequest::new("tent").limit(5));
    /// assert_eq!(earlier.ranked().unwrap_err(), Error::Cancelled);
    /// assert_eq!(later.ranked()?.hits.len(), 5);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn keystroke(&self, request: impl Into<SearchRequest>) -> Keystroke<E> {
        let cancel = CancelToken::new();
        let mut latest = lock(&self.session.latest);
        latest.cancel.cancel();
        latest.cancel = cancel.clone();
        latest.number += 1;
        let (session, number) = (Arc::clone(&self.session), latest.number);
        Keystroke { session, request: request.into(), number, cancel }
    }

    /// Stops the calls of the last keystroke and forgets the list on the screen: the box was left.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Error};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// let keystroke = typing.keystroke("tent");
    /// typing.stop();
    /// assert_eq!(keystroke.words().unwrap_err(), Error::Cancelled);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn stop(&self) {
        let mut latest = lock(&self.session.latest);
        latest.cancel.cancel();
        latest.shown.ids.clear();
    }
}

impl<E: Deref<Target = Engine>> Drop for Typing<E> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<E: Deref<Target = Engine>> Keystroke<E> {
    /// 1 for the first keystroke of the session, 2 for the next.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// assert_eq!(typing.keystroke("t").number(), 1);
    /// assert_eq!(typing.keystroke("te").number(), 2);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Stops the calls of this keystroke, and of no other: they end with `Cancelled`, later ones, too. The list on the
    /// screen stays.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource, Error};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// let keystroke = typing.keystroke("tent");
    /// keystroke.cancel();
    /// assert_eq!(keystroke.ranked().unwrap_err(), Error::Cancelled);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Whether a later keystroke has taken over, it was cancelled, or the session ended.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// let earlier = typing.keystroke("ten");
    /// let later = typing.keystroke("tent");
    /// assert!(earlier.is_superseded() && !later.is_superseded());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn is_superseded(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// The first answer: items that have words of the query, by what words, neighbours of the history and popularity say.
    /// Neither sentence encoder nor decoder run.
    ///
    /// Hits of the list on the screen, the last one that this session answered, that are still a match stay, in their
    /// order; so scores need not descend. They compare with each other, not with those of `ranked`. No hits where no item has
    /// a word of the query: keep what is on the screen until `ranked` has answered.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let typing = engine.typing();
    /// let at_once = typing.keystroke("rain jack").words()?;
    /// assert!(at_once.hits.iter().any(|hit| hit.title.to_lowercase().contains("jacket")));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Cancelled` when superseded, else as `Engine::search`.
    pub fn words(&self) -> Result<Response> {
        let forget_generation = self.session.engine.history.forget_generation();
        let mut shown = Vec::new();
        {
            let latest = lock(&self.session.latest);
            if latest.shown.forget_generation == forget_generation {
                shown.clone_from(&latest.shown.ids);
            }
        }
        self.answer(false, |request| {
            self.session.engine.snapshot().first_answer(request, &shown, &self.cancel)
        })
    }

    /// The whole ranking: what `Engine::search` answers, whatever was typed before.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// let typing = engine.typing();
    /// let ranked = typing.keystroke("tent").ranked()?;
    /// assert_eq!(ranked.hits, engine.search(&"tent".into(), &cancel)?.hits);
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Cancelled` when superseded, else as `Engine::search`.
    pub fn ranked(&self) -> Result<Response> {
        self.answer(true, |request| self.session.engine.search(request, &self.cancel))
    }

    /// Answers unless superseded, and notes what is on the screen then.
    fn answer(
        &self,
        whole: bool,
        answer: impl FnOnce(&SearchRequest) -> Result<Response>,
    ) -> Result<Response> {
        self.cancel.check()?;
        let empty = self.request.query.trim().is_empty();
        let forget_generation = self.session.engine.history.forget_generation();
        let response = if empty { Response::default() } else { answer(&self.request)? };
        let mut latest = lock(&self.session.latest);
        // Under the lock: an answer that is given is one of the last keystroke.
        if latest.number != self.number || self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        // The whole ranking is not replaced by a first answer that came late.
        if whole || latest.shown.number < self.number || !latest.shown.whole {
            let ids = response.hits.iter().map(|hit| hit.id.clone()).collect();
            latest.shown = Shown { number: self.number, whole, ids, forget_generation };
        }
        Ok(response)
    }
}

/// Shared between threads by every host.
const fn assert_send_sync<T: Send + Sync>() {}
const _: () = assert_send_sync::<Typing<Arc<Engine>>>();
const _: () = assert_send_sync::<Keystroke<Arc<Engine>>>();
