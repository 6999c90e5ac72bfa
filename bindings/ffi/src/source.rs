//! Location of a pack: a file, or a part of an open one.

use std::fs::File;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::{Path, PathBuf};

use crate::error::{GensrError, Result};
use crate::journal;
use crate::seam::seam;

/// Location of a pack.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum PackSource {
    /// A file of its own.
    Path {
        /// Its path.
        path: String,
    },
    /// A part of an open file, for example an uncompressed asset inside an APK.
    Descriptor {
        /// An open, readable descriptor. It is duplicated: the host may close its own as soon as the call returns.
        fd: i32,
        /// First byte of the pack.
        offset: i64,
        /// Its length in bytes; `None` is to the end of the file.
        length: Option<i64>,
    },
}

/// The pack to open when an app starts: the installed one, unless it is missing, cannot be opened, or is older than the
/// bundled one.
#[uniffi::export]
pub fn newest_pack(installed: &str, bundled: PackSource) -> Result<PackSource> {
    seam(|| {
        journal::start();
        let path = Path::new(installed);
        Ok(match gensr::PackSource::newest(path, bundled.clone().try_into()?)? {
            gensr::PackSource::Path(newest) if newest == path => {
                PackSource::Path { path: installed.to_owned() }
            }
            _ => bundled,
        })
    })
}

impl TryFrom<PackSource> for gensr::PackSource {
    type Error = GensrError;

    fn try_from(source: PackSource) -> Result<Self> {
        match source {
            PackSource::Path { path } => Ok(Self::Path(PathBuf::from(path))),
            PackSource::Descriptor { fd, offset, length } => {
                let offset = not_negative("offset", offset)?;
                let length = length.map(|length| not_negative("length", length)).transpose()?;
                let file = duplicate(fd)?;
                let length = match length {
                    Some(length) => length,
                    None => rest_of(&file, offset)?,
                };
                Ok(Self::File { file, offset, length })
            }
        }
    }
}

fn not_negative(name: &str, number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| invalid(format!("{name} must not be negative")))
}

fn rest_of(file: &File, offset: u64) -> Result<u64> {
    let size = file.metadata().map_err(|e| invalid(format!("fd has no size: {e}")))?.len();
    size.checked_sub(offset).ok_or_else(|| invalid("offset is past the end of the file".to_owned()))
}

/// A descriptor of our own for the same open file.
fn duplicate(fd: RawFd) -> Result<File> {
    if fd < 0 {
        return Err(invalid("fd must not be negative".to_owned()));
    }
    // SAFETY: the number is not -1, and what it names is borrowed for the duplication only. A number that names nothing is
    // answered by the system with EBADF; one that the host lets another thread close meanwhile names nothing or, at worst,
    // another file of the host, which is then read as a pack and refused.
    #[allow(unsafe_code)]
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let owned = borrowed.try_clone_to_owned().map_err(|e| invalid(format!("fd cannot be used: {e}")))?;
    Ok(File::from(owned))
}

fn invalid(reason: String) -> GensrError {
    GensrError::InvalidArgument { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    fn parts(fd: i32, offset: i64, length: Option<i64>) -> Result<(u64, u64)> {
        match gensr::PackSource::try_from(PackSource::Descriptor { fd, offset, length })? {
            gensr::PackSource::File { offset, length, .. } => Ok((offset, length)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_part_of_an_open_file() {
        let file = tempfile::tempfile().expect("a temporary file");
        file.set_len(100).expect("as long");
        let fd = file.as_raw_fd();
        assert_eq!(parts(fd, 10, Some(20)), Ok((10, 20)));
        assert_eq!(parts(fd, 10, None), Ok((10, 90)));
        assert_eq!(parts(fd, 100, None), Ok((100, 0)));
        for (offset, length) in
            [(101, None), (-1, None), (0, Some(-1)), (i64::MIN, Some(i64::MIN)), (i64::MAX, None)]
        {
            assert!(matches!(parts(fd, offset, length), Err(GensrError::InvalidArgument { .. })));
        }
    }

    #[test]
    fn a_number_that_names_no_open_file_is_refused() {
        for fd in [-1, i32::MIN, i32::MAX, 1_000_000] {
            assert!(matches!(parts(fd, 0, Some(1)), Err(GensrError::InvalidArgument { .. })), "{fd}");
        }
    }
}
