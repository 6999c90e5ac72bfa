//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Search and recommendation from one file, offline: inspect, query, evaluate and benchmark gensr packs.
#[derive(Debug, Parser)]
#[command(name = "gensr", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what a pack holds, section by section
    Inspect(PackArgs),
    /// Check every byte of a pack against its hashes
    Verify(PackArgs),
    /// Put another pack in the place of one, as an app does: verified, tried, atomically
    Install(InstallArgs),
    /// Find items for a query
    Search(SearchArgs),
    /// Suggest items for a history
    Recommend(Box<RecommendArgs>),
    /// Find items like one item
    Similar(SimilarArgs),
    /// Show what a search box would offer for the beginning of a query
    Complete(CompleteArgs),
    /// Read what a search box holds, a line a keystroke, and answer each
    Type(TypeArgs),
    /// Add items to the catalogue on this machine, or change some
    Upsert(UpsertArgs),
    /// Take items out of the catalogue on this machine
    Remove(RemoveArgs),
    /// Show items of the catalogue
    Items(ItemsArgs),
    /// Measure the quality of a pack on held-out events
    Evaluate(EvaluateArgs),
    /// Measure what feedback and the options of a feed do to lists, on held-out events
    EvaluateFeed(EvaluateFeedArgs),
    /// Measure the speed and the memory of a pack on this machine
    Bench(BenchArgs),
    /// Measure whether items are found by their titles, typed right, wrong and in part
    #[command(name = "querysets")]
    QuerySets(QuerySetsArgs),
    /// Build the lexical index of a pack that is being made
    Index(IndexArgs),
    /// Show, export or clear a history on this machine
    Profile(ProfileArgs),
    /// A short tour of a pack
    Demo(DemoArgs),
    /// Try a pack in the browser, as the app on a phone would show it
    Playground(PlaygroundArgs),
}

#[derive(Debug, Args)]
pub struct PackArgs {
    /// The pack, a .gensr file
    pub pack: PathBuf,
}

#[derive(Debug, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// The pack to put in its place; it is copied
    pub new: PathBuf,
    /// SHA-256 of the new file, 64 hex digits
    #[arg(long, value_name = "HEX")]
    pub sha256: String,
    /// Folder with the history that was recorded on this machine
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
}

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
    /// What was asked for; `None` leaves it to the pack.
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
    /// What to look for
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

/// What a feed can be asked for beside a history.
#[derive(Debug, Args)]
#[command(next_help_heading = "Feed")]
pub struct FeedArgs {
    /// Item ids that the list should suit as well as the history
    #[arg(long, value_name = "ID,ID,...", value_delimiter = ',')]
    pub seeds: Vec<String>,
    /// What the user wishes for, in words
    #[arg(long, value_name = "TEXT")]
    pub wish: Option<String>,
    /// A value of an attribute to lean on
    #[arg(long, value_name = "ATTRIBUTE=VALUE", value_parser = pair::<String>)]
    pub lean: Option<(String, String)>,
    /// How far, in fifths of the way from the average score to the ten best
    #[arg(long, value_name = "WEIGHT", requires = "lean")]
    pub lean_weight: Option<f32>,
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
    pub at_most: Vec<(String, usize)>,
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
    pub because: bool,
    /// Share of the places for items that would not come up by their score, up to 0.5
    #[arg(long, value_name = "SHARE")]
    pub explore: Option<f32>,
    /// Seed of these places
    #[arg(long, default_value_t = 1, value_name = "SEED", requires = "explore")]
    pub seed: u64,
}

/// A weight as a manifest may have it.
fn weight(text: &str) -> Result<f32, String> {
    let weight: f32 = text.parse().map_err(|error: std::num::ParseFloatError| error.to_string())?;
    if weight.is_finite() && weight >= 0.0 { Ok(weight) } else { Err("not a number from 0".into()) }
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
    /// How much the taste of the history counts, 0 to 1
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    pub taste: f32,
    /// Item ids of the history, oldest first
    #[arg(
        long,
        value_name = "ID,ID,...",
        value_delimiter = ',',
        conflicts_with = "profile",
        requires = "taste"
    )]
    pub history: Vec<String>,
    /// Folder with the history that was recorded on this machine
    #[arg(long, value_name = "DIR", requires = "taste")]
    pub profile: Option<PathBuf>,
    #[command(flatten)]
    pub page: PageArgs,
}

