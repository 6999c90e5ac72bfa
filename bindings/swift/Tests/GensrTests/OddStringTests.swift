import Foundation
import Gensr
import Testing

extension AllTests {
    /// Strings that an app would not think of.
    @Suite(.demo) struct OddStringTests {
        static let odd = [
            "👩‍👩‍👧‍👦🏕️", "خيمة \u{202E}لشخصين", "tent\0pack", "\u{FEFF}tent", "e\u{301}te\u{301}", "\u{301}", "\u{10FFFF}\u{FFFD}",
            "'; DROP TABLE events; --", "%s%n\\", "\n\t\r",
        ]
        static let huge = String(repeating: "山", count: 350_000)

        @Test(arguments: odd.dropLast())
        func queriesAreAnswered(query: String) async throws {
            let engine = try await Engine.open(Fixture.demo)
            // Those without a word that the pack knows are nonsense, which has no hits.
            let known = ["tent", "TABLE"].contains { query.contains($0) }
            #expect(try await engine.search(query).hits.count == (known ? 10 : 0))
        }

        @Test(arguments: ["", " ", "\n\t\r", "\u{3000}", huge, String(repeating: "a", count: 4_097)])
        func queriesWithoutWordsAndHugeOnesAreRefused(query: String) async throws {
            let engine = try await Engine.open(Fixture.demo)
            let reason = await invalidArgument { try await engine.search(query) }
            #expect(reason?.contains("query") == true)
            #expect((reason?.count ?? 0) < 200, "it does not repeat the query")
            #expect(try await engine.search("tent").hits.count == 10)
        }

        /// Byte by byte: strings that look the same are different ids.
        @Test func idsAndQueriesComeBackAsTheyWere() async throws {
            try await withFolder { folder in
                var engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                try await engine.recordMany(
                    Self.odd.enumerated().map { Event(itemID: $1, kind: "search", timestamp: Date(ms: Int64($0)), query: $1) })
                for _ in 0..<2 {
                    let history = try await engine.history()
                    #expect(history.map { Array($0.itemID.utf8) } == Self.odd.map { Array($0.utf8) })
                    #expect(history.map { $0.query.map { Array($0.utf8) } } == Self.odd.map { Array($0.utf8) })
                    #expect(try await engine.diagnostics().profile.dormant == Self.odd.count)
                    #expect(try await engine.recommend().hits.count == 10)
                    engine = try await reopened(engine, folder)
                }
            }
        }

        @Test func idsAndKindsAreBounded() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for wrong in ["", Self.huge, String(repeating: "é", count: 129)] {
                for event in [
                    Event(itemID: wrong, kind: "view"), Event(itemID: "g3919", kind: wrong),
                ] {
                    let reason = await invalidArgument { try await engine.record(event) }
                    #expect((reason?.count ?? 0) < 200, "it does not repeat the event")
                    let history = RecommendRequest(history: .events([event]))
                    _ = await invalidArgument { try await engine.recommend(history) }
                }
                _ = await invalidArgument { try await engine.similar(to: wrong) }
            }
            let long = Event(itemID: "g3919", kind: "search", query: Self.huge)
            _ = await invalidArgument { try await engine.record(long) }
            #expect(try await engine.history() == [])
        }

        @Test(arguments: odd)
        func idsAndNamesThatNobodyHasAreNoHarm(name: String) async throws {
            let engine = try await Engine.open(Fixture.demo)
            _ = await invalidArgument { try await engine.similar(to: name) }
            _ = await invalidArgument { try await engine.recommend(RecommendRequest(attributes: [name])) }
            let plain = try await engine.recommend(RecommendRequest(now: Date(ms: 0))).hits
            #expect(try await engine.recommend(RecommendRequest(exclude: [name], now: Date(ms: 0))).hits == plain)
        }

        @Test(arguments: ["", "a\0b", "/", "🏕️/\u{202E}", huge])
        func pathsThatNameNoFileAreRefused(path: String) async throws {
            let error = await failure { try await Engine.open(.path(path)) }
            #expect(error != nil && error != .closed && error != .cancelled)
            #expect(error?.description.contains("panic") == false)
        }

        private func reopened(_ engine: Engine, _ folder: URL) async throws -> Engine {
            engine.close()
            return try await Engine.open(Fixture.demo, profileDirectory: folder)
        }
    }
}
