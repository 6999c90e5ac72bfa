//! Installing packs, trimming memory, and where graphs run.

use crate::setters::setters;

use std::path::PathBuf;

/// A pack to install.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallRequest {
    /// The new pack, as it was downloaded. It is copied, so it may be deleted afterwards.
    pub pack: PathBuf,
    /// SHA-256 of the whole file, 64 hex digits. It must come from a source that the app trusts, over a channel that an attacker
    /// cannot change, for example from the app's own server over TLS: nothing else says that the pack is genuine.
    pub expected_sha256: String,
    /// Where the pack is to be. `None`: over the file that the engine was opened from, or that the last `install` wrote. Needed
    /// where that is not a file of its own (an asset inside an APK) or cannot be written (the bundle of an app).
    pub destination: Option<PathBuf>,
}

setters!(InstallRequest {
    destination: impl Into<Option<PathBuf>>,
});

impl InstallRequest {
    /// A pack to install over the present one.
    pub fn new(pack: impl Into<PathBuf>, expected_sha256: impl Into<String>) -> Self {
        Self { pack: pack.into(), expected_sha256: expected_sha256.into(), destination: None }
    }
}

/// Result of `install`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Installed {
    /// Id of the pack that was replaced.
    pub previous_pack_id: String,
    /// Id of the pack that answers now; the same where it was there already.
    pub pack_id: String,
    /// Recorded events, at most the last `MAX_HISTORY`.
    pub events: usize,
    /// Those of them whose items the new pack does not know. They are kept.
    pub dormant: usize,
    /// Events that are dormant now and were not.
    pub deactivated: usize,
    /// Events that were dormant and are not any more.
    pub reactivated: usize,
}

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
#[non_exhaustive]
pub enum TrimLevel {
    /// Memory that the next call fills again at once.
    Caches,
    /// Memory that an app in the background does not need. iOS ends an app that is suspended while it holds a lock on a file in a
    /// shared container: with this level none is held.
    Background,
    /// All but the pack, which is mapped: its pages the system takes by itself.
    Everything,
}

/// Nodes of a graph that one execution provider runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct GraphNodes {
    /// Name of the graph; "text-16" is the sentence encoder for texts padded to 16 tokens.
    pub graph: String,
    /// Name of the execution provider; ONNX Runtime's own name if it is none of `ExecutionProvider`.
    pub provider: String,
    /// Number of nodes as they run; a subgraph that a provider runs in one piece is one node.
    pub nodes: usize,
}
