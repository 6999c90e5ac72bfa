import Foundation
internal import GensrBindings

/// Search and recommendation over one pack for one user, on the device.
///
/// ```swift
/// let engine = try await Engine.open(pack, profileDirectory: folder)
/// let answer = try await engine.search("light shell")
/// try await engine.record(answer.hits[0].id, kind: "view")
/// let next = try await engine.recommend()
/// ```
///
/// Open one and keep it: opening takes tens of milliseconds, an answer about one. Call it from any task or actor. Calls run on threads
/// of the engine's own, so they block neither the user interface nor other tasks; six at a time at most, four of them searches,
/// recommendations and the like, and one job.
///
/// **Cancellation.** A task that is cancelled stops its call: at once where the call still waits for its turn, else at the engine's next
/// step, and the call throws ``GensrError/cancelled`` when the engine has let go of it. In a task that is cancelled already nothing is
/// begun. Calls that write (``record(_:)``, ``forget(_:)``, ``install(_:)`` and the like) are done wholly or not at all; those that write
/// the profile end well once begun.
///
/// **Letting go.** ``close()`` lets go of the pack and the profile; so does the end of the last reference.
public final class Engine: Sendable {
    /// For what opens packs; of the whole process.
    static let opening = CallQueue(width: 2)
    /// For calls that run the model. Four, as more would only wait for each other inside the engine.
    let asking = CallQueue(width: 4)
    /// For calls that are short, so that they need not wait for those that are not.
    let rest = CallQueue(width: 2)
    /// For jobs. One, as the engine runs one at a time.
    let making = CallQueue(width: 1)
    /// What ``trimWithApplication(notifications:)`` began.
    let trimming = Locked<Trimming?>(nil)

    let native: GensrBindings.Engine

    private init(_ native: GensrBindings.Engine) {
        self.native = native
    }

    deinit {
        // A thread that has just ended a call may hold a reference for a moment longer; the profile must be free now.
        native.shutdown()
    }

    // MARK: Opening and closing

    /// Opens a pack, and the history of its user.
    ///
    /// ```swift
    /// let pack = Bundle.main.url(forResource: "shop", withExtension: "gensr")!
    /// let engine = try await Engine.open(pack, profileDirectory: folder)
    /// ```
    ///
    /// - Parameters:
    ///   - pack: The file of the pack.
    ///   - profileDirectory: Folder of the user's history, made where it is missing (where to have it:
    ///     ``EngineOptions/profileDirectory``); `nil`: the history ends with the engine.
    /// - Throws: As ``open(_:options:)``.
    public static func open(_ pack: URL, profileDirectory: URL? = nil) async throws(GensrError) -> Engine {
        try await open(.file(pack), options: EngineOptions(profileDirectory: profileDirectory))
    }

    /// Opens a pack from anywhere, with options.
    ///
    /// ```swift
    /// let options = EngineOptions(profileDirectory: folder, threads: 2)
    /// let engine = try await Engine.open(.handle(assets, offset: 4096, length: 1_769_728), options: options)
    /// ```
    ///
    /// It loads ONNX Runtime and the two small graphs, tens of milliseconds in all; a text encoder waits for the first query. Where the
    /// task is cancelled meanwhile, nothing stays open.
    ///
    /// - Throws: ``GensrError/badPack(reason:)`` or ``GensrError/incompatible(found:supported:)`` for the pack;
    ///   ``GensrError/invalidArgument(reason:)`` for options out of bounds, or when another engine has the profile open;
    ///   ``GensrError/internal(reason:)`` when a file or ONNX Runtime is missing or the profile cannot be written;
    ///   ``GensrError/cancelled``.
    public static func open(
        _ source: PackSource, options: EngineOptions = EngineOptions()
    ) async throws(GensrError) -> Engine {
        try await opening.run { cancellation in
            let engine = Engine(try GensrBindings.Engine.open(source: source.lowered(), options: options.lowered()))
            if cancellation.isCancelled {
                engine.close()
                throw GensrError.cancelled
            }
            return engine
        }
    }

    /// Lets go of the pack and the profile. From any thread; it does not wait for calls that are running, which end well. Later ones throw
    /// ``GensrError/closed``. Calling it again does nothing.
    ///
    /// ```swift
    /// engine.close()
    /// ```
    public func close() {
        native.shutdown()
    }

    // MARK: Asking

    /// Items for a query, in the order that suits the recorded history.
    ///
    /// ```swift
    /// let hits = try await engine.search("light shell").hits
    /// ```
    ///
    /// - Parameters:
    ///   - query: What the user typed: 1 to 4,096 bytes of UTF-8, not white space alone.
    ///   - limit: Hits wanted, 1 to 1,000.
    ///   - offset: Hits to skip, for the next page.
    ///   - filter: Which items may be in the answer; `nil` is all.
    ///   - facets: Names of the attributes whose values to count.
    /// - Throws: As ``search(_:)``.
    public func search(
        _ query: String, limit: Int = 10, offset: Int = 0, filter: Filter? = nil, facets: [String] = []
    ) async throws(GensrError) -> Answer {
        try await search(SearchRequest(query, limit: limit, offset: offset, filter: filter, facets: facets))
    }

    /// Items for a query, in the order that suits the history.
    ///
    /// ```swift
    /// let request = SearchRequest("light shell", limit: 20, attributes: ["brand", "price"])
    /// let answer = try await engine.search(request)
    /// ```
    ///
    /// About a millisecond; with a text encoder its time on top. The first search loads that encoder: see ``warmUp()``.
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is outside the limits of ``SearchRequest``; ``GensrError/cancelled``,
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func search(_ request: SearchRequest) async throws(GensrError) -> Answer {
        try await ask { Answer(try $0.search(request: request.lowered, cancel: $1)) }
    }

