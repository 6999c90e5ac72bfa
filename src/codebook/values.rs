//! Values of an attribute as numbers.

use super::{Attribute, AttributeColumn, Cells, Dictionary, NO_STRING, Sets};

/// A column of type `string` or `set`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Values<'a> {
    One { values: &'a Cells<u32>, dictionary: &'a Dictionary },
    Many { sets: &'a Sets, dictionary: &'a Dictionary },
}

impl<'a> Values<'a> {
    /// `None` for a column of another type.
    pub(crate) fn of(attribute: &'a Attribute) -> Option<Self> {
        match &attribute.values {
            AttributeColumn::String { values, dictionary } => Some(Self::One { values, dictionary }),
            AttributeColumn::Set { sets, dictionary } => Some(Self::Many { sets, dictionary }),
            _ => None,
        }
    }

    /// The values of a row, ascending; none for a row that has none or does not exist.
    pub(crate) fn get(&self, row: u32) -> &'a [u32] {
        match *self {
            Self::One { values, .. } if values.get(row) == Some(NO_STRING) => &[],
            Self::One { values, .. } => values.slice(row),
            Self::Many { sets, .. } => sets.get(row),
        }
    }

    /// The distinct values.
    pub(crate) fn dictionary(&self) -> &'a Dictionary {
        let (Self::One { dictionary, .. } | Self::Many { dictionary, .. }) = self;
        dictionary
    }

    /// The number of a value; `None` where no item has it.
    pub(crate) fn find(&self, value: &str) -> Option<u32> {
        self.dictionary().find(value)
    }
}
