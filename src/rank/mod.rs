//! Scores: the one place where the signals of a request are gathered, weighed, added up and explained.
//!
//! ```text
//! dense      the model's score of every item          sparse     amounts by row, most of them 0
//! signals    neighbours of the history, words         titles     titles and ids that a query names
//! lifts      additions for named items
//! weights    how much each signal counts              query      a query or an intent, parsed
//! scorer     all of it added up                       explain    the same sum, part by part
//! intent     whether free text says anything of what is wanted
//! adjust     what a feed adds: dislikes, a boost, freshness, popularity
//! ```
//!
//! Search, recommend, similar, the first answer to a keystroke and evaluation all rank with [`Scorer`], so none can differ
//! from another in its arithmetic.

mod adjust;
mod dense;
mod dislike;
mod explain;
mod freshness;
mod intent;
mod lifts;
mod query;
mod scorer;
mod signals;
mod sparse;
mod titles;
mod weights;

pub(crate) use adjust::{BoostTerm, FeedTerms, spread};
pub(crate) use dense::{score, score_row};
pub(crate) use dislike::active_dislikes;
pub(crate) use explain::MAX_TERMS;
pub(crate) use freshness::Fresh;
pub(crate) use intent::IntentReader;
pub(crate) use query::ParsedQuery;
pub(crate) use scorer::{Explainer, Scorer};
pub(crate) use signals::{Recent, Signals, recent};
pub use weights::Weights;
