//! The words that items and queries share (docs/pack-format.md, section 4.2).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::column::Column;
use super::{Matrix, open_scales};
use crate::error::{Error, Result};
use crate::pack::{Dtype, Pack};

/// Most words of a pack.
const MAX_WORDS: usize = 4_000_000;
/// Longest dictionary in bytes; 4,000,000 words take some 40 MB.
const MAX_DICTIONARY: usize = 128 << 20;

/// Dictionary and vectors of words.
pub struct Words {
    dictionary: fst::Map<Column<u8>>,
    vectors: Vectors,
}

/// Vectors as the pack holds them. Few are read for a query, so that unpacking costs nothing that counts.
enum Vectors {
    /// int8.
    Whole(Matrix),
    /// Two 4-bit numbers a byte, the lower half first, each plus [`HALF_ZERO`].
    Halves { bytes: Column<u8>, scales: Column<f32>, dim: usize },
}

/// The half of a byte that means 0.
const HALF_ZERO: u8 = 8;

impl Vectors {
    fn open(pack: &Arc<Pack>, rows: usize, dim: usize) -> Result<Self> {
        let (name, scale) = ("words.vectors", "words.scale");
        if pack.section_spec(name).is_some_and(|section| section.dtype == Dtype::U8) {
            let bytes = Column::open_rows(pack, name, rows, dim / 2)?;
            return Ok(Self::Halves { bytes, scales: open_scales(pack, scale, rows)?, dim });
        }
        Ok(Self::Whole(Matrix::open(pack, name, scale, rows, dim)?))
    }

    fn len(&self) -> usize {
        match self {
            Self::Whole(matrix) => matrix.scales.as_slice().len(),
            Self::Halves { scales, .. } => scales.as_slice().len(),
        }
    }

    fn accumulate(&self, word: u32, weight: f32, out: &mut [f32]) {
        match self {
            Self::Whole(matrix) => matrix.accumulate(word, weight, out),
            Self::Halves { bytes, scales, dim } => {
                assert_eq!(out.len(), *dim, "width of a word's vector");
                let word = word as usize;
                let row = &bytes.as_slice()[word * dim / 2..(word + 1) * dim / 2];
                let step = weight * scales.as_slice()[word];
                let value = |half: u8| f32::from(half) - f32::from(HALF_ZERO);
                for (pair, &byte) in out.chunks_exact_mut(2).zip(row) {
                    pair[0] += step * value(byte & 15);
                    pair[1] += step * value(byte >> 4);
                }
            }
        }
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words[{}]", self.len())
    }
}

impl Words {
    pub(super) fn open(pack: &Arc<Pack>, dim: usize) -> Result<Self> {
        let bad = |what: String| Error::bad_pack(format!("section words.dictionary: {what}"));
        let bytes = Column::<u8>::open(pack, "words.dictionary")?;
        // `fst` trusts its input: a damaged automaton makes it index out of range. That is a panic, not undefined
        // behaviour, so the automaton is walked once here, where a panic is caught and means a bad pack. Whatever
        // walks over a dictionary that has passed goes over nodes that have been decoded here without one.
        let dictionary = catch_unwind(AssertUnwindSafe(|| {
            let map = fst::Map::new(bytes).map_err(|e| e.to_string())?;
            check_automaton(map.as_fst())?;
            Ok::<_, String>(map)
        }))
        .unwrap_or_else(|_| Err("its nodes lead out of it".to_owned()))
        .map_err(bad)?;
        let words = dictionary.len();
        if words > MAX_WORDS {
            return Err(bad(format!("{words} words, more than {MAX_WORDS}")));
        }
        let rows = Column::<f32>::open(pack, "words.scale")?.as_slice().len();
        if rows > words {
            return Err(Error::bad_pack(format!("section words.scale: {rows} vectors for {words} words")));
        }
        let vectors = Vectors::open(pack, rows, dim)?;
        Ok(Self { dictionary, vectors })
    }

    /// V, the number of words.
    pub fn len(&self) -> usize {
        self.dictionary.len()
    }

    /// Whether the pack has no words.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Id of a word, as the analyzer spells it.
    pub fn id(&self, word: &str) -> Option<u32> {
        let id = self.dictionary.get(word)?;
        u32::try_from(id).ok().filter(|&id| (id as usize) < self.len())
    }

    /// The automaton, for completion and typos. Values may be any number in a hostile pack: compare with `len()`.
    pub fn dictionary(&self) -> &fst::Map<Column<u8>> {
        &self.dictionary
    }

    /// Number of words with a vector: those with smaller ids, the more frequent ones.
    pub fn vectors(&self) -> usize {
        self.vectors.len()
    }

    /// The vector of a word.
    ///
    /// # Panics
    /// When `word >= vectors()` or `out` is not as wide as the pack's vectors.
    pub fn vector_into(&self, word: u32, out: &mut [f32]) {
        out.fill(0.0);
        self.vectors.accumulate(word, 1.0, out);
    }

    /// Adds `weight` times the vector of a word to `out`.
    ///
    /// # Panics
    /// When `word >= vectors()` or `out` is not as wide as the pack's vectors.
    pub fn accumulate(&self, word: u32, weight: f32, out: &mut [f32]) {
        self.vectors.accumulate(word, weight, out);
    }
}

/// Decodes every node that can be reached, and checks what keeps later walks finite and exact: transitions lead to
/// lower addresses (so there is no cycle), look-ups agree with them, the words are as many as the footer says, and
/// values cannot overflow. Linear in the bytes of the dictionary, with a counter for each.
///
/// May panic on hostile bytes: call it under `catch_unwind`.
fn check_automaton(fst: &fst::raw::Fst<Column<u8>>) -> std::result::Result<(), String> {
    let bytes = fst.as_bytes().len();
    let root = fst.root().addr();
    if bytes > MAX_DICTIONARY || root >= bytes {
        return Err("too long, or its root is outside".to_owned());
    }
    // Words that lead from the root to the node at an address. A node's children lie below it, so that going down
    // visits every node after all of its parents.
    let mut ways = vec![0_u32; root + 1];
    ways[root] = 1;
    let mut words = 0_u64;
    for addr in (0..=root).rev() {
        let here = ways[addr];
        if here == 0 {
            continue;
        }
        let node = fst.node(addr);
        if node.is_final() {
            words += u64::from(here);
            check_value(node.final_output().value())?;
        }
        let mut before = None;
        for (index, to) in node.transitions().enumerate() {
            if to.addr >= addr
                || before.is_some_and(|b| b >= to.inp)
                || node.find_input(to.inp) != Some(index)
            {
                return Err("its transitions are out of order".to_owned());
            }
            before = Some(to.inp);
            check_value(to.out.value())?;
            ways[to.addr] = ways[to.addr].checked_add(here).ok_or("too many words")?;
        }
        // A wide node is looked up through a table of 256 bytes, which must be there for the other bytes too.
        for byte in 0..=255 {
            if node.find_input(byte).is_some_and(|index| node.transition(index).inp != byte) {
                return Err("its look-up table is wrong".to_owned());
            }
            if node.len() <= 32 {
                break;
            }
        }
    }
    if words == fst.len() as u64 { Ok(()) } else { Err("its number of words is wrong".to_owned()) }
}

/// Values of transitions add up to word ids, so each is below 2^32; paths are far shorter than 2^32 steps.
fn check_value(value: u64) -> std::result::Result<(), String> {
    if value <= u64::from(u32::MAX) { Ok(()) } else { Err("a value is not a word id".to_owned()) }
}
