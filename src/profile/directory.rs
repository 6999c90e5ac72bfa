//! The folder of a profile: its lock, its files, and what was set aside.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};

const DATABASE: &str = "profile.sqlite3";
const JOURNAL: &str = "profile.sqlite3-journal";
const LOCK: &str = "profile.lock";
const SET_ASIDE: &str = "profile.damaged-";

/// Whether a folder holds a profile.
pub(super) fn has_database(path: &Path) -> bool {
    path.join(DATABASE).is_file()
}

/// A profile's folder, locked for this engine until dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Creates the folder where it is missing, and locks it.
    pub(super) fn lock(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::internal(format!("cannot use the profile directory {}: {error}", path.display()))
        };
        std::fs::create_dir_all(path).map_err(failed)?;
        let file =
            File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(Error::invalid(format!(
                "the profile directory {} is in use by another engine or process; close that one, or use another \
                 directory",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Moves the database out of the way and returns its new file name.
    pub(super) fn set_aside(&self) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let free = (0_u32..).map(|n| format!("{SET_ASIDE}{now}-{n}.sqlite3"));
        let name = free
            .into_iter()
            .find(|name| !self.path.join(name).exists())
            .expect("some of four billion names is free");
        let moved = std::fs::rename(self.database(), self.path.join(&name));
        moved.map_err(|error| Error::internal(format!("cannot set the damaged profile aside: {error}")))?;
        // A journal left beside the new database would be played back into it.
        match std::fs::rename(self.path.join(JOURNAL), self.path.join(format!("{name}-journal"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::internal(format!("cannot set the damaged profile's journal aside: {error}")))
            }
            _ => Ok(name),
        }
    }

    /// Deletes every database that was set aside.
    pub(super) fn remove_set_aside(&self) -> Result<()> {
        let remove = || {
            for entry in std::fs::read_dir(&self.path)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(SET_ASIDE) {
                    std::fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        remove().map_err(|error: std::io::Error| {
            Error::internal(format!("cannot delete a damaged profile that was set aside: {error}"))
        })
    }
}
