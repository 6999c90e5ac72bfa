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

    /// Whose history to read.
    public var history: History

    /// Leave out what is in the history; `nil` is the pack's default (as a rule a search keeps it).
    public var excludeHistory: Bool?

    /// Ids to leave out, at most 100,000; those that the catalogue does not have are no fault.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// The time of the request, in milliseconds since 1970; `nil` is now.
    public var nowMs: Int64?

    /// A search; what is left out has its default.
    public init(
        _ query: String, limit: Int = 10, history: History = .profile, excludeHistory: Bool? = nil, exclude: [String] = [],
        attributes: [String] = [], nowMs: Int64? = nil
    ) {
        self.query = query
        self.limit = limit
        self.history = history
        self.excludeHistory = excludeHistory
        self.exclude = exclude
        self.attributes = attributes
        self.nowMs = nowMs
    }
}

/// What a history suggests next.
///
/// ```swift
/// let request = RecommendRequest(limit: 20, exclude: inBasket)
/// let answer = try await engine.recommend(request)
/// ```
public struct RecommendRequest: Sendable, Hashable {
    /// Hits wanted, 1 to 1,000.
    public var limit: Int

    /// Whose history to read.
    public var history: History

    /// Leave out what is in the history; `nil` is the pack's default (as a rule a recommendation leaves it out).
    public var excludeHistory: Bool?

    /// Ids to leave out, at most 100,000; those that the catalogue does not have are no fault.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// The time of the request, in milliseconds since 1970; `nil` is now.
    public var nowMs: Int64?

    /// A recommendation; what is left out has its default.
    public init(
        limit: Int = 10, history: History = .profile, excludeHistory: Bool? = nil, exclude: [String] = [],
        attributes: [String] = [], nowMs: Int64? = nil
    ) {
        self.limit = limit
        self.history = history
        self.excludeHistory = excludeHistory
        self.exclude = exclude
        self.attributes = attributes
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

    /// Ids to leave out, at most 100,000; those that the catalogue does not have are no fault.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Items like this one; what is left out has its default.
    public init(to itemID: String, limit: Int = 10, exclude: [String] = [], attributes: [String] = []) {
        self.itemID = itemID
        self.limit = limit
        self.exclude = exclude
        self.attributes = attributes
    }
}
