//! Bounds on every number and text that comes from a host, and the checks against them.

use crate::error::{Error, Result};
use crate::pack::MAX_ITEMS;

/// Most hits one call returns.
pub const MAX_LIMIT: usize = 1_000;
/// Most hits to skip: no pack has more items.
pub const MAX_OFFSET: usize = MAX_ITEMS;
/// Longest query in bytes; a longer one is refused rather than cut in silence.
pub const MAX_QUERY_BYTES: usize = 4_096;
/// Longest history a request may bring along.
pub const MAX_HISTORY: usize = 100_000;
/// Longest item id in bytes.
pub const MAX_ID_BYTES: usize = 256;
/// Longest name of an event kind in bytes.
pub const MAX_KIND_BYTES: usize = 256;
/// Most ids a request may leave out.
pub const MAX_EXCLUDE: usize = 100_000;
/// Most attributes a request may ask for, and most facets.
pub const MAX_ATTRIBUTES: usize = 64;
/// Most values of a facet: the most frequent ones.
pub const MAX_FACET_VALUES: usize = 100;
/// Most items that the context of a recommendation may name.
pub const MAX_SEEDS: usize = 32;
/// Most attributes whose values a request may cap.
pub const MAX_CAPS: usize = 8;
/// Largest share of the places that exploration may take.
pub const MAX_EXPLORATION: f32 = 0.5;
/// Largest weight of a bonus, in fifths of the way from the average score to the ten best.
pub const MAX_WEIGHT: f32 = 10.0;
/// Most kinds that `LeaveOut::Kinds` may name.
pub const MAX_KINDS: usize = 256;
/// Most items of one `upsert_items`, and most ids of one `remove_items` or `items`.
pub const MAX_CHANGES: usize = 10_000;
/// Most changes on top of a pack: live items, and removals. More call for a new pack.
pub const MAX_LIVE_ITEMS: usize = 100_000;
/// Longest title of an upserted item in bytes.
pub const MAX_TITLE_BYTES: usize = 4_096;
/// Longest text of an upserted item in bytes.
pub const MAX_TEXT_BYTES: usize = 65_536;
/// Longest text of an attribute of an upserted item in bytes.
pub const MAX_VALUE_BYTES: usize = 4_096;
/// Most values of a set of an upserted item.
pub const MAX_SET_VALUES: usize = 256;

/// Refuses a limit outside 1 ..= `MAX_LIMIT` and an offset above `MAX_OFFSET`.
pub(crate) fn check_page(limit: usize, offset: usize) -> Result<()> {
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Error::invalid(format!("limit is {limit}; it must be 1 to {MAX_LIMIT}")));
    }
    if offset > MAX_OFFSET {
        return Err(Error::invalid(format!("offset is {offset}; it must be at most {MAX_OFFSET}")));
    }
    Ok(())
}

/// Refuses a text that has not `least` to `most` bytes.
pub(crate) fn within(what: &str, text: &str, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&text.len()) {
        return Ok(());
    }
    Err(Error::invalid(format!("{what} has {} bytes; {least} to {most} are allowed", text.len())))
}
