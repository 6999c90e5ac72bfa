import Foundation
import Gensr
import Testing

extension AllTests {
    /// Answers while the user types.
    @Suite struct TypingTests {
        @Test(.demo) func aFirstAnswerFromWordsThenTheWholeRanking() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            for query in ["s", "sh", "shell", "light shell", "tent for tw"] {
                let request = SearchRequest(query, limit: 7, history: .empty, attributes: ["brand"], nowMs: 0)
                let answers = try await all(box.answers(to: request))
                try #require(answers.map(\.isRanked) == [false, true], "\(query)")
                #expect(answers.allSatisfy { $0.query == query })
                #expect(try await engine.search(request).hits == answers[1].hits, "whatever was typed before")
                #expect(answers.allSatisfy { $0.hits.count == 7 && $0.hits[0].attributes.keys.contains("brand") })
                #expect(!answers[0].hits.contains { $0.reasons.contains { $0.kind == .model } }, "no model ran")
                #expect(answers[0].answer.providers.isEmpty)
            }
            #expect(try await engine.diagnostics().callsRunning == 0)
        }

        /// From the screen to the next first answer no two hits change places.
        @Test(.demo, arguments: ["Alpine Jacket", "Mountain Shell", "magnetic game"])
        func theOrderOnTheScreenIsKept(title: String) async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            var (screen, compared) = ([String](), 0)
            for length in 1...title.count {
                for try await answer in box.answers(to: String(title.prefix(length))) {
                    let ids = answer.hits.map(\.id)
                    if !answer.isRanked {
                        let stayed = screen.filter(ids.contains)
                        #expect(stayed == ids.filter(screen.contains), "\(answer.query)")
                        compared += stayed.count
                    }
                    screen = ids
                }
            }
            #expect(compared > 20)
        }

        @Test(.demo) func withoutWordsThereIsNoFirstAnswer() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            for blank in ["", " ", "\n\t\u{3000}"] {
                #expect(try await all(box.answers(to: blank)).map(\.isRanked) == [true])
                for try await answer in box.answers(to: blank) { #expect(answer.hits.isEmpty) }
            }
            #expect(try await all(box.answers(to: "zzqx")).map(\.isRanked) == [true])
        }

        @Test(.testdata) func aNewerTextEndsTheAnswersToTheOneBefore() async throws {
            let engine = try await Engine.open(Fixture.endless)
            let box = engine.typing()
            // The whole ranking of this pack never comes.
            var older = try await whole(box, of: "tent", engine)
            for text in ["shell", "bike", "shoe", " "] {
                var newer = box.answers(to: text).makeAsyncIterator()
                #expect(try await older.value == nil)
                #expect(try await newer.next()?.query == text)
                older = Task { try await box.answers(to: "tent").reduce(into: nil) { _, answer in #expect(!answer.isRanked) } }
                try await eventually("the ranking begins") { try await engine.diagnostics().callsRunning == 1 }
                #expect(try await newer.next() == nil, "it is superseded by now")
            }
            box.stop()
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
                for try await answer in engine.answers(to: texts) { answered.continuation.yield(answer.isRanked) }
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
                return try await all(box.answers(to: "tent"))
            }
            late.cancel()
            #expect(try await late.value == [])
        }

        @Test(.demo) func textsAreAnsweredAsTheyCome() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            typed.yield("t")
            var seen: [TypedAnswer] = []
            for try await answer in engine.answers(to: texts, request: { SearchRequest($0, limit: 3) }) {
                seen.append(answer)
                guard answer.isRanked else { continue }
                if answer.query.count < 4 {
                    typed.yield(String("tent".prefix(answer.query.count + 1)))
                } else {
                    typed.finish()
                }
            }
            #expect(seen.map(\.query) == ["t", "te", "ten", "tent"].flatMap { [$0, $0] })
            #expect(seen.map(\.isRanked) == [false, true, false, true, false, true, false, true])
            #expect(try await engine.search("tent", limit: 3).hits == seen[7].hits)
        }

        /// What was typed while nobody looked is not answered; the last text always is.
        @Test(.testdata, .demo) func ofManyTextsTheNewestIsAnswered() async throws {
            let endless = try await Engine.open(Fixture.endless)
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            var answers = endless.answers(to: texts).makeAsyncIterator()
            typed.yield("tent")
            #expect(try await answers.next()?.query == "tent")
            // The ranking of the first never ends; that of the last is what comes.
            let next = Task { [answers] in
                var answers = answers
                return try await answers.next()
            }
            try await eventually("the ranking begins") { try await endless.diagnostics().callsRunning == 1 }
            typed.yield("shell")
            #expect(try await next.value?.query == "shell")

            let engine = try await Engine.open(Fixture.demo)
            let all = AsyncStream.makeStream(of: String.self)
            for length in 1...200 { all.continuation.yield(String(repeating: "a", count: length % 3 + 1)) }
            all.continuation.yield("tent")
            all.continuation.finish()
            var last: TypedAnswer?
            for try await answer in engine.answers(to: all.stream) { last = answer }
            #expect(last?.query == "tent" && last?.isRanked == true)
        }

        @Test(.demo) func whoStopsLoopingStopsReading() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            let ended = AsyncStream.makeStream(of: Void.self)
            typed.onTermination = { _ in ended.continuation.yield() }
            typed.yield("tent")
            for try await answer in engine.answers(to: texts) where !answer.isRanked { break }
            for await _ in ended.stream { break }
        }

        @Test(.demo) func whatIsWrongIsThrown() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            let long = String(repeating: "a", count: 4_097)
            #expect(await invalidArgument { try await all(box.answers(to: long)) }?.contains("query") == true)
            #expect(await invalidArgument { try await all(box.answers(to: "tent", limit: 0)) } == "limit must be from 1 to 1000")
            #expect(try await all(box.answers(to: "tent")).count == 2, "the box is whole")

            var first = box.answers(to: "tent").makeAsyncIterator()
            #expect(try await first.next() != nil)
            engine.close()
            #expect(await failure { try await first.next() } == .closed)
            #expect(await failure { try await all(box.answers(to: "tent")) } == .closed)
            #expect(await failure { try await all(engine.typing().answers(to: "tent")) } == .closed)
            box.stop()
            let (texts, typed) = AsyncStream.makeStream(of: String.self)
            typed.yield("tent")
            #expect(await failure { try await all(engine.answers(to: texts)) } == .closed)
        }

        /// As a view does it; this is about what compiles, also that errors are typed.
        @Test(.demo) @MainActor func theMainActorMayLoop() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let box = engine.typing()
            var hits: [Hit] = []
            do throws(GensrError) {
                for try await answer in box.answers(to: "tent") { hits = answer.hits }
            } catch {
                #expect(error == .closed)
            }
            #expect(hits.count == 10)
        }

        @Test(.demo) func aSearchBoxKeepsItsEngine() async throws {
            try await withFolder { folder in
                for _ in 0..<5 {
                    let box = try await Engine.open(Fixture.demo, profileDirectory: folder).typing()
                    #expect(try await all(box.answers(to: "tent")).count == 2)
                    // Not closed: the next round opens the same profile at once.
                }
            }
        }

        /// The answers to a text whose whole ranking never comes, once it is being asked for.
        private func whole(_ box: Typing, of text: String, _ engine: Engine) async throws -> Task<TypedAnswer?, any Error> {
            var answers = box.answers(to: text).makeAsyncIterator()
            #expect(try await answers.next()?.isRanked == false)
            let task = Task { [answers] in
                var answers = answers
                return try await answers.next()
            }
            try await eventually("the ranking begins") { try await engine.diagnostics().callsRunning == 1 }
            return task
        }
    }
}

private func all(_ answers: TypedAnswers) async throws -> [TypedAnswer] {
    try await answers.reduce(into: []) { $0.append($1) }
}
