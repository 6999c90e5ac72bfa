import Gensr
import Observation
@testable import ShopModels
import Testing

extension AllTests {
    @MainActor @Suite struct SearchTests {
        /// A search box on the screen, for as long as `body` runs.
        private func withSearch(_ body: (SearchModel, OpenShop) async throws -> Void) async throws {
            let shop = try await openShop()
            let running = Task { await shop.search.run() }
            try await body(shop.search, shop)
            running.cancel()
            await running.value
        }

        @Test func whatIsTypedIsAnswered() async throws {
            try await withSearch { search, shop in
                #expect(!search.isActive && search.cards.isEmpty)
                search.text = "  light \n shell "
                #expect(search.query == "light shell" && search.isActive)
                try await eventually("the whole ranking") { search.isRanked && search.cardsQuery == "light shell" }
                let hits = try await shop.engine.search("light shell", limit: 30).hits
                #expect(search.cards.map(\.id) == hits.map(\.id))
                #expect(search.cards.allSatisfy { $0.price != nil && $0.brand != nil })
                let first = try #require(search.cards.first)
                #expect(first.highlights.map { first.title[$0].lowercased() }.contains("shell"))
                #expect(try #require(search.totalHits) >= 30)
                search.text = ""
                try await eventually("nothing") { search.cards.isEmpty }
                #expect(!search.isActive && !search.isEmpty && search.totalHits == nil)
            }
        }

        /// Each letter of a text, faster than anybody types: what stays is the response to the last one, and no response to another comes after it.
        @Test func aNewerTextEndsTheOlderOnes() async throws {
            try await withSearch { search, shop in
                var typed = ""
                for letter in "waterproof jacket" {
                    typed.append(letter)
                    search.text = typed
                    await Task.yield()
                }
                try await eventually("the last one") { search.isRanked && search.cardsQuery == typed }
                let shown = search.cards
                let whole = try await shop.engine.search(typed, limit: 30).hits
                #expect(shown.map(\.id) == whole.map(\.id))
                let later = Mutable(0)
                withObservationTracking { _ = search.cards } onChange: { later.value += 1 }
                for _ in 0..<20 { try await Task.sleep(for: .milliseconds(2)) }
                #expect(later.value == 0 && search.cards == shown)
            }
        }

        /// The first response comes from words alone, before the model has run; both are shown, in this order.
        @Test func aFirstAnswerIsShownBeforeTheRanking() async throws {
            try await withSearch { search, _ in
                let first = Mutable<(query: String, isRanked: Bool, hits: Int)?>(nil)
                withObservationTracking { _ = search.cards } onChange: {
                    // Once what is being shown is there, and before anything else can be.
                    Task { @MainActor in first.value = (search.cardsQuery, search.isRanked, search.cards.count) }
                }
                search.text = "tent"
                try await eventually("the ranking") { search.cardsQuery == "tent" && search.isRanked }
                let shown = try #require(first.value)
                #expect(shown.query == "tent" && !shown.isRanked && shown.hits > 0)
            }
        }

        @Test func aTextThatIsTooLongIsCut() async throws {
            try await withSearch { search, _ in
                search.text = String(repeating: "e\u{301}tente ", count: 5_000)
                #expect(search.query.utf8.count <= 1_000 && search.query.hasPrefix("e\u{301}tente e\u{301}tente"))
                try await eventually("a response") { search.isRanked && search.cardsQuery == search.query }
                #expect(search.trouble == nil)
                // One character of 20,000 bytes: nothing of it fits.
                search.text = "a" + String(repeating: "\u{301}", count: 10_000)
                #expect(search.query == "")
            }
        }

        @Test func nothingFitsIsSaidOnceItIsKnown() async throws {
            try await withSearch { search, _ in
                search.text = "tent"
                try await eventually("hits") { search.isRanked }
                #expect(!search.isEmpty)
                search.text = "zzzzqqqq"
                #expect(!search.isEmpty, "while it is not known yet")
                try await eventually("the response") { search.isRanked && search.cardsQuery == "zzzzqqqq" }
                #expect(search.isEmpty == search.cards.isEmpty)
            }
        }

        @Test func theTextIsCompleted() async throws {
            try await withSearch { search, _ in
                search.text = "alp"
                await search.complete()
                #expect(search.completions.count == 6 && search.completions.allSatisfy { $0.text.lowercased().contains("alp") })
                let first = search.completions[0]
                search.take(first)
                #expect(search.text == first.text)
                await search.complete()
                #expect(!search.completions.map(\.text).contains(first.text), "what is in the box is no offer")
            }
        }

        @Test func withoutAnEngineTheBoxEndsQuietly() async throws {
            let shop = try await openShop()
            shop.engine.close()
            shop.search.text = "tent"
            await shop.search.run()
            await shop.search.complete()
            #expect(shop.search.cards.isEmpty && shop.search.completions.isEmpty)
        }
    }
}

/// A value that closures change on the main actor.
final class Mutable<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}
