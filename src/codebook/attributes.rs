//! Typed attribute columns (docs/pack-format.md, section 4.3).

use std::sync::Arc;

use super::column::Column;
use super::strings::{StringTable, check_offsets};
use crate::error::{Error, Result};
use crate::pack::{AttributeKind, AttributeSpec, Pack};
use crate::request::AttributeValue;

/// What stands for "none" in a date column.
pub const NO_DATE: i32 = i32::MIN;
/// What stands for "none" in a bool column.
pub const NO_BOOL: u8 = 255;
/// What stands for "none" in a string column.
pub const NO_STRING: u32 = u32::MAX;

/// One column, a value a row.
#[derive(Debug)]
pub struct Attribute {
    /// Name as in the manifest.
    pub name: String,
    /// The values.
    pub values: AttributeColumn,
}

/// The values of a column. All are checked when the pack is opened: indices are inside their dictionary, bools are
/// 0, 1 or `NO_BOOL`, numbers are finite or NaN (none).
#[derive(Debug)]
pub enum AttributeColumn {
    /// Numbers; NaN for none.
    Number(Column<f32>),
    /// Days since 1970-01-01; `NO_DATE` for none.
    Date(Column<i32>),
    /// 0, 1 or `NO_BOOL`.
    Bool(Column<u8>),
    /// Indices into the dictionary; `NO_STRING` for none.
    String {
        /// An index a row.
        values: Column<u32>,
        /// The distinct values, ascending.
        dictionary: StringTable,
    },
    /// Ranges of indices into the dictionary, ascending for each row.
    Set {
        /// Row i has `values[offsets[i] .. offsets[i + 1]]`.
        offsets: Column<u32>,
        /// Indices.
        values: Column<u32>,
        /// The distinct values, ascending.
        dictionary: StringTable,
    },
}

impl Attribute {
    pub(super) fn open(pack: &Arc<Pack>, spec: &AttributeSpec, items: usize) -> Result<Self> {
        let prefix = format!("attr.{}.", spec.name);
        let values = format!("{prefix}values");
        let bad = |what: &str| Error::bad_pack(format!("section {values}: {what}"));
        let dictionary = || {
            let table = StringTable::open(pack, &format!("{prefix}dict_"), None, 0..=usize::MAX)?;
            if table.is_sorted() { Ok(table) } else { Err(bad("its dictionary is not in byte order")) }
        };
        let values = match spec.kind {
            AttributeKind::Number => {
                let column = Column::<f32>::open_len(pack, &values, items)?;
                if column.as_slice().iter().any(|v| v.is_infinite()) {
                    return Err(bad("infinite"));
                }
                AttributeColumn::Number(column)
            }
            AttributeKind::Date => AttributeColumn::Date(Column::open_len(pack, &values, items)?),
            AttributeKind::Bool => {
                let column = Column::<u8>::open_len(pack, &values, items)?;
                if column.as_slice().iter().any(|&v| !matches!(v, 0 | 1 | NO_BOOL)) {
                    return Err(bad("neither 0, 1 nor 255"));
                }
                AttributeColumn::Bool(column)
            }
            AttributeKind::String => {
                let column = Column::<u32>::open_len(pack, &values, items)?;
                let dictionary = dictionary()?;
                if column.as_slice().iter().any(|&v| v != NO_STRING && v as usize >= dictionary.len()) {
                    return Err(bad("an index is outside the dictionary"));
                }
                AttributeColumn::String { values: column, dictionary }
            }
            AttributeKind::Set => {
                let name = format!("{prefix}offsets");
                let offsets = Column::<u32>::open_len(pack, &name, items + 1)?;
                let column = Column::<u32>::open(pack, &values)?;
                check_offsets(&name, offsets.as_slice(), column.as_slice().len())?;
                let dictionary = dictionary()?;
                if column.as_slice().iter().any(|&v| v as usize >= dictionary.len()) {
                    return Err(bad("an index is outside the dictionary"));
                }
                let all = column.as_slice();
                let ascends =
                    |pair: &[u32]| all[pair[0] as usize..pair[1] as usize].is_sorted_by(|a, b| a < b);
                if !offsets.as_slice().windows(2).all(ascends) {
                    return Err(bad("a set does not ascend"));
                }
                AttributeColumn::Set { offsets, values: column, dictionary }
            }
        };
        Ok(Self { name: spec.name.clone(), values })
    }

    /// Type of the column.
    pub fn kind(&self) -> AttributeKind {
        match self.values {
            AttributeColumn::Number(_) => AttributeKind::Number,
            AttributeColumn::Date(_) => AttributeKind::Date,
            AttributeColumn::Bool(_) => AttributeKind::Bool,
            AttributeColumn::String { .. } => AttributeKind::String,
            AttributeColumn::Set { .. } => AttributeKind::Set,
        }
    }

    /// The value of a row; `None` where it has none, or there is no such row.
    pub fn get(&self, row: u32) -> Option<AttributeValue> {
        let row = row as usize;
        match &self.values {
            AttributeColumn::Number(v) => {
                v.as_slice().get(row).filter(|v| !v.is_nan()).map(|&v| AttributeValue::Number(v))
            }
            AttributeColumn::Date(v) => {
                v.as_slice().get(row).filter(|&&v| v != NO_DATE).map(|&v| AttributeValue::Date(v))
            }
            AttributeColumn::Bool(v) => {
                v.as_slice().get(row).filter(|&&v| v != NO_BOOL).map(|&v| AttributeValue::Bool(v == 1))
            }
            AttributeColumn::String { values, dictionary } => {
                let index = *values.as_slice().get(row)?;
                dictionary.get(index as usize).map(|v| AttributeValue::String(v.to_owned()))
            }
            AttributeColumn::Set { offsets, values, dictionary } => {
                let offsets = offsets.as_slice();
                let range = *offsets.get(row)? as usize..*offsets.get(row + 1)? as usize;
                let indices = values.as_slice().get(range).filter(|r| !r.is_empty())?;
                let texts = indices.iter().filter_map(|&i| dictionary.get(i as usize).map(str::to_owned));
                Some(AttributeValue::Set(texts.collect()))
            }
        }
    }
}
