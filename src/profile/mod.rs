//! The user's own history, in a small SQLite database that belongs to the user alone.
//!
//! ```text
//! DIRECTORY/profile.sqlite3            events in the order they were recorded, features of their queries
//! DIRECTORY/profile.lock               held while the profile is open: one engine at a time
//! DIRECTORY/profile.keycheck           of an encrypted profile: distinguishes a wrong key from damage
//! DIRECTORY/profile.damaged-*.sqlite3  a database that could not be read, set aside
//! DIRECTORY/profile.next.*             while the key changes
//! ```
//!
//! Events are on disk when `record` returns and survive the process being killed. Deleted data is gone from the files
//! (`erase`): the journal is truncated after every transaction, `secure_delete` is on, and the history is written anew.

mod directory;
#[cfg(feature = "sqlcipher")]
mod encryption;
mod erase;
mod items;
mod key;
mod options;
mod recorded;
mod retention;
mod schema;
#[cfg(test)]
mod tests;
mod transfer;

use std::io::{BufRead, Write};
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::{Error, Result};
use crate::request::{Event, Forget, RecordedEvent};
use directory::Directory;
use key::Way;
use retention::Extent;

pub(crate) use items::{Change, Content, KeptVector};
pub use key::ProfileKey;
pub use options::ProfileOptions;
pub use recorded::RecordedHistory;

/// An open profile. One thread at a time.
#[derive(Debug)]
pub(crate) struct Profile {
    connection: Connection,
    /// Where it is, and the lock on it; `None` for a profile in memory.
    directory: Option<Directory>,
    options: ProfileOptions,
    extent: Extent,
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
    pub(crate) fn in_memory(options: ProfileOptions) -> Result<Self> {
        let mut connection = Connection::open_in_memory().map_err(|e| failed("create", &e))?;
        schema::prepare(&mut connection).map_err(|fault| fault.into_error("create"))?;
        Ok(Self { connection, directory: None, options, extent: Extent::default() })
    }

    /// Opens the profile in `directory`, which is created where it does not exist. A damaged database is set aside and an
    /// empty one opened. The cost is linear in the size of the database, which is checked as a whole.
    ///
    /// # Errors
    /// `InvalidArgument` when another engine has it open, when it is encrypted and there is no key, or the wrong one;
    /// `Incompatible` when a newer version wrote it.
    pub(crate) fn open(directory: &Path, options: ProfileOptions, now_ms: i64) -> Result<Opened> {
        options.check()?;
        let directory = Directory::lock(directory)?;
        let mut way = key::way(&directory, options.key.as_ref())?;
        directory.remove_unfinished()?;
        let cut_short = directory.has_open_journal();
        let mut set_aside = None;
        let connection = loop {
            match connect(&directory, way, &options) {
                Ok(connection) => break connection,
                Err(schema::Fault::Damaged) if set_aside.is_none() && way != UNCERTAIN => {
                    set_aside = Some(directory.set_aside()?);
                    way = key::way(&directory, options.key.as_ref())?;
                }
                Err(schema::Fault::Damaged) if way == UNCERTAIN => {
                    return Err(Error::invalid(
                        "this is not the profile's key, or the profile is damaged: its key check is missing; nothing was \
                         changed",
                    ));
                }
                Err(fault) => return Err(fault.into_error("open")),
            }
        };
        let extent = Extent::of(&connection).map_err(|e| failed("read", &e))?;
        let mut profile = Self { connection, directory: Some(directory), options, extent };
        // A full disk is no reason not to answer: what is left undone here is done when something is recorded or forgotten.
        if cut_short && let Err(error) = write(&mut profile.connection, erase::fill_free_pages) {
            log::warn!("{}", failed("write", &error));
        }
        if let Err(error) = profile.retain(now_ms) {
            log::warn!("what is too old was not erased: {error}");
        }
        Ok(Opened { profile, set_aside })
    }

