//! Options of a recommendation beside the history.

use crate::setters::setters;

/// The kind of event that every engine understands as a dislike, whether its pack knows the kind or not.
pub const DISLIKE: &str = "dislike";

/// Which items of the history stay out of an answer.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest, LeaveOut};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let leave_out = Some(LeaveOut::Kinds(vec!["buy".into()]));
/// let request = RecommendRequest::new().leave_out(leave_out);
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
    /// `MAX_KINDS` of them; a kind without events leaves out nothing.
    Kinds(Vec<String>),
}

/// A value of an attribute whose items gain: a category, a brand, a colour.
///
/// ```
/// # use gensr::{Boost, CancelToken, Engine, EngineOptions, PackSource, RecommendRequest};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let boost = Some(Boost::new("activities", "climbing"));
/// let request = RecommendRequest::new().boost(boost);
/// assert!(!engine.recommend(&request, &cancel)?.hits.is_empty());
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Boost {
    /// Name of an attribute of type `string` or `set`.
    pub attribute: String,
    /// Its value. One that no item has boosts nothing.
    pub value: String,
    /// Gain of an item with this value, in fifths of the way from the average score to the ten best; above 0, at most `MAX_WEIGHT`.
    pub weight: f32,
}

setters!(Boost { weight: f32 });

impl Boost {
    /// A boost that brings items with the value that suit the user to the top, and leaves room for others that suit much
    /// better.
    pub fn new(attribute: impl Into<String>, value: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), value: value.into(), weight: 2.0 }
    }
}

/// At most so many items with the same value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cap {
    /// Name of an attribute of type `string` or `set`. An item with several values counts for each.
    pub attribute: String,
    /// Items with the same value before every other value has had its turn; at least 1.
    pub limit: usize,
}

impl Cap {
    /// At most `limit` items with the same value of an attribute.
    pub fn new(attribute: impl Into<String>, limit: usize) -> Self {
        Self { attribute: attribute.into(), limit }
    }
}

/// A bonus for items that are new.
///
/// ```
/// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, RecommendRequest, Freshness};
/// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
/// # let cancel = CancelToken::new();
/// let freshness = Some(Freshness::new("released"));
/// let request = RecommendRequest::new().freshness(freshness);
/// assert!(!engine.recommend(&request, &cancel)?.hits.is_empty());
/// # Ok::<(), gensr::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Freshness {
    /// Name of an attribute of type `date`: when the item appeared. A day that is still to come counts as today.
    pub attribute: String,
    /// Days after which half of the bonus is left; above 0.
    pub half_life_days: f32,
    /// The bonus of an item that appears today, in fifths of the way from the average score to the ten best; above 0, at most `MAX_WEIGHT`.
    pub weight: f32,
}

setters!(Freshness { half_life_days: f32, weight: f32 });

impl Freshness {
    /// A month's half-life and a bonus of a fifth of the way from the average score to the ten best.
    pub fn new(attribute: impl Into<String>) -> Self {
        Self { attribute: attribute.into(), half_life_days: 30.0, weight: 1.0 }
    }
}

/// A share of the places for items that would not come up by their score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Exploration {
    /// Share of the places, above 0, at most `MAX_EXPLORATION`. The first place is never one of them.
    pub share: f32,
    /// The same seed gives the same list. Take another one for each visit, and the same one for the pages of a visit.
    pub seed: u64,
}

impl Exploration {
    /// This share of the places, drawn with this seed.
    pub fn new(share: f32, seed: u64) -> Self {
        Self { share, seed }
    }
}
