//! What a feed can be asked for beside a history.

/// Most items that the context of a recommendation may name.
pub const MAX_SEEDS: usize = 32;
/// Most attributes whose values a request may cap.
pub const MAX_CAPS: usize = 8;
/// Largest share of the places that exploration may take.
pub const MAX_EXPLORATION: f32 = 0.5;
/// Largest weight of a bonus, in fifths of the way from the average score to the ten best.
pub const MAX_WEIGHT: f32 = 10.0;
/// The kind of event that every engine understands as a dislike, whether its pack knows the kind or not.
pub const DISLIKE: &str = "dislike";

/// Which items of the history stay out of an answer.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest, LeaveOut};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let leave_out = Some(LeaveOut::Kinds(vec!["buy".into()]));
/// let request = RecommendRequest { leave_out, ..RecommendRequest::default() };
/// assert!(!engine.recommend(&request, &cancel)?.hits.is_empty());
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaveOut {
    /// None but those that the user dislikes.
    Nothing,
    /// All.
    History,
    /// Those with an event of these kinds, and those that the user dislikes: `["buy"]` keeps what was only seen. At most
    /// `MAX_KINDS` of them; a kind that nobody recorded leaves out nothing.
    Kinds(Vec<String>),
}

/// Most kinds that [`LeaveOut::Kinds`] may name.
pub const MAX_KINDS: usize = 256;

/// A value of an attribute to lean on: a category, a brand, a colour.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest, Lean};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let lean = Some(Lean::new("activities", "climbing"));
/// let request = RecommendRequest { lean, ..RecommendRequest::default() };
/// assert!(!engine.recommend(&request, &cancel)?.hits.is_empty());
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lean {
    /// Name of an attribute of type `string` or `set`.
    pub attribute: String,
    /// Its value. One that no item has leans on nothing.
    pub value: String,
    /// What an item with this value gains, in fifths of the way from the average score to the ten best; above 0, at most `MAX_WEIGHT`.
    pub weight: f32,
}

impl Lean {
    /// A lean that brings what suits the user within the value to the top, and leaves room for what suits much better.
    pub fn new(attribute: impl Into<String>, value: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), value: value.into(), weight: 2.0 }
    }
}

/// At most so many items with the same value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Name of an attribute of type `string` or `set`. An item with several values counts for each.
    pub attribute: String,
    /// Items with the same value before every other value has had its turn; at least 1.
    pub at_most: usize,
}

/// A bonus for items that are new.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest, Freshness};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let freshness = Some(Freshness::new("released"));
/// let request = RecommendRequest { freshness, ..RecommendRequest::default() };
/// assert!(!engine.recommend(&request, &cancel)?.hits.is_empty());
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Freshness {
    /// Name of an attribute of type `date`: when the item appeared. A day that is still to come counts as today.
    pub attribute: String,
    /// Days after which half of the bonus is left; above 0.
    pub half_life_days: f32,
    /// The bonus of an item that appears today, in fifths of the way from the average score to the ten best; above 0, at most `MAX_WEIGHT`.
    pub weight: f32,
}

impl Freshness {
    /// A month's half-life and a bonus of a fifth of the way from the average score to the ten best.
    pub fn new(attribute: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), half_life_days: 30.0, weight: 1.0 }
    }
}

/// A share of the places for items that would not come up by their score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exploration {
    /// Share of the places, above 0, at most `MAX_EXPLORATION`. The first place is never one of them.
    pub share: f32,
    /// The same seed gives the same list. Take another one for each visit, and the same one for the pages of a visit.
    pub seed: u64,
}
