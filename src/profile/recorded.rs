//! A recorded history without an engine: for showing it, taking it along and wiping it.

use std::io::{BufRead, Write};
use std::path::Path;

use super::{Profile, ProfileKey, ProfileOptions, directory};
use crate::error::{Error, Result};
use crate::request::{Forget, RecordedEvent};
use crate::time::now_ms;

/// The history in a profile directory, opened on its own: no pack, no model, no ONNX Runtime. It holds the profile's
/// lock, so no engine can have the profile open at the same time. One thread at a time.
#[derive(Debug)]
pub struct RecordedHistory {
    /// `None` only after a change of keys that failed.
    profile: Option<Profile>,
    set_aside: Option<String>,
}

impl RecordedHistory {
    /// Opens the profile in `directory`; unlike an engine it makes none where there is none. Erases what is beyond the
    /// options, so give those of the engine.
    ///
    /// # Errors
    /// `InvalidArgument` when the directory holds no profile, an engine has it open, or the key is not the profile's;
    /// `Incompatible` when a newer version wrote it.
    pub fn open(directory: &Path, options: ProfileOptions) -> Result<Self> {
        if !directory::has_database(directory) {
            return Err(Error::invalid("there is no profile in this directory"));
        }
        let opened = Profile::open(directory, options, now_ms())?;
        Ok(Self { profile: Some(opened.profile), set_aside: opened.set_aside })
    }

    /// File name that the database was moved to because it could not be read; the history is empty then.
    pub fn set_aside(&self) -> Option<&str> {
        self.set_aside.as_deref()
    }

    /// The last `limit` recorded events, newest last.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be read.
    pub fn events(&self, limit: usize) -> Result<Vec<RecordedEvent>> {
        self.profile.as_ref().ok_or(Error::Closed)?.history(limit)
    }

    /// As `Engine::forget`.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be written.
    pub fn forget(&mut self, what: &Forget) -> Result<usize> {
        self.open_profile()?.forget(what)
    }

    /// Erases everything: the events, what was derived from them, and every database that was set aside.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be written.
    pub fn clear(&mut self) -> Result<()> {
        self.open_profile()?.clear()
    }

    /// As `Engine::export_history`.
    ///
    /// # Errors
    /// `Internal` when the profile cannot be read or the writer fails.
    pub fn export(&self, writer: impl Write) -> Result<usize> {
        Profile::export(self.events(usize::MAX)?, writer)
    }

    /// As `Engine::import_history`.
    ///
    /// # Errors
    /// `InvalidArgument` with the number of a line that is not an event; `Internal` when the profile cannot be written.
    pub fn import(&mut self, reader: impl BufRead) -> Result<usize> {
        let events = Profile::read_import(reader)?;
        self.open_profile()?.import(events, now_ms())
    }

    /// As `Engine::rotate_key`.
    ///
    /// # Errors
    /// `InvalidArgument` in a library without encryption; `Internal` when the profile cannot be written. This history is
    /// closed then; open it again.
    pub fn rotate_key(&mut self, key: &ProfileKey) -> Result<()> {
        self.profile = Some(self.profile.take().ok_or(Error::Closed)?.rotate_key(key)?);
        Ok(())
    }

    fn open_profile(&mut self) -> Result<&mut Profile> {
        self.profile.as_mut().ok_or(Error::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Event;

    #[test]
    fn reads_and_clears_what_a_profile_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let open = || RecordedHistory::open(folder.path(), ProfileOptions::default());
        assert!(matches!(open(), Err(Error::InvalidArgument { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking creates nothing");

        let event = Event {
            item_id: "lamp".into(),
            kind: "view".into(),
            timestamp_ms: Some(5),
            query: Some("light".into()),
        };
        let mut profile = Profile::open(folder.path(), ProfileOptions::default(), 0).unwrap().profile;
        profile.record(std::slice::from_ref(&event), 0).unwrap();
        assert!(matches!(open(), Err(Error::InvalidArgument { .. })), "locked");
        drop(profile);

        let mut recorded = open().unwrap();
        assert_eq!(Event::from(recorded.events(10).unwrap()[0].clone()), event);
        let mut file = Vec::new();
        assert_eq!(recorded.export(&mut file).unwrap(), 1);
        recorded.clear().unwrap();
        assert_eq!(recorded.events(10).unwrap(), []);
        assert_eq!(recorded.import(&file[..]).unwrap(), 1);
        assert_eq!(recorded.forget(&Forget::Item("lamp".into())).unwrap(), 1);
        assert_eq!(recorded.set_aside(), None);
    }
}
