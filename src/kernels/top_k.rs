//! The k best of a list of scores.

use std::cmp::Ordering;

use super::Bitmap;

/// Which rows may win.
#[derive(Debug, Clone, Copy, Default)]
pub enum Keep<'a> {
    /// All.
    #[default]
    All,
    /// Only these.
    Only(&'a Bitmap),
    /// All but these.
    Except(&'a Bitmap),
}

impl Keep<'_> {
    /// Bits of the rows `64 * block ..` that may win.
    fn word(self, block: usize) -> u64 {
        match self {
            Self::All => u64::MAX,
            Self::Only(rows) => rows.word(block),
            Self::Except(rows) => !rows.word(block),
        }
    }
}

/// The `k` best rows, best first: by score descending, equal scores by row ascending. NaN never wins. Fewer than `k`
/// only where no more rows may win. Bitmaps count as empty past their end.
///
/// Cost: one comparison a score, and a selection for every `k` candidates or more that beat the best k so far; for scores
/// in random order that is `k * ln(n / k)` candidates.
///
/// # Panics
/// When there are more than `u32::MAX` scores.
pub fn top_k(scores: &[f32], k: usize, keep: Keep<'_>) -> Vec<(u32, f32)> {
    assert!(u32::try_from(scores.len()).is_ok(), "rows are u32");
    if k == 0 {
        return Vec::new();
    }
    // Candidates; cut back to the k best whenever there are `full` of them.
    let full = k.min(scores.len()).saturating_mul(2).max(64);
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(full.min(scores.len()));
    // The k-th best so far, once there are k. Rows ascend, so a later row with the same score loses to it.
    let mut bar: Option<f32> = None;
    for (block, part) in scores.chunks(64).enumerate() {
        if let Some(bar) = bar {
            // No early exit, so that the compiler makes vector code of it.
            if !part.iter().fold(false, |any, &s| any | (s > bar)) {
                continue;
            }
        }
        let allowed = keep.word(block);
        if allowed == 0 {
            continue;
        }
        for (i, &score) in part.iter().enumerate() {
            let wins = bar.map_or(!score.is_nan(), |bar| score > bar);
            if wins && allowed >> i & 1 == 1 {
                best.push(((block * 64 + i) as u32, score));
                if best.len() >= full {
                    bar = Some(cut(&mut best, k));
                }
            }
        }
    }
    best.sort_unstable_by(order);
    best.truncate(k);
    best
}

/// Leaves the k best, in any order, and returns the worst score among them. There are at least k.
fn cut(best: &mut Vec<(u32, f32)>, k: usize) -> f32 {
    let (_, &mut (_, bar), _) = best.select_nth_unstable_by(k - 1, order);
    best.truncate(k);
    bar
}

/// Best first. No NaN gets here, so the order is total; 0 and -0 are equal.
fn order(a: &(u32, f32), b: &(u32, f32)) -> Ordering {
    b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal).then(a.0.cmp(&b.0))
}
