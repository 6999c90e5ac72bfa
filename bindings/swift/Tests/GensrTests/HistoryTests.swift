import Foundation
import Gensr
import Testing

extension AllTests {
    /// The user's controls of their own history.
    @Suite(.demo) struct HistoryTests {
        private static let now = Date(ms: 1_700_000_000_000)
        private static let before = [event("g3919", 1_000), event("g4245", 2_000)]
        private static let later = [
            event("g2365", 3_000), event("g1179", 4_000, "warm hat"), event("g3830", 5_000), event("g3830", 6_000), event("g0042", 7_000),
        ]

        private static func event(_ itemID: String, _ ms: Int64, _ query: String? = nil) -> Event {
            Event(itemID: itemID, kind: query == nil ? "view" : "search", timestamp: Date(ms: ms), query: query)
        }

        /// Everything that depends on the history, to the last bit of the scores.
        private struct Shown: Equatable {
            let suggested: [Hit], found: [Hit], alike: [Hit], completed: [Completion]

            init(_ engine: Engine) async throws {
                suggested = try await engine.recommend(RecommendRequest(limit: 50, explainHistory: true, now: now)).hits
                found = try await engine.search(SearchRequest("light shell", limit: 50, now: now)).hits
                alike = try await engine.similar(SimilarRequest(to: "g3919", limit: 50, personalisation: 0.5, now: now)).hits
                completed = try await engine.complete("")
            }
        }

