import Foundation
import Gensr

/// An item as the lists show it.
public struct Card: Identifiable, Hashable, Sendable {
    public let id: String
    /// The title; the id where there is none.
    public let title: String
    /// The parts of the title that match what was typed.
    public let highlights: [Range<String.Index>]
    public let brand: String?
    public let price: Float?
    /// The categories that decide its drawing.
    public let categories: [String]
    public let colour: String?
    /// Why it is there, in one line; `nil` where there is nothing to say.
    public let why: Why?
    /// All of it, for its page.
    public let shares: [Share]

    /// Attributes that cards need.
    public static let attributes = ["brand", "price", "categories", "colour"]
}

/// A reason that can be worded.
public enum Why: Hashable, Sendable {
    /// The item has these words of the query.
    case words([String])
    /// The title has.
    case title([String])
    /// Like an item of the history: what was done with it (`view`, `buy`), and its title.
    case because(kind: String, title: String)
    /// The item is in the history.
    case known
    /// A place that was given to exploration.
    case surprise
    /// The item is new.
    case new
    /// Many people choose it.
    case popular
}

/// A part of the score.
public struct Share: Identifiable, Hashable, Sendable {
    /// Its place.
    public let id: Int
    public let kind: ReasonKind
    public let why: Why?
    public let weight: Float
    /// From 0 to 1: how long a bar it gets beside the weightiest.
    public let length: Double
}

/// Makes cards of hits: looks up what reasons name by id.
struct Cards: Sendable {
    let engine: Engine

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Cards for hits, in their order.
    func cards(of hits: [Hit]) async throws(GensrError) -> [Card] {
        let about = try await about(hits.flatMap(\.reasons))
        return hits.map { card(of: $0, about) }
    }

    /// Titles of items by id; of what the catalogue has.
    func titles(of ids: some Sequence<String>) async throws(GensrError) -> [String: String] {
        let ids = Array(Set(ids))
        guard !ids.isEmpty else { return [:] }
        let items = try await engine.items(ids)
        return Dictionary(uniqueKeysWithValues: zip(ids, items).compactMap { id, item in item.map { (id, $0.title.isEmpty ? id : $0.title) } })
    }

    private struct About {
        let titles: [String: String]
        /// Kind of the last event on an item.
        let kinds: [String: String]
    }

    private func about(_ reasons: [Reason]) async throws(GensrError) -> About {
        let named = Set(reasons.filter { $0.kind == .neighbours }.compactMap(\.terms.first))
        guard !named.isEmpty else { return About(titles: [:], kinds: [:]) }
        let events = try await engine.history(limit: 500)
        return About(
            titles: try await titles(of: named),
            kinds: Dictionary(events.map { ($0.itemID, $0.kind) }) { _, later in later })
    }

    private func card(of hit: Hit, _ about: About) -> Card {
        let most = hit.reasons.map { abs($0.weight) }.max() ?? 0
        let shares = hit.reasons.enumerated().map { place, reason in
            Share(
                id: place, kind: reason.kind, why: why(reason, about), weight: reason.weight,
                length: most > 0 ? Double(abs(reason.weight) / most) : 0)
        }
        return Card(
            id: hit.id, title: hit.title.isEmpty ? hit.id : hit.title, highlights: hit.title.isEmpty ? [] : hit.highlights,
            brand: hit.attributes["brand"]?.text, price: hit.attributes["price"]?.number,
            categories: hit.attributes["categories"]?.texts ?? [], colour: hit.attributes["colour"]?.text,
            why: shares.filter { $0.why != nil }.max { $0.weight < $1.weight }?.why, shares: shares)
    }

    private func why(_ reason: Reason, _ about: About) -> Why? {
        switch reason.kind {
        case .words: return reason.terms.isEmpty ? nil : .words(reason.terms)
        case .title: return reason.terms.isEmpty ? nil : .title(reason.terms)
        case .neighbours:
            guard let id = reason.terms.first, let title = about.titles[id] else { return nil }
            return .because(kind: about.kinds[id] ?? "view", title: title)
        case .history: return .known
        case .exploration: return .surprise
        case .freshness: return .new
        case .popularity: return .popular
        // Later versions may add kinds.
        default: return nil
        }
    }
}

extension AttributeValue {
    /// A text, or the first of several.
    public var text: String? { texts.first }

    var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .textSet(let texts): texts
        case .number, .date, .bool: []
        }
    }

    public var number: Float? {
        if case .number(let number) = self { number } else { nil }
    }
}
