//! The pack: one file that holds a catalogue, its model and what it says about itself.
//!
//! [`Pack::open`] checks the whole container (docs/pack-format.md, sections 1 to 3), so that no later read can leave
//! the file; it touches the header only, never the data. [`Pack::verify`] hashes every section.

mod bounds;
mod header;
mod manifest;
mod map;
mod staged;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytemuck::Pod;
use sha2::{Digest, Sha256};

pub use bounds::{MAX_DIM, MAX_ITEMS, MAX_WINDOW};
pub use manifest::{
    AttributeKind, AttributeSpec, Dtype, KindSpec, KindTask, LexicalSpec, Manifest, ModelSpec, NeighbourSpec,
    SectionSpec, TaskSpec, Tasks, TextEncoderKind, TextEncoderSpec, TimeSpec, UnknownKind,
};

use crate::error::{Error, Result};
use header::{ALIGN, Header};
use map::Mapping;
pub(crate) use staged::{StagedPack, remove_abandoned};

#[cfg(target_endian = "big")]
compile_error!("packs are little-endian and read in place");

/// The format version that this engine writes about itself and reads.
///
/// Raise it with any change that an older reader would misread, add a stored fixture under `tests/fixtures`, and
/// raise `OLDEST_SUPPORTED` only when the code that reads an older version goes.
pub const FORMAT_VERSION: u32 = 1;
/// The oldest format version that this engine reads.
pub const OLDEST_SUPPORTED: u32 = 1;

const METADATA_KEYS: [&str; 4] = ["format", "format_version", "manifest", "root"];
/// How much `verify` hashes between two reports of progress.
const VERIFY_STEP: usize = 4 << 20;

/// Where a pack is.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackSource {
    /// A file of its own.
    Path(PathBuf),
    /// A range of an open file, for example an uncompressed asset inside an APK. The offset may be any number.
    File {
        /// The open file; it is closed once the range is mapped.
        file: File,
        /// First byte of the pack.
        offset: u64,
        /// Length of the pack in bytes.
        length: u64,
    },
}

impl PackSource {
    /// The pack to open at start, for an app that ships one and installs newer ones (`Engine::install`): the installed pack,
    /// but the bundled one where nothing is installed yet, where what is installed cannot be opened, or where an update of
    /// the app brought a pack of newer tables (`Manifest::data_ms`; where one of the two does not say, the installed one).
    /// Costs the opening of both, a few milliseconds.
    ///
    /// # Errors
    /// As `Pack::open`, for the bundled pack only.
    pub fn newest(installed: &std::path::Path, bundled: Self) -> Result<Self> {
        let again = bundled.try_clone()?;
        let bundled = Pack::open(bundled)?;
        let pack = match Pack::open(Self::from(installed)) {
            Ok(pack) => pack,
            Err(Error::InvalidArgument { .. }) => return Ok(again),
            Err(error) => {
                log::warn!("the installed pack is passed over: {error}");
                return Ok(again);
            }
        };
        let times = [&pack, &bundled].map(|pack| pack.manifest().data_ms);
        let older = matches!(times, [Some(installed), Some(bundled)] if installed < bundled);
        Ok(if older { again } else { Self::from(installed) })
    }

    fn try_clone(&self) -> Result<Self> {
        Ok(match self {
            Self::Path(path) => Self::Path(path.clone()),
            Self::File { file, offset, length } => {
                let file = file.try_clone();
                let file = file.map_err(|error| Error::internal(format!("cannot open the pack: {error}")))?;
                Self::File { file, offset: *offset, length: *length }
            }
        })
    }
}

impl From<PathBuf> for PackSource {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&std::path::Path> for PackSource {
    fn from(path: &std::path::Path) -> Self {
        Self::Path(path.to_owned())
    }
}

/// Element types that sections can be read as.
pub trait Element: Pod {
    /// The section dtype that this type reads.
    const DTYPE: Dtype;
}

macro_rules! element {
    ($($type:ty => $dtype:ident),*) => {$(
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
        }
    )*};
}
element!(i8 => I8, u8 => U8, i16 => I16, u16 => U16, half::f16 => F16, i32 => I32, u32 => U32, f32 => F32);

/// An open pack. Cheap to share behind an `Arc`, and read-only: any number of threads may use it.
pub struct Pack {
    map: Mapping,
    manifest: Arc<Manifest>,
    id: String,
    sections: BTreeMap<String, Section>,
}

