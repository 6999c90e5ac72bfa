import Foundation

/// An action of the user.
public struct Event: Sendable, Hashable {
    /// Item id, as in the catalogue; 1 to 256 bytes. Events on an unknown id are kept, dormant until a
    /// pack has it.
    public var itemID: String

    /// Kind of event as the pack names them: `view`, `buy`, `search`, ...; 1 to 256 bytes.
    public var kind: String

    /// Time of the event, to the millisecond; `nil` is now.
    public var timestamp: Date?

    /// The query that led to the item, for kinds whose task is search; at most 4,096 bytes.
    public var query: String?

    /// The kind that every pack treats as a dislike: the item is not recommended again, and similar ones move down, from the next list on.
    ///
    /// ```swift
    /// try await engine.record(hit.id, kind: Event.dislike)
    /// ```
    public static let dislike = "dislike"

    /// An event, now by default.
    public init(itemID: String, kind: String, timestamp: Date? = nil, query: String? = nil) {
        self.itemID = itemID
        self.kind = kind
        self.timestamp = timestamp
        self.query = query
    }
}

/// History that a request reads.
public enum History: Sendable, Hashable {
    /// The recorded one.
    case profile

    /// None, as for a new user.
    case empty

    /// These events, oldest first, at most 100,000, instead of the recorded ones.
    case events([Event])
}

/// Items for a query, ranked for the history.
///
/// ```swift
/// var request = SearchRequest("light shell", limit: 20)
/// request.attributes = ["brand", "price"]
/// let response = try await engine.search(request)
/// ```
public struct SearchRequest: Sendable, Hashable {
    /// Text of the search: 1 to 4,096 bytes of UTF-8, not white space alone.
    public var query: String

    /// Number of hits, 1 to 1,000.
    public var limit: Int

    /// Hits to skip, at most 4,000,000. Consecutive pages of a request form one list.
    public var offset: Int

    /// Items allowed in the response; `nil` is all.
    public var filter: Filter?

    /// History to read.
    public var history: History

    /// Whether to leave out items of the history; `nil` is the pack's default (usually not).
    public var excludeHistory: Bool?

    /// Ids to leave out, at most 100,000; unknown ids are ignored.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Names of the attributes whose values to count, at most 64; see ``Response/facets``.
    public var facets: [String]

    /// Time of the request; `nil` is now.
    public var now: Date?

    /// A search; omitted arguments have their defaults.
    public init(
        _ query: String, limit: Int = 10, offset: Int = 0, filter: Filter? = nil, history: History = .profile,
        excludeHistory: Bool? = nil, exclude: [String] = [], attributes: [String] = [], facets: [String] = [], now: Date? = nil
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
        self.now = now
    }
}

/// Items similar to one item.
///
/// ```swift
/// let request = SimilarRequest(to: hit.id, limit: 6, attributes: ["price"])
/// let response = try await engine.similar(request)
/// ```
public struct SimilarRequest: Sendable, Hashable {
    /// The item to compare with, which the catalogue must have; it is not in the response.
    public var itemID: String

    /// Number of hits, 1 to 1,000.
    public var limit: Int

    /// Hits to skip, at most 4,000,000. Consecutive pages of a request form one list.
    public var offset: Int

    /// Items allowed in the response; `nil` is all.
    public var filter: Filter?

    /// Weight of the user's history, 0 to 1: at 0 only similarity counts, at 1 both count alike.
    public var personalisation: Float

    /// History to read; ignored if ``personalisation`` is 0.
    public var history: History

    /// Ids to leave out, at most 100,000; unknown ids are ignored.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Names of the attributes whose values to count, at most 64; see ``Response/facets``.
    public var facets: [String]

    /// Time of the request; `nil` is now.
    public var now: Date?

    /// Items similar to this one; omitted arguments have their defaults.
    public init(
        to itemID: String, limit: Int = 10, offset: Int = 0, filter: Filter? = nil, personalisation: Float = 0, history: History = .profile,
        exclude: [String] = [], attributes: [String] = [], facets: [String] = [], now: Date? = nil
    ) {
        self.itemID = itemID
        self.limit = limit
        self.offset = offset
        self.filter = filter
        self.personalisation = personalisation
        self.history = history
        self.exclude = exclude
        self.attributes = attributes
        self.facets = facets
        self.now = now
    }
}