    /// Adds events in this order, all or none; their timestamps are set. Returns when they are on disk: whether older ones
    /// were erased because there are more than the options allow, or too old ones.
    pub(crate) fn record(&mut self, events: &[Event], now_ms: i64) -> Result<bool> {
        let (options, extent) = (&self.options, self.extent);
        let applied = write(&mut self.connection, |transaction| {
            insert(transaction, events)?;
            let times = events.iter().map(|event| event.timestamp_ms.unwrap_or_default());
            let extent = times.fold(extent, Extent::and);
            Ok((extent, retention::apply(transaction, options, extent, now_ms)?))
        });
        let (extent, applied) = applied.map_err(|e| failed("write", &e))?;
        self.extent = extent;
        self.remove_expired(applied)?;
        Ok(applied.erased > 0)
    }

    /// Erases what is beyond the options.
    fn retain(&mut self, now_ms: i64) -> Result<()> {
        if self.options.max_age.is_none() && self.extent.events <= self.options.max_events {
            return Ok(());
        }
        let (options, extent) = (&self.options, self.extent);
        let applied =
            write(&mut self.connection, |transaction| retention::apply(transaction, options, extent, now_ms));
        self.remove_expired(applied.map_err(|e| failed("write", &e))?)
    }

    /// After retention: databases that were set aside may hold what it erased.
    fn remove_expired(&mut self, applied: retention::Applied) -> Result<()> {
        let before_ms = if applied.erased > 0 { Some(i64::MAX) } else { applied.before_ms };
        if let (Some(directory), Some(before_ms)) = (&self.directory, before_ms) {
            directory.remove_set_aside(before_ms)?;
        }
        if applied.erased > 0 { self.measure() } else { Ok(()) }
    }

    fn measure(&mut self) -> Result<()> {
        self.extent = Extent::of(&self.connection).map_err(|e| failed("read", &e))?;
        Ok(())
    }

    /// The last `limit` events, newest last. Events whose text is no longer readable are left out.
    pub(crate) fn history(&self, limit: usize) -> Result<Vec<RecordedEvent>> {
        last_events(&self.connection, limit).map_err(|e| failed("read", &e))
    }

    /// Erases events and what was derived from them, features of queries and every database that was set aside; returns how
    /// many events. Costs as much as reading and writing the whole history once.
    pub(crate) fn forget(&mut self, what: &Forget) -> Result<usize> {
        what.check()?;
        // First: once the events are gone from the database, nothing that may hold them is left.
        self.remove_set_aside()?;
        let erased = write(&mut self.connection, |transaction| {
            let erased = erase::delete(transaction, what)?;
            if erased > 0 {
                erase::rewrite(transaction)?
            } else {
                erase::fill_free_pages(transaction)?
            }
            Ok(erased)
        });
        let erased = erased.map_err(|e| failed("write", &e))?;
        self.measure()?;
        Ok(erased)
    }

