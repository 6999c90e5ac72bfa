import Foundation
internal import GensrBindings

/// The user's own history, with controls for a screen where they see and change it.
extension Engine {
    /// Records an event, now.
    ///
    /// ```swift
    /// try await engine.record(hit.id, kind: "view")
    /// ```
    ///
    /// - Parameters:
    ///   - itemID: Item id, as in the catalogue; 1 to 256 bytes.
    ///   - kind: Kind of event as the pack names them: `view`, `buy`, ...; 1 to 256 bytes.
    /// - Throws: As ``record(_:)``.
    public func record(_ itemID: String, kind: String) async throws(GensrError) {
        try await record(Event(itemID: itemID, kind: kind))
    }

    /// Records an event. When it returns, the event is on disk and counts in every later response.
    ///
    /// ```swift
    /// try await engine.record(Event(itemID: hit.id, kind: "search", query: "light shell"))
    /// ```
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for what is outside the limits of ``Event``, or a kind that the pack refuses;
    ///   ``GensrError/cancelled`` when nothing was recorded; ``GensrError/closed``, ``GensrError/internal(reason:)``.
    public func record(_ event: Event) async throws(GensrError) {
        try await call { try $0.record(event: event.lowered) }
    }

    /// Records events in this order, all or none, in one write: for a history that the app already has.
    ///
    /// ```swift
    /// try await engine.recordMany(orders.map { Event(itemID: $0.item, kind: "buy", timestamp: $0.date) })
    /// ```
    ///
    /// - Parameter events: At most 100,000.
    /// - Throws: As ``record(_:)``; the reason has the index of the invalid event, from 0.
    public func recordMany(_ events: [Event]) async throws(GensrError) {
        try await call { try $0.recordMany(events: events.map(\.lowered)) }
    }

    /// The last recorded events, newest last; none while ``Recording/incognito``.
    ///
    /// ```swift
    /// let seen = try await engine.history(limit: 20).map(\.itemID)
    /// ```
    ///
    /// - Parameter limit: Number of events, 1 to 100,000.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for a limit out of bounds; ``GensrError/cancelled``, ``GensrError/closed``,
    ///   ``GensrError/internal(reason:)`` when the profile cannot be read.
    public func history(limit: Int = 100) async throws(GensrError) -> [RecordedEvent] {
        try await call { try $0.history(limit: UInt32(clamping: limit)).map(RecordedEvent.init) }
    }

    // MARK: Controls

    /// Erases events and everything derived from them permanently: no byte of them stays in the profile's files, and later responses are
    /// as if they had never been recorded.
    ///
    /// ```swift
    /// try await engine.forget(.event(event.id))
    /// try await engine.forget(.query("light shell"))
    /// let erased = try await engine.forget(.since(.now - 3600))
    /// ```
    ///
    /// It costs as much as reading and writing the whole history once, some 100 ms for the longest.
    ///
    /// - Returns: How many events; no match is no error.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for an id or a query out of its limits; ``GensrError/internal(reason:)`` when the
    ///   profile cannot be written, and ``GensrError/cancelled``: the events are still there then; ``GensrError/closed``.
    @discardableResult
    public func forget(_ events: Forget) async throws(GensrError) -> Int {
        try await call { Int(try $0.forget(what: events.lowered)) }
    }

    /// Erases the recorded history and everything derived from it; it cannot be recovered from the profile's files.
    ///
    /// ```swift
    /// try await engine.clearHistory()
    /// ```
    ///
    /// - Throws: ``GensrError/internal(reason:)`` when the profile cannot be written; ``GensrError/cancelled`` when nothing was erased;
    ///   ``GensrError/closed``.
    public func clearHistory() async throws(GensrError) {
        try await call { try $0.clearHistory() }
    }

    /// Writes the recorded history to a file, replacing an existing one: one line of JSON per event, oldest first, for the user to keep, or
    /// to move to another phone. Its lines are the fields of ``Event``: `item_id`, `kind`, `timestamp_ms`, `query`.
    ///
    /// ```swift
    /// let count = try await engine.exportHistory(to: file)
    /// ```
    ///
    /// The file is not encrypted. An incomplete file is removed.
    ///
    /// - Returns: How many events.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for a file that cannot be made; ``GensrError/cancelled`` when nothing was written;
    ///   ``GensrError/closed``, ``GensrError/internal(reason:)``.
    @discardableResult
    public func exportHistory(to file: URL) async throws(GensrError) -> Int {
        try await call { Int(try $0.exportHistory(path: try file.pathOfFile("the export"))) }
    }

