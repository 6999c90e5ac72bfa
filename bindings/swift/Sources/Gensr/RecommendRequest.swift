import Foundation

/// Recommendations for a history.
///
/// ```swift
/// var request = RecommendRequest(limit: 20, seeds: inBasket)
/// request.diversity = 0.3
/// request.caps = [Cap("brand", limit: 3)]
/// let response = try await engine.recommend(request)
/// ```
///
/// Dislikes need no option: ``Event/dislike``.
public struct RecommendRequest: Sendable, Hashable {
    /// Number of hits, 1 to 1,000.
    public var limit: Int

    /// Hits to skip, at most 4,000,000. Consecutive pages of a request form one list.
    public var offset: Int

    /// Items allowed in the response; `nil` is all.
    public var filter: Filter?

    /// History to read.
    public var history: History

    /// Items of the history to leave out; `nil` is the pack's default (usually all).
    public var leaveOut: LeaveOut?

    /// Ids of items that the list should suit like the history, at most 32: the item on screen, a basket. They are not in the list; unknown
    /// ids are ignored.
    public var seeds: [String]

    /// The user's intent in words, as for a search; at most 4,096 bytes. White space alone has no effect.
    public var intent: String?

    /// A preferred value of an attribute.
    public var boost: Boost?

    /// A bonus for new items.
    public var freshness: Freshness?

    /// How much the items of the list should differ, 0 to 1: 0 keeps the order of the scores, 1 considers difference alone. `nil` is 0, and
    /// more than that for a user without a history.
    public var diversity: Float?

    /// Limits on items with the same value of an attribute, at most 8.
    public var caps: [Cap]

    /// Places for items that their score would not bring up.
    public var exploration: Exploration?

    /// Whether the reasons ``ReasonKind/model`` and ``ReasonKind/neighbours`` name the items of the history without which the score falls.
    /// Costs up to eight passes over the history.
    public var explainHistory: Bool

    /// Ids to leave out, at most 100,000; unknown ids are ignored.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Names of the attributes whose values to count, at most 64; see ``Response/facets``.
    public var facets: [String]

    /// Time of the request; `nil` is now.
    public var now: Date?

    /// A recommendation; omitted arguments have their defaults.
    public init(
        limit: Int = 10, offset: Int = 0, filter: Filter? = nil, history: History = .profile, leaveOut: LeaveOut? = nil,
        seeds: [String] = [], intent: String? = nil, boost: Boost? = nil, freshness: Freshness? = nil, diversity: Float? = nil,
        caps: [Cap] = [], exploration: Exploration? = nil, explainHistory: Bool = false, exclude: [String] = [],
        attributes: [String] = [], facets: [String] = [], now: Date? = nil
    ) {
        self.limit = limit
        self.offset = offset
        self.filter = filter
        self.history = history
        self.leaveOut = leaveOut
        self.seeds = seeds
        self.intent = intent
        self.boost = boost
        self.freshness = freshness
        self.diversity = diversity
        self.caps = caps
        self.exploration = exploration
        self.explainHistory = explainHistory
        self.exclude = exclude
        self.attributes = attributes
        self.facets = facets
        self.now = now
    }
}

/// Which items of the history stay out of a recommendation.
public enum LeaveOut: Sendable, Hashable {
    /// Only those that the user dislikes.
    case nothing

    /// All.
    case history

    /// Those with an event of these kinds, at most 256, and those that the user dislikes: `.kinds(["buy"])` keeps
    /// items that were only viewed.
    case kinds([String])
}

/// A preferred value of an attribute: a category, a brand, a colour.
public struct Boost: Sendable, Hashable {
    /// Name of an attribute that is a text or a text set.
    public var attribute: String

    /// Its value. A value that no item has has no effect.
    public var value: String

    /// Gain of an item with this value, in fifths of the way from the average score to the ten best; above 0, at most 10. At 2 the items
    /// with this value that suit the user move to the top, below items that suit much better.
    public var weight: Float

    /// A boost.
    public init(_ attribute: String, _ value: String, weight: Float = 2) {
        self.attribute = attribute
        self.value = value
        self.weight = weight
    }
}

/// A limit on items with the same value of an attribute, until every other value has had its turn.
public struct Cap: Sendable, Hashable {
    /// Name of an attribute that is a text or a text set. An item with several values counts for each.
    public var attribute: String

    /// At least 1.
    public var limit: Int

    /// A cap.
    public init(_ attribute: String, limit: Int) {
        self.attribute = attribute
        self.limit = limit
    }
}

/// A bonus for items that are new.
public struct Freshness: Sendable, Hashable {
    /// Name of a date attribute: when the item appeared. A date in the future counts as today.
    public var attribute: String

    /// Age at which half of the bonus is left; above 0.
    public var halfLife: Duration

    /// Bonus of an item that appears today, in fifths of the way from the average score to the ten best; above 0, at most 10.
    public var weight: Float

    /// A bonus.
    public init(_ attribute: String, halfLife: Duration = .seconds(30 * 86_400), weight: Float = 1) {
        self.attribute = attribute
        self.halfLife = halfLife
        self.weight = weight
    }
}

/// A share of the places for items that their score would not bring up.
public struct Exploration: Sendable, Hashable {
    /// Share of the places, above 0, at most .5. The first place is never one of them.
    public var share: Float

    /// The same seed gives the same list. Take another one for each visit, and the same one for the pages of a visit.
    public var seed: UInt64

    /// A share.
    public init(share: Float, seed: UInt64) {
        self.share = share
        self.seed = seed
    }
}
