//! A bonus for new items.

use crate::codebook::{Cells, NO_DATE};

/// Half-lives after which the bonus ends; less than a thousandth of it is left.
const NEW_FOR: f32 = 10.0;
const MS_PER_DAY: i64 = 86_400_000;

/// A bonus by age.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fresh<'a> {
    /// Day of each row since 1970-01-01.
    pub(crate) days: &'a Cells<i32>,
    pub(crate) now_ms: i64,
    pub(crate) half_life_days: f32,
    /// In units of weights.
    pub(crate) weight: f32,
}

impl Fresh<'_> {
    /// Gain of a row; 0 without a date and for an item that is no longer new.
    pub(super) fn of(&self, row: u32, unit: f32) -> f32 {
        let Some(day) = self.days.get(row).filter(|day| *day != NO_DATE) else { return 0.0 };
        let age = self.now_ms.div_euclid(MS_PER_DAY) - i64::from(day);
        let half_lives = age.max(0) as f32 / self.half_life_days;
        if half_lives < NEW_FOR { self.weight * unit * (-half_lives).exp2() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bonus_halves_with_each_half_life_and_ends() {
        let days = [20_000, 19_990, 19_980, 19_900, 19_899, NO_DATE, 20_001, i32::MIN + 1, i32::MAX];
        let days = Cells::of(&days);
        let fresh = Fresh { days: &days, now_ms: 20_000 * MS_PER_DAY + 5, half_life_days: 10.0, weight: 2.0 };
        let got: Vec<_> = (0..10).map(|row| fresh.of(row, 0.5)).collect();
        assert_eq!(got, [1.0, 0.5, 0.25, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        let end = Fresh { now_ms: i64::MIN, ..fresh };
        assert_eq!(end.of(7, 1.0), 2.0, "a day to come counts as today");
        assert_eq!(Fresh { now_ms: i64::MAX, ..fresh }.of(8, 1.0), 0.0);
    }
}
