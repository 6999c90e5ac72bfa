import Foundation
import Gensr
import Observation

/// The recorded history and its controls.
@MainActor @Observable public final class PrivacyModel {
    /// An event of the history with the title of its item.
    public struct Past: Identifiable, Hashable, Sendable {
        public let id: RecordedEvent.ID
        public let itemID: String
        /// The title; the id where the catalogue does not have the item.
        public let title: String
        public let kind: String
        public let query: String?
        public let date: Date
    }

    /// The last events, newest first.
    public private(set) var events: [Past] = []
    /// Whether there are more than these.
    public private(set) var hasMore = false
    /// Whether events are recorded and used; see ``choose(_:)``.
    public private(set) var recording = Recording.on
    public private(set) var isBusy = false
    public private(set) var trouble: Trouble?

    @ObservationIgnored private let engine: Engine
    @ObservationIgnored private let maker: Cards
    @ObservationIgnored private let settings: any Settings
    /// The history is another one now.
    @ObservationIgnored var changed: () async -> Void = {}

    static let shown = 100
    static let setting = "recording"

    init(_ engine: Engine, _ cards: Cards, _ settings: any Settings) {
        self.engine = engine
        self.settings = settings
        maker = cards
    }

    /// Tells the engine what the user chose before: it starts with recording each time.
    func restore() async throws(GensrError) {
        let chosen = settings[Self.setting].flatMap(Recording.init(name:)) ?? .on
        try await engine.setRecording(chosen)
        recording = chosen
    }

    /// Reads the history anew.
    public func refresh() async {
        do throws(GensrError) {
            let last = try await engine.history(limit: Self.shown + 1)
            let titles = try await maker.titles(of: last.map(\.itemID))
            hasMore = last.count > Self.shown
            events = last.suffix(Self.shown).reversed().map {
                Past(id: $0.id, itemID: $0.itemID, title: titles[$0.itemID] ?? $0.itemID, kind: $0.kind, query: $0.query, date: $0.timestamp)
            }
            trouble = nil
        } catch {
            trouble = Trouble(error) ?? trouble
        }
    }

    /// ``recording``, for a picker: what is set is chosen in a moment.
    public var choice: Recording {
        get { recording }
        set { Task { await choose(newValue) } }
    }

    /// Records, pauses, or goes incognito; and remembers it for the next start.
    public func choose(_ choice: Recording) async {
        await change { engine throws(GensrError) in try await engine.setRecording(choice) }
        guard trouble == nil else { return }
        recording = choice
        settings[Self.setting] = choice.name
    }

    /// Forgets one event.
    public func forget(_ event: Past) async {
        await forget(.event(event.id))
    }

    /// Forgets what happened since a moment.
    public func forget(since date: Date) async {
        await forget(.since(date))
    }

    /// Forgets everything.
    public func clear() async {
        await change { engine throws(GensrError) in try await engine.clearHistory() }
    }

    /// Writes the history to a file, for the user to keep: share it, then call ``removeExport(_:)``, as it is plain text.
    public func export() async -> URL? {
        isBusy = true
        defer { isBusy = false }
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString, directoryHint: .isDirectory)
        let file = folder.appending(path: "history.jsonl", directoryHint: .notDirectory)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await engine.exportHistory(to: file)
            trouble = nil
            return file
        } catch {
            try? FileManager.default.removeItem(at: folder)
            trouble = Trouble(error)
            return nil
        }
    }

    /// Removes an export that was shared.
    public func removeExport(_ file: URL) {
        try? FileManager.default.removeItem(at: file.deletingLastPathComponent())
    }

    private func forget(_ what: Forget) async {
        await change { engine throws(GensrError) in _ = try await engine.forget(what) }
    }

    private func change(_ act: (Engine) async throws(GensrError) -> Void) async {
        isBusy = true
        defer { isBusy = false }
        do throws(GensrError) {
            try await act(engine)
        } catch {
            trouble = Trouble(error)
            return
        }
        await refresh()
        await changed()
    }
}

extension Recording {
    /// As it is stored.
    var name: String {
        switch self {
        case .on: "on"
        case .paused: "paused"
        case .incognito: "incognito"
        }
    }

    init?(name: String) {
        switch name {
        case "on": self = .on
        case "paused": self = .paused
        case "incognito": self = .incognito
        default: return nil
        }
    }
}
