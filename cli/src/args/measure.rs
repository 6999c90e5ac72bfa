//! Commands that measure a pack.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PackArgs;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TaskChoice {
    Search,
    Recommend,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitChoice {
    Test,
    Valid,
}

/// Parts of a score that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PartChoice {
    Lexical,
    Neighbours,
    /// Completions and corrections of the words of a query
    Expansions,
    /// Lifts of titles and ids that a query names
    Titles,
    /// Terms of a feed: dislikes, and popularity for users without a history
    Feed,
}

/// Weights that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WeightChoice {
    Lexical,
    Neighbours,
    /// Added to items of the history
    History,
    /// Best score of the model below which a query of unknown words has no hits
    Floor,
}

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Folder with items.* and events.* (CSV or JSON Lines, plain or .gz)
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    #[arg(long, value_enum, default_value_t = TaskChoice::Both)]
    pub task: TaskChoice,
    /// Which held-out events
    #[arg(long, value_enum, default_value_t = SplitChoice::Test)]
    pub split: SplitChoice,
    /// Only N of the users that have such an event, evenly spread over the file
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit_users: Option<u64>,
    /// Parts of the score to leave out
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART")]
    pub without: Vec<PartChoice>,
    /// Weights in both tasks, in place of the pack's: lexical, neighbours, history or floor
    #[arg(long, value_delimiter = ',', value_name = "NAME=WEIGHT", value_parser = weight)]
    pub weight: Vec<(WeightChoice, f32)>,
    /// Upsert these items first, JSON Lines as of `gensr upsert`: what live items are worth
    #[arg(long, value_name = "FILE", conflicts_with = "dump_features")]
    pub live: Option<PathBuf>,
    /// Write the parts of the scores of every event to a safetensors file, for fitting weights
    #[arg(long, value_name = "FILE")]
    pub dump_features: Option<PathBuf>,
    /// Threads, each with an engine of its own; the figures do not depend on it
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// Write user, task, query and ranks of every event to a CSV file
    #[arg(long, value_name = "FILE")]
    pub per_user: Option<PathBuf>,
    /// With --per-user: also the ids of the K best items of each answer
    #[arg(long, value_name = "K", requires = "per_user", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub top: Option<u16>,
}

#[derive(Debug, Args)]
pub struct EvaluateFeedArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Folder with items.* and events.* (CSV or JSON Lines, plain or .gz)
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Which held-out events
    #[arg(long, value_enum, default_value_t = SplitChoice::Test)]
    pub split: SplitChoice,
    /// Only N of the users that have such an event, evenly spread over the file
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit_users: u64,
    /// Seed of what is drawn: items that are liked, places that are explored
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Calls of each kind
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub iterations: u32,
    /// Seed of the queries and histories
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub seed: u64,
    /// Also measure searches beside N live items, half of them in place of items of the pack
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub live: Option<u32>,
    /// Print the memory of this process after one search and one recommendation, and nothing else
    #[arg(long, hide = true)]
    pub footprint: bool,
}

#[derive(Debug, Args)]
pub struct QuerySetsArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Most queries of each set, one an item
    #[arg(long, default_value_t = 1_000, value_name = "N")]
    pub queries: usize,
    /// Seed of the items and typos that are drawn
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub seed: u64,
    /// Also list the queries that did not find their item
    #[arg(long)]
    pub misses: bool,
}

/// The name of a weight and a value as a manifest may have it.
fn weight(text: &str) -> Result<(WeightChoice, f32), String> {
    let (name, value) = text.split_once('=').ok_or("not of the form NAME=WEIGHT")?;
    let name = WeightChoice::from_str(name, false)?;
    let value: f32 = value.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    let signed = matches!(name, WeightChoice::History | WeightChoice::Floor);
    if value.is_finite() && (signed || value >= 0.0) {
        Ok((name, value))
    } else {
        Err("not a finite number, or below 0".into())
    }
}
