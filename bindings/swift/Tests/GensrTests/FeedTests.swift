import Foundation
import Gensr
import Testing

extension AllTests {
    /// Options of a feed.
    @Suite(.demo) struct FeedTests {
        private static let now = Date(ms: 1_700_000_000_000)

        /// Two events of everything that "tent" finds: an engine that knows its user.
        private func engine() async throws -> (Engine, seen: [String]) {
            let engine = try await Engine.open(Fixture.demo)
            let seen = try await engine.search("tent", limit: 4).hits.map(\.id)
            try await engine.recordMany(
                seen.enumerated().map { Event(itemID: $1, kind: $0 < 2 ? "buy" : "view", timestamp: Self.now - 60 * Double(9 - $0)) })
            return (engine, seen)
        }

        private func ids(_ engine: Engine, _ request: RecommendRequest) async throws -> [String] {
            var request = request
            request.now = Self.now
            return try await engine.recommend(request).hits.map(\.id)
        }

        @Test func theHistoryIsLeftOutAsWanted() async throws {
            let (engine, seen) = try await engine()
            let all = RecommendRequest(limit: 1000)
            var request = all
            for (leaveOut, left) in [
                (nil, seen), (.history, seen), (.nothing, []), (.kinds(["buy"]), Array(seen[..<2])), (.kinds(["view"]), Array(seen[2...])),
                (.kinds(["buy", "view"]), seen), (.kinds(["nothing"]), []), (.kinds([]), []),
            ] as [(LeaveOut?, [String])] {
                request.leaveOut = leaveOut
                // Of as many items as a call returns, those of the history are among the best where they are kept.
                #expect(Set(seen).subtracting(try await ids(engine, request)) == Set(left), "\(String(describing: leaveOut))")
            }
        }

        @Test func whatIsDislikedGoesAtOnce() async throws {
            let (engine, _) = try await engine()
            let before = try await ids(engine, RecommendRequest())
            try await engine.record(Event(itemID: before[0], kind: Event.dislike, timestamp: Self.now - 0.001))
            let after = try await engine.recommend(RecommendRequest(limit: 1000, leaveOut: .nothing, now: Self.now)).hits
            #expect(!after.map(\.id).contains(before[0]))
            let sunk = after.flatMap(\.reasons).filter { $0.kind == .dislike }
            #expect(!sunk.isEmpty && sunk.allSatisfy { $0.terms == [before[0]] && $0.weight <= 0 })
        }

        @Test func theContextOfTheRequestCounts() async throws {
            let (engine, _) = try await engine()
            let plain = try await ids(engine, RecommendRequest())
            let seeds = try await engine.search("climbing rope", limit: 2).hits.map(\.id)
            let seeded = try await engine.recommend(RecommendRequest(seeds: seeds + ["no such item"], now: Self.now)).hits
            #expect(seeded.map(\.id) != plain && Set(seeded.map(\.id)).isDisjoint(with: seeds))
            #expect(seeded.contains { $0.reasons.contains { $0.kind == .seeds && Set($0.terms).isSubset(of: seeds) } })

            #expect(try await ids(engine, RecommendRequest(intent: " \n")) == plain)
            let intended = try await engine.recommend(RecommendRequest(intent: "warm gloves", now: Self.now)).hits
            #expect(intended.map(\.id) != plain && intended.contains { $0.reasons.contains { $0.kind == .words } })

            let boosted = RecommendRequest(boost: Boost("colour", "red", weight: 10), attributes: ["colour"], now: Self.now)
            let red = try await engine.recommend(boosted).hits
            #expect(red.allSatisfy { $0.attributes["colour"] == .text("red") && $0.reasons.contains { $0.kind == .boost && $0.weight > 0 } })

            let request = RecommendRequest(freshness: Freshness("released", halfLife: .seconds(20 * 86_400), weight: 10), now: Self.now)
            let new = try await engine.recommend(request).hits
            #expect(new.map(\.id) != plain && new[0].reasons.contains { $0.kind == .freshness && $0.weight > 0 })
        }

        @Test func listsAreSpread() async throws {
            let (engine, _) = try await engine()
            var request = RecommendRequest(limit: 12, attributes: ["brand"], now: Self.now)
            let plain = try await engine.recommend(request).hits
            request.caps = [Cap("brand", limit: 1)]
            let capped = try await engine.recommend(request).hits.compactMap { $0.attributes["brand"] }
            #expect(capped.count == 12 && Set(capped).count == 12)
            #expect(Set(plain.compactMap { $0.attributes["brand"] }).count < 12, "so the cap has something to do")
            request.caps = []
            request.diversity = 0.8
            #expect(try await engine.recommend(request).hits.map(\.id) != plain.map(\.id))
            request.diversity = 0
            #expect(try await engine.recommend(request).hits == plain)
        }