/// Where a section lies in the file.
#[derive(Debug, Clone)]
struct Section {
    /// The elements that mean something.
    used: Range<usize>,
    /// With its padding.
    whole: Range<usize>,
    /// Its place in the manifest.
    row: usize,
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pack")
            .field("id", &self.id)
            .field("name", &self.manifest.name)
            .field("bytes", &self.bytes_len())
            .finish_non_exhaustive()
    }
}

impl Pack {
    /// Maps a pack and checks its container and manifest. Costs the parsing of the header and one SHA-256 of the
    /// manifest, tens of kilobytes, whatever the size of the file.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such file, `BadPack` for what is not a well-formed pack, `Incompatible` for
    /// a format version outside `OLDEST_SUPPORTED ..= FORMAT_VERSION`, `Internal` when the system refuses.
    pub fn open(source: PackSource) -> Result<Self> {
        let map = Mapping::new(source)?;
        let header = Header::parse(map.bytes())?;
        let manifest = read_manifest(&header)?;
        let sections = match_sections(&header, &manifest)?;
        let id = header.metadata["root"].clone();
        Ok(Self { map, manifest: Arc::new(manifest), id, sections })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same, to keep.
    pub(crate) fn shared_manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// The pack id: lower-case hex SHA-256 of the manifest, 64 characters.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Size of the pack in bytes.
    pub fn bytes_len(&self) -> usize {
        self.map.bytes().len()
    }

    /// The bytes of a section, without padding; `None` when the pack has no such section.
    pub fn section(&self, name: &str) -> Option<&[u8]> {
        let section = self.sections.get(name)?;
        self.map.bytes().get(section.used.clone())
    }

    /// The manifest's row of a section.
    pub fn section_spec(&self, name: &str) -> Option<&SectionSpec> {
        self.manifest.sections.get(self.sections.get(name)?.row)
    }

    /// The elements of a section: borrowed where the section is aligned for `T` in memory, copied where it is not.
    ///
    /// # Errors
    /// `BadPack` when there is no such section or it is of another dtype.
    pub fn typed<T: Element>(&self, name: &str) -> Result<Cow<'_, [T]>> {
        let bytes = self.typed_bytes::<T>(name)?;
        Ok(match bytemuck::try_cast_slice(bytes) {
            Ok(elements) => Cow::Borrowed(elements),
            // The only cause left is alignment: the length is a multiple of the element size.
            Err(_) => Cow::Owned(copy_elements(bytes)),
        })
    }

    /// Whether the pack has a section of this name.
    pub fn has(&self, name: &str) -> bool {
        self.sections.contains_key(name)
    }

    pub(crate) fn typed_bytes<T: Element>(&self, name: &str) -> Result<&[u8]> {
        let missing = || Error::bad_pack(format!("section {name} is missing"));
        let spec = self.section_spec(name).ok_or_else(missing)?;
        if spec.dtype != T::DTYPE {
            return Err(Error::bad_pack(format!("section {name} is {:?}, not {:?}", spec.dtype, T::DTYPE)));
        }
        self.section(name).ok_or_else(missing)
    }

    /// Where a section without its padding lies in the file.
    pub(crate) fn range(&self, name: &str) -> Option<Range<usize>> {
        self.sections.get(name).map(|s| s.used.clone())
    }

    /// Bytes of the file; a range from [`Self::range`] is always inside.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.map.bytes()
    }

    /// Hashes every section and compares with the manifest; also refuses padding that is not zero. `progress` gets
    /// the bytes done and the bytes in all, several times a second on a phone.
    ///
    /// # Errors
    /// `BadPack` naming the first section, in the order of the manifest, whose bytes are not what the manifest says.
    pub fn verify(&self, mut progress: impl FnMut(usize, usize)) -> Result<()> {
        let total = self.sections.values().map(|s| s.whole.len()).sum();
        let mut done = 0;
        progress(done, total);
        for spec in &self.manifest.sections {
            let section = &self.sections[&spec.name];
            let mut hash = Sha256::new();
            for part in self.bytes()[section.whole.clone()].chunks(VERIFY_STEP) {
                hash.update(part);
                done += part.len();
                progress(done, total);
            }
            if hex(&hash.finalize()) != spec.sha256 {
                return Err(Error::bad_pack(format!(
                    "section {} is damaged: its SHA-256 differs",
                    spec.name
                )));
            }
            if self.bytes()[section.used.end..section.whole.end].iter().any(|&b| b != 0) {
                return Err(Error::bad_pack(format!("section {}: its padding is not zero", spec.name)));
            }
        }
        Ok(())
    }
}

/// The elements in `bytes`, which may begin at any address.
pub(crate) fn copy_elements<T: Element>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(T::DTYPE.size()).map(bytemuck::pod_read_unaligned).collect()
}

