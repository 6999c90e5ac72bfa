//! The changes of the catalogue, as the profile keeps them: they are the app's, not the user's, and no part of the history.

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::{Profile, failed};
use crate::error::Result;
use crate::value::AttributeValue;

/// Tables of the changes, one row an item. Ids only ever grow: they are the order of the changes.
pub(super) const TABLES: &str = "
    CREATE TABLE live_item (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        item_id TEXT NOT NULL UNIQUE,
        timestamp_ms INTEGER NOT NULL,
        title TEXT,
        text TEXT NOT NULL,
        attributes TEXT NOT NULL
    );
    CREATE TABLE live_vector (
        item_id TEXT PRIMARY KEY,
        pack_id TEXT NOT NULL,
        text_hash BLOB NOT NULL,
        fused BLOB NOT NULL,
        fused_scale REAL NOT NULL,
        semantic BLOB NOT NULL,
        semantic_scale REAL NOT NULL
    );";

/// A change of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) item_id: String,
    pub(crate) timestamp_ms: i64,
    /// Present content; `None` for a removed item.
    pub(crate) content: Option<Content>,
}

/// Content of an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) attributes: Vec<(String, AttributeValue)>,
}

/// A vector as it is kept: of this pack, for a text of this hash.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptVector {
    pub(crate) item_id: String,
    pub(crate) text_hash: [u8; 32],
    /// int8 and scale.
    pub(crate) fused: (Vec<i8>, f32),
    pub(crate) semantic: (Vec<i8>, f32),
}

/// An attribute's value in JSON.
#[derive(Serialize, Deserialize)]
enum Stored {
    #[serde(rename = "string")]
    String(String),
    #[serde(rename = "set")]
    Set(Vec<String>),
    #[serde(rename = "number")]
    Number(f32),
    #[serde(rename = "date")]
    Date(i32),
    #[serde(rename = "bool")]
    Bool(bool),
}

impl From<&AttributeValue> for Stored {
    fn from(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => Self::String(text.clone()),
            AttributeValue::TextSet(texts) => Self::Set(texts.clone()),
            AttributeValue::Number(number) => Self::Number(*number),
            AttributeValue::Date(days) => Self::Date(*days),
            AttributeValue::Bool(flag) => Self::Bool(*flag),
        }
    }
}

impl From<Stored> for AttributeValue {
    fn from(value: Stored) -> Self {
        match value {
            Stored::String(text) => Self::Text(text),
            Stored::Set(texts) => Self::TextSet(texts),
            Stored::Number(number) => Self::Number(number),
            Stored::Date(days) => Self::Date(days),
            Stored::Bool(flag) => Self::Bool(flag),
        }
    }
}

impl Profile {
    /// Writes changes, all or none, each in place of the last one of its item; returns when they are on disk. Changes from
    /// before `pack_ms` have yielded to the pack, and go.
    pub(crate) fn change_items(&mut self, changes: &[Change], pack_ms: i64) -> Result<()> {
        transact(&mut self.connection, |transaction| {
            transaction.execute("DELETE FROM live_item WHERE timestamp_ms < ?1", [pack_ms])?;
            let mut write = transaction.prepare(
                "INSERT OR REPLACE INTO live_item (item_id, timestamp_ms, title, text, attributes)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for change in changes {
                let content = change.content.as_ref();
                let stored: Vec<(&str, Stored)> = content
                    .iter()
                    .flat_map(|content| &content.attributes)
                    .map(|(name, value)| (name.as_str(), value.into()))
                    .collect();
                write.execute(params![
                    change.item_id,
                    change.timestamp_ms,
                    content.map(|content| &content.title),
                    content.map_or("", |content| &content.text),
                    serde_json::to_string(&stored).unwrap_or_default(),
                ])?;
            }
            transaction.execute(
                "DELETE FROM live_vector WHERE item_id NOT IN (SELECT item_id FROM live_item WHERE title IS NOT NULL)",
                [],
            )?;
            Ok(())
        })
        .map_err(|e| failed("write", &e))
    }