    /// Erases all events, the features of their queries and every database that was set aside.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.remove_set_aside()?;
        write(&mut self.connection, erase::clear).map_err(|e| failed("clear", &e))?;
        self.extent = Extent::default();
        Ok(())
    }

    fn remove_set_aside(&self) -> Result<()> {
        self.directory.as_ref().map_or(Ok(()), |directory| directory.remove_set_aside(i64::MAX))
    }

    /// Writes all events, oldest first, a line each (`transfer`); returns how many.
    pub(crate) fn export(events: Vec<RecordedEvent>, writer: impl Write) -> Result<usize> {
        transfer::write(events, writer)
    }

    /// Reads events as `export` writes them.
    pub(crate) fn read_import(reader: impl BufRead) -> Result<Vec<Event>> {
        transfer::read(reader)
    }

    /// Adds those of the events that are not there yet, in order of time among the ones that are; all or none. Returns how
    /// many. Where that is not at the end, all events get new ids.
    pub(crate) fn import(&mut self, events: Vec<Event>, now_ms: i64) -> Result<usize> {
        let options = &self.options;
        let imported = write(&mut self.connection, |transaction| {
            let known = last_events(transaction, usize::MAX)?;
            let new = transfer::unknown(&known, &events);
            let (added, total) = (new.len(), known.len() + new.len());
            if added == 0 {
                return Ok((0, retention::Applied::default()));
            }
            let (merged, before) = transfer::merge(&known, &new);
            if before + added == total {
                insert(transaction, &merged[before..])?;
            } else {
                transaction.execute("DELETE FROM event", [])?;
                insert(transaction, &merged)?;
            }
            let extent = Extent::of(transaction)?;
            Ok((added, retention::apply(transaction, options, extent, now_ms)?))
        });
        let (added, applied) = imported.map_err(|e| failed("write", &e))?;
        self.remove_expired(applied)?;
        self.measure()?;
        Ok(added)
    }

    /// Encrypts the profile with another key, or a plain one with its first. All of it or nothing: killed at any point, the
    /// profile has the one key or the other.
    pub(crate) fn rotate_key(self, key: &ProfileKey) -> Result<Self> {
        let Self { connection, directory, options, extent } = self;
        let Some(directory) = directory else {
            return Err(Error::invalid("the profile is in memory: there is nothing to encrypt"));
        };
        let options = ProfileOptions { key: Some(key.clone()), ..options };
        options.check()?;
        #[cfg(feature = "sqlcipher")]
        let connection =
            encryption::encrypt(connection, &directory, key).map_err(|fault| fault.into_error("encrypt"))?;
        Ok(Self { connection, directory: Some(directory), options, extent })
    }

    /// Stored features of a query under the id of an encoder (`EncoderId`), if they are `width` long. A read error is a miss:
    /// features can be computed again.
    pub(crate) fn features(&self, encoder: &str, query: &str, width: usize) -> Option<Vec<f32>> {
        let read = || {
            self.connection
                .prepare("SELECT features FROM query_features WHERE pack_id = ?1 AND query = ?2")?
                .query_row([encoder, query], |row| row.get::<_, Vec<u8>>(0))
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

    /// Stores the features of a query of a recorded search under the id of the encoder that made them. The column is named
    /// `pack_id` because that is the id of the plain graph on the processor.
    pub(crate) fn keep_features(&mut self, encoder: &str, query: &str, features: &[f32]) -> Result<()> {
        let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
        let write = || {
            self.connection
                .prepare(
                    "INSERT OR REPLACE INTO query_features (pack_id, query, features) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![encoder, query, bytes])
        };
        write().map(|_| ()).map_err(|e| failed("write", &e))
    }

    /// Drops the features of all other encoders.
    pub(crate) fn drop_other_features(&mut self, encoder: &str) -> Result<()> {
        self.connection
            .execute("DELETE FROM query_features WHERE pack_id <> ?1", [encoder])
            .map(|_| ())
            .map_err(|e| failed("write", &e))
    }
}

/// Not to be taken for damage: perhaps the key is another one.
const UNCERTAIN: Way = Way::Encrypted { certain: false };

fn connect(
    directory: &Directory,
    way: Way,
    options: &ProfileOptions,
) -> std::result::Result<Connection, schema::Fault> {
    match (way, &options.key) {
        #[cfg(feature = "sqlcipher")]
        (Way::Encrypted { .. }, Some(key)) => encryption::connect(directory, key),
        #[cfg(feature = "sqlcipher")]
        (Way::Encrypt, Some(key)) => encryption::encrypt(connect_plainly(directory)?, directory, key),
        _ => connect_plainly(directory),
    }
}

fn connect_plainly(directory: &Directory) -> std::result::Result<Connection, schema::Fault> {
    let mut connection = Connection::open(directory.database())?;
    schema::prepare(&mut connection)?;
    Ok(connection)
}

/// Runs a transaction.
fn write<T>(
    connection: &mut Connection,
    run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = run(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

/// Adds events at the end.
fn insert(transaction: &Transaction<'_>, events: &[Event]) -> rusqlite::Result<()> {
    let mut statement = transaction
        .prepare("INSERT INTO event (item_id, kind, timestamp_ms, query) VALUES (?1, ?2, ?3, ?4)")?;
    for event in events {
        statement.execute(params![event.item_id, event.kind, event.timestamp_ms, event.query])?;
    }
    Ok(())
}

fn last_events(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<RecordedEvent>> {
    let mut statement = connection
        .prepare("SELECT id, item_id, kind, timestamp_ms, query FROM event ORDER BY id DESC LIMIT ?1")?;
    let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column| row.get::<_, String>(column);
        if let (Ok(id), Ok(item_id), Ok(kind), Ok(timestamp_ms), Ok(query)) =
            (row.get(0), text(1), text(2), row.get(3), row.get::<_, Option<String>>(4))
        {
            events.push(RecordedEvent { id, item_id, kind, timestamp_ms, query });
        }
    }
    events.reverse();
    Ok(events)
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
