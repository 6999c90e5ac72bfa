internal import GensrBindings

/// The catalogue as the app changes it: on top of the pack, kept with the profile. A newer pack wins over what is older than it.
extension Engine {
    /// Adds items to the catalogue, or replaces those with their ids; all or none. When it returns they are kept, and found by their words,
    /// titles, attributes; by what they mean once the job has run.
    ///
    /// ```swift
    /// let job = try await engine.upsertItems([
    ///     Upsert(id: "g9001", title: "Rain Shell", text: "Waterproof, 190 g.", attributes: ["price": .number(129)])
    /// ])
    /// try await job.run()
    /// ```
    ///
    /// An item with an earlier time than what is known of it is left out: see ``VectorJob/taken``. Send many at once: each call costs some
    /// microseconds for each item that was changed so far.
    ///
    /// - Parameter items: At most 10,000; 100,000 changes on top of a pack.
    /// - Throws: ``GensrError/invalidArgument(reason:)``, with the place of the item from 0, for what is outside the limits of ``Upsert``, and
    ///   for an attribute that the pack does not have or has with another type; ``GensrError/cancelled`` when nothing was changed;
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)`` when the profile cannot be written.
    @discardableResult
    public func upsertItems(_ items: [Upsert]) async throws(GensrError) -> VectorJob {
        VectorJob(self, try await call { try $0.upsertItems(items: items.enumerated().map { try $1.lowered(place: $0) }) })
    }

    /// Takes items out of the catalogue: no later answer has them. Events of them sleep until an upsert or a newer pack brings them back.
    ///
    /// ```swift
    /// try await engine.removeItems(["g9001"])
    /// ```
    ///
    /// - Parameter ids: At most 10,000.
    /// - Returns: How many of them were in it.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for an id out of its limits; ``GensrError/cancelled`` when nothing was changed;
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)`` when the profile cannot be written.
    @discardableResult
    public func removeItems(_ ids: [String]) async throws(GensrError) -> Int {
        try await call { Int(try $0.removeItems(ids: ids)) }
    }

    /// Titles and attributes of items, in the order of the ids; `nil` for an id that the catalogue does not have.
    ///
    /// ```swift
    /// let inBasket = try await engine.items(ids).compactMap(\.self)
    /// ```
    ///
    /// - Parameter ids: At most 10,000.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for too many; ``GensrError/cancelled``, ``GensrError/closed``,
    ///   ``GensrError/internal(reason:)``.
    public func items(_ ids: [String]) async throws(GensrError) -> [Item?] {
        try await call { try $0.items(ids: ids).map { $0.map(Item.init) } }
    }

    /// The work that jobs have left: for the next start of the app, and after a new pack. ``warmUp()`` does it, too.
    ///
    /// ```swift
    /// try await engine.pendingVectors().run()
    /// ```
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func pendingVectors() async throws(GensrError) -> VectorJob {
        VectorJob(self, try await call { try $0.pendingVectors() })
    }
}

/// An item that is new, or in place of the one with its id.
public struct Upsert: Sendable, Hashable, Identifiable {
    /// Item id, 1 to 256 bytes.
    public var id: String

    /// Title, at most 4,096 bytes; may be empty.
    public var title: String

    /// What else there is to say of it, at most 65,536 bytes. It is searched and never shown.
    public var text: String

    /// All of its attributes: names that the pack has, with values of their types; texts of at most 4,096 bytes, sets of at most 256.
    public var attributes: [String: AttributeValue]

    /// When the item became what it is here, in milliseconds since 1970: of two versions the later stays. `nil` is now.
    public var timestampMs: Int64?

    /// An item; what is left out has its default.
    public init(id: String, title: String, text: String = "", attributes: [String: AttributeValue] = [:], timestampMs: Int64? = nil) {
        self.id = id
        self.title = title
        self.text = text
        self.attributes = attributes
        self.timestampMs = timestampMs
    }
}

/// An item of the catalogue.
public struct Item: Sendable, Hashable, Identifiable {
    /// Item id.
    public let id: String

    /// Title; empty where the catalogue has none.
    public let title: String

    /// All attributes that it has.
    public let attributes: [String: AttributeValue]

    /// An item of your own, for previews and tests.
    public init(id: String, title: String, attributes: [String: AttributeValue] = [:]) {
        self.id = id
        self.title = title
        self.attributes = attributes
    }
}
