//! History to state: the window of a history, and the keys and values that the graphs compute from it.
//!
//! A state is a pure function of the events of its window. So the cache knows one rule: keep the longest common prefix of
//! what was asked last and what is asked now, and compute the rest. A new event extends, a forgotten one cuts, a window
//! that has moved starts anew.

mod prompt;
mod state;
mod window;

pub(crate) use prompt::{Prompt, output};
pub(crate) use state::{HistoryEncoder, State};
pub(crate) use window::{PastEvent, Window};
