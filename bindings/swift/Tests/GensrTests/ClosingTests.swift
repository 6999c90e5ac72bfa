import Foundation
import Gensr
import Testing

extension AllTests {
    /// Many callers, and letting go under them.
    @Suite struct ClosingTests {
        @Test(.demo) func eightCallersGetTheAnswersOfOne() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let queries = ["shell", "light pack", "tent", "gloves"]
            var expected: [String: [String]] = [:]
            for query in queries {
                expected[query] = try await engine.search(SearchRequest(query, history: .empty, now: Date(ms: 0))).hits.map(\.id)
            }
            let answers = expected
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<8 {
                    group.addTask {
                        for round in 0..<25 {
                            let query = queries[(caller + round) % queries.count]
                            let hits = try await engine.search(SearchRequest(query, history: .empty, now: Date(ms: 0))).hits
                            #expect(hits.map(\.id) == answers[query])
                            try await engine.record(hits[0].id, kind: "view")
                            #expect(try await engine.recommend(limit: 3).hits.count == 3)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await engine.history(limit: 1000).count == 200, "none is lost")
            #expect(try await engine.diagnostics().callsRunning == 0)
        }

        @Test(.demo) func everyCallOfAClosedEngineSaysSo() async throws {
            let engine = try await Engine.open(Fixture.demo)
            engine.close()
            engine.close()
            #expect(await failure { try await engine.search("tent") } == .closed)
            #expect(await failure { try await engine.recommend() } == .closed)
            #expect(await failure { try await engine.similar(to: "g3919") } == .closed)
            #expect(await failure { try await engine.complete("tent") } == .closed)
            #expect(await failure { try await engine.record("g3919", kind: "view") } == .closed)
            #expect(await failure { try await engine.recordMany([]) } == .closed)
            #expect(await failure { try await engine.history() } == .closed)
            #expect(await failure { try await engine.forget(.item("g3919")) } == .closed)
            #expect(await failure { try await engine.clearHistory() } == .closed)
            try await withFolder { folder in
                let file = folder.appending(path: "history.jsonl")
                #expect(await failure { try await engine.exportHistory(to: file) } == .closed)
                #expect(await failure { try await engine.importHistory(from: file) } == .closed)
                let files = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
                #expect(files == [])
            }
            #expect(await failure { try await engine.setRecording(.paused) } == .closed)
            #expect(await failure { try await engine.recording() } == .closed)
            #expect(await failure { try await engine.rotateKey(to: ProfileKey(Data(count: 32))) } == .closed)
            #expect(await failure { try await engine.upsertItems([]) } == .closed)
            #expect(await failure { try await engine.removeItems([]) } == .closed)
            #expect(await failure { try await engine.items([]) } == .closed)
            #expect(await failure { try await engine.pendingVectors() } == .closed)
            let request = InstallRequest(pack: Fixture.demo, sha256: String(repeating: "0", count: 64))
            #expect(await failure { try await engine.install(request) } == .closed)
            #expect(await failure { try await engine.warmUp() } == .closed)
            #expect(await failure { try await engine.trimMemory() } == .closed)
            #expect(await failure { try await engine.diagnostics() } == .closed)
        }

        @Test(.demo) func closingWhileInUseLetsRunningCallsEndWell() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let (answered, signal) = AsyncStream.makeStream(of: Void.self)
            let callers = (0..<8).map { _ in
                Task {
                    while true {
                        do {
                            let response = try await engine.search("tent", limit: 5)
                            #expect(response.hits.count == 5)
                            signal.yield()
                        } catch {
                            return error
                        }
                    }
                }
            }
            var answers = 0
            for await _ in answered {
                answers += 1
                if answers == 100 { break }
            }
            engine.close()
            for caller in callers { #expect(await caller.value as? GensrError == .closed) }
        }

        @Test(.testdata) func closingDoesNotWait() async throws {
            let engine = try await Engine.open(Fixture.endless)
            let running = Task { await failure { try await engine.search("tent") } }
            try await eventually("the call begins") { try await engine.diagnostics().callsRunning == 1 }
            // It would never come back if it waited.
            engine.close()
            #expect(await failure { try await engine.recommend() } == .closed)
            running.cancel()
            #expect(await running.value == .cancelled)
        }

        @Test(.demo) func theEndOfTheLastReferenceFreesTheProfile() async throws {
            try await withFolder { folder in
                for _ in 0..<30 {
                    let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                    try await engine.record("g3919", kind: "view")
                    // Not closed: the next round opens the same profile at once.
                }
                #expect(try await Engine.open(Fixture.demo, profileDirectory: folder).history().count == 30)
            }
        }
    }
}
