//! From a request to its answer, on one snapshot.
//!
//! ```text
//! search, recommend, similar          the three answers: rows allowed, scores, hits
//! first_answer                        to a keystroke, from words alone
//! completions                         of what was typed
//! context    history and text -> state, features, prompt -> the decoder's output vector
//! ranking    context -> signals -> scores of every item (the arithmetic is in `rank`)
//! page       rows that a request allows, the page it wants, facets
//! explain_history   events that a hit is there for
//! checks     limits of requests      trace   time of each stage
//! evaluate   scores and their parts for the whole catalogue (feature `evaluation`)
//! ```

mod checks;
mod completions;
mod context;
#[cfg(feature = "evaluation")]
mod evaluate;
mod explain_history;
mod first_answer;
mod page;
mod ranking;
mod recommend;
mod search;
mod similar;
mod trace;

pub(crate) use completions::complete;
#[cfg(feature = "evaluation")]
pub use evaluate::{EvalRequest, Scores, Task};
pub(crate) use recommend::COLD_DIVERSITY;
