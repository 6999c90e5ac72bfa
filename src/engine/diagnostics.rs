//! What a host may ask about the engine itself.

use super::Engine;
use crate::kernels;
use crate::runtime;
use crate::sync::lock;

/// The state of an engine, without anything of the user's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Diagnostics {
    /// SHA-256 of the pack's manifest, lower-case hex.
    pub pack_id: String,
    /// Name of the catalogue.
    pub name: String,
    /// Number of items of the pack, whatever was changed since.
    pub items: usize,
    /// Format version of the pack.
    pub format_version: u32,
    /// Version of this library.
    pub engine_version: &'static str,
    /// ONNX Runtime, as its build describes itself: the release, or branch and commit.
    pub onnxruntime: Option<String>,
    /// Instruction set of the scans.
    pub kernels: &'static str,
    /// Graph name and execution provider of the graphs that are loaded now.
    pub providers: Vec<(&'static str, &'static str)>,
    /// Where the nodes of these graphs are: what an accelerator does not take the processor runs, whatever `providers` says.
    /// Nothing of a graph where ONNX Runtime does not tell.
    pub nodes: Vec<GraphNodes>,
    /// What `Provider::Auto` has found on this device, in words, also that what it kept has failed since. What an earlier
    /// process kept it says at once; else it is `None` before `warm_up`, and always for other choices.
    pub accelerator: Option<String>,
    /// Whether the pack has a judge; what it counts is in the manifest's tasks.
    pub judge: bool,
    /// What was changed on top of the pack.
    pub live: LiveDiagnostics,
    /// The profile.
    pub profile: ProfileDiagnostics,
}

/// Nodes of a graph that one execution provider runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct GraphNodes {
    /// Name of the graph; "text-16" for the sentence encoder of texts that are padded to 16 tokens.
    pub graph: String,
    /// Name of the execution provider; ONNX Runtime's own name where it is none of `Provider`.
    pub provider: String,
    /// How many, as they run: what an accelerator takes over in one piece is one node of it.
    pub nodes: usize,
}

/// What was changed on top of the pack.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LiveDiagnostics {
    /// Items that were upserted and are there.
    pub items: usize,
    /// Ids that were removed.
    pub removed: usize,
    /// Of the items those whose vectors are still to be made; see `Job::run`. 0 where the pack cannot make any.
    pub pending: usize,
    /// Of the items those that are found by words, titles, ids, attributes and completions alone, and to the model are the
    /// average item: no vector was made of their texts yet, the pack cannot make any, or their texts say nothing.
    pub without_vector: usize,
    /// Whether the pack can make vectors of texts (`graph.item`).
    pub makes_vectors: bool,
}

/// The state of the profile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ProfileDiagnostics {
    /// Whether it ends with the engine.
    pub in_memory: bool,
    /// Whether it is open now; it is not after `trim_memory`, until the next call.
    pub open: bool,
    /// Events in it, at most the last `MAX_HISTORY`; 0 while it is not open.
    pub events: usize,
    /// Those of them whose items the pack does not know.
    pub dormant: usize,
    /// What went wrong with it since the engine was opened, for example that it was damaged and set aside.
    pub warnings: Vec<String>,
}

impl Engine {
    /// The state of the engine. Cheap: loads nothing, and waits neither for graphs that are being loaded nor for accelerators
    /// that are being tried, at most for a call that reads or writes the profile.
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
        let own = self.own.summary();
        let view = self.view();
        let manifest = view.manifest();
        Diagnostics {
            pack_id: view.pack_id().to_owned(),
            name: manifest.name.clone(),
            items: manifest.items,
            format_version: manifest.format_version,
            engine_version: env!("CARGO_PKG_VERSION"),
            onnxruntime: runtime::build(),
            kernels: kernels::active(),
            providers: view.model.providers(),
            nodes: view.model.nodes(),
            accelerator: lock(&view.model.decision).clone(),
            judge: view.model.has_judge(),
            live: LiveDiagnostics {
                items: view.codebook.live_len(),
                removed: view.changes.removed.len(),
                pending: if view.makes_vectors() { view.changes.pending().count() } else { 0 },
                without_vector: view.codebook.without_vector().count(),
                makes_vectors: view.makes_vectors(),
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
