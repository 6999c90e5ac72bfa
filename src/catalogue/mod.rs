//! The catalogue while calls go on: live items on top of a pack, vectors made of their texts, another pack in its place.
//!
//! Every change makes the next snapshot and puts it in the place of the present one. What changed is on disk first.

mod install;
mod items;
mod vectors;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::error::Result;
use crate::history::HistoryStore;
use crate::pack::{Pack, PackSource, remove_abandoned};
use crate::runtime::SessionOptions;
use crate::snapshot::{CompiledModels, Current, Snapshot};

/// The present snapshot, and the changes that make the next.
#[derive(Debug)]
pub(crate) struct Catalogue {
    current: Current,
    history: Arc<HistoryStore>,
    /// Held while vectors are made of texts.
    vectors: Mutex<()>,
    /// The file that `install` replaces; `None` where the pack is a part of another file.
    home: Mutex<Option<PathBuf>>,
}

impl Catalogue {
    /// Opens a pack and the changes that the profile holds.
    pub(crate) fn open(
        source: PackSource,
        profile_dir: Option<&Path>,
        history: Arc<HistoryStore>,
        session: SessionOptions,
    ) -> Result<Self> {
        let home = match &source {
            PackSource::Path(path) => Some(install::absolute(path)?),
            PackSource::File { .. } => None,
        };
        let pack = Arc::new(Pack::open(source)?);
        home.iter().for_each(|path| remove_abandoned(path));
        let (provider, compiled) = (session.provider, CompiledModels::new(profile_dir));
        let snapshot = Snapshot::open(0, pack, Arc::clone(&history), session, compiled)?;
        history.with(&snapshot.pack_view(), |_| Ok(()))?;
        // The profile is ours now; before, its files may be those of another process.
        snapshot.model.compiled.tidy(provider, snapshot.pack_id());
        let snapshot = snapshot.with_stored_changes(&history, None)?;
        history.take_changed();
        let current = Current::new(snapshot);
        Ok(Self { current, history, vectors: Mutex::default(), home: Mutex::new(home) })
    }

    /// The present snapshot. A call takes it once.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.get()
    }
}
