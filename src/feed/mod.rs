//! A list from scores: which items make a feed, and in which order (docs/feed.md).
//!
//! ```text
//! select   the list: pools, places, pages      caps      at most so many items of a value
//! mmr      difference against relevance        explore   seeded places for items without much exposure
//! ```
//!
//! Selection changes the order and never a score.

mod caps;
mod explore;
mod mmr;
mod select;

pub(crate) use caps::Caps;
#[cfg(feature = "evaluation")]
pub(crate) use mmr::cosine;
pub(crate) use select::{Pick, Selection};
