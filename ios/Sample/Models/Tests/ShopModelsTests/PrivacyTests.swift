import Foundation
import Gensr
@testable import ShopModels
import Testing

extension AllTests {
    @MainActor @Suite struct PrivacyTests {
        /// A shop whose user has looked at three items.
        private func visited(_ settings: any Settings = Remembered()) async throws -> (OpenShop, stranger: [Card], viewed: [Card]) {
            let shop = try await openShop(settings)
            let stranger = shop.feed.cards
            let viewed = Array(stranger.prefix(3))
            for card in viewed { await shop.page(of: card).load() }
            #expect(shop.privacy.events.map(\.title) == viewed.reversed().map(\.title), "newest first")
            return (shop, stranger, viewed)
        }

        @Test func incognitoIsAStranger() async throws {
            let (shop, stranger, viewed) = try await visited()
            let known = shop.feed.cards
            await shop.privacy.choose(.incognito)
            #expect(shop.privacy.recording == .incognito && shop.privacy.events.isEmpty)
            #expect(shop.feed.cards.map(\.id) == stranger.map(\.id) && shop.feed.events == 0)
            await shop.page(of: stranger[5]).load()
            await shop.privacy.choose(.on)
            #expect(shop.privacy.events.map(\.itemID) == viewed.reversed().map(\.id), "nothing was recorded meanwhile")
            #expect(shop.feed.cards.map(\.id) == known.map(\.id))
        }

        @Test func aPauseRecordsNothing() async throws {
            let (shop, stranger, viewed) = try await visited()
            await shop.privacy.choose(.paused)
            let known = shop.feed.cards.map(\.id)
            await shop.page(of: stranger[5]).load()
            #expect(shop.privacy.events.count == viewed.count && shop.feed.cards.map(\.id) == known)
        }

        @Test(arguments: [Recording.paused, .incognito, .on]) func theChoiceLastsToTheNextStart(choice: Recording) async throws {
            let settings = Remembered()
            let shop = try await openShop(settings)
            await shop.privacy.choose(choice)
            let next = try await openShop(settings)
            #expect(next.privacy.recording == choice)
            #expect(try await next.engine.recording() == choice)
        }

        @Test func aPickerChooses() async throws {
            let privacy = try await openShop().privacy
            privacy.choice = .paused
            try await eventually("it is chosen") { privacy.choice == .paused }
            #expect(privacy.recording == .paused)
        }

        @Test func anOddSettingIsNoChoice() async throws {
            let settings = Remembered()
            settings[PrivacyModel.setting] = "whatever"
            #expect(try await openShop(settings).privacy.recording == .on)
        }

        @Test func whatIsForgottenIsGone() async throws {
            let (shop, stranger, viewed) = try await visited()
            await shop.privacy.forget(shop.privacy.events[1])
            #expect(shop.privacy.events.map(\.itemID) == [viewed[2].id, viewed[0].id] && shop.feed.events == 2)
            await shop.privacy.forget(since: .now - 3600)
            #expect(shop.privacy.events.isEmpty && shop.feed.cards.map(\.id) == stranger.map(\.id))
        }

        @Test func everythingIsForgotten() async throws {
            let (shop, stranger, _) = try await visited()
            await shop.privacy.clear()
            #expect(shop.privacy.events.isEmpty && shop.feed.cards.map(\.id) == stranger.map(\.id) && !shop.privacy.isBusy)
        }

        @Test func theHistoryIsTakenAlong() async throws {
            let (shop, _, viewed) = try await visited()
            let file = try #require(await shop.privacy.export())
            #expect(file.lastPathComponent == "history.jsonl")
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 3 && zip(lines, viewed).allSatisfy { $0.contains("\"\($1.id)\"") })
            shop.privacy.removeExport(file)
            #expect(!FileManager.default.fileExists(atPath: file.deletingLastPathComponent().path(percentEncoded: false)))
        }

        @Test func aLongHistoryIsShownInPart() async throws {
            let shop = try await openShop()
            let ids = try await shop.engine.search("tent", limit: 120).hits.map(\.id)
            try await shop.engine.recordMany(ids.map { Event(itemID: $0, kind: "view") } + [Event(itemID: "gone", kind: "view")])
            await shop.privacy.refresh()
            #expect(shop.privacy.events.count == PrivacyModel.shown && shop.privacy.hasMore)
            #expect(shop.privacy.events[0].title == "gone", "the id, where the catalogue has no title")
        }

        @Test func theHistoryOutlivesTheApp() async throws {
            try await withFolder { folder in
                var shop: OpenShop? = try await openShop(profile: folder)
                let card = try #require(shop?.feed.cards[0])
                await shop?.page(of: card).load()
                shop?.engine.close()
                shop = try await openShop(profile: folder)
                #expect(shop?.privacy.events.map(\.itemID) == [card.id] && shop?.feed.events == 1)
            }
        }
    }
}
