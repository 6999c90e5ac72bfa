//! Completions of typed text.

use std::ops::Range;

use crate::response::saturated;

/// A text to put into the search box.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Its source.
    pub kind: CompletionKind,
    /// Parts of `text` that were typed, ascending.
    pub highlights: Vec<ByteRange>,
    /// The item with this title; `None` for other kinds.
    pub item_id: Option<String>,
}

impl From<gensr::Completion> for Completion {
    fn from(gensr::Completion { text, kind, matches, item_id, .. }: gensr::Completion) -> Self {
        let highlights = matches.into_iter().map(ByteRange::from).collect();
        Self { text, kind: kind.into(), highlights, item_id }
    }
}

/// Source of a completion.
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

/// A part of a text, in bytes of UTF-8, at character boundaries. The layers above convert it to their own strings.
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
