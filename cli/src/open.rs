//! Opens packs and engines, and words what went wrong for a person at a terminal.

use std::path::Path;

use anyhow::{Result, anyhow};
use gensr::{Error, Pack, PackSource};

/// Opens a pack without an engine.
pub fn pack(path: &Path) -> Result<Pack> {
    Pack::open(PackSource::Path(path.to_path_buf())).map_err(|error| explain(error, path))
}

/// Adds to an error of the library which pack it is about and what to do.
pub fn explain(error: Error, pack: &Path) -> anyhow::Error {
    let name = pack.display();
    match &error {
        Error::BadPack { .. } => {
            anyhow!(
                "{name}: {error}; copy or build it again (a pack is one .gensr file, written by `gensr-models build`)"
            )
        }
        Error::Incompatible { .. } => anyhow!("{name}: {error}; update gensr, or build the pack again"),
        _ => anyhow!(error),
    }
}
