import Foundation
@testable import Gensr
import Testing

extension AllTests {
    /// Another pack in the place of the open one. The other shop has the same items under ids that begin with "h", not "g".
    @Suite(.testdata, .demo) struct InstallTests {
        /// A copy of the demo pack that may be replaced, opened; and the hashes of both shops.
        private func withShop(_ body: (Engine, URL, Hashes) async throws -> Void) async throws {
            let hashes = try JSONDecoder().decode(Hashes.self, from: Data(contentsOf: Fixture.testdata.appending(path: "sha256.json")))
            try await withFolder { folder in
                let home = folder.appending(path: "shop.gensr")
                try FileManager.default.copyItem(at: Fixture.demo, to: home)
                let engine = try await Engine.open(home)
                try await body(engine, home, hashes)
                engine.close()
            }
        }

        private struct Hashes: Decodable { let demo: String, other: String, endless: String }

        /// Names of the files beside the installed pack, and its own.
        private func files(beside home: URL) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: home.deletingLastPathComponent().path(percentEncoded: false))
        }

        @Test func packsAreSwappedWhileTasksSearch() async throws {
            try await withShop { engine, home, hashes in
                let first = try await engine.diagnostics().packID
                let stop = Locked(false)
                let shops = try await withThrowingTaskGroup(of: Set<Character>.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            var shops: Set<Character> = []
                            while !stop.withLock({ $0 }) {
                                for hits in [
                                    try await engine.search("light shell", limit: 20).hits, try await engine.recommend(limit: 20).hits,
                                ] {
                                    let shop = Set(hits.compactMap(\.id.first))
                                    #expect(hits.count == 20 && shop.count == 1, "wholly from one pack")
                                    shops.formUnion(shop)
                                }
                            }
                            return shops
                        }
                    }
                    for round in 0..<6 {
                        let (pack, hash) = round % 2 == 0 ? (Fixture.other, hashes.other) : (Fixture.demo, hashes.demo)
                        let installed = try await engine.install(InstallRequest(pack: pack, sha256: hash))
                        #expect(try await engine.diagnostics().packID == installed.packID)
                        #expect((installed.packID == first) == (round % 2 == 1) && installed.packID != installed.previousPackID)
                        let shop: Character = round % 2 == 0 ? "h" : "g"
                        #expect(try await engine.search("light shell").hits.allSatisfy { $0.id.first == shop }, "from now on")
                    }
                    stop.withLock { $0 = true }
                    return try await group.reduce(into: Set<Character>()) { $0.formUnion($1) }
                }
                #expect(shops == ["g", "h"])
                #expect(try Data(contentsOf: home) == Data(contentsOf: Fixture.demo), "the last one, for the next start")
                #expect(try files(beside: home) == ["shop.gensr"])
            }
        }

        @Test func eventsSleepAndWake() async throws {
            try await withShop { engine, home, hashes in
                try await engine.record("g3919", kind: "view")
                try await engine.record("h4245", kind: "view")
                let known = try await engine.recommend(RecommendRequest(limit: 20, now: Date(ms: 0))).hits
                let gone = try await engine.install(InstallRequest(pack: Fixture.other, sha256: hashes.other.uppercased()))
                #expect((gone.events, gone.dormant, gone.deactivated, gone.reactivated) == (2, 1, 1, 1))
                #expect(try await engine.history().map(\.itemID) == ["g3919", "h4245"])
                let back = try await engine.install(InstallRequest(pack: Fixture.demo, sha256: hashes.demo))
                #expect((back.events, back.dormant, back.deactivated, back.reactivated) == (2, 1, 1, 1))
                #expect(back.previousPackID == gone.packID && back.packID == gone.previousPackID)
                #expect(try await engine.recommend(RecommendRequest(limit: 20, now: Date(ms: 0))).hits == known)
            }
        }

        @Test func whatIsNotThePackChangesNothing() async throws {
            try await withShop { engine, home, hashes in
                let (packID, hits) = (try await engine.diagnostics().packID, try await engine.search("tent").hits)
                let damaged = home.appendingPathExtension("download")
                try Data("no pack".utf8).write(to: damaged)
                for (pack, hash) in [
                    (Fixture.other, hashes.demo), (Fixture.other, String(repeating: "0", count: 64)), (damaged, hashes.other),
                    // The hash of "no pack".
                    (damaged, "ca4849d16c66d31237e591a04f1218254d91ed242651caa3fe329704a6cd469a"),
                ] {
                    let error = await failure { try await engine.install(InstallRequest(pack: pack, sha256: hash)) }
                    guard case .badPack(let reason)? = error else {
                        Issue.record("not a bad pack: \(String(describing: error))")
                        continue
                    }
                    #expect(!reason.isEmpty)
                }
                try FileManager.default.removeItem(at: damaged)
                for request in [
                    InstallRequest(pack: Fixture.other, sha256: ""), InstallRequest(pack: Fixture.other, sha256: hashes.other + "0"),
                    InstallRequest(pack: damaged, sha256: hashes.other),
                    InstallRequest(pack: try #require(URL(string: "https://example.com/shop.gensr")), sha256: hashes.other),
                ] {
                    _ = await invalidArgument { try await engine.install(request) }
                }
                #expect(try await engine.diagnostics().packID == packID)
                #expect(try await engine.search("tent").hits == hits)
                #expect(try Data(contentsOf: home) == Data(contentsOf: Fixture.demo))
                #expect(try files(beside: home) == ["shop.gensr"], "no copy is left")
            }
        }

        @Test func aPartOfAFileNeedsADestination() async throws {
            try await withShop { _, home, hashes in
                let handle = try FileHandle(forReadingFrom: Fixture.demo)
                let engine = try await Engine.open(.handle(handle))
                var request = InstallRequest(pack: Fixture.other, sha256: hashes.other)
                #expect(await invalidArgument { try await engine.install(request) }?.contains("destination") == true)
                let destination = home.deletingLastPathComponent().appending(path: "ïnstalled #1.gensr")
                request.destination = destination
                let installed = try await engine.install(request)
                #expect(try await Engine.open(destination).diagnostics().packID == installed.packID)
                #expect(try await engine.search("tent").hits.allSatisfy { $0.id.hasPrefix("h") })

                // The next start: what is installed, and what the app came with where that is no pack.
                let bundled = PackSource.handle(handle)
                func packID() async throws -> String {
                    try await Engine.open(PackSource.newest(installed: destination, bundled: bundled)).diagnostics().packID
                }
                #expect(try await packID() == installed.packID)
                try Data("no pack".utf8).write(to: destination)
                #expect(try await packID() == installed.previousPackID)
                try FileManager.default.removeItem(at: destination)
                #expect(try await packID() == installed.previousPackID)
                let error = await failure { try await PackSource.newest(installed: destination, bundled: .handle(handle, length: 100)) }
                guard case .badPack? = error else {
                    Issue.record("not a bad pack: \(String(describing: error))")
                    return
                }
            }
        }

        /// Trying the pack would not end: its decoder does not.
        @Test func anInstallThatIsCancelledChangesNothing() async throws {
            try await withShop { engine, home, hashes in
                let packID = try await engine.diagnostics().packID
                let request = InstallRequest(pack: Fixture.endless, sha256: hashes.endless)
                let task = Task { await failure { try await engine.install(request) } }
                try await eventually("it begins") { try await engine.diagnostics().callsRunning == 1 }
                // Calls go on meanwhile, more than there are threads for them.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            let hits = try await engine.search("tent").hits
                            #expect(hits.count == 10)
                        }
                    }
                    try await group.waitForAll()
                }
                try await engine.record("g3919", kind: "view")
                #expect(try await engine.diagnostics().callsRunning == 1, "it still runs")
                task.cancel()
                #expect(await task.value == .cancelled)
                #expect(try await engine.diagnostics().callsRunning == 0, "the native call has come back")
                #expect(try await engine.diagnostics().packID == packID)
                #expect(try files(beside: home) == ["shop.gensr"])
                #expect(try Data(contentsOf: home) == Data(contentsOf: Fixture.demo))
                #expect(try await engine.install(InstallRequest(pack: Fixture.other, sha256: hashes.other)).events == 1)
            }
        }
    }
}
