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
    /// What the box holds.
    public var text = "" {
        didSet { if text != oldValue { typed?.yield(query) } }
    }

    /// What answers the text; stays while the next answer is on its way.
    public private(set) var cards: [Card] = []
    /// What the cards answer.
    public private(set) var answered = ""
    /// Whether they are the whole ranking, not only a first answer from words.
    public private(set) var isRanked = false
    /// How many items there are in all; `nil` while that is not known.
    public private(set) var found: Int?
    /// Texts that go on from what was typed.
    public private(set) var completions: [Completion] = []
    public private(set) var trouble: Trouble?

    @ObservationIgnored private let engine: Engine
    @ObservationIgnored private let maker: Cards
    @ObservationIgnored private var typed: AsyncStream<String>.Continuation?

    init(_ engine: Engine, _ cards: Cards) {
        self.engine = engine
        maker = cards
    }

    /// Whether somebody searches, so that results take the place of the feed.
    public var isActive: Bool { !query.isEmpty }

    /// Whether there is nothing to show for what was typed.
    public var isEmpty: Bool { isActive && isRanked && answered == query && cards.isEmpty }

    /// The text, without white space around it, and within the engine's limits.
    public var query: String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").clipped(toUTF8: 1_000)
    }

    /// Answers every text from now on, until its task is cancelled. A newer text ends the answers to the one before.
    public func run() async {
        while !Task.isCancelled {
            // Of texts that come while an answer is shown the last one counts.
            let (texts, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
            typed = continuation
            // After a failure the next text is waited for, or the same one would fail again and again.
            if trouble == nil { continuation.yield(query) }
            do throws(GensrError) {
                let answers = engine.answers(to: texts) { SearchRequest($0, limit: 30, attributes: Card.attributes) }
                for try await answer in answers {
                    let cards = try await maker.cards(of: answer.hits)
                    // While the titles were looked up the user may have typed on: then these cards are late.
                    if answer.query == query { show(answer, cards) }
                }
                return
            } catch {
                if error == .closed { return }
                trouble = Trouble(error)
            }
        }
    }

    private func show(_ answer: TypedAnswer, _ cards: [Card]) {
        self.cards = cards
        (answered, isRanked, trouble) = (answer.query, answer.isRanked, nil)
        found = answer.isRanked && !answer.query.isEmpty ? answer.answer.found : nil
    }

    /// Looks up completions of the present text.
    public func complete() async {
        let asked = text
        // A search box without completions is still one.
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
