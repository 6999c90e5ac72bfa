/// What a history suggests next.
///
/// ```swift
/// var request = RecommendRequest(limit: 20, seeds: inBasket)
/// request.diversity = 0.3
/// request.caps = [Cap("brand", atMost: 3)]
/// let answer = try await engine.recommend(request)
/// ```
///
/// Dislikes need no option: ``Event/dislike``.
public struct RecommendRequest: Sendable, Hashable {
    /// Hits wanted, 1 to 1,000.
    public var limit: Int

    /// Hits to skip, at most 4,000,000: pages of one request, put together, are its one long list.
    public var offset: Int

    /// Which items may be in the answer; `nil` is all.
    public var filter: Filter?

    /// Whose history to read.
    public var history: History

    /// Which items of the history to leave out; `nil` is the pack's default (as a rule all).
    public var leaveOut: LeaveOut?

    /// Ids of items that the list should suit as well as the history, at most 32: the item on the screen, a basket. They are not in the
    /// list; those that the catalogue does not have are no fault.
    public var seeds: [String]

    /// What the user wishes for, in words as a search would take them; at most 4,096 bytes. White space is no wish.
    public var wish: String?

    /// A value of an attribute to lean on.
    public var lean: Lean?

    /// A bonus for new items.
    public var freshness: Freshness?

    /// How much the items of the list should differ, 0 to 1: 0 is the order of the scores, 1 looks at nothing but difference. `nil`
    /// is 0, and some for a user without a history.
    public var diversity: Float?

    /// Caps on values of attributes, at most 8.
    public var caps: [Cap]

    /// Places for items that would not come up by their score.
    public var exploration: Exploration?

    /// Whether to name the events that each hit is there for: without the events of an item that the reasons
    /// ``ReasonKind/model`` and ``ReasonKind/neighbours`` name, its score falls. Costs up to eight passes over the history.
    public var because: Bool

    /// Ids to leave out, at most 100,000; those that the catalogue does not have are no fault.
    public var exclude: [String]

    /// Names of the attributes to return with each hit, at most 64; the pack must have them.
    public var attributes: [String]

    /// Names of the attributes whose values to count, at most 64; see ``Answer/facets``.
    public var facets: [String]

    /// The time of the request, in milliseconds since 1970; `nil` is now.
    public var nowMs: Int64?

    /// A recommendation; what is left out has its default.
    public init(
        limit: Int = 10, offset: Int = 0, filter: Filter? = nil, history: History = .profile, leaveOut: LeaveOut? = nil,
        seeds: [String] = [], wish: String? = nil, lean: Lean? = nil, freshness: Freshness? = nil, diversity: Float? = nil,
        caps: [Cap] = [], exploration: Exploration? = nil, because: Bool = false, exclude: [String] = [],
        attributes: [String] = [], facets: [String] = [], nowMs: Int64? = nil
    ) {
        self.limit = limit
        self.offset = offset
        self.filter = filter
        self.history = history
        self.leaveOut = leaveOut
        self.seeds = seeds
        self.wish = wish
        self.lean = lean
        self.freshness = freshness
        self.diversity = diversity
        self.caps = caps
        self.exploration = exploration
        self.because = because
        self.exclude = exclude
        self.attributes = attributes
        self.facets = facets
        self.nowMs = nowMs
    }
}

/// Which items of the history stay out of a recommendation.
public enum LeaveOut: Sendable, Hashable {
    /// None but those that the user dislikes.
    case nothing

    /// All.
    case history

    /// Those with an event of these kinds, at most 256, and those that the user dislikes: `.kinds(["buy"])` keeps what was only seen.
    case kinds([String])
}

/// A value of an attribute to lean on: a category, a brand, a colour.
public struct Lean: Sendable, Hashable {
    /// Name of an attribute that is a text or a set.
    public var attribute: String

    /// Its value. One that no item has leans on nothing.
    public var value: String

    /// What an item with this value gains, in fifths of the way from the average score to the ten best; above 0, at most 10. At 2 what
    /// suits the user within the value comes to the top, and what suits much better keeps its place.
    public var weight: Float

    /// A lean.
    public init(_ attribute: String, _ value: String, weight: Float = 2) {
        self.attribute = attribute
        self.value = value
        self.weight = weight
    }
}

/// At most so many items with the same value of an attribute, before every other value has had its turn.
public struct Cap: Sendable, Hashable {
    /// Name of an attribute that is a text or a set. An item with several values counts for each.
    public var attribute: String

    /// At least 1.
    public var atMost: Int

    /// A cap.
    public init(_ attribute: String, atMost: Int) {
        self.attribute = attribute
        self.atMost = atMost
    }
}

/// A bonus for items that are new.
public struct Freshness: Sendable, Hashable {
    /// Name of an attribute that is a date: when the item appeared. A day that is still to come counts as today.
    public var attribute: String

    /// Days after which half of the bonus is left; above 0.
    public var halfLifeDays: Float

    /// The bonus of an item that appears today, in fifths of the way from the average score to the ten best; above 0, at most 10.
    public var weight: Float

    /// A bonus.
    public init(_ attribute: String, halfLifeDays: Float = 30, weight: Float = 1) {
        self.attribute = attribute
        self.halfLifeDays = halfLifeDays
        self.weight = weight
    }
}

/// A share of the places for items that would not come up by their score.
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