    /// Adds the events of an export that are not recorded yet, all or none, in the order of their times; of more than 100,000 the last are
    /// kept. Unless all are appended at the end, events get new ids.
    ///
    /// ```swift
    /// let count = try await engine.importHistory(from: file)
    /// ```
    ///
    /// - Returns: How many events; 0 for a file that was imported before.
    /// - Throws: ``GensrError/invalidArgument(reason:)`` for a file that is not there, and for a line that is not an event, with its number;
    ///   ``GensrError/cancelled`` when nothing was added; ``GensrError/closed``, ``GensrError/internal(reason:)``.
    @discardableResult
    public func importHistory(from file: URL) async throws(GensrError) -> Int {
        try await call { Int(try $0.importHistory(path: try file.pathOfFile("the import"))) }
    }

    /// Sets whether events are recorded and used from now on. Not persisted: a newly opened engine starts with ``Recording/on``.
    ///
    /// ```swift
    /// try await engine.setRecording(.incognito)
    /// ```
    ///
    /// - Throws: ``GensrError/cancelled`` when nothing was changed; ``GensrError/closed``.
    public func setRecording(_ recording: Recording) async throws(GensrError) {
        try await call { try $0.setRecording(recording: recording.lowered) }
    }

    /// Whether events are recorded and used.
    ///
    /// ```swift
    /// let isHidden = try await engine.recording() == .incognito
    /// ```
    ///
    /// - Throws: ``GensrError/cancelled``, ``GensrError/closed``.
    public func recording() async throws(GensrError) -> Recording {
        try await call { Recording(try $0.recording()) }
    }

    /// Encrypts the profile with a new key; the old key no longer opens it.
    ///
    /// ```swift
    /// try await engine.rotateKey(to: ProfileKey(newKey))
    /// ```
    ///
    /// Store the new key first, and keep the old one until this returns: an app that is killed meanwhile leaves the profile with one or the
    /// other. It needs disk space for a second profile.
    ///
    /// - Throws: ``GensrError/invalidArgument(reason:)`` where the key does not have 32 bytes, the history is in memory, or the library was
    ///   built without encryption; ``GensrError/internal(reason:)`` when the profile cannot be written, and ``GensrError/cancelled``: it has
    ///   its old key then; ``GensrError/closed``.
    public func rotateKey(to key: ProfileKey) async throws(GensrError) {
        try await call { try $0.rotateKey(key: key.bytes) }
    }
}

/// An event as it was recorded.
///
/// ```swift
/// for event in try await engine.history(limit: 20) {
///     print(event.timestamp, event.kind, event.itemID)
/// }
/// ```
public struct RecordedEvent: Sendable, Hashable, Identifiable {
    /// Id for ``Forget/event(_:)``. An import may assign new ones.
    public let id: Int64

    /// Item id, as it was recorded; the pack need not have it.
    public let itemID: String

    /// Kind of event.
    public let kind: String

    /// Time of the event, to the millisecond.
    public let timestamp: Date

    /// The query that led to the item.
    public let query: String?

    /// An event of your own, for previews and tests.
    public init(id: Int64, itemID: String, kind: String, timestamp: Date, query: String? = nil) {
        self.id = id
        self.itemID = itemID
        self.kind = kind
        self.timestamp = timestamp
        self.query = query
    }
}

/// Events to forget.
///
/// ```swift
/// try await engine.forget(.item(hit.id))
/// ```
public enum Forget: Sendable, Hashable {
    /// The event with this id.
    case event(RecordedEvent.ID)

    /// All events of an item, by its id.
    case item(String)

    /// All events with this query; white space at its ends, and how much of it is between words, does not count.
    case query(String)

    /// All events that happened at this time or later, to the millisecond.
    case since(Date)
}

/// Whether events are recorded and used. These calls work in every mode: ``Engine/forget(_:)``, ``Engine/clearHistory()``,
/// ``Engine/exportHistory(to:)``, ``Engine/importHistory(from:)``.
public enum Recording: Sendable, Hashable {
    /// Events are recorded, and the history counts in every response.
    case on

    /// Nothing is recorded; the history is used and shown as before.
    case paused

    /// As if there were no user: nothing is recorded, read, shown or kept in memory.
    case incognito
}
