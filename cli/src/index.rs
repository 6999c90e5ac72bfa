//! `gensr index`: the words of a catalogue, for the build. Words are split here and nowhere else.

use anyhow::{Context, Result};

use crate::args::IndexArgs;
use crate::output::{self, count};

/// Runs the command.
pub fn run(args: &IndexArgs, json: bool) -> Result<()> {
    let summary = gensr::index(&args.staging)
        .with_context(|| format!("indexing the staging folder {}", args.staging.display()))?;
    output::show(json, &summary, || {
        format!(
            "{} words ({} with vectors) of {} distinct ones; {} items hold {} of them, {} queries {}\n",
            count(summary.words as u64),
            count(summary.vectors as u64),
            count(summary.distinct_words as u64),
            count(summary.items as u64),
            count(summary.item_words as u64),
            count(summary.queries as u64),
            count(summary.query_words as u64),
        )
    })
}
