//! The vectors of live items: a second block of rows.

use std::sync::Arc;

use super::{Base, LiveEntry, LiveVector, Matrix, Quantised, Rows};

/// Rows and codes of the live items, by place. A change makes new ones.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveRows {
    fused: Block,
    semantic: Block,
    keys: Arc<[u64]>,
    known: Arc<[bool]>,
}

/// int8 rows and the scale of each.
#[derive(Debug, Clone, Default)]
struct Block {
    rows: Vec<i8>,
    scales: Vec<f32>,
}

impl Block {
    fn put(&mut self, place: usize, row: &[i8], scale: f32) {
        self.rows[place * row.len()..(place + 1) * row.len()].copy_from_slice(row);
        self.scales[place] = scale;
    }

    fn row(&self, place: usize) -> (&[i8], f32) {
        let width = self.rows.len() / self.scales.len();
        (&self.rows[place * width..(place + 1) * width], self.scales[place])
    }
}

impl LiveRows {
    /// Of each item the vector that was made of its text, else that of the item of the pack that it goes on for, else that of
    /// the average item: an item known only by its words neither gains nor displaces others.
    pub(super) fn new(entries: &[LiveEntry], base: &Base) -> Self {
        let block = |matrix: &Matrix| Block {
            rows: vec![0; entries.len() * matrix.dim],
            scales: vec![0.0; entries.len()],
        };
        let (mut fused, mut semantic) = (block(&base.fused), block(&base.semantic));
        let (mut keys, mut known) = (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        for (place, LiveEntry { item, vector }) in entries.iter().enumerate() {
            match (vector, item.origin) {
                (Some(vector), None) if vector.is_known() => {
                    fused.put(place, &vector.fused.row, vector.fused.scale);
                    semantic.put(place, &vector.semantic.row, vector.semantic.scale);
                    keys.push(vector.key);
                    known.push(true);
                }
                (_, Some(row)) => {
                    let ((own, scale), (code, code_scale)) = (base.fused.row(row), base.semantic.row(row));
                    fused.put(place, own, scale);
                    semantic.put(place, code, code_scale);
                    keys.push(u64::from(row));
                    known.push(true);
                }
                _ => {
                    let average = base.average();
                    fused.put(place, &average.fused.row, average.fused.scale);
                    semantic.put(place, &average.semantic.row, average.semantic.scale);
                    keys.push(item.key);
                    known.push(false);
                }
            }
        }
        Self { fused, semantic, keys: keys.into(), known: known.into() }
    }

    /// With these vectors in these rows.
    pub(super) fn with(&self, made: &[(u32, Arc<LiveVector>)], base: &Base) -> Self {
        let mut next = self.clone();
        let (mut keys, mut known) = (self.keys.to_vec(), self.known.to_vec());
        for (row, vector) in made.iter().filter(|(_, vector)| vector.is_known()) {
            let Some(place) = (*row as usize).checked_sub(base.items()).filter(|place| *place < keys.len())
            else {
                continue;
            };
            next.fused.put(place, &vector.fused.row, vector.fused.scale);
            next.semantic.put(place, &vector.semantic.row, vector.semantic.scale);
            keys[place] = vector.key;
            known[place] = true;
        }
        Self { keys: keys.into(), known: known.into(), ..next }
    }

    pub(super) fn fused(&self, place: usize) -> (&[i8], f32) {
        self.fused.row(place)
    }

    pub(super) fn semantic(&self, place: usize) -> (&[i8], f32) {
        self.semantic.row(place)
    }

    pub(super) fn rows(&self, dim: usize) -> Rows<'_> {
        Rows { rows: &self.fused.rows, scales: &self.fused.scales, dim }
    }

    pub(super) fn key(&self, place: usize) -> u64 {
        self.keys[place]
    }

    pub(super) fn is_known(&self, place: usize) -> bool {
        self.known[place]
    }
}

impl Base {
    /// An item of which nothing is known: its score for anything is the mean of those of the pack.
    fn average(&self) -> &LiveVector {
        self.average.get_or_init(|| {
            LiveVector::new(Quantised::new(self.mean()), Quantised::new(&self.semantic.mean()))
        })
    }
}
