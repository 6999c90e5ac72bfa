//! The safetensors header of a pack, and the rules of docs/pack-format.md section 1 on top of it.
//!
//! The header is parsed here rather than by the `safetensors` crate, which lets a later key replace an earlier one
//! of the same name and allows holes in `__metadata__` that we refuse; the tests read the same files with that
//! crate to keep us inside the published format.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::error::{Error, Result};
use crate::pack::manifest::Dtype;

/// Bytes of the length field in front of the header.
pub(super) const PREFIX: usize = 8;
/// Longest header; a real one is some ten kilobytes, nearly all of it the manifest.
const MAX_HEADER: u64 = 16 << 20;
/// Most sections; a real pack has some forty.
pub(super) const MAX_SECTIONS: usize = 4_096;
/// Section lengths and the start of the data are multiples of this.
pub(super) const ALIGN: usize = 64;

/// One section as the header has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<u64>,
    pub(super) data_offsets: [u64; 2],
}

/// A header whose sections cover the data exactly.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) sections: BTreeMap<String, Entry>,
    /// Where the data begins in the file.
    pub(super) data_start: usize,
}

impl Header {
    /// Reads and checks the header of a whole pack. Nothing is allocated in proportion to a number in the file
    /// before that number is compared with the size of the file.
    pub(super) fn parse(file: &[u8]) -> Result<Self> {
        let prefix = file
            .first_chunk::<PREFIX>()
            .ok_or_else(|| Error::bad_pack(format!("{} bytes are too few for a pack", file.len())))?;
        let length = u64::from_le_bytes(*prefix);
        if length > MAX_HEADER {
            return Err(Error::bad_pack(format!(
                "header of {length} bytes, more than {MAX_HEADER}: not a pack?"
            )));
        }
        // At most 16 MiB + 8, which every usize holds.
        let data_start = PREFIX + length as usize;
        let text = file.get(PREFIX..data_start).ok_or_else(|| {
            Error::bad_pack(format!("truncated: the header ends at {data_start}, the file at {}", file.len()))
        })?;
        if !data_start.is_multiple_of(ALIGN) {
            return Err(Error::bad_pack(format!(
                "the data begins at {data_start}, not at a multiple of {ALIGN}"
            )));
        }
        if text.first() != Some(&b'{') {
            return Err(Error::bad_pack("the header does not begin with `{`: not a pack?"));
        }
        let raw: RawHeader =
            serde_json::from_slice(text).map_err(|e| Error::bad_pack(format!("header: {}", place(&e))))?;
        let metadata = raw.metadata.ok_or_else(|| Error::bad_pack("the header has no `__metadata__`"))?.0;
        check_cover(&raw.sections, (file.len() - data_start) as u64)?;
        Ok(Self { metadata, sections: raw.sections, data_start })
    }
}

/// A JSON error without the text that it may quote.
pub(super) fn place(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if text.len() > 200 {
        let cut = (0..=200).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        text.truncate(cut);
        text.push_str(" ...");
    }
    text
}

/// Sections must be of whole 64-byte blocks, of the size that their shape says, and lie back to back over all of
/// the data.
fn check_cover(sections: &BTreeMap<String, Entry>, data: u64) -> Result<()> {
    let mut ordered: Vec<(&String, &Entry)> = sections.iter().collect();
    ordered.sort_by_key(|(_, e)| e.data_offsets);
    let mut end = 0_u64;
    for (name, entry) in ordered {
        let [from, to] = entry.data_offsets;
        if from != end || to < from {
            return Err(Error::bad_pack(format!(
                "section {name} has bytes {from}..{to} where {end} is next: overlap or hole"
            )));
        }
        if to > data {
            return Err(Error::bad_pack(format!(
                "truncated: section {name} ends at {to}, the data at {data}"
            )));
        }
        let size = entry
            .shape
            .iter()
            .try_fold(entry.dtype.size() as u64, |n, &axis| n.checked_mul(axis))
            .ok_or_else(|| Error::bad_pack(format!("section {name}: its shape overflows")))?;
        if size != to - from {
            return Err(Error::bad_pack(format!(
                "section {name}: its shape needs {size} bytes, it has {}",
                to - from
            )));
        }
        if !size.is_multiple_of(ALIGN as u64) {
            return Err(Error::bad_pack(format!(
                "section {name}: {size} bytes are not a multiple of {ALIGN}"
            )));
        }
        if !matches!(entry.shape.len(), 1 | 2) {
            return Err(Error::bad_pack(format!(
                "section {name} has {} axes, not 1 or 2",
                entry.shape.len()
            )));
        }
        end = to;
    }
    if end != data {
        return Err(Error::bad_pack(format!("the sections end at {end}, the data at {data}")));
    }
    Ok(())
}

fn is_section_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'@' | b'-'))
}

struct RawHeader {
    metadata: Option<Metadata>,
    sections: BTreeMap<String, Entry>,
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = RawHeader;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a safetensors header")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<RawHeader, A::Error> {
                let mut header = RawHeader { metadata: None, sections: BTreeMap::new() };
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        if header.metadata.replace(map.next_value()?).is_some() {
                            return Err(A::Error::custom("`__metadata__` twice"));
                        }
                        continue;
                    }
                    if !is_section_name(&name) {
                        return Err(A::Error::custom("a section's name is not [a-z0-9_.@-]{1,64}"));
                    }
                    if header.sections.len() == MAX_SECTIONS {
                        return Err(A::Error::custom(format_args!("more than {MAX_SECTIONS} sections")));
                    }
                    let entry = map.next_value()?;
                    if header.sections.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("section {name} twice")));
                    }
                    header.sections.insert(name, entry);
                }
                Ok(header)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// `__metadata__`: strings only, each key once.
struct Metadata(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Metadata, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, String>()? {
                    if all.insert(key, value).is_some() {
                        return Err(A::Error::custom("a key of `__metadata__` twice"));
                    }
                }
                Ok(Metadata(all))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}
