/// A text that goes on from what was typed.
///
/// ```swift
/// for completion in try await engine.complete("alp") {
///     print(completion.text)
/// }
/// ```
public struct Completion: Sendable, Hashable {
    /// What to put into the search box.
    public let text: String

    /// Where it comes from.
    public let kind: CompletionKind

    /// The parts of ``text`` that were typed: whole characters, in their order, apart from each other. None where nothing was typed.
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

/// Where a completion comes from.
public enum CompletionKind: Sendable, Hashable {
    /// A query of a search in the user's own history.
    case query

    /// A value of the attribute `categories`.
    case category

    /// The title of an item.
    case title

    /// A kind that this layer does not know yet.
    case other
}
