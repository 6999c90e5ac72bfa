import Foundation
import Gensr
import Testing

extension AllTests {
    /// Every call does what it says.
    @Suite(.demo) struct CallTests {
        @Test func searchesRecordsSuggestsAndForgets() async throws {
            try await withFolder { folder in
                let profile = folder.appending(path: "profile", directoryHint: .isDirectory)
                let engine = try await Engine.open(Fixture.demo, profileDirectory: profile)
                try await engine.warmUp()

                let found = try await engine.search("tent", limit: 5)
                let ids = found.hits.map(\.id)
                #expect(ids.count == 5 && found.hits.allSatisfy { !$0.title.isEmpty })
                #expect(found.hits.map(\.score) == found.hits.map(\.score).sorted(by: >))
                #expect(found.hits.allSatisfy { $0.reasons.first?.kind == .model })
                #expect(found.timings.last?.stage == "total")
                #expect(found.providers.contains(GraphProvider(graph: "decoder", provider: "cpu")))

                let stranger = try await engine.recommend().hits
                #expect(stranger.count == 10)
                try await engine.record(ids[0], kind: "view")
                try await engine.record(Event(itemID: ids[1], kind: "search", timestamp: Date(ms: 1_700_000_000_000), query: "tent"))
                try await engine.recordMany(ids[2...].map { Event(itemID: $0, kind: "view") })
                let history = try await engine.history()
                // The engine keeps events in the order of their time; this one said that it was long ago.
                #expect(Set(history.map(\.itemID)) == Set(ids))
                #expect(history.contains { $0.query == "tent" && $0.timestamp == Date(ms: 1_700_000_000_000) && $0.kind == "search" })
                #expect(try await engine.history(limit: 2).map(\.itemID) == Array(ids[3...]))

                let suggested = try await engine.recommend().hits
                #expect(suggested.map(\.id) != stranger.map(\.id), "what was recorded changes what is suggested")
                #expect(Set(suggested.map(\.id)).isDisjoint(with: ids), "what was seen is not suggested again")

                // On disk, so that the next engine knows it too.
                engine.close()
                let again = try await Engine.open(Fixture.demo, profileDirectory: profile)
                #expect(try await again.history() == history)
                try await again.clearHistory()
                #expect(try await again.history() == [])
                #expect(try await again.recommend().hits.map(\.id) == stranger.map(\.id))
            }
        }

        @Test func requestsSayWhatElseIsWanted() async throws {
            let engine = try await Engine.open(.path(Fixture.demo.path(percentEncoded: false)))
            let now = Date(ms: 1_700_000_000_000)
            let plain = try await engine.search("shell", limit: 3)
            let ids = plain.hits.map(\.id)

            var search = SearchRequest("shell", limit: 2)
            search.exclude = [ids[0], "no such item"]
            search.attributes = ["brand", "price"]
            search.now = now
            let found = try await engine.search(search)
            #expect(found.hits.map(\.id) == Array(ids[1...]))
            for hit in found.hits {
                guard case .text? = hit.attributes["brand"], case .number(let price)? = hit.attributes["price"] else {
                    Issue.record("not what was asked for: \(hit.attributes)")
                    continue
                }
                #expect(price > 0 && hit.attributes.count == 2)
            }

            let events = ids.map { Event(itemID: $0, kind: "view", timestamp: now) }
            let own = try await engine.recommend(RecommendRequest(history: .events(events), now: now))
            let none = try await engine.recommend(RecommendRequest(history: .empty, now: now))
            #expect(own.hits.map(\.id) != none.hits.map(\.id))
            #expect(Set(own.hits.map(\.id)).isDisjoint(with: ids))
            #expect(try await engine.history() == [], "a history of the request is not recorded")
            var again = SearchRequest("shell", limit: 1000, history: .events(events), excludeHistory: false, now: now)
            let kept = try await engine.search(again)
            again.excludeHistory = true
            let left = try await engine.search(again)
            #expect(Set(kept.hits.map(\.id)).isSuperset(of: ids))
            #expect(kept.hits.contains { $0.reasons.contains { $0.kind == .history } })
            #expect(Set(left.hits.map(\.id)).isDisjoint(with: ids))

            let alike = try await engine.similar(to: ids[0], limit: 3).hits
            #expect(alike.count == 3 && !alike.map(\.id).contains(ids[0]))
            #expect(alike.allSatisfy { $0.reasons.first?.kind == .similar && $0.reasons.first?.terms == [ids[0]] })
            let others = try await engine.similar(SimilarRequest(to: ids[0], limit: 2, exclude: [alike[0].id], attributes: ["brand"]))
            #expect(others.hits.map(\.id) == alike[1...].map(\.id))
            #expect(others.hits.allSatisfy { $0.attributes.keys.contains("brand") })
        }

