/// A text to complete what was typed.
///
/// ```swift
/// for completion in try await engine.complete("alp") {
///     print(completion.text)
/// }
/// ```
public struct Completion: Sendable, Hashable {
    /// Text for the search box.
    public let text: String

    /// Its source.
    public let kind: CompletionKind

    /// Parts of ``text`` that were typed: whole characters, ascending and disjoint. Empty for an empty text.
    public let highlights: [Range<String.Index>]

    /// The item with this title, the most popular one where several have it; `nil` for other kinds.
    public let itemID: String?

    /// A completion of your own, for previews and tests.
    public init(text: String, kind: CompletionKind, highlights: [Range<String.Index>] = [], itemID: String? = nil) {
        self.text = text
        self.kind = kind
        self.highlights = highlights
        self.itemID = itemID
    }
}

/// Source of a completion.
public enum CompletionKind: Sendable, Hashable {
    /// A query of a search in the user's own history.
    case query

    /// A value of the attribute `categories`.
    case category

    /// The title of an item.
    case title

    /// A kind that this version does not know.
    case other
}
