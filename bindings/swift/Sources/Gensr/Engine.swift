import Foundation
internal import GensrBindings

/// Search and recommendation over one pack for one user, on the device.
///
/// ```swift
/// let engine = try await Engine.open(pack, profileDirectory: folder)
/// let response = try await engine.search("light shell")
/// try await engine.record(response.hits[0].id, kind: "view")
/// let next = try await engine.recommend()
/// ```
///
/// Open one and keep it: opening takes tens of milliseconds, a search about one. Call it from any task or actor. Calls run on threads of
/// the engine's own, so they block neither the user interface nor other tasks: at most six at a time, four of them calls that run the
/// model, plus one job.
///
/// **Cancellation.** Cancelling a task stops its call: at once if it is queued, else at the engine's next step; the call throws
/// ``GensrError/cancelled`` when the native call has returned. In a cancelled task nothing is started. Calls that write (``record(_:)``,
/// ``forget(_:)``, ``install(_:)`` and the like) are atomic; those that write the profile complete once started.
///
/// **Closing.** ``close()`` releases the pack and the profile; so does the end of the last reference.
public final class Engine: Sendable {
    /// For calls that open packs; shared by the process.
    static let opening = CallQueue(width: 2)
    /// For calls that run the model. Four, as more would only wait for each other inside the engine.
    let asking = CallQueue(width: 4)
    /// For short calls, so that they need not wait for long ones.
    let rest = CallQueue(width: 2)
    /// For jobs. One, as the engine runs one at a time.
    let making = CallQueue(width: 1)
    /// Started by ``trimWithApplication(notifications:)``.
    let trimming = Locked<Trimming?>(nil)

    let native: GensrBindings.Engine

    private init(_ native: GensrBindings.Engine) {
        self.native = native
    }

    deinit {
        // A thread that has just ended a call may hold a reference a little longer; the profile must be free now.
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
    ///   - profileDirectory: Folder of the user's history, created if missing (see ``EngineOptions/profileDirectory``); `nil` keeps the
    ///     history in memory only.
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
    /// It loads ONNX Runtime and the two small graphs, which takes tens of milliseconds; a text encoder is loaded by the first query. If the
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

    /// Releases the pack and the profile, without waiting for running calls, which complete. Later ones throw ``GensrError/closed``.
    /// Thread-safe and idempotent.
    ///
    /// ```swift
    /// engine.close()
    /// ```
    public func close() {
        native.shutdown()
    }

    // MARK: Asking

    /// Items for a query, ranked for the recorded history.
    ///
    /// ```swift
    /// let hits = try await engine.search("light shell").hits
    /// ```
    ///
    /// - Parameters:
    ///   - query: Text of the search: 1 to 4,096 bytes of UTF-8, not white space alone.
    ///   - limit: Number of hits, 1 to 1,000.
    ///   - offset: Hits to skip, for the next page.
    ///   - filter: Items allowed in the response; `nil` is all.
    ///   - facets: Names of the attributes whose values to count.
    /// - Throws: As ``search(_:)``.
    public func search(
        _ query: String, limit: Int = 10, offset: Int = 0, filter: Filter? = nil, facets: [String] = []
    ) async throws(GensrError) -> Response {
        try await search(SearchRequest(query, limit: limit, offset: offset, filter: filter, facets: facets))
    }

    /// Items for a query, ranked for the history.
    ///
    /// ```swift
    /// let request = SearchRequest("light shell", limit: 20, attributes: ["brand", "price"])
    /// let response = try await engine.search(request)
    /// ```
    ///
    /// About a millisecond; with a text encoder its time on top. The first search loads that encoder: see ``warmUp()``.
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is outside the limits of ``SearchRequest``; ``GensrError/cancelled``,
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func search(_ request: SearchRequest) async throws(GensrError) -> Response {
        try await ask { Response(try $0.search(request: request.lowered, cancel: $1)) }
    }

    /// Recommendations for the recorded history.
    ///
    /// ```swift
    /// let hits = try await engine.recommend().hits
    /// ```
    ///
    /// - Parameter limit: Number of hits, 1 to 1,000.
    /// - Throws: As ``recommend(_:)``.
    public func recommend(limit: Int = 10) async throws(GensrError) -> Response {
        try await recommend(RecommendRequest(limit: limit))
    }

    /// Recommendations for a history, with all options. Below a millisecond, once the history has been read.
    ///
    /// ```swift
    /// let response = try await engine.recommend(RecommendRequest(seeds: inBasket, intent: "for rainy days", diversity: 0.3))
    /// ```
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is outside the limits of ``RecommendRequest``;
    ///   ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func recommend(_ request: RecommendRequest) async throws(GensrError) -> Response {
        try await ask { Response(try $0.recommend(request: request.lowered, cancel: $1)) }
    }

