//! A pack on its way to its place: copied beside it and hashed on the way, so that what is checked is what will be used,
//! then renamed over what is there.
//!
//! The copy is locked while it is worked on. What a killed process left behind has no lock and is removed the next time.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::{Pack, PackSource, hex};
use crate::error::{Error, Result};

/// Suffix of the names of copies.
const ENDING: &str = ".installing";
/// How much is copied between two looks at whether to go on.
const STEP: usize = 1 << 20;

/// A copy of a pack beside its destination. It goes when it is dropped, unless it was put in place.
#[derive(Debug)]
pub(crate) struct StagedPack {
    file: File,
    path: PathBuf,
    length: u64,
    destination: PathBuf,
}

impl StagedPack {
    /// Copies the file `from` to a new one beside `destination` and compares its SHA-256 (lower-case hex) with the expected
    /// one. When it returns the copy is on disk. `go_on` is asked before every step.
    ///
    /// # Errors
    /// `InvalidArgument` when `from` is no file, `BadPack` for another hash, `Internal` when it cannot be read or written, and
    /// what `go_on` says. The copy is removed then.
    pub(crate) fn copy(
        from: &Path,
        destination: &Path,
        expected_sha256: &str,
        mut go_on: impl FnMut() -> Result<()>,
    ) -> Result<Self> {
        let unreadable = |error| Error::internal(format!("cannot read the new pack: {error}"));
        let unwritable = |error| Error::internal(format!("cannot write beside the pack: {error}"));
        // Before it is opened: opening a pipe would wait.
        match std::fs::metadata(from) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(Error::invalid("the new pack is not a regular file")),
            Err(error) => return Err(Error::invalid(format!("there is no new pack: {error}"))),
        }
        let mut source = File::open(from).map_err(unreadable)?;
        remove_abandoned(destination);
        let mut copy = Self::create(destination).map_err(unwritable)?;
        let mut hash = Sha256::new();
        let mut step = vec![0; STEP];
        loop {
            go_on()?;
            let read = source.read(&mut step).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            hash.update(&step[..read]);
            copy.file.write_all(&step[..read]).map_err(unwritable)?;
            copy.length += read as u64;
        }
        if hex(&hash.finalize()) != expected_sha256 {
            return Err(Error::bad_pack("the SHA-256 of the file is not the expected one"));
        }
        copy.file.sync_all().map_err(unwritable)?;
        Ok(copy)
    }

    /// An empty locked file of a name that was never used.
    fn create(destination: &Path) -> std::io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        loop {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut name = beginning(destination);
            name.push(format!("{}-{}-{number}{ENDING}", std::process::id(), since.as_nanos()));
            let path = destination.with_file_name(name);
            let file = File::options().read(true).write(true).create_new(true).open(&path)?;
            let copy = Self { file, path, length: 0, destination: destination.to_owned() };
            // Another engine that cleans up may have been between these two lines. Once it is ours it stays.
            match copy.file.try_lock() {
                Ok(()) if copy.path.exists() => return Ok(copy),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// The pack in the copy.
    pub(crate) fn open(&self) -> Result<Pack> {
        let file = self.file.try_clone();
        let file = file.map_err(|error| Error::internal(format!("cannot open the new pack: {error}")))?;
        Pack::open(PackSource::File { file, offset: 0, length: self.length })
    }

    /// Renames the copy over its destination. When it returns the next `open` finds it, also after a loss of power.
    pub(crate) fn put_in_place(self) -> Result<()> {
        std::fs::rename(&self.path, &self.destination)
            .map_err(|error| Error::internal(format!("cannot replace the pack: {error}")))?;
        // It is in place from here on, whatever the folder says.
        if let Err(error) = sync_folder(&self.destination) {
            log::warn!("the folder of the pack cannot be synced: {error}");
        }
        Ok(())
    }
}

impl Drop for StagedPack {
    fn drop(&mut self) {
        // There is nothing of this name where it was put in place.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes abandoned copies. A copy that cannot be removed is tried again the next time.
pub(crate) fn remove_abandoned(destination: &Path) {
    let beginning = beginning(destination);
    let Ok(entries) = std::fs::read_dir(folder(destination)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let ours = name.starts_with(beginning.as_encoded_bytes()) && name.ends_with(ENDING.as_bytes());
        if ours && let Ok(file) = File::options().write(true).open(entry.path()) {
            // Under the lock, so that no other process takes it up meanwhile.
            if file.try_lock().is_ok() && std::fs::remove_file(entry.path()).is_ok() {
                log::info!("removed what an interrupted installation left behind");
            }
        }
    }
}

/// Prefix of the names of copies.
fn beginning(destination: &Path) -> OsString {
    let mut name = destination.file_name().unwrap_or(OsStr::new("pack")).to_owned();
    name.push(".");
    name
}

fn folder(destination: &Path) -> &Path {
    destination.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn sync_folder(destination: &Path) -> std::io::Result<()> {
    File::open(folder(destination))?.sync_all()
}

/// Elsewhere folders cannot be opened as files.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256(bytes: &[u8]) -> String {
        hex(&Sha256::digest(bytes))
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_copy_is_there_until_it_is_dropped_or_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let (new, place) = (folder.path().join("new"), folder.path().join("pack"));
        let bytes = vec![7; 3 * STEP + 1];
        std::fs::write(&new, &bytes).unwrap();
        let (mut asked, hash) = (0, sha256(&bytes));
        let copy = StagedPack::copy(&new, &place, &hash, || {
            asked += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(asked, 5, "before every step");
        assert_eq!(files(folder.path()).len(), 2);
        // Others that clean up leave alone what is worked on.
        remove_abandoned(&place);
        assert_eq!(std::fs::read(&copy.path).unwrap(), bytes);
        drop(copy);
        assert_eq!(files(folder.path()), ["new"]);
        StagedPack::copy(&new, &place, &hash, || Ok(())).unwrap().put_in_place().unwrap();
        assert_eq!(files(folder.path()), ["new", "pack"]);
        assert_eq!(std::fs::read(&place).unwrap(), bytes);
    }

    #[test]
    fn what_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (new, place) = (folder.path().join("new"), folder.path().join("pack"));
        std::fs::write(&new, vec![7; 2 * STEP]).unwrap();
        let hash = sha256(&vec![7; 2 * STEP]);
        let other = StagedPack::copy(&new, &place, &sha256(b"other"), || Ok(())).unwrap_err();
        assert!(matches!(other, Error::BadPack { .. }), "{other}");
        for last in 1..=3 {
            let mut asked = 0;
            let go_on = || {
                asked += 1;
                if asked == last { Err(Error::Cancelled) } else { Ok(()) }
            };
            assert_eq!(StagedPack::copy(&new, &place, &hash, go_on).unwrap_err(), Error::Cancelled);
        }
        for missing in [folder.path().join("nothing"), folder.path().to_owned()] {
            let error = StagedPack::copy(&missing, &place, &hash, || Ok(())).unwrap_err();
            assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
        }
        let nowhere = folder.path().join("no/folder/pack");
        let error = StagedPack::copy(&new, &nowhere, &hash, || Ok(())).unwrap_err();
        assert!(matches!(error, Error::Internal { .. }), "{error}");
        assert_eq!(files(folder.path()), ["new"]);
    }

    #[test]
    fn what_was_abandoned_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let kept = ["pack", "pack.txt", "pack2.1-1-1.installing", "other.installing", "packs.installing"];
        for name in kept.iter().chain(&["pack.7-7-7.installing", "pack.8-8-8.installing"]) {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        remove_abandoned(&folder.path().join("pack"));
        let mut kept = kept.to_vec();
        kept.sort_unstable();
        assert_eq!(files(folder.path()), kept);
    }
}
