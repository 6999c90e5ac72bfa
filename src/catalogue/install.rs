//! Another pack in the place of the one that is open, while calls go on.
//!
//! Everything that can fail comes before the rename: the copy, its hash, codebook, graphs, text encoder, a search and a
//! recommendation tried on it, the recorded history read in its terms. The rename is the decision: before it nothing has
//! changed, after it nothing is left but the exchange of the snapshot.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Catalogue;
use crate::error::{Error, Result};
use crate::pack::{Pack, StagedPack};
use crate::request::{DISLIKE, Event, History, InstallRequest, Installed, RecommendRequest, SearchRequest};
use crate::runtime::CancelToken;
use crate::snapshot::Snapshot;
use crate::sync::lock;

impl Catalogue {
    /// Replaces the pack; see `Engine::install`.
    pub(crate) fn install(&self, request: &InstallRequest, cancel: &CancelToken) -> Result<Installed> {
        let sha256 = checked_sha256(&request.expected_sha256)?;
        let destination = match &request.destination {
            Some(path) => absolute(path)?,
            None => lock(&self.home).clone().ok_or_else(|| {
                Error::invalid("the engine was not opened from a file of its own: name a destination")
            })?,
        };
        let staged = StagedPack::copy(&request.pack, &destination, &sha256, || cancel.check())?;
        let next = self.tried(staged.open()?, cancel)?;
        let mut installed = None;
        self.current.publish(|present| {
            cancel.check()?;
            let next = next.after(present).with_stored_changes(&self.history, Some(present))?;
            installed = Some(
                self.history.hand_over(&present.pack_view(), &next.pack_view(), || staged.put_in_place())?,
            );
            *lock(&self.home) = Some(destination);
            Ok(next)
        })?;
        installed.ok_or_else(|| Error::internal("a snapshot was published that nobody made"))
    }

    /// A snapshot of a new pack, whose graphs have answered. Of its text encoder stays what the present one has.
    fn tried(&self, pack: Pack, cancel: &CancelToken) -> Result<Snapshot> {
        let present = self.snapshot();
        let (options, compiled) = (present.model.options.clone(), present.model.compiled.clone());
        let next = Snapshot::open(0, Arc::new(pack), Arc::clone(&self.history), options, compiled)?;
        let kind = next.manifest().kinds.first().map_or(DISLIKE, |kind| kind.name.as_str());
        let event = Event {
            item_id: next.codebook.id(0).to_owned(),
            kind: kind.to_owned(),
            timestamp_ms: None,
            query: None,
        };
        let history = History::Events(vec![event]);
        let search = SearchRequest { history: history.clone(), limit: 1, ..SearchRequest::new("a") };
        next.search(&search, cancel)?;
        next.recommend(&RecommendRequest { history, limit: 1, ..RecommendRequest::default() }, cancel)?;
        next.model.forget(self.history.forget_generation());
        if !present.model.text.is_loaded() {
            next.model.text.trim();
        }
        Ok(next)
    }
}

/// A path that stays the same when the process changes its working directory.
pub(super) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Error::invalid(format!("not a path of a file: {error}")))
}

fn checked_sha256(text: &str) -> Result<String> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::invalid("expected_sha256 is not 64 hex digits"))
}
