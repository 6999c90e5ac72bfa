//! The codebook: the items of a pack, read in place, and those that came after it.
//!
//! [`Codebook::open`] checks once, in one pass over offsets, scales and indices, everything that later reads rely on.
//! It does not read the int8 rows: any byte is a valid element, and `Pack::verify` detects a damaged payload.
//!
//! A codebook is immutable. [`Codebook::with_live`] makes another one of the same pack with other live items: their rows go on
//! where those of the pack end, and the rows of the pack that they replace, or that were removed, are dead: in their place, and
//! in no response (`alive`).

mod attributes;
mod cells;
mod column;
mod lists;
mod live;
mod matrix;
mod neighbours;
mod postings;
mod row_ids;
mod strings;
mod values;
mod vectors;
mod with_live;
mod words;

use std::sync::{Arc, OnceLock};

pub use attributes::{Attribute, AttributeColumn, NO_BOOL, NO_DATE, NO_STRING};
pub use cells::{Cells, Dictionary, Sets};
pub use column::Column;
pub use lists::{NeighbourLists, WordLists};
pub(crate) use live::{LiveEntry, LiveItem, LiveVector, Quantised};
pub use matrix::Rows;
pub use neighbours::Neighbours;
pub use postings::Postings;
pub use strings::StringTable;
pub(crate) use values::Values;
pub use words::Words;

use crate::error::{Error, Result};
use crate::kernels::Bitmap;
use crate::lexical::Lexicon;
use crate::limits::MAX_ID_BYTES;
use crate::pack::{AttributeKind, Pack};
use crate::value::AttributeValue;
use live::Live;
use matrix::{Matrix, open_scales, unpack};
use vectors::LiveRows;

/// The items of an open pack and those that came after it. Read-only; any number of threads may use it.
#[derive(Debug)]
pub struct Codebook {
    base: Arc<Base>,
    /// Those of the pack, and the values of live items after them.
    attributes: Arc<Vec<Attribute>>,
    popularity: Option<Cells<f32>>,
    live: Arc<Live>,
    rows: LiveRows,
    /// The rows that are in the catalogue.
    alive: Arc<Bitmap>,
    /// The rows that are not, ascending.
    dead: Arc<[u32]>,
}