/// Checks `__metadata__` and reads the manifest that it holds.
fn read_manifest(header: &Header) -> Result<Manifest> {
    let get = |key: &str| {
        header
            .metadata
            .get(key)
            .ok_or_else(|| Error::bad_pack(format!("`__metadata__` has no `{key}`: not a pack?")))
    };
    if get("format")? != "gensr" {
        return Err(Error::bad_pack("`format` in `__metadata__` is not `gensr`"));
    }
    let declared = get("format_version")?;
    let version = parse_version(declared)?;
    if !(OLDEST_SUPPORTED..=FORMAT_VERSION).contains(&version) {
        return Err(incompatible(declared));
    }
    if let Some(key) = header.metadata.keys().find(|k| !METADATA_KEYS.contains(&k.as_str())) {
        let key: String = key.chars().take(40).collect();
        return Err(Error::bad_pack(format!("`__metadata__` has {key:?}, which the format does not know")));
    }
    let text = get("manifest")?;
    if hex(&Sha256::digest(text.as_bytes())) != *get("root")? {
        return Err(Error::bad_pack("the manifest is damaged: `root` is not its SHA-256"));
    }
    let manifest: Manifest = serde_json::from_str(text)
        .map_err(|e| Error::bad_pack(format!("manifest: {}", header::place(&e))))?;
    if manifest.format_version != version {
        return Err(Error::bad_pack("`format_version` differs between manifest and `__metadata__`"));
    }
    manifest.check()?;
    Ok(manifest)
}

/// Decimal, no sign, no leading zero; a number too large for us is a version that we do not know.
fn parse_version(text: &str) -> Result<u32> {
    let plain = (1..=20).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if !plain {
        return Err(Error::bad_pack("`format_version` is not a decimal number"));
    }
    text.parse().map_err(|_| incompatible(text))
}

fn incompatible(found: &str) -> Error {
    let supported = if OLDEST_SUPPORTED == FORMAT_VERSION {
        format!("pack format {FORMAT_VERSION}")
    } else {
        format!("pack formats {OLDEST_SUPPORTED} to {FORMAT_VERSION}")
    };
    Error::Incompatible { found: format!("pack format {found}"), supported }
}

/// The manifest's table of sections must say what the header says, row for row.
fn match_sections(header: &Header, manifest: &Manifest) -> Result<BTreeMap<String, Section>> {
    if manifest.sections.len() != header.sections.len() {
        return Err(Error::bad_pack(format!(
            "the manifest has {} sections, the header {}",
            manifest.sections.len(),
            header.sections.len()
        )));
    }
    let mut sections = BTreeMap::new();
    for (row, spec) in manifest.sections.iter().enumerate() {
        let name = &spec.name;
        let entry = header
            .sections
            .get(name)
            .ok_or_else(|| Error::bad_pack("the manifest names a section that the header does not have"))?;
        if (entry.dtype, &entry.shape, entry.data_offsets) != (spec.dtype, &spec.shape, spec.offsets) {
            return Err(Error::bad_pack(format!("section {name} differs between manifest and header")));
        }
        if !is_sha256(&spec.sha256) {
            return Err(Error::bad_pack(format!(
                "section {name}: its SHA-256 is not 64 lower-case hex digits"
            )));
        }
        let [from, to] = spec.offsets;
        let used = used_bytes(spec)?;
        // The header's check has placed `to` inside the file, so these all fit a usize.
        let whole = header.data_start + from as usize..header.data_start + to as usize;
        let used = whole.start..whole.start + used as usize;
        if sections.insert(name.clone(), Section { used, whole, row }).is_some() {
            return Err(Error::bad_pack(format!("section {name} is twice in the manifest")));
        }
    }
    Ok(sections)
}

/// Bytes of the elements that mean something, after checking that the rest is just the padding of section 2.
fn used_bytes(spec: &SectionSpec) -> Result<u64> {
    let bad =
        || Error::bad_pack(format!("section {}: {} elements do not fit its shape", spec.name, spec.elements));
    let size = spec.dtype.size() as u64;
    let used = spec.elements.checked_mul(size).ok_or_else(bad)?;
    let stored = spec.offsets[1] - spec.offsets[0];
    let good = match spec.shape.as_slice() {
        [_] => used.checked_next_multiple_of(ALIGN as u64) == Some(stored),
        [_, width] => {
            used == stored && width.checked_mul(size).is_some_and(|row| row.is_multiple_of(ALIGN as u64))
        }
        _ => false,
    };
    if good { Ok(used) } else { Err(bad()) }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