    /// What the recorded history suggests next.
    ///
    /// ```swift
    /// let hits = try await engine.recommend().hits
    /// ```
    ///
    /// - Parameter limit: Hits wanted, 1 to 1,000.
    /// - Throws: As ``recommend(_:)``.
    public func recommend(limit: Int = 10) async throws(GensrError) -> Answer {
        try await recommend(RecommendRequest(limit: limit))
    }

    /// What a history suggests next, and what else the request says. Below a millisecond, once the history was read.
    ///
    /// ```swift
    /// let answer = try await engine.recommend(RecommendRequest(seeds: inBasket, wish: "for rainy days", diversity: 0.3))
    /// ```
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is outside the limits of ``RecommendRequest``;
    ///   ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func recommend(_ request: RecommendRequest) async throws(GensrError) -> Answer {
        try await ask { Answer(try $0.recommend(request: request.lowered, cancel: $1)) }
    }

    /// Items like one item.
    ///
    /// ```swift
    /// let hits = try await engine.similar(to: "g3919").hits
    /// ```
    ///
    /// - Parameters:
    ///   - itemID: The item to compare with, which the catalogue must have; it is not in the answer.
    ///   - limit: Hits wanted, 1 to 1,000.
    ///   - taste: How much the taste of the recorded history counts, 0 to 1: at 0 nothing but the likeness, at 1 as much as that.
    /// - Throws: As ``similar(_:)``.
    public func similar(to itemID: String, limit: Int = 10, taste: Float = 0) async throws(GensrError) -> Answer {
        try await similar(SimilarRequest(to: itemID, limit: limit, taste: taste))
    }

    /// Items like one item. A history is read for a taste only.
    ///
    /// ```swift
    /// let answer = try await engine.similar(SimilarRequest(to: "g3919", exclude: inBasket))
    /// ```
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` when the catalogue does not have the item, or for what is outside the limits of
    ///   ``SimilarRequest``; ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func similar(_ request: SimilarRequest) async throws(GensrError) -> Answer {
        try await ask { Answer(try $0.similar(request: request.lowered, cancel: $1)) }
    }

    /// Texts that go on from what was typed: the user's own past queries, categories, titles. Nothing typed: the own queries alone.
    ///
    /// ```swift
    /// let texts = try await engine.complete("alp").map(\.text)
    /// ```
    ///
    /// Well under a millisecond, once the first call has looked through the titles.
    ///
    /// - Parameters:
    ///   - typed: What the user typed so far, at most 4,096 bytes. Its last word may be unfinished.
    ///   - limit: Completions wanted, 1 to 100.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is out of bounds; ``GensrError/cancelled``, ``GensrError/closed``,
    ///   ``GensrError/internal(reason:)``.
    public func complete(_ typed: String, limit: Int = 10) async throws(GensrError) -> [Completion] {
        try await call { try $0.complete(typed: typed, limit: UInt32(clamping: limit)).map(Completion.init) }
    }

    // MARK: Running

    /// Does ahead what the first search and the first recommendation would wait for. With ``Accelerator/auto`` it is also what tries the
    /// accelerators of the device, once for a pack: seconds, where they compile.
    ///
    /// ```swift
    /// Task(priority: .utility) { try? await engine.warmUp() }
    /// ```
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func warmUp() async throws(GensrError) {
        try await ask { try $0.warmUp(cancel: $1) }
    }

    /// Gives back what can be made again: for when memory is short, or the app goes to the background. The next call opens again what it
    /// needs; no answer changes.
    ///
    /// ```swift
    /// try await engine.trimMemory(.background)
    /// ```
    ///
    /// Where the profile is in the container of an app group, do call it on the way to the background: iOS ends suspended apps that hold
    /// locks on files there.
    ///
    /// - Parameter level: How much.
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``.
    public func trimMemory(_ level: TrimLevel = .everything) async throws(GensrError) {
        try await call { try $0.trimMemory(level: level.lowered) }
    }

    /// What the engine says about itself, for a support screen or a bug report. It does not wait for searches and the like.
    ///
    /// ```swift
    /// let diagnostics = try await engine.diagnostics()
    /// print("gensr \(diagnostics.engineVersion), \(diagnostics.items) items")
    /// ```
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``.
    public func diagnostics() async throws(GensrError) -> Diagnostics {
        try await call { Diagnostics(try $0.diagnostics()) }
    }

    /// A native call that runs the model.
    private func ask<Value: Sendable>(
        _ call: @escaping @Sendable (GensrBindings.Engine, CancelToken) throws -> Value
    ) async throws(GensrError) -> Value {
        try await asking.run { [native] cancellation in try call(native, cancellation.token) }
    }

    /// Any other native call.
    func call<Value: Sendable>(
        _ call: @escaping @Sendable (GensrBindings.Engine) throws -> Value
    ) async throws(GensrError) -> Value {
        try await rest.run { [native] _ in try call(native) }
    }
}

/// How much memory to give back. Each level includes those before it.
public enum TrimLevel: Sendable, Hashable {
    /// What the next call makes again in about a millisecond: for a memory warning while the app is in use.
    case caches

    /// What an app does not need that nobody sees, the text encoder above all, and the lock on the profile: for
    /// `applicationDidEnterBackground` and the scene phase `background`.
    case background

    /// All but the pack, which is mapped: for a memory warning in the background. The next call is like the first one.
    case everything
}
