import Foundation
internal import GensrBindings

/// Changes of the catalogue on top of the pack, kept with the profile. A newer pack overrides older changes.
extension Engine {
    /// Adds or replaces items of the catalogue, all or none. When it returns they are stored, and found by their words, titles and attributes;
    /// by meaning once the job has run.
    ///
    /// ```swift
    /// let job = try await engine.upsertItems([
    ///     Upsert(id: "g9001", title: "Rain Shell", text: "Waterproof, 190 g.", attributes: ["price": .number(129)])
    /// ])
    /// try await job.run()
    /// ```
    ///
    /// An item older than the catalogue's is left out: see ``VectorJob/taken``. Send many at once: each call costs some microseconds for each
    /// item that was changed so far.
    ///
    /// - Parameter items: At most 10,000; 100,000 changes on top of a pack.
    /// - Throws: ``GensrError/invalidArgument(reason:)``, with the place of the item from 0, for what is outside the limits of ``Upsert``, and
    ///   for an attribute that the pack does not have or has with another type; ``GensrError/cancelled`` when nothing was changed;
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)`` when the profile cannot be written.
    @discardableResult
    public func upsertItems(_ items: [Upsert]) async throws(GensrError) -> VectorJob {
        VectorJob(self, try await call { try $0.upsertItems(items: items.enumerated().map { try $1.lowered(place: $0) }) })
    }

    /// Removes items from the catalogue and from every later response. Events on them are dormant until an upsert or a newer pack brings them
    /// back.
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

    /// Titles and attributes of items, in the order of the ids; `nil` for unknown ids.
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

    /// A job for all vectors that are missing now: after a restart, or after a new pack. ``warmUp()`` makes them as well.
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

/// A new item, or a replacement for the one with its id.
public struct Upsert: Sendable, Hashable, Identifiable {
    /// Item id, 1 to 256 bytes.
    public var id: String

    /// Title, at most 4,096 bytes; may be empty.
    public var title: String

    /// Further text, at most 65,536 bytes; searched, never shown.
    public var text: String

    /// All of its attributes: names that the pack has, with values of their types; texts of at most 4,096 bytes, sets of at most 256.
    public var attributes: [String: AttributeValue]

    /// Time of this version, to the millisecond: the later of two versions is kept. `nil` is now.
    public var timestamp: Date?

    /// An item; omitted arguments have their defaults.
    public init(id: String, title: String, text: String = "", attributes: [String: AttributeValue] = [:], timestamp: Date? = nil) {
        self.id = id
        self.title = title
        self.text = text
        self.attributes = attributes
        self.timestamp = timestamp
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
