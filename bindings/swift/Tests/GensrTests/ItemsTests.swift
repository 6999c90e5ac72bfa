import Foundation
import Gensr
import Testing

extension AllTests {
    /// The catalogue as the app changes it.
    @Suite(.testdata, .demo) struct ItemsTests {
        private static let stove = Upsert(
            id: "new-1", title: "Flimmerbock Stove", text: "Burns spruceneedles.",
            attributes: [
                "brand": .text("Zwirbelwerk"), "price": .number(12.5), "categories": .textSet(["Quibbleware"]),
                "released": .date(epochDay: 19_723), "in_stock": .bool(true),
            ])

        private static func jackets(_ count: Int) -> [Upsert] {
            (0..<count).map { Upsert(id: "new-\($0)", title: "warm jacket \($0)", text: "for every day") }
        }

        @Test func itemsComeStayAndGo() async throws {
            try await withFolder { folder in
                let engine = try await Engine.open(Fixture.demo, profileDirectory: folder)
                #expect(try await engine.search("flimmerbock").hits.first?.id != "new-1")
                let job = try await engine.upsertItems([Self.stove])
                #expect(job.taken == 1)
                #expect(try await engine.search("flimmerbock").hits.first?.id == "new-1", "found by its words at once")
                #expect(try await engine.search("spruceneedles", filter: "price < 13").hits.first?.id == "new-1")
                let items = try await engine.items(["nobody", "new-1", "g3919"])
                #expect(items[0] == nil && items[1] == Item(id: "new-1", title: "Flimmerbock Stove", attributes: Self.stove.attributes))
                #expect(items[2]?.id == "g3919" && items[2]?.title.isEmpty == false && items[2]?.attributes["price"] != nil)
                #expect(try await engine.items([]) == [])

                var older = Self.stove
                (older.title, older.timestamp) = ("Older", Date(ms: 1))
                #expect(try await engine.upsertItems([older]).taken == 0)
                #expect(try await engine.items(["new-1"])[0]?.title == "Flimmerbock Stove")
                let live = try await engine.diagnostics().live
                #expect(live.items == 1 && live.removed == 0)

                engine.close()
                let again = try await Engine.open(Fixture.demo, profileDirectory: folder)
                #expect(try await again.search("flimmerbock").hits.first?.id == "new-1", "it outlives the engine")
                #expect(try await again.removeItems(["new-1", "g3919", "nobody", "new-1"]) == 2)
                #expect(try await again.items(["new-1", "g3919"]) == [nil, nil])
                #expect(try await again.search("flimmerbock").hits.contains { $0.id == "new-1" } == false)
                #expect(try await again.diagnostics().live.items == 0)
            }
        }

        @Test func whatDoesNotFitChangesNothing() async throws {
            let engine = try await Engine.open(Fixture.demo)
            func wrong(_ change: (inout Upsert) -> Void) -> Upsert {
                var item = Self.stove
                change(&item)
                return item
            }
            for item in [
                wrong { $0.id = "" }, wrong { $0.id = String(repeating: "x", count: 257) },
                wrong { $0.title = String(repeating: "x", count: 4_097) }, wrong { $0.text = String(repeating: "x", count: 65_537) },
                wrong { $0.attributes["no such column"] = .bool(true) }, wrong { $0.attributes["price"] = .bool(true) },
                wrong { $0.attributes["price"] = .number(.nan) }, wrong { $0.attributes["released"] = .date(epochDay: .max) },
                wrong { $0.attributes["released"] = .date(epochDay: .min) },
                wrong { $0.attributes["categories"] = .textSet((0..<257).map(String.init)) },
            ] {
                let reason = await invalidArgument { try await engine.upsertItems([Self.stove, item]) }
                #expect(reason?.contains("item 1") == true && reason?.contains("xx") == false)
            }
            let many = Array(repeating: "g3919", count: 10_001)
            _ = await invalidArgument { try await engine.upsertItems(Self.jackets(10_001)) }
            #expect(await invalidArgument { try await engine.removeItems(many) }?.contains("10000") == true)
            #expect(await invalidArgument { try await engine.items(many) }?.contains("10000") == true)
            #expect(try await engine.items(["new-1", "g3919"]).map { $0 == nil } == [true, false])
        }

