//! What a search box offers while its user types.

use std::sync::Arc;

use super::{Engine, Loaded};
use crate::complete::{Completer, Completion, MAX_COMPLETIONS};
use crate::error::{Error, Result};
use crate::request::{MAX_QUERY_BYTES, within};
use crate::sync::lock;

impl Engine {
    /// Texts that go on from what was typed: the user's own past queries, then categories, then titles, at most `limit`
    /// (1 to `MAX_COMPLETIONS`), no text twice. Words are folded as everywhere: case and accents do not count. What was
    /// typed may begin any word of a text (`shell` completes `Alpine Shell Jacket`), and earlier words have to be in it;
    /// after a space the last word is finished. Where nothing was typed, the user's own queries alone.
    ///
    /// Deterministic. A fraction of a millisecond; the first call also reads the prior and the categories once. Nothing
    /// of it is stored, so `forget` and `clear_history` forget the queries at once. While incognito no own query is offered.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let offered = engine.complete("jack", 5)?;
    /// assert!(offered.iter().any(|completion| completion.text.to_lowercase().contains("jacket")));
    /// # Ok::<(), gensr::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a limit outside its bounds or more than `MAX_QUERY_BYTES` typed.
    pub fn complete(&self, typed: &str, limit: usize) -> Result<Vec<Completion>> {
        within("typed", typed, 0, MAX_QUERY_BYTES)?;
        if !(1..=MAX_COMPLETIONS).contains(&limit) {
            return Err(Error::invalid(format!("limit is {limit}; it must be 1 to {MAX_COMPLETIONS}")));
        }
        let view = self.view();
        let events = view.own.events(&view, true)?.map(|(events, _)| events).unwrap_or_default();
        Ok(view.completer().complete(typed, limit, &events, &view.codebook))
    }
}

impl Loaded {
    fn completer(&self) -> Arc<Completer> {
        let mut made = lock(&self.completer);
        Arc::clone(made.get_or_insert_with(|| Arc::new(Completer::new(&self.codebook))))
    }
}
