//! Tables of the profile, their version, and how an older one becomes the present one.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::failed;
use crate::error::Error;

/// Version of the tables. To change them: raise it, add the step to `upgrade`, and a test that opens a database of the
/// version before.
pub(super) const SCHEMA_VERSION: i64 = 3;

/// "gnsr": marks the file as ours in its header.
pub(super) const APPLICATION_ID: i64 = 0x676e_7372;

/// How long to wait for a tool that reads the database at the moment, a backup say.
const BUSY: Duration = Duration::from_secs(2);

/// Why a database cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its content is broken: to be set aside.
    Damaged,
    /// A database of another application, or of a newer version: to be left alone.
    Foreign { found: String },
    /// It may be fine, but cannot be read or written now.
    Failed(rusqlite::Error),
    /// Any other failure.
    Other(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            _ => Self::Failed(error),
        }
    }
}

impl Fault {
    pub(super) fn into_error(self, what: &str) -> Error {
        match self {
            Self::Damaged => Error::internal(format!("cannot {what} the profile: it is damaged")),
            Self::Foreign { found } => {
                Error::Incompatible { found, supported: format!("profile schema 1 to {SCHEMA_VERSION}") }
            }
            Self::Failed(error) => failed(what, &error),
            Self::Other(error) => error,
        }
    }
}

/// Sets up a connection, checks the database as a whole and brings its tables to the present version.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Fault> {
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA journal_mode = TRUNCATE; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(Fault::Damaged);
    }
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(Fault::Foreign { found: "a database of another application".to_owned() });
    }
    if !(0..=SCHEMA_VERSION).contains(&version) {
        return Err(Fault::Foreign { found: format!("profile schema {version}") });
    }
    if version < SCHEMA_VERSION {
        upgrade(connection, version)?;
    }
    // A version that is ours over tables that are not is damage; better found here than in the middle of a request.
    match connection.prepare(
        "SELECT e.id, e.item_id, e.kind, e.timestamp_ms, e.query, f.pack_id, f.query, f.features, c.believed_ms, c.leap_ms,
                i.id, i.item_id, i.timestamp_ms, i.title, i.text, i.attributes, v.item_id, v.pack_id, v.text_hash,
                v.fused, v.fused_scale, v.semantic, v.semantic_scale
         FROM event e, query_features f, clock c, live_item i, live_vector v",
    ) {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => Err(Fault::Damaged),
        Err(error) => Err(error.into()),
    }
}

/// Brings tables of version `from` to `SCHEMA_VERSION`, or leaves them as they are.
fn upgrade(connection: &mut Connection, from: i64) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if from < 1 {
        // Ids only ever grow (AUTOINCREMENT): they are the order of the history. `pack_id` of features goes on with the variant
        // that made them, where that is not the pack's own graph: an older engine finds no row of its own there.
        transaction.execute_batch(
            "CREATE TABLE event (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 item_id TEXT NOT NULL,
                 kind TEXT NOT NULL,
                 timestamp_ms INTEGER NOT NULL,
                 query TEXT
             );
             CREATE TABLE query_features (
                 pack_id TEXT NOT NULL,
                 query TEXT NOT NULL,
                 features BLOB NOT NULL,
                 PRIMARY KEY (pack_id, query)
             );",
        )?;
    }
    if from < 2 {
        // At most one row; see retention.
        transaction.execute_batch("CREATE TABLE clock (believed_ms INTEGER NOT NULL, leap_ms INTEGER);")?;
    }
    if from < 3 {
        transaction.execute_batch(super::items::TABLES)?;
    }
    transaction.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};"
    ))?;
    transaction.commit()?;
    Ok(())
}