        @Test func explorationFollowsItsSeed() async throws {
            let (engine, _) = try await engine()
            var lists: [[String]] = []
            for seed in [0, 0, 1, UInt64.max] {
                let request = RecommendRequest(limit: 20, exploration: Exploration(share: 0.3, seed: seed), now: Self.now)
                let hits = try await engine.recommend(request).hits
                #expect(hits.contains { $0.reasons.contains { $0.kind == .exploration } })
                #expect(!hits[0].reasons.contains { $0.kind == .exploration })
                lists.append(hits.map(\.id))
            }
            #expect(lists[0] == lists[1] && Set(lists).count == 3)
        }

        @Test func hitsNameTheEventsThatTheyAreThereFor() async throws {
            let engine = try await Engine.open(Fixture.demo)
            let seen = try await engine.search("jacket", limit: 12).hits.map(\.id)
            let history = History.events(seen.map { Event(itemID: $0, kind: "view", timestamp: Self.now - 0.001) })
            func named(_ explain: Bool) async throws -> Set<String> {
                let request = RecommendRequest(history: history, explainHistory: explain, now: Self.now)
                let hits = try await engine.recommend(request).hits
                return Set(hits.flatMap(\.reasons).filter { $0.kind == .model }.flatMap(\.terms))
            }
            #expect(try await named(false).isEmpty)
            let events = try await named(true)
            #expect(!events.isEmpty && events.isSubset(of: seen))
        }

        @Test func strangersGetWhatIsPopular() async throws {
            let engine = try await Engine.open(Fixture.demo)
            #expect(try await engine.recommend().hits.allSatisfy { $0.reasons.contains { $0.kind == .popularity } })
        }

        @Test func similarItemsMayFollowTheHistory() async throws {
            let (engine, seen) = try await engine()
            let plain = try await engine.similar(to: "g3919").hits
            #expect(try await engine.similar(to: "g3919", personalisation: 0).hits == plain)
            let personal = try await engine.similar(to: "g3919", personalisation: 1).hits
            #expect(personal.map(\.id) != plain.map(\.id))
            #expect(personal.allSatisfy { $0.reasons.first?.kind == .similar && $0.reasons.contains { $0.kind == .model } })
            let events = seen.map { Event(itemID: $0, kind: "view", timestamp: Self.now - 0.001) }
            var request = SimilarRequest(to: "g3919", personalisation: 1, history: .events(events), now: Self.now)
            let theirs = try await engine.similar(request).hits.map(\.id)
            request.history = .empty
            #expect(try await engine.similar(request).hits.map(\.id) != theirs)
        }

        @Test func numbersAndNamesAreChecked() async throws {
            let engine = try await Engine.open(Fixture.demo)
            for (request, named) in [
                (RecommendRequest(diversity: 1.01), "diversity"), (RecommendRequest(diversity: .nan), "diversity"),
                (RecommendRequest(caps: [Cap("brand", limit: 0)]), nil),
                (RecommendRequest(caps: [Cap("brand", limit: .min)]), nil),
                (RecommendRequest(caps: [Cap("price", limit: 1)]), nil),
                (RecommendRequest(caps: Array(repeating: Cap("brand", limit: 1), count: 9)), nil),
                (RecommendRequest(seeds: Array(repeating: "g3919", count: 33)), "seeds"),
                (RecommendRequest(intent: String(repeating: "a", count: 4_097)), nil),
                (RecommendRequest(boost: Boost("brand", "x", weight: 0)), nil), (RecommendRequest(boost: Boost("nothing", "x")), nil),
                (RecommendRequest(freshness: Freshness("released", halfLife: .zero)), "half_life_days"),
                (RecommendRequest(freshness: Freshness("brand")), "freshness"),
                (RecommendRequest(exploration: Exploration(share: 0.51, seed: 0)), "exploration"),
                (RecommendRequest(leaveOut: .kinds(Array(repeating: "buy", count: 257))), "leave_out"),
            ] as [(RecommendRequest, String?)] {
                let reason = await invalidArgument { try await engine.recommend(request) }
                #expect(reason?.contains(named ?? reason ?? "") == true, "\(String(describing: reason))")
            }
            for weight: Float in [-0.1, 1.1, .infinity, .nan] {
                #expect(await invalidArgument { try await engine.similar(to: "g3919", personalisation: weight) } != nil)
            }
            for limit in [Int.min, 0, 101, .max] {
                #expect(await invalidArgument { try await engine.complete("a", limit: limit) }?.contains("1 to 100") == true)
            }
            #expect(await invalidArgument { try await engine.complete(String(repeating: "a", count: 4_097)) }?.contains("typed") == true)
        }
    }
}
