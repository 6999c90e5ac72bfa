//! The folder of a profile: its lock, its files, and what was set aside.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};

const DATABASE: &str = "profile.sqlite3";
const JOURNAL: &str = "profile.sqlite3-journal";
/// A database that is to take the place of the present one.
const NEXT: &str = "profile.next.sqlite3";
const LOCK: &str = "profile.lock";
const KEY_CHECKS: &str = "profile.keycheck";
const SET_ASIDE: &str = "profile.damaged-";

/// The key checks are two lines of 97 bytes at most; a longer file is not ours.
const MAX_KEY_CHECKS: u64 = 4096;

/// Whether a folder holds a profile.
pub(super) fn has_database(path: &Path) -> bool {
    path.join(DATABASE).is_file()
}

/// The first bytes of an encrypted database.
pub(super) type Salt = [u8; 16];

/// State of a database by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// There is none: missing, or empty.
    Absent,
    Plain,
    /// Encrypted, or damaged.
    Other(Salt),
}

/// A profile's folder, locked for this engine until dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    lock: File,
}

impl Drop for Directory {
    /// Closing the file is not enough: a process that the host starts has a copy of it until it runs another program, and with
    /// that the lock.
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            log::warn!("the profile's lock is given up late: {error}");
        }
    }
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
            Ok(()) => Ok(Self { path: path.to_owned(), lock: file }),
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

    /// State of the database by its first bytes.
    pub(super) fn header(&self) -> Result<Header> {
        header(&self.database())
    }

    /// Whether the last transaction was cut short; opening the database undoes it.
    pub(super) fn has_open_journal(&self) -> bool {
        std::fs::metadata(self.path.join(JOURNAL)).is_ok_and(|journal| journal.len() > 0)
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
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::internal(format!("cannot set the damaged profile's journal aside: {error}")))
            }
            _ => Ok(name),
        }
    }

    /// Deletes every database that was set aside, of those whose name has a time only the ones before `before_ms`.
    pub(super) fn remove_set_aside(&self, before_ms: i64) -> Result<()> {
        let goes = |name: &str| {
            name.strip_prefix(SET_ASIDE).is_some_and(|rest| {
                let time = rest.split('-').next().and_then(|time| time.parse::<i64>().ok());
                time.is_none_or(|time| time < before_ms)
            })
        };
        self.remove_where(goes).map_err(|error| {
            Error::internal(format!("cannot delete a damaged profile that was set aside: {error}"))
        })
    }

    /// Deletes what a change of keys that did not come to its end left behind.
    pub(super) fn remove_unfinished(&self) -> Result<()> {
        self.remove_where(|name| name.starts_with(NEXT)).map_err(|error| {
            Error::internal(format!("cannot delete an unfinished copy of the profile: {error}"))
        })
    }

    fn remove_where(&self, goes: impl Fn(&str) -> bool) -> std::io::Result<()> {
        let mut any = false;
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if goes(&entry.file_name().to_string_lossy()) {
                std::fs::remove_file(entry.path())?;
                any = true;
            }
        }
        if any { self.sync() } else { Ok(()) }
    }

    pub(super) fn read_key_checks(&self) -> Result<String> {
        let read = || -> std::io::Result<_> {
            let mut text = String::new();
            File::open(self.path.join(KEY_CHECKS))?.take(MAX_KEY_CHECKS).read_to_string(&mut text)?;
            Ok(text)
        };
        match read() {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
                Ok(String::new())
            }
            read => {
                read.map_err(|error| Error::internal(format!("cannot read the profile's key check: {error}")))
            }
        }
    }

    /// Replaces the key checks, all or nothing.
    pub(super) fn write_key_checks(&self, text: &str) -> Result<()> {
        let next = self.path.join(format!("{NEXT}-keycheck"));
        let write = || {
            let mut file = File::create(&next)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&next, self.path.join(KEY_CHECKS))?;
            self.sync()
        };
        write().map_err(|error| Error::internal(format!("cannot write the profile's key check: {error}")))
    }

    /// Where the next database is made.
    #[cfg(feature = "sqlcipher")]
    pub(super) fn next(&self) -> PathBuf {
        self.path.join(NEXT)
    }

    /// Puts the next database, which is closed, in the place of the present one.
    #[cfg(feature = "sqlcipher")]
    pub(super) fn replace(&self) -> Result<()> {
        let replace = || {
            File::options().write(true).open(self.next())?.sync_all()?;
            std::fs::rename(self.next(), self.database())?;
            self.sync()
        };
        replace().map_err(|error: std::io::Error| {
            Error::internal(format!("cannot put the re-encrypted profile in its place: {error}"))
        })
    }

    /// Makes renames and deletions in the folder last, where folders can be synchronised.
    fn sync(&self) -> std::io::Result<()> {
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }
}

/// State of a database by its first bytes.
pub(super) fn header(database: &Path) -> Result<Header> {
    let read = || -> std::io::Result<_> {
        let mut first = Vec::new();
        File::open(database)?.take(16).read_to_end(&mut first)?;
        Ok(first)
    };
    let first: Vec<u8> = match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Header::Absent),
        read => read
            .map_err(|error: std::io::Error| Error::internal(format!("cannot read the profile: {error}")))?,
    };
    Ok(match first.as_slice() {
        [] => Header::Absent,
        b"SQLite format 3\0" => Header::Plain,
        other => {
            let mut salt = [0; 16];
            salt[..other.len()].copy_from_slice(other);
            Header::Other(salt)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_lock_in_a_process_that_is_being_started_locks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = Directory::lock(folder.path()).unwrap();
        let copy = first.lock.try_clone().unwrap();
        assert!(matches!(Directory::lock(folder.path()), Err(Error::InvalidArgument { .. })));
        drop(first);
        let second = Directory::lock(folder.path()).unwrap();
        drop(copy);
        assert!(
            Directory::lock(folder.path()).is_err(),
            "what is left of the first does not give up the second's lock"
        );
        drop(second);
    }
}
