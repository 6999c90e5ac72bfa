//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Build the lexical index of a pack that is being made
    Index(IndexArgs),
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
