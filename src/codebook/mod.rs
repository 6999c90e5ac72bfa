//! The codebook: the items of a pack, read in place.
//!
//! [`Codebook::open`] checks once, in one pass over offsets, scales and indices, everything that later reads rely on.
//! It does not read the int8 rows: any byte is a valid element, and `Pack::verify` is what tells a damaged payload.

mod attributes;
mod column;
mod neighbours;
mod postings;
mod row_ids;
mod strings;
mod words;

use std::sync::Arc;

pub use attributes::{Attribute, AttributeColumn, NO_BOOL, NO_DATE, NO_STRING};
pub use column::Column;
pub use neighbours::Neighbours;
pub use postings::Postings;
pub use strings::StringTable;
pub use words::Words;

use crate::error::{Error, Result};
use crate::pack::{AttributeKind, Pack};
use crate::request::{AttributeValue, MAX_ID_BYTES};

/// int8 rows and the scale of each: `vector = scales[i] * rows[i * dim .. (i + 1) * dim]`.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// All rows after one another.
    pub rows: &'a [i8],
    /// One scale a row.
    pub scales: &'a [f32],
    /// Width of a row, a multiple of 64.
    pub dim: usize,
}

/// The items of an open pack. Read-only; any number of threads may use it.
#[derive(Debug)]
pub struct Codebook {
    pack: Arc<Pack>,
    fused: Matrix,
    semantic: Matrix,
    ids: StringTable,
    id_order: Column<u32>,
    titles: StringTable,
    popularity: Option<Column<f32>>,
    attributes: Vec<Attribute>,
    words: Words,
    neighbours: Option<Neighbours>,
    postings: Option<Postings>,
}

impl Codebook {
    /// Opens and checks the item, word and attribute sections. The cost is linear in items, words and bytes of text;
    /// the vectors are not touched.
    ///
    /// # Errors
    /// `BadPack` naming the section that breaks a rule of docs/pack-format.md.
    pub fn open(pack: Arc<Pack>) -> Result<Self> {
        let manifest = pack.manifest();
        let (items, dim) = (manifest.items, manifest.dim);
        let fused = Matrix::open(&pack, "items.fused", "items.fused_scale", items, dim)?;
        if fused.scales.as_slice().contains(&0.0) {
            return Err(Error::bad_pack("section items.fused_scale: a scale is 0"));
        }
        let semantic_dim = manifest.semantic_dim();
        let semantic = Matrix::open(&pack, "items.semantic", "items.semantic_scale", items, semantic_dim)?;
        let ids = StringTable::open(&pack, "items.id_", Some(items), 1..=MAX_ID_BYTES)?;
        let id_order = Column::open_len(&pack, "items.id_order", items)?;
        check_id_order(&ids, id_order.as_slice())?;
        let titles = StringTable::open(&pack, "items.title_", Some(items), 0..=usize::MAX)?;
        let popularity = if pack.has("items.popularity") {
            let column = Column::<f32>::open_len(&pack, "items.popularity", items)?;
            if !column.as_slice().iter().all(|p| p.is_finite()) {
                return Err(Error::bad_pack("section items.popularity: not finite"));
            }
            Some(column)
        } else {
            None
        };
        let attributes = manifest
            .attributes
            .iter()
            .map(|spec| Attribute::open(&pack, spec, items))
            .collect::<Result<Vec<_>>>()?;
        let words = Words::open(&pack, dim)?;
        let neighbours = Neighbours::open(&pack, items)?;
        let postings = Postings::open(&pack, words.len())?;
        Ok(Self {
            fused,
            semantic,
            ids,
            id_order,
            titles,
            popularity,
            attributes,
            words,
            neighbours,
            postings,
            pack,
        })
    }

    /// The pack that this is a view of.
    pub fn pack(&self) -> &Arc<Pack> {
        &self.pack
    }

    /// N, the number of items.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Never: a pack has at least one item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// d, the width of item vectors.
    pub fn dim(&self) -> usize {
        self.fused.dim
    }

    /// Id of an item.
    ///
    /// # Panics
    /// When `row >= len()`, like the index of a slice.
    pub fn id(&self, row: u32) -> &str {
        self.ids.get(row as usize).expect("row of this codebook")
    }

    /// Row of an item id.
    pub fn row_of(&self, id: &str) -> Option<u32> {
        let order = self.id_order.as_slice();
        let id_at = |i: usize| self.ids.get_bytes(order[i] as usize).unwrap_or_default();
        strings::binary_search(order.len(), |i| id_at(i).cmp(id.as_bytes())).map(|i| order[i])
    }

    /// Title of an item; empty where it has none.
    ///
    /// # Panics
    /// When `row >= len()`.
    pub fn title(&self, row: u32) -> &str {
        self.titles.get(row as usize).expect("row of this codebook")
    }