        @Test func aJobTellsHowFarItIs() async throws {
            let engine = try await Engine.open(Fixture.slow)
            let job = try await engine.upsertItems(Self.jackets(300))
            #expect(job.progress == VectorProgress(done: 0, total: 300) && job.progress.fraction == 0)
            #expect(try await engine.diagnostics().live.pending == 300)
            var steps: [VectorProgress] = []
            for try await progress in job.runWithProgress() {
                steps.append(progress)
                // Searches go on meanwhile.
                #expect(try await engine.search("jacket 7").hits.count == 10)
            }
            #expect(steps.first?.done == 0 && steps.last == VectorProgress(done: 300, total: 300))
            #expect(steps.count > 2 && zip(steps, steps.dropFirst()).allSatisfy { $0.done < $1.done && $1.total == 300 })
            let live = try await engine.diagnostics().live
            #expect(live.makesVectors && live.pending == 0 && live.withoutVector == 0 && live.items == 300)
            // Over: there is nothing left to do.
            try await job.run()
            #expect(job.progress.fraction == 1)
            #expect(try await engine.pendingVectors().progress.fraction == 1)
            #expect(try await engine.similar(to: "new-3").hits.count == 10)
        }

        @Test func aJobThatIsCancelledKeepsWhatItMade() async throws {
            let engine = try await Engine.open(Fixture.slow)
            let job = try await engine.upsertItems(Self.jackets(5_000))
            let running = Task { await failure { try await job.run() } }
            try await eventually("some are made") { job.progress.done > 0 }
            // Its turn has not come: it waits without a native call.
            let waiting = Task { await failure { try await engine.pendingVectors().run() } }
            waiting.cancel()
            #expect(await waiting.value == .cancelled)
            running.cancel()
            #expect(await running.value == .cancelled)
            #expect(try await engine.diagnostics().callsRunning == 0, "the native call has come back")
            let made = 5_000 - (try await engine.diagnostics().live.pending)
            #expect(made > 0 && made < 5_000 && made == job.progress.done)

            // Leaving the loop ends the job; so does the end of the loop's task, with an error.
            let rest = try await engine.pendingVectors()
            #expect(rest.progress == VectorProgress(done: 0, total: 5_000 - made))
            for try await progress in rest.runWithProgress() where progress.done > 0 { break }
            try await eventually("the job ends") { try await engine.diagnostics().callsRunning == 0 }
            let looping = Task { await failure { for try await _ in rest.runWithProgress() {} } }
            try await eventually("the job begins") { try await engine.diagnostics().callsRunning == 1 }
            looping.cancel()
            #expect(await looping.value == .cancelled)
            #expect(try await engine.diagnostics().callsRunning == 0)
            #expect(try await engine.diagnostics().live.pending > 0)

            engine.close()
            #expect(await failure { try await rest.run() } == .closed)
            #expect(await failure { for try await _ in rest.runWithProgress() {} } == .closed)
        }

        @Test func whereThePackMakesNoVectorsAJobHasNothingToDo() async throws {
            let engine = try await Engine.open(Fixture.older)
            try #require(try await !engine.diagnostics().live.makesVectors)
            let job = try await engine.upsertItems([Self.stove])
            var steps: [VectorProgress] = []
            for try await progress in job.runWithProgress() { steps.append(progress) }
            #expect(steps == [VectorProgress(done: 0, total: 0)] && steps[0].fraction == 1)
            let live = try await engine.diagnostics().live
            #expect(live.pending == 0 && live.withoutVector == 1)
        }
    }
}