    /// The changes since `pack_ms`, the earliest first. What is no longer readable is left out.
    pub(crate) fn changed_items(&self, pack_ms: i64) -> Result<Vec<Change>> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT item_id, timestamp_ms, title, text, attributes FROM live_item
                 WHERE timestamp_ms >= ?1 ORDER BY id",
            )?;
            let rows = statement.query_map([pack_ms], |row| Ok(change(row).ok()))?;
            rows.filter_map(|change| change.transpose()).collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| failed("read", &e))
    }

    /// Changed content of an item; `None` for an unchanged or removed one.
    pub(crate) fn changed_item(&self, item_id: &str) -> Result<Option<Content>> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT item_id, timestamp_ms, title, text, attributes FROM live_item WHERE item_id = ?1",
            )?;
            let mut rows = statement.query([item_id])?;
            Ok(rows.next()?.and_then(|row| change(row).ok()).and_then(|change| change.content))
        };
        read().map_err(|e| failed("read", &e))
    }

    /// A number that grows with every change.
    pub(crate) fn changes_stamp(&self) -> Result<i64> {
        let read = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'live_item'";
        self.connection.query_row(read, [], |row| row.get(0)).map_err(|e| failed("read", &e))
    }

    /// The vectors that were made for a pack.
    pub(crate) fn kept_vectors(&self, pack_id: &str) -> Result<Vec<KeptVector>> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT item_id, text_hash, fused, fused_scale, semantic, semantic_scale FROM live_vector
                 WHERE pack_id = ?1",
            )?;
            let rows = statement.query_map([pack_id], |row| Ok(vector(row).ok()))?;
            rows.filter_map(|vector| vector.transpose()).collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|e| failed("read", &e))
    }

    /// Keeps vectors that were made for a pack, each in place of the last one of its item.
    pub(crate) fn keep_vectors(&mut self, pack_id: &str, vectors: &[KeptVector]) -> Result<()> {
        let bytes = |row: &[i8]| bytemuck::cast_slice::<i8, u8>(row).to_vec();
        transact(&mut self.connection, |transaction| {
            let mut write = transaction.prepare(
                "INSERT OR REPLACE INTO live_vector
                 (item_id, pack_id, text_hash, fused, fused_scale, semantic, semantic_scale)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
                 WHERE EXISTS (SELECT 1 FROM live_item WHERE item_id = ?1 AND title IS NOT NULL)",
            )?;
            for KeptVector { item_id, text_hash, fused, semantic } in vectors {
                write.execute(params![
                    item_id,
                    pack_id,
                    text_hash,
                    bytes(&fused.0),
                    fused.1,
                    bytes(&semantic.0),
                    semantic.1
                ])?;
            }
            Ok(())
        })
        .map_err(|e| failed("write", &e))
    }
}

fn transact(
    connection: &mut Connection,
    write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    write(&transaction)?;
    transaction.commit()
}

fn change(row: &Row<'_>) -> rusqlite::Result<Change> {
    let title: Option<String> = row.get(2)?;
    let (text, attributes): (String, String) = (row.get(3)?, row.get(4)?);
    // Attributes of a version that this one does not know are none.
    let attributes: Vec<(String, Stored)> = serde_json::from_str(&attributes).unwrap_or_default();
    let attributes = attributes.into_iter().map(|(name, value)| (name, value.into())).collect();
    let content = title.map(|title| Content { title, text, attributes });
    Ok(Change { item_id: row.get(0)?, timestamp_ms: row.get(1)?, content })
}

fn vector(row: &Row<'_>) -> rusqlite::Result<KeptVector> {
    let int8 = |bytes: Vec<u8>| bytemuck::cast_slice::<u8, i8>(&bytes).to_vec();
    Ok(KeptVector {
        item_id: row.get(0)?,
        text_hash: row.get(1)?,
        fused: (int8(row.get(2)?), row.get(3)?),
        semantic: (int8(row.get(4)?), row.get(5)?),
    })
}
