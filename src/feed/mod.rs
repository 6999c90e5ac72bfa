//! What makes a ranking a feed (docs/feed.md): what is added to the score of every item, and which items make a list.
//!
//! ```text
//! adjust     parts of the score that a request or a history adds     select    the list: pools, places, pages
//!   dislike    what resembles disliked items sinks                     mmr       difference against relevance
//!   values     values of attributes as numbers                         caps      so many items of a value
//!   freshness  what is new rises                                       explore   seeded places for the unseen
//! ```
//!
//! Adjustments change the score of every item before anything is chosen, so answers stay exact. Selection changes the
//! order and never a score.

mod adjust;
mod caps;
mod dislike;
mod explore;
mod freshness;
mod mmr;
mod select;
mod values;

pub(crate) use adjust::{Adjustments, Popularity, spread, unit};
pub(crate) use caps::Caps;
pub(crate) use dislike::{Dislikes, standing};
pub(crate) use freshness::Fresh;
pub(crate) use mmr::cosine;
pub(crate) use select::{Pick, Selection};
pub(crate) use values::Values;
