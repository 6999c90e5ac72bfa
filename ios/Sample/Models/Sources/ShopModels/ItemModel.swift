import Gensr
import Observation

/// The page of an item: what it is, what one can do with it, why it is there, what is like it.
@MainActor @Observable public final class ItemModel: Identifiable {
    /// Events on an item other than a view.
    public enum Act: String, CaseIterable, Sendable {
        case like, buy, dislike
    }

    public let card: Card
    /// Name and value of each attribute, by name.
    public private(set) var details: [(name: String, value: AttributeValue)] = []
    public private(set) var similar: [Card] = []
    /// Events of this page.
    public private(set) var done: Set<Act> = []
    public private(set) var trouble: Trouble?

    @ObservationIgnored private let engine: Engine
    @ObservationIgnored private let maker: Cards
    @ObservationIgnored private let query: String?
    @ObservationIgnored private let record: (Event) async throws -> Void
    @ObservationIgnored private var isRecorded = false

    init(_ engine: Engine, _ cards: Cards, _ card: Card, query: String?, record: @escaping (Event) async throws -> Void) {
        self.engine = engine
        maker = cards
        self.card = card
        self.query = query
        self.record = record
    }

    /// Fills the page, and records that it was opened: from a search as its response, elsewhere as a view.
    public func load() async {
        do {
            let item = try await engine.items([card.id])[0]
            details = (item?.attributes ?? [:]).sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            let response = try await engine.similar(SimilarRequest(to: card.id, limit: 12, attributes: Card.attributes))
            similar = try await maker.cards(of: response.hits)
            // A page that comes back to the screen is not opened again.
            guard !isRecorded else { return }
            isRecorded = true
            try await record(Event(itemID: card.id, kind: query == nil ? "view" : "search", query: query))
        } catch {
            trouble = Trouble(error)
        }
    }

    /// Does something with the item; a second time does nothing.
    public func act(_ act: Act) async {
        guard done.insert(act).inserted else { return }
        do {
            try await record(Event(itemID: card.id, kind: act.rawValue))
        } catch {
            done.remove(act)
            trouble = Trouble(error)
        }
    }
}
