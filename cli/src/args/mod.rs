//! Arguments of the commands.
//!
//! ```text
//! query     what is asked of a pack          measure   how good and how fast it is
//! device    what changes on a machine: packs, items, histories
//! ```

mod device;
mod measure;
mod query;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use gensr::ExecutionProvider;

pub use device::{ForgetArgs, InstallArgs, ItemsArgs, ProfileAction, ProfileArgs, RemoveArgs, UpsertArgs};
pub use measure::{
    BenchArgs, EvaluateArgs, EvaluateFeedArgs, PartChoice, QuerySetsArgs, SplitChoice, TaskChoice,
    WeightChoice,
};
pub use query::{CompleteArgs, FeedArgs, HistoryArgs, RecommendArgs, SearchArgs, SimilarArgs, TypeArgs};

/// Search and recommendation from one file, offline: inspect, query, evaluate and benchmark gensr packs.
#[derive(Debug, Parser)]
#[command(name = "gensr", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// Execution provider of the graphs: cpu, xnnpack, coreml or nnapi; cpu unless given. `bench` compares it with cpu
    #[arg(long, global = true, value_name = "NAME")]
    pub provider: Option<ExecutionProvider>,

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
    /// Measure the speed and the memory of a pack on this machine; with --provider NAME also against cpu
    Bench(BenchArgs),
    /// Measure whether items are found by their titles, typed right, wrong and in part
    #[command(name = "querysets")]
    QuerySets(QuerySetsArgs),
    /// Build the lexical index of a pack that is being made
    Index(IndexArgs),
    /// Show, take along or forget a history on this machine, and change its key
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
pub struct IndexArgs {
    /// The staging folder that the build wrote
    pub staging: PathBuf,
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
