import Gensr
import Observation

/// The search box and what is below it.
///
/// ```swift
/// TextField("Search", text: $search.text)
///     .task { await search.run() }
///     .task(id: search.text) { await search.complete() }
/// ```
@MainActor @Observable public final class SearchModel {
    /// Text of the box.
    public var text = "" {
        didSet { if text != oldValue { typed?.yield(query) } }
    }

    /// Hits for the text; kept until the next response arrives.
    public private(set) var cards: [Card] = []
    /// Query of the cards.
    public private(set) var cardsQuery = ""
    /// Whether they are the full ranking, not only a first response from words.
    public private(set) var isRanked = false
    /// Hits on all pages together; `nil` until they are ranked.
    public private(set) var totalHits: Int?
    /// Completions of the text.
    public private(set) var completions: [Completion] = []
    public private(set) var trouble: Trouble?

    @ObservationIgnored private let engine: Engine
    @ObservationIgnored private let maker: Cards
    @ObservationIgnored private var typed: AsyncStream<String>.Continuation?

    init(_ engine: Engine, _ cards: Cards) {
        self.engine = engine
        maker = cards
    }

    /// Whether results replace the feed.
    public var isActive: Bool { !query.isEmpty }

    /// Whether the text has no hits.
    public var isEmpty: Bool { isActive && isRanked && cardsQuery == query && cards.isEmpty }

    /// The text, without white space around it, and within the engine's limits.
    public var query: String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").clipped(toUTF8: 1_000)
    }

    /// Searches for every text from now on, until its task is cancelled. A newer text ends the responses to the one before.
    public func run() async {
        while !Task.isCancelled {
            // Of texts that arrive while a response is shown, only the last counts.
            let (texts, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
            typed = continuation
            // After a failure wait for the next text, or the same one would fail again and again.
            if trouble == nil { continuation.yield(query) }
            do throws(GensrError) {
                let responses = engine.responses(to: texts) { SearchRequest($0, limit: 30, attributes: Card.attributes) }
                for try await response in responses {
                    let cards = try await maker.cards(of: response.hits)
                    // The user may have typed on while titles were looked up.
                    if response.query == query { show(response, cards) }
                }
                return
            } catch {
                if error == .closed { return }
                trouble = Trouble(error)
            }
        }
    }

    private func show(_ response: TypingResponse, _ cards: [Card]) {
        self.cards = cards
        (cardsQuery, isRanked, trouble) = (response.query, response.isRanked, nil)
        totalHits = response.isRanked && !response.query.isEmpty ? response.response.totalHits : nil
    }

    /// Looks up completions of the present text.
    public func complete() async {
        let asked = text
        guard let found = try? await engine.complete(asked.clipped(toUTF8: 1_000), limit: 6), asked == text else { return }
        completions = found.filter { $0.text != asked }
    }

    /// Puts a completion into the box.
    public func take(_ completion: Completion) {
        text = completion.text
    }
}

extension String {
    /// The longest beginning of at most so many bytes that ends with a whole character.
    func clipped(toUTF8 limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var (end, bytes) = (startIndex, 0)
        while end < endIndex {
            bytes += self[end].utf8.count
            if bytes > limit { break }
            formIndex(after: &end)
        }
        return String(self[..<end])
    }
}
