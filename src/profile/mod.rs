//! The user's own history, in a small SQLite database that belongs to the user alone.
//!
//! ```text
//! DIRECTORY/profile.sqlite3            events in the order they were recorded, features of their queries
//! DIRECTORY/profile.lock               held while the profile is open: one engine at a time
//! DIRECTORY/profile.damaged-*.sqlite3  a database that could not be read, set aside
//! ```
//!
//! What `record` returned from is on disk and survives the process being killed. What is deleted is overwritten: the
//! journal is truncated after every transaction and `secure_delete` is on, because a row that is only unlinked can be read
//! back from the file.

mod directory;
mod recorded;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

use crate::error::{Error, Result};
use crate::request::Event;
use directory::Directory;
pub use recorded::RecordedHistory;

/// An open profile. One thread at a time.
#[derive(Debug)]
pub(crate) struct Profile {
    connection: Connection,
    /// Where it is, and the lock on it; `None` for a profile in memory.
    directory: Option<Directory>,
}

/// A profile that was just opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) profile: Profile,
    /// File name that a damaged database was moved to; the profile is empty then.
    pub(crate) set_aside: Option<String>,
}

impl Profile {
    /// A profile that ends with the engine.
    pub(crate) fn in_memory() -> Result<Self> {
        let mut connection = Connection::open_in_memory().map_err(|e| failed("create", &e))?;
        schema::prepare(&mut connection).map_err(|fault| fault.into_error("create"))?;
        Ok(Self { connection, directory: None })
    }

    /// Opens the profile in `directory`, which is created where it does not exist. A damaged database is set aside and an
    /// empty one opened. The cost is linear in the size of the database, which is checked as a whole.
    ///
    /// # Errors
    /// `InvalidArgument` when another engine has it open; `Incompatible` when a newer version wrote it.
    pub(crate) fn open(directory: &Path) -> Result<Opened> {
        let directory = Directory::lock(directory)?;
        let mut set_aside = None;
        let connection = match connect(&directory) {
            Ok(connection) => connection,
            Err(schema::Fault::Damaged) => {
                set_aside = Some(directory.set_aside()?);
                connect(&directory).map_err(|fault| fault.into_error("create"))?
            }
            Err(fault) => return Err(fault.into_error("open")),
        };
        Ok(Opened { profile: Self { connection, directory: Some(directory) }, set_aside })
    }

    /// Adds events in this order, all or none; their timestamps are set. Returns when they are on disk.
    pub(crate) fn record(&mut self, events: &[Event]) -> Result<()> {
        let mut insert = || {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut statement = transaction.prepare(
                    "INSERT INTO event (item_id, kind, timestamp_ms, query) VALUES (?1, ?2, ?3, ?4)",
                )?;
                for event in events {
                    statement.execute(params![event.item_id, event.kind, event.timestamp_ms, event.query])?;
                }
            }
            transaction.commit()
        };
        insert().map_err(|e| failed("write", &e))
    }

    /// The last `limit` events, newest last. Events whose text is no longer readable are left out.
    pub(crate) fn history(&self, limit: usize) -> Result<Vec<Event>> {
        let read = || {
            let mut statement = self
                .connection
                .prepare("SELECT item_id, kind, timestamp_ms, query FROM event ORDER BY id DESC LIMIT ?1")?;
            let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let text = |column| row.get::<_, String>(column);
                if let (Ok(item_id), Ok(kind), Ok(timestamp), Ok(query)) =
                    (text(0), text(1), row.get(2), row.get::<_, Option<String>>(3))
                {
                    events.push(Event { item_id, kind, timestamp_ms: Some(timestamp), query });
                }
            }
            events.reverse();
            Ok(events)
        };
        read().map_err(|e| failed("read", &e))
    }

    /// Erases all events, the features of their queries and every database that was set aside.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.connection
            .execute_batch("BEGIN IMMEDIATE; DELETE FROM event; DELETE FROM query_features; COMMIT")
            .map_err(|e| {
                // A failed batch leaves its transaction open.
                let _ = self.connection.execute_batch("ROLLBACK");
                failed("clear", &e)
            })?;
        self.directory.as_ref().map_or(Ok(()), Directory::remove_set_aside)
    }

    /// Features of a query under a pack, where they were kept and are `width` long. What cannot be read is a miss: they
    /// can be computed again.
    pub(crate) fn features(&self, pack_id: &str, query: &str, width: usize) -> Option<Vec<f32>> {
        let read = || {
            self.connection
                .prepare("SELECT features FROM query_features WHERE pack_id = ?1 AND query = ?2")?
                .query_row([pack_id, query], |row| row.get::<_, Vec<u8>>(0))
                .optional()
        };
        let bytes = read().unwrap_or_else(|e| {
            log::warn!("{}", failed("read", &e));
            None
        })?;
        let (values, rest) = bytes.as_chunks::<4>();
        (values.len() == width && rest.is_empty())
            .then(|| values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// Keeps the features of a query of a recorded search under a pack.
    pub(crate) fn keep_features(&mut self, pack_id: &str, query: &str, features: &[f32]) -> Result<()> {
        let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
        let write = || {
            self.connection
                .prepare(
                    "INSERT OR REPLACE INTO query_features (pack_id, query, features) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![pack_id, query, bytes])
        };
        write().map(|_| ()).map_err(|e| failed("write", &e))
    }

    /// Drops the features that were kept under other packs.
    pub(crate) fn drop_other_features(&mut self, pack_id: &str) -> Result<()> {
        self.connection
            .execute("DELETE FROM query_features WHERE pack_id <> ?1", [pack_id])
            .map(|_| ())
            .map_err(|e| failed("write", &e))
    }
}

fn connect(directory: &Directory) -> std::result::Result<Connection, schema::Fault> {
    let mut connection = Connection::open(directory.database())?;
    schema::prepare(&mut connection)?;
    Ok(connection)
}

/// An error of SQLite without its message, which may quote what it failed on.
fn failed(what: &str, error: &rusqlite::Error) -> Error {
    let why = match error {
        rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::DiskFull => {
            "the disk is full".to_owned()
        }
        // Its text is the meaning of the code.
        rusqlite::Error::SqliteFailure(failure, _) => failure.to_string(),
        _ => "it holds something unexpected".to_owned(),
    };
    Error::internal(format!("cannot {what} the profile: {why}"))
}