/// Items and words of a pack, without live items.
#[derive(Debug)]
struct Base {
    pack: Arc<Pack>,
    fused: Matrix,
    semantic: Matrix,
    ids: StringTable,
    id_order: Column<u32>,
    titles: StringTable,
    words: Words,
    neighbours: Option<Neighbours>,
    postings: Option<Postings>,
    /// Mean of the fused vectors; made when it is first asked for.
    mean: OnceLock<Vec<f32>>,
    /// Vector of an item without one of its own, the mean of all; made for the first such item.
    average: OnceLock<LiveVector>,
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
            Some(Cells::new(column))
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
        let base = Base {
            fused,
            semantic,
            ids,
            id_order,
            titles,
            words,
            neighbours,
            postings,
            mean: OnceLock::new(),
            average: OnceLock::new(),
            pack: Arc::clone(&pack),
        };
        Ok(Self {
            base: Arc::new(base),
            attributes: Arc::new(attributes),
            popularity,
            live: Arc::default(),
            rows: LiveRows::default(),
            alive: Arc::new(Bitmap::full(items)),
            dead: Arc::default(),
        })
    }

    /// The pack behind this codebook.
    pub fn pack(&self) -> &Arc<Pack> {
        &self.base.pack
    }

    /// Number of rows: those of the pack and those of the live items, dead ones included.
    pub fn len(&self) -> usize {
        self.alive.len()
    }

    /// Never: a pack has at least one item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows that are in the catalogue: what every selection starts from.
    pub fn alive(&self) -> &Bitmap {
        &self.alive
    }

    /// The rows that `alive` lacks, ascending.
    pub fn dead_rows(&self) -> &[u32] {
        &self.dead
    }

    /// Number of live items.
    pub fn live_len(&self) -> usize {
        self.live.items.len()
    }

    /// The place among the live items of a row; `None` for one of the pack.
    fn live_place(&self, row: u32) -> Option<usize> {
        (row as usize).checked_sub(self.base.items())
    }

    /// d, the width of item vectors.
    pub fn dim(&self) -> usize {
        self.base.fused.dim
    }

    /// Id of an item.
    ///
    /// # Panics
    /// When `row >= len()`, like the index of a slice.
    pub fn id(&self, row: u32) -> &str {
        match self.live_place(row) {
            Some(place) => &self.live.items[place].id,
            None => self.base.ids.get(row as usize).expect("row of this codebook"),
        }
    }

    /// Row of the id of an item of the catalogue.
    pub fn row_of(&self, id: &str) -> Option<u32> {
        if let Some(place) = self.live.by_id.get(id) {
            return Some(self.base.items() as u32 + place);
        }
        self.base.row_of(id).filter(|row| self.alive.contains(*row))
    }

    /// Title of an item; empty where it has none.
    ///
    /// # Panics
    /// When `row >= len()`.
    pub fn title(&self, row: u32) -> &str {
        match self.live_place(row) {
            Some(place) => &self.live.items[place].title,
            None => self.base.titles.get(row as usize).expect("row of this codebook"),
        }
    }

    /// Length of an item's title in bytes; 0 for a row that does not exist. Cheaper than the title.
    pub fn title_len(&self, row: u32) -> usize {
        match self.live_place(row) {
            Some(place) => self.live.items.get(place).map_or(0, |item| item.title.len()),
            None => self.base.titles.get_bytes(row as usize).map_or(0, <[u8]>::len),
        }
    }

    /// The fused vector `e` of an item.
    ///
    /// # Panics
    /// When `row >= len()` or `out.len() != dim()`.
    pub fn fused_into(&self, row: u32, out: &mut [f32]) {
        let (values, scale) = self.fused_row(row);
        unpack(values, scale, out);
    }

    /// The code of the semantic share of an item's vector, as the history graph reads it.
    ///
    /// # Panics
    /// When `row >= len()` or `out` is not as wide as a code.
    pub fn semantic_into(&self, row: u32, out: &mut [f32]) {
        let (values, scale) = match self.live_place(row) {
            Some(place) => self.rows.semantic(place),
            None => self.base.semantic.row(row),
        };
        unpack(values, scale, out);
    }

    /// The int8 row of an item's fused vector, and its scale.
    ///
    /// # Panics
    /// When `row >= len()`.
    pub fn fused_row(&self, row: u32) -> (&[i8], f32) {
        match self.live_place(row) {
            Some(place) => self.rows.fused(place),
            None => self.base.fused.row(row),
        }
    }

    /// The fused vectors of the pack, for scanning.
    pub fn fused_rows(&self) -> Rows<'_> {
        self.base.fused.rows()
    }

    /// The fused vectors of the live items, whose rows go on where those of the pack end.
    pub fn live_rows(&self) -> Rows<'_> {
        self.rows.rows(self.dim())
    }

    /// The mean fused vector of the pack, of a large one of a sample: the average item, whatever came after the pack.
    pub fn mean(&self) -> &[f32] {
        self.base.mean()
    }

    /// Key of the vector of a row, for states that outlive this codebook: two rows have the same key only where they
    /// have the same vector, in all codebooks of one pack and one process.
    pub fn vector_key(&self, row: u32) -> u64 {
        self.live_place(row).map_or(u64::from(row), |place| self.rows.key(place))
    }

    /// Whether an item has a vector that says something of it. Without one it stands where the average item stands.
    pub fn has_vector(&self, row: u32) -> bool {
        self.live_place(row).is_none_or(|place| self.rows.is_known(place))
    }

    /// Live items without a vector that says something of them, by row.
    pub fn without_vector(&self) -> impl Iterator<Item = u32> {
        (self.base.items() as u32..self.len() as u32).filter(|row| !self.has_vector(*row))
    }

    /// Prior of each item, where the pack has it; that of a live item that the pack does not know is the least.
    pub fn popularity(&self) -> Option<&Cells<f32>> {
        self.popularity.as_ref()
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

    /// The words that the pack knows, with vectors.
    pub fn words(&self) -> &Words {
        &self.base.words
    }

    /// The words that items have, those included that only live items have.
    pub fn lexicon(&self) -> Lexicon<'_, Column<u8>> {
        Lexicon::new(self.base.words.dictionary(), self.live.dictionary.as_ref())
    }

    /// Neighbours of the items, where the pack has them.
    pub fn neighbours(&self) -> Option<NeighbourLists<'_>> {
        Some(NeighbourLists { lists: self.base.neighbours.as_ref()?, codebook: self })
    }

    /// Which items have which words, where the pack knows.
    pub fn postings(&self) -> Option<WordLists<'_>> {
        Some(WordLists { lists: self.base.postings.as_ref()?, codebook: self })
    }

    /// Id of a word as the analyzer spells it; `None` for one that no item has.
    pub fn word_id(&self, word: &str) -> Option<u32> {
        self.lexicon().get(word)
    }

    /// Whether the pack knows a word; the others came with live items.
    pub fn is_word_of_pack(&self, word: u32) -> bool {
        (word as usize) < self.base.words.len()
    }

    /// The vector of a word.
    ///
    /// # Panics
    /// When the word is not one of this pack's or `out.len() != dim()`.
    pub fn word_vector_into(&self, word: u32, out: &mut [f32]) {
        self.base.words.vector_into(word, out);
    }
}

impl Base {
    /// N, the number of items of the pack.
    fn items(&self) -> usize {
        self.ids.len()
    }

    fn mean(&self) -> &[f32] {
        self.mean.get_or_init(|| self.fused.mean())
    }

    /// Row of an id of the pack.
    fn row_of(&self, id: &str) -> Option<u32> {
        let order = self.id_order.as_slice();
        let id_at = |i: usize| self.ids.get_bytes(order[i] as usize).unwrap_or_default();
        strings::binary_search(order.len(), |i| id_at(i).cmp(id.as_bytes())).map(|i| order[i])
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
