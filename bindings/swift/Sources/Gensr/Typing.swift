internal import GensrBindings

/// A search box: responses while the user types. Each text supersedes the one before, whose calls end.
///
/// ```swift
/// let box = engine.typing()
/// for try await response in box.responses(to: text) {
///     show(response.hits)
/// }
/// ```
///
/// Keep one for as long as the box is on the screen; it remembers the list on the screen, so that a first response keeps its order. In
/// SwiftUI the loop belongs into `.task(id: text)`. For texts that come as a sequence, there is ``Engine/responses(to:request:)``.
public final class Typing: Sendable {
    /// Retained, as an engine closes with its last reference.
    fileprivate let engine: Engine
    private let native: Result<GensrBindings.Typing, GensrError>

    fileprivate init(_ engine: Engine) {
        self.engine = engine
        native = Result { try engine.native.typing() }.mapError(GensrError.init(lifting:))
    }

    /// The responses to the text now in the box.
    ///
    /// ```swift
    /// for try await response in box.responses(to: text, limit: 20) {
    ///     show(response.hits)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - text: At most 4,096 bytes of UTF-8. White space alone has no hits.
    ///   - limit: Number of hits, 1 to 1,000.
    public func responses(to text: String, limit: Int = 10) -> TypingResponses {
        responses(to: SearchRequest(text, limit: limit))
    }

    /// The responses to a search for the text now in the box.
    ///
    /// ```swift
    /// for try await response in box.responses(to: SearchRequest(text, attributes: ["price"])) {
    ///     show(response.hits)
    /// }
    /// ```
    ///
    /// - Parameter request: As for ``Engine/search(_:)``, except that its query may be white space alone.
    public func responses(to request: SearchRequest) -> TypingResponses {
        TypingResponses { TypingResponses.Iterator(self.keystroke(request)) }
    }

    /// Ends the responses and forgets the list on the screen, when the user leaves the box. A later text starts afresh.
    ///
    /// ```swift
    /// box.close()
    /// ```
    public func close() {
        // Fails if the engine is closed, which has ended all responses.
        try? native.get().stop()
    }

    /// Sets the text of the box, and ends the responses to the one before.
    fileprivate func keystroke(_ request: SearchRequest) -> Keystroke {
        let taken = native.flatMap { typing in
            Result { try typing.keystroke(request: request.lowered) }.mapError(GensrError.init(lifting:))
        }
        return Keystroke(session: self, native: taken, query: request.query)
    }
}

extension Engine {
    /// A search box over this engine. Runs nothing; if the engine is closed, its responses throw.
    ///
    /// ```swift
    /// let box = engine.typing()
    /// ```
    public func typing() -> Typing {
        Typing(self)
    }

    /// The responses to a sequence of texts: the first response to each, then the full ranking unless the next text has arrived.
    ///
    /// ```swift
    /// let (texts, typed) = AsyncStream.makeStream(of: String.self)
    /// typed.yield("alp") // whenever the text of the box changes
    /// typed.finish() // when the box goes
    /// for try await response in engine.responses(to: texts) {
    ///     show(response.hits)
    /// }
    /// ```
    ///
    /// A slow loop misses responses, but never gets outdated ones: only those to the newest text are delivered.
    ///
    /// - Parameters:
    ///   - texts: Text of the box after each keystroke. The responses end after those to the last text; a sequence that throws has ended.
    ///   - request: Makes the request for a text; ten hits by default.
    public func responses<Texts: AsyncSequence & Sendable>(
        to texts: Texts, request: @escaping @Sendable (String) -> SearchRequest = { SearchRequest($0) }
    ) -> TypingResponses where Texts.Element == String {
        TypingResponses {
            // Of texts that arrive meanwhile, only the last counts.
            let (keystrokes, taken) = AsyncStream.makeStream(of: Keystroke.self, bufferingPolicy: .bufferingNewest(1))
            let reader = Task { [self] in
                let session = typing()
                // An error of the texts is not an error of the responses.
                try? await { for try await text in texts { taken.yield(session.keystroke(request(text))) } }()
                taken.finish()
            }
            taken.onTermination = { _ in reader.cancel() }
            return TypingResponses.Iterator(following: keystrokes)
        }
    }
}

/// The responses to the text of a search box: a first one from words alone, in well under a millisecond, then the full ranking.
///
/// ```swift
/// for try await response in box.responses(to: text) {
///     show(response.hits)
/// }
/// ```
///
/// There is no first response if no item has a word of the text: keep the list on the screen until the ranking arrives.
///
/// They end, without an error, when a newer text supersedes this one, when the box is closed and when the task is cancelled; the native
/// call has returned by then. Otherwise they fail as ``Engine/search(_:)`` does: with ``GensrError/invalidArgument(reason:)``,
/// ``GensrError/closed`` or ``GensrError/internal(reason:)``.
public struct TypingResponses: AsyncSequence, Sendable {
    /// A response.
    public typealias Element = TypingResponse

    private let begin: @Sendable () -> Iterator

    fileprivate init(_ begin: @escaping @Sendable () -> Iterator) {
        self.begin = begin
    }

    /// Sets the text of the box, or starts to follow the texts.
    public func makeAsyncIterator() -> Iterator {
        begin()
    }

    /// Makes one call at a time, when the next response is requested.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        private var keystroke: Keystroke?
        private let later: AsyncStream<Keystroke>?

        fileprivate init(_ keystroke: Keystroke) {
            self.keystroke = keystroke
            later = nil
        }

        fileprivate init(following keystrokes: AsyncStream<Keystroke>) {
            later = keystrokes
        }

        /// The next response; `nil` at the end.
        public mutating func next() async throws(GensrError) -> TypingResponse? {
            while true {
                if let response = try await keystroke?.next() { return response }
                // The current text is done, or superseded.
                var keystrokes = later?.makeAsyncIterator()
                keystroke = await keystrokes?.next()
                if keystroke == nil { return nil }
            }
        }
    }
}

/// A response to the text of a search box.
public struct TypingResponse: Sendable, Hashable {
    /// The typed text.
    public let query: String

    /// Whether it is the full ranking, as from ``Engine/search(_:)``. A first response keeps the order of hits on the screen, so its scores
    /// need not descend.
    public let isRanked: Bool

    /// The hits, with counts and timings.
    public let response: Response

    /// The hits of the response.
    public var hits: [Hit] { response.hits }

    /// A response of your own, for previews and tests.
    public init(query: String, isRanked: Bool, response: Response) {
        self.query = query
        self.isRanked = isRanked
        self.response = response
    }
}

/// A text in a search box, and the stage of its responses.
private struct Keystroke: Sendable {
    /// Retained, as a session ends with its last reference.
    let session: Typing
    let native: Result<GensrBindings.Keystroke, GensrError>
    let query: String
    var stage = Stage.words

    enum Stage { case words, ranked, over }

    /// The next response; `nil` after the last one, or if superseded.
    mutating func next() async throws(GensrError) -> TypingResponse? {
        do {
            let native = try native.get()
            while stage != .over {
                let isRanked = stage == .ranked
                stage = isRanked ? .over : .ranked
                // First responses run no model, so they need not wait for calls that do.
                let threads = isRanked ? session.engine.asking : session.engine.rest
                let response = Response(try await threads.run(stop: native.cancel) { _ in
                    try isRanked ? native.ranked() : native.words()
                })
                if Task.isCancelled { break }
                if isRanked || !response.hits.isEmpty { return TypingResponse(query: query, isRanked: isRanked, response: response) }
            }
            return nil
        } catch {
            stage = .over
            if error == .cancelled { return nil }
            throw error
        }
    }
}
