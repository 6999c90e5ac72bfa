import Foundation
import GensrBindings
import Testing

private let demo = ProcessInfo.processInfo.environment["GENSR_DEMO_PACK"] ?? "../../models/demo/demo.gensr"
private let demoExists = FileManager.default.fileExists(atPath: demo)

/// A test that needs the demo pack.
private let needsDemo = ConditionTrait.enabled(if: demoExists, "no demo pack: make demo-pack")

/// The generated binding reaches the engine, and errors come back as types.
@Suite struct SmokeTests {
    @Test(needsDemo)
    func opensTheDemoPack() throws {
        let diagnostics = try Engine.open(path: demo).diagnostics()
        #expect(diagnostics.items > 1000)
        #expect(diagnostics.packId.count == 64)
    }

    @Test(needsDemo)
    func findsRecordsAndSuggests() throws {
        let profile = FileManager.default.temporaryDirectory.appendingPathComponent("gensr-\(UUID())")
        defer { try? FileManager.default.removeItem(at: profile) }
        let engine = try Engine.open(path: demo, profileDir: profile.path)

        let found = try engine.search(query: "tent", limit: 5).hits
        #expect(found.count == 5)
        #expect(found.allSatisfy { !$0.title.isEmpty })

        let before = try engine.recommend(limit: 10).hits.map(\.id)
        for hit in found { try engine.record(event: Event(itemId: hit.id, kind: "view")) }
        let after = try engine.recommend(limit: 10).hits.map(\.id)
        #expect(after.count == 10)
        #expect(after != before, "what was recorded changes what is suggested")
        #expect(Set(after).isDisjoint(with: found.map(\.id)), "what was seen is not suggested again")

        try engine.clearHistory()
        #expect(try engine.recommend(limit: 10).hits.map(\.id) == before)
        engine.shutdown()
    }

    @Test func aFileThatIsNoPackIsRefusedWithAReason() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gensr")
        try Data("not a pack".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            _ = try Engine.open(path: file.path)
            Issue.record("opened")
        } catch GensrError.BadPack(let reason) {
            #expect(!reason.isEmpty)
        }
    }

    @Test(needsDemo)
    func numbersOutOfBoundsAreRefused() throws {
        let engine = try Engine.open(path: demo)
        for limit: UInt32 in [0, 1001, .max] {
            do {
                _ = try engine.search(query: "tent", limit: limit)
                Issue.record("answered \(limit)")
            } catch GensrError.InvalidArgument(let reason) {
                #expect(reason.contains("limit"))
            }
        }
    }

    @Test(needsDemo)
    func callsAfterShutdownAreRefused() throws {
        let engine = try Engine.open(path: demo)
        engine.shutdown()
        engine.shutdown()
        #expect(throws: GensrError.Closed) { try engine.diagnostics() }
    }
}
