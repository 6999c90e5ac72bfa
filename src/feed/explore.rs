//! Seeded places for items that would not come up by their score.
//!
//! Which places: every `1 / share`-th, from a start that the seed decides. Which items: a draw without replacement by
//! Gumbel noise (Kool et al. 2019) on their scores, less what their popularity has earned them already. The noise of an item
//! depends on the seed and the item alone, so the pages of a list agree.

use crate::request::Exploration;

/// Candidates of a pool, by score, that need no exploration: they come up soon enough.
pub(super) const SETTLED: usize = 50;
/// Standard deviations of the pool's scores that are worth as much as a factor e of the odds.
const TEMPERATURE: f32 = 1.0;
/// How much of its popularity's logarithm an item has to make up for.
const EXPOSURE: f32 = 0.5;

/// Whether exploration has a place of a list, counted from 0; never the first.
pub(super) fn explores(Exploration { share, seed }: Exploration, place: usize) -> bool {
    let share = f64::from(share);
    let start = (1.0 - share) * uniform(seed, u64::MAX);
    let before = |place: usize| (place as f64 * share + start).floor();
    before(place + 1) > before(place)
}

/// Random draw of a candidate: the highest is explored first. `unit` is a standard deviation of scores, above 0.
pub(super) fn draw(seed: u64, row: u32, score: f32, popularity: f32, unit: f32) -> f64 {
    let odds = score / (TEMPERATURE * unit) - EXPOSURE * popularity;
    f64::from(odds) - (-uniform(seed, u64::from(row)).ln()).ln()
}

/// A number in (0, 1), by SplitMix64's finaliser.
fn uniform(seed: u64, stream: u64) -> f64 {
    let mut x = seed.wrapping_add(stream.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 * 2_f64.powi(-53) + 2_f64.powi(-54)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_share_of_the_places_is_the_share_asked_for(share in 0.001_f32..=0.5, seed: u64, places in 1_usize..400) {
            let exploration = Exploration { share, seed };
            let explored = (0..places).filter(|place| explores(exploration, *place)).count() as f64;
            prop_assert!((explored - f64::from(share) * places as f64).abs() < 1.0 + 1e-6);
            prop_assert!(!explores(exploration, 0));
        }
    }

    #[test]
    fn draws_follow_the_odds() {
        // Two candidates, one standard deviation apart: e to 1.
        let wins =
            (0..20_000_u64).filter(|&seed| draw(seed, 1, 3.0, 0.0, 2.0) > draw(seed, 2, 1.0, 0.0, 2.0));
        let share = wins.count() as f64 / 20_000.0;
        let want = 1.0 / (1.0 + (-1.0_f64).exp());
        assert!((share - want).abs() < 0.015, "{share}, not {want}");
        assert!((0..1000).all(|seed| (0..20).all(|stream| (0.0..1.0).contains(&uniform(seed, stream)))));
    }
}