    /// Length of an item's title in bytes; 0 for a row that does not exist. Cheaper than the title.
    pub fn title_len(&self, row: u32) -> usize {
        self.titles.get_bytes(row as usize).map_or(0, <[u8]>::len)
    }

    /// The fused vector `e` of an item.
    ///
    /// # Panics
    /// When `row >= len()` or `out.len() != dim()`.
    pub fn fused_into(&self, row: u32, out: &mut [f32]) {
        self.fused.row_into(row, out);
    }

    /// The code of the semantic share of an item's vector, as the history graph reads it.
    ///
    /// # Panics
    /// When `row >= len()` or `out` is not as wide as a code.
    pub fn semantic_into(&self, row: u32, out: &mut [f32]) {
        self.semantic.row_into(row, out);
    }

    /// All fused vectors, for scanning.
    pub fn fused_rows(&self) -> Rows<'_> {
        self.fused.rows()
    }

    /// Prior of each item, where the pack has it.
    pub fn popularity(&self) -> Option<&[f32]> {
        self.popularity.as_ref().map(Column::as_slice)
    }

    /// Names and types of the attribute columns, in the order of the manifest.
    pub fn attribute_names(&self) -> impl ExactSizeIterator<Item = (&str, AttributeKind)> {
        self.attributes.iter().map(|a| (a.name.as_str(), a.kind()))
    }

    /// A whole attribute column, for filters.
    pub fn attribute_column(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// An attribute of an item; `None` where the item has none, or there is no such column or row.
    pub fn attribute(&self, row: u32, name: &str) -> Option<AttributeValue> {
        self.attribute_column(name)?.get(row)
    }

    /// The words that items and queries share.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Neighbours of the items, where the pack has them.
    pub fn neighbours(&self) -> Option<&Neighbours> {
        self.neighbours.as_ref()
    }

    /// Which items have which words, where the pack knows.
    pub fn postings(&self) -> Option<&Postings> {
        self.postings.as_ref()
    }

    /// Id of a word as the analyzer spells it; `None` for one that the pack does not know.
    pub fn word_id(&self, word: &str) -> Option<u32> {
        self.words.id(word)
    }

    /// The vector of a word.
    ///
    /// # Panics
    /// When the word is not one of this pack's or `out.len() != dim()`.
    pub fn word_vector_into(&self, word: u32, out: &mut [f32]) {
        self.words.vector_into(word, out);
    }
}

/// An int8 matrix with a scale a row.
#[derive(Debug)]
struct Matrix {
    rows: Column<i8>,
    scales: Column<f32>,
    dim: usize,
}

impl Matrix {
    fn open(pack: &Arc<Pack>, rows: &str, scales: &str, len: usize, dim: usize) -> Result<Self> {
        Ok(Self {
            rows: Column::open_rows(pack, rows, len, dim)?,
            scales: open_scales(pack, scales, len)?,
            dim,
        })
    }

    fn rows(&self) -> Rows<'_> {
        Rows { rows: self.rows.as_slice(), scales: self.scales.as_slice(), dim: self.dim }
    }

    fn row(&self, row: u32) -> (&[i8], f32) {
        let row = row as usize;
        (&self.rows.as_slice()[row * self.dim..(row + 1) * self.dim], self.scales.as_slice()[row])
    }

    fn row_into(&self, row: u32, out: &mut [f32]) {
        let (values, scale) = self.row(row);
        assert_eq!(out.len(), values.len(), "out is not as wide as a row");
        for (out, &value) in out.iter_mut().zip(values) {
            *out = f32::from(value) * scale;
        }
    }

    fn accumulate(&self, row: u32, weight: f32, out: &mut [f32]) {
        let (values, scale) = self.row(row);
        assert_eq!(out.len(), values.len(), "out is not as wide as a row");
        for (out, &value) in out.iter_mut().zip(values) {
            *out += weight * (f32::from(value) * scale);
        }
    }
}

/// Scales of rows: finite and not negative.
fn open_scales(pack: &Arc<Pack>, name: &str, len: usize) -> Result<Column<f32>> {
    let scales = Column::<f32>::open_len(pack, name, len)?;
    if scales.as_slice().iter().all(|s| s.is_finite() && *s >= 0.0) {
        Ok(scales)
    } else {
        Err(Error::bad_pack(format!("section {name}: negative or not finite")))
    }
}

/// `order` must name rows whose ids strictly ascend. That makes ids unique, and `order` a permutation: N different
/// ids need N different rows.
fn check_id_order(ids: &StringTable, order: &[u32]) -> Result<()> {
    let bad = |what: &str| Error::bad_pack(format!("section items.id_order: {what}"));
    let mut before: &[u8] = &[];
    for &row in order {
        let id = ids.get_bytes(row as usize).ok_or_else(|| bad("a row does not exist"))?;
        // The first passes because no id is empty.
        if id <= before {
            return Err(bad("ids do not ascend, or two are the same"));
        }
        before = id;
    }
    Ok(())
}
