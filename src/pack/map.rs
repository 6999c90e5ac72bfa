//! The memory map of a pack: the one place of this crate that maps a file.

use std::fs::File;
use std::io::ErrorKind;

use memmap2::{Mmap, MmapOptions};

use crate::error::{Error, Result};
use crate::pack::PackSource;

/// Read-only bytes of a pack, mapped.
pub(super) struct Mapping {
    map: Mmap,
}

impl Mapping {
    /// Maps what `source` names. The range is checked against the size of the file first, so that the map never
    /// reaches past its end.
    pub(super) fn new(source: PackSource) -> Result<Self> {
        let (file, offset, length) = match source {
            PackSource::Path(path) => {
                let file = File::open(&path).map_err(|e| {
                    let reason = format!("cannot open {}: {e}", path.display());
                    if e.kind() == ErrorKind::NotFound {
                        Error::invalid(reason)
                    } else {
                        Error::internal(reason)
                    }
                })?;
                let length = size_of_file(&file)?;
                (file, 0, length)
            }
            PackSource::File { file, offset, length } => {
                let size = size_of_file(&file)?;
                let end = offset.checked_add(length);
                if end.is_none_or(|end| end > size) {
                    return Err(Error::bad_pack(format!(
                        "bytes {offset} + {length} of a file that has {size} bytes"
                    )));
                }
                (file, offset, length)
            }
        };
        if length == 0 {
            return Err(Error::bad_pack("the file is empty"));
        }
        let length = usize::try_from(length)
            .ok()
            .filter(|&n| isize::try_from(n).is_ok())
            .ok_or_else(|| Error::bad_pack(format!("{length} bytes do not fit in the address space")))?;
        // memmap2 rounds an offset that is not a multiple of the page size down, and skips the difference.
        // SAFETY: the range lies within the file (checked above), and a pack is never written in place: writers
        // write another file and rename it (docs/pack-format.md, 1). A process that truncates the file under the map
        // anyway gets a bus error from the operating system, as with every program or library that is mapped.
        #[allow(unsafe_code)]
        let map = unsafe { MmapOptions::new().offset(offset).len(length).map(&file) }
            .map_err(|e| Error::internal(format!("mapping the pack: {e}")))?;
        Ok(Self { map })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }
}

fn size_of_file(file: &File) -> Result<u64> {
    let meta = file.metadata().map_err(|e| Error::internal(format!("size of the pack: {e}")))?;
    if !meta.is_file() {
        return Err(Error::bad_pack("not a regular file"));
    }
    Ok(meta.len())
}
