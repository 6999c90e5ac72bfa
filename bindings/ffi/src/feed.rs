//! Options of a feed (docs/feed.md). The engine checks the numbers.

use crate::request::size;

/// Which items of the history stay out of a recommendation.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum LeaveOut {
    /// Only those that the user dislikes.
    Nothing,
    /// All.
    History,
    /// Those with an event of these kinds, and those that the user dislikes.
    Kinds {
        /// At most 256; kinds without events have no effect.
        kinds: Vec<String>,
    },
}

impl From<LeaveOut> for gensr::LeaveOut {
    fn from(leave_out: LeaveOut) -> Self {
        match leave_out {
            LeaveOut::Nothing => Self::Nothing,
            LeaveOut::History => Self::History,
            LeaveOut::Kinds { kinds } => Self::Kinds(kinds),
        }
    }
}

/// A preferred value of an attribute: a category, a brand, a colour.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Boost {
    /// Name of an attribute that is a text or a text set.
    pub attribute: String,
    /// Its value. A value that no item has has no effect.
    pub value: String,
    /// Gain of an item with this value, in fifths of the way from the average score to the ten best; above 0, at most 10.
    pub weight: f32,
}

impl From<Boost> for gensr::Boost {
    fn from(Boost { attribute, value, weight }: Boost) -> Self {
        Self::new(attribute, value).weight(weight)
    }
}

/// A limit on items with the same value of an attribute, until every other value has had its turn.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Cap {
    /// Name of an attribute that is a text or a text set. An item with several values counts for each.
    pub attribute: String,
    /// At least 1.
    pub limit: u32,
}

impl From<Cap> for gensr::Cap {
    fn from(Cap { attribute, limit }: Cap) -> Self {
        Self::new(attribute, size(limit))
    }
}

/// A bonus for items that are new.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Freshness {
    /// Name of a date attribute: when the item appeared. A date in the future counts as today.
    pub attribute: String,
    /// Days after which half of the bonus is left; above 0.
    pub half_life_days: f32,
    /// The bonus of an item that appears today, in fifths of the way from the average score to the ten best; above 0, at most 10.
    pub weight: f32,
}

impl From<Freshness> for gensr::Freshness {
    fn from(Freshness { attribute, half_life_days, weight }: Freshness) -> Self {
        Self::new(attribute).half_life_days(half_life_days).weight(weight)
    }
}

/// A share of the places for items that their score would not bring up.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Exploration {
    /// Share of the places, above 0, at most a half. The first place is never one of them.
    pub share: f32,
    /// The same seed gives the same list.
    pub seed: u64,
}

impl From<Exploration> for gensr::Exploration {
    fn from(Exploration { share, seed }: Exploration) -> Self {
        Self::new(share, seed)
    }
}
