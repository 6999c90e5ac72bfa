//! The manifest: what a pack says about itself (docs/pack-format.md, section 3).

use serde::{Deserialize, Serialize};

/// Manifest of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Format version; `OLDEST_SUPPORTED ..= FORMAT_VERSION` in an open pack.
    pub format_version: u32,
    /// Display name of the catalogue, at most 256 bytes.
    pub name: String,
    /// N, the number of items, 1 to 4,000,000.
    pub items: usize,
    /// d, the width of item rows: a multiple of 64, at most 1,024.
    pub dim: usize,
    /// r, the width of semantic codes: 1 to `dim`; `None` is `dim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic_dim: Option<usize>,
    /// Shape of the generative model.
    pub model: ModelSpec,
    /// How text becomes a vector.
    pub text_encoder: TextEncoderSpec,
    /// The kinds of event that the model knows; a kind's embedding index is its place here plus 1.
    pub kinds: Vec<KindSpec>,
    /// Policy of `record` for a kind that is not in `kinds`.
    pub unknown_kind: UnknownKind,
    /// How gaps between events are bucketed.
    pub time: TimeSpec,
    /// Defaults and weights of the two tasks.
    pub tasks: Tasks,
    /// How neighbours are stored and asked; `None` where the pack has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<NeighbourSpec>,
    /// How the impacts of words were made; `None` where the pack does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexical: Option<LexicalSpec>,
    /// When the tables were what the pack holds, milliseconds since 1970: live changes that are older yield to the pack.
    /// `None` if unknown: then no change yields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_ms: Option<i64>,
    /// The typed attribute columns.
    pub attributes: Vec<AttributeSpec>,
    /// One row a section; equal to the file's header.
    pub sections: Vec<SectionSpec>,
    /// Free: data hashes, seed, settings, decisions, versions of tools, metrics on valid.
    pub provenance: serde_json::Map<String, serde_json::Value>,
    /// Licences that cover the contents.
    pub licences: Vec<String>,
}

/// Shape of the generative model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelSpec {
    /// L, layers of the decoder; 1 to 32. The view encoders have one.
    pub layers: usize,
    /// H, attention heads; 1 to 64.
    pub heads: usize,
    /// h, width of a head; 1 to 512, with `heads * head_dim <= 2048`.
    pub head_dim: usize,
    /// W, the most events that the state holds; 1 to 512.
    pub window: usize,
    /// S, by how many events the window moves at a time; 1 to W.
    pub slide: usize,
    /// Before windowing only the latest event of each item is kept.
    pub dedupe: bool,
    /// Q, width of a query's features: `text_encoder.dim + dim`.
    pub query_dim: usize,
}

/// How text becomes a vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TextEncoderSpec {
    /// Which encoder.
    pub kind: TextEncoderKind,
    /// T, width of the graph's output; 1 to 4,096, and 0 for `static`.
    pub dim: usize,
    /// Longest input in tokens; 2 to 4,096, and 0 for `static`.
    pub max_tokens: usize,
}

/// The text encoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TextEncoderKind {
    /// A sentence encoder exported as graph `text`.
    Minilm,
    /// Word vectors only.
    Static,
}

/// One kind of event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KindSpec {
    /// Name, unique, 1 to 256 bytes.
    pub name: String,
    /// The task whose prompt it answers.
    pub task: KindTask,
    /// 1, or -1 for a sign of dislike.
    pub sign: i8,
    /// In (0, 1].
    pub strength: f32,
}

/// The task of a kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KindTask {
    /// It answers a recommendation.
    Recommend,
    /// It has a query, and the item that was chosen.
    Search,
    /// It answers nothing; in the history it counts as recommend.
    None,
}

/// Policy of `record` for a kind that the pack does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnknownKind {
    /// Keeps it as a weak positive without a task.
    WeakPositive,
    /// Refuses it.
    Refuse,
}

/// How gaps between events are bucketed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeSpec {
    /// False: the data has no usable times, and every gap is in bucket 0.
    pub informative: bool,
    /// Number of buckets, 1 to 64.
    pub buckets: usize,
}

/// Defaults and weights of the two tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tasks {
    /// Recommendation.
    pub recommend: TaskSpec,
    /// Search.
    pub search: TaskSpec,
    /// Recommendation with an intent; `None` where the pack does not say, see `with_intent`. The manifest calls it `wish`.
    #[serde(rename = "wish", default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<TaskSpec>,
}

