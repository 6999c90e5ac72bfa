import Gensr
import Observation

/// The shop while it opens, once it is open, and where it cannot be.
@MainActor @Observable public final class Shop {
    /// How far it is.
    public enum State {
        case opening
        case open(OpenShop)
        case failed(Trouble)
    }

    /// How far it is.
    public private(set) var state = State.opening

    @ObservationIgnored private let settings: any Settings
    @ObservationIgnored private let open: @Sendable () async throws(GensrError) -> Engine
    @ObservationIgnored private var isOpening = false

    /// A shop that is not opened yet.
    public init(settings: any Settings, open: @escaping @Sendable () async throws(GensrError) -> Engine) {
        self.settings = settings
        self.open = open
    }

    /// Opens it, once; after a failure again.
    public func start() async {
        if case .open = state { return }
        if isOpening { return }
        (isOpening, state) = (true, .opening)
        defer { isOpening = false }
        do throws(GensrError) {
            let shop = OpenShop(try await open(), settings: settings)
            try await shop.begin()
            state = .open(shop)
        } catch {
            // A start that was called off is none: the next one begins anew.
            state = Trouble(error).map { .failed($0) } ?? .opening
        }
    }
}

/// The models of an open shop. Events go through here, so that every screen follows.
@MainActor public final class OpenShop {
    public let search: SearchModel
    public let feed: FeedModel
    public let privacy: PrivacyModel

    let engine: Engine
    /// The last event that is being recorded.
    private var turn: Task<Void, any Error>?

    init(_ engine: Engine, settings: any Settings) {
        self.engine = engine
        let cards = Cards(engine)
        search = SearchModel(engine, cards)
        feed = FeedModel(engine, cards)
        privacy = PrivacyModel(engine, cards, settings)
        feed.record = { [weak self] in try await self?.record($0) }
        privacy.changed = { [weak self] in await self?.feed.refresh() }
    }

    /// The first screen.
    func begin() async throws(GensrError) {
        try await privacy.restore()
        await feed.refresh()
        await privacy.refresh()
    }

    /// Does ahead what the first search would wait for. The system may call it off.
    public func warmUp() async {
        try? await engine.warmUp()
    }

    /// The page of an item; `query` is the search that led to it.
    public func page(of card: Card, query: String? = nil) -> ItemModel {
        ItemModel(engine, Cards(engine), card, query: query) { [weak self] in try await self?.record($0) }
    }

    /// Records what the user did, one after the other, as they were done: calls of the engine run side by side, and a like that
    /// is taken back must not come second. The feed and the history follow.
    private func record(_ event: Event) async throws {
        let turn = Task { [engine, before = turn] in
            _ = await before?.result
            try await engine.record(event)
        }
        self.turn = turn
        try await turn.value
        await feed.refresh()
        await privacy.refresh()
    }
}
