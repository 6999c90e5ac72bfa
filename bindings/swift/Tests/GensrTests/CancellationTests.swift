import Foundation
import Gensr
import Testing

extension AllTests {
    /// Cancelling a task ends its call.
    @Suite struct CancellationTests {
        /// The calls that can take long.
        enum Long: CaseIterable {
            case search, recommend, warmUp

            func run(_ engine: Engine) async throws(GensrError) {
                switch self {
                case .search: _ = try await engine.search("tent")
                case .recommend: _ = try await engine.recommend()
                case .warmUp: try await engine.warmUp()
                }
            }
        }

        @Test(.testdata, arguments: Long.allCases)
        func aCallThatWouldNotEndIsCancelled(call: Long) async throws {
            let engine = try await Engine.open(Fixture.endless)
            let task = Task { await failure { try await call.run(engine) } }
            try await eventually("the call begins") { try await engine.diagnostics().callsRunning == 1 }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(try await engine.diagnostics().callsRunning == 0, "the native call has come back")
            // The engine is whole.
            try await engine.record("g3919", kind: "view")
            #expect(try await engine.history().map(\.itemID) == ["g3919"])
            #expect(try await engine.similar(to: "g3919").hits.count == 10)
        }

        @Test(.testdata) func noThreadIsLeftBehind() async throws {
            let engine = try await Engine.open(Fixture.endless)
            let before = Process.threads
            for _ in 0..<20 {
                await withTaskGroup(of: GensrError?.self) { group in
                    for _ in 0..<4 {
                        group.addTask { await failure { try await engine.search("tent") } }
                    }
                    group.addTask {
                        try? await eventually("the calls begin") { try await engine.diagnostics().callsRunning == 4 }
                        return nil
                    }
                    _ = await group.next()
                    group.cancelAll()
                    for await error in group { #expect(error == .cancelled) }
                }
                #expect(try await engine.diagnostics().callsRunning == 0)
            }
            // Dispatch keeps threads that have nothing to do for some seconds.
            try await eventually("threads end: \(before) before, \(Process.threads) after") { Process.threads <= before }
        }

        @Test(.testdata) func aCallThatWaitsForItsTurnIsWithdrawn() async throws {
            let engine = try await Engine.open(Fixture.endless)
            let busy = (0..<4).map { _ in
                Task { await failure { try await engine.recommend() } }
            }
            try await eventually("four calls begin") { try await engine.diagnostics().callsRunning == 4 }
            let waiting = Task { await failure { try await engine.similar(to: "g3919") } }
            // Calls that do not run the model need not wait for those that do.
            try await engine.record("g3919", kind: "view")
            #expect(try await engine.history().count == 1)
            waiting.cancel()
            #expect(await waiting.value == .cancelled)
            #expect(try await engine.diagnostics().callsRunning == 4, "the others go on")
            busy.forEach { $0.cancel() }
            for task in busy { #expect(await task.value == .cancelled) }
        }

        @Test(.demo) func inACancelledTaskNothingIsBegun() async throws {
            let engine = try await Engine.open(Fixture.demo)
            try await engine.record("g4245", kind: "view")
            let file = FileManager.default.temporaryDirectory.appending(path: "gensr-\(UUID()).jsonl")
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return [
                    await failure { try await engine.forget(.since(.distantPast)) },
                    await failure { try await engine.clearHistory() },
                    await failure { try await engine.exportHistory(to: file) },
                    await failure { try await engine.importHistory(from: file) },
                    await failure { try await engine.setRecording(.incognito) },
                    await failure { try await engine.removeItems(["g4245"]) },
                    await failure { try await engine.upsertItems([Upsert(id: "g4245", title: "Another")]) },
                    await failure { try await engine.record("g3919", kind: "view") },
                    await failure { try await engine.search("tent") },
                    await failure { try await engine.diagnostics() },
                    await failure { try await Engine.open(Fixture.demo) },
                ]
            }
            task.cancel()
            #expect(await task.value == Array(repeating: .cancelled, count: 11))
            #expect(!FileManager.default.fileExists(atPath: file.path(percentEncoded: false)))
            #expect(try await engine.history().map(\.itemID) == ["g4245"])
        }

        /// The profile tells: while an engine is left open, no other can have it.
        @Test(.demo) func openingThatIsCancelledLeavesNothingOpen() async throws {
            try await withFolder { folder in
                var cancelledHalfWay = 0
                // The lock file comes late in opening, so that most of these are caught half-way; one must be.
                for round in 0..<200 where cancelledHalfWay < 5 {
                    let profile = folder.appending(path: "\(round)", directoryHint: .isDirectory)
                    let lock = profile.appending(path: "profile.lock").path(percentEncoded: false)
                    let opening = Task { try await Engine.open(Fixture.demo, profileDirectory: profile) }
                    while !FileManager.default.fileExists(atPath: lock) { await Task.yield() }
                    opening.cancel()
                    switch await opening.result {
                    case .success(let engine): engine.close()
                    case .failure(let error):
                        #expect(error as? GensrError == .cancelled)
                        cancelledHalfWay += 1
                    }
                    try await Engine.open(Fixture.demo, profileDirectory: profile).close()
                }
                #expect(cancelledHalfWay > 0)
            }
        }
    }
}
