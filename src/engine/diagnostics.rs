//! The state of an engine, for logs and support.

use super::Engine;
use crate::kernels;
use crate::request::GraphNodes;
use crate::runtime;

/// The state of an engine. Contains no user data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Diagnostics {
    /// SHA-256 of the pack's manifest, lower-case hex.
    pub pack_id: String,
    /// Name of the catalogue.
    pub name: String,
    /// Number of items of the pack, live changes not counted.
    pub items: usize,
    /// Format version of the pack.
    pub format_version: u32,
    /// Version of this library.
    pub engine_version: &'static str,
    /// Version of ONNX Runtime from its build information: the release, or branch and commit.
    pub onnxruntime: Option<String>,
    /// Instruction set of the scans.
    pub kernels: &'static str,
    /// Graph name and execution provider of the graphs that are loaded now. A provider may run few of the nodes; see `nodes`.
    pub providers: Vec<(&'static str, &'static str)>,
    /// Node counts of these graphs by execution provider. The processor runs every node that a provider does not support. Has
    /// no entry for a graph whose counts ONNX Runtime does not log.
    pub nodes: Vec<GraphNodes>,
    /// Live changes on top of the pack.
    pub live: LiveDiagnostics,
    /// The profile.
    pub profile: ProfileDiagnostics,
}

/// Live changes on top of the pack.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LiveDiagnostics {
    /// Live items: upserted and not removed.
    pub items: usize,
    /// Ids that were removed.
    pub removed: usize,
    /// Live items whose vectors are still to be made; see `Job::run`. 0 if the pack cannot make vectors.
    pub pending: usize,
    /// Live items without a vector, because it is not made yet, the pack cannot make vectors, or no word of the text is known.
    /// Only words, titles, ids, attributes and completions find them; to the model they are the average item.
    pub without_vector: usize,
    /// Whether the pack can make vectors of texts (`graph.item`).
    pub makes_vectors: bool,
}

/// The state of the profile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ProfileDiagnostics {
    /// Whether it is in memory only and ends with the engine.
    pub in_memory: bool,
    /// Whether it is open now. `trim_memory` closes it, the next call opens it again.
    pub open: bool,
    /// Events in it, at most the last `MAX_HISTORY`; 0 while it is not open.
    pub events: usize,
    /// Events among them whose items the pack does not know.
    pub dormant: usize,
    /// Problems since the engine was opened, for example that a damaged profile was set aside.
    pub warnings: Vec<String>,
}

impl Engine {
    /// The state of the engine. Cheap: loads nothing and does not wait for graphs that are being loaded, at most for a call that
    /// reads or writes the profile.
    ///
    /// ```
    /// # use gensr::{Engine, EngineOptions, PackSource};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// let diagnostics = engine.diagnostics();
    /// assert_eq!(diagnostics.items, engine.manifest().items);
    /// assert!(diagnostics.profile.warnings.is_empty());
    /// # Ok::<(), gensr::Error>(())
    /// ```
    pub fn diagnostics(&self) -> Diagnostics {
        let own = self.history.summary();
        let snapshot = self.snapshot();
        let manifest = snapshot.manifest();
        Diagnostics {
            pack_id: snapshot.pack_id().to_owned(),
            name: manifest.name.clone(),
            items: manifest.items,
            format_version: manifest.format_version,
            engine_version: env!("CARGO_PKG_VERSION"),
            onnxruntime: runtime::build(),
            kernels: kernels::active(),
            providers: snapshot.model.providers(),
            nodes: snapshot.model.nodes(),
            live: LiveDiagnostics {
                items: snapshot.codebook.live_len(),
                removed: snapshot.changes.removed.len(),
                pending: if snapshot.makes_vectors() { snapshot.changes.pending().count() } else { 0 },
                without_vector: snapshot.codebook.without_vector().count(),
                makes_vectors: snapshot.makes_vectors(),
            },
            profile: ProfileDiagnostics {
                in_memory: own.in_memory,
                open: own.open,
                events: own.events,
                dormant: own.dormant,
                warnings: own.warnings,
            },
        }
    }
}
