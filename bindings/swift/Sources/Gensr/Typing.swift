internal import GensrBindings

/// A search box: answers while the user types. Each text supersedes the one before, whose calls end and never answer after.
///
/// ```swift
/// let box = engine.typing()
/// for try await answer in box.answers(to: text) {
///     show(answer.hits)
/// }
/// ```
///
/// Keep one for as long as the box is on the screen; it remembers the list that is shown, so that a first answer keeps its order. In
/// SwiftUI the loop belongs into `.task(id: text)`. Where the texts come as a sequence, there is ``Engine/answers(to:request:)``.
public final class Typing: Sendable {
    /// Kept, as an engine closes with its last reference.
    fileprivate let engine: Engine
    private let native: Result<GensrBindings.Typing, GensrError>

    fileprivate init(_ engine: Engine) {
        self.engine = engine
        native = Result { try engine.native.typing() }.mapError(GensrError.init(lifting:))
    }

    /// The answers to what the box holds now.
    ///
    /// ```swift
    /// for try await answer in box.answers(to: text, limit: 20) {
    ///     show(answer.hits)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - text: What the user typed so far, at most 4,096 bytes of UTF-8. Nothing but white space has no hits.
    ///   - limit: Hits wanted, 1 to 1,000.
    public func answers(to text: String, limit: Int = 10) -> TypedAnswers {
        answers(to: SearchRequest(text, limit: limit))
    }

    /// The answers to a search for what the box holds now.
    ///
    /// ```swift
    /// for try await answer in box.answers(to: SearchRequest(text, attributes: ["price"])) {
    ///     show(answer.hits)
    /// }
    /// ```
    ///
    /// - Parameter request: As for ``Engine/search(_:)``; but its query may be nothing but white space.
    public func answers(to request: SearchRequest) -> TypedAnswers {
        TypedAnswers { TypedAnswers.Iterator(self.keystroke(request)) }
    }

    /// The box was left: ends the answers, and forgets the list that is shown. The next text begins anew.
    ///
    /// ```swift
    /// box.stop()
    /// ```
    public func stop() {
        // Fails where the engine is closed, which is the end of all answers anyway.
        try? native.get().stop()
    }

    /// Takes note of a text, and ends the answers to the one before.
    fileprivate func keystroke(_ request: SearchRequest) -> Keystroke {
        let taken = native.flatMap { typing in
            Result { try typing.keystroke(request: request.lowered) }.mapError(GensrError.init(lifting:))
        }
        return Keystroke(session: self, native: taken, query: request.query)
    }
}

extension Engine {
    /// A search box over this engine. Runs nothing; where the engine is closed, its answers say so.
    ///
    /// ```swift
    /// let box = engine.typing()
    /// ```
    public func typing() -> Typing {
        Typing(self)
    }

    /// The answers to texts as they come: of each the first answer, and then the whole ranking unless the next text is there by then.
    ///
    /// ```swift
    /// let (texts, typed) = AsyncStream.makeStream(of: String.self)
    /// typed.yield("alp") // whenever the text of the box changes
    /// typed.finish() // when the box goes
    /// for try await answer in engine.answers(to: texts) {
    ///     show(answer.hits)
    /// }
    /// ```
    ///
    /// Who loops slowly misses answers, never gets late ones: those to the newest text are the only ones that are given.
    ///
    /// - Parameters:
    ///   - texts: What the box holds after each keystroke. The answers end when the last one is answered; a sequence that fails
    ///     has ended.
    ///   - request: The search for a text; for hits with attributes, or another limit than 10.
    public func answers<Texts: AsyncSequence & Sendable>(
        to texts: Texts, request: @escaping @Sendable (String) -> SearchRequest = { SearchRequest($0) }
    ) -> TypedAnswers where Texts.Element == String {
        TypedAnswers {
            // Of texts that come while one is being answered, the last is the one to answer next.
            let (keystrokes, taken) = AsyncStream.makeStream(of: Keystroke.self, bufferingPolicy: .bufferingNewest(1))
            let reader = Task { [self] in
                let session = typing()
                // Not `try await`: how the texts end is not an error of the answers.
                try? await { for try await text in texts { taken.yield(session.keystroke(request(text))) } }()
                taken.finish()
            }
            taken.onTermination = { _ in reader.cancel() }
            return TypedAnswers.Iterator(following: keystrokes)
        }
    }
}

/// The answers to what a search box holds: a first one from words, in well under a millisecond, then the whole ranking.
///
/// ```swift
/// for try await answer in box.answers(to: text) {
///     show(answer.hits)
/// }
/// ```
///
/// There is no first answer where no item has a word of the text: what is on the screen may stay until the whole ranking is there.
///
/// They end, without an error, when a newer text has superseded this one, when the box was left and when the task is cancelled; the native
/// call has come back then. Otherwise they fail as ``Engine/search(_:)`` does: with ``GensrError/invalidArgument(reason:)``,
/// ``GensrError/closed`` or ``GensrError/internal(reason:)``.
public struct TypedAnswers: AsyncSequence, Sendable {
    /// An answer.
    public typealias Element = TypedAnswer

    private let begin: @Sendable () -> Iterator

    fileprivate init(_ begin: @escaping @Sendable () -> Iterator) {
        self.begin = begin
    }

    /// Takes note of the text; or begins to follow the texts.
    public func makeAsyncIterator() -> Iterator {
        begin()
    }

    /// Asks for one answer after the other: nothing runs unless the next one is wanted.
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

        /// The next answer; `nil` at the end.
        public mutating func next() async throws(GensrError) -> TypedAnswer? {
            while true {
                if let answer = try await keystroke?.next() { return answer }
                // The last text is answered, or superseded.
                var keystrokes = later?.makeAsyncIterator()
                keystroke = await keystrokes?.next()
                if keystroke == nil { return nil }
            }
        }
    }
}

/// An answer to what a search box holds.
public struct TypedAnswer: Sendable, Hashable {
    /// What it answers.
    public let query: String

    /// Whether it is the whole ranking, what ``Engine/search(_:)`` answers. A first answer keeps the order of the hits that were shown
    /// and still match, so that its scores need not descend.
    public let isRanked: Bool

    /// Hits, and what they took.
    public let answer: Answer

    /// The hits of the answer.
    public var hits: [Hit] { answer.hits }

    /// An answer of your own, for previews and tests.
    public init(query: String, isRanked: Bool, answer: Answer) {
        self.query = query
        self.isRanked = isRanked
        self.answer = answer
    }
}

/// A text in a search box, and how far it is answered.
private struct Keystroke: Sendable {
    /// Kept, as a session ends with its last reference.
    let session: Typing
    let native: Result<GensrBindings.Keystroke, GensrError>
    let query: String
    var stage = Stage.words

    enum Stage { case words, ranked, over }

    /// The next answer; `nil` when there is no further one, or shall be none.
    mutating func next() async throws(GensrError) -> TypedAnswer? {
        do {
            let native = try native.get()
            while stage != .over {
                let isRanked = stage == .ranked
                stage = isRanked ? .over : .ranked
                // First answers run no model, so that they need not wait for what does.
                let threads = isRanked ? session.engine.asking : session.engine.rest
                let answer = Answer(try await threads.run(stop: native.cancel) { _ in
                    try isRanked ? native.ranked() : native.words()
                })
                if Task.isCancelled { break }
                if isRanked || !answer.hits.isEmpty { return TypedAnswer(query: query, isRanked: isRanked, answer: answer) }
            }
            return nil
        } catch {
            stage = .over
            if error == .cancelled { return nil }
            throw error
        }
    }
}
