//! The user's own history: recorded events, read in the terms of the present pack (`events`, `store`).
//!
//! Knows the profile on disk and the items of a pack, nothing of queries or answers.

mod events;
mod store;

pub(crate) use events::{PackView, resolve_event};
pub(crate) use store::HistoryStore;
