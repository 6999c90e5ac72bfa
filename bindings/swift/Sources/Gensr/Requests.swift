/// Something the user did.
public struct Event: Sendable, Hashable {
    /// Item id, as in the catalogue; 1 to 256 bytes. One that the pack does not know is kept, and counts once a pack knows it.
    public var itemID: String

    /// Kind of event as the pack names them: `view`, `buy`, `search`, ...; 1 to 256 bytes.
    public var kind: String

    /// When, in milliseconds since 1970; `nil` is now.
    public var timestampMs: Int64?

    /// The query that led to the item, for kinds whose task is search; at most 4,096 bytes.
    public var query: String?

    /// The kind that every pack takes for a dislike: the item is not recommended again, and what resembles it sinks, from the next list on.
    ///
    /// ```swift
    /// try await engine.record(hit.id, kind: Event.dislike)
    /// ```
    public static let dislike = "dislike"

    /// An event; now, unless said otherwise.
    public init(itemID: String, kind: String, timestampMs: Int64? = nil, query: String? = nil) {
        self.itemID = itemID
        self.kind = kind
        self.timestampMs = timestampMs
        self.query = query
    }
}

/// Whose history a request reads.
public enum History: Sendable, Hashable {
    /// The one that was recorded.
    case profile

    /// None: the answer that a stranger gets.
    case empty

    /// These events, oldest first, at most 100,000; the recorded history is neither read nor written.
    case events([Event])
}

/// Items for a query, in the order that suits the history.
///
/// ```swift
/// var request = SearchRequest("light shell", limit: 20)
/// request.attributes = ["brand", "price"]
/// let answer = try await engine.search(request)
/// ```
public struct SearchRequest: Sendable, Hashable {
    /// What the user typed: 1 to 4,096 bytes of UTF-8, not white space alone.
    public var query: String

    /// Hits wanted, 1 to 1,000.
    public var limit: Int

    /// Hits to skip, at most 4,000,000: pages of one request, put together, are its one long list.
    public var offset: Int

    /// Which items may be in the answer; `nil` is all.
    public var filter: Filter?

    /// Whose history to read.
    public var history: History

    /// Leave out what is in the history; `nil` is the pack's default (as a rule a search keeps it).
    public var excludeHistory: Bool?

    /// Ids to leave out, at most 100,000; those that the catalogue does not have are no fault.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Names of the attributes whose values to count, at most 64; see ``Answer/facets``.
    public var facets: [String]

    /// The time of the request, in milliseconds since 1970; `nil` is now.
    public var nowMs: Int64?

    /// A search; what is left out has its default.
    public init(
        _ query: String, limit: Int = 10, offset: Int = 0, filter: Filter? = nil, history: History = .profile,
        excludeHistory: Bool? = nil, exclude: [String] = [], attributes: [String] = [], facets: [String] = [], nowMs: Int64? = nil
    ) {
        self.query = query
        self.limit = limit
        self.offset = offset
        self.filter = filter
        self.history = history
        self.excludeHistory = excludeHistory
        self.exclude = exclude
        self.attributes = attributes
        self.facets = facets
        self.nowMs = nowMs
    }
}

/// Items like one item.
///
/// ```swift
/// let request = SimilarRequest(to: hit.id, limit: 6, attributes: ["price"])
/// let answer = try await engine.similar(request)
/// ```
public struct SimilarRequest: Sendable, Hashable {
    /// The item to compare with, which the catalogue must have; it is not in the answer.
    public var itemID: String

    /// Hits wanted, 1 to 1,000.
    public var limit: Int

    /// Hits to skip, at most 4,000,000: pages of one request, put together, are its one long list.
    public var offset: Int

    /// Which items may be in the answer; `nil` is all.
    public var filter: Filter?

    /// How much the user's taste counts, 0 to 1: at 0 nothing but the likeness, at 1 as much as the likeness.
    public var taste: Float

    /// Whose taste; read only where ``taste`` is above 0.
    public var history: History

    /// Ids to leave out, at most 100,000; those that the catalogue does not have are no fault.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Names of the attributes whose values to count, at most 64; see ``Answer/facets``.
    public var facets: [String]

    /// The time of the request, in milliseconds since 1970; `nil` is now. Without a taste it does not matter.
    public var nowMs: Int64?

    /// Items like this one; what is left out has its default.
    public init(
        to itemID: String, limit: Int = 10, offset: Int = 0, filter: Filter? = nil, taste: Float = 0, history: History = .profile,
        exclude: [String] = [], attributes: [String] = [], facets: [String] = [], nowMs: Int64? = nil
    ) {
        self.itemID = itemID
        self.limit = limit
        self.offset = offset
        self.filter = filter
        self.taste = taste
        self.history = history
        self.exclude = exclude
        self.attributes = attributes
        self.facets = facets
        self.nowMs = nowMs
    }
}
