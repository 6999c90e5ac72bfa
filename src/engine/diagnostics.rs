//! What a host may ask about the engine itself.

use super::Engine;
use crate::kernels;
use crate::runtime;

/// The state of an engine, without anything of the user's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Diagnostics {
    /// SHA-256 of the pack's manifest, lower-case hex.
    pub pack_id: String,
    /// Name of the catalogue.
    pub name: String,
    /// Number of items.
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
    /// The profile.
    pub profile: ProfileDiagnostics,
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
    /// The state of the engine. Cheap; loads nothing.
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
