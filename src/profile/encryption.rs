//! SQLCipher: opening with a key, and putting an encrypted database in the place of another.

use rusqlite::Connection;

use super::directory::{self, Directory, Header};
use super::key::{KeyChecks, ProfileKey};
use super::schema::{self, Fault};

/// Opens a database with its key, or makes one.
pub(super) fn connect(directory: &Directory, key: &ProfileKey) -> Result<Connection, Fault> {
    let mut connection = Connection::open(directory.database())?;
    unlock(&connection, key)?;
    schema::prepare(&mut connection)?;
    KeyChecks::settle(directory, key)?;
    Ok(connection)
}

/// Puts a copy that is encrypted with `key` in the place of the database that `connection` has open.
///
/// The copy is made beside it; its key check is added to the present one before the copy takes its name, so that at every
/// moment the database has a check of its own. What was set aside goes: it is not encrypted with this key.
pub(super) fn encrypt(
    connection: Connection,
    directory: &Directory,
    key: &ProfileKey,
) -> Result<Connection, Fault> {
    directory.remove_unfinished()?;
    directory.remove_set_aside(i64::MAX)?;
    let path = directory.next();
    connection.execute(
        "ATTACH DATABASE ?1 AS next KEY ?2",
        rusqlite::params![path.to_string_lossy(), key.literal().as_str()],
    )?;
    let copy = || {
        connection.query_row("SELECT sqlcipher_export('next')", [], |_| Ok(()))?;
        let version = schema::SCHEMA_VERSION;
        let application = schema::APPLICATION_ID;
        connection.execute_batch(&format!(
            "PRAGMA next.application_id = {application}; PRAGMA next.user_version = {version};"
        ))
    };
    let copied = copy();
    connection.execute_batch("DETACH DATABASE next")?;
    if let Err(error) = copied {
        directory.remove_unfinished()?;
        return Err(error.into());
    }
    if let Header::Other(salt) = directory::header(&path)? {
        KeyChecks::add(directory, key, salt)?;
    }
    // Closed before its file is replaced, so that nothing is written to what is no longer there.
    connection.close().map_err(|(_, error)| error)?;
    directory.replace()?;
    connect(directory, key)
}

/// Gives SQLCipher the key; it is tried when something is read.
fn unlock(connection: &Connection, key: &ProfileKey) -> Result<(), Fault> {
    let sql = zeroize::Zeroizing::new(format!("PRAGMA key = \"{}\"", key.literal().as_str()));
    // It would write to standard error; its errors reach the caller anyway.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(&sql)?;
    Ok(())
}