    /// Items similar to one item.
    ///
    /// ```swift
    /// let hits = try await engine.similar(to: "g3919").hits
    /// ```
    ///
    /// - Parameters:
    ///   - itemID: The item to compare with, which the catalogue must have; it is not in the response.
    ///   - limit: Number of hits, 1 to 1,000.
    ///   - personalisation: Weight of the recorded history, 0 to 1: at 0 only similarity counts, at 1 both count alike.
    /// - Throws: As ``similar(_:)``.
    public func similar(to itemID: String, limit: Int = 10, personalisation: Float = 0) async throws(GensrError) -> Response {
        try await similar(SimilarRequest(to: itemID, limit: limit, personalisation: personalisation))
    }

    /// Items similar to one item, with all options.
    ///
    /// ```swift
    /// let response = try await engine.similar(SimilarRequest(to: "g3919", exclude: inBasket))
    /// ```
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` when the catalogue does not have the item, or for what is outside the limits of
    ///   ``SimilarRequest``; ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func similar(_ request: SimilarRequest) async throws(GensrError) -> Response {
        try await ask { Response(try $0.similar(request: request.lowered, cancel: $1)) }
    }

    /// Completions of typed text: the user's own past queries, categories, titles. For an empty text only own queries are returned.
    ///
    /// ```swift
    /// let texts = try await engine.complete("alp").map(\.text)
    /// ```
    ///
    /// Well under a millisecond, once the first call has indexed the titles.
    ///
    /// - Parameters:
    ///   - typed: Text of the search box, at most 4,096 bytes. Its last word may be unfinished.
    ///   - limit: Number of completions, 1 to 100.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is out of bounds; ``GensrError/cancelled``, ``GensrError/closed``,
    ///   ``GensrError/internal(reason:)``.
    public func complete(_ typed: String, limit: Int = 10) async throws(GensrError) -> [Completion] {
        try await call { try $0.complete(typed: typed, limit: UInt32(clamping: limit)).map(Completion.init) }
    }

    // MARK: Running

    /// Loads what the first search and the first recommendation would wait for.
    ///
    /// ```swift
    /// Task(priority: .utility) { try? await engine.warmUp() }
    /// ```
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func warmUp() async throws(GensrError) {
        try await ask { try $0.warmUp(cancel: $1) }
    }

    /// Frees memory that can be filled again: when memory is short, or the app goes to the background. The next call reopens what it needs; no
    /// response changes.
    ///
    /// ```swift
    /// try await engine.trimMemory(.background)
    /// ```
    ///
    /// If the profile is in the container of an app group, call it when the app goes to the background: iOS terminates suspended apps that
    /// hold locks on files there.
    ///
    /// - Parameter level: How much.
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``.
    public func trimMemory(_ level: TrimLevel = .everything) async throws(GensrError) {
        try await call { try $0.trimMemory(level: level.lowered) }
    }

    /// State of the engine, for a support screen or a bug report. It does not wait for searches and the like.
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

/// How much memory to free. Each level includes those before it.
public enum TrimLevel: Sendable, Hashable {
    /// Caches that the next call fills again in about a millisecond: for a memory warning while the app is in use.
    case caches

    /// All that an app in the background does not need, above all the text encoder, and the lock on the profile: for
    /// `applicationDidEnterBackground` and the scene phase `background`.
    case background

    /// All but the pack, which is mapped: for a memory warning in the background. The next call is like the first one.
    case everything
}