#[derive(Debug, Args)]
pub struct CompleteArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// What was typed so far; after a space its last word is finished
    pub prefix: String,
    /// Folder with the history that was recorded on this machine, for past queries
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Number of completions
    #[arg(long, short = 'n', default_value_t = 8, value_name = "N")]
    pub limit: usize,
}

#[derive(Debug, Args)]
pub struct UpsertArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Items as JSON Lines: {"id", "title", "text", "attributes": {...}, "timestamp_ms"}; - for standard input
    pub file: PathBuf,
    /// Folder that keeps them, with the history that was recorded on this machine
    #[arg(long, value_name = "DIR")]
    pub profile: PathBuf,
    /// Leave their vectors for later: found by words at once, by meaning then
    #[arg(long)]
    pub no_vectors: bool,
}

#[derive(Debug, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Item ids
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Folder that keeps what was removed
    #[arg(long, value_name = "DIR")]
    pub profile: PathBuf,
}

#[derive(Debug, Args)]
pub struct ItemsArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Item ids
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Folder with what was changed on this machine
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
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
    /// What titles and ids add that a query names
    Titles,
    /// The correction of the model's answer by what the user's own events have in common
    Taste,
    /// No pack has one yet; left out it changes nothing
    Judge,
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
    /// Rank every event without the taste, too, and print what the taste changes, with its 95 % interval
    #[arg(long)]
    pub replay: bool,
    /// Weight of the taste in both tasks, in place of the pack's
    #[arg(long, value_name = "WEIGHT", value_parser = weight)]
    pub taste: Option<f32>,
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

#[derive(Debug, Args)]
pub struct IndexArgs {
    /// The staging folder that the build wrote
    pub staging: PathBuf,
}

#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The folder that was given to the engine as its profile
    pub dir: PathBuf,
    /// File with the key of an encrypted profile: 64 hexadecimal digits
    #[arg(long, value_name = "FILE", global = true)]
    pub key_file: Option<PathBuf>,
    #[command(subcommand)]
    pub action: ProfileAction,
}

#[derive(Debug, Subcommand)]
pub enum ProfileAction {
    /// The latest events
    Show {
        /// Number of events
        #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
        limit: usize,
        /// Show titles from this pack
        #[arg(long, value_name = "PACK")]
        pack: Option<PathBuf>,
    },
    /// The whole history as JSON Lines on standard output, oldest first
    Export,
    /// Add the events of an export that are not there yet
    Import {
        /// JSON Lines, as 'export' writes them; '-' is standard input
        file: PathBuf,
    },
    /// Forget some events for good
    Forget(ForgetArgs),
    /// Forget everything
    Clear {
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Encrypt the profile with another key, or for the first time
    RotateKey {
        /// File with the new key: 64 hexadecimal digits
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ForgetArgs {
    /// The event with this id, as 'show' prints it
    #[arg(long, value_name = "ID")]
    pub event: Option<i64>,
    /// All events of this item
    #[arg(long, value_name = "ID")]
    pub item: Option<String>,
    /// All events with this query
    #[arg(long, value_name = "TEXT")]
    pub query: Option<String>,
    /// All events since then: milliseconds since 1970
    #[arg(long, value_name = "MS")]
    pub since: Option<i64>,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub pack: PackArgs,
}

#[derive(Debug, Args)]
pub struct PlaygroundArgs {
    #[command(flatten)]
    pub pack: PackArgs,
    /// Folder to record the history in; without it the history is in memory and ends with the program
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4747, value_name = "N")]
    pub port: u16,
    /// Open it in the browser
    #[arg(long)]
    pub open: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_declaration_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn history_is_a_list_and_json_goes_anywhere() {
        let cli = Cli::parse_from(["gensr", "recommend", "a.gensr", "--history", "1,2", "--json"]);
        assert!(cli.json);
        let Command::Recommend(args) = cli.command else { panic!("not recommend") };
        assert_eq!(args.history.history, ["1", "2"]);
        assert_eq!(args.history.exclude(), None);
    }
}
