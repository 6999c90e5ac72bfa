/// Result of a search, a recommendation or a request for similar items.
public struct Response: Sendable, Hashable {
    /// Best first, from the request's offset on; fewer than the limit only at the end of the list.
    public let hits: [Hit]

    /// Hits on all pages together.
    public let totalHits: Int

    /// Counts of the attributes that the request named, in its order, over items that pass the filter and are not left out. A search whose
    /// words match some of these items counts only those.
    public let facets: [Facet]

    /// Stages in the order they ran; `total` is last.
    public let timings: [StageTime]

    /// Execution providers that ran the graphs of this call.
    public let providers: [GraphProvider]

    /// A response of your own, for previews and tests.
    public init(
        hits: [Hit], totalHits: Int? = nil, facets: [Facet] = [], timings: [StageTime] = [], providers: [GraphProvider] = []
    ) {
        self.hits = hits
        self.totalHits = totalHits ?? hits.count
        self.facets = facets
        self.timings = timings
        self.providers = providers
    }
}

/// One item of a response.
public struct Hit: Sendable, Hashable, Identifiable {
    /// Item id.
    public let id: String

    /// Title; empty where the catalogue has none.
    public let title: String

    /// Higher is better; comparable within one response only.
    public let score: Float

    /// Parts of ``title`` that match the query of a search: whole characters, ascending and disjoint. A word typed in part is highlighted in
    /// part, a misspelt one as a whole.
    ///
    /// ```swift
    /// for part in hit.highlights {
    ///     print(hit.title[part])
    /// }
    /// ```
    public let highlights: [Range<String.Index>]

    /// The attributes that the request named and the item has.
    ///
    /// ```swift
    /// if case .number(let price)? = hit.attributes["price"] {
    ///     print(price)
    /// }
    /// ```
    public let attributes: [String: AttributeValue]

    /// Why it is here.
    public let reasons: [Reason]

    /// A hit of your own, for previews and tests.
    public init(
        id: String, title: String, score: Float, highlights: [Range<String.Index>] = [], attributes: [String: AttributeValue] = [:],
        reasons: [Reason] = []
    ) {
        self.id = id
        self.title = title
        self.score = score
        self.highlights = highlights
        self.attributes = attributes
        self.reasons = reasons
    }
}

/// One typed attribute of an item.
public enum AttributeValue: Sendable, Hashable {
    /// A text.
    case text(String)

    /// Several texts, in the order of their bytes.
    case textSet([String])

    /// A number.
    case number(Float)

    /// A calendar day, in days since 1970-01-01, without a time zone. To show it, format
    /// `Date(timeIntervalSince1970: Double(epochDay) * 86_400)` for UTC.
    case date(epochDay: Int)

    /// A truth value.
    case bool(Bool)
}

/// How often the values of one attribute occur among the counted items.
///
/// ```swift
/// for choice in response.facets[0].values {
///     print("\(choice.value) (\(choice.items))")
/// }
/// ```
public struct Facet: Sendable, Hashable {
    /// Name of the attribute.
    public let name: String

    /// Items that have it.
    public let items: Int

    /// Number of distinct values; 0 for numbers and dates.
    public let distinct: Int

    /// The most frequent first, at most 100; empty for numbers and dates.
    public let values: [FacetValue]

    /// The least number or date; `nil` for other types, and where no item has a value.
    public let least: AttributeValue?

    /// The greatest number or date.
    public let greatest: AttributeValue?

    /// A facet of your own, for previews and tests.
    public init(
        name: String, items: Int, distinct: Int = 0, values: [FacetValue] = [], least: AttributeValue? = nil,
        greatest: AttributeValue? = nil
    ) {
        self.name = name
        self.items = items
        self.distinct = distinct
        self.values = values
        self.least = least
        self.greatest = greatest
    }
}

/// A value of an attribute, and how often it occurs.
public struct FacetValue: Sendable, Hashable {
    /// The value, for interpolation into a ``Filter``.
    public let value: String

    /// Items that have it.
    public let items: Int

    /// A value of your own, for previews and tests.
    public init(value: String, items: Int) {
        self.value = value
        self.items = items
    }
}

/// Why an item is in the response.
public struct Reason: Sendable, Hashable {
    /// The kind.
    public let kind: ReasonKind

    /// Item ids or words behind it, the weightiest first.
    public let terms: [String]

    /// Its share of the score; comparable within one response only.
    public let weight: Float

    /// A reason of your own, for previews and tests.
    public init(kind: ReasonKind, terms: [String] = [], weight: Float) {
        self.kind = kind
        self.terms = terms
        self.weight = weight
    }
}

/// The kinds of reason. Later versions may add more.
public struct ReasonKind: RawRepresentable, Sendable, Hashable {
    /// Name of the kind.
    public let rawValue: String

    /// A kind by its name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The generative model's score.
    public static let model = ReasonKind(rawValue: "model")

    /// Users who chose these items of the history also chose this one.
    public static let neighbours = ReasonKind(rawValue: "neighbours")

    /// The item has these words of the query, or words that the query may stand for.
    public static let words = ReasonKind(rawValue: "words")

    /// The title has these words of the query, or words that the query may stand for.
    public static let title = ReasonKind(rawValue: "title")

    /// The query is the item's id.
    public static let id = ReasonKind(rawValue: "id")

    /// The item is in the user's history.
    public static let history = ReasonKind(rawValue: "history")

    /// The item is similar to the one of the request.
    public static let similar = ReasonKind(rawValue: "similar")

    /// Users who chose these seeds of the request also chose this one.
    public static let seeds = ReasonKind(rawValue: "seeds")

    /// The item resembles these items, which the user dislikes; the weight is not above 0.
    public static let dislike = ReasonKind(rawValue: "dislike")

    /// The item has the value that the request boosts.
    public static let boost = ReasonKind(rawValue: "boost")

    /// The item is new.
    public static let freshness = ReasonKind(rawValue: "freshness")

    /// The item is popular; for users without a history.
    public static let popularity = ReasonKind(rawValue: "popularity")

    /// The place was given to exploration; no part of the score.
    public static let exploration = ReasonKind(rawValue: "exploration")

    /// A kind that this version does not know.
    public static let other = ReasonKind(rawValue: "other")
}

/// The time that one stage of a call took.
public struct StageTime: Sendable, Hashable {
    /// `filter`, `history`, `text`, `decoder`, `signals`, `scan`, `order`, `hits`, `facets` or `total`.
    public let stage: String

    /// Milliseconds.
    public let ms: Double

    /// A time of your own, for previews and tests.
    public init(stage: String, ms: Double) {
        self.stage = stage
        self.ms = ms
    }
}

/// A graph and the execution provider that runs it.
public struct GraphProvider: Sendable, Hashable {
    /// `history`, `decoder` or `text`.
    public let graph: String

    /// `cpu`, ...
    public let provider: String

    /// A provider of your own, for previews and tests.
    public init(graph: String, provider: String) {
        self.graph = graph
        self.provider = provider
    }
}
