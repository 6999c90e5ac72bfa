//! A set of rows.

/// A set of rows of a codebook, a bit each.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl std::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bitmap[{} of {}]", self.count(), self.len)
    }
}

impl Bitmap {
    /// No row of `len`.
    pub fn empty(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// Every row of `len`.
    pub fn full(len: usize) -> Self {
        let mut all = Self { words: vec![u64::MAX; len.div_ceil(64)], len };
        all.trim();
        all
    }

    /// These rows of `len`; rows that are not below `len` are left out.
    pub fn from_rows(len: usize, rows: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::empty(len);
        for row in rows {
            set.insert(row);
        }
        set
    }

    /// The rows of `len` that pass; each is asked once, ascending.
    pub fn from_fn(len: usize, pass: impl Fn(usize) -> bool) -> Self {
        let word = |from: usize| {
            (from..len.min(from + 64)).fold(0, |word, row| word | u64::from(pass(row)) << (row - from))
        };
        Self { words: (0..len).step_by(64).map(word).collect(), len }
    }

    /// The rows whose value passes.
    pub fn matching<T: Copy>(values: &[T], pass: impl Fn(T) -> bool) -> Self {
        let word = |part: &[T]| {
            part.iter().zip(0..).fold(0, |word, (value, bit)| word | u64::from(pass(*value)) << bit)
        };
        Self { words: values.chunks(64).map(word).collect(), len: values.len() }
    }

    /// Number of rows that it speaks about.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no row is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }

    /// Number of rows in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Puts a row in; without effect when `row >= len()`.
    pub fn insert(&mut self, row: u32) {
        if (row as usize) < self.len {
            self.words[row as usize / 64] |= 1 << (row % 64);
        }
    }

    /// Takes a row out; without effect when `row >= len()`.
    pub fn remove(&mut self, row: u32) {
        if (row as usize) < self.len {
            self.words[row as usize / 64] &= !(1 << (row % 64));
        }
    }

    /// Whether a row is in the set; false when `row >= len()`.
    pub fn contains(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|w| w >> (row % 64) & 1 == 1)
    }

    /// Keeps what is in `other` too.
    ///
    /// # Panics
    /// When the lengths differ; so do the two below.
    pub fn intersect(&mut self, other: &Self) {
        self.combine(other, |a, b| a & b);
    }

    /// Adds what is in `other`.
    pub fn unite(&mut self, other: &Self) {
        self.combine(other, |a, b| a | b);
    }

    /// Takes out what is in `other`.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, |a, b| a & !b);
    }

    /// Adds rows after the last: those of `other`, counted from there.
    pub fn append(&mut self, other: &Self) {
        let before = self.len;
        self.len += other.len;
        self.words.resize(self.len.div_ceil(64), 0);
        // Rows are counted in 32 bits; `other` is short as a rule.
        other.iter().for_each(|row| self.insert(before as u32 + row));
    }

    /// Swaps what is in the set with what is not.
    pub fn invert(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// The rows of the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.words.iter().zip(0_u32..).flat_map(|(&word, i)| {
            std::iter::successors(Some(word), |w| Some(w & w.wrapping_sub(1)))
                .take_while(|&w| w != 0)
                .map(move |w| i * 64 + w.trailing_zeros())
        })
    }

    /// Bits of rows `64 * i .. 64 * i + 64`, row `64 * i` lowest; 0 past the end.
    pub(super) fn word(&self, i: usize) -> u64 {
        self.words.get(i).copied().unwrap_or(0)
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        assert_eq!(self.len, other.len, "bitmaps of different catalogues");
        for (word, &other) in self.words.iter_mut().zip(&other.words) {
            *word = with(*word, other);
        }
    }

    /// Clears the bits past the end.
    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}
