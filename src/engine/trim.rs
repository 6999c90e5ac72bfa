//! Giving memory back, by how much the app can do without.

use super::Engine;
use crate::sync::lock;

/// How much `trim_memory` gives back. Each level includes the ones before it; none loses an event or changes an answer.
///
/// | | `Caches` | `Background` | `Everything` |
/// |---|---|---|---|
/// | when | memory is short while the app is in use | the app leaves the screen | the system looks for something to kill |
/// | Android `onTrimMemory` | `TRIM_MEMORY_RUNNING_*` | `TRIM_MEMORY_UI_HIDDEN` | `TRIM_MEMORY_BACKGROUND` and above |
/// | iOS | memory warning in the foreground | `didEnterBackground` | memory warning in the background |
/// | gives back | buffers, rows of filters, completions' tables, features of queries | also the text encoder | also the other graphs and the state of the history |
/// | the profile | stays open | is closed, its lock released | is closed, its lock released |
/// | the next call | makes again what it needs, about a millisecond | loads the text encoder with the first query | is like the first one after `open` |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrimLevel {
    /// What the next call makes again at once.
    Caches,
    /// What an app does not need that nobody sees. iOS ends an app that is suspended while it holds a lock on a file in a
    /// shared container: with this level none is held.
    Background,
    /// All but the pack, which is mapped: its pages the system takes by itself.
    Everything,
}

impl Engine {
    /// Gives memory back, and from `Background` on the profile with its lock (one in memory stays). The next call opens
    /// again what it needs, and answers `Closed` when another process has taken the profile meanwhile. Calls in flight end
    /// as usual and free theirs after. The engine has no threads of its own; those of ONNX Runtime, where `threads` is above
    /// 1, end with the graphs.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, TrimLevel};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// engine.trim_memory(TrimLevel::Background);
    /// assert!(engine.search(&"tent".into(), &cancel)?.found > 0, "the next call opens what it needs");
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn trim_memory(&self, level: TrimLevel) {
        let view = self.view();
        lock(&view.filters).clear();
        lock(&view.completer).take();
        view.model.trim(level);
        if level >= TrimLevel::Background {
            self.own.trim();
        }
    }
}
