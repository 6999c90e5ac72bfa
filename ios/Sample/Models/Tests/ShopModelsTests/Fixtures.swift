import Foundation
import Gensr
@testable import ShopModels
import Testing

/// Every test of this package, one after the other: they share two cores with everything else. The limit is a safety net.
@Suite(.serialized, .timeLimit(.minutes(2))) enum AllTests {}

enum Fixture {
    static let repository = URL(filePath: #filePath, directoryHint: .notDirectory)
        .appending(path: "../../../../../..", directoryHint: .isDirectory).standardized
    static let demo = repository.appending(path: "models/demo/demo.gensr")
}

/// Settings that end with the test.
@MainActor final class Remembered: Settings {
    private var values: [String: String] = [:]

    subscript(_ name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }
}

/// The demo shop, opened.
@MainActor func openShop(_ settings: any Settings = Remembered(), profile: URL? = nil) async throws -> OpenShop {
    let shop = Shop(settings: settings) { () async throws(GensrError) in try await Engine.open(Fixture.demo, profileDirectory: profile) }
    await shop.start()
    guard case .open(let open) = shop.state else {
        Issue.record("not open: \(shop.state)")
        throw Trouble.failed
    }
    return open
}

/// Waits until something is so; an issue where it is not within half a minute, which is a safety net and no expectation.
@MainActor func eventually(
    _ what: Comment, at location: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(30)
    while try !condition() {
        guard ContinuousClock.now < end else {
            Issue.record(what, sourceLocation: location)
            return
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// A folder for as long as `body` runs.
@MainActor func withFolder<Value>(_ body: @MainActor (URL) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gensr-\(UUID())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
