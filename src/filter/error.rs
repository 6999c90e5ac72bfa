//! Errors of filters, with their place.

use std::ops::Range;

use super::Place;
use crate::error::Error;

/// Why a filter cannot be used: where, and what would be right. It may name attributes of the pack; it never holds a value of
/// the filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter, column {}: {reason}", self.place.start)]
pub struct FilterError {
    place: Place,
    reason: String,
}

impl FilterError {
    pub(super) fn new(place: Place, reason: impl Into<String>) -> Self {
        Self { place, reason: reason.into() }
    }

    /// The characters that are wrong, counted from 1 (Unicode scalar values). The range is never empty; at the end of the text
    /// it is the character after the last. For a filter that was built, in its `Display` form.
    pub fn columns(&self) -> Range<usize> {
        self.place.start..self.place.end
    }

    /// The mistake, and text that would be valid.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether it knows where: not in a filter that was built.
    pub(super) fn is_placed(&self) -> bool {
        self.place.end > 0
    }
}

impl From<FilterError> for Error {
    fn from(error: FilterError) -> Self {
        Self::invalid(error.to_string())
    }
}
