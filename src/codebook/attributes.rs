//! Typed attribute columns (docs/pack-format.md, section 4.3).

use std::sync::Arc;

use super::cells::{Cells, Dictionary, Sets};
use super::column::Column;
use super::strings::{StringTable, check_offsets};
use crate::error::{Error, Result};
use crate::pack::{AttributeKind, AttributeSpec, Pack};
use crate::value::AttributeValue;

/// Stands for "none" in a date column.
pub const NO_DATE: i32 = i32::MIN;
/// Stands for "none" in a bool column.
pub const NO_BOOL: u8 = 255;
/// Stands for "none" in a string column.
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
    Number(Cells<f32>),
    /// Days since 1970-01-01; `NO_DATE` for none.
    Date(Cells<i32>),
    /// 0, 1 or `NO_BOOL`.
    Bool(Cells<u8>),
    /// Indices into the dictionary; `NO_STRING` for none.
    String {
        /// An index a row.
        values: Cells<u32>,
        /// The distinct values.
        dictionary: Dictionary,
    },
    /// Indices into the dictionary.
    Set {
        /// Ascending for each row.
        sets: Sets,
        /// The distinct values.
        dictionary: Dictionary,
    },
}

impl Attribute {
    pub(super) fn open(pack: &Arc<Pack>, spec: &AttributeSpec, items: usize) -> Result<Self> {
        let prefix = format!("attr.{}.", spec.name);
        let values = format!("{prefix}values");
        let bad = |what: &str| Error::bad_pack(format!("section {values}: {what}"));
        let dictionary = || {
            let table = StringTable::open(pack, &format!("{prefix}dict_"), None, 0..=usize::MAX)?;
            if table.is_sorted() {
                Ok(Dictionary::new(table))
            } else {
                Err(bad("its dictionary is not in byte order"))
            }
        };
        let values = match spec.kind {
            AttributeKind::Number => {
                let column = Column::<f32>::open_len(pack, &values, items)?;
                if column.as_slice().iter().any(|v| v.is_infinite()) {
                    return Err(bad("infinite"));
                }
                AttributeColumn::Number(Cells::new(column))
            }
            AttributeKind::Date => AttributeColumn::Date(Cells::new(Column::open_len(pack, &values, items)?)),
            AttributeKind::Bool => {
                let column = Column::<u8>::open_len(pack, &values, items)?;
                if column.as_slice().iter().any(|&v| !matches!(v, 0 | 1 | NO_BOOL)) {
                    return Err(bad("neither 0, 1 nor 255"));
                }
                AttributeColumn::Bool(Cells::new(column))
            }
            AttributeKind::String => {
                let column = Column::<u32>::open_len(pack, &values, items)?;
                let dictionary = dictionary()?;
                if column.as_slice().iter().any(|&v| v != NO_STRING && v as usize >= dictionary.len()) {
                    return Err(bad("an index is outside the dictionary"));
                }
                AttributeColumn::String { values: Cells::new(column), dictionary }
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
                AttributeColumn::Set { sets: Sets::new(offsets, column), dictionary }
            }
        };
        Ok(Self { name: spec.name.clone(), values })
    }

    /// The column with the values of live items after those of the pack. A value of another type counts as none.
    pub(super) fn with_live(&self, live: &[Option<&AttributeValue>]) -> Self {
        use AttributeValue::{Bool, Date, Number, Text, TextSet};
        /// The values of live items as a column holds them.
        fn cells<T>(
            live: &[Option<&AttributeValue>],
            none: T,
            value: impl Fn(&AttributeValue) -> Option<T>,
        ) -> Vec<T>
        where
            T: Copy,
        {
            live.iter().map(|own| own.and_then(&value).unwrap_or(none)).collect()
        }
        let texts = || {
            live.iter().flatten().flat_map(|value| match value {
                Text(text) => std::slice::from_ref(text),
                TextSet(texts) => texts,
                _ => &[],
            })
        };
        let extended = |dictionary: &Dictionary| dictionary.with_live(texts().map(|text| text.as_str()));
        let values = match &self.values {
            AttributeColumn::Number(column) => {
                AttributeColumn::Number(column.with_live(cells(live, f32::NAN, |value| {
                    if let Number(number) = value { Some(*number) } else { None }
                })))
            }
            AttributeColumn::Date(column) => {
                AttributeColumn::Date(column.with_live(cells(live, NO_DATE, |value| {
                    if let Date(days) = value { Some(*days) } else { None }
                })))
            }
            AttributeColumn::Bool(column) => {
                AttributeColumn::Bool(column.with_live(cells(live, NO_BOOL, |value| {
                    if let Bool(flag) = value { Some(u8::from(*flag)) } else { None }
                })))
            }
            AttributeColumn::String { values, dictionary } => {
                let dictionary = extended(dictionary);
                let find = |value: &AttributeValue| match value {
                    Text(text) => dictionary.find(text),
                    _ => None,
                };
                AttributeColumn::String { values: values.with_live(cells(live, NO_STRING, find)), dictionary }
            }
            AttributeColumn::Set { sets, dictionary } => {
                let dictionary = extended(dictionary);
                let find = |value: &Option<&AttributeValue>| {
                    let texts: &[_] = if let Some(TextSet(texts)) = value { texts } else { &[] };
                    let mut own: Vec<u32> = texts.iter().filter_map(|text| dictionary.find(text)).collect();
                    own.sort_unstable();
                    own.dedup();
                    own.into_boxed_slice()
                };
                AttributeColumn::Set { sets: sets.with_live(live.iter().map(find).collect()), dictionary }
            }
        };
        Self { name: self.name.clone(), values }
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
        match &self.values {
            AttributeColumn::Number(v) => v.get(row).filter(|v| !v.is_nan()).map(AttributeValue::Number),
            AttributeColumn::Date(v) => v.get(row).filter(|&v| v != NO_DATE).map(AttributeValue::Date),
            AttributeColumn::Bool(v) => {
                v.get(row).filter(|&v| v != NO_BOOL).map(|v| AttributeValue::Bool(v == 1))
            }
            AttributeColumn::String { values, dictionary } => {
                let index = values.get(row).filter(|&v| v != NO_STRING)?;
                dictionary.get(index as usize).map(|v| AttributeValue::Text(v.to_owned()))
            }
            AttributeColumn::Set { sets, dictionary } => {
                let indices = Some(sets.get(row)).filter(|indices| !indices.is_empty())?;
                let texts = indices.iter().filter_map(|&i| dictionary.get(i as usize).map(str::to_owned));
                let mut texts: Vec<_> = texts.collect();
                // Those of the pack come first in the dictionary, whatever live items have.
                texts.sort_unstable();
                Some(AttributeValue::TextSet(texts))
            }
        }
    }
}
