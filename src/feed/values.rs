//! Values of an attribute as numbers.

use crate::codebook::{Attribute, AttributeColumn, NO_STRING, StringTable};

/// A column of type `string` or `set`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Values<'a> {
    One { values: &'a [u32], dictionary: &'a StringTable },
    Many { offsets: &'a [u32], values: &'a [u32], dictionary: &'a StringTable },
}

impl<'a> Values<'a> {
    /// `None` for a column of another type.
    pub(crate) fn of(attribute: &'a Attribute) -> Option<Self> {
        match &attribute.values {
            AttributeColumn::String { values, dictionary } => {
                Some(Self::One { values: values.as_slice(), dictionary })
            }
            AttributeColumn::Set { offsets, values, dictionary } => {
                Some(Self::Many { offsets: offsets.as_slice(), values: values.as_slice(), dictionary })
            }
            _ => None,
        }
    }

    /// The values of a row, ascending; none for a row that has none or does not exist.
    pub(crate) fn get(&self, row: u32) -> &'a [u32] {
        let row = row as usize;
        let found = match *self {
            Self::One { values, .. } => values.get(row..=row).filter(|value| value[0] != NO_STRING),
            Self::Many { offsets, values, .. } => match offsets.get(row..row + 2) {
                Some(&[from, to]) => values.get(from as usize..to as usize),
                _ => None,
            },
        };
        found.unwrap_or_default()
    }

    /// The number of a value; `None` where no item has it.
    pub(crate) fn find(&self, value: &str) -> Option<u32> {
        let (Self::One { dictionary, .. } | Self::Many { dictionary, .. }) = self;
        dictionary.find_sorted(value)
    }
}
