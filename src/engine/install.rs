//! Another pack in the place of the one that is open, while calls go on.
//!
//! Everything that can fail comes before the rename: the copy, its hash, codebook, graphs, text encoder, a search and a
//! recommendation tried on it, the recorded history read in its terms. The rename is the decision: before it nothing has
//! changed, after it nothing is left but the exchange of the view.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Engine, Loaded};
use crate::error::{Error, Result};
use crate::pack::{Pack, StagedPack};
use crate::request::{DISLIKE, Event, History, RecommendRequest, SearchRequest};
use crate::runtime::CancelToken;
use crate::sync::lock;

/// A pack to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallRequest {
    /// The new pack, as it was downloaded. It is copied, so it may be deleted afterwards.
    pub pack: PathBuf,
    /// SHA-256 of the whole file, 64 hex digits. It has to come from somebody the app trusts, by a way that an attacker
    /// cannot change, for example from the app's own server over TLS: nothing else says that the pack is genuine.
    pub expected_sha256: String,
    /// Where the pack is to be. `None`: over the file that the engine was opened from, or that the last `install` wrote. Needed
    /// where that is not a file of its own (an asset inside an APK) or cannot be written (the bundle of an app).
    pub destination: Option<PathBuf>,
}

impl InstallRequest {
    /// A pack to install over the present one.
    pub fn new(pack: impl Into<PathBuf>, expected_sha256: impl Into<String>) -> Self {
        Self { pack: pack.into(), expected_sha256: expected_sha256.into(), destination: None }
    }
}

/// What `install` changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Installed {
    /// Id of the pack that was replaced.
    pub previous_pack_id: String,
    /// Id of the pack that answers now; the same where it was there already.
    pub pack_id: String,
    /// Recorded events, at most the last `MAX_HISTORY`.
    pub events: usize,
    /// Those of them whose items the new pack does not know. They are kept.
    pub dormant: usize,
    /// Events that are dormant now and were not.
    pub fell_asleep: usize,
    /// Events that were dormant and are not any more.
    pub woke: usize,
}

impl Engine {
    /// Replaces the pack: copies the new one beside its destination, compares the hash of the copy, opens it and tries it, then
    /// renames it over the old one and answers from it. The next `open` of that path has the new pack.
    ///
    /// Calls go on meanwhile, on the old pack until the very end; those that run then end on it. Its file is unlinked, and
    /// its memory is free after the last of them. The recorded history is read anew by item id: events of items that the new
    /// pack does not know sleep until a pack knows them. What was cached of the old pack is dropped.
    ///
    /// Needs room for the new pack beside the old one, and for both models in memory for a moment. Takes as long as copying
    /// and hashing the file, so call it from a background thread; `cancel` stops it anywhere before the end.
    ///
    /// ```
    /// # use gensr::{CancelToken, Engine, EngineOptions, PackSource, InstallRequest};
    /// # let engine = Engine::open(PackSource::Path("models/demo/demo.gensr".into()), None, EngineOptions::default())?;
    /// # let cancel = CancelToken::new();
    /// # let folder = tempfile::tempdir()?;
    /// # let expected_sha256 = {
    /// #     use sha2::Digest;
    /// #     let hash = sha2::Sha256::digest(std::fs::read("models/demo/demo.gensr")?);
    /// #     hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    /// # };
    /// let mut request = InstallRequest::new("models/demo/demo.gensr", expected_sha256);
    /// request.destination = Some(folder.path().join("shop.gensr"));
    /// let installed = engine.install(&request, &cancel)?;
    /// assert_eq!(installed.pack_id, installed.previous_pack_id, "the same pack again");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such file, the hash is not 64 hex digits, or a destination is needed; `BadPack` for
    /// another hash, and for what is not a pack that works; `Incompatible` for one of a newer version; `Cancelled`;
    /// `Closed` and `Internal` as elsewhere. After an error everything is as it was: file, answers and history.
    pub fn install(&self, request: &InstallRequest, cancel: &CancelToken) -> Result<Installed> {
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
        self.publish(|present| {
            cancel.check()?;
            let next = next.after(present).with_stored_changes(&self.own, Some(present))?;
            installed = Some(self.own.hand_over(present, &next, || staged.put_in_place())?);
            *lock(&self.home) = Some(destination);
            Ok(next)
        })?;
        installed.ok_or_else(|| Error::internal("a view was published that nobody made"))
    }

    /// A view of a new pack, whose graphs have answered. Of its text encoder stays what the present one has.
    fn tried(&self, pack: Pack, cancel: &CancelToken) -> Result<Loaded> {
        let present = self.view();
        let (options, accelerators) = (present.model.options.clone(), present.model.accelerators.clone());
        let view = Loaded::open(0, Arc::new(pack), Arc::clone(&self.own), options, accelerators)?;
        let kind = view.manifest().kinds.first().map_or(DISLIKE, |kind| kind.name.as_str());
        let event = Event {
            item_id: view.codebook.id(0).to_owned(),
            kind: kind.to_owned(),
            timestamp_ms: None,
            query: None,
        };
        let history = History::Events(vec![event]);
        let search = SearchRequest { history: history.clone(), limit: 1, ..SearchRequest::new("a") };
        view.search(&search, cancel)?;
        view.recommend(&RecommendRequest { history, limit: 1, ..RecommendRequest::default() }, cancel)?;
        view.model.forget(self.own.times_forgotten());
        if !present.model.text.is_loaded() {
            view.model.text.trim();
        }
        Ok(view)
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
