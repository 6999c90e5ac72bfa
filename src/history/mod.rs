//! The user's own history: recorded events, read in the terms of the present pack (`store`).
//!
//! Knows the profile on disk and the items of a pack, nothing of queries or answers.

mod store;

pub(crate) use store::{HistoryStore, PackView, resolve_event};
