//! Completions: texts that go on from what was typed.

use std::ops::Range;

use gensr::MAX_COMPLETIONS;

use crate::answer::saturated;
use crate::error::Result;
use crate::seam::bounded;

/// A text to put into the search box.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Where it comes from.
    pub kind: CompletionKind,
    /// The parts of `text` that were typed, ascending.
    pub highlights: Vec<ByteRange>,
    /// The item with this title; none for other kinds.
    pub item_id: Option<String>,
}

impl From<gensr::Completion> for Completion {
    fn from(gensr::Completion { text, kind, matches, item_id }: gensr::Completion) -> Self {
        let highlights = matches.into_iter().map(ByteRange::from).collect();
        Self { text, kind: kind.into(), highlights, item_id }
    }
}

/// Where a completion comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CompletionKind {
    /// A query of a search in the user's own history.
    Query,
    /// A category.
    Category,
    /// The title of an item.
    Title,
    /// A kind that this boundary does not know yet.
    Other,
}

impl From<gensr::CompletionKind> for CompletionKind {
    fn from(kind: gensr::CompletionKind) -> Self {
        match kind {
            gensr::CompletionKind::Query => Self::Query,
            gensr::CompletionKind::Category => Self::Category,
            gensr::CompletionKind::Title => Self::Title,
            _ => Self::Other,
        }
    }
}

/// A part of a text, in bytes of its UTF-8 form, at character boundaries. The layers above translate to their own strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct ByteRange {
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
}

impl From<Range<usize>> for ByteRange {
    fn from(Range { start, end }: Range<usize>) -> Self {
        Self { start: saturated(start), end: saturated(end) }
    }
}

/// How many completions are wanted.
pub(crate) fn completion_limit(limit: u32) -> Result<usize> {
    bounded("limit", limit, MAX_COMPLETIONS)
}
