import Foundation
import Gensr
@testable import ShopModels
import Testing

extension AllTests {
    @MainActor @Suite struct ShopTests {
        @Test func aShopOpensOnce() async throws {
            let opened = Mutable(0)
            let shop = Shop(settings: Remembered()) { () async throws(GensrError) in
                opened.value += 1
                return try await Engine.open(Fixture.demo)
            }
            async let first: Void = shop.start()
            async let second: Void = shop.start()
            _ = await (first, second)
            await shop.start()
            #expect(opened.value == 1)
            guard case .open(let open) = shop.state else {
                Issue.record("not open")
                return
            }
            #expect(open.feed.cards.count == FeedModel.page && open.feed.events == 0 && open.privacy.events.isEmpty)
            await open.warmUp()
        }

        @Test func aShopThatDoesNotOpenSaysWhy() async throws {
            let errors: [(GensrError, Trouble)] = [
                (.badPack(reason: ""), .catalogue), (.incompatible(found: "", supported: ""), .outdated), (.internal(reason: ""), .failed),
            ]
            for (error, trouble) in errors {
                let isMended = Mutable(false)
                let shop = Shop(settings: Remembered()) { () async throws(GensrError) in
                    if isMended.value { return try await Engine.open(Fixture.demo) }
                    throw error
                }
                await shop.start()
                guard case .failed(trouble) = shop.state else {
                    Issue.record("\(error): \(shop.state)")
                    continue
                }
                isMended.value = true
                await shop.start()
                if case .open = shop.state { continue }
                Issue.record("does not open")
            }
        }

        @Test func aStartThatIsCalledOffIsNoTrouble() async throws {
            let shop = Shop(settings: Remembered()) { () async throws(GensrError) in throw .cancelled }
            await shop.start()
            guard case .opening = shop.state else {
                Issue.record("\(shop.state)")
                return
            }
        }

        @Test func theFeedFollowsWhatIsDone() async throws {
            let shop = try await openShop()
            let before = shop.feed.cards
            #expect(before.contains { $0.why == .popular }, "a stranger gets what many choose")
            let page = shop.page(of: before[0])
            await page.load()
            #expect(page.trouble == nil)
            #expect(shop.feed.events == 1 && shop.privacy.events.map(\.itemID) == [before[0].id])
            #expect(shop.feed.cards != before && !shop.feed.cards.contains { $0.id == before[0].id })
            let because = Why.because(kind: "view", title: before[0].title)
            #expect(shop.feed.cards.contains { $0.why == because })

            await page.act(.buy)
            await page.act(.buy)
            #expect(page.done == [.buy] && shop.feed.events == 2, "once")
            let bought = Why.because(kind: "buy", title: before[0].title)
            #expect(shop.feed.cards.contains { $0.why == bought })
        }

        @Test func whatIsNotWantedGoes() async throws {
            let shop = try await openShop()
            let unwanted = shop.feed.cards[2]
            await shop.feed.dislike(unwanted)
            #expect(shop.feed.trouble == nil && !shop.feed.cards.map(\.id).contains(unwanted.id))
            #expect(shop.privacy.events.map(\.kind) == [Event.dislike])
        }

        @Test func theFeedGrowsAtItsEnd() async throws {
            let feed = try await openShop().feed
            let first = feed.cards
            await feed.appeared(first[0])
            #expect(feed.cards.count == FeedModel.page)
            await feed.appeared(first[FeedModel.page - 1])
            #expect(feed.cards.count == 2 * FeedModel.page && Set(feed.cards.map(\.id)).count == 2 * FeedModel.page)
            for _ in 0..<20 { await feed.appeared(feed.cards[feed.cards.count - 1]) }
            #expect(feed.cards.count == FeedModel.most)
        }

        /// Of refreshes that overlap the last one to begin is shown, and the sign of work goes with it.
        @Test func overlappingRefreshesEndWell() async throws {
            let shop = try await openShop()
            let cards = shop.feed.cards
            async let first: Void = shop.feed.refresh()
            async let second: Void = shop.feed.refresh()
            _ = await (first, second)
            #expect(!shop.feed.isLoading && shop.feed.cards == cards)
            let cancelled = Task { await shop.feed.refresh() }
            cancelled.cancel()
            await cancelled.value
            #expect(!shop.feed.isLoading && shop.feed.trouble == nil && shop.feed.cards == cards)
        }

        @Test func aPageShowsWhatTheItemIs() async throws {
            let shop = try await openShop()
            let card = try #require(try await Cards(shop.engine).cards(
                of: shop.engine.search(SearchRequest("light shell", limit: 3, attributes: Card.attributes)).hits).first)
            let page = shop.page(of: card, query: "light shell")
            await page.load()
            #expect(page.details.map(\.name) == page.details.map(\.name).sorted() && page.details.contains { $0.name == "price" })
            #expect(page.similar.count == 12 && !page.similar.map(\.id).contains(card.id))
            #expect(shop.privacy.events.map(\.kind) == ["search"] && shop.privacy.events[0].query == "light shell")
            await page.load()
            #expect(shop.privacy.events.count == 1, "a page that comes back is not opened again")
            #expect(card.shares.map(\.length).max() == 1 && card.shares.allSatisfy { (0...1).contains($0.length) })
            #expect(card.shares.contains { $0.kind == .model } && card.why != nil)
        }

        @Test func aPageThatFailsSaysSo() async throws {
            let shop = try await openShop()
            let page = shop.page(of: shop.feed.cards[0])
            shop.engine.close()
            await page.load()
            await page.act(.like)
            #expect(page.trouble == .failed && page.done == [])
            await shop.feed.refresh()
            #expect(shop.feed.trouble == .failed && !shop.feed.isLoading && !shop.feed.cards.isEmpty, "what was shown stays")
            await shop.privacy.clear()
            #expect(shop.privacy.trouble == .failed && !shop.privacy.isBusy)
        }
    }
}