impl Tasks {
    /// Weights of a recommendation with an intent. A pack that does not say gives words and neighbours the weights that they
    /// have beside a query.
    pub fn with_intent(&self) -> TaskSpec {
        let Self { recommend, search, intent } = self;
        intent.clone().unwrap_or_else(|| TaskSpec {
            lexical: search.lexical,
            neighbours: search.neighbours,
            neighbours_curve: search.neighbours_curve,
            ..recommend.clone()
        })
    }
}

/// Defaults and weights of one task. Weights are finite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskSpec {
    /// Whether requests leave out the history when they do not say.
    pub exclude_history: bool,
    /// Added to the score of items that are in the history.
    pub history: f32,
    /// Weight of the neighbours; not negative.
    #[serde(default)]
    pub neighbours: f32,
    /// Saturation of the neighbours: if above 0, `ln(1 + curve * sum)` counts in place of the sum. Not negative.
    #[serde(default)]
    pub neighbours_curve: f32,
    /// Weight of the words of a query; not negative.
    #[serde(default)]
    pub lexical: f32,
    /// The model's best score below which a query that has no word of any item has no hits; 0 for none.
    #[serde(default)]
    pub floor: f32,
    /// Words of an intent that say nothing of what is wanted ("something", "please"): they lead to no item, and a text of
    /// nothing but these is no intent. At most 4,096, of at most 256 bytes each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<String>,
    /// Words that make no text an intent by themselves, though they count in one ("fine", "tip"). At most 4,096, of at most
    /// 256 bytes each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vague: Vec<String>,
    /// How to tell by its features that a text says nothing of what is wanted: one weight each, then the bias; `model.query_dim` + 1 finite numbers, or none: then words alone tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nothing: Vec<f32>,
}

/// How neighbours are stored and asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NeighbourSpec {
    /// K, neighbours of each item; 1 to 64.
    pub width: usize,
    /// Weight of an item of the history relative to the one after it; in (0, 1].
    pub decay: f32,
    /// M, items of the history that are asked, the latest ones; 1 to 512.
    pub events: usize,
}

/// How the impacts of words were made: BM25, for items that come later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LexicalSpec {
    /// Saturation of repeated words, >= 0.
    pub k1: f32,
    /// Normalisation by length, 0 to 1.
    pub b: f32,
    /// Weight of the words of titles, >= 0; all others weigh 1.
    pub title: f32,
    /// Mean of the weighted lengths of the pack's items, >= 0; 0 where it is not known.
    pub average_length: f32,
}

impl Default for LexicalSpec {
    /// Those of a catalogue without searches; every item counts as one of average length.
    fn default() -> Self {
        Self { k1: 1.2, b: 0.15, title: 2.0, average_length: 0.0 }
    }
}

/// One attribute column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttributeSpec {
    /// Name: `[a-z0-9_]{1,32}`, unique.
    pub name: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub kind: AttributeKind,
}

/// The types of attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AttributeKind {
    /// A text.
    String,
    /// Several texts.
    Set,
    /// A number.
    Number,
    /// A day.
    Date,
    /// Yes or no.
    Bool,
}

/// Element type of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Dtype {
    I8,
    U8,
    I16,
    U16,
    F16,
    I32,
    U32,
    F32,
}

impl Dtype {
    /// Bytes of one element: 1, 2 or 4.
    pub fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
        }
    }
}

/// One section of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SectionSpec {
    /// Name, unique.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Shape as stored, one or two axes.
    pub shape: Vec<u64>,
    /// `[begin, end)` in the data, bytes.
    pub offsets: [u64; 2],
    /// Elements that mean something; what follows in a 1-D section is padding.
    pub elements: u64,
    /// Lower-case hex SHA-256 of the section's bytes, padding included.
    pub sha256: String,
}

impl Manifest {
    /// Width of semantic codes.
    pub fn semantic_dim(&self) -> usize {
        self.semantic_dim.unwrap_or(self.dim)
    }

    /// The task that is `Search` for true, `Recommend` for false.
    pub fn task(&self, search: bool) -> &TaskSpec {
        if search { &self.tasks.search } else { &self.tasks.recommend }
    }

    /// Embedding index of a kind of event: its place plus 1, or 0 for one that the pack does not know.
    pub fn kind_index(&self, kind: &str) -> usize {
        self.kinds.iter().position(|k| k.name == kind).map_or(0, |i| i + 1)
    }
}
