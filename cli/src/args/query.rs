//! Commands that ask a pack.

use std::path::PathBuf;

use clap::Args;

use super::PackArgs;

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Item ids, oldest first; they count as events one second apart that end now
    #[arg(long, value_name = "ID,ID,...", value_delimiter = ',', conflicts_with = "profile")]
    pub history: Vec<String>,
    /// Folder with the history that was recorded on this machine
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Leave out what is in the history
    #[arg(long, conflicts_with = "include_history")]
    pub exclude_history: bool,
    /// Keep what is in the history
    #[arg(long)]
    pub include_history: bool,
}

impl HistoryArgs {
    /// The choice; `None` leaves it to the pack.
    pub fn exclude(&self) -> Option<bool> {
        match (self.exclude_history, self.include_history) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

/// Which items, which of them, and what to count.
#[derive(Debug, Args)]
pub struct PageArgs {
    /// Number of hits
    #[arg(long, short = 'n', default_value_t = 10, value_name = "N")]
    pub limit: usize,
    /// Number of hits to skip
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub offset: usize,
    /// Only items that pass, for example 'price < 50 AND NOT brand = Acme' (see docs/filters.md)
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Count the values of an attribute; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub facet: Vec<String>,
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Query
    pub query: String,
    #[command(flatten)]
    pub history: HistoryArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub struct RecommendArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    #[command(flatten)]
    pub history: HistoryArgs,
    #[command(flatten)]
    pub feed: FeedArgs,
    #[command(flatten)]
    pub page: PageArgs,
}

/// Options of a feed beside the history.
#[derive(Debug, Args)]
#[command(next_help_heading = "Feed")]
pub struct FeedArgs {
    /// Item ids that the list should suit as well as the history
    #[arg(long, value_name = "ID,ID,...", value_delimiter = ',')]
    pub seeds: Vec<String>,
    /// Intent in words: the list suits it as well as the history
    #[arg(long, value_name = "TEXT")]
    pub intent: Option<String>,
    /// A value of an attribute whose items gain
    #[arg(long, value_name = "ATTRIBUTE=VALUE", value_parser = pair::<String>)]
    pub boost: Option<(String, String)>,
    /// How far, in fifths of the way from the average score to the ten best
    #[arg(long, value_name = "WEIGHT", requires = "boost")]
    pub boost_weight: Option<f32>,
    /// Leave out only items with events of these kinds
    #[arg(long, value_name = "KIND,KIND,...", value_delimiter = ',')]
    #[arg(conflicts_with_all = ["exclude_history", "include_history"])]
    pub leave_out: Vec<String>,
    /// Item ids that are disliked, after the history
    #[arg(long, value_name = "ID,ID,...", value_delimiter = ',', conflicts_with = "profile")]
    pub dislike: Vec<String>,
    /// How much the items of the list should differ, 0 to 1
    #[arg(long, value_name = "D")]
    pub diversity: Option<f32>,
    /// At most N items with the same value of an attribute
    #[arg(long, value_name = "ATTRIBUTE=N", value_parser = pair::<usize>)]
    pub caps: Vec<(String, usize)>,
    /// A bonus for items that are new by this date attribute
    #[arg(long, value_name = "ATTRIBUTE")]
    pub fresh: Option<String>,
    /// Days after which half of the bonus is left
    #[arg(long, value_name = "DAYS", requires = "fresh")]
    pub half_life: Option<f32>,
    /// The bonus of an item of today, in fifths of the way from the average score to the ten best
    #[arg(long, value_name = "WEIGHT", requires = "fresh")]
    pub fresh_weight: Option<f32>,
    /// Name the events that each hit is there for
    #[arg(long)]
    pub explain_history: bool,
    /// Share of the places for items that would not come up by their score, up to 0.5
    #[arg(long, value_name = "SHARE")]
    pub explore: Option<f32>,
    /// Seed of these places
    #[arg(long, default_value_t = 1, value_name = "SEED", requires = "explore")]
    pub seed: u64,
}

/// `NAME=VALUE`.
fn pair<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(String, T), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let value = value.parse().map_err(|error: T::Err| error.to_string())?;
    Ok((name.to_owned(), value))
}

#[derive(Debug, Args)]
pub struct SimilarArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Id of the item to compare with
    pub id: String,
    /// How much the history counts, 0 to 1
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    pub personalisation: f32,
    /// Item ids of the history, oldest first
    #[arg(
        long,
        value_name = "ID,ID,...",
        value_delimiter = ',',
        conflicts_with = "profile",
        requires = "personalisation"
    )]
    pub history: Vec<String>,
    /// Folder with the history that was recorded on this machine
    #[arg(long, value_name = "DIR", requires = "personalisation")]
    pub profile: Option<PathBuf>,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub struct CompleteArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Typed text; after a space its last word is finished
    pub prefix: String,
    /// Folder with the history that was recorded on this machine, for past queries
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Number of completions
    #[arg(long, short = 'n', default_value_t = 8, value_name = "N")]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct TypeArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    #[command(flatten)]
    pub history: HistoryArgs,
    /// Type every line letter by letter
    #[arg(long)]
    pub letters: bool,
    /// Number of hits
    #[arg(long, short = 'n', default_value_t = 5, value_name = "N")]
    pub limit: usize,
    /// Only items that pass, for example 'price < 50' (see docs/filters.md)
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Number of completions
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub completions: usize,
}
