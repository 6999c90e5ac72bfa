//! Erasing for good.
//!
//! `secure_delete` overwrites what a statement deletes, but not the copies that SQLite leaves in the free part of a page
//! when it moves rows between pages to balance a tree. So what erases also writes the history anew in the same transaction:
//! the pages that it had are given back whole, and a page that is given back is zeroed. Features of queries go altogether;
//! they are computed again when needed.
//!
//! Nor does SQLite undo what a transaction that failed or was killed wrote into pages that were free before it. So pages that
//! are free are overwritten, when something is erased and when a profile is opened whose last transaction was cut short.

use rusqlite::{Transaction, params};

use crate::request::{Forget, normalise};

/// Bytes of a page, as SQLite makes databases.
const PAGE: i64 = 4096;
/// Bytes of one value; SQLite's own limit is 10^9.
const LONGEST_FILLING: i64 = 1 << 26;

/// Deletes the events that are to be forgotten, and returns how many they are. What is left has to be rewritten.
pub(super) fn delete(transaction: &Transaction<'_>, what: &Forget) -> rusqlite::Result<usize> {
    match what {
        Forget::Event(id) => transaction.execute("DELETE FROM event WHERE id = ?1", [id]),
        Forget::Item(item_id) => transaction.execute("DELETE FROM event WHERE item_id = ?1", [item_id]),
        Forget::Since(time) => transaction.execute("DELETE FROM event WHERE timestamp_ms >= ?1", [time]),
        Forget::Query(query) => {
            // Queries are stored as the host gave them.
            let wanted = normalise(query);
            let mut ids = Vec::new();
            let mut statement = transaction.prepare("SELECT id, query FROM event WHERE query IS NOT NULL")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if row.get::<_, String>(1).is_ok_and(|query| normalise(&query) == wanted) {
                    ids.push(row.get::<_, i64>(0)?);
                }
            }
            let mut delete = transaction.prepare("DELETE FROM event WHERE id = ?1")?;
            ids.iter().try_for_each(|id| delete.execute([id]).map(|_| ()))?;
            Ok(ids.len())
        }
    }
}

/// Deletes all but the last `keep` events.
pub(super) fn delete_oldest(transaction: &Transaction<'_>, keep: usize) -> rusqlite::Result<usize> {
    // No event is as old as this one or older.
    let last = "SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?1";
    transaction.execute(
        &format!("DELETE FROM event WHERE id <= ({last})"),
        params![i64::try_from(keep).unwrap_or(i64::MAX)],
    )
}

/// Writes what is left anew, so that no byte of what was deleted is left between it or in free pages.
pub(super) fn rewrite(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    fill_free_pages(transaction)?;
    // The temporary table is in memory. A deletion of all rows gives whole pages back.
    transaction.execute_batch(
        "CREATE TEMP TABLE kept AS SELECT id, item_id, kind, timestamp_ms, query FROM main.event ORDER BY id;
         DELETE FROM main.event;
         DELETE FROM main.query_features;
         INSERT INTO main.event SELECT id, item_id, kind, timestamp_ms, query FROM temp.kept ORDER BY id;
         DROP TABLE temp.kept;",
    )
}

/// Overwrites the pages that are free.
pub(super) fn fill_free_pages(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let free = || transaction.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0));
    if free()? == 0 {
        return Ok(());
    }
    // A table of zeros takes all of them; when it goes its pages are zeroed as all that are given back.
    let fill = |bytes| transaction.execute("INSERT INTO filling VALUES (zeroblob(?1))", [bytes]);
    transaction.execute_batch("CREATE TABLE filling (zeros BLOB)")?;
    // Most of them at once, with room for what a page holds beside a value (encrypted ones 84 bytes); the rest one by one,
    // so that the file does not grow.
    let mut most = (free()? - 16).max(0).saturating_mul(PAGE - 128);
    while most > 0 {
        fill(most.min(LONGEST_FILLING))?;
        most -= LONGEST_FILLING;
    }
    while free()? > 0 {
        fill(PAGE * 3 / 4)?;
    }
    transaction.execute_batch("DROP TABLE filling")
}

/// Deletes everything.
pub(super) fn clear(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    fill_free_pages(transaction)?;
    transaction.execute_batch("DELETE FROM event; DELETE FROM query_features; DELETE FROM clock")
}
