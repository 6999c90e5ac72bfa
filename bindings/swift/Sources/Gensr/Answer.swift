/// Hits, best first, and what they took.
public struct Answer: Sendable, Hashable {
    /// Best first, from the request's offset on; fewer than the limit only where there are no more.
    public let hits: [Hit]

    /// Hits that there are: what all pages hold together.
    public let found: Int

    /// Counts of the attributes that the request named, in its order. Counted is what passes the filter and is not left out; of a search,
    /// where words of the query match some of that, only what they match.
    public let facets: [Facet]

    /// The stages in the order they ran; `total` is last.
    public let timings: [StageTime]

    /// What ran the graphs of this call.
    public let providers: [Provider]

    /// An answer of your own, for previews and tests.
    public init(
        hits: [Hit], found: Int? = nil, facets: [Facet] = [], timings: [StageTime] = [], providers: [Provider] = []
    ) {
        self.hits = hits
        self.found = found ?? hits.count
        self.facets = facets
        self.timings = timings
        self.providers = providers
    }
}

/// One item of an answer.
public struct Hit: Sendable, Hashable, Identifiable {
    /// Item id.
    public let id: String

    /// Title; empty where the catalogue has none.
    public let title: String

    /// Higher is better; comparable within one answer only.
    public let score: Float

    /// The parts of ``title`` that match the query of a search: whole characters, in their order, apart from each other. Of a word that was
    /// typed in part, the part; of a word with a typo, all of it.
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
    case set([String])

    /// A number.
    case number(Float)

    /// A day of the calendar, in days since 1970-01-01. It has no time zone; to show it, format
    /// `Date(timeIntervalSince1970: Double(epochDay) * 86_400)` for UTC.
    case date(epochDay: Int)

    /// Yes or no.
    case flag(Bool)
}

/// How often the values of one attribute occur among the items that were counted.
///
/// ```swift
/// for choice in answer.facets[0].values {
///     print("\(choice.value) (\(choice.items))")
/// }
/// ```
public struct Facet: Sendable, Hashable {
    /// Name of the attribute.
    public let name: String

    /// Items that have it.
    public let items: Int

    /// Values that occur; 0 for numbers and dates, which are not counted one by one.
    public let distinct: Int

    /// Values and the items that have them, the most frequent first, at most 100. None of numbers and dates.
    public let values: [FacetValue]

    /// The least number or date; `nil` for other types, and where no item has one.
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
    /// The value, to be interpolated into a ``Filter``.
    public let value: String

    /// Items that have it.
    public let items: Int

    /// A value of your own, for previews and tests.
    public init(value: String, items: Int) {
        self.value = value
        self.items = items
    }
}

/// Why an item is in the answer.
public struct Reason: Sendable, Hashable {
    /// What kind of reason.
    public let kind: ReasonKind

    /// Item ids or words that it rests on, the weightiest first.
    public let terms: [String]

    /// Its part of the score; comparable within one answer only.
    public let weight: Float

    /// A reason of your own, for previews and tests.
    public init(kind: ReasonKind, terms: [String] = [], weight: Float) {
        self.kind = kind
        self.terms = terms
        self.weight = weight
    }
}

/// The kinds of reason.
public enum ReasonKind: Sendable, Hashable {
    /// The generative model's score.
    case model

    /// People who chose these items of the history chose this one, too.
    case neighbours

    /// The item has these words, which the query has or may stand for.
    case words

    /// The title has these words, which the query has or may stand for.
    case title

    /// The query is the item's id.
    case id

    /// The item is in the user's history.
    case history

    /// The two items are alike.
    case similar

    /// People who chose these seeds of the request chose this one, too.
    case seeds

    /// The item resembles these ones, which the user dislikes; the weight is not above 0.
    case dislike

    /// The item has the value that the request leans on.
    case lean

    /// The item is new.
    case new

    /// Many people choose it; for users without a history.
    case popular

    /// The judge's answer for this item; only packs with a judge have it.
    case judge

    /// The place was given to exploration; no part of the score.
    case explored

    /// A kind that this layer does not know yet.
    case other
}

/// The time that one stage of a call took.
public struct StageTime: Sendable, Hashable {
    /// `filter`, `history`, `text`, `decoder`, `evidence`, `scan`, `order`, `hits`, `facets` or `total`.
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
public struct Provider: Sendable, Hashable {
    /// `history`, `decoder` or `text`.
    public let graph: String

    /// `cpu`, ...
    public let name: String

    /// A provider of your own, for previews and tests.
    public init(graph: String, name: String) {
        self.graph = graph
        self.name = name
    }
}
