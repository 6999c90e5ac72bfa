//! Sections as typed slices that own what keeps them alive.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::pack::{Element, Pack, copy_elements};

/// The elements of one section: a view into the mapped pack, or a copy where the section is not aligned for `T`
/// (an asset inside an APK is 4-aligned, a range of an arbitrary file not at all).
#[derive(Clone)]
pub struct Column<T> {
    data: Data<T>,
}

#[derive(Clone)]
enum Data<T> {
    Mapped { pack: Arc<Pack>, range: Range<usize> },
    Owned(Arc<[T]>),
}

impl<T: Element> Column<T> {
    /// Elements of no pack.
    pub(super) fn owned(elements: Vec<T>) -> Self {
        Self { data: Data::Owned(elements.into()) }
    }

    /// The section `name`, which must be of `T`'s dtype.
    pub(crate) fn open(pack: &Arc<Pack>, name: &str) -> Result<Self> {
        let bytes = pack.typed_bytes::<T>(name)?;
        let data = match bytemuck::try_cast_slice::<u8, T>(bytes) {
            Ok(_) => {
                let missing = || Error::bad_pack(format!("section {name} is missing"));
                Data::Mapped { pack: Arc::clone(pack), range: pack.range(name).ok_or_else(missing)? }
            }
            Err(_) => Data::Owned(copy_elements(bytes).into()),
        };
        Ok(Self { data })
    }

    /// As [`Self::open`], of exactly `len` elements.
    pub(crate) fn open_len(pack: &Arc<Pack>, name: &str, len: usize) -> Result<Self> {
        let column = Self::open(pack, name)?;
        let found = column.as_slice().len();
        if found != len {
            return Err(Error::bad_pack(format!("section {name} has {found} elements, not {len}")));
        }
        Ok(column)
    }

    /// Exactly `rows` rows of `width` elements: a 2-D section, or a 1-D one where rows are not whole blocks of 64 bytes.
    pub(crate) fn open_rows(pack: &Arc<Pack>, name: &str, rows: usize, width: usize) -> Result<Self> {
        let column = Self::open(pack, name)?;
        let shape = pack.section_spec(name).map_or(&[][..], |s| &s.shape);
        let fits = match shape {
            [_] => column.as_slice().len() == rows * width,
            _ => *shape == [rows as u64, width as u64],
        };
        if !fits {
            return Err(Error::bad_pack(format!(
                "section {name} has the shape {shape:?}, not that of {rows} rows of {width}"
            )));
        }
        Ok(column)
    }

    /// The elements, without padding.
    pub fn as_slice(&self) -> &[T] {
        match &self.data {
            // `open` has cast these very bytes, and a map does not move.
            Data::Mapped { pack, range } => bytemuck::cast_slice(&pack.bytes()[range.clone()]),
            Data::Owned(elements) => elements,
        }
    }

    /// Whether the elements were copied out of the map.
    pub fn is_copied(&self) -> bool {
        matches!(self.data, Data::Owned(_))
    }
}

impl<T: Element> std::fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column<{:?}>[{}]", T::DTYPE, self.as_slice().len())
    }
}

impl AsRef<[u8]> for Column<u8> {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}
