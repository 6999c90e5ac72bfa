//! What a feed can be asked for beside a history. The engine checks the numbers (docs/feed.md).

/// Which items of the history stay out of a recommendation.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum LeaveOut {
    /// None but those that the user dislikes.
    Nothing,
    /// All.
    History,
    /// Those with an event of these kinds, and those that the user dislikes.
    Kinds {
        /// At most 256; a kind that nobody recorded leaves out nothing.
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

/// A value of an attribute to lean on: a category, a brand, a colour.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Lean {
    /// Name of an attribute that is a text or a set.
    pub attribute: String,
    /// Its value. One that no item has leans on nothing.
    pub value: String,
    /// What an item with this value gains, in fifths of the way from the average score to the ten best; above 0, at most 10.
    pub weight: f32,
}

impl From<Lean> for gensr::Lean {
    fn from(Lean { attribute, value, weight }: Lean) -> Self {
        Self { attribute, value, weight }
    }
}

/// At most so many items with the same value of an attribute, before every other value has had its turn.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Cap {
    /// Name of an attribute that is a text or a set. An item with several values counts for each.
    pub attribute: String,
    /// At least 1.
    pub at_most: u32,
}

impl From<Cap> for gensr::Cap {
    fn from(Cap { attribute, at_most }: Cap) -> Self {
        Self { attribute, at_most: usize::try_from(at_most).unwrap_or(usize::MAX) }
    }
}

/// A bonus for items that are new.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Freshness {
    /// Name of an attribute that is a date: when the item appeared. A day that is still to come counts as today.
    pub attribute: String,
    /// Days after which half of the bonus is left; above 0.
    pub half_life_days: f32,
    /// The bonus of an item that appears today, in fifths of the way from the average score to the ten best; above 0, at most 10.
    pub weight: f32,
}

impl From<Freshness> for gensr::Freshness {
    fn from(Freshness { attribute, half_life_days, weight }: Freshness) -> Self {
        Self { attribute, half_life_days, weight }
    }
}

/// A share of the places for items that would not come up by their score.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Exploration {
    /// Share of the places, above 0, at most a half. The first place is never one of them.
    pub share: f32,
    /// The same seed gives the same list.
    pub seed: u64,
}

impl From<Exploration> for gensr::Exploration {
    fn from(Exploration { share, seed }: Exploration) -> Self {
        Self { share, seed }
    }
}