        @Test func whatIsForgottenIsAsIfItNeverWas() async throws {
            try await withFolder { folder in
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                try await engine.recordMany(Self.before)
                let never = try await Shown(engine)
                try await engine.recordMany(Self.later)
                let known = try await Shown(engine)
                #expect(known.suggested != never.suggested && known.found != never.found && known.completed != never.completed)

                let event = try #require(try await engine.history().first { $0.itemID == "g2365" })
                #expect(try await engine.forget(.event(event.id)) == 1)
                #expect(try await engine.forget(.event(event.id)) == 0)
                #expect(try await engine.forget(.query("  warm   hat ")) == 1)
                #expect(try await engine.forget(.item("g3830")) == 2)
                let last = try #require(try await engine.history().last)
                #expect(last.itemID == "g0042" && last.timestamp == Date(ms: 7_000))
                #expect(try await engine.forget(.since(last.timestamp)) == 1)
                #expect(try await Shown(engine) == never)
                #expect(try await engine.history().map(\.itemID) == Self.before.map(\.itemID))

                // On disk as well: for the next engine, and for whoever reads the files.
                engine.close()
                let again = try await Engine.open(Fixture.demo, profileDirectory: folder)
                #expect(try await Shown(again) == never)
                again.close()
                for name in try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)) {
                    let content = try Data(contentsOf: folder.appending(path: name))
                    for secret in ["warm hat", "g2365", "g1179", "g3830", "g0042"] {
                        #expect(content.range(of: Data(secret.utf8)) == nil, "\(secret) in \(name)")
                    }
                }
            }
        }

        @Test func timesAreToTheMillisecond() async throws {
            let engine = try await Engine.open(Fixture.demo)
            // The last but one is a date that is not quite what it says, as most are: seconds have no thousandths in binary.
            let times: [Int64] = [.min, -1_500, 0, 440_845_297_490, 440_845_297_491, .max]
            try await engine.recordMany(times.map { Self.event("g3919", $0) })
            #expect(try await engine.forget(.since(Date(timeIntervalSince1970: .infinity))) == 1, "the end of time is one")
            #expect(try await engine.forget(.since(Date(timeIntervalSince1970: .nan))) == 0)
            #expect(try await engine.forget(.since(.distantFuture)) == 0)
            let date = try #require(try await engine.history().last).timestamp
            #expect(try await engine.forget(.since(date)) == 1)
            #expect(try await engine.history().map(\.timestamp) == times.dropLast(2).map(Date.init(ms:)))
            #expect(try await engine.forget(.since(.distantPast)) == 3)
            #expect(try await engine.forget(.since(Date(timeIntervalSince1970: -.infinity))) == 1)
        }

        @Test func aHistoryIsTakenAlong() async throws {
            try await withFolder { folder in
                let file = folder.appending(path: "my hïstory.jsonl")
                let events = Self.before + [Self.event("g1179", 4_000, "\"ä\"\n\u{1f3d5}\u{fe0f}")]
                let engine = try await Engine.open(Fixture.demo)
                try await engine.recordMany(events)
                try Data("something longer than what will be there, so that a rest of it would be seen\n".utf8).write(to: file)
                #expect(try await engine.exportHistory(to: file) == 3)

                let other = try await Engine.open(Fixture.demo)
                try await other.record(Self.event("g0042", 3_000))
                #expect(try await other.importHistory(from: file) == 3)
                #expect(try await other.importHistory(from: file) == 0, "nothing is there twice")
                #expect(try await other.forget(.item("g0042")) == 1)
                let imported = try await other.history()
                #expect(
                    imported.map { Event(itemID: $0.itemID, kind: $0.kind, timestamp: $0.timestamp, query: $0.query) } == events)
                #expect(Set(imported.map(\.id)).count == 3)
                #expect(try await Shown(other) == Shown(engine))
            }
        }

        @Test func errorsOfFilesNameNothing() async throws {
            try await withFolder { folder in
                let engine = try await Engine.open(Fixture.demo)
                try await engine.record("g3919", kind: "view")
                let bad = folder.appending(path: "bad.jsonl")
                try Data("{\"item_id\":\"a\",\"kind\":\"view\",\"timestamp_ms\":1}\n{\"item_id\":\"secret\"}\n".utf8).write(to: bad)
                let line = await invalidArgument { try await engine.importHistory(from: bad) }
                #expect(line?.contains("line 2") == true && line?.contains("secret") == false)
                let missing = folder.appending(path: "no such folder/secret.jsonl")
                for reason in [
                    await invalidArgument { try await engine.importHistory(from: missing) },
                    await invalidArgument { try await engine.exportHistory(to: missing) },
                ] {
                    #expect(reason?.contains("file") == true && reason?.contains("secret") == false)
                }
                let web = try #require(URL(string: "https://example.com/secret.jsonl"))
                #expect(await invalidArgument { try await engine.exportHistory(to: web) } == "the export must be a file URL")
                #expect(await invalidArgument { try await engine.importHistory(from: web) } == "the import must be a file URL")
                for events in [Forget.query(" \n"), .query(String(repeating: "x", count: 4_097)), .item(""), .item(String(repeating: "x", count: 257))] {
                    #expect(await invalidArgument { try await engine.forget(events) }?.contains("xx") == false)
                }
                #expect(try await engine.history().map(\.itemID) == ["g3919"], "all or none")
            }
        }

        @Test func incognitoIsAStrangerAndPausedRecordsNothing() async throws {
            let stranger = try await Shown(Engine.open(Fixture.demo))
            let engine = try await Engine.open(Fixture.demo)
            try await engine.recordMany(Self.before)
            try await engine.record(Self.event("g1179", 4_000, "warm hat"))
            let known = try await Shown(engine)
            #expect(known != stranger)
            #expect(try await engine.recording() == .on)

            try await engine.setRecording(.paused)
            #expect(try await engine.recording() == .paused)
            try await engine.recordMany(Self.later)
            #expect(try await Shown(engine) == known)
            #expect(try await engine.history().count == 3)

            try await engine.setRecording(.incognito)
            try await engine.recordMany(Self.later)
            #expect(try await Shown(engine) == stranger)
            #expect(try await engine.history() == [])

            try await engine.setRecording(.on)
            #expect(try await Shown(engine) == known)
            try await engine.recordMany(Self.later)
            #expect(try await engine.history().count == 8)
        }

        @Test func whatIsKeptIsBounded() async throws {
            try await withFolder { folder in
                let bounded = EngineOptions(profileDirectory: folder, maxEvents: 16, maxAge: .seconds(86_400))
                let engine = try await Engine.open(.file(Fixture.demo), options: bounded)
                let today = Int64(Date.now.timeIntervalSince1970 * 1000)
                try await engine.recordMany((0..<40).map { Self.event("g3919", today - 1_000 + $0) })
                try await engine.record(Self.event("g4245", today - 2 * 86_400_000))
                let kept = try await engine.history()
                #expect(kept.count <= 16 && kept.last?.timestamp == Date(ms: today - 961), "the newest are kept")
                #expect(!kept.contains { $0.itemID == "g4245" }, "events older than a day are not")
            }
            for number in [Int.min, -1, 0, 100_001, .max] {
                let many = await invalidArgument {
                    try await Engine.open(.file(Fixture.demo), options: EngineOptions(maxEvents: number))
                }
                #expect(many?.hasPrefix("max_events is") == true)
            }
            for (age, named) in [
                (.zero, "max_age_days"), (.seconds(-86_400), "max_age_days"), (.seconds(36_501 * 86_400), "max_age_days"),
                (.seconds(Int64.max), "maxAge"), (.seconds(3_600), "maxAge"),
            ] as [(Duration, String)] {
                let old = await invalidArgument {
                    try await Engine.open(.file(Fixture.demo), options: EngineOptions(maxAge: age))
                }
                #expect(old?.contains(named) == true, "\(age)")
            }
        }
    }
}
