/// Hits, best first, and what they took.
public struct Answer: Sendable, Hashable {
    /// Best first; fewer than the limit only where the catalogue has no more.
    public let hits: [Hit]

    /// The stages in the order they ran; `total` is last.
    public let timings: [StageTime]

    /// What ran the graphs of this call.
    public let providers: [Provider]

    /// An answer of your own, for previews and tests.
    public init(hits: [Hit], timings: [StageTime] = [], providers: [Provider] = []) {
        self.hits = hits
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
    public init(id: String, title: String, score: Float, attributes: [String: AttributeValue] = [:], reasons: [Reason] = []) {
        self.id = id
        self.title = title
        self.score = score
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

    /// The item has these words of the query.
    case words

    /// The item is in the user's history.
    case history

    /// The two items are alike.
    case similar

    /// A kind that this layer does not know yet.
    case other
}

/// The time that one stage of a call took.
public struct StageTime: Sendable, Hashable {
    /// `history`, `text`, `decoder`, `evidence`, `scan`, `hits` or `total`.
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
