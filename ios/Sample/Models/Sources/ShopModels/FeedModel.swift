import Gensr
import Observation

/// The feed: what the history suggests.
@MainActor @Observable public final class FeedModel {
    public static let page = 24
    static let most = 240

    public private(set) var cards: [Card] = []
    /// Events that shape it; 0 for a stranger.
    public private(set) var events = 0
    public private(set) var isLoading = false
    public private(set) var trouble: Trouble?

    @ObservationIgnored private let engine: Engine
    @ObservationIgnored private let maker: Cards
    @ObservationIgnored private var limit = FeedModel.page
    /// The last refresh that began: an older one that ends after it shows nothing.
    @ObservationIgnored private var round = 0
    @ObservationIgnored var record: (Event) async throws -> Void = { _ in }

    init(_ engine: Engine, _ cards: Cards) {
        self.engine = engine
        maker = cards
    }

    /// Asks for the feed of the present history.
    public func refresh() async {
        round += 1
        let mine = round
        isLoading = true
        defer { if mine == round { isLoading = false } }
        do throws(GensrError) {
            let response = try await engine.recommend(RecommendRequest(limit: limit, attributes: Card.attributes))
            let cards = try await maker.cards(of: response.hits)
            let events = try await engine.diagnostics().profile.events
            let isKnown = try await engine.recording() != .incognito
            guard mine == round else { return }
            self.cards = cards
            self.events = isKnown ? events : 0
            trouble = nil
        } catch {
            if mine == round { trouble = Trouble(error) ?? trouble }
        }
    }

    /// Makes the feed longer when its end comes up.
    public func appeared(_ card: Card) async {
        guard card.id == cards.last?.id, cards.count >= limit, limit < Self.most else { return }
        limit += Self.page
        await refresh()
    }

    /// Not for me: gone from the next list, and what resembles it sinks.
    public func dislike(_ card: Card) async {
        do {
            try await record(Event(itemID: card.id, kind: Event.dislike))
        } catch {
            trouble = Trouble(error) ?? trouble
        }
    }
}
