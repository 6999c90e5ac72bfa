import Foundation
import Gensr
import Testing

extension AllTests {
    /// Each error, as a real call throws it; `cancelled` and `closed` have suites of their own.
    @Suite struct ErrorTests {
        @Test(.demo, arguments: [Int.min, -1, 0, 1_001, Int(UInt32.max) + 11, .max])
        func limitsAreBounded(limit: Int) async throws {
            let engine = try await Engine.open(Fixture.demo)
            for reason in [
                await invalidArgument { try await engine.search("tent", limit: limit) },
                await invalidArgument { try await engine.recommend(limit: limit) },
                await invalidArgument { try await engine.similar(to: "g3919", limit: limit) },
            ] {
                #expect(reason?.contains("1 to 1000") == true)
            }
            let many = limit == 1_001 ? 100_001 : limit
            #expect(await invalidArgument { try await engine.history(limit: many) }?.contains("1 to 100000") == true)
            let options = EngineOptions(threads: limit)
            #expect(
                await invalidArgument { try await Engine.open(.file(Fixture.demo), options: options) }?.contains("1 to 64") == true)
        }

        @Test(.demo) func timesAreNotBounded() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let extremes = [Int64.min, -1, 0, .max].map(Date.init(ms:))
            for time in extremes {
                try await engine.record(Event(itemID: "g3919", kind: "view", timestamp: time))
                for now in extremes {
                    #expect(try await engine.recommend(RecommendRequest(limit: 5, now: now)).hits.count == 5)
                }
            }
            #expect(try await engine.history().map(\.timestamp).sorted() == extremes)
        }

        @Test(.demo) func namesThatDoNotExistAreRefused() async throws {
            let engine = try await Engine.open(Fixture.demo)
            #expect(await invalidArgument { try await engine.similar(to: "nothing") }?.contains("catalogue") == true)
            let request = SearchRequest("tent", attributes: ["brand", "nothing"])
            #expect(await invalidArgument { try await engine.search(request) }?.contains("attribute 1") == true)
            let web = try #require(URL(string: "https://example.com/shop.gensr"))
            #expect(await invalidArgument { try await Engine.open(web) } == "the pack's URL must be a file URL")
            #expect(
                await invalidArgument { try await Engine.open(Fixture.demo, profileDirectory: web) }
                    == "profileDirectory must be a file URL")
        }

        @Test(.demo) func manyEventsAreRecordedWhollyOrNotAtAll() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let events = ["g3919", "", "g4245"].map { Event(itemID: $0, kind: "view") }
            #expect(await invalidArgument { try await engine.recordMany(events) }?.contains("event 1") == true)
            let many = Array(repeating: events[0], count: 100_001)
            #expect(await invalidArgument { try await engine.recordMany(many) }?.contains("100000") == true)
            #expect(try await engine.history() == [])
        }

        @Test(.demo) func aProfileHasOneEngineAtATime() async throws {
            try await withFolder { folder in
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                #expect(await invalidArgument { try await Engine.open(Fixture.demo, profileDirectory: folder) } != nil)
                engine.close()
                try await Engine.open(Fixture.demo, profileDirectory: folder).close()
            }
        }

        @Test func whatIsNoPackIsABadPack() async throws {
            try await withFolder { folder in
                let file = folder.appending(path: "odd.gensr")
                for content in ["not a pack at all", ""] {
                    try Data(content.utf8).write(to: file)
                    guard case .badPack(let reason)? = await failure(of: { try await Engine.open(file) }) else {
                        Issue.record("not a bad pack")
                        continue
                    }
                    #expect(!reason.isEmpty)
                }
            }
        }

        @Test(.testdata, .demo) func aPackOfALaterVersionIsIncompatible() async throws {
            let version = try await Engine.open(Fixture.demo).diagnostics().formatVersion
            let error = await failure { try await Engine.open(Fixture.newer) }
            guard case .incompatible(let found, let supported)? = error else {
                Issue.record("not incompatible: \(String(describing: error))")
                return
            }
            #expect(found.contains("\(version + 1)") && supported.contains("\(version)"))
        }

        @Test(.demo) func whatTheSystemRefusesIsInternal() async throws {
            try await withFolder { folder in
                // No folder can be made where a file is.
                let file = folder.appending(path: "taken")
                try Data("taken".utf8).write(to: file)
                let error = await failure { try await Engine.open(Fixture.demo, profileDirectory: file) }
                guard case .internal(let reason)? = error else {
                    Issue.record("not internal: \(String(describing: error))")
                    return
                }
                #expect(!reason.isEmpty)
            }
        }

        /// Also that the six are all: this does not compile otherwise.
        @Test func errorsSayWhatIsWrong() {
            for error in [
                GensrError.closed, .invalidArgument(reason: "why"), .badPack(reason: "why"),
                .incompatible(found: "2", supported: "1"), .cancelled, .internal(reason: "why"),
            ] {
                let text =
                    switch error {
                    case .closed: "the engine is closed"
                    case .invalidArgument: "invalid argument: why"
                    case .badPack: "bad pack: why"
                    case .incompatible: "incompatible: found 2, supported 1"
                    case .cancelled: "cancelled"
                    case .internal: "internal error: why"
                    }
                #expect("\(error)" == text)
                #expect((error as any Error).localizedDescription == text)
            }
        }
    }
}
