//! What crosses the boundary: plain data, apart from the engine's own types so that either can change alone.

/// Something the user did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Event {
    /// Item id, as in the catalogue.
    pub item_id: String,
    /// Kind of event as the pack names them: `view`, `buy`, `search`, ...
    pub kind: String,
    /// Milliseconds since 1970; none is now.
    #[uniffi(default = None)]
    pub timestamp_ms: Option<i64>,
    /// The query that led to the item, for kinds whose task is search.
    #[uniffi(default = None)]
    pub query: Option<String>,
}

impl From<Event> for gensr::Event {
    fn from(Event { item_id, kind, timestamp_ms, query }: Event) -> Self {
        Self { item_id, kind, timestamp_ms, query }
    }
}

/// One item of an answer.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Hit {
    /// Item id.
    pub id: String,
    /// Title; empty where the catalogue has none.
    pub title: String,
    /// Higher is better; comparable within one answer only.
    pub score: f32,
}

/// Hits, best first, and what they took.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Answer {
    /// Best first; fewer than the limit only where the catalogue has no more.
    pub hits: Vec<Hit>,
    /// Milliseconds inside the engine.
    pub total_ms: f64,
}

impl From<gensr::Response> for Answer {
    fn from(response: gensr::Response) -> Self {
        let total = response.timings.iter().find(|time| time.stage == "total");
        Self {
            total_ms: total.map_or(0.0, |time| time.ms),
            hits: response.hits.into_iter().map(Hit::from).collect(),
        }
    }
}

impl From<gensr::Hit> for Hit {
    fn from(gensr::Hit { id, title, score, attributes: _, reasons: _ }: gensr::Hit) -> Self {
        Self { id, title, score }
    }
}

/// What an engine says about itself, without anything of the user's.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Diagnostics {
    /// Version of the engine.
    pub engine_version: String,
    /// Version of ONNX Runtime, once it is loaded.
    pub onnxruntime: Option<String>,
    /// Instruction set of the scans.
    pub kernels: String,
    /// Display name of the catalogue.
    pub catalogue: String,
    /// Identity of the pack: SHA-256 of its manifest.
    pub pack_id: String,
    /// Number of items in the catalogue.
    pub items: u32,
    /// Format version of the pack.
    pub format_version: u32,
    /// What went wrong with the profile since the engine was opened, for example that it was damaged and set aside.
    pub profile_warnings: Vec<String>,
}

impl From<gensr::Diagnostics> for Diagnostics {
    fn from(found: gensr::Diagnostics) -> Self {
        Self {
            engine_version: found.engine_version.into(),
            onnxruntime: found.onnxruntime,
            kernels: found.kernels.into(),
            catalogue: found.name,
            pack_id: found.pack_id,
            // A pack has at most four million items.
            items: u32::try_from(found.items).unwrap_or(u32::MAX),
            format_version: found.format_version,
            profile_warnings: found.profile.warnings,
        }
    }
}
