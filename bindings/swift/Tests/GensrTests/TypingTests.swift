import Foundation
import Gensr
import Testing

extension AllTests {
    /// Responses while the user types.
    @Suite struct TypingTests {
        @Test(.demo) func aFirstResponseFromWordsThenTheFullRanking() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            for query in ["s", "sh", "shell", "light shell", "tent for tw"] {
                let request = SearchRequest(query, limit: 7, history: .empty, attributes: ["brand"], now: Date(ms: 0))
                let responses = try await all(box.responses(to: request))
                try #require(responses.map(\.isRanked) == [false, true], "\(query)")
                #expect(responses.allSatisfy { $0.query == query })
                #expect(try await engine.search(request).hits == responses[1].hits, "whatever was typed before")
                #expect(responses.allSatisfy { $0.hits.count == 7 && $0.hits[0].attributes.keys.contains("brand") })
                #expect(!responses[0].hits.contains { $0.reasons.contains { $0.kind == .model } }, "no model ran")
                #expect(responses[0].response.providers.isEmpty)
            }
            #expect(try await engine.diagnostics().callsRunning == 0)
        }

        /// From the screen to the next first response no two hits change places.
        @Test(.demo, arguments: ["Alpine Jacket", "Mountain Shell", "magnetic game"])
        func theOrderOnTheScreenIsKept(title: String) async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            var (screen, compared) = ([String](), 0)
            for length in 1...title.count {
                for try await response in box.responses(to: String(title.prefix(length))) {
                    let ids = response.hits.map(\.id)
                    if !response.isRanked {
                        let stayed = screen.filter(ids.contains)
                        #expect(stayed == ids.filter(screen.contains), "\(response.query)")
                        compared += stayed.count
                    }
                    screen = ids
                }
            }
            #expect(compared > 20)
        }

        @Test(.demo) func withoutWordsThereIsNoFirstResponse() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            for blank in ["", " ", "\n\t\u{3000}"] {
                #expect(try await all(box.responses(to: blank)).map(\.isRanked) == [true])
                for try await response in box.responses(to: blank) { #expect(response.hits.isEmpty) }
            }
            #expect(try await all(box.responses(to: "zzqx")).map(\.isRanked) == [true])
        }

        @Test(.testdata) func aNewerTextEndsTheResponsesToTheOneBefore() async throws {
            let engine = try await Engine.open(Fixture.endless)
            let box = engine.typing()
            // The full ranking of this pack never comes.
            var older = try await whole(box, of: "tent", engine)
            for text in ["shell", "bike", "shoe", " "] {
                var newer = box.responses(to: text).makeAsyncIterator()
                #expect(try await older.value == nil)
                #expect(try await newer.next()?.query == text)
                older = Task { try await box.responses(to: "tent").reduce(into: nil) { _, response in #expect(!response.isRanked) } }
                try await eventually("the ranking begins") { try await engine.diagnostics().callsRunning == 1 }
                #expect(try await newer.next() == nil, "it is superseded by now")
            }
            box.close()
            #expect(try await older.value == nil)
            #expect(try await engine.diagnostics().callsRunning == 0)
        }

        @Test(.testdata) func cancellingTheTaskEndsTheNativeCall() async throws {
            let engine = try await Engine.open(Fixture.endless)
            let box = engine.typing()
            let one = try await whole(box, of: "tent", engine)
            one.cancel()
            #expect(try await one.value == nil, "that is no error")
            #expect(try await engine.diagnostics().callsRunning == 0, "the native call has come back")

            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            let ended = AsyncStream.makeStream(of: Void.self)
            typed.onTermination = { _ in ended.continuation.yield() }
            let answered = AsyncStream.makeStream(of: Bool.self)
            let many = Task {
                for try await response in engine.responses(to: texts) { answered.continuation.yield(response.isRanked) }
                answered.continuation.finish()
            }
            typed.yield("tent")
            var given = answered.stream.makeAsyncIterator()
            #expect(await given.next() == false)
            try await eventually("the ranking begins") { try await engine.diagnostics().callsRunning == 1 }
            many.cancel()
            try await many.value
            #expect(await given.next() == nil)
            #expect(try await engine.diagnostics().callsRunning == 0)
            // Nobody reads the texts any longer.
            for await _ in ended.stream { break }

            let late = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await all(box.responses(to: "tent"))
            }
            late.cancel()
            #expect(try await late.value == [])
        }

        @Test(.demo) func textsAreAnsweredAsTheyCome() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            typed.yield("t")
            var seen: [TypingResponse] = []
            for try await response in engine.responses(to: texts, request: { SearchRequest($0, limit: 3) }) {
                seen.append(response)
                guard response.isRanked else { continue }
                if response.query.count < 4 {
                    typed.yield(String("tent".prefix(response.query.count + 1)))
                } else {
                    typed.finish()
                }
            }
            #expect(seen.map(\.query) == ["t", "te", "ten", "tent"].flatMap { [$0, $0] })
            #expect(seen.map(\.isRanked) == [false, true, false, true, false, true, false, true])
            #expect(try await engine.search("tent", limit: 3).hits == seen[7].hits)
        }

        /// Texts that were superseded unread get no response; the last text always does.
        @Test(.testdata, .demo) func ofManyTextsTheNewestIsAnswered() async throws {
            let endless = try await Engine.open(Fixture.endless)
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            var responses = endless.responses(to: texts).makeAsyncIterator()
            typed.yield("tent")
            #expect(try await responses.next()?.query == "tent")
            // The ranking of the first never ends; that of the last is what comes.
            let next = Task { [responses] in
                var responses = responses
                return try await responses.next()
            }
            try await eventually("the ranking begins") { try await endless.diagnostics().callsRunning == 1 }
            typed.yield("shell")
            #expect(try await next.value?.query == "shell")

            let engine = try await Engine.open(Fixture.demo)
            let all = AsyncStream.makeStream(of: String.self)
            for length in 1...200 { all.continuation.yield(String(repeating: "a", count: length % 3 + 1)) }
            all.continuation.yield("tent")
            all.continuation.finish()
            var last: TypingResponse?
            for try await response in engine.responses(to: all.stream) { last = response }
            #expect(last?.query == "tent" && last?.isRanked == true)
        }

        @Test(.demo) func whoStopsLoopingStopsReading() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            let ended = AsyncStream.makeStream(of: Void.self)
            typed.onTermination = { _ in ended.continuation.yield() }
            typed.yield("tent")
            for try await response in engine.responses(to: texts) where !response.isRanked { break }
            for await _ in ended.stream { break }
        }

        @Test(.demo) func whatIsWrongIsThrown() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            let long = String(repeating: "a", count: 4_097)
            #expect(await invalidArgument { try await all(box.responses(to: long)) }?.contains("query") == true)
            #expect(await invalidArgument { try await all(box.responses(to: "tent", limit: 0)) }?.contains("1 to 1000") == true)
            #expect(try await all(box.responses(to: "tent")).count == 2, "the box is whole")

            var first = box.responses(to: "tent").makeAsyncIterator()
            #expect(try await first.next() != nil)
            engine.close()
            #expect(await failure { try await first.next() } == .closed)
            #expect(await failure { try await all(box.responses(to: "tent")) } == .closed)
            #expect(await failure { try await all(engine.typing().responses(to: "tent")) } == .closed)
            box.close()
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            typed.yield("tent")
            #expect(await failure { try await all(engine.responses(to: texts)) } == .closed)
        }

        /// As a view does it; this is about what compiles, also that errors are typed.
        @Test(.demo) @MainActor func theMainActorMayLoop() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            var hits: [Hit] = []
            do throws(GensrError) {
                for try await response in box.responses(to: "tent") { hits = response.hits }
            } catch {
                #expect(error == .closed)
            }
            #expect(hits.count == 10)
        }

        @Test(.demo) func aSearchBoxKeepsItsEngine() async throws {
            try await withFolder { folder in
                for _ in 0..<5 {
                    let box = try await Engine.open(Fixture.demo, profileDirectory: folder).typing()
                    #expect(try await all(box.responses(to: "tent")).count == 2)
                    // Not closed: the next round opens the same profile at once.
                }
            }
        }

        /// The responses to a text whose full ranking never comes, once it is being asked for.
        private func whole(_ box: Typing, of text: String, _ engine: Engine) async throws -> Task<TypingResponse?, any Error> {
            var responses = box.responses(to: text).makeAsyncIterator()
            #expect(try await responses.next()?.isRanked == false)
            let task = Task { [responses] in
                var responses = responses
                return try await responses.next()
            }
            try await eventually("the ranking begins") { try await engine.diagnostics().callsRunning == 1 }
            return task
        }
    }
}

private func all(_ responses: TypingResponses) async throws -> [TypingResponse] {
    try await responses.reduce(into: []) { $0.append($1) }
}
