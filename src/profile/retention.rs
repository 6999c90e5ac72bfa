//! How long events are kept.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, params};

use super::erase;
use super::options::ProfileOptions;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How far a reading may be from the one before to be believed at once.
const LEAP_MS: i64 = 7 * DAY_MS;
/// One that is further off is believed once the clock has gone on from it for so long.
const CONFIRMED_AFTER_MS: i64 = DAY_MS;

/// The clock as far as it is believed: one that is wrong for a moment must not erase a history.
///
/// A reading far from the one before is either a clock gone wrong or a user who was away. A later reading
/// decides: the wrong clock is set right, or it goes on. Then the earlier of the two is believed, and the later one where it
/// is near to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    believed_ms: i64,
    /// The first of the readings that are too far off.
    leap_ms: Option<i64>,
}

impl Clock {
    fn read(self, now_ms: i64) -> Self {
        if now_ms.abs_diff(self.believed_ms) <= LEAP_MS as u64 {
            return Self { believed_ms: now_ms, leap_ms: None };
        }
        match self.leap_ms {
            Some(leap) if now_ms >= leap.saturating_add(CONFIRMED_AFTER_MS) => {
                Self { believed_ms: leap, leap_ms: None }.read(now_ms)
            }
            Some(leap) if now_ms >= leap => self,
            _ => Self { leap_ms: Some(now_ms), ..self },
        }
    }
}

/// How many events there are and when the earliest happened: whether anything is to be erased, without looking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) events: usize,
    pub(super) earliest_ms: Option<i64>,
}

impl Extent {
    pub(super) fn of(connection: &rusqlite::Connection) -> rusqlite::Result<Self> {
        connection.query_row("SELECT count(*), min(timestamp_ms) FROM event", [], |row| {
            Ok(Self { events: row.get::<_, i64>(0)?.try_into().unwrap_or(0), earliest_ms: row.get(1)? })
        })
    }

    /// With one event more.
    pub(super) fn and(self, timestamp_ms: i64) -> Self {
        let earliest = self.earliest_ms.map_or(timestamp_ms, |earliest| earliest.min(timestamp_ms));
        Self { events: self.events + 1, earliest_ms: Some(earliest) }
    }
}

/// Result of retention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// Events that were erased.
    pub(super) erased: usize,
    /// Erase older events, and databases set aside before this time.
    pub(super) before_ms: Option<i64>,
}

/// Erases what is beyond the options. `extent` is that of the events as they are in this transaction.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    options: &ProfileOptions,
    extent: Extent,
    now_ms: i64,
) -> rusqlite::Result<Applied> {
    let before_ms = options.max_age.map(|age| horizon(transaction, age, now_ms)).transpose()?;
    let mut erased = 0;
    if let Some(before) = before_ms.filter(|before| extent.earliest_ms.is_some_and(|first| first < *before)) {
        erased += transaction.execute("DELETE FROM event WHERE timestamp_ms < ?1", [before])?;
    }
    if extent.events - erased > options.max_events {
        erased += erase::delete_oldest(transaction, options.max_events - options.max_events / 16)?;
    }
    if erased > 0 {
        erase::rewrite(transaction)?;
    }
    Ok(Applied { erased, before_ms })
}

/// Reads the clock and says before when events are too old.
fn horizon(transaction: &Transaction<'_>, age: Duration, now_ms: i64) -> rusqlite::Result<i64> {
    let stored = transaction
        .query_row("SELECT believed_ms, leap_ms FROM clock", [], |row| {
            Ok(Clock { believed_ms: row.get(0)?, leap_ms: row.get(1)? })
        })
        .optional()?;
    let known = match stored {
        Some(clock) => clock,
        None => {
            // Never read before: as of the latest event.
            let last = "SELECT timestamp_ms FROM event ORDER BY id DESC LIMIT 1";
            let last: Option<i64> = transaction.query_row(last, [], |row| row.get(0)).optional()?;
            Clock { believed_ms: last.unwrap_or(now_ms).min(now_ms), leap_ms: None }
        }
    };
    let clock = known.read(now_ms);
    // An hour more or less needs no write.
    let news = stored.is_none_or(|stored| {
        stored.leap_ms != clock.leap_ms || stored.believed_ms.abs_diff(clock.believed_ms) > HOUR_MS as u64
    });
    if news {
        transaction.execute("DELETE FROM clock", [])?;
        transaction.execute(
            "INSERT INTO clock (believed_ms, leap_ms) VALUES (?1, ?2)",
            params![clock.believed_ms, clock.leap_ms],
        )?;
    }
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Ok(clock.believed_ms.saturating_sub(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(readings: &[i64]) -> i64 {
        let clock = Clock { believed_ms: 0, leap_ms: None };
        readings.iter().fold(clock, |clock, now| clock.read(now * DAY_MS)).believed_ms / DAY_MS
    }

    #[test]
    fn a_clock_is_believed_where_it_goes_on() {
        assert_eq!(read(&[1, 8]), 8, "a week at a time");
        assert_eq!(read(&[3, 1]), 1, "or back");
        assert_eq!(read(&[1, 4000]), 1, "ahead for a moment");
        assert_eq!(read(&[1, 4000, 4000]), 1);
        assert_eq!(read(&[1, 4000, 2]), 2, "and set right");
        assert_eq!(read(&[1, 4000, 2, 4000]), 2, "as often as it may");
        assert_eq!(read(&[3, -4000]), 3, "back for a moment");
        assert_eq!(read(&[3, -4000, 4, 4000]), 4);
        assert_eq!(read(&[3, -4000, 4000]), -4000, "wrong twice: on the side that erases nothing");
        assert_eq!(read(&[1, 90]), 1, "away for a season");
        assert_eq!(read(&[1, 90, 91]), 91, "and back");
        assert_eq!(read(&[1, 90, 180]), 90, "once a season");
        assert_eq!(read(&[1, 90, 180, 270]), 180);
        assert_eq!(read(&[4000, 10, 11]), 11, "set right after it was believed");
        assert_eq!(read(&[1, 4000, 90, 91]), 91, "the leap is the last one");
        let far = Clock { believed_ms: i64::MAX, leap_ms: Some(i64::MAX) };
        assert_eq!(far.read(i64::MIN), Clock { leap_ms: Some(i64::MIN), ..far });
    }
}
