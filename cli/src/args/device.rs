//! Commands that change what a machine holds: its pack, its items, its history.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::PackArgs;

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
