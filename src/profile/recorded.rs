//! A recorded history without an engine: for showing it, taking it along and wiping it.

use std::path::Path;

use super::{Profile, directory};
use crate::error::{Error, Result};
use crate::request::Event;

/// The history in a profile directory, opened on its own: no pack, no model, no ONNX Runtime. It holds the profile's
/// lock, so no engine can have the profile open at the same time. One thread at a time.
#[derive(Debug)]
pub struct RecordedHistory {
    profile: Profile,
    set_aside: Option<String>,
}

impl RecordedHistory {
    /// Opens the profile in `directory`; unlike an engine it makes none where there is none.
    ///
    /// # Errors
    /// `InvalidArgument` when the directory holds no profile, or an engine has it open; `Incompatible` when a newer
    /// version wrote it.
    pub fn open(directory: &Path) -> Result<Self> {
        if !directory::has_database(directory) {
            return Err(Error::invalid("there is no profile in this directory"));
        }
        let opened = Profile::open(directory)?;
        Ok(Self { profile: opened.profile, set_aside: opened.set_aside })
    }

    /// File name that the database was moved to because it could not be read; the history is empty then.
    pub fn set_aside(&self) -> Option<&str> {
        self.set_aside.as_deref()
    }

    /// The last `limit` recorded events, newest last.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be read.
    pub fn events(&self, limit: usize) -> Result<Vec<Event>> {
        self.profile.history(limit)
    }

    /// Erases everything: the events, what was derived from them, and every database that was set aside.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be written.
    pub fn clear(&mut self) -> Result<()> {
        self.profile.clear()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_clears_what_a_profile_recorded() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(RecordedHistory::open(folder.path()), Err(Error::InvalidArgument { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking creates nothing");

        let event = Event {
            item_id: "lamp".into(),
            kind: "view".into(),
            timestamp_ms: Some(5),
            query: Some("light".into()),
        };
        let mut profile = Profile::open(folder.path()).unwrap().profile;
        profile.record(std::slice::from_ref(&event)).unwrap();
        assert!(matches!(RecordedHistory::open(folder.path()), Err(Error::InvalidArgument { .. })), "locked");
        drop(profile);

        let mut recorded = RecordedHistory::open(folder.path()).unwrap();
        assert_eq!(recorded.events(10).unwrap(), [event]);
        recorded.clear().unwrap();
        assert_eq!(recorded.events(10).unwrap(), []);
        assert_eq!(recorded.set_aside(), None);
    }
}