        @Test func aProviderIsChosenByNameAndRefusedIfItIsMissing() async throws {
            let engine = try await Engine.open(Fixture.demo)
            try await engine.warmUp()
            let found = try await engine.diagnostics()
            #expect(Set(found.nodes.map(\.graph)) == ["history", "decoder"])
            #expect(found.nodes.allSatisfy { $0.nodes > 10 && $0.provider == "cpu" })
            let reason = await invalidArgument {
                try await Engine.open(.file(Fixture.demo), options: EngineOptions(provider: .nnapi))
            }
            #expect(reason?.contains("no execution provider nnapi here; it has cpu") == true)
        }

        @Test func trimmedEnginesOpenAgainWhatTheyNeed() async throws {
            try await withFolder { folder in
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                try await engine.record("g3919", kind: "view")
                let before = try await engine.recommend().hits.map(\.id)
                let warm = try await engine.diagnostics()
                #expect(warm.profile.open && !warm.profile.inMemory && warm.profile.events == 1)
                #expect(warm.items > 1000 && warm.packID.count == 64 && warm.formatVersion >= 1)
                #expect(!warm.engineVersion.isEmpty && !warm.kernels.isEmpty && !warm.catalogue.isEmpty)
                #expect(warm.onnxruntime != nil && Set(warm.providers.map(\.graph)).isSuperset(of: ["history", "decoder"]))

                try await engine.trimMemory(.caches)
                #expect(try await engine.diagnostics().profile.open, "nobody asked for that much")
                try await engine.trimMemory(.background)
                let hidden = try await engine.diagnostics()
                #expect(!hidden.profile.open && hidden.providers.map(\.graph).contains("decoder"))
                try await Engine.open(Fixture.demo, profileDirectory: folder).close()
                #expect(try await engine.recommend().hits.map(\.id) == before)

                try await engine.trimMemory()
                let trimmed = try await engine.diagnostics()
                #expect(!trimmed.profile.open && trimmed.providers.isEmpty && trimmed.callsRunning == 0)
                // Its lock is free: another engine may have the profile now.
                try await Engine.open(Fixture.demo, profileDirectory: folder).close()
                #expect(try await engine.recommend().hits.map(\.id) == before)
            }
        }

        @Test func diagnosticsSayWhatWentWrongWithTheProfile() async throws {
            try await withFolder { folder in
                let database = folder.appending(path: "profile.sqlite3")
                try Data("no database, but secret-item all the same".utf8).write(to: database)
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                let diagnostics = try await engine.diagnostics()
                #expect(diagnostics.profile.warnings.count == 1)
                #expect(diagnostics.log.contains { $0.contains("damaged") })
                #expect(!String(describing: diagnostics).contains("secret"))
            }
        }

        @Test func packsAreOpenedFromEverywhere() async throws {
            let content = try Data(contentsOf: Fixture.demo)
            let expected = try await Engine.open(Fixture.demo).search("tent").hits
            try await withFolder { folder in
                // Within another file, as in an archive; packs lie at a multiple of 4.
                let file = folder.appending(path: "assets with ünïcode #1.bin")
                try (Data(repeating: 7, count: 20) + content + Data(repeating: 9, count: 33)).write(to: file)
                let length = Int64(content.count)
                let handle = try FileHandle(forReadingFrom: file)
                let byHandle = try await Engine.open(.handle(handle, offset: 20, length: length))
                let byNumber = try await Engine.open(.descriptor(handle.fileDescriptor, offset: 20, length: length))
                for (offset, length) in [(21, 100), (20, nil), (0, 0), (20, Int64.max)] as [(Int64, Int64?)] {
                    let error = await failure { try await Engine.open(.handle(handle, offset: offset, length: length)) }
                    guard case .badPack? = error else {
                        Issue.record("\(offset), \(String(describing: length)): \(String(describing: error))")
                        continue
                    }
                }
                for (offset, length) in [(-1, nil), (.min, .min), (.max, nil), (0, -1)] as [(Int64, Int64?)] {
                    _ = await invalidArgument { try await Engine.open(.handle(handle, offset: offset, length: length)) }
                }
                // Neither the descriptor nor the file is needed any longer.
                try handle.close()
                let plain = folder.appending(path: "パック.gensr")
                try content.write(to: plain)
                let byURL = try await Engine.open(.file(plain))
                let byPath = try await Engine.open(.path(plain.path(percentEncoded: false)))
                try FileManager.default.removeItem(at: folder)
                for engine in [byHandle, byNumber, byURL, byPath] {
                    #expect(try await engine.search("tent").hits == expected)
                }
            }
            for fd in [-1, Int32.min, Int32.max] {
                _ = await invalidArgument { try await Engine.open(.descriptor(fd)) }
            }
        }
    }
}
